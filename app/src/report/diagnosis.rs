//! What probably costs the program its time: the report of `tracelane report`, in words for people and as a table for
//! programs.

use std::sync::Arc;

use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::coverage::WaitSite;
use trace_core::analysis::findings::finding::{Culprit, Finding, Kind, Link, Severity};
use trace_core::analysis::phrases::in_percent;
use trace_core::analysis::places::{in_words, line_of, with_line};
use trace_core::model::trace::Trace;

use crate::fmt::number::{bytes, count};
use crate::fmt::time::{duration, offset};
use crate::fmt::words::counted;
use crate::report::frame::Frame;
use crate::report::lists::findings::{findings, rounded};
use crate::report::report::{Line, Report, Section};
use crate::report::table::{Column, Cut, Readers, Table};
use crate::report::value::Value;

/// The report on what was found in a file. Notes of low confidence are only counted for people, unless `all` are wanted.
#[must_use]
pub fn report(file: &str, trace: &Arc<Trace>, found: &Arc<Findings>, all: bool) -> Report {
    let is_calm = found.worst() < Some(Severity::Warning);
    let sites = found.coverage.largest.iter().filter(|_| is_calm);
    let verdict = verdict(found);
    let mut report = Report {
        about: vec![about(file, trace, found)],
        headline: verdict.clone(),
        sentences: sites.map(site_in_words).collect(),
        ..summary(file, trace, found, verdict)
    };
    let shown = found.list.iter().filter(|finding| all || !finding.is_minor());
    report.sections = shown.map(|finding| section(trace, finding)).collect();
    let minor = found.list.iter().filter(|finding| !all && finding.is_minor()).count() as u64;
    if minor > 0 {
        report = report.note(format!("{} not shown (--all shows them).", counted(minor, "low-confidence note")));
    }
    let left_out = not_analysed(trace, found);
    if !left_out.is_empty() {
        report = report.note(format!("Not analysed: {}.", left_out.join("; ")));
    }
    let list = Table { cut: Cut::Never, readers: Readers::Programs, ..findings(trace, found) };
    report.note(numbers(found)).table(list).table(largest_waits(found))
}

/// The file, and how much it holds.
fn about(file: &str, trace: &Trace, found: &Findings) -> String {
    let totals = trace.totals();
    format!(
        "{file}: {}, {}, {} events, {} goroutines, {} procs",
        bytes(totals.bytes),
        found.duration,
        count(totals.events),
        count(trace.goroutine_count().into()),
        count(found.load.procs)
    )
}

/// What programs read of the whole.
fn summary(file: &str, trace: &Trace, found: &Findings, verdict: String) -> Report {
    let totals = trace.totals();
    let left_out = not_analysed(trace, found).into_iter().map(Value::Text).collect();
    let report = Report::default()
        .field("summary.file", "the file as given", Value::Text(file.to_owned()))
        .field("summary.file_bytes", "its size", Value::Bytes(totals.bytes))
        .field("summary.version", "NN of Go 1.NN", Value::Count(totals.version.into()))
        .field("summary.duration_ns", "from the first to the last event", Value::Duration(found.duration))
        .field("summary.events", "in the trace", Value::Count(totals.events))
        .field("summary.goroutines", "that the trace mentions", Value::Count(trace.goroutine_count().into()))
        .field("summary.procs", "GOMAXPROCS", Value::Count(found.load.procs))
        .field("summary.procs_busy", "share of the procs' time in use", Value::Ratio(rounded(found.load.share)));
    report
        .field(
            "summary.lock_wait_ns",
            "waits for locks in code of the program, total",
            Value::Duration(found.lock_wait),
        )
        .field(
            "summary.longest_runnable_ns",
            "longest wait of a goroutine of the program for a proc",
            Value::Duration(found.longest_runnable),
        )
        .field("summary.gc_ns", "time in which the GC was marking", Value::Duration(found.gc))
        .field("summary.assist_ns", "mark assists, total over goroutines", Value::Duration(found.assist))
        .field("summary.stw_ns", "time in which the world was stopped", Value::Duration(found.stw))
        .field(
            "summary.warnings",
            "damage and doubtful data found while loading",
            Value::Count(trace.warnings().len() as u64),
        )
        .field("summary.partial", "parts of the trace are lost", Value::Flag(trace.is_damaged()))
        .field("summary.verdict", "how many findings of which severity", Value::Text(verdict))
        .field(
            "summary.work_ns",
            "time of the program's goroutines less their waits for something to do, total",
            Value::Duration(found.coverage.work),
        )
        .field("summary.not_analysed", "what no finding can be about, a phrase each", Value::List(left_out))
}

fn verdict(found: &Findings) -> String {
    let of = |severity: Severity| found.list.iter().filter(|finding| finding.severity == severity).count() as u64;
    let (severe, warnings, notes) = (of(Severity::Severe), of(Severity::Warning), of(Severity::Note));
    if severe + warnings == 0 {
        let more = if notes == 0 { String::new() } else { format!(" ({})", counted(notes, "note")) };
        let largest = if found.coverage.largest.is_empty() { "." } else { ". Largest waits:" };
        return format!("No problems found{more}{largest}");
    }
    let all = [(severe, "severe finding"), (warnings, "warning"), (notes, "note")];
    let parts: Vec<String> =
        all.into_iter().filter(|of| of.0 > 0).map(|(number, name)| counted(number, name)).collect();
    format!("{}.", parts.join(", "))
}

