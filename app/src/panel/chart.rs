//! Charts of reports inside panels.

use std::borrow::Cow;

use egui::Ui;

use trace_core::base::time::TimeRange;

use crate::action::action::{Actions, SelectAction, ViewAction};
use crate::report::chart::{Across, Chart, Look, Up};
use crate::state::document::Document;
use crate::theme::tokens;
use crate::widget::heat::{Heat, HeatRow, heat};
use crate::widget::plot::axis::{Axis, Unit};
use crate::widget::plot::{self, Plot, Series, plot};
use crate::widget::shade::color;

/// Shows a chart; `marks` are values of the lower axis that get a line. Dragging over time marks a range and shows it.
/// Where it was clicked, as a value of the lower axis.
pub fn chart_ui(
    ui: &mut Ui,
    document: &Document,
    chart: &Chart,
    (marks, height): (&[f64], f32),
    actions: &mut Actions,
) -> Option<f64> {
    let tokens = tokens::of(ui.ctx());
    let chart = &*shown(document, chart);
    if chart.lines.iter().any(|line| line.look == Look::Heat) {
        return heat_ui(ui, document, (chart, height), actions);
    }
    let series: Vec<Series> = chart
        .lines
        .iter()
        .map(|line| {
            let look = match line.look {
                Look::Line => plot::Look::Line,
                Look::Steps => plot::Look::Steps,
                Look::Area => plot::Look::Area,
                Look::Stack | Look::Heat => plot::Look::Stack,
            };
            Series::line(line.name.clone(), color(tokens, line.shade), line.points.clone()).drawn_as(look)
        })
        .collect();
    let (x, x_name) = match chart.across {
        Across::Time(from, to) => (Axis::linear(Unit::Nanos, from, to), "at "),
        Across::Lengths(from, to) => (Axis::log(Unit::Nanos, from, to), "windows of "),
    };
    let y = match chart.up {
        Up::Count(most) => Axis::up_to(Unit::Count, most.max(1.0)),
        Up::Ratio => Axis::linear(Unit::Share, 0.0, 1.0),
    };
    let shown = Plot { name: &chart.title, x, x_name, y, series: &series, marks, height };
    let touched = plot(ui, &shown);
    choose(document, (chart, touched.chosen), actions);
    touched.clicked
}

/// A chart as it shows: one over time in a session with times of that.
fn shown<'a>(document: &Document, chart: &'a Chart) -> Cow<'a, Chart> {
    let (Some(shared), Across::Time(from, to)) = (document.shared_time, chart.across) else {
        return Cow::Borrowed(chart);
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "nanoseconds within the trace")]
    let at = |nanos: f64| shared.of_own(nanos as i64) as f64;
    let mut chart = chart.clone();
    chart.across = Across::Time(at(from), at(to));
    for point in chart.lines.iter_mut().flat_map(|line| &mut line.points) {
        point[0] = at(point[0]);
    }
    Cow::Owned(chart)
}

/// Shows a heat map.
fn heat_ui(ui: &mut Ui, document: &Document, (chart, height): (&Chart, f32), actions: &mut Actions) -> Option<f64> {
    let (Across::Time(from, to) | Across::Lengths(from, to)) = chart.across;
    let rows: Vec<HeatRow<'_>> =
        chart.lines.iter().map(|line| HeatRow { name: &line.name, points: &line.points }).collect();
    let shade = chart.lines.first()?.shade;
    let shown = Heat {
        name: &chart.title,
        x: Axis::linear(Unit::Nanos, from, to),
        rows: &rows,
        color: color(tokens::of(ui.ctx()), shade),
        height,
    };
    let touched = heat(ui, &shown);
    choose(document, (chart, touched.chosen), actions);
    touched.clicked
}

/// Marks and shows the stretch that was chosen on a chart over time.
fn choose(document: &Document, (chart, chosen): (&Chart, Option<(f64, f64)>), actions: &mut Actions) {
    if let (Some((from, to)), Across::Time(..)) = (chosen, chart.across) {
        #[expect(clippy::cast_possible_truncation, reason = "nanoseconds within the trace")]
        let at = |nanos: f64| document.time_at(nanos as i64);
        let range = TimeRange::new(at(from), at(to));
        actions.push(SelectAction::Highlight(Some(range)));
        actions.push(ViewAction::ShowRange(range));
    }
}
