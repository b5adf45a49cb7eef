//! Locks that the program probably has: who held them and who queued.

use std::sync::Arc;

use trace_core::analysis::locks::{Hold, Lock, ReadersAndWriters, Site, locks};
use trace_core::base::monitor::Monitor;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::report::analyses::analysis::{Analysis, Ask, Info, Topic};
use crate::report::analyses::columns::{self, Taken};
use crate::report::frame::Frame;
use crate::report::report::Report;
use crate::report::table::{Builder, Column, Table, Target};
use crate::report::value::Value;

/// Locks, as inferred from wakeups: see [`INFO`].
pub struct Locks;

const INFO: Info = Info {
    id: "locks",
    title: "Locks",
    topic: Topic::Waiting,
    about: "inferred locks, their holders and queues",
    help: "Traces do not record lock identity. A line that locks and a line that unlocks are taken to be of the same \
           lock if a wait at the first was ended at the second; the holder, and how long it held the lock, follow from \
           these hand-overs. All of it is inferred. Confidence falls with waits that were not ended by an unlock, and \
           with holds that overlap (several locks, locked at the same lines). Covers sync.Mutex, sync.RWMutex and \
           sync.Once; a lock that no goroutine waited for does not appear.",
    ..Info::USUAL
};

/// How locks are known.
const BASIS: &str = "inferred from the stacks of waits and wakeups: traces do not record lock identity";
/// Lines that text lists of each lock.
const LINES: usize = 4;
/// Holds that text lists of each lock.
const HOLDS: usize = 3;

impl Analysis for Locks {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let found = Arc::new(locks(trace, &ask.scope.pieces(trace), monitor)?);
        let report = Report::default()
            .field("basis", "what locks are concluded from", Value::Word(BASIS))
            .table(table(trace, &found));
        Some(if found.is_empty() { report } else { report.note(format!("Locks are {BASIS}.")) })
    }
}

fn table(trace: &Arc<Trace>, found: &Arc<Vec<Lock>>) -> Table {
    let (of_holder, of_holds) = (Arc::clone(trace), Arc::clone(trace));
    let acquired = Column::table("Lock site", "lines that lock it, most waiting first", sites("acquired_at", &[]));
    let released = Column::table("Unlock site", "lines that unlock it", sites("released_at", &[]));
    let longest = Column::table("Longest holds", "longest first, at most 64", holds(trace, None));
    Table::of("locks", "Locks", found, Vec::as_slice)
        .column(Column::text("place", "Lock site", "most waits are there"), |lock| match lock.acquired.first() {
            Some(site) => Value::Text(Frame::from(&site.place).in_short()),
            None => Value::Word("unknown line: locked before the trace"),
        })
        .column(Column::text("on", "Operation", "what it calls there"), |lock| {
            lock.acquired.first().or(lock.released.first()).map_or(Value::Missing, |site| Value::Word(site.op.name()))
        })
        .with(waits)
        .column(Column::duration("longest_hold_ns", "Longest hold", "at least, if its start is unknown"), |lock| {
            lock.longest_holds.first().map_or(Value::Missing, |hold| columns::length(hold.range))
        })
        .column(Column::id("holder", "Holder", "of the longest hold"), move |lock| {
            lock.longest_holds.first().map_or(Value::Missing, |hold| columns::goroutine(&of_holder, hold.go))
        })
        .with(|table| queue_and_holds(table, trace))
        .with(readers_and_writers)
        .column(Column::ratio("confidence", "Confidence", "that this is one lock, and who held it"), |lock| {
            Value::Ratio((lock.confidence * 100.0).round() / 100.0)
        })
        .column(acquired.unfolded(LINES), |lock| Value::Table(Arc::new(sites("acquired_at", &lock.acquired))))
        .column(released.unfolded(LINES), |lock| Value::Table(Arc::new(sites("released_at", &lock.released))))
        .column(longest.unfolded(HOLDS), move |lock| Value::Table(Arc::new(holds(&of_holds, Some(lock)))))
        .target(|lock| {
            let hold = lock.longest_holds.first().map(|hold| (hold.go, hold.range));
            let (go, range) = hold.unwrap_or(lock.longest_wait);
            Some(Target::Stretch(LaneId::Goroutine(go), range))
        })
        .sorted_by("wait_total_ns")
        .empty("No goroutine of the program waited for a lock")
        .build()
}

type Rows = Builder<Vec<Lock>, Lock>;

fn waits(table: Rows) -> Rows {
    table
        .column(Column::count("waits", "Waits", ""), |lock| Value::Count(lock.count))
        .column(Column::duration("wait_total_ns", "Total wait", ""), |lock| Value::Duration(lock.nanos))
        .column(Column::duration("wait_max_ns", "Longest wait", ""), |lock| Value::Duration(lock.max))
        .column(Column::count("goroutines", "Goroutines", "that waited").in_text(), |lock| Value::Count(lock.gos))
        .column(
            Column::count("waits_since_before_trace", "Waits from before", "began before the trace: without stacks")
                .on_request(),
            |lock| Value::Count(lock.prior),
        )
        .column(Column::duration("wait_since_before_trace_ns", "Wait from before", "of those").on_request(), |lock| {
            Value::Duration(lock.prior_time)
        })
        .column(Column::count("most_waiting", "Max queue", "most waiters at once"), |lock| {
            Value::Count(lock.most_waiting.into())
        })
        .column(Column::duration("convoy_ns", "Convoy", "time in which three or more waited at once"), |lock| {
            Value::Duration(lock.convoy)
        })
}

