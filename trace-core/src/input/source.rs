//! Where bytes come from: opens files, pipes and standard input for reading from start to end, and
//! unpacks them on the way.

use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};

use crate::base::error::{Error, Result};
use crate::base::limits::Limits;
use crate::input::packing::{is_packed, unpacked};
use crate::input::zip;

/// The path that means standard input.
pub const STANDARD_INPUT: &str = "-";

/// Bytes to be read once from start to end, and how many there are if that is known.
pub struct Source<'a> {
    /// The bytes, unpacked.
    pub reader: Box<dyn Read + Send + 'a>,
    /// Their number, if known beforehand.
    pub len: Option<u64>,
    /// Whether the bytes come as they are written, so that a read may wait for long: what is there then
    /// is shown before the next read.
    pub live: bool,
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("len", &self.len).finish_non_exhaustive()
    }
}

impl<'a> Source<'a> {
    /// A file, a pipe, standard input (`-`), or a file inside a zip archive (the archive's path and then
    /// the file's). It is only ever read. What is packed with gzip, zstd, lz4 or zip is unpacked.
    ///
    /// # Errors
    /// Whatever the operating system says; a directory is an error too, and a zip archive that holds no
    /// trace or several.
    pub fn open(path: &Path) -> Result<Self> {
        Self::open_with(path, Limits::default())
    }

    /// The same with other limits.
    ///
    /// # Errors
    /// As [`Source::open`].
    pub fn open_with(path: &Path, limits: Limits) -> Result<Self> {
        if path == Path::new(STANDARD_INPUT) {
            let begin = || Ok(Box::new(std::io::stdin()) as _);
            return Ok(Self { reader: unpacked(Box::new(begin), limits), len: None, live: true });
        }
        let metadata = match std::fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(error) => return open_inside(path, limits).unwrap_or_else(|| Err(error.into())),
        };
        if metadata.is_dir() {
            return Err(std::io::Error::from(std::io::ErrorKind::IsADirectory).into());
        }
        if !metadata.is_file() {
            // A pipe may have to wait for its other end, so that is left to the one who reads.
            let path = path.to_path_buf();
            let begin = move || Ok(Box::new(File::open(path)?) as _);
            return Ok(Self { reader: unpacked(Box::new(begin), limits), len: None, live: true });
        }
        let mut file = File::open(path)?;
        if zip::is_archive(&mut file)? {
            return open_only_member(path, limits);
        }
        let mut head = Vec::new();
        file.by_ref().take(4).read_to_end(&mut head)?;
        file.rewind()?;
        let len = Some(metadata.len()).filter(|_| !is_packed(&head));
        Ok(Self { reader: unpacked(Box::new(move || Ok(Box::new(file) as _)), limits), len, live: false })
    }

    /// Bytes from elsewhere (a server, a file still growing), unpacked if they are packed.
    #[must_use]
    pub fn packed(bytes: impl Read + Send + 'a, limits: Limits) -> Self {
        Self { reader: unpacked(Box::new(move || Ok(Box::new(bytes) as _)), limits), len: None, live: true }
    }

    /// Bytes in memory, as they are.
    #[must_use]
    pub fn bytes(bytes: &'a [u8]) -> Self {
        Self { reader: Box::new(bytes), len: Some(bytes.len() as u64), live: false }
    }
}

fn open_only_member<'a>(archive: &Path, limits: Limits) -> Result<Source<'a>> {
    let traces = zip::traces(archive)?;
    match traces.as_slice() {
        [] => Err(Error::NotATrace { found: "it is a zip archive without a trace in it".to_owned() }),
        [only] => open_inside(only, limits).unwrap_or(Err(Error::Empty)),
        several => {
            let list: Vec<String> = several.iter().map(|path| path.display().to_string()).collect();
            let found = format!("it is a zip archive with several traces; open one of {}", list.join(", "));
            Err(Error::NotATrace { found })
        }
    }
}

/// A file in an archive; `None` if no part of the path is an archive.
fn open_inside<'a>(path: &Path, limits: Limits) -> Option<Result<Source<'a>>> {
    let archive = path.ancestors().skip(1).find(|ancestor| ancestor.is_file())?;
    let name: PathBuf = path.strip_prefix(archive).ok()?.to_path_buf();
    let open = || -> Result<Source<'a>> {
        let mut file = File::open(archive)?;
        let not_found = || std::io::Error::from(std::io::ErrorKind::NotFound);
        if !zip::is_archive(&mut file)? {
            return Err(not_found().into());
        }
        let members = zip::members(&mut file)?;
        let member = members.into_iter().find(|member| Path::new(&member.name) == name).ok_or_else(not_found)?;
        let begin = move || zip::open_member(file, &member, limits);
        Ok(Source { reader: unpacked(Box::new(begin), limits), len: None, live: false })
    };
    Some(open())
}
