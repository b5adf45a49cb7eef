//! Runs queries: SQLite without a file, with the tables of traces or of a lake, which can read and nothing else.

use std::sync::Arc;

use rusqlite::fallible_iterator::FallibleIterator as _;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::types::ValueRef;
use rusqlite::{Batch, Connection, Error, ErrorCode, Row, Statement};
use trace_core::base::monitor::Monitor;
use trace_core::tables::TABLES;
use trace_core::tables::source::Source;
use trace_core::tables::table::Table;

use crate::fmt::similar::most_similar;
use crate::lake::reader::Lake;
use crate::sql::answer::{Cell, QueryError};
use crate::sql::group_shape::group_query;
use crate::sql::group_table::{self, Groups};
use crate::sql::lexer::{Word, words};
use crate::sql::{functions, lake_table, virtual_table};

/// Steps of SQLite's machine between two looks at whether the query is cancelled: well below a millisecond.
const STEPS: i32 = 10_000;
/// Bytes of memory that SQLite takes at most; what it sorts goes to temporary files long before.
const MEMORY: i64 = 1 << 30;

/// Answers queries about some traces.
pub struct Engine {
    connection: Connection,
    /// The traces; none if it is a lake.
    sources: Option<Arc<[Arc<Source>]>>,
    monitor: Monitor,
}

impl Engine {
    /// An engine for these traces; `trace_id` counts them from 1. Queries stop when `monitor` is cancelled.
    ///
    /// # Errors
    /// When SQLite does not start.
    pub fn new(sources: Vec<Arc<Source>>, monitor: Monitor) -> Result<Self, QueryError> {
        Self::opened(sources, monitor).map_err(|error| error_of(error, ""))
    }

