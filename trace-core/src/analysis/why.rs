//! Why a stretch of a goroutine, a task, regions or a range took as long as it did: its critical path added up by
//! who did what where, and one sentence.

use rustc_hash::FxHashMap;

use crate::analysis::antagonists::antagonists_of;
use crate::analysis::findings::Findings;
use crate::analysis::phrases::doing_at;
use crate::analysis::phrases::prior_name;
use crate::analysis::phrases::step_description;
use crate::analysis::phrases::where_at;
use crate::analysis::phrases::{counted, go_name, grouped, percent};
use crate::analysis::places::Places;
use crate::analysis::prior::waited_in;
use crate::analysis::scope::{GoroutineFilter, Scope, ScopeRanges};
use crate::analysis::subject::{Choice, Subject, choose, choose_in};
use crate::analysis::wait_chain::{Link, Step, StepKind, WaitChain, long_wait_chain, wait_chain};
use crate::analysis::workload::Workload;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::TimeRange;
use crate::model::trace::Trace;

mod shared_wait;

/// More waits on the way than this are not told one by one.
const MOST_HOPS: usize = 6;

/// A wait on the way from the victim to whoever kept it waiting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hop {
    /// The goroutine that waited.
    pub go: GoroutineIdx,
    /// Where; `NONE` if it was not there yet, or if the wait began before the trace.
    pub stack: StackId,
    /// The runtime's word for the wait.
    pub reason: StrId,
    /// The goroutine that ended the wait.
    pub waker: GoroutineIdx,
    /// Where the waker did.
    pub waker_stack: StackId,
    /// The goroutine was not there yet: the waker created it.
    pub is_creation: bool,
}

/// Steps of the same goroutine (or of goroutines with the same start function, if several stretches are added up)
/// that do the same at the same function of the program.
#[derive(Clone, Debug, PartialEq)]
pub struct Share {
    /// Who; of the longest of them.
    pub go: GoroutineIdx,
    /// What the goroutine was doing.
    pub doing: StepKind,
    /// The runtime's word for it.
    pub reason: StrId,
    /// Where, of the longest of them.
    pub stack: StackId,
    /// The longest of them began before the trace, without a stack: `stack` is the next one that the goroutine left.
    pub is_resumed: bool,
    /// How long the steps took in all.
    pub nanos: Nanos,
    /// How many steps it sums.
    pub count: u64,
    /// The longest of the steps.
    pub longest: TimeRange,
    /// The waits that lead from the victim to the longest; none if it is the victim's own doing.
    pub via: Vec<Hop>,
}

/// Where the time of several stretches went, summed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Why {
    /// How long all stretches are together.
    pub nanos: Nanos,
    /// How many stretches were followed.
    pub stretches: u64,
    /// How many steps they consist of.
    pub steps: u64,
    /// Most first; they sum to `nanos`.
    pub shares: Vec<Share>,
    /// The longest stretch, step by step; of an only stretch all of it.
    pub longest: WaitChain,
    /// Whose that is; nobody's if there is none.
    pub go: Option<GoroutineIdx>,
    /// What it comes down to.
    pub sentence: String,
    /// Why this stretch, if none was named: see [`choose`].
    pub choice: Option<Choice>,
    /// Of such a stretch the headline of the first finding, if it has to do with it: see [`Subject`].
    pub finding: Option<String>,
}

/// Where the time of one stretch of a goroutine went.
#[must_use]
pub fn why_one(trace: &Trace, go: GoroutineIdx, range: TimeRange) -> Why {
    attributed(trace, go, wait_chain(trace, go, range))
}

fn attributed(trace: &Trace, go: GoroutineIdx, chain: WaitChain) -> Why {
    let places = Places::of(trace, stacks_of(&chain));
    let mut sums = Sums::new(&places, None);
    sums.add(&chain);
    sums.finish(trace, chain, go, 1)
}

/// Where the time of all stretches of a scope went. If the scope names no goroutine, task or region, the critical path
/// of the stretch that [`choose`] finds in its range. `None` if cancelled.
#[must_use]
pub fn why(trace: &Trace, scope: &Scope, monitor: &Monitor) -> Option<Why> {
    why_knowing(trace, scope, None, monitor)
}

