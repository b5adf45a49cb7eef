//! Models of large traces kept on disk, so that a trace opened before opens at once: where they lie, which one
//! belongs to a file, and what goes when they become too many. Never beside the user's file, and never the
//! only copy of anything: whatever goes wrong here costs no more than loading again. A folder that others can write
//! to is not used: a model that was put there would be believed.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use trace_core::base::error::Result;
use trace_core::base::monitor::Monitor;
use trace_core::cache::{self, Key, Stored};
use trace_core::load::Publish;
use trace_core::model::trace::Trace;

use crate::private;
use crate::remote;

/// Names the folder of the cache, for tests.
pub const FOLDER_VARIABLE: &str = "TRACELANE_CACHE_DIR";
/// Smaller files load in no time.
pub const SMALLEST_BYTES: u64 = 8 << 20;
/// A file changed more recently than this may still be changing: clocks of file systems are coarse.
const SETTLED: Duration = Duration::from_secs(2);
/// A file being written that has not changed for so long was left behind by a window that was closed meanwhile: it is
/// written in one go.
const LEFT_BEHIND: Duration = Duration::from_mins(10);
/// A model takes less than so many bytes for a byte of its file, be it packed, and these besides. What is larger was
/// not written here.
const MOST_PER_BYTE: u64 = 64;
const MOST_BESIDES: u64 = 256 << 20;
const ENDING: &str = "model";
/// How names of models that are being written end.
const NEW: &str = "new";

/// The cache, or none.
#[derive(Clone, Debug, Default)]
pub struct Cache {
    folder: Option<PathBuf>,
    limit_bytes: u64,
    smallest_bytes: u64,
}

/// A trace, and how it came.
#[derive(Debug)]
pub struct Loaded {
    /// The trace, fully loaded.
    pub trace: Arc<Trace>,
    /// It came from the cache.
    pub from_cache: bool,
    /// It did not, but could next time: see [`Fresh::keep`]. Otherwise why not.
    pub fresh: std::result::Result<Fresh, NotKept>,
}

/// Why a model is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotKept {
    /// It is in the cache already.
    Kept,
    /// There is no cache.
    Off,
    /// It came from a pipe, an archive's member or an address.
    NoFile,
    /// The file is smaller than so many bytes.
    Small(u64),
    /// The file was changed just now.
    Unsettled,
    /// Not all of the trace was read.
    Incomplete,
    /// The file was changed while it was read.
    Changed,
    /// The model is larger than all that may be kept, so many bytes.
    Large(u64),
}

impl fmt::Display for NotKept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kept => f.write_str("it is in the cache already"),
            Self::Off => f.write_str("there is no cache"),
            Self::NoFile => f.write_str("only traces in files are cached, not those of pipes, addresses or archives"),
            Self::Small(bytes) => {
                write!(f, "files smaller than {} MB load fast enough without it", bytes >> 20)
            }
            Self::Unsettled => write!(
                f,
                "the file was changed less than {} s ago and may still be changing; try again in a moment",
                SETTLED.as_secs()
            ),
            Self::Incomplete => f.write_str("the end of the trace is missing, so the file may still grow"),
            Self::Changed => f.write_str("the file was changed while it was read; try again"),
            Self::Large(bytes) => write!(f, "it is larger than the cache may become, {} MB", bytes >> 20),
        }
    }
}

/// The file of a trace that is worth to be kept.
#[derive(Debug)]
pub struct Fresh {
    cache: Cache,
    path: PathBuf,
    seen: FileStamp,
}

/// What a file looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct FileStamp {
    len: u64,
    modified: SystemTime,
}

impl FileStamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = path.metadata().ok().filter(fs::Metadata::is_file)?;
        Some(Self { len: metadata.len(), modified: metadata.modified().ok()? })
    }
}

