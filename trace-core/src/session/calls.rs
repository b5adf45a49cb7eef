//! Which task served which call: found by ids that both sides logged.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::session::activity::{Activities, Mention, What};
use crate::session::records::is_same_trace;
use crate::spans::{SpanId, TraceId};

/// How two things were found to belong together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JoinBy {
    /// The task logged the span's own id.
    SpanId,
    /// Both sides of the call logged the id that the call carried.
    CarriedId,
    /// The span file says whose child it is.
    ParentId,
    /// Both logged the id of the request, and one lies inside of the other.
    RequestId,
    /// Name, start and end are the same, and nothing else has them.
    NameAndTime,
    /// Both were on the same connection: all calls of one side lie in those of the other, one in each.
    Connection,
    /// Only one call was under way all the while.
    Time,
}

impl JoinBy {
    /// The stable name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SpanId => "span_id",
            Self::CarriedId => "carried_id",
            Self::ParentId => "parent_id",
            Self::RequestId => "request_id",
            Self::NameAndTime => "name_and_time",
            Self::Connection => "connection",
            Self::Time => "time",
        }
    }

    /// Whether ids say so, so that it is certain.
    #[must_use]
    pub const fn confidence(self) -> &'static str {
        match self {
            Self::SpanId | Self::CarriedId | Self::ParentId => "certain",
            Self::RequestId | Self::NameAndTime => "high",
            Self::Connection | Self::Time => "inferred",
        }
    }
}

/// A call between two activities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The activity that called, by place.
    pub client: u32,
    /// The one that served it.
    pub server: u32,
    /// How that was found.
    pub by: JoinBy,
    /// The key under which the id was logged; empty if none was.
    pub key: Arc<str>,
    /// The span that the call carried the id of.
    pub carried: Option<Carried>,
}

/// The id of a span, as a call carried it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Carried {
    /// The span that called.
    pub span: SpanId,
    /// The trace, if it was carried along.
    pub trace: Option<TraceId>,
    /// Only the lower half of the trace is known.
    pub is_half: bool,
}

/// What tells which of two times of two traces is earlier, if anything does: (trace, time) each.
pub(super) type Order<'a> = dyn Fn((u32, i64), (u32, i64)) -> Option<std::cmp::Ordering> + 'a;

/// The calls found, and what was not.
#[derive(Clone, Debug, Default)]
pub(super) struct Calls {
    pub(super) list: Vec<Call>,
    /// Activities that served a call of which several could be.
    pub(super) ambiguous: Vec<u32>,
    /// Activities with the id of a call whose other side is in no trace.
    pub(super) single: Vec<(u32, Carried)>,
}

/// Calls by the ids that they carried along.
pub(super) fn by_carried_id(acts: &Activities, order: &Order<'_>) -> Calls {
    let mut by_span: FxHashMap<SpanId, Vec<&Mention>> = FxHashMap::default();
    for mention in &acts.mentions {
        if let Some(span) = mention.found.ids.span {
            by_span.entry(span).or_default().push(mention);
        }
    }
    let mut groups: Vec<(SpanId, Vec<&Mention>)> = by_span.into_iter().collect();
    groups.sort_unstable_by_key(|(span, _)| *span);
    let mut calls = Calls::default();
    for (_, group) in &groups {
        let Some(first) = group.iter().find(|mention| mention.found.ids.is_carried) else { continue };
        let trace = first.found.ids.trace;
        let is_same = |mention: &&&Mention| {
            is_same_trace(mention.found.ids.trace, trace, mention.found.ids.is_half || first.found.ids.is_half)
        };
        let same = || group.iter().filter(is_same);
        let own: Vec<u32> = same().filter(|mention| !mention.found.ids.is_carried).map(|mention| mention.act).collect();
        let carried: Vec<u32> =
            same().filter(|mention| mention.found.ids.is_carried).map(|mention| mention.act).collect();
        let ids = &first.found.ids;
        let Some(span) = ids.span else { continue };
        let id = Carried { span, trace, is_half: ids.is_half };
        let sides = (outermost(acts, own), outermost(acts, carried));
        link(acts, sides, (&first.found.key, id), order, &mut calls);
    }
    calls
}

