//! Locks: held over something slow, fought over, or an `RWMutex` whose writers and readers hold each other
//! up. A trace has no lock identities: what is held is inferred from who ends the waits, and where.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::blocked_by::{Blocked, Meanwhile, Wakers, total};
use crate::analysis::findings::activity::{Activity, ActivityKind, SameActivity};
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Act, Evidence, Finding, Kind, Severity};
use crate::analysis::findings::holder::{Holders, releasing};
use crate::analysis::findings::hot::{Hot, hot};
use crate::analysis::findings::idle::is_short_of_cpus;
use crate::analysis::findings::lock_causes::{LockCause, waited_at};
use crate::analysis::findings::peers::{analysed, as_felt, at_least};
use crate::analysis::findings::stuck_locks;
use crate::analysis::phrases::{go_name, place_name, time};
use crate::analysis::phrases::{prior_name, where_at};
use crate::analysis::place_time::Wait;
use crate::analysis::places::{Op, Place};
use crate::analysis::prior::resumed_at;
use crate::analysis::scope::united;
use crate::analysis::wait_chain::StepKind;
use crate::base::ids::{GoroutineIdx, ProcIdx, StackId};
use crate::base::time::TimeRange;
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::LaneId;

/// Stretches of a holder of which it is looked at what they were in.
const HELD_RANGES: usize = 64;
/// What locks and their holders are inferred from.
const LOCK_BASIS: &str = "wait and unlock stacks: traces do not record lock identity";

const LOCKS: &[Op] = &[Op::MutexLock, Op::WriteLock, Op::ReadLock, Op::Once];
/// An initialisation that nobody waits longer for, ns, is worth a note, however many wait.
const SHORT_START: u64 = 50_000_000;

/// Waits for what is probably one lock (or several that one function holds).
struct Case<'a> {
    waits: Vec<(Blocked, &'a Wakers)>,
    release: StackId,
}

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let mut cases: FxHashMap<String, Case<'_>> = FxHashMap::default();
    let mut stuck = stuck_locks::find(context);
    if context.waits(LOCKS).next().is_none() {
        return stuck;
    }
    let holders = Holders::of(context);
    for (wait, found) in context.waits(LOCKS) {
        let Some(release) = main_release(context, &holders, found) else { continue };
        let Some(place) = holders.of_release(context, release) else { continue };
        let case = cases.entry(place.function).or_insert_with(|| Case { waits: Vec::new(), release });
        case.waits.push((without(context, wait, &stuck), found));
    }
    let mut cases: Vec<(String, Case<'_>)> = cases.into_iter().collect();
    cases.sort_by(|a, b| a.0.cmp(&b.0));
    // What a deadlock puts an end to is not the main trouble with the locks of that function.
    let is_stuck = |function: &str| {
        let mut culprits = stuck.iter().filter_map(|finding| finding.culprit.as_ref());
        culprits.any(|culprit| culprit.place.function == function)
    };
    let found = cases.iter().filter_map(|(function, case)| {
        let finding = judge(context, &holders, function, case)?;
        Some(if is_stuck(function) { finding.at_most(Severity::Warning) } else { finding })
    });
    let found: Vec<Finding> = found.collect();
    stuck.extend(found);
    stuck
}

/// The waits that end: those to the end of the trace of which `stuck` tells are another matter.
fn without(context: &Context<'_>, wait: &Blocked, stuck: &[Finding]) -> Blocked {
    let end = context.trace.range().end;
    let is_reported = |go: GoroutineIdx| stuck.iter().any(|finding| finding.goroutines.binary_search(&go).is_ok());
    let goes_on = |one: &Wait| one.waker.is_none() && one.is_cut && one.range.end >= end && is_reported(one.go);
    let mut rest = wait.clone();
    rest.longest.retain(|one| !goes_on(one));
    let gone = wait.longest.iter().filter(|one| goes_on(one));
    let (count, nanos) = gone.fold((0, 0), |sum, one| (sum.0 + 1, sum.1 + one.range.nanos().unsigned_abs()));
    if count > 0 {
        rest.count = rest.count.saturating_sub(count);
        rest.nanos = rest.nanos.saturating_sub(nanos);
        rest.max = rest.longest.first().map_or(0, |one| one.range.nanos().unsigned_abs());
        rest.bounded_nanos = rest.bounded_nanos.min(rest.nanos);
        rest.gos = rest.gos.min(rest.count);
    }
    rest
}

