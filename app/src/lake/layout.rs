//! Where the files of a lake lie: `TABLE/service=…/date=…/PART.parquet`.

use std::fs;
use std::path::{Path, PathBuf};

use trace_core::tables::column::{Column, Kind, Role, Unit};
use trace_core::tables::table::Table;
use trace_core::tables::tier::{self, Tier};

use crate::lake::LakeError;

/// The file that says that a folder is a lake, and what is in it.
pub const MARK: &str = "_tracelane";
/// What the file [`MARK`] says: the version of the layout.
pub const MARK_TEXT: &str = "tracelane lake 1\n";
/// The folder of parts that are being written.
pub(super) const WRITING: &str = "_writing";
/// How names of parts end.
const ENDING: &str = "parquet";
/// The table whose file makes a part count.
pub const TRACES: &str = "traces";
/// The columns that folders are named after.
pub const SERVICE: &str = "service";
/// The second column that folders are named after.
pub const DATE: &str = "date";
/// The column that says which snapshot a row is of.
pub const TRACE_ID: &str = "trace_id";

/// When something begins.
const START: &str = "start_ns";
/// When it ends.
const END: &str = "end_time_ns";
/// How long it lasts.
const DURATION: &str = "duration_ns";

/// A column that is the sum of others.
#[derive(Clone, Copy, Debug)]
pub(super) struct Derived {
    /// Its name.
    pub(super) column: &'static str,
    /// What is added up.
    pub(super) plus: &'static [&'static str],
    /// What is taken off.
    pub(super) minus: &'static [&'static str],
}

/// How the columns of a detail table can be worked out that its files need not have.
const DERIVED: [Derived; 3] = [
    Derived { column: END, plus: &[START, DURATION], minus: &[] },
    Derived { column: DURATION, plus: &[END], minus: &[START] },
    Derived { column: "total_ns", plus: &["running_ns", "runnable_ns", "syscall_ns", "waiting_ns"], minus: &[] },
];

/// The columns of a table that can be worked out from others of it, if its files lack them.
pub(super) fn derived(table: &'static dyn Table) -> impl Iterator<Item = Derived> {
    let names: Vec<&str> = table.columns().into_iter().map(|column| column.name).collect();
    let is_detail = tier::of(table.name()) == Some(Tier::Detail);
    DERIVED.into_iter().filter(move |derived| {
        is_detail && derived.plus.iter().chain(derived.minus).chain([&derived.column]).all(|name| names.contains(name))
    })
}

/// The column that files of a table lack, as others tell it: the largest one that can be left out. The times of spans are
/// large, and how long each lasts is smaller than when it ends. In other tables something may end that has no beginning.
fn left_out(table: &'static dyn Table) -> Option<&'static str> {
    let mut derived = derived(table).map(|derived| derived.column);
    if table.name() == "spans" { derived.find(|name| *name == END) } else { derived.find(|name| *name != END) }
}

/// The columns that every table of a lake has behind its own.
pub static OWN_COLUMNS: [Column; 3] = [
    Column {
        name: TRACE_ID,
        kind: Kind::Int,
        unit: Unit::None,
        about: "the snapshot: a number made of the hash of its bytes",
        role: Role::Key,
    },
    Column { name: SERVICE, kind: Kind::Text, unit: Unit::None, about: "what the process is called", role: Role::None },
    Column {
        name: DATE,
        kind: Kind::Text,
        unit: Unit::None,
        about: "the day (UTC) of the snapshot's start; of the file's last change where the trace has no reading of a clock",
        role: Role::None,
    },
];

/// The columns of a table that queries of a lake find before [`OWN_COLUMNS`], with their places in it: all that are not in
/// the folders' names.
#[must_use]
pub fn query_columns(table: &'static dyn Table) -> Vec<(usize, &'static Column)> {
    let of_folders = |name: &str| [SERVICE, DATE, TRACE_ID].contains(&name);
    table.columns().into_iter().enumerate().filter(|(_, column)| !of_folders(column.name)).collect()
}

/// Those that its files hold: without one that others tell, in the detail tier, where it would be large.
#[must_use]
pub fn kept_columns(table: &'static dyn Table) -> Vec<(usize, &'static Column)> {
    let left_out = left_out(table);
    query_columns(table).into_iter().filter(|(_, column)| Some(column.name) != left_out).collect()
}

/// Whose snapshots of which day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition {
    /// The service, as it is called.
    pub service: String,
    /// The day of its snapshots, in UTC: `2026-11-30`.
    pub date: String,
}

