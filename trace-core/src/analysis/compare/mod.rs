//! Two traces side by side: what changed, by how much, and whether that is more than chance.

pub mod anchor;
pub mod causes;
pub mod diff_flame;
pub mod figure;
pub mod limits;
pub mod measure;
pub mod mix;
pub mod partners;
pub mod picture;
pub mod ruler;
pub mod series;
pub mod stats;
mod tally;
pub mod trend;
mod verdict;
mod walk;

use crate::analysis::compare::measure::{Measured, RowKind};
use crate::analysis::compare::partners::{Correction, corrected};
use crate::analysis::compare::series::Series;
use crate::analysis::compare::stats::{Shift, false_discovery, mann_whitney, quantile, same_rate, shift};
use crate::analysis::findings::Findings;

use crate::analysis::compare::verdict::lead;
pub use crate::analysis::compare::verdict::verdict;

/// A q value up to which a change is called significant.
pub const SIGNIFICANT: f64 = 0.05;
/// Changes of the sum, the median and p99 that are all smaller than this part of A's figure are not called
/// significant, however sure they are: two recordings of one program differ that much.
pub const LEAST_CHANGE: f64 = 0.05;
/// Rows with less than this many nanoseconds a second on both sides are not tested.
const LEAST_RATE: f64 = 10_000.0;
/// What happens closer together than this shares a fate: another process had the processor, its clock was slow.
/// A few slices of the operating system's scheduler, nanoseconds.
const WITNESS: u64 = 5_000_000;
/// Fewer parts on either side never give a rank test its say.
const LEAST_PARTS: usize = 8;
/// Events of a row that may be plain to see without a test: no fewer on the side that has more.
const LEAST_OF_FEW: usize = 3;
/// Durations of one side that are all so many times as long as those of the other are another thing.
const FAR: f64 = 5.0;
/// Changes of a few events are told of from this part of the time of the trace on.
const LEAST_PLAIN: f64 = 0.01;
/// Counts up to this are tested as single events, larger ones by how they vary over the trace.
const FEW: u64 = 20;

/// What figures of the two sides are divided by, before they are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Per {
    /// Seconds of the trace.
    #[default]
    Second,
    /// Seconds that goroutines of the program ran.
    ProcessorSecond,
    /// So many requests on each side.
    Requests(u64, u64),
    /// Nothing.
    Nothing,
}

/// How two sides are held against each other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Terms {
    /// What figures are divided by.
    pub per: Per,
    /// What a person said about which rows are the same.
    pub corrections: Vec<Correction>,
}

impl From<Per> for Terms {
    fn from(per: Per) -> Self {
        Self { per, corrections: Vec::new() }
    }
}

/// The figures of a row on one side. Nanoseconds; quantiles are of a sample if there are more than 2,048.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Figures {
    /// How many.
    pub count: u64,
    /// In sum.
    pub total: u64,
    /// Mean.
    pub mean: f64,
    /// Median.
    pub p50: f64,
    /// Nine in ten are at most this long.
    pub p90: f64,
    /// 99 in a hundred.
    pub p99: f64,
    /// The longest.
    pub max: u64,
}

impl Figures {
    fn of(series: &Series) -> Self {
        let values = series.values();
        Self {
            count: series.count,
            total: series.total,
            mean: series.total as f64 / series.count.max(1) as f64,
            p50: quantile(&values, 0.5),
            p90: quantile(&values, 0.9),
            p99: quantile(&values, 0.99),
            max: series.max,
        }
    }
}

/// A row of both traces.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What it is about.
    pub kind: RowKind,
    /// Its name in A; in B if it is only there.
    pub name: String,
    /// Its name in B, if that is another one.
    pub renamed: Option<String>,
    /// A's figures; `None` if A has no such thing.
    pub a: Option<Figures>,
    /// B's.
    pub b: Option<Figures>,
    /// Time in sum per unit, B over A. `None` if a side has none.
    pub ratio: Option<f64>,
    /// Difference of the durations, nanoseconds, B less A.
    pub shift: Option<Shift>,
    /// Probability of a difference at least this large by chance; `None` if it was too little to test.
    pub p: Option<f64>,
    /// The same corrected for the number of rows tested.
    pub q: Option<f64>,
    /// Whether it is more than chance, and large enough to matter.
    pub is_significant: bool,
    /// Not significant, since it happened too seldom to test, but plain to see: it is on one side only, or all
    /// durations of one side are far below those of the other, and much time is in it.
    pub is_too_few: bool,
    /// B's time in sum less A's, nanoseconds per unit (see [`Per`]).
    pub impact: f64,
    /// Places of the row in `rows` of A's and B's [`Measured`].
    pub places: [Option<usize>; 2],
}

