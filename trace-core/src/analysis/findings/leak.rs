//! Goroutines that pile up at one place and are never woken.

use rustc_hash::FxHashMap;

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::goroutine_stats::{GoroutineStats, Stuck};
use crate::analysis::phrases::place_name;
use crate::analysis::places::Op;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::SpanClass;

/// Fewer are no pile.
const FEWEST: usize = 8;

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let mut made: FxHashMap<StackId, Vec<&GoroutineStats>> = FxHashMap::default();
    for facts in context.workload.gos.iter().filter(|facts| facts.created().is_some()) {
        made.entry(facts.creation).or_default().push(facts);
    }
    let mut made: Vec<(StackId, Vec<&GoroutineStats>)> = made.into_iter().collect();
    made.sort_by_key(|(creation, _)| *creation);
    made.iter().filter_map(|(creation, gos)| judge(context, *creation, gos)).collect()
}

/// Whether such a wait can be for ever: the network and the clock wake by themselves.
const fn can_be_forever(class: SpanClass) -> bool {
    matches!(class, SpanClass::WaitChan | SpanClass::WaitSync | SpanClass::WaitOther)
}

/// Since when it has done next to nothing but wait in this function, woken by the clock alone.
fn alone(facts: &GoroutineStats, stuck: &Stuck, function: u32, end: TraceTime) -> Option<TraceTime> {
    let (_, since) = stuck.alone.filter(|alone| alone.0 == function)?;
    (facts.running * 20 < end.nanos_since(since).unsigned_abs()).then_some(since)
}

