//! Calls that no ID tells of, joined by the connections they use; and what programs that make no tasks did for requests.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::ids::{GoroutineIdx, StrId};
use crate::base::time::{TimeRange, TraceTime};
use crate::model::trace::Trace;
use crate::session::activity::{Activities, Activity, What};
use crate::session::calls::{Call, Calls, JoinBy};
use crate::session::clock::Pair;
use crate::session::connections::{Client, Connections, Handling, Sending, Server};
use crate::session::parts::Parts;
use crate::session::place::{Placement, TICK};

/// Clocks that are less exact tell too little, nanoseconds.
const MOST_ERROR: i64 = 200_000;
/// What a call may take beyond what serves it where only one call tells which connection it is: this long, or half of that.
const OVERHEAD: i64 = 2_000_000;
/// Where only one call tells that was given up, it has to reach the server that soon, nanoseconds.
const SOON: i64 = 1_000_000;
/// What the fastest ways of several calls there and back take together at the most, nanoseconds.
const NEAR: i64 = 300_000;
/// Clients that are looked at for one server.
const MOST_LOOKS: usize = 4_096;
/// The place of a client's call that was given up.
const GIVEN_UP: usize = usize::MAX;
/// Goroutines that are followed from who calls to who created it.
const MOST_CREATORS: u32 = 8;

/// A connection's two sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// The client: trace, and place among its connections.
    pub(super) client: (u32, usize),
    /// The server.
    pub(super) server: (u32, usize),
    /// Calls of the client and of the server, by their places.
    pub(super) calls: Vec<(usize, usize)>,
    /// What the server handled last, after the client had given up.
    pub(super) given_up: Option<usize>,
    /// How much longer the calls took than what served them, on average, nanoseconds.
    beyond: i64,
}

/// The connections of all traces, but for those that are of the same process as an earlier one.
pub(super) fn all(parts: &Parts, copies: &[(u32, u32)]) -> Vec<Connections> {
    // One process alone calls nobody that is known.
    if parts.traces.len() < copies.len() + 2 {
        return vec![Connections::default(); parts.traces.len()];
    }
    let is_copy = |at: u32| copies.iter().any(|(later, _)| *later == at);
    let numbered = (0_u32..).zip(&parts.traces);
    numbered.map(|(at, trace)| if is_copy(at) { Connections::default() } else { Connections::of(trace) }).collect()
}

/// A client's connection on the session's clock.
struct Shown<'a> {
    at: (u32, usize),
    client: &'a Client,
    place: &'a Placement,
}

/// Which connections of clients are which of servers. `places`: of the traces; those without a known error are left out.
/// `ambiguous`: servers of which several clients' could be the other side.
pub(super) fn matched(
    all: &[Connections],
    ranges: &[TimeRange],
    places: &[Placement],
) -> (Vec<Match>, Vec<(u32, usize)>) {
    let mut clients: Vec<Shown<'_>> = Vec::new();
    for (trace, (connections, place)) in (0_u32..).zip(all.iter().zip(places)) {
        for (at, client) in connections.clients.iter().enumerate().filter(|_| place.error.is_some()) {
            clients.push(Shown { at: (trace, at), client, place });
        }
    }
    let first = |shown: &Shown<'_>| {
        let call = shown.client.calls.first().or(shown.client.open.as_ref());
        call.map_or(i64::MAX, |call| shown.place.map.apply(call.send))
    };
    clients.sort_by_key(|shown| (first(shown), shown.at));
    let mut found: Vec<Match> = Vec::new();
    let (mut servers, mut answered) =
        (FxHashMap::<u32, usize>::default(), FxHashMap::<u32, FxHashSet<usize>>::default());
    for (trace, (connections, place)) in (0_u32..).zip(all.iter().zip(places)) {
        if place.error.is_none() {
            continue;
        }
        servers.insert(trace, connections.servers.len());
        for (at, server) in connections.servers.iter().enumerate() {
            let Some(last) = server.calls.last().map(|call| place.map.apply(call.begin)) else { continue };
            let end = clients.partition_point(|shown| first(shown) <= last.saturating_add(MOST_ERROR));
            for shown in clients.get(..end).unwrap_or_default().iter().rev().take(MOST_LOOKS) {
                if shown.at.0 == trace {
                    continue;
                }
                let range = (ranges.get(shown.at.0 as usize), ranges.get(trace as usize));
                let (Some(from), Some(to)) = range else { continue };
                if let Some((calls, given_up)) = aligned(shown, (server, place), (*from, *to)) {
                    answered.entry(trace).or_default().insert(at);
                    let beyond = beyond(shown.client, server, &calls);
                    found.push(Match { client: shown.at, server: (trace, at), calls, given_up, beyond });
                }
            }
        }
    }
    // One call alone on a connection could be from anybody, unless most connections of the server are known.
    found.retain(|found| {
        let trace = found.server.0;
        let known = answered.get(&trace).map_or(0, FxHashSet::len);
        found.calls.len() > 1 || known * 2 >= servers.get(&trace).copied().unwrap_or(0)
    });
    settled(found)
}

