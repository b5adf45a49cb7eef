//! The kinds of damage that traces meet, done to whole ones.

use trace_core::wire::v2::spec;

use crate::batches::{self, HEADER_BYTES, Item, items};
use crate::random::Random;

/// A way to damage a trace; `None` if it cannot be done to this one.
pub(crate) type Damage = fn(&[u8], &mut Random) -> Option<Vec<u8>>;

/// The kinds of damage, by name.
pub(crate) const KINDS: [(&str, Damage); 17] = [
    ("cut anywhere", |bytes, random| Some(bytes[..place(bytes, random)].to_vec())),
    ("last byte cut", |bytes, _| Some(bytes[..bytes.len() - 1].to_vec())),
    ("one byte changed", |bytes, random| changed(bytes, random, 1, |byte, random| byte ^ mask(random))),
    ("five bits flipped", |bytes, random| changed(bytes, random, 5, |byte, random| byte ^ (1 << random.below(8)))),
    ("512 bytes zeroed", |bytes, random| {
        let (mut bytes, at) = (bytes.to_vec(), place(bytes, random));
        let end = (at + 512).min(bytes.len());
        bytes[at..end].fill(0);
        Some(bytes)
    }),
    ("7 bytes inserted", |bytes, random| Some(inserted(bytes, random, &[0xde, 0xad, 0xbe, 0xef, 0xfe, 0xed, 0x0a]))),
    ("text mixed in", |bytes, random| Some(inserted(bytes, random, b"2026/01/02 03:04:05 listening on :8080\n"))),
    ("two joined", |bytes, _| Some([bytes, bytes].concat())),
    ("generation missing", |bytes, random| {
        let last = v2(bytes)?.iter().filter_map(generation_of).max()?;
        let lost = 2 + random.below(usize::try_from(last.checked_sub(2)?).ok()?) as u64;
        without(bytes, |item, now| generation_of(item).unwrap_or(now) == lost)
    }),
    ("strings missing", |bytes, _| without(bytes, |item, _| table(item) == Some(spec::STRINGS))),
    ("strings twice", |bytes, _| doubled(bytes, spec::STRINGS)),
    ("stacks missing", |bytes, _| without(bytes, |item, _| table(item) == Some(spec::STACKS))),
    ("stacks twice", |bytes, _| doubled(bytes, spec::STACKS)),
    ("unknown stack on a sample", |bytes, _| {
        let mut found = false;
        let out = rebuilt(bytes, |item, out| {
            let mut copy = item.to_vec();
            if kind_of(item) == Some(spec::CPU_SAMPLES) {
                found = true;
                // The last number of the last sample.
                *copy.last_mut().expect("a batch") = 0x7f;
            }
            out.extend_from_slice(&copy);
        })?;
        found.then_some(out)
    }),
    ("batch missing", |bytes, random| {
        let chosen = any_batch(bytes, random)?;
        let mut seen = 0;
        without(bytes, |item, _| {
            seen += usize::from(matches!(item, Item::Events(_)));
            matches!(item, Item::Events(_)) && seen == chosen + 1
        })
    }),
    ("batch of another generation", |bytes, random| {
        let (chosen, mut seen) = (any_batch(bytes, random)?, 0);
        let mut out = bytes[..HEADER_BYTES].to_vec();
        for item in items(bytes) {
            match item {
                Item::Events(mut batch) => {
                    batch.generation ^= if seen == chosen { 16 } else { 0 };
                    seen += 1;
                    batch.write(&mut out);
                }
                Item::Other(other) => out.extend_from_slice(&other),
            }
        }
        Some(out)
    }),
    ("times out of order", |bytes, random| {
        let (chosen, mut seen) = (any_batch(bytes, random)?, 0);
        let mut out = bytes[..HEADER_BYTES].to_vec();
        for item in items(bytes) {
            match item {
                Item::Events(mut batch) => {
                    batch.ticks -= if seen == chosen { 100_000 } else { 0 };
                    seen += 1;
                    batch.write(&mut out);
                }
                Item::Other(other) => out.extend_from_slice(&other),
            }
        }
        Some(out)
    }),
];

fn place(bytes: &[u8], random: &mut Random) -> usize {
    HEADER_BYTES + 1 + random.below(bytes.len() - HEADER_BYTES - 1)
}

fn mask(random: &mut Random) -> u8 {
    u8::try_from(1 + random.below(255)).expect("a byte")
}

fn changed(bytes: &[u8], random: &mut Random, times: u32, change: fn(u8, &mut Random) -> u8) -> Option<Vec<u8>> {
    let mut bytes = bytes.to_vec();
    for _ in 0..times {
        let at = place(&bytes, random);
        bytes[at] = change(bytes[at], random);
    }
    Some(bytes)
}

fn inserted(bytes: &[u8], random: &mut Random, more: &[u8]) -> Vec<u8> {
    let at = place(bytes, random);
    [&bytes[..at], more, &bytes[at..]].concat()
}

/// The parts of a trace of the newer format.
fn v2(bytes: &[u8]) -> Option<Vec<Item>> {
    (bytes[..7] > b"go 1.21"[..]).then(|| items(bytes))
}

fn generation_of(item: &Item) -> Option<u64> {
    match item {
        Item::Events(batch) => Some(batch.generation),
        Item::Other(other) if other[0] == spec::EVENT_BATCH => Some(batches::uvarint(other, &mut 1)),
        Item::Other(_) => None,
    }
}

/// The kind of a batch that holds a table.
fn kind_of(other: &[u8]) -> Option<u8> {
    if other[0] != spec::EVENT_BATCH {
        return None;
    }
    let mut at = 1;
    for _ in 0..4 {
        batches::uvarint(other, &mut at);
    }
    other.get(at).copied()
}

fn table(item: &Item) -> Option<u8> {
    match item {
        Item::Other(other) => kind_of(other),
        Item::Events(_) => None,
    }
}

/// The trace without some parts; the test is given the generation that a part lies in.
fn without(bytes: &[u8], mut is_lost: impl FnMut(&Item, u64) -> bool) -> Option<Vec<u8>> {
    let (mut out, mut now) = (bytes[..HEADER_BYTES].to_vec(), 0);
    for item in v2(bytes)? {
        now = generation_of(&item).unwrap_or(now);
        if !is_lost(&item, now) {
            match item {
                Item::Events(batch) => batch.write(&mut out),
                Item::Other(other) => out.extend_from_slice(&other),
            }
        }
    }
    Some(out)
}

fn rebuilt(bytes: &[u8], mut write: impl FnMut(&[u8], &mut Vec<u8>)) -> Option<Vec<u8>> {
    let mut out = bytes[..HEADER_BYTES].to_vec();
    for item in v2(bytes)? {
        match item {
            Item::Events(batch) => batch.write(&mut out),
            Item::Other(other) => write(&other, &mut out),
        }
    }
    Some(out)
}

fn doubled(bytes: &[u8], kind: u8) -> Option<Vec<u8>> {
    rebuilt(bytes, |other, out| {
        out.extend_from_slice(other);
        if kind_of(other) == Some(kind) {
            out.extend_from_slice(other);
        }
    })
}

/// The number of a batch of events, among those.
fn any_batch(bytes: &[u8], random: &mut Random) -> Option<usize> {
    let count = v2(bytes)?.iter().filter(|item| matches!(item, Item::Events(_))).count();
    Some(random.below(count))
}
