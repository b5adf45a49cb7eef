//! What a comparison prints: the JSON that stays as it is, a text, Markdown.

use std::path::Path;

use serde::Serialize;
use trace_core::analysis::compare::stats::Shift;
use trace_core::analysis::compare::{Change, Comparison, Figures};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::trace::Trace;

use crate::cli::compare::{Asked, Unit};
use crate::cli::exit::is_damaged;
use crate::cli::markdown::{Align, Inline, Markdown};
use crate::cli::print::line;
use crate::cli::text::Text;
use crate::fmt::number::count;
use crate::fmt::time::rounded;

/// Rows written as text or Markdown.
const ROWS: usize = 20;
/// What parentheses around a change say.
pub const TOO_FEW: &str = "(…) is plain to see, but happened too seldom to test: on one side only, or no overlap";
/// Rows written as JSON, besides those that are significant.
const JSON_ROWS: usize = 500;

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Sentences, the most important first.
    pub verdict: Vec<String>,
    /// The first side.
    pub a: Told,
    /// The second side.
    pub b: Told,
    /// What `rate` figures are divided by: `second`, `cpu_second`, `task` or `nothing`.
    pub per: &'static str,
    /// How the sides are laid over each other: `start`, `wall`, `stretch`, `task`, `region` or `log`.
    pub align: &'static str,
    /// What could not be compared, or only with care: sentences.
    pub limits: Vec<String>,
    /// Rows that were tested.
    pub tested: usize,
    /// Guards (`--fail-if`) that were crossed, significantly.
    pub crossed: Vec<String>,
    /// Those that matter most first: all that are significant, and at most 500 others.
    pub changes: Vec<Row>,
}

/// A side.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Told {
    /// The files as given.
    pub files: Vec<String>,
    /// Where time zero lies, from the start of each file's trace.
    pub origin_ns: Vec<i64>,
    /// Length of what was looked at, in sum.
    pub duration_ns: u64,
    /// Events of the whole files.
    pub events: u64,
    /// Parts are missing: counts and sums are too small.
    pub is_damaged: bool,
    /// Kinds of findings, ranked; empty for several files.
    pub findings: Vec<&'static str>,
}

impl Told {
    /// Takes in a recording of this side.
    pub fn add(&mut self, file: &Path, trace: &Trace, range: TimeRange, origin: TraceTime) {
        self.origin_ns.push(origin.nanos_since(trace.range().start));
        self.files.push(file.display().to_string());
        self.duration_ns += range.nanos().unsigned_abs();
        self.events += trace.totals().events;
        self.is_damaged |= is_damaged(trace);
    }
}

/// A row of both sides.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// task, region, work, wait, sleep, syscall, sched, running, goroutine, stuck, samples, gc, stw or assist.
    pub kind: &'static str,
    /// Its name in A; in B if it is only there.
    pub name: String,
    /// Its name in B, if another one.
    pub name_b: Option<String>,
    /// A's figures; null if A has no such thing.
    pub a: Option<Numbers>,
    /// B's.
    pub b: Option<Numbers>,
    /// Time in sum per unit, B over A; null if a side has none.
    pub ratio: Option<f64>,
    /// B's time in sum per unit less A's, nanoseconds.
    pub delta_ns: f64,
    /// By how much durations of B tend to be longer; null without durations on both sides.
    pub shift: Option<Interval>,
    /// Probability of such a difference by chance; null if too little to test.
    pub p_value: Option<f64>,
    /// The same corrected for the number of rows tested (Benjamini and Hochberg).
    pub q_value: Option<f64>,
    /// q is at most 0.05, and the sum per unit, the median or p99 changed by at least 5 %.
    pub significant: bool,
    /// Not significant, since it happened too seldom to test, but plain to see: on one side only, or no overlap.
    pub too_few: bool,
}

/// Figures of one side.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Numbers {
    /// How many.
    pub count: u64,
    /// In sum.
    pub total_ns: u64,
    /// Mean.
    pub mean_ns: f64,
    /// Median.
    pub p50_ns: f64,
    /// Nine in ten are at most this long.
    pub p90_ns: f64,
    /// 99 in a hundred.
    pub p99_ns: f64,
    /// The longest.
    pub max_ns: u64,
}

/// A difference of durations (Hodges and Lehmann) with its 95 % interval.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Interval {
    /// The median of all pairwise differences.
    pub median_ns: f64,
    /// Lower end.
    pub low_ns: f64,
    /// Upper end.
    pub high_ns: f64,
}

impl From<&Figures> for Numbers {
    fn from(of: &Figures) -> Self {
        Self {
            count: of.count,
            total_ns: of.total,
            mean_ns: of.mean,
            p50_ns: of.p50,
            p90_ns: of.p90,
            p99_ns: of.p99,
            max_ns: of.max,
        }
    }
}

impl From<Shift> for Interval {
    fn from(shift: Shift) -> Self {
        Self { median_ns: shift.median, low_ns: shift.low, high_ns: shift.high }
    }
}

impl From<&Change> for Row {
    fn from(change: &Change) -> Self {
        Self {
            kind: change.kind.name(),
            name: change.name.clone(),
            name_b: change.renamed.clone(),
            a: change.a.as_ref().map(Numbers::from),
            b: change.b.as_ref().map(Numbers::from),
            ratio: change.ratio,
            delta_ns: change.impact,
            shift: change.shift.map(Interval::from),
            p_value: change.p,
            q_value: change.q,
            significant: change.is_significant,
            too_few: change.is_too_few,
        }
    }
}