/// The stack of release behind most of the waiting.
fn main_release(context: &Context<'_>, holders: &Holders<'_>, found: &Wakers) -> Option<StackId> {
    let mut sums: FxHashMap<String, (u64, StackId)> = FxHashMap::default();
    for part in found.parts.iter().filter(|part| part.is_held) {
        let Some(place) = holders.of_release(context, part.release) else { continue };
        let sum = sums.entry(place.function).or_insert((0, part.release));
        sum.0 += part.nanos;
    }
    let most = sums.into_iter().max_by(|one, other| (one.1.0, &one.0).cmp(&(other.1.0, &other.0)));
    most.map(|(_, sum)| sum.1)
}

/// Fewer and shorter waits are worth a note, not a warning: a program that starts up, say.
const FEW: u64 = 3;
const SHORT: u64 = 100_000_000;
/// On average such waits are no more than what it takes to be woken, ns.
const CHEAP: u64 = 50_000;
/// The lock must have been held for one such part of the time in which somebody waited for it.
const EXPLAINED: u64 = 5;
/// Where CPUs are short a lock that was held by running goroutines for less than this part of the trace was so by those
/// whose threads, as far as anyone can tell, were waiting for a CPU.
const LITTLE: f64 = 0.05;
/// Holders of which the finding says what they did.
const HOLDERS: usize = 16;
/// The evidence that says how many waits there are at each of the places told.
const PLACES: [&str; 3] = ["waits_at_first", "waits_at_second", "waits_at_third"];
/// Stretches of other goroutines that are looked at, for what ran while holders had no proc.
const RUNS: usize = 4_096;

impl Case<'_> {
    fn sum(&self, of: impl Fn(&Blocked) -> u64) -> u64 {
        self.waits.iter().map(|(wait, _)| of(wait)).sum()
    }

    /// The waits that stand for all: those with stacks tell more.
    fn main(&self) -> Option<&Blocked> {
        self.waits.iter().map(|(wait, _)| wait).max_by_key(|wait| (!wait.is_prior, wait.nanos))
    }

    fn max(&self) -> u64 {
        self.waits.iter().map(|(wait, _)| wait.max).max().unwrap_or(0)
    }

    /// `at least `, in front of sums of what holders did, where not all waits were looked into.
    fn at_least(&self) -> &'static str {
        self.waits.iter().map(|(wait, found)| at_least(wait, found)).max().unwrap_or_default()
    }
}

