//! Mutator utilisation: the share of processor time that the collector leaves to the program, over time, and the
//! least of it in windows of any length (minimum mutator utilisation, Cheng and Blelloch 2001).
//!
//! Other than Go's own page a mark worker counts once, for as long as it runs, and labels on goroutines that are
//! no mark workers count for nothing. Time in which the process got no CPU (see [`Trace::no_cpu`]) was taken by nobody in
//! the program: it counts as the runtime saw it, for whoever had the proc.

mod shares;
mod steps;

pub use shares::ShareHistogram;
pub use steps::{Utilisation, Worst};

use crate::analysis::collector::work::{WorkerMode, assists, sweeps, worker_runs};
use crate::analysis::scope::united;
use crate::base::ids::{GoroutineIdx, ProcIdx};
use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::SpanClass;
use crate::model::lanes::LaneId;
use crate::model::trace::{Metric, Trace};

/// Whose share it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ShareKind {
    /// Of all procs together: what a busy server's throughput feels.
    #[default]
    System,
    /// Of each proc by itself, all or nothing: what a goroutine on it feels. Dedicated mark workers do not count:
    /// goroutines go elsewhere.
    Procs,
    /// A goroutine's own time from birth to end: all but its own assists, sweeps, waits for the collector, and
    /// stops.
    Goroutine(GoroutineIdx),
}

/// What counts as the collector's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Takes {
    /// Stops of the world for the collector. Nobody runs.
    pub stops: bool,
    /// Stops of the world for anything else: tracing, `ReadMemStats`, GOMAXPROCS, …
    pub other_stops: bool,
    /// Mark workers, but for idle ones, which run only where nobody else wants to.
    pub background: bool,
    /// Goroutines made to help marking, while they run.
    pub assist: bool,
    /// Sweeping for free memory.
    pub sweep: bool,
}

impl Default for Takes {
    /// As Go's page does at first.
    fn default() -> Self {
        Self { stops: true, other_stops: false, background: true, assist: true, sweep: false }
    }
}

/// A share over time, with whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The proc, for [`ShareKind::Procs`].
    pub proc: Option<ProcIdx>,
    /// The share of the program, over time.
    pub share: Utilisation,
}

/// Mutator utilisation of a stretch of a trace.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mutator {
    /// By time, then by proc. A series ends where generations are lost, or its proc is taken away; another one goes
    /// on behind.
    pub series: Vec<Series>,
}

/// A window in which the program got little.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// The window's stretch of time.
    pub range: TimeRange,
    /// On which proc, for [`ShareKind::Procs`].
    pub proc: Option<ProcIdx>,
    /// The mean share in it, 0 to 1.
    pub share: f64,
}

/// A place on the curve of minimum mutator utilisation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Length of windows, nanoseconds.
    pub window: i64,
    /// The least mean share of any of them, 0 to 1.
    pub least: f64,
    /// What 99.9 %, 99 % and 95 % of all of them have at least.
    pub most: [f64; 3],
}

/// The percentiles of [`Point::most`]: parts of all windows that may have less.
pub const TAILS: [f64; 3] = [0.001, 0.01, 0.05];

impl Mutator {
    /// Of a stretch of a trace. `None`: cancelled.
    #[must_use]
    pub fn of(trace: &Trace, range: TimeRange, whose: ShareKind, takes: Takes, monitor: &Monitor) -> Option<Self> {
        let range = trace.range().intersect(range);
        let range = match whose {
            ShareKind::Goroutine(go) => life(trace, go).intersect(range),
            ShareKind::System | ShareKind::Procs => range,
        };
        let taken = Taken::of(trace, range, whose, takes, monitor)?;
        let mut series = Vec::new();
        for known in without_gaps(trace, range) {
            match whose {
                ShareKind::System => series.push(Series { proc: None, share: system(trace, known, &taken) }),
                ShareKind::Procs => series.extend(procs(trace, known, &taken)),
                ShareKind::Goroutine(_) => {
                    series.push(Series { proc: None, share: alone(known, &taken.all_stopped()) });
                }
            }
        }
        series.retain(|series| series.share.range().is_some_and(|range| range.nanos() > 0));
        Some(Self { series })
    }

