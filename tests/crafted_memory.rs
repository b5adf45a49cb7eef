//! What loading made-up traces takes whose every few bytes ask for something of their own: no more than ten times the
//! input and 24 MB, and nothing where there is nothing.

#![expect(clippy::expect_used, reason = "a test ends where something is missing")]
#![expect(clippy::print_stdout, reason = "how much it was")]

#[path = "support/crafted.rs"]
mod crafted;

use peak_alloc::PeakAlloc;
use trace_core::base::monitor::Monitor;
use trace_core::base::warning::WarningKind;
use trace_core::load::load_bytes;

/// Counts what is allocated in this process: all of it belongs to the one test.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Loads it; how many events there are, how often limits were met, and the most memory that it took.
fn load(bytes: &[u8]) -> (u64, u64, usize) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let trace = load_bytes(bytes, &Monitor::new(), &mut |_| {}).expect("it opens");
    let limits = trace.warnings().iter().filter(|warning| warning.kind == WarningKind::Limit);
    (trace.totals().events, limits.count() as u64, MEMORY.peak_usage().saturating_sub(before))
}

#[test]
fn made_up_traces_stay_in_bounds_of_memory() {
    for (name, bytes) in [
        ("many threads that stop a proc", crafted::threads(300_000, |_| crafted::PROC_STOP.to_vec())),
        ("a million threads that stop a proc", crafted::threads(1_000_000, |_| crafted::PROC_STOP.to_vec())),
        ("threads with a proc each", crafted::threads(300_000, crafted::own_proc)),
        ("threads with a goroutine each", crafted::threads(300_000, crafted::own_goroutine)),
    ] {
        let (events, limits, taken) = load(&bytes);
        println!("{name}: {} bytes, {events} events, {taken} bytes taken", bytes.len());
        assert!(taken <= 10 * bytes.len() + (24 << 20), "{name}: {taken} bytes for {} of trace", bytes.len());
        assert!(limits >= 1, "{name}: what is left out is told");
        // As many threads as real programs can have are shown in any case.
        assert!(events > 1 << 16, "{name}: {events} events");
    }
    // Threads that no program has are no reason to leave out those that a large one may have.
    let (events, limits, _) = load(&crafted::threads(60_000, |_| crafted::PROC_STOP.to_vec()));
    assert!(events > 60_000 && limits == 0, "{events} events, {limits} limits");
    for count in [80_000, 320_000] {
        let bytes = crafted::generations(count);
        let (events, _, taken) = load(&bytes);
        println!("{count} generations: {} bytes, {taken} bytes taken", bytes.len());
        assert_eq!(events, count, "each is counted");
        assert!(taken <= 8 << 20, "{count} generations of nothing: {taken} bytes");
    }
}
