//! Traces that went through a tool for text: recognised, and turned back where nothing is lost.
//!
//! | what happened | what is left | undone |
//! |---|---|---|
//! | bytes taken for characters of a code page, saved as UTF-16 or UTF-8 | a character for each byte | yes |
//! | the same line by line (`>` in Windows PowerShell) | LF, CR and CR LF are all CR LF, and one more at the end | no |
//! | bytes taken for UTF-8 or ASCII | U+FFFD or `?` for most bytes from 0x80 on | no |
//! | CR put before each LF (FTP in text mode, `autocrlf`) | CR LF for LF, CR CR LF for CR LF | yes |
//!
//! A sound trace is told from these by its first bytes: it has numbers of several bytes, which end with a byte below
//! 0x80 and so are never UTF-8, and bytes 10 and 13 each for itself.

use std::collections::BTreeSet;
use std::io::{self, Cursor, Read};
use std::sync::{Arc, OnceLock};

use crate::base::error::Error;
use crate::input::code_page::{self, Bytes as PageBytes, Unknown};
use crate::input::guard::Bytes;
use crate::input::peek::Peeked;
use crate::input::sniff::SNIFF_BYTES;

/// Text that is looked at to find out what happened to it.
const SAMPLE_BYTES: usize = 1 << 20;
/// What is looked at of what seems to be a sound trace.
const MOST_JUDGED: usize = 64 << 10;
/// Fewest bytes behind the header that can be judged.
const LEAST_JUDGED: usize = 128;
/// So many line ends of one kind, and none of another, are no coincidence.
const LINE_ENDS: usize = 16;
const CR_LF_PAIRS: usize = 4;
/// Bytes turned back at a time.
const CHUNK: usize = 32 << 10;
/// Length of a trace's header.
const HEADER_BYTES: usize = 16;

/// What was undone, in words, once the first bytes have been read. Shared by all clones.
#[derive(Clone, Debug, Default)]
pub struct Restoration(Arc<OnceLock<String>>);

impl Restoration {
    /// A sentence for the user; `None` if the bytes are as they were.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// How characters are bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    Utf8,
    Utf16Le,
    Utf16Be,
}

/// What a beginning looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    AsItWas,
    Text(Layout),
    CrBeforeLf,
    /// More bytes are needed.
    Undecided,
}

/// The bytes as they were, if something was done to them that can be undone, else as they are. `restoration` tells
/// what was undone. Text in UTF-16 that is no trace becomes UTF-8, as much of it as is needed to recognise it.
///
/// # Errors
/// If it is a trace of which too much is lost.
pub(super) fn restored<'a>(mut bytes: Peeked<Bytes<'a>>, restoration: &Restoration) -> io::Result<Bytes<'a>> {
    let mut wanted = SNIFF_BYTES;
    let verdict = loop {
        let len = bytes.peek(wanted).len();
        let is_end = bytes.is_end();
        match judge(bytes.peek(0), is_end || len >= MOST_JUDGED) {
            Verdict::Undecided => wanted = len + SNIFF_BYTES,
            verdict => break verdict,
        }
    };
    match verdict {
        Verdict::AsItWas | Verdict::Undecided => Ok(Box::new(bytes)),
        Verdict::CrBeforeLf => {
            let what = "the file was copied in text mode, which put a byte 13 (CR) before each byte 10 (LF); the recorded bytes \
                        were restored";
            // Set once for each source; another stream inside has nothing to add.
            drop(restoration.0.set(what.to_owned()));
            Ok(Box::new(WithoutCr { bytes, held: Vec::new(), is_end: false }))
        }
        Verdict::Text(layout) => from_text(bytes, layout, restoration),
    }
}

/// Where a trace's header begins.
fn find_header(bytes: &[u8]) -> Option<usize> {
    bytes.windows(HEADER_BYTES).position(|window| window.starts_with(b"go 1.") && window.ends_with(b" trace\0\0\0"))
}

fn judge(head: &[u8], is_all: bool) -> Verdict {
    if head.starts_with(b"\xff\xfe") || head.starts_with(b"g\0o\0 \x001\0.\0") {
        return Verdict::Text(Layout::Utf16Le);
    }
    if head.starts_with(b"\xfe\xff") || head.starts_with(b"\0g\0o\0 \x001\0.") {
        return Verdict::Text(Layout::Utf16Be);
    }
    let Some(body) = find_header(head).and_then(|at| head.get(at + HEADER_BYTES..)) else { return Verdict::AsItWas };
    let is_utf8 = std::str::from_utf8(body).map_or_else(|error| error.error_len().is_none(), |_| true);
    if is_utf8 && body.len() >= LEAST_JUDGED {
        let high = body.iter().filter(|byte| **byte >= 0x80).count();
        let marks = body.iter().filter(|byte| **byte == b'?').count();
        let is_text = high >= 8 || marks * 8 > body.len();
        return if is_text { Verdict::Text(Layout::Utf8) } else { Verdict::AsItWas };
    }
    let mut pairs = 0;
    for (before, at) in body.iter().zip(body.iter().skip(1)) {
        match (before, at) {
            (b'\r', b'\n') => pairs += 1,
            (_, b'\n') => return Verdict::AsItWas,
            _ => {}
        }
    }
    if pairs >= CR_LF_PAIRS {
        Verdict::CrBeforeLf
    } else if is_all {
        Verdict::AsItWas
    } else {
        Verdict::Undecided
    }
}

