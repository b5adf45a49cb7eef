//! Rows of three recordings and more: a column each, and the trend.

use std::sync::Arc;

use trace_core::analysis::compare::evidence::Measure;
use trace_core::analysis::compare::figure::Figure as Chosen;
use trace_core::analysis::compare::figures::Figures;
use trace_core::analysis::compare::trend::{Step, Trend, Trends};

use crate::report::comparison::divisor::Divisor;
use crate::report::comparison::{Listed, certainty, figure_name, form, form_of, number, places, quantity, whole};
use crate::report::figure::{Certainty, Change, Figure, Form, Lean};
use crate::report::table::{Column, Cut, Table};
use crate::report::value::Value;

/// Rows that text and Markdown list.
const LISTED: usize = 25;

macro_rules! ids {
    ($($letter:ident)*) => { [$(concat!("values.", stringify!($letter))),*] };
}

/// Ids of the columns of recordings; further ones have none, and are in JSON only.
const IDS: [&str; 26] = ids!(a b c d e f g h i j k l m n o p q r s t u v w x y z);
/// Letters of recordings, as the command line names them.
pub const LETTERS: [&str; 26] = [
    "A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L", "M", "N", "O", "P", "Q", "R", "S", "T", "U", "V", "W",
    "X", "Y", "Z",
];
/// Numbers of recordings, as the window names them.
pub const NUMBERS: [&str; 26] = [
    "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20",
    "21", "22", "23", "24", "25", "26",
];

/// How recordings differ, to make tables of.
#[derive(Clone, Debug)]
pub struct Series {
    found: Arc<Trends>,
    /// What totals of each recording are divided by.
    units: Arc<[f64]>,
    per: Divisor,
}

/// A row of a table: the place of its trend, and the figure that the table shows.
struct Row {
    of: Series,
    place: u32,
    figure: Option<Chosen>,
}

impl Row {
    fn trend(&self) -> Option<&Trend> {
        self.of.found.rows.get(self.place as usize)
    }

    /// The figure's value in each recording.
    fn values(&self, trend: &Trend) -> Vec<Option<f64>> {
        let value = |(figures, unit): (&Option<Figures>, &f64)| {
            let figures = figures.as_ref()?;
            let tested = || trend.measure().value(figures, *unit);
            Some(self.figure.map_or_else(tested, |figure| figure.value(figures, *unit)))
        };
        trend.figures.iter().zip(self.of.units.iter()).map(value).collect()
    }

    fn form(&self, trend: &Trend) -> Form {
        match self.figure {
            Some(Chosen::Count | Chosen::Rate) => Form::Number,
            Some(_) => form(trend.kind),
            None => form_of(trend.measure(), trend.kind),
        }
    }

    /// Whether a test was about the figure that is shown: what it found out says nothing of another.
    fn is_about(&self, step: &Step) -> bool {
        let tested = step.tested.unwrap_or(Measure::Median);
        match self.figure {
            None => self.trend().is_some_and(|trend| trend.measure() == tested),
            Some(figure) => matches!(
                (figure, tested),
                (Chosen::P50, Measure::Median) | (Chosen::Total, Measure::Total) | (Chosen::Rate, Measure::Count)
            ),
        }
    }

    /// Which way the figure has changed from the recording before, if that is told.
    fn changed(&self, trend: &Trend, recording: usize) -> Option<Lean> {
        let step = trend.steps.get(recording.checked_sub(1)?)?;
        let lean = if step.has_grown { Lean::Grown } else { Lean::Shrunk };
        (step.is_reported() && self.is_about(step)).then_some(lean)
    }

    /// The last recording held against the first.
    fn overall(&self, trend: &Trend) -> Value {
        let values = self.values(trend);
        let [first, last] = [values.first().copied().flatten(), values.last().copied().flatten()];
        let step = &trend.overall;
        let certainty = if self.figure.is_none() || self.is_about(step) {
            certainty(step.is_significant, step.is_too_few)
        } else {
            Certainty::Untested
        };
        match (first, last) {
            (None, None) => Value::Missing,
            (Some(first), Some(last)) if first > 0.0 => Value::Change(Change::new(Some(last / first), true, certainty)),
            (Some(_), Some(_)) => Value::Missing,
            (first, _) => Value::Change(Change::new(None, first.is_some(), certainty)),
        }
    }

