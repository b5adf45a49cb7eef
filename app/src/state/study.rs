//! Questions about a trace whose answers take workers a while, and the answers that have come.

use std::sync::Arc;

use trace_core::analysis::findings::Findings;
use trace_core::base::monitor::Monitor;

/// What can be asked of a document's trace. A key: equal questions have equal answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Question {
    /// What probably costs the program its time.
    Findings,
}

/// What came of a question. Cheap to clone.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Of [`Question::Findings`].
    Findings(Arc<Findings>),
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
        if self.list.len() >= KEPT {
            let (_, oldest) = self.list.remove(0);
            if let Study::Asked(monitor) = oldest {
                monitor.cancel();
            }
        }
        let monitor = Monitor::new();
        self.list.push((question, Study::Asked(monitor.clone())));
        Some(monitor)
    }

    /// An answer has come. Dropped if nobody asks any more.
    pub fn answered(&mut self, question: &Question, answer: Answer) {
        if let Some(known) = self.list.iter_mut().find(|known| known.0 == *question) {
            known.1 = Study::Answered(answer);
        }
    }

    /// Forgets everything and stops the workers: the trace is another one.
    pub fn clear(&mut self) {
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
