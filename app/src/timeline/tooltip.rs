//! What is said at the pointer: state, reason, duration, function, who caused it and what came of it.

use egui::{Align, Color32, Layout, Pos2, Rect, RectAlign, RichText, Tooltip, Ui, pos2, vec2};

use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::{Cause, GoState, SpanClass};
use trace_core::model::flows::{Flow, FlowKind};
use trace_core::model::gap::DataGap;
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::{Cell, Span};
use trace_core::model::trace::{SpecialKind, SpecialRange};

use crate::fmt::words::counted;
use crate::fmt::{name, number, time};
use crate::state::row::{LANE_HEIGHT, RowKind};
use crate::timeline::arrows::{Arrow, Arrows, Role};
use crate::timeline::canvas::Canvas;
use crate::timeline::frame::Frame;
use crate::timeline::grid::Grid;
use crate::timeline::hit::Hit;
use crate::timeline::labels::without_path;
use crate::timeline::marks;
use crate::timeline::stack_bars::{self, StackBar};
use crate::timeline::task_bars::Bar;
use crate::timeline::ticks::Origin;
use crate::timeline::visible::Visible;
use crate::timeline::words;

/// Width of the tooltip, points.
const WIDTH: f32 = 360.0;

/// Distance of the tooltip from the rows that stay readable, points.
const AIR: f32 = 4.0;
/// At most so much above and below the pointer stays readable, points: rows with many lines would push it far away.
const FREE_MOST: f32 = 88.0;
/// Where it goes: below what stays readable, else above.
const PLACES: [RectAlign; 3] = [RectAlign::TOP_START, RectAlign::BOTTOM_END, RectAlign::TOP_END];

/// The tooltip of what lies under the pointer. It leaves the row there and both its neighbours free, which are what is being
/// compared.
pub fn ui(ui: &Ui, frame: &Frame<'_>, canvas: &Canvas, visible: &[Visible], hit: &Hit, arrows: &Arrows) {
    let Some(pointer) = canvas.pointer(ui) else { return };
    let row = visible.iter().find(|row| row.rect(frame).contains(pointer));
    let alive = row.filter(|_| matches!(hit, Hit::Empty(_))).and_then(|row| alive_at(frame, row, pointer.x));
    let gap = match hit {
        Hit::Cell { lane, .. } | Hit::Empty(Some(lane)) => {
            marks::thread_hole_at(frame, *lane, frame.axis.nanos_from_x(pointer.x))
        }
        _ => None,
    };
    if (matches!(hit, Hit::Nowhere | Hit::Empty(_)) && gap.is_none() && alive.is_none())
        || !canvas.lanes.contains_pointer()
        || ui.input(|i| i.pointer.any_down())
    {
        return;
    }
    let mut tooltip = Tooltip::for_widget(&canvas.lanes).gap(AIR).width(WIDTH);
    let free = free_band(row.map(|row| row.rect(frame)), pointer);
    tooltip.popup = tooltip.popup.anchor(free).align(RectAlign::BOTTOM_START).align_alternatives(&PLACES);
    tooltip.show(|ui| {
        ui.spacing_mut().item_spacing = vec2(8.0, 3.0);
        ui.spacing_mut().interact_size.y = 15.0;
        let mut say = TooltipText { ui, frame };
        match hit {
            Hit::Cell { cell, special, .. } if cell.count == 1 => say.span(cell, special.as_ref()),
            Hit::Cell { lane, cell, special } => say.merged(*lane, cell, special.as_ref()),
            Hit::Region(region) => {
                say.title(frame.trace.str(region.name), frame.colors.region_edge);
                say.length(region.range, region.began_before, region.goes_on);
                if let Some(task) = region.task.and_then(|task| frame.trace.task(task)) {
                    say.pair("task", &format!("{} ({})", frame.trace.str(task.name), task.id.signed()));
                }
                say.pair("region of", &words::lane_name(frame.trace, LaneId::Goroutine(region.go)));
            }
            Hit::Task(bar) => say.task(bar),
            Hit::Frame(bar) => say.stack_frame(bar),
            Hit::Log(log) => {
                say.title(frame.trace.str(log.message), frame.colors.log);
                say.pair("category", frame.trace.str(log.category));
                say.pair("logged by", &words::lane_name(frame.trace, LaneId::Goroutine(log.go)));
                say.at(log.time.0);
            }
            Hit::Sample(sample) => {
                say.title("CPU sample", frame.colors.sample);
                for frame in frame.trace.frames(sample.stack).take(6) {
                    say.plain(without_path(frame.function));
                }
                say.at(sample.time.0);
            }
            Hit::Arrow(index) => {
                if let Some(arrow) = arrows.list.get(*index) {
                    say.arrow(arrow);
                }
            }
            Hit::Marker(index) => {
                if let Some(marker) = arrows.markers.get(*index) {
                    for arrow in marker.arrows.iter().filter_map(|&at| arrows.list.get(at)).take(8) {
                        say.arrow(arrow);
                    }
                }
            }
            Hit::Nowhere | Hit::Empty(_) => {}
        }
        if let Some(gap) = gap {
            say.gap(gap);
        }
        if let Some(alive) = alive {
            say.alive(&alive, frame.axis.time_from_x(pointer.x));
        }
    });
}

