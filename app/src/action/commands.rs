//! The one table of commands: name, help, keys, action. Menus, shortcuts and the sheet of all keys
//! are made from it.

use std::sync::{Arc, LazyLock};

use trace_core::analysis::scope::{GoroutineFilter, Scope};
use trace_core::model::lanes::LaneId;

use crate::action::action::{
    Action, BookmarkAction, ComparisonAction, FileAction, InstantAction, Landmark, PanelAction, RowsAction,
    SelectAction, SettingsAction, ViewAction,
};
use crate::action::command::{command, lanes, paired, with_lanes};
use crate::action::fleet_action::FleetAction;
use crate::action::keys::{Chord, Key};
use crate::action::link_action::LinkAction;
use crate::action::links::place_of;
use crate::action::menu::Group;
use crate::action::panel::Panel;
use crate::action::row_commands::{GROUPINGS, ORDERS};
use crate::action::session_action::{RecordAction, SessionAction};
use crate::state::app::{AppState, FieldFor};
use crate::state::dialog::Reply;
use crate::state::document::Document;
use crate::state::lane_filter::{LaneFilter, Which};
use crate::state::palette::PaletteAction;
use crate::state::search::SearchAction;
use crate::state::settings::ThemeChoice;
use crate::state::sheet::Sheet;
use crate::state::sql::SqlAction;
use crate::state::view::Selection;

pub use crate::action::command::Command;

const fn c(sign: char) -> Chord {
    Chord::plain(Key::Char(sign))
}

const fn ctrl(sign: char) -> Chord {
    Chord::ctrl(Key::Char(sign))
}

/// The command with this name.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Command> {
    COMMANDS.iter().find(|command| command.id == id)
}

fn with_hits(state: &AppState, step: i32) -> Option<Action> {
    let document = lanes(state).filter(|document| document.search.found().is_some_and(|hits| hits.total() > 0))?;
    Some(Action::Search(document.id, SearchAction::Step(step)))
}

fn with_span(state: &AppState, action: Action) -> Option<Action> {
    lanes(state).filter(|document| matches!(document.selection, Selection::Span(_))).map(|_| action)
}

/// Steps through bookmarks, if there are any.
fn with_bookmarks(state: &AppState, step: i32) -> Option<Action> {
    let noted = lanes(state).filter(|document| !document.noted.notes.bookmarks.is_empty());
    noted.map(|_| Action::Bookmark(BookmarkAction::Step(step)))
}

/// Steps through gaps, if there are any.
fn with_gaps(state: &AppState, step: i32) -> Option<Action> {
    let damaged = lanes(state).filter(|document| document.trace.is_damaged());
    damaged.map(|_| Action::Select(SelectAction::StepTo(Landmark::Gap, step)))
}

/// Does something to the moment that the instant view shows, if it does.
fn with_moment(state: &AppState, action: InstantAction) -> Option<Action> {
    lanes(state).filter(|document| document.instant.is_some()).map(|_| Action::Instant(action))
}

/// Does something to the selected time, if there is one.
fn with_time(state: &AppState, action: SelectAction) -> Option<Action> {
    lanes(state).filter(|document| document.marked.is_some()).map(|_| Action::Select(action))
}

fn with_selection(state: &AppState, action: Action) -> Option<Action> {
    lanes(state).filter(|document| document.selection != Selection::None).map(|_| action)
}

fn with_session(state: &AppState, action: SessionAction) -> Option<Action> {
    state.shown_session().map(|_| Action::Session(action))
}

fn with_request(state: &AppState, action: SessionAction) -> Option<Action> {
    state.shown_session().filter(|(session, _)| session.request.is_some()).map(|_| Action::Session(action))
}

/// Compares the trace in front with the one that is open after it.
fn compare_next(state: &AppState) -> Option<Action> {
    let active = lanes(state)?.id;
    let at = state.documents.iter().position(|document| document.id == active)?;
    let next = state.documents.get(at + 1).or_else(|| state.documents.first()).filter(|next| next.id != active)?;
    let known = state.pair.as_ref().is_some_and(|pair| pair.sides == [active, next.id]);
    (!known).then_some(Action::Comparison(ComparisonAction::Of(active, next.id)))
}

