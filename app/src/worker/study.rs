//! Answers questions about a trace, off the UI thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use trace_core::analysis::blocked_by::{self, Blocked, Releasers};
use trace_core::analysis::census::Census;
use trace_core::analysis::findings;
use trace_core::analysis::places::Places;
use trace_core::analysis::wait_chain;
use trace_core::base::ids::GoIx;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

use crate::state::study::{Answer, Chain, Question};

/// Places of waiting that are told of.
const PLACES: usize = 200;

/// Works out the answer. `None` if it was cancelled.
#[must_use]
pub fn answer(trace: &Trace, question: &Question, monitor: &Monitor) -> Option<Answer> {
    let work = AssertUnwindSafe(|| match question {
        Question::Findings => findings::find(trace, monitor).map(|found| Answer::Findings(Arc::new(found))),
        Question::WaitChain(go, range) => Some(Answer::WaitChain(Arc::new(chain(trace, *go, *range)))),
        Question::BlockedBy => who_blocks(trace, monitor).map(|found| Answer::BlockedBy(Arc::new(found))),
    });
    catch_unwind(work).unwrap_or(Some(Answer::Failed))
}

fn chain(trace: &Trace, go: GoIx, range: TimeRange) -> Chain {
    let chain = wait_chain::wait_chain(trace, go, range);
    let shares = wait_chain::shares(&chain, &Places::new(trace));
    Chain { sentence: String::new(), chain, shares }
}

/// The places of waiting with most time, and what those who ended the waits did meanwhile.
fn who_blocks(trace: &Trace, monitor: &Monitor) -> Option<Vec<(Blocked, Releasers)>> {
    let places = Places::new(trace);
    let census = Census::take(trace, &places, monitor)?;
    let found = blocked_by::blocked(&census, &places).into_iter().take(PLACES);
    let found: Vec<_> = found
        .take_while(|_| !monitor.is_cancelled())
        .map(|blocked| {
            let releasers = blocked_by::releasers(trace, &places, &blocked);
            (blocked, releasers)
        })
        .collect();
    (!monitor.is_cancelled()).then_some(found)
}
