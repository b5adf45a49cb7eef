//! Workers that take one piece of work after the other and spend most of their lives in one call for which somebody
//! else's answer is waited for: a look-up of a name, a new connection. Who waits for the workers is not known, so that it
//! is never the main trouble for certain.

use std::collections::{BTreeMap, BTreeSet};

use crate::analysis::blocked_by::Blocked;
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::findings::named::Named;
use crate::analysis::findings::other_side::{LOOK_AT_HANDLER, SLOW_HANDLER, other_side};
use crate::analysis::findings::peers::{Relation, life, related};
use crate::analysis::findings::slow_calls::{call_of, wakers_were_runnable};
use crate::analysis::findings::slow_results::heaviest;
use crate::analysis::phrases::their;
use crate::analysis::phrases::where_at;
use crate::analysis::place_time::Wait;
use crate::analysis::places::Op;
use crate::analysis::wait_chain::StepKind;
use crate::analysis::workload::is_idle;
use crate::base::ids::{GoroutineIdx, StackId};

/// Fewer waits are no rule.
const FEWEST: u64 = 6;
/// Part of the goroutines' lives.
const SHARE: f64 = 0.5;
/// Shorter ones, on average, are the way of networks, ns.
const SHORT: u64 = 2_000_000;
const SHORT_CALL: u64 = 20_000_000;
/// What takes less than this on average, ns, is no wait.
const PASSING: u64 = 100_000;

/// Waits in one call.
#[derive(Default)]
struct Sum {
    count: u64,
    nanos: u64,
    /// Where the time goes: of the longest wait.
    stack: StackId,
    max: u64,
    /// They wait for helpers, which are in the call.
    is_helped: bool,
    longest: Vec<Wait>,
}

/// What is not known already.
pub(crate) fn find(context: &Context<'_>, known: &[Finding]) -> Vec<Finding> {
    // By the program's function that waits, and what the call is.
    let mut calls: BTreeMap<(u32, Cause), Sum> = BTreeMap::new();
    for (key, site) in &context.workload.sites {
        let is_call = !context.places.is_direct(key.stack) && !site.op.is_lock() && site.op != Op::Pool;
        let is_such = is_call && !key.is_prior && !context.places.is_for_client(key.stack);
        // Reads and writes that do not wait are part of such a call, too, but say nothing of how long it takes.
        let is_passing = site.nanos < PASSING * site.count;
        if is_such && !is_passing && !is_idle(context.places, key.stack, key.class) {
            add(context, &mut calls, (key.stack, key.stack), (site.count, site.nanos, &site.longest));
        }
    }
    // Helpers that end the waits, each perhaps only one: what most of the time goes into, taken together.
    // Whoever sends waits for somebody to take, not for a result; and equals that end each other's waits do the same in turn:
    // then those who wait are not in the call. Whoever computes in a library asks nobody.
    let is_woken = |wait: &Blocked| {
        wait.op != Op::Send && wait.woken_nanos * 2 > wait.nanos && related(context, wait, Relation::Sibling) < 0.5
    };
    for (wait, found) in context.blocked.iter().filter(|(wait, _)| !wait.op.is_lock() && !wait.is_prior) {
        // What those did who ended a few of the waits says nothing of the others.
        if let Some(part) = heaviest(context, found).filter(|_| context.places.is_direct(wait.stack) && is_woken(wait))
            && matches!(part.doing, StepKind::Waiting(_) | StepKind::Syscall)
            && context.places.has_own(part.stack)
            && !context.places.is_direct(part.stack)
        {
            add(context, &mut calls, (wait.stack, part.stack), (wait.count, wait.nanos, &wait.longest));
        }
    }
    calls.into_values().filter_map(|sum| judge(context, &sum, known)).collect()
}

