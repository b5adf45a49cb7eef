//! One hit of a search, and the kinds of hits.

use crate::base::ids::StrId;
use crate::base::time::{TimeRange, TraceTime};
use crate::model::lanes::{LaneId, SpanRef};

/// The kinds of things that are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HitKind {
    /// A goroutine, by its id or functions.
    Goroutine,
    /// A span of a goroutine's lane.
    Span,
    /// A user task, by its type or id.
    Task,
    /// A user region, by its type.
    Region,
    /// A log message, by category or text.
    Log,
    /// A label that a goroutine got.
    GoLabel,
    /// A CPU sample, by its stack.
    Sample,
    /// A GC cycle, by its times.
    Gc,
    /// An STW pause, by its reason.
    Stw,
    /// The name of a function in stacks. Counted, never listed: it has no time.
    Function,
}

impl HitKind {
    /// How many there are.
    pub const COUNT: usize = 10;
    /// All of them, in the order of `Hits::counts`.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Goroutine,
        Self::Span,
        Self::Task,
        Self::Region,
        Self::Log,
        Self::GoLabel,
        Self::Sample,
        Self::Gc,
        Self::Stw,
        Self::Function,
    ];

    /// In words, for many: `goroutines`.
    #[must_use]
    pub const fn plural(self) -> &'static str {
        match self {
            Self::Goroutine => "goroutines",
            Self::Span => "spans",
            Self::Task => "tasks",
            Self::Region => "regions",
            Self::Log => "log messages",
            Self::GoLabel => "labels",
            Self::Sample => "CPU samples",
            Self::Gc => "GC cycles",
            Self::Stw => "STW pauses",
            Self::Function => "functions",
        }
    }

    /// In words, for one: `goroutine`.
    #[must_use]
    pub const fn singular(self) -> &'static str {
        match self {
            Self::Goroutine => "goroutine",
            Self::Span => "span",
            Self::Task => "task",
            Self::Region => "region",
            Self::Log => "log message",
            Self::GoLabel => "label",
            Self::Sample => "CPU sample",
            Self::Gc => "GC cycle",
            Self::Stw => "STW pause",
            Self::Function => "function",
        }
    }
}

/// One thing that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// What kind of thing it is.
    pub kind: HitKind,
    /// The lane that shows it: of a task the goroutine that began it (`GoroutineIdx::NONE` if the trace does not tell), of a
    /// sample without a goroutine its proc or thread.
    pub lane: LaneId,
    /// When: a life, a span, a task or region within the trace; log messages, labels and samples take no time.
    pub range: TimeRange,
    /// The span, where it is one.
    pub span: Option<SpanRef>,
    /// Its number among those of its kind, by which it is told from others of the same time.
    pub at: u64,
    /// What it is called, for a tooltip: start function, type, text of a message or label; of spans and samples the
    /// function that matched, else the reason. Empty if there is none. As recorded: show it with a trace for showing.
    pub text: StrId,
}

impl Hit {
    /// The order of hits: by time, then kind, lane and number.
    #[must_use]
    pub const fn order(&self) -> (TraceTime, HitKind, LaneId, u64) {
        (self.range.start, self.kind, self.lane, self.at)
    }
}
