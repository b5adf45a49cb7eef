//! Calls for an answer or a connection that take most of the time of requests.

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Kind};
use crate::analysis::findings::named::Named;
use crate::analysis::findings::other_side::{LOOK_AT_HANDLER, SLOW_HANDLER, other_side};
use crate::analysis::findings::peers::makes_connection;
use crate::analysis::findings::requests::SlowRequests;
use crate::analysis::findings::slow_reason::Reason;
use crate::analysis::phrases::where_at;
use crate::analysis::place_time::Wait;
use crate::base::ids::StackId;
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::LaneId;

/// Whether the answer was there for a good part of the waits, and whoever was to hand it on had no proc: then it is not the
/// other side that is slow.
pub(crate) fn wakers_were_runnable(context: &Context<'_>, waits: &[Wait]) -> bool {
    let (mut all, mut runnable) = (0, 0);
    for wait in waits {
        let Some(waker) = wait.waker else { continue };
        let sums = context.trace.time_by_class(LaneId::Goroutine(waker), wait.range).nanos;
        runnable += sums.get(SpanClass::Runnable as usize).copied().unwrap_or(0);
        all += wait.nanos();
    }
    runnable * 3 > all
}

pub(crate) fn has(context: &Context<'_>, stack: StackId, part: &str) -> bool {
    context.trace.frames(stack).any(|frame| frame.function.contains(part))
}

pub(crate) fn is_dial(context: &Context<'_>, stack: StackId) -> bool {
    ["net.(*sysDialer).", "net.(*netFD).connect", "tls.(*Conn).Handshake"].iter().any(|part| has(context, stack, part))
}

const SLOW_LOOKUP: &str =
    "Cache the result of the lookup, ask a nearer name server, or keep connections open and reuse them.";
const SLOW_DIAL: &str = "Keep connections open and reuse them (read response bodies to EOF, raise MaxIdleConnsPerHost), or dial \
                         with a shorter timeout and a fallback.";

/// Waits for a connection of which those who made it are looked at.
const LOOKUPS: usize = 64;

/// What kind of call takes long, by its cause, and what to look at.
pub(crate) fn call_of(context: &Context<'_>, stack: StackId) -> (Cause, &'static str) {
    if has(context, stack, "net.(*Resolver).") {
        (Cause::SlowLookup, SLOW_LOOKUP)
    } else if is_dial(context, stack) {
        (Cause::SlowDial, SLOW_DIAL)
    } else {
        (
            Cause::SlowCall,
            "Find out why the other side takes so long; cache the response, make the call earlier or concurrently, or set a \
             deadline.",
        )
    }
}

/// `alike` as in [`Context::named`].
pub(crate) fn call(
    context: &Context<'_>,
    stack: StackId,
    alike: impl IntoIterator<Item = (StackId, u64)>,
    waits: &[Wait],
) -> Reason {
    let (mut name, mut check) = call_of(context, stack);
    let named = context.named(stack, alike).or_else(|| near(context, stack));
    let (mut evidence, all) = (Evidence::default(), same_calls(context, stack));
    let called_from = named.as_ref().map(|named| context.called_from(named, &all, &mut evidence)).unwrap_or_default();
    let at = format!("{}{called_from}", where_at(context.places, stack).trim_start());
    let other = if name == Cause::SlowCall { other_side(context, stack, waits) } else { None };
    if other.is_some() {
        (name, check) = (SLOW_HANDLER, LOOK_AT_HANDLER);
    }
    Reason {
        kind: Kind::SerialWaits,
        name,
        check,
        named,
        stack,
        at,
        others: Vec::new(),
        other,
        looked: None,
        evidence,
        confidence: 0.8,
    }
}

/// The stacks, with nanoseconds, of all waits in the same operation of the same function, of requests to the same handler.
fn same_calls(context: &Context<'_>, stack: StackId) -> Vec<(StackId, u64)> {
    let places = context.places;
    let key = |stack: StackId| (places.op(stack), places.near_function(stack), places.outer_function(stack));
    let sites = context.workload.sites.iter().filter(|(at, _)| at.class != SpanClass::Syscall && !at.is_prior);
    sites.filter(|(at, _)| key(at.stack) == key(stack)).map(|(at, site)| (at.stack, site.nanos)).collect()
}

/// Waits for a connection that is being made, not for one that another request has.
pub(crate) fn dial(context: &Context<'_>, slow: &SlowRequests<'_>) -> Option<Reason> {
    let makes = |stack: StackId| makes_connection(context.trace, stack);
    let nanos = |is_such: &dyn Fn(StackId) -> bool| -> u64 {
        let waits = slow.part.longest.iter().filter(|wait| is_such(wait.waker_stack));
        waits.map(|wait| wait.range.nanos().unsigned_abs()).sum()
    };
    // Those that gave up before they had one tell nothing of who would have given it.
    let (made, all) = (nanos(&makes), nanos(&|stack| stack.is_some() && !has(context, stack, "context.(*cancelCtx).")));
    if made == 0 || made * 3 < all * 2 {
        return None;
    }
    let mut evidence = Evidence::default();
    let lookups = lookup_share(context, slow.part.longest.iter().filter(|wait| makes(wait.waker_stack)));
    let (name, check, which) = if lookups > 0.5 {
        let share = evidence.share("lookup_share", lookups);
        (Cause::SlowLookup, SLOW_LOOKUP, format!(", {share} of that for a name lookup,"))
    } else {
        (Cause::SlowDial, SLOW_DIAL, String::new())
    };
    let at = format!("for a new connection{which}{}", where_at(context.places, slow.stack));
    let (named, stack) = (near(context, slow.stack), slow.stack);
    Some(Reason {
        kind: Kind::SerialWaits,
        name,
        check,
        named,
        stack,
        at,
        others: Vec::new(),
        other: None,
        looked: None,
        evidence,
        confidence: 0.8,
    })
}

/// What part of waits for a connection, 0 to 1, those who made it spent on looking up a name.
fn lookup_share<'a>(context: &Context<'_>, waits: impl Iterator<Item = &'a Wait>) -> f64 {
    let (mut lookups, mut all) = (0, 0);
    for wait in waits.take(LOOKUPS) {
        let Some(maker) = wait.waker else { continue };
        all += wait.nanos();
        for span in context.trace.spans(LaneId::Goroutine(maker), wait.range) {
            let is_lookup = span.state != GoState::Running && has(context, span.start_stack, "net.(*Resolver).");
            lookups += if is_lookup { span.range.intersect(wait.range).nanos().unsigned_abs() } else { 0 };
        }
    }
    lookups as f64 / all.max(1) as f64
}

/// The frame nearest to the leaf, whoever called it.
pub(crate) fn near(context: &Context<'_>, stack: StackId) -> Option<Named> {
    context.places.near(stack).map(Named::direct)
}
