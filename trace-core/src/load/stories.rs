//! Small traces written event by event: what crosses borders, gaps and misuse must come out as told here.
#![expect(clippy::cast_possible_wrap, reason = "times near zero")]

use std::sync::Arc;

use crate::base::ids::{GoId, GoroutineIdx, ProcIdx, TaskId, ThreadIdx};
use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::base::warning::WarningKind;
use crate::event::kind::EventKind as K;
use crate::event::state::GoState;
use crate::model::flows::FlowKind;
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::trace::{Metric, Origin, Region, SpecialKind, Trace};
use crate::testkit::writer::TraceWriter;

const START: u64 = 1_000_000;
/// Thread, proc and goroutine that tell most stories.
const M: u64 = 7;
const P: u64 = 0;
const G: u64 = 1;

/// A writer, and the time relative to its start.
struct Story {
    writer: TraceWriter,
}

impl Story {
    fn new() -> Self {
        Self { writer: TraceWriter::new(26) }
    }

    fn at(&mut self, time: u64, kind: K, args: &[u64]) {
        self.writer.event(M, START + time, kind, args);
    }

    fn on(&mut self, thread: u64, time: u64, kind: K, args: &[u64]) {
        self.writer.event(thread, START + time, kind, args);
    }

    /// The proc runs, and the goroutine on it.
    fn running(&mut self, time: u64) {
        self.at(time, K::PROC_STATUS, &[P, 1]);
        self.at(time + 1, K::GO_STATUS, &[G, M, 2]);
    }

    fn load(self) -> Arc<Trace> {
        super::load_bytes(&self.writer.finish(), &Monitor::new(), &mut |_| {}).unwrap()
    }
}

fn since(time: TraceTime) -> i64 {
    time.0 - START as i64
}

fn spans(trace: &Trace, lane: LaneId) -> Vec<Span> {
    trace.spans(lane, trace.range()).collect()
}

fn go(trace: &Trace, id: u64) -> GoroutineIdx {
    trace.goroutine_by_id(GoId(id)).unwrap()
}

/// (state, start, end, began before, goes on) of each span.
fn states(trace: &Trace, lane: LaneId) -> Vec<(GoState, i64, i64, bool, bool)> {
    let told =
        |span: &Span| (span.state, since(span.range.start), since(span.range.end), span.began_before, span.goes_on);
    spans(trace, lane).iter().map(told).collect()
}

#[test]
fn bytes_of_logs_survive_whatever_they_are() {
    let mut story = Story::new();
    story.running(0);
    let category = story.writer.string("datadog.uint64_span_id");
    let ids = [0x80ff_c3c3_0001_7f41_u64, 0x80ff_c3c3_0001_7f42, u64::MAX, 0x4142_4344_4546_4748];
    for (ids, border) in ids.chunks(2).zip([0, 100]) {
        if border > 0 {
            story.writer.end_generation();
            story.running(border);
        }
        let category = if border > 0 { story.writer.string("datadog.uint64_span_id") } else { category };
        for (id, time) in ids.iter().zip(border + 10..) {
            let message = story.writer.bytes(&id.to_le_bytes());
            story.at(time, K::USER_LOG, &[0, category, message, 0]);
        }
    }
    let trace = story.load();
    let logged: Vec<&[u8]> = trace.all_logs().iter().map(|log| trace.bytes(log.message)).collect();
    assert_eq!(logged, ids.map(u64::to_le_bytes));
    assert_eq!(trace.bytes(trace.all_logs()[0].category), b"datadog.uint64_span_id");
    // Shown or from the cache, the bytes are the same.
    let again = crate::cache::read(
        crate::cache::Stored::Bytes(&crate::testkit::caches::sound(&trace).unwrap()),
        &crate::testkit::caches::KEY,
    );
    for other in [trace.shown(), Arc::new(again.unwrap())] {
        assert!(other.all_logs().iter().map(|log| other.bytes(log.message)).eq(logged.iter().copied()));
    }
}

