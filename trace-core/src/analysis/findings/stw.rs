//! Stopping the world: often, or for long; and goroutines that did not let it stop.

use std::collections::BTreeMap;

use crate::analysis::collector::stops::Stop;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Act, Evidence, Finding, Kind, Severity};
use crate::analysis::phrases::line_of;
use crate::analysis::phrases::{go_name, place_name};
use crate::analysis::places::{Origin, Place, is_test_function, origin};
use crate::analysis::wait_chain::StepKind;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::nanos::Nanos;
use crate::base::time::TimeRange;

/// A stop this long is worth telling, ns.
const LONG: u64 = 10_000_000;

/// Traces of Go 1.11 to 1.18 name Go 1.11 in their header; later ones name the version since which their form is what it is.
const PREEMPTED_SINCE: u32 = 19;
const LATE: &str = "A goroutine stops only where it can be preempted: look for assembly, and for large pieces of memory that are \
                    copied or cleared. Or the operating system gave its thread no CPU.";
const LATE_OLD: &str = "A goroutine stops only where it can be preempted: look for assembly, for large pieces of memory that are \
                        copied or cleared, and, before Go 1.14, for loops without calls. Or the operating system gave its \
                        thread no CPU.";

/// Stops with the same cause.
#[derive(Default)]
struct Stops<'a> {
    all: Vec<&'a Stop>,
    count: u64,
    stopping: u64,
    held: u64,
    is_collectors: bool,
    longest: Option<&'a Stop>,
}

impl<'a> Stops<'a> {
    fn add(&mut self, stop: &'a Stop) {
        self.all.push(stop);
        self.count += 1;
        self.stopping += stop.stopping();
        self.held += stop.held();
        self.is_collectors = stop.is_collectors;
        if self.longest.is_none_or(|longest| length(longest) < length(stop)) {
            self.longest = Some(stop);
        }
    }
}

/// Until somebody ran again, nanoseconds: what the runtime says of it later is nobody's loss.
pub(crate) fn length(stop: &Stop) -> u64 {
    stop.stopping() + stop.held()
}

/// What `stw` and the numbers below the findings add up is longer: until the runtime says that a stop is over. Nothing
/// if that is about the same.
pub(crate) fn until_the_end(evidence: &mut Evidence, nanos: u64, whole: u64) -> String {
    if whole.saturating_sub(nanos) * 20 <= nanos {
        return String::new();
    }
    format!(" until goroutines ran again, {} until the runtime ended them", evidence.time("stopped_whole_ns", whole))
}

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let mut by_cause: BTreeMap<(String, String), Stops<'_>> = BTreeMap::new();
    for stop in &context.collector.stops {
        let reason = context.trace.str(stop.reason);
        // Those of the recording itself are no fault of the program.
        if matches!(reason, "start trace" | "stop trace") {
            continue;
        }
        let function = requester(context, stop).map(|place| place.function).unwrap_or_default();
        by_cause.entry((function, reason.to_owned())).or_default().add(stop);
    }
    by_cause.iter().filter_map(|((_, reason), stops)| judge(context, reason, stops)).collect()
}

/// The line that asked for a stop: the program's own, else where the goroutine began. None before Go 1.22, which does
/// not record it.
fn requester(context: &Context<'_>, stop: &Stop) -> Option<Place> {
    line_of(context.trace, context.places, stop.stack)
}

/// Whether package `testing` asked for it: benchmarks, and tests of allocations (`testing.AllocsPerRun`), ask for what
/// they need to measure.
fn is_by_testing(context: &Context<'_>, stack: StackId) -> bool {
    let mut library = context.trace.frames(stack).take_while(|frame| origin(frame) == Origin::Standard);
    library.any(|frame| is_test_function(frame.function))
}

/// The goroutine that stopped last.
struct Late {
    stack: StackId,
    go: GoroutineIdx,
    range: TimeRange,
    /// How long stops waited for goroutines in this function, nanoseconds.
    nanos: u64,
}

