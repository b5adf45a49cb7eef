//! What loading an old trace takes: its bytes, four bytes an event for the order, and the model; together no more than
//! ten times the input and 64 MB, whole or damaged.

#![expect(clippy::expect_used, reason = "a test ends where something is missing")]
#![expect(clippy::print_stdout, reason = "how much it was")]

#[path = "support/old.rs"]
mod old;

use peak_alloc::PeakAlloc;
use trace_core::base::monitor::Monitor;
use trace_core::load::load_bytes;
use trace_core::wire::v1::spec;

/// Counts what is allocated in this process: all of it belongs to the one test.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Goroutines that take turns.
const GOROUTINES: u64 = 1_000;
/// How often each has its turn.
const TURNS: u64 = 1_000;

/// Goroutines that take turns on one proc: two events of three bytes each a turn.
fn turns() -> Vec<u8> {
    let mut out = old::header(21);
    old::batch(&mut out, 0, 1_000);
    for go in 1..=GOROUTINES {
        old::event(&mut out, spec::GO_CREATE, &[1, go, 0, 0]);
    }
    old::event(&mut out, spec::PROC_START, &[1, 7]);
    old::event(&mut out, spec::GOMAXPROCS, &[1, 1, 0]);
    for turn in 1..=TURNS {
        for go in 1..=GOROUTINES {
            old::event(&mut out, spec::GO_START, &[1, go, turn]);
            old::event(&mut out, spec::GO_SCHED, &[1, 0]);
        }
    }
    old::event(&mut out, spec::FREQUENCY, &[1_000_000_000]);
    out
}

/// Loads it; how many events there are, and the most memory that it took.
fn load(bytes: &[u8]) -> (u64, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let trace = load_bytes(bytes, &Monitor::new(), &mut |_| {}).expect("it opens");
    (trace.totals().events, MEMORY.peak_usage().saturating_sub(before))
}

#[test]
fn old_traces_stay_in_bounds_of_memory() {
    let whole = turns();
    let mut flipped = whole.clone();
    flipped[whole.len() / 2] ^= 0x15;
    let mut zeroed = whole.clone();
    zeroed[whole.len() / 3..whole.len() / 3 + 5_000].fill(0);
    for (name, bytes) in
        [("whole", &whole[..]), ("cut", &whole[..whole.len() / 2]), ("flipped", &flipped), ("zeroed", &zeroed)]
    {
        let (events, taken) = load(bytes);
        println!("{name}: {} bytes, {events} events, {taken} bytes taken", bytes.len());
        assert!(events > 600_000, "{name}: {events} events");
        assert!(taken <= 10 * bytes.len() + (64 << 20), "{name}: {taken} bytes for {} of trace", bytes.len());
        // Nearer to what it takes: 64 MB would hide a lot.
        assert!(taken <= 7 * bytes.len(), "{name}: {taken} bytes for {} of trace", bytes.len());
    }
}
