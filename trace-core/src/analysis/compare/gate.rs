//! Conditions on a row's figure, for CI: whether the recordings show that one is met, that it is not, or cannot tell.

use crate::analysis::compare::around::around;
use crate::analysis::compare::between::{Runs, of_logs};
use crate::analysis::compare::change::Change;
use crate::analysis::compare::evidence::{ASSUMED, Measure, Precision, usual_spread};
use crate::analysis::compare::figure::Figure;
use crate::analysis::compare::measure::Measured;
use crate::analysis::compare::named;
use crate::analysis::compare::per::{Per, units, units_of_runs};
use crate::analysis::compare::serial::Serial;
use crate::analysis::compare::series::Run;
use crate::analysis::compare::single::{durations, parts};
use crate::analysis::compare::stats::mann_whitney;

/// A condition named beforehand is one test, not one of many: the p that it needs.
const SURE: f64 = 0.01;

/// What B's figure is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    /// So much more (or less, if negative) than A's: 0.1 is 10 %.
    Relative(f64),
    /// A value of its own: nanoseconds, or a count; of totals and counts per unit.
    Absolute(f64),
}

/// A condition on B's figure of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gate {
    /// Which figure; counts and totals are taken per unit.
    pub figure: Figure,
    /// It is to be above the limit, not below.
    pub above: bool,
    /// What the figure is held to.
    pub limit: Limit,
}

/// What the recordings say of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is met, and more than chance says so.
    Met,
    /// It is not met.
    NotMet,
    /// It may be met: more recordings would tell.
    Undecided,
}

impl Decision {
    /// The stable name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::NotMet => "not_met",
            Self::Undecided => "undecided",
        }
    }
}

/// What came of a condition.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// The figure in A and in B, of totals and counts per unit; `None` where a side has none.
    pub values: [Option<f64>; 2],
    /// The figure of B over that of A; `None` if a side has none.
    pub ratio: Option<f64>,
    /// Its 95 % confidence interval, where it is known.
    pub interval: Option<(f64, f64)>,
    /// What it comes to.
    pub decision: Decision,
    /// Recordings a side with which it would be decided in nine of ten comparisons, if the change is as it seems (with one
    /// recording a side: if it is as large as the limit); `None` where that is known not to be the point, or are more than
    /// 100.
    pub needed: Option<usize>,
}

impl Gate {
    /// Holds a row against it. `change` is of the comparison of `a` and `b` by `per`.
    #[must_use]
    pub fn check(&self, change: &Change, [a, b]: [&Measured; 2], per: Per) -> Outcome {
        let (unit_a, unit_b) = units(a, b, per);
        let value = |figures: &Option<super::Figures>, unit: f64| {
            figures.as_ref().map(|figures| self.figure.per_unit().value(figures, unit))
        };
        let values = [value(&change.a, unit_a), value(&change.b, unit_b)];
        let found = Outcome { values, ratio: None, interval: None, decision: Decision::NotMet, needed: None };
        match (self.limit, values) {
            // Nothing is 0 of a total or a count, but no duration; and what damage took away may have been there.
            (Limit::Absolute(_), [_, None]) if b.is_damaged => Outcome { decision: Decision::Undecided, ..found },
            (Limit::Absolute(_), [_, None]) if !self.figure.is_sum() => found,
            (Limit::Absolute(limit), [_, b]) => {
                let b = b.unwrap_or(0.0);
                let is_met = if self.above { b > limit } else { b < limit };
                Outcome { decision: if is_met { Decision::Met } else { Decision::NotMet }, ..found }
            }
            (Limit::Relative(_), [None, _] | [_, None]) if a.is_damaged || b.is_damaged => {
                Outcome { decision: Decision::Undecided, ..found }
            }
            // What is new is any part more, what is gone is any part less.
            (Limit::Relative(_), [None, _] | [_, None]) => {
                let is_met = change.is_reported() && self.above == values[0].is_none();
                Outcome { decision: if is_met { Decision::Met } else { Decision::NotMet }, ..found }
            }
            (Limit::Relative(part), [Some(_), Some(_)]) => self.relative(change, [a, b], per, (part, found)),
        }
    }

