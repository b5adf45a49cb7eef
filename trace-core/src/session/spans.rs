//! The spans of a session: of span files, and of what only traces show.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::time::TraceTime;
use crate::session::activity::{Activities, Activity};
use crate::session::calls::Call;
use crate::session::clock::ClockMap;
use crate::session::join::Joins;
use crate::session::model::{Service, Tally};
use crate::session::parts::Parts;
use crate::session::place::Placement;
use crate::session::records::{RecordRef, Records};
use crate::session::tree::{SessionSpan, callers};
use crate::spans::SpanKind;

/// What spans are made of.
pub(super) struct Made<'a> {
    pub(super) acts: &'a Activities,
    pub(super) records: &'a Records,
    pub(super) joins: &'a Joins,
    pub(super) calls: &'a [Call],
    pub(super) hidden: &'a FxHashSet<u32>,
}

impl Made<'_> {
    /// The place among the session's services of each of the span files' services.
    fn service_places(&self, traces: usize) -> Vec<u32> {
        let mut next = traces;
        let place = |(of, known): (&Option<u32>, &crate::session::records::RecordService)| match of {
            Some(trace) => *trace,
            None if known.spans > 0 => {
                next += 1;
                u32::try_from(next - 1).unwrap_or(u32::MAX)
            }
            None => u32::MAX,
        };
        self.joins.trace_of.iter().zip(&self.records.services).map(place).collect()
    }

    /// Spans of files first, then activities that are none of these.
    pub(super) fn spans(&self, services: &[Service], parts: &Parts, places: &[Placement]) -> Vec<SessionSpan> {
        let of_service = self.service_places(parts.traces.len());
        let mut spans = Vec::with_capacity(self.records.len() + self.acts.all.len());
        let mut of_act: FxHashMap<u32, u32> = FxHashMap::default();
        let place_of = |service: u32| places.get(parts.traces.len() + service as usize);
        for record in self.records.all() {
            let service = self.records.service_of(record);
            let map = place_of(service).map_or(ClockMap::default(), |place| place.map);
            let joined = self.joins.of_record.get(&record);
            if let Some(joined) = joined.filter(|joined| joined.is_whole) {
                of_act.insert(joined.act, u32::try_from(spans.len()).unwrap_or(u32::MAX));
            }
            spans.push(self.of_record(record, map, of_service.get(service as usize).copied().unwrap_or(u32::MAX)));
        }
        for (at, act) in (0_u32..).zip(&self.acts.all) {
            if !self.hidden.contains(&at) && !of_act.contains_key(&at) {
                of_act.insert(at, u32::try_from(spans.len()).unwrap_or(u32::MAX));
                spans.push(self.of_act(at, act, services));
            }
        }
        self.find_parents(&mut spans, &of_act);
        self.name_ids(&mut spans, &of_act);
        spans
    }

    fn of_record(&self, record: RecordRef, map: ClockMap, service: u32) -> SessionSpan {
        let joined = self.joins.of_record.get(&record).copied();
        let span = self.records.span(record);
        let (start, end) = span.map_or((0, 0), |span| (map.apply(span.start), map.apply(span.end())));
        SessionSpan {
            service,
            name: self.records.shared_name(record),
            start,
            nanos: end.saturating_sub(start).max(0),
            parent: None,
            record: Some(record),
            act: joined.map(|joined| joined.act),
            go: joined.map(|joined| joined.go).filter(|go| go.is_some()),
            by: joined.map(|joined| joined.by),
            ids: (span.map(|span| span.trace), span.map(|span| span.id)),
            kind: span.map_or(SpanKind::Unspecified, |span| span.kind),
            is_error: span.is_some_and(|span| span.is_error),
            is_complete: true,
        }
    }

    fn of_act(&self, at: u32, act: &Activity, services: &[Service]) -> SessionSpan {
        let service = services.get(act.trace as usize);
        let time = |time: TraceTime| service.map_or(time.0, |service| service.session_time(time));
        let (start, end) = (time(act.range.start), time(act.range.end));
        let name = service.and_then(|service| service.trace.as_ref()).map_or("", |trace| trace.str(act.name));
        debug_assert!(self.acts.get(at).is_some(), "a place");
        SessionSpan {
            service: act.trace,
            name: name.into(),
            start,
            nanos: end.saturating_sub(start).max(0),
            parent: None,
            record: None,
            act: Some(at),
            go: Some(act.go).filter(|go| go.is_some()),
            by: None,
            ids: (None, None),
            kind: SpanKind::Unspecified,
            is_error: false,
            is_complete: act.is_complete(),
        }
    }

    /// What each span belongs to: as the file says, else what called it, else the task around it.
    fn find_parents(&self, spans: &mut [SessionSpan], of_act: &FxHashMap<u32, u32>) {
        let callers = callers(self.calls);
        for at in 0..spans.len() {
            let Some(span) = spans.get(at) else { continue };
            let by_file = span.record.and_then(|record| self.records.parent(record));
            let parent =
                by_file.and_then(|parent| self.records.place(parent)).and_then(|place| u32::try_from(place).ok());
            let call = span.act.and_then(|act| callers.get(&act));
            let called = || call.and_then(|call| of_act.get(&call.client).copied());
            let around = || {
                let act = self.acts.get(span.act?)?;
                of_act.get(&act.parent?).copied()
            };
            let by_call = parent.is_none() && called().is_some();
            let parent = parent.or_else(called).or_else(around).filter(|parent| *parent as usize != at);
            let by = call.map(|call| call.by).filter(|_| by_call && span.by.is_none());
            if let Some(span) = spans.get_mut(at) {
                span.parent = parent;
                span.by = span.by.or(by);
            }
        }
        for call in self.calls {
            for (act, kind) in [(call.client, SpanKind::Client), (call.server, SpanKind::Server)] {
                let span = of_act.get(&act).and_then(|at| spans.get_mut(*at as usize));
                if let Some(span) = span.filter(|span| span.kind == SpanKind::Unspecified) {
                    span.kind = kind;
                }
            }
        }
    }

    /// The ids that activities logged.
    fn name_ids(&self, spans: &mut [SessionSpan], of_act: &FxHashMap<u32, u32>) {
        for mention in &self.acts.mentions {
            let ids = &mention.found.ids;
            let Some(span) = of_act.get(&mention.act).and_then(|at| spans.get_mut(*at as usize)) else { continue };
            span.ids.0 = span.ids.0.or(ids.trace.filter(|_| !ids.is_half));
            span.ids.1 = span.ids.1.or(ids.span.filter(|_| !ids.is_carried));
        }
    }
}

