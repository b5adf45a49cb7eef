//! Adds snapshots to a lake: each once, and of what several snapshots of one process hold, each generation once.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;

use rayon::iter::{IntoParallelIterator as _, IntoParallelRefIterator as _, ParallelIterator as _};
use trace_core::base::monitor::Monitor;
use trace_core::export::generations::Content;
use trace_core::input::archive;
use trace_core::input::source::{Source as Input, holds_a_trace};
use trace_core::tables::table;
use trace_core::tables::table::Table;
use trace_core::tables::tier::{KEPT, Tier};

use crate::lake::LakeError;
use crate::lake::columns::{TableData, file_columns};
use crate::lake::journal::{self, Writing};
use crate::lake::known::Known;
use crate::lake::layout::{self, MARK, MARK_TEXT, Partition, TRACES, WRITING, is_hidden, is_lake};
use crate::lake::parquet::{Untaken, Writer, encode};
pub use crate::lake::snapshot::SnapshotLabels;
use crate::lake::snapshot::{Found, Opened, Rows, open};
use crate::output::{Inputs, Output};
use crate::remote::limits;

/// Files looked at in one go, and their bytes: their models are in memory at the same time.
const STEP: usize = 64;
/// The bytes of the files of a [`STEP`], at most.
const STEP_BYTES: u64 = 128 << 20;
/// A part is written when its rows take so much memory, or it has so many snapshots.
const PART_BYTES: usize = 256 << 20;
/// The snapshots of a part, at most; see [`PART_BYTES`].
const PART_SNAPSHOTS: usize = 2_000;
/// All parts that are being collected take at most so much memory.
const ALL_BYTES: usize = 1 << 30;
/// What is wrong if a part cannot be begun.
const OTHER: &str = "another process writes the same snapshots to it";
/// Names of traces end so; such a file in a folder is one even if it cannot be read as one.
const TRACE_ENDING: &str = ".trace";

/// What to add to which lake.
#[derive(Clone, Debug)]
pub struct ExportRequest {
    /// The lake; it is made if it is not there.
    pub lake: PathBuf,
    /// Traces, folders of them, and archives.
    pub files: Vec<PathBuf>,
    /// Labels that all of them get.
    pub labels: SnapshotLabels,
    /// What the lake gets of each.
    pub tier: Tier,
}

/// What an export added to the lake.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExportSummary {
    /// Snapshots that were added, those that could not be read among them.
    pub added: u64,
    /// Files that the lake had already, or whose content another file has, too.
    pub known: u64,
    /// What could not be read, or not as it should: the file, and why.
    pub problems: Vec<(PathBuf, String)>,
    /// Bytes of the traces that were added, unpacked.
    pub trace_bytes: u64,
    /// Bytes written to the lake.
    pub lake_bytes: u64,
}

