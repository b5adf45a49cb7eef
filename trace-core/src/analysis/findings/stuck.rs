//! Waits that last until the end of the trace because their partner is gone: senders without a receiver, requests whose
//! response never comes. Being blocked when the trace ends proves nothing by itself; the evidence is a goroutine that
//! ended such waits before and no longer can.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Evidence, Finding, Kind, Severity};
use crate::analysis::goroutine_stats::{GoroutineStats, Stuck};
use crate::analysis::phrases::where_at;
use crate::analysis::phrases::{go_name, place_name};
use crate::analysis::places::{Op, Place};
use crate::analysis::workload::is_idle;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::LaneId;

/// A shorter wait is not stuck, ns.
const SHORTEST: i64 = 50_000_000;
/// Fewer goroutines at one place without a known partner are no pattern.
const FEWEST: usize = 5;
/// The same of those whose partner is known to be gone.
const FEWEST_WITH_PARTNER: usize = 1;
/// How far the partners of partners are followed.
const DEPTH: usize = 4;
/// Goroutines of a group that are asked whom they woke, and how many such wakeups are looked at.
const MEMBERS: usize = 64;
const ACTS: usize = 4_096;
/// A goroutine that was active for less than one part in so many of a range counts as inactive.
const ACTIVE: u64 = 50;
/// A partner that came at least so often is missed after this many times its usual pause.
const FEWEST_TURNS: u64 = 5;
const TURNS: i64 = 20;
/// And after this many times its longest.
const LONGER: i64 = 3;

/// More of those who wait to send than one have received before: slots of a semaphore. A single receiver waits for itself.
const SEVERAL: u64 = 2;
pub(crate) const SLOTS: &str = "Give the slot back on every path, also after an error: defer that right after taking it. A slot that \
                                is not given back is missing for all who come later.";
const RECEIVER_SENDS: &str = "Do not send to a channel from the goroutine that receives from it: as soon as the channel is full, \
                              it waits for itself. Handle such a message at once, or send it from another goroutine.";

/// Who handed something over so often is the other side, not one of many that come and go.
const OFTEN: u64 = 3;

/// Whether a wait that goes on at the end of the trace is a large part of it.
pub(crate) fn is_long(context: &Context<'_>, nanos: i64) -> bool {
    nanos >= SHORTEST && nanos.unsigned_abs() * 10 >= context.duration
}

/// The state of a goroutine at the end of the trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndState {
    /// It ended at this time.
    Ended(TraceTime),
    /// It has waited since this time.
    Waiting { stack: StackId, since: TraceTime },
    /// It runs, or is in a system call.
    Busy { stack: StackId },
}

pub(crate) fn end_state(context: &Context<'_>, go: GoroutineIdx) -> EndState {
    let trace = context.trace;
    if let Some(ended) = trace.goroutine(go).and_then(|known| known.ended) {
        return EndState::Ended(ended);
    }
    let last = trace.span_at(LaneId::Goroutine(go), trace.range().end.plus_nanos(-1));
    match last {
        Some(span) if span.state == GoState::Waiting => {
            EndState::Waiting { stack: span.start_stack, since: span.range.start }
        }
        Some(span) => EndState::Busy { stack: span.start_stack },
        None => EndState::Busy { stack: StackId::NONE },
    }
}

impl EndState {
    /// `ended 300 ms before the end of the trace`
    pub(crate) fn words(&self, context: &Context<'_>, evidence: &mut Evidence) -> String {
        let ago = |since: TraceTime| context.trace.range().end.nanos_since(since).unsigned_abs();
        match *self {
            Self::Ended(at) => {
                format!("ended {} before the end of the trace", evidence.time("partner_ended_ago_ns", ago(at)))
            }
            Self::Waiting { stack, since } => {
                let waited = evidence.time("partner_waited_ns", ago(since));
                format!("has waited for the last {waited}{}", where_at(context.places, stack))
            }
            Self::Busy { stack } => format!("is busy{}", where_at(context.places, stack)),
        }
    }
}

/// Goroutines that wait at one place to the end of the trace.
struct StuckGroup {
    function: u32,
    op: Op,
    /// The goroutines that wait, by the begin of their waits.
    waiters: Vec<(GoroutineIdx, Stuck)>,
}

pub(crate) fn find(context: &Context<'_>, known: &[Finding]) -> Vec<Finding> {
    let stuck_groups = stuck_groups(context);
    let mut found: Vec<Finding> = Vec::new();
    for group in &stuck_groups {
        if !is_known(group, known) && !is_known(group, &found) {
            found.extend(judge(context, group));
        }
    }
    found
}

