//! Two traces side by side, played through accessible names and keys on real traces: they come together by
//! every door, move together, are aligned, limited and swapped; the changes are told, shown on both
//! timelines, drawn, and corrected by hand.

use std::path::PathBuf;
use std::sync::Arc;

use egui::accesskit::Role;
use egui::{Key, Modifiers};
use egui_kittest::kittest::{NodeT, Queryable};
use trace_core::analysis::compare::anchor::Anchor;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{Action, ComparisonAction, FileAction, PanelAction, SelectAction, ViewAction};
use tracelane::action::panel::{Needs, Panel};
use tracelane::report::comparison::divisor::Divisor;
use tracelane::state::app::{AppState, FieldFor};
use tracelane::state::compare_query::{Changes, SeriesChanges};
use tracelane::state::comparison::{Align, OpenComparison, PendingAlign, Side};
use tracelane::state::document::{Document, DocumentId};
use tracelane::state::query::ask;
use tracelane::state::row::RowKind;
use tracelane::state::view::{Selection, View};

use crate::fixtures;
use crate::window::Window;

const BUG: &str = "guessnumber-bug-go1.27.trace";
const FIXED: &str = "guessnumber-fixed-go1.27.trace";

fn real(name: &str) -> PathBuf {
    fixtures::data().join("real").join(name)
}

/// The window with two traces compared.
fn comparing(a: &str, b: &str) -> Window {
    let mut window = Window::open(&format!("real/{a}"), Panel::Details);
    window.act(ComparisonAction::CompareWith(real(b)));
    window
}

/// What tests of two traces do and look at.
trait Paired {
    fn pair_act(&mut self, action: ComparisonAction) -> &mut Self;
    fn key(&mut self, modifiers: Modifiers, key: Key) -> &mut Self;
    fn state(&self) -> &AppState;
    fn pair(&self) -> &OpenComparison;
    fn side(&self, side: Side) -> &Document;
    fn view(&self, side: Side) -> View;
    fn limits(&self) -> [Option<TimeRange>; 2];
    fn changes(&self) -> Arc<Changes>;
}

impl Paired for Window {
    fn pair_act(&mut self, action: ComparisonAction) -> &mut Self {
        self.act(Action::Comparison(action))
    }

    fn key(&mut self, modifiers: Modifiers, key: Key) -> &mut Self {
        self.0.key_press_modifiers(modifiers, key);
        self.0.run();
        self
    }

    fn state(&self) -> &AppState {
        self.0.state().state()
    }

    fn pair(&self) -> &OpenComparison {
        self.state().pair.as_ref().expect("a pair")
    }

    fn side(&self, side: Side) -> &Document {
        let (_, documents) = self.state().shown_pair().expect("both are on show");
        documents[side.at()]
    }

    fn view(&self, side: Side) -> View {
        self.side(side).view.expect("a view")
    }

    fn limits(&self) -> [Option<TimeRange>; 2] {
        Side::BOTH.map(|side| self.pair().limit(self.side(side).id))
    }

    fn changes(&self) -> Arc<Changes> {
        let (pair, [a, b]) = self.state().shown_pair().expect("both are on show");
        Arc::clone(pair.queries.answer(&pair.query(a, b)).expect("compared"))
    }
}

fn start(view: View) -> f64 {
    view.start_nanos
}

#[test]
fn a_second_trace_stands_below_and_the_verdict_names_the_change() {
    let window = comparing(BUG, FIXED);
    assert!(window.shows("Timeline A") && window.shows("Timeline B"), "{:?}", window.words());
    assert!(window.shows(Panel::Changes.title()), "the changes open by themselves");
    let first = window.changes().found.verdict.first().cloned().expect("a verdict");
    assert!(first.contains("main.sendReport") || first.contains("sync.(*Mutex).Lock"), "{first}");
    assert!(window.shows(&first));
    assert_eq!(window.state().active, Some(DocumentId(0)), "A stays in front");
}

