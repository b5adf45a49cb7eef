//! Collections one by one: phases, stops, who marked and who was made to help, the heap before and after, what was
//! swept, and who set it off.
//!
//! ```text
//!   begin     sweep termination         concurrent marking           mark termination    end        next
//!     ├── setup ───┤██ stop ██├── workers, assists ─────────────────────┤██ stop ███┼█████├── sweeping ──▶
//!     └───────────────────────┴── marking ──────────────────────────────┴── ending ─┘
//! ```

use std::collections::BTreeMap;

use crate::analysis::collector::stops::{Stop, stops};
use crate::analysis::collector::work::{Assist, WorkerMode, WorkerRun, assists, sweeps, worker_runs};
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::{TimeRange, TraceTime};
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::trace::{Metric, SpecialRange, Trace};

/// Why a collection began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trigger {
    /// The heap had grown to its goal: who allocated just then set it off.
    Heap,
    /// The program asked: `runtime.GC` or `debug.FreeOSMemory`.
    Forced,
    /// There was none for two minutes.
    Periodic,
    /// It began before the trace, or nobody was seen to begin it.
    Unknown,
}

impl Trigger {
    /// Its stable name, one word.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Heap => "heap",
            Self::Forced => "forced",
            Self::Periodic => "periodic",
            Self::Unknown => "unknown",
        }
    }
}

/// Help that a goroutine was made to give.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Helper {
    /// The goroutine that helped.
    pub go: GoroutineIdx,
    /// How many mark assists it did.
    pub count: u64,
    /// From begin to end, added up, nanoseconds.
    pub nanos: Nanos,
    /// Of that it ran, nanoseconds; the rest it waited, for work or a proc.
    pub run_nanos: Nanos,
    /// Where the longest one began.
    pub stack: StackId,
    /// Its longest mark assist.
    pub longest: TimeRange,
}

/// Sweeping between two GC cycles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Stretches of sweeping, on whichever goroutine.
    pub count: u64,
    /// Their time, total over goroutines, ns.
    pub nanos: Nanos,
    /// Bytes of memory that were looked at.
    pub bytes: u64,
    /// Bytes of them found free.
    pub reclaimed: u64,
}

impl Swept {
    fn add(&mut self, sweep: &SpecialRange) {
        self.count += 1;
        self.nanos += sweep.range.length();
        self.bytes += sweep.bytes.0;
        self.reclaimed += sweep.bytes.1;
    }
}

/// A collection. Its `setup`, `marking` and `ending` sum to its `range`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    /// From its begin to the end of marking, as the trace has it.
    pub range: TimeRange,
    /// It began before the trace (or a gap) did: what is said of it is not all.
    pub began_before: bool,
    /// It was going on when the trace (or a part of it) ended: likewise.
    pub goes_on: bool,
    /// What made the cycle begin.
    pub trigger: Trigger,
    /// Who set it off; `NONE` if the trace does not tell.
    pub go: GoroutineIdx,
    /// The stack that triggered it; [`StackId::NONE`] if the trace has none.
    pub stack: StackId,
    /// Between its stops: marking beside the program.
    pub marking: TimeRange,
    /// Its stops: places in [`Collector::stops`].
    pub stops: Vec<usize>,
    /// How long the world was stopped in them, nanoseconds.
    pub stopped: Nanos,
    /// How long mark workers ran, by [`WorkerMode`], nanoseconds.
    pub workers: [Nanos; 4],
    /// Who had to help, most time first.
    pub helpers: Vec<Helper>,
    /// Heap in use when it began, bytes.
    pub heap_before: Option<u64>,
    /// Heap in use when marking was over, bytes.
    pub heap_marked: Option<u64>,
    /// What of it was found in use, bytes: the heap to begin anew with.
    pub heap_after: Option<u64>,
    /// The goal that it was to keep, bytes.
    pub goal: Option<u64>,
    /// The goal it set for the next one, bytes.
    pub next_goal: Option<u64>,
    /// The runtime said at its end that there is no heap goal: GOGC is off (Go: `traceLocker.HeapGoal`).
    pub is_gogc_off: bool,
    /// Sweeping what it had found free, until the next one did so.
    pub swept: Swept,
}

impl Cycle {
    /// From the begin until marking: workers start, the world stops.
    #[must_use]
    pub fn setup(&self) -> Nanos {
        TimeRange::new(self.range.start, self.marking.start).length()
    }

