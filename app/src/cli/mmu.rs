//! `tracelane mmu`: what the collector leaves to the program, in the worst windows of any length.

use clap::Args;
use serde::Serialize;
use trace_core::analysis::mmu::{Mutator, Point, TAILS, Takes, Whose, Window, window_lengths};
use trace_core::analysis::scope::Whom;
use trace_core::base::ids::GoId;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

use crate::cli::common::RangeArgs;
use crate::cli::exit::{CliResult, is_damaged};
use crate::cli::load::load;
use crate::cli::names::since_start;
use crate::cli::print::{answer, line};
use crate::cli::scope::ScopeArgs;
use crate::cli::text::Text;
use crate::cli::values::{self, Value};
use crate::fmt::time::{duration, offset};

/// Points of the curve per factor of ten.
const PER_DECADE: u32 = 10;
/// Columns of utilisation over time.
const COLUMNS: i64 = 200;

/// What the long help says.
pub const ABOUT: &str = "\
Mutator utilisation: the share of proc time that the GC leaves to the program. For windows of any length, the least
that any window has (minimum mutator utilisation), what 99.9 %, 99 % and 95 % of them have at least, and the worst
windows.";

/// The fields of its JSON.
pub const JSON: &str = "\
With --format json, one JSON object with these fields, which stay as they are:

  file, partial, whose (system, procs or goroutine), takes [name], duration_ns, mean,
  curve [{window_ns, least, p999, p99, p95}], worst [{window_ns, start_ns, share, proc or null}],
  over_time [{start_ns, mean, least} or null] (200 equal columns); all shares are 0 to 1";

/// The arguments of `tracelane mmu`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct MmuArgs {
    /// Each proc by itself, as a goroutine on it feels it: all or nothing
    #[arg(long, conflicts_with = "goroutine")]
    pub per_proc: bool,
    /// One goroutine's own time: without its assists, sweeps and waits for the GC
    #[arg(long, value_name = "G25", value_parser = values::goroutine)]
    pub goroutine: Option<GoId>,
    /// What counts as taken by the GC: of stw, background, assist, sweep, other-stw (stops for other reasons)
    #[arg(long, value_name = "WHAT", default_value = "stw,background,assist", value_parser = takes_value)]
    pub takes: Takes,
    /// Length of the worst windows listed (if not given: 1, 10 and 100 ms)
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    pub window: Option<i64>,
    /// What analyses of the whole program take; the limit is that of windows of each length.
    #[command(flatten)]
    pub common: RangeArgs,
}

fn takes_value(text: &str) -> Value<Takes> {
    values::or_expected(takes(text), "stw,background,assist")
}

/// Reads `stw,assist,sweep`.
#[must_use]
pub fn takes(text: &str) -> Option<Takes> {
    let mut takes = Takes { stops: false, other_stops: false, background: false, assist: false, sweep: false };
    for word in text.split(',') {
        match word {
            "stw" => takes.stops = true,
            "other-stw" => takes.other_stops = true,
            "background" => takes.background = true,
            "assist" => takes.assist = true,
            "sweep" => takes.sweep = true,
            _ => return None,
        }
    }
    Some(takes)
}

/// Loads the file and prints the mutator's utilisation.
///
/// # Errors
/// When the file is unreadable, or there is no such goroutine.
pub fn run(args: &MmuArgs) -> CliResult {
    let trace = load(&args.common.file)?;
    let scope = ScopeArgs::of_goroutine(args.common.range, args.goroutine).scope(&trace)?;
    let whose = match scope.whom {
        Whom::One(go) => Whose::Goroutine(go),
        _ if args.per_proc => Whose::Procs,
        _ => Whose::System,
    };
    let report = Report::of(args, &trace, scope.range, whose);
    answer(&trace, args.common.format(), &report, || report.text())
}

/// What `--json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file as given.
    pub file: String,
    /// Parts of the trace are damaged, so some may be missing.
    pub partial: bool,
    /// `system`, `procs` or `goroutine`.
    pub whose: &'static str,
    /// What counts: of `stw`, `other-stw`, `background`, `assist`, `sweep`.
    pub takes: Vec<&'static str>,
    /// Length of the stretch looked at.
    pub duration_ns: i64,
    /// The mean share over it, 0 to 1.
    pub mean: f64,
    /// The curve, by rising length of windows; the last is the whole stretch.
    pub curve: Vec<Place>,
    /// Windows with least, worst first.
    pub worst: Vec<OneWindow>,
    /// The share over time in 200 equal columns (`null` where the trace tells nothing); of procs the least.
    pub over_time: Vec<Option<Column>>,
}

/// A place on the curve. All shares are 0 to 1.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Place {
    /// Length of windows.
    pub window_ns: i64,
    /// The least share of any window.
    pub least: f64,
    /// What 99.9 % of all windows have at least.
    pub p999: f64,
    /// What 99 % have.
    pub p99: f64,
    /// What 95 % have.
    pub p95: f64,
}

/// A window with little.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct OneWindow {
    /// Its length.
    pub window_ns: i64,
    /// From the start of the trace.
    pub start_ns: i64,
    /// The share in it, 0 to 1.
    pub share: f64,
    /// On which proc, with `--per-proc`.
    pub proc: Option<i64>,
}

