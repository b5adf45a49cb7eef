//! The actions. Views push them; [`crate::action::reduce`] applies them; tests script them.

use std::path::PathBuf;
use std::sync::Arc;

use trace_core::analysis::go_set::GoSet;
use trace_core::analysis::profile::ProfileKind;
use trace_core::analysis::scope::Scope;
use trace_core::base::ids::TaskIdx;
use trace_core::base::monitor::Progress;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::flows::{Flow, FlowEnd};
use trace_core::model::lanes::{LaneId, SpanRef};
use trace_core::model::trace::{Region, Trace};

use crate::action::fleet_action::FleetAction;
use crate::action::keys::Chord;
use crate::action::link_action::LinkAction;
use crate::action::panel::Panel;
use crate::action::session_action::SessionAction;
use crate::report::comparison::divisor::Divisor;
use crate::report::view::TableAction;
use crate::state::app::FieldFor;
use crate::state::bookmarks::{Bookmark, Notes};
use crate::state::compare_query::{CompareAnswer, CompareQuery};
use crate::state::comparison::{Align, FlameView, PendingAlign, RowKey, Side, TimelineSpot};
use crate::state::dialog::Reply;
use crate::state::document::{DocumentId, RecordedAt, Source};
use crate::state::grouping::GroupBy;
use crate::state::lane_filter::LaneFilter;
use crate::state::order::GoroutineOrder;
use crate::state::palette::PaletteAction;
use crate::state::pinned::Pin;
use crate::state::query::{Answer, Query};
use crate::state::questions::Failed;
use crate::state::row::RowKind;
use crate::state::rows::Rows;
use crate::state::scope::ScopeChoice;
use crate::state::search::SearchAction;
use crate::state::section::Section;
use crate::state::settings::ThemeChoice;
use crate::state::sheet::Sheet;
use crate::state::source::{SourcePlace, SourceText};
use crate::state::sql::SqlAction;
use crate::state::view::View;
use trace_core::analysis::compare::partners::Correction;

/// What a user, a worker or the desktop caused; [`crate::action::reduce`] applies it.
#[derive(Clone, Debug)]
pub enum Action {
    /// Opening, saving, closing and switching between traces.
    File(FileAction),
    /// What a worker, or the desktop, tells.
    Worker(WorkerAction),
    /// What of the trace in front is in view.
    View(ViewAction),
    /// What is selected, marked or gone to in the trace in front.
    Select(SelectAction),
    /// Which rows the trace in front has.
    Rows(RowsAction),
    /// What the instant view shows of the trace in front.
    Instant(InstantAction),
    /// The bookmarks of the trace in front.
    Bookmark(BookmarkAction),
    /// What is asked about a trace, and how its answers are shown.
    Analysis(AnalysisAction),
    /// Open, close and arrange panels and sheets.
    Panel(PanelAction),
    /// Look for source files, and choose where.
    Source(SourceAction),
    /// Settings, which are remembered between starts.
    Settings(SettingsAction),
    /// Tell the user one line.
    Notice(String),
    /// The UI clock, seconds.
    Tick(f64),
    /// The same on a document that may not be the one in front: of two that are compared. What the user
    /// does to it brings it to the front.
    On(DocumentId, Box<Self>),
    /// Something about the two traces that are compared.
    Comparison(ComparisonAction),
    /// Something about the session.
    Session(SessionAction),
    /// Something about the fleet.
    Fleet(FleetAction),
    /// Something about a link to a place.
    Link(LinkAction),
    /// Something about a table of a document, by the table's key.
    Table(DocumentId, String, TableAction),
    /// Something about the search field of a document.
    Search(DocumentId, SearchAction),
    /// Something about the query panel of a document.
    Sql(DocumentId, SqlAction),
    /// Something about the command palette.
    Palette(PaletteAction),
    /// Put text on the clipboard.
    Copy(String),
}

