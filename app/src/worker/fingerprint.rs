//! What a file looks like from outside, and how it begins: tells one that has grown from one that another has taken the
//! place of.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::path::Path;
use std::time::SystemTime;

use crate::output::file_id::FileId;

/// So much of a file's beginning is looked at: traces of the same program differ before that, by their clocks.
const HEAD_BYTES: u64 = 1_024;

/// A file at some instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFingerprint {
    /// Its length in bytes.
    pub len: u64,
    modified: Option<SystemTime>,
    /// Which file it is, where that can be known.
    id: Option<FileId>,
    head: Vec<u8>,
}

/// What has become of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It begins as it did, and is longer.
    Grown,
    /// Its content is another one.
    Replaced,
}

impl FileFingerprint {
    /// The file that is at `path` now.
    ///
    /// # Errors
    /// If there is none, it is no regular file, or it cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        // Opening a pipe would wait for its other end.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        let file = File::open(path)?;
        let known = file.metadata()?;
        let mut head = Vec::new();
        file.take(HEAD_BYTES).read_to_end(&mut head)?;
        Ok(Self { len: known.len(), modified: known.modified().ok(), id: FileId::of_open(&known), head })
    }

    /// Which file it is; `None` where only paths tell files apart.
    #[must_use]
    pub const fn id(&self) -> Option<&FileId> {
        self.id.as_ref()
    }

    /// Whether it begins as another one did.
    #[must_use]
    pub fn goes_on_from(&self, before: &Self) -> bool {
        self.head.starts_with(&before.head)
    }

    /// Whether this is still the very file, even if it has grown.
    pub fn is_same_file(&self, other: &Metadata) -> bool {
        self.id == FileId::of_open(other)
    }

    /// What has become of it, seen `now`; `None` if nothing has.
    #[must_use]
    pub fn change(&self, now: &Self) -> Option<Change> {
        if self == now {
            return None;
        }
        let goes_on = now.len > self.len && now.goes_on_from(self);
        Some(if goes_on { Change::Grown } else { Change::Replaced })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::Duration;

    use super::*;

    #[test]
    fn growth_is_told_from_replacement() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.trace");
        let write = |path: &Path, bytes: &[u8], age: u64| {
            fs::write(path, bytes).expect("written");
            let file = File::options().write(true).open(path).expect("it is there");
            file.set_modified(SystemTime::now() - Duration::from_secs(age)).expect("its time");
        };
        write(&path, b"go 1.26 trace one", 100);
        let before = FileFingerprint::of(&path).expect("a file");
        assert_eq!(before.change(&FileFingerprint::of(&path).expect("a file")), None);
        write(&path, b"go 1.26 trace one and more", 90);
        assert_eq!(before.change(&FileFingerprint::of(&path).expect("a file")), Some(Change::Grown));
        write(&path, b"go 1.26 trace two and more", 80);
        assert_eq!(
            before.change(&FileFingerprint::of(&path).expect("a file")),
            Some(Change::Replaced),
            "it begins differently"
        );
        write(&path, b"go 1.26 trace two", 70);
        assert_eq!(
            before.change(&FileFingerprint::of(&path).expect("a file")),
            Some(Change::Replaced),
            "of the same length"
        );
        write(&path, b"go 1.26", 60);
        assert_eq!(
            before.change(&FileFingerprint::of(&path).expect("a file")),
            Some(Change::Replaced),
            "it is shorter"
        );
    }

    #[test]
    #[cfg(unix)]
    fn another_file_of_the_same_name_is_another_file() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, other) = (folder.path().join("a.trace"), folder.path().join("b.trace"));
        fs::write(&path, b"go 1.26 trace").expect("written");
        fs::write(&other, b"go 1.26 trace").expect("written");
        let before = FileFingerprint::of(&path).expect("a file");
        assert!(before.is_same_file(&path.metadata().expect("it is there")));
        fs::rename(&other, &path).expect("moved");
        assert!(!before.is_same_file(&path.metadata().expect("it is there")));
        assert_eq!(before.change(&FileFingerprint::of(&path).expect("a file")), Some(Change::Replaced));
    }
}
