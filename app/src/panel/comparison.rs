//! What the panels of a comparison share: where the window remembers what is chosen in them.

use crate::action::action::{Action, Actions, AnalysisAction};
use crate::state::app::AppState;
use crate::state::comparison::OpenComparison;
use crate::state::document::Document;

/// The document that the window remembers a comparison's choices and tables with: that which was opened first, whichever
/// two are on show.
#[must_use]
pub fn home<'a>(state: &'a AppState, pair: &OpenComparison) -> Option<&'a Document> {
    let first = pair.sides.iter().chain(&pair.series).min()?;
    state.document_by_id(*first)
}

/// Which of several the user chose to see in a panel.
#[must_use]
pub fn chosen(home: &Document, panel: &'static str) -> usize {
    home.analyses.get(panel).map_or(0, |view| view.table)
}

/// Has the window remember such a choice.
pub fn choose(home: &Document, panel: &'static str, chosen: usize, actions: &mut Actions) {
    actions.push(Action::On(home.id, Box::new(Action::Analysis(AnalysisAction::ShowTable(panel, chosen)))));
}
