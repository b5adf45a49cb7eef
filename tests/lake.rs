//! Lakes: the rows of many traces as Parquet files. What is asked of one is what is asked of its traces; nothing counts
//! twice, whatever was interrupted or overlaps.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;
use trace_core::tables::table;
use trace_core::tables::tier::{KEPT, Tier};
use trace_core::wire::v2::reader::GenerationReader;

use crate::fixtures;
use crate::run;

fn fixture(name: &str) -> PathBuf {
    fixtures::data().join("real").join(name)
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Exports with these words behind `--parquet LAKE`.
fn export(lake: &Path, words: &[&str]) -> Output {
    run::tracelane(&[&["export", "--parquet", &text(lake)], words].concat())
}

fn exported(lake: &Path, words: &[&str]) -> String {
    let output = export(lake, words);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn asked(words: &[&str]) -> Vec<Value> {
    let output = run::tracelane(&[&["query", "--format", "json"], words].concat());
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice::<Value>(&output.stdout).expect("JSON").as_array().expect("rows").clone()
}

/// The one number that a lake answers with.
fn number(lake: &Path, sql: &str) -> i64 {
    asked(&[&text(lake), sql])[0]["n"].as_i64().unwrap_or_else(|| panic!("no number: {sql}"))
}

/// All Parquet files of a table.
fn parts(lake: &Path, table: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![lake.join(table)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { found.push(entry.path()) }
        }
    }
    found
}

/// The rows of a trace's generations at these places, as a flight recorder would have written them.
fn generations(bytes: &[u8], places: std::ops::Range<usize>) -> Vec<u8> {
    let mut reader = GenerationReader::new(bytes, &mut |_, _, _| {}).expect("a trace");
    let mut borders = Vec::new();
    while let Some(generation) = reader.next_generation(&mut |_, _, _| {}).expect("readable") {
        borders.push((generation.offset as usize, generation.end_offset as usize));
    }
    let (from, to) = (borders[places.start].0, borders[places.end - 1].1);
    [&bytes[..16], &bytes[from..to]].concat()
}

#[test]
fn a_lake_answers_as_its_traces_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let lake = folder.path().join("lake");
    let traces = ["tasks-go1.27.trace", "gc-go1.21.trace", "sync-go1.27.trace"].map(|name| text(&fixture(name)));
    let traces: Vec<&str> = traces.iter().map(String::as_str).collect();
    let said = exported(&lake, &[&["--detail"], &traces[..]].concat());
    assert!(said.starts_with("3 snapshots added\n"), "{said}");
    let mut rows = 0;
    for (name, tier) in KEPT.iter().filter(|(name, _)| *name != "traces") {
        let columns: Vec<&str> = table(name).expect("a table").columns().iter().map(|column| column.name).collect();
        let columns = columns.join(", ");
        let order: Vec<String> = (1..=columns.split(", ").count()).map(|at| at.to_string()).collect();
        let sql = format!("SELECT {columns} FROM {name} ORDER BY {}", order.join(", "));
        let of_traces = asked(&[&traces[..], &[&sql]].concat());
        assert_eq!(asked(&[&text(&lake), &sql]), of_traces, "{name}");
        assert!(*tier == Tier::Detail || !parts(&lake, name).is_empty() || of_traces.is_empty(), "{name}");
        rows += of_traces.len();
    }
    assert!(rows > 1_000);
    let sql = "SELECT file, format, duration_ns, counted_ns, bytes, events, procs FROM traces ORDER BY bytes";
    let mut of_traces = asked(&[&traces[..], &[sql]].concat());
    // A lake has whole paths.
    for row in &mut of_traces {
        let file = std::path::absolute(row["file"].as_str().expect("a file")).expect("a path");
        row["file"] = text(&file).into();
    }
    assert_eq!(asked(&[&text(&lake), sql]), of_traces);
    // Joins go by the snapshot, as they go by the file in several traces.
    let sql = "SELECT t.format, count(*) AS n, sum(s.depth) AS depth FROM spans JOIN stacks s USING (stack_id, trace_id) \
               JOIN traces t USING (trace_id) GROUP BY t.format, t.bytes ORDER BY t.bytes";
    assert_eq!(asked(&[&text(&lake), sql]), asked(&[&traces[..], &[sql]].concat()));
}

#[test]
fn every_table_of_the_tier_has_a_file_even_without_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let of = |tier: Tier| move |(name, own): &(&'static str, Tier)| (*own <= tier).then_some(*name);
    for (tier, words) in [(Tier::Summary, &[][..]), (Tier::Detail, &["--detail"])] {
        let lake = folder.path().join(format!("{tier:?}"));
        // It has no warnings.
        let trace = text(&fixture("workers-go1.27.trace"));
        exported(&lake, &[words, &[&trace]].concat());
        let files: Vec<usize> = KEPT.iter().filter_map(of(tier)).map(|name| parts(&lake, name).len()).collect();
        assert_eq!(files, vec![1; files.len()], "{tier:?}");
        assert_eq!(number(&lake, "SELECT count(*) AS n FROM warnings"), 0);
        // Those of more snapshots add none.
        exported(&lake, &[words, &[&text(&fixture("sync-go1.27.trace"))]].concat());
        assert_eq!(parts(&lake, "warnings").len(), 1);
        assert_eq!(parts(&lake, "traces").len(), 2);
    }
}

