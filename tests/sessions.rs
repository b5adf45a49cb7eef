//! Recorded sessions of `gen/shop`, three services with one planted cause each: every join is held against the ids that
//! the tasks logged as the truth, and the cause must be named first, with its service and line.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde_json::Value;
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Log;
use trace_core::session::{JoinBy, Method, Session, What, build};
use trace_core::wire::text::push_uvarint;
use trace_core::wire::v2::spec;
use tracelane::session::open;

use crate::batches::{self, Batch, Item};
use crate::fixtures;
use crate::run;

fn zip(name: &str) -> PathBuf {
    fixtures::data().join(format!("sessions/{name}.zip"))
}

fn session(files: &[PathBuf]) -> Session {
    let opened =
        open(files, &Monitor::new()).unwrap_or_else(|error| panic!("{}: {}", error.file.display(), error.error));
    assert_eq!(opened.notes, Vec::<String>::new());
    build(opened.inputs, &opened.patterns, &Monitor::new()).expect("nobody cancels")
}

/// The ids (own, parent) that the task of a span logged, or the handler of a request without a task.
fn logged(session: &Session, span: u32) -> Option<(u64, u64)> {
    let act = session.activities.get(session.spans.get(span as usize)?.act? as usize)?;
    let trace = session.services.get(act.trace as usize)?.trace.as_ref()?;
    let is_its = |log: &&Log| match act.what {
        What::Task(task) => log.task == Some(task),
        What::Handled(_) => log.go == act.go && act.range.contains(log.time),
        _ => false,
    };
    let log = trace.all_logs().iter().filter(|log| trace.str(log.category) == "truth").find(is_its)?;
    let (own, parent) = trace.str(log.message).split_once(' ')?;
    Some((u64::from_str_radix(own, 16).ok()?, u64::from_str_radix(parent, 16).ok()?))
}

/// Joined with a span, right parents, all that could have one. Panics at what is wrong.
fn right(name: &str, session: &Session) -> [usize; 3] {
    let mut counts = [0; 3];
    for (at, span) in (0..).zip(&session.spans) {
        let Some((own, parent)) = logged(session, at) else { continue };
        if span.record.is_some() {
            assert_eq!(span.ids.1.map(|id| id.0), Some(own), "{name}: {span:?}");
            counts[0] += 1;
        }
        counts[2] += usize::from(parent != 0);
        if let Some((above, _)) = span.parent.and_then(|above| logged(session, above)) {
            assert_eq!(above, parent, "{name}: {span:?}");
            counts[1] += 1;
        }
    }
    counts
}

const ALL: [&str; 5] = [
    "traceparent-lock-go1.27",
    "traceparent-retry-go1.25",
    "otel-slow-go1.27",
    "datadog-lock-go1.25",
    "datadog-pool-go1.27",
];

#[test]
fn every_join_is_right_and_hardly_one_is_missing() {
    for name in ALL {
        let found = session(&[zip(name)]);
        let [joined, parents, could] = right(name, &found);
        assert!(parents * 100 >= could * 99, "{name}: {parents} of {could} have their parent");
        assert_eq!(found.requests.len(), 30, "{name}");
        assert!(found.requests.iter().all(|request| request.services.len() == 3), "{name}");
        let records = found.spans.iter().filter(|span| span.record.is_some()).count();
        assert!(joined * 100 >= records * 99, "{name}: {joined} of {records} are joined");
        let mut names: Vec<&str> = found.services.iter().map(|service| service.name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["backend", "frontend", "store"], "{name}");
        let methods: Vec<Method> = found.services.iter().map(|service| service.clock.method).collect();
        assert_eq!(methods, [Method::Reference, Method::SameBoot, Method::SameBoot], "{name}");
    }
}

