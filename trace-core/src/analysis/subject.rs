//! What `why` explains when no goroutine, task or region is named: the slowest task, request or test, or the place that
//! the first finding points to.

use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::finding::{Finding, Kind, Link, Severity};
use crate::analysis::findings::{Findings, find, find_in};
use crate::analysis::go_tests::{TestRun, slowest_test};
use crate::analysis::places::Places;
use crate::analysis::scope::Scope;
use crate::analysis::workload::Workload;
use crate::base::ids::{GoroutineIdx, StrId, TaskIdx};
use crate::base::monitor::Monitor;
use crate::base::time::TimeRange;
use crate::event::state::GoState;
use crate::model::goroutines::is_system_function;
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;

/// Spans of a goroutine that are looked at to see whether it recorded the trace.
const SPANS: usize = 2_000;

/// Why something was chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// The slowest task of the trace, of this type.
    Task(StrId),
    /// The slowest request: a call of this function, a handler of the program that a library called or what
    /// goroutines were started for.
    Call(String),
    /// The slowest test or benchmark of package `testing`, by its function.
    Test(StrId),
    /// The first finding, by its title.
    Finding(String),
    /// Nothing of the above: the goroutine of the program that ran last.
    Last,
}

/// A stretch of a goroutine to explain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    /// The goroutine that is explained.
    pub go: GoroutineIdx,
    /// The stretch, inside the range asked about.
    pub range: TimeRange,
    /// Why this goroutine was chosen.
    pub choice: Choice,
    /// The headline of the first finding, if that is a warning or severe, and about this goroutine or the process as a
    /// whole.
    pub finding: Option<String>,
}

/// Chooses what to explain in `range`. The slowest task or request, or in a run of tests the slowest test, comes first,
/// unless a warning or severe finding is about other goroutines. Goroutines that recorded the trace are never chosen. `None` if
/// nothing of the program is in the range, or if cancelled. `known`: what [`find`] finds, if that is known.
#[must_use]
pub fn choose(trace: &Trace, range: TimeRange, known: Option<&Findings>, monitor: &Monitor) -> Option<Subject> {
    let places = Places::new(trace);
    let workload = Workload::take_of(trace, &places, &Scope::during(range).pieces(trace), monitor)?;
    if let Some(findings) = known {
        return choose_in((trace, &places), range, &workload, findings);
    }
    if Scope::during(range).is_whole(trace) {
        let findings = find_in(trace, &places, &workload, monitor)?;
        return choose_in((trace, &places), range, &workload, &findings);
    }
    let request = slowest_request(&places, &workload);
    // Findings take a pass over the workload of their own: two at once would take twice the memory.
    drop(workload);
    chosen((trace, &places), range, request, &find(trace, monitor)?)
}

