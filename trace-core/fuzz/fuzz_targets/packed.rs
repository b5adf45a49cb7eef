//! Packed files and archives of any kind, and traces changed by tools for text.
#![no_main]

use std::io::Read;

use libfuzzer_sys::fuzz_target;
use trace_core::base::limits::Limits;
use trace_core::input::sniff;
use trace_core::input::source::Source;

fuzz_target!(|data: &[u8]| {
    let limits = Limits { unpack_free: 1 << 20, unpack_ratio: 100 };
    let mut unpacked = Vec::new();
    drop(Source::packed(data, limits).reader.read_to_end(&mut unpacked));
    drop(sniff::describe(&unpacked));
    // The check comes before a read, and three packings may lie inside each other.
    let most = (1 << 20) + 100 * (1 << 20) + 101 * data.len();
    assert!(unpacked.len() <= most, "{} bytes became {}", data.len(), unpacked.len());
});
