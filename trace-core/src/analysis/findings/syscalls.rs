//! System calls, and calls of C functions, that make up much of the units of work.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::analysis::census::{Spot, longer};
use crate::analysis::findings::Scene;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity, place_name};
use crate::base::ids::{GoIx, StackId};
use crate::event::state::SpanClass;
use crate::model::cgo::c_function;

/// Calls of one function of the program within one kind of work.
#[derive(Default)]
struct Calls {
    spot: Spot,
    gos: u64,
    /// Those of the longest calls.
    some: Vec<GoIx>,
    max: u64,
    /// Nanoseconds of those that write to a connection.
    net: u64,
    /// How many, and nanoseconds, by what the program calls, and where.
    by_callee: BTreeMap<(String, u64), (u64, u64, StackId)>,
    /// All their stacks, with their nanoseconds.
    stacks: Vec<(StackId, u64)>,
}

/// Sending takes this long on average where something holds it up, ns.
const SLOW_ANSWER: u64 = 1_000_000;

/// Whether a stack writes to a connection.
fn writes_to_network(scene: &Scene<'_>, stack: StackId) -> bool {
    let mut frames = scene.trace.frames(stack);
    frames.any(|frame| {
        let rest = frame.function.strip_prefix("net.(*");
        rest.and_then(|rest| rest.split_once(").")).is_some_and(|(_, call)| {
            matches!(call, "Write" | "WriteTo" | "ReadFrom" | "writeBuffers" | "WriteMsgUDP" | "WriteToUDP")
        })
    })
}

pub(crate) fn find(scene: &Scene<'_>) -> Vec<Finding> {
    let mut calls: FxHashMap<(u32, u32, bool), Calls> = FxHashMap::default();
    for (key, site) in &scene.census.sites {
        let (Some(own), Some(outer)) = (scene.places.own_function(key.stack), scene.places.outer_function(key.stack))
        else {
            continue;
        };
        if key.class != SpanClass::Syscall {
            continue;
        }
        let in_c = scene.trace.c_function(key.stack).is_some();
        let sum = calls.entry((own, outer, in_c)).or_default();
        sum.spot.count += site.count;
        sum.spot.nanos += site.nanos;
        sum.max = sum.max.max(site.max);
        sum.net += if writes_to_network(scene, key.stack) { site.nanos } else { 0 };
        sum.gos = scene.census.callers(own, outer);
        sum.some.extend(site.longest.iter().map(|wait| wait.go));
        sum.stacks.push((key.stack, site.nanos));
        let line = scene.places.own(key.stack).map_or(0, |place| place.line);
        let same = sum.by_callee.entry((callee(scene, key.stack), line)).or_default();
        *same = (same.0 + site.count, same.1 + site.nanos, same.2.max(key.stack));
        let longest = site.longest.iter().max_by_key(|wait| wait.range.nanos());
        sum.spot.longest = longer(sum.spot.longest, longest.map(|wait| (wait.go, wait.range)));
    }
    let mut calls: Vec<((u32, u32, bool), Calls)> = calls.into_iter().collect();
    calls.sort_by_key(|(key, _)| *key);
    calls
        .iter()
        .filter_map(|(key, calls)| judge(scene, calls, scene.census.calling.get(&key.1).copied().unwrap_or(0)))
        .collect()
}

/// The function that the program calls and that makes the system call, or the C function.
fn callee(scene: &Scene<'_>, stack: StackId) -> String {
    match scene.places.callee(stack) {
        Some(callee) => c_function(callee).map_or_else(|| callee.to_owned(), |function| format!("C.{function}")),
        None if scene.trace.c_function(stack).is_some() => "a cgo call".to_owned(),
        None => "a system call".to_owned(),
    }
}

/// `in os.Rename at main.save (main.go:19)`, and how many of the calls those are, and for how long, where others make
/// some, too.
fn most(all: &Spot, (count, nanos): (u64, u64), place: &str, evidence: &mut Evidence) -> String {
    if count >= all.count {
        return format!("in {place}");
    }
    let count = evidence.whole("calls_of_most", count);
    format!("of which {count} ({}) in {place}", evidence.time("call_of_most_ns", nanos))
}

fn judge(scene: &Scene<'_>, calls: &Calls, work: u64) -> Option<Finding> {
    let spot = &calls.spot;
    let (_, &(count, nanos, stack)) = calls.by_callee.iter().max_by_key(|(key, sum)| (sum.1, *key))?;
    let named = scene.named(stack, calls.stacks.iter().copied())?;
    let share = spot.nanos as f64 / work.max(1) as f64;
    if share < 0.15 || scene.share(spot.nanos) < 0.02 {
        return None;
    }
    // One call that a goroutine is in all the time is its way of waiting: for a file to change, a process to end.
    if calls.max * 10 > spot.nanos * 9 && scene.share(calls.max) > 0.9 {
        return None;
    }
    let in_c = scene.trace.c_function(stack).is_some();
    let what = if in_c { "cgo call" } else { "system call" };
    let mut evidence = Evidence::default();
    let title = format!(
        "{}, {} total (max {}), {}: {} of the work time in {}",
        evidence.count("calls", spot.count, what),
        evidence.time("call_total_ns", spot.nanos),
        evidence.time("call_max_ns", calls.max),
        most(spot, (count, nanos), &format!("{} at {}", callee(scene, stack), named.in_words()), &mut evidence),
        evidence.share("share_of_work", share),
        place_name(scene.places.outer(stack).as_ref()),
    );
    let is_habit = spot.count >= 10;
    let confidence = if is_habit { 0.5 + 0.4 * share.min(1.0) } else { 0.4 };
    let mut finding = Finding::new(Kind::SlowSyscall, title, spot.nanos, scene.duration, confidence)
        .with(evidence)
        .int("work_total_ns", work)
        .text("unit", what)
        .culprit_named(scene.trace, Some(named), stack);
    if let Some(outer) = scene.places.outer(stack) {
        finding = finding.victim(&outer.function, calls.gos);
    }
    finding = finding.goroutines(&calls.some);
    if let Some((go, range)) = spot.longest {
        finding = finding.link(scene.trace, go, range);
    }
    // Whoever was started to read and write does so; a handler that a library calls has somebody who waits.
    let is_task = scene.places.is_outer_root(stack) && share < 0.5;
    let is_test = calls.some.iter().all(|go| scene.is_test(*go));
    // To send an answer is what a server is there for, unless it is held up at that.
    let is_answer = calls.net * 2 > spot.nanos && spot.nanos / spot.count.max(1) < SLOW_ANSWER;
    Some(if is_habit && !is_task && !is_test && !is_answer { finding } else { finding.at_most(Severity::Note) })
}
