//! The model against simpler computations, on real traces cut into many small segments.
#![expect(clippy::cast_possible_wrap, clippy::cast_sign_loss, reason = "times and counts of small traces")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::ids::{GoId, GoroutineIdx, ProcIdx, ThreadIdx};
use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::base::warning::WarningKind;
use crate::event::kind::EventKind;
use crate::event::state::{Cause, GoState, SpanClass};
use crate::input::source::Source;
use crate::load::pipeline::Pipeline;
use crate::load::reader;
use crate::model::build::SEGMENT_ROWS;
use crate::model::flows::{FlowKind, FlowList};
use crate::model::lanes::LaneId;
use crate::model::state_intervals::StateInterval;
use crate::model::trace::{Metric, Trace};
use crate::order::generation::order_generation;
use crate::order::sched_state::SchedState;
use crate::order::sink::{Ids, NO_IDX, Ordered, Sink};
use crate::order::v1::order_v1;
use crate::order::v1::style::Style;
use crate::testkit::scenes::ping_pong;
use crate::testkit::writer::TraceWriter;
use crate::wire::opening::{self, Opened};
use crate::wire::v2::tables::Tables;

fn data() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data")
}

/// Real traces that the tests use: one of each program and of each format, small ones. With
/// `TRACELANE_TEST_TRACE=FILE` that one instead, of any size.
fn all_fixtures() -> Vec<(String, Vec<u8>)> {
    if let Some(path) = std::env::var_os("TRACELANE_TEST_TRACE") {
        return vec![(path.to_string_lossy().into_owned(), std::fs::read(path).unwrap())];
    }
    let mut found = Vec::new();
    for entry in std::fs::read_dir(data().join("real")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if path.extension().is_some_and(|extension| extension == "trace") {
            let bytes = std::fs::read(&path).unwrap();
            if bytes.len() < 150_000 {
                found.push((name, bytes));
            }
        }
    }
    found.sort();
    assert!(found.len() > 10, "fixtures are missing");
    found
}

/// Those whose events the tests can count themselves: not the format of Go 1.21 and older.
fn fixtures() -> Vec<(String, Vec<u8>)> {
    all_fixtures().into_iter().filter(|(name, _)| !name.contains("go1.21")).collect()
}

fn load(bytes: &[u8], segment_rows: usize, publish: &mut dyn FnMut(Arc<Trace>)) -> Arc<Trace> {
    // A long trace has borders enough of its own.
    let segment_rows = if bytes.len() > 10_000_000 { SEGMENT_ROWS } else { segment_rows };
    let monitor = Monitor::new();
    let (mut pipeline, door) = Pipeline::new(&monitor);
    pipeline.shared.segment_rows = segment_rows;
    std::thread::scope(|scope| {
        let own = monitor.clone();
        reader::named().spawn_scoped(scope, move || reader::read(Source::bytes(bytes), &own, &door)).unwrap();
        pipeline.run(publish).unwrap()
    })
}

/// The same for what may yield nothing.
fn try_load(bytes: &[u8], segment_rows: usize) -> Option<Arc<Trace>> {
    let monitor = Monitor::new();
    let (mut pipeline, door) = Pipeline::new(&monitor);
    pipeline.shared.segment_rows = segment_rows;
    std::thread::scope(|scope| {
        let own = monitor.clone();
        reader::named().spawn_scoped(scope, move || reader::read(Source::bytes(bytes), &own, &door)).unwrap();
        pipeline.run(&mut |_| {}).ok()
    })
}

/// Per goroutine, by state code: time and number of spans, straight from the ordered events.
#[derive(Default)]
struct Tally {
    start: Option<i64>,
    last: i64,
    now: BTreeMap<GoId, (u8, i64)>,
    nanos: BTreeMap<GoId, [i64; 6]>,
    spans: BTreeMap<GoId, [u64; 6]>,
    events: u64,
    unblocks: u64,
    creates: u64,
}

