//! Scripts of actions, and the state they lead to.

use std::path::PathBuf;
use std::sync::Arc;

use trace_core::base::monitor::{Monitor, Progress};
use trace_core::event::state::GoState;
use trace_core::load::load_bytes;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use super::reduce;
use crate::action::action::{Action, FileAction, SelectAction, SettingsAction, ViewAction, WorkerAction};
use crate::action::effect::{Effect, WindowEffect};
use crate::state::app::AppState;
use crate::state::document::{Document, DocumentId, LoadState, Source};
use crate::state::edges;
use crate::state::rows::{RowOptions, Rows};
use crate::state::settings::ThemeChoice;
use crate::state::view::{Selection, View};

/// The trace that comes with the program.
const SAMPLE: &[u8] = include_bytes!("../../../../assets/sample.trace");

fn play(state: &mut AppState, actions: impl IntoIterator<Item = Action>) -> Vec<Effect> {
    actions.into_iter().flat_map(|action| reduce(state, action)).collect()
}

fn sample() -> AppState {
    let trace = load_bytes(SAMPLE, &Monitor::new(), &mut |_| {}).expect("the sample is whole");
    let rows = Arc::new(Rows::build(&trace, &RowOptions::default()));
    let mut state = AppState::default();
    play(&mut state, [Action::File(FileAction::Adopt(Source::Sample, trace, rows))]);
    state
}

fn document(state: &AppState) -> &Document {
    state.document().expect("a document")
}

/// A running span that unblocked somebody, and the trace.
fn cause(state: &AppState) -> (trace_core::model::spans::Span, Arc<Trace>) {
    let trace = Arc::clone(&document(state).trace);
    let span = (0..trace.goroutine_count())
        .flat_map(|idx| trace.spans(LaneId::Goroutine(trace_core::base::ids::GoroutineIdx(idx)), trace.range()))
        .find(|span| span.state == GoState::Running && trace.flows_out_of(span.at, 2).total >= 2)
        .expect("somebody unblocks somebody");
    (span, trace)
}

#[test]
fn what_is_copied_cannot_do_anything_in_a_terminal() {
    let copied = |text: &str| match play(&mut AppState::default(), [Action::Copy(text.to_owned())]).pop() {
        Some(Effect::Window(WindowEffect::Copy(text))) => text,
        other => panic!("{other:?}"),
    };
    assert_eq!(copied("main.f(...)\n\t/a/main.go:12\n"), "main.f(...)\n\t/a/main.go:12\n");
    assert_eq!(copied("main.\u{1b}[31m\u{202e}f\r"), "main.\\x1b[31m\\u{202e}f\\r");
}

#[test]
fn opening_an_open_file_activates_it() {
    let mut state = AppState::default();
    let path = PathBuf::from("/t/a.trace");
    let effects = play(
        &mut state,
        [
            Action::File(FileAction::Open(path.clone())),
            Action::File(FileAction::OpenSample),
            Action::File(FileAction::Open(path)),
        ],
    );
    assert_eq!(effects.iter().filter(|effect| matches!(effect, Effect::Load { .. })).count(), 2);
    assert_eq!(state.documents.len(), 2);
    assert_eq!(state.active, Some(DocumentId(0)));
}

#[test]
fn a_file_is_remembered_once_it_could_be_read() {
    let mut state = AppState::default();
    let open = |name: &str| Action::File(FileAction::Open(PathBuf::from(name)));
    play(&mut state, [open("/a"), Action::Worker(WorkerAction::LoadDone(DocumentId(0), Err("it is empty".into())))]);
    assert!(state.settings.recent_files.is_empty());
    assert!(matches!(&document(&state).load, LoadState::Failed(why) if why == "it is empty"));
    play(&mut state, [open("/b"), Action::Worker(WorkerAction::LoadDone(DocumentId(1), Ok(())))]);
    // A failed file is read anew when it is opened again.
    let effects = play(&mut state, [open("/a")]);
    assert!(matches!(effects.as_slice(), [Effect::Load { document: DocumentId(0), .. }]));
    play(&mut state, [Action::Worker(WorkerAction::LoadDone(DocumentId(0), Ok(())))]);
    assert_eq!(state.settings.recent_files, [PathBuf::from("/a"), PathBuf::from("/b")]);
}

