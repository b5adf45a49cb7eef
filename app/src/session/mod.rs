//! Opens the files of a session: traces and span files, folders and archives of them, and session files. Which is which
//! is told by their content.

pub mod file;
pub mod record;

use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
use trace_core::base::error::{Error, Result};
use trace_core::base::monitor::Monitor;
use trace_core::input::archive;
use trace_core::input::source::{Source, holds_a_trace};
use trace_core::session::pattern::Patterns;
use trace_core::session::{Content, Input};
use trace_core::spans;

use crate::cache;
use crate::memory;
use crate::remote;
use crate::session::file::{FILE_BYTES, Member, SessionFile};

/// Bytes that tell what a file is.
const HEAD: u64 = 64 << 10;
/// Files of a folder or archive that are looked at.
const MOST_FILES: usize = 10_000;
/// The most files of a session.
const MOST_MEMBERS: usize = 1_000;

/// What the files of a session hold.
#[derive(Debug, Default)]
pub struct Opened {
    /// The members, in the order given.
    pub inputs: Vec<Input>,
    /// The files they are, in the same order.
    pub paths: Vec<PathBuf>,
    /// What was left out, and why: sentences.
    pub notes: Vec<String>,
    /// Parts of what the files should hold are missing.
    pub is_partial: bool,
    /// Notes of the session file.
    pub text: String,
    /// Patterns for ids, those of the session file among them.
    pub patterns: Patterns,
    /// The lines that the session file adds to the patterns.
    pub pattern_text: String,
    /// The colours that the user chose, in the order of the members.
    pub colors: Vec<Option<[u8; 3]>>,
}

/// Why the files cannot be opened.
#[derive(Debug)]
pub struct OpenError {
    /// The file that could not be opened.
    pub file: PathBuf,
    /// Why it could not be opened.
    pub error: Error,
}

/// A file that is to be opened.
#[derive(Clone, Debug, Default, PartialEq)]
struct Wanted {
    path: PathBuf,
    name: Option<String>,
    offset: Option<i64>,
    color: Option<[u8; 3]>,
    /// It was named by the user, so that it has to be readable.
    is_named: bool,
}

