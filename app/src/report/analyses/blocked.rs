//! Where goroutines wait for each other: for each place how much, and what those who ended the waits were doing.

use std::sync::Arc;

use rayon::iter::{IntoParallelRefIterator as _, ParallelIterator as _};
use trace_core::analysis::blocked_by::{Blocked, Meanwhile, Wakers, blocked, wakers};
use trace_core::analysis::places::Places;
use trace_core::analysis::workload::Workload;
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::name;
use crate::report::analyses::analysis::{Analysis, Ask, Info, Topic};
use crate::report::analyses::columns::{self, Lines, STATES};
use crate::report::report::Report;
use crate::report::table::{Column, Table, Target};
use crate::report::value::{Shade, Value};

/// The name of the analysis.
pub const BLOCKED: &str = "blocked";

/// What kept goroutines waiting, by place: see [`INFO`].
pub struct BlockedBy;

const INFO: Info = Info {
    id: BLOCKED,
    title: "Blocked by",
    topic: Topic::Waiting,
    about: "where goroutines wait, and what the goroutines that unblocked them did",
    help: "For each place where goroutines of the program wait: how often, how long, and what the goroutines that ended \
           the waits were doing during them. Waits for locks, and waits in the same queue, are followed to the goroutine \
           at their root. Places where goroutines wait for work (idle connections, workers, timers) are left out.\n\n\
           Of each place the longest waits that a goroutine ended are analysed, at most 512. What their wakers did sums \
           to the time of these waits, added over goroutines that wait at the same time.",
    limit: 40,
    ..Info::USUAL
};

/// Places that the window lists at most.
const PLACES: usize = 200;
/// Parts of a place that are listed at most.
const PARTS: usize = 8;

/// Waits at one place.
struct Row {
    wait: Blocked,
    found: Wakers,
    lines: Arc<Lines>,
}

impl Analysis for BlockedBy {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let places = Places::new(trace);
        let workload = Workload::take_of(trace, &places, &ask.scope.pieces(trace), monitor)?;
        report(trace, (&places, &blocked(&workload, &places)), ask.limit, monitor)
    }
}