/// A column of time.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Column {
    /// From the start of the trace.
    pub start_ns: i64,
    /// The mean share, 0 to 1.
    pub mean: f64,
    /// The lowest.
    pub least: f64,
}

impl Report {
    /// Of a loaded trace.
    #[must_use]
    pub fn of(args: &MmuArgs, trace: &Trace, range: TimeRange, whose: Whose) -> Self {
        let monitor = Monitor::new();
        let mutator = Mutator::of(trace, range, whose, args.takes, &monitor).unwrap_or_default();
        let lengths = window_lengths(mutator.longest(), PER_DECADE);
        let chosen = match args.window {
            Some(window) => vec![window],
            None => [1_000_000, 10_000_000, 100_000_000].into_iter().filter(|&of| of < mutator.longest()).collect(),
        };
        let worst = chosen.iter().flat_map(|&window| mutator.worst_windows(window, args.common.limit));
        let within = trace.range().intersect(range);
        Self {
            file: args.common.file.display().to_string(),
            partial: is_damaged(trace),
            whose: match whose {
                Whose::System => "system",
                Whose::Procs => "procs",
                Whose::Goroutine(_) => "goroutine",
            },
            takes: names(args.takes),
            duration_ns: within.nanos(),
            mean: mutator.mean(),
            curve: mutator.curve(&lengths, &monitor).unwrap_or_default().into_iter().map(Place::of).collect(),
            worst: worst.map(|window| OneWindow::of(trace, window)).collect(),
            over_time: (0..COLUMNS).map(|at| column(trace, &mutator, within, at)).collect(),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = Text::new();
        line(
            &mut text,
            &format!(
                "The program had {} of its processor time over {} ({}; taken: {})",
                share(self.mean),
                duration(self.duration_ns),
                match self.whose {
                    "procs" => "each proc by itself",
                    "goroutine" => "one goroutine",
                    _ => "all procs together",
                },
                self.takes.join(", ")
            ),
        );
        text.blank();
        line(&mut text, &format!("{:>10} {:>9} {:>9} {:>9} {:>9}", "window", "least", "p99.9", "p99", "p95"));
        let last = self.curve.len().saturating_sub(1);
        for (at, place) in self.curve.iter().enumerate() {
            // 1, 2 and 5 of each factor of ten, near enough.
            if ![0, 3, 7].contains(&(at % PER_DECADE as usize)) && at != last {
                continue;
            }
            line(
                &mut text,
                &format!(
                    "{:>10} {:>9} {:>9} {:>9} {:>9}",
                    duration(place.window_ns),
                    share(place.least),
                    share(place.p999),
                    share(place.p99),
                    share(place.p95)
                ),
            );
        }
        let mut length = 0;
        for window in &self.worst {
            if window.window_ns != length {
                length = window.window_ns;
                text.blank();
                line(&mut text, &format!("Worst windows of {}", duration(length)));
            }
            let proc = window.proc.map_or_else(String::new, |proc| format!("  P{proc}"));
            line(&mut text, &format!("{:>14} {:>9}{proc}", offset(window.start_ns), share(window.share)));
        }
        text
    }
}

impl Place {
    fn of(point: Point) -> Self {
        const { assert!(TAILS.len() == 3, "p99.9, p99, p95") };
        let [p999, p99, p95] = point.most;
        Self { window_ns: point.window, least: point.least, p999, p99, p95 }
    }
}

impl OneWindow {
    fn of(trace: &Trace, window: Window) -> Self {
        Self {
            window_ns: window.range.nanos(),
            start_ns: since_start(trace, window.range.start),
            share: window.share,
            proc: window.proc.map(|proc| trace.proc_id(proc).signed()),
        }
    }
}

fn column(trace: &Trace, mutator: &Mutator, range: TimeRange, at: i64) -> Option<Column> {
    let edge =
        |at: i64| range.start.plus_nanos((i128::from(range.nanos()) * i128::from(at) / i128::from(COLUMNS)) as i64);
    let within = TimeRange::new(edge(at), edge(at + 1));
    let (mean, least) = mutator.within(within)?;
    Some(Column { start_ns: since_start(trace, within.start), mean, least })
}

fn names(takes: Takes) -> Vec<&'static str> {
    let all = [
        (takes.stops, "stw"),
        (takes.other_stops, "other-stw"),
        (takes.background, "background"),
        (takes.assist, "assist"),
        (takes.sweep, "sweep"),
    ];
    all.into_iter().filter(|(taken, _)| *taken).map(|(_, name)| name).collect()
}

/// Never rounds to none or all.
fn share(share: f64) -> String {
    let percent = share * 100.0;
    match percent {
        percent if percent <= 0.0 => "0 %".to_owned(),
        percent if percent < 0.1 => "< 0.1 %".to_owned(),
        percent if (99.95..100.0).contains(&percent) => "> 99.9 %".to_owned(),
        percent => format!("{percent:.1} %"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_are_read_by_name() {
        let only = takes("stw,sweep").expect("two names");
        assert_eq!(names(only), ["stw", "sweep"]);
        assert_eq!(takes("stw,money"), None);
        assert_eq!(names(Takes::default()), ["stw", "background", "assist"]);
    }
}