/// What was the last to stop, in stops that took longer to begin than they then were held.
fn late(context: &Context<'_>, stops: &Stops<'_>) -> Option<Late> {
    if stops.stopping <= stops.held || stops.stopping < LONG / 10 {
        return None;
    }
    let mut by_function: BTreeMap<u32, (u64, u64, StackId, GoroutineIdx, TimeRange)> = BTreeMap::new();
    for stop in &stops.all {
        let Some(last) = stop.last else { continue };
        let Some(function) = context.places.own_function(last.stack) else { continue };
        let sum = by_function.entry(function).or_insert((0, 0, last.stack, last.go, last.range.intersect(stop.range)));
        sum.0 += stop.stopping();
        if stop.stopping() > sum.1 {
            (sum.1, sum.2, sum.3, sum.4) = (stop.stopping(), last.stack, last.go, last.range.intersect(stop.range));
        }
    }
    let (_, top) = by_function.into_iter().max_by_key(|(function, sum)| (sum.0, *function))?;
    let (nanos, _, stack, go, range) = top;
    (nanos * 2 > stops.stopping).then_some(Late { stack, go, range, nanos })
}

fn judge(context: &Context<'_>, reason: &str, stops: &Stops<'_>) -> Option<Finding> {
    let longest = stops.longest?;
    let (max, nanos) = (length(longest), stops.stopping + stops.held);
    if context.share(nanos) < 0.01 && max < LONG {
        return None;
    }
    let late = late(context, stops);
    // The pauses of the GC are part of what it costs, unless one goroutine makes them long.
    if stops.is_collectors && late.is_none() {
        return None;
    }
    let asker = requester(context, longest);
    let (stack, place) = match &late {
        Some(late) => (late.stack, context.places.own(late.stack)),
        None => (longest.stack, asker.clone()),
    };
    // Every proc stands still while it is held; until then those that have stopped wait for the last.
    let lost = nanos * context.load.procs.max(1);
    let mut evidence = Evidence::default();
    let why = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
    let whole = stops.all.iter().map(|stop| stop.range.nanos().unsigned_abs()).sum();
    let mut title = format!(
        "World stopped {}{why}, {} total, {} of the time (max {}){}",
        evidence.count("stops", stops.count, "time"),
        evidence.time("stopped_total_ns", nanos),
        evidence.share("stopped_share", context.share(nanos)),
        evidence.time("stopped_max_ns", max),
        until_the_end(&mut evidence, nanos, whole),
    );
    if let Some(asker) = &asker {
        title += &format!(", requested by {}", place_name(Some(asker)));
    }
    if let Some(late) = &late {
        let nanos = evidence.time("late_ns", late.nanos);
        let (go, at) = (go_name(context.trace, late.go), place_name(place.as_ref()));
        title += &format!("; {nanos} of that waiting for goroutines like {go} in {at} to stop");
    }
    // The collector's own stops are its business: what there is to do about them is to collect less. Before Go 1.22
    // a trace does not tell who else asked.
    let is_collectors = stops.is_collectors || asker.is_none();
    let is_test = context.is_test(longest.go) || is_by_testing(context, longest.stack);
    let is_minor = stops.is_collectors || is_test || asker.is_none() && context.share(stops.held) < 0.25;
    let mut finding =
        Finding::new(Kind::StopTheWorld, title, lost, context.duration, if is_collectors { 0.6 } else { 0.85 })
            .with(evidence)
            .int("stopping_ns", stops.stopping)
            .int("held_ns", stops.held)
            .text("reason", reason)
            .culprit(context.trace, place, stack);
    let all = stops.all.iter();
    let all: Vec<GoroutineIdx> =
        all.flat_map(|stop| [Some(stop.go), stop.last.map(|last| last.go)]).flatten().collect();
    finding = finding.goroutines(all.iter().filter(|go| go.is_some()));
    if late.is_some() {
        finding.check = if context.trace.totals().version < PREEMPTED_SINCE { LATE_OLD } else { LATE };
    }
    if let Some(late) = late {
        let (go, doing, within) = (late.go, StepKind::Running, late.range);
        let nanos = within.nanos().unsigned_abs();
        finding = finding.link(context.trace, go, within).act(Some(Act { go, doing, within, total: Nanos(nanos) }));
    }
    if longest.go.is_some() {
        finding = finding.link(context.trace, longest.go, longest.range);
    }
    Some(if is_minor { finding.at_most(Severity::Note) } else { finding })
}
