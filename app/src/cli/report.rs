//! `tracelane report`: what probably costs the traced program its time, for people, CI logs and programs.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use serde_json::{Map, Value};
use trace_core::analysis::findings::coverage;
use trace_core::analysis::findings::figures::Figure;
use trace_core::analysis::findings::finding::{Finding, Severity, Value as Number};
use trace_core::analysis::findings::{Findings, find};
use trace_core::analysis::places::{in_words, line_of, with_line};
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::exit::{CliResult, Exit, is_damaged};
use crate::cli::format::FormatArgs;
use crate::cli::load::load;
use crate::cli::names::since_start;
use crate::cli::print::{Csv, Output, json, line, print};
use crate::cli::session;
use crate::cli::values;
use crate::fmt::markdown::{Inline, Markdown};
use crate::fmt::number::{bytes, count};
use crate::fmt::text::Text;
use crate::fmt::time::{duration, nanos, offset};
use crate::report::format::Format;
use crate::report::frame::Frame;
use crate::report::lists;
use crate::session::is_session;

/// What the long help says.
pub const ABOUT: &str = "\
Finds what probably costs the program its time: locks held during slow calls, goroutines that wait for each other,
starve, leak or poll, the GC, system calls, unbalanced work. Each finding has a headline, a sentence that says how it
came about, advice, the line to look at, figures, and places in the trace that show it. Locks are inferred from wakeups: traces do not record lock identity.

The worst findings come first. If none is a warning or severe, the three largest wait sites follow, each with its
share of work time: the time of the program's goroutines less their waits for something to do. What was not analysed
is listed at the end.

Of a session (a session file, a folder or an archive of traces; see tracelane session), it tells where the time of the
slowest requests went, across services, and what was found in each.";

/// The fields of its JSON.
pub const JSON: &str = "\
With --format json, one JSON object with these fields, which stay as they are:

  summary {file, file_bytes, version, duration_ns, events, goroutines, procs, procs_busy, lock_wait_ns,
           longest_runnable_ns, gc_ns, assist_ns, stw_ns, warnings, partial, verdict, work_ns,
           largest_waits [{operation, function, file, line, waits, total_ns, max_ns, share_of_work (0 to 1; null if not
           part of the work)}],
           not_analysed [text]}
  findings [{kind, severity (severe, warning or note), headline (what, how much and where, in about 100 characters),
             title (how it came about, one sentence), evidence {name: number or text},
             culprit {function, file, line, through, caller, callee, stack [{function, file, line}]} or null; through is
             the helper in which the time went where the culprit is its caller, caller the program's function that called
             the culprit: {function, file, line} or null each; callee is what the program was in there, as Go spells it
             (os.(*File).Sync, chan send), or null,
             victims [{function, goroutines}], time_lost_ns, confidence (0 to 1), check,
             links [{goroutine, start_ns, end_ns}] (times from the start of the trace)}]
  kind is one of lock_contention, lock_held_over_io, rwmutex_writer, goroutine_leak, gc_pressure,
  cpu_starvation, cpu_bound, cpu_throttled, cpu_descheduled, idle_procs, slow_syscall, channel_backlog,
  limited_concurrency, imbalance, straggler, serial_waits, stop_the_world, polling_sleep, goroutine_churn,
  trace_damage";

/// The arguments of `tracelane report`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ReportArgs {
    /// Trace to read
    #[arg(value_name = "FILE", value_parser = values::file())]
    pub file: PathBuf,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
    /// Also show notes of low confidence (JSON and CSV have them in any case)
    #[arg(long)]
    pub all: bool,
    /// Exit with code 4 if there is a finding this bad or worse
    #[arg(long, value_name = "SEVERITY", value_parser = values::one_of(SEVERITIES, severity))]
    pub fail_on: Option<Severity>,
}

/// The label of the line in the code.
const SOURCE: &str = "Source";

/// The names of severities.
const SEVERITIES: [&str; 3] = ["severe", "warning", "note"];

/// The severity of a name.
#[must_use]
pub fn severity(name: &str) -> Option<Severity> {
    [Severity::Note, Severity::Warning, Severity::Severe].into_iter().find(|severity| severity.name() == name)
}

