//! The strings and stacks of one generation that is being written.

use rustc_hash::FxHashMap;

use crate::base::limits;
use crate::export::cut::anonymise::{Anonymiser, Meaning};
use crate::export::cut::names::{Names, TextId, TrailId};
use crate::wire::text::push_uvarint;
use crate::wire::v2::spec;

/// The tables in the making.
#[derive(Debug, Default)]
pub(super) struct Symbols {
    strings: FxHashMap<Vec<u8>, u64>,
    texts: FxHashMap<(TextId, Meaning), u64>,
    trails: FxHashMap<TrailId, u64>,
    /// What goes into batches of strings and of stacks, each item whole.
    string_items: Vec<Vec<u8>>,
    stack_items: Vec<Vec<u8>>,
    /// Names are replaced on the way, if this is there.
    anonymiser: Option<Anonymiser>,
}

impl Symbols {
    pub(super) fn new(anonymises: bool) -> Self {
        Self { anonymiser: anonymises.then(Anonymiser::default), ..Self::default() }
    }

    /// The generation is over; the next one has tables of its own.
    pub(super) fn clear(&mut self) {
        self.strings.clear();
        self.texts.clear();
        self.trails.clear();
        self.string_items.clear();
        self.stack_items.clear();
    }

    /// The number of a text in the generation; 0 is the empty one.
    pub(super) fn text(&mut self, names: &Names, text: TextId, meaning: Meaning) -> u64 {
        if let Some(&known) = self.texts.get(&(text, meaning)) {
            return known;
        }
        let id = self.bytes(names.bytes(text), meaning);
        self.texts.insert((text, meaning), id);
        id
    }

    /// The same of bytes that are not kept by number. What the format has no room for is cut off, as the runtime does.
    pub(super) fn bytes(&mut self, bytes: &[u8], meaning: Meaning) -> u64 {
        let replaced = self.anonymiser.as_ref().map(|anonymiser| anonymiser.replace(bytes, meaning));
        let bytes = replaced.as_deref().unwrap_or(bytes);
        self.add_string(bytes)
    }

    /// The number of a stack in the generation; 0 is none.
    pub(super) fn trail(&mut self, names: &Names, trail: TrailId) -> u64 {
        if trail.0 == 0 {
            return 0;
        }
        if let Some(&known) = self.trails.get(&trail) {
            return known;
        }
        let most = usize::try_from(limits::MAX_STACK_FRAMES).unwrap_or(usize::MAX);
        let frames = names.frames(trail).iter().take(most);
        let mut item = Vec::new();
        let mut count = 0;
        for frame in frames {
            count += 1;
            let (function, file) = self.frame_names(names, frame.function, frame.file);
            for number in [frame.pc, function, file, frame.line] {
                push_uvarint(&mut item, number);
            }
        }
        let id = self.stack_items.len() as u64 + 1;
        let mut head = vec![spec::STACK];
        push_uvarint(&mut head, id);
        push_uvarint(&mut head, count);
        head.append(&mut item);
        self.stack_items.push(head);
        self.trails.insert(trail, id);
        id
    }

    /// The numbers of the names of a frame. What is made of the file's depends on whose the function is.
    fn frame_names(&mut self, names: &Names, function: TextId, file: TextId) -> (u64, u64) {
        let Some(anonymiser) = &self.anonymiser else {
            return (self.text(names, function, Meaning::Function), self.text(names, file, Meaning::File));
        };
        let (function, file) = anonymiser.frame(names.bytes(function), names.bytes(file));
        (self.add_string(&function), self.add_string(&file))
    }

    fn add_string(&mut self, bytes: &[u8]) -> u64 {
        let most = usize::try_from(limits::MAX_STRING_BYTES).unwrap_or(usize::MAX);
        let bytes = bytes.get(..most).unwrap_or(bytes);
        if bytes.is_empty() {
            return 0;
        }
        if let Some(&known) = self.strings.get(bytes) {
            return known;
        }
        let id = self.strings.len() as u64 + 1;
        self.strings.insert(bytes.to_owned(), id);
        let mut item = vec![spec::STRING];
        push_uvarint(&mut item, id);
        push_uvarint(&mut item, bytes.len() as u64);
        item.extend_from_slice(bytes);
        self.string_items.push(item);
        id
    }

    /// What goes into batches of stacks.
    pub(super) fn stack_items(&self) -> &[Vec<u8>] {
        &self.stack_items
    }

    /// What goes into batches of strings.
    pub(super) fn string_items(&self) -> &[Vec<u8>] {
        &self.string_items
    }
}
