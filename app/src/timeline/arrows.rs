//! The arrows of flows: which there are, where they lie, and the markers of what they lead to out of view.

use std::collections::HashSet;
use std::sync::Arc;

use egui::{Pos2, Rect, pos2, vec2};
use trace_core::model::flows::{Flow, FlowList};
use trace_core::model::lanes::{LaneId, SpanRef};

use crate::fmt::number;
use crate::state::edges;
use crate::state::row::{Row, RowKind};
use crate::state::view::Selection;
use crate::theme::lanes::bar_in;
use crate::timeline::cache::TimelineCache;
use crate::timeline::flow_edges::SelectedFlows;
use crate::timeline::frame::Frame;
use crate::timeline::labels;
use crate::timeline::shapes::near_segment;
use crate::timeline::words;

/// Of all edges in view, so many are drawn for each point of width: more would only hide the lanes.
const IN_VIEW_PER_POINT: f32 = 0.2;

/// An arrow is hit from this far, points.
const REACH: f32 = 4.0;

/// One that is just in view only from this far: lanes below it are to be reached, too.
const REACH_OTHER: f32 = 1.5;

/// Height of a marker, points.
const MARKER_HEIGHT: f32 = 18.0;

/// Markers stand in at most so many rows at an edge; more are summed up.
const MARKER_ROWS: usize = 5;

/// Widest marker text, points.
const MARKER_WIDTH: f32 = 260.0;

/// All arrows of a frame.
#[derive(Clone, Debug, Default)]
pub struct Arrows {
    /// Arrows of the selected span, then those in view if asked for.
    pub list: Vec<Arrow>,
    /// Where arrows leave the lanes in view.
    pub markers: Vec<Marker>,
    /// How many of how many edges are drawn: of all in view if they are asked for; of the selected
    /// span if those are too many.
    pub counted: Option<(usize, u64)>,
    /// Lanes that have to do with the selected span; `None` if no span is selected.
    pub(super) connected: Option<HashSet<LaneId>>,
}

/// One edge on screen.
#[derive(Clone, Debug)]
pub struct Arrow {
    /// The flow that it shows.
    pub flow: Flow,
    /// How it stands to the selection.
    pub role: Role,
    /// The one that the keys would follow.
    pub chosen: bool,
    /// Where it runs, from cause to effect.
    pub(super) path: Vec<Pos2>,
    /// Its effect lies in view, so it has a head.
    pub(super) head: bool,
}

/// How an edge stands to the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Leads to the selected span.
    Incoming,
    /// Leads away from it.
    Outgoing,
    /// Any other flow in view.
    Other,
}

/// Says where an arrow leads that leaves the lanes in view.
#[derive(Clone, Debug)]
pub struct Marker {
    /// Where its box is, points.
    pub rect: Rect,
    /// The words in its box.
    pub text: String,
    /// The arrows it stands for, by index; a click follows the first.
    pub arrows: Vec<usize>,
}

impl Arrow {
    /// The lane and span at the end that a click goes to.
    #[must_use]
    pub fn far_end(&self) -> trace_core::model::flows::FlowEnd {
        if self.role == Role::Incoming { self.flow.from } else { self.flow.to }
    }
}

impl Arrows {
    /// Whether a lane has nothing to do with the selected span.
    #[must_use]
    pub fn dims(&self, lane: LaneId) -> bool {
        self.connected.as_ref().is_some_and(|connected| !connected.contains(&lane))
    }

    /// The arrow at a place; those of the selection first.
    #[must_use]
    pub fn arrow_at(&self, at: Pos2) -> Option<usize> {
        let on = |arrow: &Arrow| {
            let reach = if arrow.role == Role::Other { REACH_OTHER } else { REACH };
            arrow.path.windows(2).any(|ends| matches!(ends, [from, to] if near_segment(at, *from, *to, reach)))
        };
        let chosen_first = self.list.iter().position(|arrow| arrow.chosen && on(arrow));
        chosen_first.or_else(|| self.list.iter().position(on))
    }

