//! Lanes as the user wants them: grouped, sorted, thin, at one scale whatever panels are open, and what their spans are
//! about.

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use trace_core::base::ids::{GoId, GoroutineIdx};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::{GoState, SpanClass};
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{FileAction, PanelAction, RowsAction, SelectAction, SettingsAction, ViewAction};
use tracelane::action::commands::by_id;
use tracelane::state::grouping::GroupBy;
use tracelane::state::groups::Group;
use tracelane::state::order::GoroutineOrder;
use tracelane::state::row::{RowKind, RowSizes};
use tracelane::state::section::Section;

use crate::fixtures;
use crate::window::Window;

const GUESSES: &str = "real/guessnumber-bug-go1.27.trace";
const REQUESTS: &str = "real/httpserver-go1.27.trace";

fn opened(name: &str) -> Window {
    let mut window = Window::empty();
    window.act(FileAction::Open(fixtures::data().join(name)));
    window
}

/// Does what a command does.
fn command(window: &mut Window, id: &str) {
    let action = by_id(id).and_then(|command| command.action(window.0.state().state()));
    window.act(action.unwrap_or_else(|| panic!("{id} does nothing")));
    let is_on = by_id(id).and_then(|command| command.is_on).expect("a switch");
    assert!(is_on(window.0.state().state()), "{id}");
}

fn groups(window: &Window) -> &[Group] {
    window.document().rows.groups().expect("groups").list()
}

fn titles(window: &Window) -> Vec<&str> {
    groups(window).iter().map(|group| group.title.as_str()).collect()
}

/// The goroutines of a group.
fn members(window: &Window, at: usize) -> Vec<GoroutineIdx> {
    let rows = window.document().rows.groups().expect("groups");
    let group = &rows.list()[at];
    (group.first..group.end).flat_map(|row| rows.on_row(row)).collect()
}

fn time(window: &Window, go: GoroutineIdx, class: SpanClass) -> u64 {
    let all = TimeRange::new(TraceTime::MIN, TraceTime::MAX);
    window.document().trace.time_by_class(LaneId::Goroutine(go), all).nanos[class as usize]
}

fn longest_wait(window: &Window, go: GoroutineIdx) -> i64 {
    let trace = &window.document().trace;
    let spans = trace.spans(LaneId::Goroutine(go), trace.range());
    spans.filter(|span| span.state == GoState::Waiting).map(|span| span.range.nanos()).max().unwrap_or(0)
}

#[test]
fn goroutines_are_grouped_by_whatever_the_user_chooses() {
    let mut window = opened(REQUESTS);
    let count: u32 = groups(&window).iter().map(|group| group.count).sum();
    let commands = ["group-task", "group-tag", "group-label", "group-package", "group-creator", "group-function"];
    let expected = ["/sum", "HTTP server", "no label", "net/http", "created by", "main.main.func1"];
    for (id, title) in commands.into_iter().zip(expected) {
        command(&mut window, id);
        assert!(titles(&window).iter().any(|known| known.contains(title)), "{id}: {:?}", titles(&window));
        assert_eq!(groups(&window).iter().map(|group| group.count).sum::<u32>(), count, "{id}: nobody is lost");
        assert!(window.shows(title), "{id}: {:?}", window.words());
    }
    command(&mut window, "group-nothing");
    assert!(window.document().rows.groups().is_none());
}

#[test]
fn groups_by_task_hold_those_who_worked_for_it() {
    let mut window = opened(REQUESTS);
    window.act(RowsAction::GroupGoroutines(GroupBy::Task));
    let document = window.document();
    let trace = &document.trace;
    for (at, group) in groups(&window).iter().enumerate().filter(|(_, group)| !group.is_system) {
        for go in members(&window, at) {
            let mut tasks = trace.regions(go, trace.range()).filter_map(|region| trace.task(region.task?)).peekable();
            let has_any = tasks.peek().is_some();
            let is_of = tasks.any(|task| trace.str(task.name) == group.title);
            assert!(is_of || !has_any || group.title == "no task", "{go:?} under {}", group.title);
        }
    }
}