#[test]
fn without_ids_and_spans_calls_are_joined_by_their_connections() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = unpack("otel-slow-go1.27", folder.path());
    let spans = files.iter().find(|file| file.extension().is_some_and(|extension| extension == "jsonl"));
    fs::remove_file(spans.expect("spans")).expect("removed");
    let found = session(&[folder.path().to_owned()]);
    let [_, parents, could] = right("otel-slow-go1.27", &found);
    assert_eq!((parents, could), (120, 120));
    assert!(found.spans.iter().any(|span| span.by == Some(JoinBy::Connection)));
    let found = json(&["report", folder.path().to_str().expect("a name")]);
    let first = &found["parts"][0];
    let told = (first["service"].as_str(), first["place"]["function"].as_str());
    assert_eq!(told, (Some("store"), Some("main.slowQuery")), "{}", found["sentence"]);
}

#[test]
fn programs_that_trace_nothing_have_requests_by_their_connections() {
    let found = session(&[zip("none-lock-go1.27")]);
    assert_eq!(found.requests.len(), 30);
    assert!(found.requests.iter().all(|request| request.services.len() == 3));
    // Each span's parent, as all services logged them.
    let mut truth = std::collections::BTreeMap::new();
    for trace in found.services.iter().filter_map(|service| service.trace.as_ref()) {
        for log in trace.all_logs().iter().filter(|log| trace.str(log.category) == "truth") {
            let (own, parent) = trace.str(log.message).split_once(' ').expect("two ids");
            truth.insert(u64::from_str_radix(own, 16).expect("hex"), u64::from_str_radix(parent, 16).expect("hex"));
        }
    }
    let mut right = 0;
    for (at, span) in (0..).zip(&found.spans) {
        let Some((_, call)) = logged(&found, at).filter(|(_, parent)| *parent != 0) else { continue };
        let calling = span.parent.and_then(|call| found.spans.get(call as usize)).expect("a call");
        let (caller, _) = logged(&found, calling.parent.expect("a request")).expect("its ids");
        assert_eq!(truth.get(&call), Some(&caller), "{span:?}");
        right += 1;
    }
    assert_eq!(right, 60);
    let file = zip("none-lock-go1.27");
    let file = file.to_str().expect("a name");
    for command in ["report", "why"] {
        let found = json(&[command, file]);
        let first = &found["parts"][0];
        let told = (first["service"].as_str(), first["place"]["function"].as_str());
        assert_eq!(told, (Some("backend"), Some("main.refreshPrices")), "{command}: {}", found["sentence"]);
    }
}

