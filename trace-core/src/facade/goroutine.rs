//! A goroutine, and where its time went.

use std::fmt;
use std::ops::AddAssign;
use std::time::Duration;

use crate::analysis::representative::frame_of;
use crate::base::time::TimeRange;
use crate::base::visible::visible;
use crate::event::state::GoState;
use crate::facade::types::{Goroutine, Region, Span, Stack, TimeByState, Wait, length};
use crate::model::lanes::LaneId;

impl<'t> Goroutine<'t> {
    /// The number that Go calls it by. Go gives each number once, but a damaged trace may show one twice: see
    /// [`Self::index`].
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.known.id.0
    }

    /// The function that it was started with; empty if the trace never shows it.
    #[must_use]
    pub fn name(&self) -> &'t str {
        self.trace.model().str(self.known.name)
    }

    /// Whether it is one of the runtime's own: a GC worker, the reader of the trace, …
    #[must_use]
    pub const fn is_system(&self) -> bool {
        self.known.is_system
    }

    /// When it was created, since the start of the trace; `None` if that was before.
    #[must_use]
    pub fn created(&self) -> Option<Duration> {
        self.known.created.map(|time| self.trace.since_start(time))
    }

    /// When it ended, since the start of the trace; `None` if it outlived the trace.
    #[must_use]
    pub fn ended(&self) -> Option<Duration> {
        self.known.ended.map(|time| self.trace.since_start(time))
    }

    /// Who created it, if the trace saw that.
    #[must_use]
    pub fn creator(&self) -> Option<Self> {
        Self::of(self.trace, self.known.creator?)
    }

    /// The stack of its creator at that moment.
    #[must_use]
    pub const fn creation_stack(&self) -> Stack<'t> {
        Stack { trace: self.trace, id: self.known.creation_stack }
    }

    /// What it did, span by span, in the order of time. Spans touch each other: where one ends the next begins.
    pub fn spans(&self) -> impl Iterator<Item = Span<'t>> + use<'t> {
        let trace = self.trace;
        trace.model().spans(self.lane(), trace.model().range()).map(move |known| Span { trace, known })
    }

    /// The spans in which it waited for something, in the order of time.
    pub fn waits(&self) -> impl Iterator<Item = Wait<'t>> + use<'t> {
        self.spans().filter(|span| span.state() == GoState::Waiting).map(|span| Wait { span })
    }

    /// Its regions, in the order of time.
    pub fn regions(&self) -> impl Iterator<Item = Region<'t>> + use<'t> {
        let trace = self.trace;
        trace.model().regions(self.known.idx, trace.model().range()).map(move |known| Region { trace, known })
    }

    /// How its time in the trace was spent. Goes through all of its spans.
    #[must_use]
    pub fn time_by_state(&self) -> TimeByState {
        self.time_in(self.trace.model().range())
    }

    /// How it spent the time from `start` until `end`, both since the start of the trace. Goes through its spans in between,
    /// of which those that reach further count as far as they lie inside.
    #[must_use]
    pub fn time_between(&self, start: Duration, end: Duration) -> TimeByState {
        self.time_in(TimeRange::new(self.trace.after_start(start), self.trace.after_start(end)))
    }

    pub(super) fn time_in(&self, range: TimeRange) -> TimeByState {
        let mut sums = TimeByState::default();
        for span in self.trace.model().spans(self.lane(), range) {
            let sum = match span.state {
                GoState::Running => &mut sums.running,
                GoState::Runnable => &mut sums.runnable,
                GoState::Waiting => &mut sums.waiting,
                GoState::Syscall => &mut sums.syscall,
                GoState::Unknown | GoState::Dead => continue,
            };
            *sum += length(span.range.intersect(range));
        }
        sums
    }

    /// How long it was blocked: waiting for a lock, a channel, the network, a timer, … Goes through all of its spans.
    #[must_use]
    pub fn blocked(&self) -> Duration {
        self.time_by_state().waiting
    }

    const fn lane(&self) -> LaneId {
        LaneId::Goroutine(self.known.idx)
    }

    /// The function of the program, if any, in which it was started; for [`fmt::Display`].
    fn words(&self) -> &'t str {
        match self.name() {
            "" => frame_of(self.trace.model(), self.known.creation_stack).map_or("", |frame| frame.function),
            name => name,
        }
    }
}

/// `G13 main.worker`, on one line.
impl fmt::Display for Goroutine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.words() {
            "" => write!(f, "G{}", self.id()),
            name => write!(f, "G{} {}", self.id(), visible(name)),
        }
    }
}

impl TimeByState {
    /// The sum of all states.
    #[must_use]
    pub fn total(&self) -> Duration {
        self.running + self.runnable + self.waiting + self.syscall
    }
}

impl AddAssign for TimeByState {
    fn add_assign(&mut self, other: Self) {
        self.running += other.running;
        self.runnable += other.runnable;
        self.waiting += other.waiting;
        self.syscall += other.syscall;
    }
}
