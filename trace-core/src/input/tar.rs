//! Reads tar archives as streams: v7, ustar, pax and GNU's form, with long names.
//!
//! ```text
//! header  512 bytes: name 100, mode 8, ids 16, size 12, time 12, checksum 8, type 1, link 100, magic 8, …, prefix 155
//! data    as many bytes as the size says, filled up to whole blocks of 512
//! …       the end are two blocks of zeros, or the end of the file
//! ```
//! Types `L` (GNU) and `x` (pax) say more about the file that follows. Nothing is ever written, and links are not
//! followed, so that most of what other readers of tar have to know is of no concern here; names and numbers from an
//! archive are not trusted, and no memory is taken but for names of up to [`MAX_NAME`] bytes.

use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};

use crate::input::guard::{Bytes, member_head};

const BLOCK: usize = 512;
/// Headers that are read: a hundred times what an archive of recordings holds.
const MAX_HEADERS: usize = 100_000;
/// Bytes of a name, and of what pax says about a file.
const MAX_NAME: u64 = 64 << 10;

/// A file in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Its path in there, as it is written.
    pub(super) name: String,
    pub(super) size: u64,
    /// Whether it is stored with its stretches of zeros left out.
    pub(super) is_sparse: bool,
}

/// Bytes that can be passed over.
pub(super) trait Skip: Read {
    /// Goes on `count` bytes, or to the end.
    fn skip(&mut self, count: u64) -> io::Result<()>;
}

impl Skip for BufReader<File> {
    fn skip(&mut self, count: u64) -> io::Result<()> {
        match i64::try_from(count) {
            Ok(count) => self.seek_relative(count),
            Err(_too_far) => Err(broken("a file's size is out of range")),
        }
    }
}

impl Skip for Bytes<'_> {
    fn skip(&mut self, count: u64) -> io::Result<()> {
        io::copy(&mut self.take(count), &mut io::sink()).map(drop)
    }
}

/// An archive. Reading gives the bytes of the file that [`Tar::next`] came to last.
pub(super) struct Tar<R> {
    bytes: R,
    /// Unread bytes of the file, and of what fills up its last block.
    left: u64,
    filling: u64,
    headers: usize,
    is_end: bool,
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the tar archive is broken: {what}"))
}

/// Whether a file that begins so is a tar archive: whether its first block has the checksum of a header.
pub(super) fn is_archive(head: &[u8]) -> bool {
    head.first_chunk::<BLOCK>().is_some_and(|block| block.first() != Some(&0) && has_checksum(block))
}

fn field(block: &[u8; BLOCK], at: usize, len: usize) -> &[u8] {
    block.get(at..at + len).unwrap_or_default()
}

