//! Many that wait for one consumer (or a few) that cannot keep up.

use crate::analysis::blocked_by::{Blocked, Meanwhile, Wakers};
use crate::analysis::findings::activity::{Activity, ActivityKind};
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::findings::hot::Hot;
use crate::analysis::findings::imbalance::{TEAM, team_of};
use crate::analysis::findings::named::Named;
use crate::analysis::findings::peers::{Relation, as_felt, at_least, related, waited};
use crate::analysis::findings::rate_limit::ticks;
use crate::analysis::findings::slots::is_queue;
use crate::analysis::findings::slow_results::only_waits_to_read;
use crate::analysis::findings::uneven_queue;
use crate::analysis::goroutine_stats::GoroutineStats;
use crate::analysis::phrases::go_name;
use crate::analysis::places::Op;
use crate::analysis::scope::united;
use crate::analysis::wait_chain::StepKind;
use crate::analysis::workload::is_idle;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::TimeRange;
use crate::event::state::SpanClass;
use crate::model::lanes::LaneId;

/// Stages of a pipeline that are followed.
const STAGES: usize = 16;
/// Waits ended at once from which on they are served together.
pub(crate) const SERVED_AT_ONCE: f64 = 1.4;

const ENDED: &str = "Find out why the other consumers returned (an error, a panic that was recovered): let them go on with the \
                     next item, or start new ones.";

/// Above this share of the procs' time in use more consumers would have nothing to run on.
const BUSY: f64 = 0.85;
const ALL_BUSY: &str = "Make the consumer faster: the procs are busy, so that more consumers would not help.";
/// A consumer that ends such a part of the waits is the one that matters.
pub(crate) const MOST_BY_ONE: f64 = 0.9;
const SEVERAL: &str = "Add consumers, or make them faster.";
pub(crate) const SLOW_READER: &str = "The other side of this connection does not read fast enough: set a write deadline, and give each \
                           connection a queue and a goroutine of its own, so that a slow one does not hold up the others.";
const ONE_SYNC: &str = "Take all that waits and sync once for all of it (group commit).";
const ONE_SERVER: &str = "Have several goroutines do this, or make the one that does faster.";
/// Start functions of goroutines that run finalizers and cleanups: until Go 1.24, and since.
const FINALIZERS: [&str; 3] = ["runtime.runfinq", "runtime.runFinalizers", "runtime.runCleanups"];
const FINALIZER: &str = "Give the resource back explicitly when it is no longer used. Finalizers and cleanups run only after a GC \
                         cycle has found the object, one after the other, and must not block.";
const ONE_FULL_QUEUE: &str = "Make this consumer faster, or keep its full channel from holding up the sender. If the order within \
                              a channel does not matter, let all consumers receive from one.";

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let waits = context.waits(&[Op::Send, Op::Receive, Op::Select, Op::Cond]);
    let mut found: Vec<Finding> = Vec::new();
    for new in waits.filter_map(|(wait, found)| judge(context, wait, found)) {
        // Stages that wait for the same one further on are one finding, with the longest of their waits.
        let is_same = |known: &&mut Finding| known.kind == new.kind && known.culprit == new.culprit;
        match found.iter_mut().find(is_same) {
            Some(known) if known.time_lost >= new.time_lost => known.victims.extend(new.victims),
            Some(known) => {
                let victims = std::mem::replace(known, new).victims;
                known.victims.extend(victims);
            }
            None => found.push(new),
        }
    }
    found
}

/// The stage that holds up the whole line: while a consumer itself waits to send, its own consumer, and so on.
fn last_stage<'a>(context: &'a Context<'_>, found: &'a Wakers) -> &'a Wakers {
    let mut found = found;
    let mut seen: Vec<StackId> = Vec::new();
    for _ in 0..STAGES {
        let Some(most) = main_part(found).filter(|part| matches!(part.doing, StepKind::Waiting(_))) else {
            return found;
        };
        let place = (context.places.op(most.stack), context.places.own_function(most.stack));
        let sends = &mut context.waits(&[Op::Send]);
        let behind = sends.find(|(wait, _)| (wait.op, context.places.own_function(wait.stack)) == place);
        let behind = behind.filter(|(wait, behind)| !seen.contains(&wait.stack) && !behind.parts.is_empty());
        let Some((wait, behind)) = behind else { return found };
        seen.push(wait.stack);
        found = behind;
    }
    found
}