/// Groups at places where goroutines wait for others rather than for work, most goroutines first.
fn stuck_groups(context: &Context<'_>) -> Vec<StuckGroup> {
    let end = context.trace.range().end;
    let mut stuck_groups: FxHashMap<(u32, Op), Vec<(GoroutineIdx, Stuck)>> = FxHashMap::default();
    for (&go, stuck) in &context.workload.stuck {
        let op = context.places.op(stuck.stack);
        let Some(function) = context.places.own_function(stuck.stack) else { continue };
        let is_channel = matches!(op, Op::Send | Op::Receive | Op::Select | Op::Cond);
        let is_direct = context.places.is_direct(stuck.stack);
        if is_channel && is_direct && is_long(context, end.nanos_since(stuck.since)) {
            stuck_groups.entry((function, op)).or_default().push((go, *stuck));
        }
    }
    let mut stuck_groups: Vec<StuckGroup> = stuck_groups
        .into_iter()
        .map(|((function, op), mut waiters)| {
            waiters.sort_unstable_by_key(|(go, stuck)| (stuck.since, *go));
            StuckGroup { function, op, waiters }
        })
        .collect();
    stuck_groups.sort_by_key(|group| (std::cmp::Reverse(group.waiters.len()), group.function, group.op));
    stuck_groups
}

/// Whether a finding already tells of most of a group.
fn is_known(group: &StuckGroup, known: &[Finding]) -> bool {
    let is_about = |finding: &Finding| {
        let shared = group.waiters.iter().filter(|(go, _)| finding.goroutines.binary_search(go).is_ok()).count();
        finding.severity >= Severity::Warning
            && finding.kind == Kind::GoroutineLeak
            && shared * 2 >= group.waiters.len()
    };
    known.iter().any(is_about)
}

/// The goroutine that used to be on the other side of a wait.
#[derive(Clone, Copy)]
struct Partner {
    go: GoroutineIdx,
    first: TraceTime,
    last: TraceTime,
    /// Hand-overs that were seen.
    count: u64,
    /// The longest time between two of them, ns.
    longest_pause: i64,
}

/// The goroutine that last ended a wait at one of these lines, or was last woken from their function by one of the members.
fn partner(
    context: &Context<'_>,
    group: (u32, Op),
    lines: &FxHashSet<Option<u32>>,
    members: &[GoroutineIdx],
) -> Option<Partner> {
    let mut found: FxHashMap<GoroutineIdx, Vec<TraceTime>> = FxHashMap::default();
    let mut add = |go: GoroutineIdx, at: TraceTime| found.entry(go).or_default().push(at);
    let is_here =
        |stack: StackId| (context.places.own_function(stack), context.places.op(stack)) == (Some(group.0), group.1);
    // Another line of the function may wait for something else.
    let is_line = |stack: StackId| is_here(stack) && lines.contains(&context.places.own_line(stack));
    for (key, site) in context.workload.sites.iter().filter(|(key, _)| !key.is_prior && is_line(key.stack)) {
        debug_assert_eq!(site.op, context.places.op(key.stack));
        for wait in &site.longest {
            wait.waker.into_iter().for_each(|waker| add(waker, wait.range.end));
        }
    }
    let trace = context.trace;
    for &go in members.iter().take(MEMBERS) {
        for (segment, row) in trace.acted_on(LaneId::Goroutine(go), trace.range()).take(ACTS) {
            let Some(known) = trace.seg(segment).filter(|known| is_here(known.stack(row))) else { continue };
            trace.affected(segment, row).into_iter().for_each(|other| add(other, TraceTime(known.time(row))));
        }
    }
    let found = found.into_iter().filter_map(|(go, times)| Partner::of(go, times));
    found.max_by_key(|partner| (partner.last, partner.go))
}

impl Partner {
    /// One who handed something over at these times.
    fn of(go: GoroutineIdx, mut times: Vec<TraceTime>) -> Option<Self> {
        times.sort_unstable();
        let (first, last) = (*times.first()?, *times.last()?);
        let pauses = times.iter().zip(times.iter().skip(1)).map(|(one, next)| next.nanos_since(*one));
        Some(Self { go, first, last, count: times.len() as u64, longest_pause: pauses.max().unwrap_or(0) })
    }
}