fn judge(context: &Context<'_>, holders: &Holders<'_>, function: &str, case: &Case<'_>) -> Option<Finding> {
    let (lost, max) = (case.sum(|wait| wait.nanos), case.max());
    if context.share(lost) < 0.005 || max < 20_000 {
        return None;
    }
    let held = case.waits.iter().flat_map(|(_, found)| &found.parts).filter(|part| part.is_held);
    let held = held.filter(|part| holders.of_release(context, part.release).is_some_and(|at| at.function == function));
    let parts: Vec<&Meanwhile> = held.collect();
    let done = Activity::of_parts(parts.iter().copied());
    // Nobody lets go of a lock who has no proc: what there is to mend is not the lock.
    if done.weight(ActivityKind::Runnable) * 2 > done.all() {
        return starved(context, case, &done);
    }
    let slow = done.weight(ActivityKind::Syscall) + done.weight(ActivityKind::Waiting);
    let is_slow = slow * 5 >= done.all() * 2;
    // So much of a hold for which there was no proc is not the slow call's, however much of it that took, too.
    let is_starved = is_slow && done.elapsed(ActivityKind::Runnable) * 3 > done.elapsed_all();
    let is_wanted = |way: ActivityKind| if is_slow { way.is_slow() } else { way == ActivityKind::Running };
    let top =
        parts.iter().copied().filter(|part| is_wanted(ActivityKind::of(part.doing))).max_by_key(|part| part.nanos)?;
    let rw: u64 =
        case.waits.iter().filter(|(wait, _)| is_rw(context, wait, case.release)).map(|(wait, _)| wait.nanos).sum();
    let kind = match () {
        () if rw * 2 > lost => Kind::RwmutexWriter,
        () if is_slow && !is_gc(context, top) => Kind::LockHeldOverIo,
        () => Kind::LockContention,
    };
    let mut evidence = Evidence::default();
    let waits = waits(case, &mut evidence)?;
    let release = holders.of_release(context, top.release);
    let cause = LockCause::of(context, kind, case.main()?, top);
    let doers = done.doers(ActivityKind::of(top.doing), cause.shortest(top));
    let seen = if is_slow { None } else { seen_running(context, &done, function) };
    let releasing = releasing(context, top.release);
    let places = (cause, releasing.as_ref(), release.as_ref());
    let mut hold = hold(context, (&done, &doers, top), places, (case.at_least(), &mut evidence));
    if let Some((_, hot)) = &seen {
        hold += &format!("; it was seen running mostly in {}", hot.named.in_words());
        evidence.text("seen_in", hot.seen_in);
    }
    let title = format!("{waits}: {hold}{}", cause.consequence());
    let examined: u64 = case.waits.iter().map(|(_, found)| found.examined).sum();
    evidence.int("examined_ns", examined);
    evidence.int("held_ns", done.all());
    evidence.int("holder_longest_ns", top.longest.nanos().unsigned_abs());
    evidence.int("held_slow_ns", slow);
    evidence.int("held_runnable_ns", done.weight(ActivityKind::Runnable));
    evidence
        .text("lock", case.main().map_or("", |wait| if wait.is_prior { prior_name(wait.op) } else { wait.op.name() }));
    let confidence = 0.5 + 0.45 * done.all() as f64 / examined.max(1) as f64;
    let (culprit, stack) = match &seen {
        Some((place, hot)) => (Some(place.clone()), hot.stack),
        None if is_slow => (culprit(context, (function, release.as_ref()), top, is_slow), top.stack),
        None => (release, top.release),
    };
    let finding = Finding::new(kind, title, lost, context.duration, confidence)
        .with(evidence)
        .culprit(context.trace, culprit, stack)
        .act(done.act(top.go, top.doing))
        .inferred(LOCK_BASIS)
        .link(context.trace, top.go, top.longest);
    let finding = if top.is_resumed || !is_slow { finding.without_callee() } else { finding };
    let finding = with_acts(finding, &doers, top);
    let finding = cause.of_finding(affected(context, finding, case));
    // A goroutine of the standard library's that computes, or waits for the GC, while it has a lock of its own: it suffers from
    // what else there is, and there is nothing to change in it.
    let is_victim = (!is_slow || is_gc(context, top)) && !context.places.has_own(top.release);
    let is_doubtful = !is_slow && is_short_of_cpus(context) && context.share(done.elapsed_all()) < LITTLE;
    Some(if is_explained(case, &done) && !is_starved && !is_doubtful && !is_victim {
        finding
    } else {
        finding.at_most(Severity::Note)
    })
}

/// Where those who had the lock were seen running, by samples or preemptions, and the line of the holding function from
/// which they got there: a deferred unlock is at its end. `None` if they were seen nowhere.
fn seen_running(context: &Context<'_>, done: &Activity, function: &str) -> Option<(Place, Hot)> {
    let hot = done.place(context, ActivityKind::Running)?;
    let is_seen = matches!(hot.seen_in, "CPU samples" | "preemptions") && hot.share >= 0.5;
    let place = context.places.frame_of(hot.stack, function).filter(|_| is_seen)?;
    Some((place, hot))
}

/// With what the other holders did, and the first one otherwise.
fn with_acts(finding: Finding, doers: &SameActivity, top: &Meanwhile) -> Finding {
    let mut known = vec![top.go];
    for act in &doers.acts {
        if !known.contains(&act.go) && known.len() < HOLDERS {
            known.push(act.go);
        }
    }
    let is_other = |act: &&Act| known.contains(&act.go) && (act.go, act.doing) != (top.go, top.doing);
    doers.acts.iter().filter(is_other).fold(finding, |finding, act| finding.act(Some(*act)))
}

/// Whether the lock was held for a fair part of the time in which somebody waited for it. Where it was not, many took
/// it one after the other, each for a moment: what they waited for is to be woken.
fn is_explained(case: &Case<'_>, done: &Activity) -> bool {
    let waits = case.waits.iter().flat_map(|(wait, _)| wait.longest.iter().map(|one| one.range));
    let waited = total(&united(waits.collect()));
    done.elapsed_all() * EXPLAINED >= waited
}