fn json(arguments: &[&str]) -> Value {
    let output = run::tracelane(&[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn report_and_why_name_the_service_and_the_line_first() {
    // What the service waits in or does is the function; what a finding blames may be another one.
    for (name, service, function, culprit) in [
        ("traceparent-lock-go1.27", "backend", "main.refreshPrices", "main.refreshPrices"),
        ("datadog-lock-go1.25", "backend", "main.refreshPrices", "main.refreshPrices"),
        ("traceparent-retry-go1.25", "backend", "main.recalculate", "main.recalculate"),
        ("otel-slow-go1.27", "store", "main.slowQuery", "main.slowQuery"),
        // The frontend's requests wait for its only connection.
        ("datadog-pool-go1.27", "frontend", "main.fetch", "main.fetch"),
    ] {
        let file = zip(name);
        let file = file.to_str().expect("a name");
        for command in ["report", "why"] {
            let found = json(&[command, file]);
            let first = &found["parts"][0];
            let told = (first["service"].as_str(), first["place"]["function"].as_str());
            assert_eq!(told, (Some(service), Some(function)), "{name} {command}: {}", found["sentence"]);
            assert!(found["sentence"].as_str().is_some_and(|text| text.contains(service)), "{}", found["sentence"]);
            if command == "report" {
                let first = &found["findings"][0];
                let place = (first["service"].as_str(), first["place"]["function"].as_str());
                assert_eq!(place, (Some(service), Some(culprit)), "{name}: {first}");
                assert!(first["place"]["line"].as_u64().is_some_and(|line| line > 0), "{name}: {first}");
            }
            let sum: u64 =
                found["parts"].as_array().into_iter().flatten().filter_map(|part| part["total_ns"].as_u64()).sum();
            assert_eq!(Some(sum), found["total_ns"].as_u64(), "{name} {command}: adds up exactly");
        }
    }
}

#[test]
fn a_report_says_what_requests_wait_for_not_only_what_is_done_meanwhile() {
    let sentence = |name: &str| {
        let file = zip(name);
        let found = json(&["report", file.to_str().expect("a name")]);
        found["sentence"].as_str().expect("a sentence").to_owned()
    };
    for name in ["traceparent-lock-go1.27", "datadog-lock-go1.25"] {
        let said = sentence(name);
        let lock = "waiting in sync.(*Mutex).Lock at main.lookUpPrice (main.go:190); the lock was held by a goroutine \
                    sleeping at main.refreshPrices (main.go:183).";
        assert!(said.ends_with(lock), "{said}");
    }
    let said = sentence("otel-slow-go1.27");
    assert!(said.ends_with("in GET /stock: sleeping at main.slowQuery (main.go:230)."), "{said}");
    let said = sentence("datadog-pool-go1.27");
    assert!(said.contains("waiting for a connection of a pool at main.fetch (main.go:317)"), "{said}");
    // Whose lock it is stands beside what its holder did.
    let file = zip("traceparent-lock-go1.27");
    let found = json(&["report", file.to_str().expect("a name")]);
    let first = &found["parts"][0];
    assert_eq!(first["waited_in"], "sync.(*Mutex).Lock at main.lookUpPrice (main.go:190)", "{first}");
    assert_eq!(first["is_lock_held"], true, "{first}");
}

#[test]
fn sessions_are_compared_by_request_service_and_call() {
    let [lock, slow] = ["traceparent-lock-go1.27", "otel-slow-go1.27"].map(zip);
    let [lock, slow] = [&lock, &slow].map(|file| file.to_str().expect("a name"));
    let found = json(&["compare", lock, slow]);
    let row = |kind: &str, name: &str| {
        let rows = found["changes"].as_array().expect("rows");
        rows.iter().find(|row| row["kind"] == kind && row["name"] == name).unwrap_or_else(|| panic!("{kind} {name}"))
    };
    assert_eq!(row("request", "frontend GET /buy")["a"]["count"], 30);
    let faster = row("self_time", "backend");
    assert_eq!(faster["significant"], true, "{faster}");
    assert!(faster["a"]["p50_ns"].as_f64() > faster["b"]["p50_ns"].as_f64(), "{faster}");
    let slower = row("call", "backend → store GET /stock");
    assert_eq!((&slower["significant"], &slower["b"]["count"]), (&true.into(), &30.into()), "{slower}");
    let itself = json(&["compare", lock, lock]);
    let rows = itself["changes"].as_array().expect("rows");
    assert!(rows.iter().all(|row| row["significant"] == false), "{itself}");
    let trace = fixtures::data().join("real/guessnumber-bug-go1.27.trace");
    let mixed = run::tracelane(&["compare", lock, trace.to_str().expect("a name")]);
    assert_eq!(mixed.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&mixed.stderr).contains("compared with sessions only"));
}

#[test]
fn the_json_of_a_session_has_what_is_documented() {
    let file = zip("otel-slow-go1.27");
    let found = json(&["session", file.to_str().expect("a name"), "--limit", "2"]);
    assert_eq!((&found["schema"], &found["version"]), (&"tracelane.session".into(), &1.into()));
    let service = &found["services"][1];
    for field in ["name", "file"] {
        assert!(service[field].is_string(), "{service}");
    }
    assert_eq!(service["clock"]["method"], "same_boot");
    assert!(service["clock"]["offset_ns"].is_i64() && service["clock"]["error_ns"] == 64, "{service}");
    let request = &found["requests"][0];
    assert!(request["id"].is_string() && request["start_ns"].is_u64() && request["duration_ns"].is_u64(), "{request}");
    let span = &request["spans"][0];
    assert!(span["goroutine"].is_u64() && span["task"].is_u64(), "{span}");
    assert_eq!(span["join"], serde_json::json!({"by": "name_and_time", "confidence": "high"}));
    assert_eq!((&found["joined"], &found["ambiguous"], &found["unjoined"]), (&150.into(), &0.into(), &0.into()));
    let id = request["id"].as_str().expect("an id");
    let why = json(&["why", file.to_str().expect("a name"), "--request", &id[..12]]);
    assert_eq!((&why["request"]["id"], &why["total_ns"]), (&request["id"], &request["duration_ns"]));
}

#[test]
fn a_saved_session_opens_again_and_finds_what_was_moved() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name);
    let unpacked = unpack("traceparent-lock-go1.27", folder.path());
    let file = path("shop.json");
    let text = |path: &Path| path.to_str().expect("a name").to_owned();
    let named = format!("shop={}", text(&unpacked[1]));
    let saved = run::tracelane(&["session", &text(&unpacked[0]), &named, "-o", &text(&file)]);
    assert_eq!(saved.status.code(), Some(0), "{}", String::from_utf8_lossy(&saved.stderr));
    let content: Value = serde_json::from_slice(&fs::read(&file).expect("it was saved")).expect("JSON");
    assert_eq!(
        (&content["members"][0]["file"], &content["members"][1]["name"]),
        (&"backend.trace".into(), &"shop".into())
    );
    let again = run::tracelane(&["session", &text(&unpacked[0]), "-o", &text(&file)]);
    assert_eq!(again.status.code(), Some(1), "it is there already");
    assert!(run::tracelane(&["session", &text(&file), "-o", &text(&unpacked[0]), "--force"]).status.code() == Some(1));
    fs::rename(&unpacked[1], path("elsewhere.trace")).expect("moved");
    let found = json(&["session", &text(&file)]);
    let names: Vec<&str> =
        found["services"].as_array().into_iter().flatten().filter_map(|of| of["name"].as_str()).collect();
    assert_eq!(names, ["backend", "shop"]);
    fs::remove_file(path("elsewhere.trace")).expect("removed");
    let partial = run::tracelane(&["session", &text(&file), "--json"]);
    assert_eq!(partial.status.code(), Some(3));
    let partial: Value = serde_json::from_slice(&partial.stdout).expect("JSON");
    assert_eq!(partial["partial"], true);
}

