//! A slice of the timeline as text: what goroutines did in a stretch of time, or one of them step by step.

use std::cmp::Reverse;

use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};
use trace_core::base::ids::{GoId, GoroutineIdx, StrId};
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::TimeRange;
use trace_core::event::state::SpanClass;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::{TimeByClass, Trace};
use trace_core::tables::WAITING;

use crate::fmt::escape::visible;
use crate::fmt::text::padded;
use crate::sql::answer::Cell;
use crate::sql::engine::Sink;

/// Goroutines that one thread takes at least.
const FEWEST: usize = 1_024;

/// The goroutines that do something in a stretch of time, those that run most first, then those that are most in system calls;
/// `None` if cancelled.
pub(super) fn all(trace: &Trace, range: TimeRange, limit: usize, monitor: &Monitor) -> Option<Lines> {
    let time = |go: u32| {
        let time = trace.time_by_class(LaneId::Goroutine(GoroutineIdx(go)), range);
        (!monitor.is_cancelled() && time.spans.iter().any(|spans| *spans > 0)).then_some((GoroutineIdx(go), time))
    };
    let of = |time: &TimeByClass, classes: &[SpanClass]| -> u64 {
        classes.iter().filter_map(|class| time.nanos.get(*class as usize)).sum()
    };
    let all = (0..trace.goroutine_count()).into_par_iter().with_min_len(FEWEST);
    let mut found: Vec<(GoroutineIdx, TimeByClass)> = all.filter_map(time).collect();
    if monitor.is_cancelled() {
        return None;
    }
    let id = |go: GoroutineIdx| trace.goroutine_name(go).map_or((GoId::NONE, StrId::EMPTY), |known| known);
    let most = |(go, time): &(GoroutineIdx, TimeByClass)| {
        let [run, call] = [SpanClass::Running, SpanClass::Syscall].map(|class| of(time, &[class]));
        (Reverse(run), Reverse(call), id(*go).0)
    };
    // One more than are shown, so that it is known whether there are more.
    let wanted = limit.saturating_add(1);
    if found.len() > wanted {
        found.select_nth_unstable_by_key(wanted, most);
        found.truncate(wanted);
    }
    found.sort_by_key(most);
    let mut lines = Lines::new(limit);
    lines.begin(["g", "started_with", "running", "runnable", "syscall", "waiting", "spans"].map(str::to_owned).into());
    for (go, time) in found {
        let (id, name) = id(go);
        let times = [&[SpanClass::Running] as &[SpanClass], &[SpanClass::Runnable], &[SpanClass::Syscall], WAITING];
        let times = times.map(|classes| Cell::Text(Nanos(of(&time, classes)).to_string()));
        let spans: u64 = time.spans.iter().sum();
        let name = match trace.str(name) {
            "" => Cell::Null,
            name => Cell::Text(name.to_owned()),
        };
        let cells = [Cell::Int(id.signed()), name].into_iter().chain(times);
        if !lines.row(cells.chain([Cell::Int(i64::try_from(spans).unwrap_or(i64::MAX))]).collect()) {
            break;
        }
    }
    Some(lines)
}

/// What one goroutine did in a stretch of time, one state after the other.
pub(super) fn of_goroutine(g: i64, start: i64, end: i64, limit: usize) -> String {
    format!(
        "SELECT printf('%.3f ms', start_ns / 1e6) AS start, dur(duration_ns) AS duration, state, reason, \
         func(stack_id) AS at, 'G' || src_g AS caused_by, func(src_stack_id) AS caused_in FROM spans \
         WHERE g = {g} AND end_time_ns >= {start} AND start_ns <= {end} ORDER BY start_ns LIMIT {limit}"
    )
}

/// Rows as lines of text, columns apart by two spaces: at most so many.
pub(super) struct Lines {
    limit: usize,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
    is_cut: bool,
}

/// Characters of a cell at most.
const WIDEST: usize = 100;

impl Lines {
    pub(super) const fn new(limit: usize) -> Self {
        Self { limit, columns: Vec::new(), rows: Vec::new(), is_cut: false }
    }

    /// The lines, the names of the columns first.
    pub(super) fn text(&self) -> String {
        if self.rows.is_empty() {
            return "No rows".to_owned();
        }
        let width = |at: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(at)).chain(self.columns.get(at));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let mut text = String::new();
        for row in std::iter::once(&self.columns).chain(&self.rows) {
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| padded(cell, *width, false)).collect();
            text.push_str(cells.join("  ").trim_end());
            text.push('\n');
        }
        if self.is_cut {
            text.push_str(&format!("[only the first {} rows; a larger limit shows more]\n", self.limit));
        }
        text
    }
}

impl Sink for Lines {
    fn begin(&mut self, columns: Vec<String>) {
        self.columns = columns.iter().map(|name| visible(name).into_owned()).collect();
    }

    fn row(&mut self, cells: Vec<Cell>) -> bool {
        if self.rows.len() >= self.limit {
            self.is_cut = true;
            return false;
        }
        let shown = |cell: &Cell| {
            let text = match cell {
                Cell::Null => return "-".to_owned(),
                Cell::Real(number) => return format!("{number:.3}"),
                Cell::Int(_) | Cell::Text(_) => visible(&cell.raw()).into_owned(),
            };
            if text.chars().count() <= WIDEST { text } else { text.chars().take(WIDEST - 1).chain(['…']).collect() }
        };
        self.rows.push(cells.iter().map(shown).collect());
        true
    }
}
