//! Goes through a source and writes what is kept of it: what goes on as the range begins, then what happens in it.

use std::io::Write;

use crate::base::error::{Error, Result};
use crate::base::ids::ThreadId;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::kind::EventKind;
use crate::export::cut::moment::Moment;
use crate::export::cut::names::Names;
use crate::export::cut::read::Pass;
use crate::export::cut::selection::{CutSummary, Selection};
use crate::export::cut::survey::Kept;
use crate::export::cut::symbols::Symbols;
use crate::export::cut::writer::Writer;
use crate::order::sink::{Ids, NO_IDX, Ordered};
use crate::wire::v2::generation::{Border, Generation};
use crate::wire::v2::tables::{RawSnapshot, Tables};
use crate::wire::version::{NEWEST_KNOWN, Version};

/// The format that traces of Go 1.21 and older are written in.
const FORMAT_OF_OLD: Version = Version(23);

/// Writes what is kept.
pub(super) struct Cutter<'a> {
    pub(super) selection: &'a Selection,
    /// Who is kept; `None` for all.
    pub(super) kept: Option<Kept>,
    pub(super) range: Option<TimeRange>,
    pub(super) names: Names,
    pub(super) moment: Moment,
    pub(super) writer: Writer<'a>,
    pub(super) is_v1: bool,
    pub(super) is_over: bool,
    /// The format version of the source.
    pub(super) version: Version,
    /// The clock reading of the generation in work, and of the last one that has one.
    pub(super) snapshot: Option<RawSnapshot>,
    pub(super) last_snapshot: Option<RawSnapshot>,
    /// Generations of the source so far.
    pub(super) generations: u64,
    /// The range is over, but not the first generation of the source.
    pub(super) is_behind: bool,
    /// What announces those that did nothing in the first generation: it does so at its end.
    pub(super) idle: Vec<(ThreadId, EventKind, [u64; 4])>,
    /// So many events that come next are told by the one before, which is written.
    pub(super) derived: u8,
    /// So many belong to the one before, which lies before the range.
    pub(super) rest: u8,
    /// When the proc of the goroutine from C that goes away next was stolen.
    pub(super) steal_time: Option<i64>,
    pub(super) refused: u64,
    pub(super) tasks_before: u64,
    pub(super) regions_before: u64,
}

impl<'a> Cutter<'a> {
    /// Nothing is written to `out` before the first event of the range comes.
    pub(super) fn new(selection: &'a Selection, kept: Option<Kept>, out: &'a mut dyn Write) -> Self {
        Self {
            selection,
            kept,
            range: None,
            names: Names::new(),
            moment: Moment::default(),
            writer: Writer::new(out, Symbols::new(selection.anonymise)),
            is_v1: false,
            is_over: false,
            version: Version::GO_1_22,
            snapshot: None,
            last_snapshot: None,
            generations: 0,
            is_behind: false,
            idle: Vec::new(),
            derived: 0,
            rest: 0,
            steal_time: None,
            refused: 0,
            tasks_before: 0,
            regions_before: 0,
        }
    }

    /// Ends what is written; the source has been read.
    ///
    /// # Errors
    /// When no event lies in the range, or the output fails.
    pub(super) fn finish(mut self) -> Result<CutSummary> {
        if !self.writer.has_begun() {
            return Err(Error::NothingInRange);
        }
        if let Some(range) = self.range.filter(|_| self.is_over) {
            self.writer.announce_rest(range.end.0, &self.idle);
        }
        self.writer.end_generation()?;
        Ok(CutSummary {
            events: self.writer.written,
            refused: self.refused,
            tasks_before: self.tasks_before,
            regions_before: self.regions_before,
            goroutines: self.kept.map(|kept| kept.gos.len() as u64),
        })
    }
}

