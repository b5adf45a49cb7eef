//! Times of a trace that is part of a session: they count from the start of the session, on its clock, whichever trace
//! they are from, so that the same instant is written alike everywhere.

use std::sync::Arc;

use trace_core::analysis::scope::GoroutineFilter;
use trace_core::base::time::TraceTime;
use trace_core::session::clock::ClockMap;

use crate::report::data::Rows;
use crate::report::table::{Table, Target};
use crate::report::value::Value;

/// From the times of one trace to those of the session that it is part of.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SharedTime {
    /// From the trace's clock to the session's.
    pub map: ClockMap,
    /// Where the trace starts, on its own clock.
    pub own_start: TraceTime,
    /// Where the session starts, on its clock, nanoseconds.
    pub start: i64,
    /// Unix time minus the session's, nanoseconds; `None` if no trace of the session tells it.
    pub unix: Option<i128>,
}

impl SharedTime {
    /// Nanoseconds from the start of the session to a time of the trace.
    #[must_use]
    pub fn since(self, time: TraceTime) -> i64 {
        self.map.apply(time.0).saturating_sub(self.start)
    }

    /// The time of the trace that is so many nanoseconds after the start of the session.
    #[must_use]
    pub fn time(self, since: i64) -> TraceTime {
        TraceTime(self.map.inverse().apply(self.start.saturating_add(since)))
    }

    /// Nanoseconds from the start of the session, of nanoseconds from the start of the trace.
    #[must_use]
    pub fn of_own(self, nanos: i64) -> i64 {
        self.since(self.own_start.plus_nanos(nanos))
    }

    /// Unix time of a time of the trace, nanoseconds; `None` if no trace of the session tells it.
    #[must_use]
    pub fn unix(self, time: TraceTime) -> Option<i128> {
        Some(self.unix? + i128::from(self.map.apply(time.0)))
    }

    /// A value with times that count from the start of the trace, as one whose times count from that of the session.
    #[must_use]
    pub fn value(self, value: Value) -> Value {
        match value {
            Value::Time(nanos) => Value::Time(self.of_own(nanos)),
            Value::List(list) => Value::List(list.into_iter().map(|value| self.value(value)).collect()),
            Value::Fields(fields) => {
                Value::Fields(fields.into_iter().map(|(name, value)| (name, self.value(value))).collect())
            }
            Value::Table(table) => Value::Table(Arc::new(self.table(&table))),
            other => other,
        }
    }

    /// The same of all values of a table.
    #[must_use]
    pub fn table(self, table: &Arc<Table>) -> Table {
        let values = |values: &Vec<Value>| values.iter().map(|value| self.value(value.clone())).collect();
        Table {
            id: table.id,
            title: table.title.clone(),
            columns: table.columns.clone(),
            empty: table.empty,
            sorted_by: table.sorted_by,
            total: table.total.as_ref().map(|(id, total)| (*id, values(total))),
            limit: table.limit,
            cut: table.cut,
            is_optional: table.is_optional,
            has_details: table.has_details,
            readers: table.readers,
            links_places: table.links_places,
            rows: Box::new(Shared { table: Arc::clone(table), time: self }),
        }
    }
}

/// The rows of a table, with other times.
struct Shared {
    table: Arc<Table>,
    time: SharedTime,
}

impl Rows for Shared {
    fn len(&self) -> usize {
        self.table.len()
    }

    fn value(&self, row: usize, column: usize) -> Value {
        self.time.value(self.table.value(row, column))
    }

    fn target(&self, row: usize) -> Option<Target> {
        self.table.target(row)
    }

    fn subject(&self, row: usize) -> Option<GoroutineFilter> {
        self.table.subject(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::table::Column;

    #[test]
    fn times_of_tables_count_from_the_session() {
        let map = ClockMap { base: 1_000, offset: 500, drift: 0.0 };
        let time = SharedTime { map, own_start: TraceTime(1_000), start: 200, unix: Some(7) };
        assert_eq!((time.since(TraceTime(1_000)), time.of_own(50), time.time(1_350)), (1_300, 1_350, TraceTime(1_050)));
        assert_eq!(time.unix(TraceTime(1_000)), Some(1_507));
        let inner = |row: &i64| {
            let inner = Table::of("inner", "Inner", &Arc::new(vec![*row]), Vec::as_slice);
            Value::Table(Arc::new(inner.column(Column::time("at", "At", ""), |row| Value::Time(*row)).build()))
        };
        let table = Table::of("outer", "Outer", &Arc::new(vec![50_i64]), Vec::as_slice)
            .column(Column::time("at", "At", ""), |row| Value::Time(*row))
            .column(Column::count("n", "N", ""), |_| Value::Count(3))
            .column(
                Column::table("in", "In", Table::of("inner", "", &Arc::new(vec![0_i64]), Vec::as_slice).build()),
                inner,
            )
            .build();
        let shared = time.table(&Arc::new(table));
        assert_eq!(shared.value(0, 0).raw(), "1350");
        assert_eq!(shared.value(0, 1).raw(), "3");
        let Value::Table(inner) = shared.value(0, 2) else { panic!("a table") };
        assert_eq!(inner.value(0, 0).raw(), "1350");
    }
}
