//! Two traces side by side: what changed, by how much, and whether that is more than chance.

mod accumulator;
pub mod anchor;
mod around;
mod between;
pub mod causes;
pub mod change;
pub mod composition;
pub mod diff_flame;
pub mod evidence;
pub mod figure;
pub mod figures;
pub mod gate;
pub mod late;
pub mod limits;
pub mod measure;
mod named;
pub mod partners;
pub mod per;
pub mod picture;
mod rank;
mod renames;
pub mod row_kind;
mod serial;
pub mod series;
pub mod settings;
mod single;
pub mod stats;
pub mod student;
mod tails;
mod tested_row;
pub mod time_blocks;
pub mod trend;
mod verdict;
mod walk;
pub mod words;

use rayon::prelude::*;

use crate::analysis::compare::between::{Runs, between};
use crate::analysis::compare::evidence::{Evidence, Measure};
use crate::analysis::compare::measure::{Measured, is_nameless};
use crate::analysis::compare::named::Family;
use crate::analysis::compare::partners::{Correction, Pairs, RowPair, corrected};
use crate::analysis::compare::rank::ranked;
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::serial::Serial;
use crate::analysis::compare::series::{Run, Series};
use crate::analysis::compare::settings::{Load, load, one_of, settings};
use crate::analysis::compare::single::{FEW, LEAST_PARTS, parts, within};
use crate::analysis::compare::stats::{false_discovery, quantile, shift};
use crate::analysis::findings::Findings;

use crate::analysis::compare::around::around;
use crate::analysis::compare::change::Change;
use crate::analysis::compare::change::SIGNIFICANT;
use crate::analysis::compare::figures::Figures;
use crate::analysis::compare::per::Per;
use crate::analysis::compare::per::is_level;
use crate::analysis::compare::per::units;
use crate::analysis::compare::per::units_of_runs;
use crate::analysis::compare::tested_row::TestedRow;
use crate::analysis::compare::verdict::{VerdictContext, lead, verdict};

/// Rows with less than this many nanoseconds (of the heap, bytes) a second on both sides are not tested.
const LEAST_RATE: f64 = 10_000.0;
/// The same where there are several recordings a side: a tenth of a percent of the time.
const LEAST_RATE_OF_SEVERAL: f64 = 1e6;
/// Events of a row that may be plain to see without a test: no fewer on the side that has more.
const LEAST_OF_FEW: usize = 3;
/// The same of goroutines that are left behind: they stay.
const LEAST_LEFT: usize = 2;
/// Durations of one side that are all so many times as long as those of the other are another thing.
const FAR: f64 = 5.0;
/// Changes of a few events are told of from this part of the time of the trace on.
const LEAST_PLAIN: f64 = 0.01;

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

/// What came of comparing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// What differs before anything of the program is compared: damage, settings, load. Sentences.
    pub settings: Vec<String>,
    /// The requests that both sides served, if they can be told: totals are shown for each of them as well.
    pub load: Option<Load>,
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
    let load = load(a, b);
    let mut changes = changes(a, b, terms, load.as_ref());
    let is_single = a.recordings().max(b.recordings()) == 1;
    let tested = changes.iter().filter(|change| change.p.is_some()).count();
    correct(&mut changes, is_single);
    judge_tails(&mut changes);
    for change in &mut changes {
        change.is_too_few &= !change.is_significant;
        change.is_named = !change.follows_load
            && if is_single { named::by_two(change, [a, b], load.as_ref()) } else { change.is_significant };
    }
    ranked(&mut changes);
    lead(&mut changes, findings);
    let divisor =
        if let Per::Row(at, _) = terms.per { a.rows.get(at).map(|row| one_of(row.0.0, &row.0.1)) } else { None };
    let units = units(a, b, terms.per);
    let context = VerdictContext { tested, names, per: terms.per, divisor, is_single, units, load: load.as_ref() };
    Comparison {
        settings: settings(a, b, load.as_ref(), names),
        verdict: verdict(&changes, findings, &context),
        load: load.filter(|_| terms.per == Per::Second),
        changes,
        tested,
    }
}

/// Gives rows that were tested their q value. With one recording a side rows are three families of tests, each by itself:
/// otherwise many rows that two recordings can hardly tell anything of would hide the few that they can.
fn correct(changes: &mut [Change], is_single: bool) {
    let family = |change: &Change| if is_single { named::family(change.kind) } else { Family::Other };
    for one in [Family::Work, Family::Collector, Family::Other] {
        let is_one = |change: &&mut Change| change.p.is_some() && family(change) == one;
        let p: Vec<f64> = changes.iter_mut().filter(is_one).filter_map(|change| change.p).collect();
        for (change, q) in changes.iter_mut().filter(is_one).zip(false_discovery(&p)) {
            change.q = Some(q);
            // What does not matter keeps a mark that it may not be called significant.
            change.is_significant &= q <= SIGNIFICANT;
        }
    }
}

