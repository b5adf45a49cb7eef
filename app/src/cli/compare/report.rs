//! What a comparison says, as a report.

use std::path::Path;
use std::sync::Arc;

use trace_core::analysis::compare::Comparison;
use trace_core::analysis::compare::change::Change;
use trace_core::analysis::compare::settings::Load;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::model::trace::Trace;
use trace_core::session::Session;

use crate::cli::compare::args::CompareOptions;
use crate::cli::compare::conditions::conditions;
use crate::cli::compare::guard::Checked;
use crate::cli::exit::is_damaged;
use crate::fmt::number::count;
use crate::report::comparison::Listed;
use crate::report::comparison::changes::Changes;
use crate::report::comparison::divisor::Divisor;
use crate::report::report::Report;
use crate::report::table::{Column, Kind, Readers, Table};
use crate::report::value::Value;

/// What parentheses around a change say.
pub const TOO_FEW: &str = "(…) is plain to see, but has too few events to test: on one side only, or no overlap.";

/// What a comparison says, besides the comparison itself.
#[derive(Clone, Debug)]
pub struct Compared {
    /// What differs before anything of the program is compared: damage, settings, load. Sentences.
    pub settings: Vec<String>,
    /// Sentences, the most important first.
    pub verdict: Vec<String>,
    /// What is known of A.
    pub a: SideSummary,
    /// What is known of B.
    pub b: SideSummary,
    /// What `rate` figures are divided by: `second`, `cpu_second`, `task` or `nothing`.
    pub per: &'static str,
    /// How the sides are laid over each other: `start`, `wall`, `stretch`, `task`, `region` or `log`.
    pub align: &'static str,
    /// The requests that both sides served, which `per_request` of a row divides by; `None` if there are none, or with
    /// `--per`.
    pub requests: Option<Load>,
    /// What could not be compared, or only with care: sentences.
    pub limits: Vec<String>,
    /// Rows that were tested.
    pub tested: usize,
    /// What came of each condition (`--fail-if`, `--require`).
    pub conditions: Vec<Checked>,
    /// Rows, those that matter most first: all that are significant, and at most 500 others.
    pub changes: Listed,
    /// Totals and numbers for each request.
    pub per_request: Option<Arc<Table>>,
    /// What the columns of the table mean: sentences.
    pub footnotes: Vec<String>,
}

/// The recordings of one side, and what is known of them as a whole.
#[derive(Clone, Debug, Default)]
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

impl SideSummary {
    /// Takes in a session of this side.
    pub fn add_session(&mut self, file: &Path, session: &Session, is_damaged: bool) {
        self.origin_ns.push(0);
        self.files.push(file.display().to_string());
        self.duration_ns += session.range.nanos().max(0).unsigned_abs();
        let traces = session.services.iter().filter_map(|service| service.trace.as_ref());
        self.events += traces.map(|trace| trace.totals().events).sum::<u64>();
        self.is_damaged |= is_damaged;
    }
}

impl Compared {
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
            requests: found.load.clone(),
            limits,
            tested: found.tested,
            conditions,
            footnotes: footnotes(found, &listed, &options.per, a.files.len().max(b.files.len()) == 1),
            changes: listed,
            per_request: changes.per_request().map(|listed| listed.table),
        }
    }

    /// A comparison of nothing, whose report has all fields.
    #[must_use]
    pub fn empty() -> Self {
        let side = SideSummary::default();
        let changes = Changes::new(&Arc::default(), [1.0; 2], &Divisor::Second).shown_changes();
        Self {
            settings: Vec::new(),
            verdict: Vec::new(),
            a: side.clone(),
            b: side,
            per: "",
            align: "",
            requests: None,
            limits: Vec::new(),
            tested: 0,
            conditions: Vec::new(),
            changes,
            per_request: None,
            footnotes: Vec::new(),
        }
    }

    /// The sentences on the conditions that failed.
    #[must_use]
    pub fn crossed(&self) -> Vec<String> {
        self.conditions.iter().filter(|one| one.failed).map(Checked::sentence).collect()
    }

    /// All of it as a report.
    #[must_use]
    pub fn report(&self) -> Report {
        let report = Report { sentences: self.sentences(), ..Report::default() }
            .field(
                "settings",
                "what differs before anything of the program is compared: sentences",
                texts(&self.settings),
            )
            .field("verdict", "sentences, the most important first", texts(&self.verdict));
        let report = self.b.fields(self.a.fields(report, &A), &B);
        let load = |value: fn(&Load) -> Value| self.requests.as_ref().map_or(Value::Missing, value);
        let mut report = report
            .field("per", "what totals are divided by: second, cpu_second, task or nothing", Value::Word(self.per))
            .field("align", "start, wall, stretch, task, region or log", Value::Word(self.align))
            .field_of(
                Kind::Word,
                "requests.kind",
                "request, task, region or work",
                load(|load| Value::Word(load.kind.name())),
            )
            .field_of(
                Kind::Text,
                "requests.name",
                "their type, or the function",
                load(|load| Value::Text(load.name.clone())),
            )
            .field_of(Kind::Count, "requests.a", "how many in A", load(|load| Value::Count(load.counts[0])))
            .field_of(Kind::Count, "requests.b", "how many in B", load(|load| Value::Count(load.counts[1])))
            .field("limits", "what could not be compared, or only with care: sentences", texts(&self.limits))
            .field("tested", "rows that were tested", Value::Count(self.tested as u64))
            .field("crossed", "conditions that failed: sentences", texts(&self.crossed()));
        report.tables.push(Arc::clone(&self.changes.table));
        let per_request = self.per_request.iter().filter(|table| !table.is_empty());
        report.tables.extend(per_request.cloned());
        self.footnotes.iter().fold(report.table(conditions(&self.conditions)), Report::note)
    }

    /// What stands before the tables: settings, verdict, conditions (those that failed or could not be decided first), and
    /// what could not be compared.
    fn sentences(&self) -> Vec<String> {
        let (bad, passed): (Vec<&Checked>, Vec<&Checked>) =
            self.conditions.iter().partition(|one| one.is_worth_telling());
        let conditions = bad.into_iter().chain(passed).map(Checked::sentence);
        let said = self.settings.iter().chain(&self.verdict).cloned();
        said.chain(conditions).chain(self.limits.iter().cloned()).collect()
    }
}