/// The matches of which it is clear: the only one of both sides, when what is clear has been taken out of the others.
fn settled(mut open: Vec<Match>) -> (Vec<Match>, Vec<(u32, usize)>) {
    let mut clear: Vec<Match> = Vec::new();
    loop {
        let (mut of_client, mut of_server) = (FxHashMap::<_, u32>::default(), FxHashMap::<_, u32>::default());
        for found in &open {
            *of_client.entry(found.client).or_default() += 1;
            *of_server.entry(found.server).or_default() += 1;
        }
        let is_only = |found: &Match| of_server.get(&found.server) == Some(&1);
        let is_clear = |found: &Match| is_only(found) && of_client.get(&found.client) == Some(&1);
        let (new, rest): (Vec<Match>, Vec<Match>) = open.into_iter().partition(is_clear);
        open = rest;
        if !new.is_empty() {
            clear.extend(new);
            continue;
        }
        // Calls of a service that calls others lie around those of the others, too: it is the client that is nearest. Only
        // several calls tell that.
        let others = |found: &Match| {
            let found = (found.client, found.server);
            let is_other = move |other: &&Match| (other.client == found.0) != (other.server == found.1);
            open.iter().filter(is_other)
        };
        let is_nearest = |found: &&Match| {
            let is_further = |other: &Match| {
                other.beyond >= found.beyond.saturating_mul(2) || other.calls.len() * 2 < found.calls.len()
            };
            let has_another = |other: &Match| other.client == found.client && !is_only(other);
            found.calls.len() > 2
                && (others(found).all(is_further) || (is_only(found) && others(found).all(has_another)))
        };
        let Some(best) = open.iter().filter(is_nearest).min_by_key(|found| (found.beyond, found.server)).cloned()
        else {
            break;
        };
        open.retain(|other| other.client != best.client && other.server != best.server);
        clear.push(best);
    }
    let mut ambiguous: Vec<(u32, usize)> = open.iter().map(|found| found.server).collect();
    ambiguous.sort_unstable();
    ambiguous.dedup();
    clear.sort_by_key(|found| (found.server, found.client));
    (clear, ambiguous)
}

/// Calls of a client and of a server by their places; what the server handled after the client had given up.
type Aligned = (Vec<(usize, usize)>, Option<usize>);

