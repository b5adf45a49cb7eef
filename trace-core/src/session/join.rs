//! Which task is which span of a span file: by ids that were logged, else by name, time and parent. A wrong join is
//! worse than a missing one: what could be two is ambiguous.

use rustc_hash::FxHashMap;

use crate::base::ids::GoroutineIdx;
use crate::model::trace::Trace;
use crate::session::activity::{Activities, What};
use crate::session::calls::{Calls, Carried, JoinBy};
use crate::session::clock::ClockMap;
use crate::session::records::{RecordRef, Records};
use crate::spans::SpanKind;

/// A task may begin and end so long after its span does, nanoseconds: its goroutine can lose its proc in between.
const LAG: i64 = 5_000_000;
/// What fits second best must be worse by this much, and by so many times, nanoseconds.
const MARGIN: (i64, i64) = (20_000, 4);
/// Rounds in which joined parents settle what was ambiguous.
const ROUNDS: u32 = 4;
/// Joins from which on they tell how far a clock is off.
const LEAST_LAGS: usize = 10;
/// No clock is found out more exactly than this, nanoseconds.
const LEAST_ERROR: i64 = 2_000;
/// Candidates that are looked at of one span.
const MOST_CANDIDATES: usize = 256;

/// What a span of a file is in a trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    /// The activity, by place.
    pub(super) act: u32,
    pub(super) go: GoroutineIdx,
    /// The span is the activity; else it is a part of it.
    pub(super) is_whole: bool,
    pub(super) by: JoinBy,
}

#[derive(Debug, Default)]
pub(super) struct Joins {
    pub(super) of_record: FxHashMap<RecordRef, Joined>,
    /// The span that an activity is.
    pub(super) of_act: FxHashMap<u32, RecordRef>,
    pub(super) ambiguous: Vec<RecordRef>,
    /// The trace of each service of the span files.
    pub(super) trace_of: Vec<Option<u32>>,
}

impl Joins {
    fn join(&mut self, record: RecordRef, joined: Joined) {
        if joined.is_whole {
            if self.of_act.contains_key(&joined.act) || self.of_record.contains_key(&record) {
                return;
            }
            self.of_act.insert(joined.act, record);
        }
        self.of_record.entry(record).or_insert(joined);
    }

    /// Joins by all ids there are, and learns which service is which trace.
    pub(super) fn by_id(records: &Records, acts: &Activities, calls: &Calls, traces: &[std::sync::Arc<Trace>]) -> Self {
        let mut joins = Self { trace_of: vec![None; records.services.len()], ..Self::default() };
        joins.by_own_id(records, acts);
        for call in &calls.list {
            if let Some(carried) = call.carried {
                joins.by_call(records, acts, (call.client, call.server), carried);
            }
        }
        joins.vote(records, acts);
        for &(act, carried) in &calls.single {
            joins.by_one_side(records, acts, act, carried, traces);
        }
        joins.vote(records, acts);
        joins
    }

    fn by_own_id(&mut self, records: &Records, acts: &Activities) {
        let mut mentions: Vec<_> = acts.mentions.iter().filter(|mention| !mention.found.ids.is_carried).collect();
        mentions.sort_by_key(|mention| (mention.act, mention.time));
        let mut by_record: FxHashMap<RecordRef, Vec<Joined>> = FxHashMap::default();
        let mut last = None;
        for mention in mentions {
            let Some(span) = mention.found.ids.span else { continue };
            // The first id of a task is its own; others are of spans inside of it.
            let is_whole = last.replace(mention.act) != Some(mention.act);
            let mut found = records.with_id(span, mention.found.ids.trace, mention.found.ids.is_half);
            let (Some(record), None) = (found.next(), found.next()) else { continue };
            let joined = Joined { act: mention.act, go: mention.go, is_whole, by: JoinBy::SpanId };
            by_record.entry(record).or_default().push(joined);
        }
        let mut all: Vec<(RecordRef, Vec<Joined>)> = by_record.into_iter().collect();
        all.sort_unstable_by_key(|(record, _)| *record);
        for (record, mut list) in all {
            list.dedup_by_key(|joined| joined.act);
            match list.as_slice() {
                [one] => self.join(record, *one),
                _ => self.ambiguous.push(record),
            }
        }
    }

