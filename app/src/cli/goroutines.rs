//! `tracelane goroutines`: what goroutines spend their time on, by start function or one by one.

use clap::Args;
use serde::Serialize;
use trace_core::analysis::goroutines::{Breakdown, GoTimes, Group, Groups, SortBy, goroutines, groups};
use trace_core::analysis::spread::Spread;
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::common::CommonArgs;
use crate::cli::exit::{CliResult, is_damaged};
use crate::cli::load::load;
use crate::cli::names::since_start;
use crate::cli::print::{answer, explain_calls, line};
use crate::cli::scope::Who;
use crate::cli::text::Text;
use crate::cli::values;
use crate::fmt::name::{calls, function};
use crate::fmt::number::count;
use crate::fmt::time::{duration, nanos, nanos_or_dash};
use crate::fmt::words::counted;

/// What the long help says.
pub const ABOUT: &str = "\
How goroutines spend their time, by start function: how many there are, execution time (total and percentiles),
scheduler wait, system calls (including cgo calls) and blocking. With --function or --goroutine, also each goroutine.";

/// The fields of its JSON.
pub const JSON: &str = "\
With --format json, one JSON object with these fields, which stay as they are:

  file, partial, goroutines, all {times}, groups [{function, count, began_before, goes_on,
  execution and lifetime {total_ns, mean_ns, p50_ns, p95_ns, max_ns}, times}],
  each [{goroutine, start_ns, end_ns, began_before, goes_on, times}]
  times {total_ns, running_ns, no_cpu_ns, runnable_ns, syscall_ns, syscall_blocked_ns, unknown_ns,
         blocked [{reason, total_ns}], assist_ns, sweep_ns, stw_ns}
  (running to blocked sum to total; assist, sweep and stw lie inside them)";

/// The arguments of `tracelane goroutines`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct GoroutinesArgs {
    /// Order of groups and goroutines
    #[arg(long, value_name = "ORDER", default_value = "execution", value_parser = values::one_of(ORDERS, sort_by))]
    pub sort: SortBy,
    /// What most analyses take.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// The names of orders.
const ORDERS: [&str; 8] = ["execution", "count", "lifetime", "runnable", "syscall", "blocked", "assist", "name"];

/// The order of a name.
#[must_use]
pub fn sort_by(name: &str) -> Option<SortBy> {
    Some(match name {
        "execution" => SortBy::Execution,
        "count" => SortBy::Count,
        "lifetime" => SortBy::Lifetime,
        "runnable" => SortBy::Runnable,
        "syscall" => SortBy::Syscall,
        "blocked" => SortBy::Blocked,
        "assist" => SortBy::Assist,
        "name" => SortBy::Name,
        _ => return None,
    })
}

/// Loads the file and prints what its goroutines did.
///
/// # Errors
/// When the file is unreadable or the scope is not in it.
pub fn run(args: &GoroutinesArgs) -> CliResult {
    let trace = load(&args.common.file)?;
    let monitor = Monitor::new();
    let pieces = args.common.scope.scope(&trace)?.pieces(&trace);
    // Nobody cancels.
    let mut all = groups(&trace, &pieces, &monitor).unwrap_or_default();
    all.sort(&trace, args.sort);
    let one_by_one = matches!(args.common.scope.who(), Who::Function(_) | Who::Goroutine(_));
    let each = if one_by_one {
        goroutines(&trace, &pieces, None, (args.sort, args.common.limit), &monitor).unwrap_or_default()
    } else {
        Vec::new()
    };
    let report = Report::of(args, &trace, &all, &each);
    answer(&trace, args.common.format(), &report, || report.text())
}

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file as given.
    pub file: String,
    /// What its system calls are: some may be cgo calls.
    #[serde(skip)]
    pub calls: &'static str,
    /// Parts of the trace are damaged, so the sums are partial.
    pub partial: bool,
    /// Goroutines in the scope.
    pub goroutines: u64,
    /// Sum of all.
    pub all: Times,
    /// By start function, as sorted, at most `--limit`.
    pub groups: Vec<GroupTimes>,
    /// With `--function` or `--goroutine`: one by one, as sorted, at most `--limit`.
    pub each: Vec<OneTimes>,
}

