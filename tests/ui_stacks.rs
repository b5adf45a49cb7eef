//! Stack frames over time below a pinned lane, and times in panels that show themselves on the timeline.

use std::sync::Arc;

use egui::Key;
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use trace_core::base::ids::GoId;
use trace_core::base::time::TimeRange;
use trace_core::event::state::GoState;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{RowsAction, SelectAction, ViewAction};
use tracelane::action::panel::Panel;
use tracelane::state::pinned::Pin;
use tracelane::state::view::Selection;

use crate::window::Window;

const GUESSES: &str = "real/guessnumber-bug-go1.27.trace";

fn lane(window: &Window, id: i64) -> LaneId {
    let id = GoId(id.unsigned_abs());
    LaneId::Goroutine(window.document().trace.goroutine_by_id(id).expect("a goroutine"))
}

#[test]
fn a_goroutine_shows_its_stack_over_time_where_it_is_pinned() {
    let mut window = Window::open(GUESSES, Panel::Goroutines);
    let waiter = lane(&window, 380);
    window.act(SelectAction::SelectLane(waiter));
    window.0.key_press_modifiers(egui::Modifiers::SHIFT, Key::S);
    window.0.run();
    assert_eq!(window.document().pins, [Pin::Lane(waiter)]);
    // From the outermost function to the lock that it waits for, exact as events are.
    for words in ["http.(*conn).serve at depth 1", "main.main.func2 at depth", "sync.(*Mutex).Lock at depth"] {
        let said = window.words().into_iter().find(|said| said.starts_with(words));
        assert!(said.is_some_and(|said| said.ends_with("exact")), "{words}: {:?}", window.words());
    }
    window.act(RowsAction::ToggleFrames(waiter));
    assert!(!window.shows("at depth 1"), "{:?}", window.words());
    assert_eq!(window.document().pins, [Pin::Lane(waiter)], "it stays pinned");
}

#[test]
fn frames_of_cpu_samples_say_so() {
    let mut window = Window::open("real/cpuprofile-go1.27.trace", Panel::Goroutines);
    let trace = Arc::clone(&window.document().trace);
    // The sample that counts longest.
    let counts =
        trace.all_samples().iter().filter(|sample| sample.go.is_some() && sample.stack.is_some()).map(|sample| {
            let lane = LaneId::Goroutine(sample.go);
            let span = trace.span_at(lane, sample.time).filter(|span| span.state == GoState::Running);
            (span.map_or(0, |span| span.range.end.nanos_since(sample.time)), lane, sample.time)
        });
    let (length, busy, time) = counts.max_by_key(|count| count.0).expect("a sample");
    assert!(length > 0);
    let range = TimeRange::new(time, time.plus_nanos(length));
    window.act(RowsAction::ToggleFrames(busy)).act(ViewAction::ShowRange(range));
    assert!(window.words().iter().any(|said| said.contains(" at depth 1, ") && said.contains("CPU sample")));
}

#[test]
fn a_time_under_the_pointer_shows_on_the_timeline_and_only_then() {
    let mut window = Window::open(GUESSES, Panel::Goroutines);
    let waiter = lane(&window, 380);
    let trace = Arc::clone(&window.document().trace);
    let wait = trace.spans(waiter, trace.range()).max_by_key(|span| span.range.nanos()).expect("a span");
    window.act(SelectAction::SelectSpan(wait.at));
    let start = wait.range.start.nanos_since(trace.range().start);
    let name = tracelane::fmt::time::offset(start);
    let link = window.0.get_all_by_role_and_label(Role::Link, &name).next().expect("the start is a link");
    let place = link.rect().center();
    window.0.hover_at(place);
    window.0.run();
    let pointed = window.document().pointed.expect("it is pointed out");
    assert_eq!((pointed.start, pointed.end), (wait.range.start, wait.range.start));
    assert_eq!(window.document().selection, Selection::Span(wait.at), "pointing selects nothing");
    window.0.hover_at(egui::pos2(5.0, 5.0));
    window.0.run();
    assert_eq!(window.document().pointed, None);
}

#[test]
fn tooltips_and_labels_can_be_turned_off() {
    let mut window = Window::open(GUESSES, Panel::Goroutines);
    let lanes = window.0.get_by_role_and_label(Role::Canvas, "Timeline").rect();
    let over = |window: &mut Window| {
        let mut texts = Vec::new();
        // A grid of places: some of them are on spans.
        for step in 1..8_u8 {
            window.0.hover_at(egui::pos2(lanes.center().x, lanes.top() + lanes.height() * f32::from(step) / 8.0));
            window.0.run();
            texts.push(window.shows("Duration"));
        }
        texts.contains(&true)
    };
    assert!(over(&mut window));
    window.act(tracelane::action::action::SettingsAction::ToggleTooltips);
    assert!(!over(&mut window));
}

#[test]
fn a_goroutine_that_a_library_starts_is_named_by_what_it_works_on() {
    let window = Window::open(GUESSES, Panel::Goroutines);
    let trace = &window.document().trace;
    let works_on = |id: i64| tracelane::timeline::words::works_on(trace, lane(&window, id));
    assert_eq!(works_on(380), Some("main.main.func2"));
    assert_eq!(works_on(1), None, "main.main says it itself");
}
