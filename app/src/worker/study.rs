//! Answers questions about a trace, off the UI thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use trace_core::analysis::findings;
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::state::study::{Answer, Question};

/// Works out the answer. `None` if it was cancelled.
#[must_use]
pub fn answer(trace: &Trace, question: &Question, monitor: &Monitor) -> Option<Answer> {
    let work = AssertUnwindSafe(|| match question {
        Question::Findings => findings::find(trace, monitor).map(|found| Answer::Findings(Arc::new(found))),
    });
    catch_unwind(work).unwrap_or(Some(Answer::Failed))
}
