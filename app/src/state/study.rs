//! Questions about a trace whose answers take workers a while, and the answers that have come.

use std::mem::discriminant;
use std::sync::Arc;

use trace_core::analysis::compare::anchor::Anchor;
use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::find::Finds;
use trace_core::analysis::findings::Findings;
use trace_core::analysis::flame::Flame;
use trace_core::analysis::profile::ProfileKind;
use trace_core::analysis::scope::{Scope, Whom};
use trace_core::analysis::tasks::TaskDetails;
use trace_core::analysis::why::Why;
use trace_core::base::ids::{GoIx, TaskIx};
use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::EventRow;

use crate::report::analyses::Ask;
use crate::report::lists::spans::SpanList;
use crate::report::report::Report;

/// What can be asked of a document's trace. A key: equal questions have equal answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// What probably costs the program its time.
    Findings,
    /// Where this stretch of a goroutine's time went.
    WaitChain(GoIx, TimeRange),
    /// Time lost by stack.
    Profile(Scope, ProfileKind),
    /// The report of the analysis with this id.
    Report(&'static str, Ask),
    /// What the analysis with this id knows of a row about these goroutines.
    Details(&'static str, Ask, Whom),
    /// The spans of a lane in this time, the first [`LISTED_SPANS`].
    Spans(LaneId, TimeRange),
    /// The events of a lane in this time, the first [`LISTED_SPANS`].
    Events(LaneId, TimeRange),
    /// What there is in this time to compare with another trace.
    Measured(TimeRange),
    /// All that belongs to this task.
    Task(TaskIx),
    /// When the first of these is.
    Anchor(Anchor),
    /// What has this in its name.
    Find(String),
}

/// Spans, or events, of a lane that are listed at most.
pub const LISTED_SPANS: usize = 200_000;

impl Question {
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
        )
    }
}

/// A profile, as it is shown.
#[derive(Clone, Debug)]
pub struct ProfileStudy {
    /// Its report.
    pub report: Report,
    /// As a tree.
    pub flame: Flame,
}

/// Where the time of a stretch went, as it is shown.
#[derive(Clone, Debug)]
pub struct ChainStudy {
    /// Its report.
    pub report: Report,
    /// The steps, for the timeline.
    pub why: Arc<Why>,
}

/// What came of a question. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Of [`Question::Findings`].
    Findings(Arc<Findings>),
    /// Of [`Question::WaitChain`].
    WaitChain(Arc<ChainStudy>),
    /// Of [`Question::Profile`].
    Profile(Arc<ProfileStudy>),
    /// Of [`Question::Report`] and [`Question::Details`].
    Report(Arc<Report>),
    /// Of [`Question::Spans`].
    Spans(Arc<SpanList>),
    /// Of [`Question::Events`].
    Events(Arc<Vec<EventRow>>),
    /// Of [`Question::Measured`].
    Measured(Arc<Measured>),
    /// Of [`Question::Find`].
    Found(Arc<Finds>),
    /// Of [`Question::Task`].
    Task(Arc<TaskDetails>),
    /// Of [`Question::Anchor`].
    Instant(Option<TraceTime>),
    /// The worker met a fault of its own.
    Failed,
}

/// How far a question is.
#[derive(Clone, Debug)]
pub enum Study {
    /// A worker is at it.
    Asked(Monitor),
    /// Done.
    Answered(Answer),
}

/// Answers kept for a document: the oldest go first.
const KEPT: usize = 64;

/// The questions asked of one document's trace.
#[derive(Clone, Debug, Default)]
pub struct Studies {
    list: Vec<(Question, Study)>,
    /// Stops the one that is asked again.
    again: Option<Monitor>,
}

impl Studies {
    /// How far a question is; `None` if it was not asked yet.
    #[must_use]
    pub fn get(&self, question: &Question) -> Option<&Study> {
        self.list.iter().find(|known| known.0 == *question).map(|known| &known.1)
    }

