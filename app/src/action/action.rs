//! The actions. Views push them; [`crate::action::reduce`] applies them; tests script them.

use std::path::PathBuf;
use std::sync::Arc;

use trace_core::analysis::profile::ProfileKind;
use trace_core::analysis::scope::Scope;
use trace_core::base::ids::TaskIx;
use trace_core::base::monitor::Progress;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::flows::{Flow, FlowEnd};
use trace_core::model::lanes::{LaneId, SpanRef};
use trace_core::model::trace::Trace;

use crate::action::pairs::PairAction;
use crate::action::panel::Panel;
use crate::report::view::TableAction;
use crate::state::app::FieldFor;
use crate::state::dialog::Reply;
use crate::state::document::{DocumentId, Source};
use crate::state::groups::GroupBy;
use crate::state::pinned::Pin;
use crate::state::rows::{GoroutineOrder, Only, Rows, Section};
use crate::state::scope::ScopeChoice;
use crate::state::search::SearchAction;
use crate::state::settings::ThemeChoice;
use crate::state::source::{SourcePlace, SourceText};
use crate::state::study::{Answer, Question};
use crate::state::view::View;

/// Something to happen.
#[derive(Clone, Debug)]
pub enum Action {
    /// Open a file.
    Open(PathBuf),
    /// Open a file by a path as typed: `~` is the home folder, quotes around it are dropped.
    OpenTyped(String),
    /// Open the embedded sample.
    OpenSample,
    /// Ask the desktop for files to open.
    OpenDialog,
    /// Show, change (text) or hide (`None`) the in-app path field.
    PathField(Option<String>),
    /// Show the in-app path field for this.
    AskPath(FieldFor),
    /// Save a trace that was recorded: asks where, or there.
    SaveTrace(DocumentId, Option<String>),
    /// A worker: there is a file already where a trace is to be saved.
    FileExists(DocumentId, PathBuf),
    /// A worker: a trace is saved in this file, so many bytes.
    Saved(DocumentId, PathBuf, u64),
    /// A worker: a trace is not saved; why, unless the user changed his mind.
    NotSaved(DocumentId, Option<String>),
    /// Answer the question that is open.
    Reply(Reply),
    /// Bring a document to the front.
    Activate(DocumentId),
    /// Close a document; asks before something is lost.
    CloseDocument(DocumentId),
    /// Stop loading it.
    CancelLoad(DocumentId),

    /// Load a document again that failed or was cancelled.
    Reload(DocumentId),
    /// Bring the document before (-1) or after (+1) to the front.
    SwitchDocument(i32),
    /// Show a document that is loaded already (headless commands, tests).
    Adopt(Source, Arc<Trace>, Arc<Rows>),

    /// Open a file that is still being written, and follow it.
    OpenToFollow(PathBuf),
    /// Follow a document's file while it grows, or no longer.
    SetFollow(DocumentId, bool),
    /// A worker: a file is not followed any more; a sentence if that was not asked for.
    FollowEnded(DocumentId, Option<String>),
    /// A worker: a document's file is longer than it was.
    Grew(DocumentId),
    /// A worker: the bytes of a document's trace cannot be read again, so they are kept; whether they are in a file of the
    /// user's nevertheless.
    Recorded(DocumentId, bool),
    /// A worker: a file that was followed holds something else now. Whether the bytes that it held are kept.
    Rewritten(DocumentId, bool),

    /// A worker: how far loading is.
    LoadProgress(DocumentId, Progress),
    /// A worker: a newer snapshot.
    Snapshot(DocumentId, Arc<Trace>, Arc<Rows>),
    /// A worker: all is loaded (the last snapshot came before), or why not.
    LoadDone(DocumentId, Result<(), String>),
    /// A worker: that snapshot's rows in the order last asked for.
    RowsMade(DocumentId, Arc<Trace>, Arc<Rows>),
    /// Have a worker find out something about a document's trace, once that is loaded. Asked twice is
    /// asked once.
    Ask(DocumentId, Question),
    /// A worker: what it found about that snapshot.
    Answered(DocumentId, Arc<Trace>, Question, Answer),
    /// A worker: the desktop's dialog for files is gone.
    DialogClosed,
    /// Tell the user one line.
    Notice(String),
    /// The UI clock, seconds.
    Tick(f64),