/// The members of a session as files, by name.
pub(crate) fn unpack(name: &str, folder: &Path) -> Vec<PathBuf> {
    let limits = tracelane::remote::limits();
    let members = trace_core::input::archive::files(&zip(name), limits).expect("a zip");
    let unpack = |member: PathBuf| {
        let mut source = trace_core::input::source::Source::open(&member).expect("a member");
        let to = folder.join(member.file_name().expect("a name"));
        let mut file = fs::File::create(&to).expect("a file");
        std::io::copy(&mut source.reader, &mut file).expect("copied");
        to
    };
    members.into_iter().map(unpack).collect()
}

#[test]
fn what_is_no_session_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let said = |arguments: &[&str]| {
        let output = run::tracelane(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let empty = folder.path().to_str().expect("a name").to_owned();
    assert!(said(&["session", &empty]).contains("neither a trace nor a file of spans is in it"));
    let missing = folder.path().join("none.trace");
    assert!(said(&["session", missing.to_str().expect("a name")]).contains("none.trace: "));
    let file = zip("otel-slow-go1.27");
    let unknown = said(&["why", file.to_str().expect("a name"), "--request", "nothing"]);
    assert!(unknown.contains("no request, or more than one, has an ID that begins with 'nothing'"), "{unknown}");
}

/// A server that gives one answer.
pub(crate) fn server(status: &str, body: Vec<u8>) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let answer = move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut asked = [0; 512];
        let count = stream.read(&mut asked).expect("a request");
        let is_asked = asked[..count].starts_with(b"GET /debug/pprof/trace?seconds=1 ");
        let body = if is_asked { body } else { Vec::new() };
        stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body)).expect("the client listens");
    };
    std::thread::Builder::new().name("server".to_owned()).spawn(answer).expect("a thread");
    address
}