    /// Share × time over time, of all series, 0 to 1; 1 if there is no time.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let parts = self.series.iter().filter_map(|series| Some((series.share.range()?, &series.share)));
        let (got, all) =
            parts.fold((0.0, 0.0), |(got, all), (range, share)| (got + share.sum(range), all + range.nanos() as f64));
        if all > 0.0 { got / all } else { 1.0 }
    }

    /// Mean and lowest share within a stretch, over all series there; `None` where there are none. Costs the steps
    /// inside.
    #[must_use]
    pub fn within(&self, range: TimeRange) -> Option<(f64, f64)> {
        let (mut got, mut all, mut least) = (0.0, 0.0, 1.0);
        for series in &self.series {
            let Some(lowest) = series.share.lowest(range) else { continue };
            least = f64::min(least, lowest);
            got += series.share.sum(range);
            all += series.share.range().map_or(0, |whole| whole.intersect(range).nanos()) as f64;
        }
        (all > 0.0).then(|| (got / all, least))
    }

    /// The length of the longest series, nanoseconds: windows longer than this are cut to it.
    #[must_use]
    pub fn longest(&self) -> i64 {
        self.series.iter().filter_map(|series| series.share.range()).map(TimeRange::nanos).max().unwrap_or(0)
    }

    /// The series that have room for windows of `nanos`.
    fn wide(&self, nanos: i64) -> impl Iterator<Item = &Series> {
        let least = nanos.min(self.longest());
        self.series.iter().filter(move |series| series.share.range().is_some_and(|range| range.nanos() >= least))
    }

    /// The worst window of a length; the first of equals. `None` without series.
    #[must_use]
    pub fn worst(&self, nanos: i64) -> Option<Window> {
        let found = self.wide(nanos).filter_map(|series| {
            let worst = series.share.worst(nanos)?;
            Some(Window { range: worst.range, proc: series.proc, share: worst.share })
        });
        found.reduce(|best, next| if next.share < best.share { next } else { best })
    }

    /// Windows of a length with least share, worst first, at most `count`; none shares time with another one on the
    /// same proc. Windows without anything taken are left out.
    #[must_use]
    pub fn worst_windows(&self, nanos: i64, count: usize) -> Vec<Window> {
        let mut found = Vec::new();
        for series in self.wide(nanos) {
            let windows = series.share.worst_apart(nanos, count).into_iter();
            found.extend(windows.map(|worst| Window { range: worst.range, proc: series.proc, share: worst.share }));
        }
        found.sort_by(|a, b| a.share.total_cmp(&b.share).then(a.range.start.cmp(&b.range.start)));
        found.truncate(count);
        found
    }

    /// The curve over these lengths of windows. `None`: cancelled.
    #[must_use]
    pub fn curve(&self, windows: &[i64], monitor: &Monitor) -> Option<Vec<Point>> {
        use rayon::prelude::*;
        let at = |&window: &i64| {
            if monitor.is_cancelled() {
                return None;
            }
            let mut spread = ShareHistogram::default();
            for series in self.wide(window) {
                series.share.spread(window, &mut spread);
            }
            Some(Point {
                window,
                least: self.worst(window).map_or(1.0, |worst| worst.share),
                most: TAILS.map(|tail| spread.quantile(tail)),
            })
        };
        windows.par_iter().map(at).collect()
    }
}

/// Lengths of windows from 1 µs up to `longest`, `per_decade` of them between powers of ten; `longest` is the last.
#[must_use]
pub fn window_lengths(longest: i64, per_decade: u32) -> Vec<i64> {
    let mut lengths = Vec::new();
    for at in 0..12 * per_decade {
        let length = (1e3 * 10f64.powf(f64::from(at) / f64::from(per_decade))).round() as i64;
        if length >= longest {
            break;
        }
        lengths.push(length);
    }
    lengths.extend((longest > 0).then_some(longest));
    lengths
}

