//! Runs queries in SQL, off the UI thread: the first rows are told at once, the others as they come.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;
use trace_core::tables::source::Source;

use crate::action::action::Action;
use crate::report::lists::answer::{Chunks, answer};
use crate::report::table::Table;
use crate::sql::answer::{Cell, QueryError};
use crate::sql::engine::{Engine, Sink};
use crate::state::document::DocumentId;
use crate::state::result_lane::ResultLane;
use crate::state::sql::{MOST_ROWS, RunState, SqlAction, SqlFault, SqlFound};
use crate::worker::mailbox::Mailbox;

/// Rows so far are told of no more often than this, but for the first.
const PAUSE: Duration = Duration::from_millis(150);

/// A query to run over a snapshot.
pub struct Job {
    /// Whose trace it is.
    pub document: DocumentId,
    /// The snapshot that is asked.
    pub trace: Arc<Trace>,
    /// What the file is called.
    pub file: String,
    /// The text of the query.
    pub sql: String,
    /// Which run it is.
    pub number: u64,
    /// Cancelled when the user stops it, or runs another.
    pub monitor: Monitor,
}

/// Runs the query, and tells of rows as they come.
pub fn run(job: &Job, mailbox: &Mailbox) {
    let mut found = Found {
        job,
        mailbox,
        names: Vec::new(),
        chunks: Vec::new(),
        rows: Vec::new(),
        is_cut: false,
        begun: Instant::now(),
        told: None,
        count: 0,
    };
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let source = Source::new(Arc::clone(&job.trace), job.file.clone(), job.monitor.clone());
        let engine = Engine::new(vec![Arc::new(source)], job.monitor.clone())?;
        engine.run(&job.sql, &mut found)
    }));
    let failed = |message: String, position| RunState::Failed(SqlFault { message, position });
    let state = match ran {
        Ok(Ok(())) => RunState::Done,
        Ok(Err(QueryError::Cancelled)) => RunState::Cancelled,
        Ok(Err(QueryError::Wrong { message, position })) => failed(message, position),
        Err(_) => failed("the query failed (internal error)".to_owned(), None),
    };
    found.end(state);
}

/// Takes the rows of a query and tells of them.
struct Found<'a> {
    job: &'a Job,
    mailbox: &'a Mailbox,
    names: Vec<String>,
    chunks: Chunks,
    /// Rows that were not told of yet.
    rows: Vec<Box<[Cell]>>,
    count: usize,
    is_cut: bool,
    begun: Instant,
    /// When rows were last told of.
    told: Option<Instant>,
}

impl Found<'_> {
    /// The rows so far as a table.
    fn table(&mut self) -> Arc<Table> {
        if !self.rows.is_empty() {
            self.chunks.push(std::mem::take(&mut self.rows).into());
        }
        Arc::new(answer(&self.job.trace, &self.names, self.chunks.clone()))
    }

    fn tell(&self, state: RunState, table: Option<Arc<Table>>, lane: Option<Arc<ResultLane>>) {
        let found = SqlFound {
            number: self.job.number,
            state,
            table,
            is_cut: self.is_cut,
            elapsed: self.begun.elapsed(),
            lane,
        };
        self.mailbox.send(Action::Sql(self.job.document, SqlAction::Found(found)));
    }

    fn end(&mut self, state: RunState) {
        let is_right = !matches!(state, RunState::Failed(_)) && !self.names.is_empty();
        let table = (is_right || self.count > 0).then(|| self.table());
        let lane = table.as_ref().filter(|_| state == RunState::Done);
        let lane = lane.and_then(|table| ResultLane::of(table, &self.job.monitor)).map(Arc::new);
        self.tell(state, table, lane);
    }
}

impl Sink for Found<'_> {
    fn begin(&mut self, columns: Vec<String>) {
        self.names = columns;
    }

    fn row(&mut self, cells: Vec<Cell>) -> bool {
        if self.count >= MOST_ROWS {
            self.is_cut = true;
            return false;
        }
        self.count += 1;
        self.rows.push(cells.into());
        if self.told.is_none_or(|told| told.elapsed() >= PAUSE) {
            let table = self.table();
            self.tell(RunState::Running, Some(table), None);
            self.told = Some(Instant::now());
        }
        true
    }
}
