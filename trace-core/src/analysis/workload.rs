//! One pass over every goroutine of the program: where they wait, sit in system calls and run, cut into
//! units of work by the waits in which they have none.
//!
//! A unit is what lies between two idle waits: a request of a server, a round of a worker, the life of a
//! short goroutine.

use rayon::prelude::*;
use rustc_hash::FxHashMap;
use smallvec::SmallVec;

use crate::analysis::goroutine_stats::{GoroutineRoster, GoroutineStats, Stuck};
use crate::analysis::parts::Part;
use crate::analysis::place_time::{KEPT, PlaceTime, Wait, keep_first, sort_first};
use crate::analysis::places::{Op, Places, is_started_by_library};
use crate::analysis::prior::{is_prior, waited_in};
use crate::analysis::request_borders::{Border, RequestBorders};
use crate::analysis::scope::{Scope, ScopeRanges};
use crate::analysis::work_unit::{WorkUnit, WorkUnitKey, WorkUnitWait, is_answer};
use crate::analysis::work_units::Family;
use crate::analysis::yields::{self, Yields};
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{Cause, GoState, SpanClass};
use crate::model::goroutines::is_system_function;
use crate::model::lanes::LaneId;
use crate::model::no_cpu::Use;
use crate::model::spans::Span;
use crate::model::trace::{SpecialKind, Trace};
use crate::model::transitions::Transition;

mod site;
mod steps;

pub use site::{Site, SiteKey};
pub use steps::is_idle;
use steps::{next_request, role, sleep, waker};

/// Waits of one unit that are looked at together.
const UNIT_WAITS: usize = 4096;

/// A goroutine while the pass walks over it.
struct Walk {
    facts: GoroutineStats,
    nanos: [u64; SpanClass::COUNT],
    /// Nanoseconds of waits in work that a library waits on its behalf: for an answer, say.
    library: u64,
    stuck: Option<Stuck>,
    /// Since when it has waited in one function (as [`Places`] counts), woken by nobody but the clock.
    alone: Option<(u32, TraceTime)>,
    requests: RequestBorders,
}

impl Walk {
    fn new(facts: GoroutineStats) -> Self {
        let (nanos, requests) = ([0; SpanClass::COUNT], RequestBorders::default());
        Self { facts, nanos, library: 0, stuck: None, alone: None, requests }
    }

    /// What is kept of it.
    fn facts(&self) -> GoroutineStats {
        let of = |class: SpanClass| self.nanos.get(class as usize).copied().unwrap_or(0);
        let (running, waited) = (of(SpanClass::Running), of(SpanClass::WaitNet) + of(SpanClass::WaitSleep));
        // A library that waits for an answer on its behalf does so by whatever means; the network is in both.
        let work = running + of(SpanClass::Syscall) + waited.max(self.library);
        let mut facts = self.facts;
        (facts.running, facts.runnable, facts.work) = (running, of(SpanClass::Runnable), work);
        facts
    }
}

type Sources<'a> = (&'a Trace, &'a Places<'a>);

/// Goroutines that wait at one place, counted while the pass goes from one to the next.
#[derive(Clone, Copy, Debug, Default)]
struct Waiters {
    gos: u64,
    last: Option<GoroutineIdx>,
}

impl Waiters {
    fn add(&mut self, go: GoroutineIdx) {
        if self.last != Some(go) {
            (self.last, self.gos) = (Some(go), self.gos + 1);
        }
    }
}

/// A place of waiting: function and line (as [`Places::near_line`] counts), operation, class, the runtime's word, and
/// whether the waits began before the trace.
type PlaceKey = (u32, Op, SpanClass, StrId, bool);

