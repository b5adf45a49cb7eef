//! What a comparison prints: the JSON that stays as it is, a text, Markdown.

use std::path::Path;
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;
use trace_core::analysis::compare::Comparison;
use trace_core::analysis::compare::change::Change;
use trace_core::analysis::compare::settings::Load;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::trace::Trace;

use crate::cli::compare::args::CompareOptions;
use crate::cli::compare::guard::Checked;
use crate::cli::exit::is_damaged;
use crate::fmt::markdown::{Inline, Markdown};
use crate::fmt::number::count;
use crate::fmt::text::Text;
use crate::report::comparison::Listed;
use crate::report::comparison::changes::Changes;
use crate::report::comparison::divisor::Divisor;
use crate::report::render;
use crate::report::table::Table;

/// What parentheses around a change say.
pub const TOO_FEW: &str = "(…) is plain to see, but has too few events to test: on one side only, or no overlap";
/// How to see rows that are left out.
pub(super) const MORE: &str = "--format csv or json lists more";

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// What differs before anything of the program is compared: damage, settings, load. Sentences.
    pub settings: Vec<String>,
    /// Sentences, the most important first.
    pub verdict: Vec<String>,
    /// The first side.
    pub a: SideSummary,
    /// The second side.
    pub b: SideSummary,
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
    /// Rows, those that matter most first: all that are significant, and at most 500 others.
    pub changes: Json,
    /// The same as a table.
    #[serde(skip)]
    pub listed: Listed,
    /// Totals and numbers for each request.
    #[serde(skip)]
    pub per_request: Option<Arc<Table>>,
    /// What the columns of the table mean: sentences.
    #[serde(skip)]
    pub footnotes: Vec<String>,
}

/// A side.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SideSummary {
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

impl SideSummary {
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
}

impl Requests {
    fn of(load: &Load) -> Self {
        let [a, b] = load.counts;
        Self { kind: load.kind.name(), name: load.name.clone(), a, b }
    }
}

impl Report {
    /// Puts together what is printed; `units` is what totals of the two sides are divided by.
    #[must_use]
    pub fn of(
        found: &Arc<Comparison>,
        [a, b]: [&SideSummary; 2],
        options: &CompareOptions,
        conditions: Vec<Checked>,
        (limits, units): (Vec<String>, [f64; 2]),
    ) -> Self {
        let changes = Changes::new(found, units, &options.per);
        let listed = changes.shown_changes();
        Self {
            settings: found.settings.clone(),
            verdict: found.verdict.clone(),
            a: a.clone(),
            b: b.clone(),
            per: options.per.name(),
            align: options.align.name(),
            requests: found.load.as_ref().map(Requests::of),
            limits,
            tested: found.tested,
            crossed: conditions.iter().filter(|one| one.failed).map(Checked::sentence).collect(),
            conditions,
            changes: render::json::table(&listed.table),
            footnotes: footnotes(found, &listed, &options.per),
            listed,
            per_request: changes.per_request().map(|listed| listed.table),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = Text::new();
        self.sentences().for_each(|sentence| text.line(&sentence));
        for table in self.tables() {
            text.blank();
            if table.id != self.listed.table.id {
                text.line(&table.title);
            }
            render::text::table(&mut text, table, table.listed(), MORE);
        }
        text.blank();
        self.footnotes.iter().for_each(|sentence| text.line(sentence));
        text
    }

    /// For a pull request.
    #[must_use]
    pub fn markdown(&self) -> Markdown {
        let mut page = Markdown::new();
        page.heading(3, "What changed");
        self.sentences().for_each(|sentence| page.item(&[Inline::Text(&sentence)]));
        for table in self.tables() {
            if table.id != self.listed.table.id {
                page.heading(4, &table.title);
            }
            render::markdown::rows(&mut page, table, table.listed(), &render::markdown::in_text(table));
        }
        self.footnotes.iter().for_each(|sentence| page.paragraph(&format!("{sentence}.")));
        page
    }

    /// What stands before the tables: settings, verdict, conditions that failed or could not be decided, and what could
    /// not be compared.
    fn sentences(&self) -> impl Iterator<Item = String> {
        let undecided = self.conditions.iter().filter(|one| one.is_worth_telling()).map(Checked::sentence);
        self.settings.iter().chain(&self.verdict).cloned().chain(undecided).chain(self.limits.iter().cloned())
    }

    /// The tables that people see.
    fn tables(&self) -> impl Iterator<Item = &Arc<Table>> {
        let per_request = self.per_request.iter().filter(|table| !table.is_empty());
        std::iter::once(&self.listed.table).chain(per_request)
    }
}

/// What the columns of the table mean.
fn footnotes(found: &Comparison, listed: &Listed, per: &Divisor) -> Vec<String> {
    let mut notes = vec![format!(
        "~ not significant, or too small to matter ({} rows tested, false discoveries held to 5 %); total and count are \
         {}; slowest 1 % is their mean",
        count(found.tested as u64),
        per.words()
    )];
    let rows = listed.table.listed().filter_map(|row| found.changes.get(listed.place(row)?));
    let shown: Vec<&Change> = rows.collect();
    let has_spread = |change: &Change| change.precision.is_some_and(|one| one.seen.iter().any(Option::is_some));
    if shown.iter().any(|change| has_spread(change)) {
        notes.push("± is what a figure differs by between the recordings of a side (standard deviation)".to_owned());
    }
    if shown.iter().any(|change| change.is_significant && !change.is_named) {
        notes.push(
            "rows that changed significantly but are not in the verdict may differ between recordings of one build, \
             or follow the load"
                .to_owned(),
        );
    }
    if shown.iter().any(|change| change.is_too_few) {
        notes.push(TOO_FEW.to_owned());
    }
    notes
}