/// The activities that lie inside of no other one of the list.
fn outermost(acts: &Activities, mut list: Vec<u32>) -> Vec<u32> {
    list.sort_unstable();
    list.dedup();
    // A quadratic number of looks; ids that so many have say nothing.
    list.truncate(256);
    let is_inner = |at: &u32| list.iter().any(|other| other != at && acts.is_within(*at, *other));
    list.iter().copied().filter(|at| !is_inner(at)).collect()
}

/// Finds out which of the activities with one id called, and adds its calls of the others.
fn link(
    acts: &Activities,
    (own, carried): (Vec<u32>, Vec<u32>),
    (key, id): (&Arc<str>, Carried),
    order: &Order<'_>,
    calls: &mut Calls,
) {
    let client = match own.as_slice() {
        [client] => Some(*client),
        _ => {
            let calls_all = |client: &&u32| {
                let others = carried.iter().filter(|other| other != client);
                others.clone().count() > 0
                    && others.copied().all(|other| is_client(acts, **client, other, order) == Some(true))
            };
            carried.iter().find(calls_all).copied()
        }
    };
    let Some(client) = client else {
        match carried.as_slice() {
            [] => {}
            [one] => calls.single.push((*one, id)),
            several => calls.ambiguous.extend(several.iter().skip(1)),
        }
        return;
    };
    let servers = carried.into_iter().filter(|other| *other != client && !acts.is_within(*other, client));
    for server in servers {
        let server = served(acts, server);
        if server != client && !acts.is_within(client, server) {
            let (key, carried) = (Arc::clone(key), Some(id));
            calls.list.push(Call { client, server, by: JoinBy::CarriedId, key, carried });
        }
    }
}

/// What served a call of which a region logged the id: the task that the region belongs to.
fn served(acts: &Activities, server: u32) -> u32 {
    let act = acts.get(server);
    act.filter(|act| matches!(act.what, What::Region(_))).and_then(|act| act.parent).unwrap_or(server)
}

/// Whether `one` called `other`, which logged the same id; `None` if nothing tells, or what tells contradicts itself.
fn is_client(acts: &Activities, one: u32, other: u32, order: &Order<'_>) -> Option<bool> {
    let (a, b) = (acts.get(one)?, acts.get(other)?);
    if a.began
        && b.began
        && let Some(order) = order((a.trace, a.range.start.0), (b.trace, b.range.start.0))
    {
        return Some(order.is_lt());
    }
    let is_region = |what: What| matches!(what, What::Region(_));
    let by = |one: bool, other: bool| (one != other).then_some(one);
    let (own, its) = (a.range.nanos(), b.range.nanos());
    // A region around a call, a task inside of another one, what takes longer: none of it is certain, since a server may
    // have regions, too, and take longer than a client waits.
    let signs = [
        by(is_region(a.what), is_region(b.what)),
        by(a.parent.is_some(), b.parent.is_some()),
        if a.is_complete() && b.is_complete() { by(own > its, its > own) } else { None },
    ];
    let mut known = signs.into_iter().flatten();
    let first = known.next()?;
    known.all(|sign| sign == first).then_some(first)
}

