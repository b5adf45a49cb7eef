//! Tables of a session inside panels: what they share. Their rows lead to the lanes of whichever service they are about.

use std::sync::Arc;

use egui::{Label, RichText, Ui};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::session::path::Part;

use crate::action::action::{Action, Actions};
use crate::action::session_action::SessionAction;
use crate::fmt::escape::visible;
use crate::panel::working;
use crate::report::table::Table;
use crate::report::view::{TableLayout, TableSession};
use crate::state::app::AppState;
use crate::state::session::{Built, OpenSession, SessionAnswer, SessionQuery, SessionQueryState};
use crate::theme::{fonts, space, tokens};
use crate::widget::data_table::{DataTable, Touched};
use crate::widget::link::copy_button;
use crate::widget::section::empty;

/// The session on show; says what would make one, if there is none.
pub fn session<'a>(ui: &mut Ui, state: &'a AppState) -> Option<(&'a OpenSession, &'a Built)> {
    let found = state.shown_session();
    if found.is_none() {
        empty(ui, "Open the traces of several services with \u{201c}Open together…\u{201d} to see their requests");
    }
    found
}

/// The answer to a question about the session; until it is there, asks and shows a quiet line.
pub fn answer<'a>(
    ui: &mut Ui,
    session: &'a OpenSession,
    query: SessionQuery,
    actions: &mut Actions,
) -> Option<&'a SessionAnswer> {
    match session.queries.get(query) {
        Some(SessionQueryState::Answered(SessionAnswer::Failed)) => {
            empty(ui, "This analysis failed (internal error). The rest of the window is unaffected.");
            None
        }
        Some(SessionQueryState::Answered(answer)) => Some(answer),
        known => {
            if known.is_none() {
                actions.push(SessionAction::Ask(query));
            }
            working(ui, "Working…");
            None
        }
    }
}

/// Shows a table of the session. `key` names it among all tables of the program; `targets` says where a row leads: what the
/// right button offers; a click does the first of it.
pub fn session_table_ui(
    ui: &mut Ui,
    (state, open): (&AppState, &OpenSession),
    (key, table, marked): (&str, &Arc<Table>, Option<usize>),
    lead: impl FnOnce(&mut Ui),
    targets: impl Fn(usize) -> Vec<(&'static str, Action)>,
    actions: &mut Actions,
) -> Touched {
    let (layout, session) = (TableLayout::default(), TableSession::default());
    let layout = state.settings.tables.get(key).unwrap_or(&layout);
    let session = open.tables.get(key).unwrap_or(&session);
    let mut out = Vec::new();
    let data = DataTable { key, table, layout, session, marked };
    let menu = |row: usize, _, _: &_| {
        targets(row).into_iter().map(|(name, action)| (name.to_owned(), action)).collect::<Vec<_>>()
    };
    let (touched, chosen) = data.ui(ui, lead, menu, &mut out);
    out.into_iter().for_each(|action| actions.push(Action::Table(open.id, key.to_owned(), action)));
    let led = touched.activated.or(touched.link.map(|(row, _)| row));
    let led = led.and_then(|row| targets(row).into_iter().next()).map(|(_, action)| action);
    if let Some(action) = chosen.or(led) {
        actions.push(action);
    }
    touched
}

/// A sentence with a button that copies it.
pub fn sentence_ui(ui: &mut Ui, sentence: &str, actions: &mut Actions) {
    if sentence.is_empty() {
        return;
    }
    ui.horizontal_top(|ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        if copy_button(ui, "this sentence") {
            actions.push(Action::Copy(visible(sentence).into_owned()));
        }
        ui.add(Label::new(visible(sentence)).wrap());
    });
    ui.add_space(space::XS);
}

/// Text in the muted colour, small; wraps.
pub fn quiet_ui(ui: &mut Ui, text: &str) {
    let tokens = tokens::of(ui.ctx());
    ui.add(Label::new(RichText::new(text).font(fonts::small()).color(tokens.muted)).wrap());
}

/// Where a part of a request's time is on the lanes; its span if no trace shows it.
#[must_use]
pub fn place_of(part: &Part) -> (&'static str, Action) {
    let range = TimeRange::new(TraceTime(part.start), TraceTime(part.start.saturating_add(part.nanos)));
    match part.go {
        Some(go) => ("Show on its lane", SessionAction::GoTo(part.service, go, range).into()),
        None => ("Show the span", SessionAction::ShowSpan(part.span).into()),
    }
}