#[test]
fn start_functions_that_say_nothing_give_no_titles() {
    let window = opened(GUESSES);
    assert!(titles(&window).contains(&"main.play.func1"), "{:?}", titles(&window));
    assert!(!titles(&window).iter().any(|title| title.contains("WaitGroup")), "{:?}", titles(&window));
}

#[test]
fn groups_are_sorted_by_statistics_of_their_goroutines() {
    let mut window = opened(GUESSES);
    for (id, figure) in [
        ("order-sync", SpanClass::WaitSync),
        ("order-network", SpanClass::WaitNet),
        ("order-syscall", SpanClass::Syscall),
    ] {
        command(&mut window, id);
        let sum = |at: usize| members(&window, at).into_iter().map(|go| time(&window, go, figure)).sum::<u64>();
        let own = groups(&window).iter().take_while(|group| !group.is_system).count();
        let sums: Vec<u64> = (0..own).map(sum).collect();
        assert!(sums.is_sorted_by(|a, b| a >= b) && sums[0] > 0, "{id}: {sums:?}");
        let said = groups(&window)[0].sorted_by.clone().expect("its figure");
        assert!(said.ends_with("in total"), "{said}");
    }
    let most = titles(&window).first().map(|title| (*title).to_owned());
    window.act(RowsAction::ReverseOrder);
    let own: Vec<&str> =
        groups(&window).iter().filter(|group| !group.is_system).map(|group| group.title.as_str()).collect();
    assert_eq!(own.last().map(|title| (*title).to_owned()), most, "the other way round");
    assert!(groups(&window).last().is_some_and(|group| group.is_system), "the runtime's own stay last");
    window.act(RowsAction::ReverseOrder);
    command(&mut window, "order-function");
    let mut sorted: Vec<String> = titles(&window).iter().map(|title| title.to_lowercase()).collect();
    sorted.retain(|title| title != "runtime");
    assert!(sorted.is_sorted(), "{sorted:?}");
    command(&mut window, "order-count");
    let counts: Vec<u32> = groups(&window).iter().filter(|group| !group.is_system).map(|group| group.count).collect();
    assert!(counts.is_sorted_by(|a, b| a >= b), "{counts:?}");
}

#[test]
fn rows_and_lanes_are_sorted_by_the_longest_wait() {
    let mut window = opened(GUESSES);
    command(&mut window, "order-wait");
    let rows = window.document().rows.groups().expect("groups");
    for group in rows.list() {
        let longest = |row: u32| rows.on_row(row).map(|go| longest_wait(&window, go)).max().unwrap_or(0);
        let waits: Vec<i64> = (group.first..group.end).map(longest).collect();
        assert!(waits.is_sorted_by(|a, b| a >= b), "{}: {waits:?}", group.title);
    }
    command(&mut window, "group-nothing");
    let lanes = || window.document().layout().rows_between(0.0, 1e9).filter_map(|row| row.lane()).collect::<Vec<_>>();
    let gos = lanes().into_iter().filter_map(|lane| match lane {
        LaneId::Goroutine(go) => Some(go),
        _ => None,
    });
    let waits: Vec<i64> = gos.map(|go| longest_wait(&window, go)).collect();
    assert!(waits.len() > 400 && waits.is_sorted_by(|a, b| a >= b), "{waits:?}");
}

#[test]
fn every_order_keeps_every_goroutine() {
    let mut window = opened(REQUESTS);
    let count = window.document().rows.lanes_in(Section::Goroutines);
    for by in [GroupBy::Function, GroupBy::Nothing] {
        window.act(RowsAction::GroupGoroutines(by));
        for order in GoroutineOrder::ALL {
            window.act(RowsAction::OrderGoroutines(order));
            assert_eq!(window.document().order(), order);
            assert_eq!(window.document().rows.lanes_in(Section::Goroutines), count, "{by:?} {order:?}");
        }
    }
}

