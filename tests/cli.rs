//! The program as a user runs it: output, exit codes, pipes, no display.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::fixtures;
use crate::run;

fn fixture(name: &str) -> String {
    fixtures::data().join(name).to_string_lossy().into_owned()
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn stats(name: &str) -> Value {
    let output = run::tracelane(&["stats", &fixture(name), "--json"]);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{name}: {error}: {}", stderr(&output)))
}

#[test]
fn stats_json_has_the_promised_fields() {
    let name = "real/guessnumber-bug-go1.27.trace";
    let json = stats(name);
    let file_bytes = fs::metadata(fixture(name)).expect("the fixture").len();
    assert_eq!(json["file_bytes"], file_bytes);
    assert_eq!(json["version"], 26, "Go 1.27 writes the format of 1.26");
    assert_eq!(json["complete"], true);
    for count in ["generations", "events", "goroutines", "procs", "threads", "duration_ns"] {
        assert!(json[count].as_u64().is_some_and(|count| count > 0), "{count}: {}", json[count]);
    }
    let kinds = json["events_by_kind"].as_object().expect("an object");
    let sum: u64 = kinds.values().filter_map(Value::as_u64).sum();
    assert_eq!(Some(sum), json["events"].as_u64());
    assert!(kinds.contains_key("GoUnblock"), "{kinds:?}");
    assert!(json["start"].as_str().is_some_and(|start| start.starts_with("2026-")), "{}", json["start"]);
    assert_eq!(json["warnings"], Value::Array(Vec::new()));
    assert_eq!(json["load"]["events"], json["events"]);
    assert!(json["load"]["wall_s"].as_f64().is_some_and(|seconds| seconds > 0.0));
    assert!(json["load"]["events_per_s"].as_f64().is_some_and(|rate| rate > 0.0));
    if cfg!(target_os = "linux") {
        assert!(json["load"]["peak_rss_bytes"].as_u64().is_some_and(|bytes| bytes > file_bytes));
    }
}

#[test]
fn a_trace_that_was_kept_tells_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, cache) = (folder.path().join("long.trace"), folder.path().join("cache"));
    fs::write(&file, trace_core::testkit::scenes::many_goroutines(2, 700_000)).expect("written");
    let an_hour_ago = std::time::SystemTime::now() - std::time::Duration::from_hours(1);
    fs::File::options().write(true).open(&file).and_then(|file| file.set_modified(an_hour_ago)).expect("its time");
    let stats = |option: &str| {
        let mut command = run::command(&["stats", "--json", option]);
        command.arg(&file).env("TRACELANE_CACHE_DIR", &cache);
        let output = command.output().expect("it runs");
        let mut json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let load = json["load"].take();
        let from_cache = load["from_cache"].as_bool().expect("it says so");
        (from_cache, json)
    };
    let (from_cache, told) = stats("--no-cache");
    assert!(!from_cache && !cache.exists(), "nothing is kept unless asked for");
    assert_eq!(stats("--keep"), (false, told.clone()));
    assert_eq!(stats("--keep"), (true, told.clone()));
    assert_eq!(stats("--no-cache"), (false, told));
}

#[test]
fn it_is_said_why_a_model_was_not_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("long.trace");
    fs::write(&file, trace_core::testkit::scenes::many_goroutines(2, 700_000)).expect("written");
    let keep = |file: &Path| {
        let mut command = run::command(&["stats", "--keep"]);
        command.arg(file).env("TRACELANE_CACHE_DIR", folder.path().join("cache"));
        let output = command.output().expect("it runs");
        assert_eq!(output.status.code(), Some(0));
        stderr(&output)
    };
    fs::File::options().write(true).open(&file).and_then(|file| file.set_modified(later())).expect("its time");
    assert!(keep(&file).contains("not cached: the file was changed less than 2 s ago"), "{}", keep(&file));
    let small = keep(Path::new(&fixture("real/workers-go1.27.trace")));
    assert!(small.contains("not cached: files smaller than 8 MB"), "{small}");
}

/// A time so far ahead that a file of then is fresh however slowly tests run.
fn later() -> std::time::SystemTime {
    std::time::SystemTime::now() + std::time::Duration::from_hours(1)
}

