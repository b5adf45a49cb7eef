//! Tours from an open trace to the cause, without the findings, counted in clicks: a click or a key is one. The counts are
//! those of docs/coming-from.md.

use egui::Key;
use trace_core::event::kind::EventKind as K;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::testkit::writer::{FrameText, TraceWriter};
use tracelane::action::action::{FileAction, SelectAction};
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
fn one_key_from_the_snapshot_of_the_guessing_game_to_the_report_that_holds_the_lock() {
    let mut tour = Tour::of("real/guessnumber-bug-go1.27.trace");
    tour.key(Key::Num9);
    let words = tour.window.words();
    let first = words.iter().find(|words| words.contains(" \u{b7} ") && words.contains("sync.(*Mutex).Lock"));
    assert!(first.is_some_and(|first| first.contains("main.sendReport")), "{words:?}");
    assert_eq!(tour.clicks, 1);
}

#[test]
fn from_the_lanes_of_the_guessing_game_to_the_report_that_holds_the_lock() {
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

const ANSWER: &[FrameText<'_>] = &[("net/rpc.(*service).call", "/go/src/net/rpc/server.go", 370)];
const LOCK: &[FrameText<'_>] = &[
    ("sync.(*Mutex).Lock", "/go/src/sync/mutex.go", 46),
    ("net/rpc.(*Server).sendResponse", "/go/src/net/rpc/server.go", 352),
    ("net/rpc.(*service).call", "/go/src/net/rpc/server.go", 388),
];
const HOLD: &[FrameText<'_>] = &[
    ("encoding/gob.(*Encoder).Encode", "/go/src/encoding/gob/encoder.go", 200),
    ("net/rpc.(*Server).sendResponse", "/go/src/net/rpc/server.go", 354),
    ("net/rpc.(*service).call", "/go/src/net/rpc/server.go", 388),
];
const UNLOCK: &[FrameText<'_>] = &[
    ("sync.(*Mutex).Unlock", "/go/src/sync/mutex.go", 65),
    ("net/rpc.(*Server).sendResponse", "/go/src/net/rpc/server.go", 358),
    ("net/rpc.(*service).call", "/go/src/net/rpc/server.go", 388),
];

/// As in the benchmark of net/rpc: who sends a response is preempted while it holds the lock that all others wait for.
fn rpc() -> Vec<u8> {
    let mut writer = TraceWriter::new(26);
    let [entry, lock, hold, unlock] = [ANSWER, LOCK, HOLD, UNLOCK].map(|stack| writer.stack(stack));
    let (sync, preempted) = (writer.string("sync"), writer.string("preempted"));
    let mut time = 1_000;
    let mut at = |kind: K, args: &[u64], after: u64| {
        time += after;
        writer.event(0, time, kind, args);
    };
    at(K::PROC_STATUS, &[0, 1], 1);
    at(K::GO_STATUS, &[1, 0, 2], 1);
    for go in 10..15 {
        at(K::GO_CREATE, &[go, entry, 0], 10);
    }
    at(K::GO_STOP, &[preempted, 0], 10);
    at(K::GO_START, &[10, 1], 10);
    at(K::GO_STOP, &[preempted, hold], 100_000);
    for go in 11..15 {
        at(K::GO_START, &[go, 1], 10);
        at(K::GO_BLOCK, &[sync, lock], 1_000);
    }
    // Another one has the proc.
    at(K::GO_START, &[1, 1], 10);
    at(K::GO_STOP, &[preempted, 0], 9_000_000);
    for go in 10..15 {
        at(K::GO_START, &[go, if go == 10 { 2 } else { 3 }], 10);
        if go < 14 {
            at(K::GO_UNBLOCK, &[go + 1, 2, unlock], 50_000);
        }
        at(K::GO_DESTROY, &[], 1_000);
    }
    at(K::GO_START, &[1, 2], 1_000);
    at(K::GO_STOP, &[preempted, 0], 50_000);
    writer.finish()
}

#[test]
fn from_a_server_of_net_rpc_to_what_holds_up_its_responses() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rpc.trace");
    std::fs::write(&path, rpc()).expect("written");
    let mut window = Window::empty();
    window.act(FileAction::Open(path));
    let mut tour = Tour { window, clicks: 0 };
    tour.key(Key::Num9);
    let words = tour.window.words();
    let first = words.iter().find(|words| words.contains(" · ") && words.contains("server.go")).expect("a row");
    assert!(first.contains("rpc.(*Server).sendResponse") && first.contains("sync.(*Mutex).Lock"), "{first}");
    assert!(first.to_lowercase().contains("runnable"), "{first}");
    assert_eq!(tour.clicks, 1);
}
