//! `tracelane gc`: collections one by one, with who marked, who had to help, and what came of it.

use serde::Serialize;
use trace_core::analysis::collector::cycles::{Collector, Cycle, Helper, Swept};
use trace_core::analysis::collector::work::WorkerMode;
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::common::RangeArgs;
use crate::cli::exit::{CliResult, is_damaged};
use crate::cli::frame::Frame;
use crate::cli::load::load;
use crate::cli::names::{goroutine, id_of, since_start, start_function, with_function};
use crate::cli::print::{answer, line};
use crate::cli::stw;
use crate::cli::text::Text;
use crate::fmt::number::{bytes, count, percent};
use crate::fmt::time::{duration, nanos, offset};

/// Helpers told of per collection.
const HELPERS: usize = 10;
/// Of them in the text.
const HELPERS_SHOWN: usize = 3;

/// What the long help says.
pub const ABOUT: &str = "\
GC cycles one by one: how long they took to mark and stopped the world, how long mark workers ran, mark assists, the
heap before, after marking and in use, what was swept until the next cycle, and what triggered the cycle.";

/// The fields of its JSON.
pub const JSON: &str = "\
With --format json, one JSON object with these fields, which stay as they are:

  file, partial, duration_ns, swept_before {sweeping}, cycles [{start_ns, duration_ns, began_before, goes_on,
  trigger (heap, forced, periodic or unknown), goroutine or null, stack [{function, file, line}], setup_ns,
  marking_ns, ending_ns (these three sum to duration_ns), stopped_ns, stops [as of tracelane stw],
  workers {dedicated_ns, fractional_ns, idle_ns, unlabelled_ns}, assists, assist_ns, assist_running_ns,
  helpers [{goroutine, function, count, total_ns, running_ns, stack}] (at most 10), heap_before_bytes,
  heap_marked_bytes, heap_after_bytes, goal_bytes, next_goal_bytes (each may be null), swept {sweeping}}]
  sweeping {count, total_ns, swept_bytes, reclaimed_bytes}";

/// Loads the file and prints its collections.
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
    /// Collections that touch it, in time order.
    pub cycles: Vec<OneCycle>,
    /// Sweeping for a collection before the first one.
    pub swept_before: Sweeping,
}

/// A collection. `setup_ns`, `marking_ns` and `ending_ns` sum to `duration_ns`.
#[derive(Clone, Debug, Serialize)]
pub struct OneCycle {
    /// From the start of the trace.
    pub start_ns: i64,
    /// Until marking has ended.
    pub duration_ns: i64,
    /// It began before the trace did: some of it is not told.
    pub began_before: bool,
    /// It was going on when the trace ended: likewise.
    pub goes_on: bool,
    /// `heap`, `forced`, `periodic` or `unknown`.
    pub trigger: &'static str,
    /// Who set it off; null if the trace does not tell.
    pub goroutine: Option<i64>,
    /// Where, leaf first.
    pub stack: Vec<Frame>,
    /// Workers start, the world stops.
    pub setup_ns: u64,
    /// Marking beside the program.
    pub marking_ns: u64,
    /// The world is stopped to end it.
    pub ending_ns: u64,
    /// How long the world was stopped.
    pub stopped_ns: u64,
    /// Its stops.
    pub stops: Vec<stw::OneStop>,
    /// How long mark workers ran, by mode.
    pub workers: Workers,
    /// How often goroutines had to help.
    pub assists: u64,
    /// From begin to end of help, added up.
    pub assist_ns: u64,
    /// Of that running.
    pub assist_running_ns: u64,
    /// Who, most time first, at most 10.
    pub helpers: Vec<Helping>,
    /// Heap in use when it began; null if not told, as below.
    pub heap_before_bytes: Option<u64>,
    /// When marking was over.
    pub heap_marked_bytes: Option<u64>,
    /// What of it was found in use.
    pub heap_after_bytes: Option<u64>,
    /// The goal it was to keep.
    pub goal_bytes: Option<u64>,
    /// The goal it set.
    pub next_goal_bytes: Option<u64>,
    /// Sweeping what it found free.
    pub swept: Sweeping,
}

