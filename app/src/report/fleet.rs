//! Many snapshots as tables: one row a snapshot, and one for each finding and place, with how both change over time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use trace_core::base::nanos::Nanos;

use crate::fmt::name;
use crate::fmt::time::rfc3339;
use crate::report::figure::Lean;
use crate::report::table::{Column, Kind, Table};
use crate::report::value::Value;

/// Parts that the time from the first snapshot to the last is cut into.
const PARTS: usize = 12;
/// A change below this part of the figure before is none.
const SAME: f64 = 0.1;

/// What a lake knows of a snapshot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The number that its findings have.
    pub trace_id: i64,
    /// What the process is called.
    pub service: String,
    /// When it starts, nanoseconds since 1970, if the trace tells.
    pub start_unix_ns: Option<i64>,
    /// The day, as far as is known.
    pub date: String,
    /// Where the file was.
    pub file: PathBuf,
    /// How long it is, ns.
    pub duration_ns: Option<u64>,
    /// Bytes of the file, unpacked.
    pub bytes: u64,
    /// Why it cannot be read, or not as it should.
    pub problem: Option<String>,
}

/// What a lake knows of a finding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// The snapshot that has it: its [`Snapshot::trace_id`].
    pub trace_id: i64,
    /// 1 is the worst of it.
    pub rank: usize,
    /// note, warning or severe.
    pub severity: String,
    /// A stable name: `lock_contention`.
    pub kind: String,
    /// What, how much and where.
    pub headline: String,
    /// The function to look at, if one is known.
    pub function: Option<String>,
    /// The source file of the function, if one is known.
    pub file: Option<String>,
    /// The line; 0 if it is not known.
    pub line: u64,
    /// What it costs, ns.
    pub lost_ns: u64,
}

/// A row of the table of snapshots.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotRow {
    /// What the lake knows of the snapshot.
    pub snapshot: Snapshot,
    /// The finding of rank 1, if there is any.
    pub worst: Option<Found>,
    /// Time lost in all its findings that are more than notes, ns.
    pub lost_ns: u64,
    /// The same of the snapshot of its service before.
    pub before_ns: Option<u64>,
    /// How many findings there are.
    pub findings: u64,
}

/// A row of the table of causes: a finding at a place, in all snapshots.
#[derive(Clone, Debug, PartialEq)]
pub struct CauseRow {
    /// What is alike in all of them.
    pub example: Found,
    /// The newest snapshot that has it.
    pub newest: PathBuf,
    /// The services whose snapshots have it.
    pub services: BTreeSet<String>,
    /// In how many snapshots.
    pub snapshots: u64,
    /// Time lost in all of them, ns.
    pub lost_ns: u64,
    /// Time lost per snapshot of these services in each part of the time, ns; `None` where there is no snapshot.
    pub trend: Vec<Option<f64>>,
}

/// The tables of a fleet.
#[derive(Debug)]
pub struct FleetTables {
    /// A row a snapshot, the newest first.
    pub rows: Arc<Vec<SnapshotRow>>,
    /// A row a cause, the one that costs most first.
    pub cause_rows: Arc<Vec<CauseRow>>,
    /// The first as a table.
    pub snapshots: Arc<Table>,
    /// `cause_rows` as a table.
    pub causes: Arc<Table>,
}

impl FleetTables {
    /// Of what a lake knows.
    #[must_use]
    pub fn of(snapshots: Vec<Snapshot>, found: Vec<Found>) -> Self {
        let snapshots = one_a_file(snapshots);
        let mut by_snapshot: BTreeMap<i64, Vec<Found>> = BTreeMap::new();
        for found in found {
            by_snapshot.entry(found.trace_id).or_default().push(found);
        }
        by_snapshot.values_mut().for_each(|found| found.sort_by_key(|found| found.rank));
        let cause_rows = Arc::new(causes(&snapshots, &by_snapshot));
        let rows = Arc::new(rows(snapshots, &by_snapshot));
        let (snapshots, causes) = (Arc::new(snapshot_table(&rows)), Arc::new(cause_table(&cause_rows)));
        Self { rows, cause_rows, snapshots, causes }
    }
}

