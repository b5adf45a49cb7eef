//! Selecting time on rows: the panel about it, analyses that follow, edges that move, and the way back.

use egui::accesskit::Role;
use egui::{Event, Key, Modifiers, PointerButton, Pos2, Rect, pos2};
use egui_kittest::kittest::{NodeT, Queryable};
use trace_core::analysis::scope::GoroutineFilter;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{AnalysisAction, PanelAction, RowsAction, SelectAction, ViewAction};
use tracelane::action::panel::Panel;
use tracelane::state::grouping::GroupBy;
use tracelane::state::row::RowKind;
use tracelane::state::scope::When;
use tracelane::state::view::Selection;

use crate::window::Window;

const WORKERS: &str = "real/workers-go1.27.trace";
const TASKS: &str = "real/tasks-go1.27.trace";

fn lanes(window: &Window) -> Rect {
    window.0.get_by_role_and_label(Role::Canvas, "Timeline").rect()
}

fn drag(window: &mut Window, from: Pos2, to: Pos2, modifiers: Modifiers) {
    window.0.hover_at(from);
    window.0.run();
    let button = |window: &mut Window, pos: Pos2, pressed: bool| {
        window.0.event_modifiers(
            Event::PointerButton { pos, button: PointerButton::Primary, pressed, modifiers },
            modifiers,
        );
        window.0.step();
    };
    button(window, from, true);
    for step in 1u8..=4 {
        window.0.event_modifiers(Event::PointerMoved(from + (to - from) * (f32::from(step) / 4.0)), modifiers);
        window.0.step();
    }
    button(window, to, false);
    window.0.run();
}

/// The middle of the row of a kind, at a part of the width.
fn on_row(window: &Window, kind: RowKind, part: f32) -> Pos2 {
    let (document, lanes) = (window.document(), lanes(window));
    let row = document.layout().find(kind).expect("a row");
    let y = row.top + row.height / 2.0 - document.view.expect("a view").scroll_points;
    pos2(lanes.left() + lanes.width() * part, lanes.top() + y as f32)
}

/// The first two goroutines that have lanes one below the other.
fn two_lanes(window: &mut Window) -> [RowKind; 2] {
    window.act(RowsAction::GroupGoroutines(GroupBy::Nothing));
    let layout = window.document().layout();
    let lanes = layout.rows_between(0.0, 400.0).map(|row| row.kind);
    let mut lanes = lanes.filter(|kind| matches!(kind, RowKind::Lane(LaneId::Goroutine(_))));
    [lanes.next().expect("a lane"), lanes.next().expect("another")]
}

#[test]
fn a_drag_over_rows_selects_their_goroutines_for_that_time() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    let [first, second] = two_lanes(&mut window);
    let (from, to) = (on_row(&window, first, 0.3), on_row(&window, second, 0.6));
    drag(&mut window, from, to, Modifiers::SHIFT);
    let document = window.document();
    let area = document.area.as_ref().expect("rows are selected");
    assert_eq!(area.rows, [first, second]);
    let gos = area.gos.as_ref().expect("a worker has found them");
    assert_eq!(gos.len(), 2);
    assert_eq!(
        (document.scope_choice.when, &document.scope_choice.filter),
        (When::Marked, &GoroutineFilter::These(gos.clone()))
    );
    assert!(window.shows("× 2 rows (2 goroutines)"), "{:?}", window.words());
    // The states of the two sum to their time.
    let report = window.report("selection");
    let states = &report.tables[0];
    let sum: f64 = (0..states.len()).map(|row| states.value(row, 2).raw().parse::<f64>().expect("a number")).sum();
    let whole: f64 = report.value("time_ns").expect("it is there").raw().parse().expect("a number");
    assert!(whole > 0.0 && (sum - whole).abs() < 1.0, "{sum} {whole}");
    for part in ["Functions", "Waits", "Flows", "Tasks", "Regions", "Messages", "GC cycles"] {
        window.press_named(part);
        assert!(!window.shows("internal error"), "{part}");
    }
}

