//! Traces made in code: who runs, waits and wakes whom, and when.

use std::collections::BTreeMap;
use std::sync::Arc;

use trace_core::analysis::findings::{Findings, find};
use trace_core::base::monitor::Monitor;
use trace_core::event::kind::EventKind;
use trace_core::load::load_bytes;
use trace_core::model::trace::Trace;
use trace_core::testkit::writer::{FrameText, TraceWriter};

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const START: u64 = 1_000 * MS;

pub(crate) type Stack = &'static [FrameText<'static>];

/// A scene on four procs, each with a thread of its own: events with absolute times in ms (fractions
/// allowed), put in order by time before they are written.
#[derive(Default)]
pub(crate) struct Scene {
    events: Vec<(u64, u64, Act)>,
}

#[derive(Clone, Copy)]
pub(crate) enum Act {
    /// The goroutine starts to run on the proc.
    Start(u64),
    /// The one that runs blocks.
    Block(&'static str, Stack),
    /// The one that runs is stopped, and stays ready.
    Preempt(Stack),
    /// The one that runs makes another ready.
    Wake(u64, Stack),
    /// The one that runs calls `runtime.Gosched`.
    Yield(Stack),
    /// Nobody in particular does (the network, a timer).
    Ready(u64),
    /// The one that runs enters, leaves a system call.
    Call(Stack),
    Return,
    /// The one that runs makes a goroutine.
    Make(u64, Stack),
    /// The same, started for this function.
    MakeFor(u64, Stack, Stack),
    /// A GC cycle begins (the one that runs starts it there), or ends; the number counts both.
    Gc(u64, Option<Stack>),
    /// The one that runs begins to assist the GC, or ends to.
    Assist(Option<Stack>),
    /// The heap in use, and the goal of the next GC cycle, are so many bytes.
    HeapAlloc(u64),
    HeapGoal(u64),
    /// The runtime sets GOMAXPROCS to this number of procs.
    Procs(u64),
    /// The world is stopped for a GC cycle, or goes on.
    Stop(bool),
    /// A CPU sample of this goroutine.
    Sample(u64, Stack),
    /// It ends.
    End,
    /// The proc stops: it has nothing to do.
    Idle,
}

impl Scene {
    pub(crate) fn at(&mut self, proc: u64, ms: f64, act: Act) -> &mut Self {
        self.events.push((START + (ms * MS as f64) as u64, proc, act));
        self
    }

    /// Runs from..to on a proc, then blocks.
    pub(crate) fn run(
        &mut self,
        proc: u64,
        go: u64,
        (from, to): (f64, f64),
        reason: &'static str,
        stack: Stack,
    ) -> &mut Self {
        self.at(proc, from, Act::Start(go)).at(proc, to, Act::Block(reason, stack))
    }

