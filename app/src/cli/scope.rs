//! The options that say what an analysis looks at: `--range`, `--goroutine`, `--function`, `--task`,
//! `--region`. One place for all commands that take them.

use trace_core::analysis::scope::{Scope, Whom};
use trace_core::base::ids::{GoId, GoIx, StrId, TaskId, TaskIx};
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

use crate::cli::exit::Failure;
use crate::cli::place::Stretch;
use crate::fmt::escape::visible;

/// The lines about these options, for the help of commands that take them.
pub const HELP: &str = "\
  --range A..B         only this range, from the start of the trace: 100ms..1.2s, 1s.., ..20ms
  --goroutine G25      only this goroutine (also 25)
  --function NAME      only goroutines started with this function: in full, or its end (main.worker, worker)
  --task ID|TYPE       only what goroutines did in regions of this task and its descendants, or of all tasks
                       of this type
  --region TYPE        only what goroutines did in regions of this type
                       (--range goes with any of the others, of which there is at most one)
";

/// Whose time is asked for, in the user's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Who {
    /// Everybody's.
    #[default]
    All,
    /// A goroutine's, by the runtime's id.
    Goroutine(GoId),
    /// Of goroutines started with a function.
    Function(String),
    /// A task's, by id or type.
    Task(String),
    /// Of regions of a type.
    Region(String),
}

/// What these options said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// When; always if `None`.
    pub range: Option<Stretch>,
    /// Whose.
    pub who: Who,
}

impl Wanted {
    /// Takes an option with one of these names. `false` if the name is none of them.
    ///
    /// # Errors
    /// When the value makes no sense, or when two options of whose time are given.
    pub fn take(&mut self, name: &str, value: impl FnOnce() -> Result<String, Failure>) -> Result<bool, Failure> {
        let wrong = |example: &str, value: &str| {
            Failure::usage(format!("--{name} wants something like {example}, not '{value}'"))
        };
        let who = match name {
            "range" => {
                let value = value()?;
                let range = crate::cli::place::parse_stretch(&value);
                self.range = Some(range.ok_or_else(|| wrong("100ms..1.2s", &value))?);
                return Ok(true);
            }
            "goroutine" => {
                let value = value()?;
                let digits = value.strip_prefix(['g', 'G']).unwrap_or(&value);
                Who::Goroutine(GoId(digits.parse().map_err(|_error| wrong("G25", &value))?))
            }
            "function" => Who::Function(value()?),
            "task" => Who::Task(value()?),
            "region" => Who::Region(value()?),
            _ => return Ok(false),
        };
        if self.who != Who::All {
            return Err(Failure::usage("only one of --goroutine, --function, --task and --region at a time"));
        }
        self.who = who;
        Ok(true)
    }

    /// What is meant in this trace.
    ///
    /// # Errors
    /// When there is no such goroutine, function, task or type of regions: with a sentence and the usage
    /// exit code.
    pub fn scope(&self, trace: &Trace) -> Result<Scope, Failure> {
        let range = self.range.map_or_else(|| trace.range(), |stretch| range_of(trace, stretch));
        let whom = match &self.who {
            Who::All => Whom::All,
            Who::Goroutine(id) => {
                let found = trace.goroutine_by_id(*id);
                Whom::One(found.ok_or_else(|| missing(&format!("goroutine {}", id.0)))?)
            }
            Who::Function(name) => {
                Whom::Named(function(trace, name).ok_or_else(|| missing(&format!("goroutine started with '{name}'")))?)
            }
            Who::Task(word) => task(trace, word).ok_or_else(|| missing(&format!("task '{word}'")))?,
            Who::Region(name) => {
                Whom::Regions(string(trace, name).ok_or_else(|| missing(&format!("region of type '{name}'")))?)
            }
        };
        Ok(Scope { range, whom })
    }
}

fn missing(what: &str) -> Failure {
    Failure::usage(format!("the trace has no {what}"))
}

/// A stretch on the trace's own clock.
#[must_use]
pub fn range_of(trace: &Trace, stretch: Stretch) -> TimeRange {
    let whole = trace.range();
    let at = |nanos: Option<i64>| nanos.map(|nanos| whole.start.plus_nanos(nanos));
    TimeRange::new(at(stretch.start_nanos).unwrap_or(whole.start), at(stretch.end_nanos).unwrap_or(whole.end))
}

/// The start function that is called so, else the one with most goroutines whose last parts are these.
fn function(trace: &Trace, name: &str) -> Option<StrId> {
    let mut counts: std::collections::BTreeMap<StrId, u64> = std::collections::BTreeMap::new();
    for at in 0..trace.goroutine_count() {
        let name = trace.goroutine_name(GoIx(at)).map_or(StrId::EMPTY, |(_, name)| name);
        *counts.entry(name).or_default() += 1;
    }
    let is_end = |full: &str| visible(full).strip_suffix(name).is_some_and(|head| head.ends_with(['.', '/']));
    let exact = counts.keys().copied().find(|&id| is_called(trace.str(id), name));
    exact.or_else(|| {
        counts.into_iter().filter(|(id, _)| is_end(trace.str(*id))).max_by_key(|(_, n)| *n).map(|(id, _)| id)
    })
}

/// A string of the trace by its text.
fn string(trace: &Trace, text: &str) -> Option<StrId> {
    (0..trace.string_count()).map(StrId).find(|&id| is_called(trace.str(id), text))
}

/// Whether a name is what a user typed, as it is or as commands print it.
fn is_called(name: &str, typed: &str) -> bool {
    name == typed || visible(name) == typed
}

/// A task by id, or all of a type.
fn task(trace: &Trace, word: &str) -> Option<Whom> {
    let by_id = word.parse().ok().and_then(|id| trace.task_by_id(TaskId(id))).map(Whom::Task);
    by_id.or_else(|| {
        let name = string(trace, word)?;
        let is_it = |at: u32| trace.task(TaskIx(at)).is_some_and(|task| task.name == name);
        (0..trace.task_count()).any(is_it).then_some(Whom::Tasks(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(options: &[(&str, &str)]) -> Result<Wanted, Failure> {
        let mut wanted = Wanted::default();
        for (name, value) in options {
            assert!(wanted.take(name, || Ok((*value).to_owned()))?, "{name}");
        }
        Ok(wanted)
    }

    #[test]
    fn options_are_understood_and_contradictions_refused() {
        assert_eq!(wanted(&[("goroutine", "g25")]).map(|wanted| wanted.who), Ok(Who::Goroutine(GoId(25))));
        assert_eq!(wanted(&[("goroutine", "25")]).map(|wanted| wanted.who), Ok(Who::Goroutine(GoId(25))));
        assert!(wanted(&[("range", "1ms..2ms"), ("task", "7")]).is_ok());
        assert!(wanted(&[("range", "1ms")]).is_err());
        assert!(wanted(&[("goroutine", "x")]).is_err());
        assert!(wanted(&[("region", "a"), ("task", "b")]).is_err());
        assert_eq!(Wanted::default().take("json", || Ok(String::new())), Ok(false));
    }
}
