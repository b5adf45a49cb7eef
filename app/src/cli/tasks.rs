//! `tracelane tasks` and `tracelane regions`: how long they took by type, slowest first.

use std::fmt::Write as _;

use clap::Args;
use serde::Serialize;
use trace_core::analysis::tasks::{Family, Filter, TaskIndex, TaskInstance, details, regions, tasks};
use trace_core::base::ids::TaskIx;
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::common::CommonArgs;
use crate::cli::exit::{CliError, CliResult, is_damaged};
use crate::cli::load::load;
use crate::cli::names::{goroutine, since_start};
use crate::cli::place::Stretch;
use crate::cli::print::{answer, line};
use crate::cli::scope::Who;
use crate::cli::text::Text;
use crate::cli::values;
use crate::fmt::name::calls;
use crate::fmt::number::count;
use crate::fmt::time::{duration, nanos};

/// What the long help says.
pub const ABOUT: &str = "\
How long tasks took, by type, the slowest first, each with where the time of its goroutines went: in its regions,
on whichever goroutine, or, without regions, that of the goroutine that began it. Of time outside of its regions a
trace does not tell who worked on it. Regions are grouped by type and by the line that begins them (go tool trace
takes the root of the stack).

Those that touch --range and have to do with --goroutine or --function (tasks: begun by it, or with regions or
logs on it); --task: those, their descendants, or regions of them; --region with regions only.";

/// The fields of its JSON.
pub const JSON: &str = "\
With --format json, one JSON object with these fields, which stay as they are:

  file, partial, types [{name, place (regions) or null, count, incomplete, total_ns, mean_ns, p50_ns, p95_ns,
  p99_ns, max_ns (of the complete ones), slowest [{task, parent, children, depth, goroutine, start_ns,
  duration_ns, complete, goroutines, logs, running_ns, runnable_ns, syscall_ns, blocked_ns, on_others_ns,
  outside_regions_ns}]}]
  parent, children and the last eight are filled for tasks only, depth for regions only";

/// The arguments of `tracelane tasks`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct TasksArgs {
    /// Only tasks with this text in a log
    #[arg(long, value_name = "TEXT")]
    pub log: Option<String>,
    /// Which tasks are listed.
    #[command(flatten)]
    pub instances: InstanceArgs,
    /// What most analyses take; the limit is that of tasks of each type.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// The arguments of `tracelane regions`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct RegionsArgs {
    /// Only regions at this nesting depth on their goroutine (outermost: 0)
    #[arg(long, value_name = "N")]
    pub depth: Option<u32>,
    /// Which regions are listed.
    #[command(flatten)]
    pub instances: InstanceArgs,
    /// What most analyses take; the limit is that of regions of each type.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Which tasks or regions are listed.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct InstanceArgs {
    /// Only those with this duration: 10ms.., ..1s
    #[arg(long, value_name = "A..B", value_parser = values::durations)]
    latency: Option<Stretch>,
    /// Only those with both ends in the trace
    #[arg(long, conflicts_with = "incomplete")]
    complete: bool,
    /// Only those without both ends in the trace
    #[arg(long)]
    incomplete: bool,
}

impl InstanceArgs {
    /// The filter of these arguments, on top of a scope's.
    fn filter(&self, of_scope: Filter) -> Filter {
        Filter {
            complete: (self.complete || self.incomplete).then_some(self.complete),
            least: self.latency.and_then(|latency| latency.start_nanos).map(i64::unsigned_abs),
            most: self.latency.and_then(|latency| latency.end_nanos).map(i64::unsigned_abs),
            ..of_scope
        }
    }
}

/// Loads the file and prints its tasks.
///
/// # Errors
/// When the file is unreadable, or has nothing of the scope.
pub fn run(args: &TasksArgs) -> CliResult {
    let common = &args.common;
    if matches!(common.scope.who(), Who::Region(_)) {
        return Err(CliError::usage("--region goes with the command regions"));
    }
    let trace = load(&common.file)?;
    let of_scope = Filter::of_scope(&trace, &common.scope.scope(&trace)?, false);
    let filter = Filter { log: args.log.clone(), ..args.instances.filter(of_scope) };
    let report = Report::of(common, &trace, &filter, false);
    answer(&trace, common.format(), &report, || report.text())
}

