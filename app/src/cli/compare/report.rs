//! What a comparison prints: the JSON that stays as it is, a text, Markdown.

use std::path::Path;

use serde::Serialize;
use trace_core::analysis::compare::evidence::Measure;
use trace_core::analysis::compare::measure::RowKind;
use trace_core::analysis::compare::settings::{self, Load};
use trace_core::analysis::compare::stats::Shift;
use trace_core::analysis::compare::words;
use trace_core::analysis::compare::{Change, Comparison, Figures};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::trace::Trace;

use crate::cli::compare::CompareOptions;
use crate::cli::compare::guard::Checked;
use crate::cli::exit::is_damaged;
use crate::cli::markdown::{Align, Inline, Markdown};
use crate::cli::print::line;
use crate::cli::text::Text;
use crate::fmt::number::count;

/// Rows written as text or Markdown.
const ROWS: usize = 20;
/// What parentheses around a change say.
pub const TOO_FEW: &str = "(…) is plain to see, but has too few events to test: on one side only, or no overlap";
/// Rows written as JSON, besides those that are significant.
const JSON_ROWS: usize = 500;

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What differs before anything of the program is compared: damage, settings, load. Sentences.
    pub settings: Vec<String>,
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
    /// The requests that both sides served, which `per_request` of a row divides by; null if there are none, or with
    /// `--per`.
    pub requests: Option<Requests>,
    /// What could not be compared, or only with care: sentences.
    pub limits: Vec<String>,
    /// Rows that were tested.
    pub tested: usize,
    /// Conditions (`--fail-if`, `--require`) that failed: sentences.
    pub crossed: Vec<String>,
    /// What came of each condition.
    pub conditions: Vec<Checked>,
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
    /// Length of what was compared, total.
    pub duration_ns: u64,
    /// Events of the whole files.
    pub events: u64,
    /// Parts are missing: counts and totals are too small.
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

/// Tasks, regions or units of work that both sides have: how many.
#[derive(Clone, Debug, Serialize)]
pub struct Requests {
    /// task, region or work.
    pub kind: &'static str,
    /// Their type, or the function.
    pub name: String,
    /// How many in A.
    pub a: u64,
    /// How many in B.
    pub b: u64,
    /// In words: `task /order`.
    #[serde(skip)]
    pub words: String,
}

impl Requests {
    fn of(load: &Load) -> Self {
        let [a, b] = load.counts;
        Self { kind: load.kind.name(), name: load.name.clone(), a, b, words: load.request() }
    }
}

/// A total or number for each request.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PerRequest {
    /// total or count.
    pub figure: &'static str,
    /// In A: nanoseconds (bytes for rows of the heap), or a number.
    pub a: f64,
    /// In B.
    pub b: f64,
    /// B over A; null if a side has none.
    pub ratio: Option<f64>,
}

