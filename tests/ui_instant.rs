//! The instant view: everything at one moment, steps to the next change, two moments compared, and the dump.

use egui::{Key, Modifiers};
use trace_core::analysis::instant::{instant, next_change};
use trace_core::base::monitor::Monitor;
use trace_core::event::state::GoState;
use tracelane::action::action::InstantAction;
use tracelane::action::panel::Panel;
use tracelane::report::goroutine_dump::dump;
use tracelane::state::instant::Moment;

use crate::window::Window;

const WORKERS: &str = "real/workers-go1.27.trace";

fn moment(window: &Window) -> Moment {
    window.document().instant.expect("a moment")
}

#[test]
fn a_key_shows_everything_at_one_moment_and_steps_to_the_next_change() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    window.0.key_press(Key::I);
    window.0.run();
    let trace = std::sync::Arc::clone(&window.document().trace);
    let at = moment(&window).at;
    let found = instant(&trace, at, &Monitor::new()).expect("not cancelled");
    assert!(found.count() > 3);
    assert!(window.shows(&format!("Running {}", found.running.len())), "{:?}", window.words());
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::Period);
    window.0.run();
    let later = moment(&window).at;
    assert_eq!(Some(later), next_change(&trace, at, true));
    assert!(later > at);
    window.0.key_press_modifiers(Modifiers::COMMAND, Key::Comma);
    window.0.run();
    assert!(moment(&window).at < later);
}

#[test]
fn two_moments_are_compared() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    let range = window.document().trace.range();
    let at = |part: i64| range.start.plus_nanos(range.nanos() / 8 * part);
    window.act(InstantAction::Show(Some(at(2)))).act(InstantAction::Compare(true));
    window.act(InstantAction::Show(Some(at(5))));
    assert_eq!(moment(&window), Moment { at: at(5), against: Some(at(2)) });
    window.press("Changes within");
    assert!(window.shows("compared with"));
    window.act(InstantAction::Swap);
    assert_eq!(moment(&window), Moment { at: at(2), against: Some(at(5)) });
    window.act(InstantAction::Compare(false));
    assert!(!window.shows("compared with"));
    window.act(InstantAction::Close);
    assert!(window.shows("Press I with the pointer"));
}

#[test]
fn a_moment_is_copied_as_go_prints_goroutines() {
    let mut window = Window::open(WORKERS, Panel::Goroutines);
    window.act(InstantAction::Show(None)).act(InstantAction::CopyDump);
    assert!(window.shows("Copied"));
    let trace = &window.document().trace;
    let found = instant(trace, moment(&window).at, &Monitor::new()).expect("not cancelled");
    let text = dump(trace, &found);
    let heads: Vec<&str> = text.lines().filter(|line| line.starts_with("goroutine ")).collect();
    assert_eq!(heads.len(), found.count());
    assert!(heads.iter().all(|line| line.ends_with("]:")), "{heads:?}");
    let running = found.all().filter(|present| present.state == GoState::Running).count();
    assert_eq!(heads.iter().filter(|line| line.contains("[running")).count(), running);
    // Each frame is a function with its file and line below it.
    let frames = text.lines().filter(|line| line.ends_with("(...)")).count();
    assert!(frames > 0 && text.lines().filter(|line| line.starts_with('\t')).count() >= frames);
}