/// Loads the file, looks for causes and prints them.
///
/// # Errors
/// When the file is unreadable.
pub fn run(args: &ReportArgs) -> CliResult {
    if is_session(&args.file) {
        return session::report(&args.file, args.format);
    }
    let trace = load(&args.file)?;
    // Never cancelled.
    let findings = Arc::new(find(&trace, &Monitor::new()).unwrap_or_default());
    let report = Report::of(&args.file, &trace, &findings);
    print(match args.format.chosen() {
        Format::Json => Output::from(json(&report)?),
        Format::Markdown => report.markdown(args.all).into(),
        Format::Csv => Output::Csv(Csv::of(Some(&lists::findings::findings(&trace, &findings)))),
        Format::Text => report.text(args.all).into(),
    })?;
    let has_failed = args.fail_on.is_some_and(|limit| findings.worst().is_some_and(|worst| worst >= limit));
    Ok(if has_failed { Exit::Found } else { Exit::after(&trace) })
}

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Numbers about the whole.
    pub summary: Summary,
    /// The weightiest first.
    pub findings: Vec<Found>,
}

/// Numbers about the whole.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The file as given.
    pub file: String,
    /// Its size in bytes.
    pub file_bytes: u64,
    /// NN of `go 1.NN trace`.
    pub version: u32,
    /// From the first to the last event.
    pub duration_ns: u64,
    /// Events.
    pub events: u64,
    /// Goroutines that the trace mentions.
    pub goroutines: u32,
    /// GOMAXPROCS.
    pub procs: u64,
    /// Share of the procs' time in use, 0 to 1.
    pub procs_busy: f64,
    /// Time that goroutines of the program waited for locks in code of the program, in sum.
    pub lock_wait_ns: u64,
    /// The longest that a goroutine of the program was ready without a proc.
    pub longest_runnable_ns: u64,
    /// Time in which the collector was marking.
    pub gc_ns: u64,
    /// Time that goroutines helped the collector, in sum.
    pub assist_ns: u64,
    /// Time in which the world was stopped.
    pub stw_ns: u64,
    /// Damage and doubts met while reading.
    pub warnings: u64,
    /// Parts of the trace are lost, so that findings may be missing.
    pub partial: bool,
    /// One sentence.
    pub verdict: String,
    /// Time of the program's goroutines less their waits for something to do, total.
    pub work_ns: u64,
    /// The wait sites with most time, at most three.
    pub largest_waits: Vec<WaitSite>,
    /// What no finding can be about; empty if all was looked at.
    pub not_analysed: Vec<String>,
}

/// All waits for one thing at one line of the program.
#[derive(Clone, Debug, Serialize)]
pub struct WaitSite {
    /// What it waits for: `sync.(*Mutex).Lock`, `chan receive`.
    pub operation: String,
    /// Fully qualified function.
    pub function: String,
    /// Source file, as in the trace.
    pub file: String,
    /// Line in it.
    pub line: u64,
    /// How many.
    pub waits: u64,
    /// Their time, total over goroutines.
    pub total_ns: u64,
    /// The longest.
    pub max_ns: u64,
    /// Part of `work_ns`, 0 to 1.
    pub share_of_work: Option<f64>,
}

/// One finding.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// Stable name of the kind.
    pub kind: &'static str,
    /// severe, warning or note.
    pub severity: &'static str,
    /// What, how much and where, in about 100 characters.
    pub headline: String,
    /// How it came about, in one sentence.
    pub title: String,
    /// Numbers by stable name.
    pub evidence: Map<String, Value>,
    /// Where the cause lies; none if not known.
    pub culprit: Option<Culprit>,
    /// Who suffers.
    pub victims: Vec<Victim>,
    /// Time of goroutines that it costs, in sum.
    pub time_lost_ns: u64,
    /// 0 to 1.
    pub confidence: f64,
    /// What to look at in the code.
    pub check: &'static str,
    /// Places in the trace that show it.
    pub links: Vec<Link>,
    /// Whether it is collapsed in text.
    #[serde(skip)]
    pub is_minor: bool,
    /// The title with its full stop.
    #[serde(skip)]
    pub sentence: String,
    /// Labelled lines of text.
    #[serde(skip)]
    pub figures: Vec<Figure>,
}

