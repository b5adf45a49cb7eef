//! What two timelines have in common: what of each is compared, the instant that lies under one of the other,
//! and the menu that chooses it.

use egui::{Pos2, Rect, Shape, Stroke, Ui, pos2};
use trace_core::base::time::TraceTime;
use trace_core::model::lanes::LaneId;

use crate::action::action::{Action, Actions, ComparisonAction};
use crate::fmt::name;
use crate::timeline::canvas::Canvas;
use crate::timeline::frame::{Frame, TimelineSlot};
use crate::timeline::hit::Hit;
use crate::widget::menu::menu_entry;

/// Width of the menu, points.
const MENU_WIDTH: f32 = 360.0;
/// Letters of a name that fit into it.
const LETTERS: usize = 36;

/// Shades what does not count, and draws the line at the anchor.
pub fn paint(ui: &Ui, frame: &Frame<'_>) {
    let TimelineSlot::Of(side) = frame.slot else { return };
    let lanes = frame.strips.lanes;
    if let Some(counted) = frame.counted {
        let (from, to) = (frame.axis.x_from_time(counted.start), frame.axis.x_from_time(counted.end));
        let painter = ui.painter_at(lanes);
        for out in [lanes.with_max_x(from.min(lanes.right())), lanes.with_min_x(to.max(lanes.left()))] {
            if out.is_positive() {
                painter.rect_filled(out, 0.0, frame.colors.shade);
            }
        }
    }
    let Some(anchor) = frame.anchor else { return };
    let strip = frame.strips.on_axis();
    let x = frame.snap(frame.axis.x_from_time(anchor)) + frame.pixel() / 2.0;
    if !strip.x_range().contains(x) {
        return;
    }
    let color = frame.tokens.sides[side.at()];
    let painter = ui.painter_at(strip);
    painter.vline(x, strip.y_range(), Stroke::new(1.0, color));
    let top = strip.top();
    let flag = vec![pos2(x, top), pos2(x + 8.0, top + 4.0), pos2(x, top + 8.0)];
    painter.add(Shape::convex_polygon(flag, color, Stroke::NONE));
    let base = Rect::from_min_max(pos2(x - 1.0, top), pos2(x + 1.0, frame.strips.ruler.bottom()));
    painter.rect_filled(base, 0.0, color);
}

/// What can be chosen where the menu was opened: in words, and when it is.
type Choices = Vec<(String, TraceTime)>;

/// Whether the menu under the right button has lines about aligning: only while two timelines are shown.
#[must_use]
pub const fn has_menu(frame: &Frame<'_>) -> bool {
    matches!(frame.slot, TimelineSlot::Of(_))
}

/// Notes what lies where the menu is opened.
pub fn note(frame: &Frame<'_>, canvas: &Canvas, hit: &Hit, pointer: Option<Pos2>) {
    if let Some(at) = pointer.filter(|_| has_menu(frame)) {
        let choices = choices(frame, hit, frame.axis.time_from_x(at.x));
        canvas.lanes.ctx.data_mut(|data| data.insert_temp::<Choices>(frame.id("anchor menu"), choices));
    }
}

/// Lines of the menu: what lies there can be laid under something of the other timeline.
pub fn choices_ui(ui: &mut Ui, frame: &Frame<'_>, actions: &mut Actions) {
    let TimelineSlot::Of(side) = frame.slot else { return };
    ui.set_width(MENU_WIDTH);
    let choices: Choices = ui.ctx().data(|data| data.get_temp(frame.id("anchor menu"))).unwrap_or_default();
    for (words, time) in choices {
        let text = format!("Align {} at {words}", side.letter());
        if menu_entry(ui, &text, "", true, false).clicked() {
            actions.push(Action::Comparison(ComparisonAction::Anchor(side, time)));
            ui.close();
        }
    }
}

fn choices(frame: &Frame<'_>, hit: &Hit, pointed: TraceTime) -> Choices {
    let since = |time: TraceTime| frame.document.offset_of(time);
    let mut choices = match hit {
        Hit::Log(log) => {
            vec![(format!("the message \u{201c}{}\u{201d}", short(frame.trace.str(log.message))), log.time)]
        }
        Hit::Region(region) => {
            let named = short(frame.trace.str(region.name));
            vec![
                (format!("the start of region {named}"), region.range.start),
                (format!("the end of region {named}"), region.range.end),
            ]
        }
        Hit::Cell { lane, .. } => {
            let span = frame.trace.span_at(*lane, pointed);
            let mut all: Choices = span
                .map(|span| {
                    (
                        format!("the start of \u{201c}{}\u{201d}", short(&name::span(frame.trace, &span))),
                        span.range.start,
                    )
                })
                .into_iter()
                .collect();
            if let LaneId::Goroutine(go) = lane {
                let created = frame.trace.goroutine(*go).and_then(|known| known.created);
                all.extend(
                    created
                        .map(|time| (format!("the creation of {}", short(&name::goroutine(frame.trace, *go))), time)),
                );
            }
            all
        }
        Hit::Task(bar) => {
            let named = short(&name::task(frame.trace, bar.task));
            vec![
                (format!("the start of task {named}"), bar.range.start),
                (format!("the end of task {named}"), bar.range.end),
            ]
        }
        Hit::Sample(sample) => vec![("this CPU sample".to_owned(), sample.time)],
        Hit::Frame(bar) => vec![("this stack frame".to_owned(), bar.range.start)],
        Hit::Empty(_) | Hit::Nowhere | Hit::Arrow(_) | Hit::Marker(_) => Vec::new(),
    };
    choices.extend(frame.document.marked.map(|marked| ("the start of the mark".to_owned(), marked.start)));
    choices.push((format!("this instant ({})", since(pointed)), pointed));
    choices
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