/// With those who waited.
fn affected(context: &Context<'_>, mut finding: Finding, case: &Case<'_>) -> Finding {
    for (function, gos) in victims(context, case) {
        finding = finding.victim(&function, gos);
    }
    for (wait, _) in &case.waits {
        finding = finding.waiting(wait);
        if let Some(longest) = wait.longest.first() {
            finding = finding.link(context.trace, longest.go, longest.range);
        }
    }
    let prior = case.sum(|wait| if wait.is_prior { wait.nanos } else { 0 });
    if prior > 0 {
        finding = finding.int("wait_since_before_trace_ns", prior);
    }
    let (count, nanos) = (case.sum(|wait| wait.count), case.sum(|wait| wait.nanos));
    let is_few = count < FEW && case.max() < SHORT;
    // Each of them waits for it once.
    let is_start_up = case.waits.iter().all(|(wait, _)| wait.op == Op::Once) && case.max() < SHORT_START;
    let is_cheap = nanos / count.max(1) < CHEAP && context.share(nanos) < 0.25;
    let finding = as_felt(context, case.waits.iter().map(|(wait, _)| wait), finding);
    if is_few || is_cheap || is_start_up { finding.at_most(Severity::Note) } else { finding }
}

/// Where the waits are: `in sync.(*Mutex).Lock at main.get (main.go:31)`; with how many each where there are several places:
/// `96 in sync.(*RWMutex).RLock at main.get (main.go:31), 16 in sync.(*RWMutex).RLock at main.list (main.go:44)`.
fn places(case: &Case<'_>, evidence: &mut Evidence) -> Option<String> {
    let mut places: Vec<(String, u64, u64)> = Vec::new();
    for (wait, _) in case.waits.iter().filter(|(wait, _)| wait.count > 0) {
        let at = waited_at(wait);
        match places.iter_mut().find(|known| known.0 == at) {
            Some(known) => (known.1, known.2) = (known.1 + wait.count, known.2 + wait.nanos),
            None => places.push((at, wait.count, wait.nanos)),
        }
    }
    if places.len() < 2 {
        return case.main().map(waited_at);
    }
    places.sort_by(|one, other| (other.2, &one.0).cmp(&(one.2, &other.0)));
    let told =
        PLACES.iter().zip(&places).map(|(name, (at, count, _))| format!("{} {at}", evidence.whole(name, *count)));
    let mut told: Vec<String> = told.collect();
    let rest: u64 = places.iter().skip(PLACES.len()).map(|place| place.1).sum();
    if rest > 0 {
        told.push(format!("{} elsewhere", evidence.whole("waits_elsewhere", rest)));
    }
    Some(told.join(", "))
}

/// `4 waits, 509 ms total (max 127 ms), in sync.(*Mutex).Lock at main.get (main.go:31)`
fn waits(case: &Case<'_>, evidence: &mut Evidence) -> Option<String> {
    let count = case.sum(|wait| wait.count);
    let looked = case.waits.iter().fold((0, 0), |sum, (_, found)| (sum.0 + found.waits, sum.1 + found.examined));
    let text = format!(
        "{}, {} total (max {}), {}",
        evidence.count("waits", count, "wait"),
        evidence.time("wait_total_ns", case.sum(|wait| wait.nanos)),
        evidence.time("wait_max_ns", case.max()),
        places(case, evidence)?,
    );
    analysed(count, looked, evidence);
    Some(text)
}

