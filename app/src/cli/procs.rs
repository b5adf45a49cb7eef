//! `tracelane procs` and `tracelane threads`: what procs and threads were used for.

use serde::Serialize;
use trace_core::analysis::procs::{ProcTimes, Procs, procs};
use trace_core::analysis::threads::{ThreadTimes, Threads, threads};
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

use crate::cli::common::RangeArgs;
use crate::cli::exit::{CliResult, Exit, is_damaged};
use crate::cli::load::load;
use crate::cli::names::since_start;
use crate::cli::print::{answer, explain_calls, line};
use crate::cli::text::Text;
use crate::fmt::name::calls;
use crate::fmt::number::{count, percent};
use crate::fmt::time::{duration, nanos};

/// What the long help says.
pub const ABOUT: &str = "\
How each proc spent its time: running goroutines, held by a goroutine in a system call, with a thread that looked for
work or switched, or idle; how often it was started, stopped, stolen from a system call or handed over for one. Also
when procs idled while goroutines were runnable (a goroutine that becomes runnable does not run at once, so there is
always some of this). threads shows the same for threads, and how many had procs or were blocked in system calls over
time. Go's runtime records cgo calls as system calls: they are counted together here; tracelane syscalls separates them.";

/// The fields of its JSON.
pub const JSON: &str = "\
With --format json, one JSON object with these fields, which stay as they are:

  procs: file, partial, range_ns, gomaxprocs_min, gomaxprocs_max, stopped_ns,
  procs [{proc, running_ns, syscall_ns, looking_ns, no_cpu_ns, idle_ns, unknown_ns (these six sum to range_ns),
          gc_ns, sweep_ns, stopped_ns, starts, stops, handovers, steals}],
  idle_while_ready {total_ns, count, waiting_ns, worst [{start_ns, duration_ns}]}
  threads: file, partial, range_ns, count, threads [{thread, with_proc_ns, running_ns, syscall_ns, looking_ns, no_cpu_ns
          (these four sum to with_proc_ns), blocked_ns, nothing_ns, starts}],
  bucket_ns, with_proc_ns [ns by bucket], blocked_ns [ns by bucket]";

/// Loads the file and prints what its procs were used for.
///
/// # Errors
/// When the file is unreadable.
pub fn run(args: &RangeArgs) -> CliResult {
    let trace = load(&args.file)?;
    let found = procs(&trace, args.range_in(&trace), &Monitor::new()).unwrap_or_default();
    let report = Report::of(args, &trace, &found);
    answer(&trace, args.format(), &report, || report.text())
}

/// Loads the file and prints what its threads were used for.
///
/// # Errors
/// When the file is unreadable.
pub fn run_threads(args: &RangeArgs) -> CliResult {
    let trace = load(&args.file)?;
    let Some(found) = threads(&trace, args.range_in(&trace), &Monitor::new()) else { return Ok(Exit::Fine) };
    let report = ThreadReport::of(args, &trace, &found);
    answer(&trace, args.format(), &report, || report.text())
}

/// What `procs --json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file as given.
    pub file: String,
    /// Parts of the trace are damaged, so the sums are partial.
    pub partial: bool,
    /// What its system calls are: some may be cgo calls.
    #[serde(skip)]
    pub calls: &'static str,
    /// What is looked at: how long.
    pub range_ns: u64,
    /// Smallest GOMAXPROCS; null if the trace does not tell.
    pub gomaxprocs_min: Option<u64>,
    /// Largest GOMAXPROCS.
    pub gomaxprocs_max: Option<u64>,
    /// For how long the world was stopped.
    pub stopped_ns: u64,
    /// By the runtime's number.
    pub procs: Vec<Proc>,
    /// At least one proc idle while at least one goroutine was ready, the world not being stopped.
    pub idle_while_ready: IdleWhileReady,
}

/// A proc. The first six times sum to the range; `gc_ns` lies in `running_ns`, `stopped_ns` in looking and idle.
#[derive(Clone, Debug, Serialize)]
pub struct Proc {
    /// The runtime's number.
    pub proc: i64,
    /// It ran a goroutine.
    pub running_ns: u64,
    /// Its goroutine was in a system call and held it.
    pub syscall_ns: u64,
    /// Its thread looked for work, or switched.
    pub looking_ns: u64,
    /// A thread had it, but the process had no CPU.
    pub no_cpu_ns: u64,
    /// No thread had it.
    pub idle_ns: u64,
    /// Not in use, or not told.
    pub unknown_ns: u64,
    /// Workers of the collector.
    pub gc_ns: u64,
    /// Sweeping.
    pub sweep_ns: u64,
    /// The world was stopped.
    pub stopped_ns: u64,
    /// Threads took it so often.
    pub starts: u64,
    /// Threads let it go so often.
    pub stops: u64,
    /// They did so for a system call so often.
    pub handovers: u64,
    /// It was taken away from a system call so often.
    pub steals: u64,
}

