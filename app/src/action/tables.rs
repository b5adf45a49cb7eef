//! What actions on tables and on panels of analyses do: the session is the document's, the layout of columns is remembered between starts.

use crate::action::effect::Effect;
use crate::report::view::TableAction;
use crate::state::analysis::AnalysisView;
use crate::state::app::AppState;
use crate::state::document::DocumentId;

/// Applies an action to the table `key` of a document.
pub(super) fn apply(state: &mut AppState, id: DocumentId, key: String, action: TableAction) -> Vec<Effect> {
    match action {
        TableAction::Copy(text) => vec![Effect::Copy(text)],
        TableAction::Arrange(table, arrangement) => {
            let Some(document) = state.documents.iter_mut().find(|document| document.id == id) else {
                return Vec::new();
            };
            let monitor = document.tables.entry(key.clone()).or_default().begin(arrangement.clone());
            vec![Effect::Arrange { document: id, key, table, arrangement, monitor }]
        }
        action @ (TableAction::ShowColumn(..)
        | TableAction::OrderColumns(_)
        | TableAction::Resize(..)
        | TableAction::ResetLayout) => {
            let changed = state.settings.tables.entry(key).or_default().apply(&action);
            if changed { vec![Effect::SaveSettings] } else { Vec::new() }
        }
        action @ (TableAction::Sort { .. }
        | TableAction::Filter(_)
        | TableAction::Select(_)
        | TableAction::Arranged(_)) => {
            if let Some(document) = state.documents.iter_mut().find(|document| document.id == id) {
                document.tables.entry(key).or_default().apply(action);
            }
            Vec::new()
        }
    }
}

/// Changes what is chosen in the panel of an analysis.
pub(super) fn view(
    state: &mut AppState,
    analysis: &'static str,
    change: impl FnOnce(&mut AnalysisView),
) -> Vec<Effect> {
    if let Some(document) = state.document_mut() {
        change(document.analyses.entry(analysis).or_default());
    }
    Vec::new()
}
