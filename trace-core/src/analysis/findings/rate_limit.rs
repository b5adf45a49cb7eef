//! Rate limits, told by when waits end: of all goroutines that wait at a place, the clock lets one through at a time, at equal
//! distances, whatever each has done before.

use std::collections::BTreeMap;

use crate::analysis::findings::context::Context;
use crate::analysis::findings::site_waits::every_wait;
use crate::analysis::place_time::Wait;
use crate::analysis::places::Op;
use crate::analysis::work_unit::is_timed;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;

/// Fewer waits that the clock ended are no rhythm.
const FEWEST: usize = 20;
/// Part of the distances that have to be near the median.
const EVEN: f64 = 0.7;
/// Spans of the goroutine that lets the others through which are looked at.
const SPANS: usize = 100_000;
/// A shorter distance is below what the runtime's timers keep, ns.
const SHORTEST: i64 = 100_000;

/// The distance at which a limiter lets goroutines through that wait in the function of `stack`, ns. `None` if that is not what
/// happens there.
///
/// Goroutines that sleep for a fixed time each are no such thing, even if they began one after the other: their sleeps differ
/// less than the distances between these, as what they do in between differs. Behind a limiter it is the other way round.
pub(crate) fn interval(context: &Context<'_>, stack: StackId) -> Option<i64> {
    let mut waits = every_wait(context, stack)?;
    waits.retain(|wait| is_timed(context.places, wait) && !wait.is_cut);
    let usual = rhythm(&mut waits)?;
    (is_called_limiter(context, stack) || is_kept_by_all(&waits)).then_some(usual)
}

/// The goroutine that lets others through at equal distances which wait in the function of `stack`, each time its own timer
/// fires, and the distance, ns. `None` if that is not what happens there.
pub(crate) fn pacer(context: &Context<'_>, stack: StackId) -> Option<(GoroutineIdx, i64)> {
    let mut waits = every_wait(context, stack)?;
    waits.retain(|wait| !wait.is_cut);
    let pacer = waits.first()?.waker?;
    let others = waits.iter().filter(|wait| wait.waker != Some(pacer)).count();
    let usual = rhythm(&mut waits).filter(|_| others * 20 <= waits.len())?;
    let (mut timed, mut all) = (0, 0);
    for span in context.trace.spans(LaneId::Goroutine(pacer), context.trace.range()).take(SPANS) {
        if span.state != GoState::Waiting {
            continue;
        }
        let is_clock = !matches!(context.trace.ended_by(&span), Some((LaneId::Goroutine(_), _)));
        let is_timer = matches!(context.places.op(span.start_stack), Op::Sleep | Op::Receive | Op::Select);
        all += span.range.nanos();
        timed += if is_clock && is_timer { span.range.nanos() } else { 0 };
    }
    (timed * 10 >= all * 9 && all > 0).then_some((pacer, usual))
}

/// The usual distance between the ends of waits, which are put in their order, if these are at equal distances and the waits
/// take several of them, ns.
fn rhythm(waits: &mut [Wait]) -> Option<i64> {
    waits.sort_unstable_by_key(|wait| (wait.range.end, wait.go));
    let ends: Vec<TraceTime> = waits.iter().map(|wait| wait.range.end).collect();
    let usual = distance(&ends)?;
    let mean = waits.iter().map(Wait::nanos).sum::<u64>() / waits.len() as u64;
    (mean >= 2 * usual.unsigned_abs()).then_some(usual)
}

/// The usual distance between the ticks that a goroutine waits for at the line of `stack`, ns. `None` if its waits there are not
/// ended by a timer, at equal distances.
pub(crate) fn ticks(context: &Context<'_>, stack: StackId, go: GoroutineIdx) -> Option<i64> {
    if !matches!(context.places.op(stack), Op::Receive | Op::Select) || !context.places.is_direct(stack) {
        return None;
    }
    let line = context.places.near_line(stack);
    let spans = context.trace.spans(LaneId::Goroutine(go), context.trace.range()).take(SPANS);
    let (mut ends, mut timed) = (Vec::new(), 0);
    for span in spans.filter(|span| span.state == GoState::Waiting && !span.began_before && !span.goes_on) {
        if context.places.near_line(span.start_stack) == line {
            ends.push(span.range.end);
            timed += usize::from(!matches!(context.trace.ended_by(&span), Some((LaneId::Goroutine(_), _))));
        }
    }
    distance(&ends).filter(|_| timed * 10 >= ends.len() * 9)
}

/// The usual distance between times, which are in order, if most of them are about as far apart, ns.
fn distance(times: &[TraceTime]) -> Option<i64> {
    if times.len() < FEWEST {
        return None;
    }
    let mut gaps: Vec<i64> = times.iter().zip(times.iter().skip(1)).map(|(one, next)| next.nanos_since(*one)).collect();
    gaps.sort_unstable();
    let usual = gaps.get(gaps.len() / 2).copied().filter(|usual| *usual >= SHORTEST)?;
    let even = gaps.iter().filter(|gap| (**gap - usual).abs() * 4 <= usual).count();
    (even as f64 >= EVEN * gaps.len() as f64).then_some(usual)
}

/// Whether the function, its type or its package says so.
fn is_called_limiter(context: &Context<'_>, stack: StackId) -> bool {
    let near = context.places.near(stack).map(|place| place.function.to_lowercase());
    context.places.is_limiter(stack)
        || near.is_some_and(|name| ["limiter", "ratelimit", "throttl"].iter().any(|word| name.contains(word)))
}

/// Whether the waits of each goroutine differ more than the distances between their ends: whoever comes later waits less.
fn is_kept_by_all(waits: &[Wait]) -> bool {
    let mut by_go: BTreeMap<GoroutineIdx, Vec<TimeRange>> = BTreeMap::new();
    waits.iter().for_each(|wait| by_go.entry(wait.go).or_default().push(wait.range));
    let rounds = || by_go.values().flat_map(|ranges| ranges.iter().zip(ranges.iter().skip(1)));
    let periods = spread(rounds().map(|(one, next)| next.end.nanos_since(one.end)));
    let lengths = spread(rounds().map(|(_, next)| next.nanos()));
    by_go.len() > 1 && periods < lengths * 0.8
}

/// The standard deviation, ns.
fn spread(values: impl Iterator<Item = i64>) -> f64 {
    let values: Vec<f64> = values.map(|nanos| nanos as f64).collect();
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt()
}
