//! Which thread has which proc, from when to when: without a thread a proc is idle, whatever its lane shows.

use crate::base::ids::{ProcIdx, ThreadIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::model::proc_changes::ProcChange;
use crate::model::trace::Trace;

/// A stretch of time for which a proc is with one thread, or idle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProcOwnership {
    /// The proc that the thread had.
    pub proc: ProcIdx,
    /// Who has it; `NONE`: nobody, the proc is idle.
    pub thread: ThreadIdx,
    /// When. Of what was so when the trace (or a part of it without gaps) began or ended: from there, to there.
    pub range: TimeRange,
    /// How the thread came to have it.
    pub change: ProcChange,
}

impl Trace {
    /// How often and when a proc changed hands within `range`, in time order; mere announcements are left out.
    pub fn proc_changes(
        &self,
        proc: ProcIdx,
        range: TimeRange,
    ) -> impl Iterator<Item = (TraceTime, ProcChange, ThreadIdx)> + '_ {
        let changes = self.annotations.proc_ownerships.touching(proc.0, range);
        let real = changes.filter(|record| record.change != ProcChange::Announced);
        real.map(|record| (record.time, record.change, record.thread))
    }

    /// Who has a proc over time, clipped to `range`, in time order. Times of which nothing is known (before a proc
    /// first appears, gaps of damaged traces) are left out. Lazy.
    pub fn proc_ownerships(&self, proc: ProcIdx, range: TimeRange) -> impl Iterator<Item = ProcOwnership> + '_ {
        let records = self.annotations.proc_ownerships.of(proc.0);
        // The last one that begins no later than the range does.
        let first = records.partition_point(|record| record.time <= range.start).saturating_sub(1);
        (first..records.len())
            .map_while(move |at| {
                let record = records.get(at)?;
                let epoch = self.epochs.partition_point(|epoch| epoch.start <= record.time).saturating_sub(1);
                let epoch = self.epochs.get(epoch).copied().unwrap_or(self.range);
                let before = at.checked_sub(1).and_then(|before| records.get(before));
                let is_first = before.is_none_or(|before| before.time < epoch.start);
                let start = if is_first && record.change == ProcChange::Announced { epoch.start } else { record.time };
                if start >= range.end && at > first {
                    return None;
                }
                let end = records.get(at + 1).map_or(epoch.end, |next| next.time.min(epoch.end));
                let told = TimeRange::new(start, end).intersect(range);
                Some(ProcOwnership { proc, thread: record.thread, range: told, change: record.change })
            })
            .filter(|ownership| ownership.range.nanos() > 0)
    }
}
