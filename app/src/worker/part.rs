//! Saves a part of a trace's file as a trace of its own.

use std::io;
use std::path::Path;

use trace_core::base::error::Error;
use trace_core::base::monitor::Monitor;
use trace_core::export::cut::{Selection, cut};

use crate::output::{NotWritten, Output};
use crate::remote;

/// Reads the file again and writes what `selection` keeps of it.
///
/// # Errors
/// When the file cannot be read any more, nothing lies in the range, or the output cannot be written.
pub fn save(path: &Path, selection: &Selection, output: &Output<'_>) -> Result<(), NotWritten> {
    let mut failed = None;
    let written = output.write(|file| {
        let done = cut(&|| remote::open(path), selection, file, &Monitor::new(), &mut |_, _, _| {});
        let Err(error) = done else { return Ok(()) };
        let told = error.to_string();
        if !matches!(error, Error::Io(_)) {
            failed = Some(told.clone());
        }
        Err(io::Error::other(told))
    });
    match failed {
        Some(why) => Err(NotWritten::Refused(why)),
        None => written,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::Inputs;

    #[test]
    fn a_part_is_written_beside_its_source_and_never_over_it() {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/real/workers-go1.27.trace");
        let folder = tempfile::tempdir().unwrap();
        let (path, inputs) = (folder.path().join("part.trace"), Inputs::of([source.as_path()]));
        let selection = Selection { start_nanos: Some(1_000_000), end_nanos: Some(2_000_000), ..Selection::default() };
        let output = |path| Output { path, inputs: &inputs, may_replace: true, keeps_traces: true, may_stream: false };
        save(&source, &selection, &output(&path)).unwrap();
        let part = crate::cache::load(&path, &Monitor::new()).unwrap();
        assert!(part.warnings().is_empty() && part.range().nanos() >= 999_999);
        assert!(save(&source, &selection, &output(&source)).is_err());
        let later = Selection { start_nanos: Some(i64::MAX / 2), ..Selection::default() };
        let refused = save(&source, &later, &output(&folder.path().join("none.trace")));
        assert_eq!(refused, Err(NotWritten::Refused("no event of the trace lies in this range".to_owned())));
    }
}
