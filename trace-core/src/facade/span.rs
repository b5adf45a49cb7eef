//! A stretch of a goroutine's life, its stacks, and who ended a wait.

use std::fmt;
use std::time::Duration;

use crate::analysis::representative::frame_of;
use crate::base::visible::visible;
use crate::event::state::GoState;
use crate::facade::types::{Goroutine, Span, Stack, Wait, length};
use crate::model::flows::FlowKind;
use crate::model::lanes::LaneId;
use crate::model::trace::Frame;

impl<'t> Span<'t> {
    /// What the goroutine did.
    #[must_use]
    pub const fn state(&self) -> GoState {
        self.known.state
    }

    /// When it began, since the start of the trace; zero if it began before.
    #[must_use]
    pub fn start(&self) -> Duration {
        self.trace.since_start(self.known.range.start)
    }

    /// When it ended, since the start of the trace; the end of the trace if it went on.
    #[must_use]
    pub fn end(&self) -> Duration {
        self.trace.since_start(self.known.range.end)
    }

    /// How long it was, as far as the trace shows it.
    #[must_use]
    pub fn duration(&self) -> Duration {
        length(self.known.range)
    }

    /// Whether the trace shows all of it: it began and ended inside.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        !self.known.began_before && !self.known.goes_on
    }

    /// The runtime's word for why, such as `chan receive`, `sync` or `preempted`; empty if there is none.
    #[must_use]
    pub fn reason(&self) -> &'t str {
        self.trace.model().str(self.known.reason)
    }

    /// The goroutine whose span it is.
    #[must_use]
    pub fn goroutine(&self) -> Option<Goroutine<'t>> {
        Goroutine::of(self.trace, self.known.go)
    }

    /// Its stack when the span began: where it blocked, or entered a system call. Of a running span where it left off
    /// before: the runtime records no stack when a goroutine begins to run.
    #[must_use]
    pub const fn stack(&self) -> Stack<'t> {
        Stack { trace: self.trace, id: self.known.start_stack }
    }
}

/// `waiting (chan receive) for 1.5ms from 20ms`, on one line.
impl fmt::Display for Span<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.known.state.name())?;
        if !self.reason().is_empty() {
            write!(f, " ({})", visible(self.reason()))?;
        }
        write!(f, " for {:.3?} from {:.3?}", self.duration(), self.start())
    }
}

impl<'t> Wait<'t> {
    /// The span that the wait is.
    #[must_use]
    pub const fn span(&self) -> Span<'t> {
        self.span
    }

    /// When it began to wait, since the start of the trace; zero if that was before.
    #[must_use]
    pub fn start(&self) -> Duration {
        self.span.start()
    }

    /// When it was made runnable again, since the start of the trace; the end of the trace if it was not.
    #[must_use]
    pub fn end(&self) -> Duration {
        self.span.end()
    }

    /// Its stack as it waited.
    #[must_use]
    pub const fn stack(&self) -> Stack<'t> {
        self.span.stack()
    }

    /// How long it waited, as far as the trace shows it.
    #[must_use]
    pub fn duration(&self) -> Duration {
        self.span.duration()
    }

    /// What it waited for, in the runtime's words: `sync`, `chan receive`, `select`, `sleep`, …
    #[must_use]
    pub fn reason(&self) -> &'t str {
        self.span.reason()
    }

    /// Where it waited: the frame of its stack that says most, which is one of the program's if there is any.
    #[must_use]
    pub fn place(&self) -> Option<Frame<'t>> {
        self.span.stack().place()
    }

    /// The goroutine that made it runnable again, if one did and the trace saw it. (The network poller and timers have
    /// none.)
    #[must_use]
    pub fn waker(&self) -> Option<Goroutine<'t>> {
        let trace = self.span.trace;
        let next = trace.model().next_span(self.span.known.at)?;
        let flows = trace.model().flows_into(next.at);
        let flow = flows.iter().find(|flow| matches!(flow.kind, FlowKind::Unblock | FlowKind::Switch))?;
        match flow.from.lane {
            LaneId::Goroutine(go) => Goroutine::of(trace, go),
            _ => None,
        }
    }
}

/// Displayed as its span is.
impl fmt::Display for Wait<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.span.fmt(f)
    }
}

impl<'t> Stack<'t> {
    /// Its frames, the innermost call first; none if the trace has no stack there.
    pub fn frames(&self) -> impl Iterator<Item = Frame<'t>> + use<'t> {
        self.trace.model().frames(self.id)
    }

    /// The frame that says most about it: the innermost one of the program's own, else of what it calls.
    #[must_use]
    pub fn place(&self) -> Option<Frame<'t>> {
        frame_of(self.trace.model(), self.id)
    }
}

/// A line for each frame, as Go prints them.
impl fmt::Display for Stack<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, frame) in self.frames().enumerate() {
            if at > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{}\n\t{}:{}", visible(frame.function), visible(frame.file), frame.line)?;
        }
        Ok(())
    }
}