/// A file that was read while it was written is there twice: the longer one counts. By time, the oldest first.
fn one_a_file(snapshots: Vec<Snapshot>) -> Vec<Snapshot> {
    let mut by_file: BTreeMap<PathBuf, Snapshot> = BTreeMap::new();
    for snapshot in snapshots {
        let known = by_file.entry(snapshot.file.clone()).or_insert_with(|| snapshot.clone());
        if snapshot.bytes > known.bytes {
            *known = snapshot;
        }
    }
    let mut all: Vec<Snapshot> = by_file.into_values().collect();
    all.sort_by(|a, b| (&a.date, a.start_unix_ns, &a.file).cmp(&(&b.date, b.start_unix_ns, &b.file)));
    all
}

fn counts(found: &Found) -> bool {
    found.severity != "note"
}

fn rows(snapshots: Vec<Snapshot>, by_snapshot: &BTreeMap<i64, Vec<Found>>) -> Vec<SnapshotRow> {
    let mut before: BTreeMap<String, u64> = BTreeMap::new();
    let mut rows: Vec<SnapshotRow> = Vec::new();
    for snapshot in snapshots {
        let found = by_snapshot.get(&snapshot.trace_id).map(Vec::as_slice).unwrap_or_default();
        let lost_ns =
            found.iter().filter(|found| counts(found)).map(|found| found.lost_ns).fold(0, u64::saturating_add);
        let is_read = snapshot.problem.is_none() || snapshot.duration_ns.is_some();
        let before_ns = before.get(&snapshot.service).copied().filter(|_| is_read);
        if is_read {
            before.insert(snapshot.service.clone(), lost_ns);
        }
        let (worst, findings) = (found.first().cloned(), found.len() as u64);
        rows.push(SnapshotRow { snapshot, worst, lost_ns, before_ns, findings });
    }
    rows.reverse();
    rows
}

/// What findings of one cause have in common: kind, function and line.
type CauseKey = (String, Option<String>, u64);

fn causes(snapshots: &[Snapshot], by_snapshot: &BTreeMap<i64, Vec<Found>>) -> Vec<CauseRow> {
    let part = |at: usize| at * PARTS.min(snapshots.len()) / snapshots.len().max(1);
    let mut causes: BTreeMap<CauseKey, (CauseRow, Vec<f64>)> = BTreeMap::new();
    let parts = PARTS.min(snapshots.len());
    for (at, snapshot) in snapshots.iter().enumerate() {
        for found in by_snapshot.get(&snapshot.trace_id).into_iter().flatten() {
            let key = (found.kind.clone(), found.function.clone(), found.line);
            let (row, lost) = causes.entry(key).or_insert_with(|| {
                let row = CauseRow {
                    example: found.clone(),
                    newest: PathBuf::new(),
                    services: BTreeSet::new(),
                    snapshots: 0,
                    lost_ns: 0,
                    trend: Vec::new(),
                };
                (row, vec![0.0; parts])
            });
            // The newest comes last.
            row.example.clone_from(found);
            row.newest.clone_from(&snapshot.file);
            row.services.insert(snapshot.service.clone());
            row.snapshots += 1;
            row.lost_ns = row.lost_ns.saturating_add(found.lost_ns);
            if let Some(lost) = lost.get_mut(part(at)) {
                *lost += found.lost_ns as f64;
            }
        }
    }
    let mut seen: BTreeMap<&str, Vec<u64>> = BTreeMap::new();
    for (at, snapshot) in snapshots.iter().enumerate() {
        let of = seen.entry(&snapshot.service).or_insert_with(|| vec![0; parts]);
        if let Some(count) = of.get_mut(part(at)) {
            *count += 1;
        }
    }
    let trend = |services: &BTreeSet<String>, lost: Vec<f64>| {
        let of = |(at, lost): (usize, f64)| {
            let all: u64 = services.iter().filter_map(|service| seen.get(service.as_str())?.get(at)).sum();
            (all > 0).then(|| lost / all as f64)
        };
        lost.into_iter().enumerate().map(of).collect()
    };
    let finished = |(mut row, lost): (CauseRow, Vec<f64>)| {
        row.trend = trend(&row.services, lost);
        row
    };
    let mut rows: Vec<CauseRow> = causes.into_values().map(finished).collect();
    rows.sort_by(|a, b| (b.lost_ns, &a.example.headline).cmp(&(a.lost_ns, &b.example.headline)));
    rows
}

