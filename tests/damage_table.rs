//! What remains of whole traces after every kind of damage, here and in Go's own tool. Prints a table:
//!
//! `TRACELANE_GO_TRACE=/path/to/trace cargo test -p trace-core --release --test damage_table -- --ignored --nocapture`
//!
//! (`trace` is the program of `go build cmd/trace`; without it its columns stay empty.)

#![expect(clippy::expect_used, reason = "a test ends where something is missing")]
#![expect(clippy::print_stdout, reason = "the table is what it is for")]

#[path = "support/batches.rs"]
mod batches;
#[path = "support/folder.rs"]
mod folder;

use std::fs;
use std::process::Command;

use trace_core::base::monitor::Monitor;
use trace_core::load::load_bytes;
use trace_core::wire::v2::spec;

use batches::{HEADER_BYTES, Item, Random, items};

/// How often each kind of damage is done to each trace.
const ROUNDS: u64 = 12;
/// The traces: several generations with and without end marks, CPU samples, and the old format.
const TRACES: [&str; 4] = ["generations-go1.25", "generations-go1.27", "cpuprofile-go1.27", "httpserver-go1.21"];

type Damage = fn(&[u8], &mut Random) -> Option<Vec<u8>>;

const KINDS: [(&str, Damage); 15] = [
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
    ("times out of order", |bytes, random| {
        let count = v2(bytes)?.iter().filter(|item| matches!(item, Item::Events(_))).count();
        let (chosen, mut seen) = (random.below(count), 0);
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

/// How many events Go's tool prints, and whether it comes to the end without an error.
fn go(bytes: &[u8]) -> Option<(u64, bool)> {
    let tool = std::env::var_os("TRACELANE_GO_TRACE")?;
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), bytes).expect("room");
    let output = Command::new(tool).arg("-d=parsed").arg(file.path()).output().expect("it runs");
    let events = output.stdout.split(|&byte| byte == b'\n').filter(|line| line.starts_with(b"M=")).count();
    Some((events as u64, output.status.success()))
}

fn events(bytes: &[u8]) -> Option<(u64, bool)> {
    let trace = load_bytes(bytes, &Monitor::new(), &mut |_| {}).ok()?;
    Some((trace.totals().events, !trace.warnings().is_empty()))
}

fn percent(part: &[f64]) -> String {
    let mut part = part.to_vec();
    part.sort_by(f64::total_cmp);
    match (part.first(), part.get(part.len() / 2)) {
        (Some(least), Some(middle)) => format!("{:.0} ({:.0})", 100.0 * middle, 100.0 * least),
        _ => "–".to_owned(),
    }
}

#[test]
#[ignore = "prints a table, and asks Go's tool a thousand times"]
fn table_of_damage() {
    println!(
        "| damage | trace | opens | told | events, % of the whole: median (least) | Go: no error | Go: events, % |"
    );
    println!("|--|--|--|--|--|--|--|");
    for (kind, damage) in KINDS {
        for name in TRACES {
            let path = folder::traces("real").into_iter().find(|path| path.ends_with(format!("{name}.trace")));
            let bytes = fs::read(path.expect("a fixture")).expect("a fixture");
            let whole = events(&bytes).expect("a whole trace").0 as f64;
            let go_whole = go(&bytes).map(|(events, _)| events as f64);
            let (mut opens, mut told, mut rounds, mut clean) = (0, 0, 0, 0);
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for round in 0..ROUNDS {
                let Some(broken) = damage(&bytes, &mut Random(round * 7_919 + 1)) else { break };
                rounds += 1;
                let found = events(&broken);
                opens += u32::from(found.is_some());
                told += u32::from(found.is_none_or(|found| found.1));
                ours.push(found.map_or(0.0, |found| found.0 as f64 / whole));
                if let (Some((events, is_clean)), Some(go_whole)) = (go(&broken), go_whole) {
                    clean += u32::from(is_clean);
                    theirs.push(events as f64 / go_whole.max(1.0));
                }
            }
            if rounds > 0 {
                let (ours, theirs) = (percent(&ours), percent(&theirs));
                println!(
                    "| {kind} | {name} | {opens}/{rounds} | {told}/{rounds} | {ours} | {clean}/{rounds} | {theirs} |"
                );
                assert_eq!(opens, rounds, "{kind}, {name}");
            }
        }
    }
}