fn judge(context: &Context<'_>, creation: StackId, gos: &[&GoroutineStats]) -> Option<Finding> {
    let range = context.trace.range();
    let mut by_wait: FxHashMap<u32, Vec<(&GoroutineStats, StackId, TraceTime)>> = FxHashMap::default();
    for facts in gos {
        let may_be = |stuck: &&Stuck| {
            let op = context.places.op(stuck.stack);
            // Locks and connections have findings of their own.
            can_be_forever(stuck.class) && !op.is_lock() && op != Op::Pool
        };
        let stuck = context.workload.stuck.get(&facts.go).filter(may_be);
        let Some(stuck) = stuck.filter(|_| facts.ended().is_none()) else { continue };
        let Some(function) = context.places.own_function(stuck.stack) else { continue };
        // Woken by nobody but a timer of their own they are as stuck as without it.
        let since = alone(facts, stuck, function, range.end).map_or(stuck.since, |alone| alone.min(stuck.since));
        by_wait.entry(function).or_default().push((facts, stuck.stack, since));
    }
    let (_, stuck) = by_wait.into_iter().max_by_key(|(function, stuck)| (stuck.len(), *function))?;
    let &(_, stack, _) = stuck.first()?;
    if stuck.len() < FEWEST {
        return None;
    }
    // A pile grows all the time: in each quarter of the trace some are added that stay.
    let quarter = (range.nanos() / 4).max(1);
    let mut quarters = [0usize; 4];
    for (facts, _, _) in &stuck {
        let at = facts.created().map_or(0, |created| created.nanos_since(range.start) / quarter).clamp(0, 3);
        if let Some(count) = quarters.get_mut(usize::try_from(at).unwrap_or(0)) {
            *count += 1;
        }
    }
    let grows = quarters.iter().filter(|&&count| count * 12 >= stuck.len()).count();
    // They do next to nothing before they are stuck: they are not a pool that works now and then.
    let lived = |facts: &GoroutineStats| facts.created().map_or(0, |created| range.end.nanos_since(created));
    let still: i64 = stuck.iter().map(|(_, _, since)| range.end.nanos_since(*since)).sum();
    let life: i64 = stuck.iter().map(|(facts, _, _)| lived(facts)).sum();
    let ended = gos.iter().filter(|facts| facts.ended().is_some()).count();
    if grows < 3 || still * 2 < life {
        return None;
    }
    let lost = still.unsigned_abs();
    let place = context.places.own(stack);
    let oldest = stuck.iter().min_by_key(|stuck| stuck.2)?;
    let mut evidence = Evidence::default();
    let created_at = context.places.own(creation).map(|place| format!(" created at {}", place_name(Some(&place))));
    let created_at = created_at.unwrap_or_default();
    let title = format!(
        "{}{created_at}, blocked at {} and not woken again: {} of {} created in the trace did not end; the oldest has waited \
         for {}{}",
        evidence.count("stuck", stuck.len() as u64, "goroutine"),
        place_name(place.as_ref()),
        evidence.whole("not_ended", (gos.len() - ended) as u64),
        evidence.whole("created", gos.len() as u64),
        evidence.time("oldest_ns", range.end.nanos_since(oldest.2).unsigned_abs()),
        earlier_words(context, stack, &mut evidence),
    );
    let share = stuck.len() as f64 / gos.len().max(1) as f64;
    // Those that a timer wakes may be there on purpose, and end after the trace.
    let is_timed =
        |facts: &GoroutineStats, since| context.workload.stuck.get(&facts.go).is_some_and(|stuck| stuck.since != since);
    let timed = stuck.iter().filter(|(facts, _, since)| is_timed(facts, *since)).count();
    // A library on the program's behalf waits for somebody outside, who may still answer.
    let confidence = match context.places.is_direct(stack) {
        true if timed * 2 <= stuck.len() => 0.6 + 0.35 * share,
        true => 0.65,
        false => 0.55,
    };
    let finding = Finding::new(Kind::GoroutineLeak, title, lost, context.duration, confidence)
        .with(evidence)
        .int("ended", ended as u64)
        .int("stuck_total_ns", lost)
        .ratio("per_second", stuck.len() as f64 * 1e9 / context.duration.max(1) as f64)
        .text("created_at", place_name(context.places.own(creation).as_ref()))
        .culprit(context.trace, place.clone(), stack)
        .victim(&place.map(|place| place.function).unwrap_or_default(), stuck.len() as u64);
    let all: Vec<GoroutineIdx> = stuck.iter().map(|(facts, _, _)| facts.go).collect();
    let finding = finding.goroutines(&all).link(context.trace, oldest.0.go, TimeRange::new(oldest.2, range.end));
    // Each connection has goroutines of its own for as long as the client stays.
    let readers = readers(context, creation);
    let is_of_clients = readers * 4 >= stuck.len() * 3;
    let finding = finding.int("connection_readers_created_there", readers as u64);
    Some(if is_of_clients {
        finding
            .cause(Cause::Connections, "Check whether these connections are still in use; set idle timeouts.")
            .at_most(Severity::Note)
    } else {
        finding
    })
}

/// `; 597 more have been blocked there since before the trace`; empty of none.
fn earlier_words(context: &Context<'_>, stack: StackId, evidence: &mut Evidence) -> String {
    let key = |stack: StackId| (context.places.own_line(stack), context.places.op(stack));
    let is_earlier = |(go, stuck): &(&GoroutineIdx, &Stuck)| {
        stuck.since <= context.trace.range().start
            && key(stuck.stack) == key(stack)
            && context.workload.go(**go).is_some_and(|facts| facts.created().is_none())
    };
    let earlier = context.workload.stuck.iter().filter(is_earlier).count() as u64;
    if earlier == 0 {
        return String::new();
    }
    let verb = if earlier == 1 { "has" } else { "have" };
    format!("; {} more {verb} been blocked there since before the trace", evidence.whole("stuck_before", earlier))
}

/// How many goroutines, created in the trace by the same function as those created there, are reading from a connection
/// when it ends.
fn readers(context: &Context<'_>, creation: StackId) -> usize {
    let Some(by) = context.places.own_function(creation) else { return 0 };
    let gos = context.workload.gos.iter().filter(|facts| facts.created().is_some() && facts.ended().is_none());
    let reads =
        |go: GoroutineIdx| context.workload.stuck.get(&go).is_some_and(|stuck| stuck.class == SpanClass::WaitNet);
    gos.filter(|facts| context.places.own_function(facts.creation) == Some(by) && reads(facts.go)).count()
}
