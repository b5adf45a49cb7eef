//! Damaged traces open as far as they can be read, or are refused with a sentence; never a panic.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use trace_core::base::ids::{GoroutineIdx, ProcIdx};
use trace_core::base::monitor::Monitor;
use trace_core::base::warning::WarningKind;
use trace_core::load::load_path;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fixtures;
use crate::folder;
use crate::invariants;
use crate::run;

/// Files that hold nothing to show, with a word that the refusal must hold.
const REFUSED: &[(&str, &str)] = &[
    ("cut-in-header", "not a Go execution trace"),
    ("no-trace-empty", "empty"),
    ("no-trace-header-only", "empty"),
    ("no-trace-behind-header", "nothing behind it"),
    ("no-trace-zeros", "not a Go execution trace"),
    ("no-trace-log", "text"),
    ("no-trace-go1.5", "1.5"),
];

/// A fault that is not told, since nobody can notice it.
const UNREPORTED: &[&str] = &["flip-string-text-go1.27"];

fn name(path: &Path) -> String {
    path.file_stem().expect("a name").to_string_lossy().into_owned()
}

fn load(path: &Path) -> trace_core::base::error::Result<Arc<Trace>> {
    load_path(path, &Monitor::new(), &mut |_| {})
}

/// Damaged files, and files that are no traces.
fn damaged() -> Vec<std::path::PathBuf> {
    folder::traces("broken")
}

#[test]
fn what_is_no_trace_is_refused_with_a_sentence() {
    for (name, word) in REFUSED {
        let path = fixtures::data().join(format!("broken/{name}.trace"));
        let sentence = load(&path).expect_err(name).to_string();
        assert!(sentence.contains(word), "{name}: {sentence}");
    }
}

#[test]
fn damage_is_survived_and_named() {
    for path in damaged() {
        let (name, size) = (name(&path), fs::metadata(&path).expect("a fixture").len());
        let Ok(trace) = load(&path) else { continue };
        for warning in trace.warnings() {
            assert!(!warning.message.is_empty(), "{name}: {warning:?}");
            assert!(warning.offset <= size, "{name}: {warning:?} lies outside of the file");
            assert!(warning.count >= 1, "{name}: {warning:?}");
        }
        let sound = UNREPORTED.contains(&name.as_str());
        if !name.starts_with("no-trace") {
            assert_eq!(trace.warnings().is_empty(), sound, "{name}: {:?}", trace.warnings());
            assert!(trace.totals().events > 0, "{name} shows nothing");
        }
    }
}

#[test]
fn files_that_are_traces_open() {
    for path in damaged() {
        let name = name(&path);
        let refused = REFUSED.iter().any(|(refused, _)| *refused == name);
        assert_eq!(load(&path).is_err(), refused, "{name}");
    }
}

#[test]
fn a_program_that_was_killed_has_lost_nobody() {
    let trace = load(&fixtures::data().join("broken/killed-go1.25.trace")).expect("it opens");
    let kinds: Vec<WarningKind> = trace.warnings().iter().map(|warning| warning.kind).collect();
    assert_eq!(kinds, [WarningKind::Truncated], "{:?}", trace.warnings());
    assert!(trace.thread_gaps().is_empty(), "{:?}", trace.thread_gaps());
}

#[test]
fn lost_events_of_a_thread_leave_a_hole() {
    let path = fixtures::data().join("broken/inserted-bytes-go1.27.trace");
    let trace = load(&path).expect("it opens");
    let gap = trace.thread_gaps().iter().find(|gap| gap.thread.is_some()).expect("a gap of a thread");
    assert_eq!((gap.generation, trace.thread_id(gap.thread).0), (14, 6890));
    assert!(gap.bytes.contains(&2_800) && gap.range.nanos() > 1_000_000, "{gap:?}");
    // The goroutine ran when its thread fell silent; what it did then is not known.
    assert!(gap.go.is_some());
    let lane = LaneId::Goroutine(gap.go);
    assert_eq!(trace.span_at(lane, gap.range.start.plus_nanos(1)), None);
    let sound = load(&fixtures::data().join("broken/stdout-between-go1.27.trace")).expect("it opens");
    assert!(sound.thread_gaps().is_empty(), "text in between costs no thread anything");
}