/// What the first consumer did most of the time.
fn main_part(found: &Wakers) -> Option<&Meanwhile> {
    let consumer = found.by_go.first()?.0;
    found.parts.iter().filter(|part| part.go == consumer).max_by_key(|part| part.nanos)
}

fn judge(context: &Context<'_>, wait: &Blocked, found: &Wakers) -> Option<Finding> {
    let &(consumer, nanos) = found.by_go.first()?;
    let share = nanos as f64 / found.examined.max(1) as f64;
    let lanes = if wait.op == Op::Send && share >= 0.9 { lanes(context, wait, consumer) } else { None };
    let is_other = lanes.is_some() || is_consumer(context, wait, consumer, share);
    if context.share(wait.woken_nanos) < 0.02 || wait.count < 6 || !is_other {
        return None;
    }
    let queued = wait.woken_nanos as f64 / context.duration.max(1) as f64;
    if !is_queue_for_it(wait, found, share, queued) || !context.places.is_direct(wait.stack) {
        return None;
    }
    let uneven = uneven_queue::judge(context, wait, found);
    // One that sends nearly all to one of several keeps it waiting, however little it does itself.
    if uneven.is_none() && is_generator(context, wait, found) || is_paced(context, wait, found) {
        return None;
    }
    let last = last_stage(context, found);
    let stage = last.by_go.first()?.0;
    // Who hands on the answers that come over a connection serves nobody: the other side does.
    let longest = last.parts.iter().filter(|part| part.go == stage).max_by_key(|part| part.nanos)?;
    if wait.op != Op::Send && only_waits_to_read(context, longest) {
        return None;
    }
    let done = Activity::of_parts(last.parts.iter().filter(|part| part.go == stage));
    let way = done.main();
    // One without a proc is seen where it runs.
    let hot = if way == ActivityKind::Runnable { done.place(context, ActivityKind::Running) } else { None };
    let hot = hot.or_else(|| done.place(context, way))?;
    if let Some(polling) = polls(context, wait, found, &hot) {
        return Some(polling);
    }
    if let Some(uneven) = uneven {
        return Some(if context.is_of_tests(wait) { uneven.at_most(Severity::Note) } else { uneven });
    }
    let is_held_back = is_held_back(context, found, share, way);
    let without_proc = part(last, |part| part.doing == StepKind::Runnable);
    let is_pressure = is_held_back || without_proc * 2 > last.examined || way == ActivityKind::Runnable;
    let behind = further_on(context, (found, last), stage);
    let mut evidence = Evidence::default();
    let gone = ended(context, wait, stage);
    let lane = lanes.filter(|_| gone == 0);
    let is_waiting = way == ActivityKind::Waiting && gone == 0 && lane.is_none();
    let ticks = if is_waiting { ticks(context, hot.stack, stage) } else { None };
    let behind_it = if is_waiting && ticks.is_none() { waited_for(context, &done, hot.stack) } else { None };
    let check = match (ticks, &behind_it) {
        (Some(_), _) => Some(TICKS),
        (None, behind) => behind.as_ref().map(|_| WAITS_ITSELF),
    };
    let title = format!(
        "{} for {} {} {}{}{}{}{}",
        waited((wait, found), &wait.in_operation(context.trace), &mut evidence),
        consumers_words(context, (found, consumer), (share, &behind), &mut evidence),
        way.words(),
        hot.named.followed_by(&format!(
            "for {}{}",
            at_least(wait, found),
            evidence.time("consumer_ns", done.elapsed(way))
        )),
        ticks_words(ticks, &mut evidence),
        ended_words(gone, &mut evidence),
        lane.map_or_else(String::new, |lane| lane.words(&mut evidence)),
        behind_it.unwrap_or_default(),
    );
    // What keeps the others from working is that they returned, not what this one does.
    let loop_of_its = context.places.outer(hot.stack).filter(|_| gone > 0).map(Named::direct);
    // Waits that nobody ended are no matter of how fast anybody is.
    let mut finding = Finding::new(Kind::ChannelBacklog, title, wait.woken_nanos, context.duration, 0.55 + 0.4 * share)
        .with(evidence)
        .ratio("mean_waiting", queued)
        .culprit_named(context.trace, Some(loop_of_its.unwrap_or(hot.named)), hot.stack)
        .act(done.act_of(way))
        .victim(&wait.place.function, wait.gos)
        .waiting(wait);
    if let Some(longest) = wait.longest.first() {
        finding = finding.link(context.trace, consumer, longest.range).link(context.trace, longest.go, longest.range);
    }
    let finding = if share < MOST_BY_ONE { finding.with_check(SEVERAL) } else { finding };
    let finding = because(context, finding, (wait.op, hot.stack), (consumer, gone), lane);
    let finding = match check.filter(|_| ticks.is_some() || finding.cause.is_none()) {
        Some(check) => finding.with_check(check),
        None => finding,
    };
    let finding = as_felt(context, [wait], finding);
    let is_stopped = stopped(context, wait) * 3 > wait.nanos;
    Some(if is_pressure || is_stopped || context.is_of_tests(wait) { finding.at_most(Severity::Note) } else { finding })
}

