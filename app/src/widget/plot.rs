//! A plot of a few series over one axis: lines, steps, filled steps, bars or dots, with round numbers at the
//! axes, the values under the pointer, and stretches to choose by dragging.

pub mod axis;

use egui::{
    Align2, Color32, CursorIcon, FontId, Mesh, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind,
    Ui, WidgetInfo, pos2, vec2,
};

use crate::theme::tokens::Tokens;
use crate::theme::{fonts, lanes, space, tokens};
use crate::widget::plot::axis::Axis;

/// Room that a text at the lower axis takes, points.
const LABEL_WIDTH: f32 = 72.0;
/// Height between two texts at the left axis, points.
const LABEL_HEIGHT: f32 = 26.0;
/// Under the plot: texts of the lower axis.
const BELOW: f32 = 20.0;
/// Above it: names of series.
const ABOVE: f32 = 22.0;

/// How a series is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Look {
    /// A line from point to point.
    #[default]
    Line,
    /// Each value holds until the next point.
    Steps,
    /// The same, filled down to the lower axis; what is behind shows through.
    Area,
    /// The same, standing on the series that comes next: its points are sums, and the values under the pointer are
    /// told without that one. Stacks come from the top down.
    Stack,
    /// A bar from each point to the next one's x; the last point only ends it.
    Bars,
    /// A dot a point.
    Dots,
}

/// What is plotted under one name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Its name; an empty one is not listed.
    pub name: String,
    /// The colour of the series.
    pub color: Color32,
    /// x and y, by rising x.
    pub points: Vec<[f64; 2]>,
    /// How it is drawn.
    pub look: Look,
}

impl Series {
    /// A line through points, by rising x.
    #[must_use]
    pub fn line(name: impl Into<String>, color: Color32, points: Vec<[f64; 2]>) -> Self {
        Self { name: name.into(), color, points, look: Look::Line }
    }

    /// The same points, drawn otherwise.
    #[must_use]
    pub fn drawn_as(self, look: Look) -> Self {
        Self { look, ..self }
    }

    /// Its value at `x`: between points for lines, that of the last point for what is stepped. `None` outside,
    /// and for dots.
    #[must_use]
    pub fn value_at(&self, x: f64, axis: &Axis) -> Option<f64> {
        let next = self.points.partition_point(|point| point[0] <= x);
        let before = self.points.get(next.checked_sub(1)?)?;
        let after = self.points.get(next);
        match (self.look, after) {
            (Look::Dots, _) => None,
            (Look::Line, Some(after)) => {
                let (from, to) = (axis.part(before[0]), axis.part(after[0]));
                let part = if to > from { (axis.part(x) - from) / (to - from) } else { 0.0 };
                Some(before[1] + part * (after[1] - before[1]))
            }
            (Look::Line, None) => (before[0] >= x).then_some(before[1]),
            (_, Some(_)) => Some(before[1]),
            (_, None) => (before[0] >= x).then_some(before[1]),
        }
    }
}

/// A plot to be shown.
#[derive(Clone, Debug)]
pub struct Plot<'a> {
    /// What it shows, for assistive technology and as its title.
    pub name: &'a str,
    /// The horizontal axis, with its unit.
    pub x: Axis,
    /// What the lower axis counts from, in the words under the pointer: added before the value.
    pub x_name: &'a str,
    /// The vertical axis, with its unit.
    pub y: Axis,
    /// What is plotted; the first at the bottom.
    pub series: &'a [Series],
    /// Values of the lower axis that get a line from top to bottom.
    pub marks: &'a [f64],
    /// Height of all of it, points.
    pub height: f32,
}

impl Plot<'_> {
    /// What the series at a place stands on, at `x`; 0 unless it is stacked.
    fn under(&self, place: usize, x: f64) -> f64 {
        let is_stacked = self.series.get(place).is_some_and(|series| series.look == Look::Stack);
        let next = self.series.get(place + 1).filter(|next| is_stacked && next.look == Look::Stack);
        next.and_then(|next| next.value_at(x, &self.x)).unwrap_or(0.0)
    }
}

/// What the user does with a plot; in values of the lower axis.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Touched {
    /// The pointer is here.
    pub hovered: Option<f64>,
    /// It was clicked here.
    pub clicked: Option<f64>,
    /// This stretch was chosen by dragging, the lower end first.
    pub chosen: Option<(f64, f64)>,
}

