//! Searches a trace: everything that a query matches, of all kinds.

use std::sync::Arc;

use crate::analysis::parallel::gather;
use crate::analysis::search::bits::Bits;
use crate::analysis::search::hit::{Hit, HitKind};
use crate::analysis::search::hits::{Found, Hits, Keep, Listed};
use crate::analysis::search::life::life;
use crate::analysis::search::logic::Match;
use crate::analysis::search::matcher::{Candidate, Matcher};
use crate::analysis::search::query::Query;
use crate::analysis::search::spans::Walker;
use crate::base::ids::{GoroutineIdx, StrId, TaskIdx};
use crate::base::monitor::Monitor;
use crate::base::time::TimeRange;
use crate::model::lanes::{LaneId, SpanRef};
use crate::model::trace::{Sample, Trace};

/// Goroutines looked at before hits are published for the first time; each time after that four times as many.
const FIRST_BATCH: usize = 2_048;
/// Goroutines, regions, … that a thread takes at a time.
const SHARE: usize = 64;

/// Finds everything that a query matches and lists the first `limit` hits by time. Calls `publish` with what is known so
/// far, the first time after a few milliseconds, and again as more is found; the counts only grow, the list becomes
/// final with the last call. An empty query finds nothing. `None` if cancelled.
#[must_use]
pub fn search(
    trace: &Trace,
    query: &Query,
    limit: usize,
    monitor: &Monitor,
    publish: &mut dyn FnMut(&Hits),
) -> Option<Hits> {
    search_near(trace, query, (Listed::From(trace.range().start), limit), monitor, publish)
}

/// The same, listing hits from a time on, or up to it.
#[must_use]
pub fn search_near(
    trace: &Trace,
    query: &Query,
    (listed, limit): (Listed, usize),
    monitor: &Monitor,
    publish: &mut dyn FnMut(&Hits),
) -> Option<Hits> {
    let matcher = Arc::new(Matcher::of(trace, query, monitor)?);
    let keep = Keep { listed, limit, range: trace.range() };
    let mut hits = Hits::none(trace, Arc::clone(&matcher));
    if !matcher.is_empty() {
        let run = Run { trace, matcher: &matcher, keep, monitor };
        let few = run.few();
        hits.take(trace, &keep, few);
        for found in [run.regions()?, run.logs()?, run.samples()?] {
            hits.take(trace, &keep, found);
        }
        if hits.total() > 0 {
            publish(&hits);
        }
        run.goroutines(&mut hits, publish)?;
    }
    hits.is_complete = true;
    publish(&hits);
    (!monitor.is_cancelled()).then_some(hits)
}

struct Run<'a> {
    trace: &'a Trace,
    matcher: &'a Matcher,
    keep: Keep,
    monitor: &'a Monitor,
}

/// The names of functions in stacks, each once.
pub(crate) fn functions(trace: &Trace) -> Bits {
    let mut functions = Bits::empty(trace.string_count() as usize);
    for frame in trace.texts.frames.iter().filter(|frame| frame.function != StrId::EMPTY) {
        functions.add(frame.function.0 as usize);
    }
    functions
}

/// The lane of a sample: of its goroutine, else its proc, else its thread.
pub(crate) fn lane_of_sample(sample: &Sample) -> LaneId {
    if sample.go.is_some() {
        LaneId::Goroutine(sample.go)
    } else if sample.proc.is_some() {
        LaneId::Proc(sample.proc)
    } else {
        LaneId::Thread(sample.thread)
    }
}

