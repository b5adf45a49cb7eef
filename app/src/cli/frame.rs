//! Frames of stacks, in JSON and in a few words.

use serde::Serialize;
use trace_core::analysis::places::Place;
use trace_core::base::ids::StackId;
use trace_core::model::trace::{self, Trace};

use crate::fmt::name::{base, function, is_own, is_runtime};

/// A frame.
#[derive(Clone, Debug, Serialize)]
pub struct Frame {
    /// Fully qualified function.
    pub function: String,
    /// Source file.
    pub file: String,
    /// Line in it.
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

    /// `example.com/shop/cart.Add (cart.go:12)`
    #[must_use]
    pub fn in_full(&self) -> String {
        format!("{} ({}:{})", self.function, base(&self.file), self.line)
    }

    /// `cart.Add (cart.go:12)`
    #[must_use]
    pub fn in_short(&self) -> String {
        format!("{} ({}:{})", function(&self.function), base(&self.file), self.line)
    }

    /// The frame of a stack that says most: the innermost of the program itself, else the innermost that is not the
    /// runtime's, else the innermost.
    #[must_use]
    pub fn telling(stack: &[Self]) -> Option<&Self> {
        let own = stack.iter().find(|frame| is_own(&frame.function));
        own.or_else(|| stack.iter().find(|frame| !is_runtime(&frame.function))).or_else(|| stack.first())
    }
}