/// `1.93 s total, 34 % of work time: 120 waits (chan receive) in main.worker (main.go:30), longest 40 ms`
fn site_in_words(site: &WaitSite) -> String {
    let place = in_words(&site.place.function, &site.place.file, site.place.line);
    let on = if site.operation.is_empty() { String::new() } else { format!(" ({})", site.operation) };
    let share = site.share.map_or_else(String::new, |share| format!(", {} of work time", in_percent(share)));
    let (total, waits, longest) = (site.total, counted(site.count, "wait"), site.max);
    format!("{total} total{share}: {waits}{on} in {place}, longest {longest}")
}

/// The wait sites with most time, at most three.
fn largest_waits(found: &Arc<Findings>) -> Table {
    Table::of("summary.largest_waits", "Largest waits", found, |found: &Findings| &found.coverage.largest)
        .column(Column::text("operation", "Operation", "sync.(*Mutex).Lock, chan receive, ..."), |site: &WaitSite| {
            Value::Text(site.operation.clone())
        })
        .column(Column::function("function", "Function", ""), |site| Value::Function(site.place.function.clone()))
        .column(Column::text("file", "File", "as in the trace"), |site| Value::Text(site.place.file.clone()))
        .column(Column::count("line", "Line", ""), |site| Value::Count(site.place.line))
        .column(Column::count("waits", "Waits", ""), |site| Value::Count(site.count))
        .column(Column::duration("total_ns", "Total", "total over goroutines"), |site| Value::Duration(site.total))
        .column(Column::duration("max_ns", "Max", ""), |site| Value::Duration(site.max))
        .column(Column::ratio("share_of_work", "Share", "of work_ns; null if not part of the work"), |site| {
            site.share.map_or(Value::Missing, |share| Value::Ratio(rounded(share)))
        })
        .only_for(Readers::Programs)
        .build()
}

/// A finding in words: a headline, how it came about and what to look at, and what else is known.
fn section(trace: &Trace, finding: &Finding) -> Section {
    let line = |label: &'static str, text: String| Line { label, parts: vec![text], ..Line::default() };
    let source = finding.culprit.as_ref().map(source);
    // Who is left behind keeps memory; whether anybody loses time by it, nobody can tell.
    let what = if finding.kind == Kind::GoroutineLeak { "Blocked" } else { "Time lost" };
    let lost = line(what, format!("{}, total over goroutines", finding.time_lost));
    let figures = finding.figures().into_iter().map(|figure| line(figure.label, figure.text));
    let places: Vec<String> = finding.links.iter().map(|link| link_in_words(trace, link)).collect();
    let places = (!places.is_empty()).then(|| Line { label: "Go to", parts: places, ..Line::default() });
    Section {
        heading: finding.headline.clone(),
        rank: finding.severity.name(),
        kind: finding.kind.name(),
        sentences: vec![finding.sentence(), finding.check.to_owned()],
        lines: source.into_iter().chain([lost]).chain(figures).chain(places).collect(),
    }
}

/// The line in the code: `main.handle (/src/main.go:31), called from main.serve (/src/main.go:12)`.
fn source(culprit: &Culprit) -> Line {
    let caller = culprit.caller.as_ref().map(Frame::from);
    let caller = caller.map(|caller| with_line(&caller.function, &line_of(&caller.file, caller.line)));
    let called_from = caller.map_or_else(String::new, |place| format!(", called from {place}"));
    let name = culprit.place.function.clone();
    let at = match line_of(&culprit.place.file, culprit.place.line) {
        line if line.is_empty() || name.is_empty() => line,
        line => format!("({line})"),
    };
    Line { label: "Source", name, parts: vec![format!("{at}{called_from}")] }
}

fn link_in_words(trace: &Trace, link: &Link) -> String {
    let start = link.range.start.nanos_since(trace.range().start);
    format!("G{} at {} for {}", link.id.signed(), offset(start), duration(link.range.nanos()))
}

/// What the whole trace comes to.
fn numbers(found: &Findings) -> String {
    format!(
        "Procs busy {:.0} %; lock waits {} total; longest wait for a proc {}; GC marking {}, mark assist {}; world stopped \
         {}.",
        100.0 * found.load.share,
        found.lock_wait,
        found.longest_runnable,
        found.gc,
        found.assist,
        found.stw
    )
}

/// What no finding can be about, a phrase each.
fn not_analysed(trace: &Trace, found: &Findings) -> Vec<String> {
    let coverage = &found.coverage;
    let mut parts = Vec::new();
    if trace.is_damaged() {
        parts.push("what is missing from the trace (it is damaged)".to_owned());
    }
    if coverage.sites_skipped > 0 {
        let (sites, time) = (counted(coverage.sites_skipped, "wait site"), coverage.skipped);
        parts.push(format!("{sites}, short or ended by no goroutine in the trace ({time} total)"));
    }
    if !coverage.recording.is_zero() {
        parts.push(format!("recording and serving of traces and profiles ({})", coverage.recording));
    }
    parts
}
