//! What differs between two sides before anything of the program is compared: damage, settings, load.

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::analysis::compare::change::Change;
use crate::analysis::compare::evidence::{Evidence, Measure};
use crate::analysis::compare::measure::{Measured, Throttled};
use crate::analysis::compare::per::{Per, is_level, units};
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::words::{change, count, subject, value};

/// Requests on the side that has fewer from which on a load can be told.
const LEAST: u64 = 50;
/// Loads that differ by less are the same.
const LEAST_RATIO: f64 = 0.2;
/// A row whose change is within this part of the load's follows it (as logarithms).
const ABOUT: f64 = 0.4;

/// Twice the load is no regression: how much more of the most frequent request there was on one side.
#[derive(Clone, Debug, PartialEq)]
pub struct Load {
    /// What requests are: a request of a session, a task, a region, or a unit of work.
    pub kind: RowKind,
    /// The type of the requests, or the function of the units of work.
    pub name: String,
    /// How many there were in A and in B.
    pub counts: [u64; 2],
    /// How many a second.
    pub rates: [f64; 2],
}

/// A total or number of a row for each request.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PerRequest {
    /// Whether it is a total or a count.
    pub measure: Measure,
    /// In A and in B: nanoseconds (of the heap bytes), or a number.
    pub values: [f64; 2],
}

impl PerRequest {
    /// B over A; `None` if a side has none.
    #[must_use]
    pub fn ratio(&self) -> Option<f64> {
        let [a, b] = self.values;
        (a > 0.0 && b > 0.0).then(|| b / a)
    }
}

impl Load {
    /// B's load over A's.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        self.rates[1] / self.rates[0]
    }

    /// Whether the load is another one.
    #[must_use]
    pub fn differs(&self) -> bool {
        self.ratio().ln().abs() >= libm::log1p(LEAST_RATIO)
    }

    /// Whether a row changed only as the load did.
    pub(super) fn explains(&self, evidence: &Evidence, per: Per) -> bool {
        let is_rate = matches!(evidence.measure, Measure::Total | Measure::Count);
        let load = self.ratio().ln();
        per == Per::Second && is_rate && self.differs() && (evidence.log_ratio / load - 1.0).abs() <= ABOUT
    }

    /// What one of them is called: `task /order`.
    #[must_use]
    pub fn request(&self) -> String {
        one_of(self.kind, &self.name)
    }

    /// A total or number of a row in A and in B for each of them: what stays the same when there are more requests.
    /// `None` for what is no total, and for rows that requests do not add to.
    #[must_use]
    pub fn per_request(&self, change: &Change) -> Option<PerRequest> {
        let (a, b) = change.a.zip(change.b)?;
        let is_rate = matches!(change.tested, None | Some(Measure::Total | Measure::Count));
        let adds_up =
            !matches!(change.kind, RowKind::Stuck | RowKind::Goroutine) && (change.kind, &change.name) != self.row();
        if !is_rate || !adds_up || is_level(change.kind, &change.name) {
            return None;
        }
        let measure = change.tested.unwrap_or(Measure::Total);
        let values = [measure.value(&a, self.counts[0] as f64), measure.value(&b, self.counts[1] as f64)];
        Some(PerRequest { measure, values })
    }

    const fn row(&self) -> (RowKind, &String) {
        (self.kind, &self.name)
    }

    /// What `--per` calls it: `task:/order`. `None` if that cannot divide by it.
    #[must_use]
    pub fn divisor(&self) -> Option<String> {
        (self.kind == RowKind::Task).then(|| format!("task:{}", self.name))
    }
}

/// One event of a row: `task /order`.
pub(super) fn one_of(kind: RowKind, name: &str) -> String {
    let kind = if kind == RowKind::Work { "unit of work in" } else { kind.name() };
    format!("{kind} {name}")
}

/// The load of both sides: of the requests or tasks that both have, the type with the most; else of regions, else of units of
/// work. `None` if they have none in common, or too few.
#[must_use]
pub fn load(a: &Measured, b: &Measured) -> Option<Load> {
    let (second_a, second_b) = units(a, b, Per::Second);
    [RowKind::Request, RowKind::Task, RowKind::Region, RowKind::Work].into_iter().find_map(|kind| {
        let common = a.rows.iter().filter(|row| row.0.0 == kind).filter_map(|row| {
            let other = b.rows.iter().find(|other| other.0 == row.0)?;
            let counts = [row.1.count, other.1.count];
            let rates = [counts[0] as f64 / second_a, counts[1] as f64 / second_b];
            (counts[0].min(counts[1]) >= LEAST).then(|| Load { kind, name: row.0.1.clone(), counts, rates })
        });
        common.max_by(|one, other| {
            let size = |load: &Load| load.counts[0] + load.counts[1];
            size(one).cmp(&size(other)).then_with(|| other.name.cmp(&one.name))
        })
    })
}

