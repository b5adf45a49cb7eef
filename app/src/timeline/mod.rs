//! The picture of lanes over time. Draws from the model and pushes actions; changes nothing.
//!
//! A frame goes: strips (where things lie) → input (the pointer moves the view) → scenes (what there is
//! to see, as data) → hit (what the pointer is at) → paint → tooltip.

pub mod anchor;
pub mod area;
pub mod arrows;
pub mod axis;
pub mod bookmarks;
pub mod brush;
pub mod cache;
pub mod canvas;
mod coarse;
pub mod counters;
pub mod critical;
pub mod curves;
pub mod density;
pub mod drag;
pub mod filter;
pub mod flow_edges;
pub mod flows;
pub mod frame;
pub mod grid;
pub mod gutter;
pub mod hit;
pub mod input;
pub mod job_pool;
pub mod labels;
pub mod lanes;
pub mod marks;
pub mod menu;
pub mod minimap;
pub mod motion;
pub mod paint;
pub mod pins;
mod quiet;
pub mod result_lane;
pub mod ruler;
pub mod scene;
pub mod scroll_bar;
pub mod shapes;
pub mod stack_bars;
mod stack_rows;
pub mod strip;
pub mod strips;
pub mod task_bars;
pub mod task_lanes;
pub mod ticks;
pub mod tooltip;
pub mod track;
pub mod visible;
pub mod waterfall;
pub mod words;

use std::time::{Duration, Instant};

use egui::Ui;

use crate::action::action::{Actions, ViewAction};
use crate::state::app::AppState;
use crate::state::crossing::of_selection;
use crate::state::document::Document;
use crate::state::view::View;
use crate::theme::lanes::{COLUMN_WIDTH, LaneColors};
use crate::theme::tokens;
use crate::timeline::axis::Axis;
use crate::timeline::cache::TimelineCache;
use crate::timeline::frame::{Frame, TimelineSlot};
use crate::timeline::grid::Grid;
use crate::timeline::motion::Moved;
use crate::timeline::strips::Strips;

/// The timeline of the active document, filling the given `Ui`.
pub fn ui(ui: &mut Ui, state: &AppState, actions: &mut Actions) {
    if let Some(document) = state.document() {
        document_ui(ui, state, (document, TimelineSlot::Alone, None), actions);
    }
}

/// The timeline of a document, filling the given `Ui`. With `led`, that is the view to paint: another
/// timeline leads it. Returns the view as painted.
pub fn document_ui(
    ui: &mut Ui,
    state: &AppState,
    (document, slot, led): (&Document, TimelineSlot, Option<View>),
    actions: &mut Actions,
) -> Option<View> {
    let begun = Instant::now();
    let area = ui.available_rect_before_wrap();
    ui.allocate_rect(area, egui::Sense::hover());
    if area.width() < 2.0 || area.height() < 2.0 {
        return None;
    }
    let cache = TimelineCache::of(ui.ctx(), slot);
    // Only the UI thread asks for it, and only here; a panic elsewhere does not harm what is in it.
    let mut cache = cache.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    cache.keep_for(document);

    let tokens = tokens::of(ui.ctx());
    let colors = LaneColors::of(tokens);
    let (dimmed, faded) = (colors.dimmed(tokens), colors.faded(tokens));
    let gutter = state.settings.gutter_points;
    let (strips, counted, anchor) = match (slot, &state.pair) {
        (TimelineSlot::Of(side), Some(pair)) => {
            (Strips::of_pair(area, gutter, pair.counters_points), pair.limit(document.id), pair.anchor(side))
        }
        (TimelineSlot::Service(_), _) => (Strips::of_pair(area, gutter, 0.0), None, None),
        _ => (Strips::new(area, gutter, counters::height(ui, &state.settings)), None, None),
    };
    let strips = strips.filtered(document.lane_filter.is_some());
    let strips = strips.with_result(result_lane::height(document.sql.lane.as_deref()));
    let bounds = document.trace.range();
    let meant = document.view.unwrap_or_else(|| View::whole(bounds));
    let meant = fitted(ui, document, (meant, led.is_some()), (&strips, &mut cache), actions);
    let Moved { view, goes_on } = match led {
        Some(led) => {
            let view = View { scroll_points: meant.scroll_points, ..led };
            cache.motion.set_directly(view);
            Moved { view, goes_on: false }
        }
        None => cache.motion.advance(meant, state.settings.animate, ui.input(|input| input.time)),
    };
    if goes_on {
        ui.ctx().request_repaint();
    }
    if (document.lanes_height_points - f64::from(strips.lanes.height())).abs() > 0.25 {
        actions.push(ViewAction::LanesHeight(f64::from(strips.lanes.height())));
    }
    let pixels = ui.pixels_per_point();
    let place = |view: View| {
        let axis = Axis::new(&view, strips.lanes.left(), strips.lanes.width());
        // On a fine screen a column is two of its smaller pixels less wide, but never under a pixel.
        (axis, Grid::new(&axis, COLUMN_WIDTH.min(3.0 / pixels).max(1.0 / pixels)))
    };
    let (axis, grid) = place(view);
    let mut frame = Frame {
        slot,
        document,
        trace: &document.trace,
        layout: document.layout(),
        settings: &state.settings,
        tokens,
        colors: &colors,
        dimmed: &dimmed,
        faded: &faded,
        strips,
        view,
        bounds,
        reach: document.reach(),
        counted,
        anchor,
        axis,
        grid,
        origin: ruler::origin(document, &state.settings),
        pixels,
        crossings: crossings(state, document),
        wait_for_all: state.wait_for_all,
    };
    let canvas = canvas::canvas(ui, &frame);
    if let Some(moved) = input::moved_view(ui, &frame, &canvas, &mut cache, actions) {
        frame.view = moved;
        (frame.axis, frame.grid) = place(moved);
    }
    cache.waited = Duration::ZERO;
    paint(ui, &frame, &canvas, &mut cache, actions);
    cache.own = begun.elapsed().saturating_sub(cache.waited);
    Some(frame.view)
}

