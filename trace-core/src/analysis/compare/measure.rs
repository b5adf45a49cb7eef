//! What one trace holds that can be compared: durations by kind and name.

use std::collections::BTreeMap;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::analysis::census::is_idle;
use crate::analysis::compare::picture::{Picture, Sketch};
use crate::analysis::compare::series::Series;
use crate::analysis::places::{Op, Places};
use crate::base::ids::{GoIx, StackId, StrId, TaskIx};
use crate::base::monitor::Monitor;
use crate::base::time::TimeRange;
use crate::event::state::{Cause, GoState, SpanClass};
use crate::model::goroutines::is_system_function;
use crate::model::lanes::LaneId;
use crate::model::stretches::Stretch;
use crate::model::trace::{SpecialKind, Trace};

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RowKind {
    /// User tasks by type, begun and ended in range.
    Task,
    /// User regions by type and the function where they begin.
    Region,
    /// Units of work by the program's outermost function: from one idle wait to the next.
    Work,
    /// Waits that are part of work, by operation and the program's function.
    Wait,
    /// Sleeps of the program, by function.
    Sleep,
    /// System calls by the program's function.
    Syscall,
    /// Waits for a proc by start function.
    Sched,
    /// Time on a proc by start function, a goroutine each.
    Running,
    /// Lives of goroutines by start function, those created and ended in range.
    Goroutine,
    /// Goroutines created in range that still wait at its end, by where they wait; the time since.
    Stuck,
    /// CPU samples by function; one sample counts as 10 ms.
    Samples,
    /// Cycles of the collector.
    Gc,
    /// Stops of the world by reason.
    Stw,
    /// Mark assists by the program's function.
    Assist,
}

impl RowKind {
    /// The stable name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Region => "region",
            Self::Work => "work",
            Self::Wait => "wait",
            Self::Sleep => "sleep",
            Self::Syscall => "syscall",
            Self::Sched => "sched",
            Self::Running => "running",
            Self::Goroutine => "goroutine",
            Self::Stuck => "stuck",
            Self::Samples => "samples",
            Self::Gc => "gc",
            Self::Stw => "stw",
            Self::Assist => "assist",
        }
    }
}

/// Go's profiler samples a hundred times a second of processor time (`runtime/pprof`).
const SAMPLE_NANOS: u64 = 10_000_000;

/// All rows of a trace, by kind and name.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Length of what was looked at, nanoseconds (of several recordings in sum).
    pub nanos: u64,
    /// Nanoseconds that goroutines of the program ran.
    pub running: u64,
    /// Rising by kind and name; names are unique within a kind.
    pub rows: Vec<((RowKind, String), Series)>,
    /// What is drawn, a recording each.
    pub pictures: Vec<Picture>,
}

impl Measured {
    /// Several recordings of the same thing as one; how much they differ from each other is kept.
    #[must_use]
    pub fn pooled(runs: Vec<Self>) -> Self {
        if runs.len() < 2 {
            return runs.into_iter().next().unwrap_or_default();
        }
        let lengths: Vec<u64> = runs.iter().map(|run| run.nanos).collect();
        let (nanos, running) = runs.iter().fold((0, 0), |sum, run| (sum.0 + run.nanos, sum.1 + run.running));
        let mut rows: BTreeMap<(RowKind, String), Vec<Series>> = BTreeMap::new();
        let mut pictures = Vec::new();
        for (at, run) in runs.into_iter().enumerate() {
            pictures.extend(run.pictures);
            for (key, series) in run.rows {
                let all = rows.entry(key).or_default();
                // Runs that have no such thing count as such.
                all.resize_with(at, Series::default);
                all.push(series);
            }
        }
        let pool = |(key, mut all): (_, Vec<Series>)| {
            all.resize_with(lengths.len(), Series::default);
            (key, Series::pooled(all, &lengths))
        };
        Self { nanos, running, rows: rows.into_iter().map(pool).collect(), pictures }
    }
}

/// A row while it is measured: strings are made at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    Named(RowKind, StrId),
    /// By the function of the own frame, with a stack that has it.
    Own(RowKind, Op, SpanClass, u32),
    Outer(RowKind, u32),
    /// By type and the function that begins it.
    Region(StrId, Option<u32>),
}

