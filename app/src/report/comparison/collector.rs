//! GC cycles, STW pauses, mark assists and the heap of both sides.

use std::sync::Arc;

use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::compare::row_kind::RowKind;
use trace_core::base::nanos::Nanos;

use crate::report::figure::{Certainty, Change};
use crate::report::table::{Column, Table};
use crate::report::value::Value;

/// A figure of both sides, and the two as numbers.
struct Row {
    title: &'static str,
    values: [Value; 2],
    numbers: [u64; 2],
}

impl Row {
    fn new(title: &'static str, numbers: [u64; 2], value: fn(u64) -> Value) -> Self {
        Self { title, values: numbers.map(value), numbers }
    }

    fn change(&self) -> Value {
        let [a, b] = self.numbers;
        let ratio = (a > 0 && b > 0).then(|| b as f64 / a as f64);
        if a == 0 && b == 0 { Value::Missing } else { Value::Change(Change::new(ratio, a > 0, Certainty::Untested)) }
    }
}

/// Counts, totals and maxima of both sides.
#[must_use]
pub fn table(sides: [&Measured; 2]) -> Table {
    let mut rows = Vec::new();
    let duration: fn(u64) -> Value = |nanos| Value::Duration(Nanos(nanos));
    for (kind, titles) in [
        (RowKind::Gc, ["GC cycles", "GC cycles, total", "Longest GC cycle"]),
        (RowKind::Stw, ["STW pauses", "STW pauses, total", "Longest STW pause"]),
        (RowKind::Assist, ["Mark assists", "Mark assists, total", "Longest mark assist"]),
    ] {
        let sums = sides.map(|side| {
            let of_kind = side.rows.iter().filter(|row| row.0.0 == kind).map(|row| &row.1);
            of_kind.fold([0; 3], |[count, total, max], of| [count + of.count, total + of.total, of.max.max(max)])
        });
        for (at, (title, value)) in titles.into_iter().zip([Value::Count, duration, duration]).enumerate() {
            rows.push(Row::new(title, sums.map(|sum: [u64; 3]| sum[at]), value));
        }
    }
    let heap = sides.map(|side| {
        let last = side.pictures.last().and_then(|picture| picture.heap.iter().flatten().last());
        last.map_or(0, |column| column.1)
    });
    rows.push(Row::new("Heap at the end", heap, Value::Bytes));
    Table::of("collector", "Heap and GC", &Arc::new(rows), Vec::as_slice)
        .column(Column::text("figure", "Figure", ""), |row: &Row| Value::Text(row.title.to_owned()))
        .column(Column::figure("a", "A", ""), |row| row.values[0].clone())
        .column(Column::figure("b", "B", ""), |row| row.values[1].clone())
        .column(Column::change("Change", "B over A"), Row::change)
        .build()
}
