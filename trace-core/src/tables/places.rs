//! What a stack is about: the frame that represents it, its leaf and its root.

use crate::analysis::places::{Op, Places};
use crate::analysis::representative::frame_of;
use crate::base::ids::StackId;
use crate::model::trace::Trace;

/// A stack in words. Empty where the stack does not tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackWords {
    /// The function that represents it: the program's own nearest to the leaf, if there is one.
    pub function: String,
    /// The source file of that frame, as in the trace.
    pub file: String,
    /// Its line; 0 if it is not known.
    pub line: u64,
    /// What the goroutine was in there: `sync.(*Mutex).Lock`, `chan receive`.
    pub operation: &'static str,
    /// The function at the leaf.
    pub leaf: String,
    /// The function at the root: the goroutine's start function.
    pub root: String,
    /// How many frames it has.
    pub depth: usize,
}

impl StackWords {
    /// Of all stacks of a trace, by [`StackId`]; the first is that of no stack.
    #[must_use]
    pub fn of_all(trace: &Trace) -> Vec<Self> {
        let places = Places::new(trace);
        (0..trace.stack_count()).map(|id| Self::of(trace, &places, StackId(id))).collect()
    }

    fn of(trace: &Trace, places: &Places<'_>, stack: StackId) -> Self {
        let mut words = Self::default();
        for frame in trace.frames(stack) {
            if words.depth == 0 {
                frame.function.clone_into(&mut words.leaf);
            }
            frame.function.clone_into(&mut words.root);
            words.depth += 1;
        }
        if let Some(frame) = frame_of(trace, stack) {
            frame.function.clone_into(&mut words.function);
            frame.file.clone_into(&mut words.file);
            words.line = frame.line;
        }
        let op = places.op(stack);
        words.operation = if op == Op::Other { "" } else { op.name() };
        words
    }
}
