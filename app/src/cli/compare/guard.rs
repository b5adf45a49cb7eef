//! Conditions that let CI gate a change: `--fail-if 'task:/checkout p99 > +10%'`, `--require 'task:/checkout p50 < -5%'`.

use trace_core::analysis::compare::change::Change;
use trace_core::analysis::compare::figure::Figure;
use trace_core::analysis::compare::gate::{Decision, Gate, Limit, Outcome};
use trace_core::analysis::compare::measure::Measured;
use trace_core::analysis::compare::per::Per;
use trace_core::analysis::compare::row_kind::RowKind;
use trace_core::analysis::compare::words;

use crate::cli::exit::CliError;
use crate::fmt::place::parse_time;
use crate::fmt::similar::distance;
use crate::report::comparison::divisor::Divisor;

/// Names that are offered where one is not known.
const OFFERED: usize = 3;

/// A condition on B's figure of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Guard {
    kind: String,
    name: String,
    gate: Gate,
    /// It has to be met (`--require`), not to be missed (`--fail-if`).
    is_required: bool,
    text: String,
}

/// Reads the condition of `--fail-if`.
///
/// # Errors
/// With what is wrong with it.
pub fn fail_if(text: &str) -> Result<Guard, String> {
    parse(text, false)
}

/// Reads the condition of `--require`.
///
/// # Errors
/// With what is wrong with it.
pub fn require(text: &str) -> Result<Guard, String> {
    parse(text, true)
}

/// What a condition may look like, for messages.
const SHAPE: &str = "expected KIND:NAME METRIC > LIMIT (or <), e.g. 'task:/checkout p99 > +10%'";

/// Reads `KIND:NAME METRIC > LIMIT` (or `<`): the limit is `+10%`, `-5%`, a time like `5ms`, or a count.
fn parse(text: &str, is_required: bool) -> Result<Guard, String> {
    let (kind, rest) = text.trim().split_once(':').ok_or(SHAPE)?;
    let (left, limit, above) = match (rest.rsplit_once('>'), rest.rsplit_once('<')) {
        (Some((left, limit)), None) => (left, limit, true),
        (None, Some((left, limit))) => (left, limit, false),
        _ => return Err(SHAPE.to_owned()),
    };
    if limit.starts_with('=') {
        return Err("there is no >= or <=, only > and <".to_owned());
    }
    let (name, metric) = left.trim().rsplit_once(' ').ok_or(SHAPE)?;
    let figure = match metric {
        "count" => Figure::Count,
        "total" => Figure::Total,
        "mean" => Figure::Mean,
        "p50" | "median" => Figure::P50,
        "p90" => Figure::P90,
        "p99" => Figure::P99,
        "max" => Figure::Max,
        other => return Err(format!("unknown metric '{other}': count, total, mean, p50, p90, p99 or max")),
    };
    let (kind, name, text) = (kind.trim().to_owned(), name.trim().to_owned(), text.trim().to_owned());
    let limit = limit_of(limit.trim(), figure, &kind)?;
    let gate = Gate { figure, above, limit };
    let guard = Guard { kind, name, gate, is_required, text };
    if guard.kind.is_empty() || guard.name.is_empty() { Err(SHAPE.to_owned()) } else { Ok(guard) }
}

/// Reads what a figure of rows of a kind is held against.
fn limit_of(limit: &str, figure: Figure, kind: &str) -> Result<Limit, String> {
    if let Some(percent) = limit.strip_suffix('%') {
        let part = percent.trim().parse::<f64>().map(|percent| percent / 100.0);
        let part = part.ok().filter(|part| part.is_finite() && *part > -1.0);
        return part.map(Limit::Relative).ok_or_else(|| format!("'{limit}' is no change such as +10% or -5%"));
    }
    let number = limit.parse::<f64>().ok().filter(|number| number.is_finite());
    if figure == Figure::Count {
        return number.map(Limit::Absolute).ok_or_else(|| format!("'{limit}' is no count, such as 400, or +10%"));
    }
    if kind == RowKind::Heap.name() {
        return number.map(Limit::Absolute).ok_or_else(|| format!("'{limit}' is no number of bytes, or +10%"));
    }
    match parse_time(limit) {
        Some(nanos) => Ok(Limit::Absolute(nanos as f64)),
        None if number.is_some() => Err(format!("'{limit}' needs a unit, such as {limit}ms, or +{limit}%")),
        None => Err(format!("'{limit}' is neither a time, such as 5ms, nor a change, such as +10%")),
    }
}

/// What came of a condition, for a row.
#[derive(Clone, Debug)]
pub struct Checked {
    /// As it was given.
    pub condition: String,
    /// The option it was given with: `fail_if` or `require`.
    pub option: &'static str,
    /// Name of the row's kind, such as `task`.
    pub kind: &'static str,
    /// The row's name in A; in B if it is only there.
    pub name: String,
    /// The figure in A, nanoseconds (bytes of the heap) or a count; totals and counts per unit. Null if A has none.
    pub a: Option<f64>,
    /// The same in B.
    pub b: Option<f64>,
    /// B over A; null if a side has none.
    pub ratio: Option<f64>,
    /// Its 95 % interval; null for one recording a side.
    pub interval: Option<[f64; 2]>,
    /// `met`, `not_met`, or `undecided`: more recordings would tell.
    pub decision: &'static str,
    /// Whether it makes the command fail.
    pub failed: bool,
    /// Recordings a side that find a change as large as the limit; null if none is to be found, or more than 100.
    pub recordings_needed: Option<usize>,
    is_count: bool,
    /// What totals and counts are divided by, such as ` per second`; empty for durations.
    per: String,
}