#[test]
fn linked_views_move_together_and_unlinked_ones_do_not() {
    let mut window = comparing(BUG, FIXED);
    let (a, b) = (window.view(Side::A), window.view(Side::B));
    assert!((a.span_nanos - b.span_nanos).abs() < 1.0, "one zoom");
    let longest = Side::BOTH.map(|side| window.side(side).trace.range().nanos()).into_iter().max().unwrap_or(0);
    assert!(a.span_nanos >= longest as f64, "both are seen whole");
    window.act(ViewAction::Zoom { factor: 0.25, at: None });
    assert!((window.view(Side::B).span_nanos - b.span_nanos * 0.25).abs() < 2.0);
    // What is done to B moves A as well.
    let before = window.view(Side::A);
    let id = window.side(Side::B).id;
    window.act(Action::On(id, Box::new(Action::View(ViewAction::Pan(0.5)))));
    let moved = start(window.view(Side::A)) - start(before);
    assert!((moved - before.span_nanos * 0.5).abs() < before.span_nanos * 1e-6, "{moved}");
    window.key(Modifiers::NONE, Key::L);
    assert!(!window.pair().is_linked);
    let before = (window.view(Side::A), window.view(Side::B));
    window.act(Action::On(window.side(Side::A).id, Box::new(Action::View(ViewAction::Pan(-0.2)))));
    assert_ne!(window.view(Side::A), before.0);
    // With A in front other panels have room, which may cut what is in view at the right.
    assert_eq!(start(window.view(Side::B)), start(before.1));
}

#[test]
fn times_are_aligned_in_four_ways_and_by_hand() {
    let mut window = comparing(BUG, FIXED);
    let offset = |window: &Window| window.pair().offset_nanos(window.side(Side::A), window.side(Side::B));
    assert_eq!(offset(&window), 0.0);
    window.pair_act(ComparisonAction::Offset(2_500_000.0));
    assert!((offset(&window) - 2_500_000.0).abs() < 1.0);
    assert!(
        (start(window.view(Side::A))
            - window.side(Side::A).trace.range().start.0 as f64
            - (start(window.view(Side::B)) - window.side(Side::B).trace.range().start.0 as f64)
            - 2_500_000.0)
            .abs()
            < 1.0
    );
    // B is moved along A, also where B is in front.
    let (id, before) = (window.side(Side::B).id, window.view(Side::A));
    window.act(ViewAction::Zoom { factor: 0.25, at: None }).act(FileAction::Activate(id));
    let zoomed = window.view(Side::A);
    window.pair_act(ComparisonAction::Offset(1_500_000.0));
    assert_eq!(window.view(Side::A), zoomed);
    window.act(ViewAction::ShowAll);
    assert!(window.view(Side::A).span_nanos >= before.span_nanos * 0.9);
    window.press("Equal length");
    assert_eq!(window.pair().align, Align::Stretch);
    let part =
        |window: &Window, side: Side| window.view(side).span_nanos / window.side(side).trace.range().nanos() as f64;
    assert!((part(&window, Side::A) - part(&window, Side::B)).abs() < 1e-6);
    // Anchors want something selected on both sides.
    window.press("Anchors");
    assert_eq!(window.pair().align, Align::Stretch, "nothing is selected yet");
    assert!(window.shows("Select a span in A first"));
    for side in Side::BOTH {
        let document = window.side(side);
        let (id, from) = (document.id, document.trace.range().start.plus_nanos(1_000_000 * (1 + side.at() as i64)));
        let range = TimeRange::new(from, from.plus_nanos(500_000));
        window.act(Action::On(id, Box::new(Action::Select(SelectAction::Mark(Some(range))))));
    }
    window.key(Modifiers::SHIFT, Key::L);
    assert_eq!(window.pair().align, Align::Anchors);
    assert!((offset(&window) + 1_000_000.0).abs() < 1.0, "{}", offset(&window));
    window.press("Starts");
    assert_eq!(offset(&window), 0.0);
}

#[test]
fn a_row_shows_its_slowest_instances_beside_each_other() {
    let mut window = comparing(BUG, FIXED);
    let found = window.changes();
    let rank = found.found.changes.iter().position(|change| change.a.is_some() && change.b.is_some()).expect("a pair");
    let name = found.found.changes[rank].name.clone();
    let kind = found.found.changes[rank].kind.name();
    window.press(&format!("{kind} · {name}"));
    let row = window.pair().row.clone().expect("a row is chosen");
    assert_eq!(row.name, name);
    assert_eq!(window.pair().align, Align::Anchors, "aligned at zero");
    for side in Side::BOTH {
        let document = window.side(side);
        let place = found.found.changes[rank].places[side.at()].expect("on both sides");
        let slowest = found.measured[side.at()].rows[place].1.slowest().next().expect("an instance");
        assert_eq!(document.marked, Some(slowest.range));
        assert_ne!(document.selection, Selection::None);
        let view = window.view(side);
        let at = (slowest.range.start.0 as f64 - view.start_nanos) / view.span_nanos;
        assert!((0.05..0.3).contains(&at), "{side:?} begins at {at}");
    }
    assert!(window.shows(Panel::Difference.title()) && window.shows("Most typical"), "{:?}", window.words());
    assert!(window.shows("Median · "), "the figures are read out");
    assert_eq!(window.lane(), window.side(Side::A).selection.lane(), "A stays in front");
    window.press("Most typical");
    window.press("Cumulative");
    assert!(window.shows("Cumulative"));
}

