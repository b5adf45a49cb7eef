//! What led to the selected span and what it led to: both tables click through.

use egui::{RichText, ScrollArea, Ui};

use trace_core::model::flows::Flow;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, Actions};
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::time::offset;
use crate::panel::{ListKey, kept};
use crate::state::app::AppState;
use crate::state::edges;
use crate::state::view::Selection;
use crate::theme::{fonts, icons, space, tokens};
use crate::widget::section::empty;
use crate::widget::table::{Cell, Column, number, table, text};

const COLUMNS: [Column; 4] = [number("Time", 96.0), text("What", 98.0), text("Goroutine", 0.0), text("At", 0.0)];

/// Shows it.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some(document) = state.document() else { return };
    let trace = &document.trace;
    let Selection::Span(at) = document.selection else {
        empty(ui, "Select a span to see what made it runnable, and what it created or unblocked");
        return;
    };
    let key = ListKey::new(document, at.lane, Some(at), trace.range());
    let edges = kept(ui, "edges", key, || (edges::incoming(trace, at), edges::outgoing(trace, at)));
    let (incoming, (outgoing, in_all)) = edges.as_ref();
    if incoming.is_empty() && outgoing.is_empty() {
        empty(ui, "Nothing led here from another lane, and nothing leads on: it blocked or yielded by itself");
        return;
    }
    let choice = document.flow_choice;
    let mut hovered = None;
    let height = if outgoing.len() <= 1 { ui.available_height() } else { ui.available_height() * 0.4 };
    if !incoming.is_empty() {
        let title = format!("Incoming ({})", count(incoming.len() as u64));
        ScrollArea::neither().id_salt("in").max_height(height).auto_shrink([false, true]).show(ui, |ui| {
            side_ui(ui, trace, incoming, (&title, false, choice.1), &mut hovered, actions);
        });
        ui.add_space(space::M);
    }
    if !outgoing.is_empty() {
        let listed = outgoing.len() as u64;
        let title = match *in_all {
            all if all > listed => format!("Outgoing (the first {} of {})", count(listed), count(all)),
            _ => format!("Outgoing ({})", count(listed)),
        };
        side_ui(ui, trace, outgoing, (&title, true, choice.0), &mut hovered, actions);
    }
    if hovered != document.hovered_flow {
        actions.push(Action::HoverFlow(hovered));
    }
}

fn side_ui(
    ui: &mut Ui,
    trace: &Trace,
    flows: &[Flow],
    (title, outgoing, choice): (&str, bool, usize),
    hovered: &mut Option<Flow>,
    actions: &mut Actions,
) {
    let tokens = tokens::of(ui.ctx());
    let (icon, color) = if outgoing { (icons::OUTGOING, tokens.outgoing) } else { (icons::INCOMING, tokens.accent) };
    ui.horizontal(|ui| {
        ui.label(RichText::new(icon).font(fonts::icon()).color(color));
        ui.label(RichText::new(title).font(fonts::strong()));
        let key = if outgoing { "]" } else { "[" };
        ui.label(RichText::new(format!("{key} follows")).font(fonts::small()).color(tokens.muted));
    });
    let origin = trace.range().start;
    let id = if outgoing { "outgoing" } else { "incoming" };
    let chosen = choice.checked_rem(flows.len());
    let touched = table(
        ui,
        (id, &COLUMNS),
        flows.len(),
        chosen,
        |row| flows.len() > 1 && chosen == Some(row),
        |row| {
            let Some(flow) = flows.get(row) else { return Vec::new() };
            let far = if outgoing { flow.to } else { flow.from };
            let place = name::frame_of(trace, flow.stack).map(|frame| name::function(frame.function));
            vec![
                Cell::number(offset(flow.from.time.nanos_since(origin))),
                Cell::text(if outgoing { name::flow(flow.kind) } else { passive(flow) }).colored(tokens.muted),
                Cell::text(name::lane(trace, far.lane)).colored(tokens.accent),
                Cell::number(place.unwrap_or_default()),
            ]
        },
    );
    if let Some(flow) = touched.hovered.and_then(|row| flows.get(row)) {
        *hovered = Some(*flow);
    }
    if let Some(flow) = touched.clicked.and_then(|row| flows.get(row)) {
        actions.push(Action::GoToEnd(if outgoing { flow.to } else { flow.from }));
    }
}

const fn passive(flow: &Flow) -> &'static str {
    use trace_core::model::flows::FlowKind;
    match flow.kind {
        FlowKind::Create => "created by",
        FlowKind::Unblock => "unblocked by",
        FlowKind::Switch => "switched by",
        FlowKind::SyscallExit => "came back",
        FlowKind::ProcSteal => "robbed by",
    }
}
