//! Reads a lake, or a folder of traces, and watches it: what is new is read as soon as it is written.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime};

use tempfile::TempDir;
use trace_core::base::monitor::Monitor;
use trace_core::tables::tier::Tier;

use crate::action::action::Action;
use crate::action::fleet_action::FleetAction;
use crate::lake::LakeError;
use crate::lake::export::{ExportRequest, SnapshotLabels, export, is_trace};
use crate::lake::layout::{is_hidden, is_lake};
use crate::lake::reader::Lake;
use crate::report::fleet::{FleetTables, Found, Snapshot};
use crate::sql::answer::Cell;
use crate::sql::engine::{Engine, Sink};
use crate::state::document::DocumentId;
use crate::worker::mailbox::Mailbox;

/// Time between two looks at a folder: a file that is alike in two of them is written.
const LOOK: Duration = Duration::from_millis(250);
/// Looks take this part of the time at most.
const SHARE: u32 = 10;
/// Files of a folder that are looked at.
const MOST_FILES: usize = 200_000;

const SNAPSHOTS: &str = "SELECT trace_id, service, start_unix_ns, date, file, counted_ns, bytes, problem FROM traces";
const FOUND: &str = "SELECT trace_id, rank, severity, kind, headline, function, file, line, time_lost_ns FROM findings";

/// Length and time of the last change, by file.
type Stamps = BTreeMap<PathBuf, (u64, Option<SystemTime>)>;

/// Reads `folder` and tells of it; then watches it, if so asked, until `monitor` is cancelled.
pub fn run(id: DocumentId, folder: &Path, watches: bool, monitor: &Monitor, mailbox: &Mailbox) {
    let tell = |result: Result<FleetTables, LakeError>| {
        let result = result.map(Arc::new).map_err(|error| error.0);
        mailbox.send(Action::Fleet(FleetAction::Read(id, result)));
    };
    let fleet = match FleetOf::new(folder) {
        Ok(fleet) => fleet,
        Err(error) => return tell(Err(error)),
    };
    let mut progress = |done: usize, of: usize| {
        mailbox.send(Action::Fleet(FleetAction::Progress(id, done, of)));
    };
    let mut known = stamps(folder);
    tell(fleet.add(&[folder.to_path_buf()], monitor, &mut progress).and_then(|()| fleet.tables(monitor)));
    let mut before = known.clone();
    while watches && !monitor.is_cancelled() {
        sleep(LOOK);
        let begin = Instant::now();
        let now = stamps(folder);
        // Of what is new the reading is wanted, however long it takes: it is looking that is to cost little.
        let looked = begin.elapsed();
        let fresh = settled(&now, &before, &known);
        let traces: Vec<PathBuf> = fresh.keys().filter(|path| fleet.is_of_use(path)).cloned().collect();
        known.extend(fresh);
        if !traces.is_empty() {
            tell(fleet.add(&traces, monitor, &mut |_, _| {}).and_then(|()| fleet.tables(monitor)));
        }
        before = now;
        sleep(looked.saturating_mul(SHARE).saturating_sub(LOOK));
    }
}

/// The files that are new or changed since they were read, and alike in the last two looks.
fn settled(now: &Stamps, before: &Stamps, known: &Stamps) -> Stamps {
    let is_settled = |path: &PathBuf, stamp| before.get(path) == Some(stamp) && known.get(path) != Some(stamp);
    now.iter().filter(|(path, stamp)| is_settled(path, stamp)).map(|(path, stamp)| (path.clone(), *stamp)).collect()
}

/// The files in a folder and the folders in it; what cannot be read is left out.
fn stamps(folder: &Path) -> Stamps {
    let mut found = Stamps::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
            if is_hidden(&path) || found.len() >= MOST_FILES {
                continue;
            }
            if kind.is_dir() {
                folders.push(path);
            } else if let Ok(known) = entry.metadata() {
                found.insert(path, (known.len(), known.modified().ok()));
            }
        }
    }
    found
}

/// What is read: a lake, or a folder with a lake of its own, which is gone when this is.
struct FleetOf {
    lake: PathBuf,
    own: Option<TempDir>,
}

impl FleetOf {
    fn new(folder: &Path) -> Result<Self, LakeError> {
        if !folder.is_dir() {
            return Err(LakeError(format!("{} is no folder", folder.display())));
        }
        if is_lake(folder) {
            return Ok(Self { lake: folder.to_path_buf(), own: None });
        }
        let own = tempfile::Builder::new().prefix("tracelane-fleet-").tempdir();
        let own = own.map_err(|error| LakeError(format!("no folder can be made for what is read: {error}")))?;
        Ok(Self { lake: own.path().join("lake"), own: Some(own) })
    }

    /// Whether a file that is new tells something.
    fn is_of_use(&self, path: &Path) -> bool {
        self.own.is_none() || is_trace(path)
    }

