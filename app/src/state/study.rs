//! Questions about a trace whose answers take workers a while, and the answers that have come.

use std::mem::discriminant;
use std::sync::Arc;

use trace_core::analysis::antagonists::Antagonists;
use trace_core::analysis::blocked_by::{Blocked, Releasers};
use trace_core::analysis::collector::cycles::Collector;
use trace_core::analysis::compare::anchor::Anchor;
use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::find::Finds;
use trace_core::analysis::findings::Findings;
use trace_core::analysis::flame::Flame;
use trace_core::analysis::latency::{GoLatency, Latency};
use trace_core::analysis::leaks::Suspects;
use trace_core::analysis::mmu::{Point, Takes, Whose, Window};
use trace_core::analysis::population::Population;
use trace_core::analysis::procs::Procs;
use trace_core::analysis::profile::ProfileKind;
use trace_core::analysis::scope::{Scope, Whom};
use trace_core::analysis::threads::Threads;
use trace_core::analysis::why::Why;
use trace_core::base::ids::GoIx;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::Span;
use trace_core::model::trace::EventRow;

use crate::report::analyses::Ask;
use crate::report::report::Report;

/// What can be asked of a document's trace. A key: equal questions have equal answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// What probably costs the program its time.
    Findings,
    /// Where this stretch of a goroutine's time went.
    WaitChain(GoIx, TimeRange),
    /// Who keeps whom waiting, of a scope.
    BlockedBy(Scope),
    /// Time lost by stack.
    Profile(Scope, ProfileKind),
    /// How long goroutines waited for a proc.
    Latency(Scope),
    /// Goroutines that waited longest for a proc, at most so many.
    LatencyOfEach(Scope, usize),
    /// Who had the procs while goroutines of the scope waited for one.
    Antagonists(Scope),
    /// Who had the procs in this stretch of a goroutine's waiting.
    AntagonistsOf(TimeRange),
    /// What procs were used for.
    Procs(TimeRange),
    /// What threads did.
    Threads(TimeRange),
    /// The report of the analysis with this id.
    Report(&'static str, Ask),
    /// What the analysis with this id knows of a row about these goroutines.
    Details(&'static str, Ask, Whom),
    /// Goroutines over time, by who created them.
    Population(Scope),
    /// Goroutines blocked at the end.
    Leaks(Scope),
    /// Collections and stops of the world in this time.
    Collections(TimeRange),
    /// What the collector leaves to the program.
    Mutator(MutatorOf),
    /// The windows of a length, nanoseconds, in which it leaves least; the first [`LISTED_WINDOWS`].
    WorstWindows(MutatorOf, i64),
    /// The spans of a lane in this time, the first [`LISTED_SPANS`].
    Spans(LaneId, TimeRange),
    /// The events of a lane in this time, the first [`LISTED_SPANS`].
    Events(LaneId, TimeRange),
    /// What there is in this time to compare with another trace.
    Measured(TimeRange),
    /// When the first of these is.
    Anchor(Anchor),
    /// What has this in its name.
    Find(String),
}

/// Windows that are listed at most.
pub const LISTED_WINDOWS: usize = 50;

/// Spans, or events, of a lane that are listed at most.
pub const LISTED_SPANS: usize = 200_000;

/// Mutator utilisation of a stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MutatorOf {
    /// When.
    pub range: TimeRange,
    /// Whose.
    pub whose: Whose,
    /// What counts as the collector's.
    pub takes: Takes,
}

/// Mutator utilisation, as it is shown.
#[derive(Clone, Debug, Default)]
pub struct MutatorStudy {
    /// The mean share over all of it, 0 to 1.
    pub mean: f64,
    /// The curve of the least share, by rising length of windows.
    pub curve: Vec<Point>,
    /// Columns of equal width: when one begins, mean and lowest share in it; none where the trace tells nothing.
    pub over_time: Vec<(TraceTime, Option<(f64, f64)>)>,
}

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
                | Self::AntagonistsOf(..)
                | Self::WorstWindows(..)
                | Self::Measured(_)
                | Self::Find(_)
                | Self::Details(..)
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

/// What came of a question. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Of [`Question::Findings`].
    Findings(Arc<Findings>),
    /// Of [`Question::WaitChain`].
    WaitChain(Arc<Why>),
    /// Of [`Question::BlockedBy`]: the places of waiting with most time, and who ended the waits.
    BlockedBy(Arc<Vec<(Blocked, Releasers)>>),
    /// Of [`Question::Profile`].
    Profile(Arc<ProfileStudy>),
    /// Of [`Question::Latency`].
    Latency(Arc<Latency>),
    /// Of [`Question::LatencyOfEach`].
    LatencyOfEach(Arc<Vec<GoLatency>>),
    /// Of [`Question::Antagonists`] and [`Question::AntagonistsOf`].
    Antagonists(Arc<Antagonists>),
    /// Of [`Question::Procs`].
    Procs(Arc<Procs>),
    /// Of [`Question::Threads`].
    Threads(Arc<Threads>),
    /// Of [`Question::Report`] and [`Question::Details`].
    Report(Arc<Report>),
    /// Of [`Question::Population`].
    Population(Arc<Population>),
    /// Of [`Question::Leaks`].
    Leaks(Arc<Vec<Suspects>>),
    /// Of [`Question::Collections`].
    Collections(Arc<Collector>),
    /// Of [`Question::Mutator`].
    Mutator(Arc<MutatorStudy>),
    /// Of [`Question::WorstWindows`]: worst first.
    WorstWindows(Arc<Vec<Window>>),
    /// Of [`Question::Spans`].
    Spans(Arc<Vec<Span>>),
    /// Of [`Question::Events`].
    Events(Arc<Vec<EventRow>>),
    /// Of [`Question::Measured`].
    Measured(Arc<Measured>),
    /// Of [`Question::Find`].
    Found(Arc<Finds>),
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
