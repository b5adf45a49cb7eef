//! The window around the timeline, driven through its accessible names and keys: files come in by every
//! door, panels dock and come back, keys keep out of text fields, settings survive.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::load::load_bytes;
use trace_core::model::lanes::{LaneId, SpanRef};
use tracelane::action::action::{Action, FileAction, SelectAction, WorkerAction};
use tracelane::action::commands::COMMANDS;
use tracelane::action::effect::{Effect, WindowEffect};
use tracelane::action::panel::Panel;
use tracelane::action::reduce::reduce;
use tracelane::sample::SAMPLE;
use tracelane::shell::app::TracelaneApp;
use tracelane::shell::title;
use tracelane::state::app::{AppState, FieldFor};
use tracelane::state::dialog::Reply;
use tracelane::state::document::{LoadState, RecordedAt, Source};
use tracelane::state::rows::{RowOptions, Rows};
use tracelane::state::settings::{Settings, ThemeChoice};
use tracelane::state::view::Selection;

use crate::fixtures;

struct Window(Harness<'static, TracelaneApp>);

impl Window {
    fn new() -> Self {
        Self::with(Settings { animate: false, ..Settings::default() })
    }

    fn with(settings: Settings) -> Self {
        let mut harness = Harness::builder().with_size(egui::vec2(1280.0, 800.0)).with_max_steps(1_000).build_ui_state(
            |ui, app: &mut TracelaneApp| {
                app.logic(ui.ctx());
                app.ui(ui);
            },
            TracelaneApp::new_headless(settings),
        );
        harness.run();
        Self(harness)
    }

    fn act(&mut self, action: impl Into<Action>) -> &mut Self {
        self.0.state_mut().push(action);
        self.0.run();
        self
    }

    fn state(&self) -> &AppState {
        self.0.state().state()
    }

    fn click(&mut self, name: &str) -> &mut Self {
        self.0.get_by_role_and_label(Role::Button, name).click_accesskit();
        self.0.run();
        self
    }

    /// Shows a trace as if a server had recorded it just now.
    fn record(&mut self, address: &str) -> &mut Self {
        let trace = load_bytes(SAMPLE, &Monitor::new(), &mut |_| {}).expect("a trace");
        let rows = Arc::new(Rows::build(&trace, &RowOptions::default()));
        self.act(FileAction::Adopt(Source::Path(address.into()), trace, rows))
    }

    /// Has the desktop close the window; whether it closes.
    fn close(&mut self) -> bool {
        let viewport = self.0.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default();
        viewport.events.push(egui::ViewportEvent::Close);
        self.0.step();
        let output = self.0.output();
        let kept = output.viewport_output.values().any(|viewport| {
            viewport.commands.iter().any(|command| matches!(command, egui::ViewportCommand::CancelClose))
        });
        self.0.input_mut().viewports.entry(egui::ViewportId::ROOT).or_default().events.clear();
        self.0.run();
        !kept
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) -> &mut Self {
        self.0.key_press_modifiers(modifiers, key);
        self.0.run();
        self
    }

    fn button(&self, name: &str) -> bool {
        self.0.query_by_role_and_label(Role::Button, name).is_some()
    }

    /// Selects the main goroutine, which opens the panels.
    fn select_main(&mut self) -> &mut Self {
        self.act(SelectAction::GoToLane(LaneId::Goroutine(GoroutineIdx(0))))
    }
}

fn trace(name: &str) -> PathBuf {
    fixtures::data().join("real").join(name)
}

#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[test]
fn dropped_files_open_and_say_so_before() {
    let mut window = Window::new();
    let path = trace("workers-go1.27.trace");
    window.0.input_mut().hovered_files = vec![egui::HoveredFile::default(); 2];
    window.0.step();
    window.0.input_mut().hovered_files.clear();
    window.0.input_mut().dropped_files = vec![Arc::new(Dropped(path.clone()))];
    window.0.run();
    let document = window.state().document().expect("a document");
    assert_eq!(document.source, Source::Path(path.clone()));
    assert!(matches!(document.load, LoadState::Ready));
    assert_eq!(window.state().settings.recent_files, [path]);
}

#[test]
fn a_typed_path_opens_and_keys_keep_out_of_the_field() {
    let mut window = Window::new();
    window.press(Modifiers::COMMAND, Key::L);
    let path = trace("sync-go1.27.trace");
    let field = window.0.get_by_role(Role::TextInput);
    field.focus();
    window.0.run();
    // "e" and "?" are commands elsewhere.
    window.0.key_press(Key::E);
    window.0.get_by_role(Role::TextInput).type_text(&format!("'{}' ", path.display()));
    window.0.run();
    assert!(!window.state().settings.all_flows);
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.state().path_field, None, "the field closes");
    assert_eq!(window.state().document().map(|document| &document.source), Some(&Source::Path(path)));
    // Esc leaves the field without opening anything.
    window.press(Modifiers::COMMAND, Key::L).press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.state().path_field, None);
    assert_eq!(window.state().documents.len(), 1);
}

