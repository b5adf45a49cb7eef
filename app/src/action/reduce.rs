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

use crate::action::action::Action;
use crate::action::panel::{Needs, Panel};
use crate::action::{documents, navigate, pairs, search, source, tables, unsaved};
use crate::fmt::escape::visible_lines;
use crate::report::arrange::Arrangement;
use crate::report::table::Table;
use crate::state::app::{AppState, FieldFor};
use crate::state::contrast::PairQuestion;
use crate::state::dialog::Dialog;
use crate::state::document::{DocumentId, Source};
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
    /// Arrange the panels as at first.
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
        Action::SetView(_)
            | Action::Zoom { .. }
            | Action::Pan(_)
            | Action::ShowRange(_)
            | Action::ShowAll
            | Action::FitSelection
            | Action::JumpToEdge(_)
            | Action::On(..)
            | Action::Pair(_)
    )
}

fn apply(state: &mut AppState, action: Action) -> Vec<Effect> {
    match action {
        Action::Open(path) => documents::open(state, Source::Path(path)),
        Action::OpenTyped(text) => {
            state.path_field = None;
            vec![Effect::OpenTyped(text, state.field_for)]
        }
        Action::OpenSample => documents::open(state, Source::Sample),
        Action::OpenDialog => vec![Effect::AskForFiles],
        Action::PathField(text) => {
            if text.is_none() {
                state.leaving = None;
            }
            state.path_field = text;
            Vec::new()
        }
        Action::Activate(id) => documents::activate(state, id),
        Action::SwitchDocument(step) => documents::switch(state, step),
        Action::CloseDocument(id) => unsaved::close(state, id),
        Action::CancelLoad(id) => documents::cancel(state, id),
        Action::Reload(id) => documents::reload(state, id),
        Action::Adopt(source, trace, rows) => documents::adopt(state, source, trace, rows),
        Action::LoadProgress(id, progress) => documents::progress(state, id, progress),
        Action::Snapshot(id, trace, rows) => documents::snapshot(state, id, trace, rows),
        Action::RowsMade(id, trace, rows) => documents::rows_made(state, id, &trace, rows),
        Action::LoadDone(id, result) => documents::done(state, id, result),
        Action::Ask(id, question) => documents::ask(state, id, question),
        Action::Answered(id, trace, question, answer) => documents::answered(state, id, trace, &question, answer),
        Action::OrderGoroutines(order) => documents::order(state, order),
        Action::GroupGoroutines(group) => documents::group(state, group),

        Action::On(id, action) => pairs::on(state, id, *action),
        Action::CompareWith(path) => pairs::compare_with(state, path),
        Action::CompareDialog => vec![Effect::AskForComparison { adds: false }],
        Action::AddDialog => vec![Effect::AskForComparison { adds: true }],
        Action::AddToComparison(path) => pairs::add_file(state, path),
        Action::OfferDropped(path) => {
            state.dropped = path;
            Vec::new()
        }
        Action::Pair(action) => pairs::apply(state, action),
        Action::Zoom { factor, at: None } if state.document().is_some_and(|known| known.pointer_nanos.is_none()) => {
            let at = pairs::pointer_across(state);
            if let Some(document) = state.document_mut() {
                navigate::apply(document, Action::Zoom { factor, at });
            }
            Vec::new()
        }

        Action::FollowFlow { outgoing } => navigate::follow(state, outgoing),
        Action::Notice(text) => {
            notify(state, text);
            Vec::new()
        }
        Action::Tick(seconds) => {
            state.now_seconds = seconds;
            Vec::new()
        }
        Action::ToggleHelp => {
            state.help_open = !state.help_open;
            Vec::new()
        }
        Action::ToggleWarnings => {
            state.warnings_open = !state.warnings_open;
            Vec::new()
        }

        Action::OpenPanel(panel) => open_panel(state, panel),
        Action::ResetPanels => {
            state.settings.dock = None;
            vec![Effect::ResetPanels, Effect::SaveSettings]
        }
        Action::SaveProfile(id, scope, kind) => documents::save_profile(state, id, scope, kind),
        Action::Copy(text) => vec![Effect::Copy(visible_lines(&text))],
        Action::Quit => unsaved::quit(state),
        other => use_tools(state, other),
    }
}

