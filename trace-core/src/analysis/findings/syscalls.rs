//! System calls, and calls of C functions, that make up much of the units of work.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::phrases::place_name;
use crate::analysis::place_time::{PlaceTime, longer};
use crate::base::ids::{GoroutineIdx, StackId};
use crate::event::state::SpanClass;
use crate::model::cgo::c_function;

/// Calls of one function of the program within one kind of work.
#[derive(Default)]
struct Calls {
    place_time: PlaceTime,
    gos: u64,
    /// Those of the longest calls.
    some: Vec<GoroutineIdx>,
    max: u64,
    /// Nanoseconds of those that write to a connection.
    net: u64,
    /// How many, and nanoseconds, by what the program calls, and where.
    by_callee: BTreeMap<(String, u64), (u64, u64, StackId)>,
    /// Of those that wait for a child process to end: how many, nanoseconds, nanoseconds of the longest.
    children: (u64, u64, u64),
    /// Nanoseconds of those that wait for a lock on a file.
    file_locks: u64,
    /// All their stacks, with their nanoseconds.
    stacks: Vec<(StackId, u64)>,
}

/// Where `os` waits for a child process to end; afterwards it asks for what it left, which takes no time.
const CHILD_WAITS: [&str; 2] = ["os.(*Process).blockUntilWaitable", "os.(*Process).pidfdWait.func1"];
const CHILDREN: &str = "Start fewer processes: keep one running and send it the work, do the work in this process, or keep the \
                        result. If that cannot be, limit how many run at once.";

fn waits_for_child(context: &Context<'_>, stack: StackId) -> bool {
    context.trace.frames(stack).any(|frame| CHILD_WAITS.contains(&frame.function))
}

/// Whether a stack waits for a lock on a file, which another process may hold, or another open file of the same one.
fn waits_for_file_lock(context: &Context<'_>, stack: StackId) -> bool {
    context.trace.frames(stack).any(|frame| {
        let call = frame.function.rsplit('.').next().unwrap_or_default();
        matches!(call, "Flock" | "FcntlFlock")
    })
}

const ACCEPTS: &str = "Each new connection takes several system calls: let clients keep their connections open (keep-alive) and reuse \
                       them.";
const FILE_LOCKS: &str = "Another process, or another open file of this one, holds the lock on the file: find it with lslocks. Hold \
                          the lock for less time, or let one goroutine do all that needs it.";

/// Sending takes this long on average where something holds it up, ns.
const SLOW_ANSWER: u64 = 1_000_000;

/// Whether a stack writes to a connection.
fn writes_to_network(context: &Context<'_>, stack: StackId) -> bool {
    let mut frames = context.trace.frames(stack);
    frames.any(|frame| {
        let rest = frame.function.strip_prefix("net.(*");
        rest.and_then(|rest| rest.split_once(").")).is_some_and(|(_, call)| {
            matches!(call, "Write" | "WriteTo" | "ReadFrom" | "writeBuffers" | "WriteMsgUDP" | "WriteToUDP")
        })
    })
}

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let mut calls: FxHashMap<(u32, u32, bool), Calls> = FxHashMap::default();
    for (key, site) in &context.workload.sites {
        let (Some(own), Some(outer)) =
            (context.places.own_function(key.stack), context.places.outer_function(key.stack))
        else {
            continue;
        };
        if key.class != SpanClass::Syscall {
            continue;
        }
        let in_c = context.trace.c_function(key.stack).is_some();
        let sum = calls.entry((own, outer, in_c)).or_default();
        sum.place_time.count += site.count;
        sum.place_time.nanos += site.nanos;
        sum.max = sum.max.max(site.max);
        sum.net += if writes_to_network(context, key.stack) { site.nanos } else { 0 };
        sum.file_locks += if waits_for_file_lock(context, key.stack) { site.nanos } else { 0 };
        if waits_for_child(context, key.stack) {
            let (count, nanos, max) = sum.children;
            sum.children = (count + site.count, nanos + site.nanos, max.max(site.max));
        }
        sum.gos = context.workload.callers(own, outer);
        sum.some.extend(site.longest.iter().map(|wait| wait.go));
        sum.stacks.push((key.stack, site.nanos));
        let line = context.places.own(key.stack).map_or(0, |place| place.line);
        let same = sum.by_callee.entry((callee(context, key.stack), line)).or_default();
        *same = (same.0 + site.count, same.1 + site.nanos, same.2.max(key.stack));
        let longest = site.longest.iter().max_by_key(|wait| wait.range.nanos());
        sum.place_time.longest = longer(sum.place_time.longest, longest.map(|wait| (wait.go, wait.range)));
    }
    let mut calls: Vec<((u32, u32, bool), Calls)> = calls.into_iter().collect();
    calls.sort_by_key(|(key, _)| *key);
    calls
        .iter()
        .filter_map(|(key, calls)| judge(context, calls, context.workload.calling.get(&key.1).copied().unwrap_or(0)))
        .collect()
}

