//! Mutator utilisation: the share of proc time that the GC leaves to the program, in windows of any length and over
//! time.

use std::sync::Arc;

use trace_core::analysis::mmu::{Mutator, Point, ShareKind, Takes, Window, window_lengths};
use trace_core::analysis::scope::GoroutineFilter;
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fmt::number::share;
use crate::fmt::time::nanos;
use crate::report::analyses::analysis::{Analysis, Ask, Choice, Info, ScopeOption, Topic};
use crate::report::analyses::analysis::{Field, FieldKind, Form, opt};
use crate::report::analyses::columns;
use crate::report::chart::{Across, Chart, Line, Look, Up, since};
use crate::report::report::Report;
use crate::report::table::{Column, Cut, Readers, Table, Target};
use crate::report::value::{Shade, Value};

/// What the GC leaves to the program: see [`INFO`].
pub struct MutatorUtilisation;

/// The windows with the least share; see [`WORST`].
pub struct WorstWindows;

const INFO: Info = Info {
    id: "mmu",
    title: "Mutator utilisation",
    panel: "",
    topic: Topic::Gc,
    about: "what the GC leaves to the program, in the worst windows",
    help: "Mutator utilisation: the share of proc time that the GC leaves to the program. For windows of any length, \
           the least that any window has (minimum mutator utilisation), what 99.9 %, 99 % and 95 % of them have at \
           least, and the worst windows. With --goroutine: of one goroutine's own time, without its assists, sweeps and \
           waits for the GC.",
    scope: &[ScopeOption::Range, ScopeOption::Goroutine],
    choices: &[SHARE_OF, TAKES],
    fields: &[WINDOW],
    limit: 10,
};

const WORST: Info = Info {
    id: "worst-windows",
    title: "Worst windows",
    topic: Topic::Gc,
    about: "the windows in which the GC leaves least to the program",
    help: "The windows in which the GC leaves least to the program, worst first.",
    ..INFO
};

/// Whose share of the time is meant: that of all procs, or of the worst.
pub const SHARE_OF: Choice = Choice {
    form: Form::Flags,
    excludes: Some(ScopeOption::Goroutine),
    ..Choice::new(
        "share-of",
        "",
        &[
            opt("system", "All procs", ""),
            opt("per-proc", "Each proc", "each proc by itself, as a goroutine on it feels it: all or nothing"),
        ],
    )
};

/// What counts as taken by the GC. The bits are those of [`takes`].
pub const TAKES: Choice = Choice {
    form: Form::Set(0b111),
    ..Choice::new(
        "takes",
        "what counts as taken by the GC; other-stw: STW pauses for other reasons",
        &[
            opt("stw", "STW", ""),
            opt("background", "Mark workers", ""),
            opt("assist", "Mark assist", ""),
            opt("sweep", "Sweep", ""),
            opt("other-stw", "Other STW", ""),
        ],
    )
};

/// The places of [`SHARE_OF`] and [`TAKES`] among the choices.
pub const PLACES: [usize; 2] = [0, 1];

/// The length of windows whose worst are listed.
const WINDOW: Field = Field {
    id: "window",
    value: "DURATION",
    help: "length of the worst windows listed (if not given: 1, 10 and 100 ms)",
    kind: FieldKind::Length,
    needs: None,
};

/// Points of the curve per factor of ten.
const PER_DECADE: u32 = 10;
/// Of them those that people read: about 1, 2 and 5.
const ROUND: [usize; 3] = [0, 3, 7];
/// Columns of utilisation over time, for programs.
const COLUMNS: i64 = 200;
/// The same in the chart.
const CHART_COLUMNS: i64 = 1_000;
/// Windows of a length that are listed at most.
const LISTED: usize = 50;
/// Lengths of windows whose worst are listed unless one is asked for, nanoseconds.
const USUAL: [i64; 3] = [1_000_000, 10_000_000, 100_000_000];

impl Analysis for MutatorUtilisation {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn appended(&self) -> &'static [&'static dyn Analysis] {
        &[&WorstWindows]
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let (whose, takes) = (whose(ask), takes(ask));
        let found = Mutator::of(trace, ask.scope.range, whose, takes, monitor)?;
        let curve = Arc::new(found.curve(&window_lengths(found.longest(), PER_DECADE), monitor)?);
        let within = trace.range().intersect(ask.scope.range);
        let (word, words) = match whose {
            ShareKind::System => ("system", "all procs together"),
            ShareKind::Procs => ("procs", "each proc by itself"),
            ShareKind::Goroutine(_) => ("goroutine", "one goroutine"),
        };
        let taken = taken(ask);
        let report = Report::default()
            .figure("Mean utilisation", share(found.mean()))
            .figure("Of", words)
            .figure("Range", nanos(within.nanos().unsigned_abs()))
            .figure("Taken by the GC", taken.join(", "))
            .field("whose", "system, procs or goroutine", Value::Word(word))
            .field(
                "takes",
                "what counts as taken by the GC, a word each",
                Value::List(taken.into_iter().map(Value::Word).collect()),
            )
            .field("duration_ns", "length of the range", columns::length(within))
            .field("mean", "utilisation over the whole range", Value::Ratio(found.mean()))
            .chart(curve_chart(&curve))
            .chart(time_chart(trace, &found, within));
        let over_time = columns_of(&found, within, COLUMNS);
        Some(
            report
                .table(points("curve", &curve, Readers::Programs))
                .table(points("lengths", &Arc::new(round(&curve)), Readers::People))
                .table(over_time_table(trace, &Arc::new(over_time))),
        )
    }
}

