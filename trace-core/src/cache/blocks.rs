//! The outer form of a cache file: header, blocks, directory.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};

use twox_hash::XxHash3_64;

use crate::cache::bytes::{In, Out};
use crate::cache::key::Key;

const MAGIC: [u8; 8] = *b"tl-cache";
const HEADER: usize = 64;
/// Bytes of the header that the directory's checksum covers.
const COVERED: usize = HEADER - 8;
/// Bytes of a block's entry in the directory.
const ENTRY: usize = 32;
/// A block is kept as it is if lz4 takes less than this part (in 8) off.
const WORTH: usize = 1;
/// How much lz4 can blow up (its format's own limit), and a bit.
const RATIO: u64 = 256;

/// The sources that this was built from.
fn stamp() -> u64 {
    u64::from_str_radix(env!("TRACE_CORE_SOURCES"), 16).unwrap_or(0)
}

/// Where a cache is kept.
#[derive(Clone, Copy, Debug)]
pub enum Stored<'a> {
    /// Bytes in memory, checked when they are used.
    Bytes(&'a [u8]),
    /// On disk, open to be read.
    File(&'a File),
}

impl Stored<'_> {
    fn len(self) -> Option<u64> {
        match self {
            Self::Bytes(bytes) => Some(bytes.len() as u64),
            Self::File(file) => Some(file.metadata().ok()?.len()),
        }
    }

    /// Fills `out` with the bytes from `offset` on, from any thread.
    fn read_at(self, offset: u64, out: &mut [u8]) -> Option<()> {
        match self {
            Self::Bytes(bytes) => {
                let from = usize::try_from(offset).ok()?;
                out.copy_from_slice(bytes.get(from..from.checked_add(out.len())?)?);
                Some(())
            }
            Self::File(file) => read_exact_at(file, offset, out).ok(),
        }
    }
}

#[cfg(unix)]
fn read_exact_at(file: &File, offset: u64, out: &mut [u8]) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, out, offset)
}

#[cfg(windows)]
fn read_exact_at(file: &File, mut offset: u64, mut out: &mut [u8]) -> io::Result<()> {
    while !out.is_empty() {
        let count = std::os::windows::fs::FileExt::seek_read(file, out, offset)?;
        let rest = out.get_mut(count..).filter(|_| count > 0);
        out = rest.ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        offset = offset.saturating_add(count as u64);
    }
    Ok(())
}

/// A block in the directory.
#[derive(Clone, Copy, Debug)]
struct Entry {
    offset: u64,
    /// Bytes in the file.
    stored: u64,
    /// Bytes unpacked; the same if it is not packed.
    unpacked: u64,
    checksum: u64,
}

/// Writes blocks one after another.
pub(crate) struct BlockWriter<'a, W> {
    out: &'a mut W,
    entries: Vec<Entry>,
    offset: u64,
    /// The block in work, unpacked and packed.
    unpacked: Out,
    packed: Vec<u8>,
}

impl<'a, W: Write + Seek> BlockWriter<'a, W> {
    pub(crate) fn begin(out: &'a mut W) -> io::Result<Self> {
        out.write_all(&[0; HEADER])?;
        let unpacked = Out::default();
        Ok(Self { out, entries: Vec::new(), offset: HEADER as u64, unpacked, packed: Vec::new() })
    }

    /// Adds a block of what `put` puts.
    pub(crate) fn block(&mut self, put: impl FnOnce(&mut Out)) -> io::Result<()> {
        self.unpacked.bytes.clear();
        put(&mut self.unpacked);
        let unpacked = &self.unpacked.bytes;
        self.packed.resize(lz4_flex::block::get_maximum_output_size(unpacked.len()), 0);
        let len = lz4_flex::block::compress_into(unpacked, &mut self.packed).map_err(io::Error::other)?;
        let is_worth = len < unpacked.len() / 8 * (8 - WORTH);
        let stored = if is_worth { self.packed.get(..len).unwrap_or_default() } else { unpacked };
        self.out.write_all(stored)?;
        self.entries.push(Entry {
            offset: self.offset,
            stored: stored.len() as u64,
            unpacked: unpacked.len() as u64,
            checksum: XxHash3_64::oneshot(stored),
        });
        self.offset += stored.len() as u64;
        Ok(())
    }

    /// Writes directory and header.
    pub(crate) fn finish(self, key: &Key) -> io::Result<()> {
        let mut directory = Vec::with_capacity(ENTRY * self.entries.len());
        for Entry { offset, stored, unpacked, checksum } in &self.entries {
            for number in [offset, stored, unpacked, checksum] {
                directory.extend_from_slice(&number.to_ne_bytes());
            }
        }
        self.out.write_all(&directory)?;
        let mut header = Vec::with_capacity(HEADER);
        header.extend_from_slice(&MAGIC);
        header.extend_from_slice(&stamp().to_ne_bytes());
        header.extend_from_slice(&key.hash.to_ne_bytes());
        for number in [key.len, self.offset, self.entries.len() as u64] {
            header.extend_from_slice(&number.to_ne_bytes());
        }
        header.extend_from_slice(&checksum(&header, &directory).to_ne_bytes());
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header)?;
        self.out.flush()
    }
}