/// What the pass found.
#[derive(Clone, Debug, Default)]
pub struct Workload {
    /// Waits that are part of work, and system calls.
    pub sites: FxHashMap<SiteKey, Site>,
    /// Runs by the stack at which they were cut short by preemption; goroutines that yield are not preempted.
    pub preempted: FxHashMap<StackId, PlaceTime>,
    /// Runs that goroutines ended themselves with `runtime.Gosched`, by its stack, but for those of the runtime itself.
    pub yields: FxHashMap<StackId, Yields>,
    /// Runs by the stack at which they ended or began.
    pub running: FxHashMap<StackId, PlaceTime>,
    /// Waits for a proc by the goroutine's start function.
    pub runnable: FxHashMap<StrId, PlaceTime>,
    /// The longest wait for a proc, of the runtime's own goroutines, too, nanoseconds.
    pub longest_runnable: u64,
    /// Units of work, by the goroutine's start function, that left no stack of the program, so that it is not known what
    /// they were about. Neither those that the trace cuts, nor what comes before a goroutine's first idle wait or right after
    /// one in [`Op::Cond`].
    pub unseen: FxHashMap<StrId, u64>,
    /// Mark assists by stack: what ran in them, and the longest with its waits.
    pub assists: FxHashMap<StackId, PlaceTime>,
    /// Units of work by what they are about.
    pub families: FxHashMap<WorkUnitKey, Family>,
    /// Nanoseconds of the units with system calls in them, by the outer functions of these calls; units with
    /// several count for each.
    pub calling: FxHashMap<u32, u64>,
    /// Goroutines of the program.
    pub gos: GoroutineRoster,
    /// Nanoseconds of all of them by class.
    pub nanos: [u64; SpanClass::COUNT],
    /// Nanoseconds that goroutines ran in mark assists; what they waited in them is left out.
    pub assisting: FxHashMap<GoroutineIdx, u64>,
    /// Nanoseconds of waits for the GC: of class [`SpanClass::Gc`], and those inside the GC for which the runtime has
    /// another word (for a semaphore in `runtime.gcMarkDone`).
    pub gc_waits: u64,
    /// Goroutines that wait when the trace ends.
    pub stuck: FxHashMap<GoroutineIdx, Stuck>,
    /// Nanoseconds of the units that recorded or served traces and profiles: they are counted nowhere else here
    /// but in `nanos` and `gos`.
    pub recording: u64,
    waiters: FxHashMap<PlaceKey, Waiters>,
    /// By the program's functions that make system calls, and their outer functions.
    callers: FxHashMap<(u32, u32), Waiters>,
    /// What start functions tell of goroutines.
    names: FxHashMap<StrId, NameKind>,
    /// The memory of the unit before.
    unit: WorkUnit,
}

/// What a start function tells of its goroutines.
#[derive(Clone, Copy, Debug)]
enum NameKind {
    /// They are the runtime's own.
    System,
    /// A library starts them for whoever asks.
    Library,
    Own,
}

impl NameKind {
    fn of(name: &str) -> Self {
        if is_system_function(name) {
            Self::System
        } else if is_started_by_library(name) {
            Self::Library
        } else {
            Self::Own
        }
    }
}

impl Workload {
    /// Takes it. `None` if cancelled.
    #[must_use]
    pub fn take(trace: &Trace, places: &Places<'_>, monitor: &Monitor) -> Option<Self> {
        Self::take_of(trace, places, &Scope::whole(trace).pieces(trace), monitor)
    }

    /// Takes it of a scope; what reaches over a stretch is cut to it. `None` if cancelled.
    #[must_use]
    pub fn take_of(trace: &Trace, places: &Places<'_>, pieces: &ScopeRanges, monitor: &Monitor) -> Option<Self> {
        let empty = Self::default;
        let workload = (0..pieces.len())
            .into_par_iter()
            .fold(empty, |mut workload, at| {
                if let Some((go, ranges)) = pieces.nth(at).filter(|_| !monitor.is_cancelled()) {
                    workload.look_at(trace, places, go, ranges);
                }
                workload
            })
            .reduce(empty, Self::merged);
        (!monitor.is_cancelled()).then(|| workload.finished())
    }