impl Tally {
    fn of(bytes: &[u8]) -> Self {
        let mut tally = Self::default();
        let quiet: &mut crate::wire::v2::tables::Report<'_> = &mut |_, _, _| {};
        match opening::open(bytes, quiet).unwrap() {
            Opened::V1(recording) => {
                order_v1(&recording, Style::Model, &Monitor::new(), quiet, &mut tally).unwrap();
            }
            Opened::V2(mut reader) => {
                let mut sched = SchedState::new(false);
                while let Some(generation) = reader.next_generation(quiet).unwrap() {
                    let tables = Tables::parse(&generation, None, quiet);
                    order_generation(&mut sched, &generation, &tables, &Monitor::new(), quiet, &mut tally).unwrap();
                }
            }
        }
        let ids: Vec<GoId> = tally.now.keys().copied().collect();
        for id in ids {
            tally.leave(id, tally.last);
        }
        tally
    }

    fn leave(&mut self, id: GoId, time: i64) {
        if let Some((state, since)) = self.now.remove(&id) {
            self.nanos.entry(id).or_default()[usize::from(state)] += time - since;
        }
    }
}

impl Sink for Tally {
    fn event(&mut self, ev: &Ordered, ids: &Ids) -> crate::base::error::Result<()> {
        let start = *self.start.get_or_insert(ev.time.0);
        self.last = ev.time.0;
        self.events += 1;
        let is_go = (EventKind::GO_CREATE.0..=EventKind::GO_STATUS.0).contains(&ev.kind.0)
            || (EventKind::GO_SWITCH.0..=EventKind::GO_STATUS_STACK.0).contains(&ev.kind.0);
        if !is_go || ev.subject == NO_IDX || ev.from == ev.to {
            return Ok(());
        }
        self.unblocks += u64::from(ev.kind == EventKind::GO_UNBLOCK);
        self.creates += u64::from(matches!(ev.kind, EventKind::GO_CREATE | EventKind::GO_CREATE_BLOCKED));
        let id = ids.go(ev.subject);
        self.leave(id, ev.time.0);
        let since = if ev.from == 0 { start } else { ev.time.0 };
        if ev.to > 1 {
            self.now.insert(id, (ev.to, since));
            self.spans.entry(id).or_default()[usize::from(ev.to)] += 1;
        }
        Ok(())
    }
}

fn waiting(nanos: &[u64; SpanClass::COUNT]) -> u64 {
    nanos[SpanClass::WaitSync as usize..].iter().sum()
}

#[test]
fn time_by_state_is_what_counting_gives() {
    for (name, bytes) in fixtures() {
        let tally = Tally::of(&bytes);
        for rows in [97, 1 << 19] {
            let trace = load(&bytes, rows, &mut |_| {});
            let range = trace.range();
            assert_eq!(range.start.0, tally.start.unwrap(), "{name}");
            // Times at a generation's border may be put in order a few ns apart.
            let slack = 2_000 * trace.totals().generations as i64;
            assert!((range.end.0 - tally.last).abs() <= slack, "{name}: {} {}", range.end.0, tally.last);
            for at in 0..trace.goroutine_count() {
                let goroutine = trace.goroutine(GoroutineIdx(at)).unwrap();
                let lane = LaneId::Goroutine(GoroutineIdx(at));
                let sums = trace.time_by_class(lane, range);
                let born = goroutine.created.unwrap_or(range.start);
                let died = goroutine.ended.unwrap_or(range.end);
                let known: u64 = sums.nanos[1..].iter().sum();
                assert_eq!(known as i64, died.nanos_since(born), "{name}: lifetime of {:?}", goroutine.id);
                let Some(truth) = tally.nanos.get(&goroutine.id) else {
                    panic!("{name}: {:?} is no goroutine", goroutine.id)
                };
                let model = [
                    sums.nanos[SpanClass::Runnable as usize],
                    sums.nanos[SpanClass::Running as usize],
                    waiting(&sums.nanos),
                    sums.nanos[SpanClass::Syscall as usize],
                ];
                for (state, &nanos) in model.iter().enumerate() {
                    let truth = truth[state + 2];
                    assert!(
                        (nanos as i64 - truth).abs() <= slack,
                        "{name}: {:?} state {state}: {nanos} {truth}",
                        goroutine.id
                    );
                }
                let spans = &tally.spans[&goroutine.id];
                assert_eq!(sums.spans[SpanClass::Running as usize], spans[3], "{name}: {:?} runs", goroutine.id);
                assert_eq!(sums.spans[SpanClass::Syscall as usize], spans[5], "{name}: {:?} calls", goroutine.id);
                let listed: Vec<_> = trace.spans(lane, range).collect();
                assert_eq!(listed.iter().map(|span| span.range.nanos() as u64).sum::<u64>(), known, "{name}");
                assert_eq!(listed.len() as u64, sums.spans.iter().sum::<u64>(), "{name}: {:?}", goroutine.id);
            }
            assert_eq!(trace.goroutine_count() as usize, tally.nanos.len(), "{name}");
            assert_eq!(trace.totals().events, tally.events, "{name}");
        }
    }
}