/// Adds snapshots. After each step `progress` is called with the number of files done and the number of all files.
///
/// # Errors
/// When the lake cannot be written or read, or there is no such file; what has been written by then stays, and the next run
/// goes on there. If `monitor` is cancelled, the result is about what has been written so far.
pub fn export(
    request: &ExportRequest,
    monitor: &Monitor,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<ExportSummary, LakeError> {
    export_sized(request, Sizes::USUAL, monitor, progress)
}

/// With all details, which snapshots are parts of their own, and how those are written.
#[derive(Clone, Copy)]
struct Sizes {
    /// Bytes of a snapshot from which on it is one.
    large: u64,
    /// Rows of a table that are made at a time then, and are a row group.
    rows: usize,
}

impl Sizes {
    const USUAL: Self = Self { large: 8 << 20, rows: 1 << 17 };
}

fn export_sized(
    request: &ExportRequest,
    sizes: Sizes,
    monitor: &Monitor,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<ExportSummary, LakeError> {
    let lake = &request.lake;
    let files = expand(&request.files, lake)?;
    prepare(lake)?;
    journal::clean(lake)?;
    let mut known = Known::read(lake)?;
    let inputs = Inputs::of(request.files.iter().map(PathBuf::as_path));
    let mut writer = Parts::new(lake, &inputs, request.tier)?;
    let mut looked_at = 0;
    for step in steps(&files) {
        if monitor.is_cancelled() {
            break;
        }
        let mut found: Vec<Found> = step.to_vec().into_par_iter().map(Found::look).collect();
        // Snapshots of one process in the order of time, so that of each the newest part is what counts.
        found.sort_by_key(|found| found.content.generations.first().map(|generation| generation.start));
        let mut fresh = Vec::new();
        for found in found {
            if known.add(found.trace_id()) {
                let runs = known.claim(&found.content.generations);
                fresh.push((found, runs));
            } else {
                writer.done.known += 1;
            }
        }
        let opened = |(found, runs): &(Found, Vec<Range<usize>>)| open(found, runs, &request.labels, monitor);
        let is_large = |found: &Found| request.tier == Tier::Detail && found.content.bytes >= sizes.large;
        let (large, small): (Vec<_>, Vec<_>) = fresh.into_iter().partition(|(found, _)| is_large(found));
        let made: Vec<(PathBuf, Rows)> =
            small.par_iter().map(|fresh| (fresh.0.path.clone(), opened(fresh).rows(request.tier))).collect();
        // What was stopped half-way does not count.
        if monitor.is_cancelled() {
            break;
        }
        for (path, rows) in made {
            writer.add(&path, rows);
        }
        writer.write_full()?;
        // One after the other: the model of each is as large as the rows of many.
        for fresh in &large {
            writer.stream(&fresh.0.path, opened(fresh), (request.tier, sizes.rows), monitor)?;
        }
        if monitor.is_cancelled() {
            break;
        }
        looked_at += step.len();
        progress(looked_at, files.len());
    }
    writer.write_all()?;
    Ok(writer.done)
}

/// The files as stretches that are looked at in one go: several small ones, or one that is large.
fn steps(files: &[PathBuf]) -> Vec<&[PathBuf]> {
    let mut steps = Vec::new();
    let (mut from, mut bytes) = (0, 0_u64);
    for (at, file) in files.iter().enumerate() {
        let own = file.metadata().map_or(0, |known| known.len());
        if at > from && (at - from >= STEP || bytes.saturating_add(own) > STEP_BYTES) {
            steps.extend(files.get(from..at));
            (from, bytes) = (at, 0);
        }
        bytes = bytes.saturating_add(own);
    }
    steps.extend(files.get(from..).filter(|rest| !rest.is_empty()));
    steps
}

/// Makes the folder a lake, unless it is one.
fn prepare(lake: &Path) -> Result<(), LakeError> {
    let failed = |error: std::io::Error| LakeError::at(lake, &error);
    if !is_lake(lake) {
        fs::create_dir_all(lake).map_err(failed)?;
        let has_others = fs::read_dir(lake).map_err(failed)?.flatten().any(|entry| !is_hidden(&entry.path()));
        // Another process may make it at the same time.
        if has_others && !is_lake(lake) {
            let what = "it is neither a lake nor empty; name a folder that is not there yet";
            return Err(LakeError::at(lake, &what));
        }
        let made = write(&lake.join(MARK), MARK_TEXT.as_bytes(), &Inputs::default());
        if !is_lake(lake) {
            made?;
        }
    }
    let text = fs::read_to_string(lake.join(MARK)).map_err(failed)?;
    if text != MARK_TEXT {
        return Err(LakeError::at(lake, &"it is a lake of another version of Tracelane; write to a new one"));
    }
    fs::create_dir_all(lake.join(WRITING)).map_err(failed)
}

fn write(path: &Path, bytes: &[u8], inputs: &Inputs) -> Result<(), LakeError> {
    write_with(path, inputs, |out| out.write_all(bytes))
}

fn write_with(
    path: &Path,
    inputs: &Inputs,
    content: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
) -> Result<(), LakeError> {
    let output = Output { path, inputs, may_replace: true, keeps_traces: true, may_stream: false };
    output.write(content).map_err(|error| LakeError::unwritten(path, &error))
}

/// All files that the arguments stand for, in order of their names.
fn expand(files: &[PathBuf], lake: &Path) -> Result<Vec<PathBuf>, LakeError> {
    let mut all = Vec::new();
    let own = lake.canonicalize().ok();
    for path in files {
        let path = std::path::absolute(path).map_err(|error| LakeError::at(path, &error))?;
        if path.is_dir() {
            folder(&path, own.as_deref(), &mut all)?;
        } else {
            all.extend(members(path));
        }
    }
    all.sort();
    all.dedup();
    Ok(all)
}

/// The traces in a folder and the folders in it; links to folders are not followed, nor is the lake itself looked into.
fn folder(path: &Path, lake: Option<&Path>, all: &mut Vec<PathBuf>) -> Result<(), LakeError> {
    let mut folders = vec![path.to_path_buf()];
    while let Some(folder) = folders.pop() {
        if is_lake(&folder) || (lake.is_some() && folder.canonicalize().ok().as_deref() == lake) {
            continue;
        }
        let entries = fs::read_dir(&folder).map_err(|error| LakeError::at(&folder, &error))?;
        for entry in entries {
            let entry = entry.map_err(|error| LakeError::at(&folder, &error))?;
            let (path, kind) = (entry.path(), entry.file_type());
            if is_hidden(&path) {
                continue;
            }
            match kind {
                Ok(kind) if kind.is_dir() => folders.push(path),
                _ if path.is_file() && is_trace(&path) => all.extend(members(path)),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Whether a file in a folder is taken for a trace: by its name, or by how it begins.
#[must_use]
pub fn is_trace(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().contains(TRACE_ENDING)) || holds_a_trace(path)
}

/// The traces in an archive, or the file itself.
fn members(path: PathBuf) -> Vec<PathBuf> {
    let inside = archive::traces(&path, limits()).unwrap_or_default();
    if inside.is_empty() { vec![path] } else { inside }
}

/// A file that is to be written, and its bytes.
type NewFile = (PathBuf, Vec<u8>);

/// Rows on their way to the lake.
struct Parts<'a> {
    lake: &'a Path,
    inputs: &'a Inputs,
    /// Tables of the tier of which the lake has no file so far: the next part gets one, without rows if it has none, so that
    /// programs that know tables by their files find all.
    missing: Vec<&'static dyn Table>,
    parts: BTreeMap<Partition, Part>,
    done: ExportSummary,
}

/// The rows of one partition so far.
#[derive(Default)]
struct Part {
    traces: Vec<i64>,
    tables: Vec<TableData>,
}

impl Part {
    fn bytes(&self) -> usize {
        self.tables.iter().map(TableData::bytes).fold(0, usize::saturating_add)
    }

    fn is_full(&self) -> bool {
        self.traces.len() >= PART_SNAPSHOTS || self.bytes() >= PART_BYTES
    }
}

impl<'a> Parts<'a> {
    fn new(lake: &'a Path, inputs: &'a Inputs, tier: Tier) -> Result<Self, LakeError> {
        let mut missing = Vec::new();
        for (name, of) in KEPT {
            if of <= tier && layout::files(lake, name)?.is_empty() {
                missing.extend(table(name));
            }
        }
        Ok(Self { lake, inputs, missing, parts: BTreeMap::new(), done: ExportSummary::default() })
    }

    /// The files without rows that a part gets, which has rows of some tables: of those that the lake lacks.
    fn missing(&mut self, partition: &Partition, name: &str, filled: &[&str]) -> Result<Vec<NewFile>, LakeError> {
        let missing = std::mem::take(&mut self.missing).into_iter();
        let without_rows = missing.filter(|table| !filled.contains(&table.name()));
        let file = |table: &'static dyn Table| {
            let path = layout::file(self.lake, table.name(), partition, name);
            Ok((path, encode(&file_columns(table), &TableData::empty(table))?))
        };
        without_rows.map(file).collect()
    }

    /// Writes files, all at the same time: each waits for the disk.
    fn write_files(&mut self, files: Vec<NewFile>) -> Result<(), LakeError> {
        let inputs = self.inputs;
        let written: Result<Vec<u64>, LakeError> = files
            .into_par_iter()
            .map(|(path, bytes)| {
                make_folder_of(&path)?;
                write(&path, &bytes, inputs)?;
                Ok(bytes.len() as u64)
            })
            .collect();
        self.done.lake_bytes = written?.into_iter().fold(self.done.lake_bytes, u64::saturating_add);
        Ok(())
    }

    fn count(&mut self, path: &Path, bytes: u64, problem: Option<String>) {
        self.done.added += 1;
        self.done.trace_bytes = self.done.trace_bytes.saturating_add(bytes);
        self.done.problems.extend(problem.map(|problem| (path.to_path_buf(), problem)));
    }

    /// Writes a snapshot as a part of its own, some rows at a time. If `monitor` is cancelled before it is complete, it does not
    /// count, and the next run removes what is there of it.
    fn stream(
        &mut self,
        path: &Path,
        opened: Opened,
        (tier, most): (Tier, usize),
        monitor: &Monitor,
    ) -> Result<(), LakeError> {
        if opened.is_unreadable() {
            self.add(path, opened.rows(tier));
            return Ok(());
        }
        let name = name(&[opened.trace_id]);
        let Some(writing) = Writing::begin(self.lake, &opened.partition, &name)? else {
            return Err(LakeError::at(self.lake, &OTHER));
        };
        let mut tables: Vec<&'static dyn Table> = KEPT.iter().filter_map(|(name, _)| table(name)).collect();
        // What makes the part count comes last.
        tables.sort_by_key(|table| table.name() == TRACES);
        let (mut written, mut filled) = (0, vec![TRACES]);
        for table in tables {
            if table.name() == TRACES {
                let missing = self.missing(&opened.partition, &name, &filled)?;
                self.write_files(missing)?;
            }
            let mut stretches = opened.stretches(table, tier, most).peekable();
            if stretches.peek().is_some() {
                let file = layout::file(self.lake, table.name(), &opened.partition, &name);
                written += write_stretches(&file, table, stretches, self.inputs)?;
                filled.push(table.name());
            }
            if monitor.is_cancelled() {
                return Ok(());
            }
        }
        writing.end()?;
        self.done.lake_bytes = self.done.lake_bytes.saturating_add(written);
        self.count(path, opened.bytes, opened.problem);
        Ok(())
    }

    fn add(&mut self, path: &Path, rows: Rows) {
        self.count(path, rows.bytes, rows.problem);
        let part = self.parts.entry(rows.partition).or_default();
        part.traces.push(rows.trace_id);
        if part.tables.is_empty() {
            part.tables = rows.tables;
        } else {
            part.tables.iter_mut().zip(rows.tables).for_each(|(all, more)| all.append(more));
        }
    }

    /// Writes the parts that are full; all, if together they take much memory.
    fn write_full(&mut self) -> Result<(), LakeError> {
        let all: usize = self.parts.values().map(Part::bytes).fold(0, usize::saturating_add);
        if all >= ALL_BYTES {
            return self.write_all();
        }
        let full: Vec<Partition> =
            self.parts.iter().filter(|(_, part)| part.is_full()).map(|(partition, _)| partition.clone()).collect();
        full.into_iter().try_for_each(|partition| self.write(&partition))
    }

    fn write_all(&mut self) -> Result<(), LakeError> {
        let all: Vec<Partition> = self.parts.keys().cloned().collect();
        all.into_iter().try_for_each(|partition| self.write(&partition))
    }

    fn write(&mut self, partition: &Partition) -> Result<(), LakeError> {
        let Some(part) = self.parts.remove(partition) else { return Ok(()) };
        let name = name(&part.traces);
        let Some(writing) = Writing::begin(self.lake, partition, &name)? else {
            return Err(LakeError::at(self.lake, &OTHER));
        };
        let filled: Vec<(&str, TableData)> =
            KEPT.iter().map(|(table, _)| *table).zip(part.tables).filter(|(_, data)| data.rows > 0).collect();
        let names: Vec<&str> = filled.iter().map(|(name, _)| *name).collect();
        let encoded: Result<Vec<(&str, NewFile)>, LakeError> = filled
            .into_par_iter()
            .map(|(table_name, data)| {
                let columns = table(table_name).map(file_columns).unwrap_or_default();
                let path = layout::file(self.lake, table_name, partition, &name);
                Ok((table_name, (path, encode(&columns, &data)?)))
            })
            .collect();
        // What makes the part count comes last.
        let (last, first): (Vec<_>, Vec<_>) = encoded?.into_iter().partition(|(table, _)| *table == TRACES);
        let mut files: Vec<NewFile> = first.into_iter().map(|(_, file)| file).collect();
        files.extend(self.missing(partition, &name, &names)?);
        self.write_files(files)?;
        self.write_files(last.into_iter().map(|(_, file)| file).collect())?;
        writing.end()
    }
}

/// Writes rows as the file of a table, a row group for each stretch of them; tells how many bytes it has. A thread of its own
/// packs the rows while the next ones are made.
fn write_stretches(
    path: &Path,
    table: &'static dyn Table,
    stretches: impl Iterator<Item = TableData>,
    inputs: &Inputs,
) -> Result<u64, LakeError> {
    make_folder_of(path)?;
    let mut bytes = 0;
    write_with(path, inputs, |out| {
        let failed = |error: LakeError| io::Error::other(error.0);
        let written = Untaken::default();
        let mut writer = Writer::begin(written.clone(), &file_columns(table)).map_err(failed)?;
        let mut pass_on = || {
            let some = written.take();
            bytes += some.len() as u64;
            out.write_all(&some)
        };
        thread::scope(|scope| {
            let (send, made) = mpsc::sync_channel::<TableData>(1);
            let packs = move || {
                made.iter().try_for_each(|stretch| writer.add(&stretch.columns, stretch.rows))?;
                writer.end()
            };
            let packing = thread::Builder::new().name("lake-writer".to_owned()).spawn_scoped(scope, packs)?;
            for stretch in stretches {
                // Whoever packs has met an error, and tells of it below.
                if send.send(stretch).is_err() {
                    break;
                }
                pass_on()?;
            }
            drop(send);
            let packed = packing.join().unwrap_or_else(|_| Err(LakeError("rows cannot be packed".to_owned())));
            packed.map_err(failed)?;
            pass_on()
        })
    })?;
    Ok(bytes)
}

fn make_folder_of(path: &Path) -> Result<(), LakeError> {
    let Some(folder) = path.parent() else { return Ok(()) };
    fs::create_dir_all(folder).map_err(|error| LakeError::at(folder, &error))
}

/// The name of a part: a hash of the snapshots in it.
fn name(traces: &[i64]) -> String {
    let bytes: Vec<u8> = traces.iter().flat_map(|trace| trace.to_be_bytes()).collect();
    let hash = Content::of(Input::bytes(&bytes)).map_or(0, |content| content.hash);
    format!("{:016x}", hash >> 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lake::parquet::File;
    use crate::sample::SAMPLE;

    /// All values of a lake: for each table and each of its columns the cells of all parts.
    fn values(lake: &Path) -> Vec<(String, Vec<String>)> {
        let mut all = Vec::new();
        for table in KEPT.iter().filter_map(|(name, _)| table(name)) {
            for (name, kind, _) in file_columns(table) {
                let parts = layout::files(lake, table.name()).expect("readable");
                let mut cells = Vec::new();
                for (_, path) in parts {
                    let read = File::open(&path).expect("a file").column(name, kind).expect("sound").expect("a column");
                    cells.push(format!("{:?} {:?}", read.valid, read.cells));
                }
                all.push((format!("{}.{name}", table.name()), cells));
            }
        }
        all
    }

    #[test]
    fn rows_that_are_written_as_they_are_made_are_those_that_are_collected() {
        let folder = tempfile::tempdir().expect("a folder");
        let trace = folder.path().join("cart.trace");
        fs::write(&trace, SAMPLE).expect("written");
        let made = |name: &str, sizes: Sizes, tier: Tier| {
            let lake = folder.path().join(name);
            let labels = SnapshotLabels::default();
            let request = ExportRequest { lake: lake.clone(), files: vec![trace.clone()], labels, tier };
            let done = export_sized(&request, sizes, &Monitor::new(), &mut |_, _| {}).expect("exported");
            assert_eq!((done.added, done.trace_bytes), (1, SAMPLE.len() as u64), "{name}");
            let again = export_sized(&request, sizes, &Monitor::new(), &mut |_, _| {}).expect("exported");
            assert_eq!((again.added, again.known), (0, 1), "{name}");
            values(&lake)
        };
        let collected = made("collected", Sizes::USUAL, Tier::Detail);
        assert!(collected.iter().filter(|(_, cells)| !cells.is_empty()).count() > 50);
        // In many row groups, and in one.
        assert_eq!(made("many", Sizes { large: 0, rows: 100 }, Tier::Detail), collected);
        assert_eq!(made("one", Sizes { large: 0, rows: usize::MAX }, Tier::Detail), collected);
    }

    #[test]
    fn what_is_stopped_while_it_is_written_does_not_count() {
        let folder = tempfile::tempdir().expect("a folder");
        let (trace, lake) = (folder.path().join("cart.trace"), folder.path().join("lake"));
        fs::write(&trace, SAMPLE).expect("written");
        let (labels, files) = (SnapshotLabels::default(), vec![trace]);
        let request = ExportRequest { lake: lake.clone(), files, labels, tier: Tier::Detail };
        let sizes = Sizes { large: 0, rows: 100 };
        let stopped = Monitor::new();
        prepare(&lake).expect("made");
        let found = Found::look(request.files.first().expect("one").clone());
        let all = std::slice::from_ref(&(0..found.content.generations.len())).to_vec();
        let opened = open(&found, &all, &request.labels, &stopped);
        let inputs = Inputs::default();
        let mut writer = Parts::new(&lake, &inputs, request.tier).expect("readable");
        stopped.cancel();
        writer.stream(&found.path, opened, (request.tier, sizes.rows), &stopped).expect("no error");
        assert_eq!(writer.done, ExportSummary::default());
        assert_eq!(layout::files(&lake, TRACES).expect("readable"), Vec::new());
        let done = export_sized(&request, sizes, &Monitor::new(), &mut |_, _| {}).expect("exported");
        assert_eq!(done.added, 1);
        assert!(fs::read_dir(lake.join(WRITING)).expect("a folder").next().is_none(), "nothing is left of it");
    }
}
