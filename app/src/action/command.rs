//! What a command is, and when it can be carried out.

use crate::action::action::{Action, PanelAction};
use crate::action::keys::Chord;
use crate::action::menu::Group;
use crate::action::panel::{Needs, Panel};
use crate::state::app::AppState;
use crate::state::comparison::OpenComparison;
use crate::state::document::Document;

/// What a command does.
#[derive(Clone, Copy, Debug)]
enum Does {
    /// What this says; `None` while it makes no sense.
    Make(fn(&AppState) -> Option<Action>),
    /// Opens a panel, or brings it to the front.
    Open(Panel),
}

/// Something that the user can do.
#[derive(Clone, Copy, Debug)]
pub struct Command {
    /// A stable name, for the palette's memory and for tests.
    pub id: &'static str,
    /// What menus call it.
    pub name: &'static str,
    /// One sentence more, shown in the palette and in tooltips.
    pub help: &'static str,
    /// The menu that lists it.
    pub group: Group,
    /// Its keys, the one to show first.
    pub keys: &'static [Chord],
    /// Whether holding the key repeats it.
    pub repeats: bool,
    does: Does,
    /// Whether it is switched on, for those that switch.
    pub is_on: Option<fn(&AppState) -> bool>,
}

pub(super) const fn command(id: &'static str, name: &'static str, help: &'static str, group: Group) -> Command {
    Command { id, name, help, group, keys: &[], repeats: false, does: Does::Make(|_| None), is_on: None }
}

impl Command {
    pub(super) const fn keys(self, keys: &'static [Chord]) -> Self {
        Self { keys, ..self }
    }

    pub(super) const fn repeats(self) -> Self {
        Self { repeats: true, ..self }
    }

    pub(super) const fn makes(self, make: fn(&AppState) -> Option<Action>) -> Self {
        Self { does: Does::Make(make), ..self }
    }

    pub(super) const fn switch(self, is_on: fn(&AppState) -> bool) -> Self {
        Self { is_on: Some(is_on), ..self }
    }

    /// The command that opens a panel; `None` for those that only open by what the user does.
    pub(super) fn of(panel: Panel) -> Option<Self> {
        let info = panel.info();
        let opens = command(info.id, info.title, info.help, info.menu?);
        Some(Self { does: Does::Open(panel), ..opens }.keys(info.keys))
    }

    /// What it does now; `None` while it makes no sense.
    #[must_use]
    pub fn action(&self, state: &AppState) -> Option<Action> {
        match self.does {
            Does::Make(make) => make(state),
            Does::Open(panel) => is_possible(panel, state).then_some(Action::Panel(PanelAction::OpenPanel(panel))),
        }
    }
}

pub(super) fn lanes(state: &AppState) -> Option<&Document> {
    state.document().filter(|document| document.has_lanes())
}

/// Whether a panel has something to show.
fn is_possible(panel: Panel, state: &AppState) -> bool {
    match panel.info().needs {
        Needs::Trace | Needs::Selection => lanes(state).is_some(),
        Needs::Comparison | Needs::Row => paired(state).is_some(),
        Needs::Session => state.shown_session().is_some(),
        Needs::Series => paired(state).is_some_and(|pair| !pair.series.is_empty()),
    }
}

pub(super) fn with_lanes(state: &AppState, action: Action) -> Option<Action> {
    lanes(state).map(|_| action)
}

pub(super) fn paired(state: &AppState) -> Option<&OpenComparison> {
    state.shown_pair().map(|(pair, _)| pair)
}