#[test]
fn a_wait_goes_on_over_borders_with_its_reason_and_stack() {
    let mut story = Story::new();
    story.running(0);
    let (reason, stack) = (story.writer.string("chan receive"), story.writer.stack(&[("main.worker", "main.go", 5)]));
    story.at(10, K::GO_BLOCK, &[reason, stack]);
    for border in [100, 200] {
        story.writer.end_generation();
        story.at(border, K::PROC_STATUS, &[P, 2]);
        let later = story.writer.stack(&[("main.worker", "main.go", 5)]);
        story.at(border + 20, K::GO_STATUS_STACK, &[G, u64::MAX, 4, later]);
    }
    story.at(250, K::PROC_START, &[P, 1]);
    story.at(260, K::GO_UNBLOCK, &[G, 1, 0]);
    story.at(270, K::GO_START, &[G, 2]);
    story.at(300, K::GO_DESTROY, &[]);
    let trace = story.load();
    let lane = LaneId::Goroutine(go(&trace, G));
    assert_eq!(
        states(&trace, lane),
        [
            (GoState::Running, 0, 10, true, false),
            (GoState::Waiting, 10, 260, false, false),
            (GoState::Runnable, 260, 270, false, false),
            (GoState::Running, 270, 300, false, false),
        ]
    );
    let wait = trace.span_at(lane, TraceTime(START as i64 + 230)).unwrap();
    assert_eq!(trace.str(wait.reason), "chan receive");
    assert_eq!(trace.frames(wait.start_stack).next().unwrap().function, "main.worker");
    let unblock = trace.flows_into(trace.next_span(wait.at).unwrap().at);
    assert_eq!(trace.str(unblock[0].reason), "chan receive", "over two borders");
    assert_eq!(unblock[0].from.lane, LaneId::Proc(ProcIdx(0)), "nobody ran: the proc did it");
    let cells = cells(&trace, lane);
    assert_eq!(cells.len(), 4, "{cells:?}");
    assert_eq!(trace.goroutine(go(&trace, G)).unwrap().ended.map(since), Some(300));
}

fn cells(trace: &Trace, lane: LaneId) -> Vec<crate::model::spans::Cell> {
    let mut cells = Vec::new();
    trace.cells(lane, trace.range(), 1_000, &mut cells);
    cells
}

#[test]
fn nothing_goes_on_through_a_gap() {
    let mut story = Story::new();
    story.running(0);
    let outer = story.writer.string("outer");
    story.at(5, K::USER_REGION_BEGIN, &[0, outer, 0]);
    story.at(10, K::GO_SYSCALL_BEGIN, &[1, 0]);
    story.writer.skip_generations(2);
    story.running(1_000);
    story.at(1_050, K::GO_DESTROY, &[]);
    let trace = story.load();
    let lane = LaneId::Goroutine(go(&trace, G));
    assert_eq!(
        states(&trace, lane),
        [
            (GoState::Running, 0, 10, true, false),
            (GoState::Syscall, 10, 10, false, true),
            (GoState::Running, 1_000, 1_050, true, false),
        ]
    );
    let gap = TimeRange::new(TraceTime(START as i64 + 10), TraceTime(START as i64 + 1_000));
    assert_eq!(trace.gaps().collect::<Vec<_>>(), [gap]);
    assert!(
        trace
            .warnings()
            .iter()
            .any(|warning| warning.kind == WarningKind::MissingGeneration && warning.gap == Some(gap))
    );
    assert_eq!(trace.span_at(lane, TraceTime(START as i64 + 500)), None);
    let region = trace.regions(go(&trace, G), trace.range()).next().unwrap();
    assert!(region.goes_on && region.range.end <= gap.end, "{region:?}");
    let drawn: u64 = cells(&trace, lane).iter().flat_map(|cell| &cell.nanos[1..]).sum();
    assert_eq!(drawn, 10 + 50);
}

