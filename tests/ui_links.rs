//! Links to places in traces: copied in the window, opened in another one, which goes to the same place.

use std::path::{Path, PathBuf};

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use trace_core::base::ids::{GoId, TaskIdx};
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{Action, AnalysisAction, FileAction, SelectAction, ViewAction};
use tracelane::action::commands::by_id;
use tracelane::action::link_action::LinkAction;
use tracelane::action::panel::Panel;
use tracelane::link::text::Link;
use tracelane::state::dialog::Dialog;
use tracelane::state::document::Source;
use tracelane::state::row::RowKind;
use tracelane::state::view::Selection;

use crate::fixtures;
use crate::window::Window;

const REQUESTS: &str = "real/httpserver-go1.27.trace";
const TASKS: &str = "real/tasks-go1.27.trace";

fn folder() -> PathBuf {
    fixtures::data().join("real")
}

/// The text that comes onto the clipboard once something was done.
fn copied(window: &mut Window, action: impl Into<Action>) -> Option<String> {
    window.0.state_mut().push(action);
    next_copy(window)
}

fn next_copy(window: &mut Window) -> Option<String> {
    let copy = |command: &egui::OutputCommand| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    };
    (0..10).find_map(|_| {
        window.0.step();
        window.0.output().platform_output.commands.iter().find_map(copy)
    })
}

/// Copies with the command of the menu.
fn copied_by_menu(window: &mut Window) -> String {
    let command = by_id("copy-link").expect("there is one").action(window.0.state().state()).expect("it is possible");
    copied(window, command).expect("a link")
}

/// A window in which this link was opened, with the trace in this folder.
fn opened(link: &str, folder: &Path) -> Window {
    let mut window = Window::empty();
    window.act(LinkAction::Open(link.to_owned(), Some(folder.to_path_buf())));
    window
}

fn goroutine(window: &Window, id: u64) -> LaneId {
    LaneId::Goroutine(window.document().trace.goroutine_by_id(GoId(id)).expect("it is there"))
}

fn last_notice(window: &Window) -> String {
    window.0.state().state().notices.last().map(|notice| notice.1.clone()).unwrap_or_default()
}

#[test]
fn a_link_to_a_span_leads_there_in_another_window() {
    let mut window = Window::open(REQUESTS, Panel::Details);
    let lane = goroutine(&window, 12);
    let trace = window.document().trace.clone();
    let span = trace.spans(lane, trace.range()).nth(5).expect("a span");
    window.act(SelectAction::GoToStretch(lane, span.range));
    let view = window.document().view.expect("a view").range();
    let link = copied_by_menu(&mut window);
    assert!(link.starts_with("tracelane://open?file=httpserver-go1.27.trace&sha256="), "{link}");
    assert!(link.contains("&g=12&view=") && link.is_ascii(), "{link}");
    let other = opened(&link, &folder());
    assert_eq!(other.document().selection, Selection::Span(span.at));
    let there = other.document().view.expect("a view").range();
    let near = |one: i64, other: i64| (one - other).abs() <= view.nanos() / 100;
    assert!(near(there.start.0, view.start.0) && near(there.end.0, view.end.0), "{there:?} {view:?}");
}

#[test]
fn a_link_to_selected_time_selects_it() {
    let mut window = Window::open(REQUESTS, Panel::Selection);
    let (trace, lanes) = (window.document().trace.clone(), [goroutine(&window, 12), goroutine(&window, 1)]);
    let start = trace.range().start;
    let range = TimeRange::new(start.plus_nanos(3_000_000), start.plus_nanos(4_000_001));
    window.act(SelectAction::SelectArea(range, Vec::new()));
    window.act(ViewAction::ShowAll);
    window.0.get_by_role_and_label(Role::Link, "Copy link").click_accesskit();
    let link = next_copy(&mut window).expect("a link");
    assert!(link.contains("&t=3ms..4.000001ms&view=0ns.."), "{link}");
    let other = opened(&link, &folder());
    assert_eq!(other.document().marked, Some(range));
    // Several rows stay rows.
    window.act(SelectAction::SelectArea(range, lanes.map(RowKind::Lane).to_vec()));
    let link = copied_by_menu(&mut window);
    assert!(link.contains("&g=12,1&"), "{link}");
    let other = opened(&link, &folder());
    let area = other.document().area.as_ref().expect("rows are selected");
    assert_eq!((area.rows.clone(), other.document().marked), (lanes.map(RowKind::Lane).to_vec(), Some(range)));
}

#[test]
fn tasks_regions_lanes_and_the_view_are_places_too() {
    let mut window = Window::open(TASKS, Panel::Details);
    let trace = window.document().trace.clone();
    let region = *trace.all_regions().first().expect("a region");
    for (action, selection) in [
        (SelectAction::SelectRegion(region), Selection::Region(region)),
        (SelectAction::SelectTask(TaskIdx(0)), Selection::Task(TaskIdx(0))),
        (SelectAction::SelectLane(LaneId::Gc), Selection::Lane(LaneId::Gc)),
        (SelectAction::ClearSelection, Selection::None),
    ] {
        window.act(action);
        let link = copied_by_menu(&mut window);
        let other = opened(&link, &folder());
        assert_eq!(other.document().selection, selection, "{link}");
    }
}

