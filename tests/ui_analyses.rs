//! The panels of analyses, played through their accessible names on real traces: they open, say what they
//! should, and a click leads to the place on the timeline.

use std::sync::Arc;

use egui::accesskit::Role;
use trace_core::analysis::collector::cycles::Collector;
use trace_core::analysis::profile::ProfileKind;
use trace_core::analysis::scope::{GoroutineFilter, Scope};
use trace_core::base::ids::GoId;
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{
    Action, AnalysisAction, FileAction, PanelAction, RowsAction, SelectAction, ViewAction,
};
use tracelane::action::panel::Panel;
use tracelane::report::analyses::Ask;
use tracelane::report::table::Target;
use tracelane::report::value::Value;
use tracelane::report::view::TableAction;
use tracelane::state::analysis::AnalysisView;
use tracelane::state::grouping::GroupBy;
use tracelane::state::order::GoroutineOrder;
use tracelane::state::query::ask;
use tracelane::state::view::Selection;

use crate::fixtures;
use crate::window::Window;

const BUG: &str = "real/guessnumber-bug-go1.27.trace";

/// The window with one of the traces open.
fn opened(name: &str) -> Window {
    let mut window = Window::empty();
    window.act(FileAction::Open(fixtures::data().join(name)));
    window
}

#[test]
fn findings_open_by_themselves_and_one_click_leads_there() {
    let mut window = opened(BUG);
    assert_eq!(window.document().selection, Selection::None, "the selection is the user's");
    assert!(window.shows("1 problem"), "the status bar counts them");
    assert!(window.shows("main.sendReport") && window.shows("net/http.Post"), "{:?}", window.words());
    let before = window.document().view.expect("a view");
    window.press_as(Role::Link, "Jump to it");
    let after = window.document().view.expect("a view");
    assert!(after.span_nanos < before.span_nanos, "the timeline has moved");
    let idx = window.document().trace.goroutine_by_id(GoId(13)).expect("the culprit");
    assert_eq!(window.lane(), Some(LaneId::Goroutine(idx)));
    window.press_as(Role::Link, "Show the stack");
    assert!(window.shows("http.Post") || window.shows("main.sendReport"));
}

#[test]
fn a_healthy_trace_keeps_quiet_and_says_so_when_asked() {
    let mut window = opened("real/guessnumber-fixed-go1.27.trace");
    assert!(!window.shows(Panel::Findings.title()), "no panel opens by itself");
    window.press("No problems found");
    assert!(window.shows(Panel::Findings.title()) && window.shows("Procs busy"), "{:?}", window.words());
}

#[test]
fn findings_of_a_damaged_trace_are_partial() {
    let window = Window::open("broken/cut-mid-batch-go1.27.trace", Panel::Findings);
    assert!(window.shows("Partial"), "{:?}", window.words());
}

#[test]
fn the_wait_chain_of_a_slow_request_sums_to_it_and_names_the_cause() {
    let mut window = opened(BUG);
    let trace = &window.document().trace;
    let victim = trace.goroutine_by_id(GoId(380)).expect("a slow request");
    let at = trace.range().start.plus_nanos(200_000_000);
    let span = trace.span_at(LaneId::Goroutine(victim), at).expect("its wait");
    window.act(SelectAction::SelectSpan(span.at)).act(PanelAction::OpenPanel(Panel::WaitChain));
    let query = ask::WaitChain(victim, span.range);
    let found = window.answer(&query);
    let sum: Nanos = found.why.shares.iter().map(|share| share.nanos).sum();
    assert_eq!(sum, span.range.length());
    assert!(window.shows("G13 · main.main.func3"), "who held it up: {:?}", window.words());
    assert!(window.shows(&found.why.sentence) && window.shows("Total"));
    window.press("In order (");
    assert!(window.shows("Ended the wait of"), "{:?}", window.words());
    window.press("Waiting for the network ·");
    assert_ne!(window.document().selection.lane(), Some(LaneId::Goroutine(victim)), "a click leads there");
}

