//! The traces that are open: each is read once, and the ones used last are kept.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Value;
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::load::load_with;
use crate::cli::mcp::ahead::{Ahead, Known, Turn};
use crate::fmt::name;
use crate::link::hash::Hashes;
use crate::remote::is_address;
use crate::session::is_session;

/// Traces that are kept: the ones used longest ago go first.
const KEPT: usize = 8;
/// Answers that are kept of each.
const KEPT_ANSWERS: usize = 32;
/// What is said of a call that was stopped: nobody reads it.
pub(super) const STOPPED: &str = "this was stopped";

/// An open trace.
#[derive(Clone)]
pub(super) struct OpenTrace {
    /// As the client calls it.
    pub(super) file: String,
    pub(super) trace: Arc<Trace>,
    ahead: Arc<Ahead>,
    /// What the file was like when it was read.
    seen: Option<Seen>,
    /// What was answered about it, by what was asked; the last ones.
    answers: Vec<(String, Vec<Value>)>,
}

impl OpenTrace {
    /// What is known of it as a whole, once it is.
    ///
    /// # Errors
    /// When `monitor` is cancelled before.
    pub(super) fn known(&self, monitor: &Monitor) -> Result<Arc<Known>, String> {
        self.ahead.known(monitor).ok_or_else(|| STOPPED.to_owned())
    }
}

/// What tells that a file has changed: its length, and when it was written.
type Seen = (u64, Option<SystemTime>);

fn seen(file: &str) -> Option<Seen> {
    let known = std::fs::metadata(file).ok()?;
    Some((known.len(), known.modified().ok()))
}

/// All that are open, the one used last behind the others.
#[derive(Default)]
pub(super) struct OpenTraces {
    list: Vec<OpenTrace>,
    /// Hashes of files, for links.
    pub(super) hashes: Hashes,
    turn: Turn,
}

impl OpenTraces {
    /// A trace, read unless it is open and its file is as it was.
    ///
    /// # Errors
    /// With a sentence that says what is wrong, and what to do.
    pub(super) fn get(&mut self, file: &str, monitor: &Monitor) -> Result<OpenTrace, String> {
        let known = self.list.iter().position(|known| known.file == file);
        let known = known.map(|at| self.list.remove(at)).filter(|known| known.seen == seen(file));
        let found = match known {
            Some(known) => known,
            None => self.read(file, monitor)?,
        };
        self.list.push(found.clone());
        if self.list.len() > KEPT {
            self.list.remove(0);
        }
        Ok(found)
    }

    fn read(&self, file: &str, monitor: &Monitor) -> Result<OpenTrace, String> {
        let path = local(file)?;
        let seen = seen(file);
        if is_session(&path) {
            return Err(format!(
                "{} holds several recordings: use query with SELECT ... FROM requests, or open one of its traces",
                name::path(&path)
            ));
        }
        let trace = load_with(Path::new(&path), monitor).map_err(|error| error.message)?;
        if monitor.is_cancelled() {
            return Err(STOPPED.to_owned());
        }
        let ahead = Arc::new(Ahead::begin(Arc::clone(&trace), &self.turn));
        Ok(OpenTrace { file: file.to_owned(), trace, ahead, seen, answers: Vec::new() })
    }

    /// What was answered when the same was asked about a trace before; `None` if it was not, or the file has changed.
    pub(super) fn answered(&self, file: &str, asked: &str) -> Option<Vec<Value>> {
        let open = self.list.iter().find(|open| open.file == file).filter(|open| open.seen == seen(file))?;
        open.answers.iter().find(|(known, _)| known == asked).map(|(_, answer)| answer.clone())
    }

    /// Keeps what was answered about an open trace.
    pub(super) fn keep(&mut self, file: &str, asked: &str, answer: &[Value]) {
        let Some(open) = self.list.iter_mut().find(|open| open.file == file) else { return };
        if open.answers.len() >= KEPT_ANSWERS {
            open.answers.remove(0);
        }
        open.answers.push((asked.to_owned(), answer.to_vec()));
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
