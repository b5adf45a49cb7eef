//! `tracelane latency`: how long goroutines waited for a proc, by start function, and who had the procs meanwhile.

use clap::{Args, ValueEnum};
use serde::Serialize;
use trace_core::analysis::antagonists::{Antagonists, FunctionShare, antagonists};
use trace_core::analysis::latency::{GoLatency, Latency, LatencyGroup, Made, ReadyWait, latency, latency_by_goroutine};
use trace_core::analysis::spread::Spread;
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::common::CommonArgs;
use crate::cli::exit::{CliResult, is_damaged};
use crate::cli::frame::Frame;
use crate::cli::load::load;
use crate::cli::names::{id_of, since_start};
use crate::cli::print::{answer, line};
use crate::cli::text::Text;
use crate::fmt::name::{calls, function, is_runtime};
use crate::fmt::number::{count, percent};
use crate::fmt::time::{duration, nanos, nanos_or_dash};

/// What the long help says.
pub const ABOUT: &str = "\
Scheduler latency: how long goroutines were runnable before they ran, by start function, with the longest waits; then
what the procs were doing at the time. A runnable goroutine waits for every proc at once, so 1 ms of waiting with 4
procs is 4 ms of proc time. Each nanosecond of that was spent running a goroutine, in a system call that kept its
proc, by a thread that looked for work or switched, or idle, or the process got no CPU. With --goroutine and --range:
for one wait. Waits include time in which the process got no CPU.";

/// The fields of its JSON.
pub const JSON: &str = "\
With --format json, one JSON object with these fields, which stay as they are:

  file, partial, all {waits}, functions [{waits}], goroutines (with --by goroutine)
  [{goroutine, function, waits, made, longest}], antagonists {ready_ns, proc_ns, running_ns, syscall_ns,
  looking_ns, no_cpu_ns, idle_ns, avoidable_ns (of ready_ns: some proc idle, the world not stopped), stopped_ns
  (of ready_ns: the world stopped), functions [{function, goroutines, running_ns, syscall_ns}],
  goroutines [{goroutine, function, running_ns, syscall_ns}]}
  waits {function, goroutines, waits {count, total_ns, mean_ns, p50_ns, p95_ns, p99_ns, max_ns}, cut,
         made {created_ns, unblocked_ns, stopped_ns, returned_ns, unknown_ns},
         worst [{goroutine, start_ns, duration_ns, made, stack [{function, file, line}]}]}
  (made sums to total_ns; running, syscall, looking, no_cpu and idle sum to proc_ns)";

/// The arguments of `tracelane latency`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct LatencyArgs {
    /// What is listed; goroutines: single ones, longest total wait first
    #[arg(long, value_enum, value_name = "GROUP", default_value = "function")]
    pub by: By,
    /// What most analyses take.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// What waits are listed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Start function.
    Function,
    /// Single goroutine.
    Goroutine,
}

/// Loads the file and prints how long its goroutines waited for a proc.
///
/// # Errors
/// When the file is unreadable or the scope is not in it.
pub fn run(args: &LatencyArgs) -> CliResult {
    let trace = load(&args.common.file)?;
    let monitor = Monitor::new();
    let pieces = args.common.scope.scope(&trace)?.pieces(&trace);
    // Nobody cancels.
    let found = latency(&trace, &pieces, &monitor).unwrap_or_default();
    let others = antagonists(&trace, &pieces, args.common.limit, &monitor).unwrap_or_default();
    let mut report = Report::of(args, &trace, &found, &others);
    if args.by == By::Goroutine {
        let gos = latency_by_goroutine(&trace, &pieces, args.common.limit, &monitor).unwrap_or_default();
        report.goroutines = Some(gos.iter().map(|found| GoWaits::of(&trace, found)).collect());
    }
    answer(&trace, args.common.format(), &report, || report.text())
}

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file as given.
    pub file: String,
    /// Parts of the trace are damaged, so the sums are partial.
    pub partial: bool,
    /// All waits of the scope.
    pub all: Waits,
    /// By start function, most time first, at most `--limit`.
    pub functions: Vec<Waits>,
    /// With `--by goroutine`: single goroutines, most time first, at most `--limit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub goroutines: Option<Vec<GoWaits>>,
    /// Who had the procs meanwhile.
    pub antagonists: Others,
}

