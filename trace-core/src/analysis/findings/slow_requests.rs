//! Requests that are slow though they neither compute nor wait for a lock: a call that takes long, a result that one
//! goroutine produces for many, a pause, a deadline that expires, a rate limit.

use crate::analysis::blocked_by::{Blocked, wakers};
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::findings::peers::analysed;
use crate::analysis::findings::requests::{RequestKind, SlowRequests, is_explained, slow};
use crate::analysis::findings::slow_calls::{call, dial, is_dial, wakers_were_runnable};
use crate::analysis::findings::slow_pauses::{deadline, is_between_attempts, paced, pause};
use crate::analysis::findings::slow_reason::Reason;
use crate::analysis::findings::slow_results::result;
use crate::analysis::phrases::{place_name, their};
use crate::analysis::place_time::Wait;
use crate::analysis::places::Op;
use crate::base::ids::GoroutineIdx;
use crate::event::state::SpanClass;

/// Less per request is the way of networks, ns.
const NOTE_BELOW: u64 = 40_000_000;
/// Less per request is no main trouble, ns.
const WARNING_BELOW: u64 = 60_000_000;
/// The same two limits for pauses that the program makes itself, and for results that many wait for at once.
pub(crate) const PAUSE_NOTE_BELOW: u64 = 20_000_000;
pub(crate) const PAUSE_WARNING_BELOW: u64 = 40_000_000;
/// A wait in `select` that the clock ends, with nothing after it, is a long poll from here on, ns.
const LONG_POLL: u64 = 1_000_000_000;

pub(crate) fn find(context: &Context<'_>, known: &[Finding]) -> Vec<Finding> {
    let mut found: Vec<Finding> = Vec::new();
    for slow in slow(context).iter().filter(|slow| context.share(slow.part.place_time.nanos) >= 0.05) {
        if is_explained(slow, known) || is_explained(slow, &found) {
            continue;
        }
        found.extend(cause(context, slow).map(|cause| finding(context, slow, &cause)));
    }
    found
}

fn cause(context: &Context<'_>, slow: &SlowRequests<'_>) -> Option<Reason> {
    let (places, stack, part) = (context.places, slow.stack, slow.part);
    let is_direct = places.is_direct(stack);
    let is_by_clock = part.clock.nanos * 2 > part.place_time.nanos;
    match slow.key.op {
        Op::Accept | Op::Send => None,
        Op::Pool => dial(context, slow),
        _ if places.is_for_client(stack) => None,
        Op::Sleep => Some(pause(context, slow)),
        Op::Receive | Op::Select if is_direct && is_by_clock => {
            (slow.who == RequestKind::Worker || is_pause(slow)).then(|| pause(context, slow))
        }
        Op::Receive | Op::Select | Op::Cond if is_direct && slow.who == RequestKind::Worker => paced(context, slow),
        Op::WaitGroup | Op::Receive | Op::Select | Op::Cond if is_direct => {
            let wait = blocked(context, slow)?;
            // What those did who ended a few of the waits says nothing of the others.
            let longest: u64 = part.longest.iter().map(Wait::nanos).sum();
            if wait.woken_nanos * 2 <= longest {
                return None;
            }
            let found = wakers(context.trace, context.places, &wait);
            let looked = Some((found.waits, found.examined));
            result(context, slow, &found).map(|cause| Reason { looked, ..cause })
        }
        _ if is_direct => None,
        _ if is_by_clock && is_between_attempts(context, stack) => Some(pause(context, slow)),
        _ if is_by_clock => Some(deadline(context, slow)),
        // Without a library's protocol it may be the next request that a goroutine of the program's own reads.
        _ if wakers_were_runnable(context, &part.longest) => None,
        _ => (slow.who == RequestKind::Handler || !places.is_plain(stack) || is_dial(context, stack))
            .then(|| call(context, stack, part.longest.iter().map(|wait| (wait.stack, wait.nanos())), &part.longest)),
    }
}

/// A timer or ticker that the request itself waits for is a pause, but a select that gives up after long is a long
/// poll.
fn is_pause(slow: &SlowRequests<'_>) -> bool {
    slow.key.op == Op::Receive
        || slow.part.grown > 0
        || slow.part.followed * 2 > slow.part.units
        || slow.mean() < LONG_POLL
}

/// Whether the program itself reads from connections there, and nothing came from any of them in the whole trace.
fn never_answered(context: &Context<'_>, slow: &SlowRequests<'_>) -> bool {
    context.places.is_plain(slow.stack) && slow.part.cut.count >= slow.part.place_time.count
}

/// The waits as [`wakers`] takes them.
fn blocked(context: &Context<'_>, slow: &SlowRequests<'_>) -> Option<Blocked> {
    let part = slow.part;
    let woken = part.longest.iter().filter(|wait| wait.waker.is_some());
    Some(Blocked {
        place: context.places.near(slow.stack)?,
        stack: slow.stack,
        op: slow.key.op,
        class: SpanClass::WaitOther,
        reason: crate::base::ids::StrId::EMPTY,
        count: part.place_time.count,
        nanos: part.place_time.nanos,
        max: part.place_time.longest.map_or(0, |longest| longest.1.nanos().unsigned_abs()),
        woken_nanos: woken.map(|wait| wait.range.nanos().unsigned_abs()).sum(),
        bounded_nanos: 0,
        gos: part.units,
        longest: part.longest.clone(),
        is_prior: false,
    })
}