/// A row of both sides.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// task, region, work, wait, sleep, syscall, sched, running, goroutine, stuck, samples, gc, heap, stw or assist.
    pub kind: &'static str,
    /// `ns`; `bytes` for rows of the heap, whose fields `…_ns` are bytes.
    pub unit: &'static str,
    /// Its name in A; in B if it is only there.
    pub name: String,
    /// Its name in B, if another one.
    pub name_b: Option<String>,
    /// That both names are of one thing is inferred from shape and size.
    pub renamed_inferred: bool,
    /// A's figures; null if A has no such thing.
    pub a: Option<Numbers>,
    /// B's.
    pub b: Option<Numbers>,
    /// Total per unit, B over A; null if a side has none.
    pub ratio: Option<f64>,
    /// B's total per unit less A's, nanoseconds.
    pub delta_ns: f64,
    /// What was tested: median, tail (the mean of the slowest 1 %), total or count (both per unit); null if nothing was.
    pub tested: Option<&'static str>,
    /// How much that changed, B over A; null if a side has none of it.
    pub effect: Option<f64>,
    /// Its 95 % interval; null if it is not known.
    pub effect_interval: Option<[f64; 2]>,
    /// How much that figure differs between recordings of A and of B: standard deviation of its logarithm, about the
    /// part it differs by. Null for a single recording.
    pub spread: [Option<f64>; 2],
    /// What was tested for each request; null if that is no total, or there are no requests.
    pub per_request: Option<PerRequest>,
    /// By how much durations of B tend to be longer; null without durations on both sides.
    pub shift: Option<Interval>,
    /// Probability of such a difference by chance; null if too little to test.
    pub p_value: Option<f64>,
    /// The same corrected for the number of rows tested (Benjamini and Hochberg).
    pub q_value: Option<f64>,
    /// q is at most 0.05, and what was tested changed by enough to matter (see help).
    pub significant: bool,
    /// Whether the verdict may name it: with one recording a side fewer rows than are significant.
    pub named: bool,
    /// Not significant, since it happened too seldom to test, but plain to see: on one side only, or no overlap.
    pub too_few: bool,
    /// What tables show.
    #[serde(skip)]
    pub cells: Cells,
}

/// Figures of one side.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Numbers {
    /// How many.
    pub count: u64,
    /// Total.
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
    /// Mean of the slowest 1 %; 0 if there are fewer than 100.
    pub tail_ns: f64,
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
            tail_ns: of.tail,
        }
    }
}

impl From<Shift> for Interval {
    fn from(shift: Shift) -> Self {
        Self { median_ns: shift.median, low_ns: shift.low, high_ns: shift.high }
    }
}

impl Row {
    /// A row as it is printed: totals are divided by `units`, which `per` names behind a figure, and by the requests of
    /// `load`.
    #[must_use]
    pub fn of(change: &Change, units: [f64; 2], per: &str, load: Option<&Load>) -> Self {
        let per_request = load.and_then(|load| load.per_request(change));
        Self {
            kind: change.kind.name(),
            unit: if change.kind == RowKind::Heap { "bytes" } else { "ns" },
            name: change.name.clone(),
            name_b: change.renamed.clone(),
            renamed_inferred: change.is_guess,
            a: change.a.as_ref().map(Numbers::from),
            b: change.b.as_ref().map(Numbers::from),
            ratio: change.ratio,
            delta_ns: change.impact,
            tested: change.tested.map(Measure::name),
            effect: change.effect,
            effect_interval: change.interval.map(|(low, high)| [low, high]),
            spread: change.precision.map_or([None; 2], |precision| precision.seen),
            per_request: per_request.map(|found| PerRequest {
                figure: found.measure.name(),
                a: found.values[0],
                b: found.values[1],
                ratio: found.ratio(),
            }),
            shift: change.shift.map(Interval::from),
            p_value: change.p,
            q_value: change.q,
            significant: change.is_significant,
            named: change.is_named,
            cells: Cells::of(change, units, per, per_request),
            too_few: change.is_too_few,
        }
    }
}