#[test]
fn record_keeps_what_comes_and_quotes_what_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let unpacked = unpack("traceparent-lock-go1.27", folder.path());
    let trace = |at: usize| fs::read(&unpacked[at]).expect("a trace");
    let out = folder.path().join("new");
    let out = out.to_str().expect("a name");
    let front = format!("front={}", server("200 OK", trace(1)));
    let back = format!("back={}", server("200 OK", trace(0)));
    let broken = format!("broken={}", server("500 Internal Server Error", b"tracing is already enabled".to_vec()));
    let recorded = run::tracelane(&["record", "--seconds", "1", &front, &back, &broken, "-o", out]);
    let said = String::from_utf8_lossy(&recorded.stderr).into_owned();
    assert_eq!(recorded.status.code(), Some(3), "{said}");
    assert!(said.contains("broken: ") && said.contains("tracing is already enabled"), "{said}");
    assert_eq!(fs::read(format!("{out}/front.trace")).expect("it is there"), trace(1));
    let found = json(&["session", &format!("{out}/session.json")]);
    let names: Vec<&str> =
        found["services"].as_array().into_iter().flatten().filter_map(|of| of["name"].as_str()).collect();
    assert_eq!(names, ["front", "back"]);
    assert!(found["requests"].as_array().is_some_and(|requests| requests.len() == 30));
    let again = run::tracelane(&["record", "--seconds", "1", &front, "-o", out]);
    assert_eq!(again.status.code(), Some(1), "files are there");
}

/// A trace of Go 1.22 to 1.24 on a clock that is ahead by `shift` nanoseconds and runs faster by `ppm` millionths, and the way
/// back to the true time.
fn shifted(bytes: &[u8], shift: i64, ppm: i64) -> (Vec<u8>, impl Fn(i64) -> i64 + use<>) {
    let mut out = bytes[..batches::HEADER_BYTES].to_vec();
    let (mut from, mut to) = (0, 0);
    let items = batches::items(bytes);
    for item in &items {
        if let Item::Other(raw) = item
            && let Some(frequency) = frequency_of(raw)
        {
            // With fewer ticks in a second each tick is longer.
            (from, to) = (frequency, frequency - frequency * ppm / 1_000_000);
        }
    }
    let ticks = i128::from(shift) * i128::from(from) / 1_000_000_000;
    for item in items {
        match item {
            Item::Events(batch) => {
                let moved = i128::from(batch.ticks) + ticks;
                Batch { ticks: u64::try_from(moved).expect("it stays positive"), ..batch }.write(&mut out);
            }
            Item::Other(raw) if frequency_of(&raw).is_some() => {
                let mut at = 1;
                let [generation, thread, time, _] = [(); 4].map(|()| batches::uvarint(&raw, &mut at));
                let mut payload = vec![spec::FREQUENCY];
                push_uvarint(&mut payload, u64::try_from(to).expect("positive"));
                Batch { generation, thread, ticks: time, payload }.write(&mut out);
            }
            Item::Other(raw) => out.extend(raw),
        }
    }
    let back = move |time: i64| {
        let found = (i128::from(time) * i128::from(to) / 1_000_000_000 - ticks) * 1_000_000_000 / i128::from(from);
        i64::try_from(found).expect("a time")
    };
    (out, back)
}

/// The ticks in a second, of the batch that says so.
fn frequency_of(raw: &[u8]) -> Option<i64> {
    let mut at = 1;
    let is_batch = raw.first() == Some(&spec::EVENT_BATCH);
    let _ids = is_batch.then(|| [(); 4].map(|()| batches::uvarint(raw, &mut at)))?;
    (raw.get(at) == Some(&spec::FREQUENCY)).then(|| {
        at += 1;
        i64::try_from(batches::uvarint(raw, &mut at)).expect("it fits")
    })
}

