//! The documents name files that exist.

use std::fs;
use std::path::{Path, PathBuf};

use crate::fixtures;

/// All files below a folder.
fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

#[test]
fn files_that_documents_name_exist() {
    let data = fixtures::data();
    let root = data.parent().and_then(Path::parent).expect("the tests lie in the repository");
    let mut known = Vec::new();
    for folder in ["app", "trace-core", "tests"] {
        files(&root.join(folder), &mut known);
    }
    let mut missing = Vec::new();
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "BENCHMARKS.md", "docs/comparing.md", "docs/requests.md"] {
        let text = fs::read_to_string(root.join(document)).expect("a document");
        // Every second piece stands between backticks.
        let named =
            text.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".rs") && !name.contains([' ', '*']));
        missing.extend(named.filter(|name| !known.iter().any(|path| path.ends_with(name))).map(str::to_owned));
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// The README counts tables and queries, of which there are more with most versions.
#[test]
fn the_readme_counts_what_there_is() {
    let data = fixtures::data();
    let root = data.parent().and_then(Path::parent).expect("the tests lie in the repository");
    let text = fs::read_to_string(root.join("README.md")).expect("the README");
    for counted in [
        format!(" {} tables in Go's own terms", trace_core::tables::TABLES.len()),
        format!(" {} ready-made queries", tracelane::sql::library::LIBRARY.len()),
    ] {
        assert!(text.contains(&counted), "the README does not say{counted}");
    }
}