/// Bytes up to the first zero.
fn text(field: &[u8]) -> &[u8] {
    field.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// A number in octal digits, or in GNU's form for large ones: the first bit set, then 95 bits.
fn number(field: &[u8]) -> Option<u64> {
    match field.split_first()? {
        (0x80, rest) => {
            let (high, low) = rest.split_at_checked(rest.len().checked_sub(8)?)?;
            let low = low.first_chunk::<8>()?;
            high.iter().all(|&byte| byte == 0).then(|| u64::from_be_bytes(*low))
        }
        (0x81..=0xff, _) => None,
        _ => {
            let digits = std::str::from_utf8(text(field)).ok()?.trim();
            if digits.is_empty() { Some(0) } else { u64::from_str_radix(digits, 8).ok() }
        }
    }
}

fn has_checksum(block: &[u8; BLOCK]) -> bool {
    let spaces = 148..156;
    let byte = |(at, &byte): (usize, &u8)| if spaces.contains(&at) { b' ' } else { byte };
    let sum: u64 = block.iter().enumerate().map(|it| u64::from(byte(it))).sum();
    let stored = field(block, 148, 8);
    // An empty field is no sum of zero.
    let has_digits = stored.iter().any(u8::is_ascii_digit);
    let stored = number(stored).filter(|_| has_digits);
    // Some old writers took bytes as signed.
    let signed = || block.iter().enumerate().map(|it| i64::from(byte(it).cast_signed())).sum::<i64>();
    stored.is_some_and(|stored| stored == sum || i64::try_from(stored) == Ok(signed()))
}

impl<R: Skip> Tar<R> {
    pub(super) const fn new(bytes: R) -> Self {
        Self { bytes, left: 0, filling: 0, headers: 0, is_end: false }
    }

    /// Goes to the next file (folders and links are passed over); `None` at the end.
    ///
    /// # Errors
    /// If it cannot be read, is no archive, or has too many entries.
    pub(super) fn next(&mut self) -> io::Result<Option<Entry>> {
        let mut more = More::default();
        while let Some(block) = self.header()? {
            let kind = field(&block, 156, 1).first().copied().unwrap_or(0);
            let size = number(field(&block, 124, 12)).ok_or_else(|| broken("a size is not a number"))?;
            match kind {
                b'L' => {
                    let name = self.text(size)?;
                    more.name = Some(text(&name).to_vec());
                }
                b'x' | b'X' => more.read_pax(&self.text(size)?),
                b'0' | b'7' | 0 | b'S' => {
                    let size = more.size.unwrap_or(size);
                    if kind == b'S' {
                        self.skip_sparse_map(&block)?;
                    }
                    self.go_into(size)?;
                    let name = more.name.take().unwrap_or_else(|| name(&block));
                    let is_folder = kind == 0 && name.ends_with(b"/");
                    if !is_folder {
                        let name = String::from_utf8_lossy(&name).into_owned();
                        return Ok(Some(Entry { name, size, is_sparse: kind == b'S' || more.is_sparse }));
                    }
                    more = More::default();
                }
                // Links, devices and folders have no data, whatever their size says.
                b'1'..=b'6' => more = More::default(),
                // GNU's long target of a link and what pax says of all files concern none of these.
                _ => {
                    self.go_into(size)?;
                    if !matches!(kind, b'K' | b'g') {
                        more = More::default();
                    }
                }
            }
        }
        Ok(None)
    }

    /// The next header; `None` at the end.
    fn header(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let rest = self.left.saturating_add(self.filling);
        (self.left, self.filling) = (0, 0);
        if self.is_end {
            return Ok(None);
        }
        self.bytes.skip(rest)?;
        let block = self.block()?.filter(|block| block.iter().any(|&byte| byte != 0));
        self.is_end = block.is_none();
        if block.as_ref().is_some_and(|block| !has_checksum(block)) {
            return Err(broken("a header has a wrong checksum"));
        }
        self.headers += 1;
        if self.headers > MAX_HEADERS {
            return Err(io::Error::other(format!(
                "the tar archive has more than {MAX_HEADERS} entries; unpack it first"
            )));
        }
        Ok(block)
    }

    /// A whole block; `None` at the end of the bytes, be it in the middle of a block.
    fn block(&mut self) -> io::Result<Option<[u8; BLOCK]>> {
        let mut block = [0; BLOCK];
        match self.bytes.read_exact(&mut block) {
            Ok(()) => Ok(Some(block)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// From here on the bytes are those of a file.
    fn go_into(&mut self, size: u64) -> io::Result<()> {
        let block = BLOCK as u64;
        let whole = size.checked_next_multiple_of(block).ok_or_else(|| broken("a file's size is out of range"))?;
        (self.left, self.filling) = (size, whole - size);
        Ok(())
    }

    /// What an entry says about the next one. Longer ones are cut, and so say nothing of use.
    fn text(&mut self, size: u64) -> io::Result<Vec<u8>> {
        self.go_into(size)?;
        let mut text = Vec::new();
        self.by_ref().take(MAX_NAME).read_to_end(&mut text)?;
        Ok(text)
    }

    /// Old sparse files: more blocks of the map may follow the header.
    fn skip_sparse_map(&mut self, header: &[u8; BLOCK]) -> io::Result<()> {
        let mut has_more = field(header, 482, 1) != [0];
        while has_more {
            self.headers += 1;
            let block = self.block()?.filter(|_| self.headers <= MAX_HEADERS);
            has_more = field(&block.ok_or_else(|| broken("the map of a sparse file has no end"))?, 504, 1) != [0];
        }
        Ok(())
    }
}

impl<R: Read> Read for Tar<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (&mut self.bytes).take(self.left).read(buffer)?;
        self.left -= count as u64;
        Ok(count)
    }
}

/// A header's own name for its file.
fn name(block: &[u8; BLOCK]) -> Vec<u8> {
    let name = text(field(block, 0, 100));
    let prefix = text(field(block, 345, 155));
    // GNU's form has other things there.
    if field(block, 257, 6) == b"ustar\0" && !prefix.is_empty() { [prefix, b"/", name].concat() } else { name.to_vec() }
}

/// What is said of a file before its header.
#[derive(Debug, Default)]
struct More {
    name: Option<Vec<u8>>,
    size: Option<u64>,
    is_sparse: bool,
}

impl More {
    /// Reads lines like `26 path=recordings/one\n`, whose length stands in front.
    fn read_pax(&mut self, mut rest: &[u8]) {
        while let Some(space) = rest.iter().position(|&byte| byte == b' ') {
            let len = rest.get(..space).and_then(|digits| std::str::from_utf8(digits).ok()?.parse::<usize>().ok());
            let Some((line, behind)) = len.and_then(|len| rest.split_at_checked(len)) else { return };
            let line = line.get(space + 1..).unwrap_or_default();
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let at = line.iter().position(|&byte| byte == b'=').unwrap_or(line.len());
            let (key, value) = line.split_at_checked(at).unwrap_or((line, &[]));
            let value = value.strip_prefix(b"=").unwrap_or(value);
            match key {
                b"path" => self.name = Some(value.to_vec()),
                b"GNU.sparse.name" => (self.name, self.is_sparse) = (Some(value.to_vec()), true),
                b"size" => self.size = std::str::from_utf8(value).ok().and_then(|value| value.parse().ok()),
                key if key.starts_with(b"GNU.sparse.") => self.is_sparse = true,
                _ => {}
            }
            if behind.len() == rest.len() {
                return;
            }
            rest = behind;
        }
    }
}

/// The bytes of the first file of a stream that `is_trace` by its beginning.
///
/// # Errors
/// If it is broken, or has no trace.
pub(super) fn first_trace<'a>(bytes: Bytes<'a>, is_trace: &mut dyn FnMut(&[u8]) -> bool) -> io::Result<Bytes<'a>> {
    let mut archive = Tar::new(bytes);
    while let Some(entry) = archive.next()? {
        let head = member_head(&mut archive)?;
        if !entry.is_sparse && is_trace(&head) {
            return Ok(Box::new(Cursor::new(head).chain(archive)));
        }
    }
    Err(super::no_trace::no_trace("tar", &[]))
}

