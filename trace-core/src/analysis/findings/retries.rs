//! Workers that make a call, sleep, and make it again: retries, which hold up what waits for the workers.

use rustc_hash::FxHashSet;

use crate::analysis::blocked_by::Meanwhile;
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::parts::Part;
use crate::analysis::phrases::{place_name, where_at};
use crate::analysis::place_time::Wait;
use crate::analysis::places::Op;
use crate::analysis::wait_chain::StepKind;
use crate::analysis::work_units::Family;
use crate::analysis::workload::is_idle;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::TimeRange;
use crate::event::state::{GoState, SpanClass};
use crate::model::spans::Span;

/// Fewer sleeps are no rule.
const FEWEST: u64 = 10;
/// Jobs of each goroutine from which on it takes one after the other.
const JOBS: u64 = 3;
/// Part of the time of the jobs.
const SHARE: f64 = 0.25;
/// Part of the sleeps looked at with the same call before and after.
const RETRIES: f64 = 0.6;
/// Spans that are looked at on each side of a sleep.
const SPANS: usize = 24;
/// Calls before a sleep that may be made again.
const CALLS: usize = 4;

const CHECK: &str = "Find out why the first attempt fails, and let the worker take other work meanwhile: put what is to be tried again \
                     back into the queue.";

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let is_started = |family: &&Family| context.places.is_outer_root(family.stack);
    let mut families: Vec<&Family> = context.workload.families.values().filter(is_started).collect();
    families.sort_by_key(|family| (family.stack, family.nanos));
    let sleeping = |family: &Family| {
        let mut parts: Vec<Part> =
            family.parts.iter().filter(|(key, _)| key.op == Op::Sleep).map(|(_, part)| part.clone()).collect();
        parts.sort_by_key(Part::stack);
        parts
    };
    let judged = families.into_iter().flat_map(|family| {
        sleeping(family).into_iter().filter_map(|part| judge(context, family, &part)).collect::<Vec<_>>()
    });
    judged.collect()
}

/// Whether the units are pieces of work that goroutines take one after the other.
fn is_of_jobs(family: &Family) -> bool {
    family.bounded * 2 >= family.units && family.units >= JOBS * family.gos
}

/// Whether others wait for goroutines that sleep at this place: whoever feeds them, or waits for their end.
fn is_waited_for(context: &Context<'_>, stack: StackId) -> bool {
    let function = context.places.own_function(stack);
    let is_here = |part: &&Meanwhile| {
        part.doing == StepKind::Waiting(SpanClass::WaitSleep) && context.places.own_function(part.stack) == function
    };
    context.waits(&[Op::Send, Op::WaitGroup, Op::Receive]).any(|(wait, found)| {
        let nanos: u64 = found.parts.iter().filter(is_here).map(|part| part.nanos).sum();
        context.share(wait.woken_nanos) >= 0.1 && nanos * 4 >= found.examined
    })
}

fn judge(context: &Context<'_>, family: &Family, part: &Part) -> Option<Finding> {
    let slept = part.place_time.nanos;
    let share = slept as f64 / family.nanos.max(1) as f64;
    if part.place_time.count < FEWEST || share < SHARE || context.share(slept) < 0.05 {
        return None;
    }
    let gos: FxHashSet<GoroutineIdx> = part.longest.iter().map(|wait| wait.go).collect();
    // What begins by the clock, or by what comes from outside, may be a client that plays its part.
    let is_given = |go: &GoroutineIdx| context.workload.go(*go).is_some_and(|facts| !facts.is_woken_from_outside);
    if !gos.iter().all(is_given) || gos.iter().any(|go| context.is_test(*go)) {
        return None;
    }
    let again = part.longest.iter().filter(|wait| is_retry(context, wait)).count();
    if (again as f64) < RETRIES * part.longest.len() as f64 {
        return None;
    }
    let stack = part.stack();
    let is_known = is_of_jobs(family) || is_waited_for(context, stack);
    if !is_known && !part.is_backoff() {
        return None;
    }
    let mut evidence = Evidence::default();
    let title = format!(
        "{} of {} slept for {} of their time{}: {}, {} total; {} of {} looked at lie between two calls at the same place",
        evidence.count("units", family.units, "unit of work"),
        place_name(context.places.outer(family.stack).as_ref()),
        evidence.share("share_of_units", share),
        where_at(context.places, stack),
        evidence.count("sleeps", part.place_time.count, "sleep"),
        evidence.time("sleep_total_ns", slept),
        evidence.whole("retries", again as u64),
        evidence.whole("sleeps_looked_at", part.longest.len() as u64),
    );
    let mut finding = Finding::new(Kind::PollingSleep, title, slept, context.duration, 0.75)
        .with(evidence)
        .cause(Cause::Retries, CHECK)
        .culprit(context.trace, context.places.own(stack), stack);
    if let Some(outer) = context.places.outer(family.stack) {
        finding = finding.victim(&outer.function, family.gos);
    }
    let all: Vec<GoroutineIdx> = gos.into_iter().collect();
    finding = finding.goroutines(&all);
    for wait in part.longest.iter().take(2) {
        finding = finding.link(context.trace, wait.go, wait.range);
    }
    // Pauses that grow say that attempts fail, not that anybody waits for them.
    Some(if is_known { finding } else { finding.at_most(Severity::Warning) })
}

/// Whether, within one piece of work, the goroutine first waits after a sleep where it waited shortly before it.
fn is_retry(context: &Context<'_>, sleep: &Wait) -> bool {
    let (trace, all) = (context.trace, context.trace.range());
    let calls = |range: TimeRange| {
        // What is cut by the border is the sleep itself.
        let spans = trace.transitions(sleep.go, range).map(|found| found.span);
        spans.filter(move |span| span.state == GoState::Waiting && span.range != sleep.range)
    };
    let place = |span: &Span| {
        let is_work = !is_idle(context.places, span.start_stack, span.class) && span.class != SpanClass::Gc;
        is_work.then(|| context.places.own_line(span.start_stack)).flatten()
    };
    let is_call = |span: &Span| {
        let op = context.places.op(span.start_stack);
        !op.is_lock() && op != Op::Sleep
    };
    let after = calls(TimeRange::new(sleep.range.end, all.end)).take(SPANS).find(is_call);
    let Some(next) = after.as_ref().and_then(place) else { return false };
    let reach = sleep.range.nanos().max(1).saturating_mul(4);
    let start = sleep.range.start.plus_nanos(-reach).max(all.start);
    let before: Vec<_> = calls(TimeRange::new(start, sleep.range.start)).filter(is_call).collect();
    before.iter().rev().take(CALLS).map_while(place).any(|line| line == next)
}