#[test]
fn sums_follow_times_that_are_moved_behind_the_generation_before() {
    let mut writer = TraceWriter::new(26);
    // The second generation begins long before the first one ends, with events close together at first.
    for (start, dense) in [(1_000_000, 0), (3_400_000, 1_500)] {
        let (mut time, mut seq) = (start, 1);
        writer.event(0, time, EventKind::PROC_STATUS, &[0, 1]);
        writer.event(0, time + 1, EventKind::GO_STATUS, &[1, 0, 2]);
        for at in 0..5_000 {
            let step = if at < dense { 1 } else { 200 + at % 97 };
            time += 2 * step;
            let reason = writer.string("runtime.Gosched");
            writer.event(0, time, EventKind::GO_STOP, &[reason, 0]);
            writer.event(0, time + step, EventKind::GO_START, &[1, seq]);
            seq += 1;
        }
        writer.end_generation();
    }
    let trace = load(&writer.finish(), SEGMENT_ROWS, &mut |_| {});
    let all = trace.range();
    let [first, .., last] = &*trace.spans(LaneId::Goroutine(GoroutineIdx(0)), all).collect::<Vec<_>>() else {
        panic!("no spans")
    };
    assert_eq!((first.range.start, last.range.end), (all.start, all.end));
    for lane in lanes(&trace) {
        let spans: Vec<_> = trace.spans(lane, all).collect();
        assert!(spans.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start), "{lane:?}");
        for part in 1..=16 {
            let until = all.start.plus_nanos(all.nanos() / 16 * part);
            let mut counted = [0; SpanClass::COUNT];
            for span in &spans {
                counted[span.class as usize] += span.range.end.min(until).nanos_since(span.range.start).max(0) as u64;
            }
            let sums = trace.time_by_class(lane, TimeRange::new(all.start, until));
            assert_eq!(sums.nanos[1..], counted[1..], "{lane:?} until {until:?}");
        }
    }
}

fn lanes(trace: &Trace) -> Vec<LaneId> {
    let gos = (0..trace.goroutine_count()).map(|at| LaneId::Goroutine(GoroutineIdx(at)));
    let procs = (0..trace.proc_count()).map(|at| LaneId::Proc(ProcIdx(at)));
    let threads = (0..trace.thread_count()).map(|at| LaneId::Thread(ThreadIdx(at)));
    [LaneId::Gc, LaneId::Stw].into_iter().chain(procs).chain(threads).chain(gos).collect()
}

/// At most so many lanes of a kind are looked at closely.
fn some_lanes(trace: &Trace) -> Vec<LaneId> {
    let all = lanes(trace);
    let step = all.len().div_ceil(60);
    all.into_iter()
        .enumerate()
        .filter(|(at, lane)| !matches!(lane, LaneId::Goroutine(_)) || at % step == 0)
        .map(|(_, lane)| lane)
        .collect()
}