fn queue_and_holds(table: Rows, trace: &Arc<Trace>) -> Rows {
    let [of_queue, of_wait, of_go] = [Arc::clone(trace), Arc::clone(trace), Arc::clone(trace)];
    table
        .column(Column::id("longest_wait.goroutine", "Longest waiter", "").on_request(), move |lock| {
            columns::goroutine(&of_go, lock.longest_wait.0)
        })
        .column(Column::time("longest_wait.start_ns", "Longest wait, start", "").on_request(), move |lock| {
            columns::time(&of_wait, lock.longest_wait.1.start)
        })
        .column(Column::duration("longest_wait.duration_ns", "Longest wait, duration", "").exported(), |lock| {
            columns::length(lock.longest_wait.1)
        })
        .column(Column::duration("longest_queue_ns", "Queue never empty", "for up to").in_text(), |lock| {
            columns::length(lock.longest_queue)
        })
        .column(Column::time("longest_queue_start_ns", "Queue, start", "when that began").on_request(), move |lock| {
            columns::time(&of_queue, lock.longest_queue.start)
        })
        .column(Column::count("holds", "Holds", "hand-overs after which the holder is known").on_request(), |lock| {
            Value::Count(lock.holds)
        })
        .column(Column::duration("held_ns", "Held", "in these holds").on_request(), |lock| Value::Duration(lock.held))
        .column(
            Column::count("held_at_once", "Holders at once", "above 1: several locks of the same code, or readers")
                .in_text(),
            |lock| Value::Count(lock.at_once.into()),
        )
}

/// How readers and writers of an `RWMutex` hold each other up; missing for other locks.
fn readers_and_writers(table: Rows) -> Rows {
    let columns: [Taken<ReadersAndWriters>; 4] = [
        (Column::duration("rwmutex.readers_ns", "Readers waited", "for a writer"), |rw| rw.readers),
        (
            Column::duration("rwmutex.behind_waiting_ns", "Behind a writer", "readers, while a writer waited, too"),
            |rw| rw.behind_waiting,
        ),
        (Column::duration("rwmutex.writers_ns", "Writers waited", "for readers"), |rw| rw.writers),
        (Column::duration("rwmutex.longest_writer_ns", "Longest writer", "wait of a writer"), |rw| rw.longest_writer),
    ];
    columns.into_iter().fold(table, |table, (column, value)| {
        table.column(column.on_request(), move |lock| Value::duration(lock.rw.as_ref().map(value)))
    })
}

/// Lines that lock or unlock.
fn sites(id: &'static str, sites: &[Site]) -> Table {
    let title = if id == "acquired_at" { "Lock site" } else { "Unlock site" };
    let file = |site: &Site| Value::Text(site.place.file.clone());
    Table::of(id, title, &Arc::new(sites.to_vec()), Vec::as_slice)
        .column(Column::text("place", "Line", "").for_people(), |site| Value::Text(Frame::from(&site.place).in_full()))
        .column(Column::function("function", "Function", "").exported(), |site| {
            Value::Function(site.place.function.clone())
        })
        .column(Column::text("file", "File", "").exported(), file)
        .column(Column::count("line", "Line", "its number in the file").exported(), |site| {
            Value::Count(site.place.line)
        })
        .column(Column::text("on", "Operation", "what it calls"), |site| Value::Word(site.op.name()))
        .column(Column::count("count", "Waits", "there, or ended from there"), |site| Value::Count(site.count))
        .column(Column::duration("total_ns", "Total", ""), |site| Value::Duration(site.nanos))
        .sorted_by("total_ns")
        .build()
}

/// The longest holds of a lock.
fn holds(trace: &Arc<Trace>, lock: Option<&Lock>) -> Table {
    let released = |hold: &Hold| {
        let lock = lock?;
        let site = lock.released.iter().find(|site| site.stack == hold.release).or_else(|| lock.released.first());
        site.map(|site| Frame::from(&site.place).in_full())
    };
    let rows = lock.map_or(&[][..], |lock| &lock.longest_holds).iter().map(|hold| (*hold, released(hold)));
    let [of_go, of_function, of_time] = [Arc::clone(trace), Arc::clone(trace), Arc::clone(trace)];
    Table::of("longest_holds", "Longest holds", &Arc::new(rows.collect::<Vec<_>>()), Vec::as_slice)
        .column(Column::id("goroutine", "Holder", ""), move |(hold, _)| columns::goroutine(&of_go, hold.go))
        .column(Column::function("start_function", "Started with", "").on_request(), move |(hold, _)| {
            columns::start_function(&of_function, hold.go)
        })
        .column(Column::time("start_ns", "Start", ""), move |(hold, _)| columns::time(&of_time, hold.range.start))
        .column(Column::duration("duration_ns", "Held", "at least, if its start is unknown"), |(hold, _)| {
            columns::length(hold.range)
        })
        .column(Column::flag("known", "Start known", ""), |(hold, _)| Value::Flag(hold.is_known))
        .column(Column::text("released_at", "Unlock site", ""), |(_, released)| {
            released.clone().map_or(Value::Missing, Value::Text)
        })
        .target(|(hold, _)| Some(Target::Stretch(LaneId::Goroutine(hold.go), hold.range)))
        .sorted_by("duration_ns")
        .build()
}
