//! The panels about procs, threads, system calls, waits for a proc and the population, played through their
//! accessible names on real traces: they open, say what they should, and a click leads to the place.

use std::sync::Arc;

use egui::accesskit::Role;
use egui_kittest::kittest::Queryable;
use trace_core::analysis::antagonists::antagonists_of;
use trace_core::analysis::latency::{ReadyWait, latency, latency_by_goroutine};
use trace_core::analysis::procs::procs;
use trace_core::analysis::scope::{GoroutineFilter, Scope};
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::event::state::GoState;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{AnalysisAction, SelectAction};
use tracelane::action::panel::Panel;
use tracelane::report::analyses::Ask;
use tracelane::report::report::Report;
use tracelane::report::table::Table;
use tracelane::report::value::Value;

use crate::window::Window;

const WORKERS: &str = "real/workers-go1.27.trace";

fn worst(window: &Window) -> ReadyWait {
    let trace = &window.document().trace;
    latency(trace, &Scope::whole(trace).pieces(trace), &Monitor::new()).expect("not cancelled").all.worst[0]
}

fn table<'a>(report: &'a Report, id: &str) -> &'a Arc<Table> {
    report.tables.iter().find(|table| table.id == id).unwrap_or_else(|| panic!("no table {id}"))
}

/// The values of a column from top to bottom.
fn column(table: &Table, id: &str) -> Vec<Value> {
    let column = table.column(id).unwrap_or_else(|| panic!("no column {id}"));
    (0..table.len()).map(|row| table.value(row, column)).collect()
}

fn durations(table: &Table, id: &str) -> Vec<u64> {
    let duration = |value| match value {
        Value::Duration(Nanos(nanos)) => nanos,
        other => panic!("{other:?}"),
    };
    column(table, id).into_iter().map(duration).collect()
}

#[test]
fn waits_for_a_proc_lead_to_their_lanes() {
    let mut window = Window::open(WORKERS, Panel::Latency);
    let wait = worst(&window);
    window.press("Longest waits").press("main.");
    assert!(matches!(window.lane(), Some(LaneId::Goroutine(_))), "a click leads there");
    window.press("Waits by goroutine");
    let ask = Ask { chosen: vec![1], ..Ask::about(window.document().scope()) };
    let each = window.report_of("latency", &ask);
    let totals = durations(table(each, "goroutines"), "waits.total_ns");
    let trace = &window.document().trace;
    let pieces = window.document().scope().pieces(trace);
    let all = latency(trace, &pieces, &Monitor::new()).expect("not cancelled").all;
    assert_eq!(totals.iter().sum::<u64>(), all.waits.total.0, "parts sum to the whole");
    assert!(totals.is_sorted_by(|one, next| one >= next));
    let first = latency_by_goroutine(trace, &pieces, 1, &Monitor::new()).expect("not cancelled")[0].go;
    let title = column(table(each, "goroutines"), "goroutine")[0].text();
    window.press(&format!("{title} ·"));
    assert_eq!(window.lane(), Some(LaneId::Goroutine(first)));
    window.press("Waits by function");
    let name = window.document().trace.goroutine_name(wait.go).expect("a name").1;
    let name = tracelane::fmt::name::function(window.document().trace.str(name)).to_owned();
    window.press(&format!("{name} ·"));
    assert!(window.shows("Runnable because"), "its longest waits are listed beside it: {:?}", window.words());
    window.press("Sort by Longest");
}

#[test]
fn who_was_running_instead_is_shown_for_the_scope_and_for_one_wait() {
    let mut window = Window::open(WORKERS, Panel::Latency);
    let wait = worst(&window);
    window.press_named("Running instead");
    let all = window.report_of("antagonists", &Ask::about(window.document().scope()));
    assert!(table(all, "antagonists.functions").len() > 1 && window.shows("of proc time"));
    assert!(!window.shows("in the selected wait"), "nothing is selected");
    let span = window.document().trace.span_at(LaneId::Goroutine(wait.go), wait.range.start).expect("the wait");
    assert_eq!(span.state, GoState::Runnable);
    window.act(SelectAction::SelectSpan(span.at)).press("in the selected wait");
    let of_wait = Ask::about(Scope { range: wait.range, filter: GoroutineFilter::One(wait.go) });
    let found = window.report_of("antagonists", &of_wait);
    let fact = |id: &str| found.value(id).map(Value::raw);
    assert_eq!(fact("antagonists.ready_ns"), Some(wait.nanos.0.to_string()));
    let alone = antagonists_of(&window.document().trace, wait.range, 1, &Monitor::new()).expect("not cancelled");
    assert_eq!(fact("antagonists.running_ns"), Some(alone.running.0.to_string()));
    assert_eq!(fact("antagonists.idle_ns"), Some(alone.idle.0.to_string()));
}

