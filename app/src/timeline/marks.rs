//! What lies over the lanes at certain times: the line under the pointer, the marked stretch, gaps.

use egui::{Color32, Pos2, Rect, Shape, Stroke, Ui, pos2, vec2};
use trace_core::base::time::TraceTime;
use trace_core::model::gap::DataGap;
use trace_core::model::lanes::LaneId;

use crate::state::row::{Row, RowKind};
use crate::timeline::area;
use crate::timeline::cache::TimelineCache;
use crate::timeline::frame::Frame;
use crate::timeline::input::{self, Marking};
use crate::timeline::shapes::hatched;
use crate::timeline::visible::Visible;

/// Gaps of single threads that are looked at in a frame; a trace with more is painted in part.
const MAX_THREAD_HOLES: usize = 2_000;

/// Paints gaps over the lanes, and says what they are.
pub fn gaps(ui: &Ui, frame: &Frame<'_>) {
    let strip = frame.strips.lanes;
    gaps_over(ui, frame, strip, frame.colors.gap);
    let painter = ui.painter_at(strip);
    for rect in gap_bands(frame, strip).filter(|rect| rect.width() > 90.0) {
        let galley =
            painter.layout_no_wrap("Nothing could be read here".to_owned(), frame.font(), frame.tokens.warning);
        let size = galley.size() + vec2(12.0, 6.0);
        let label = Rect::from_center_size(pos2(rect.center().x, strip.bottom() - 20.0), size);
        painter.rect_filled(label, 4.0, frame.colors.hole_opaque[0]);
        painter.galley(label.min + vec2(6.0, 3.0), galley, frame.tokens.warning);
    }
}

/// Paints, over the lanes they concern, where events of single threads are lost; over all lanes where the
/// thread ran nothing when they were.
pub fn thread_gaps(ui: &Ui, frame: &Frame<'_>, visible: &[Visible]) {
    let painter = ui.painter_at(frame.strips.lanes);
    let gaps = frame.trace.thread_gaps().iter().take(MAX_THREAD_HOLES);
    for (gap, band) in gaps.filter_map(|gap| Some((gap, frame.band(gap.range, frame.strips.lanes)?))) {
        let is_nobodys = !gap.go.is_some() && !gap.proc.is_some();
        if is_nobodys {
            painter.add(Shape::mesh(hatched(band, frame.colors.gap, 12.0)));
            continue;
        }
        let concerned = visible.iter().filter(|row| is_on(frame, &row.row, gap));
        for rect in concerned.map(|row| row.rect(frame).intersect(band)) {
            painter.add(Shape::mesh(hatched(rect, frame.colors.gap, 6.0)));
        }
    }
}

/// The gap that a lane has at an instant.
#[must_use]
pub fn thread_hole_at<'a>(frame: &Frame<'a>, lane: LaneId, nanos: f64) -> Option<&'a DataGap> {
    let gaps = frame.trace.thread_gaps().iter().take(MAX_THREAD_HOLES);
    gaps.filter(|gap| gap.range.contains(TraceTime(nanos as i64))).find(|gap| concerns(gap, lane))
}

/// Whether a row shows a lane that a gap concerns.
fn is_on(frame: &Frame<'_>, row: &Row, gap: &DataGap) -> bool {
    match (row.kind, frame.document.rows.groups()) {
        (RowKind::Lane(lane), _) => concerns(gap, lane),
        (RowKind::Shared(row), Some(groups)) => gap.go.is_some() && groups.row_of(gap.go) == Some(row),
        _ => false,
    }
}

fn concerns(gap: &DataGap, lane: LaneId) -> bool {
    match lane {
        LaneId::Goroutine(go) => gap.go == go,
        LaneId::Proc(proc) => gap.proc == proc,
        LaneId::Thread(thread) => gap.thread == thread,
        LaneId::Gc | LaneId::Stw => false,
    }
}

/// Paints gaps over a strip.
pub fn gaps_over(ui: &Ui, frame: &Frame<'_>, strip: Rect, colors: [Color32; 2]) {
    let painter = ui.painter_at(strip);
    for rect in gap_bands(frame, strip) {
        painter.add(Shape::mesh(hatched(rect, colors, 12.0)));
    }
}

fn gap_bands(frame: &Frame<'_>, strip: Rect) -> impl Iterator<Item = Rect> {
    frame.trace.warnings().iter().filter_map(move |warning| frame.band(warning.gap?, strip))
}

/// Paints the marked stretch, the one being marked, and the line under the pointer.
pub fn paint(ui: &Ui, frame: &Frame<'_>, cache: &TimelineCache, visible: &[Visible], pointer: Option<Pos2>) {
    let marking = input::marking(ui, frame, cache, pointer);
    area::highlight(ui, frame);
    area::pointed(ui, frame);
    area::moments(ui, frame);
    if let Some(marked) = frame.document.marked.filter(|_| marking.is_none()) {
        area::paint(ui, frame, visible, marked);
    }
    match marking {
        Some((range, Marking::Zoom)) => area::stretch(ui, frame, range, (frame.strips.lanes, "zoom to ")),
        Some((range, Marking::Time)) => area::stretch(ui, frame, range, (frame.strips.lanes, "")),
        Some((range, Marking::Rows(heights))) => area::paint_drag(ui, frame, range, heights),
        None => {}
    }
    if let Some(at) = pointer.filter(|_| cache.drag.is_none()) {
        let strip = frame.strips.counters.union(frame.strips.lanes);
        let x = frame.snap(at.x) + frame.pixel() / 2.0;
        ui.painter_at(strip).vline(x, strip.y_range(), Stroke::new(frame.pixel(), frame.colors.cursor));
    }
}
