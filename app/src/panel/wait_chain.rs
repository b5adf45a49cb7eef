//! Where the time of the selected span, or of a marked stretch of its goroutine, went.

use egui::Ui;

use crate::action::action::Actions;
use crate::panel::analysis::found_ui;
use crate::panel::answer;
use crate::report::analyses::Analysis;
use crate::report::analyses::why::WaitChains;
use crate::state::app::AppState;
use crate::state::query::{Answer, Query};
use crate::widget::section::empty;

/// Shows the panel.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let Some((go, range)) = document.chain_target() else {
        empty(ui, "Select a span, or mark a stretch of a goroutine (Ctrl+drag), to see where its time went");
        return;
    };
    let query = Query::WaitChain(go, range);
    let Some(Answer::WaitChain(found)) = answer(ui, document, &query, actions) else { return };
    found_ui(ui, (state, document), (WaitChains.info().id, &found.report), actions);
}