    fn relative(&self, change: &Change, [a, b]: [&Measured; 2], per: Per, (part, found): (f64, Outcome)) -> Outcome {
        let [value_a, value_b] = found.values.map(|value| value.unwrap_or(0.0));
        let ratio = (value_a > 0.0).then(|| value_b / value_a);
        let found = Outcome { ratio, ..found };
        let Some(ratio) = ratio.filter(|ratio| *ratio > 0.0) else { return found };
        let limit = libm::log1p(part);
        if a.recordings().max(b.recordings()) > 1 {
            return self.of_several(change, [a, b], per, (limit, found));
        }
        let beyond = if self.above { ratio.ln() > limit } else { ratio.ln() < limit };
        if self.allows_no_change(limit) || self.figure == Figure::P50 {
            return self.by_interval(
                change,
                [a, b],
                (limit, Outcome { needed: self.usually_needed(change, limit), ..found }),
            );
        }
        let decision = match (beyond, self.is_shown(change, [a, b], per)) {
            (true, true) => Decision::Met,
            (true, false) => Decision::Undecided,
            (false, _) => Decision::NotMet,
        };
        Outcome { decision, needed: self.usually_needed(change, limit), ..found }
    }

    /// Between recordings: a t test of the figure itself.
    fn of_several(&self, change: &Change, [a, b]: [&Measured; 2], per: Per, (limit, found): (f64, Outcome)) -> Outcome {
        let (at_a, at_b) = if let Per::Row(a, b) = per { (a, b) } else { (0, 0) };
        let runs = |side: &Measured, row: Option<usize>, at: usize| Runs {
            runs: row.and_then(|row| side.rows.get(row)).map(|row| row.1.each_run()).unwrap_or_default(),
            units: units_of_runs(side, per, at),
        };
        let [row_a, row_b] = change.places;
        let logs = [runs(a, row_a, at_a), runs(b, row_b, at_b)].map(|side| -> Vec<f64> {
            let values = side.runs.iter().zip(&side.units).map(|(run, unit)| self.of_run(run, unit.0));
            values.filter(|value| *value > 0.0 && value.is_finite()).map(f64::ln).collect()
        });
        let usual = usual_spread(change.kind, self.measure());
        let Some(evidence) = of_logs(usual, self.measure(), Serial::of([a, b]), &logs) else {
            return Outcome { decision: Decision::Undecided, needed: self.usually_needed(change, limit), ..found };
        };
        let (low, high) =
            evidence.interval.map_or((f64::NEG_INFINITY, f64::INFINITY), |(low, high)| (low.ln(), high.ln()));
        let beyond = if self.above { evidence.log_ratio > limit } else { evidence.log_ratio < limit };
        let may_be = if self.above { high > limit } else { low < limit };
        // The limit itself is what it has to differ from, not 0.
        let decision = match (beyond && evidence.p_beyond(limit) <= SURE, may_be) {
            (true, _) => Decision::Met,
            (false, true) => Decision::Undecided,
            (false, false) => Decision::NotMet,
        };
        let distance = (evidence.log_ratio - limit).abs();
        let needed = evidence.precision.and_then(|of| of.runs_for(libm::expm1(distance), SURE));
        let ratio = found.ratio;
        let interval = ratio.zip(evidence.interval).and_then(|(ratio, interval)| around(ratio, interval));
        Outcome { interval, decision, needed, ..found }
    }

    /// Whether a figure that did not change at all meets it: `< +10%`, `> -5%`.
    fn allows_no_change(&self, limit: f64) -> bool {
        if self.above { limit < 0.0 } else { limit > 0.0 }
    }