/// What the collector took.
struct Taken {
    /// When the world was stopped: by time, apart.
    stopped: Vec<TimeRange>,
    /// When procs worked for the collector: by proc; of each by time, apart. For one goroutine under no proc.
    by_proc: Vec<(ProcIdx, Vec<TimeRange>)>,
}

impl Taken {
    fn of(trace: &Trace, range: TimeRange, whose: ShareKind, takes: Takes, monitor: &Monitor) -> Option<Self> {
        let stops = trace.spans(LaneId::Stw, range).filter(|span| {
            let is_collectors = is_collector_stop(trace.str(span.reason));
            if is_collectors { takes.stops } else { takes.other_stops }
        });
        let stopped = united(stops.map(|span| span.range.intersect(range)).collect());
        let mut pieces: Vec<(ProcIdx, TimeRange)> = Vec::new();
        if let ShareKind::Goroutine(go) = whose {
            pieces.extend(own(trace, range, go, takes).into_iter().map(|range| (ProcIdx::NONE, range)));
        } else {
            if takes.background {
                let runs = worker_runs(trace, range, monitor)?;
                let counted = runs.iter().filter(|run| match run.mode {
                    WorkerMode::Idle => false,
                    WorkerMode::Dedicated => whose == ShareKind::System,
                    WorkerMode::Fractional | WorkerMode::Unlabelled => true,
                });
                pieces.extend(counted.map(|run| (run.proc, run.range)));
            }
            if takes.assist {
                pieces.extend(assists(trace, range, monitor)?.into_iter().flat_map(|assist| assist.runs));
            }
            if takes.sweep {
                pieces.extend(sweeps(trace, range).into_iter().map(|sweep| (sweep.proc, sweep.range)));
            }
        }
        pieces.sort_unstable_by_key(|piece| (piece.0, piece.1.start));
        let by_proc = pieces.chunk_by(|a, b| a.0 == b.0).filter_map(|chunk| {
            let ranges = chunk.iter().map(|piece| piece.1.intersect(range)).collect();
            Some((chunk.first()?.0, united(ranges)))
        });
        Some(Self { stopped, by_proc: by_proc.collect() })
    }

    /// Everything, as if of one.
    fn all_stopped(&self) -> Vec<TimeRange> {
        let taken = self.by_proc.iter().flat_map(|(_, ranges)| ranges).chain(&self.stopped);
        united(taken.copied().collect())
    }
}

/// Whether a stop is one of the collector's own.
#[must_use]
pub fn is_collector_stop(reason: &str) -> bool {
    reason.contains("GC ")
}

/// What the collector took of one goroutine's time.
fn own(trace: &Trace, range: TimeRange, go: GoroutineIdx, takes: Takes) -> Vec<TimeRange> {
    use crate::model::trace::SpecialKind;
    let specials = trace.special_ranges(LaneId::Goroutine(go), range).filter(|special| match special.kind {
        SpecialKind::MarkAssist => takes.assist,
        SpecialKind::Sweep => takes.sweep,
    });
    let mut taken: Vec<TimeRange> = specials.map(|special| special.range).collect();
    if takes.background {
        trace.state_intervals(go, range, |stretch| {
            if stretch.class == SpanClass::Gc {
                taken.push(stretch.range);
            }
        });
    }
    taken
}

fn life(trace: &Trace, go: GoroutineIdx) -> TimeRange {
    let (whole, known) = (trace.range(), trace.goroutine(go));
    let born = known.and_then(|known| known.created).unwrap_or(whole.start);
    TimeRange::new(born, known.and_then(|known| known.ended).unwrap_or(whole.end))
}

/// The parts of `range` that the trace tells of.
fn without_gaps(trace: &Trace, range: TimeRange) -> Vec<TimeRange> {
    let (mut parts, mut start) = (Vec::new(), range.start);
    for gap in trace.gaps().filter(|gap| gap.overlaps(range)) {
        parts.push(TimeRange::new(start, gap.start));
        start = gap.end;
    }
    parts.push(TimeRange::new(start, range.end));
    parts.retain(|part| part.nanos() > 0);
    parts
}

