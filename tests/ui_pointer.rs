//! What the pointer does on the timeline of the sample: wheel, drags, clicks. Each does one thing, and
//! what it does is followed exactly.

use egui::accesskit::Role;
use egui::{Event, Modifiers, MouseWheelUnit, PointerButton, Pos2, Rect, TouchPhase, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{Action, FileAction, RowsAction, ViewAction};
use tracelane::shell::app::TracelaneApp;
use tracelane::state::document::Document;
use tracelane::state::grouping::GroupBy;
use tracelane::state::section::Section;
use tracelane::state::settings::Settings;
use tracelane::state::view::{Selection, View};

struct Window(Harness<'static, TracelaneApp>);

impl Window {
    /// The window with the sample, before anything is selected.
    fn new() -> Self {
        let settings = Settings { animate: false, ..Settings::default() };
        let mut harness = Harness::builder()
            .with_size(egui::vec2(1440.0, 900.0))
            .with_max_steps(1_000)
            .with_step_dt(1.0 / 60.0)
            .build_ui_state(
                |ui, app: &mut TracelaneApp| {
                    app.logic(ui.ctx());
                    app.ui(ui);
                },
                TracelaneApp::new_headless(settings),
            );
        harness.run();
        harness.state_mut().push(Action::File(FileAction::OpenSample));
        harness.run();
        // The sample has a finding; its panel would lie where the lanes are tried.
        harness.get_by_role_and_label(Role::Button, "Close Findings").click_accesskit();
        harness.run();
        Self(harness)
    }

    fn document(&self) -> &Document {
        self.0.state().state().document().expect("a document")
    }

    fn view(&self) -> View {
        self.document().view.expect("a view")
    }

    /// The canvas of the lanes.
    fn lanes(&self) -> Rect {
        self.0.get_by_role_and_label(Role::Canvas, "Timeline").rect()
    }

    fn time_at(&self, x: f32) -> f64 {
        let (view, lanes) = (self.view(), self.lanes());
        view.start_nanos + f64::from((x - lanes.left()) / lanes.width()) * view.span_nanos
    }

    /// The middle of a goroutine's lane, at `x`.
    fn on_goroutine(&self, id: u64, x: f32) -> Pos2 {
        let document = self.document();
        let idx = document.trace.goroutine_by_id(trace_core::base::ids::GoId(id)).expect("the goroutine");
        let row = document.layout().row_of(LaneId::Goroutine(idx)).expect("a row");
        pos2(x, self.lanes().top() + (row.top - self.view().scroll_points) as f32 + 17.0)
    }

    fn wheel(&mut self, at: Pos2, delta: egui::Vec2, modifiers: Modifiers) {
        self.0.hover_at(at);
        self.0.run();
        self.0.event_modifiers(
            Event::MouseWheel {
                unit: MouseWheelUnit::Point,
                delta,
                phase: TouchPhase::Move,
                modifiers,
                source: egui::MouseWheelSource::Unknown,
            },
            modifiers,
        );
        self.0.run();
    }

    fn button(&mut self, at: Pos2, pressed: bool, modifiers: Modifiers) {
        self.0.event_modifiers(
            Event::PointerButton { pos: at, button: PointerButton::Primary, pressed, modifiers },
            modifiers,
        );
        self.0.step();
    }

    fn drag(&mut self, from: Pos2, to: Pos2, modifiers: Modifiers) {
        self.0.hover_at(from);
        self.0.run();
        self.button(from, true, modifiers);
        for step in 1u8..=4 {
            self.0.event_modifiers(Event::PointerMoved(from + (to - from) * (f32::from(step) / 4.0)), modifiers);
            self.0.step();
        }
        self.button(to, false, modifiers);
        self.0.run();
    }

    fn click(&mut self, at: Pos2) {
        self.0.hover_at(at);
        self.0.run();
        self.button(at, true, Modifiers::NONE);
        self.button(at, false, Modifiers::NONE);
        self.0.run();
    }
}

#[test]
fn the_wheel_scrolls_rows_and_zooms_at_the_pointer() {
    let mut window = Window::new();
    let at = window.lanes().center() + vec2(150.0, 0.0);
    let before = window.view();
    window.wheel(at, vec2(0.0, -120.0), Modifiers::NONE);
    assert!((window.view().scroll_points - 120.0).abs() < 0.5, "{:?}", window.view());
    assert_eq!(window.view().start_nanos, before.start_nanos);

    let time = window.time_at(at.x);
    window.wheel(at, vec2(0.0, 200.0), Modifiers::COMMAND);
    assert!(window.view().span_nanos < before.span_nanos * 0.7, "{:?}", window.view());
    let moved = (window.time_at(at.x) - time).abs() / window.view().span_nanos;
    assert!(moved < 1e-4, "the instant under the pointer moved by {moved} of the view");

    let closer = window.view();
    window.wheel(at, vec2(0.0, -50.0), Modifiers::SHIFT);
    assert!(window.view().start_nanos > closer.start_nanos && window.view().span_nanos == closer.span_nanos);
}

#[test]
fn a_drag_pans_exactly() {
    let mut window = Window::new();
    let at = window.lanes().center();
    window.wheel(at, vec2(0.0, 400.0), Modifiers::COMMAND);
    let time = window.time_at(at.x);
    window.drag(at, at + vec2(-200.0, -90.0), Modifiers::NONE);
    let moved = (window.time_at(at.x - 200.0) - time).abs() / window.view().span_nanos;
    assert!(moved < 1e-4, "what was grabbed slipped by {moved} of the view");
    assert!((window.view().scroll_points - 90.0).abs() < 0.5, "{:?}", window.view());
    assert_eq!(window.document().selection, Selection::None);
}

#[test]
fn ctrl_drag_zooms_to_what_was_marked() {
    let mut window = Window::new();
    let at = window.lanes().center();
    let (from, to) = (window.time_at(at.x), window.time_at(at.x + 100.0));
    window.drag(at, at + vec2(100.0, 5.0), Modifiers::COMMAND);
    let view = window.view();
    assert!((view.start_nanos - from).abs() < 2.0 && (view.end_nanos() - to).abs() < 2.0, "{view:?} {from} {to}");
}

#[test]
fn shift_drag_measures_and_moves_nothing() {
    let mut window = Window::new();
    let at = window.lanes().center();
    let before = window.view();
    let (from, to) = (window.time_at(at.x), window.time_at(at.x + 100.0));
    // With Alt nothing snaps.
    window.drag(at, at + vec2(100.0, 5.0), Modifiers::SHIFT | Modifiers::ALT);
    let marked = window.document().marked.expect("a mark");
    assert!((marked.start.0 as f64 - from).abs() < 2.0 && (marked.end.0 as f64 - to).abs() < 2.0, "{marked:?}");
    let after = window.view();
    assert_eq!((after.start_nanos, after.span_nanos), (before.start_nanos, before.span_nanos));
}

#[test]
fn clicks_select_and_clear() {
    let mut window = Window::new();
    // On rows that goroutines share somebody else is there.
    window.0.state_mut().push(Action::Rows(RowsAction::GroupGoroutines(GroupBy::Nothing)));
    window.0.run();
    let x = window.lanes().center().x;
    let at = window.on_goroutine(13, x);
    // The panels that a selection opens make the lanes narrower.
    let time = window.time_at(x) as i64;
    window.click(at);
    let Selection::Span(span) = window.document().selection else { panic!("{:?}", window.document().selection) };
    let range = window.document().trace.span(span).expect("a span").range;
    assert!(range.start.0 <= time && time < range.end.0);
    // Goroutine 20 has ended long before.
    let before = window.view();
    let nothing = window.on_goroutine(20, window.lanes().left() + window.lanes().width() * 0.2);
    window.click(nothing);
    assert_eq!(window.document().selection, Selection::None);
    assert_eq!(window.view(), before);
}

#[test]
fn a_double_click_zooms_to_the_span() {
    let mut window = Window::new();
    // The first click opens the panels: the place lies on the same span in the narrower lanes, too.
    let at = window.on_goroutine(13, window.lanes().left() + window.lanes().width() * 0.62);
    window.0.hover_at(at);
    window.0.run();
    for _ in 0..2 {
        window.button(at, true, Modifiers::NONE);
        window.button(at, false, Modifiers::NONE);
    }
    window.0.run();
    let Selection::Span(span) = window.document().selection else { panic!("{:?}", window.document().selection) };
    let range = window.document().trace.span(span).expect("a span").range;
    let view = window.view();
    assert!(view.start_nanos < range.start.0 as f64 && view.end_nanos() > range.end.0 as f64, "{view:?} {range:?}");
    assert!(view.span_nanos < 1.5 * range.nanos() as f64, "{view:?} {range:?}");
}

#[test]
fn headings_fold_and_lanes_are_selected_by_their_labels() {
    let mut window = Window::new();
    window.0.get_by_role_and_label(Role::Button, "G1 main.main").click();
    window.0.run();
    assert!(matches!(window.document().selection, Selection::Lane(LaneId::Goroutine(_))));
    // Threads come after the goroutines.
    window.0.state_mut().push(Action::Rows(RowsAction::FoldGroups(true)));
    window.0.state_mut().push(Action::View(ViewAction::ScrollRows(1e9)));
    window.0.run();
    window.0.get_by_role_and_label(Role::DisclosureTriangle, "Threads").click();
    window.0.run();
    assert!(!window.document().folds.folded(Section::Threads));
    window.0.get_by_role_and_label(Role::DisclosureTriangle, "Threads").click();
    window.0.run();
    assert!(window.document().folds.folded(Section::Threads));
}

#[test]
fn the_overview_jumps_and_drags() {
    let mut window = Window::new();
    let lanes = window.lanes();
    window.wheel(lanes.center(), vec2(0.0, 600.0), Modifiers::COMMAND);
    let overview = window.0.get_by_role_and_label(Role::Slider, "Overview of the whole trace").rect();
    let bounds = window.document().trace.range();
    let time =
        |x: f32| bounds.start.0 as f64 + f64::from((x - overview.left()) / overview.width()) * bounds.nanos() as f64;
    let at = pos2(overview.left() + overview.width() * 0.25, overview.center().y);
    window.click(at);
    let middle = |view: View| view.start_nanos + view.span_nanos / 2.0;
    let close = |a: f64, b: f64| (a - b).abs() < bounds.nanos() as f64 * 2e-3;
    assert!(close(middle(window.view()), time(at.x)), "{:?}", window.view());
    let span = window.view().span_nanos;
    window.drag(at, at + vec2(200.0, 0.0), Modifiers::NONE);
    assert!(close(middle(window.view()), time(at.x + 200.0)), "{:?}", window.view());
    assert_eq!(window.view().span_nanos, span);
}
