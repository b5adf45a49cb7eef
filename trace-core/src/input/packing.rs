//! Unpacks what is packed, by its first bytes, not by its name; and stops where it unpacks to more than
//! is sensible.

use crate::input::guard::{Bytes, Counted, guarded};
use std::io::{self, BufReader, Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::limits::Limits;
use crate::input::guard::Guard;
use crate::input::peek::Peeked;
use crate::input::reencoding::{self, Restoration};
use crate::input::sniff::{self, SNIFF_BYTES};
use crate::input::{gzip, lz4, tar, zip, zstd};

/// How often something may be packed in something.
const MAX_DEPTH: usize = 3;
/// How much of the packed bytes is read at a time.
const PACKED_CHUNK: usize = 1 << 16;
/// What that may unpack to, each time that something is unpacked.
const MEMBER_LIMITS: Limits = Limits { unpack_free: 256 << 10, unpack_ratio: 0 };
/// What may be unpacked for the sake of telling traces from others in one archive.
const SNIFF_BUDGET: u64 = 256 << 20;

/// Opens something that may block, when it is first read.
type Begin<'a> = Box<dyn FnOnce() -> io::Result<Bytes<'a>> + Send + 'a>;

/// What is in `begin`'s bytes, however it is packed. Nothing is read before the first read.
pub(super) fn unpacked<'a>(begin: Begin<'a>, limits: Limits, restoration: Restoration) -> Bytes<'a> {
    let guard = Guard::new(limits);
    Box::new(Lazy::Packed(Some(Box::new(move || unpack(begin()?, &guard, MAX_DEPTH, &restoration)))))
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

fn unpack<'a>(bytes: Bytes<'a>, guard: &Guard, depth: usize, restoration: &Restoration) -> io::Result<Bytes<'a>> {
    let (mut inside, depth) = decompress(bytes, guard, depth);
    let head = inside.peek(SNIFF_BYTES);
    let (is_zip, is_tar) = (head.starts_with(zip::MAGIC), tar::is_archive(head));
    if depth == 0 || !(is_zip || is_tar) {
        return reencoding::restored(inside, restoration);
    }
    // What comes as a stream cannot be asked for what it holds: its first trace is taken.
    let mut budget = Budget::default();
    let mut is_trace = |member: &[u8]| budget.is_trace(member);
    let member = if is_zip {
        zip::first_trace(BufReader::with_capacity(PACKED_CHUNK, inside), guard.limits, &mut is_trace)?
    } else {
        tar::first_trace(Box::new(inside), &mut is_trace)?
    };
    unpack(member, guard, depth - 1, restoration)
}

/// What is in there once it is unpacked from gzip, zstd and lz4, and how often something more may be unpacked. An
/// archive is not opened.
pub(super) fn decompress<'a>(bytes: Bytes<'a>, guard: &Guard, depth: usize) -> (Peeked<Bytes<'a>>, usize) {
    let mut bytes = Peeked::new(bytes);
    let mut depth = depth;
    while depth > 0 {
        let head = bytes.peek(zstd::MAGIC.len());
        let is = |magic: &[u8]| head.starts_with(magic);
        let (is_gzip, is_zstd, is_lz4) = (is(gzip::MAGIC), is(zstd::MAGIC) || zstd::is_skippable(head), is(lz4::MAGIC));
        if !(is_gzip || is_zstd || is_lz4) {
            break;
        }
        let packed_bytes = Arc::new(AtomicU64::new(0));
        let packed = Counted { bytes, count: Arc::clone(&packed_bytes) };
        let packed = BufReader::with_capacity(PACKED_CHUNK, packed);
        let inside: Bytes<'a> = if is_gzip {
            Box::new(gzip::unpack(packed))
        } else if is_zstd {
            Box::new(zstd::unpack(packed))
        } else {
            Box::new(lz4::unpack(packed))
        };
        bytes = Peeked::new(guarded(inside, packed_bytes, guard));
        depth -= 1;
    }
    (bytes, depth)
}

/// The same with the usual depth, for a whole file.
pub(super) fn decompressed<'a>(bytes: Bytes<'a>, limits: Limits) -> Peeked<Bytes<'a>> {
    decompress(bytes, &Guard::new(limits), MAX_DEPTH).0
}

/// Whether bytes that begin so are unpacked, or turned back.
pub(super) fn is_packed(head: &[u8]) -> bool {
    let packed = [gzip::MAGIC, zstd::MAGIC, lz4::MAGIC, zip::MAGIC, b"\xff\xfe", b"\xfe\xff"];
    packed.iter().any(|magic| head.starts_with(magic)) || zstd::is_skippable(head)
}

/// Tells traces from other files in an archive, without unpacking more than is sensible.
#[derive(Debug)]
pub(super) struct Budget {
    left: u64,
}

impl Default for Budget {
    fn default() -> Self {
        Self { left: SNIFF_BUDGET }
    }
}

impl Budget {
    /// Whether a file is a trace, however it is packed. `head` is its beginning.
    pub(super) fn is_trace(&mut self, head: &[u8]) -> bool {
        self.beginning(head).is_some_and(|head| head.starts_with(b"go 1."))
    }

    /// What a file is, as [`sniff::noun`] says.
    pub(super) fn noun(&mut self, head: &[u8]) -> Option<String> {
        sniff::noun(&self.beginning(head)?)
    }

    /// How a file begins once it is unpacked; `None` if that cannot be told, or if too much has been unpacked.
    fn beginning(&mut self, head: &[u8]) -> Option<Vec<u8>> {
        if self.left == 0 {
            return None;
        }
        let guard = Guard::new(MEMBER_LIMITS);
        let inside = unpack(Box::new(Cursor::new(head.to_vec())), &guard, MAX_DEPTH - 1, &Restoration::default());
        let mut beginning = Vec::new();
        let read = inside.and_then(|inside| inside.take(SNIFF_BYTES as u64).read_to_end(&mut beginning));
        self.left = self.left.saturating_sub(head.len() as u64 + guard.spent.load(Ordering::Relaxed));
        (read.is_ok() || !beginning.is_empty()).then_some(beginning)
    }
}
