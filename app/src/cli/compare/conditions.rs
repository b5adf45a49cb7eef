//! What came of the conditions of a comparison, as a table for programs.

use std::sync::Arc;

use crate::cli::compare::guard::Checked;
use crate::report::figure::{Figure, Form};
use crate::report::table::{Column, Readers, Table};
use crate::report::value::Value;

/// What came of each condition, for programs.
#[must_use]
pub(super) fn conditions(checked: &[Checked]) -> Table {
    let number =
        |value: Option<f64>| value.map_or(Value::Missing, |value| Value::Figure(Figure::new(value, Form::Number)));
    Table::of("conditions", "Conditions", &Arc::new(checked.to_vec()), Vec::as_slice)
        .column(Column::text("condition", "", "as it was given"), |one: &Checked| Value::Text(one.condition.clone()))
        .column(Column::word("option", "", "fail_if or require"), |one| Value::Word(one.option))
        .column(Column::word("kind", "", "of the row"), |one| Value::Word(one.kind))
        .column(Column::text("name", "", "of the row in A; in B if it is only there"), |one| Value::Text(one.name.clone()))
        .column(
            Column::figure("a", "", "the figure in A: nanoseconds, bytes of the heap, or a count; totals and counts per unit"),
            move |one| number(one.a),
        )
        .column(Column::figure("b", "", "the same in B"), move |one| number(one.b))
        .column(Column::figure("ratio", "", "B over A; null if a side has none"), move |one| number(one.ratio))
        .column(Column::list("interval", "", "its 95 % interval: low, high; null for one recording a side"), move |one| {
            one.interval.map_or(Value::Missing, |ends| Value::List(ends.map(|end| number(Some(end))).to_vec()))
        })
        .column(Column::word("decision", "", "met, not_met, or undecided: more recordings are needed"), |one| {
            Value::Word(one.decision)
        })
        .column(Column::flag("failed", "", "it makes the command fail"), |one| Value::Flag(one.failed))
        .column(
            Column::count(
                "recordings_needed",
                "",
                "recordings a side that find a change as large as the limit; null if none is to be found, or more than 100",
            ),
            |one| Value::count(one.recordings_needed.map(|needed| needed as u64)),
        )
        .only_for(Readers::Programs)
        .build()
}
