//! Answers questions about a trace, off the UI thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use trace_core::analysis::antagonists;
use trace_core::analysis::blocked_by::{self, Blocked, Releasers};
use trace_core::analysis::census::Census;
use trace_core::analysis::collector::cycles::Collector;
use trace_core::analysis::compare::measure::measure;
use trace_core::analysis::find;
use trace_core::analysis::findings;
use trace_core::analysis::flame::{Flame, MergeBy};
use trace_core::analysis::latency;
use trace_core::analysis::leaks;
use trace_core::analysis::mmu::{Mutator, window_lengths};
use trace_core::analysis::places::Places;
use trace_core::analysis::population;
use trace_core::analysis::procs;
use trace_core::analysis::profile::{self, ProfileKind};
use trace_core::analysis::scope::Scope;
use trace_core::analysis::threads;
use trace_core::analysis::why;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::export::pprof;
use trace_core::model::trace::Trace;

use crate::output::{NotWritten, Output};
use crate::report::analyses;
use crate::state::study::{Answer, LISTED_SPANS, LISTED_WINDOWS, MutatorOf, MutatorStudy, ProfileStudy, Question};

/// Things of a kind that are listed when they are looked for by name.
const LISTED_FINDS: usize = 2_000;
/// Places of waiting that are told of.
const PLACES: usize = 200;
/// Points of a curve per factor of ten.
const PER_DECADE: u32 = 12;
/// Columns of utilisation over time, about.
const COLUMNS: i64 = 1_000;
/// Goroutines told of that had procs while others waited.
const ANTAGONISTS: usize = 200;

/// Works out the answer. `None` if it was cancelled.
#[must_use]
pub fn answer(trace: &Arc<Trace>, question: &Question, monitor: &Monitor) -> Option<Answer> {
    let work = AssertUnwindSafe(|| match question {
        Question::Report(id, ask) => {
            analyses::by_id(id)?.run(trace, ask, monitor).map(|report| Answer::Report(Arc::new(report)))
        }
        Question::Details(id, ask, of) => {
            analyses::by_id(id)?.details(trace, ask, *of, monitor).map(|report| Answer::Report(Arc::new(report)))
        }
        Question::Findings => findings::find(trace, monitor).map(|found| Answer::Findings(Arc::new(found))),
        Question::WaitChain(go, range) => Some(Answer::WaitChain(Arc::new(why::why_one(trace, *go, *range)))),
        Question::BlockedBy(scope) => who_blocks(trace, scope, monitor).map(|found| Answer::BlockedBy(Arc::new(found))),
        Question::Profile(scope, kind) => {
            let pieces = scope.pieces(trace);
            let found = profile::profile(trace, &pieces, *kind, monitor);
            found.map(|profile| {
                let stacks = profile.stacks.iter().map(|sum| (sum.stack, sum.count, sum.nanos));
                let flame = Flame::of(trace, stacks, MergeBy::Function);
                let report = analyses::profile::report(trace, &pieces, &Arc::new(profile));
                Answer::Profile(Arc::new(ProfileStudy { report, flame }))
            })
        }
        Question::Latency(_)
        | Question::LatencyOfEach(..)
        | Question::Antagonists(_)
        | Question::AntagonistsOf(_)
        | Question::Procs(_)
        | Question::Threads(_)
        | Question::Population(_)
        | Question::Leaks(_) => schedule(trace, question, monitor),
        Question::Collections(range) => {
            Collector::of(trace, *range, monitor).map(|found| Answer::Collections(Arc::new(found)))
        }
        Question::Mutator(of) => utilisation(trace, *of, monitor).map(|found| Answer::Mutator(Arc::new(found))),
        Question::WorstWindows(of, window) => {
            let found = Mutator::of(trace, of.range, of.whose, of.takes, monitor)?;
            Some(Answer::WorstWindows(Arc::new(found.worst_windows(*window, LISTED_WINDOWS))))
        }
        Question::Spans(lane, range) => {
            let spans = trace.spans(*lane, *range).take_while(|_| !monitor.is_cancelled());
            Some(Answer::Spans(Arc::new(spans.take(LISTED_SPANS).collect())))
        }
        Question::Events(lane, range) => {
            let events = trace.events(*lane, *range).take_while(|_| !monitor.is_cancelled());
            Some(Answer::Events(Arc::new(events.take(LISTED_SPANS).collect())))
        }
        Question::Measured(range) => {
            measure(trace, *range, monitor).map(|measured| Answer::Measured(Arc::new(measured)))
        }
        Question::Find(text) => {
            find::find(trace, text, LISTED_FINDS, monitor).map(|found| Answer::Found(Arc::new(found)))
        }
        Question::Anchor(anchor) => anchor.first(trace, monitor).map(Answer::Instant),
    });
    catch_unwind(work).unwrap_or(Some(Answer::Failed))
}

/// Mutator utilisation with its curve, and over time.
fn utilisation(trace: &Trace, of: MutatorOf, monitor: &Monitor) -> Option<MutatorStudy> {
    let found = Mutator::of(trace, of.range, of.whose, of.takes, monitor)?;
    let curve = found.curve(&window_lengths(found.longest(), PER_DECADE), monitor)?;
    let range = trace.range().intersect(of.range);
    let width = (range.nanos() / COLUMNS).max(1);
    let column = |at: i64| {
        let start = range.start.plus_nanos(at * width);
        (start, found.within(TimeRange::new(start, start.plus_nanos(width)).intersect(range)))
    };
    let columns = (range.nanos() + width - 1) / width;
    Some(MutatorStudy { mean: found.mean(), curve, over_time: (0..columns).map(column).collect() })
}

/// Questions about procs, threads, system calls and the population.
fn schedule(trace: &Trace, question: &Question, monitor: &Monitor) -> Option<Answer> {
    match question {
        Question::LatencyOfEach(scope, limit) => {
            let found = latency::latency_by_goroutine(trace, &scope.pieces(trace), *limit, monitor);
            found.map(|found| Answer::LatencyOfEach(Arc::new(found)))
        }
        Question::Latency(scope) => {
            let found = latency::latency(trace, &scope.pieces(trace), monitor);
            found.map(|found| Answer::Latency(Arc::new(found)))
        }
        Question::Antagonists(scope) => {
            let found = antagonists::antagonists(trace, &scope.pieces(trace), ANTAGONISTS, monitor);
            found.map(|found| Answer::Antagonists(Arc::new(found)))
        }
        Question::AntagonistsOf(wait) => {
            let found = antagonists::antagonists_of(trace, *wait, ANTAGONISTS, monitor);
            found.map(|found| Answer::Antagonists(Arc::new(found)))
        }
        Question::Procs(range) => procs::procs(trace, *range, monitor).map(|found| Answer::Procs(Arc::new(found))),
        Question::Threads(range) => {
            threads::threads(trace, *range, monitor).map(|found| Answer::Threads(Arc::new(found)))
        }
        Question::Population(scope) => {
            let found = population::population(trace, &scope.pieces(trace), monitor);
            found.map(|found| Answer::Population(Arc::new(found)))
        }
        Question::Leaks(scope) => {
            leaks::leaks(trace, &scope.pieces(trace), monitor).map(|found| Answer::Leaks(Arc::new(found)))
        }
        _ => None,
    }
}

/// The places of waiting with most time, and what those who ended the waits did meanwhile.
fn who_blocks(trace: &Trace, scope: &Scope, monitor: &Monitor) -> Option<Vec<(Blocked, Releasers)>> {
    let places = Places::new(trace);
    let census = Census::take_of(trace, &places, &scope.pieces(trace), monitor)?;
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
