//! Changes to traces of Go 1.22 and newer that leave the headers of their batches, and most of their events, sound:
//! what is behind the decoder is seldom reached by bytes flipped at random.

use libfuzzer_sys::fuzzer_mutate;
use trace_core::input::cursor::uvarint;
use trace_core::wire::text::push_uvarint;
use trace_core::wire::v2::spec::{END_OF_GENERATION, EVENT_BATCH, NOT_TIMED, Shape};

/// Bytes that the payload of a table may grow by.
const GROWTH: usize = 64;

/// Changes `data[..size]`, of which `head` bytes come before the first batch; the new size, at most `max`.
pub fn mutate(data: &mut [u8], size: usize, max: usize, seed: u32, head: usize) -> usize {
    let mut dice = Dice(u64::from(seed) << 1 | 1);
    let mut parts = data.get(head..size).map(split).unwrap_or_default();
    if parts.len() < 2 || dice.below(3) == 0 {
        return fuzzer_mutate(data, size, max);
    }
    for _ in 0..=dice.below(4) {
        change(&mut parts, &mut dice);
    }
    let out = join(&parts);
    match data.get_mut(head..head + out.len()) {
        Some(place) if head + out.len() <= max => {
            place.copy_from_slice(&out);
            head + out.len()
        }
        _ => fuzzer_mutate(data, size, max),
    }
}

/// Numbers at random (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) % bound.max(1) as u64) as usize
    }
}

#[derive(Clone)]
enum Part {
    /// Generation, thread, ticks; events, and what comes after those that can be read.
    Batch { ids: [u64; 3], events: Vec<Event>, rest: Vec<u8> },
    /// The mark that ends a generation, or the bytes behind the last batch.
    Other(Vec<u8>),
}

/// A code, the time since the event before, arguments.
#[derive(Clone)]
struct Event {
    code: u8,
    numbers: Vec<u64>,
}

fn number(bytes: &mut &[u8]) -> Option<u64> {
    let (value, len) = uvarint(bytes)?;
    *bytes = bytes.get(len..)?;
    Some(value)
}

fn split(mut bytes: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    while let Some((&first, mut rest)) = bytes.split_first() {
        let ids = (first == EVENT_BATCH).then(|| [(); 4].map(|()| number(&mut rest).unwrap_or(u64::MAX)));
        match ids {
            Some([generation, thread, ticks, len]) if len <= rest.len() as u64 => {
                let (payload, after) = rest.split_at(len as usize);
                let (events, rest) = split_events(payload);
                parts.push(Part::Batch { ids: [generation, thread, ticks], events, rest });
                bytes = after;
            }
            None if first == END_OF_GENERATION => {
                parts.push(Part::Other(vec![first]));
                bytes = rest;
            }
            _ => {
                parts.push(Part::Other(bytes.to_vec()));
                break;
            }
        }
    }
    parts
}

fn split_events(mut bytes: &[u8]) -> (Vec<Event>, Vec<u8>) {
    let mut events = Vec::new();
    while let Some((&code, mut rest)) = bytes.split_first()
        && let args = Shape::of(code).args
        && args != NOT_TIMED
        && let Some(numbers) = (0..=args).map(|_| number(&mut rest)).collect()
    {
        events.push(Event { code, numbers });
        bytes = rest;
    }
    (events, bytes.to_vec())
}

fn join(parts: &[Part]) -> Vec<u8> {
    let mut out = Vec::new();
    for part in parts {
        match part {
            Part::Other(bytes) => out.extend(bytes),
            Part::Batch { ids, events, rest } => {
                let mut payload = Vec::new();
                for event in events {
                    payload.push(event.code);
                    event.numbers.iter().for_each(|&number| push_uvarint(&mut payload, number));
                }
                payload.extend(rest);
                out.push(EVENT_BATCH);
                ids.iter().for_each(|&id| push_uvarint(&mut out, id));
                push_uvarint(&mut out, payload.len() as u64);
                out.extend(payload);
            }
        }
    }
    out
}

/// One change to a batch, or to where it lies.
fn change(parts: &mut Vec<Part>, dice: &mut Dice) {
    let (at, other) = (dice.below(parts.len()), dice.below(parts.len()));
    let (donor, other_ids) = match parts.get(other) {
        Some(Part::Batch { ids, events, .. }) => (events.get(dice.below(events.len())).cloned(), *ids),
        _ => (None, [1; 3]),
    };
    match dice.below(24) {
        0 => drop(parts.remove(at)),
        1 => parts.insert(other, parts[at].clone()),
        2 => parts.swap(at, other),
        what => match &mut parts[at] {
            Part::Other(bytes) => mutate_bytes(bytes),
            Part::Batch { ids, .. } if what < 6 => {
                let which = dice.below(3);
                ids[which] = near(ids[which], other_ids[which], dice);
            }
            Part::Batch { events, rest, .. } if events.is_empty() => mutate_bytes(rest),
            Part::Batch { events, .. } => change_events(events, donor, dice),
        },
    }
    if parts.is_empty() {
        parts.push(Part::Other(Vec::new()));
    }
}

fn change_events(events: &mut Vec<Event>, donor: Option<Event>, dice: &mut Dice) {
    let (at, to) = (dice.below(events.len()), dice.below(events.len()));
    match (dice.below(8), donor) {
        (0, _) => drop(events.remove(at)),
        (1, _) => events.insert(to, events[at].clone()),
        (2, _) => events.swap(at, to),
        (3, Some(donor)) => events.insert(at, donor),
        (4, _) => {
            let code = dice.below(64) as u8;
            let args = Shape::of(code).args;
            if args != NOT_TIMED {
                events[at].code = code;
                events[at].numbers.resize(usize::from(args) + 1, 1);
            }
        }
        (_, donor) => {
            let numbers = &mut events[at].numbers;
            let which = dice.below(numbers.len());
            let model = donor.and_then(|donor| donor.numbers.get(which).copied());
            numbers[which] = near(numbers[which], model.unwrap_or(0), dice);
        }
    }
}

/// A number like `value`, or like `other`, or at an edge.
fn near(value: u64, other: u64, dice: &mut Dice) -> u64 {
    match dice.below(8) {
        0 => value.wrapping_add(1),
        1 => value.wrapping_sub(1),
        2 => 0,
        3 => 1 << dice.below(64),
        4 => u64::MAX - dice.below(3) as u64,
        5 => dice.below(64) as u64,
        _ => other,
    }
}

fn mutate_bytes(bytes: &mut Vec<u8>) {
    let len = bytes.len();
    bytes.resize(len + GROWTH, 0);
    let new = fuzzer_mutate(bytes, len, len + GROWTH);
    bytes.truncate(new);
}