/// Tasks, regions and units of work whose median and total do not speak for them, but whose slowest do. Rare slow ones
/// are few: among all rows with all their tests they would never count, so they are a family of tests of their own.
fn judge_tails(changes: &mut [Change]) {
    let p: Vec<f64> = changes.iter().filter_map(|change| change.tail.map(|tail| tail.p)).collect();
    let mut q = false_discovery(&p).into_iter();
    for change in changes {
        let Some(tail) = change.tail else { continue };
        let q = q.next();
        if !change.is_significant && tail.matters() && q.is_some_and(|q| q <= SIGNIFICANT) {
            change.tested = Some(tail.measure);
            change.effect = effect(tail.measure, (change.a.as_ref(), change.b.as_ref()), (1.0, 1.0));
            (change.p, change.q, change.interval) = (Some(tail.p), q, None);
            (change.is_significant, change.follows_load) = (true, false);
        }
    }
}

/// How much a figure changed, B over A, as the values that are shown say. `None` if a side has none of it.
fn effect(measure: Measure, (a, b): (Option<&Figures>, Option<&Figures>), (unit_a, unit_b): (f64, f64)) -> Option<f64> {
    let (a, b) = (measure.value(a?, unit_a), measure.value(b?, unit_b));
    (a > 0.0 && b > 0.0).then(|| b / a)
}

fn changes(a: &Measured, b: &Measured, terms: &Terms, load: Option<&Load>) -> Vec<Change> {
    let (units, serial) = (units(a, b, terms.per), Serial::of([a, b]));
    let sides = Sides { measured: [a, b], units, serial, per: terms.per, load };
    pairs(a, b, terms)
        .into_par_iter()
        .filter_map(|((at_a, at_b), is_guess)| {
            let row_a = at_a.and_then(|at| a.rows.get(at));
            let row_b = at_b.and_then(|at| b.rows.get(at));
            let ((kind, name), _) = row_a.or(row_b)?;
            let renamed = row_b.map(|row| &row.0.1).filter(|other| *other != name).cloned();
            let change = sides.change((*kind, name.as_str()), (row_a.map(|row| &row.1), row_b.map(|row| &row.1)));
            Some(Change { renamed, is_guess, places: [at_a, at_b], ..change })
        })
        .collect()
}

/// Which rows are the same, and whether that is inferred from their figures.
fn pairs(a: &Measured, b: &Measured, terms: &Terms) -> Vec<(RowPair, bool)> {
    let names = |side: &'_ Measured| -> Vec<(RowKind, String)> { side.rows.iter().map(|row| row.0.clone()).collect() };
    let (names_a, names_b) = (names(a), names(b));
    let known: Pairs = corrected(&borrowed(&names_a), &borrowed(&names_b), &terms.corrections);
    renames::inferred(known, [a, b], &terms.corrections)
}

fn borrowed(names: &[(RowKind, String)]) -> Vec<(RowKind, &str)> {
    names.iter().map(|(kind, name)| (*kind, name.as_str())).collect()
}

/// Both sides, and how they are held against each other.
struct Sides<'a> {
    measured: [&'a Measured; 2],
    units: (f64, f64),
    serial: Serial,
    per: Per,
    load: Option<&'a Load>,
}