    /// From the end of concurrent marking until the end: the world is stopped.
    #[must_use]
    pub fn ending(&self) -> Nanos {
        TimeRange::new(self.marking.end, self.range.end).length()
    }

    /// Help from begin to end, added up.
    #[must_use]
    pub fn assist(&self) -> Nanos {
        self.helpers.iter().map(|helper| helper.nanos).sum()
    }

    /// Help while running, added up.
    #[must_use]
    pub fn assist_run(&self) -> Nanos {
        self.helpers.iter().map(|helper| helper.run_nanos).sum()
    }

    /// How often goroutines were made to help.
    #[must_use]
    pub fn assists(&self) -> u64 {
        self.helpers.iter().map(|helper| helper.count).sum()
    }

    /// How long mark workers ran in a mode.
    #[must_use]
    pub fn worker(&self, mode: WorkerMode) -> Nanos {
        self.workers.get(mode as usize).copied().unwrap_or_default()
    }

    /// Whether all of it is in the trace.
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        !self.began_before && !self.goes_on
    }
}

/// All that the GC did in a range: cycles, pauses, mark assists, sweeping.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collector {
    /// Collections, in time order.
    pub cycles: Vec<Cycle>,
    /// Stops of the world, in time order, those for other reasons too.
    pub stops: Vec<Stop>,
    /// Sweeping for a collection before the first one here.
    pub early: Swept,
}

impl Collector {
    /// How long goroutines ran in mark assists, added up.
    #[must_use]
    pub fn assist_run(&self) -> Nanos {
        self.cycles.iter().map(Cycle::assist_run).sum()
    }

    /// The collections and stops that touch `range`; each is told whole. `None`: cancelled.
    #[must_use]
    pub fn of(trace: &Trace, range: TimeRange, monitor: &Monitor) -> Option<Self> {
        let whole = trace.range();
        // All of them, so that what was done between goes to the right one.
        let spans: Vec<Span> = trace.spans(LaneId::Gc, whole).collect();
        let stops = stops(trace, whole, monitor)?;
        let mut found: Vec<Cycle> = spans.iter().map(|span| cycle(trace, span)).collect();
        for cycle in &mut found {
            pauses(trace, cycle, &stops);
            heap(trace, cycle, &stops);
        }
        add_workers(&mut found, &worker_runs(trace, whole, monitor)?);
        add_helpers(&mut found, &assists(trace, whole, monitor)?);
        let mut early = Swept::default();
        for sweep in sweeps(trace, whole) {
            let at = found.partition_point(|cycle| cycle.range.end <= sweep.range.start);
            let of = at.checked_sub(1).and_then(|at| found.get_mut(at));
            of.map_or(&mut early, |cycle| &mut cycle.swept).add(&sweep);
        }
        if whole.start < range.start {
            early = Swept::default();
        }
        found.retain(|cycle| cycle.range.overlaps(range));
        let mut found = Self { cycles: found, stops, early };
        found.keep_stops(range);
        Some(found)
    }

    /// Drops the stops that neither touch `range` nor belong to a cycle here.
    fn keep_stops(&mut self, range: TimeRange) {
        let mut places: Vec<Option<usize>> = vec![None; self.stops.len()];
        let mut kept = Vec::new();
        for (at, stop) in self.stops.iter().enumerate() {
            if stop.range.overlaps(range) || self.cycles.iter().any(|cycle| cycle.stops.binary_search(&at).is_ok()) {
                if let Some(place) = places.get_mut(at) {
                    *place = Some(kept.len());
                }
                kept.push(*stop);
            }
        }
        for cycle in &mut self.cycles {
            cycle.stops = cycle.stops.iter().filter_map(|&at| places.get(at).copied().flatten()).collect();
        }
        self.stops = kept;
    }
}

fn cycle(trace: &Trace, span: &Span) -> Cycle {
    Cycle {
        range: span.range,
        began_before: span.began_before,
        goes_on: span.goes_on,
        trigger: trigger(trace, span),
        go: if span.began_before { GoroutineIdx::NONE } else { span.go },
        stack: span.start_stack,
        marking: span.range,
        stops: Vec::new(),
        stopped: Nanos::ZERO,
        workers: [Nanos::ZERO; 4],
        helpers: Vec::new(),
        heap_before: None,
        heap_marked: None,
        heap_after: None,
        goal: None,
        next_goal: None,
        is_gogc_off: false,
        swept: Swept::default(),
    }
}

