//! Which service called which, how often and how long: drawn, those that are called right of those that call them; and as a
//! table.

use egui::{Align2, Color32, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::action::action::{Actions, FileAction};
use crate::action::session_action::SessionAction;
use crate::fmt::number::count;
use trace_core::base::nanos::Nanos;

use crate::fmt::time::nanos_or_dash;
use crate::fmt::words::counted;
use crate::panel::session_table::{session, session_table_ui};
use crate::report::session::map::Edge;
use crate::state::app::AppState;
use crate::state::session::{Built, OpenSession};
use crate::theme::{fonts, space, tokens};
use crate::widget::chip::chip;
use crate::widget::section::empty;

/// The panel's name among what the window remembers.
const PANEL: &str = "service-map";
/// Size of a service, points.
const NODE: egui::Vec2 = vec2(150.0, 40.0);
/// Services that are drawn.
const DRAWN: usize = 60;
/// Width of an edge, from the rarest to the most frequent call, points.
const WIDTHS: (f32, f32) = (1.0, 5.0);

/// Shows which service called which, as a map and as a table.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    let Some((open, built)) = session(ui, state) else { return };
    if built.edges.is_empty() {
        empty(ui, "No service calls another one in this session");
        return;
    }
    let shown = open.choices.get(PANEL).copied().unwrap_or(0);
    let mut chosen = None;
    let lead = |ui: &mut Ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for (at, title) in ["Map", "Calls"].into_iter().enumerate() {
            if chip(ui, title, at == shown).clicked() {
                chosen = Some(at);
            }
        }
        ui.add_space(space::S);
    };
    match built.table("edges").filter(|_| shown == 1) {
        Some(table) => {
            let slowest = |row: usize| {
                let span = built.slowest_calls.get(row);
                span.map(|at| ("Show the slowest", SessionAction::ShowSpan(*at).into())).into_iter().collect()
            };
            session_table_ui(ui, (state, open), ("service-map", table, None), lead, slowest, actions);
        }
        None => {
            ui.horizontal(lead);
            map_ui(ui, (open, built), actions);
        }
    }
    if let Some(at) = chosen {
        actions.push(SessionAction::Choose(PANEL, at));
    }
}

/// Where a service stands.
fn place_of(built: &Built, service: u32, area: Rect) -> Option<Rect> {
    let column = *built.columns.get(service as usize)?;
    let most = built.columns.iter().take(DRAWN).copied().max().unwrap_or(0);
    let same = || (0_u32..).zip(built.columns.iter().take(DRAWN)).filter(|(_, other)| **other == column);
    let (rows, row) = (same().count(), same().position(|(at, _)| at == service)?);
    let x = if most == 0 { 0.5 } else { column as f32 / most as f32 };
    let y = (row as f32 + 0.5) / rows as f32;
    let room = area.shrink2(NODE / 2.0);
    let centre = pos2(room.min.x + room.width() * x, area.min.y + area.height() * y);
    Some(Rect::from_center_size(centre, vec2(NODE.x, NODE.y.min(area.height() / rows as f32 - space::XS).max(18.0))))
}

fn map_ui(ui: &mut Ui, (open, built): (&OpenSession, &Built), actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let area = ui.available_rect_before_wrap().shrink2(vec2(space::L, space::S));
    ui.allocate_rect(ui.available_rect_before_wrap(), Sense::hover());
    let most = built.edges.iter().map(|edge| edge.nanos.len()).max().unwrap_or(1).max(1);
    let mut labels = Vec::new();
    for edge in &built.edges {
        let (Some(from), Some(to)) = (place_of(built, edge.from, area), place_of(built, edge.to, area)) else {
            continue;
        };
        let share = edge.nanos.len() as f32 / most as f32;
        let color = if edge.errors > 0 { tokens.error } else { tokens.muted };
        let middle = edge_ui(ui, (from, to), WIDTHS.0 + (WIDTHS.1 - WIDTHS.0) * share, color);
        labels.push((edge, middle));
    }
    for (service, at) in built.session.services.iter().zip(0_u32..).take(DRAWN) {
        let Some(place) = place_of(built, at, area) else { continue };
        node_ui(ui, (open, &service.name, at), place, actions);
    }
    for (edge, middle) in labels {
        label_ui(ui, built, edge, middle, actions);
    }
    if built.session.services.len() > DRAWN {
        let text = format!("The first {DRAWN} of {} services are drawn", built.session.services.len());
        ui.painter().text(area.left_bottom(), Align2::LEFT_BOTTOM, text, fonts::small(), tokens.muted);
    }
}

