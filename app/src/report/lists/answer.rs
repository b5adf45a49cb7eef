//! The answer to a query in SQL as a table: its columns get a meaning by their names, so that times, goroutines, tasks and
//! stacks are what they are in any other table.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use trace_core::analysis::scope::GoroutineFilter;
use trace_core::base::ids::{GoId, ProcIdx, StackId, TaskId, ThreadIdx};
use trace_core::base::nanos::Nanos;
use trace_core::base::time::TimeRange;
use trace_core::model::flows::FlowEnd;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;
use trace_core::tables::TABLES;
use trace_core::tables::column::{Column as TableColumn, Unit};

use crate::report::data::Rows;
use crate::report::figure::{Figure, Form};
use crate::report::frame::Frame;
use crate::report::table::{Column, Cut, Kind, Readers, Table, Target};
use crate::report::value::Value;
use crate::sql::answer::{Cell, distinct};

/// Rows of an answer, some at a time: what is there is shared by all tables that are made while more of it comes.
pub type Chunks = Vec<Arc<[Box<[Cell]>]>>;

/// Rows by which a column without a meaning is text, or numbers.
const LOOKED_AT: usize = 256;

/// What the numbers of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    Plain,
    Time,
    Duration,
    Bytes,
    Ratio,
    Goroutine,
    Proc,
    Thread,
    Task,
    Stack,
}

/// Where in a row its place on the timeline is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Place {
    lane: Option<usize>,
    start: Option<usize>,
    end: Option<usize>,
    duration: Option<usize>,
    moment: Option<usize>,
}

/// The answer with these names of columns and these rows, about a trace. Rows lead to their goroutine, and to their time if
/// they have one: `start_ns` with `end_time_ns` or `duration_ns`, or `end_time_ns` with `duration_ns`.
#[must_use]
pub fn answer(trace: &Arc<Trace>, names: &[String], chunks: Chunks) -> Table {
    let names = distinct(names.to_vec());
    let meanings: Vec<Meaning> = names.iter().map(|name| meaning(name)).collect();
    let column = |(at, name): (usize, &String)| {
        let meaning = meanings.get(at).copied().unwrap_or(Meaning::Plain);
        // A dot would make an object of it.
        let named = [name.replace('.', "_"), name.clone(), about(name)].map(Cow::Owned);
        Column::named(named, kind(meaning, &chunks, at))
    };
    let columns = names.iter().enumerate().map(column).collect();
    let mut starts = vec![0];
    for chunk in &chunks {
        starts.push(starts.last().copied().unwrap_or(0) + chunk.len());
    }
    let place = Place::of(&names, &meanings);
    let procs = (0..trace.proc_count()).map(ProcIdx).map(|proc| (trace.proc_id(proc).signed(), proc)).collect();
    let threads =
        (0..trace.thread_count()).map(ThreadIdx).map(|thread| (trace.thread_id(thread).signed(), thread)).collect();
    let rows = Answered { trace: Arc::clone(trace), chunks, starts, meanings, place, procs, threads };
    Table {
        id: "answer",
        title: "Answer".to_owned(),
        columns,
        empty: "No rows",
        sorted_by: None,
        total: None,
        limit: None,
        cut: Cut::Everywhere,
        is_optional: false,
        has_details: false,
        readers: Readers::All,
        links_places: true,
        rows: Box::new(rows),
    }
}

/// The column of the tables that a name means: its own, or that of `sum(duration_ns)`.
fn known(name: &str) -> Option<&'static TableColumn> {
    let inner = name.trim_end_matches(')').rsplit('(').next().unwrap_or(name);
    let inner = inner.split([',', ' ']).next().unwrap_or(inner);
    let inner = inner.rsplit('.').next().unwrap_or(inner);
    TABLES.iter().flat_map(|table| table.columns()).find(|column| column.name == inner)
}

/// What a column's numbers are, by its name. `count(...)` of anything is a number.
fn meaning(name: &str) -> Meaning {
    let lower = name.to_lowercase();
    let is_call = lower.contains('(');
    let keeps_unit = ["sum(", "min(", "max(", "avg(", "total(", "median(", "percentile("];
    if is_call && !keeps_unit.iter().any(|call| lower.starts_with(call)) {
        return Meaning::Plain;
    }
    // A second column of one name is `g_2`.
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let base = lower.rsplit_once('_').filter(|(_, last)| is_number(last)).map_or(&*lower, |(base, _)| base);
    if !is_call {
        for (suffix, meaning) in
            [("g", Meaning::Goroutine), ("p", Meaning::Proc), ("m", Meaning::Thread), ("stack_id", Meaning::Stack)]
        {
            if base == suffix || base.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('_')) {
                return meaning;
            }
        }
        if base == "task_id" || base.ends_with("_task_id") {
            return Meaning::Task;
        }
    }
    match known(base).map(|column| column.unit) {
        Some(Unit::Time) if is_call && !lower.starts_with("min(") && !lower.starts_with("max(") => Meaning::Plain,
        Some(Unit::Time) => Meaning::Time,
        Some(Unit::Nanos) => Meaning::Duration,
        Some(Unit::Bytes) => Meaning::Bytes,
        Some(Unit::Ratio) => Meaning::Ratio,
        Some(Unit::None | Unit::Count | Unit::Flag) => Meaning::Plain,
        None if base.ends_with("_ns") && (base.contains("start") || base.contains("end")) => Meaning::Time,
        None if base.ends_with("_ns") || base == "ns" => Meaning::Duration,
        None if base.ends_with("_bytes") || base == "bytes" => Meaning::Bytes,
        None => Meaning::Plain,
    }
}