/// Whether a producer that waits for several consumers is held back as it should be: these compute on procs that are mostly
/// busy, or as many run as there are procs, so that more would have nothing to run on. One that has no proc itself is another
/// finding's business. `share`: the part of the time for which the first consumer accounts.
fn is_held_back(context: &Context<'_>, found: &Wakers, share: f64, way: ActivityKind) -> bool {
    let is_busy = share < 0.9 && context.load.share > if share < 0.5 { 0.5 } else { 0.85 };
    is_busy || found.by_go.len() as u64 >= context.load.procs && way == ActivityKind::Running
}

/// Whether so many wait, and mostly for one: an answer that is waited for is a backlog only if several wait for the same one all
/// the time. `share`: the part of the time for which the first consumer accounts; `queued`: how many wait on average.
fn is_queue_for_it(wait: &Blocked, found: &Wakers, share: f64, queued: f64) -> bool {
    if wait.op == Op::Send {
        return share >= 0.3;
    }
    let is_long = queued >= 1.5 && wait.gos >= 3 && wait.bounded_nanos * 2 >= wait.nanos;
    found.per_act < SERVED_AT_ONCE && share >= 0.9 && is_long
}

const TICKS: &str = "The consumer takes something only when its timer fires: let it take all that is there, or make the interval \
                     shorter. If the rate is meant, let senders give up or drop when the channel is full.";

const WAITS_ITSELF: &str = "The consumer waits for other goroutines itself: make what it waits for faster, or let it take the next item \
                            meanwhile.";
/// Waits of a consumer that are followed to whoever ended them.
const FOLLOWED: usize = 16;

