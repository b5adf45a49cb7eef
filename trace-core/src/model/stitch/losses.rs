//! What is lost inside generations: where the order says so, and where what a generation announces contradicts what was
//! told before.

use rustc_hash::FxHashSet;

use crate::base::ids::{GoroutineIdx, ProcIdx, ThreadIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::base::warning::{Warning, WarningKind};
use crate::model::gap::{DataGap, DataGapDraft, MAX_HOLES};
use crate::model::stitch::Stitcher;

/// Whose events are lost is told by name of so many.
const MAX_NAMES: usize = 3;

impl Stitcher {
    /// Tells where events of the generation in work are lost.
    pub(crate) fn add_gaps(&mut self, drafts: Vec<DataGapDraft>, generation: u64, offset: u64) {
        let Some(epoch) = self.epochs.last().copied() else { return };
        let first = self.gaps.len();
        for draft in drafts {
            if draft.is_of_before && self.has_left(&draft) {
                continue;
            }
            let bytes = if draft.is_of_before { offset..offset } else { draft.bytes };
            let time = |nanos: i64| TraceTime(nanos.saturating_add(self.shift)).clamp(epoch.start, epoch.end);
            let (start, end) = (time(draft.start), draft.end.map_or(epoch.end, time));
            let at = |indices: u32| indices as usize;
            self.gaps.push(DataGap {
                range: TimeRange::new(start, end.max(start)),
                bytes,
                generation,
                thread: self.current.threads.get(at(draft.thread)).copied().unwrap_or(ThreadIdx::NONE),
                go: self.current.gos.get(at(draft.go)).copied().unwrap_or(GoroutineIdx::NONE),
                proc: self.current.procs.get(at(draft.proc)).copied().unwrap_or(ProcIdx::NONE),
            });
        }
        self.note_unmentioned();
        let unseen = std::mem::take(&mut self.current.unseen).into_iter();
        self.gaps.extend(unseen.map(|(go, range)| DataGap {
            range,
            bytes: offset..offset,
            generation,
            thread: ThreadIdx::NONE,
            go,
            proc: ProcIdx::NONE,
        }));
        self.report_gaps(first, generation);
    }

    /// Somebody leaves a thread without a name: whether it is whom the generation before left running there. What
    /// this generation announces of it later is no contradiction then.
    fn has_left(&mut self, draft: &DataGapDraft) -> bool {
        if self.current.begins_epoch && self.epochs.len() > 1 {
            // Who was there is lost with the generation before.
            return true;
        }
        let thread = self.current.threads.get(draft.thread as usize);
        let Some(go) = thread.and_then(|thread| self.on_threads.at_begin(thread.0)) else { return false };
        self.current.unseen.retain(|&(unseen, _)| unseen != go);
        true
    }

    /// A generation announces all goroutines that there are: nothing is known of those that it does not mention.
    pub(super) fn note_unmentioned(&mut self) {
        if self.current.mentioned >= self.live.len() || self.current.begins_epoch || self.current.is_cut {
            return;
        }
        // A made-up file may have many generations that mention none of many.
        self.unmentioned += self.live.len() as u64;
        if self.unmentioned > self.totals.events.saturating_mul(4).saturating_add(1 << 20) {
            return;
        }
        let end = self.epochs.last().map_or(TraceTime::default(), |epoch| epoch.end);
        let range = TimeRange::new(self.current.start.min(end), end);
        let mut unmentioned: FxHashSet<GoroutineIdx> = self.live.values().copied().collect();
        for go in &self.current.gos {
            unmentioned.remove(go);
        }
        let mut unmentioned: Vec<GoroutineIdx> = unmentioned.into_iter().collect();
        unmentioned.sort_unstable();
        let room = MAX_HOLES.saturating_sub(self.current.unseen.len());
        self.current.unseen.extend(unmentioned.into_iter().take(room).map(|go| (go, range)));
    }

    /// A goroutine is announced at `start` (ns since `base`) in a state other than that in which `before`, the
    /// segment with its last rows, has left it: what it did in between is lost.
    pub(super) fn note_unseen(&mut self, idx: GoroutineIdx, before: u32, time: i64) {
        let epoch = self.epochs.last().copied().unwrap_or_default();
        let last = self.segments.get(before as usize).and_then(|segment| {
            let (_, _, end) = segment.lane(idx)?;
            Some(TraceTime(segment.time(end.checked_sub(1)?)))
        });
        if self.current.unseen.len() < MAX_HOLES {
            let range = TimeRange::new(last.unwrap_or(epoch.start), TraceTime(time).max(epoch.start));
            self.current.unseen.push((idx, range));
        }
    }

    /// Warns of the gaps from the `first`th on.
    pub(super) fn report_gaps(&mut self, first: usize, generation: u64) {
        let gaps = self.gaps.get(first..).unwrap_or_default();
        let Some(offset) = gaps.iter().map(|gap| gap.bytes.start).min() else { return };
        let count = gaps.len() as u64;
        let mut names: Vec<String> = Vec::new();
        for gap in gaps {
            let id = |known: Option<u64>| known.map_or(-1, u64::cast_signed);
            let thread = self.threads.get(gap.thread.index()).map(|thread| thread.0);
            let go = self.gos.get(gap.go.index()).map(|record| self.wide_ids.id(gap.go, record).0);
            let name = match (thread, go) {
                (Some(_), _) => format!("thread {}", id(thread)),
                (None, Some(_)) => format!("goroutine {}", id(go)),
                (None, None) => match self.procs.get(gap.proc.index()) {
                    Some(proc) => format!("proc {}", id(Some(proc.0))),
                    None => "an unknown thread".to_owned(),
                },
            };
            if !names.contains(&name) && names.len() <= MAX_NAMES {
                names.push(name);
            }
        }
        let more = if names.len() > MAX_NAMES { " and others" } else { "" };
        names.truncate(MAX_NAMES);
        let message =
            format!("events of {}{more} are lost; hatched bands show where, sums leave them out", names.join(", "));
        self.warn([Warning { kind: WarningKind::LostEvents, message, offset, generation, gap: None, count }]);
    }
}