/// What a column holds, for its heading: as the tables say it.
fn about(name: &str) -> String {
    known(name).map(|column| column.about.to_owned()).unwrap_or_default()
}

fn kind(meaning: Meaning, chunks: &Chunks, column: usize) -> Kind {
    let first = chunks.iter().flat_map(|chunk| chunk.iter()).take(LOOKED_AT);
    let mut cells = first.filter_map(|row| row.get(column));
    match meaning {
        Meaning::Time => Kind::Time,
        Meaning::Duration => Kind::Duration,
        Meaning::Bytes => Kind::Bytes,
        Meaning::Ratio => Kind::Ratio,
        Meaning::Goroutine | Meaning::Proc | Meaning::Thread | Meaning::Task => Kind::Id,
        Meaning::Stack => Kind::Stack,
        Meaning::Plain if cells.clone().any(|cell| matches!(cell, Cell::Text(_))) => Kind::Text,
        Meaning::Plain if cells.any(|cell| matches!(cell, Cell::Real(_))) => Kind::Figure,
        Meaning::Plain => Kind::Count,
    }
}

impl Place {
    fn of(names: &[String], meanings: &[Meaning]) -> Self {
        let named = |wanted: &[&str]| names.iter().position(|name| wanted.contains(&name.to_lowercase().as_str()));
        let lanes = [Meaning::Goroutine, Meaning::Proc, Meaning::Thread];
        let first = |meaning: Meaning| meanings.iter().position(|known| *known == meaning);
        let lane = named(&["g", "to_g"]).or_else(|| lanes.into_iter().find_map(first));
        let end = named(&["end_time_ns", "end_ns"]);
        let other = |at: &usize| meanings.get(*at) == Some(&Meaning::Time) && Some(*at) != end;
        let start = named(&["start_ns", "start_time_ns"]);
        let moment = named(&["time_ns"]).or_else(|| (0..names.len()).find(other)).or(end);
        let duration = named(&["duration_ns"]).or_else(|| first(Meaning::Duration));
        Self { lane, start, end, duration: duration.filter(|at| meanings.get(*at) == Some(&Meaning::Duration)), moment }
    }
}

/// The rows of an answer.
struct Answered {
    trace: Arc<Trace>,
    chunks: Chunks,
    /// How many rows are before each chunk, and in all.
    starts: Vec<usize>,
    meanings: Vec<Meaning>,
    place: Place,
    procs: HashMap<i64, ProcIdx>,
    threads: HashMap<i64, ThreadIdx>,
}

impl Answered {
    fn cell(&self, row: usize, column: usize) -> Option<&Cell> {
        let at = self.starts.partition_point(|start| *start <= row).checked_sub(1)?;
        self.chunks.get(at)?.get(row.checked_sub(*self.starts.get(at)?)?)?.get(column)
    }

    fn int(&self, row: usize, column: Option<usize>) -> Option<i64> {
        match self.cell(row, column?)? {
            Cell::Int(number) => Some(*number),
            _ => None,
        }
    }

    fn lane(&self, meaning: Meaning, id: i64) -> Option<LaneId> {
        match meaning {
            Meaning::Goroutine => self.trace.goroutine_by_id(GoId(id.cast_unsigned())).map(LaneId::Goroutine),
            Meaning::Proc => self.procs.get(&id).copied().map(LaneId::Proc),
            Meaning::Thread => self.threads.get(&id).copied().map(LaneId::Thread),
            _ => None,
        }
    }

    fn row_lane(&self, row: usize) -> Option<LaneId> {
        let meaning = *self.meanings.get(self.place.lane?)?;
        self.lane(meaning, self.int(row, self.place.lane)?)
    }

