//! The spans of a session as trees, and the requests that these are.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::ids::GoroutineIdx;
use crate::session::activity::{Activities, What};
use crate::session::calls::{Call, JoinBy};
use crate::session::records::RecordRef;
use crate::spans::{SpanId, SpanKind, TraceId};

/// A span of a session: of a span file, a task, a region of a call, or several of these in one. Times are on the
/// session's clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionSpan {
    /// The service, by place.
    pub service: u32,
    /// Its name, as its file or task has it.
    pub name: Arc<str>,
    /// When it started, nanoseconds.
    pub start: i64,
    /// How long it took, nanoseconds; never negative.
    pub nanos: i64,
    /// What it belongs to, or what called it, by place.
    pub parent: Option<u32>,
    /// The span in a file that it is.
    pub record: Option<RecordRef>,
    /// The activity in a trace that it is, or is a part of, by place.
    pub act: Option<u32>,
    /// The goroutine that worked for it; of the service's trace.
    pub go: Option<GoroutineIdx>,
    /// How the file's span and the task (or, without a file, the call and what served it) were joined.
    pub by: Option<JoinBy>,
    /// The ids, as far as they are known.
    pub ids: (Option<TraceId>, Option<SpanId>),
    /// Which side of a call it is.
    pub kind: SpanKind,
    /// It is marked as failed.
    pub is_error: bool,
    /// Both of its ends are known.
    pub is_complete: bool,
}

impl SessionSpan {
    /// When it ended, ns on the session's clock.
    #[must_use]
    pub const fn end(&self) -> i64 {
        self.start.saturating_add(self.nanos)
    }
}

/// A request: a tree of spans.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The id of its trace, else the program's own id of it, else what it is in its service.
    pub id: String,
    /// The place of the span it begins with.
    pub root: u32,
    /// Its spans by place, each behind what it belongs to, with how deep they are.
    pub spans: Vec<(u32, u32)>,
    /// Services, by place, in order of appearance.
    pub services: Vec<u32>,
    /// A span is marked as failed.
    pub is_error: bool,
}

/// Breaks circles of parents; how many there were.
pub(super) fn break_circles(spans: &mut [SessionSpan]) -> u64 {
    // 0: not looked at, 1: on the way, 2: leads to a root.
    let mut state = vec![0_u8; spans.len()];
    let mut circles = 0;
    for start in 0..spans.len() {
        let mut way = Vec::new();
        let mut at = start;
        loop {
            match state.get_mut(at) {
                Some(seen @ 0) => {
                    *seen = 1;
                    way.push(at);
                }
                Some(1) => {
                    circles += 1;
                    if let Some(span) = spans.get_mut(at) {
                        span.parent = None;
                    }
                    break;
                }
                _ => break,
            }
            match spans.get(at).and_then(|span| span.parent) {
                Some(parent) => at = parent as usize,
                None => break,
            }
        }
        for at in way {
            if let Some(seen) = state.get_mut(at) {
                *seen = 2;
            }
        }
    }
    circles
}

/// The children of each span, by start.
#[derive(Clone, Debug, Default)]
pub struct Children {
    starts: Vec<u32>,
    list: Vec<u32>,
}

impl Children {
    pub(super) fn of(spans: &[SessionSpan]) -> Self {
        let mut pairs: Vec<(u32, i64, u32)> = Vec::new();
        for (span, at) in spans.iter().zip(0_u32..) {
            if let Some(parent) = span.parent {
                pairs.push((parent, span.start, at));
            }
        }
        pairs.sort_unstable();
        let mut starts = Vec::with_capacity(spans.len() + 1);
        let mut at = 0;
        for span in 0..=u32::try_from(spans.len()).unwrap_or(u32::MAX) {
            while pairs.get(at).is_some_and(|(parent, ..)| *parent < span) {
                at += 1;
            }
            starts.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
        Self { starts, list: pairs.into_iter().map(|(.., at)| at).collect() }
    }

    /// Those of a span, by start.
    #[must_use]
    pub fn of_span(&self, at: u32) -> &[u32] {
        let bounds = (self.starts.get(at as usize), self.starts.get(at as usize + 1));
        let (Some(&first), Some(&end)) = bounds else { return &[] };
        self.list.get(first as usize..end as usize).unwrap_or_default()
    }
}

/// What the requests are made of.
pub(super) struct Sources<'a> {
    pub(super) spans: &'a [SessionSpan],
    pub(super) children: &'a Children,
    pub(super) acts: &'a Activities,
    pub(super) service_names: &'a [String],
}

