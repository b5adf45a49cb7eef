//! Answers questions about two traces, off the UI thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use trace_core::analysis::compare::causes::causes;
use trace_core::analysis::compare::diff_flame::DiffFlame;
use trace_core::analysis::compare::limits::limits;
use trace_core::analysis::compare::measure::{Measured, RowKind};
use trace_core::analysis::compare::picture::Picture;
use trace_core::analysis::compare::{Per, Terms, compare, units};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::flame::Flame;
use trace_core::base::monitor::Monitor;

use crate::state::contrast::{Changes, PairAnswer, PairQuestion};
use crate::state::pair::PerChoice;

/// Works out the answer from what was measured on both sides. `None` if it was cancelled.
#[must_use]
pub fn answer(
    question: &PairQuestion,
    measured: [Arc<Measured>; 2],
    findings: Option<[Arc<Findings>; 2]>,
    monitor: &Monitor,
) -> Option<PairAnswer> {
    let PairQuestion::Changes { per, corrections, .. } = question;
    let work = AssertUnwindSafe(|| {
        let [a, b] = &measured;
        let terms = Terms { per: divisor(per, a, b), corrections: corrections.clone() };
        let both = findings.as_ref().map(|[a, b]| (a.as_ref(), b.as_ref()));
        let found = compare(a, b, &terms, both);
        if monitor.is_cancelled() {
            return None;
        }
        let units = <[f64; 2]>::from(units(a, b, terms.per));
        let flame = |of: fn(&Picture) -> &Flame| DiffFlame::of(&flames(a, of), &flames(b, of), units);
        let (off_cpu, on_cpu) = (flame(|picture| &picture.waits), flame(|picture| &picture.samples));
        let causes = both.map(|(a, b)| causes(a, b)).unwrap_or_default();
        Some((found, units, causes, off_cpu, on_cpu))
    });
    match catch_unwind(work) {
        Err(_) => Some(PairAnswer::Failed),
        Ok(None) => None,
        Ok(Some((found, units, causes, off_cpu, on_cpu))) => {
            let limits = limits(&measured[0], &measured[1]);
            let changes = Changes { found, limits, measured, units, findings, causes, off_cpu, on_cpu };
            (!monitor.is_cancelled()).then(|| PairAnswer::Changes(Arc::new(changes)))
        }
    }
}

fn flames(side: &Measured, of: fn(&Picture) -> &Flame) -> Vec<&Flame> {
    side.pictures.iter().map(of).collect()
}

/// What to divide by; a task that a side does not have divides by nothing.
fn divisor(per: &PerChoice, a: &Measured, b: &Measured) -> Per {
    let count = |side: &Measured, name: &str| {
        let found = side.rows.iter().find(|row| row.0.0 == RowKind::Task && row.0.1 == name);
        found.map(|row| row.1.count)
    };
    match per {
        PerChoice::Second => Per::Second,
        PerChoice::ProcessorSecond => Per::ProcessorSecond,
        PerChoice::Nothing => Per::Nothing,
        PerChoice::Task(name) => count(a, name).zip(count(b, name)).map_or(Per::Nothing, |(a, b)| Per::Requests(a, b)),
    }
}
