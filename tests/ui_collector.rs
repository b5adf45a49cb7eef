//! The panels about the collector, played through their accessible names on real traces: they open, say what they
//! should, their switches count, and a click leads to the place.

use trace_core::analysis::collector::cycles::Collector;
use trace_core::analysis::mmu::{Takes, Whose};
use trace_core::analysis::scope::Whom;
use trace_core::base::monitor::Monitor;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::Action;
use tracelane::action::commands::panels;
use tracelane::state::scope::{ScopeChoice, When};
use tracelane::state::study::{Answer, MutatorOf, MutatorStudy, Question};

use crate::window::Window;

const GC: &str = "real/gc-4procs-go1.27.trace";

impl Window {
    fn mutator(&self, whose: Whose, takes: Takes) -> &MutatorStudy {
        let of = MutatorOf { range: self.document().scope_range(), whose, takes };
        match self.answer(&Question::Mutator(of)) {
            Answer::Mutator(found) => found,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn mutator_utilisation_opens_and_its_switches_count() {
    let mut window = Window::open(GC, panels::MUTATOR);
    let usual = window.mutator(Whose::System, Takes::default()).mean;
    assert!(window.shows("mean 70.1 %") && window.shows("Worst windows of 10.0 ms"), "{:?}", window.words());
    window.press("Assist");
    let without = window.mutator(Whose::System, Takes { assist: false, ..Takes::default() }).mean;
    assert!(without > usual, "{without} {usual}");
    window.press("Assist").press("Each proc");
    let each = window.mutator(Whose::Procs, Takes::default());
    assert!(each.curve.first().is_some_and(|point| point.least == 0.0), "a stop takes every proc");
    assert!(window.shows("Worst windows of"));
}

#[test]
fn a_worst_window_leads_to_its_place() {
    let mut window = Window::open(GC, panels::MUTATOR);
    let before = window.document().view;
    window.press("57.8 %");
    let marked = window.document().marked.expect("the window is marked");
    assert_eq!(marked.nanos(), 10_000_000);
    assert!(window.document().view != before, "the timeline has moved");
    assert!(window.shows("Marked 10.0 ms"), "it can be looked at by itself: {:?}", window.words());
}

#[test]
fn a_goroutine_has_a_share_of_its_own() {
    let mut window = Window::open(GC, panels::MUTATOR);
    let trace = std::sync::Arc::clone(&window.document().trace);
    let found = Collector::of(&trace, trace.range(), &Monitor::new()).expect("not cancelled");
    let helper = found.cycles.iter().find_map(|cycle| cycle.helpers.first()).expect("somebody helped").go;
    window.act(Action::SetScope(ScopeChoice { when: When::Whole, whom: Whom::One(helper) }));
    let own = window.mutator(Whose::Goroutine(helper), Takes::default());
    assert!(own.mean < 1.0 && own.curve.iter().any(|point| point.least == 0.0), "{own:?}");
}

#[test]
fn a_trace_without_collections_says_so() {
    let mut window = Window::open("real/sysio-go1.27.trace", panels::COLLECTOR);
    assert!(window.shows("No collection ran in this time"), "{:?}", window.words());
    window.act(Action::OpenPanel(panels::MUTATOR));
    assert!(window.shows("The program had all of its time"), "{:?}", window.words());
}

#[test]
fn a_collection_unfolds_into_who_worked_for_it() {
    let mut window = Window::open(GC, panels::COLLECTOR);
    window.press("Forced at main.main");
    for word in ["Set off by", "GC sweep termination", "GC mark termination", "Mark workers", "dedicated"] {
        assert!(window.shows(word), "{word}: {:?}", window.words());
    }
    window.press("Forced at main.main").press("4.584 ms");
    window.press("longest at main.grow");
    let lane = window.lane().expect("a helper is selected");
    assert!(matches!(lane, LaneId::Goroutine(_)), "{lane:?}");
}

#[test]
fn a_stop_tells_who_was_the_last_and_leads_there() {
    let mut window = Window::open(GC, panels::COLLECTOR);
    window.press("Stops of the world").press("18.095 ms");
    assert!(window.shows("Asked by"), "{:?}", window.words());
    window.press("Last G10");
    let worker = window.document().trace.goroutine_by_id(trace_core::base::ids::GoId(10)).expect("it is there");
    assert_eq!(window.lane(), Some(LaneId::Goroutine(worker)));
}

#[test]
fn damaged_traces_are_told_to_be_partial() {
    let mut window = Window::open("broken/cut-mid-batch-go1.27.trace", panels::COLLECTOR);
    assert!(window.shows("Partial"), "{:?}", window.words());
    window.act(Action::OpenPanel(panels::MUTATOR));
    assert!(window.shows("Partial"), "{:?}", window.words());
}
