//! Several recordings a side: each is one witness, and what differs between recordings of one side is no change.
//!
//! Figures of recordings are compared as logarithms (a change is a factor) by a t test. A handful of recordings
//! tells its own spread badly, so the spread is averaged with what recordings usually differ by, in the manner of
//! Smyth (*Linear models and empirical Bayes methods for assessing differential expression*, 2004): with few
//! recordings the assumption counts, with many the recordings do.

use crate::analysis::compare::evidence::{ASSUMED, Evidence, Measure, Precision, usual_spread};
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::serial::Serial;
use crate::analysis::compare::series::Run;
use crate::analysis::compare::stats::quantile;
use crate::analysis::compare::student;
use crate::analysis::compare::tails;
use crate::analysis::compare::tested_row::TestedRow;

/// Durations of a recording that a median needs.
const LEAST_FOR_MEDIAN: u64 = 8;
/// Durations of a recording of which the slowest 1 % are some.
const LEAST_FOR_TAIL: u64 = 200;
/// Part of the recordings of a side that must have a figure.
const MOST_OF: f64 = 0.6;
/// Where durations scatter, their median drifts: it is taken to differ between recordings by this part of what they
/// scatter by.
const OF_SCATTER: f64 = 0.1;
/// Time that does not matter, as a part of the time of the trace: it is added to totals, so that what is hardly
/// there on both sides does not differ, and what is missing has a logarithm.
const LITTLE: f64 = 3e-3;

/// The recordings of one side of a row.
pub(super) struct Runs {
    /// What each has of it.
    pub(super) runs: Vec<Run>,
    /// What figures of each are divided by, and its length in nanoseconds.
    pub(super) units: Vec<(f64, f64)>,
}

/// A figure of a recording, which has a unit and a length; `None` if the recording cannot tell it.
type FigureOf<'a> = dyn Fn(&Run, (f64, f64)) -> Option<f64> + 'a;

/// The tests of a row. Empty where nothing can be tested.
pub(super) fn between(subject: TestedRow, serial: Serial, a: &Runs, b: &Runs) -> Vec<Evidence> {
    let mut found = Vec::new();
    let kind = subject.kind;
    let is_seldom = matches!(
        kind,
        RowKind::Gc | RowKind::Stw | RowKind::Assist | RowKind::Stuck | RowKind::Samples | RowKind::Heap
    );
    let logs = |side: &Runs, of: &FigureOf<'_>, little: f64| -> Vec<f64> {
        let figures = side.runs.iter().zip(&side.units).filter_map(|(run, unit)| of(run, *unit));
        figures.map(|figure| (figure + little).ln()).collect()
    };
    let mut test = |measure: Measure, little: f64, of: &FigureOf<'_>| {
        let sides = [logs(a, of, little), logs(b, of, little)];
        let is_known = |logs: &[f64], side: &Runs| logs.len() as f64 >= MOST_OF * side.runs.len() as f64;
        if is_known(&sides[0], a) && is_known(&sides[1], b) {
            let usual = usual_spread(kind, measure);
            let usual = if measure == Measure::Median { usual.max(OF_SCATTER * scatter(a, b)) } else { usual };
            let plain = || of_logs(usual, measure, serial, &[logs(a, of, 0.0), logs(b, of, 0.0)]);
            found.extend(
                of_logs(usual, measure, serial, &sides)
                    .map(|evidence| if little > 0.0 { evidence.with_interval_of(plain().as_ref()) } else { evidence }),
            );
        }
    };
    if subject.is_level || !is_seldom {
        let least = if subject.is_level { 1 } else { LEAST_FOR_MEDIAN };
        test(Measure::Median, 0.0, &|run, _| (run.count >= least && run.p50 > 0.0).then_some(run.p50));
    }
    if subject.is_level {
        return found;
    }
    if kind.is_work() && tails::is_apart(mean_tail(a), mean_tail(b)) {
        test(Measure::Tail, 0.0, &|run, _| (run.count >= LEAST_FOR_TAIL && run.tail > 0.0).then_some(run.tail));
    }
    let sum = |of: fn(&(f64, f64)) -> f64| a.units.iter().map(of).sum::<f64>() + b.units.iter().map(of).sum::<f64>();
    let (all_units, all_nanos) = (sum(|unit| unit.0), sum(|unit| unit.1));
    if all_units <= 0.0 || all_nanos <= 0.0 {
        return found;
    }
    if kind == RowKind::Gc {
        // A cycle a recording is the least that can differ.
        let little = (a.units.len() + b.units.len()) as f64 / all_units;
        test(Measure::Count, little, &|run, unit| (unit.0 > 0.0).then(|| run.count as f64 / unit.0));
    }
    let little = if kind == RowKind::Heap {
        let all = |side: &Runs| side.runs.iter().map(|run| run.total as f64).sum::<f64>();
        0.01 * (all(a) + all(b)) / all_units
    } else {
        LITTLE * all_nanos / all_units
    };
    test(Measure::Total, little, &|run, unit| (unit.0 > 0.0).then(|| run.total as f64 / unit.0));
    found
}

/// The slowest 1 % of a side, on average over its recordings, nanoseconds.
fn mean_tail(side: &Runs) -> f64 {
    mean(&side.runs.iter().map(|run| run.tail).filter(|tail| *tail > 0.0).collect::<Vec<_>>())
}

/// How much durations of a recording differ, p90 over the median as a logarithm: the median over all recordings.
fn scatter(a: &Runs, b: &Runs) -> f64 {
    let known = a.runs.iter().chain(&b.runs).filter(|run| run.count >= LEAST_FOR_MEDIAN && run.p50 > 0.0);
    let mut found: Vec<f64> = known.map(|run| (run.p90 / run.p50).max(1.0).ln()).collect();
    found.sort_by(f64::total_cmp);
    quantile(&found, 0.5)
}

/// The t test of a figure's logarithms, a recording each, which usually differ by `usual`, and depend on each other like
/// `serial`. `None` if a side has none, or both one.
pub(super) fn of_logs(usual: f64, measure: Measure, serial: Serial, [a, b]: &[Vec<f64>; 2]) -> Option<Evidence> {
    if a.is_empty() || b.is_empty() || a.len() + b.len() < 3 || a.iter().chain(b).any(|log| !log.is_finite()) {
        return None;
    }
    let log_ratio = mean(b) - mean(a);
    let own = (a.len() + b.len() - 2) as f64;
    let spread = (squares(a) + squares(b)) / serial.within;
    let variance = (spread + ASSUMED * usual * usual) / (own + ASSUMED);
    let deviation = (variance * serial.between).sqrt();
    let error = deviation * (1.0 / a.len() as f64 + 1.0 / b.len() as f64).sqrt();
    let freedom = own + ASSUMED;
    let reach = student::quantile(0.05, freedom) * error;
    let seen = [a, b].map(|side| (side.len() > 1).then(|| (squares(side) / (side.len() - 1) as f64).sqrt()));
    let runs = [a.len(), b.len()];
    Some(Evidence {
        measure,
        p: student::two_sided(log_ratio / error, freedom),
        log_ratio,
        interval: Some(((log_ratio - reach).exp(), (log_ratio + reach).exp())),
        precision: Some(Precision { measure, deviation, assumed: ASSUMED, runs, seen }),
    })
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Sum of squared distances from the mean.
fn squares(values: &[f64]) -> f64 {
    let middle = mean(values);
    values.iter().map(|value| (value - middle) * (value - middle)).sum()
}