/// The whole characters at the beginning of `bytes`, and how many bytes they take. What is no character is U+FFFD.
fn decode(layout: Layout, bytes: &[u8], out: &mut Vec<char>) -> usize {
    let unit = match layout {
        Layout::Utf8 => return decode_utf8(bytes, out),
        Layout::Utf16Le => u16::from_le_bytes,
        Layout::Utf16Be => u16::from_be_bytes,
    };
    let mut units: Vec<u16> = bytes.as_chunks::<2>().0.iter().map(|&pair| unit(pair)).collect();
    // The other half of the last character may be yet to come.
    if units.last().is_some_and(|unit| (0xd800..0xdc00).contains(unit)) {
        units.pop();
    }
    out.extend(char::decode_utf16(units.iter().copied()).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
    units.len() * 2
}

fn decode_utf8(bytes: &[u8], out: &mut Vec<char>) -> usize {
    let mut used = 0;
    for chunk in bytes.utf8_chunks() {
        out.extend(chunk.valid().chars());
        used += chunk.valid().len();
        let is_cut = used + chunk.invalid().len() == bytes.len() && chunk.invalid().len() < 4;
        if !chunk.invalid().is_empty() && !is_cut {
            out.push(char::REPLACEMENT_CHARACTER);
            used += chunk.invalid().len();
        }
    }
    used
}

fn from_text<'a>(mut bytes: Peeked<Bytes<'a>>, layout: Layout, restoration: &Restoration) -> io::Result<Bytes<'a>> {
    let mut characters = Vec::new();
    let sample = bytes.peek(SAMPLE_BYTES);
    let sample = sample.get(..SAMPLE_BYTES).unwrap_or(sample);
    decode(layout, sample, &mut characters);
    let is_whole = bytes.is_end();
    let Some(header) = find_header_in(&characters) else {
        return Ok(match layout {
            Layout::Utf8 => Box::new(bytes),
            _ => Box::new(Cursor::new(characters.into_iter().collect::<String>().into_bytes())),
        });
    };
    let trace = characters.get(header..).unwrap_or_default();
    let ends = LineEnds::of(trace);
    let page = match page_of(trace) {
        Ok(_) if ends.are_lost(is_whole) => return Err(lost(layout, LOST_LINES)),
        Ok(page) => page,
        Err(what) => return Err(lost(layout, what)),
    };
    let saved = match layout {
        Layout::Utf8 => "UTF-8",
        Layout::Utf16Le | Layout::Utf16Be => "UTF-16",
    };
    let what = format!("the file was saved as text ({saved}, {}); the recorded bytes were restored", page.page.name);
    // Set once for each source; another stream inside has nothing to add.
    drop(restoration.0.set(what));
    if is_whole && ends.is_one_at_the_end() {
        // PowerShell ends the last line, too.
        let trace: Vec<u8> = trace.iter().filter_map(|&c| page.byte(c)).collect();
        return Ok(Box::new(Cursor::new(trace.strip_suffix(b"\r\n").unwrap_or(&trace).to_vec())));
    }
    Ok(Box::new(FromText { bytes, layout, page, skip: header, raw: Vec::new(), out: Cursor::default(), error: None }))
}

/// Where a trace's header begins, in characters.
fn find_header_in(characters: &[char]) -> Option<usize> {
    let ascii: Vec<u8> = characters.iter().map(|&c| u8::try_from(c).unwrap_or(0xff)).collect();
    find_header(&ascii)
}

/// The bytes that a trace's characters stood for; what is lost if they cannot be known.
fn page_of(trace: &[char]) -> Result<PageBytes, &'static str> {
    let marks = trace.iter().filter(|&&c| c == '?').count();
    let high: BTreeSet<char> = trace.iter().copied().filter(|&c| u32::from(c) >= 0x80).collect();
    if high.contains(&char::REPLACEMENT_CHARACTER) {
        return Err("bytes above 127 were replaced by U+FFFD");
    }
    if marks * 8 > trace.len() || (high.is_empty() && trace.len() > LEAST_JUDGED) {
        return Err("bytes above 127 were replaced by question marks or dropped");
    }
    code_page::of_characters(&high.into_iter().collect::<Vec<_>>()).map_err(|unknown| match unknown {
        Unknown::NoPage => "some of its characters stand for no byte in any code page known here",
        Unknown::SeveralPages => "its characters stand for different bytes in different code pages",
    })
}

