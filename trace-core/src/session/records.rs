//! The spans of all span files, by id, and the services they name.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::spans::{Span, SpanFile, SpanId, SpanKind, SpanService, TraceId};

/// A span of a file: the file's place among the session's span files, and the span's in there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordRef {
    /// The place of the file in the session.
    pub file: u32,
    /// Which span of it.
    pub at: u32,
}

/// A service that span files name: one process, as far as they tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct RecordService {
    pub(super) known: SpanService,
    /// From its first start to its last end, nanoseconds of Unix time.
    pub(super) range: (i64, i64),
    pub(super) spans: u32,
    /// How exact its times are, nanoseconds.
    pub(super) resolution: i64,
}

/// Spans with one id in one trace that are looked at: more of them say nothing.
const MOST_ALIKE: usize = 256;

/// What spans are sorted by: an id, and the lower half of the trace's, since programs may count their spans from 1 in each
/// trace, and half of a trace's id may be all that is known.
type Key = (SpanId, u64);

#[derive(Debug, Default)]
pub(super) struct Records {
    files: Vec<Arc<SpanFile>>,
    by_id: Vec<(Key, RecordRef)>,
    /// By the id of the parent.
    by_parent: Vec<(Key, RecordRef)>,
    pub(super) services: Vec<RecordService>,
    /// The spans of each service, by id.
    of_service: Vec<Vec<RecordRef>>,
    /// For each file, by [`Span::service`]: the place among `services`; the last is that of spans that name none.
    service_of: Vec<Vec<u32>>,
    /// Spans that another file, or the same one, has already.
    pub(super) doubles: u64,
}

impl Records {
    pub(super) fn new(files: &[Arc<SpanFile>]) -> Self {
        let mut records = Self { files: files.to_vec(), ..Self::default() };
        let mut places: FxHashMap<SpanService, u32> = FxHashMap::default();
        for file in files {
            let nameless = SpanService::default();
            let known = file.services.iter().chain([&nameless]);
            let of_file = known.map(|known| {
                *places.entry(known.clone()).or_insert_with(|| {
                    let place = u32::try_from(records.services.len()).unwrap_or(u32::MAX);
                    records.services.push(RecordService {
                        known: known.clone(),
                        range: (i64::MAX, i64::MIN),
                        spans: 0,
                        resolution: 1,
                    });
                    place
                })
            });
            records.service_of.push(of_file.collect());
        }
        records.index();
        records
    }

    fn index(&mut self) {
        let total = self.files.iter().map(|file| file.spans.len()).sum();
        let mut by_id = Vec::with_capacity(total);
        for (file, known) in (0_u32..).zip(&self.files) {
            let entry = |(at, span): (u32, &Span)| ((span.id, lower_half(span.trace)), RecordRef { file, at });
            by_id.extend((0_u32..).zip(&known.spans).map(entry));
        }
        by_id.sort_unstable();
        // An export and a copy of it name every span twice.
        let same = |a: &Span, b: &Span| {
            (a.trace, a.id, a.kind, a.parent) == (b.trace, b.id, b.kind, b.parent)
                && a.start.abs_diff(b.start) < 1_000
                && a.nanos.abs_diff(b.nanos) <= 2_000
        };
        let mut kept: Vec<(Key, RecordRef)> = Vec::with_capacity(by_id.len());
        for entry in by_id {
            let group = kept.iter().rev().take_while(|(key, _)| *key == entry.0).take(64);
            let is_double = self.span(entry.1).is_some_and(|span| {
                group
                    .filter_map(|(_, known)| Some((self.span(*known)?, *known)))
                    .any(|(known, at)| same(span, known) && self.service_of(at) == self.service_of(entry.1))
            });
            if is_double {
                self.doubles += 1;
            } else {
                kept.push(entry);
            }
        }
        self.by_id = kept;
        let parent = |((_, trace), record): &(Key, RecordRef)| Some(((self.span(*record)?.parent?, *trace), *record));
        self.by_parent = self.by_id.iter().filter_map(parent).collect();
        self.by_parent.sort_unstable();
        self.of_service = vec![Vec::new(); self.services.len()];
        for at in 0..self.by_id.len() {
            let Some(record) = self.by_id.get(at).map(|(_, record)| *record) else { continue };
            let (Some(span), service) = (self.span(record).copied(), self.service_of(record)) else { continue };
            if let Some(own) = self.of_service.get_mut(service as usize) {
                own.push(record);
            }
            if let Some(service) = self.services.get_mut(service as usize) {
                service.range = (service.range.0.min(span.start), service.range.1.max(span.end()));
                service.spans += 1;
                service.resolution = service.resolution.max(span.format.resolution_nanos());
            }
        }
    }

    pub(super) fn span(&self, record: RecordRef) -> Option<&Span> {
        self.files.get(record.file as usize)?.spans.get(record.at as usize)
    }