    /// The time of a row, if it has a start and an end.
    fn row_range(&self, row: usize) -> Option<TimeRange> {
        let time = |nanos: i64| self.trace.range().start.plus_nanos(nanos);
        let place = &self.place;
        let length = || self.int(row, place.duration).filter(|length| *length >= 0);
        let (start, end) = match (self.int(row, place.start), self.int(row, place.end)) {
            (Some(start), Some(end)) => (start, end),
            (Some(start), None) => (start, start.saturating_add(length()?)),
            (None, Some(end)) => (end.saturating_sub(length()?), end),
            (None, None) => return None,
        };
        (start <= end).then(|| TimeRange::new(time(start), time(end).max(time(start).plus_nanos(1))))
    }

    fn number(&self, meaning: Meaning, number: i64) -> Value {
        let plain = || match u64::try_from(number) {
            Ok(count) => Value::Count(count),
            #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
            Err(_) => Value::Figure(Figure::new(number as f64, Form::Number)),
        };
        match meaning {
            Meaning::Plain => plain(),
            Meaning::Time => Value::Time(number),
            Meaning::Duration => u64::try_from(number).map_or_else(|_| plain(), |nanos| Value::Duration(Nanos(nanos))),
            Meaning::Bytes => u64::try_from(number).map_or_else(|_| plain(), Value::Bytes),
            #[expect(clippy::cast_precision_loss, reason = "0 or 1")]
            Meaning::Ratio => Value::Ratio(number as f64),
            Meaning::Goroutine | Meaning::Proc | Meaning::Thread => {
                self.lane(meaning, number).map_or_else(plain, |lane| Value::Lane(lane, number))
            }
            Meaning::Task => {
                let task = self.trace.task_by_id(TaskId(number.cast_unsigned()));
                task.map_or_else(plain, |task| Value::Task(task, number.cast_unsigned()))
            }
            Meaning::Stack => {
                let stack = u32::try_from(number).ok().filter(|id| *id < self.trace.stack_count());
                stack.map_or_else(plain, |id| Value::Stack(Frame::all(&self.trace, StackId(id))))
            }
        }
    }
}

impl Rows for Answered {
    fn len(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    fn value(&self, row: usize, column: usize) -> Value {
        let meaning = self.meanings.get(column).copied().unwrap_or(Meaning::Plain);
        match self.cell(row, column) {
            None | Some(Cell::Null) => Value::Missing,
            Some(Cell::Text(text)) => Value::Text(text.clone()),
            Some(Cell::Int(number)) => self.number(meaning, *number),
            Some(Cell::Real(number)) => match meaning {
                Meaning::Ratio => Value::Ratio(*number),
                #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturating, for people")]
                Meaning::Duration if *number >= 0.0 => Value::Duration(Nanos(number.round() as u64)),
                _ => Value::Figure(Figure::new(*number, Form::Number)),
            },
        }
    }

    fn target(&self, row: usize) -> Option<Target> {
        let (lane, range) = (self.row_lane(row), self.row_range(row));
        match (lane, range) {
            (Some(lane), Some(range)) => Some(Target::Stretch(lane, range)),
            (None, Some(range)) => Some(Target::Range(range)),
            (Some(lane), None) => {
                let Some(moment) = self.int(row, self.place.moment) else { return Some(Target::Lane(lane)) };
                let time = self.trace.range().start.plus_nanos(moment);
                let span = self.trace.span_at(lane, time).map(|span| span.at);
                Some(Target::End(FlowEnd { lane, time, span }))
            }
            (None, None) => None,
        }
    }

    fn subject(&self, row: usize) -> Option<GoroutineFilter> {
        match self.row_lane(row)? {
            LaneId::Goroutine(go) => Some(GoroutineFilter::One(go)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Meaning, meaning};

    #[test]
    fn columns_mean_what_their_names_say() {
        for (name, expected) in [
            ("g", Meaning::Goroutine),
            ("g_2", Meaning::Goroutine),
            ("waker_g", Meaning::Goroutine),
            ("src_p", Meaning::Proc),
            ("m", Meaning::Thread),
            ("avg", Meaning::Plain),
            ("p99", Meaning::Plain),
            ("stack_id", Meaning::Stack),
            ("src_stack_id", Meaning::Stack),
            ("task_id", Meaning::Task),
            ("start_ns", Meaning::Time),
            ("end_time_ns", Meaning::Time),
            ("max(end_time_ns)", Meaning::Time),
            ("sum(duration_ns)", Meaning::Duration),
            ("percentile(duration_ns, 99)", Meaning::Duration),
            ("max(w.duration_ns)", Meaning::Duration),
            ("lost_ns", Meaning::Duration),
            ("count(*)", Meaning::Plain),
            ("count(g)", Meaning::Plain),
            ("dur(duration_ns)", Meaning::Plain),
            ("sum(start_ns)", Meaning::Plain),
        ] {
            assert_eq!(meaning(name), expected, "{name}");
        }
    }
}
