//! The traces that are open: each is read once, and the ones used last are kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use trace_core::analysis::findings::{self, Findings};
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::load::load;
use crate::fmt::name;
use crate::remote::is_address;
use crate::session::is_session;

/// Traces that are kept: the ones used longest ago go first.
const KEPT: usize = 8;

/// An open trace.
#[derive(Clone)]
pub(super) struct OpenTrace {
    /// As the client calls it.
    pub(super) file: String,
    pub(super) trace: Arc<Trace>,
    findings: Option<Arc<Findings>>,
}

/// All that are open, the one used last behind the others.
#[derive(Default)]
pub(super) struct OpenTraces {
    list: Vec<OpenTrace>,
}

impl OpenTraces {
    /// A trace, read unless it is open.
    ///
    /// # Errors
    /// With a sentence that says what is wrong, and what to do.
    pub(super) fn get(&mut self, file: &str) -> Result<OpenTrace, String> {
        let known = self.list.iter().position(|known| known.file == file);
        let found = match known {
            Some(at) => self.list.remove(at),
            None => read(file)?,
        };
        self.list.push(found.clone());
        if self.list.len() > KEPT {
            self.list.remove(0);
        }
        Ok(found)
    }

    /// What probably costs a trace its time, found once.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub(super) fn findings(&mut self, file: &str) -> Result<(OpenTrace, Arc<Findings>), String> {
        let mut open = self.get(file)?;
        let found = match &open.findings {
            Some(found) => Arc::clone(found),
            // Never cancelled.
            None => Arc::new(findings::find(&open.trace, &Monitor::new()).unwrap_or_default()),
        };
        open.findings = Some(Arc::clone(&found));
        if let Some(kept) = self.list.last_mut() {
            kept.findings = Some(Arc::clone(&found));
        }
        Ok((open, found))
    }
}

/// Whether a file may be read: of this machine, and not standard input, on which messages come.
///
/// # Errors
/// With a sentence if not.
pub(super) fn local(file: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(file);
    if file.is_empty() {
        return Err("\"file\" is needed: the path of a trace on this machine".to_owned());
    }
    if file == "-" || is_address(&path) || is_address(&crate::remote::named(path.clone())) {
        return Err(format!(
            "{file} is no file of this machine, and the server speaks to no network: save the trace to a file"
        ));
    }
    // A pipe would be waited for, and its trace gone after the first answer.
    if std::fs::metadata(&path).is_ok_and(|known| !known.is_file() && !known.is_dir()) {
        return Err(format!("{file} is neither a file nor a folder: save the trace to a file"));
    }
    Ok(path)
}

fn read(file: &str) -> Result<OpenTrace, String> {
    let path = local(file)?;
    if is_session(&path) {
        return Err(format!(
            "{} holds several recordings: use query with SELECT ... FROM requests, or open one of its traces",
            name::path(&path)
        ));
    }
    let trace = load(Path::new(&path)).map_err(|error| error.message)?;
    Ok(OpenTrace { file: file.to_owned(), trace, findings: None })
}
