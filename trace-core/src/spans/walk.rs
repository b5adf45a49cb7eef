//! Walks JSON in search of spans. All formats are read by one walk: their keys tell what is what, in any order.

use rustc_hash::FxHashMap;

use crate::spans::collect::{Collector, Draft};
use crate::spans::fault::FaultKind;
use crate::spans::json::{Json, Key, Result, Scalar};
use crate::spans::span::{Format, SpanKind};

/// What an object that is no span itself tells of the spans in it.
#[derive(Default)]
struct Holder {
    /// It holds spans, or lists of them.
    is_holder: bool,
    service: Option<u32>,
    /// Services of a Jaeger trace by process.
    processes: Option<FxHashMap<u32, u32>>,
}

/// Takes a value with all spans in it. `is_span`: it stands where only spans do.
pub(super) fn node(json: &mut Json<'_>, out: &mut Collector, is_span: bool) -> Result<()> {
    match json.next_byte()? {
        Some(b'[') => json.array(|json| node(json, out, is_span)).map(|_| ()),
        Some(b'{') => object(json, out, is_span),
        _ => {
            let offset = json.offset();
            if is_span {
                out.fault(FaultKind::Syntax, offset);
            }
            json.skip()
        }
    }
}

fn object(json: &mut Json<'_>, out: &mut Collector, is_span: bool) -> Result<()> {
    let (offset, first) = (json.offset(), out.file.spans.len());
    let mut draft = Draft::default();
    let mut holder = Holder::default();
    let result = json.object(|json, key| {
        if !member(json, key, &mut draft, out)? {
            held(json, key, &mut holder, &mut draft, out)?;
        }
        Ok(())
    });
    // What has been read before a fault is worth as much as ever.
    if let Some(processes) = &holder.processes {
        out.name_processes(first, processes);
    }
    if let Some(service) = holder.service {
        out.own_from(first, service);
        draft.service = draft.service.or(Some(service));
    }
    result?;
    let is_span = is_span || draft.is_span;
    if is_span && !holder.is_holder {
        out.add(&draft, offset);
    }
    Ok(())
}

