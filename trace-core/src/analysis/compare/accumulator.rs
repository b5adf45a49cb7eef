//! Rows and waits by stack, while goroutines are looked at; a thread each.

use rustc_hash::FxHashMap;

use crate::analysis::compare::late::Late;
use crate::analysis::compare::picture::Sketch;
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::series::Series;
use crate::analysis::compare::time_blocks::TimeBlocks;
use crate::analysis::places::Op;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::TimeRange;
use crate::event::state::{GoState, SpanClass};

/// A row while it is measured: strings are made at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    Named(RowKind, StrId),
    /// By the function of the own frame, with a stack that has it.
    Own(RowKind, Op, SpanClass, u32),
    Outer(RowKind, u32),
    /// By type and the function that begins it.
    Region(StrId, Option<u32>),
}

/// What a span counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A wait for something to do.
    Idle,
    /// Part of work, but no row's.
    #[default]
    Nothing,
    /// A row's, by its place.
    Row(u32),
}

/// What is known of a stack.
#[derive(Clone, Copy, Debug, Default)]
struct AtStack {
    /// Waits there that are part of work, and their nanoseconds.
    waits: (u64, u64),
    /// What spans of one state and class count as there. Nearly all have the same.
    of: Option<(GoStateAndClass, Meaning)>,
}

/// A span's state and class.
pub(super) type GoStateAndClass = (GoState, SpanClass);

/// What one thread has found.
#[derive(Default)]
pub(super) struct Accumulator {
    /// Each with the last of the stacks that stand for it.
    pub(super) rows: Vec<(Key, StackId, Series)>,
    index: FxHashMap<Key, u32>,
    /// A start function and the places of its rows: goroutines of one function often follow each other.
    function: (StrId, [Option<u32>; 3]),
    /// By stack; as long as the last stack met needs.
    stacks: Vec<AtStack>,
    /// Nanoseconds that goroutines of the program ran.
    pub(super) running: u64,
    pub(super) late: Late,
    pub(super) sketch: Sketch,
}

impl Accumulator {
    /// What both have counted, in any order.
    pub(super) fn merged(mut self, mut other: Self) -> Self {
        if self.rows.len() < other.rows.len() {
            std::mem::swap(&mut self, &mut other);
        }
        for (key, stack, series) in other.rows {
            let slot = self.slot(key);
            if let Some(mine) = self.rows.get_mut(slot as usize) {
                mine.1 = mine.1.max(stack);
                mine.2.merge(series);
            }
        }
        for (at, theirs) in other.stacks.iter().enumerate().filter(|(_, theirs)| theirs.waits.0 > 0) {
            let mine = self.at_stack(at);
            mine.waits = (mine.waits.0 + theirs.waits.0, mine.waits.1 + theirs.waits.1);
        }
        self.running += other.running;
        self.late = self.late.plus(other.late);
        self.sketch = self.sketch.merged(other.sketch);
        self
    }

    /// The place of a row.
    pub(super) fn slot(&mut self, key: Key) -> u32 {
        *self.index.entry(key).or_insert_with(|| {
            self.rows.push((key, StackId::NONE, Series::default()));
            self.rows.len() as u32 - 1
        })
    }

    /// The place of a row named by the function that a goroutine was started with.
    #[inline]
    pub(super) fn slot_of_function(&mut self, kind: RowKind, name: StrId) -> u32 {
        let column = match kind {
            RowKind::Goroutine => 0,
            RowKind::Running => 1,
            _ => 2,
        };
        debug_assert!(column < 2 || kind == RowKind::Sched, "a kind of its own for each column");
        if self.function.0 != name {
            self.function = (name, [None; 3]);
        }
        if let Some(known) = self.function.1.get(column).copied().flatten() {
            return known;
        }
        let slot = self.slot(Key::Named(kind, name));
        if let Some(known) = self.function.1.get_mut(column) {
            *known = Some(slot);
        }
        slot
    }

    /// Adds to a row.
    pub(super) fn add(
        &mut self,
        key: Key,
        stack: StackId,
        at: (GoroutineIdx, TimeRange),
        nanos: u64,
        whole: &TimeBlocks,
    ) {
        let slot = self.slot(key);
        self.add_to(slot, stack, at, nanos, whole.block(at.1.start));
    }

    /// The same by the row's place, for what begins in a block.
    pub(super) fn add_to(
        &mut self,
        slot: u32,
        stack: StackId,
        at: (GoroutineIdx, TimeRange),
        nanos: u64,
        block: usize,
    ) {
        if let Some(row) = self.rows.get_mut(slot as usize) {
            row.1 = row.1.max(stack);
            row.2.add_in(at.0.0, at.1, nanos, block);
        }
    }

    /// Adds a wait that is part of work.
    pub(super) fn wait(&mut self, stack: StackId, nanos: u64) {
        let known = self.at_stack(stack.0 as usize);
        known.waits = (known.waits.0 + 1, known.waits.1 + nanos);
    }

    /// Waits that are part of work by stack: how many, nanoseconds.
    pub(super) fn waits(&self) -> impl Iterator<Item = (StackId, u64, u64)> {
        let waits = self.stacks.iter().zip(0..).map(|(known, stack)| (StackId(stack), known.waits.0, known.waits.1));
        waits.filter(|wait| wait.1 > 0)
    }

    /// What spans of a state and class count as at a stack, if it was asked before.
    pub(super) fn meaning(&self, stack: StackId, of: GoStateAndClass) -> Option<Meaning> {
        let known = self.stacks.get(stack.0 as usize)?.of?;
        (known.0 == of).then_some(known.1)
    }

    /// Keeps what they count as.
    pub(super) fn learn(&mut self, stack: StackId, of: GoStateAndClass, meaning: Meaning) {
        self.at_stack(stack.0 as usize).of = Some((of, meaning));
    }

    #[expect(clippy::indexing_slicing, reason = "it has been made long enough")]
    fn at_stack(&mut self, at: usize) -> &mut AtStack {
        if at >= self.stacks.len() {
            self.stacks.resize(at + 1, AtStack::default());
        }
        &mut self.stacks[at]
    }
}