/// What those did for most of the time who ended the longest waits of a consumer for other goroutines: `; those that ended the
/// longest of its waits there were running in main.render (main.go:9) for most of these waits`. `None` if it waits for something else, or if nothing stands out.
fn waited_for(context: &Context<'_>, done: &Activity, stack: StackId) -> Option<String> {
    if !matches!(context.places.op(stack), Op::Receive | Op::Select | Op::WaitGroup | Op::Cond) {
        return None;
    }
    let mut waits = done.ranges(ActivityKind::Waiting);
    waits.sort_by_key(|(go, range)| (std::cmp::Reverse(range.nanos()), *go, range.start));
    let ended = waits.iter().take(FOLLOWED).filter_map(|(go, range)| {
        let span = context.trace.span_at(LaneId::Goroutine(*go), range.end.plus_nanos(-1))?;
        match context.trace.maker(context.trace.next_span(span.at)?.at).0 {
            Some(LaneId::Goroutine(by)) if by != *go => Some((by, *range)),
            _ => None,
        }
    });
    let activity = Activity::of_ranges(context, &ended.collect::<Vec<_>>());
    let way = activity.main();
    let is_most = activity.weight(way) * 2 > activity.all() && way != ActivityKind::Unknown;
    let hot = if is_most { activity.place(context, way) } else { None };
    hot.map(|hot| {
        let at = format!("{} {}", way.words(), hot.named.in_words());
        format!("; those that ended the longest of its waits there were {at} for most of these waits")
    })
}

/// Whether those who end the waits are others than those who wait, with a part of their own in it: the consumer, or the next
/// stage.
fn is_consumer(context: &Context<'_>, wait: &Blocked, consumer: GoroutineIdx, share: f64) -> bool {
    let part = |relation| related(context, wait, relation);
    // A goroutine of the waiter's own is a consumer like any other if it is the only one.
    let is_only_child =
        || wait.op == Op::Send && share >= 0.9 && part(Relation::Child) >= 0.6 && is_only_one(context, consumer);
    // Stages that are the same function are siblings, too.
    let is_stage =
        || wait.op == Op::Send && is_queue(context, wait) && part(Relation::Other) + part(Relation::Sibling) >= 0.6;
    part(Relation::Other) >= 0.6 || is_only_child() || is_stage()
}

/// Whether a goroutine is one of the runtime's that run finalizers and cleanups.
fn is_finalizer(context: &Context<'_>, go: GoroutineIdx) -> bool {
    let name = context.trace.goroutine_name(go).map_or("", |(_, name)| context.trace.str(name));
    FINALIZERS.contains(&name)
}

/// `G21`, `G21 (which runs finalizers)`
fn consumer_name(context: &Context<'_>, go: GoroutineIdx) -> String {
    let what = if is_finalizer(context, go) { " (which runs finalizers)" } else { "" };
    format!("{}{what}", go_name(context.trace, go))
}

/// The goroutine that ended the waits, or how many did and which of them most, and who of them `was` busy, up to that
/// word: `G21, which was`, `3 goroutines; G21, which accounts for 58 %, was`.
fn consumers_words(
    context: &Context<'_>,
    (found, consumer): (&Wakers, GoroutineIdx),
    (share, behind): (f64, &str),
    evidence: &mut Evidence,
) -> String {
    let name = consumer_name(context, consumer);
    let all = evidence.count("consumers", found.by_go.len() as u64, "goroutine");
    let part = evidence.share("share_of_first_consumer", share);
    match (share >= MOST_BY_ONE, behind) {
        (true, _) => format!("{name}{behind}, which was"),
        (false, "") => format!("{all}; {name}, which accounts for {part}, was"),
        (false, _) => format!("{all}, {part} of it for {name}{behind}, which was"),
    }
}

/// The finding with the cause, where it is known.
fn because(
    context: &Context<'_>,
    finding: Finding,
    (op, stack): (Op, StackId),
    (consumer, gone): (GoroutineIdx, u64),
    lane: Option<Lanes>,
) -> Finding {
    match lane {
        _ if gone > 0 => finding.cause(Cause::ConsumersEnded, ENDED),
        Some(_) => finding.cause(Cause::OneFullQueue, ONE_FULL_QUEUE),
        None if is_finalizer(context, consumer) => finding.cause(Cause::Finalizer, FINALIZER),
        None if context.places.is_write(stack) => finding.with_check(SLOW_READER),
        // Whoever waits to receive waits for an answer or for an item: nobody consumes anything there.
        None if op != Op::Send && context.is_sync(stack) => finding.cause(Cause::OneServer, ONE_SYNC),
        None if op != Op::Send => finding.cause(Cause::OneServer, ONE_SERVER),
        None if context.load.share > BUSY => finding.with_check(ALL_BUSY),
        None => finding,
    }
}

