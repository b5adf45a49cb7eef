//! Stops of the world: who asked, how long until everybody stood still, who was the last, how long they were held.

use crate::analysis::mmu::is_collector_stop;
use crate::base::ids::{GoIx, ProcIx, StackId, StrId};
use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::trace::Trace;

/// A stop of the world, from the wish to stop it until it goes on. [`Stop::stopping`] and [`Stop::held`] sum to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// From asking until the world goes on.
    pub range: TimeRange,
    /// It began before the trace (or a hole) did.
    pub began_before: bool,
    /// It was going on when the trace (or a part of it) ended.
    pub goes_on: bool,
    /// The runtime's word for why.
    pub reason: StrId,
    /// Whether that is the collector's own business.
    pub is_collectors: bool,
    /// Who asked; `NONE` if the trace does not tell.
    pub go: GoIx,
    /// Where; `NONE` before Go 1.22.
    pub stack: StackId,
    /// When the last goroutine on another proc was off it. The start of `range` if none was on.
    pub stopped: TraceTime,
    /// Who that was.
    pub last: Option<Last>,
    /// How many procs, besides that of who asked, ran goroutines when it began.
    pub running: u32,
}

/// The goroutine for which a stop had to wait longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// Who.
    pub go: GoIx,
    /// Where it ran.
    pub proc: ProcIx,
    /// Its run that had to end.
    pub range: TimeRange,
    /// Its stack when it stopped.
    pub stack: StackId,
}

impl Stop {
    /// From asking until everybody stood still, nanoseconds.
    #[must_use]
    pub fn stopping(&self) -> u64 {
        self.stopped.nanos_since(self.range.start).unsigned_abs()
    }

    /// From then until the world went on, nanoseconds.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.range.end.nanos_since(self.stopped).unsigned_abs()
    }
}

/// The stops that touch `range`, whole ones, in time order. `None`: cancelled.
#[must_use]
pub fn stops(trace: &Trace, range: TimeRange, monitor: &Monitor) -> Option<Vec<Stop>> {
    let mut found = Vec::new();
    for span in trace.spans(LaneId::Stw, range) {
        if monitor.is_cancelled() {
            return None;
        }
        found.push(stop(trace, &span));
    }
    Some(found)
}

fn stop(trace: &Trace, span: &Span) -> Stop {
    let range = span.range;
    let asker = span.go.is_some().then(|| trace.span_at(LaneId::Goroutine(span.go), range.start)).flatten();
    let own = asker.map_or(ProcIx::NONE, |asker| asker.proc);
    let (mut running, mut last): (u32, Option<Last>) = (0, None);
    for proc in (0..trace.proc_count()).map(ProcIx).filter(|&proc| proc != own) {
        for run in trace.spans(LaneId::Proc(proc), range).filter(|run| run.state == GoState::Running) {
            running += u32::from(run.range.start <= range.start && range.start < run.range.end);
            // One that outlasts the stop began when the world went on: procs are woken a moment before the
            // runtime says that it is over. (A single goroutine that never left its proc is no stop's business.)
            let is_over = range.start < run.range.end && run.range.end < range.end;
            if is_over && last.is_none_or(|last| last.range.end < run.range.end) {
                last = Some(Last { go: run.go, proc, range: run.range, stack: run.end_stack });
            }
        }
    }
    Stop {
        range,
        began_before: span.began_before,
        goes_on: span.goes_on,
        reason: span.reason,
        is_collectors: is_collector_stop(trace.str(span.reason)),
        go: span.go,
        stack: span.start_stack,
        stopped: last.map_or(range.start, |last| last.range.end),
        last,
        running,
    }
}
