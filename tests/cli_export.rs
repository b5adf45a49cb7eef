//! What `tracelane export` writes for other programs, read again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::fixtures;
use crate::lake_engines;
use crate::run;
use crate::sessions;

fn fixture(name: &str) -> String {
    fixtures::data().join("real").join(name).to_string_lossy().into_owned()
}

/// What is written with these options.
fn exported(name: &str, options: &[&str]) -> Vec<u8> {
    let file = fixture(name);
    let output = run::tracelane(&[&["export", &file, "-o", "-"], options].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn json(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).expect("JSON")
}

#[test]
fn chrome_has_what_procs_ran_with_stacks_that_exist() {
    let found = json(&exported("httpserver-go1.27.trace", &["--to", "chrome"]));
    let events = found["traceEvents"].as_array().expect("events");
    let frames = found["stackFrames"].as_object().expect("frames");
    let slices = events.iter().filter(|event| event["ph"] == "X" && event["tid"].as_u64() < Some(1_000_000));
    let micros: f64 = slices.clone().map(|event| event["dur"].as_f64().expect("a length")).sum();
    let procs = json(&run::tracelane(&["procs", &fixture("httpserver-go1.27.trace"), "--json"]).stdout);
    assert!(micros > 0.0 && procs.is_object());
    let named: BTreeSet<String> =
        slices.flat_map(|event| [&event["sf"], &event["esf"]]).filter(|id| id.is_u64()).map(Value::to_string).collect();
    assert!(!named.is_empty() && named.iter().all(|id| frames.contains_key(id)));
    assert!(
        frames.values().all(|frame| frame["parent"].is_null() || frames.contains_key(&frame["parent"].to_string()))
    );
    let mut arrows: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for event in events.iter().filter(|event| event["cat"] == "flow") {
        let of = arrows.entry(event["id"].as_u64().expect("a number")).or_default();
        of.push(event["ph"].as_str().expect("a kind"));
    }
    assert!(!arrows.is_empty() && arrows.values().all(|ends| *ends == ["s", "t"]));
}

#[test]
fn speedscope_has_the_totals_of_the_profiles() {
    let found = json(&exported("sync-go1.27.trace", &["--to", "speedscope"]));
    let frames = found["shared"]["frames"].as_array().expect("frames").len() as u64;
    let profiles = found["profiles"].as_array().expect("profiles");
    assert!(!profiles.is_empty());
    for profile in profiles {
        let kind = profile["name"].as_str().expect("a name");
        let samples = profile["samples"].as_array().expect("samples");
        let weights = profile["weights"].as_array().expect("weights");
        assert_eq!(samples.len(), weights.len(), "{kind}");
        assert!(samples.iter().flat_map(|one| one.as_array().expect("a stack")).all(|at| at.as_u64() < Some(frames)));
        let total: u64 = weights.iter().filter_map(Value::as_u64).sum();
        assert_eq!(profile["endValue"].as_u64(), Some(total), "{kind}");
        let folded = run::tracelane(&["profile", &fixture("sync-go1.27.trace"), "--kind", kind, "--folded"]).stdout;
        let folded = String::from_utf8(folded).expect("text");
        let of = folded.lines().filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
        assert_eq!(of.sum::<u64>(), total, "{kind}");
    }
}

#[test]
fn csv_has_the_rows_of_the_table() {
    let rows = exported("workers-go1.27.trace", &["--to", "csv", "--table", "goroutines"]);
    let rows = String::from_utf8(rows).expect("text");
    let query = "SELECT count(*) AS n FROM goroutines";
    let count = json(&run::tracelane(&["query", &fixture("workers-go1.27.trace"), query, "--json"]).stdout);
    assert_eq!(Some(rows.lines().count() as u64 - 1), count[0]["n"].as_u64());
    assert!(rows.lines().next().expect("a heading").split(',').any(|column| column == "g"));
}

#[test]
fn options_that_do_not_fit_are_refused_and_inputs_stay() {
    let file = fixture("workers-go1.27.trace");
    for options in [
        &["--to", "csv"][..],
        &["--to", "chrome", "--table", "goroutines"],
        &["--to", "csv", "--table", "none"],
        &["--to", "csv", "--table", "goroutines", "--range", "1ms..2ms"],
        &["--to", "paper"],
    ] {
        let output = run::tracelane(&[&["export", &file, "-o", "-"], options].concat());
        assert_eq!(output.status.code(), Some(2), "{options:?}");
    }
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.trace");
    fs::copy(&file, &copy).expect("copied");
    let copy = copy.to_string_lossy().into_owned();
    for words in
        [&["export", &copy, "--to", "perfetto", "-o", &copy, "--force"][..], &["cut", &copy, "-o", &copy, "--force"]]
    {
        assert_eq!(run::tracelane(words).status.code(), Some(1), "{words:?}");
    }
    assert_eq!(fs::read(&copy).expect("there"), fs::read(&file).expect("there"));
}

/// The spans of an export as OTLP.
fn spans(document: &Value) -> Vec<Value> {
    document["resourceSpans"][0]["scopeSpans"][0]["spans"].as_array().expect("spans").clone()
}

#[test]
fn otlp_has_tasks_and_regions_as_the_spans_that_they_are() {
    use trace_core::base::monitor::Monitor;
    use trace_core::input::source::Source;
    let name = "tasks-go1.27.trace";
    let bytes = exported(name, &["--to", "otlp", "--service", "cart"]);
    assert_eq!(bytes, exported(name, &["--to", "otlp", "--service", "cart"]), "ids are the same each time");
    let document = json(&bytes);
    let count = |sql: &str| json(&run::tracelane(&["query", &fixture(name), sql, "--json"]).stdout)[0]["n"].as_u64();
    let sql = "SELECT (SELECT count(*) FROM tasks) + (SELECT count(*) FROM regions) AS n";
    let found = spans(&document);
    assert_eq!(Some(found.len() as u64), count(sql));
    let ids: BTreeSet<&str> = found.iter().map(|span| span["spanId"].as_str().expect("an id")).collect();
    assert_eq!(ids.len(), found.len(), "each has an id of its own");
    let parents: Vec<&str> = found.iter().filter_map(|span| span["parentSpanId"].as_str()).collect();
    assert!(!parents.is_empty() && parents.iter().all(|parent| ids.contains(parent)));
    let time = |span: &Value, key: &str| span[key].as_str().and_then(|text| text.parse::<i64>().ok()).expect("a time");
    let by_id = |id: &str| found.iter().find(|span| span["spanId"] == id).expect("it is there");
    for span in &found {
        assert!(time(span, "startTimeUnixNano") <= time(span, "endTimeUnixNano"), "{span}");
        if let Some(parent) = span["parentSpanId"].as_str() {
            assert_eq!(by_id(parent)["traceId"], span["traceId"], "{span}");
        }
    }
    // The program's own reader takes all of it, without a complaint.
    let read = trace_core::spans::read(Source::bytes(&bytes), &Monitor::new()).expect("spans");
    assert_eq!((read.spans.len(), read.faults.iter().count()), (found.len(), 0));
    assert_eq!(read.services.iter().map(|service| &*service.name).collect::<Vec<_>>(), ["cart"]);
    let longest = found.iter().map(|span| time(span, "endTimeUnixNano") - time(span, "startTimeUnixNano")).max();
    assert_eq!(read.spans.iter().map(|span| span.nanos).max(), longest);
}

#[test]
fn otlp_has_long_waits_as_events() {
    let name = "tasks-go1.27.trace";
    let found = spans(&json(&exported(name, &["--to", "otlp"])));
    let attribute = |event: &Value, key: &str| {
        let all = event["attributes"].as_array().expect("attributes");
        all.iter().find(|one| one["key"] == key).map(|one| one["value"].clone())
    };
    let events = found.iter().flat_map(|span| span["events"].as_array().into_iter().flatten());
    let waits: Vec<&Value> = events.filter(|event| event["name"] == "wait").collect();
    assert!(!waits.is_empty());
    let sql = "SELECT DISTINCT duration_ns, reason FROM waits";
    let rows = json(&run::tracelane(&["query", &fixture(name), sql, "--json"]).stdout);
    let known: BTreeSet<(u64, &str)> = rows
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| Some((row["duration_ns"].as_u64()?, row["reason"].as_str()?)))
        .collect();
    let mut whole = 0;
    for wait in &waits {
        let nanos = attribute(wait, "wait.duration_ns").and_then(|value| value["intValue"].as_str()?.parse().ok());
        let reason = attribute(wait, "wait.reason").expect("a reason");
        whole +=
            usize::from(known.contains(&(nanos.expect("a duration"), reason["stringValue"].as_str().expect("text"))));
    }
    assert!(whole * 2 > waits.len(), "most end inside of their span: {whole} of {}", waits.len());
}