/// Shows a plot as wide as there is room. Costs points and pixels: give it thousands, not millions.
pub fn plot(ui: &mut Ui, plot: &Plot<'_>) -> Touched {
    let size = vec2(ui.available_width().max(120.0), plot.height);
    let (place, response) = ui.allocate_exact_size(size, Sense::click_and_drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, plot.name));
    if !ui.is_rect_visible(place) {
        return Touched::default();
    }
    let canvas = Canvas::new(ui, plot, place);
    canvas.axes_ui();
    for series in plot.series {
        canvas.series_ui(series);
    }
    for mark in plot.marks {
        let x = canvas.x(*mark);
        canvas.inner().vline(x, canvas.area.y_range(), Stroke::new(1.0, canvas.tokens.accent));
    }
    canvas.names_ui();
    canvas.touch(ui, &response)
}

/// A plot with its place on screen.
struct Canvas<'a> {
    plot: &'a Plot<'a>,
    painter: Painter,
    tokens: &'static Tokens,
    /// Where values are drawn, points.
    area: Rect,
    /// All of the widget with its labels, points.
    place: Rect,
}

impl<'a> Canvas<'a> {
    fn new(ui: &Ui, plot: &'a Plot<'a>, place: Rect) -> Self {
        let tokens = tokens::of(ui.ctx());
        let painter = ui.painter_at(place);
        let room = rows(place.height());
        let texts = plot.y.ticks(room).into_iter().filter_map(|tick| tick.text);
        let width = |text: String| painter.layout_no_wrap(text, axis_font(), tokens.muted).size().x;
        let left = texts.map(width).fold(0.0, f32::max).ceil();
        let area = Rect::from_min_max(
            pos2(place.left() + left + space::S, place.top() + ABOVE),
            pos2(place.right() - space::M, place.bottom() - BELOW),
        );
        Self { plot, painter, tokens, area, place }
    }

    fn inner(&self) -> Painter {
        self.painter.with_clip_rect(self.area.expand(1.0).intersect(self.painter.clip_rect()))
    }

    fn x(&self, value: f64) -> f32 {
        self.area.left() + (self.plot.x.part(value) * f64::from(self.area.width())) as f32
    }

    fn y(&self, value: f64) -> f32 {
        self.area.bottom() - (self.plot.y.part(value) * f64::from(self.area.height())) as f32
    }

    fn value_at_x(&self, x: f32) -> f64 {
        let part = f64::from((x - self.area.left()) / self.area.width());
        self.plot.x.value(part.clamp(0.0, 1.0))
    }

    fn axes_ui(&self) {
        let tokens = self.tokens;
        self.painter.rect_filled(self.area, 0.0, tokens.background);
        let (strong, faint) = (Stroke::new(1.0, tokens.line), Stroke::new(1.0, tokens.line.gamma_multiply(0.45)));
        for tick in self.plot.x.ticks((self.area.width() / LABEL_WIDTH) as usize) {
            let x = self.painter.round_to_pixel_center(self.x(tick.value));
            self.painter.vline(x, self.area.y_range(), if tick.text.is_some() { strong } else { faint });
            let Some(text) = tick.text else { continue };
            let galley = self.painter.layout_no_wrap(text, axis_font(), tokens.muted);
            // The first and last stay inside.
            let half = galley.size().x / 2.0;
            let center = x.clamp(self.place.left() + half, (self.place.right() - half).max(self.place.left() + half));
            self.painter.galley(pos2(center - half, self.area.bottom() + space::XS), galley, tokens.muted);
        }
        for tick in self.plot.y.ticks(rows(self.place.height())) {
            let y = self.painter.round_to_pixel_center(self.y(tick.value));
            self.painter.hline(self.area.x_range(), y, strong);
            if let Some(text) = tick.text {
                let at = pos2(self.area.left() - space::XS, y);
                self.painter.text(at, Align2::RIGHT_CENTER, text, axis_font(), tokens.muted);
            }
        }
    }

    /// The title, and behind it the series with their colours.
    fn names_ui(&self) {
        let y = self.place.top() + ABOVE / 2.0 - 1.0;
        let title = self.painter.layout_no_wrap(self.plot.name.to_owned(), fonts::small_strong(), self.tokens.text);
        let mut x = self.place.right() - space::M;
        let least = self.area.left() + title.size().x + space::L;
        self.painter.galley(pos2(self.area.left(), y - title.size().y / 2.0), title, self.tokens.text);
        for series in self.plot.series.iter().rev().filter(|series| !series.name.is_empty()) {
            let galley = self.painter.layout_no_wrap(series.name.clone(), fonts::small(), self.tokens.muted);
            let (width, height) = (galley.size().x, galley.size().y);
            if x - width - space::M < least {
                break;
            }
            self.painter.galley(pos2(x - width, y - height / 2.0), galley, self.tokens.muted);
            let swatch = Rect::from_center_size(pos2(x - width - space::S, y), vec2(8.0, 8.0));
            self.painter.rect_filled(swatch, 2.0, series.color);
            x -= width + space::S + space::M;
        }
    }

