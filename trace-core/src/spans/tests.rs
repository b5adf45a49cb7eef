//! The same two spans in every format, and what is malformed.

use super::{FaultKind, Format, SpanFile, SpanId, SpanKind, TraceId, is_span_file, read};
use crate::base::error::Error;
use crate::base::monitor::Monitor;
use crate::input::source::Source;

const TRACE: u128 = 0x5b8e_fff7_9803_8103_d269_b633_813f_c60c;
const CLIENT: u64 = 0xeee1_9b7e_c3c1_b174;
const SERVER: u64 = 0x00f0_67aa_0ba9_02b7;
const START: i64 = 1_764_439_200_123_456_000;

fn read_bytes(bytes: &[u8]) -> SpanFile {
    read(Source::bytes(bytes), &Monitor::new()).unwrap()
}

/// The two spans, read: a client in `frontend`, and its server in `backend`, which failed.
fn check(text: &[u8], format: Format) -> SpanFile {
    assert!(is_span_file(text), "{format:?}");
    let file = read_bytes(text);
    assert_eq!(file.faults.iter().collect::<Vec<_>>(), [], "{format:?}");
    assert_eq!(file.formats, [format]);
    let [client, server] = file.spans.as_slice() else { panic!("{format:?}: {:?}", file.spans) };
    assert_eq!((client.trace, client.id, client.parent), (TraceId(TRACE), SpanId(CLIENT), None), "{format:?}");
    assert_eq!((server.trace, server.id, server.parent), (TraceId(TRACE), SpanId(SERVER), Some(SpanId(CLIENT))));
    assert_eq!((client.start, client.nanos), (START, 118_000_000), "{format:?}");
    assert_eq!((server.start, server.end()), (START + 1_000_000, START + 97_000_000), "{format:?}");
    assert_eq!((file.name(client), file.name(server)), ("GET /price", "/price \u{fffd}é"), "{format:?}");
    assert_eq!((client.kind, server.kind), (SpanKind::Client, SpanKind::Server), "{format:?}");
    assert_eq!((client.is_error, server.is_error), (false, true), "{format:?}");
    let services: Vec<_> = file.spans.iter().map(|span| &*file.service(span).unwrap().name).collect();
    assert_eq!(services, ["frontend", "backend"], "{format:?}");
    file
}

fn otlp_resource(service: &str) -> String {
    format!(
        r#""resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"{service}"}}}},
        {{"key":"host.name","value":{{"stringValue":"box"}}}},{{"key":"process.pid","value":{{"intValue":"77"}}}}]}}"#
    )
}

fn otlp_spans(ids: [&str; 3]) -> [String; 2] {
    let [trace, client, server] = ids;
    [
        format!(
            r#""scopeSpans":[{{"scope":{{"name":"otelhttp"}},"spans":[{{"traceId":"{trace}","spanId":"{client}",
            "parentSpanId":"","name":"GET /price","kind":3,"startTimeUnixNano":"{START}","unknown":{{"a":[1,2]}},
            "endTimeUnixNano":"{}","attributes":[],"events":[{{"name":"x","timeUnixNano":"5"}}],"status":{{}}}}]}}]"#,
            START + 118_000_000
        ),
        format!(
            r#""scopeSpans":[{{"spans":[{{"endTimeUnixNano":{},"kind":"SPAN_KIND_SERVER","name":"/price \ud800é",
            "parentSpanId":"{client}","spanId":"{server}","startTimeUnixNano":{},"status":{{"code":2,"message":"no"}},
            "traceId":"{trace}","links":[{{"traceId":"00","spanId":"00"}}]}}]}}]"#,
            START + 97_000_000,
            START + 1_000_000
        ),
    ]
}

const HEX: [&str; 3] = ["5b8efff798038103d269b633813fc60c", "eee19b7ec3c1b174", "00f067aa0ba902b7"];
const BASE64: [&str; 3] = ["W47/95gDgQPSabYzgT/GDA==", "7uGbfsPBsXQ=", "APBnqgupArc="];