#[test]
fn what_is_there_is_passed_over_and_what_cannot_be_read_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let (lake, traces) = (folder.path().join("lake"), folder.path().join("traces"));
    fs::create_dir_all(traces.join("service=cart/host=web-3")).expect("made");
    let trace = fs::read(fixture("workers-go1.27.trace")).expect("a trace");
    fs::write(traces.join("service=cart/host=web-3/a.trace"), &trace).expect("written");
    fs::write(traces.join("the-same.trace"), &trace).expect("written");
    fs::write(traces.join("text.trace"), "no trace at all").expect("written");
    fs::write(traces.join("notes.txt"), "not even called one").expect("written");
    let first = export(&lake, &[&text(&traces)]);
    assert_eq!(first.status.code(), Some(3));
    let (said, warned) = (String::from_utf8_lossy(&first.stdout), String::from_utf8_lossy(&first.stderr));
    assert!(said.starts_with("2 snapshots added, 1 of them with problems; 1 snapshot there already\n"), "{said}");
    assert!(warned.contains("text.trace: ") && !warned.contains("notes.txt"), "{warned}");
    let bad = asked(&[&text(&lake), "SELECT file, events, bytes, problem FROM traces WHERE problem IS NOT NULL"]);
    assert_eq!(bad.len(), 1);
    assert!(bad[0]["file"].as_str().expect("a file").ends_with("text.trace"));
    assert_eq!((bad[0]["bytes"].as_i64(), bad[0]["events"].is_null()), (Some(15), true));
    let good = asked(&[&text(&lake), "SELECT service, host, hash FROM traces WHERE problem IS NULL"]);
    assert_eq!((good[0]["service"].as_str(), good[0]["host"].as_str()), (Some("cart"), Some("web-3")));
    assert_eq!(good[0]["hash"].as_str().map(str::len), Some(32));
    let files = KEPT.map(|(name, _)| parts(&lake, name));
    assert_eq!(exported(&lake, &[&text(&traces)]), "0 snapshots added; 3 snapshots there already\n");
    assert_eq!(KEPT.map(|(name, _)| parts(&lake, name)), files);
    assert!(fs::read_dir(lake.join("_writing")).expect("there").next().is_none());
}

#[test]
fn what_was_interrupted_leaves_no_rows_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let lake = folder.path().join("lake");
    let (first, second) = (text(&fixture("workers-go1.27.trace")), text(&fixture("sync-go1.27.trace")));
    exported(&lake, &["--service", "a b", &first]);
    let rows = number(&lake, "SELECT count(*) AS n FROM wait_sites");
    // As if it had stopped just before the last file of the part.
    let part = parts(&lake, "traces").pop().expect("a part");
    let name = part.file_stem().expect("a name").to_owned();
    let partition = part.parent().expect("a folder").strip_prefix(lake.join("traces")).expect("below it").to_owned();
    fs::remove_file(&part).expect("removed");
    fs::write(lake.join("_writing").join(&name), partition.as_os_str().as_encoded_bytes()).expect("written");
    // What does not count is not there.
    assert_eq!(number(&lake, "SELECT count(*) AS n FROM wait_sites"), 0);
    assert_eq!(parts(&lake, "wait_sites").len(), 1);
    exported(&lake, &["--service", "a b", &first, &second]);
    assert_eq!(parts(&lake, "wait_sites").len(), 1);
    assert_eq!(number(&lake, "SELECT count(*) AS n FROM traces"), 2);
    let of_first =
        "SELECT count(*) AS n FROM wait_sites JOIN traces USING (trace_id) WHERE traces.file LIKE '%/workers-%'";
    assert_eq!(number(&lake, of_first), rows);
    assert!(fs::read_dir(lake.join("_writing")).expect("there").next().is_none());
}

#[test]
fn generations_that_several_snapshots_hold_count_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = fs::read(fixture("generations-go1.27.trace")).expect("a trace");
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::write(&path, bytes).expect("written");
        text(&path)
    };
    let path = write("whole.trace", &whole);
    let early = write("early.trace", &generations(&whole, 0..3));
    let late = write("late.trace", &generations(&whole, 1..5));
    let middle = write("middle.trace", &generations(&whole, 2..4));
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    exported(&one, &["--service", "x", &write("all.trace", &generations(&whole, 0..5))]);
    // In one go, and one after the other: a snapshot whose generations are all there already adds nothing.
    exported(&two, &["--service", "x", &late, &early]);
    exported(&two, &["--service", "x", &middle]);
    let total = |lake: &Path| number(lake, "SELECT sum(total_ns) AS n FROM state_totals");
    let (once, split) = (total(&one), total(&two));
    assert!((once - split).abs() < once / 100, "{once} {split}");
    assert!(number(&two, "SELECT sum(duration_ns) AS n FROM traces") > once_and_a_half(&one));
    let counted = number(&two, "SELECT sum(counted_ns) AS n FROM traces");
    let length = number(&one, "SELECT sum(duration_ns) AS n FROM traces");
    assert!((counted - length).abs() < length / 100, "{counted} {length}");
    let none = asked(&[&text(&two), "SELECT counted_ns, generation_ids FROM traces WHERE file LIKE '%/middle.trace'"]);
    assert_eq!((none[0]["counted_ns"].as_i64(), none[0]["generation_ids"].is_null()), (Some(0), true));
    // Around both: what is new lies before and behind.
    exported(&two, &["--service", "x", &path]);
    assert_eq!(number(&two, "SELECT count(*) AS n FROM traces WHERE problem IS NOT NULL"), 0);
}

