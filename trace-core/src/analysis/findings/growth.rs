//! Goroutines that become more and more: they are created all the time and none of them ends, but they are not stuck.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::goroutine_stats::GoroutineStats;
use crate::analysis::phrases::place_name;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::TimeRange;
use crate::event::state::SpanClass;

/// Fewer are no growth.
const FEWEST: usize = 40;
/// Parts of the trace in each of which some must be created.
const PARTS: i64 = 8;
/// Of those created in the first half, so many (in 100) must live on.
const STAY: usize = 98;

const CHECK: &str = "Give each of them an end: cancel its context, close its channel, or stop its timer when the work that it belongs \
                     to is done.";

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let mut made: FxHashMap<u32, Vec<&GoroutineStats>> = FxHashMap::default();
    for facts in context.workload.gos.iter().filter(|facts| facts.created().is_some()) {
        if let Some(line) = context.places.own_line(facts.creation) {
            made.entry(line).or_default().push(facts);
        }
    }
    let mut made: Vec<Vec<&GoroutineStats>> = made.into_values().filter(|gos| gos.len() >= FEWEST).collect();
    made.sort_by_key(|gos| gos.first().map(|facts| facts.go));
    made.iter().filter_map(|gos| judge(context, gos)).collect()
}

fn judge(context: &Context<'_>, gos: &[&GoroutineStats]) -> Option<Finding> {
    let range = context.trace.range();
    let part = (range.nanos() / PARTS).max(1);
    let mut parts: FxHashSet<i64> = FxHashSet::default();
    let (mut early, mut early_alive) = (0_usize, 0_usize);
    let mut creators: FxHashSet<GoroutineIdx> = FxHashSet::default();
    for facts in gos {
        let at = facts.created().map_or(0, |created| created.nanos_since(range.start) / part).clamp(0, PARTS - 1);
        parts.insert(at);
        creators.extend(facts.creator());
        if at < PARTS / 2 {
            early += 1;
            early_alive += usize::from(facts.ended().is_none());
        }
    }
    let alive: Vec<&&GoroutineStats> = gos.iter().filter(|facts| facts.ended().is_none()).collect();
    let stays = early >= FEWEST / 4 && early_alive * 100 >= early * STAY && alive.len() * 100 >= gos.len() * STAY;
    // Goroutines of an open connection, and those that each belong to another one that lives on, end with it.
    if !(0..PARTS).all(|part| parts.contains(&part))
        || !stays
        || creators.len() * 2 > gos.len()
        || is_of_clients(context, &alive, &creators)
    {
        return None;
    }
    // Those that wait for ever are told as stuck.
    if alive.iter().filter(|facts| is_active(context, facts)).count() * 2 < alive.len() {
        return None;
    }
    let first = alive.first()?;
    let (place, lived) = (context.places.own(first.creation), |facts: &GoroutineStats| {
        facts.created().map_or(0, |created| range.end.nanos_since(created)).max(0).unsigned_abs()
    });
    let (running, runnable): (u64, u64) =
        alive.iter().fold((0, 0), |sum, facts| (sum.0 + facts.running, sum.1 + facts.runnable));
    let mut evidence = Evidence::default();
    let title = format!(
        "{} created at {}, about {} per second, and {} of them ended: at the end {} are alive, the oldest for {}; they ran for {} \
         and were runnable for {} in total",
        evidence.count("created", gos.len() as u64, "goroutine"),
        place_name(place.as_ref()),
        evidence.number("per_second", gos.len() as f64 * 1e9 / context.duration.max(1) as f64),
        evidence.whole("ended", (gos.len() - alive.len()) as u64),
        evidence.whole("alive", alive.len() as u64),
        evidence.time("oldest_ns", lived(first)),
        evidence.time("running_total_ns", running),
        evidence.time("runnable_total_ns", runnable),
    );
    let all: Vec<GoroutineIdx> = alive.iter().map(|facts| facts.go).collect();
    let name = context.trace.str(first.name);
    let finding = Finding::new(Kind::GoroutineLeak, title, running + runnable, context.duration, 0.65)
        .with(evidence)
        .cause(Cause::Growing, CHECK)
        .culprit(context.trace, place, first.creation)
        .victim(name, alive.len() as u64)
        .goroutines(&all)
        .link(context.trace, first.go, TimeRange::new(first.created()?, range.end));
    Some(finding.at_most(Severity::Warning))
}

/// Whether it goes on to do something: it is woken again and again, by the clock say.
fn is_active(context: &Context<'_>, facts: &GoroutineStats) -> bool {
    let stuck = context.workload.stuck.get(&facts.go);
    let end = context.trace.range().end;
    let life = facts.created().map_or(0, |created| end.nanos_since(created));
    stuck.is_none_or(|stuck| end.nanos_since(stuck.since) * 2 < life)
}

/// Whether they, or those who created them, read from connections: they live for as long as a client stays.
fn is_of_clients(context: &Context<'_>, alive: &[&&GoroutineStats], creators: &FxHashSet<GoroutineIdx>) -> bool {
    let reads =
        |go: GoroutineIdx| context.workload.stuck.get(&go).is_some_and(|stuck| stuck.class == SpanClass::WaitNet);
    let made_there: FxHashSet<Option<u32>> =
        alive.iter().map(|facts| context.places.own_function(facts.creation)).collect();
    let of_creator = |stack: StackId| made_there.contains(&context.places.own_function(stack));
    let siblings = context.workload.gos.iter().filter(|facts| of_creator(facts.creation) && reads(facts.go)).count();
    let creating = creators.iter().filter(|go| reads(**go)).count();
    (siblings + creating) * 4 >= alive.len()
}
