//! `tracelane query`: questions in SQL about one trace or several.

mod parquet;
mod render;

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;
use trace_core::tables::OF_SESSIONS;
use trace_core::tables::source::Source;

use crate::cli::exit::{CliError, CliResult, Exit, is_damaged};
use crate::cli::load::load;
use crate::cli::out::{Checked, Out};
use crate::cli::print::print;
use crate::cli::query::render::Printer;
use crate::cli::session::{is_partial, load as load_session};
use crate::cli::values;
use crate::fmt::name;
use crate::fmt::text::Text;
use crate::lake::LakeError;
use crate::lake::layout::is_lake;
use crate::lake::reader::Lake;
use crate::report::format::Format;
use crate::sql::answer::{Cell, QueryError};
use crate::sql::engine::{Engine, Sink};
use crate::sql::lexer::{WordKind, words};
use crate::sql::library::{LIBRARY, Named, named};
use crate::sql::schema;

/// What the long help says.
pub const ABOUT: &str = "\
Answers a question in SQL about a trace, or about several. --tables lists the tables with their columns, --queries queries
that are ready to run with --named. A query that names services, requests or request_spans opens all files as one session:
traces of several services, span files, folders or archives of them, or a session file. A lake that tracelane export
--parquet has written is asked alike: its tables have the rows of all its snapshots.

--format parquet writes the answer to a file for DuckDB, Spark or pandas; the query runs twice, first to learn the types of
its columns.";

/// Rows that are printed at a time.
const CHUNK: usize = 1_000;

/// The arguments of `tracelane query`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct QueryArgs {
    /// Traces (or the files of a session, or a lake) to read, then the query unless --named gives it
    #[arg(value_name = "FILE... SQL", num_args = 1.., required_unless_present_any = ["tables", "queries", "page"])]
    words: Vec<PathBuf>,
    /// Run this one of the ready queries
    #[arg(long, value_name = "NAME", value_parser = values::one_of(LIBRARY.iter().map(|query| query.name), named))]
    named: Option<Named>,
    /// Print at most so many rows
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// List the tables with their columns, and the functions
    #[arg(long, conflicts_with_all = ["words", "named", "queries"])]
    tables: bool,
    /// List the ready queries
    #[arg(long, conflicts_with_all = ["words", "named"])]
    queries: bool,
    /// Print the manual's page about queries
    #[arg(long, hide = true, conflicts_with_all = ["words", "named", "queries", "tables"])]
    page: bool,
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = values::one_of(FORMS.map(|form| form.0), form))]
    #[arg(conflicts_with_all = ["json", "md"])]
    format: Form,
    /// Short for --format json
    #[arg(long, conflicts_with = "md")]
    json: bool,
    /// Short for --format md
    #[arg(long)]
    md: bool,
    /// Where Parquet goes; - is standard output
    #[arg(short, long, value_name = "OUT", value_parser = values::path(), required_if_eq("format", "parquet"))]
    out: Option<PathBuf>,
    /// Replace OUT if it exists (never a trace)
    #[arg(long, requires = "out")]
    force: bool,
}

/// A form in which an answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Printed(Format),
    Parquet,
}

const FORMS: [(&str, Form); 5] = [
    ("text", Form::Printed(Format::Text)),
    ("json", Form::Printed(Format::Json)),
    ("csv", Form::Printed(Format::Csv)),
    ("md", Form::Printed(Format::Markdown)),
    ("parquet", Form::Parquet),
];

fn form(name: &str) -> Option<Form> {
    FORMS.iter().find(|form| form.0 == name).map(|form| form.1)
}

impl QueryArgs {
    const fn form(&self) -> Form {
        match self {
            Self { json: true, .. } => Form::Printed(Format::Json),
            Self { md: true, .. } => Form::Printed(Format::Markdown),
            Self { format, .. } => *format,
        }
    }

    /// The traces, and the query.
    fn parts(&self) -> Result<(&[PathBuf], String), CliError> {
        if let Some(query) = self.named {
            return Ok((&self.words, query.sql.to_owned()));
        }
        let Some((sql, files)) = self.words.split_last().filter(|(_, files)| !files.is_empty()) else {
            return Err(CliError::usage("a trace and a query are needed: tracelane query FILE 'SELECT ...'"));
        };
        let sql = sql.to_str().ok_or_else(|| CliError::usage("the query is not valid UTF-8"))?;
        if !sql.contains(char::is_whitespace) {
            return Err(CliError::usage(format!("the last argument is the query, and {sql} is none")));
        }
        Ok((files, sql.to_owned()))
    }
}