#[test]
fn a_file_that_is_no_trace_can_be_closed_and_tried_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("crash.log");
    std::fs::write(&path, "panic: runtime error\n").expect("written");
    let mut window = Window::new();
    window.act(FileAction::Open(path.clone()));
    assert!(window.button("Try again") && window.button("Close"));
    std::fs::copy(trace("workers-go1.27.trace"), &path).expect("replaced");
    window.click("Try again");
    assert!(window.state().document().is_some_and(|document| matches!(document.load, LoadState::Ready)));
    window.press(Modifiers::COMMAND, Key::W);
    assert!(window.state().documents.is_empty());
    assert!(window.button("Open the sample trace"), "the welcome screen is back");
}

#[test]
fn documents_have_tabs_once_there_are_two() {
    let mut window = Window::new();
    window.act(FileAction::OpenSample);
    assert!(!window.button("Close Sample: a request that waited"));
    window.act(FileAction::Open(trace("workers-go1.27.trace")));
    window.click("Sample: a request that waited");
    assert_eq!(window.state().document().map(|document| &document.source), Some(&Source::Sample));
    window.press(Modifiers::COMMAND, Key::Tab);
    assert_ne!(window.state().document().map(|document| &document.source), Some(&Source::Sample));
    window.click("Close workers-go1.27.trace");
    assert_eq!(window.state().documents.len(), 1);
}

#[test]
fn panels_open_with_the_first_selection_close_and_come_back() {
    let mut window = Window::new();
    window.act(FileAction::OpenSample);
    assert!(!window.button(Panel::Details.title()), "nothing reserves room while empty");
    window.select_main();
    for name in [Panel::Details, Panel::Stacks, Panel::Flows, Panel::Events, Panel::Spans].map(Panel::title) {
        assert!(window.button(name), "{name}");
    }
    for name in [Panel::Details, Panel::Spans, Panel::Stacks, Panel::Flows, Panel::Events].map(Panel::title) {
        window.click(&format!("Close {name}"));
    }
    assert!(!window.button(Panel::Details.title()));
    // What was arranged is stored, and another window begins with it.
    let stored = window.state().settings.clone();
    let mut next = Window::with(stored);
    next.act(FileAction::OpenSample).select_main();
    assert!(!next.button(Panel::Details.title()) && !next.button(Panel::Stacks.title()));
    next.press(Modifiers::NONE, Key::Num3);
    assert!(next.button(Panel::Flows.title()));
    next.press(Modifiers::NONE, Key::Num6);
    assert!(next.button(Panel::Warnings.title()) && next.button(Panel::Flows.title()));
}

#[test]
fn a_stored_arrangement_that_makes_no_sense_is_forgotten() {
    for dock in ["", "(", "(root:None)"] {
        let mut window = Window::with(Settings { dock: Some(dock.to_owned()), ..Settings::default() });
        window.act(FileAction::OpenSample).select_main();
        assert!(window.button(Panel::Details.title()), "{dock}");
    }
}

