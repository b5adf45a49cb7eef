//! The text form, both ways.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::wire::text::{from_binary, to_binary};

fuzz_target!(|data: &[u8]| {
    drop(from_binary(data));
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(bytes) = to_binary(text) else { return };
    // What one writes the other reads, unless a stack has more frames than it may.
    if let Ok(printed) = from_binary(&bytes)
        && printed.unreadable_from.is_none()
    {
        assert_eq!(to_binary(&printed.text).expect("its own text"), bytes);
    }
});