#[test]
fn neighbours_instants_and_names_agree() {
    for (name, bytes) in all_fixtures() {
        let trace = load(&bytes, 301, &mut |_| {});
        for lane in some_lanes(&trace) {
            let spans: Vec<_> = trace.spans(lane, trace.range()).collect();
            let step = spans.len().div_ceil(200).max(1);
            for (at, span) in spans.iter().enumerate().step_by(step) {
                assert_eq!(trace.span(span.at).as_ref(), Some(span), "{name} {lane:?}");
                assert_eq!(trace.next_span(span.at).as_ref(), spans.get(at + 1), "{name} {lane:?} after {span:?}");
                let before = at.checked_sub(1).and_then(|before| spans.get(before));
                assert_eq!(trace.prev_span(span.at).as_ref(), before, "{name} {lane:?} before {span:?}");
                if span.range.nanos() > 0 {
                    let middle = span.range.start.plus_nanos(span.range.nanos() / 2);
                    assert_eq!(trace.span_at(lane, middle).as_ref(), Some(span), "{name} {lane:?}");
                    assert_eq!(trace.span_at(lane, span.range.start).as_ref(), Some(span), "{name} {lane:?}");
                }
                if let Some(next) = spans.get(at + 1) {
                    assert!(span.range.end <= next.range.start, "{name} {lane:?}: {span:?} {next:?}");
                }
            }
        }
    }
}

#[test]
fn cells_say_what_is_under_them() {
    for (name, bytes) in all_fixtures() {
        let trace = load(&bytes, 1_009, &mut |_| {});
        let whole = trace.range();
        let part = |from: i64, to: i64| {
            TimeRange::new(
                whole.start.plus_nanos(whole.nanos() * from / 1_000),
                whole.start.plus_nanos(whole.nanos() * to / 1_000),
            )
        };
        for lane in some_lanes(&trace) {
            for (range, columns) in [(whole, 7), (whole, 400), (part(300, 310), 100), (part(0, 500), 3_000)] {
                let mut cells = Vec::new();
                trace.cells(lane, range, columns, &mut cells);
                assert!(cells.len() <= 2 * columns as usize + 2, "{name} {lane:?}");
                let width = range.nanos() / i64::from(columns);
                for cell in &cells {
                    assert!(cell.range.end > range.start || cell.range.start >= range.start, "{name}");
                    let exact = trace.time_by_class(lane, cell.range);
                    assert_eq!(exact.nanos[1..], cell.nanos[1..], "{name} {lane:?} {cell:?}");
                    if cell.count == 1 {
                        let span = trace.span(cell.first).unwrap();
                        assert_eq!((span.range, span.class), (cell.range, cell.class), "{name} {lane:?}");
                    } else {
                        assert!(cell.range.nanos() <= 3 * width.max(1), "{name} {lane:?} {cell:?}");
                    }
                }
                assert!(cells.windows(2).all(|pair| pair[0].range.end <= pair[1].range.start), "{name} {lane:?}");
                // Nothing is left out.
                let drawn: u64 = cells.iter().flat_map(|cell| &cell.nanos[1..]).sum();
                let there: i64 = trace.spans(lane, range).map(|span| span.range.intersect(range).nanos()).sum();
                assert!(drawn as i64 >= there, "{name} {lane:?}: {drawn} {there}");
            }
        }
    }
}

#[test]
fn every_unblock_ends_a_wait_and_leaves_from_where_it_came() {
    for (name, bytes) in fixtures() {
        let tally = Tally::of(&bytes);
        let trace = load(&bytes, 503, &mut |_| {});
        let (mut unblocks, mut creates) = (0, 0);
        for at in 0..trace.goroutine_count() {
            let spans: Vec<_> = trace.spans(LaneId::Goroutine(GoroutineIdx(at)), trace.range()).collect();
            for (place, span) in spans.iter().enumerate() {
                match span.cause {
                    Cause::Unblocked => {
                        unblocks += 1;
                        let before = &spans[place - 1];
                        assert_eq!(before.state, GoState::Waiting, "{name}: {span:?}");
                        let flows = trace.flows_into(span.at);
                        // Old traces have wakers that are nowhere: no thread, no proc, no goroutine.
                        if flows.is_empty() && name.contains("go1.21") {
                            continue;
                        }
                        assert_eq!(flows.len(), 1, "{name}: {span:?}");
                        assert_eq!((flows[0].kind, flows[0].reason), (FlowKind::Unblock, before.reason), "{name}");
                        if unblocks % 7 == 0
                            && let Some(source) = flows[0].from.span
                        {
                            let FlowList { flows: leaving, total } = trace.flows_out_of(source, 100_000);
                            assert_eq!(leaving.len() as u64, total, "{name}");
                            assert!(leaving.contains(&flows[0]), "{name}: {:?} not among {leaving:?}", flows[0]);
                        }
                    }
                    Cause::Created => {
                        creates += 1;
                        assert_eq!(
                            trace.flows_into(span.at).first().map(|flow| flow.kind),
                            Some(FlowKind::Create),
                            "{name}"
                        );
                    }
                    _ => {}
                }
            }
        }
        assert_eq!((unblocks, creates), (tally.unblocks, tally.creates), "{name}");
    }
}