/// Consumers that were created together, with a channel each.
#[derive(Clone, Copy)]
struct Lanes {
    number: u64,
    /// How long the one whose channel is full was busy, and all of them, nanoseconds.
    busiest: u64,
    all: u64,
}

impl Lanes {
    /// `; it is one of 6 goroutines created together, busy for 3.14 s of the 3.19 s that all of them were`
    fn words(self, evidence: &mut Evidence) -> String {
        format!(
            "; it is one of {} created together, busy for {} of the {} that all of them were",
            evidence.count("workers", self.number, "goroutine"),
            evidence.time("longest_total_ns", self.busiest),
            evidence.time("work_total_ns", self.all),
        )
    }
}

/// Whether those who wait send to several goroutines that they have created, and always for the same one, while the
/// others have little to do.
fn lanes(context: &Context<'_>, wait: &Blocked, consumer: GoroutineIdx) -> Option<Lanes> {
    let team = team_of(context, consumer);
    let busiest = context.workload.go(consumer)?.work;
    let all: u64 = team.iter().map(|facts| facts.work).sum();
    let others = (team.len() as u64).saturating_sub(1);
    let is_team = (3..=TEAM).contains(&team.len()) && related(context, wait, Relation::Child) >= 0.6;
    let is_idle = (all - busiest.min(all)) * uneven_queue::IDLE <= busiest * others;
    (is_team && is_idle && is_queue(context, wait)).then_some(Lanes { number: others + 1, busiest, all })
}

/// `, which itself waited to send, ultimately for G11`, where another stage than the first holds up the line.
fn further_on(context: &Context<'_>, (first, last): (&Wakers, &Wakers), stage: GoroutineIdx) -> String {
    if std::ptr::eq(last, first) {
        return String::new();
    }
    format!(", which itself waited to send, ultimately for {}", go_name(context.trace, stage))
}

/// `; its timer fires about every 15.0 ms`
fn ticks_words(ticks: Option<i64>, evidence: &mut Evidence) -> String {
    ticks.map_or_else(String::new, |nanos| {
        format!("; its timer fires about every {}", evidence.time("interval_ns", nanos.unsigned_abs()))
    })
}

/// `; 7 goroutines created together with it had ended before the longest of these waits`; empty of none.
fn ended_words(gone: u64, evidence: &mut Evidence) -> String {
    if gone == 0 {
        return String::new();
    }
    let gone = evidence.count("ended_consumers", gone, "goroutine");
    format!("; {gone} created together with it had ended before the longest of these waits")
}

/// How many goroutines that were created by the same goroutine at the same place as a consumer had ended when the longest
/// wait began; 0 unless they are more than those that are left.
fn ended(context: &Context<'_>, wait: &Blocked, consumer: GoroutineIdx) -> u64 {
    let Some(longest) = wait.longest.first() else { return 0 };
    let team = team_of(context, consumer);
    // One after the other, each for a piece of work, they are no team.
    let created = team.iter().filter_map(|facts| facts.created());
    let first_end = team.iter().filter_map(|facts| facts.ended()).min();
    let is_together = created.max().zip(first_end).is_some_and(|(created, ended)| created < ended);
    let is_gone = |facts: &&&GoroutineStats| facts.ended().is_some_and(|ended| ended <= longest.range.start);
    let gone = team.iter().filter(is_gone).count();
    if is_together && gone * 2 > team.len() && team.len() <= TEAM { gone as u64 } else { 0 }
}