impl Cache {
    /// The user's cache, or the one that [`FOLDER_VARIABLE`] names, of so many bytes at most.
    #[must_use]
    pub fn of_user(limit_bytes: u64) -> Self {
        let named = std::env::var_os(FOLDER_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        let folder = named.or_else(|| {
            directories::ProjectDirs::from("", "", "tracelane").map(|places| places.cache_dir().join("models"))
        });
        Self { folder, limit_bytes, smallest_bytes: SMALLEST_BYTES }
    }

    /// None: everything is loaded, nothing kept.
    #[must_use]
    pub fn off() -> Self {
        Self::default()
    }

    /// The same with another limit; 0 turns it off.
    #[must_use]
    pub fn with_limit(&self, limit_bytes: u64) -> Self {
        if limit_bytes == 0 { Self::off() } else { Self { limit_bytes, ..self.clone() } }
    }

    /// Takes a trace from the cache, or else loads it as [`remote::load`] does: with `publish` only for those who look
    /// at snapshots.
    ///
    /// # Errors
    /// As [`remote::load`].
    pub fn load(&self, path: &Path, monitor: &Monitor, mut publish: Option<&mut Publish<'_>>) -> Result<Loaded> {
        let seen = self.worth_keeping(path);
        if let Ok(seen) = seen
            && let Some(trace) = self.find(path, seen)
        {
            let totals = trace.totals();
            monitor.set_bytes_total(seen.len);
            monitor.add(seen.len, totals.events, totals.generations);
            let trace = Arc::new(trace);
            if let Some(publish) = &mut publish {
                publish(Arc::clone(&trace));
            }
            return Ok(Loaded { trace, from_cache: true, fresh: Err(NotKept::Kept) });
        }
        let is_settled = |seen: FileStamp| seen.modified.elapsed().is_ok_and(|age| age >= SETTLED);
        let seen = seen.and_then(|seen| if is_settled(seen) { Ok(seen) } else { Err(NotKept::Unsettled) });
        let trace = remote::load(path, monitor, publish)?;
        let seen = seen.and_then(|seen| if trace.totals().complete { Ok(seen) } else { Err(NotKept::Incomplete) });
        let fresh = seen.map(|seen| Fresh { cache: self.clone(), path: path.to_path_buf(), seen });
        Ok(Loaded { trace, from_cache: false, fresh })
    }

    /// What a file looks like whose model is worth to be kept, if there is a cache.
    fn worth_keeping(&self, path: &Path) -> std::result::Result<FileStamp, NotKept> {
        if self.folder.is_none() {
            return Err(NotKept::Off);
        }
        let seen = FileStamp::of(path).ok_or(NotKept::NoFile)?;
        if seen.len < self.smallest_bytes { Err(NotKept::Small(self.smallest_bytes)) } else { Ok(seen) }
    }

    /// The trace of a file as it is now. Most files are not in the cache, which is known without reading them.
    fn find(&self, path: &Path, seen: FileStamp) -> Option<Trace> {
        let of_len = format!("{:x}-", seen.len);
        let mut kept = self.kept().into_iter();
        kept.find(|kept| kept.path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&of_len)))?;
        let key = Key::of_file(path).ok()?;
        let place = self.own_folder()?.join(name_of(&key));
        let stored = private::open(&place, most_bytes(seen.len)).ok()?;
        let trace = cache::read(Stored::File(&stored), &key)?;
        if FileStamp::of(path) != Some(seen) {
            return None;
        }
        // So that the ones used least go first. If it cannot be told, this one goes early.
        drop(private::touch(&place));
        Some(trace)
    }

    /// The folder, if it is there and nobody else can have put anything into it.
    fn own_folder(&self) -> Option<&Path> {
        self.folder.as_deref().filter(|folder| private::is_own_folder(folder))
    }

    /// All models kept, the one used longest ago first.
    fn kept(&self) -> Vec<CachedFile> {
        let Some(entries) = self.own_folder().and_then(|folder| fs::read_dir(folder).ok()) else {
            return Vec::new();
        };
        let kept = entries.filter_map(|entry| {
            let (path, metadata) = entry.ok().and_then(|entry| Some((entry.path(), entry.metadata().ok()?)))?;
            if !metadata.is_file() {
                return None;
            }
            let ending = path.extension()?.to_str()?.to_owned();
            let (used, bytes) = (metadata.modified().ok()?, metadata.len());
            matches!(ending.as_str(), ENDING | NEW).then_some(CachedFile { path, used, bytes, is_new: ending == NEW })
        });
        let mut kept: Vec<CachedFile> = kept.collect();
        kept.sort_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
        kept
    }

    /// Bytes of all that is kept.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.kept().iter().map(|kept| kept.bytes).sum()
    }

    /// Removes all that is kept; tells how many bytes that were.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn clear(&self) -> io::Result<u64> {
        let mut bytes = 0;
        for kept in self.kept() {
            fs::remove_file(&kept.path)?;
            bytes += kept.bytes;
        }
        Ok(bytes)
    }

    /// Removes what was left behind half written.
    pub fn remove_left_behind(&self) {
        let is_left = |kept: &CachedFile| kept.is_new && kept.used.elapsed().is_ok_and(|age| age > LEFT_BEHIND);
        for kept in self.kept().into_iter().filter(is_left) {
            // Another window may have removed it.
            drop(fs::remove_file(&kept.path));
        }
    }

    /// Removes what was used longest ago until the limit is kept, and what was left behind half written.
    fn trim(&self) {
        self.remove_left_behind();
        let models: Vec<CachedFile> = self.kept().into_iter().filter(|kept| !kept.is_new).collect();
        let mut bytes: u64 = models.iter().map(|kept| kept.bytes).sum();
        let mut surplus: Vec<&CachedFile> = Vec::new();
        for kept in &models {
            if bytes > self.limit_bytes {
                bytes -= kept.bytes;
                surplus.push(kept);
            }
        }
        for kept in surplus {
            // Another window may have removed it.
            drop(fs::remove_file(&kept.path));
        }
    }
}