#[test]
fn otlp_keeps_the_ids_that_services_logged_so_that_their_spans_fit_together() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = sessions::unpack("traceparent-lock-go1.27", folder.path());
    let of = |file: &std::path::PathBuf| {
        let service = file.file_stem().and_then(|name| name.to_str()).expect("a name").to_owned();
        let file = file.display().to_string();
        let output = run::tracelane(&["export", &file, "--to", "otlp", "--service", &service, "-o", "-"]);
        assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
        json(&output.stdout)
    };
    let documents: Vec<Value> = files.iter().map(of).collect();
    let service = |document: &Value| document["resourceSpans"][0]["resource"]["attributes"][0]["value"].clone();
    let services: BTreeSet<String> = documents.iter().map(|document| service(document).to_string()).collect();
    assert_eq!(services.len(), 3, "{services:?}");
    let id =
        |span: &Value, key: &str| (span["traceId"].as_str().map(str::to_owned), span[key].as_str().map(str::to_owned));
    let calls: BTreeMap<_, usize> = (0..)
        .zip(&documents)
        .flat_map(|(at, document)| spans(document).into_iter().map(move |span| (at, span)))
        .filter(|(_, span)| span["kind"] == 3)
        .map(|(at, span)| (id(&span, "spanId"), at))
        .collect();
    let (mut served, mut joined) = (0, 0);
    for (at, document) in (0..).zip(&documents) {
        for span in spans(document).iter().filter(|span| span["kind"] == 2) {
            served += 1;
            let caller = calls.get(&id(span, "parentSpanId"));
            assert_ne!(caller, Some(&at), "no service calls itself: {span}");
            joined += usize::from(caller.is_some());
        }
    }
    // The load generator is in no trace, and a call may begin before the others' traces do.
    assert!(joined > 20 && joined * 10 > served * 8, "{joined} of {served}");
}

