//! The SHA-256 of a file, by which a link knows it: what `sha256sum` prints.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use ring::digest::{Context, SHA256};
use trace_core::base::monitor::Monitor;

/// Bytes that are read at a time.
const CHUNK: usize = 1 << 20;
/// Files whose hashes are remembered.
const MOST_REMEMBERED: usize = 64;

/// A SHA-256 of a file's bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// Of bytes in memory.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut context = Context::new(&SHA256);
        context.update(bytes);
        Self::finish(context)
    }

    fn finish(context: Context) -> Self {
        let mut hash = [0; 32];
        hash.iter_mut().zip(context.finish().as_ref()).for_each(|(to, from)| *to = *from);
        Self(hash)
    }

    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut hash = [0; 32];
        if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        for (at, byte) in hash.iter_mut().enumerate() {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        Some(Self(hash))
    }

    /// Its first digits, enough for people to tell two apart.
    #[must_use]
    pub fn short(self) -> String {
        let mut text = self.to_string();
        text.truncate(12);
        text + "…"
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What is known of a file's contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hashed {
    /// The hash of all of it.
    pub sha256: Sha256,
    /// How many bytes that are.
    pub bytes: u64,
}

/// Hashes of files that were read before. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Hashes(Arc<Mutex<Vec<Remembered>>>);

#[derive(Clone, Debug)]
struct Remembered {
    path: PathBuf,
    changed: Option<SystemTime>,
    hashed: Hashed,
}

impl Hashes {
    /// The hash of a regular file, which is read unless it is as it was the last time. Takes as long as reading it does.
    ///
    /// # Errors
    /// When it cannot be read, is no regular file, or the monitor is cancelled.
    pub fn of_file(&self, path: &Path, monitor: &Monitor) -> io::Result<Hashed> {
        let known = fs::metadata(path)?;
        if !known.is_file() {
            return Err(io::Error::other("it is no regular file"));
        }
        let changed = known.modified().ok();
        let is_it = |one: &Remembered| one.path == path && one.hashed.bytes == known.len() && one.changed == changed;
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = all.iter().find(|one| is_it(one)) {
            return Ok(found.hashed);
        }
        drop(all);
        let hashed = read(path, monitor)?;
        all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|one| one.path != path);
        if all.len() >= MOST_REMEMBERED {
            all.remove(0);
        }
        all.push(Remembered { path: path.to_path_buf(), changed, hashed });
        Ok(hashed)
    }
}

fn read(path: &Path, monitor: &Monitor) -> io::Result<Hashed> {
    let mut file = File::open(path)?;
    let mut context = Context::new(&SHA256);
    let (mut buffer, mut bytes) = (vec![0; CHUNK], 0);
    loop {
        if monitor.is_cancelled() {
            return Err(io::Error::other("it was stopped"));
        }
        let count = file.read(&mut buffer)?;
        if count == 0 {
            return Ok(Hashed { sha256: Sha256::finish(context), bytes });
        }
        context.update(buffer.get(..count).unwrap_or_default());
        bytes += count as u64;
    }
}

#[cfg(test)]
mod tests {
    use trace_core::base::monitor::Monitor;

    use super::{Hashes, Sha256};

    #[test]
    fn it_is_what_sha256sum_prints() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(Sha256::of(b"abc").to_string(), abc);
        assert_eq!(Sha256::parse(&abc.to_uppercase()), Some(Sha256::of(b"abc")));
        assert_eq!(Sha256::of(b"abc").short(), "ba7816bf8f01…");
        for wrong in ["", "ba78", &abc[1..], &format!("{}+1", &abc[2..]), &abc.replace('a', "ä")] {
            assert_eq!(Sha256::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_file_is_read_again_when_it_has_changed() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        std::fs::write(&path, b"abc").expect("written");
        let (hashes, monitor) = (Hashes::default(), Monitor::new());
        let hash = |hashes: &Hashes| hashes.of_file(&path, &monitor).map(|hashed| hashed.sha256).ok();
        assert_eq!(hash(&hashes), Some(Sha256::of(b"abc")));
        std::fs::write(&path, b"abcd").expect("written");
        assert_eq!(hash(&hashes), Some(Sha256::of(b"abcd")));
        assert!(hashes.of_file(folder.path(), &monitor).is_err(), "a folder has none");
        monitor.cancel();
        assert!(Hashes::default().of_file(&path, &monitor).is_err(), "it can be stopped");
    }
}
