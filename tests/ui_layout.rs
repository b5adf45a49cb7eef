//! How the window divides its room: docks are as high as their content, and lanes keep most of the room.

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use tracelane::action::action::{Action, AnalysisAction, FileAction, PanelAction, SettingsAction};
use tracelane::action::panel::{Home, Needs, Panel};
use tracelane::shell::app::TracelaneApp;
use tracelane::state::settings::Settings;

use crate::fixtures;

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