/// What is told while the files of a session are opened.
#[derive(Debug)]
pub enum Told<'a> {
    /// These are the files, and what knows how far each is and stops it.
    Found(&'a [(PathBuf, Monitor)]),
    /// The file at this place was read, or why not.
    Read(usize, Option<&'a Error>),
}

/// Opens files as the user names them: `FILE` or `NAME=FILE`, a folder, an archive, a session file. Traces are read at
/// the same time.
///
/// # Errors
/// When a file that was named cannot be read, or nothing is in any of them.
pub fn open(files: &[PathBuf], monitor: &Monitor) -> std::result::Result<Opened, OpenError> {
    open_with(files, || monitor.clone(), false, &|_| {})
}

/// The same, and tells of each file how far it is; what cannot be read is left out, and noted.
///
/// # Errors
/// When nothing is in any of them.
pub fn open_told(files: &[PathBuf], tell: &(dyn Fn(Told<'_>) + Sync)) -> std::result::Result<Opened, OpenError> {
    open_with(files, Monitor::new, true, tell)
}

fn open_with(
    files: &[PathBuf],
    monitor: impl Fn() -> Monitor,
    is_lenient: bool,
    tell: &(dyn Fn(Told<'_>) + Sync),
) -> std::result::Result<Opened, OpenError> {
    let mut opened = Opened::default();
    let mut wanted = Vec::new();
    for file in files {
        let (name, path) = named(file);
        match expand(&path, name, &mut wanted, &mut opened) {
            Ok(()) => {}
            Err(error) if is_lenient => leave_out(&mut opened, &path, &error),
            Err(error) => return Err(OpenError { file: path, error }),
        }
    }
    if wanted.len() > MOST_MEMBERS {
        opened.notes.push(format!("Only the first {MOST_MEMBERS} of {} files are opened.", wanted.len()));
        opened.is_partial = true;
        wanted.truncate(MOST_MEMBERS);
    }
    let told: Vec<(PathBuf, Monitor)> = wanted.iter().map(|wanted| (wanted.path.clone(), monitor())).collect();
    tell(Told::Found(&told));
    told.iter().for_each(|(_, monitor)| memory::limit(monitor, told.len()));
    let read: Vec<(Wanted, Result<Content>)> = wanted
        .into_par_iter()
        .zip(told)
        .enumerate()
        .map(|(at, (wanted, (_, monitor)))| {
            let content = content(&wanted.path, &monitor);
            tell(Told::Read(at, content.as_ref().err()));
            (wanted, content)
        })
        .collect();
    for (wanted, content) in read {
        match content {
            Ok(content) => {
                let file = wanted.path.display().to_string();
                opened.inputs.push(Input { file, name: wanted.name, offset: wanted.offset, content });
                opened.colors.push(wanted.color);
                opened.paths.push(wanted.path);
            }
            Err(error) if wanted.is_named && !is_lenient => return Err(OpenError { file: wanted.path, error }),
            Err(error) => leave_out(&mut opened, &wanted.path, &error),
        }
    }
    match (opened.inputs.is_empty(), files.first()) {
        (true, Some(file)) => {
            let found = "neither a trace nor a file of spans is in it".to_owned();
            Err(OpenError { file: file.clone(), error: Error::NotATrace { found } })
        }
        _ => Ok(opened),
    }
}

/// Notes that a file is left out.
fn leave_out(opened: &mut Opened, path: &Path, error: &Error) {
    opened.notes.push(format!("{} is left out: {error}.", path.display()));
    opened.is_partial = true;
}

/// A name given before `=`, unless a file is called like that.
fn named(file: &Path) -> (Option<String>, PathBuf) {
    let parts = file.to_str().and_then(|text| text.split_once('='));
    match parts {
        Some((name, path)) if !name.is_empty() && !name.contains(['/', '\\', ':']) && !file.exists() => {
            (Some(name.to_owned()), remote::named(PathBuf::from(path)))
        }
        _ => (None, file.to_path_buf()),
    }
}

/// Adds the files that one argument stands for.
fn expand(path: &Path, name: Option<String>, wanted: &mut Vec<Wanted>, opened: &mut Opened) -> Result<()> {
    if path.is_dir() {
        let mut found: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(path)?.take(MOST_FILES) {
            found.push(entry?.path());
        }
        found.sort();
        let files = found.into_iter().filter(|file| file.is_file());
        wanted.extend(files.filter(|file| is_member(file)).map(|path| Wanted { path, ..Wanted::default() }));
        return Ok(());
    }
    if let Some(session) = SessionFile::read(path)? {
        return members(&session, path, wanted, opened);
    }
    // What cannot be read is told when it is opened.
    let inside = if path.is_file() { archive::files(path, remote::limits()).unwrap_or_default() } else { Vec::new() };
    if inside.is_empty() {
        wanted.push(Wanted { path: path.to_path_buf(), name, is_named: true, ..Wanted::default() });
        return Ok(());
    }
    let files = inside.into_iter().take(MOST_FILES).filter(|file| is_member(file));
    wanted.extend(files.map(|path| Wanted { path, ..Wanted::default() }));
    Ok(())
}

/// Adds the members of a session file; those that are missing are looked for by what they hold.
fn members(session: &SessionFile, path: &Path, wanted: &mut Vec<Wanted>, opened: &mut Opened) -> Result<()> {
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    for member in &session.members {
        let Member { file, name, offset_ns, color, .. } = member;
        let mut place = folder.join(file);
        let is_there = Source::open_with(&place, remote::limits()).is_ok();
        if !is_there {
            let Some(found) = member.locate(folder) else {
                opened.notes.push(format!(
                    "{} is missing, and no file in {} has its content.",
                    place.display(),
                    shown(folder)
                ));
                opened.is_partial = true;
                continue;
            };
            opened.notes.push(format!("{} is missing; {} has the same content.", place.display(), found.display()));
            place = found;
        }
        let color = color.as_deref().and_then(file::color);
        wanted.push(Wanted { path: place, name: name.clone(), offset: *offset_ns, color, is_named: false });
    }
    opened.text.clone_from(&session.notes);
    opened.pattern_text.clone_from(&session.patterns);
    let patterns = std::mem::take(&mut opened.patterns);
    let error = |error| Error::NotATrace { found: format!("it is a session file whose patterns are wrong: {error}") };
    opened.patterns = patterns.with(&session.patterns).map_err(error)?;
    Ok(())
}

fn shown(folder: &Path) -> String {
    if folder.as_os_str().is_empty() { "its folder".to_owned() } else { folder.display().to_string() }
}

/// Whether a file is a trace or one of spans.
fn is_member(path: &Path) -> bool {
    let spans = || head(path).is_ok_and(|head| spans::is_span_file(&head));
    holds_a_trace(path) || spans()
}

/// The first bytes of a file, unpacked.
fn head(path: &Path) -> Result<Vec<u8>> {
    let source = Source::open_with(path, remote::limits())?;
    let mut head = Vec::new();
    source.reader.take(HEAD).read_to_end(&mut head)?;
    Ok(head)
}

/// Reads a file, whatever it is. Progress is that of its bytes; stopping it stops this.
fn content(path: &Path, monitor: &Monitor) -> Result<Content> {
    // What can be read only once is taken for a trace.
    let is_plain = !remote::is_address(path) && path.as_os_str() != "-";
    if is_plain && head(path).is_ok_and(|head| spans::is_span_file(&head)) {
        let source = Source::open_with(path, remote::limits())?;
        return Ok(Content::Spans(spans::read(source, monitor)?.into()));
    }
    Ok(Content::Trace(cache::load(path, monitor)?))
}

/// What a session of these members, where they are and the colours that the user chose, would be as a session file in `folder`; with notes and patterns.
///
/// # Errors
/// When a member cannot be read again.
pub fn described(
    (inputs, paths): (&[Input], &[PathBuf]),
    (notes, patterns): (&str, &str),
    (folder, colors): (&Path, &[Option<[u8; 3]>]),
) -> std::io::Result<SessionFile> {
    let members: std::io::Result<Vec<Member>> = inputs
        .iter()
        .zip(paths)
        .enumerate()
        .map(|(at, (input, path))| {
            let color = colors.get(at).copied().flatten().map(file::color_text);
            let member = Member::of(path, folder, input.name.clone(), input.offset)?;
            Ok(Member { color, ..member })
        })
        .collect();
    let (notes, patterns) = (notes.to_owned(), patterns.to_owned());
    Ok(SessionFile { members: members?, notes, patterns, ..SessionFile::default() })
}

/// Whether a path is a session, or a file of spans, which only makes sense as one.
#[must_use]
pub fn is_of_session(path: &Path) -> bool {
    let is_spans = || path.is_file() && head(path).is_ok_and(|head| spans::is_span_file(&head));
    is_session(path) || is_spans()
}

/// Whether a path is a session: a folder, a session file, or an archive of several traces.
#[must_use]
pub fn is_session(path: &Path) -> bool {
    let is_file = || path.metadata().is_ok_and(|known| known.len() <= FILE_BYTES);
    let is_session_file = || is_file() && SessionFile::read(path).is_ok_and(|read| read.is_some());
    let has_several = || path.is_file() && archive::traces(path, remote::limits()).is_ok_and(|traces| traces.len() > 1);
    path.is_dir() || is_session_file() || has_several()
}
