//! Which generations a file holds, told apart by their bytes. Two snapshots of one flight recorder share generations: the
//! recorder keeps their batches as they are, so a generation that is in both has the same bytes in both.

use std::hash::Hasher as _;
use std::io::{self, Read};

use twox_hash::{XxHash3_64, XxHash3_128};

use crate::base::time::TraceTime;
use crate::input::source::Source;
use crate::wire::v2::generation::Generation;
use crate::wire::v2::reader::GenerationReader;
use crate::wire::v2::tables::Tables;

/// Bytes read at once behind what is a trace.
const BUFFER: usize = 64 << 10;

/// A generation as the runtime wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenerationId {
    /// Its number as in the file.
    pub number: u64,
    /// XXH3 of its number and its batches.
    pub hash: u64,
    /// When it begins: the earliest base time of its batches.
    pub start: TraceTime,
}

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Content {
    /// XXH3 (128 bits) of all bytes, unpacked.
    pub hash: u128,
    /// How many bytes that are.
    pub bytes: u64,
    /// In the order of the file; none of traces of Go 1.21 and older, and of what is no trace.
    pub generations: Vec<GenerationId>,
}

impl Content {
    /// Reads all of `source`. What cannot be unpacked counts up to there.
    ///
    /// # Errors
    /// When nothing can be read.
    pub fn of(source: Source<'_>) -> io::Result<Self> {
        let mut input = Hashed { inner: source.reader, hasher: XxHash3_128::new(), bytes: 0 };
        let generations = generations(&mut input);
        let mut rest = vec![0; BUFFER];
        loop {
            match input.read(&mut rest) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if input.bytes == 0 => return Err(error),
                Err(_) => break,
            }
        }
        Ok(Self { hash: input.hasher.finish_128(), bytes: input.bytes, generations })
    }
}

fn generations(input: &mut impl Read) -> Vec<GenerationId> {
    let mut found = Vec::new();
    let mut unheard = |_, _, _| {};
    let Ok(mut reader) = GenerationReader::new(input, &mut unheard) else { return found };
    let mut clock = None;
    while let Ok(Some(mut generation)) = reader.next_generation(&mut unheard) {
        let hash = hash(&generation);
        // Only the clock is of interest.
        (generation.strings, generation.stacks, generation.samples) = (Vec::new(), Vec::new(), Vec::new());
        let tables = Tables::parse(&generation, clock, &mut unheard);
        clock = Some(tables.clock);
        let start = TraceTime(tables.clock.nanos(generation.min_ticks));
        found.push(GenerationId { number: generation.number, hash, start });
    }
    found
}

fn hash(generation: &Generation) -> u64 {
    let mut hasher = XxHash3_64::new();
    hasher.write_u64(generation.number);
    let tables = [&generation.sync, &generation.strings, &generation.stacks, &generation.samples, &generation.events];
    for batch in tables.into_iter().flatten() {
        hasher.write_u64(batch.thread);
        hasher.write_u64(batch.ticks);
        hasher.write(generation.payload(*batch));
    }
    hasher.finish()
}

/// Hashes what is read.
struct Hashed<R> {
    inner: R,
    hasher: XxHash3_128,
    bytes: u64,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.write(buffer.get(..read).unwrap_or_default());
        self.bytes = self.bytes.saturating_add(read as u64);
        Ok(read)
    }
}
