//! The collector: too many cycles, cycles that the program asks for, and goroutines made to help.

use rustc_hash::FxHashMap;

use crate::analysis::collector::cycles::{Cycle, Trigger};
use crate::analysis::collector::work::WorkerMode;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::findings::made_anew;
use crate::analysis::findings::stw::{length, until_the_end};
use crate::analysis::phrases::{grouped, place_name};
use crate::analysis::places::Place;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::nanos::Nanos;
use crate::event::state::SpanClass;

/// Fewer cycles are no habit.
const HABIT: usize = 5;
/// From this much help on a few long cycles are worth a warning, too, ns.
const MUCH_HELP: u64 = 100_000_000;
/// From one such part of the procs' time on, idle marking aside, cycles cost more than a GC is meant to (a quarter, Go's
/// `gcBackgroundUtilization`, and that only while it marks).
const COSTLY: u64 = 4;
/// A goal above what is in use by less than one such part of it is none by GOGC (1 % at least).
const AT_LIMIT: u64 = 200;
/// Cycles begun in a function from which on, with a third of all, it is where much is allocated.
const FEWEST_STARTED: u64 = 3;
/// Cycles that the program asks for, per second, from which on it asks too often.
const ASKED: f64 = 2.0;

const PROFILE: &str = "Take an allocation profile (go tool pprof -sample_index=alloc_space) to see what allocates most: a trace \
                       shows few allocations. Or give the heap more room (GOGC, GOMEMLIMIT).";

const RAISE_MEMORY_LIMIT: &str = "Only the memory limit (or GOGC=0) sets a goal that low: raise GOMEMLIMIT, and the container's memory with \
                                  it, or keep less in memory. A larger GOGC changes nothing.";

const GOGC_OFF: &str = "GOGC is off, so that the memory limit starts the cycles: raise GOMEMLIMIT, and the container's memory with \
                        it, or keep less in memory. Near the limit cycles follow each other without a pause.";

/// What the cycles cost.
struct Cost {
    cycles: usize,
    forced: usize,
    /// Nanoseconds of cycles, and of those that the program asked for.
    marking: u64,
    marking_forced: u64,
    /// Nanoseconds that goroutines ran to help, and how often.
    helped: u64,
    assists: u64,
    /// Nanoseconds that workers ran who had a proc, or part of one, for themselves.
    background: u64,
    /// Nanoseconds that goroutines waited for the GC, outside of their help too.
    waiting: u64,
    /// Of that, waits that the runtime itself calls waits for the GC.
    stalled: u64,
    /// Its STW pauses: how many, nanoseconds in all, and the longest.
    pauses: u64,
    paused: u64,
    longest_pause: u64,
    /// Nanoseconds until the runtime ended them: goroutines run again before, on other procs.
    paused_whole: u64,
    /// Cycles that package testing asked for.
    of_testing: usize,
    /// Cycles of which both are known that set the next goal to no more than they had found in use, and all of which both are.
    at_limit: usize,
    with_goal: usize,
    /// Cycles that neither the program nor the clock started, while GOGC was off: the memory limit did.
    by_limit: usize,
}

/// A pause this long is worth a word, ns.
const LONG_PAUSE: u64 = 10_000_000;