#[test]
fn stats_json_names_damage_and_where_it_is() {
    let name = "broken/cut-mid-batch-go1.27.trace";
    let json = stats(name);
    let warnings = json["warnings"].as_array().expect("a list");
    assert!(!warnings.is_empty());
    for warning in warnings {
        assert!(warning["kind"].is_string() && warning["message"].is_string(), "{warning}");
        assert!(warning["offset"].is_u64() && warning["generation"].is_u64() && warning["count"].is_u64(), "{warning}");
    }
}

#[test]
fn traces_without_a_wall_clock_say_so() {
    assert_eq!(stats("real/workers-go1.22.trace")["start"], Value::Null);
}

#[test]
fn exit_codes_are_as_documented() {
    let sound = fixture("real/workers-go1.22.trace");
    let damaged = fixture("broken/cut-mid-batch-go1.27.trace");
    let text = fixture("broken/no-trace-log.trace");
    for (code, arguments) in [
        (0, vec!["--help"]),
        (0, vec!["--version"]),
        (0, vec!["help", "stats"]),
        (0, vec!["stats", "--help"]),
        (0, vec!["help"]),
        (0, vec!["man"]),
        (0, vec!["completions", "bash"]),
        (2, vec!["help", "frob"]),
        (2, vec!["man", "frob"]),
        (0, vec!["stats", &sound]),
        (0, vec!["dump", &sound]),
        (1, vec!["stats", "no such file"]),
        (1, vec!["stats", "."]),
        (1, vec!["stats", &text]),
        (1, vec!["dump", &text]),
        (1, vec!["screenshot", &text, "-o", "never-written.png"]),
        (1, vec!["screenshot", &sound, "-o", "no such folder/x.png"]),
        (2, vec!["screenshot", &sound, "-o", "never-written.png", "--select", "g4711"]),
        (2, vec!["--frob"]),
        (2, vec!["stats"]),
        (2, vec!["stats", &sound, &sound]),
        (2, vec!["screenshot", &sound]),
        (3, vec!["stats", &damaged]),
        (3, vec!["stats", "--json", &damaged]),
    ] {
        let output = run::tracelane(&arguments);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
        let complains = !output.stderr.is_empty();
        assert_eq!(complains, code == 1 || code == 2, "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn refusals_are_one_sentence_with_a_cure() {
    let output = run::tracelane(&["stats", &fixture("broken/no-trace-log.trace")]);
    let complaint = stderr(&output);
    assert_eq!(complaint.lines().count(), 1, "{complaint}");
    assert!(complaint.contains("no-trace-log.trace") && complaint.contains("text"), "{complaint}");
    let output = run::tracelane(&["stats", "--jsonn", "x"]);
    assert!(stderr(&output).contains("see tracelane --help"), "{}", stderr(&output));
}

#[test]
fn misspelt_commands_and_options_are_named_and_the_right_ones_suggested() {
    let file = fixture("real/workers-go1.22.trace");
    for (arguments, suggestion) in [
        (&["statz", &file][..], "did you mean stats?"),
        (&["Report", &file], "did you mean report?"),
        (&["help", "gorutines"], "did you mean goroutines?"),
        (&["blocked", &file, "--jsom"], "did you mean --json?"),
        (&["goroutines", &file, "--sort", "counts"], "did you mean count?"),
    ] {
        let output = run::tracelane(arguments);
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{arguments:?}");
        assert!(stderr(&output).contains(suggestion), "{arguments:?}: {}", stderr(&output));
    }
}

#[test]
fn messages_about_arguments_name_no_password() {
    let address = "http://user:hunter2@127.0.0.1:1/trace?token=hunter2";
    for arguments in [
        &["stats", address, address][..],
        &["stats", "x", "--frob", address],
        &["blocked", "x", "--goroutine", address],
        &["help", address],
        &["completions", address],
    ] {
        let output = run::tracelane(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(!stderr(&output).contains("hunter2"), "{arguments:?}: {}", stderr(&output));
        assert_eq!(stderr(&output).lines().count(), 1, "{arguments:?}: {}", stderr(&output));
    }
}

/// The commands that `tracelane --help` lists for traces.
fn listed_commands() -> Vec<String> {
    let overview = stdout(&run::tracelane(&["--help"]));
    let commands = overview.lines().filter_map(|line| line.strip_prefix("  tracelane "));
    let names = commands.filter_map(|rest| rest.split(' ').next());
    let is_command = |name: &&str| name.chars().all(|letter| letter.is_ascii_lowercase());
    let others = ["export", "cut", "dump", "screenshot", "record", "mcp", "help", "completions", "man"];
    names.filter(is_command).filter(|name| !others.contains(name)).map(str::to_owned).collect()
}

#[test]
fn every_command_of_the_overview_prints_json() {
    let file = fixture("real/workers-go1.27.trace");
    let commands = listed_commands();
    assert!(commands.len() > 15, "{commands:?}");
    // A query prints an array: see sql.rs.
    for command in commands.into_iter().filter(|command| command != "query") {
        let files = if command == "compare" { vec![file.as_str(); 2] } else { vec![file.as_str()] };
        let json = |form: &[&str]| {
            let output = run::tracelane(&[&[command.as_str()], &files[..], form].concat());
            assert_eq!(output.status.code(), Some(0), "{command}: {}", stderr(&output));
            let mut json: Value =
                serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{command}: {error}"));
            json["load"] = Value::Null;
            json
        };
        assert_eq!(json(&["--format", "json"]), json(&["--json"]), "{command}");
    }
}

#[test]
fn help_is_there_at_every_level_without_escapes() {
    for name in listed_commands().iter().map(String::as_str).chain([
        "export",
        "cut",
        "dump",
        "screenshot",
        "record",
        "mcp",
        "completions",
        "man",
    ]) {
        let help = run::tracelane(&["help", name]);
        let text = stdout(&help);
        assert_eq!((help.status.code(), stderr(&help).as_str()), (Some(0), ""), "{name}");
        assert!(text.contains(&format!("Usage: tracelane {name}")), "{name}: {text}");
        assert!(!text.contains('\u{1b}'), "{name}: {text}");
        assert_eq!(stdout(&run::tracelane(&[name, "--help"])), text, "{name}");
        let short = stdout(&run::tracelane(&[name, "-h"]));
        assert!(short.contains(&format!("Usage: tracelane {name}")) && short.len() <= text.len(), "{name}: {short}");
        let page = stdout(&run::tracelane(&["man", name]));
        assert!(page.contains(".TH") && page.contains(name), "{name}: {page}");
    }
    let overview = stdout(&run::tracelane(&["--help"]));
    assert_eq!((stdout(&run::tracelane(&["help"])), stdout(&run::tracelane(&["-h"]))), (overview.clone(), overview));
    assert!(stdout(&run::tracelane(&["help", "analyses"])).starts_with("How analyses count"));
}

#[test]
fn help_says_of_each_field_of_the_json_what_it_is_once() {
    let mut fields = 0;
    for name in listed_commands().iter().map(String::as_str).chain(["session"]) {
        let help = stdout(&run::tracelane(&["help", name]));
        let Some((_, json)) = help.split_once("one JSON object") else { continue };
        let is_field = |line: &&str| line.starts_with("  ") && !line.trim_start().starts_with(char::is_uppercase);
        let lines: Vec<&str> =
            json.lines().skip(1).take_while(|line| !line.starts_with("With ")).filter(is_field).collect();
        for line in &lines {
            assert!(line.contains(": "), "{name}: {line}");
            fields += 1;
        }
        let mut top: Vec<&str> = lines
            .iter()
            .take_while(|line| !line.contains("list: "))
            .filter_map(|line| line.split_whitespace().next())
            .collect();
        let all = top.len();
        top.sort_unstable();
        top.dedup();
        assert_eq!(top.len(), all, "{name}: {lines:#?}");
    }
    assert!(fields > 300, "{fields}");
}

#[test]
fn the_overview_says_of_each_command_what_it_alone_does() {
    let overview = stdout(&run::tracelane(&["--help"]));
    let lines: Vec<(&str, &str)> = overview
        .lines()
        .filter_map(|line| line.strip_prefix("  tracelane ")?.split_once("  "))
        .map(|(usage, about)| (usage, about.trim()))
        .collect();
    assert!(lines.len() > 25, "{overview}");
    for (usage, about) in &lines {
        let same: Vec<&str> = lines.iter().filter(|line| line.1 == *about).map(|line| line.0).collect();
        assert_eq!(same, [*usage], "{about}");
    }
    assert!(
        lines
            .contains(&("blocked FILE", "Show where goroutines wait, and what the goroutines that unblocked them did")),
        "{lines:#?}"
    );
}

#[test]
fn a_closed_pipe_ends_the_dump_quietly() {
    let file = fixture("real/manygoroutines-go1.27.trace");
    let mut child = run::command(&["dump", &file])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut first = [0; 100];
    let mut pipe = child.stdout.take().expect("a pipe");
    pipe.read_exact(&mut first).expect("some output");
    drop(pipe);
    let output = child.wait_with_output().expect("it ends");
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
    assert!(first.starts_with(b"M=-1 P=-1 G=-1 Sync "), "{}", String::from_utf8_lossy(&first));
}

#[test]
fn without_a_display_the_window_command_gives_a_summary() {
    let output = run::tracelane(&[&fixture("real/workers-go1.22.trace")]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(text.contains("there is no display"), "{text}");
    assert!(text.contains("workers-go1.22.trace") && text.contains("Go 1.22"), "{text}");
    for command in ["tracelane dump", "tracelane stats", "tracelane screenshot"] {
        assert!(text.contains(command), "{text}");
    }
}

#[test]
fn without_a_display_and_a_file_it_is_the_sample() {
    let output = run::tracelane(&[]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(text.contains("sample") && text.contains("goroutines"), "{text}");
}

#[test]
fn without_a_display_an_unreadable_file_is_still_unreadable() {
    let output = run::tracelane(&["no such file"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no such file"), "{}", stderr(&output));
}

#[test]
fn screenshots_have_the_size_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("x.png");
    let out_text = out.to_string_lossy();
    let sound = fixture("real/workers-go1.22.trace");
    for (arguments, size) in [
        (vec!["screenshot", &sound, "-o", &out_text, "--size", "800x500"], (800, 500)),
        (vec!["screenshot", &sound, "-o", &out_text, "--size", "640x480", "--scale", "2"], (1280, 960)),
        (vec!["screenshot", "--welcome", "-o", &out_text, "--theme", "light"], (1600, 1000)),
    ] {
        let output = run::tracelane(&[&arguments[..], &["--force"]].concat());
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""), "{arguments:?}");
        let file = std::io::BufReader::new(fs::File::open(&out).expect("the picture"));
        let reader = png::Decoder::new(file).read_info().expect("a PNG");
        assert_eq!((reader.info().width, reader.info().height), size, "{arguments:?}");
    }
}

#[test]
fn the_report_names_the_cause_and_can_fail_on_it() {
    let name = fixture("real/guessnumber-bug-go1.27.trace");
    let output = run::tracelane(&["report", &name, "--json", "--fail-on", "severe"]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let first = &report["findings"][0];
    assert_eq!(first["severity"], "severe", "{first}");
    assert_eq!(first["culprit"]["function"], "main.sendReport", "{first}");
    assert!(first["culprit"]["line"].as_u64().is_some_and(|line| line > 0), "{first}");
    for list in ["victims", "links"] {
        assert!(first[list].as_array().is_some_and(|list| !list.is_empty()), "{list}: {first}");
    }
    assert!(first["culprit"]["stack"].as_array().is_some_and(|stack| stack.len() > 1), "{first}");
    assert!(first["time_lost_ns"].as_u64().is_some_and(|nanos| nanos > 0), "{first}");
    assert!(first["evidence"]["wait_total_ns"].as_u64().is_some_and(|nanos| nanos > 0), "{first}");
    let duration = report["summary"]["duration_ns"].as_i64().expect("a number");
    for link in first["links"].as_array().expect("links") {
        let (start, end) = (link["start_ns"].as_i64(), link["end_ns"].as_i64());
        assert!(start.is_some_and(|start| start >= 0) && end.is_some_and(|end| end <= duration), "{link}");
    }
    for form in [&[][..], &["--md"][..]] {
        let output = run::tracelane(&[&["report", &name], form].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stdout(&output).contains("main.sendReport"), "{}", stdout(&output));
    }
}

#[test]
fn the_report_on_a_fixed_program_is_quiet() {
    let name = fixture("real/guessnumber-fixed-go1.27.trace");
    let output = run::tracelane(&["report", &name, "--fail-on", "warning"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).contains("No problems found"), "{}", stdout(&output));
}

#[test]
fn the_report_on_a_damaged_trace_says_so_and_has_the_code_for_it() {
    let output = run::tracelane(&["report", &fixture("broken/cut-mid-batch-go1.27.trace"), "--json"]);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let kinds: Vec<_> = report["findings"].as_array().expect("a list").iter().map(|found| &found["kind"]).collect();
    assert!(kinds.contains(&&Value::from("trace_damage")), "{kinds:?}");
}

#[test]
fn blocked_says_who_kept_whom_waiting_and_its_parts_add_up() {
    let name = fixture("real/guessnumber-bug-go1.27.trace");
    let output = run::tracelane(&["blocked", &name, "--json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let waits = report["waits"].as_array().expect("a list");
    for wait in waits {
        let nanos = |value: &Value| value.as_u64().expect("nanoseconds");
        let parts: u64 = wait["meanwhile"].as_array().expect("parts").iter().map(|part| nanos(&part["total_ns"])).sum();
        assert_eq!(parts + nanos(&wait["others_ns"]), nanos(&wait["examined_ns"]), "{wait}");
        assert!(nanos(&wait["examined_ns"]) <= nanos(&wait["ended_by_goroutines_ns"]), "{wait}");
        assert!(nanos(&wait["ended_by_goroutines_ns"]) <= nanos(&wait["total_ns"]), "{wait}");
        assert!(nanos(&wait["max_ns"]) <= nanos(&wait["total_ns"]), "{wait}");
    }
    let lock = waits.iter().find(|wait| wait["on"] == "sync.(*Mutex).Lock").expect("the lock");
    assert_eq!(lock["meanwhile"][0]["place"]["function"], "main.sendReport", "{lock}");
    let output = run::tracelane(&["blocked", &name]);
    assert!(stdout(&output).contains("main.sendReport"), "{}", stdout(&output));
}

#[test]
fn goroutines_and_profiles_are_told_by_scope() {
    let name = fixture("real/httpserver-go1.27.trace");
    let json = |arguments: &[&str]| -> Value {
        let output = run::tracelane(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).expect("JSON")
    };
    let all = json(&["goroutines", &name, "--json"]);
    let one = json(&["goroutines", &name, "--json", "--function", "main.main", "--range", "..5ms"]);
    assert_eq!((one["goroutines"].as_u64(), one["each"].as_array().map(Vec::len)), (Some(1), Some(1)));
    assert_eq!(one["all"]["times"]["total_ns"], 5_000_000);
    assert!(all["goroutines"].as_u64() > Some(50) && all["each"].as_array().is_some_and(Vec::is_empty));
    let profile = json(&["profile", &name, "--kind", "sync", "--json"]);
    assert_eq!((profile["count"].as_u64(), profile["total_ns"].as_u64()), (Some(255), Some(84_890_567)));
    let folded = stdout(&run::tracelane(&["profile", &name, "--kind", "sync", "--folded"]));
    let sums = folded.lines().filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok());
    assert_eq!(Some(sums.sum()), profile["total_ns"].as_u64());
    for wrong in [&["profile", &name, "--region", "none"][..], &["goroutines", &name, "--task", "none"]] {
        assert_eq!(run::tracelane(wrong).status.code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn tasks_and_regions_are_told_by_type() {
    let name = fixture("real/tasks-go1.27.trace");
    for command in ["tasks", "regions"] {
        let output = run::tracelane(&[command, &name, "--json"]);
        let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let types = json["types"].as_array().expect("a list");
        assert!(!types.is_empty() && types.iter().all(|found| found["count"].as_u64() > Some(0)), "{command}: {json}");
        let none = stdout(&run::tracelane(&[command, &name, "--latency", "1000s.."]));
        assert!(none.starts_with(&format!("No {command} in the selected scope")), "{none}");
    }
}

#[test]
fn the_collector_is_told_in_words_and_numbers() {
    let name = fixture("real/gc-4procs-go1.27.trace");
    let json = |command: &str, options: &[&str]| -> Value {
        let output = run::tracelane(&[&[command, name.as_str(), "--json"], options].concat());
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{command}: {error}"))
    };
    let sum = |of: &Value, parts: &[&str]| parts.iter().filter_map(|part| of[part].as_u64()).sum::<u64>();
    let gc = json("gc", &[]);
    let cycles = gc["cycles"].as_array().expect("a list");
    assert_eq!(cycles.len(), 5);
    for cycle in cycles {
        let whole = cycle["duration_ns"].as_u64().expect("a number");
        assert_eq!(sum(cycle, &["setup_ns", "marking_ns", "ending_ns"]), whole);
    }
    assert_eq!((&cycles[4]["trigger"], &cycles[0]["trigger"]), (&"forced".into(), &"heap".into()));
    assert_eq!(cycles[4]["heap_after_bytes"], 2_476_920, "as the runtime told it when the world was stopped");
    let stw = json("stw", &[]);
    let stops = stw["stops"].as_array().expect("a list");
    assert_eq!(stops.len(), 11);
    for stop in stops {
        assert_eq!(Some(sum(stop, &["stopping_ns", "held_ns", "late_ns"])), stop["duration_ns"].as_u64());
    }
    let mmu = json("mmu", &["--window", "1ms", "--limit", "3"]);
    let curve = mmu["curve"].as_array().expect("a list");
    assert_eq!(curve.last().map(|place| &place["window_ns"]), Some(&mmu["duration_ns"]));
    assert_eq!(mmu["worst"].as_array().map(Vec::len), Some(3));
    assert!(mmu["worst"][0]["share"].as_f64() <= mmu["worst"][1]["share"].as_f64());
    let text = stdout(&run::tracelane(&["stw", &name, "--limit", "1"]));
    assert!(text.contains("start trace") && text.contains("(10 more; --limit"), "{text}");
    let text = stdout(&run::tracelane(&["gc", &name]));
    let forced = text.lines().find(|line| line.contains("Forced")).expect("a forced cycle");
    assert!(forced.contains("G1 ") && forced.contains("main.main"), "{text}");
    assert!(stdout(&run::tracelane(&["mmu", &name, "--per-proc"])).contains("each proc by itself"));
    let cut = run::tracelane(&["gc", &fixture("broken/cut-mid-batch-go1.27.trace"), "--json"]);
    let report: Value = serde_json::from_slice(&cut.stdout).expect("JSON");
    assert_eq!((cut.status.code(), &report["partial"]), (Some(3), &Value::Bool(true)));
}

#[test]
fn options_that_contradict_each_other_and_tables_without_rows_are_refused() {
    let file = fixture("real/workers-go1.27.trace");
    for arguments in [
        &["stats", "--keep", "--no-cache"][..],
        &["report", "--json", "--md"],
        &["tasks", "--complete", "--incomplete"],
        &["profile", "--top", "--json"],
        &["blocked", "--limit", "0"],
        &["leaks", "--limit", "0"],
        &["goroutines", "--limit", "0"],
        &["mmu", "--limit", "0"],
    ] {
        let output = run::tracelane(&[arguments, &[file.as_str()]].concat());
        assert_eq!((output.status.code(), stdout(&output).as_str()), (Some(2), ""), "{arguments:?}");
    }
    let twice = run::tracelane(&["report", "--json", "--json", &file]);
    assert_eq!(twice.status.code(), Some(0), "{}", stderr(&twice));
}

#[cfg(target_os = "linux")]
#[test]
fn a_standard_error_that_takes_nothing_changes_no_exit_code() {
    let full = || std::fs::OpenOptions::new().write(true).open("/dev/full").expect("it is there");
    for (arguments, code) in [(&["stats", "not-there"][..], 1), (&["stats", "--bogus"], 2)] {
        let status = run::command(arguments).stderr(full()).status().expect("the program starts");
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}