/// Opening, saving, closing and switching between traces.
#[derive(Clone, Debug)]
pub enum FileAction {
    /// Open a file in a tab of its own, or bring its tab to the front.
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
    /// Answer the question that is open.
    Reply(Reply),
    /// Bring a document to the front.
    Activate(DocumentId),
    /// Bring the document that was opened first to the front.
    ActivateFirst,
    /// Close a document; asks before something is lost.
    CloseDocument(DocumentId),
    /// Stop loading; what was read by then stays on show.
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
    /// A file was dropped on an open trace: offer what can be done with it, or take the offer back.
    OfferDropped(Option<PathBuf>),
    /// Save a profile of this document, this scope, this kind as pprof: asks where.
    SaveProfile(DocumentId, Scope, ProfileKind),
    /// Save the selected time of this document, of the selected goroutines, as a trace: asks where.
    SavePart(DocumentId),
    /// End the program; asks before something is lost.
    Quit,
}

/// What a worker, or the desktop, tells.
#[derive(Clone, Debug)]
pub enum WorkerAction {
    /// A worker: there is a file already where a trace is to be saved.
    FileExists(DocumentId, PathBuf),
    /// A worker: a trace is saved in this file, so many bytes.
    Saved(DocumentId, PathBuf, u64),
    /// A worker: a trace is not saved; why, unless the user changed his mind.
    NotSaved(DocumentId, Option<String>),
    /// A worker: a file is not followed any more; a sentence if that was not asked for.
    FollowEnded(DocumentId, Option<String>),
    /// A worker: the paths that begin with this text.
    PathsListed(String, Vec<String>),
    /// A worker: a document's file is longer than it was.
    Grew(DocumentId),
    /// A worker: the bytes of a document's trace cannot be read again, so they are kept; whether they are in a file of the
    /// user's nevertheless, and when the recording began, if that is known.
    Recorded(DocumentId, bool, Option<RecordedAt>),
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
    /// A worker: under this name these notes of a document's trace are kept.
    NotesRead(DocumentId, String, Notes),
    /// A worker: bookmarks from a file.
    NotesImported(DocumentId, Vec<Bookmark>),
    /// A worker: from this moment, the nearest one at which a goroutine changes its state, if there is one.
    ChangeFound(DocumentId, TraceTime, Option<TraceTime>),
    /// A worker: the goroutines on these rows.
    RowGoroutines(DocumentId, Vec<RowKind>, GoSet),
    /// A worker: what it found about that snapshot.
    Answered(DocumentId, Arc<Trace>, Query, Result<Answer, Failed>),
    /// A worker: the desktop's dialog for files is gone.
    DialogClosed,
    /// A worker: a source file, or where it was looked for.
    SourceRead(SourcePlace, SourceText),
}

/// What of the trace in front is in view.
#[derive(Clone, Debug)]
pub enum ViewAction {
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
    /// Show an instant in the middle if it is out of view, at the scale that the view has. Recorded in the history.
    Centre(TraceTime),
    /// Bring a lane (and an instant) into sight with least movement.
    Reveal {
        /// The lane to scroll to.
        lane: LaneId,
        /// The instant to scroll to; `None` leaves the time as it is.
        time: Option<TraceTime>,
    },
    /// Jump to the first (-1) or last (+1) instant.
    JumpToEdge(i32),
    /// Go back to what was shown before.
    Back,
    /// Undo the last step back.
    Forward,
    /// The height of the lane area as painted, points.
    LanesHeight(f64),
    /// Panels have taken room from the lane area or given it back: what is in view changes from this to that, at one scale.
    Widen {
        /// What was in view.
        from: View,
        /// What is in view now.
        to: View,
    },
    /// Where the pointer is on the timeline: the instant, ns, and how far below the upper edge of the lanes, points.
    PointerAt(Option<(f64, f64)>),
}

