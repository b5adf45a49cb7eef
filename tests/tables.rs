//! The model as relational tables: their sums are those of the model and of the analyses, a scan makes all rows that fit,
//! and no table fails on any trace.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use trace_core::analysis::profile::{ProfileKind, profile};
use trace_core::analysis::scope::Scope;
use trace_core::base::monitor::Monitor;
use trace_core::load::load_path;
use trace_core::tables::column::{Column, Role};
use trace_core::tables::scan::{Compare, Scan};
use trace_core::tables::source::Source;
use trace_core::tables::value::Value;
use trace_core::tables::{TABLES, table};

use crate::folder;

fn sources() -> impl Iterator<Item = Source> {
    ["real", "old"].into_iter().flat_map(folder::traces).map(|path| opened(&path))
}

/// Those of one version of Go that are small.
fn some_sources() -> impl Iterator<Item = Source> {
    let is_small = |path: &PathBuf| path.metadata().is_ok_and(|file| file.len() < 30_000);
    let traces = folder::traces("real").into_iter().filter(|path| path.to_string_lossy().contains("-go1.27"));
    traces.filter(is_small).map(|path| opened(&path))
}

fn opened(path: &Path) -> Source {
    let trace = load_path(path, &Monitor::new(), &mut |_| {}).expect("a trace");
    Source::new(trace, path.display().to_string(), Monitor::new())
}

/// The rows of a table, all columns.
fn rows<'a>(source: &'a Source, name: &str, scan: &Scan) -> Vec<Vec<Value<'a>>> {
    let table = table(name).unwrap_or_else(|| panic!("no table {name}"));
    let (width, mut rows) = (table.columns().len(), table.rows(source, scan));
    let mut found = Vec::new();
    while rows.advance() {
        found.push((0..width).map(|column| rows.value(column)).collect());
    }
    found
}

fn place(table_name: &str, column: &str) -> usize {
    let columns = table(table_name).expect("a table").columns();
    columns.iter().position(|found| found.name == column).unwrap_or_else(|| panic!("no column {table_name}.{column}"))
}

fn int(value: &Value<'_>) -> i64 {
    if let Value::Int(number) = value { *number } else { panic!("no number: {value:?}") }
}

/// Sums of a column by the text of another one.
fn sums(source: &Source, name: &str, by: &str, of: &str) -> BTreeMap<String, i64> {
    let (by, of) = (place(name, by), place(name, of));
    let mut found = BTreeMap::new();
    for row in rows(source, name, &Scan::default()) {
        let Value::Text(key) = &row[by] else { panic!("no text: {:?}", row[by]) };
        *found.entry(key.clone().into_owned()).or_default() += int(&row[of]);
    }
    found.retain(|_, sum| *sum > 0);
    found
}

#[test]
fn names_are_unique_and_every_value_is_of_its_columns_kind() {
    let mut names: Vec<&str> = TABLES.iter().map(|table| table.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), TABLES.len());
    for source in sources() {
        for table in TABLES {
            let columns = table.columns();
            let mut known: Vec<&str> = columns.iter().map(|column| column.name).collect();
            known.sort_unstable();
            known.dedup();
            assert_eq!(known.len(), columns.len(), "{}", table.name());
            for row in rows(&source, table.name(), &Scan::default()) {
                for (column, value) in columns.iter().zip(&row) {
                    let fits = match value {
                        Value::Null => true,
                        Value::Int(_) => column.kind.sql() == "INTEGER",
                        Value::Real(_) => column.kind.sql() == "REAL",
                        Value::Text(text) => column.kind.sql() == "TEXT" && !text.is_empty(),
                    };
                    assert!(fits, "{}.{}: {value:?}", table.name(), column.name);
                }
            }
        }
    }
}

#[test]
fn sums_of_spans_are_those_of_the_model() {
    for source in sources() {
        let spans = sums(&source, "spans", "state", "duration_ns");
        assert_eq!(spans, sums(&source, "state_totals", "state", "total_ns"));
        assert_eq!(spans, sums(&source, "goroutine_states", "state", "total_ns"));
        let waits: i64 =
            rows(&source, "waits", &Scan::default()).iter().map(|row| int(&row[place("waits", "duration_ns")])).sum();
        assert_eq!(waits, spans.get("waiting").copied().unwrap_or(0));
        let sites: i64 = rows(&source, "wait_sites", &Scan::default())
            .iter()
            .map(|row| int(&row[place("wait_sites", "total_ns")]))
            .sum();
        let pieces = Scope::whole(source.trace()).pieces(source.trace());
        let blocked = profile(source.trace(), &pieces, ProfileKind::Blocked, &Monitor::new()).expect("not cancelled");
        assert_eq!(sites, blocked.stacks.iter().map(|sum| sum.nanos.0 as i64).sum::<i64>());
        for (state, column) in [
            ("running", "running_ns"),
            ("runnable", "runnable_ns"),
            ("syscall", "syscall_ns"),
            ("waiting", "waiting_ns"),
        ] {
            let all = rows(&source, "goroutines", &Scan::default());
            let sum: i64 = all.iter().map(|row| int(&row[place("goroutines", column)])).sum();
            assert_eq!(sum, spans.get(state).copied().unwrap_or(0), "{state}");
        }
    }
}