/// Takes a trace from the user's cache, or else loads it: for commands, which keep nothing and look at no snapshots.
///
/// # Errors
/// As [`remote::load`].
pub fn load(path: &Path, monitor: &Monitor) -> Result<Arc<Trace>> {
    Cache::of_user(0).load(path, monitor, None).map(|loaded| loaded.trace)
}

/// A file in the cache.
#[derive(Debug)]
struct CachedFile {
    path: PathBuf,
    used: SystemTime,
    bytes: u64,
    is_new: bool,
}

impl Fresh {
    /// Keeps the trace that came with this for the next time; `None` if that is done, else why not. Takes a while: for a
    /// thread that nobody waits for.
    ///
    /// # Errors
    /// Whatever the disk says.
    pub fn keep(self, trace: &Trace) -> io::Result<Option<NotKept>> {
        let Some(folder) = &self.cache.folder else { return Ok(Some(NotKept::Off)) };
        // What is kept takes two thirds of the memory, roughly.
        let estimate = trace.memory().iter().map(|part| part.1).sum::<u64>() / 2;
        if estimate > self.cache.limit_bytes {
            return Ok(Some(NotKept::Large(self.cache.limit_bytes)));
        }
        let key = Key::of_file(&self.path)?;
        // Whoever changed it while it was loaded, or hashed, has changed its time as well.
        if FileStamp::of(&self.path) != Some(self.seen) || key.len != self.seen.len {
            return Ok(Some(NotKept::Changed));
        }
        private::make_folder(folder)?;
        if !private::is_own_folder(folder) {
            let what = format!("other users can write to {}, so nothing is cached there", folder.display());
            return Err(io::Error::other(what));
        }
        // What fails leaves nothing behind: a full disk must not stay full.
        private::write(&folder.join(name_of(&key)), &format!(".{NEW}"), |out| cache::write(trace, &key, out))?;
        self.cache.trim();
        Ok(None)
    }
}

fn name_of(key: &Key) -> String {
    format!("{:x}-{:032x}.{ENDING}", key.len, key.hash)
}

