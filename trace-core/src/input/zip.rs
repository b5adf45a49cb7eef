//! Reads zip archives: what they hold, and their members, streamed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read, Seek, SeekFrom};

use flate2::{bufread, read};

use crate::base::limits::Limits;
use crate::input::guard::{Bytes, MEMBER_BYTES, guarded_member, member_head};

/// First bytes: of a member's header.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";
/// First bytes of an entry of the directory at the end.
const ENTRY_MAGIC: &[u8] = b"PK\x01\x02";
/// First bytes of the end of that directory.
const END_MAGIC: &[u8] = b"PK\x05\x06";

/// First bytes of the larger end of the directory, and of what leads there.
const END64_MAGIC: &[u8] = b"PK\x06\x06";
const LOCATOR_MAGIC: &[u8] = b"PK\x06\x07";
const END64_BYTES: u64 = 56;
const LOCATOR_BYTES: usize = 20;
/// Stands where a number is too large for its place.
const ELSEWHERE: u64 = u32::MAX as u64;
/// The extra field that holds it.
const EXTRA_LARGE: u16 = 1;

const HEADER_BYTES: usize = 30;
const ENTRY_BYTES: usize = 46;
const END_BYTES: usize = 22;
/// The end of the directory may be followed by a comment of this length.
const MAX_COMMENT: u64 = 1 << 16;
/// What may follow a file's data if its size stands there: a mark, a checksum, and two sizes of 8 bytes.
const MAX_DESCRIPTOR: usize = 24;
/// Bytes of a directory that are looked at.
const MAX_DIRECTORY: u64 = 64 << 20;

/// Stored as it is.
const STORED: u16 = 0;
/// Packed as in gzip.
const DEFLATED: u16 = 8;

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    /// Its path inside the archive.
    pub(super) name: String,
    method: u16,
    is_encrypted: bool,
    /// Its size in the archive.
    packed: u64,
    /// Where its header is.
    offset: u64,
}

/// A little-endian number of a header. Headers are read whole, so it is there.
fn number(header: &[u8], at: usize, len: usize) -> u64 {
    let bytes = header.get(at..at + len).unwrap_or_default();
    bytes.iter().rev().fold(0, |value, &byte| value << 8 | u64::from(byte))
}

fn short(header: &[u8], at: usize) -> u16 {
    u16::try_from(number(header, at, 2)).unwrap_or(0)
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the zip archive is broken: {what}"))
}

/// The files that an archive says to hold.
///
/// # Errors
/// If the file cannot be read or the archive is broken.
pub(super) fn members(archive: &mut (impl Read + Seek)) -> io::Result<Vec<Member>> {
    let size = archive.seek(SeekFrom::End(0))?;
    let most = MAX_COMMENT + (END_BYTES + LOCATOR_BYTES) as u64;
    archive.seek(SeekFrom::Start(size.saturating_sub(most)))?;
    let mut tail = Vec::new();
    archive.take(most).read_to_end(&mut tail)?;
    let at = tail.windows(END_BYTES).rposition(|window| window.starts_with(END_MAGIC));
    let (before, end) =
        at.and_then(|at| tail.split_at_checked(at)).ok_or_else(|| broken("its directory is missing"))?;
    let locator = before.len().checked_sub(LOCATOR_BYTES).and_then(|at| before.get(at..));
    let (len, start) = match locator.filter(|bytes| bytes.starts_with(LOCATOR_MAGIC)) {
        Some(locator) => large_end(archive, number(locator, 8, 8))?,
        None => (number(end, 12, 4), number(end, 16, 4)),
    };
    archive.seek(SeekFrom::Start(start))?;
    let mut directory = Vec::new();
    archive.take(len.min(MAX_DIRECTORY)).read_to_end(&mut directory)?;
    let mut found = Vec::new();
    let mut rest = directory.as_slice();
    while rest.starts_with(ENTRY_MAGIC) && rest.len() >= ENTRY_BYTES {
        let name_end = ENTRY_BYTES + usize::from(short(rest, 28));
        let entry_end = name_end + usize::from(short(rest, 30)) + usize::from(short(rest, 32));
        let Some(name) = rest.get(ENTRY_BYTES..name_end) else { break };
        let name = String::from_utf8_lossy(name).into_owned();
        let extra = rest.get(name_end..name_end + usize::from(short(rest, 30))).unwrap_or_default();
        let [_, packed, offset] = large([number(rest, 24, 4), number(rest, 20, 4), number(rest, 42, 4)], extra);
        if !name.ends_with('/') {
            found.push(Member { name, method: short(rest, 10), is_encrypted: short(rest, 8) & 1 != 0, packed, offset });
        }
        rest = rest.get(entry_end..).unwrap_or_default();
    }
    Ok(found)
}

/// Length and start of the directory of an archive that may be larger than 4 GiB.
fn large_end(archive: &mut (impl Read + Seek), at: u64) -> io::Result<(u64, u64)> {
    archive.seek(SeekFrom::Start(at))?;
    let mut end = Vec::new();
    archive.take(END64_BYTES).read_to_end(&mut end)?;
    if !end.starts_with(END64_MAGIC) || end.len() as u64 != END64_BYTES {
        return Err(broken("its directory is missing"));
    }
    Ok((number(&end, 40, 8), number(&end, 48, 8)))
}

