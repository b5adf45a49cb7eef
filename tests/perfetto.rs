//! A trace for Perfetto, decoded again: its sums are those of the model. (When this was written, Perfetto's own protos and
//! its trace processor were asked, too.)

use std::collections::BTreeMap;
use std::fs;

use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::event::state::GoState;
use trace_core::export::perfetto::write;
use trace_core::load::load_bytes;
use trace_core::model::lanes::LaneId;

use crate::fixtures;

/// The fields of a message: number, value of a number, bytes of anything else.
fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let (mut value, mut shift) = (0, 0);
        loop {
            let (first, rest) = bytes.split_first().expect("a byte");
            *bytes = rest;
            value |= u64::from(first & 0x7f) << shift;
            shift += 7;
            if first & 0x80 == 0 {
                return value;
            }
        }
    }
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let (value, part) = match tag & 7 {
            0 => (varint(&mut bytes), &bytes[..0]),
            1 => {
                let (number, rest) = bytes.split_at(8);
                bytes = rest;
                (u64::from_le_bytes(number.try_into().expect("eight")), &bytes[..0])
            }
            2 => {
                let length = varint(&mut bytes) as usize;
                let (part, rest) = bytes.split_at(length);
                bytes = rest;
                (0, part)
            }
            other => panic!("wire type {other}"),
        };
        found.push((tag >> 3, value, part));
    }
    found
}

#[derive(Default)]
struct Decoded {
    /// Names of tracks.
    tracks: BTreeMap<u64, String>,
    /// Nanoseconds by category and name of slices.
    sums: BTreeMap<(String, String), u64>,
    instants: BTreeMap<String, u64>,
    begun_flows: Vec<u64>,
    ended_flows: Vec<u64>,
    counters: u64,
}

fn decoded(bytes: &[u8]) -> Decoded {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
    let mut all = Decoded::default();
    let mut open: BTreeMap<u64, Vec<(u64, String, String)>> = BTreeMap::new();
    for (_, _, packet) in fields(bytes) {
        let packet = fields(packet);
        let number = |field: u64| packet.iter().find(|known| known.0 == field).map_or(0, |known| known.1);
        if let Some((_, _, track)) = packet.iter().find(|known| known.0 == 60) {
            let track = fields(track);
            all.tracks.insert(track[0].1, text(track[1].2));
        }
        let Some((_, _, event)) = packet.iter().find(|known| known.0 == 11) else { continue };
        let event = fields(event);
        let of = |field: u64| event.iter().find(|known| known.0 == field).copied().unwrap_or_default();
        let (track, time) = (of(11).1, number(8));
        assert!(all.tracks.contains_key(&track), "track {track}");
        match of(9).1 {
            1 => open.entry(track).or_default().push((time, text(of(22).2), text(of(23).2))),
            2 => {
                let (start, category, name) = open.get_mut(&track).and_then(Vec::pop).expect("a slice");
                *all.sums.entry((category, name)).or_default() += time - start;
            }
            3 => *all.instants.entry(text(of(23).2)).or_default() += 1,
            _ => all.counters += 1,
        }
        all.begun_flows.extend(event.iter().filter(|field| field.0 == 47).map(|field| field.1));
        all.ended_flows.extend(event.iter().filter(|field| field.0 == 48).map(|field| field.1));
    }
    assert!(open.values().all(Vec::is_empty), "every slice ends");
    all
}

#[test]
fn its_sums_are_those_of_the_model() {
    for name in ["httpserver-go1.27.trace", "cpuprofile-go1.27.trace", "gc-4procs-go1.27.trace", "tasks-go1.21.trace"] {
        let bytes = fs::read(fixtures::data().join("real").join(name)).expect("the trace");
        let trace = load_bytes(&bytes, &Monitor::new(), &mut |_| {}).expect("a trace");
        let mut out = Vec::new();
        write(&trace, trace.range(), &mut out).expect("written");
        let all = decoded(&out);
        let mut states: BTreeMap<&str, u64> = BTreeMap::new();
        for at in 0..trace.goroutine_count() {
            for span in trace.spans(LaneId::Goroutine(GoroutineIdx(at)), trace.range()) {
                if !matches!(span.state, GoState::Unknown | GoState::Dead) {
                    *states.entry(span.state.name()).or_default() += span.range.nanos().unsigned_abs();
                }
            }
        }
        let of = |category: &str| -> BTreeMap<&str, u64> {
            let found = all.sums.iter().filter(|((known, _), _)| known == category);
            found.map(|((_, name), sum)| (name.as_str(), *sum)).collect()
        };
        assert_eq!(of("state"), states, "{name}");
        let regions: u64 = trace.all_regions().iter().map(|region| region.range.nanos().unsigned_abs()).sum();
        assert_eq!(of("region").values().sum::<u64>(), regions, "{name}");
        assert_eq!(all.begun_flows, all.ended_flows, "{name}");
        assert_eq!(all.instants.get("wakeup").copied().unwrap_or(0), all.begun_flows.len() as u64, "{name}");
        assert_eq!(all.instants.get("CPU sample").copied().unwrap_or(0), trace.all_samples().len() as u64, "{name}");
        assert!(all.counters > 0 && all.tracks.values().any(|track| track.starts_with("G1 ")), "{name}");
    }
}