/// Loads the traces, runs the query and prints its rows as they come.
///
/// # Errors
/// When a file is unreadable, or the query is wrong.
pub fn run(args: &QueryArgs) -> CliResult {
    if args.tables {
        return print(schema::tables());
    }
    if args.queries {
        return print(schema::library());
    }
    if args.page {
        return print(Text::of_lines(&schema::manual()));
    }
    let (files, sql) = args.parts()?;
    if args.out.is_some() && args.form() != Form::Parquet {
        return Err(CliError::usage("--out goes with --format parquet; other formats are printed"));
    }
    let out = Out { path: args.out.clone(), force: args.force };
    let out = out.check(files.iter().map(PathBuf::as_path))?;
    let monitor = Monitor::new();
    if let Some(lake) = files.iter().find(|file| is_lake(file)) {
        if files.len() > 1 {
            return Err(CliError::usage(format!("{} is a lake, which is asked by itself", lake.display())));
        }
        let unreadable = |error: LakeError| CliError { exit: Exit::Unreadable, message: error.0 };
        let engine = Engine::of_lake(Lake::open(lake).map_err(unreadable)?, monitor).map_err(failed)?;
        return answer(&engine, &sql, args, out.as_ref());
    }
    let (sources, is_partial) =
        if is_of_session(&sql) { of_session(files, &monitor)? } else { of_traces(files, &monitor)? };
    let engine = Engine::new(sources, monitor).map_err(failed)?;
    answer(&engine, &sql, args, out.as_ref())?;
    Ok(if is_partial { Exit::Damaged } else { Exit::Fine })
}

/// What is asked, and whether parts of it are lost.
pub type Asked = (Vec<Arc<Source>>, bool);

/// The names of all tables with what their rows are; of one of them, its columns, and how functions are called.
///
/// # Errors
/// When there is no such table.
pub fn described(table: Option<&str>) -> Result<String, String> {
    schema::described(table)
}

/// Whether a query names a table that only sessions have rows in.
#[must_use]
pub fn is_of_session(sql: &str) -> bool {
    names_any(sql, &OF_SESSIONS)
}

/// Whether a query names one of these tables.
pub fn names_any(sql: &str, tables: &[&str]) -> bool {
    let named = words(sql).into_iter().filter(|word| word.kind == WordKind::Table);
    let mut named = named.filter_map(|word| sql.get(word.range));
    named.any(|name| tables.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

/// Each file by itself.
fn of_traces(files: &[PathBuf], monitor: &Monitor) -> Result<Asked, CliError> {
    let mut sources = Vec::new();
    let mut is_partial = false;
    for file in files {
        let trace = load(file)?;
        is_partial |= is_damaged(&trace);
        sources.push(Arc::new(Source::new(trace, name::path(file), monitor.clone())));
    }
    Ok((sources, is_partial))
}

/// All files as one session: each service with a trace is one of the traces.
///
/// # Errors
/// When a file is unreadable.
pub fn of_session(files: &[PathBuf], monitor: &Monitor) -> Result<Asked, CliError> {
    let loaded = load_session(files, None)?;
    let session = &loaded.session;
    let source = |trace: &Arc<Trace>, file: &str| Source::new(Arc::clone(trace), file.to_owned(), monitor.clone());
    let traces = session.services.iter().filter_map(|service| {
        let file = service.input.and_then(|input| session.inputs.get(input)).map_or("", |input| input.file.as_str());
        service.trace.as_ref().map(|trace| source(trace, file))
    });
    let mut sources: Vec<Source> = traces.collect();
    if sources.is_empty() {
        sources.push(source(&Arc::default(), ""));
    }
    let first = sources.remove(0).with_session(Arc::clone(session));
    sources.insert(0, first);
    Ok((sources.into_iter().map(Arc::new).collect(), is_partial(&loaded)))
}

/// Runs the query and prints its rows, or writes them.
fn answer(engine: &Engine, sql: &str, args: &QueryArgs, out: Option<&Checked<'_>>) -> CliResult {
    let left = args.limit.unwrap_or(usize::MAX);
    let format = match (args.form(), out) {
        (Form::Printed(format), _) => format,
        (Form::Parquet, Some(out)) => {
            parquet::write(engine, sql, left, out, failed)?;
            return Ok(Exit::Fine);
        }
        // The definition does not let it happen.
        (Form::Parquet, None) => return Err(CliError::usage("--format parquet needs --out")),
    };
    let mut sink = Printed { format, left, printer: None, rows: Vec::new(), done: Ok(Exit::Fine) };
    engine.run(sql, &mut sink).map_err(failed)?;
    sink.flush();
    let end = sink.printer.as_mut().map(Printer::end);
    sink.done?;
    end.map_or(Ok(Exit::Fine), print)
}

/// Prints rows, some at a time.
struct Printed {
    format: Format,
    left: usize,
    printer: Option<Printer>,
    rows: Vec<Vec<Cell>>,
    done: CliResult,
}

impl Sink for Printed {
    fn begin(&mut self, columns: Vec<String>) {
        self.printer = Some(Printer::new(self.format, columns));
    }

    fn row(&mut self, cells: Vec<Cell>) -> bool {
        let Some(left) = self.left.checked_sub(1) else { return false };
        self.left = left;
        self.rows.push(cells);
        if self.rows.len() >= CHUNK {
            self.flush();
        }
        self.done.is_ok()
    }
}

impl Printed {
    fn flush(&mut self) {
        if let Some(printer) = self.printer.as_mut().filter(|_| !self.rows.is_empty()) {
            self.done = print(printer.rows(&std::mem::take(&mut self.rows)));
        }
    }
}

fn failed(error: QueryError) -> CliError {
    match error {
        QueryError::Cancelled => CliError { exit: Exit::Unreadable, message: error.to_string() },
        QueryError::Wrong { .. } => CliError { exit: Exit::Usage, message: error.to_string() },
    }
}
