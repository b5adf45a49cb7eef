//! How much work damage makes: a damaged trace never takes more than fifty times what the whole one takes. Counted in
//! events and in threads looked at in search of the next one, which is what the time of a load follows besides its bytes.

use std::fs;

use trace_core::base::monitor::{Monitor, Progress};
use trace_core::event::kind::EventKind;
use trace_core::load::load_bytes;
use trace_core::testkit::writer::TraceWriter;
use trace_core::wire::v1::spec;

use crate::damages::KINDS;
use crate::folder;
use crate::old;
use crate::random::Random;

/// Larger traces take long and show nothing else.
const MAX_BYTES: usize = 60_000;
/// How often each kind of damage is done to each trace.
const ROUNDS: u64 = 2;
/// How many times the work of the whole trace a damaged one may take.
const MOST: u64 = 50;

fn progress(bytes: &[u8]) -> Option<Progress> {
    let monitor = Monitor::new();
    load_bytes(bytes, &monitor, &mut |_| {}).ok()?;
    Some(monitor.progress())
}

fn effort(progress: Progress) -> u64 {
    progress.events + progress.tries
}

#[test]
fn damage_makes_little_work() {
    let mut most = 0;
    for path in folder::traces("real") {
        let bytes = fs::read(&path).expect("a fixture");
        if bytes.len() > MAX_BYTES {
            continue;
        }
        let whole = progress(&bytes).expect("it opens");
        for (kind, damage) in KINDS {
            for round in 0..ROUNDS {
                let Some(broken) = damage(&bytes, &mut Random(round * 7_919 + 1)) else { continue };
                let Some(found) = progress(&broken) else { continue };
                let (taken, usual) = (effort(found), effort(whole));
                assert!(taken <= MOST * usual, "{kind}, {}: {found:?} for {whole:?}", path.display());
                most = most.max(100 * taken / usual);
            }
        }
    }
    assert!(most > 100, "work is counted: {most} %");
}

#[test]
fn whole_traces_need_few_tries() {
    for path in folder::traces("real") {
        let found = progress(&fs::read(&path).expect("a fixture")).expect("it opens");
        // They are far from the point at which the search is cut short.
        assert!(found.tries <= 4 * found.events + 1_000, "{}: {found:?}", path.display());
    }
}

/// So many threads with an event each that can never be next.
const STUCK: u64 = 20_000;

fn stuck() -> TraceWriter {
    let mut writer = TraceWriter::new(26);
    for thread in 0..STUCK {
        writer.event(thread, 1_000, EventKind::GO_START, &[thread, 9]);
    }
    writer
}

#[test]
fn threads_that_wait_for_ever_are_not_tried_for_ever() {
    let found = progress(&stuck().finish()).expect("it opens");
    assert!(found.events >= STUCK);
    assert!(found.tries < 300 * found.events, "{found:?}");
}

#[test]
fn threads_that_wait_do_not_slow_down_one_that_goes_on() {
    let mut writer = stuck();
    let (thread, proc) = (STUCK, 0);
    writer.event(thread, 2_000, EventKind::PROC_STATUS, &[proc, 2]);
    for number in 1..10_000 {
        writer.event(thread, 2_000 + 2 * number, EventKind::PROC_START, &[proc, number]);
        writer.event(thread, 2_001 + 2 * number, EventKind::PROC_STOP, &[]);
    }
    let found = progress(&writer.finish()).expect("it opens");
    assert!(found.events >= STUCK + 19_998);
    assert!(found.tries < 300 * found.events, "{found:?}");
}

#[test]
fn procs_that_wait_for_ever_are_not_tried_for_ever() {
    let mut bytes = old::header(21);
    for proc in 0..STUCK {
        old::batch(&mut bytes, proc, 1_000 + proc);
        old::event(&mut bytes, spec::GO_START, &[1, 1 + proc, 9]);
    }
    old::event(&mut bytes, spec::FREQUENCY, &[1_000_000_000]);
    let found = progress(&bytes).expect("it opens");
    assert!(found.events >= STUCK, "{found:?}");
    assert!(found.tries < 300 * found.events, "{found:?}");
}

/// Each event seconds after the one before: a model that begins anew each time would take as many lanes as there are
/// goroutines each time.
#[test]
fn pauses_without_end_take_memory_and_work_in_proportion() {
    let mut writer = TraceWriter::new(26);
    let (thread, proc, second) = (7, 0, 1_000_000_000);
    writer.event(thread, 1_000, EventKind::PROC_STATUS, &[proc, 1]);
    for go in 1..=10_000 {
        writer.event(thread, 1_000 + go, EventKind::GO_STATUS, &[go, u64::MAX, 1]);
    }
    for number in 1..5_000 {
        writer.event(thread, 2 * number * 5 * second, EventKind::PROC_STOP, &[]);
        writer.event(thread, (2 * number + 1) * 5 * second, EventKind::PROC_START, &[proc, number]);
    }
    let trace = load_bytes(&writer.finish(), &Monitor::new(), &mut |_| {}).expect("it opens");
    assert!(trace.totals().events >= 19_998);
    assert!(trace.segment_count() < 2_500, "{} segments", trace.segment_count());
    assert!(trace.warnings().iter().any(|warning| warning.message.contains("pauses")), "{:?}", trace.warnings());
}

fn number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

/// A batch with its header.
fn batch(out: &mut Vec<u8>, generation: u64, thread: u64, payload: &[u8]) {
    out.push(1);
    for value in [generation, thread, 1_000 + generation, payload.len() as u64] {
        number(out, value);
    }
    out.extend_from_slice(payload);
}

#[test]
fn generations_and_batches_of_nothing_cost_nothing() {
    let mut bytes = b"go 1.26 trace\0\0\0".to_vec();
    for generation in 1..=20_000 {
        batch(&mut bytes, generation, 1, &[]);
        bytes.push(52);
    }
    let trace = load_bytes(&bytes, &Monitor::new(), &mut |_| {}).expect("it opens");
    assert_eq!((trace.totals().generations, trace.totals().events), (20_000, 20_000));
    assert!(trace.segment_count() < 100, "{} segments", trace.segment_count());
    let mut bytes = b"go 1.26 trace\0\0\0".to_vec();
    for thread in 0..20_000 {
        batch(&mut bytes, 1, thread, &[]);
    }
    bytes.push(52);
    let trace = load_bytes(&bytes, &Monitor::new(), &mut |_| {}).expect("it opens");
    assert_eq!(trace.totals().events, 1, "and no thread is tried");
}

/// Each makes a segment, of a few KB: real ones are never so small.
#[test]
fn tiny_generations_do_not_take_a_thousand_times_their_bytes() {
    let mut bytes = b"go 1.26 trace\0\0\0".to_vec();
    for generation in 1..=20_000 {
        // A proc that idles, a goroutine that waits.
        batch(&mut bytes, generation, 7, &[13, 1, 0, 2, 25, 1, 1, 7, 4]);
        bytes.push(52);
    }
    let trace = load_bytes(&bytes, &Monitor::new(), &mut |_| {}).expect("it opens");
    assert!(trace.segment_count() < 6_000, "{} segments", trace.segment_count());
    assert!(trace.warnings().iter().any(|warning| warning.count > 10_000), "it is told");
    assert!(trace.warnings().len() < 10, "once for each kind");
}