/// What came of comparing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// Sentences, the most important first.
    pub verdict: Vec<String>,
    /// All rows, those that matter most first.
    pub changes: Vec<Change>,
    /// Rows that were tested.
    pub tested: usize,
}

/// Compares two measured traces. With the findings of both, the verdict names causes that went and came.
#[must_use]
pub fn compare(a: &Measured, b: &Measured, terms: &Terms, findings: Option<(&Findings, &Findings)>) -> Comparison {
    compare_named(a, b, terms, findings, ["A", "B"])
}

/// The same, the two called like this in the verdict.
#[must_use]
pub fn compare_named(
    a: &Measured,
    b: &Measured,
    terms: &Terms,
    findings: Option<(&Findings, &Findings)>,
    names: [&str; 2],
) -> Comparison {
    let mut changes = changes(a, b, terms);
    let tested: Vec<f64> = changes.iter().filter_map(|change| change.p).collect();
    let mut q = false_discovery(&tested).into_iter();
    for change in changes.iter_mut().filter(|change| change.p.is_some()) {
        change.q = q.next();
        change.is_significant = change.q.is_some_and(|q| q <= SIGNIFICANT) && matters(change);
    }
    for change in &mut changes {
        change.is_too_few &= !change.is_significant;
    }
    ranked(&mut changes);
    lead(&mut changes, findings);
    let tested = tested.len();
    Comparison { verdict: verdict(&changes, findings, tested, names), changes, tested }
}

fn changes(a: &Measured, b: &Measured, terms: &Terms) -> Vec<Change> {
    let units = units(a, b, terms.per);
    let names = |side: &'_ Measured| -> Vec<(RowKind, String)> { side.rows.iter().map(|row| row.0.clone()).collect() };
    let (names_a, names_b) = (names(a), names(b));
    let parts = parts(a.nanos.min(b.nanos));
    let pairs = corrected(&borrowed(&names_a), &borrowed(&names_b), &terms.corrections);
    let rows = pairs.into_iter().filter_map(|(at_a, at_b)| {
        let row_a = at_a.and_then(|at| a.rows.get(at));
        let row_b = at_b.and_then(|at| b.rows.get(at));
        let ((kind, name), _) = row_a.or(row_b)?;
        let renamed = row_b.map(|row| &row.0.1).filter(|other| *other != name).cloned();
        let sides = (row_a.map(|row| &row.1), row_b.map(|row| &row.1));
        let change = change((*kind, name.clone(), renamed), sides, ([a.nanos, b.nanos], parts), units);
        Some(Change { places: [at_a, at_b], ..change })
    });
    rows.collect()
}

fn borrowed(names: &[(RowKind, String)]) -> Vec<(RowKind, &str)> {
    names.iter().map(|(kind, name)| (*kind, name.as_str())).collect()
}

/// What to divide each side's figures by; never 0.
#[must_use]
pub fn units(a: &Measured, b: &Measured, per: Per) -> (f64, f64) {
    let of = |side: &Measured, requests: u64| match per {
        Per::Second => side.nanos as f64 / 1e9,
        Per::ProcessorSecond => side.running as f64 / 1e9,
        Per::Requests(..) => requests as f64,
        Per::Nothing => 1.0,
    };
    let (requests_a, requests_b) = if let Per::Requests(a, b) = per { (a, b) } else { (1, 1) };
    let or_one = |unit: f64| if unit > 0.0 { unit } else { 1.0 };
    (or_one(of(a, requests_a)), or_one(of(b, requests_b)))
}

