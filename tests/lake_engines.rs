//! A lake asked with other engines: the documented questions have the same rows in Tracelane, DuckDB and Spark.
//! `TRACELANE_PYTHON` names a Python that has the packages duckdb or pyspark; without one of them its part is skipped.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use trace_core::tables::tier::KEPT;

use crate::fixtures;
use crate::run;

const PYTHON: &str = "TRACELANE_PYTHON";

fn assets() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/fleet")
}

/// The Python to use, if it has this package.
pub(crate) fn python(package: &str) -> Option<String> {
    let python = std::env::var(PYTHON).ok();
    let has = |python: &String| {
        Command::new(python).args(["-c", &format!("import {package}")]).output().is_ok_and(|done| done.status.success())
    };
    let found = python.filter(has);
    if found.is_none() {
        let said = writeln!(std::io::stderr(), "skipped: {PYTHON} names no Python with the package {package}");
        said.expect("standard error");
    }
    found
}

/// Runs `assets/fleet/lake.py`.
fn lake_py(python: &str, words: &[&str]) -> String {
    let mut command = Command::new(python);
    command.arg(assets().join("lake.py")).args(words);
    command.env("TRACELANE", env!("CARGO_BIN_EXE_tracelane")).env("SPARK_MASTER", "local-cluster[2,1,1024]");
    command.env("TRACELANE_OPTIONS", "--service demo");
    let done = command.output().expect("Python starts");
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).expect("text")
}

/// The documented questions: name and SQL.
fn questions() -> Vec<(String, String)> {
    let text = fs::read_to_string(assets().join("queries.sql")).expect("the questions");
    let found = text.split("\n\n").filter_map(|part| {
        let (head, sql) = part.split_once('\n')?;
        let name = head.strip_prefix("-- ")?.split_once(": ")?.0;
        Some((name.to_owned(), sql.trim().to_owned()))
    });
    found.collect()
}

fn paths() -> Vec<String> {
    let names = ["tasks-go1.27.trace", "gc-go1.27.trace", "sync-go1.27.trace", "httpserver-go1.27.trace"];
    names.map(|name| fixtures::data().join("real").join(name).to_string_lossy().into_owned()).to_vec()
}

fn rows(json: &str) -> Vec<Value> {
    serde_json::from_str::<Value>(json.trim()).expect("JSON").as_array().expect("rows").clone()
}

/// What another engine answers to each of the documented questions.
fn answers(python: &str, engine: &str, lake: &str) -> Vec<Vec<Value>> {
    let questions = questions();
    let words: Vec<&str> = [engine, lake].into_iter().chain(questions.iter().map(|(_, sql)| sql.as_str())).collect();
    let answers: Vec<Vec<Value>> = lake_py(python, &words).lines().map(rows).collect();
    assert_eq!(answers.len(), questions.len());
    answers
}

fn asked(lake: &str, sql: &str) -> Vec<Value> {
    let done = run::tracelane(&["query", "--format", "json", lake, sql]);
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
    rows(&String::from_utf8(done.stdout).expect("text"))
}

fn made(folder: &Path) -> String {
    let lake = folder.join("lake").to_string_lossy().into_owned();
    let paths = paths();
    let words = ["export", "--parquet", &lake, "--service", "demo"];
    let words: Vec<&str> = words.into_iter().chain(paths.iter().map(String::as_str)).collect();
    assert_eq!(run::tracelane(&words).status.code(), Some(0));
    lake
}

#[test]
fn the_documented_questions_have_answers_and_suit_single_traces_too() {
    let folder = tempfile::tempdir().expect("a folder");
    let lake = made(folder.path());
    let questions = questions();
    assert_eq!(questions.len(), 6);
    for (name, sql) in &questions {
        let of_lake = asked(&lake, sql);
        assert!(!of_lake.is_empty(), "{name}");
        // What only lakes know is another answer.
        if !sql.contains("service") && !sql.contains("hash") {
            let words: Vec<String> = paths();
            let words: Vec<&str> =
                ["query", "--format", "json"].into_iter().chain(words.iter().map(String::as_str)).collect();
            let done = run::tracelane(&[&words[..], &[sql]].concat());
            assert_eq!(rows(&String::from_utf8(done.stdout).expect("text")), of_lake, "{name}");
        }
    }
}

#[test]
fn duckdb_has_the_same_rows() {
    let Some(python) = python("duckdb") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let lake = made(folder.path());
    for ((name, sql), rows) in questions().iter().zip(answers(&python, "duckdb", &lake)) {
        assert_eq!(rows, asked(&lake, sql), "{name}");
    }
}

/// Every table of a lake of one snapshot without warnings, counted.
fn counts() -> (Vec<String>, tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let lake = folder.path().join("lake").to_string_lossy().into_owned();
    let trace = fixtures::data().join("real/workers-go1.27.trace").to_string_lossy().into_owned();
    assert_eq!(run::tracelane(&["export", "--parquet", &lake, "--detail", &trace]).status.code(), Some(0));
    let queries = KEPT.map(|(table, _)| format!("SELECT '{table}' AS name, count(*) AS n FROM {table}"));
    (queries.to_vec(), folder, lake)
}

fn has_all_tables(python: &str, engine: &str) {
    let (queries, _folder, lake) = counts();
    let words: Vec<&str> = [engine, &lake].into_iter().chain(queries.iter().map(String::as_str)).collect();
    let answers: Vec<Vec<Value>> = lake_py(python, &words).lines().map(rows).collect();
    let own: Vec<Vec<Value>> = queries.iter().map(|sql| asked(&lake, sql)).collect();
    assert_eq!(answers, own);
    assert!(own.iter().flatten().any(|row| row["n"] == 0), "all tables have rows");
}

#[test]
fn tables_without_rows_are_there_for_duckdb() {
    let Some(python) = python("duckdb") else { return };
    has_all_tables(&python, "duckdb");
}

#[test]
fn tables_without_rows_are_there_for_spark() {
    let Some(python) = python("pyspark") else { return };
    has_all_tables(&python, "spark");
}

#[test]
fn spark_writes_the_same_lake_and_has_the_same_rows() {
    let Some(python) = python("pyspark") else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (here, there) = (made(folder.path()), folder.path().join("of-spark").to_string_lossy().into_owned());
    let listed = folder.path().join("list");
    fs::write(&listed, paths().join("\n")).expect("written");
    let listed = listed.to_string_lossy().into_owned();
    lake_py(&python, &["export", &there, &listed]);
    // Once more adds nothing.
    let again = lake_py(&python, &["export", &there, &listed]);
    assert!(again.lines().all(|line| line.starts_with("0 snapshots added")), "{again}");
    for ((name, sql), rows) in questions().iter().zip(answers(&python, "spark", &there)) {
        let own = asked(&there, sql);
        let sorted = |rows: &[Value]| rows.iter().map(Value::to_string).collect::<BTreeSet<_>>();
        assert_eq!(sorted(&own), sorted(&asked(&here, sql)), "{name}");
        assert_eq!(rows, own, "{name}");
    }
}
