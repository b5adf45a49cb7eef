//! Rows that go on one side and come on the other with the same callers, shape and size: one thing under two names.

use std::collections::BTreeSet;

use crate::analysis::compare::measure::{Measured, is_nameless};
use crate::analysis::compare::partners::{Correction, Pairs, RowPair, bare};
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::series::Series;
use crate::analysis::compare::stats::quantile;

/// How many a second there are may differ by this factor, as a logarithm.
const COUNT: f64 = 0.18;
/// Medians, and totals a second, by this one.
const SIZE: f64 = 0.7;
/// Added to the distance of two rows without a common caller.
const UNKNOWN: f64 = 0.5;
/// Fewer on either side are no shape.
const LEAST: u64 = 8;
/// Rows of a side that are looked at, those with the most time first.
const MOST: usize = 300;

/// Pairs rows that have no partner with those of the other side that look the same: of the same kind and package, as
/// many, as long. Whether a pair is inferred stands beside it. What a person has said stays.
pub(super) fn inferred(pairs: Pairs, [a, b]: [&Measured; 2], corrections: &[Correction]) -> Vec<(RowPair, bool)> {
    let is_said = |kind: RowKind, name: &str| {
        let is_name = |known: &Option<String>| known.as_deref() == Some(name);
        corrections.iter().any(|said| said.kind == kind && (is_name(&said.a) || is_name(&said.b)))
    };
    let looks_a = looks(a, pairs.iter().filter(|pair| pair.1.is_none()).filter_map(|pair| pair.0), &is_said);
    let looks_b = looks(b, pairs.iter().filter(|pair| pair.0.is_none()).filter_map(|pair| pair.1), &is_said);
    let (functions_a, functions_b) = (functions(a), functions(b));
    let mut candidates = Vec::new();
    for one in &looks_a {
        let find = |other: &RenameCandidate<'_>| {
            let callers = Callers::of([one, other], [&functions_a, &functions_b]);
            Some((one.distance(other, callers)?, one.at, other.at))
        };
        candidates.extend(looks_b.iter().filter_map(find));
    }
    // Of equals the one by name, whichever side is which.
    let name = |side: &Measured, at: usize| side.rows.get(at).map(|row| row.0.1.clone()).unwrap_or_default();
    let key = |at_a: usize, at_b: usize| {
        let (one, other) = (name(a, at_a), name(b, at_b));
        if one <= other { (one, other) } else { (other, one) }
    };
    candidates
        .sort_by(|one, other| one.0.total_cmp(&other.0).then_with(|| key(one.1, one.2).cmp(&key(other.1, other.2))));
    let mut found: Vec<(usize, usize)> = Vec::new();
    for (_, at_a, at_b) in candidates {
        if !found.iter().any(|known| known.0 == at_a || known.1 == at_b) {
            found.push((at_a, at_b));
        }
    }
    let partner = |at_a: usize| found.iter().find(|known| known.0 == at_a).map(|known| known.1);
    let is_taken = |at_b: usize| found.iter().any(|known| known.1 == at_b);
    pairs
        .into_iter()
        .filter(|pair| pair.0.is_some() || !pair.1.is_some_and(is_taken))
        .map(|(at_a, at_b)| match (at_a, at_b) {
            (Some(one), None) => ((at_a, partner(one)), partner(one).is_some()),
            _ => ((at_a, at_b), false),
        })
        .collect()
}

/// All functions that rows of a side are about, or that call them, by their bare names.
fn functions(side: &Measured) -> BTreeSet<String> {
    let own = side.rows.iter().map(|row| bare(place(&row.0.1)));
    own.chain(side.callers.values().map(|caller| bare(caller))).collect()
}

/// `main.f` of `chan receive in main.f`, and of `main.f`.
fn place(name: &str) -> &str {
    name.split_once(" in ").map_or(name, |(_, place)| place)
}

/// How the callers of two functions compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Callers {
    /// The same function calls both.
    Same,
    /// That of one of them is not known, or there is none; or both callers are on one side only, and may have been
    /// renamed as well.
    Unknown,
    /// Another one, which both sides have.
    Different,
}

