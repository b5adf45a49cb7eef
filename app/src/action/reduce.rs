//! Applies actions to the state. The only place that changes it.

use crate::action::action::{
    Action, AnalysisAction, FileAction, PanelAction, RowsAction, SelectAction, SettingsAction, SourceAction,
    ViewAction, WorkerAction,
};
use crate::action::effect::{Effect, SaveTo, WindowEffect, notify};
use crate::action::keymap;
use crate::action::panel::{Needs, Panel};
use crate::action::{
    area, bookmarks, comparisons, crossing, documents, fleet, instant, landmark, layouts, links, navigate, reveal,
    row_actions, search, sessions, source, sql, tables, unsaved,
};
use crate::fmt::escape::file_name::file_name;
use crate::fmt::escape::visible_lines;
use crate::state::app::{AppState, FieldFor};
use crate::state::dialog::Dialog;
use crate::state::document::{Document, DocumentId, Source};
use crate::state::palette::{Palette, PaletteAction};
use crate::state::settings::CACHE_GIGABYTES;
use crate::state::view::Selection;

/// The smallest and largest size of everything, 1 as designed.
const SCALE_LIMITS: (f32, f32) = (0.5, 3.0);
/// What is offered as an address before one was opened.
const USUAL_ADDRESS: &str = "http://localhost:6060/debug/pprof/trace?seconds=5";

/// Applies one action; returns what is to be done outside.
pub fn reduce(state: &mut AppState, action: Action) -> Vec<Effect> {
    let before = comparisons::before(state);
    let of_session = sessions::before(state);
    let anchors = if moves_in_time(&action) { row_actions::anchors(state) } else { Vec::new() };
    let mut effects = apply(state, action);
    row_actions::keep(state, &anchors);
    comparisons::settle(state, before);
    effects.extend(sessions::settle(state, of_session.as_ref()));
    effects.extend(documents::make_rows_due(state));
    effects.extend(documents::bring_fronts(state));
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
            | Action::Comparison(_)
            | Action::Session(_)
    )
}

fn apply(state: &mut AppState, action: Action) -> Vec<Effect> {
    match action {
        Action::File(action) => file(state, action),
        Action::Worker(action) => worker(state, action),
        Action::View(action) => selecting(state, |state| view(state, action)),
        Action::Select(SelectAction::FollowFlow { outgoing }) => crossing::follow(state, outgoing, on),
        Action::Select(SelectAction::ChooseFlow { outgoing }) => crossing::choose(state, outgoing),
        Action::Select(action) => selecting(state, |state| select(state, action)),
        Action::Rows(action) => selecting(state, |state| rows(state, action)),
        Action::Instant(action) => instant::apply(state, action),
        Action::Bookmark(action) => selecting(state, |state| bookmarks::apply(state, action)),
        Action::Analysis(action) => analysis(state, action),
        Action::Panel(action) => panel(state, action),
        Action::Source(action) => source(state, action),
        Action::Settings(action) => settings(state, action),
        Action::On(id, action) => on(state, id, *action),
        Action::Comparison(action) => comparisons::apply(state, action, on),
        Action::Session(action) => sessions::apply(state, action, on),
        Action::Fleet(action) => fleet::apply(state, action),
        Action::Link(action) => links::apply(state, action, on),
        Action::Table(document, key, action) => tables::apply(state, document, key, action),
        Action::Search(id, action) => search::apply(state, id, action),
        Action::Sql(id, action) => sql::apply(state, id, action),
        Action::Palette(action) => {
            palette(state, action);
            Vec::new()
        }
        Action::Notice(text) => {
            notify(state, text);
            Vec::new()
        }
        Action::Tick(seconds) => {
            state.now_seconds = seconds;
            Vec::new()
        }
        Action::Copy(text) => vec![Effect::Window(WindowEffect::Copy(visible_lines(&text)))],
    }
}