#[test]
fn rows_get_thin_and_stay_what_they_are() {
    let mut window = opened(GUESSES);
    window.act(RowsAction::GroupGoroutines(GroupBy::Nothing)).act(ViewAction::ScrollRows(2_000.0));
    let first = |window: &Window| {
        let document = window.document();
        let scroll = document.view.expect("a view").scroll_points;
        document.layout().row_at(scroll).expect("a row").kind
    };
    let before = first(&window);
    command(&mut window, "compact");
    assert_eq!(first(&window), before, "the uppermost row stays");
    let document = window.document();
    let view = document.view.expect("a view");
    let layout = document.layout();
    let shown: Vec<_> =
        layout.rows_between(view.scroll_points, view.scroll_points + document.lanes_height_points).collect();
    let lanes = shown.iter().filter(|row| matches!(row.kind, RowKind::Lane(_)) && row.region_lines == 0);
    assert!(lanes.clone().count() > 20 && lanes.clone().all(|row| row.height == RowSizes::COMPACT.lane));
    // A click on a bar selects what is painted there.
    let area = window.0.get_by_role_and_label(Role::Canvas, "Timeline").rect();
    let row = lanes.clone().nth(5).expect("a row");
    let lane = row.lane().expect("a lane");
    let span = document.trace.spans(lane, view.range()).max_by_key(|span| span.range.nanos()).expect("a span");
    let middle = span.range.intersect(view.range());
    let place = (middle.start.0 + middle.nanos() / 2) as f64;
    let x = area.left() + ((place - view.start_nanos) / view.span_nanos) as f32 * area.width();
    let y = area.top() + (row.top - view.scroll_points + row.own - 3.0) as f32;
    window.0.hover_at(egui::pos2(x, y));
    window.0.run();
    for pressed in [true, false] {
        let (pos, modifiers) = (egui::pos2(x, y), egui::Modifiers::NONE);
        window.0.event(egui::Event::PointerButton { pos, button: egui::PointerButton::Primary, pressed, modifiers });
    }
    window.0.run();
    assert_eq!(window.lane(), Some(lane));
    window.act(SettingsAction::ToggleCompact);
    assert_eq!(window.document().sizes, RowSizes::USUAL);
}

/// Nanoseconds a point, and the time at the left edge.
fn scale(window: &Window) -> (f64, f64) {
    let width = window.0.get_by_role_and_label(Role::Canvas, "Timeline").rect().width();
    let view = window.document().view.expect("a view");
    (view.span_nanos / f64::from(width), view.start_nanos)
}