#[test]
fn the_sheet_of_keys_shows_every_command_that_has_one() {
    let mut window = Window::new();
    window.press(Modifiers::SHIFT, Key::Questionmark);
    assert!(window.state().help_open);
    for command in COMMANDS.iter().filter(|command| !command.keys.is_empty()) {
        assert!(window.0.query_all_by_label(command.name).next().is_some(), "{}", command.name);
    }
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.state().help_open);
    // The release of a sign may never be heard: the second press counts all the same.
    window.0.key_down_modifiers(Modifiers::SHIFT, Key::Questionmark);
    window.0.run();
    window.0.key_down_modifiers(Modifiers::SHIFT, Key::Questionmark);
    window.0.run();
    assert!(!window.state().help_open);
}

#[test]
fn menus_do_what_they_say_and_escape_closes_only_them() {
    let mut window = Window::new();
    window.act(FileAction::OpenSample).select_main();
    window.click("View").press(Modifiers::NONE, Key::Escape);
    assert!(matches!(window.state().document().map(|document| document.selection), Some(Selection::Lane(_))));
    window.click("View").click("Theme").click("Light theme");
    assert_eq!(window.state().settings.theme, ThemeChoice::Light);
    assert_eq!(window.0.ctx.theme(), egui::Theme::Light);
    window.press(Modifiers::COMMAND, Key::Plus);
    assert!((window.0.ctx.zoom_factor() - 1.1).abs() < 1e-3);
}

#[test]
fn a_window_at_rest_asks_for_no_more_frames() {
    let mut window = Window::new();
    for action in [
        Action::File(FileAction::OpenSample),
        Action::Select(SelectAction::GoToLane(LaneId::Goroutine(GoroutineIdx(0)))),
        Action::Tick(1e6),
    ] {
        window.act(action);
    }
    window.0.run();
    let delay = window.0.output().viewport_output.values().map(|viewport| viewport.repaint_delay).min();
    assert_eq!(delay, Some(std::time::Duration::MAX));
}

const ADDRESS: &str = "http://localhost:6060/debug/pprof/trace?seconds=5";
const OTHER: &str = "http://localhost:7070/debug/pprof/trace?seconds=5";

#[test]
fn a_recorded_trace_is_not_closed_without_a_question() {
    let mut window = Window::new();
    window.record(ADDRESS).press(Modifiers::COMMAND, Key::W);
    assert!(window.0.query_by_label("Save this trace before closing it?").is_some());
    assert!(window.button("Save…") && window.button("Discard"));
    // Keys are for the question now.
    window.press(Modifiers::NONE, Key::E).press(Modifiers::COMMAND, Key::W).press(Modifiers::COMMAND, Key::Q);
    assert!(!window.state().settings.all_flows && !window.state().is_quitting);
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!window.button("Discard"));
    assert_eq!(window.state().documents.len(), 1);
    for (key, query) in [(Key::W, "closing it"), (Key::Q, "quitting")] {
        window.press(Modifiers::COMMAND, key);
        assert!(window.0.query_by_label(&format!("Save this trace before {query}?")).is_some());
        window.click("Cancel (Esc)");
        assert_eq!((window.state().documents.len(), window.state().is_quitting), (1, false));
    }
    // Without a place to write to nothing is closed, either.
    window.press(Modifiers::COMMAND, Key::W).click("Save…");
    assert_eq!(window.state().documents.len(), 1);
    assert!(window.state().leaving.is_none());
    window.press(Modifiers::COMMAND, Key::W).click("Discard");
    assert!(window.state().documents.is_empty());
    window.press(Modifiers::COMMAND, Key::Q);
    assert!(window.state().is_quitting, "nothing is left to ask about");
}

