//! Waits for the outside one after the other, in units of work that consist of them.

use std::collections::BTreeSet;

use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::phrases::{place_name, their};
use crate::analysis::places::{Op, Place};
use crate::analysis::work_units::{Example, Family, Serial};
use crate::base::ids::{GoroutineIdx, StackId, TaskIdx};
use crate::base::time::TimeRange;
use crate::model::lanes::LaneId;
use crate::model::trace::Frame;

/// More waits than this in a unit are a stream.
const MOST_STEPS: f64 = 60.0;
/// Fewer than this in the only unit there is may be the program's order of things.
const FEWEST_STEPS: f64 = 5.0;
/// Units of each goroutine from which on they are pieces of work that it takes.
const JOBS: u64 = 3;
/// Tasks that are looked at.
const TASKS: u32 = 20_000;

const QUERIES: &str = "Ask for all in one query (JOIN, IN, or a batch) instead of one after the other; where that cannot be, make \
                       the calls concurrently if none needs another's result.";

pub(crate) fn find(context: &Context<'_>) -> Vec<Finding> {
    let mut families: Vec<&Family> = context.workload.families.values().collect();
    families.sort_by_key(|family| (family.stack, family.nanos));
    families.into_iter().filter_map(|family| judge(context, family)).collect()
}

fn judge(context: &Context<'_>, family: &Family) -> Option<Finding> {
    let serial = &family.serial;
    let (go, range, waits) = serial.examples.first()?;
    let pauses = waits.iter().filter(|wait| is_pause(context, *go, **wait)).count();
    // Pauses between attempts are made one after the other on purpose.
    if pauses * 2 >= waits.len() || serial.units * 2 < family.units || context.share(serial.lost) < 0.02 {
        return None;
    }
    let most = |is_so: fn(&Context<'_>, StackId) -> bool| {
        waits.iter().filter(|wait| is_so(context, wait.0)).count() * 2 >= waits.len()
    };
    let writes = most(|context, stack| context.places.is_write(stack));
    if writes || most(is_in_transaction) || most(is_body) || most(is_read) && is_endless_loop(context, family) {
        return None;
    }
    let (place, stack) = common(context, waits)?;
    let per_unit = serial.waits as f64 / serial.units as f64;
    let mut evidence = Evidence::default();
    evidence.ratio("waits_per_unit", per_unit);
    let waits_of_each = match serial.units {
        1 => evidence.count("waits", serial.waits, "consecutive wait"),
        _ if serial.waits.is_multiple_of(serial.units) => format!("{per_unit:.0} consecutive waits each"),
        _ => format!("{per_unit:.0} consecutive waits each on average"),
    };
    let title = format!(
        "{} of {} spent {} of {} time in {waits_of_each}, below {}: made concurrently, these would take {} less{}",
        evidence.count("units", serial.units, "unit of work"),
        place_name(context.places.outer(family.stack).as_ref()),
        evidence.share("share_of_units", serial.nanos as f64 / family.nanos.max(1) as f64),
        their(serial.units),
        place_name(Some(&place)),
        evidence.time("saved_per_unit_ns", serial.lost / serial.units.max(1)),
        if serial.units > 1 { " each" } else { "" },
    );
    // Whoever makes the same call in a loop, for as long as he lives, may be a client that plays its part:
    // nobody is known to wait for the whole. A library that called, pieces of work that it takes one after the other, or
    // a task around it, say otherwise.
    let is_handler = !context.places.is_outer_root(family.stack);
    let is_asked_for =
        is_handler || is_job(context, family) || is_loop_free(context, waits) || is_in_task(context, serial);
    // A single long stream of waits may well need each result before the next.
    let is_repeated = serial.units >= 3 && per_unit <= MOST_STEPS;
    if !is_repeated && per_unit < FEWEST_STEPS {
        return None;
    }
    let confidence = if is_repeated { 0.85 } else { 0.55 };
    let mut finding = Finding::new(Kind::SerialWaits, title, serial.lost, context.duration, confidence)
        .with(evidence)
        .int("wait_total_ns", serial.nanos)
        .int("unit_total_ns", family.nanos)
        .int("longest_unit_ns", range.nanos().unsigned_abs())
        .culprit(context.trace, Some(place), stack);
    if serial.units > 1 {
        finding = finding.int("waits", serial.waits);
    }
    if most(is_query) {
        finding = finding.with_check(QUERIES);
    }
    if let Some(outer) = context.places.outer(family.stack) {
        finding = finding.victim(&outer.function, family.gos);
    }
    let all: Vec<GoroutineIdx> = serial.examples.iter().map(|example| example.0).collect();
    finding = finding.goroutines(&all);
    for (go, range, _) in serial.examples.iter().take(3) {
        finding = finding.link(context.trace, *go, *range);
    }
    let is_test = serial.examples.iter().all(|example| context.is_test(example.0));
    Some(if is_repeated && is_asked_for && !is_test { finding } else { finding.at_most(Severity::Note) })
}

/// Whether it was a wait in a channel operation that no goroutine ended, but the clock.
fn is_pause(context: &Context<'_>, go: GoroutineIdx, (stack, range): (StackId, TimeRange)) -> bool {
    let trace = context.trace;
    let by = trace.span_at(LaneId::Goroutine(go), range.end).and_then(|next| trace.maker(next.at).0);
    let is_channel = matches!(context.places.op(stack), Op::Receive | Op::Select);
    is_channel && !matches!(by, Some(LaneId::Goroutine(_)))
}

