//! Questions about two traces, and the answers that have come.

use std::sync::Arc;

use trace_core::analysis::compare::Comparison;
use trace_core::analysis::compare::causes::CauseChange;
use trace_core::analysis::compare::diff_flame::DiffFlame;
use trace_core::analysis::compare::figure::Figure;
use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::compare::trend::Trends;
use trace_core::analysis::findings::Findings;
use trace_core::base::time::TimeRange;

use crate::report::comparison::Listed;
use crate::report::table::Table;
use crate::state::document::DocumentId;
use crate::state::questions::{Key, Queries, questions};

/// What can be asked about several traces.
pub mod ask {
    use trace_core::analysis::compare::partners::Correction;
    use trace_core::base::time::TimeRange;

    use crate::report::comparison::divisor::Divisor;
    use crate::state::document::DocumentId;

    /// What changed between two stretches.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Changes {
        /// A and B, and which stretch of them.
        pub sides: [(DocumentId, TimeRange); 2],
        /// What figures are divided by.
        pub per: Divisor,
        /// Rows that the user put together or apart.
        pub corrections: Vec<Correction>,
    }

    /// How three and more changed, one after the other.
    #[derive(Clone, Debug, PartialEq)]
    pub struct Series {
        /// Which, in their order, and which stretch of them.
        pub recordings: Vec<(DocumentId, TimeRange)>,
        /// What figures are divided by.
        pub per: Divisor,
        /// Rows that the user put together or apart.
        pub corrections: Vec<Correction>,
    }
}

questions! {
    /// All questions about a pair, or a series.
    CompareQuery,
    /// The answers to them. Cheap to clone.
    CompareAnswer:
    /// What changed between two.
    Changes => Arc<Changes>;
    /// How three and more changed.
    Series => Arc<SeriesChanges>;
}

impl Key for CompareQuery {
    type Answer = CompareAnswer;
    const KEPT: usize = 24;

    /// One without an answer: its settings are no longer on show.
    fn gives_way(&self, is_answered: bool) -> bool {
        !is_answered
    }
}

/// The questions asked about a pair, or a series.
pub type CompareQueries = Queries<CompareQuery>;

impl CompareQuery {
    /// What has to be measured for it.
    #[must_use]
    pub fn recordings(&self) -> &[(DocumentId, TimeRange)] {
        match self {
            Self::Changes(asked) => &asked.sides,
            Self::Series(asked) => &asked.recordings,
        }
    }
}

/// What changed, and what it was found in.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// The verdict, and all rows of both sides.
    pub found: Arc<Comparison>,
    /// The rows as tables: all of them, and groups.
    pub tables: Vec<Listed>,
    /// Goroutines by start function and creator, as a table.
    pub population: Option<Arc<Table>>,
    /// GC cycles, STW pauses, mark assists and heap, as a table.
    pub collector: Option<Arc<Table>>,
    /// What could not be compared, or only with care.
    pub limits: Vec<String>,
    /// What each side holds.
    pub measured: [Arc<Measured>; 2],
    /// What each side's figures were divided by.
    pub units: [f64; 2],
    /// The causes on both sides; `None` if one of them could not be looked at.
    pub findings: Option<[Arc<Findings>; 2]>,
    /// Which of those are gone, new, or the same.
    pub causes: Vec<CauseChange>,
    /// Where waits and system calls changed, per unit.
    pub off_cpu: DiffFlame,
    /// Where CPU samples changed, per unit.
    pub on_cpu: DiffFlame,
}

/// The figures that the columns of a series are offered to show: of each row the one that was tested, or the same of all.
pub const FIGURES: [Option<Figure>; 9] = [
    None,
    Some(Figure::Count),
    Some(Figure::Rate),
    Some(Figure::Total),
    Some(Figure::Mean),
    Some(Figure::P50),
    Some(Figure::P90),
    Some(Figure::P99),
    Some(Figure::Max),
];

/// How a series changed, and what it was found in.
#[derive(Clone, Debug, Default)]
pub struct SeriesChanges {
    /// Rows, and what each step and all of them changed.
    pub found: Arc<Trends>,
    /// The rows as tables, for each of [`FIGURES`] all of them and those that changed significantly.
    pub tables: Vec<[Listed; 2]>,
    /// What each recording holds.
    pub measured: Vec<Arc<Measured>>,
    /// What each recording's figures are divided by.
    pub units: Vec<f64>,
}
