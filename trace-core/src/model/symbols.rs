//! The texts and stacks of one generation, addressed by the ids that its events use.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

/// Ids below this always get a dense slot.
const ALWAYS_DENSE: u64 = 1 << 12;

/// A frame, its texts as slots of the generation's strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SymbolFrame {
    pub(crate) pc: u64,
    pub(crate) function: u32,
    pub(crate) file: u32,
    pub(crate) line: u32,
}

/// Wire ids to dense slots; 0 is "none" and stands for every unknown id.
#[derive(Clone, Debug, Default)]
struct Slots {
    dense: Vec<u32>,
    sparse: FxHashMap<u64, u32>,
    count: u32,
}

impl Slots {
    #[inline]
    fn get(&self, id: u64) -> u32 {
        match self.dense.get(usize::try_from(id).unwrap_or(usize::MAX)) {
            Some(&slot) => slot,
            None => self.sparse.get(&id).copied().unwrap_or(0),
        }
    }

    fn insert(&mut self, id: u64) -> u32 {
        self.count += 1;
        let at = usize::try_from(id).unwrap_or(usize::MAX);
        if id < ALWAYS_DENSE.max(4 * u64::from(self.count)) {
            if at >= self.dense.len() {
                // What was sparse below the new end would be hidden by the dense part.
                for moved in self.dense.len()..=at {
                    let slot = self.sparse.remove(&(moved as u64)).unwrap_or(0);
                    self.dense.push(slot);
                }
            }
            self.dense[at] = self.count;
        } else {
            self.sparse.insert(id, self.count);
        }
        self.count
    }
}

/// The tables. Fill with [`Symbols::add_string`], then [`Symbols::add_stack`].
#[derive(Clone, Debug)]
pub(crate) struct Symbols {
    string_slots: Slots,
    strings: Vec<Box<str>>,
    /// The bytes of strings that are no UTF-8, by rising slot.
    raw: Vec<(u32, Box<[u8]>)>,
    stack_slots: Slots,
    stack_ends: Vec<u32>,
    frames: Vec<SymbolFrame>,
}

impl Default for Symbols {
    fn default() -> Self {
        Self {
            string_slots: Slots::default(),
            strings: vec![Box::from("")],
            raw: Vec::new(),
            stack_slots: Slots::default(),
            stack_ends: vec![0],
            frames: Vec::new(),
        }
    }
}

impl Symbols {
    /// Adds a text. Where its bytes are no UTF-8, the text has replacement characters and the bytes are kept beside it.
    pub(crate) fn add_string(&mut self, id: u64, bytes: &[u8]) {
        if id == 0 {
            return;
        }
        let slot = self.string_slots.insert(id);
        let text = String::from_utf8_lossy(bytes);
        if matches!(text, Cow::Owned(_)) {
            self.raw.push((slot, bytes.into()));
        }
        self.strings.push(text.into());
    }

    /// Adds a stack: (pc, function's string id, file's string id, line), leaf first.
    pub(crate) fn add_stack(&mut self, id: u64, frames: impl Iterator<Item = (u64, u64, u64, u64)>) {
        if id == 0 {
            return;
        }
        for (pc, function, file, line) in frames {
            let frame = SymbolFrame {
                pc,
                function: self.string_slots.get(function),
                file: self.string_slots.get(file),
                line: u32::try_from(line).unwrap_or(u32::MAX),
            };
            self.frames.push(frame);
        }
        self.stack_slots.insert(id);
        self.stack_ends.push(self.frames.len() as u32);
    }

    /// The slot of a string id; 0, the empty text, if it is unknown.
    #[inline]
    pub(crate) fn string_slot(&self, id: u64) -> u32 {
        self.string_slots.get(id)
    }

    /// The slot of a stack id; 0, no stack, if it is unknown.
    #[inline]
    pub(crate) fn stack_slot(&self, id: u64) -> u32 {
        self.stack_slots.get(id)
    }

    /// A text by its wire id.
    pub(crate) fn text(&self, id: u64) -> &str {
        self.strings.get(self.string_slot(id) as usize).map_or("", |text| text)
    }

    /// All texts by slot; the first is empty.
    pub(crate) fn strings(&self) -> &[Box<str>] {
        &self.strings
    }

    /// The slots whose bytes are no UTF-8, with these bytes, by rising slot.
    pub(crate) fn raw(&self) -> &[(u32, Box<[u8]>)] {
        &self.raw
    }

    /// How many slots for stacks there are, "none" counted.
    pub(crate) fn stack_count(&self) -> u32 {
        self.stack_ends.len() as u32
    }

    /// The frames of the stack in a slot, leaf first.
    pub(crate) fn frames(&self, slot: u32) -> &[SymbolFrame] {
        let Some(before) = (slot as usize).checked_sub(1) else { return &[] };
        match (self.stack_ends.get(before), self.stack_ends.get(slot as usize)) {
            (Some(&start), Some(&end)) => self.frames.get(start as usize..end as usize).unwrap_or_default(),
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_by_wire_id_and_survives_odd_ones() {
        let mut symbols = Symbols::default();
        symbols.add_string(u64::MAX - 1, b"far");
        symbols.add_string(7, b"main.main");
        symbols.add_string(8, b"\xff\xfe");
        symbols.add_stack(3, [(1, 7, 99, 12), (2, 7, 7, u64::MAX)].into_iter());
        assert_eq!(symbols.text(u64::MAX - 1), "far");
        assert_eq!(symbols.text(8), "\u{fffd}\u{fffd}");
        assert_eq!(symbols.raw(), [(symbols.string_slot(8), Box::from(*b"\xff\xfe"))]);
        assert_eq!(symbols.text(12_345), "");
        let slot = symbols.stack_slot(3);
        assert_eq!(symbols.frames(slot).len(), 2);
        assert_eq!(symbols.frames(slot)[0].file, 0);
        assert!(symbols.frames(symbols.stack_slot(4)).is_empty());
    }
}
