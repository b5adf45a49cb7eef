//! Tells kinds of JSON apart by the keys near its beginning.

use super::text::PRINTED;
use super::{FETCH, Lookalike, curl, lookalike, quoted};

/// Keys that must all be there, what it is, what to do.
type Kind = (&'static [&'static str], &'static str, &'static str);

const PERFETTO: &str = concat!(
    "open it with https://ui.perfetto.dev; if go tool trace made it, open the file that was given to go tool trace; else \
     record a trace: ",
    curl!()
);
const BUILD: &str = "open it with https://ui.perfetto.dev; to record a trace of your own program: go test \
                     -trace=out.trace";
const SPANS: &str =
    concat!("open it with that tool; it has no goroutines, which only the Go runtime records: ", curl!());
const TEST: &str = "to record a trace: go test -trace=out.trace";

/// The first of which all keys are there is it.
const KINDS: &[Kind] = &[
    (
        &["\"ph\"", "load.PackagesAndErrors"],
        "the output of go build -debug-trace, which records the steps of the go command",
        BUILD,
    ),
    (
        &["\"ph\"", "Running build command"],
        "the output of go build -debug-trace, which records the steps of the go command",
        BUILD,
    ),
    (&["\"traceEvents\""], "a trace in Chrome's JSON format", PERFETTO),
    (&["\"ph\"", "\"ts\""], "a trace in Chrome's JSON format", PERFETTO),
    (&["\"schema\"", "\"tracelane."], "the output of a Tracelane command in JSON", PRINTED),
    (&["\"summary\"", "\"procs_busy\"", "\"verdict\""], "the output of tracelane report --json", PRINTED),
    (&["\"settings\"", "\"verdict\"", "\"origin_ns\""], "the output of tracelane compare --json", PRINTED),
    (&["\"events_by_kind\"", "\"generations\""], "the output of tracelane stats --json", PRINTED),
    (&["\"file\"", "\"partial\"", "\"selected\""], "the output of tracelane why --json", PRINTED),
    (&["\"file\"", "\"partial\"", "_ns\""], "the output of a Tracelane command in JSON", PRINTED),
    (&["\"resourceSpans\""], "a file of OpenTelemetry spans (OTLP JSON)", SPANS),
    (&["\"resourceMetrics\""], "a file of OpenTelemetry metrics (OTLP JSON)", FETCH),
    (&["\"resourceLogs\""], "a file of OpenTelemetry logs (OTLP JSON)", FETCH),
    (&["\"SpanContext\"", "\"TraceID\""], "a file of OpenTelemetry spans (stdouttrace)", SPANS),
    (&["\"traceID\"", "\"spans\""], "a Jaeger trace in JSON", SPANS),
    (&["\"traceId\"", "\"localEndpoint\""], "a Zipkin trace in JSON", SPANS),
    (&["\"traceId\"", "\"id\""], "a distributed trace in JSON", SPANS),
    (&["\"trace_id\"", "\"span_id\""], "a distributed trace in JSON", SPANS),
    (&["\"Action\"", "\"Package\""], "the output of go test -json", TEST),
    (&["\"memstats\"", "\"cmdline\""], "a list of expvar variables (/debug/vars)", FETCH),
    (&["speedscope.app"], "a speedscope profile", "open it with https://www.speedscope.app"),
    (&["\"timeDeltas\"", "\"nodes\""], "a JavaScript CPU profile", "open it with Chrome's developer tools"),
    (&["\"log\"", "\"entries\""], "a browser's HTTP archive (HAR)", FETCH),
];

pub(super) fn identify(text: &str) -> Option<Lookalike> {
    if !text.starts_with(['{', '[']) || !is_json(text) {
        return None;
    }
    let known = KINDS.iter().find(|(keys, ..)| keys.iter().all(|key| text.contains(key)));
    if let Some((_, is, cure)) = known {
        return Some(lookalike(*is, *cure));
    }
    let message = ["message", "error", "detail"].iter().find_map(|key| string(text, key));
    Some(match message {
        Some(message) => {
            let is = format!("JSON, perhaps a server's error: {}", quoted(message));
            lookalike(is, format!("check the address and ask again with curl -f, which reports errors; {FETCH}"))
        }
        None => lookalike("a JSON document", FETCH),
    })
}

/// Whether what follows the first bracket is what JSON has there: a log line may begin with one, too.
fn is_json(text: &str) -> bool {
    let inside = text.get(1..).unwrap_or_default().trim_start();
    match text.starts_with('{') {
        true => inside.is_empty() || inside.starts_with(['"', '}']),
        false => inside.is_empty() || inside.starts_with(['{', '[', '"', ']']),
    }
}

/// The value of a key near the beginning, if it is a string; as it stands there, with its escapes.
fn string<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("\"{key}\""))?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start().strip_prefix('"')?;
    rest.split(['"', '\n']).next().filter(|value| !value.is_empty())
}