#[test]
fn the_windows_button_asks_about_all_recorded_traces() {
    let mut window = Window::new();
    assert!(window.close(), "nothing is there to be lost");
    window.record(ADDRESS).act(FileAction::OpenSample).record(OTHER);
    assert!(!window.close());
    assert!(window.0.query_by_label("Save 2 traces before quitting?").is_some());
    assert!(
        window.0.query_by_label("• localhost:6060").is_some() && window.0.query_by_label("• localhost:7070").is_some()
    );
    assert!(!window.close(), "asked again, it stays open");
    window.click("Cancel (Esc)");
    assert_eq!((window.state().documents.len(), window.state().is_quitting), (3, false));
    // One that is saved is not asked about any more.
    let id = window.state().documents[0].id;
    window.act(WorkerAction::Saved(id, "/t/saved.trace".into(), 1_000));
    assert!(!window.close());
    assert!(window.0.query_by_label("localhost:7070 is not saved anywhere else.").is_some());
    window.click("Discard");
    assert!(window.state().is_quitting && window.close());
}

/// Saving goes from trace to trace, and ends the program after the last one; giving up one leaves all open.
#[test]
fn traces_are_saved_one_after_the_other_before_the_program_ends() {
    let mut window = Window::new();
    window.record(ADDRESS).record(OTHER);
    let ids: Vec<_> = window.state().documents.iter().map(|document| document.id).collect();
    let effects = |state: &mut AppState, action| {
        let effects = reduce(state, action);
        let saved = effects.iter().find_map(|effect| match effect {
            Effect::SaveTrace { document, .. } => Some(*document),
            _ => None,
        });
        (saved, effects.iter().any(|effect| matches!(effect, Effect::Window(WindowEffect::Quit))))
    };
    let saved = |id| Action::Worker(WorkerAction::Saved(id, "/t/saved.trace".into(), 1_000));
    let mut state = window.state().clone();
    assert_eq!(effects(&mut state, Action::File(FileAction::Quit)), (None, false));
    assert_eq!(effects(&mut state, Action::File(FileAction::Reply(Reply::Save))), (Some(ids[0]), false));
    assert_eq!(effects(&mut state, saved(ids[0])), (Some(ids[1]), false));
    // The dialog was closed: all stays, and saving one later ends nothing.
    assert_eq!(effects(&mut state, Action::Worker(WorkerAction::NotSaved(ids[1], None))), (None, false));
    assert_eq!(effects(&mut state, saved(ids[1])), (None, false));
    assert_eq!((state.documents.len(), state.is_quitting), (2, false));
    let mut state = window.state().clone();
    for (action, expected) in [
        (Action::File(FileAction::Quit), (None, false)),
        (Action::File(FileAction::Reply(Reply::Save)), (Some(ids[0]), false)),
        (saved(ids[0]), (Some(ids[1]), false)),
        // Where the desktop has no dialog a path is typed, and a file may be in the way.
        (Action::File(FileAction::AskPath(FieldFor::Save(ids[1]))), (None, false)),
        (Action::File(FileAction::SaveTrace(ids[1], Some("/t/saved.trace".to_owned()))), (Some(ids[1]), false)),
        (Action::Worker(WorkerAction::FileExists(ids[1], "/t/saved.trace".into())), (None, false)),
        (Action::File(FileAction::Reply(Reply::Replace)), (Some(ids[1]), false)),
        (saved(ids[1]), (None, true)),
    ] {
        assert_eq!(effects(&mut state, action.clone()), expected, "{action:?}");
    }
    // Leaving the field leaves all open, too.
    let mut state = window.state().clone();
    for action in [
        Action::File(FileAction::Quit),
        Action::File(FileAction::Reply(Reply::Save)),
        Action::File(FileAction::AskPath(FieldFor::Save(ids[0]))),
    ] {
        reduce(&mut state, action);
    }
    reduce(&mut state, Action::File(FileAction::PathField(None)));
    assert_eq!(effects(&mut state, saved(ids[0])), (None, false));
}