/// Waits of one goroutine.
#[derive(Clone, Debug, Serialize)]
pub struct GoWaits {
    /// Its id.
    pub goroutine: i64,
    /// Its start function; empty if the trace never tells.
    pub function: String,
    /// How long the single waits were.
    pub waits: Distribution,
    /// Time by what made it ready.
    pub made: MadeTimes,
    /// The longest.
    pub longest: Wait,
}

impl GoWaits {
    fn of(trace: &Trace, found: &GoLatency) -> Self {
        Self {
            goroutine: id_of(trace, found.go),
            function: trace.str(found.name).to_owned(),
            waits: Distribution::of(&found.waits),
            made: MadeTimes::of(&found.made),
            longest: Wait::of(trace, &found.longest),
        }
    }
}

/// Waits for a proc.
#[derive(Clone, Debug, Serialize)]
pub struct Waits {
    /// The start function; empty for all, or if the trace never tells.
    pub function: String,
    /// How many goroutines waited.
    pub goroutines: u64,
    /// How long the single waits were.
    pub waits: Distribution,
    /// Waits cut by the edges of trace or scope.
    pub cut: u64,
    /// Time by what made the goroutine ready.
    pub made: MadeTimes,
    /// The longest, longest first, at most 20.
    pub worst: Vec<Wait>,
}

/// Time by what made a goroutine ready.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MadeTimes {
    /// It was created.
    pub created_ns: u64,
    /// It was unblocked, or switched to.
    pub unblocked_ns: u64,
    /// It was preempted, or it yielded.
    pub stopped_ns: u64,
    /// It came back from a system call without its proc.
    pub returned_ns: u64,
    /// It was ready when the trace began.
    pub unknown_ns: u64,
}

/// How durations spread; percentiles by nearest rank. What none can have is null then.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Distribution {
    /// How many.
    pub count: u64,
    /// Sum.
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
}

/// One wait.
#[derive(Clone, Debug, Serialize)]
pub struct Wait {
    /// The goroutine's id.
    pub goroutine: i64,
    /// From the start of the trace.
    pub start_ns: i64,
    /// How long, inside the scope.
    pub duration_ns: u64,
    /// `created`, `unblocked`, `stopped`, `returned` or `unknown`.
    pub made: &'static str,
    /// The stack of who created or unblocked it, or its own; leaf first.
    pub stack: Vec<Frame>,
}

/// Who had the procs meanwhile. `proc_ns` is `ready_ns` times the procs there were; `running_ns`, `syscall_ns`,
/// `looking_ns`, `no_cpu_ns` and `idle_ns` sum to it.
#[derive(Clone, Debug, Serialize)]
pub struct Others {
    /// What its system calls are: some may be cgo calls.
    #[serde(skip)]
    pub calls: &'static str,
    /// How long goroutines of the scope were ready, added up.
    pub ready_ns: u64,
    /// The same times the procs there were.
    pub proc_ns: u64,
    /// Goroutines ran.
    pub running_ns: u64,
    /// Goroutines in system calls held the proc.
    pub syscall_ns: u64,
    /// Threads had the proc but ran no goroutine.
    pub looking_ns: u64,
    /// Threads had the proc, but the process got no CPU; part of none of the above.
    pub no_cpu_ns: u64,
    /// Nobody had the proc.
    pub idle_ns: u64,
    /// Of `ready_ns`: some proc was idle, and the world was not stopped.
    pub avoidable_ns: u64,
    /// Of `ready_ns`: the world was stopped.
    pub stopped_ns: u64,
    /// By start function, most first, at most `--limit`.
    pub functions: Vec<FunctionTimes>,
    /// Single goroutines, most first, at most `--limit`.
    pub goroutines: Vec<GoTimes>,
}