fn when(snapshot: &Snapshot) -> String {
    let time = |nanos: i64| rfc3339(i128::from(nanos)).chars().take(19).collect::<String>().replace('T', " ");
    snapshot.start_unix_ns.map_or_else(|| snapshot.date.clone(), time)
}

fn text(text: &str) -> Value {
    if text.is_empty() { Value::Missing } else { Value::Text(text.to_owned()) }
}

fn snapshot_table(rows: &Arc<Vec<SnapshotRow>>) -> Table {
    Table::of("fleet_snapshots", "Snapshots", rows, Vec::as_slice)
        .column(Column::word("start", "Start (UTC)", "When the snapshot starts"), |row: &SnapshotRow| {
            Value::Text(when(&row.snapshot))
        })
        .column(Column::word("service", "Service", "What the process is called"), |row| text(&row.snapshot.service))
        .column(Column::text("worst", "Worst finding", "Or why the file cannot be read"), |row| {
            match (&row.snapshot.problem, &row.worst) {
                (Some(problem), None) => text(problem),
                (_, Some(worst)) => text(&worst.headline),
                (None, None) => Value::Missing,
            }
        })
        .column(
            Column::duration("lost_ns", "Time lost", "In all findings that are more than notes, added over goroutines"),
            |row| Value::Duration(Nanos(row.lost_ns)),
        )
        .column(
            Column::duration("before_ns", "Before", "Time lost in the snapshot of the same service before"),
            |row| Value::duration(row.before_ns.map(Nanos)),
        )
        .column(Column::word("change", "Change", "Against the snapshot of the same service before"), |row| {
            row.before_ns.map_or(Value::Missing, |before| Value::Word(change(row.lost_ns as f64, before as f64)))
        })
        .column(Column::count("findings", "Findings", "Notes among them"), |row| Value::Count(row.findings))
        .column(Column::duration("length_ns", "Length", "From the first event to the last"), |row| {
            Value::duration(row.snapshot.duration_ns.map(Nanos))
        })
        .column(Column::text("file", "File", ""), |row| text(&name::last_part(&row.snapshot.file)))
        .empty("No snapshot is here yet")
        .build()
}

fn cause_table(rows: &Arc<Vec<CauseRow>>) -> Table {
    Table::of("fleet_causes", "Causes", rows, Vec::as_slice)
        .column(Column::text("headline", "Finding", "As in the newest snapshot that has it"), |row: &CauseRow| {
            text(&row.example.headline)
        })
        .column(Column::new(Kind::Function, "function", "Function", "The function to look at"), |row| {
            row.example.function.clone().map_or(Value::Missing, Value::Function)
        })
        .column(Column::text("place", "Place", "The line to look at"), |row| {
            let file = row.example.file.as_deref().unwrap_or_default();
            if file.is_empty() { Value::Missing } else { text(&name::line_of(file, row.example.line)) }
        })
        .column(Column::duration("lost_ns", "Time lost", "In all snapshots, added over goroutines"), |row| {
            Value::Duration(Nanos(row.lost_ns))
        })
        .column(
            Column::new(
                Kind::Bar,
                "trend",
                "Trend",
                "Time lost per snapshot of these services, from the oldest snapshots to the newest",
            ),
            |row| Value::Columns(row.trend.iter().map(|lost| (*lost, None::<Lean>)).collect()),
        )
        .column(Column::word("change", "Change", "The newer half of the snapshots against the older"), |row| {
            halves(&row.trend).map_or(Value::Missing, |(old, new)| Value::Word(change(new, old)))
        })
        .column(Column::count("snapshots", "Snapshots", "That have it"), |row| Value::Count(row.snapshots))
        .column(Column::count("services", "Services", "That have it"), |row| Value::Count(row.services.len() as u64))
        .column(Column::word("kind", "Kind", "The finding's stable name"), |row| text(&row.example.kind))
        .empty("No finding in any snapshot")
        .build()
}

