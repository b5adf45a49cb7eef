//! Spans while they are read: their texts are kept once, and one that cannot be used is counted.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::spans::fault::FaultKind;
use crate::spans::id::{span_id, trace_id};
use crate::spans::span::{Format, MAX_SPANS, Span, SpanFile, SpanKind, SpanService};

/// No service is known.
pub(super) const NO_SERVICE: u32 = u32::MAX;

#[derive(Debug, Default)]
pub(super) struct Texts {
    list: Vec<Arc<str>>,
    ids: FxHashMap<Arc<str>, u32>,
}

impl Texts {
    /// The place of a text.
    pub(super) fn place(&mut self, text: &str) -> u32 {
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        let id = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let text: Arc<str> = text.into();
        self.list.push(Arc::clone(&text));
        self.ids.insert(text, id);
        id
    }
}

/// What is known of a span, as written.
#[derive(Debug, Default)]
pub(super) struct Draft {
    pub(super) trace: String,
    pub(super) id: String,
    pub(super) parent: String,
    pub(super) name: String,
    pub(super) kind: SpanKind,
    /// Nanoseconds of Unix time; `None` if missing or unreadable.
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) nanos: Option<i64>,
    pub(super) is_error: bool,
    /// Something that only spans have.
    pub(super) is_span: bool,
    pub(super) service: Option<u32>,
    /// The process that a Jaeger span names.
    pub(super) process: Option<u32>,
    pub(super) format: Option<Format>,
}

/// What has been read.
#[derive(Debug, Default)]
pub(super) struct Collector {
    pub(super) file: SpanFile,
    names: Texts,
    /// Names of processes inside of a Jaeger trace.
    pub(super) processes: Texts,
    services: FxHashMap<SpanService, u32>,
    /// Spans that name a process: place of the span, process.
    pub(super) of_process: Vec<(usize, u32)>,
    /// How many spans memory suffices for; `None` if nobody said how much there is.
    pub(super) most: Option<usize>,
}

impl Collector {
    pub(super) fn fault(&mut self, kind: FaultKind, offset: u64) {
        self.file.faults.add(kind, offset);
    }

    /// The place of a service; none if it has no name.
    pub(super) fn service(&mut self, name: &str, instance: &str) -> Option<u32> {
        if name.is_empty() {
            return None;
        }
        let service = SpanService { name: name.into(), instance: instance.into() };
        if let Some(&at) = self.services.get(&service) {
            return Some(at);
        }
        let at = u32::try_from(self.file.services.len()).unwrap_or(NO_SERVICE);
        self.file.services.push(service.clone());
        self.services.insert(service, at);
        Some(at)
    }

    pub(super) fn name(&mut self, name: &str) -> u32 {
        self.names.place(name)
    }

    /// Spans from this place on that name no service are of this one.
    pub(super) fn own_from(&mut self, first: usize, service: u32) {
        for span in self.file.spans.iter_mut().skip(first).filter(|span| span.service == NO_SERVICE) {
            span.service = service;
        }
    }

    /// The spans of a Jaeger trace, from this place on, learn what their processes are.
    pub(super) fn name_processes(&mut self, first: usize, services: &FxHashMap<u32, u32>) {
        let spans = &mut self.file.spans;
        self.of_process.retain(|(at, process)| {
            let is_here = *at >= first;
            if let (true, Some(span), Some(&service)) = (is_here, spans.get_mut(*at), services.get(process)) {
                span.service = service;
            }
            !is_here
        });
    }

    /// Adds a span, unless it cannot be used.
    pub(super) fn add(&mut self, draft: &Draft, offset: u64) {
        let format = draft.format.unwrap_or(Format::OtlpJson);
        let Some((trace, writing)) = trace_id(&draft.trace) else { return self.fault(FaultKind::BadId, offset) };
        let Some(id) = span_id(&draft.id, writing) else { return self.fault(FaultKind::BadId, offset) };
        // A parent of zeros is none.
        let parent = span_id(&draft.parent, writing);
        let is_odd = parent.is_none() && draft.parent.bytes().any(|byte| !matches!(byte, b'0' | b'A' | b'='));
        if is_odd {
            self.fault(FaultKind::BadId, offset);
        }
        let nanos = draft.nanos.or_else(|| Some(draft.end?.saturating_sub(draft.start?)));
        let (Some(start), Some(nanos)) = (draft.start, nanos) else { return self.fault(FaultKind::BadTime, offset) };
        let name = self.name(&draft.name);
        let service = draft.service.unwrap_or(NO_SERVICE);
        let (kind, is_error) = (draft.kind, draft.is_error);
        let at = self.file.spans.len();
        let span = Span { trace, id, parent, start, nanos, name, service, kind, is_error, format };
        if self.add_span(span, offset)
            && let Some(process) = draft.process
        {
            self.of_process.push((at, process));
        }
    }

    /// Adds a span whose ids are sound; whether there was room for it.
    pub(super) fn add_span(&mut self, mut span: Span, offset: u64) -> bool {
        if span.start <= 0 {
            self.fault(FaultKind::BadTime, offset);
            return false;
        }
        if self.file.spans.len() >= MAX_SPANS {
            self.fault(FaultKind::TooMany, offset);
            return false;
        }
        if self.most.is_some_and(|most| self.file.spans.len() >= most) {
            self.fault(FaultKind::MemoryLimit, offset);
            return false;
        }
        if span.nanos < 0 {
            self.fault(FaultKind::EndBeforeStart, offset);
            span.nanos = 0;
        }
        span.parent = span.parent.filter(|parent| *parent != span.id);
        if !self.file.formats.contains(&span.format) {
            self.file.formats.push(span.format);
        }
        self.file.spans.push(span);
        true
    }

    pub(super) fn finish(self, bytes: u64) -> SpanFile {
        SpanFile { names: self.names.list, bytes, ..self.file }
    }
}
