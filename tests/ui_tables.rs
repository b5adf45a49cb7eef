//! Tables in the window, played through their accessible names and keys: sorting, filtering, selecting, copying,
//! columns, links.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use trace_core::model::lanes::LaneId;
use tracelane::action::panel::Panel;
use tracelane::report::view::{TableLayout, TableSession};

use crate::window::Window;

const KEY: &str = "syscalls.stacks";

fn open() -> Window {
    let mut window = Window::open("real/sysio-go1.27.trace", Panel::Syscalls);
    window.press("By stack");
    window
}

fn session(window: &Window) -> TableSession {
    window.document().tables.get(KEY).cloned().unwrap_or_default()
}

fn layout(window: &Window) -> TableLayout {
    window.0.state().state().settings.tables.get(KEY).cloned().unwrap_or_default()
}

fn key(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.0.key_press_modifiers(modifiers, key);
    window.0.run();
}

/// The counts of calls of the rows that show, from top to bottom.
fn counts(window: &Window) -> Vec<u64> {
    let rows = window.0.get_all_by_role(Role::Button).filter_map(|node| node.accesskit_node().label());
    let rows = rows.filter(|name| name.matches(" · ").count() > 6);
    rows.filter_map(|name| name.split(" · ").nth(1)?.replace(',', "").parse().ok()).collect()
}

#[test]
fn a_heading_sorts_and_with_shift_adds_a_key() {
    let mut window = open();
    window.press("Sort by Count");
    let falling = counts(&window);
    assert!(falling.len() > 2 && falling.is_sorted_by(|one, other| one >= other), "{falling:?}");
    window.press("Sort by Count");
    assert!(counts(&window).is_sorted(), "{:?}", counts(&window));
    assert_eq!(session(&window).sort.map(|keys| keys.len()), Some(1));
}

#[test]
fn a_filter_leaves_the_rows_that_have_all_its_words() {
    let mut window = open();
    let shown = counts(&window);
    window.0.get_by_role_and_label(Role::TextInput, "Filter By stack").focus();
    window.0.run();
    window.0.get_by_role_and_label(Role::TextInput, "Filter By stack").type_text("syscall.read");
    window.0.run();
    assert_eq!(session(&window).filter, "syscall.read");
    // Not all of the rows may have room.
    let words = window.words();
    let (left, all) = words
        .iter()
        .find_map(|word| word.strip_suffix(" rows")?.split_once(" of "))
        .map(|(left, all)| (left.parse::<usize>().expect("a count"), all.parse::<usize>().expect("a count")))
        .unwrap_or_else(|| panic!("{words:?}"));
    assert!(0 < left && left < all && counts(&window).len() <= left, "{left} of {all}");
    key(&mut window, Modifiers::NONE, Key::Escape);
    assert_eq!((session(&window).filter.as_str(), counts(&window)), ("", shown), "Esc takes it off");
}

#[test]
fn rows_are_selected_by_keys_and_copied() {
    let mut window = open();
    window.press("syscall.");
    let selected = |window: &Window| session(window).selection.map_or(0, |selection| selection.rows.len());
    assert_eq!(selected(&window), 1);
    key(&mut window, Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(selected(&window), 2);
    key(&mut window, Modifiers::COMMAND, Key::A);
    let all = selected(&window);
    assert!(all >= counts(&window).len() && window.shows(&format!("{all} of {all} selected")), "{all}");
    key(&mut window, Modifiers::NONE, Key::Home);
    assert_eq!(selected(&window), 1);
    window.0.event(egui::Event::Copy);
    window.0.step();
    let commands = &window.0.output().platform_output.commands;
    let copied = commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let copied = copied.expect("something was copied");
    let lines: Vec<&str> = copied.lines().collect();
    assert_eq!(lines.len(), 2, "{copied}");
    assert!(lines[0].starts_with("name\tcalls.count\tcalls.total_ns"), "{copied}");
}

#[test]
fn columns_are_turned_on_and_off_and_remembered() {
    let mut window = open();
    assert!(!window.shows("Sort by Mean"));
    window.act(tracelane::action::action::Action::Table(
        window.document().id,
        KEY.to_owned(),
        tracelane::report::view::TableAction::ShowColumn("calls.mean_ns".to_owned(), true),
    ));
    assert!(window.shows("Sort by Mean"));
    assert_eq!(layout(&window).shown.get("calls.mean_ns"), Some(&true));
}

#[test]
fn a_row_shows_its_longest_calls_and_links_lead_to_goroutines() {
    let mut window = open();
    window.press("syscall.");
    assert!(window.shows("Started with"), "the calls of the row stand beside it: {:?}", window.words());
    window.press_as(Role::Link, "G");
    assert!(matches!(window.lane(), Some(LaneId::Goroutine(_))));
}

#[test]
fn a_legend_names_the_first_states_too() {
    let mut window = Window::open("real/httpserver-go1.27.trace", Panel::Goroutines);
    window.0.set_size(egui::vec2(1280.0, 720.0));
    window.0.run();
    let names = window.words();
    assert!(["Running", "Runnable", "Other"].iter().all(|state| names.iter().any(|name| name == state)), "{names:?}");
}