#[test]
fn otlp_json_whole_or_in_lines_hex_or_base64() {
    for ids in [HEX, BASE64] {
        let [client, server] = otlp_spans(ids);
        let (front, back) = (otlp_resource("frontend"), otlp_resource("backend"));
        let whole = format!(r#"{{"resourceSpans":[{{{front},{client}}},{{{server},{back}}}]}}"#);
        let file = check(whole.as_bytes(), Format::OtlpJson);
        assert_eq!(&*file.services[0].instance, "box:77");
        let lines = format!(
            "{{\"resourceSpans\":[{{{front},{client}}}]}}\n{{\"resourceMetrics\":[]}}\n{{\"resourceSpans\":[{{{back},{server}}}]}}\n"
        );
        let lines = lines.replace(",\n            ", ",").replace(",\n        ", ",");
        check(lines.as_bytes(), Format::OtlpJson);
        let tempo = format!(r#"{{"trace":{{"resourceSpans":[{{{front},{client}}},{{{back},{server}}}]}}}}"#);
        check(tempo.as_bytes(), Format::OtlpJson);
        let batches = format!("\u{feff}{{\"batches\":[{{{front},{client}}},{{{back},{server}}}]}}");
        check(batches.as_bytes(), Format::OtlpJson);
    }
}

#[test]
fn stdouttrace_among_lines_of_a_log() {
    let span = |name: &str, id: &str, parent: &str, kind: u8, times: [&str; 2], rest: &str| {
        format!(
            "{{\n\t\"Name\": \"{name}\",\n\t\"SpanContext\": {{\"TraceID\": \"{}\", \"SpanID\": \"{id}\", \
             \"TraceFlags\": \"01\"}},\n\t\"Parent\": {{\"TraceID\": \"{}\", \"SpanID\": \"{parent}\"}},\n\t\
             \"SpanKind\": {kind},\n\t\"StartTime\": \"{}\",\n\t\"EndTime\": \"{}\",\n\t\"Attributes\": null,\n\t{rest}}}\n",
            HEX[0], HEX[0], times[0], times[1]
        )
    };
    let of = |service: &str, code: &str| {
        format!(
            r#""Status":{{"Code":"{code}","Description":""}},"ChildSpanCount":0,"Resource":[{{"Key":"host.name",
            "Value":{{"Type":"STRING","Value":"box"}}}},{{"Key":"service.name","Value":{{"Type":"STRING",
            "Value":"{service}"}}}}],"InstrumentationScope":{{"Name":"x"}}"#
        )
    };
    let text = span(
        "GET /price",
        HEX[1],
        "0000000000000000",
        3,
        ["2025-11-29T19:00:00.123456+01:00", "2025-11-29T18:00:00.241456Z"],
        &of("frontend", "Unset"),
    ) + &span(
        "/price \\ud800é",
        HEX[2],
        HEX[1],
        2,
        ["2025-11-29T18:00:00.124456Z", "2025-11-29T18:00:00.220456Z"],
        &of("backend", "Error"),
    );
    check(text.as_bytes(), Format::Stdouttrace);
    let file = read_bytes(format!("listening on :8080\n{text}bye\n").as_bytes());
    assert_eq!((file.spans.len(), file.faults.count(FaultKind::Foreign), file.faults.lose_spans()), (2, 2, false));
}

#[test]
fn jaeger_with_processes_behind_the_spans() {
    let micros = START / 1_000;
    let text = format!(
        r#"{{"data":[{{"traceID":"{0}","spans":[{{"traceID":"{0}","spanID":"{1}","operationName":"GET /price",
        "references":[],"startTime":{micros},"duration":118000,"tags":[{{"key":"span.kind","type":"string","value":"client"}}],
        "logs":[{{"timestamp":{micros},"fields":[]}}],"processID":"p1"}},{{"traceID":"{0}","spanID":"f067aa0ba902b7",
        "operationName":"/price \ud800é","references":[{{"refType":"FOLLOWS_FROM","traceID":"{0}","spanID":"1"}},
        {{"refType":"CHILD_OF","traceID":"{0}","spanID":"{1}"}}],"startTime":{2},"duration":96000,
        "tags":[{{"key":"error","type":"bool","value":true}},{{"key":"span.kind","type":"string","value":"server"}}],
        "processID":"p2"}}],"processes":{{"p1":{{"serviceName":"frontend","tags":[]}},"p2":{{"serviceName":"backend",
        "tags":[{{"key":"hostname","type":"string","value":"box"}}]}}}}}}],"total":0,"errors":null}}"#,
        HEX[0],
        HEX[1],
        micros + 1_000
    );
    let file = check(text.as_bytes(), Format::Jaeger);
    assert_eq!(file.services.iter().map(|known| &*known.instance).collect::<Vec<_>>(), ["", "box"]);
}

