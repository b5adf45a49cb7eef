//! A slice of the timeline as text: what goroutines did in a stretch of time, or one of them step by step.

use crate::fmt::escape::visible;
use crate::sql::answer::Cell;
use crate::sql::engine::Sink;

/// The goroutines that do something in a stretch of time, those that run most first.
pub(super) fn all(start: i64, end: i64, limit: usize) -> String {
    format!(
        "SELECT s.g, (SELECT name FROM goroutines WHERE goroutines.g = s.g) AS started_with, \
         dur(sum(iif(s.state = 'running', part, 0))) AS running, dur(sum(iif(s.state = 'runnable', part, 0))) AS runnable, \
         dur(sum(iif(s.state = 'syscall', part, 0))) AS syscall, dur(sum(iif(s.state = 'waiting', part, 0))) AS waiting, \
         count(*) AS spans FROM (SELECT *, min(end_time_ns, {end}) - max(start_ns, {start}) AS part FROM spans \
         WHERE end_time_ns >= {start} AND start_ns <= {end}) AS s GROUP BY s.g \
         ORDER BY sum(iif(s.state = 'running', part, 0)) DESC, sum(iif(s.state = 'syscall', part, 0)) DESC LIMIT {limit}"
    )
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
            let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
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
