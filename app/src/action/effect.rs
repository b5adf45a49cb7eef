//! What actions cause outside the state, and the two things that many of them do inside.

use std::path::PathBuf;
use std::sync::Arc;

use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::findings::Findings;
use trace_core::analysis::profile::ProfileKind;
use trace_core::analysis::scope::Scope;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::base::visible::visible;
use trace_core::model::trace::Trace;

use crate::action::panel::Panel;
use crate::report::arrange::Arrangement;
use crate::report::table::Table;
use crate::state::app::{AppState, FieldFor};
use crate::state::bookmarks::Notes;
use crate::state::compare_query::CompareQuery;
use crate::state::document::{DocumentId, Source};
use crate::state::query::Query;
use crate::state::row::RowKind;
use crate::state::rows::{RowOptions, Rows};
use crate::state::source::SourcePlace;

/// Recent files that are remembered.
const MAX_RECENT: usize = 12;
/// Notices kept.
const MAX_NOTICES: usize = 20;

/// What has to be done outside the state: work for workers, the desktop, the disk.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Read a trace and tell of it under the document's name.
    Load {
        /// Whose it is.
        document: DocumentId,
        /// Where it comes from.
        source: Source,
        /// For progress, and to stop it.
        monitor: Monitor,
    },
    /// Follow a file: read it as far as it goes, and what is added to it.
    Follow {
        /// Whose it is.
        document: DocumentId,
        /// The file.
        path: PathBuf,
        /// For progress of the first reading, and to break it off.
        monitor: Monitor,
        /// To end it.
        stop: Monitor,
        /// Events that are shown already.
        shown: u64,
    },
    /// Tell when the file grows.
    WatchGrowth {
        /// Whose it is.
        document: DocumentId,
        /// The file.
        path: PathBuf,
        /// To end it.
        stop: Monitor,
    },
    /// Stop a load.
    Cancel(Monitor),
    /// Make the rows of a snapshot in another order.
    MakeRows {
        /// Whose they are.
        document: DocumentId,
        /// The snapshot.
        trace: Arc<Trace>,
        /// Which goroutines get rows, and how.
        options: RowOptions,
    },
    /// Find the goroutines on some rows.
    FindRowGoroutines {
        /// Whose they are.
        document: DocumentId,
        /// The snapshot.
        trace: Arc<Trace>,
        /// All rows.
        all: Arc<Rows>,
        /// Those that are asked about.
        rows: Vec<RowKind>,
        /// When: of procs and threads those are meant that ran there then.
        range: TimeRange,
    },
    /// Read the bookmarks and pins that are kept of a trace.
    ReadNotes {
        /// Whose they are.
        document: DocumentId,
        /// Where the trace is.
        source: Source,
    },
    /// Keep bookmarks and pins.
    SaveNotes {
        /// The name they are kept under.
        key: String,
        /// What to keep.
        notes: Notes,
    },
    /// Ask where, and write bookmarks there.
    ExportNotes {
        /// The bookmarks.
        notes: Notes,
        /// What the trace is called.
        title: String,
        /// Files that must stay as they are: those of all open traces.
        inputs: Vec<PathBuf>,
    },
    /// Ask the desktop for a file with bookmarks.
    AskForNotes(DocumentId),
    /// Find the nearest moment at which a goroutine changes its state.
    FindChange {
        /// Who asks.
        document: DocumentId,
        /// The snapshot.
        trace: Arc<Trace>,
        /// From when.
        at: TraceTime,
        /// After it, or before.
        later: bool,
    },
    /// Put a moment on the clipboard as a goroutine dump.
    CopyDump {
        /// The snapshot.
        trace: Arc<Trace>,
        /// The moment.
        at: TraceTime,
    },
    /// Answer a question about a snapshot.
    AnswerQuery {
        /// Who asks.
        document: DocumentId,
        /// The snapshot.
        trace: Arc<Trace>,
        /// What is asked.
        query: Query,
        /// To stop it.
        monitor: Monitor,
    },
    /// Arrange the rows of a table.
    Arrange {
        /// Whose it is.
        document: DocumentId,
        /// The table's key.
        key: String,
        /// The table.
        table: Arc<Table>,
        /// The rows that are wanted.
        arrangement: Arrangement,
        /// To stop it.
        monitor: Monitor,
    },
    /// Find out what differs between measured traces.
    AnswerCompareQuery {
        /// What is asked.
        query: CompareQuery,
        /// What the recordings hold, in the order of the question.
        measured: Vec<Arc<Measured>>,
        /// What costs them time, if all know.
        findings: Option<Vec<Arc<Findings>>>,
        /// To stop it.
        monitor: Monitor,
    },
    /// Ask where, and write a profile there as pprof.
    SaveProfile {
        /// The snapshot.
        trace: Arc<Trace>,
        /// The trace's name.
        title: String,
        /// Of what.
        scope: Scope,
        /// Of which kind.
        kind: ProfileKind,
        /// Files that must stay as they are: those of all open traces.
        inputs: Vec<PathBuf>,
    },
    /// Save the bytes of a recorded trace.
    SaveTrace {
        /// Which.
        document: DocumentId,
        /// What the file may be called if the user is asked.
        name: String,
        /// Where.
        to: SaveTo,
        /// Files that must stay as they are: those of all open traces.
        inputs: Vec<PathBuf>,
    },
    /// A document is gone: what is known of its file, and its recorded bytes, are not needed any more.
    Forget(DocumentId),
    /// Let go of a trace that may be large, away from the UI thread.
    Discard(Arc<Trace>, Arc<Rows>),
    /// Make a path of what was typed, and open it, or compare with it.
    OpenTyped(String, FieldFor),
    /// Search a trace; with `filters`, find the goroutines that are to have lanes, too.
    Search {
        /// Whose trace it is.
        document: DocumentId,
        /// The snapshot.
        trace: Arc<Trace>,
        /// The text of the query.
        text: String,
        /// Only goroutines with hits are to have lanes.
        filters: bool,
        /// To stop it.
        monitor: Monitor,
    },
    /// Find and read a source file, in these folders first.
    ReadSource(SourcePlace, Vec<PathBuf>),
    /// Open a line of a file in the user's editor.
    OpenInEditor(PathBuf, u64),
    /// Ask the desktop for a folder with source files.
    AskForSourceFolder,
    /// Ask the desktop for files.
    AskForFiles,
    /// Ask the desktop for a file to compare with.
    AskForComparison {
        /// It is added to what is compared.
        adds: bool,
    },
    /// The settings have changed: write them.
    SaveSettings,
    /// Remove the models kept on disk.
    ClearCache,
    /// Put text on the clipboard.
    Copy(String),
    /// Open or focus a panel.
    OpenPanel(Panel),
    /// Bring a panel to the front if it is open.
    FrontPanel(Panel),
    /// Put the panels back to their default places.
    ResetPanels,
    /// End the program.
    Quit,
}