#[test]
fn firefox_has_samples_and_markers_on_the_threads_of_goroutines() {
    let name = "cpuprofile-go1.27.trace";
    let found = json(&exported(name, &["--to", "firefox"]));
    let threads = found["threads"].as_array().expect("threads");
    let sum = |table: &str| threads.iter().filter_map(|thread| thread[table]["length"].as_u64()).sum::<u64>();
    let count = |sql: &str| json(&run::tracelane(&["query", &fixture(name), sql, "--json"]).stdout)[0]["n"].as_u64();
    let (samples, markers) = (sum("samples"), sum("markers"));
    assert_eq!(
        (Some(samples), samples > 0),
        (count("SELECT count(*) AS n FROM samples WHERE src_g IS NOT NULL"), true)
    );
    let sql = "SELECT (SELECT count(*) FROM spans WHERE state = 'waiting') + (SELECT count(*) FROM tasks) \
               + (SELECT count(*) FROM regions) + (SELECT count(*) FROM logs) + (SELECT count(*) FROM gc_cycles) \
               + (SELECT count(*) FROM stw) AS n";
    assert_eq!(Some(markers), count(sql));
    for thread in threads {
        let (times, length) = (thread["samples"]["timeDeltas"].as_array(), thread["samples"]["length"].as_u64());
        assert_eq!(times.map(|times| times.len() as u64), length, "{}", thread["name"]);
    }
    let names: Vec<&str> = threads.iter().filter_map(|thread| thread["name"].as_str()).collect();
    assert!(names.contains(&"G1 main.main") && names.contains(&"STW"), "{names:?}");
    assert!(found["meta"]["preprocessedProfileVersion"].as_u64() > Some(40), "{}", found["meta"]);
}

