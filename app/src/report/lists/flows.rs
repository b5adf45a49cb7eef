//! What led to a span, or what it led to.

use std::sync::Arc;

use trace_core::model::flows::{Flow, FlowKind};
use trace_core::model::trace::Trace;

use crate::fmt::name;
use crate::report::analyses::columns;
use crate::report::table::{Column, Table, Target};
use crate::report::value::Value;

/// What led to a span as a table; a row leads to where it came from.
#[must_use]
pub fn incoming(trace: &Arc<Trace>, flows: Vec<Flow>) -> Table {
    table(trace, "incoming", flows, false)
}

/// What a span led to as a table; a row leads there.
#[must_use]
pub fn outgoing(trace: &Arc<Trace>, flows: Vec<Flow>) -> Table {
    table(trace, "outgoing", flows, true)
}

fn table(trace: &Arc<Trace>, id: &'static str, flows: Vec<Flow>, is_outgoing: bool) -> Table {
    let far = move |flow: &Flow| if is_outgoing { flow.to } else { flow.from };
    let [of_time, of_lane, of_stack] = [(); 3].map(|()| Arc::clone(trace));
    let title = if is_outgoing { "Outgoing" } else { "Incoming" };
    Table::of(id, title, &Arc::new(flows), Vec::as_slice)
        .column(Column::time("time_ns", "Time", ""), move |flow: &Flow| columns::time(&of_time, flow.from.time))
        .column(Column::text("kind", "Kind", ""), move |flow| {
            Value::Word(if is_outgoing { name::flow(flow.kind) } else { passive(flow.kind) })
        })
        .column(Column::text("lane", "Lane", ""), move |flow| {
            Value::Text(if is_outgoing { name::lane(&of_lane, flow.to.lane) } else { name::origin(&of_lane, flow) })
        })
        .column(Column::stack("stack", "Stack", ""), move |flow| columns::stack(&of_stack, flow.stack))
        .target(move |flow| Some(Target::End(far(flow))))
        .sorted_by("time_ns")
        .build()
}

const fn passive(kind: FlowKind) -> &'static str {
    match kind {
        FlowKind::Create => "created by",
        FlowKind::Unblock => "unblocked by",
        FlowKind::Switch => "switched by",
        FlowKind::SyscallExit => "returned",
        FlowKind::ProcSteal => "proc taken by",
    }
}
