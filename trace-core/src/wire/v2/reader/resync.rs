//! Finds the next believable batches behind a place that holds none.

use std::io::Read;

use crate::base::error::Result;
use crate::base::warning::WarningKind;
use crate::wire::v2::batch::{BatchPeek, Item, MAX_BATCH_WITH_HEADER, look};
use crate::wire::v2::reader::GenerationReader;
use crate::wire::v2::spec;
use crate::wire::v2::tables::Report;
use crate::wire::version::Version;

/// Batches in which a thread must have been heard of lately to be believed.
const RECENT_BATCHES: usize = 256;

impl<R: Read> GenerationReader<R> {
    pub(super) fn skip_damage(&mut self, report: &mut Report<'_>) -> Result<()> {
        match self.resync(report)? {
            Some(found) => self.pos += found,
            None => self.pos = self.buffer.len(),
        }
        Ok(())
    }

    /// Looks for the next believable place behind `pos`, reading on as needed; says what it stepped over.
    /// `None` if there is none up to the end (nothing is said then if the rest is a batch cut short).
    pub(super) fn resync(&mut self, report: &mut Report<'_>) -> Result<Option<usize>> {
        let from = self.offset + self.pos as u64;
        let is_short = matches!(look(self.buffer.get(self.pos..).unwrap_or_default(), self.version), BatchPeek::Short);
        let owner = self.owner_of_damage();
        let mut skipped = 1;
        loop {
            let place = self.pos + skipped;
            if place >= self.buffer.len() {
                if self.at_end {
                    break;
                }
                // Drop what is known to be no batch.
                self.pos = self.buffer.len();
                skipped = 0;
                self.fill(report)?;
                continue;
            }
            if !self.at_end && self.buffer.len() - place < 2 * MAX_BATCH_WITH_HEADER {
                self.pos = place;
                skipped = 0;
                let before = self.buffer.len() - self.pos;
                self.fill(report)?;
                if self.buffer.len() - self.pos == before {
                    self.at_end = true;
                }
                continue;
            }
            if self.is_believable(place) {
                let to = self.offset + place as u64;
                let what = format!("{} bytes are no part of a trace; left out", to - from);
                report(WarningKind::SkippedBytes, what, from);
                self.note_skipped(from..to, owner);
                return Ok(Some(skipped));
            }
            skipped += 1;
        }
        if !is_short {
            let to = self.offset + self.buffer.len() as u64;
            let what = format!("the last {} bytes are no part of a trace; left out", to - from);
            report(WarningKind::SkippedBytes, what, from);
            self.note_skipped(from..to, owner);
        }
        Ok(None)
    }

    /// Thread and base time of a batch at `pos` whose size is wrong, but whose header can be believed: it is of a
    /// thread that has been heard of in this generation.
    fn owner_of_damage(&self) -> Option<(u64, u64)> {
        let owner = self.owner_of(&self.torn_head()?)?;
        let mut recent = self.current.as_ref()?.events.iter().rev().take(RECENT_BATCHES);
        let is_known = recent.any(|batch| batch.thread == owner.0);
        is_known.then_some(owner)
    }

    /// Whether a chain of two batches (or one up to the end of the input) begins at `place`, of a
    /// generation that could come next.
    fn is_believable(&self, place: usize) -> bool {
        let rest = self.buffer.get(place..).unwrap_or_default();
        match rest.first() {
            Some(b'g') => return matches!(Version::parse(rest), Ok(Version(22..))),
            Some(&(spec::EVENT_BATCH | spec::EXPERIMENTAL_BATCH)) => {}
            _ => return false,
        }
        let BatchPeek::Item(Item::Batch(head)) = look(rest, self.version) else { return false };
        if head.size == 0 || head.experiment.is_some_and(|experiment| experiment > 8) {
            return false;
        }
        let known = self.current.as_ref().map(|generation| generation.number).or(self.last_number);
        let plausible = known.is_none_or(|number| {
            head.generation == 1 || (number..=number.saturating_add(64)).contains(&head.generation)
        });
        // Damage seldom looks like a time: clocks count from the machine's start, so times are large and
        // close together.
        if !plausible || head.ticks < self.known_ticks / 2 {
            return false;
        }
        match rest.get(head.len + head.size..) {
            Some([]) => self.at_end,
            Some(next) => match look(next, self.version) {
                BatchPeek::Item(Item::EndOfGeneration) => true,
                BatchPeek::Item(Item::Batch(second)) => {
                    second.generation == head.generation || second.generation == head.generation.wrapping_add(1)
                }
                BatchPeek::Short => self.at_end && next.first() == Some(&spec::EVENT_BATCH),
                BatchPeek::Bad => false,
            },
            None => false,
        }
    }
}
