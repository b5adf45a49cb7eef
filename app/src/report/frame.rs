//! Frames of stacks, in JSON and in a few words.

use serde::Serialize;
use trace_core::analysis::places::{Place, in_words};
use trace_core::analysis::representative::representative;
use trace_core::base::ids::StackId;
use trace_core::model::trace::{self, Trace};

use crate::fmt::name::function;

/// A frame of a call stack, as reports show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Frame {
    /// Fully qualified function; empty if unknown.
    pub function: String,
    /// Source file, as in the trace; empty if unknown.
    pub file: String,
    /// Line in the file; 0 if unknown.
    pub line: u64,
}

impl From<Place> for Frame {
    fn from(place: Place) -> Self {
        Self { function: place.function, file: place.file, line: place.line }
    }
}

impl From<&Place> for Frame {
    fn from(place: &Place) -> Self {
        Self::from(place.clone())
    }
}

impl From<trace::Frame<'_>> for Frame {
    fn from(frame: trace::Frame<'_>) -> Self {
        Self { function: frame.function.to_owned(), file: frame.file.to_owned(), line: frame.line }
    }
}

impl Frame {
    /// All frames of a stack, leaf first.
    #[must_use]
    pub fn all(trace: &Trace, stack: StackId) -> Vec<Self> {
        trace.frames(stack).map(Self::from).collect()
    }

    /// The frame with its full name: `example.com/shop/cart.Add (cart.go:12)`.
    #[must_use]
    pub fn in_full(&self) -> String {
        in_words(&self.function, &self.file, self.line)
    }

    /// The frame with its short name: `cart.Add (cart.go:12)`.
    #[must_use]
    pub fn in_short(&self) -> String {
        in_words(function(&self.function), &self.file, self.line)
    }

    /// Whether its function or its file is known.
    #[must_use]
    pub const fn is_known(&self) -> bool {
        !self.function.is_empty() || !self.file.is_empty()
    }

    /// The frame that represents a stack; `None` if nothing is known of any.
    #[must_use]
    pub fn representative(stack: &[Self]) -> Option<&Self> {
        fn frame(frame: &Frame) -> trace::Frame<'_> {
            trace::Frame { function: &frame.function, file: &frame.file, line: frame.line, pc: 0 }
        }
        representative(stack.iter().map(frame)).and_then(|at| stack.get(at))
    }
}