    /// With the longest waits of every site and part first, and the longest units of every family: whichever thread
    /// found them.
    fn finished(mut self) -> Self {
        (self.names, self.unit) = Default::default();
        for site in self.sites.values_mut() {
            sort_first(&mut site.longest, KEPT, Wait::by_length);
        }
        for family in self.families.values_mut() {
            family.sort();
            family.parts.values_mut().for_each(Part::sort);
        }
        let longest = self.runnable.values().filter_map(|place_time| place_time.longest);
        let longest = longest.map(|(_, range)| range.nanos().unsigned_abs()).max().unwrap_or(0);
        self.longest_runnable = self.longest_runnable.max(longest);
        self
    }

    /// The facts about a goroutine; `None` for those of the runtime.
    #[must_use]
    pub fn go(&self, go: GoroutineIdx) -> Option<&GoroutineStats> {
        self.gos.get(go)
    }

    /// How many goroutines waited at the place of a stack.
    #[must_use]
    pub fn waiters(&self, places: &Places<'_>, key: &SiteKey, op: Op) -> u64 {
        let line = places.near_line(key.stack);
        let found = line.and_then(|line| self.waiters.get(&(line, op, key.class, key.reason, key.is_prior)));
        found.map_or(0, |waiters| waiters.gos)
    }

    /// Counts a goroutine that waits at the place of a stack.
    fn add_waiter(&mut self, places: &Places<'_>, key: SiteKey, op: Op, go: GoroutineIdx) {
        if let Some(line) = places.near_line(key.stack) {
            self.waiters.entry((line, op, key.class, key.reason, key.is_prior)).or_default().add(go);
        }
    }

    /// How many goroutines made system calls in the program's function `own` of work in `outer` (as [`Places`] counts).
    #[must_use]
    pub fn callers(&self, own: u32, outer: u32) -> u64 {
        self.callers.get(&(own, outer)).map_or(0, |callers| callers.gos)
    }

    fn merged(mut self, other: Self) -> Self {
        for (key, site) in other.sites {
            self.sites.entry(key).or_default().merge(site);
        }
        for (mine, theirs) in [
            (&mut self.preempted, other.preempted),
            (&mut self.running, other.running),
            (&mut self.assists, other.assists),
        ] {
            for (key, place_time) in theirs {
                mine.entry(key).or_default().merge(place_time);
            }
        }
        for (key, yields) in other.yields {
            self.yields.entry(key).or_default().merge(yields);
        }
        for (key, place_time) in other.runnable {
            self.runnable.entry(key).or_default().merge(place_time);
        }
        for (key, family) in other.families {
            self.families.entry(key).or_default().merge(family);
        }
        for (outer, nanos) in other.calling {
            *self.calling.entry(outer).or_default() += nanos;
        }
        self.longest_runnable = self.longest_runnable.max(other.longest_runnable);
        for (name, units) in other.unseen {
            *self.unseen.entry(name).or_default() += units;
        }
        self.gos.append(other.gos);
        for (mine, theirs) in self.nanos.iter_mut().zip(other.nanos) {
            *mine += theirs;
        }
        self.assisting.extend(other.assisting);
        self.gc_waits += other.gc_waits;
        for (key, waiters) in other.waiters {
            self.waiters.entry(key).or_default().gos += waiters.gos;
        }
        for (key, callers) in other.callers {
            self.callers.entry(key).or_default().gos += callers.gos;
        }
        self.stuck.extend(other.stuck);
        self.recording += other.recording;
        self
    }