impl Pass for Cutter<'_> {
    fn begin(&mut self, version: Version) {
        self.version = version;
        self.is_v1 = version < Version::GO_1_22;
        self.moment.is_v1 = self.is_v1;
    }

    fn generation(&mut self, border: Border, tables: &Tables) -> bool {
        if border == Border::NewTrace {
            if self.writer.has_begun() {
                return false;
            }
            self.moment = Moment { is_v1: self.is_v1, ..Moment::default() };
        }
        self.generations += 1;
        self.names.begin_generation();
        self.snapshot = tables.snapshot;
        self.last_snapshot = tables.snapshot.or(self.last_snapshot);
        true
    }

    fn event(&mut self, ev: &Ordered, ids: &Ids, tables: &Tables) -> Result<()> {
        let range = *self.range.get_or_insert_with(|| self.selection.range(ev.time));
        // What one event of the wire is told as stays together.
        let starts = !self.writer.has_begun() && ev.time >= range.start && self.rest == 0;
        if starts {
            self.start(ev, ids, range);
        }
        if ev.time >= range.end {
            if self.generations > 1 || self.is_v1 {
                self.is_over = true;
                return Err(Error::Cancelled);
            }
            self.is_behind = true;
            self.note_idle(ev, ids, tables);
            return Ok(());
        }
        if !self.writer.has_begun() {
            self.rest = match ev.kind {
                EventKind::GO_SWITCH | EventKind::GO_SWITCH_DESTROY => 1 + u8::from(ev.go != NO_IDX),
                EventKind::PROC_STEAL if ev.args[1] == 0 && !self.is_v1 => 1,
                _ => self.rest.saturating_sub(1),
            };
            self.moment.take(ev, ids, &mut self.names, tables);
        } else if ev.kind != EventKind::SYNC {
            self.translate(ev, ids, tables);
        } else if !starts && !self.is_v1 {
            self.next_generation(ev)?;
        }
        Ok(())
    }

    fn end(&mut self, generation: &Generation) {
        self.is_over |= self.is_behind;
        if self.writer.has_begun() && !self.selection.anonymise {
            for &(experiment, batch) in &generation.experiments {
                self.writer.experiment(experiment, batch.thread, generation.payload(batch));
            }
        }
    }

    fn is_over(&self) -> bool {
        self.is_over
    }
}

impl Cutter<'_> {
    /// Begins to write: with what goes on as the range begins, unless it is the start of the trace.
    fn start(&mut self, ev: &Ordered, ids: &Ids, range: TimeRange) {
        let version = if self.is_v1 { FORMAT_OF_OLD } else { Version(self.version.0.min(NEWEST_KNOWN)) };
        // Newer formats demand a clock reading, which a damaged source may lack.
        let lacks_clock = version >= Version::GO_1_25 && self.last_snapshot.is_none();
        self.writer.begin(if lacks_clock { FORMAT_OF_OLD } else { version });
        self.writer.open_generation();
        if range.start == TraceTime::MIN {
            let snapshot = self.reading_at(ev.time.0);
            self.writer.start_generation(ev.time.0, self.snapshot.or(snapshot));
            return;
        }
        let moment = std::mem::take(&mut self.moment);
        let ops = self.prologue(&moment, ids, range.start.0);
        let count = i64::try_from(ops.len()).unwrap_or(0);
        let first = range.start.0.saturating_sub(count);
        let begin = first.saturating_sub(1);
        let snapshot = self.reading_at(begin);
        self.writer.start_generation(begin, snapshot);
        for (after, (thread, kind, args)) in (0..).zip(ops) {
            self.writer.encode(thread, first.saturating_add(after), kind.0, args);
        }
    }

    /// A generation of the source begins while the range goes on.
    fn next_generation(&mut self, ev: &Ordered) -> Result<()> {
        self.writer.end_generation()?;
        self.writer.open_generation();
        let snapshot = self.snapshot.or_else(|| self.reading_at(ev.time.0));
        self.writer.start_generation(ev.time.0, snapshot);
        Ok(())
    }

    /// What all clocks show at a time, by the last reading before.
    fn reading_at(&self, time: i64) -> Option<RawSnapshot> {
        let known = self.last_snapshot?;
        let passed = time.saturating_sub(known.trace);
        let wall = i128::from(known.wall_secs) * 1_000_000_000 + i128::from(known.wall_nanos) + i128::from(passed);
        let (secs, nanos) = (wall.div_euclid(1_000_000_000), wall.rem_euclid(1_000_000_000));
        Some(RawSnapshot {
            trace: time,
            mono: known.mono.saturating_add_signed(passed),
            wall_secs: u64::try_from(secs).unwrap_or(0),
            wall_nanos: u64::try_from(nanos).unwrap_or(0),
        })
    }
}
