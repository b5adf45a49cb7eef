//! Traces damaged at random, from fixed seeds: whatever happens to the bytes, what remains is read, in
//! bounds of memory, without a panic. `TRACELANE_DAMAGE_ROUNDS` sets how often each trace is damaged.

#![expect(clippy::expect_used, reason = "a test ends where something is missing")]
#![expect(clippy::print_stdout, reason = "a test that fails shows what it did")]

#[path = "support/folder.rs"]
mod folder;
#[path = "support/invariants.rs"]
mod invariants;

use std::fs;
use std::ops::Range;

use peak_alloc::PeakAlloc;
use trace_core::base::monitor::Monitor;
use trace_core::export::reference::dump;
use trace_core::input::source::Source;
use trace_core::load::load_bytes;
use trace_core::wire::text::from_binary;

/// Larger traces take long and show nothing else.
const MAX_BYTES: usize = 60_000;
/// What an event may take as text, at most, in the dump: a stack of 128 frames with long names.
const MAX_TEXT_PER_BYTE: usize = 100_000;

/// The same numbers everywhere.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits") % end.max(1)
    }

    fn byte(&mut self) -> u8 {
        u8::try_from(self.below(256)).expect("a byte")
    }

    /// A stretch of at most `longest` bytes of `len`.
    fn stretch(&mut self, len: usize, longest: usize) -> Range<usize> {
        let start = self.below(len);
        start..(start + 1 + self.below(longest)).min(len)
    }
}

/// Damages bytes in one of many ways, mostly behind the header; says how.
fn damage(bytes: &mut Vec<u8>, random: &mut Random) -> String {
    let len = bytes.len();
    let kind = random.below(10);
    let place = if random.below(20) == 0 { random.below(len) } else { 16 + random.below(len - 16) };
    match kind {
        0 => bytes.truncate(place),
        1 | 2 => bytes[place.min(len - 1)] ^= 1 << random.below(8),
        3 => bytes[place.min(len - 1)] = random.byte(),
        4 => bytes[random_range(random, len)].fill(0),
        5 => {
            drop(bytes.drain(random_range(random, len)));
        }
        6 => {
            let extra: Vec<u8> = (0..random.below(40)).map(|_| random.byte()).collect();
            bytes.splice(place..place, extra);
        }
        7 => {
            let copy = bytes[random_range(random, len)].to_vec();
            bytes.splice(place..place, copy);
        }
        8 => {
            // A number that claims to be huge.
            bytes.splice(place..place, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]);
        }
        _ => {
            for byte in &mut bytes[random_range(random, len)] {
                *byte = u8::try_from(random.below(256)).expect("a byte");
            }
        }
    }
    format!("damage {kind} at {place}")
}

fn random_range(random: &mut Random, len: usize) -> Range<usize> {
    random.stretch(len, 600)
}

/// Counts what is allocated in this process: all of it belongs to the one test.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What a load may take beyond what was there: ten times the input and 64 MB.
fn most_memory(len: usize) -> usize {
    10 * len + (64 << 20)
}

#[test]
fn random_damage_is_survived() {
    let rounds = std::env::var("TRACELANE_DAMAGE_ROUNDS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(6);
    let (mut opened, mut most) = (0, 0);
    let mut faults = Vec::new();
    for (number, path) in folder::traces("real").iter().enumerate() {
        let sound = fs::read(path).expect("a fixture");
        if sound.len() > MAX_BYTES {
            continue;
        }
        for round in 0..rounds {
            let mut random = Random(number as u64 * 1_000_003 + round);
            let mut bytes = sound.clone();
            let mut told = String::new();
            for _ in 0..1 + random.below(3) {
                if bytes.len() > 32 {
                    told = format!("{told} {}", damage(&mut bytes, &mut random));
                }
            }
            let name = path.file_stem().expect("a name").to_string_lossy();
            // The test's own output is shown when it fails: which bytes they were.
            println!("{name} round {round}:{told}");
            let mut out = Vec::new();
            let dumped = dump(Source::bytes(&bytes), &mut out, &Monitor::new(), &mut |_, _, _| {});
            assert!(out.len() <= bytes.len() * MAX_TEXT_PER_BYTE);
            drop(from_binary(&bytes));
            let before = MEMORY.current_usage();
            MEMORY.reset_peak_usage();
            let loaded = load_bytes(&bytes, &Monitor::new(), &mut |_| {});
            let taken = MEMORY.peak_usage().saturating_sub(before);
            assert!(taken <= most_memory(bytes.len()), "{taken} bytes for {} bytes of trace", bytes.len());
            most = most.max(taken);
            if let Ok(trace) = &loaded {
                assert!(dumped.is_ok(), "what loads can be printed");
                assert!(trace.totals().events <= 4 * bytes.len() as u64, "an event takes a byte at least");
                if let Some(what) = invariants::broken(trace) {
                    faults.push(format!("{name} round {round}:{told}: {what}"));
                }
                opened += 1;
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(opened > rounds * 20, "only {opened} open");
    assert!(most > 100_000, "memory is counted");
    println!("at most {most} bytes for a load");
}
