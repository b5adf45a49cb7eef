//! Bookmarks with notes, and pins that are kept along with them.

use egui::Key;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{Action, BookmarkAction, RowsAction, SelectAction, WorkerAction};
use tracelane::action::panel::Panel;
use tracelane::state::bookmarks::{Bookmark, Notes, StoredPin};
use tracelane::state::pinned::Pin;
use tracelane::state::view::Selection;

use crate::window::Window;

const WORKERS: &str = "real/workers-go1.27.trace";

fn bookmarks(window: &Window) -> &[Bookmark] {
    &window.document().noted.notes.bookmarks
}

#[test]
fn what_is_selected_is_bookmarked_with_a_note_and_gone_back_to() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    let trace = std::sync::Arc::clone(&window.document().trace);
    let go = trace.goroutine_by_id(trace_core::base::ids::GoId(1)).expect("main");
    let lane = LaneId::Goroutine(go);
    let span = trace.spans(lane, trace.range()).nth(1).expect("a span");
    window.act(SelectAction::GoTo(span.at));
    window.0.key_press(Key::B);
    window.0.run();
    let [bookmark] = bookmarks(&window) else { panic!("one: {:?}", bookmarks(&window)) };
    assert_eq!((bookmark.lane.as_str(), bookmark.range(trace.range())), ("g1", span.range));
    window.act(BookmarkAction::Note(0, "here it stops".to_owned()));
    assert!(window.shows("here it stops"), "{:?}", window.words());
    window.act(SelectAction::ClearSelection).act(BookmarkAction::GoTo(0));
    assert_eq!(window.document().selection, Selection::Span(span.at));
    assert!(window.shows("Bookmark at ") && window.shows(": here it stops"), "its flag is on the ruler");
    window.press("Remove the bookmark at");
    assert!(bookmarks(&window).is_empty());
    assert!(window.shows("Press B to bookmark"));
}

#[test]
fn notes_that_were_kept_come_back_and_new_ones_stay() {
    let mut window = Window::open(WORKERS, Panel::Bookmarks);
    window.act(BookmarkAction::Add);
    let id = window.document().id;
    let kept = Bookmark { start_ns: 1_000, end_ns: 1_000, note: "from before".to_owned(), ..Bookmark::default() };
    let wild = Bookmark { start_ns: i64::MIN, end_ns: i64::MAX, lane: "g99999999".to_owned(), ..Bookmark::default() };
    let notes = Notes {
        bookmarks: vec![kept, wild],
        pins: vec![StoredPin::Lane("g1".to_owned()), StoredPin::Lane("nonsense".to_owned())],
    };
    window.act(Action::Worker(WorkerAction::NotesRead(id, "key".to_owned(), notes)));
    assert_eq!(bookmarks(&window).len(), 3);
    assert!(bookmarks(&window).is_sorted_by_key(|bookmark| bookmark.start_ns));
    assert!(window.shows("from before"));
    assert_eq!(window.document().pins.len(), 1, "what is no lane of this trace is left out");
    // Times outside of the trace are its edges, and a lane that is not there is none.
    for at in 0..3 {
        window.act(BookmarkAction::GoTo(at));
    }
    let trace = std::sync::Arc::clone(&window.document().trace);
    let range = trace.range();
    assert!(bookmarks(&window).iter().all(|bookmark| {
        let found = bookmark.range(range);
        range.start <= found.start && found.end <= range.end
    }));
}

#[test]
fn pins_are_part_of_what_is_kept() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    let trace = std::sync::Arc::clone(&window.document().trace);
    let go = trace.goroutine_by_id(trace_core::base::ids::GoId(1)).expect("main");
    window.act(RowsAction::TogglePin(Pin::Lane(LaneId::Goroutine(go))));
    assert_eq!(window.document().noted.notes.pins, [StoredPin::Lane("g1".to_owned())]);
    window.act(RowsAction::TogglePin(Pin::Lane(LaneId::Goroutine(go))));
    assert!(window.document().noted.notes.pins.is_empty());
}