/// Where it came from, when, and that it is stored nowhere else: for the eye, and for those who hear it.
#[test]
fn recordings_are_named_and_marked_until_they_are_saved() {
    let mut window = Window::new();
    window.record(ADDRESS);
    let id = window.state().documents[0].id;
    let at = RecordedAt { date: "2026-11-30".to_owned(), time: "14:03:07".to_owned() };
    window.act(WorkerAction::Recorded(id, false, Some(at)));
    assert_eq!(title::of(window.state()), "localhost:6060 14:03:07 (not saved) — Tracelane");
    assert!(window.button("localhost:6060 14:03:07, not saved"), "one alone has a tab, too");
    let effects = reduce(&mut window.state().clone(), Action::File(FileAction::SaveTrace(id, None)));
    let name = effects.iter().find_map(|effect| match effect {
        Effect::SaveTrace { name, .. } => Some(name.as_str()),
        _ => None,
    });
    assert_eq!(name, Some("localhost-6060-2026-11-30-140307.trace"));
    // Where the desktop has no dialog the same name stands in the field.
    let mut state = window.state().clone();
    reduce(&mut state, Action::File(FileAction::AskPath(FieldFor::Save(id))));
    assert_eq!(state.path_field.as_deref(), Some("~/localhost-6060-2026-11-30-140307.trace"));
    window.act(WorkerAction::Saved(id, "/t/saved.trace".into(), 1_000));
    assert_eq!(title::of(window.state()), "localhost:6060 14:03:07 — Tracelane");
    assert!(!window.button("localhost:6060 14:03:07"), "one trace needs no tab");
}

/// The question about a dropped file takes Enter and Esc, and keeps all other keys from what lies behind it.
#[test]
fn a_dropped_file_is_asked_about_before_anything_else() {
    let mut window = Window::new();
    window.act(FileAction::OpenSample);
    let path = trace("workers-go1.27.trace");
    window.act(FileAction::OfferDropped(Some(path.clone())));
    assert!(window.button("Open by itself") && window.button("Cancel (Esc)"));
    window.press(Modifiers::NONE, Key::E).press(Modifiers::COMMAND, Key::W).press(Modifiers::NONE, Key::F10);
    assert!(!window.state().settings.all_flows && window.state().documents.len() == 1);
    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.state().dropped.is_none() && !window.button("Open by itself"));
    window.act(FileAction::OfferDropped(Some(path))).press(Modifiers::NONE, Key::Enter);
    assert!(window.state().shown_pair().is_some(), "Enter compares them");
}

#[test]
fn typing_into_the_address_field_replaces_the_address() {
    let mut window = Window::new();
    window.press(Modifiers::COMMAND.plus(Modifiers::SHIFT), Key::L);
    assert_eq!(window.state().path_field.as_deref(), Some(ADDRESS));
    window.0.get_by_role(Role::TextInput).type_text("api:7070");
    window.0.run();
    assert_eq!(window.state().path_field.as_deref(), Some("api:7070"));
}

/// The first screen invites to drop files only where the desktop can.
#[test]
fn a_desktop_that_cannot_drop_files_is_not_said_to() {
    let invites = |window: &Window, text: &str| window.0.query_by_label_contains(text).is_some();
    let mut window = Window::new();
    assert!(invites(&window, "drop a file") && !invites(&window, "Ctrl+L to type a path"));
    window.0.state_mut().without_drops();
    window.0.run();
    assert!(!invites(&window, "drop a file") && invites(&window, "Ctrl+L to type a path"));
}

