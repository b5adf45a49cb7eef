//! The options that choose what an analysis looks at: `--range`, `--goroutine`, `--function`, `--task`, `--region`.

use clap::Args;
use trace_core::analysis::scope::{Scope, Whom};
use trace_core::base::ids::{GoId, GoIx, StrId, TaskId, TaskIx};
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

use crate::cli::exit::CliError;
use crate::cli::place::Stretch;
use crate::cli::values;
use crate::fmt::escape::visible;

/// Whose time is asked for, in the user's words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Who {
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

/// The options that choose a scope: a range of time, and at most one of the others.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[command(next_help_heading = "Scope")]
pub struct ScopeArgs {
    /// Only this range, from the start of the trace: 100ms..1.2s, 1s.., ..20ms
    #[arg(long, value_name = "A..B", value_parser = values::range)]
    pub range: Option<Stretch>,
    #[command(flatten)]
    subject: SubjectArgs,
}

/// The options that choose whose time is looked at.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
#[group(multiple = false)]
struct SubjectArgs {
    /// Only this goroutine (also 25)
    #[arg(long, value_name = "G25", value_parser = values::goroutine)]
    goroutine: Option<GoId>,
    /// Only goroutines started with this function: in full, or its end (main.worker, worker)
    #[arg(long, value_name = "NAME")]
    function: Option<String>,
    /// Only what goroutines did in regions of this task and its descendants, or of all tasks of this type
    #[arg(long, value_name = "ID|TYPE")]
    task: Option<String>,
    /// Only what goroutines did in regions of this type
    #[arg(long, value_name = "TYPE")]
    region: Option<String>,
}

impl ScopeArgs {
    /// The scope of a range, or of one goroutine in it.
    #[must_use]
    pub fn of_goroutine(range: Option<Stretch>, goroutine: Option<GoId>) -> Self {
        Self { range, subject: SubjectArgs { goroutine, ..SubjectArgs::default() } }
    }

    /// Whose time is looked at.
    #[must_use]
    pub fn who(&self) -> Who {
        match self.subject.clone() {
            SubjectArgs { goroutine: Some(id), .. } => Who::Goroutine(id),
            SubjectArgs { function: Some(name), .. } => Who::Function(name),
            SubjectArgs { task: Some(task), .. } => Who::Task(task),
            SubjectArgs { region: Some(name), .. } => Who::Region(name),
            SubjectArgs { .. } => Who::All,
        }
    }

    /// What is meant in this trace.
    ///
    /// # Errors
    /// When there is no such goroutine, function, task or type of regions: with a sentence and the usage
    /// exit code.
    pub fn scope(&self, trace: &Trace) -> Result<Scope, CliError> {
        let range = self.range.map_or_else(|| trace.range(), |stretch| range_of(trace, stretch));
        let whom = match self.who() {
            Who::All => Whom::All,
            Who::Goroutine(id) => {
                let found = trace.goroutine_by_id(id);
                Whom::One(found.ok_or_else(|| missing(&format!("goroutine {}", id.0)))?)
            }
            Who::Function(name) => {
                Whom::Named(function(trace, &name).ok_or_else(|| missing(&format!("goroutine started with '{name}'")))?)
            }
            Who::Task(word) => task(trace, &word).ok_or_else(|| missing(&format!("task '{word}'")))?,
            Who::Region(name) => {
                Whom::Regions(string(trace, &name).ok_or_else(|| missing(&format!("region of type '{name}'")))?)
            }
        };
        Ok(Scope { range, whom })
    }
}

fn missing(what: &str) -> CliError {
    CliError::usage(format!("the trace has no {what}"))
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
