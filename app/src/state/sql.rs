//! The query panel of a document: what is typed, what was asked last, and what came of it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use trace_core::base::monitor::Monitor;

use crate::report::table::Table;
use crate::report::view::TableSelection;
use crate::state::result_lane::ResultLane;

/// The key of the answer among the tables of a document.
pub const TABLE: &str = "query";
/// Rows of an answer that the window shows at most.
pub const MOST_ROWS: usize = 100_000;
/// Queries that are kept in the history.
pub const HISTORY: usize = 50;
/// Bytes of the longest query that history and saved queries keep.
pub const LONGEST_KEPT: usize = 4 << 10;
/// Saved queries at most.
pub const MOST_SAVED: usize = 50;

/// What is wrong with a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlFault {
    /// One sentence without a full stop.
    pub message: String,
    /// Where the word begins that is wrong, counted in characters from 0, if that is known.
    pub position: Option<usize>,
}

/// How a run ended, if it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunState {
    /// A worker is at it.
    Running,
    /// All rows are there, or the first [`MOST_ROWS`].
    Done,
    /// The user stopped it; what was found by then stays.
    Cancelled,
    /// It is no query that can be run: the fault says why, and where.
    Failed(SqlFault),
}

/// A query that was run, and its rows so far.
#[derive(Clone, Debug)]
pub struct SqlRun {
    /// Counts the runs of a document.
    pub number: u64,
    /// The text of the query.
    pub sql: String,
    /// Cancels the run.
    pub monitor: Monitor,
    /// How far it is.
    pub state: RunState,
    /// The rows so far; `None` until the query turned out to be right.
    pub table: Option<Arc<Table>>,
    /// Whether there are more rows than are shown.
    pub is_cut: bool,
    /// How long it has taken.
    pub elapsed: Duration,
    /// Its rows over time, once all are there, if they have a start and an end.
    pub lane: Option<Arc<ResultLane>>,
}

/// What a worker found so far.
#[derive(Clone, Debug)]
pub struct SqlFound {
    /// Which run it is about.
    pub number: u64,
    /// How far it is.
    pub state: RunState,
    /// The rows so far.
    pub table: Option<Arc<Table>>,
    /// Whether there are more.
    pub is_cut: bool,
    /// How long it has taken.
    pub elapsed: Duration,
    /// The rows over time.
    pub lane: Option<Arc<ResultLane>>,
}

/// The query panel of a document.
#[derive(Clone, Debug, Default)]
pub struct SqlConsole {
    /// What is typed into the editor.
    pub text: String,
    /// How many runs there were so far.
    pub runs: u64,
    /// The newest run, if there was any.
    pub run: Option<SqlRun>,
    /// The answer that is a lane of the timeline.
    pub lane: Option<Arc<ResultLane>>,
    /// Whether the list of tables is hidden.
    pub hides_tables: bool,
    /// The tables of the list whose columns show.
    pub unfolded: BTreeSet<&'static str>,
    /// The name under which the query is to be saved, while it is typed.
    pub save_as: Option<String>,
    /// Counts how often the editor was to get the focus.
    pub focus: u64,
}

/// What the user, or a worker, does with the query panel.
#[derive(Clone, Debug)]
pub enum SqlAction {
    /// The text has been changed in the editor.
    Text(String),
    /// Put this text into the editor, and run it.
    Run(String),
    /// Put this text into the editor.
    Put(String),
    /// Run what is typed.
    RunText,
    /// Stop the run that goes on.
    Stop,
    /// A worker: what was found so far.
    Found(SqlFound),
    /// Show the answer as a lane of the timeline, or no longer.
    ShowLane(bool),
    /// Go to a row of the lane, and select it in the table.
    GoToRow(TableSelection),
    /// Show the list of tables, or not.
    ToggleTables,
    /// Show the columns of a table of the list, or not.
    ToggleTable(&'static str),
    /// Begin (text), change or end (`None`) saving the query under a name.
    SaveAs(Option<String>),
    /// Save what is typed under the name that is typed.
    Save,
    /// Forget a saved query.
    RemoveSaved(String),
    /// Forget the queries run before; those saved stay.
    ClearHistory,
}

impl SqlConsole {
    /// Whether a worker is at a query.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.state == RunState::Running)
    }

    /// What is wrong with what is typed, if that was run and is as it was.
    #[must_use]
    pub fn fault(&self) -> Option<&SqlFault> {
        let run = self.run.as_ref().filter(|run| run.sql == self.text)?;
        match &run.state {
            RunState::Failed(fault) => Some(fault),
            _ => None,
        }
    }

    /// Stops what is going on, and forgets what was found: the trace is another one.
    pub fn forget(&mut self) {
        if let Some(run) = self.run.take() {
            run.monitor.cancel();
        }
        self.lane = None;
    }
}
