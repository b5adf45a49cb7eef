//! The request lane above the lanes of services: the spans of one request as a waterfall over all of them, with what their
//! goroutines did; or all requests, packed onto few rows, to choose one.

use egui::epaint::Mesh;
use egui::{
    Align2, Color32, CursorIcon, Id, Popup, Pos2, Rect, Response, RichText, Role, Sense, Shape, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::SpanClass;
use trace_core::session::SessionSpan;
use trace_core::session::waterfall::{Piece, WaterfallRow};

use crate::action::action::{Action, Actions, ViewAction};
use crate::action::session_action::SessionAction;
use crate::fmt::name;
use crate::fmt::time::duration;
use crate::state::app::AppState;
use crate::state::document::Document;
use crate::state::session::{Built, OpenSession, RequestView, session_nanos, unix_of};
use crate::state::view::View;
use crate::theme::lanes::{HEIGHTS, LaneColors};
use crate::theme::tokens::Tokens;
use crate::theme::{fonts, icons, space, tokens};
use crate::timeline::axis::Axis;
use crate::timeline::ruler::origin_of;
use crate::timeline::ticks;
use crate::widget::button::glyph;
use crate::widget::menu::{context_menu, menu_entry};

/// Height of the line with times over the rows, points.
pub const HEAD: f32 = 24.0;
/// Height of a span's row, points.
pub const ROW: f32 = 20.0;
/// Height of a row of requests, points.
pub const REQUEST_ROW: f32 = 14.0;
/// Height of a span's bar, points.
const BAR: f32 = 15.0;
/// Least distance of two times, points.
const TICKS: f32 = 90.0;
/// How far a span is moved in below the one it belongs to, points.
const INDENT: f32 = 10.0;
/// How far from a click the wait may be that it is meant for, points.
const AROUND: f32 = 6.0;
/// Zoom of one step of the wheel with Ctrl is what the lanes have; this turns its points into a factor.
const WHEEL: f32 = 1.0 / 200.0;

/// Where the request lane lies, and what is in view.
pub struct RequestLane<'a> {
    /// The session that the request is of.
    pub session: &'a OpenSession,
    /// What was made of it.
    pub built: &'a Built,
    /// The trace in front: it takes zooming and panning; `None` if no service has one.
    pub front: Option<(&'a Document, u32)>,
    /// What is in view, on the session's clock.
    pub view: View,
    /// Where it is drawn, points.
    pub place: Rect,
    /// The left and the right edge of the lanes, points.
    pub edges: [f32; 2],
}

/// The colour of a service: the one that the user chose, else one by its place.
#[must_use]
pub fn service_color(tokens: &Tokens, session: &OpenSession, service: u32) -> Color32 {
    tokens.service(service, session.color_of(service))
}

/// How high the rows are that there are to show, points.
#[must_use]
pub fn height_of_rows(session: &OpenSession, built: &Built) -> f32 {
    let spans = |at: usize| built.request(at).map_or(0, |request| request.spans.len());
    match session.request {
        // The line between the two is a row, too.
        Some(at) => (spans(at) + session.other.map_or(0, |other| 1 + spans(other))) as f32 * ROW,
        None => built.lanes.len() as f32 * REQUEST_ROW + space::S,
    }
}

impl RequestLane<'_> {
    fn axis(&self) -> Axis {
        Axis::new(&self.view, self.edges[0], self.edges[1] - self.edges[0])
    }

    fn id(&self, what: impl std::hash::Hash + std::fmt::Debug) -> Id {
        Id::unique(("request lane", what))
    }
}

