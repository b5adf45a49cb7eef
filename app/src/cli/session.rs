//! `tracelane session`: several recordings as one, and session files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use trace_core::analysis::findings::find;
use trace_core::base::monitor::Monitor;
use trace_core::session::path::{explain, request_with_id, told_best};
use trace_core::session::{Content, Session, build};

use crate::cli::command::AnalysisArgs;
use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::format::FormatArgs;
use crate::cli::out::Out;
use crate::cli::print::{Head, Output, print};
use crate::cli::values;
use crate::output::Inputs;
use crate::report::report::Report;
use crate::report::{render, session};
use crate::session::{Opened, described, open};

/// The slowest requests that `report` explains.
const EXPLAINED: usize = 20;

/// What the long help says.
pub const ABOUT: &str = "\
Opens several recordings as one: traces of the services that a request passes through, and span files (OTLP as JSON or
protobuf, OpenTelemetry-Go stdouttrace, Jaeger, Zipkin). Puts them on one clock, joins spans with tasks by ID, or by
name and time, and lists the requests with their spans across all services, the longest first.

A FILE may also be a folder, an archive or a session file; NAME=FILE names a service. -o saves the session: a small
file with the paths of its members, which opens like any other. What could be joined in several ways is not joined,
but listed.

IDs are found in logs, task names and region names: traceparent, trace_id, span_id, request_id, b3, uber-trace-id,
Datadog's and others. --patterns adds lines such as: my-correlation-id request";

/// The arguments of `tracelane session`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct SessionArgs {
    /// Traces, span files, folders or archives of them, or a session file
    #[arg(value_name = "FILE", required = true, value_parser = values::file())]
    pub files: Vec<PathBuf>,
    /// Maximum number of rows of each table
    #[arg(long, value_name = "N", value_parser = values::limit, default_value = "40")]
    pub limit: usize,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
    /// Save the session under this name
    #[arg(short, long, value_name = "FILE", value_parser = values::path())]
    pub out: Option<PathBuf>,
    /// Replace FILE if it exists
    #[arg(long, requires = "out")]
    pub force: bool,
    /// File with patterns of further IDs
    #[arg(long, value_name = "FILE", value_parser = values::path())]
    pub patterns: Option<PathBuf>,
}

/// The fields of its JSON.
#[must_use]
pub fn fields() -> String {
    let report = session::report(&Arc::new(Session::default()));
    format!("With --format json, one JSON object:\n\n{}", render::schema::fields(&report).trim_end())
}

/// A session, and what is to be known of its files.
pub struct Loaded {
    /// What the files have in common: services, spans, requests, clocks.
    pub session: Arc<Session>,
    /// The files, as they were given and found.
    pub opened: Opened,
}

/// Opens the files of a session and finds all there is to find.
///
/// # Errors
/// When a file is unreadable, or standard output goes into one.
pub fn load(files: &[PathBuf], patterns: Option<&Path>) -> Result<Loaded, CliError> {
    let checked = Inputs::of(files.iter().map(PathBuf::as_path)).check_standard_output();
    checked.map_err(|error| CliError::unwritten("to standard output", &error))?;
    let monitor = Monitor::new();
    let mut opened = open(files, &monitor).map_err(|error| CliError::unreadable(&error.file, &error.error))?;
    if let Some(path) = patterns {
        let unreadable =
            |why: String| CliError { exit: Exit::Unreadable, message: format!("{}: {why}", path.display()) };
        let text = std::fs::read_to_string(path).map_err(|error| unreadable(error.to_string()))?;
        opened.pattern_text = format!("{text}\n{}", opened.pattern_text);
        let own = std::mem::take(&mut opened.patterns);
        opened.patterns = own.with(&text).map_err(|error| unreadable(error.to_string()))?;
    }
    // Never cancelled.
    let session = build(opened.inputs.clone(), &opened.patterns, &monitor).unwrap_or_default();
    Ok(Loaded { session: Arc::new(session), opened })
}

/// Whether parts of what the files should hold are lost.
#[must_use]
pub fn is_partial(loaded: &Loaded) -> bool {
    let is_lost = |content: &Content| match content {
        Content::Trace(trace) => trace.is_damaged(),
        Content::Spans(file) => file.faults.lose_spans(),
    };
    loaded.opened.is_partial || loaded.session.inputs.iter().any(|input| is_lost(&input.content))
}

