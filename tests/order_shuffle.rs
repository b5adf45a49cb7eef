//! The order of events does not hang on how the file is cut: batches of different threads may lie in any
//! order within their generation, and may be of any size.

use std::collections::VecDeque;
use std::fs;

use trace_core::base::monitor::Monitor;
use trace_core::export::reference::dump;
use trace_core::input::source::Source;
use trace_core::wire::v2::spec::Shape;

use crate::batches::{Batch, HEADER_BYTES, Item, items, uvarint};
use crate::folder;
use crate::random::Random;

/// Larger traces take long and show nothing else.
const MAX_BYTES: usize = 100_000;

/// The same events in several batches.
fn split(batch: &Batch, random: &mut Random) -> Vec<Batch> {
    let (mut parts, mut at, mut ticks) = (Vec::new(), 0, batch.ticks);
    let mut part = Batch { payload: Vec::new(), ..batch.clone() };
    while at < batch.payload.len() {
        let start = at;
        let args = Shape::of(batch.payload[at]).args;
        at += 1;
        ticks += uvarint(&batch.payload, &mut at);
        for _ in 0..args {
            uvarint(&batch.payload, &mut at);
        }
        part.payload.extend_from_slice(&batch.payload[start..at]);
        if random.below(20) == 0 {
            let next = Batch { ticks, payload: Vec::new(), ..batch.clone() };
            parts.push(std::mem::replace(&mut part, next));
        }
    }
    parts.push(part);
    parts
}

/// The same trace, its batches of events split, and those of different threads in another order: where
/// `keeps_first` is set, the first ones of the threads keep theirs, which is what decides between events of
/// the same time.
fn shuffled(bytes: &[u8], random: &mut Random, keeps_first: bool) -> Vec<u8> {
    let mut out = bytes[..HEADER_BYTES].to_vec();
    let mut waiting: Vec<VecDeque<Batch>> = Vec::new();
    for item in items(bytes) {
        match item {
            Item::Events(batch) => {
                let parts = split(&batch, random);
                match waiting.iter_mut().find(|queue| queue[0].thread == batch.thread) {
                    Some(queue) => queue.extend(parts),
                    None => waiting.push(parts.into()),
                }
            }
            Item::Other(other) => {
                write_shuffled(&mut waiting, random, keeps_first, &mut out);
                out.extend_from_slice(&other);
            }
        }
    }
    write_shuffled(&mut waiting, random, keeps_first, &mut out);
    out
}

fn write_shuffled(waiting: &mut Vec<VecDeque<Batch>>, random: &mut Random, keeps_first: bool, out: &mut Vec<u8>) {
    if keeps_first {
        waiting.iter_mut().filter_map(VecDeque::pop_front).for_each(|batch| batch.write(out));
    }
    waiting.retain(|queue| !queue.is_empty());
    while !waiting.is_empty() {
        let place = random.below(waiting.len());
        if let Some(batch) = waiting[place].pop_front() {
            batch.write(out);
        }
        waiting.retain(|queue| !queue.is_empty());
    }
}

/// The dump and how many warnings came with it.
fn told(bytes: &[u8]) -> (String, u64) {
    let (mut out, mut warnings) = (Vec::new(), 0);
    dump(Source::bytes(bytes), &mut out, &Monitor::new(), &mut |_, _, _| warnings += 1).expect("it can be printed");
    (String::from_utf8_lossy(&out).into_owned(), warnings)
}

/// Lines without times, in the order of the alphabet.
fn sorted(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| line.split(' ').filter(|word| !word.starts_with("Time=")).collect::<Vec<_>>().join(" "))
        .collect();
    lines.sort_unstable();
    lines
}

#[test]
fn batches_may_be_cut_and_mixed_in_any_way() {
    let mut tried = 0;
    for path in folder::traces("real") {
        let bytes = fs::read(&path).expect("a fixture");
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        if bytes.len() > MAX_BYTES || name.ends_with("1.21") {
            continue;
        }
        let mut random = Random(bytes.len() as u64);
        let (text, warnings) = told(&bytes);
        let other = shuffled(&bytes, &mut random, true);
        assert!(other != bytes, "{name} is as before");
        let (same, more) = told(&other);
        assert_eq!(more, warnings, "{name}");
        assert!(same == text, "{name}: the order changed");
        let (mixed, more) = told(&shuffled(&bytes, &mut random, false));
        assert_eq!(more, warnings, "{name}");
        assert!(sorted(&mixed) == sorted(&text), "{name}: the events changed");
        tried += 1;
    }
    assert!(tried > 30, "{tried}");
}
