//! Tours from an open trace to the cause, without the findings, counted in clicks: a click or a key is one. The counts are
//! those of docs/coming-from.md.

use egui::Key;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::SelectAction;
use tracelane::action::panel::Panel;

use crate::window::Window;

struct Tour {
    window: Window,
    clicks: u32,
}

impl Tour {
    fn of(name: &str) -> Self {
        // Any panel but the findings, which are not looked at.
        Self { window: Window::open(name, Panel::Goroutines), clicks: 0 }
    }

    fn key(&mut self, key: Key) -> &mut Self {
        self.window.0.key_press(key);
        self.window.0.run();
        self.clicks += 1;
        self
    }

    fn click(&mut self, part: &str) -> &mut Self {
        self.window.press(part);
        self.clicks += 1;
        self
    }
}

#[test]
fn from_the_snapshot_of_the_guessing_game_to_the_report_that_holds_the_lock() {
    let mut tour = Tour::of("real/guessnumber-bug-go1.27.trace");
    // The widest wait for a lock on screen: a click anywhere on it.
    let trace = std::sync::Arc::clone(&tour.window.document().trace);
    let gos = (0..trace.goroutine_count()).map(|idx| LaneId::Goroutine(trace_core::base::ids::GoroutineIdx(idx)));
    let waits = gos.flat_map(|lane| trace.spans(lane, trace.range()).collect::<Vec<_>>());
    let of_requests = waits.filter(|span| {
        let name = trace.goroutine_name(span.go).map_or("", |(_, name)| trace.str(name));
        span.class == SpanClass::WaitSync && name == "net/http.(*conn).serve"
    });
    let widest = of_requests.max_by_key(|span| span.range.nanos()).expect("a wait for a lock");
    tour.window.act(SelectAction::SelectSpan(widest.at));
    tour.clicks += 1;
    tour.key(Key::Num8);
    assert!(tour.window.shows("main.sendReport"), "{:?}", tour.window.words());
    assert_eq!(tour.clicks, 2);
}

#[test]
fn from_a_server_with_tasks_to_what_its_slowest_request_waited_for() {
    let mut tour = Tour::of("real/httpserver-go1.27.trace");
    tour.key(Key::Q).click("22.1 ms").click("4.775 ms").key(Key::Num8);
    assert!(tour.window.shows("time.Sleep"), "{:?}", tour.window.words());
    assert_eq!(tour.clicks, 4);
}
