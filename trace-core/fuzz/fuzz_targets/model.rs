//! Whole traces, loaded as the window does, and asked a little.
#![no_main]

#[path = "../../../tests/support/invariants.rs"]
mod invariants;
mod mutate;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use trace_core::base::ids::{GoroutineIdx, ProcIdx};
use trace_core::base::monitor::Monitor;
use trace_core::load::load_bytes;
use trace_core::model::lanes::LaneId;

/// Bytes of a trace's header.
const HEAD: usize = 16;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, HEAD)
});

fuzz_target!(|data: &[u8]| {
    let Ok(trace) = load_bytes(data, &Monitor::new(), &mut |_| {}) else { return };
    assert_eq!(invariants::broken(&trace), None);
    let all = trace.range();
    let mut lanes = vec![LaneId::Gc, LaneId::Stw];
    lanes.extend((0..trace.proc_count().min(10)).map(|idx| LaneId::Proc(ProcIdx(idx))));
    lanes.extend((0..trace.goroutine_count().min(50)).map(|idx| LaneId::Goroutine(GoroutineIdx(idx))));
    for lane in lanes {
        trace.cells(lane, all, 100, &mut Vec::new());
        for span in trace.spans(lane, all).take(100) {
            assert!(span.range.start <= span.range.end);
            drop(trace.flows_out_of(span.at, 10));
            drop(trace.flows_into(span.at));
        }
    }
});
