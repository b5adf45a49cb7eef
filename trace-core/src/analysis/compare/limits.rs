//! What two recordings cannot tell each other, in sentences.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::measure::Measured;
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::words::{count, value};

/// Recordings that differ in length by more than this are of different kinds: a snapshot and a long trace.
const FAR_APART: u64 = 10;
/// Below this many seconds no durations can be significant: eight parts of 5 ms are needed.
const SHORT: f64 = 0.04;

/// What could not be compared, or only with care. Empty if all could be.
#[must_use]
pub fn limits(a: &Measured, b: &Measured, found: &Comparison) -> Vec<String> {
    let mut sentences = Vec::new();
    if a.recordings().max(b.recordings()) == 1 {
        sentences.push(
            "One recording a side shows differences between two recordings, not between two builds: recordings of one \
             build differ, too. Compare three or more of each (--a FILE… --b FILE…)."
                .to_owned(),
        );
    }
    sentences.extend(shortage(&[("A", a), ("B", b)]));
    let untested = found.changes.iter().filter(|change| change.p.is_none() && !change.is_reported()).count();
    if untested > 0 {
        let (untested, all) = (count(untested as u64), count(found.changes.len() as u64));
        sentences.push(format!("Not tested: {untested} of {all} rows, with too few events or too little time."));
    }
    let has = |side: &Measured, kind: RowKind| side.rows.iter().any(|row| row.0.0 == kind);
    for (kind, what) in [
        (RowKind::Task, "user tasks"),
        (RowKind::Region, "user regions"),
        (RowKind::Samples, "CPU samples (they need a CPU profile running while the trace is recorded)"),
    ] {
        let (with, without) = match (has(a, kind), has(b, kind)) {
            (true, false) => ("A", "B"),
            (false, true) => ("B", "A"),
            _ => continue,
        };
        sentences.push(format!("Only {with} has {what}: nothing in {without} to hold them against."));
    }
    let (long, short) = (a.nanos.max(b.nanos), a.nanos.min(b.nanos));
    if short > 0 && long / short >= FAR_APART {
        let times = long as f64 / short as f64;
        let which = if a.nanos < b.nanos { "A" } else { "B" };
        sentences.push(format!(
            "{which} is {times:.0} times shorter than the other: what is rare may be missing from it, and totals are \
             compared per unit."
        ));
    }
    for (name, side) in [("A", a), ("B", b)] {
        if side.rows.is_empty() {
            sentences.push(format!("{name} holds nothing of the program in this range."));
        } else if (side.nanos as f64) < SHORT * 1e9 {
            let millis = side.nanos as f64 / 1e6;
            sentences.push(format!(
                "{name} lasts {millis:.1} ms: too short to test durations; only obvious differences are listed."
            ));
        }
    }
    sentences
}

/// What a series of single recordings cannot tell, in sentences. Each recording comes with its name.
#[must_use]
pub fn limits_of_series(recordings: &[(&str, &Measured)]) -> Vec<String> {
    let alone = "Each column is one recording: differences are between recordings, not between builds, and recordings of \
                 one build differ, too.";
    std::iter::once(alone.to_owned()).chain(shortage(recordings)).collect()
}

/// Whether CPUs were short meanwhile, and what cannot be told for it.
fn shortage(sides: &[(&str, &Measured)]) -> Option<String> {
    if !sides.iter().any(|(_, side)| side.late.is_short_of_cpus(side.nanos)) {
        return None;
    }
    let late = |(name, side): &(&str, &Measured)| {
        let times = if side.late.count == 1 { "1 time" } else { &format!("{} times", count(side.late.count)) };
        format!("{times} ({} total) in {name}", value(RowKind::Sched, side.late.nanos as f64))
    };
    let unknown = if sides.iter().all(|(_, side)| side.recordings() == 1) {
        " The verdict on one recording a side then names neither the slowest 1 % nor longer waits, and a median only if it \
         moved by more than 5 % for certain (the near end of its interval)."
    } else {
        ""
    };
    let (last, others) = sides.split_last()?;
    let others = others.iter().map(late).collect::<Vec<_>>().join(", ");
    Some(format!(
        "Procs waited for CPUs (other processes ran, or there are fewer CPUs than procs): goroutines stayed runnable for \
         1 ms or more beside an idle proc {others} and {}.{unknown}",
        late(last),
    ))
}
