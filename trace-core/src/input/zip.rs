//! Reads zip archives: what they hold, and their members, streamed.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Component, Path, PathBuf};

use flate2::read::DeflateDecoder;

use crate::base::limits::Limits;
use crate::input::packing::{Bytes, guarded, is_packed};

/// First bytes: of a member's header.
pub(super) const MAGIC: &[u8] = b"PK\x03\x04";
/// First bytes of an entry of the directory at the end.
const ENTRY_MAGIC: &[u8] = b"PK\x01\x02";
/// First bytes of the end of that directory.
const END_MAGIC: &[u8] = b"PK\x05\x06";

const HEADER_BYTES: usize = 30;
const ENTRY_BYTES: usize = 46;
const END_BYTES: usize = 22;
/// The end of the directory may be followed by a comment of this length.
const MAX_COMMENT: u64 = 1 << 16;
/// Bytes of a directory that are looked at.
const MAX_DIRECTORY: u64 = 64 << 20;

/// Stored as it is.
const STORED: u16 = 0;
/// Packed as in gzip.
const DEFLATED: u16 = 8;

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its path inside the archive.
    pub name: String,
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
pub fn members(archive: &mut (impl Read + Seek)) -> io::Result<Vec<Member>> {
    let size = archive.seek(SeekFrom::End(0))?;
    let tail_start = size.saturating_sub(MAX_COMMENT + END_BYTES as u64);
    archive.seek(SeekFrom::Start(tail_start))?;
    let mut tail = Vec::new();
    archive.take(MAX_COMMENT + END_BYTES as u64).read_to_end(&mut tail)?;
    let end = tail.windows(END_BYTES).rposition(|window| window.starts_with(END_MAGIC));
    let end = end.and_then(|at| tail.get(at..)).ok_or_else(|| broken("its directory is missing"))?;
    let (len, start) = (number(end, 12, 4), number(end, 16, 4));
    if start == u64::from(u32::MAX) {
        return Err(broken("it is larger than 4 GiB, which this reader does not know; unpack it first"));
    }
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
        let is_inside = Path::new(&name).components().all(|part| matches!(part, Component::Normal(_)));
        if is_inside && !name.ends_with('/') {
            found.push(Member {
                name,
                method: short(rest, 10),
                is_encrypted: short(rest, 8) & 1 != 0,
                packed: number(rest, 20, 4),
                offset: number(rest, 42, 4),
            });
        }
        rest = rest.get(entry_end..).unwrap_or_default();
    }
    Ok(found)
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
    Ok(guarded(inside, member.packed, limits))
}

/// The bytes of the first file of an archive that comes as a stream.
pub(super) fn first_member<'a>(mut packed: impl BufRead + Send + 'a) -> io::Result<Bytes<'a>> {
    loop {
        let header = read_header(&mut packed)?;
        let (flags, method) = (short(&header, 6), short(&header, 8));
        let (packed_len, is_folder) = (number(&header, 18, 4), header.last() == Some(&b'/'));
        if is_folder && packed_len == 0 {
            continue;
        }
        // With this flag the size follows the data.
        if flags & 8 == 0 {
            return decoder(packed.take(packed_len), method, flags & 1 != 0);
        }
        if method == STORED {
            return Err(broken("a size is missing, as archives written to a pipe have it; unpack it first"));
        }
        return decoder(packed, method, flags & 1 != 0);
    }
}

/// Reads a member's header: the fixed part and the name.
fn read_header(packed: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut header = vec![0; HEADER_BYTES];
    packed.read_exact(&mut header)?;
    if !header.starts_with(MAGIC) {
        return Err(broken("a file's header is not where it should be"));
    }
    let (name, extra) = (u64::from(short(&header, 26)), u64::from(short(&header, 28)));
    packed.take(name).read_to_end(&mut header)?;
    io::copy(&mut packed.take(extra), &mut io::sink())?;
    Ok(header)
}

fn decoder<'a>(packed: impl Read + Send + 'a, method: u16, is_encrypted: bool) -> io::Result<Bytes<'a>> {
    match method {
        _ if is_encrypted => Err(broken("it is encrypted; unpack it first")),
        STORED => Ok(Box::new(packed)),
        DEFLATED => Ok(Box::new(DeflateDecoder::new(packed))),
        _ => Err(broken("it is packed in a way that this reader does not know; unpack it first")),
    }
}

/// The traces in an archive, as paths that [`crate::input::source::Source::open`] takes: the archive's
/// path and the member's path in it. Empty if `path` is no zip archive.
///
/// # Errors
/// If the file cannot be read or the archive is broken.
pub fn traces(path: &Path) -> io::Result<Vec<PathBuf>> {
    let mut archive = File::open(path)?;
    if !is_archive(&mut archive)? {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for member in members(&mut archive)? {
        let mut bytes = open_member(archive.try_clone()?, &member, Limits::default())?;
        let mut head = Vec::new();
        // A member that cannot be unpacked is not a trace that can be opened.
        let readable = bytes.by_ref().take(8).read_to_end(&mut head).is_ok();
        if readable && (head.starts_with(b"go 1.") || is_packed(&head)) {
            found.push(path.join(&member.name));
        }
    }
    Ok(found)
}

/// Whether a file begins like an archive. Leaves it at its beginning.
pub(super) fn is_archive(file: &mut File) -> io::Result<bool> {
    let mut head = Vec::new();
    file.take(MAGIC.len() as u64).read_to_end(&mut head)?;
    file.rewind()?;
    Ok(head == MAGIC)
}