/// The names of a side's fields.
struct SideIds([&'static str; 6]);

const A: SideIds = SideIds(["a.files", "a.origin_ns", "a.duration_ns", "a.events", "a.is_damaged", "a.findings"]);
const B: SideIds = SideIds(["b.files", "b.origin_ns", "b.duration_ns", "b.events", "b.is_damaged", "b.findings"]);

/// What the fields of a side are.
const SIDE_HELP: [&str; 6] = [
    "the files as given",
    "where time zero lies, from the start of each file's trace: nanoseconds",
    "length of what was compared, total",
    "events of the whole files",
    "parts are missing: counts and totals are too small",
    "kinds of findings, ranked; empty for several files",
];

impl SideSummary {
    fn fields(&self, report: Report, SideIds(ids): &SideIds) -> Report {
        let fields = ids.iter().zip(SIDE_HELP).zip(self.values());
        fields.fold(report, |report, ((id, help), value)| report.field(id, help, value))
    }

    fn values(&self) -> [Value; 6] {
        [
            texts(&self.files),
            Value::List(self.origin_ns.iter().map(|origin| Value::Time(*origin)).collect()),
            Value::Duration(Nanos(self.duration_ns)),
            Value::Count(self.events),
            Value::Flag(self.is_damaged),
            Value::List(self.findings.iter().map(|kind| Value::Word(kind)).collect()),
        ]
    }

    /// Several sides as rows, for programs.
    #[must_use]
    pub fn table(sides: &[Self]) -> Table {
        let value = |at: usize| move |side: &Self| side.values().into_iter().nth(at).unwrap_or(Value::Missing);
        let column = |kind, id, at: usize| Column::new(kind, id, "", SIDE_HELP.get(at).copied().unwrap_or_default());
        Table::of("sides", "Recordings", &Arc::new(sides.to_vec()), Vec::as_slice)
            .column(column(Kind::List, "files", 0), value(0))
            .column(column(Kind::List, "origin_ns", 1), value(1))
            .column(column(Kind::Duration, "duration_ns", 2), value(2))
            .column(column(Kind::Count, "events", 3), value(3))
            .column(column(Kind::Flag, "is_damaged", 4), value(4))
            .column(column(Kind::List, "findings", 5), value(5))
            .only_for(Readers::Programs)
            .build()
    }
}

/// Sentences or names as a list.
#[must_use]
pub fn texts(of: &[String]) -> Value {
    Value::List(of.iter().cloned().map(Value::Text).collect())
}

/// What the columns of the table mean.
fn footnotes(found: &Comparison, listed: &Listed, per: &Divisor, is_single: bool) -> Vec<String> {
    // What two recordings show is true of them: of their builds only the verdict speaks.
    let of = if is_single { ", of these two recordings" } else { "" };
    let mut notes = vec![format!(
        "~ not significant, or too small to matter ({} rows tested, false discoveries held to 5 %{of}); total and count \
         are {}; slowest 1 % is their mean.",
        count(found.tested as u64),
        per.words()
    )];
    let rows = listed.table.listed().filter_map(|row| found.changes.get(listed.place(row)?));
    let shown: Vec<&Change> = rows.collect();
    let has_spread = |change: &Change| change.precision.is_some_and(|one| one.seen.iter().any(Option::is_some));
    if shown.iter().any(|change| has_spread(change)) {
        notes.push("± is what a figure differs by between the recordings of a side (standard deviation).".to_owned());
    }
    if shown.iter().any(|change| change.is_significant && !change.is_named) {
        notes.push(
            "Rows that changed significantly but are not in the verdict may differ between recordings of one build, \
             or follow the load."
                .to_owned(),
        );
    }
    if shown.iter().any(|change| change.is_too_few) {
        notes.push(TOO_FEW.to_owned());
    }
    notes
}
