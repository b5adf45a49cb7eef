//! Kinds of files that are known by their first bytes: packed ones, programs, and recordings of other tools.

use super::{FETCH, Lookalike, RECORD, lookalike};

/// First bytes, what it is, what to do.
type Kind = (&'static [u8], &'static str, &'static str);

/// Packed files are unpacked on the way here, but not without end.
const TOO_DEEP: (&str, &str) = ("compressed more than once", "unpack it first");

/// What only another program can unpack, or what has been unpacked too often.
const PACKED: &[Kind] = &[
    (b"\x1f\x8b", TOO_DEEP.0, TOO_DEEP.1),
    (b"\x28\xb5\x2f\xfd", TOO_DEEP.0, TOO_DEEP.1),
    (b"\x04\x22\x4d\x18", TOO_DEEP.0, TOO_DEEP.1),
    (b"PK\x03\x04", TOO_DEEP.0, TOO_DEEP.1),
    (b"BZh", "compressed with bzip2", "unpack it first, with bunzip2 -k FILE"),
    (b"\xfd7zXZ\0", "compressed with xz", "unpack it first, with xz -dk FILE"),
    (b"LZIP", "compressed with lzip", "unpack it first, with lzip -dk FILE"),
    (b"\x1f\x9d", "compressed with compress", "unpack it first, with gunzip -k FILE"),
    (b"\x02\x21\x4c\x18", "compressed with lz4 in its legacy format", "unpack it first, with lz4 -d FILE out.trace"),
    (b"\xff\x06\0\0sNaPpY", "compressed with snappy", "unpack it first"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "unpack it first, with 7z x FILE"),
    (b"Rar!\x1a\x07", "a RAR archive", "unpack it first, with unrar x FILE"),
    (b"Z28gMS4", "a trace in base64", "decode it first, with base64 -d FILE > out.trace"),
];

/// How to trace a program that somebody took for its trace.
const RUN: &str = "to record a trace of it: go test -trace=out.trace, NAME.test -test.trace=out.trace if it is a test binary, \
                   or runtime/trace";

/// How to go on with what a debugger reads.
const DEBUG: &str = "open it with dlv core PROGRAM FILE; a trace must be recorded while the program runs";

const MAGIC: &[Kind] = &[
    (b"PK\x05\x06", "an empty zip archive", RECORD),
    (b"MZ", "a Windows program", RUN),
    (b"\xcf\xfa\xed\xfe", "a macOS program", RUN),
    (b"\xca\xfe\xba\xbe", "a macOS program or a Java class", RUN),
    (b"\0asm", "a WebAssembly module", RUN),
    (b"!<arch>\n", "an archive of object files", RECORD),
    (b"go object ", "a Go object file", RECORD),
    (b"MDMP", "a Windows memory dump", DEBUG),
    (b"PAGEDU", "a Windows crash dump", DEBUG),
    (b"go1.7 heap dump\n", "a heap dump from runtime/debug.WriteHeapDump", RECORD),
    (b"PERFILE2", "a Linux perf recording", "open it with perf report -i FILE; perf does not record goroutines"),
    (b"2ELIFREP", "a Linux perf recording", "open it with perf report -i FILE; perf does not record goroutines"),
    (b"\x17\x08\x44tracing", "a trace-cmd recording (ftrace)", "open it with trace-cmd report FILE or KernelShark"),
    (b"\xc1\x1f\xfc\xc1", "a recording in the Common Trace Format (LTTng)", "open its folder with babeltrace2"),
    (b"\xd4\xc3\xb2\xa1", "a network packet capture", FETCH),
    (b"\xa1\xb2\xc3\xd4", "a network packet capture", FETCH),
    (b"\x4d\x3c\xb2\xa1", "a network packet capture", FETCH),
    (b"\xa1\xb2\x3c\x4d", "a network packet capture", FETCH),
    (b"\x0a\x0d\x0d\x0a", "a network packet capture", FETCH),
    (b"\0\x63\x76\x6d", "coverage metadata (GOCOVERDIR)", "open its folder with go tool covdata"),
    (b"\0\x63\x77\x6d", "coverage counters (GOCOVERDIR)", "open its folder with go tool covdata"),
    (b"FLR\0", "a Java Flight Recorder file", "open it with JDK Mission Control"),
    (b"JAVA PROFILE", "a Java heap dump", "open it with a Java profiler"),
    (b"SQLite format 3\0", "an SQLite database", RECORD),
    (b"%PDF", "a PDF document", RECORD),
    (b"\x89PNG", "an image", RECORD),
    (b"\xff\xd8\xff", "an image", RECORD),
    (b"GIF8", "an image", RECORD),
    (b"\0\x05\x16\x07", "a macOS AppleDouble file (._NAME)", "open the file without ._ in its name"),
];

fn find(head: &[u8], kinds: &[Kind]) -> Option<Lookalike> {
    kinds.iter().find(|(magic, ..)| head.starts_with(magic)).map(|(_, is, cure)| lookalike(*is, *cure))
}

pub(super) fn is_packed(head: &[u8]) -> bool {
    PACKED.iter().any(|(magic, ..)| head.starts_with(magic))
}

/// What has to be unpacked first.
pub(super) fn packed(head: &[u8]) -> Option<Lookalike> {
    find(head, PACKED)
}

/// What is surely no trace, and has none in it.
pub(super) fn named(head: &[u8]) -> Option<Lookalike> {
    elf(head).or_else(|| find(head, MAGIC))
}

/// A program, or what is left of one.
fn elf(head: &[u8]) -> Option<Lookalike> {
    const CORE: u8 = 4;
    let head = head.strip_prefix(b"\x7fELF")?;
    // e_type, in the byte order that byte 5 of the file says.
    let kind = if head.get(1) == Some(&2) { head.get(13) } else { head.get(12) };
    Some(if kind == Some(&CORE) { lookalike("a core dump", DEBUG) } else { lookalike("a program", RUN) })
}

/// What was never written.
pub(super) fn zeros(head: &[u8]) -> Option<Lookalike> {
    let head = head.get(..super::SNIFF_BYTES).unwrap_or(head);
    (head.len() >= 4 && head.iter().all(|&byte| byte == 0)).then(|| {
        let why =
            "the disk may have been full, or the machine stopped before it was written: copy it or record it again";
        lookalike("a file that begins with zero bytes", why)
    })
}
