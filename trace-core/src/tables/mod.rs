//! The model as relational tables: names, columns with unit and description, and rows that are made one by one while they
//! are read. Queries, exports and the manual's schema page all use these; nothing else says what a table is.
//!
//! A table never holds its rows. [`Table::rows`] walks over the model and gives a row at a time; a [`Scan`](crate::tables::scan::Scan) tells it which
//! rows are wanted, so that it need not walk over the others. Times are nanoseconds from the start of the trace, and
//! durations nanoseconds, in columns whose names end in `_ns`. `stack_id` 0 is "no stack" and comes as NULL. Where
//! [sqlprof](https://github.com/felixge/sqlprof) has a column, it has the same name here.

pub mod column;
pub mod grouping;
pub mod places;
pub mod scan;
pub mod source;
pub mod table;
pub mod tier;
pub mod value;

mod annotations;
mod by_goroutine;
mod check;
mod dictionary;
mod events;
mod field;
mod gc;
mod goroutines;
mod group_sums;
mod groups;
mod id_order;
mod metrics;
mod procs;
mod reports;
mod row_groups;
mod sessions;
mod spans;
mod stacks;
mod totals;
mod transitions;

pub use crate::tables::group_sums::WAITING;
use crate::tables::table::Table;

/// All tables, in the order in which the manual lists them.
pub static TABLES: &[&dyn Table] = &[
    &reports::TRACES,
    &goroutines::GOROUTINES,
    &spans::SPANS,
    &spans::WAITS,
    &spans::SYSCALLS,
    &transitions::G_TRANSITIONS,
    &transitions::FLOWS,
    &procs::PROCS,
    &procs::THREADS,
    &annotations::TASKS,
    &annotations::REGIONS,
    &annotations::LOGS,
    &annotations::SAMPLES,
    &events::EVENTS,
    &gc::GC_CYCLES,
    &gc::STW,
    &metrics::METRICS,
    &stacks::STACKS,
    &stacks::STACK_FRAMES,
    &stacks::FRAMES,
    &stacks::FUNCTIONS,
    &reports::WARNINGS,
    &reports::FINDINGS,
    &totals::STATE_TOTALS,
    &totals::GOROUTINE_STATES,
    &totals::WAIT_SITES,
    &groups::GOROUTINE_GROUPS,
    &groups::TASK_TYPES,
    &groups::REGION_TYPES,
    &sessions::SERVICES,
    &sessions::REQUESTS,
    &sessions::REQUEST_SPANS,
];

/// The names of the tables that have rows only if several recordings are asked as one session.
pub const OF_SESSIONS: [&str; 3] = ["services", "requests", "request_spans"];

/// The table of that name.
#[must_use]
pub fn table(name: &str) -> Option<&'static dyn Table> {
    TABLES.iter().copied().find(|table| table.name() == name)
}
