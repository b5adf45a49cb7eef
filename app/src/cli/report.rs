//! `tracelane report`: what probably costs the traced program its time, for people, CI logs and programs.

use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};
use trace_core::analysis::findings::finding::{Finding, Severity, Value as Number};
use trace_core::analysis::findings::{Findings, find};
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::exit::{Answer, Exit, is_damaged};
use crate::cli::frame::Frame;
use crate::cli::load::load;
use crate::cli::names::since_start;
use crate::cli::print::{json, line, print};
use crate::cli::words::{Stop, Words, unexpected};
use crate::fmt::number::{bytes, count};
use crate::fmt::time::{duration, nanos, offset};

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Lines for people.
    Text,
    /// Markdown for issue trackers.
    Markdown,
    /// One JSON object.
    Json,
}

/// What `tracelane help report` prints.
pub const HELP: &str = "\
tracelane report FILE [--json|--md] [--fail-on severe]

Looks for what probably costs the traced program its time: locks held over slow calls, goroutines that wait
for each other, starve, pile up or poll, the collector, system calls, work that is shared out unevenly. Each
finding is one sentence with its evidence, the line to look at, and places in the trace that show it. Locks are
inferred from who ends the waits: a trace does not name them.

  --md                 as Markdown
  --fail-on severe     exit with code 4 if there is a finding this bad (severe, warning or note)
  --json               as one JSON object with these fields, which stay as they are:
      summary {file, file_bytes, version, duration_ns, events, goroutines, procs, procs_busy, lock_wait_ns,
               longest_runnable_ns, gc_ns, assist_ns, stw_ns, warnings, partial, verdict}
      findings [{kind, severity (severe, warning or note), title, evidence {name: number or text},
                 culprit {function, file, line, stack [{function, file, line}]} or null,
                 victims [{function, goroutines}], time_lost_ns, confidence (0 to 1), check,
                 links [{goroutine, start_ns, end_ns}] (times from the start of the trace)}]
      kind is one of lock_contention, lock_held_over_io, rwmutex_writer, goroutine_leak, gc_pressure,
      cpu_starvation, cpu_bound, idle_procs, slow_syscall, channel_backlog, limited_concurrency, imbalance,
      straggler, serial_waits, stop_the_world, polling_sleep, goroutine_churn, trace_damage
";

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The trace.
    pub file: PathBuf,
    /// How to write it.
    pub form: Form,
    /// Findings this bad make the command fail.
    pub fail_on: Option<Severity>,
}

/// The severity of a name.
#[must_use]
pub fn severity(name: &str) -> Option<Severity> {
    [Severity::Note, Severity::Warning, Severity::Severe].into_iter().find(|severity| severity.name() == name)
}

impl Asked {
    /// Reads what follows `report`.
    pub fn read(mut words: Words) -> Result<Self, Stop> {
        let (mut form, mut fail_on) = (Form::Text, None);
        while let Some(option) = words.option()? {
            match option.as_str() {
                "--json" => form = Form::Json,
                "--md" => form = Form::Markdown,
                "--fail-on" => fail_on = Some(words.value(&option, "severe", severity)?),
                _ => return Err(unexpected(&option).into()),
            }
        }
        Ok(Self { file: words.file()?, form, fail_on })
    }
}

/// Loads the file, looks for causes and prints them.
///
/// # Errors
/// When the file is unreadable.
pub fn run(asked: &Asked) -> Answer {
    let trace = load(&asked.file)?;
    // Nobody cancels.
    let findings = find(&trace, &Monitor::new()).unwrap_or_default();
    let report = Report::of(&asked.file, &trace, &findings);
    let text = match asked.form {
        Form::Json => json(&report)?,
        Form::Markdown => report.markdown(),
        Form::Text => report.text(),
    };
    print(&text)?;
    let has_failed = asked.fail_on.is_some_and(|limit| findings.worst().is_some_and(|worst| worst >= limit));
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
}