impl Partition {
    /// Its folder in that of a table.
    #[must_use]
    pub fn folder(&self) -> PathBuf {
        let folder = |key: &str, value: &str| format!("{key}={}", escaped(value));
        Path::new(&folder(SERVICE, &self.service)).join(folder(DATE, &self.date))
    }

    /// That of the folders that a path ends with.
    pub(super) fn of(folder: &Path) -> Option<Self> {
        let date = value_of(folder, DATE)?;
        let service = value_of(folder.parent()?, SERVICE)?;
        Some(Self { service, date })
    }
}

/// The value in a folder's name, if it is of that key.
fn value_of(folder: &Path, key: &str) -> Option<String> {
    let name = folder.file_name()?.to_str()?;
    name.strip_prefix(key)?.strip_prefix('=').map(unescaped)
}

/// As Hive writes a value in a folder's name: what is not plain as `%` and two hexadecimal digits a byte.
fn escaped(value: &str) -> String {
    if value.is_empty() {
        return "__HIVE_DEFAULT_PARTITION__".to_owned();
    }
    let mut out = String::new();
    for (at, byte) in value.bytes().enumerate() {
        let is_plain = byte.is_ascii_alphanumeric() || byte == b'_' || (at > 0 && matches!(byte, b'-' | b'.'));
        if is_plain { out.push(char::from(byte)) } else { out.push_str(&format!("%{byte:02X}")) }
    }
    out
}

fn unescaped(value: &str) -> String {
    let bytes = value.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let digits = value.get(at + 1..at + 3).filter(|_| *byte == b'%');
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// The file of a table in a part.
#[must_use]
pub fn file(lake: &Path, table: &str, partition: &Partition, part: &str) -> PathBuf {
    lake.join(table).join(partition.folder()).join(part).with_extension(ENDING)
}

/// Whether a folder is a lake.
#[must_use]
pub fn is_lake(folder: &Path) -> bool {
    folder.join(MARK).is_file()
}

/// The files of a table, by partition and name. None if the table has no rows yet.
///
/// # Errors
/// When a folder cannot be read.
pub fn files(lake: &Path, table: &str) -> Result<Vec<(Partition, PathBuf)>, LakeError> {
    let mut found = Vec::new();
    let root = lake.join(table);
    if !root.is_dir() {
        return Ok(found);
    }
    for service in entries(&root)? {
        if value_of(&service, SERVICE).is_none() || !service.is_dir() {
            continue;
        }
        for date in entries(&service)? {
            let Some(partition) = Partition::of(&date) else { continue };
            let is_part = |path: &PathBuf| path.extension().is_some_and(|ending| ending == ENDING) && !is_hidden(path);
            found.extend(entries(&date)?.into_iter().filter(is_part).map(|path| (partition.clone(), path)));
        }
    }
    found.sort();
    Ok(found)
}

/// Whether programs that read lakes pass over a file or folder.
#[must_use]
pub fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| matches!(name.as_encoded_bytes().first(), Some(b'.' | b'_')))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, LakeError> {
    let read = || fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    read().map_err(|error| LakeError::at(folder, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_from_names_of_folders() {
        for value in ["cart", "a b/c", "..", "täglich=1%", "-x.y", "."] {
            let partition = Partition { service: value.to_owned(), date: "2026-11-30".to_owned() };
            let folder = partition.folder();
            assert_eq!(folder.components().count(), 2, "{}", folder.display());
            assert_eq!(Partition::of(&folder), Some(partition));
        }
        assert_eq!(escaped(".."), "%2E.");
        assert_eq!(escaped("a/b"), "a%2Fb");
    }
}
