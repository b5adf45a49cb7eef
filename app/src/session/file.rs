//! Session files: which files belong to a session, what they are called, and what the user set by hand. JSON, small, with
//! paths relative to the session file, so that a folder can be moved or sent.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use serde::{Deserialize, Serialize};
use trace_core::base::error::{Error, Result};
use trace_core::cache::Key;

/// The largest session file that is read.
pub const FILE_BYTES: u64 = 4 << 20;
/// What the file says it is.
const SCHEMA: &str = "tracelane.session_file";
/// The version that is written, and the newest that is read.
const VERSION: u32 = 1;
/// Files that are looked at in search of one that is missing.
const MOST_FILES: usize = 10_000;

/// A session file: the traces and span files that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionFile {
    /// What the file is.
    pub schema: String,
    /// Version of the format; files of newer ones are refused.
    pub version: u32,
    /// What the user wrote about it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub notes: String,
    /// Lines that are added to the patterns for ids.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub patterns: String,
    /// The traces and span files, in the order given.
    pub members: Vec<Member>,
}

/// A file of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// Its path, relative to the session file's folder where that is possible; with `/` on every system.
    pub file: String,
    /// What the user calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The colour that the user chose, `#rrggbb`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub color: Option<String>,
    /// What the user adds to its clock, nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset_ns: Option<i64>,
    /// Length of the file in bytes, by which a changed one is noticed.
    #[serde(default)]
    pub bytes: u64,
    /// What it holds: a hash in hex; empty if it was not taken.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hash: String,
}

