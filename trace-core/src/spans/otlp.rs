//! OpenTelemetry's protobuf: an `ExportTraceServiceRequest` alone in a file, or many, each behind its length.
//!
//! ```text
//! request        1 ResourceSpans*
//! ResourceSpans  1 Resource, 2 ScopeSpans*
//! Resource       1 KeyValue*            KeyValue  1 key, 2 AnyValue (1 string, 2 bool, 3 int)
//! ScopeSpans     2 Span*
//! Span           1 trace id, 2 span id, 4 parent, 5 name, 6 kind, 7 start, 8 end (fixed64 ns), 15 Status (3 code)
//! ```

use std::io::{self, Read};

use crate::spans::collect::{Collector, NO_SERVICE};
use crate::spans::fault::FaultKind;
use crate::spans::id::{SpanId, TraceId};
use crate::spans::span::{Format, Span, SpanKind};
use crate::spans::walk::Resource;

/// The longest message that is read.
const MOST_MESSAGE: u64 = 1 << 30;
/// The tag of the first field of a request: number 1, with a length.
const FIRST_FIELD: u8 = 0x0a;

/// How messages lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// One, without a length.
    Alone,
    /// Each behind its length as a varint.
    Varint,
    /// Each behind its length in four bytes, the highest first, as the Collector's file exporter writes it.
    FourBytes,
}

/// How a file that begins so is framed; `None` if it is no such file.
pub(super) fn framing(head: &[u8]) -> Option<Framing> {
    // One alone never begins with 0, and the Collector's messages are shorter than 16 MB.
    if let Some((length, rest)) = head.split_first_chunk::<4>()
        && length.first() == Some(&0)
        && is_request(rest, u64::from(u32::from_be_bytes(*length)))
    {
        return Some(Framing::FourBytes);
    }
    let mut rest = head;
    if let Some(length) = varint(&mut rest)
        && is_request(rest, length)
    {
        return Some(Framing::Varint);
    }
    is_request(head, MOST_MESSAGE).then_some(Framing::Alone)
}

/// Whether bytes begin like a request of `length` bytes.
fn is_request(head: &[u8], length: u64) -> bool {
    let mut rest = head;
    let (Some(FIRST_FIELD), Some(spans)) = (take_byte(&mut rest), varint(&mut rest)) else { return false };
    let left = length.saturating_sub((head.len() - rest.len()) as u64);
    // Resource, ScopeSpans, schema.
    let inner = take_byte(&mut rest).filter(|tag| matches!(tag, 0x0a | 0x12 | 0x1a)).and_then(|_| varint(&mut rest));
    length <= MOST_MESSAGE && spans <= left && inner.is_some_and(|inner| inner <= spans)
}

fn take_byte(bytes: &mut &[u8]) -> Option<u8> {
    let (first, rest) = bytes.split_first()?;
    *bytes = rest;
    Some(*first)
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take_byte(bytes)?;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(bytes: &mut &'a [u8], count: u64) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(usize::try_from(count).ok()?)?;
    *bytes = rest;
    Some(taken)
}

/// The value of a field.
#[derive(Clone, Copy, Debug)]
enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            Self::Number(_) => &[],
        }
    }

    const fn number(self) -> u64 {
        match self {
            Self::Number(number) => number,
            Self::Bytes(_) => 0,
        }
    }
}

/// Gives away the fields of a message; false if it is malformed behind those.
fn fields<'a>(mut message: &'a [u8], mut each: impl FnMut(u64, Value<'a>)) -> bool {
    while !message.is_empty() {
        let Some((number, value)) = field(&mut message) else { return false };
        each(number, value);
    }
    true
}

fn field<'a>(message: &mut &'a [u8]) -> Option<(u64, Value<'a>)> {
    let tag = varint(message)?;
    let value = match tag & 7 {
        0 => Value::Number(varint(message)?),
        1 => Value::Number(u64::from_le_bytes(*take(message, 8)?.first_chunk()?)),
        2 => {
            let length = varint(message)?;
            Value::Bytes(take(message, length)?)
        }
        5 => Value::Number(u64::from(u32::from_le_bytes(*take(message, 4)?.first_chunk()?))),
        _ => return None,
    };
    Some((tag >> 3, value))
}

/// Reads messages to the end of the stream.
pub(super) fn read(input: &mut dyn Read, framing: Framing, out: &mut Collector) -> io::Result<u64> {
    let mut offset = 0;
    let mut message = Vec::new();
    while let Some(length) = next_length(input, framing, &mut offset)? {
        let start = offset;
        let Some(length) = length.filter(|length| *length <= MOST_MESSAGE) else {
            out.fault(FaultKind::TooLarge, start);
            break;
        };
        message.clear();
        offset += input.take(length).read_to_end(&mut message)? as u64;
        let is_whole = message.len() as u64 == length;
        let is_sound = match framing {
            Framing::Alone => resource_spans(&message, start, out),
            Framing::Varint | Framing::FourBytes => request(&message, start, out),
        };
        if !is_whole {
            out.fault(FaultKind::Truncated, offset);
        } else if !is_sound {
            out.fault(FaultKind::Syntax, start);
        }
    }
    Ok(offset)
}