/// Lanes for goroutines with the start function of the selected one.
fn only_alike(state: &AppState) -> Option<Action> {
    let document = lanes(state)?;
    let go = match document.selection {
        Selection::Span(at) => document.trace.span(at)?.go,
        Selection::Lane(LaneId::Goroutine(go)) => go,
        _ => return None,
    };
    let (_, name) = document.trace.goroutine_name(go)?;
    let scope = Scope { filter: GoroutineFilter::Named(name), ..Scope::whole(&document.trace) };
    let title = match document.trace.str(name) {
        "" => "Unnamed goroutines".to_owned(),
        function => format!("Every {function}"),
    };
    Some(Action::Rows(RowsAction::ShowOnly(Some(Arc::new(LaneFilter { title, which: Which::Of(scope) })))))
}

fn page(state: &AppState, pages: f64) -> Option<Action> {
    lanes(state).map(|document| Action::View(ViewAction::ScrollRows(pages * document.lanes_height_points)))
}

/// Closes what lies on top: a sheet, the path field; stops a load; clears the selection, the mark; shows all lanes.
fn escape(state: &AppState) -> Option<Action> {
    if state.dialog.is_some() {
        return Some(Action::File(FileAction::Reply(Reply::Cancel)));
    }
    if state.palette.is_some() {
        return Some(Action::Palette(PaletteAction::Toggle));
    }
    if state.sheet.is_some() {
        return Some(Action::Panel(PanelAction::Sheet(None)));
    }
    if state.help_open {
        return Some(Action::Panel(PanelAction::ToggleHelp));
    }
    if state.maximised.is_some() {
        return Some(Action::Panel(PanelAction::Maximise(None)));
    }
    if state.dropped.is_some() {
        return Some(Action::File(FileAction::OfferDropped(None)));
    }
    if state.path_field.is_some() {
        return Some(Action::File(FileAction::PathField(None)));
    }
    let document = state.document()?;
    if document.is_loading() {
        Some(Action::File(FileAction::CancelLoad(document.id)))
    } else if document.sql.is_running() {
        Some(Action::Sql(document.id, SqlAction::Stop))
    } else if state.warnings_open {
        Some(Action::Panel(PanelAction::ToggleWarnings))
    } else if document.selection != Selection::None {
        Some(Action::Select(SelectAction::ClearSelection))
    } else if document.highlight.is_some() {
        Some(Action::Select(SelectAction::Highlight(None)))
    } else if document.marked.is_some() {
        Some(Action::Select(SelectAction::ClearArea))
    } else {
        document.lane_filter.as_ref().map(|_| Action::Rows(RowsAction::ShowOnly(None)))
    }
}

const ROW_STEP: f64 = 3.0 * crate::state::row::LANE_HEIGHT;
/// Zoom of one press: four presses are a factor of about three.
const ZOOM_STEP: f64 = 0.75;
const PAN_STEP: f64 = 0.15;

/// All commands, in the order of menus.
pub static COMMANDS: LazyLock<Vec<Command>> = LazyLock::new(|| {
    let panels = Panel::ALL.iter().filter_map(|panel| Command::of(*panel));
    let rows = GROUPINGS.iter().chain(ORDERS).copied();
    BEFORE.iter().copied().chain(rows).chain(panels).chain(BEHIND.iter().copied()).collect()
});

