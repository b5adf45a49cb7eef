//! Parts of traces as traces of their own: the same as the whole where they are, valid, and without names if they are to
//! have none. (Go's own tool was asked when this was written; here our readers are.)

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use rayon::prelude::*;
use trace_core::analysis::findings::find;
use trace_core::analysis::findings::finding::Value;
use trace_core::analysis::places::is_standard_package;
use trace_core::base::ids::{GoId, GoroutineIdx, ProcIdx, StackId, StrId, TaskId, TaskIdx};
use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::{Cause, GoState};
use trace_core::export::cut::{CATEGORY, CutSummary, Selection, Who, cut};
use trace_core::export::reference::dump;
use trace_core::input::source::Source;
use trace_core::load::load_bytes;
use trace_core::model::lanes::LaneId;
use trace_core::model::spans::Span;
use trace_core::model::trace::{Region, Trace};

use crate::fixtures;

fn bytes(name: &str) -> Vec<u8> {
    fs::read(fixtures::data().join("real").join(name)).expect("the trace")
}

/// The recorded traces that Go reads without complaint, with the version that is in their names.
fn recorded() -> Vec<(PathBuf, bool)> {
    let all = fs::read_dir(fixtures::data().join("real")).expect("the traces");
    let paths = all.map(|entry| entry.expect("an entry").path());
    let name = |path: &PathBuf| path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let traces = paths.filter(|path| name(path).ends_with(".trace") && !name(path).starts_with("badregions"));
    traces.map(|path| (path.clone(), name(&path).contains("go1.21"))).collect()
}

/// What is cut out, and what the cut says of itself. Nothing may have been wrong.
fn part(source: &[u8], selection: &Selection) -> (Vec<u8>, CutSummary) {
    let mut out = Vec::new();
    let mut report = |kind, what, at| panic!("{kind:?} {what} (byte {at})");
    let summary = cut(&|| Ok(Source::bytes(source)), selection, &mut out, &Monitor::new(), &mut report);
    (out, summary.expect("it can be cut"))
}

fn dumped(trace: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut report = |kind, what, at| panic!("{kind:?} {what} (byte {at})");
    dump(Source::bytes(trace), &mut out, &Monitor::new(), &mut report).expect("it can be read");
    out
}

fn loaded(bytes: &[u8]) -> Arc<Trace> {
    load_bytes(bytes, &Monitor::new(), &mut |_| {}).expect("a trace")
}

fn range(nanos: std::ops::Range<i64>) -> Selection {
    Selection { start_nanos: Some(nanos.start), end_nanos: Some(nanos.end), ..Selection::default() }
}

/// A stack in words.
fn stack(trace: &Trace, id: StackId) -> Vec<String> {
    trace.frames(id).map(|frame| format!("{} {}:{}", frame.function, frame.file, frame.line)).collect()
}

/// What goroutines do in a range, in words that mean the same in every trace.
fn doings(trace: &Trace, range: TimeRange, keeps: &dyn Fn(GoId) -> bool) -> BTreeMap<GoId, Vec<String>> {
    let mut all = BTreeMap::new();
    for at in 0..trace.goroutine_count() {
        let Some(go) = trace.goroutine(GoroutineIdx(at)).filter(|go| keeps(go.id)) else { continue };
        let spans = trace.spans(LaneId::Goroutine(GoroutineIdx(at)), range);
        let is_there =
            |span: &Span| !matches!(span.state, GoState::Unknown | GoState::Dead) && span.range.start < range.end;
        let spans = spans.filter(|span| is_there(span) && span.range.end > range.start).map(|span| {
            let times = (span.range.start.max(range.start), span.range.end.min(range.end));
            // A call that has cost its proc may be told on another.
            let proc = if span.state == GoState::Running { span.proc } else { ProcIdx::NONE };
            let on = (trace.proc_id(proc), trace.thread_id(span.thread));
            // One that has not run yet since it was created has the stack of its function as it is announced.
            let is_first = span.range.start <= range.start && span.state == GoState::Runnable;
            let has_stack = span.state != GoState::Running && !is_first;
            let at_start = if has_stack { stack(trace, span.start_stack) } else { Vec::new() };
            format!("{:?} {times:?} {} {on:?} {at_start:?}", span.state, trace.str(span.reason))
        });
        let spans: Vec<String> = spans.collect();
        if !spans.is_empty() {
            all.insert(go.id, spans);
        }
    }
    all
}