/// What goroutines with one start function had of the procs.
#[derive(Clone, Debug, Serialize)]
pub struct FunctionTimes {
    /// Start function.
    pub function: String,
    /// How many of them.
    pub goroutines: u64,
    /// Ran.
    pub running_ns: u64,
    /// Held in system calls.
    pub syscall_ns: u64,
}

/// What one goroutine had of the procs.
#[derive(Clone, Debug, Serialize)]
pub struct GoTimes {
    /// Its id.
    pub goroutine: i64,
    /// Start function.
    pub function: String,
    /// Ran.
    pub running_ns: u64,
    /// Held in system calls.
    pub syscall_ns: u64,
}

impl Report {
    /// Of what was found.
    #[must_use]
    pub fn of(args: &LatencyArgs, trace: &Trace, found: &Latency, others: &Antagonists) -> Self {
        Self {
            file: args.common.file.display().to_string(),
            partial: is_damaged(trace),
            all: Waits::of(trace, &found.all),
            functions: found.groups.iter().take(args.common.limit).map(|group| Waits::of(trace, group)).collect(),
            goroutines: None,
            antagonists: Others::of(trace, others, args.common.limit),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = Text::new();
        if self.partial {
            line(&mut text, "parts of the trace are damaged: the sums are partial");
        }
        if self.all.waits.count == 0 {
            line(&mut text, "No goroutine waited for a proc.");
            return text;
        }
        let what = if self.goroutines.is_some() { "goroutine" } else { "function" };
        line(&mut text, &format!("    waits {}  {what}", Distribution::HEADING));
        for found in self.goroutines.iter().flatten() {
            let (waits, name) = (&found.waits, function(&found.function));
            line(&mut text, &format!("{:>9} {}  G{} {name}", count(waits.count), waits.cells(), found.goroutine));
        }
        for group in self.functions.iter().filter(|_| self.goroutines.is_none()) {
            let name = if group.function.is_empty() { "(not known)" } else { function(&group.function) };
            line(&mut text, &format!("{:>9} {}  {name}", count(group.waits.count), group.waits.cells()));
        }
        line(&mut text, &format!("{:>9} {}  all", count(self.all.waits.count), self.all.waits.cells()));
        text.blank();
        line(&mut text, "longest waits");
        for wait in &self.all.worst {
            line(&mut text, &wait.words());
        }
        text.append(&self.antagonists.text());
        text
    }
}

impl Waits {
    fn of(trace: &Trace, group: &LatencyGroup) -> Self {
        Self {
            function: trace.str(group.name).to_owned(),
            goroutines: group.goroutines,
            waits: Distribution::of(&group.waits),
            cut: group.cut,
            made: MadeTimes::of(&group.made),
            worst: group.worst.iter().map(|wait| Wait::of(trace, wait)).collect(),
        }
    }
}

impl MadeTimes {
    fn of(nanos: &[u64; Made::ALL.len()]) -> Self {
        let [created_ns, unblocked_ns, stopped_ns, returned_ns, unknown_ns] = *nanos;
        Self { created_ns, unblocked_ns, stopped_ns, returned_ns, unknown_ns }
    }
}

impl Distribution {
    /// Over [`Self::cells`].
    pub const HEADING: &'static str = "     total      mean       p50       p95       p99       max";

    /// Of a spread.
    #[must_use]
    pub const fn of(spread: &Spread) -> Self {
        Self {
            count: spread.count,
            total_ns: spread.total,
            mean_ns: spread.mean,
            p50_ns: spread.p50,
            p95_ns: spread.p95,
            p99_ns: spread.p99,
            max_ns: spread.max,
        }
    }

    /// All but the count, in columns.
    #[must_use]
    pub fn cells(&self) -> String {
        let others = [self.mean_ns, self.p50_ns, self.p95_ns, self.p99_ns, self.max_ns];
        let others: String = others.iter().map(|&value| format!(" {:>9}", nanos_or_dash(value))).collect();
        format!("{:>10}{others}", nanos(self.total_ns))
    }
}

impl Wait {
    fn of(trace: &Trace, wait: &ReadyWait) -> Self {
        Self {
            goroutine: id_of(trace, wait.go),
            start_ns: since_start(trace, wait.range.start),
            duration_ns: wait.nanos,
            made: wait.made.name(),
            stack: Frame::all(trace, wait.stack),
        }
    }

