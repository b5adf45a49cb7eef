//! What `tracelane export` writes for other programs, read again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use serde_json::Value;

use crate::fixtures;
use crate::run;

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