/// Where a cause lies.
#[derive(Clone, Debug, Serialize)]
pub struct Culprit {
    /// Fully qualified function.
    pub function: String,
    /// Source file, as in the trace.
    pub file: String,
    /// Line in it.
    pub line: u64,
    /// The helper in which the time went, where the culprit is its caller.
    pub through: Option<Frame>,
    /// The program's function that called it.
    pub caller: Option<Frame>,
    /// What the program was in there, as Go spells it; none if that is not known.
    pub callee: Option<String>,
    /// The stack in which it was seen, leaf first.
    pub stack: Vec<Frame>,
}

impl Culprit {
    /// `, called from main.handle (/src/main.go:31)`; empty if it is not known what called it.
    fn called_from(&self) -> String {
        let caller = self.caller.as_ref();
        let place = caller.map(|caller| with_line(&caller.function, &line_of(&caller.file, caller.line)));
        place.map_or_else(String::new, |place| format!(", called from {place}"))
    }
}

/// Who suffers.
#[derive(Clone, Debug, Serialize)]
pub struct Victim {
    /// The function in which they wait.
    pub function: String,
    /// How many goroutines.
    pub goroutines: u64,
}

/// A place in the trace.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Link {
    /// The goroutine's id.
    pub goroutine: i64,
    /// From the start of the trace.
    pub start_ns: i64,
    /// From the start of the trace.
    pub end_ns: i64,
}

impl Report {
    /// Of a file that was read.
    #[must_use]
    pub fn of(file: &Path, trace: &Trace, findings: &Findings) -> Self {
        let totals = trace.totals();
        let summary = Summary {
            file: file.display().to_string(),
            file_bytes: totals.bytes,
            version: totals.version,
            duration_ns: findings.duration_ns,
            events: totals.events,
            goroutines: trace.goroutine_count(),
            procs: findings.load.procs,
            procs_busy: rounded(findings.load.share),
            lock_wait_ns: findings.lock_wait_ns,
            longest_runnable_ns: findings.longest_runnable_ns,
            gc_ns: findings.gc_ns,
            assist_ns: findings.assist_ns,
            stw_ns: findings.stw_ns,
            warnings: trace.warnings().len() as u64,
            partial: is_damaged(trace),
            verdict: verdict(findings),
            work_ns: findings.coverage.work_ns,
            largest_waits: findings.coverage.largest.iter().map(WaitSite::of).collect(),
            not_analysed: not_analysed(trace, findings),
        };
        Self { summary, findings: findings.list.iter().map(|finding| Found::of(trace, finding)).collect() }
    }

    /// For people. Notes of low confidence are counted only, unless `all` are wanted.
    #[must_use]
    pub fn text(&self, all: bool) -> Text {
        let mut text = Text::new();
        line(&mut text, &self.summary.line());
        line(&mut text, &self.summary.verdict);
        for site in self.sites() {
            line(&mut text, &format!("  {}", site.words()));
        }
        for (at, found) in self.shown(all) {
            text.blank();
            line(&mut text, &format!("{}. {}: {} [{}]", at + 1, found.severity, found.headline, found.kind));
            line(&mut text, &format!("   {}", found.sentence));
            line(&mut text, &format!("   {}", found.check));
            for (label, rest) in found.lines(2) {
                line(&mut text, &format!("   {label:<10}  {rest}"));
            }
        }
        text.blank();
        for more in self.collapsed(all).into_iter().chain(self.left_out()) {
            line(&mut text, &more);
        }
        line(&mut text, &self.summary.numbers());
        text
    }

