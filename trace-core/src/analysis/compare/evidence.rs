//! What a test says about a row: which of its figures was tested, how much that changed, how sure it is.

use crate::analysis::compare::figures::Figures;
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::{student, words};

/// A figure of a row that is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Measure {
    /// The median of its durations.
    Median,
    /// The mean of the slowest 1 % of its durations.
    Tail,
    /// Its total per unit (see [`Per`](super::Per)).
    Total,
    /// How many there are per unit.
    Count,
}

impl Measure {
    /// The stable name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Median => "median",
            Self::Tail => "tail",
            Self::Total => "total",
            Self::Count => "count",
        }
    }

    /// Its value on a side whose totals and counts are divided by `unit`: nanoseconds (of the heap bytes), or a count.
    #[must_use]
    pub fn value(self, figures: &Figures, unit: f64) -> f64 {
        match self {
            Self::Median => figures.p50,
            Self::Tail => figures.tail,
            Self::Total => figures.total as f64 / unit,
            Self::Count => figures.count as f64 / unit,
        }
    }

    /// The same in words.
    #[must_use]
    pub fn words(self, kind: RowKind, figures: &Figures, unit: f64) -> String {
        self.value_words(kind, self.value(figures, unit))
    }

    /// A value of it in words.
    #[must_use]
    pub fn value_words(self, kind: RowKind, value: f64) -> String {
        if self == Self::Count { words::number(value) } else { words::value(kind, value) }
    }

    /// Smaller changes are not called significant, however sure they are: two recordings of one program differ
    /// that much.
    #[must_use]
    pub const fn least_change(self) -> f64 {
        match self {
            Self::Median => 0.05,
            Self::Total | Self::Count => 0.1,
            Self::Tail => 0.2,
        }
    }
}

/// What one test of a row came to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence {
    /// The figure that was tested.
    pub measure: Measure,
    /// Probability of a difference at least this large by chance.
    pub p: f64,
    /// Natural logarithm of B over A, as it was tested. Finite also where a side has nothing: with several recordings a
    /// little is added to totals and counts of both sides, else where a side has nothing.
    pub log_ratio: f64,
    /// 95 % confidence interval of B over A, if it is known.
    pub interval: Option<(f64, f64)>,
    /// How exactly several recordings tell it; `None` for one recording a side.
    pub precision: Option<Precision>,
}

impl Evidence {
    /// Whether the change is large enough to be told of.
    #[must_use]
    pub fn matters(&self) -> bool {
        self.log_ratio.abs() >= libm::log1p(self.measure.least_change()) - 1e-9
    }

    /// Probability of a ratio at least as far beyond `limit`, a logarithm, if it were just there: one-sided, towards where
    /// the ratio lies. 1 for one recording a side.
    pub(super) fn p_beyond(&self, limit: f64) -> f64 {
        let Some(precision) = self.precision else { return 1.0 };
        let [a, b] = precision.runs.map(|runs| runs as f64);
        let error = precision.deviation * (1.0 / a + 1.0 / b).sqrt();
        student::two_sided((self.log_ratio - limit) / error, precision.assumed + a + b - 2.0) / 2.0
    }

    /// The same with the interval, and the spread between recordings, of the figures as they are: `plain` is the test with
    /// nothing added to them, `None` where a recording has nothing.
    #[must_use]
    pub(super) fn with_interval_of(self, plain: Option<&Self>) -> Self {
        let seen = plain.and_then(|plain| plain.precision).map_or([None; 2], |precision| precision.seen);
        let precision = self.precision.map(|precision| Precision { seen, ..precision });
        Self { interval: plain.and_then(|plain| plain.interval), precision, ..self }
    }

    /// The test that speaks for a row: the surest one whose change matters, or else the surest. Its p is corrected
    /// for how many there were (Bonferroni).
    pub(super) fn strongest(mut all: Vec<Self>, significant: f64) -> Option<Self> {
        let looks = all.len() as f64;
        all.sort_by(|one, other| one.p.total_cmp(&other.p));
        let sure = |one: &&Self| one.matters() && one.p * looks <= significant;
        let chosen = all.iter().find(sure).or(all.first()).copied()?;
        Some(Self { p: (chosen.p * looks).min(1.0), ..chosen })
    }
}

/// How exactly several recordings a side tell a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Precision {
    /// The figure that is meant.
    pub measure: Measure,
    /// Standard deviation between recordings, of the logarithm of the figure, as the test takes it.
    pub deviation: f64,
    /// Degrees of freedom that the assumed spread counts for; those of the recordings come on top.
    pub assumed: f64,
    /// Recordings of A and of B.
    pub runs: [usize; 2],
    /// What recordings of A and of B deviate by themselves; `None` for fewer than two.
    pub seen: [Option<f64>; 2],
}

/// Part of comparisons in which a change may be missed that counts as found.
const MISSED: f64 = 0.1;

impl Precision {
    /// How far logarithms have to be apart to be found at this p in nine of ten comparisons.
    fn reach(&self, p: f64, runs: [f64; 2]) -> f64 {
        let freedom = self.assumed + (runs[0] + runs[1] - 2.0).max(0.0);
        let quantiles = student::quantile(p, freedom) + student::quantile(2.0 * MISSED, freedom);
        quantiles * self.deviation * (1.0 / runs[0] + 1.0 / runs[1]).sqrt()
    }

    /// The smallest change that is found at this p in nine of ten comparisons: 0.08 is 8 % more (or as many times less).
    #[must_use]
    pub fn smallest(&self, p: f64) -> f64 {
        self.reach(p, self.runs.map(|runs| runs.max(1) as f64)).exp() - 1.0
    }

    /// Recordings a side with which a change of this part is found at this p in nine of ten comparisons; `None`: more than
    /// 100.
    #[must_use]
    pub fn runs_for(&self, change: f64, p: f64) -> Option<usize> {
        (2..=100).find(|&runs| self.reach(p, [runs as f64; 2]) <= libm::log1p(change))
    }
}

/// How much recordings of one program on one machine differ, as logarithms; measured on programs whose recordings
/// were made on a quiet and on a busy machine (`tests/data/gen/compare`). Few recordings tell their own spread
/// badly: this much is assumed, and counts like [`ASSUMED`] recordings.
pub(super) const fn usual_spread(kind: RowKind, measure: Measure) -> f64 {
    let [median, total, tail, count] = match kind {
        RowKind::Task | RowKind::Region | RowKind::Request | RowKind::Call | RowKind::SelfTime => {
            [0.025, 0.1, 0.15, 0.06]
        }
        RowKind::Heap => [0.08; 4],
        RowKind::Work | RowKind::Running => [0.1, 0.2, 0.25, 0.1],
        RowKind::Wait | RowKind::Sleep | RowKind::Syscall | RowKind::Goroutine | RowKind::Stuck | RowKind::Samples => {
            [0.15, 0.2, 0.25, 0.1]
        }
        RowKind::Sched | RowKind::Gc | RowKind::Stw => [0.35, 0.35, 0.35, 0.15],
        RowKind::Assist => [0.5, 0.5, 0.5, 0.15],
    };
    match measure {
        Measure::Median => median,
        Measure::Total => total,
        Measure::Tail => tail,
        Measure::Count => count,
    }
}

/// Degrees of freedom that the assumed spread counts for.
pub(super) const ASSUMED: f64 = 4.0;