/// Calls between activities that logged the same id of a request (or of a trace alone), where one trace has only one
/// such activity, which lasts longest. `order` tells more if clocks are known.
pub(super) fn by_request_id(acts: &Activities, known: &Calls, order: &Order<'_>) -> Calls {
    let mut by_key: FxHashMap<Arc<str>, Vec<&Mention>> = FxHashMap::default();
    for mention in &acts.mentions {
        let ids = &mention.found.ids;
        let of_trace = || ids.trace.filter(|_| ids.span.is_none()).map(|trace| Arc::from(format!("{:x}", trace.0)));
        if let Some(key) = ids.request.clone().or_else(of_trace) {
            by_key.entry(key).or_default().push(mention);
        }
    }
    let mut groups: Vec<_> = by_key.into_iter().collect();
    groups.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    let served: Vec<u32> = {
        let mut list: Vec<u32> = known.list.iter().map(|call| call.server).collect();
        list.sort_unstable();
        list
    };
    let mut calls = Calls::default();
    for (_, group) in groups {
        let list = outermost(acts, group.iter().map(|mention| mention.act).collect());
        let Some(key) = group.first().map(|mention| Arc::clone(&mention.found.key)) else { continue };
        for &server in list.iter().filter(|at| served.binary_search(at).is_err()) {
            match callers(acts, server, &list, order).as_slice() {
                [] => {}
                [client] => {
                    let (client, by, key) = (*client, JoinBy::RequestId, Arc::clone(&key));
                    calls.list.push(Call { client, server, by, key, carried: None });
                }
                _ => calls.ambiguous.push(server),
            }
        }
    }
    calls
}

/// The activities of other traces that may have called this one: without clocks, an only one that takes longer than
/// all others; with clocks, the shortest that contains it.
fn callers(acts: &Activities, server: u32, list: &[u32], order: &Order<'_>) -> Vec<u32> {
    let Some(act) = acts.get(server) else { return Vec::new() };
    let others = || list.iter().copied().filter(|at| *at != server).filter_map(|at| Some((at, acts.get(at)?)));
    let elsewhere = || others().filter(|(_, other)| other.trace != act.trace);
    let time = |trace: u32, time: i64| (trace, time);
    let mut containing: Vec<(i64, u32)> = Vec::new();
    let mut is_known = true;
    for (at, other) in elsewhere() {
        let starts = order(time(other.trace, other.range.start.0), time(act.trace, act.range.start.0));
        let ends = order(time(act.trace, act.range.end.0), time(other.trace, other.range.end.0));
        match (starts, ends) {
            (Some(starts), Some(ends)) if starts.is_lt() && ends.is_lt() => containing.push((other.range.nanos(), at)),
            (Some(_), Some(_)) => {}
            _ => is_known = false,
        }
    }
    if is_known {
        containing.sort_unstable();
        // Two that do not contain each other could both have called.
        return match containing.as_slice() {
            [(_, one), (_, next), ..] if !nests(acts, *one, *next, order) => vec![*one, *next],
            [(_, one), ..] => vec![*one],
            [] => Vec::new(),
        };
    }
    let longest = others().filter(|(_, other)| other.is_complete()).map(|(_, other)| other.range.nanos()).max();
    let is_longest = |other: &u32| {
        acts.get(*other).is_some_and(|found| {
            found.is_complete()
                && Some(found.range.nanos()) == longest
                && found.range.nanos() > act.range.nanos()
                && others().filter(|(_, same)| same.trace == found.trace).count() == 1
        })
    };
    let traces = list.iter().filter_map(|at| acts.get(*at)).map(|act| act.trace);
    let mut traces: Vec<u32> = traces.collect();
    traces.sort_unstable();
    traces.dedup();
    if traces.len() != 2 || !act.is_complete() {
        return Vec::new();
    }
    elsewhere().map(|(at, _)| at).filter(is_longest).collect()
}

/// Whether the first lies inside of the second.
fn nests(acts: &Activities, inner: u32, outer: u32, order: &Order<'_>) -> bool {
    let (Some(inner), Some(outer)) = (acts.get(inner), acts.get(outer)) else { return false };
    let starts = order((outer.trace, outer.range.start.0), (inner.trace, inner.range.start.0));
    let ends = order((inner.trace, inner.range.end.0), (outer.trace, outer.range.end.0));
    starts.is_some_and(std::cmp::Ordering::is_le) && ends.is_some_and(std::cmp::Ordering::is_le)
}