    fn title(&self, trend: &Trend) -> String {
        self.figure.map_or_else(|| figure_name(trend.measure(), &self.of.per), |figure| title(figure, &self.of.per))
    }
}

/// What a chip calls a figure: `Median`, `Total/s`.
#[must_use]
pub fn title(figure: Chosen, per: &Divisor) -> String {
    match figure {
        Chosen::Count => "Count".to_owned(),
        Chosen::Rate if *per == Divisor::Nothing => "Count per unit".to_owned(),
        Chosen::Rate => format!("Count{}", per.suffix()),
        Chosen::Total => format!("Total{}", per.suffix()),
        Chosen::Mean => "Mean".to_owned(),
        Chosen::P50 => "Median".to_owned(),
        Chosen::P90 => "p90".to_owned(),
        Chosen::P99 => "p99".to_owned(),
        Chosen::Max => "Max".to_owned(),
    }
}

/// A cell of the trend of a row.
fn cell(
    make: impl Fn(&Row, &Trend) -> Value + Send + Sync + 'static,
) -> impl Fn(&Row) -> Value + Send + Sync + 'static {
    move |row| row.trend().map_or(Value::Missing, |trend| make(row, trend))
}

impl Series {
    /// What was found; `units` is what totals of each recording were divided by, and `per` what that is.
    #[must_use]
    pub fn new(found: &Arc<Trends>, units: &[f64], per: &Divisor) -> Self {
        Self { found: Arc::clone(found), units: units.into(), per: per.clone() }
    }