/// The function that the program calls and that makes the system call, or the C function.
fn callee(context: &Context<'_>, stack: StackId) -> String {
    match context.places.callee(stack) {
        Some(callee) => c_function(callee).map_or_else(|| callee.to_owned(), |function| format!("C.{function}")),
        None if context.trace.c_function(stack).is_some() => "a cgo call".to_owned(),
        None => "a system call".to_owned(),
    }
}

/// `in os.Rename at main.save (main.go:19)`, and how many of the calls those are, and for how long, where others make
/// some, too.
fn most(all: &PlaceTime, (count, nanos): (u64, u64), place: &str, evidence: &mut Evidence) -> String {
    if count >= all.count {
        return format!("in {place}");
    }
    let count = evidence.whole("calls_of_most", count);
    format!("of which {count} ({}) in {place}", evidence.time("call_of_most_ns", nanos))
}

impl Calls {
    /// Whether most of the time is that of child processes.
    const fn is_of_children(&self) -> bool {
        self.children.1 > self.place_time.nanos / 2
    }
}

/// `; 686 of them, 22.8 s (max 41.4 ms), waited for a child process to end`; empty if most of the time is something else's.
fn children_words(calls: &Calls, evidence: &mut Evidence) -> String {
    let (count, nanos, max) = calls.children;
    if !calls.is_of_children() {
        return String::new();
    }
    let (count, nanos) = (evidence.whole("children", count), evidence.time("children_total_ns", nanos));
    format!(
        "; {count} of them, {nanos} (max {}), waited for a child process to end",
        evidence.time("child_max_ns", max)
    )
}

fn judge(context: &Context<'_>, calls: &Calls, work: u64) -> Option<Finding> {
    let place_time = &calls.place_time;
    let (_, &(count, nanos, stack)) = calls.by_callee.iter().max_by_key(|(key, sum)| (sum.1, *key))?;
    let named = context.named(stack, calls.stacks.iter().copied())?;
    let share = place_time.nanos as f64 / work.max(1) as f64;
    if share < 0.15 || context.share(place_time.nanos) < 0.02 {
        return None;
    }
    // One call that a goroutine is in all the time is its way of waiting: for a file to change, a process to end.
    if calls.max * 10 > place_time.nanos * 9 && context.share(calls.max) > 0.9 {
        return None;
    }
    let in_c = context.trace.c_function(stack).is_some();
    let what = if in_c { "cgo call" } else { "system call" };
    let mut evidence = Evidence::default();
    let by = context.called_from(&named, &calls.stacks, &mut evidence);
    let at = format!("{}{by}", place_name(named.through.as_ref().or(Some(&named.place))));
    let title = format!(
        "{}, {} total (max {}), {}: {} of the work time in {}{}",
        evidence.count("calls", place_time.count, what),
        evidence.time("call_total_ns", place_time.nanos),
        evidence.time("call_max_ns", calls.max),
        most(place_time, (count, nanos), &format!("{} at {at}", callee(context, stack)), &mut evidence),
        evidence.share("share_of_work", share),
        place_name(context.places.outer(stack).as_ref()),
        children_words(calls, &mut evidence),
    );
    let is_habit = place_time.count >= 10;
    let confidence = if is_habit { 0.5 + 0.4 * share.min(1.0) } else { 0.4 };
    let mut finding = Finding::new(Kind::SlowSyscall, title, place_time.nanos, context.duration, confidence)
        .with(evidence)
        .int("work_total_ns", work)
        .text("unit", what)
        .culprit_named(context.trace, Some(named), stack);
    if let Some(outer) = context.places.outer(stack) {
        finding = finding.victim(&outer.function, calls.gos);
    }
    finding = finding.goroutines(&calls.some);
    if calls.is_of_children() {
        finding = finding.cause(Cause::ChildProcess, CHILDREN);
    }
    if callee(context, stack).ends_with(").Accept") {
        finding = finding.with_check(ACCEPTS);
    }
    if calls.file_locks * 2 > place_time.nanos {
        finding = finding.with_check(FILE_LOCKS);
    }
    if let Some((go, range)) = place_time.longest {
        finding = finding.link(context.trace, go, range);
    }
    // Whoever was started to read and write does so; a handler that a library calls has somebody who waits.
    let is_task = context.places.is_outer_root(stack) && share < 0.5;
    let is_test = calls.some.iter().all(|go| context.is_test(*go));
    // To send an answer is what a server is there for, unless it is held up at that.
    let is_answer = calls.net * 2 > place_time.nanos && place_time.nanos / place_time.count.max(1) < SLOW_ANSWER;
    Some(if is_habit && !is_task && !is_test && !is_answer { finding } else { finding.at_most(Severity::Note) })
}
