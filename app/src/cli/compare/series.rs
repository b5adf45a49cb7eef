//! Three recordings and more: a column each, and the trend.

use serde::Serialize;
use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::compare::trend::{self, Recording, Trend, Trends, trends};
use trace_core::analysis::compare::{Figures, Terms, units};

use crate::cli::compare::report::{Numbers, TOO_FEW, Told, changed, named};
use crate::cli::compare::{CompareOptions, Side, per};
use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::markdown::{Align, Inline, Markdown};
use crate::cli::print::{Output, json, line, print};
use crate::cli::text::Text;
use crate::report::format::Format;

/// Rows written as text or Markdown.
const ROWS: usize = 25;

/// What `--json` prints for three files and more. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
struct Series {
    /// Sentences about the last against the first, the most important first.
    verdict: Vec<String>,
    /// The recordings, in their order.
    sides: Vec<Told>,
    /// What changed from each recording to the next: sentences.
    steps: Vec<Vec<String>>,
    /// Rows, those that changed significantly first.
    rows: Vec<Row>,
}

/// A row of all recordings.
#[derive(Clone, Debug, Serialize)]
struct Row {
    /// As in a comparison of two.
    kind: &'static str,
    /// Its name in the first recording that has it.
    name: String,
    /// Its figures in each recording; null where it is not there.
    figures: Vec<Option<Numbers>>,
    /// From each recording to the next.
    steps: Vec<Step>,
    /// From the first to the last.
    overall: Step,
    /// Total per unit, last over first; null if one of them has none.
    ratio: Option<f64>,
    /// What tables show: median, tail, total or count.
    tested: &'static str,
    /// The same with its unit.
    #[serde(skip)]
    figure: String,
    /// Its value in each recording, with a star where it changed from the one before.
    #[serde(skip)]
    values: Vec<String>,
    /// Its value, last over first.
    #[serde(skip)]
    shown: Option<f64>,
}

/// A change between two recordings.
#[derive(Clone, Copy, Debug, Serialize)]
struct Step {
    /// Whether it is more than chance.
    significant: bool,
    /// Not significant, since it happened too seldom to test, but plain to see.
    too_few: bool,
    /// Total per unit, later less earlier.
    delta_ns: f64,
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
    let found = trends(&input, terms);
    let damaged = sides.iter().any(|side| side.told.is_damaged);
    let units: Vec<f64> = sides
        .iter()
        .map(|side| Ok(units(&side.measured, &side.measured, per(options, &side.measured, &side.measured)?).0))
        .collect::<Result<_, CliError>>()?;
    let series = Series::of(&found, sides.into_iter().map(|side| side.told).collect(), (&units, options));
    print(match options.format {
        Format::Json => Output::from(json(&series)?),
        Format::Markdown => series.markdown().into(),
        Format::Text | Format::Csv => series.text().into(),
    })?;
    Ok(if damaged { Exit::Damaged } else { Exit::Fine })
}

impl Series {
    fn of(found: &Trends, sides: Vec<Told>, (units, options): (&[f64], &CompareOptions)) -> Self {
        Self {
            verdict: found.overall.verdict.clone(),
            sides,
            steps: found.steps.iter().map(|step| step.verdict.clone()).collect(),
            rows: found.rows.iter().map(|row| Row::of(row, units, options.unit.behind_figures())).collect(),
        }
    }

