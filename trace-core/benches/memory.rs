//! What a load and analyses of a whole trace take of memory while they run, and what remains.
//!
//! `TRACELANE_BENCH_TRACE=FILE cargo bench -p trace-core --bench memory` (`TRACELANE_BENCH_ONLY=TEXT` for those
//! with this in their name). Counts what the program asks for, not what the allocator holds back.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::expect_used, reason = "a bench ends where something is missing")]

use std::path::Path;

use peak_alloc::PeakAlloc;
use trace_core::analysis::antagonists::antagonists;
use trace_core::analysis::compare::{self, measure::measure};
use trace_core::analysis::findings;
use trace_core::analysis::goroutines::groups;
use trace_core::analysis::latency::latency;
use trace_core::analysis::locks;
use trace_core::analysis::profile::{ProfileKind, profile};
use trace_core::analysis::scope::Scope;
use trace_core::analysis::syscalls::syscalls;
use trace_core::base::monitor::Monitor;
use trace_core::load;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// A megabyte.
const MEGA: f64 = 1e6;

fn main() {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/real/allocfree-go1.27.trace");
    let path = std::env::var("TRACELANE_BENCH_TRACE").unwrap_or_else(|_| default.to_owned());
    let monitor = Monitor::new();
    MEMORY.reset_peak_usage();
    let before = MEMORY.current_usage();
    let trace = load::load_path(Path::new(&path), &monitor, &mut |_| {}).expect("a trace");
    let model = MEMORY.current_usage() - before;
    let file = std::fs::metadata(&path).map_or(0, |file| file.len());
    println!("{path}: {:.1} MB, {} events", file as f64 / MEGA, trace.totals().events);
    println!("  model {:.1} MB; load {:.1} MB", model as f64 / MEGA, (MEMORY.peak_usage() - before) as f64 / MEGA);
    let pieces = Scope::whole(&trace).pieces(&trace);
    // Two models of this size are there while two traces are compared, and one side is kept while the other is
    // measured.
    let side = memory("one side of a comparison", model, || measure(&trace, trace.range(), &monitor));
    let side = side.flatten().unwrap_or_default();
    memory("two sides held against each other", model, || {
        compare::compare(&side, &side, &compare::Terms::default(), None)
    });
    memory("antagonists", model, || antagonists(&trace, &pieces, 20, &monitor));
    memory("scheduler latency", model, || latency(&trace, &pieces, &monitor));
    memory("system calls", model, || syscalls(&trace, &pieces, &monitor));
    memory("groups of goroutines", model, || groups(&trace, &pieces, &monitor));
    memory("profile blocked", model, || profile(&trace, &pieces, ProfileKind::Blocked, &monitor));
    memory("probable locks", model, || locks::locks(&trace, &pieces, &monitor));
    memory("findings", model, || findings::find(&trace, &monitor));
}

fn memory<T>(what: &str, model: usize, call: impl FnOnce() -> T) -> Option<T> {
    if std::env::var("TRACELANE_BENCH_ONLY").is_ok_and(|only| !what.contains(&only)) {
        return None;
    }
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let found = call();
    let peak = MEMORY.peak_usage().saturating_sub(before);
    let kept = MEMORY.current_usage().saturating_sub(before);
    let (peak_part, peak, kept) = (100.0 * peak as f64 / model as f64, peak as f64 / MEGA, kept as f64 / MEGA);
    println!("  {what}: {peak:.1} MB at the most ({peak_part:.1} % of the model), {kept:.1} MB kept");
    Some(found)
}