/// `12 requests of main.handle (main.go:20)`, or those `seen in` it, and of how many it is not known.
fn whose(slow: &SlowRequests<'_>, evidence: &mut Evidence) -> String {
    let place = place_name(slow.outer.as_ref());
    if slow.unseen == 0 {
        return format!("{} of {place}", evidence.count("requests", slow.count(), slow.name()));
    }
    let some = evidence.count("requests", slow.count(), slow.name());
    let all = evidence.whole("requests_in_all", slow.count() + slow.unseen);
    format!("{some} seen in {place} ({all} total)")
}

/// `; 264 waits there in the whole trace, 10.1 s total`: where others, too, wait in the same operation of the same
/// function.
fn elsewhere(context: &Context<'_>, slow: &SlowRequests<'_>, evidence: &mut Evidence) -> String {
    let is_there = |stack| context.places.near_function(stack) == Some(slow.key.function);
    let sites = context.workload.sites.iter().filter(|(key, _)| key.class != SpanClass::Syscall);
    let sites = sites.filter(|(key, site)| site.op == slow.key.op && is_there(key.stack));
    let (count, nanos) = sites.fold((0, 0), |sum, (_, site)| (sum.0 + site.count, sum.1 + site.nanos));
    // Short requests are not looked into: a few waits more are theirs.
    if count * 4 <= slow.part.place_time.count * 5 {
        return String::new();
    }
    let waits = evidence.count("waits_there", count, "wait");
    format!("; {waits} there in the whole trace, {} total", evidence.time("wait_there_total_ns", nanos))
}

fn finding(context: &Context<'_>, slow: &SlowRequests<'_>, cause: &Reason) -> Finding {
    let (part, family) = (slow.part, slow.family);
    let mut evidence = Evidence::default();
    let whose = whose(slow, &mut evidence);
    let share = evidence.share("share_of_request_time", slow.share());
    let waiting = evidence.whole("requests_waiting", part.units);
    let mean = evidence.time("wait_per_request_ns", slow.mean());
    let rest = format!(
        "{}{}{}",
        cause.at,
        elsewhere(context, slow, &mut evidence),
        cause.other.as_ref().map_or_else(String::new, |other| other.sentence(&mut evidence)),
    );
    let their = their(slow.count() + slow.unseen);
    // A few that take far longer than all the others are told first.
    let title = if part.units * 2 < slow.count() {
        format!("Of {whose}, {waiting} waited {mean} on average, together {share} of the time of all of them, {rest}")
    } else {
        format!(
            "{whose} spent {share} of {their} time in one place: {waiting} of them waited {mean} on average, {rest}"
        )
    };
    if let Some(looked) = cause.looked {
        analysed(part.place_time.count, looked, &mut evidence);
    }
    evidence.text("unit", slow.name());
    evidence.append(cause.evidence.clone());
    let mut finding = Finding::new(cause.kind, title, part.place_time.nanos, context.duration, cause.confidence)
        .with(evidence)
        .int("requests_total_ns", family.nanos)
        .int("waits", part.place_time.count)
        .int("wait_total_ns", part.place_time.nanos)
        .int("wait_max_ns", part.place_time.longest.map_or(0, |longest| longest.1.nanos().unsigned_abs()))
        .cause(cause.name, cause.check)
        .culprit_named(context.trace, cause.named.clone(), cause.stack);
    if let Some(outer) = &slow.outer {
        finding = finding.victim(&outer.function, family.gos);
    }
    let waiting: Vec<GoroutineIdx> = part.longest.iter().map(|wait| wait.go).collect();
    finding = finding.goroutines(&waiting).goroutines(&cause.others);
    for wait in part.longest.iter().take(2) {
        finding = finding.link(context.trace, wait.go, wait.range);
    }
    let (note, warning) = match (cause.kind, cause.name) {
        (Kind::PollingSleep, _) | (_, Cause::SharedResult) => (PAUSE_NOTE_BELOW, PAUSE_WARNING_BELOW),
        _ => (NOTE_BELOW, WARNING_BELOW),
    };
    // Bytes that come late are a slow source, which nobody is known to wait for; and what never came may be the next
    // message of a client that keeps its connection open.
    if (slow.is_stream() || never_answered(context, slow)) && cause.kind == Kind::SerialWaits {
        return finding.at_most(Severity::Note);
    }
    let is_own_goroutine = matches!(slow.who, RequestKind::Goroutine | RequestKind::Worker);
    match slow.mean() {
        mean if mean < note => finding.at_most(Severity::Note),
        mean if mean < warning || slow.is_stream() || is_own_goroutine && !part.is_backoff() => {
            finding.at_most(Severity::Warning)
        }
        _ => finding,
    }
}
