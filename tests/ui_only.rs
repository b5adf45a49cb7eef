//! Lanes for some goroutines only: those of a finding, a group, a task; shown in a chip over the lanes, and lifted
//! by it, by Esc, or by going to a goroutine that is hidden.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use trace_core::base::ids::GoroutineIdx;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{AnalysisAction, RowsAction, SelectAction};
use tracelane::action::panel::Panel;
use tracelane::state::order::GoroutineOrder;
use tracelane::state::query::ask;
use tracelane::state::section::Section;

use crate::window::Window;

/// The buggy guessing game, in which handlers wait for a lock that a report holds.
const GUESSES: &str = "real/guessnumber-bug-go1.27.trace";

/// Follows the link that is called like this, in part.
fn follow(window: &mut Window, part: &str) {
    let names = window.0.get_all_by_role(Role::Link).filter_map(|node| node.accesskit_node().label());
    let names: Vec<String> = names.collect();
    let name = names.iter().find(|name| name.contains(part)).unwrap_or_else(|| panic!("no {part} in {names:?}"));
    window.0.get_all_by_role_and_label(Role::Link, name).next().expect("it is there").click_accesskit();
    window.0.run();
}

fn shown(window: &Window) -> u32 {
    window.document().rows.lanes_in(Section::Goroutines)
}

fn all(window: &Window) -> u32 {
    window.document().trace.goroutine_count()
}

/// Opens the first finding and leaves lanes to its goroutines; how many these are.
fn of_the_first_finding(window: &mut Window) -> Vec<GoroutineIdx> {
    window.act(AnalysisAction::ChooseFinding(Some(0)));
    let findings = window.answer(&ask::Findings);
    let gos = findings.list.first().expect("a finding").goroutines.clone();
    follow(window, &format!("Show only the {} goroutines", gos.len()));
    gos
}

#[test]
fn a_finding_shows_its_goroutines_and_a_chip_shows_all_again() {
    let mut window = Window::open(GUESSES, Panel::Findings);
    let every = all(&window);
    assert_eq!(shown(&window), every);
    let gos = of_the_first_finding(&mut window);
    assert!(gos.len() > 2 && (gos.len() as u32) < every, "{} of {every}", gos.len());
    assert_eq!(shown(&window), gos.len() as u32);
    let layout = window.document().layout();
    assert!(gos.iter().all(|go| layout.row_of(LaneId::Goroutine(*go)).is_some()));
    window.press("Show all goroutines, not only these: ");
    assert_eq!(shown(&window), every);
    assert!(!window.shows("Show all goroutines, not only these"));
}

#[test]
fn escape_lifts_it_last() {
    let mut window = Window::open(GUESSES, Panel::Findings);
    let gos = of_the_first_finding(&mut window);
    window.act(SelectAction::SelectLane(LaneId::Goroutine(*gos.first().expect("one"))));
    window.0.key_press(egui::Key::Escape);
    window.0.run();
    assert_eq!((window.lane(), shown(&window)), (None, gos.len() as u32), "the selection goes first");
    window.0.key_press(egui::Key::Escape);
    window.0.run();
    assert_eq!(shown(&window), all(&window));
}

#[test]
fn whoever_goes_to_a_hidden_goroutine_sees_all() {
    let mut window = Window::open(GUESSES, Panel::Findings);
    let gos = of_the_first_finding(&mut window);
    window.act(RowsAction::OrderGoroutines(GoroutineOrder::Running));
    assert_eq!(shown(&window), gos.len() as u32, "another order hides and shows nothing");
    window.act(SelectAction::GoToLane(LaneId::Goroutine(gos[0])));
    assert_eq!(shown(&window), gos.len() as u32, "one that has a lane");
    let hidden = (0..all(&window)).map(GoroutineIdx).find(|go| !gos.contains(go)).expect("a hidden one");
    window.act(SelectAction::GoToLane(LaneId::Goroutine(hidden)));
    assert_eq!(shown(&window), all(&window));
    let document = window.document();
    let row = document.layout().row_of(LaneId::Goroutine(hidden)).expect("a row");
    let view = document.view.expect("a view");
    let inside = view.scroll_points..view.scroll_points + document.lanes_height_points;
    assert!(inside.contains(&row.top), "it is in sight");
}

#[test]
fn a_group_of_goroutines_can_be_shown_alone() {
    let mut window = Window::open("real/workers-go1.27.trace", Panel::Goroutines);
    window.press("main.worker ·");
    let name = |go: GoroutineIdx| window.document().trace.goroutine_name(go).map(|(_, name)| name);
    let trace = &window.document().trace;
    let alike = |go: &GoroutineIdx| name(*go).is_some_and(|name| trace.str(name).starts_with("main.worker"));
    let workers = (0..all(&window)).map(GoroutineIdx).filter(alike).count();
    assert!(workers > 1);
    follow(&mut window, "Show only lanes: Every main.worker");
    assert_eq!(shown(&window) as usize, workers);
    follow(&mut window, "Show all lanes");
    assert_eq!(shown(&window), all(&window));
}

#[test]
fn the_goroutines_of_tasks_can_be_shown_alone() {
    let mut window = Window::open("real/tasks-go1.27.trace", Panel::Tasks);
    let report = window.report("tasks");
    let name = report.tables[0].name(0);
    window.press(&format!("{name} · "));
    follow(&mut window, &format!("Show only lanes: Tasks {name}"));
    assert!(shown(&window) > 0 && shown(&window) < all(&window));
    assert!(window.shows(&format!("Tasks {name}")));
}
