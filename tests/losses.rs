//! Nothing is lost in silence: whatever happens to a trace, what is missing is told, and where.

use std::fs;
use std::sync::Arc;

use trace_core::base::monitor::Monitor;
use trace_core::base::warning::{Warning, WarningKind};
use trace_core::load::load_bytes;
use trace_core::model::trace::Trace;

use crate::batches::{HEADER_BYTES, Item, items};
use crate::damages::KINDS;
use crate::folder;
use crate::random::Random;

/// Batches that nobody can miss: the only one here tells of goroutines that sleep from the beginning of the trace to
/// its end, and no other generation does.
const UNKNOWABLE: [&str; 1] = ["sync-go1.27: batch 3"];

/// Several generations with and without end marks, CPU samples, and the old format.
const TRACES: [&str; 6] = [
    "generations-go1.22",
    "generations-go1.25",
    "generations-go1.27",
    "flightwindow-go1.26",
    "httpserver-go1.21",
    "workers-go1.21",
];
/// How often each kind of damage is done to each trace.
const ROUNDS: u64 = 6;

fn load(bytes: &[u8]) -> Arc<Trace> {
    load_bytes(bytes, &Monitor::new(), &mut |_| {}).expect("it opens")
}

fn sound(name: &str) -> Vec<u8> {
    fixture("real", name)
}

fn fixture(folder: &str, name: &str) -> Vec<u8> {
    let path = folder::traces(folder).into_iter().find(|path| path.ends_with(format!("{name}.trace")));
    fs::read(path.expect("a fixture")).expect("a fixture")
}

fn is_reported(trace: &Trace) -> bool {
    trace.warnings().iter().any(|warning| warning.kind.is_damage())
}

#[test]
fn sound_traces_have_no_holes() {
    for path in folder::traces("real") {
        let trace = load(&fs::read(&path).expect("a fixture"));
        assert_eq!(trace.thread_gaps(), [], "{}", path.display());
    }
}

#[test]
fn fewer_events_are_told() {
    let mut silent = Vec::new();
    for name in TRACES {
        let bytes = sound(name);
        let whole = load(&bytes);
        assert!(!is_reported(&whole) && whole.thread_gaps().is_empty(), "{name} is sound");
        for (kind, damage) in KINDS {
            for round in 0..ROUNDS {
                let Some(broken) = damage(&bytes, &mut Random(round * 7_919 + 1)) else { continue };
                let trace = load(&broken);
                let lost = whole.totals().events.saturating_sub(trace.totals().events);
                let gaps = trace.thread_gaps().len() + trace.gaps().count();
                if lost > 0 && !is_reported(&trace) {
                    silent.push(format!("{kind}, {name}, round {round}: {lost} events"));
                }
                // What is cut off at the end has no end of its own to be seen.
                if lost > 0 && gaps == 0 && !kind.contains("cut") {
                    silent.push(format!("{kind}, {name}, round {round}: {lost} events without a gap"));
                }
            }
        }
    }
    assert!(silent.is_empty(), "{}", silent.join("\n"));
}

/// The trace without its `lost`th batch of events, and how many there are.
fn without_batch(bytes: &[u8], lost: usize) -> (Vec<u8>, usize) {
    let (mut out, mut seen) = (bytes[..HEADER_BYTES].to_vec(), 0);
    for item in items(bytes) {
        match item {
            Item::Events(batch) => {
                if seen != lost {
                    batch.write(&mut out);
                }
                seen += 1;
            }
            Item::Other(other) => out.extend_from_slice(&other),
        }
    }
    (out, seen)
}

#[test]
fn every_batch_that_is_cut_out_is_missed() {
    let mut silent = Vec::new();
    for name in ["generations-go1.22", "generations-go1.25", "generations-go1.27", "flightwindow-go1.26", "sync-go1.27"]
    {
        let bytes = sound(name);
        for lost in 0..without_batch(&bytes, usize::MAX).1 {
            let trace = load(&without_batch(&bytes, lost).0);
            let is_marked = !trace.thread_gaps().is_empty() && trace.warnings().iter().any(is_of_lost_events);
            if !is_marked {
                silent.push(format!("{name}: batch {lost}"));
            }
        }
    }
    assert_eq!(silent, UNKNOWABLE);
}

fn is_of_lost_events(warning: &Warning) -> bool {
    warning.kind == WarningKind::LostEvents && warning.kind.cure().is_some() && warning.generation > 0
}

#[test]
fn what_is_lost_is_named() {
    // Cut out without a trace: the numbers of procs and goroutines show a gap.
    let trace = load(&fixture("broken", "lost-batch-go1.27"));
    let gaps = trace.thread_gaps();
    assert!(gaps.iter().all(|gap| gap.generation == 14 && gap.bytes.is_empty()), "{gaps:?}");
    assert!(gaps.iter().any(|gap| gap.proc.is_some() && gap.range.nanos() > 1_000_000), "{gaps:?}");
    // A batch with a wrong number: whose it was can be read, and which bytes it had.
    let trace = load(&fixture("broken", "flip-batch-generation-go1.27"));
    let gap = trace.thread_gaps().iter().find(|gap| gap.thread.is_some()).expect("a gap of a thread");
    assert_eq!((trace.thread_id(gap.thread).0, gap.bytes.clone()), (6_890, 2_717..2_948));
    // The old format: bytes of a batch of a proc.
    let trace = load(&fixture("broken", "flip-event-go1.21"));
    let gaps = trace.thread_gaps();
    assert!(gaps.iter().any(|gap| gap.proc.is_some() && !gap.bytes.is_empty()), "{gaps:?}");
}