/// Time of mark workers by mode.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Workers {
    /// With a proc for themselves.
    pub dedicated_ns: u64,
    /// Now and then.
    pub fractional_ns: u64,
    /// On procs without other work.
    pub idle_ns: u64,
    /// The trace does not tell.
    pub unlabelled_ns: u64,
}

/// Help of one goroutine.
#[derive(Clone, Debug, Serialize)]
pub struct Helping {
    /// Who.
    pub goroutine: i64,
    /// What it was started with.
    pub function: String,
    /// How often.
    pub count: u64,
    /// From begin to end, added up.
    pub total_ns: u64,
    /// Of that running.
    pub running_ns: u64,
    /// Where the longest began, leaf first.
    pub stack: Vec<Frame>,
}

/// Sweeping.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Sweeping {
    /// Stretches of it.
    pub count: u64,
    /// Added up.
    pub total_ns: u64,
    /// Looked at.
    pub swept_bytes: u64,
    /// Found free.
    pub reclaimed_bytes: u64,
}

impl Sweeping {
    const fn of(swept: &Swept) -> Self {
        Self { count: swept.count, total_ns: swept.nanos, swept_bytes: swept.bytes, reclaimed_bytes: swept.reclaimed }
    }
}

impl Report {
    /// Of a loaded trace.
    #[must_use]
    pub fn of(args: &RangeArgs, trace: &Trace) -> Self {
        let range = args.range_in(trace);
        let found = Collector::of(trace, range, &Monitor::new()).unwrap_or_default();
        Self {
            file: args.file.display().to_string(),
            partial: is_damaged(trace),
            duration_ns: trace.range().intersect(range).nanos(),
            cycles: found.cycles.iter().map(|cycle| OneCycle::of(trace, &found, cycle)).collect(),
            swept_before: Sweeping::of(&found.early),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self, limit: usize) -> Text {
        let mut text = Text::new();
        if self.cycles.is_empty() {
            line(&mut text, &format!("No collection ran in {}.", duration(self.duration_ns)));
            return text;
        }
        let sum = |value: &dyn Fn(&OneCycle) -> u64| self.cycles.iter().map(value).sum::<u64>();
        let whole = self.duration_ns.unsigned_abs();
        let (marking, stopped) = (sum(&|cycle| cycle.duration_ns.unsigned_abs()), sum(&|cycle| cycle.stopped_ns));
        line(
            &mut text,
            &format!(
                "{} collections in {}: marking {} ({}), world stopped for them {} ({})",
                count(self.cycles.len() as u64),
                duration(self.duration_ns),
                nanos(marking),
                percent(marking, whole),
                nanos(stopped),
                percent(stopped, whole)
            ),
        );
        let worker = |of: &dyn Fn(&Workers) -> u64| nanos(sum(&|cycle| of(&cycle.workers)));
        line(
            &mut text,
            &format!(
                "mark workers ran {} dedicated, {} fractional, {} idle, {} unlabelled; {} mark assists took {} \
                 (running {})",
                worker(&|of| of.dedicated_ns),
                worker(&|of| of.fractional_ns),
                worker(&|of| of.idle_ns),
                worker(&|of| of.unlabelled_ns),
                count(sum(&|cycle| cycle.assists)),
                nanos(sum(&|cycle| cycle.assist_ns)),
                nanos(sum(&|cycle| cycle.assist_running_ns))
            ),
        );
        text.blank();
        line(
            &mut text,
            &format!(
                "{:>14} {:>9} {:>9} {:>9} {:>9} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9}  {}",
                "at",
                "marking",
                "stopped",
                "workers",
                "assist",
                "helpers",
                "before",
                "marked",
                "in use",
                "goal",
                "swept",
                "set off by"
            ),
        );
        for cycle in self.cycles.iter().take(limit) {
            cycle.row(&mut text);
        }
        if self.cycles.len() > limit {
            line(&mut text, &format!("… {} more (--limit)", count((self.cycles.len() - limit) as u64)));
        }
        text
    }
}

impl OneCycle {
    fn of(trace: &Trace, found: &Collector, cycle: &Cycle) -> Self {
        let stops = cycle.stops.iter().filter_map(|&at| found.stops.get(at));
        Self {
            start_ns: since_start(trace, cycle.range.start),
            duration_ns: cycle.range.nanos(),
            began_before: cycle.began_before,
            goes_on: cycle.goes_on,
            trigger: cycle.trigger.name(),
            goroutine: goroutine(trace, cycle.go),
            stack: Frame::all(trace, cycle.stack),
            setup_ns: cycle.setup(),
            marking_ns: cycle.marking.nanos().unsigned_abs(),
            ending_ns: cycle.ending(),
            stopped_ns: cycle.stopped,
            stops: stops.map(|stop| stw::OneStop::of(trace, stop)).collect(),
            workers: Workers {
                dedicated_ns: cycle.worker(WorkerMode::Dedicated),
                fractional_ns: cycle.worker(WorkerMode::Fractional),
                idle_ns: cycle.worker(WorkerMode::Idle),
                unlabelled_ns: cycle.worker(WorkerMode::Unlabelled),
            },
            assists: cycle.assists(),
            assist_ns: cycle.assist(),
            assist_running_ns: cycle.assist_run(),
            helpers: cycle.helpers.iter().take(HELPERS).map(|helper| Helping::of(trace, helper)).collect(),
            heap_before_bytes: cycle.heap_before,
            heap_marked_bytes: cycle.heap_marked,
            heap_after_bytes: cycle.heap_after,
            goal_bytes: cycle.goal,
            next_goal_bytes: cycle.next_goal,
            swept: Sweeping::of(&cycle.swept),
        }
    }