#[test]
fn procs_and_threads_show_their_use_and_lead_to_their_lanes() {
    let mut window = Window::open("real/sysio-go1.27.trace", Panel::Procs);
    assert!(window.shows("GOMAXPROCS") && window.shows("Spinning or switching"), "{:?}", window.words());
    window.press("P0 ·");
    assert!(matches!(window.lane(), Some(LaneId::Proc(_))));
    window.press_named("Threads").press("M");
    assert!(window.shows("Busy threads"));
    window.press_named("Procs").press("Idle while");
    let trace = &window.document().trace;
    let idle = procs(trace, trace.range(), &Monitor::new()).expect("not cancelled").idle_while_ready;
    assert!(idle.count > 0 && window.shows("goroutines waited"), "{:?}", window.words());
    let longest = tracelane::fmt::time::duration(idle.worst[0].nanos());
    window.press(&format!("{longest} ·"));
    assert_eq!((window.document().highlight, window.document().marked), (Some(idle.worst[0]), None));
}

#[test]
fn system_calls_tell_which_were_blocking() {
    let mut window = Window::open("real/sysio-go1.27.trace", Panel::Syscalls);
    assert!(window.shows("Blocking") && window.shows("syscall."), "{:?}", window.words());
    window.press("By stack").press("Longest calls").press("main.");
    assert!(matches!(window.lane(), Some(LaneId::Goroutine(_))), "a click leads there");
    let mut window = Window::open("real/empty-go1.27.trace", Panel::Syscalls);
    window.act(AnalysisAction::SetScope(tracelane::state::scope::ScopeChoice {
        filter: trace_core::analysis::scope::GoroutineFilter::One(GoroutineIdx(100_000)),
        ..Default::default()
    }));
    assert!(window.shows("No system call"), "{:?}", window.words());
}

#[test]
fn the_population_is_a_plot_and_a_table_and_suspects_are_judged() {
    let mut window = Window::open("real/manygoroutines-go1.27.trace", Panel::Population);
    window.0.get_by_role_and_label(Role::Canvas, "Goroutines alive");
    assert!(window.shows("Total") && window.shows("Sort by Peak"), "{:?}", window.words());
    window.press("Sort by Created");
    // The row, not its function: `main.` may be part of the names in the chart.
    window.press("main.");
    assert!(matches!(window.lane(), Some(LaneId::Goroutine(_))), "a click leads there");
    window.press("Leak suspects");
    let found = window.report_of("leaks", &Ask::about(window.document().scope()));
    assert!(!table(found, "suspects").is_empty() && window.shows("leak"), "{:?}", window.words());
}

#[test]
fn samples_show_lines_and_who_was_running() {
    let mut window = Window::open("real/cpuprofile-go1.27.trace", Panel::Samples);
    window.press("Lines");
    assert!(window.shows(".go:"), "{:?}", window.words());
    window.press("Goroutines");
    assert!(window.shows("Sort by") || window.shows("main."), "{:?}", window.words());
}

#[test]
fn a_probable_lock_says_that_it_is_inferred_and_leads_to_its_holder() {
    let mut window = Window::open("real/guessnumber-bug-go1.27.trace", Panel::Locks);
    assert!(window.shows("inferred") && window.shows("sync.(*Mutex).Lock"), "{:?}", window.words());
    window.press("main.main.func2 (main.go:70)");
    let holder = window.document().trace.goroutine_by_id(trace_core::base::ids::GoId(13)).expect("the holder");
    assert_eq!(window.lane(), Some(LaneId::Goroutine(holder)), "a click leads there");
}