/// `G9 held the lock for 127 ms in net/http.Post at main.put (main.go:55)`: what those who held the lock did, in their own
/// time, however many waited.
fn hold(
    context: &Context<'_>,
    (done, doers, top): (&Activity, &SameActivity, &Meanwhile),
    (cause, releasing, release): (LockCause, Option<&Place>, Option<&Place>),
    (at_least, evidence): (&str, &mut Evidence),
) -> String {
    let (way, first) = (ActivityKind::of(top.doing), go_name(context.trace, top.go));
    let own = done.act(top.go, top.doing).map_or(0, |act| act.total.0);
    // It may have had the lock more than once.
    let is_sum = own > top.longest.nanos().unsigned_abs();
    let (at_least, total) = if is_sum { (at_least, " total") } else { ("", "") };
    let all = doers.elapsed.max(own);
    let mut own = format!("{at_least}{}{total}", evidence.time("holder_ns", own));
    if doers.gos > 1 {
        let holders = evidence.count("holders", doers.gos, "goroutine");
        own += &format!(" (the longest of {holders}, together {})", evidence.time("holders_ns", all));
    }
    let held = cause.held();
    let mut text = if way == ActivityKind::Running {
        let running = if top.doing == StepKind::MarkAssist { "in a mark assist" } else { "running" };
        format!("{first} {held}, {running} for {own}, and {} at {}", cause.released(), released_at(releasing, release))
    } else if top.is_resumed {
        let went_on = where_at(context.places, top.stack);
        format!("{first} {held} for {own}, in a wait that began before the trace, and went on{went_on}")
    } else {
        let callee = match context.places.op(top.stack) {
            _ if is_gc(context, top) => "a wait for the GC",
            _ => context.places.callee(top.stack).unwrap_or("a slow call"),
        };
        let part = part_in(context, done, top);
        format!("{first} {held} for {own}{part} {callee} at {}", place_name(context.places.near(top.stack).as_ref()))
    };
    let runnable = done.elapsed(ActivityKind::Runnable);
    evidence.int("holders_runnable_ns", runnable);
    if done.weight(ActivityKind::Runnable) * 4 > done.all() {
        text += &format!("; the lock was held by a runnable goroutine for {}", time(runnable));
    }
    text
}

