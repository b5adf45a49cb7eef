//! Sums that the model or an analysis has at hand: much faster to ask than the spans that they are made of.

use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};

use crate::analysis::profile::{ProfileKind, StackSum, profile};
use crate::analysis::scope::Scope;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::event::state::{GoState, SpanClass};
use crate::model::lanes::LaneId;
use crate::model::trace::TimeByClass;
use crate::tables::by_goroutine::ByGoroutine;
use crate::tables::column::Role;
use crate::tables::field::{Field, Typed};
use crate::tables::group_sums::WAITING;
use crate::tables::scan::Scan;
use crate::tables::source::{Source, stack};
use crate::tables::value::Value;

/// Goroutines that one thread takes at least.
const FEWEST: usize = 1_024;

/// Spans of one state.
#[derive(Clone, Copy)]
pub(super) struct Sum {
    go: GoroutineIdx,
    state: GoState,
    spans: u64,
    nanos: u64,
}

/// How long goroutines were in each state.
pub(super) static STATE_TOTALS: Typed<Sum> = Typed {
    name: "state_totals",
    about: "The time of all goroutines in one state.",
    fields: &[
        Field::text("state", "runnable, running, syscall or waiting", |_, row: &Sum| Value::text(row.state.name())),
        Field::count("spans", "how many spans there are", |_, row| Value::count(row.spans)),
        Field::nanos("total_ns", "how long they last, added over goroutines", |_, row| Value::count(row.nanos)),
    ],
    walk: |source, _| {
        // With the groups it has been added up already.
        let time = source.groups_if_made().map_or_else(|| time_of_all(source), |made| made.time);
        Box::new(states(GoroutineIdx::NONE, &time).into_iter())
    },
};

/// The same for each goroutine.
pub(super) static GOROUTINE_STATES: ByGoroutine<Sum> = ByGoroutine {
    table: Typed {
        name: "goroutine_states",
        about: "The time of a goroutine in one state; no row where it never was in it.",
        fields: &[
            Field::id("g", "the goroutine", |source, row: &Sum| source.g(row.go)).with(Role::Goroutine),
            Field::text("state", "runnable, running, syscall or waiting", |_, row: &Sum| Value::text(row.state.name()))
                .with(Role::State)
                .keyed(|_, row: &Sum| row.state as u64),
            Field::count("spans", "how many spans there are", |_, row| Value::count(row.spans)),
            Field::nanos("total_ns", "how long they last", |_, row| Value::count(row.nanos)),
        ],
        walk: |source, scan| {
            let all = scan.goroutines(source);
            let scan = scan.clone();
            Box::new(all.flat_map(move |go| states_of(source, &scan, go)))
        },
    },
    each: |source, scan, go, take| {
        let _is_wanted_to_the_end = states_of(source, scan, go).all(|sum| take(&sum));
    },
    lazy: |source, scan, go| Box::new(states_of(source, scan, go)),
    id: |row| u64::from(row.go.0) << 8 | row.state as u64,
};

/// `wait_sites`: a row a stack on which goroutines waited.
pub(super) static WAIT_SITES: Typed<StackSum> = Typed {
    name: "wait_sites",
    about: "All waits with one stack, those with most time first.",
    fields: &[
        Field::id("stack_id", "the stack", |_, row: &StackSum| stack(row.stack)),
        Field::text("operation", "what the program is in: sync.(*Mutex).Lock, chan receive", |source, row| {
            source.words(row.stack).map_or(Value::Null, |words| Value::text(words.operation))
        }),
        Field::text("function", "the program's function in which it waits", |source, row| {
            source.words(row.stack).map_or(Value::Null, |words| Value::text(&words.function))
        }),
        Field::text("file", "the source file of that place", |source, row| {
            source.words(row.stack).map_or(Value::Null, |words| Value::text(&words.file))
        }),
        Field::id("line", "the line of that place", |source, row| line(source, row.stack)),
        Field::count("waits", "how many there are", |_, row| Value::count(row.count)),
        Field::nanos("total_ns", "how long they last, added over goroutines", |_, row| Value::nanos(row.nanos)),
        Field::nanos("max_ns", "how long the longest lasts", |_, row| Value::nanos(row.max)),
    ],
    walk: |source, _: &Scan| {
        let pieces = Scope::whole(source.trace()).pieces(source.trace());
        let found = profile(source.trace(), &pieces, ProfileKind::Blocked, source.monitor());
        Box::new(found.map(|found| found.stacks).unwrap_or_default().into_iter())
    },
};

fn line(source: &Source, stack: StackId) -> Value<'_> {
    source.words(stack).filter(|words| words.line > 0).map_or(Value::Null, |words| Value::count(words.line))
}

fn time(source: &Source, go: GoroutineIdx) -> TimeByClass {
    source.trace().time_by_class(LaneId::Goroutine(go), source.trace().range())
}

/// The sums of a goroutine that a scan wants.
fn states_of(source: &Source, scan: &Scan, go: GoroutineIdx) -> impl Iterator<Item = Sum> + use<> {
    let scan = scan.clone();
    states(go, &time(source, go)).into_iter().filter(move |sum| sum.spans > 0 && scan.takes(sum.state))
}

/// The time of all goroutines together, added up on all threads.
fn time_of_all(source: &Source) -> TimeByClass {
    let all = (0..source.trace().goroutine_count()).into_par_iter().with_min_len(FEWEST);
    let added = |mut sum: TimeByClass, more: TimeByClass| {
        sum.add(&more);
        sum
    };
    let range = source.trace().range();
    let walk = |mut sum: TimeByClass, go| {
        if !source.is_cancelled() {
            source.trace().add_time_by_class(GoroutineIdx(go), range, &mut sum);
        }
        sum
    };
    all.fold(TimeByClass::default, walk).reduce(TimeByClass::default, added)
}

/// The sums of a goroutine by state.
fn states(go: GoroutineIdx, time: &TimeByClass) -> [Sum; 4] {
    let of = |classes: &[SpanClass], sums: &[u64]| classes.iter().filter_map(|class| sums.get(*class as usize)).sum();
    let classes: [(GoState, &[SpanClass]); 4] = [
        (GoState::Running, &[SpanClass::Running]),
        (GoState::Runnable, &[SpanClass::Runnable]),
        (GoState::Syscall, &[SpanClass::Syscall]),
        (GoState::Waiting, WAITING),
    ];
    classes.map(|(state, classes)| Sum { go, state, spans: of(classes, &time.spans), nanos: of(classes, &time.nanos) })
}