#[test]
fn jaeger_processes_belong_to_their_own_trace() {
    let one = |trace: &str, service: &str| {
        format!(
            r#"{{"traceID":"{trace}","spans":[{{"traceID":"{trace}","spanID":"1","operationName":"x","startTime":5,
            "duration":1,"processID":"p1"}}],"processes":{{"p1":{{"serviceName":"{service}"}}}}}}"#
        )
    };
    let file = read_bytes(format!(r#"{{"data":[{},{}]}}"#, one("1", "a"), one("2", "b")).as_bytes());
    let services: Vec<_> = file.spans.iter().map(|span| &*file.service(span).unwrap().name).collect();
    assert_eq!(services, ["a", "b"]);
}

#[test]
fn zipkin_with_a_shared_id() {
    let micros = START / 1_000;
    let client = format!(
        r#"{{"traceId":"{}","id":"{}","kind":"CLIENT","name":"GET /price","timestamp":{micros},"duration":118000,
        "localEndpoint":{{"serviceName":"frontend","ipv4":"127.0.0.1"}},"annotations":[{{"timestamp":1,"value":"x"}}]}}"#,
        HEX[0], HEX[1]
    );
    let server = |id: &str, parent: &str| {
        format!(
            r#"{{"id":"{id}","parentId":"{parent}","traceId":"{}","kind":"SERVER","name":"/price \ud800é","shared":true,
            "timestamp":{},"duration":96000,"localEndpoint":{{"serviceName":"backend"}},"tags":{{"error":"no"}}}}"#,
            HEX[0],
            micros + 1_000
        )
    };
    check(format!("[{client},{}]", server(HEX[2], HEX[1])).as_bytes(), Format::Zipkin);
    check(format!("[[{client}],[{}]]", server(HEX[2], HEX[1])).as_bytes(), Format::Zipkin);
    let shared = read_bytes(format!("[{client},{}]", server(HEX[1], "")).as_bytes());
    assert_eq!((shared.spans[0].id, shared.spans[1].id), (SpanId(CLIENT), SpanId(CLIENT)));
}

/// A field of a protobuf message: number and bytes.
fn field(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&varint(u64::from(number) << 3 | 2)[..], &varint(bytes.len() as u64), bytes].concat()
}

fn fixed(number: u8, value: i64) -> Vec<u8> {
    [&[number << 3 | 1][..], &value.to_le_bytes()].concat()
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
    out
}

fn protobuf_requests() -> [Vec<u8>; 2] {
    let attribute =
        |key: &str, value: &str| field(1, &[field(1, key.as_bytes()), field(2, &field(1, value.as_bytes()))].concat());
    let request = |service: &str, span: Vec<u8>| {
        let resource = field(1, &[attribute("x", "y"), attribute("service.name", service)].concat());
        let scope = field(2, &[field(1, b"\x0a\x01s"), field(2, &span)].concat());
        field(1, &[resource, scope, field(3, b"schema")].concat())
    };
    let client = [
        field(1, &TRACE.to_be_bytes()),
        field(2, &CLIENT.to_be_bytes()),
        field(5, b"GET /price"),
        vec![6 << 3, 3],
        fixed(7, START),
        fixed(8, START + 118_000_000),
        // The field of flags has number 16, and so a tag of two bytes.
        [&varint(16 << 3 | 5)[..], &[1, 0, 0, 0]].concat(),
    ]
    .concat();
    let server = [
        field(1, &TRACE.to_be_bytes()),
        field(2, &SERVER.to_be_bytes()),
        field(4, &CLIENT.to_be_bytes()),
        field(5, "/price \u{fffd}é".as_bytes()),
        vec![6 << 3, 2],
        fixed(7, START + 1_000_000),
        fixed(8, START + 97_000_000),
        field(15, &[3 << 3, 2]),
    ]
    .concat();
    [request("frontend", client), request("backend", server)]
}