    /// Move the view. Not recorded in the history by itself.
    SetView(View),
    /// Put the present place into the history, before a jump.
    RememberPlace,
    /// Zoom by a factor (below 1 = closer) keeping `at` where it is; `None` = the middle.
    Zoom {
        /// New span / old span.
        factor: f64,
        /// The time that stays fixed, ns.
        at: Option<f64>,
    },
    /// Pan by a fraction of the view's width (positive = later).
    Pan(f64),
    /// Scroll rows by points (positive = down).
    ScrollRows(f64),
    /// Show this stretch of time (recorded in the history).
    ShowRange(TimeRange),
    /// Show all of the trace.
    ShowAll,
    /// F: fit the selection; again: fit all.
    FitSelection,
    /// Bring a lane (and an instant) into sight with least movement.
    Reveal {
        /// The lane.
        lane: LaneId,
        /// The instant.
        time: Option<TraceTime>,
    },
    /// Jump to the first (-1) or last (+1) instant.
    JumpToEdge(i32),

    /// Select a span. Recorded in the history.
    SelectSpan(SpanRef),
    /// Select a lane. Recorded in the history.
    SelectLane(LaneId),
    /// Select a task. Recorded in the history.
    SelectTask(TaskIx),
    /// Go to a task: select it and bring it into sight.
    GoToTask(TaskIx),
    /// Select nothing.
    ClearSelection,
    /// Select the neighbour span on the same lane: -1 before, +1 after.
    StepSpan(i32),
    /// Mark a stretch of time, or remove the mark.
    Mark(Option<TimeRange>),

    /// Follow the chosen outgoing (`true`) or incoming (`false`) edge of the selected span.
    FollowFlow {
        /// Outgoing?
        outgoing: bool,
    },
    /// Choose the next one among several edges.
    ChooseFlow {
        /// Outgoing?
        outgoing: bool,
    },
    /// Go to a span: select it and bring it into sight.
    GoTo(SpanRef),
    /// Go to one end of an edge: select its span (or lane), bring the instant of the edge into sight.
    GoToEnd(FlowEnd),
    /// Go to a lane: select it and bring it into sight.
    GoToLane(LaneId),