fn change(
    (kind, name, renamed): (RowKind, String, Option<String>),
    (a, b): (Option<&Series>, Option<&Series>),
    ([length_a, length_b], parts): ([u64; 2], usize),
    (unit_a, unit_b): (f64, f64),
) -> Change {
    let rate = |series: Option<&Series>, unit: f64| series.map_or(0.0, |series| series.total as f64 / unit);
    let (rate_a, rate_b) = (rate(a, unit_a), rate(b, unit_b));
    let values = |series: Option<&Series>| series.map(Series::values).unwrap_or_default();
    let (values_a, values_b) = (values(a), values(b));
    let is_tested = rate_a.max(rate_b) >= LEAST_RATE;
    let part =
        |series: Option<&Series>, nanos: u64| series.map_or(0, |series| series.total) as f64 / nanos.max(1) as f64;
    let is_plain =
        is_too_few(&values_a, &values_b, parts) && (part(b, length_b) - part(a, length_a)).abs() >= LEAST_PLAIN;
    let p = is_tested.then(|| chance((a, b), (&values_a, &values_b), parts, (unit_a, unit_b)));
    Change {
        kind,
        name,
        renamed,
        a: a.map(Figures::of),
        b: b.map(Figures::of),
        ratio: (rate_a > 0.0 && rate_b > 0.0).then(|| rate_b / rate_a),
        shift: shift(&values_a, &values_b),
        p,
        q: None,
        is_significant: false,
        is_too_few: is_plain,
        impact: rate_b - rate_a,
        places: [None; 2],
    }
}

/// Parts of a trace that are looked at as witnesses: sixteen, but none shorter than [`WITNESS`].
fn parts(nanos: u64) -> usize {
    let mut parts = ruler::BLOCKS;
    while parts > 1 && nanos / (parts as u64) < WITNESS {
        parts /= 2;
    }
    parts
}

/// Whether so few events (or so short a time) differ plainly. Values are sorted.
fn is_too_few(a: &[f64], b: &[f64], parts: usize) -> bool {
    let most = a.len().max(b.len());
    if most < LEAST_OF_FEW || (most as u64 >= FEW && parts >= LEAST_PARTS) {
        return false;
    }
    let below = |low: &[f64], high: &[f64]| match (low.last(), high.first()) {
        (Some(low), Some(high)) => *high >= FAR * *low,
        _ => true,
    };
    below(a, b) || below(b, a)
}

/// The probability that both sides are alike: neither do durations differ, nor how many there are. The
/// smaller of the two, doubled for having looked twice (Bonferroni).
fn chance(
    (a, b): (Option<&Series>, Option<&Series>),
    (values_a, values_b): (&[f64], &[f64]),
    parts: usize,
    (unit_a, unit_b): (f64, f64),
) -> f64 {
    if let (Some(a), Some(b)) = (runs(a, b), runs(b, a)) {
        return between_runs(&a, &b);
    }
    let durations = match (a, b) {
        (Some(a), Some(b)) => same_durations((a, values_a), (b, values_b), parts),
        _ => 1.0,
    };
    let count = |series: Option<&Series>| series.map_or(0, |series| series.count);
    // A burst of something that the other side never does is news, however short.
    let counts = if count(a).max(count(b)) < FEW || count(a).min(count(b)) == 0 {
        same_rate(count(a), count(b), unit_a / (unit_a + unit_b))
    } else {
        let per_block = |series: Option<&Series>, unit: f64| -> Vec<f64> {
            let totals = series.map_or_else(|| vec![0; parts], |series| series.part_totals(parts));
            totals.into_iter().map(|nanos| nanos as f64 / unit).collect()
        };
        mann_whitney(&per_block(a, unit_a), &per_block(b, unit_b))
    };
    (2.0 * durations.min(counts)).min(1.0)
}

/// The recordings behind a side of a pooled comparison: a side without the row never had it. `None` if a
/// side is a single recording.
fn runs(side: Option<&Series>, other: Option<&Series>) -> Option<Vec<(Option<f64>, f64)>> {
    let known = side.map(|side| side.runs.clone()).unwrap_or_default();
    match other {
        _ if known.len() > 1 => Some(known),
        Some(other) if side.is_none() && other.runs.len() > 1 => Some(vec![(None, 0.0); other.runs.len()]),
        _ => None,
    }
}

