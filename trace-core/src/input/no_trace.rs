//! What is said of an archive that holds no trace.

use std::io::{self};
use std::path::{Path, PathBuf};

use crate::base::error::Error;
use crate::base::quote::push_quoted;

/// That there is no trace in an archive of a kind, and what is there instead.
pub(super) fn no_trace(kind: &str, others: &[(PathBuf, Option<String>)]) -> io::Error {
    let of = |(name, is): &(PathBuf, Option<String>)| {
        // Without what it says in brackets itself.
        let is = is.as_ref().and_then(|is| is.split(" (").next());
        let is = is.map(|is| format!(" ({is})")).unwrap_or_default();
        format!("{}{is}", shown(name))
    };
    let list: Vec<String> = others.iter().map(of).collect();
    let list = if list.is_empty() { String::new() } else { format!("; it contains {}", list.join(", ")) };
    let found = format!("it is a {kind} archive without a Go trace in it{list}");
    io::Error::other(Error::NotATrace { found })
}

/// A path as it can be shown: in quotes and with escapes if there are characters in it that cannot.
pub(super) fn shown(path: &Path) -> String {
    let plain = path.display().to_string();
    let mut quoted = Vec::new();
    push_quoted(&mut quoted, plain.as_bytes());
    let quoted = String::from_utf8_lossy(&quoted).into_owned();
    if quoted.len() == plain.len() + 2 { plain } else { quoted }
}
