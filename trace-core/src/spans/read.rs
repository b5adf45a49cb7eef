//! Reads a span file from start to end; which format it has is told by its first bytes.

use std::io::{self, Cursor, Read};

use crate::base::error::{Error, Result};
use crate::base::monitor::Monitor;
use crate::input::source::Source;
use crate::spans::collect::Collector;
use crate::spans::fault::FaultKind;
use crate::spans::json::{Json, JsonError};
use crate::spans::otlp::{self, framing};
use crate::spans::span::SpanFile;
use crate::spans::walk::node;

/// Bytes from the beginning that tell whether it is a span file.
const HEAD: usize = 64 << 10;
/// What a span takes, here and in a session, while both are made.
const SPAN_BYTES: u64 = 512;
const MARK: &[u8] = b"\xef\xbb\xbf";

/// Keys of JSON that must all be near the beginning.
const KEYS: &[&[&str]] = &[
    &["\"resourceSpans\""],
    &["\"resource_spans\""],
    &["\"batches\"", "\"scopeSpans\""],
    &["\"SpanContext\"", "\"TraceID\""],
    &["\"traceID\"", "\"spans\""],
    &["\"traceID\"", "\"spanID\""],
    &["\"traceId\"", "\"spanId\""],
    &["\"traceId\"", "\"id\"", "\"timestamp\""],
    &["\"traceId\"", "\"localEndpoint\""],
    &["\"trace_id\"", "\"span_id\"", "\"start_time\""],
];

/// Whether a file that begins so (unpacked) is one of spans.
#[must_use]
pub fn is_span_file(head: &[u8]) -> bool {
    let head = head.get(..HEAD).unwrap_or(head);
    let head = head.strip_prefix(MARK).unwrap_or(head);
    if head.starts_with(b"go 1.") {
        return false;
    }
    let text = String::from_utf8_lossy(head);
    let has_all = |keys: &&[&str]| keys.iter().all(|key| text.contains(key));
    framing(head).is_some() || (text.contains('{') && KEYS.iter().any(has_all))
}

/// Tells of bytes read, and stops when cancelled.
struct Watched<'a> {
    reader: Box<dyn Read + Send + 'a>,
    monitor: Monitor,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.monitor.is_cancelled() {
            return Err(io::Error::other(Error::Cancelled));
        }
        let count = self.reader.read(buffer)?;
        self.monitor.add(count as u64, 0, 0);
        Ok(count)
    }
}

/// Reads all spans of a source. What is malformed is counted ([`SpanFile::faults`]) and left out, and so is what would take
/// more memory than the monitor allows.
///
/// # Errors
/// When nothing could be read, or it was cancelled. A read that fails later is a fault ([`FaultKind::Truncated`]).
pub fn read(source: Source<'_>, monitor: &Monitor) -> Result<SpanFile> {
    monitor.set_bytes_total(source.len.unwrap_or(0));
    let mut reader: Box<dyn Read + Send + '_> = Box::new(Watched { reader: source.reader, monitor: monitor.clone() });
    let mut head = Vec::new();
    reader.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
    if head.is_empty() {
        return Err(Error::Empty);
    }
    let most = monitor.memory_limit().map(|bytes| usize::try_from(bytes / SPAN_BYTES).unwrap_or(usize::MAX));
    let mut out = Collector::default();
    out.most = most;
    let framing = framing(&head);
    let mut input: Box<dyn Read + Send + '_> = Box::new(Cursor::new(head).chain(reader));
    let bytes = match framing {
        Some(framing) => otlp::read(&mut input, framing, &mut out)?,
        None => documents(Json::new(input), &mut out)?,
    };
    Ok(out.finish(bytes))
}

/// Takes one JSON value after the other; text between them is left out line by line.
fn documents(mut json: Json<'_>, out: &mut Collector) -> Result<u64> {
    loop {
        let result = match json.next_byte() {
            Ok(None) => return Ok(json.offset()),
            Ok(Some(b'{' | b'[')) => node(&mut json, out, false),
            // The mark of the byte order, or a comma between objects.
            Ok(Some(0xef)) if json.offset() == 0 => json.skip_bytes(MARK.len()),
            Ok(Some(b',')) => json.skip_bytes(1),
            Ok(Some(_)) => {
                out.fault(FaultKind::Foreign, json.offset());
                json.next_line()
            }
            Err(error) => Err(error),
        };
        let again = match result {
            Ok(()) => continue,
            Err(JsonError::End(at)) => {
                out.fault(FaultKind::Truncated, at);
                return Ok(json.offset());
            }
            Err(JsonError::Io(error)) => Err(JsonError::Io(error)),
            Err(JsonError::Syntax(at)) => {
                out.fault(FaultKind::Syntax, at);
                json.next_object_line()
            }
            Err(JsonError::TooDeep(at)) => {
                out.fault(FaultKind::TooLarge, at);
                json.next_object_line()
            }
        };
        if let Err(error) = again {
            match error {
                JsonError::Io(error) => match Error::from(error) {
                    Error::Cancelled => return Err(Error::Cancelled),
                    error if out.file.spans.is_empty() => return Err(error),
                    _ => out.fault(FaultKind::Truncated, json.offset()),
                },
                JsonError::End(at) | JsonError::Syntax(at) | JsonError::TooDeep(at) => {
                    out.fault(FaultKind::Truncated, at);
                }
            }
            return Ok(json.offset());
        }
    }
}
