//! Payloads behind sound batch headers, so that the tables, the events and their order are reached. The
//! first byte picks the version, then each batch takes a byte for thread and time, one for its length.
#![no_main]

use libfuzzer_sys::fuzz_target;
use trace_core::base::monitor::Monitor;
use trace_core::order::check::Checker;
use trace_core::order::generation::order_generation;
use trace_core::order::sched_state::SchedState;
use trace_core::wire::text::push_uvarint;
use trace_core::wire::v2::reader::GenerationReader;
use trace_core::wire::v2::tables::Tables;

fn trace(data: &[u8]) -> Vec<u8> {
    let (version, mut rest) = data.split_first().unwrap_or((&0, &[]));
    let version = [2, 3, 5, 6][usize::from(version % 4)];
    let mut out = format!("go 1.2{version} trace\0\0\0").into_bytes();
    let (mut generation, mut ticks) = (1, 1_000);
    let clock: &[u8] = if version < 5 { &[8, 128, 8] } else { &[50, 8, 128, 8, 51, 0, 1, 1, 1] };
    batch(&mut out, generation, u64::MAX, ticks, clock);
    while let [place, len, tail @ ..] = rest {
        let payload = &tail[..usize::from(*len).min(tail.len())];
        rest = &tail[payload.len()..];
        if *place == 255 {
            if version == 6 {
                out.push(52);
            }
            generation += 1;
            batch(&mut out, generation, u64::MAX, ticks, clock);
        }
        ticks += u64::from(place >> 2);
        batch(&mut out, generation, u64::from(place & 3), ticks, payload);
    }
    if version == 6 {
        out.push(52);
    }
    out
}

fn batch(out: &mut Vec<u8>, generation: u64, thread: u64, ticks: u64, payload: &[u8]) {
    out.push(1);
    for number in [generation, thread, ticks, payload.len() as u64] {
        push_uvarint(out, number);
    }
    out.extend_from_slice(payload);
}

fuzz_target!(|data: &[u8]| {
    let whole = trace(data);
    let mut warnings = 0;
    let mut reader = GenerationReader::new(whole.as_slice(), &mut |_, _, _| warnings += 1).expect("a trace");
    let mut sched = SchedState::new(true);
    let mut checker = Checker::default();
    while let Some(generation) = reader.next_generation(&mut |_, _, _| warnings += 1).expect("no disk, no error") {
        let tables = Tables::parse(&generation, None, &mut |_, _, _| warnings += 1);
        let mut warn = |_, _, _| warnings += 1;
        order_generation(&mut sched, &generation, &tables, &Monitor::new(), &mut warn, &mut checker)
            .expect("nothing stops it");
    }
    if warnings == 0 {
        assert!(checker.faults().is_empty(), "{:?}", checker.faults());
    }
});