impl Guard {
    /// Holds it against all rows that it names.
    ///
    /// # Errors
    /// When no row has this name, or B has no such task, region or unit of work any more.
    pub fn check(
        &self,
        changes: &[Change],
        sides: [&Measured; 2],
        (per, divisor): (Per, &Divisor),
    ) -> Result<Vec<Checked>, CliError> {
        let of_kind: Vec<&Change> = changes.iter().filter(|change| change.kind.name() == self.kind).collect();
        let named: Vec<&Change> = of_kind.iter().copied().filter(|change| self.names(change)).collect();
        if named.is_empty() {
            return Err(self.unknown(changes, &of_kind));
        }
        let goes_on = |change: &&Change| {
            change.b.is_some() || !matches!(change.kind, RowKind::Task | RowKind::Region | RowKind::Work)
        };
        if !named.iter().any(goes_on) {
            let similar = similar(&self.name, of_kind.iter().filter(|change| change.b.is_some()).copied());
            let lost = if sides[1].is_damaged { "; B is damaged: it may be in what is lost" } else { "" };
            return Err(CliError::usage(format!(
                "'{}': {} '{}' is only in A{lost}{similar}",
                self.text, self.kind, self.name
            )));
        }
        let checked = named.into_iter().filter(goes_on);
        let per_words = if self.gate.figure.is_sum() { divisor.behind_a_figure() } else { String::new() };
        let checked = checked.map(|change| self.checked(change, self.gate.check(change, sides, per)));
        Ok(checked.map(|checked| Checked { per: per_words.clone(), ..checked }).collect())
    }

    /// Whether it is about this row: by its name, in A or in B, or the type of a region.
    fn names(&self, change: &Change) -> bool {
        let mut names = [Some(&change.name), change.renamed.as_ref()].into_iter().flatten();
        names.any(|name| {
            let own = name.split_once(" in ").map(|(own, _)| own).filter(|_| change.kind == RowKind::Region);
            *name == self.name || own == Some(self.name.as_str())
        })
    }

    fn unknown(&self, changes: &[Change], of_kind: &[&Change]) -> CliError {
        if of_kind.is_empty() {
            let mut kinds: Vec<&str> = changes.iter().map(|change| change.kind.name()).collect();
            kinds.sort_unstable();
            kinds.dedup();
            let text = format!(
                "'{}': neither side has a row of kind '{}'; there are {}",
                self.text,
                self.kind,
                kinds.join(", ")
            );
            return CliError::usage(text);
        }
        let similar = similar(&self.name, of_kind.iter().copied());
        CliError::usage(format!("'{}': neither side has {} '{}'{similar}", self.text, self.kind, self.name))
    }

    fn checked(&self, change: &Change, outcome: Outcome) -> Checked {
        let is_met = outcome.decision == Decision::Met;
        let is_relative = matches!(self.gate.limit, Limit::Relative(_));
        Checked {
            condition: self.text.clone(),
            option: if self.is_required { "require" } else { "fail_if" },
            kind: change.kind.name(),
            name: change.name.clone(),
            a: outcome.values[0],
            b: outcome.values[1],
            ratio: outcome.ratio,
            interval: outcome.interval.map(|(low, high)| [low, high]),
            decision: outcome.decision.name(),
            failed: is_met != self.is_required,
            recordings_needed: outcome.needed.filter(|_| is_relative && !is_met),
            is_count: self.gate.figure == Figure::Count,
            per: String::new(),
        }
    }
}

impl Checked {
    /// Whether people have to know of it: it failed, or it could not be decided.
    #[must_use]
    pub fn is_worth_telling(&self) -> bool {
        self.failed || self.decision == Decision::Undecided.name()
    }

