//! Finds the file that a link is about: by its name in folders that are known, checked by its contents; else, whatever it is
//! called, by size and contents. Nothing else of the disk is looked at.

use std::fs;
use std::path::{Path, PathBuf};

use trace_core::base::monitor::Monitor;

use crate::link::hash::{Hashed, Hashes, Sha256};
use crate::link::text::Link;
use crate::sample::SAMPLE;

/// What links call the sample trace.
pub const SAMPLE_NAME: &str = "sample.trace";
/// Folders that are looked in.
const MOST_FOLDERS: usize = 64;
/// Files of a folder that are looked at for their size.
const MOST_ENTRIES: usize = 20_000;
/// Files under other names that are read because they have the right size.
const MOST_READ: usize = 32;

/// A trace that a link can be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linked {
    /// The sample that comes with the program.
    Sample,
    /// A file on disk.
    File(PathBuf),
}

/// Where to look: files and folders in the order in which they are tried.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Files that the user has opened; their folders are looked in, too.
    pub files: Vec<PathBuf>,
    /// Folders to look in besides those of `files`.
    pub folders: Vec<PathBuf>,
}

/// What is known when the file of a link is not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The link whose file was not found.
    pub link: Link,
    /// A file of its name with other contents, and what these are.
    pub other: Option<(PathBuf, Sha256)>,
    /// The folders that were looked in.
    pub folders: Vec<PathBuf>,
}

impl Known {
    /// All folders, each once.
    #[must_use]
    pub fn all_folders(&self) -> Vec<PathBuf> {
        let of_files = self.files.iter().filter_map(|file| file.parent()).map(Path::to_path_buf);
        let mut all: Vec<PathBuf> = Vec::new();
        for folder in of_files.chain(self.folders.iter().cloned()) {
            if !folder.as_os_str().is_empty() && !all.contains(&folder) && all.len() < MOST_FOLDERS {
                all.push(folder);
            }
        }
        all
    }
}

/// The trace of a link. Reads all of the files that may be it.
///
/// # Errors
/// With what is known when none of them is.
pub fn find(link: &Link, known: &Known, hashes: &Hashes, monitor: &Monitor) -> Result<Linked, Box<Missing>> {
    if link.bytes.is_none_or(|bytes| bytes == SAMPLE.len() as u64) && Sha256::of(SAMPLE) == link.sha256 {
        return Ok(Linked::Sample);
    }
    let folders = known.all_folders();
    let mut other = None;
    for path in folders.iter().map(|folder| folder.join(&link.file)).filter(|path| path.is_file()) {
        match hashes.of_file(&path, monitor) {
            Ok(hashed) if hashed.sha256 == link.sha256 => return Ok(Linked::File(path)),
            Ok(hashed) => other = other.or(Some((path, hashed.sha256))),
            Err(_unreadable) => {}
        }
    }
    let renamed = link.bytes.and_then(|bytes| under_another_name((link, bytes), known, &folders, (hashes, monitor)));
    match renamed {
        Some(path) => Ok(Linked::File(path)),
        None => Err(Box::new(Missing { link: link.clone(), other, folders })),
    }
}

/// A file with the contents of the link, whatever it is called.
fn under_another_name(
    (link, bytes): (&Link, u64),
    known: &Known,
    folders: &[PathBuf],
    (hashes, monitor): (&Hashes, &Monitor),
) -> Option<PathBuf> {
    let entries = |folder: &PathBuf| {
        let entries = fs::read_dir(folder).into_iter().flatten().take(MOST_ENTRIES);
        entries.flatten().map(|entry| entry.path()).collect::<Vec<PathBuf>>()
    };
    let has_size = |path: &PathBuf| {
        let is_named = path.file_name().is_some_and(|name| name == link.file.as_str());
        !is_named && fs::metadata(path).is_ok_and(|known| known.is_file() && known.len() == bytes)
    };
    let paths = known.files.iter().cloned().chain(folders.iter().flat_map(entries));
    paths.filter(has_size).take(MOST_READ).find(|path| {
        let hashed = hashes.of_file(path, monitor);
        hashed.is_ok_and(|hashed| hashed.sha256 == link.sha256)
    })
}

/// What a link says of the contents of a trace.
///
/// # Errors
/// With a clause for the user when the file cannot be read.
pub fn contents(linked: &Linked, hashes: &Hashes, monitor: &Monitor) -> Result<Hashed, String> {
    match linked {
        Linked::Sample => Ok(Hashed { sha256: Sha256::of(SAMPLE), bytes: SAMPLE.len() as u64 }),
        Linked::File(path) => hashes.of_file(path, monitor).map_err(|error| error.to_string()),
    }
}

/// The name that a link gives a trace.
#[must_use]
pub fn file_name(linked: &Linked) -> String {
    match linked {
        Linked::Sample => SAMPLE_NAME.to_owned(),
        Linked::File(path) => path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use trace_core::base::monitor::Monitor;

    use super::{Known, Linked, contents, file_name, find};
    use crate::link::hash::{Hashes, Sha256};
    use crate::link::place::Place;
    use crate::link::text::Link;

    fn link(content: &[u8]) -> Link {
        let bytes = Some(content.len() as u64);
        Link { file: "a.trace".to_owned(), sha256: Sha256::of(content), bytes, place: Place::default() }
    }

    fn put(path: &Path, content: &[u8]) -> PathBuf {
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, content).expect("written");
        path.to_path_buf()
    }

    #[test]
    fn a_file_is_found_by_name_and_contents() {
        let folder = tempfile::tempdir().expect("a folder");
        let (hashes, monitor) = (Hashes::default(), Monitor::new());
        let found = |link: &Link, known: &Known| find(link, known, &hashes, &monitor);
        let other = put(&folder.path().join("one/a.trace"), b"other");
        let right = put(&folder.path().join("two/a.trace"), b"right");
        let known = |names: &[&str]| Known {
            files: vec![folder.path().join("zero/b.trace")],
            folders: names.iter().map(|name| folder.path().join(name)).collect(),
        };
        assert_eq!(found(&link(b"right"), &known(&["one", "two"])), Ok(Linked::File(right.clone())));
        let missing = found(&link(b"right"), &known(&["one"])).expect_err("not in there");
        assert_eq!(missing.other, Some((other, Sha256::of(b"other"))));
        assert_eq!(missing.folders, [folder.path().join("zero"), folder.path().join("one")]);
        assert_eq!(found(&link(b"none"), &known(&[])).expect_err("nowhere").other, None);
        // Under another name, if the link says how large it is.
        std::fs::rename(&right, folder.path().join("two/renamed.trace")).expect("renamed");
        let renamed = Ok(Linked::File(folder.path().join("two/renamed.trace")));
        assert_eq!(found(&link(b"right"), &known(&["two"])), renamed);
        assert!(found(&Link { bytes: None, ..link(b"right") }, &known(&["two"])).is_err());
    }

    #[test]
    fn the_sample_is_found_everywhere() {
        let (hashes, monitor) = (Hashes::default(), Monitor::new());
        let hashed = contents(&Linked::Sample, &hashes, &monitor).expect("it is in memory");
        let file = file_name(&Linked::Sample);
        let link = Link { file, sha256: hashed.sha256, bytes: Some(hashed.bytes), place: Place::default() };
        assert_eq!(find(&link, &Known::default(), &hashes, &monitor), Ok(Linked::Sample));
    }
}
