//! The wait chain of what is selected, drawn over the lanes: for each step a thick line under the lane of
//! whoever held it up, and links between lanes where one passes on to the next.

use egui::epaint::Mesh;
use egui::{Color32, Rect, Shape, Stroke, Ui, pos2};

use trace_core::analysis::wait_chain::{Step, StepKind, WaitChain};
use trace_core::event::state::GoState;
use trace_core::model::lanes::LaneId;

use crate::action::action::{Actions, AnalysisAction};
use crate::state::query::ask;
use crate::state::questions::QueryState;
use crate::state::view::Selection;
use crate::theme::lanes::{self, BAR_TOP};
use crate::timeline::frame::Frame;

/// Height of a step's line, points.
const LINE: f32 = 3.0;
/// Steps that are drawn at most; further ones in view are left out.
const STEPS_MOST: usize = 2_000;

/// Paints the chain of the selection, and asks for it if nobody has yet.
pub fn paint(ui: &Ui, frame: &Frame<'_>, actions: &mut Actions) {
    let document = frame.document;
    if !frame.settings.critical_path || !document.is_settled() || !is_wait(frame) {
        return;
    }
    let Some((go, range)) = document.chain_target() else { return };
    let query = ask::WaitChain(go, range);
    match document.queries.get(&query) {
        None => actions.push(AnalysisAction::Ask(document.id, query.into())),
        Some(QueryState::Answered(found)) => chain(ui, frame, &found.why.longest),
        Some(_) => {}
    }
}

/// Whether the selection has a chain worth drawing: a wait, or a marked stretch.
fn is_wait(frame: &Frame<'_>) -> bool {
    let has_range = frame.document.highlight.or(frame.document.marked).is_some();
    match frame.document.selection {
        Selection::Span(at) => {
            has_range
                || frame.trace.span(at).is_some_and(|span| matches!(span.state, GoState::Waiting | GoState::Runnable))
        }
        Selection::Lane(_) => has_range,
        Selection::Region(_) => false,
        Selection::Task(_) => true,
        Selection::None => false,
    }
}

fn chain(ui: &Ui, frame: &Frame<'_>, chain: &WaitChain) {
    let strip = frame.strips.lanes;
    let painter = ui.painter_at(strip);
    let seen = frame.view.range();
    let first = chain.steps.partition_point(|step| step.range.end <= seen.start);
    let steps = chain.steps.iter().skip(first).take_while(|step| step.range.start < seen.end).take(STEPS_MOST);
    let mut mesh = Mesh::default();
    let mut links = Vec::new();
    let mut before: Option<(LaneId, f32)> = None;
    let victim = victim_strip(frame);
    for step in steps {
        if let Some(top) = victim {
            let x0 = frame.axis.x_from_time(step.range.start).max(strip.left());
            let x1 = frame.axis.x_from_time(step.range.end).min(strip.right()).max(x0 + frame.pixel());
            let own = Rect::from_min_max(pos2(x0, top), pos2(x1, top + LINE));
            mesh.add_colored_rect(own, color(frame, step));
        }
        let lane = LaneId::Goroutine(step.go);
        let Some(row) = frame.layout.row_of(lane) else { continue };
        let y = frame.snap(frame.y_of(&row) + row.own as f32 - LINE);
        let x0 = frame.axis.x_from_time(step.range.start).max(strip.left());
        let x1 = frame.axis.x_from_time(step.range.end).min(strip.right()).max(x0 + frame.pixel());
        if let Some((_, from)) = before.filter(|before| before.0 != lane) {
            links.push((x0, from, y));
        }
        before = Some((lane, y));
        if y + LINE < strip.top() || y > strip.bottom() {
            continue;
        }
        mesh.add_colored_rect(Rect::from_min_max(pos2(x0, y), pos2(x1, y + LINE)), frame.tokens.outgoing);
    }
    let accent = frame.tokens.outgoing;
    // Links closer than a pixel are one.
    links.dedup_by_key(|(x, ..)| (*x * frame.pixels) as i32);
    for (x, from, to) in links {
        let (top, bottom) = (from.min(to).max(strip.top()), (from.max(to) + LINE).min(strip.bottom()));
        if top < bottom {
            painter.vline(frame.snap(x), top..=bottom, Stroke::new(1.5, accent));
        }
    }
    painter.add(Shape::mesh(mesh));
    ends(&painter, frame, chain, accent);
}

/// Brackets around the stretch on the victim's own lane.
fn ends(painter: &egui::Painter, frame: &Frame<'_>, chain: &WaitChain, color: Color32) {
    let Some(row) = frame.document.selection.lane().and_then(|lane| frame.layout.row_of(lane)) else { return };
    let top = frame.y_of(&row);
    for time in [chain.range.start, chain.range.end] {
        let x = frame.snap(frame.axis.x_from_time(time));
        if frame.strips.lanes.x_range().contains(x) {
            painter.vline(x, top + BAR_TOP..=top + row.own as f32, Stroke::new(1.5, color));
        }
    }
}

/// Upper edge of the strip on the victim's own lane that tells what the steps were.
fn victim_strip(frame: &Frame<'_>) -> Option<f32> {
    let row = frame.document.selection.lane().and_then(|lane| frame.layout.row_of(lane))?;
    Some(frame.snap(frame.y_of(&row) + 1.0))
}

fn color(frame: &Frame<'_>, step: &Step) -> Color32 {
    match step.doing.class() {
        Some(class) => frame.colors.strong.get(class as usize).copied().unwrap_or(frame.tokens.muted),
        None if step.doing == StepKind::NoCpu => lanes::no_cpu(frame.tokens),
        None => frame.tokens.muted,
    }
}
