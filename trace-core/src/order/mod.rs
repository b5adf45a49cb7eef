//! Batches of many threads into one true order.
//!
//! Each thread's events are in order already; the clocks of different threads are not. So the order is
//! found by following the runtime's own rules: an event is taken when it is the earliest *and* legal,
//! else the next-earliest legal one goes first (Go: `internal/trace/order.go`).

pub mod check;
pub mod frontier;
pub mod generation;
pub mod go_index;
pub mod machine;
pub mod sink;
mod step;
pub mod v1;