/// Applies what concerns tables, the search field and source files, or else the settings.
fn use_tools(state: &mut AppState, action: Action) -> Vec<Effect> {
    match action {
        Action::Table(document, key, action) => tables::apply(state, document, key, action),
        Action::ShowTable(analysis, table) => tables::view(state, analysis, |view| view.table = table),
        Action::Choose(analysis, choice, option) => tables::view(state, analysis, |view| view.choose(choice, option)),
        Action::ChooseLength(analysis, nanos) => tables::view(state, analysis, |view| view.length = Some(nanos)),
        Action::Search(id, action) => search::apply(state, id, action),
        Action::ShowSource(place) => source::show(state, place),
        Action::SourceRead(place, text) => {
            source::read(state, &place, text);
            Vec::new()
        }
        Action::OpenInEditor(path, line) => vec![Effect::OpenInEditor(path, line)],
        Action::SourceFolderDialog => vec![Effect::AskForSourceFolder],
        Action::AddSourceFolder(folder) => source::add_folder(state, folder),
        other => change_settings(state, other),
    }
}

/// Applies what concerns the settings, or else only the document in front.
fn change_settings(state: &mut AppState, action: Action) -> Vec<Effect> {
    match action {
        Action::ToggleAllFlows => saved(|| state.settings.all_flows ^= true),
        Action::ToggleCriticalPath => saved(|| state.settings.critical_path ^= true),
        Action::ToggleRuntimeFrames => saved(|| state.settings.runtime_frames ^= true),
        Action::ToggleWallClock => saved(|| state.settings.wall_clock ^= true),
        Action::ToggleAnimation => saved(|| state.settings.animate ^= true),
        Action::SetTheme(theme) => saved(|| state.settings.theme = theme),
        Action::StepScale(step) => saved(|| state.settings.ui_scale = stepped(state.settings.ui_scale, step)),
        Action::SetGutter(points) => saved(|| state.settings.gutter_points = points.clamp(80.0, 800.0)),
        Action::SetCounters(points) => saved(|| state.settings.counters_points = points.clamp(0.0, 600.0)),
        Action::SetWindow(place) => {
            let changed = state.settings.window != Some(place);
            state.settings.window = Some(place);
            if changed { vec![Effect::SaveSettings] } else { Vec::new() }
        }
        Action::SetDock(dock) => saved(|| state.settings.dock = dock),
        Action::ClearRecent => saved(|| state.settings.recent_files.clear()),
        Action::ToggleCache => saved(|| {
            let kept = &mut state.settings.cache_gigabytes;
            *kept = if *kept == 0 { CACHE_GIGABYTES } else { 0 };
        }),
        Action::ClearCache => vec![Effect::ClearCache],
        other => files(state, other),
    }
}

/// What concerns files beyond opening and closing; the rest is about what the document in front shows.
fn files(state: &mut AppState, action: Action) -> Vec<Effect> {
    match action {
        Action::AskPath(purpose) => {
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
        Action::SaveTrace(id, to) => {
            state.path_field = None;
            unsaved::save(state, id, to.map_or(SaveTo::Asked, SaveTo::Typed))
        }
        Action::FileExists(document, path) => {
            state.dialog = Some(Dialog::Replace { document, path });
            Vec::new()
        }
        Action::Saved(id, path, bytes) => unsaved::saved(state, id, &path, bytes),
        Action::NotSaved(id, why) => unsaved::not_saved(state, id, why),
        Action::Reply(reply) => unsaved::reply(state, reply),
        Action::ToggleUnpackLimit => saved(|| state.settings.unpack_without_limit ^= true),
        Action::OpenToFollow(path) => documents::open_to_follow(state, path),
        Action::SetFollow(id, on) => documents::set_follow(state, id, on),
        Action::FollowEnded(id, why) => documents::follow_ended(state, id, why),
        Action::Grew(id) => documents::grew(state, id),
        Action::Recorded(id, is_on_disk) => unsaved::recorded(state, id, is_on_disk),
        Action::Rewritten(id, is_kept) => unsaved::rewritten(state, id, is_kept),
        other => {
            if let Some(document) = state.document_mut() {
                let before = document.selection;
                navigate::apply(document, other);
                document.panels_shown |= document.selection != Selection::None && document.selection != before;
            }
            Vec::new()
        }
    }
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
