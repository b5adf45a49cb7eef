//! The search field, groups of goroutines, and the source panel, played through accessible names and actions.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use trace_core::base::ids::GoroutineIdx;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{Action, RowsAction, SelectAction, SourceAction, ViewAction};
use tracelane::action::panel::Panel;
use tracelane::state::grouping::GroupBy;
use tracelane::state::row::RowKind;
use tracelane::state::search::SearchAction;
use tracelane::state::section::Section;
use tracelane::state::source::{SourcePlace, SourceText};

use crate::window::Window;

/// The buggy guessing game, in which handlers wait for a lock that a report holds.
const GUESSES: &str = "real/guessnumber-bug-go1.27.trace";

fn open() -> Window {
    Window::open(GUESSES, Panel::Details)
}

fn search(window: &mut Window, action: SearchAction) {
    let id = window.document().id;
    window.act(Action::Search(id, action));
}

fn key(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.0.key_press_modifiers(modifiers, key);
    window.0.run();
}

#[test]
fn what_is_typed_is_found_and_enter_goes_from_hit_to_hit() {
    let mut window = open();
    key(&mut window, Modifiers::NONE, Key::Slash);
    window.0.get_by_role_and_label(Role::SearchInput, "Search").type_text("sendReport");
    window.0.run();
    assert_eq!(window.document().search.text, "sendReport");
    let found = window.document().search.found().expect("hits").clone();
    assert!(found.is_complete && found.total() > 0, "{:?}", found.counts);
    assert!(window.shows(&format!("{} found", found.total())), "{:?}", window.words());
    key(&mut window, Modifiers::NONE, Key::Enter);
    let first = window.document().search.current.expect("a hit");
    assert!(window.shows("1 of "), "{:?}", window.words());
    assert_eq!(window.lane(), Some(first.lane));
    key(&mut window, Modifiers::NONE, Key::Enter);
    assert_ne!(window.document().search.current, Some(first), "the next one");
    key(&mut window, Modifiers::SHIFT, Key::Enter);
    assert_eq!(window.document().search.current, Some(first), "and back");
}

#[test]
fn steps_go_around_the_end() {
    let mut window = open();
    search(&mut window, SearchAction::Text("region:* or g:1".to_owned()));
    let total = window.document().search.found().map_or(0, |hits| hits.total());
    assert!(total >= 1);
    for _ in 0..=total {
        search(&mut window, SearchAction::Step(1));
    }
    assert_eq!(window.document().search.number(), Some(1));
    search(&mut window, SearchAction::Step(-1));
    assert_eq!(window.document().search.number(), Some(total));
}

#[test]
fn an_error_in_a_query_is_told_and_the_rest_is_searched() {
    let mut window = open();
    key(&mut window, Modifiers::COMMAND, Key::F);
    window.0.get_by_role_and_label(Role::SearchInput, "Search").type_text("state:sleepy main");
    window.0.run();
    let query = &window.document().search.query;
    assert_eq!(query.errors.len(), 1, "{query:?}");
    let message = query.errors[0].message.clone();
    assert!(window.shows(&message), "{:?}", window.words());
}

#[test]
fn a_filter_leaves_lanes_to_what_matches_and_goes_with_the_text() {
    let mut window = open();
    let all = window.document().rows.lanes_in(Section::Goroutines);
    search(&mut window, SearchAction::Text("fn:sendReport".to_owned()));
    search(&mut window, SearchAction::Filter(true));
    let left = window.document().rows.lanes_in(Section::Goroutines);
    assert!(left > 0 && left < all, "{left} of {all}");
    search(&mut window, SearchAction::Step(1));
    assert_eq!(window.document().rows.lanes_in(Section::Goroutines), left, "stepping keeps the filter");
    search(&mut window, SearchAction::Text(String::new()));
    assert_eq!(window.document().rows.lanes_in(Section::Goroutines), all);
}