/// One and a half times the length of the one snapshot of a lake.
fn once_and_a_half(lake: &Path) -> i64 {
    number(lake, "SELECT sum(duration_ns) * 3 / 2 AS n FROM traces")
}

#[test]
fn conditions_find_the_same_rows_by_folder_and_by_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let lake = folder.path().join("lake");
    for (service, name) in [("a/b", "workers-go1.27.trace"), ("..", "sync-go1.27.trace"), ("ü'", "tasks-go1.27.trace")]
    {
        exported(&lake, &["--service", service, "--detail", &text(&fixture(name))]);
    }
    let services = asked(&[&text(&lake), "SELECT DISTINCT service FROM goroutines ORDER BY 1"]);
    assert_eq!(services.iter().filter_map(|row| row["service"].as_str()).collect::<Vec<_>>(), ["..", "a/b", "ü'"]);
    let n = |condition: &str| number(&lake, &format!("SELECT count(*) AS n FROM spans WHERE {condition}"));
    assert_eq!(n("service = 'a/b'"), n("service || '' = 'a/b'"));
    assert_eq!(n("service = 'ü''' OR service = '..'"), n("service <> 'a/b'"));
    assert!(n("date >= '2020-01-01'") > 0);
    assert_eq!(n("date < '2020-01-01'"), 0);
    let by = "trace_id = (SELECT max(trace_id) FROM traces) AND g = 1";
    assert_eq!(n(by), n(&by.replace("trace_id =", "+trace_id =").replace("g =", "+g =")));
    assert!(n(by) > 0);
    assert_eq!(n("trace_id IS NULL"), 0);
    // A row that both sides of an OR find is one row: of columns by which rows are found, and of others.
    for (one, other) in [
        ("g = 1", "g = 2"),
        ("g = 1", "trace_id = (SELECT max(trace_id) FROM traces)"),
        ("service = 'a/b'", "g = 1"),
        ("service = 'a/b'", "state = 'running'"),
        ("start_ns < 1000000", "end_time_ns > 2000000"),
        ("trace_id = (SELECT min(trace_id) FROM traces)", "trace_id = (SELECT max(trace_id) FROM traces)"),
    ] {
        let either = n(&format!("{one} OR {other}"));
        assert_eq!(either, n(&format!("+({one}) OR +({other})")), "{one} OR {other}");
        assert_eq!(either, n(one) + n(other) - n(&format!("({one}) AND ({other})")), "{one} OR {other}");
        assert!(either > 0, "{one} OR {other}");
    }
}

#[test]
fn what_is_wrong_with_a_lake_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let lake = folder.path().join("lake");
    let trace = text(&fixture("workers-go1.27.trace"));
    exported(&lake, &[&trace]);
    let failed = |words: &[&str], code| {
        let output = run::tracelane(words);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {said}");
        said
    };
    let at = text(&lake);
    assert!(failed(&["query", &at, &trace, "SELECT * FROM traces"], 2).contains("is a lake"));
    assert!(failed(&["query", &at, "SELECT func(stack_id) FROM wait_sites"], 2).contains("no such function"));
    assert!(failed(&["query", &at, "SELECT * FROM requests"], 2).contains("no such table"));
    assert!(failed(&["export", "--parquet", &at, "-o", "x", &trace], 2).contains("cannot be used with"));
    assert!(failed(&["export", "--to", "perfetto", "-o", "x", &trace, &trace], 2).contains("one FILE"));
    assert!(failed(&["export", "--parquet", &at, "-"], 2).contains("read twice"));
    let other = folder.path().join("other");
    fs::create_dir(&other).expect("made");
    fs::write(other.join("letter"), "dear").expect("written");
    assert!(failed(&["export", "--parquet", &text(&other), &trace], 1).contains("neither a lake nor empty"));
    assert_eq!(fs::read_dir(&other).expect("there").count(), 1);
    // Every byte of a file changed in turn ends in an answer or a sentence.
    let part = parts(&lake, "state_totals").pop().expect("a part");
    let bytes = fs::read(&part).expect("there");
    let mut refused = 0;
    for at in (0..bytes.len()).step_by(7) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x5a;
        fs::write(&part, &changed).expect("written");
        let output = run::tracelane(&["query", &text(&lake), "SELECT * FROM state_totals"]);
        assert!(matches!(output.status.code(), Some(0..=2)), "{at}: {}", String::from_utf8_lossy(&output.stderr));
        refused += usize::from(output.status.code() != Some(0));
    }
    assert!(refused > 0);
}
