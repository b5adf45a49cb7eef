//! Records several services at the same time, from their `net/http/pprof` servers, and saves what came as a session.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Barrier};
use std::thread::Builder;
use std::time::Duration;

use tempfile::tempfile;
use trace_core::base::monitor::Monitor;

use crate::remote;
use crate::remote::Header;
use crate::session::file::{Member, SessionFile};

/// The name of the session file.
pub const SESSION: &str = "session.json";
/// Between two looks at how much has come.
const EVERY: Duration = Duration::from_millis(250);
/// What is said of a recording that the user ended.
const STOPPED: &str = "stopped";
/// Services that are recorded at once.
pub const MOST: usize = 64;

/// A service to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// What it is called; also the stem of its file.
    pub name: String,
    /// Where it serves traces, as [`remote::named`] gives it.
    pub url: PathBuf,
}

/// Reads `NAME=URL`. The URL may leave out `http://` and the path.
///
/// # Errors
/// What was expected instead.
pub fn service(text: &str) -> Result<Service, String> {
    let expected = || "expected e.g. backend=localhost:6060".to_owned();
    let (name, url) = text.trim().split_once('=').ok_or_else(expected)?;
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if name.is_empty() || !name.chars().all(is_plain) || name.starts_with('.') || url.is_empty() {
        return Err(expected());
    }
    let url = remote::named(PathBuf::from(remote::with_path(url)));
    if remote::is_address(&url) { Ok(Service { name: name.to_owned(), url }) } else { Err(expected()) }
}

/// What is recorded, and for how long.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The services to record.
    pub services: Vec<Service>,
    /// How long to record each, seconds.
    pub seconds: u32,
    /// Headers that every request has.
    pub headers: Vec<Header>,
}

/// What has come of a service.
#[derive(Debug)]
pub struct Recording {
    /// The name that the user gave the service.
    pub name: String,
    /// The bytes of its trace so far, in a nameless file.
    file: File,
    /// How much there is of it.
    pub bytes: u64,
    /// Why no more came, in the server's own words where it answered.
    pub error: Option<String>,
}

/// How far a service is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Bytes that have come.
    pub bytes: u64,
    /// It has ended, as a whole or not.
    pub is_done: bool,
}

/// A recording while it goes on.
struct Going {
    come: AtomicU64,
    is_done: AtomicBool,
}

/// Asks all servers at once, and waits for all, or until `monitor` stops it: what has come until then is kept. `tell` is
/// told again and again how far each is.
///
/// # Errors
/// When there is no place for what comes.
pub fn record(wanted: &Wanted, monitor: &Monitor, tell: &mut dyn FnMut(&[Progress])) -> io::Result<Vec<Recording>> {
    let barrier = Arc::new(Barrier::new(wanted.services.len()));
    let (sender, ended) = channel();
    let mut going = Vec::new();
    let mut recordings = Vec::new();
    for (at, service) in wanted.services.iter().enumerate() {
        let file = tempfile()?;
        let known = Arc::new(Going { come: AtomicU64::new(0), is_done: AtomicBool::new(false) });
        let (url, barrier) = (remote::recording(&service.url, wanted.seconds), Arc::clone(&barrier));
        let (sender, writer, shared) = (sender.clone(), file.try_clone()?, Arc::clone(&known));
        let (headers, monitor) = (wanted.headers.clone(), monitor.clone());
        Builder::new().name("record".to_owned()).spawn(move || {
            barrier.wait();
            let error = receive(&url, &headers, writer, (&shared, &monitor)).err().map(|error| error.to_string());
            shared.is_done.store(true, Ordering::Release);
            // Nobody listens after a stop.
            drop(sender.send((at, error)));
        })?;
        going.push(known);
        recordings.push(Recording { name: service.name.clone(), file, bytes: 0, error: None });
    }
    drop(sender);
    // Of each that has ended, why no more came.
    let mut ends: Vec<Option<Option<String>>> = vec![None; recordings.len()];
    let mut note = |(at, error): (usize, Option<String>)| {
        if let Some(end) = ends.get_mut(at) {
            *end = Some(error);
        }
        ends.iter().all(Option::is_some)
    };
    while !monitor.is_cancelled() {
        let is_all = match ended.recv_timeout(EVERY) {
            Ok(end) => note(end),
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => true,
        };
        tell(&progress(&going));
        if is_all {
            break;
        }
    }
    while let Ok(end) = ended.try_recv() {
        note(end);
    }
    for ((recording, known), end) in recordings.iter_mut().zip(&going).zip(ends) {
        recording.bytes = known.come.load(Ordering::Acquire);
        // One of which no end was heard may be cut anywhere.
        recording.error = end.unwrap_or_else(|| Some(STOPPED.to_owned()));
    }
    Ok(recordings)
}