/// What a tooltip leaves free: the row under the pointer, with the rows above and below it.
fn free_band(row: Option<Rect>, pointer: Pos2) -> Rect {
    let least = LANE_HEIGHT as f32;
    let (top, bottom) = row.map_or((pointer.y, pointer.y), |row| (row.top(), row.bottom()));
    let top = (top - least).max(pointer.y - FREE_MOST);
    let bottom = (bottom + least).min(pointer.y + FREE_MOST);
    Rect::from_min_max(pos2(pointer.x, top), pos2(pointer.x, bottom))
}

/// How many of a group there are at a time, by what they do.
#[derive(Debug)]
struct Alive {
    title: String,
    /// A name, its colour, and how many, on average over the column of pixels.
    parts: Vec<(&'static str, Color32, f64)>,
}

/// The same at a place of a group's strip; `None` where nothing of it is alive.
fn alive_at(frame: &Frame<'_>, row: &Visible, x: f32) -> Option<Alive> {
    let scene = row.scene.as_deref()?;
    let time = frame.axis.time_from_x(x);
    let average = |grid: &Grid, nanos: u64| nanos as f64 / grid.column_nanos.max(1) as f64;
    let (title, parts) = match row.row.kind {
        RowKind::Group(at) => {
            let (strip, groups) = (&scene.strip, frame.document.rows.groups()?);
            let grid = strip.grid.as_ref().filter(|_| strip.range.contains(time))?;
            let column = strip.columns.get(grid.column_of(time))?;
            let classes = SpanClass::ALL.into_iter().filter(|&class| class != SpanClass::None);
            let parts = classes.map(|class| {
                let name = words::class_name(frame.trace, class);
                (name, frame.colors.strong[class as usize], average(grid, column[class as usize]))
            });
            (groups.list().get(at as usize)?.title.clone(), parts.collect::<Vec<_>>())
        }
        RowKind::TaskGroup(at) => {
            let strip = &scene.underway;
            let grid = strip.grid.as_ref().filter(|_| strip.range.contains(time))?;
            let [ended, open] = *strip.columns.get(grid.column_of(time))?;
            let color = frame.colors.region_edge;
            let parts = vec![
                ("under way, ended later", color, average(grid, ended)),
                ("under way, not ended in the trace", color.gamma_multiply(0.5), average(grid, open)),
            ];
            (frame.document.rows.tasks().group(at)?.title.clone(), parts)
        }
        _ => return None,
    };
    let parts: Vec<_> = parts.into_iter().filter(|part| part.2 > 0.0).collect();
    (!parts.is_empty()).then_some(Alive { title, parts })
}

/// An average number of goroutines or tasks.
fn number_of(average: f64) -> String {
    match average {
        few if few < 0.05 => "< 0.1".to_owned(),
        many if many >= 10.0 || (many - many.round()).abs() < 0.01 => format!("{many:.0}"),
        some => format!("{some:.1}"),
    }
}

/// A line of the tooltip: what is longer than about a hundred characters loses its end.
fn shortened(text: &str) -> std::borrow::Cow<'_, str> {
    match text.char_indices().nth(96) {
        Some((end, _)) => format!("{}…", text[..end].replace(['\n', '\r'], " ")).into(),
        None if text.contains(['\n', '\r']) => text.replace(['\n', '\r'], " ").into(),
        None => text.into(),
    }
}

struct TooltipText<'a, 'f> {
    ui: &'a mut Ui,
    frame: &'a Frame<'f>,
}