/// Which calls of a client and a server are the same, if their connections can be: each of one side lies in one of the other
/// side, as far as both traces go. The last one of the server may have been given up by the client.
fn aligned(
    shown: &Shown<'_>,
    (server, place): (&Server, &Placement),
    (from, to): (TimeRange, TimeRange),
) -> Option<Aligned> {
    let error = |time: i64, other: i64| {
        let (own, its) = (shown.place.error?.at(time), place.error?.at(other));
        Some(own.saturating_add(its)).filter(|error| *error <= MOST_ERROR)
    };
    let (there, here) = (|time: i64| shown.place.map.apply(time), |time: i64| place.map.apply(time));
    let (from, to) = ((there(from.start.0), there(from.end.0)), (here(to.start.0), here(to.end.0)));
    let first = shown.client.calls.first().or(shown.client.open.as_ref())?;
    let mut pairs = Vec::new();
    let mut sent = shown.client.calls.iter().enumerate().peekable();
    let mut given_up = None;
    let count = server.calls.len();
    for (at, handling) in server.calls.iter().enumerate() {
        let (begin, end) = (here(handling.begin), here(handling.end));
        let error = error(first.send, handling.begin)?;
        // What the client did then, its trace does not show.
        if begin < from.0.saturating_add(error) || end > from.1.saturating_sub(error) {
            continue;
        }
        let mut is_found = false;
        while let Some((place, call)) = sent.peek().copied() {
            let (send, receive) = (there(call.send), there(call.receive));
            if send <= begin.saturating_add(error) && end <= receive.saturating_add(error) {
                pairs.push((place, at));
                sent.next();
                is_found = true;
                break;
            }
            if receive >= begin.saturating_sub(error) {
                break;
            }
            // It was over by then: another request, which the server's trace would show had it gone on.
            if send >= to.0.saturating_add(error) {
                return None;
            }
            sent.next();
        }
        let gave_up = shown.client.open.is_some_and(|open| there(open.send) <= begin.saturating_add(error));
        if !is_found && (at + 1 < count || !gave_up) {
            return None;
        }
        given_up = (!is_found).then_some(at);
    }
    // What is left was served, too, if the server's trace goes on until then.
    let is_outside = |call: &Sending| there(call.receive) > to.1.saturating_sub(MOST_ERROR);
    if !sent.all(|(_, call)| is_outside(call)) {
        return None;
    }
    let is_near = match (pairs.as_slice(), given_up) {
        // The only request of both sides: nothing but its begin tells.
        ([], Some(at)) => {
            let begin = server.calls.get(at).filter(|_| count == 1).map(|handling| here(handling.begin))?;
            (-MOST_ERROR..=SOON).contains(&begin.saturating_sub(there(first.send)))
        }
        ([], None) => false,
        ([(_, at)] | [(_, at), _], _) => {
            let handling = server.calls.get(*at)?;
            let most = OVERHEAD.max(handling.end.saturating_sub(handling.begin) / 2);
            beyond(shown.client, server, &pairs) <= most
        }
        // With a process in between, both ways would take longer each time.
        _ => {
            let gap = |gap: &dyn Fn(&Sending, &Handling) -> i64| {
                let of = |&(sent, served): &(usize, usize)| {
                    Some(gap(shown.client.calls.get(sent)?, server.calls.get(served)?))
                };
                pairs.iter().filter_map(of).min().unwrap_or(0)
            };
            let to = gap(&|sent, served| here(served.begin).saturating_sub(there(sent.send)));
            let back = gap(&|sent, served| there(sent.receive).saturating_sub(here(served.end)));
            to.saturating_add(back) <= NEAR
        }
    };
    is_near.then_some((pairs, given_up))
}

/// How much longer calls took than what served them, on average, nanoseconds.
fn beyond(client: &Client, server: &Server, calls: &[(usize, usize)]) -> i64 {
    let of = |&(sent, served): &(usize, usize)| {
        let (call, handling) = (client.calls.get(sent)?, server.calls.get(served)?);
        let (call, handling) = (call.receive.saturating_sub(call.send), handling.end.saturating_sub(handling.begin));
        Some(call.saturating_sub(handling))
    };
    let sum = calls.iter().filter_map(of).fold(0_i64, i64::saturating_add);
    sum / i64::try_from(calls.len()).unwrap_or(1).max(1)
}

/// The calls of a connection as pairs that bound two clocks.
pub(super) fn pairs(all: &[Connections], found: &Match) -> Vec<Pair> {
    let client = all.get(found.client.0 as usize).and_then(|of| of.clients.get(found.client.1));
    let server = all.get(found.server.0 as usize).and_then(|of| of.servers.get(found.server.1));
    let (Some(client), Some(server)) = (client, server) else { return Vec::new() };
    let pair = |&(sent, served): &(usize, usize)| {
        let (sent, served) = (client.calls.get(sent)?, server.calls.get(served)?);
        Some(Pair { send: sent.send, begin: served.begin, end: served.end, receive: sent.receive, slack: TICK })
    };
    found.calls.iter().filter_map(pair).collect()
}

/// (trace, goroutine) → (start, end, activity), by start.
type Lists = FxHashMap<(u32, GoroutineIdx), Vec<(i64, i64, u32)>>;

/// Tasks by goroutine, and what is found instead of them.
struct ByGoroutine {
    lists: Lists,
}

impl ByGoroutine {
    fn of(acts: &Activities, hidden: &FxHashSet<u32>) -> Self {
        let mut lists = Lists::default();
        for (at, act) in (0_u32..).zip(&acts.all) {
            if matches!(act.what, What::Task(_)) && act.began && !hidden.contains(&at) {
                lists.entry((act.trace, act.go)).or_default().push((act.range.start.0, act.range.end.0, at));
            }
        }
        lists.values_mut().for_each(|list| list.sort_unstable());
        Self { lists }
    }

