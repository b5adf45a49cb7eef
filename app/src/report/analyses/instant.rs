//! Everything at one moment: who runs, who is runnable and since when, who is blocked where; and what differs between
//! two moments.

use std::sync::Arc;

use trace_core::analysis::instant::{Change, Instant, Pile, Present, What, difference, instant, last_moment};
use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::GoState;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::name;
use crate::report::analyses::analysis::{Analysis, Ask, Info};
use crate::report::analyses::analysis::{Field, FieldKind};
use crate::report::analyses::columns;
use crate::report::data::Kind;
use crate::report::report::Report;
use crate::report::table::{Column, Cut, Table, Target};
use crate::report::value::{Shade, Value};

/// Everything at one moment: see [`INFO`].
pub struct OneInstant;

const INFO: Info = Info {
    id: "instant",
    title: "Instant",
    about: "everything at one moment, like a goroutine dump",
    help: "Everything at one moment: which goroutine runs on which proc, which are runnable and since when, and which \
           are blocked or in system calls, grouped by stack like a goroutine dump. Traces hold stacks of where \
           goroutines stopped: those of running and runnable goroutines are from when they last did.\n\n\
           With --between, also what differs between two moments: goroutines that were created, have ended, or do \
           something else.",
    scope: &[],
    fields: &[
        Field {
            id: "at",
            value: "TIME",
            help: "the moment, from the start of the trace: 1.2s (the end of the trace if not given)",
            kind: FieldKind::Length,
            needs: None,
        },
        Field {
            id: "between",
            value: "A..B",
            help: "what differs between two moments: 1.2s..1.3s; the rest is about B",
            kind: FieldKind::Lengths,
            needs: None,
        },
    ],
    limit: 40,
    ..Info::USUAL
};

/// Goroutines of a pile that are listed at most.
const MEMBERS: usize = 1_000;

impl Analysis for OneInstant {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let moment = |nanos: i64| trace.range().start.plus_nanos(nanos.max(0)).min(last_moment(trace));
        let [from, to] = ask.lengths.map(|nanos| nanos.map(|nanos| i64::try_from(nanos).unwrap_or(i64::MAX)));
        let at = to.or(ask.length).map_or_else(|| last_moment(trace), moment);
        let found = instant(trace, at, monitor)?;
        let report = report(trace, &Arc::new(found.clone()));
        let Some(from) = from.map(moment) else { return Some(report) };
        let before = instant(trace, from, monitor)?;
        let changes = changes(trace, &Arc::new(difference(trace, &before, &found)), from, at);
        Some(report.table(changes))
    }
}

/// The report of a moment.
#[must_use]
pub fn report(trace: &Arc<Trace>, found: &Arc<Instant>) -> Report {
    let count = |count: usize| Value::Count(count as u64);
    let blocked = found.count() - found.running.len() - found.runnable.len() - found.in_syscalls();
    Report::default()
        .fact("at_ns", "At", columns::time(trace, found.at))
        .fact("procs", "Procs", Value::count(found.procs))
        .explained_as(Kind::Count, "GOMAXPROCS; null if unknown")
        .fact("running", "Running", count(found.running.len()))
        .fact("runnable", "Runnable", count(found.runnable.len()))
        .fact("in_syscalls", "In system calls", count(found.in_syscalls()))
        .fact("blocked", "Blocked", count(blocked))
        .table(running(trace, found))
        .table(runnable(trace, found))
        .table(piles(trace, found))
}

fn since(trace: &Trace, at: TraceTime, present: &Present) -> [Value; 2] {
    let length = columns::length(TimeRange::new(present.since, at));
    [if present.began_before { Value::Missing } else { columns::time(trace, present.since) }, length]
}

fn running(trace: &Arc<Trace>, found: &Arc<Instant>) -> Table {
    let [of_proc, of_go, of_function, of_since, of_stack, of_place] = [trace; 6].map(Arc::clone);
    let at = found.at;
    Table::of("running", "Running", found, |found: &Instant| &found.running)
        .column(Column::id("proc", "Proc", ""), move |present: &Present| {
            if present.proc.is_some() { columns::proc(&of_proc, present.proc) } else { Value::Missing }
        })
        .column(Column::id("goroutine", "Goroutine", ""), move |present| columns::goroutine(&of_go, present.go))
        .column(Column::function("function", "Function", "the start function"), move |present| {
            columns::start_function(&of_function, present.go)
        })
        .column(Column::duration("for_ns", "For", "how long it has been running"), move |present| {
            let [_, length] = since(&of_since, at, present);
            length
        })
        .column(Column::stack("from", "Went on from", "where it had left off").for_people(), move |present| {
            columns::stack(&of_place, present.stack)
        })
        .column(Column::stack("stack", "Stack", "where it had left off").exported(), move |present| {
            columns::stack(&of_stack, present.stack)
        })
        .target(|present| Some(Target::Span(present.at)))
        .cut(Cut::ForPeople)
        .empty("No goroutine is running at this moment")
        .build()
}

fn runnable(trace: &Arc<Trace>, found: &Arc<Instant>) -> Table {
    let [of_go, of_function, of_start, of_since, of_stack, of_reason] = [trace; 6].map(Arc::clone);
    let at = found.at;
    Table::of("runnable", "Runnable", found, |found: &Instant| &found.runnable)
        .column(Column::id("goroutine", "Goroutine", ""), move |present: &Present| {
            columns::goroutine(&of_go, present.go)
        })
        .column(Column::function("function", "Function", "the start function"), move |present| {
            columns::start_function(&of_function, present.go)
        })
        .column(Column::duration("for_ns", "For", "how long it has been runnable"), move |present| {
            let [_, length] = since(&of_since, at, present);
            length
        })
        .column(Column::time("since_ns", "Since", "null if since before the trace"), move |present| {
            let [start, _] = since(&of_start, at, present);
            start
        })
        .column(Column::text("reason", "Reason", "preempted, yielded, …; null if there is none"), move |present| {
            match of_reason.str(present.reason) {
                "" => Value::Missing,
                reason => Value::Text(reason.to_owned()),
            }
        })
        .column(Column::stack("stack", "Left off at", "where it left off, or who woke it was"), move |present| {
            columns::stack(&of_stack, present.stack)
        })
        .target(|present| Some(Target::Span(present.at)))
        .cut(Cut::ForPeople)
        .empty("No goroutine is waiting for a proc at this moment")
        .build()
}