/// Shows the request as a lane: a bar for each span, over the session's time.
pub fn ui(ui: &mut Ui, state: &AppState, lane: &RequestLane<'_>, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    ui.painter().rect_filled(lane.place, 0.0, tokens.background);
    let head = lane.place.with_max_y(lane.place.min.y + HEAD);
    let rows = lane.place.with_min_y(head.max.y);
    let canvas = ui.interact(rows.with_min_x(lane.edges[0]), lane.id("canvas"), Sense::click_and_drag());
    canvas.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Request lane"));
    let scroll = wheel(ui, lane, &canvas, rows.height(), actions);
    match (lane.session.request, lane.session.request_view()) {
        (Some(_), Some(view)) => spans_ui(ui, lane, view, (rows, scroll), actions),
        (Some(_), None) => {
            let at = pos2(lane.edges[0] + space::M, rows.center().y);
            ui.painter().text(at, Align2::LEFT_CENTER, "Working…", fonts::small(), tokens.muted);
        }
        (None, _) => requests_ui(ui, lane, rows, &canvas, actions),
    }
    head_ui(ui, state, lane, head);
}

/// The times over the rows.
fn head_ui(ui: &Ui, state: &AppState, lane: &RequestLane<'_>, head: Rect) {
    let tokens = tokens::of(ui.ctx());
    let painter = ui.painter_at(lane.place);
    painter.rect_filled(head, 0.0, tokens.panel);
    let axis = lane.axis();
    let session = &lane.built.session;
    let origin = origin_of(session.range.start.0, unix_of(session), &state.settings);
    let strip = head.with_min_x(lane.edges[0]).with_max_x(lane.edges[1]);
    let inside = ui.painter_at(strip);
    for tick in ticks::ticks(&axis, origin, TICKS) {
        let x = axis.x_from_nanos(tick.nanos as f64);
        let tall = if tick.text.is_some() { 9.0 } else { 4.0 };
        let color = if tick.full { tokens.muted } else { tokens.line };
        inside.vline(x, strip.bottom() - tall..=strip.bottom(), Stroke::new(1.0, color));
        if let Some(text) = tick.text {
            inside.text(pos2(x + 4.0, strip.top() + 3.0), Align2::LEFT_TOP, text, fonts::small(), tokens.muted);
        }
    }
    let pointer = ui.input(|input| input.pointer.latest_pos());
    let front =
        lane.front.and_then(|(document, service)| Some((document.pointer_nanos?, lane.session.clock(service)?)));
    let over = pointer.filter(|at| lane.place.contains(*at) && at.x > lane.edges[0]).map(|at| at.x);
    let across = front.map(|(nanos, clock)| axis.x_from_nanos(session_nanos(clock, nanos)));
    if let Some(x) = over.or(across).filter(|x| *x > lane.edges[0] && *x < lane.edges[1] && !state.wait_for_all) {
        painter.vline(x, lane.place.y_range(), Stroke::new(1.0, tokens.muted.gamma_multiply(0.7)));
    }
    painter.hline(lane.place.x_range(), head.bottom(), Stroke::new(1.0, tokens.line));
}

/// The wheel scrolls rows, zooms with Ctrl; a drag pans. How far the rows are scrolled, points.
fn wheel(ui: &Ui, lane: &RequestLane<'_>, canvas: &Response, room: f32, actions: &mut Actions) -> f32 {
    let mut scroll = lane.session.lane_scroll;
    let most = (height_of_rows(lane.session, lane.built) - room).max(0.0);
    let pointer = ui.input(|input| input.pointer.latest_pos());
    let is_over = pointer.is_some_and(|at| lane.place.contains(at)) && !Popup::is_any_open(ui.ctx());
    if is_over {
        let (zoom, delta, command) =
            ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta(), input.modifiers.command));
        let mut factor = f64::from(1.0 / zoom);
        if command && zoom == 1.0 {
            factor *= f64::from((-delta.y * WHEEL).exp());
        } else {
            scroll -= delta.y;
        }
        let push = |action: ViewAction, actions: &mut Actions| {
            if let Some((document, _)) = lane.front {
                actions.push(Action::On(document.id, Box::new(Action::View(action))));
            }
        };
        if (factor - 1.0).abs() > 1e-6 {
            let at = lane.front.zip(pointer).and_then(|((_, service), at)| {
                Some(session_nanos(lane.session.clock(service)?.inverse(), lane.axis().nanos_from_x(at.x)))
            });
            push(ViewAction::Zoom { factor, at }, actions);
        }
        let mut pan = -f64::from(delta.x);
        if canvas.dragged() {
            pan -= f64::from(canvas.drag_delta().x);
            scroll -= canvas.drag_delta().y;
        }
        if pan != 0.0 {
            push(ViewAction::Pan(pan / f64::from(lane.edges[1] - lane.edges[0]).max(1.0)), actions);
        }
    }
    let scroll = scroll.clamp(0.0, most);
    if scroll != lane.session.lane_scroll {
        actions.push(SessionAction::ScrollLane(scroll));
    }
    scroll
}

