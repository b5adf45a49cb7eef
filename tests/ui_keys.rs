//! Keys that the user chooses: pressed on the sheet, kept in the settings, conflicts reported, reset.

use egui::{Key, Modifiers};
use tracelane::action::action::{PanelAction, SettingsAction};
use tracelane::action::panel::Panel;
use tracelane::state::sheet::Sheet;

use crate::window::Window;

const WORKERS: &str = "real/workers-go1.27.trace";

fn span_nanos(window: &Window) -> f64 {
    window.document().view.expect("a view").span_nanos
}

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.0.key_press_modifiers(modifiers, key);
    window.0.run();
}

#[test]
fn a_command_gets_the_key_that_is_pressed_and_answers_to_it_alone() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    window.act(PanelAction::Sheet(Some(Sheet::Keys)));
    window.press_named("Change the keys of Zoom in");
    assert!(window.shows("Press a key…"), "{:?}", window.words());
    press(&mut window, Modifiers::NONE, Key::F7);
    let settings = &window.0.state().state().settings;
    assert_eq!(settings.keys.get("zoom-in").map(Vec::as_slice), Some(&["F7".to_owned()][..]));
    assert!(!window.shows("Press a key…") && window.shows("F7"));

    window.act(PanelAction::Sheet(None));
    let before = span_nanos(&window);
    press(&mut window, Modifiers::NONE, Key::W);
    assert_eq!(span_nanos(&window), before, "the key of the table is free now");
    press(&mut window, Modifiers::NONE, Key::F7);
    assert!(span_nanos(&window) < before);
}

#[test]
fn keys_that_two_commands_have_are_reported_until_one_gives_way() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    window.act(PanelAction::Sheet(Some(Sheet::Keys)));
    window.act(SettingsAction::AskKey(Some("zoom-in")));
    press(&mut window, Modifiers::NONE, Key::E);
    assert!(window.shows("E is also “All flows in view”") && window.shows("E is also “Zoom in”"));
    // What was chosen comes first.
    window.act(PanelAction::Sheet(None));
    let (before, flows) = (span_nanos(&window), window.0.state().state().settings.all_flows);
    press(&mut window, Modifiers::NONE, Key::E);
    assert!(span_nanos(&window) < before);
    assert_eq!(window.0.state().state().settings.all_flows, flows);

    window.act(PanelAction::Sheet(Some(Sheet::Keys))).act(SettingsAction::BindKey("all-flows", None));
    assert!(!window.shows("is also"), "{:?}", window.words());
    window.act(SettingsAction::UsualKeys(None));
    assert!(window.0.state().state().settings.keys.is_empty());
}

#[test]
fn escape_leaves_keys_as_they_are() {
    let mut window = Window::empty();
    window.act(PanelAction::Sheet(Some(Sheet::Keys))).act(SettingsAction::AskKey(Some("zoom-in")));
    press(&mut window, Modifiers::NONE, Key::Escape);
    let state = window.0.state().state();
    assert!(state.asked_key.is_none() && state.settings.keys.is_empty());
    assert_eq!(state.sheet, Some(Sheet::Keys), "only the question is closed");
}

#[test]
fn what_tab_moves_the_focus_to_has_a_ring() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    let mut ringed = std::collections::BTreeSet::new();
    for _ in 0..60 {
        press(&mut window, Modifiers::NONE, Key::Tab);
        let ctx = window.0.ctx.clone();
        let Some(focused) = ctx.memory(|memory| memory.focused()) else { continue };
        let Some(widget) = ctx.read_response(focused) else { continue };
        if egui::text_edit::TextEditState::load(&ctx, focused).is_some() || !widget.interact_rect.is_positive() {
            continue;
        }
        let is_ring = |shape: &egui::Shape| match shape {
            egui::Shape::Rect(ring) => ring.stroke.width == 2.0 && widget.interact_rect.contains_rect(ring.rect),
            _ => false,
        };
        let drawn = window.0.output().shapes.iter().any(|drawn| is_ring(&drawn.shape));
        assert!(drawn, "no ring around {focused:?} at {:?}", widget.interact_rect);
        ringed.insert(format!("{focused:?}"));
    }
    assert!(ringed.len() > 20, "{ringed:?}");
}
