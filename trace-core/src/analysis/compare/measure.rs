//! What one trace holds that can be compared: durations by kind and name.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::analysis::compare::accumulator::{Accumulator, Key};
use crate::analysis::compare::late::{Late, idle};
use crate::analysis::compare::picture::Picture;
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::series::Series;
use crate::analysis::compare::time_blocks::TimeBlocks;
use crate::analysis::compare::walk::WalkInput;
use crate::analysis::parallel::{GOROUTINES, gather};
use crate::analysis::places::{Op, Places};
use crate::analysis::scope::nanos_in;
use crate::base::ids::{GoroutineIdx, StackId, StrId, TaskIdx};
use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::SpanClass;
use crate::model::lanes::LaneId;
use crate::model::no_cpu::NoCpuCause;
use crate::model::trace::{Metric, Trace};

/// Go's profiler samples a hundred times a second of processor time (`runtime/pprof`).
const SAMPLE_NANOS: u64 = 10_000_000;

/// All rows of a trace, by kind and name.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Length of what was looked at, nanoseconds (of several recordings in sum).
    pub nanos: u64,
    /// Nanoseconds that goroutines of the program ran.
    pub running: u64,
    /// Of several recordings: the length of each and how long goroutines ran in it, nanoseconds. Else empty.
    pub runs: Vec<(u64, u64)>,
    /// What it was recorded with.
    pub settings: Settings,
    /// Goroutines that stayed runnable although a proc was idle: CPUs were short.
    pub late: Late,
    /// Parts of it are lost: counts and totals are too small, and what is missing may have been there.
    pub is_damaged: bool,
    /// Rising by kind and name; names are unique within a kind.
    pub rows: Vec<((RowKind, String), Series)>,
    /// Of rows that are about a function: the function of the program that calls it, where there is one.
    pub callers: BTreeMap<(RowKind, String), String>,
    /// What is drawn, a recording each.
    pub pictures: Vec<Picture>,
}

/// What a recording was made with, as far as the trace tells.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// GOMAXPROCS: all values it had, rising.
    pub procs: BTreeSet<u64>,
    /// NN of the formats `go 1.NN trace`, rising.
    pub formats: BTreeSet<u32>,
    /// CPU time that a quota took away.
    pub throttled: Throttled,
    /// When recordings were made, Unix time in nanoseconds, of those that say it (Go 1.25 and newer).
    pub made_at: Vec<i64>,
}

/// What a CPU quota (of a container) took away. Traces do not record it: see [`Trace::no_cpu`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Throttled {
    /// Recordings in which it did.
    pub recordings: usize,
    /// How long the process got no CPU in them, nanoseconds.
    pub nanos: u64,
    /// The quota, thousandths of a CPU: of several recordings the smallest. 0 if none was throttled.
    pub quota: u64,
}

impl Throttled {
    fn of(trace: &Trace, range: TimeRange) -> Self {
        let known = trace.no_cpu();
        let nanos = nanos_in(&known.ranges, range);
        if known.cause != Some(NoCpuCause::Throttled) || nanos == 0 {
            return Self::default();
        }
        Self { recordings: 1, nanos, quota: (known.quota * 1e3).round() as u64 }
    }

    fn plus(self, other: Self) -> Self {
        let quota = match (self.quota, other.quota) {
            (0, quota) | (quota, 0) => quota,
            (one, other) => one.min(other),
        };
        Self { recordings: self.recordings + other.recordings, nanos: self.nanos.saturating_add(other.nanos), quota }
    }
}

impl Settings {
    fn of(trace: &Trace, range: TimeRange) -> Self {
        let at_start = trace.reading_at(Metric::Procs, range.start);
        // The first reading may come a little after the start.
        let procs: BTreeSet<u64> =
            at_start.into_iter().chain(trace.readings_within(Metric::Procs, range).map(|one| one.1)).take(64).collect();
        let throttled = Throttled::of(trace, range);
        let made_at = trace
            .clock_snapshots()
            .first()
            .map(|clock| clock.wall_secs.saturating_mul(1_000_000_000).saturating_add(i64::from(clock.wall_nanos)));
        let formats = BTreeSet::from([trace.totals().version]);
        Self { procs, formats, throttled, made_at: made_at.into_iter().collect() }
    }
}

impl Measured {
    /// How many recordings it is made of.
    #[must_use]
    pub fn recordings(&self) -> usize {
        self.runs.len().max(1)
    }