/// The spans of the request that is shown.
fn spans_ui(
    ui: &mut Ui,
    lane: &RequestLane<'_>,
    view: &RequestView,
    (place, scroll): (Rect, f32),
    actions: &mut Actions,
) {
    let tokens = tokens::of(ui.ctx());
    let colors = LaneColors::of(tokens);
    let axis = lane.axis();
    let last = ((scroll + place.height()) / ROW) as usize + 1;
    let y_of = |at: usize| place.min.y + at as f32 * ROW - scroll;
    let clip = ui.clip_rect();
    ui.set_clip_rect(place.intersect(clip));
    let mut hovered = None;
    let below = other(lane, view);
    let all = view.rows.iter().map(|row| (row, 0)).enumerate();
    let others = below.iter().flat_map(|(other, shift)| other.rows.iter().map(|row| (row, *shift)));
    let others = (view.rows.len() + 1..).zip(others);
    for (at, (row, shift)) in all.chain(others).skip_while(|(at, _)| y_of(*at) + ROW < place.min.y) {
        if at >= last {
            break;
        }
        let Some(span) = lane.built.span(row.span) else { continue };
        let line = Rect::from_min_size(pos2(place.min.x, y_of(at)), vec2(place.width(), ROW));
        let response = row_ui(ui, lane, (row, span), (line, &shifted(axis, shift)), actions);
        if response.hovered() || lane.session.span == Some(row.span) {
            let opacity = if lane.session.span == Some(row.span) { 0.16 } else { 0.07 };
            ui.painter().rect_filled(line, 0.0, tokens.accent.gamma_multiply(opacity));
        }
        name_ui(ui, lane, (row, span), line);
        bar_ui(ui, lane, (row, span), (line, &shifted(axis, shift)), &colors);
        if response.hovered() {
            hovered = Some((row, span, response));
        }
    }
    if below.is_some() {
        let line = Rect::from_min_size(pos2(place.min.x, y_of(view.rows.len())), vec2(place.width(), ROW));
        other_head_ui(ui, lane, line, actions);
    }
    arrows_ui(ui, lane, view, &axis, y_of);
    let painter = ui.painter_at(place);
    painter.vline(lane.edges[0] - 0.5, place.y_range(), Stroke::new(1.0, tokens.line));
    ui.set_clip_rect(clip);
    if let Some((row, span, response)) = hovered {
        response.on_hover_ui_at_pointer(|ui| about_ui(ui, lane, row, span));
    }
}

/// The request below the one that is shown, and by how much it is shown later than it was, nanoseconds.
fn other<'a>(lane: &RequestLane<'a>, view: &RequestView) -> Option<(&'a RequestView, i64)> {
    let other = lane.session.view_of(lane.session.other?)?;
    let start = |view: &RequestView| Some(lane.built.span(view.rows.first()?.span)?.start);
    Some((other, start(view)?.saturating_sub(start(other)?)))
}

/// The axis on which what is shown later lies where it belongs.
fn shifted(mut axis: Axis, shift: i64) -> Axis {
    axis.start_nanos -= shift as f64;
    axis
}

