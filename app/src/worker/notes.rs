//! Bookmarks and pins on disk: a file per trace, named by the hash of the trace's content, in the user's data folder. And
//! files that people give each other.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use trace_core::cache::Key;

use crate::output::{NotWritten, Output};
use crate::private;
use crate::state::bookmarks::{Bookmark, Notes};
use crate::state::document::Source;

/// Names the folder of the data, for tests.
pub const FOLDER_VARIABLE: &str = "TRACELANE_DATA_DIR";
/// Far more than bookmarks take.
const MOST_BYTES: u64 = 16 << 20;
/// What exported files say that they are.
const FORMAT: &str = "tracelane bookmarks 1";

/// Where notes are kept; `None` if this machine has no place for them.
#[derive(Clone, Debug, Default)]
pub struct NotesStore {
    folder: Option<PathBuf>,
}

/// A file that is exported.
#[derive(Serialize, Deserialize)]
struct Exported {
    format: String,
    bookmarks: Vec<Bookmark>,
}

/// The notes of a trace, as they are on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct KeptNotes {
    /// The name under which they are kept: the same for the same bytes.
    pub key: String,
    /// The notes; none if none were kept.
    pub notes: Notes,
}

impl NotesStore {
    /// The user's folder for data, or the one that [`FOLDER_VARIABLE`] names.
    #[must_use]
    pub fn of_user() -> Self {
        let named = std::env::var_os(FOLDER_VARIABLE).filter(|name| !name.is_empty()).map(PathBuf::from);
        let usual =
            || directories::ProjectDirs::from("", "", "tracelane").map(|places| places.data_dir().to_path_buf());
        Self { folder: named.or_else(usual).map(|folder| folder.join("notes")) }
    }

    /// A store in this folder, which need not exist.
    #[must_use]
    pub fn in_folder(folder: &Path) -> Self {
        Self { folder: Some(folder.to_path_buf()) }
    }

    /// What is kept of a trace. `None` where the trace cannot be read again.
    #[must_use]
    pub fn read(&self, source: &Source) -> Option<KeptNotes> {
        let key = match source {
            Source::Sample => "sample".to_owned(),
            Source::Path(path) => {
                let key = Key::of_file(path).ok()?;
                format!("{:032x}-{}", key.hash, key.len)
            }
            Source::Earlier { .. } => return None,
        };
        let notes = self.of_key(&key).unwrap_or_default();
        Some(KeptNotes { key, notes })
    }

    /// What is kept under a name; a file that is damaged or not the user's counts for nothing.
    fn of_key(&self, key: &str) -> Option<Notes> {
        let file = private::open(&self.path(key)?, MOST_BYTES).ok()?;
        if !private::is_own_file(&file) {
            return None;
        }
        let mut text = String::new();
        file.take(MOST_BYTES).read_to_string(&mut text).ok()?;
        let read: Notes = ron::from_str(&text).ok()?;
        // The same bounds as for what is imported.
        let mut notes = Notes { pins: read.pins, ..Notes::default() };
        notes.merge(read.bookmarks);
        Some(notes)
    }

    fn path(&self, key: &str) -> Option<PathBuf> {
        Some(self.folder.as_ref()?.join(format!("{key}.ron")))
    }

    /// Keeps notes under a name; without any, what is there goes.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn write(&self, key: &str, notes: &Notes) -> io::Result<()> {
        let (Some(folder), Some(path)) = (&self.folder, self.path(key)) else { return Ok(()) };
        if *notes == Notes::default() {
            return match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        private::make_folder(folder)?;
        let text = ron::ser::to_string_pretty(notes, ron::ser::PrettyConfig::default()).map_err(io::Error::other)?;
        private::write(&path, ".new", |out| out.write_all(text.as_bytes()))
    }
}

/// Writes bookmarks to a file that others can import.
///
/// # Errors
/// As [`Output::write`].
pub fn export(notes: &Notes, output: &Output<'_>) -> Result<(), NotWritten> {
    let exported = Exported { format: FORMAT.to_owned(), bookmarks: notes.bookmarks.clone() };
    output.write(|file| serde_json::to_writer_pretty(file, &exported).map_err(io::Error::other))
}

/// Reads bookmarks that were exported.
///
/// # Errors
/// With a clause for the user: what the file is instead, or what the operating system says.
pub fn import(path: &Path) -> Result<Vec<Bookmark>, String> {
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    file.take(MOST_BYTES).read_to_string(&mut text).map_err(|_binary| "it holds no bookmarks".to_owned())?;
    let exported: Exported = serde_json::from_str(&text).map_err(|_other| "it holds no bookmarks".to_owned())?;
    if exported.format != FORMAT {
        return Err("its bookmarks are of a version that this one cannot read".to_owned());
    }
    Ok(exported.bookmarks)
}

#[cfg(test)]
mod tests {
    use super::{KeptNotes, NotesStore, export, import};
    use crate::output::{Inputs, Output};
    use crate::state::bookmarks::{Bookmark, Notes, StoredPin};
    use crate::state::document::Source;

    fn notes() -> Notes {
        let bookmark = Bookmark { start_ns: 5, end_ns: 9, lane: "g7".into(), note: "late \u{1b}[2J\n".into() };
        Notes { bookmarks: vec![bookmark], pins: vec![StoredPin::Group("main.main".into())] }
    }

    #[test]
    fn notes_go_by_the_content_of_the_trace() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = NotesStore::in_folder(&folder.path().join("notes"));
        let (one, other) = (folder.path().join("one"), folder.path().join("other"));
        std::fs::write(&one, b"same").expect("written");
        std::fs::write(&other, b"same").expect("written");
        let KeptNotes { key, notes: empty } = store.read(&Source::Path(one.clone())).expect("it can be read");
        assert_eq!(empty, Notes::default());
        store.write(&key, &notes()).expect("written");
        assert_eq!(store.read(&Source::Path(other)), Some(KeptNotes { key: key.clone(), notes: notes() }));
        std::fs::write(&one, b"else").expect("written");
        assert_eq!(store.read(&Source::Path(one)).map(|found| found.notes), Some(Notes::default()));
        store.write(&key, &Notes::default()).expect("removed");
        assert_eq!(std::fs::read_dir(folder.path().join("notes")).expect("a folder").count(), 0);
    }

    #[test]
    fn damaged_notes_count_for_nothing() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = NotesStore::in_folder(folder.path());
        std::fs::write(folder.path().join("sample.ron"), b"(bookmarks: [(sta\xff").expect("written");
        assert_eq!(store.read(&Source::Sample), Some(KeptNotes { key: "sample".to_owned(), notes: Notes::default() }));
    }

    #[test]
    fn what_is_exported_can_be_imported_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notes.json");
        let inputs = Inputs::default();
        let output = Output { path: &path, inputs: &inputs, may_replace: false, keeps_traces: true, may_stream: false };
        export(&notes(), &output).expect("written");
        assert_eq!(import(&path), Ok(notes().bookmarks));
        std::fs::write(&path, b"go 1.27 trace\0\0\xff").expect("written");
        assert!(import(&path).is_err());
    }
}
