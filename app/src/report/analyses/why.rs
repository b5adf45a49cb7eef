//! Where the time of a goroutine, task, region or range went, along its critical path.

use std::sync::Arc;

use trace_core::analysis::places::Places;
use trace_core::analysis::subject::Choice;
use trace_core::analysis::wait_chain::{Step, StepKind, WaitChain};
use trace_core::analysis::why::{Hop, Share, Why, why};
use trace_core::base::ids::{GoroutineIdx, StackId, StrId};
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::report::analyses::analysis::{Analysis, Ask, Info, Topic};
use crate::report::analyses::blocked::DOING;
use crate::report::analyses::columns::{self, Lines, STATES};
use crate::report::report::Report;
use crate::report::table::{Column, Cut, Kind, Table, Target};
use crate::report::value::{Shade, Value};

/// Where the time of a stretch went: see [`INFO`].
pub struct WaitChains;

/// The name of the analysis.
pub const WHY: &str = "why";

const INFO: Info = Info {
    id: WHY,
    title: "Wait chain",
    topic: Topic::Waiting,
    about: "where the time of a goroutine, task, region or range went, along its critical path",
    help: "Where the time went. From the end, follows the wakeups that ended the waits back in time, through channels, \
           locks, WaitGroups, network, timers, system calls, the GC and the scheduler; each goroutine counts only while \
           the one it kept waiting waited. A sentence about the largest part, then what each goroutine did and where, \
           which sums to the time exactly, then the steps of the longest stretch in order of time, without gaps.\n\n\
           Without --goroutine, --function, --task or --region: the slowest task or request in the range, or the \
           slowest test in a trace of go test; if the first finding of report is about other goroutines, its longest \
           example. Selected says what it is.\n\n\
           Of a session (a session file, a folder or an archive of traces; see tracelane session): the request with --request \
           ID, or the longest one, across processes. While one service waits for another, what that did counts.\n\n\
           Why these 122 ms: --goroutine G40 --range 1.2s..1.322s. All tasks of a type, added up: --task basket.",
    ..Info::USUAL
};

const NOTHING: &str = "No goroutine did anything in the selected scope";

impl Analysis for WaitChains {
    fn info(&self) -> &'static Info {
        &INFO
    }

    fn run(&self, trace: &Arc<Trace>, ask: &Ask, monitor: &Monitor) -> Option<Report> {
        Some(report(trace, &Arc::new(why(trace, &ask.scope, monitor)?)))
    }
}

/// The report of where the time went.
#[must_use]
pub fn report(trace: &Arc<Trace>, found: &Arc<Why>) -> Report {
    let lines = Arc::new(Lines::of(trace, &Places::of(trace, stacks(found)), stacks(found)));
    let (by, name, words) = selected(trace, found);
    let whose = found.go.map_or(Value::Missing, |go| columns::goroutine(trace, go));
    let start = found.go.map_or(Value::Missing, |_| columns::time(trace, found.longest.range.start));
    let report = Report::default().headline("sentence", &found.sentence);
    let report = report
        .field_of(
            Kind::Word,
            "selected.by",
            "what chose it, if no scope was given: task, test, call, finding or last",
            by,
        )
        .field_of(Kind::Text, "selected.name", "the task, test, call or finding", name);
    let report = if words.is_empty() { report } else { report.figure("Selected", words) };
    let report = match &found.finding {
        Some(headline) => report.figure("Finding", format!("{headline} (first of report)")),
        None => report,
    };
    let finding = found.finding.clone().map_or(Value::Missing, Value::Text);
    let report = report.field_of(
        Kind::Text,
        "selected.finding",
        "headline of the report's first finding, if it is about this",
        finding,
    );
    // Of several stretches it is where the longest one begins.
    let [of_one, of_many] = if found.stretches > 1 { ["Longest", "Stretches"] } else { ["Goroutine", ""] };
    let when = if found.go.is_some() { "From" } else { "" };
    report
        .fact("goroutine", if found.go.is_some() { of_one } else { "" }, whose)
        .explained_as(Kind::Id, "whose time it is; of several stretches, the longest one's")
        .fact("start_ns", when, start)
        .explained_as(Kind::Time, "start of the stretch, or of the longest one")
        .fact("total_ns", "Total", Value::Duration(found.nanos))
        .fact("stretches", of_many, Value::Count(found.stretches))
        .explained("stretches of time that are added up")
        .table(parts(trace, found, &lines))
        .table(path(trace, found, &lines))
}