#[test]
fn rows_are_filtered_by_side_kind_and_name() {
    let mut window = comparing(BUG, FIXED);
    let found = window.changes();
    let only_a = found.found.changes.iter().find(|change| change.b.is_none()).expect("a row only in A").name.clone();
    let both = found.found.changes.iter().find(|change| change.a.is_some() && change.b.is_some()).expect("a pair");
    window.press("Only in A");
    assert!(window.shows(&only_a));
    let row = format!("{} · {}", both.kind.name(), both.name);
    assert!(!window.shows(&row), "rows of both are not among those");
    window.press("All rows");
    assert!(window.shows(&row));
    window.press("Sort by Change");
    window.press("Per second").press("Per CPU second");
    assert_eq!(window.pair().per, Divisor::CpuSecond);
    assert_ne!(window.changes().units, found.units, "divided by something else");
    assert!(window.words().iter().all(|word| !word.contains("NaN") && !word.contains("inf ")));
}

#[test]
fn a_match_is_corrected_by_hand_and_taken_back() {
    let mut window = comparing(BUG, FIXED);
    let before = window.changes();
    let change = before.found.changes.iter().find(|change| change.a.is_some() && change.b.is_some()).expect("a pair");
    let (kind, name) = (change.kind, change.name.clone());
    window.press(&format!("{} · {name}", kind.name()));
    window.press_as(Role::Link, "Not the same");
    let apart = window.changes();
    let alone = |found: &Changes| found.found.changes.iter().filter(|row| row.kind == kind && row.name == name).count();
    assert_eq!((alone(&before), alone(&apart)), (1, 2), "one only in A, one only in B");
    window.press_as(Role::Link, "Undo all corrections");
    assert_eq!(alone(&window.changes()), 1);
}

#[test]
fn each_side_can_be_limited_and_swapped() {
    let mut window = comparing(BUG, FIXED);
    let whole = window.changes();
    let range = window.side(Side::A).trace.range();
    let half = TimeRange::new(range.start.plus_nanos(range.nanos() / 2), range.end);
    let id = window.side(Side::A).id;
    window.act(Action::On(id, Box::new(Action::Select(SelectAction::Mark(Some(half))))));
    window.press_as(Role::Link, "Count only the mark");
    assert_eq!(window.limits(), [Some(half), None]);
    let limited = window.changes();
    assert_eq!(limited.measured[0].nanos, half.nanos().unsigned_abs());
    assert_eq!(limited.measured[1].nanos, whole.measured[1].nanos);
    window.press_as(Role::Link, "All of A");
    assert_eq!(window.changes().measured[0].nanos, whole.measured[0].nanos);
    let sides = window.pair().sides;
    window.key(Modifiers::NONE, Key::X);
    assert_eq!(window.pair().sides, [sides[1], sides[0]]);
    assert_eq!(window.changes().measured[0].nanos, whole.measured[1].nanos);
    window.press("End the comparison");
    assert!(window.state().pair.is_none() && window.state().documents.len() == 2);
    assert!(!window.shows("Timeline B"));
}