/// Loads the file and prints its regions.
///
/// # Errors
/// When the file is unreadable, or has nothing of the scope.
pub fn run_regions(args: &RegionsArgs) -> CliResult {
    let common = &args.common;
    let trace = load(&common.file)?;
    let of_scope = Filter::of_scope(&trace, &common.scope.scope(&trace)?, true);
    let filter = Filter { depth: args.depth, ..args.instances.filter(of_scope) };
    let report = Report::of(common, &trace, &filter, true);
    answer(&trace, common.format(), &report, || report.text())
}

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file as given.
    pub file: String,
    /// Parts of the trace are damaged, so some may be missing.
    pub partial: bool,
    /// By type (regions: and by the line that begins them), most time first.
    pub types: Vec<Type>,
}

/// Tasks or regions of a type.
#[derive(Clone, Debug, Serialize)]
pub struct Type {
    /// The type.
    pub name: String,
    /// Regions: `function (file:line)` that begins them; null for tasks.
    pub place: Option<String>,
    /// How many.
    pub count: u64,
    /// Of those, without beginning or end in the trace.
    pub incomplete: u64,
    /// Of the complete ones: sum, mean, median, 95th and 99th percentile, longest; null but for the sum if none is.
    pub total_ns: u64,
    /// Mean.
    pub mean_ns: Option<u64>,
    /// Median.
    pub p50_ns: Option<u64>,
    /// 95th percentile.
    pub p95_ns: Option<u64>,
    /// 99th percentile.
    pub p99_ns: Option<u64>,
    /// Longest.
    pub max_ns: Option<u64>,
    /// The slowest, slowest first, at most `--limit`.
    pub slowest: Vec<Instance>,
}

/// A task or region.
#[derive(Clone, Debug, Serialize)]
pub struct Instance {
    /// What its system calls are: some may be cgo calls.
    #[serde(skip)]
    pub calls: &'static str,
    /// The runtime's id; of regions that of the task they belong to, null for none.
    pub task: Option<i64>,
    /// Tasks: the task it belongs to; null for none.
    pub parent: Option<i64>,
    /// Tasks: those begun under it.
    pub children: Vec<i64>,
    /// Regions: nesting on the goroutine, outermost 0; null for tasks.
    pub depth: Option<u32>,
    /// The goroutine it is on, or that began it; null if not known.
    pub goroutine: Option<i64>,
    /// From the start of the trace.
    pub start_ns: i64,
    /// How long, clipped to the trace.
    pub duration_ns: i64,
    /// Both ends lie in the trace.
    pub complete: bool,
    /// Tasks: goroutines that took part.
    pub goroutines: Vec<i64>,
    /// Tasks: `category: message`.
    pub logs: Vec<String>,
    /// Tasks: goroutines' time in it: running.
    pub running_ns: u64,
    /// Waiting for a proc.
    pub runnable_ns: u64,
    /// In system calls.
    pub syscall_ns: u64,
    /// Blocked.
    pub blocked_ns: u64,
    /// Tasks: of these times, those on other goroutines than the one that began it.
    pub on_others_ns: u64,
    /// Tasks with regions: how long no goroutine was in one of them.
    pub outside_regions_ns: u64,
}

impl Report {
    /// Of a loaded trace.
    #[must_use]
    pub fn of(args: &CommonArgs, trace: &Trace, filter: &Filter, is_regions: bool) -> Self {
        let monitor = Monitor::new();
        // Nobody cancels.
        let types = if is_regions {
            let found = regions(trace, filter, &monitor).unwrap_or_default();
            let instance = |found: &trace_core::analysis::tasks::RegionInstance| {
                let (region, complete) = (found.region, found.complete);
                let task = region.task.and_then(|task| trace.task(task)).map(|task| task.id.signed());
                let (goroutine, depth) = (goroutine(trace, region.go), Some(region.depth));
                Instance { task, goroutine, depth, ..Instance::new(trace, region.range, complete) }
            };
            found.iter().map(|family| Type::of(trace, family, args.limit, instance)).collect()
        } else {
            let found = tasks(trace, filter, &monitor).unwrap_or_default();
            let index = TaskIndex::of(trace);
            let one = |found: &TaskInstance| task(trace, &index, found);
            found.iter().map(|family| Type::of(trace, family, args.limit, one)).collect()
        };
        let partial = is_damaged(trace);
        Self { file: args.file.display().to_string(), partial, types }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = Text::new();
        if self.partial {
            line(&mut text, "parts of the trace are damaged: some may be missing");
        }
        if self.types.is_empty() {
            line(&mut text, "The trace has none.");
        }
        for found in &self.types {
            let place = found.place.as_ref().map_or_else(String::new, |place| format!(" at {place}"));
            let open = if found.incomplete > 0 { format!(" ({} cut)", found.incomplete) } else { String::new() };
            let name = if found.name.is_empty() { "(unnamed)" } else { &found.name };
            let head = format!("{name}{place}: {}{open}", count(found.count));
            let names = ["mean", "median", "p95", "max"];
            let times = [found.mean_ns, found.p50_ns, found.p95_ns, found.max_ns];
            let times = names.iter().zip(times).filter_map(|(name, time)| Some(format!(", {name} {}", nanos(time?))));
            line(&mut text, &format!("{head}{}", times.collect::<String>()));
            for one in &found.slowest {
                line(&mut text, &one.words());
            }
        }
        text
    }
}