    fn opened(sources: Vec<Arc<Source>>, monitor: Monitor) -> rusqlite::Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        connection.pragma_update(None, "hard_heap_limit", MEMORY)?;
        let sources: Arc<[Arc<Source>]> = sources.into();
        for table in TABLES {
            virtual_table::register(&connection, *table, &sources)?;
        }
        functions::register(&connection, &sources)?;
        let watched = monitor.clone();
        connection.progress_handler(STEPS, Some(move || watched.is_cancelled()))?;
        connection.authorizer(Some(|asked: AuthContext<'_>| may(&asked.action)))?;
        Ok(Self { connection, sources: Some(sources), monitor })
    }

    /// An engine for a lake: its tables have the rows of all snapshots. Functions of stacks are not there.
    ///
    /// # Errors
    /// When SQLite does not start.
    pub fn of_lake(lake: Lake, monitor: Monitor) -> Result<Self, QueryError> {
        Self::opened_lake(lake, monitor).map_err(|error| error_of(error, ""))
    }

    fn opened_lake(lake: Lake, monitor: Monitor) -> rusqlite::Result<Self> {
        let mut connection = Connection::open_in_memory()?;
        connection.pragma_update(None, "hard_heap_limit", MEMORY)?;
        let lake = Arc::new(lake);
        for at in 0..lake.tables().len() {
            lake_table::register(&connection, &lake, at)?;
        }
        functions::register_plain(&connection)?;
        let watched = monitor.clone();
        connection.progress_handler(STEPS, Some(move || watched.is_cancelled()))?;
        connection.authorizer(Some(|asked: AuthContext<'_>| may(&asked.action)))?;
        Ok(Self { connection, sources: None, monitor })
    }

    /// Runs one statement; its rows go to `sink` as they are found.
    ///
    /// # Errors
    /// When the query is wrong, or cancelled.
    pub fn run(&self, sql: &str, sink: &mut dyn Sink) -> Result<(), QueryError> {
        let ran = self.ran(sql, sink).map_err(|error| error_of(error, sql));
        if self.monitor.is_cancelled() { Err(QueryError::Cancelled) } else { ran }
    }

    fn ran(&self, sql: &str, sink: &mut dyn Sink) -> rusqlite::Result<()> {
        let mut statements = Batch::new(&self.connection, sql);
        let Some(mut statement) = statements.next()? else {
            return Err(Error::ModuleError("the query is empty".to_owned()));
        };
        if !matches!(statements.next(), Ok(None)) {
            return Err(Error::ModuleError("only one statement at a time".to_owned()));
        }
        sink.begin(statement.column_names().map(str::to_owned).collect());
        if let Some(done) = self.ran_grouped(sql, statement.column_count(), sink) {
            return done;
        }
        pass(&mut statement, sink, &mut 0, &self.monitor)
    }

    /// Runs a query that asks for sums by asking for groups of rows; `None` if that is not possible.
    fn ran_grouped(&self, sql: &str, columns: usize, sink: &mut dyn Sink) -> Option<rusqlite::Result<()>> {
        let sources = self.sources.as_ref()?;
        let query = group_query(sql)?;
        let groups = Groups {
            table: query.table,
            sources: Arc::clone(sources),
            grouping: query.grouping,
            takes_conditions: query.takes_conditions,
            conditions: query.conditions,
        };
        group_table::register(&self.connection, groups).ok()?;
        let mut statement = self.connection.prepare(&query.sql).ok()?;
        if statement.column_count() != columns {
            return None;
        }
        let mut passed = 0;
        match pass(&mut statement, sink, &mut passed, &self.monitor) {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => Some(Err(error)),
            // Nobody has seen anything of it.
            Err(_) if passed == 0 => None,
            done => Some(done),
        }
    }
}

/// Passes the rows of a statement on until `monitor` is cancelled, and counts them.
fn pass(
    statement: &mut Statement<'_>,
    sink: &mut dyn Sink,
    passed: &mut u64,
    monitor: &Monitor,
) -> rusqlite::Result<()> {
    let count = statement.column_count();
    let mut rows = statement.query([])?;
    while let Some(found) = rows.next()? {
        // Tables end early then, which SQLite takes for their end.
        if monitor.is_cancelled() {
            break;
        }
        *passed += 1;
        if !sink.row(cells(found, count)?) {
            break;
        }
    }
    Ok(())
}

/// Takes what a query finds.
pub trait Sink {
    /// Gets the names of the columns, before the first row.
    fn begin(&mut self, columns: Vec<String>);

    /// Gets a row, a cell for each column. False ends the query.
    fn row(&mut self, cells: Vec<Cell>) -> bool;
}

/// A query can read tables and call functions. It cannot attach files, change settings or make tables.
const fn may(action: &AuthAction<'_>) -> Authorization {
    match action {
        AuthAction::Select | AuthAction::Read { .. } | AuthAction::Function { .. } | AuthAction::Recursive => {
            Authorization::Allow
        }
        _ => Authorization::Deny,
    }
}

fn cells(row: &Row<'_>, count: usize) -> rusqlite::Result<Vec<Cell>> {
    let cell = |at| {
        Ok(match row.get_ref(at)? {
            ValueRef::Null => Cell::Null,
            ValueRef::Integer(number) => Cell::Int(number),
            ValueRef::Real(number) => Cell::Real(number),
            ValueRef::Text(text) | ValueRef::Blob(text) => Cell::Text(String::from_utf8_lossy(text).into_owned()),
        })
    };
    (0..count).map(cell).collect()
}

/// What SQLite says, in the words of somebody who looks at a trace.
fn error_of(error: Error, sql: &str) -> QueryError {
    let wrong = |message: String, position| QueryError::Wrong { message, position };
    match error {
        Error::SqliteFailure(failure, _) if failure.code == ErrorCode::OperationInterrupted => QueryError::Cancelled,
        Error::SqliteFailure(failure, _) if failure.code == ErrorCode::OutOfMemory => {
            wrong("the query needs more than 1 GB of memory; a condition or a LIMIT makes it smaller".to_owned(), None)
        }
        Error::SqliteFailure(failure, _) if failure.code == ErrorCode::AuthorizationForStatementDenied => {
            wrong("a query can only read: SELECT or WITH".to_owned(), None)
        }
        Error::SqlInputError { error, .. } if error.code == ErrorCode::AuthorizationForStatementDenied => {
            wrong("a query can only read: SELECT or WITH".to_owned(), None)
        }
        Error::SqliteFailure(_, Some(message)) if message.ends_with("may not be modified") => {
            wrong("a query can only read: SELECT or WITH".to_owned(), None)
        }
        Error::SqlInputError { msg, offset, .. } => wrong(format!("{msg}{}", hint(&msg)), position(sql, &msg, offset)),
        Error::ModuleError(message) | Error::SqliteFailure(_, Some(message)) => {
            wrong(format!("{message}{}", hint(&message)), position(sql, &message, -1))
        }
        other => wrong(other.to_string(), None),
    }
}

/// Where a query is wrong, in characters: where SQLite says, in bytes; else at the name that it says is not there, or at the
/// end of what ends too early.
fn position(sql: &str, message: &str, offset: i32) -> Option<usize> {
    let chars = |at: usize| sql.get(..at).map(|before| before.chars().count());
    if let Ok(offset) = usize::try_from(offset) {
        return chars(offset);
    }
    if message == "incomplete input" {
        return Some(sql.chars().count());
    }
    let name = message.strip_prefix("no such ").and_then(|rest| rest.split_once(": ")).map(|(_, name)| name)?;
    let is_it = |word: &Word| sql.get(word.range.clone()).is_some_and(|text| text.eq_ignore_ascii_case(name));
    words(sql).iter().find(|word| is_it(word)).and_then(|word| chars(word.range.start))
}

/// `; did you mean duration_ns?` for a name that is nearly right; `; table waits has it` for a column of another table.
fn hint(message: &str) -> String {
    let names: Vec<&'static str> = if message.starts_with("no such column") {
        TABLES.iter().flat_map(|table| table.columns()).map(|column| column.name).collect()
    } else if message.starts_with("no such table") {
        TABLES.iter().map(|table| table.name()).collect()
    } else {
        return String::new();
    };
    let wrong = message.rsplit([' ', '.']).next().unwrap_or_default();
    let has_it = |table: &&&dyn Table| table.columns().iter().any(|column| column.name.eq_ignore_ascii_case(wrong));
    let tables: Vec<&str> = TABLES.iter().filter(has_it).map(|table| table.name()).collect();
    match tables.as_slice() {
        [] => {}
        [table] => return format!("; table {table} has it"),
        tables => return format!("; tables {} have it", tables.join(", ")),
    }
    most_similar(wrong, &names).map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use trace_core::base::monitor::Monitor;
    use trace_core::load::load_bytes;
    use trace_core::tables::source::Source;

    use super::{Engine, Sink};
    use crate::sample::SAMPLE;
    use crate::sql::answer::{Cell, QueryError};

    /// Keeps the rows that it gets.
    #[derive(Default)]
    struct Kept(Vec<Vec<Cell>>);

    impl Sink for Kept {
        fn begin(&mut self, _: Vec<String>) {}

        fn row(&mut self, cells: Vec<Cell>) -> bool {
            self.0.push(cells);
            true
        }
    }

    fn engine(monitor: &Monitor) -> Engine {
        let trace = load_bytes(SAMPLE, &Monitor::new(), &mut |_| {}).expect("the sample");
        let source = Source::new(trace, "sample".to_owned(), monitor.clone());
        Engine::new(vec![Arc::new(source)], monitor.clone()).expect("it starts")
    }

    #[test]
    fn sums_come_from_groups_where_they_can() {
        let engine = engine(&Monitor::new());
        let grouped = |sql: &str| {
            let mut kept = Kept::default();
            let done = engine.ran_grouped(sql, 2, &mut kept)?;
            done.ok().map(|()| kept.0)
        };
        for sql in [
            "SELECT count(*), sum(duration_ns) FROM spans WHERE duration_ns > 1e3",
            "SELECT g, max(duration_ns) FROM spans WHERE state = 'running' GROUP BY g",
            "SELECT function, count(*) FROM waits GROUP BY 1 ORDER BY 2 DESC",
            "SELECT func(stack_id), sum(duration_ns) FROM syscalls GROUP BY 1",
            "SELECT state, sum(total_ns) FROM goroutine_states GROUP BY state",
            "SELECT g, sum(duration_ns) AS ns FROM spans WHERE state = 'running' GROUP BY g ORDER BY ns DESC LIMIT 3",
            "SELECT g, count(*) FROM spans GROUP BY g ORDER BY 2 DESC, g LIMIT 1",
            "SELECT g, min(duration_ns) FROM waits GROUP BY g ORDER BY min(duration_ns) DESC LIMIT 2",
            "SELECT g, max(total_ns) FROM goroutine_states WHERE total_ns > 1000 GROUP BY g ORDER BY 2 DESC LIMIT 5",
        ] {
            let mut rows = Kept::default();
            let by_row = sql.replace(" spans", " (SELECT * FROM spans)").replace(" waits", " (SELECT * FROM waits)");
            let by_row = by_row.replace(" syscalls", " (SELECT * FROM syscalls)");
            let by_row = by_row.replace(" goroutine_states", " (SELECT * FROM goroutine_states)");
            engine.run(&by_row, &mut rows).expect("it runs");
            assert!(!rows.0.is_empty(), "{sql}");
            assert_eq!(grouped(sql), Some(rows.0), "{sql}");
        }
        // Whether a text is a number is SQLite's to say, and what a column holds of which rows differ nobody's.
        assert_eq!(grouped("SELECT count(*), max(g) FROM spans WHERE g > '3'"), None);
        assert_eq!(grouped("SELECT count(*), 1 FROM spans WHERE duration_ns"), None);
    }

    #[test]
    fn what_is_stopped_gives_no_sums() {
        let monitor = Monitor::new();
        let engine = engine(&monitor);
        monitor.cancel();
        let mut kept = Kept::default();
        let ran = engine.run("SELECT count(*), sum(duration_ns) FROM spans", &mut kept);
        assert_eq!((ran, kept.0), (Err(QueryError::Cancelled), Vec::new()));
    }
}