/// Whether another goroutine of the program is still active and may yet end these waits. One that did next to nothing
/// for as long as they have lasted does not count: some goroutine has to end the trace.
fn is_anyone_busy(context: &Context<'_>, group: &StuckGroup) -> bool {
    let is_stuck = |stuck: &Stuck| {
        let op = context.places.op(stuck.stack);
        op.is_lock() || matches!(op, Op::Send | Op::WaitGroup) || is_idle(context.places, stuck.stack, stuck.class)
    };
    let is_in_group = |go: GoroutineIdx| group.waiters.iter().any(|waiter| waiter.0 == go);
    let Some(since) = group.waiters.first().map(|first| first.1.since) else { return false };
    let waited = TimeRange::new(since, context.trace.range().end);
    let mut alive = context.workload.gos.iter().filter(|facts| facts.ended().is_none());
    alive.any(|facts| match context.workload.stuck.get(&facts.go) {
        Some(stuck) => !is_stuck(stuck) && !is_in_group(facts.go),
        None => is_active(context, facts.go, waited),
    })
}

/// Whether a goroutine ran, was runnable or in system calls for more than a small part of a stretch.
fn is_active(context: &Context<'_>, go: GoroutineIdx, range: TimeRange) -> bool {
    let sums = context.trace.time_by_class(LaneId::Goroutine(go), range).nanos;
    let active = [SpanClass::Running, SpanClass::Runnable, SpanClass::Syscall].into_iter();
    let nanos: u64 = active.filter_map(|class| sums.get(class as usize)).sum();
    nanos * ACTIVE > range.nanos().unsigned_abs()
}

fn judge(context: &Context<'_>, group: &StuckGroup) -> Option<Finding> {
    let (_, first) = group.waiters.first()?;
    let members: Vec<GoroutineIdx> = group.waiters.iter().map(|waiter| waiter.0).collect();
    let lines = group.waiters.iter().map(|(_, stuck)| context.places.own_line(stuck.stack)).collect();
    let partner = partner(context, (group.function, group.op), &lines, &members);
    let mut partner_evidence = Evidence::default();
    let gone = partner.and_then(|partner| Some((partner.go, gone(context, partner, group, &mut partner_evidence)?)));
    let is_send = group.op == Op::Send;
    let fewest = if gone.is_some() { FEWEST_WITH_PARTNER } else { FEWEST };
    // Whoever waits to receive may well wait for what has not happened yet.
    if group.waiters.len() < fewest || (gone.is_none() && (!is_send || partner.is_some())) {
        return None;
    }
    if !is_send && is_idle(context.places, first.stack, first.class) {
        return None;
    }
    let end = context.trace.range().end;
    let nanos = |stuck: &Stuck| end.nanos_since(stuck.since).unsigned_abs();
    let lost: u64 = group.waiters.iter().map(|(_, stuck)| nanos(stuck)).sum();
    let longest = group.waiters.iter().map(|(_, stuck)| nanos(stuck)).max().unwrap_or(0);
    let place = context.places.own(first.stack);
    let receivers = if is_send { receivers(context, group) } else { 0 };
    let itself = if is_send && receivers < SEVERAL {
        sends_to_itself(context, group, gone.as_ref().map(|gone| gone.0))
    } else {
        None
    };
    let (missing, cause) = match (&gone, itself) {
        (Some(_), None) if receivers >= SEVERAL => (
            format!(
                "{} of them received from the channel before, as who gives back a slot of a semaphore does, and no slot is \
                 given back any more",
                partner_evidence.whole("receivers", receivers)
            ),
            Cause::SlotsKept,
        ),
        (Some((go, words)), None) => (format!("{}, {words}", go_name(context.trace, *go)), Cause::VanishedPartner),
        (Some((go, _)), Some(_)) => {
            let go = go_name(context.trace, *go);
            (format!("{go}, which received before, waits in the same send itself"), Cause::ReceiverSends)
        }
        (None, None) => ("no goroutine receives from the channel in the trace".to_owned(), Cause::NoReceiver),
        (None, Some((go, below))) => {
            let (go, below) = (go_name(context.trace, go), place_name(Some(&below)));
            let words =
                format!("no goroutine receives from the channel in the trace, and {go} sends from inside {below}");
            (words, Cause::ReceiverSends)
        }
    };
    let mut evidence = Evidence::default();
    let title = format!(
        "{} {} in {} at {} until the end of the trace, {} total (max {}): {missing}",
        evidence.count("stuck", group.waiters.len() as u64, "goroutine"),
        if group.waiters.len() == 1 { "waits" } else { "wait" },
        group.op.name(),
        place_name(place.as_ref()),
        evidence.time("stuck_total_ns", lost),
        evidence.time("stuck_max_ns", longest),
    );
    evidence.append(partner_evidence);
    let check = if cause == Cause::ReceiverSends {
        RECEIVER_SENDS
    } else if cause == Cause::SlotsKept {
        SLOTS
    } else if is_send {
        "Let senders give up when the receiver does: use a context, a done channel, or a buffer with room for all sends."
    } else {
        "Make sure that the other goroutine sends, closes the channel or calls Done on every return path; wait with a context."
    };
    let confidence = if gone.is_some() { 0.85 } else { 0.7 };
    let mut finding = Finding::new(Kind::GoroutineLeak, title, lost, context.duration, confidence)
        .with(evidence)
        .cause(cause, check)
        .culprit(context.trace, place.clone(), first.stack)
        .victim(&place.map(|place| place.function).unwrap_or_default(), members.len() as u64)
        .goroutines(&members);
    if let Some((go, stuck)) = group.waiters.first() {
        finding = finding.link(context.trace, *go, TimeRange::new(stuck.since, end));
    }
    // A few that are left behind do not hurt; a receiver that only takes its time is no leak.
    let is_doubtful = gone.is_none() && is_anyone_busy(context, group);
    Some(if is_doubtful || members.len() < FEWEST && is_send { finding.at_most(Severity::Note) } else { finding })
}