    /// Both sides of a call whose span is known.
    fn by_call(&mut self, records: &Records, acts: &Activities, (client, server): (u32, u32), carried: Carried) {
        let Carried { span, trace, is_half } = carried;
        let own: Vec<RecordRef> = records.with_id(span, trace, is_half).take(3).collect();
        let kind = |record: &RecordRef| records.span(*record).map(|span| span.kind);
        let caller = match own.as_slice() {
            [one] => Some(*one),
            // They share an id.
            [one, other] if kind(one) != kind(other) => {
                [one, other].into_iter().copied().find(|record| kind(record) == Some(SpanKind::Client))
            }
            _ => None,
        };
        let whole = |act: u32, by: JoinBy| {
            let go = acts.get(act).map_or(GoroutineIdx::NONE, |act| act.go);
            Joined { act, go, is_whole: true, by }
        };
        if let Some(caller) = caller {
            self.join(caller, whole(client, JoinBy::CarriedId));
            if let Some(served) = server_of(records, caller, carried) {
                self.join(served, whole(server, JoinBy::CarriedId));
            }
        }
    }

    /// Each service is of the trace that most of its joined spans are in.
    fn vote(&mut self, records: &Records, acts: &Activities) {
        let mut votes: FxHashMap<(u32, u32), u64> = FxHashMap::default();
        for (record, joined) in self.of_record.iter().map(|(record, joined)| (*record, *joined)).collect::<Vec<_>>() {
            let (service, trace) = (records.service_of(record), acts.get(joined.act).map(|act| act.trace));
            if let Some(trace) = trace {
                *votes.entry((service, trace)).or_default() += 1;
            }
        }
        for (service, place) in (0_u32..).zip(&mut self.trace_of) {
            let mut of_service: Vec<(u64, u32)> = Vec::new();
            let mut all = 0;
            let own = votes.iter().filter(|((voted, _), _)| *voted == service);
            of_service.extend(own.map(|((_, trace), count)| (*count, *trace)));
            all += of_service.iter().map(|(count, _)| count).sum::<u64>();
            if let Some((count, trace)) = of_service.into_iter().max()
                && count * 5 > all * 4
            {
                *place = Some(trace);
            }
        }
    }

    /// An activity with the id of a call whose other side is in no trace: it is the caller, or what served the call.
    fn by_one_side(
        &mut self,
        records: &Records,
        acts: &Activities,
        at: u32,
        carried: Carried,
        traces: &[std::sync::Arc<Trace>],
    ) {
        let Some(act) = acts.get(at) else { return };
        let mut own = records.with_id(carried.span, carried.trace, carried.is_half);
        let (Some(caller), None) = (own.next(), own.next()) else { return };
        let served = server_of(records, caller, carried);
        let is_of = |record: RecordRef| {
            let service = records.service_of(record);
            let of = self.trace_of.get(service as usize).copied().flatten();
            let name = traces.get(act.trace as usize).map_or("", |trace| trace.str(act.name));
            match of {
                Some(trace) => trace == act.trace,
                // Nobody knows the trace of the service: the name has to be the same.
                None => records.name(record) == name,
            }
        };
        let sides = (is_of(caller), served.map(is_of));
        let joined = |record: RecordRef, by: JoinBy| (record, Joined { act: at, go: act.go, is_whole: true, by });
        let found = match sides {
            (true, None | Some(false)) => Some(joined(caller, JoinBy::CarriedId)),
            (false, Some(true)) => served.map(|served| joined(served, JoinBy::CarriedId)),
            _ => None,
        };
        if let Some((record, joined)) = found {
            self.join(record, joined);
        }
    }

