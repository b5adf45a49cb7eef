//! Questions about a trace, and their answers.

use std::sync::Arc;

use trace_core::analysis::alike::Alike;
use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::find::Finds;
use trace_core::analysis::findings::Findings;
use trace_core::analysis::flame::Flame;
use trace_core::analysis::tasks::TaskDetails;
use trace_core::analysis::why::Why;
use trace_core::base::time::TraceTime;
use trace_core::model::trace::EventRow;

use crate::report::lists::spans::SpanList;
use crate::report::report::Report;
use crate::state::questions::{Key, Queries, questions};

/// What can be asked of a document's trace.
pub mod ask {
    use trace_core::analysis::alike::Example;
    use trace_core::analysis::compare::anchor;
    use trace_core::analysis::profile::ProfileKind;
    use trace_core::analysis::scope::{GoroutineFilter, Scope};
    use trace_core::base::ids::{GoroutineIdx, TaskIdx};
    use trace_core::base::time::TimeRange;
    use trace_core::model::lanes::LaneId;

    use crate::report::analyses::Ask;

    /// What probably costs the program its time.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Findings;

    /// Where this stretch of a goroutine's time went.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct WaitChain(pub GoroutineIdx, pub TimeRange);

    /// Time lost by stack.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Profile(pub Scope, pub ProfileKind);

    /// The report of the analysis with this id.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Report(pub &'static str, pub Ask);

    /// What the analysis with this id knows of a row about these goroutines.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Details(pub &'static str, pub Ask, pub GoroutineFilter);

    /// The spans of a lane in this time, the first [`super::LISTED_SPANS`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Spans(pub LaneId, pub TimeRange);

    /// The events of a lane in this time, the first [`super::LISTED_SPANS`].
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Events(pub LaneId, pub TimeRange);

    /// What there is in this time to compare with another trace.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Measured(pub TimeRange);

    /// All that belongs to this task.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Task(pub TaskIdx);

    /// How long others of the kind of this one took.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Alike(pub Example);

    /// When the first of these is.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Anchor(pub anchor::Anchor);

    /// What has this in its name.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct Find(pub String);
}

questions! {
    /// All questions about a document's trace.
    Query,
    /// The answers to them. Cheap to clone.
    Answer:
    /// What probably costs the program its time.
    Findings => Arc<Findings>;
    /// Where a stretch of a goroutine's time went.
    WaitChain => Arc<WaitChainView>;
    /// Time lost by stack.
    Profile => Arc<ProfileView>;
    /// The report of an analysis.
    Report => Arc<Report>;
    /// What an analysis knows of one of its rows.
    Details => Arc<Report>;
    /// The spans of a lane.
    Spans => Arc<SpanList>;
    /// The events of a lane.
    Events => Arc<Vec<EventRow>>;
    /// What can be compared.
    Measured => Arc<Measured>;
    /// All that belongs to a task.
    Task => Arc<TaskDetails>;
    /// How long others like it took.
    Alike => Arc<Alike>;
    /// When something is first; `None` if it never is.
    Anchor => Option<TraceTime>;
    /// What has a text in its name.
    Find => Arc<Finds>;
}

/// Spans, or events, of a lane that are listed at most.
pub const LISTED_SPANS: usize = 200_000;

impl Key for Query {
    type Answer = Answer;
    const KEPT: usize = 64;

    /// Those about what is looked at just now: when another one of its kind comes, nobody waits for its answer any more.
    fn gives_way(&self, _is_answered: bool) -> bool {
        match self {
            Self::WaitChain(_)
            | Self::Spans(_)
            | Self::Events(_)
            | Self::Measured(_)
            | Self::Find(_)
            | Self::Details(_)
            | Self::Task(_)
            | Self::Alike(_) => true,
            Self::Findings(_) | Self::Profile(_) | Self::Report(_) | Self::Anchor(_) => false,
        }
    }

    fn is_lasting(&self) -> bool {
        matches!(self, Self::Findings(_))
    }
}

/// The questions asked of one document's trace.
pub type TraceQueries = Queries<Query>;

/// A profile, as it is shown.
#[derive(Clone, Debug)]
pub struct ProfileView {
    /// The profile as tables.
    pub report: Report,
    /// The stacks merged into a tree from the root.
    pub flame: Flame,
}

/// Where the time of a stretch went, as it is shown.
#[derive(Clone, Debug)]
pub struct WaitChainView {
    /// The chain as tables.
    pub report: Report,
    /// The steps, for the timeline.
    pub why: Arc<Why>,
}

#[cfg(test)]
mod tests {
    use super::{Answer, Query, TraceQueries, ask};
    use crate::report::analyses::Ask;
    use crate::state::questions::{Failed, Key as _};
    use trace_core::analysis::scope::{GoroutineFilter, Scope};
    use trace_core::base::ids::{GoroutineIdx, StrId};
    use trace_core::base::time::TimeRange;

    #[test]
    fn old_answers_go_but_never_the_findings() {
        let mut queries = TraceQueries::default();
        queries.ask(ask::Findings.into());
        let chain = |go| ask::WaitChain(GoroutineIdx(go), TimeRange::default());
        let first = queries.ask(chain(0).into());
        queries.ask(chain(1).into());
        assert!(first.is_some_and(|monitor| monitor.is_cancelled()), "nobody waits for it any more");
        let whole = Scope::during(TimeRange::default());
        let named =
            |name| ask::Report("any", Ask::about(Scope { filter: GoroutineFilter::Named(StrId(name)), ..whole }));
        for name in 1..200 {
            queries.ask(named(name).into());
            queries.answered(&named(name).into(), Err(Failed));
        }
        assert!(queries.get(&ask::Findings).is_some() && queries.get(&named(1)).is_none());
        let kept = (1..200).filter(|name| queries.get(&named(*name)).is_some()).count();
        assert!((1..=Query::KEPT).contains(&kept), "{kept}");
    }

    #[test]
    fn a_question_is_asked_once_and_stopped_when_the_trace_changes() {
        let mut queries = TraceQueries::default();
        let monitor = queries.ask(ask::Findings.into());
        assert!(monitor.is_some() && queries.are_busy());
        assert!(queries.ask(ask::Findings.into()).is_none());
        queries.clear();
        assert!(monitor.is_some_and(|monitor| monitor.is_cancelled()));
        queries.answered(&ask::Findings.into(), Ok(Answer::Findings(std::sync::Arc::default())));
        assert!(queries.answer(&ask::Findings).is_none(), "an answer about the trace before");
    }

    #[test]
    fn findings_outlast_a_growing_trace_and_the_rest_is_asked_anew() {
        let mut queries = TraceQueries::default();
        queries.ask(ask::Findings.into());
        queries.answered(&ask::Findings.into(), Ok(Answer::Findings(std::sync::Arc::default())));
        let monitor = queries.ask(ask::Find("x".to_owned()).into());
        queries.clear_but_lasting();
        assert!(queries.answer(&ask::Findings).is_some() && queries.get(&ask::Find("x".to_owned())).is_none());
        assert!(monitor.is_some_and(|monitor| monitor.is_cancelled()));
    }
}
