//! Batches of many threads into one true order.
//!
//! Each thread's events are in order already; the clocks of different threads are not. So the order is
//! found by following the runtime's own rules: an event is taken when it is the earliest *and* legal,
//! else the next-earliest legal one goes first (Go: `internal/trace/order.go`).

pub mod check;
pub mod frontier;
pub mod generation;
pub mod go_index;
mod offer;
pub mod sched_state;
pub mod sink;
mod step;
pub mod v1;

/// Threads that may be looked at in search of the next event, for each event so far…
const TRIES_PER_EVENT: u64 = 128;
/// …and on top of that. Whole traces need a fraction of it; a damaged one that needs more has only its earliest
/// threads looked at, since each of many events could otherwise cost as much as there are threads.
const TRIES_AT_LEAST: u64 = 1 << 16;
/// How many those earliest are.
const FEW_THREADS: usize = 32;

/// Whether so many tries are too many for so many events.
const fn is_too_much(tries: u64, events: u64) -> bool {
    tries > TRIES_AT_LEAST.saturating_add(events.saturating_mul(TRIES_PER_EVENT))
}
