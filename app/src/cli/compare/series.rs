//! Three recordings and more: a column each, and the trend.

use std::sync::Arc;

use trace_core::analysis::compare::Terms;
use trace_core::analysis::compare::limits::limits_of_series;
use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::compare::per::units;
use trace_core::analysis::compare::trend::{Recording, Trends, trends};

use crate::cli::compare::TITLE;
use crate::cli::compare::args::CompareOptions;
use crate::cli::compare::report::{SideSummary, TOO_FEW, texts};
use crate::cli::compare::side::{Side, per};
use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::print::{Head, Output, print};
use crate::report::comparison::divisor::Divisor;
use crate::report::comparison::series::{LETTERS, Series};
use crate::report::report::Report;
use crate::report::value::Value;

/// Loads all files, holds them against each other and prints how they changed.
///
/// # Errors
/// When a file is unreadable, or a task to divide by is not there.
pub(super) fn run(options: &CompareOptions) -> CliResult {
    let sides = options
        .series
        .iter()
        .map(|file| Side::load(std::slice::from_ref(file), None, options))
        .collect::<Result<Vec<_>, _>>()?;
    // Whether every recording has what is divided by.
    for side in &sides {
        per(options, &side.measured, &side.measured)?;
    }
    let names = letters(sides.len());
    let input: Vec<Recording<'_>> = names
        .iter()
        .zip(&sides)
        .map(|(name, side)| Recording { name, measured: &side.measured, findings: side.findings.first() })
        .collect();
    let terms = |a: &Measured, b: &Measured| Terms::from(per(options, a, b).unwrap_or_default());
    let found = Arc::new(trends(&input, terms));
    let limits =
        limits_of_series(&input.iter().map(|recording| (recording.name, recording.measured)).collect::<Vec<_>>());
    let damaged = sides.iter().any(|side| side.summary.is_damaged);
    let units: Vec<f64> = sides
        .iter()
        .map(|side| Ok(units(&side.measured, &side.measured, per(options, &side.measured, &side.measured)?).0))
        .collect::<Result<_, CliError>>()?;
    let summaries: Vec<SideSummary> = sides.into_iter().map(|side| side.summary).collect();
    let report = report(&found, &summaries, (&limits, &units), &options.per);
    let files = options.series.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(" ");
    let head = Head { schema: "compare_series", title: TITLE, file: &files, is_partial: damaged };
    print(Output::of(options.format, head, &report)?)?;
    Ok(if damaged { Exit::Damaged } else { Exit::Fine })
}

/// What changed from recording to recording, as a report: with what they cannot tell, and what totals of each are divided
/// by.
#[must_use]
pub(super) fn report(
    found: &Arc<Trends>,
    sides: &[SideSummary],
    (limits, units): (&[String], &[f64]),
    per: &Divisor,
) -> Report {
    let listed = Series::new(found, units, per).listed(None, false, &LETTERS);
    let trend = |row: usize| listed.place(row).and_then(|place| found.rows.get(place));
    let has_too_few = listed.table.listed().any(|row| trend(row).is_some_and(|trend| trend.overall.is_too_few));
    let steps = found.steps.iter().map(|step| texts(&step.verdict)).collect();
    let letters = letters(sides.len());
    let about = letters.iter().zip(sides).map(|(letter, side)| format!("{letter}  {}", side.files.join(", ")));
    let settings = settings(found);
    let said = settings.iter().cloned().chain(sentences(found, &letters)).chain(limits.iter().cloned());
    let mut report = Report { about: about.collect(), sentences: said.collect(), ..Report::default() }
        .field(
            "settings",
            "what differs from each recording to the next before anything of the program is compared: sentences",
            texts(&settings),
        )
        .field("verdict", "sentences about the last against the first", texts(&found.overall.verdict))
        .field("steps", "what changed from each recording to the next: a list of sentences each", Value::List(steps))
        .field("limits", "what could not be compared, or only with care: sentences", texts(limits))
        .note(
            "* changed significantly (or plainly) from the recording before; ~ the last does not differ significantly \
             from the first.",
        );
    if has_too_few {
        report = report.note(TOO_FEW);
    }
    report.tables.push(listed.table);
    report.table(SideSummary::table(sides))
}

/// What differs from each recording to the next before anything of the program is compared, a sentence once.
fn settings(found: &Trends) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for sentence in found.steps.iter().flat_map(|step| &step.settings) {
        if !all.contains(sentence) {
            all.push(sentence.clone());
        }
    }
    all
}

/// What changed from each recording to the next, and from the first to the last.
fn sentences(found: &Trends, letters: &[String]) -> Vec<String> {
    let steps = letters.windows(2).zip(&found.steps);
    let steps = steps.map(|(pair, step)| format!("{}: {}", pair.join(" → "), step.verdict.join(" ")));
    let last = letters.last().map_or("", String::as_str);
    steps.chain([format!("A → {last}: {}", found.overall.verdict.join(" "))]).collect()
}

/// `A`, `B`, … for so many recordings; numbers after the alphabet.
fn letters(count: usize) -> Vec<String> {
    (0..count).map(|at| LETTERS.get(at).map_or_else(|| format!("#{}", at + 1), |letter| (*letter).to_owned())).collect()
}
