//! The panels about the GC, played through their accessible names on real traces: they open, say what they
//! should, their switches count, and a click leads to the place.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use trace_core::analysis::collector::cycles::Collector;
use trace_core::analysis::mmu::Takes;
use trace_core::analysis::scope::GoroutineFilter;
use trace_core::base::monitor::Monitor;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{AnalysisAction, PanelAction};
use tracelane::action::panel::Panel;
use tracelane::report::analyses::Ask;
use tracelane::report::report::Report;
use tracelane::report::value::Value;
use tracelane::state::query;
use tracelane::state::scope::{ScopeChoice, When};

use crate::window::Window;

const GC: &str = "real/gc-4procs-go1.27.trace";

/// What the panel of mutator utilisation has shown.
fn mutator(window: &Window, is_by_proc: bool, takes: Takes) -> &Report {
    let taken = [takes.stops, takes.background, takes.assist, takes.sweep, takes.other_stops];
    let bits = (0..).zip(taken).fold(0, |bits, (at, is_taken)| bits | u8::from(is_taken) << at);
    // Stops, mark workers and mark assists are usually taken.
    let chosen = [u8::from(is_by_proc), bits ^ 0b111];
    // Options that were never touched are not listed.
    let last = chosen.iter().rposition(|option| *option != 0).map_or(0, |last| last + 1);
    let known = |length: usize| {
        let ask = Ask { chosen: chosen[..length].to_vec(), ..Ask::about(window.document().scope()) };
        window.document().queries.answer(&query::ask::Report("mmu", ask))
    };
    (last..=chosen.len()).find_map(known).expect("an answer")
}

fn mean(found: &Report) -> f64 {
    match found.value("mean") {
        Some(Value::Ratio(mean)) => *mean,
        other => panic!("{other:?}"),
    }
}

/// The least share of windows, by rising length.
fn least(found: &Report) -> Vec<f64> {
    let curve = found.tables.iter().find(|table| table.id == "curve").expect("a curve");
    let column = curve.column("least").expect("a column");
    let ratio = |row| match curve.value(row, column) {
        Value::Ratio(share) => share,
        other => panic!("{other:?}"),
    };
    (0..curve.len()).map(ratio).collect()
}

#[test]
fn mutator_utilisation_opens_and_its_switches_count() {
    let mut window = Window::open(GC, Panel::Mutator);
    let usual = mean(mutator(&window, false, Takes::default()));
    assert!(window.shows("mean 70.1 %") && window.shows("Worst windows of 10.0 ms"), "{:?}", window.words());
    window.press("Mark assist");
    let without = mean(mutator(&window, false, Takes { assist: false, ..Takes::default() }));
    assert!(without > usual, "{without} {usual}");
    window.press("Mark assist").press("Each proc");
    let each = mutator(&window, true, Takes::default());
    assert_eq!(least(each).first(), Some(&0.0), "an STW pause takes every proc");
    assert!(window.shows("Worst windows of"));
}

#[test]
fn a_worst_window_leads_to_its_place() {
    let mut window = Window::open(GC, Panel::Mutator);
    let before = window.document().view;
    window.press("57.8 %");
    let shown = window.document().highlight.expect("the window is pointed out");
    assert_eq!(shown.nanos(), 10_000_000);
    assert!(window.document().view != before, "the timeline has moved");
    assert!(window.document().marked.is_none(), "the panel is still about the whole trace");
}

#[test]
fn a_goroutine_has_a_share_of_its_own() {
    let mut window = Window::open(GC, Panel::Mutator);
    let trace = std::sync::Arc::clone(&window.document().trace);
    let found = Collector::of(&trace, trace.range(), &Monitor::new()).expect("not cancelled");
    let helper = found.cycles.iter().find_map(|cycle| cycle.helpers.first()).expect("somebody helped").go;
    window.act(AnalysisAction::SetScope(ScopeChoice { when: When::Whole, filter: GoroutineFilter::One(helper) }));
    let own = mutator(&window, false, Takes::default());
    assert!(mean(own) < 1.0 && least(own).contains(&0.0), "{own:?}");
}

