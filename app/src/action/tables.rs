//! What actions on tables and on panels of analyses do: the session is the document's, the layout of columns is remembered between starts.

use std::collections::BTreeMap;

use crate::action::effect::{Effect, WindowEffect};
use crate::report::view::{TableAction, TableSession};
use crate::state::analysis::AnalysisView;
use crate::state::app::AppState;
use crate::state::document::DocumentId;

/// Applies an action to the table `key` of a document.
pub(super) fn apply(state: &mut AppState, id: DocumentId, key: String, action: TableAction) -> Vec<Effect> {
    match action {
        TableAction::Copy(text) => vec![Effect::Window(WindowEffect::Copy(text))],
        TableAction::Arrange(table, arrangement) => {
            let Some(tables) = tables_of(state, id) else { return Vec::new() };
            let monitor = tables.entry(key.clone()).or_default().begin(arrangement.clone());
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
            if let Some(tables) = tables_of(state, id) {
                tables.entry(key).or_default().apply(action);
            }
            Vec::new()
        }
    }
}

/// What the user does with the tables of a document, or of the session or fleet that goes by this id.
fn tables_of(state: &mut AppState, id: DocumentId) -> Option<&mut BTreeMap<String, TableSession>> {
    let session = state.session.as_mut().filter(|session| session.id == id).map(|session| &mut session.tables);
    let fleet = state.fleet.as_mut().filter(|fleet| fleet.id == id).map(|fleet| &mut fleet.sessions);
    session.or(fleet).or_else(|| {
        let document = state.documents.iter_mut().find(|document| document.id == id)?;
        Some(&mut document.tables)
    })
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