impl Cost {
    fn of(context: &Context<'_>) -> Self {
        // One cycle in two minutes is nobody's doing.
        let cycles = || context.collector.cycles.iter().filter(|cycle| cycle.trigger != Trigger::Periodic);
        let nanos = |cycle: &Cycle| cycle.range.nanos().unsigned_abs();
        let workers = |cycle: &Cycle| {
            let modes = [WorkerMode::Dedicated, WorkerMode::Fractional, WorkerMode::Unlabelled];
            modes.into_iter().map(|mode| cycle.worker(mode)).sum::<Nanos>().0
        };
        let pauses = || context.collector.stops.iter().filter(|stop| stop.is_collectors);
        let forced =
            || cycles().filter(|cycle| cycle.trigger == Trigger::Forced && !is_of_testing(context, cycle.stack));
        let goals = || cycles().filter_map(|cycle| Some((cycle.heap_after?, cycle.next_goal?)));
        Self {
            cycles: cycles().count(),
            forced: forced().count(),
            marking: cycles().map(nanos).sum(),
            marking_forced: forced().map(nanos).sum(),
            helped: context.collector.assist_run().0,
            assists: context.collector.cycles.iter().map(Cycle::assists).sum(),
            background: cycles().map(workers).sum(),
            waiting: context.workload.gc_waits,
            stalled: context.workload.nanos.get(SpanClass::Gc as usize).copied().unwrap_or(0),
            pauses: pauses().count() as u64,
            paused: pauses().map(length).sum(),
            longest_pause: pauses().map(length).max().unwrap_or(0),
            paused_whole: pauses().map(|stop| stop.range.nanos().unsigned_abs()).sum(),
            of_testing: cycles().filter(|cycle| is_of_testing(context, cycle.stack)).count(),
            at_limit: goals().filter(|(live, goal)| *goal <= live + live / AT_LIMIT).count(),
            with_goal: goals().count(),
            by_limit: cycles().filter(|cycle| cycle.is_gogc_off && cycle.trigger == Trigger::Heap).count(),
        }
    }

    /// Nanoseconds of procs that it took: for marking, whoever did so, and while the world was stopped.
    const fn procs(&self, context: &Context<'_>) -> u64 {
        self.helped + self.background + self.paused * context.load.procs
    }

    /// Whether the help of goroutines is a fair part of what they run: only then the places of help are where it matters.
    const fn is_helped(&self, context: &Context<'_>) -> bool {
        self.helped * 20 >= context.load.running.0
    }

    /// Whether the memory limit sets the goal of most cycles: by GOGC, whatever it is, the goal lies above what is in use. A goal
    /// below that is raised to it (Go: `memoryLimitHeapGoal` in `runtime/mgcpacer.go`).
    const fn is_at_limit(&self) -> bool {
        self.is_by_limit() || self.with_goal >= HABIT && self.at_limit * 4 >= self.with_goal * 3
    }

    /// Whether the memory limit starts most cycles, as GOGC is off.
    const fn is_by_limit(&self) -> bool {
        self.by_limit >= HABIT && self.by_limit * 4 >= self.cycles * 3
    }

    /// Whether most of the cycles are the program's own wish.
    const fn is_forced(&self) -> bool {
        self.forced > 0 && self.forced * 2 >= self.cycles
    }
}

/// Whether package `testing` asked for a cycle, as it does before each benchmark.
fn is_of_testing(context: &Context<'_>, stack: StackId) -> bool {
    let mut callers = context.trace.frames(stack).map(|frame| frame.function);
    callers.find(|function| !function.starts_with("runtime.")).is_some_and(|function| function.starts_with("testing."))
}

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    judge(context).into_iter().collect()
}