    /// For issue trackers; `all` as in [`Report::text`].
    #[must_use]
    pub fn markdown(&self, all: bool) -> Markdown {
        let mut page = Markdown::new();
        page.heading(2, "Trace report");
        page.paragraph(&self.summary.line());
        page.strong(&self.summary.verdict);
        for site in self.sites() {
            page.item(&[Inline::Text(&site.words())]);
        }
        for (at, found) in self.shown(all) {
            page.heading(3, &format!("{}. {}", at + 1, found.headline));
            page.paragraph(&format!("{} {}", found.sentence, found.check));
            page.item(&[Inline::Text(&format!("{},", found.severity)), Inline::Code(found.kind)]);
            if let Some(culprit) = &found.culprit {
                let place = match line_of(&culprit.file, culprit.line) {
                    line if line.is_empty() || culprit.function.is_empty() => line,
                    line => format!("({line})"),
                };
                // Without a file the caller follows the function at once.
                let rest = format!("{place}{}", culprit.called_from());
                let rest = rest.trim_start_matches(", ");
                page.item(&[Inline::Text("Source:"), Inline::Code(&culprit.function), Inline::Text(rest)]);
            }
            for (label, rest) in found.lines(found.links.len()).into_iter().filter(|line| line.0 != SOURCE) {
                page.item(&[Inline::Text(&format!("{label}: {rest}"))]);
            }
        }
        for more in self.collapsed(all).into_iter().chain(self.left_out()) {
            page.paragraph(&more);
        }
        page.paragraph(&self.summary.numbers());
        page
    }

    /// The findings to show, with their places among these: what is not shown leaves no gap in the numbers.
    fn shown(&self, all: bool) -> impl Iterator<Item = (usize, &Found)> {
        self.findings.iter().filter(move |found| all || !found.is_minor).enumerate()
    }

    /// How many findings are not shown.
    fn collapsed(&self, all: bool) -> Option<String> {
        let minor = self.findings.iter().filter(|found| !all && found.is_minor).count();
        (minor > 0).then(|| format!("{} not shown (--all shows them).", counted(minor, "low-confidence note")))
    }

    /// The largest waits, where no problem was found.
    fn sites(&self) -> impl Iterator<Item = &WaitSite> {
        let calm = self.findings.iter().all(|found| found.severity == Severity::Note.name());
        self.summary.largest_waits.iter().filter(move |_| calm)
    }

    /// What was not analysed.
    fn left_out(&self) -> Option<String> {
        let parts = &self.summary.not_analysed;
        (!parts.is_empty()).then(|| format!("Not analysed: {}.", parts.join("; ")))
    }
}

impl WaitSite {
    fn of(site: &coverage::WaitSite) -> Self {
        let (function, file, line) = (site.place.function.clone(), site.place.file.clone(), site.place.line);
        let (waits, total_ns, max_ns) = (site.count, site.nanos, site.max);
        let operation = site.operation.clone();
        Self { operation, function, file, line, waits, total_ns, max_ns, share_of_work: site.share.map(rounded) }
    }

    /// `1.93 s total, 34 % of work time: 120 waits (chan receive) in main.worker (main.go:30), longest 40 ms`
    fn words(&self) -> String {
        let (total, max) = (nanos(self.total_ns), nanos(self.max_ns));
        let place = in_words(&self.function, &self.file, self.line);
        let waits = format!("{} wait{}", count(self.waits), if self.waits == 1 { "" } else { "s" });
        let on = if self.operation.is_empty() { String::new() } else { format!(" ({})", self.operation) };
        let share =
            self.share_of_work.map_or_else(String::new, |share| format!(", {:.0} % of work time", 100.0 * share));
        format!("{total} total{share}: {waits}{on} in {place}, longest {max}")
    }
}

impl Summary {
    fn line(&self) -> String {
        format!(
            "{}: {}, {}, {} events, {} goroutines, {} procs",
            self.file,
            bytes(self.file_bytes),
            nanos(self.duration_ns),
            count(self.events),
            count(u64::from(self.goroutines)),
            count(self.procs)
        )
    }

    fn numbers(&self) -> String {
        format!(
            "Procs busy {:.0} %; lock waits {} total; longest wait for a proc {}; GC marking {}, mark assist {}; world \
             stopped {}.",
            100.0 * self.procs_busy,
            nanos(self.lock_wait_ns),
            nanos(self.longest_runnable_ns),
            nanos(self.gc_ns),
            nanos(self.assist_ns),
            nanos(self.stw_ns)
        )
    }
}

impl Link {
    fn words(self) -> String {
        format!("G{} at {} for {}", self.goroutine, offset(self.start_ns), duration(self.end_ns - self.start_ns))
    }
}