impl Type {
    fn of<T>(trace: &Trace, family: &Family<T>, limit: usize, instance: impl Fn(&T) -> Instance) -> Self {
        let latency = &family.latency;
        let place = family.place.as_ref().map(|place| place.in_words());
        Self {
            name: trace.str(family.name).to_owned(),
            place,
            count: family.count,
            incomplete: family.incomplete,
            total_ns: latency.total,
            mean_ns: latency.mean,
            p50_ns: latency.p50,
            p95_ns: latency.p95,
            p99_ns: latency.p99,
            max_ns: latency.max,
            slowest: family.instances.iter().take(limit).map(instance).collect(),
        }
    }
}

impl Instance {
    fn new(trace: &Trace, range: trace_core::base::time::TimeRange, complete: bool) -> Self {
        Self {
            calls: calls(trace),
            task: None,
            parent: None,
            children: Vec::new(),
            depth: None,
            goroutine: None,
            start_ns: since_start(trace, range.start),
            duration_ns: range.nanos(),
            complete,
            goroutines: Vec::new(),
            logs: Vec::new(),
            running_ns: 0,
            runnable_ns: 0,
            syscall_ns: 0,
            blocked_ns: 0,
            on_others_ns: 0,
            outside_regions_ns: 0,
        }
    }

    fn words(&self) -> String {
        let task = self.task.map_or_else(String::new, |task| format!(" task {task}"));
        let go = self.goroutine.map_or_else(String::new, |go| format!(" G{go}"));
        let cut = if self.complete { "" } else { " (cut)" };
        let mut words = format!("{:>12}{cut} at {}{task}{go}", duration(self.duration_ns), duration(self.start_ns));
        if let Some(depth) = self.depth.filter(|depth| *depth > 0) {
            // Writing to a string does not fail.
            write!(words, ", depth {depth}").unwrap_or_default();
        }
        if let Some(parent) = self.parent {
            write!(words, ", of task {parent}").unwrap_or_default();
        }
        if !self.children.is_empty() {
            let some: Vec<String> = self.children.iter().take(8).map(i64::to_string).collect();
            let more = if self.children.len() > 8 { ", …" } else { "" };
            write!(words, ", with tasks {}{more}", some.join(", ")).unwrap_or_default();
        }
        let in_calls = format!("in {}", self.calls);
        let states = [
            ("running", self.running_ns),
            ("runnable", self.runnable_ns),
            (in_calls.as_str(), self.syscall_ns),
            ("blocked", self.blocked_ns),
        ];
        for (name, value) in states.into_iter().filter(|state| state.1 > 0) {
            // Writing to a string does not fail.
            write!(words, ", {} {name}", nanos(value)).unwrap_or_default();
        }
        if self.on_others_ns > 0 {
            write!(words, ", {} of it on other goroutines", nanos(self.on_others_ns)).unwrap_or_default();
        }
        if self.outside_regions_ns > 0 {
            let outside = nanos(self.outside_regions_ns);
            write!(words, "; {outside} outside of its regions: not covered").unwrap_or_default();
        }
        words
    }
}

fn task(trace: &Trace, index: &TaskIndex, found: &TaskInstance) -> Instance {
    let details = details(trace, index, &found.task);
    let task_id = |task: TaskIx| trace.task(task).map(|task| task.id.signed());
    let log = |log: &trace_core::model::trace::Log| format!("{}: {}", trace.str(log.category), trace.str(log.message));
    let times = &details.breakdown;
    Instance {
        task: Some(found.task.id.signed()),
        parent: found.task.parent.and_then(task_id),
        children: details.children.iter().filter_map(|&child| task_id(child)).collect(),
        goroutine: goroutine(trace, found.task.go),
        goroutines: details.goroutines.iter().filter_map(|&go| goroutine(trace, go)).collect(),
        logs: details.logs.iter().map(log).collect(),
        running_ns: times.running,
        runnable_ns: times.runnable,
        syscall_ns: times.syscall + times.syscall_blocked,
        blocked_ns: times.blocked(),
        on_others_ns: details.on_others,
        outside_regions_ns: details.outside_regions,
        ..Instance::new(trace, found.range, found.complete)
    }
}