#[test]
fn every_picture_opens_and_says_what_it_shows() {
    let mut window = comparing(BUG, FIXED);
    window.act(PanelAction::OpenPanel(Panel::DifferenceFlame));
    assert!(window.shows("Difference flame graph"));
    assert!(window.words().iter().any(|word| word.contains(" → ") && word.contains("main.")), "boxes have names");
    window.press("On CPU: samples");
    assert!(window.shows("more in B"));
    window.act(PanelAction::OpenPanel(Panel::Both));
    assert!(window.shows("States of A over time") && window.shows("States of B over time"));
    window.press("Goroutines alive");
    assert!(window.shows("Goroutines alive"));
    assert!(window.words().iter().any(|word| word.contains("Go.func1 · main.play")), "{:?}", window.words());
    window.press("Heap and GC");
    assert!(window.shows("STW pauses"));
    assert!(window.shows("Minimum mutator utilisation"), "the curves of both on one plot");
    let findings =
        window.0.get_all_by_role_and_label(Role::Button, "Findings").last().map(|chip| chip.click_accesskit());
    assert!(findings.is_some());
    window.0.run();
    assert!(window.shows("Jump to it") || window.shows("Gone"), "{:?}", window.words());
}

#[test]
fn a_trace_compared_with_itself_differs_nowhere() {
    let mut window = Window::empty();
    let path = real("workers-go1.27.trace");
    let copy = tempfile::tempdir().expect("a folder");
    let other = copy.path().join("same.trace");
    std::fs::copy(&path, &other).expect("a copy");
    window.act(FileAction::Open(path.clone()));
    window.act(ComparisonAction::CompareWith(path));
    assert!(window.state().pair.is_none() && window.shows("this is the same one"));
    window.act(ComparisonAction::CompareWith(other));
    let found = window.changes();
    assert!(found.found.changes.iter().all(|change| !change.is_significant && change.impact == 0.0));
    assert!(window.shows("No significant difference"));
    window.act(PanelAction::OpenPanel(Panel::DifferenceFlame));
    assert!(window.shows("No difference") || found.off_cpu.nodes.iter().all(|node| node.width() == 0.0));
}

#[test]
fn traces_of_other_kinds_are_compared_as_far_as_they_can_be() {
    for (a, b) in [
        ("tasks-go1.21.trace", "tasks-go1.27.trace"),
        ("workers-go1.27.trace", "tasks-go1.27.trace"),
        ("flightwindow-go1.27.trace", "workers-go1.27.trace"),
        ("empty-go1.27.trace", "workers-go1.27.trace"),
    ] {
        let mut window = comparing(a, b);
        assert!(!window.changes().found.verdict.is_empty(), "{a} {b}");
        let compared = [Needs::Comparison, Needs::Row, Needs::Series];
        for panel in Panel::ALL.iter().copied().filter(|panel| compared.contains(&panel.info().needs)) {
            window.act(PanelAction::OpenPanel(panel));
        }
        assert!(window.words().iter().all(|word| !word.contains("NaN")), "{a} {b}");
    }
}

/// A file as the desktop drops it.
#[derive(Debug)]
struct Dropped(PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|error| error.to_string())
    }
}

#[test]
fn a_file_dropped_on_an_open_trace_offers_to_compare() {
    let mut window = Window::empty();
    window.act(FileAction::Open(real(BUG)));
    window.0.input_mut().dropped_files = vec![Arc::new(Dropped(real(FIXED)))];
    window.0.run();
    assert_eq!(window.state().documents.len(), 1, "nothing is opened yet");
    window.press("Compare with guessnumber-bug");
    assert!(window.state().shown_pair().is_some() && window.state().dropped.is_none());
    // Two open documents are paired by a key as well.
    window.pair_act(ComparisonAction::Leave);
    window.key(Modifiers::SHIFT, Key::C);
    assert!(window.state().shown_pair().is_some());
    // A closed side ends it.
    window.act(FileAction::CloseDocument(DocumentId(1)));
    assert!(window.state().pair.is_none());
    assert_eq!(window.state().documents.len(), 1);
}

fn series(window: &Window) -> Arc<SeriesChanges> {
    let query = window.pair().series_query(&window.state().documents).expect("a series");
    Arc::clone(window.pair().queries.answer(&query).expect("compared"))
}

