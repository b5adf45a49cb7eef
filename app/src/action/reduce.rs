//! Applies actions to the state. The only place that changes it.

use std::path::PathBuf;
use std::sync::Arc;

use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::findings::Findings;
use trace_core::analysis::profile::ProfileKind;
use trace_core::analysis::scope::Scope;
use trace_core::base::monitor::Monitor;
use trace_core::base::visible::visible;
use trace_core::model::trace::Trace;

use crate::action::action::{
    Action, AnalysisAction, FileAction, PanelAction, SelectAction, SettingsAction, SourceAction, ViewAction,
    WorkerAction,
};
use crate::action::panel::{Needs, Panel};
use crate::action::{documents, navigate, pairs, search, source, tables, unsaved};
use crate::fmt::escape::visible_lines;
use crate::report::arrange::Arrangement;
use crate::report::table::Table;
use crate::state::app::{AppState, FieldFor};
use crate::state::contrast::PairQuestion;
use crate::state::dialog::Dialog;
use crate::state::document::{Document, DocumentId, Source};
use crate::state::rows::{RowOptions, Rows};
use crate::state::settings::CACHE_GIGABYTES;
use crate::state::source::SourcePlace;
use crate::state::study::Question;
use crate::state::view::Selection;

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
    /// Answer a question about a snapshot.
    Study {
        /// Who asks.
        document: DocumentId,
        /// The snapshot.
        trace: Arc<Trace>,
        /// What is asked.
        question: Question,
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
    Contrast {
        /// What is asked.
        question: PairQuestion,
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

/// The smallest and largest size of everything, 1 as designed.
const SCALE_LIMITS: (f32, f32) = (0.5, 3.0);
/// What is offered as an address before one was opened.
const USUAL_ADDRESS: &str = "http://localhost:6060/debug/pprof/trace?seconds=5";
/// Recent files that are remembered.
const MAX_RECENT: usize = 12;
/// Notices kept.
const MAX_NOTICES: usize = 20;

/// Applies one action; returns what is to be done outside.
pub fn reduce(state: &mut AppState, action: Action) -> Vec<Effect> {
    let before = pairs::before(state);
    let anchors = if moves_in_time(&action) { navigate::anchors(state) } else { Vec::new() };
    let mut effects = apply(state, action);
    navigate::keep(state, &anchors);
    pairs::settle(state, before);
    effects.extend(documents::make_rows_due(state));
    effects
}

/// Whether an action may bring other times into view.
const fn moves_in_time(action: &Action) -> bool {
    matches!(
        action,
        Action::View(
            ViewAction::SetView(_)
                | ViewAction::Zoom { .. }
                | ViewAction::Pan(_)
                | ViewAction::ShowRange(_)
                | ViewAction::ShowAll
                | ViewAction::FitSelection
                | ViewAction::JumpToEdge(_)
        ) | Action::On(..)
            | Action::Pair(_)
    )
}

fn apply(state: &mut AppState, action: Action) -> Vec<Effect> {
    match action {
        Action::File(action) => file(state, action),
        Action::Worker(action) => worker(state, action),
        Action::View(action) => selecting(state, |state| view(state, action)),
        Action::Select(action @ SelectAction::FollowFlow { .. }) => navigate::selection(state, action),
        Action::Select(action) => selecting(state, |state| navigate::selection(state, action)),
        Action::Rows(action) => selecting(state, |state| navigate::rows(state, action)),
        Action::Analysis(action) => analysis(state, action),
        Action::Panel(action) => panel(state, action),
        Action::Source(action) => source(state, action),
        Action::Settings(action) => settings(state, action),
        Action::On(id, action) => pairs::on(state, id, *action),
        Action::Pair(action) => pairs::apply(state, action),
        Action::Table(document, key, action) => tables::apply(state, document, key, action),
        Action::Search(id, action) => search::apply(state, id, action),
        Action::Notice(text) => {
            notify(state, text);
            Vec::new()
        }
        Action::Tick(seconds) => {
            state.now_seconds = seconds;
            Vec::new()
        }
        Action::Copy(text) => vec![Effect::Copy(visible_lines(&text))],
    }
}

/// Does something to the document in front; the panels about the selection appear with the first one.
fn selecting(state: &mut AppState, change: impl FnOnce(&mut AppState) -> Vec<Effect>) -> Vec<Effect> {
    let before = state.document().map(|document| document.selection);
    let effects = change(state);
    if let Some(document) = state.document_mut() {
        document.panels_shown |= document.selection != Selection::None && before != Some(document.selection);
    }
    effects
}

fn file(state: &mut AppState, action: FileAction) -> Vec<Effect> {
    match action {
        FileAction::Open(path) => documents::open(state, Source::Path(path)),
        FileAction::OpenTyped(text) => {
            state.path_field = None;
            vec![Effect::OpenTyped(text, state.field_for)]
        }
        FileAction::OpenSample => documents::open(state, Source::Sample),
        FileAction::OpenDialog => vec![Effect::AskForFiles],
        FileAction::OpenToFollow(path) => documents::open_to_follow(state, path),
        FileAction::PathField(text) => {
            if text.is_none() {
                state.leaving = None;
            }
            state.path_field = text;
            Vec::new()
        }
        FileAction::AskPath(purpose) => ask_path(state, purpose),
        FileAction::SaveTrace(id, to) => {
            state.path_field = None;
            unsaved::save(state, id, to.map_or(SaveTo::Asked, SaveTo::Typed))
        }
        FileAction::SaveProfile(id, scope, kind) => documents::save_profile(state, id, scope, kind),
        FileAction::Reply(reply) => unsaved::reply(state, reply),
        FileAction::Activate(id) => documents::activate(state, id),
        FileAction::SwitchDocument(step) => documents::switch(state, step),
        FileAction::CloseDocument(id) => unsaved::close(state, id),
        FileAction::CancelLoad(id) => documents::cancel(state, id),
        FileAction::Reload(id) => documents::reload(state, id),
        FileAction::Adopt(source, trace, rows) => documents::adopt(state, source, trace, rows),
        FileAction::SetFollow(id, on) => documents::set_follow(state, id, on),
        FileAction::OfferDropped(path) => {
            state.dropped = path;
            Vec::new()
        }
        FileAction::Quit => unsaved::quit(state),
    }
}

fn ask_path(state: &mut AppState, purpose: FieldFor) -> Vec<Effect> {
    if !matches!(purpose, FieldFor::Save(_)) {
        state.leaving = None;
    }
    state.field_for = purpose;
    let known = state.settings.recent_addresses.first().cloned();
    state.path_field = Some(match purpose {
        FieldFor::Open | FieldFor::Save(_) | FieldFor::Compare | FieldFor::Add | FieldFor::SourceFolder => {
            String::new()
        }
        FieldFor::Address => known.unwrap_or_else(|| USUAL_ADDRESS.to_owned()),
    });
    Vec::new()
}

fn worker(state: &mut AppState, action: WorkerAction) -> Vec<Effect> {
    match action {
        WorkerAction::LoadProgress(id, progress) => documents::progress(state, id, progress),
        WorkerAction::Snapshot(id, trace, rows) => documents::snapshot(state, id, trace, rows),
        WorkerAction::RowsMade(id, trace, rows) => documents::rows_made(state, id, &trace, rows),
        WorkerAction::LoadDone(id, result) => documents::done(state, id, result),
        WorkerAction::Answered(id, trace, question, answer) => documents::answered(state, id, trace, &question, answer),
        WorkerAction::SourceRead(place, text) => {
            source::read(state, &place, text);
            Vec::new()
        }
        WorkerAction::FileExists(document, path) => {
            state.dialog = Some(Dialog::Replace { document, path });
            Vec::new()
        }
        WorkerAction::Saved(id, path, bytes) => unsaved::saved(state, id, &path, bytes),
        WorkerAction::NotSaved(id, why) => unsaved::not_saved(state, id, why),
        WorkerAction::FollowEnded(id, why) => documents::follow_ended(state, id, why),
        WorkerAction::Grew(id) => documents::grew(state, id),
        WorkerAction::Recorded(id, is_on_disk) => unsaved::recorded(state, id, is_on_disk),
        WorkerAction::Rewritten(id, is_kept) => unsaved::rewritten(state, id, is_kept),
        WorkerAction::DialogClosed => Vec::new(),
    }
}

/// Moves the view; zooms at where the pointer is on the other one of two.
fn view(state: &mut AppState, action: ViewAction) -> Vec<Effect> {
    let action = match action {
        ViewAction::Zoom { factor, at: None }
            if state.document().is_some_and(|known| known.pointer_nanos.is_none()) =>
        {
            ViewAction::Zoom { factor, at: pairs::pointer_across(state) }
        }
        action => action,
    };
    if let Some(document) = state.document_mut() {
        navigate::view(document, action);
    }
    Vec::new()
}

fn analysis(state: &mut AppState, action: AnalysisAction) -> Vec<Effect> {
    let change: &mut dyn FnMut(&mut Document) = match action {
        AnalysisAction::Ask(id, question) => return documents::ask(state, id, question),
        AnalysisAction::ShowTable(analysis, table) => return tables::view(state, analysis, |view| view.table = table),
        AnalysisAction::Choose(analysis, choice, option) => {
            return tables::view(state, analysis, |view| view.choose(choice, option));
        }
        AnalysisAction::ChooseLength(analysis, nanos) => {
            return tables::view(state, analysis, |view| view.length = Some(nanos));
        }
        AnalysisAction::SetScope(choice) => &mut move |document| document.scope_choice = choice,
        AnalysisAction::ChooseFinding(rank) => &mut move |document| {
            document.finding = rank;
            document.findings_shown = true;
        },
        AnalysisAction::ShowMinorFindings(shown) => &mut move |document| document.minor_findings = shown,
    };
    if let Some(document) = state.document_mut() {
        change(document);
    }
    Vec::new()
}

fn panel(state: &mut AppState, action: PanelAction) -> Vec<Effect> {
    match action {
        PanelAction::OpenPanel(panel) => return open_panel(state, panel),
        PanelAction::SetDock(dock) => return saved(|| state.settings.dock = dock),
        PanelAction::ResetPanels => {
            state.settings.dock = None;
            return vec![Effect::ResetPanels, Effect::SaveSettings];
        }
        PanelAction::ToggleHelp => state.help_open ^= true,
        PanelAction::ToggleWarnings => state.warnings_open ^= true,
    }
    Vec::new()
}

fn source(state: &mut AppState, action: SourceAction) -> Vec<Effect> {
    match action {
        SourceAction::ShowSource(place) => source::show(state, place),
        SourceAction::OpenInEditor(path, line) => vec![Effect::OpenInEditor(path, line)],
        SourceAction::SourceFolderDialog => vec![Effect::AskForSourceFolder],
        SourceAction::AddSourceFolder(folder) => source::add_folder(state, folder),
    }
}

fn settings(state: &mut AppState, action: SettingsAction) -> Vec<Effect> {
    let settings = &mut state.settings;
    match action {
        SettingsAction::ToggleAllFlows => settings.all_flows ^= true,
        SettingsAction::ToggleCriticalPath => settings.critical_path ^= true,
        SettingsAction::ToggleRuntimeFrames => settings.runtime_frames ^= true,
        SettingsAction::ToggleWallClock => settings.wall_clock ^= true,
        SettingsAction::ToggleAnimation => settings.animate ^= true,
        SettingsAction::ToggleUnpackLimit => settings.unpack_without_limit ^= true,
        SettingsAction::SetTheme(theme) => settings.theme = theme,
        SettingsAction::StepScale(step) => settings.ui_scale = stepped(settings.ui_scale, step),
        SettingsAction::SetGutter(points) => settings.gutter_points = points.clamp(80.0, 800.0),
        SettingsAction::SetCounters(points) => settings.counters_points = points.clamp(0.0, 600.0),
        SettingsAction::SetWindow(place) if settings.window == Some(place) => return Vec::new(),
        SettingsAction::SetWindow(place) => settings.window = Some(place),
        SettingsAction::ClearRecent => settings.recent_files.clear(),
        SettingsAction::ToggleCache => {
            settings.cache_gigabytes = if settings.cache_gigabytes == 0 { CACHE_GIGABYTES } else { 0 };
        }
        SettingsAction::ClearCache => return vec![Effect::ClearCache],
    }
    vec![Effect::SaveSettings]
}

fn open_panel(state: &mut AppState, panel: Panel) -> Vec<Effect> {
    if let Some(document) = state.document_mut() {
        document.findings_shown |= panel == Panel::Findings;
        document.panels_shown |= panel.info().needs == Needs::Selection;
    }
    vec![Effect::OpenPanel(panel)]
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

fn saved(change: impl FnOnce()) -> Vec<Effect> {
    change();
    vec![Effect::SaveSettings]
}

fn stepped(scale: f32, step: i32) -> f32 {
    let scale = match step {
        0 => 1.0,
        1.. => scale + 0.1,
        _ => scale - 0.1,
    };
    ((scale * 10.0).round() / 10.0).clamp(SCALE_LIMITS.0, SCALE_LIMITS.1)
}

#[cfg(test)]
mod tests;
