//! Writes the files that a user names; nothing else does. Inputs are never overwritten, files are written atomically, and
//! existing files are replaced only on request.

use std::fmt;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;
use trace_core::input::source::holds_a_trace;

use crate::output::file_id::FileId;

pub mod file_id;
#[cfg(test)]
mod tests;

/// Random characters in a temporary name: enough that it cannot be guessed.
const RANDOM_CHARACTERS: usize = 16;
/// The path that means standard output, as it means standard input where a trace is read.
const STANDARD_OUTPUT: &str = "-";

/// The files that traces are read from. They are never written to, under whatever name.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    known: Vec<Input>,
}

#[derive(Clone, Debug)]
struct Input {
    /// As the user wrote it.
    name: PathBuf,
    /// The file that is there, or the archive that it is in; `None` for standard input.
    file: Option<PathBuf>,
    /// Which file that was when the input became known.
    id: FileId,
}

impl Input {
    /// A link may lead elsewhere by now: both are inputs.
    fn is(&self, id: &FileId) -> bool {
        self.id.is_same(id) || self.file.as_deref().and_then(FileId::of).is_some_and(|now| now.is_same(id))
    }
}

impl Inputs {
    /// The files behind these paths as they are now: of `ARCHIVE.zip/NAME` the archive, of `-` what standard input
    /// comes from. Addresses and what is not there count for nothing.
    pub fn of<'a>(paths: impl IntoIterator<Item = &'a Path>) -> Self {
        let mut inputs = Self::default();
        for path in paths {
            inputs.add(path);
        }
        inputs
    }

    fn add(&mut self, path: &Path) {
        let name = path.to_path_buf();
        if path.as_os_str() == "-" {
            self.known.extend(FileId::of_standard_input().map(|id| Input { name, file: None, id }));
            return;
        }
        // A file in an archive has no identity of its own.
        let file = path.ancestors().find(|path| fs::metadata(path).is_ok_and(|known| holds_data(&known)));
        let Some((file, id)) = file.and_then(|file| Some((file, FileId::of(file)?))) else { return };
        self.known.push(Input { name, file: Some(file.to_path_buf()), id });
    }

    /// One more, with the identity that its file had when it was opened.
    pub fn add_opened(&mut self, path: &Path, id: FileId) {
        self.known.push(Input { name: path.to_path_buf(), file: Some(path.to_path_buf()), id });
    }

    /// The name of the input that is this file.
    fn same_as(&self, id: Option<&FileId>) -> Option<&Path> {
        let id = id?;
        self.known.iter().find(|input| input.is(id)).map(|input| input.name.as_path())
    }

    /// Fails if standard output goes into one of them: it would be read as it is written, or is empty already.
    ///
    /// # Errors
    /// With a sentence for the user.
    pub fn check_standard_output(&self) -> Result<(), NotWritten> {
        self.refuse(FileId::of_standard_output().as_ref(), Path::new(STANDARD_OUTPUT))
    }

    fn refuse(&self, id: Option<&FileId>, path: &Path) -> Result<(), NotWritten> {
        let Some(input) = self.same_as(id) else { return Ok(()) };
        Err(NotWritten::Refused(match () {
            () if input.as_os_str() == "-" => "standard input comes from this file; choose another name".to_owned(),
            () if input == path => "a trace is read from this file; choose another name".to_owned(),
            () => format!("a trace is read from this file, as {}; choose another name", input.display()),
        }))
    }
}

/// Whether bytes that are read from it come from somewhere that writing would change. Terminals and /dev/null do not.
fn holds_data(known: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let kind = known.file_type();
        kind.is_file() || kind.is_fifo() || kind.is_block_device()
    }
    #[cfg(not(unix))]
    known.is_file()
}

/// Why something was not written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotWritten {
    /// There is a file of that name, and it was not said that it may be replaced.
    Exists,
    /// A clause that says what is in the way and what to do.
    Refused(String),
}