/// The same; `known`: what [`find`](crate::analysis::findings::find) finds in the trace, if that is known.
#[must_use]
pub fn why_knowing(trace: &Trace, scope: &Scope, known: Option<&Findings>, monitor: &Monitor) -> Option<Why> {
    if scope.filter == GoroutineFilter::All {
        let subject = choose(trace, trace.range().intersect(scope.range), known, monitor);
        let found = subject.map(|subject| why_chosen(trace, subject));
        return (!monitor.is_cancelled()).then(|| found.unwrap_or_default());
    }
    let pieces = scope.pieces(trace);
    let stretches: Vec<(GoroutineIdx, TimeRange)> = stretches(trace, &pieces);
    if let [(go, range)] = stretches.as_slice() {
        return Some(attributed(trace, *go, long_wait_chain(trace, *go, *range)));
    }
    let places = Places::new(trace);
    let mut sums = Sums::new(&places, Some(trace));
    let mut longest = (GoroutineIdx::NONE, WaitChain::default());
    for &(go, range) in &stretches {
        if monitor.is_cancelled() {
            return None;
        }
        let chain = wait_chain(trace, go, range);
        sums.add(&chain);
        if chain.range.nanos() > longest.1.range.nanos() {
            longest = (go, chain);
        }
    }
    Some(sums.finish(trace, longest.1, longest.0, stretches.len() as u64))
}

/// What `why` says of a whole trace whose workload and findings are known already.
#[must_use]
pub fn why_whole(trace: &Trace, places: &Places<'_>, workload: &Workload, findings: &Findings) -> Why {
    let subject = choose_in((trace, places), trace.range(), workload, findings);
    subject.map(|subject| why_chosen(trace, subject)).unwrap_or_default()
}

/// Where the time of what was chosen went.
fn why_chosen(trace: &Trace, Subject { go, range, choice, finding }: Subject) -> Why {
    let mut why = attributed(trace, go, long_wait_chain(trace, go, range));
    let is_wait = why.shares.first().is_some_and(|share| matches!(share.doing, StepKind::Waiting(_)));
    if choice == Choice::Last && is_wait {
        why.sentence = format!("{NOTHING_SLOW}: {}", why.sentence);
    }
    Why { choice: Some(choice), finding, ..why }
}

/// The stretches of a scope, each cut to the goroutine's life.
fn stretches(trace: &Trace, pieces: &ScopeRanges) -> Vec<(GoroutineIdx, TimeRange)> {
    let whole = trace.range();
    let life = |go: GoroutineIdx| {
        let known = trace.goroutine(go);
        let (created, ended) = known.map_or((None, None), |known| (known.created, known.ended));
        TimeRange::new(created.unwrap_or(whole.start), ended.unwrap_or(whole.end))
    };
    let all = (0..pieces.len()).filter_map(|at| pieces.nth(at));
    let cut = all.flat_map(|(go, ranges)| ranges.iter().map(move |range| (go, range.intersect(life(go)))));
    cut.filter(|(_, range)| range.nanos() > 0).collect()
}

fn stacks_of(chain: &WaitChain) -> impl Iterator<Item = StackId> + '_ {
    let links = chain.links.iter().flat_map(|link| [link.stack, link.waker_stack]);
    chain.steps.iter().map(|step| step.stack).chain(links)
}

type Key = (u32, StepKind, StrId, Option<u32>);

/// Steps while they are added up.
struct Sums<'a> {
    places: &'a Places<'a>,
    /// Goroutines count by start function.
    by_name: Option<&'a Trace>,
    shares: FxHashMap<Key, Share>,
    nanos: Nanos,
    steps: u64,
}

impl<'a> Sums<'a> {
    fn new(places: &'a Places<'a>, by_name: Option<&'a Trace>) -> Self {
        Self { places, by_name, shares: FxHashMap::default(), nanos: Nanos::ZERO, steps: 0 }
    }

    fn add(&mut self, chain: &WaitChain) {
        // Of each share the longest step, whose way is worked out at the end.
        let mut longest: FxHashMap<Key, &Step> = FxHashMap::default();
        for step in &chain.steps {
            let name = |trace: &Trace| trace.goroutine_name(step.go).map_or(u32::MAX, |(_, name)| name.0);
            let who = self.by_name.map_or(step.go.0, name);
            let key = (who, step.doing, step.reason, self.places.own_function(step.stack));
            let sum = self.shares.entry(key).or_insert_with(|| Share {
                go: step.go,
                doing: step.doing,
                reason: step.reason,
                stack: step.stack,
                is_resumed: step.is_resumed,
                nanos: Nanos::ZERO,
                count: 0,
                longest: TimeRange::default(),
                via: Vec::new(),
            });
            sum.nanos += step.range.length();
            sum.count += 1;
            if step.range.nanos() > sum.longest.nanos() {
                (sum.go, sum.stack, sum.longest) = (step.go, step.stack, step.range);
                sum.is_resumed = step.is_resumed;
                longest.insert(key, step);
            }
        }
        for (key, step) in longest {
            if let Some(share) = self.shares.get_mut(&key) {
                share.via = way(chain, step);
            }
        }
        self.nanos += chain.range.length();
        self.steps += chain.steps.len() as u64;
    }