#[test]
fn otlp_protobuf_alone_and_behind_lengths() {
    let [client, server] = protobuf_requests();
    check(&[&client[..], &server].concat(), Format::OtlpProtobuf);
    let varints = [&varint(client.len() as u64)[..], &client, &varint(server.len() as u64), &server].concat();
    check(&varints, Format::OtlpProtobuf);
    let length = |message: &[u8]| (message.len() as u32).to_be_bytes();
    let four = [&length(&client)[..], &client, &length(&server), &server].concat();
    check(&four, Format::OtlpProtobuf);
    for cut in client.len() + 4..four.len() {
        let file = read_bytes(&four[..cut]);
        assert_eq!(file.spans[0].id, SpanId(CLIENT), "cut at {cut}");
        let is_between = cut == client.len() + 4;
        assert_eq!(file.faults.lose_spans(), !is_between, "cut at {cut}");
    }
}

#[test]
fn every_cut_of_a_file_keeps_what_came_before() {
    let [client, server] = otlp_spans(HEX);
    let text = format!("{{\"resourceSpans\":[{{{client},{}}},{{{server}}}]}}", otlp_resource("frontend"));
    let whole = read_bytes(text.as_bytes()).spans;
    for cut in 1..text.len() {
        let Some(part) = text.get(..cut) else { continue };
        let file = read_bytes(part.as_bytes());
        assert_eq!(file.faults.count(FaultKind::Truncated), 1, "cut at {cut}");
        let came = file.spans.len();
        assert!(came <= 2 && file.spans.iter().zip(&whole).all(|(a, b)| (a.id, a.start) == (b.id, b.start)));
    }
}

