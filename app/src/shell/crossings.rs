//! Arrows over the lanes of all services: where the selected span passes to another process, and where it comes from one.

use egui::{CursorIcon, Id, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::lanes::LaneId;
use trace_core::session::crossing::{Crossing, CrossingEnd};

use crate::action::action::Actions;
use crate::action::session_action::SessionAction;
use crate::state::app::AppState;
use crate::state::crossing::{far_end, of_selection};
use crate::state::document::Document;
use crate::state::session::{OpenSession, view_of_service};
use crate::state::view::View;
use crate::theme::lanes::{BAR_HEIGHT, BAR_TOP};
use crate::theme::{fonts, tokens};
use crate::timeline::axis::Axis;
use crate::timeline::strips::Strips;

/// Crossings of one span that are drawn at most each way.
const MOST: usize = 64;
/// Length of an arrow's head, points.
const HEAD: f32 = 8.0;

/// The lanes of a service on screen.
pub struct Place<'a> {
    /// The service, by place.
    pub service: u32,
    /// The document of the service's trace.
    pub document: &'a Document,
    /// All of it, points.
    pub place: Rect,
    /// Whether its lanes show.
    pub is_open: bool,
}

/// Paints them. `view`: what is in view, on the session's clock.
pub fn ui(
    ui: &mut Ui,
    (state, session): (&AppState, &OpenSession),
    (places, view): (&[Place<'_>], View),
    actions: &mut Actions,
) {
    let chosen = state.document().map_or([0, 0], |document| [document.flow_choice.0, document.flow_choice.1]);
    for (outgoing, chosen) in [true, false].into_iter().zip(chosen) {
        for (at, crossing) in of_selection(state, outgoing).iter().take(MOST).enumerate() {
            arrow_ui(ui, (state, session), (places, view), (crossing, outgoing, at == chosen), actions);
        }
    }
}

fn arrow_ui(
    ui: &mut Ui,
    (state, session): (&AppState, &OpenSession),
    (places, view): (&[Place<'_>], View),
    (crossing, outgoing, is_chosen): (&Crossing, bool, bool),
    actions: &mut Actions,
) {
    let tokens = tokens::of(ui.ctx());
    let gutter = state.settings.gutter_points;
    let ends = [crossing.from, crossing.to].map(|end| end_of(session, places, (gutter, view), end));
    let [Some((from, strip)), Some((to, _))] = ends else { return };
    let painter = ui.painter().with_clip_rect(
        ui.clip_rect()
            .intersect(Rect::from_x_y_ranges(strip.x_range(), from.y.min(to.y) - HEAD..=from.y.max(to.y) + HEAD)),
    );
    let color = if outgoing { tokens.outgoing } else { tokens.accent };
    let width = if is_chosen { 2.25 } else { 1.5 };
    painter.line_segment([from, to], Stroke::new(width + 2.0, tokens.background.gamma_multiply(0.6)));
    painter.line_segment([from, to], Stroke::new(width, color));
    let along = (to - from).normalized();
    let (back, side) = (to - along * HEAD, vec2(-along.y, along.x) * (HEAD * 0.5));
    painter.add(Shape::convex_polygon(vec![to, back + side, back - side], color, Stroke::NONE));
    let Some(built) = session.shown() else { return };
    let name = built.crossing_name(crossing);
    let (far, end) = (if outgoing { to } else { from }, far_end(crossing, outgoing));
    if !strip.x_range().contains(far.x) {
        return;
    }
    let text = painter.layout_no_wrap(name.clone(), fonts::small(), tokens.text);
    let room = Rect::from_min_size(far + vec2(6.0, -text.size().y / 2.0), text.size()).expand(3.0);
    painter.rect(room, 4.0, tokens.panel, Stroke::new(1.0, color), egui::StrokeKind::Inside);
    painter.galley(room.min + vec2(3.0, 3.0), text, tokens.text);
    let id = Id::unique(("crossing", outgoing, end.service, end.go.0, end.time.0));
    let response = ui.interact(room, id, Sense::click());
    let way = if outgoing { "to" } else { "from" };
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("Crossing {way} another service: {name}")));
    if response.clicked() {
        let service = built.service(end.service);
        let start = service.map_or(end.time.0, |service| service.session_time(end.time));
        let range = TimeRange::new(TraceTime(start), TraceTime(start.saturating_add(1)));
        actions.push(SessionAction::GoTo(end.service, end.go, range));
    }
    response.on_hover_cursor(CursorIcon::PointingHand);
}

/// Where an end of a crossing is on screen, and the lanes it lies on: on its lane, or at the edge beyond which that lies.
fn end_of(
    session: &OpenSession,
    places: &[Place<'_>],
    (gutter, view): (f32, View),
    end: CrossingEnd,
) -> Option<(Pos2, Rect)> {
    let place = places.iter().find(|place| place.service == end.service)?;
    let document = place.document;
    let strips = Strips::of_pair(place.place, gutter, 0.0).filtered(document.lane_filter.is_some());
    let scroll = document.view.map_or(0.0, |view| view.scroll_points);
    let own = view_of_service(session.clock(place.service)?, view, scroll);
    let axis = Axis::new(&own, strips.lanes.left(), strips.lanes.width());
    let x = axis.x_from_time(end.time);
    let lanes = strips.lanes;
    let row = document.layout().row_of(LaneId::Goroutine(end.go)).filter(|_| place.is_open && lanes.height() > 4.0);
    let y = row.map_or_else(
        || place.place.center().y,
        |row| {
            // Far rows are only compared with the edges.
            let top = (row.top - scroll).clamp(-1e6, 1e6) as f32;
            (lanes.top() + top + BAR_TOP + BAR_HEIGHT / 2.0).clamp(lanes.top(), lanes.bottom() - 2.0)
        },
    );
    Some((pos2(x, y), lanes))
}
