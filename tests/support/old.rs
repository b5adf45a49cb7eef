//! Writes traces in the format of Go 1.11 to 1.21, event by event.

use trace_core::wire::text::push_uvarint;
use trace_core::wire::v1::spec;

/// A trace of this version (NN of `go 1.NN trace`), with nothing in it.
pub(crate) fn header(version: u32) -> Vec<u8> {
    format!("go 1.{version} trace\0\0\0").into_bytes()
}

/// What follows is of this proc, from this time on.
pub(crate) fn batch(out: &mut Vec<u8>, proc: u64, ticks: u64) {
    event(out, spec::BATCH, &[proc, ticks]);
}

/// An event with its numbers, the first of which is mostly the ticks since the event before.
pub(crate) fn event(out: &mut Vec<u8>, kind: u8, numbers: &[u64]) {
    let mut body = Vec::new();
    numbers.iter().for_each(|&number| push_uvarint(&mut body, number));
    let count = u8::try_from(numbers.len() - 1).expect("a few").min(3);
    out.push(kind | count << 6);
    if count == 3 {
        push_uvarint(out, body.len() as u64);
    }
    out.extend_from_slice(&body);
}