#[test]
fn a_scan_makes_every_row_that_fits() {
    for source in some_sources() {
        let length = source.trace().range().nanos();
        for table in TABLES {
            let columns = table.columns();
            let all = rows(&source, table.name(), &Scan::default());
            let is_checked =
                |column: &Column| column.role != Role::None || ["reason", "duration_ns"].contains(&column.name);
            for (at, column) in columns.iter().enumerate().filter(|(_, column)| is_checked(column)) {
                let some = all.get(all.len() / 2).map(|row| row[at].clone());
                let values =
                    some.into_iter().chain([Value::Int(length / 3), Value::Int(i64::MIN), Value::Int(i64::MAX)]);
                for value in values {
                    for compare in [Compare::Equal, Compare::AtMost, Compare::AtLeast, Compare::Below, Compare::Above] {
                        let mut scan = Scan::default();
                        let is_exact = scan.require(at, column, compare, &value);
                        let fits = |row: &&Vec<Value<'_>>| match (&row[at], &value) {
                            (Value::Int(one), Value::Int(other)) => match compare {
                                Compare::Equal => one == other,
                                Compare::AtMost => one <= other,
                                Compare::AtLeast => one >= other,
                                Compare::Below => one < other,
                                Compare::Above => one > other,
                            },
                            (Value::Text(one), Value::Text(other)) => compare == Compare::Equal && one == other,
                            _ => false,
                        };
                        let wanted: Vec<_> = all.iter().filter(fits).cloned().collect();
                        // Who asks then need not ask for rows at all.
                        if scan.is_empty() {
                            assert_eq!((&value, wanted.len()), (&Value::Null, 0));
                            continue;
                        }
                        let made = rows(&source, table.name(), &scan);
                        let kept: Vec<_> = made.iter().filter(fits).cloned().collect();
                        assert_eq!(kept.len(), wanted.len(), "{}.{} {compare:?} {value:?}", table.name(), column.name);
                        let most = if is_exact { wanted.len() } else { all.len() };
                        assert!(made.len() <= most, "{}.{} {compare:?} {value:?}", table.name(), column.name);
                    }
                }
            }
        }
    }
}

#[test]
fn columns_are_the_same_whatever_else_is_looked_at() {
    let named = ["g", "state", "reason", "start_ns", "end_time_ns", "duration_ns", "began_before", "goes_on"];
    let places = named.map(|name| place("spans", name));
    let mut compared = 0;
    for source in sources() {
        let mut few = Scan::default();
        few.read_only(places.iter().fold(0, |all, place| all | 1 << place));
        let of = |scan: &Scan| {
            let made = rows(&source, "spans", scan);
            made.iter().map(|row| places.map(|place| row[place].clone())).collect::<Vec<_>>()
        };
        let all = of(&Scan::default());
        compared += all.len();
        assert_eq!(of(&few), all);
    }
    assert!(compared > 10_000, "{compared}");
}

#[test]
fn conditions_that_nothing_fits_make_no_walk() {
    let g = table("spans").expect("a table").columns()[place("spans", "g")].clone();
    for values in [[Value::Int(1), Value::Null], [Value::Int(1), Value::Int(2)]] {
        let mut scan = Scan::default();
        for value in &values {
            scan.require(place("spans", "g"), &g, Compare::Equal, value);
        }
        assert!(scan.is_empty(), "{values:?}");
    }
}

#[test]
fn a_goroutines_changes_of_state_follow_each_other() {
    let mut followed = 0;
    for source in sources() {
        let column = |name| place("g_transitions", name);
        let (g, from, to) = (column("g"), column("from_state"), column("to_state"));
        let all = rows(&source, "g_transitions", &Scan::default());
        for pair in all.windows(2).filter(|pair| pair[0][g] == pair[1][g]) {
            let time = |row: &Vec<Value<'_>>| int(&row[column("end_time_ns")]);
            assert!(time(&pair[0]) <= time(&pair[1]));
            if pair[0][to] == pair[1][from] {
                followed += 1;
            }
            assert_ne!(pair[0][to], Value::text("notexist"), "it ends once: {:?}", pair[0]);
        }
    }
    assert!(followed > 10_000, "{followed}");
}