/// Whether the units are pieces of work that other goroutines hand over: what begins by the clock, or by what comes from
/// outside, is nobody's request.
fn is_job(context: &Context<'_>, family: &Family) -> bool {
    let is_handed_over = |go: GoroutineIdx| context.workload.go(go).is_some_and(|facts| !facts.is_woken_from_outside);
    let is_often = family.bounded * 2 >= family.units && family.units >= JOBS * family.gos;
    is_often && family.serial.examples.iter().all(|example| is_handed_over(example.0))
}

/// Whether the waits are not all the same: steps, not rounds.
fn is_loop_free(context: &Context<'_>, waits: &[(StackId, TimeRange)]) -> bool {
    let lines = |stack: StackId| context.places.own_frames(stack).map(|frame| (frame.function, frame.line)).collect();
    let different: BTreeSet<Vec<(&str, u64)>> = waits.iter().map(|wait| lines(wait.0)).collect();
    waits.len() <= 2 * different.len()
}

/// Whether a call belongs to a transaction of `database/sql`, or to one connection that is held: the next can only begin
/// when it has ended, whoever makes it.
fn is_in_transaction(context: &Context<'_>, stack: StackId) -> bool {
    let of_one_connection = ["database/sql.(*Tx).", "database/sql.(*Conn).", "database/sql.(*DB).BeginTx"];
    context.trace.frames(stack).any(|frame| of_one_connection.iter().any(|start| frame.function.starts_with(start)))
}

/// Whether it reads the body of a request or response of net/http, whose bytes come one after the other.
fn is_body(context: &Context<'_>, stack: StackId) -> bool {
    let is_body = |function: &str| {
        let method = function.strip_prefix("net/http.").and_then(|name| name.strip_suffix("Read"));
        method.is_some_and(|name| name.to_lowercase().contains("body"))
    };
    context.trace.frames(stack).any(|frame| is_body(frame.function))
}

/// Whether somebody reads from a connection, a pipe or a file that is polled, in order: of one connection the next answer
/// cannot come before the one in front of it. What clients of HTTP and databases read does not count: they have goroutines,
/// or connections, for that.
fn is_read(context: &Context<'_>, stack: StackId) -> bool {
    let reads = ["internal/poll.(*FD).Read", "internal/poll.(*FD).Accept"];
    let is_shared = |function: &str| function.starts_with("net/http.") || function.starts_with("database/sql.");
    let mut is_read = false;
    for frame in context.trace.frames(stack) {
        if is_shared(frame.function) {
            return false;
        }
        is_read |= reads.iter().any(|start| frame.function.starts_with(start));
    }
    is_read
}

/// Whether the units are the lives of goroutines, most of which the trace does not see the end of, with always the same
/// waits: loops that read what comes, or ask over one connection, whatever they are given to do.
fn is_endless_loop(context: &Context<'_>, family: &Family) -> bool {
    let is_life = context.places.is_outer_root(family.stack) && family.gos >= family.units;
    let is_loop = |example: &Example| !is_loop_free(context, &example.2);
    is_life && family.bounded * 2 < family.units && family.serial.examples.iter().all(is_loop)
}

/// Whether it is a call of `database/sql`.
fn is_query(context: &Context<'_>, stack: StackId) -> bool {
    context.trace.frames(stack).any(|frame| frame.function.starts_with("database/sql."))
}

/// Whether the program itself marks stretches of several of the waits as something whole.
fn is_in_task(context: &Context<'_>, serial: &Serial) -> bool {
    let trace = context.trace;
    let tasks: Vec<(GoroutineIdx, TimeRange)> = (0..trace.task_count().min(TASKS))
        .filter_map(|at| trace.task(TaskIdx(at)))
        .filter_map(|task| Some((task.go, TimeRange::new(task.began?, task.ended?))))
        .collect();
    let is_marked = |(go, _, waits): &Example| {
        let of = tasks.iter().filter(|task| task.0 == *go);
        let inside = |task: TimeRange| waits.iter().filter(|wait| wait.1.intersect(task).nanos() > 0).count();
        of.into_iter().any(|task| inside(task.1) >= 3)
    };
    serial.examples.iter().any(is_marked)
}

/// The line at which a function of the program calls on, and the function of the program that it calls.
fn call<'a>(context: &Context<'a>, stack: StackId, function: &str) -> Option<(u64, &'a str)> {
    let mut callee = "";
    for frame in context.places.own_frames(stack) {
        if frame.function == function {
            return Some((frame.line, callee));
        }
        callee = frame.function;
    }
    None
}

/// The frame that makes the waits follow one another: of the functions in all their stacks, the one nearest
/// to the leaf that goes on from call to call; or, where all lines are the same, a loop: the caller of the
/// function that waits.
fn common(context: &Context<'_>, waits: &[(StackId, TimeRange)]) -> Option<(Place, StackId)> {
    let (stack, _) = *waits.first()?;
    let mut shared: Option<Vec<&str>> = None;
    for (stack, _) in waits {
        let frames: Vec<&str> = context.places.own_frames(*stack).map(|frame| frame.function).collect();
        shared = Some(match shared {
            None => frames,
            Some(shared) => shared.into_iter().filter(|function| frames.contains(function)).collect(),
        });
    }
    let find = |stack: StackId, function: &str| -> Option<Frame<'_>> {
        context.places.own_frames(stack).find(|frame| frame.function == function)
    };
    for function in shared.iter().flatten() {
        let calls: BTreeSet<(u64, &str)> = waits.iter().filter_map(|wait| call(context, wait.0, function)).collect();
        if calls.len() > 1 {
            let longest = waits.iter().max_by_key(|wait| wait.1.nanos())?;
            return Some((Place::from(find(longest.0, function)?), longest.0));
        }
    }
    let place = context.places.caller(stack).or_else(|| context.places.own(stack))?;
    Some((place, stack))
}
