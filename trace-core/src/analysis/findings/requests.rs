//! Requests: units of work with a client that waits for them. Their kinds, and the one place (other than a lock) that
//! takes most of their time. [`slow_requests`](super::slow_requests) works out the cause.

use std::collections::BTreeSet;

use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Finding, Kind, Severity};
use crate::analysis::findings::rate_limit::{interval, pacer};
use crate::analysis::parts::{Part, PartKey};
use crate::analysis::places::{Op, Place};
use crate::analysis::work_unit::WorkUnitKey;
use crate::analysis::work_units::Family;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::model::lanes::LaneId;

/// Fewer requests are no rule.
const FEWEST_REQUESTS: u64 = 3;
/// The same of goroutines that the program starts for one piece of work each.
const FEWEST_GOROUTINES: u64 = 5;
/// More waits than this at one place, on average, are a stream or a loop.
const MOST_WAITS: u64 = 8;
/// The same where nothing but the program itself says where a unit begins and ends.
const MOST_OWN_WAITS: u64 = 2;
/// Most goroutines of a kind, and spans of their creators, that are examined for accepted connections.
const LOOKED_AT: usize = 8;
const SPANS: usize = 256;

/// Why a unit of work counts as a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestKind {
    /// A library calls the program's handler: a server's.
    Handler,
    /// The program reads it from a connection that it accepted.
    Connection,
    /// The program starts a goroutine for each piece of work, which ends with it.
    Goroutine,
    /// One of a team of goroutines, none of which ever waits for work: as long as they wait for the clock, work is left lying.
    Worker,
}

impl RequestKind {
    /// `None` for units that no client is known to wait for: loops of the program itself, workers that take what comes,
    /// tests.
    pub(crate) fn of(context: &Context<'_>, key: &WorkUnitKey, family: &Family) -> Option<Self> {
        let name = context.trace.str(key.name);
        if name.starts_with("testing.") {
            return None;
        }
        if !context.places.is_outer_root(family.stack) {
            return (family.units >= FEWEST_REQUESTS).then_some(Self::Handler);
        }
        if family.units >= FEWEST_REQUESTS && serves_connections(context, key) {
            return Some(Self::Connection);
        }
        let is_whole_life = family.gos == family.units && family.bounded * 2 >= family.units;
        let is_main = name == "runtime.main" || name == "main.main";
        (is_whole_life && !is_main && family.units >= FEWEST_GOROUTINES).then_some(Self::Goroutine)
    }

    /// How often such a unit may wait at one place, on average, before that is a loop.
    const fn most_waits(self) -> u64 {
        match self {
            Self::Handler | Self::Connection => MOST_WAITS,
            Self::Goroutine => MOST_OWN_WAITS,
            // Each takes one piece of work after the other.
            Self::Worker => u64::MAX,
        }
    }
}

/// Whether goroutines of this kind serve connections: those that created them accepted these.
fn serves_connections(context: &Context<'_>, key: &WorkUnitKey) -> bool {
    let accepts = |go: GoroutineIdx| {
        let mut spans = context.trace.spans(LaneId::Goroutine(go), context.trace.range()).take(SPANS);
        spans.any(|span| context.places.op(span.start_stack) == Op::Accept)
    };
    let mut some = context.workload.gos.iter().filter(|facts| facts.name == key.name).take(LOOKED_AT);
    some.any(|facts| facts.creator().is_some_and(accepts))
}

/// Requests of one kind, and the place at which they spend most of their time.
pub(crate) struct SlowRequests<'a> {
    pub(crate) who: RequestKind,
    pub(crate) family: &'a Family,
    pub(crate) key: PartKey,
    pub(crate) part: &'a Part,
    /// Of the longest wait there.
    pub(crate) stack: StackId,
    /// The handler, or what the goroutines were started for.
    pub(crate) outer: Option<Place>,
    /// Units of the same goroutines that left no stack to tell which handler they were of: they neither waited nor were
    /// stopped.
    pub(crate) unseen: u64,
}

impl SlowRequests<'_> {
    /// Whether all that a library calls of the program reads or writes a stream of bytes.
    pub(crate) fn is_stream(&self) -> bool {
        let is_method = |outer: &Place| outer.function.ends_with(").Read") || outer.function.ends_with(").Write");
        self.who == RequestKind::Handler && self.outer.as_ref().is_some_and(is_method)
    }

    /// What such units are called: `request`.
    pub(crate) fn name(&self) -> &'static str {
        match self.who {
            RequestKind::Handler if self.is_stream() => "call",
            RequestKind::Handler | RequestKind::Connection => "request",
            RequestKind::Goroutine | RequestKind::Worker => "goroutine",
        }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u64 {
        if self.who == RequestKind::Worker { self.family.gos } else { self.family.units }
    }

    /// 0 to 1: the place's part of the time of all these requests.
    pub(crate) fn share(&self) -> f64 {
        self.part.place_time.nanos as f64 / self.family.nanos.max(1) as f64
    }

    /// Nanoseconds that a request which waits there does so, on average.
    pub(crate) fn mean(&self) -> u64 {
        self.part.place_time.nanos / self.part.units.max(1)
    }
}