    /// The marker at a place.
    #[must_use]
    pub fn marker_at(&self, at: Pos2) -> Option<usize> {
        self.markers.iter().position(|marker| marker.rect.contains(at))
    }
}

/// At most so many of all edges in view are drawn.
#[must_use]
pub fn most_in_view(frame: &Frame<'_>) -> usize {
    (frame.axis.width * IN_VIEW_PER_POINT) as usize + 40
}

/// The arrows of a frame.
pub fn arrows(frame: &Frame<'_>, cache: &mut TimelineCache) -> Arrows {
    let mut arrows = Arrows::default();
    if let Selection::Span(at) = frame.document.selection {
        let flows = selected(frame, cache, at);
        arrows.connected = Some(connected(frame, &flows, at));
        let (out_choice, in_choice) = frame.document.flow_choice;
        let [out_choice, in_choice] = [(out_choice, frame.crossings[0]), (in_choice, frame.crossings[1])]
            .map(|(choice, before)| choice.checked_sub(before));
        for (index, flow) in flows.incoming.iter().enumerate() {
            arrows.add(frame, flow, Role::Incoming, Some(index) == in_choice);
        }
        let curved = flows.outgoing.len() + flows.incoming.len() <= CURVED_MOST;
        for (index, flow) in flows.outgoing.iter().enumerate() {
            arrows.add(frame, flow, Role::Outgoing, Some(index) == out_choice && curved);
        }
        arrows.mark_edges(frame, cache);
        arrows.counted = (flows.outgoing_count > flows.outgoing.len() as u64)
            .then_some((flows.outgoing.len(), flows.outgoing_count));
    }
    if let Some(in_view) = cache.view_flows().filter(|_| frame.settings.all_flows) {
        for flow in &in_view.flows {
            arrows.add(frame, flow, Role::Other, false);
        }
        arrows.counted = Some((in_view.flows.len(), in_view.total));
    }
    arrows
}

fn selected(frame: &Frame<'_>, cache: &mut TimelineCache, at: SpanRef) -> Arc<SelectedFlows> {
    if let Some((made_for, flows)) = &cache.selected_flows
        && *made_for == at
    {
        return Arc::clone(flows);
    }
    let FlowList { flows: outgoing, total: outgoing_count } = edges::outgoing(frame.trace, at);
    let flows = Arc::new(SelectedFlows { incoming: edges::incoming(frame.trace, at), outgoing, outgoing_count });
    cache.selected_flows = Some((at, Arc::clone(&flows)));
    flows
}

fn connected(frame: &Frame<'_>, flows: &SelectedFlows, at: SpanRef) -> HashSet<LaneId> {
    let mut lanes: HashSet<LaneId> = [at.lane, LaneId::Gc, LaneId::Stw].into();
    lanes.extend(flows.incoming.iter().map(|flow| flow.from.lane));
    lanes.extend(flows.outgoing.iter().map(|flow| flow.to.lane));
    if let Some(span) = frame.trace.span(at) {
        lanes.extend(span.go.is_some().then_some(LaneId::Goroutine(span.go)));
        lanes.extend(span.proc.is_some().then_some(LaneId::Proc(span.proc)));
        lanes.extend(span.thread.is_some().then_some(LaneId::Thread(span.thread)));
    }
    lanes
}

/// One end of an arrow on screen.
#[derive(Clone, Copy)]
struct End {
    x: f32,
    /// Upper and lower edge of what it touches.
    top: f32,
    bottom: f32,
}

fn end(frame: &Frame<'_>, lane: LaneId, nanos: i64) -> Option<End> {
    let lanes = frame.strips.lanes;
    let is_seen = |row: &Row| {
        let y = frame.y_of(row);
        y < lanes.bottom() && y + row.height as f32 > lanes.top()
    };
    // In its own place, or where it is pinned if only that is in view.
    let own = frame.layout.row_of(lane);
    let pinned = || frame.layout.pinned_row_of(lane).filter(is_seen);
    let row = own.filter(is_seen).or_else(pinned).or(own)?;
    let y = frame.y_of(&row);
    let x = frame.axis.x_from_nanos(nanos as f64);
    Some(match row.kind {
        RowKind::Lane(_) | RowKind::Shared(_) => {
            let bar = bar_in(row.own as f32);
            End { x, top: y + bar.min, bottom: y + bar.max }
        }
        RowKind::Heading(_) | RowKind::Group(_) | RowKind::TaskGroup(_) | RowKind::Tasks(_) => {
            End { x, top: y + 4.0, bottom: y + row.height as f32 - 4.0 }
        }
    })
}

