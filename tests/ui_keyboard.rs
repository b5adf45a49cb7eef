//! The window by keyboard alone, as it is told to assistive technology: from the start to the cause, and along a flow.

use egui::accesskit::{Action, Role};
use egui::{Key, Modifiers};
use egui_kittest::Node;
use egui_kittest::kittest::NodeT;
use tracelane::action::action::FileAction;
use tracelane::state::view::Selection;

use crate::window::Window;

fn nodes(window: &Window) -> Vec<Node<'_>> {
    fn collect<'tree>(node: Node<'tree>, into: &mut Vec<Node<'tree>>) {
        into.extend(node.children().fold(Vec::new(), |mut below, child| {
            collect(child, &mut below);
            below
        }));
        into.push(node);
    }
    let mut into = Vec::new();
    collect(window.0.root(), &mut into);
    into
}

/// What has the keyboard focus, as a screen reader says it.
fn focused(window: &Window) -> String {
    let has = nodes(window).into_iter().find(|node| node.accesskit_node().is_focused());
    has.and_then(|node| node.accesskit_node().label()).unwrap_or_default()
}

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.0.key_press_modifiers(modifiers, key);
    window.0.run();
}

fn keys(window: &mut Window, keys: &[Key]) {
    keys.iter().for_each(|key| press(window, Modifiers::NONE, *key));
}

fn sample() -> Window {
    let mut window = Window::empty();
    window.act(FileAction::OpenSample);
    window
}

fn view(window: &Window) -> f64 {
    window.document().view.expect("a view").start_nanos
}

/// The main journey without a pointer: the keys are those that somebody presses who has just opened a trace.
#[test]
fn four_keys_lead_from_opening_to_the_cause_and_one_more_along_its_flow() {
    let mut window = Window::empty();
    for _ in 0..40 {
        keys(&mut window, &[Key::Tab]);
        if focused(&window) == "Open the sample trace" {
            break;
        }
    }
    keys(&mut window, &[Key::Enter]);
    let name = window.0.root().accesskit_node().label().expect("the window has a name");
    assert_eq!(name, "Sample: a request that waited — Tracelane");
    keys(&mut window, &[Key::Num7]);
    assert_eq!(focused(&window), "Findings");
    keys(&mut window, &[Key::Tab]);
    assert!(focused(&window).starts_with("Mutex held during net/http.Post"), "{}", focused(&window));
    keys(&mut window, &[Key::Tab]);
    assert!(focused(&window).starts_with("Jump to it: G13"), "{}", focused(&window));
    keys(&mut window, &[Key::Enter]);
    let Selection::Span(cause) = window.document().selection else { panic!("{:?}", window.document().selection) };
    let selected = |window: &Window| -> Vec<(String, String)> {
        let spans = nodes(window).into_iter().map(|node| node.accesskit_node());
        let spans = spans.filter(|node| node.is_selected() == Some(true));
        spans.filter_map(|node| Some((node.label()?, node.description()?))).collect()
    };
    let place =
        |window: &Window| selected(window).into_iter().find(|(_, place)| place.starts_with("on G")).expect("a span");
    assert!(place(&window).1.starts_with("on G13 main.main.func3, from "), "{:?}", place(&window));
    keys(&mut window, &[Key::OpenBracket]);
    let Selection::Span(before) = window.document().selection else { panic!("{:?}", window.document().selection) };
    assert_ne!(before.lane, cause.lane, "the flow leads to who woke it");
    assert!(!place(&window).1.starts_with("on G13 "), "{:?}", place(&window));
}

