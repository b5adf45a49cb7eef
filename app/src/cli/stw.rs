//! `tracelane stw`: stops of the world one by one: who asked, how long until all stood still, who was the last.

use std::collections::BTreeMap;

use serde::Serialize;
use trace_core::analysis::collector::stops::{Stop, stops};
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::common::RangeArgs;
use crate::cli::exit::{CliResult, is_damaged};
use crate::cli::frame::Frame;
use crate::cli::load::load;
use crate::cli::names::{goroutine, id_of, since_start, start_function, with_function};
use crate::cli::print::{answer, line};
use crate::cli::text::Text;
use crate::fmt::name::or_unknown;
use crate::fmt::number::{count, percent};
use crate::fmt::time::{duration, nanos, offset};

/// What the long help says.
pub const ABOUT: &str = "\
STW pauses one by one: the reason, the requester, the time to stop all goroutines and the last one to stop, and how
long they were held.";

/// The fields of its JSON.
pub const JSON: &str = "\
With --format json, one JSON object with these fields, which stay as they are:

  file, partial, duration_ns, reasons [{reason, count, total_ns, max_ns, stopping_ns}],
  stops [{start_ns, duration_ns, complete, reason, collector (true for its own), goroutine or null,
  stack [{function, file, line}], stopping_ns, held_ns, late_ns (these three sum to duration_ns), running_procs,
  last {goroutine, function, proc, start_ns, duration_ns, stack} or null}]";

/// Loads the file and prints its stops.
///
/// # Errors
/// When the file is unreadable.
pub fn run(args: &RangeArgs) -> CliResult {
    let trace = load(&args.file)?;
    let report = Report::of(args, &trace);
    answer(&trace, args.format(), &report, || report.text(args.limit))
}

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file as given.
    pub file: String,
    /// Parts of the trace are damaged, so some may be missing.
    pub partial: bool,
    /// Length of the stretch looked at.
    pub duration_ns: i64,
    /// By reason, most time first.
    pub reasons: Vec<Reason>,
    /// Stops that touch it, in time order.
    pub stops: Vec<OneStop>,
}

/// Stops for one reason.
#[derive(Clone, Debug, Serialize)]
pub struct Reason {
    /// The runtime's word.
    pub reason: String,
    /// How many.
    pub count: u64,
    /// Added up.
    pub total_ns: u64,
    /// The longest.
    pub max_ns: u64,
    /// Of the sum: until all stood still.
    pub stopping_ns: u64,
}

/// A stop. `stopping_ns`, `held_ns` and `late_ns` sum to `duration_ns`.
#[derive(Clone, Debug, Serialize)]
pub struct OneStop {
    /// From the start of the trace.
    pub start_ns: i64,
    /// From asking until the world goes on.
    pub duration_ns: i64,
    /// Both ends are in the trace.
    pub complete: bool,
    /// The runtime's word for why.
    pub reason: String,
    /// It is the collector's own.
    pub collector: bool,
    /// Who asked; null if the trace does not tell.
    pub goroutine: Option<i64>,
    /// Where, leaf first; empty before Go 1.22.
    pub stack: Vec<Frame>,
    /// Until all stood still.
    pub stopping_ns: u64,
    /// From then until a goroutine ran again on another proc.
    pub held_ns: u64,
    /// From then until the runtime says that the world goes on.
    pub late_ns: u64,
    /// How many other procs ran goroutines when it was asked for.
    pub running_procs: u32,
    /// Who was the last to stand still; null if nobody ran.
    pub last: Option<Late>,
}

/// The last goroutine to stand still.
#[derive(Clone, Debug, Serialize)]
pub struct Late {
    /// Who.
    pub goroutine: i64,
    /// What it was started with.
    pub function: String,
    /// The proc it was on.
    pub proc: i64,
    /// When its run had begun, from the start of the trace.
    pub start_ns: i64,
    /// How long it had run.
    pub duration_ns: i64,
    /// Where it stopped, leaf first.
    pub stack: Vec<Frame>,
}

