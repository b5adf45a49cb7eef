//! Where time is lost: by function, line and stack; of CPU samples also by who was running.

use std::sync::Arc;

use trace_core::analysis::profile::{FunctionSum, Profile, ProfileKind, StackSum, by_function, longest_of, profile};
use trace_core::analysis::samples::{LineSum, SampleGroup, by_goroutine, by_line};
use trace_core::analysis::scope::{GoroutineFilter, ScopeRanges, stretches_of_regions};
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::model::trace::{Region, Trace};

use crate::fmt::name;
use crate::report::analyses::analysis::{Analysis, Ask, Choice, Info, ScopeOption, Topic};
use crate::report::analyses::analysis::{Field, FieldKind, opt};
use crate::report::analyses::columns;
use crate::report::frame::Frame;
use crate::report::report::Report;
use crate::report::table::{Builder, Column, Cut, Table, Target};
use crate::report::value::Value;

/// Where goroutines lose time, by stack: see [`INFO`].
pub struct Profiles;

/// The id of the analysis.
pub const PROFILE: &str = "profile";

const INFO: Info = Info {
    id: PROFILE,
    title: "Blocking profile",
    topic: Topic::Waiting,
    about: "where time is lost, by stack; for pprof and flame graphs, too",
    help: "Where goroutines of the trace lose time, by function, line and stack. The kinds sync, net, syscall and sched \
           count as go tool trace -pprof= does, to the nanosecond; start is the time from creation to the first run; \
           blocked has all waits; cpu has CPU samples of 10 ms, if the trace has any. What is unfinished at the end of \
           the trace is in no total.",
    choices: &[KIND],
    fields: &[LATENCY],
    limit: 30,
    ..Info::USUAL
};

/// What a profile is of.
pub const KIND: Choice = Choice::new(
    "kind",
    "what is profiled",
    &[
        opt("blocked", "All waits", "all waits"),
        opt("sync", "Sync, channels", "locks, conditions, channels"),
        opt("net", "Network", "the network"),
        opt("syscall", "System calls", "system calls"),
        opt("sched", "Scheduler wait", "runnable, without a proc"),
        opt("start", "Start", "from creation to the first run"),
        opt("sleep", "Sleep", "time.Sleep"),
        opt("select", "Select", "select"),
        opt("gc", "GC", "waits for the GC"),
        opt("cpu", "CPU samples", "CPU samples of 10 ms, if the trace has any"),
    ],
);

/// How long regions have to have taken.
const LATENCY: Field = Field {
    id: "latency",
    value: "A..B",
    help: "only regions with this duration: 10ms.., ..1s",
    kind: FieldKind::Lengths,
    needs: Some(ScopeOption::Region),
};

/// The kind of an option of [`KIND`], by its place.
#[must_use]
pub fn kind(option: usize) -> ProfileKind {
    KIND.options.get(option).and_then(|option| ProfileKind::named(option.name)).unwrap_or(ProfileKind::Blocked)
}

impl Analysis for Profiles {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        let pieces = pieces(trace, ask);
        let found = profile(trace, &pieces, kind(ask.choice(0)), monitor)?;
        Some(report(trace, &pieces, &Arc::new(found)))
    }
}

/// The time that is asked about: of regions only those that took as long as they are to have taken.
#[must_use]
pub fn pieces(trace: &Trace, ask: &Ask) -> ScopeRanges {
    let (&GoroutineFilter::Regions(name), [Some(_), _] | [_, Some(_)]) = (&ask.scope.filter, ask.lengths) else {
        return ask.scope.pieces(trace);
    };
    let range = trace.range().intersect(ask.scope.range);
    let [least, most] = ask.lengths;
    let fits = |nanos: u64| least.is_none_or(|least| nanos >= least) && most.is_none_or(|most| nanos <= most);
    let is_wanted = |region: &Region| region.name == name && fits(region.range.nanos().unsigned_abs());
    ScopeRanges::of_stretches(range, stretches_of_regions(trace, range, &is_wanted))
}

/// The report of a profile.
#[must_use]
pub fn report(trace: &Arc<Trace>, pieces: &ScopeRanges, found: &Arc<Profile>) -> Report {
    let is_cpu = found.kind == ProfileKind::Cpu;
    let title = KIND.options.iter().find(|option| option.name == found.kind.name()).map_or("", |option| option.title);
    let mut functions = by_function(trace, found);
    functions.sort_by_key(|sum| std::cmp::Reverse((sum.total, sum.own)));
    let running = if is_cpu { by_goroutine(trace, pieces) } else { Vec::new() };
    let (events, open) = (if is_cpu { "Samples" } else { "Events" }, found.open_count > 0);
    Report::default()
        .fact("kind", "Kind", Value::Named(found.kind.name(), title))
        .fact("count", events, Value::Count(found.count))
        .fact("total_ns", "Total", Value::Duration(found.nanos))
        .fact("open_count", if open { "Unfinished at end, not counted" } else { "" }, Value::Count(found.open_count))
        .explained("events that had not ended at the end of the trace, and are not counted")
        .fact("open_ns", if open { "Their time so far" } else { "" }, Value::Duration(found.open_nanos))
        .explained("how long those had lasted")
        .table(function_table(found, functions))
        .table(line_table(found, by_line(trace, found)))
        .table(stack_table(trace, found))
        .table(running_table(trace, found.count, running))
}

fn nothing(kind: ProfileKind) -> &'static str {
    match kind {
        ProfileKind::Cpu => {
            "No CPU samples: the trace has some where the program also ran a CPU profile (pprof.StartCPUProfile)"
        }
        _ => "No waits of this kind in the selected scope",
    }
}

