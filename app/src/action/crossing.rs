//! Following a request from one process to another: what the selected span crosses to comes before its edges in the same
//! trace.

use trace_core::session::crossing::CrossingEnd;

use crate::action::action::{Action, SelectAction};
use crate::action::effect::Effect;
use crate::action::{navigate, sessions};
use crate::state::app::AppState;
use crate::state::crossing::{far_end, of_selection};
use crate::state::document::DocumentId;
use crate::state::edges;
use crate::state::view::Selection;

/// Applies an action to one of the documents of the session.
type Act = fn(&mut AppState, DocumentId, Action) -> Vec<Effect>;

/// Follows the chosen edge of the selected span.
pub(super) fn follow(state: &mut AppState, outgoing: bool, act: Act) -> Vec<Effect> {
    let found = of_selection(state, outgoing);
    let local = SelectAction::FollowFlow { outgoing };
    if found.is_empty() {
        return navigate::selection(state, local);
    }
    let Some(document) = state.document_mut() else { return Vec::new() };
    let choice = if outgoing { &mut document.flow_choice.0 } else { &mut document.flow_choice.1 };
    match found.get(*choice) {
        Some(crossing) => {
            let CrossingEnd { service, go, time } = far_end(crossing, outgoing);
            sessions::go_to_end(state, (service, go, time), act)
        }
        None => {
            *choice -= found.len();
            navigate::selection(state, local)
        }
    }
}

/// Chooses the next one of the edges of the selected span.
pub(super) fn choose(state: &mut AppState, outgoing: bool) -> Vec<Effect> {
    let found = of_selection(state, outgoing).len();
    if found == 0 {
        return navigate::selection(state, SelectAction::ChooseFlow { outgoing });
    }
    let Some(document) = state.document_mut() else { return Vec::new() };
    let Selection::Span(span) = document.selection else { return Vec::new() };
    let local = if outgoing {
        edges::outgoing(&document.trace, span).flows.len()
    } else {
        edges::incoming(&document.trace, span).len()
    };
    let choice = if outgoing { &mut document.flow_choice.0 } else { &mut document.flow_choice.1 };
    *choice = (*choice + 1).checked_rem(found + local).unwrap_or(0);
    Vec::new()
}