    /// Joins the spans of a service with tasks of a trace by name, time and parent. `map`: from the spans' clock to the
    /// trace's; `error`: how exact that is. How many were joined, of how many whose time lies in the trace.
    pub(super) fn by_name_and_time(
        &mut self,
        service: u32,
        (records, acts, trace, tasks): (&Records, &Activities, &Trace, &TasksByName<'_>),
        (mut map, mut error): (ClockMap, i64),
    ) -> (u64, u64) {
        let range = (trace.range().start.0, trace.range().end.0);
        let first = map;
        let in_trace = |record: &RecordRef| {
            let span = records.span(*record);
            span.is_some_and(|span| {
                first.apply(span.start) >= range.0 - error && first.apply(span.end()) <= range.1 + error
            })
        };
        let own: Vec<RecordRef> = records.of_service(service).iter().copied().filter(in_trace).collect();
        let before = self.of_record.len();
        let mut unclear = Vec::new();
        for _ in 0..ROUNDS {
            let known = self.of_record.len();
            let open: Vec<RecordRef> =
                own.iter().copied().filter(|record| !self.of_record.contains_key(record)).collect();
            unclear = self.round(&open, records, acts, tasks, (map, error));
            if self.of_record.len() == known {
                break;
            }
            (map, error) = self.refined(&own, records, acts, (map, error));
        }
        let joined = own.iter().filter(|record| self.of_record.contains_key(record)).count() as u64;
        if self.of_record.len() > before || joined > 0 {
            self.ambiguous.extend(unclear);
        }
        (joined, own.len() as u64)
    }

    /// The same map, corrected by what is joined, and how exact it is then: tasks begin right after their spans, most of them.
    fn refined(
        &self,
        own: &[RecordRef],
        records: &Records,
        acts: &Activities,
        (map, error): (ClockMap, i64),
    ) -> (ClockMap, i64) {
        let lag = |record: &RecordRef| {
            let joined = self.of_record.get(record).filter(|joined| joined.is_whole)?;
            let act = acts.get(joined.act).filter(|act| act.began)?;
            Some(act.range.start.0.saturating_sub(map.apply(records.span(*record)?.start)))
        };
        let mut lags: Vec<i64> = own.iter().filter_map(lag).collect();
        lags.sort_unstable();
        // Late ones lost their proc in between.
        let at = |part: usize| lags.get(lags.len() * part / 10).copied().unwrap_or(0);
        if lags.len() < LEAST_LAGS {
            return (map, error);
        }
        let (usual, spread) = (at(1), at(5).saturating_sub(at(1)));
        (map.then(ClockMap::shift(usual)), spread.saturating_add(LEAST_ERROR).min(error))
    }

    /// Joins what is clear now; what is not.
    fn round(
        &mut self,
        open: &[RecordRef],
        records: &Records,
        acts: &Activities,
        tasks: &TasksByName<'_>,
        (map, error): (ClockMap, i64),
    ) -> Vec<RecordRef> {
        let mut of_record: FxHashMap<RecordRef, Best<u32>> = FxHashMap::default();
        let mut of_task: FxHashMap<u32, Best<RecordRef>> = FxHashMap::default();
        for &record in open {
            let Some(span) = records.span(record) else { continue };
            let (start, end) = (map.apply(span.start), map.apply(span.end()));
            let parent = records.parent(record).and_then(|parent| self.of_record.get(&parent)).map(|joined| joined.act);
            for &(begin, at) in tasks.near(records.name(record), (start - error, start + LAG + error)) {
                let Some(act) = acts.get(at).filter(|_| !self.of_act.contains_key(&at)) else { continue };
                let late = act.range.end.0.saturating_sub(end);
                let fits = !act.ended || (-LAG - error..=LAG + error).contains(&late);
                // The parent is known, so that tasks of others are not meant.
                let is_of_parent = parent.is_none_or(|parent| {
                    let same = acts.get(parent).is_some_and(|parent| parent.trace == act.trace);
                    !same || acts.is_within(at, parent)
                });
                if fits && is_of_parent && act.began {
                    let off = if act.ended { late.saturating_abs() } else { LAG };
                    let cost = begin.saturating_sub(start).saturating_abs().saturating_add(off);
                    of_record.entry(record).or_default().add(cost, at);
                    of_task.entry(at).or_default().add(cost, record);
                }
            }
        }
        let mut unclear = Vec::new();
        for &record in open {
            let Some(best) = of_record.get(&record) else { continue };
            let Some((at, task)) = best.clear(error).and_then(|at| Some((at, of_task.get(&at)?))) else {
                unclear.push(record);
                continue;
            };
            if task.clear(error) == Some(record) {
                let go = acts.get(at).map_or(GoroutineIdx::NONE, |act| act.go);
                self.join(record, Joined { act: at, go, is_whole: true, by: JoinBy::NameAndTime });
            } else {
                unclear.push(record);
            }
        }
        unclear
    }
}

/// The best and the second best.
#[derive(Clone, Copy, Debug)]
struct Best<T> {
    first: Option<(i64, T)>,
    second: i64,
}

impl<T> Default for Best<T> {
    fn default() -> Self {
        Self { first: None, second: i64::MAX }
    }
}

impl<T: Copy> Best<T> {
    fn add(&mut self, cost: i64, what: T) {
        match self.first {
            Some((least, _)) if cost >= least => self.second = self.second.min(cost),
            before => {
                self.second = before.map_or(self.second, |(least, _)| least);
                self.first = Some((cost, what));
            }
        }
    }

