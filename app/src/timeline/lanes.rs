//! The lanes in view: their meshes, what is written in them, what is outlined.

use std::sync::Arc;

use egui::epaint::Mesh;
use egui::{Align2, Color32, Rangef, Rect, Role, Shape, StrokeKind, Ui, accesskit, pos2};
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::{LaneId, SpanRef};
use trace_core::model::spans::Cell;

use crate::action::action::{Actions, SelectAction};
use crate::fmt::name;
use crate::state::row::{Row, RowKind};
use crate::state::view::Selection;
use crate::theme::lanes::{self, LABEL_AIR, LABEL_LEAST, LaneColors, SELECTED_LINE};
use crate::timeline::arrows::Arrows;
use crate::timeline::brush::{Brush, region_band};
use crate::timeline::cache::{Advances, MeshKey, SceneRequest, TimelineCache};
use crate::timeline::frame::Frame;
use crate::timeline::hit::Hit;
use crate::timeline::labels;
use crate::timeline::paint::add_lane;
use crate::timeline::scene::LaneScene;
use crate::timeline::stack_bars::{self, StackBar};
use crate::timeline::task_bars::Bar;
use crate::timeline::task_lanes::{self};
use crate::timeline::track::Track;
use crate::timeline::visible::Visible;
use crate::timeline::words;
use crate::timeline::{arrows, counters, minimap};

/// Goroutines of a shared row whose flows are shown at most.
const FLOW_LANES: usize = 64;
/// At most so many labels are written into spans.
const LABELS_MOST: usize = 500;
/// Lanes are clipped so much lower than what lies over them, points: too little to see.
const APART: f32 = 1.0 / 1024.0;
/// At most so many spans get names for assistive technology.
const NAMES_MOST: usize = 300;

/// The rows in view, with their scenes as far as they are made.
pub fn visible(ui: &Ui, frame: &Frame<'_>, cache: &mut TimelineCache) -> Vec<Visible> {
    let from = frame.view.scroll_points;
    let to = from + f64::from(frame.strips.lanes.height());
    let rows: Vec<Row> = frame.layout.rows_between(from, to).collect();
    let mut tracks: Vec<Track> = Vec::with_capacity(rows.len());
    // What is pinned may show in its own place, too.
    for track in rows.iter().filter_map(Track::of) {
        if !tracks.contains(&track) {
            tracks.push(track);
        }
    }
    let lanes = lanes_of(frame, &tracks);
    let missing = cache.provide(&SceneRequest {
        grid: frame.grid,
        tracks: &tracks,
        lanes: &lanes,
        minimap_columns: minimap::columns(frame),
        counters: !counters::are_folded(frame),
        wait_for_all: frame.wait_for_all,
        flows: if frame.settings.all_flows { arrows::most_in_view(frame) } else { 0 },
    });
    if missing {
        ui.ctx().request_repaint();
    }
    rows.into_iter()
        .map(|row| {
            let found = Track::of(&row).and_then(|track| cache.scene(track));
            let (scene, number) = found.map(|found| (found.made, found.number)).unzip();
            Visible { row, top: frame.snap(frame.y_of(&row)), scene, number: number.unwrap_or(0) }
        })
        .collect()
}

/// Lanes in view whose flows are shown: of shared rows the first goroutines.
fn lanes_of(frame: &Frame<'_>, tracks: &[Track]) -> Vec<LaneId> {
    let range = frame.view.range();
    let mut lanes = Vec::new();
    for track in tracks {
        match (track, frame.document.rows.groups()) {
            (Track::Lane(lane) | Track::Stacks(lane, _), _) => lanes.push(*lane),
            (Track::Shared(row), Some(groups)) => {
                lanes.extend(groups.alive_on(*row, range).take(FLOW_LANES).map(LaneId::Goroutine));
            }
            _ => {}
        }
    }
    lanes
}

/// Paints the visible lanes, and asks for what is not made yet.
pub fn paint(ui: &Ui, frame: &Frame<'_>, visible: &[Visible], cache: &mut TimelineCache, arrows: &Arrows, hit: &Hit) {
    let painter = ui.painter_at(frame.strips.lanes);
    painter.add(Shape::mesh(backdrop(frame, visible)));
    let dim = |row: &Visible| match row.row.kind {
        RowKind::Lane(lane) => arrows.dims(lane),
        RowKind::Heading(_) | RowKind::Group(_) | RowKind::Shared(_) | RowKind::TaskGroup(_) | RowKind::Tasks(_) => {
            false
        }
    };
    // With a clip rectangle of their own, lanes become a primitive of their own: their vertices are copied once, and not
    // again whenever what follows makes the buffer grow.
    let apart = painter.with_clip_rect(frame.strips.lanes.with_max_y(frame.strips.lanes.max.y + APART));
    apart.add(Shape::Mesh(mesh(frame, visible, cache, &dim)));
    if frame.settings.span_labels {
        write_labels(&painter, frame, visible, &cache.advances, &dim);
    }
    outlines(&painter, frame, visible, hit);
}

