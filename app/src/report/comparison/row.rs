//! One row of a comparison: its figures, and single instances of it, on both sides.

use std::sync::Arc;

use trace_core::analysis::compare::change::Change;
use trace_core::analysis::compare::evidence::Measure;
use trace_core::analysis::compare::figure::Figure as Chosen;
use trace_core::analysis::compare::figures::Figures;
use trace_core::analysis::compare::settings::Load;
use trace_core::base::nanos::Nanos;

use crate::report::comparison::divisor::Divisor;
use crate::report::comparison::series::title;
use crate::report::comparison::{form, form_of};
use crate::report::figure::{self, Certainty, Figure, Form};
use crate::report::table::{Column, Table};
use crate::report::value::Value;

/// Figures that differ by less have no colour.
const LEAST: f64 = 0.05;

/// A figure of both sides.
struct Both {
    title: String,
    form: Form,
    values: [Option<f64>; 2],
}

impl Both {
    fn value(&self, side: usize) -> Value {
        self.values[side].map_or(Value::Missing, |value| Value::Figure(Figure::new(value, self.form)))
    }

    /// Both values, if both are known.
    fn both(&self) -> Option<(f64, f64)> {
        self.values[0].zip(self.values[1])
    }

    fn change(&self) -> Value {
        let Some((a, b)) = self.both().filter(|(a, b)| *a > 0.0 && *b > 0.0) else { return Value::Missing };
        let certainty = if (b / a - 1.0).abs() > LEAST { Certainty::Significant } else { Certainty::Untested };
        Value::Change(figure::Change::new(Some(b / a), true, certainty))
    }
}

/// All figures of a row; `units` is what totals of the two sides are divided by, and `per` what that is.
#[must_use]
pub fn figures(change: &Change, units: [f64; 2], per: &Divisor, load: Option<&Load>) -> Table {
    let of = |figure: Chosen, figures: &Option<Figures>, unit: f64| {
        figures.as_ref().map(|figures| figure.value(figures, unit))
    };
    let mut rows: Vec<Both> = Chosen::ALL
        .into_iter()
        .map(|figure| Both {
            title: title(figure, per),
            form: if matches!(figure, Chosen::Count | Chosen::Rate) { Form::Number } else { form(change.kind) },
            values: [of(figure, &change.a, units[0]), of(figure, &change.b, units[1])],
        })
        .collect();
    rows.extend(load.and_then(|load| Some((load, load.per_request(change)?))).map(|(load, found)| Both {
        title: format!("{} per {}", if found.measure == Measure::Count { "Count" } else { "Total" }, load.request()),
        form: form_of(found.measure, change.kind),
        values: found.values.map(Some),
    }));
    Table::of("figures", "Figures", &Arc::new(rows), Vec::as_slice)
        .column(Column::text("figure", "Figure", ""), |row: &Both| Value::Text(row.title.clone()))
        .column(Column::figure("a", "A", ""), |row| row.value(0))
        .column(Column::figure("b", "B", ""), |row| row.value(1))
        .column(Column::figure("difference", "Difference", "B less A"), |row| {
            row.both().map_or(Value::Missing, |(a, b)| Value::Figure(Figure::difference(b - a, row.form)))
        })
        .column(Column::change("Ratio", "B over A"), Both::change)
        .build()
}

/// An instance of each side, beside each other.
#[derive(Clone, Debug)]
pub struct Beside {
    /// What they are: the slowest, say.
    pub title: String,
    /// How long each took, nanoseconds, and where it is; `None` if a side has none.
    pub sides: [Option<(u64, String)>; 2],
}

/// Instances of a row beside each other.
#[must_use]
pub fn instances(rows: Vec<Beside>) -> Table {
    let nanos =
        |side: usize| move |row: &Beside| Value::duration(row.sides[side].as_ref().map(|instance| Nanos(instance.0)));
    let place = |side: usize| {
        move |row: &Beside| row.sides[side].as_ref().map_or(Value::Missing, |instance| Value::Text(instance.1.clone()))
    };
    Table::of("instances", "Side by side, aligned at start", &Arc::new(rows), Vec::as_slice)
        .column(Column::text("instance", "Instance", ""), |row: &Beside| Value::Text(row.title.clone()))
        .column(Column::duration("a.duration_ns", "A", ""), nanos(0))
        .column(Column::duration("b.duration_ns", "B", ""), nanos(1))
        .column(Column::text("a.place", "Place in A", "").on_request(), place(0))
        .column(Column::text("b.place", "Place in B", "").on_request(), place(1))
        .build()
}