    fn text(&self) -> Text {
        let mut text = Text::new();
        let letters = letters(self.sides.len());
        for (letter, side) in letters.iter().zip(&self.sides) {
            line(&mut text, &format!("{letter}  {}", side.files.join(", ")));
        }
        for (at, said) in self.steps.iter().enumerate() {
            let from_to = letters.get(at..at + 2).unwrap_or_default().join(" → ");
            line(&mut text, &format!("{from_to}: {}", said.first().map_or("", String::as_str)));
        }
        let last = letters.last().map_or("", String::as_str);
        line(&mut text, &format!("A → {last}: {}", self.verdict.first().map_or("", String::as_str)));
        text.blank();
        let row = |kind: &str, figure: &str, values: &[String], change: &str, name: &str| {
            let values: Vec<String> = values.iter().map(|value| format!("{value:>10}")).collect();
            format!("{kind:<10} {figure:<8} {} {change:>9}  {name}", values.join(" "))
        };
        line(&mut text, &row("kind", "figure", &letters, "change", "name"));
        for shown in self.rows.iter().take(ROWS) {
            line(&mut text, &row(shown.kind, &shown.figure, &shown.values, &shown.change(), &shown.name));
        }
        text.blank();
        line(
            &mut text,
            "* changed significantly (or plainly) from the recording before; change is of the figure, last over first, \
             ~ if not significant",
        );
        if self.rows.iter().take(ROWS).any(|row| row.overall.too_few) {
            line(&mut text, TOO_FEW);
        }
        text
    }

    fn markdown(&self) -> Markdown {
        let mut page = Markdown::new();
        page.heading(3, "What changed");
        for sentence in &self.verdict {
            page.item(&[Inline::Text(sentence)]);
        }
        let letters = letters(self.sides.len());
        let mut columns = vec![("", Align::Left), ("name", Align::Left), ("figure", Align::Left)];
        columns.extend(letters.iter().map(|head| (head.as_str(), Align::Right)));
        columns.push(("change", Align::Right));
        page.table(&columns);
        for row in self.rows.iter().take(ROWS) {
            let change = row.change();
            let mut cells = vec![Inline::Text(row.kind), Inline::Code(&row.name), Inline::Text(&row.figure)];
            cells.extend(row.values.iter().map(|value| Inline::Text(value)));
            cells.push(Inline::Text(&change));
            page.row(&cells);
        }
        page
    }
}

/// `A`, `B`, … for so many recordings.
fn letters(count: usize) -> Vec<String> {
    let letter = |at: usize| u8::try_from(at).ok().filter(|at| *at < 26).map(|at| char::from(b'A' + at));
    (0..count).map(|at| letter(at).map_or_else(|| format!("#{}", at + 1), String::from)).collect()
}

impl Row {
    /// `units` is what totals of each recording are divided by, `per` the name of that.
    fn of(trend: &Trend, units: &[f64], per: &str) -> Self {
        let step = |step: &trend::Step| Step {
            significant: step.is_significant,
            too_few: step.is_too_few,
            delta_ns: step.impact,
        };
        let measure = trend.measure();
        let known: Vec<Option<f64>> = trend
            .figures
            .iter()
            .zip(units)
            .map(|(figures, unit)| figures.as_ref().map(|figures| measure.value(figures, *unit)))
            .collect();
        let value = |(at, (figures, unit)): (usize, (&Option<Figures>, &f64))| {
            let before = at.checked_sub(1).and_then(|at| trend.steps.get(at));
            let star = if before.is_some_and(trend::Step::is_told) { "*" } else { "" };
            let words = figures.as_ref().map_or("–".to_owned(), |figures| measure.words(trend.kind, figures, *unit));
            format!("{words}{star}")
        };
        let ends = known.first().copied().flatten().zip(known.last().copied().flatten());
        Self {
            kind: trend.kind.name(),
            name: trend.name.clone(),
            figures: trend.figures.iter().map(|figures| figures.as_ref().map(Numbers::from)).collect(),
            steps: trend.steps.iter().map(step).collect(),
            overall: step(&trend.overall),
            ratio: trend.ratio,
            tested: measure.name(),
            figure: named(measure, per),
            values: trend.figures.iter().zip(units).enumerate().map(value).collect(),
            shown: ends.filter(|(first, _)| *first > 0.0).map(|(first, last)| last / first),
        }
    }

    fn change(&self) -> String {
        let change = changed(self.shown, self.figures.first().is_some_and(Option::is_some));
        match (self.overall.significant, self.overall.too_few) {
            (true, _) => change,
            (_, true) => format!("({change})"),
            _ => "~".to_owned(),
        }
    }
}
