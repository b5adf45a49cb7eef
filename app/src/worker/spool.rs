//! The bytes of a trace that cannot be read again, kept for as long as its document is open: to be saved, and to tell a
//! file that goes on from one that was rewritten.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::output::{NotWritten, Output};

/// Bytes of a followed file that are kept: it need not be copied to be shown, so the copy must not fill the disk.
pub const MOST_FOLLOWED: u64 = 1 << 30;
/// Bytes compared at a time.
const CHUNK: usize = 64 << 10;

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
        self.inner().append(bytes);
    }

    /// Keeps what a file holds at `offset` as far as it goes beyond what is kept, up to `most` bytes. False if the
    /// file holds something else than what is kept.
    #[must_use]
    pub fn keep_at(&self, offset: u64, bytes: &[u8], most: u64) -> bool {
        let mut inner = self.inner();
        let known = usize::try_from(inner.len.saturating_sub(offset)).unwrap_or(usize::MAX).min(bytes.len());
        let (known, new) = bytes.split_at(known);
        if !inner.holds(offset, known) {
            return false;
        }
        if inner.len.saturating_add(new.len() as u64) > most {
            inner.give_up(format!("it is larger than {} MB", most >> 20));
        }
        inner.append(new);
        true
    }

    /// Whether a file begins with all that is kept; also if nothing is, or not all.
    #[must_use]
    pub fn begins(&self, mut file: impl Read) -> bool {
        let mut inner = self.inner();
        let (mut buffer, mut at) = (vec![0; CHUNK], 0);
        while at < inner.len {
            match file.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) | Ok(0) => return false,
                Ok(count) => {
                    let left = usize::try_from(inner.len - at).unwrap_or(usize::MAX);
                    if !inner.holds(at, &buffer[..count.min(left)]) {
                        return false;
                    }
                    at += count as u64;
                }
            }
        }
        true
    }

    /// Forgets what is kept.
    pub fn clear(&self) {
        let mut inner = self.inner();
        inner.fault = None;
        inner.empty();
    }

    /// Whether something is kept, and all of it.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let inner = self.inner();
        inner.fault.is_none() && inner.len > 0
    }

    /// Writes all that was kept. The number of bytes.
    ///
    /// # Errors
    /// When not all was kept, and as [`Output::write`].
    pub fn save(&self, output: &Output<'_>) -> Result<u64, NotWritten> {
        let mut inner = self.inner();
        if let Some(fault) = &inner.fault {
            return Err(NotWritten::Refused(format!("the trace could not be stored completely ({fault})")));
        }
        inner.file.seek(SeekFrom::Start(0))?;
        let mut copied = 0;
        output.write(|out| {
            copied = io::copy(&mut (&inner.file).take(inner.len), out)?;
            Ok(())
        })?;
        Ok(copied)
    }
}

impl Inner {
    fn append(&mut self, bytes: &[u8]) {
        if self.fault.is_some() {
            return;
        }
        let end = SeekFrom::Start(self.len);
        match self.file.seek(end).and_then(|_| self.file.write_all(bytes)) {
            Ok(()) => self.len += bytes.len() as u64,
            Err(error) => self.give_up(error.to_string()),
        }
    }

    /// Keeps nothing any more: a part is of no use, and takes room.
    fn give_up(&mut self, why: String) {
        if self.fault.is_none() {
            self.fault = Some(why);
            self.empty();
        }
    }

    fn empty(&mut self) {
        self.len = 0;
        if let Err(error) = self.file.set_len(0) {
            self.fault.get_or_insert(error.to_string());
        }
    }

    /// Whether these bytes are kept at `offset`, all of which is.
    fn holds(&mut self, offset: u64, bytes: &[u8]) -> bool {
        let mut kept = vec![0; bytes.len().min(CHUNK)];
        if self.file.seek(SeekFrom::Start(offset)).is_err() {
            return false;
        }
        bytes.chunks(CHUNK).all(|part| {
            let kept = &mut kept[..part.len()];
            self.file.read_exact(kept).is_ok() && kept == part
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::Spool;
    use crate::output::{Inputs, NotWritten, Output};

    fn save(spool: &Spool, path: &Path, inputs: &Inputs, may_replace: bool) -> Result<u64, NotWritten> {
        spool.save(&Output { path, inputs, may_replace, keeps_traces: false, may_stream: false })
    }

    #[test]
    fn what_was_kept_is_saved_but_never_over_what_is_open() {
        let folder = tempfile::tempdir().expect("a folder");
        let (new, open) = (folder.path().join("new.trace"), folder.path().join("open.trace"));
        fs::write(&open, b"mine").expect("written");
        let inputs = Inputs::of([open.as_path()]);
        let spool = Spool::new().expect("a file");
        spool.keep(b"go 1.2");
        spool.keep(b"7 trace");
        assert_eq!(save(&spool, &new, &inputs, false), Ok(13));
        assert_eq!(fs::read(&new).expect("there"), b"go 1.27 trace");
        spool.keep(b"!");
        assert_eq!(save(&spool, &new, &inputs, false), Err(NotWritten::Exists));
        assert_eq!(save(&spool, &new, &inputs, true), Ok(14), "saved over itself");
        assert!(save(&spool, &open, &inputs, true).is_err());
        assert_eq!(fs::read(&open).expect("there"), b"mine");
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2, "nothing is left behind");
    }

    #[test]
    fn a_file_that_goes_on_is_told_from_another() {
        let spool = Spool::new().expect("a file");
        assert!(!spool.is_whole() && spool.begins(&b"anything"[..]));
        assert!(spool.keep_at(0, b"go 1.27 ", 100) && spool.keep_at(8, b"trace", 100));
        assert!(spool.keep_at(0, b"go 1.27 trace and more", 100), "read anew from the start");
        assert!(spool.begins(&b"go 1.27 trace and more, and more"[..]));
        assert!(!spool.begins(&b"go 1.27 trace"[..]), "it is shorter");
        assert!(!spool.begins(&b"go 1.27 trace and less, and more"[..]));
        assert!(!spool.keep_at(4, b"2", 100) && spool.keep_at(4, b".", 100));
        assert!(spool.is_whole());
        assert!(spool.keep_at(22, &[b'.'; 79], 100), "too much to keep is not another file");
        assert!(!spool.is_whole());
        assert!(save(&spool, Path::new("/nowhere/x"), &Inputs::default(), true).is_err());
        spool.clear();
        assert!(spool.keep_at(0, b"go", 100) && spool.is_whole());
    }
}
