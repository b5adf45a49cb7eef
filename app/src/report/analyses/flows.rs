//! Which functions' goroutines create and wake which others, how often, and how long those had waited.

use std::sync::Arc;

use trace_core::analysis::flow_groups::{Actor, FlowGroup, flow_groups};
use trace_core::base::monitor::Monitor;
use trace_core::model::flows::FlowKind;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::name;
use crate::report::analyses::analysis::{Analysis, Ask, Info, Topic};
use crate::report::analyses::columns;
use crate::report::report::Report;
use crate::report::table::{Column, Table, Target};
use crate::report::value::Value;

/// Flows between functions, by kind: see [`INFO`].
pub struct Flows;

const INFO: Info = Info {
    id: "interactions",
    title: "Flows between functions",
    panel: "selection",
    topic: Topic::Waiting,
    about: "which functions create and unblock goroutines of which others",
    help: "Flows between goroutines by start function: which goroutines create, unblock or switch to which others, how \
           often, and how long these had waited. With --goroutine, --function, --task or --region: flows that end or \
           begin at those goroutines. A wait counts whole, even if it began before --range.",
    limit: 40,
    ..Info::USUAL
};

impl Analysis for Flows {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let found = flow_groups(trace, &ask.scope.pieces(trace), monitor)?;
        Some(Report::default().table(table(trace, &Arc::new(found))))
    }
}

fn table(trace: &Arc<Trace>, found: &Arc<Vec<FlowGroup>>) -> Table {
    let [of_from, of_to, of_reason, of_example, of_stack, of_place] = [trace; 6].map(Arc::clone);
    Table::of("flows", "Flows", found, Vec::as_slice)
        .column(
            Column::text("from", "From", "the start function; or poller, timer, runtime"),
            move |group: &FlowGroup| actor(&of_from, group.from),
        )
        .column(Column::text("kind", "Flow", "create, unblock or switch"), |group| {
            Value::Named(kind(group.kind), name::flow(group.kind))
        })
        .column(Column::function("to", "To", "the start function"), move |group| {
            Value::Function(of_to.str(group.to).to_owned())
        })
        .column(Column::text("reason", "Waiting for", "the runtime's words; null if unknown"), move |group| {
            match of_reason.str(group.reason) {
                "" => Value::Missing,
                reason => Value::Text(reason.to_owned()),
            }
        })
        .column(Column::count("count", "Count", ""), |group| Value::Count(group.count))
        .column(Column::duration("waited_ns", "Waited", "by those unblocked, total"), |group| {
            Value::duration((group.kind != FlowKind::Create).then_some(group.waited))
        })
        .column(Column::duration("longest_ns", "Longest wait", ""), |group| {
            Value::duration((group.kind != FlowKind::Create).then_some(group.longest))
        })
        .column(Column::id("example", "Who", "that waited longest; of creations the first"), move |group| {
            group.example.map_or(Value::Missing, |(go, _)| columns::goroutine(&of_example, go))
        })
        .column(Column::stack("at", "At", "where the actor was then").for_people(), move |group| {
            if group.stack.is_some() { columns::stack(&of_place, group.stack) } else { Value::Missing }
        })
        .column(Column::stack("stack", "Stack", "of the actor then").exported(), move |group| {
            columns::stack(&of_stack, group.stack)
        })
        .target(|group| group.example.map(|(go, range)| Target::Stretch(LaneId::Goroutine(go), range)))
        .sorted_by("waited_ns")
        .empty("No flows in the selected scope")
        .build()
}

fn actor(trace: &Trace, actor: Actor) -> Value {
    match actor {
        Actor::Function(name) => Value::Function(trace.str(name).to_owned()),
        Actor::Poller => Value::Named("poller", "(network poller)"),
        Actor::Timer => Value::Named("timer", "(timer)"),
        Actor::Runtime => Value::Named("runtime", "(runtime)"),
    }
}

const fn kind(kind: FlowKind) -> &'static str {
    match kind {
        FlowKind::Create => "create",
        FlowKind::Unblock => "unblock",
        FlowKind::Switch => "switch",
        FlowKind::SyscallExit => "syscall_exit",
        FlowKind::ProcSteal => "proc_steal",
    }
}