/// The line between two requests: whose spans follow.
fn other_head_ui(ui: &mut Ui, lane: &RequestLane<'_>, line: Rect, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let request = lane.session.other.and_then(|at| lane.built.request(at));
    let Some(root) = request.and_then(|request| lane.built.span(request.root)) else { return };
    ui.painter().rect_filled(line, 0.0, tokens.panel);
    let text = format!("Below, from the same start: {}, {}", root.name, duration(root.nanos));
    let at = pos2(line.min.x + space::S, line.center().y);
    ui.painter().text(at, Align2::LEFT_CENTER, text, fonts::small_strong(), tokens.muted);
    let cross = Rect::from_center_size(pos2(line.max.x - space::L, line.center().y), vec2(18.0, 18.0));
    let close = ui.interact(cross, lane.id("no other request"), Sense::click());
    close.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Show one request only"));
    glyph(ui, cross, icons::CLOSE, fonts::icon_sized(12.0), tokens.muted);
    if close.clicked() {
        actions.push(SessionAction::Against(None));
    }
}

/// What a row does: a click goes to the wait under it, or on the name to the longest one of the goroutine that worked for the
/// span; twice shows its time, the right button offers both.
fn row_ui(
    ui: &Ui,
    lane: &RequestLane<'_>,
    (row, span): (&WaterfallRow, &SessionSpan),
    (line, axis): (Rect, &Axis),
    actions: &mut Actions,
) -> Response {
    let response = ui.interact(line, lane.id(("span", row.span)), Sense::click());
    let service = service_name(lane.built, span.service);
    let words = format!("Span {} of {service}, {}", span.name, duration(span.nanos));
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, lane.session.span == Some(row.span), &words));
    let range = TimeRange::new(TraceTime(span.start), TraceTime(span.end()));
    if response.double_clicked() {
        actions.push(SessionAction::ShowRange(range));
    } else if response.clicked() {
        let at = response.interact_pointer_pos().map(|at| at.x).filter(|x| *x > lane.edges[0]);
        let at = at.filter(|_| span.go.is_some());
        actions.push(at.map_or(SessionAction::ShowSpan(row.span), |x| {
            let around = TimeRange::new(axis.time_from_x(x - AROUND), axis.time_from_x(x + AROUND));
            SessionAction::ShowSpanAt(row.span, around)
        }));
    }
    context_menu(&response, |ui| {
        ui.set_width(240.0);
        let mut entry = |ui: &mut Ui, text: &str, enabled: bool, action: Action| {
            if menu_entry(ui, text, "", enabled, false).clicked() {
                actions.push(action);
                ui.close();
            }
        };
        entry(ui, "Go to its goroutine", span.go.is_some(), SessionAction::ShowSpan(row.span).into());
        entry(ui, "Go to its task", span.act.is_some(), SessionAction::ShowTask(row.span).into());
        entry(ui, "Zoom to its time", true, SessionAction::ShowRange(range).into());
        entry(ui, "Show all requests", true, SessionAction::ShowRequest(None).into());
        let text = format!("{service}\t{}\t{}", span.name, duration(span.nanos));
        entry(ui, "Copy name and duration", true, Action::Copy(text));
    });
    response.on_hover_cursor(CursorIcon::PointingHand)
}

fn service_name(built: &Built, service: u32) -> &str {
    built.service(service).map_or("", |service| service.name.as_str())
}