impl Report {
    /// Puts together what is printed.
    #[must_use]
    pub fn of(
        found: &Comparison,
        [a, b]: [&Told; 2],
        asked: &Asked,
        crossed: Vec<String>,
        limits: Vec<String>,
    ) -> Self {
        let mut others = 0;
        let told = found.changes.iter().filter(|change| {
            others += usize::from(!change.is_significant);
            change.is_significant || others <= JSON_ROWS
        });
        Self {
            verdict: found.verdict.clone(),
            a: a.clone(),
            b: b.clone(),
            align: asked.align.name(),
            limits,
            per: match &asked.unit {
                Unit::Second => "second",
                Unit::Processor => "cpu_second",
                Unit::Task(_) => "task",
                Unit::Nothing => "nothing",
            },
            tested: found.tested,
            crossed,
            changes: told.map(Row::from).collect(),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = Text::new();
        for sentence in self.verdict.iter().chain(&self.notes()) {
            line(&mut text, sentence);
        }
        text.blank();
        line(
            &mut text,
            &format!(
                "{:<10} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>8}  name",
                "kind", "A median", "B median", "A p99", "B p99", "A sum", "B sum", "change"
            ),
        );
        for row in self.changes.iter().take(ROWS) {
            let cells = row.cells();
            let [a50, b50, a99, b99, a_sum, b_sum, change] = &cells;
            line(
                &mut text,
                &format!(
                    "{:<10} {a50:>9} {b50:>9} {a99:>9} {b99:>9} {a_sum:>9} {b_sum:>9} {change:>8}  {}",
                    row.kind,
                    row.named()
                ),
            );
        }
        text.blank();
        line(
            &mut text,
            &format!(
                "~ not significant ({} rows tested, false discoveries held to 5 %); change: time in sum {}",
                count(self.tested as u64),
                self.per_words()
            ),
        );
        if self.changes.iter().take(ROWS).any(|row| row.too_few) {
            line(&mut text, TOO_FEW);
        }
        text
    }

    /// For a pull request.
    #[must_use]
    pub fn markdown(&self) -> Markdown {
        let mut page = Markdown::new();
        page.heading(3, "What changed");
        for sentence in self.verdict.iter().chain(&self.notes()) {
            page.item(&[Inline::Text(sentence)]);
        }
        let figures = ["A median", "B median", "A p99", "B p99", "A sum", "B sum", "change"];
        let mut columns = vec![("", Align::Left), ("name", Align::Left)];
        columns.extend(figures.map(|head| (head, Align::Right)));
        page.table(&columns);
        for row in self.changes.iter().take(ROWS) {
            let (name, figures) = (row.named(), row.cells());
            let mut cells = vec![Inline::Text(row.kind), Inline::Code(&name)];
            cells.extend(figures.iter().map(|figure| Inline::Text(figure)));
            page.row(&cells);
        }
        page.paragraph(&format!(
            "~ is not significant ({} rows tested). Change is of the time in sum {}.",
            count(self.tested as u64),
            self.per_words()
        ));
        if self.changes.iter().take(ROWS).any(|row| row.too_few) {
            page.paragraph(&format!("{TOO_FEW}."));
        }
        page
    }

    /// What to know about the sides, limits and guards that were crossed: sentences.
    fn notes(&self) -> Vec<String> {
        let damaged = [("A", &self.a), ("B", &self.b)].into_iter().filter(|(_, told)| told.is_damaged);
        let damaged =
            damaged.map(|(side, _)| format!("Parts of {side} are damaged: its counts and sums are too small."));
        let crossed = self.crossed.iter().map(|crossed| format!("Crossed: {crossed}"));
        damaged.chain(self.limits.iter().cloned()).chain(crossed).collect()
    }

    /// What sums are divided by, in words.
    #[must_use]
    pub fn per_words(&self) -> &'static str {
        match self.per {
            "second" => "per second of the trace",
            "cpu_second" => "per second of running",
            "task" => "per task",
            _ => "as it is",
        }
    }
}

impl Row {
    /// Its name on both sides.
    #[must_use]
    pub fn named(&self) -> String {
        match &self.name_b {
            Some(other) => format!("{} → {other}", self.name),
            None => self.name.clone(),
        }
    }

    /// Medians, 99th percentiles, sums, change.
    #[must_use]
    pub fn cells(&self) -> [String; 7] {
        let of = |side: &Option<Numbers>, figure: fn(&Numbers) -> f64| {
            side.as_ref().map_or_else(|| "–".to_owned(), |side| rounded(figure(side)))
        };
        let change = change(self.ratio, self.a.is_some());
        let change = match (self.significant, self.too_few) {
            (true, _) => change,
            (_, true) => format!("({change})"),
            _ => "~".to_owned(),
        };
        [
            of(&self.a, |side| side.p50_ns),
            of(&self.b, |side| side.p50_ns),
            of(&self.a, |side| side.p99_ns),
            of(&self.b, |side| side.p99_ns),
            of(&self.a, |side| side.total_ns as f64),
            of(&self.b, |side| side.total_ns as f64),
            change,
        ]
    }
}

/// How much a row changed: `+12.3 %`, `×12`, `gone` or `new`.
pub(super) fn change(ratio: Option<f64>, was_there: bool) -> String {
    match ratio {
        Some(ratio) if ratio >= 10.0 => format!("×{ratio:.0}"),
        Some(ratio) if ratio < 1.0 => format!("\u{2212}{:.1} %", (1.0 - ratio) * 100.0),
        Some(ratio) => format!("+{:.1} %", (ratio - 1.0) * 100.0),
        None if was_there => "gone".to_owned(),
        None => "new".to_owned(),
    }
}
