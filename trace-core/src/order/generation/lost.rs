//! Where events are lost inside a generation: told by bytes that could not be read, by what a thread does next,
//! and by numbers that are missing.

use std::ops::Range;

use crate::base::ids::GoId;
use crate::base::time::TraceTime;
use crate::order::generation::run::{Gap, Run};
use crate::order::sched_state::SchedState;
use crate::order::sink::{Lost, NO_IDX, Sink};
use crate::order::step::Missing;
use crate::wire::v2::cursor::ThreadCursor;
use crate::wire::v2::generation::{BatchRef, Generation};

/// So many losses are told of in a generation by what others wait for.
const MAX_MISSING: usize = 1_000;

/// The batch in work, which cannot be read behind some event.
pub(super) fn rest_of_batch(generation: &Generation, cursor: &ThreadCursor<'_>, place: usize) -> Option<Gap> {
    let (batch, _) = cursor.place(generation)?;
    let start = generation.offset_of(batch);
    let bytes = start..start + generation.payload(batch).len() as u64;
    Some(Gap { place, bytes, is_doubtful: false })
}

/// The batch in work, which is lost.
pub(super) fn whole_batch(generation: &Generation, cursor: &ThreadCursor<'_>, place: usize) -> Option<Gap> {
    let bytes = generation.lost_bytes(cursor.place(generation)?.0)?;
    Some(Gap { place, bytes, is_doubtful: false })
}

impl Run<'_> {
    /// A thread goes on after `before`, maybe in a batch behind a stretch that could not be read.
    #[cold]
    pub(super) fn note_skipped(&mut self, place: usize, before: BatchRef) {
        let Some(stream) = self.streams.get(place) else { return };
        let Some((now, _)) = stream.cursor.place(self.generation).filter(|(now, _)| *now != before) else { return };
        let (from, to) = (self.generation.offset_of(before), self.generation.offset_of(now));
        if let Some(bytes) = self.generation.skipped_between(from, to) {
            self.gaps.push(Gap { place, bytes, is_doubtful: true });
        }
    }

    /// Tells of the threads whose events are lost. Behind skipped bytes a thread has lost some if what it
    /// does next cannot follow what it did last.
    #[cold]
    pub(super) fn report_gaps(&mut self, sched: &SchedState, sink: &mut impl Sink) {
        let mut gaps = std::mem::take(&mut self.gaps).into_iter().peekable();
        while let Some(Gap { place, mut bytes, mut is_doubtful }) = gaps.next() {
            while let Some(more) = gaps.next_if(|more| more.place == place) {
                bytes = bytes.start.min(more.bytes.start)..bytes.end.max(more.bytes.end);
                is_doubtful &= more.is_doubtful;
            }
            let Some(stream) = self.streams.get_mut(place) else { continue };
            if is_doubtful && !sched.contradicts(stream.thread, &stream.event) {
                // If no other event can be next either, it is the first to be suspected.
                stream.skipped = Some(Box::new(bytes));
            } else {
                self.lose(sched, place, bytes, sink);
            }
        }
    }

    /// The event of a stream cannot go, nor can any other: those that should come first are lost.
    /// Gives back a goroutine of which nothing has been told so far.
    pub(super) fn report_missing(
        &mut self,
        sched: &mut SchedState,
        place: usize,
        is_fault: bool,
        sink: &mut impl Sink,
    ) -> Option<GoId> {
        // Each looks at every thread.
        self.missing += 1;
        if self.missing > MAX_MISSING {
            return None;
        }
        let stream = self.streams.get(place)?;
        let (go, proc) = match sched.missing(stream.thread, &stream.event, is_fault) {
            Missing::Own => {
                let bytes = self.suspected(place, place);
                self.lose(sched, place, bytes, sink);
                return None;
            }
            Missing::OfGo(id) if sched.go_index.get(id) == NO_IDX => return Some(id),
            Missing::OfGo(id) => (sched.go_index.get(id), NO_IDX),
            Missing::OfProc(proc) => (NO_IDX, proc),
            Missing::Unknown => return None,
        };
        let until = Some(TraceTime(stream.event.time));
        let own = stream.thread;
        let runner = if go == NO_IDX { sched.holder_of(proc) } else { sched.runner_of(go) };
        let runner = runner.filter(|&runner| runner != own);
        let culprit = runner.and_then(|runner| self.streams.iter().position(|stream| stream.thread == runner));
        let bytes = self.suspected(culprit.unwrap_or(place), place);
        match culprit {
            Some(culprit) => self.lose(sched, culprit, bytes, sink),
            None => sink.lost(&Lost { thread: runner.unwrap_or(NO_IDX), go, proc, bytes, since: None, until }),
        }
        None
    }

    /// The first that is told of a goroutine is the event that a stream was at, so its beginning is lost.
    pub(super) fn report_not_created(
        &self,
        sched: &mut SchedState,
        place: usize,
        go: GoId,
        since: i64,
        sink: &mut impl Sink,
    ) {
        let (go, until) = (sched.go_index.get(go), Some(sched.last_time()));
        if go != NO_IDX {
            let bytes = self.suspected(place, place);
            sink.lost(&Lost { thread: NO_IDX, go, proc: NO_IDX, bytes, since: Some(TraceTime(since)), until });
        }
    }

    /// A stream lacks events before the one it is at, or those at its end.
    fn lose(&mut self, sched: &SchedState, place: usize, bytes: Range<u64>, sink: &mut impl Sink) {
        let Some(stream) = self.streams.get_mut(place) else { return };
        if stream.told == stream.last {
            return;
        }
        stream.told = stream.last;
        let (go, proc) = sched.on_thread(stream.thread);
        let until = (!stream.is_over).then_some(TraceTime(stream.event.time));
        sink.lost(&Lost { thread: stream.thread, go, proc, bytes, since: Some(TraceTime(stream.last)), until });
    }

    /// The bytes that may hold what a stream has lost, judged by the event of another.
    fn suspected(&self, place: usize, judge: usize) -> Range<u64> {
        if let Some(bytes) = self.streams.get(place).and_then(|stream| stream.skipped.as_deref()) {
            return bytes.clone();
        }
        match self.generation.skipped.as_slice() {
            [only] if only.thread.is_none() => only.bytes.clone(),
            _ => {
                let at =
                    self.streams.get(judge).map_or(self.generation.offset, |stream| stream.offset(self.generation));
                at..at
            }
        }
    }
}