impl Found {
    fn of(trace: &Trace, finding: &Finding) -> Self {
        let links = finding.links.iter().map(|link| Link {
            goroutine: link.id.signed(),
            start_ns: since_start(trace, link.range.start),
            end_ns: since_start(trace, link.range.end),
        });
        let victims = finding.victims.iter();
        Self {
            kind: finding.kind.name(),
            severity: finding.severity.name(),
            headline: finding.headline.clone(),
            title: finding.title.clone(),
            evidence: finding.evidence.iter().map(|(name, number)| ((*name).to_owned(), value(number))).collect(),
            culprit: finding.culprit.as_ref().map(|culprit| Culprit {
                function: culprit.place.function.clone(),
                file: culprit.place.file.clone(),
                line: culprit.place.line,
                through: culprit.through.as_ref().map(Frame::from),
                caller: culprit.caller.as_ref().map(Frame::from),
                callee: culprit.callee.clone(),
                stack: culprit.stack.iter().map(Frame::from).collect(),
            }),
            victims: victims
                .map(|victim| Victim { function: victim.function.clone(), goroutines: victim.goroutines })
                .collect(),
            time_lost_ns: finding.time_lost_ns,
            confidence: rounded(finding.confidence),
            check: finding.check,
            links: links.collect(),
            is_minor: finding.is_minor(),
            sentence: finding.sentence(),
            figures: finding.figures(),
        }
    }

    /// What is known beside the sentence: label and rest of the line. `links`: how many places in the trace.
    fn lines(&self, links: usize) -> Vec<(&'static str, String)> {
        let source = self.culprit.as_ref().map(|culprit| {
            let place = with_line(&culprit.function, &line_of(&culprit.file, culprit.line));
            (SOURCE, format!("{place}{}", culprit.called_from()))
        });
        let lost = ("Time lost", format!("{}, total over goroutines", nanos(self.time_lost_ns)));
        let figures = self.figures.iter().map(|figure| (figure.label, figure.text.clone()));
        let places: Vec<String> = self.links.iter().take(links).map(|link| link.words()).collect();
        let places = (!places.is_empty()).then(|| ("Go to", places.join("; ")));
        source.into_iter().chain([lost]).chain(figures).chain(places).collect()
    }
}

fn verdict(findings: &Findings) -> String {
    let of = |severity: Severity| findings.list.iter().filter(|finding| finding.severity == severity).count();
    let (severe, warnings, notes) = (of(Severity::Severe), of(Severity::Warning), of(Severity::Note));
    if severe + warnings == 0 {
        let more = if notes == 0 { String::new() } else { format!(" ({})", counted(notes, "note")) };
        let largest = if findings.coverage.largest.is_empty() { "." } else { ". Largest waits:" };
        return format!("No problems found{more}{largest}");
    }
    let mut parts = Vec::new();
    for (number, name) in [(severe, "severe finding"), (warnings, "warning"), (notes, "note")] {
        if number > 0 {
            parts.push(counted(number, name));
        }
    }
    format!("{}.", parts.join(", "))
}

/// What no finding can be about, a phrase each.
fn not_analysed(trace: &Trace, findings: &Findings) -> Vec<String> {
    let coverage = &findings.coverage;
    let mut parts = Vec::new();
    if is_damaged(trace) {
        parts.push("what is missing from the trace (it is damaged)".to_owned());
    }
    if coverage.sites_skipped > 0 {
        let sites = counted(usize::try_from(coverage.sites_skipped).unwrap_or(usize::MAX), "wait site");
        let time = nanos(coverage.skipped_ns);
        parts.push(format!("{sites}, short or ended by no goroutine in the trace ({time} total)"));
    }
    if coverage.recording_ns > 0 {
        parts.push(format!("recording and serving of traces and profiles ({})", nanos(coverage.recording_ns)));
    }
    parts
}

fn counted(number: usize, one: &str) -> String {
    format!("{number} {one}{}", if number == 1 { "" } else { "s" })
}

fn value(number: &Number) -> Value {
    match number {
        Number::Int(int) => Value::from(*int),
        Number::Ratio(ratio) => Value::from(*ratio),
        Number::Text(text) => Value::from(text.as_str()),
    }
}

fn rounded(ratio: f64) -> f64 {
    (ratio * 1e4).round() / 1e4
}