/// The report about places of waiting that are known, most time first: of the first `limit` of them. `None` if cancelled.
#[must_use]
pub fn report(
    trace: &Arc<Trace>,
    (places, found): (&Places<'_>, &[Blocked]),
    limit: Option<usize>,
    monitor: &Monitor,
) -> Option<Report> {
    let row = |wait: &Blocked| {
        if monitor.is_cancelled() {
            return None;
        }
        let (wait, found) = (wait.clone(), wakers(trace, places, wait));
        let stacks = found.parts.iter().take(PARTS).flat_map(|part| [part.stack, part.release]);
        Some(Row { lines: Arc::new(Lines::of(trace, places, stacks)), wait, found })
    };
    let wanted = found.get(..limit.unwrap_or(PLACES).min(found.len())).unwrap_or_default();
    let rows: Option<Vec<Row>> = wanted.par_iter().map(row).collect();
    Some(Report::default().table(table(trace, &Arc::new(rows?))))
}

fn table(trace: &Arc<Trace>, rows: &Arc<Vec<Row>>) -> Table {
    let widest = rows.iter().map(|row| row.wait.nanos).max().unwrap_or(1);
    let [of_reason, of_waker, of_stack, of_parts] = [trace; 4].map(Arc::clone);
    let like = meanwhile(trace, "", Vec::new(), &Arc::default());
    let parts = Column::table("Meanwhile", "what the wakers did, most first, at most 8", like).unfolded(PARTS);
    Table::of("waits", "Waits by place", rows, Vec::as_slice)
        .column(Column::duration("total_ns", "Total", ""), |row: &Row| Value::Duration(Nanos(row.wait.nanos)))
        .column(Column::bar("By state").legend(STATES), move |row| {
            Value::Bar(vec![(row.wait.nanos, Shade::Class(row.wait.class))], widest)
        })
        .column(Column::count("count", "Count", "waits"), |row| Value::Count(row.wait.count))
        .column(Column::count("goroutines", "Goroutines", "that waited").in_text(), |row| Value::Count(row.wait.gos))
        .column(Column::duration("max_ns", "Longest", ""), |row| Value::Duration(Nanos(row.wait.max)))
        .column(Column::text("at", "Place", "").for_people(), |row| {
            let place = &row.wait.place;
            Value::Text(name::place(&place.function, &place.file, place.line))
        })
        .column(Column::text("on", "Reason", "the operation as Go spells it, or the runtime's reason"), move |row| {
            Value::Text(row.wait.operation(&of_reason).to_owned())
        })
        .column(Column::id("waker", "Ended by", "whoever ended most of it").for_people(), move |row| {
            columns::goroutine(&of_waker, row.found.parts.first().map_or(GoroutineIdx::NONE, |part| part.go))
        })
        .column(Column::text("did", "Waker was doing", "most of the time").for_people(), |row| {
            row.found.parts.first().map_or(Value::Word("not ended by a goroutine in the trace"), |part| {
                let place = row.lines.value(part.stack);
                let at = if matches!(place, Value::Missing) { String::new() } else { format!(" in {}", place.text()) };
                Value::Text(name::doing(part.doing).to_lowercase() + &at)
            })
        })
        .column(Column::text("sentence", "Summary", "").exported(), |row| Value::Text(row.found.sentence.clone()))
        .column(Column::function("place.function", "Function", "").exported(), |row| {
            Value::Function(row.wait.place.function.clone())
        })
        .column(Column::text("place.file", "File", "").exported(), |row| Value::Text(row.wait.place.file.clone()))
        .column(Column::count("place.line", "Line", "").exported(), |row| Value::Count(row.wait.place.line))
        .column(Column::duration("ended_by_goroutines_ns", "", "of waits that a goroutine ended").exported(), |row| {
            Value::Duration(Nanos(row.wait.woken_nanos))
        })
        .column(Column::count("examined", "Analysed", "waits that were analysed").exported(), |row| {
            Value::Count(row.found.waits)
        })
        .column(Column::duration("examined_ns", "", "of these waits; the rest sums to it").exported(), |row| {
            Value::Duration(Nanos(row.found.examined))
        })
        .column(Column::duration("others_ns", "", "what is not listed in meanwhile").exported(), |row| {
            let listed: u64 = row.found.parts.iter().take(PARTS).map(|part| part.nanos).sum();
            Value::Duration(Nanos(row.found.examined.saturating_sub(listed)))
        })
        .column(Column::stack("stack", "Stack", "of one of the waits").on_request(), move |row| {
            columns::stack(&of_stack, row.wait.stack)
        })
        .column(parts, move |row| {
            let parts = row.found.parts.iter().take(PARTS).cloned().collect();
            Value::Table(Arc::new(meanwhile(&of_parts, &row.found.sentence, parts, &row.lines)))
        })
        .target(|row| {
            let longest = row.wait.longest.first()?;
            Some(Target::Stretch(LaneId::Goroutine(longest.go), longest.range))
        })
        .sorted_by("total_ns")
        .empty("No goroutine of the program waited for anything but work in the selected scope")
        .build()
}

/// What the goroutines that ended the waits at a place did; the sentence about these is its title.
fn meanwhile(trace: &Arc<Trace>, sentence: &str, parts: Vec<Meanwhile>, lines: &Arc<Lines>) -> Table {
    let widest = parts.first().map_or(1, |part| part.nanos);
    let of_go = Arc::clone(trace);
    Table::of("meanwhile", sentence, &Arc::new(parts), Vec::as_slice)
        .column(Column::duration("total_ns", "Total", "of waiting, added over waits"), |part: &Meanwhile| {
            Value::Duration(Nanos(part.nanos))
        })
        .column(Column::bar("By state"), move |part| Value::Bar(vec![(part.nanos, columns::shade(part.doing))], widest))
        .column(Column::duration("own_ns", "Own time", "how long the goroutine itself did so"), |part| {
            Value::Duration(Nanos(part.own_nanos()))
        })
        .column(Column::count("count", "Count", "stretches"), |part| Value::Count(part.count))
        .column(Column::id("goroutine", "Goroutine", ""), move |part| columns::goroutine(&of_go, part.go))
        .column(Column::text("doing", "Doing", DOING), |part| columns::doing(part.doing))
        .with(|table| {
            let ids = ["at", "place.function", "place.file", "place.line"];
            columns::line(table, (ids, "Place", ""), lines, |part| part.stack)
        })
        .with(|table| {
            let ids = ["wakeup", "released_at.function", "released_at.file", "released_at.line"];
            columns::line(table, (ids, "Ended the wait at", ""), lines, |part| part.release)
        })
        .target(|part| Some(Target::Stretch(LaneId::Goroutine(part.go), part.longest)))
        .sorted_by("total_ns")
        .build()
}

/// The stable names of what goroutines do.
pub const DOING: &str = "running, mark_assist, no_cpu, runnable, syscall, cgo_call, waiting, not_created (a timer or C \
                         code created it later), unknown or unfollowed";