fn judge(context: &Context<'_>) -> Option<Finding> {
    let trace = context.trace;
    let cost = Cost::of(context);
    let is_frequent = cost.cycles >= HABIT && context.share(cost.marking) >= 0.25;
    let is_helped = cost.is_helped(context) && context.share(cost.helped) >= 0.02;
    let per_second = cost.forced as f64 * 1e9 / context.duration.max(1) as f64;
    let is_asked = cost.is_forced() && cost.forced >= HABIT && per_second >= ASKED;
    let is_wanted = is_asked && context.share(cost.marking_forced) >= 0.03;
    // What there is to do about its pauses is to collect less.
    let is_paused = context.share(cost.paused) >= 0.01 || cost.longest_pause >= LONG_PAUSE;
    if !(is_frequent || is_helped || is_wanted || is_paused) {
        return None;
    }
    // Marking on procs that nobody else wanted costs nobody. A cycle that was asked for could be left out, though,
    // and who asks for it waits.
    let contended = if context.load.share > 0.5 { cost.background } else { 0 };
    let asked = if is_asked { cost.marking_forced } else { 0 };
    // While goroutines wait for marking to end, others have the procs: that is said, but not counted as lost.
    let lost = cost.helped + cost.stalled.max(asked) + contended;
    let found = culprit(context, &cost);
    let (stack, of_place, forced) = found.unwrap_or((StackId::NONE, 0, false));
    // A cycle begins wherever the heap happens to be full: one or two there are chance.
    let started = cycles_started_in(context, stack);
    let is_seen = forced || cost.is_helped(context) || started >= FEWEST_STARTED && started * 3 >= cost.cycles as u64;
    let stack = if is_seen { stack } else { StackId::NONE };
    let place = context.places.own(stack);
    let confidence = if is_frequent && is_helped { 0.95 } else { 0.7 };
    let mut evidence = Evidence::default();
    let known = place.as_ref();
    let mut title = title(context, &cost, &mut evidence);
    evidence.int("cycles_forced", cost.forced as u64);
    title += &match known {
        Some(place) if forced => forced_by(&cost, of_place, place, &mut evidence),
        Some(place) => seen_allocating(context, &cost, place, stack, &mut evidence),
        None => String::new(),
    };
    title += &limit_words(&cost, &mut evidence);
    let finding = Finding::new(Kind::GcPressure, title, lost, context.duration, confidence)
        .with(evidence)
        .int("marking_ns", cost.marking)
        // What goroutines ran for it; in their assists they wait, too.
        .int("assist_total_ns", cost.helped)
        .int("assist_elapsed_ns", context.collector.cycles.iter().map(Cycle::assist).sum::<Nanos>().0)
        .int("background_ns", cost.background)
        // What it took of the procs in all.
        .int("gc_procs_ns", cost.procs(context))
        .ratio("gc_procs_share", cost.procs(context) as f64 / (context.load.procs * context.duration).max(1) as f64)
        .int("forced", u64::from(forced))
        .culprit(trace, place, stack);
    let mut finding = helpers(context, finding);
    finding.check = match found {
        Some((.., true)) => {
            "Call runtime.GC or debug.FreeOSMemory less often: the GC starts by itself when the heap has grown."
        }
        _ if cost.is_by_limit() => GOGC_OFF,
        _ if cost.is_at_limit() => RAISE_MEMORY_LIMIT,
        Some(_) if let Some(advice) = made_anew::advice(trace, stack) => advice,
        Some(_) if cost.is_helped(context) => finding.check,
        Some(_) => PROFILE,
        None => "Allocate less, reuse buffers, or give the heap more room (GOGC, GOMEMLIMIT).",
    };
    // Cycles this rare cost at most this part of the procs' time, whoever does the work; and while a heap grows to
    // its size there are always a few.
    let is_rare = context.share(cost.marking) < 0.1 && !is_asked || cost.of_testing * 2 > cost.cycles;
    let is_few = cost.cycles < HABIT && cost.helped < MUCH_HELP;
    // Without a place there is nothing to look at: a program without code of its own, say the tests of a library.
    if is_rare || is_few || found.is_none() || !(is_frequent || is_helped || is_wanted) {
        return Some(finding.at_most(Severity::Note));
    }
    // Workers alone take no more than the quarter of the procs that the collector may have (GOMAXPROCS / 4, Go's
    // `gcBackgroundUtilization`): worth a look, but nobody is held up.
    let is_quiet = context.share(cost.helped + cost.stalled.max(asked)) < 0.1;
    // What goroutines lose by it is little beside what they run, and the workers stay within their quarter: that is
    // what the GC costs any program that allocates.
    let room = context.load.procs * context.duration;
    let is_costly = is_frequent && cost.procs(context) * COSTLY >= room;
    let is_cheap = (cost.helped + cost.stalled) * 10 < context.load.running.0
        && cost.background * 3 < room
        && !is_asked
        && !is_costly;
    // The main trouble takes more than a tenth of what the program runs, or of the time that it marks.
    let is_main = cost.helped * 10 >= context.load.running.0 || context.share(cost.marking) >= 0.25 || is_asked;
    // Nearly nothing can be allocated before the next cycle is due.
    let is_squeezed = cost.is_at_limit() && context.share(cost.marking) >= 0.5;
    Some(match () {
        () if is_squeezed => finding,
        () if is_cheap => finding.at_most(Severity::Note),
        () if is_quiet || !is_main => finding.at_most(Severity::Warning),
        () => finding,
    })
}

