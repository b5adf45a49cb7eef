//! Who keeps whom waiting: for each place of waiting, how much, and what those who ended the waits did
//! in that time.

use std::collections::hash_map::Entry;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::analysis::phrases::{counted, go_name, percent, place_name, time};
use crate::analysis::phrases::{doing_at, prior_name, step_description};
use crate::analysis::place_time::{KEPT, Wait, sort_first};
use crate::analysis::places::{Op, Place, Places};
use crate::analysis::prior::{is_prior, waited_in};
use crate::analysis::scope::united;
use crate::analysis::wait_chain::{StepKind, WaitChain, walk_queue};
use crate::analysis::workload::Workload;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::trace::Trace;

/// Wake-ups by one goroutine within this time at one place are one act (a broadcast), ns.
const ONE_ACT: i64 = 50_000;
/// Acts whose other waits are looked for.
const ACTS: usize = 64;

/// Waits that one thread follows at a time.
const SHARE: usize = 16;

/// Stretches of a part from which on those that overlap are joined, so that they stay few.
const MOST_RANGES: usize = 4_096;

/// Waits at one place of the program.
#[derive(Clone, Debug)]
pub struct Blocked {
    /// Where, in the program.
    pub place: Place,
    /// A stack of one of the waits.
    pub stack: StackId,
    /// What was waited for, as Go spells it.
    pub op: Op,
    /// The class of the waits, which gives their colour.
    pub class: SpanClass,
    /// The runtime's word for it.
    pub reason: StrId,
    /// How many waits there were.
    pub count: u64,
    /// Their time, total over goroutines, ns.
    pub nanos: u64,
    /// The longest of them, ns.
    pub max: u64,
    /// Nanoseconds of those that a goroutine ended.
    pub woken_nanos: u64,
    /// Nanoseconds of those within units that begin and end inside the trace.
    pub bounded_nanos: u64,
    /// How many goroutines waited there.
    pub gos: u64,
    /// The longest ones, longest first.
    pub longest: Vec<Wait>,
    /// They began before the trace, which therefore holds no stacks of them: `place` and `stack` are their wakers',
    /// from which the operation is inferred.
    pub is_prior: bool,
}

/// Part of the waiting at a place: what one goroutine did meanwhile.
#[derive(Clone, Debug, PartialEq)]
pub struct Meanwhile {
    /// The goroutine that ended the waits.
    pub go: GoroutineIdx,
    /// What it was doing during the waits.
    pub doing: StepKind,
    /// Where, in the longest stretch: never a stack from after it.
    pub stack: StackId,
    /// What they did began before the trace, without a stack: `stack` is where they went on.
    pub is_resumed: bool,
    /// Where they then ended the wait.
    pub release: StackId,
    /// They were inside the function that ended the wait: they plausibly held what was waited for.
    pub is_held: bool,
    /// Nanoseconds of waiting in all, added over waits: several may wait at once.
    pub nanos: u64,
    /// How many stretches, counted once for each wait.
    pub count: u64,
    /// The longest stretch of it, inside a wait.
    pub longest: TimeRange,
    /// The stretches themselves, by time and apart from each other: the goroutine's own time.
    pub ranges: Vec<TimeRange>,
}

impl Meanwhile {
    /// How long the goroutine did so, nanoseconds, however many waited for it at once.
    #[must_use]
    pub fn own_nanos(&self) -> u64 {
        total(&self.ranges)
    }
}

/// The length of stretches that are apart from each other, nanoseconds.
pub(crate) fn total(ranges: &[TimeRange]) -> u64 {
    ranges.iter().map(|range| range.nanos().unsigned_abs()).sum()
}

/// What the wakers of the waits at a place did.
#[derive(Clone, Debug, Default)]
pub struct Wakers {
    /// Waits that were looked into: of those that a goroutine ended the longest, at most [`KEPT`].
    pub waits: u64,
    /// Time of the waits that were examined, ns.
    pub examined: u64,
    /// Parts that sum to it, most first.
    pub parts: Vec<Meanwhile>,
    /// Nanoseconds of waits by who ended them at the root.
    pub by_go: Vec<(GoroutineIdx, u64)>,
    /// Waits per act of ending: above 1, they are ended several at a time.
    pub per_act: f64,
    /// In one sentence: who waited how long, who ended it, and what those did meanwhile.
    pub sentence: String,
}

impl Wakers {
    /// How many waits were looked into, and their time, for people; `None` if that is all there were.
    fn of_examined(&self, blocked: &Blocked) -> Option<(u64, String)> {
        (self.waits < blocked.count).then(|| (self.waits, time(self.examined)))
    }
}