    fn add(&mut self, at: u32, act: &Activity) {
        let list = self.lists.entry((act.trace, act.go)).or_default();
        let entry = (act.range.start.0, act.range.end.0, at);
        let place = list.partition_point(|known| *known < entry);
        list.insert(place, entry);
    }

    /// The first one that begins in a stretch.
    fn first_in(&self, trace: u32, go: GoroutineIdx, (from, to): (i64, i64)) -> Option<u32> {
        let list = self.lists.get(&(trace, go))?;
        let place = list.partition_point(|(start, ..)| *start < from);
        list.get(place).filter(|(start, ..)| *start <= to).map(|(.., at)| *at)
    }

    /// The innermost one around a stretch.
    fn around(&self, trace: u32, go: GoroutineIdx, (from, to): (i64, i64)) -> Option<u32> {
        let list = self.lists.get(&(trace, go))?;
        let end = list.partition_point(|(start, ..)| *start <= from);
        let near = list.get(..end)?.iter().rev().take(64);
        near.filter(|(_, end, _)| *end >= to).map(|(.., at)| *at).next()
    }
}

/// Adds what programs without tasks did for requests: what their servers handled, and the calls they made meanwhile. Then the
/// calls that connections join. `is_told`: who called it is known otherwise, or an ID tells of it.
pub(super) fn by_connection(
    acts: &mut Activities,
    (parts, all): (&Parts, &[Connections]),
    (places, tied): (&[Placement], &[Match]),
    (calls, hidden): (&[Call], &FxHashSet<u32>),
    (is_told, has_spans): (&dyn Fn(u32) -> bool, bool),
) -> Calls {
    let ranges: Vec<TimeRange> = parts.traces.iter().map(|trace| trace.range()).collect();
    let (mut matches, ambiguous) = matched(all, &ranges, places);
    // What ties two clocks was found with a smaller error than follows from it.
    matches.retain(|found| !tied.iter().any(|tied| tied.server == found.server || tied.client == found.client));
    matches.extend_from_slice(tied);
    let mut known = ByGoroutine::of(acts, hidden);
    let served = handled(acts, &mut known, (parts, all), has_spans);
    let sent = called(acts, &mut known, (parts, all), &matches);
    let mut found = Calls::default();
    let mut in_calls: FxHashSet<u32> = calls.iter().map(|call| call.server).collect();
    for of in &matches {
        let given_up = of.given_up.map(|handling| (GIVEN_UP, handling));
        for (call, handling) in of.calls.iter().copied().chain(given_up) {
            let client = sent.get(&(of.client.0, of.client.1, call)).copied();
            let server = served.get(&(of.server.0, of.server.1, handling)).copied();
            let (Some(client), Some(server)) = (client, server) else { continue };
            if is_told(server) || !in_calls.insert(server) {
                continue;
            }
            found.list.push(Call { client, server, by: JoinBy::Connection, key: "".into(), carried: None });
        }
    }
    for (trace, server) in ambiguous.into_iter().filter(|at| matches.iter().all(|found| found.server != *at)) {
        let count =
            all.get(trace as usize).and_then(|of| of.servers.get(server)).map_or(0, |server| server.calls.len());
        let of_server = (0..count).filter_map(|at| served.get(&(trace, server, at)).copied());
        found.ambiguous.extend(of_server.filter(|at| !is_told(*at) && !in_calls.contains(at)));
    }
    found
}

