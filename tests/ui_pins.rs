//! Pinned rows: lanes, groups and types of tasks once more above all others, until they are taken from there.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use trace_core::base::ids::{GoId, ProcIdx};
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{RowsAction, ViewAction};
use tracelane::action::panel::Panel;
use tracelane::state::grouping::GroupBy;
use tracelane::state::pinned::Pin;
use tracelane::state::row::{Row, RowKind};
use tracelane::state::section::Section;

use crate::window::Window;

const REQUESTS: &str = "real/httpserver-go1.27.trace";

fn rows(window: &Window) -> Vec<Row> {
    window.document().layout().rows_between(0.0, f64::INFINITY).collect()
}

fn named(window: &Window, role: Role, part: &str) -> bool {
    let mut names = window.0.get_all_by_role(role).filter_map(|node| node.accesskit_node().label());
    names.any(|name| name.contains(part))
}

#[test]
fn what_is_pinned_shows_above_everything_and_in_its_own_place() {
    let mut window = Window::open(REQUESTS, Panel::Details);
    let before = rows(&window);
    let main = LaneId::Goroutine(window.document().trace.goroutine_by_id(GoId(1)).expect("G1"));
    let pins = [
        Pin::Lane(main),
        Pin::Lane(LaneId::Proc(ProcIdx(0))),
        Pin::Tasks("/sum".to_owned()),
        Pin::Group("main.main.func1".to_owned()),
    ];
    for pin in pins.clone() {
        window.act(RowsAction::TogglePin(pin));
    }
    let all = rows(&window);
    assert_eq!(all.len(), before.len() + 5);
    assert_eq!(all[0].kind, RowKind::Heading(Section::Pinned));
    assert!(all[1..5].iter().all(|row| row.is_pinned) && all[5..].iter().all(|row| !row.is_pinned));
    assert_eq!((all[1].kind, all[2].kind), (RowKind::Lane(main), RowKind::Lane(LaneId::Proc(ProcIdx(0)))));
    assert!(matches!((all[3].kind, all[4].kind), (RowKind::TaskGroup(_), RowKind::Group(_))), "{all:?}");
    assert!(all.windows(2).all(|two| two[0].top + two[0].height == two[1].top), "one below the other");
    for row in &all {
        assert_eq!(window.document().layout().row_at(row.top + row.height / 2.0), Some(*row));
    }
    let own = window.document().layout().row_of(main).expect("a row");
    assert!(!own.is_pinned && own.top > all[4].top);
    assert!(named(&window, Role::Button, "Pinned: G1 main.main"));
    assert!(named(&window, Role::DisclosureTriangle, "Pinned: /sum, 9 tasks"));
    window.press("Pinned: G1 main.main");
    assert_eq!(window.lane(), Some(main));
    window.press_as(Role::DisclosureTriangle, "Pinned");
    assert_eq!(rows(&window).len(), before.len() + 1, "folded");
    for pin in pins {
        window.act(RowsAction::TogglePin(pin));
    }
    assert_eq!(rows(&window), before, "and nothing is left of it");
}

#[test]
fn pins_stay_when_other_goroutines_or_times_are_shown() {
    let mut window = Window::open(REQUESTS, Panel::Details);
    let main = LaneId::Goroutine(window.document().trace.goroutine_by_id(GoId(1)).expect("G1"));
    window
        .act(RowsAction::TogglePin(Pin::Lane(main)))
        .act(RowsAction::TogglePin(Pin::Group("main.main.func1".to_owned())));
    window.act(RowsAction::GroupGoroutines(GroupBy::Nothing));
    let pinned = |window: &Window| rows(window).iter().filter(|row| row.is_pinned).count();
    assert_eq!(pinned(&window), 1, "there are no groups now");
    window.act(RowsAction::GroupGoroutines(GroupBy::Function));
    assert_eq!(pinned(&window), 2);
    let end = window.document().trace.range().end;
    let short = trace_core::base::time::TimeRange::new(end.plus_nanos(-1_000), end);
    window.act(ViewAction::ShowRange(short));
    assert_eq!(pinned(&window), 2);
}

#[test]
fn rows_on_screen_stay_where_they_are_when_one_is_pinned() {
    let mut window = Window::open(REQUESTS, Panel::Details);
    window.act(ViewAction::ScrollRows(200.0));
    let place = |window: &Window| {
        let document = window.document();
        let row = document.layout().row_of(LaneId::Proc(ProcIdx(0))).expect("a row");
        row.top - document.view.expect("a view").scroll_points
    };
    let before = place(&window);
    window.act(RowsAction::TogglePin(Pin::Lane(LaneId::Proc(ProcIdx(0)))));
    assert_eq!(place(&window), before);
}
