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
use crate::state::query::{Answer, LISTED_SPANS, ProfileView, Query, WaitChainView, ask};
use crate::state::questions::{Failed, Question};

/// Things of a kind that are listed when they are looked for by name.
const LISTED_FINDS: usize = 2_000;

/// Works out the answer: `Err` if that failed with a panic, `None` if it was cancelled.
#[must_use]
pub fn answer(trace: &Arc<Trace>, query: &Query, monitor: &Monitor) -> Option<Result<Answer, Failed>> {
    let work = AssertUnwindSafe(|| match query {
        Query::Findings(asked) => wrapped(asked, trace, monitor),
        Query::WaitChain(asked) => wrapped(asked, trace, monitor),
        Query::Profile(asked) => wrapped(asked, trace, monitor),
        Query::Report(asked) => wrapped(asked, trace, monitor),
        Query::Details(asked) => wrapped(asked, trace, monitor),
        Query::Spans(asked) => wrapped(asked, trace, monitor),
        Query::Events(asked) => wrapped(asked, trace, monitor),
        Query::Measured(asked) => wrapped(asked, trace, monitor),
        Query::Task(asked) => wrapped(asked, trace, monitor),
        Query::Alike(asked) => wrapped(asked, trace, monitor),
        Query::Anchor(asked) => wrapped(asked, trace, monitor),
        Query::Find(asked) => wrapped(asked, trace, monitor),
    });
    catch_unwind(work).map_or(Some(Err(Failed)), |answer| answer.map(Ok))
}

fn wrapped<Q: Work>(question: &Q, trace: &Arc<Trace>, monitor: &Monitor) -> Option<Answer> {
    question.work(trace, monitor).map(Q::wrap)
}

/// A question about a trace that this file answers.
trait Work: Question<Key = Query> {
    /// Works out the answer; `None` if it was cancelled, or what is asked about is not in the trace.
    fn work(&self, trace: &Arc<Trace>, monitor: &Monitor) -> Option<Self::Answer>;
}

impl Work for ask::Findings {
    fn work(&self, trace: &Arc<Trace>, monitor: &Monitor) -> Option<Self::Answer> {
        findings::find(trace, monitor).map(Arc::new)
    }
}

impl Work for ask::WaitChain {
    fn work(&self, trace: &Arc<Trace>, _monitor: &Monitor) -> Option<Self::Answer> {
        let why = Arc::new(why::why_one(trace, self.0, self.1));
        let report = analyses::why::report(trace, &why);
        Some(Arc::new(WaitChainView { report, why }))
    }
}

impl Work for ask::Profile {
    fn work(&self, trace: &Arc<Trace>, monitor: &Monitor) -> Option<Self::Answer> {
        let pieces = self.0.pieces(trace);
        let profile = profile::profile(trace, &pieces, self.1, monitor)?;
        let stacks = profile.stacks.iter().map(|sum| (sum.stack, sum.count, sum.nanos.0));
        let flame = Flame::of(trace, stacks, MergeBy::Function);
        let report = analyses::profile::report(trace, &pieces, &Arc::new(profile));
        Some(Arc::new(ProfileView { report, flame }))
    }
}

impl Work for ask::Report {
    fn work(&self, trace: &Arc<Trace>, monitor: &Monitor) -> Option<Self::Answer> {
        analyses::by_id(self.0)?.run(trace, &self.1, monitor).map(Arc::new)
    }
}

impl Work for ask::Details {
    fn work(&self, trace: &Arc<Trace>, monitor: &Monitor) -> Option<Self::Answer> {
        analyses::by_id(self.0)?.details(trace, &self.1, self.2.clone(), monitor).map(Arc::new)
    }
}

impl Work for ask::Spans {
    fn work(&self, trace: &Arc<Trace>, monitor: &Monitor) -> Option<Self::Answer> {
        let spans = trace.spans(self.0, self.1).take_while(|_| !monitor.is_cancelled());
        Some(Arc::new(SpanList::of(trace, spans.take(LISTED_SPANS).collect())))
    }
}

impl Work for ask::Events {
    fn work(&self, trace: &Arc<Trace>, monitor: &Monitor) -> Option<Self::Answer> {
        let events = trace.events(self.0, self.1).take_while(|_| !monitor.is_cancelled());
        Some(Arc::new(events.take(LISTED_SPANS).collect()))
    }
}

impl Work for ask::Measured {
    fn work(&self, trace: &Arc<Trace>, monitor: &Monitor) -> Option<Self::Answer> {
        measure(trace, self.0, monitor).map(Arc::new)
    }
}

impl Work for ask::Task {
    fn work(&self, trace: &Arc<Trace>, _monitor: &Monitor) -> Option<Self::Answer> {
        let task = trace.task(self.0)?;
        Some(Arc::new(tasks::details(trace, &TaskIndex::of(trace), &task)))
    }
}

impl Work for ask::Alike {
    fn work(&self, trace: &Arc<Trace>, monitor: &Monitor) -> Option<Self::Answer> {
        alike(trace, &self.0, monitor).map(Arc::new)
    }
}

impl Work for ask::Anchor {
    fn work(&self, trace: &Arc<Trace>, monitor: &Monitor) -> Option<Self::Answer> {
        self.0.first(trace, monitor)
    }
}

impl Work for ask::Find {
    fn work(&self, trace: &Arc<Trace>, monitor: &Monitor) -> Option<Self::Answer> {
        find::find(trace, &self.0, LISTED_FINDS, monitor).map(Arc::new)
    }
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