impl Callers {
    fn of(looks: [&RenameCandidate<'_>; 2], [functions_a, functions_b]: [&BTreeSet<String>; 2]) -> Self {
        let [Some(a), Some(b)] = looks.map(|looks| looks.caller.as_ref()) else { return Self::Unknown };
        match () {
            () if a == b => Self::Same,
            () if functions_b.contains(a) || functions_a.contains(b) => Self::Different,
            () => Self::Unknown,
        }
    }
}

/// What the rows without a partner look like, those with the most time.
fn looks<'a>(
    side: &'a Measured,
    alone: impl Iterator<Item = usize>,
    is_said: &dyn Fn(RowKind, &str) -> bool,
) -> Vec<RenameCandidate<'a>> {
    let rows = alone.filter_map(|at| Some((at, side.rows.get(at)?)));
    let free = rows.filter(|(_, ((kind, name), series))| {
        series.count >= LEAST && !is_nameless(name) && !is_said(*kind, name) && *kind != RowKind::Heap
    });
    let mut found: Vec<RenameCandidate<'a>> = free.map(|(at, row)| RenameCandidate::of(at, row, side)).collect();
    found.sort_by(|one, other| other.total.total_cmp(&one.total).then_with(|| one.name.cmp(other.name)));
    found.truncate(MOST);
    found
}

/// What a row without a partner looks like.
struct RenameCandidate<'a> {
    at: usize,
    kind: RowKind,
    name: &'a str,
    count: f64,
    /// How many a second.
    rate: f64,
    /// Time of the row in a second of its side, ns.
    total: f64,
    median: f64,
    /// The bare name of the function that calls it.
    caller: Option<String>,
}

impl<'a> RenameCandidate<'a> {
    fn of(at: usize, (key, series): &'a ((RowKind, String), Series), side: &Measured) -> Self {
        let (kind, name) = key;
        let seconds = side.nanos.max(1) as f64 / 1e9;
        let (rate, total) = (series.count as f64 / seconds, series.total as f64 / seconds);
        let median = quantile(&series.values(), 0.5);
        let caller = side.callers.get(key).map(|caller| bare(caller));
        Self { at, kind: *kind, name, count: series.count as f64, rate, total, median, caller }
    }

    /// How far apart two rows are; `None` if they are not one.
    fn distance(&self, other: &Self, callers: Callers) -> Option<f64> {
        if self.kind != other.kind || !are_alike(self.kind, [self.name, other.name], callers) {
            return None;
        }
        let apart = |one: f64, other: f64| {
            if one > 0.0 && other > 0.0 { Some((other / one).ln().abs()) } else { (one == other).then_some(0.0) }
        };
        let count = apart(self.rate, other.rate)?;
        let total = apart(self.total, other.total)?;
        let median = apart(self.median, other.median)?;
        // Few of them scatter: what is counted has an error of its root.
        let few = 2.0 / self.count.min(other.count).sqrt();
        let known = if callers == Callers::Same { 0.0 } else { UNKNOWN };
        (count <= COUNT + few && total <= SIZE + few && median <= SIZE + few).then_some(count + total + median + known)
    }
}

/// Whether names may be of one thing: what is done is the same, and so is the function that calls it, or the package of
/// the function if the caller is not known.
fn are_alike(kind: RowKind, [a, b]: [&str; 2], callers: Callers) -> bool {
    let parts = |name: &str| -> (String, String) {
        let name = bare(name);
        name.split_once(" in ").map_or((String::new(), name.clone()), |(what, place)| (what.into(), place.into()))
    };
    let ((what_a, place_a), (what_b, place_b)) = (parts(a), parts(b));
    match kind {
        // Types are free texts: a new one is a new thing.
        RowKind::Task | RowKind::Stw | RowKind::Request | RowKind::SelfTime | RowKind::Call => false,
        // The same type in another function.
        RowKind::Region => what_a == what_b && !what_a.is_empty() || place_a == place_b,
        _ if callers == Callers::Different => false,
        _ => what_a == what_b && (callers == Callers::Same || package(&place_a) == package(&place_b)),
    }
}

/// The package of a function: `a/b` of `a/b.(*T).F`.
fn package(function: &str) -> &str {
    let base = function.rfind('/').map_or(0, |at| at + 1);
    let end = function.get(base..).and_then(|rest| rest.find('.')).map_or(function.len(), |at| base + at);
    function.get(..end).unwrap_or(function)
}
