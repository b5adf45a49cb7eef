//! Where did an interval of a goroutine go? Walks along real wake-ups, only while the one before waits, so
//! that the steps cover the interval exactly, without gap or overlap.
//!
//! ```text
//! victim   ──run──┐            wait            ┌──run──
//! waker           │      wait       ┌──run──●──┘          the wake-up that ended the wait
//! its waker       └──run──●─────────┘
//! steps    ──run──┤──run──┤───run───┤──run──  (one after the other: parts sum to the whole)
//! ```

use std::iter::Peekable;

use crate::analysis::prior::{is_prior, resumed_at};
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::spans::Span;
use crate::model::trace::{SpecialKind, Trace};
use crate::model::transitions::Transition;

/// How far wakers of wakers are followed.
const DEPTH: u32 = 64;
/// The same where all of them wait for one thing, one after the other.
const QUEUE: u32 = 1_024;
/// How many spans are looked at before the rest is left unexplained, where somebody waits for the answer.
const BUDGET: u32 = 50_000;
/// The same for whoever asks about a whole trace.
const AMPLE: u32 = 2_000_000;

/// What somebody did during a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// The trace does not say.
    Unknown,
    /// Executing code of the program.
    Running,
    /// Executing, made to help the collector.
    MarkAssist,
    /// Executing or in a system call, as far as the runtime knows, but the operating system gave the process no CPU.
    NoCpu,
    /// Ready, but without a proc.
    Runnable,
    /// In a system call.
    Syscall,
    /// In a C function, which the runtime records as a system call.
    CgoCall,
    /// Waiting, and nobody in the trace is known to have ended it by what they did meanwhile: for the
    /// network, a timer, or someone outside.
    Waiting(SpanClass),
    /// The goroutine did not exist yet; a timer or C code created it later, inside the trace.
    NotCreated,
    /// Not looked into: too deep or too long.
    Unfollowed,
}

impl StepKind {
    /// Its stable name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Running => "running",
            Self::MarkAssist => "mark_assist",
            Self::NoCpu => "no_cpu",
            Self::Runnable => "runnable",
            Self::Syscall => "syscall",
            Self::CgoCall => "cgo_call",
            Self::Waiting(_) => "waiting",
            Self::NotCreated => "not_created",
            Self::Unfollowed => "unfollowed",
        }
    }

    /// The class of spans that it is drawn as; `None` without a CPU, and where it is not known or not analysed.
    #[must_use]
    pub const fn class(self) -> Option<SpanClass> {
        match self {
            Self::Running => Some(SpanClass::Running),
            Self::MarkAssist => Some(SpanClass::Gc),
            Self::Runnable => Some(SpanClass::Runnable),
            Self::Syscall | Self::CgoCall => Some(SpanClass::Syscall),
            Self::Waiting(class) => Some(class),
            Self::NoCpu | Self::NotCreated | Self::Unfollowed | Self::Unknown => None,
        }
    }
}

/// A wait whose waker was followed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    /// The goroutine that waited.
    pub go: GoroutineIdx,
    /// The part of the wait that matters.
    pub range: TimeRange,
    /// The span that is the wait.
    pub span: SpanRef,
    /// Where; `NONE` if the wait began before the trace, and for the time before a goroutine was created.
    pub stack: StackId,
    /// What it waited for, in the runtime's words.
    pub reason: StrId,
    /// The goroutine that ended the wait.
    pub waker: GoroutineIdx,
    /// Where the waker did.
    pub waker_stack: StackId,
    /// The goroutine was not there yet: the waker created it.
    pub is_creation: bool,
    /// The wait that this one explains.
    pub parent: Option<u32>,
}

/// A stretch of the interval and who did what in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// From when to when it was so.
    pub range: TimeRange,
    /// The goroutine whose time it was.
    pub go: GoroutineIdx,
    /// What the goroutine was doing.
    pub doing: StepKind,
    /// The runtime's word for it.
    pub reason: StrId,
    /// Where: of a wait or call, the stack; of a run, where it left off or woke others, if known: the last stack seen
    /// in the step, never a later one.
    pub stack: StackId,
    /// The wait began before the trace, without a stack: `stack` is the next one that the goroutine left.
    pub is_resumed: bool,
    /// The span that it is part of.
    pub span: Option<SpanRef>,
    /// The wait that it explains; `None` for the victim's own doing.
    pub link: Option<u32>,
}

