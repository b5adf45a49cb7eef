//! Traces of formats that no toolchain at hand writes any more, recorded from servers built long ago.

use std::fs;
use std::io::Read;
use std::sync::Arc;

use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::export::reference::dump;
use trace_core::input::source::Source;
use trace_core::load::load_bytes;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fixtures;

/// The bytes of a trace of this version, which come out as Go prints them, without a warning; and its model does.
fn load_as_go_does(name: &str, version: u32) -> Arc<Trace> {
    let folder = fixtures::data().join("old");
    let bytes = fs::read(folder.join(format!("{name}.trace"))).expect("a fixture");
    assert!(bytes.starts_with(format!("go 1.{version} trace").as_bytes()));
    let packed = fs::File::open(folder.join(format!("{name}.parsed.txt.gz"))).expect("what Go says");
    let mut said = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut said).expect("packed well");
    let (mut out, mut warnings) = (Vec::new(), 0);
    dump(Source::bytes(&bytes), &mut out, &Monitor::new(), &mut |_, _, _| warnings += 1).expect("a trace");
    assert!(out == said, "{name}: {} bytes against {} of Go's", out.len(), said.len());
    assert_eq!(warnings, 0);
    let trace = load_bytes(&bytes, &Monitor::new(), &mut |_| {}).expect("a trace");
    assert_eq!((trace.totals().version, trace.warnings().len()), (version, 0));
    trace
}

#[test]
fn a_trace_of_go_1_19_is_what_go_says() {
    let trace = load_as_go_does("prometheus-go1.19", 19);
    assert!(trace.goroutine_count() > 20 && trace.proc_count() > 0);
}

/// Converted from traces of Go 1.21 (`gen/to_1_11.py`), which say the same but for what 1.11 cannot.
#[test]
fn traces_of_go_1_11_are_what_go_says() {
    for name in ["sync", "cpuprofile"] {
        let old = load_as_go_does(&format!("{name}-go1.11"), 11);
        let newer = fs::read(fixtures::data().join(format!("real/{name}-go1.21.trace"))).expect("a fixture");
        let newer = load_bytes(&newer, &Monitor::new(), &mut |_| {}).expect("a trace");
        assert_eq!(old.goroutine_count(), newer.goroutine_count(), "{name}");
        assert_eq!(old.range().nanos(), newer.range().nanos(), "{name}");
        assert!(old.all_samples().is_empty(), "Go 1.11 has no samples");
        let states = |trace: &Trace| {
            let lanes = (0..trace.goroutine_count()).map(|idx| LaneId::Goroutine(GoroutineIdx(idx)));
            let spans = lanes.flat_map(|lane| trace.spans(lane, trace.range()).collect::<Vec<_>>());
            spans.map(|span| (span.state, span.range)).collect::<Vec<_>>()
        };
        assert_eq!(states(&old), states(&newer), "{name}");
        let stops = |trace: &Trace| {
            let stops = trace.spans(LaneId::Stw, trace.range()).map(|span| trace.str(span.reason).to_owned());
            stops.filter(|reason| reason.starts_with("GC ")).collect::<Vec<_>>()
        };
        assert_eq!(stops(&old), stops(&newer), "{name}: two kinds of stops, by other numbers");
    }
}

#[test]
fn older_formats_are_refused_by_name_of_the_last_go_that_reads_them() {
    for minor in 5..=10 {
        let header = format!("go 1.{minor} trace\0\0\0\0");
        let mut bytes = header.into_bytes();
        bytes.truncate(16);
        bytes.extend([0x81; 64]);
        let refusal = load_bytes(&bytes, &Monitor::new(), &mut |_| {}).expect_err("too old").to_string();
        assert!(refusal.contains(&format!("1.{minor}")) && refusal.contains("Go 1.22"), "{refusal}");
    }
}

#[test]
fn a_header_with_nothing_behind_it_is_an_empty_trace_in_every_format() {
    for minor in (11..=26).filter(|minor| !matches!(minor, 12..=18 | 20 | 24)) {
        let mut bytes = format!("go 1.{minor} trace\0\0\0").into_bytes();
        let refusal = |bytes: &[u8]| load_bytes(bytes, &Monitor::new(), &mut |_| {}).expect_err("nothing").to_string();
        assert!(refusal(&bytes).contains("it is empty"), "{minor}: {}", refusal(&bytes));
        bytes.extend([0xEE; 300]);
        assert!(refusal(&bytes).contains("nothing behind it"), "{minor}: {}", refusal(&bytes));
    }
}
