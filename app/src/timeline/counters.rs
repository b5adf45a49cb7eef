//! The curves over the lanes: goroutines by state, heap, threads. Folds to one line.

use std::sync::Arc;

use egui::epaint::Mesh;
use egui::{Align2, Color32, CursorIcon, Pos2, Rect, Role, Sense, Shape, Stroke, Ui, WidgetInfo, pos2, vec2};
use trace_core::event::state::SpanClass;

use crate::action::action::{Actions, SettingsAction};
use crate::fmt::number;
use crate::state::settings::Settings;
use crate::theme::lanes::mix;
use crate::timeline::cache::{CounterMeshes, Numbered, TimelineCache};
use crate::timeline::curves::Curve;
use crate::timeline::curves::Curves;
use crate::timeline::drag::handle;
use crate::timeline::frame::Frame;
use crate::timeline::marks;
use crate::timeline::shapes::triangle;
use crate::timeline::strips::COUNTERS_LEAST;

/// Whether only their heading shows.
#[must_use]
pub fn are_folded(frame: &Frame<'_>) -> bool {
    frame.strips.counters.height() < COUNTERS_LEAST - 1.0
}

/// Windows lower than this have low counters, until the user gives them a height, points.
const LOW_WINDOW: f32 = 800.0;
/// Their height there, points.
const LOW: f32 = 84.0;

/// How high the counters are to be: as the user chose, but low in a low window as long as he has not.
#[must_use]
pub fn height(ui: &Ui, settings: &Settings) -> f32 {
    let is_usual = settings.counters_points == Settings::default().counters_points;
    if is_usual && ui.ctx().content_rect().height() < LOW_WINDOW { LOW } else { settings.counters_points }
}

/// The counters, folded or not.
pub fn ui(ui: &Ui, frame: &Frame<'_>, cache: &mut TimelineCache, pointer: Option<Pos2>, actions: &mut Actions) {
    let strip = frame.strips.counters;
    if strip.height() < 1.0 {
        return;
    }
    let place = frame.strips.gutter_of(strip);
    ui.painter().rect_filled(place, 0.0, frame.tokens.panel);
    let folded = are_folded(frame);
    if let Some((grid, Numbered { made: curves, number })) = cache.curves().filter(|_| !folded) {
        // The curves may still be those of the columns before.
        let frame = &Frame { grid, ..frame.clone() };
        let key = (number, frame.axis, strip, frame.pixels.to_bits(), frame.tokens.dark);
        let kept = cache.counter_meshes.take().filter(|(made_of, _)| *made_of == key);
        let (_, meshes) = kept.unwrap_or_else(|| (key, meshes(frame, &curves)));
        tracks(ui, frame, &curves, &meshes, pointer);
        cache.counter_meshes = Some((key, meshes));
        marks::gaps_over(ui, frame, strip, frame.colors.hole_opaque);
    }
    fold_button(ui, frame, folded, actions);
    let edge = Rect::from_min_max(pos2(place.left(), strip.bottom() - 3.0), pos2(strip.right(), strip.bottom() + 2.0));
    if let Some(pointer) =
        handle(ui, frame.id("counters height"), edge, "Height of the counters", CursorIcon::ResizeVertical)
    {
        let height = pointer.y - strip.top();
        actions.push(SettingsAction::SetCounters(if height < COUNTERS_LEAST / 2.0 {
            0.0
        } else {
            height.max(COUNTERS_LEAST)
        }));
        ui.ctx().request_repaint();
    }
    let all = place.union(strip);
    ui.painter().hline(
        all.x_range(),
        all.bottom() - frame.pixel() / 2.0,
        Stroke::new(frame.pixel(), frame.tokens.line),
    );
}

fn fold_button(ui: &Ui, frame: &Frame<'_>, folded: bool, actions: &mut Actions) {
    let place = frame.strips.gutter_of(frame.strips.counters);
    let rect = if folded { place } else { Rect::from_min_size(place.min, vec2(22.0, 20.0)) };
    let response = ui.interact(rect, frame.id("counters"), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::DisclosureTriangle, true, !folded, "Counters"));
    if response.clicked() {
        actions.push(SettingsAction::SetCounters(if folded { Settings::default().counters_points } else { 0.0 }));
    }
    let painter = ui.painter_at(place);
    let color = if response.hovered() { frame.tokens.text } else { frame.tokens.muted };
    triangle(&painter, pos2(place.left() + 14.0, place.top() + 10.0), folded, color);
    if folded {
        let at = pos2(place.left() + 24.0, place.center().y);
        painter.text(at, Align2::LEFT_CENTER, "Counters", frame.font(), frame.tokens.text);
    }
}