    /// One recording a side, and medians, or a limit that allows no change: the interval of the medians decides.
    fn by_interval(&self, change: &Change, [a, b]: [&Measured; 2], (limit, found): (f64, Outcome)) -> Outcome {
        let row = |side: &'_ Measured, at: Option<usize>| at.and_then(|at| side.rows.get(at)).map(|row| row.1.clone());
        let medians = match (self.figure, row(a, change.places[0]), row(b, change.places[1])) {
            (Figure::P50, Some(a_row), Some(b_row)) => {
                durations(change.kind, &a_row, &b_row, parts(a.nanos.min(b.nanos))).interval
            }
            _ => None,
        };
        let Some((low, high)) = medians else { return Outcome { decision: Decision::Undecided, ..found } };
        let is_within = if self.above { low.ln() > limit } else { high.ln() < limit };
        let is_outside = if self.above { high.ln() <= limit } else { low.ln() >= limit };
        let decision = match (is_within, is_outside) {
            (true, _) => Decision::Met,
            (_, true) => Decision::NotMet,
            _ => Decision::Undecided,
        };
        Outcome { interval: medians, decision, ..found }
    }

    /// Whether two recordings show that the figure differs at all.
    fn is_shown(&self, change: &Change, [a, b]: [&Measured; 2], per: Per) -> bool {
        let [Some(at_a), Some(at_b)] = change.places else { return false };
        let (Some((_, row_a)), Some((_, row_b))) = (a.rows.get(at_a), b.rows.get(at_b)) else { return false };
        let parts = parts(a.nanos.min(b.nanos));
        match self.figure {
            Figure::Mean => {
                let moved = mann_whitney(&row_a.values(), &row_b.values())
                    .max(mann_whitney(&row_a.part_medians(parts), &row_b.part_medians(parts)));
                moved <= SURE && change.a.zip(change.b).is_some_and(|(a, b)| named::stands_out(&a, &b))
            }
            // What is slow in one recording may be the machine's doing; of the longest there is one; and medians are decided
            // by their interval.
            Figure::P90 | Figure::P99 | Figure::Max | Figure::P50 => false,
            Figure::Count | Figure::Rate | Figure::Total => {
                let (unit_a, unit_b) = units(a, b, per);
                let per_part = |row: &super::Series, unit: f64| -> Vec<f64> {
                    let of = if self.figure == Figure::Total { row.part_totals(parts) } else { row.part_counts(parts) };
                    of.into_iter().map(|sum| sum as f64 / unit).collect()
                };
                mann_whitney(&per_part(row_a, unit_a), &per_part(row_b, unit_b)) <= SURE
            }
        }
    }

    fn of_run(&self, run: &Run, unit: f64) -> f64 {
        match self.figure {
            Figure::Count | Figure::Rate => run.count as f64 / unit,
            Figure::Total => run.total as f64 / unit,
            Figure::Mean => run.mean,
            Figure::P50 => run.p50,
            Figure::P90 => run.p90,
            Figure::P99 => run.p99,
            Figure::Max => run.max as f64,
        }
    }

    /// The measure whose spread between recordings is that of the figure.
    const fn measure(&self) -> Measure {
        match self.figure {
            Figure::Count | Figure::Rate => Measure::Count,
            Figure::Total => Measure::Total,
            Figure::P50 => Measure::Median,
            Figure::Mean | Figure::P90 | Figure::P99 | Figure::Max => Measure::Tail,
        }
    }

    /// How many recordings a change as large as the limit takes where they differ as much as recordings usually do.
    fn usually_needed(&self, change: &Change, limit: f64) -> Option<usize> {
        let (measure, deviation) = (self.measure(), usual_spread(change.kind, self.measure()));
        let usual = Precision { measure, deviation, assumed: ASSUMED, runs: [1; 2], seen: [None; 2] };
        usual.runs_for(limit.abs().exp() - 1.0, SURE)
    }
}