fn function_table(found: &Profile, functions: Vec<FunctionSum>) -> Table {
    let table = Table::of("functions", "Functions", &Arc::new(functions), Vec::as_slice);
    sums(table, found.nanos, |sum| (sum.own, sum.total, sum.count))
        .column(Column::function("function", "Function", ""), |sum| Value::Function(sum.function.clone()))
        .column(Column::text("file", "File", "").exported(), |sum| Value::Text(sum.file.clone()))
        .cut(Cut::ForPeople)
        .sorted_by("total_ns")
        .empty(nothing(found.kind))
        .build()
}

fn line_table(found: &Profile, lines: Vec<LineSum>) -> Table {
    let frame = |sum: &LineSum| Frame { function: sum.function.clone(), file: sum.file.clone(), line: sum.line };
    let table = Table::of("lines", "Lines", &Arc::new(lines), Vec::as_slice);
    sums(table, found.nanos, |sum| (sum.own, sum.total, sum.count))
        .column(Column::text("place", "Line", "").for_people(), move |sum| Value::Text(frame(sum).in_short()))
        .column(Column::function("function", "Function", "").exported(), |sum| Value::Function(sum.function.clone()))
        .column(Column::text("file", "File", "").exported(), |sum| Value::Text(sum.file.clone()))
        .column(Column::count("line", "Line", "the number of the line in the file").exported(), |sum| {
            Value::Count(sum.line)
        })
        .cut(Cut::ForPeople)
        .sorted_by("own_ns")
        .empty(nothing(found.kind))
        .build()
}

/// Own and total time of rows, their shares of the whole, and their events.
fn sums<R: Send + Sync + 'static>(
    table: Builder<Vec<R>, R>,
    whole: Nanos,
    of: fn(&R) -> (Nanos, Nanos, u64),
) -> Builder<Vec<R>, R> {
    table
        .column(Column::duration("own_ns", "Flat", "at this function or line itself"), move |row| {
            Value::Duration(of(row).0)
        })
        .column(Column::ratio("own_share", "Flat %", "of all").for_people(), move |row| Value::part(of(row).0, whole))
        .column(Column::duration("total_ns", "Cumulative", "with all that it called"), move |row| {
            Value::Duration(of(row).1)
        })
        .column(Column::ratio("total_share", "Cum %", "of all").for_people(), move |row| Value::part(of(row).1, whole))
        .column(Column::count("count", "Events", ""), move |row| Value::Count(of(row).2))
}

fn stack_table(trace: &Arc<Trace>, found: &Arc<Profile>) -> Table {
    let (of_stack, of_callers, whole) = (Arc::clone(trace), Arc::clone(trace), found.nanos);
    Table::of("stacks", "Stacks", found, |found: &Profile| &found.stacks)
        .column(Column::duration("total_ns", "Total", ""), |sum: &StackSum| Value::Duration(sum.nanos))
        .column(Column::ratio("share", "Share", "of all").for_people(), move |sum| Value::part(sum.nanos, whole))
        .column(Column::duration("max_ns", "Longest", ""), |sum| Value::Duration(sum.max))
        .column(Column::count("count", "Events", ""), |sum| Value::Count(sum.count))
        .column(Column::stack("stack", "Stack", "empty if none was recorded"), move |sum| {
            columns::stack(&of_stack, sum.stack)
        })
        .column(Column::text("callers", "Called by", "").for_people(), move |sum| {
            callers(&Frame::all(&of_callers, sum.stack))
        })
        .target(|sum| longest_of(sum).map(|(lane, range)| Target::Stretch(lane, range)))
        .cut(Cut::ForPeople)
        .sorted_by("total_ns")
        .empty(nothing(found.kind))
        .build()
}

/// The functions above the one that represents a stack, innermost first, some of them.
fn callers(stack: &[Frame]) -> Value {
    const SHOWN: usize = 3;
    let leaf = Frame::representative(stack).and_then(|leaf| stack.iter().position(|frame| frame == leaf));
    let above = stack.iter().skip(leaf.map_or(stack.len(), |leaf| leaf + 1));
    let above: Vec<&str> = above.take(SHOWN).map(|frame| name::function(&frame.function)).collect();
    if above.is_empty() { Value::Missing } else { Value::Text(above.join(" ← ")) }
}

fn running_table(trace: &Arc<Trace>, whole: u64, running: Vec<SampleGroup>) -> Table {
    let (of_function, of_name, of_label) = (Arc::clone(trace), Arc::clone(trace), Arc::clone(trace));
    Table::of("goroutines", "Goroutines", &Arc::new(running), Vec::as_slice)
        .column(Column::count("count", "Samples", ""), |group| Value::Count(group.count))
        .column(Column::ratio("share", "Share", "of all").for_people(), move |group| Value::share(group.count, whole))
        .column(Column::text("name", "Start function", "").for_people(), move |group| {
            Value::Text(match of_name.str(group.name) {
                "" => "(no goroutine)".to_owned(),
                function => name::function(function).to_owned(),
            })
        })
        .column(Column::function("function", "Function", "the start function; empty if none ran").exported(), {
            move |group| Value::Function(of_function.str(group.name).to_owned())
        })
        .column(Column::text("label", "Label", "the goroutine's label; empty for none"), move |group| {
            Value::Text(of_label.str(group.label).to_owned())
        })
        .cut(Cut::ForPeople)
        .sorted_by("count")
        .optional()
        .build()
}