#[test]
fn a_key_that_opens_a_panel_moves_the_focus_into_its_table() {
    let mut window = sample();
    let at = view(&window);
    keys(&mut window, &[Key::Num0]);
    let table = focused(&window);
    assert!(!table.is_empty() && table != "Goroutines" && table != "Findings", "{table}");
    let rows = |window: &Window| {
        let known = window.document().tables.values().filter_map(|table| table.selection.as_ref());
        known.map(|selection| selection.rows.len()).sum::<usize>()
    };
    assert_eq!(rows(&window), 0);
    keys(&mut window, &[Key::ArrowDown]);
    assert_eq!((rows(&window), focused(&window)), (1, table));
    assert_eq!(view(&window), at, "the rows of the table moved, not the lanes");
    press(&mut window, Modifiers::SHIFT, Key::Tab);
    assert_ne!(focused(&window), "", "it is not kept in the table");
}

#[test]
fn arrows_move_the_focus_once_tab_has_and_the_timeline_otherwise() {
    let mut window = sample();
    keys(&mut window, &[Key::W, Key::W]);
    let at = view(&window);
    keys(&mut window, &[Key::ArrowRight]);
    assert!(view(&window) > at, "nothing has the focus");
    keys(&mut window, &[Key::Num7]);
    let at = view(&window);
    keys(&mut window, &[Key::ArrowRight]);
    assert!(view(&window) > at && focused(&window) == "Findings", "a panel as a whole has it");
    keys(&mut window, &[Key::Tab, Key::Tab]);
    let (at, link) = (view(&window), focused(&window));
    keys(&mut window, &[Key::ArrowRight]);
    assert_eq!(view(&window), at);
    assert_ne!(focused(&window), link);
}

#[test]
fn left_and_right_go_from_menu_to_menu_and_into_those_within() {
    let mut window = sample();
    let shows = |window: &Window, name: &str| {
        nodes(window).into_iter().any(|node| node.accesskit_node().label().as_deref() == Some(name))
    };
    keys(&mut window, &[Key::F10, Key::ArrowDown, Key::ArrowDown]);
    assert_eq!(focused(&window), "Open by path…");
    keys(&mut window, &[Key::ArrowRight]);
    assert!(shows(&window, "Zoom in") && !shows(&window, "Open by path…"), "the next menu");
    keys(&mut window, &[Key::ArrowDown]);
    assert_eq!(focused(&window), "Zoom in");
    keys(&mut window, &[Key::ArrowLeft]);
    assert!(shows(&window, "Open by path…") && !shows(&window, "Zoom in"), "the menu before");
    keys(&mut window, &[Key::Escape]);
    press(&mut window, Modifiers::ALT, Key::V);
    for _ in 0..40 {
        keys(&mut window, &[Key::ArrowDown]);
        if focused(&window) == "Theme" {
            break;
        }
    }
    keys(&mut window, &[Key::ArrowRight]);
    assert_eq!(focused(&window), "System theme", "a menu within the menu");
    keys(&mut window, &[Key::ArrowLeft]);
    assert_eq!(focused(&window), "Theme");
}

#[test]
fn what_takes_the_focus_has_a_name_and_evidence_is_one_text() {
    let mut window = sample();
    keys(&mut window, &[Key::Period, Key::Num7]);
    let all = nodes(&window);
    let nameless = all.iter().map(|node| node.accesskit_node()).filter(|node| {
        // The toolkit's own edges between panels have neither role nor name.
        node.data().supports_action(Action::Focus)
            && !matches!(node.role(), Role::Unknown | Role::Window)
            && node.label().or(node.value()).is_none_or(|name| name.is_empty())
    });
    let nameless: Vec<Role> = nameless.map(|node| node.role()).collect();
    assert_eq!(nameless, Vec::<Role>::new());
    let group = all
        .iter()
        .map(|node| node.accesskit_node())
        .find(|node| node.role() == Role::Group && node.label().is_some_and(|text| text.contains(" Fix: ")));
    let group = group.expect("the evidence");
    let text = group.label().expect("a text");
    for part in ["G13 held the lock", "Release the lock before", "main.sendReport", "Longest hold: 107 ms"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(group.children().count() > 4, "its parts are in it");
}