impl TooltipText<'_, '_> {
    fn title(&mut self, text: &str, color: Color32) {
        self.ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(9.0, 9.0), egui::Sense::hover());
            ui.painter().rect_filled(rect, 2.0, color);
            ui.add(egui::Label::new(RichText::new(shortened(text)).strong()).extend());
        });
    }

    /// How many of a group are alive at a time, and what they do.
    fn alive(&mut self, alive: &Alive, time: TraceTime) {
        self.ui.add(egui::Label::new(RichText::new(shortened(&alive.title)).strong()).extend());
        for (name, color, average) in &alive.parts {
            self.ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), egui::Sense::hover());
                ui.painter().rect_filled(rect, 1.5, *color);
                ui.label(RichText::new(number_of(*average)).size(12.0));
                ui.label(RichText::new(*name).size(12.0).color(self.frame.tokens.muted));
            });
        }
        self.at_named("At", time.0);
    }

    fn stack_frame(&mut self, bar: &StackBar) {
        let trace = self.frame.trace;
        let Some(found) = trace.frames(bar.frame.0).nth(bar.frame.1 as usize) else { return };
        let color = stack_bars::color(bar, self.frame.tokens.background, self.frame.tokens.dark);
        self.title(without_path(found.function), color);
        self.pair("Depth", &number::count(u64::from(bar.depth) + 1));
        self.pair("Line", &name::line_of(found.file, found.line));
        self.length(bar.range, false, false);
        match bar.samples {
            0 => self.pair("Known from", "events: exact"),
            samples => self.pair("Known from", &format!("{}: estimated", counted(u64::from(samples), "CPU sample"))),
        }
    }

    fn plain(&mut self, text: &str) {
        self.ui.add(egui::Label::new(RichText::new(shortened(text)).size(12.0)).extend());
    }

    fn pair(&mut self, name: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        self.ui.horizontal(|ui| {
            ui.allocate_ui_with_layout(vec2(84.0, 14.0), Layout::left_to_right(Align::Center), |ui| {
                ui.set_min_width(84.0);
                ui.label(RichText::new(name).size(12.0).color(self.frame.tokens.muted));
            });
            ui.add(egui::Label::new(RichText::new(shortened(value)).size(12.0)).extend());
        });
    }

    fn at(&mut self, nanos: i64) {
        self.at_named("Start", nanos);
    }

    fn at_named(&mut self, name: &str, nanos: i64) {
        // As panels and tables write it; with the time of day as exact as the trace knows it.
        let on_ruler = self.frame.on_ruler(TraceTime(nanos));
        let text = match self.frame.origin {
            Origin::Since(start) => time::offset(on_ruler.saturating_sub(start)),
            wall @ Origin::Wall(_) => wall.text(on_ruler, 1),
        };
        self.pair(name, &text);
    }

    /// What is lost here.
    fn gap(&mut self, gap: &DataGap) {
        self.title("Events are lost here", self.frame.tokens.warning);
        let trace = self.frame.trace;
        let go = trace.goroutine_name(gap.go).map(|(id, _)| id.signed());
        match go {
            _ if gap.thread.is_some() => {
                self.pair("thread", &format!("{} says nothing", trace.thread_id(gap.thread).signed()));
            }
            Some(go) => self.pair("goroutine", &format!("no events of {go}")),
            None if gap.proc.is_some() => {
                self.pair("proc", &format!("no events of P{}", trace.proc_id(gap.proc).signed()));
            }
            None => self.pair("thread", "an unknown one says nothing"),
        }
        self.pair("for", &time::duration(gap.range.nanos()));
        let (from, bytes) = (number::count(gap.bytes.start), gap.bytes.end.saturating_sub(gap.bytes.start));
        match bytes {
            0 => self.pair("missing", &format!("before byte {from}, or unknown")),
            bytes => {
                self.pair("unreadable", &format!("{} from byte {from}", crate::fmt::words::counted(bytes, "byte")));
            }
        }
        self.pair("generation", &number::count(gap.generation));
    }

    /// How long, with the exact number; "at least" where an end is not in the trace.
    fn length(&mut self, range: TimeRange, began_before: bool, goes_on: bool) {
        let least = if began_before || goes_on { "at least " } else { "" };
        let text = format!("{least}{}   {}", time::duration(range.nanos()), time::exact(range.nanos()));
        self.pair("Duration", &text);
        self.at(range.start.0);
        match (began_before, goes_on) {
            (true, true) => self.pair("", "Started before the trace, not ended in it"),
            (true, false) => self.pair("", "Started before the trace"),
            (false, true) => self.pair("", "Not ended in the trace"),
            (false, false) => {}
        }
    }

    fn span(&mut self, cell: &Cell, special: Option<&SpecialRange>) {
        let Some(span) = self.frame.trace.span(cell.first) else { return };
        let trace = self.frame.trace;
        let title = match span.at.lane {
            LaneId::Proc(_) | LaneId::Thread(_) if span.go.is_some() => {
                words::lane_name(trace, LaneId::Goroutine(span.go))
            }
            _ => words::state_name(trace, &span),
        };
        self.title(&title, self.frame.colors.strong[span.class as usize]);
        self.length(span.range, span.began_before, span.goes_on);
        let function = words::span_function(trace, &span).unwrap_or_default();
        self.pair(if span.state == GoState::Running { "Ran until" } else { "Function" }, without_path(function));
        let tags = self.frame.document.rows.tags();
        let about = words::own_stack(&span).map(|stack| tags.all(trace, stack).join(", "));
        self.pair("Tags", &about.unwrap_or_default());
        self.no_cpu(span.at.lane, span.range);
        self.caused(&span);
        self.place(&span);
        self.special(special);
    }

    /// A task, or several too short to be told apart.
    fn task(&mut self, bar: &Bar) {
        let trace = self.frame.trace;
        if bar.count > 1 {
            self.title(&counted(u64::from(bar.count), "task"), self.frame.colors.region_edge);
            self.pair("within", &time::duration(bar.range.nanos()));
            self.plain("Zoom in to see them one by one");
            return;
        }
        let Some(task) = trace.task(bar.task) else { return };
        self.title(&format!("Task {}", name::task(trace, bar.task)), self.frame.colors.region_edge);
        self.length(bar.range, bar.began_before, bar.goes_on);
        if let Some(parent) = task.parent {
            self.pair("Subtask of", &name::task(trace, parent));
        }
        if task.go.is_some() {
            self.pair("Begun by", &words::lane_name(trace, LaneId::Goroutine(task.go)));
        }
    }

    /// How long of it the process had no CPU, and why.
    fn no_cpu(&mut self, lane: LaneId, range: TimeRange) {
        let known = self.frame.trace.no_cpu();
        let nanos = known.nanos(lane, range);
        if let Some(cause) = known.cause.filter(|_| nanos > 0) {
            let length = time::duration(i64::try_from(nanos).unwrap_or(i64::MAX));
            self.pair("of it no CPU", &format!("{length}: {}", words::no_cpu_name(cause)));
        }
    }

    /// Who made the span begin, and what came of the one who waited.
    fn caused(&mut self, span: &Span) {
        let trace = self.frame.trace;
        let incoming = trace.flows_into(span.at);
        for flow in incoming.iter().take(2) {
            self.pair("", &words::incoming_name(trace, flow));
        }
        if incoming.is_empty() && !matches!(span.cause, Cause::Blocked | Cause::Started | Cause::SyscallEnter) {
            self.pair("", words::cause_name(trace, span.cause));
        }
        // A waiting span ends with an edge into the runnable one behind it.
        if span.state == GoState::Waiting
            && let Some(next) = trace.next_span(span.at)
        {
            for flow in trace.flows_into(next.at).iter().filter(|flow| flow.kind == FlowKind::Unblock).take(1) {
                let text =
                    format!("{} after {}", words::incoming_name(trace, flow), time::duration(span.range.nanos()));
                self.pair("", &text);
            }
        }
    }

    fn place(&mut self, span: &Span) {
        let trace = self.frame.trace;
        let mut on = Vec::new();
        if span.proc.is_some() && !matches!(span.at.lane, LaneId::Proc(_)) {
            on.push(words::lane_name(trace, LaneId::Proc(span.proc)));
        }
        if span.thread.is_some() && !matches!(span.at.lane, LaneId::Thread(_)) {
            on.push(words::lane_name(trace, LaneId::Thread(span.thread)));
        }
        self.pair("on", &on.join(", "));
    }

    fn special(&mut self, special: Option<&SpecialRange>) {
        let Some(special) = special else { return };
        match special.kind {
            SpecialKind::MarkAssist => self.pair("mark assist", &time::duration(special.range.nanos())),
            SpecialKind::Sweep => {
                let (swept, reclaimed) = special.bytes;
                let bytes = format!("{} swept, {} reclaimed", number::bytes(swept), number::bytes(reclaimed));
                self.pair("sweep", &format!("{}, {bytes}", time::duration(special.range.nanos())));
            }
        }
    }

    fn merged(&mut self, lane: LaneId, cell: &Cell, special: Option<&SpecialRange>) {
        let title = format!("{} spans", number::count(u64::from(cell.count)));
        self.title(&title, self.frame.colors.strong[cell.class as usize]);
        self.pair("within", &time::duration(cell.range.nanos()));
        let whole = cell.nanos.iter().sum::<u64>().max(1);
        let mut by_time: Vec<SpanClass> =
            SpanClass::ALL.into_iter().filter(|&class| cell.nanos[class as usize] > 0).collect();
        by_time.sort_by_key(|&class| std::cmp::Reverse(cell.nanos[class as usize]));
        for class in by_time {
            let nanos = cell.nanos[class as usize];
            let name = match (class, lane) {
                (SpanClass::None, LaneId::Proc(_) | LaneId::Thread(_)) => "idle",
                (class, _) => words::class_name(self.frame.trace, class),
            };
            let part = format!(
                "{} ({})",
                time::duration(i64::try_from(nanos).unwrap_or(i64::MAX)),
                number::percent(nanos, whole)
            );
            self.ui.horizontal(|ui| {
                let (rect, _) = ui.allocate_exact_size(vec2(8.0, 8.0), egui::Sense::hover());
                ui.painter().rect_filled(rect, 1.5, self.frame.colors.strong[class as usize]);
                ui.label(RichText::new(name).size(12.0));
                ui.label(RichText::new(part).size(12.0).color(self.frame.tokens.muted));
            });
        }
        self.no_cpu(lane, cell.range);
        self.special(special);
        self.plain("Zoom in to see them one by one");
    }

    fn arrow(&mut self, arrow: &Arrow) {
        let color = match arrow.role {
            Role::Incoming => self.frame.tokens.accent,
            Role::Outgoing => self.frame.tokens.outgoing,
            Role::Other => self.frame.tokens.muted,
        };
        let text = self.arrow_text(arrow);
        self.title(&text, color);
        self.at(arrow.flow.to.time.0);
        if let Some(function) = name::frame_of(self.frame.trace, arrow.flow.stack).map(|frame| frame.function) {
            self.pair("Function", without_path(function));
        }
    }

    fn arrow_text(&self, arrow: &Arrow) -> String {
        let trace = self.frame.trace;
        let flow = &arrow.flow;
        let what = match arrow.role {
            Role::Outgoing => words::outgoing_name(trace, flow),
            Role::Incoming => words::incoming_name(trace, flow),
            Role::Other => {
                format!("{} {}", words::lane_name(trace, flow.from.lane), words::outgoing_name(trace, flow))
            }
        };
        match ran_after(self.frame, flow) {
            Some(nanos) => format!("{what} · {} later ran", time::duration(nanos)),
            None => what,
        }
    }
}

