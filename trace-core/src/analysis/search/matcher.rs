//! A query held against a trace: what it says about every kind of thing.

use crate::analysis::search::hit::{Hit, HitKind};
use crate::analysis::search::logic::{Answer, Match, Tree};
use crate::analysis::search::query::{Query, TermKind};
use crate::analysis::search::terms::Facts;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{Cause, GoState};
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::trace::{Log, Region, Sample, Task, Trace};

/// A query with everything in a trace that does not depend on single events already matched.
#[derive(Debug)]
pub(crate) struct Matcher {
    facts: Vec<Facts>,
    /// `None`: nothing is searched for.
    tree: Option<Tree>,
}

/// What is asked about.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Candidate<'a> {
    Goroutine(GoroutineIdx),
    Span(&'a Seen),
    Task(&'a Task),
    Region(&'a Region),
    Log(&'a Log),
    GoLabel(GoroutineIdx, TraceTime, StrId),
    Sample(&'a Sample),
    /// A GC cycle or STW pause.
    Track(&'a Span),
    /// The name of a function.
    Function(StrId),
}

/// What of a span matters.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) go: GoroutineIdx,
    pub(crate) range: TimeRange,
    pub(crate) state: GoState,
    pub(crate) reason: StrId,
    /// The goroutine's stack, recorded as the span began.
    pub(crate) own: StackId,
    /// Its stacks before and after, where none was recorded as it began.
    pub(crate) near: [StackId; 2],
    /// Who ended the wait (`NONE`: not a goroutine), and where; only if [`Matcher::needs_waker`].
    pub(crate) waker: Option<(GoroutineIdx, StackId)>,
}

/// Whether the goroutine's own stack is recorded as such a span begins.
pub(crate) const fn has_own_stack(state: GoState, cause: Cause) -> bool {
    match cause {
        Cause::Created | Cause::Unblocked | Cause::SyscallExit => false,
        Cause::Switched => matches!(state, GoState::Waiting),
        _ => !matches!(state, GoState::Running),
    }
}

impl Matcher {
    /// Which things match; `None` if it was cancelled.
    pub(crate) fn of(trace: &Trace, query: &Query, monitor: &Monitor) -> Option<Self> {
        let tree = query.root.as_ref().map(|root| Tree::of(root, false));
        let asks = |is_such: fn(&TermKind) -> bool| {
            let wanted = |term: usize| query.terms.get(term).is_some_and(|term| is_such(&term.kind));
            tree.as_ref().is_some_and(|tree| tree.has_leaf(&wanted))
        };
        let for_tasks = asks(|kind| matches!(kind, TermKind::Task(_)));
        let for_regions = asks(|kind| matches!(kind, TermKind::Region(_)));
        let mut facts = Vec::with_capacity(query.terms.len());
        for term in &query.terms {
            if monitor.is_cancelled() {
                return None;
            }
            facts.push(Facts { for_tasks, for_regions, ..Facts::of(trace, &term.kind) });
        }
        Some(Self { facts, tree })
    }

    /// Whether nothing is searched for.
    pub(crate) const fn is_empty(&self) -> bool {
        self.tree.is_none()
    }

    /// Whether it matters who ended waits.
    pub(crate) fn needs_waker(&self) -> bool {
        self.facts.iter().any(|facts| matches!(facts.kind, TermKind::By(_)))
    }

    /// Whether it matters which stacks spans have.
    pub(crate) fn needs_stacks(&self) -> bool {
        self.facts.iter().any(|facts| facts.has_stacks)
    }

    /// What the query says about a thing.
    pub(crate) fn value(&self, thing: &Candidate<'_>) -> Match {
        let Some(tree) = &self.tree else { return Match::No };
        tree.value(&|term| self.facts.get(term).map_or(Answer::Absent, |facts| facts.answer(thing)))
    }

    /// The most that it can say about a span of a goroutine; of any goroutine if it is `None`.
    pub(crate) fn most_of_spans(&self, go: Option<GoroutineIdx>) -> Match {
        let Some(tree) = &self.tree else { return Match::No };
        let most = |term: usize, is_negated: bool| {
            self.facts.get(term).map_or(Match::No, |facts| facts.most_of_spans(go, is_negated))
        };
        tree.bound(&most)
    }

    pub(crate) fn matches_span(&self, trace: &Trace, span: &Span) -> bool {
        self.tree.is_none() || self.value_of_span(trace, span) != Match::No
    }

    pub(crate) fn is_span_hit(&self, trace: &Trace, span: &Span) -> bool {
        self.value_of_span(trace, span) == Match::Own
    }

    fn value_of_span(&self, trace: &Trace, span: &Span) -> Match {
        if matches!(span.at.lane, LaneId::Gc | LaneId::Stw) {
            return self.value(&Candidate::Track(span));
        }
        let seen = self.seen(trace, span);
        self.value(&Candidate::Span(&seen))
    }

    /// What of a span matters.
    pub(crate) fn seen(&self, trace: &Trace, span: &Span) -> Seen {
        let waker = if self.needs_waker() { trace.ended_by(span) } else { None };
        let is_own = has_own_stack(span.state, span.cause);
        Seen {
            go: span.go,
            range: span.range,
            state: span.state,
            reason: span.reason,
            own: if is_own { span.start_stack } else { StackId::NONE },
            near: if is_own { [StackId::NONE; 2] } else { [span.start_stack, span.end_stack] },
            waker: waker.map(|(by, stack)| (goroutine_of(by), stack)),
        }
    }

    /// What a hit is called that has no name of its own: the function that matched, else the reason.
    pub(crate) fn text_of(&self, trace: &Trace, hit: &Hit) -> StrId {
        let span = hit.span.and_then(|at| trace.span(at));
        let stack = match (hit.kind, &span) {
            (HitKind::Span, Some(span)) if has_own_stack(span.state, span.cause) => span.start_stack,
            (HitKind::Span, Some(span)) if span.end_stack.is_some() => span.end_stack,
            (HitKind::Span, Some(span)) => span.start_stack,
            (HitKind::Sample, _) => {
                let at = usize::try_from(hit.at).ok();
                at.and_then(|at| trace.all_samples().get(at)).map_or(StackId::NONE, |sample| sample.stack)
            }
            _ => StackId::NONE,
        };
        let mut named = self.facts.iter().filter(|facts| facts.has_stacks && !matches!(facts.kind, TermKind::By(_)));
        let matching =
            |facts: &Facts| trace.texts.stack(stack).iter().copied().find(|at| facts.frames.has(*at as usize));
        let frame = named.find_map(matching).and_then(|at| trace.texts.frames.get(at as usize));
        let function = frame.map(|frame| frame.function);
        function.or(span.map(|span| span.reason)).unwrap_or(StrId::EMPTY)
    }
}

/// The goroutine of a lane; `NONE` if it is none of a goroutine.
pub(crate) const fn goroutine_of(lane: LaneId) -> GoroutineIdx {
    match lane {
        LaneId::Goroutine(go) => go,
        _ => GoroutineIdx::NONE,
    }
}

impl Facts {
    /// What the term says about a thing.
    fn answer(&self, thing: &Candidate<'_>) -> Answer {
        match thing {
            Candidate::Goroutine(go) => self.of_goroutine(*go),
            Candidate::Span(seen) => self.of_span(seen),
            Candidate::Task(task) => self.of_task(task),
            Candidate::Region(region) => self.of_region(region),
            Candidate::Log(log) => {
                let at = TimeRange::new(log.time, log.time);
                let is_task = log.task.is_some_and(|task| self.heirs.has(task.index()));
                self.of_mark(TermClass::Log, self.has_log(log), (log.go, at), log.stack, is_task)
            }
            Candidate::GoLabel(go, time, text) => {
                let at = TimeRange::new(*time, *time);
                self.of_mark(TermClass::GoLabel, self.has_string(*text), (*go, at), StackId::NONE, false)
            }
            Candidate::Sample(sample) => {
                let at = TimeRange::new(sample.time, sample.time);
                let is_own = self.has_stack(sample.stack);
                self.of_mark(TermClass::Stack, is_own, (sample.go, at), sample.stack, false)
            }
            Candidate::Track(span) => self.of_track(span),
            Candidate::Function(name) => match &self.kind {
                TermKind::Word(_) | TermKind::Function(_) | TermKind::Stack(_) | TermKind::Tag(..) => {
                    Answer::own(self.has_string(*name))
                }
                _ => Answer::Absent,
            },
        }
    }

    /// Whether a goroutine matches, by itself or by what it did at a time.
    fn has_goroutine(&self, go: GoroutineIdx, range: TimeRange) -> bool {
        self.gos.has(go.index()) || self.labelled.has(go.index()) || self.times.touch(go, range)
    }

    fn of_goroutine(&self, go: GoroutineIdx) -> Answer {
        let worked = || self.labelled.has(go.index()) || !self.times.of(go).is_empty();
        match &self.kind {
            TermKind::Word(_)
            | TermKind::Function(_)
            | TermKind::Goroutine(_)
            | TermKind::Interacts(_)
            | TermKind::Alive(_) => {
                let is_own = self.gos.has(go.index());
                Answer::of(is_own, !is_own && worked())
            }
            TermKind::Task(_) | TermKind::Region(_) | TermKind::Log(_) | TermKind::GoLabel(_) => {
                Answer::inherited(worked())
            }
            _ => Answer::Absent,
        }
    }

    fn of_span(&self, seen: &Seen) -> Answer {
        let near = || seen.near.iter().any(|stack| self.has_stack(*stack));
        match &self.kind {
            TermKind::Word(word) => {
                let is_own = self.has_stack(seen.own) || self.has_string(seen.reason) || word.state == Some(seen.state);
                Answer::of(is_own, !is_own && (near() || self.has_goroutine(seen.go, seen.range)))
            }
            TermKind::Function(_) => {
                let is_own = self.has_stack(seen.own);
                Answer::of(is_own, !is_own && (near() || self.gos.has(seen.go.index())))
            }
            TermKind::File(_) | TermKind::Stack(_) | TermKind::Tag(..) => {
                let is_own = self.has_stack(seen.own);
                Answer::of(is_own, !is_own && near())
            }
            TermKind::State(state) => Answer::own(*state == seen.state),
            TermKind::Reason(_) => Answer::own(self.has_string(seen.reason)),
            TermKind::Duration(comparison, nanos) => {
                let holds = comparison.holds(seen.range.nanos(), *nanos);
                if self.for_tasks || self.for_regions { Answer::inherited(holds) } else { Answer::own(holds) }
            }
            TermKind::By(_) => {
                let is_by = |(go, stack): (GoroutineIdx, StackId)| self.gos.has(go.index()) || self.has_stack(stack);
                Answer::own(seen.waker.is_some_and(is_by))
            }
            TermKind::Alive(_) => Answer::inherited(seen.range.contains(self.instant)),
            _ => Answer::inherited(self.has_goroutine(seen.go, seen.range)),
        }
    }

    fn of_task(&self, task: &Task) -> Answer {
        let range = TimeRange::new(task.began.unwrap_or(TraceTime::MIN), task.ended.unwrap_or(TraceTime::MAX));
        let is_heir = || self.heirs.has(task.idx.index());
        let is_there = || self.gos.has(task.go.index()) || self.has_stack(task.stack);
        match &self.kind {
            TermKind::Word(_) => Answer::of(self.tasks.has(task.idx.index()), is_heir() || is_there()),
            TermKind::Task(_) => Answer::of(self.tasks.has(task.idx.index()), is_heir()),
            TermKind::Region(_) | TermKind::Log(_) => Answer::inherited(is_heir()),
            TermKind::GoLabel(_) => Answer::inherited(self.labelled.has(task.go.index())),
            TermKind::Function(_)
            | TermKind::Stack(_)
            | TermKind::Tag(..)
            | TermKind::File(_)
            | TermKind::Goroutine(_)
            | TermKind::Interacts(_) => Answer::inherited(is_there()),
            TermKind::Duration(comparison, nanos) => match (task.began, task.ended) {
                (Some(_), Some(_)) => {
                    let holds = comparison.holds(range.nanos(), *nanos);
                    if self.for_regions && !self.for_tasks { Answer::inherited(holds) } else { Answer::own(holds) }
                }
                // How long it takes at least is not known here.
                _ => Answer::Absent,
            },
            TermKind::Alive(_) => Answer::inherited(range.contains(self.instant)),
            TermKind::State(_) | TermKind::Reason(_) | TermKind::By(_) => Answer::Absent,
        }
    }

    fn of_region(&self, region: &Region) -> Answer {
        let is_own = || self.has_string(region.name);
        let is_task = || region.task.is_some_and(|task| self.heirs.has(task.index()));
        let is_there = || {
            self.gos.has(region.go.index()) || self.has_stack(region.start_stack) || self.has_stack(region.end_stack)
        };
        match &self.kind {
            TermKind::Word(_) => {
                let inherits = is_task() || is_there() || self.labelled.has(region.go.index());
                Answer::of(is_own(), inherits || self.times.touch(region.go, region.range))
            }
            TermKind::Region(_) => Answer::of(is_own(), false),
            TermKind::Task(_) => Answer::inherited(is_task()),
            TermKind::Log(_) => Answer::inherited(is_task() || self.times.touch(region.go, region.range)),
            TermKind::GoLabel(_) => Answer::inherited(self.labelled.has(region.go.index())),
            TermKind::Function(_)
            | TermKind::Stack(_)
            | TermKind::Tag(..)
            | TermKind::File(_)
            | TermKind::Goroutine(_)
            | TermKind::Interacts(_) => Answer::inherited(is_there()),
            TermKind::Duration(comparison, nanos) => {
                let holds = comparison.holds(region.range.nanos(), *nanos);
                if self.for_tasks && !self.for_regions { Answer::inherited(holds) } else { Answer::own(holds) }
            }
            TermKind::Alive(_) => Answer::inherited(region.range.contains(self.instant)),
            TermKind::State(_) | TermKind::Reason(_) | TermKind::By(_) => Answer::Absent,
        }
    }

    /// Of something that takes no time, of which terms of one class (and words) can match it itself.
    fn of_mark(
        &self,
        class: TermClass,
        is_own: bool,
        (go, at): (GoroutineIdx, TimeRange),
        stack: StackId,
        is_task: bool,
    ) -> Answer {
        let is_there = self.gos.has(go.index()) || self.has_stack(stack);
        let works = || is_task || self.has_goroutine(go, at);
        match &self.kind {
            TermKind::Word(_) => Answer::of(is_own, !is_own && (is_there || works())),
            TermKind::Log(_) if class == TermClass::Log => Answer::own(is_own),
            TermKind::GoLabel(_) if class == TermClass::GoLabel => Answer::own(is_own),
            TermKind::Function(_) | TermKind::Stack(_) | TermKind::Tag(..) | TermKind::File(_)
                if class == TermClass::Stack =>
            {
                Answer::of(is_own, is_there)
            }
            TermKind::Function(_)
            | TermKind::Stack(_)
            | TermKind::Tag(..)
            | TermKind::File(_)
            | TermKind::Goroutine(_)
            | TermKind::Interacts(_) => Answer::inherited(is_there),
            TermKind::Task(_) | TermKind::Region(_) | TermKind::Log(_) | TermKind::GoLabel(_) => {
                Answer::inherited(works())
            }
            _ => Answer::Absent,
        }
    }

    fn of_track(&self, span: &Span) -> Answer {
        let is_there = self.gos.has(span.go.index()) || self.has_stack(span.start_stack);
        match &self.kind {
            TermKind::Word(word) => {
                let name = if span.at.lane == LaneId::Gc { "gc" } else { "stw" };
                Answer::of(self.has_string(span.reason) || word.text.eq_ignore_ascii_case(name), is_there)
            }
            TermKind::Reason(_) => Answer::own(self.has_string(span.reason)),
            TermKind::Duration(comparison, nanos) => Answer::own(comparison.holds(span.range.nanos(), *nanos)),
            TermKind::Function(_)
            | TermKind::Stack(_)
            | TermKind::Tag(..)
            | TermKind::File(_)
            | TermKind::Goroutine(_)
            | TermKind::Interacts(_) => Answer::inherited(is_there),
            TermKind::Alive(_) => Answer::inherited(span.range.contains(self.instant)),
            _ => Answer::Absent,
        }
    }

    /// The most that the term can say about a span of a goroutine, or of any.
    fn most_of_spans(&self, go: Option<GoroutineIdx>, is_negated: bool) -> Match {
        let has_go = |gos: &dyn Fn(GoroutineIdx) -> bool| go.is_none_or(gos);
        let matches = |is_possible: bool, most: Match| if is_possible || is_negated { most } else { Match::No };
        match &self.kind {
            TermKind::Goroutine(_) | TermKind::Interacts(_) | TermKind::GoLabel(_) => {
                let Some(go) = go else { return Match::Inherited };
                let is_in = self.gos.has(go.index()) || self.labelled.has(go.index());
                if is_in == is_negated { Match::No } else { Match::Inherited }
            }
            TermKind::Task(_) | TermKind::Region(_) | TermKind::Log(_) => {
                matches(has_go(&|go| !self.times.of(go).is_empty()), Match::Inherited)
            }
            TermKind::Alive(_) => matches(has_go(&|go| self.gos.has(go.index())), Match::Inherited),
            TermKind::Function(_) => {
                let most = if self.has_stacks || is_negated { Match::Own } else { Match::Inherited };
                matches(self.has_stacks || has_go(&|go| self.gos.has(go.index())), most)
            }
            TermKind::Stack(_) | TermKind::Tag(..) | TermKind::File(_) => matches(self.has_stacks, Match::Own),
            TermKind::Reason(_) => matches(self.has_strings, Match::Own),
            TermKind::By(waker) => matches(self.has_strings || waker.number.is_some(), Match::Own),
            TermKind::Word(word) => {
                // A line of a file is in no string, tasks and goroutines may match by their numbers.
                let is_more =
                    self.has_stacks || word.state.is_some() || word.number.is_some() || !self.times.is_empty();
                matches(self.has_strings || is_more, Match::Own)
            }
            TermKind::Duration(..) if self.for_tasks || self.for_regions => Match::Inherited,
            TermKind::State(_) | TermKind::Duration(..) => Match::Own,
        }
    }
}

/// Terms that can be about a mark itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TermClass {
    Log,
    GoLabel,
    Stack,
}
