//! Messages that the program logged, in the order of time.

use std::sync::Arc;

use trace_core::base::monitor::Monitor;
use trace_core::model::flows::FlowEnd;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::{Log, Trace};

use crate::report::analyses::analysis::{Analysis, Ask, Info, Topic};
use crate::report::analyses::columns;
use crate::report::report::Report;
use crate::report::table::{Column, Table, Target};
use crate::report::value::Value;

/// Log messages of the program: see [`INFO`].
pub struct Logs;

const INFO: Info = Info {
    id: "logs",
    title: "Logs",
    panel: "selection",
    topic: Topic::Goroutines,
    about: "messages that the program logged with trace.Log",
    help: "Messages that the program logged with trace.Log or trace.Logf, the earliest first: when, on which goroutine, \
           for which task, in which category.",
    limit: 100,
    ..Info::USUAL
};

impl Analysis for Logs {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let pieces = ask.scope.pieces(trace);
        let is_wanted = |log: &&Log| pieces.of(log.go).iter().any(|range| range.contains(log.time));
        let logs = trace.all_logs().iter().take_while(|_| !monitor.is_cancelled());
        let mut found: Vec<Log> = logs.filter(is_wanted).copied().collect();
        if monitor.is_cancelled() {
            return None;
        }
        found.sort_by_key(|log| (log.time, log.go));
        let report = Report::default().fact("logs", "Messages", Value::Count(found.len() as u64));
        Some(report.table(table(trace, &Arc::new(found))))
    }
}

fn table(trace: &Arc<Trace>, found: &Arc<Vec<Log>>) -> Table {
    let [of_time, of_go, of_task, of_category, of_message, of_stack, of_span] = [trace; 7].map(Arc::clone);
    Table::of("logs", "Messages", found, Vec::as_slice)
        .column(Column::time("time_ns", "Time", ""), move |log: &Log| columns::time(&of_time, log.time))
        .column(Column::id("goroutine", "Goroutine", ""), move |log| columns::goroutine(&of_go, log.go))
        .column(Column::id("task", "Task", "null for the background task"), move |log| {
            let task = log.task.and_then(|task| of_task.task(task));
            task.map_or(Value::Missing, |task| Value::Task(task.idx, task.id.signed().unsigned_abs()))
        })
        .column(Column::word("category", "Category", ""), move |log| {
            Value::Text(of_category.str(log.category).to_owned())
        })
        .column(Column::text("message", "Message", ""), move |log| Value::Text(of_message.str(log.message).to_owned()))
        .column(Column::stack("stack", "Place", "where it was logged"), move |log| columns::stack(&of_stack, log.stack))
        .target(move |log| {
            let lane = LaneId::Goroutine(log.go);
            let span = of_span.span_at(lane, log.time).map(|span| span.at);
            Some(Target::End(FlowEnd { lane, time: log.time, span }))
        })
        .sorted_by("time_ns")
        .empty("No messages in the selected scope: programs log them with trace.Log")
        .build()
}