fn progress(going: &[Arc<Going>]) -> Vec<Progress> {
    let of = |known: &Arc<Going>| Progress {
        bytes: known.come.load(Ordering::Acquire),
        is_done: known.is_done.load(Ordering::Acquire),
    };
    going.iter().map(of).collect()
}

/// Reads a server's answer to its end.
fn receive(url: &Path, headers: &[Header], mut file: File, (known, monitor): (&Going, &Monitor)) -> io::Result<()> {
    let mut source = remote::open_with_headers(url, headers).map_err(io::Error::other)?;
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = source.reader.read(&mut buffer)?;
        // Whoever stopped it has counted what had come, and writes that.
        if monitor.is_cancelled() {
            return Err(io::Error::other(STOPPED));
        }
        if count == 0 {
            return Ok(());
        }
        file.write_all(buffer.get(..count).unwrap_or_default())?;
        known.come.fetch_add(count as u64, Ordering::AcqRel);
    }
}

/// Writes a file of the session: its place, and what to write there. Tells why it cannot.
pub type WriteFile<'a> = dyn Fn(&Path, &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> Result<(), String> + 'a;

/// What a recording of several services left on disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Saved {
    /// The name of each service that something came of, its bytes, and its file.
    pub traces: Vec<(String, u64, PathBuf)>,
    /// The session file, if something came of any service.
    pub session: Option<PathBuf>,
}

/// The files that a recording is saved in.
#[must_use]
pub fn files(wanted: &Wanted, folder: &Path) -> Vec<PathBuf> {
    let traces = wanted.services.iter().map(|service| folder.join(format!("{}.trace", service.name)));
    traces.chain([folder.join(SESSION)]).collect()
}

/// Saves what came in a folder.
///
/// # Errors
/// Why a file is not written: a sentence.
pub fn save(recordings: &mut [Recording], folder: &Path, write: &WriteFile<'_>) -> Result<Saved, String> {
    let mut saved = Saved::default();
    let mut members = Vec::new();
    for recording in recordings.iter_mut().filter(|recording| recording.bytes > 0) {
        let path = folder.join(format!("{}.trace", recording.name));
        let (file, bytes) = (&mut recording.file, recording.bytes);
        write(&path, &mut |out| {
            file.seek(SeekFrom::Start(0))?;
            // Of one that was stopped no more than what had come then.
            io::copy(&mut file.take(bytes), out).map(|_| ())
        })?;
        let member = Member::of(&path, folder, Some(recording.name.clone()), None);
        members.push(member.map_err(|error| format!("{}: {error}", path.display()))?);
        saved.traces.push((recording.name.clone(), recording.bytes, path));
    }
    if members.is_empty() {
        return Ok(saved);
    }
    let file = SessionFile { members, ..SessionFile::default() };
    let text = file.text().map_err(|error| error.to_string())?;
    let path = folder.join(SESSION);
    write(&path, &mut |out| out.write_all(text.as_bytes()))?;
    saved.session = Some(path);
    Ok(saved)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_completed() {
        let whole = |url: &str| {
            remote::recording(&remote::named(PathBuf::from(remote::with_path(url))), 3).display().to_string()
        };
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
        assert_eq!(service("back=localhost:6060").map(|service| service.name), Ok("back".to_owned()));
    }

    #[test]
    fn what_has_come_is_saved_as_a_session() {
        let folder = tempfile::tempdir().unwrap();
        let recording = |name: &str, text: &[u8], bytes: u64| {
            let mut file = tempfile().unwrap();
            file.write_all(text).unwrap();
            Recording { name: name.to_owned(), file, bytes, error: None }
        };
        let mut all = [recording("a", b"all of it and what came later", 9), recording("b", b"", 0)];
        let write = |path: &Path, content: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>| {
            let mut file = File::create(path).map_err(|error| error.to_string())?;
            content(&mut file).map_err(|error| error.to_string())
        };
        let saved = save(&mut all, folder.path(), &write).unwrap();
        assert_eq!(std::fs::read(folder.path().join("a.trace")).unwrap(), b"all of it");
        assert_eq!(saved.traces.len(), 1, "nothing came of the other");
        let session = SessionFile::read(&saved.session.unwrap()).unwrap().unwrap();
        assert_eq!(session.members.iter().map(|member| member.file.as_str()).collect::<Vec<_>>(), ["a.trace"]);
        let nothing = save(&mut all[1..], folder.path(), &write).unwrap();
        assert_eq!(nothing, Saved::default());
    }
}
