//! Where bytes come from: opens files, pipes and standard input for reading from start to end, and
//! unpacks them on the way.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use crate::base::error::Result;
use crate::base::limits::Limits;
use crate::input::archive::{Archive, Found, traces};
use crate::input::packing::{is_packed, unpacked};
use crate::input::peek::Peeked;
use crate::input::reencoding::Restoration;

/// The path that means standard input.
pub const STANDARD_INPUT: &str = "-";

/// How many first bytes tell a packing.
const MAGIC_BYTES: usize = 4;

/// Bytes of a trace's header, `go 1.23 trace` with zeros behind, and what it ends with.
const HEADER_BYTES: u64 = 16;
const TRACE: &[u8] = b" trace";

/// Bytes to be read once from start to end, and how many there are if that is known.
pub struct Source<'a> {
    /// The bytes, unpacked where the file is packed.
    pub reader: Box<dyn Read + Send + 'a>,
    /// Their number, if known beforehand.
    pub len: Option<u64>,
    /// Whether the bytes come as they are written, so that a read may wait for long: what is there then
    /// is shown before the next read.
    pub live: bool,
    /// What was undone to get at the bytes as they were recorded.
    pub restoration: Restoration,
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("len", &self.len).finish_non_exhaustive()
    }
}

impl<'a> Source<'a> {
    /// A file, a pipe, standard input (`-`), or a file inside an archive (the archive's path and then the file's). It
    /// is only ever read. What is packed with gzip, zstd, lz4, zip or tar is unpacked, and what a tool for text made of
    /// a trace is undone as far as nothing is lost. Of an archive that comes as a stream the first trace is read.
    ///
    /// # Errors
    /// Whatever the operating system says; a directory is an error too, and an archive that holds no trace or several.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, Limits::default())
    }

    /// The same with other limits.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn open_with(path: &Path, limits: Limits) -> Result<Self> {
        if path == Path::new(STANDARD_INPUT) {
            return Ok(Self::packed(std::io::stdin(), limits));
        }
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return open_inside(path, limits).unwrap_or_else(|| Err(error.into())),
        };
        if metadata.is_dir() {
            return Err(std::io::Error::from(std::io::ErrorKind::IsADirectory).into());
        }
        let restoration = Restoration::default();
        if !metadata.is_file() {
            // A pipe may have to wait for its other end, so that is left to the one who reads.
            let path = path.to_path_buf();
            let begin = move || Ok(Box::new(File::open(path)?) as _);
            let reader = unpacked(Box::new(begin), limits, restoration.clone());
            return Ok(Self { reader, len: None, live: true, restoration });
        }
        if let Some(archive) = Archive::open(path, limits)? {
            let only = archive.only_trace()?;
            return Ok(member(archive, only, limits));
        }
        let mut file = Peeked::new(File::open(path)?);
        let len = Some(metadata.len()).filter(|_| !is_packed(file.peek(MAGIC_BYTES)));
        let reader = unpacked(Box::new(move || Ok(Box::new(file) as _)), limits, restoration.clone());
        Ok(Self { reader, len, live: false, restoration })
    }

    /// Bytes from elsewhere (a server, a file still growing), unpacked if they are packed.
    #[must_use]
    pub fn packed(bytes: impl Read + Send + 'a, limits: Limits) -> Self {
        let restoration = Restoration::default();
        let reader = unpacked(Box::new(move || Ok(Box::new(bytes) as _)), limits, restoration.clone());
        Self { reader, len: None, live: true, restoration }
    }

    /// Bytes in memory, as they are.
    #[must_use]
    pub fn bytes(bytes: &'a [u8]) -> Self {
        let restoration = Restoration::default();
        Self { reader: Box::new(bytes), len: Some(bytes.len() as u64), live: false, restoration }
    }
}

/// Whether a file is a Go execution trace, or an archive that holds some, packed or not. Looks at beginnings only; false
/// if it cannot be read.
#[must_use]
pub fn holds_a_trace(path: &Path) -> bool {
    let limits = Limits::default();
    let is_archive_of_some = traces(path, limits).is_ok_and(|found| !found.is_empty());
    let is_trace = || -> bool {
        let Ok(source) = Source::open_with(path, limits) else { return false };
        let mut head = Vec::new();
        let read = source.reader.take(HEADER_BYTES).read_to_end(&mut head);
        read.is_ok() && head.starts_with(b"go 1.") && head.windows(TRACE.len()).any(|part| part == TRACE)
    };
    is_archive_of_some || is_trace()
}

/// A trace in an archive.
fn member<'a>(archive: Archive, found: Found, limits: Limits) -> Source<'a> {
    let restoration = Restoration::default();
    let reader = unpacked(Box::new(move || archive.read(&found)), limits, restoration.clone());
    Source { reader, len: None, live: false, restoration }
}

/// A file in an archive; `None` if no part of the path is an archive.
fn open_inside<'a>(path: &Path, limits: Limits) -> Option<Result<Source<'a>>> {
    let file = path.ancestors().skip(1).find(|ancestor| ancestor.is_file())?;
    let name: PathBuf = path.strip_prefix(file).ok()?.to_path_buf();
    let open = || -> Result<Source<'a>> {
        let not_found = || std::io::Error::from(std::io::ErrorKind::NotFound);
        let archive = Archive::open(file, limits)?.ok_or_else(not_found)?;
        let found = archive.named(&name)?.ok_or_else(|| archive.has_not(&name))?;
        Ok(member(archive, found, limits))
    };
    Some(open())
}