    /// The best, if nothing else comes near. `error`: how far off the clock may be, which start and end show alike: what fits
    /// best by that may be another one's.
    fn clear(&self, error: i64) -> Option<T> {
        let (cost, what) = self.first?;
        let apart = cost.saturating_mul(MARGIN.1).saturating_add(MARGIN.0).saturating_add(error.saturating_mul(2));
        (self.second >= apart).then_some(what)
    }
}

/// The tasks of a trace by name and time.
pub(super) struct TasksByName<'a> {
    by_name: FxHashMap<&'a str, Vec<(i64, u32)>>,
}

impl<'a> TasksByName<'a> {
    pub(super) fn new(acts: &Activities, trace: &'a Trace, number: u32) -> Self {
        let mut by_name: FxHashMap<&str, Vec<(i64, u32)>> = FxHashMap::default();
        let is_task = |act: &crate::session::activity::Activity| matches!(act.what, What::Task(_)) && act.began;
        let own = (0_u32..).zip(&acts.all).filter(|(_, act)| act.trace == number && is_task(act));
        let mut all: Vec<(i64, u32)> = own.map(|(at, act)| (act.range.start.0, at)).collect();
        all.sort_unstable();
        for (begin, at) in all {
            if let Some(act) = acts.get(at) {
                by_name.entry(trace.str(act.name)).or_default().push((begin, at));
            }
        }
        Self { by_name }
    }

    fn named(&self, name: &str) -> &[(i64, u32)] {
        self.by_name.get(name).map_or(&[], |list| list)
    }

    /// Those that begin between two times; too many are none.
    fn near(&self, name: &str, (from, to): (i64, i64)) -> &[(i64, u32)] {
        let list = self.named(name);
        let first = list.partition_point(|(begin, _)| *begin < from);
        let end = list.partition_point(|(begin, _)| *begin <= to);
        list.get(first..end).filter(|near| near.len() <= MOST_CANDIDATES).unwrap_or_default()
    }
}

/// The span that served a call: the only one in another service whose parent the caller is, or that shares its id.
fn server_of(records: &Records, caller: RecordRef, carried: Carried) -> Option<RecordRef> {
    let Carried { span, trace, is_half } = carried;
    let service = records.service_of(caller);
    let is_server = |record: &RecordRef| {
        let kind = records.span(*record).map(|span| span.kind);
        *record != caller
            && records.service_of(*record) != service
            && matches!(kind, Some(SpanKind::Server | SpanKind::Consumer | SpanKind::Unspecified))
    };
    let twins = records.with_id(span, trace, is_half);
    let mut found = records.children(span, trace, is_half).chain(twins).filter(is_server);
    let first = found.next();
    first.filter(|_| found.next().is_none())
}

/// The offset from a service's clock to a trace's that makes most spans fall on tasks of the same name, without any
/// knowledge of clocks. `None` if none stands out.
pub(super) fn offset_by_names(service: u32, records: &Records, tasks: &TasksByName<'_>) -> Option<(ClockMap, i64)> {
    /// How wide a peak may be, nanoseconds.
    const WIDTH: i64 = 100_000;
    /// Spans and tasks of a name that are compared.
    const MOST: usize = 300;
    let mut starts: FxHashMap<&str, Vec<i64>> = FxHashMap::default();
    for record in records.of_service(service) {
        if let Some(span) = records.span(*record) {
            starts.entry(records.name(*record)).or_default().push(span.start);
        }
    }
    let mut lags: Vec<i64> = Vec::new();
    let mut could = 0;
    let mut by_name: Vec<(&str, Vec<i64>)> = starts.into_iter().collect();
    by_name.sort_unstable();
    for (name, starts) in by_name {
        let begins = tasks.named(name);
        if begins.is_empty() || starts.len() > MOST || begins.len() > MOST {
            continue;
        }
        could += starts.len().min(begins.len());
        let all = starts.iter().flat_map(|start| begins.iter().map(|(begin, _)| begin.saturating_sub(*start)));
        lags.extend(all);
    }
    lags.sort_unstable();
    // (how many, from which one on) of the best window.
    let count = |from: usize| {
        let first = lags.get(from).copied().unwrap_or(0);
        lags.partition_point(|lag| *lag <= first.saturating_add(WIDTH)) - from
    };
    let best = (0..lags.len()).max_by_key(|from| (count(*from), std::cmp::Reverse(*from)))?;
    let (many, first) = (count(best), lags.get(best).copied()?);
    let is_apart = |from: &usize| lags.get(*from).is_some_and(|lag| lag.saturating_sub(first).saturating_abs() > WIDTH);
    let second = (0..lags.len()).filter(is_apart).map(count).max().unwrap_or(0);
    (many >= 3 && many * 5 >= could * 3 && many >= second * 2).then(|| (ClockMap::shift(first), WIDTH))
}