impl Blocked {
    /// What they wait at, as Go spells it, or else the runtime's reason; empty if neither is in the trace: what
    /// began before the trace has none.
    #[must_use]
    pub fn operation<'a>(&self, trace: &'a Trace) -> &'a str {
        match self.op.name() {
            "" => trace.str(self.reason),
            name => name,
        }
    }

    /// `in chan receive at main.worker (main.go:30)`; `(network) at main.read (main.go:9)` where the runtime's reason is
    /// all that is known, and the place alone without that.
    #[must_use]
    pub(crate) fn in_operation(&self, trace: &Trace) -> String {
        let place = place_name(Some(&self.place));
        match (self.op, self.operation(trace)) {
            (_, "") => format!("at {place}"),
            (Op::Gc | Op::Pool, resource) => format!("for {resource} at {place}"),
            (op, reason) if op.name().is_empty() => format!("({reason}) at {place}"),
            (_, operation) => format!("in {operation} at {place}"),
        }
    }
}

/// All places of waiting, those with most time first.
#[must_use]
pub fn blocked(workload: &Workload, places: &Places<'_>) -> Vec<Blocked> {
    let mut by_place: FxHashMap<(Place, Op, SpanClass, StrId, bool), Blocked> = FxHashMap::default();
    for (key, site) in &workload.sites {
        let (Some(place), false) = (places.near(key.stack), key.class == SpanClass::Syscall) else { continue };
        let name = (place.clone(), site.op, key.class, key.reason, key.is_prior);
        let sum = by_place.entry(name).or_insert_with(|| Blocked {
            place,
            stack: key.stack,
            op: site.op,
            class: key.class,
            reason: key.reason,
            count: 0,
            nanos: 0,
            max: 0,
            woken_nanos: 0,
            bounded_nanos: 0,
            gos: 0,
            longest: Vec::new(),
            is_prior: key.is_prior,
        });
        sum.stack = sum.stack.min(key.stack);
        sum.count += site.count;
        sum.nanos += site.nanos;
        sum.max = sum.max.max(site.max);
        sum.woken_nanos += site.woken_nanos;
        sum.bounded_nanos += site.bounded_nanos;
        sum.gos = workload.waiters(places, key, site.op);
        sum.longest.extend_from_slice(&site.longest);
    }
    let mut all: Vec<Blocked> = by_place.into_values().collect();
    for blocked in &mut all {
        sort_first(&mut blocked.longest, KEPT, Wait::by_length);
    }
    all.sort_by(|a, b| b.nanos.cmp(&a.nanos).then_with(|| a.place.cmp(&b.place)).then_with(|| a.op.cmp(&b.op)));
    all
}

fn sentence(trace: &Trace, places: &Places<'_>, blocked: &Blocked, wakers: &Wakers) -> String {
    let at = if blocked.is_prior {
        // Where they waited is not in the trace; where their wakers were is told next.
        format!("in {} since before the trace (no stacks)", prior_name(blocked.op))
    } else {
        blocked.in_operation(trace)
    };
    let mut text = format!(
        "{} of {}, {} total (max {}), {at}",
        counted(blocked.count, "wait"),
        counted(blocked.gos, "goroutine"),
        time(blocked.nanos),
        time(blocked.max),
    );
    let Some(first) = wakers.parts.first() else {
        return text + "; not ended by a goroutine in the trace.";
    };
    let share = |nanos: u64| match percent(nanos, wakers.examined).as_str() {
        "100 %" => "all".to_owned(),
        part => format!("{part} of it"),
    };
    let by_first = wakers.by_go.iter().find(|by| by.0 == first.go).map_or(0, |by| by.1);
    let released = places.near(first.release).or_else(|| trace.frames(first.release).last().map(Place::from));
    text += &wakers
        .of_examined(blocked)
        .map_or_else(String::new, |(waits, nanos)| format!(" ({waits} of them analysed, {nanos} total)"));
    text += &format!("; {} ended by {}", share(by_first), go_name(trace, first.go));
    if let Some(place) = released {
        text += &format!(" at {}", place_name(Some(&place)));
    }
    text + &format!(
        ", which {} for {}{}.",
        step_description(first.doing),
        time(first.own_nanos()),
        doing_at(places, first.doing, first.stack, first.is_resumed)
    )
}

/// Who did what in which functions: where it was, and where it ended the wait.
type PartKey = (GoroutineIdx, StepKind, Option<u32>, Option<u32>);