#[test]
fn malformed_spans_are_counted_and_others_read() {
    let span = |members: &str| format!("{{{members}}}");
    let good = format!(
        r#""traceId":"{}","spanId":"{}","startTimeUnixNano":"5","endTimeUnixNano":"9","name":"ok""#,
        HEX[0], HEX[1]
    );
    let spans = [
        span(&good),
        span(&good.replace(HEX[1], "0000000000000000")),
        span(&good.replace(HEX[0], "zz")),
        span(&good.replace("\"5\"", "\"later\"")),
        span(&good.replace("\"9\"", "\"4\"")),
        span(&good.replace("\"5\"", "\"-5\"")),
        "7".to_owned(),
        span(&good.replace("\"ok\"", "[1,{}]")),
    ];
    let line = format!(r#"{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{}]}}]}}]}}"#, spans.join(","));
    let broken = line.replace("\"name\":\"ok\"", "name:ok");
    let file = read_bytes(format!("{line}\n{broken}\n{line}\n").as_bytes());
    let count = |kind| file.faults.count(kind);
    assert_eq!(file.spans.len(), 2 * 3, "two lines with a good one, one that ends early and one without a name");
    assert_eq!((count(FaultKind::BadId), count(FaultKind::BadTime), count(FaultKind::EndBeforeStart)), (4, 4, 2));
    assert_eq!((count(FaultKind::Syntax), count(FaultKind::Truncated)), (3, 0));
    let first = file.faults.iter().find(|fault| fault.kind == FaultKind::BadId).unwrap();
    assert_eq!(first.offset as usize, line.find("\"0000").unwrap() - good.find("\"eee").unwrap() - 1);
    assert!(first.to_string().starts_with("4 times: span without a valid ID (first at byte "), "{first}");
    assert_eq!(file.spans.iter().map(|span| span.nanos).collect::<Vec<_>>(), [4, 0, 4, 4, 0, 4]);
}

#[test]
fn other_files_are_no_span_files() {
    for text in [
        &b"go 1.26 trace\0\0\0"[..],
        b"",
        b"{}",
        b"[]",
        br#"{"traceEvents":[{"ph":"X","ts":1}]}"#,
        br#"{"Action":"run","Package":"x"}"#,
        br#"{"resourceMetrics":[]}"#,
        b"\x0a\x05hello",
        b"\x1f\x8b\x08",
        b"PK\x03\x04",
    ] {
        assert!(!is_span_file(text), "{:?}", String::from_utf8_lossy(text));
    }
}

#[test]
fn a_cancelled_read_ends() {
    let monitor = Monitor::new();
    monitor.cancel();
    assert!(matches!(read(Source::bytes(b"{}"), &monitor), Err(Error::Cancelled)));
    assert!(matches!(read(Source::bytes(b""), &Monitor::new()), Err(Error::Empty)));
}

#[test]
fn bytes_at_random_do_no_harm() {
    let [client, server] = otlp_spans(HEX);
    let json = format!("{{\"resourceSpans\":[{{{client}}},{{{server}}}]}}\n").into_bytes();
    let mut seed = 7_u64;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize
    };
    let stdout = br#"{"Name":"x","SpanContext":{"TraceID":"0af7651916cd43dd8448eb211c80319c","SpanID":"00f067aa0ba902b7"},"Parent":{"TraceID":"0af7651916cd43dd8448eb211c80319c","SpanID":"00f067aa0ba902b8"},"SpanKind":2,"StartTime":"2026-11-30T10:00:00.000000001Z","EndTime":"2026-11-30T10:00:01Z","Resource":[{"Key":"service.name","Value":{"Type":"STRING","Value":"a"}}]}
"#.to_vec();
    let jaeger = br#"{"data":[{"traceID":"af7651916cd43dd8448eb211c80319c","spans":[{"traceID":"af7651916cd43dd8448eb211c80319c","spanID":"f067aa0ba902b7","references":[{"refType":"CHILD_OF","traceID":"af7651916cd43dd8448eb211c80319c","spanID":"1"}],"operationName":"x","startTime":1764439200000000,"duration":7,"processID":"p1"}],"processes":{"p1":{"serviceName":"a"}}}]}"#.to_vec();
    let zipkin = br#"[{"traceId":"af7651916cd43dd8","id":"f067aa0ba902b7","parentId":"1","kind":"SERVER","name":"x","timestamp":1764439200000000,"duration":7,"localEndpoint":{"serviceName":"a"},"shared":true}]"#.to_vec();
    for text in [json, protobuf_requests().concat(), stdout, jaeger, zipkin] {
        for _ in 0..3_000 {
            let mut changed = text.clone();
            for _ in 0..1 + random() % 4 {
                let at = random() % changed.len();
                match random() % 3 {
                    0 => changed[at] = random() as u8,
                    1 => drop(changed.remove(at)),
                    _ => changed.insert(at, b"{}[]\",:0\\\n"[random() % 10]),
                }
            }
            let file = read_bytes(&changed);
            assert!(file.spans.len() <= 4 && file.spans.iter().all(|span| span.nanos >= 0));
        }
    }
}

#[test]
fn what_memory_does_not_suffice_for_is_left_out_and_counted() {
    let [client, _] = otlp_spans(HEX);
    let lines = format!("{{\"resourceSpans\":[{{{client}}}]}}\n").repeat(40);
    let whole = read_bytes(lines.as_bytes());
    assert_eq!((whole.spans.len(), whole.faults.lose_spans()), (40, false));
    let monitor = Monitor::new();
    monitor.limit_memory(10 * 512);
    let part = read(Source::bytes(lines.as_bytes()), &monitor).unwrap();
    assert_eq!((part.spans.len(), part.faults.count(FaultKind::MemoryLimit)), (10, 30));
    assert!(part.faults.lose_spans());
    let told = part.faults.iter().map(|fault| fault.to_string()).collect::<String>();
    assert!(
        told.starts_with("30 times: span left out: reading it would take more memory than is available (first at"),
        "{told}"
    );
}