    fn finish(self, trace: &Trace, longest: WaitChain, go: GoroutineIdx, stretches: u64) -> Why {
        let mut shares: Vec<Share> = self.shares.into_values().collect();
        shares.sort_by_key(|share| (std::cmp::Reverse(share.nanos), share.longest.start, share.go));
        let (nanos, steps) = (self.nanos, self.steps);
        let mut why = Why { nanos, stretches, steps, shares, longest, go: Some(go), ..Why::default() };
        why.sentence = sentence(trace, self.places, &why);
        why
    }
}

/// The waits that lead to a step, the victim's first.
fn way(chain: &WaitChain, step: &Step) -> Vec<Hop> {
    let mut via = Vec::new();
    let mut link = chain.link(step);
    while let Some(wait) = link {
        via.push(hop(wait));
        link = wait.parent.and_then(|parent| chain.links.get(parent as usize));
    }
    via.reverse();
    via
}

const fn hop(link: &Link) -> Hop {
    let Link { go, stack, reason, waker, waker_stack, is_creation, .. } = *link;
    Hop { go, stack, reason, waker, waker_stack, is_creation }
}

/// What is said first of a goroutine that was chosen for want of anything better, and that only waited.
const NOTHING_SLOW: &str = "No slow task, request or finding to explain; name a goroutine, task or region. Of the goroutine that \
                            ran last";

/// What the runtime's own goroutines wait for.
const OF_SYSTEM: &str = "system goroutine wait";

/// The largest share and the waits that lead to it: `98 % of 122 ms: G40 waited in sync.(*Mutex).Lock at
/// main.handle (main.go:61) for G25, which waited (select) in net/http.Post at main.report (main.go:97).`
fn sentence(trace: &Trace, places: &Places<'_>, why: &Why) -> String {
    let Some(share) = why.shares.first() else { return String::new() };
    if why.stretches == 1
        && let Some(text) =
            shared_wait::sentence((trace, places), &why.longest, share.nanos, |link| waited(places, &hop(link)))
    {
        return text;
    }
    let first = share.via.first().map_or(share.go, |hop| hop.go);
    let of = if why.stretches == 1 { String::new() } else { format!(" in {} stretches", why.stretches) };
    let mut text = format!("{} of {}{of}: {}", percent(share.nanos.0, why.nanos.0), why.nanos, go_name(trace, first));
    let queues: Vec<&[Hop]> = share.via.chunk_by(|one, next| is_one_queue(places, one, next)).collect();
    let left_out = queues.len().saturating_sub(MOST_HOPS);
    for (at, queue) in queues.iter().enumerate() {
        let [hop, behind @ ..] = queue else { continue };
        let last = behind.last().unwrap_or(hop);
        if left_out > 0 && at == MOST_HOPS / 2 {
            let others: usize = queues.iter().skip(at).take(left_out).map(|queue| queue.len()).sum();
            text += &format!(", which waited behind {}", counted(others as u64, "other"));
        }
        if (MOST_HOPS / 2..MOST_HOPS / 2 + left_out).contains(&at) {
            continue;
        }
        let which = match at {
            0 => "",
            _ if left_out > 0 && at == MOST_HOPS / 2 + left_out => ", the last of which",
            _ => ", which",
        };
        if at + 1 == queues.len() && share.doing == StepKind::NotCreated && is_deadline(trace, places, last) {
            let place = where_at(places, last.stack);
            return text + &format!("{which} waited{place} until a context's deadline passed.");
        }
        let behind = match behind.len() {
            0 => String::new(),
            others => format!(" behind {}", counted(others as u64, "other")),
        };
        let how =
            if hop.is_creation { " had yet to be created by" } else { &format!("{}{behind} for", waited(places, hop)) };
        text += &format!("{which}{how} {}", go_name(trace, last.waker));
    }
    let at = doing_at(places, share.doing, share.stack, share.is_resumed);
    let started = match trace.goroutine_name(share.go) {
        Some((_, name)) if at.is_empty() && !trace.str(name).is_empty() => format!(" ({})", trace.str(name)),
        _ if at.is_empty() && trace.str(share.reason) == OF_SYSTEM => " (a goroutine of the runtime)".to_owned(),
        _ => String::new(),
    };
    let which = if share.via.is_empty() { " " } else { ", which " };
    let is_wait = matches!(share.doing, StepKind::Waiting(_));
    let reason = match trace.str(share.reason) {
        "" => String::new(),
        // It has been said whose goroutine it is.
        OF_SYSTEM if !started.is_empty() => " for something to do".to_owned(),
        // The place names it.
        reason if is_wait && !at.starts_with(&format!(" in {reason} at ")) => format!(" ({reason})"),
        _ => String::new(),
    };
    text + &started
        + which
        + step_description(share.doing)
        + &reason
        + &at
        + still_waiting(trace, share)
        + &meanwhile(trace, share)
        + "."
}