/// Opens the session, prints what is in it, and saves it if that is wanted.
///
/// # Errors
/// When a file is unreadable, or the output cannot be written.
pub fn run(args: &SessionArgs) -> CliResult {
    let out = Out { path: args.out.clone(), force: args.force };
    let checked = out.check(args.files.iter().map(PathBuf::as_path))?;
    let loaded = load(&args.files, args.patterns.as_deref())?;
    if let Some(checked) = &checked {
        let folder = args.out.as_deref().and_then(Path::parent).unwrap_or_else(|| Path::new(""));
        let unwritten = |error: &dyn std::error::Error| CliError::unwritten(&checked.name(), error);
        let texts = (loaded.opened.text.as_str(), loaded.opened.pattern_text.as_str());
        let opened = &loaded.opened;
        let file = described((&opened.inputs, &opened.paths), texts, (folder, &opened.colors))
            .map_err(|error| unwritten(&error))?;
        let text = file.text().map_err(|error| unwritten(&error))?;
        checked.write(|writer| writer.write_all(text.as_bytes()))?;
    }
    let report = session::report(&loaded.session);
    let names: Vec<String> = args.files.iter().map(|file| file.display().to_string()).collect();
    write(head("session", "Session", &names.join(" ")), args.format, args.limit, &loaded, report)
}

/// What a report on a session is printed under, if nothing is lost.
const fn head<'a>(schema: &'a str, title: &'a str, file: &'a str) -> Head<'a> {
    Head { schema, title, file, is_partial: false }
}

/// Prints a report on a session.
fn write(head: Head<'_>, format: FormatArgs, limit: usize, loaded: &Loaded, mut report: Report) -> CliResult {
    let is_partial = is_partial(loaded);
    report.notes.splice(0..0, loaded.opened.notes.iter().cloned());
    report.limit(limit);
    print(Output::of(format.chosen(), Head { is_partial, ..head }, &report)?)?;
    Ok(if is_partial { Exit::Damaged } else { Exit::Fine })
}

/// `tracelane why SESSION`: explains a request, the longest if none is named.
///
/// # Errors
/// When a file is unreadable, the request is not in it, or the output cannot be written.
pub fn why(args: &AnalysisArgs) -> CliResult {
    let loaded = load(std::slice::from_ref(&args.file), None)?;
    let found = match &args.request {
        Some(id) => request_with_id(&loaded.session, id),
        None => told_best(&loaded.session).next(),
    };
    let Some(request) = found else {
        let ids: Vec<&str> = loaded.session.requests.iter().take(3).map(|request| request.id.as_str()).collect();
        let known = match ids.as_slice() {
            [] => "it has no requests".to_owned(),
            ids => format!("the longest are {}; tracelane session lists all", ids.join(", ")),
        };
        let id = args.request.as_deref().unwrap_or_default();
        let message = format!(
            "{}: no request, or more than one, has an ID that begins with '{id}': {known}",
            args.file.display()
        );
        return Err(CliError { exit: Exit::Unreadable, message });
    };
    // Never cancelled.
    let explained = explain(&loaded.session, request, &Monitor::new()).unwrap_or_default();
    let report = session::why::report(&loaded.session, request, &explained);
    let file = args.file.display().to_string();
    write(head("session_why", "Why", &file), args.format, args.limit, &loaded, report)
}

/// `tracelane report SESSION`: where the time of the slowest requests went, and what was found in each service.
///
/// # Errors
/// When a file is unreadable, or the output cannot be written.
pub fn report(file: &Path, format: FormatArgs) -> CliResult {
    let loaded = load(&[file.to_path_buf()], None)?;
    let monitor = Monitor::new();
    let slowest = told_best(&loaded.session).take(EXPLAINED);
    let why: Vec<_> = slowest.filter_map(|request| explain(&loaded.session, request, &monitor)).collect();
    let traces = loaded.session.services.iter().zip(0_u32..);
    let found = traces.filter_map(|(service, at)| Some((at, find(service.trace.as_ref()?, &monitor)?)));
    let report = session::why::causes(&loaded.session, &why, &found.collect::<Vec<_>>());
    write(head("session_report", "Session", &file.display().to_string()), format, EXPLAINED, &loaded, report)
}