/// What regions and logs there are in a range.
fn annotations(trace: &Trace, range: TimeRange, keeps: &dyn Fn(GoId) -> bool) -> BTreeSet<String> {
    let id = |go: GoroutineIdx| trace.goroutine(go).map_or(GoId::NONE, |go| go.id);
    let task = |task: Option<TaskIdx>| task.and_then(|at| trace.task(at)).map_or(TaskId(0), |task| task.id);
    let regions = trace.all_regions().iter().filter(|region| region.range.end > range.start && keeps(id(region.go)));
    // Of what began before the recording only the end is known: not if that lies behind the range.
    let is_known = |region: &&Region| !region.began_before || region.range.end < range.end;
    let regions = regions.filter(|region| region.range.start < range.end).filter(is_known).map(|region| {
        let times = (region.range.start.max(range.start), region.range.end.min(range.end));
        format!("region {} of {:?} in {:?} {times:?}", trace.str(region.name), task(region.task), id(region.go))
    });
    let logs =
        trace.all_logs().iter().filter(|log| log.time >= range.start && log.time < range.end && keeps(id(log.go)));
    let logs = logs.map(|log| {
        let text = (trace.str(log.category), trace.str(log.message));
        format!("log {text:?} of {:?} in {:?} at {:?}", task(log.task), id(log.go), log.time)
    });
    regions.chain(logs).collect()
}

/// Fails unless both traces tell the same of a range.
fn check_same(whole: &Trace, part: &Trace, range: TimeRange, keeps: &dyn Fn(GoId) -> bool, what: &str) {
    let (before, after) = (doings(whole, range, keeps), doings(part, range, keeps));
    for (go, spans) in &before {
        assert_eq!(after.get(go), Some(spans), "{what}: {go:?}");
    }
    assert_eq!(before.len(), after.len(), "{what}");
    assert_eq!(annotations(whole, range, keeps), annotations(part, range, keeps), "{what}");
}

#[test]
fn cutting_everything_dumps_the_same() {
    recorded().par_iter().filter(|(_, is_old)| !is_old).for_each(|(path, _)| {
        let source = fs::read(path).expect("the trace");
        let (whole, summary) = part(&source, &Selection::default());
        assert_eq!(summary.refused, 0, "{}", path.display());
        assert!(dumped(&whole) == dumped(&source), "{}", path.display());
    });
}

#[test]
fn a_range_is_told_as_in_the_whole_trace() {
    let names = [
        "httpserver-go1.27.trace",
        "generations-go1.25.trace",
        "sysio-go1.22.trace",
        "iterpull-go1.23.trace",
        "tasks-go1.27.trace",
        "gc-4procs-go1.27.trace",
        "stopworld-go1.25.trace",
        "flightwindow-go1.26.trace",
    ];
    names.par_iter().for_each(|name| {
        let source = bytes(name);
        let whole = loaded(&source);
        let length = whole.range().nanos();
        for (from, to) in [(length / 10, length / 3), (length / 3, length - 1), (length / 2, length / 2 + 20_000)] {
            let what = format!("{name} {from}..{to}");
            let (cut, summary) = part(&source, &range(from..to));
            assert_eq!(summary.refused, 0, "{what}");
            dumped(&cut);
            let cut = loaded(&cut);
            assert_eq!(cut.warnings(), [], "{what}");
            let start = whole.range().start;
            let last = cut.range().end.min(start.plus_nanos(to));
            let inside = TimeRange::new(start.plus_nanos(from), last);
            assert!(last.nanos_since(start) >= to - 1, "{what}: it lasts as long");
            check_same(&whole, &cut, inside, &|_| true, &what);
        }
    });
}

#[test]
fn chosen_goroutines_do_the_same_without_the_others() {
    let source = bytes("httpserver-go1.27.trace");
    let whole = loaded(&source);
    let length = whole.range().nanos();
    let busiest = (0..whole.goroutine_count()).filter_map(|at| whole.goroutine(GoroutineIdx(at)));
    let busiest = busiest.max_by_key(|go| whole.spans(LaneId::Goroutine(go.idx), whole.range()).count());
    let chosen = busiest.expect("a goroutine").id;
    let mut selection = range(length / 4..length * 3 / 4);
    selection.who = Who::Goroutines(vec![chosen]);
    let inside =
        TimeRange::new(whole.range().start.plus_nanos(length / 4), whole.range().start.plus_nanos(length * 3 / 4 - 1));
    let mut kept = Vec::new();
    for with_related in [false, true] {
        selection.with_related = with_related;
        let (cut, summary) = part(&source, &selection);
        assert_eq!(summary.refused, 0);
        dumped(&cut);
        let cut = loaded(&cut);
        assert_eq!(cut.warnings(), []);
        let last = TimeRange::new(inside.start, inside.end.min(cut.range().end));
        check_same(&whole, &cut, last, &|go| go == chosen, "the chosen one");
        kept.push(doings(&cut, inside, &|_| true).len());
    }
    assert!(kept[0] < kept[1] && kept[1] < doings(&whole, inside, &|_| true).len(), "{kept:?}");
}