/// The commands before those of panels in their menus.
const BEFORE: &[Command] = &[
    command("open", "Open trace…", "Asks for files to open", Group::File)
        .keys(&[ctrl('O')])
        .makes(|_| Some(Action::File(FileAction::OpenDialog))),
    command("open-path", "Open by path…", "A field to type or paste a path into", Group::File)
        .keys(&[ctrl('L')])
        .makes(|_| Some(Action::File(FileAction::AskPath(FieldFor::Open)))),
    command("open-address", "Open address…", "Records a trace from a server with net/http/pprof", Group::File)
        .keys(&[ctrl('L').and_shift()])
        .makes(|_| Some(Action::File(FileAction::AskPath(FieldFor::Address)))),
    command("open-together", "Open together…", "Opens traces and span files of services as one session", Group::File)
        .keys(&[ctrl('T')])
        .makes(|_| Some(Action::Session(SessionAction::OpenDialog))),
    command("open-fleet", "Open fleet…", "Shows the snapshots of a lake or a folder as a table", Group::File)
        .makes(|_| Some(Action::Fleet(FleetAction::OpenDialog))),
    command("show-fleet", "Show the fleet", "Goes back to the table of snapshots", Group::File).makes(|state| {
        let fleet = state.fleet.as_ref().filter(|fleet| !fleet.is_shown);
        fleet.map(|_| Action::Fleet(FleetAction::Show(true)))
    }),
    command("record-together", "Record together…", "Records several services at the same time", Group::File)
        .makes(|_| Some(Action::Session(SessionAction::Record(RecordAction::Open)))),
    command("save-trace", "Save trace as…", "Keeps a trace that came from a server or a pipe", Group::File)
        .keys(&[ctrl('S')])
        .makes(|state| {
            let document = state.document()?;
            let can = document.is_recorded && document.has_lanes() && !document.is_loading();
            can.then_some(Action::File(FileAction::SaveTrace(document.id, None)))
        }),
    command("save-part", "Save selection as trace…", "Writes the selected time and goroutines as a trace", Group::File)
        .makes(|state| {
            let document = state.document()?;
            let can = document.file().is_some() && document.marked.is_some() && !document.is_loading();
            can.then_some(Action::File(FileAction::SavePart(document.id)))
        }),
    command("copy-link", "Copy link", "A link to what is selected, else to what is in view", Group::File)
        .keys(&[ctrl('K')])
        .makes(|state| lanes(state).map(|document| LinkAction::Copy(document.id, place_of(document)).into())),
    command("open-sample", "Open the sample trace", "A server on which a request had to wait", Group::File)
        .makes(|_| Some(Action::File(FileAction::OpenSample))),
    command("follow-file", "Follow the file", "Adds what a program is still writing to the trace", Group::File)
        .keys(&[ctrl('F').and_shift()])
        .makes(|state| {
            let document = state.document()?;
            let on = !document.is_following();
            let can = document.file().is_some() && (!on || (!document.is_loading() && document.following.is_none()));
            can.then_some(Action::File(FileAction::SetFollow(document.id, on)))
        })
        .switch(|state| state.document().is_some_and(Document::is_following)),
    command(
        "unpack-all",
        "Unpack without a limit",
        "For packed traces that unpack to far more than usual",
        Group::File,
    )
    .makes(|_| Some(Action::Settings(SettingsAction::ToggleUnpackLimit)))
    .switch(|state| state.settings.unpack_without_limit),
    command("close", "Close trace", "Closes the trace in front", Group::File)
        .keys(&[ctrl('W')])
        .makes(|state| state.active.map(|id| FileAction::CloseDocument(id).into())),
    command("next-document", "Next trace", "Brings the next open trace to the front", Group::File)
        .keys(&[Chord::ctrl(Key::Tab), Chord::ctrl(Key::PageDown)])
        .makes(|state| (state.documents.len() > 1).then_some(Action::File(FileAction::SwitchDocument(1)))),
    command("previous-document", "Previous trace", "Brings the open trace before to the front", Group::File)
        .keys(&[Chord::ctrl(Key::Tab).and_shift(), Chord::ctrl(Key::PageUp)])
        .makes(|state| (state.documents.len() > 1).then_some(Action::File(FileAction::SwitchDocument(-1)))),
    command("keep-models", "Cache large traces", "Keeps models on disk so that they open at once", Group::File)
        .makes(|_| Some(Action::Settings(SettingsAction::ToggleCache)))
        .switch(|state| state.settings.cache_gigabytes > 0),
    command("clear-cache", "Clear cache", "Removes the cached traces from disk", Group::File)
        .makes(|_| Some(Action::Settings(SettingsAction::ClearCache))),
    command(
        "one-window",
        "Open files in this window",
        "A file opened from the desktop becomes a tab here",
        Group::File,
    )
    .makes(|_| Some(Action::Settings(SettingsAction::ToggleOneWindow)))
    .switch(|state| state.settings.one_window),
    command("settings", "Settings", "Theme, size, timeline, files, layouts", Group::File)
        .makes(|_| Some(Action::Panel(PanelAction::Sheet(Some(Sheet::Settings))))),
    command("quit", "Quit", "Ends the program", Group::File)
        .keys(&[ctrl('Q')])
        .makes(|_| Some(Action::File(FileAction::Quit))),
    command("zoom-in", "Zoom in", "At the pointer, or the middle; hold to continue", Group::Move)
        .keys(&[c('W')])
        .repeats()
        .makes(|state| with_lanes(state, Action::View(ViewAction::Zoom { factor: ZOOM_STEP, at: None }))),
    command("zoom-out", "Zoom out", "At the pointer, or the middle; hold to continue", Group::Move)
        .keys(&[c('S')])
        .repeats()
        .makes(|state| with_lanes(state, Action::View(ViewAction::Zoom { factor: 1.0 / ZOOM_STEP, at: None }))),
    command("pan-left", "Earlier", "Moves the view to earlier times", Group::Move)
        .keys(&[c('A'), Chord::plain(Key::Left)])
        .repeats()
        .makes(|state| with_lanes(state, Action::View(ViewAction::Pan(-PAN_STEP)))),
    command("pan-right", "Later", "Moves the view to later times", Group::Move)
        .keys(&[c('D'), Chord::plain(Key::Right)])
        .repeats()
        .makes(|state| with_lanes(state, Action::View(ViewAction::Pan(PAN_STEP)))),
    command("row-up", "Scroll up", "Shows lanes further up", Group::Move)
        .keys(&[Chord::plain(Key::Up)])
        .repeats()
        .makes(|state| with_lanes(state, Action::View(ViewAction::ScrollRows(-ROW_STEP)))),
    command("row-down", "Scroll down", "Shows lanes further down", Group::Move)
        .keys(&[Chord::plain(Key::Down)])
        .repeats()
        .makes(|state| with_lanes(state, Action::View(ViewAction::ScrollRows(ROW_STEP)))),
    command("page-up", "Page up", "Scrolls lanes up by a page", Group::Move)
        .keys(&[Chord::plain(Key::PageUp)])
        .repeats()
        .makes(|state| page(state, -0.9)),
    command("page-down", "Page down", "Scrolls lanes down by a page", Group::Move)
        .keys(&[Chord::plain(Key::PageDown)])
        .repeats()
        .makes(|state| page(state, 0.9)),
    command("first", "Go to the start", "Shows the first instant of the trace", Group::Move)
        .keys(&[Chord::plain(Key::Home)])
        .makes(|state| with_lanes(state, Action::View(ViewAction::JumpToEdge(-1)))),
    command("last", "Go to the end", "Shows the last instant of the trace", Group::Move)
        .keys(&[Chord::plain(Key::End)])
        .makes(|state| with_lanes(state, Action::View(ViewAction::JumpToEdge(1)))),
    command("palette", "Command palette…", "Every command, time, lane and name by a few letters", Group::Move)
        .keys(&[ctrl('P').and_shift()])
        .makes(|_| Some(Action::Palette(PaletteAction::Toggle))),
    command("search", "Search…", "Functions, goroutines, tasks, regions, messages, states: everything", Group::Move)
        .keys(&[c('/'), ctrl('F')])
        .makes(|state| lanes(state).map(|document| Action::Search(document.id, SearchAction::Focus))),
    command("next-hit", "Next hit", "The next thing that the search has found", Group::Move)
        .makes(|state| with_hits(state, 1)),
    command("previous-hit", "Previous hit", "The one before", Group::Move).makes(|state| with_hits(state, -1)),
    command("find", "List by name…", "Goroutines, tasks, regions and messages with a text in their name", Group::Move)
        .makes(|state| with_lanes(state, Action::Panel(PanelAction::OpenPanel(Panel::Find)))),
    command("fit", "Fit selection", "Zooms to the selection; once more: to the whole trace", Group::Move)
        .keys(&[c('F')])
        .makes(|state| with_lanes(state, Action::View(ViewAction::FitSelection))),
    command("fit-all", "Show the whole trace", "Zooms out to all of the trace", Group::Move)
        .keys(&[c('F').and_shift()])
        .makes(|state| with_lanes(state, Action::View(ViewAction::ShowAll))),
    command("back", "Back", "Where you were before the last jump", Group::Move)
        .keys(&[Chord::alt(Key::Left), Chord::plain(Key::MouseBack)])
        .makes(|state| {
            lanes(state).filter(|document| !document.history.back.is_empty()).map(|_| Action::View(ViewAction::Back))
        }),
    command("forward", "Forward", "Where you were before going back", Group::Move)
        .keys(&[Chord::alt(Key::Right), Chord::plain(Key::MouseForward)])
        .makes(|state| {
            lanes(state)
                .filter(|document| !document.history.forward.is_empty())
                .map(|_| Action::View(ViewAction::Forward))
        }),
    command(
        "next-span",
        "Next span",
        "The next span on the lane; without a selection the first in view",
        Group::Follow,
    )
    .keys(&[c('.')])
    .repeats()
    .makes(|state| with_lanes(state, Action::Select(SelectAction::StepSpan(1)))),
    command("previous-span", "Previous span", "Selects the span before on the lane", Group::Follow)
        .keys(&[c(',')])
        .repeats()
        .makes(|state| with_selection(state, Action::Select(SelectAction::StepSpan(-1)))),
    command("next-same", "Next span of this kind", "The next one on the lane in the same state", Group::Follow)
        .keys(&[Chord::alt(Key::Char('.'))])
        .repeats()
        .makes(|state| with_span(state, Action::Select(SelectAction::StepTo(Landmark::SameKind, 1)))),
    command("previous-same", "Previous span of this kind", "The one before on the lane", Group::Follow)
        .keys(&[Chord::alt(Key::Char(','))])
        .repeats()
        .makes(|state| with_span(state, Action::Select(SelectAction::StepTo(Landmark::SameKind, -1)))),
    command("next-gc", "Next GC cycle", "Goes to the GC cycle that begins next", Group::Follow)
        .keys(&[c('G')])
        .repeats()
        .makes(|state| with_lanes(state, Action::Select(SelectAction::StepTo(Landmark::GcCycle, 1)))),
    command("previous-gc", "Previous GC cycle", "Goes to the GC cycle before", Group::Follow)
        .keys(&[c('G').and_shift()])
        .repeats()
        .makes(|state| with_lanes(state, Action::Select(SelectAction::StepTo(Landmark::GcCycle, -1)))),
    command("next-finding", "Next finding", "Shows the next finding and where it is", Group::Follow)
        .keys(&[c('J')])
        .makes(|state| with_lanes(state, Action::Select(SelectAction::StepTo(Landmark::Finding, 1)))),
    command("previous-finding", "Previous finding", "Shows the finding before and where it is", Group::Follow)
        .keys(&[c('K')])
        .makes(|state| with_lanes(state, Action::Select(SelectAction::StepTo(Landmark::Finding, -1)))),
    command("next-gap", "Next gap", "Goes to where data is lost next", Group::Follow)
        .makes(|state| with_gaps(state, 1)),
    command("previous-gap", "Previous gap", "Goes to where data was lost before", Group::Follow)
        .makes(|state| with_gaps(state, -1)),
    command("follow-out", "Follow outgoing flow", "To what this span created or unblocked", Group::Follow)
        .keys(&[c(']')])
        .makes(|state| with_span(state, Action::Select(SelectAction::FollowFlow { outgoing: true }))),
    command("follow-in", "Follow incoming flow", "To what created or unblocked this span", Group::Follow)
        .keys(&[c('[')])
        .makes(|state| with_span(state, Action::Select(SelectAction::FollowFlow { outgoing: false }))),
    command("choose-out", "Choose among outgoing flows", "Takes the next one of several", Group::Follow)
        .keys(&[ctrl(']')])
        .repeats()
        .makes(|state| with_span(state, Action::Select(SelectAction::ChooseFlow { outgoing: true }))),
    command("choose-in", "Choose among incoming flows", "Takes the next one of several", Group::Follow)
        .keys(&[ctrl('[')])
        .repeats()
        .makes(|state| with_span(state, Action::Select(SelectAction::ChooseFlow { outgoing: false }))),
    command("select-time", "Select its time", "The time of the selection, else of the view", Group::Follow)
        .keys(&[c('M')])
        .makes(|state| with_lanes(state, Action::Select(SelectAction::SelectItsTime))),
    command("end-later", "Move the end later", "Moves the end of the selected time", Group::Follow)
        .keys(&[Chord::plain(Key::Right).and_shift()])
        .repeats()
        .makes(|state| with_time(state, SelectAction::StepEdge(true, 1))),
    command("end-earlier", "Move the end earlier", "Moves the end of the selected time", Group::Follow)
        .keys(&[Chord::plain(Key::Left).and_shift()])
        .repeats()
        .makes(|state| with_time(state, SelectAction::StepEdge(true, -1))),
    command("start-later", "Move the start later", "Moves the start of the selected time", Group::Follow)
        .keys(&[Chord::alt(Key::Right).and_shift()])
        .repeats()
        .makes(|state| with_time(state, SelectAction::StepEdge(false, 1))),
    command("start-earlier", "Move the start earlier", "Moves the start of the selected time", Group::Follow)
        .keys(&[Chord::alt(Key::Left).and_shift()])
        .repeats()
        .makes(|state| with_time(state, SelectAction::StepEdge(false, -1))),
    command("bookmark", "Add bookmark", "Of the selection, else of the time under the pointer", Group::Follow)
        .keys(&[c('B')])
        .makes(|state| with_lanes(state, Action::Bookmark(BookmarkAction::Add))),
    command("next-bookmark", "Next bookmark", "Goes to the bookmark after this one", Group::Follow)
        .keys(&[ctrl('B')])
        .makes(|state| with_bookmarks(state, 1)),
    command("previous-bookmark", "Previous bookmark", "Goes to the bookmark before this one", Group::Follow)
        .keys(&[ctrl('B').and_shift()])
        .makes(|state| with_bookmarks(state, -1)),
    command("instant", "Instant view", "Everything at the moment under the pointer", Group::Follow)
        .keys(&[c('I')])
        .makes(|state| with_lanes(state, Action::Instant(InstantAction::Show(None)))),
    command("instant-next", "Next change", "Steps the instant view to the next change of a state", Group::Follow)
        .keys(&[ctrl('.')])
        .repeats()
        .makes(|state| with_moment(state, InstantAction::Step(true))),
    command("instant-previous", "Previous change", "Steps the instant view to the change before", Group::Follow)
        .keys(&[ctrl(',')])
        .repeats()
        .makes(|state| with_moment(state, InstantAction::Step(false))),
    command("copy-dump", "Copy as goroutine dump", "The moment of the instant view, as Go prints it", Group::Follow)
        .makes(|state| with_moment(state, InstantAction::CopyDump)),
    command(
        "escape",
        "Cancel",
        "Closes the topmost dialog, stops loading, clears the selection, shows all lanes",
        Group::Follow,
    )
    .keys(&[Chord::plain(Key::Escape)])
    .makes(escape),
    command("all-flows", "All flows in view", "Draws every flow, not only those of the selection", Group::View)
        .keys(&[c('E')])
        .makes(|_| Some(Action::Settings(SettingsAction::ToggleAllFlows)))
        .switch(|state| state.settings.all_flows),
    command("critical-path", "Critical path", "Draws who held up the selected wait, step by step", Group::View)
        .keys(&[c('P')])
        .makes(|_| Some(Action::Settings(SettingsAction::ToggleCriticalPath)))
        .switch(|state| state.settings.critical_path),
    command("expand-groups", "Expand all groups", "Shows the rows of every group", Group::View)
        .makes(|state| with_lanes(state, Action::Rows(RowsAction::FoldGroups(false)))),
    command("collapse-groups", "Collapse all groups", "Shows every group as one strip", Group::View)
        .makes(|state| with_lanes(state, Action::Rows(RowsAction::FoldGroups(true)))),
    command("hide-idle", "Hide rows without time in view", "Only goroutines alive in view have rows", Group::View)
        .makes(|state| with_lanes(state, Action::Rows(RowsAction::ToggleIdleRows)))
        .switch(|state| lanes(state).is_some_and(|document| document.hides_idle)),
    command("only-alike", "Only goroutines like this one", "Lanes for those with the same start function", Group::View)
        .makes(only_alike),
    command("all-goroutines", "All goroutines", "Lanes for all of them again", Group::View)
        .makes(|state| lanes(state)?.lane_filter.as_ref().map(|_| Action::Rows(RowsAction::ShowOnly(None)))),
    command("stack-frames", "Stack frames", "Pins the selected lane with its stack over time below it", Group::View)
        .keys(&[c('S').and_shift()])
        .makes(|state| {
            let lane = lanes(state)?.selection.lane().filter(|lane| !matches!(lane, LaneId::Gc | LaneId::Stw))?;
            Some(Action::Rows(RowsAction::ToggleFrames(lane)))
        })
        .switch(|state| {
            let document = lanes(state);
            let lane = document.and_then(|document| document.selection.lane());
            lane.zip(document).is_some_and(|(lane, document)| document.stack_lines.contains_key(&lane))
        }),
    command(
        "wall-clock",
        "Wall-clock time",
        "Labels the ruler with the time of day, where the trace knows it",
        Group::View,
    )
    .keys(&[c('T')])
    .makes(|_| Some(Action::Settings(SettingsAction::ToggleWallClock)))
    .switch(|state| state.settings.wall_clock),
    command("runtime-frames", "Runtime frames", "Shows the runtime's own frames in stacks", Group::View)
        .keys(&[c('R')])
        .makes(|_| Some(Action::Settings(SettingsAction::ToggleRuntimeFrames)))
        .switch(|state| state.settings.runtime_frames),
    command("span-labels", "Labels in spans", "Writes into spans what they are", Group::View)
        .keys(&[c('X').and_shift()])
        .makes(|_| Some(Action::Settings(SettingsAction::ToggleLabels)))
        .switch(|state| state.settings.span_labels),
    command("compact", "Compact rows", "Makes rows thin, so that more of them are in view", Group::View)
        .keys(&[c('M').and_shift()])
        .makes(|_| Some(Action::Settings(SettingsAction::ToggleCompact)))
        .switch(|state| state.settings.compact_rows),
    command("tooltips", "Tooltips", "Tells at the pointer what lies under it on the timeline", Group::View)
        .keys(&[c('T').and_shift()])
        .makes(|_| Some(Action::Settings(SettingsAction::ToggleTooltips)))
        .switch(|state| state.settings.tooltips),
    command("fit-panels", "Fit panels to their content", "Panels are as high as what they show", Group::View)
        .makes(|state| Some(Action::Settings(SettingsAction::FitDocks(!state.settings.fits_docks))))
        .switch(|state| state.settings.fits_docks),
    command("animate", "Animations", "Lets the view glide to its new place", Group::View)
        .makes(|_| Some(Action::Settings(SettingsAction::ToggleAnimation)))
        .switch(|state| state.settings.animate),
    command("theme-system", "System theme", "Dark or light as the desktop says", Group::View)
        .makes(|_| Some(Action::Settings(SettingsAction::SetTheme(ThemeChoice::System))))
        .switch(|state| state.settings.theme == ThemeChoice::System),
    command("theme-dark", "Dark theme", "Always dark", Group::View)
        .makes(|_| Some(Action::Settings(SettingsAction::SetTheme(ThemeChoice::Dark))))
        .switch(|state| state.settings.theme == ThemeChoice::Dark),
    command("theme-light", "Light theme", "Always light", Group::View)
        .makes(|_| Some(Action::Settings(SettingsAction::SetTheme(ThemeChoice::Light))))
        .switch(|state| state.settings.theme == ThemeChoice::Light),
    command("bigger", "Zoom in the interface", "Everything a little larger", Group::View)
        .keys(&[ctrl('+'), ctrl('=')])
        .repeats()
        .makes(|_| Some(Action::Settings(SettingsAction::StepScale(1)))),
    command("smaller", "Zoom out the interface", "Everything a little smaller", Group::View)
        .keys(&[ctrl('-')])
        .repeats()
        .makes(|_| Some(Action::Settings(SettingsAction::StepScale(-1)))),
    command("normal-size", "Reset the size of the interface", "Everything as designed", Group::View)
        .keys(&[ctrl('0')])
        .makes(|_| Some(Action::Settings(SettingsAction::StepScale(0)))),
    command("compare-with", "Compare with…", "Choose a trace to compare with this one, as B", Group::Compare)
        .keys(&[ctrl('O').and_shift()])
        .makes(|state| with_lanes(state, Action::Comparison(ComparisonAction::CompareDialog))),
    command("compare-next", "Compare with the next trace", "The next of the open ones becomes B", Group::Compare)
        .keys(&[c('C').and_shift()])
        .makes(compare_next),
    command("compare-add", "Add to the comparison…", "One more trace: two become a series", Group::Compare)
        .makes(|state| paired(state).map(|_| Action::Comparison(ComparisonAction::AddDialog))),
    command("compare-lower", "Next of the series below", "Shows another trace of the series as B", Group::Compare)
        .keys(&[c('N')])
        .makes(|state| {
            let pair = paired(state)?;
            let at = pair.series.iter().position(|id| *id == pair.sides[1])?;
            let behind = pair.series.iter().skip(at + 1).chain(&pair.series);
            let next = behind.copied().find(|id| !pair.sides.contains(id))?;
            Some(Action::Comparison(ComparisonAction::Lower(next)))
        }),
];