fn piles(trace: &Arc<Trace>, found: &Arc<Instant>) -> Table {
    let [of_reason, of_stack, of_place, of_go, of_members] = [trace; 5].map(Arc::clone);
    let at = found.at;
    let most = found.piles.first().map_or(1, |pile| pile.members.len() as u64);
    let like = members(trace, at, Vec::new());
    let longest = move |pile: &Pile| {
        let first = pile.members.first();
        first.map_or(Value::Missing, |first| columns::length(TimeRange::new(first.since, at)))
    };
    Table::of("blocked", "Blocked and in system calls", found, |found: &Instant| &found.piles)
        .column(Column::count("count", "Goroutines", "with this state and stack"), |pile: &Pile| {
            Value::Count(pile.members.len() as u64)
        })
        .column(Column::bar("Goroutines, bar").legend(columns::STATES), move |pile| {
            Value::Bar(vec![(pile.members.len() as u64, Shade::Class(pile.class))], most)
        })
        .column(Column::text("state", "State", "waiting or syscall"), |pile| {
            let word = if pile.state == GoState::Syscall { "syscall" } else { "waiting" };
            Value::Named(word, name::state(pile.state))
        })
        .column(Column::text("reason", "Reason", "the runtime's words; null if unknown"), move |pile| {
            match of_reason.str(pile.reason) {
                "" => Value::Missing,
                reason => Value::Text(reason.to_owned()),
            }
        })
        .column(Column::duration("longest_ns", "Longest", "how long the first of them has been there"), longest)
        .column(Column::id("first", "First", "the goroutine that has been there longest"), move |pile| {
            pile.members.first().map_or(Value::Missing, |first| columns::goroutine(&of_go, first.go))
        })
        .column(Column::stack("at", "Place", "").for_people(), move |pile| columns::stack(&of_place, pile.stack))
        .column(Column::stack("stack", "Stack", "").exported(), move |pile| columns::stack(&of_stack, pile.stack))
        .column(Column::table("Goroutines", "longest first, at most 1,000", like), move |pile| {
            let members_of = pile.members.iter().take(MEMBERS).copied().collect();
            Value::Table(Arc::new(members(&of_members, at, members_of)))
        })
        .target(|pile| pile.members.first().map(|first| Target::Span(first.at)))
        .sorted_by("count")
        .cut(Cut::ForPeople)
        .empty("No goroutine is blocked at this moment")
        .build()
}

/// The goroutines of a pile.
fn members(trace: &Arc<Trace>, at: TraceTime, found: Vec<Present>) -> Table {
    let [of_go, of_function, of_since] = [trace; 3].map(Arc::clone);
    Table::of("goroutines", "Goroutines", &Arc::new(found), Vec::as_slice)
        .column(Column::id("goroutine", "Goroutine", ""), move |present: &Present| {
            columns::goroutine(&of_go, present.go)
        })
        .column(Column::function("function", "Function", "the start function"), move |present| {
            columns::start_function(&of_function, present.go)
        })
        .column(Column::duration("for_ns", "For", "at least so long if since before the trace"), move |present| {
            columns::length(TimeRange::new(present.since, at))
        })
        .column(Column::time("since_ns", "Since", "null if since before the trace"), move |present| {
            let [start, _] = since(&of_since, at, present);
            start
        })
        .target(|present| Some(Target::Span(present.at)))
        .build()
}

fn changes(trace: &Arc<Trace>, found: &Arc<Vec<Change>>, from: TraceTime, at: TraceTime) -> Table {
    let [of_from, of_to, of_function, of_first] = [trace; 4].map(Arc::clone);
    let length = columns::length(TimeRange::new(from.min(at), at.max(from))).text();
    Table::of("changes", format!("Changes within {length}"), found, Vec::as_slice)
        .column(Column::count("count", "Goroutines", ""), |change: &Change| Value::Count(change.gos.len() as u64))
        .column(Column::function("function", "Function", "their start function"), move |change| {
            Value::Function(of_function.str(change.name).to_owned())
        })
        .column(
            Column::text("before", "Before", "what they did: a state and its reason, or: not created yet"),
            move |change| what(&of_from, change.from, "not created yet"),
        )
        .column(Column::text("after", "After", "what they do, or: ended"), move |change| {
            what(&of_to, change.to, "ended")
        })
        .column(Column::id("first", "First", "the first of them"), move |change| {
            change.gos.first().map_or(Value::Missing, |go| columns::goroutine(&of_first, *go))
        })
        .target(move |change| {
            let go = *change.gos.first()?;
            Some(Target::Stretch(LaneId::Goroutine(go), TimeRange::new(from.min(at), at.max(from))))
        })
        .sorted_by("count")
        .cut(Cut::ForPeople)
        .empty("Nothing changed between the two moments")
        .build()
}

fn what(trace: &Trace, what: Option<What>, missing: &'static str) -> Value {
    match what {
        None => Value::Word(missing),
        Some((state, reason)) => match trace.str(reason) {
            "" => Value::Word(name::state(state)),
            reason => Value::Text(format!("{} ({reason})", name::state(state))),
        },
    }
}