impl Analysis for WorstWindows {
    fn info(&self) -> &'static Info {
        &WORST
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let whose = whose(ask);
        let found = Mutator::of(trace, ask.scope.range, whose, takes(ask), monitor)?;
        let usual = || USUAL.into_iter().filter(|length| *length < found.longest()).collect();
        let lengths: Vec<i64> = ask.length.map_or_else(usual, |length| vec![length]);
        let listed = ask.limit.unwrap_or(LISTED);
        let windows = lengths.into_iter().flat_map(|length| found.worst_windows(length, listed)).collect();
        Some(Report::default().table(windows_table(trace, whose, &Arc::new(windows))))
    }
}

/// Whose share is asked for.
fn whose(ask: &Ask) -> ShareKind {
    match ask.scope.filter {
        GoroutineFilter::One(go) => ShareKind::Goroutine(go),
        _ if ask.choice(PLACES[0]) == 1 => ShareKind::Procs,
        _ => ShareKind::System,
    }
}

/// What counts as taken.
#[must_use]
pub fn takes(ask: &Ask) -> Takes {
    let [stops, background, assist, sweep, other_stops] = [0, 1, 2, 3, 4].map(|bit| is_taken(ask, bit));
    Takes { stops, other_stops, background, assist, sweep }
}

/// Whether the option of [`TAKES`] at this place counts as taken.
fn is_taken(ask: &Ask, at: usize) -> bool {
    (TAKES.bits(ask.choice(PLACES[1])) >> at) & 1 == 1
}

/// The names of what counts as taken, as in JSON.
fn taken(ask: &Ask) -> Vec<&'static str> {
    TAKES.options.iter().enumerate().filter(|(at, _)| is_taken(ask, *at)).map(|(_, option)| option.name).collect()
}

/// The points of a curve at round lengths, and the last one.
fn round(curve: &[Point]) -> Vec<Point> {
    let last = curve.len().saturating_sub(1);
    let is_round = |at: usize| ROUND.contains(&(at % PER_DECADE as usize)) || at == last;
    curve.iter().enumerate().filter(|(at, _)| is_round(*at)).map(|(_, point)| *point).collect()
}

fn points(id: &'static str, curve: &Arc<Vec<Point>>, readers: Readers) -> Table {
    let [p999, p99, p95] = [0, 1, 2].map(|at| move |point: &Point| Value::Ratio(point.most[at]));
    Table::of(id, "Utilisation by window length", curve, Vec::as_slice)
        .column(Column::duration("window_ns", "Window", "length of windows"), |point: &Point| {
            Value::Duration(Nanos(point.window.unsigned_abs()))
        })
        .column(Column::ratio("least", "Worst", "the least share of any window"), |point| Value::Ratio(point.least))
        .column(Column::ratio("p999", "p99.9", "99.9 % of all windows have at least this share"), p999)
        .column(Column::ratio("p99", "p99", "99 % of all windows have at least this share"), p99)
        .column(Column::ratio("p95", "p95", "95 % of all windows have at least this share"), p95)
        .only_for(readers)
        .empty("No time in the selected range")
        .build()
}

#[expect(clippy::cast_precision_loss, reason = "a place on screen")]
fn curve_chart(curve: &[Point]) -> Chart {
    let line = |name: &str, place: u8, of: &dyn Fn(&Point) -> f64| Line {
        name: name.to_owned(),
        shade: Shade::Series(place),
        look: Look::Line,
        points: curve.iter().map(|point| [point.window as f64, of(point)]).collect(),
    };
    let lines = vec![
        line("p95", 3, &|point| point.most[2]),
        line("p99", 2, &|point| point.most[1]),
        line("p99.9", 1, &|point| point.most[0]),
        line(LEAST, 0, &|point| point.least),
    ];
    let end = |point: Option<&Point>| point.map_or(1.0, |point| point.window as f64);
    let across = Across::Lengths(end(curve.first()), end(curve.last()));
    Chart { title: "Utilisation by window length".to_owned(), across, up: Up::Ratio, lines }
}

