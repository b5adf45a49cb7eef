//! The answer to a query over time: a strip of bars above the lanes, and marks on the lanes for the rows that are selected
//! in its table.

use std::collections::BTreeSet;
use std::sync::Arc;

use egui::epaint::Mesh;
use egui::{
    Align2, Color32, CursorIcon, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;

use crate::action::action::{Action, Actions};
use crate::fmt::time::duration;
use crate::fmt::words::counted;
use crate::report::table::Column;
use crate::report::value::Value;
use crate::report::view::TableSelection;
use crate::state::result_lane::{Bar, ResultLane, place_of};
use crate::state::sql::{SqlAction, TABLE};
use crate::theme::{fonts, icons, space};
use crate::timeline::frame::Frame;
use crate::widget::button::glyph;

/// Height of a line of bars, points.
const LINE: f32 = 16.0;
/// Room above and below the bars, points.
const AIR: f32 = 4.0;
/// Bars narrower than this say nothing, points.
const SAYS: f32 = 32.0;
/// Selected rows that are marked on the timeline at most.
const MOST_MARKS: usize = 500;
/// Cells of a row that the tooltip shows at most.
const CELLS: usize = 12;

/// How high the strip of a lane is, points; 0 without one.
#[must_use]
pub fn height(lane: Option<&ResultLane>) -> f32 {
    lane.map_or(0.0, |lane| (lines_of(lane).count() as f32 * LINE + 2.0 * AIR).max(28.0))
}

/// The lines from top to bottom; below them what is a crowd.
fn lines_of(lane: &ResultLane) -> impl Iterator<Item = &[Bar]> {
    let crowd = Some(lane.crowd.as_slice()).filter(|crowd| !crowd.is_empty());
    lane.lines.iter().map(Vec::as_slice).chain(crowd)
}

/// Paints the strip, and takes clicks on its bars.
pub fn ui(ui: &Ui, frame: &Frame<'_>, actions: &mut Actions) {
    let (strip, document) = (frame.strips.result, frame.document);
    let Some(lane) = document.sql.lane.as_deref().filter(|_| strip.height() > 1.0) else { return };
    let response = ui.interact(strip, frame.id("result"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, "Query lane"));
    let pointer = response.hover_pos().filter(|at| strip.contains(*at));
    let under = pointer.and_then(|at| bar_at(frame, lane, at));
    let painter = ui.painter_at(strip);
    painter.rect_filled(strip, 0.0, frame.tokens.background);
    let selected = document.tables.get(TABLE).and_then(|session| session.selection_in(&lane.table));
    let selected = selected.map(|selection| &selection.rows);
    let mut mesh = Mesh::default();
    for (at, line) in lines_of(lane).enumerate() {
        line_ui(&painter, frame, (lane, line, top_of(strip, at)), (selected, under), &mut mesh);
    }
    painter.add(Shape::mesh(mesh));
    for (at, line) in lines_of(lane).enumerate() {
        words_ui(&painter, frame, (lane, line, top_of(strip, at)));
    }
    gutter_ui(ui, frame, lane, actions);
    let edge = frame.strips.gutter_of(strip).union(strip);
    let line = Stroke::new(frame.pixel(), frame.tokens.line);
    ui.painter().hline(edge.x_range(), edge.bottom() - frame.pixel() / 2.0, line);
    let Some(bar) = under else { return };
    if response.clicked() && bar.count == 1 {
        let rows = BTreeSet::from([bar.row]);
        let selection = TableSelection { table: Arc::clone(&lane.table), rows, cursor: Some(bar.row) };
        actions.push(Action::Sql(document.id, SqlAction::GoToRow(selection)));
    }
    if frame.settings.tooltips {
        let text = egui::RichText::new(told(lane, bar)).font(fonts::mono_small());
        response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text_at_pointer(text);
    }
}

fn top_of(strip: Rect, line: usize) -> f32 {
    strip.top() + AIR + line as f32 * LINE
}

/// The bars of a line that are in view, those that lie in one pixel as one: what to skip is searched, not walked.
fn visible<'a>(frame: &'a Frame<'_>, line: &'a [Bar]) -> impl Iterator<Item = (&'a Bar, Rect)> + 'a {
    let strip = frame.strips.result;
    let view = frame.view.range();
    let mut next = line.partition_point(|bar| bar.range.end <= view.start);
    std::iter::from_fn(move || {
        let bar = line.get(next).filter(|bar| bar.range.start < view.end)?;
        let x0 = frame.snap(frame.axis.x_from_time(bar.range.start).max(strip.left()));
        let x1 = frame.axis.x_from_time(bar.range.end).min(strip.right()).max(x0 + frame.pixel());
        let beyond = frame.axis.time_from_x(x1);
        let rest = line.get(next + 1..).unwrap_or_default();
        next += 1 + rest.partition_point(|bar| bar.range.end < beyond);
        Some((bar, Rect::from_min_max(pos2(x0, 0.0), pos2(x1, LINE - 2.0))))
    })
}

fn line_ui(
    painter: &egui::Painter,
    frame: &Frame<'_>,
    (_, line, top): (&ResultLane, &[Bar], f32),
    (selected, under): (Option<&BTreeSet<u32>>, Option<Bar>),
    mesh: &mut Mesh,
) {
    let own = frame.tokens.series(0);
    for (bar, rect) in visible(frame, line) {
        let rect = rect.translate(vec2(0.0, top));
        let is_selected = selected.is_some_and(|rows| rows.contains(&bar.row));
        let color = if bar.count > 1 { frame.tokens.muted } else { own };
        let is_under = under.is_some_and(|under| under.row == bar.row);
        let fill = color.gamma_multiply(if is_under || is_selected { 0.9 } else { 0.55 });
        // A gap of a pixel tells neighbours apart.
        let inner = rect.with_max_x((rect.right() - frame.pixel()).max(rect.left() + frame.pixel()));
        mesh.add_colored_rect(inner, fill);
        if is_selected {
            painter.rect_stroke(rect, 0.0, Stroke::new(1.5, frame.tokens.outgoing), StrokeKind::Outside);
        }
    }
}

/// What wide bars say.
fn words_ui(painter: &egui::Painter, frame: &Frame<'_>, (lane, line, top): (&ResultLane, &[Bar], f32)) {
    for (bar, rect) in visible(frame, line).filter(|(_, rect)| rect.width() >= SAYS) {
        let rect = rect.translate(vec2(0.0, top));
        let label = lane.label.map(|column| lane.table.value(bar.row as usize, column));
        let label = label.filter(|value| !matches!(value, Value::Missing) && bar.count == 1);
        let text = match label {
            Some(value) => value.text(),
            None if bar.count > 1 => counted(bar.count.into(), "row"),
            None => duration(bar.range.nanos()),
        };
        let mut job = egui::text::LayoutJob::simple_singleline(text, fonts::tiny(), frame.tokens.text);
        job.wrap = egui::text::TextWrapping::truncate_at_width(rect.width() - 6.0);
        let galley = painter.layout_job(job);
        let at = pos2(rect.left() + 3.0, rect.center().y - galley.size().y / 2.0);
        painter.galley(at, galley, frame.tokens.text);
    }
}

/// The bar under a place.
fn bar_at(frame: &Frame<'_>, lane: &ResultLane, at: Pos2) -> Option<Bar> {
    let strip = frame.strips.result;
    let line = ((at.y - strip.top() - AIR) / LINE).floor();
    let line = lines_of(lane).nth(if line < 0.0 { return None } else { line as usize })?;
    // A bar of a pixel is caught from a little farther.
    let (from, to) = (frame.axis.time_from_x(at.x - 2.0), frame.axis.time_from_x(at.x + 2.0));
    let bar = line.get(line.partition_point(|bar| bar.range.end < from))?;
    (bar.range.start <= to).then_some(*bar)
}

/// A row in words, a column on each line.
fn told(lane: &ResultLane, bar: Bar) -> String {
    if bar.count > 1 {
        return format!("{} overlap here", counted(bar.count.into(), "row"));
    }
    let columns = lane.table.columns.iter().enumerate().take(CELLS);
    let cell = |(at, column): (usize, &Column)| {
        let value = lane.table.value(bar.row as usize, at);
        (!matches!(value, Value::Missing)).then(|| format!("{}: {}", column.title, value.text()))
    };
    columns.filter_map(cell).collect::<Vec<_>>().join("\n")
}

fn gutter_ui(ui: &Ui, frame: &Frame<'_>, lane: &ResultLane, actions: &mut Actions) {
    let place = frame.strips.gutter_of(frame.strips.result);
    let painter = ui.painter_at(place);
    painter.rect_filled(place, 0.0, frame.tokens.panel);
    let left = place.left() + space::M;
    let title = pos2(left, place.top() + 8.0 + AIR);
    painter.text(title, Align2::LEFT_CENTER, "Query", fonts::small_strong(), frame.tokens.text);
    let rows: usize = lane.lines.iter().map(Vec::len).sum();
    let crowd: u64 = lane.crowd.iter().map(|bar| u64::from(bar.count)).sum();
    let said = counted(rows as u64 + crowd, "row");
    let below = lines_of(lane).count() > 1;
    let at = if below { pos2(left, title.y + LINE) } else { pos2(left + 46.0, title.y) };
    painter.text(at, Align2::LEFT_CENTER, said, fonts::small(), frame.tokens.muted);
    let cross = Rect::from_center_size(pos2(place.right() - 16.0, place.top() + 14.0), vec2(20.0, 20.0));
    let response = ui.interact(cross, frame.id("close result"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, "Close the query lane"));
    let over = response.hovered() || response.has_focus();
    if over {
        painter.rect_filled(cross, space::RADIUS, frame.tokens.hovered);
    }
    glyph(ui, cross, icons::CLOSE, fonts::icon_sized(12.0), if over { frame.tokens.text } else { frame.tokens.muted });
    if response.on_hover_text("Close this lane").clicked() {
        actions.push(Action::Sql(frame.document.id, SqlAction::ShowLane(false)));
    }
}

/// Marks the rows that are selected in the table of the answer, on their lanes.
pub fn marks(ui: &Ui, frame: &Frame<'_>) {
    let Some(selection) = frame.document.tables.get(TABLE).and_then(|session| session.selection.as_ref()) else {
        return;
    };
    // Of an answer that is gone nothing is marked.
    let is_shown = frame.document.sql.run.as_ref().and_then(|run| run.table.as_ref());
    let is_current = is_shown.is_some_and(|table| table.len() == selection.table.len());
    if !is_current {
        return;
    }
    let rows = selection.rows.iter().take(MOST_MARKS);
    for (lane, range) in rows.filter_map(|row| place_of(&selection.table, *row as usize)) {
        mark(ui, frame, (lane, range), frame.tokens.outgoing);
    }
}

fn mark(ui: &Ui, frame: &Frame<'_>, (lane, range): (Option<LaneId>, TimeRange), color: Color32) {
    let lanes = frame.strips.lanes;
    let painter = ui.painter_at(lanes);
    let Some(band) = frame.band(range, lanes) else { return };
    let Some(lane) = lane else {
        painter.rect_filled(band, 0.0, color.gamma_multiply(0.08));
        return;
    };
    let Some(row) = frame.layout.row_of(lane) else { return };
    let top = frame.y_of(&row);
    let rect =
        Rect::from_min_max(pos2(band.left(), top), pos2(band.right().max(band.left() + 3.0), top + row.own as f32));
    if rect.bottom() > lanes.top() && rect.top() < lanes.bottom() {
        painter.rect_stroke(rect.shrink2(vec2(0.0, 1.0)), 1.0, Stroke::new(1.5, color), StrokeKind::Inside);
    }
}
