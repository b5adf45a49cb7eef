//! Answers questions about traces that are compared, off the UI thread.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use trace_core::analysis::compare::causes::causes;
use trace_core::analysis::compare::diff_flame::DiffFlame;
use trace_core::analysis::compare::limits::limits;
use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::compare::per::{Per, units};
use trace_core::analysis::compare::picture::Picture;
use trace_core::analysis::compare::row_kind::RowKind;
use trace_core::analysis::compare::trend::{Recording, trends};
use trace_core::analysis::compare::{Terms, compare};
use trace_core::analysis::findings::Findings;
use trace_core::analysis::flame::Flame;
use trace_core::base::monitor::Monitor;

use crate::report::comparison;
use crate::report::comparison::divisor::Divisor;
use crate::report::comparison::series::NUMBERS;
use crate::state::compare_query::{Changes, CompareAnswer, CompareQuery, FIGURES, SeriesChanges, ask};
use crate::state::questions::{Failed, Question as _};

/// Works out the answer from what was measured on all sides, in the order of the question: `Err` if that failed with a
/// panic, `None` if it was cancelled.
#[must_use]
pub fn answer(
    query: &CompareQuery,
    measured: &[Arc<Measured>],
    findings: Option<&[Arc<Findings>]>,
    monitor: &Monitor,
) -> Option<Result<CompareAnswer, Failed>> {
    let work = AssertUnwindSafe(|| match query {
        CompareQuery::Changes(asked) => {
            let [a, b] = measured else { return Some(Err(Failed)) };
            let findings = match findings {
                Some([a, b]) => Some([Arc::clone(a), Arc::clone(b)]),
                _ => None,
            };
            changes(asked, [a, b], findings, monitor).map(|answer| Ok(ask::Changes::wrap(answer)))
        }
        CompareQuery::Series(asked) => {
            series(asked, measured, findings, monitor).map(|answer| Ok(ask::Series::wrap(answer)))
        }
    });
    catch_unwind(work).unwrap_or(Some(Err(Failed)))
}

fn changes(
    ask::Changes { per, corrections, .. }: &ask::Changes,
    [a, b]: [&Arc<Measured>; 2],
    findings: Option<[Arc<Findings>; 2]>,
    monitor: &Monitor,
) -> Option<Arc<Changes>> {
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
    let limits = limits(a, b, &found);
    let measured = [Arc::clone(a), Arc::clone(b)];
    let found = Arc::new(found);
    let tables = comparison::changes::Changes::new(&found, units, per).in_groups();
    let pictures = [&a.pictures[..], &b.pictures[..]];
    let population = Some(Arc::new(comparison::population::table(pictures)));
    let collector = Some(Arc::new(comparison::collector::table([a, b])));
    let changes =
        Changes { found, tables, population, collector, limits, measured, units, findings, causes, off_cpu, on_cpu };
    (!monitor.is_cancelled()).then(|| Arc::new(changes))
}

fn series(
    ask::Series { per, corrections, .. }: &ask::Series,
    measured: &[Arc<Measured>],
    findings: Option<&[Arc<Findings>]>,
    monitor: &Monitor,
) -> Option<Arc<SeriesChanges>> {
    let names: Vec<String> = (1..=measured.len()).map(|number| format!("trace {number}")).collect();
    let finding = |at: usize| findings.and_then(|all| all.get(at)).map(Arc::as_ref);
    let recordings = names.iter().zip(measured).enumerate();
    let input: Vec<Recording<'_>> =
        recordings.map(|(at, (name, measured))| Recording { name, measured, findings: finding(at) }).collect();
    // A task that one recording lacks divides none of them.
    let is_everywhere = |name: &str| measured.iter().all(|side| tasks(side, name).is_some());
    let per = match per {
        Divisor::Task(name) if !is_everywhere(name) => &Divisor::Nothing,
        per => per,
    };
    let terms = |a: &Measured, b: &Measured| Terms { per: divisor(per, a, b), corrections: corrections.clone() };
    let found = Arc::new(trends(&input, terms));
    let units: Vec<f64> = measured.iter().map(|side| units(side, side, divisor(per, side, side)).0).collect();
    let measured = measured.to_vec();
    let of = comparison::series::Series::new(&found, &units, per);
    let tables =
        FIGURES.map(|figure| [false, true].map(|significant| of.listed(figure, significant, &NUMBERS))).to_vec();
    (!monitor.is_cancelled()).then(|| Arc::new(SeriesChanges { found, tables, measured, units }))
}

/// The place of the row of tasks of a type.
fn tasks(side: &Measured, name: &str) -> Option<usize> {
    side.rows.iter().position(|row| row.0.0 == RowKind::Task && row.0.1 == name)
}

fn flames(side: &Measured, of: fn(&Picture) -> &Flame) -> Vec<&Flame> {
    side.pictures.iter().map(of).collect()
}

/// What to divide by; a task that a side does not have divides by nothing.
fn divisor(per: &Divisor, a: &Measured, b: &Measured) -> Per {
    match per {
        Divisor::Second => Per::Second,
        Divisor::CpuSecond => Per::ProcessorSecond,
        Divisor::Nothing => Per::Nothing,
        Divisor::Task(name) => tasks(a, name).zip(tasks(b, name)).map_or(Per::Nothing, |(a, b)| Per::Row(a, b)),
    }
}