/// The spans of services with a trace that lie in it: joined, ambiguous, and neither.
pub(super) fn tally_of_tasks(records: &Records, joins: &Joins, parts: &Parts, services: &[Service]) -> Tally {
    let mut tally = Tally { ambiguous: 0, ..Tally::default() };
    let ambiguous: FxHashSet<RecordRef> = joins.ambiguous.iter().copied().collect();
    for record in records.all() {
        if joins.of_record.contains_key(&record) {
            tally.joined += 1;
            continue;
        }
        let trace = joins.trace_of.get(records.service_of(record) as usize).copied().flatten();
        let Some(trace) = trace else { continue };
        let service = services.get(trace as usize);
        let (Some(known), Some(span)) = (parts.traces.get(trace as usize), records.span(record)) else { continue };
        let back = service.map(|service| service.clock.map.inverse()).unwrap_or_default();
        let in_trace = service.and_then(|service| service.span_clock.as_ref()).is_some_and(|clock| {
            let error = clock.error.map_or(0, |error| error.most());
            let range = known.range();
            let time = |time: i64| TraceTime(back.apply(clock.map.apply(time)));
            time(span.start) >= range.start.plus_nanos(-error) && time(span.end()) <= range.end.plus_nanos(error)
        });
        if ambiguous.contains(&record) {
            tally.ambiguous += 1;
        } else if in_trace {
            tally.unjoined += 1;
        }
    }
    tally
}
