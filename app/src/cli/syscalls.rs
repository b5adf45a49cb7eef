//! `tracelane syscalls`: which system calls, from where, how long, and which cost their goroutine its proc.

use serde::Serialize;
use trace_core::analysis::syscalls::{Call, CallGroup, CallKind, Syscalls, syscalls};
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::basics::Basics;
use crate::cli::exit::{Answer, is_damaged};
use crate::cli::frame::Frame;
use crate::cli::latency::Distribution;
use crate::cli::load::load;
use crate::cli::names::{id_of, since_start};
use crate::cli::print::{answer, line};
use crate::cli::text::Text;
use crate::fmt::name;
use crate::fmt::number::count;
use crate::fmt::time::{duration, nanos};

/// What `tracelane help syscalls` prints.
pub const HELP: &str = "\
tracelane syscalls FILE [--limit N] [--json] [scope]

System calls by function and by stack: how many, how long, which lost their proc (blocking calls) and for how long;
and the longest calls one by one. The runtime records calls of C functions in the same way: these are cgo calls. What
C does on a thread of its own between two calls into Go is C code outside Go.

  --limit 20           maximum number of functions, and of stacks
  --json               as one JSON object with these fields, which stay as they are:
      file, partial, all {calls}, functions [{calls}], stacks [{calls}]
      calls {kind (system, cgo, outside_go; null of all), function, calls {count, total_ns, mean_ns, p50_ns, p95_ns, p99_ns, max_ns}, blocking, blocked_ns, cut,
             stack [{function, file, line}] (leaf first),
             worst [{goroutine, kind, start_ns, duration_ns, blocked_ns}]}
";

/// Loads the file and prints its system calls.
///
/// # Errors
/// When the file is unreadable or the scope is not in it.
pub fn run(asked: &Basics) -> Answer {
    let trace = load(&asked.file)?;
    let pieces = asked.wanted.scope(&trace)?.pieces(&trace);
    // Nobody cancels.
    let found = syscalls(&trace, &pieces, &Monitor::new()).unwrap_or_default();
    let report = Report::of(asked, &trace, &found);
    answer(&trace, asked.json, &report, || report.text())
}

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file as given.
    pub file: String,
    /// Parts of the trace are damaged, so the sums are partial.
    pub partial: bool,
    /// All calls of the scope.
    pub all: Calls,
    /// By function, most time first, at most `--limit`.
    pub functions: Vec<Calls>,
    /// By stack, most time first, at most `--limit`.
    pub stacks: Vec<Calls>,
}

/// Calls of one function, or from one stack.
#[derive(Clone, Debug, Serialize)]
pub struct Calls {
    /// What was called; null of all together.
    pub kind: Option<&'static str>,
    /// The call, as the innermost function that tells; empty if no stack was recorded.
    pub function: String,
    /// The same for people.
    #[serde(skip)]
    pub name: String,
    /// How long single calls were.
    pub calls: Distribution,
    /// Calls that lost their proc.
    pub blocking: u64,
    /// Time without a proc.
    pub blocked_ns: u64,
    /// Calls cut by the edges of trace or scope.
    pub cut: u64,
    /// From where, leaf first; of functions: from where most of the time comes.
    pub stack: Vec<Frame>,
    /// The longest, longest first, at most 20.
    pub worst: Vec<One>,
}

/// One call.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct One {
    /// The goroutine's id.
    pub goroutine: i64,
    /// What was called.
    pub kind: &'static str,
    /// From the start of the trace.
    pub start_ns: i64,
    /// How long, inside the scope.
    pub duration_ns: u64,
    /// Of that without a proc.
    pub blocked_ns: u64,
}

impl Report {
    /// Of what was found.
    #[must_use]
    pub fn of(asked: &Basics, trace: &Trace, found: &Syscalls) -> Self {
        let some =
            |groups: &[CallGroup]| groups.iter().take(asked.limit).map(|group| Calls::of(trace, group)).collect();
        Self {
            file: asked.file.display().to_string(),
            partial: is_damaged(trace),
            all: Calls { kind: None, ..Calls::of(trace, &found.all) },
            functions: some(&found.functions),
            stacks: some(&found.stacks),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = Text::new();
        if self.partial {
            line(&mut text, "parts of the trace are damaged: the sums are partial");
        }
        if self.all.calls.count == 0 {
            line(&mut text, "No system call.");
            return text;
        }
        let heading = format!("    calls {}  blocking   blocked  ", Distribution::HEADING);
        line(&mut text, &format!("{heading}function"));
        for found in &self.functions {
            line(&mut text, &format!("{}  {}", found.cells(), found.name));
        }
        line(&mut text, &format!("{}  all", self.all.cells()));
        text.blank();
        line(&mut text, &format!("{heading}from"));
        for found in &self.stacks {
            let place = Frame::telling(&found.stack).map_or_else(String::new, |at| format!(", {}", at.in_short()));
            line(&mut text, &format!("{}  {}{place}", found.cells(), found.name));
        }
        text.blank();
        line(&mut text, "longest calls");
        for call in &self.all.worst {
            let blocked = if call.blocked_ns > 0 {
                format!(", {} of it without a proc", nanos(call.blocked_ns))
            } else {
                String::new()
            };
            let at = duration(call.start_ns);
            let what = match call.kind {
                kind if kind == CallKind::Cgo.name() => " in a cgo call",
                kind if kind == CallKind::OutsideGo.name() => " outside Go",
                _ => "",
            };
            line(&mut text, &format!("{:>10} at {at}: G{}{what}{blocked}", nanos(call.duration_ns), call.goroutine));
        }
        text
    }
}

impl Calls {
    fn of(trace: &Trace, group: &CallGroup) -> Self {
        let one = |call: &Call| One {
            goroutine: id_of(trace, call.go),
            kind: call.kind.name(),
            start_ns: since_start(trace, call.range.start),
            duration_ns: call.nanos,
            blocked_ns: call.blocked,
        };
        Self {
            kind: Some(group.kind.name()),
            name: name::call(group.kind, &group.function),
            function: group.function.clone(),
            calls: Distribution::of(&group.calls),
            blocking: group.blocking,
            blocked_ns: group.blocked,
            cut: group.cut,
            stack: Frame::all(trace, group.stack),
            worst: group.worst.iter().map(one).collect(),
        }
    }

    fn cells(&self) -> String {
        let (calls, blocking) = (count(self.calls.count), count(self.blocking));
        format!("{calls:>9} {} {blocking:>9} {:>9}", self.calls.cells(), nanos(self.blocked_ns))
    }
}
