//! Answers questions about a trace, off the UI thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use trace_core::analysis::alike::alike;
use trace_core::analysis::compare::measure::measure;
use trace_core::analysis::find;
use trace_core::analysis::findings;
use trace_core::analysis::flame::{Flame, MergeBy};
use trace_core::analysis::profile::{self, ProfileKind};
use trace_core::analysis::scope::Scope;
use trace_core::analysis::tasks::{self, TaskIndex};
use trace_core::analysis::why;
use trace_core::base::monitor::Monitor;
use trace_core::export::pprof;
use trace_core::model::trace::Trace;

use crate::output::{NotWritten, Output};
use crate::report::analyses;
use crate::report::lists::spans::SpanList;
use crate::state::query::{Answer, LISTED_SPANS, ProfileView, Query, WaitChainView};

/// Things of a kind that are listed when they are looked for by name.
const LISTED_FINDS: usize = 2_000;

/// Works out the answer. `None` if it was cancelled.
#[must_use]
pub fn answer(trace: &Arc<Trace>, query: &Query, monitor: &Monitor) -> Option<Answer> {
    let work = AssertUnwindSafe(|| match query {
        Query::Report(id, ask) => {
            analyses::by_id(id)?.run(trace, ask, monitor).map(|report| Answer::Report(Arc::new(report)))
        }
        Query::Details(id, ask, of) => {
            analyses::by_id(id)?.details(trace, ask, of.clone(), monitor).map(|report| Answer::Report(Arc::new(report)))
        }
        Query::Findings => findings::find(trace, monitor).map(|found| Answer::Findings(Arc::new(found))),
        Query::WaitChain(go, range) => {
            let why = Arc::new(why::why_one(trace, *go, *range));
            let report = analyses::why::report(trace, &why);
            Some(Answer::WaitChain(Arc::new(WaitChainView { report, why })))
        }
        Query::Profile(scope, kind) => {
            let pieces = scope.pieces(trace);
            let found = profile::profile(trace, &pieces, *kind, monitor);
            found.map(|profile| {
                let stacks = profile.stacks.iter().map(|sum| (sum.stack, sum.count, sum.nanos));
                let flame = Flame::of(trace, stacks, MergeBy::Function);
                let report = analyses::profile::report(trace, &pieces, &Arc::new(profile));
                Answer::Profile(Arc::new(ProfileView { report, flame }))
            })
        }
        Query::Spans(lane, range) => {
            let spans = trace.spans(*lane, *range).take_while(|_| !monitor.is_cancelled());
            Some(Answer::Spans(Arc::new(SpanList::of(trace, spans.take(LISTED_SPANS).collect()))))
        }
        Query::Events(lane, range) => {
            let events = trace.events(*lane, *range).take_while(|_| !monitor.is_cancelled());
            Some(Answer::Events(Arc::new(events.take(LISTED_SPANS).collect())))
        }
        Query::Measured(range) => measure(trace, *range, monitor).map(|measured| Answer::Measured(Arc::new(measured))),
        Query::Find(text) => find::find(trace, text, LISTED_FINDS, monitor).map(|found| Answer::Found(Arc::new(found))),
        Query::Task(idx) => {
            let task = trace.task(*idx)?;
            Some(Answer::Task(Arc::new(tasks::details(trace, &TaskIndex::of(trace), &task))))
        }
        Query::Alike(example) => alike(trace, example, monitor).map(|found| Answer::Alike(Arc::new(found))),
        Query::Anchor(anchor) => anchor.first(trace, monitor).map(Answer::Instant),
    });
    catch_unwind(work).unwrap_or(Some(Answer::Failed))
}

/// Writes a profile as pprof.
///
/// # Errors
/// As [`Output::write`].
pub fn save_profile(trace: &Trace, scope: &Scope, kind: ProfileKind, output: &Output<'_>) -> Result<(), NotWritten> {
    let found = profile::profile(trace, &scope.pieces(trace), kind, &Monitor::new());
    let found = found.ok_or_else(|| NotWritten::Refused("it was cancelled".to_owned()))?;
    let reading = trace.clock_snapshots().first();
    let wall = reading.and_then(|reading| {
        let unix = reading.wall_secs.checked_mul(1_000_000_000)?;
        let before = trace.range().start.nanos_since(reading.trace);
        unix.checked_add(i64::from(reading.wall_nanos))?.checked_add(before)
    });
    output.write(|file| pprof::write(trace, &found, wall, file))
}