    /// What came of it.
    #[must_use]
    pub fn sentence(&self) -> String {
        let kind = if self.kind == RowKind::Heap.name() { RowKind::Heap } else { RowKind::Task };
        let value = |value: Option<f64>| match value {
            None => "–".to_owned(),
            Some(value) if self.is_count => format!("{value:.1}"),
            Some(value) => words::value(kind, value),
        };
        let ratio = self.ratio.map_or_else(String::new, |ratio| format!(" ({}", words::change(ratio)));
        let interval = self.interval.map_or_else(String::new, |[low, high]| {
            format!(", 95 % interval {} to {}", words::change(low), words::change(high))
        });
        let end = if ratio.is_empty() { "" } else { ")" };
        let word = match (self.failed, self.decision) {
            (true, "undecided") => "Failed, not shown by these recordings",
            (true, _) => "Failed",
            (false, "undecided") => "Undecided",
            (false, _) => "Passed",
        };
        let needed = match (self.decision, self.recordings_needed) {
            ("undecided", Some(runs)) => format!("; about {runs} recordings a side would be needed to decide"),
            ("undecided", None) => "; more than 100 recordings a side would be needed to decide".to_owned(),
            _ => String::new(),
        };
        let option = self.option.replace('_', "-");
        let (a, b) = (value(self.a), value(self.b));
        // The row "GC cycles" is of the kind gc.
        let is_named = self.name.to_lowercase().starts_with(&self.kind.to_lowercase());
        let kind = if is_named { String::new() } else { format!("{} ", self.kind) };
        format!(
            "{word}: --{option} '{}': {kind}{}, {a} → {b}{}{ratio}{interval}{end}{needed}.",
            self.condition, self.name, self.per
        )
    }
}

/// `; similar: 'a', 'b'`, or nothing if there are none.
fn similar<'a>(name: &str, rows: impl Iterator<Item = &'a Change>) -> String {
    let wanted = name.to_lowercase();
    let mut found: Vec<(usize, &str)> = rows
        .flat_map(|change| [Some(&change.name), change.renamed.as_ref()].into_iter().flatten())
        .filter(|known| !known.is_empty())
        .map(|known| {
            let lower = known.to_lowercase();
            let own = lower.split_once(" in ").map_or(lower.as_str(), |(own, _)| own);
            let is_part = lower.contains(&wanted) || wanted.contains(&lower);
            (if is_part { 0 } else { distance(&wanted, own).min(distance(&wanted, &lower)) }, known.as_str())
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    let names: Vec<String> = found.iter().take(OFFERED).map(|(_, name)| format!("'{name}'")).collect();
    if names.is_empty() { String::new() } else { format!("; similar: {}", names.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_name_a_row_a_figure_and_a_limit() {
        let guard = fail_if("task:/checkout p99 > +10%").expect("a condition");
        assert_eq!((guard.kind.as_str(), guard.name.as_str()), ("task", "/checkout"));
        assert_eq!(guard.gate, Gate { figure: Figure::P99, above: true, limit: Limit::Relative(0.1) });
        let guard = require("wait:sync.(*Mutex).Lock in main.f total<5ms").expect("a condition");
        assert_eq!((guard.name.as_str(), guard.is_required), ("sync.(*Mutex).Lock in main.f", true));
        assert_eq!((guard.gate.above, guard.gate.limit), (false, Limit::Absolute(5e6)));
        for wrong in
            ["", "task", "task:x", "task:x p98 > 1ms", "task:x p99 > much", "task: p99 > 1ms", "task:x p99 1ms"]
        {
            assert!(fail_if(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_condition_is_said() {
        for (wrong, said) in [
            ("task:x p99 1ms", "expected KIND:NAME METRIC > LIMIT"),
            ("task:x p99 >= 1ms", "no >= or <="),
            ("task:x p98 > 1ms", "unknown metric 'p98'"),
            ("task:x p50 > 400", "'400' needs a unit, such as 400ms, or +400%"),
            ("task:x p50 > much", "'much' is neither a time"),
            ("task:x count > 5ms", "'5ms' is no count"),
            ("heap:bytes allocated total > 5MB", "'5MB' is no number of bytes"),
            ("task:x p50 > -100%", "'-100%' is no change"),
        ] {
            let message = fail_if(wrong).expect_err(wrong);
            assert!(message.contains(said), "{wrong}: {message}");
        }
    }

    fn row(kind: RowKind, name: &str, is_in: [bool; 2]) -> Change {
        let figures = |is_in: bool| is_in.then(Default::default);
        Change { kind, name: name.to_owned(), a: figures(is_in[0]), b: figures(is_in[1]), ..Change::default() }
    }

    #[test]
    fn a_row_that_is_not_there_is_an_error_with_similar_names() {
        let rows = [
            row(RowKind::Region, "parse in main.parse", [true; 2]),
            row(RowKind::Region, "render in main.render", [true; 2]),
            row(RowKind::Task, "/order", [true, false]),
            row(RowKind::Wait, "select in main.f", [true, false]),
        ];
        let sides = [&Measured::default(), &Measured::default()];
        let check =
            |text: &str| fail_if(text).expect("a condition").check(&rows, sides, (Per::Second, &Divisor::Second));
        let said = |text: &str| check(text).expect_err("no such row").message;
        assert!(said("region:prase p50 > 1%").contains("similar: 'parse in main.parse'"));
        assert!(said("tsk:/order p50 > 1%").contains("there are region, task, wait"));
        assert!(said("task:/order p50 > 1%").contains("only in A"));
        assert_eq!(check("region:parse p50 > 5ms").expect("by its own name").len(), 1);
        assert!(!check("wait:select in main.f total > 1ms").expect("a wait that is gone").remove(0).failed);
        let required = require("region:parse p50 > 5ms").expect("a condition");
        assert!(required.check(&rows, sides, (Per::Second, &Divisor::Second)).expect("a row").remove(0).failed);
    }
}
