//! The strings and stacks of a v1 trace, wherever in the file they are, as one table of the newer shape.

use rustc_hash::FxHashMap;

use crate::base::warning::WarningKind;
use crate::wire::v1::spec;
use crate::wire::v2::tables::{RawFrame, Report, Tables};

/// Collects while the file is gone through.
#[derive(Debug)]
pub(super) struct Symbols {
    tables: Tables,
    /// Stacks by id; a later one with the same id replaces an earlier one, as in Go's reader.
    stacks: FxHashMap<u32, Vec<RawFrame>>,
    /// The largest string id so far.
    last_string: u64,
    /// Messages of logs, which stand in the events, by text; numbered as they come.
    messages: FxHashMap<Vec<u8>, u64>,
    is_full: bool,
}

#[derive(Debug)]
pub(super) struct Finished {
    pub(super) tables: Tables,
    /// String ids of the messages of logs.
    pub(super) messages: FxHashMap<Vec<u8>, u64>,
    /// String ids of [`spec::REASONS`].
    pub(super) reasons: [u64; spec::REASONS.len()],
    /// String ids of [`spec::STW_KINDS`].
    pub(super) stw_kinds: [u64; spec::STW_KINDS.len()],
}

impl Symbols {
    pub(super) fn new() -> Self {
        Self {
            tables: Tables::empty(),
            stacks: FxHashMap::default(),
            last_string: 0,
            messages: FxHashMap::default(),
            is_full: false,
        }
    }

    pub(super) fn add_string(&mut self, id: u64, text: &[u8], at: u64, report: &mut Report<'_>) {
        if id == 0 || !self.tables.insert_string(id, text) {
            report(WarningKind::BadTable, format!("string {id} is given twice; the first is used"), at);
            return;
        }
        self.last_string = self.last_string.max(id);
    }

    /// `numbers`: four for each frame. Ids are cut to 32 bits, as in Go's reader.
    pub(super) fn add_stack(&mut self, id: u64, numbers: &[u64]) {
        let (frames, _) = numbers.as_chunks::<4>();
        let frames: Vec<RawFrame> =
            frames.iter().map(|&[pc, function, file, line]| RawFrame { pc, function, file, line }).collect();
        let id = low_half(id);
        if id != 0 && !frames.is_empty() {
            self.stacks.insert(id, frames);
        }
    }

    pub(super) fn add_message(&mut self, text: &[u8]) {
        if !self.messages.contains_key(text) {
            let number = self.messages.len() as u64;
            self.messages.insert(text.to_vec(), number);
        }
    }

    /// Gives numbers to what has none in this format.
    pub(super) fn finish(mut self, report: &mut Report<'_>) -> Finished {
        let mut stacks: Vec<(u32, Vec<RawFrame>)> = self.stacks.drain().collect();
        stacks.sort_unstable_by_key(|&(id, _)| id);
        for (id, frames) in stacks {
            self.is_full |= !self.tables.insert_stack(u64::from(id), &frames);
        }
        // Behind the last number of the file, or, should a damaged file use up all numbers, anywhere.
        let mut next = if self.last_string < u64::MAX >> 1 { self.last_string + 1 } else { 1 << 40 };
        let mut fresh = |tables: &mut Tables, text: &[u8]| {
            while tables.string(next).is_some() {
                next += 1;
            }
            self.is_full |= !tables.insert_string(next, text);
            next += 1;
            next - 1
        };
        let mut ordered: Vec<(Vec<u8>, u64)> = self.messages.drain().collect();
        ordered.sort_unstable_by_key(|&(_, number)| number);
        let messages = ordered
            .into_iter()
            .map(|(text, _)| {
                let id = fresh(&mut self.tables, &text);
                (text, id)
            })
            .collect();
        let reasons = spec::REASONS.map(|(_, text)| fresh(&mut self.tables, text.as_bytes()));
        let stw_kinds = spec::STW_KINDS.map(|text| fresh(&mut self.tables, text.as_bytes()));
        if self.is_full {
            report(WarningKind::Limit, "it holds more strings and stacks than fit".to_owned(), 0);
        }
        Finished { tables: self.tables, messages, reasons, stw_kinds }
    }
}

/// The lower 32 bits: what Go's reader makes of ids of stacks and procs.
pub(super) fn low_half(id: u64) -> u32 {
    let [a, b, c, d, ..] = id.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}
