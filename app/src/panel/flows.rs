//! What led to the selected span and what it led to: both tables click through.

use std::sync::Arc;

use egui::{Rect, RichText, Sense, Ui, UiBuilder, vec2};

use trace_core::model::flows::Flow;

use crate::action::action::{Actions, SelectAction};
use crate::fmt::number::count;
use crate::panel::table::table_ui;
use crate::panel::{ListKey, kept};
use crate::report::lists::flows;
use crate::report::table::Table;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::edges;
use crate::state::view::Selection;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::section::empty;

/// Panels that are wider show both tables side by side, points.
const WIDE: f32 = 900.0;

/// The edges of a span that lead one way, as they are and as a table.
struct Edges {
    flows: Vec<Flow>,
    table: Arc<Table>,
    /// How many there are, listed or not.
    count: u64,
}

/// Shows the flows into and out of the selection.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let trace = &document.trace;
    let Selection::Span(at) = document.selection else {
        empty(ui, "Select a span to see what made it runnable, and what it created or unblocked");
        return;
    };
    let key = ListKey::new(document, at.lane, Some(at), trace.range());
    let both = kept(ui, "edges", key, || {
        let incoming = edges::incoming(trace, at);
        let (outgoing, count) = edges::outgoing(trace, at);
        let tables = (flows::incoming(trace, incoming.clone()), flows::outgoing(trace, outgoing.clone()));
        let in_count = incoming.len() as u64;
        [
            Edges { flows: incoming, table: Arc::new(tables.0), count: in_count },
            Edges { flows: outgoing, table: Arc::new(tables.1), count },
        ]
    });
    let choice = [document.flow_choice.1, document.flow_choice.0];
    let shown: Vec<usize> = (0..both.len()).filter(|side| !both[*side].flows.is_empty()).collect();
    if shown.is_empty() {
        empty(ui, "No flows: nothing on another lane led to this span, and it led to nothing");
        return;
    }
    let mut hovered = None;
    let area = ui.available_rect_before_wrap();
    let (is_wide, parts) = (area.width() > WIDE, shown.len() as f32);
    let size =
        if is_wide { vec2(area.width() / parts, area.height()) } else { vec2(area.width(), area.height() / parts) };
    for (place, side) in shown.into_iter().enumerate() {
        let step = if is_wide { vec2(size.x, 0.0) } else { vec2(0.0, size.y) };
        let rect = Rect::from_min_size(area.min + step * place as f32, size - vec2(space::M, space::S));
        let mut part = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(("flows", side)));
        part.set_clip_rect(rect.intersect(ui.clip_rect()));
        side_ui(&mut part, (state, document), (&both[side], side == 1, choice[side]), &mut hovered, actions);
    }
    ui.allocate_rect(area, Sense::hover());
    if hovered != document.hovered_flow {
        actions.push(SelectAction::HoverFlow(hovered));
    }
}

fn side_ui(
    ui: &mut Ui,
    (state, document): (&AppState, &Document),
    (edges, is_outgoing, choice): (&Edges, bool, usize),
    hovered: &mut Option<Flow>,
    actions: &mut Actions,
) {
    let tokens = tokens::of(ui.ctx());
    let (icon, color) = if is_outgoing { (icons::OUTGOING, tokens.outgoing) } else { (icons::INCOMING, tokens.accent) };
    let listed = edges.flows.len() as u64;
    let title = match edges.count {
        all if all > listed => format!("{} (the first {} of {})", edges.table.title, count(listed), count(all)),
        _ => format!("{} ({})", edges.table.title, count(listed)),
    };
    ui.horizontal(|ui| {
        ui.label(RichText::new(icon).font(fonts::icon()).color(color));
        ui.label(RichText::new(title).font(fonts::strong()));
        let key = if is_outgoing { "]" } else { "[" };
        ui.label(RichText::new(format!("{key} follows")).font(fonts::small()).color(tokens.muted));
    });
    let key = if is_outgoing { "flows.outgoing" } else { "flows.incoming" };
    let marked = choice.checked_rem(edges.flows.len()).filter(|_| edges.flows.len() > 1);
    let touched = table_ui(ui, (state, document), (key, &edges.table), marked, |_| (), actions);
    if let Some(flow) = touched.hovered.and_then(|row| edges.flows.get(row)) {
        *hovered = Some(*flow);
    }
}
