//! Waits for a connection of a pool to which none is given back any more. Who keeps a connection while it does nothing with
//! it is in no event: what can be seen is that for a long stretch nobody got one, though nobody was in a call that needs one.

use rustc_hash::FxHashMap;

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind};
use crate::analysis::findings::stuck::{EndState, end_state, is_long};
use crate::analysis::goroutine_stats::{GoroutineStats, Stuck};
use crate::analysis::phrases::place_name;
use crate::analysis::places::Op;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;

/// Fewer goroutines that wait are no pattern.
const FEWEST: usize = 3;

/// A pool of connections of Go's standard library.
struct Pool {
    /// What it is called.
    name: &'static str,
    /// The function in which goroutines wait for a connection.
    wait: &'static str,
    /// Functions that start so are in a call that needs one.
    calls: &'static [&'static str],
    /// Of those, goroutines that the library keeps for itself.
    idle: &'static [&'static str],
    /// Goroutines that the library has for as long as something keeps a connection.
    keepers: &'static [&'static str],
    /// How connections get lost.
    check: &'static str,
}

const POOLS: [Pool; 2] = [
    Pool {
        name: "database/sql",
        wait: "database/sql.(*DB).conn",
        calls: &["database/sql."],
        idle: &["database/sql.(*DB).connectionOpener", "database/sql.(*DB).connectionCleaner"],
        keepers: &["database/sql.(*Rows).awaitDone", "database/sql.(*Tx).awaitDone"],
        check: "Find out who keeps connections: close Rows on every path (defer rows.Close() after Query), and end each Tx \
                and give back each Conn where an error is returned, too.",
    },
    Pool {
        name: "net/http",
        wait: "net/http.(*Transport).getConn",
        calls: &["net/http.(*persistConn).roundTrip", "net/http.(*Transport).dialConn", "net/http.(*body"],
        idle: &[],
        keepers: &[],
        check: "Find out who keeps connections: read and close the Body of each response, also where its status is an error.",
    },
];

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    POOLS.iter().filter_map(|pool| judge(context, pool)).collect()
}

fn has(context: &Context<'_>, stack: StackId, function: &str) -> bool {
    context.trace.frames(stack).any(|frame| frame.function == function)
}

/// Whether a stack is in a call that needs a connection, or makes one.
fn needs_one(context: &Context<'_>, pool: &Pool, stack: StackId) -> bool {
    let is_call = |function: &str| pool.calls.iter().any(|call| function.starts_with(call));
    let mut frames = context.trace.frames(stack);
    frames.any(|frame| is_call(frame.function))
        && !context.trace.frames(stack).any(|frame| {
            let function = &frame.function;
            *function == pool.wait || pool.idle.contains(function) || pool.keepers.contains(function)
        })
}

fn judge(context: &Context<'_>, pool: &Pool) -> Option<Finding> {
    let (trace, end) = (context.trace, context.trace.range().end);
    let mut waiters: Vec<(GoroutineIdx, Stuck)> = Vec::new();
    for (go, stuck) in &context.workload.stuck {
        let is_here = context.places.op(stuck.stack) == Op::Pool && has(context, stuck.stack, pool.wait);
        if is_here && is_long(context, end.nanos_since(stuck.since)) {
            waiters.push((*go, *stuck));
        }
    }
    waiters.sort_unstable_by_key(|(go, stuck)| (stuck.since, *go));
    let first = waiters.first()?.1.since;
    if waiters.len() < FEWEST || is_any_in_use(context, pool) {
        return None;
    }
    let last = last_given(context, pool, TimeRange::new(first, end)).unwrap_or(first);
    let quiet = end.nanos_since(last);
    waiters.retain(|(_, stuck)| is_long(context, end.nanos_since(stuck.since.max(last))));
    if waiters.len() < FEWEST || !is_long(context, quiet) {
        return None;
    }
    let nanos = |stuck: &Stuck| end.nanos_since(stuck.since).unsigned_abs();
    let total: u64 = waiters.iter().map(|(_, stuck)| nanos(stuck)).sum();
    let stack = most_common(context, &waiters)?;
    let place = context.places.own(stack);
    let keepers = keepers(context, pool);
    let mut evidence = Evidence::default();
    let title = format!(
        "{} wait for a connection of {} until the end of the trace, {} total (max {}), most of them in {}: for the last {} \
         none was given one, and at its end no other goroutine was in a call that needs one{}",
        evidence.count("stuck", waiters.len() as u64, "goroutine"),
        pool.name,
        evidence.time("stuck_total_ns", total),
        evidence.time("stuck_max_ns", nanos(&waiters.first()?.1)),
        place_name(place.as_ref()),
        evidence.time("none_given_ns", quiet.unsigned_abs()),
        kept_words(context, &keepers, &mut evidence),
    );
    // Where those who keep connections began with it is the cause; else all that is known is where others wait.
    let begun = keepers.iter().find(|(_, creation)| context.places.has_own(*creation));
    let cause = begun.map_or(stack, |(_, creation)| *creation);
    let members: Vec<GoroutineIdx> = waiters.iter().map(|waiter| waiter.0).collect();
    let (oldest, stuck) = waiters.first()?;
    Some(
        Finding::new(Kind::LimitedConcurrency, title, total, context.duration, 0.8)
            .with(evidence)
            .text("pool", pool.name)
            .cause(Cause::ConnectionsKept, pool.check)
            .culprit(trace, context.places.own(cause), cause)
            .victim(&place.map(|place| place.function).unwrap_or_default(), members.len() as u64)
            .goroutines(&members)
            .link(trace, *oldest, TimeRange::new(stuck.since, end)),
    )
}

