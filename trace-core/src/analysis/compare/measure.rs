//! What one trace holds that can be compared: durations by kind and name.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::analysis::compare::picture::Picture;
use crate::analysis::compare::ruler::Ruler;
use crate::analysis::compare::series::Series;
use crate::analysis::compare::tally::{Key, Tally};
use crate::analysis::compare::walk::Look;
use crate::analysis::crew::{GOROUTINES, gather};
use crate::analysis::places::{Op, Places};
use crate::base::ids::{GoIx, StackId, StrId, TaskIx};
use crate::base::monitor::Monitor;
use crate::base::time::TimeRange;
use crate::event::state::SpanClass;
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;

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

/// Measures what happened in `range`. `None` if cancelled.
#[must_use]
pub fn measure(trace: &Trace, range: TimeRange, monitor: &Monitor) -> Option<Measured> {
    let places = Places::new(trace);
    let range = trace.range().intersect(range);
    let look = Look { trace, places: &places, ruler: Ruler::new(range) };
    let take = |tally: &mut Tally, at: usize| look.at_goroutine(GoIx(at as u32), tally);
    let tally = gather((trace.goroutine_count() as usize, GOROUTINES), monitor, take, Tally::merged)?;
    let mut rows: FxHashMap<(RowKind, String), Series> = FxHashMap::default();
    let waits: Vec<_> = tally.waits().collect();
    for (key, stack, series) in tally.rows {
        rows.entry(look.name(key, stack)).or_default().merge(series);
    }
    look.at_rest(&mut rows);
    let mut rows: Vec<_> = rows.into_iter().collect();
    rows.sort_by(|one, other| one.0.cmp(&other.0));
    let pictures = vec![tally.sketch.finished(trace, &places, range, waits.into_iter())];
    Some(Measured { nanos: range.nanos().unsigned_abs(), running: tally.running, rows, pictures })
}

impl Look<'_> {
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
        let (trace, range) = (self.trace, self.ruler.range());
        for at in 0..trace.task_count() {
            let Some(task) = trace.task(TaskIx(at)) else { continue };
            let (Some(began), Some(ended)) = (task.began, task.ended) else { continue };
            if began >= range.start && ended <= range.end {
                let key = (RowKind::Task, trace.str(task.name).to_owned());
                rows.entry(key).or_default().add(task.go.0, TimeRange::new(began, ended), &self.ruler);
            }
        }
        for (lane, kind) in [(LaneId::Gc, RowKind::Gc), (LaneId::Stw, RowKind::Stw)] {
            for span in trace.spans(lane, range).filter(|span| !span.began_before && !span.goes_on) {
                let name = if kind == RowKind::Gc { "collector cycles" } else { trace.str(span.reason) };
                rows.entry((kind, name.to_owned())).or_default().add(span.go.0, span.range, &self.ruler);
            }
        }
        for sample in trace.all_samples().iter().filter(|sample| range.contains(sample.time)) {
            let Some(place) = self.places.own(sample.stack) else { continue };
            let at = TimeRange::new(sample.time, sample.time);
            let row = rows.entry((RowKind::Samples, place.function)).or_default();
            row.add_nanos(sample.go.0, at, SAMPLE_NANOS, &self.ruler);
        }
    }
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