/// Where the time of an interval went, step by step.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WaitChain {
    /// The interval that is explained.
    pub range: TimeRange,
    /// In time order; they cover the interval exactly.
    pub steps: Vec<Step>,
    /// The waits that were followed.
    pub links: Vec<Link>,
}

impl WaitChain {
    /// How many waits lie between the victim and a step: 0 is its own doing.
    #[must_use]
    pub fn depth(&self, step: &Step) -> u32 {
        let mut depth = 0;
        let mut link = step.link;
        while let Some(at) = link {
            depth += 1;
            link = self.links.get(at as usize).and_then(|link| link.parent);
        }
        depth
    }

    /// The wait that a step explains.
    #[must_use]
    pub fn link(&self, step: &Step) -> Option<&Link> {
        self.links.get(step.link? as usize)
    }
}

/// Where the time of `go` in `range` went, following every wait.
#[must_use]
pub fn wait_chain(trace: &Trace, go: GoroutineIdx, range: TimeRange) -> WaitChain {
    walk(trace, go, range, &|_| true)
}

/// The same with patience: for long stretches of busy programs.
#[must_use]
pub fn long_wait_chain(trace: &Trace, go: GoroutineIdx, range: TimeRange) -> WaitChain {
    walk_within(trace, (go, range), &|_| true, (QUEUE, AMPLE))
}

/// The same as [`wait_chain`], following only the waits that `follows` picks; the others are steps of their own.
#[must_use]
pub fn walk(trace: &Trace, go: GoroutineIdx, range: TimeRange, follows: &dyn Fn(&Span) -> bool) -> WaitChain {
    walk_within(trace, (go, range), follows, (DEPTH, BUDGET))
}

/// The same through queues of any length, in which each ends the wait of the next.
pub(crate) fn walk_queue(
    trace: &Trace,
    go: GoroutineIdx,
    range: TimeRange,
    follows: &dyn Fn(&Span) -> bool,
) -> WaitChain {
    walk_within(trace, (go, range), follows, (QUEUE, BUDGET))
}

fn walk_within(
    trace: &Trace,
    (go, range): (GoroutineIdx, TimeRange),
    follows: &dyn Fn(&Span) -> bool,
    (depth, budget): (u32, u32),
) -> WaitChain {
    let mut walker = Walker { trace, follows, depth, budget, chain: WaitChain { range, ..WaitChain::default() } };
    walker.cover(go, range);
    walker.chain
}

struct Walker<'a> {
    trace: &'a Trace,
    follows: &'a dyn Fn(&Span) -> bool,
    depth: u32,
    budget: u32,
    chain: WaitChain,
}

/// A stretch of a goroutine that is being covered with steps. Those it waits for are covered in between: a queue for a
/// lock may be a thousand goroutines long, so this is a stack of its own.
struct Level<'a> {
    go: GoroutineIdx,
    range: TimeRange,
    /// How far it is covered.
    at: TraceTime,
    transitions: Peekable<Box<dyn Iterator<Item = Transition> + 'a>>,
    link: Option<u32>,
}

/// What is to be covered next: a goroutine that another waited for, within a stretch, and the wait it explains.
type Descent = (GoroutineIdx, TimeRange, u32);

impl<'a> Walker<'a> {
    /// Adds steps that cover `range` of `go`.
    fn cover(&mut self, go: GoroutineIdx, range: TimeRange) {
        let mut levels = vec![self.level(go, range, None)];
        while let Some(mut level) = levels.pop() {
            if let Some((go, range, link)) = self.advance(&mut level, levels.len() as u32) {
                levels.push(level);
                levels.push(self.level(go, range, Some(link)));
            }
        }
    }

