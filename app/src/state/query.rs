//! Questions about a trace whose answers take workers a while, and the answers that have come.

use std::mem::discriminant;
use std::sync::Arc;

use trace_core::analysis::alike::{Alike, Example};
use trace_core::analysis::compare::anchor::Anchor;
use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::find::Finds;
use trace_core::analysis::findings::Findings;
use trace_core::analysis::flame::Flame;
use trace_core::analysis::profile::ProfileKind;
use trace_core::analysis::scope::{GoroutineFilter, Scope};
use trace_core::analysis::tasks::TaskDetails;
use trace_core::analysis::why::Why;
use trace_core::base::ids::{GoroutineIdx, TaskIdx};
use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::EventRow;

use crate::report::analyses::Ask;
use crate::report::lists::spans::SpanList;
use crate::report::report::Report;

/// What can be asked of a document's trace. A key: equal questions have equal answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Query {
    /// What probably costs the program its time.
    Findings,
    /// Where this stretch of a goroutine's time went.
    WaitChain(GoroutineIdx, TimeRange),
    /// Time lost by stack.
    Profile(Scope, ProfileKind),
    /// The report of the analysis with this id.
    Report(&'static str, Ask),
    /// What the analysis with this id knows of a row about these goroutines.
    Details(&'static str, Ask, GoroutineFilter),
    /// The spans of a lane in this time, the first [`LISTED_SPANS`].
    Spans(LaneId, TimeRange),
    /// The events of a lane in this time, the first [`LISTED_SPANS`].
    Events(LaneId, TimeRange),
    /// What there is in this time to compare with another trace.
    Measured(TimeRange),
    /// All that belongs to this task.
    Task(TaskIdx),
    /// How long others of the kind of this one took.
    Alike(Example),
    /// When the first of these is.
    Anchor(Anchor),
    /// What has this in its name.
    Find(String),
}

/// Spans, or events, of a lane that are listed at most.
pub const LISTED_SPANS: usize = 200_000;

impl Query {
    /// Whether it is about what is looked at just now: when another one of its kind comes, nobody waits
    /// for its answer any more.
    #[must_use]
    pub const fn is_fleeting(&self) -> bool {
        matches!(
            self,
            Self::WaitChain(..)
                | Self::Spans(..)
                | Self::Events(..)
                | Self::Measured(_)
                | Self::Find(_)
                | Self::Details(..)
                | Self::Task(_)
                | Self::Alike(_)
        )
    }
}

/// A profile, as it is shown.
#[derive(Clone, Debug)]
pub struct ProfileView {
    /// Its report.
    pub report: Report,
    /// As a tree.
    pub flame: Flame,
}

/// Where the time of a stretch went, as it is shown.
#[derive(Clone, Debug)]
pub struct WaitChainView {
    /// Its report.
    pub report: Report,
    /// The steps, for the timeline.
    pub why: Arc<Why>,
}

/// What came of a question. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Of [`Query::Findings`].
    Findings(Arc<Findings>),
    /// Of [`Query::WaitChain`].
    WaitChain(Arc<WaitChainView>),
    /// Of [`Query::Profile`].
    Profile(Arc<ProfileView>),
    /// Of [`Query::Report`] and [`Query::Details`].
    Report(Arc<Report>),
    /// Of [`Query::Spans`].
    Spans(Arc<SpanList>),
    /// Of [`Query::Events`].
    Events(Arc<Vec<EventRow>>),
    /// Of [`Query::Measured`].
    Measured(Arc<Measured>),
    /// Of [`Query::Find`].
    Found(Arc<Finds>),
    /// Of [`Query::Task`].
    Task(Arc<TaskDetails>),
    /// Of [`Query::Alike`].
    Alike(Arc<Alike>),
    /// Of [`Query::Anchor`].
    Instant(Option<TraceTime>),
    /// The worker met a fault of its own.
    Failed,
}

/// How far a question is.
#[derive(Clone, Debug)]
pub enum QueryState {
    /// A worker is at it.
    Asked(Monitor),
    /// Done.
    Answered(Answer),
}

/// Answers kept for a document: the oldest go first.
const KEPT: usize = 64;

/// The questions asked of one document's trace.
#[derive(Clone, Debug, Default)]
pub struct Queries {
    list: Vec<(Query, QueryState)>,
    /// Stops the one that is asked again.
    again: Option<Monitor>,
}