impl OneStop {
    /// Of a stop.
    #[must_use]
    pub fn of(trace: &Trace, stop: &Stop) -> Self {
        Self {
            start_ns: since_start(trace, stop.range.start),
            duration_ns: stop.range.nanos(),
            complete: !stop.began_before && !stop.goes_on,
            reason: trace.str(stop.reason).to_owned(),
            collector: stop.is_collectors,
            goroutine: goroutine(trace, stop.go),
            stack: Frame::all(trace, stop.stack),
            stopping_ns: stop.stopping(),
            held_ns: stop.held(),
            late_ns: stop.late(),
            running_procs: stop.running,
            last: stop.last.map(|last| Late {
                goroutine: id_of(trace, last.go),
                function: start_function(trace, last.go),
                proc: trace.proc_id(last.proc).signed(),
                start_ns: since_start(trace, last.range.start),
                duration_ns: last.range.nanos(),
                stack: Frame::all(trace, last.stack),
            }),
        }
    }

    fn row(&self, text: &mut Text) {
        let reason = or_unknown(&self.reason);
        let who = self.goroutine.map_or_else(String::new, |go| format!(" by G{go}"));
        let place =
            Frame::representative(&self.stack).map_or_else(String::new, |frame| format!(" at {}", frame.in_full()));
        let cut = if self.complete { "" } else { ", cut by the border of the trace" };
        line(
            text,
            &format!(
                "{:>14} {:>9} {:>9} {:>9} {:>9} {:>7}  {reason}{who}{place}{cut}",
                offset(self.start_ns),
                duration(self.duration_ns),
                nanos(self.stopping_ns),
                nanos(self.held_ns),
                nanos(self.late_ns),
                self.running_procs,
            ),
        );
        if let Some(last) = &self.last {
            let place =
                Frame::representative(&last.stack).map_or_else(String::new, |frame| format!(" at {}", frame.in_full()));
            line(
                text,
                &format!(
                    "{:>14}   last: {} on P{}{place}",
                    "",
                    with_function(last.goroutine, &last.function),
                    last.proc
                ),
            );
        }
    }
}

impl Report {
    /// Of a loaded trace.
    #[must_use]
    pub fn of(args: &RangeArgs, trace: &Trace) -> Self {
        let range = args.range_in(trace);
        let found = stops(trace, range, &Monitor::new()).unwrap_or_default();
        let mut reasons: BTreeMap<&str, Reason> = BTreeMap::new();
        for stop in &found {
            let reason = trace.str(stop.reason);
            let fresh = || Reason { reason: reason.to_owned(), count: 0, total_ns: 0, max_ns: 0, stopping_ns: 0 };
            let sum = reasons.entry(reason).or_insert_with(fresh);
            let length = stop.range.nanos().unsigned_abs();
            sum.count += 1;
            sum.total_ns += length;
            sum.max_ns = sum.max_ns.max(length);
            sum.stopping_ns += stop.stopping();
        }
        let mut reasons: Vec<Reason> = reasons.into_values().collect();
        reasons.sort_by_key(|reason| std::cmp::Reverse(reason.total_ns));
        Self {
            file: args.file.display().to_string(),
            partial: is_damaged(trace),
            duration_ns: trace.range().intersect(range).nanos(),
            reasons,
            stops: found.iter().map(|stop| OneStop::of(trace, stop)).collect(),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self, limit: usize) -> Text {
        let mut text = Text::new();
        if self.stops.is_empty() {
            line(&mut text, &format!("The world was not stopped in {}.", duration(self.duration_ns)));
            return text;
        }
        let total: u64 = self.reasons.iter().map(|reason| reason.total_ns).sum();
        line(
            &mut text,
            &format!(
                "The world was stopped {} times in {}, {} total ({})",
                count(self.stops.len() as u64),
                duration(self.duration_ns),
                nanos(total),
                percent(total, self.duration_ns.unsigned_abs())
            ),
        );
        for reason in &self.reasons {
            line(
                &mut text,
                &format!(
                    "{:>6} {:>9} total, max {:>9}, of it stopping {:>9}  {}",
                    count(reason.count),
                    nanos(reason.total_ns),
                    nanos(reason.max_ns),
                    nanos(reason.stopping_ns),
                    or_unknown(&reason.reason)
                ),
            );
        }
        text.blank();
        let head = ["stopped", "stopping", "held", "late"].map(|name| format!("{name:>9}")).join(" ");
        line(&mut text, &format!("{:>14} {head} running  why", "at"));
        for stop in self.stops.iter().take(limit) {
            stop.row(&mut text);
        }
        if self.stops.len() > limit {
            line(&mut text, &format!("… {} more (--limit)", count((self.stops.len() - limit) as u64)));
        }
        text
    }
}