    /// All rows, or those that changed significantly; of each the figure that was tested if `figure` is `None`.
    #[must_use]
    pub fn listed(&self, figure: Option<Chosen>, only_significant: bool, names: &[&'static str]) -> Listed {
        let is_significant =
            |trend: &Trend| trend.overall.is_significant || trend.steps.iter().any(|step| step.is_significant);
        let rows = places(&self.found.rows, |trend| !only_significant || is_significant(trend));
        let source = rows.iter().map(|place| Row { of: self.clone(), place: *place, figure }).collect::<Vec<_>>();
        let mut table = Table::of("rows", "Rows", &Arc::new(source), Vec::as_slice)
            .column(
                Column::word("kind", "Kind", "As in a comparison of two"),
                cell(|_, of| Value::Word(of.kind.name())),
            )
            .column(
                Column::text("name", "Name", "in the first recording that has it"),
                cell(|_, trend| Value::Name(trend.name.clone())),
            )
            .column(
                Column::word("tested", "", "median, tail, total or count: what values and change are of").exported(),
                cell(|_, trend| Value::Word(trend.measure().name())),
            )
            .column(
                Column::word("figure", "Figure", "What the recordings' columns and the change are of").for_people(),
                cell(|row, trend| Value::Text(row.title(trend))),
            );
        for (at, (id, name)) in IDS.into_iter().zip(names).take(self.units.len()).enumerate() {
            let help = "that figure in this recording; * if it changed from the one before by more than chance";
            let value = cell(move |row, trend| match row.values(trend).get(at) {
                Some(Some(value)) => {
                    let changed = row.changed(trend, at);
                    Value::Figure(Figure { changed, ..Figure::new(*value, row.form(trend)) })
                }
                _ => Value::Missing,
            });
            table = table.column(Column::figure(id, name, help), value);
        }
        let trend = |row: &Row, trend: &Trend| {
            let columns = row.values(trend).into_iter().enumerate();
            Value::Columns(columns.map(|(at, value)| (value, row.changed(trend, at))).collect())
        };
        let help = "Last over first; ~ if it may be chance, in parentheses if there are too few to test";
        let table = table
            .column(Column::bar("Trend"), cell(trend))
            .column(Column::change("First to last", help), cell(Row::overall))
            .column(
                Column::figure("ratio", "", "total per unit, last over first; null if one of them has none").exported(),
                cell(|_, trend| number(trend.ratio)),
            )
            .column(
                Column::table("", "the row in each recording; null where it is not there", figures(Vec::new())),
                cell(|_, trend| {
                    Value::Table(Arc::new(figures(trend.figures.iter().map(|of| (trend.kind, *of)).collect())))
                }),
            )
            .column(
                Column::table("", "from each recording to the next", steps(Vec::new())),
                cell(|_, trend| Value::Table(Arc::new(steps(trend.steps.clone())))),
            )
            .column(
                Column::flag("overall.significant", "", "from the first to the last").exported(),
                cell(|_, trend| Value::Flag(trend.overall.is_significant)),
            )
            .column(
                Column::flag("overall.too_few", "", "obvious from the first to the last, but too few events to test")
                    .exported(),
                cell(|_, trend| Value::Flag(trend.overall.is_too_few)),
            )
            .column(
                Column::figure("overall.delta_ns", "", "total per unit, last less first").exported(),
                cell(|_, trend| number(Some(trend.overall.impact))),
            )
            .empty("There is no such row")
            .cut(Cut::ForPeople)
            .build()
            .limited(Some(LISTED));
        Listed { table: Arc::new(table), rows }
    }
}

type OfRecording = (trace_core::analysis::compare::row_kind::RowKind, Option<Figures>);

/// The figures of a row in each recording.
fn figures(of: Vec<OfRecording>) -> Table {
    let value = |make: fn(&OfRecording, &Figures) -> Value| {
        move |row: &OfRecording| row.1.as_ref().map_or(Value::Missing, |figures| make(row, figures))
    };
    Table::of("figures", "", &Arc::new(of), Vec::as_slice)
        .column(Column::count("count", "", "how many"), value(|_, of| Value::Count(of.count)))
        .column(Column::duration("total_ns", "", "total"), value(|row, of| whole(row.0, of.total)))
        .column(Column::figure("mean_ns", "", "mean"), value(|row, of| quantity(row.0, of.mean)))
        .column(Column::figure("p50_ns", "", "median"), value(|row, of| quantity(row.0, of.p50)))
        .column(Column::figure("p90_ns", "", "90th percentile"), value(|row, of| quantity(row.0, of.p90)))
        .column(Column::figure("p99_ns", "", "99th percentile"), value(|row, of| quantity(row.0, of.p99)))
        .column(Column::duration("max_ns", "", "longest"), value(|row, of| whole(row.0, of.max)))
        .column(
            Column::figure("tail_ns", "", "mean of the slowest 1 %; 0 if there are fewer than 100"),
            value(|row, of| quantity(row.0, of.tail)),
        )
        .build()
}

/// How a row changed from each recording to the next.
fn steps(of: Vec<Step>) -> Table {
    Table::of("steps", "", &Arc::new(of), Vec::as_slice)
        .column(Column::flag("significant", "", "more than chance"), |step: &Step| Value::Flag(step.is_significant))
        .column(Column::flag("too_few", "", "obvious, but too few events to test"), |step| Value::Flag(step.is_too_few))
        .column(Column::figure("delta_ns", "", "total per unit, later less earlier"), |step| number(Some(step.impact)))
        .build()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{Chosen, NUMBERS, Series};
    use crate::report::arrange::{Arrangement, SortKey, arrange};
    use crate::report::comparison::divisor::Divisor;
    use crate::report::figure::Lean;
    use crate::report::table::Table;
    use crate::report::value::Value;
    use trace_core::analysis::compare::evidence::Measure;
    use trace_core::analysis::compare::figures::Figures;
    use trace_core::analysis::compare::row_kind::RowKind;
    use trace_core::analysis::compare::trend::{Step, Trend, Trends};
    use trace_core::base::monitor::Monitor;

    fn row(name: &str, totals: [Option<u64>; 3]) -> Trend {
        let figures = |total: u64| Figures { count: 1, total, ..Figures::default() };
        let step = |is_significant, impact| Step {
            is_significant,
            tested: Some(Measure::Total),
            has_grown: impact > 0.0,
            impact,
            ..Step::default()
        };
        let [first, _, last] = totals.map(|total| total.unwrap_or(0) as f64);
        Trend {
            kind: RowKind::Wait,
            name: name.to_owned(),
            figures: totals.map(|total| total.map(figures)).to_vec(),
            places: vec![None; 3],
            steps: vec![step(true, -1.0), step(false, 1.0)],
            overall: step(totals[0].is_some(), last - first),
            ratio: totals[0].zip(totals[2]).map(|(a, b)| b as f64 / a as f64),
        }
    }

    fn table(rows: Vec<Trend>, figure: Option<Chosen>) -> Arc<Table> {
        let found = Arc::new(Trends { rows, ..Trends::default() });
        Series::new(&found, &[1.0; 3], &Divisor::Second).listed(figure, false, &NUMBERS).table
    }

    fn rows() -> Vec<Trend> {
        vec![row("one", [Some(100), Some(50), Some(25)]), row("two", [None, Some(70), None])]
    }

    /// The texts of the columns that people see.
    fn texts(table: &Table, row: usize) -> Vec<String> {
        let seen = table.columns.iter().enumerate().filter(|(_, column)| column.is_in_text());
        seen.map(|(at, _)| table.value(row, at).text()).collect()
    }

    #[test]
    fn a_row_has_a_column_each_and_its_trend() {
        let table = table(rows(), Some(Chosen::Total));
        assert_eq!(texts(&table, 0), ["wait", "one", "Total/s", "100 ns", "50 ns*", "25 ns", "\u{2212}75.0 %"]);
        assert_eq!(texts(&table, 1), ["wait", "two", "Total/s", "–", "70 ns*", "–", "–"]);
        let Value::Columns(columns) = table.value(0, table.column("bar").expect("a trend")) else {
            panic!("no columns")
        };
        assert_eq!(columns, [(Some(100.0), None), (Some(50.0), Some(Lean::Shrunk)), (Some(25.0), None)]);
    }

    #[test]
    fn the_columns_and_the_change_are_of_the_figure_that_was_tested() {
        let mut all = rows();
        all[0].overall.tested = Some(Measure::Median);
        for (figures, p50) in all[0].figures.iter_mut().flatten().zip([10.0, 20.0, 40.0]) {
            figures.p50 = p50;
        }
        let tested = table(all.clone(), None);
        assert_eq!(texts(&tested, 0)[2..], ["median", "10 ns", "20 ns", "40 ns", "×4.00"], "no step was about it");
        let change = tested.value(0, tested.column("change").expect("a change"));
        assert_eq!(change.lean(), Some(Lean::Grown), "as the figures say, whatever the total did");
        let other = table(all, Some(Chosen::Total));
        assert_eq!(other.value(0, other.column("change").expect("a change")).lean(), None, "not tested");
    }

    #[test]
    fn what_came_back_is_no_change_whatever_was_tested_last() {
        let mut all = rows();
        all[0].steps[1] = Step { is_significant: true, has_grown: true, ..all[0].steps[0] };
        all[0].overall = Step { tested: Some(Measure::Count), ..Step::default() };
        assert_eq!(texts(&table(all, None), 0)[2..], ["total/s", "100 ns", "50 ns*", "25 ns*", "~"]);
    }

    #[test]
    fn rows_are_sorted_by_any_recording() {
        let table = table(rows(), Some(Chosen::Total));
        let by = |column: &str| {
            let sort = vec![SortKey { column: column.to_owned(), descending: true }];
            arrange(&table, &Arrangement { sort, ..Arrangement::default() }, &Monitor::new()).expect("rows")
        };
        assert_eq!((by("values.a"), by("values.b")), (vec![0, 1], vec![1, 0]));
    }
}
