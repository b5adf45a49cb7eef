//! Unpacks what is packed, by its first bytes, not by its name; and stops where it unpacks to more than
//! is sensible.

use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::limits::Limits;
use crate::input::{gzip, lz4, zip, zstd};

/// How often something may be packed in something.
const MAX_DEPTH: usize = 3;
/// How much of the packed bytes is read at a time.
const PACKED_CHUNK: usize = 1 << 16;
/// How many first bytes tell a packing.
const MAGIC_BYTES: u64 = 4;

/// Bytes from wherever they come.
pub(super) type Bytes<'a> = Box<dyn Read + Send + 'a>;

/// Opens something that may block, when it is first read.
type Begin<'a> = Box<dyn FnOnce() -> io::Result<Bytes<'a>> + Send + 'a>;

/// What is in `begin`'s bytes, however it is packed. Nothing is read before the first read.
pub(super) fn unpacked<'a>(begin: Begin<'a>, limits: Limits) -> Bytes<'a> {
    Box::new(Lazy::Packed(Some(Box::new(move || unpack(begin()?, limits, MAX_DEPTH)))))
}

enum Lazy<'a> {
    Packed(Option<Begin<'a>>),
    Open(Bytes<'a>),
}

impl Read for Lazy<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Self::Packed(begin) = self {
            let Some(begin) = begin.take() else { return Ok(0) };
            *self = Self::Open(begin()?);
        }
        match self {
            Self::Open(bytes) => bytes.read(buffer),
            Self::Packed(_) => Ok(0),
        }
    }
}

fn unpack(mut bytes: Bytes<'_>, limits: Limits, depth: usize) -> io::Result<Bytes<'_>> {
    let mut head = Vec::new();
    bytes.by_ref().take(MAGIC_BYTES).read_to_end(&mut head)?;
    let is = |magic: &[u8]| head.starts_with(magic) && depth > 0;
    let (is_gzip, is_zstd, is_lz4, is_zip) = (is(gzip::MAGIC), is(zstd::MAGIC), is(lz4::MAGIC), is(zip::MAGIC));
    let whole = Cursor::new(head).chain(bytes);
    if !(is_gzip || is_zstd || is_lz4 || is_zip) {
        return Ok(Box::new(whole));
    }
    let packed_bytes = Arc::new(AtomicU64::new(0));
    let packed = Counted { bytes: whole, count: Arc::clone(&packed_bytes) };
    let packed = BufReader::with_capacity(PACKED_CHUNK, packed);
    let inside: Bytes<'_> = if is_gzip {
        Box::new(gzip::unpack(packed))
    } else if is_zstd {
        Box::new(zstd::unpack(packed))
    } else if is_lz4 {
        Box::new(lz4::unpack(packed))
    } else {
        zip::first_member(packed)?
    };
    unpack(Box::new(Guarded { bytes: inside, unpacked: 0, packed: packed_bytes, limits }), limits, depth - 1)
}

/// Whether bytes that begin so are unpacked.
pub(super) fn is_packed(head: &[u8]) -> bool {
    [gzip::MAGIC, zstd::MAGIC, lz4::MAGIC, zip::MAGIC].iter().any(|magic| head.starts_with(magic))
}

/// Unpacks one member of an archive, of which `packed` bytes are known to be there.
pub(super) fn guarded(inside: Bytes<'_>, packed: u64, limits: Limits) -> Bytes<'_> {
    Box::new(Guarded { bytes: inside, unpacked: 0, packed: Arc::new(AtomicU64::new(packed)), limits })
}

/// Counts the packed bytes.
struct Counted<R> {
    bytes: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Stops at the limit.
struct Guarded<'a> {
    bytes: Bytes<'a>,
    unpacked: u64,
    packed: Arc<AtomicU64>,
    limits: Limits,
}

impl Read for Guarded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let packed = self.packed.load(Ordering::Relaxed);
        let allowed = self.limits.unpack_free.saturating_add(packed.saturating_mul(self.limits.unpack_ratio));
        if self.unpacked >= allowed {
            let what = format!(
                "{packed} compressed bytes unpack to more than {allowed}, which no trace does; the limit can be raised \
                 (--max-unpacked SIZE, or File > Unpack without a limit)"
            );
            return Err(io::Error::other(what));
        }
        let count = self.bytes.read(buffer)?;
        self.unpacked += count as u64;
        Ok(count)
    }
}
