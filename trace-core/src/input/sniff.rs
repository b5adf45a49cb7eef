//! Says what a file is that is not a trace: from its first bytes, in words for the user.

use crate::base::quote::push_quoted;

/// How many bytes from the start of a file [`describe`] wants to see.
pub const SNIFF_BYTES: usize = 512;

/// Packed files are unpacked on the way here, but not without end.
const TOO_DEEP: &str = "it is compressed several times over; unpack it first";

/// First bytes of what only another program can unpack, and what to say of it.
const PACKED: &[(&[u8], &str)] = &[
    (b"\x1f\x8b", TOO_DEEP),
    (b"\x28\xb5\x2f\xfd", TOO_DEEP),
    (b"\x04\x22\x4d\x18", TOO_DEEP),
    (b"PK\x03\x04", TOO_DEEP),
    (b"BZh", "it is compressed with bzip2; unpack it first"),
    (b"\xfd7zXZ\0", "it is compressed with xz; unpack it first"),
    (b"\x02\x21\x4c\x18", "it is compressed with lz4 in its legacy format; unpack it first, with lz4 -d"),
    (b"\xff\x06\0\0sNaPpY", "it is compressed with snappy; unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "it is a 7z archive; unpack it first"),
    (b"Z28gMS4", "it is a trace in base64; decode it first, with base64 -d"),
];

/// First bytes of other well-known kinds of files, and what to say of them.
const MAGIC: &[(&[u8], &str)] = &[
    (b"PK\x05\x06", "it is an empty zip archive"),
    (b"\x7fELF", "it is a program; record a trace of it with runtime/trace or go test -trace"),
    (b"MZ", "it is a Windows program; record a trace of it with runtime/trace or go test -trace"),
    (b"!<arch>\n", "it is an archive of object files"),
    (b"%PDF", "it is a PDF document"),
    (b"\x89PNG", "it is a picture"),
    (b"PERFILE2", "it is a recording of Linux perf"),
    (b"go object ", "it is a Go object file"),
    (b"<!DOCTYPE", "it is a web page; the server may have answered with an error instead of a trace"),
    (b"<html", "it is a web page; the server may have answered with an error instead of a trace"),
    (b"{", "it begins like JSON; a Chrome trace, perhaps, but not one that the Go runtime wrote"),
    (b"[", "it begins like JSON; a Chrome trace, perhaps, but not one that the Go runtime wrote"),
    (b"goroutine ", "it is a goroutine dump in text; record a trace with /debug/pprof/trace?seconds=5"),
    (b"mode: ", "it is a coverage profile"),
];

/// How much of a text's first line is quoted, in characters.
const QUOTED: usize = 80;

fn named(head: &[u8], kinds: &[(&[u8], &'static str)]) -> Option<&'static str> {
    kinds.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, words)| *words)
}

/// Whether it must be unpacked first: a trace's header that can be read in there is of no use, since what follows is
/// packed.
#[must_use]
pub fn is_packed(head: &[u8]) -> bool {
    named(head, PACKED).is_some()
}

/// A clause that tells what the bytes seem to be instead of a trace, and the cure if there is one.
#[must_use]
pub fn describe(head: &[u8]) -> String {
    if let Some(words) = named(head, PACKED).or_else(|| named(head, MAGIC)) {
        return words.to_owned();
    }
    if head.iter().all(|&byte| byte == 0) {
        return "it begins with zero bytes; the disk may have been full, or the machine stopped before it was written"
            .to_owned();
    }
    let is_text = std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true)
        && !head.iter().any(|&byte| byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x1b));
    if is_text {
        let said = first_line(head);
        return format!("it begins with text, {said}; if your program prints to standard output, record to a file");
    }
    if is_pprof(head) {
        return "it may be a pprof profile; open it with go tool pprof".to_owned();
    }
    "its first bytes are those of no kind of file known here".to_owned()
}

/// The first line that is not empty, in quotes: a server's complaint, perhaps.
fn first_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let mut quoted = Vec::new();
    match line.char_indices().nth(QUOTED) {
        Some((end, _)) => push_quoted(&mut quoted, format!("{}…", line.get(..end).unwrap_or(line)).as_bytes()),
        None => push_quoted(&mut quoted, line.as_bytes()),
    }
    String::from_utf8_lossy(&quoted).into_owned()
}

/// Whether it begins like a `perftools.profiles.Profile`, unpacked: with a `sample_type` or `period_type` (fields 1 and
/// 11, messages of two small numbers), or with `time_nanos` (field 9).
fn is_pprof(head: &[u8]) -> bool {
    matches!(head, [0x0a | 0x5a, 2..=12, 0x08 | 0x10, ..] | [0x48, 0x80..=0xff, 0x80..=0xff, ..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_it_sees() {
        assert!(describe(b"\x1f\x8b\x08\0").contains("several times"));
        assert!(describe(b"BZh9").contains("bzip2"));
        assert!(describe(b"PK\x05\x06").contains("empty zip") && !is_packed(b"PK\x05\x06"));
        assert!(describe(b"Z28gMS4yNiB0cmFjZQAAAA").contains("base64"));
        assert!(describe(b"2026/01/02 listening on :8080\n").contains("text"));
        assert!(describe("\n  Grüße\nan alle".as_bytes()).contains("text, \"Grüße\""));
        assert!(describe("ä".repeat(100).as_bytes()).contains(&format!("\"{}…\"", "ä".repeat(80))));
        assert!(describe(b"Hello").contains("text") && describe(b"\nHello").contains("text"));
        for profile in [b"\x0a\x04\x08\x01\x10\x02", b"Z\x04\x08\x01\x10\x02", b"H\x98\xe1\x8b\x85\xf9"] {
            assert!(describe(profile).contains("pprof"));
        }
        assert!(describe(&[0; 100]).contains("zero"));
        assert!(describe(&[0x80, 3, 0xff, 0]).contains("no kind"));
    }
}
