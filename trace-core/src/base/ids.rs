//! The numbers that name things: as the Go runtime counts them, and as the model indexes them.

use serde::{Deserialize, Serialize};

macro_rules! runtime_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u64);

        impl $name {
            /// "None" on the wire: 2^64-1, printed as -1.
            pub const NONE: Self = Self(u64::MAX);

            /// Whether this names something.
            #[must_use]
            pub const fn is_some(self) -> bool {
                self.0 != u64::MAX
            }

            /// The id as Go prints it: signed, "none" is -1.
            #[must_use]
            pub const fn signed(self) -> i64 {
                self.0.cast_signed()
            }
        }
    };
}

runtime_id!(
    /// A goroutine's id as the runtime counts it (`goid`).
    GoId
);
runtime_id!(
    /// A proc's (P's) id.
    ProcId
);
runtime_id!(
    /// A thread's (M's) id: the operating system's thread id on Linux.
    ThreadId
);
runtime_id!(
    /// A user task's id. 0 is the background task; `NONE` is "no task".
    TaskId
);

macro_rules! index {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub struct $name(pub u32);

        impl $name {
            /// Stands for none: no such thing, or not known.
            pub const NONE: Self = Self(u32::MAX);

            /// Whether this names something.
            #[must_use]
            pub const fn is_some(self) -> bool {
                self.0 != u32::MAX
            }

            /// The position in the table it indexes.
            #[must_use]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

index!(
    /// Position of a goroutine in the model, in order of first appearance. Stable while a trace grows.
    GoroutineIdx
);
index!(
    /// Position of a proc in the model, in order of first appearance. Stable while a trace grows.
    ProcIdx
);
index!(
    /// Position of a thread in the model, in order of first appearance. Stable while a trace grows.
    ThreadIdx
);
index!(
    /// Position of a task in the model, in order of first appearance. Stable while a trace grows.
    TaskIdx
);

/// A string of the whole trace. 0 is the empty string.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StrId(pub u32);

impl StrId {
    /// The empty string, which every trace has.
    pub const EMPTY: Self = Self(0);
}

/// A call stack of the whole trace. 0 is "no stack".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct StackId(pub u32);

impl StackId {
    /// No stack was recorded.
    pub const NONE: Self = Self(0);

    /// Whether a stack was recorded.
    #[must_use]
    pub const fn is_some(self) -> bool {
        self.0 != 0
    }
}
