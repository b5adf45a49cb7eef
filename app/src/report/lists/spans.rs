//! The spans of a lane, one after the other.

use std::sync::Arc;

use trace_core::model::spans::Span;
use trace_core::model::trace::Trace;

use crate::fmt::name;
use crate::report::analyses::columns;
use crate::report::table::{Column, Table, Target};
use crate::report::value::{Shade, Value};

/// Spans of a lane in their order, as they are and as a table.
#[derive(Clone, Debug)]
pub struct SpanList {
    /// The spans, by rising start.
    pub spans: Arc<Vec<Span>>,
    /// A row for each, which leads to its span.
    pub table: Arc<Table>,
}

impl SpanList {
    /// A list of these.
    #[must_use]
    pub fn of(trace: &Arc<Trace>, spans: Vec<Span>) -> Self {
        let spans = Arc::new(spans);
        Self { table: Arc::new(table(trace, &spans)), spans }
    }
}

fn table(trace: &Arc<Trace>, spans: &Arc<Vec<Span>>) -> Table {
    let longest = spans.iter().map(|span| span.range.nanos().unsigned_abs()).max().unwrap_or(1);
    let [of_time, of_state, of_go, of_stack] = [(); 4].map(|()| Arc::clone(trace));
    Table::of("spans", "Spans", spans, Vec::as_slice)
        .column(Column::time("start_ns", "Start", ""), move |span| columns::time(&of_time, span.range.start))
        .column(Column::duration("duration_ns", "Duration", ""), |span| columns::length(span.range))
        .column(Column::bar("Length"), move |span| {
            Value::Bar(vec![(span.range.nanos().unsigned_abs(), Shade::Class(span.class))], longest)
        })
        .column(Column::text("state", "State", ""), move |span| Value::Text(name::span(&of_state, span)))
        .column(Column::id("goroutine", "Goroutine", "on this proc or thread").on_request(), move |span| {
            columns::goroutine(&of_go, span.go)
        })
        .column(Column::stack("stack", "Stack", "where it blocked, or else where it was resumed"), move |span| {
            columns::stack(&of_stack, if span.end_stack.is_some() { span.end_stack } else { span.start_stack })
        })
        .target(|span| Some(Target::Span(span.at)))
        .sorted_by("start_ns")
        .empty("No visible spans")
        .build()
}
