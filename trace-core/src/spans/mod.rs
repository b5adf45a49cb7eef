//! Files of distributed-tracing spans: what exporters of OpenTelemetry, Jaeger and Zipkin write, read as a stream
//! into one plain list. Which format a file has is told by its content. Nothing here knows of execution traces.
//!
//! ```text
//! OTLP/JSON         {"resourceSpans":[{"resource":…,"scopeSpans":[{"spans":[{"traceId":…}]}]}]}, whole or a line each;
//!                   also under "batches" or "trace" (Tempo), with ids in base64
//! OTLP protobuf     ExportTraceServiceRequest, one alone, or each behind its length (varint, or 4 bytes big-endian)
//! stdouttrace       {"Name":…,"SpanContext":{"TraceID":…},"StartTime":"2026-…"}, one behind the other
//! Jaeger UI         {"data":[{"spans":[{"traceID":…,"startTime":µs}],"processes":{…}}]}
//! Zipkin v2         [{"traceId":…,"id":…,"timestamp":µs,"localEndpoint":{"serviceName":…}}]
//! ```

mod collect;
mod fault;
mod id;
mod json;
mod otlp;
mod read;
mod span;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use crate::spans::json::flat_members;
pub(crate) use crate::spans::walk::instant_of;

pub use crate::spans::fault::{Fault, FaultKind, Faults};
pub use crate::spans::id::{SpanId, TraceId, decimal_id, hex_id};
pub use crate::spans::read::{is_span_file, read};
pub use crate::spans::span::{Format, MAX_SPANS, Span, SpanFile, SpanKind, SpanService};