#[test]
fn all_queries_work_on_damaged_traces() {
    for path in damaged() {
        let Ok(trace) = load(&path) else { continue };
        let all = trace.range();
        assert_eq!(invariants::broken(&trace), None, "{}", name(&path));
        let mut lanes = vec![LaneId::Gc, LaneId::Stw];
        lanes.extend((0..trace.proc_count()).map(|idx| LaneId::Proc(ProcIdx(idx))));
        lanes.extend((0..trace.goroutine_count()).map(|idx| LaneId::Goroutine(GoroutineIdx(idx))));
        for lane in lanes {
            let mut cells = Vec::new();
            trace.cells(lane, all, 100, &mut cells);
            assert!(cells.windows(2).all(|pair| pair[0].range.start <= pair[1].range.start), "{}", name(&path));
            for span in trace.spans(lane, all).take(1_000) {
                assert!(span.range.start <= span.range.end, "{}: {span:?}", name(&path));
                assert_eq!(trace.span(span.at), Some(span), "{}", name(&path));
                let frames = trace.frames(span.start_stack).chain(trace.frames(span.end_stack));
                assert!(frames.count() <= 2 * 128);
                let found = trace.flows_out_of(span.at, 10);
                assert!(found.flows.len() as u64 <= found.total, "{}", name(&path));
                assert!(trace.flows_into(span.at).len() < 1_000);
            }
            assert!(trace.events(lane, all).take(1_000).all(|event| event.time <= all.end), "{}", name(&path));
        }
    }
}

#[test]
fn the_program_survives_every_file() {
    for path in folder::traces("broken") {
        let path_text = path.to_string_lossy();
        for command in [["stats", &path_text], ["dump", &path_text]] {
            let output = run::tracelane(&command);
            let complaint = String::from_utf8_lossy(&output.stderr);
            let code = output.status.code();
            assert!(matches!(code, Some(0 | 1 | 3)), "{command:?}: {code:?} {complaint}");
            assert!(!complaint.contains("panicked"), "{command:?}: {complaint}");
            assert!(code != Some(1) || complaint.lines().count() == 1, "{command:?}: {complaint}");
        }
    }
}

#[test]
fn analyses_of_damaged_traces_say_that_they_are_partial() {
    let path = fixtures::data().join("broken/zeroed-block-go1.27.trace");
    let path = path.to_string_lossy();
    for command in [["blocked", "--json", &path], ["report", "--json", &path]] {
        let output = run::tracelane(&command);
        assert_eq!(output.status.code(), Some(3), "{command:?}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("partial"), "{command:?}");
        assert!(String::from_utf8_lossy(&output.stdout).contains("\"partial\": true"), "{command:?}");
    }
}

#[test]
fn statistics_carry_warnings_with_place_and_cure() {
    let path = fixtures::data().join("broken/zeroed-block-go1.27.trace");
    let output = run::tracelane(&["stats", "--json", &path.to_string_lossy()]);
    let told = String::from_utf8_lossy(&output.stdout);
    for part in
        ["\"kind\": \"skipped_bytes\"", "\"offset\": 2948", "\"generation\": 14", "\"cure\": \"", "\"holes\": ["]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
}

/// The runtime does not announce a goroutine that is preempted as a generation begins, and is off its thread already:
/// nothing is lost. (In `stages`, G23 at the start of the second.)
#[test]
fn who_leaves_a_thread_as_a_generation_begins_is_known_from_the_one_before() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/causes/stages.trace.zst");
    let trace = load(&path).expect("a trace");
    assert!(trace.warnings().is_empty(), "{:?}", trace.warnings());
    assert!(trace.thread_gaps().is_empty());
}
