//! Sessions: their files are read and put together, made again with other names, and asked about, off the UI thread.

use std::io::{self, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use trace_core::analysis::compare::limits::limits;
use trace_core::analysis::compare::per::{Per, units};
use trace_core::analysis::compare::{Terms, compare};
use trace_core::analysis::findings::find;
use trace_core::base::monitor::Monitor;
use trace_core::base::visible::visible;
use trace_core::model::trace::Trace;
use trace_core::session::crossing::Crossings;
use trace_core::session::measure::measured;
use trace_core::session::path::{explain, told_best};
use trace_core::session::waterfall::waterfall;
use trace_core::session::{Content, Input, Service, Session, build};

use crate::action::action::Action;
use crate::action::session_action::{MemberTrace, RecordAction, SessionAction, SessionEffect};
use crate::output::{Inputs, Output};
use crate::remote::{self, Header};
use crate::report::comparison::changes::Changes;
use crate::report::comparison::divisor::Divisor;
use crate::report::report::Report;
use crate::report::session::map::{between_services, calls, columns};
use crate::report::session::why::causes_listed;
use crate::report::session::{colored_report, why};
use crate::session::record::{self, Progress, Wanted};
use crate::session::{OpenError, Opened, Told, described, open_told};
use crate::state::document::{DocumentId, Source};
use crate::state::record::{RecordFields, ServiceProgress};
use crate::state::rows::{RowOptions, Rows};
use crate::state::session::{Built, Members, RequestView, Said, SessionAnswer, SessionQuery, durations, packed};
use crate::worker::load::watched;
use crate::worker::mailbox::Mailbox;

/// The slowest requests whose time is added up.
const EXPLAINED: usize = 20;

/// Does what a session needs done, on the calling thread. Not for what asks the desktop.
pub fn run(effect: SessionEffect, mailbox: &Mailbox) {
    match effect {
        SessionEffect::Open { id, files, monitor } => open(id, &files, &monitor, mailbox),
        SessionEffect::Rebuild { id, built, said, monitor } => {
            let inputs = said_of(&built.members.inputs, &said);
            let colors = said.iter().map(|said| said.color).collect();
            let members = Arc::new(Members { inputs, colors, ..Members::clone(&built.members) });
            if let Some(built) = guarded(|| made(&members, &monitor)).flatten() {
                mailbox.send(Action::Session(SessionAction::Rebuilt(id, Arc::new(built))));
            }
        }
        SessionEffect::Answer { id, built, query, monitor } => {
            let answer = guarded(|| answer(&built, query, &monitor)).unwrap_or(Some(SessionAnswer::Failed));
            if let Some(answer) = answer {
                mailbox.send(Action::Session(SessionAction::Answered(id, query, answer)));
            }
        }
        SessionEffect::Record { fields, monitor } => {
            let (progress, saved) = recorded(&fields, &monitor, mailbox);
            mailbox.send(Action::Session(SessionAction::Record(RecordAction::Done(progress, saved))));
        }
        SessionEffect::Compare { id, built, path, monitor } => {
            let found = guarded(|| compared(&built, &path, &monitor));
            let found = found.unwrap_or_else(|| Err("the comparison failed (internal error)".to_owned()));
            if !monitor.is_cancelled() {
                mailbox.send(Action::Session(SessionAction::Compared(id, path, found.map(Arc::new))));
            }
        }
        SessionEffect::AskForFiles
        | SessionEffect::AskForContrast
        | SessionEffect::Save { .. }
        | SessionEffect::Discard(_) => {}
    }
}

/// What came of some work; nothing if it met a fault of its own.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// What the user says of files, said of them.
fn said_of(inputs: &[Input], said: &[Said]) -> Vec<Input> {
    let of = |(at, input): (usize, &Input)| {
        let said = said.get(at).cloned().unwrap_or_default();
        Input { name: said.name, offset: said.offset, ..input.clone() }
    };
    inputs.iter().enumerate().map(of).collect()
}

/// What knows how far files are, once they are known.
type Monitors = Mutex<Vec<Monitor>>;

fn monitors(all: &Monitors) -> Vec<Monitor> {
    all.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

fn open(id: DocumentId, files: &[PathBuf], monitor: &Monitor, mailbox: &Mailbox) {
    let all = Monitors::default();
    let told = |told: Told<'_>| match told {
        Told::Found(found) => {
            *all.lock().unwrap_or_else(PoisonError::into_inner) =
                found.iter().map(|(_, monitor)| monitor.clone()).collect();
            let paths = found.iter().map(|(path, _)| path.clone()).collect();
            mailbox.send(Action::Session(SessionAction::Found(id, paths)));
        }
        Told::Read(at, error) => {
            let outcome = error.map_or(Ok(()), |error| Err(error.to_string()));
            mailbox.send(Action::Session(SessionAction::Read(id, at, outcome)));
        }
    };
    let tell = || {
        let all = monitors(&all);
        if monitor.is_cancelled() {
            all.iter().for_each(Monitor::cancel);
        }
        let progress = all.iter().map(Monitor::progress).collect();
        mailbox.send(Action::Session(SessionAction::Progress(id, progress)));
    };
    let built = watched(tell, || {
        let opened = guarded(|| open_told(files, &told));
        let opened = opened.ok_or("the reader failed (internal error); please report it along with the files")?;
        let members = Arc::new(members(opened.map_err(|error| why_not(&error))?));
        let built = guarded(|| made(&members, monitor));
        let built =
            built.ok_or("the session could not be made (internal error); please report it along with the files")?;
        let built = Arc::new(built.ok_or("loading was stopped")?);
        let traces = traces(&built);
        Ok::<_, String>((built, traces))
    });
    if !monitor.is_cancelled() {
        mailbox.send(Action::Session(SessionAction::Built(id, built)));
    }
}

fn why_not(error: &OpenError) -> String {
    format!("{} cannot be opened: {}", error.file.display(), error.error)
}

fn members(opened: Opened) -> Members {
    let Opened { inputs, paths, notes, text, patterns, pattern_text, colors, .. } = opened;
    Members { inputs, paths, notes, text, patterns, pattern_text, colors }
}

/// Records several services together and saves what comes: what came of each, and the session file.
fn recorded(
    fields: &RecordFields,
    monitor: &Monitor,
    mailbox: &Mailbox,
) -> (Vec<ServiceProgress>, Result<PathBuf, String>) {
    let wanted = match wanted(fields) {
        Ok(wanted) => wanted,
        Err(why) => return (Vec::new(), Err(why)),
    };
    let folder = match folder_of(fields, &wanted) {
        Ok(folder) => folder,
        Err(why) => return (Vec::new(), Err(why)),
    };
    let known = |all: &[Progress]| -> Vec<ServiceProgress> {
        let of = |(service, progress): (&record::Service, &Progress)| ServiceProgress {
            name: visible(&service.name).into_owned(),
            bytes: progress.bytes,
            is_done: progress.is_done,
            error: None,
        };
        wanted.services.iter().zip(all).map(of).collect()
    };
    let mut tell = |all: &[Progress]| {
        mailbox.send(Action::Session(SessionAction::Record(RecordAction::Progress(known(all)))));
    };
    let mut recordings = match record::record(&wanted, monitor, &mut tell) {
        Ok(recordings) => recordings,
        Err(error) => return (Vec::new(), Err(error.to_string())),
    };
    let of = |recording: &record::Recording| ServiceProgress {
        name: visible(&recording.name).into_owned(),
        bytes: recording.bytes,
        is_done: true,
        error: recording.error.as_ref().map(|error| visible(&remote::without_secrets(error)).into_owned()),
    };
    let progress = recordings.iter().map(of).collect();
    (progress, saved(&folder, &mut recordings))
}

/// What is to be recorded, as it is typed.
fn wanted(fields: &RecordFields) -> Result<Wanted, String> {
    let lines = |text: &str| -> Vec<String> {
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    let services: Result<Vec<_>, String> = lines(&fields.services)
        .iter()
        .map(|line| record::service(line).map_err(|why| format!("{}: {why}", remote::without_secrets(line))))
        .collect();
    let headers: Result<Vec<_>, String> = lines(&fields.headers).iter().map(|line| Header::parse(line)).collect();
    let wanted = Wanted { services: services?, seconds: fields.seconds.max(1), headers: headers? };
    match wanted.services.len() {
        0 => Err("name at least one service, e.g. backend=localhost:6060".to_owned()),
        many if many > record::MOST => Err(format!("at most {} services are recorded at once", record::MOST)),
        _ => Ok(wanted),
    }
}

/// The folder to save to, in which no file is in the way.
fn folder_of(fields: &RecordFields, wanted: &Wanted) -> Result<PathBuf, String> {
    let folder = match fields.folder.trim() {
        "" => new_folder()?,
        folder => std::path::absolute(folder).map_err(|error| format!("{folder}: {error}"))?,
    };
    std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    match record::files(wanted, &folder).iter().find(|file| file.exists()) {
        Some(file) => Err(format!("{} is there already: name another folder", file.display())),
        None => Ok(folder),
    }
}

/// Saves what came: the session file. Files that are there stay.
fn saved(folder: &Path, recordings: &mut [record::Recording]) -> Result<PathBuf, String> {
    let inputs = Inputs::of([]);
    let write = |path: &Path, content: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>| {
        let output = Output { path, inputs: &inputs, may_replace: false, keeps_traces: true, may_stream: false };
        output.write(content).map_err(|error| format!("{} could not be written: {error}", path.display()))
    };
    let saved = record::save(recordings, folder, &write)?;
    saved.session.ok_or_else(|| "nothing came from any server".to_owned())
}

/// A folder of its own in the home folder.
fn new_folder() -> Result<PathBuf, String> {
    let home = directories::BaseDirs::new().ok_or("there is no home folder: name a folder")?;
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(home.home_dir().join("tracelane").join(format!("session-{}", since.as_secs())))
}

/// Makes a session. `None` if cancelled.
fn made(members: &Arc<Members>, monitor: &Monitor) -> Option<Built> {
    let found = build(members.inputs.clone(), &members.patterns, monitor)?;
    let session = Arc::new(shown(found));
    let mut report = colored_report(&session, &members.colors_of(&session));
    let seen = members.notes.iter().map(|note| visible(note).into_owned());
    report.notes.splice(0..0, seen);
    let (crossings, edges) = (Crossings::of(&session), between_services(&session));
    let columns = columns(session.services.len(), &edges);
    let slowest_calls = calls(&session).iter().map(|edge| edge.slowest).collect();
    let (durations, lanes) = (durations(&session), packed(&session));
    let members = Arc::clone(members);
    let built = Built { members, session, crossings, report, edges, columns, slowest_calls, durations, lanes };
    (!monitor.is_cancelled()).then_some(built)
}

/// Holds a session against another one: what changed from this one to that.
///
/// # Errors
/// Why nothing came of it: a sentence.
fn compared(built: &Built, path: &Path, monitor: &Monitor) -> Result<Report, String> {
    let opened = open_told(&[path.to_path_buf()], &|_| {}).map_err(|error| why_not(&error))?;
    let members = members(opened);
    let other = build(members.inputs, &members.patterns, monitor).map(shown).ok_or("it was stopped")?;
    let (a, b) = (measured(&built.session), measured(&other));
    let found = Arc::new(compare(&a, &b, &Terms::default(), None));
    let limits = limits(&a, &b, &found);
    let changes = Changes::new(&found, units(&a, &b, Per::Second).into(), &Divisor::Second);
    let sentences = found.settings.iter().chain(&found.verdict).chain(&limits).cloned().collect();
    let mut report = Report { sentences, ..Report::default() };
    report.tables.push(changes.shown_changes().table);
    Ok(report)
}

/// The same session for showing: in its names every character can be seen.
fn shown(mut session: Session) -> Session {
    let seen = |text: &str| visible(text).into_owned();
    for service in &mut session.services {
        service.name = seen(&service.name);
        service.trace = service.trace.as_ref().map(Trace::shown);
    }
    for input in &mut session.inputs {
        input.file = seen(&input.file);
        if let Content::Trace(trace) = &input.content {
            input.content = Content::Trace(trace.shown());
        }
    }
    for span in &mut session.spans {
        let name = visible(&span.name);
        if *name != *span.name {
            span.name = Arc::from(name.as_ref());
        }
    }
    for request in &mut session.requests {
        request.id = seen(&request.id);
    }
    session
}

/// Writes a session file.
///
/// # Errors
/// Why it is not written: a sentence.
pub fn save(built: &Built, said: &[Said], output: &Output<'_>) -> Result<(), String> {
    let members = &built.members;
    let inputs = said_of(&members.inputs, said);
    let folder = output.path.parent().unwrap_or_else(|| Path::new(""));
    let texts = (members.text.as_str(), members.pattern_text.as_str());
    let colors: Vec<Option<[u8; 3]>> = said.iter().map(|said| said.color).collect();
    let file = described((&inputs, &members.paths), texts, (folder, &colors)).map_err(|error| error.to_string())?;
    let text = file.text().map_err(|error| error.to_string())?;
    output.write(|writer| writer.write_all(text.as_bytes())).map_err(|error| error.to_string())
}

/// The traces of its services, to be shown as documents.
fn traces(built: &Built) -> Vec<MemberTrace> {
    let of = |(service, at): (&Service, u32)| {
        let trace = Arc::clone(service.trace.as_ref()?);
        let source = Source::Path(built.members.paths.get(service.input?)?.clone());
        let rows = Arc::new(Rows::build(&trace, &RowOptions::default()));
        Some(MemberTrace { service: at, source, trace, rows })
    };
    built.session.services.iter().zip(0..).filter_map(of).collect()
}

/// Answers a question. `None` if cancelled.
fn answer(built: &Built, query: SessionQuery, monitor: &Monitor) -> Option<SessionAnswer> {
    let session = &built.session;
    match query {
        SessionQuery::Request(at) => {
            let Some(request) = built.request(at) else { return Some(SessionAnswer::Failed) };
            let rows = waterfall(session, request, monitor)?;
            let explained = explain(session, request, monitor)?;
            let report = why::report(session, request, &explained);
            Some(SessionAnswer::Request(Arc::new(RequestView { rows, explained, report })))
        }
        SessionQuery::Causes => {
            let mut explained = Vec::new();
            for request in told_best(session).take(EXPLAINED) {
                explained.push(explain(session, request, monitor)?);
            }
            let mut found = Vec::new();
            for (service, at) in session.services.iter().zip(0..) {
                if let Some(trace) = &service.trace {
                    found.push((at, find(trace, monitor)?));
                }
            }
            Some(SessionAnswer::Causes(Arc::new(causes_listed(session, &explained, &found))))
        }
    }
}