/// The service's colour, and the names of service and span; the duration at the right.
fn name_ui(ui: &Ui, lane: &RequestLane<'_>, (row, span): (&WaterfallRow, &SessionSpan), line: Rect) {
    let tokens = tokens::of(ui.ctx());
    let gutter = line.with_max_x(lane.edges[0] - 1.0);
    let painter = ui.painter_at(gutter.intersect(ui.clip_rect()));
    let width = gutter.width();
    let indent = (row.depth as f32 * INDENT).min(width * 0.4);
    let color = service_color(tokens, lane.session, span.service);
    let mark = Rect::from_center_size(pos2(gutter.min.x + space::S + indent + 4.0, line.center().y), vec2(8.0, 8.0));
    painter.rect_filled(mark, 2.0, color);
    let length = painter.layout_no_wrap(duration(span.nanos), fonts::mono_small(), tokens.muted);
    let length_at = pos2(gutter.max.x - space::S - length.size().x, line.center().y - length.size().y / 2.0);
    let left = mark.max.x + 6.0;
    let room = (length_at.x - left - space::S).max(10.0);
    let mut job = egui::text::LayoutJob::default();
    let part = |text: &str, color: Color32| (text.to_owned(), egui::TextFormat::simple(fonts::small(), color));
    let is_light = row.pieces.is_empty();
    let own = if is_light { tokens.muted } else { tokens.text };
    for (text, format) in
        [part(service_name(lane.built, span.service), tokens.muted), part(&format!("  {}", span.name), own)]
    {
        job.append(&text, 0.0, format);
    }
    job.wrap = egui::text::TextWrapping::truncate_at_width(room);
    let galley = painter.layout_job(job);
    painter.galley(pos2(left, line.center().y - galley.size().y / 2.0), galley, own);
    painter.galley(length_at, length, tokens.muted);
}

/// The span over time: what its goroutine did; lighter if only a span file knows of it.
fn bar_ui(
    ui: &Ui,
    lane: &RequestLane<'_>,
    (row, span): (&WaterfallRow, &SessionSpan),
    (line, axis): (Rect, &Axis),
    colors: &LaneColors,
) {
    let tokens = tokens::of(ui.ctx());
    let strip = line.with_min_x(lane.edges[0]).with_max_x(lane.edges[1]);
    let painter = ui.painter_at(strip.intersect(ui.clip_rect()));
    let (x0, x1) = (axis.x_from_nanos(span.start as f64), axis.x_from_nanos(span.end() as f64));
    let bar = Rect::from_min_max(pos2(x0, line.max.y - 2.0 - BAR), pos2(x1.max(x0 + 2.0), line.max.y - 2.0));
    let own = service_color(tokens, lane.session, span.service);
    if row.pieces.is_empty() {
        painter.rect_filled(bar, 2.0, own.gamma_multiply(0.18));
        painter.rect_stroke(bar, 2.0, Stroke::new(1.0, own.gamma_multiply(0.5)), StrokeKind::Inside);
    } else {
        painter.rect_filled(bar, 0.0, own.gamma_multiply(0.10));
        painter.add(Shape::mesh(states(&row.pieces, bar, axis, colors)));
        painter.hline(bar.x_range(), bar.max.y + 0.5, Stroke::new(1.5, own));
    }
    if span.is_error {
        let at = pos2((bar.max.x + 8.0).min(strip.max.x - 8.0), bar.center().y);
        painter.text(at, Align2::CENTER_CENTER, icons::WARNING, fonts::icon_sized(12.0), tokens.error);
    }
    if lane.session.span == Some(row.span) {
        painter.rect_stroke(bar.expand(1.0), 1.0, Stroke::new(2.0, tokens.accent), StrokeKind::Outside);
    }
}

/// What a goroutine did, from piece to piece: height and colour tell it as on lanes, shares are stacked.
fn states(pieces: &[Piece], bar: Rect, axis: &Axis, colors: &LaneColors) -> Mesh {
    let mut mesh = Mesh::default();
    for piece in pieces {
        let (x0, x1) = (axis.x_from_nanos(piece.start as f64), axis.x_from_nanos((piece.start + piece.nanos) as f64));
        let (x0, x1) = (x0.max(bar.min.x), x1.min(bar.max.x).max(x0 + 0.75));
        if x1 <= x0 {
            continue;
        }
        let total: u64 = piece.classes.iter().skip(1).sum();
        let mut bottom = bar.max.y;
        for class in SpanClass::STACKED {
            let at = class as usize;
            let nanos = piece.classes.get(at).copied().unwrap_or(0);
            if nanos == 0 || total == 0 {
                continue;
            }
            let share = nanos as f32 / total as f32;
            let height = bar.height() * HEIGHTS.get(at).copied().unwrap_or(1.0) * share;
            let rect = Rect::from_min_max(pos2(x0, bottom - height), pos2(x1, bottom));
            mesh.add_colored_rect(rect, colors.fill.get(at).copied().unwrap_or(Color32::GRAY));
            bottom -= height;
        }
    }
    mesh
}