#[test]
fn curves_end_where_a_gap_begins() {
    let mut story = Story::new();
    story.running(0);
    story.at(10, K::HEAP_ALLOC, &[100]);
    story.at(20, K::HEAP_ALLOC, &[300]);
    story.writer.skip_generations(2);
    story.running(1_000);
    story.at(1_100, K::HEAP_ALLOC, &[700]);
    story.at(1_150, K::GO_DESTROY, &[]);
    let trace = story.load();
    let curve = |metric, from: u64, to: u64, columns| {
        let time = |time: u64| TraceTime((START + time) as i64);
        let mut curve = Vec::new();
        trace.metric(metric, TimeRange::new(time(from), time(to)), columns, &mut curve);
        curve
    };
    let heap = curve(Metric::HeapLive, 0, 1_200, 12);
    assert_eq!(heap[0], Some((100, 300)));
    assert_eq!(heap[1..10], [None; 9], "in the gap");
    assert_eq!(heap[10], None, "behind it nothing is known yet");
    assert_eq!(heap[11], Some((700, 700)));
    assert_eq!(curve(Metric::HeapLive, 0, 1_200, 1), [Some((100, 700))], "of all that is told");
    let running = curve(Metric::Running, 0, 1_200, 12);
    assert_eq!(running[1..10], [None; 9]);
    assert!(running[0].is_some() && running[10].is_some(), "{running:?}");
    let at = |time: u64| trace.reading_at(Metric::HeapLive, TraceTime((START + time) as i64));
    assert_eq!([15, 20, 500, 1_050, 1_100].map(at), [Some(100), Some(300), None, None, Some(700)]);
}

#[test]
fn regions_nest_over_borders_and_survive_misuse() {
    let mut story = Story::new();
    story.running(0);
    let name = |story: &mut Story, text: &str| story.writer.string(text);
    let (outer, inner) = (name(&mut story, "outer"), name(&mut story, "inner"));
    let early = name(&mut story, "early");
    story.at(10, K::USER_REGION_BEGIN, &[0, outer, 0]);
    story.at(20, K::USER_REGION_END, &[0, early, 0]);
    story.at(30, K::USER_REGION_BEGIN, &[0, inner, 0]);
    story.writer.end_generation();
    story.running(100);
    let (outer, inner) = (name(&mut story, "outer"), name(&mut story, "inner"));
    story.at(110, K::USER_REGION_END, &[0, outer, 0]);
    story.at(120, K::USER_REGION_END, &[0, inner, 0]);
    story.at(130, K::USER_REGION_BEGIN, &[0, inner, 0]);
    story.at(140, K::GO_DESTROY, &[]);
    let trace = story.load();
    let told = |region: Region| {
        let (start, end) = (since(region.range.start), since(region.range.end));
        (trace.str(region.name), start, end, region.depth, region.began_before, region.goes_on)
    };
    assert_eq!(
        trace.regions(go(&trace, G), trace.range()).map(told).collect::<Vec<_>>(),
        [
            ("early", 0, 20, 0, true, false),
            ("outer", 10, 110, 1, false, false),
            ("inner", 30, 120, 2, false, false),
            ("inner", 130, 140, 0, false, true),
        ]
    );
    assert!(trace.warnings().iter().any(|warning| warning.kind == WarningKind::Misuse), "{:?}", trace.warnings());
    assert_eq!(trace.goroutine(go(&trace, G)).unwrap().region_depth, 3);
}

#[test]
fn tasks_form_a_tree_and_may_be_older_than_the_trace() {
    let mut story = Story::new();
    story.running(0);
    let (request, query, key, text) = (
        story.writer.string("request"),
        story.writer.string("query"),
        story.writer.string("url"),
        story.writer.string("/index.html"),
    );
    story.at(10, K::USER_TASK_BEGIN, &[5, 0, request, 0]);
    story.at(20, K::USER_TASK_BEGIN, &[6, 5, query, 0]);
    story.at(25, K::USER_LOG, &[6, key, text, 0]);
    story.at(30, K::USER_TASK_END, &[6, 0]);
    story.at(40, K::USER_TASK_END, &[99, 0]);
    let label = story.writer.string("GC (dedicated)");
    story.at(50, K::GO_LABEL, &[label]);
    let trace = story.load();
    let task = |id: u64| trace.task(trace.task_by_id(TaskId(id)).unwrap()).unwrap();
    assert_eq!((trace.str(task(6).name), task(6).parent, task(5).parent), ("query", Some(task(5).idx), None));
    assert_eq!((task(6).began.map(since), task(6).ended.map(since), task(5).ended), (Some(20), Some(30), None));
    assert_eq!((task(99).began, task(99).ended.map(since)), (None, Some(40)));
    let log = trace.logs(go(&trace, G), trace.range()).next().unwrap();
    assert_eq!((trace.str(log.category), trace.str(log.message), log.task), ("url", "/index.html", Some(task(6).idx)));
    let labels: Vec<_> = trace.labels(go(&trace, G)).map(|(time, text)| (since(time), trace.str(text))).collect();
    assert_eq!(labels, [(50, "GC (dedicated)")]);
}

