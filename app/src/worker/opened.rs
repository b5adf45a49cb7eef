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
    face: Option<FileFingerprint>,
    spool: Option<Spool>,
}

impl Opened {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at the file before it is read. What it has grown by the time that it is watched is growth, too.
    pub fn look_at(&self, path: &Path) {
        self.inner().path = Some(path.to_path_buf());
        self.set_face(FileFingerprint::of(path).ok());
    }

    /// The file as it was when it had been read to its end, if that is known.
    pub fn set_face(&self, face: Option<FileFingerprint>) {
        if face.is_some() {
            self.inner().face = face;
        }
    }

    /// The file when it was last looked at.
    #[must_use]
    pub fn face(&self) -> Option<FileFingerprint> {
        self.inner().face.clone()
    }

    /// Where it was, and which file.
    #[must_use]
    pub fn file(&self) -> Option<(PathBuf, FileId)> {
        let inner = self.inner();
        Some((inner.path.clone()?, inner.face.as_ref()?.id()?.clone()))
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