/// Goroutines with the same start function.
#[derive(Clone, Debug, Serialize)]
pub struct GroupTimes {
    /// The start function.
    pub function: String,
    /// How many.
    pub count: u64,
    /// Of those, in existence before the scope began.
    pub began_before: u64,
    /// Of those, alive after it ended.
    pub goes_on: u64,
    /// Execution by goroutine.
    pub execution: SpreadTimes,
    /// Presence by goroutine.
    pub lifetime: SpreadTimes,
    /// The sum of all.
    pub times: Times,
}

/// One goroutine.
#[derive(Clone, Debug, Serialize)]
pub struct OneTimes {
    /// The runtime's id.
    pub goroutine: i64,
    /// First instant of it in the scope, from the start of the trace.
    pub start_ns: i64,
    /// Last one.
    pub end_ns: i64,
    /// It was there before.
    pub began_before: bool,
    /// It is there afterwards.
    pub goes_on: bool,
    /// Where its time went.
    pub times: Times,
}

/// How durations spread. What none can have is null then.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SpreadTimes {
    /// Sum.
    pub total_ns: u64,
    /// Mean.
    pub mean_ns: Option<u64>,
    /// Median (nearest rank).
    pub p50_ns: Option<u64>,
    /// 95th percentile.
    pub p95_ns: Option<u64>,
    /// Longest.
    pub max_ns: Option<u64>,
}

/// Where time went: running to unknown and blocked sum to total; assist, sweep and stw lie inside them.
#[derive(Clone, Debug, Serialize)]
pub struct Times {
    /// Presence.
    pub total_ns: u64,
    /// Executing.
    pub running_ns: u64,
    /// Executing, or in system calls with a proc, as far as the runtime knows, but the process had no CPU.
    pub no_cpu_ns: u64,
    /// Waiting for a proc.
    pub runnable_ns: u64,
    /// In system calls with a proc.
    pub syscall_ns: u64,
    /// In system calls without a proc.
    pub syscall_blocked_ns: u64,
    /// Not known.
    pub unknown_ns: u64,
    /// Blocked, by reason, most first.
    pub blocked: Vec<Blocked>,
    /// Assisting the collector.
    pub assist_ns: u64,
    /// Sweeping.
    pub sweep_ns: u64,
    /// Stopping the world.
    pub stw_ns: u64,
}

/// Time blocked for one reason.
#[derive(Clone, Debug, Serialize)]
pub struct Blocked {
    /// The runtime's word; empty if not told.
    pub reason: String,
    /// How long.
    pub total_ns: u64,
}