/// Kinds of requests that spend most of their time at one place, those with most of such time first.
pub(crate) fn slow<'a>(context: &'a Context<'a>) -> Vec<SlowRequests<'a>> {
    let mut families: Vec<(&WorkUnitKey, &Family)> = context.workload.families.iter().collect();
    families.sort_by_key(|(key, _)| **key);
    let mut found: Vec<SlowRequests<'a>> =
        families.into_iter().filter_map(|(key, family)| slowest(context, key, family)).collect();
    found.sort_by_key(|slow| (std::cmp::Reverse(slow.part.place_time.nanos), slow.key));
    found
}

fn slowest<'a>(context: &'a Context<'a>, key: &WorkUnitKey, family: &'a Family) -> Option<SlowRequests<'a>> {
    let name = key.name;
    let request = RequestKind::of(context, key, family);
    // What waits for the GC waits for nobody's answer.
    let parts = family.parts.iter().filter(|(key, _)| key.op != Op::Gc);
    let (key, part) = parts.max_by_key(|(key, part)| (part.place_time.nanos, **key))?;
    let who = match request {
        None | Some(RequestKind::Goroutine) if is_held_up(context, name, family, part) => RequestKind::Worker,
        request => request?,
    };
    let is_rule = part.dominated >= FEWEST_REQUESTS && part.dominated_nanos * 2 >= family.nanos;
    let is_loop = part.place_time.count > part.units.saturating_mul(who.most_waits()) && !part.is_backoff();
    if !is_rule || is_loop || part.place_time.nanos * 2 < family.nanos || key.op.is_lock() {
        return None;
    }
    let stack = part.stack();
    let slow =
        SlowRequests { who, family, key: *key, part, stack, outer: context.places.outer(family.stack), unseen: 0 };
    // What a library does between its calls of a reader or writer is no request; and goroutines are all seen.
    let is_counted = !matches!(who, RequestKind::Goroutine | RequestKind::Worker) && !slow.is_stream();
    let unseen = context.workload.unseen.get(&name).filter(|_| is_counted).copied().unwrap_or(0);
    Some(SlowRequests { unseen, ..slow })
}

/// Whether goroutines that do nothing else all their life spend it in pauses between tries, or behind a rate limit.
fn is_held_up(context: &Context<'_>, name: StrId, family: &Family, part: &Part) -> bool {
    let name = context.trace.str(name);
    let is_team = is_one_each(family) && family.gos >= FEWEST_REQUESTS;
    let is_own = name != "runtime.main" && name != "main.main" && !name.starts_with("testing.");
    let is_most = part.place_time.nanos * 2 >= family.nanos;
    if !(is_team && is_own && is_most) {
        return false;
    }
    if part.clock.nanos * 2 > part.place_time.nanos {
        return part.is_backoff() || interval(context, part.stack()).is_some();
    }
    pacer(context, part.stack()).is_some()
}

/// Whether each goroutine has one unit in which it spends nearly all of its time: at most a short one before, up to its first
/// piece of work.
fn is_one_each(family: &Family) -> bool {
    let long: Vec<_> = family.longest_units.iter().take(usize::try_from(family.gos).unwrap_or(usize::MAX)).collect();
    let gos: BTreeSet<GoroutineIdx> = long.iter().map(|unit| unit.0).collect();
    let nanos: u64 = long.iter().map(|unit| unit.1.nanos().unsigned_abs()).sum();
    family.gos == family.units || gos.len() == long.len() && nanos * 10 >= family.nanos * 9
}

/// Kinds of findings about the whole program, not about the waits of particular goroutines.
const fn is_general(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::CpuBound
            | Kind::CpuStarvation
            | Kind::GcPressure
            | Kind::IdleProcs
            | Kind::StopTheWorld
            | Kind::GoroutineChurn
            | Kind::TraceDamage
    )
}

/// Whether another finding already tells why these requests wait: most of them are among its goroutines, and it
/// accounts for a good part of their time.
pub(crate) fn is_explained(slow: &SlowRequests<'_>, known: &[Finding]) -> bool {
    known.iter().filter(|finding| finding.severity >= Severity::Warning && !is_general(finding.kind)).any(|finding| {
        let waits = &slow.part.longest;
        let shared = waits.iter().filter(|wait| finding.goroutines.binary_search(&wait.go).is_ok()).count();
        shared * 2 >= waits.len() && finding.time_lost.0 * 3 >= slow.part.place_time.nanos
    })
}