/// The requests, the longest first. Roots of one trace id are one request. What has neither an id nor a call to another
/// process, nor the name of a request that has, is none, if there is any that has.
pub(super) fn requests(of: &Sources<'_>) -> Vec<Request> {
    let request_ids = request_ids(of.acts);
    let mut by_trace: FxHashMap<TraceId, Vec<u32>> = FxHashMap::default();
    let mut groups: Vec<Vec<u32>> = Vec::new();
    for (span, at) in of.spans.iter().zip(0_u32..).filter(|(span, _)| span.parent.is_none()) {
        match trace_id(of, at) {
            Some(trace) => by_trace.entry(trace).or_default().push(at),
            None => groups.push(vec![at]),
        }
        debug_assert!(span.parent.is_none(), "a root");
    }
    groups.extend(by_trace.into_values());
    let mut all: Vec<Request> = groups.into_iter().filter_map(|roots| request(of, roots, &request_ids)).collect();
    let says = |request: &Request| {
        let span = of.spans.get(request.root as usize)?;
        let has_id = trace_id(of, request.root).is_some() || span.act.is_some_and(|act| request_ids.contains_key(&act));
        (has_id || request.services.len() > 1).then(|| (span.service, Arc::clone(&span.name)))
    };
    let kinds: FxHashSet<(u32, Arc<str>)> = all.iter().filter_map(says).collect();
    if !kinds.is_empty() {
        all.retain(|request| {
            let span = of.spans.get(request.root as usize);
            span.is_some_and(|span| kinds.contains(&(span.service, Arc::clone(&span.name))))
        });
    }
    let nanos = |request: &Request| of.spans.get(request.root as usize).map_or(0, |span| span.nanos);
    all.sort_by(|a, b| nanos(b).cmp(&nanos(a)).then_with(|| a.id.cmp(&b.id)).then(a.root.cmp(&b.root)));
    all
}

/// The programs' own ids of requests, by activity.
fn request_ids(acts: &Activities) -> FxHashMap<u32, Arc<str>> {
    let with = acts.mentions.iter().filter_map(|mention| Some((mention.act, mention.found.ids.request.clone()?)));
    with.collect()
}

/// The trace that a root or one of the spans below it names first.
fn trace_id(of: &Sources<'_>, root: u32) -> Option<TraceId> {
    let mut open = vec![root];
    // The ids are near the root, if there are any.
    for _ in 0..64 {
        let at = open.pop()?;
        if let Some(trace) = of.spans.get(at as usize).and_then(|span| span.ids.0) {
            return Some(trace);
        }
        open.extend(of.children.of_span(at).iter().rev());
    }
    None
}

fn request(of: &Sources<'_>, mut roots: Vec<u32>, request_ids: &FxHashMap<u32, Arc<str>>) -> Option<Request> {
    let span_of = |at: u32| of.spans.get(at as usize);
    // The longest is what the others belong to, if that is in no file.
    roots.sort_by_key(|at| span_of(*at).map(|span| (std::cmp::Reverse(span.nanos), span.start)));
    let root = *roots.first()?;
    let mut spans = Vec::new();
    let mut services = Vec::new();
    let mut is_error = false;
    for root in roots {
        let mut open = vec![(root, 0)];
        while let Some((at, depth)) = open.pop() {
            spans.push((at, depth));
            let Some(span) = span_of(at) else { continue };
            is_error |= span.is_error;
            if !services.contains(&span.service) {
                services.push(span.service);
            }
            open.extend(of.children.of_span(at).iter().rev().map(|child| (*child, depth + 1)));
        }
    }
    let named = || spans.iter().find_map(|(at, _)| request_ids.get(&span_of(*at)?.act?));
    let id = match trace_id(of, root) {
        Some(trace) => trace.to_string(),
        None => named().map_or_else(|| local_id(of, root), |id| id.to_string()),
    };
    Some(Request { id, root, spans, services, is_error })
}

/// What a root is in its service: `backend/task 7`.
fn local_id(of: &Sources<'_>, root: u32) -> String {
    let span = of.spans.get(root as usize);
    let service = span.and_then(|span| of.service_names.get(span.service as usize)).map_or("", |name| name);
    let act = span.and_then(|span| of.acts.get(span.act?));
    match act.map(|act| act.what) {
        Some(What::Task(task)) => format!("{service}/task {}", task.0),
        Some(What::Region(region)) => format!("{service}/region {region}"),
        Some(What::Handled(request)) => format!("{service}/request {request}"),
        Some(What::Called(call)) => format!("{service}/call {call}"),
        None => format!("{service}/span {root}"),
    }
}

/// Which activity served a call of which, by server.
pub(super) fn callers(calls: &[Call]) -> FxHashMap<u32, &Call> {
    let mut callers = FxHashMap::default();
    for call in calls {
        // Ids come before guesses.
        callers.entry(call.server).or_insert(call);
    }
    callers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(parent: Option<u32>, start: i64) -> SessionSpan {
        SessionSpan {
            service: 0,
            name: "x".into(),
            start,
            nanos: 5,
            parent,
            record: None,
            act: None,
            go: None,
            by: None,
            ids: (None, None),
            kind: SpanKind::Internal,
            is_error: false,
            is_complete: true,
        }
    }

    #[test]
    fn circles_are_broken_once_each() {
        let parents = [Some(1), Some(2), Some(0), None, Some(3), Some(5), Some(0)];
        let mut spans: Vec<SessionSpan> = parents.iter().map(|parent| span(*parent, 0)).collect();
        assert_eq!(break_circles(&mut spans), 2);
        let roots = spans.iter().filter(|span| span.parent.is_none()).count();
        assert_eq!(roots, 3, "the root, and one in each circle");
        assert_eq!(break_circles(&mut spans), 0);
    }

    #[test]
    fn children_come_by_start() {
        let spans = [span(None, 0), span(Some(0), 9), span(Some(0), 3), span(Some(1), 1)];
        let children = Children::of(&spans);
        assert_eq!((children.of_span(0), children.of_span(1)), (&[2, 1][..], &[3][..]));
        assert!(children.of_span(3).is_empty() && children.of_span(99).is_empty());
    }
}