/// Lines between rows, the selected lane, time outside the trace.
fn backdrop(frame: &Frame<'_>, visible: &[Visible]) -> Mesh {
    let mut mesh = Mesh::default();
    let lanes = frame.strips.lanes;
    let selected_row = match frame.document.selection {
        Selection::Lane(lane) => frame.layout.row_of(lane),
        Selection::Span(span) => frame.layout.row_of(span.lane),
        Selection::Region(region) => frame.layout.row_of(LaneId::Goroutine(region.go)),
        Selection::Task(task) => frame.layout.row_of_task(task),
        Selection::None => None,
    };
    for row in visible {
        let rect = row.rect(frame);
        if let RowKind::Heading(_) = row.row.kind {
            mesh.add_colored_rect(rect, frame.tokens.panel);
        } else if selected_row.is_some_and(|selected| selected.kind == row.row.kind) {
            mesh.add_colored_rect(rect, lanes::mix(frame.tokens.background, frame.tokens.accent, 0.10));
        }
        let line = frame.snap(rect.bottom()) - frame.pixel();
        mesh.add_colored_rect(
            Rect::from_min_max(pos2(rect.left(), line), pos2(rect.right(), line + frame.pixel())),
            frame.hairline(),
        );
    }
    let (start, end) = (frame.axis.x_from_time(frame.bounds.start), frame.axis.x_from_time(frame.bounds.end));
    if start > lanes.left() {
        mesh.add_colored_rect(lanes.with_max_x(start), frame.colors.outside);
    }
    if end < lanes.right() {
        mesh.add_colored_rect(lanes.with_min_x(end), frame.colors.outside);
    }
    mesh
}

/// All lanes as one mesh.
fn mesh(
    frame: &Frame<'_>,
    visible: &[Visible],
    cache: &mut TimelineCache,
    dim: &impl Fn(&Visible) -> bool,
) -> Arc<Mesh> {
    let shown = || visible.iter().filter_map(|row| Some((row, row.scene.as_deref()?)));
    let key = |(row, _): (&Visible, &LaneScene)| MeshKey {
        scene: row.number,
        axis: frame.axis,
        top: row.top,
        own: row.own(),
        pixels: frame.pixels,
        dark: frame.tokens.dark,
        dimmed: dim(row),
    };
    cache.lanes_mesh(shown().map(key).collect(), |mesh| {
        for (row, scene) in shown() {
            let colors: &LaneColors = if dim(row) { frame.dimmed } else { frame.colors };
            let brush = Brush {
                axis: frame.axis,
                top: row.top,
                own: row.own(),
                pixels: frame.pixels,
                colors,
                faded: frame.faded,
            };
            add_lane(scene, &brush, mesh);
        }
    })
}

fn write_labels(
    painter: &egui::Painter,
    frame: &Frame<'_>,
    visible: &[Visible],
    advances: &Advances,
    dim: &impl Fn(&Visible) -> bool,
) {
    let mut left = LABELS_MOST;
    for row in visible {
        let Some(scene) = row.scene.as_deref() else { continue };
        let colors = if dim(row) { frame.dimmed } else { frame.colors };
        let mut writer = Writer { painter, frame, advances, left: &mut left };
        let brush =
            Brush { axis: frame.axis, top: row.top, own: row.own(), pixels: frame.pixels, colors, faded: frame.faded };
        for (index, words) in &scene.words {
            let Some(cell) = scene.cells.get(*index) else { continue };
            let rect = beside_no_cpu(&brush, scene, label_rect(&brush, cell, row.top));
            let wordings: Vec<&str> = words.wordings.iter().map(String::as_str).collect();
            let colors = if scene.is_quiet(*index) { frame.faded } else { colors };
            writer.write(rect, &wordings, colors.label[cell.class as usize]);
        }
        for bar in scene.bars.iter().filter(|bar| !bar.wordings.is_empty()) {
            let rect = task_lanes::label_rect(&frame.axis, bar, (row.top, row.own()));
            let wordings: Vec<&str> = bar.wordings.iter().map(String::as_str).collect();
            writer.write(rect, &wordings, colors.region_label);
        }
        for bar in scene.stacks.iter().filter(|bar| !bar.name.is_empty()) {
            let rect = frame_rect(frame, row, bar);
            let fill = stack_bars::color(bar, colors.paper, colors.is_dark);
            let sampled = format!("{} (sampled)", bar.name);
            let short = name::base(&bar.name);
            let wordings: &[&str] = if bar.samples > 0 { &[&sampled, &bar.name, short] } else { &[&bar.name, short] };
            writer.write(rect, wordings, lanes::text_on(fill));
        }
        for region in &scene.regions {
            let Rangef { min: y0, max: y1 } = region_band(row.top + row.own(), region.depth);
            let x = |time| frame.axis.x_from_time(time);
            let rect = Rect::from_min_max(pos2(x(region.range.start), y0), pos2(x(region.range.end), y1));
            writer.write(rect, &[frame.trace.str(region.name)], colors.region_label);
        }
    }
}