/// Procs that idled while goroutines were ready.
#[derive(Clone, Debug, Serialize)]
pub struct IdleWhileReady {
    /// For how long.
    pub total_ns: u64,
    /// In how many stretches.
    pub count: u64,
    /// How long goroutines waited meanwhile, added up.
    pub waiting_ns: u64,
    /// The longest stretches, longest first, at most `--limit`.
    pub worst: Vec<Stretch>,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Stretch {
    /// From the start of the trace.
    pub start_ns: i64,
    /// How long.
    pub duration_ns: i64,
}

impl Stretch {
    /// Of a trace's own clock.
    #[must_use]
    pub fn of(trace: &Trace, range: TimeRange) -> Self {
        Self { start_ns: since_start(trace, range.start), duration_ns: range.nanos() }
    }
}

impl Report {
    /// Of what was found.
    #[must_use]
    pub fn of(args: &RangeArgs, trace: &Trace, found: &Procs) -> Self {
        let idle = &found.idle_while_ready;
        Self {
            file: args.file.display().to_string(),
            partial: is_damaged(trace),
            calls: calls(trace),
            range_ns: found.range.nanos().unsigned_abs(),
            gomaxprocs_min: found.limits.map(|limits| limits.0),
            gomaxprocs_max: found.limits.map(|limits| limits.1),
            stopped_ns: found.stopped,
            procs: found.each.iter().map(Proc::of).collect(),
            idle_while_ready: IdleWhileReady {
                total_ns: idle.nanos,
                count: idle.count,
                waiting_ns: idle.waiting,
                worst: idle.worst.iter().take(args.limit).map(|&range| Stretch::of(trace, range)).collect(),
            },
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = Text::new();
        if self.partial {
            line(&mut text, "parts of the trace are damaged: the sums are partial");
        }
        let has_lacked = self.procs.iter().any(|proc| proc.no_cpu_ns > 0);
        let no_cpu = if has_lacked { "   no CPU" } else { "" };
        let rest = "    (GC)   starts    stops  steals  handovers";
        line(&mut text, &format!("proc  running  syscall  looking     idle{no_cpu}{rest}"));
        for proc in &self.procs {
            let share = |value: u64| format!("{:>8}", percent(value, self.range_ns));
            let mut times = vec![proc.running_ns, proc.syscall_ns, proc.looking_ns, proc.idle_ns];
            times.extend(has_lacked.then_some(proc.no_cpu_ns));
            times.push(proc.gc_ns);
            let times: Vec<String> = times.into_iter().map(share).collect();
            let counts = [(proc.starts, 8), (proc.stops, 8), (proc.steals, 7), (proc.handovers, 10)];
            let counts: String = counts.iter().map(|&(value, width)| format!(" {:>width$}", count(value))).collect();
            line(&mut text, &format!("{:>4} {}{counts}", proc.proc, times.join(" ")));
        }
        explain_calls(&mut text, self.calls);
        let limits = match (self.gomaxprocs_min, self.gomaxprocs_max) {
            (Some(min), Some(max)) if min != max => format!(", GOMAXPROCS {min} to {max}"),
            (Some(min), _) => format!(", GOMAXPROCS {min}"),
            _ => String::new(),
        };
        line(
            &mut text,
            &format!("{} total{limits}; the world was stopped for {}", nanos(self.range_ns), nanos(self.stopped_ns)),
        );
        let idle = &self.idle_while_ready;
        if idle.count == 0 {
            line(&mut text, "no proc idled while a goroutine was runnable");
            return text;
        }
        let share = percent(idle.total_ns, self.range_ns);
        line(
            &mut text,
            &format!(
                "some proc idled while goroutines were runnable for {} ({share}) in {} stretches; they waited {}",
                nanos(idle.total_ns),
                count(idle.count),
                nanos(idle.waiting_ns)
            ),
        );
        for stretch in &idle.worst {
            line(&mut text, &format!("{:>10} at {}", duration(stretch.duration_ns), duration(stretch.start_ns)));
        }
        text
    }
}

impl Proc {
    const fn of(times: &ProcTimes) -> Self {
        Self {
            proc: times.id.signed(),
            running_ns: times.running,
            syscall_ns: times.syscall,
            looking_ns: times.looking,
            no_cpu_ns: times.no_cpu,
            idle_ns: times.idle,
            unknown_ns: times.unknown,
            gc_ns: times.gc,
            sweep_ns: times.sweep,
            stopped_ns: times.stopped,
            starts: times.starts,
            stops: times.stops,
            handovers: times.handovers,
            steals: times.steals,
        }
    }
}

/// What `threads --json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct ThreadReport {
    /// The file as given.
    pub file: String,
    /// What its system calls are: some may be cgo calls.
    #[serde(skip)]
    pub calls: &'static str,
    /// Parts of the trace are damaged, so the sums are partial.
    pub partial: bool,
    /// What is looked at: how long.
    pub range_ns: u64,
    /// How many threads the trace tells of.
    pub count: u64,
    /// Most time with a proc first, at most `--limit`.
    pub threads: Vec<Thread>,
    /// Nanoseconds of a bucket of the series.
    pub bucket_ns: u64,
    /// Nanoseconds with a proc, all threads, by bucket.
    pub with_proc_ns: Vec<u64>,
    /// Nanoseconds in system calls without a proc, all threads, by bucket.
    pub blocked_ns: Vec<u64>,
}

/// A thread: running, syscall, looking and no CPU sum to `with_proc_ns`; that, blocked and nothing to the range.
#[derive(Clone, Debug, Serialize)]
pub struct Thread {
    /// The system's id.
    pub thread: i64,
    /// It had a proc.
    pub with_proc_ns: u64,
    /// It ran a goroutine.
    pub running_ns: u64,
    /// In system calls, holding its proc.
    pub syscall_ns: u64,
    /// It looked for work, or switched.
    pub looking_ns: u64,
    /// It had a proc, but the process had no CPU.
    pub no_cpu_ns: u64,
    /// In system calls, its proc gone.
    pub blocked_ns: u64,
    /// Nothing the trace tells of.
    pub nothing_ns: u64,
    /// It took a proc so often.
    pub starts: u64,
}

impl ThreadReport {
    /// Of what was found.
    #[must_use]
    pub fn of(args: &RangeArgs, trace: &Trace, found: &Threads) -> Self {
        Self {
            file: args.file.display().to_string(),
            partial: is_damaged(trace),
            calls: calls(trace),
            range_ns: found.range.nanos().unsigned_abs(),
            count: found.each.len() as u64,
            threads: found.each.iter().take(args.limit).map(Thread::of).collect(),
            bucket_ns: found.buckets.width,
            with_proc_ns: found.with_proc.clone(),
            blocked_ns: found.blocked.clone(),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = Text::new();
        if self.partial {
            line(&mut text, "parts of the trace are damaged: the sums are partial");
        }
        let has_lacked = self.threads.iter().any(|thread| thread.no_cpu_ns > 0);
        let no_cpu = if has_lacked { "     no CPU" } else { "" };
        line(&mut text, &format!("    thread  with proc    running    syscall    looking    blocked{no_cpu}   starts"));
        for thread in &self.threads {
            let mut times =
                vec![thread.with_proc_ns, thread.running_ns, thread.syscall_ns, thread.looking_ns, thread.blocked_ns];
            times.extend(has_lacked.then_some(thread.no_cpu_ns));
            let times: String = times.iter().map(|&value| format!(" {:>10}", nanos(value))).collect();
            line(&mut text, &format!("{:>10}{times} {:>8}", thread.thread, count(thread.starts)));
        }
        explain_calls(&mut text, self.calls);
        let busiest = |series: &[u64]| series.iter().copied().max().unwrap_or(0);
        let mean = |series: &[u64]| hundredths(series.iter().sum(), self.range_ns);
        line(
            &mut text,
            &format!(
                "{} threads; on average {} with a proc (at most {}) and {} blocked in {} (at most {})",
                count(self.count),
                mean(&self.with_proc_ns),
                hundredths(busiest(&self.with_proc_ns), self.bucket_ns),
                mean(&self.blocked_ns),
                self.calls,
                hundredths(busiest(&self.blocked_ns), self.bucket_ns),
            ),
        );
        text
    }
}

impl Thread {
    const fn of(times: &ThreadTimes) -> Self {
        Self {
            thread: times.id.signed(),
            with_proc_ns: times.with_proc,
            running_ns: times.running,
            syscall_ns: times.syscall,
            looking_ns: times.looking,
            no_cpu_ns: times.no_cpu,
            blocked_ns: times.blocked,
            nothing_ns: times.nothing,
            starts: times.starts,
        }
    }
}

/// A ratio with two decimals.
fn hundredths(part: u64, whole: u64) -> String {
    format!("{:.2}", part as f64 / whole.max(1) as f64)
}