impl Run<'_> {
    fn is_hit(&self, thing: &Candidate<'_>) -> bool {
        self.matcher.value(thing) == Match::Own
    }

    /// What there are few of: functions, tasks, labels, GC cycles, STW pauses.
    fn few(&self) -> Found {
        let (trace, whole) = (self.trace, self.trace.range());
        let mut found = Found::default();
        let named = functions(trace);
        let is_hit = |id: &usize| self.is_hit(&Candidate::Function(StrId(*id as u32)));
        found.add_functions(named.iter().filter(is_hit).count() as u64);
        for task in (0..trace.task_count()).filter_map(|at| trace.task(TaskIdx(at))) {
            if self.is_hit(&Candidate::Task(&task)) {
                let range = TimeRange::new(task.began.unwrap_or(whole.start), task.ended.unwrap_or(whole.end));
                let (lane, at) = (LaneId::Goroutine(task.go), u64::from(task.idx.0));
                found.add(&self.keep, Hit { kind: HitKind::Task, lane, range, span: None, at, text: task.name });
            }
        }
        for (at, (go, time, text)) in trace.all_labels().enumerate() {
            if self.is_hit(&Candidate::GoLabel(go, time, text)) {
                let (lane, range, at) = (LaneId::Goroutine(go), TimeRange::new(time, time), at as u64);
                found.add(&self.keep, Hit { kind: HitKind::GoLabel, lane, range, span: None, at, text });
            }
        }
        for (kind, lane) in [(HitKind::Gc, LaneId::Gc), (HitKind::Stw, LaneId::Stw)] {
            for (at, span) in trace.spans(lane, whole).enumerate() {
                if self.is_hit(&Candidate::Track(&span)) {
                    let (at, text) = (at as u64, span.reason);
                    found.add(&self.keep, Hit { kind, lane, range: span.range, span: Some(span.at), at, text });
                }
            }
        }
        found
    }

    /// The hits among `count` things that `hit` looks at.
    fn gather(&self, count: usize, hit: impl Fn(usize) -> Option<Hit> + Sync) -> Option<Found> {
        let take = |found: &mut Found, at: usize| {
            if let Some(hit) = hit(at) {
                found.add(&self.keep, hit);
            }
        };
        gather((count, 32 * SHARE), self.monitor, take, |one, other| one.merge(other, &self.keep))
    }

    fn regions(&self) -> Option<Found> {
        let regions = self.trace.all_regions();
        self.gather(regions.len(), |at| {
            let region = regions.get(at).filter(|region| self.is_hit(&Candidate::Region(region)))?;
            let (lane, range, text) = (LaneId::Goroutine(region.go), region.range, region.name);
            Some(Hit { kind: HitKind::Region, lane, range, span: None, at: at as u64, text })
        })
    }

    fn logs(&self) -> Option<Found> {
        let logs = self.trace.all_logs();
        self.gather(logs.len(), |at| {
            let log = logs.get(at).filter(|log| self.is_hit(&Candidate::Log(log)))?;
            let (lane, range, text) = (LaneId::Goroutine(log.go), TimeRange::new(log.time, log.time), log.message);
            Some(Hit { kind: HitKind::Log, lane, range, span: None, at: at as u64, text })
        })
    }

    fn samples(&self) -> Option<Found> {
        let samples = self.trace.all_samples();
        self.gather(samples.len(), |at| {
            let sample = samples.get(at).filter(|sample| self.is_hit(&Candidate::Sample(sample)))?;
            let (lane, range) = (lane_of_sample(sample), TimeRange::new(sample.time, sample.time));
            Some(Hit { kind: HitKind::Sample, lane, range, span: None, at: at as u64, text: StrId::EMPTY })
        })
    }

    /// Goroutines and their spans, published batch by batch.
    fn goroutines(&self, hits: &mut Hits, publish: &mut dyn FnMut(&Hits)) -> Option<()> {
        let walker = Walker::new(self.trace, self.matcher);
        let has_spans = self.matcher.most_of_spans(None) == Match::Own;
        let count = self.trace.goroutine_count() as usize;
        let (mut from, mut batch) = (0, FIRST_BATCH);
        while from < count {
            let until = count.min(from + batch);
            let take = |found: &mut Found, at: usize| {
                let go = GoroutineIdx((from + at) as u32);
                self.goroutine(go, found);
                if has_spans && self.matcher.most_of_spans(Some(go)) == Match::Own {
                    self.spans(&walker, go, found);
                }
            };
            // Those that live long come first, and are long themselves.
            let share = if from == 0 { 1 } else { SHARE };
            let merged = |one: Found, other: Found| one.merge(other, &self.keep);
            let found = gather((until - from, share), self.monitor, take, merged)?;
            hits.take(self.trace, &self.keep, found);
            (from, batch) = (until, batch * 4);
            if from < count && hits.total() > 0 {
                publish(hits);
            }
        }
        Some(())
    }

    fn goroutine(&self, go: GoroutineIdx, found: &mut Found) {
        if self.is_hit(&Candidate::Goroutine(go)) {
            let (lane, at) = (LaneId::Goroutine(go), u64::from(go.0));
            let text = self.trace.goroutine_name(go).map_or(StrId::EMPTY, |known| known.1);
            let range = life(self.trace, go);
            found.add(&self.keep, Hit { kind: HitKind::Goroutine, lane, range, span: None, at, text });
        }
    }

    fn spans(&self, walker: &Walker<'_>, go: GoroutineIdx, found: &mut Found) {
        walker.walk(go, self.trace.range(), |span, seen| {
            if self.is_hit(&Candidate::Span(seen)) {
                found.add(&self.keep, span_hit(go, span, seen.range));
            }
        });
    }
}

/// A span as a hit. It is named when it is listed.
fn span_hit(go: GoroutineIdx, span: SpanRef, range: TimeRange) -> Hit {
    let at = u64::from(span.segment) << 32 | u64::from(span.row);
    Hit { kind: HitKind::Span, lane: LaneId::Goroutine(go), range, span: Some(span), at, text: StrId::EMPTY }
}