    fn look_at(&mut self, trace: &Trace, places: &Places<'_>, go: GoroutineIdx, ranges: &[TimeRange]) {
        if is_elsewhere(trace, go, ranges) {
            return;
        }
        let Some(known) = trace.bounds(go) else { return };
        let name = self.names.entry(known.name).or_insert_with(|| NameKind::of(trace.str(known.name)));
        let role = match name {
            NameKind::System => {
                self.wait_for_proc(trace, go, ranges);
                return;
            }
            NameKind::Library => role(trace, places, go, known.name),
            NameKind::Own => known.name,
        };
        let facts = GoroutineStats::new(go, role, (known.created, known.ended));
        let mut walk = Walk::new(facts.made_by(known.creator, known.creation_stack));
        let mut assist = 0;
        for &range in ranges {
            for special in trace.special_ranges(LaneId::Goroutine(go), range) {
                let part = special.range.intersect(range);
                if special.kind == SpecialKind::MarkAssist && part.nanos() > 0 {
                    let by_class = trace.time_by_class(LaneId::Goroutine(go), part).nanos;
                    let ran = by_class.get(SpanClass::Running as usize).copied().unwrap_or(0);
                    let ran = ran.saturating_sub(trace.no_cpu().nanos_as(LaneId::Goroutine(go), part, Use::Running));
                    assist += ran;
                    self.assists.entry(special.stack).or_default().add_part(go, part, ran);
                }
            }
            let mut unit = std::mem::take(&mut self.unit);
            unit.begin(known.created.is_some());
            walk.requests = RequestBorders::default();
            // One more nanosecond shows who ended a wait that ends with the range.
            let mut moves = trace.transitions(go, TimeRange::new(range.start, range.end.plus_nanos(1)));
            let mut current = moves.next();
            while let Some(mut found) = current {
                current = moves.next();
                let end = found.span.range.end;
                found.span.range = found.span.range.intersect(range);
                let next = current.as_ref().filter(|next| next.span.range.start == end);
                if found.span.range.nanos() > 0 || ranges.len() == 1 && range == trace.range() {
                    let border = next_request(places, &found.span, &mut walk.requests, &mut unit);
                    // A run is known by where it ends: what it did before may still have been for the request before.
                    let is_after = border == Some(Border::BeforeThis) && found.span.state == GoState::Running;
                    if border.is_some() && !is_after {
                        self.next_unit((trace, places), &walk, &mut unit);
                    }
                    self.take_in((trace, places), (&found, next), &mut walk, &mut unit);
                    if is_after {
                        self.next_unit((trace, places), &walk, &mut unit);
                    }
                }
            }
            self.close((trace, places), &facts, &mut unit, known.ended.is_some());
            self.unit = unit;
        }
        for (sum, nanos) in self.nanos.iter_mut().zip(walk.nanos) {
            *sum += nanos;
        }
        if assist > 0 {
            self.assisting.insert(go, assist);
        }
        if let Some(stuck) = walk.stuck {
            self.stuck.insert(go, Stuck { alone: walk.alone, ..stuck });
        }
        self.gos.push(walk.facts());
    }

    /// The waits of one of the runtime's own goroutines for a proc.
    fn wait_for_proc(&mut self, trace: &Trace, go: GoroutineIdx, ranges: &[TimeRange]) {
        for &range in ranges {
            trace.state_intervals(go, range, |stretch| {
                if stretch.state == GoState::Runnable {
                    let nanos = stretch.range.intersect(range).nanos().max(0).unsigned_abs();
                    self.longest_runnable = self.longest_runnable.max(nanos);
                }
            });
        }
    }