#[test]
fn findings_have_links_that_open_their_panel() {
    let mut window = Window::open(REQUESTS, Panel::Findings);
    window.act(AnalysisAction::ChooseFinding(Some(0)));
    window.0.get_by_role_and_label(Role::Link, "Copy link").click_accesskit();
    let link = next_copy(&mut window).expect("a link");
    assert!(link.ends_with("&panel=report"), "{link}");
    assert!(Link::parse(&link).is_ok_and(|link| link.place.time.is_some()), "{link}");
    let mut other = Window::empty();
    other.act(LinkAction::Open(link, Some(folder())));
    assert!(other.document().fronts.contains(&"report"), "{:?}", other.document().fronts);
}

#[test]
fn rows_of_tables_have_links_in_their_menus() {
    let mut window = Window::open("real/gc-go1.27.trace", Panel::Collector);
    let is_row = |name: &String| name.contains(" ms · ") && name.matches(" · ").count() > 4;
    let names = window.0.get_all_by_role(Role::Button).filter_map(|node| node.accesskit_node().label());
    let row = names.into_iter().find(is_row).expect("a row");
    // The first click changes the panel: it shows more about the row.
    window.press_named(&row);
    let at = window.0.get_by_role_and_label(Role::Button, &row).rect().left_center() + egui::vec2(30.0, 0.0);
    window.0.hover_at(at);
    window.0.run();
    for pressed in [true, false] {
        let (button, modifiers) = (egui::PointerButton::Secondary, egui::Modifiers::NONE);
        window.0.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers });
    }
    window.0.run();
    assert!(window.shows("Copy link"), "{row}: {:?}", window.words());
    window.0.get_by_role_and_label(Role::Button, "Copy link").click_accesskit();
    let link = next_copy(&mut window).expect("a link");
    assert!(Link::parse(&link).is_ok_and(|link| link.place.time.is_some()), "{link}");
}

#[test]
fn a_file_that_is_not_found_is_asked_for() {
    let mut window = Window::open(REQUESTS, Panel::Details);
    let link = copied_by_menu(&mut window);
    let empty = tempfile::tempdir().expect("a folder");
    let mut other = opened(&link, empty.path());
    assert!(matches!(other.0.state().state().dialog, Some(Dialog::Linked(_))));
    let words = other.words().join("\n");
    assert!(words.contains("httpserver-go1.27.trace was not found"), "{words}");
    assert!(words.contains(&empty.path().display().to_string()), "the folder is named: {words}");
    assert!(!other.shows("Open anyway"));
    other.press("Choose file");
    other.act(LinkAction::Chosen(folder().join("httpserver-go1.27.trace")));
    assert!(other.document().has_lanes() && other.0.state().state().dialog.is_none());
}

#[test]
fn a_file_with_other_contents_is_not_taken_for_it() {
    let mut window = Window::open(REQUESTS, Panel::Details);
    let lane = goroutine(&window, 12);
    window.act(SelectAction::SelectLane(lane));
    let link = copied_by_menu(&mut window);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("httpserver-go1.27.trace");
    std::fs::copy(fixtures::data().join(TASKS), &path).expect("copied");
    let mut other = opened(&link, folder.path());
    assert!(other.shows("httpserver-go1.27.trace has other contents"), "{:?}", other.words());
    assert!(other.0.state().state().documents.is_empty());
    other.press("Open anyway");
    assert_eq!(other.document().source, Source::Path(path.clone()));
    assert!(last_notice(&other).contains("1 lane that this trace does not have"), "{}", last_notice(&other));
    // Cancelled, nothing is opened.
    let mut other = opened(&link, folder.path());
    other.press("Cancel");
    assert!(other.0.state().state().documents.is_empty() && other.0.state().state().dialog.is_none());
}

#[test]
fn links_are_typed_and_pasted_like_paths_and_hostile_ones_do_nothing() {
    let mut window = Window::open(TASKS, Panel::Details);
    let link = copied_by_menu(&mut window);
    let count = |window: &Window| window.0.state().state().documents.len();
    window.act(FileAction::OpenTyped(format!(" {link} ")));
    assert_eq!(count(&window), 1, "it is open already");
    for (text, said) in [
        ("tracelane://open?file=http%3A%2F%2Fexample.com%2Fx&sha256=00", "without folders"),
        ("tracelane://open?file=..%2F..%2Fetc%2Fpasswd&sha256=00", "without folders"),
        ("tracelane://record?address=example.com", "does not begin with tracelane://open?"),
        ("tracelane://open?file=a\u{1b}[2J", "must be written with %"),
    ] {
        window.act(FileAction::OpenTyped(text.to_owned()));
        assert!(last_notice(&window).contains(said), "{text}: {}", last_notice(&window));
        assert_eq!(count(&window), 1, "{text}");
    }
    let long = format!("tracelane://open?file={}", "x".repeat(100_000));
    window.act(LinkAction::Open(long, None));
    assert!(last_notice(&window).contains("is longer than 4096 bytes"), "{}", last_notice(&window));
}

#[test]
fn the_sample_has_links_too() {
    let mut window = Window::empty();
    window.act(FileAction::OpenSample);
    let link = copied_by_menu(&mut window);
    assert!(link.contains("file=sample.trace"), "{link}");
    let mut other = Window::empty();
    other.act(LinkAction::Open(link, None));
    assert_eq!(other.document().source, Source::Sample);
}
