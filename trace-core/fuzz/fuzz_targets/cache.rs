//! Cache files: any bytes, and sound ones in which bytes of the unpacked blocks are others, with checksums that
//! fit. What is taken must answer every question.
#![no_main]

use std::sync::OnceLock;

use libfuzzer_sys::fuzz_target;
use trace_core::base::ids::{GoroutineIdx, ProcIdx, ThreadIdx};
use trace_core::base::monitor::Monitor;
use trace_core::cache::{Stored, read};
use trace_core::load::load_bytes;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::{Metric, Trace};
use trace_core::testkit::caches::{KEY, forged, sound};
use trace_core::testkit::scenes;

/// A byte of a block, to be set to a value.
const CHANGE_BYTES: usize = 6;

fn original() -> &'static [u8] {
    static ORIGINAL: OnceLock<Vec<u8>> = OnceLock::new();
    ORIGINAL.get_or_init(|| {
        let scene = scenes::ping_pong(2, 5, 400);
        sound(&load_bytes(&scene, &Monitor::new(), &mut |_| {}).expect("a trace")).expect("a cache")
    })
}

fuzz_target!(|data: &[u8]| {
    assert!(read(Stored::Bytes(data), &KEY).is_none_or(|trace| trace.range().nanos() >= 0));
    let changed = forged(original(), |at, block| {
        for change in data.chunks_exact(CHANGE_BYTES) {
            let [which, a, b, c, how, value] = change else { continue };
            let place = usize::from(*a) | usize::from(*b) << 8 | usize::from(*c) << 16;
            let len = block.len();
            if usize::from(*which) % 4 == at && len > 0 {
                match how % 4 {
                    0 => block.truncate(place % (len + 1)),
                    1 => block[place % len] = block[place % len].wrapping_add(*value),
                    _ => block[place % len] = *value,
                }
            }
        }
    })
    .expect("a sound original");
    if let Some(trace) = read(Stored::Bytes(&changed), &KEY) {
        ask(&trace);
    }
});

fn ask(trace: &Trace) {
    let all = trace.range();
    let mut lanes = vec![LaneId::Gc, LaneId::Stw];
    lanes.extend((0..trace.proc_count().min(10)).map(|idx| LaneId::Proc(ProcIdx(idx))));
    lanes.extend((0..trace.thread_count().min(10)).map(|idx| LaneId::Thread(ThreadIdx(idx))));
    lanes.extend((0..trace.goroutine_count().min(20)).map(|idx| LaneId::Goroutine(GoroutineIdx(idx))));
    for lane in lanes {
        trace.cells(lane, all, 100, &mut Vec::new());
        std::hint::black_box(trace.time_by_class(lane, all));
        for span in trace.spans(lane, all).take(100) {
            drop(trace.flows_out_of(span.at, 10));
            drop(trace.flows_into(span.at));
            std::hint::black_box((trace.next_span(span.at), trace.prev_span(span.at)));
        }
        drop(trace.events(lane, all).take(100).collect::<Vec<_>>());
    }
    for metric in [Metric::HeapLive, Metric::Running, Metric::Procs] {
        trace.metric(metric, all, 100, &mut Vec::new());
    }
}