/// The length of the next message (or, in one that is alone, of its next list of spans); `None` at the end, `Some(None)`
/// if there is no such length.
fn next_length(input: &mut dyn Read, framing: Framing, offset: &mut u64) -> io::Result<Option<Option<u64>>> {
    let mut next = || -> io::Result<Option<u8>> {
        let mut byte = [0];
        loop {
            match input.read(&mut byte) {
                Ok(0) => return Ok(None),
                Ok(_) => {
                    *offset += 1;
                    return Ok(Some(byte[0]));
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    };
    let Some(mut first) = next()? else { return Ok(None) };
    if framing == Framing::FourBytes {
        let mut length = u64::from(first);
        for _ in 0..3 {
            let Some(byte) = next()? else { return Ok(Some(None)) };
            length = length << 8 | u64::from(byte);
        }
        return Ok(Some(Some(length)));
    }
    if framing == Framing::Alone {
        if first != FIRST_FIELD {
            return Ok(Some(None));
        }
        let Some(byte) = next()? else { return Ok(Some(None)) };
        first = byte;
    }
    let mut bytes = vec![first];
    while bytes.last().is_some_and(|last| last & 0x80 != 0) && bytes.len() < 10 {
        let Some(byte) = next()? else { return Ok(Some(None)) };
        bytes.push(byte);
    }
    Ok(Some(varint(&mut bytes.as_slice())))
}

fn request(message: &[u8], offset: u64, out: &mut Collector) -> bool {
    let mut is_sound = true;
    let is_whole = fields(message, |number, value| {
        if number == 1 {
            is_sound &= resource_spans(value.bytes(), offset, out);
        }
    });
    is_whole && is_sound
}

fn resource_spans(message: &[u8], offset: u64, out: &mut Collector) -> bool {
    let first = out.file.spans.len();
    let mut service = None;
    let mut is_sound = true;
    let is_whole = fields(message, |number, value| match number {
        1 => service = resource(value.bytes(), out),
        2 => {
            is_sound &= fields(value.bytes(), |number, value| {
                if number == 2 {
                    span(value.bytes(), offset, out);
                }
            });
        }
        _ => {}
    });
    if let Some(service) = service {
        out.own_from(first, service);
    }
    is_whole && is_sound
}

fn resource(message: &[u8], out: &mut Collector) -> Option<u32> {
    let mut found = Resource::default();
    fields(message, |number, value| {
        if number == 1 {
            let (mut key, mut text) = (&[][..], String::new());
            fields(value.bytes(), |number, value| match number {
                1 => key = value.bytes(),
                2 => text = any_value(value.bytes()),
                _ => {}
            });
            found.take(&String::from_utf8_lossy(key), &text);
        }
    });
    found.service(out)
}

/// A text or number as text.
fn any_value(message: &[u8]) -> String {
    let mut text = String::new();
    fields(message, |number, value| match number {
        1 => text = String::from_utf8_lossy(value.bytes()).into_owned(),
        3 => text = value.number().cast_signed().to_string(),
        _ => {}
    });
    text
}

fn span(message: &[u8], offset: u64, out: &mut Collector) {
    let (mut trace, mut id, mut parent, mut name) = (&[][..], &[][..], &[][..], &[][..]);
    let (mut kind, mut start, mut end, mut is_error) = (SpanKind::Unspecified, None, None, false);
    let time = |value: Value<'_>| i64::try_from(value.number()).ok().filter(|time| *time > 0);
    let is_whole = fields(message, |number, value| match number {
        1 => trace = value.bytes(),
        2 => id = value.bytes(),
        4 => parent = value.bytes(),
        5 => name = value.bytes(),
        6 => kind = SpanKind::of_number(value.number().cast_signed()),
        7 => start = time(value),
        8 => end = time(value),
        15 => {
            fields(value.bytes(), |number, value| is_error |= number == 3 && value.number() == 2);
        }
        _ => {}
    });
    if !is_whole {
        return out.fault(FaultKind::Syntax, offset);
    }
    let trace = trace.try_into().map(u128::from_be_bytes).ok().filter(|id| *id != 0);
    let span_id = |bytes: &[u8]| bytes.try_into().map(u64::from_be_bytes).ok().filter(|id| *id != 0).map(SpanId);
    let (Some(trace), Some(id)) = (trace, span_id(id)) else { return out.fault(FaultKind::BadId, offset) };
    let (Some(start), Some(end)) = (start, end) else { return out.fault(FaultKind::BadTime, offset) };
    let name = out.name(&String::from_utf8_lossy(name));
    let span = Span {
        trace: TraceId(trace),
        id,
        parent: span_id(parent),
        start,
        nanos: end.saturating_sub(start),
        name,
        service: NO_SERVICE,
        kind,
        is_error,
        format: Format::OtlpProtobuf,
    };
    out.add_span(span, offset);
}
