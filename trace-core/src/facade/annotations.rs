//! What the program itself said of its work: tasks, regions, messages.

use std::fmt;
use std::time::Duration;

use crate::analysis::tasks::life;
use crate::base::visible::visible;
use crate::facade::types::{Goroutine, Log, Region, Stack, Task, TimeByState, length};

impl<'t> Task<'t> {
    /// The number that Go gave it. Go gives each number once, but a damaged trace may show one twice: see [`Self::index`].
    #[must_use]
    pub const fn id(&self) -> u64 {
        self.known.id.0
    }

    /// Its type, as the program called it.
    #[must_use]
    pub fn name(&self) -> &'t str {
        self.trace.model().str(self.known.name)
    }

    /// The task that it is a part of.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        Self::of(self.trace, self.known.parent?)
    }

    /// When it began, since the start of the trace; `None` if that was before.
    #[must_use]
    pub fn began(&self) -> Option<Duration> {
        self.known.began.map(|time| self.trace.since_start(time))
    }

    /// When it ended, since the start of the trace; `None` if it outlived the trace.
    #[must_use]
    pub fn ended(&self) -> Option<Duration> {
        self.known.ended.map(|time| self.trace.since_start(time))
    }

    /// How long it took, as far as the trace shows it.
    #[must_use]
    pub fn duration(&self) -> Duration {
        length(life(self.trace.model(), &self.known))
    }

    /// The goroutine that began it, if the trace saw that.
    #[must_use]
    pub fn goroutine(&self) -> Option<Goroutine<'t>> {
        Goroutine::of(self.trace, self.known.go)
    }

    /// The regions that belong to it, by goroutine and time. Goes through all regions of the trace.
    pub fn regions(&self) -> impl Iterator<Item = Region<'t>> + use<'t> {
        let task = *self;
        self.trace.regions().filter(move |region| region.task() == Some(task))
    }

    /// The messages that were logged for it, in the order of time. Goes through all messages of the trace.
    pub fn logs(&self) -> impl Iterator<Item = Log<'t>> + use<'t> {
        let task = *self;
        self.trace.logs().filter(move |log| log.task() == Some(task))
    }
}

/// `request (task 7)`, on one line.
impl fmt::Display for Task<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (task {})", visible(self.name()), self.id())
    }
}

impl<'t> Region<'t> {
    /// Its type, as the program called it.
    #[must_use]
    pub fn name(&self) -> &'t str {
        self.trace.model().str(self.known.name)
    }

    /// When it began, since the start of the trace; zero if that was before.
    #[must_use]
    pub fn start(&self) -> Duration {
        self.trace.since_start(self.known.range.start)
    }

    /// When it ended, since the start of the trace; the end of the trace, or of its goroutine, if it was open then.
    #[must_use]
    pub fn end(&self) -> Duration {
        self.trace.since_start(self.known.range.end)
    }

    /// How long it took, as far as the trace shows it.
    #[must_use]
    pub fn duration(&self) -> Duration {
        length(self.known.range)
    }

    /// Whether the trace shows all of it: it began and ended inside.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        !self.known.began_before && !self.known.goes_on
    }

    /// What its goroutine did meanwhile. Goes through the goroutine's spans in that time.
    #[must_use]
    pub fn time_by_state(&self) -> TimeByState {
        self.goroutine().map_or_else(TimeByState::default, |goroutine| goroutine.time_in(self.known.range))
    }

    /// The goroutine that the region is in.
    #[must_use]
    pub fn goroutine(&self) -> Option<Goroutine<'t>> {
        Goroutine::of(self.trace, self.known.go)
    }

    /// The task that it belongs to; `None` outside of tasks.
    #[must_use]
    pub fn task(&self) -> Option<Task<'t>> {
        Task::of(self.trace, self.known.task?)
    }

    /// The stack where it began; empty if none was recorded.
    #[must_use]
    pub const fn stack(&self) -> Stack<'t> {
        Stack { trace: self.trace, id: self.known.start_stack }
    }
}

/// `parse for 1.5ms from 20ms`, on one line.
impl fmt::Display for Region<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} for {:.3?} from {:.3?}", visible(self.name()), self.duration(), self.start())
    }
}

impl<'t> Log<'t> {
    /// When, since the start of the trace.
    #[must_use]
    pub fn time(&self) -> Duration {
        self.trace.since_start(self.known.time)
    }

    /// The category that the program gave it; may be empty.
    #[must_use]
    pub fn category(&self) -> &'t str {
        self.trace.model().str(self.known.category)
    }

    /// The text of the message, as the program wrote it: not escaped.
    #[must_use]
    pub fn message(&self) -> &'t str {
        self.trace.model().str(self.known.message)
    }

    /// The goroutine that logged it.
    #[must_use]
    pub fn goroutine(&self) -> Option<Goroutine<'t>> {
        Goroutine::of(self.trace, self.known.go)
    }

    /// The task that it belongs to; `None` outside of tasks.
    #[must_use]
    pub fn task(&self) -> Option<Task<'t>> {
        Task::of(self.trace, self.known.task?)
    }
}

/// `20ms category: message`, on one line.
impl fmt::Display for Log<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3?} ", self.time())?;
        if !self.category().is_empty() {
            write!(f, "{}: ", visible(self.category()))?;
        }
        write!(f, "{}", visible(self.message()))
    }
}