/// `waits`: how many there are, their nanoseconds, and the longest of them, with `at` for the stack, while the time goes
/// into `call`.
fn add(
    context: &Context<'_>,
    calls: &mut BTreeMap<(u32, Cause), Sum>,
    (at, call): (StackId, StackId),
    (count, nanos, longest): (u64, u64, &[Wait]),
) {
    let Some(function) = context.places.own_function(at) else { return };
    let sum = calls.entry((function, call_of(context, call).0)).or_default();
    (sum.count, sum.nanos) = (sum.count + count, sum.nanos + nanos);
    let max = longest.iter().map(|wait| wait.range.nanos().unsigned_abs()).max().unwrap_or(0);
    if (max, call) > (sum.max, sum.stack) {
        (sum.max, sum.stack, sum.is_helped) = (max, call, at != call);
    }
    sum.longest.extend_from_slice(longest);
}

fn judge(context: &Context<'_>, sum: &Sum, known: &[Finding]) -> Option<Finding> {
    let gos: BTreeSet<GoroutineIdx> = sum.longest.iter().map(|wait| wait.go).collect();
    let lives: u64 = gos.iter().map(|go| life(context, *go)).sum();
    let (mut name, mut check) = call_of(context, sum.stack);
    let is_avoidable = name != Cause::SlowCall;
    let (share, mean) = (sum.nanos as f64 / lives.max(1) as f64, sum.nanos / sum.count.max(1));
    let is_long = mean >= if is_avoidable { SHORT } else { SHORT_CALL };
    // They are there all the time: of goroutines that live for one piece of work, others tell.
    let is_worker = lives * 2 >= gos.len() as u64 * context.duration;
    let is_known = |finding: &Finding| {
        let shared = gos.iter().filter(|go| finding.goroutines.binary_search(go).is_ok()).count();
        finding.severity > Severity::Note && shared * 2 >= gos.len() && finding.time_lost.0 * 3 >= sum.nanos
    };
    let is_test = gos.iter().all(|go| context.is_under_test(*go));
    if sum.count < FEWEST || !(SHARE..=1.0).contains(&share) || !is_long || !is_worker || is_test {
        return None;
    }
    // What the trace shows no end of may be the next message of whoever keeps a connection open.
    let whole = sum.longest.iter().filter(|wait| !wait.is_cut).count();
    if whole * 2 < sum.longest.len() || known.iter().any(is_known) || wakers_were_runnable(context, &sum.longest) {
        return None;
    }
    let named = context.named(sum.stack, sum.longest.iter().map(|wait| (wait.stack, wait.nanos())));
    let mut evidence = Evidence::default();
    let other = if is_avoidable { None } else { other_side(context, sum.stack, &sum.longest) };
    if other.is_some() {
        (name, check) = (SLOW_HANDLER, LOOK_AT_HANDLER);
    }
    let title = format!(
        "{} spent {} of {} time{}{}{}: {}{}, {} total (mean {}){}",
        evidence.count("workers", gos.len() as u64, "goroutine"),
        evidence.share("share_of_workers_time", share),
        their(gos.len() as u64),
        if sum.is_helped { " waiting for goroutines that were" } else { "" },
        where_at(context.places, sum.stack),
        named.as_ref().map_or_else(String::new, Named::called_from),
        evidence.count("waits", sum.count, "wait"),
        if sum.is_helped { "" } else { " there" },
        evidence.time("wait_total_ns", sum.nanos),
        evidence.time("wait_mean_ns", mean),
        other.as_ref().map_or_else(String::new, |other| other.sentence(&mut evidence)),
    );
    let all: Vec<GoroutineIdx> = gos.iter().copied().collect();
    let mut longest: Vec<&Wait> = sum.longest.iter().collect();
    longest.sort_by_key(|wait| (std::cmp::Reverse(wait.range.nanos()), wait.range.start, wait.go));
    let mut finding = Finding::new(Kind::SerialWaits, title, sum.nanos, context.duration, 0.65)
        .with(evidence)
        .cause(name, check)
        .culprit_named(context.trace, named.clone(), sum.stack)
        .victim(&named.map(|named| named.place.function).unwrap_or_default(), all.len() as u64)
        .goroutines(&all);
    for wait in longest.into_iter().take(2) {
        finding = finding.link(context.trace, wait.go, wait.range);
    }
    Some(finding.at_most(if is_avoidable { Severity::Warning } else { Severity::Note }))
}