/// A colour that is written as `#rrggbb`; `None` for other texts.
#[must_use]
pub fn color(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

/// A colour as it is written: `#rrggbb`.
#[must_use]
pub fn color_text([red, green, blue]: [u8; 3]) -> String {
    format!("#{red:02x}{green:02x}{blue:02x}")
}

impl Default for SessionFile {
    fn default() -> Self {
        let schema = SCHEMA.to_owned();
        Self { schema, version: VERSION, notes: String::new(), patterns: String::new(), members: Vec::new() }
    }
}

impl SessionFile {
    /// Reads a session file; `None` if the file is something else.
    ///
    /// # Errors
    /// When it is one that cannot be understood.
    pub fn read(path: &Path) -> Result<Option<Self>> {
        let Ok(known) = path.metadata() else { return Ok(None) };
        if !known.is_file() || known.len() > FILE_BYTES {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        File::open(path)?.take(FILE_BYTES).read_to_end(&mut bytes)?;
        let Ok(text) = std::str::from_utf8(&bytes) else { return Ok(None) };
        if !text.trim_start().starts_with('{') || !text.contains(SCHEMA) {
            return Ok(None);
        }
        let refused = |found: String| Error::NotATrace { found };
        let read: Self = serde_json::from_str(text)
            .map_err(|error| refused(format!("it is a session file that cannot be read: {error}")))?;
        if read.schema != SCHEMA {
            return Ok(None);
        }
        if read.version > VERSION {
            let newer = format!("it is a session file of version {}, which a newer Tracelane can open", read.version);
            return Err(refused(newer));
        }
        Ok(Some(read))
    }

    /// As it is written.
    ///
    /// # Errors
    /// Never, for what can be made.
    pub fn text(&self) -> serde_json::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

impl Member {
    /// What a session file in `folder` says of a file.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(path: &Path, folder: &Path, name: Option<String>, offset_ns: Option<i64>) -> io::Result<Self> {
        // A file in an archive has no content of its own that could be looked for.
        let key = if path.is_file() { Some(Key::of_file(path)?) } else { None };
        let (bytes, hash) = key.map_or((0, String::new()), |key| (key.len, format!("{:032x}", key.hash)));
        Ok(Self { file: relative(path, folder), name, color: None, offset_ns, bytes, hash })
    }

    /// A file in the folder of the session file, or in a folder in there, that holds the same.
    #[must_use]
    pub fn locate(&self, folder: &Path) -> Option<PathBuf> {
        if self.hash.is_empty() {
            return None;
        }
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let mut open = vec![folder.to_path_buf()];
        let mut seen = 0;
        while let Some(folder) = open.pop() {
            let Ok(entries) = std::fs::read_dir(folder) else { continue };
            for entry in entries.flatten() {
                seen += 1;
                if seen > MOST_FILES {
                    return None;
                }
                let (Ok(kind), path) = (entry.file_type(), entry.path()) else { continue };
                if kind.is_dir() {
                    open.push(path);
                } else if kind.is_file() && self.is_content_of(&path) {
                    return Some(path);
                }
            }
        }
        None
    }

    fn is_content_of(&self, path: &Path) -> bool {
        let same_length = path.metadata().is_ok_and(|known| known.len() == self.bytes);
        same_length && Key::of_file(path).is_ok_and(|key| format!("{:032x}", key.hash) == self.hash)
    }
}

/// A path as seen from a folder, with `/` between its parts; as it is where there is no way from there.
fn relative(path: &Path, folder: &Path) -> String {
    let whole = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let (path, folder) = (whole(path), whole(folder));
    let parts = |path: &Path| -> Option<Vec<String>> {
        let part = |part: Component<'_>| part.as_os_str().to_str().map(str::to_owned);
        path.components().map(part).collect()
    };
    let (Some(own), Some(base)) = (parts(&path), parts(&folder)) else { return path.display().to_string() };
    let same = own.iter().zip(&base).take_while(|(a, b)| a == b).count();
    // Another drive.
    if same == 0 {
        return path.display().to_string();
    }
    let up = base.iter().skip(same).map(|_| "..".to_owned());
    up.chain(own.into_iter().skip(same)).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_relative_to_the_session_file() {
        let seen = |path: &str, folder: &str| relative(Path::new(path), Path::new(folder));
        assert_eq!(seen("/a/b/c.trace", "/a/b"), "c.trace");
        assert_eq!(seen("/a/b/x/c.trace", "/a/b"), "x/c.trace");
        assert_eq!(seen("/a/d/c.trace", "/a/b"), "../d/c.trace");
    }

    #[test]
    fn a_session_file_comes_back_and_finds_what_was_moved() {
        let folder = tempfile::tempdir().unwrap();
        let trace = folder.path().join("a.trace");
        std::fs::write(&trace, b"go 1.26 trace and so on").unwrap();
        let member = Member::of(&trace, folder.path(), Some("front".into()), Some(-3)).unwrap();
        let session = SessionFile { members: vec![member.clone()], notes: "slow".into(), ..SessionFile::default() };
        let file = folder.path().join("s.json");
        std::fs::write(&file, session.text().unwrap()).unwrap();
        assert_eq!(SessionFile::read(&file).unwrap(), Some(session));
        assert_eq!(SessionFile::read(&trace).unwrap(), None);
        std::fs::create_dir(folder.path().join("old")).unwrap();
        let moved = folder.path().join("old/b");
        std::fs::rename(&trace, &moved).unwrap();
        assert_eq!(member.locate(folder.path()), Some(moved.clone()));
        std::fs::write(&moved, b"go 1.26 trace and no more").unwrap();
        assert_eq!(member.locate(folder.path()), None);
    }

    #[test]
    fn what_is_newer_or_broken_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("s.json");
        let refused = |text: &str| {
            std::fs::write(&file, text).unwrap();
            SessionFile::read(&file).unwrap_err().to_string()
        };
        let newer = refused(r#"{"schema":"tracelane.session_file","version":2,"members":[]}"#);
        assert!(newer.ends_with("a session file of version 2, which a newer Tracelane can open"), "{newer}");
        assert!(refused(r#"{"schema":"tracelane.session_file","version":1}"#).contains("missing field `members`"));
    }
}
