//! The query panel, played through its accessible names and keys: running, completing, errors, histories, links, marks and
//! the lane on the timeline.

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::Queryable;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::Action;
use tracelane::action::panel::Panel;
use tracelane::report::table::{Kind, Table, Target};
use tracelane::report::value::Value;
use tracelane::state::result_lane::MOST_LINES;
use tracelane::state::sql::{MOST_ROWS, RunState, SqlAction, SqlRun, TABLE};

use crate::window::Window;

const WAITS: &str = "SELECT g, reason, start_ns, duration_ns, stack_id, waker_g FROM waits\n\
                     WHERE duration_ns BETWEEN 100000 AND 900000 ORDER BY duration_ns DESC";

fn open() -> Window {
    Window::open("real/httpserver-go1.27.trace", Panel::Query)
}

fn act(window: &mut Window, action: SqlAction) {
    let id = window.document().id;
    window.act(Action::Sql(id, action));
}

fn run(window: &mut Window, sql: &str) {
    act(window, SqlAction::Run(sql.to_owned()));
}

fn newest(window: &Window) -> &SqlRun {
    window.document().sql.run.as_ref().expect("a run")
}

fn answer(window: &Window) -> &Table {
    newest(window).table.as_ref().expect("an answer")
}

fn text(window: &Window) -> &str {
    &window.document().sql.text
}

fn type_in(window: &mut Window, text: &str) {
    let editor = || Role::MultilineTextInput;
    window.0.get_by_role_and_label(editor(), "Query").focus();
    window.0.run();
    for letter in text.chars() {
        window.0.get_by_role_and_label(editor(), "Query").type_text(&letter.to_string());
        window.0.run();
    }
}

fn press(window: &mut Window, modifiers: Modifiers, key: Key) {
    window.0.key_press_modifiers(modifiers, key);
    window.0.run();
}

#[test]
fn a_query_is_typed_and_run() {
    let mut window = open();
    type_in(&mut window, "SELECT count(*) AS n FROM goroutines");
    assert_eq!(text(&window), "SELECT count(*) AS n FROM goroutines");
    press(&mut window, Modifiers::COMMAND, Key::Enter);
    assert_eq!(newest(&window).state, RunState::Done);
    let goroutines = window.document().trace.goroutine_count();
    assert_eq!(answer(&window).value(0, 0).raw(), goroutines.to_string());
    assert!(window.shows("1 row"), "{:?}", window.words());
    assert_eq!(window.0.state().state().settings.query_history, ["SELECT count(*) AS n FROM goroutines"]);
    type_in(&mut window, " ");
    assert!(window.shows("The query has been changed since"));
}

#[test]
fn names_are_completed_by_keys() {
    let mut window = open();
    type_in(&mut window, "SELECT waker_f");
    assert!(window.0.query_by_role_and_label(Role::Button, "waker_function").is_some(), "{:?}", window.words());
    press(&mut window, Modifiers::NONE, Key::Tab);
    assert_eq!(text(&window), "SELECT waker_function");
    type_in(&mut window, " FROM wai");
    assert!(window.shows("wait_sites"));
    press(&mut window, Modifiers::NONE, Key::ArrowDown);
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert_eq!(text(&window), "SELECT waker_function FROM wait_sites", "arrows choose, Enter takes");
    type_in(&mut window, " WHE");
    press(&mut window, Modifiers::NONE, Key::Escape);
    assert!(window.0.query_by_role_and_label(Role::Button, "WHERE").is_none(), "Esc closes the list");
    assert_eq!(text(&window), "SELECT waker_function FROM wait_sites WHE");
    press(&mut window, Modifiers::COMMAND, Key::Space);
    assert!(window.0.query_by_role_and_label(Role::Button, "WHERE").is_some(), "Ctrl+Space opens it");
    press(&mut window, Modifiers::NONE, Key::Escape);
    press(&mut window, Modifiers::NONE, Key::Enter);
    assert!(text(&window).ends_with("WHE\n"), "Enter is a new line: {:?}", text(&window));
}

#[test]
fn an_error_says_where_and_goes_once_it_is_mended() {
    let mut window = open();
    run(&mut window, "SELECT g,\n  durtion_ns FROM waits");
    assert!(window.shows("did you mean duration_ns? (line 2, column 3)"), "{:?}", window.words());
    let fault = window.document().sql.fault().expect("a fault");
    assert_eq!(fault.position, Some(12));
    run(&mut window, "SELECT g FROM wait");
    assert_eq!(window.document().sql.fault().and_then(|fault| fault.position), Some(14), "tables, too");
    act(&mut window, SqlAction::Text("SELECT g FROM waits".to_owned()));
    assert!(window.document().sql.fault().is_none());
    run(&mut window, "DELETE FROM waits");
    assert!(window.shows("a query can only read"));
}

