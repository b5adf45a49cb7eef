//! The window played through its accessible names and keys, as a user plays it: the story of the sample
//! (find the goroutine that made the others wait, follow its flows, read its stack, go back), damaged
//! files, files that are no traces.

use egui::{Key, Modifiers};
use trace_core::event::state::GoState;
use trace_core::model::flows::FlowList;
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::Span;
use tracelane::action::action::FileAction;
use tracelane::state::view::Selection;

use crate::fixtures;
use crate::window::Window;

impl Window {
    fn sample() -> Self {
        let mut window = Self::empty();
        window.act(FileAction::OpenSample);
        window
    }

    fn key(&mut self, key: Key, modifiers: Modifiers) {
        self.0.key_press_modifiers(modifiers, key);
        self.0.run();
    }

    /// The selected span.
    fn span(&self) -> Span {
        match self.document().selection {
            Selection::Span(at) => self.document().trace.span(at).expect("the selected span"),
            other => panic!("selected is {other:?}"),
        }
    }

    /// The runtime's id of the goroutine that a span is on.
    fn goroutine(&self, span: &Span) -> u64 {
        let LaneId::Goroutine(idx) = span.at.lane else { panic!("not on a goroutine: {span:?}") };
        self.document().trace.goroutine(idx).expect("the goroutine").id.0
    }
}

/// Which button of the sample is the long wait of the goroutine that sent the report.
const LONG_WAIT: &str = "waiting (select) 111 ms";

#[test]
fn the_sample_tells_who_made_the_requests_wait() {
    let mut window = Window::empty();
    window.press("Open the sample trace");
    // The findings tell at once; here someone looks for himself.
    assert!(window.shows("main.sendReport"));
    window.press("Close Findings");
    assert!(window.document().trace.totals().complete);

    // Looking: one lane waits longest while nothing else runs. What it does afterwards is the next span.
    window.press(LONG_WAIT);
    assert_eq!((window.span().state, window.goroutine(&window.span())), (GoState::Waiting, 13));
    window.key(Key::Period, Modifiers::NONE);
    window.key(Key::Period, Modifiers::NONE);
    let culprit = window.span();
    assert_eq!((culprit.state, window.goroutine(&culprit)), (GoState::Running, 13));

    assert!(window.shows("main.sendReport"), "the stack is not told: {:?}", window.words());

    // Following: it made several others ready. The first one is a request that waited for a mutex.
    let FlowList { flows, total } = window.document().trace.flows_out_of(culprit.at, 100);
    assert!(total >= 4 && flows.len() as u64 == total, "{flows:?}");
    let trace = &window.document().trace;
    assert!(trace.frames(flows[0].stack).any(|frame| frame.function == "main.sendReport"));
    window.key(Key::CloseBracket, Modifiers::NONE);
    let victim = window.span();
    assert_ne!(window.goroutine(&victim), 13);
    assert_eq!(flows[0].to.span, Some(victim.at));
    let waited = window.document().trace.prev_span(victim.at).expect("it waited");
    assert_eq!(window.document().trace.str(waited.reason), "sync");

    // And back: the incoming flow leads to the culprit, as does the history.
    window.key(Key::OpenBracket, Modifiers::NONE);
    assert_eq!(window.span().at, culprit.at);
    window.key(Key::ArrowLeft, Modifiers::ALT);
    assert_eq!(window.span().at, victim.at);
    window.key(Key::ArrowLeft, Modifiers::ALT);
    assert_eq!(window.span().at, culprit.at);
    window.key(Key::ArrowRight, Modifiers::ALT);
    assert_eq!(window.span().at, victim.at);
    window.key(Key::Escape, Modifiers::NONE);
    assert_eq!(window.document().selection, Selection::None);
}

#[test]
fn a_lane_is_selected_by_its_name_and_told_about() {
    let mut window = Window::sample();
    window.press("Close Findings");
    window.press("G13 main.main.func3");
    let selected = window.lane();
    assert_eq!(selected.map(|lane| matches!(lane, LaneId::Goroutine(_))), Some(true));
    window.key(Key::F, Modifiers::NONE);
    assert!(window.shows("main.main.func3"));
}

#[test]
fn keys_zoom_and_pan() {
    let mut window = Window::sample();
    let whole = window.document().view.expect("a view");
    window.key(Key::W, Modifiers::NONE);
    let closer = window.document().view.expect("a view");
    assert!(closer.span_nanos < whole.span_nanos, "{closer:?} {whole:?}");
    window.key(Key::D, Modifiers::NONE);
    let later = window.document().view.expect("a view");
    assert!(later.start_nanos > closer.start_nanos, "{later:?} {closer:?}");
    assert!((later.span_nanos - closer.span_nanos).abs() < 1.0);
    window.key(Key::F, Modifiers::SHIFT);
    let again = window.document().view.expect("a view");
    assert!((again.span_nanos / whole.span_nanos - 1.0).abs() < 0.1, "{again:?} {whole:?}");
}

#[test]
fn the_sheet_of_keys_opens_and_closes() {
    let mut window = Window::sample();
    window.0.event(egui::Event::Text("?".to_owned()));
    window.key(Key::Questionmark, Modifiers::SHIFT);
    assert!(window.0.state().state().help_open);
    assert!(window.shows("Follow outgoing flow"));
    window.key(Key::Escape, Modifiers::NONE);
    assert!(!window.0.state().state().help_open);
}

#[test]
fn a_damaged_trace_opens_and_says_so() {
    let path = fixtures::data().join("broken/cut-mid-batch-go1.27.trace");
    let mut window = Window::empty();
    window.act(FileAction::Open(path));
    assert!(window.document().trace.totals().events > 0);
    assert!(window.shows("G1 main.main") || window.shows("G1 runtime.main"), "{:?}", window.words());
    assert!(window.shows("damaged") || window.shows("warning"), "{:?}", window.words());
}

#[test]
fn a_file_that_is_no_trace_gets_a_sentence() {
    let path = fixtures::data().join("broken/no-trace-log.trace");
    let mut window = Window::empty();
    window.act(FileAction::Open(path));
    assert!(window.shows("it begins with text"), "{:?}", window.words());
    assert!(!window.shows("Goroutines"), "{:?}", window.words());
}
