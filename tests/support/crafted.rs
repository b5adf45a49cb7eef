//! Traces that no program writes: very many things of a few bytes each.

/// An event: the thread's proc stops, at once.
pub(crate) const PROC_STOP: [u8; 2] = [11, 0];

/// A number as the format has it.
fn number(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

fn batch(out: &mut Vec<u8>, generation: u64, thread: u64, payload: &[u8]) {
    out.push(1);
    for value in [generation, thread, 1_000 + generation, payload.len() as u64] {
        number(out, value);
    }
    out.extend_from_slice(payload);
}

/// An event: an idle proc of the thread's number.
pub(crate) fn own_proc(thread: u64) -> Vec<u8> {
    let mut out = vec![13, 0];
    number(&mut out, thread);
    out.push(2);
    out
}

/// An event: the thread runs a goroutine of its own number.
pub(crate) fn own_goroutine(thread: u64) -> Vec<u8> {
    let mut out = vec![25, 0];
    number(&mut out, thread + 1);
    number(&mut out, thread);
    out.push(2);
    out
}

/// A generation of so many threads, each with a batch of its own, of one event.
pub(crate) fn threads(count: u64, event: impl Fn(u64) -> Vec<u8>) -> Vec<u8> {
    let mut out = b"go 1.26 trace\0\0\0".to_vec();
    for thread in 0..count {
        batch(&mut out, 1, thread, &event(thread));
    }
    out.push(52);
    out
}

/// So many generations, each with a batch of nothing.
pub(crate) fn generations(count: u64) -> Vec<u8> {
    let mut out = b"go 1.26 trace\0\0\0".to_vec();
    for generation in 1..=count {
        batch(&mut out, generation, 1, &[]);
        out.push(52);
    }
    out
}
