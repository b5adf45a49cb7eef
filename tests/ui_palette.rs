//! The command palette and steps from one thing of a kind to the next.

use egui::{Key, Modifiers};
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{Landmark, SelectAction};
use tracelane::action::panel::Panel;
use tracelane::state::view::Selection;

use crate::window::Window;

const GC: &str = "real/gc-4procs-go1.27.trace";
const GUESSES: &str = "real/guessnumber-bug-go1.27.trace";

fn open_palette(window: &mut Window, text: &str) {
    window.0.key_press_modifiers(Modifiers::COMMAND | Modifiers::SHIFT, Key::P);
    window.0.run();
    assert!(window.0.state().state().palette.is_some());
    window.0.event(egui::Event::Text(text.to_owned()));
    window.0.run();
    window.0.run();
}

fn enter(window: &mut Window) {
    window.0.key_press(Key::Enter);
    window.0.run();
    assert!(window.0.state().state().palette.is_none(), "it closes");
}

#[test]
fn a_command_is_found_by_a_few_letters() {
    let mut window = Window::open(GUESSES, Panel::Goroutines);
    let before = window.0.state().state().settings.all_flows;
    open_palette(&mut window, "all flows");
    assert!(window.shows("View: All flows in view"));
    enter(&mut window);
    assert_ne!(window.0.state().state().settings.all_flows, before);
}

#[test]
fn up_and_down_choose_and_escape_closes() {
    let mut window = Window::open(GUESSES, Panel::Goroutines);
    open_palette(&mut window, "theme");
    window.0.key_press(Key::ArrowDown);
    window.0.run();
    assert_eq!(window.0.state().state().palette.as_ref().map(|palette| palette.chosen), Some(1));
    window.0.key_press(Key::ArrowUp);
    window.0.run();
    window.0.key_press(Key::ArrowUp);
    window.0.run();
    assert!(window.0.state().state().palette.as_ref().is_some_and(|palette| palette.chosen > 1), "around the end");
    window.0.key_press(Key::Escape);
    window.0.run();
    assert!(window.0.state().state().palette.is_none());
}

#[test]
fn times_ranges_lanes_and_names_are_places_to_go_to() {
    let mut window = Window::open(GUESSES, Panel::Goroutines);
    let start = window.document().trace.range().start;
    open_palette(&mut window, "1ms..3ms");
    assert!(window.shows("Select 1ms..3ms"));
    window.0.key_press(Key::ArrowDown);
    window.0.run();
    enter(&mut window);
    let marked = window.document().marked.expect("it is selected");
    assert_eq!((marked.start, marked.end), (start.plus_nanos(1_000_000), start.plus_nanos(3_000_000)));
    open_palette(&mut window, "g1");
    enter(&mut window);
    let Some(LaneId::Goroutine(go)) = window.lane() else { panic!("{:?}", window.lane()) };
    assert_eq!(window.document().trace.goroutine_name(go).map(|(id, _)| id.0), Some(1));
    open_palette(&mut window, "startDialConn");
    assert!(window.shows("Goroutine: G"), "{:?}", window.words());
    window.0.key_press(Key::Escape);
    window.0.run();
    open_palette(&mut window, "sendReport");
    enter(&mut window);
    assert_eq!(window.document().search.text, "sendReport");
}

#[test]
fn steps_lead_to_gc_cycles_spans_of_a_kind_and_findings() {
    let mut window = Window::open(GC, Panel::Goroutines);
    window.act(SelectAction::StepTo(Landmark::GcCycle, 1));
    let Selection::Span(first) = window.document().selection else { panic!("a cycle") };
    assert_eq!(first.lane, LaneId::Gc);
    window.0.key_press_modifiers(Modifiers::SHIFT, Key::G);
    window.0.run();
    let Selection::Span(before) = window.document().selection else { panic!("a cycle") };
    let trace = &window.document().trace;
    assert!(trace.span(before).map(|span| span.range.start) <= trace.span(first).map(|span| span.range.start));

    let mut window = Window::open(GUESSES, Panel::Goroutines);
    window.0.key_press(Key::J);
    window.0.run();
    assert_eq!(window.document().finding, Some(0));
    let Selection::Span(at) = window.document().selection else { panic!("{:?}", window.document().selection) };
    let kind = |window: &Window, at| window.document().trace.span(at).map(|span| (span.state, span.reason));
    window.act(SelectAction::StepTo(Landmark::SameKind, 1));
    if let Selection::Span(next) = window.document().selection {
        assert_eq!(kind(&window, next), kind(&window, at));
    }
}