#[test]
fn the_collectors_ranges_go_on_over_borders() {
    let mut story = Story::new();
    story.running(0);
    story.at(5, K::GC_ACTIVE, &[3]);
    story.at(10, K::GC_MARK_ASSIST_BEGIN, &[0]);
    story.at(12, K::GC_SWEEP_BEGIN, &[0]);
    story.at(14, K::GC_SWEEP_END, &[4_096, 64]);
    story.writer.end_generation();
    story.running(100);
    story.at(102, K::GC_ACTIVE, &[4]);
    story.at(105, K::GC_MARK_ASSIST_ACTIVE, &[G]);
    story.at(110, K::GC_MARK_ASSIST_END, &[]);
    let kind = story.writer.string("GC mark termination");
    story.at(120, K::STW_BEGIN, &[kind, 0]);
    story.at(130, K::STW_END, &[]);
    story.at(140, K::GC_END, &[5]);
    let trace = story.load();
    let gc = spans(&trace, LaneId::Gc);
    assert_eq!(gc.len(), 1, "{gc:?}");
    assert_eq!((since(gc[0].range.start), since(gc[0].range.end), gc[0].began_before), (0, 140, true));
    let stw = spans(&trace, LaneId::Stw);
    assert_eq!(
        (since(stw[0].range.start), since(stw[0].range.end), trace.str(stw[0].reason)),
        (120, 130, "GC mark termination")
    );
    let told: Vec<_> = trace
        .special_ranges(LaneId::Goroutine(go(&trace, G)), trace.range())
        .map(|special| (special.kind, since(special.range.start), since(special.range.end), special.bytes))
        .collect();
    assert_eq!(told, [(SpecialKind::MarkAssist, 10, 110, (0, 0)), (SpecialKind::Sweep, 12, 14, (4_096, 64))]);
    let on_proc = trace.special_ranges(LaneId::Proc(ProcIdx(0)), trace.range()).count();
    assert_eq!(on_proc, 2, "assist and sweep lie on the proc too");
}

#[test]
fn a_stolen_proc_leaves_the_system_call_behind() {
    let mut story = Story::new();
    story.running(0);
    story.at(10, K::GO_SYSCALL_BEGIN, &[1, 0]);
    let other = M + 1;
    story.on(other, 50, K::PROC_STEAL, &[P, 2, M]);
    story.on(other, 60, K::PROC_START, &[P, 3]);
    story.at(80, K::GO_SYSCALL_END_BLOCKED, &[]);
    story.on(other, 90, K::GO_START, &[G, 1]);
    story.on(other, 95, K::GO_DESTROY, &[]);
    let trace = story.load();
    let lane = LaneId::Goroutine(go(&trace, G));
    let call = spans(&trace, lane)[1];
    assert_eq!((call.state, since(call.range.start), since(call.range.end)), (GoState::Syscall, 10, 80));
    assert_eq!((call.proc, call.thread), (ProcIdx(0), ThreadIdx(0)));
    let into = trace.flows_into(call.at);
    assert_eq!((into[0].kind, since(into[0].from.time)), (FlowKind::ProcSteal, 50));
    let told = |lane| states(&trace, lane).iter().map(|span| (span.0, span.1, span.2)).collect::<Vec<_>>();
    let on_proc = [(GoState::Running, 0, 10), (GoState::Syscall, 10, 50), (GoState::Running, 90, 95)];
    assert_eq!(told(LaneId::Proc(ProcIdx(0))), on_proc);
    assert_eq!(told(LaneId::Thread(ThreadIdx(0))), [(GoState::Running, 0, 10), (GoState::Syscall, 10, 80)]);
    let run = spans(&trace, lane)[3];
    let into = trace.flows_into(run.at);
    assert_eq!((into[0].kind, since(into[0].from.time)), (FlowKind::SyscallExit, 80));
    assert_eq!(cells(&trace, LaneId::Proc(ProcIdx(0))).len(), 3);
}

