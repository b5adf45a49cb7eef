//! Calls to a server of the same process, as of tests and load generators that run beside it: what takes long is in the
//! same trace.
//!
//! Nothing in a trace links the two ends of a connection. They are matched by time: a handler begins after its client
//! began to wait, takes most of that time, and ends when the client goes on.

use std::collections::BTreeSet;

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{BASIS, Evidence, Finding, Value};
use crate::analysis::findings::requests::RequestKind;
use crate::analysis::phrases::place_name;
use crate::analysis::place_time::Wait;
use crate::analysis::places::Place;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::TimeRange;

/// Of the longest waits so many are looked at.
const LOOKED_AT: usize = 64;
/// Fewer may match by chance.
const FEWEST: usize = 3;
/// A handler may begin this much before its client is seen to wait, ns: the request is sent just before.
const BEGINS_BEFORE: i64 = 20_000;
/// How far apart the end of a handler and that of its client's wait may lie: this, ns, and a fiftieth of the wait, but no
/// more than a tenth of it.
const ENDS_APART: i64 = 500_000;

/// The stable name of the mechanism.
pub(crate) const SLOW_HANDLER: Cause = Cause::SlowHandler;
/// What there is to do where the handler is known.
pub(crate) const LOOK_AT_HANDLER: &str =
    "The other side is in this trace: find out what the handler spends its time on, and make it faster.";
const SEE_FINDING: &str = "The other side is in this trace: another finding tells what its handler waits for.";

/// Who handles the calls.
pub(crate) struct OtherSide {
    pub(crate) handler: Place,
    /// Calls that were looked at, and those of them that were handled there.
    looked_at: u64,
    handled: u64,
}

impl OtherSide {
    /// `; main.handle (main.go:48) in this process handled 60 of the 64 longest`
    pub(crate) fn sentence(&self, evidence: &mut Evidence) -> String {
        evidence.text("handled_by", self.handler.function.clone());
        evidence.text(BASIS, "inferred from when calls and handlers begin and end");
        let (handled, all) =
            (evidence.whole("calls_handled", self.handled), evidence.whole("calls_looked_at", self.looked_at));
        let handler = place_name(Some(&self.handler));
        format!("; {handler} in this process handled {handled} of the {all} longest")
    }
}

/// The handler in the same process that the calls in which goroutines waited were for, by the longest of these waits.
/// `None` if `stack` is in no call over the network, or less than two thirds of them match.
pub(crate) fn other_side(context: &Context<'_>, stack: StackId, waits: &[Wait]) -> Option<OtherSide> {
    if !is_network(context, stack) {
        return None;
    }
    let mut waits: Vec<&Wait> = waits.iter().filter(|wait| !wait.is_cut).collect();
    waits.sort_by_key(|wait| (std::cmp::Reverse(wait.nanos()), wait.range.start, wait.go));
    waits.truncate(LOOKED_AT);
    waits.sort_by_key(|wait| (wait.range.end, wait.go));
    let found = context.workload.families.iter().filter_map(|(key, family)| {
        let kind = RequestKind::of(context, key, family)?;
        let handled = match kind {
            RequestKind::Handler | RequestKind::Connection if !asks(&waits, &family.longest_units) => {
                handled(&waits, &family.longest_units)
            }
            _ => return None,
        };
        let is_most = handled >= FEWEST && handled * 3 >= waits.len() * 2;
        is_most.then_some((handled, *key, family.stack))
    });
    let (handled, _, stack) = found.max_by_key(|(handled, key, _)| (*handled, *key))?;
    let handler = context.places.outer(stack)?;
    Some(OtherSide { handler, looked_at: waits.len() as u64, handled: handled as u64 })
}

/// Whether goroutines with such units of work are among those that wait: they ask, they do not answer.
fn asks(waits: &[&Wait], units: &[(GoroutineIdx, TimeRange)]) -> bool {
    let gos: BTreeSet<GoroutineIdx> = units.iter().map(|unit| unit.0).collect();
    waits.iter().filter(|wait| gos.contains(&wait.go)).count() * 3 > waits.len()
}

/// How many of the waits, which are in the order of their ends, one of the units of work answers, each unit one of them.
fn handled(waits: &[&Wait], units: &[(GoroutineIdx, TimeRange)]) -> usize {
    let mut used: BTreeSet<usize> = BTreeSet::new();
    for wait in waits {
        let apart = |unit: TimeRange| unit.end.nanos_since(wait.range.end).abs();
        let is_answer = |(at, (go, unit)): &(usize, &(GoroutineIdx, TimeRange))| {
            *go != wait.go
                && !used.contains(at)
                && unit.start.nanos_since(wait.range.start) >= -BEGINS_BEFORE
                && unit.nanos() >= wait.range.nanos() / 10 * 8
                && apart(*unit) <= (ENDS_APART + wait.range.nanos() / 50).min(wait.range.nanos() / 10)
        };
        let answers = units.iter().enumerate().filter(is_answer);
        if let Some((at, _)) = answers.min_by_key(|(at, (_, unit))| (apart(*unit), *at)) {
            used.insert(at);
        }
    }
    used.len()
}

fn is_network(context: &Context<'_>, stack: StackId) -> bool {
    let mut frames = context.trace.frames(stack);
    frames.any(|frame| {
        ["net.", "net/", "crypto/tls."].iter().any(|package| frame.function.starts_with(package))
            || ["google.golang.org/grpc", "golang.org/x/net/"].iter().any(|package| frame.function.contains(package))
    })
}

/// Points from calls to the finding about their handler, where there is one.
pub(crate) fn refer(list: &mut [Finding]) {
    let text = |finding: &Finding, name: &str| {
        let known = finding.evidence.iter().find(|known| known.0 == name);
        known.and_then(|known| if let Value::Text(text) = &known.1 { Some(text.clone()) } else { None })
    };
    let handlers: Vec<Option<String>> = list.iter().map(|finding| text(finding, "handled_by")).collect();
    let is_reported = |at: usize, handler: &String| {
        let others = list.iter().enumerate().filter(|(other, finding)| *other != at && !finding.is_minor());
        others.into_iter().any(|(_, other)| other.victims.iter().any(|victim| victim.function == *handler))
    };
    let told: Vec<bool> = handlers
        .iter()
        .enumerate()
        .map(|(at, handler)| handler.as_ref().is_some_and(|handler| is_reported(at, handler)))
        .collect();
    for (finding, _) in list.iter_mut().zip(told).filter(|(_, is_reported)| *is_reported) {
        finding.check = SEE_FINDING;
    }
}