#[test]
fn a_cancelled_load_with_nothing_to_show_goes_away() {
    let mut state = AppState::default();
    play(&mut state, [Action::File(FileAction::OpenSample)]);
    let effects = play(&mut state, [Action::File(FileAction::CancelLoad(DocumentId(0)))]);
    assert!(matches!(effects.first(), Some(Effect::Cancel(_))));
    assert!(state.documents.is_empty() && state.active.is_none());
    assert!(state.notice().is_some_and(|notice| notice.contains("Stopped")));
    // What the worker still sends finds nobody.
    play(&mut state, [Action::Worker(WorkerAction::LoadProgress(DocumentId(0), Progress::default()))]);
    play(&mut state, [Action::Worker(WorkerAction::LoadDone(DocumentId(0), Ok(())))]);
    assert!(state.documents.is_empty());
}

#[test]
fn closing_brings_the_neighbour_to_the_front() {
    let mut state = AppState::default();
    let open = |name: &str| Action::File(FileAction::Open(PathBuf::from(name)));
    play(&mut state, [open("/a"), open("/b"), open("/c"), Action::File(FileAction::Activate(DocumentId(1)))]);
    play(&mut state, [Action::File(FileAction::CloseDocument(DocumentId(1)))]);
    assert_eq!(state.active, Some(DocumentId(2)));
    play(&mut state, [Action::File(FileAction::SwitchDocument(1))]);
    assert_eq!(state.active, Some(DocumentId(0)));
    play(
        &mut state,
        [
            Action::File(FileAction::CloseDocument(DocumentId(0))),
            Action::File(FileAction::CloseDocument(DocumentId(2))),
        ],
    );
    assert_eq!(state.active, None);
}

#[test]
fn a_growing_trace_stays_whole_until_the_view_is_moved() {
    let whole = load_bytes(SAMPLE, &Monitor::new(), &mut |_| {}).expect("whole");
    let rows = Arc::new(Rows::build(&whole, &RowOptions::default()));
    let snapshot = |trace: &Arc<Trace>| {
        Action::Worker(WorkerAction::Snapshot(DocumentId(0), Arc::clone(trace), Arc::clone(&rows)))
    };
    let mut state = AppState::default();
    play(&mut state, [Action::File(FileAction::OpenSample), snapshot(&Arc::default()), snapshot(&whole)]);
    assert_eq!(document(&state).view, Some(View::whole(whole.range())));
    let mut state = AppState::default();
    let zoom = Action::View(ViewAction::Zoom { factor: 0.5, at: None });
    play(&mut state, [Action::File(FileAction::OpenSample), snapshot(&whole), zoom]);
    let moved = document(&state).view;
    play(&mut state, [snapshot(&whole)]);
    assert_eq!(document(&state).view, moved);
}

#[test]
fn following_flows_and_going_back_returns_to_the_same_place() {
    let mut state = sample();
    let (span, trace) = cause(&state);
    play(&mut state, [Action::Select(SelectAction::GoTo(span.at))]);
    let before = (document(&state).view, document(&state).selection);
    let flows = edges::outgoing(&trace, span.at).flows;
    play(
        &mut state,
        [
            Action::Select(SelectAction::ChooseFlow { outgoing: true }),
            Action::Select(SelectAction::FollowFlow { outgoing: true }),
        ],
    );
    let there = flows[1].to.span.expect("unblocking begins a span");
    assert_eq!(document(&state).selection, Selection::Span(there));
    // What was unblocked leads back to who did it.
    play(&mut state, [Action::Select(SelectAction::FollowFlow { outgoing: false })]);
    assert_eq!(document(&state).selection, Selection::Span(span.at));
    play(&mut state, [Action::View(ViewAction::Back), Action::View(ViewAction::Back)]);
    assert_eq!((document(&state).view, document(&state).selection), before);
    play(&mut state, [Action::View(ViewAction::Forward)]);
    assert_eq!(document(&state).selection, Selection::Span(there));
}

#[test]
fn going_somewhere_shows_it_with_least_movement() {
    let mut state = sample();
    let (span, _) = cause(&state);
    play(&mut state, [Action::View(ViewAction::LanesHeight(400.0)), Action::Select(SelectAction::GoTo(span.at))]);
    let shown = document(&state).view.expect("a view");
    assert_eq!(shown.span_nanos, View::whole(document(&state).trace.range()).span_nanos, "the zoom stays");
    let row = document(&state).layout().row_of(span.at.lane).expect("a row");
    assert!(row.top >= shown.scroll_points && row.top + row.height <= shown.scroll_points + 400.0);
    play(&mut state, [Action::Select(SelectAction::ClearSelection), Action::Select(SelectAction::GoTo(span.at))]);
    assert_eq!(document(&state).view, Some(shown), "what is in sight stays where it is");
}