/// Menus by keyboard: F10 and Alt with a letter open them, arrows move in them and not on the timeline.
#[test]
fn menus_open_by_key_and_keep_the_arrows() {
    let mut window = Window::new();
    window.act(FileAction::OpenSample);
    let view = window.state().document().and_then(|document| document.view);
    window.press(Modifiers::NONE, Key::F10);
    assert!(window.button("Record together…"), "the first menu is open");
    window.press(Modifiers::NONE, Key::ArrowRight);
    assert!(window.button("Zoom in") && !window.button("Record together…"));
    window.press(Modifiers::NONE, Key::Escape).press(Modifiers::ALT, Key::V);
    assert!(window.button("Expand all groups"));
    window.press(Modifiers::NONE, Key::ArrowDown).press(Modifiers::NONE, Key::Enter);
    assert!(window.state().settings.all_flows, "the first entry is chosen");
    assert_eq!(window.state().document().and_then(|document| document.view), view, "the timeline has not moved");
    window.press(Modifiers::NONE, Key::F10).press(Modifiers::NONE, Key::F10);
    assert!(!window.button("Record together…"));
}

#[test]
fn the_first_span_in_view_is_selected_by_a_key() {
    let mut window = Window::new();
    window.act(FileAction::OpenSample).press(Modifiers::NONE, Key::Period);
    let document = window.state().document().expect("the sample");
    let Selection::Span(at) = document.selection else { panic!("{:?}", document.selection) };
    let span = document.trace.span(at).expect("it is there");
    assert!(document.view.expect("a view").range().overlaps(span.range));
    window.press(Modifiers::NONE, Key::Period);
    let next = window.state().document().map(|document| document.selection);
    assert_eq!(next, Some(Selection::Span(document_next(&window, at))));
}

fn document_next(window: &Window, at: SpanRef) -> SpanRef {
    let document = window.state().document().expect("the sample");
    document.trace.next_span(at).expect("there are more").at
}

/// Recording again from the same server must not take the place of what is not saved.
#[test]
fn recording_again_keeps_what_is_not_saved() {
    let mut window = Window::new();
    window.record(ADDRESS);
    let mut state = window.state().clone();
    state.documents[0].load = LoadState::Cancelled;
    for action in
        [Action::File(FileAction::Open(ADDRESS.into())), Action::File(FileAction::Reload(state.documents[0].id))]
    {
        let mut state = state.clone();
        let effects = reduce(&mut state, action);
        assert!(effects.iter().any(|effect| matches!(effect, Effect::Load { document, .. } if document.0 == 1)));
        assert_eq!(state.documents.len(), 2);
        assert!(state.documents[0].has_lanes());
    }
}

#[test]
fn a_file_in_the_way_is_asked_about() {
    let mut window = Window::new();
    window.record(ADDRESS);
    let id = window.state().documents[0].id;
    window.act(WorkerAction::FileExists(id, "/t/saved.trace".into()));
    assert!(window.0.query_by_label("Replace saved.trace?").is_some());
    // Enter ended the path that was typed: it does not go on to replace the file.
    window.press(Modifiers::NONE, Key::Enter);
    assert!(window.state().dialog.is_none() && window.state().documents[0].is_unsaved());
    window.act(WorkerAction::FileExists(id, "/t/saved.trace".into()));
    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.state().dialog.is_none());
}

#[test]
fn tab_completes_a_path_as_far_as_it_is_clear() {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["checkout-v1.trace", "checkout-v2.trace", "orders.trace"] {
        std::fs::write(folder.path().join(name), "").expect("written");
    }
    let mut window = Window::new();
    window.0.state_mut().push(Action::File(FileAction::AskPath(FieldFor::Open)));
    window.0.run();
    let start = folder.path().join("ch").display().to_string();
    window.0.event(egui::Event::Text(start.clone()));
    window.0.run();
    let typed = |window: &Window| window.0.state().state().path_field.clone().unwrap_or_default();
    assert_eq!(typed(&window), start);
    for end in ["checkout-v", "checkout-v1.trace"] {
        window.0.key_press(Key::Tab);
        window.0.run();
        assert_eq!(typed(&window), folder.path().join(end).display().to_string());
    }
    // What is typed goes on behind it.
    window.0.event(egui::Event::Text("x".to_owned()));
    window.0.run();
    assert!(typed(&window).ends_with("checkout-v1.tracex"), "{}", typed(&window));
}