    /// Adds traces to the lake of its own.
    fn add(
        &self,
        files: &[PathBuf],
        monitor: &Monitor,
        progress: &mut dyn FnMut(usize, usize),
    ) -> Result<(), LakeError> {
        if self.own.is_none() {
            return Ok(());
        }
        let request = ExportRequest {
            lake: self.lake.clone(),
            files: files.to_vec(),
            labels: SnapshotLabels::default(),
            tier: Tier::Summary,
        };
        export(&request, monitor, progress).map(|_| ())
    }

    fn tables(&self, monitor: &Monitor) -> Result<FleetTables, LakeError> {
        let engine = Lake::open(&self.lake).map(|lake| Engine::of_lake(lake, monitor.clone()))?;
        let engine = engine.map_err(|error| LakeError(error.to_string()))?;
        let rows = |sql: &str| {
            let mut rows = AllRows::default();
            engine.run(sql, &mut rows).map_err(|error| LakeError(error.to_string()))?;
            Ok::<_, LakeError>(rows.0)
        };
        let snapshots = rows(SNAPSHOTS)?.iter().map(|row| snapshot(row)).collect();
        let found = rows(FOUND)?.iter().map(|row| found(row)).collect();
        Ok(FleetTables::of(snapshots, found))
    }
}

#[derive(Default)]
struct AllRows(Vec<Vec<Cell>>);

impl Sink for AllRows {
    fn begin(&mut self, _: Vec<String>) {}

    fn row(&mut self, cells: Vec<Cell>) -> bool {
        self.0.push(cells);
        true
    }
}

fn int(row: &[Cell], at: usize) -> Option<i64> {
    if let Some(Cell::Int(number)) = row.get(at) { Some(*number) } else { None }
}

fn count(row: &[Cell], at: usize) -> Option<u64> {
    int(row, at).and_then(|number| u64::try_from(number).ok())
}

fn text(row: &[Cell], at: usize) -> Option<String> {
    if let Some(Cell::Text(text)) = row.get(at) { Some(text.clone()) } else { None }
}

/// A row of [`SNAPSHOTS`].
fn snapshot(row: &[Cell]) -> Snapshot {
    Snapshot {
        trace_id: int(row, 0).unwrap_or_default(),
        service: text(row, 1).unwrap_or_default(),
        start_unix_ns: int(row, 2),
        date: text(row, 3).unwrap_or_default(),
        file: text(row, 4).map(PathBuf::from).unwrap_or_default(),
        duration_ns: count(row, 5),
        bytes: count(row, 6).unwrap_or_default(),
        problem: text(row, 7),
    }
}

/// A row of [`FOUND`].
fn found(row: &[Cell]) -> Found {
    Found {
        trace_id: int(row, 0).unwrap_or_default(),
        rank: count(row, 1).and_then(|rank| usize::try_from(rank).ok()).unwrap_or_default(),
        severity: text(row, 2).unwrap_or_default(),
        kind: text(row, 3).unwrap_or_default(),
        headline: text(row, 4).unwrap_or_default(),
        function: text(row, 5),
        file: text(row, 6),
        line: count(row, 7).unwrap_or_default(),
        lost_ns: count(row, 8).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn what_is_written_to_a_folder_is_read_and_told() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().to_path_buf();
        let data = Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("tests/data/real");
        let (sender, arrived) = channel();
        let (mailbox, monitor) = (Mailbox { sender, wake: Arc::new(|| {}) }, Monitor::new());
        let stop = monitor.clone();
        let watching = std::thread::Builder::new()
            .spawn(move || run(DocumentId(0), &folder, true, &monitor, &mailbox))
            .expect("a thread");
        let rows = || loop {
            match arrived.recv() {
                Ok(Action::Fleet(FleetAction::Read(_, Ok(tables)))) => return tables.rows.len(),
                Ok(Action::Fleet(FleetAction::Progress(..))) => {}
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(rows(), 0);
        std::fs::write(place.path().join("notes.txt"), "no trace").expect("written");
        for (at, name) in ["sync-go1.27.trace", "tasks-go1.27.trace"].into_iter().enumerate() {
            std::fs::copy(data.join(name), place.path().join(name)).expect("copied");
            assert_eq!(rows(), at + 1);
        }
        stop.cancel();
        watching.join().expect("it ends");
    }

    #[test]
    fn a_file_counts_once_it_is_alike_in_two_looks() {
        let stamps = |length: u64| Stamps::from([(PathBuf::from("a"), (length, None))]);
        let none = Stamps::new();
        assert_eq!(settled(&stamps(1), &none, &none), none);
        assert_eq!(settled(&stamps(2), &stamps(1), &none), none);
        assert_eq!(settled(&stamps(2), &stamps(2), &none), stamps(2));
        assert_eq!(settled(&stamps(2), &stamps(2), &stamps(2)), none);
        assert_eq!(settled(&stamps(2), &stamps(2), &stamps(1)), stamps(2));
    }
}