    pub(super) fn name(&self, record: RecordRef) -> &str {
        let file = self.files.get(record.file as usize);
        file.and_then(|file| Some(file.name(file.spans.get(record.at as usize)?))).unwrap_or_default()
    }

    /// The same, shared with all spans of that name in the file.
    pub(super) fn shared_name(&self, record: RecordRef) -> Arc<str> {
        let name = || {
            let file = self.files.get(record.file as usize)?;
            file.names.get(file.spans.get(record.at as usize)?.name as usize).cloned()
        };
        name().unwrap_or_default()
    }

    /// The spans of a service, by id.
    pub(super) fn of_service(&self, service: u32) -> &[RecordRef] {
        self.of_service.get(service as usize).map_or(&[], |own| own)
    }

    /// The service of a span, by place.
    pub(super) fn service_of(&self, record: RecordRef) -> u32 {
        let services = self.service_of.get(record.file as usize);
        let of = |services: &Vec<u32>| {
            let span = self.span(record)?;
            services.get(span.service as usize).or(services.last()).copied()
        };
        services.and_then(of).unwrap_or(u32::MAX)
    }

    /// All spans, each once, by id.
    pub(super) fn all(&self) -> impl Iterator<Item = RecordRef> + '_ {
        self.by_id.iter().map(|(_, record)| *record)
    }

    /// The place of a span among [`Self::all`].
    pub(super) fn place(&self, record: RecordRef) -> Option<usize> {
        let span = self.span(record)?;
        self.by_id.binary_search(&((span.id, lower_half(span.trace)), record)).ok()
    }

    /// How many there are.
    pub(super) const fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The spans with an id. `trace`: of this trace; `is_half`: of which only the lower half is known.
    pub(super) fn with_id(
        &self,
        id: SpanId,
        trace: Option<TraceId>,
        is_half: bool,
    ) -> impl Iterator<Item = RecordRef> + '_ {
        self.alike(&self.by_id, id, trace, is_half).take(MOST_ALIKE)
    }

    /// The spans whose parent has an id, of this trace, as in [`Self::with_id`].
    pub(super) fn children(
        &self,
        id: SpanId,
        trace: Option<TraceId>,
        is_half: bool,
    ) -> impl Iterator<Item = RecordRef> + '_ {
        self.alike(&self.by_parent, id, trace, is_half)
    }

    /// Those of a sorted list with an id, of this trace.
    fn alike<'a>(
        &'a self,
        list: &'a [(Key, RecordRef)],
        id: SpanId,
        trace: Option<TraceId>,
        is_half: bool,
    ) -> impl Iterator<Item = RecordRef> + 'a {
        let half = trace.map(lower_half);
        let first = list.partition_point(|(known, _)| *known < (id, half.unwrap_or(0)));
        let is_one = move |((known, of), _): &&(Key, RecordRef)| *known == id && half.is_none_or(|half| half == *of);
        let same = list.get(first..).unwrap_or_default().iter().take_while(is_one).map(|(_, record)| *record);
        same.filter(move |record| {
            self.span(*record).is_some_and(|span| is_same_trace(Some(span.trace), trace, is_half))
        })
    }

    /// The span that called another one: of the same trace, by id. Where client and server share an id, a server's
    /// parent is the client, and others belong to the side of their own service.
    pub(super) fn parent(&self, record: RecordRef) -> Option<RecordRef> {
        let span = self.span(record)?;
        let service = self.service_of(record);
        if span.kind == SpanKind::Server {
            let twin = self.with_id(span.id, Some(span.trace), false).find(|other| {
                *other != record && self.span(*other).is_some_and(|other| other.kind == SpanKind::Client)
            });
            if twin.is_some() {
                return twin;
            }
        }
        let of_id: Vec<RecordRef> = self.with_id(span.parent?, Some(span.trace), false).take(8).collect();
        let same_service = of_id.iter().find(|parent| self.service_of(**parent) == service);
        let server = of_id.iter().find(|parent| self.span(**parent).is_some_and(|span| span.kind == SpanKind::Server));
        same_service.or(server).or(of_id.first()).copied()
    }
}

/// The lower half of a trace's id.
#[expect(clippy::cast_possible_truncation, reason = "the half that is wanted")]
const fn lower_half(trace: TraceId) -> u64 {
    trace.0 as u64
}

/// Whether two trace ids may be of one trace, as far as they are known.
pub(super) fn is_same_trace(one: Option<TraceId>, other: Option<TraceId>, is_half: bool) -> bool {
    match (one, other) {
        (Some(one), Some(other)) if is_half => (one.0 ^ other.0) & u128::from(u64::MAX) == 0,
        (Some(one), Some(other)) => one == other || one.0 >> 64 == 0 && (one.0 ^ other.0) & u128::from(u64::MAX) == 0,
        _ => true,
    }
}
