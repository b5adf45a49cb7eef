//! The formats of Go 1.22 and newer. The first byte picks the version.
#![no_main]

mod mutate;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use trace_core::base::monitor::Monitor;
use trace_core::export::reference::dump;
use trace_core::input::source::Source;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::mutate(data, size, max_size, seed, 1)
});

fuzz_target!(|data: &[u8]| {
    let Some((version, body)) = data.split_first() else { return };
    let header = format!("go 1.2{} trace\0\0\0", [2, 3, 5, 6][usize::from(version % 4)]);
    let whole = [header.as_bytes(), body].concat();
    dump(Source::bytes(&whole), &mut std::io::sink(), &Monitor::new(), &mut |_, _, _| {}).expect("nothing stops it");
});
