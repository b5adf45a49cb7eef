//! The ruler: times over the lanes, and the time under the pointer.

use egui::epaint::Mesh;
use egui::{Align2, Pos2, Rect, Shape, Ui, pos2, vec2};

use crate::fmt::time::unix_nanos;
use crate::state::document::Document;
use crate::state::settings::Settings;
use crate::timeline::frame::Frame;
use crate::timeline::ticks::{self, Origin};

/// Labelled ticks are at least so far apart, points.
const LABEL_DISTANCE: f32 = 92.0;

/// What the ruler counts from: the start of the trace, or of the session that it is part of, on whose clock it is; or the
/// wall clock if that is wanted and known.
#[must_use]
pub fn origin(document: &Document, settings: &Settings) -> Origin {
    let start = document.trace.range().start;
    let (zero, unix) = match document.shared_time {
        Some(shared) => (shared.start, shared.unix),
        None => (start.0, unix_nanos(&document.trace, start).map(|unix| unix - i128::from(start.0))),
    };
    origin_of(zero, unix, settings)
}

/// The same of a clock that counts from `start`; `unix`: Unix time minus that clock's, nanoseconds.
#[must_use]
pub fn origin_of(start: i64, unix: Option<i128>, settings: &Settings) -> Origin {
    let wall = unix.filter(|_| settings.wall_clock).and_then(|unix| i64::try_from(unix).ok());
    wall.map_or(Origin::Since(start), Origin::Wall)
}

/// Paints the ruler, and the grid's lines over the lanes.
pub fn paint(ui: &Ui, frame: &Frame<'_>, pointer: Option<Pos2>) {
    let strip = frame.strips.ruler;
    let painter = ui.painter_at(frame.strips.gutter_of(strip).union(strip));
    painter.rect_filled(frame.strips.gutter_of(strip).union(strip), 0.0, frame.tokens.panel);
    let mut mesh = Mesh::default();
    let painter = ui.painter_at(strip);
    let axis = frame.ruler_axis();
    for tick in ticks::ticks(&axis, frame.origin, LABEL_DISTANCE) {
        let x = frame.snap(axis.x_from_nanos(tick.nanos as f64));
        if x < strip.left() - 200.0 || x > strip.right() {
            continue;
        }
        let height = if tick.text.is_some() { 9.0 } else { 4.0 };
        let color = if tick.full { frame.tokens.muted } else { frame.tokens.line };
        let top = frame.snap(strip.bottom() - height);
        mesh.add_colored_rect(Rect::from_min_max(pos2(x, top), pos2(x + frame.pixel(), strip.bottom())), color);
        if let Some(text) = tick.text {
            let color = if tick.full { frame.tokens.text } else { frame.tokens.muted };
            let at = pos2(x + 4.0, strip.center().y - 2.0);
            let galley = painter.layout_no_wrap(text, frame.font(), color);
            // Half a label says nothing.
            if x >= strip.left() && at.x + galley.size().x <= strip.right() {
                painter.galley(pos2(at.x, at.y - galley.size().y / 2.0), galley, color);
            }
        }
    }
    painter.add(Shape::mesh(mesh));
    gutter(ui, frame);
    if let Some(at) = pointer {
        time_at_pointer(ui, frame, at);
    }
    let line = Rect::from_min_max(
        pos2(frame.strips.gutter_left, strip.bottom() - frame.pixel()),
        pos2(frame.strips.scroll_bar.right(), strip.bottom()),
    );
    ui.painter().rect_filled(line, 0.0, frame.tokens.line);
}

/// What offsets on the ruler count from.
fn gutter(ui: &Ui, frame: &Frame<'_>) {
    let place = frame.strips.gutter_of(frame.strips.ruler);
    let painter = ui.painter_at(place);
    let kind = if matches!(frame.origin, Origin::Wall(_)) { "UTC" } else { "Time" };
    painter.text(
        pos2(place.left() + 12.0, place.center().y),
        Align2::LEFT_CENTER,
        kind,
        frame.font(),
        frame.tokens.muted,
    );
    if let Some(text) = ticks::base_label(&frame.ruler_axis(), frame.origin, LABEL_DISTANCE) {
        let at = pos2(place.right() - 8.0, place.center().y);
        painter.text(at, Align2::RIGHT_CENTER, text, frame.font(), frame.tokens.text);
    }
}

fn time_at_pointer(ui: &Ui, frame: &Frame<'_>, at: Pos2) {
    let strip = frame.strips.ruler;
    // To a tenth of a point, so that the digits do not dance.
    let step = 10i64.pow((frame.axis.nanos_per_point().max(1.0).log10().floor() as u32).min(15));
    let time = frame.axis.time_from_x(at.x);
    if time < frame.bounds.start || time > frame.bounds.end {
        // Beside the trace there is no time to tell.
        return;
    }
    let text = frame.origin.text(frame.on_ruler(time), step);
    let painter = ui.painter_at(strip);
    let galley = painter.layout_no_wrap(text, frame.font(), frame.tokens.background);
    let size = galley.size() + vec2(10.0, 4.0);
    let x = (at.x - size.x / 2.0).clamp(strip.left(), (strip.right() - size.x).max(strip.left()));
    let rect = Rect::from_min_size(pos2(x, strip.center().y - size.y / 2.0), size);
    painter.rect_filled(rect, 4.0, frame.tokens.text);
    painter.galley(rect.min + vec2(5.0, 2.0), galley, frame.tokens.background);
}
