//! The order of every recorded trace, before a judge that does not know how it was found.

use std::fs;
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use trace_core::base::monitor::Monitor;
use trace_core::input::source::Source;
use trace_core::order::check::Checker;
use trace_core::order::generation::order_generation;
use trace_core::order::sched_state::SchedState;
use trace_core::order::v1::order_v1;
use trace_core::order::v1::style::Style;
use trace_core::wire::opening::{Opened, open};
use trace_core::wire::v2::reader::GenerationReader;
use trace_core::wire::v2::tables::Tables;

use crate::fixtures;
use crate::header;

fn recorded() -> Vec<PathBuf> {
    let folder = fs::read_dir(fixtures::data().join("real")).expect("the traces");
    let mut paths: Vec<PathBuf> = folder.map(|entry| entry.expect("a trace").path()).collect();
    paths.sort();
    paths
}

fn is_old(path: &Path) -> bool {
    header::version(path).is_some_and(|version| version < 22)
}

/// The same for a trace of Go 1.21 or older, told as the model gets it.
fn check_old(path: &Path) -> Vec<String> {
    let source = Source::open(path).expect("a readable trace");
    let mut warnings = Vec::new();
    let mut warn = |kind, message: String, at| warnings.push(format!("{kind:?} at {at}: {message}"));
    let Opened::V1(recording) = open(source.reader, &mut warn).expect("a trace") else {
        panic!("{} has generations", path.display());
    };
    let mut checker = Checker::without_threads();
    order_v1(&recording, Style::Model, &Monitor::new(), &mut warn, &mut checker).expect("events in order");
    assert!(checker.events() > 10);
    warnings.extend_from_slice(checker.faults());
    warnings
}

/// Runs a trace past the judge. With `fresh` each generation is put in order without knowledge of those
/// before, as the model does.
fn check(path: &Path, fresh: bool) -> Vec<String> {
    let source = Source::open(path).expect("a readable trace");
    let mut warnings = Vec::new();
    let mut warn = |kind, message: String, at| warnings.push(format!("{kind:?} at {at}: {message}"));
    let mut reader = GenerationReader::new(source.reader, &mut warn).expect("a trace");
    let mut sched = SchedState::new(true);
    let mut checker = Checker::default();
    let mut faults = Vec::new();
    while let Some(generation) = reader.next_generation(&mut warn).expect("readable") {
        if fresh {
            sched = SchedState::new(false);
            faults.extend_from_slice(checker.faults());
            checker = Checker::default();
        }
        let tables = Tables::parse(&generation, None, &mut warn);
        order_generation(&mut sched, &generation, &tables, &Monitor::new(), &mut warn, &mut checker)
            .expect("events in order");
        if checker.events() < 2 {
            faults.push(format!("only {} events", checker.events()));
        }
    }
    faults.extend_from_slice(checker.faults());
    faults.extend(warnings);
    faults
}

fn check_all(fresh: bool) {
    let traces = recorded();
    assert!(traces.len() > 60, "only {} traces", traces.len());
    let faults: Vec<String> = traces
        .par_iter()
        .filter_map(|path| {
            let faults = if is_old(path) { check_old(path) } else { check(path, fresh) };
            let name = path.file_stem().expect("a name").to_string_lossy();
            (!faults.is_empty()).then(|| format!("{name}:\n  {}", faults.join("\n  ")))
        })
        .collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn recorded_traces_are_in_order() {
    check_all(false);
}

#[test]
fn each_generation_alone_is_in_order() {
    check_all(true);
}