    fn row(&self, text: &mut Text) {
        let heap = |size: Option<u64>| size.map_or_else(|| "–".to_owned(), bytes);
        let workers = self.workers.dedicated_ns + self.workers.fractional_ns + self.workers.idle_ns;
        let cut = match (self.began_before, self.goes_on) {
            (true, true) => ", cut at both ends",
            (true, false) => ", began before the trace",
            (false, true) => ", cut by the end of the trace",
            (false, false) => "",
        };
        let who = self.goroutine.map_or_else(String::new, |go| format!(" by G{go}"));
        let place =
            Frame::representative(&self.stack).map_or_else(String::new, |frame| format!(" at {}", frame.in_full()));
        line(
            text,
            &format!(
                "{:>14} {:>9} {:>9} {:>9} {:>9} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9}  {}{who}{place}{cut}",
                offset(self.start_ns),
                duration(self.duration_ns),
                nanos(self.stopped_ns),
                nanos(workers + self.workers.unlabelled_ns),
                nanos(self.assist_ns),
                count(self.assists),
                heap(self.heap_before_bytes),
                heap(self.heap_marked_bytes),
                heap(self.heap_after_bytes),
                heap(self.goal_bytes),
                bytes(self.swept.swept_bytes),
                self.trigger
            ),
        );
        for helper in self.helpers.iter().take(HELPERS_SHOWN) {
            let place = Frame::representative(&helper.stack)
                .map_or_else(String::new, |frame| format!(", most at {}", frame.in_full()));
            line(
                text,
                &format!(
                    "{:>14}   {}: {} in {} mark assists{place}",
                    "",
                    with_function(helper.goroutine, &helper.function),
                    nanos(helper.total_ns),
                    count(helper.count)
                ),
            );
        }
    }
}

impl Helping {
    fn of(trace: &Trace, helper: &Helper) -> Self {
        Self {
            goroutine: id_of(trace, helper.go),
            function: start_function(trace, helper.go),
            count: helper.count,
            total_ns: helper.nanos,
            running_ns: helper.run_nanos,
            stack: Frame::all(trace, helper.stack),
        }
    }
}
