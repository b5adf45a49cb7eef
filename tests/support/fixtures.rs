//! Where the test data lie.

use std::path::{Path, PathBuf};

/// `tests/data`.
pub(crate) fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").join("tests/data")
}