/// Whether one who waits stands right behind another in one queue: both wait for the same at the same place.
fn is_one_queue(places: &Places<'_>, one: &Hop, next: &Hop) -> bool {
    let line = |hop: &Hop| places.own_line(hop.stack).filter(|_| !hop.is_creation);
    line(one).is_some() && line(one) == line(next) && one.reason == next.reason
}

/// Whether a wait was ended by the timer of a context's deadline: by a goroutine that package `context` had it start.
fn is_deadline(trace: &Trace, places: &Places<'_>, hop: &Hop) -> bool {
    let is_timer = |name: StrId| trace.str(name).starts_with("context.WithDeadline");
    places.is_deadline(hop.waker_stack) && trace.goroutine_name(hop.waker).is_some_and(|(_, name)| is_timer(name))
}

/// `; meanwhile goroutines of main.simulate had 98 % of the procs' time`: who had the procs while a goroutine was runnable,
/// or that nobody had them; of several such stretches in the longest. Of waits and system calls that the process had no
/// CPU for a good part; of running time that it may be less. Empty for everything else.
fn meanwhile(trace: &Trace, share: &Share) -> String {
    match share.doing {
        StepKind::Runnable => {}
        StepKind::Waiting(_) | StepKind::Syscall => return without_cpu(trace, share),
        StepKind::Running => return perhaps_without_cpu(trace),
        _ => return String::new(),
    }
    let Some(found) = antagonists_of(trace, share.longest, 1, &Monitor::new()) else { return String::new() };
    let when = match share.count {
        1 => "meanwhile".to_owned(),
        _ => format!("in the longest of {} stretches ({})", grouped(share.count), share.longest.length()),
    };
    let first = found.functions.first().filter(|first| first.total() > found.idle && first.total() > found.no_cpu);
    if let Some(first) = first.filter(|first| !trace.str(first.name).is_empty()) {
        let had = percent(first.total().0, found.proc_nanos.0);
        return format!("; {when} goroutines of {} had {had} of the procs' time", trace.str(first.name));
    }
    let idle = percent(found.idle.0, found.proc_nanos.0);
    if found.idle > found.no_cpu {
        format!("; {when} the procs were idle for {idle} of their time")
    } else {
        String::new()
    }
}

/// `; for 60.2 ms of it the process had no CPU`, in which nothing can have ended the wait; empty if that is less than a
/// quarter of it.
fn without_cpu(trace: &Trace, share: &Share) -> String {
    let (wait, without) = (share.longest.length(), Nanos(trace.no_cpu().total(share.longest)));
    if without.0 * 4 < wait.0 || without == Nanos::ZERO {
        return String::new();
    }
    let which = if share.count == 1 { "it".to_owned() } else { format!("the longest ({wait})") };
    format!("; for {without} of {which} the process had no CPU")
}

/// `; the process had no CPU for 45 % of the trace, so that it may have run for less`: silences shorter than those that are
/// known look like running. Empty where the process lacked a CPU for less than a fifth of the trace.
fn perhaps_without_cpu(trace: &Trace) -> String {
    let (without, all) = (trace.no_cpu().total(trace.range()), trace.range().nanos().unsigned_abs());
    if without == 0 || without * 5 < all {
        return String::new();
    }
    format!("; the process had no CPU for {} of the trace, so that it may have run for less", percent(without, all))
}

/// ` and was still waiting when the trace ended`: of a wait that lasted until then, of which the trace shows no end.
fn still_waiting(trace: &Trace, share: &Share) -> &'static str {
    let is_wait = matches!(share.doing, StepKind::Waiting(_));
    if is_wait && share.longest.end == trace.range().end { " and was still waiting when the trace ended" } else { "" }
}

/// How a hop waited, as far as the trace tells: ` waited in sync.(*Mutex).Lock at main.handle (main.go:61)`
fn waited(places: &Places<'_>, hop: &Hop) -> String {
    if hop.stack.is_some() {
        return format!(" waited{}", where_at(places, hop.stack));
    }
    match waited_in(places, hop.waker_stack) {
        Some(op) => format!(" waited in {} since before the trace", prior_name(op)),
        None => " waited since before the trace (no stack)".to_owned(),
    }
}