#[test]
fn the_goroutines_of_a_task_are_those_that_take_part_in_it() {
    let source = bytes("tasks-go1.27.trace");
    let whole = loaded(&source);
    let part_of = |at: u32| {
        let region = whole.all_regions().iter().find(|region| region.task == Some(TaskIdx(at)))?;
        Some((whole.task(TaskIdx(at))?.id, whole.goroutine(region.go)?.id))
    };
    let (task, go) = (0..whole.task_count()).find_map(part_of).expect("a task with a region");
    let selection = Selection { who: Who::Tasks(vec![task]), ..Selection::default() };
    let (cut, summary) = part(&source, &selection);
    let cut = loaded(&cut);
    assert_eq!((cut.warnings(), summary.refused), (&[][..], 0));
    check_same(&whole, &cut, TimeRange::new(whole.range().start, cut.range().end), &|id| id == go, "its goroutine");
    assert!(cut.task_by_id(task).is_some());
    assert!(summary.goroutines < Some(whole.goroutine_count().into()));
}

#[test]
fn what_began_before_says_so() {
    let source = bytes("httpserver-go1.27.trace");
    let whole = loaded(&source);
    let region = whole.all_regions().iter().max_by_key(|region| region.range.nanos()).expect("a region");
    let middle = region.range.start.plus_nanos(region.range.nanos() / 2).nanos_since(whole.range().start);
    let (cut, summary) = part(&source, &range(middle..middle + 100_000));
    assert!(summary.regions_before > 0, "{summary:?}");
    let cut = loaded(&cut);
    let told = cut.all_logs().iter().filter(|log| cut.str(log.category) == CATEGORY).count() as u64;
    assert_eq!(told, summary.regions_before + summary.tasks_before);
    let first = TraceTime(whole.range().start.0 + middle);
    assert!(cut.all_logs().iter().all(|log| log.time < first || cut.str(log.category) != CATEGORY));
    // Why somebody waits is known although the wait began before.
    let at = |trace: &Trace| -> BTreeSet<String> {
        let waits = trace.states_at(first).filter(|(_, span)| span.state == GoState::Waiting);
        waits
            .filter(|(_, span)| span.cause == Cause::Blocked)
            .map(|(_, span)| trace.str(span.reason).to_owned())
            .collect()
    };
    assert!(!at(&whole).is_empty());
    assert_eq!(at(&cut), at(&whole));
}

#[test]
fn old_traces_become_new_ones_that_tell_the_same() {
    recorded().par_iter().filter(|(_, is_old)| *is_old).for_each(|(path, _)| {
        let source = fs::read(path).expect("the trace");
        let (cut, summary) = part(&source, &Selection::default());
        assert!(cut.starts_with(b"go 1.23 trace"));
        assert_eq!(summary.refused, 0, "{}", path.display());
        dumped(&cut);
        let (old, new) = (loaded(&source), loaded(&cut));
        assert_eq!(new.warnings(), [], "{}", path.display());
        let known = |trace: &Trace| {
            (trace.goroutine_count(), trace.task_count(), trace.all_regions().len(), trace.all_logs().len())
        };
        assert_eq!(known(&old), known(&new), "{}", path.display());
        let inside = TimeRange::new(old.range().start.plus_nanos(1_000), old.range().end.min(new.range().end));
        let (before, after) = (doings(&old, inside, &|_| true), doings(&new, inside, &|_| true));
        assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>(), "{}", path.display());
    });
}

#[test]
fn a_range_without_events_is_an_error() {
    let source = bytes("workers-go1.27.trace");
    let later = Selection { start_nanos: Some(i64::MAX / 2), ..Selection::default() };
    let done = cut(&|| Ok(Source::bytes(&source)), &later, &mut Vec::new(), &Monitor::new(), &mut |_, _, _| {});
    assert!(done.is_err());
}