#[test]
fn a_snapshot_holds_what_the_whole_holds() {
    for (name, bytes) in all_fixtures() {
        let mut snapshots = Vec::new();
        let whole = load(&bytes, 701, &mut |trace| snapshots.push(trace));
        assert!(whole.totals().complete, "{name}");
        for trace in &snapshots {
            let end = trace.range().end;
            for at in (0..trace.goroutine_count()).step_by(5) {
                let lane = LaneId::Goroutine(GoroutineIdx(at));
                let done = |trace: &Trace| -> Vec<_> {
                    trace
                        .spans(lane, trace.range())
                        .filter(|span| span.range.end < end)
                        .map(|span| (span.at, span.range, span.class))
                        .collect()
                };
                // The last span of a snapshot may turn out to have ended earlier than it seemed: never so for
                // those that are over.
                assert_eq!(done(trace), done(&whole), "{name}");
            }
        }
        assert_eq!(snapshots.last().unwrap().totals(), whole.totals(), "{name}");
    }
}

#[test]
fn curves_hold_what_is_counted() {
    for (name, bytes) in fixtures() {
        let trace = load(&bytes, 809, &mut |_| {});
        let mut columns = Vec::new();
        let step = trace.range().nanos() / 40;
        for at in 0..40 {
            let time = trace.range().start.plus_nanos(step * at + step / 2);
            let running = trace.states_at(time).filter(|(_, span)| span.state == GoState::Running).count() as u64;
            columns.clear();
            trace.metric(Metric::Running, TimeRange::new(time, time.plus_nanos(1)), 1, &mut columns);
            let (low, high) = columns[0].unwrap_or_else(|| panic!("{name}: no reading"));
            assert!(low <= running && running <= high, "{name} at {time}: {running} not in {low}..={high}");
        }
        assert!(trace.metric_max(Metric::Running) >= 1, "{name}");
    }
}

#[test]
fn events_of_a_lane_come_in_order_and_all() {
    for (name, bytes) in all_fixtures().into_iter().step_by(3) {
        let trace = load(&bytes, 397, &mut |_| {});
        for lane in some_lanes(&trace) {
            let events: Vec<_> = trace.events(lane, trace.range()).collect();
            assert!(events.windows(2).all(|pair| pair[0].time <= pair[1].time), "{name} {lane:?}");
            if let LaneId::Goroutine(_) = lane {
                let begun = trace.spans(lane, trace.range()).filter(|span| !span.began_before).count();
                assert!(events.iter().filter(|event| event.span.is_some()).count() >= begun, "{name} {lane:?}");
            }
        }
    }
}

#[test]
fn a_cancelled_load_gives_what_there_is_or_says_so() {
    let (_, bytes) = fixtures().into_iter().max_by_key(|(_, bytes)| bytes.len()).unwrap();
    let monitor = Monitor::new();
    monitor.cancel();
    assert!(matches!(
        crate::load::load_bytes(&bytes, &monitor, &mut |_| {}),
        Err(crate::base::error::Error::Cancelled)
    ));
    let monitor = Monitor::new();
    let own = monitor.clone();
    let trace = crate::load::load_bytes(&bytes, &monitor, &mut |_| own.cancel()).unwrap();
    assert!(trace.range().end > TraceTime(0));
}

