//! The options that choose what an analysis looks at: `--range`, `--goroutine`, `--function`, `--task`, `--region`.

use clap::{Arg, ArgGroup, ArgMatches};
use trace_core::analysis::scope::{GoroutineFilter, Scope};
use trace_core::base::ids::{GoId, GoroutineIdx, StrId, TaskId, TaskIdx};
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

use crate::cli::exit::CliError;
use crate::cli::values;
use crate::fmt::escape::visible;
use crate::fmt::place::OffsetRange;
use crate::report::analyses::ScopeOption;

/// Whose time is asked for, in the user's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NamedScope {
    /// That of all goroutines.
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

/// A scope as chosen on the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScopeArgs {
    range: Option<OffsetRange>,
    who: NamedScope,
}

/// Adds these options to a command; of those that say whose time is looked at, it takes one at most.
#[must_use]
pub fn with_options(command: clap::Command, options: &[ScopeOption]) -> clap::Command {
    let subjects = options.iter().filter(|option| **option != ScopeOption::Range).map(|option| option.id());
    let command = command.next_help_heading("Scope").args(options.iter().map(|option| option_of(*option)));
    command.group(ArgGroup::new("subject").args(subjects)).next_help_heading(None)
}

fn option_of(option: ScopeOption) -> Arg {
    let arg = |value, help| Arg::new(option.id()).long(option.id()).value_name(value).help(help);
    match option {
        ScopeOption::Range => arg("A..B", "Only this range, from the start of the trace: 100ms..1.2s, 1s.., ..20ms")
            .value_parser(values::range),
        ScopeOption::Goroutine => arg("G25", "Only this goroutine (also 25)").value_parser(values::goroutine),
        ScopeOption::Function => {
            arg("NAME", "Only goroutines started with this function: in full, or its end (main.worker, worker)")
        }
        ScopeOption::Task => arg(
            "ID|TYPE",
            "Only what goroutines did in regions of this task and its descendants, or of all tasks of this type",
        ),
        ScopeOption::Region => arg("TYPE", "Only what goroutines did in regions of this type"),
    }
}

impl ScopeArgs {
    /// What was read of these options.
    #[must_use]
    pub fn of(options: &[ScopeOption], matches: &ArgMatches) -> Self {
        let known = |option: ScopeOption| options.contains(&option).then_some(option.id());
        let word = |option: ScopeOption| known(option).and_then(|id| matches.get_one::<String>(id).cloned());
        let goroutine = known(ScopeOption::Goroutine).and_then(|id| matches.get_one::<GoId>(id).copied());
        let who = goroutine
            .map(NamedScope::Goroutine)
            .or_else(|| word(ScopeOption::Function).map(NamedScope::Function))
            .or_else(|| word(ScopeOption::Task).map(NamedScope::Task))
            .or_else(|| word(ScopeOption::Region).map(NamedScope::Region));
        let range = known(ScopeOption::Range).and_then(|id| matches.get_one(id).copied());
        Self { range, who: who.unwrap_or_default() }
    }

    /// What is meant in this trace.
    ///
    /// # Errors
    /// When there is no such goroutine, function, task or type of regions: with a sentence and the usage
    /// exit code.
    pub fn scope(&self, trace: &Trace) -> Result<Scope, CliError> {
        let range = self.range.map_or_else(|| trace.range(), |stretch| range_of(trace, stretch));
        let filter = match self.who.clone() {
            NamedScope::All => GoroutineFilter::All,
            NamedScope::Goroutine(id) => {
                let found = trace.goroutine_by_id(id);
                GoroutineFilter::One(found.ok_or_else(|| missing(&format!("goroutine {}", id.0)))?)
            }
            NamedScope::Function(name) => GoroutineFilter::Named(
                function(trace, &name).ok_or_else(|| missing(&format!("goroutine started with '{name}'")))?,
            ),
            NamedScope::Task(word) => task(trace, &word).ok_or_else(|| missing(&format!("task '{word}'")))?,
            NamedScope::Region(name) => GoroutineFilter::Regions(
                string(trace, &name).ok_or_else(|| missing(&format!("region of type '{name}'")))?,
            ),
        };
        Ok(Scope { range, filter })
    }
}

fn missing(what: &str) -> CliError {
    CliError::usage(format!("the trace has no {what}"))
}

/// A stretch on the trace's own clock.
#[must_use]
pub fn range_of(trace: &Trace, stretch: OffsetRange) -> TimeRange {
    let whole = trace.range();
    let at = |nanos: Option<i64>| nanos.map(|nanos| whole.start.plus_nanos(nanos));
    TimeRange::new(at(stretch.start_nanos).unwrap_or(whole.start), at(stretch.end_nanos).unwrap_or(whole.end))
}

/// The start function that is called so, else the one with most goroutines whose last parts are these.
fn function(trace: &Trace, name: &str) -> Option<StrId> {
    let mut counts: std::collections::BTreeMap<StrId, u64> = std::collections::BTreeMap::new();
    for at in 0..trace.goroutine_count() {
        let name = trace.goroutine_name(GoroutineIdx(at)).map_or(StrId::EMPTY, |(_, name)| name);
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

/// The type of tasks that is called so.
///
/// # Errors
/// When the trace has no task of that type.
pub fn task_named(trace: &Trace, name: &str) -> Result<StrId, CliError> {
    let found = string(trace, name);
    let is_of =
        |name: StrId| (0..trace.task_count()).any(|at| trace.task(TaskIdx(at)).is_some_and(|task| task.name == name));
    found.filter(|name| is_of(*name)).ok_or_else(|| missing(&format!("task '{name}'")))
}

/// A task by id, or all of a type.
fn task(trace: &Trace, word: &str) -> Option<GoroutineFilter> {
    let by_id = word.parse().ok().and_then(|id| trace.task_by_id(TaskId(id))).map(GoroutineFilter::Task);
    by_id.or_else(|| {
        let name = string(trace, word)?;
        let is_it = |at: u32| trace.task(TaskIdx(at)).is_some_and(|task| task.name == name);
        (0..trace.task_count()).any(is_it).then_some(GoroutineFilter::Tasks(name))
    })
}