#[test]
fn panels_that_open_and_close_leave_the_timeline_its_scale_and_left_edge() {
    let mut window = opened(GUESSES);
    let near = |a: (f64, f64), b: (f64, f64)| (a.0 / b.0 - 1.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1.0;
    let before = scale(&window);
    let lane = LaneId::Goroutine(window.document().trace.goroutine_by_id(GoId(1)).expect("main"));
    window.act(SelectAction::SelectLane(lane));
    let open = scale(&window);
    assert!(near(before, open), "the dock opens: {before:?}, {open:?}");
    window.act(PanelAction::SetDock(None)).act(SelectAction::ClearSelection);
    assert!(near(before, scale(&window)), "{before:?}, {:?}", scale(&window));
    window.act(ViewAction::Zoom { factor: 0.2, at: None });
    let close = scale(&window);
    for panel in ["Close Details", "Close Spans", "Close Stacks", "Close Flows", "Close Events"] {
        window.press_named(panel);
    }
    assert!(near(close, scale(&window)), "the dock closes: {close:?}, {:?}", scale(&window));
    // Another window shows the same times.
    let range = window.document().view.expect("a view").range();
    window.0.set_size(egui::vec2(1100.0, 900.0));
    window.0.run();
    assert_eq!(window.document().view.expect("a view").range(), range);
}

#[test]
fn a_span_that_is_selected_is_not_hidden_by_the_panels_about_it() {
    let mut window = opened(GUESSES);
    let trace = std::sync::Arc::clone(&window.document().trace);
    let late =
        (0..trace.goroutine_count()).flat_map(|go| trace.spans(LaneId::Goroutine(GoroutineIdx(go)), trace.range()));
    let last = late.max_by_key(|span| span.range.start).expect("a span");
    window.act(SelectAction::SelectSpan(last.at));
    let seen = window.document().view.expect("a view").range();
    assert!(seen.overlaps(last.range) || seen.contains(last.range.start), "{seen:?} {last:?}");
}

#[test]
fn a_span_says_what_it_is_about_and_leads_to_all_others() {
    let mut window = opened(GUESSES);
    let document = window.document();
    let trace = &document.trace;
    let post = (0..trace.goroutine_count())
        .flat_map(|go| trace.spans(LaneId::Goroutine(GoroutineIdx(go)), trace.range()))
        .find(|span| {
            let is_post = |frame: trace_core::model::trace::Frame<'_>| frame.function == "net/http.Post";
            span.state == GoState::Waiting && trace.frames(span.start_stack).any(is_post)
        });
    let at = post.expect("a call").at;
    window.act(SelectAction::GoTo(at));
    assert!(window.shows("Tags"), "{:?}", window.words());
    let links: Vec<String> =
        window.0.get_all_by_role(Role::Link).filter_map(|node| node.accesskit_node().label()).collect();
    assert!(links.iter().any(|link| link == "HTTP client"), "{links:?}");
    window.press_as(Role::Link, "HTTP client");
    let search = &window.document().search;
    assert_eq!(search.text, "tag:\"HTTP client\"");
    assert!(search.query.errors.is_empty() && search.found().is_some_and(|hits| hits.total() > 50));
}

#[test]
fn what_ended_a_wait_without_a_goroutine_is_called_by_its_name() {
    let mut window = opened(GUESSES);
    let trace = std::sync::Arc::clone(&window.document().trace);
    let wait = (0..trace.goroutine_count())
        .flat_map(|go| trace.spans(LaneId::Goroutine(GoroutineIdx(go)), trace.range()))
        .find(|span| span.class == SpanClass::WaitNet && !span.goes_on && span.range.nanos() > 1_000_000);
    window.act(SelectAction::GoTo(wait.expect("a wait for the network").at));
    assert!(window.shows("the network poller (on P"), "{:?}", window.words());
}

#[test]
fn spans_say_on_which_lane_they_are_and_from_when() {
    let window = opened(GUESSES);
    let buttons = window.0.get_all_by_role(Role::Button);
    let said: Vec<String> = buttons.filter_map(|node| node.accesskit_node().description()).collect();
    assert!(
        said.iter().any(|said| said.starts_with("on G") && said.contains(", from ") && said.ends_with(" ms")),
        "{said:?}"
    );
}

#[test]
fn the_strip_of_a_group_says_how_many_there_are_under_the_pointer() {
    let mut window = opened(REQUESTS);
    let is_group = |node: &egui_kittest::Node<'_>| {
        node.accesskit_node().label().is_some_and(|name| name.ends_with(" goroutines") && name.contains(" / "))
            || node.accesskit_node().label().is_some_and(|name| name.ends_with(" goroutines"))
    };
    let row = window.0.get_all_by_role(Role::DisclosureTriangle).find(is_group).expect("a group").rect();
    let lanes = window.0.get_by_role_and_label(Role::Canvas, "Timeline").rect();
    assert!(!window.words().iter().any(|word| word == "At"));
    window.0.hover_at(egui::pos2(lanes.center().x, row.center().y));
    window.0.run();
    assert!(window.words().iter().any(|word| word == "At"), "{:?}", window.words());
}

#[test]
fn no_more_time_is_visible_than_the_trace_has() {
    let mut window = opened(REQUESTS);
    window.0.set_size(egui::vec2(2200.0, 1000.0));
    window.0.run();
    window.act(ViewAction::ShowAll);
    let length = tracelane::fmt::time::duration(window.document().trace.range().nanos());
    assert!(window.shows(&format!("{length} visible")), "{:?}", window.words());
}