/// Why this stretch, if the scope names none: the stable name, what was selected, and both in words.
fn selected(trace: &Trace, found: &Why) -> (Value, Value, String) {
    let text = |name: &str| Value::Text(name.to_owned());
    match &found.choice {
        None => (Value::Missing, Value::Missing, String::new()),
        Some(Choice::Task(name)) => {
            (Value::Word("task"), text(trace.str(*name)), format!("slowest task {}", trace.str(*name)))
        }
        Some(Choice::Call(name)) => (Value::Word("call"), text(name), format!("slowest call of {name}")),
        Some(Choice::Test(name)) => {
            (Value::Word("test"), text(trace.str(*name)), format!("slowest test {}", trace.str(*name)))
        }
        Some(Choice::Finding(title)) => {
            (Value::Word("finding"), text(title), "longest example of the first finding of report".to_owned())
        }
        Some(Choice::Last) => (Value::Word("last"), text(""), "the goroutine that ran last".to_owned()),
    }
}

/// All stacks that are told of.
fn stacks(found: &Why) -> impl Iterator<Item = StackId> + '_ {
    let hops = found.shares.iter().flat_map(|share| share.via.iter().flat_map(|hop| [hop.stack, hop.waker_stack]));
    let links = found.longest.links.iter().map(|link| link.stack);
    found
        .shares
        .iter()
        .map(|share| share.stack)
        .chain(hops)
        .chain(links)
        .chain(found.longest.steps.iter().map(|s| s.stack))
}

/// Who did what where, most first.
fn parts(trace: &Arc<Trace>, found: &Arc<Why>, lines: &Arc<Lines>) -> Table {
    let (whole, widest) = (found.nanos, found.shares.first().map_or(1, |share| share.nanos.0));
    let [of_go, of_name, of_reason, of_start, of_via] = [trace; 5].map(Arc::clone);
    let via_lines = Arc::clone(lines);
    let way = Column::table("By way of", "the waits that lead there, the victim's first", via(trace, &[], lines));
    let total = Share {
        go: GoroutineIdx::NONE,
        doing: StepKind::Unknown,
        reason: StrId::EMPTY,
        stack: StackId::NONE,
        is_resumed: false,
        nanos: found.nanos,
        count: found.steps,
        longest: TimeRange::default(),
        via: Vec::new(),
    };
    Table::of("parts", "Added up", found, |found: &Why| &found.shares)
        .column(Column::duration("total_ns", "Total", ""), |share: &Share| Value::Duration(share.nanos))
        .column(Column::ratio("share", "Share", "of all").for_people(), move |share| Value::part(share.nanos, whole))
        .column(Column::bar("By state").legend(STATES), move |share| {
            Value::Bar(vec![(share.nanos.0, columns::shade(share.doing))], widest)
        })
        .column(Column::count("count", "Steps", ""), |share| Value::Count(share.count))
        .column(Column::id("goroutine", "Goroutine", "of the longest step"), move |share| {
            columns::goroutine(&of_go, share.go)
        })
        .column(Column::function("name", "Start function", "").for_people(), move |share| {
            columns::start_function(&of_name, share.go)
        })
        .column(Column::text("doing", "State", DOING), |share| description(share.doing, share.is_resumed))
        .column(Column::text("reason", "Reason", "the runtime's word for it; may be empty"), move |share| {
            Value::Text(of_reason.str(share.reason).to_owned())
        })
        .with(|table| {
            let ids = ["at", "place.function", "place.file", "place.line"];
            columns::line(table, (ids, "Place", "of the longest step"), lines, |share| share.stack)
        })
        .column(Column::flag("began_before_trace", "", RESUMED).exported(), |share| Value::Flag(share.is_resumed))
        .column(Column::time("longest_start_ns", "Start of the longest step", "").on_request(), move |share| {
            if share.go.is_some() { columns::time(&of_start, share.longest.start) } else { Value::Missing }
        })
        .column(Column::duration("longest_ns", "Longest step", "").on_request(), |share| columns::length(share.longest))
        .column(way, move |share| Value::Table(Arc::new(via(&of_via, &share.via, &via_lines))))
        .total("all", &total)
        .target(|share| Some(Target::Stretch(LaneId::Goroutine(share.go), share.longest)))
        .sorted_by("total_ns")
        .cut(Cut::ForPeople)
        .empty(NOTHING)
        .build()
}