#[cfg(test)]
#[path = "../../../tests/support/tar.rs"]
mod made;

#[cfg(test)]
mod tests {
    use super::made::{entry, entry_of, tarred};
    use super::*;

    /// Names and contents of what is in there.
    fn files(archive: &[u8]) -> io::Result<Vec<(String, Vec<u8>)>> {
        let mut tar = Tar::new(Box::new(Cursor::new(archive.to_vec())) as Bytes<'_>);
        let mut found = Vec::new();
        while let Some(entry) = tar.next()? {
            let mut data = Vec::new();
            tar.read_to_end(&mut data)?;
            assert!(data.len() as u64 <= entry.size);
            found.push((entry.name, data));
        }
        Ok(found)
    }

    fn of(name: &str, data: &[u8]) -> (String, Vec<u8>) {
        (name.to_owned(), data.to_vec())
    }

    #[test]
    fn files_come_with_names_and_contents() {
        let large = vec![7; 1500];
        let archive = tarred(&[("a", b"one"), ("b/c", &large), ("empty", b""), ("full", &[1; 512])]);
        assert!(is_archive(&archive) && !is_archive(&archive[1..]) && !is_archive(&[0; 512]));
        assert!(!is_archive(&archive[..511]));
        let expected = [of("a", b"one"), of("b/c", &large), of("empty", b""), of("full", &[1; 512])];
        assert_eq!(files(&archive).unwrap(), expected);
        // Without its end, as when it was cut there; and cut inside a file.
        assert_eq!(files(&archive[..archive.len() - 1024]).unwrap(), expected);
        assert_eq!(files(&archive[..1600]).unwrap()[1], of("b/c", &large[..64]));
    }

    #[test]
    fn long_names_folders_and_links() {
        let long = "d/".repeat(100) + "file";
        let pax = |line: &str| {
            let len = (1..).find(|len| format!("{len} {line}\n").len() == *len).unwrap();
            format!("{len} {line}\n").into_bytes()
        };
        let said = [pax("mtime=1.5"), pax(&format!("path={long}")), pax("size=3")].concat();
        let archive = [
            entry(b'5', "d/", b""),
            entry(b'g', "pax_global_header", &pax("comment=ab")),
            entry(b'L', "././@LongLink", format!("{long}\0").as_bytes()),
            entry(b'0', &long[..100], b"gnu"),
            entry(b'x', "PaxHeaders/x", &said),
            entry_of(b'0', b"short", b"00000000000\0", b"pax"),
            // A link may claim a size; it has no data.
            entry_of(b'1', b"link", b"00000000777\0", b""),
            entry(b'2', "symlink", b""),
            entry(b'0', "last", b"!"),
        ];
        assert_eq!(files(&archive.concat()).unwrap(), [of(&long, b"gnu"), of(&long, b"pax"), of("last", b"!")]);
        let mut old = entry(0, "folder/", b"");
        old.extend(entry(b'0', "file", b"x"));
        assert_eq!(files(&old).unwrap(), [of("file", b"x")]);
    }

    #[test]
    fn sparse_files_are_known() {
        let sparse = |archive: &[u8]| {
            let mut tar = Tar::new(Box::new(Cursor::new(archive.to_vec())) as Bytes<'_>);
            let first = tar.next().unwrap().unwrap();
            (first.is_sparse, tar.next().unwrap().map(|entry| entry.name))
        };
        let mut old = entry(b'S', "a", b"data");
        old.extend(entry(b'0', "b", b""));
        assert_eq!(sparse(&old), (true, Some("b".to_owned())));
        let mut new = entry(b'x', "pax", b"22 GNU.sparse.major=1\n28 GNU.sparse.name=recording\n");
        new.extend(entry(b'0', "GNUSparseFile.0/recording", b"1\n0\n4\n"));
        assert_eq!(sparse(&new), (true, None));
    }

    #[test]
    fn sizes_and_sums_from_a_file_are_not_trusted() {
        assert_eq!(number(b"00000001750\0"), Some(1000));
        assert_eq!(number(b"\x80\0\0\0\0\0\0\0\0\0\x03\xe8"), Some(1000));
        assert_eq!(number(b"\x80\0\0\x01\0\0\0\0\0\0\x03\xe8"), None);
        assert_eq!(number(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), None);
        assert_eq!((number(b"        "), number(b"9"), number(b"")), (Some(0), None, None));
        let huge = entry_of(b'0', b"huge", b"\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", b"few");
        assert!(files(&huge).is_err(), "larger than can be counted");
        let large = entry_of(b'0', b"large", b"77777777777\0", b"few");
        assert_eq!(files(&large).unwrap(), [of("large", &large[512..])]);
        let name = entry_of(b'L', b"name", b"77777777777\0", &[b'a'; 600]);
        assert_eq!(files(&name).unwrap(), []);
        let mut broken = tarred(&[("a", b"one"), ("b", b"two")]);
        broken[1024 + 3] ^= 1;
        assert!(files(&broken).unwrap_err().to_string().contains("checksum"));
        let map = [&mut entry(b'S', "a", b"")[..]].concat();
        let mut endless = map;
        endless[482] = 1;
        let sum: u32 =
            endless.iter().enumerate().map(|(at, b)| if (148..156).contains(&at) { 32 } else { u32::from(*b) }).sum();
        endless[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        assert!(files(&endless).unwrap_err().to_string().contains("sparse"));
    }

    #[test]
    fn an_endless_list_of_entries_has_an_end() {
        struct Endless(Vec<u8>, usize);
        impl Read for Endless {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                for byte in buffer.iter_mut() {
                    *byte = self.0[self.1 % self.0.len()];
                    self.1 += 1;
                }
                Ok(buffer.len())
            }
        }
        for kind in [b'0', b'L'] {
            let endless = Endless(entry(kind, "a", b""), 0);
            let error = first_trace(Box::new(endless), &mut |_| false).err().unwrap();
            assert!(error.to_string().contains("more than"), "{error}");
        }
    }
}