/// The means of the older and the newer half; `None` where one of them has no snapshot.
fn halves(trend: &[Option<f64>]) -> Option<(f64, f64)> {
    let (old, new) = trend.split_at(trend.len() / 2);
    let mean = |half: &[Option<f64>]| {
        let known: Vec<f64> = half.iter().flatten().copied().collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    };
    Some((mean(old)?, mean(new)?))
}

fn change(now: f64, before: f64) -> &'static str {
    match () {
        () if now == before => "same",
        () if before == 0.0 => "new",
        () if now == 0.0 => "gone",
        () if now > before * (1.0 + SAME) => "more",
        () if now < before * (1.0 - SAME) => "less",
        () => "same",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(trace_id: i64, service: &str) -> Snapshot {
        Snapshot {
            trace_id,
            service: service.to_owned(),
            start_unix_ns: Some(trace_id * 1_000_000_000),
            date: "1970-01-01".to_owned(),
            file: PathBuf::from(format!("{trace_id}.trace")),
            duration_ns: Some(1),
            bytes: 10,
            problem: None,
        }
    }

    fn found(trace_id: i64, severity: &str, function: &str, lost_ns: u64) -> Found {
        let (severity, function) = (severity.to_owned(), Some(function.to_owned()));
        Found { trace_id, rank: 1, severity, kind: "lock".to_owned(), function, lost_ns, ..Found::default() }
    }

    #[test]
    fn each_is_compared_with_the_one_of_its_service_before() {
        let snapshots = vec![snapshot(3, "a"), snapshot(1, "a"), snapshot(2, "b")];
        let all = [found(1, "severe", "f", 100), found(3, "warning", "f", 40), found(3, "note", "g", 7)];
        let tables = FleetTables::of(snapshots, all.to_vec());
        let told: Vec<_> =
            tables.rows.iter().map(|row| (row.snapshot.trace_id, row.lost_ns, row.before_ns, row.findings)).collect();
        assert_eq!(told, [(3, 40, Some(100), 2), (2, 0, None, 0), (1, 100, None, 1)]);
        let change = tables.snapshots.column("change").expect("a column");
        assert_eq!(tables.snapshots.value(0, change).text(), "less");
    }

    #[test]
    fn causes_are_counted_per_snapshot_of_their_services() {
        let snapshots = (1..=4).map(|at| snapshot(at, if at == 2 { "b" } else { "a" })).collect();
        let all = [found(1, "severe", "f", 10), found(3, "severe", "f", 30), found(4, "severe", "f", 50)];
        let tables = FleetTables::of(snapshots, all.to_vec());
        let [row] = tables.cause_rows.as_slice() else { panic!("one cause") };
        assert_eq!((row.snapshots, row.lost_ns, row.newest.clone()), (3, 90, PathBuf::from("4.trace")));
        assert_eq!(row.trend, [Some(10.0), None, Some(30.0), Some(50.0)]);
        assert_eq!(halves(&row.trend), Some((10.0, 40.0)));
    }

    #[test]
    fn a_file_that_was_read_too_early_counts_once() {
        let (early, mut late) = (snapshot(1, "a"), snapshot(2, "a"));
        (late.file, late.bytes) = (early.file.clone(), 20);
        let tables = FleetTables::of(vec![late, early], Vec::new());
        assert_eq!(tables.rows.iter().map(|row| row.snapshot.trace_id).collect::<Vec<_>>(), [2]);
    }
}