/// What a goroutine did. Of a wait that began before the trace, the place is where the goroutine went on.
const fn description(doing: StepKind, is_resumed: bool) -> Value {
    if is_resumed { Value::Named(doing.name(), "Waiting since before the trace") } else { columns::doing(doing) }
}

const RESUMED: &str = "the longest step is a wait that began before the trace, without a stack: place is where the \
                       goroutine went on";

/// The waits between the victim and a part.
fn via(trace: &Arc<Trace>, hops: &[Hop], lines: &Arc<Lines>) -> Table {
    let [of_go, of_waker] = [trace; 2].map(Arc::clone);
    Table::of("via", "By way of", &Arc::new(hops.to_vec()), Vec::as_slice)
        .column(Column::id("goroutine", "Goroutine", "that waited"), move |hop: &Hop| {
            columns::goroutine(&of_go, hop.go)
        })
        .with(|table| {
            let ids = ["at", "place.function", "place.file", "place.line"];
            columns::line(table, (ids, "Waited at", ""), lines, |hop| hop.stack)
        })
        .column(Column::id("waker", "Ended by", ""), move |hop| columns::goroutine(&of_waker, hop.waker))
        .with(|table| {
            let ids = ["wakeup", "released_at.function", "released_at.file", "released_at.line"];
            columns::line(table, (ids, "Ended the wait at", ""), lines, |hop| hop.waker_stack)
        })
        .build()
}

/// The longest stretch step by step.
fn path(trace: &Arc<Trace>, found: &Arc<Why>, lines: &Arc<Lines>) -> Table {
    let whole = found.longest.range;
    let [of_go, of_name, of_reason, of_start, of_ended] = [trace; 5].map(Arc::clone);
    let [of_depth, in_ended] = [found; 2].map(Arc::clone);
    let in_lines = Arc::clone(lines);
    Table::of("path", "In order", found, |found: &Why| &found.longest.steps)
        .column(Column::time("start_ns", "Start", ""), move |step: &Step| columns::time(&of_start, step.range.start))
        .column(Column::duration("duration_ns", "Duration", ""), |step| columns::length(step.range))
        .column(Column::bar("Timeline").legend(STATES), move |step| {
            let before = step.range.start.nanos_since(whole.start).unsigned_abs();
            let parts = vec![(before, Shade::Faint), (step.range.nanos().unsigned_abs(), columns::shade(step.doing))];
            Value::Bar(parts, whole.nanos().unsigned_abs())
        })
        .column(Column::count("depth", "Depth", "waits between the victim and this"), move |step| {
            Value::Count(of_depth.longest.depth(step).into())
        })
        .column(Column::id("goroutine", "Goroutine", ""), move |step| columns::goroutine(&of_go, step.go))
        .column(Column::function("name", "Start function", "").for_people(), move |step| {
            columns::start_function(&of_name, step.go)
        })
        .column(Column::text("doing", "State", "as in parts"), |step| description(step.doing, step.is_resumed))
        .column(Column::text("reason", "Reason", "the runtime's word for it; may be empty"), move |step| {
            Value::Text(of_reason.str(step.reason).to_owned())
        })
        .with(|table| {
            let ids = ["at", "place.function", "place.file", "place.line"];
            columns::line(table, (ids, "Place", ""), lines, |step| step.stack)
        })
        .column(Column::text("ended", "Ended the wait of", "").for_people(), move |step| {
            ended(&of_ended, (&in_ended.longest, step), &in_lines)
        })
        .target(|step| {
            let stretch = Target::Stretch(LaneId::Goroutine(step.go), step.range);
            Some(step.span.map_or(stretch, Target::Span))
        })
        .sorted_by("start_ns")
        .cut(Cut::ForPeople)
        .empty(NOTHING)
        .build()
}

/// Which wait a step explains: whose, and where they waited.
fn ended(trace: &Trace, (chain, step): (&WaitChain, &Step), lines: &Lines) -> Value {
    let Some(link) = chain.link(step) else { return Value::Missing };
    let who = columns::goroutine(trace, link.go).text();
    match lines.value(link.stack) {
        Value::Missing => Value::Text(who),
        place => Value::Text(format!("{who} in {}", place.text())),
    }
}