/// From each call to what served it in another service, and back.
fn arrows_ui(ui: &Ui, lane: &RequestLane<'_>, view: &RequestView, axis: &Axis, y_of: impl Fn(usize) -> f32) {
    let tokens = tokens::of(ui.ctx());
    let strip = ui.clip_rect().with_min_x(lane.edges[0]).with_max_x(lane.edges[1]);
    let painter = ui.painter_at(strip);
    let mut parents: Vec<(u32, usize)> = Vec::new();
    for (at, row) in view.rows.iter().enumerate() {
        parents.retain(|(depth, _)| *depth < row.depth);
        let above = parents.last().map(|(_, at)| *at);
        parents.push((row.depth, at));
        let Some((span, above)) = lane.built.span(row.span).zip(above) else { continue };
        let Some(caller) = view.rows.get(above).and_then(|row| lane.built.span(row.span)) else { continue };
        let (top, bottom) = (y_of(above) + ROW - 2.0, y_of(at) + ROW - 2.0 - BAR);
        if caller.service == span.service || bottom < strip.min.y || top > strip.max.y {
            continue;
        }
        let there = axis.x_from_nanos(span.start as f64);
        let back = axis.x_from_nanos(span.end() as f64);
        arrow(&painter, pos2(there, top), pos2(there, bottom), tokens.outgoing.gamma_multiply(0.85));
        if back - there > 6.0 {
            arrow(&painter, pos2(back, bottom), pos2(back, top), tokens.accent.gamma_multiply(0.85));
        }
    }
}

fn arrow(painter: &egui::Painter, from: Pos2, to: Pos2, color: Color32) {
    painter.line_segment([from, to], Stroke::new(1.0, color));
    let up = if to.y > from.y { -4.0 } else { 4.0 };
    let head = vec![to, to + vec2(-3.0, up), to + vec2(3.0, up)];
    painter.add(Shape::convex_polygon(head, color, Stroke::NONE));
}

/// What is said of a span at the pointer.
fn about_ui(ui: &mut Ui, lane: &RequestLane<'_>, row: &WaterfallRow, span: &SessionSpan) {
    let tokens = tokens::of(ui.ctx());
    let quiet = |text: String| RichText::new(text).font(fonts::small()).color(tokens.muted);
    ui.set_max_width(340.0);
    ui.label(RichText::new(span.name.as_ref()).font(fonts::strong()));
    ui.label(quiet(format!("{} · {}", service_name(lane.built, span.service), duration(span.nanos))));
    ui.label(quiet(format!("{} of it in no span below", duration(row.own))));
    if row.pieces.is_empty() {
        ui.label(quiet("Known from a span file alone: no trace shows what worked for it".to_owned()));
    }
    let trace = lane.built.service(span.service).and_then(|service| service.trace.as_ref());
    for class in SpanClass::ALL {
        let nanos = row.classes.get(class as usize).copied().unwrap_or(0);
        if nanos == 0 || class == SpanClass::None {
            continue;
        }
        let word = trace.map_or("", |trace| name::class_in(trace, class));
        ui.label(quiet(format!("{} {word}", duration(i64::try_from(nanos).unwrap_or(i64::MAX)))));
    }
    if let Some((trace, go)) = trace.zip(span.go) {
        ui.label(quiet(name::goroutine(trace, go)));
    }
    if let Some(by) = span.by {
        ui.label(quiet(format!("Joined by {}, {}", by.name().replace('_', " "), by.confidence())));
    }
    if span.is_error {
        ui.label(RichText::new("Marked as failed").font(fonts::small()).color(tokens.error));
    }
}