/// How long it took from the edge until its receiver ran.
fn ran_after(frame: &Frame<'_>, flow: &Flow) -> Option<i64> {
    let ready = frame.trace.span(flow.to.span?)?;
    if ready.state == GoState::Running {
        return Some(ready.range.start.nanos_since(flow.from.time));
    }
    let next = frame.trace.next_span(ready.at)?;
    (next.state == GoState::Running).then(|| next.range.start.nanos_since(flow.from.time))
}

#[cfg(test)]
mod tests {
    use super::{FREE_MOST, free_band, number_of};
    use crate::state::row::LANE_HEIGHT;
    use egui::{Rect, pos2};

    #[test]
    fn the_row_under_the_pointer_and_its_neighbours_stay_free() {
        let row = |top: f32, height: f32| Rect::from_min_max(pos2(0.0, top), pos2(900.0, top + height));
        let lane = LANE_HEIGHT as f32;
        let band = free_band(Some(row(100.0, lane)), pos2(40.0, 110.0));
        assert_eq!((band.top(), band.bottom()), (100.0 - lane, 100.0 + 2.0 * lane));
        let high = free_band(Some(row(100.0, 600.0)), pos2(40.0, 400.0));
        assert_eq!((high.top(), high.bottom()), (400.0 - FREE_MOST, 400.0 + FREE_MOST));
    }

    #[test]
    fn averages_have_as_many_digits_as_they_need() {
        assert_eq!([0.01, 0.31, 3.0, 3.04, 41.7].map(number_of), ["< 0.1", "0.3", "3", "3.0", "42"]);
    }
}