/// Goroutines that are there because something keeps a connection, with their creation stacks; those of the place where most
/// were created first.
fn keepers(context: &Context<'_>, pool: &Pool) -> Vec<(GoroutineIdx, StackId)> {
    let is_keeper =
        |facts: &&GoroutineStats| facts.ended().is_none() && pool.keepers.contains(&context.trace.str(facts.name));
    let mut found: Vec<_> =
        context.workload.gos.iter().filter(is_keeper).map(|facts| (facts.go, facts.creation)).collect();
    let mut counts: FxHashMap<Option<u32>, usize> = FxHashMap::default();
    for (_, creation) in &found {
        *counts.entry(context.places.own_line(*creation)).or_default() += 1;
    }
    found.sort_by_key(|(go, creation)| {
        let line = context.places.own_line(*creation);
        (line.is_none(), std::cmp::Reverse(counts.get(&line).copied()), line, *go)
    });
    found
}

/// `; 6 Rows or Tx were open, most of them begun in main.Pay (main.go:27)`; empty if none are known.
fn kept_words(context: &Context<'_>, keepers: &[(GoroutineIdx, StackId)], evidence: &mut Evidence) -> String {
    let Some((_, creation)) = keepers.first() else { return String::new() };
    let open = evidence.whole("open", keepers.len() as u64);
    let begun =
        context.places.own(*creation).map(|place| format!(", most of them begun in {}", place_name(Some(&place))));
    format!("; {open} Rows or Tx were open{}", begun.unwrap_or_default())
}

/// Whether somebody is in a call with a connection when the trace ends, or makes one: that may come back yet.
fn is_any_in_use(context: &Context<'_>, pool: &Pool) -> bool {
    context.workload.gos.iter().any(|facts| match end_state(context, facts.go) {
        EndState::Waiting { stack, .. } | EndState::Busy { stack } => needs_one(context, pool, stack),
        EndState::Ended(_) => false,
    })
}

/// When a wait for a connection last ended in a range.
fn last_given(context: &Context<'_>, pool: &Pool, range: TimeRange) -> Option<TraceTime> {
    let is_here = |stack| context.places.op(stack) == Op::Pool && has(context, stack, pool.wait);
    let ends = context.workload.gos.iter().filter_map(|facts| {
        let waits = context.trace.spans(LaneId::Goroutine(facts.go), range);
        let ended = waits.filter(|span| span.state == GoState::Waiting && !span.goes_on && is_here(span.start_stack));
        ended.map(|span| span.range.end).filter(|time| *time < range.end).max()
    });
    ends.max()
}

/// A stack of the place where most of them wait.
fn most_common(context: &Context<'_>, waiters: &[(GoroutineIdx, Stuck)]) -> Option<StackId> {
    let mut counts: FxHashMap<u32, (usize, StackId)> = FxHashMap::default();
    for (_, stuck) in waiters {
        let line = context.places.near_line(stuck.stack).unwrap_or(u32::MAX);
        let known = counts.entry(line).or_insert((0, stuck.stack));
        *known = (known.0 + 1, known.1.min(stuck.stack));
    }
    counts.into_values().max_by_key(|(count, stack)| (*count, std::cmp::Reverse(*stack))).map(|known| known.1)
}
