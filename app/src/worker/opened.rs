//! What workers know of the file behind a document: how it was when its reading began, and its bytes where they cannot
//! be read again.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::output::file_id::FileId;
use crate::worker::fingerprint::FileFingerprint;
use crate::worker::spool::Spool;

/// Known to whoever reads the file and to whoever saves it. Cheap to clone.
#[derive(Clone, Default)]
pub struct Opened {
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    path: Option<PathBuf>,
    fingerprint: Option<FileFingerprint>,
    spool: Option<Spool>,
}

/// A file as it was when it was opened, whatever lies at its path now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedFile {
    /// Where it was.
    pub path: PathBuf,
    /// Which file it was.
    pub id: FileId,
}

impl Opened {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the file before it is read. What it has grown by the time that it is watched is growth, too.
    pub fn look_at(&self, path: &Path) {
        self.inner().path = Some(path.to_path_buf());
        self.set_fingerprint(FileFingerprint::of(path).ok());
    }

    /// The file as it was when it had been read to its end, if that is known.
    pub fn set_fingerprint(&self, fingerprint: Option<FileFingerprint>) {
        if fingerprint.is_some() {
            self.inner().fingerprint = fingerprint;
        }
    }

    /// The file when it was last looked at.
    #[must_use]
    pub fn fingerprint(&self) -> Option<FileFingerprint> {
        self.inner().fingerprint.clone()
    }

    /// Where it was, and which file; `None` until it was looked at, or where the system does not number files.
    #[must_use]
    pub fn file(&self) -> Option<OpenedFile> {
        let inner = self.inner();
        Some(OpenedFile { path: inner.path.clone()?, id: inner.fingerprint.as_ref()?.id()?.clone() })
    }

    /// Where its bytes are kept, if they are.
    #[must_use]
    pub fn spool(&self) -> Option<Spool> {
        self.inner().spool.clone()
    }

    /// Has its bytes kept; `None` if there is no room for that. What was kept before goes on being kept.
    pub fn keep_bytes(&self) -> Option<Spool> {
        let mut inner = self.inner();
        if inner.spool.is_none() {
            inner.spool = Spool::new().ok();
        }
        inner.spool.clone()
    }
}
