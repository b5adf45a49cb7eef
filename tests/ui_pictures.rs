//! Pictures of the window, drawn on the CPU and compared with committed ones: welcome, timeline, panels,
//! dark and light, at one and two pixels per point. How they are compared and made anew: `support/picture.rs`.

use trace_core::base::ids::{GoId, TaskIdx};
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{
    Action, FileAction, InstantAction, PanelAction, SelectAction, SettingsAction, ViewAction,
};
use tracelane::action::panel::{Needs, Panel};
use tracelane::raster::image::Image;
use tracelane::raster::window::OffscreenWindow;
use tracelane::shell::app::TracelaneApp;
use tracelane::state::settings::{Settings, ThemeChoice};
use tracelane::state::sql::SqlAction;
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

/// Size of the window that shows one panel, points.
const ONE_PANEL: [f32; 2] = [640.0, 280.0];
/// What of that is bars above and below the panel, points.
const BARS: [usize; 2] = [66, 24];

/// The panels of a trace one below the other, in two columns.
fn sheet(pictures: &[Image]) -> Image {
    let (width, height) = (pictures[0].width, pictures[0].height - BARS[0] - BARS[1]);
    let rows = pictures.len().div_ceil(2);
    let mut sheet =
        Image { width: 2 * width, height: rows * height, pixels: vec![[0, 0, 0, 255]; 2 * width * rows * height] };
    for (at, picture) in pictures.iter().enumerate() {
        for y in 0..height {
            let from = (y + BARS[0]) * width;
            let to = ((at / 2) * height + y) * sheet.width + (at % 2) * width;
            sheet.pixels[to..to + width].copy_from_slice(&picture.pixels[from..from + width]);
        }
    }
    sheet
}

#[test]
fn each_panel_in_both_themes() {
    let themes = [ThemeChoice::Dark, ThemeChoice::Light];
    let settings = Settings { theme: themes[0], animate: false, ..Settings::default() };
    let mut app = TracelaneApp::new_headless(settings);
    let mut window = OffscreenWindow::new(ONE_PANEL.into(), 1.0);
    let path = fixtures::data().join("real/httpserver-go1.27.trace");
    settle(&mut window, &mut app, vec![Action::File(FileAction::Open(path))]);
    let trace = &app.state().document().expect("a trace").trace;
    let task = trace.task(TaskIdx(2)).expect("a request");
    let wait =
        trace.spans(LaneId::Goroutine(task.go), trace.range()).max_by_key(|span| span.range.nanos()).expect("a span");
    let middle = wait.range.start.plus_nanos(wait.range.nanos() / 2);
    settle(
        &mut window,
        &mut app,
        vec![Action::Select(SelectAction::SelectSpan(wait.at)), Action::Instant(InstantAction::Show(Some(middle)))],
    );
    let mut pictures = [Vec::new(), Vec::new()];
    let mut twin = String::new();
    let of_a_trace = |panel: &Panel| matches!(panel.info().needs, Needs::Trace | Needs::Selection);
    for panel in Panel::ALL.iter().copied().filter(|panel| *panel != Panel::Timeline && of_a_trace(panel)) {
        let open = [PanelAction::OpenPanel(panel), PanelAction::Maximise(Some(panel))].map(Action::Panel);
        settle(&mut window, &mut app, open.to_vec());
        for (theme, pictures) in themes.into_iter().zip(&mut pictures) {
            settle(&mut window, &mut app, vec![SettingsAction::SetTheme(theme).into()]);
            pictures.push(window.paint(tokens::of(window.ctx()).background));
        }
        twin.push_str(&format!("## {}\n{}", panel.info().id, picture::twin(window.shapes())));
    }
    for (pictures, name) in pictures.iter().zip(["each-panel", "each-panel-light"]) {
        picture::assert_same(name, &sheet(pictures), &twin);
    }
}

/// A query with its answer as a table and as a lane, and the columns of a table.
fn query_shot(theme: ThemeChoice, name: &str) {
    let mut app = TracelaneApp::new_headless(Settings { theme, animate: false, ..Settings::default() });
    let mut window = OffscreenWindow::new([1440.0, 900.0].into(), 1.0);
    let path = fixtures::data().join("real/httpserver-go1.27.trace");
    let open = vec![Action::File(FileAction::Open(path)), Action::Panel(PanelAction::OpenPanel(Panel::Query))];
    settle(&mut window, &mut app, open);
    let id = app.state().document().expect("a trace").id;
    let query = "-- Waits of the program, longest first\n\
                 SELECT g, reason, func(stack_id) AS place, start_ns, duration_ns, stack_id, waker_g\n\
                 FROM waits\nWHERE place LIKE 'main.%' AND duration_ns BETWEEN 50000 AND 2000000\n\
                 ORDER BY duration_ns DESC";
    for action in [SqlAction::Run(query.to_owned()), SqlAction::ToggleTable("goroutines"), SqlAction::ShowLane(true)] {
        settle(&mut window, &mut app, vec![Action::Sql(id, action)]);
    }
    let image = window.paint(tokens::of(window.ctx()).background);
    picture::assert_same(name, &image, &picture::twin(window.shapes()));
}

#[test]
fn a_query_and_its_answer_in_the_dark() {
    query_shot(ThemeChoice::Dark, "query");
}

#[test]
fn a_query_and_its_answer_in_the_light() {
    query_shot(ThemeChoice::Light, "query-light");
}

#[test]
fn damage_is_shown() {
    let path = fixtures::data().join("broken/zeroed-block-go1.27.trace");
    let shot = Shot { size: [960.0, 480.0], theme: ThemeChoice::Dark, scale: 1.0 };
    shot.take("damage", vec![Action::File(FileAction::Open(path))], |_| Vec::new());
}
