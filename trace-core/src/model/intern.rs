//! Strings, frames and stacks of the whole trace, each kept once.

use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use hashbrown::HashTable;
use rustc_hash::{FxHashMap, FxHasher};

use crate::base::ids::{StackId, StrId};
use crate::base::visible::visible;
use crate::model::symbols::Symbols;
use crate::model::table::Table;

/// A frame with its texts as strings of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FrameRecord {
    pub(crate) pc: u64,
    pub(crate) function: StrId,
    pub(crate) file: StrId,
    pub(crate) line: u32,
}

/// The tables as snapshots hold them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Texts {
    pub(crate) strings: Table<Arc<str>>,
    /// The bytes of strings that are no UTF-8, by rising id. Such a string is the same as another only if the bytes are.
    pub(crate) raw: Table<(StrId, Arc<[u8]>)>,
    pub(crate) frames: Table<FrameRecord>,
    /// Frames leaf first; entry 0 is "no stack".
    pub(crate) stacks: Table<Arc<[u32]>>,
    /// Visible forms that take the place of strings; none in a trace as it was recorded.
    pub(crate) shown: Option<Arc<FxHashMap<StrId, Box<str>>>>,
}

impl Texts {
    pub(crate) fn str(&self, id: StrId) -> &str {
        match self.shown.as_ref().and_then(|shown| shown.get(&id)) {
            Some(shown) => shown,
            None => self.recorded(id),
        }
    }

    /// A string as it is in the file.
    pub(crate) fn recorded(&self, id: StrId) -> &str {
        self.strings.get(id.0 as usize).map_or("", |text| text)
    }

    /// The bytes of a string in the file.
    pub(crate) fn bytes(&self, id: StrId) -> &[u8] {
        let raw = &self.raw;
        let at = raw.partition_point(|(known, _)| *known < id);
        match raw.get(at) {
            Some((known, bytes)) if *known == id => bytes,
            _ => self.recorded(id).as_bytes(),
        }
    }

    /// The visible forms of all strings that have characters nobody can see, by id.
    pub(crate) fn visible_forms(&self) -> FxHashMap<StrId, Box<str>> {
        let forms = self.strings.iter().enumerate().filter_map(|(id, text)| match visible(text) {
            Cow::Owned(form) => Some((StrId(id as u32), form.into())),
            Cow::Borrowed(_) => None,
        });
        forms.collect()
    }

    pub(crate) fn stack(&self, id: StackId) -> &[u32] {
        self.stacks.get(id.0 as usize).map_or(&[], |stack| stack)
    }

    /// The function at the root of a stack.
    pub(crate) fn root_function(&self, id: StackId) -> StrId {
        let root = self.stack(id).last().and_then(|&frame| self.frames.get(frame as usize));
        root.map_or(StrId::EMPTY, |frame| frame.function)
    }
}

/// The tables while they grow.
#[derive(Debug)]
pub(crate) struct Interner {
    pub(crate) texts: Texts,
    string_ids: HashTable<u32>,
    /// Places in [`Texts::raw`] by the hash of the bytes.
    raw_ids: HashTable<u32>,
    frame_ids: HashTable<u32>,
    stack_ids: HashTable<u32>,
}

