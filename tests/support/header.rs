//! What a trace's header says.

use std::fs;
use std::path::Path;

/// NN of the `go 1.NN trace` in a file's header, if it has one.
pub(crate) fn version(path: &Path) -> Option<u32> {
    let bytes = fs::read(path).expect("a readable fixture");
    let header = bytes.get(..16)?;
    let text = std::str::from_utf8(header).ok()?.strip_prefix("go 1.")?;
    text.split(' ').next()?.parse().ok()
}
