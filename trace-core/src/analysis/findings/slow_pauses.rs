//! Pauses, timeouts, deadlines and rate limits that take most of the time of requests.

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Kind};
use crate::analysis::findings::rate_limit::{interval, pacer};
use crate::analysis::findings::requests::{RequestKind, SlowRequests};
use crate::analysis::findings::slow_calls::near;
use crate::analysis::findings::slow_reason::Reason;
use crate::analysis::phrases::{counted, go_name, where_at};
use crate::analysis::place_time::Wait;
use crate::analysis::places::Op;
use crate::base::ids::StackId;

/// Packages whose functions sleep between attempts.
const RETRIES: [&str; 4] = ["/backoff/v", "backoff.Retry", "/retry-go", "/go-retryablehttp."];

const FEWER_WORKERS: &str =
    "Raise the limit if what it protects can take more; otherwise fewer of these goroutines do as much.";
pub(crate) const RAISE_LIMIT: &str = "Raise the limit, allow bursts, or reject excess requests at once.";

/// Waits that the clock ends, or an answer that comes in time: how many of them ran into the timeout, and for how long.
fn timeout(context: &Context<'_>, slow: &SlowRequests<'_>) -> Reason {
    let (part, mut evidence) = (slow.part, Evidence::default());
    let at = format!(
        "for an answer or a timeout{}; {} of {} timed out, after {} on average",
        where_at(context.places, slow.stack),
        evidence.whole("timeouts", part.clock.count),
        counted(part.place_time.count, "wait"),
        evidence.time("mean_timeout_ns", part.clock.nanos / part.clock.count.max(1)),
    );
    Reason {
        kind: Kind::PollingSleep,
        name: Cause::Timeout,
        check: "Find out who does not answer and stop asking it for a while, or ask another one before the timeout ends.",
        named: near(context, slow.stack),
        stack: slow.stack,
        at,
        others: Vec::new(),
        other: None,
        looked: None,
        evidence,
        confidence: 0.8,
    }
}

pub(crate) fn pause(context: &Context<'_>, slow: &SlowRequests<'_>) -> Reason {
    let part = slow.part;
    let answered = part.place_time.count.saturating_sub(part.clock.count + part.cut.count);
    if slow.key.op == Op::Select && answered * 4 >= part.place_time.count {
        return timeout(context, slow);
    }
    if is_by_deadline(context, slow) {
        return expired(context, slow);
    }
    let is_growing = part.is_backoff();
    let is_retry = is_growing || is_between_attempts(context, slow.stack);
    let limit = if is_retry { None } else { interval(context, slow.stack) };
    // Of those that the trace cuts nobody knows how long they take.
    let whole = || part.longest.iter().filter(|wait| !wait.is_cut).map(Wait::nanos);
    let (shortest, longest) = (whole().min().unwrap_or(0), whole().max().unwrap_or(0));
    let is_fixed = longest < shortest + shortest / 2 || slow.key.op == Op::Sleep;
    let (name, check) = if is_retry {
        (Cause::Backoff, "Find out why the earlier attempts fail; back off for less time, and give up sooner.")
    } else if limit.is_some() {
        (Cause::RateLimit, if slow.who == RequestKind::Worker { FEWER_WORKERS } else { RAISE_LIMIT })
    } else if is_fixed {
        (
            Cause::FixedSleep,
            "Take the pause off the request path: wait for the condition itself, or do the work asynchronously.",
        )
    } else {
        (Cause::RateLimit, RAISE_LIMIT)
    };
    let mut evidence = Evidence::default();
    let what = match limit {
        _ if is_growing => "in pauses that grow with each attempt (backoff)".to_owned(),
        _ if is_retry => "in pauses between attempts".to_owned(),
        Some(nanos) => {
            format!(
                "for a timer that lets one of them through about every {},",
                evidence.time("interval_ns", nanos.unsigned_abs())
            )
        }
        None => "for a timer".to_owned(),
    };
    let named = near(context, slow.stack);
    let at = format!("{what}{}", where_at(context.places, slow.stack));
    let (kind, stack) = (Kind::PollingSleep, slow.stack);
    let (others, other, looked) = (Vec::new(), None, None);
    Reason { kind, name, check, named, stack, at, others, other, looked, evidence, confidence: 0.8 }
}