    /// Several recordings of the same thing as one; how much they differ from each other is kept.
    #[must_use]
    pub fn pooled(runs: Vec<Self>) -> Self {
        if runs.len() < 2 {
            return runs.into_iter().next().unwrap_or_default();
        }
        let lengths: Vec<(u64, u64)> = runs.iter().map(|run| (run.nanos, run.running)).collect();
        let is_damaged = runs.iter().any(|run| run.is_damaged);
        let (mut settings, mut late) = (Settings::default(), Late::default());
        for run in &runs {
            late = late.plus(run.late);
            settings.procs.extend(&run.settings.procs);
            settings.formats.extend(&run.settings.formats);
            settings.made_at.extend(&run.settings.made_at);
            settings.throttled = settings.throttled.plus(run.settings.throttled);
        }
        let (nanos, running) = runs.iter().fold((0, 0), |sum, run| (sum.0 + run.nanos, sum.1 + run.running));
        let mut rows: BTreeMap<(RowKind, String), Vec<Series>> = BTreeMap::new();
        let (mut pictures, mut callers) = (Vec::new(), BTreeMap::new());
        for (at, run) in runs.into_iter().enumerate() {
            pictures.extend(run.pictures);
            callers.extend(run.callers);
            for (key, series) in run.rows {
                let all = rows.entry(key).or_default();
                // Runs that have no such thing count as such.
                all.resize_with(at, Series::default);
                all.push(series);
            }
        }
        let pool = |(key, mut all): (_, Vec<Series>)| {
            all.resize_with(lengths.len(), Series::default);
            (key, Series::pooled(all))
        };
        let rows = rows.into_iter().map(pool).collect();
        Self { nanos, running, runs: lengths, settings, late, is_damaged, rows, callers, pictures }
    }
}

/// Measures what happened in `range`. `None` if cancelled.
#[must_use]
pub fn measure(trace: &Trace, range: TimeRange, monitor: &Monitor) -> Option<Measured> {
    let places = Places::new(trace);
    let range = trace.range().intersect(range);
    let look = WalkInput { trace, places: &places, time_blocks: TimeBlocks::new(range), idle: idle(trace, range) };
    let take = |accumulator: &mut Accumulator, at: usize| look.at_goroutine(GoroutineIdx(at as u32), accumulator);
    let accumulator = gather((trace.goroutine_count() as usize, GOROUTINES), monitor, take, Accumulator::merged)?;
    let mut rows: FxHashMap<(RowKind, String), Series> = FxHashMap::default();
    let waits: Vec<_> = accumulator.waits().collect();
    let mut callers = BTreeMap::new();
    for (key, stack, series) in accumulator.rows {
        let name = look.name(key, stack);
        if let Some(caller) = look.caller(key, stack) {
            callers.insert(name.clone(), caller);
        }
        rows.entry(name).or_default().merge(series);
    }
    look.at_rest(&mut rows);
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    let pictures = vec![accumulator.sketch.finished(trace, &places, range, waits.into_iter())];
    Some(Measured {
        nanos: range.nanos().unsigned_abs(),
        running: accumulator.running,
        runs: Vec::new(),
        settings: Settings::of(trace, range),
        late: accumulator.late,
        is_damaged: trace.warnings().iter().any(|warning| warning.kind.is_damage()),
        rows,
        callers,
        pictures,
    })
}

