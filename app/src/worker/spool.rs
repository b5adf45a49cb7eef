//! The bytes of a trace that can be read only once, kept for as long as its document is open: to be saved.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A file without a name that is gone when the last of its handles is. Cheap to clone.
#[derive(Clone)]
pub struct Spool {
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    file: File,
    len: u64,
    /// What went wrong while bytes were kept.
    fault: Option<String>,
}

impl Spool {
    /// An empty one in the system's folder for such files.
    ///
    /// # Errors
    /// When none can be made there.
    pub fn new() -> io::Result<Self> {
        let inner = Inner { file: tempfile::tempfile()?, len: 0, fault: None };
        Ok(Self { inner: Arc::new(Mutex::new(inner)) })
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps more bytes. A full disk does not end the reading: it is told when they are to be saved.
    pub fn keep(&self, bytes: &[u8]) {
        let mut inner = self.inner();
        if inner.fault.is_some() {
            return;
        }
        let end = SeekFrom::Start(inner.len);
        match inner.file.seek(end).and_then(|_| inner.file.write_all(bytes)) {
            Ok(()) => inner.len += bytes.len() as u64,
            Err(error) => inner.fault = Some(error.to_string()),
        }
    }

    /// Writes all that was kept: into a new file first, which then takes its place. The number of bytes.
    ///
    /// # Errors
    /// When not all was kept, when `path` is one of `taken`, and when it cannot be written.
    pub fn save(&self, path: &Path, taken: &[PathBuf]) -> io::Result<u64> {
        let same = |other: &PathBuf| match (other.canonicalize(), path.canonicalize()) {
            (Ok(a), Ok(b)) => a == b,
            _ => other == path,
        };
        if taken.iter().any(same) {
            return Err(io::Error::other("it is open here; choose another name"));
        }
        let mut inner = self.inner();
        if let Some(fault) = &inner.fault {
            return Err(io::Error::other(format!("not all of the trace could be kept ({fault})")));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut new = tempfile::NamedTempFile::new_in(folder)?;
        inner.file.seek(SeekFrom::Start(0))?;
        let len = inner.len;
        let copied = io::copy(&mut (&inner.file).take(len), &mut new)?;
        new.as_file().sync_all()?;
        new.persist(path).map_err(|failed| failed.error)?;
        Ok(copied)
    }
}

#[cfg(test)]
mod tests {
    use super::Spool;

    #[test]
    fn what_was_kept_is_saved_but_never_over_what_is_open() {
        let folder = tempfile::tempdir().expect("a folder");
        let (new, open) = (folder.path().join("new.trace"), folder.path().join("open.trace"));
        std::fs::write(&open, b"mine").expect("written");
        let spool = Spool::new().expect("a file");
        spool.keep(b"go 1.2");
        spool.keep(b"7 trace");
        assert_eq!(spool.save(&new, std::slice::from_ref(&open)).expect("saved"), 13);
        assert_eq!(std::fs::read(&new).expect("there"), b"go 1.27 trace");
        spool.keep(b"!");
        assert_eq!(spool.save(&new, &[]).expect("saved over itself"), 14);
        assert!(spool.save(&open, std::slice::from_ref(&open)).is_err());
        assert_eq!(std::fs::read(&open).expect("there"), b"mine");
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing is left behind");
    }
}
