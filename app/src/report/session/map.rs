//! Who called whom: the calls between the services of a session.

use std::sync::Arc;

use trace_core::session::Session;

/// Calls from one service to another that the same served.
#[derive(Clone, Debug)]
pub struct Edge {
    /// The service that called, by place.
    pub from: u32,
    /// The one that served, by place.
    pub to: u32,
    /// The name of the spans that served them; of all of them it is empty.
    pub name: Arc<str>,
    /// How long each took, nanoseconds, rising.
    pub nanos: Vec<u64>,
    /// How many are marked as failed.
    pub errors: u64,
    /// The slowest span that served one, by place.
    pub slowest: u32,
}

impl Edge {
    /// The duration that `percent` of the calls do not exceed, nanoseconds; `None` without calls.
    #[must_use]
    pub fn rank(&self, percent: usize) -> Option<u64> {
        let last = self.nanos.len().checked_sub(1)?;
        self.nanos.get(last * percent.min(100) / 100).copied()
    }
}

/// The calls by service and name, those that took most time first.
#[must_use]
pub fn calls(session: &Session) -> Vec<Edge> {
    grouped(session, true)
}

/// The calls by service alone, those that took most time first.
#[must_use]
pub fn between_services(session: &Session) -> Vec<Edge> {
    grouped(session, false)
}

fn grouped(session: &Session, by_name: bool) -> Vec<Edge> {
    let mut edges: Vec<Edge> = Vec::new();
    let mut places = std::collections::BTreeMap::new();
    let nameless: Arc<str> = Arc::from("");
    for (span, at) in session.spans.iter().zip(0_u32..) {
        let above = span.parent.and_then(|at| session.spans.get(at as usize));
        let Some(from) = above.map(|above| above.service).filter(|from| *from != span.service) else { continue };
        let name = if by_name { &span.name } else { &nameless };
        let place = *places.entry((from, span.service, Arc::clone(name))).or_insert_with(|| {
            let (to, name) = (span.service, Arc::clone(name));
            edges.push(Edge { from, to, name, nanos: Vec::new(), errors: 0, slowest: at });
            edges.len() - 1
        });
        if let Some(edge) = edges.get_mut(place) {
            edge.nanos.push(span.nanos.unsigned_abs());
            edge.errors += u64::from(span.is_error);
            if session.spans.get(edge.slowest as usize).is_some_and(|slowest| span.nanos > slowest.nanos) {
                edge.slowest = at;
            }
        }
    }
    for edge in &mut edges {
        edge.nanos.sort_unstable();
    }
    edges.sort_by_key(|edge| std::cmp::Reverse(edge.nanos.iter().sum::<u64>()));
    edges
}

/// Rounds in which services are moved to the right of their callers: circles would go on.
const ROUNDS: usize = 64;

/// In which column each service stands on a map: right of all that call it, but for the rarer calls back.
#[must_use]
pub fn columns(services: usize, edges: &[Edge]) -> Vec<usize> {
    let often = |from: u32, to: u32| {
        edges.iter().find(|edge| edge.from == from && edge.to == to).map_or(0, |edge| edge.nanos.len())
    };
    let forward: Vec<(usize, usize)> = edges
        .iter()
        .filter(|edge| {
            let back = often(edge.to, edge.from);
            edge.nanos.len() > back || (edge.nanos.len() == back && edge.from < edge.to)
        })
        .map(|edge| (edge.from as usize, edge.to as usize))
        .collect();
    let mut columns = vec![0_usize; services];
    for _ in 0..services.min(ROUNDS) {
        let mut is_moved = false;
        for (from, to) in &forward {
            let from = columns.get(*from).copied().unwrap_or(0);
            if let Some(to) = columns.get_mut(*to).filter(|to| **to <= from && from + 1 < services) {
                *to = from + 1;
                is_moved = true;
            }
        }
        if !is_moved {
            break;
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: u32, to: u32, calls: usize) -> Edge {
        let nanos = (1..=calls as u64).map(|at| at * 10).collect();
        Edge { from, to, name: Arc::from(""), nanos, errors: 0, slowest: 0 }
    }

    #[test]
    fn services_stand_right_of_their_callers() {
        assert_eq!(columns(4, &[edge(0, 1, 5), edge(1, 2, 5), edge(0, 2, 9), edge(2, 0, 1)]), [0, 1, 2, 0]);
        // A circle ends somewhere.
        assert!(columns(3, &[edge(0, 1, 1), edge(1, 2, 1), edge(2, 0, 1)]).iter().all(|column| *column < 3));
        assert_eq!(columns(0, &[]), Vec::<usize>::new());
    }

    #[test]
    fn ranks_are_those_of_the_calls() {
        let edge = edge(0, 1, 100);
        assert_eq!(
            (edge.rank(0), edge.rank(50), edge.rank(99), edge.rank(100)),
            (Some(10), Some(500), Some(990), Some(1000))
        );
        assert_eq!(self::edge(0, 1, 0).rank(50), None);
    }
}