/// What is selected, marked or gone to in the trace in front.
#[derive(Clone, Debug)]
pub enum SelectAction {
    /// Select a span. Recorded in the history.
    SelectSpan(SpanRef),
    /// Select a lane. Recorded in the history.
    SelectLane(LaneId),
    /// Select a task. Recorded in the history.
    SelectTask(TaskIdx),
    /// Select a region. Recorded in the history.
    SelectRegion(Region),
    /// Go to a task: select it and bring it into sight.
    GoToTask(TaskIdx),
    /// Select nothing, and close what was opened for the selection.
    ClearSelection,
    /// Select the neighbour span on the same lane: -1 before, +1 after.
    StepSpan(i32),
    /// Mark a stretch of time, or remove the mark. Analyses look at what they did before.
    Mark(Option<TimeRange>),
    /// Select a range of time on these rows, or on all if there are none. Analyses follow. Recorded in the history.
    SelectArea(TimeRange, Vec<RowKind>),
    /// Select the time of what is selected, else of the view.
    SelectItsTime,
    /// Select no time and no rows.
    ClearArea,
    /// Move the end (`true`) or the start of the selected time.
    MoveEdge(bool, TraceTime),
    /// Move the end (`true`) or the start of the selected time by steps, positive for later.
    StepEdge(bool, i32),
    /// Point out a range on the timeline, or none. Nothing else changes.
    Highlight(Option<TimeRange>),
    /// Go to the next thing of a kind (1), or the one before (-1).
    StepTo(Landmark, i32),
    /// Follow the chosen outgoing (`true`) or incoming (`false`) edge of the selected span.
    FollowFlow {
        /// Whether along an outgoing flow, not an incoming one.
        outgoing: bool,
    },
    /// Choose the next one among several edges.
    ChooseFlow {
        /// Whether among the outgoing flows, not the incoming ones.
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
    /// The edge under the pointer in a list.
    HoverFlow(Option<Flow>),
    /// The time under the pointer in a panel, for as long as it is there.
    PointTo(Option<TimeRange>),
}

/// The bookmarks of the trace in front.
#[derive(Clone, Debug)]
pub enum BookmarkAction {
    /// Bookmark what is selected, or the moment under the pointer.
    Add,
    /// Change the note of a bookmark, by its place.
    Note(usize, String),
    /// Remove a bookmark, by its place.
    Remove(usize),
    /// Go to a bookmark, by its place.
    GoTo(usize),
    /// Go to the next bookmark (1), or the one before (-1).
    Step(i32),
    /// Write them to a file: asks where.
    Export,
    /// Read them from a file: asks which.
    Import,
}

/// What the instant view shows of the trace in front.
#[derive(Clone, Copy, Debug)]
pub enum InstantAction {
    /// Show this moment; the one under the pointer, or that of the selection, if `None`.
    Show(Option<TraceTime>),
    /// Step to the next (`true`) or previous change.
    Step(bool),
    /// Keep this moment to compare others with it, or compare no longer.
    Compare(bool),
    /// Swap the two moments that are compared.
    Swap,
    /// Close the instant view.
    Close,
    /// Put the moment on the clipboard as a goroutine dump.
    CopyDump,
}

/// What can be stepped through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Landmark {
    /// Spans on the lane in the same state as the selected one, for the same reason.
    SameKind,
    /// Gaps: where data is lost.
    Gap,
    /// The next or last GC cycle.
    GcCycle,
    /// The next or last finding, by rank.
    Finding,
}

/// Which rows the trace in front has.
#[derive(Clone, Debug)]
pub enum RowsAction {
    /// Pin a row above all others, or take it from there.
    TogglePin(Pin),
    /// Show the stack frames of a lane, which is pinned for that, or hide them.
    ToggleFrames(LaneId),
    /// Fold or unfold a section of lanes.
    ToggleSection(Section),
    /// Fold or unfold a group of goroutines, by its place among the groups.
    ToggleGroup(u32),
    /// Fold or unfold a type of tasks, by its place among the types.
    ToggleTaskGroup(u32),
    /// Show the subtasks below a row of tasks, by its place among those of all types, or hide them.
    ToggleTaskRow(u32),
    /// Fold all groups of goroutines, or unfold them.
    FoldGroups(bool),
    /// Let goroutines that are not alive in view have rows, or not.
    ToggleIdleRows,
    /// Other groups of goroutines: a worker makes new rows.
    GroupGoroutines(GroupBy),
    /// Goroutines, or their groups, in this order: a worker makes new rows.
    OrderGoroutines(GoroutineOrder),
    /// Goroutines, or their groups, the other way round: a worker makes new rows.
    ReverseOrder,
    /// Lanes for some goroutines only, or for all again: a worker makes new rows.
    ShowOnly(Option<Arc<LaneFilter>>),
}

