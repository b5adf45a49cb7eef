//! Questions about two traces, and the answers that have come.

use std::sync::Arc;

use trace_core::analysis::compare::Comparison;
use trace_core::analysis::compare::causes::CauseChange;
use trace_core::analysis::compare::diff_flame::DiffFlame;
use trace_core::analysis::compare::figure::Figure;
use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::compare::partners::Correction;
use trace_core::analysis::compare::trend::Trends;
use trace_core::analysis::findings::Findings;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;

use crate::report::comparison::Listed;
use crate::report::comparison::divisor::Divisor;
use crate::report::table::Table;
use crate::state::document::DocumentId;

/// What can be asked about a pair. A key: equal questions have equal answers.
#[derive(Clone, Debug, PartialEq)]
pub enum CompareQuery {
    /// What changed between these stretches.
    Changes {
        /// A and B, and which stretch of them.
        sides: [(DocumentId, TimeRange); 2],
        /// What figures are divided by.
        per: Divisor,
        /// Rows that the user put together or apart.
        corrections: Vec<Correction>,
    },
    /// How three and more changed, one after the other.
    Series {
        /// Which, in their order, and which stretch of them.
        recordings: Vec<(DocumentId, TimeRange)>,
        /// What figures are divided by.
        per: Divisor,
        /// Rows that the user put together or apart.
        corrections: Vec<Correction>,
    },
}

impl CompareQuery {
    /// What has to be measured for it.
    #[must_use]
    pub fn recordings(&self) -> &[(DocumentId, TimeRange)] {
        match self {
            Self::Changes { sides, .. } => sides,
            Self::Series { recordings, .. } => recordings,
        }
    }
}

/// What came of it. Cheap to clone.
#[derive(Clone, Debug)]
pub enum CompareAnswer {
    /// Of [`CompareQuery::Changes`].
    Changes(Arc<Changes>),
    /// Of [`CompareQuery::Series`].
    Series(Arc<SeriesChanges>),
    /// The worker met a fault of its own.
    Failed,
}

/// What changed, and what it was found in.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// Verdict and rows.
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

/// How far a question is.
#[derive(Clone, Debug)]
pub enum CompareQueryState {
    /// A worker is at it.
    Asked(Monitor),
    /// Done.
    Answered(CompareAnswer),
}

/// Answers kept for a pair: the oldest go first.
const KEPT: usize = 24;

/// The questions asked about a pair.
#[derive(Clone, Debug, Default)]
pub struct CompareQueries {
    list: Vec<(CompareQuery, CompareQueryState)>,
}

impl CompareQueries {
    /// How far a question is; `None` if it was not asked yet.
    #[must_use]
    pub fn get(&self, query: &CompareQuery) -> Option<&CompareQueryState> {
        self.list.iter().find(|known| known.0 == *query).map(|known| &known.1)
    }

    /// Puts a new question on the list; the monitor to give its worker. `None` if it is there already. An
    /// unanswered one of the same kind is given up: its settings are no longer on show.
    pub fn ask(&mut self, query: CompareQuery) -> Option<Monitor> {
        if self.get(&query).is_some() {
            return None;
        }
        let same_kind = std::mem::discriminant(&query);
        self.list.retain(|known| {
            let CompareQueryState::Asked(monitor) = &known.1 else { return true };
            let stays = std::mem::discriminant(&known.0) != same_kind;
            if !stays {
                monitor.cancel();
            }
            stays
        });
        if self.list.len() >= KEPT {
            self.list.remove(0);
        }
        let monitor = Monitor::new();
        self.list.push((query, CompareQueryState::Asked(monitor.clone())));
        Some(monitor)
    }

    /// Notes an answer to a question that is still asked.
    pub fn answered(&mut self, query: &CompareQuery, answer: CompareAnswer) {
        if let Some(known) = self.list.iter_mut().find(|known| known.0 == *query) {
            known.1 = CompareQueryState::Answered(answer);
        }
    }

    /// Forgets all, and stops the workers.
    pub fn clear(&mut self) {
        for (_, query_state) in self.list.drain(..) {
            if let CompareQueryState::Asked(monitor) = query_state {
                monitor.cancel();
            }
        }
    }
}
