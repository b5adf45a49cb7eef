//! The places of a document that the user was at, and going back and forth between them.

use crate::state::document::Document;
use crate::state::view::Place;

/// Places that the history keeps.
const MAX_HISTORY: usize = 500;

/// Puts the present place into the history.
pub(super) fn remember(document: &mut Document) {
    let Some(place) = place(document) else { return };
    if document.history.back.last() != Some(&place) {
        document.history.back.push(place);
        if document.history.back.len() > MAX_HISTORY {
            document.history.back.remove(0);
        }
    }
    document.history.forward.clear();
}

/// Where the user is; `None` before anything is in view.
fn place(document: &Document) -> Option<Place> {
    Some(Place {
        view: document.view?,
        selection: document.selection,
        marked: document.marked,
        area: document.area.clone(),
        scope: document.scope_choice.clone(),
        fronts: document.fronts.clone(),
    })
}

/// Goes to the place before (or after) in the history, if there is one.
pub(super) fn travel(document: &mut Document, back: bool) {
    let Some(present) = place(document) else { return };
    let history = &mut document.history;
    let (from, to) =
        if back { (&mut history.back, &mut history.forward) } else { (&mut history.forward, &mut history.back) };
    // A place equal to the present one would look like a key that does nothing.
    while let Some(place) = from.pop() {
        if place == present {
            continue;
        }
        to.push(present);
        document.view = Some(place.view);
        document.selection = place.selection;
        document.marked = place.marked;
        document.area = place.area;
        document.scope_choice = place.scope;
        document.highlight = None;
        // Panels opened since then for another reason stay open.
        document.fronts_due = (place.fronts != document.fronts && !place.fronts.is_empty()).then_some(place.fronts);
        document.flow_choice = (0, 0);
        return;
    }
}
