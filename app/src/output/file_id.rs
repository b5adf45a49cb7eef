//! Which file it is, whatever its name.

use std::fs::{self, Metadata};
use std::path::{Path, PathBuf};

/// Tells a file from others: by device and inode where there is such a thing, else by its path without links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileId {
    number: Option<(u64, u64)>,
    path: Option<PathBuf>,
}

impl FileId {
    /// Of what is at a path now, behind symbolic links. `None` if there is nothing.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        let known = fs::metadata(path).ok()?;
        Some(Self { number: number(&known), path: path.canonicalize().ok() })
    }

    /// Of an open file; `None` where only paths tell files apart.
    #[must_use]
    pub fn of_open(known: &Metadata) -> Option<Self> {
        Some(Self { number: Some(number(known)?), path: None })
    }

    /// Of the file that standard input comes from; `None` if it is no file.
    #[must_use]
    pub fn of_standard_input() -> Option<Self> {
        #[cfg(unix)]
        {
            use std::os::fd::AsFd;
            of_stream(std::io::stdin().as_fd())
        }
        #[cfg(not(unix))]
        None
    }

    /// Of the file that standard output goes into; `None` if it is no file.
    #[must_use]
    pub fn of_standard_output() -> Option<Self> {
        #[cfg(unix)]
        {
            use std::os::fd::AsFd;
            of_stream(std::io::stdout().as_fd())
        }
        #[cfg(not(unix))]
        None
    }

    /// Whether both are the same file.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let same_number = self.number.is_some() && self.number == other.number;
        same_number || (self.path.is_some() && self.path == other.path)
    }
}

#[cfg(unix)]
fn of_stream(stream: std::os::fd::BorrowedFd<'_>) -> Option<FileId> {
    let file = fs::File::from(stream.try_clone_to_owned().ok()?);
    file.metadata().ok().filter(Metadata::is_file).and_then(|known| FileId::of_open(&known))
}

#[cfg(unix)]
fn number(known: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((known.dev(), known.ino()))
}

#[cfg(not(unix))]
fn number(_known: &Metadata) -> Option<(u64, u64)> {
    None
}