#[test]
fn damaged_traces_answer_every_question() {
    let mut loaded = 0;
    for entry in std::fs::read_dir(data().join("broken")).unwrap() {
        let path = entry.unwrap().path();
        let Ok(bytes) = std::fs::read(&path) else { continue };
        let Ok(trace) = crate::load::load_bytes(&bytes, &Monitor::new(), &mut |_| {}) else { continue };
        loaded += 1;
        let range = trace.range();
        for lane in some_lanes(&trace) {
            let mut cells = Vec::new();
            trace.cells(lane, range, 300, &mut cells);
            trace.cells(lane, TimeRange::new(TraceTime::MIN, TraceTime::MAX), 300, &mut cells);
            assert!(trace.events(lane, range).count() < 1_000_000, "{path:?}");
            for span in trace.spans(lane, range).take(2_000) {
                assert!(span.range.end >= span.range.start, "{path:?} {span:?}");
                let flows = (trace.flows_into(span.at).len(), trace.flows_out_of(span.at, 10).flows.len());
                assert!(flows.1 <= 10, "{path:?}");
                assert!(trace.next_span(span.at).is_none_or(|next| next.at != span.at), "{path:?}");
                assert!(trace.prev_span(span.at).is_none_or(|before| before.at != span.at), "{path:?}");
            }
        }
        assert!(trace.flows_in_view(range, &lanes(&trace), 50).flows.len() <= 50, "{path:?}");
        assert!(trace.states_at(range.start.plus_nanos(range.nanos() / 2)).count() <= trace.goroutine_count() as usize);
    }
    assert!(loaded > 5, "{loaded} damaged traces could be loaded");
}

/// A pool of one thread whose only worker loads: nobody else can do the work.
#[test]
fn a_load_inside_of_rayon_ends() {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let path = data().join("real/guessnumber-bug-go1.27.trace");
    let trace = pool.install(|| super::load_path(&path, &Monitor::new(), &mut |_| {})).unwrap();
    assert!(trace.totals().complete);
}

/// Gives bytes as they are written: first `given` of them, the rest when the door is opened.
struct Slow {
    bytes: Vec<u8>,
    at: usize,
    given: usize,
    door: std::sync::mpsc::Receiver<()>,
}