/// What was found on the way from some waits to whoever ended them.
#[derive(Default)]
struct Followed {
    /// Each with the number of stretches from which on those that overlap are joined.
    parts: FxHashMap<PartKey, (Meanwhile, usize)>,
    by_go: FxHashMap<GoroutineIdx, u64>,
    examined: u64,
}

impl Followed {
    fn add(&mut self, places: &Places<'_>, chain: &WaitChain) {
        for step in &chain.steps {
            let nanos = step.range.nanos().unsigned_abs();
            let release = chain.link(step).map_or(StackId::NONE, |link| link.waker_stack);
            let (doing_at, release_at) = (places.near_function(step.stack), places.near_function(release));
            let new = || Meanwhile {
                go: step.go,
                doing: step.doing,
                stack: step.stack,
                is_resumed: step.is_resumed,
                release,
                is_held: false,
                nanos: 0,
                count: 0,
                longest: TimeRange::default(),
                ranges: Vec::new(),
            };
            let key = (step.go, step.doing, doing_at, release_at);
            let (part, limit) = self.parts.entry(key).or_insert_with(|| (new(), MOST_RANGES));
            part.nanos += nanos;
            part.count += 1;
            part.ranges.push(step.range);
            few(part, limit);
            if step.range.nanos() > part.longest.nanos() {
                (part.longest, part.stack, part.release) = (step.range, step.stack, release);
                part.is_resumed = step.is_resumed;
            }
            *self.by_go.entry(step.go).or_default() += nanos;
            self.examined += nanos;
        }
    }

    /// With what waits behind these led to.
    fn merged(mut self, other: Self) -> Self {
        for (key, (more, limit)) in other.parts {
            match self.parts.entry(key) {
                Entry::Vacant(place) => {
                    place.insert((more, limit));
                }
                Entry::Occupied(mut place) => {
                    let (part, limit) = place.get_mut();
                    part.nanos += more.nanos;
                    part.count += more.count;
                    part.ranges.extend(more.ranges);
                    few(part, limit);
                    if more.longest.nanos() > part.longest.nanos() {
                        (part.longest, part.stack, part.release) = (more.longest, more.stack, more.release);
                        part.is_resumed = more.is_resumed;
                    }
                }
            }
        }
        for (go, nanos) in other.by_go {
            *self.by_go.entry(go).or_default() += nanos;
        }
        self.examined += other.examined;
        self
    }
}

/// Joins the stretches of a part that overlap, if there are many.
fn few(part: &mut Meanwhile, limit: &mut usize) {
    if part.ranges.len() >= *limit {
        part.ranges = united(std::mem::take(&mut part.ranges));
        *limit = MOST_RANGES.max(2 * part.ranges.len());
    }
}

/// What the wakers did during the longest waits at a place. Waits for locks, and waits at the same
/// place, are followed to whoever ended them: one who waits in the same queue is not the cause.
#[must_use]
pub fn wakers(trace: &Trace, places: &Places<'_>, blocked: &Blocked) -> Wakers {
    let own = places.near_function(blocked.stack);
    let follows = |span: &Span| {
        let op = places.op(span.start_stack);
        op.is_lock()
            || (op == blocked.op && (op == Op::Pool || places.near_function(span.start_stack) == own))
            || (is_prior(span)
                && waited_in(places, woken_with(trace, span)).is_some_and(|op| op.is_lock() || op == blocked.op))
    };
    let mut wakers = Wakers { per_act: waits_per_act(trace, places, blocked), ..Wakers::default() };
    let ended: Vec<&Wait> = blocked.longest.iter().filter(|wait| wait.waker.is_some()).collect();
    wakers.waits = ended.len() as u64;
    let followed = ended.par_chunks(SHARE).map(|waits| {
        let mut found = Followed::default();
        for wait in waits {
            found.add(places, &walk_queue(trace, wait.go, wait.range, &follows));
        }
        found
    });
    // In the order of the waits, so that it is the same whoever followed them.
    let followed: Vec<Followed> = followed.collect();
    let Followed { parts, by_go, examined } = followed.into_iter().fold(Followed::default(), Followed::merged);
    wakers.examined = examined;
    wakers.parts = parts.into_values().map(|(part, _)| part).collect();
    for part in &mut wakers.parts {
        part.ranges = united(std::mem::take(&mut part.ranges));
        part.is_held = is_within(trace, places, (part.doing, part.stack, part.release), own);
    }
    wakers.parts.sort_by_key(|part| {
        let most_first = std::cmp::Reverse(part.nanos);
        (most_first, part.longest.start, part.go, part.doing, part.stack, std::cmp::Reverse(part.release))
    });
    wakers.by_go = by_go.into_iter().collect();
    wakers.by_go.sort_by_key(|&(go, nanos)| (std::cmp::Reverse(nanos), go));
    wakers.sentence = sentence(trace, places, blocked, &wakers);
    wakers
}