#[test]
fn shifted_and_stretched_clocks_are_found_within_the_error_that_is_stated() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = unpack("traceparent-lock-go1.23", folder.path());
    let name = |file: &PathBuf| file.file_stem().expect("a name").to_string_lossy().into_owned();
    for file in files.iter().filter(|file| name(file) != "frontend") {
        let bytes = fs::read(file).expect("a trace");
        for (shift, ppm) in [3_000_000_000, -3_000_000_000].into_iter().flat_map(|shift| [(shift, 100), (shift, -100)])
        {
            let (moved, back) = shifted(&bytes, shift, ppm);
            let path = folder.path().join("moved.trace");
            fs::write(&path, moved).expect("written");
            let mut members: Vec<PathBuf> = files.iter().filter(|other| *other != file).cloned().collect();
            // The session's clock is that of the first.
            members.sort_by_key(|file| name(file) != "frontend");
            members.push(path);
            let found = session(&members);
            let service = found.services.last().expect("it");
            let trace = service.trace.as_ref().expect("its trace");
            assert_eq!(service.clock.method, Method::Pairs, "{file:?} {shift} {ppm}");
            let error = service.clock.error.expect("calls bound it");
            for part in 0..=100 {
                let time = trace.range().start.0 + trace.range().nanos() / 100 * part;
                let off = (service.clock.map.apply(time) - back(time)).abs();
                assert!(off <= error.at(time) + 64, "{file:?} {shift} {ppm} at {part} %: {off} > {}", error.at(time));
            }
            assert!(service.clock.pairs >= 20 && error.least() < 1_000_000, "{:?}", service.clock);
            assert_eq!(found.requests.len(), 40, "{file:?} {shift} {ppm}");
        }
    }
}

/// With `TRACELANE_SESSIONS` set to a folder of recordings by `gen/shop`, a folder each: no join may be wrong, with the
/// spans and without; what was joined is printed.
#[test]
#[expect(clippy::print_stdout, reason = "a table, on demand")]
fn no_join_of_another_folder_is_wrong() {
    let Some(folder) = std::env::var_os("TRACELANE_SESSIONS").map(PathBuf::from) else { return };
    let mut wrong = 0;
    let mut recordings: Vec<PathBuf> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    recordings.sort();
    for recording in recordings.iter().filter(|path| path.join("frontend.trace").exists()) {
        for spans in [&["spans.jsonl"][..], &[]] {
            let traces = ["frontend.trace", "backend.trace", "store.trace"];
            let files: Vec<PathBuf> = traces.iter().chain(spans).map(|name| recording.join(name)).collect();
            let found = session(&files);
            let (mut joined, mut parents, mut could, mut bad) = (0, 0, 0, 0);
            for (at, span) in (0..).zip(&found.spans) {
                let Some((own, parent)) = logged(&found, at) else { continue };
                if span.record.is_some() {
                    joined += 1;
                    bad += usize::from(span.ids.1.map(|id| id.0) != Some(own));
                }
                could += usize::from(parent != 0);
                if let Some((above, _)) = span.parent.and_then(|above| logged(&found, above)) {
                    parents += 1;
                    bad += usize::from(above != parent);
                }
            }
            wrong += bad;
            let name = recording.file_name().expect("a name").to_string_lossy().into_owned();
            let tally = (found.tasks.ambiguous + found.served.ambiguous, found.tasks.unjoined + found.served.unjoined);
            println!(
                "{name} {}: joined {joined}, parents {parents} of {could}, wrong {bad}, ambiguous {}, not joined {}",
                if spans.is_empty() { "without spans" } else { "with spans" },
                tally.0,
                tally.1
            );
        }
    }
    assert_eq!(wrong, 0);
}

/// With `TRACELANE_GO` set to the root of a Go distribution (1.25 or newer).
#[test]
fn go_tests_the_package_for_programs() {
    let Some(go_root) = std::env::var_os("TRACELANE_GO").map(PathBuf::from) else { return };
    let output = std::process::Command::new(go_root.join("bin/go"))
        .args(["test", "."])
        .current_dir(fixtures::data().join("../../assets/go/reqtrace"))
        .env("GOROOT", &go_root)
        .env("GOTOOLCHAIN", "local")
        .env("GOPROXY", "off")
        .output()
        .expect("go starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