/// One finding.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// Stable name of the kind.
    pub kind: &'static str,
    /// severe, warning or note.
    pub severity: &'static str,
    /// One sentence.
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
    /// The stack in which it was seen, leaf first.
    pub stack: Vec<Frame>,
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
        };
        Self { summary, findings: findings.list.iter().map(|finding| Found::of(trace, finding)).collect() }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("{}\n{}\n", self.summary.line(), self.summary.verdict);
        for (at, found) in self.findings.iter().enumerate() {
            line(&mut text, &format!("\n{}. {} [{}]", at + 1, found.severity, found.kind));
            line(&mut text, &format!("   {}", found.title));
            if let Some(culprit) = &found.culprit {
                line(&mut text, &format!("   at {} ({}:{})", culprit.function, culprit.file, culprit.line));
            }
            for link in found.links.iter().take(2) {
                line(&mut text, &format!("   see {}", link.words()));
            }
            line(&mut text, &format!("   {}", found.check));
        }
        text.push('\n');
        line(&mut text, &self.summary.numbers());
        text
    }

    /// For issue trackers.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = format!("## Trace report\n\n{}\n\n**{}**\n", self.summary.line(), self.summary.verdict);
        for (at, found) in self.findings.iter().enumerate() {
            line(&mut text, &format!("\n### {}. {} ({})\n", at + 1, found.kind, found.severity));
            line(&mut text, &found.title);
            text.push('\n');
            if let Some(culprit) = &found.culprit {
                line(&mut text, &format!("- culprit: `{}` ({}:{})", culprit.function, culprit.file, culprit.line));
            }
            for victim in &found.victims {
                line(&mut text, &format!("- suffers: `{}` ({} goroutines)", victim.function, count(victim.goroutines)));
            }
            let lost = nanos(found.time_lost_ns);
            line(&mut text, &format!("- time lost: {lost}, confidence {:.2}", found.confidence));
            for link in &found.links {
                line(&mut text, &format!("- see {}", link.words()));
            }
            line(&mut text, &format!("- {}", found.check));
        }
        line(&mut text, &format!("\n{}", self.summary.numbers()));
        text
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
            "Procs busy {:.0} %; lock waits {} in sum; longest wait for a proc {}; GC marking {}, mark assist {}; world \
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
        format!("g{} at {} for {}", self.goroutine, offset(self.start_ns), duration(self.end_ns - self.start_ns))
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
            title: finding.title.clone(),
            evidence: finding.evidence.iter().map(|(name, number)| ((*name).to_owned(), value(number))).collect(),
            culprit: finding.culprit.as_ref().map(|culprit| Culprit {
                function: culprit.place.function.clone(),
                file: culprit.place.file.clone(),
                line: culprit.place.line,
                stack: culprit.stack.iter().map(Frame::from).collect(),
            }),
            victims: victims
                .map(|victim| Victim { function: victim.function.clone(), goroutines: victim.goroutines })
                .collect(),
            time_lost_ns: finding.time_lost_ns,
            confidence: rounded(finding.confidence),
            check: finding.kind.check(),
            links: links.collect(),
        }
    }
}

fn verdict(findings: &Findings) -> String {
    let of = |severity: Severity| findings.list.iter().filter(|finding| finding.severity == severity).count();
    let (severe, warnings, notes) = (of(Severity::Severe), of(Severity::Warning), of(Severity::Note));
    if severe + warnings == 0 {
        let more = if notes == 0 { String::new() } else { format!(" ({} below)", counted(notes, "note")) };
        return format!("Nothing stands out{more}.");
    }
    let mut parts = Vec::new();
    for (number, name) in [(severe, "severe finding"), (warnings, "warning"), (notes, "note")] {
        if number > 0 {
            parts.push(counted(number, name));
        }
    }
    format!("{}.", parts.join(", "))
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