#[test]
fn cells_lead_to_goroutines_times_and_code() {
    let mut window = open();
    run(&mut window, WAITS);
    let kinds: Vec<Kind> = answer(&window).columns.iter().map(|column| column.kind).collect();
    assert_eq!(kinds, [Kind::Id, Kind::Text, Kind::Time, Kind::Duration, Kind::Stack, Kind::Id]);
    assert!(answer(&window).len() > 20);
    let [go, time, stack] = [0, 2, 4].map(|column| answer(&window).value(0, column));
    let Value::Lane(lane @ LaneId::Goroutine(_), _) = go else { panic!("{go:?}") };
    window.press_as(Role::Link, &go.text());
    assert_eq!(window.lane(), Some(lane));
    let Value::Time(nanos) = time else { panic!("{time:?}") };
    window.press_as(Role::Link, &time.text());
    assert_eq!(window.document().highlight.map(|range| range.start), Some(window.document().time_at(nanos)));
    window.press_as(Role::Link, &stack.text());
    assert!(window.0.state().state().source.is_some(), "a stack leads to its source");
}

#[test]
fn a_row_is_shown_on_the_timeline_and_marked() {
    let mut window = open();
    run(&mut window, WAITS);
    let Some(Target::Stretch(lane, range)) = answer(&window).target(0) else { panic!("a place") };
    window.press(" · network · ");
    let selected = window.document().tables.get(TABLE).and_then(|session| session.selection.clone());
    assert_eq!(selected.map(|selection| selection.rows.len()), Some(1));
    assert!(matches!(window.lane(), Some(LaneId::Goroutine(_))));
    let seen = window.document().view.expect("a view").range();
    assert!(seen.nanos() < 2_000_000, "it fills the view: {seen:?} for {lane:?} {range:?}");
}

#[test]
fn an_answer_with_times_is_shown_as_a_lane() {
    let mut window = open();
    run(&mut window, WAITS);
    window.press("Show as lane");
    let lane = window.document().sql.lane.clone().expect("a lane");
    let rows: u32 = lane.lines.iter().flatten().chain(&lane.crowd).map(|bar| bar.count).sum();
    assert_eq!(rows as usize, answer(&window).len());
    assert!(lane.lines.len() <= MOST_LINES && window.shows("Query lane"));
    run(&mut window, "SELECT 1");
    assert!(window.document().sql.lane.is_some(), "it stays while other things are asked");
    window.press("Close the query lane");
    assert!(window.document().sql.lane.is_none() && !window.shows("Query lane"));
    run(&mut window, "SELECT g FROM goroutines");
    assert!(!window.shows("Show as lane"), "rows without times are no lane");
    run(&mut window, "SELECT start_ns, end_time_ns FROM gc_cycles");
    assert!(window.shows("Show as lane"));
}

#[test]
fn ready_queries_run_at_once_and_tables_show_their_columns() {
    let mut window = open();
    window.press_as(Role::Link, "Which waits took longest");
    assert!(text(&window).contains("FROM waits") && answer(&window).len() > 5);
    window.0.get_by_role_and_label(Role::DisclosureTriangle, "gc_cycles").click_accesskit();
    window.0.run();
    assert!(window.document().sql.unfolded.contains("gc_cycles"));
    act(&mut window, SqlAction::Text("SELECT ".to_owned()));
    window.press_named("start_ns");
    assert_eq!(text(&window), "SELECT start_ns");
    window.press("Show the first rows of gc_cycles");
    assert_eq!(text(&window), "SELECT *\nFROM gc_cycles\nLIMIT 100");
    assert!(!answer(&window).is_empty());
}

#[test]
fn a_query_is_saved_and_found_again() {
    let mut window = open();
    run(&mut window, "SELECT 42 AS answer");
    window.press("Save this query under a name");
    window.0.get_by_role_and_label(Role::TextInput, "Name of the query").type_text("All of it");
    window.0.run();
    window.press_named("Save");
    assert_eq!(window.0.state().state().settings.saved_queries["All of it"], "SELECT 42 AS answer");
    act(&mut window, SqlAction::Text(String::new()));
    window.press_named("Saved");
    window.press_named("All of it");
    assert_eq!(text(&window), "SELECT 42 AS answer");
}

#[test]
fn more_rows_than_are_shown_are_said() {
    let mut window = open();
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 200000) SELECT i FROM n";
    run(&mut window, many);
    assert_eq!((answer(&window).len(), newest(&window).is_cut), (MOST_ROWS, true));
    assert!(window.shows("The first 100,000 rows: a condition or a LIMIT shows others"), "{:?}", window.words());
    run(&mut window, "SELECT g FROM goroutines WHERE g < 0");
    assert!(window.shows("No rows"));
}

#[test]
fn escape_stops_what_runs() {
    let mut window = open();
    run(&mut window, "SELECT 1");
    let command = tracelane::action::commands::by_id("escape").expect("a command");
    let mut state = window.0.state().state().clone();
    let run = state.documents[0].sql.run.as_mut().expect("a run");
    run.state = RunState::Running;
    assert!(matches!(command.action(&state), Some(Action::Sql(_, SqlAction::Stop))));
}

/// In a small window the panel is about as high as its buttons: the editor stays, beside the answer.
#[test]
fn the_editor_is_seen_in_a_low_panel() {
    let mut window = open();
    window.0.set_size(egui::vec2(800.0, 480.0));
    window.0.run();
    let editor = window.0.get_by_role_and_label(Role::MultilineTextInput, "Query").rect();
    let panel = window.0.ctx.content_rect();
    assert!(panel.contains_rect(editor) && editor.width() > 250.0 && editor.height() >= 20.0, "{editor} in {panel}");
}