impl Report {
    /// Of what was found.
    #[must_use]
    pub fn of(args: &GoroutinesArgs, trace: &Trace, all: &Groups, each: &[GoTimes]) -> Self {
        Self {
            file: args.common.file.display().to_string(),
            partial: is_damaged(trace),
            calls: calls(trace),
            goroutines: all.count,
            all: Times::of(trace, &all.all),
            groups: all.groups.iter().take(args.common.limit).map(|group| GroupTimes::of(trace, group)).collect(),
            each: each.iter().map(|times| OneTimes::of(trace, times)).collect(),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = Text::new();
        if self.partial {
            line(&mut text, "parts of the trace are damaged: the sums are partial");
        }
        line(&mut text, "   count  execution   p50       p95       max  runnable   syscall   blocked  function");
        for group in &self.groups {
            let (execution, times) = (&group.execution, &group.times);
            let name = if group.function.is_empty() { "(not known)" } else { function(&group.function) };
            let head = format!("{:>8} {:>10}", count(group.count), nanos(execution.total_ns));
            let spread = [execution.p50_ns, execution.p95_ns, execution.max_ns];
            let others = [times.runnable_ns, times.syscall_ns + times.syscall_blocked_ns, times.blocked_ns()];
            let cells = spread.into_iter().chain(others.map(Some));
            let cells: String = cells.map(|value| format!(" {:>9}", nanos_or_dash(value))).collect();
            line(&mut text, &format!("{head}{cells}  {name}"));
        }
        explain_calls(&mut text, self.calls);
        for one in &self.each {
            let range = format!("{} to {}", duration(one.start_ns), duration(one.end_ns));
            line(&mut text, &format!("G{}, {range}: {}", one.goroutine, one.times.words(self.calls)));
        }
        line(&mut text, &format!("{}: {}", counted(self.goroutines, "goroutine"), self.all.words(self.calls)));
        text
    }
}

impl GroupTimes {
    fn of(trace: &Trace, group: &Group) -> Self {
        Self {
            function: trace.str(group.name).to_owned(),
            count: group.count,
            began_before: group.began_before,
            goes_on: group.goes_on,
            execution: SpreadTimes::of(&group.execution),
            lifetime: SpreadTimes::of(&group.lifetime),
            times: Times::of(trace, &group.breakdown),
        }
    }
}

impl OneTimes {
    fn of(trace: &Trace, times: &GoTimes) -> Self {
        Self {
            goroutine: times.id.signed(),
            start_ns: since_start(trace, times.range.start),
            end_ns: since_start(trace, times.range.end),
            began_before: times.began_before,
            goes_on: times.goes_on,
            times: Times::of(trace, &times.breakdown),
        }
    }
}

impl SpreadTimes {
    const fn of(spread: &Spread) -> Self {
        Self {
            total_ns: spread.total,
            mean_ns: spread.mean,
            p50_ns: spread.p50,
            p95_ns: spread.p95,
            max_ns: spread.max,
        }
    }
}

impl Times {
    fn of(trace: &Trace, times: &Breakdown) -> Self {
        let blocked = times.waits.iter();
        let blocked =
            blocked.map(|&(reason, total_ns)| Blocked { reason: trace.str(reason).to_owned(), total_ns }).collect();
        Self {
            total_ns: times.total,
            running_ns: times.running,
            no_cpu_ns: times.no_cpu,
            runnable_ns: times.runnable,
            syscall_ns: times.syscall,
            syscall_blocked_ns: times.syscall_blocked,
            unknown_ns: times.unknown,
            blocked,
            assist_ns: times.assist,
            sweep_ns: times.sweep,
            stw_ns: times.stw,
        }
    }

    fn blocked_ns(&self) -> u64 {
        self.blocked.iter().map(|blocked| blocked.total_ns).sum()
    }

    /// `122 ms: 20 ms running, 100 ms chan receive, …`, parts that are not there left out.
    fn words(&self, calls: &str) -> String {
        let in_calls = [format!("in {calls}"), format!("in {calls} without a proc")];
        let states = [
            ("running", self.running_ns),
            ("running without a CPU", self.no_cpu_ns),
            ("runnable", self.runnable_ns),
            (in_calls[0].as_str(), self.syscall_ns),
            (in_calls[1].as_str(), self.syscall_blocked_ns),
            ("not known", self.unknown_ns),
        ];
        let name = |reason: &str| if reason.is_empty() { "waiting".to_owned() } else { format!("waiting ({reason})") };
        let blocked = self.blocked.iter().map(|blocked| (name(&blocked.reason), blocked.total_ns));
        let ranges = [("of it GC assist", self.assist_ns), ("of it sweep", self.sweep_ns), ("of it STW", self.stw_ns)];
        let named = |(name, nanos): (&str, u64)| (name.to_owned(), nanos);
        let parts = states.into_iter().map(named).chain(blocked).chain(ranges.into_iter().map(named));
        let parts: Vec<String> =
            parts.filter(|part| part.1 > 0).map(|(name, value)| format!("{} {name}", nanos(value))).collect();
        let parts = if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) };
        format!("{}{parts}", nanos(self.total_ns))
    }
}