fn title(context: &Context<'_>, cost: &Cost, evidence: &mut Evidence) -> String {
    let mut title = format!(
        "{} marking {} of the time",
        evidence.count("cycles", cost.cycles as u64, "GC cycle"),
        evidence.share("marking_share", context.share(cost.marking)),
    );
    if cost.of_testing > 0 {
        title +=
            &format!(", {} of them for package testing", evidence.whole("cycles_of_testing", cost.of_testing as u64));
    }
    let helped = evidence.time("helped_ns", cost.helped);
    let assists = evidence.count("assists", cost.assists, "mark assist");
    if cost.assists > 0 {
        title += &format!("; {assists} ran for {helped}");
    }
    let waiting = evidence.time("gc_wait_total_ns", cost.waiting);
    if cost.waiting > 0 {
        title += &format!("; goroutines waited {waiting} total for the GC");
    }
    let pauses = evidence.count("pauses", cost.pauses, "STW pause");
    let paused = evidence.time("paused_total_ns", cost.paused);
    let longest = evidence.time("paused_max_ns", cost.longest_pause);
    if cost.pauses > 0 {
        let whole = until_the_end(evidence, cost.paused, cost.paused_whole);
        title += &format!("; {pauses}, {paused} total (max {longest}){whole}");
    }
    title
}

/// `; 9 of 10 cycles left a heap goal hardly above the live heap`; empty where the memory limit does not set the goals.
fn limit_words(cost: &Cost, evidence: &mut Evidence) -> String {
    if cost.is_by_limit() {
        let cycles = evidence.count("cycles_by_memory_limit", cost.by_limit as u64, "cycle");
        return format!("; GOGC is off, and the memory limit started {cycles}");
    }
    let at_limit = evidence.whole("cycles_at_memory_limit", cost.at_limit as u64);
    let all = evidence.whole("cycles_with_goal", cost.with_goal as u64);
    match cost.is_at_limit() {
        true => format!("; {at_limit} of {all} cycles left a heap goal hardly above the live heap"),
        false => String::new(),
    }
}

/// `; forced by main.tidy (main.go:70)`, of cycles that all were; otherwise how many were, and how many of these there.
fn forced_by(cost: &Cost, there: u64, place: &Place, evidence: &mut Evidence) -> String {
    let (forced, place) = (cost.forced as u64, place_name(Some(place)));
    let there = evidence.int("cycles_forced_there", there);
    match () {
        () if forced == cost.cycles as u64 && there == forced => format!("; forced by {place}"),
        () if there == forced => format!("; {} of the cycles were forced by {place}", grouped(forced)),
        () => format!("; {} of the cycles were forced, {} by {place}", grouped(forced), grouped(there)),
    }
}

