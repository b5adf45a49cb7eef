//! Texts and stacks of a source by numbers that hold over its generations, whose own numbers do not.

use rustc_hash::FxHashMap;

use crate::wire::v2::tables::Tables;

/// A text by its number; 0 is the empty one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct TextId(pub(super) u32);

/// A stack by its number; 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct TrailId(pub(super) u32);

/// A frame whose names are numbers of texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct NamedFrame {
    pub(super) pc: u64,
    pub(super) function: TextId,
    pub(super) file: TextId,
    pub(super) line: u64,
}

/// The texts and stacks met so far, and what the numbers of the generation in work stand for.
#[derive(Debug)]
pub(super) struct Names {
    texts: Vec<Box<[u8]>>,
    by_text: FxHashMap<Box<[u8]>, TextId>,
    trails: Vec<Box<[NamedFrame]>>,
    by_trail: FxHashMap<Box<[NamedFrame]>, TrailId>,
    local_texts: FxHashMap<u64, TextId>,
    local_trails: FxHashMap<u64, TrailId>,
}

impl Names {
    pub(super) fn new() -> Self {
        Self {
            texts: vec![Box::default()],
            by_text: std::iter::once((Box::default(), TextId(0))).collect(),
            trails: vec![Box::default()],
            by_trail: std::iter::once((Box::default(), TrailId(0))).collect(),
            local_texts: FxHashMap::default(),
            local_trails: FxHashMap::default(),
        }
    }

    /// Another generation begins: its numbers stand for other texts.
    pub(super) fn begin_generation(&mut self) {
        self.local_texts.clear();
        self.local_trails.clear();
    }

    /// The text that the generation calls `id`; the empty one if it does not hold it.
    pub(super) fn text(&mut self, tables: &Tables, id: u64) -> TextId {
        if let Some(&known) = self.local_texts.get(&id) {
            return known;
        }
        let text = self.add_text(tables.string(id).unwrap_or_default());
        self.local_texts.insert(id, text);
        text
    }

    /// The stack that the generation calls `id`; none if it does not hold it.
    pub(super) fn trail(&mut self, tables: &Tables, id: u64) -> TrailId {
        if let Some(&known) = self.local_trails.get(&id) {
            return known;
        }
        let mut frames = Vec::new();
        for frame in tables.stack(id).into_iter().flatten() {
            let (function, file) = (self.text(tables, frame.function), self.text(tables, frame.file));
            frames.push(NamedFrame { pc: frame.pc, function, file, line: frame.line });
        }
        let trail = self.add_trail(frames);
        self.local_trails.insert(id, trail);
        trail
    }

    pub(super) fn bytes(&self, text: TextId) -> &[u8] {
        self.texts.get(text.0 as usize).map(AsRef::as_ref).unwrap_or_default()
    }

    pub(super) fn frames(&self, trail: TrailId) -> &[NamedFrame] {
        self.trails.get(trail.0 as usize).map(AsRef::as_ref).unwrap_or_default()
    }

    fn add_text(&mut self, text: &[u8]) -> TextId {
        if let Some(&known) = self.by_text.get(text) {
            return known;
        }
        let id = TextId(u32::try_from(self.texts.len()).unwrap_or(0));
        self.texts.push(text.into());
        self.by_text.insert(text.into(), id);
        id
    }

    fn add_trail(&mut self, frames: Vec<NamedFrame>) -> TrailId {
        if let Some(&known) = self.by_trail.get(frames.as_slice()) {
            return known;
        }
        let id = TrailId(u32::try_from(self.trails.len()).unwrap_or(0));
        self.trails.push(frames.clone().into());
        self.by_trail.insert(frames.into(), id);
        id
    }
}