impl Arrows {
    fn add(&mut self, frame: &Frame<'_>, flow: &Flow, role: Role, chosen: bool) {
        let ends = end(frame, flow.from.lane, flow.from.time.0).zip(end(frame, flow.to.lane, flow.to.time.0));
        let Some((from, to)) = ends else { return };
        let lanes = frame.strips.lanes;
        let beyond = |end: &End| {
            (end.bottom < lanes.top(), end.top > lanes.bottom(), end.x < lanes.left(), end.x > lanes.right())
        };
        let (a, b) = (beyond(&from), beyond(&to));
        let never_seen = (a.0 && b.0) || (a.1 && b.1) || (a.2 && b.2) || (a.3 && b.3);
        if never_seen && role == Role::Other {
            return;
        }
        let straight = role == Role::Other || self.list.len() > CURVED_MOST;
        let head = b == (false, false, false, false);
        let path = if never_seen { Vec::new() } else { path(from, to, straight, frame) };
        self.list.push(Arrow { flow: *flow, role, chosen, path, head });
    }

    /// Puts a marker where an arrow of the selection leads out of sight.
    fn mark_edges(&mut self, frame: &Frame<'_>, cache: &mut TimelineCache) {
        let lanes = frame.strips.lanes;
        let mut stacks: [Vec<Marker>; 2] = [Vec::new(), Vec::new()];
        for index in 0..self.list.len() {
            let Some(arrow) = self.list.get(index) else { continue };
            let far = arrow.far_end();
            let Some(place) = end(frame, far.lane, far.time.0) else { continue };
            let (above, below) = (place.bottom < lanes.top() + 2.0, place.top > lanes.bottom() - 2.0);
            let (before, after) = (place.x < lanes.left(), place.x > lanes.right());
            if !(above || below || before || after) {
                continue;
            }
            let sign = match (above, below, before) {
                (true, ..) => "↑",
                (_, true, _) => "↓",
                (_, _, true) => "←",
                _ => "→",
            };
            let name = words::lane_name(frame.trace, far.lane);
            let advance = |c: char| cache.advances.advance(c);
            let name = labels::cut_end(&name, MARKER_WIDTH, &advance).unwrap_or_default();
            let text = format!("{sign} {name}");
            let size = vec2(labels::width_of(&text, &advance) + 14.0, MARKER_HEIGHT);
            let y = if above {
                lanes.top() + 3.0
            } else if below {
                lanes.bottom() - 3.0 - MARKER_HEIGHT
            } else {
                ((place.top + place.bottom - MARKER_HEIGHT) / 2.0).min(lanes.bottom() - MARKER_HEIGHT)
            };
            let x = (place.x + 6.0).clamp(lanes.left() + 4.0, (lanes.right() - size.x - 4.0).max(lanes.left()));
            let pending_align = Rect::from_min_size(pos2(x, y), size);
            let stack = &mut stacks[usize::from(below || (!above && place.top > lanes.center().y))];
            place_marker(stack, Marker { rect: pending_align, text, arrows: vec![index] }, below);
        }
        for mut marker in stacks.into_iter().flatten() {
            if marker.arrows.len() > 1 {
                marker.text = format!("{} and {} more", marker.text, number::count(marker.arrows.len() as u64 - 1));
                let advance = |c: char| cache.advances.advance(c);
                let width = labels::width_of(&marker.text, &advance) + 14.0;
                let right = (marker.rect.left() + width).min(lanes.right() - 4.0);
                marker.rect =
                    Rect::from_min_max(pos2(right - width, marker.rect.top()), pos2(right, marker.rect.bottom()));
            }
            self.markers.push(marker);
        }
    }
}