impl WalkInput<'_> {
    fn name(&self, key: Key, stack: StackId) -> (RowKind, String) {
        let own = || or_lost(self.places.own(stack).map(|place| place.function));
        match key {
            Key::Named(kind, name) => {
                let name = Some(self.trace.str(name)).filter(|name| !name.is_empty());
                (kind, name.unwrap_or(NAMELESS).to_owned())
            }
            Key::Region(name, None) => (RowKind::Region, named(self.trace, name)),
            Key::Region(name, Some(_)) => (RowKind::Region, format!("{} in {}", named(self.trace, name), own())),
            Key::Outer(kind, _) => (kind, or_lost(self.places.outer(stack).map(|place| place.function))),
            Key::Own(kind @ (RowKind::Wait | RowKind::Stuck), op, class, _) => {
                let word = if op == Op::Other { class_word(class) } else { op.name() };
                // What the runtime does inside of itself has no name that a user's code would know.
                let is_library = |name: &&str| !name.starts_with("runtime.") && class != SpanClass::Gc;
                let library = self.places.callee(stack).filter(is_library).filter(|_| op == Op::Other).unwrap_or(word);
                (kind, format!("{library} in {}", own()))
            }
            Key::Own(kind @ RowKind::Syscall, ..) => {
                let callee = self.places.callee(stack);
                (kind, callee.map_or_else(own, |callee| format!("{callee} in {}", own())))
            }
            Key::Own(kind, ..) => (kind, own()),
        }
    }

    /// The function that calls the one that a row is about.
    fn caller(&self, key: Key, stack: StackId) -> Option<String> {
        match key {
            Key::Own(..) | Key::Region(_, Some(_)) => self.places.caller(stack).map(|place| place.function),
            Key::Named(..) | Key::Outer(..) | Key::Region(_, None) => None,
        }
    }

    /// What does not lie on goroutines.
    fn at_rest(&self, rows: &mut FxHashMap<(RowKind, String), Series>) {
        let (trace, range) = (self.trace, self.time_blocks.range());
        for at in 0..trace.task_count() {
            let Some(task) = trace.task(TaskIdx(at)) else { continue };
            let (Some(began), Some(ended)) = (task.began, task.ended) else { continue };
            if began >= range.start && ended <= range.end {
                let key = (RowKind::Task, named(trace, task.name));
                rows.entry(key).or_default().add(task.go.0, TimeRange::new(began, ended), &self.time_blocks);
            }
        }
        for (lane, kind) in [(LaneId::Gc, RowKind::Gc), (LaneId::Stw, RowKind::Stw)] {
            for span in trace.spans(lane, range).filter(|span| !span.began_before && !span.goes_on) {
                let name = if kind == RowKind::Gc { "GC cycles".to_owned() } else { named(trace, span.reason) };
                rows.entry((kind, name)).or_default().add(span.go.0, span.range, &self.time_blocks);
            }
        }
        self.heap(rows);
        for sample in trace.all_samples().iter().filter(|sample| range.contains(sample.time)) {
            let Some(place) = self.places.own(sample.stack) else { continue };
            let at = TimeRange::new(sample.time, sample.time);
            let row = rows.entry((RowKind::Samples, or_lost(Some(place.function)))).or_default();
            row.add_nanos(sample.go.0, at, SAMPLE_NANOS, &self.time_blocks);
        }
    }
}

impl WalkInput<'_> {
    /// Bytes allocated, as steps of the heap in use, and the heap goal.
    fn heap(&self, rows: &mut FxHashMap<(RowKind, String), Series>) {
        let (trace, range) = (self.trace, self.time_blocks.range());
        let mut add = |name: &str, at: TraceTime, bytes: u64| {
            let row = rows.entry((RowKind::Heap, name.to_owned())).or_default();
            row.add_nanos(u32::MAX, TimeRange::new(at, at), bytes, &self.time_blocks);
        };
        let mut before = trace.reading_at(Metric::HeapLive, range.start);
        for (at, live) in trace.readings_within(Metric::HeapLive, range) {
            // A GC cycle makes it smaller.
            if let Some(more) = before.and_then(|before| live.checked_sub(before)).filter(|more| *more > 0) {
                add(ALLOCATED, at, more);
            }
            before = Some(live);
        }
        for (at, goal) in trace.readings_within(Metric::HeapGoal, range) {
            add(HEAP_GOAL, at, goal);
        }
    }
}

/// The row of all bytes allocated.
pub const ALLOCATED: &str = "bytes allocated";
/// The row of heap goals.
pub const HEAP_GOAL: &str = "heap goal";
/// The row of goroutines whose start function the trace does not tell.
const NAMELESS: &str = "goroutines of unknown origin";

/// Tasks and regions without a type: none was given, or it is lost.
const UNNAMED: &str = "(unnamed)";
/// Stands for the function where the trace has no name for it.
const LOST_FUNCTION: &str = "an unknown place";

/// Whether the trace does not tell what a row is about: a name is lost, or was never there. Such rows have no
/// partner.
#[must_use]
pub fn is_nameless(name: &str) -> bool {
    name.is_empty() || name == NAMELESS || name.starts_with(UNNAMED) || name.ends_with(LOST_FUNCTION)
}

/// The name of a function, or what stands for it.
fn or_lost(function: Option<String>) -> String {
    function.filter(|name| !name.is_empty()).unwrap_or_else(|| LOST_FUNCTION.to_owned())
}

/// The type of tasks or regions, or what the world was stopped for.
fn named(trace: &Trace, name: StrId) -> String {
    Some(trace.str(name)).filter(|name| !name.is_empty()).unwrap_or(UNNAMED).to_owned()
}

const fn class_word(class: SpanClass) -> &'static str {
    match class {
        SpanClass::WaitNet => "network",
        SpanClass::WaitChan => "channel",
        SpanClass::WaitSync => "sync",
        SpanClass::WaitSleep => "sleep",
        SpanClass::Gc => "the GC",
        _ => "wait",
    }
}
