//! Span files of every format, and the ids in texts.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::base::monitor::Monitor;
use trace_core::input::source::Source;
use trace_core::session::pattern::Patterns;
use trace_core::session::{Content, Input, build};
use trace_core::spans::{is_span_file, read};

fuzz_target!(|data: &[u8]| {
    let _is_one = is_span_file(data);
    let patterns = Patterns::default();
    drop(patterns.in_log("traceparent", data));
    drop(patterns.in_log("b3", data));
    drop(patterns.in_text(&String::from_utf8_lossy(data)));
    let Ok(file) = read(Source::bytes(data), &Monitor::new()) else { return };
    assert!(file.spans.iter().all(|span| span.nanos >= 0 && span.start > 0));
    let content = Content::Spans(file.into());
    let input = Input { file: "spans".to_owned(), name: None, offset: None, content };
    drop(build(vec![input], &patterns, &Monitor::new()));
});