/// Where there are several recordings a side, each is one witness: what differs between recordings of one
/// side is no change.
fn between_runs(a: &[(Option<f64>, f64)], b: &[(Option<f64>, f64)]) -> f64 {
    let medians = |runs: &[(Option<f64>, f64)]| runs.iter().filter_map(|run| run.0).collect::<Vec<_>>();
    let rates = |runs: &[(Option<f64>, f64)]| runs.iter().map(|run| run.1).collect::<Vec<_>>();
    let durations = mann_whitney(&medians(a), &medians(b));
    (2.0 * durations.min(mann_whitney(&rates(a), &rates(b)))).min(1.0)
}

/// Durations close in time are alike (a burst, a busy neighbour, goroutines that share a fate): a thousand of
/// them are not a thousand witnesses. The medians of parts of the trace have to differ as well.
fn same_durations((a, values_a): (&Series, &[f64]), (b, values_b): (&Series, &[f64]), parts: usize) -> f64 {
    mann_whitney(values_a, values_b).max(mann_whitney(&a.part_medians(parts), &b.part_medians(parts)))
}

/// Whether a change is large enough to be told of: in sum, or at the median.
fn matters(change: &Change) -> bool {
    let (Some(a), Some(b), Some(ratio)) = (&change.a, &change.b, change.ratio) else { return true };
    let away = |ratio: f64| (ratio - 1.0).abs() >= LEAST_CHANGE;
    away(ratio) || (a.p50 > 0.0 && away(b.p50 / a.p50)) || (a.p99 > 0.0 && away(b.p99 / a.p99))
}

/// A change of a part that makes up at least this much of what a whole changed by explains it.
const EXPLAINS: f64 = 0.2;

/// Sorts by weight; a whole that changed (a task, a unit of work, a life) comes behind the part of it (a
/// region, a wait) that changed more in proportion and explains it.
fn ranked(changes: &mut Vec<Change>) {
    let parts: Vec<(f64, f64, f64)> = changes
        .iter()
        .filter(|change| change.is_significant && !is_whole(change.kind))
        .map(|change| (change.impact, relative(change), weight(change)))
        .collect();
    let behind = |change: &Change| {
        let own = weight(change);
        if !is_whole(change.kind) || !change.is_significant {
            return own;
        }
        let explains = |part: &&(f64, f64, f64)| {
            part.0 * change.impact > 0.0 && part.0.abs() >= EXPLAINS * change.impact.abs() && part.1 >= relative(change)
        };
        let best = parts.iter().filter(explains).map(|part| part.2).fold(0.0, f64::max);
        if best > 0.0 { own.min(best * 0.999) } else { own }
    };
    let mut keyed: Vec<(f64, Change)> = changes.drain(..).map(|change| (behind(&change), change)).collect();
    keyed.sort_by(|(one_weight, one), (other_weight, other)| {
        other_weight.total_cmp(one_weight).then_with(|| (one.kind, &one.name).cmp(&(other.kind, &other.name)))
    });
    changes.extend(keyed.into_iter().map(|(_, change)| change));
}

const fn is_whole(kind: RowKind) -> bool {
    matches!(kind, RowKind::Task | RowKind::Work | RowKind::Goroutine | RowKind::Running)
}

/// By how much of its own a row changed, from 0 to 1.
fn relative(change: &Change) -> f64 {
    change.ratio.map_or(1.0, |ratio| ratio.ln().abs().min(1.0))
}

/// What brings a row up in the list: time, how much of its own it changed by, and how directly a person can
/// act on such a row.
fn weight(change: &Change) -> f64 {
    let direct = match change.kind {
        RowKind::Region => 1.3,
        RowKind::Wait | RowKind::Stuck => 1.25,
        RowKind::Task => 1.2,
        RowKind::Syscall | RowKind::Sleep | RowKind::Assist | RowKind::Samples => 1.1,
        RowKind::Work => 0.9,
        RowKind::Sched | RowKind::Gc | RowKind::Stw => 0.8,
        RowKind::Running | RowKind::Goroutine => 0.6,
    };
    let sure = match (change.is_significant, change.is_too_few) {
        (true, _) => 1e6,
        (_, true) => 1e3,
        _ => 1.0,
    };
    change.impact.abs() * (0.1 + relative(change)) * direct * sure
}

#[cfg(test)]
mod tests;
