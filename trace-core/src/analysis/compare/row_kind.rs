//! The kinds of rows of a comparison.

/// What a row is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowKind {
    /// User tasks by type, begun and ended in range.
    #[default]
    Task,
    /// User regions by type and the function where they begin.
    Region,
    /// Units of work by the program's outermost function: from one idle wait to the next.
    Work,
    /// Waits that are part of work, by operation and the program's function.
    Wait,
    /// Sleeps of the program, by function.
    Sleep,
    /// System calls by the program's function.
    Syscall,
    /// Waits for a proc by start function.
    Sched,
    /// Time on a proc by start function, a goroutine each.
    Running,
    /// Lives of goroutines by start function, those created and ended in range.
    Goroutine,
    /// Goroutines created in range that still wait at its end, by where they wait; the time since.
    Stuck,
    /// CPU samples by function; one sample counts as 10 ms.
    Samples,
    /// GC cycles, all in one row.
    Gc,
    /// The heap: bytes allocated, and the heap goal. Figures are bytes where other rows have nanoseconds.
    Heap,
    /// Stops of the world by reason.
    Stw,
    /// Mark assists by the program's function.
    Assist,
    /// Of a session: requests by service and name of their first span.
    Request,
    /// Of a session: the time of requests that is a service's own, by service.
    SelfTime,
    /// Of a session: calls from service to service, by what served them.
    Call,
}

impl RowKind {
    /// The stable name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Region => "region",
            Self::Work => "work",
            Self::Wait => "wait",
            Self::Sleep => "sleep",
            Self::Syscall => "syscall",
            Self::Sched => "sched",
            Self::Running => "running",
            Self::Goroutine => "goroutine",
            Self::Stuck => "stuck",
            Self::Samples => "samples",
            Self::Gc => "gc",
            Self::Heap => "heap",
            Self::Stw => "stw",
            Self::Assist => "assist",
            Self::Request => "request",
            Self::SelfTime => "self_time",
            Self::Call => "call",
        }
    }

    /// Whether it is something whole that a program does for somebody, so that it can be faster or slower.
    #[must_use]
    pub const fn is_work(self) -> bool {
        matches!(self, Self::Task | Self::Region | Self::Work | Self::Request | Self::Call)
    }
}