/// Where a span's label goes: inside its bar, or above the low bar of a waiting one.
fn label_rect(brush: &Brush<'_>, cell: &Cell, top: f32) -> Rect {
    let rect = brush.span_rect(cell);
    if lanes::is_wait(cell.class) {
        Rect::from_min_max(pos2(rect.left(), top + lanes::bar_in(brush.own).min - 1.0), pos2(rect.right(), rect.top()))
    } else {
        rect
    }
}

/// The larger part of `rect` left or right of what is hatched because it ran without a CPU.
fn beside_no_cpu(brush: &Brush<'_>, scene: &LaneScene, rect: Rect) -> Rect {
    let edges =
        scene.no_cpu.iter().map(|range| brush.axis.x_from_time(range.start)..=brush.axis.x_from_time(range.end));
    let mut left = rect;
    for hatched in edges.filter(|edges| edges.contains(&rect.center().x) || rect.x_range().contains(*edges.start())) {
        let before = left.with_max_x(left.right().min(*hatched.start()));
        let after = left.with_min_x(left.left().max(*hatched.end()));
        left = if before.width() >= after.width() { before } else { after };
    }
    left
}

struct Writer<'a, 'f> {
    painter: &'a egui::Painter,
    frame: &'a Frame<'f>,
    advances: &'a Advances,
    left: &'a mut usize,
}

impl Writer<'_, '_> {
    /// Writes the longest wording that fits the part of `rect` in view.
    fn write(&mut self, rect: Rect, wordings: &[&str], color: Color32) {
        let lanes = self.frame.strips.lanes;
        let (x0, x1) = (rect.left().max(lanes.left()), rect.right().min(lanes.right()));
        let room = x1 - x0 - 2.0 * LABEL_AIR;
        if *self.left == 0 || room < LABEL_LEAST - 2.0 * LABEL_AIR {
            return;
        }
        let advance = |c: char| self.advances.advance(c);
        if let Some(text) = labels::first_that_fits(wordings, room, &advance) {
            *self.left -= 1;
            let at = pos2(self.frame.snap(x0 + LABEL_AIR), rect.center().y);
            self.painter.text(at, Align2::LEFT_CENTER, text, self.frame.font(), color);
        }
    }
}