/// The commands behind those of panels in their menus.
const BEHIND: &[Command] = &[
    command("panels-reset", "Reset layout", "Puts the panels back to their default places", Group::Panels)
        .makes(|state| with_lanes(state, Action::Panel(PanelAction::ResetPanels))),
    command("compare-link", "Move both together", "Zooming and panning one moves the other", Group::Compare)
        .keys(&[c('L')])
        .makes(|state| paired(state).map(|_| Action::Comparison(ComparisonAction::ToggleLink)))
        .switch(|state| paired(state).is_some_and(|pair| pair.is_linked)),
    command("compare-align", "Align at the selections", "Align the selections of A and B", Group::Compare)
        .keys(&[c('L').and_shift()])
        .makes(|state| paired(state).map(|_| Action::Comparison(ComparisonAction::AlignSelections))),
    command("compare-swap", "Swap A and B", "A becomes B, and B becomes A", Group::Compare)
        .keys(&[c('X')])
        .makes(|state| paired(state).map(|_| Action::Comparison(ComparisonAction::Swap))),
    command("compare-leave", "End the comparison", "Both traces stay open", Group::Compare)
        .makes(|state| paired(state).map(|_| Action::Comparison(ComparisonAction::Leave))),
    command("request-next", "Next request", "Shows the next request of the list", Group::Session)
        .keys(&[Chord::alt(Key::Down)])
        .repeats()
        .makes(|state| with_session(state, SessionAction::StepRequest(1))),
    command("request-previous", "Previous request", "Shows the request before in the list", Group::Session)
        .keys(&[Chord::alt(Key::Up)])
        .repeats()
        .makes(|state| with_session(state, SessionAction::StepRequest(-1))),
    command("request-all", "All requests", "Shows all requests on the request lane", Group::Session)
        .makes(|state| with_request(state, SessionAction::ShowRequest(None))),
    command("session-save", "Save session…", "Keeps names, offsets and places of the files", Group::Session)
        .makes(|state| with_session(state, SessionAction::Save)),
    command("session-compare", "Compare session with…", "What changed by request, service and call", Group::Session)
        .makes(|state| with_session(state, SessionAction::CompareDialog)),
    command("session-leave", "Show traces separately", "Ends the session; its traces stay open", Group::Session)
        .makes(|state| with_session(state, SessionAction::Leave)),
    command("session-close", "Close session", "Closes the session and all its traces", Group::Session)
        .makes(|state| with_session(state, SessionAction::Close)),
    command("tour", "Guided tour", "A few steps through the sample trace", Group::Help)
        .makes(|_| Some(Action::Panel(PanelAction::Tour(Some(0))))),
    command("manual", "Manual", "How to do what, and a page for each panel", Group::Help)
        .makes(|_| Some(Action::Panel(PanelAction::Sheet(Some(Sheet::Manual("start".to_owned())))))),
    command("colours", "What colours mean", "The colours and shapes of the timeline", Group::Help)
        .makes(|_| Some(Action::Panel(PanelAction::Sheet(Some(Sheet::Colours))))),
    command("about", "About Tracelane", "Version and licence", Group::Help)
        .makes(|_| Some(Action::Panel(PanelAction::Sheet(Some(Sheet::About))))),
    command("help", "Keyboard shortcuts", "All keys on one sheet", Group::Help)
        .keys(&[c('?')])
        .makes(|_| Some(Action::Panel(PanelAction::ToggleHelp))),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{COMMANDS, by_id};
    use crate::action::action::{Action, FileAction, PanelAction};
    use crate::action::keymap::command_of;
    use crate::action::keys::{Chord, Key};
    use crate::state::app::AppState;
    use crate::state::settings::Settings;

    #[test]
    fn no_name_and_no_key_stands_for_two_commands() {
        let mut ids = HashSet::new();
        for command in COMMANDS.iter() {
            assert!(ids.insert(command.id), "{} twice", command.id);
            for chord in command.keys {
                assert_eq!(command_of(chord, &Settings::default()).map(|found| found.id), Some(command.id), "{chord}");
            }
        }
    }

    #[test]
    fn without_a_document_only_general_commands_work() {
        let state = AppState::default();
        let made = |id: &str| by_id(id).and_then(|command| command.action(&state));
        assert!(matches!(made("open"), Some(Action::File(FileAction::OpenDialog))));
        for id in ["close", "zoom-in", "follow-out", "fit", "back", "escape", "details", "compare"] {
            assert!(made(id).is_none(), "{id}");
        }
    }

    #[test]
    fn escape_closes_the_sheet_first() {
        let state = AppState { help_open: true, path_field: Some(String::new()), ..AppState::default() };
        let escape = command_of(&Chord::plain(Key::Escape), &state.settings).expect("Esc means something");
        assert!(matches!(escape.action(&state), Some(Action::Panel(PanelAction::ToggleHelp))));
    }
}
