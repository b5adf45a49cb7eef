//! Stops of the world: who asked, how long until everybody stood still, who was the last, how long they were held.

use crate::analysis::mmu::is_collector_stop;
use crate::base::ids::{GoroutineIdx, ProcIdx, StackId, StrId};
use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::trace::{Metric, Trace};

/// A stop of the world, from the wish to stop it until the runtime says that it goes on. [`Stop::stopping`],
/// [`Stop::held`] and [`Stop::late`] sum to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// From asking until the runtime says that the world goes on.
    pub range: TimeRange,
    /// It began before the trace (or a gap) did.
    pub began_before: bool,
    /// It was going on when the trace (or a part of it) ended.
    pub goes_on: bool,
    /// The runtime's word for why.
    pub reason: StrId,
    /// Whether that is the collector's own business.
    pub is_collectors: bool,
    /// Who asked; `NONE` if the trace does not tell.
    pub go: GoroutineIdx,
    /// Where; `NONE` before Go 1.22.
    pub stack: StackId,
    /// When the last goroutine on another proc was off it. The start of `range` if none was on.
    pub stopped: TraceTime,
    /// The goroutine that stopped last; `None` if it cannot be known.
    pub last: Option<Last>,
    /// When a goroutine ran again on another proc. The end of `range` if none did before.
    pub went_on: TraceTime,
    /// How many procs, besides that of who asked, ran goroutines when it began.
    pub running: u32,
}

/// The goroutine for which a stop had to wait longest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Last {
    /// The goroutine that stopped last.
    pub go: GoroutineIdx,
    /// The proc that it ran on until then.
    pub proc: ProcIdx,
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

    /// From then until somebody ran again, or the end, nanoseconds.
    #[must_use]
    pub fn held(&self) -> u64 {
        self.went_on.nanos_since(self.stopped).unsigned_abs()
    }

    /// From then until the runtime says that the world goes on, nanoseconds: who asked may have been kept from
    /// saying so.
    #[must_use]
    pub fn late(&self) -> u64 {
        self.range.end.nanos_since(self.went_on).unsigned_abs()
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
    let own = asker.map_or(ProcIdx::NONE, |asker| asker.proc);
    // The last that is done before procs are woken is to say how many there are (`procresize`). What ends before
    // had to stop; what begins after goes on, even if it ends before the runtime says so.
    let released = trace.readings_within(Metric::Procs, range).last().map(|reading| reading.0);
    let (mut running, mut last): (u32, Option<Last>) = (0, None);
    let mut went_on = range.end;
    for proc in (0..trace.proc_count()).map(ProcIdx).filter(|&proc| proc != own) {
        for run in trace.spans(LaneId::Proc(proc), range).filter(|run| run.state == GoState::Running) {
            running += u32::from(run.range.start <= range.start && range.start < run.range.end);
            let goes_on = match released {
                Some(released) => released <= run.range.start,
                None => range.start < run.range.start && range.end <= run.range.end,
            };
            if goes_on {
                went_on = went_on.min(run.range.start);
                continue;
            }
            // (A goroutine that never left its proc is no stop's business.)
            let is_over = range.start < run.range.end && run.range.end < range.end;
            if is_over && last.is_none_or(|last| last.range.end < run.range.end) {
                last = Some(Last { go: run.go, proc, range: run.range, stack: run.end_stack });
            }
        }
    }
    let stopped = last.map_or(range.start, |last| last.range.end);
    Stop {
        range,
        began_before: span.began_before,
        goes_on: span.goes_on,
        reason: span.reason,
        is_collectors: is_collector_stop(trace.str(span.reason)),
        go: span.go,
        stack: span.start_stack,
        stopped,
        last,
        went_on: went_on.max(stopped),
        running,
    }
}