impl Report {
    /// Puts together what is printed; `units` is what totals of the two sides are divided by.
    #[must_use]
    pub fn of(
        found: &Comparison,
        [a, b]: [&Told; 2],
        options: &CompareOptions,
        conditions: Vec<Checked>,
        (limits, units): (Vec<String>, [f64; 2]),
    ) -> Self {
        let mut others = 0;
        let told = found.changes.iter().filter(|change| {
            others += usize::from(!change.is_significant);
            change.is_significant || others <= JSON_ROWS
        });
        let (per, slash) = (options.unit.name(), options.unit.behind_figures());
        Self {
            settings: found.settings.clone(),
            verdict: found.verdict.clone(),
            a: a.clone(),
            b: b.clone(),
            align: options.align.name(),
            requests: found.load.as_ref().map(Requests::of),
            limits,
            per,
            tested: found.tested,
            crossed: conditions.iter().filter(|one| one.failed).map(Checked::sentence).collect(),
            conditions,
            changes: told.map(|change| Row::of(change, units, slash, found.load.as_ref())).collect(),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = Text::new();
        for sentence in self.settings.iter().chain(&self.verdict).chain(&self.notes()) {
            line(&mut text, sentence);
        }
        text.blank();
        let row = |kind: &str, figure: &str, [a, b]: [&str; 2], [change, chance, counts]: [&str; 3], name: &str| {
            format!("{kind:<10} {figure:<8} {a:>16} {b:>16} {change:>9} {chance:>7} {counts:>15}  {name}")
        };
        line(&mut text, &row("kind", "figure", ["A", "B"], ["change", "q", "n"], "name"));
        for shown in self.changes.iter().take(ROWS) {
            let Cells { figure, values: [a, b], change, chance, counts, .. } = &shown.cells;
            line(&mut text, &row(shown.kind, figure, [a, b], [change, chance, counts], &shown.named()));
            if let (Some([figure, a, b, change]), Some(requests)) = (&shown.cells.per_request, &self.requests) {
                line(&mut text, &row("", figure, [a, b], [change, "", ""], &format!("  per {}", requests.words)));
            }
        }
        text.blank();
        for sentence in self.footnotes() {
            line(&mut text, &sentence);
        }
        text
    }

    /// For a pull request.
    #[must_use]
    pub fn markdown(&self) -> Markdown {
        let mut page = Markdown::new();
        page.heading(3, "What changed");
        for sentence in self.settings.iter().chain(&self.verdict).chain(&self.notes()) {
            page.item(&[Inline::Text(sentence)]);
        }
        let columns = [
            ("", Align::Left),
            ("name", Align::Left),
            ("figure", Align::Left),
            ("A", Align::Right),
            ("B", Align::Right),
            ("change", Align::Right),
            ("q", Align::Right),
            ("n", Align::Right),
        ];
        page.table(&columns);
        for row in self.changes.iter().take(ROWS) {
            let (name, cells) = (row.named(), &row.cells);
            let [a, b] = &cells.values;
            let figures = [&cells.figure, a, b, &cells.change, &cells.chance, &cells.counts];
            let mut line = vec![Inline::Text(row.kind), Inline::Code(&name)];
            line.extend(figures.map(|figure| Inline::Text(figure)));
            page.row(&line);
            if let (Some(figures), Some(requests)) = (&cells.per_request, &self.requests) {
                let name = format!("per {}", requests.words);
                let mut line = vec![Inline::Text(""), Inline::Code(&name)];
                line.extend(figures.iter().map(|figure| Inline::Text(figure)));
                line.extend([Inline::Text(""), Inline::Text("")]);
                page.row(&line);
            }
        }
        for sentence in self.footnotes() {
            page.paragraph(&format!("{sentence}."));
        }
        page
    }

    /// What the columns of the table mean.
    #[must_use]
    pub fn footnotes(&self) -> Vec<String> {
        let mut notes = vec![format!(
            "~ not significant, or too small to matter ({} rows tested, false discoveries held to 5 %); total and count are {}; tail is the mean \
             of the slowest 1 %",
            count(self.tested as u64),
            self.per_words()
        )];
        let shown = || self.changes.iter().take(ROWS);
        if shown().any(|row| row.spread.iter().any(Option::is_some)) {
            notes
                .push("± is what a figure differs by between the recordings of a side (standard deviation)".to_owned());
        }
        if shown().any(|row| row.significant && !row.named) {
            notes.push(
                "rows that changed significantly but are not in the verdict may differ between recordings of one build, \
                 or follow the load"
                    .to_owned(),
            );
        }
        if shown().any(|row| row.too_few) {
            notes.push(TOO_FEW.to_owned());
        }
        notes
    }

    /// Conditions that failed or could not be decided, and what could not be compared: sentences.
    fn notes(&self) -> Vec<String> {
        let undecided = self.conditions.iter().filter(|one| one.is_worth_telling()).map(Checked::sentence);
        undecided.chain(self.limits.iter().cloned()).collect()
    }

    /// What totals are divided by, in words.
    #[must_use]
    pub fn per_words(&self) -> &'static str {
        match self.per {
            "second" => "per second of the trace",
            "cpu_second" => "per CPU second",
            "task" => "per task",
            _ => "as it is",
        }
    }
}