fn hash_of(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

impl Default for Interner {
    fn default() -> Self {
        let mut interner = Self {
            texts: Texts::default(),
            string_ids: HashTable::new(),
            raw_ids: HashTable::new(),
            frame_ids: HashTable::new(),
            stack_ids: HashTable::new(),
        };
        interner.string("");
        interner.stack(&[]);
        interner
    }
}

impl Interner {
    pub(crate) fn string(&mut self, text: &str) -> StrId {
        let hash = hash_of(text);
        let strings = &mut self.texts.strings;
        if let Some(&id) =
            self.string_ids.find(hash, |&id| strings.get(id as usize).is_some_and(|known| **known == *text))
        {
            return StrId(id);
        }
        let id = strings.push(Arc::from(text)) as u32;
        self.string_ids.insert_unique(hash, id, |&id| strings.get(id as usize).map_or(0, |known| hash_of(&**known)));
        StrId(id)
    }

    /// A string whose bytes are no UTF-8; `text` is what stands for them.
    fn raw_string(&mut self, text: &str, bytes: &[u8]) -> StrId {
        let hash = hash_of(bytes);
        let raw = &mut self.texts.raw;
        let is_it = |&at: &u32| raw.get(at as usize).is_some_and(|(_, known)| **known == *bytes);
        if let Some((id, _)) = self.raw_ids.find(hash, is_it).and_then(|&at| raw.get(at as usize)) {
            return *id;
        }
        let id = StrId(self.texts.strings.push(Arc::from(text)) as u32);
        let at = raw.push((id, Arc::from(bytes))) as u32;
        self.raw_ids.insert_unique(hash, at, |&at| raw.get(at as usize).map_or(0, |(_, known)| hash_of(&**known)));
        id
    }

    fn frame(&mut self, frame: FrameRecord) -> u32 {
        let hash = hash_of(&frame);
        let frames = &mut self.texts.frames;
        if let Some(&id) = self.frame_ids.find(hash, |&id| frames.get(id as usize) == Some(&frame)) {
            return id;
        }
        let id = frames.push(frame) as u32;
        self.frame_ids.insert_unique(hash, id, |&id| frames.get(id as usize).map_or(0, hash_of));
        id
    }

    fn stack(&mut self, frames: &[u32]) -> StackId {
        let hash = hash_of(frames);
        let stacks = &mut self.texts.stacks;
        if let Some(&id) =
            self.stack_ids.find(hash, |&id| stacks.get(id as usize).is_some_and(|known| **known == *frames))
        {
            return StackId(id);
        }
        let id = stacks.push(Arc::from(frames)) as u32;
        self.stack_ids.insert_unique(hash, id, |&id| stacks.get(id as usize).map_or(0, |known| hash_of(&**known)));
        StackId(id)
    }

    /// Takes in the tables of a generation: strings and stacks of the trace by slot.
    pub(crate) fn take(&mut self, symbols: &Symbols) -> (Vec<StrId>, Arc<[StackId]>) {
        let mut raw = symbols.raw().iter().peekable();
        let texts = symbols.strings().iter().zip(0_u32..);
        let strings: Vec<StrId> = texts
            .map(|(text, slot)| match raw.next_if(|(known, _)| *known == slot) {
                Some((_, bytes)) => self.raw_string(text, bytes),
                None => self.string(text),
            })
            .collect();
        let string = |slot: u32| strings.get(slot as usize).copied().unwrap_or(StrId::EMPTY);
        let mut frames = Vec::new();
        let mut stacks = Vec::with_capacity(symbols.stack_count() as usize);
        for slot in 0..symbols.stack_count() {
            frames.clear();
            for frame in symbols.frames(slot) {
                let record = FrameRecord {
                    pc: frame.pc,
                    function: string(frame.function),
                    file: string(frame.file),
                    line: frame.line,
                };
                frames.push(self.frame(record));
            }
            stacks.push(self.stack(&frames));
        }
        (strings, stacks.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_stack_of_two_generations_is_one() {
        let mut interner = Interner::default();
        let mut first = Symbols::default();
        first.add_string(1, b"main.main");
        first.add_stack(9, [(1, 1, 0, 5)].into_iter());
        let mut second = Symbols::default();
        second.add_string(4, b"other");
        second.add_string(5, b"main.main");
        second.add_stack(2, [(1, 5, 0, 5)].into_iter());
        let (_, a) = interner.take(&first);
        let (_, b) = interner.take(&second);
        assert_eq!(a[1], b[1]);
        assert!(a[1].is_some() && !a[0].is_some());
        assert_eq!(interner.texts.str(interner.texts.root_function(a[1])), "main.main");
    }

    #[test]
    fn bytes_that_are_no_text_are_kept_and_told_apart() {
        let mut interner = Interner::default();
        let mut symbols = Symbols::default();
        symbols.add_string(1, b"\xc1\x01");
        symbols.add_string(2, b"\xc2\x01");
        symbols.add_string(3, "\u{fffd}\x01".as_bytes());
        symbols.add_string(4, b"plain");
        let (first, _) = interner.take(&symbols);
        let (second, _) = interner.take(&symbols);
        assert_eq!(first, second);
        let texts = &interner.texts;
        assert_eq!(first[1..4].iter().map(|&id| texts.str(id)).collect::<Vec<_>>(), ["\u{fffd}\x01"; 3]);
        assert_eq!(texts.bytes(first[1]), b"\xc1\x01");
        assert_eq!(texts.bytes(first[2]), b"\xc2\x01");
        assert_eq!(texts.bytes(first[3]), "\u{fffd}\x01".as_bytes());
        assert_eq!(texts.bytes(first[4]), b"plain");
        assert_eq!(texts.bytes(StrId(99)), b"");
    }
}
