//! All files of a folder in `tests/data`.

use std::fs;
use std::path::{Path, PathBuf};

/// All traces in a folder of `tests/data`, by name.
pub(crate) fn traces(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    let folder = root.join("tests/data").join(folder);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "trace"))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "no traces in {}", folder.display());
    found
}
