//! Calls found by time alone, where programs have tasks but log no ids: a task that began nothing else, all of whose time
//! but a little one only task of another process takes, and which alone could have called that.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::ids::StrId;
use crate::session::activity::{Activities, Activity, What};
use crate::session::calls::{Call, Calls, JoinBy};
use crate::session::pattern::Found;
use crate::session::place::Placement;

/// What a call may take beyond what serves it: this long, or half of that, nanoseconds.
const OVERHEAD: i64 = 2_000_000;
/// Clocks that are less exact say nothing.
const MOST_ERROR: i64 = 200_000;
/// Calls under way at the same time that are looked at.
const MOST_LOOKS: usize = 512;

/// A task on the session's clock.
#[derive(Clone, Copy, Debug)]
struct Timed {
    at: u32,
    trace: u32,
    name: StrId,
    start: i64,
    end: i64,
    error: i64,
}

fn timed(at: u32, act: &Activity, places: &[Placement]) -> Option<Timed> {
    let place = places.get(act.trace as usize)?;
    let (start, end) = (act.range.start.0, act.range.end.0);
    let bounds = place.error?;
    let error = bounds.at(start).max(bounds.at(end));
    let (start, end) = (place.map.apply(start), place.map.apply(end));
    (error <= MOST_ERROR).then_some(Timed { at, trace: act.trace, name: act.name, start, end, error })
}

/// Calls between tasks that no call is known of. `is_known`: who called it is known otherwise; `hidden`: what another trace
/// of the process has, too.
pub(super) fn by_time(
    acts: &Activities,
    calls: &[Call],
    places: &[Placement],
    (is_known, hidden): (&dyn Fn(u32) -> bool, &FxHashSet<u32>),
) -> Calls {
    let parents: FxHashSet<u32> = acts.all.iter().filter_map(|act| act.parent).collect();
    let with_ids = told_by_ids(acts);
    let in_calls: FxHashSet<u32> = calls.iter().flat_map(|call| [call.client, call.server]).collect();
    let is_free = |at: u32| !with_ids.contains(&at) && !in_calls.contains(&at) && !hidden.contains(&at);
    let tasks = (0_u32..)
        .zip(&acts.all)
        .filter(|(at, act)| matches!(act.what, What::Task(_)) && act.is_complete() && is_free(*at));
    let (mut clients, mut servers) = (Vec::new(), Vec::new());
    for (at, act) in tasks {
        let Some(timed) = timed(at, act, places) else { continue };
        if !parents.contains(&at) {
            clients.push(timed);
        }
        if act.parent.is_none() && !is_known(at) {
            servers.push(timed);
        }
    }
    clients.sort_unstable_by_key(|client| (client.start, client.at));
    let mut served: FxHashMap<u32, u32> = FxHashMap::default();
    let mut found: Vec<(Timed, Vec<Timed>)> = Vec::new();
    for server in servers {
        let fitting = innermost(fitting(&clients, &server));
        for client in &fitting {
            *served.entry(client.at).or_default() += 1;
        }
        found.push((server, fitting));
    }
    chosen(&found, &served)
}

/// The activities of which IDs tell who called; an own ID alone tells nothing of it. What IDs tell is not guessed.
pub(super) fn told_by_ids(acts: &Activities) -> FxHashSet<u32> {
    let tells = |found: &Found| found.ids.is_carried || found.ids.trace.is_some() || found.ids.request.is_some();
    acts.mentions.iter().filter(|mention| tells(&mention.found)).map(|mention| mention.act).collect()
}

/// The clients that could have called a server.
fn fitting(clients: &[Timed], server: &Timed) -> Vec<Timed> {
    let could = |client: &&Timed| {
        let error = client.error.saturating_add(server.error);
        let before = server.start.saturating_sub(client.start);
        let behind = client.end.saturating_sub(server.end);
        let most = OVERHEAD.max(server.end.saturating_sub(server.start) / 2);
        client.trace != server.trace && before >= -error && behind >= -error && before.saturating_add(behind) <= most
    };
    let end = clients.partition_point(|client| client.start <= server.start.saturating_add(server.error + MOST_ERROR));
    let near = clients.get(..end).unwrap_or_default().iter().rev().take(MOST_LOOKS);
    near.filter(could).copied().collect()
}

/// Of calls that lie inside of each other, each in another process, only the innermost: the others wait for what made that.
fn innermost(mut clients: Vec<Timed>) -> Vec<Timed> {
    clients.sort_unstable_by_key(|client| (client.end.saturating_sub(client.start), client.at));
    let is_inside = |inner: &Timed, outer: &Timed| {
        let error = inner.error.saturating_add(outer.error);
        inner.trace != outer.trace
            && outer.start <= inner.start.saturating_add(error)
            && inner.end <= outer.end.saturating_add(error)
    };
    if clients.windows(2).all(|two| matches!(two, [inner, outer] if is_inside(inner, outer))) {
        clients.truncate(1);
    }
    clients
}

/// Those of which it is clear, if most servers of the name have such a client.
fn chosen(found: &[(Timed, Vec<Timed>)], served: &FxHashMap<u32, u32>) -> Calls {
    type Kind = (u32, StrId);
    let mut calls = Calls::default();
    let mut clear: FxHashMap<(Kind, Kind), Vec<(u32, u32)>> = FxHashMap::default();
    let mut all: FxHashMap<Kind, usize> = FxHashMap::default();
    for (server, clients) in found {
        *all.entry((server.trace, server.name)).or_default() += 1;
        match clients.as_slice() {
            [] => {}
            [client] if served.get(&client.at) == Some(&1) => {
                let kinds = ((client.trace, client.name), (server.trace, server.name));
                clear.entry(kinds).or_default().push((client.at, server.at));
            }
            _ => calls.ambiguous.push(server.at),
        }
    }
    let mut kinds: Vec<_> = clear.into_iter().collect();
    kinds.sort_unstable_by_key(|(kinds, _)| *kinds);
    for ((_, server), pairs) in kinds {
        if pairs.len() * 2 >= all.get(&server).copied().unwrap_or(0) {
            let call = |(client, server)| Call { client, server, by: JoinBy::Time, key: Arc::from(""), carried: None };
            calls.list.extend(pairs.into_iter().map(call));
        }
    }
    calls
}
