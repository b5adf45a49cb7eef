//! Which parts of a trace are one and the same, and what `{:?}` prints of them: what they are, not the trace that they
//! belong to.

use std::fmt;
use std::sync::Arc;

use crate::facade::types::{Goroutine, Log, Problem, Region, Span, Stack, Task, Trace, Wait};

impl Goroutine<'_> {
    /// Its place in the order of [`Trace::goroutines`], from 0. No two goroutines of a trace have the same one, so it is
    /// a key for maps, and an index for vectors.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.known.idx.index()
    }
}

impl Task<'_> {
    /// Its place in the order of [`Trace::tasks`], from 0. No two tasks of a trace have the same one, so it is a key for
    /// maps, and an index for vectors.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.known.idx.index()
    }
}

impl Stack<'_> {
    /// A number that all stacks of this trace with the same frames have, and no others: a key for maps.
    #[must_use]
    pub const fn index(&self) -> usize {
        self.id.0 as usize
    }
}

/// Equal by their index. There is no `Hash`: clippy would warn of each map with such a key (`mutable_key_type`), since a
/// trace works some of its tables out when they are first asked for.
macro_rules! equal_by_index {
    ($($part:ident),*) => {$(
        /// The same one of the same trace, or of a clone of it.
        impl PartialEq for $part<'_> {
            fn eq(&self, other: &Self) -> bool {
                self.index() == other.index() && Arc::ptr_eq(&self.trace.model, &other.trace.model)
            }
        }

        impl Eq for $part<'_> {}
    )*};
}

equal_by_index!(Goroutine, Task, Stack);

/// `{:?}` as `{}`, with the name of the type.
macro_rules! debug_as_display {
    ($($part:ty: $name:literal),*) => {$(
        impl fmt::Debug for $part {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!($name, "({})"), self)
            }
        }
    )*};
}

debug_as_display!(
    Trace: "Trace", Problem: "Problem", Goroutine<'_>: "Goroutine", Span<'_>: "Span", Wait<'_>: "Wait", Task<'_>: "Task",
    Region<'_>: "Region", Log<'_>: "Log"
);

impl fmt::Debug for Stack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.frames().map(|frame| frame.to_string())).finish()
    }
}
