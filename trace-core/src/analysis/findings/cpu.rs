//! All procs busy and goroutines waiting for one: the work itself is too much (`cpu_bound`), or some crowd
//! out others (`cpu_starvation`).

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::findings::hot::{ENDS, Hot, hottest};
use crate::analysis::findings::made_anew;
use crate::analysis::goroutine_stats::GoroutineStats;
use crate::analysis::phrases::place_name;
use crate::analysis::phrases::where_at;
use crate::analysis::procs::in_syscalls;
use crate::analysis::work_units::Family;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::event::state::SpanClass;
use crate::model::trace::{Frame, Metric};

/// Share of the procs' time from which on they count as busy.
const BUSY: f64 = 0.85;
/// The same where goroutines queue for them all the time.
const CROWDED: f64 = 0.7;

/// System calls that take a larger part of the procs' time are worth a word.
const CALLS: f64 = 0.1;

/// Those who are kept from their work are at least one part in so many of all that wait for procs.
const FELT: u64 = 200;

/// A program that was seen running fewer times than this is not known.
const FEWEST_SEEN: u64 = 10;

/// A function seen fewer times, or for a smaller part of the running time, is there by chance.
const FEWEST_THERE: u64 = 3;
const LITTLE: f64 = 0.15;
/// A function with a smaller part of the running time is not what keeps the procs busy.
const GOOD_PART: f64 = 0.2;

/// Where a function of the standard library takes the time, and the program is not on the stack.
const LIBRARY: &str = "This function belongs to a library: find out what calls it (the flame graph, or a CPU profile) and call it \
                       less often.";
const HANDSHAKES: &str = "TLS handshakes take this time: let clients keep their connections open and resume sessions, or use \
                          ECDSA in place of RSA certificates.";
const SPREAD: &str = "No function takes most of the running time: take a CPU profile to see what could be spared, or let less \
                      work run at once.";
const OUTSIDE: &str = "Most of what was seen there is system calls and connections, not code that computes: make fewer or \
                       larger calls, and reuse connections.";

const ONE_PROC: &str = "One goroutine runs at a time: raise GOMAXPROCS, or remove what sets it to 1, if the machine or the \
                        container may use more CPUs.";
/// So many goroutines wait for the only proc at a time, on average.
const QUEUE: f64 = 2.0;

/// Mark assists are worth a word from this part of the running time on: one in so many nanoseconds.
const MUCH_ASSIST: u64 = 10;
const ASSISTS: &str = "Look at the GC first: a good part of the running time is mark assists, which whoever allocates has to do. \
                       Then profile this function.";

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let Some(hot) = hottest(context).filter(|hot| hot.seen >= FEWEST_SEEN) else { return Vec::new() };
    let saturated = saturated(context, &hot);
    let handler = if saturated.is_none() { handler(context, &hot) } else { None };
    saturated.into_iter().chain(handler).collect()
}

/// Running time by start function, most first.
fn runners(context: &Context<'_>) -> Vec<(StrId, u64)> {
    let mut sums: FxHashMap<StrId, u64> = FxHashMap::default();
    for facts in context.workload.gos.iter() {
        let assist = context.workload.assisting.get(&facts.go).copied().unwrap_or(0);
        *sums.entry(facts.name).or_default() += facts.running.saturating_sub(assist);
    }
    let mut runners: Vec<(StrId, u64)> = sums.into_iter().collect();
    runners.sort_by_key(|&(name, nanos)| (std::cmp::Reverse(nanos), name));
    runners
}

