//! Flame graph, call tree, callers and callees, and functions: views of one profile that are about one function. And the
//! heat map of procs.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use tracelane::action::action::{AnalysisAction, SelectAction};
use tracelane::action::panel::Panel;
use tracelane::report::chart::Look;
use tracelane::state::row::RowKind;
use tracelane::state::section::Section;

use crate::window::Window;

const CPU: &str = "real/cpuprofile-go1.27.trace";
const WORKERS: &str = "real/workers-go1.27.trace";

fn chosen(window: &Window) -> Option<String> {
    window.document().analyses.get("samples").and_then(|view| view.function.clone())
}

#[test]
fn three_views_of_a_profile_are_about_the_function_that_is_chosen_in_one() {
    let mut window = Window::open(CPU, Panel::Samples);
    let names = window.0.get_all_by_role(Role::Button).filter_map(|node| node.accesskit_node().label());
    let main = names.into_iter().find(|name| name.starts_with("main.")).expect("a box of the program");
    window.press_named(&main);
    let function = chosen(&window).expect("a click chooses");
    assert!(function.ends_with(&main), "{function}");

    // In the call tree its lines are marked, and say what they sum up.
    window.press_named("Call tree");
    let lines: Vec<String> =
        window.0.get_all_by_role(Role::Button).filter_map(|node| node.accesskit_node().label()).collect();
    assert!(lines.iter().any(|line| line.starts_with(&format!("{main} · total "))), "{lines:?}");
    assert!(lines.iter().any(|line| line.starts_with("All stacks · total ")), "{lines:?}");

    // Its callers are below it at the left, its callees at the right.
    window.press_named("Callers and callees");
    assert!(window.shows(&format!("Callers of {main}: ")) && window.shows(&format!("Callees of {main}: ")));
    window.press_named("runtime.goexit");
    assert_eq!(chosen(&window).as_deref(), Some("runtime.goexit"), "and a click goes on from there");
    assert!(window.shows("Callees of runtime.goexit: "));
}

#[test]
fn lines_of_the_call_tree_fold() {
    let mut window = Window::open(CPU, Panel::Samples);
    window.press_named("Call tree");
    let lines = |window: &Window| window.words().iter().filter(|word| word.contains(" · total ")).count();
    let before = lines(&window);
    assert!(before > 2, "the main path is unfolded");
    window.0.get_by_role_and_label(Role::DisclosureTriangle, "Callees of All stacks").click_accesskit();
    window.0.run();
    assert_eq!(lines(&window), 1);
}

#[test]
fn procs_have_a_heat_map_with_a_row_each() {
    let window = Window::open(WORKERS, Panel::Procs);
    let report = window.report("procs");
    let chart = report.charts.first().expect("a chart");
    assert_eq!(chart.lines.len(), window.document().trace.proc_count() as usize);
    let is_part = |point: &[f64; 2]| (0.0..=1.0).contains(&point[1]);
    assert!(chart.lines.iter().all(|line| line.look == Look::Heat && line.points.iter().all(is_part)));
    assert!(chart.lines.iter().flat_map(|line| &line.points).any(|point| point[1] > 0.5), "procs were busy");
    assert!(window.shows("Utilisation: part of the time with a running goroutine"));
}

#[test]
fn time_selected_on_procs_is_about_who_ran_there() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    let trace = window.document().trace.clone();
    let range = trace.range();
    window.act(SelectAction::SelectArea(range, vec![RowKind::Heading(Section::Procs)]));
    let gos = window.document().area.as_ref().and_then(|area| area.limits().cloned()).expect("some ran");
    let ran = (0..trace.goroutine_count()).map(trace_core::base::ids::GoroutineIdx).filter(|go| {
        let lane = trace_core::model::lanes::LaneId::Goroutine(*go);
        trace.spans(lane, range).any(|span| span.proc.is_some())
    });
    assert_eq!(gos.len(), ran.count());
    assert!(window.shows("that ran there)"), "{:?}", window.words());
}

#[test]
fn an_analysis_begins_with_the_first_table_that_has_something_to_show() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    let end = window.document().trace.range().end;
    // At the very end of a moment in which nobody runs, only the blocked ones are listed.
    window.act(tracelane::action::action::InstantAction::Show(Some(end)));
    let report = window.words();
    let first_is_empty = report.iter().any(|word| word == "Running (0)");
    let says_nothing = report.iter().any(|word| word.contains("No goroutine is running at this moment"));
    assert!(!(first_is_empty && says_nothing), "{report:?}");
    window.act(AnalysisAction::ShowTable("instant", 0));
    if first_is_empty {
        assert!(window.shows("No goroutine is running at this moment"), "who asks for it sees that it is empty");
    }
}
