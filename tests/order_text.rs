//! Hard cases of event order, written by hand: the events come out as Go's reader gives them, or there
//! is a warning where it gives up.

use std::fs;

use trace_core::base::monitor::Monitor;
use trace_core::export::reference::dump;
use trace_core::input::source::Source;
use trace_core::wire::text::{from_binary, to_binary};

use crate::fixtures;

/// One file of tests/data/text.
struct Case {
    name: String,
    /// Whether Go reads it to its end.
    success: bool,
    /// The trace in text.
    trace: String,
    /// What Go prints, up to the failure if there is one.
    events: String,
}

/// Damage that Go does not notice, and the warning it gets here.
const UNNOTICED: &[(&str, &str)] = &[("generation-skipped-marked", "missing_generation")];

fn cases() -> Vec<Case> {
    let folder = fixtures::data().join("text");
    let mut paths: Vec<_> =
        fs::read_dir(folder).expect("the cases").map(|entry| entry.expect("a case").path()).collect();
    paths.sort();
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a readable case");
            let (_, rest) = text.split_once("-- expect --\n").expect("what to expect");
            let (expect, rest) = rest.split_once("-- trace --\n").expect("a trace");
            let (trace, events) = rest.split_once("-- events --\n").expect("events");
            Case {
                name: path.file_stem().expect("a name").to_string_lossy().into_owned(),
                success: expect.trim() == "SUCCESS",
                trace: trace.to_owned(),
                events: events.to_owned(),
            }
        })
        .collect()
}

/// What `dump` prints, and its warnings.
fn printed(case: &Case) -> (String, Vec<String>) {
    let bytes = to_binary(&case.trace).unwrap_or_else(|error| panic!("{}: {error}", case.name));
    let (mut out, mut warnings) = (Vec::new(), Vec::new());
    dump(Source::bytes(&bytes), &mut out, &Monitor::new(), &mut |kind, message, at| {
        warnings.push(format!("{}: {message} (byte {at})", kind.name()));
    })
    .unwrap_or_else(|error| panic!("{}: {error}", case.name));
    (String::from_utf8(out).expect("text"), warnings)
}

/// The first line in which two texts differ.
fn difference(ours: &str, gos: &str) -> String {
    let mut pairs = ours.lines().zip(gos.lines()).enumerate();
    match pairs.find(|(_, (ours, gos))| ours != gos) {
        Some((number, (ours, gos))) => format!("line {}\n  ours {ours}\n  Go's {gos}", number + 1),
        None => format!("{} lines, Go has {}", ours.lines().count(), gos.lines().count()),
    }
}

#[test]
fn legal_traces_come_out_as_from_go() {
    let mut faults = Vec::new();
    let cases: Vec<Case> = cases().into_iter().filter(|case| case.success).collect();
    assert!(cases.len() > 50, "only {} cases", cases.len());
    for case in cases {
        let (ours, warnings) = printed(&case);
        if ours != case.events {
            faults.push(format!("{}: {}", case.name, difference(&ours, &case.events)));
        }
        let expected = UNNOTICED.iter().find(|(name, _)| *name == case.name).map(|(_, kind)| *kind);
        let as_expected = match expected {
            None => warnings.is_empty(),
            Some(kind) => warnings.len() == 1 && warnings[0].starts_with(kind),
        };
        if !as_expected {
            faults.push(format!("{}: {}", case.name, warnings.join("; ")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn illegal_traces_give_a_warning_and_all_that_go_gives() {
    let mut faults = Vec::new();
    let cases: Vec<Case> = cases().into_iter().filter(|case| !case.success).collect();
    assert!(cases.len() > 30, "only {} cases", cases.len());
    for case in cases {
        let (ours, warnings) = printed(&case);
        if warnings.is_empty() {
            faults.push(format!("{}: no warning", case.name));
        }
        // Go ends with a sync event when it finds the damage while reading a generation.
        let before = case.events.lines().filter(|line| !line.contains(" Sync "));
        let mut ours = ours.lines().filter(|line| !line.contains(" Sync "));
        for line in before {
            if ours.next() != Some(line) {
                faults.push(format!("{}: the line is missing or different: {line}", case.name));
                break;
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_text_form_goes_both_ways() {
    for case in cases() {
        let bytes = to_binary(&case.trace).unwrap_or_else(|error| panic!("{}: {error}", case.name));
        let printed = from_binary(&bytes).expect("a trace");
        assert_eq!(printed.text.trim_end(), case.trace.trim_end(), "{}", case.name);
        assert_eq!(printed.unreadable_from, None, "{}", case.name);
    }
}
