//! How the window divides its room: docks are as high as their content, and lanes keep most of the room.

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use tracelane::action::action::{Action, AnalysisAction, FileAction, PanelAction, SettingsAction};
use tracelane::action::panel::{Home, Needs, Panel};
use tracelane::shell::app::TracelaneApp;
use tracelane::state::search::SearchAction;
use tracelane::state::settings::Settings;

use crate::fixtures;
use crate::window::Window;

/// Height of the bar on top.
const BAR: f64 = 40.0;

/// What the bar on top shows, by name, with its left and right edge.
fn bar(window: &Window) -> Vec<(String, f64, f64)> {
    fn collect(node: egui_kittest::Node<'_>, into: &mut Vec<(String, f64, f64)>) {
        let is_part = matches!(node.accesskit_node().role(), Role::Button | Role::SearchInput);
        if is_part && let Some(place) = node.accesskit_node().bounding_box().filter(|place| place.y1 <= BAR) {
            into.push((node.accesskit_node().label().unwrap_or_default(), place.x0, place.x1));
        }
        node.children().for_each(|child| collect(child, into));
    }
    let mut parts = Vec::new();
    collect(window.0.root(), &mut parts);
    parts.sort_by(|a, b| a.1.total_cmp(&b.1));
    parts
}

#[test]
fn the_parts_of_the_bar_have_room_beside_each_other_in_every_window() {
    for width in [720.0, 800.0, 880.0, 960.0, 1040.0, 1120.0, 1200.0, 1440.0] {
        let mut window = Window::wide(width);
        window.act(FileAction::OpenSample);
        for text in ["", "fn:sendReport"] {
            let document = window.document().id;
            window.act(Action::Search(document, SearchAction::Text(text.to_owned())));
            let parts = bar(&window);
            assert!(parts.iter().any(|(name, ..)| name == "Search"), "{width}: {parts:?}");
            assert!(parts.len() >= 10, "{width}: {parts:?}");
            for pair in parts.windows(2) {
                let [(_, _, end), (_, start, _)] = pair else { continue };
                assert!(*end <= start + 0.5, "{width}, {text:?}: {pair:?}");
            }
            assert!(parts.iter().all(|(.., end)| *end <= f64::from(width)), "{width}, {text:?}: {parts:?}");
        }
    }
}

struct Small(Harness<'static, TracelaneApp>);

impl Small {
    fn open(name: &str) -> Self {
        let settings = Settings { animate: false, ..Settings::default() };
        let mut harness = Harness::builder().with_size(egui::vec2(1280.0, 720.0)).with_max_steps(2_000).build_ui_state(
            |ui, app: &mut TracelaneApp| {
                app.logic(ui.ctx());
                app.ui(ui);
            },
            TracelaneApp::new_headless(settings),
        );
        harness.run();
        let mut small = Self(harness);
        small.act(FileAction::Open(fixtures::data().join(name)));
        small
    }

    fn act(&mut self, action: impl Into<Action>) {
        self.0.state_mut().push(action);
        self.0.run();
    }

    fn lanes(&self) -> f32 {
        self.0.get_by_role_and_label(Role::Canvas, "Timeline").rect().height()
    }
}

#[test]
fn lanes_keep_most_of_a_small_window_whatever_panel_is_open_below_them() {
    let mut window = Small::open("real/workers-go1.27.trace");
    window.act(PanelAction::ResetPanels);
    let alone = window.lanes();
    for panel in Panel::ALL.iter().copied() {
        if panel.info().home != Home::Bottom || !matches!(panel.info().needs, Needs::Trace) {
            continue;
        }
        window.act(PanelAction::OpenPanel(panel));
        let share = window.lanes() / alone;
        assert!(share >= 0.595, "{panel:?}: {share}");
        window.act(PanelAction::ResetPanels);
    }
}

#[test]
fn a_dock_is_as_high_as_what_it_shows_until_the_user_makes_it_otherwise() {
    let mut window = Small::open("real/guessnumber-bug-go1.27.trace");
    window.act(AnalysisAction::ChooseFinding(None));
    window.act(PanelAction::ResetPanels);
    window.act(PanelAction::OpenPanel(Panel::Findings));
    let folded = window.lanes();
    window.act(AnalysisAction::ChooseFinding(Some(0)));
    let unfolded = window.lanes();
    assert!(folded > unfolded + 30.0, "a headline takes less room than its evidence: {folded}, {unfolded}");
    window.act(SettingsAction::FitDocks(false));
    window.act(AnalysisAction::ChooseFinding(None));
    assert_eq!(window.lanes(), unfolded, "it keeps its height where it is not fitted");
}
