//! Packed traces and archives: unpacked on the way, whatever their names say; and the limits of that.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use trace_core::base::error::{Error, Result};
use trace_core::base::limits::Limits;
use trace_core::base::monitor::Monitor;
use trace_core::export::reference::dump;
use trace_core::input::archive;
use trace_core::input::source::Source;
use trace_core::load::load_source;

use crate::fixtures;
use crate::tar;

fn trace(name: &str) -> Vec<u8> {
    fs::read(fixtures::data().join("real").join(name)).expect("a fixture")
}

/// What `dump` prints, and how many warnings there are.
fn printed(source: Source<'_>) -> Result<(Vec<u8>, usize)> {
    let (mut out, mut warnings) = (Vec::new(), 0);
    dump(source, &mut out, &Monitor::new(), &mut |_, _, _| warnings += 1)?;
    Ok((out, warnings))
}

/// The same for a file of these bytes.
fn opened(bytes: &[u8]) -> Result<(Vec<u8>, usize)> {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(bytes).expect("written");
    printed(Source::open(file.path())?)
}

/// The traces in an archive.
fn traces(path: &Path) -> Vec<PathBuf> {
    archive::traces(path, Limits::default()).expect("an archive")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).expect("packed");
    packer.finish().expect("packed")
}

fn lz4(bytes: &[u8]) -> Vec<u8> {
    // A block is unpacked whole or not at all.
    let small_blocks = lz4_flex::frame::FrameInfo::new().block_size(lz4_flex::frame::BlockSize::Max64KB);
    let mut packer = lz4_flex::frame::FrameEncoder::with_frame_info(small_blocks, Vec::new());
    packer.write_all(bytes).expect("packed");
    packer.finish().expect("packed")
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A frame of small blocks that are not packed, with a window far larger than the trace.
fn zstd_blocks(bytes: &[u8]) -> Vec<u8> {
    let mut out = b"\x28\xb5\x2f\xfd\0\x58".to_vec();
    for block in bytes.chunks(1000) {
        let header = u32::try_from(block.len()).expect("small") << 3;
        out.extend(&header.to_le_bytes()[..3]);
        out.extend(block);
    }
    out.extend([1, 0, 0]);
    out
}

/// An archive of (name, content), deflated or stored by turns.
fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let small = |len: usize| u32::try_from(len).expect("small").to_le_bytes();
    for (i, (name, content)) in files.iter().enumerate() {
        let mut data = content.to_vec();
        let method = if i % 2 == 0 { 8u16 } else { 0 };
        if method == 8 {
            let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            packer.write_all(content).expect("packed");
            data = packer.finish().expect("packed");
        }
        // Version, flags, method, time and date, sum (nobody looks), sizes, lengths of name and extra field.
        let mut common = vec![20, 0, 0, 0];
        common.extend(method.to_le_bytes());
        common.extend([0; 8]);
        common.extend(small(data.len()));
        common.extend(small(content.len()));
        common.extend(&small(name.len())[..2]);
        common.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(small(out.len()));
        directory.extend(name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(data);
    }
    let start = out.len();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(&small(files.len())[..2]);
    out.extend(&small(files.len())[..2]);
    out.extend(small(directory.len()));
    out.extend(small(start));
    out.extend([0, 0]);
    out
}

/// The same archive in the form for more than 4 GiB: sizes and places stand in extra fields.
fn zipped_large(name: &str, content: &[u8]) -> Vec<u8> {
    let mut large = vec![1, 0, 16, 0];
    large.extend([(content.len() as u64).to_le_bytes(); 2].concat());
    let mut common = vec![45, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    common.extend([0xff; 8]);
    common.extend([u8::try_from(name.len()).expect("short"), 0]);
    let mut out = b"PK\x03\x04".to_vec();
    out.extend(&common);
    out.extend([20, 0]);
    out.extend(name.as_bytes());
    out.extend(&large);
    out.extend(content);
    let start = out.len() as u64;
    out.extend(b"PK\x01\x02\x2d\0");
    out.extend(&common);
    out.extend([28, 0]);
    out.extend([0; 10]);
    out.extend([0xff; 4]);
    out.extend(name.as_bytes());
    large[2] = 24;
    out.extend(&large);
    out.extend(0u64.to_le_bytes());
    let (end, len) = (out.len() as u64, out.len() as u64 - start);
    out.extend(b"PK\x06\x06");
    out.extend(44u64.to_le_bytes());
    out.extend([45, 0, 45, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    for number in [1, 1, len, start] {
        out.extend(u64::to_le_bytes(number));
    }
    out.extend(b"PK\x06\x07\0\0\0\0");
    out.extend(end.to_le_bytes());
    out.extend([1, 0, 0, 0]);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([0xff; 12]);
    out.extend([0, 0]);
    out
}

/// What a packer makes of bytes.
type Packer = fn(&[u8]) -> Vec<u8>;

/// The beginning of a profile.
const PROFILE: &[u8] = b"\x0a\x04\x08\x01\x10\x02\x0a\x04\x08\x03\x10\x04\x32\0\x32\x07samples\x32\x03cpu";

const PACKERS: [(&str, Packer); 10] = [
    ("gzip", gzip),
    ("lz4", lz4),
    ("zstd", zstd),
    ("zip", |bytes| zipped(&[("inner", bytes)])),
    ("gzip in zip", |bytes| zipped(&[("a/notes.txt", b"hello"), ("a/inner.gz", &gzip(bytes))])),
    ("zip64", |bytes| zipped_large("inner", bytes)),
    ("tar", |bytes| tar::tarred(&[("a/notes.txt", b"hello"), ("./a/inner", bytes)])),
    ("tar.gz", |bytes| gzip(&tar::tarred(&[("cpu.pprof", &gzip(PROFILE)), ("inner", bytes)]))),
    ("gzip in tar", |bytes| tar::tarred(&[("inner.gz", &gzip(bytes)), ("empty", b"")])),
    ("zstd behind what is skipped", |bytes| [b"\x5a\x2a\x4d\x18\x04\0\0\0skip".to_vec(), zstd(bytes)].concat()),
];

#[test]
fn packed_traces_are_the_same_traces() {
    for name in ["workers-go1.27.trace", "workers-go1.21.trace", "gc-go1.26.trace"] {
        let plain = trace(name);
        let expected = opened(&plain).expect("a trace");
        assert!(expected.0.len() > 1_000 && expected.1 == 0);
        for (packer, pack) in PACKERS {
            assert!(opened(&pack(&plain)).expect(packer) == expected, "{name} with {packer}");
            // Of what comes as a stream the first trace is read.
            assert!(opened(&gzip(&pack(&plain))).expect(packer) == expected, "{name} with {packer} and gzip");
        }
        // In two pieces, as such files may be joined.
        let (head, tail) = plain.split_at(plain.len() / 2);
        for (packer, pack) in &PACKERS[..3] {
            let joined = [pack(head), pack(tail)].concat();
            assert!(opened(&joined).expect(packer) == expected, "{name} with {packer}, joined");
        }
    }
}

#[test]
fn what_a_broken_packed_file_still_holds_is_read() {
    let plain = trace("gc-go1.26.trace");
    let whole = opened(&plain).expect("a trace").0.len();
    let packers: [(&str, Packer); 3] = [PACKERS[0], PACKERS[1], ("zstd", zstd_blocks)];
    for (packer, pack) in &packers {
        let packed = pack(&plain);
        let (out, warnings) = opened(&packed[..packed.len() * 9 / 10]).expect(packer);
        assert!(warnings > 0, "{packer}: no warning");
        assert!(out.len() > whole / 20 && out.len() < whole, "{packer}: {} of {whole} bytes", out.len());
    }
}

#[test]
fn an_archive_with_several_traces_names_them() {
    let (one, other) = (trace("workers-go1.27.trace"), trace("workers-go1.21.trace"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("traces.bin");
    let files: [(&str, &[u8]); 7] = [
        ("a/", b""),
        ("a/notes.txt", b"hello"),
        ("a/one", &one),
        ("cpu", PROFILE),
        ("other", &other),
        ("__MACOSX/._other", b"\0\x05\x16\x07"),
        ("../../out", &one),
    ];
    let nothing: [(&str, &[u8]); 3] = [("notes.txt", b"hello\n"), ("cpu", PROFILE), ("._cpu", b"\0\x05\x16\x07")];
    let archives: [(&str, Vec<u8>, Vec<u8>); 4] = [
        ("zip", zipped(&files), zipped(&nothing)),
        ("tar", tar::tarred(&files[1..]), tar::tarred(&nothing)),
        ("tar", gzip(&tar::tarred(&files[1..])), gzip(&tar::tarred(&nothing))),
        ("tar", zstd(&tar::tarred(&files[1..])), zstd(&tar::tarred(&nothing))),
    ];
    for (kind, full, without) in archives {
        fs::write(&path, full).expect("written");
        let error = Source::open(&path).expect_err("three traces").to_string();
        assert!(error.starts_with(&format!("it is a {kind} archive with 3 traces; open one of")), "{error}");
        assert!(error.contains("traces.bin/a/one, ") && error.contains("traces.bin/other"), "{error}");
        let found = traces(&path);
        // Names that lead out of the archive are taken as names in it.
        assert_eq!(found, [path.join("a/one"), path.join("other"), path.join("out")]);
        for (path, plain) in found.iter().zip([&one, &other, &one]) {
            let source = Source::open(path).expect("a member");
            assert!(printed(source).expect("a trace") == opened(plain).expect("a trace"));
        }
        for nothing in ["nothing", "a", "../../out"] {
            let error = Source::open(&path.join(nothing)).expect_err("no such file");
            assert!(matches!(error, Error::Io(_)) && error.to_string().contains("bin/a/one"), "{nothing}: {error}");
        }
        fs::write(&path, without).expect("written");
        let error = Source::open(&path).expect_err("no trace").to_string();
        let holds = "without a Go trace in it; it contains notes.txt (a text file), cpu (a CPU profile)";
        assert!(error.ends_with(holds), "{error}");
    }
}

#[test]
fn of_two_files_with_one_name_the_last_counts() {
    let (one, other) = (trace("workers-go1.27.trace"), trace("workers-go1.21.trace"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("updated");
    let files: [(&str, &[u8]); 4] = [("./t", &one), ("gone", &one), ("t", &other), ("gone", b"text")];
    for archive in [tar::tarred(&files), gzip(&tar::tarred(&files)), zipped(&files)] {
        fs::write(&path, archive).expect("written");
        assert_eq!(traces(&path), [path.join("t")]);
        for path in [&path, &path.join("t")] {
            let found = printed(Source::open(path).expect("a trace")).expect("a trace");
            assert!(found == opened(&other).expect("a trace"));
        }
    }
}

#[test]
fn names_in_archives_are_shown_with_escapes() {
    let one = trace("workers-go1.27.trace");
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("names");
    let (first, second) = ("a\u{1b}[31m\r\nb.trace", "c\u{1b}]0;x\u{7}.trace");
    for archive in [zipped(&[(first, &one), (second, &one)]), tar::tarred(&[(first, &one), (second, &one)])] {
        fs::write(&path, archive).expect("written");
        let error = Source::open(&path).expect_err("three traces").to_string();
        assert!(!error.contains(char::is_control) && error.contains("a\\x1b[31m\\r\\nb.trace"), "{error}");
        assert!(printed(Source::open(&path.join(first)).expect("a member")).is_ok());
    }
}

/// Archives as they come through a pipe: nothing can be looked up in advance.
#[test]
fn of_an_archive_in_a_stream_the_first_trace_is_read() {
    let plain = trace("workers-go1.27.trace");
    let expected = opened(&plain).expect("a trace");
    let files: [(&str, &[u8]); 4] =
        [("cpu", &gzip(PROFILE)), ("empty", b""), ("t.gz", &gzip(&plain)), ("u", &plain[..2000])];
    let from_pipe = |bytes: &[u8]| printed(Source::packed(bytes, Limits::default()));
    for archive in [zipped(&files), gzip(&zipped(&files)), tar::tarred(&files), zstd(&tar::tarred(&files))] {
        assert!(from_pipe(&archive).expect("a trace") == expected);
    }
    for (kind, archive) in [("zip", zipped(&files[..2])), ("tar", tar::tarred(&files[..2]))] {
        let error = from_pipe(&archive).expect_err("no trace").to_string();
        assert!(error.contains(&format!("it is a {kind} archive without a Go trace")), "{error}");
    }
}

/// What a broken or made-up archive says is not believed; what can be read of it is.
#[test]
fn broken_archives_are_errors_or_read_as_far_as_they_go() {
    let plain = trace("workers-go1.27.trace");
    let files: [(&str, &[u8]); 2] = [("notes.txt", b"hello"), ("t", &plain)];
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("broken");
    for whole in [zipped(&files), tar::tarred(&files), gzip(&tar::tarred(&files))] {
        for cut in (0..whole.len()).step_by(509) {
            fs::write(&path, &whole[..cut]).expect("written");
            // No panic and no endless loop is what counts.
            drop(traces_or_not(&path));
            drop(Source::open(&path).and_then(printed));
            drop(Source::open(&path.join("t")).and_then(printed));
            drop(printed(Source::packed(&whole[..cut], Limits::default())));
        }
    }
    // Cut inside the trace: the beginning is there.
    let whole = tar::tarred(&files);
    let (out, _) = opened(&whole[..whole.len() - plain.len() / 3]).expect("a part of a trace");
    assert!(!out.is_empty());
}

fn traces_or_not(path: &Path) -> Option<Vec<PathBuf>> {
    archive::traces(path, Limits::default()).ok()
}

/// Many small files, each of which unpacks to a lot: telling traces from others must not take long.
#[test]
fn an_archive_full_of_bombs_is_listed_within_limits() {
    let bomb = gzip(&vec![0; 1 << 20]);
    let nested = gzip(&tar::tarred(&[("bomb", &bomb), ("bomb.gz", &gzip(&bomb))]));
    let files: Vec<(&str, &[u8])> = (0..200).flat_map(|_| [("a", bomb.as_slice()), ("b", &nested)]).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("bombs");
    for archive in [zipped(&files), tar::tarred(&files), gzip(&tar::tarred(&files))] {
        fs::write(&path, archive).expect("written");
        assert_eq!(traces(&path), Vec::<PathBuf>::new());
        assert!(Source::open(&path).expect_err("no trace").to_string().contains("without a Go trace"));
    }
    // A list that unpacks to more than is sensible ends with an error.
    let limits = Limits { unpack_free: 1 << 16, unpack_ratio: 2 };
    let many: Vec<(&str, &[u8])> = vec![("a", b"x"); 2_000];
    fs::write(&path, gzip(&tar::tarred(&many))).expect("written");
    let error = archive::traces(&path, limits).expect_err("a bomb").to_string();
    assert!(error.contains("the limit can be raised"), "{error}");
}

#[test]
fn a_bomb_meets_the_limit() {
    let mut bomb = trace("workers-go1.27.trace");
    bomb.resize(4 << 20, 0);
    let limits = Limits { unpack_free: 1 << 20, unpack_ratio: 10 };
    let folder = tempfile::tempdir().expect("a folder");
    for (packer, pack) in &PACKERS[..4] {
        let path = folder.path().join(packer);
        fs::write(&path, pack(&bomb)).expect("written");
        let mut told = Vec::new();
        let source = Source::open_with(&path, limits).expect("a file");
        dump(source, &mut Vec::new(), &Monitor::new(), &mut |_, what, _| told.push(what)).expect("what came before");
        assert!(told.iter().any(|what| what.contains("the limit can be raised")), "{packer}: {told:?}");
        let source = Source::open(&path).expect("a file");
        let (_, warnings) = printed(source).expect("a trace");
        assert!(warnings > 0, "the zeros are told");
    }
    // Of one that holds nothing else it is said why no more was read.
    let mut nothing = bomb[..16].to_vec();
    nothing.resize(4 << 20, 0);
    let path = folder.path().join("nothing.gz");
    fs::write(&path, gzip(&nothing)).expect("written");
    let source = Source::open_with(&path, limits).expect("a file");
    let error = load_source(source, &Monitor::new(), &mut |_| {}).expect_err("nothing").to_string();
    assert!(error.contains("nothing behind it") && error.contains("the limit can be raised"), "{error}");
    // What a packed archive holds is known only once all of it is unpacked.
    let path = folder.path().join("tar.gz");
    fs::write(&path, gzip(&tar::tarred(&[("t", &bomb)]))).expect("written");
    let error = Source::open_with(&path, limits).expect_err("a bomb").to_string();
    assert!(error.contains("the limit can be raised"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_named_pipe_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    if !made.is_ok_and(|status| status.success()) {
        return;
    }
    let plain = trace("workers-go1.27.trace");
    let packed = gzip(&plain);
    // Opening does not wait for the writer.
    let source = Source::open(Path::new(&path)).expect("a pipe");
    let writer = std::thread::Builder::new().name("writer".to_owned()).spawn(move || fs::write(path, packed));
    assert!(printed(source).expect("a trace") == opened(&plain).expect("a trace"));
    writer.expect("a thread").join().expect("no panic").expect("written");
}