/// ` in`, or how much of what a holder did was in the call that is told, where it made others, too.
fn part_in(context: &Context<'_>, done: &Activity, top: &Meanwhile) -> &'static str {
    let way = ActivityKind::of(top.doing);
    let callee = context.places.callee(top.stack);
    let (mut same, mut all) = (0, 0);
    for (go, range) in done.ranges(way).into_iter().filter(|(go, _)| *go == top.go).take(HELD_RANGES) {
        for span in context.trace.spans(LaneId::Goroutine(go), range) {
            if matches!(span.state, GoState::Waiting | GoState::Syscall) {
                let nanos = span.range.intersect(range).nanos().unsigned_abs();
                all += nanos;
                same += if context.places.callee(span.start_stack) == callee { nanos } else { 0 };
            }
        }
    }
    match () {
        () if same * 20 >= all * 19 => " in",
        () if same * 2 >= all => ", mostly in",
        () => ", for the longest part in",
    }
}

/// `main.put (main.go:55)`, or `main.with (lock.go:9), called from main.put (main.go:55)` where a helper releases the lock for
/// the function that held it.
fn released_at(releasing: Option<&Place>, holder: Option<&Place>) -> String {
    match releasing.zip(holder) {
        Some((releasing, holder)) if releasing.function != holder.function => {
            format!("{}, called from {}", releasing.in_words(), holder.in_words())
        }
        _ => place_name(holder),
    }
}

/// Those who hold the lock are kept from letting it go by want of a proc.
fn starved(context: &Context<'_>, case: &Case<'_>, done: &Activity) -> Option<Finding> {
    let without = done.ranges(ActivityKind::Runnable);
    let (go, _) = *without.first()?;
    let mut others: Vec<(GoroutineIdx, TimeRange)> = Vec::new();
    for (_, range) in &without {
        let lanes = (0..context.trace.proc_count()).map(|at| LaneId::Proc(ProcIdx(at)));
        let runs = lanes.flat_map(|lane| context.trace.spans(lane, *range));
        let runs = runs.filter(|run| run.state == GoState::Running && run.go.is_some());
        others.extend(runs.map(|run| (run.go, run.range.intersect(*range))).take(RUNS));
        if others.len() >= RUNS {
            break;
        }
    }
    // The GC may have had them, or nobody: then no function of the program is to blame.
    let is_own = |run: &&(GoroutineIdx, TimeRange)| context.workload.go(run.0).is_some();
    let nanos = |run: &(GoroutineIdx, TimeRange)| run.1.nanos().unsigned_abs();
    let own: u64 = others.iter().filter(is_own).map(nanos).sum();
    let looked: u64 = without.iter().map(|(_, range)| range.nanos().unsigned_abs()).sum();
    if others.len() < RUNS && own * 2 < looked * context.load.procs {
        return None;
    }
    others.retain(|run| context.workload.go(run.0).is_some());
    let hot = hot(context, &others)?;
    let mut evidence = Evidence::default();
    let waits = waits(case, &mut evidence)?;
    let elapsed = evidence.time("holders_runnable_ns", done.elapsed(ActivityKind::Runnable));
    evidence.int("held_ns", done.all());
    evidence.int("held_runnable_ns", done.weight(ActivityKind::Runnable));
    evidence.text("seen_in", hot.seen_in);
    let title = format!(
        "{waits}: the holder had no proc; it was runnable for {elapsed} while procs ran {}",
        hot.named.in_words(),
    );
    let lost = done.weight(ActivityKind::Runnable);
    let confidence = 0.35 + 0.3 * hot.share;
    // A program that computes with all it has, and lets nobody wait for an answer, does its work.
    let is_handler = case.waits.iter().any(|(wait, _)| !context.places.is_outer_root(wait.stack));
    let limit = if is_handler { Severity::Warning } else { Severity::Note };
    let finding = Finding::new(Kind::CpuStarvation, title, lost, context.duration, confidence)
        .with(evidence)
        .ratio("procs_busy", context.load.share)
        .culprit(context.trace, Some(hot.named.place), hot.stack)
        .act(done.act(go, StepKind::Runnable))
        .inferred(LOCK_BASIS);
    Some(affected(context, finding, case).at_most(limit))
}

/// Those who waited, by function, each once: where one waited at several lines of it, and where one that had waited since
/// before the trace is seen to wait again. Of others that had the function in which they went on is told.
fn victims(context: &Context<'_>, case: &Case<'_>) -> Vec<(String, u64)> {
    let mut known: FxHashSet<GoroutineIdx> = FxHashSet::default();
    // Of more waits than are kept only their number at each line is known.
    let mut victims: Vec<(String, FxHashSet<GoroutineIdx>, u64)> = Vec::new();
    for (wait, _) in case.waits.iter().filter(|(wait, _)| !wait.is_prior) {
        let gos = wait.longest.iter().map(|one| one.go);
        known.extend(gos.clone());
        match victims.iter_mut().find(|victim| victim.0 == wait.place.function) {
            Some(victim) => {
                victim.1.extend(gos);
                victim.2 = victim.2.max(wait.gos);
            }
            None => victims.push((wait.place.function.clone(), gos.collect(), wait.gos)),
        }
    }
    let mut resumed: BTreeMap<String, FxHashSet<GoroutineIdx>> = BTreeMap::new();
    for (wait, _) in case.waits.iter().filter(|(wait, _)| wait.is_prior) {
        for one in wait.longest.iter().filter(|one| known.insert(one.go)) {
            let stack = resumed_at(context.trace, one.go, one.range.end);
            if let Some(place) = context.places.own(stack) {
                resumed.entry(place.function).or_default().insert(one.go);
            }
        }
    }
    let seen = victims.into_iter().map(|(function, gos, least)| (function, least.max(gos.len() as u64)));
    seen.chain(resumed.into_iter().map(|(function, gos)| (function, gos.len() as u64))).collect()
}

/// Whether a holder did nothing slow of its own, but waited for the GC.
fn is_gc(context: &Context<'_>, top: &Meanwhile) -> bool {
    top.doing == StepKind::Waiting(SpanClass::Gc) || context.places.op(top.stack) == Op::Gc
}

/// Readers that wait for a writer, or a writer for readers.
fn is_rw(context: &Context<'_>, wait: &Blocked, release: StackId) -> bool {
    wait.op == Op::ReadLock || (wait.op == Op::WriteLock && context.places.op(release) == Op::ReadUnlock)
}

/// The frame to look at: in what was done under the lock, the function that both did it and released.
fn culprit(
    context: &Context<'_>,
    (function, release): (&str, Option<&Place>),
    top: &Meanwhile,
    is_slow: bool,
) -> Option<Place> {
    if !is_slow {
        return release.cloned();
    }
    let direct = context.places.frame_of(top.stack, function);
    let shared = || {
        let releasing: Vec<&str> = context.places.near_frames(top.release).map(|frame| frame.function).collect();
        let mut frames = context.places.near_frames(top.stack);
        frames.find(|frame| releasing.contains(&frame.function)).map(Place::from)
    };
    direct.or_else(shared).or_else(|| release.cloned())
}