#[derive(Default)]
struct Pass {
    rows: Vec<(Key, StackId, Series)>,
    index: FxHashMap<Key, u32>,
    /// What spans of a class at a stack (or of a start function) count as, by the low bits of what they are:
    /// neighbours are alike, so most are found here.
    memo: Vec<(u64, Meaning)>,
    running: u64,
    sketch: Sketch,
}

/// Entries of the memo; a power of two.
const MEMO: usize = 1 << 10;

/// What a span counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    /// A wait for something to do.
    Idle,
    /// Part of work, but no row's.
    Nothing,
    /// A row's, by its place.
    Row(u32),
}

/// Measures what happened in `range`. `None` if cancelled.
#[must_use]
pub fn measure(trace: &Trace, range: TimeRange, monitor: &Monitor) -> Option<Measured> {
    let places = Places::new(trace);
    let range = trace.range().intersect(range);
    let look = Look { trace, places: &places, range };
    let pass = (0..trace.goroutine_count())
        .into_par_iter()
        .fold(Pass::default, |mut pass, at| {
            if !monitor.is_cancelled() {
                look.at_goroutine(GoIx(at), &mut pass);
            }
            pass
        })
        .reduce(Pass::default, Pass::merged);
    if monitor.is_cancelled() {
        return None;
    }
    let mut rows: FxHashMap<(RowKind, String), Series> = FxHashMap::default();
    for (key, stack, series) in pass.rows {
        rows.entry(look.name(key, stack)).or_default().merge(series);
    }
    look.at_rest(&mut rows);
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    let pictures = vec![pass.sketch.finished(trace, &places, range)];
    Some(Measured { nanos: nanos(range), running: pass.running, rows, pictures })
}

impl Pass {
    fn merged(mut self, mut other: Self) -> Self {
        if self.rows.len() < other.rows.len() {
            std::mem::swap(&mut self, &mut other);
        }
        for (key, stack, series) in other.rows {
            let slot = self.slot(key);
            if let Some(mine) = self.rows.get_mut(slot as usize) {
                mine.1 = mine.1.max(stack);
                mine.2.merge(series);
            }
        }
        self.running += other.running;
        self.sketch = self.sketch.merged(other.sketch);
        self
    }

    fn slot(&mut self, key: Key) -> u32 {
        *self.index.entry(key).or_insert_with(|| {
            self.rows.push((key, StackId::NONE, Series::default()));
            self.rows.len() as u32 - 1
        })
    }

    fn add(&mut self, key: Key, stack: StackId, at: (GoIx, TimeRange), nanos: u64, whole: TimeRange) {
        let slot = self.slot(key);
        self.add_to(slot, stack, at, nanos, whole);
    }

    fn add_to(&mut self, slot: u32, stack: StackId, at: (GoIx, TimeRange), nanos: u64, whole: TimeRange) {
        if let Some(row) = self.rows.get_mut(slot as usize) {
            row.1 = row.1.max(stack);
            row.2.add_nanos(at.0.0, at.1, nanos, whole);
        }
    }
}

/// A unit of work while it goes on.
struct Unit {
    range: Option<TimeRange>,
    has_begin: bool,
    /// The first stack in it that has a frame of the program.
    stack: StackId,
    /// Where the goroutine blocked last.
    last: StackId,
}

struct Look<'a> {
    trace: &'a Trace,
    places: &'a Places<'a>,
    range: TimeRange,
}