/// `; 60 % of the time of mark assists at main.load (main.go:15)`: where allocations were seen. A trace shows only those
/// that had to assist, or that started a cycle.
fn seen_allocating(
    context: &Context<'_>,
    cost: &Cost,
    place: &Place,
    stack: StackId,
    evidence: &mut Evidence,
) -> String {
    let function = context.places.own_function(stack);
    let is_here = |stack: &StackId| context.places.own_function(*stack) == function;
    let assists = context.workload.assists.iter();
    let (all, here) = assists.fold((0, 0), |(all, here), (stack, place_time)| {
        (all + place_time.nanos, here + if is_here(stack) { place_time.nanos } else { 0 })
    });
    let name = place_name(Some(place));
    if here > 0 && cost.is_helped(context) {
        let share = evidence.share("assists_here", here as f64 / all.max(1) as f64);
        return format!("; {share} of the time of mark assists at {name}");
    }
    let here = cycles_started_in(context, stack);
    match evidence.count("cycles_started_here", here, "cycle") {
        _ if here == 0 => String::new(),
        started => format!("; {started} started by allocations at {name}"),
    }
}

/// Cycles that began in the program's function of this stack.
fn cycles_started_in(context: &Context<'_>, stack: StackId) -> u64 {
    let function = context.places.own_function(stack);
    let cycles = context.collector.cycles.iter().filter(|cycle| cycle.trigger != Trigger::Forced);
    let here = cycles.filter(|cycle| function.is_some() && context.places.own_function(cycle.stack) == function);
    here.count() as u64
}

/// With those who had to help, and the longest cycle.
fn helpers(context: &Context<'_>, mut finding: Finding) -> Finding {
    let trace = context.trace;
    let longest = context
        .workload
        .assists
        .values()
        .filter_map(|place_time| place_time.longest)
        .max_by_key(|longest| longest.1.nanos());
    if let Some((go, range)) = longest {
        let mut names: FxHashMap<&str, u64> = FxHashMap::default();
        let mut helpers: Vec<GoroutineIdx> = context.workload.assisting.keys().copied().collect();
        helpers.sort_unstable();
        for facts in helpers.iter().filter_map(|&go| context.workload.go(go)) {
            *names.entry(trace.str(facts.name)).or_default() += 1;
        }
        finding = finding.goroutines(&helpers);
        let mut names: Vec<(&str, u64)> = names.into_iter().collect();
        names.sort_by_key(|&(name, count)| (std::cmp::Reverse(count), name));
        for (name, count) in names.into_iter().take(3) {
            finding = finding.victim(name, count);
        }
        finding = finding.link(trace, go, range);
    }
    match context.collector.cycles.iter().max_by_key(|cycle| cycle.range.nanos()) {
        Some(cycle) if cycle.go.is_some() => finding.link(trace, cycle.go, cycle.range),
        _ => finding,
    }
}

/// The stack behind most of it, and whether it forces collections.
fn culprit(context: &Context<'_>, cost: &Cost) -> Option<(StackId, u64, bool)> {
    let mut by_function: FxHashMap<u32, (u64, u64, StackId)> = FxHashMap::default();
    let mut add = |stack: StackId, weight: u64| {
        let Some(function) = context.places.own_function(stack) else { return };
        let sum = by_function.entry(function).or_default();
        sum.0 += weight;
        if (weight, stack) > (sum.1, sum.2) {
            (sum.1, sum.2) = (weight, stack);
        }
    };
    let is_programs = |cycle: &&Cycle| cycle.trigger != Trigger::Periodic && !is_of_testing(context, cycle.stack);
    for cycle in context.collector.cycles.iter().filter(is_programs) {
        if !cost.is_forced() || cycle.trigger == Trigger::Forced {
            add(cycle.stack, 1);
        }
    }
    let has_started = context.collector.cycles.iter().any(|cycle| context.places.has_own(cycle.stack));
    if !cost.is_forced() && (cost.is_helped(context) || !has_started) {
        for (&stack, place_time) in &context.workload.assists {
            add(stack, place_time.nanos);
        }
    }
    let top = by_function.into_iter().max_by_key(|(function, sum)| (sum.0, *function))?;
    Some((top.1.2, top.1.0, cost.is_forced()))
}
