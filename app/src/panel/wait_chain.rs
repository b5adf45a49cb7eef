//! Where the time of the selected span, or of a range of its goroutine, went.

use egui::Ui;

use crate::action::action::{Action, Actions, SelectAction, ViewAction};
use crate::panel::analysis::found_ui;
use crate::panel::answer;
use crate::report::analyses::Analysis;
use crate::report::analyses::why::WaitChains;
use crate::state::app::AppState;
use crate::state::query::ask;
use crate::widget::section::empty;

/// Shows where the time of the selected stretch went.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let Some((go, range)) = document.chain_target() else {
        empty(ui, "Select a span, or a range of a goroutine (Shift+Drag), to see where its time went");
        return;
    };
    let query = ask::WaitChain(go, range);
    let Some(found) = answer(ui, document, &query, actions) else { return };
    let mut own = Actions::default();
    found_ui(ui, (state, document), (WaitChains.info().id, &found.report, None), &mut own);
    for action in own.drain() {
        match action {
            // To select the step would make the chain another one.
            Action::Select(SelectAction::GoToStretch(lane, range)) => {
                actions.push(ViewAction::RememberPlace);
                actions.push(ViewAction::Reveal { lane, time: Some(range.start) });
            }
            action => actions.push(action),
        }
    }
}
