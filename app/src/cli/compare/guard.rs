//! Conditions that let CI guard a build: `task:/checkout p99 > +10%`.

use trace_core::analysis::compare::figure::Figure;
use trace_core::analysis::compare::{Change, Figures};

use crate::cli::place::parse_time;

/// What B's figure is held against.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Limit {
    /// So much more (or less, if negative) than A's: 0.1 is 10 %.
    Relative(f64),
    /// A value of its own: nanoseconds, or a count.
    Absolute(f64),
}

/// A condition on B's figure of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct Guard {
    kind: String,
    name: String,
    metric: Figure,
    above: bool,
    limit: Limit,
    text: String,
}

/// Reads `KIND:NAME METRIC > LIMIT` (or `<`): the limit is `+10%`, `-5%`, a time like `5ms`, or a count.
#[must_use]
pub fn parse(text: &str) -> Option<Guard> {
    let (kind, rest) = text.trim().split_once(':')?;
    let (left, limit, above) = match (rest.rsplit_once('>'), rest.rsplit_once('<')) {
        (Some((left, limit)), None) => (left, limit, true),
        (None, Some((left, limit))) => (left, limit, false),
        _ => return None,
    };
    let (name, metric) = left.trim().rsplit_once(' ')?;
    let metric = match metric {
        "count" => Figure::Count,
        "total" => Figure::Total,
        "mean" => Figure::Mean,
        "p50" | "median" => Figure::P50,
        "p90" => Figure::P90,
        "p99" => Figure::P99,
        "max" => Figure::Max,
        _ => return None,
    };
    let limit = limit.trim();
    let limit = match limit.strip_suffix('%') {
        Some(percent) => Limit::Relative(percent.trim().parse::<f64>().ok()? / 100.0),
        None if metric == Figure::Count => Limit::Absolute(limit.parse().ok()?),
        None => Limit::Absolute(parse_time(limit)? as f64),
    };
    let is_sensible = match limit {
        Limit::Relative(part) => part.is_finite() && part >= -1.0,
        Limit::Absolute(value) => value.is_finite(),
    };
    let (kind, name, text) = (kind.trim().to_owned(), name.trim().to_owned(), text.trim().to_owned());
    (is_sensible && !kind.is_empty() && !name.is_empty()).then_some(Guard { kind, name, metric, above, limit, text })
}

impl Guard {
    /// The rows whose figure crosses the limit by more than chance: a sentence each.
    #[must_use]
    pub fn crossed(&self, changes: &[Change]) -> Vec<String> {
        let rows = changes.iter().filter(|change| {
            let is_named = change.name == self.name || change.renamed.as_deref() == Some(self.name.as_str());
            change.kind.name() == self.kind && is_named && change.is_significant && self.is_crossed(change)
        });
        rows.map(|change| format!("{} ({} {})", self.text, change.kind.name(), change.name)).collect()
    }

    fn is_crossed(&self, change: &Change) -> bool {
        let figure = |side: &Option<Figures>| side.as_ref().map_or(0.0, |side| self.metric.value(side, 1.0));
        let (a, b) = (figure(&change.a), figure(&change.b));
        let limit = match self.limit {
            Limit::Relative(part) => a * (1.0 + part),
            Limit::Absolute(value) => value,
        };
        if self.above { b > limit } else { b < limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guards_name_a_row_a_figure_and_a_limit() {
        let guard = parse("task:/checkout p99 > +10%").map(|guard| (guard.kind, guard.name, guard.metric, guard.limit));
        assert_eq!(guard, Some(("task".into(), "/checkout".into(), Figure::P99, Limit::Relative(0.1))));
        let guard =
            parse("wait:sync.(*Mutex).Lock in main.f total<5ms").map(|guard| (guard.name, guard.above, guard.limit));
        assert_eq!(guard, Some(("sync.(*Mutex).Lock in main.f".into(), false, Limit::Absolute(5e6))));
        for wrong in
            ["", "task", "task:x", "task:x p98 > 1ms", "task:x p99 > much", "task: p99 > 1ms", "task:x p99 1ms"]
        {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
