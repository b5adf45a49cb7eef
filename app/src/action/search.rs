//! What actions on the search field do.

use std::sync::Arc;

use trace_core::base::monitor::Monitor;
use trace_core::base::time::TraceTime;

use crate::action::effect::Effect;
use crate::action::{navigate, row_actions};
use crate::state::app::AppState;
use crate::state::document::DocumentId;
use crate::state::search::SearchAction;

/// Applies an action to the search of a document.
pub(super) fn apply(state: &mut AppState, id: DocumentId, action: SearchAction) -> Vec<Effect> {
    if matches!(action, SearchAction::Focus) {
        state.search_focus += 1;
        return Vec::new();
    }
    let Some(document) = state.documents.iter_mut().find(|document| document.id == id) else { return Vec::new() };
    let search = &mut document.search;
    match action {
        SearchAction::Focus => Vec::new(),
        SearchAction::Text(text) => {
            if text == search.text {
                return Vec::new();
            }
            search.set_text(text, &document.tag_rules);
            if search.query.is_empty() {
                return if std::mem::take(&mut search.filters) { filter(state, id, false) } else { Vec::new() };
            }
            let monitor = Monitor::new();
            search.pending = Some(monitor.clone());
            let (text, filters) = (search.text.clone(), search.filters);
            let (trace, rules) = (Arc::clone(&document.trace), Arc::clone(&document.tag_rules));
            vec![Effect::Search { document: id, trace, text, rules, filters, monitor }]
        }
        SearchAction::Completed(text, completions) => {
            search.completions = (text, completions);
            Vec::new()
        }
        SearchAction::Found(text, hits) => {
            if text == search.text {
                if hits.is_complete {
                    search.pending = None;
                }
                search.hits = Some((text, hits));
            }
            Vec::new()
        }
        SearchAction::Step(step) => {
            let start = document.view.map_or(TraceTime::MIN, |view| view.range().start);
            let Some(hit) = document.search.stepped(step, start) else { return Vec::new() };
            document.search.current = Some(hit);
            match hit.span {
                Some(span) => navigate::go_to_span(document, span, None),
                None => navigate::go_to_stretch(document, hit.lane, hit.range),
            }
            document.panels_shown = true;
            Vec::new()
        }
        SearchAction::Filter(on) => {
            search.filters = on;
            filter(state, id, on)
        }
    }
}

/// Leaves lanes to what the search matches, or to all.
fn filter(state: &mut AppState, id: DocumentId, on: bool) -> Vec<Effect> {
    let Some(document) = state.documents.iter_mut().find(|document| document.id == id) else { return Vec::new() };
    if !on {
        row_actions::show_only(document, None);
        return Vec::new();
    }
    let monitor = Monitor::new();
    if let Some(before) = document.search.pending.replace(monitor.clone()) {
        before.cancel();
    }
    let (trace, text) = (Arc::clone(&document.trace), document.search.text.clone());
    let rules = Arc::clone(&document.tag_rules);
    vec![Effect::Search { document: id, trace, text, rules, filters: true, monitor }]
}
