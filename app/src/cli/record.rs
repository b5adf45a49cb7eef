//! `tracelane record`: traces of several services at the same time, from their `net/http/pprof` servers, as a session.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use trace_core::base::monitor::Monitor;

use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::format::FormatArgs;
use crate::cli::out::Out;
use crate::cli::print::{Head, Output, eprint_error, eprint_progress, print};
use crate::cli::values;
use crate::fmt::number::bytes;
use crate::remote::Header;
use crate::report::render::schema;
use crate::report::report::Report;
use crate::report::table::{Column, Table};
use crate::report::value::Value;
use crate::session::record::{self, Progress, Recording, Service, Wanted};

/// What the long help says.
pub const ABOUT: &str = "\
Records traces of several services at the same time: asks the net/http/pprof server of each for a trace of so many
seconds, starting with all of them within milliseconds, and saves NAME.trace of each and session.json, which
tracelane session, why and report open.

A URL may leave out http:// and the path: backend=host:6060 asks for /debug/pprof/trace. A user and password are given
as http://USER:PASSWORD@HOST/, other secrets with --header, which is sent to all servers. What a server says when it
refuses is quoted; the traces of the others are kept, and so is what has come of one that breaks off. Ctrl+C ends the
recording, and what has come until then is kept.

  tracelane record --seconds 5 frontend=localhost:6060 backend=localhost:6061 -o slow-checkout";

/// The arguments of `tracelane record`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct RecordArgs {
    /// Services and where each serves net/http/pprof
    #[arg(value_name = "NAME=URL", required = true, value_parser = record::service)]
    pub services: Vec<Service>,
    /// How long to record
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seconds: u32,
    /// Header to send to each server, as 'NAME: VALUE'; may be given again
    #[arg(long = "header", value_name = "HEADER", value_parser = Header::parse)]
    pub headers: Vec<Header>,
    /// Folder to write to, which is made if it does not exist
    #[arg(short, long, value_name = "FOLDER", default_value = ".", value_parser = values::path())]
    pub out: PathBuf,
    /// Replace files that exist
    #[arg(long)]
    pub force: bool,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
}

/// Records all services, and saves what came.
///
/// # Errors
/// When something is in the way of the files, or nothing came from any server.
pub fn run(args: &RecordArgs) -> CliResult {
    let wanted = Wanted { services: args.services.clone(), seconds: args.seconds, headers: args.headers.clone() };
    let unwritten = |path: &Path, error: &io::Error| CliError::unwritten(&path.display().to_string(), error);
    std::fs::create_dir_all(&args.out).map_err(|error| unwritten(&args.out, &error))?;
    let out = |path: &Path| Out { path: Some(path.to_path_buf()), force: args.force };
    for path in record::files(&wanted, &args.out) {
        out(&path).check([])?;
    }
    let mut recordings = recorded(&wanted).map_err(|error| unwritten(&args.out, &error))?;
    let is_whole = recordings.iter().all(|recording| recording.error.is_none());
    for recording in &recordings {
        match &recording.error {
            Some(error) => eprint_error(&format!("{}: {error}", recording.name)),
            None => eprint_error(&format!("{}: {}", recording.name, bytes(recording.bytes))),
        }
    }
    let write = |path: &Path, content: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>| {
        let out = out(path);
        let Some(checked) = out.check([]).map_err(|error| error.message)? else { return Ok(()) };
        checked.write(content).map_err(|error| error.message)
    };
    let saved = record::save(&mut recordings, &args.out, &write)
        .map_err(|message| CliError { exit: Exit::Unreadable, message })?;
    let Some(session) = saved.session else {
        let message = "no trace was recorded, see above".to_owned();
        return Err(CliError { exit: Exit::Unreadable, message });
    };
    let file = session.display().to_string();
    let head = Head { schema: "record", title: "Recorded", file: &file, is_partial: !is_whole };
    print(Output::of(args.format.chosen(), head, &report(&file, saved.traces))?)?;
    Ok(if is_whole { Exit::Fine } else { Exit::Damaged })
}

/// The report on what was saved, and on the session file.
fn report(session: &str, saved: Vec<(String, u64, PathBuf)>) -> Report {
    let table = Table::of("traces", "Traces", &Arc::new(saved), Vec::as_slice)
        .column(Column::text("name", "Service", ""), |row: &(String, u64, PathBuf)| Value::Name(row.0.clone()))
        .column(Column::bytes("bytes", "Size", ""), |row| Value::Bytes(row.1))
        .column(Column::text("file", "File", ""), |row| Value::Text(row.2.display().to_string()))
        .build();
    Report::default().fact("next", "Next", Value::Text(format!("tracelane session {session}"))).table(table)
}

/// The fields of its JSON.
#[must_use]
pub fn fields() -> String {
    let fields = schema::fields(&report("", Vec::new()));
    format!("With --format json, one JSON object; file is the session file:\n\n{}", fields.trim_end())
}

/// Records, and says how far it is; Ctrl+C ends it, a second one the program.
fn recorded(wanted: &Wanted) -> io::Result<Vec<Recording>> {
    let monitor = Monitor::new();
    let stop = monitor.clone();
    let is_caught = ctrlc::set_handler(move || {
        if stop.is_cancelled() {
            std::process::exit(130);
        }
        stop.cancel();
    });
    let how = if is_caught.is_ok() { "; Ctrl+C keeps what has come" } else { "" };
    // Said once, so that a terminal does not look stuck.
    eprint_error(&format!("recording {} for {} s{how}", counted(wanted.services.len()), wanted.seconds));
    let begin = Instant::now();
    let mut tell = |all: &[Progress]| {
        let each = wanted.services.iter().zip(all).map(|(service, progress)| {
            let end = if progress.is_done { " (ended)" } else { "" };
            format!("{} {}{end}", service.name, bytes(progress.bytes))
        });
        let each: Vec<String> = each.collect();
        eprint_progress(&format!("{} s: {}", begin.elapsed().as_secs(), each.join(", ")));
    };
    let recordings = record::record(wanted, &monitor, &mut tell)?;
    eprint_progress("");
    Ok(recordings)
}

fn counted(services: usize) -> String {
    if services == 1 { "1 service".to_owned() } else { format!("{services} services") }
}
