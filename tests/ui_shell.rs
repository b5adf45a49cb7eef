//! The window around the timeline, driven through its accessible names and keys: files come in by every
//! door, panels dock and come back, keys keep out of text fields, settings survive.

#![expect(clippy::expect_used, reason = "a test ends where something is missing")]

#[path = "support/fixtures.rs"]
mod fixtures;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use trace_core::base::ids::GoIx;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::Action;
use tracelane::action::commands::{COMMANDS, panels};
use tracelane::shell::app::TracelaneApp;
use tracelane::state::app::AppState;
use tracelane::state::document::{LoadState, Source};
use tracelane::state::settings::{Settings, ThemeChoice};
use tracelane::state::view::Selection;

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

    fn act(&mut self, action: Action) -> &mut Self {
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
        self.act(Action::GoToLane(LaneId::Goroutine(GoIx(0))))
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
    window.act(Action::Open(path.clone()));
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
    window.act(Action::OpenSample);
    assert!(!window.button("Close Sample: a request that waited"));
    window.act(Action::Open(trace("workers-go1.27.trace")));
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
    window.act(Action::OpenSample);
    assert!(!window.button(panels::DETAILS), "nothing reserves room while empty");
    window.select_main();
    for name in [panels::DETAILS, panels::STACK, panels::FLOWS, panels::EVENTS, panels::SPANS] {
        assert!(window.button(name), "{name}");
    }
    for name in [panels::DETAILS, panels::SPANS, panels::STACK, panels::FLOWS, panels::EVENTS] {
        window.click(&format!("Close {name}"));
    }
    assert!(!window.button(panels::DETAILS));
    // What was arranged is stored, and another window begins with it.
    let stored = window.state().settings.clone();
    let mut next = Window::with(stored);
    next.act(Action::OpenSample).select_main();
    assert!(!next.button(panels::DETAILS) && !next.button(panels::STACK));
    next.press(Modifiers::NONE, Key::Num3);
    assert!(next.button(panels::FLOWS));
    next.press(Modifiers::NONE, Key::Num6);
    assert!(next.button(panels::WARNINGS) && next.button(panels::FLOWS));
}

#[test]
fn a_stored_arrangement_that_makes_no_sense_is_forgotten() {
    for dock in ["", "(", "(root:None)"] {
        let mut window = Window::with(Settings { dock: Some(dock.to_owned()), ..Settings::default() });
        window.act(Action::OpenSample).select_main();
        assert!(window.button(panels::DETAILS), "{dock}");
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
    window.act(Action::OpenSample).select_main();
    window.click("View").press(Modifiers::NONE, Key::Escape);
    assert!(matches!(window.state().document().map(|document| document.selection), Some(Selection::Lane(_))));
    window.click("View").click("Light theme");
    assert_eq!(window.state().settings.theme, ThemeChoice::Light);
    assert_eq!(window.0.ctx.theme(), egui::Theme::Light);
    window.press(Modifiers::COMMAND, Key::Plus);
    assert!((window.0.ctx.zoom_factor() - 1.1).abs() < 1e-3);
}

#[test]
fn a_window_at_rest_asks_for_no_more_frames() {
    let mut window = Window::new();
    for action in [Action::OpenSample, Action::GoToLane(LaneId::Goroutine(GoIx(0))), Action::Tick(1e6)] {
        window.act(action);
    }
    window.0.run();
    let delay = window.0.output().viewport_output.values().map(|viewport| viewport.repaint_delay).min();
    assert_eq!(delay, Some(std::time::Duration::MAX));
}