/// The line of the least share, in the first chart.
pub const LEAST: &str = "Worst";

/// A column of time, and the mean and lowest share in it; none where the trace has nothing.
type Over = (TimeRange, Option<(f64, f64)>);

fn columns_of(found: &Mutator, range: TimeRange, count: i64) -> Vec<Over> {
    #[expect(clippy::cast_possible_truncation, reason = "within the range")]
    let edge =
        |at: i64| range.start.plus_nanos((i128::from(range.nanos()) * i128::from(at) / i128::from(count)) as i64);
    let column = |at: i64| {
        let within = TimeRange::new(edge(at), edge(at + 1));
        (within, found.within(within))
    };
    (0..count).map(column).collect()
}

fn over_time_table(trace: &Arc<Trace>, found: &Arc<Vec<Over>>) -> Table {
    let of_start = Arc::clone(trace);
    let known = |over: &Over, value: Value| if over.1.is_some() { value } else { Value::Missing };
    let ratio = |value: Option<f64>| value.map_or(Value::Missing, Value::Ratio);
    Table::of("over_time", "Utilisation over time, in 200 equal columns", found, Vec::as_slice)
        .column(Column::time("start_ns", "Start", ""), move |over: &Over| {
            known(over, columns::time(&of_start, over.0.start))
        })
        .column(Column::ratio("mean", "Mean", ""), move |over| ratio(over.1.map(|share| share.0)))
        .column(Column::ratio("least", "Lowest", ""), move |over| ratio(over.1.map(|share| share.1)))
        .only_for(Readers::Programs)
        .build()
}

/// Mean and lowest share over time; new lines where the trace has nothing for a while.
fn time_chart(trace: &Trace, found: &Mutator, range: TimeRange) -> Chart {
    let origin = trace.range().start;
    let columns = columns_of(found, range, CHART_COLUMNS.min(range.nanos().max(1)));
    let mut lines = Vec::new();
    let runs = columns.chunk_by(|one, next| one.1.is_some() == next.1.is_some());
    for run in runs.filter(|run| run.iter().all(|over| over.1.is_some())) {
        let is_first = lines.is_empty();
        let mut line = |name: &str, shade, look, of: &dyn Fn((f64, f64)) -> f64| {
            let points = run.iter().filter_map(|(at, share)| Some([since(at.start, origin), of((*share)?)]));
            let name = if is_first { name.to_owned() } else { String::new() };
            lines.push(Line { name, shade, look, points: points.collect() });
        };
        line("Mean", Shade::Series(2), Look::Area, &|share| share.0);
        line("Lowest", Shade::Muted, Look::Steps, &|share| share.1);
    }
    let title = format!("Utilisation over time, mean {}", share(found.mean()));
    Chart { title, across: Across::time(range, origin), up: Up::Ratio, lines }
}

fn windows_table(trace: &Arc<Trace>, whose: ShareKind, found: &Arc<Vec<Window>>) -> Table {
    let [of_start, of_proc] = [trace; 2].map(Arc::clone);
    let lane = move |window: &Window| match (whose, window.proc) {
        (ShareKind::Goroutine(go), _) => LaneId::Goroutine(go),
        (_, Some(proc)) => LaneId::Proc(proc),
        _ => LaneId::Gc,
    };
    Table::of("worst", "Worst windows", found, Vec::as_slice)
        .column(Column::duration("window_ns", "Window", "length of the window"), |window: &Window| {
            columns::length(window.range)
        })
        .column(Column::ratio("share", "Share", "of the program"), |window| Value::Ratio(window.share))
        .column(Column::time("start_ns", "Start", ""), move |window| columns::time(&of_start, window.range.start))
        .column(Column::id("proc", "Proc", "of each proc by itself"), move |window| {
            window.proc.map_or(Value::Missing, |proc| columns::proc(&of_proc, proc))
        })
        .target(move |window| Some(Target::Stretch(lane(window), window.range)))
        .cut(Cut::Never)
        .empty("The program had all of its time in windows of this length")
        .build()
}

#[cfg(test)]
mod tests {
    use super::{taken, takes};
    use crate::report::analyses::analysis::Ask;
    use trace_core::analysis::mmu::Takes;
    use trace_core::analysis::scope::Scope;
    use trace_core::base::time::TimeRange;

    #[test]
    fn what_is_taken_is_usual_but_for_what_is_chosen() {
        let usual = Ask::about(Scope::during(TimeRange::default()));
        assert_eq!((takes(&usual), taken(&usual)), (Takes::default(), vec!["stw", "background", "assist"]));
        let other = Ask { chosen: vec![0, 0b1110], ..usual };
        let wanted = Takes { stops: true, other_stops: false, background: false, assist: false, sweep: true };
        assert_eq!((takes(&other), taken(&other)), (wanted, vec!["stw", "sweep"]));
    }
}