    fn series_ui(&self, series: &Series) {
        let painter = self.inner();
        match series.look {
            Look::Line => self.line_ui(&painter, series, false),
            Look::Steps => self.line_ui(&painter, series, true),
            Look::Area | Look::Stack | Look::Bars => {
                self.boxes_ui(&painter, series);
                if series.look != Look::Bars {
                    self.line_ui(&painter, series, true);
                }
            }
            Look::Dots => {
                for point in &series.points {
                    painter.circle_filled(pos2(self.x(point[0]), self.y(point[1])), 2.5, series.color);
                }
            }
        }
    }

    /// From each point to the next one, down to the lower end.
    fn boxes_ui(&self, painter: &Painter, series: &Series) {
        let (fill, gap) = match series.look {
            Look::Area => (series.color.gamma_multiply(0.35), 0.0),
            Look::Stack => (lanes::mix(self.tokens.background, series.color, 0.6), 0.0),
            _ => (series.color, 1.0),
        };
        let mut mesh = Mesh::default();
        for pair in series.points.windows(2) {
            let (left, right) = (self.x(pair[0][0]), self.x(pair[1][0]));
            let right = if right - left > 3.0 { right - gap } else { right };
            let top = self.y(pair[0][1]).min(self.area.bottom());
            if right >= self.area.left() && left <= self.area.right() && top < self.area.bottom() {
                mesh.add_colored_rect(Rect::from_min_max(pos2(left, top), pos2(right, self.area.bottom())), fill);
            }
        }
        painter.add(Shape::mesh(mesh));
    }

    fn line_ui(&self, painter: &Painter, series: &Series, stepped: bool) {
        let mut line: Vec<Pos2> = Vec::new();
        for point in &series.points {
            let at = pos2(self.x(point[0]), self.y(point[1]));
            if stepped && let Some(last) = line.last().copied() {
                line.push(pos2(at.x, last.y));
            }
            line.push(at);
        }
        painter.add(Shape::line(thinned(&line), Stroke::new(1.75, series.color)));
    }

    /// What the pointer does.
    fn touch(&self, ui: &Ui, response: &Response) -> Touched {
        let mut touched = Touched::default();
        let Some(pointer) = response.hover_pos().or_else(|| response.interact_pointer_pos()) else { return touched };
        let inside = self.area.x_range().contains(pointer.x) && self.area.y_range().contains(pointer.y);
        let from = ui.input(|input| input.pointer.press_origin()).filter(|from| self.area.expand(4.0).contains(*from));
        let value = self.value_at_x(pointer.x);
        if let Some(from) = from.filter(|_| response.dragged()) {
            let (left, right) = (from.x.min(pointer.x), from.x.max(pointer.x));
            let band = Rect::from_x_y_ranges(left..=right, self.area.y_range()).intersect(self.area);
            self.painter.rect_filled(band, 0.0, self.tokens.accent.gamma_multiply(0.25));
        }
        if response.drag_stopped()
            && let Some(from) = from.or_else(|| response.total_drag_delta().map(|delta| pointer - delta))
            && (from.x - pointer.x).abs() >= 4.0
        {
            let other = self.value_at_x(from.x);
            touched.chosen = Some((value.min(other), value.max(other)));
        }
        if !inside {
            return touched;
        }
        touched.hovered = Some(value);
        touched.clicked = response.clicked().then_some(value);
        ui.ctx().set_cursor_icon(CursorIcon::Crosshair);
        self.readout(pointer, value);
        touched
    }