/// How many procs there were: since when, how many. Where the trace does not tell (older formats without a change of
/// GOMAXPROCS): as many as were ever seen.
fn proc_counts(trace: &Trace, range: TimeRange) -> Vec<(TraceTime, u64)> {
    let seen = (0..trace.proc_count()).filter(|&at| is_real(trace, ProcIdx(at))).count() as u64;
    let within = trace.readings_within(Metric::Procs, range);
    let first = trace.reading_at(Metric::Procs, range.start);
    // Told a little late: it was the same before.
    let later = TimeRange::new(range.start, TraceTime::MAX);
    let first = first.or_else(|| trace.readings_within(Metric::Procs, later).next().map(|reading| reading.1));
    let first = first.or_else(|| trace.readings(Metric::Procs).next().map(|reading| reading.1));
    let mut counts = vec![(range.start, first.unwrap_or(seen).max(1))];
    for (time, count) in within {
        if counts.last().is_some_and(|last| last.1 != count.max(1)) {
            counts.push((time, count.max(1)));
        }
    }
    counts
}

/// Procs from this id on stand for the network poller, timers and such in older formats.
const FIRST_FAKE: u64 = 1_000_000;

fn is_real(trace: &Trace, proc: ProcIdx) -> bool {
    trace.proc_id(proc).0 < FIRST_FAKE
}

/// The share of all procs.
fn system(trace: &Trace, range: TimeRange, taken: &Taken) -> Utilisation {
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    enum Change {
        Procs(u64),
        Taken(i64),
        Stopped(i64),
    }
    let mut changes: Vec<(TraceTime, Change)> =
        proc_counts(trace, range).into_iter().map(|(time, count)| (time, Change::Procs(count))).collect();
    let mut add = |ranges: &[TimeRange], change: &dyn Fn(i64) -> Change| {
        for part in ranges.iter().map(|part| part.intersect(range)).filter(|part| part.nanos() > 0) {
            changes.push((part.start, change(1)));
            changes.push((part.end, change(-1)));
        }
    };
    for (_, ranges) in &taken.by_proc {
        add(ranges, &Change::Taken);
    }
    add(&taken.stopped, &Change::Stopped);
    changes.sort_unstable();
    let (mut procs, mut busy, mut stopped) = (1, 0, 0);
    let steps = changes.into_iter().map(|(time, change)| {
        match change {
            Change::Procs(count) => procs = count,
            Change::Taken(by) => busy += by,
            Change::Stopped(by) => stopped += by,
        }
        let left = 1.0 - busy as f64 / procs as f64;
        (time, if stopped > 0 { 0.0 } else { left.max(0.0) })
    });
    Utilisation::new(steps, range.end)
}

/// All or nothing: nothing in `taken` (by time, apart).
fn alone(range: TimeRange, taken: &[TimeRange]) -> Utilisation {
    let parts = taken.iter().map(|part| part.intersect(range)).filter(|part| part.nanos() > 0);
    let steps = parts.flat_map(|part| [(part.start, 0.0), (part.end, 1.0)]);
    Utilisation::new(std::iter::once((range.start, 1.0)).chain(steps), range.end)
}

/// The share of each proc while it was there.
fn procs(trace: &Trace, range: TimeRange, taken: &Taken) -> Vec<Series> {
    let counts = proc_counts(trace, range);
    let mut series = Vec::new();
    for proc in (0..trace.proc_count()).map(ProcIdx).filter(|&proc| is_real(trace, proc)) {
        let own = taken.by_proc.iter().find(|(of, _)| *of == proc).map_or(&[][..], |(_, ranges)| ranges);
        let all = united(own.iter().chain(&taken.stopped).copied().collect());
        let id = trace.proc_id(proc).0;
        let ends = counts.iter().skip(1).map(|count| count.0).chain(std::iter::once(range.end));
        let there = counts.iter().zip(ends).filter(|(count, _)| id < count.1);
        for part in united(there.map(|(count, end)| TimeRange::new(count.0, end)).collect()) {
            series.push(Series { proc: Some(proc), share: alone(part, &all) });
        }
    }
    series
}