/// All that a trace names, apart from Go's own names.
fn own_names(trace: &Trace) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for at in 0..trace.stack_count() {
        for frame in trace.frames(StackId(at)) {
            let tail = frame.function.rfind('/').map_or(0, |slash| slash + 1);
            let dot = frame.function[tail..].find('.').map_or(frame.function.len(), |dot| tail + dot);
            let is_assembly = dot == frame.function.len() && frame.file.contains("runtime/");
            if !is_standard_package(&frame.function[..dot]) && !is_assembly {
                names.extend([frame.function.to_owned(), frame.file.to_owned()]);
            }
        }
    }
    names.extend((0..trace.task_count()).filter_map(|at| Some(trace.str(trace.task(TaskIdx(at))?.name).to_owned())));
    names.extend(trace.all_regions().iter().map(|region| trace.str(region.name).to_owned()));
    names
        .extend(trace.all_logs().iter().flat_map(|log| [log.category, log.message]).map(|id| trace.str(id).to_owned()));
    // Programs call regions as the runtime calls reasons to wait, too.
    names.retain(|name| name.len() > 3 && name != "_cgo_gotypes.go" && name != "<autogenerated>");
    names.retain(|name| !["select", "sleep"].contains(&name.as_str()));
    names
}

#[test]
fn without_names_findings_have_the_same_kinds_and_numbers() {
    let causes = fs::read_dir(fixtures::data().join("causes")).expect("traces with causes");
    let mut paths: Vec<PathBuf> = causes.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.to_string_lossy().contains(".trace"));
    paths.sort();
    let some = paths.into_iter().step_by(4);
    let names = ["httpserver-go1.27.trace", "sync-go1.27.trace", "guessnumber-bug-go1.27.trace"];
    let paths: Vec<PathBuf> = some.chain(names.map(|name| fixtures::data().join("real").join(name))).collect();
    assert!(paths.len() > 10);
    paths.iter().for_each(|path| {
        let mut source = Vec::new();
        Source::open(path).expect("a trace").reader.read_to_end(&mut source).expect("the trace");
        let whole = loaded(&source);
        let (cut, _) = part(&source, &Selection { anonymise: true, ..Selection::default() });
        let cut = loaded(&cut);
        for name in own_names(&whole) {
            // Short ones may be part of anything.
            let is_in = |text: &str| text == name || (name.len() > 8 && text.contains(&name));
            let found = (0..cut.string_count()).map(|at| cut.str(StrId(at))).find(|text| is_in(text));
            assert_eq!(found, None, "{}: {name}", path.display());
        }
        let told = |trace: &Trace| -> Vec<String> {
            let found = find(trace, &Monitor::new()).expect("not cancelled");
            let told = found.list.iter().map(|one| {
                let numbers = one.evidence.iter().filter(|(_, value)| !matches!(value, Value::Text(_)));
                let numbers: Vec<_> = numbers.collect();
                format!("{:?} {:?} {:?} {} {numbers:?}", one.kind, one.severity, one.cause, one.time_lost.0)
            });
            told.collect()
        };
        assert_eq!(told(&whole), told(&cut), "{}", path.display());
    });
}

/// A made-up trace may have any text where the runtime's words are expected.
#[test]
fn texts_in_the_place_of_the_runtimes_words_are_replaced_too() {
    let mut source = bytes("gc-go1.27.trace");
    for (word, secret) in [
        ("chan receive", "acme receive"),
        ("GC mark termination", "GC acme termination"),
        ("GC (dedicated)", "GC (acmecated)"),
    ] {
        let at: Vec<usize> = source
            .windows(word.len())
            .enumerate()
            .filter(|(_, some)| *some == word.as_bytes())
            .map(|(at, _)| at)
            .collect();
        assert!(!at.is_empty(), "{word}");
        at.into_iter().for_each(|at| source[at..at + word.len()].copy_from_slice(secret.as_bytes()));
    }
    let has = |trace: &[u8], word: &str| trace.windows(word.len()).any(|some| some == word.as_bytes());
    let (kept, _) = part(&source, &Selection::default());
    assert!(has(&kept, "acme"));
    let (cut, _) = part(&source, &Selection { anonymise: true, ..Selection::default() });
    assert!(!has(&cut, "acme") && has(&cut, "GC sweep termination"));
    // Cut within waits and pauses, so that the reasons of what goes on are written anew.
    let length = loaded(&source).range().nanos();
    for tenth in 1..10 {
        let (cut, _) = part(&source, &Selection { anonymise: true, ..range(length * tenth / 10..length) });
        assert!(!has(&cut, "acme"), "{tenth}");
    }
}