fn saturated(context: &Context<'_>, hot: &Hot) -> Option<Finding> {
    let load = context.load;
    // Where on average more are ready than there are procs, these are busy enough: a machine that is shared
    // takes its part, too.
    let is_crowded = load.share >= CROWDED && context.share(load.runnable.0) >= load.procs as f64;
    if context.share(load.runnable.0) < 0.1 || (load.share < BUSY && !is_crowded) {
        return None;
    }
    let runners = runners(context);
    let &(runner, ran) = runners.first()?;
    // The work may be what the program is there for, or a crowd that keeps others from theirs.
    let is_handler = !context.places.is_outer_root(hot.stack);
    let starved = if is_handler { None } else { starved(context, runner) };
    let crowd = context.workload.runnable.iter().max_by_key(|(name, place_time)| (place_time.nanos, **name))?;
    let waiter = starved.and_then(|name| context.workload.runnable.get_key_value(&name)).unwrap_or(crowd);
    let own: u64 = runners.iter().map(|runner| runner.1).sum();
    // What of the procs' time is the program's own: the collector is another finding's business.
    let own_share = own as f64 / load.busy.0.max(1) as f64;
    let kind = if starved.is_some() { Kind::CpuStarvation } else { Kind::CpuBound };
    // What those who crowd others out wait themselves is nobody's loss.
    let waited = if starved.is_some() { waiter.1.nanos } else { load.runnable.0 };
    let lost = (waited as f64 * own_share) as u64;
    let mut evidence = Evidence::default();
    let longest =
        context.workload.runnable.values().filter_map(|place_time| place_time.longest).map(|longest| longest.1.nanos());
    let longest = longest.max().unwrap_or(0).unsigned_abs();
    let title = format!(
        "{} busy {} of the time, and goroutines were runnable for {} total (max {}){}; {}{}{}",
        evidence.count("procs", load.procs, "proc"),
        evidence.share("procs_busy", load.share),
        evidence.time("runnable_total_ns", load.runnable.0),
        evidence.time("runnable_max_ns", longest),
        if starved.is_some() { of_first(context, *waiter.0, waited, &mut evidence) } else { String::new() },
        running_in(hot, &mut evidence),
        in_helper(hot, &mut evidence),
        in_calls(context, &mut evidence),
    );
    let mut finding = Finding::new(kind, title, lost, context.duration, 0.4 + 0.5 * own_share)
        .with(evidence)
        .int("running_total_ns", load.running.0)
        .int("running_of_first_ns", ran)
        .text("first_runner", context.trace.str(runner))
        .text("first_waiter", context.trace.str(*waiter.0))
        .text("seen_in", hot.seen_in)
        .culprit(context.trace, Some(hot.named.place.clone()).filter(|_| !is_spread(hot)), hot.stack)
        .victim(context.trace.str(*waiter.0), context.goroutines(*waiter.0));
    if let Some((go, range)) = waiter.1.longest {
        finding = finding.link(context.trace, go, range);
    }
    finding = finding.goroutines(&named(context, &[runner, *waiter.0]));
    if kind == Kind::CpuBound {
        finding = finding.with_check(check(context, hot));
    }
    if context.collector.assist_run().0 * MUCH_ASSIST >= load.running.0
        && made_anew::advice(context.trace, hot.stack).is_none()
    {
        finding = finding.with_check(ASSISTS);
    }
    // Without a place that has a good part of it there is nothing to look at first.
    let finding = if is_spread(hot) || hot.share < GOOD_PART { finding.at_most(Severity::Warning) } else { finding };
    // Where several want the only proc, there is more to have than the work done faster.
    if context.trace.metric_max(Metric::Procs) == 1 && starved.is_none() && context.share(load.runnable.0) >= QUEUE {
        return Some(finding.cause(Cause::OneProc, ONE_PROC).at_most(Severity::Warning));
    }
    // A program that computes with all it has, and lets nobody wait for an answer, does its work.
    Some(if is_handler || starved.is_some() { finding } else { finding.at_most(Severity::Note) })
}

/// `36 of 63 preemptions (57 %) were in main.pack (main.go:9)`, or that no function stands out. Of runs whose ends tell, the time
/// counts.
fn running_in(hot: &Hot, evidence: &mut Evidence) -> String {
    let seen = evidence.whole("times_seen", hot.seen);
    let seen_in = hot.seen_in;
    let share = evidence.share("culprit_share", hot.share);
    if is_spread(hot) {
        return format!("no function of the program had more than {share} of {seen} {seen_in}");
    }
    let (here, place) = (evidence.whole("times_seen_there", hot.here), place_name(Some(&hot.named.place)));
    if hot.seen_in != ENDS {
        format!("{here} of {seen} {seen_in} ({share}) were in {place}")
    } else {
        format!("{share} of the observed running time ({here} of {seen} {seen_in}) was in {place}")
    }
}

/// Whether no function was seen often enough to be named.
fn is_spread(hot: &Hot) -> bool {
    hot.here < FEWEST_THERE || hot.share < LITTLE
}

/// What there is to do by what was seen.
fn check(context: &Context<'_>, hot: &Hot) -> &'static str {
    let is_handshake = |frame: Frame<'_>| {
        let method = frame.function.strip_prefix("crypto/tls.(*Conn).");
        method.is_some_and(|method| method.contains("Handshake") || method.contains("handshake"))
    };
    match () {
        () if hot.in_calls * 2 > hot.here => OUTSIDE,
        () if hot.share * 3.0 < 1.0 => SPREAD,
        () if context.trace.frames(hot.stack).any(is_handshake) => HANDSHAKES,
        () if let Some(advice) = made_anew::advice(context.trace, hot.stack) => advice,
        () if !context.places.has_own(hot.stack) => LIBRARY,
        () => Kind::CpuBound.check(),
    }
}

/// `, those of net/http.(*conn).serve for 13.3 s`: how much of that those wait who are kept from their work.
fn of_first(context: &Context<'_>, waiter: StrId, nanos: u64, evidence: &mut Evidence) -> String {
    format!(", those of {} for {}", context.trace.str(waiter), evidence.time("runnable_of_first_ns", nanos))
}

/// `, 86 % in main.(*heap).pop (heap.go:56), which it calls`; empty where no helper was named.
fn in_helper(hot: &Hot, evidence: &mut Evidence) -> String {
    hot.helper.as_ref().map_or_else(String::new, |(helper, share)| {
        let share = evidence.share("helper_share", *share);
        format!(", {share} in {}, which it calls", place_name(Some(helper)))
    })
}

