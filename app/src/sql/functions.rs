//! Functions that queries can call, beside SQLite's own.

use std::sync::Arc;

use rusqlite::functions::{Aggregate, Context, FunctionFlags};
use rusqlite::{Connection, Error, Result};
use trace_core::base::ids::StackId;
use trace_core::base::nanos::Nanos;
use trace_core::tables::places::StackWords;
use trace_core::tables::source::Source;

use crate::fmt::name;

/// A function: how it is called, and what it gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// How it is called, with the names of its arguments.
    pub call: &'static str,
    /// What it gives, in a phrase.
    pub about: &'static str,
}

impl FunctionInfo {
    /// The name without the arguments.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.call.split('(').next().unwrap_or(self.call)
    }
}

/// All functions that [`register`] adds, in the order in which the manual lists them.
pub const FUNCTIONS: &[FunctionInfo] = &[
    FunctionInfo { call: "func(stack_id)", about: "the program's function nearest to the leaf of a stack" },
    FunctionInfo { call: "leaf_func(stack_id)", about: "the function at the leaf of a stack" },
    FunctionInfo { call: "root_func(stack_id)", about: "the function at the root of a stack" },
    FunctionInfo {
        call: "stack(stack_id)",
        about: "all frames of a stack, leaf first: main.work (main.go:12) ← main.main (main.go:30)",
    },
    FunctionInfo {
        call: "contains_func(stack_id, text)",
        about: "1 if the name of some function of a stack contains the text, else 0",
    },
    FunctionInfo { call: "dur(ns)", about: "nanoseconds for people: 12.3 ms" },
    FunctionInfo {
        call: "percentile(value, p)",
        about: "aggregate: the value below which p percent lie, p from 0 to 100, interpolated between neighbours",
    },
    FunctionInfo { call: "median(value)", about: "aggregate: percentile(value, 50)" },
];

/// Makes them known to SQLite. Those of stacks take the `trace_id` as one more argument, which several traces need.
pub(super) fn register(connection: &Connection, sources: &Arc<[Arc<Source>]>) -> Result<()> {
    of_stack(connection, "func", sources, |_, words, _| words.map(|words| words.function.clone()))?;
    of_stack(connection, "leaf_func", sources, |_, words, _| words.map(|words| words.leaf.clone()))?;
    of_stack(connection, "root_func", sources, |_, words, _| words.map(|words| words.root.clone()))?;
    of_stack(connection, "stack", sources, |source, words, id| words.map(|_| frames(source, id)))?;
    contains(connection, sources)?;
    register_plain(connection)
}

/// The same without those of stacks.
pub(super) fn register_plain(connection: &Connection) -> Result<()> {
    connection.create_scalar_function("dur", 1, PURE, |context| {
        let nanos: Option<f64> = context.get(0)?;
        Ok(nanos.map(|nanos| {
            let sign = if nanos < 0.0 { "-" } else { "" };
            format!("{sign}{}", Nanos(nanos.abs() as u64))
        }))
    })?;
    connection.create_aggregate_function("percentile", 2, PURE, Percentile)?;
    connection.create_aggregate_function("median", 1, PURE, Percentile)
}

const PURE: FunctionFlags = FunctionFlags::SQLITE_UTF8.union(FunctionFlags::SQLITE_DETERMINISTIC);

type Words = fn(&Source, Option<&StackWords>, StackId) -> Option<String>;

fn of_stack(connection: &Connection, name: &str, sources: &Arc<[Arc<Source>]>, words: Words) -> Result<()> {
    for arguments in [1, 2] {
        let sources = Arc::clone(sources);
        connection.create_scalar_function(name, arguments, PURE, move |context| {
            let Some((source, id)) = stack_of(context, &sources, 1)? else { return Ok(None) };
            Ok(words(source, source.words(id), id))
        })?;
    }
    Ok(())
}

fn contains(connection: &Connection, sources: &Arc<[Arc<Source>]>) -> Result<()> {
    for arguments in [2, 3] {
        let sources = Arc::clone(sources);
        connection.create_scalar_function("contains_func", arguments, PURE, move |context| {
            let Some((source, id)) = stack_of(context, &sources, 2)? else { return Ok(None) };
            let Some(text) = context.get::<Option<String>>(1)? else { return Ok(None) };
            Ok(Some(source.trace().frames(id).any(|frame| frame.function.contains(&text))))
        })?;
    }
    Ok(())
}

/// The stack of the first argument, and its trace by the one at `place`. `None` for NULL, and for a trace that is not there.
///
/// # Errors
/// If there are several traces and no such argument.
fn stack_of<'a>(
    context: &Context<'_>,
    sources: &'a [Arc<Source>],
    place: usize,
) -> Result<Option<(&'a Source, StackId)>> {
    let id: Option<i64> = context.get(0)?;
    // Stack ids are a trace's own: of which one is not to be guessed.
    if context.len() <= place && sources.len() > 1 {
        let message = "with several traces, functions of stacks take trace_id as their last argument";
        return Err(Error::UserFunctionError(message.into()));
    }
    let trace: Option<i64> = if context.len() > place { context.get(place)? } else { Some(1) };
    let source = trace.and_then(|id| sources.get(usize::try_from(id).ok()?.checked_sub(1)?));
    let id = id.and_then(|id| u32::try_from(id).ok()).map(StackId);
    Ok(source.map(|source| &**source).zip(id))
}

fn frames(source: &Source, id: StackId) -> String {
    let lines = source.trace().frames(id).map(|frame| name::place(frame.function, frame.file, frame.line));
    lines.collect::<Vec<_>>().join(" ← ")
}

/// Gives the value below which a part of all values lie.
struct Percentile;

/// The values so far, and the part in percent.
#[derive(Default)]
struct Values {
    values: Vec<f64>,
    percent: f64,
}

impl Aggregate<Values, Option<f64>> for Percentile {
    fn init(&self, _: &mut Context<'_>) -> Result<Values> {
        Ok(Values { values: Vec::new(), percent: 50.0 })
    }

    fn step(&self, context: &mut Context<'_>, values: &mut Values) -> Result<()> {
        if context.len() > 1 {
            values.percent = context.get(1)?;
            if !(0.0..=100.0).contains(&values.percent) {
                return Err(Error::UserFunctionError("percentile: p is from 0 to 100".into()));
            }
        }
        values.values.extend(context.get::<Option<f64>>(0)?.filter(|value| !value.is_nan()));
        Ok(())
    }

    fn finalize(&self, _: &mut Context<'_>, values: Option<Values>) -> Result<Option<f64>> {
        let Some(Values { mut values, percent }) = values else { return Ok(None) };
        values.sort_unstable_by(f64::total_cmp);
        let Some(last) = values.len().checked_sub(1) else { return Ok(None) };
        let place = percent / 100.0 * last as f64;
        let (low, high) = (place.floor() as usize, place.ceil() as usize);
        let (Some(low), Some(high)) = (values.get(low), values.get(high)) else { return Ok(None) };
        Ok(Some(low + (high - low) * place.fract()))
    }
}
