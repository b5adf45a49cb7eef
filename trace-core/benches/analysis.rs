//! What analyses of a whole trace cost, after its load.
//!
//! `TRACELANE_BENCH_TRACE=FILE cargo bench -p trace-core --bench analysis` (see `tests/data/gen/stress` for a
//! long trace; `TRACELANE_BENCH_ONLY=TEXT` for those with this in their name). Prints the median of a few runs.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::expect_used, reason = "a bench ends where something is missing")]

use std::path::Path;
use std::time::{Duration, Instant};

use trace_core::analysis::antagonists::antagonists;
use trace_core::analysis::collector::cycles::Collector;
use trace_core::analysis::compare;
use trace_core::analysis::findings;
use trace_core::analysis::flame::{Flame, MergeBy};
use trace_core::analysis::goroutines::{SortBy, goroutines, groups};
use trace_core::analysis::latency::latency;
use trace_core::analysis::leaks::leaks;
use trace_core::analysis::mmu::{Mutator, ShareKind, Takes, window_lengths};
use trace_core::analysis::population::population;
use trace_core::analysis::procs::procs;
use trace_core::analysis::profile::{ProfileKind, profile};
use trace_core::analysis::scope::{Scope, ScopeRanges};
use trace_core::analysis::search::filter;
use trace_core::analysis::search::parse::parse;
use trace_core::analysis::search::run::search;
use trace_core::analysis::syscalls::syscalls;
use trace_core::analysis::tasks::{Filter, TaskIndex, tasks};
use trace_core::analysis::threads::threads;
use trace_core::analysis::{locks, why};
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::load;
use trace_core::model::trace::Trace;

/// Runs per question; the median counts.
const RUNS: usize = 5;

fn main() {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/real/allocfree-go1.27.trace");
    let path = std::env::var("TRACELANE_BENCH_TRACE").unwrap_or_else(|_| default.to_owned());
    let trace = load::load_path(Path::new(&path), &Monitor::new(), &mut |_| {}).expect("a trace");
    println!("{path}: {} events, {} goroutines", trace.totals().events, trace.goroutine_count());
    measure(&trace);
}

fn measure(trace: &Trace) {
    let monitor = Monitor::new();
    let pieces = Scope::whole(trace).pieces(trace);
    let all = groups(trace, &pieces, &monitor).expect("not cancelled");
    let largest = all.groups.iter().max_by_key(|group| group.count).map(|group| group.name);
    time("groups of goroutines", || groups(trace, &pieces, &monitor));
    time("goroutines of the largest group", || {
        goroutines(trace, &pieces, largest, (SortBy::Execution, 1_000), &monitor)
    });
    time("findings", || findings::find(trace, &monitor));
    time("probable locks", || locks::locks(trace, &pieces, &monitor));
    let busiest =
        (0..trace.goroutine_count()).map(GoroutineIdx).max_by_key(|go| trace.transitions(*go, trace.range()).count());
    let range = trace.range();
    time("wait chain of the busiest goroutine", || busiest.map(|go| why::why_one(trace, go, range)));
    time("one side of a comparison", || compare::measure::measure(trace, trace.range(), &monitor));
    let before = resident();
    let side = compare::measure::measure(trace, trace.range(), &monitor).expect("not cancelled");
    println!("  which takes {} KB more of memory", resident().saturating_sub(before));
    time("two sides held against each other", || compare::compare(&side, &side, &compare::Terms::default(), None));
    for kind in ProfileKind::ALL {
        time(&format!("profile {}", kind.name()), || profile(trace, &pieces, kind, &monitor));
    }
    schedule(trace, &pieces, &monitor);
    let blocked = profile(trace, &pieces, ProfileKind::Blocked, &monitor).expect("not cancelled");
    let stacks = || blocked.stacks.iter().map(|sum| (sum.stack, sum.count, sum.nanos.0));
    time("flame graph of it", || Flame::of(trace, stacks(), MergeBy::Function));
    collector(trace, &monitor);
    searches(trace, &monitor);
}

/// Queries, from the cheapest to the dearest, with the time to the first hits.
fn searches(trace: &Trace, monitor: &Monitor) {
    let texts = [
        "no such text",
        "main",
        "fn:runtime state:blocked dur>1ms",
        "state:running",
        "by:main",
        "g:1 state:blocked",
        "-fn:runtime (state:blocked or state:runnable) -reason:select dur>10us",
    ];
    for text in texts {
        let query = parse(text);
        let mut first = Duration::ZERO;
        let run = || {
            let (start, mut shown) = (Instant::now(), None);
            let hits = search(trace, &query, 1_000, monitor, &mut |_| {
                shown.get_or_insert_with(|| start.elapsed());
            });
            first = shown.unwrap_or_default();
            hits.map(|hits| hits.total())
        };
        time(&format!("search {text}"), run);
        println!("    first hits after {first:.1?}");
        time(&format!("search, filter {text}"), || filter::goroutines(trace, &query, trace.range(), monitor));
    }
}

/// Collections, stops, and what is left to the program.
fn collector(trace: &Trace, monitor: &Monitor) {
    time("collections and stops", || Collector::of(trace, trace.range(), monitor));
    for (name, whose) in [("system", ShareKind::System), ("procs", ShareKind::Procs)] {
        let takes = Takes { sweep: true, ..Takes::default() };
        let of = || Mutator::of(trace, trace.range(), whose, takes, monitor).expect("not cancelled");
        time(&format!("mutator utilisation, {name}"), of);
        let mutator = of();
        let lengths = window_lengths(mutator.longest(), 10);
        time(&format!("its curve ({} lengths)", lengths.len()), || mutator.curve(&lengths, monitor));
        time("its worst windows of 10 ms", || mutator.worst_windows(10_000_000, 20));
    }
}

/// Procs, system calls, waits for a proc, population.
fn schedule(trace: &Trace, pieces: &ScopeRanges, monitor: &Monitor) {
    time("scheduler latency", || latency(trace, pieces, monitor));
    time("antagonists", || antagonists(trace, pieces, 20, monitor));
    time("procs", || procs(trace, trace.range(), monitor));
    time("system calls", || syscalls(trace, pieces, monitor));
    time("threads", || threads(trace, trace.range(), monitor));
    time("population", || population(trace, pieces, monitor));
    time("leak suspects", || leaks(trace, pieces, monitor));
    time("tasks", || tasks(trace, &Filter::default(), monitor));
    time("index of tasks", || TaskIndex::of(trace));
}

/// Memory of this process now, KB, where the system tells.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or_default()
}

/// Processor time of this process so far, in hundredths of a second (Linux's `USER_HZ`), where the system tells.
fn processor_ticks() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields 14 and 15 of `proc_pid_stat(5)`; the name, which may hold anything, ends with the last bracket.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|field| field.parse::<u64>().ok()).sum()
}

fn time<T>(what: &str, mut call: impl FnMut() -> T) {
    if std::env::var("TRACELANE_BENCH_ONLY").is_ok_and(|only| !what.contains(&only)) {
        return;
    }
    let before = processor_ticks();
    let mut times = [Duration::ZERO; RUNS];
    for taken in &mut times {
        let start = Instant::now();
        drop(std::hint::black_box(call()));
        *taken = start.elapsed();
    }
    times.sort();
    let processor = Duration::from_millis((processor_ticks() - before) * 10 / RUNS as u64);
    let (middle, least, most) = (times[RUNS / 2], times[0], times[RUNS - 1]);
    println!("  {what}: {middle:.1?} ({least:.1?} to {most:.1?}; processor {processor:.1?})");
}