#[test]
fn three_traces_are_a_series_of_which_two_are_on_show() {
    const THIRD: &str = "guessnumber-bug-go1.26.trace";
    let mut window = comparing(BUG, FIXED);
    window.act(ComparisonAction::AddToComparison(real(THIRD)));
    assert!(window.shows(Panel::Series.title()) && window.shows("First to last"), "{:?}", window.words());
    let found = series(&window);
    assert_eq!((found.measured.len(), found.found.steps.len()), (3, 2));
    assert!(found.found.steps[0].verdict[0].contains("trace 2"), "{}", found.found.steps[0].verdict[0]);
    assert!(window.words().iter().all(|word| !word.contains("NaN") && !word.contains("inf ")));
    // The third one below: its own changes, the same series.
    let ids: Vec<DocumentId> = window.pair().series.clone();
    window.press("3 guessnumber-bug");
    assert_eq!(window.pair().sides, [ids[0], ids[2]]);
    assert_eq!(window.side(Side::B).source.title(), THIRD);
    assert!(Arc::ptr_eq(&series(&window), &found));
    let views = Side::BOTH.map(|side| window.view(side).span_nanos);
    assert!((views[0] - views[1]).abs() < 1.0, "one zoom: {views:?}");
    // A row shows its slowest instances in those two.
    let row = found.found.rows.iter().find(|row| row.places[0].is_some() && row.places[2].is_some());
    let row = row.expect("a row of the first and the third");
    window.act(PanelAction::OpenPanel(Panel::Series)).press(&format!("{} · {}", row.kind.name(), row.name));
    assert_eq!(window.pair().row.as_ref().map(|known| known.name.as_str()), Some(row.name.as_str()));
    assert!(Side::BOTH.iter().all(|side| window.side(*side).marked.is_some()));
    // Two that are left are no series.
    window.key(Modifiers::NONE, Key::N);
    assert_eq!(window.pair().sides, [ids[0], ids[1]]);
    window.act(FileAction::CloseDocument(ids[1]));
    assert_eq!((window.pair().sides, window.pair().series.len()), ([ids[0], ids[2]], 0));
    assert!(!window.shows("First to last"));
    assert!(window.changes().measured[1].nanos == found.measured[2].nanos);
}

#[test]
fn what_the_command_line_asked_for_is_done_once_both_are_there() {
    let mut window = comparing(BUG, FIXED);
    let stretch = Some([Some(10_000_000), Some(30_000_000)]);
    let pending_align = PendingAlign { align: Align::Stretch, anchor: None, stretches: [stretch, None] };
    window.pair_act(ComparisonAction::PendingAlign(pending_align));
    let start = window.side(Side::A).trace.range().start;
    let range = TimeRange::new(start.plus_nanos(10_000_000), start.plus_nanos(30_000_000));
    assert_eq!((window.pair().align, window.limits()), (Align::Stretch, [Some(range), None]));
    assert_eq!(window.changes().measured[0].nanos, 20_000_000);
    // Named things are looked up on both sides, and zero of the stretches lies there.
    let mut window = comparing("tasks-go1.25.trace", "tasks-go1.27.trace");
    let anchor = Anchor::Task("cook".to_owned());
    let stretches = [None, Some([Some(0), None])];
    window.pair_act(ComparisonAction::PendingAlign(PendingAlign {
        align: Align::Anchors,
        anchor: Some(anchor.clone()),
        stretches,
    }));
    let first = Side::BOTH.map(|side| match window.side(side).queries.answer(&ask::Anchor(anchor.clone())) {
        Some(Some(time)) => *time,
        other => panic!("no first task: {other:?}"),
    });
    assert_eq!((window.pair().align, window.pair().anchors), (Align::Anchors, first.map(Some)));
    assert_eq!(window.limits()[1].map(|range| range.start), Some(first[1]));
    // What is missing is said.
    let pending_align = PendingAlign {
        align: Align::Anchors,
        anchor: Some(Anchor::Log("no such message".to_owned())),
        ..PendingAlign::default()
    };
    window.pair_act(ComparisonAction::PendingAlign(pending_align));
    assert!(window.shows("A has no log message"), "{:?}", window.words());
}

#[test]
fn any_instant_of_either_side_can_be_an_anchor() {
    let mut window = comparing(BUG, FIXED);
    let at =
        Side::BOTH.map(|side| window.side(side).trace.range().start.plus_nanos(7_000_000 * (1 + side.at() as i64)));
    window.pair_act(ComparisonAction::Anchor(Side::B, at[1]));
    assert_eq!(window.pair().align, Align::Start, "one is not enough");
    assert!(window.shows("Now choose the instant of A"));
    window.pair_act(ComparisonAction::Anchor(Side::A, at[0]));
    assert_eq!((window.pair().align, window.pair().anchors), (Align::Anchors, at.map(Some)));
    let offset = window.pair().offset_nanos(window.side(Side::A), window.side(Side::B));
    assert!((offset + 7_000_000.0).abs() < 1.0, "{offset}");
}