/// The stack with which a wait was ended.
fn woken_with(trace: &Trace, wait: &Span) -> StackId {
    let next = trace.next_span(wait.at).filter(|next| next.range.start == wait.range.end);
    next.map_or(StackId::NONE, |next| trace.maker(next.at).1)
}

/// Whether what somebody did was done inside a function that then released: of its own frames one is in
/// both stacks. A run leaves no stack behind when it goes straight to the release.
///
/// `own`: the function in which the others wait for it, as [`Places`] counts.
pub(crate) fn is_within(
    trace: &Trace,
    places: &Places<'_>,
    (doing, stack, release): (StepKind, StackId, StackId),
    own: Option<u32>,
) -> bool {
    if matches!(doing, StepKind::Running | StepKind::Runnable | StepKind::MarkAssist | StepKind::NoCpu) {
        return true;
    }
    // Who waits on a condition has given its lock up.
    if places.op(stack) == Op::Cond && places.op(release).is_unlock() {
        return false;
    }
    let releasing = places.near_function(release);
    // Who waits for a lock in the function that releases one waits for the same, as far as anybody knows.
    if places.op(stack).is_lock() && places.near_function(stack) == releasing {
        return false;
    }
    // What takes and releases it itself holds it in no other function; and a library that holds its lock may call the
    // program, to write to a connection of its own, say.
    let calls_back = !places.has_own(release) && places.has_own(stack);
    if calls_back || (releasing.is_some() && releasing == own) {
        let Some(release) = places.near(release) else { return false };
        let mut frames = trace.frames(stack);
        return frames.any(|frame| frame.function == release.function && frame.line <= release.line);
    }
    // Of the functions in both stacks the one nearest to the leaf counts: what it did further down than the release (a
    // deferred one is at its last line), it did with the lock given up.
    let releasing: FxHashMap<&str, u64> =
        places.near_frames(release).map(|frame| (frame.function, frame.line)).collect();
    let mut shared = places.near_frames(stack).filter_map(|frame| {
        let line = releasing.get(frame.function)?;
        Some(frame.line <= *line)
    });
    shared.next().unwrap_or(false)
}

/// How many waits at a place one act of ending ends, on average. Where only the longest are known, and may be single ones of
/// those that ended together, the trace is asked for the others of some.
fn waits_per_act(trace: &Trace, places: &Places<'_>, blocked: &Blocked) -> f64 {
    let known = per_act(&blocked.longest);
    if blocked.count <= blocked.longest.len() as u64 {
        return known;
    }
    let own = places.near_function(blocked.stack);
    let was_there = |other: GoroutineIdx, end: TraceTime| {
        let before = trace.span_at(LaneId::Goroutine(other), end.plus_nanos(-1));
        before.is_some_and(|span| span.state == GoState::Waiting && places.near_function(span.start_stack) == own)
    };
    let (mut acts, mut waits) = (0_u64, 0_u64);
    for wait in blocked.longest.iter().filter(|wait| wait.waker.is_some()).take(ACTS) {
        let Some(waker) = wait.waker else { continue };
        let end = wait.range.end;
        let around = TimeRange::new(end.plus_nanos(-ONE_ACT), end.plus_nanos(ONE_ACT));
        let woken = trace.acted_on(LaneId::Goroutine(waker), around).filter(|&(segment, row)| {
            let time = trace.seg(segment).map(|segment| TraceTime(segment.time(row)));
            trace.affected(segment, row).zip(time).is_some_and(|(other, time)| was_there(other, time))
        });
        acts += 1;
        waits += (woken.count() as u64).max(1);
    }
    known.max(waits as f64 / acts.max(1) as f64)
}

/// The same of these waits.
fn per_act(waits: &[Wait]) -> f64 {
    let mut ends: Vec<(GoroutineIdx, i64)> =
        waits.iter().filter_map(|wait| Some((wait.waker?, wait.range.end.0))).collect();
    ends.sort_unstable();
    let acts = ends.iter().enumerate().filter(|&(at, &(go, end))| {
        let before = at.checked_sub(1).and_then(|before| ends.get(before));
        before.is_none_or(|&(who, last)| who != go || end - last > ONE_ACT)
    });
    let acts = acts.count();
    if acts == 0 { 0.0 } else { ends.len() as f64 / acts as f64 }
}