/// Selects a thing, or time on rows, or steps to the next thing of a kind.
fn select(state: &mut AppState, action: SelectAction) -> Vec<Effect> {
    match action {
        SelectAction::SelectArea(range, rows) => area::select(state, range, rows),
        SelectAction::SelectItsTime => {
            let range = state.document().and_then(area::range_of_selection);
            range.map_or_else(Vec::new, |range| area::select(state, range, Vec::new()))
        }
        SelectAction::ClearArea => area::change(state, area::clear),
        SelectAction::MoveEdge(is_end, to) => area::change(state, |document| area::move_edge(document, is_end, to)),
        SelectAction::StepEdge(is_end, steps) => {
            area::change(state, |document| area::step_edge(document, is_end, steps))
        }
        SelectAction::StepTo(what, step) => landmark::step(state, what, step),
        action => navigate::selection(state, action),
    }
}

/// Folds, unfolds, chooses and pins rows; pins are kept with the trace.
fn rows(state: &mut AppState, action: RowsAction) -> Vec<Effect> {
    let is_pin = matches!(action, RowsAction::TogglePin(_) | RowsAction::ToggleFrames(_));
    let mut effects = row_actions::rows(state, action);
    if let Some(document) = state.document_mut().filter(|_| is_pin) {
        effects.extend(bookmarks::kept(document));
    }
    effects
}

/// Carries out an action on one of the two. What only follows the pointer leaves the one in front there.
fn on(state: &mut AppState, id: DocumentId, action: Action) -> Vec<Effect> {
    let before = state.active;
    let stays = matches!(
        action,
        Action::View(ViewAction::PointerAt(_))
            | Action::View(ViewAction::LanesHeight(_) | ViewAction::Widen { .. })
            | Action::Select(SelectAction::HoverFlow(_))
            | Action::Select(SelectAction::PointTo(_))
            | Action::View(ViewAction::SetView(_))
            | Action::View(ViewAction::RememberPlace)
            | Action::Rows(RowsAction::ToggleSection(_))
    );
    if let (Action::Settings(SettingsAction::SetCounters(points)), Some(pair)) = (&action, &mut state.pair) {
        pair.counters_points = points.clamp(0.0, 600.0);
        return Vec::new();
    }
    state.active = Some(id);
    let effects = reduce(state, action);
    if stays {
        state.active = before;
    }
    effects
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
    if let FileAction::Open(_)
    | FileAction::OpenSample
    | FileAction::OpenToFollow(_)
    | FileAction::Activate(_)
    | FileAction::SwitchDocument(_)
    | FileAction::Adopt(..) = action
    {
        fleet::hide(state);
    }
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
            state.path_offers = None;
            state.path_field = text;
            // An address is no path.
            let typed = state.path_field.clone().filter(|_| state.field_for != FieldFor::Address);
            typed.filter(|typed| !typed.is_empty()).map(Effect::ListPaths).into_iter().collect()
        }
        FileAction::AskPath(purpose) => ask_path(state, purpose),
        FileAction::SaveTrace(id, to) => {
            state.path_field = None;
            unsaved::save(state, id, to.map_or(SaveTo::Asked, SaveTo::Typed))
        }
        FileAction::SaveProfile(id, scope, kind) => documents::save_profile(state, id, scope, kind),
        FileAction::SavePart(id) => documents::save_part(state, id),
        FileAction::Reply(reply) => match state.dialog.take() {
            Some(Dialog::Linked(missing)) => links::reply(state, *missing, reply, on),
            dialog => {
                state.dialog = dialog;
                unsaved::reply(state, reply)
            }
        },
        FileAction::Activate(id) => documents::activate(state, id),
        FileAction::ActivateFirst => {
            let first = state.documents.first().map(|document| document.id);
            first.map_or_else(Vec::new, |id| documents::activate(state, id))
        }
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
    (state.field_for, state.path_offers) = (purpose, None);
    let known = state.settings.recent_addresses.first().cloned();
    state.path_field = Some(match purpose {
        FieldFor::Open
        | FieldFor::Together
        | FieldFor::Contrast
        | FieldFor::Compare
        | FieldFor::Add
        | FieldFor::Fleet
        | FieldFor::Linked
        | FieldFor::SourceFolder => String::new(),
        // The name that a dialog would propose, in the user's own folder.
        FieldFor::Save(id) => match state.document_by_id(id) {
            Some(document) => format!("~/{}", file_name(&document.file_title())),
            None => String::new(),
        },
        FieldFor::Address => known.unwrap_or_else(|| USUAL_ADDRESS.to_owned()),
    });
    Vec::new()
}