/// Nanoseconds of the longest waits in which the world was stopped: nobody could have ended them.
fn stopped(context: &Context<'_>, wait: &Blocked) -> u64 {
    let stops: Vec<TimeRange> = united(context.collector.stops.iter().map(|stop| stop.range).collect());
    let during = |range: TimeRange| {
        let first = stops.partition_point(|stop| stop.end <= range.start);
        let inside = stops.iter().skip(first).take_while(|stop| stop.start < range.end);
        inside.map(|stop| stop.intersect(range).nanos().unsigned_abs()).sum::<u64>()
    };
    wait.longest.iter().map(|one| during(one.range)).sum()
}

/// Whether a single goroutine offers what others may take when they need it, and does nothing else, while they sleep.
fn is_generator(context: &Context<'_>, wait: &Blocked, found: &Wakers) -> bool {
    let Some(first) = wait.longest.first().filter(|_| wait.op == Op::Send && wait.gos == 1) else { return false };
    let asleep = part(found, |part| part.doing == StepKind::Waiting(SpanClass::WaitSleep));
    asleep * 2 > found.examined && context.workload.go(first.go).is_some_and(|facts| facts.work * 20 < wait.nanos)
}

/// Whether whoever ends the waits has nothing to do until the clock tells: a rhythm, not a queue.
fn is_paced(context: &Context<'_>, wait: &Blocked, found: &Wakers) -> bool {
    let idle = part(found, |part| match part.doing {
        StepKind::Waiting(class) => is_idle(context.places, part.stack, class),
        _ => false,
    });
    wait.op != Op::Send && idle * 2 > found.examined
}

/// Nanoseconds of the waits in which those who ended them did such a thing.
fn part(found: &Wakers, is_such: impl Fn(&Meanwhile) -> bool) -> u64 {
    found.parts.iter().filter(|part| is_such(part)).map(|part| part.nanos).sum()
}

/// A consumer that sleeps until there is something to do: several are served after one sleep. (One that sleeps in
/// place of work does so for each.)
fn polls(context: &Context<'_>, wait: &Blocked, found: &Wakers, hot: &Hot) -> Option<Finding> {
    let asleep = |part: &Meanwhile| {
        part.doing == StepKind::Waiting(SpanClass::WaitSleep) && context.places.op(part.stack) == Op::Sleep
    };
    let slept = part(found, asleep);
    if slept * 10 < found.examined * 7 || found.per_act < SERVED_AT_ONCE {
        return None;
    }
    let sleeper = found.by_go.first()?.0;
    let done = Activity::of_parts(found.parts.iter().filter(|part| part.go == sleeper && asleep(part)));
    let mut evidence = Evidence::default();
    let title = format!(
        "{} for {}, which polls: it sleeps at {} and then checks for work",
        waited((wait, found), &wait.in_operation(context.trace), &mut evidence),
        go_name(context.trace, sleeper),
        hot.named.in_words(),
    );
    let mut finding = Finding::new(Kind::PollingSleep, title, wait.nanos, context.duration, 0.8)
        .with(evidence)
        .int("asleep_meanwhile_ns", slept)
        .ratio("waits_per_wakeup", found.per_act)
        .culprit_named(context.trace, Some(hot.named.clone()), hot.stack)
        .act(done.act_of(ActivityKind::Waiting))
        .victim(&wait.place.function, wait.gos)
        .waiting(wait);
    if let Some(longest) = wait.longest.first() {
        finding = finding.link(context.trace, sleeper, longest.range);
        finding = finding.link(context.trace, longest.go, longest.range);
    }
    // Whoever could go on otherwise, too, waits for news that come at a rhythm of their own, not for an answer.
    Some(if wait.op == Op::Select { finding.at_most(Severity::Note) } else { finding })
}

/// Whether no other goroutine was created at the same place.
fn is_only_one(context: &Context<'_>, go: GoroutineIdx) -> bool {
    let Some(facts) = context.workload.go(go) else { return false };
    let mut gos = context.workload.gos.iter();
    gos.all(|other| other.go == go || other.creation != facts.creation || other.creator() != facts.creator())
}