fn checksum(header: &[u8], directory: &[u8]) -> u64 {
    XxHash3_64::oneshot_with_seed(XxHash3_64::oneshot(header), directory)
}

/// A cache file whose header and directory are sound.
#[derive(Debug)]
pub(crate) struct Blocks<'a> {
    stored: Stored<'a>,
    entries: Vec<Entry>,
}

impl<'a> Blocks<'a> {
    /// `None` if it is no whole cache of what `key` names, or made by another build.
    pub(crate) fn open(stored: Stored<'a>, key: &Key) -> Option<Self> {
        let mut header = [0; HEADER];
        stored.read_at(0, &mut header)?;
        let mut numbers = In::new(header.get(MAGIC.len()..)?);
        let is_ours = header.starts_with(&MAGIC) && numbers.number()? == stamp();
        let hash = [numbers.number()?, numbers.number()?];
        let is_of_key =
            bytemuck::cast_slice::<u64, u8>(&hash) == key.hash.to_ne_bytes() && numbers.number()? == key.len;
        let (offset, count, sum) = (numbers.number()?, numbers.number()?, numbers.number()?);
        let directory_len = stored.len()?.checked_sub(offset)?;
        if !is_ours || !is_of_key || count.checked_mul(ENTRY as u64)? != directory_len {
            return None;
        }
        let mut directory = vec![0; usize::try_from(directory_len).ok()?];
        stored.read_at(offset, &mut directory)?;
        if checksum(header.get(..COVERED)?, &directory) != sum {
            return None;
        }
        let entries = directory.chunks_exact(ENTRY).map(|entry| {
            let mut numbers = In::new(entry);
            let (offset, stored) = (numbers.number()?, numbers.number()?);
            Some(Entry { offset, stored, unpacked: numbers.number()?, checksum: numbers.number()? })
        });
        let entries: Vec<Entry> = entries.collect::<Option<_>>()?;
        let mut next = HEADER as u64;
        for entry in &entries {
            let fits = entry.offset == next && entry.unpacked <= entry.stored.checked_mul(RATIO)?;
            next = next.checked_add(entry.stored).filter(|&next| fits && next <= offset)?;
        }
        (next == offset).then_some(Self { stored, entries })
    }

    pub(crate) const fn len(&self) -> usize {
        self.entries.len()
    }

    /// What `take` makes of a block; `buffers` is memory that may be used again for the next.
    pub(crate) fn read<T>(
        &self,
        at: usize,
        buffers: &mut Buffers,
        take: impl FnOnce(In<'_>) -> Option<T>,
    ) -> Option<T> {
        let entry = self.entries.get(at)?;
        let stored = sized(&mut buffers.stored, entry.stored)?;
        self.stored.read_at(entry.offset, stored)?;
        if XxHash3_64::oneshot(stored) != entry.checksum {
            return None;
        }
        if entry.unpacked == entry.stored {
            return take(In::new(stored));
        }
        let unpacked = sized(&mut buffers.unpacked, entry.unpacked)?;
        let len = lz4_flex::block::decompress_into(stored, unpacked).ok()?;
        if len == unpacked.len() { take(In::new(unpacked)) } else { None }
    }
}

/// Memory for the bytes of a block.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    stored: Vec<u8>,
    unpacked: Vec<u8>,
}

/// The first `len` bytes of a buffer, which grows to hold them: whatever was in it is to be written over.
fn sized(buffer: &mut Vec<u8>, len: u64) -> Option<&mut [u8]> {
    let len = usize::try_from(len).ok()?;
    if buffer.len() < len {
        buffer.resize(len, 0);
    }
    buffer.get_mut(..len)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn blocks_come_back_packed_or_not() {
        let key = Key { hash: 3, len: 4 };
        let noise: Vec<u8> = (0..10_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 11) as u8).collect();
        let mut out = Cursor::new(Vec::new());
        let mut writer = BlockWriter::begin(&mut out).unwrap();
        writer.block(|out| out.slice(&[5u8; 100_000])).unwrap();
        writer.block(|out| out.slice(&noise)).unwrap();
        writer.block(|_| {}).unwrap();
        writer.finish(&key).unwrap();
        let bytes = out.into_inner();
        assert!(bytes.len() < 13_000, "the first block is packed");
        let blocks = Blocks::open(Stored::Bytes(&bytes), &key).unwrap();
        assert_eq!(blocks.len(), 3);
        let mut buffers = Buffers::default();
        assert_eq!(blocks.read(0, &mut buffers, |mut bytes| bytes.slice::<u8>()).unwrap().len(), 100_000);
        assert_eq!(*blocks.read(1, &mut buffers, |mut bytes| bytes.slice::<u8>()).unwrap(), *noise);
        assert!(blocks.read(2, &mut buffers, |bytes| Some(bytes.is_empty())).unwrap());
    }
}