#[test]
fn blocked_by_names_who_ended_the_waits_and_what_they_did() {
    let mut window = opened(BUG);
    window.act(PanelAction::OpenPanel(Panel::BlockedBy));
    assert!(window.shows("main.main.func2 (main.go:70)"), "{:?}", window.words());
    let rows = |window: &Window| -> Vec<String> {
        window.words().into_iter().filter(|words| words.contains(".go:") && words.contains(" · ")).collect()
    };
    let before = rows(&window);
    window.press("Sort by Place");
    let after = rows(&window);
    assert!(before.len() > 2 && before != after, "another order: {before:?}");
    window.press("main.main.func2 (main.go:70) · ");
    assert!(window.shows("ended by G13 at main.sendReport"), "the sentence: {:?}", window.words());
    window.press("main.sendReport (main.go:112) · ");
    let idx = window.document().trace.goroutine_by_id(GoId(13)).expect("the culprit");
    assert_eq!(window.lane(), Some(LaneId::Goroutine(idx)));
}

#[test]
fn goroutines_can_be_put_in_another_order() {
    let mut window = opened(BUG);
    window.act(RowsAction::GroupGoroutines(GroupBy::Nothing));
    window.act(RowsAction::OrderGoroutines(GoroutineOrder::Running));
    let document = window.document();
    let layout = document.layout();
    let first = layout.rows_between(0.0, 1e9).filter_map(|row| row.lane());
    let mut goroutines = first.filter(|lane| matches!(lane, LaneId::Goroutine(_)));
    let busiest = goroutines.next().expect("a goroutine");
    let run = |lane| document.trace.time_by_class(lane, document.trace.range()).nanos[1];
    assert!(goroutines.all(|lane| run(lane) <= run(busiest)));
    let switch =
        tracelane::action::commands::by_id("order-running").and_then(|command| command.is_on).expect("a switch");
    assert!(switch(window.0.state().state()));
}

#[test]
fn goroutines_unfold_sort_filter_and_lead_to_their_lanes() {
    let mut window = opened(BUG);
    window.act(PanelAction::OpenPanel(Panel::Goroutines));
    assert!(window.shows("Goroutines 416"), "{:?}", window.words());
    window.press("Sort by Count");
    window.press("http.(*conn).serve ·");
    let trace = &window.document().trace;
    let idx = trace.goroutine_by_id(GoId(380)).expect("a request");
    let (_, name) = trace.goroutine_name(idx).expect("its function");
    let whole = AnalysisView::default().ask(window.document().scope());
    let report = window.answer(&ask::Details("goroutines", whole, GoroutineFilter::Named(name)));
    let (list, group) = (Arc::clone(&report.tables[0]), trace.goroutines_by_name(name).count());
    assert_eq!(list.len(), group, "all of the function's goroutines");
    let first = list.value(0, list.column("goroutine").expect("a column"));
    window.press_as(Role::Button, &format!("{} · ", first.text()));
    assert_eq!(window.document().selection.lane(), first.lane(), "a click leads there");
    // Text that no function has leaves none.
    let filter = TableAction::Filter("no such function".to_owned());
    window.act(Action::Table(window.document().id, "goroutines.groups".to_owned(), filter));
    assert!(!window.shows("http.(*conn).serve · "), "{:?}", window.words());
    // Only the selected time counts, once that is chosen.
    let all = window.document().trace.range();
    window.act(SelectAction::Mark(Some(TimeRange::new(all.start, all.start.plus_nanos(1_000_000)))));
    window.press("Selected 1.00 ms");
    assert!(!window.shows("Goroutines 416") && window.shows("Goroutines "), "{:?}", window.words());
}

#[test]
fn a_blocking_profile_is_a_flame_graph_and_a_table() {
    let mut window = opened(BUG);
    window.act(PanelAction::OpenPanel(Panel::Profile));
    assert!(window.shows("Total: ") && window.shows("main.main.func2"), "{:?}", window.words());
    window.press("Network").press("Stacks");
    let query = ask::Profile(window.document().scope(), ProfileKind::Network);
    let found = window.answer(&query);
    let total = found.report.facts.iter().find(|fact| fact.id == "total_ns").expect("a total");
    assert_eq!(found.flame.nodes[0].total.to_string(), total.value.raw(), "the tree sums to the profile");
    let before = window.document().view;
    let stacks = found.report.tables.iter().find(|table| table.id == "stacks").expect("stacks");
    let Some(Target::Stretch(longest, _)) = stacks.target(0) else { panic!("no longest wait") };
    window.press(&stacks.value(0, stacks.column("stack").expect("a column")).text());
    assert!(window.document().view != before && window.document().selection.lane() == Some(longest));
}

#[test]
fn a_trace_without_samples_says_how_to_get_some() {
    let mut window = opened(BUG);
    window.act(PanelAction::OpenPanel(Panel::Samples));
    assert!(window.shows("StartCPUProfile"), "{:?}", window.words());
    let mut window = opened("real/cpuprofile-go1.27.trace");
    window.act(PanelAction::OpenPanel(Panel::Samples));
    assert!(window.shows("Total: "), "{:?}", window.words());
}

