//! Time in which the process got no CPU, on traces made in code: where there is some, and where it only looks so.

use std::sync::Arc;

use trace_core::analysis::antagonists::antagonists_of;
use trace_core::analysis::why::why_one;
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::TimeRange;
use trace_core::event::kind::EventKind;
use trace_core::load::load_bytes;
use trace_core::model::lanes::LaneId;
use trace_core::model::no_cpu::{NoCpu, NoCpuCause, Use};
use trace_core::model::trace::Trace;
use trace_core::testkit::writer::{FrameText, TraceWriter};

const US: u64 = 1_000;
const MS: u64 = 1_000_000;
const START: u64 = 1_037 * MS;

const WORK: &[FrameText<'_>] = &[("main.work", "main.go", 42), ("main.main.func1", "main.go", 20)];
const MARK: &[FrameText<'_>] = &[("runtime.gcBgMarkWorker", "mgc.go", 1300)];

/// A program on some procs, each with a thread and a goroutine of its own, written as time goes by.
struct Program {
    writer: TraceWriter,
    procs: u64,
    now: u64,
    /// By proc: how often its goroutine has started.
    starts: Vec<u64>,
    /// By proc: how often it has started.
    proc_starts: Vec<u64>,
    is_running: Vec<bool>,
    work: u64,
    preempted: u64,
    receive: u64,
}

impl Program {
    fn new(procs: u64, entry: &[FrameText<'_>]) -> Self {
        let mut writer = TraceWriter::new(26);
        for proc in 0..procs {
            writer.event(proc, START, EventKind::PROC_STATUS, &[proc, 1]);
        }
        for proc in 0..procs {
            let stack = writer.stack(entry);
            writer.event(proc, START + 1, EventKind::GO_STATUS_STACK, &[proc + 1, u64::MAX, 1, stack]);
        }
        let (work, preempted) = (writer.stack(entry), writer.string("preempted"));
        let receive = writer.string("chan receive");
        let count = usize::try_from(procs).expect("few procs");
        let (starts, proc_starts, is_running) = (vec![0; count], vec![0; count], vec![false; count]);
        Self { writer, procs, now: START + 2, starts, proc_starts, is_running, work, preempted, receive }
    }

    fn at(&self, proc: u64) -> usize {
        usize::try_from(proc).expect("few procs")
    }

    /// The goroutine of a proc gets going there, `nanos` later than the last event.
    fn start(&mut self, proc: u64, nanos: u64) {
        let at = self.at(proc);
        self.now += nanos;
        self.starts[at] += 1;
        self.writer.event(proc, self.now, EventKind::GO_START, &[proc + 1, self.starts[at]]);
        self.is_running[at] = true;
    }

    /// The one that runs is preempted.
    fn preempt(&mut self, proc: u64, nanos: u64) {
        let at = self.at(proc);
        self.now += nanos;
        self.writer.event(proc, self.now, EventKind::GO_STOP, &[self.preempted, self.work]);
        self.is_running[at] = false;
    }

    /// The one that runs waits for something; its proc goes idle.
    fn block(&mut self, proc: u64, nanos: u64) {
        let at = self.at(proc);
        self.now += nanos;
        self.writer.event(proc, self.now, EventKind::GO_BLOCK, &[self.receive, self.work]);
        self.writer.event(proc, self.now + 1, EventKind::PROC_STOP, &[]);
        self.is_running[at] = false;
    }

    /// A timer wakes it, and it runs.
    fn wake(&mut self, proc: u64, nanos: u64) {
        let at = self.at(proc);
        self.now += nanos;
        self.starts[at] += 1;
        self.proc_starts[at] += 1;
        self.writer.event(proc, self.now, EventKind::PROC_START, &[proc, self.proc_starts[at]]);
        self.writer.event(proc, self.now + 1, EventKind::GO_UNBLOCK, &[proc + 1, self.starts[at], 0]);
        self.start(proc, US);
    }

    /// All procs run for `nanos`, with an event on each every `every` ns.
    fn work(&mut self, nanos: u64, every: u64) {
        for _ in 0..nanos / every {
            for proc in 0..self.procs {
                if self.is_running[self.at(proc)] {
                    self.preempt(proc, every / self.procs - US);
                    self.start(proc, US);
                } else {
                    self.start(proc, every / self.procs);
                }
            }
        }
    }

    /// Nothing happens at all until so many ns after the start.
    fn silence_until(&mut self, nanos: u64) {
        self.now = self.now.max(START + nanos);
    }

    fn load(self) -> Arc<Trace> {
        let trace = load_bytes(&self.writer.finish(), &Monitor::new(), &mut |_| {}).expect("a trace");
        assert_eq!(trace.warnings(), &[], "the program itself must be sound");
        trace
    }
}

fn total(known: &NoCpu) -> u64 {
    known.ranges.iter().map(|range| range.nanos().unsigned_abs()).sum()
}

fn assert_none(trace: &Trace) {
    let known = trace.no_cpu();
    assert_eq!((known.cause, known.ranges.len()), (None, 0));
    assert!(
        known.is_empty() && known.nanos(LaneId::Goroutine(trace_core::base::ids::GoroutineIdx(0)), trace.range()) == 0
    );
}

/// 30 ms of work on each of two procs, then nothing until the next 100 ms begin.
fn throttled(every: u64) -> Arc<Trace> {
    let mut program = Program::new(2, WORK);
    for period in 1..=15 {
        program.work(30 * MS, every);
        program.silence_until(period * 100 * MS + 10 * MS);
    }
    program.work(10 * MS, every);
    program.load()
}

#[test]
fn silences_that_end_every_100_ms_are_a_quota() {
    let trace = throttled(500 * US);
    let known = trace.no_cpu();
    assert_eq!((known.cause, known.period, known.in_rhythm), (Some(NoCpuCause::Throttled), 100 * MS, 15));
    assert!(total(known).abs_diff(15 * 70 * MS) < 20 * MS, "{}", total(known));
    assert!((0.55..0.65).contains(&known.quota), "two procs of 30 ms each: {}", known.quota);
    let both = known.running;
    assert_eq!(both, 2 * total(known), "both goroutines ran all the time, as far as the trace knows");
    for lane in [0, 1].map(|at| LaneId::Goroutine(trace_core::base::ids::GoroutineIdx(at))) {
        assert_eq!(known.nanos(lane, trace.range()), total(known));
        let first = known.ranges[0];
        let half = TimeRange::new(first.start, first.start.plus_nanos(first.nanos() / 2));
        assert_eq!(known.parts(lane, half).collect::<Vec<_>>(), [(half, Use::Running)]);
        assert_eq!(known.parts(lane, trace.range()).count(), 15);
    }
    assert_eq!(known.total(trace.range()), total(known));
}

#[test]
fn who_had_the_procs_while_others_waited_ran_only_with_a_cpu() {
    let trace = throttled(500 * US);
    let silence = *trace.no_cpu().ranges.first().expect("a silence");
    let wait = TimeRange::new(silence.start.plus_nanos(-5 * MS.cast_signed()), silence.end);
    let found = antagonists_of(&trace, wait, 5, &Monitor::new()).expect("nobody cancelled");
    assert_eq!(found.no_cpu, silence.length() * 2, "on both procs");
    assert!(found.running <= Nanos(2 * 5 * MS) && found.running > Nanos(2 * 4 * MS), "{found:?}");
    let parts = found.running + found.syscall + found.looking + found.no_cpu + found.idle;
    assert_eq!((parts, found.proc_nanos), (found.proc_nanos, wait.length() * 2));
}

#[test]
fn the_run_before_a_silence_is_not_counted_where_it_shows_no_events() {
    // A loop on one proc is preempted every 10 ms: the last event before a silence comes up to 10 ms too early.
    let mut program = Program::new(1, WORK);
    for period in 1..=20 {
        for _ in 0..3 {
            program.work(10 * MS, 10 * MS);
        }
        program.silence_until(period * 100 * MS + if period % 2 == 0 { 5 * MS } else { 5 * MS + US });
    }
    program.work(10 * MS, 10 * MS);
    let known = program.load();
    let known = known.no_cpu();
    assert_eq!(known.cause, Some(NoCpuCause::Throttled));
    assert!(known.quota < 0.4, "{}", known.quota);
    assert!(total(known).abs_diff(20 * 70 * MS) < 220 * MS, "{}", total(known));
}

#[test]
fn silences_in_no_rhythm_are_no_quota() {
    let mut program = Program::new(2, WORK);
    for until in [61, 173, 320, 377, 512, 685, 790, 933] {
        program.work(25 * MS, 500 * US);
        program.silence_until(until * MS);
    }
    program.work(50 * MS, 500 * US);
    let trace = program.load();
    let known = trace.no_cpu();
    assert_eq!((known.cause, known.period, known.in_rhythm), (Some(NoCpuCause::Descheduled), 0, 0));
    assert_eq!(known.ranges.len(), 8);
}

#[test]
fn a_single_long_silence_is_told_a_single_short_one_not() {
    let once = |silence: u64| {
        let mut program = Program::new(2, WORK);
        program.work(200 * MS, 500 * US);
        program.silence_until((201 + silence) * MS);
        program.work(200 * MS, 500 * US);
        program.load()
    };
    assert_eq!(once(900).no_cpu().cause, Some(NoCpuCause::Descheduled));
    assert_none(&once(90));
}

#[test]
fn computing_is_no_lack_of_cpu() {
    // Loops that are preempted: an event every 20.3 ms at the latest.
    let mut program = Program::new(2, WORK);
    program.work(2_000 * MS, 20_300 * US);
    assert_none(&program.load());
    // One goroutine that cannot be preempted, 41 ms at a time.
    let mut program = Program::new(1, WORK);
    program.work(2_000 * MS, 41_300 * US);
    assert_none(&program.load());
    // Two of them, each at its own time.
    let mut program = Program::new(2, WORK);
    program.work(2_000 * MS, 130_100 * US);
    assert_none(&program.load());
}

#[test]
fn computing_at_the_beat_of_a_timer_is_no_quota() {
    let mut program = Program::new(1, WORK);
    program.start(0, US);
    for period in 1..=20 {
        // 50 ms without an event, as assembly does, then idle until the timer fires.
        program.block(0, 50 * MS);
        program.silence_until(period * 100 * MS);
        program.wake(0, 0);
    }
    assert_none(&program.load());
}

#[test]
fn waiting_is_no_lack_of_cpu() {
    let mut program = Program::new(2, WORK);
    program.start(0, US);
    program.start(1, US);
    for period in 1..=20 {
        program.block(0, 100 * US);
        program.block(1, 100 * US);
        program.silence_until(period * 100 * MS);
        program.wake(0, US);
        program.wake(1, US);
    }
    assert_none(&program.load());
}

#[test]
fn workers_of_the_gc_run_as_long_as_they_like() {
    let mut program = Program::new(2, MARK);
    for until in [61, 173, 320, 377, 512, 685, 790, 933] {
        program.work(25 * MS, 500 * US);
        program.silence_until(until * MS);
    }
    program.work(50 * MS, 500 * US);
    assert_none(&program.load());
}

#[test]
fn who_ran_in_a_process_without_a_cpu_may_have_run_for_less() {
    let trace = throttled(500 * US);
    let go = trace_core::base::ids::GoroutineIdx(0);
    let range = TimeRange::new(trace.range().start, trace.range().start.plus_nanos(20 * MS.cast_signed()));
    let told = why_one(&trace, go, range).sentence;
    assert!(told.ends_with("of the trace, so that it may have run for less."), "{told}");
}