/// The view in lanes of the present width. Panels that open or close change neither its scale nor its left edge, but a view
/// that was chosen meanwhile is meant as it is; so is that of a timeline that another leads. In another window the same
/// times are in view.
fn fitted(
    ui: &Ui,
    document: &Document,
    (meant, is_led): (View, bool),
    (strips, cache): (&Strips, &mut TimelineCache),
    actions: &mut Actions,
) -> View {
    let (lanes, window) = (strips.lanes.width(), ui.ctx().content_rect().width());
    let before = cache.painted.replace((lanes, window, meant));
    let Some((known, _, _)) =
        before.filter(|known| known.0 != lanes && known.1 == window && known.2.shows_times_of(&meant))
    else {
        return meant;
    };
    if is_led || document.view.is_none() {
        return meant;
    }
    let fitted = meant.widen(f64::from(lanes) / f64::from(known.max(1.0)), document.reach());
    cache.painted = Some((lanes, window, fitted));
    actions.push(ViewAction::Widen { from: meant, to: fitted });
    cache.motion.set_directly(fitted);
    fitted
}

/// How many crossings the selected span of a document has: out of it, and into it.
fn crossings(state: &AppState, document: &Document) -> [usize; 2] {
    if state.session.is_none() || state.active != Some(document.id) {
        return [0, 0];
    }
    [true, false].map(|outgoing| of_selection(state, outgoing).len())
}

fn paint(ui: &mut Ui, frame: &Frame<'_>, canvas: &canvas::Canvas, cache: &mut TimelineCache, actions: &mut Actions) {
    let area = frame.strips.gutter_of(frame.strips.minimap).union(frame.strips.scroll_bar).union(frame.strips.lanes);
    ui.painter().rect_filled(area, 0.0, frame.tokens.background);
    cache.advances.prepare(ui.painter(), &frame.font());

    let visible = lanes::visible(ui, frame, cache);
    let arrows = arrows::arrows(frame, cache);
    let pointer = canvas.pointer(ui);
    let pointed = pointer.map(|at| (frame.axis.nanos_from_x(at.x), f64::from(at.y - frame.strips.lanes.top())));
    let known = frame.document.pointer_nanos.zip(frame.document.pointer_points);
    if known != pointed {
        actions.push(ViewAction::PointerAt(pointed));
    }
    let hit = hit::at(frame, &visible, &arrows, pointer);

    lanes::paint(ui, frame, &visible, cache, &arrows, &hit);
    marks::gaps(ui, frame);
    marks::thread_gaps(ui, frame, &visible);
    critical::paint(ui, frame, actions);
    result_lane::marks(ui, frame);
    flows::paint(ui, frame, &arrows, &hit);
    gutter::ui(ui, frame, &visible, cache, actions);
    counters::ui(ui, frame, cache, pointer, actions);
    filter::ui(ui, frame, actions);
    result_lane::ui(ui, frame, actions);
    ruler::paint(ui, frame, pointer);
    anchor::paint(ui, frame);
    marks::paint(ui, frame, cache, &visible, pointer);
    area::edges_ui(ui, frame, cache, actions);
    minimap::ui(ui, frame, cache, actions);
    bookmarks::ui(ui, frame, actions);
    pins::ui(ui, frame, actions);
    scroll_bar::ui(ui, frame, cache, actions);
    input::clicks(ui, frame, canvas, &hit, &arrows, actions);
    menu::ui(frame, canvas, &hit, pointer, actions);
    lanes::name_spans(ui, frame, &visible, actions);
    lanes::name_tasks(ui, frame, &visible, actions);
    lanes::name_frames(ui, frame, &visible);
    if frame.settings.tooltips && cache.drag.is_none() && !egui::Popup::is_any_open(ui.ctx()) {
        tooltip::ui(ui, frame, canvas, &visible, &hit, &arrows);
    }
}
