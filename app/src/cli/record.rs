//! `tracelane record`: traces of several services at the same time, from their `net/http/pprof` servers, as a session.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Barrier};

use clap::Args;
use tempfile::tempfile;

use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::format::FormatArgs;
use crate::cli::out::Out;
use crate::cli::print::{Head, Output, eprint_error, print};
use crate::cli::values;
use crate::fmt::number::bytes;
use crate::remote;
use crate::report::render::schema;
use crate::report::report::Report;
use crate::report::table::{Column, Table};
use crate::report::value::Value;
use crate::session::file::{Member, SessionFile};

/// What the long help says.
pub const ABOUT: &str = "\
Records traces of several services at the same time: asks the net/http/pprof server of each for a trace of so many
seconds, starting with all of them within milliseconds, and saves NAME.trace of each and session.json, which
tracelane session, why and report open.

A URL may leave out http:// and the path: backend=host:6060 asks for /debug/pprof/trace. A user and password are given
as http://USER:PASSWORD@HOST/. What a server says when it refuses is quoted; the traces of the others are kept, and so
is what has come of one that breaks off.

  tracelane record --seconds 5 frontend=localhost:6060 backend=localhost:6061 -o slow-checkout";

/// Where `net/http/pprof` serves traces.
const PATH: &str = "/debug/pprof/trace";
/// The name of the session file.
const SESSION: &str = "session.json";

/// The arguments of `tracelane record`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct RecordArgs {
    /// Services and where each serves net/http/pprof
    #[arg(value_name = "NAME=URL", required = true, value_parser = service)]
    pub services: Vec<(String, PathBuf)>,
    /// How long to record
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seconds: u32,
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

/// Reads `NAME=URL` of the command line.
fn service(text: &str) -> Result<(String, PathBuf), String> {
    let expected = || "expected e.g. backend=localhost:6060".to_owned();
    let (name, url) = text.split_once('=').ok_or_else(expected)?;
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(is_plain) || name.starts_with('.') || url.is_empty() {
        return Err(expected());
    }
    let url = remote::named(PathBuf::from(completed(url)));
    if remote::is_address(&url) { Ok((name.to_owned(), url)) } else { Err(expected()) }
}

/// An address with a path, if it has none.
fn completed(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").map_or(("", url), |(scheme, rest)| (scheme, rest));
    let has_path = rest.trim_end_matches('/').contains('/');
    let path = if has_path { "" } else { PATH };
    let rest = if has_path { rest } else { rest.trim_end_matches('/') };
    let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    format!("{scheme}{rest}{path}")
}

/// A recording of one service, under way or finished.
struct Recording {
    name: String,
    /// What has come, in a temporary file.
    file: File,
    bytes: u64,
    /// Why no more came.
    error: Option<io::Error>,
}

/// Records all services, and saves what came.
///
/// # Errors
/// When something is in the way of the files, or nothing came from any server.
pub fn run(args: &RecordArgs) -> CliResult {
    let outs: Vec<Out> = args.services.iter().map(|(name, _)| out(args, &format!("{name}.trace"))).collect();
    let session = out(args, SESSION);
    let unwritten = |path: &Path, error: &io::Error| CliError::unwritten(&path.display().to_string(), error);
    std::fs::create_dir_all(&args.out).map_err(|error| unwritten(&args.out, &error))?;
    for out in outs.iter().chain([&session]) {
        out.check([])?;
    }
    let recordings = record(args).map_err(|error| unwritten(&args.out, &error))?;
    let mut members = Vec::new();
    let mut rows = Vec::new();
    let mut is_whole = true;
    for (mut recording, out) in recordings.into_iter().zip(outs) {
        is_whole &= recording.error.is_none();
        if let Some(error) = &recording.error {
            eprint_error(&format!("{}: {error}", recording.name));
        }
        let (Some(path), true) = (out.path.clone(), recording.bytes > 0) else { continue };
        recording.file.seek(SeekFrom::Start(0)).map_err(|error| unwritten(&path, &error))?;
        if let Some(checked) = out.check([])? {
            checked.write(|writer| io::copy(&mut recording.file, writer).map(|_| ()))?;
        }
        let member = Member::of(&path, &args.out, Some(recording.name.clone()), None);
        members.push(member.map_err(|error| unwritten(&path, &error))?);
        rows.push(Saved { service: recording.name, bytes: recording.bytes, path });
    }
    if rows.is_empty() {
        let message = "no trace was recorded, see above".to_owned();
        return Err(CliError { exit: Exit::Unreadable, message });
    }
    let file = SessionFile { members, ..SessionFile::default() };
    let text = file.text().map_err(|error| CliError::unwritten(SESSION, &error))?;
    if let Some(checked) = session.check([])? {
        checked.write(|writer| writer.write_all(text.as_bytes()))?;
    }
    let file = args.out.join(SESSION).display().to_string();
    let head = Head { schema: "record", title: "Recorded", file: &file, is_partial: !is_whole };
    print(Output::of(args.format.chosen(), head, &report(&file, rows))?)?;
    Ok(if is_whole { Exit::Fine } else { Exit::Damaged })
}