/// Takes a member that spans have; false if it is none.
fn member(json: &mut Json<'_>, key: Key, draft: &mut Draft, out: &mut Collector) -> Result<bool> {
    match key.as_str() {
        "traceId" | "traceID" | "trace_id" => text(json, &mut draft.trace)?,
        "spanId" | "spanID" | "span_id" => {
            draft.is_span = true;
            text(json, &mut draft.id)?;
        }
        "id" if draft.id.is_empty() => text(json, &mut draft.id)?,
        "parentSpanId" | "parentSpanID" | "parent_span_id" | "parentId" | "parent_id" => {
            text(json, &mut draft.parent)?;
        }
        "name" | "operationName" | "Name" => text(json, &mut draft.name)?,
        "kind" | "SpanKind" => draft.kind = kind(json)?,
        "startTimeUnixNano" | "start_time_unix_nano" => draft.start = number(json)?,
        "endTimeUnixNano" | "end_time_unix_nano" => {
            draft.is_span = true;
            draft.end = number(json)?;
        }
        "startTime" => {
            draft.format = Some(Format::Jaeger);
            draft.start = number(json)?.and_then(micros);
        }
        "timestamp" => {
            draft.format = draft.format.or(Some(Format::Zipkin));
            draft.is_span = true;
            draft.start = number(json)?.and_then(micros);
        }
        "duration" => draft.nanos = number(json)?.and_then(micros),
        "StartTime" | "start_time" => {
            draft.format = Some(Format::Stdouttrace);
            draft.start = instant(json)?;
        }
        "EndTime" | "end_time" => draft.end = instant(json)?,
        "SpanContext" | "context" => {
            draft.is_span = true;
            let (trace, id) = (&mut draft.trace, &mut draft.id);
            context(json, trace, id)?;
        }
        "Parent" => context(json, &mut String::new(), &mut draft.parent)?,
        "references" => references(json, draft)?,
        "status" | "Status" => draft.is_error |= status(json)?,
        "attributes" | "Attributes" | "tags" => attributes(json, &mut |key, value| match key {
            "span.kind" => draft.kind = SpanKind::of_word(value),
            "error" => draft.is_error |= value != "false",
            "otel.status_code" => draft.is_error |= value == "ERROR",
            _ => {}
        })?,
        "localEndpoint" => {
            draft.format = Some(Format::Zipkin);
            draft.is_span = true;
            draft.service = endpoint(json, out)?;
        }
        "processID" => {
            draft.format = Some(Format::Jaeger);
            let mut process = String::new();
            text(json, &mut process)?;
            draft.process = Some(out.processes.place(&process));
        }
        "process" => draft.service = process(json, out)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Takes a member that holds spans or tells of them, or leaves it out.
fn held(json: &mut Json<'_>, key: Key, holder: &mut Holder, draft: &mut Draft, out: &mut Collector) -> Result<()> {
    match key.as_str() {
        "spans" => {
            holder.is_holder = true;
            node(json, out, true)
        }
        "resourceSpans"
        | "resource_spans"
        | "batches"
        | "trace"
        | "data"
        | "scopeSpans"
        | "scope_spans"
        | "instrumentationLibrarySpans" => {
            holder.is_holder = true;
            node(json, out, false)
        }
        "processes" => {
            holder.is_holder = true;
            let mut found = FxHashMap::default();
            json.object(|json, key| {
                let place = out.processes.place(key.as_str());
                if let Some(service) = process(json, out)? {
                    found.insert(place, service);
                }
                Ok(())
            })?;
            holder.processes = Some(found);
            Ok(())
        }
        "resource" | "Resource" => {
            // In OTLP it is beside the spans, in stdouttrace inside of each.
            let service = resource(json, out)?;
            holder.service = service;
            draft.service = service;
            Ok(())
        }
        _ => json.skip(),
    }
}

/// Takes a text, or a number as text.
fn text(json: &mut Json<'_>, to: &mut String) -> Result<()> {
    to.clear();
    if let Scalar::Text(text) | Scalar::Number(text) = json.scalar()? {
        to.push_str(text);
    }
    Ok(())
}

/// Takes a whole number, which may be written as text; `None` if it is none.
fn number(json: &mut Json<'_>) -> Result<Option<i64>> {
    Ok(match json.scalar()? {
        Scalar::Text(text) | Scalar::Number(text) => text.parse().ok().or_else(|| whole(text.parse().ok()?)),
        _ => None,
    })
}

/// A number written with a fraction or an exponent.
fn whole(number: f64) -> Option<i64> {
    #[expect(clippy::cast_possible_truncation, reason = "it fits, as the bounds say")]
    let fits = |number: f64| number as i64;
    (number.abs() < 9.0e18).then(|| fits(number))
}

const fn micros(micros: i64) -> Option<i64> {
    micros.checked_mul(1_000)
}

/// Takes a time in RFC 3339.
fn instant(json: &mut Json<'_>) -> Result<Option<i64>> {
    Ok(match json.scalar()? {
        Scalar::Text(text) => instant_of(text),
        _ => None,
    })
}

/// A time in RFC 3339 as nanoseconds of Unix time.
pub(crate) fn instant_of(text: &str) -> Option<i64> {
    let time: jiff::Timestamp = text.parse().ok()?;
    i64::try_from(time.as_nanosecond()).ok()
}

fn kind(json: &mut Json<'_>) -> Result<SpanKind> {
    Ok(match json.scalar()? {
        Scalar::Text(word) => SpanKind::of_word(word),
        Scalar::Number(number) => SpanKind::of_number(number.parse().unwrap_or(0)),
        _ => SpanKind::Unspecified,
    })
}

/// Takes the ids out of a `SpanContext`.
fn context(json: &mut Json<'_>, trace: &mut String, id: &mut String) -> Result<()> {
    json.object(|json, key| match key.as_str() {
        "TraceID" | "trace_id" => text(json, trace),
        "SpanID" | "span_id" => text(json, id),
        _ => json.skip(),
    })?;
    Ok(())
}

/// Takes the parent out of a Jaeger span's references: the first that it is a child of, or else the first.
fn references(json: &mut Json<'_>, draft: &mut Draft) -> Result<()> {
    let mut is_child = false;
    json.array(|json| {
        let (mut of, mut id) = (String::new(), String::new());
        json.object(|json, key| match key.as_str() {
            "refType" => text(json, &mut of),
            "spanID" => text(json, &mut id),
            _ => json.skip(),
        })?;
        let this_is_child = of == "CHILD_OF";
        if draft.parent.is_empty() || (this_is_child && !is_child) {
            draft.parent = id;
            is_child = this_is_child;
        }
        Ok(())
    })?;
    Ok(())
}

/// Whether a status says that the span failed.
fn status(json: &mut Json<'_>) -> Result<bool> {
    let mut is_error = false;
    json.object(|json, key| {
        if !matches!(key.as_str(), "code" | "Code" | "status_code") {
            return json.skip();
        }
        is_error = match json.scalar()? {
            Scalar::Text(word) => word.ends_with("ERROR") || word == "Error",
            Scalar::Number(number) => number == "2",
            _ => false,
        };
        Ok(())
    })?;
    Ok(is_error)
}

/// Gives away attributes, whichever way they are written: as a list of keys and values, or as members.
fn attributes(json: &mut Json<'_>, each: &mut dyn FnMut(&str, &str)) -> Result<()> {
    let mut value = String::new();
    if json.next_byte()? == Some(b'{') {
        json.object(|json, key| {
            attribute_value(json, &mut value)?;
            each(key.as_str(), &value);
            Ok(())
        })?;
        return Ok(());
    }
    let mut name = String::new();
    json.array(|json| {
        name.clear();
        value.clear();
        json.object(|json, key| match key.as_str() {
            "key" | "Key" => text(json, &mut name),
            "value" | "Value" | "vStr" => attribute_value(json, &mut value),
            _ => json.skip(),
        })?;
        each(&name, &value);
        Ok(())
    })?;
    Ok(())
}

/// Takes a value, perhaps wrapped into an object that tells its type.
fn attribute_value(json: &mut Json<'_>, to: &mut String) -> Result<()> {
    to.clear();
    if json.next_byte()? == Some(b'{') {
        json.object(|json, key| match key.as_str() {
            "stringValue" | "intValue" | "boolValue" | "doubleValue" | "string_value" | "int_value" | "Value" => {
                scalar_text(json, to)
            }
            _ => json.skip(),
        })?;
        return Ok(());
    }
    scalar_text(json, to)
}

fn scalar_text(json: &mut Json<'_>, to: &mut String) -> Result<()> {
    match json.scalar()? {
        Scalar::Text(text) | Scalar::Number(text) => to.push_str(text),
        Scalar::Bool(is) => to.push_str(if is { "true" } else { "false" }),
        Scalar::Other => {}
    }
    Ok(())
}

/// What the attributes of a resource tell of a service.
#[derive(Debug, Default)]
pub(super) struct Resource {
    name: String,
    instance: String,
    host: String,
    process: String,
}

impl Resource {
    pub(super) fn take(&mut self, key: &str, value: &str) {
        let to = match key {
            "service.name" => &mut self.name,
            "service.instance.id" => &mut self.instance,
            "host.name" | "hostname" => &mut self.host,
            "process.pid" => &mut self.process,
            _ => return,
        };
        to.clear();
        to.push_str(value);
    }

    /// The place of the service; none if it has no name.
    pub(super) fn service(&self, out: &mut Collector) -> Option<u32> {
        let instance = match (self.instance.as_str(), self.host.as_str(), self.process.as_str()) {
            ("", "", process) => process.to_owned(),
            ("", host, "") => host.to_owned(),
            ("", host, process) => format!("{host}:{process}"),
            (instance, ..) => instance.to_owned(),
        };
        out.service(&self.name, &instance)
    }
}

/// Takes a resource: an object with attributes, or these alone.
fn resource(json: &mut Json<'_>, out: &mut Collector) -> Result<Option<u32>> {
    let mut found = Resource::default();
    if json.next_byte()? == Some(b'[') {
        attributes(json, &mut |key, value| found.take(key, value))?;
    } else {
        json.object(|json, key| match key.as_str() {
            "attributes" => attributes(json, &mut |key, value| found.take(key, value)),
            _ => json.skip(),
        })?;
    }
    Ok(found.service(out))
}

/// Takes a Jaeger process.
fn process(json: &mut Json<'_>, out: &mut Collector) -> Result<Option<u32>> {
    let mut found = Resource::default();
    let mut name = String::new();
    json.object(|json, key| match key.as_str() {
        "serviceName" => text(json, &mut name),
        "tags" => attributes(json, &mut |key, value| found.take(key, value)),
        _ => json.skip(),
    })?;
    found.name = name;
    Ok(found.service(out))
}

/// Takes a Zipkin endpoint.
fn endpoint(json: &mut Json<'_>, out: &mut Collector) -> Result<Option<u32>> {
    let mut name = String::new();
    json.object(|json, key| match key.as_str() {
        "serviceName" => text(json, &mut name),
        _ => json.skip(),
    })?;
    Ok(out.service(&name, ""))
}