/// The outlines of the selected and the hovered span.
fn outlines(painter: &egui::Painter, frame: &Frame<'_>, visible: &[Visible], hit: &Hit) {
    let outline = |cell: &Cell, row: &Visible, width: f32, color: Color32| {
        let (top, own) = (row.top, row.own());
        let brush =
            Brush { axis: frame.axis, top, own, pixels: frame.pixels, colors: frame.colors, faded: frame.faded };
        let rect = brush.span_rect(cell);
        // Around a low bar and the label above it.
        let upper =
            if cell.count == 1 && lanes::is_wait(cell.class) { top + lanes::bar_in(own).min } else { rect.top() };
        let rect = Rect::from_min_max(
            pos2(rect.left().max(frame.strips.lanes.left() - 8.0), upper),
            pos2(rect.right().min(frame.strips.lanes.right() + 8.0), rect.bottom()),
        );
        painter.rect_stroke(rect, 1.0, (width, color), StrokeKind::Outside);
    };
    let around = |row: &Visible, bar: &Bar, width: f32, color: Color32| {
        let Rangef { min: y0, max: y1 } = task_lanes::band((row.top, row.own()), bar.line);
        let x = |time| {
            frame.axis.x_from_time(time).clamp(frame.strips.lanes.left() - 8.0, frame.strips.lanes.right() + 8.0)
        };
        let (x0, x1) = (x(bar.range.start), x(bar.range.end));
        let rect = Rect::from_min_max(pos2(x0, y0), pos2(x1.max(x0 + frame.pixel()), y1));
        painter.rect_stroke(rect, 1.0, (width, color), StrokeKind::Outside);
    };
    for (row, bar) in visible.iter().flat_map(|row| bars_of(row).map(move |bar| (row, bar))) {
        if matches!(hit, Hit::Task(hovered) if hovered == bar) {
            around(row, bar, 1.0, frame.tokens.text);
        }
        if frame.document.selection == Selection::Task(bar.task) && bar.count == 1 {
            around(row, bar, SELECTED_LINE, frame.tokens.accent);
        }
    }
    if let Hit::Cell { lane, cell, .. } = hit
        && let Some(row) = row_of(frame, visible, *lane)
    {
        outline(cell, row, 1.0, frame.tokens.text);
    }
    if let Hit::Frame(bar) = hit
        && let Some(row) = visible.iter().find(|row| row.scene.iter().any(|scene| scene.stacks.contains(bar)))
    {
        let rect = frame_rect(frame, row, bar).intersect(frame.strips.lanes.expand(8.0));
        painter.rect_stroke(rect, 1.0, (1.0, frame.tokens.text), StrokeKind::Outside);
    }
    let region = match (frame.document.selection, hit) {
        (Selection::Region(region), _) => Some((region, SELECTED_LINE, frame.tokens.accent)),
        (_, Hit::Region(region)) => Some((*region, 1.0, frame.tokens.text)),
        _ => None,
    };
    if let Some((region, width, color)) = region
        && let Some(row) = row_of(frame, visible, LaneId::Goroutine(region.go))
    {
        let Rangef { min: y0, max: y1 } = region_band(row.top + row.own(), region.depth);
        if let Some(band) = frame.band(region.range, frame.strips.lanes) {
            let rect = Rect::from_min_max(pos2(band.left(), y0), pos2(band.right(), y1));
            painter.rect_stroke(rect, 1.0, (width, color), StrokeKind::Outside);
        }
    }
    if let Selection::Span(at) = frame.document.selection
        && let Some(row) = row_of(frame, visible, at.lane)
        && let Some(cell) = single_cell(frame, at)
    {
        outline(&cell, row, SELECTED_LINE, frame.tokens.accent);
    }
}

fn bars_of(row: &Visible) -> impl Iterator<Item = &Bar> {
    row.scene.iter().flat_map(|scene| &scene.bars)
}

/// The row in view that a lane is on, by itself or with others.
#[must_use]
pub fn row_of<'a>(frame: &Frame<'_>, visible: &'a [Visible], lane: LaneId) -> Option<&'a Visible> {
    let row = frame.layout.row_of(lane)?;
    let holds = |row: &Row| matches!(row.kind, RowKind::Lane(_) | RowKind::Shared(_));
    let mut shown = visible.iter().filter(|known| known.row.kind == row.kind && holds(&row));
    let first = shown.next();
    // In its own place rather than among the pinned ones.
    shown.next_back().or(first).or_else(|| {
        let is_it = |known: &&Visible| known.row.is_pinned && known.row.kind == RowKind::Lane(lane);
        visible.iter().find(is_it)
    })
}

/// A span as a cell of its own, however narrow it is on screen.
#[must_use]
pub fn single_cell(frame: &Frame<'_>, at: SpanRef) -> Option<Cell> {
    let span = frame.trace.span(at)?;
    let mut nanos = [0; SpanClass::COUNT];
    nanos[span.class as usize] = u64::try_from(span.range.nanos()).unwrap_or(0);
    Some(Cell { range: span.range, count: 1, first: at, class: span.class, nanos })
}