    fn take_in(
        &mut self,
        (trace, places): Sources<'_>,
        (found, next): (&Transition, Option<&Transition>),
        walk: &mut Walk,
        unit: &mut WorkUnit,
    ) {
        let span = &found.span;
        let facts = walk.facts;
        // What ran without a CPU did not run.
        let nanos = match span.state {
            GoState::Running | GoState::Syscall => trace.no_cpu().with_cpu(facts.go, span.range),
            _ => span.range.nanos().unsigned_abs(),
        };
        if let Some(sum) = walk.nanos.get_mut(span.class as usize) {
            *sum += nanos;
        }
        match span.state {
            GoState::Waiting => {
                let (waker, waker_stack) = waker(facts.go, next);
                if span.class == SpanClass::Gc || places.op(span.start_stack) == Op::Gc {
                    self.gc_waits += nanos;
                }
                let is_cut = span.began_before || span.goes_on;
                let (go, range, stack) = (facts.go, span.range, span.start_stack);
                let wait = Wait { go, range, stack, waker, waker_stack, is_cut, is_prior: false };
                if is_prior(span) && waker.is_some() && waited_in(places, waker_stack).is_some() {
                    self.add_prior(places, wait);
                }
                let function = places.own_function(span.start_stack);
                let since =
                    walk.alone.filter(|alone| Some(alone.0) == function).map_or(span.range.start, |alone| alone.1);
                walk.alone = function.map(|function| (function, since)).filter(|_| waker.is_none());
                if next.is_none() && span.goes_on {
                    let (stack, class, since) = (span.start_stack, span.class, span.range.start);
                    walk.stuck = Some(Stuck { stack, class, since, alone: None });
                }
                let is_outside = matches!(span.class, SpanClass::WaitNet | SpanClass::WaitSleep);
                walk.facts.is_paced_from_outside |= is_outside && waker.is_none() && !is_cut && nanos > 0;
                if is_idle(places, span.start_stack, span.class) {
                    walk.facts.is_woken_from_outside |= waker.is_none() && !is_cut && nanos > 0;
                    self.close((trace, places), &facts, unit, true);
                    unit.restart();
                    // After an answer a server waits for its own reader, which is no new request.
                    unit.is_first = places.op(span.start_stack) == Op::Cond;
                    return;
                }
                if !places.is_direct(wait.stack) && !places.op(wait.stack).is_lock() || is_answer(places, &wait) {
                    walk.library += nanos;
                }
                sleep(trace, places, (&wait, span.class), unit);
                unit.add(span.range, span.class);
                unit.see(places, span.start_stack, nanos);
                unit.waits.push(WorkUnitWait { wait, class: span.class, reason: span.reason });
                if unit.waits.len() >= UNIT_WAITS {
                    self.flush(places, unit, false);
                }
            }
            GoState::Syscall => {
                unit.add_part(span.range, span.class, nanos);
                unit.see(places, span.start_stack, nanos);
                unit.syscall(span.start_stack, (facts.go, span.range), nanos);
                // Others may notice what it did, unless it only looked. (A handler's own calls are few, but its client
                // sees what it writes.)
                let (stack, is_look) = (span.start_stack, places.is_look(span.start_stack));
                if places.is_for_client(stack) || places.is_outer_root(stack) && !is_look {
                    unit.end_series();
                }
            }
            GoState::Running => {
                unit.add_part(span.range, span.class, nanos);
                unit.see(places, span.end_stack, nanos);
                self.run(trace, facts.go, (span, nanos), next);
            }
            GoState::Runnable => {
                unit.add(span.range, span.class);
                self.runnable.entry(facts.name).or_default().add(facts.go, span.range);
            }
            GoState::Unknown | GoState::Dead => {}
        }
    }

    /// Files a run, by where it ended.
    fn run(&mut self, trace: &Trace, go: GoroutineIdx, (span, nanos): (&Span, u64), next: Option<&Transition>) {
        let stopped = next.map(|next| next.span).filter(|next| next.cause == Cause::Stopped);
        let stopped = stopped.filter(|next| next.state == GoState::Runnable);
        let reason = stopped.map_or("", |ready| trace.str(ready.reason));
        let stack = if span.end_stack.is_some() { span.end_stack } else { span.start_stack };
        let yields = stopped.filter(|_| reason == yields::REASON);
        // What ends in a loop of the runtime says nothing of what the program does.
        if yields.is_none() || !yields::is_of_runtime(trace, stack) {
            self.running.entry(stack).or_default().add_part(go, span.range, nanos);
            if let Some(ready) = yields {
                self.yields.entry(stack).or_default().add(go, (span.range, nanos), ready.range);
            }
        }
        if yields::is_preemption(trace, reason, stack) {
            self.preempted.entry(stack).or_default().add_part(go, span.range, nanos);
        }
    }