impl Look<'_> {
    fn at_goroutine(&self, go: GoIx, pass: &mut Pass) {
        let trace = self.trace;
        let Some(known) = trace.goroutine(go).filter(|known| !is_system_function(trace.str(known.name))) else {
            return;
        };
        pass.sketch.live(&known, self.range);
        let is_in = |time| time >= self.range.start && time <= self.range.end;
        let created = known.created.filter(|time| is_in(*time));
        let ended = known.ended.filter(|time| is_in(*time));
        if let (Some(created), Some(ended)) = (created, ended) {
            let life = TimeRange::new(created, ended);
            pass.add(Key::Named(RowKind::Goroutine, known.name), StackId::NONE, (go, life), nanos(life), self.range);
        }
        for special in trace.special_ranges(LaneId::Goroutine(go), self.range) {
            let part = special.range.intersect(self.range);
            if special.kind == SpecialKind::MarkAssist
                && let Some(function) = self.places.own_function(special.stack)
            {
                let key = Key::Own(RowKind::Assist, Op::Other, SpanClass::Gc, function);
                pass.add(key, special.stack, (go, part), nanos(part), self.range);
            }
        }
        let (mut running, mut first) = (0, None);
        let mut unit = Unit { range: None, has_begin: created.is_some(), stack: StackId::NONE, last: StackId::NONE };
        let mut before: Option<Stretch> = None;
        let who = (go, known.name, created.is_some());
        trace.stretches(go, self.range, |stretch| {
            if let Some(before) = before.replace(*stretch) {
                self.take_in(&before, false, who, &mut unit, pass);
            }
            if stretch.state == GoState::Running {
                let part = stretch.range.intersect(self.range);
                running += nanos(part);
                first = first.or(Some(part));
            }
        });
        if let Some(last) = before {
            self.take_in(&last, true, who, &mut unit, pass);
        }
        self.close(&mut unit, go, ended.is_some(), pass);
        if let Some(first) = first {
            pass.running += running;
            pass.add(Key::Named(RowKind::Running, known.name), StackId::NONE, (go, first), running, self.range);
        }
        for region in trace.regions(go, self.range) {
            if !region.began_before && !region.goes_on && is_in(region.range.start) && is_in(region.range.end) {
                let key = Key::Region(region.name, self.places.own_function(region.start_stack));
                pass.add(key, region.start_stack, (go, region.range), nanos(region.range), self.range);
            }
        }
    }

    fn take_in(
        &self,
        span: &Stretch,
        is_last: bool,
        (go, name, is_new): (GoIx, StrId, bool),
        unit: &mut Unit,
        pass: &mut Pass,
    ) {
        let part = span.range.intersect(self.range);
        // Where it stands: a goroutine that is made ready is still where it blocked.
        let stack = match span.state {
            GoState::Waiting | GoState::Syscall => span.stack,
            GoState::Runnable if span.cause == Cause::Stopped => span.stack,
            GoState::Runnable => unit.last,
            _ => StackId::NONE,
        };
        unit.last = stack;
        if !unit.stack.is_some() && stack.is_some() && self.places.has_own(stack) {
            unit.stack = stack;
        }
        if matches!(span.state, GoState::Unknown | GoState::Dead) {
            return;
        }
        let is_stuck = is_last && is_new && (span.goes_on || span.range.end > self.range.end);
        let meaning = if is_stuck && span.state == GoState::Waiting {
            let op = self.places.op(stack);
            let function = self.places.own_function(stack);
            let key = function.map(|function| Key::Own(RowKind::Stuck, op, span.class, function));
            key.map_or(Meaning::Nothing, |key| Meaning::Row(pass.slot(key)))
        } else {
            self.meaning(span, stack, name, pass)
        };
        if meaning == Meaning::Idle {
            self.close(unit, go, true, pass);
            pass.sketch.mix.add(SpanClass::None, part, self.range);
            *unit = Unit { range: None, has_begin: true, stack: StackId::NONE, last: StackId::NONE };
            return;
        }
        pass.sketch.mix.add(span.class, part, self.range);
        if stack.is_some() {
            pass.sketch.wait(stack, nanos(part));
        }
        let start = unit.range.map_or(part.start, |known| known.start);
        unit.range = Some(TimeRange::new(start, part.end));
        if let Meaning::Row(slot) = meaning
            && !span.began_before
        {
            pass.add_to(slot, stack, (go, part), nanos(part), self.range);
        }
    }

    /// What a span counts as, where that does not depend on when it is.
    fn meaning(&self, span: &Stretch, stack: StackId, name: StrId, pass: &mut Pass) -> Meaning {
        let id = if span.state == GoState::Runnable { name.0 } else { stack.0 };
        let what = u64::from(id) << 8 | (span.state as u64) << 4 | span.class as u64;
        let at = (what ^ what >> 8) as usize & (MEMO - 1);
        if pass.memo.is_empty() {
            pass.memo.resize(MEMO, (u64::MAX, Meaning::Nothing));
        }
        if let Some(known) = pass.memo.get(at).filter(|known| known.0 == what) {
            return known.1;
        }
        let own = |kind, op, class| self.places.own_function(stack).map(|function| Key::Own(kind, op, class, function));
        let key = match span.state {
            GoState::Waiting if is_idle(self.places, stack, span.class) => None,
            GoState::Waiting if self.places.op(stack) == Op::Sleep => own(RowKind::Sleep, Op::Sleep, span.class),
            GoState::Waiting => own(RowKind::Wait, self.places.op(stack), span.class),
            GoState::Syscall => own(RowKind::Syscall, Op::Other, span.class),
            GoState::Runnable => Some(Key::Named(RowKind::Sched, name)),
            GoState::Running | GoState::Unknown | GoState::Dead => None,
        };
        let meaning = match key {
            Some(key) => Meaning::Row(pass.slot(key)),
            None if span.state == GoState::Waiting && is_idle(self.places, stack, span.class) => Meaning::Idle,
            None => Meaning::Nothing,
        };
        if let Some(entry) = pass.memo.get_mut(at) {
            *entry = (what, meaning);
        }
        meaning
    }

    fn close(&self, unit: &mut Unit, go: GoIx, has_end: bool, pass: &mut Pass) {
        if let Some(range) = unit.range.take()
            && unit.has_begin
            && has_end
            && let Some(function) = self.places.outer_function(unit.stack)
        {
            pass.add(Key::Outer(RowKind::Work, function), unit.stack, (go, range), nanos(range), self.range);
        }
    }

    fn name(&self, key: Key, stack: StackId) -> (RowKind, String) {
        let own = || self.places.own(stack).map(|place| place.function).unwrap_or_default();
        match key {
            Key::Named(kind, StrId::EMPTY) => (kind, "goroutines of unknown origin".to_owned()),
            Key::Named(kind, name) => (kind, self.trace.str(name).to_owned()),
            Key::Region(name, None) => (RowKind::Region, self.trace.str(name).to_owned()),
            Key::Region(name, Some(_)) => (RowKind::Region, format!("{} in {}", self.trace.str(name), own())),
            Key::Outer(kind, _) => (kind, self.places.outer(stack).map(|place| place.function).unwrap_or_default()),
            Key::Own(kind @ (RowKind::Wait | RowKind::Stuck), op, class, _) => {
                let word = if op == Op::Other { class_word(class) } else { op.name() };
                let library = self.places.callee(stack).filter(|_| op == Op::Other).unwrap_or(word);
                (kind, format!("{library} in {}", own()))
            }
            Key::Own(kind @ RowKind::Syscall, ..) => {
                let callee = self.places.callee(stack);
                (kind, callee.map_or_else(own, |callee| format!("{callee} in {}", own())))
            }
            Key::Own(kind, ..) => (kind, own()),
        }
    }

    /// What does not lie on goroutines.
    fn at_rest(&self, rows: &mut FxHashMap<(RowKind, String), Series>) {
        let trace = self.trace;
        for at in 0..trace.task_count() {
            let Some(task) = trace.task(TaskIx(at)) else { continue };
            let (Some(began), Some(ended)) = (task.began, task.ended) else { continue };
            if began >= self.range.start && ended <= self.range.end {
                let key = (RowKind::Task, trace.str(task.name).to_owned());
                rows.entry(key).or_default().add(task.go.0, TimeRange::new(began, ended), self.range);
            }
        }
        for (lane, kind) in [(LaneId::Gc, RowKind::Gc), (LaneId::Stw, RowKind::Stw)] {
            for span in trace.spans(lane, self.range).filter(|span| !span.began_before && !span.goes_on) {
                let name = if kind == RowKind::Gc { "collector cycles" } else { trace.str(span.reason) };
                rows.entry((kind, name.to_owned())).or_default().add(span.go.0, span.range, self.range);
            }
        }
        for sample in trace.all_samples().iter().filter(|sample| self.range.contains(sample.time)) {
            let Some(place) = self.places.own(sample.stack) else { continue };
            let at = TimeRange::new(sample.time, sample.time);
            let row = rows.entry((RowKind::Samples, place.function)).or_default();
            row.add_nanos(sample.go.0, at, SAMPLE_NANOS, self.range);
        }
    }
}

fn nanos(range: TimeRange) -> u64 {
    range.nanos().unsigned_abs()
}

const fn class_word(class: SpanClass) -> &'static str {
    match class {
        SpanClass::WaitNet => "network",
        SpanClass::WaitChan => "channel",
        SpanClass::WaitSync => "sync",
        SpanClass::WaitSleep => "sleep",
        SpanClass::Gc => "collector",
        _ => "wait",
    }
}