fn worker(state: &mut AppState, action: WorkerAction) -> Vec<Effect> {
    match action {
        WorkerAction::LoadProgress(id, progress) => documents::progress(state, id, progress),
        WorkerAction::Snapshot(id, trace, rows) => documents::snapshot(state, id, trace, rows),
        WorkerAction::RowsMade(id, trace, rows) => documents::rows_made(state, id, &trace, rows),
        WorkerAction::NotesRead(id, key, notes) => bookmarks::were_read(state, id, key, notes),
        WorkerAction::NotesImported(id, found) => bookmarks::imported(state, id, found),
        WorkerAction::ChangeFound(id, from, found) => {
            if documents::by_id(state, id).is_some_and(|document| !instant::changed(document, from, found)) {
                instant::nothing_changes(state);
            }
            Vec::new()
        }
        WorkerAction::RowGoroutines(id, rows, gos) => {
            if let Some(document) = documents::by_id(state, id) {
                area::found(document, &rows, gos);
            }
            Vec::new()
        }
        WorkerAction::LoadDone(id, result) => {
            let mut effects = documents::done(state, id, result);
            effects.extend(bookmarks::read_again(state, id));
            effects.extend(links::arrive(state, id, on));
            effects
        }
        WorkerAction::Answered(id, trace, query, answer) => documents::answered(state, id, trace, &query, answer),
        WorkerAction::SourceRead(place, text) => {
            source::read(state, &place, text);
            Vec::new()
        }
        WorkerAction::PathsListed(typed, offers) => {
            // What was typed since then asks anew.
            if state.path_field.as_ref() == Some(&typed) {
                state.path_offers = Some(offers);
            }
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
        WorkerAction::Recorded(id, is_on_disk, at) => unsaved::recorded(state, id, is_on_disk, at),
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
            ViewAction::Zoom { factor, at: comparisons::pointer_across(state) }
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
        AnalysisAction::Ask(id, query) => return documents::ask_one(state, id, query),
        AnalysisAction::ShowTable(analysis, table) => return tables::view(state, analysis, |view| view.table = table),
        AnalysisAction::Choose(analysis, choice, option) => {
            return tables::view(state, analysis, |view| view.choose(choice, option));
        }
        AnalysisAction::ChooseLength(analysis, nanos) => {
            return tables::view(state, analysis, |view| view.length = Some(nanos));
        }
        AnalysisAction::ZoomFlame(analysis, nodes, node) => {
            return tables::view(state, analysis, |view| view.zoom = Some((nodes, node)));
        }
        AnalysisAction::ToggleCallLine(analysis, lines, line) => {
            return tables::view(state, analysis, |view| view.toggle_line(lines, line));
        }
        AnalysisAction::ChooseFunction(analysis, function) => {
            return tables::view(state, analysis, |view| view.function = Some(function));
        }
        AnalysisAction::SetScope(choice) => &mut move |document| document.scope_choice.clone_from(&choice),
        AnalysisAction::ChooseFinding(rank) => &mut move |document| {
            document.finding = rank;
            document.finding_stack = false;
            document.findings_shown = true;
        },
        AnalysisAction::ShowMinorFindings(shown) => &mut move |document| document.minor_findings = shown,
        AnalysisAction::ShowFindingStack(shown) => &mut move |document| document.finding_stack = shown,
    };
    if let Some(document) = state.document_mut() {
        change(document);
    }
    Vec::new()
}

fn palette(state: &mut AppState, action: PaletteAction) {
    match (action, &mut state.palette) {
        (PaletteAction::Toggle, known @ None) => *known = Some(Palette::default()),
        (PaletteAction::Toggle, known) => *known = None,
        (PaletteAction::Text(text), Some(known)) => *known = Palette { text, chosen: 0 },
        (PaletteAction::Choose(chosen), Some(known)) => known.chosen = chosen,
        (PaletteAction::Text(_) | PaletteAction::Choose(_), None) => {}
    }
}

fn panel(state: &mut AppState, action: PanelAction) -> Vec<Effect> {
    match action {
        PanelAction::OpenPanel(panel) => return open_panel(state, panel),
        PanelAction::FocusPanel(panel) => return vec![Effect::Window(WindowEffect::FocusPanel(panel))],
        PanelAction::SetDock(dock) => return saved(|| state.settings.dock = dock),
        PanelAction::ResetPanels => {
            state.settings.dock = None;
            state.settings.fits_docks = true;
            state.maximised = None;
            return vec![Effect::Window(WindowEffect::ResetPanels), Effect::SaveSettings];
        }
        PanelAction::Fronts(fronts) => {
            if let Some(document) = state.document_mut() {
                document.fronts = fronts;
            }
        }
        PanelAction::Sheet(sheet) => state.sheet = sheet,
        PanelAction::Tour(step) => return layouts::tour(state, step),
        PanelAction::TourDone => {
            if let Some(tour) = &mut state.tour {
                tour.is_done = true;
            }
        }
        PanelAction::Maximise(panel) => state.maximised = panel.map(|panel| panel.info().id),
        PanelAction::NameLayout(name) => state.layout_name = name,
        PanelAction::SaveLayout => return layouts::save(state),
        PanelAction::UseLayout(name) => return layouts::use_one(state, &name),
        PanelAction::RemoveLayout(name) => return saved(|| drop(state.settings.layouts.remove(&name))),
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
        SettingsAction::AskKey(command) => {
            state.asked_key = command;
            return Vec::new();
        }
        SettingsAction::BindKey(command, chord) => {
            state.asked_key = None;
            keymap::bind(settings, command, chord);
        }
        SettingsAction::UsualKeys(Some(command)) => drop(settings.keys.remove(command)),
        SettingsAction::UsualKeys(None) => settings.keys.clear(),
        SettingsAction::ToggleAllFlows => settings.all_flows ^= true,
        SettingsAction::ToggleCriticalPath => settings.critical_path ^= true,
        SettingsAction::ToggleRuntimeFrames => settings.runtime_frames ^= true,
        SettingsAction::ToggleLabels => settings.span_labels ^= true,
        SettingsAction::ToggleTooltips => settings.tooltips ^= true,
        SettingsAction::ToggleCompact => {
            settings.compact_rows ^= true;
            reveal::resize_rows(state);
        }
        SettingsAction::ToggleWallClock => settings.wall_clock ^= true,
        SettingsAction::ToggleAnimation => settings.animate ^= true,
        SettingsAction::FitDocks(on) => settings.fits_docks = on,
        SettingsAction::ToggleUnpackLimit => settings.unpack_without_limit ^= true,
        SettingsAction::SetTheme(theme) => settings.theme = theme,
        SettingsAction::StepScale(step) => settings.ui_scale = stepped(settings.ui_scale, step),
        SettingsAction::SetGutter(points) => settings.gutter_points = points.clamp(80.0, 800.0),
        SettingsAction::SetCounters(points) => settings.counters_points = points.clamp(0.0, 600.0),
        SettingsAction::SetWindow(place) if settings.window == Some(place) => return Vec::new(),
        SettingsAction::SetWindow(place) => settings.window = Some(place),
        SettingsAction::ToggleOneWindow => settings.one_window ^= true,
        SettingsAction::SetMaximised(maximised) => settings.maximised = maximised,
        SettingsAction::ClearRecent => settings.recent_files.clear(),
        SettingsAction::ToggleCache => {
            settings.cache_gigabytes = if settings.cache_gigabytes == 0 { CACHE_GIGABYTES } else { 0 };
        }
        SettingsAction::ClearCache => return vec![Effect::ClearCache],
        SettingsAction::SetEditor(editor) => settings.editor = editor,
        SettingsAction::RemoveSourceFolder(folder) => settings.source_folders.retain(|known| *known != folder),
        SettingsAction::ToggleSearch(text) => layouts::toggle_search(settings, text),
    }
    vec![Effect::SaveSettings]
}

fn open_panel(state: &mut AppState, panel: Panel) -> Vec<Effect> {
    // Whoever opens another panel wants to see it.
    state.maximised = state.maximised.filter(|id| *id == panel.info().id);
    if let Some(document) = state.document_mut() {
        document.findings_shown |= panel == Panel::Findings;
        document.panels_shown |= panel.info().needs == Needs::Selection;
    }
    vec![Effect::Window(WindowEffect::OpenPanel(panel))]
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