    /// Files a wait without a stack, of which the waker tells what it was for.
    fn add_prior(&mut self, places: &Places<'_>, wait: Wait) {
        let Some(op) = waited_in(places, wait.waker_stack) else { return };
        let (stack, class, reason) = (wait.waker_stack, SpanClass::WaitSync, StrId::EMPTY);
        let key = SiteKey { stack, class, reason, is_prior: true };
        let site = self.sites.entry(key).or_default();
        site.op = op;
        site.add(Wait { stack, is_prior: true, ..wait }, false);
        self.add_waiter(places, key, op, wait.go);
    }

    /// Files the waits and calls of a unit.
    fn flush(&mut self, places: &Places<'_>, unit: &mut WorkUnit, is_bounded: bool) {
        for found in unit.waits.drain(..) {
            let (stack, class, reason) = (found.wait.stack, found.class, found.reason);
            let key = SiteKey { stack, class, reason, is_prior: false };
            let site = self.sites.entry(key).or_insert_with(|| Site { op: places.op(key.stack), ..Site::default() });
            site.add(found.wait, is_bounded);
            let op = site.op;
            self.add_waiter(places, key, op, found.wait.go);
        }
    }

    /// Files a unit that ends where the next one of its connection begins.
    fn next_unit(&mut self, sources: Sources<'_>, walk: &Walk, unit: &mut WorkUnit) {
        self.close(sources, &walk.facts, unit, true);
        unit.restart();
        // There may be no other request yet: one that comes is seen when it is handled.
        unit.is_first = !walk.requests.is_served();
    }

    /// Files a unit that ends.
    fn close(&mut self, (trace, places): Sources<'_>, facts: &GoroutineStats, unit: &mut WorkUnit, has_end: bool) {
        if unit.is_recording() {
            self.recording += unit.nanos.iter().sum::<u64>();
            unit.waits.clear();
            unit.syscalls.clear();
            return;
        }
        let created = |go: GoroutineIdx| trace.goroutine(go).and_then(|known| known.created);
        let is_bounded = unit.has_begin && has_end;
        let mut outers: SmallVec<[u32; 8]> =
            unit.syscalls.keys().filter_map(|&stack| places.outer_function(stack)).collect();
        outers.sort_unstable();
        outers.dedup();
        for outer in outers {
            *self.calling.entry(outer).or_default() += unit.range.map_or(0, |range| range.nanos().unsigned_abs());
        }
        for (stack, place_time) in unit.syscalls.drain() {
            let key = SiteKey { stack, class: SpanClass::Syscall, reason: StrId::EMPTY, is_prior: false };
            let site = self.sites.entry(key).or_default();
            site.count += place_time.count;
            site.nanos += place_time.nanos;
            site.bounded_nanos += if is_bounded { place_time.nanos } else { 0 };
            site.max = site.max.max(place_time.longest.map_or(0, |longest| longest.1.nanos().unsigned_abs()));
            if let (Some(own), Some(outer)) = (places.own_function(stack), places.outer_function(stack)) {
                self.callers.entry((own, outer)).or_default().add(facts.go);
            }
            if let Some((go, range)) = place_time.longest {
                let (waker, waker_stack, is_cut, is_prior) = (None, StackId::NONE, false, false);
                site.longest.push(Wait { go, range, stack, waker, waker_stack, is_cut, is_prior });
                keep_first(&mut site.longest, KEPT, Wait::by_length);
            }
        }
        if let Some(stack) = unit.own_stack {
            let key = WorkUnitKey { name: facts.name, outer: places.outer_function(stack) };
            self.families.entry(key).or_default().add(unit, facts.go, is_bounded, places, &created);
        } else if is_bounded && !unit.is_first && unit.range.is_some() {
            *self.unseen.entry(facts.name).or_default() += 1;
        }
        self.flush(places, unit, is_bounded);
    }
}
/// Whether a goroutine is there at none of these times, of which the trace's whole range is none.
fn is_elsewhere(trace: &Trace, go: GoroutineIdx, ranges: &[TimeRange]) -> bool {
    let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else { return false };
    let is_whole = first.start <= trace.range().start && trace.range().end <= last.end;
    !is_whole && trace.life(go).is_some_and(|(life, _)| life.end < first.start || last.end < life.start)
}