const LOST_LINES: &str = "every byte 10 (LF) or 13 (CR) became a line end, and which of the two it was is lost";

fn lost(layout: Layout, what: &str) -> io::Error {
    let found = match layout {
        Layout::Utf8 => format!(
            "it is a Go trace saved as text in UTF-8, which cannot be undone: {what}; save it again as bytes, as curl -o \
             out.trace URL and go test -trace=out.trace do"
        ),
        Layout::Utf16Le | Layout::Utf16Be => format!(
            "it is a Go trace saved as text in UTF-16, as > does in Windows PowerShell, which cannot be undone: {what}; \
             record it again without PowerShell's >: go test -trace=out.trace, curl.exe -o out.trace URL, or cmd /c \
             \"PROGRAM > out.trace\""
        ),
    };
    io::Error::other(Error::Reencoded { found })
}

/// Line ends of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct LineEnds {
    lf: usize,
    cr: usize,
    pairs: usize,
    ends_with_pair: bool,
}

impl LineEnds {
    fn of(characters: &[char]) -> Self {
        let mut ends = Self { ends_with_pair: characters.ends_with(&['\r', '\n']), ..Self::default() };
        let mut before = ' ';
        for &c in characters {
            match (before, c) {
                ('\r', '\n') => {
                    ends.pairs += 1;
                    ends.cr = ends.cr.saturating_sub(1);
                }
                (_, '\n') => ends.lf += 1,
                (_, '\r') => ends.cr += 1,
                _ => {}
            }
            before = c;
        }
        ends
    }

    const fn is_one_at_the_end(self) -> bool {
        self.lf == 0 && self.cr == 0 && self.pairs == 1 && self.ends_with_pair
    }

    /// Whether they have been made the same. A trace has LF and CR each for itself, about as often.
    const fn are_lost(self, is_whole: bool) -> bool {
        let only_pairs = self.pairs > 0 && self.lf == 0 && self.cr == 0 && !(is_whole && self.is_one_at_the_end());
        let only_lf = self.cr == 0 && self.pairs == 0 && self.lf >= LINE_ENDS;
        only_pairs || only_lf
    }
}

/// Characters turned back into bytes.
struct FromText<R> {
    bytes: R,
    layout: Layout,
    page: PageBytes,
    /// Characters before the trace.
    skip: usize,
    /// Read and not yet a whole character.
    raw: Vec<u8>,
    out: Cursor<Vec<u8>>,
    error: Option<io::Error>,
}

impl<R: Read> Read for FromText<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.out.read(buffer)?;
            if count > 0 || buffer.is_empty() {
                return Ok(count);
            }
            if let Some(error) = self.error.take() {
                return Err(error);
            }
            let at = self.raw.len();
            self.raw.resize(at + CHUNK, 0);
            let read = self.bytes.read(self.raw.get_mut(at..).unwrap_or_default());
            self.raw.truncate(at + *read.as_ref().unwrap_or(&0));
            if read? == 0 {
                return Ok(0);
            }
            let mut characters = Vec::new();
            let used = decode(self.layout, &self.raw, &mut characters);
            self.raw.drain(..used);
            self.convert(&characters);
        }
    }
}

impl<R> FromText<R> {
    fn convert(&mut self, characters: &[char]) {
        let skipped = self.skip.min(characters.len());
        self.skip -= skipped;
        let mut out = Vec::with_capacity(characters.len());
        for &c in characters.get(skipped..).unwrap_or_default() {
            match self.page.byte(c) {
                Some(byte) => out.push(byte),
                None => {
                    let what =
                        format!("a character (U+{:04X}) stands for no byte of {}", u32::from(c), self.page.page.name);
                    self.error = Some(io::Error::new(io::ErrorKind::InvalidData, what));
                    break;
                }
            }
        }
        self.out = Cursor::new(out);
    }
}

/// The CR before each LF left out.
struct WithoutCr<R> {
    bytes: R,
    /// Read, and not given yet: the end may be a CR whose LF is yet to come.
    held: Vec<u8>,
    is_end: bool,
}

impl<R: Read> Read for WithoutCr<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let mut count = 0;
            let mut used = 0;
            while let (Some(&byte), Some(place)) = (self.held.get(used), buffer.get_mut(count)) {
                match (byte, self.held.get(used + 1)) {
                    (b'\r', None) if !self.is_end => break,
                    (b'\r', Some(b'\n')) => used += 1,
                    _ => {
                        *place = byte;
                        count += 1;
                        used += 1;
                    }
                }
            }
            self.held.drain(..used);
            if count > 0 || self.is_end {
                return Ok(count);
            }
            let at = self.held.len();
            self.held.resize(at + CHUNK, 0);
            let read = self.bytes.read(self.held.get_mut(at..).unwrap_or_default());
            self.held.truncate(at + *read.as_ref().unwrap_or(&0));
            self.is_end = read? == 0;
        }
    }
}

#[cfg(test)]
mod tests;