/// A service; a click brings its trace to the front.
fn node_ui(ui: &Ui, (open, name, at): (&OpenSession, &str, u32), place: Rect, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let response = ui.interact(place, ui.scope_id().with(("service", at)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{name} on the map")));
    let fill = if response.hovered() { tokens.hovered } else { tokens.raised };
    ui.painter().rect_filled(place, space::RADIUS, fill);
    ui.painter().rect_filled(place.with_max_x(place.min.x + 5.0), space::RADIUS, tokens.service(at, open.color_of(at)));
    ui.painter().rect_stroke(place, space::RADIUS, Stroke::new(1.0, tokens.line), StrokeKind::Inside);
    let room = place.shrink2(vec2(space::M, 0.0));
    let mut job = egui::text::LayoutJob::simple_singleline(name.to_owned(), fonts::strong(), tokens.text);
    job.wrap = egui::text::TextWrapping::truncate_at_width(room.width());
    let galley = ui.painter().layout_job(job);
    ui.painter().galley(room.center() - galley.size() / 2.0, galley, tokens.text);
    if response.clicked()
        && let Some(id) = open.document_of(at)
    {
        actions.push(FileAction::Activate(id));
    }
}

/// The line of calls from one service to another; its middle.
fn edge_ui(ui: &Ui, (from, to): (Rect, Rect), width: f32, color: Color32) -> Pos2 {
    let is_forward = to.center().x > from.center().x + 1.0;
    let (start, end) =
        if is_forward { (from.right_center(), to.left_center()) } else { (from.center_bottom(), to.center_bottom()) };
    let pull = if is_forward { vec2((end.x - start.x) * 0.5, 0.0) } else { vec2(0.0, 40.0) };
    let back = if is_forward { -pull } else { pull };
    let points = [start, start + pull, end + back, end];
    let curve = egui::epaint::CubicBezierShape::from_points_stroke(
        points,
        false,
        Color32::TRANSPARENT,
        Stroke::new(width, color.gamma_multiply(0.7)),
    );
    let middle = curve.sample(0.5);
    ui.painter().add(curve);
    let into = if is_forward { vec2(-1.0, 0.0) } else { vec2(0.0, 1.0) };
    let side = into.rot90();
    let size = 5.0 + width;
    let head = vec![end, end + into * size + side * size * 0.5, end + into * size - side * size * 0.5];
    ui.painter().add(Shape::convex_polygon(head, color, Stroke::NONE));
    middle
}

/// How often and how long; a click shows the slowest.
fn label_ui(ui: &Ui, built: &Built, edge: &Edge, middle: Pos2, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let (p50, p99) = (nanos_or_dash(edge.rank(50).map(Nanos)), nanos_or_dash(edge.rank(99).map(Nanos)));
    let calls = counted(edge.nanos.len() as u64, "call");
    let errors = if edge.errors > 0 { format!(" · {} failed", count(edge.errors)) } else { String::new() };
    let text = format!("{calls}{errors}\np50 {p50} · p99 {p99}");
    let galley = ui.painter().layout(text.clone(), fonts::small(), tokens.text, 200.0);
    let place = Rect::from_center_size(middle, galley.size() + vec2(10.0, 4.0));
    let response = ui.interact(place, ui.scope_id().with(("calls", edge.from, edge.to)), Sense::click());
    let name = |at: u32| built.service(at).map_or("", |service| service.name.as_str());
    let label = format!("{} to {}: {}", name(edge.from), name(edge.to), text.replace('\n', ", "));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &label));
    let fill = if response.hovered() { tokens.hovered } else { tokens.panel };
    ui.painter().rect_filled(place, space::RADIUS, fill.gamma_multiply(0.94));
    ui.painter().galley(place.min + vec2(5.0, 2.0), galley, tokens.text);
    if response.on_hover_text("Show the slowest of these calls").clicked() {
        actions.push(SessionAction::ShowSpan(edge.slowest));
    }
}