    fn level(&self, go: GoroutineIdx, range: TimeRange, link: Option<u32>) -> Level<'a> {
        // One more nanosecond shows who ended a wait that ends with the range.
        let transitions = self.trace.transitions(go, TimeRange::new(range.start, range.end.plus_nanos(1)));
        let transitions: Box<dyn Iterator<Item = Transition> + 'a> = Box::new(transitions);
        Level { go, range, at: range.start, transitions: transitions.peekable(), link }
    }

    /// Goes on with a stretch until somebody else is to be covered first, or it is done (`None`).
    fn advance(&mut self, level: &mut Level<'a>, depth: u32) -> Option<Descent> {
        while let Some(found) = level.transitions.peek().copied() {
            let part = found.span.range.intersect(level.range);
            if part.nanos() <= 0 || part.end <= level.at {
                level.transitions.next();
                continue;
            }
            if self.budget == 0 {
                break;
            }
            let before = TimeRange::new(level.at, part.start);
            if before.nanos() > 0 {
                level.at = part.start;
                match self.gap(level.go, &found, before, level.link, depth) {
                    None => continue,
                    descent => return descent,
                }
            }
            self.budget -= 1;
            level.transitions.next();
            let part = TimeRange::new(part.start.max(level.at), part.end);
            level.at = part.end;
            let descent = self.piece(&found, level.transitions.peek(), part, level.link, depth);
            if descent.is_some() {
                return descent;
            }
        }
        if level.at < level.range.end {
            let doing = match () {
                () if self.budget == 0 => StepKind::Unfollowed,
                () if self.is_created_after(level.go, level.range.end) => StepKind::NotCreated,
                () => StepKind::Unknown,
            };
            let rest = TimeRange::new(level.at, level.range.end);
            level.at = level.range.end;
            self.push(Step { doing, ..blank(level.go, rest, level.link) });
        }
        None
    }

    /// Before a goroutine was there, what counts is what its creator did.
    fn gap(
        &mut self,
        go: GoroutineIdx,
        next: &Transition,
        range: TimeRange,
        link: Option<u32>,
        depth: u32,
    ) -> Option<Descent> {
        match next.by {
            Some(LaneId::Goroutine(creator))
                if depth < self.depth && creator != go && next.span.range.start == range.end =>
            {
                let parent = link;
                let link = self.chain.links.len() as u32;
                self.chain.links.push(Link {
                    go,
                    range,
                    span: next.span.at,
                    stack: StackId::NONE,
                    reason: StrId::EMPTY,
                    waker: creator,
                    waker_stack: next.by_stack,
                    is_creation: true,
                    parent,
                });
                return Some((creator, range, link));
            }
            _ => {
                let doing = if self.is_created_after(go, range.end) { StepKind::NotCreated } else { StepKind::Unknown };
                self.push(Step { doing, ..blank(go, range, link) });
            }
        }
        None
    }

    /// Whether the trace tells that a goroutine was created, and no earlier than this.
    fn is_created_after(&self, go: GoroutineIdx, time: TraceTime) -> bool {
        self.trace.goroutine(go).and_then(|known| known.created).is_some_and(|created| created >= time)
    }

    fn piece(
        &mut self,
        found: &Transition,
        next: Option<&Transition>,
        range: TimeRange,
        link: Option<u32>,
        depth: u32,
    ) -> Option<Descent> {
        let span = &found.span;
        let step = Step { span: Some(span.at), reason: span.reason, ..blank(span.go, range, link) };
        match span.state {
            GoState::Waiting => {
                let (waker, waker_stack) = self.waker(span, next);
                match waker {
                    Some(waker) if waker != span.go && (self.follows)(span) => {
                        if depth >= self.depth {
                            self.push(Step { doing: StepKind::Unfollowed, stack: span.start_stack, ..step });
                            return None;
                        }
                        let parent = link;
                        let link = self.chain.links.len() as u32;
                        let (go, stack, reason) = (span.go, span.start_stack, span.reason);
                        let at = span.at;
                        let is_creation = false;
                        let wait = Link { go, range, span: at, stack, reason, waker, waker_stack, is_creation, parent };
                        self.chain.links.push(wait);
                        return Some((waker, range, link));
                    }
                    _ => {
                        let is_resumed = is_prior(span);
                        let stack =
                            if is_resumed { resumed_at(self.trace, span.go, span.range.end) } else { span.start_stack };
                        self.push(Step { doing: StepKind::Waiting(span.class), stack, is_resumed, ..step });
                    }
                }
            }
            GoState::Running => {
                let step = Step { doing: StepKind::Running, stack: self.run_stack(span, range, link), ..step };
                self.cut(span.go, step, |walker, step| walker.run(span.go, step));
            }
            GoState::Runnable => self.push(Step { doing: StepKind::Runnable, stack: span.start_stack, ..step }),
            GoState::Syscall => {
                let is_in_c = self.trace.is_in_c(span.go, span.start_stack);
                let doing = if is_in_c { StepKind::CgoCall } else { StepKind::Syscall };
                let step = Step { doing, stack: span.start_stack, ..step };
                self.cut(span.go, step, |walker, step| walker.push(step));
            }
            GoState::Unknown | GoState::Dead => self.push(step),
        }
        None
    }

    /// Where a goroutine ran, as seen inside `range`: where the run ended, or, if it went on, where it ended the wait
    /// that is being explained; else where it had left off before. What it did afterwards says nothing of the range.
    fn run_stack(&self, span: &Span, range: TimeRange, link: Option<u32>) -> StackId {
        let release = || {
            let link = self.chain.links.get(link? as usize)?;
            (link.range.end == range.end).then_some(link.waker_stack)
        };
        let last = if span.range.end <= range.end { span.end_stack } else { release().unwrap_or_default() };
        if last.is_some() { last } else { span.start_stack }
    }

    /// A run or a system call, cut where the process had no CPU; `rest` takes what is left.
    fn cut(&mut self, go: GoroutineIdx, step: Step, mut rest: impl FnMut(&mut Self, Step)) {
        let trace = self.trace;
        let mut at = step.range.start;
        for (part, _) in trace.no_cpu().parts(LaneId::Goroutine(go), step.range) {
            rest(self, Step { range: TimeRange::new(at, part.start), ..step });
            self.push(Step { range: part, doing: StepKind::NoCpu, ..step });
            at = part.end;
        }
        rest(self, Step { range: TimeRange::new(at, step.range.end), ..step });
    }

    /// A run, cut where the collector made it help.
    fn run(&mut self, go: GoroutineIdx, step: Step) {
        let mut at = step.range.start;
        for special in self.trace.special_ranges(LaneId::Goroutine(go), step.range) {
            let part = special.range.intersect(step.range);
            if special.kind != SpecialKind::MarkAssist || part.nanos() <= 0 || part.start < at {
                continue;
            }
            self.push(Step { range: TimeRange::new(at, part.start), ..step });
            self.push(Step { range: part, doing: StepKind::MarkAssist, stack: special.stack, ..step });
            at = part.end;
        }
        self.push(Step { range: TimeRange::new(at, step.range.end), ..step });
    }

    /// Who ended a wait, and where they did.
    fn waker(&self, span: &Span, next: Option<&Transition>) -> (Option<GoroutineIdx>, StackId) {
        let by = match next {
            Some(next) if next.span.range.start == span.range.end => (next.by, next.by_stack),
            // It goes on beyond the interval: whoever ends it later is still the cause.
            _ if !span.goes_on => match self.trace.next_span(span.at) {
                Some(next) if next.range.start == span.range.end => self.trace.maker(next.at),
                _ => (None, StackId::NONE),
            },
            _ => (None, StackId::NONE),
        };
        match by {
            (Some(LaneId::Goroutine(go)), stack) => (Some(go), stack),
            (_, stack) => (None, stack),
        }
    }

    fn push(&mut self, step: Step) {
        if step.range.nanos() > 0 {
            self.chain.steps.push(step);
        }
    }
}

const fn blank(go: GoroutineIdx, range: TimeRange, link: Option<u32>) -> Step {
    let (reason, stack, is_resumed) = (StrId::EMPTY, StackId::NONE, false);
    Step { range, go, doing: StepKind::Unknown, reason, stack, is_resumed, span: None, link }
}
