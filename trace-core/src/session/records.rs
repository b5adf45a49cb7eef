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

#[derive(Debug, Default)]
pub(super) struct Records {
    files: Vec<Arc<SpanFile>>,
    by_id: Vec<(SpanId, RecordRef)>,
    /// By the id of the parent.
    by_parent: Vec<(SpanId, RecordRef)>,
    pub(super) services: Vec<RecordService>,
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
            by_id.extend((0_u32..).zip(&known.spans).map(|(at, span)| (span.id, RecordRef { file, at })));
        }
        by_id.sort_unstable();
        // An export and a copy of it name every span twice.
        let same = |a: &Span, b: &Span| {
            (a.trace, a.id, a.kind, a.parent) == (b.trace, b.id, b.kind, b.parent)
                && a.start.abs_diff(b.start) < 1_000
                && a.nanos.abs_diff(b.nanos) <= 2_000
        };
        let mut kept: Vec<(SpanId, RecordRef)> = Vec::with_capacity(by_id.len());
        for entry in by_id {
            let group = kept.iter().rev().take_while(|(id, _)| *id == entry.0).take(64);
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
        let parent = |(_, record): &(SpanId, RecordRef)| Some((self.span(*record)?.parent?, *record));
        self.by_parent = self.by_id.iter().filter_map(parent).collect();
        self.by_parent.sort_unstable();
        for at in 0..self.by_id.len() {
            let Some(record) = self.by_id.get(at).map(|(_, record)| *record) else { continue };
            let (Some(span), service) = (self.span(record).copied(), self.service_of(record)) else { continue };
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
        let id = self.span(record)?.id;
        self.by_id.binary_search(&(id, record)).ok()
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
        let first = self.by_id.partition_point(|(known, _)| *known < id);
        let same = self.by_id.iter().skip(first).take_while(move |(known, _)| *known == id).map(|(_, record)| *record);
        same.filter(move |record| {
            self.span(*record).is_some_and(|span| is_same_trace(Some(span.trace), trace, is_half))
        })
    }

    /// The spans whose parent has an id, of this trace, as in [`Self::with_id`].
    pub(super) fn children(
        &self,
        id: SpanId,
        trace: Option<TraceId>,
        is_half: bool,
    ) -> impl Iterator<Item = RecordRef> + '_ {
        let first = self.by_parent.partition_point(|(known, _)| *known < id);
        let same = self.by_parent.iter().skip(first).take_while(move |(known, _)| *known == id);
        let is_same = move |record: &RecordRef| {
            self.span(*record).is_some_and(|span| is_same_trace(Some(span.trace), trace, is_half))
        };
        same.map(|(_, record)| *record).filter(is_same)
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

/// Whether two trace ids may be of one trace, as far as they are known.
pub(super) fn is_same_trace(one: Option<TraceId>, other: Option<TraceId>, is_half: bool) -> bool {
    match (one, other) {
        (Some(one), Some(other)) if is_half => (one.0 ^ other.0) & u128::from(u64::MAX) == 0,
        (Some(one), Some(other)) => one == other || one.0 >> 64 == 0 && (one.0 ^ other.0) & u128::from(u64::MAX) == 0,
        _ => true,
    }
}