/// How many of those who wait to send have received there before, as far as the longest waits tell.
fn receivers(context: &Context<'_>, group: &StuckGroup) -> u64 {
    let is_here = |stack: StackId| {
        (context.places.own_function(stack), context.places.op(stack)) == (Some(group.function), group.op)
    };
    let sites = context.workload.sites.iter().filter(|(key, _)| !key.is_prior && is_here(key.stack));
    let wakers: FxHashSet<GoroutineIdx> =
        sites.flat_map(|(_, site)| site.longest.iter().filter_map(|wait| wait.waker)).collect();
    group.waiters.iter().filter(|(go, _)| wakers.contains(go)).count() as u64
}

/// The goroutine that receives what the others send, but waits to send there itself, and the place that shows it: of the
/// partner that is known, its own send; else the method that the send is called from, of the same type as the one that
/// sends, if one goroutine alone is in it.
fn sends_to_itself(
    context: &Context<'_>,
    group: &StuckGroup,
    partner: Option<GoroutineIdx>,
) -> Option<(GoroutineIdx, Place)> {
    if let Some(partner) = partner {
        let stuck = group.waiters.iter().find(|(go, _)| *go == partner)?.1;
        return Some((partner, context.places.own(stuck.stack)?));
    }
    let mut found = None;
    for (go, stuck) in &group.waiters {
        let Some(below) = method_below(context, stuck.stack) else { continue };
        if found.replace((*go, below)).is_some() {
            return None;
        }
    }
    found
}

/// The outermost method of the same type as the method that waits, where others lie between.
fn method_below(context: &Context<'_>, stack: StackId) -> Option<Place> {
    let receiver = |function: &str| function.rsplit_once(").").map(|(receiver, _)| receiver.to_owned());
    let frames: Vec<Place> = context.places.own_frames(stack).map(Place::from).collect();
    let own = receiver(&frames.first()?.function)?;
    let other = frames.iter().position(|frame| receiver(&frame.function).as_ref() != Some(&own))?;
    frames.into_iter().skip(other).rfind(|frame| receiver(&frame.function).as_ref() == Some(&own))
}

/// What keeps a partner from ending such waits ever again; `None` if it still may.
fn gone(context: &Context<'_>, partner: Partner, group: &StuckGroup, evidence: &mut Evidence) -> Option<String> {
    let end = context.trace.range().end;
    if !is_long(context, end.nanos_since(partner.last)) || still_comes(context, partner, (group.function, group.op)) {
        return None;
    }
    let mut cut_off_evidence = Evidence::default();
    let Some(words) = cut_off(context, partner, group, &mut cut_off_evidence) else {
        return stopped_coming(context, partner, group, evidence);
    };
    evidence.append(cut_off_evidence);
    Some(words)
}