/// The largest that the model of a file of `len` bytes can be.
const fn most_bytes(len: u64) -> u64 {
    len.saturating_mul(MOST_PER_BYTE).saturating_add(MOST_BESIDES)
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use tempfile::TempDir;
    use trace_core::testkit::scenes;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    /// A cache that takes traces of any size, a trace of an hour ago beside it.
    fn setting() -> (TempDir, Cache, PathBuf) {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache { folder: Some(folder.path().join("cache")), limit_bytes: 1 << 30, smallest_bytes: 0 };
        let path = folder.path().join("a.trace");
        write_old(&path, &scenes::ping_pong(2, 4, 2_000));
        (folder, cache, path)
    }

    fn write_old(path: &Path, bytes: &[u8]) {
        fs::write(path, bytes).expect("written");
        set_age(path, HOUR);
    }

    fn set_age(path: &Path, age: Duration) {
        let file = File::options().write(true).open(path).expect("it is there");
        file.set_modified(SystemTime::now() - age).expect("its time");
    }

    fn open(cache: &Cache, path: &Path) -> Loaded {
        let mut published = 0;
        let loaded = cache.load(path, &Monitor::new(), Some(&mut |_| published += 1)).expect("a trace");
        assert!(published > 0, "something is shown");
        loaded
    }

    fn open_and_keep(cache: &Cache, path: &Path) {
        let Loaded { trace, fresh, .. } = open(cache, path);
        fresh.expect("worth keeping").keep(&trace).expect("room on the disk");
    }

    #[test]
    fn a_trace_kept_comes_from_the_cache() {
        let (folder, cache, path) = setting();
        open_and_keep(&cache, &path);
        let again = open(&cache, &path);
        assert!(again.from_cache && again.fresh.is_err());
        assert_eq!(again.trace.totals(), open(&Cache::off(), &path).trace.totals());
        // By content: under another name, too.
        let copy = folder.path().join("copy");
        fs::copy(&path, &copy).expect("copied");
        assert!(open(&cache, &copy).from_cache);
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 3, "nothing beside the trace");
        let bytes = cache.bytes();
        assert!(bytes > 1_000);
        assert_eq!(cache.clear().expect("removed"), bytes);
        assert!(!open(&cache, &path).from_cache);
    }

    #[test]
    fn another_content_is_another_trace() {
        let (_folder, cache, path) = setting();
        open_and_keep(&cache, &path);
        let mut bytes = fs::read(&path).expect("a trace");
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        write_old(&path, &bytes);
        assert!(!open(&cache, &path).from_cache);
    }

    #[test]
    fn a_file_that_changes_is_not_kept() {
        let (_folder, cache, path) = setting();
        let Loaded { trace, fresh, .. } = open(&cache, &path);
        set_age(&path, 2 * HOUR);
        assert_eq!(fresh.expect("worth keeping").keep(&trace).expect("nothing to do"), Some(NotKept::Changed));
        assert_eq!(cache.bytes(), 0);
        set_age(&path, Duration::ZERO);
        assert_eq!(open(&cache, &path).fresh.err(), Some(NotKept::Unsettled), "it may still be written");
    }

    #[test]
    fn small_files_and_a_cache_turned_off_are_left_alone() {
        let (_folder, cache, path) = setting();
        let large = Cache { smallest_bytes: 1 << 20, ..cache.clone() };
        assert_eq!(open(&large, &path).fresh.err(), Some(NotKept::Small(1 << 20)));
        assert_eq!(open(&cache.with_limit(0), &path).fresh.err(), Some(NotKept::Off));
    }

    #[test]
    fn a_damaged_model_is_loaded_anew_and_replaced() {
        let (_folder, cache, path) = setting();
        open_and_keep(&cache, &path);
        let kept = cache.kept().remove(0).path;
        let mut bytes = fs::read(&kept).expect("the model");
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
        fs::write(&kept, &bytes).expect("written");
        assert!(!open(&cache, &path).from_cache);
        fs::write(&kept, &bytes[..middle]).expect("written");
        open_and_keep(&cache, &path);
        assert!(open(&cache, &path).from_cache);
    }

    /// A model that somebody else put there would be believed.
    #[test]
    #[cfg(unix)]
    fn a_folder_that_others_can_write_to_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let (_folder, cache, path) = setting();
        open_and_keep(&cache, &path);
        let folder = cache.folder.clone().expect("a folder");
        let mode = |path: &Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&cache.kept()[0].path)), (0o700, 0o600));
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o777)).expect("set");
        let Loaded { trace, from_cache, fresh } = open(&cache, &path);
        assert!(!from_cache && fresh.expect("worth keeping").keep(&trace).is_err());
        assert_eq!((cache.bytes(), cache.clear().expect("nothing to do")), (0, 0));
        assert_eq!(fs::read_dir(&folder).expect("a folder").count(), 1, "nothing was written or removed");
    }

    /// A link would lead elsewhere, a pipe would be waited for, something huge would fill memory.
    #[test]
    #[cfg(unix)]
    fn what_is_no_model_is_neither_read_nor_replaced() {
        let (folder, cache, path) = setting();
        open_and_keep(&cache, &path);
        let kept = cache.kept().remove(0).path;
        let aside = folder.path().join("aside");
        fs::rename(&kept, &aside).expect("moved");
        type Put<'a> = &'a dyn Fn();
        let in_place: [(&str, Put<'_>); 3] = [
            ("pipe", &|| {
                let made = std::process::Command::new("mkfifo").arg(&kept).status();
                assert!(made.is_ok_and(|status| status.success()));
            }),
            ("link", &|| std::os::unix::fs::symlink(&aside, &kept).expect("a link")),
            ("device", &|| std::os::unix::fs::symlink("/dev/zero", &kept).expect("a link")),
        ];
        for (name, put) in in_place {
            put();
            let Loaded { trace, from_cache, fresh } = open(&cache, &path);
            assert!(!from_cache, "{name}");
            assert!(fresh.expect("worth keeping").keep(&trace).is_err(), "{name}");
            assert!(!fs::symlink_metadata(&kept).expect("it is there").is_file(), "{name}");
            fs::remove_file(&kept).expect("removed");
        }
        fs::rename(&aside, &kept).expect("moved back");
        assert!(open(&cache, &path).from_cache);
        let file = File::options().write(true).open(&kept).expect("it is there");
        file.set_len(1 << 40).expect("a hole");
        assert!(!open(&cache, &path).from_cache);
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let (folder, cache, first) = setting();
        let second = folder.path().join("b.trace");
        write_old(&second, &scenes::many_goroutines(2, 2_000));
        open_and_keep(&cache, &first);
        set_age(&cache.kept().remove(0).path, 3 * HOUR);
        open_and_keep(&cache, &second);
        let second_model = cache.kept().pop().expect("two models").path;
        set_age(&second_model, 2 * HOUR);
        assert!(open(&cache, &first).from_cache, "now the first is the newer one");
        let left = cache.folder.clone().expect("a folder").join("x.1.new");
        fs::write(&left, b"half").expect("written");
        set_age(&left, 48 * HOUR);
        let fresh = cache.folder.clone().expect("a folder").join("y.1.new");
        fs::write(&fresh, b"half").expect("written");
        cache.remove_left_behind();
        assert!(!left.exists() && fresh.exists(), "that is still being written");
        fs::remove_file(&fresh).expect("removed");
        let small = Cache { limit_bytes: cache.bytes() * 2 / 3, ..cache.clone() };
        small.trim();
        assert!(!second_model.exists());
        assert!(open(&cache, &first).from_cache);
        assert!(open(&cache.with_limit(10), &second).fresh.is_ok_and(|fresh| {
            let trace = open(&Cache::off(), &second).trace;
            fresh.keep(&trace).is_ok_and(|why| why == Some(NotKept::Large(10))) && !second_model.exists()
        }));
    }
}
