//! The formats of Go 1.11 to 1.21.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::base::monitor::Monitor;
use trace_core::order::check::Checker;
use trace_core::order::v1::order_v1;
use trace_core::order::v1::style::Style;
use trace_core::wire::opening::{Opened, open};

fuzz_target!(|data: &[u8]| {
    let whole = [b"go 1.21 trace\0\0\0", data].concat();
    let Ok(Opened::V1(recording)) = open(whole.as_slice(), &mut |_, _, _| {}) else {
        panic!("the header is sound");
    };
    for style in [Style::Reference, Style::Model] {
        let mut checker = Checker::without_threads();
        order_v1(&recording, style, &Monitor::new(), &mut |_, _, _| {}, &mut checker).expect("nothing stops it");
        assert!(checker.events() <= 4 * whole.len() as u64 + 2);
    }
});