/// What is asked about a trace, and how its answers are shown.
#[derive(Clone, Debug)]
pub enum AnalysisAction {
    /// Have a worker find out something about a document's trace, once that is loaded. Asked twice is
    /// asked once.
    Ask(DocumentId, Query),
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
    /// Show the stack of the finding that is unfolded.
    ShowFindingStack(bool),
    /// Let this node fill the width of an analysis's flame graph, which has so many nodes.
    ZoomFlame(&'static str, usize, usize),
    /// Fold or unfold a line of a call tree: the analysis, how many lines the tree has, and which.
    ToggleCallLine(&'static str, usize, usize),
    /// What an analysis shows of stacks is about this function, in full.
    ChooseFunction(&'static str, String),
}

/// Opens, closes and arranges panels and sheets.
#[derive(Clone, Debug)]
pub enum PanelAction {
    /// The dock's layout as stored.
    SetDock(Option<String>),
    /// Put the panels back to their default places.
    ResetPanels,
    /// Open a panel, or bring it to the front.
    OpenPanel(Panel),
    /// Move the keyboard focus into a panel that is in front.
    FocusPanel(Panel),
    /// The dock has these panels in front.
    Fronts(Vec<&'static str>),
    /// The sheet over the window shows this, or closes.
    Sheet(Option<Sheet>),
    /// The guided tour goes to a step, or ends. Opens the sample if it is not in front.
    Tour(Option<usize>),
    /// The window has done what the step of the tour says.
    TourDone,
    /// A panel takes the place of all others, or none does any more.
    Maximise(Option<Panel>),
    /// What is typed as the name of a layout.
    NameLayout(String),
    /// Save the present layout under the name that is typed.
    SaveLayout,
    /// Arrange the panels as in this layout.
    UseLayout(String),
    /// Forget the saved layout of this name.
    RemoveLayout(String),
    /// The sheet of all keys.
    ToggleHelp,
    /// Unfold or fold the list of warnings.
    ToggleWarnings,
}

/// Finds source files, and chooses where to look.
#[derive(Clone, Debug)]
pub enum SourceAction {
    /// Show a line of a source file.
    ShowSource(SourcePlace),
    /// Open a line of a file in the user's editor.
    OpenInEditor(PathBuf, u64),
    /// Ask the desktop for a folder with source files.
    SourceFolderDialog,
    /// Look for source files in this folder, too.
    AddSourceFolder(PathBuf),
}

/// Settings, which are remembered between starts.
#[derive(Clone, Debug)]
pub enum SettingsAction {
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
    /// Wait for the key that a command, by its name, is to have; with `None` no longer.
    AskKey(Option<&'static str>),
    /// Give a command, by its name, this key, or none.
    BindKey(&'static str, Option<Chord>),
    /// Give a command, by its name, its usual keys again; all commands with `None`.
    UsualKeys(Option<&'static str>),
    /// Let panels take the height of their content, or keep the one they have.
    FitDocks(bool),
    /// Write into spans what they are, or not.
    ToggleLabels,
    /// Tell at the pointer what lies under it on the timeline, or not.
    ToggleTooltips,
    /// Make rows thin, or as high as usual.
    ToggleCompact,
    /// Relative or wall-clock ruler.
    ToggleWallClock,
    /// Choose the colours: as the desktop, dark or light.
    SetTheme(ThemeChoice),
    /// Bigger (+1), smaller (-1), as designed (0).
    StepScale(i32),
    /// Width of the lane labels, points.
    SetGutter(f32),
    /// Height of the counters, points.
    SetCounters(f32),
    /// Files go to the window that is open already, or to a new one.
    ToggleOneWindow,
    /// Remember whether the window is maximised.
    SetMaximised(bool),
    /// Remember the window's place: x, y, width, height in points.
    SetWindow([f32; 4]),
    /// Forget the list of recent files.
    ClearRecent,
    /// Keep models of large traces on disk, or not.
    ToggleCache,
    /// Remove those that are there.
    ClearCache,
    /// The command that opens an editor; empty for the usual one.
    SetEditor(String),
    /// Look for source files in this folder no longer.
    RemoveSourceFolder(PathBuf),
    /// Keep a search, or no longer.
    ToggleSearch(String),
}

/// Something to happen to the pair.
#[derive(Clone, Debug)]
pub enum ComparisonAction {
    /// Compare these two: A and B.
    Of(DocumentId, DocumentId),
    /// One more: the two become a series.
    Add(DocumentId),
    /// Take a trace out of the series.
    TakeOut(DocumentId),
    /// Show this one of the series as B.
    Lower(DocumentId),
    /// What to do once both are loaded.
    PendingAlign(PendingAlign),
    /// Both are: do it.
    ApplyPendingAlign,
    /// End it; both stay open.
    Leave,
    /// A becomes B, and B becomes A.
    Swap,
    /// Move the two together, or each by itself.
    ToggleLink,
    /// Another way to lay the times over each other.
    Align(Align),
    /// Align what is selected (or marked) in A with what is in B.
    AlignSelections,
    /// This instant of a side is to lie under the one chosen on the other.
    Anchor(Side, TraceTime),
    /// Show B so much later than A begins, nanoseconds.
    Offset(f64),
    /// A's part of the height.
    Share(f32),
    /// Look only at this stretch of a side; all if `None`.
    Limit(Side, Option<TimeRange>),
    /// Divide figures by something else.
    Per(Divisor),
    /// Show more of this row, and its slowest instances beside each other.
    ShowRow(RowKey),
    /// The user's word on which rows belong together.
    Correct(Correction),
    /// Take all such words back.
    ForgetCorrections,
    /// Show the difference flame graph like this.
    ShowFlame(FlameView),
    /// Show these beside each other, aligned at their starts.
    Show([Option<TimelineSpot>; 2]),
    /// Show both traces from start to end.
    ShowWhole,
    /// Have a worker find out something about both.
    Ask(CompareQuery),
    /// A worker: what it found about these two.
    Answered(CompareQuery, Result<CompareAnswer, Failed>),
    /// Show this file as B beside the trace in front.
    CompareWith(PathBuf),
    /// Ask the desktop for a file to compare the trace in front with.
    CompareDialog,
    /// Add this file to what is compared: two become a series.
    AddToComparison(PathBuf),
    /// Ask the desktop for a file to add.
    AddDialog,
}

/// Lets an action of a group stand where any is wanted.
macro_rules! groups {
    ($($name:ident($group:ident);)+) => {
        $(impl From<$group> for Action {
            fn from(action: $group) -> Self {
                Self::$name(action)
            }
        })+
    };
}

groups! {
    File(FileAction);
    Fleet(FleetAction);
    Link(LinkAction);
    Worker(WorkerAction);
    View(ViewAction);
    Select(SelectAction);
    Rows(RowsAction);
    Instant(InstantAction);
    Bookmark(BookmarkAction);
    Analysis(AnalysisAction);
    Panel(PanelAction);
    Source(SourceAction);
    Settings(SettingsAction);
    Comparison(ComparisonAction);
    Session(SessionAction);
}

/// Where views put what they want to happen.
#[derive(Debug, Default)]
pub struct Actions(Vec<Action>);

impl Actions {
    /// Adds an action, to be applied after the frame.
    pub fn push(&mut self, action: impl Into<Action>) {
        self.0.push(action.into());
    }

    /// Whether one of them is like this.
    #[must_use]
    pub fn any(&self, is_it: impl Fn(&Action) -> bool) -> bool {
        self.0.iter().any(is_it)
    }

    /// Takes them all, in order.
    pub fn drain(&mut self) -> Vec<Action> {
        std::mem::take(&mut self.0)
    }
}