#[test]
fn a_sample_before_all_else_about_a_goroutine_is_its_own() {
    let mut story = Story::new();
    story.running(0);
    let stack = story.writer.stack(&[("main.hot", "main.go", 5)]);
    // Of one that is told of later in the same generation, in the next one, and never.
    for go in [2, 3, 4] {
        story.writer.sample(START + 5, (M, P, go), stack);
    }
    story.at(10, K::GO_STATUS, &[2, u64::MAX, 1]);
    story.writer.end_generation();
    story.at(100, K::PROC_STATUS, &[P, 1]);
    story.at(101, K::GO_STATUS, &[G, M, 2]);
    story.at(110, K::GO_STATUS, &[3, u64::MAX, 1]);
    let trace = story.load();
    let whose: Vec<GoroutineIdx> = trace.all_samples().iter().map(|sample| sample.go).collect();
    assert_eq!(whose, [go(&trace, 2), go(&trace, 3), GoroutineIdx::NONE]);
    assert_eq!(
        trace.samples(LaneId::Goroutine(go(&trace, 3)), TimeRange::new(TraceTime::MIN, TraceTime::MAX)).count(),
        1
    );
}

#[test]
fn of_tasks_that_share_an_id_the_latest_is_found() {
    let mut story = Story::new();
    story.running(0);
    let name = story.writer.string("work");
    for (time, task) in [(10, 9), (20, 4), (40, 9), (50, 6)] {
        story.at(time, K::USER_TASK_BEGIN, &[task, 0, name, 0]);
        story.at(time + 5, K::USER_TASK_END, &[task, 0]);
    }
    let trace = story.load();
    let began = |id: u64| trace.task_by_id(TaskId(id)).and_then(|idx| trace.task(idx)?.began).map(since);
    assert_eq!([4, 6, 9].map(began), [Some(20), Some(50), Some(40)]);
    assert_eq!([0, 5, 10].map(began), [None; 3]);
}

/// A thread that writes the states of many goroutines at once, one a tick, and then goes on in a batch that begins
/// so many ticks earlier.
fn written_fast(back: u64) -> Story {
    let mut story = Story::new();
    story.running(0);
    story.at(1_000, K::HEAP_ALLOC, &[100]);
    for go in 2..1_000 {
        story.at(999 + go, K::GO_STATUS, &[go, u64::MAX, 4]);
    }
    story.writer.end_batch(M);
    story.at(1_999 - back, K::HEAP_ALLOC, &[200]);
    story.at(3_000, K::GO_DESTROY, &[]);
    story
}

#[test]
fn a_thread_that_was_ahead_of_the_clock_may_go_back_to_it() {
    for back in [1, 500, 999] {
        let trace = written_fast(back).load();
        assert_eq!(trace.warnings(), [], "{back}");
        let order = [Some(100), Some(200)];
        assert_eq!([1_500, 2_500].map(|at| trace.reading_at(Metric::HeapLive, TraceTime(START as i64 + at))), order);
    }
    let trace = written_fast(1_010).load();
    assert_eq!(trace.warnings().len(), 1, "the clock said 1,000 before");
    assert_eq!(trace.warnings()[0].kind, WarningKind::Clock);
    assert!(trace.warnings()[0].offset > 0);
}

#[test]
fn goroutines_of_timers_and_of_c_code_are_not_older_than_the_trace() {
    let mut story = Story::new();
    story.at(0, K::PROC_STATUS, &[P, 1]);
    let entry = story.writer.stack(&[("main.onTimer", "main.go", 5)]);
    story.at(10, K::GO_CREATE, &[5, entry, 0]);
    story.at(20, K::GO_START, &[5, 1]);
    let by = story.writer.stack(&[("main.start", "main.go", 9)]);
    story.at(25, K::GO_CREATE, &[6, entry, by]);
    story.on(M + 1, 30, K::GO_CREATE_SYSCALL, &[7]);
    story.at(40, K::GO_DESTROY, &[]);
    story.at(50, K::GO_STATUS, &[8, u64::MAX, 4]);
    let trace = story.load();
    let known = |id| trace.goroutine(go(&trace, id)).unwrap();
    assert_eq!(
        [5, 6, 7, 8].map(|id| known(id).origin),
        [Origin::Timer, Origin::Goroutine, Origin::C, Origin::BeforeTrace]
    );
    assert_eq!([5, 6, 7, 8].map(|id| known(id).created.is_some()), [true, true, true, false]);
    assert_eq!([5, 6].map(|id| known(id).creator), [None, Some(go(&trace, 5))]);
}