#[test]
fn a_path_is_typed_where_there_is_no_dialog() {
    let mut window = Window::open(&format!("real/{BUG}"), Panel::Details);
    window.act(FileAction::AskPath(FieldFor::Compare));
    assert_eq!(window.state().field_for, FieldFor::Compare);
    assert!(window.shows("Close the field"), "{:?}", window.words());
    window.act(FileAction::OpenTyped(real(FIXED).display().to_string()));
    assert!(window.state().shown_pair().is_some() && window.state().path_field.is_none());
    window.answer(&ask::Findings);
    window
        .act(FileAction::AskPath(FieldFor::Add))
        .act(FileAction::OpenTyped(real("gc-go1.27.trace").display().to_string()));
    assert_eq!(window.pair().series.len(), 3);
}

#[test]
fn names_are_looked_up_on_both_sides_and_aligned() {
    let mut window = comparing("tasks-go1.25.trace", "tasks-go1.27.trace");
    window.act(PanelAction::OpenPanel(Panel::Find));
    assert!(window.shows("Type part of a name"), "{:?}", window.words());
    window.0.get_by_role_and_label(Role::TextInput, "Find").focus();
    window.0.run();
    window.0.get_by_role_and_label(Role::TextInput, "Find").type_text("order");
    window.0.run();
    for side in Side::BOTH {
        let asked = ask::Find("order".to_owned());
        let found = window.side(side).queries.answer(&asked).expect("it was asked");
        assert!(found.count > 0, "{side:?}");
    }
    let middle = 720.0;
    for is_left in [true, false] {
        let on_side = |rect: egui::Rect| (rect.center().x < middle) == is_left;
        let rows = window.0.get_all_by_role(Role::Button);
        let row =
            rows.filter(|node| node.accesskit_node().label().is_some_and(|name| name.starts_with("task · order")));
        row.into_iter().find(|row| on_side(row.rect())).expect("a row on each side").click_accesskit();
        window.0.run();
        {
            let mut links = window.0.get_all_by_role_and_label(Role::Link, "Align here");
            links.find(|link| on_side(link.rect())).expect("a link for the selected row").click_accesskit();
        }
        window.0.run();
    }
    assert_eq!(window.pair().align, Align::Anchors);
    // A click on a row goes there on its own side.
    let before = window.view(Side::A);
    window.press("task · order");
    assert_ne!(window.view(Side::A), before);
}

#[test]
fn what_is_gone_shows_such_a_goroutine_of_the_other_side() {
    let mut window = comparing(BUG, FIXED);
    let before = window.view(Side::B).scroll_points;
    window.press("wait · sync.(*Mutex).Lock in main.main.func2");
    let a = window.side(Side::A);
    let Some(LaneId::Goroutine(waiting)) = a.selection.lane() else { panic!("a goroutine waits") };
    let name = |document: &Document, go| document.trace.goroutine(go).map(|go| document.trace.str(go.name).to_owned());
    let wanted = name(a, waiting);
    let b = window.side(Side::B);
    assert_ne!(b.view.map(|view| view.scroll_points), Some(before), "it is scrolled to");
    assert_eq!(b.selection, Selection::None, "nothing of it is such a wait");
    assert!(window.view(Side::A).span_nanos < a.trace.range().nanos() as f64, "A is zoomed to its wait");
    // One of those in sight has the same start function.
    let view = b.view.expect("a view");
    let layout = b.layout();
    let mut tops = (0..40).filter_map(|step| layout.row_at(view.scroll_points + f64::from(step) * 11.0));
    let is_it = |row: &tracelane::state::row::Row| match row.kind {
        RowKind::Lane(LaneId::Goroutine(go)) => name(b, go) == wanted,
        RowKind::Shared(row) => {
            b.rows.groups().is_some_and(|groups| groups.on_row(row).any(|go| name(b, go) == wanted))
        }
        RowKind::Group(at) => b.rows.groups().is_some_and(|groups| {
            let group = &groups.list()[at as usize];
            groups.on_row(group.first).any(|go| name(b, go) == wanted)
        }),
        _ => false,
    };
    assert!(tops.any(|row| is_it(&row)), "{wanted:?}");
    assert_eq!(window.state().active, Some(window.pair().sides[0]), "A stays in front");
}