impl Row {
    /// Its name on both sides.
    #[must_use]
    pub fn named(&self) -> String {
        let guess = if self.renamed_inferred { " (renamed?)" } else { "" };
        match &self.name_b {
            Some(other) => format!("{} → {other}{guess}", self.name),
            None => self.name.clone(),
        }
    }
}

/// What tables call a figure: `median`, `total/s`.
#[must_use]
pub(super) fn named(measure: Measure, per: &str) -> String {
    match measure {
        Measure::Median | Measure::Tail => measure.name().to_owned(),
        Measure::Total | Measure::Count => format!("{}{per}", measure.name()),
    }
}

/// What a table shows of a row: the figure that was tested, or else its total.
#[derive(Clone, Debug, Default)]
pub struct Cells {
    /// `median`, `total/s`.
    pub figure: String,
    /// Its value in A and in B; with several recordings, what they differ by.
    pub values: [String; 2],
    /// How much it changed; `~` if not significantly.
    pub change: String,
    /// Probability of such a difference by chance, corrected for the number of rows tested.
    pub chance: String,
    /// How many of it there are in A and in B.
    pub counts: String,
    /// Figure, values of A and of B, and change for each request, of rows that changed and of those of GC and heap.
    pub per_request: Option<[String; 4]>,
}

impl Cells {
    fn of(change: &Change, units: [f64; 2], per: &str, per_request: Option<settings::PerRequest>) -> Self {
        let is_wanted = change.is_told() || matches!(change.kind, RowKind::Gc | RowKind::Heap);
        let per_request = per_request.filter(|_| is_wanted).map(|found| {
            let [a, b] = found.values.map(|value| found.measure.value_words(change.kind, value));
            [found.measure.name().to_owned(), a, b, changed(found.ratio(), true)]
        });
        let measure = change.tested.unwrap_or(Measure::Total);
        let figure = named(measure, per);
        let seen = change.precision.filter(|precision| precision.measure == measure).map(|precision| precision.seen);
        let value = |side: usize, figures: &Option<Figures>| {
            let Some(figures) = figures else { return "–".to_owned() };
            let value = measure.words(change.kind, figures, units[side]);
            match seen.and_then(|seen| seen[side]) {
                Some(spread) => format!("{value} ±{:.0} %", spread * 100.0),
                None => value,
            }
        };
        let counted = |figures: &Option<Figures>| figures.as_ref().map_or_else(|| "0".to_owned(), |of| count(of.count));
        let moved = changed(change.effect.or(change.ratio), change.a.is_some());
        Self {
            figure,
            values: [value(0, &change.a), value(1, &change.b)],
            change: match (change.is_significant, change.is_too_few) {
                (true, _) => moved,
                (_, true) => format!("({moved})"),
                _ => "~".to_owned(),
            },
            chance: match change.q {
                Some(q) if q < 0.001 => "<0.001".to_owned(),
                Some(q) => format!("{q:.3}"),
                None => "–".to_owned(),
            },
            counts: format!("{} + {}", counted(&change.a), counted(&change.b)),
            per_request,
        }
    }
}

/// How much something changed: `+12.3 %`, `×12.0`, `÷276`, `gone` or `new`.
pub(super) fn changed(ratio: Option<f64>, was_there: bool) -> String {
    match ratio {
        Some(ratio) => words::change(ratio),
        None if was_there => "gone".to_owned(),
        None => "new".to_owned(),
    }
}