/// Whether a library that makes calls again until they succeed waits there.
pub(crate) fn is_between_attempts(context: &Context<'_>, stack: StackId) -> bool {
    context.trace.frames(stack).any(|frame| RETRIES.iter().any(|part| frame.function.contains(part)))
}

/// Workers that one goroutine lets through at equal distances.
pub(crate) fn paced(context: &Context<'_>, slow: &SlowRequests<'_>) -> Option<Reason> {
    let (pacer, nanos) = pacer(context, slow.stack)?;
    let mut evidence = Evidence::default();
    let at = format!(
        "for {}, whose timer lets one of them through about every {},{}",
        go_name(context.trace, pacer),
        evidence.time("interval_ns", nanos.unsigned_abs()),
        where_at(context.places, slow.stack)
    );
    Some(Reason {
        kind: Kind::PollingSleep,
        name: Cause::RateLimit,
        check: FEWER_WORKERS,
        named: near(context, slow.stack),
        stack: slow.stack,
        at,
        others: vec![pacer],
        other: None,
        looked: None,
        evidence,
        confidence: 0.8,
    })
}

/// Whether the deadline of a context ends most of the waits.
fn is_by_deadline(context: &Context<'_>, slow: &SlowRequests<'_>) -> bool {
    let whole = || slow.part.longest.iter().filter(|wait| !wait.is_cut);
    let all: u64 = whole().map(Wait::nanos).sum();
    let expired: u64 = whole().filter(|wait| context.places.is_deadline(wait.waker_stack)).map(Wait::nanos).sum();
    expired * 2 > all
}

/// The program waits for something, and gives up when its context's deadline has passed.
fn expired(context: &Context<'_>, slow: &SlowRequests<'_>) -> Reason {
    Reason {
        kind: Kind::PollingSleep,
        name: Cause::Deadline,
        check: "Find out why nothing comes before the deadline. If it is a slot or a connection of a pool: see whether \
                every path gives it back, errors included, before you make the pool larger.",
        named: near(context, slow.stack),
        stack: slow.stack,
        at: format!(
            "{}until a context's deadline passed,{}",
            mostly(slow.part.clock.count, slow.part.place_time.count),
            where_at(context.places, slow.stack)
        ),
        others: Vec::new(),
        other: None,
        looked: None,
        evidence: Evidence::default(),
        confidence: 0.8,
    }
}

/// A library gave up by the clock: a deadline, a timeout, a limiter.
pub(crate) fn deadline(context: &Context<'_>, slow: &SlowRequests<'_>) -> Reason {
    let is_limiter = context.places.is_limiter(slow.stack);
    let (name, check) = if is_limiter {
        (Cause::RateLimit, RAISE_LIMIT)
    } else {
        (
            Cause::Deadline,
            "The call takes longer than its deadline: raise the deadline, make the call faster, or do without it.",
        )
    };
    let what = if is_limiter { "for a limiter" } else { "until a deadline expired," };
    let at = format!("{what}{}", where_at(context.places, slow.stack));
    let named = near(context, slow.stack);
    let (kind, stack) = (Kind::PollingSleep, slow.stack);
    Reason {
        kind,
        name,
        check,
        named,
        stack,
        at,
        others: Vec::new(),
        other: None,
        looked: None,
        evidence: Evidence::default(),
        confidence: 0.8,
    }
}

/// `mostly `, where a sentence is true of a part only.
pub(crate) const fn mostly(part: u64, all: u64) -> &'static str {
    if part < all { "mostly " } else { "" }
}