#[test]
fn a_query_as_parquet_has_the_rows_that_json_has() {
    use trace_core::tables::column::Kind;
    use tracelane::lake::parquet::File;
    use tracelane::lake::parquet::ReadCells;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("waits.parquet");
    let (file, out) = (fixture("sync-go1.27.trace"), path.display().to_string());
    let sql = "SELECT g, reason, duration_ns, duration_ns / 2.0 AS half, CASE WHEN g % 2 = 0 THEN g END AS even, \
               CASE WHEN g % 2 = 0 THEN g ELSE 'odd' END AS mixed, NULL AS unknown, g FROM waits ORDER BY start_ns, g";
    let output = run::tracelane(&["query", &file, sql, "--format", "parquet", "-o", &out]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let rows = json(&run::tracelane(&["query", &file, sql, "--json"]).stdout);
    let rows = rows.as_array().expect("rows");
    let read = File::open(&path).expect("a Parquet file");
    assert_eq!((read.rows(), rows.len() > 10), (rows.len(), true));
    let columns = [
        ("g", Kind::Int),
        ("reason", Kind::Text),
        ("duration_ns", Kind::Int),
        ("half", Kind::Real),
        ("even", Kind::Int),
        ("mixed", Kind::Text),
        ("unknown", Kind::Text),
        ("g_2", Kind::Int),
    ];
    for (name, kind) in columns {
        let column = read.column(name, kind).expect("readable").unwrap_or_else(|| panic!("{name} is no {kind:?}"));
        for (at, row) in rows.iter().enumerate() {
            let found = match &column.cells {
                _ if !column.valid[at] => Value::Null,
                ReadCells::Int(cells) => cells[at].into(),
                ReadCells::Real(cells) => cells[at].into(),
                ReadCells::Text(cells) => cells[at].as_utf8().expect("text").into(),
            };
            let wanted = if kind == Kind::Text && row[name].is_number() {
                row[name].to_string().into()
            } else {
                row[name].clone()
            };
            assert_eq!(found, wanted, "{name}, row {at}");
        }
    }
    // Never over a file that is there, and not without a place to go.
    let again = run::tracelane(&["query", &file, sql, "--format", "parquet", "-o", &out]);
    assert_eq!(again.status.code(), Some(1), "{}", String::from_utf8_lossy(&again.stderr));
    assert_eq!(run::tracelane(&["query", &file, sql, "--format", "parquet"]).status.code(), Some(2));
    assert_eq!(run::tracelane(&["query", &file, sql, "-o", "x"]).status.code(), Some(2));
}

#[test]
fn otlp_is_what_the_protos_of_opentelemetry_say() {
    // Of OTLP's JSON only the ids differ from protobuf's own.
    const CHECK: &str = "
import base64, json, sys
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
document = json.load(sys.stdin)
for resource in document['resourceSpans']:
    for scope in resource['scopeSpans']:
        for span in scope['spans']:
            for key in ('traceId', 'spanId', 'parentSpanId'):
                if key in span:
                    span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
request = json_format.ParseDict(document, ExportTraceServiceRequest())
spans = [span for resource in request.resource_spans for scope in resource.scope_spans for span in scope.spans]
assert all(len(span.trace_id) == 16 and len(span.span_id) == 8 and len(span.parent_span_id) in (0, 8) for span in spans)
assert all(0 < span.start_time_unix_nano <= span.end_time_unix_nano for span in spans)
print(len(spans), sum(len(span.events) for span in spans))
";
    let Some(python) = lake_engines::python("opentelemetry.proto") else { return };
    let bytes = exported("tasks-go1.27.trace", &["--to", "otlp"]);
    let mut command = Command::new(python);
    let mut child =
        command.args(["-c", CHECK]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it starts");
    child.stdin.take().expect("an input").write_all(&bytes).expect("written");
    let done = child.wait_with_output().expect("it ends");
    assert!(done.status.success(), "the protos refuse it");
    let found = spans(&json(&bytes));
    let events = found.iter().filter_map(|span| span["events"].as_array()).map(Vec::len).sum::<usize>();
    assert_eq!(String::from_utf8_lossy(&done.stdout).trim(), format!("{} {events}", found.len()));
}