fn out(args: &RecordArgs, name: &str) -> Out {
    Out { path: Some(args.out.join(name)), force: args.force }
}

/// A trace that was saved.
struct Saved {
    service: String,
    bytes: u64,
    path: PathBuf,
}

/// The report on what was saved, and on the session file.
fn report(session: &str, saved: Vec<Saved>) -> Report {
    let table = Table::of("traces", "Traces", &Arc::new(saved), Vec::as_slice)
        .column(Column::text("name", "Service", ""), |saved: &Saved| Value::Name(saved.service.clone()))
        .column(Column::bytes("bytes", "Size", ""), |saved| Value::Bytes(saved.bytes))
        .column(Column::text("file", "File", ""), |saved| Value::Text(saved.path.display().to_string()))
        .build();
    Report::default().fact("next", "Next", Value::Text(format!("tracelane session {session}"))).table(table)
}

/// The fields of its JSON.
#[must_use]
pub fn fields() -> String {
    let fields = schema::fields(&report("", Vec::new()));
    format!("With --format json, one JSON object; file is the session file:\n\n{}", fields.trim_end())
}

/// Asks all servers at once, and waits for all.
fn record(args: &RecordArgs) -> io::Result<Vec<Recording>> {
    let barrier = Arc::new(Barrier::new(args.services.len()));
    let mut threads = Vec::new();
    for (name, url) in &args.services {
        let (name, url, barrier) = (name.clone(), remote::recording(url, args.seconds), Arc::clone(&barrier));
        let file = tempfile()?;
        let record = move || {
            barrier.wait();
            receive(name, &url, file)
        };
        threads.push(std::thread::Builder::new().name("record".to_owned()).spawn(record)?);
    }
    // Said once, so that a terminal does not look stuck.
    eprint_error(&format!("recording {} for {} s", counted(args.services.len()), args.seconds));
    let gone = || io::Error::other("the recording failed");
    threads.into_iter().map(|thread| thread.join().map_err(|_panic| gone())).collect()
}

fn counted(services: usize) -> String {
    if services == 1 { "1 service".to_owned() } else { format!("{services} services") }
}

/// Reads a server's answer to its end.
fn receive(name: String, url: &Path, mut file: File) -> Recording {
    let mut total = 0;
    let mut copy = || -> io::Result<()> {
        let mut source = remote::open(url).map_err(io::Error::other)?;
        let mut buffer = vec![0; 64 << 10];
        loop {
            let count = source.reader.read(&mut buffer)?;
            if count == 0 {
                return Ok(());
            }
            file.write_all(buffer.get(..count).unwrap_or_default())?;
            total += count as u64;
        }
    };
    let error = copy().err();
    if error.is_none() {
        eprint_error(&format!("{name}: {}", bytes(total)));
    }
    Recording { name, file, bytes: total, error }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_completed() {
        let whole =
            |url: &str| remote::recording(&remote::named(PathBuf::from(completed(url))), 3).display().to_string();
        assert_eq!(whole("localhost:6060"), "http://localhost:6060/debug/pprof/trace?seconds=3");
        assert_eq!(whole("https://host/"), "https://host/debug/pprof/trace?seconds=3");
        assert_eq!(whole("http://h/x?a=b"), "http://h/x?a=b&seconds=3");
        assert_eq!(whole("http://h/x?seconds=9"), "http://h/x?seconds=9");
        for wrong in ["", "x", "=h:1", "a/b=h:1", "..=h:1", "a=", "a=file.trace"] {
            assert!(service(wrong).is_err(), "{wrong}");
        }
        // What it keeps to itself stays there.
        let secret = whole("http://u:hush@h:1/x");
        assert!(!secret.contains("hush") && secret.ends_with("seconds=3"), "{secret}");
        assert_eq!(service("back=localhost:6060").map(|(name, _)| name), Ok("back".to_owned()));
    }
}