/// Whether a partner ended such waits after the last that is known: of a place only the longest waits are kept. `true`, too, if
/// it did more than can be looked at.
fn still_comes(context: &Context<'_>, partner: Partner, (function, op): (u32, Op)) -> bool {
    let trace = context.trace;
    let since = TimeRange::new(partner.last.plus_nanos(1), trace.range().end);
    let mut looked = 0;
    for (segment, row) in trace.acted_on(LaneId::Goroutine(partner.go), since) {
        looked += 1;
        let Some((other, known)) = trace.affected(segment, row).zip(trace.seg(segment)) else { continue };
        let before = trace.span_at(LaneId::Goroutine(other), TraceTime(known.time(row)).plus_nanos(-1));
        let is_here = before.is_some_and(|span| {
            context.places.op(span.start_stack) == op && context.places.own_function(span.start_stack) == Some(function)
        });
        if is_here || looked > ACTS {
            return true;
        }
    }
    false
}

/// A partner that has ended, or whose own wait cannot end.
fn cut_off(context: &Context<'_>, partner: Partner, group: &StuckGroup, evidence: &mut Evidence) -> Option<String> {
    let mut words: Vec<String> = Vec::new();
    let mut seen: Vec<GoroutineIdx> = Vec::new();
    let mut waiters: Vec<GoroutineIdx> = group.waiters.iter().map(|waiter| waiter.0).collect();
    let (mut last, mut go) = ((partner, group.op), partner.go);
    for _ in 0..DEPTH {
        seen.push(go);
        let end_state = end_state(context, go);
        words.push(end_state.words(context, evidence));
        let EndState::Waiting { stack, since } = end_state else {
            let is_end = matches!(end_state, EndState::Ended(_)) && is_fixed(context, last, &waiters);
            return is_end.then(|| describe(&words));
        };
        let class = context.workload.stuck.get(&go)?.class;
        // What comes from outside may come at any time.
        let is_outside = matches!(class, SpanClass::WaitNet | SpanClass::WaitSleep | SpanClass::Syscall);
        let is_short = !is_long(context, context.trace.range().end.nanos_since(since));
        if is_short || is_outside || is_idle(context.places, stack, class) {
            return None;
        }
        let (op, function) = (context.places.op(stack), context.places.own_function(stack)?);
        if op.is_lock() || (function, op) == (group.function, group.op) {
            return Some(describe(&words));
        }
        let before = go;
        let lines = FxHashSet::from_iter([context.places.own_line(stack)]);
        let partner = self::partner(context, (function, op), &lines, &[go])?;
        let next = partner.go;
        if seen.contains(&next) || group.waiters.iter().any(|waiter| waiter.0 == next) {
            // Loops that wait for whatever comes next, and gave each other something to do before, wait for nobody in
            // particular.
            if [op, group.op].iter().any(|op| matches!(op, Op::Select | Op::Receive)) {
                return None;
            }
            words.push(format!("is {}: they wait for each other", go_name(context.trace, next)));
            return Some(describe(&words));
        }
        (last, waiters, go) = ((partner, op), vec![before], next);
    }
    None
}

/// Whether one that has ended was the other side: it handed something over again and again, or one started the other. Else it is
/// one of many that come and go, and the next may come.
fn is_fixed(context: &Context<'_>, (partner, op): (Partner, Op), waiters: &[GoroutineIdx]) -> bool {
    let creator = |go: GoroutineIdx| context.workload.go(go).and_then(GoroutineStats::creator);
    let is_related = |go: &GoroutineIdx| creator(*go) == Some(partner.go) || creator(partner.go) == Some(*go);
    !matches!(op, Op::Receive | Op::Select) || partner.count >= OFTEN || waiters.iter().any(is_related)
}

/// `which was on the other side before, has waited … , and whose own partner …`
fn describe(words: &[String]) -> String {
    format!("which was on the other side before, {}", words.join(", and whose own partner "))
}

/// A partner that came again and again, and then not for far longer.
fn stopped_coming(
    context: &Context<'_>,
    partner: Partner,
    group: &StuckGroup,
    evidence: &mut Evidence,
) -> Option<String> {
    let away = context.trace.range().end.nanos_since(partner.last);
    let pace =
        partner.last.nanos_since(partner.first) / i64::try_from(partner.count.saturating_sub(1)).unwrap_or(1).max(1);
    // One that was away nearly as long before, and came back, may do so again.
    let is_new = away / LONGER >= partner.longest_pause;
    let is_regular = partner.count >= FEWEST_TURNS && away / TURNS >= pace && group.waiters.len() >= FEWEST && is_new;
    let mut words = || {
        format!(
            "which was on the other side {}, has been away for the last {}: it {}",
            evidence.count("partner_turns", partner.count, "time"),
            evidence.time("partner_away_ns", away.unsigned_abs()),
            end_state(context, partner.go).words(context, evidence)
        )
    };
    is_regular.then(&mut words)
}