    /// The findings in a trace of `goroutines` goroutines that all wait at the start.
    pub(crate) fn load(&mut self, waiting: &[(u64, &'static str, Stack)]) -> Arc<Trace> {
        let mut writer = TraceWriter::new(26);
        let mut seqs = BTreeMap::new();
        for proc in 0..4 {
            writer.event(proc, START - 10, EventKind::PROC_STATUS, &[proc, 1]);
        }
        for &(go, _, _) in waiting {
            writer.event(0, START - 4, EventKind::GO_STATUS, &[go, u64::MAX, 4]);
            seqs.insert(go, 0u64);
        }
        self.events.sort_by_key(|event| event.0);
        // Stacks are made once a generation: by address, as all are constants.
        let mut stacks: Vec<(Stack, u64)> = Vec::new();
        let mut calls = 0;
        for &(time, proc, act) in &self.events {
            let mut stack =
                |writer: &mut TraceWriter, wanted: Stack| match stacks.iter().find(|known| known.0 == wanted) {
                    Some(known) => known.1,
                    None => {
                        let id = writer.stack(wanted);
                        stacks.push((wanted, id));
                        id
                    }
                };
            let mut next = |go: u64| {
                let seq = seqs.entry(go).or_insert(0);
                *seq += 1;
                *seq
            };
            match act {
                Act::Start(go) => writer.event(proc, time, EventKind::GO_START, &[go, next(go)]),
                Act::Block(reason, at) => {
                    let (reason, at) = (writer.string(reason), stack(&mut writer, at));
                    writer.event(proc, time, EventKind::GO_BLOCK, &[reason, at]);
                }
                Act::Preempt(at) | Act::Yield(at) => {
                    let reason = if matches!(act, Act::Yield(_)) { "runtime.Gosched" } else { "preempted" };
                    let (reason, at) = (writer.string(reason), stack(&mut writer, at));
                    writer.event(proc, time, EventKind::GO_STOP, &[reason, at]);
                }
                Act::Wake(go, at) => {
                    let at = stack(&mut writer, at);
                    writer.event(proc, time, EventKind::GO_UNBLOCK, &[go, next(go), at]);
                }
                Act::Ready(go) => writer.event(proc, time, EventKind::GO_UNBLOCK, &[go, next(go), 0]),
                Act::Call(at) => {
                    calls += 1;
                    let at = stack(&mut writer, at);
                    writer.event(proc, time, EventKind::GO_SYSCALL_BEGIN, &[calls, at]);
                }
                Act::Make(..) | Act::MakeFor(..) => {
                    let (go, entry, at): (u64, Stack, Stack) = match act {
                        Act::MakeFor(go, entry, at) => (go, entry, at),
                        Act::Make(go, at) => (go, &[("app.ask.func1", "app.go", 101)], at),
                        _ => continue,
                    };
                    let (entry, at) = (stack(&mut writer, entry), stack(&mut writer, at));
                    writer.event(proc, time, EventKind::GO_CREATE, &[go, entry, at]);
                    seqs.insert(go, 0);
                }
                Act::Gc(number, Some(at)) => {
                    let at = stack(&mut writer, at);
                    writer.event(proc, time, EventKind::GC_BEGIN, &[number, at]);
                }
                Act::Assist(Some(at)) => {
                    let at = stack(&mut writer, at);
                    writer.event(proc, time, EventKind::GC_MARK_ASSIST_BEGIN, &[at]);
                }
                Act::Sample(go, at) => {
                    let at = stack(&mut writer, at);
                    writer.sample(time, (proc, proc, go), at);
                }
                _ => plain(&mut writer, (time, proc), act),
            }
        }
        let trace = load_bytes(&writer.finish(), &Monitor::new(), &mut |_| {}).expect("a trace");
        assert_eq!(trace.warnings(), &[], "the scene itself must be sound");
        trace
    }

    pub(crate) fn find(&mut self, waiting: &[(u64, &'static str, Stack)]) -> Findings {
        find(&self.load(waiting), &Monitor::new()).expect("nobody cancelled")
    }
}

/// Writes what has neither stack nor number.
fn plain(writer: &mut TraceWriter, (time, proc): (u64, u64), act: Act) {
    match act {
        Act::Gc(number, None) => writer.event(proc, time, EventKind::GC_END, &[number]),
        Act::HeapAlloc(bytes) => writer.event(proc, time, EventKind::HEAP_ALLOC, &[bytes]),
        Act::HeapGoal(bytes) => writer.event(proc, time, EventKind::HEAP_GOAL, &[bytes]),
        Act::Procs(procs) => writer.event(proc, time, EventKind::PROCS_CHANGE, &[procs, 0]),
        Act::Stop(true) => {
            let reason = writer.string("GC mark termination");
            writer.event(proc, time, EventKind::STW_BEGIN, &[reason, 0]);
        }
        Act::Stop(false) => writer.event(proc, time, EventKind::STW_END, &[]),
        Act::Return => writer.event(proc, time, EventKind::GO_SYSCALL_END, &[]),
        Act::Assist(None) => writer.event(proc, time, EventKind::GC_MARK_ASSIST_END, &[]),
        Act::Idle => writer.event(proc, time, EventKind::PROC_STOP, &[]),
        Act::End => writer.event(proc, time, EventKind::GO_DESTROY, &[]),
        _ => unreachable!("written with its stack or number"),
    }
}