/// `; 40 % of the procs' time was spent in system calls, most in net.(*Buffers).WriteTo at main.flush (main.go:9)`: what
/// else keeps procs busy; empty if it is little.
fn in_calls(context: &Context<'_>, evidence: &mut Evidence) -> String {
    let nanos = in_syscalls(context.trace, context.trace.range());
    let share = nanos as f64 / (context.load.procs * context.duration).max(1) as f64;
    if share < CALLS {
        return String::new();
    }
    let mut by_function: BTreeMap<u32, (u64, u64, StackId)> = BTreeMap::new();
    for (key, site) in context.workload.sites.iter().filter(|(key, _)| key.class == SpanClass::Syscall) {
        let Some(function) = context.places.own_function(key.stack) else { continue };
        let sum = by_function.entry(function).or_default();
        sum.0 += site.nanos;
        if (site.nanos, key.stack) > (sum.1, sum.2) {
            (sum.1, sum.2) = (site.nanos, key.stack);
        }
    }
    let most = by_function.into_values().max_by_key(|sum| (sum.0, sum.2)).map(|sum| where_at(context.places, sum.2));
    let most = most.map_or_else(String::new, |at| format!(", most{at}"));
    format!("; {} of the procs' time was spent in system calls{most}", evidence.share("syscall_share", share))
}

/// Goroutines that wait for the outside again and again, and then for a proc far longer than they run: the
/// start function of those that do most.
fn starved(context: &Context<'_>, runner: StrId) -> Option<StrId> {
    let mut sums: FxHashMap<StrId, (u64, u64)> = FxHashMap::default();
    let is_paced = |facts: &&GoroutineStats| facts.is_woken_from_outside || facts.is_paced_from_outside;
    for facts in context.workload.gos.iter().filter(|facts| facts.name != runner).filter(is_paced) {
        let sum = sums.entry(facts.name).or_default();
        sum.0 += facts.runnable;
        sum.1 += facts.running;
    }
    // Of all that waits for procs it has to be more than a trace.
    let is_felt = |ready: u64| context.share(ready) >= 0.05 && ready * FELT >= context.load.runnable.0;
    let starved = sums.into_iter().filter(|(_, (ready, ran))| *ready >= 3 * ran && is_felt(*ready));
    starved.max_by_key(|&(name, (ready, _))| (ready, name)).map(|(name, _)| name)
}

/// Goroutines with one of these start functions, those that ran or were ready longest first.
fn named(context: &Context<'_>, names: &[StrId]) -> Vec<GoroutineIdx> {
    let mut found: Vec<_> = context.workload.gos.iter().filter(|facts| names.contains(&facts.name)).collect();
    let busy = |facts: &&GoroutineStats| facts.running + facts.runnable;
    found.sort_by_key(|facts| (std::cmp::Reverse(busy(facts)), facts.go));
    found.into_iter().map(|facts| facts.go).collect()
}

/// Requests that mostly compute, though procs are free.
fn handler(context: &Context<'_>, hot: &Hot) -> Option<Finding> {
    let running = |family: &Family| family.by_class.get(SpanClass::Running as usize).copied().unwrap_or(0);
    let requests = context.workload.families.iter().filter(|(_, family)| {
        // A library calls into the program: somebody waits for the answer.
        family.bounded >= 3
            && !context.places.is_outer_root(family.stack)
            && family.nanos / family.units.max(1) >= 5_000_000
    });
    let (key, family) = requests.max_by_key(|(key, family)| (running(family), **key))?;
    let ran = running(family);
    let own = hot.named.place.function.as_str();
    let outer = context.places.outer(family.stack)?;
    let is_inside = context.places.own_frames(hot.stack).any(|frame| frame.function == outer.function);
    if ran * 10 < family.nanos * 6 || context.share(ran) < 0.2 || !is_inside || is_spread(hot) {
        return None;
    }
    let mut evidence = Evidence::default();
    let title = format!(
        "{} of {} took {} on average, {} of it running, mostly in {}{}",
        evidence.count("units", family.units, "unit of work"),
        place_name(Some(&outer)),
        evidence.time("unit_mean_ns", family.nanos / family.units.max(1)),
        evidence.share("running_share", ran as f64 / family.nanos.max(1) as f64),
        place_name(Some(&hot.named.place)),
        hot.helper.as_ref().map_or_else(String::new, |(helper, _)| format!(" and {}", place_name(Some(helper)))),
    );
    let mut finding = Finding::new(Kind::CpuBound, title, ran, context.duration, 0.65)
        .with(evidence)
        .int("running_total_ns", ran)
        .int("unit_total_ns", family.nanos)
        .ratio("procs_busy", context.load.share)
        .text("seen_in", hot.seen_in)
        .culprit(context.trace, Some(hot.named.place.clone()), hot.stack)
        .with_check(check(context, hot))
        .victim(&outer.function, family.gos);
    if let Some((go, range)) = family.longest {
        finding = finding.link(context.trace, go, range);
    }
    finding = finding.goroutines(&named(context, &[key.name]));
    Some(if own.is_empty() { finding.at_most(Severity::Note) } else { finding })
}