#[test]
fn fit_takes_the_selection_first_and_then_everything() {
    let mut state = sample();
    let (span, trace) = cause(&state);
    play(&mut state, [Action::Select(SelectAction::SelectSpan(span.at)), Action::View(ViewAction::FitSelection)]);
    let view = document(&state).view.expect("a view");
    assert!(view.range().start <= span.range.start && view.range().end >= span.range.end);
    assert!(view.span_nanos < trace.range().nanos() as f64 / 2.0);
    play(&mut state, [Action::View(ViewAction::FitSelection)]);
    assert_eq!(document(&state).view.expect("a view").range(), View::whole(trace.range()).range());
}

#[test]
fn steps_walk_along_the_lane_without_filling_the_history() {
    let mut state = sample();
    let (span, trace) = cause(&state);
    play(&mut state, [Action::Select(SelectAction::SelectSpan(span.at))]);
    let places = document(&state).history.back.len();
    play(
        &mut state,
        [
            Action::Select(SelectAction::StepSpan(1)),
            Action::Select(SelectAction::StepSpan(1)),
            Action::Select(SelectAction::StepSpan(-1)),
        ],
    );
    let next = trace.next_span(span.at).expect("it goes on");
    assert_eq!(document(&state).selection, Selection::Span(next.at));
    assert_eq!(document(&state).history.back.len(), places);
}

#[test]
fn scrolling_ends_at_the_last_row() {
    let mut state = sample();
    play(&mut state, [Action::View(ViewAction::LanesHeight(300.0)), Action::View(ViewAction::ScrollRows(1e12))]);
    let content = document(&state).layout().height();
    assert_eq!(document(&state).view.expect("a view").scroll_points, content - 300.0);
    play(&mut state, [Action::View(ViewAction::ScrollRows(-1e12))]);
    assert_eq!(document(&state).view.expect("a view").scroll_points, 0.0);
}

#[test]
fn settings_are_saved_on_change() {
    let mut state = AppState::default();
    let effects = play(
        &mut state,
        [
            Action::Settings(SettingsAction::SetTheme(ThemeChoice::Dark)),
            Action::Settings(SettingsAction::StepScale(1)),
            Action::Settings(SettingsAction::StepScale(1)),
        ],
    );
    assert_eq!(effects.len(), 3);
    assert!(effects.iter().all(|effect| matches!(effect, Effect::SaveSettings)));
    assert_eq!((state.settings.theme, state.settings.ui_scale), (ThemeChoice::Dark, 1.2));
    play(&mut state, [Action::Settings(SettingsAction::StepScale(0))]);
    assert_eq!(state.settings.ui_scale, 1.0);
}

#[test]
fn following_without_a_span_says_what_to_do() {
    let mut state = sample();
    play(&mut state, [Action::Select(SelectAction::FollowFlow { outgoing: true })]);
    assert!(state.notice().is_some_and(|notice| notice.starts_with("Select a span")));
    play(&mut state, [Action::Tick(100.0)]);
    assert_eq!(state.notice(), None);
}

#[test]
fn panels_that_open_do_not_hide_the_selected_lane() {
    let mut state = sample();
    play(&mut state, [Action::View(ViewAction::LanesHeight(600.0))]);
    let layout_row = |state: &AppState, lane| {
        let document = document(state);
        document.layout().row_of(lane).expect("a row")
    };
    let lane = (0..document(&state).trace.goroutine_count())
        .map(|idx| LaneId::Goroutine(trace_core::base::ids::GoroutineIdx(idx)))
        .find(|lane| (400.0..570.0).contains(&layout_row(&state, *lane).top))
        .expect("a lane near the bottom");
    play(&mut state, [Action::Select(SelectAction::SelectLane(lane)), Action::View(ViewAction::LanesHeight(200.0))]);
    let (row, view) = (layout_row(&state, lane), document(&state).view.expect("a view"));
    assert!(row.top >= view.scroll_points && row.top + row.height <= view.scroll_points + 200.0);
}