    /// The answer, if it is there.
    #[must_use]
    pub fn answer(&self, question: &Question) -> Option<&Answer> {
        match self.get(question) {
            Some(Study::Answered(answer)) => Some(answer),
            _ => None,
        }
    }

    /// Whether workers are at something.
    #[must_use]
    pub fn are_busy(&self) -> bool {
        self.list.iter().any(|known| matches!(known.1, Study::Asked(_)))
    }

    /// Puts a new question on the list; the monitor to give its worker. `None` if it is there already.
    pub fn ask(&mut self, question: Question) -> Option<Monitor> {
        if self.get(&question).is_some() {
            return None;
        }
        if question.is_fleeting() {
            let kind = discriminant(&question);
            self.drop_first(|known| discriminant(&known.0) == kind);
        }
        if self.list.len() >= KEPT {
            self.drop_first(|known| known.0 != Question::Findings);
        }
        let monitor = Monitor::new();
        self.list.push((question, Study::Asked(monitor.clone())));
        Some(monitor)
    }

    fn drop_first(&mut self, unwanted: impl Fn(&(Question, Study)) -> bool) {
        let Some(at) = self.list.iter().position(unwanted) else { return };
        if let (_, Study::Asked(monitor)) = self.list.remove(at) {
            monitor.cancel();
        }
    }

    /// Asks a question again of a trace that has grown, the old answer being of use until then. `None` if it
    /// was not answered yet.
    pub fn again(&mut self, question: &Question) -> Option<Monitor> {
        self.answer(question)?;
        let monitor = Monitor::new();
        if let Some(before) = self.again.replace(monitor.clone()) {
            before.cancel();
        }
        Some(monitor)
    }

    /// An answer has come. Dropped if nobody asks any more.
    pub fn answered(&mut self, question: &Question, answer: Answer) {
        if let Some(known) = self.list.iter_mut().find(|known| known.0 == *question) {
            known.1 = Study::Answered(answer);
        }
    }

    /// The same but for what was found: that is asked again soon, and is of use until then.
    pub fn clear_but_findings(&mut self) {
        let kept = self.answer(&Question::Findings).cloned();
        self.clear();
        self.list.extend(kept.map(|answer| (Question::Findings, Study::Answered(answer))));
    }

    /// Forgets everything and stops the workers: the trace is another one.
    pub fn clear(&mut self) {
        if let Some(monitor) = self.again.take() {
            monitor.cancel();
        }
        for (_, study) in self.list.drain(..) {
            if let Study::Asked(monitor) = study {
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
        let mut studies = Studies::default();
        studies.ask(Question::Findings);
        let chain = |go| Question::WaitChain(GoIx(go), TimeRange::default());
        let first = studies.ask(chain(0));
        studies.ask(chain(1));
        assert!(first.is_some_and(|monitor| monitor.is_cancelled()), "nobody waits for it any more");
        let whole = Scope::during(TimeRange::default());
        let named = |name| Question::Report("any", Ask::about(Scope { whom: Whom::Named(StrId(name)), ..whole }));
        for name in 1..200 {
            studies.ask(named(name));
            studies.answered(&named(name), Answer::Failed);
        }
        assert!(studies.get(&Question::Findings).is_some() && studies.get(&named(1)).is_none());
        assert!(studies.list.len() <= KEPT);
    }

    #[test]
    fn a_question_is_asked_once_and_stopped_when_the_trace_changes() {
        let mut studies = Studies::default();
        let monitor = studies.ask(Question::Findings);
        assert!(monitor.is_some() && studies.are_busy());
        assert!(studies.ask(Question::Findings).is_none());
        studies.clear();
        assert!(monitor.is_some_and(|monitor| monitor.is_cancelled()));
        studies.answered(&Question::Findings, Answer::Failed);
        assert!(studies.answer(&Question::Findings).is_none(), "an answer about the trace before");
    }
}