impl Sides<'_> {
    fn change(&self, (kind, name): (RowKind, &str), (a, b): (Option<&Series>, Option<&Series>)) -> Change {
        let (unit_a, unit_b) = self.units;
        let rate = |series: Option<&Series>, unit: f64| series.map_or(0.0, |series| series.total as f64 / unit);
        let subject = TestedRow { kind, is_level: is_level(kind, name) };
        let values = |series: Option<&Series>| series.map(Series::values).unwrap_or_default();
        let (values_a, values_b) = (values(a), values(b));
        // Levels do not add up.
        let (rate_a, rate_b) = if subject.is_level {
            (quantile(&values_a, 0.5), quantile(&values_b, 0.5))
        } else {
            (rate(a, unit_a), rate(b, unit_b))
        };
        let can_tell = self.can_tell(name, (a, b));
        let (evidence, tail) = if can_tell { self.evidence(subject, (a, b)) } else { (None, None) };
        let figures = (a.map(Figures::of), b.map(Figures::of));
        let effect = evidence
            .and_then(|evidence| effect(evidence.measure, (figures.0.as_ref(), figures.1.as_ref()), self.units));
        let follows_load = evidence.zip(self.load).is_some_and(|(evidence, load)| load.explains(&evidence, self.per));
        Change {
            kind,
            name: name.to_owned(),
            a: figures.0,
            b: figures.1,
            ratio: (rate_a > 0.0 && rate_b > 0.0).then(|| rate_b / rate_a),
            impact: rate_b - rate_a,
            shift: shift(&values_a, &values_b),
            tested: evidence.map(|evidence| evidence.measure),
            effect,
            interval: evidence.zip(effect).and_then(|(evidence, effect)| around(effect, evidence.interval?)),
            precision: evidence.and_then(|evidence| evidence.precision),
            p: evidence.map(|evidence| evidence.p),
            tail,
            is_significant: evidence.is_some_and(|evidence| evidence.matters()),
            is_too_few: can_tell && self.is_plain(kind, (a, &values_a), (b, &values_b)),
            follows_load,
            ..Change::default()
        }
    }

    /// Whether a difference of such a row says anything. What has no name has no partner; what a damaged side lacks
    /// may be lost.
    fn can_tell(&self, name: &str, (a, b): (Option<&Series>, Option<&Series>)) -> bool {
        let [side_a, side_b] = self.measured;
        let may_be_lost = (a.is_none() && side_a.is_damaged) || (b.is_none() && side_b.is_damaged);
        !(is_nameless(name) || may_be_lost)
    }

    /// What speaks for a row, and with one recording a side the test of its slowest.
    fn evidence(
        &self,
        subject: TestedRow,
        (a, b): (Option<&Series>, Option<&Series>),
    ) -> (Option<Evidence>, Option<Evidence>) {
        let [side_a, side_b] = self.measured;
        let per_second = |series: Option<&Series>, side: &Measured| {
            series.map_or(0.0, |series| series.total as f64 * 1e9 / side.nanos.max(1) as f64)
        };
        let most = per_second(a, side_a).max(per_second(b, side_b));
        let is_single = side_a.recordings().max(side_b.recordings()) == 1;
        if most < if is_single || subject.kind == RowKind::Heap { LEAST_RATE } else { LEAST_RATE_OF_SEVERAL } {
            return (None, None);
        }
        if is_single {
            let all = within(subject, (a, b), parts(side_a.nanos.min(side_b.nanos)), self.units);
            let (tails, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|one| one.measure == Measure::Tail);
            return (Evidence::strongest(others, SIGNIFICANT), tails.first().copied());
        }
        let (at_a, at_b) = if let Per::Row(a, b) = self.per { (a, b) } else { (0, 0) };
        // A side without the row never had it.
        let runs = |series: Option<&Series>, side: &Measured, at: usize| Runs {
            runs: series.map_or_else(|| vec![Run::default(); side.recordings()], Series::each_run),
            units: units_of_runs(side, self.per, at),
        };
        let all = between(subject, self.serial, &runs(a, side_a, at_a), &runs(b, side_b, at_b));
        // Whatever speaks for the row: what a report says of exactness is about its median, if it has one.
        let exactness = all.iter().find(|one| one.measure == Measure::Median).and_then(|one| one.precision);
        let strongest = Evidence::strongest(all, SIGNIFICANT);
        (strongest.map(|found| Evidence { precision: exactness.or(found.precision), ..found }), None)
    }

    /// Whether so few events (or so short a time) differ plainly. Values are sorted.
    fn is_plain(
        &self,
        kind: RowKind,
        (a, values_a): (Option<&Series>, &[f64]),
        (b, values_b): (Option<&Series>, &[f64]),
    ) -> bool {
        let least = if kind == RowKind::Stuck { LEAST_LEFT } else { LEAST_OF_FEW };
        let [side_a, side_b] = self.measured;
        let part = |series: Option<&Series>, side: &Measured| {
            series.map_or(0, |series| series.total) as f64 / side.nanos.max(1) as f64
        };
        side_a.recordings().max(side_b.recordings()) == 1
            && is_too_few(values_a, values_b, parts(side_a.nanos.min(side_b.nanos)), least)
            && (part(b, side_b) - part(a, side_a)).abs() >= LEAST_PLAIN
    }
}

/// Whether so few events (or so short a time) differ plainly. Values are sorted.
fn is_too_few(a: &[f64], b: &[f64], parts: usize, least: usize) -> bool {
    let most = a.len().max(b.len());
    if most < least || (most as u64 >= FEW && parts >= LEAST_PARTS) {
        return false;
    }
    let below = |low: &[f64], high: &[f64]| match (low.last(), high.first()) {
        (Some(low), Some(high)) => *high >= FAR * *low,
        _ => true,
    };
    below(a, b) || below(b, a)
}

#[cfg(test)]
mod tests;