/// Gives wide spans, and the selected one, names that assistive technology reads and can press.
pub fn name_spans(ui: &Ui, frame: &Frame<'_>, visible: &[Visible], actions: &mut Actions) {
    let wide = visible.iter().filter(|row| !row.row.is_pinned).flat_map(|row| {
        let words = row.scene.iter().flat_map(|scene| scene.words.iter());
        words.map(move |(_, words)| (row, words.span))
    });
    let selected = match frame.document.selection {
        Selection::Span(at) => frame.trace.span(at),
        _ => None,
    };
    let selected = selected.and_then(|span| {
        let row = row_of(frame, visible, span.at.lane)?;
        let is_wide = row.scene.iter().any(|scene| scene.words.iter().any(|(_, words)| words.span.at == span.at));
        (!is_wide).then_some((row, span))
    });
    for (row, span) in selected.into_iter().chain(wide.take(NAMES_MOST)) {
        let Some(cell) = single_cell(frame, span.at) else { continue };
        let brush = Brush {
            axis: frame.axis,
            top: row.top,
            own: row.own(),
            pixels: frame.pixels,
            colors: frame.colors,
            faded: frame.faded,
        };
        let rect = brush.span_rect(&cell).intersect(frame.strips.lanes);
        if !rect.is_positive() {
            continue;
        }
        let id = frame.id(("span", span.at));
        let named = ui.ctx().accesskit_node_builder(id, |node| {
            node.set_role(Role::Button);
            node.set_label(words::span_name(frame.trace, &span));
            node.set_description(words::span_place(frame.trace, &span, &frame.document.offset_of(span.range.start)));
            node.set_bounds(bounds(rect));
            node.set_selected(frame.document.selection == Selection::Span(span.at));
            node.add_action(accesskit::Action::Click);
        });
        if named.is_none() {
            // Nobody listens.
            return;
        }
        if ui.input(|input| input.has_accesskit_action_request(id, accesskit::Action::Click)) {
            actions.push(SelectAction::SelectSpan(span.at));
        }
    }
}

/// Gives tasks that are wide enough to be written in names that assistive technology reads and can press.
pub fn name_tasks(ui: &Ui, frame: &Frame<'_>, visible: &[Visible], actions: &mut Actions) {
    let is_selected = |bar: &Bar| frame.document.selection == Selection::Task(bar.task);
    let all = visible.iter().flat_map(|row| bars_of(row).map(move |bar| (row, bar)));
    let shown = all.filter(|(_, bar)| bar.count == 1 && (!bar.wordings.is_empty() || is_selected(bar)));
    for (at, (row, bar)) in shown.take(NAMES_MOST).enumerate() {
        let Rangef { min: y0, max: y1 } = task_lanes::band((row.top, row.own()), bar.line);
        let x = |time| frame.axis.x_from_time(time);
        let rect = Rect::from_min_max(pos2(x(bar.range.start), y0), pos2(x(bar.range.end), y1));
        let rect = rect.intersect(frame.strips.lanes);
        if !rect.is_positive() {
            continue;
        }
        let id = frame.id(("task", at, bar.task));
        let named = ui.ctx().accesskit_node_builder(id, |node| {
            node.set_role(Role::Button);
            node.set_label(words::task_name(frame.trace, bar.task));
            node.set_bounds(bounds(rect));
            node.set_selected(is_selected(bar));
            node.add_action(accesskit::Action::Click);
        });
        if named.is_none() {
            // Nobody listens.
            return;
        }
        if ui.input(|input| input.has_accesskit_action_request(id, accesskit::Action::Click)) {
            actions.push(SelectAction::SelectTask(bar.task));
        }
    }
}

/// Gives stack frames that are wide enough to be written in names that assistive technology reads.
pub fn name_frames(ui: &Ui, frame: &Frame<'_>, visible: &[Visible]) {
    let all = visible.iter().flat_map(|row| {
        row.scene.iter().flat_map(|scene| &scene.stacks).filter(|bar| !bar.name.is_empty()).map(move |bar| (row, bar))
    });
    for (at, (row, bar)) in all.take(NAMES_MOST).enumerate() {
        let rect = frame_rect(frame, row, bar).intersect(frame.strips.lanes);
        if !rect.is_positive() {
            continue;
        }
        let named = ui.ctx().accesskit_node_builder(frame.id(("stack frame", at)), |node| {
            node.set_role(Role::Label);
            node.set_label(words::stack_frame(bar));
            node.set_bounds(bounds(rect));
        });
        if named.is_none() {
            // Nobody listens.
            return;
        }
    }
}

fn frame_rect(frame: &Frame<'_>, row: &Visible, bar: &StackBar) -> Rect {
    let Rangef { min: y0, max: y1 } = stack_bars::band(row.top + row.own(), bar.depth);
    let x = |time| frame.axis.x_from_time(time);
    Rect::from_min_max(pos2(x(bar.range.start), y0), pos2(x(bar.range.end), y1))
}

fn bounds(rect: Rect) -> accesskit::Rect {
    accesskit::Rect {
        x0: f64::from(rect.left()),
        y0: f64::from(rect.top()),
        x1: f64::from(rect.right()),
        y1: f64::from(rect.bottom()),
    }
}