fn trigger(trace: &Trace, span: &Span) -> Trigger {
    let calls = |function: &str| trace.frames(span.start_stack).any(|frame| frame.function == function);
    match () {
        () if span.began_before || !span.start_stack.is_some() => Trigger::Unknown,
        () if calls("runtime.GC") || calls("runtime/debug.FreeOSMemory") || calls("runtime/debug.freeOSMemory") => {
            Trigger::Forced
        }
        () if calls("runtime.forcegchelper") => Trigger::Periodic,
        () => Trigger::Heap,
    }
}

/// The stops of a cycle, and what they leave between them.
fn pauses(trace: &Trace, cycle: &mut Cycle, stops: &[Stop]) {
    let own = stops.iter().enumerate().filter(|(_, stop)| stop.is_collectors && stop.range.overlaps(cycle.range));
    let (mut start, mut end) = (cycle.range.start, cycle.range.end);
    for (at, stop) in own {
        cycle.stops.push(at);
        cycle.stopped += stop.range.length();
        // Marking may turn out not to be over when it is to be ended: the last such stop counts.
        if trace.str(stop.reason).contains("mark termination") {
            end = stop.range.start;
        } else {
            start = stop.range.end;
        }
    }
    let start = start.min(cycle.range.end).max(cycle.range.start);
    cycle.marking = TimeRange::new(start, end.min(cycle.range.end).max(start));
}

/// The runtime tells what is left of the heap when marking has ended, while the world is stopped.
fn heap(trace: &Trace, cycle: &mut Cycle, stops: &[Stop]) {
    if !cycle.began_before {
        cycle.heap_before = trace.reading_at(Metric::HeapLive, cycle.range.start);
        cycle.goal = trace.reading_at(Metric::HeapGoal, cycle.range.start);
    }
    if cycle.goes_on {
        return;
    }
    // Until the last of the others stands still, it goes on allocating.
    let last = cycle.stops.last().and_then(|&at| stops.get(at)).filter(|stop| stop.range.start == cycle.marking.end);
    let still = last.map_or(cycle.marking.end, |stop| stop.stopped);
    cycle.heap_marked = trace.reading_at(Metric::HeapLive, still);
    let after = TimeRange::new(cycle.range.end, trace.range().end.plus_nanos(1));
    let told = trace.readings_within(Metric::HeapLive, TimeRange::new(still, cycle.range.end)).last();
    let told = told.or_else(|| trace.readings_within(Metric::HeapLive, after).next());
    cycle.heap_after = told.map(|reading| reading.1);
    let goal = trace.first_report(Metric::HeapGoal, TimeRange::new(cycle.marking.end, after.end));
    cycle.next_goal = goal.flatten();
    cycle.is_gogc_off = goal == Some(None);
}

/// The last cycle that began no later than `time`; what comes before the first belongs to it, too.
fn begun_by(cycles: &mut [Cycle], time: TraceTime) -> Option<&mut Cycle> {
    let at = cycles.partition_point(|cycle| cycle.range.start <= time);
    cycles.get_mut(at.saturating_sub(1))
}

fn add_workers(cycles: &mut [Cycle], runs: &[WorkerRun]) {
    for run in runs {
        let cycle = begun_by(cycles, run.range.start);
        if let Some(sum) = cycle.and_then(|cycle| cycle.workers.get_mut(run.mode as usize)) {
            *sum += run.range.length();
        }
    }
}

fn add_helpers(cycles: &mut [Cycle], assists: &[Assist]) {
    let mut by_cycle: BTreeMap<(TraceTime, GoroutineIdx), Helper> = BTreeMap::new();
    for assist in assists {
        let Some(cycle) = begun_by(cycles, assist.range.start) else { continue };
        let fresh = Helper {
            go: assist.go,
            count: 0,
            nanos: Nanos::ZERO,
            run_nanos: Nanos::ZERO,
            stack: StackId::NONE,
            longest: TimeRange::default(),
        };
        let sum = by_cycle.entry((cycle.range.start, assist.go)).or_insert(fresh);
        sum.count += 1;
        sum.nanos += assist.range.length();
        sum.run_nanos += assist.run_time();
        if sum.count == 1 || assist.range.nanos() > sum.longest.nanos() {
            (sum.stack, sum.longest) = (assist.stack, assist.range);
        }
    }
    for ((start, _), helper) in by_cycle {
        if let Some(cycle) = begun_by(cycles, start) {
            cycle.helpers.push(helper);
        }
    }
    for cycle in cycles {
        cycle.helpers.sort_by_key(|helper| (std::cmp::Reverse(helper.nanos), helper.go));
    }
}