#[test]
fn a_trace_without_collections_says_so() {
    let mut window = Window::open("real/sysio-go1.27.trace", Panel::Collector);
    assert!(window.shows("No GC cycles in the selected range"), "{:?}", window.words());
    window.act(PanelAction::OpenPanel(Panel::Mutator));
    assert!(window.shows("The program had all of its time"), "{:?}", window.words());
}

#[test]
fn a_gc_cycle_shows_its_pauses_and_mark_assists() {
    let mut window = Window::open(GC, Panel::Collector);
    assert!(window.shows("dedicated"), "{:?}", window.words());
    window.press("Forced");
    assert_eq!(window.lane(), Some(LaneId::Gc), "a click leads there");
    for word in ["Triggered by", "GC sweep termination", "GC mark termination"] {
        assert!(window.shows(word), "{word}: {:?}", window.words());
    }
    window.press("4.584 ms").press("mark assist time in main.grow");
    let lane = window.lane().expect("a goroutine that did mark assists is selected");
    assert!(matches!(lane, LaneId::Goroutine(_)), "{lane:?}");
}

#[test]
fn a_pause_shows_the_last_goroutine_to_stop_and_leads_there() {
    let mut window = Window::open(GC, Panel::Collector);
    window.press_named("STW pauses").press("18.095 ms");
    assert_eq!(window.lane(), Some(LaneId::Stw), "a click leads there");
    assert!(window.shows("Last to stop"), "{:?}", window.words());
    window.press_as(Role::Link, "G10");
    let worker = window.document().trace.goroutine_by_id(trace_core::base::ids::GoId(10)).expect("it is there");
    assert_eq!(window.lane(), Some(LaneId::Goroutine(worker)));
}

#[test]
fn damaged_traces_are_told_to_be_partial() {
    let mut window = Window::open("broken/cut-mid-batch-go1.27.trace", Panel::Collector);
    assert!(window.shows("Partial"), "{:?}", window.words());
    window.act(PanelAction::OpenPanel(Panel::Mutator));
    assert!(window.shows("Partial"), "{:?}", window.words());
}

/// Where the first row of the table lies.
fn first_row(window: &Window) -> egui::Rect {
    let is_row = |node: &egui_kittest::Node<'_>| {
        node.accesskit_node().label().is_some_and(|name| name.matches(" \u{b7} ").count() > 6)
    };
    window.0.get_all_by_role(Role::Button).find(is_row).expect("a row").rect()
}

#[test]
fn the_first_right_click_on_a_row_opens_its_menu_and_moves_nothing() {
    let mut window = Window::open(GC, Panel::Collector);
    let before = first_row(&window);
    window.0.hover_at(before.left_center() + egui::vec2(40.0, 0.0));
    window.0.run();
    for pressed in [true, false] {
        let (pos, button) = (before.left_center() + egui::vec2(40.0, 0.0), egui::PointerButton::Secondary);
        window.0.event(egui::Event::PointerButton { pos, button, pressed, modifiers: egui::Modifiers::NONE });
    }
    window.0.run();
    assert!(window.shows("Copy rows as TSV"), "{:?}", window.words());
    assert_eq!(first_row(&window), before);
    let beside = window.0.query_all_by_role_and_label(Role::Label, "STW pauses").next();
    assert!(beside.is_none(), "tables of the row come with a click");
}

#[test]
fn a_table_is_not_drawn_over_those_beside_it() {
    let mut window = Window::open(GC, Panel::Collector);
    window.press("Forced");
    let beside =
        window.0.get_all_by_role_and_label(Role::Label, "STW pauses").next().expect("its pauses").rect().left();
    let mut seen = 0;
    for drawn in &window.0.output().shapes {
        if let egui::Shape::Text(text) = &drawn.shape
            && ["Heap goal", "Trigger", "Triggered at", "Swept"].contains(&text.galley.text())
        {
            assert!(drawn.clip_rect.right() <= beside, "{}: {:?}", text.galley.text(), drawn.clip_rect);
            seen += 1;
        }
    }
    assert!(seen > 0, "no heading");
}