    /// Show a stretch of a lane: fit it, and select what the lane does at its start.
    GoToStretch(LaneId, TimeRange),
    /// The same on a document that may not be the one in front: of two that are compared. What the user
    /// does to it brings it to the front.
    On(DocumentId, Box<Self>),
    /// Show this file as B beside the trace in front.
    CompareWith(PathBuf),
    /// Ask the desktop for a file to compare the trace in front with.
    CompareDialog,
    /// Add this file to what is compared: two become a series.
    AddToComparison(PathBuf),
    /// Ask the desktop for a file to add.
    AddDialog,
    /// A file was dropped on an open trace: offer what can be done with it, or take the offer back.
    OfferDropped(Option<PathBuf>),
    /// Something about the two traces that are compared.
    Pair(PairAction),
    /// Something about a table of a document, by the table's key.
    Table(DocumentId, String, TableAction),
    /// Show this table (by its place) of an analysis.
    ShowTable(&'static str, usize),
    /// Choose an option of a choice of an analysis, both by their places.
    Choose(&'static str, usize, u8),
    /// Choose a length of time for an analysis, nanoseconds.
    ChooseLength(&'static str, i64),
    /// Let analyses look at something else.
    SetScope(ScopeChoice),
    /// Unfold the finding of this rank, or none.
    ChooseFinding(Option<usize>),
    /// List notes of low confidence, or only count them.
    ShowMinorFindings(bool),

    /// The edge under the pointer in a list.
    HoverFlow(Option<Flow>),

    /// History.
    Back,
    /// History.
    Forward,

    /// Draw all flows in view, or only the selection's.
    ToggleAllFlows,
    /// Draw the wait chain of the selection over the lanes, or not.
    ToggleCriticalPath,
    /// Fold or show frames of the runtime.
    ToggleRuntimeFrames,
    /// Let packed files unpack to any size, or not.
    ToggleUnpackLimit,
    /// Animate moves, or not.
    ToggleAnimation,
    /// Relative or wall-clock ruler.
    ToggleWallClock,
    /// Colours.
    SetTheme(ThemeChoice),
    /// Bigger (+1), smaller (-1), as designed (0).
    StepScale(i32),
    /// Fold or unfold a section of lanes.
    ToggleSection(Section),
    /// Fold or unfold a group of goroutines, by its place among the groups.
    ToggleGroup(u32),
    /// Fold or unfold a type of tasks, by its place among the types.
    ToggleTaskGroup(u32),
    /// Show the subtasks below a row of tasks, by its place among those of all types, or hide them.
    ToggleTaskRow(u32),
    /// Pin a row above all others, or take it from there.
    TogglePin(Pin),
    /// Fold all groups of goroutines, or unfold them.
    FoldGroups(bool),
    /// Let goroutines that are not alive in view have rows, or not.
    ToggleIdleRows,
    /// Other groups of goroutines: a worker makes new rows.
    GroupGoroutines(GroupBy),
    /// A lane for each goroutine in this order: a worker makes new rows.
    OrderGoroutines(GoroutineOrder),
    /// Lanes for some goroutines only, or for all again: a worker makes new rows.
    ShowOnly(Option<Arc<Only>>),
    /// Width of the lane labels, points.
    SetGutter(f32),
    /// Height of the counters, points.
    SetCounters(f32),
    /// The height of the lane area as painted, points.
    LanesHeight(f64),
    /// The dock's layout as stored.
    SetDock(Option<String>),
    /// Arrange the panels as at first.
    ResetPanels,
    /// Something about the search field of a document.
    Search(DocumentId, SearchAction),
    /// Show a line of a source file.
    ShowSource(SourcePlace),
    /// A worker: a source file, or where it was looked for.
    SourceRead(SourcePlace, SourceText),
    /// Open a line of a file in the user's editor.
    OpenInEditor(PathBuf, u64),
    /// Ask the desktop for a folder with source files.
    SourceFolderDialog,
    /// Look for source files in this folder, too.
    AddSourceFolder(PathBuf),
    /// Open or focus a panel.
    OpenPanel(Panel),
    /// The sheet of all keys.
    ToggleHelp,
    /// Unfold or fold the list of warnings.
    ToggleWarnings,
    /// Where the pointer is on the timeline: the instant, ns, and how far below the upper edge of the lanes, points.
    PointerAt(Option<(f64, f64)>),
    /// Save a profile of this document, this scope, this kind as pprof: asks where.
    SaveProfile(DocumentId, Scope, ProfileKind),
    /// Put text on the clipboard.
    Copy(String),
    /// Remember the window's place: x, y, width, height in points.
    SetWindow([f32; 4]),
    /// Forget the list of recent files.
    ClearRecent,
    /// Keep models of large traces on disk, or not.
    ToggleCache,
    /// Remove those that are there.
    ClearCache,
    /// End the program; asks before something is lost.
    Quit,
}

/// Where views put what they want to happen.
#[derive(Debug, Default)]
pub struct Actions(Vec<Action>);

impl Actions {
    /// Adds one.
    pub fn push(&mut self, action: Action) {
        self.0.push(action);
    }

    /// Takes them all, in order.
    pub fn drain(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.0)
    }
}