/// The same where what is done in `range` and what was found in the whole trace are known already.
pub(crate) fn choose_in(
    (trace, places): (&Trace, &Places<'_>),
    range: TimeRange,
    workload: &Workload,
    findings: &Findings,
) -> Option<Subject> {
    chosen((trace, places), range, slowest_request(places, workload), findings)
}

fn chosen(
    (trace, places): (&Trace, &Places<'_>),
    range: TimeRange,
    request: Option<(bool, Subject)>,
    findings: &Findings,
) -> Option<Subject> {
    let test = slowest_test(trace, range).map(|TestRun { go, function, range }| Subject {
        go,
        range,
        choice: Choice::Test(function),
        finding: None,
    });
    let task = slowest_task(trace, places, range);
    // Where the program marks its work itself, there is no need to guess what its pieces are; tests are such a mark.
    let request = request.filter(|(is_handler, _)| *is_handler || task.is_none()).map(|found| found.1);
    let slowest = if test.is_some() { [test, None] } else { [task, request] };
    let is_long = |subject: &Subject| subject.range.nanos().saturating_mul(TINY) >= range.nanos();
    let slowest = slowest.into_iter().flatten().filter(is_long);
    let slowest = slowest.max_by_key(|subject| (subject.range.nanos(), subject.go));
    let found = first_finding(findings, range, slowest.as_ref());
    let subject = found.or(slowest).or_else(|| last(trace, places, range))?;
    let finding = of_weight(findings).filter(|first| is_about(first, &subject)).map(|first| first.headline.clone());
    Some(Subject { finding, ..subject })
}

/// The first finding, if it is a warning or severe.
fn of_weight(findings: &Findings) -> Option<&Finding> {
    findings.list.first().filter(|first| first.severity >= Severity::Warning)
}

/// Whether a finding is about the goroutine of a subject, or about all of the process.
fn is_about(finding: &Finding, subject: &Subject) -> bool {
    matches!(subject.choice, Choice::Finding(_))
        || finding.goroutines.binary_search(&subject.go).is_ok()
        || matches!(
            finding.kind,
            Kind::CpuThrottled | Kind::CpuDescheduled | Kind::CpuStarvation | Kind::GcPressure | Kind::StopTheWorld
        )
}

/// The slowest task that begins and ends in the trace, cut to `range`, on the goroutine that began it. Tasks
/// that outlive that goroutine are left out: it cannot explain them.
fn slowest_task(trace: &Trace, places: &Places<'_>, range: TimeRange) -> Option<Subject> {
    let tasks = (0..trace.task_count()).filter_map(|at| trace.task(TaskIdx(at)));
    let mut cut: Vec<Subject> = tasks
        .filter_map(|task| {
            let (began, ended) = (task.began?, task.ended?);
            let outlives = trace.goroutine(task.go)?.ended.is_some_and(|gone| gone < ended);
            let range = TimeRange::new(began, ended).intersect(range);
            let subject = Subject { go: task.go, range, choice: Choice::Task(task.name), finding: None };
            (!outlives && range.nanos() > 0).then_some(subject)
        })
        .collect();
    cut.sort_by_key(|subject| std::cmp::Reverse((subject.range.nanos(), subject.go)));
    cut.into_iter().find(|subject| !is_recorder(trace, places, subject.go, subject.range))
}

/// The slowest unit of work in a handler that a library called, or in goroutines of which one is started per unit, and
/// whether it is of a handler: that is surely a request, while of goroutines started by the program it is a guess.
fn slowest_request(places: &Places<'_>, workload: &Workload) -> Option<(bool, Subject)> {
    let requests = workload.families.values().filter(|family| {
        let is_handler = !places.is_outer_root(family.stack);
        is_handler || family.units >= PER_UNIT && family.bounded * 2 >= family.units
    });
    let slowest = requests.filter_map(|family| {
        let (go, range) = family.longest?;
        let name = places.outer(family.stack)?.function;
        Some((!places.is_outer_root(family.stack), Subject { go, range, choice: Choice::Call(name), finding: None }))
    });
    slowest.max_by_key(|(is_handler, subject)| (*is_handler, subject.range.nanos(), subject.go))
}

/// Tasks and requests that all take less than such a part of the range have nothing to explain.
const TINY: i64 = 1_000;

/// Units of one kind from which on each of them is taken for a request.
const PER_UNIT: u64 = 8;

/// A task or request of a goroutine that a finding is about shows it if it takes at least such a part of the finding's
/// longest example: the stalls of an incident begin before the trace, and what its goroutines did after it is short.
const SHOWS: i64 = 4;

/// The first finding of weight, if what is chosen otherwise does not show it.
fn first_finding(findings: &Findings, range: TimeRange, other: Option<&Subject>) -> Option<Subject> {
    let first = of_weight(findings)?;
    // Goroutines that spin are to blame for the finding, whose examples they are: they are nobody's slow request.
    let spins = matches!(first.cause, Some(Cause::GoschedLoop | Cause::YieldLoop | Cause::NonBlockingLoop));
    if spins && other.is_some_and(|other| matches!(other.choice, Choice::Task(_))) {
        return None;
    }
    let inside = |link: &Link| (link.go, link.range.intersect(range));
    // The GC is everybody's trouble, whose examples do not show what it costs a request.
    if other.is_some() && matches!(first.kind, Kind::GcPressure | Kind::StopTheWorld) {
        return None;
    }
    let links = first.links.iter().map(inside).filter(|(_, range)| range.nanos() > 0);
    let (go, range) = links.max_by_key(|(go, range)| (range.nanos(), *go))?;
    // Who keeps the others waiting takes long anyway.
    let is_culprit = |other: &Subject| other.go != go && first.acts.iter().any(|act| act.go == other.go);
    let is_seen_there = |other: &Subject| {
        let is_of_it = first.goroutines.binary_search(&other.go).is_ok();
        is_of_it && !is_culprit(other) && other.range.nanos() * SHOWS >= range.nanos()
    };
    if other.is_some_and(is_seen_there) {
        return None;
    }
    Some(Subject { go, range, choice: Choice::Finding(first.title.clone()), finding: None })
}

/// The goroutine of the program that ran last in a range, and what of the range it has lived.
fn last(trace: &Trace, places: &Places<'_>, range: TimeRange) -> Option<Subject> {
    let is_own = |go: GoroutineIdx| {
        let name = trace.goroutine_name(go);
        name.is_some_and(|(_, name)| !is_system_function(trace.str(name))) && !is_recorder(trace, places, go, range)
    };
    let mut states: Vec<_> = trace.states_at(range.end.plus_nanos(-1)).collect();
    states.sort_by_key(|(go, span)| std::cmp::Reverse((span.state == GoState::Running, span.range.start, *go)));
    let go = states.into_iter().map(|(go, _)| go).find(|&go| is_own(go))?;
    // Before it was there, nothing of it is to be explained.
    let created = trace.goroutine(go).and_then(|known| known.created);
    let life = TimeRange::new(created.unwrap_or(range.start).max(range.start), range.end);
    Some(Subject { go, range: if life.nanos() > 0 { life } else { range }, choice: Choice::Last, finding: None })
}

/// Whether a goroutine spent most of a range on recording or serving traces and profiles.
fn is_recorder(trace: &Trace, places: &Places<'_>, go: GoroutineIdx, range: TimeRange) -> bool {
    let (mut recording, mut all) = (0, 0);
    for span in trace.spans(LaneId::Goroutine(go), range).take(SPANS) {
        let nanos = span.range.intersect(range).nanos();
        let is_recording = places.is_recording(span.start_stack) || places.is_recording(span.end_stack);
        recording += if is_recording { nanos } else { 0 };
        all += nanos;
    }
    recording * 2 > all
}
