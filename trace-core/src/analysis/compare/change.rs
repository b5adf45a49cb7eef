//! A row of both sides, and how it changed.

use crate::analysis::compare::evidence::{Evidence, Measure, Precision};
use crate::analysis::compare::figures::Figures;
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::stats::Shift;

/// A q value up to which a change is called significant.
pub const SIGNIFICANT: f64 = 0.05;

/// A row of both traces.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// What it is about.
    pub kind: RowKind,
    /// Its name in A; in B if it is only there.
    pub name: String,
    /// Its name in B, if that is another one.
    pub renamed: Option<String>,
    /// That the two names are of one thing is inferred: they have the same shape and size, and no other partner.
    pub is_guess: bool,
    /// A's figures; `None` if A has no such thing.
    pub a: Option<Figures>,
    /// Figures of B; `None` if the row is not there.
    pub b: Option<Figures>,
    /// Total per unit, B over A. `None` if a side has none.
    pub ratio: Option<f64>,
    /// Difference of the durations, nanoseconds, B less A.
    pub shift: Option<Shift>,
    /// What `p` is about, and what a report shows as the change; `None` if nothing was tested.
    pub tested: Option<Measure>,
    /// How much that changed, B over A; `None` if a side has none of it.
    pub effect: Option<f64>,
    /// Its 95 % confidence interval, where it is known.
    pub interval: Option<(f64, f64)>,
    /// How exactly several recordings tell the figure; `None` for one a side.
    pub precision: Option<Precision>,
    /// Probability of a difference at least this large by chance; `None` if it was too little to test.
    pub p: Option<f64>,
    /// The same corrected for the number of rows tested.
    pub q: Option<f64>,
    /// The test of its slowest, with one recording a side: a question of its own, asked of few rows.
    pub tail: Option<Evidence>,
    /// Whether it is more than chance, and large enough to matter.
    pub is_significant: bool,
    /// Not significant, since it happened too seldom to test, but plain to see: it is on one side only, or all
    /// durations of one side are far below those of the other, and much time is in it.
    pub is_too_few: bool,
    /// It changed as the load did: there were as many times more requests.
    pub follows_load: bool,
    /// Whether the verdict may name it: with several recordings a side if it is significant, with one only if the
    /// change is of a kind and size that two recordings of one program hardly show.
    pub is_named: bool,
    /// B's total less A's, nanoseconds (bytes for [`RowKind::Heap`]) per unit (see [`Per`](crate::analysis::compare::per::Per)).
    pub impact: f64,
    /// Places of the row in `rows` of A's and B's `Measured`.
    pub places: [Option<usize>; 2],
}

impl Change {
    /// Whether a report shows it as a change.
    #[must_use]
    pub const fn is_reported(&self) -> bool {
        self.is_significant || self.is_too_few
    }

    /// Whether what was tested has grown; if nothing was, whether the total has.
    #[must_use]
    pub fn has_grown(&self) -> bool {
        self.effect.map_or(self.impact > 0.0, |effect| effect > 1.0)
    }
}