/// Where a trace is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SaveTo {
    /// The desktop's dialog asks where, and whether a file may be replaced.
    Asked,
    /// At the path that was typed, if nothing is there.
    Typed(String),
    /// In the place of this file.
    Replaced(PathBuf),
}

/// Tells the user one line.
pub(super) fn notify(state: &mut AppState, text: impl Into<String>) {
    let text: String = text.into();
    state.notices.push((state.now_seconds, visible(&text).into_owned()));
    let surplus = state.notices.len().saturating_sub(MAX_NOTICES);
    state.notices.drain(..surplus);
}

/// Puts a file (or an address) on top of the list of recent ones.
pub(super) fn remember_file(state: &mut AppState, path: PathBuf) -> Vec<Effect> {
    if Source::Path(path.clone()).is_stream() {
        let Some(address) = path.to_str().filter(|text| *text != "-") else { return Vec::new() };
        let recent = &mut state.settings.recent_addresses;
        recent.retain(|other| other != address);
        recent.insert(0, address.to_owned());
        recent.truncate(MAX_RECENT);
        return vec![Effect::SaveSettings];
    }
    let recent = &mut state.settings.recent_files;
    recent.retain(|other| *other != path);
    recent.insert(0, path);
    recent.truncate(MAX_RECENT);
    vec![Effect::SaveSettings]
}
