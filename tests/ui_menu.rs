//! The menu under the right button: the same order for spans, lanes, groups and tasks, and what its lines do.

use egui::accesskit::Role;
use egui::{Event, Modifiers, PointerButton, Pos2, pos2};
use egui_kittest::kittest::{NodeT, Queryable};
use trace_core::base::ids::{GoId, TaskIdx};
use trace_core::model::lanes::LaneId;
use tracelane::action::panel::Panel;
use tracelane::state::section::Section;
use tracelane::state::view::Selection;

use crate::window::Window;

const GUESSES: &str = "real/guessnumber-bug-go1.27.trace";
const REQUESTS: &str = "real/httpserver-go1.27.trace";

/// The order of all menus, by how their lines begin.
const ORDER: [&str; 12] = [
    "Go to ",
    "Zoom to this",
    "Only this",
    "What interacts with ",
    "Filter by ",
    "Pin",
    "Unpin",
    "Copy name",
    "Copy time range",
    "Copy link",
    "Copy stack",
    "Source of ",
];

fn open_menu(window: &mut Window, at: Pos2) -> Vec<String> {
    window.0.hover_at(at);
    window.0.run();
    for pressed in [true, false] {
        let modifiers = Modifiers::NONE;
        window.0.event(Event::PointerButton { pos: at, button: PointerButton::Secondary, pressed, modifiers });
    }
    window.0.run();
    let names = window.0.get_all_by_role(Role::Button).filter_map(|node| node.accesskit_node().label());
    names.filter(|name| ORDER.iter().any(|begin| name.starts_with(begin))).collect()
}

/// Lines are in the order that all menus have.
fn is_ordered(lines: &[String]) -> bool {
    let place = |line: &String| ORDER.iter().position(|begin| line.starts_with(begin));
    lines.len() >= 4 && lines.is_sorted_by_key(place)
}

fn lanes(window: &Window) -> egui::Rect {
    window.0.get_by_role_and_label(Role::Canvas, "Timeline").rect()
}

fn label(window: &Window, role: Role, part: &str) -> Pos2 {
    let nodes = window.0.get_all_by_role(role);
    let found = nodes.into_iter().find(|node| node.accesskit_node().label().is_some_and(|name| name.contains(part)));
    found.unwrap_or_else(|| panic!("no {part}")).rect().center()
}

fn main_lane(window: &Window) -> LaneId {
    LaneId::Goroutine(window.document().trace.goroutine_by_id(GoId(1)).expect("G1"))
}

#[test]
fn a_span_has_a_menu_in_the_usual_order() {
    let mut window = Window::open(GUESSES, Panel::Details);
    let lane = main_lane(&window);
    let row = window.document().layout().row_of(lane).expect("a row");
    let canvas = lanes(&window);
    let scroll = window.document().view.expect("a view").scroll_points;
    let at = pos2(canvas.center().x, canvas.top() + (row.top - scroll) as f32 + 17.0);
    let lines = open_menu(&mut window, at);
    assert!(is_ordered(&lines), "{lines:?}");
    assert!(lines[0].starts_with("Go to G1 ") && lines.iter().any(|line| line.starts_with("Copy stack")), "{lines:?}");
    window.press("Go to G1 ");
    assert_eq!(window.document().selection, Selection::Lane(lane));
}

#[test]
fn a_lane_is_shown_alone_or_with_what_interacts_with_it() {
    let mut window = Window::open(GUESSES, Panel::Details);
    let at = label(&window, Role::Button, "G1 main.main");
    let lines = open_menu(&mut window, at);
    assert!(is_ordered(&lines), "{lines:?}");
    window.press("Only this");
    assert_eq!(window.document().rows.lanes_in(Section::Goroutines), 1);
    window.act(tracelane::action::action::RowsAction::ShowOnly(None));
    let at = label(&window, Role::Button, "G1 main.main");
    open_menu(&mut window, at);
    window.press("What interacts with G1");
    assert_eq!(window.document().search.text, "interacts:g1");
    let shown = window.document().rows.lanes_in(Section::Goroutines);
    assert!(window.document().search.filters && shown > 1 && shown < window.document().trace.goroutine_count());
}

#[test]
fn a_lane_is_pinned_and_taken_from_there() {
    let mut window = Window::open(GUESSES, Panel::Details);
    let at = label(&window, Role::Button, "G1 main.main");
    open_menu(&mut window, at);
    window.press_named("Pin");
    assert_eq!(window.document().layout().pinned_count(), 1);
    let at = label(&window, Role::Button, "Pinned: G1 main.main");
    open_menu(&mut window, at);
    window.press_named("Unpin");
    assert_eq!(window.document().layout().pinned_count(), 0);
}

#[test]
fn a_group_is_filtered_by_its_function() {
    let mut window = Window::open("real/workers-go1.27.trace", Panel::Details);
    let at = label(&window, Role::DisclosureTriangle, "main.worker");
    let lines = open_menu(&mut window, at);
    assert!(is_ordered(&lines), "{lines:?}");
    assert!(window.shows("Collapse all groups"), "what is said of all groups comes after it");
    window.press("Filter by fn:");
    assert!(window.document().search.text.starts_with("fn:\"main.worker"), "{}", window.document().search.text);
    assert!(window.document().rows.lanes_in(Section::Goroutines) < window.document().trace.goroutine_count());
}

#[test]
fn a_task_has_a_menu_and_so_has_its_type() {
    let mut window = Window::open(REQUESTS, Panel::Details);
    let at = label(&window, Role::Button, "task /sleep (1) ");
    let lines = open_menu(&mut window, at);
    assert!(is_ordered(&lines), "{lines:?}");
    window.press("Zoom to this");
    let trace = &window.document().trace;
    let life = trace_core::analysis::tasks::life(trace, &trace.task(TaskIdx(0)).expect("a task"));
    let view = window.document().view.expect("a view").range();
    assert!(view.contains(life.start) && view.nanos() < 2 * life.nanos());
    let at = label(&window, Role::DisclosureTriangle, "/sleep, ");
    let lines = open_menu(&mut window, at);
    assert!(is_ordered(&lines) && lines.iter().any(|line| line.contains("task:\"/sleep\"")), "{lines:?}");
    window.press("Only this");
    assert_eq!(window.document().rows.tasks().count(), 9, "tasks of one type");
}

#[test]
fn a_menu_is_no_wider_than_its_lines_need() {
    let mut window = Window::open(GUESSES, Panel::Details);
    let at = label(&window, Role::Button, "G1 main.main");
    let lines = open_menu(&mut window, at);
    assert!(lines.len() >= 4, "{lines:?}");
    let copy = window.0.get_all_by_role_and_label(Role::Button, "Copy name").next().expect("a line").rect();
    assert!(copy.width() < 420.0, "{copy:?}");
}