/// Finds room for a marker near its wish: further inside, row by row; the last row takes all the rest.
fn place_marker(stack: &mut Vec<Marker>, mut marker: Marker, upwards: bool) {
    let step = (MARKER_HEIGHT + 2.0) * if upwards { -1.0 } else { 1.0 };
    for _ in 0..MARKER_ROWS {
        if !stack.iter().any(|other| other.rect.expand(1.0).intersects(marker.rect)) {
            stack.push(marker);
            return;
        }
        marker.rect = marker.rect.translate(vec2(0.0, step));
    }
    let middle = marker.rect.center().x;
    let away = |other: &Marker| (other.rect.center().x - middle).abs();
    let last = stack.iter_mut().min_by(|a, b| b.arrows.len().cmp(&a.arrows.len()).then(away(a).total_cmp(&away(b))));
    if let Some(last) = last {
        last.arrows.extend(marker.arrows);
    }
}

/// The line of an arrow: from the near edge of the cause's bar to the near edge of the effect's.
fn path(from: End, to: End, straight: bool, frame: &Frame<'_>) -> Vec<Pos2> {
    let lanes = frame.strips.lanes;
    let (start, end) = if from.bottom <= to.top {
        (pos2(from.x, from.bottom), pos2(to.x, to.top))
    } else if to.bottom <= from.top {
        (pos2(from.x, from.top), pos2(to.x, to.bottom))
    } else {
        (pos2(from.x, (from.top + from.bottom) / 2.0), pos2(to.x, (to.top + to.bottom) / 2.0))
    };
    let cut = |at: Pos2| pos2(at.x, at.y.clamp(lanes.top() - 40.0, lanes.bottom() + 40.0));
    if (start.x - end.x).abs() < 1.5 {
        // Straight up or down, in the middle of a pixel.
        let x = frame.snap(start.x) + frame.pixel() / 2.0;
        return vec![cut(pos2(x, start.y)), cut(pos2(x, end.y))];
    }
    if straight {
        return vec![start, end];
    }
    let bend = (end.y - start.y).abs().min(60.0) * 0.5 * (end.y - start.y).signum();
    let (a, b) = (start + vec2(0.0, bend), end - vec2(0.0, bend));
    (0u8..=16)
        .map(|step| {
            let t = f32::from(step) / 16.0;
            let s = 1.0 - t;
            let point = start.to_vec2() * (s * s * s)
                + a.to_vec2() * (3.0 * s * s * t)
                + b.to_vec2() * (3.0 * s * t * t)
                + end.to_vec2() * (t * t * t);
            point.to_pos2()
        })
        .collect()
}

/// With more arrows than this, all are straight.
const CURVED_MOST: usize = 500;

#[cfg(test)]
mod tests {
    use super::{MARKER_ROWS, Marker, place_marker};
    use egui::{Rect, pos2, vec2};

    fn marker(x: f32, index: usize) -> Marker {
        let rect = Rect::from_min_size(pos2(x, 3.0), vec2(100.0, 18.0));
        Marker { rect, text: String::new(), arrows: vec![index] }
    }

    #[test]
    fn markers_do_not_cover_each_other_and_none_is_lost() {
        let mut stack = Vec::new();
        for index in 0..20 {
            place_marker(&mut stack, marker(10.0 + index as f32, index), false);
        }
        assert_eq!(stack.len(), MARKER_ROWS);
        for (index, one) in stack.iter().enumerate() {
            assert!(stack.iter().skip(index + 1).all(|other| !other.rect.intersects(one.rect)));
        }
        let mut all: Vec<usize> = stack.iter().flat_map(|marker| marker.arrows.clone()).collect();
        all.sort_unstable();
        assert_eq!(all, (0..20).collect::<Vec<_>>());
    }

    #[test]
    fn markers_far_apart_stand_in_one_row() {
        let mut stack = Vec::new();
        place_marker(&mut stack, marker(0.0, 0), false);
        place_marker(&mut stack, marker(300.0, 1), false);
        assert_eq!(stack[0].rect.top(), stack[1].rect.top());
    }
}