/// What differs, in sentences: damage first. Empty if nothing does.
#[must_use]
pub fn settings(a: &Measured, b: &Measured, load: Option<&Load>, names: [&str; 2]) -> Vec<String> {
    let mut sentences = Vec::new();
    sentences.extend(on_both_sides([a, b], names));
    for (side, name) in [a, b].into_iter().zip(names) {
        if side.is_damaged {
            sentences.push(format!(
                "Parts of {name} are lost: its counts and totals are too small, and what is only on the other side \
                 may be lost here."
            ));
        }
    }
    for (side, name) in [a, b].into_iter().zip(names) {
        if side.settings.procs.len() > 1 && side.recordings() > 1 {
            let procs = listed(&side.settings.procs, "");
            sentences.push(format!("GOMAXPROCS differs within {name}: {procs}."));
        }
        if side.settings.formats.len() > 1 {
            let formats = listed(&side.settings.formats, "1.");
            sentences.push(format!("Go differs within {name}: trace formats {formats}."));
        }
    }
    if a.settings.procs != b.settings.procs && !a.settings.procs.is_empty() && !b.settings.procs.is_empty() {
        let [a, b] = [a, b].map(|side| listed(&side.settings.procs, ""));
        sentences.push(format!("GOMAXPROCS differs: {a} in {}, {b} in {}.", names[0], names[1]));
    }
    if a.settings.formats != b.settings.formats {
        let [a, b] = [a, b].map(|side| listed(&side.settings.formats, "1."));
        sentences.push(format!("Go differs: trace format {a} in {}, {b} in {}.", names[0], names[1]));
    }
    sentences.extend(one_after_the_other([a, b], names));
    sentences.extend(throttling([a, b], names));
    if let Some(load) = load.filter(|load| load.differs()) {
        let offer = load.divisor().map_or_else(String::new, |divisor| format!(" (--per {divisor} compares per task)"));
        sentences.push(format!(
            "Load differs: {} {}, {:.0} → {:.0} per second ({}), {} in {} and {} in {}; totals are per second{offer}.",
            subject(load.kind).to_lowercase(),
            load.name,
            load.rates[0],
            load.rates[1],
            change(load.ratio()),
            count(load.counts[0]),
            names[0],
            count(load.counts[1]),
            names[1],
        ));
    }
    sentences
}

/// Which recordings are on both sides: none but the same last, and run, equally long to the nanosecond, with as many
/// events and as much time in each row.
fn on_both_sides([a, b]: [&Measured; 2], names: [&str; 2]) -> Option<String> {
    let is_in_b = |run: usize| {
        let same = |other: usize| lengths(a, run) == lengths(b, other) && rows_of(a, run) == rows_of(b, other);
        !rows_of(a, run).is_empty() && (0..b.recordings()).any(same)
    };
    let common = (0..a.recordings()).filter(|run| is_in_b(*run)).count();
    match common {
        0 => None,
        _ if a.recordings() == 1 && b.recordings() == 1 => {
            Some(format!("{} and {} are the same recording.", names[0], names[1]))
        }
        1 => Some(format!("One recording is both in {} and in {}.", names[0], names[1])),
        _ => Some(format!("{common} recordings are both in {} and in {}.", names[0], names[1])),
    }
}

/// Whether all recordings of one side were made before those of the other, as far as they say when: what changed on the
/// machine meanwhile is no change of the program.
fn one_after_the_other([a, b]: [&Measured; 2], names: [&str; 2]) -> Option<String> {
    let times = |side: &Measured| {
        let known = &side.settings.made_at;
        let all = known.len() == side.recordings() && known.len() > 1;
        all.then(|| known.iter().min().copied().zip(known.iter().max().copied())).flatten()
    };
    let ((first_a, last_a), (first_b, last_b)) = (times(a)?, times(b)?);
    let [before, after] = match (last_a < first_b, last_b < first_a) {
        (true, _) => names,
        (_, true) => [names[1], names[0]],
        _ => return None,
    };
    Some(format!(
        "All recordings of {before} were made before those of {after}: what changed on the machine meanwhile would look \
         like a change of the program. Intervals are wider for it; recordings made in turns avoid it."
    ))
}

/// How long one of a side's recordings is, and how long goroutines ran in it, nanoseconds.
fn lengths(side: &Measured, run: usize) -> (u64, u64) {
    side.runs.get(run).copied().unwrap_or((side.nanos, side.running))
}

/// The rows that one of a side's recordings has, with their numbers of events and totals.
fn rows_of(side: &Measured, run: usize) -> Vec<(&(RowKind, String), u64, u64)> {
    let rows = side.rows.iter().map(|(key, series)| match series.runs.get(run) {
        Some(run) => (key, run.count, run.total),
        None => (key, series.count, series.total),
    });
    rows.filter(|row| row.1 > 0).collect()
}

/// Quotas (and parts of the time without a CPU) that differ by less are the same.
const SAME_QUOTA: f64 = 0.2;

/// Whether a CPU quota took away more of one side than of the other.
fn throttling(sides: [&Measured; 2], names: [&str; 2]) -> Option<String> {
    let throttled = sides.map(|side| side.settings.throttled);
    let [part_a, part_b] = sides.map(|side| side.settings.throttled.nanos as f64 / side.nanos.max(1) as f64);
    let [quota_a, quota_b] = throttled.map(|throttled| throttled.quota.max(1) as f64);
    let is_both = throttled.iter().all(|throttled| throttled.recordings > 0);
    let is_same = if is_both {
        (quota_b / quota_a).ln().abs() < libm::log1p(SAME_QUOTA) && (part_b - part_a).abs() < SAME_QUOTA
    } else {
        throttled == [Throttled::default(); 2]
    };
    if is_same {
        return None;
    }
    let of = |side: &Measured, name: &str| {
        let Throttled { recordings, nanos, quota } = side.settings.throttled;
        if recordings == 0 {
            return format!("{name} was not throttled");
        }
        let [lost, length] = [nanos, side.nanos].map(|nanos| value(RowKind::Task, nanos as f64));
        let cpus = quota as f64 / 1e3;
        format!("{name} was throttled at about {cpus:.2} CPUs, without a CPU for {lost} of {length}")
    };
    let ([a, b], [name_a, name_b]) = (sides, names);
    Some(format!("CPU quota differs (inferred): {}; {}.", of(a, name_a), of(b, name_b)))
}

fn listed(values: &BTreeSet<impl Display>, before: &str) -> String {
    values.iter().map(|value| format!("{before}{value}")).collect::<Vec<_>>().join(", ")
}