#[test]
fn escape_clears_it_and_analyses_look_at_everything_again() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    let [first, _] = two_lanes(&mut window);
    let (from, to) = (on_row(&window, first, 0.3), on_row(&window, first, 0.6));
    drag(&mut window, from, to, Modifiers::SHIFT);
    assert!(window.document().marked.is_some());
    window.0.key_press(Key::Escape);
    window.0.run();
    let document = window.document();
    assert!(document.marked.is_none() && document.area.is_none());
    assert_eq!(document.scope_choice, tracelane::state::scope::ScopeChoice::default());
    window.act(PanelAction::OpenPanel(Panel::Selection));
    assert!(window.shows("Shift+drag over rows"));
}

#[test]
fn edges_can_be_moved_by_pointer_and_keys() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    let all = window.document().trace.range();
    let third = all.nanos() / 3;
    let range = TimeRange::new(all.start.plus_nanos(third), all.start.plus_nanos(2 * third));
    window.act(SelectAction::SelectArea(range, Vec::new()));
    let label = |window: &Window, part: &str| {
        let nodes = window.0.get_all_by_role(Role::Splitter);
        let found =
            nodes.into_iter().find(|node| node.accesskit_node().label().is_some_and(|name| name.contains(part)));
        found.expect("an edge").rect().center()
    };
    let end = label(&window, "End of the selected time");
    // Above the lanes nothing snaps.
    let at = pos2(end.x, lanes(&window).top() - 8.0);
    drag(&mut window, at, at + egui::vec2(60.0, 0.0), Modifiers::NONE);
    let moved = window.document().marked.expect("it is still there");
    assert!(moved.start == range.start && moved.end > range.end, "{moved:?} {range:?}");
    // Past the other edge the two change their roles.
    let start = label(&window, "Start of the selected time");
    let end = label(&window, "End of the selected time");
    let at = pos2(start.x, at.y);
    drag(&mut window, at, pos2(end.x + 40.0, at.y), Modifiers::NONE);
    let crossed = window.document().marked.expect("it is still there");
    assert!(crossed.start >= moved.end.plus_nanos(-2) && crossed.end > crossed.start, "{crossed:?} {moved:?}");
    window.0.key_press_modifiers(Modifiers::SHIFT, Key::ArrowRight);
    window.0.run();
    let later = window.document().marked.expect("it is still there");
    assert!(later.end > crossed.end && later.start == crossed.start);
    window.0.key_press_modifiers(Modifiers::SHIFT | Modifiers::ALT, Key::ArrowLeft);
    window.0.run();
    assert!(window.document().marked.is_some_and(|range| range.start < later.start && range.end == later.end));
}

#[test]
fn edges_snap_to_spans_unless_alt_is_held() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    let [first, _] = two_lanes(&mut window);
    let RowKind::Lane(lane) = first else { panic!("a lane") };
    let view = window.document().view.expect("a view");
    let spans = window.document().trace.spans(lane, view.range()).collect::<Vec<_>>();
    let edge = spans.iter().map(|span| span.range.end).find(|end| {
        let part = (end.0 as f64 - view.start_nanos) / view.span_nanos;
        (0.2..0.7).contains(&part)
    });
    let edge = edge.expect("an edge in the middle");
    let part = ((edge.0 as f64 - view.start_nanos) / view.span_nanos) as f32;
    let from = on_row(&window, first, part) + egui::vec2(2.0, 0.0);
    let to = on_row(&window, first, 0.9);
    drag(&mut window, from, to, Modifiers::SHIFT);
    let snapped = window.document().marked.expect("time is selected").start;
    let is_edge = |time| spans.iter().any(|span| span.range.start == time || span.range.end == time);
    assert!(is_edge(snapped), "{snapped:?} {edge:?}");
}