#[test]
fn groups_fold_and_what_is_gone_to_unfolds_its_group() {
    let mut window = Window::open("real/workers-go1.27.trace", Panel::Details);
    window.act(RowsAction::FoldGroups(true));
    let document = window.document();
    let groups = document.rows.groups().expect("groups");
    let (at, group) =
        groups.list().iter().enumerate().find(|(_, group)| group.count > 1 && !group.is_system).expect("a group");
    let member = groups.on_row(group.first).next().expect("a goroutine");
    let title = group.title.clone();
    assert!(window.shows(&title), "the heading says what they have in common: {:?}", window.words());
    let row = document.layout().row_of(LaneId::Goroutine(member)).expect("its group's heading");
    assert_eq!(row.kind, RowKind::Group(at as u32));
    window.act(SelectAction::GoToLane(LaneId::Goroutine(member)));
    let row = window.document().layout().row_of(LaneId::Goroutine(member)).expect("a row");
    assert!(matches!(row.kind, RowKind::Lane(_) | RowKind::Shared(_)), "{row:?}");
    window.press_as(Role::DisclosureTriangle, &title);
    let row = window.document().layout().row_of(LaneId::Goroutine(member)).expect("its group's heading");
    assert!(matches!(row.kind, RowKind::Group(_)), "{row:?}");
}

#[test]
fn goroutines_can_be_grouped_otherwise_or_have_a_lane_each() {
    let mut window = open();
    for by in [GroupBy::Creator, GroupBy::Package, GroupBy::Function] {
        window.act(RowsAction::GroupGoroutines(by));
        let groups = window.document().rows.groups().expect("groups");
        assert_eq!(groups.count(), window.document().trace.goroutine_count(), "{by:?}: nobody is lost");
    }
    window.act(RowsAction::GroupGoroutines(GroupBy::Nothing));
    let document = window.document();
    assert!(document.rows.groups().is_none());
    let row = document.layout().row_of(LaneId::Goroutine(GoroutineIdx(0))).expect("a row");
    assert_eq!(row.kind, RowKind::Lane(LaneId::Goroutine(GoroutineIdx(0))));
}

#[test]
fn the_row_under_the_pointer_stays_when_others_go() {
    let mut window = Window::open("real/workers-go1.27.trace", Panel::Details);
    window.act(RowsAction::FoldGroups(false)).act(ViewAction::LanesHeight(200.0)).act(ViewAction::ScrollRows(120.0));
    let document = window.document();
    let view = document.view.expect("a view");
    let at = document.trace.range().start.0 as f64 + document.trace.range().nanos() as f64 * 0.5;
    let before = document.layout().row_at(view.scroll_points + 60.0).expect("a row");
    let hidden = document.layout().hidden(Section::Goroutines);
    window.act(ViewAction::PointerAt(Some((at, 60.0)))).act(ViewAction::Zoom { factor: 0.01, at: Some(at) });
    let document = window.document();
    assert!(document.layout().hidden(Section::Goroutines) >= hidden);
    if let Some(after) = document.layout().find(before.kind) {
        let moved = (after.top - document.view.expect("a view").scroll_points) - (before.top - view.scroll_points);
        let is_at_an_end = document.view.is_some_and(|view| view.scroll_points == 0.0);
        assert!(moved.abs() < 0.5 || is_at_an_end, "{moved}");
    }
}

#[test]
fn a_frame_leads_to_its_source_code_or_says_where_it_was_looked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let code = "package main\n\nfunc main() {\n\tprintln()\n}\n";
    std::fs::write(folder.path().join("main.go"), code).expect("a file");
    let mut window = open();
    let place = SourcePlace { file: "/build/nowhere/of/this/machine/main.go".to_owned(), line: 4 };
    window.act(SourceAction::ShowSource(place));
    let source = window.0.state().state().source.as_ref().expect("the panel shows something");
    assert!(matches!(source.text, SourceText::Missing(..)), "{source:?}");
    assert!(window.shows("The source file was not found"), "{:?}", window.words());
    window.act(SourceAction::AddSourceFolder(folder.path().to_path_buf()));
    let source = window.0.state().state().source.as_ref().expect("the panel shows something");
    let SourceText::Found(path, lines) = &source.text else { panic!("{source:?}") };
    assert_eq!((path, lines[3].as_str()), (&folder.path().join("main.go"), "    println()"));
}