impl fmt::Display for NotWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exists => f.write_str("a file with this name already exists; choose another name"),
            Self::Refused(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for NotWritten {}

impl From<io::Error> for NotWritten {
    fn from(error: io::Error) -> Self {
        Self::Refused(error.to_string())
    }
}

/// Something to write to.
#[derive(Clone, Copy, Debug)]
pub struct Output<'a> {
    /// As the user wrote it.
    pub path: &'a Path,
    /// What must stay as it is, whatever else is said.
    pub inputs: &'a Inputs,
    /// Whether a file that is there may be replaced.
    pub may_replace: bool,
    /// Whether a file with a trace in it stays even if files may be replaced: it is a recording, and what is written
    /// is none.
    pub keeps_traces: bool,
    /// Whether `path` may also be `-` (standard output), a pipe or a device, which is then written into.
    pub may_stream: bool,
}

/// What is there, as far as it may be written.
enum Place {
    /// Standard output, which is never replaced.
    StandardOutput,
    /// A pipe or a device.
    Stream,
    /// Nothing is there: a new file.
    New,
    /// A file that is replaced.
    Old(Metadata),
}

impl Output<'_> {
    /// Whether it is standard output, under one of its names.
    #[must_use]
    pub fn is_standard_output(&self) -> bool {
        let names: &[&str] =
            if cfg!(unix) { &["-", "/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] } else { &[STANDARD_OUTPUT] };
        self.may_stream && names.iter().any(|name| self.path.as_os_str() == *name)
    }

    /// Whether it can be written as far as that can be known before: so that nobody waits for a result that has
    /// nowhere to go.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn check(&self) -> Result<(), NotWritten> {
        self.place().map(|_| ())
    }

    /// Writes what `content` writes. A file appears, or is replaced, once all of it is on disk: before that, and when
    /// anything fails, it is as it was. A reader of a pipe that went away is no failure.
    ///
    /// # Errors
    /// When the path is an input, a symbolic link to a file, a folder or a terminal, when there is a file that may not be replaced,
    /// and whatever `content` or the operating system says.
    pub fn write(&self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), NotWritten> {
        let into = |out: &mut dyn Write| {
            let mut out = BufWriter::new(out);
            content(&mut out)?;
            out.flush()
        };
        match self.place()? {
            Place::StandardOutput => unread_is_fine(into(&mut io::stdout().lock())),
            Place::Stream => {
                let mut stream = OpenOptions::new().write(true).open(self.path)?;
                // Whatever lay there before, this is what is open now.
                if stream.metadata()?.is_file() {
                    return Err(NotWritten::Refused("another file took its place; try again".to_owned()));
                }
                refuse_terminal(&stream)?;
                unread_is_fine(into(&mut stream))
            }
            Place::New => self.write_file(None, into),
            Place::Old(old) => self.write_file(Some(&old), into),
        }
    }

    fn write_file(
        &self,
        old: Option<&Metadata>,
        content: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), NotWritten> {
        let folder = folder_of(self.path);
        let mut new = draft(folder, old.is_some()).map_err(|error| {
            NotWritten::Refused(format!("no file can be created in {}: {}", folder.display(), error.kind()))
        })?;
        content(new.as_file_mut())?;
        if let Some(old) = old {
            keep_permissions(new.as_file(), old)?;
        }
        new.as_file().sync_all()?;
        // Writing may have taken long.
        match self.place()? {
            Place::New => persist_new(new, self.path)?,
            Place::Old(_) => drop(new.persist(self.path).map_err(|failed| failed.error)?),
            Place::StandardOutput | Place::Stream => {
                return Err(NotWritten::Refused("something else took its place; try again".to_owned()));
            }
        }
        sync_folder(folder);
        Ok(())
    }

    fn place(&self) -> Result<Place, NotWritten> {
        let refused = |why: String| Err(NotWritten::Refused(why));
        if self.is_standard_output() {
            self.inputs.check_standard_output()?;
            if io::stdout().is_terminal() {
                return refused("standard output is a terminal; redirect it, or name a file".to_owned());
            }
            return Ok(Place::StandardOutput);
        }
        let own = match fs::symlink_metadata(self.path) {
            Ok(own) => own,
            Err(error) if error.kind() == ErrorKind::NotFound => return self.new_place(),
            Err(error) => return Err(error.into()),
        };
        let id = FileId::of(self.path).filter(|_| fs::metadata(self.path).is_ok_and(|known| holds_data(&known)));
        self.inputs.refuse(id.as_ref(), self.path)?;
        let known = if own.is_symlink() {
            let target = fs::read_link(self.path).unwrap_or_default();
            let target = target.display();
            match fs::metadata(self.path) {
                Ok(known) if known.is_file() => {
                    return refused(format!("it is a symbolic link to {target}; name that file itself"));
                }
                Ok(known) => known,
                Err(_) => {
                    let what = "it is a symbolic link to";
                    return refused(format!("{what} {target}, which is not there; name that file itself"));
                }
            }
        } else {
            own
        };
        match () {
            () if known.is_dir() => refused("it is a folder; name a file in it".to_owned()),
            () if known.is_file() && self.may_replace && self.keeps_traces && holds_a_trace(self.path) => refused(
                "there is a Go execution trace in this file; choose another name, or remove it first".to_owned(),
            ),
            () if known.is_file() && self.may_replace => Ok(Place::Old(known)),
            () if known.is_file() => Err(NotWritten::Exists),
            () if self.may_stream && takes_a_stream(&known) => Ok(Place::Stream),
            () if self.may_stream => refused("it is a block device or a socket; name a file".to_owned()),
            () => refused("it is a pipe, a device or a socket; name a file".to_owned()),
        }
    }

    /// There is nothing at the path: whether a file can come to be there.
    fn new_place(&self) -> Result<Place, NotWritten> {
        let names_folder = self.path.as_os_str().as_encoded_bytes().ends_with(b"/") || self.path.file_name().is_none();
        if names_folder {
            return Err(NotWritten::Refused("this is not the name of a file; name a file".to_owned()));
        }
        let folder = folder_of(self.path);
        if folder.is_dir() {
            return Ok(Place::New);
        }
        Err(NotWritten::Refused(format!("there is no folder {}; create it first", folder.display())))
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A new file under a name that nobody can guess. One that replaces another is nobody else's to read until it has the
/// other's permissions; a new one has those that the user gives to new files.
fn draft(folder: &Path, replaces: bool) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tracelane-").rand_bytes(RANDOM_CHARACTERS);
    #[cfg(unix)]
    if !replaces {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Gives a file what another may be used for.
fn keep_permissions(new: &File, old: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        new.set_permissions(fs::Permissions::from_mode(old.permissions().mode() & 0o777))
    }
    #[cfg(not(unix))]
    {
        let (_, _) = (new, old);
        Ok(())
    }
}

/// Puts a draft where nothing is. What came to be there in between stays.
fn persist_new(new: NamedTempFile, path: &Path) -> Result<(), NotWritten> {
    let failed = match new.persist_noclobber(path) {
        Ok(_) => return Ok(()),
        Err(failed) => failed,
    };
    if failed.error.kind() == ErrorKind::AlreadyExists || fs::symlink_metadata(path).is_ok() {
        return Err(NotWritten::Exists);
    }
    // Some network file systems can neither link nor rename without replacing.
    failed.file.persist(path).map_err(|failed| failed.error)?;
    Ok(())
}

/// Has the name of a new file survive a loss of power, where the system can do that.
fn sync_folder(folder: &Path) {
    if cfg!(unix)
        && let Ok(folder) = File::open(folder)
    {
        // The file itself is on disk.
        drop(folder.sync_all());
    }
}

/// Whether bytes can be written into it that go somewhere else, or nowhere.
fn takes_a_stream(known: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        known.file_type().is_fifo() || known.file_type().is_char_device()
    }
    #[cfg(not(unix))]
    {
        let _ = known;
        false
    }
}

fn refuse_terminal(stream: &File) -> Result<(), NotWritten> {
    if stream.is_terminal() {
        return Err(NotWritten::Refused("it is a terminal; name a file".to_owned()));
    }
    Ok(())
}

fn unread_is_fine(result: io::Result<()>) -> Result<(), NotWritten> {
    match result {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
