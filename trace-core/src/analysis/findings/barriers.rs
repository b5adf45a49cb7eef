//! Work done in rounds: one goroutine creates several, waits until the last of them has ended, and creates the next. Each round
//! takes as long as its slowest goroutine, while the others have ended.

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, MOST_GOROUTINES, Severity};
use crate::analysis::findings::imbalance::{Round, created, rounds};
use crate::analysis::findings::named::Named;
use crate::analysis::goroutine_stats::GoroutineStats;
use crate::analysis::phrases::{go_name, place_name};
use crate::base::ids::GoroutineIdx;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::lanes::LaneId;

/// Fewer rounds, or goroutines in each, are no rule.
const FEWEST: usize = 5;
const MEMBERS: usize = 3;
/// Shorter rounds, on average, are about goroutines that have next to nothing to do, ns.
const SHORT: u64 = 1_000_000;
/// The rounds take such a part of the trace,
const SHARE: f64 = 0.3;
/// follow each other with no more than such a part of their time in between,
const BETWEEN: f64 = 0.25;
/// and no more than such a part of the goroutines is there on average.
const ALIVE: f64 = 0.5;
/// Where procs are busier than this, more goroutines at once would not be faster.
const BUSY: f64 = 0.7;

const CHECK: &str = "If the rounds do not depend on each other, let a fixed number of goroutines take the next piece of work as \
                     soon as they are free (a channel, or errgroup with SetLimit), and wait once at the end.";

/// What is not known already.
pub(crate) fn find(context: &Context<'_>, known: &[Finding]) -> Vec<Finding> {
    if context.load.share > BUSY {
        return Vec::new();
    }
    let groups = created(context).into_iter();
    groups.filter_map(|((creator, _), workers)| judge(context, creator, &rounds(workers), known)).collect()
}

/// Durations of all rounds of one creator, added up.
#[derive(Default)]
struct Sums {
    /// How long all rounds took, ns.
    nanos: u64,
    /// The same, times the goroutines of each.
    room: u64,
    /// How long all goroutines lived, ns.
    lives: u64,
    /// The longest round.
    longest: TimeRange,
}

fn judge(context: &Context<'_>, creator: GoroutineIdx, rounds: &[Round<'_>], known: &[Finding]) -> Option<Finding> {
    let rounds: Vec<&[&GoroutineStats]> =
        rounds.iter().map(|round| round.workers.as_slice()).filter(|workers| workers.len() >= MEMBERS).collect();
    let first = rounds.first()?.first()?;
    let creation = first.creation;
    // Handlers of requests wait for all parts of an answer.
    if rounds.len() < FEWEST || !context.places.is_outer_root(creation) || context.is_test(creator) {
        return None;
    }
    let mut sums = Sums::default();
    let mut waited = 0;
    for workers in &rounds {
        let range = lives(workers);
        sums.nanos += range.nanos().unsigned_abs();
        sums.room += range.nanos().unsigned_abs() * workers.len() as u64;
        sums.lives += workers.iter().map(|facts| lives(&[facts]).nanos().unsigned_abs()).sum::<u64>();
        sums.longest = if range.nanos() > sums.longest.nanos() { range } else { sums.longest };
        waited += usize::from(waits(context, creator, workers));
    }
    let ends = (lives(rounds.first()?), lives(rounds.last()?));
    let all = ends.1.end.nanos_since(ends.0.start).unsigned_abs();
    let is_in_turn = (all - sums.nanos.min(all)) as f64 <= BETWEEN * sums.nanos as f64;
    let alive = sums.lives as f64 / sums.room.max(1) as f64;
    let is_known = |finding: &Finding| {
        let is_kind = matches!(finding.kind, Kind::Imbalance | Kind::Straggler);
        is_kind && finding.severity > Severity::Note && finding.goroutines.binary_search(&creator).is_ok()
    };
    let is_such = is_in_turn && alive <= ALIVE && waited * 10 >= rounds.len() * 9;
    if !is_such
        || sums.nanos < SHORT * rounds.len() as u64
        || context.share(sums.nanos) < SHARE
        || known.iter().any(is_known)
    {
        return None;
    }
    let place = context.places.own(creation)?;
    let members = rounds.iter().map(|workers| workers.len() as u64).max().unwrap_or(0);
    let mut evidence = Evidence::default();
    let title = format!(
        "{} of goroutines created by {} at {}, one after the other: each took until its slowest had ended, {} total (max {}); \
         at most {} in a round; on average {} of its goroutines had not ended yet",
        evidence.count("rounds", rounds.len() as u64, "round"),
        go_name(context.trace, creator),
        place_name(Some(&place)),
        evidence.time("rounds_total_ns", sums.nanos),
        evidence.time("round_max_ns", sums.longest.nanos().unsigned_abs()),
        evidence.count("workers_per_round", members, "goroutine"),
        evidence.share("share_alive", alive),
    );
    // As if all were there all the time.
    let lost = (sums.nanos as f64 * (1.0 - alive)) as u64;
    let gos: Vec<GoroutineIdx> = rounds.iter().flat_map(|workers| workers.iter().map(|facts| facts.go)).collect();
    let finding = Finding::new(Kind::Imbalance, title, lost, context.duration, 0.75)
        .with(evidence)
        .cause(Cause::Rounds, CHECK)
        .culprit_named(context.trace, Some(Named::direct(place.clone())), creation)
        .without_callee()
        .victim(&place.function, 1)
        .goroutines(gos.iter().take(MOST_GOROUTINES))
        .goroutines(&[creator])
        .link(context.trace, creator, sums.longest);
    Some(finding.at_most(Severity::Warning))
}

/// From the creation of the first to the end of the last.
fn lives(workers: &[&GoroutineStats]) -> TimeRange {
    let start = workers.iter().filter_map(|facts| facts.created()).min().unwrap_or(TraceTime::MIN);
    let end = workers.iter().filter_map(|facts| facts.ended()).max().unwrap_or(start);
    TimeRange::new(start, end)
}

/// Whether a goroutine waits in the middle of a round until one of those that it has created for it ends the wait.
fn waits(context: &Context<'_>, creator: GoroutineIdx, workers: &[&GoroutineStats]) -> bool {
    let round = lives(workers);
    let middle = TraceTime(round.start.0 + round.nanos() / 2);
    let span = context.trace.span_at(LaneId::Goroutine(creator), middle);
    let waker = span.filter(|span| span.state == GoState::Waiting).and_then(|span| context.trace.ended_by(&span));
    waker.is_some_and(|(lane, _)| workers.iter().any(|facts| lane == LaneId::Goroutine(facts.go)))
}
