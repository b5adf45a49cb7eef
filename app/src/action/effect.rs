//! What actions cause outside the state, and the two things that many of them do inside.

use std::path::PathBuf;
use std::sync::Arc;

use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::findings::Findings;
use trace_core::analysis::profile::ProfileKind;
use trace_core::analysis::scope::Scope;
use trace_core::analysis::tags::TagRules;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::base::visible::visible;
use trace_core::export::cut::Selection;
use trace_core::model::trace::Trace;

use crate::action::fleet_action::FleetEffect;
use crate::action::link_action::LinkEffect;
use crate::action::panel::Panel;
use crate::action::session_action::SessionEffect;
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
/// Notices kept at most: the oldest go first.
const MAX_NOTICES: usize = 20;

/// What only the window itself can do.
#[derive(Clone, Debug)]
pub enum WindowEffect {
    /// Put text on the clipboard.
    Copy(String),
    /// Open a panel, or bring it to the front.
    OpenPanel(Panel),
    /// Move the keyboard focus into a panel.
    FocusPanel(Panel),
    /// Bring a panel to the front if it is open.
    FrontPanel(Panel),
    /// Put the panels back to their default places.
    ResetPanels,
    /// End the program, after what is being written.
    Quit,
}

/// What has to be done outside the state: work for workers, the desktop, the disk.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Read a trace and tell of it under the document's name.
    Load {
        /// The document that is loaded.
        document: DocumentId,
        /// Where it comes from.
        source: Source,
        /// For progress, and to stop it.
        monitor: Monitor,
    },
    /// Follow a file: read it as far as it goes, and what is added to it.
    Follow {
        /// The document that is followed.
        document: DocumentId,
        /// The file that grows.
        path: PathBuf,
        /// For progress of the first reading, and to break it off.
        monitor: Monitor,
        /// Cancelled to end following.
        stop: Monitor,
        /// Events that are shown already.
        shown: u64,
    },
    /// Tell when the file grows.
    WatchGrowth {
        /// The document whose file is watched.
        document: DocumentId,
        /// The file that may grow.
        path: PathBuf,
        /// Cancelled to end watching.
        stop: Monitor,
    },
    /// Stop what this monitor belongs to: a load or a search.
    Cancel(Monitor),
    /// Make the rows of a snapshot in another order.
    MakeRows {
        /// The document whose rows are made.
        document: DocumentId,
        /// The snapshot that they are made of.
        trace: Arc<Trace>,
        /// Which goroutines get rows, and how.
        options: RowOptions,
    },
    /// Find the goroutines on some rows.
    FindRowGoroutines {
        /// The document whose rows are meant.
        document: DocumentId,
        /// The snapshot that they are of.
        trace: Arc<Trace>,
        /// All rows, with those folded away.
        all: Arc<Rows>,
        /// Those that are asked about.
        rows: Vec<RowKind>,
        /// When: of procs and threads those are meant that ran there then.
        range: TimeRange,
    },
    /// Read the bookmarks and pins that are kept of a trace.
    ReadNotes {
        /// The document whose notes are read.
        document: DocumentId,
        /// Where the trace is.
        source: Source,
    },
    /// Keep bookmarks and pins.
    SaveNotes {
        /// The name they are kept under.
        key: String,
        /// The bookmarks and pins to write.
        notes: Notes,
    },
    /// Ask where, and write bookmarks there.
    ExportNotes {
        /// The bookmarks to write.
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
        /// The document that the answer is for.
        document: DocumentId,
        /// The snapshot to search.
        trace: Arc<Trace>,
        /// The time to search from.
        at: TraceTime,
        /// After it, or before.
        later: bool,
    },
    /// Put a moment on the clipboard as a goroutine dump.
    CopyDump {
        /// The snapshot that is dumped.
        trace: Arc<Trace>,
        /// The time of the dump.
        at: TraceTime,
    },
    /// Answer a question about a snapshot.
    AnswerQuery {
        /// The document that the answer is for.
        document: DocumentId,
        /// The snapshot that is asked about.
        trace: Arc<Trace>,
        /// The question, which is also the key of its answer.
        query: Query,
        /// Cancelled when nobody waits for the answer any more.
        monitor: Monitor,
    },
    /// Arrange the rows of a table.
    Arrange {
        /// The document that shows the table.
        document: DocumentId,
        /// What the window remembers the table by.
        key: String,
        /// The table to sort and filter.
        table: Arc<Table>,
        /// The rows that are wanted.
        arrangement: Arrangement,
        /// Cancelled when another arrangement is asked for.
        monitor: Monitor,
    },
    /// Find out what differs between measured traces.
    AnswerCompareQuery {
        /// The question, which is also the key of its answer.
        query: CompareQuery,
        /// What the recordings hold, in the order of the question.
        measured: Vec<Arc<Measured>>,
        /// What costs them time, if all know.
        findings: Option<Vec<Arc<Findings>>>,
        /// Cancelled when nobody waits for the answer any more.
        monitor: Monitor,
    },
    /// Ask where, and write a profile there as pprof.
    SaveProfile {
        /// The snapshot that is profiled.
        trace: Arc<Trace>,
        /// The trace's name, from which the file's is made.
        title: String,
        /// Which goroutines count, and which time.
        scope: Scope,
        /// Which kind of waiting is summed.
        kind: ProfileKind,
        /// Files that must stay as they are: those of all open traces.
        inputs: Vec<PathBuf>,
    },
    /// Ask where, and write a part of a trace there.
    SavePart {
        /// The file that the trace was read from.
        path: PathBuf,
        /// The trace's name, from which the part's is made.
        title: String,
        /// The time and the goroutines that are kept.
        selection: Selection,
        /// Files that must stay as they are: those of all open traces.
        inputs: Vec<PathBuf>,
    },
    /// Save the bytes of a recorded trace.
    SaveTrace {
        /// The document whose bytes are saved.
        document: DocumentId,
        /// What the file may be called if the user is asked.
        name: String,
        /// Where to: a file, or as the user chooses.
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
        /// The snapshot to search.
        trace: Arc<Trace>,
        /// The text of the query.
        text: String,
        /// What stacks are about.
        rules: Arc<TagRules>,
        /// Only goroutines with hits are to have lanes.
        filters: bool,
        /// Cancelled when another search begins.
        monitor: Monitor,
    },
    /// Run a query in SQL.
    RunSql {
        /// Whose trace it is.
        document: DocumentId,
        /// The snapshot to ask.
        trace: Arc<Trace>,
        /// What the file is called.
        file: String,
        /// The text of the query, as typed.
        sql: String,
        /// Counts the runs of the document.
        number: u64,
        /// Cancelled when the user stops it, or runs another.
        monitor: Monitor,
    },
    /// Find the paths that begin with what is typed.
    ListPaths(String),
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
    /// Something that only the window itself can do.
    Window(WindowEffect),
    /// Something for the session.
    Session(SessionEffect),
    /// Something for the fleet.
    Fleet(FleetEffect),
    /// Something for a link.
    Link(LinkEffect),
}

impl From<SessionEffect> for Effect {
    fn from(effect: SessionEffect) -> Self {
        Self::Session(effect)
    }
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