/// `numbers` with those that are [`ELSEWHERE`] taken from the extra field, where they follow one another.
fn large<const N: usize>(mut numbers: [u64; N], mut extra: &[u8]) -> [u64; N] {
    while extra.len() >= 4 {
        let (id, len) = (short(extra, 0), usize::from(short(extra, 2)));
        let data = extra.get(4..4 + len).unwrap_or_default();
        if id == EXTRA_LARGE {
            let mut values = data.chunks_exact(8);
            for wanted in numbers.iter_mut().filter(|wanted| **wanted == ELSEWHERE) {
                *wanted = values.next().map_or(0, |value| number(value, 0, 8));
            }
            break;
        }
        extra = extra.get(4 + len..).unwrap_or_default();
    }
    numbers
}

/// The bytes of a member.
///
/// # Errors
/// If the file cannot be read, or the member is packed in a way that is not known here.
pub(super) fn open_member(mut archive: File, member: &Member, limits: Limits) -> io::Result<Bytes<'static>> {
    archive.seek(SeekFrom::Start(member.offset))?;
    let mut packed = BufReader::new(archive);
    read_header(&mut packed)?;
    let inside = decoder(packed.take(member.packed), member.method, member.is_encrypted)?;
    Ok(guarded_member(inside, member.packed, limits))
}

/// The bytes of the first file that `is_trace` by its beginning, of an archive that comes as a stream.
///
/// # Errors
/// If it is broken, or has no trace.
pub(super) fn first_trace<'a, R: BufRead + Send + 'a>(
    mut packed: R,
    limits: Limits,
    is_trace: &mut dyn FnMut(&[u8]) -> bool,
) -> io::Result<Bytes<'a>> {
    let mut gap = 0;
    while let Some((header, extra)) = next_header(&mut packed, gap)? {
        let (flags, method) = (short(&header, 6), short(&header, 8));
        let [_, packed_len] = large([number(&header, 22, 4), number(&header, 18, 4)], &extra);
        let is_encrypted = flags & 1 != 0;
        // With this flag the size follows the data.
        if flags & 8 == 0 {
            let mut member = packed.take(packed_len);
            let mut raw = Vec::new();
            member.by_ref().take(MEMBER_BYTES).read_to_end(&mut raw)?;
            let head = decoder(raw.as_slice(), method, is_encrypted).and_then(member_head);
            if head.is_ok_and(|head| is_trace(&head)) {
                return decoder(Cursor::new(raw).chain(member), method, false);
            }
            io::copy(&mut member, &mut io::sink())?;
            packed = member.into_inner();
            gap = 0;
        } else if method != DEFLATED || is_encrypted {
            let what = "a file's size is missing, as archives written to a pipe have it; unpack it first";
            return Err(io::Error::other(what));
        } else {
            let mut member = bufread::DeflateDecoder::new(packed);
            let head = member_head(&mut member)?;
            if is_trace(&head) {
                return Ok(Box::new(Cursor::new(head).chain(member)));
            }
            let skipped = io::copy(&mut member.by_ref().take(limits.unpack_free), &mut io::sink())?;
            if skipped == limits.unpack_free {
                return Err(io::Error::other("the zip archive holds a large file before its trace; unpack it first"));
            }
            packed = member.into_inner();
            gap = MAX_DESCRIPTOR;
        }
    }
    Err(super::no_trace::no_trace("zip", &[]))
}

/// The next file's header, at most `gap` bytes away; `None` at the end of the files.
fn next_header(packed: &mut impl Read, gap: usize) -> io::Result<Option<(Vec<u8>, Vec<u8>)>> {
    let mut magic = Vec::new();
    packed.take(MAGIC.len() as u64).read_to_end(&mut magic)?;
    for _ in 0..=gap {
        if magic == MAGIC {
            return header_behind(packed, magic).map(Some);
        }
        if magic.len() < MAGIC.len() || [ENTRY_MAGIC, END_MAGIC, END64_MAGIC].contains(&magic.as_slice()) {
            return Ok(None);
        }
        magic.remove(0);
        packed.take(1).read_to_end(&mut magic)?;
    }
    Err(broken("a file's header is not where it should be"))
}

/// Reads a member's header: the fixed part and the name; and its extra fields.
fn read_header(packed: &mut impl Read) -> io::Result<(Vec<u8>, Vec<u8>)> {
    let header = next_header(packed, 0)?;
    header.ok_or_else(|| broken("a file's header is not where it should be"))
}

/// The same when the first bytes have been read.
fn header_behind(packed: &mut impl Read, mut header: Vec<u8>) -> io::Result<(Vec<u8>, Vec<u8>)> {
    packed.take((HEADER_BYTES - header.len()) as u64).read_to_end(&mut header)?;
    if header.len() < HEADER_BYTES {
        return Err(broken("it ends inside a header"));
    }
    let (name, extra) = (u64::from(short(&header, 26)), u64::from(short(&header, 28)));
    packed.take(name).read_to_end(&mut header)?;
    let mut extras = Vec::new();
    packed.take(extra).read_to_end(&mut extras)?;
    Ok((header, extras))
}

fn decoder<'a>(packed: impl Read + Send + 'a, method: u16, is_encrypted: bool) -> io::Result<Bytes<'a>> {
    match method {
        _ if is_encrypted => Err(io::Error::other("it is encrypted; unpack it first")),
        STORED => Ok(Box::new(packed)),
        DEFLATED => Ok(Box::new(read::DeflateDecoder::new(packed))),
        _ => Err(io::Error::other("it is packed in a way that this reader does not know; unpack it first")),
    }
}
