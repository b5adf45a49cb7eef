//! What a comparison of recordings found, as tables: the command, its page and the window show the same.

pub mod changes;
pub mod collector;
pub mod divisor;
pub mod population;
pub mod row;
pub mod series;

use std::sync::Arc;

use trace_core::analysis::compare::evidence::Measure;
use trace_core::analysis::compare::row_kind::RowKind;
use trace_core::base::nanos::Nanos;

use crate::report::comparison::divisor::Divisor;
use crate::report::figure::{Certainty, Figure, Form};
use crate::report::table::Table;
use crate::report::value::Value;

/// A table, and for each of its rows the place of what it shows in the comparison.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The table, whose rows are those of `rows`.
    pub table: Arc<Table>,
    /// For each row the place of its change.
    pub rows: Vec<u32>,
}

impl Listed {
    /// The place in the comparison of what a row of the table shows.
    #[must_use]
    pub fn place(&self, row: usize) -> Option<usize> {
        self.rows.get(row).map(|place| *place as usize)
    }

    /// The row that shows what has this place in the comparison.
    #[must_use]
    pub fn row_of(&self, place: usize) -> Option<usize> {
        self.rows.iter().position(|known| *known as usize == place)
    }
}

/// The places, among all, of what passes.
fn places<T>(all: &[T], mut passes: impl FnMut(&T) -> bool) -> Vec<u32> {
    let passing = all.iter().zip(0_u32..).filter(|(one, _)| passes(one));
    passing.map(|(_, place)| place).collect()
}

/// What durations of a row count: bytes in rows of the heap.
const fn form(kind: RowKind) -> Form {
    if matches!(kind, RowKind::Heap) { Form::Bytes } else { Form::Duration }
}

/// The same of a figure that is tested.
const fn form_of(measure: Measure, kind: RowKind) -> Form {
    if matches!(measure, Measure::Count) { Form::Number } else { form(kind) }
}

/// A duration (or size) of a row that was computed.
const fn quantity(kind: RowKind, value: f64) -> Value {
    Value::Figure(Figure::new(value, form(kind)))
}

/// A duration (or size) of a row that was counted.
const fn whole(kind: RowKind, value: u64) -> Value {
    if matches!(kind, RowKind::Heap) { Value::Bytes(value) } else { Value::Duration(Nanos(value)) }
}

/// A number without a unit.
fn number(value: Option<f64>) -> Value {
    value.map_or(Value::Missing, |value| Value::Figure(Figure::new(value, Form::Number)))
}

/// What people call a figure that is tested: `median`, `total/s`.
#[must_use]
pub fn figure_name(measure: Measure, per: &Divisor) -> String {
    match measure {
        Measure::Median => "median".to_owned(),
        Measure::Tail => "slowest 1 %".to_owned(),
        Measure::Total | Measure::Count => format!("{}{}", measure.name(), per.suffix()),
    }
}

const fn certainty(is_significant: bool, is_too_few: bool) -> Certainty {
    match (is_significant, is_too_few) {
        (true, _) => Certainty::Significant,
        (_, true) => Certainty::TooFew,
        _ => Certainty::Chance,
    }
}