/// A legend entry: colour, value, name.
type Entry = (Color32, String, &'static str);

/// Where the counters lie, from top to bottom.
fn places(frame: &Frame<'_>) -> [Rect; 3] {
    let strip = frame.strips.counters;
    let first = frame.snap(strip.top() + strip.height() * 0.38);
    let second = frame.snap(first + strip.height() * 0.33);
    [strip.with_max_y(first), strip.with_min_y(first).with_max_y(second), strip.with_min_y(second)]
}

/// The curves as meshes, each with the highest value of its scale.
fn meshes(frame: &Frame<'_>, curves: &Curves) -> CounterMeshes {
    let [first, second, third] = places(frame);
    let made = [goroutines(frame, curves, first), heap(frame, curves, second), threads(frame, curves, third)];
    made.map(|(mesh, top)| (Arc::new(mesh), top))
}

fn tracks(ui: &Ui, frame: &Frame<'_>, curves: &Curves, meshes: &CounterMeshes, pointer: Option<Pos2>) {
    let strip = frame.strips.counters;
    let place = frame.strips.gutter_of(strip);
    // Values at the pointer; without one, at the right edge of what is in view.
    let column = column_at(frame, pointer.map_or(strip.right(), |at| at.x));
    let value = |curve: &Curve| curve.get(column.min(curve.len().saturating_sub(1))).copied().flatten();
    let say = |curve: &Curve, words: fn(u64) -> String| value(curve).map_or("–".to_owned(), |(_, high)| words(high));
    for (index, (track, (mesh, highest))) in places(frame).into_iter().zip(meshes).enumerate() {
        ui.painter_at(track.intersect(known(frame, track))).add(Shape::Mesh(Arc::clone(mesh)));
        let highest = *highest;
        let (title, highest, entries): (&str, String, Vec<Entry>) = match index {
            0 => {
                let strong = |class: SpanClass| frame.colors.strong[class as usize];
                let entries = vec![
                    (strong(SpanClass::Running), say(&curves.running, number::short_count), "running"),
                    (strong(SpanClass::Runnable), say(&curves.runnable, number::short_count), "runnable"),
                    (waiting_color(frame), say(&curves.waiting, number::short_count), "waiting"),
                ];
                ("Goroutines", number::short_count(highest), entries)
            }
            1 => {
                let entries = vec![
                    (frame.colors.heap_live, say(&curves.heap_live, number::bytes), "live"),
                    // A trace tells the goal only with the first collection in it.
                    (frame.colors.heap_goal, say(&curves.heap_goal, number::bytes), "goal"),
                ];
                ("Heap", number::bytes(highest), entries)
            }
            _ => {
                let entries = vec![
                    (frame.colors.threads, say(&curves.threads, number::short_count), "busy"),
                    (frame.tokens.line, say(&curves.procs, number::short_count), "GOMAXPROCS"),
                ];
                ("Threads", number::short_count(highest), entries)
            }
        };
        let beside = Rect::from_min_max(pos2(place.left(), track.top()), pos2(place.right(), track.bottom()));
        legend(ui, frame, beside, title, &entries);
        scale(&ui.painter_at(track), frame, track, &highest);
    }
}

/// The part of a track inside the trace: a curve says nothing of what comes after.
fn known(frame: &Frame<'_>, track: Rect) -> Rect {
    let (start, end) = (frame.axis.x_from_time(frame.bounds.start), frame.axis.x_from_time(frame.bounds.end));
    Rect::from_min_max(pos2(start, track.top()), pos2(end, track.bottom()))
}

fn column_at(frame: &Frame<'_>, x: f32) -> usize {
    let time = frame.axis.time_from_x(x);
    let column = time.0.div_euclid(frame.grid.column_nanos) - frame.grid.first;
    usize::try_from(column.clamp(0, i64::from(frame.grid.count) - 1)).unwrap_or(0)
}

/// The title with the fold triangle's room, and values with their colours.
fn legend(ui: &Ui, frame: &Frame<'_>, place: Rect, title: &str, entries: &[Entry]) {
    let painter = ui.painter_at(place);
    let two_lines = place.height() >= 30.0;
    let line = if two_lines { place.top() + 10.0 } else { place.center().y };
    painter.text(pos2(place.left() + 24.0, line), Align2::LEFT_CENTER, title, frame.font(), frame.tokens.text);
    let (left, y) = if two_lines { (24.0, place.top() + 24.0) } else { (92.0, line) };
    let room = place.width() - left - 8.0;
    // With names if there is room for all of them, else the values alone.
    let lay = |named: bool| -> (Vec<std::sync::Arc<egui::Galley>>, f32) {
        let text = |(_, value, name): &Entry| if named { format!("{value} {name}") } else { value.clone() };
        let galleys: Vec<_> =
            entries.iter().map(|entry| painter.layout_no_wrap(text(entry), frame.font(), frame.tokens.muted)).collect();
        let width = galleys.iter().map(|galley| galley.size().x + 18.0).sum();
        (galleys, width)
    };
    let (mut galleys, width) = lay(two_lines);
    if width > room {
        galleys = lay(false).0;
    }
    let mut x = place.left() + left;
    for ((color, ..), galley) in entries.iter().zip(galleys) {
        let swatch = Rect::from_center_size(pos2(x + 3.5, y), vec2(7.0, 7.0));
        painter.rect_filled(swatch, 1.5, *color);
        let width = galley.size().x;
        painter.galley(pos2(x + 11.0, y - galley.size().y / 2.0), galley, frame.tokens.muted);
        x += width + 18.0;
    }
}

/// The highest value of the scale, and a line under the track.
fn scale(painter: &egui::Painter, frame: &Frame<'_>, track: Rect, highest: &str) {
    let at = pos2(track.right() - 4.0, track.top() + 1.0);
    let galley = painter.layout_no_wrap(highest.to_owned(), frame.font(), frame.tokens.muted);
    let place = Align2::RIGHT_TOP.anchor_size(at, galley.size());
    painter.rect_filled(place.expand2(vec2(3.0, 0.0)), 2.0, frame.tokens.background.gamma_multiply(0.75));
    painter.galley(place.min, galley, frame.tokens.muted);
    painter.hline(track.x_range(), track.bottom() - frame.pixel() / 2.0, Stroke::new(frame.pixel(), frame.hairline()));
}

fn waiting_color(frame: &Frame<'_>) -> Color32 {
    frame.colors.fill[SpanClass::WaitSleep as usize]
}

fn column_edges(frame: &Frame<'_>, at: usize) -> (f32, f32) {
    let start = (frame.grid.first + i64::try_from(at).unwrap_or(0)).saturating_mul(frame.grid.column_nanos);
    let x0 = frame.axis.x_from_nanos(start as f64);
    let x1 = frame.axis.x_from_nanos(start.saturating_add(frame.grid.column_nanos) as f64);
    (frame.snap(x0), frame.snap(x1))
}

fn middle(curve: &Curve, at: usize) -> f32 {
    curve.get(at).copied().flatten().map_or(0.0, |(low, high)| (low as f32 + high as f32) / 2.0)
}

fn highest(curves: &[&Curve]) -> u64 {
    curves.iter().flat_map(|curve| curve.iter().flatten()).map(|(_, high)| *high).max().unwrap_or(0)
}

/// The next round number: 1, 2 or 5 times a power of ten.
fn round_up(value: u64) -> u64 {
    let mut power = 1u64;
    loop {
        for factor in [1, 2, 5] {
            if power.saturating_mul(factor) >= value {
                return power.saturating_mul(factor).max(1);
            }
        }
        power = power.saturating_mul(10);
    }
}

fn goroutines(frame: &Frame<'_>, curves: &Curves, track: Rect) -> (Mesh, u64) {
    let columns = curves.running.len();
    let sum = |at| middle(&curves.running, at) + middle(&curves.runnable, at) + middle(&curves.waiting, at);
    let top = round_up((0..columns).map(sum).fold(0.0, f32::max).ceil() as u64);
    let scale = (track.height() - 4.0) / top as f32;
    let strong = |class: SpanClass| frame.colors.strong[class as usize];
    let mut mesh = Mesh::default();
    for at in 0..columns {
        let (x0, x1) = column_edges(frame, at);
        let mut y = track.bottom();
        for (curve, color) in [
            (&curves.running, strong(SpanClass::Running)),
            (&curves.runnable, strong(SpanClass::Runnable)),
            (&curves.waiting, waiting_color(frame)),
        ] {
            let value = middle(curve, at);
            if value > 0.0 {
                let top = y - frame.snap(value * scale).max(frame.pixel());
                mesh.add_colored_rect(Rect::from_min_max(pos2(x0, top), pos2(x1, y)), color);
                y = top;
            }
        }
    }
    (mesh, top)
}

fn heap(frame: &Frame<'_>, curves: &Curves, track: Rect) -> (Mesh, u64) {
    let top = highest(&[&curves.heap_live, &curves.heap_goal]).max(1);
    let scale = (track.height() - 4.0) / (top as f32 * 1.05);
    let mut mesh = Mesh::default();
    area(&mut mesh, frame, &curves.heap_live, track, scale, frame.colors.heap_live);
    line(&mut mesh, frame, &curves.heap_goal, track, scale, frame.colors.heap_goal);
    (mesh, top)
}

fn threads(frame: &Frame<'_>, curves: &Curves, track: Rect) -> (Mesh, u64) {
    let top = highest(&[&curves.threads, &curves.procs]).max(1);
    let scale = (track.height() - 3.0) / (top as f32 * 1.05);
    let mut mesh = Mesh::default();
    let fill = mix(frame.tokens.background, frame.colors.threads, 0.5);
    area(&mut mesh, frame, &curves.threads, track, scale, fill);
    line(&mut mesh, frame, &curves.procs, track, scale, frame.tokens.line);
    (mesh, top)
}

/// What is surely reached is filled; what was reached at times within a column is lighter.
fn area(mesh: &mut Mesh, frame: &Frame<'_>, curve: &Curve, track: Rect, scale: f32, color: Color32) {
    let light = mix(frame.tokens.background, color, 0.55);
    for (at, value) in curve.iter().enumerate() {
        let Some((low, high)) = value else { continue };
        let (x0, x1) = column_edges(frame, at);
        let y = |value: u64| frame.snap(track.bottom() - value as f32 * scale);
        let (y_low, y_high) = (y(*low), y(*high));
        mesh.add_colored_rect(Rect::from_min_max(pos2(x0, y_low), pos2(x1, track.bottom())), color);
        if y_high < y_low {
            mesh.add_colored_rect(Rect::from_min_max(pos2(x0, y_high), pos2(x1, y_low)), light);
        }
    }
}

/// A line of a pixel and a half through all values.
fn line(mesh: &mut Mesh, frame: &Frame<'_>, curve: &Curve, track: Rect, scale: f32, color: Color32) {
    let width = (1.5 * frame.pixels).round().max(1.0) / frame.pixels;
    let mut before: Option<u64> = None;
    for (at, value) in curve.iter().enumerate() {
        let Some((low, high)) = value else {
            before = None;
            continue;
        };
        let (x0, x1) = column_edges(frame, at);
        // From the last column's value on, so that steps are joined.
        let (low, high) = (before.map_or(*low, |last| last.min(*low)), before.map_or(*high, |last| last.max(*high)));
        let y = |value: u64| frame.snap(track.bottom() - value as f32 * scale);
        mesh.add_colored_rect(Rect::from_min_max(pos2(x0, y(high) - width), pos2(x1, y(low))), color);
        before = value.map(|(_, high)| high);
    }
}

#[cfg(test)]
mod tests {
    use super::round_up;

    #[test]
    fn scales_end_at_round_numbers() {
        let ends: Vec<u64> = [0, 1, 2, 3, 7, 11, 99, 2_000_001].map(round_up).into();
        assert_eq!(ends, [1, 1, 2, 5, 10, 20, 100, 5_000_000]);
        assert!(round_up(u64::MAX) > 0);
    }
}
