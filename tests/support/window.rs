//! The window with a trace and a panel open, for tests that play panels through their accessible names.

use std::sync::Arc;

use egui::accesskit::Role;
use egui_kittest::kittest::{NodeT, Queryable};
use egui_kittest::{Harness, Node};
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{Action, FileAction, PanelAction, ViewAction};
use tracelane::action::panel::Panel;
use tracelane::report::analyses::Ask;
use tracelane::report::report::Report;
use tracelane::shell::app::TracelaneApp;
use tracelane::state::document::Document;
use tracelane::state::query::{self, Query};
use tracelane::state::questions::Question;
use tracelane::state::settings::Settings;

use crate::fixtures;

/// The window, without a display.
pub(crate) struct Window(pub(crate) Harness<'static, TracelaneApp>);

impl Window {
    /// The window with nothing open.
    pub(crate) fn empty() -> Self {
        Self::wide(1440.0)
    }

    /// The same with another width, points.
    pub(crate) fn wide(width: f32) -> Self {
        let settings = Settings { animate: false, ..Settings::default() };
        let mut harness = Harness::builder().with_size(egui::vec2(width, 1000.0)).with_max_steps(2_000).build_ui_state(
            |ui, app: &mut TracelaneApp| {
                app.logic(ui.ctx());
                app.ui(ui);
            },
            TracelaneApp::new_headless(settings),
        );
        harness.run();
        Self(harness)
    }

    /// The window with one of the traces open, all of it in view, and a panel.
    pub(crate) fn open(name: &str, panel: Panel) -> Self {
        let mut window = Self::empty();
        window.act(FileAction::Open(fixtures::data().join(name))).act(PanelAction::OpenPanel(panel));
        window.act(ViewAction::ShowAll);
        window
    }

    /// Does what a user or worker can cause.
    pub(crate) fn act(&mut self, action: impl Into<Action>) -> &mut Self {
        self.0.state_mut().push(action);
        self.0.run();
        self
    }

    /// The open trace.
    pub(crate) fn document(&self) -> &Document {
        self.0.state().state().document().expect("a document")
    }

    /// What an analysis has answered.
    pub(crate) fn answer<Q: Question<Key = Query>>(&self, question: &Q) -> &Q::Answer {
        self.document().queries.answer(question).expect("an answer")
    }

    /// The report of an analysis that has answered.
    pub(crate) fn report_of(&self, analysis: &'static str, ask: &Ask) -> &Report {
        self.answer(&query::ask::Report(analysis, ask.clone()))
    }

    /// The report of an analysis about what is chosen, everything else as usual.
    pub(crate) fn report(&self, analysis: &'static str) -> Arc<Report> {
        Arc::clone(self.answer(&query::ask::Report(analysis, Ask::about(self.document().scope()))))
    }

    /// All names and texts in the window.
    pub(crate) fn words(&self) -> Vec<String> {
        fn collect(node: &Node<'_>, words: &mut Vec<String>) {
            words.extend(node.accesskit_node().label());
            words.extend(node.accesskit_node().value());
            for child in node.children() {
                collect(&child, words);
            }
        }
        let mut words = Vec::new();
        collect(&self.0.root(), &mut words);
        words
    }

    /// Whether a text is somewhere in the window.
    pub(crate) fn shows(&self, word: &str) -> bool {
        self.words().iter().any(|words| words.contains(word))
    }

    /// Presses the button that is called like this, in part.
    pub(crate) fn press(&mut self, part: &str) -> &mut Self {
        self.press_as(Role::Button, part)
    }

    /// Presses the button with exactly this name; the last one, as panels come behind the timeline.
    pub(crate) fn press_named(&mut self, name: &str) -> &mut Self {
        self.0.get_all_by_role_and_label(Role::Button, name).last().expect("a button").click_accesskit();
        self.0.run();
        self
    }

    /// Presses what has this role and is called like this, in part.
    pub(crate) fn press_as(&mut self, role: Role, part: &str) -> &mut Self {
        let name = self
            .0
            .get_all_by_role(role)
            .filter_map(|node| node.accesskit_node().label())
            .find(|name| name.contains(part))
            .unwrap_or_else(|| panic!("nothing is called {part}: {:?}", self.words()));
        self.0.get_all_by_role_and_label(role, &name).next().expect("it is there").click_accesskit();
        self.0.run();
        self
    }

    /// The lane that is selected.
    pub(crate) fn lane(&self) -> Option<LaneId> {
        self.document().selection.lane()
    }
}