impl Queries {
    /// How far a question is; `None` if it was not asked yet.
    #[must_use]
    pub fn get(&self, query: &Query) -> Option<&QueryState> {
        self.list.iter().find(|known| known.0 == *query).map(|known| &known.1)
    }

    /// The answer, if it is there.
    #[must_use]
    pub fn answer(&self, query: &Query) -> Option<&Answer> {
        match self.get(query) {
            Some(QueryState::Answered(answer)) => Some(answer),
            _ => None,
        }
    }

    /// Whether workers are at something.
    #[must_use]
    pub fn are_busy(&self) -> bool {
        self.list.iter().any(|known| matches!(known.1, QueryState::Asked(_)))
    }

    /// Puts a new question on the list; the monitor to give its worker. `None` if it is there already.
    pub fn ask(&mut self, query: Query) -> Option<Monitor> {
        if self.get(&query).is_some() {
            return None;
        }
        if query.is_fleeting() {
            let kind = discriminant(&query);
            self.drop_first(|known| discriminant(&known.0) == kind);
        }
        if self.list.len() >= KEPT {
            self.drop_first(|known| known.0 != Query::Findings);
        }
        let monitor = Monitor::new();
        self.list.push((query, QueryState::Asked(monitor.clone())));
        Some(monitor)
    }

    fn drop_first(&mut self, unwanted: impl Fn(&(Query, QueryState)) -> bool) {
        let Some(at) = self.list.iter().position(unwanted) else { return };
        if let (_, QueryState::Asked(monitor)) = self.list.remove(at) {
            monitor.cancel();
        }
    }

    /// Asks a question again of a trace that has grown, the old answer being of use until then. `None` if it
    /// was not answered yet.
    pub fn again(&mut self, query: &Query) -> Option<Monitor> {
        self.answer(query)?;
        let monitor = Monitor::new();
        if let Some(before) = self.again.replace(monitor.clone()) {
            before.cancel();
        }
        Some(monitor)
    }

    /// An answer has come. Dropped if nobody asks any more.
    pub fn answered(&mut self, query: &Query, answer: Answer) {
        if let Some(known) = self.list.iter_mut().find(|known| known.0 == *query) {
            known.1 = QueryState::Answered(answer);
        }
    }

    /// The same but for what was found: that is asked again soon, and is of use until then.
    pub fn clear_but_findings(&mut self) {
        let kept = self.answer(&Query::Findings).cloned();
        self.clear();
        self.list.extend(kept.map(|answer| (Query::Findings, QueryState::Answered(answer))));
    }

    /// Forgets everything and stops the workers: the trace is another one.
    pub fn clear(&mut self) {
        if let Some(monitor) = self.again.take() {
            monitor.cancel();
        }
        for (_, query_state) in self.list.drain(..) {
            if let QueryState::Asked(monitor) = query_state {
                monitor.cancel();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use trace_core::base::ids::StrId;

    #[test]
    fn old_answers_go_but_never_the_findings() {
        let mut queries = Queries::default();
        queries.ask(Query::Findings);
        let chain = |go| Query::WaitChain(GoroutineIdx(go), TimeRange::default());
        let first = queries.ask(chain(0));
        queries.ask(chain(1));
        assert!(first.is_some_and(|monitor| monitor.is_cancelled()), "nobody waits for it any more");
        let whole = Scope::during(TimeRange::default());
        let named =
            |name| Query::Report("any", Ask::about(Scope { filter: GoroutineFilter::Named(StrId(name)), ..whole }));
        for name in 1..200 {
            queries.ask(named(name));
            queries.answered(&named(name), Answer::Failed);
        }
        assert!(queries.get(&Query::Findings).is_some() && queries.get(&named(1)).is_none());
        assert!(queries.list.len() <= KEPT);
    }

    #[test]
    fn a_question_is_asked_once_and_stopped_when_the_trace_changes() {
        let mut queries = Queries::default();
        let monitor = queries.ask(Query::Findings);
        assert!(monitor.is_some() && queries.are_busy());
        assert!(queries.ask(Query::Findings).is_none());
        queries.clear();
        assert!(monitor.is_some_and(|monitor| monitor.is_cancelled()));
        queries.answered(&Query::Findings, Answer::Failed);
        assert!(queries.answer(&Query::Findings).is_none(), "an answer about the trace before");
    }
}
