//! Spans as plain values, whatever format they were written in.

use std::sync::Arc;

use crate::spans::fault::Faults;
use crate::spans::id::{SpanId, TraceId};

/// The most spans that are read of one file; what follows is counted as [`TooMany`](crate::spans::fault::FaultKind::TooMany).
pub const MAX_SPANS: usize = 20_000_000;

/// What one file holds.
#[derive(Clone, Debug, Default)]
pub struct SpanFile {
    /// The formats met, in order of appearance.
    pub formats: Vec<Format>,
    /// All spans, in the order of the file.
    pub spans: Vec<Span>,
    /// The services that the spans name, by [`Span::service`].
    pub services: Vec<SpanService>,
    /// The texts of span names, by [`Span::name`].
    pub names: Vec<Arc<str>>,
    /// What could not be read, or was odd.
    pub faults: Faults,
    /// Bytes read of the file, unpacked.
    pub bytes: u64,
}

impl SpanFile {
    /// The name of a span.
    #[must_use]
    pub fn name(&self, span: &Span) -> &str {
        self.names.get(span.name as usize).map_or("", |name| name)
    }

    /// The service of a span.
    #[must_use]
    pub fn service(&self, span: &Span) -> Option<&SpanService> {
        self.services.get(span.service as usize)
    }
}

/// The formats of span files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// OTLP as JSON, one or more objects.
    OtlpJson,
    /// OTLP as protobuf, delimited or one message.
    OtlpProtobuf,
    /// The console exporter of OpenTelemetry's Go SDK.
    Stdouttrace,
    /// What Jaeger's window downloads.
    Jaeger,
    /// Zipkin's JSON, version 2.
    Zipkin,
}

impl Format {
    /// The stable name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::OtlpJson => "otlp_json",
            Self::OtlpProtobuf => "otlp_protobuf",
            Self::Stdouttrace => "stdouttrace",
            Self::Jaeger => "jaeger",
            Self::Zipkin => "zipkin",
        }
    }

    /// How exact its times are, nanoseconds: Jaeger and Zipkin write whole microseconds.
    #[must_use]
    pub const fn resolution_nanos(self) -> i64 {
        match self {
            Self::OtlpJson | Self::OtlpProtobuf | Self::Stdouttrace => 1,
            Self::Jaeger | Self::Zipkin => 1_000,
        }
    }
}

/// One span. Times are Unix time on the clock of the host that recorded it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The trace it belongs to.
    pub trace: TraceId,
    /// Its id. Zipkin's client and server may share one.
    pub id: SpanId,
    /// The id of the span that called it; `None` for a root.
    pub parent: Option<SpanId>,
    /// When it started, nanoseconds of Unix time.
    pub start: i64,
    /// How long it took, nanoseconds, never negative.
    pub nanos: i64,
    /// Its name, by its place in [`SpanFile::names`].
    pub name: u32,
    /// Place in [`SpanFile::services`]; `u32::MAX` if the file names none.
    pub service: u32,
    /// Which side of a call it is.
    pub kind: SpanKind,
    /// It is marked as failed.
    pub is_error: bool,
    /// The format that it was written in.
    pub format: Format,
}

impl Span {
    /// When it ended, nanoseconds of Unix time.
    #[must_use]
    pub const fn end(&self) -> i64 {
        self.start.saturating_add(self.nanos)
    }
}

/// Which side of a call a span is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum SpanKind {
    /// The file does not say.
    #[default]
    Unspecified,
    /// Work inside of one service.
    Internal,
    /// A call that came in.
    Server,
    /// A call that went out.
    Client,
    /// A message that was sent.
    Producer,
    /// A message that was received.
    Consumer,
}

impl SpanKind {
    /// The stable name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unspecified => "unspecified",
            Self::Internal => "internal",
            Self::Server => "server",
            Self::Client => "client",
            Self::Producer => "producer",
            Self::Consumer => "consumer",
        }
    }

    /// The kind that OTLP and Go's SDK give this number.
    pub(super) const fn of_number(number: i64) -> Self {
        match number {
            1 => Self::Internal,
            2 => Self::Server,
            3 => Self::Client,
            4 => Self::Producer,
            5 => Self::Consumer,
            _ => Self::Unspecified,
        }
    }

    /// The kind that a word names: `SPAN_KIND_SERVER`, `SpanKind.SERVER`, `server`.
    pub(super) fn of_word(word: &str) -> Self {
        let word = word.rsplit(['.', '_']).next().unwrap_or(word);
        let is = |name: &str| word.eq_ignore_ascii_case(name);
        match () {
            () if is("internal") => Self::Internal,
            () if is("server") => Self::Server,
            () if is("client") => Self::Client,
            () if is("producer") => Self::Producer,
            () if is("consumer") => Self::Consumer,
            () => Self::Unspecified,
        }
    }
}

/// One process that wrote spans, as far as the file tells it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SpanService {
    /// Its name: `service.name` of OpenTelemetry.
    pub name: Arc<str>,
    /// `service.instance.id`, or host and process id; empty if the file tells none.
    pub instance: Arc<str>,
}