/// What each trace's servers handled: tasks that begin meanwhile, and in a trace where none does, activities of their own.
fn handled(
    acts: &mut Activities,
    known: &mut ByGoroutine,
    (parts, all): (&Parts, &[Connections]),
    has_spans: bool,
) -> FxHashMap<(u32, usize, usize), u32> {
    let mut served = FxHashMap::default();
    for (number, (connections, trace)) in (0_u32..).zip(all.iter().zip(&parts.traces)) {
        let mut open = Vec::new();
        let mut has_tasks = false;
        for (at, server) in connections.servers.iter().enumerate() {
            for (call, handling) in server.calls.iter().enumerate() {
                match known.first_in(number, server.go, (handling.begin, handling.until)) {
                    Some(act) => {
                        has_tasks = true;
                        served.insert((number, at, call), act);
                    }
                    None if !handling.is_profiling => open.push((at, call)),
                    None => {}
                }
            }
        }
        // Spans of files tell of the same requests, and nothing tells which are which.
        if has_tasks || has_spans {
            continue;
        }
        for (at, call) in open {
            let Some(server) = connections.servers.get(at) else { continue };
            let Some(handling) = server.calls.get(call) else { continue };
            let what = What::Handled(u32::try_from(served.len()).unwrap_or(u32::MAX));
            let name = named(trace, server.go, handling.name);
            let made = made((number, server.go), what, name, (handling.begin, handling.until));
            served.insert((number, at, call), push(acts, known, made));
        }
    }
    served
}

/// Who made each call: the innermost task around it on its goroutine, or an activity of its own inside of what that goroutine
/// (or who created it) does.
fn called(
    acts: &mut Activities,
    known: &mut ByGoroutine,
    (parts, all): (&Parts, &[Connections]),
    matches: &[Match],
) -> FxHashMap<(u32, usize, usize), u32> {
    let mut wanted: Vec<(u32, usize, usize)> = Vec::new();
    for found in matches {
        let calls = found.calls.iter().map(|(call, _)| *call).chain(found.given_up.map(|_| GIVEN_UP));
        wanted.extend(calls.map(|call| (found.client.0, found.client.1, call)));
    }
    // Where nothing else tells of requests, calls to others count, too.
    let has_made: FxHashSet<u32> =
        acts.all.iter().filter(|act| matches!(act.what, What::Handled(_))).map(|act| act.trace).collect();
    for (number, connections) in (0_u32..).zip(all).filter(|(number, _)| has_made.contains(number)) {
        for (at, client) in connections.clients.iter().enumerate() {
            wanted.extend((0..client.calls.len()).map(|call| (number, at, call)));
        }
    }
    wanted.sort_unstable();
    wanted.dedup();
    let mut sent = FxHashMap::default();
    for (number, at, call) in wanted {
        let client = all.get(number as usize).and_then(|of| of.clients.get(at));
        let (Some(sending), Some(trace)) =
            (client.and_then(|of| of.calls.get(call)), parts.traces.get(number as usize))
        else {
            continue;
        };
        let range = (sending.send, sending.receive);
        let around = known.around(number, sending.go, range);
        let is_task = around.and_then(|at| acts.get(at)).is_some_and(|act| matches!(act.what, What::Task(_)));
        if let Some(task) = around.filter(|_| is_task) {
            sent.insert((number, at, call), task);
            continue;
        }
        let what = What::Called(u32::try_from(sent.len()).unwrap_or(u32::MAX));
        let mut made = made((number, sending.go), what, named(trace, sending.go, sending.name), range);
        made.parent = around.or_else(|| of_creator(known, (number, trace), sending.go, sending.send));
        sent.insert((number, at, call), push(acts, known, made));
    }
    sent
}

/// What the goroutine that created this one did then, or the one that created that.
fn of_creator(known: &ByGoroutine, (number, trace): (u32, &Trace), go: GoroutineIdx, time: i64) -> Option<u32> {
    let mut go = go;
    for _ in 0..MOST_CREATORS {
        let (life, creator) = trace.life(go)?;
        go = creator?;
        let created = life.start.0;
        if known.around(number, go, (created, created)).is_some() {
            // Who goes on after the answer works for itself.
            return known.around(number, go, (created, time));
        }
    }
    None
}

fn made((trace, go): (u32, GoroutineIdx), what: What, name: StrId, (start, end): (i64, i64)) -> Activity {
    let range = TimeRange::new(TraceTime(start), TraceTime(end));
    Activity { trace, what, go, name, range, began: true, ended: true, parent: None }
}

fn push(acts: &mut Activities, known: &mut ByGoroutine, act: Activity) -> u32 {
    let at = u32::try_from(acts.all.len()).unwrap_or(u32::MAX);
    known.add(at, &act);
    acts.all.push(act);
    at
}

/// A function, or what the goroutine was started as.
fn named(trace: &Trace, go: GoroutineIdx, function: StrId) -> StrId {
    if function == StrId::EMPTY { trace.goroutine_name(go).map_or(StrId::EMPTY, |(_, name)| name) } else { function }
}