    /// The values at the pointer, beside it.
    fn readout(&self, pointer: Pos2, x: f64) {
        let tokens = self.tokens;
        self.painter.vline(pointer.x, self.area.y_range(), Stroke::new(1.0, tokens.muted));
        let mut lines = vec![(tokens.text, format!("{}{}", self.plot.x_name, self.plot.x.words(x)))];
        for (place, series) in self.plot.series.iter().enumerate() {
            let Some(value) = series.value_at(x, &self.plot.x) else { continue };
            let at = pos2(pointer.x, self.y(value));
            self.inner().circle(at, 3.5, series.color, Stroke::new(1.5, tokens.background));
            let text = self.plot.y.words(value - self.plot.under(place, x));
            let text = if series.name.is_empty() { text } else { format!("{text}  {}", series.name) };
            lines.push((series.color, text));
        }
        let galleys: Vec<_> = lines
            .into_iter()
            .map(|(color, text)| (color, self.painter.layout_no_wrap(text, fonts::mono_small(), tokens.text)))
            .collect();
        let width = galleys.iter().map(|line| line.1.size().x).fold(0.0, f32::max) + space::M + 2.0 * space::S;
        let step = 16.0;
        let size = vec2(width, step * galleys.len() as f32 + space::S);
        let left = if pointer.x + space::M + width < self.place.right() {
            pointer.x + space::M
        } else {
            (pointer.x - space::M - width).max(self.place.left())
        };
        let top =
            (pointer.y - size.y / 2.0).clamp(self.place.top(), (self.place.bottom() - size.y).max(self.place.top()));
        let rect = Rect::from_min_size(pos2(left, top), size);
        self.painter.rect(
            rect,
            f32::from(space::RADIUS),
            tokens.popup,
            Stroke::new(1.0, tokens.line),
            StrokeKind::Outside,
        );
        for (at, (color, galley)) in galleys.into_iter().enumerate() {
            let y = rect.top() + space::XS + step * (at as f32 + 0.5);
            if at > 0 {
                self.painter.rect_filled(
                    Rect::from_center_size(pos2(rect.left() + space::S + 3.0, y), vec2(6.0, 6.0)),
                    1.5,
                    color,
                );
            }
            let x = rect.left() + space::S + if at > 0 { space::M } else { 0.0 };
            self.painter.galley(pos2(x, y - galley.size().y / 2.0), galley, tokens.text);
        }
    }
}

fn axis_font() -> FontId {
    fonts::mono_small()
}

fn rows(height: f32) -> usize {
    (((height - ABOVE - BELOW) / LABEL_HEIGHT) as usize).max(1)
}

/// Of the points in one column of pixels only the first, lowest, highest and last: looks the same.
fn thinned(line: &[Pos2]) -> Vec<Pos2> {
    let mut out: Vec<Pos2> = Vec::with_capacity(line.len().min(8_192));
    for column in line.chunk_by(|a, b| a.x.floor() == b.x.floor()) {
        if column.len() <= 4 {
            out.extend_from_slice(column);
            continue;
        }
        let low = column.iter().copied().reduce(|a, b| if b.y < a.y { b } else { a });
        let high = column.iter().copied().reduce(|a, b| if b.y > a.y { b } else { a });
        let picks = [column.first().copied(), low, high, column.last().copied()];
        out.extend(picks.into_iter().flatten());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::widget::plot::axis::Unit;

    #[test]
    fn series_are_read_between_their_points() {
        let axis = Axis::linear(Unit::Count, 0.0, 10.0);
        let line = Series::line("", Color32::TRANSPARENT, vec![[0.0, 1.0], [4.0, 3.0], [10.0, 3.0]]);
        assert_eq!(line.value_at(2.0, &axis), Some(2.0));
        assert_eq!(line.value_at(10.0, &axis), Some(3.0));
        assert_eq!(line.value_at(-1.0, &axis), None);
        let steps = line.drawn_as(Look::Steps);
        assert_eq!((steps.value_at(2.0, &axis), steps.value_at(11.0, &axis)), (Some(1.0), None));
        let log = Axis::log(Unit::Nanos, 1.0, 100.0);
        let line = Series::line("", Color32::TRANSPARENT, vec![[1.0, 0.0], [100.0, 1.0]]);
        assert!((line.value_at(10.0, &log).unwrap() - 0.5).abs() < 1e-9);
    }

    #[test]
    fn stacked_series_stand_on_the_next() {
        let flat = |name: &str, value: f64| {
            Series::line(name, Color32::TRANSPARENT, vec![[0.0, value], [10.0, value]]).drawn_as(Look::Stack)
        };
        let series = [flat("top", 5.0), flat("bottom", 3.0)];
        let axis = Axis::linear(Unit::Count, 0.0, 10.0);
        let plot = Plot { name: "", x: axis, x_name: "", y: axis, series: &series, marks: &[], height: 100.0 };
        assert_eq!((plot.under(0, 4.0), plot.under(1, 4.0)), (3.0, 0.0));
    }

    #[test]
    fn a_crowded_column_keeps_its_extremes() {
        let mut line: Vec<Pos2> = (0..1_000).map(|at| pos2(5.0 + at as f32 / 2_000.0, (at % 7) as f32)).collect();
        line[500].y = 90.0;
        line.push(pos2(9.0, 1.0));
        let thin = thinned(&line);
        assert!(thin.len() <= 5, "{}", thin.len());
        assert!(thin.iter().any(|point| point.y == 90.0) && thin.iter().any(|point| point.y == 0.0));
        assert_eq!(thin.last(), line.last());
    }
}
