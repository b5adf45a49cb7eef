//! Pictures of the window, drawn on the CPU and compared with committed ones: welcome, timeline, panels,
//! dark and light, at one and two pixels per point. How they are compared and made anew: `support/picture.rs`.

use trace_core::base::ids::GoId;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{Action, FileAction, PanelAction, SelectAction, ViewAction};
use tracelane::action::panel::Panel;
use tracelane::raster::window::OffscreenWindow;
use tracelane::shell::app::TracelaneApp;
use tracelane::state::settings::{Settings, ThemeChoice};
use tracelane::theme::tokens;

use crate::fixtures;
use crate::picture;

/// A window of this size in points, theme and pixels per point; and what is done in it once it stands.
struct Shot {
    size: [f32; 2],
    theme: ThemeChoice,
    scale: f32,
}

impl Shot {
    /// Opens the window, does `before`, then what `then` makes of it, and compares the picture.
    fn take(&self, name: &str, before: Vec<Action>, then: impl FnOnce(&TracelaneApp) -> Vec<Action>) {
        let settings = Settings { theme: self.theme, animate: false, ..Settings::default() };
        let mut app = TracelaneApp::new_headless(settings);
        let mut window = OffscreenWindow::new(self.size.into(), self.scale);
        for actions in [before, Vec::new()] {
            settle(&mut window, &mut app, actions);
        }
        let actions = then(&app);
        settle(&mut window, &mut app, actions);
        let image = window.paint(tokens::of(window.ctx()).background);
        picture::assert_same(name, &image, &picture::twin(window.shapes()));
    }
}

fn settle(window: &mut OffscreenWindow, app: &mut TracelaneApp, actions: Vec<Action>) {
    for action in actions {
        app.push(action);
    }
    window.settle(|ui| {
        app.logic(ui.ctx());
        app.ui(ui);
    });
}

/// Shows the end of the sample and selects what its goroutine 13 does 0.1 ms before: it ends the wait of others.
fn culprit(app: &TracelaneApp) -> Vec<Action> {
    let trace = &app.state().document().expect("the sample").trace;
    let end = trace.range().end;
    let idx = trace.goroutine_by_id(GoId(13)).expect("goroutine 13");
    let span = trace.span_at(LaneId::Goroutine(idx), end.plus_nanos(-95_000)).expect("a span");
    vec![
        Action::Select(SelectAction::SelectSpan(span.at)),
        Action::View(ViewAction::Reveal { lane: span.at.lane, time: None }),
        Action::View(ViewAction::ShowRange(TimeRange::new(end.plus_nanos(-200_000), end))),
    ]
}

#[test]
fn welcome_in_the_dark() {
    Shot { size: [960.0, 640.0], theme: ThemeChoice::Dark, scale: 1.0 }.take("welcome", Vec::new(), |_| Vec::new());
}

#[test]
fn welcome_in_the_light_on_a_fine_screen() {
    let shot = Shot { size: [720.0, 480.0], theme: ThemeChoice::Light, scale: 2.0 };
    shot.take("welcome-light-2x", Vec::new(), |_| Vec::new());
}

#[test]
fn timeline_in_the_dark() {
    let shot = Shot { size: [1100.0, 700.0], theme: ThemeChoice::Dark, scale: 1.0 };
    shot.take("timeline", vec![Action::File(FileAction::OpenSample)], |_| Vec::new());
}

#[test]
fn timeline_in_the_light() {
    let shot = Shot { size: [1100.0, 700.0], theme: ThemeChoice::Light, scale: 1.0 };
    shot.take("timeline-light", vec![Action::File(FileAction::OpenSample)], |_| Vec::new());
}

#[test]
fn timeline_on_a_fine_screen() {
    let shot = Shot { size: [720.0, 480.0], theme: ThemeChoice::Dark, scale: 2.0 };
    shot.take("timeline-2x", vec![Action::File(FileAction::OpenSample)], |_| Vec::new());
}

#[test]
fn panels_in_the_dark() {
    let shot = Shot { size: [1200.0, 760.0], theme: ThemeChoice::Dark, scale: 1.0 };
    shot.take("panels", vec![Action::File(FileAction::OpenSample)], culprit);
}

#[test]
fn panels_in_the_light_on_a_fine_screen() {
    let shot = Shot { size: [1000.0, 640.0], theme: ThemeChoice::Light, scale: 2.0 };
    shot.take("panels-light-2x", vec![Action::File(FileAction::OpenSample)], culprit);
}

#[test]
fn findings_in_the_dark() {
    let path = fixtures::data().join("real/guessnumber-bug-go1.27.trace");
    let shot = Shot { size: [1100.0, 700.0], theme: ThemeChoice::Dark, scale: 1.0 };
    shot.take("findings", vec![Action::File(FileAction::Open(path))], |_| Vec::new());
}

#[test]
fn a_wait_chain_in_the_light() {
    let shot = Shot { size: [1200.0, 760.0], theme: ThemeChoice::Light, scale: 1.0 };
    shot.take("wait-chain-light", vec![Action::File(FileAction::OpenSample)], |app| {
        let trace = &app.state().document().expect("the sample").trace;
        let idx = trace.goroutine_by_id(GoId(13)).expect("goroutine 13");
        let wait = trace.span_at(LaneId::Goroutine(idx), trace.range().end.plus_nanos(-50_000_000)).expect("a span");
        vec![
            Action::Select(SelectAction::SelectSpan(wait.at)),
            Action::View(ViewAction::Reveal { lane: wait.at.lane, time: None }),
            Action::Panel(PanelAction::OpenPanel(Panel::WaitChain)),
        ]
    });
}

#[test]
fn damage_is_shown() {
    let path = fixtures::data().join("broken/zeroed-block-go1.27.trace");
    let shot = Shot { size: [960.0, 480.0], theme: ThemeChoice::Dark, scale: 1.0 };
    shot.take("damage", vec![Action::File(FileAction::Open(path))], |_| Vec::new());
}