#[test]
fn a_click_in_a_table_leaves_the_selection_as_it_is() {
    let mut window = Window::open(TASKS, Panel::Tasks);
    let all = window.document().trace.range();
    let range = TimeRange::new(all.start, all.start.plus_nanos(all.nanos() * 3 / 4));
    window.act(SelectAction::SelectArea(range, Vec::new()));
    let scope = window.document().scope();
    for panel in Panel::ALL.iter().filter(|panel| !panel.analyses().is_empty()) {
        window.act(PanelAction::OpenPanel(*panel));
        let rows: Vec<String> = window.words().into_iter().filter(|word| word.contains(" · ")).take(12).collect();
        for row in rows {
            if window.0.query_all_by_role_and_label(Role::Button, &row).next().is_some() {
                window.press_named(&row);
                assert_eq!(window.document().scope(), scope, "{panel:?}: {row}");
                assert_eq!(window.document().marked, Some(range), "{panel:?}: {row}");
            }
        }
    }
}

#[test]
fn back_restores_what_was_selected_and_the_panels_in_front() {
    let mut window = Window::open(TASKS, Panel::Tasks);
    let all = window.document().trace.range();
    let half = TimeRange::new(all.start, all.start.plus_nanos(all.nanos() / 2));
    window.act(SelectAction::SelectArea(half, Vec::new()));
    window.act(PanelAction::OpenPanel(Panel::Tasks));
    assert!(window.document().fronts.contains(&"tasks"), "{:?}", window.document().fronts);
    let quarter = TimeRange::new(all.start, all.start.plus_nanos(all.nanos() / 4));
    window.act(SelectAction::SelectArea(quarter, Vec::new()));
    window.act(PanelAction::OpenPanel(Panel::Goroutines));
    window.act(AnalysisAction::SetScope(tracelane::state::scope::ScopeChoice::default()));
    assert!(window.document().fronts.contains(&"goroutines"));
    window.act(ViewAction::Back);
    let document = window.document();
    assert_eq!((document.marked, document.scope_range()), (Some(half), half));
    assert!(document.fronts.contains(&"tasks"), "{:?}", document.fronts);
    window.act(ViewAction::Forward);
    assert_eq!(window.document().marked, Some(quarter));
    assert!(window.document().fronts.contains(&"goroutines"), "{:?}", window.document().fronts);
}

#[test]
fn a_click_on_a_region_selects_the_region() {
    let mut window = Window::open(TASKS, Panel::Details);
    window.act(RowsAction::GroupGoroutines(GroupBy::Nothing));
    let trace = std::sync::Arc::clone(&window.document().trace);
    let region = *trace.all_regions().iter().find(|region| region.depth == 0).expect("a region");
    window.act(SelectAction::GoToStretch(LaneId::Goroutine(region.go), region.range));
    let lanes = lanes(&window);
    let document = window.document();
    let view = document.view.expect("a view");
    let row = document.layout().row_of(LaneId::Goroutine(region.go)).expect("a row");
    let middle = region.range.start.0 as f64 + region.range.nanos() as f64 / 2.0;
    let x = lanes.left() + ((middle - view.start_nanos) / view.span_nanos) as f32 * lanes.width();
    let y = lanes.top() + (row.top - view.scroll_points) as f32 + 22.0 + 8.0;
    window.0.hover_at(pos2(x, y));
    window.0.run();
    for pressed in [true, false] {
        let modifiers = Modifiers::NONE;
        window.0.event(Event::PointerButton { pos: pos2(x, y), button: PointerButton::Primary, pressed, modifiers });
    }
    window.0.run();
    let Selection::Region(selected) = window.document().selection else { panic!("{:?}", window.document().selection) };
    assert_eq!((selected.go, selected.name), (region.go, region.name));
    assert!(window.document().marked.is_none(), "its time is not selected by that");
    window.act(PanelAction::OpenPanel(Panel::Details));
    assert!(window.shows("Analyse all of its type") && window.shows(trace.str(region.name)));
    window.0.key_press(Key::M);
    window.0.run();
    assert_eq!(window.document().marked, Some(selected.range.intersect(trace.range())));
}
