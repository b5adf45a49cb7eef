//! Three recordings and more: a column each, and the trend.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;
use trace_core::analysis::compare::Terms;
use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::compare::per::units;
use trace_core::analysis::compare::trend::{Recording, Trends, trends};

use crate::cli::compare::args::CompareOptions;
use crate::cli::compare::report::{MORE, SideSummary, TOO_FEW};
use crate::cli::compare::side::{Side, per};
use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::print::{Csv, Output, json, print};
use crate::fmt::markdown::{Inline, Markdown};
use crate::fmt::text::Text;
use crate::report::comparison::divisor::Divisor;
use crate::report::comparison::series::{LETTERS, Series};
use crate::report::format::Format;
use crate::report::render;
use crate::report::table::Table;

/// What `--json` prints for three files and more. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
struct Report {
    /// Sentences about the last against the first, the most important first.
    verdict: Vec<String>,
    /// The recordings, in their order.
    sides: Vec<SideSummary>,
    /// What changed from each recording to the next: sentences.
    steps: Vec<Vec<String>>,
    /// Rows, those that changed significantly first.
    rows: Json,
    /// The same as a table.
    #[serde(skip)]
    table: Arc<Table>,
    /// What the signs of the table mean: sentences.
    #[serde(skip)]
    footnotes: Vec<&'static str>,
}

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
    let damaged = sides.iter().any(|side| side.summary.is_damaged);
    let units: Vec<f64> = sides
        .iter()
        .map(|side| Ok(units(&side.measured, &side.measured, per(options, &side.measured, &side.measured)?).0))
        .collect::<Result<_, CliError>>()?;
    let report = Report::of(&found, sides.into_iter().map(|side| side.summary).collect(), (&units, &options.per));
    print(match options.format {
        Format::Json => Output::from(json(&report)?),
        Format::Markdown => report.markdown().into(),
        Format::Csv => Output::Csv(Csv::of(Some(&report.table))),
        Format::Text => report.text().into(),
    })?;
    Ok(if damaged { Exit::Damaged } else { Exit::Fine })
}

impl Report {
    fn of(found: &Arc<Trends>, sides: Vec<SideSummary>, (units, per): (&[f64], &Divisor)) -> Self {
        let listed = Series::new(found, units, per).listed(None, false, &LETTERS);
        let is_too_few = |row: usize| {
            listed.place(row).and_then(|place| found.rows.get(place)).is_some_and(|trend| trend.overall.is_too_few)
        };
        let mut footnotes = vec![
            "* changed significantly (or plainly) from the recording before; ~ the last does not differ significantly \
             from the first",
        ];
        if listed.table.listed().any(is_too_few) {
            footnotes.push(TOO_FEW);
        }
        Self {
            verdict: found.overall.verdict.clone(),
            sides,
            steps: found.steps.iter().map(|step| step.verdict.clone()).collect(),
            rows: render::json::table(&listed.table),
            table: listed.table,
            footnotes,
        }
    }

    fn text(&self) -> Text {
        let mut text = Text::new();
        let letters = letters(self.sides.len());
        for (letter, side) in letters.iter().zip(&self.sides) {
            text.line(&format!("{letter}  {}", side.files.join(", ")));
        }
        for (at, said) in self.steps.iter().enumerate() {
            let from_to = letters.get(at..at + 2).unwrap_or_default().join(" → ");
            text.line(&format!("{from_to}: {}", said.first().map_or("", String::as_str)));
        }
        let last = letters.last().map_or("", String::as_str);
        text.line(&format!("A → {last}: {}", self.verdict.first().map_or("", String::as_str)));
        text.blank();
        render::text::table(&mut text, &self.table, self.table.listed(), MORE);
        text.blank();
        self.footnotes.iter().for_each(|sentence| text.line(sentence));
        text
    }

    fn markdown(&self) -> Markdown {
        let mut page = Markdown::new();
        page.heading(3, "What changed");
        self.verdict.iter().for_each(|sentence| page.item(&[Inline::Text(sentence)]));
        render::markdown::rows(&mut page, &self.table, self.table.listed(), &render::markdown::in_text(&self.table));
        self.footnotes.iter().for_each(|sentence| page.paragraph(&format!("{sentence}.")));
        page
    }
}

/// `A`, `B`, … for so many recordings; numbers after the alphabet.
fn letters(count: usize) -> Vec<String> {
    (0..count).map(|at| LETTERS.get(at).map_or_else(|| format!("#{}", at + 1), |letter| (*letter).to_owned())).collect()
}