    fn words(&self) -> String {
        let why = match self.made {
            "created" => ", created",
            "unblocked" => ", unblocked",
            "stopped" => ", stopped running",
            "returned" => ", back from a system call without its proc",
            _ => "",
        };
        let place = self.stack.iter().find(|frame| frame.is_known() && !is_runtime(&frame.function));
        let place = place.map_or_else(String::new, |frame| format!(" at {}", frame.in_short()));
        format!("{:>10} at {}: G{}{why}{place}", nanos(self.duration_ns), duration(self.start_ns), self.goroutine)
    }
}

impl Others {
    /// The first `limit` of them.
    #[must_use]
    pub fn of(trace: &Trace, found: &Antagonists, limit: usize) -> Self {
        let one = |share: &FunctionShare| FunctionTimes {
            function: trace.str(share.name).to_owned(),
            goroutines: share.goroutines,
            running_ns: share.running,
            syscall_ns: share.syscall,
        };
        let goroutines = found.goroutines.iter().take(limit).map(|share| GoTimes {
            goroutine: share.id.signed(),
            function: trace.str(share.name).to_owned(),
            running_ns: share.running,
            syscall_ns: share.syscall,
        });
        Self {
            calls: calls(trace),
            ready_ns: found.ready,
            proc_ns: found.proc_nanos,
            running_ns: found.running,
            syscall_ns: found.syscall,
            looking_ns: found.looking,
            no_cpu_ns: found.no_cpu,
            idle_ns: found.idle,
            avoidable_ns: found.avoidable,
            stopped_ns: found.stopped,
            functions: found.functions.iter().take(limit).map(one).collect(),
            goroutines: goroutines.collect(),
        }
    }

    fn text(&self) -> Text {
        let mut text = Text::new();
        let (waiting, procs) = (nanos(self.ready_ns), nanos(self.proc_ns));
        text.blank();
        line(&mut text, &format!("who had the procs meanwhile ({waiting} of waiting make {procs} of proc time)"));
        let share = |value: u64| format!("{:>10} {:>8}", nanos(value), percent(value, self.proc_ns));
        for found in &self.functions {
            let name = if found.function.is_empty() { "(not known)" } else { function(&found.function) };
            let calls = if found.syscall_ns > 0 {
                format!(", {} of it in {}", nanos(found.syscall_ns), self.calls)
            } else {
                String::new()
            };
            let many = crate::fmt::words::counted(found.goroutines, "goroutine");
            line(&mut text, &format!("{}  {name} ({many}{calls})", share(found.running_ns + found.syscall_ns)));
        }
        let told: u64 = self.functions.iter().map(|found| found.running_ns + found.syscall_ns).sum();
        let rest = [
            (self.running_ns + self.syscall_ns - told, "other functions"),
            (self.looking_ns, "threads that looked for work or switched"),
            (self.no_cpu_ns, "no CPU for the process"),
            (self.idle_ns, "idle procs"),
        ];
        for (value, what) in rest.into_iter().filter(|rest| rest.0 > 0) {
            line(&mut text, &format!("{}  {what}", share(value)));
        }
        for found in self.goroutines.iter().take(5) {
            let total = found.running_ns + found.syscall_ns;
            line(&mut text, &format!("{}  of it G{} {}", share(total), found.goroutine, function(&found.function)));
        }
        let waiting = |value: u64| format!("{} ({})", nanos(value), percent(value, self.ready_ns));
        line(&mut text, &format!("some proc was idle for {} of the waiting", waiting(self.avoidable_ns)));
        if self.stopped_ns > 0 {
            line(&mut text, &format!("the world was stopped for {} of it", waiting(self.stopped_ns)));
        }
        text
    }
}
