//! The collector's doings on traces made in code, one for each thing that is easily got wrong.

use std::sync::Arc;

use trace_core::analysis::collector::cycles::{Collector, Trigger};
use trace_core::analysis::collector::stops::{Stop, stops};
use trace_core::analysis::collector::work::{WorkerMode, worker_runs, workers};
use trace_core::analysis::mmu::{Mutator, ShareKind, Takes};
use trace_core::base::ids::{GoId, GoroutineIdx, ProcId};
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::kind::EventKind;
use trace_core::load::load_bytes;
use trace_core::model::trace::Trace;
use trace_core::testkit::writer::{FrameText, TraceWriter};

const START: u64 = 1_000_000_000;

const WORKER: &[FrameText<'_>] = &[("runtime.gcBgMarkWorker", "mgc.go", 1_800)];
const ALLOC: &[FrameText<'_>] = &[("runtime.mallocgc", "malloc.go", 1_000), ("main.alloc", "main.go", 7)];
const FORCE: &[FrameText<'_>] = &[("runtime.GC", "mgc.go", 500), ("main.tidy", "main.go", 70)];
const SPIN: &[FrameText<'_>] = &[("main.spin", "main.go", 9)];

const ALL: Takes = Takes { stops: true, other_stops: true, background: true, assist: true, sweep: true };

/// Two procs on two threads: goroutine 1 runs on P0, goroutine 2 on P1; goroutine 10 is a mark worker and waits.
/// Times are microseconds from the start.
struct Scene {
    writer: TraceWriter,
    stacks: [u64; 4],
    seqs: [u64; 16],
}

impl Scene {
    fn new() -> Self {
        let mut scene = Self { writer: TraceWriter::new(26), stacks: [0; 4], seqs: [0; 16] };
        scene.begin(0);
        let worker = scene.stacks[0];
        scene.event(0, 1, EventKind::PROCS_CHANGE, &[2, 0]);
        scene.event(0, 1, EventKind::GO_CREATE_BLOCKED, &[10, worker, 0]);
        scene
    }

    /// Says what runs, at the begin of a generation.
    fn begin(&mut self, time: u64) {
        self.stacks = [WORKER, ALLOC, FORCE, SPIN].map(|stack| self.writer.stack(stack));
        for thread in [0, 1] {
            self.event(thread, time, EventKind::PROC_STATUS, &[thread, 1]);
            self.event(thread, time, EventKind::GO_STATUS, &[thread + 1, thread, 2]);
        }
        self.seqs = [0; 16];
    }

    fn event(&mut self, thread: u64, micros: u64, kind: EventKind, args: &[u64]) {
        self.writer.event(thread, START + micros * 1_000, kind, args);
    }

    fn text(&mut self, text: &str) -> u64 {
        self.writer.string(text)
    }

    fn next(&mut self, go: u64) -> u64 {
        let seq = &mut self.seqs[go as usize];
        *seq += 1;
        *seq
    }

    fn start(&mut self, thread: u64, micros: u64, go: u64) {
        let seq = self.next(go);
        self.event(thread, micros, EventKind::GO_START, &[go, seq]);
    }

    fn wake(&mut self, thread: u64, micros: u64, go: u64) {
        let seq = self.next(go);
        self.event(thread, micros, EventKind::GO_UNBLOCK, &[go, seq, 0]);
    }

    fn block(&mut self, thread: u64, micros: u64, reason: &str) {
        let (reason, stack) = (self.text(reason), self.stacks[3]);
        self.event(thread, micros, EventKind::GO_BLOCK, &[reason, stack]);
    }

    /// The worker has P0 for itself for a while; goroutine 1 waits.
    fn mark(&mut self, from: u64, to: u64, label: &str) {
        self.wake(0, from, 10);
        self.block(0, from, "sync");
        self.start(0, from, 10);
        if !label.is_empty() {
            let label = self.text(label);
            self.event(0, from, EventKind::GO_LABEL, &[label]);
        }
        self.block(0, to, "GC worker (idle)");
        self.wake(0, to, 1);
        self.start(0, to, 1);
    }

    /// Goroutine 1 stops the world for a while.
    fn stop(&mut self, from: u64, reason: &str) {
        let (reason, stack) = (self.text(reason), self.stacks[1]);
        self.event(0, from, EventKind::STW_BEGIN, &[reason, stack]);
    }

    fn go_on(&mut self, at: u64) {
        self.event(0, at, EventKind::STW_END, &[]);
    }

    /// The trace, which ends 1000 µs after its start.
    fn load(mut self) -> Arc<Trace> {
        self.event(1, 1_000, EventKind::HEAP_ALLOC, &[77]);
        let trace = load_bytes(&self.writer.finish(), &Monitor::new(), &mut |_| {}).expect("a trace");
        assert_eq!(trace.warnings(), &[], "the scene itself must be sound");
        trace
    }
}

fn mutator(trace: &Trace, whose: ShareKind, takes: Takes) -> Mutator {
    Mutator::of(trace, trace.range(), whose, takes, &Monitor::new()).expect("not cancelled")
}

fn instant(micros: u64) -> TimeRange {
    let time = TraceTime((START + micros * 1_000) as i64);
    TimeRange::new(time, time.plus_nanos(1))
}

/// The shares at some times.
fn shares(mutator: &Mutator, micros: &[u64]) -> Vec<f64> {
    micros.iter().map(|&at| mutator.within(instant(at)).expect("a share").0).collect()
}

fn go(trace: &Trace, id: u64) -> GoroutineIdx {
    trace.goroutine_by_id(GoId(id)).expect("a goroutine")
}

fn micros(trace: &Trace, range: TimeRange) -> (i64, i64) {
    let since = |time: TraceTime| time.nanos_since(trace.range().start) / 1_000;
    (since(range.start), since(range.end))
}

#[test]
fn a_worker_counts_while_it_runs_and_not_for_ever() {
    let mut scene = Scene::new();
    scene.mark(100, 200, "GC (dedicated)");
    scene.mark(300, 400, "GC (dedicated)");
    scene.mark(500, 600, "GC (fractional)");
    let trace = scene.load();
    assert_eq!(workers(&trace), [go(&trace, 10)]);
    let system = mutator(&trace, ShareKind::System, Takes::default());
    assert_eq!(shares(&system, &[50, 150, 250, 350, 450, 550, 650]), [1.0, 0.5, 1.0, 0.5, 1.0, 0.5, 1.0]);
    assert!((system.mean() - 0.85).abs() < 1e-5, "{}", system.mean());
    let without = mutator(&trace, ShareKind::System, Takes { background: false, ..ALL });
    assert_eq!(without.mean(), 1.0);
}

#[test]
fn idle_workers_and_labels_of_workers_on_others_take_nothing() {
    let mut scene = Scene::new();
    scene.mark(100, 200, "GC (idle)");
    let stale = scene.text("GC (fractional)");
    scene.event(1, 300, EventKind::GO_LABEL, &[stale]);
    let trace = scene.load();
    assert_eq!(shares(&mutator(&trace, ShareKind::System, ALL), &[150, 250, 350, 900]), [1.0; 4]);
    let modes: Vec<WorkerMode> = worker_runs(&trace, trace.range(), &Monitor::new())
        .expect("not cancelled")
        .into_iter()
        .map(|run| run.mode)
        .collect();
    assert_eq!(modes, [WorkerMode::Idle]);
}

#[test]
fn a_run_without_a_label_goes_on_as_the_one_before() {
    let mut scene = Scene::new();
    scene.mark(100, 200, "");
    scene.mark(300, 400, "GC (idle)");
    scene.mark(500, 600, "");
    scene.mark(700, 800, "GC (dedicated)");
    let trace = scene.load();
    let runs = worker_runs(&trace, trace.range(), &Monitor::new()).expect("not cancelled");
    let modes: Vec<WorkerMode> = runs.iter().map(|run| run.mode).collect();
    assert_eq!(modes, [WorkerMode::Unlabelled, WorkerMode::Idle, WorkerMode::Idle, WorkerMode::Dedicated]);
}

#[test]
fn a_proc_by_itself_is_all_or_nothing_and_dedicated_workers_leave_it_to_others() {
    let mut scene = Scene::new();
    scene.mark(100, 200, "GC (dedicated)");
    scene.mark(300, 400, "GC (fractional)");
    let trace = scene.load();
    let procs = mutator(&trace, ShareKind::Procs, Takes::default());
    assert_eq!(procs.series.len(), 2);
    let least = |micros: u64| procs.within(instant(micros)).expect("a share").1;
    assert_eq!([least(150), least(350)], [1.0, 0.0]);
    let worst = procs.worst(50_000).expect("a window");
    assert_eq!(worst.proc.map(|proc| trace.proc_id(proc)), Some(ProcId(0)));
    assert_eq!(worst.share, 0.0);
    assert_eq!(micros(&trace, worst.range), (300, 350));
    let listed = procs.worst_windows(100_000, 5);
    assert!(listed.len() <= 3 && listed.iter().all(|window| window.proc == worst.proc), "{listed:?}");
}

#[test]
fn procs_that_come_later_share_from_then_on() {
    let mut scene = Scene::new();
    scene.mark(100, 200, "GC (dedicated)");
    scene.event(0, 500, EventKind::PROCS_CHANGE, &[4, 0]);
    scene.mark(600, 700, "GC (dedicated)");
    let trace = scene.load();
    assert_eq!(shares(&mutator(&trace, ShareKind::System, ALL), &[150, 400, 650]), [0.5, 1.0, 0.75]);
}

#[test]
fn an_assist_takes_while_it_runs_but_all_of_its_goroutines_own_time() {
    let mut scene = Scene::new();
    let stack = scene.stacks[1];
    scene.event(0, 100, EventKind::GC_MARK_ASSIST_BEGIN, &[stack]);
    scene.block(0, 150, "GC mark assist wait for work");
    scene.wake(1, 240, 1);
    scene.start(0, 250, 1);
    scene.event(0, 300, EventKind::GC_MARK_ASSIST_END, &[]);
    let trace = scene.load();
    let times = [50, 120, 200, 270, 350];
    assert_eq!(shares(&mutator(&trace, ShareKind::System, Takes::default()), &times), [1.0, 0.5, 1.0, 0.5, 1.0]);
    let own = mutator(&trace, ShareKind::Goroutine(go(&trace, 1)), Takes::default());
    assert_eq!(shares(&own, &times), [1.0, 0.0, 0.0, 0.0, 1.0]);
    let other = mutator(&trace, ShareKind::Goroutine(go(&trace, 2)), Takes::default());
    assert_eq!(other.mean(), 1.0);
    let waits = mutator(&trace, ShareKind::Goroutine(go(&trace, 1)), Takes { assist: false, ..Takes::default() });
    assert_eq!(shares(&waits, &times), [1.0, 1.0, 0.0, 1.0, 1.0], "its wait for the collector is background");
}

#[test]
fn what_overlaps_on_a_proc_counts_once_and_a_stop_takes_all() {
    let mut scene = Scene::new();
    let stack = scene.stacks[1];
    scene.event(0, 100, EventKind::GC_MARK_ASSIST_BEGIN, &[stack]);
    scene.event(0, 120, EventKind::GC_SWEEP_BEGIN, &[stack]);
    scene.event(0, 140, EventKind::GC_SWEEP_END, &[8_192, 4_096]);
    scene.event(0, 200, EventKind::GC_MARK_ASSIST_END, &[]);
    scene.stop(300, "GC sweep termination");
    scene.go_on(400);
    scene.stop(500, "read mem stats");
    scene.go_on(600);
    let trace = scene.load();
    let times = [110, 130, 150, 350, 550];
    assert_eq!(shares(&mutator(&trace, ShareKind::System, ALL), &times), [0.5, 0.5, 0.5, 0.0, 0.0]);
    let usual = Takes { assist: false, ..Takes::default() };
    assert_eq!(shares(&mutator(&trace, ShareKind::System, usual), &times), [1.0, 1.0, 1.0, 0.0, 1.0]);
    let sweep = Takes { sweep: true, stops: false, ..usual };
    assert_eq!(shares(&mutator(&trace, ShareKind::System, sweep), &times), [1.0, 0.5, 1.0, 1.0, 1.0]);
    let procs = mutator(&trace, ShareKind::Procs, ALL);
    assert_eq!(procs.worst(50_000).map(|worst| worst.share), Some(0.0));
    assert!(procs.series.iter().all(|series| series.share.lowest(instant(350)) == Some(0.0)), "both stand still");
}

fn only_stop(trace: &Trace) -> Stop {
    let found = stops(trace, trace.range(), &Monitor::new()).expect("not cancelled");
    assert_eq!(found.len(), 1, "{found:?}");
    found[0]
}

#[test]
fn a_stop_waits_for_the_last_one_that_runs() {
    let mut scene = Scene::new();
    let (preempted, spin) = (scene.text("preempted"), scene.stacks[3]);
    scene.stop(100, "GC mark termination");
    scene.event(1, 140, EventKind::GO_STOP, &[preempted, spin]);
    // Procs are woken a moment before the runtime says that the world goes on.
    scene.start(1, 175, 2);
    scene.go_on(180);
    let trace = scene.load();
    let stop = only_stop(&trace);
    assert_eq!((stop.stopping(), stop.held(), stop.late()), (40_000, 35_000, 5_000));
    let last = stop.last.expect("somebody ran");
    assert_eq!((last.go, trace.proc_id(last.proc), stop.running), (go(&trace, 2), ProcId(1), 1));
    assert_eq!(trace.frames(last.stack).next().map(|frame| frame.function), Some("main.spin"));
    assert_eq!(stop.go, go(&trace, 1));
    assert!(stop.is_collectors && !stop.began_before && !stop.goes_on);
}

#[test]
fn who_runs_before_the_runtime_says_that_the_world_goes_on_was_not_waited_for() {
    let mut scene = Scene::new();
    let (preempted, spin) = (scene.text("preempted"), scene.stacks[3]);
    scene.stop(100, "GC sweep termination");
    scene.event(1, 140, EventKind::GO_STOP, &[preempted, spin]);
    scene.event(0, 150, EventKind::PROCS_CHANGE, &[2, 0]);
    // The one who asked is off its thread for long.
    scene.start(1, 160, 2);
    scene.block(1, 300, "sync");
    scene.go_on(900);
    let trace = scene.load();
    let stop = only_stop(&trace);
    assert_eq!((stop.stopping(), stop.held(), stop.late()), (40_000, 20_000, 740_000));
    assert_eq!(stop.last.map(|last| micros(&trace, last.range).1), Some(140));
}

#[test]
fn a_stop_of_one_who_runs_alone_is_held_at_once() {
    let mut scene = Scene::new();
    scene.block(1, 50, "sync");
    scene.stop(100, "GOMAXPROCS");
    scene.go_on(130);
    let trace = scene.load();
    let stop = only_stop(&trace);
    assert_eq!((stop.stopping(), stop.held(), stop.last, stop.running), (0, 30_000, None, 0));
    assert!(!stop.is_collectors);
}

#[test]
fn a_stop_that_the_end_cuts_off_says_so() {
    let mut scene = Scene::new();
    scene.stop(900, "GC mark termination");
    let trace = scene.load();
    let stop = only_stop(&trace);
    assert!(stop.goes_on && stop.range.end == trace.range().end, "{stop:?}");
    assert_eq!(shares(&mutator(&trace, ShareKind::System, ALL), &[850, 950]), [1.0, 0.0]);
}

#[test]
fn a_collection_is_told_from_begin_to_sweep() {
    let mut scene = Scene::new();
    let (force, alloc) = (scene.stacks[2], scene.stacks[1]);
    scene.event(0, 50, EventKind::GC_SWEEP_BEGIN, &[alloc]);
    scene.event(0, 60, EventKind::GC_SWEEP_END, &[100, 10]);
    scene.event(0, 90, EventKind::HEAP_GOAL, &[64]);
    scene.event(0, 90, EventKind::HEAP_ALLOC, &[50]);
    scene.event(0, 100, EventKind::GC_BEGIN, &[1, force]);
    scene.stop(110, "GC sweep termination");
    scene.go_on(120);
    scene.mark(130, 180, "GC (dedicated)");
    scene.event(0, 185, EventKind::GC_MARK_ASSIST_BEGIN, &[alloc]);
    scene.event(0, 195, EventKind::GC_MARK_ASSIST_END, &[]);
    scene.event(0, 199, EventKind::HEAP_ALLOC, &[80]);
    scene.stop(200, "GC mark termination");
    scene.event(0, 205, EventKind::HEAP_ALLOC, &[30]);
    scene.event(0, 210, EventKind::GC_END, &[2]);
    scene.event(0, 212, EventKind::HEAP_GOAL, &[60]);
    scene.go_on(220);
    scene.event(0, 300, EventKind::GC_SWEEP_BEGIN, &[alloc]);
    scene.event(0, 320, EventKind::GC_SWEEP_END, &[4_000, 1_000]);
    scene.event(0, 400, EventKind::GC_BEGIN, &[3, alloc]);
    // What is left to sweep when the next begins is still the first one's.
    scene.event(0, 405, EventKind::GC_SWEEP_BEGIN, &[alloc]);
    scene.event(0, 408, EventKind::GC_SWEEP_END, &[40, 4]);
    let trace = scene.load();
    let found = Collector::of(&trace, trace.range(), &Monitor::new()).expect("not cancelled");
    assert_eq!((found.early.bytes, found.early.reclaimed), (100, 10));
    let [first, second] = &found.cycles[..] else { panic!("{found:?}") };
    assert!(first.is_whole() && second.goes_on && !second.began_before);
    assert_eq!((first.trigger, second.trigger), (Trigger::Forced, Trigger::Heap));
    assert_eq!(first.go, go(&trace, 1));
    assert_eq!(micros(&trace, first.range), (100, 210));
    assert_eq!(micros(&trace, first.marking), (120, 200));
    assert_eq!((first.setup(), first.ending(), first.stopped), (Nanos(20_000), Nanos(10_000), Nanos(30_000)));
    assert_eq!(first.stops, [0, 1]);
    assert_eq!(first.worker(WorkerMode::Dedicated) / 1_000, Nanos(49), "from its start to its end, ns apart");
    assert_eq!((first.assists(), first.assist(), first.assist_run()), (1, Nanos(10_000), Nanos(10_000)));
    assert_eq!(first.helpers.first().map(|helper| helper.go), Some(go(&trace, 1)));
    assert_eq!((first.heap_before, first.heap_marked, first.heap_after), (Some(50), Some(80), Some(30)));
    assert_eq!((first.goal, first.next_goal), (Some(64), Some(60)));
    assert_eq!((first.swept.count, first.swept.bytes, first.swept.reclaimed), (2, 4_040, 1_004));
    assert_eq!(second.heap_after, None, "it is not over");
}

#[test]
fn a_collection_that_began_before_the_trace_says_so() {
    let mut scene = Scene::new();
    scene.event(0, 10, EventKind::GC_ACTIVE, &[1]);
    scene.stop(200, "GC mark termination");
    scene.event(0, 210, EventKind::GC_END, &[2]);
    scene.go_on(220);
    let trace = scene.load();
    let found = Collector::of(&trace, trace.range(), &Monitor::new()).expect("not cancelled");
    let [cycle] = &found.cycles[..] else { panic!("{found:?}") };
    assert!(cycle.began_before && !cycle.goes_on && !cycle.is_whole());
    assert_eq!((cycle.trigger, cycle.go.is_some()), (Trigger::Unknown, false));
    assert_eq!(cycle.range.start, trace.range().start);
    assert_eq!((cycle.setup(), cycle.heap_before), (Nanos::ZERO, None));
}

#[test]
fn windows_do_not_reach_over_lost_parts() {
    let mut scene = Scene::new();
    scene.mark(100, 200, "GC (dedicated)");
    scene.event(0, 300, EventKind::HEAP_ALLOC, &[1]);
    scene.writer.skip_generations(1);
    scene.begin(700);
    scene.event(0, 701, EventKind::GO_STATUS, &[10, u64::MAX, 4]);
    scene.event(1, 1_000, EventKind::HEAP_ALLOC, &[77]);
    let trace = load_bytes(&scene.writer.finish(), &Monitor::new(), &mut |_| {}).expect("a trace");
    assert_eq!(trace.gaps().count(), 1);
    let system = mutator(&trace, ShareKind::System, ALL);
    assert_eq!(system.series.len(), 2);
    assert!(system.longest() <= 301_000 && system.within(instant(500)).is_none(), "{system:?}");
    assert!((system.mean() - (1.0 - 50.0 / 600.0)).abs() < 1e-3, "{}", system.mean());
}