impl std::io::Read for Slow {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.given && self.given < self.bytes.len() {
            // Opened at once, or what was to be seen is missing.
            // Whether it was opened or the time is up: what follows is the same.
            self.door.recv_timeout(std::time::Duration::from_secs(20)).unwrap_or_default();
            self.given = self.bytes.len();
        }
        let count = buffer.len().min(self.given - self.at).min(1000);
        buffer[..count].copy_from_slice(&self.bytes[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

/// What has been written is shown before the reader learns what comes next; in the end nothing is missing.
#[test]
fn a_source_that_makes_wait_is_shown_as_far_as_it_goes() {
    for name in ["generations-go1.23", "generations-go1.27"] {
        let bytes = std::fs::read(data().join(format!("real/{name}.trace"))).unwrap();
        let whole = load(&bytes, SEGMENT_ROWS, &mut |_| {});
        let before_last = whole.totals().generations - 1;
        let (open, door) = std::sync::mpsc::channel();
        let given = bytes.len() - 1;
        let slow = Slow { bytes, at: 0, given, door };
        let source = Source::packed(slow, crate::base::limits::Limits::default());
        let mut seen = Vec::new();
        let trace = super::load_source(source, &Monitor::new(), &mut |snapshot| {
            seen.push((snapshot.totals().generations, snapshot.totals().complete));
            if snapshot.totals().generations == before_last {
                open.send(()).unwrap_or_default();
            }
        })
        .unwrap();
        assert!(seen.contains(&(before_last, false)), "{name}: {seen:?}");
        assert_eq!(trace.totals(), whole.totals(), "{name}");
        assert_eq!(trace.warnings(), whole.warnings(), "{name}");
    }
}

/// Windows show whatever takes a proc or asks for one, whole or cut by their borders, once.
#[test]
fn windows_show_all_that_is_not_waiting() {
    let broken =
        std::fs::read_dir(data().join("broken")).unwrap().map(|entry| std::fs::read(entry.unwrap().path()).unwrap());
    let broken = broken.enumerate().map(|(at, bytes)| (format!("broken {at}"), bytes));
    let mut windows_in_all = 0;
    for (name, bytes) in all_fixtures().into_iter().chain(broken.filter(|file| file.1.len() < 150_000)) {
        let Some(trace) = try_load(&bytes, 40) else { continue };
        let windows = trace.windows();
        let mut found: BTreeMap<GoroutineIdx, Vec<(TimeRange, GoState)>> = BTreeMap::new();
        let mut expected = found.clone();
        let is_wanted = |stretch: &StateInterval| !matches!(stretch.state, GoState::Waiting);
        for at in 0..windows.len() {
            let range = windows.range(at);
            for go in windows.goroutines(at) {
                trace.state_intervals(go, range, |stretch| {
                    let part = stretch.range.intersect(range);
                    if is_wanted(stretch) && part.nanos() > 0 {
                        let mine = found.entry(go).or_default();
                        match mine.last_mut() {
                            Some(last) if last.0.end == part.start && stretch.range.start < part.start => {
                                last.0.end = part.end;
                            }
                            _ => mine.push((part, stretch.state)),
                        }
                    }
                });
            }
        }
        for go in (0..trace.goroutine_count()).map(GoroutineIdx) {
            trace.state_intervals(go, trace.range(), |stretch| {
                let part = stretch.range.intersect(trace.range());
                if is_wanted(stretch) && part.nanos() > 0 {
                    expected.entry(go).or_default().push((part, stretch.state));
                }
            });
        }
        assert_eq!(found, expected, "{name}");
        windows_in_all += windows.len();
    }
    assert!(windows_in_all > 1_000, "{windows_in_all}");
}

/// Loads with the pipeline that `change` makes, and counts what it publishes.
fn load_with(bytes: &[u8], monitor: &Monitor, change: impl FnOnce(Pipeline) -> Pipeline) -> (Arc<Trace>, usize) {
    let (mut pipeline, door) = Pipeline::new(monitor);
    pipeline.shared.segment_rows = 64;
    let mut published = 0;
    let trace = std::thread::scope(|scope| {
        let own = monitor.clone();
        reader::named().spawn_scoped(scope, move || reader::read(Source::bytes(bytes), &own, &door)).unwrap();
        change(pipeline).run(&mut |_| published += 1).unwrap()
    });
    (trace, published)
}

#[test]
fn nobody_who_looks_only_at_the_end_pays_for_snapshots() {
    let bytes = ping_pong(2, 10, 20_000);
    let (watched, snapshots) = load_with(&bytes, &Monitor::new(), |pipeline| pipeline);
    let (trace, only) = load_with(&bytes, &Monitor::new(), Pipeline::unwatched);
    assert!(snapshots > 1, "{snapshots}");
    assert_eq!(only, 1, "the complete one");
    assert_eq!((trace.totals(), trace.range()), (watched.totals(), watched.range()));
}

#[test]
fn a_trace_that_takes_too_much_memory_is_shown_up_to_there() {
    let bytes = ping_pong(2, 10, 20_000);
    let (whole, _) = load_with(&bytes, &Monitor::new(), Pipeline::unwatched);
    let memory: u64 = whole.memory().iter().map(|part| part.1).sum();
    let monitor = Monitor::new();
    monitor.limit_memory(memory / 2);
    let (part, _) = load_with(&bytes, &monitor, Pipeline::unwatched);
    let (events, all) = (part.totals().events, whole.totals().events);
    assert!(events > all / 4 && events < all * 3 / 4, "{events} of {all}");
    assert!(!part.totals().complete && part.range().end < whole.range().end);
    let warnings: Vec<_> = part.warnings().iter().map(|warning| (warning.kind, &warning.message)).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].0 == WarningKind::Limit && warnings[0].1.contains("memory"), "{warnings:?}");
    monitor.limit_memory(0);
    assert_eq!(load_with(&bytes, &monitor, Pipeline::unwatched).0.totals(), whole.totals());
}