/// All requests, packed; a click shows one.
fn requests_ui(ui: &Ui, lane: &RequestLane<'_>, place: Rect, canvas: &Response, actions: &mut Actions) {
    let tokens = tokens::of(ui.ctx());
    let axis = lane.axis();
    let strip = place.with_min_x(lane.edges[0]).with_max_x(lane.edges[1]);
    let painter = ui.painter_at(strip);
    let gutter = ui.painter_at(place.with_max_x(lane.edges[0] - 1.0));
    let at = pos2(place.min.x + space::M, place.min.y + space::S + 6.0);
    let count = lane.built.session.requests.len();
    let text = if count == 0 { "No requests were found" } else { "All requests" };
    gutter.text(at, Align2::LEFT_CENTER, text, fonts::small(), tokens.muted);
    let pointer = canvas.hover_pos();
    let mut under = None;
    for (number, row) in lane.built.lanes.iter().enumerate() {
        let top = place.min.y + space::XS + number as f32 * REQUEST_ROW;
        if top > place.max.y {
            break;
        }
        let line = Rect::from_min_max(pos2(strip.min.x, top), pos2(strip.max.x, top + REQUEST_ROW - 2.0));
        let found = packed_ui(&painter, lane, row, (line, &axis), pointer.filter(|at| line.contains(*at)), tokens);
        under = found.or(under);
    }
    let Some(request) = under else { return };
    ui.ctx().set_cursor_icon(CursorIcon::PointingHand);
    if canvas.clicked() {
        actions.push(SessionAction::ShowRequest(Some(request as usize)));
        return;
    }
    let Some(span) = lane.built.request(request as usize).and_then(|request| lane.built.span(request.root)) else {
        return;
    };
    canvas.clone().on_hover_ui_at_pointer(|ui| {
        ui.label(RichText::new(span.name.as_ref()).font(fonts::strong()));
        let text = format!("{} · {}", service_name(lane.built, span.service), duration(span.nanos));
        ui.label(RichText::new(text).font(fonts::small()).color(tokens.muted));
    });
}

/// A row of requests, each pixel once; the one under the pointer.
fn packed_ui(
    painter: &egui::Painter,
    lane: &RequestLane<'_>,
    row: &[u32],
    (line, axis): (Rect, &Axis),
    pointer: Option<Pos2>,
    tokens: &Tokens,
) -> Option<u32> {
    let root = |at: u32| lane.built.request(at as usize).and_then(|request| lane.built.span(request.root));
    let start_of = |at: &u32| root(*at).map_or(i64::MAX, |span| span.start);
    let mut under = None;
    let mut place = row.partition_point(|at| (start_of(at) as f64) < axis.start_nanos).saturating_sub(1);
    while let Some(&at) = row.get(place) {
        place += 1;
        let (Some(span), Some(request)) = (root(at), lane.built.request(at as usize)) else { continue };
        let (x0, x1) = (axis.x_from_nanos(span.start as f64), axis.x_from_nanos(span.end() as f64));
        if x0 > line.max.x {
            break;
        }
        let bar = Rect::from_min_max(pos2(x0, line.min.y), pos2(x1.max(x0 + 2.0), line.max.y));
        let color = if request.is_error { tokens.error } else { service_color(tokens, lane.session, span.service) };
        let is_under = pointer.is_some_and(|at| bar.x_range().contains(at.x));
        painter.rect_filled(bar, 2.0, color.gamma_multiply(if is_under { 1.0 } else { 0.6 }));
        if is_under {
            under = Some(at);
        }
        // What begins on a pixel that has been painted shows nothing more.
        let next = axis.nanos_from_x(bar.max.x.max(x0 + 1.0));
        let rest = row.get(place..).unwrap_or_default();
        if rest.first().is_some_and(|at| (start_of(at) as f64) < axis.nanos_from_x(x0 + 1.0)) {
            place += rest.partition_point(|at| (start_of(at) as f64) < next.min(axis.nanos_from_x(x0 + 1.0)));
        }
    }
    under
}