#[test]
fn gc_cycles_and_stw_pauses_are_listed() {
    let mut window = opened("real/gc-go1.27.trace");
    window.act(PanelAction::OpenPanel(Panel::Collector));
    let trace = &window.document().trace;
    let all = trace.range();
    let found = Collector::of(trace, all, &Monitor::new()).expect("not cancelled");
    let ask = Ask::about(Scope::during(all));
    let spans = |lane| trace.spans(lane, all).count();
    assert_eq!((found.cycles.len(), found.stops.len()), (spans(LaneId::Gc), spans(LaneId::Stw)));
    assert_eq!(window.report_of("gc", &ask).tables[0].len(), found.cycles.len());
    // Findings count mark assists while they run.
    let help: Nanos = found.cycles.iter().map(|cycle| cycle.assist_run()).sum();
    let lost = window.answer(&ask::Findings).assist;
    assert!(help <= lost, "assist outside of collections is nobody's: {help} of {lost}");
    assert!(found.cycles.iter().any(|cycle| cycle.goal > Some(0) && !cycle.stopped.is_zero()), "{:?}", found.cycles);
    window.press_named("STW pauses");
    assert_eq!(window.report_of("stw", &ask).tables[0].len(), found.stops.len());
    let before = window.document().view;
    window.press("GC sweep termination");
    assert!(window.document().view != before, "a click leads there");
    assert_eq!(window.document().selection.lane(), Some(LaneId::Stw));
}

#[test]
fn long_lists_are_made_by_a_worker_and_whole() {
    let mut window = opened(BUG);
    let lane = LaneId::Proc(trace_core::base::ids::ProcIdx(0));
    window
        .act(SelectAction::SelectLane(lane))
        .act(PanelAction::OpenPanel(Panel::Events))
        .act(PanelAction::OpenPanel(Panel::Spans))
        .act(ViewAction::ShowAll);
    let trace = &window.document().trace;
    let (spans, events) = (trace.spans(lane, trace.range()).count(), trace.events(lane, trace.range()).count());
    assert!(events > 2_000, "{events}");
    for (number, what) in [(spans, "spans"), (events, "events")].into_iter().filter(|(number, _)| *number > 2_000) {
        let text = format!("{} {what} visible", tracelane::fmt::number::count(number as u64));
        assert!(window.shows(&text), "{text}: {:?}", window.words());
    }
}

#[test]
fn tasks_and_regions_come_slowest_first_and_lead_to_the_timeline() {
    let mut window = opened("real/tasks-go1.27.trace");
    window.act(PanelAction::OpenPanel(Panel::Tasks));
    let report = window.report("tasks");
    let types = &report.tables[0];
    let name = types.name(0);
    assert!(window.shows(&name), "{:?}", window.words());
    let slowest = types.columns.iter().position(|column| column.id == "slowest").expect("a column");
    let Value::Table(slowest) = types.value(0, slowest) else { panic!("no tasks") };
    let duration = slowest.column("duration_ns").expect("a column");
    let durations: Vec<u64> =
        (0..slowest.len()).filter_map(|row| slowest.value(row, duration).raw().parse().ok()).collect();
    assert!(durations.is_sorted_by(|one, next| one >= next) && durations.len() == slowest.len(), "{durations:?}");
    let Some(Target::Marked(lane, range)) = slowest.target(0) else { panic!("not on the timeline") };
    let task = slowest.value(0, slowest.column("task").expect("a column"));
    window.press(&format!("{name} · "));
    window.press(&format!("{} · G", task.text()));
    assert_eq!(window.document().selection.lane(), Some(lane));
    assert_eq!(window.document().highlight, Some(range), "its wait chain is one key away");
    assert_eq!(window.document().chain_target().map(|target| target.1), Some(range));
    assert!(window.document().marked.is_none(), "the list is still about the whole trace");
    window.press("Regions");
    assert!(!window.report("regions").tables[0].is_empty());
}

#[test]
fn a_pin_on_the_ruler_leads_to_its_finding() {
    let mut window = opened(BUG);
    window.act(AnalysisAction::ChooseFinding(None));
    window.press("Finding 1 on the overview");
    assert_eq!(window.document().finding, Some(0));
    assert_ne!(window.document().selection, Selection::None);
}
