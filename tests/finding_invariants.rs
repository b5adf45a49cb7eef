//! What must hold of the findings of every trace we have, sound or damaged.

use std::fs;
use std::path::{Path, PathBuf};

use crate::finding_checks::violations;
use trace_core::analysis::findings::find;
use trace_core::base::monitor::Monitor;
use trace_core::load::load_path;

use crate::fixtures;

/// All files of a folder that may be traces.
fn traces(folder: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut paths: Vec<PathBuf> = listed.map(|entry| entry.expect("a file").path()).collect();
    paths.retain(|path| path.to_string_lossy().contains(".trace"));
    paths.sort();
    paths
}

/// Fails with all that does not hold of the findings in the traces of a folder; says how many were looked at.
fn check(folder: &Path) -> usize {
    let (mut faults, mut count) = (Vec::new(), 0);
    for path in traces(folder) {
        let Ok(trace) = load_path(&path, &Monitor::new(), &mut |_| {}) else { continue };
        let found = find(&trace, &Monitor::new()).expect("nobody cancelled");
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        faults.extend(violations(&trace, &found).into_iter().map(|fault| format!("{name}: {fault}")));
        count += 1;
    }
    assert!(faults.is_empty(), "{} faults in {}:\n{}", faults.len(), folder.display(), faults.join("\n"));
    count
}

#[test]
fn findings_of_real_traces_hold_together() {
    assert!(check(&fixtures::data().join("real")) > 75);
}

#[test]
fn findings_of_old_traces_hold_together() {
    assert!(check(&fixtures::data().join("old")) >= 3);
}

#[test]
fn findings_of_planted_causes_hold_together() {
    assert!(check(&fixtures::data().join("causes")) > 100);
}

#[test]
fn findings_of_pairs_hold_together() {
    assert!(check(&fixtures::data().join("pairs")) > 20);
}

#[test]
fn findings_of_damaged_traces_hold_together() {
    assert!(check(&fixtures::data().join("broken")) > 30);
}

/// The same for the traces of any folder.
#[test]
#[ignore = "set TRACELANE_TRACES to a folder of traces"]
fn findings_of_a_folder_hold_together() {
    let folder = PathBuf::from(std::env::var_os("TRACELANE_TRACES").expect("TRACELANE_TRACES"));
    assert!(check(&folder) > 0, "no trace in it");
}
