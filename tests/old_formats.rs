//! Traces of formats that no toolchain at hand writes any more, recorded from servers built long ago.

#![expect(clippy::expect_used, reason = "a test ends where something is missing")]

#[path = "support/fixtures.rs"]
mod fixtures;

use std::fs;
use std::io::Read;

use trace_core::base::monitor::Monitor;
use trace_core::export::reference::dump;
use trace_core::input::source::Source;
use trace_core::load::load_bytes;

#[test]
fn a_trace_of_go_1_19_is_what_go_says() {
    let folder = fixtures::data().join("old");
    let bytes = fs::read(folder.join("prometheus-go1.19.trace")).expect("a fixture");
    assert!(bytes.starts_with(b"go 1.19 trace"));
    let packed = fs::File::open(folder.join("prometheus-go1.19.parsed.txt.gz")).expect("what Go says");
    let mut said = Vec::new();
    flate2::read::GzDecoder::new(packed).read_to_end(&mut said).expect("packed well");
    let (mut out, mut warnings) = (Vec::new(), 0);
    dump(Source::bytes(&bytes), &mut out, &Monitor::new(), &mut |_, _, _| warnings += 1).expect("a trace");
    assert!(out == said, "{} bytes against {} of Go's", out.len(), said.len());
    assert_eq!(warnings, 0);
    let trace = load_bytes(&bytes, &Monitor::new(), &mut |_| {}).expect("a trace");
    assert_eq!((trace.totals().version, trace.warnings().len()), (19, 0));
    assert!(trace.goroutine_count() > 20 && trace.proc_count() > 0);
}