#[test]
fn a_heap_goal_of_0_or_beyond_all_memory_is_none() {
    let mut story = Story::new();
    story.running(0);
    for (at, bytes) in [(10, 4 << 20), (20, 0), (30, 8 << 20), (40, i64::MAX as u64 - 9_000_000), (50, u64::MAX)] {
        story.at(at, K::HEAP_GOAL, &[bytes]);
    }
    story.at(60, K::GO_DESTROY, &[]);
    let trace = story.load();
    let at = |time: i64| trace.reading_at(Metric::HeapGoal, TraceTime(START as i64 + time));
    assert_eq!([15, 25, 35, 45, 55].map(at), [Some(4 << 20), None, Some(8 << 20), None, None]);
    let mut curve = Vec::new();
    let start = START as i64 + 15;
    trace.metric(Metric::HeapGoal, TimeRange::new(TraceTime(start), TraceTime(start + 40)), 4, &mut curve);
    assert_eq!(curve, [Some((4 << 20, 4 << 20)), Some((8 << 20, 8 << 20)), Some((8 << 20, 8 << 20)), None]);
    assert_eq!(trace.metric_max(Metric::HeapGoal), 8 << 20);
    assert_eq!(trace.readings(Metric::HeapGoal).count(), 2);
    let range = TimeRange::new(TraceTime(start), TraceTime(start + 50));
    assert_eq!(trace.first_reading(Metric::HeapGoal, range), None, "the next one says that there is none");
}

#[test]
fn misused_regions_are_told_once_a_kind_with_their_place() {
    let mut story = Story::new();
    story.running(0);
    let (outer, inner) = (story.writer.string("outer"), story.writer.string("inner"));
    let entry = story.writer.stack(&[("main.worker", "main.go", 3)]);
    let first = story.writer.stack(&[("main.handle", "main.go", 7), ("main.main", "main.go", 1)]);
    let second = story.writer.stack(&[("main.handle", "main.go", 9), ("main.main", "main.go", 1)]);
    let deeper = story.writer.stack(&[("main.walk", "main.go", 20), ("main.walk", "main.go", 21)]);
    let shallower = story.writer.stack(&[("main.walk", "main.go", 20)]);
    for round in 0..3 {
        let at = 10 + 100 * round;
        story.at(at, K::USER_REGION_BEGIN, &[0, outer, first]);
        story.at(at + 10, K::USER_REGION_END, &[0, outer, first]);
        story.at(at + 20, K::USER_REGION_END, &[0, outer, second]);
        story.at(at + 30, K::USER_REGION_BEGIN, &[0, outer, first]);
        story.at(at + 40, K::USER_REGION_BEGIN, &[0, inner, first]);
        story.at(at + 50, K::USER_REGION_END, &[0, outer, first]);
        story.at(at + 60, K::USER_REGION_END, &[0, inner, first]);
    }
    // A recursion that was under way when the trace began is sound.
    story.at(500, K::USER_REGION_BEGIN, &[0, inner, deeper]);
    story.at(510, K::USER_REGION_END, &[0, inner, deeper]);
    story.at(520, K::USER_REGION_END, &[0, inner, shallower]);
    story.at(600, K::GO_CREATE, &[2, entry, 0]);
    story.at(610, K::GO_BLOCK, &[0, 0]);
    story.at(620, K::GO_START, &[2, 1]);
    story.at(630, K::USER_REGION_END, &[0, outer, entry]);
    story.at(640, K::GO_DESTROY, &[]);
    let trace = story.load();
    let told: Vec<(&str, u64)> =
        trace.warnings().iter().map(|known| (known.message.split(',').next().unwrap(), known.count)).collect();
    assert_eq!(
        told,
        [
            ("Region.End is called again on a region that has ended", 3),
            ("regions are not properly nested", 3),
            ("regions end in a goroutine that did not start them", 1),
        ]
    );
    assert!(trace.warnings().iter().all(|known| known.kind == WarningKind::Misuse && known.offset > 0));
    let older = trace.regions(go(&trace, G), trace.range()).filter(|region| region.began_before).count();
    assert_eq!(older, 1, "only that of the recursion");
    assert_eq!(trace.regions(go(&trace, 2), trace.range()).count(), 0, "nothing is older than its goroutine");
}
