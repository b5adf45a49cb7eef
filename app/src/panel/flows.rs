//! What led to the selected span and what it led to: both tables click through.

use std::sync::Arc;

use egui::{Rect, RichText, Sense, Ui, UiBuilder, vec2};

use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::flows::{Flow, FlowList};
use trace_core::session::crossing::Crossing;

use crate::action::action::{Actions, SelectAction};
use crate::action::session_action::SessionAction;
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::time::offset;
use crate::fmt::words::capitalized;
use crate::panel::table::table_ui;
use crate::panel::{ListKey, kept};
use crate::report::lists::flows;
use crate::report::table::Table;
use crate::state::app::AppState;
use crate::state::crossing::{far_end, of_selection};
use crate::state::document::Document;
use crate::state::edges;
use crate::state::view::Selection;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::link::link_in;
use crate::widget::section::empty;

/// Panels that are wider show both tables side by side, points.
const WIDE: f32 = 900.0;
/// Crossings to other services that are listed at most each way.
const CROSSINGS: usize = 6;

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
        let FlowList { flows: outgoing, total: count } = edges::outgoing(trace, at);
        let tables = (flows::incoming(trace, incoming.clone()), flows::outgoing(trace, outgoing.clone()));
        let in_count = incoming.len() as u64;
        [
            Edges { flows: incoming, table: Arc::new(tables.0), count: in_count },
            Edges { flows: outgoing, table: Arc::new(tables.1), count },
        ]
    });
    let crossings = [false, true].map(|outgoing| of_selection(state, outgoing));
    let choice = [document.flow_choice.1, document.flow_choice.0];
    for (side, list) in crossings.iter().enumerate() {
        crossings_ui(ui, state, (list, side == 1, choice[side]), actions);
    }
    // Those to other services are chosen before flows.
    let choice = [0, 1].map(|side| choice[side].checked_sub(crossings[side].len()));
    let shown: Vec<usize> = (0..both.len()).filter(|side| !both[*side].flows.is_empty()).collect();
    if shown.is_empty() {
        if crossings.iter().all(Vec::is_empty) {
            empty(ui, "No flows: nothing on another lane led to this span, and it led to nothing");
        }
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

/// What the selected span passes to in other services, or comes from: a line each.
fn crossings_ui(
    ui: &mut Ui,
    state: &AppState,
    (list, is_outgoing, choice): (&[Crossing], bool, usize),
    actions: &mut Actions,
) {
    let Some((_, built)) = state.shown_session() else { return };
    let tokens = tokens::of(ui.ctx());
    let (icon, color) = if is_outgoing { (icons::OUTGOING, tokens.outgoing) } else { (icons::INCOMING, tokens.accent) };
    for (at, crossing) in list.iter().take(CROSSINGS).enumerate() {
        let end = far_end(crossing, is_outgoing);
        let Some(service) = built.service(end.service) else { continue };
        let Some(trace) = service.trace.as_ref() else { continue };
        let start = service.session_time(end.time);
        let way = if is_outgoing { "to" } else { "from" };
        let what = if crossing.is_answer { "the answer" } else { "the call" };
        let text = format!(
            "{} {way} {}, {} at {}",
            capitalized(what),
            service.name,
            name::goroutine(trace, end.go),
            offset(start.saturating_sub(built.session.range.start.0))
        );
        ui.horizontal(|ui| {
            ui.label(RichText::new(icon).font(fonts::icon()).color(color));
            let font = if at == choice { fonts::small_strong() } else { fonts::small() };
            let response = link_in(ui, &text, font).on_hover_text(built.crossing_name(crossing));
            if response.clicked() {
                let range = TimeRange::new(TraceTime(start), TraceTime(start.saturating_add(1)));
                actions.push(SessionAction::GoTo(end.service, end.go, range));
            }
            if at == choice {
                let key = if is_outgoing { "]" } else { "[" };
                ui.label(RichText::new(format!("{key} follows")).font(fonts::small()).color(tokens.muted));
            }
        });
    }
    if list.len() > CROSSINGS {
        let more = format!("and {} more", count((list.len() - CROSSINGS) as u64));
        ui.label(RichText::new(more).font(fonts::small()).color(tokens.muted));
    }
}

fn side_ui(
    ui: &mut Ui,
    (state, document): (&AppState, &Document),
    (edges, is_outgoing, choice): (&Edges, bool, Option<usize>),
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
    let marked = choice.and_then(|choice| choice.checked_rem(edges.flows.len())).filter(|_| edges.flows.len() > 1);
    let touched = table_ui(ui, (state, document), (key, &edges.table), marked, |_| (), actions);
    if let Some(flow) = touched.hovered.and_then(|row| edges.flows.get(row)) {
        *hovered = Some(*flow);
    }
}
