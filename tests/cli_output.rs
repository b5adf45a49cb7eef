//! What commands write into files: an input is never overwritten, whatever it is called, and what is there stays unless
//! it was said that it may go.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tempfile::TempDir;

use crate::archive;
use crate::fixtures;
use crate::run;

const NAME: &str = "workers-go1.27.trace";

/// Commands that write a file, each with the trace as its first word, then with what follows it, and with the option
/// that names the file.
const WRITERS: [(&str, &str, &[&str], &str); 6] = [
    ("profile", "", &["--kind", "sync"], "-o"),
    ("screenshot", "", &["--size", "400x300"], "-o"),
    ("screenshot", "", &["--size", "400x300", "--compare", "OTHER"], "--out"),
    ("compare", "", &["OTHER"], "--html"),
    ("compare", "OTHER", &[], "--html"),
    ("query", "", &["SELECT g, reason FROM waits", "--format", "parquet"], "-o"),
];

struct Place {
    folder: TempDir,
    trace: PathBuf,
    bytes: Vec<u8>,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let bytes = fs::read(fixtures::data().join("real").join(NAME)).expect("a fixture");
        let trace = folder.path().join("a.trace");
        fs::write(&trace, &bytes).expect("written");
        Self { folder, trace, bytes }
    }

    fn of(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command that reads `input` and writes to `out`.
    fn command(&self, writer: usize, input: &OsStr, out: &Path, force: bool) -> std::process::Command {
        let (command, before, after, option) = WRITERS[writer];
        let other = fixtures::data().join("real/workers-go1.21.trace");
        let word = |word: &str| if word == "OTHER" { other.clone().into_os_string() } else { OsString::from(word) };
        let mut words = vec![OsString::from(command)];
        words.extend(Some(before).filter(|before| !before.is_empty()).map(word));
        words.push(input.to_owned());
        words.extend(after.iter().map(|after| word(after)));
        words.extend([OsString::from(option), out.as_os_str().to_owned()]);
        words.extend(force.then(|| OsString::from("--force")));
        let mut all = run::command(&[]);
        all.args(words).current_dir(self.folder.path());
        all
    }

    fn run(&self, writer: usize, input: &OsStr, out: &Path, force: bool) -> Output {
        self.command(writer, input, out, force).output().expect("the program starts")
    }

    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).expect("the folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// It ended with 1, said `words`, and printed nothing.
#[track_caller]
fn refused(output: &Output, words: &str) {
    assert_eq!(output.status.code(), Some(1), "{}", said(output));
    assert!(said(output).contains(words), "{}", said(output));
    assert_eq!(said(output).lines().count(), 1, "{}", said(output));
    assert!(output.stdout.is_empty());
}

#[track_caller]
fn fine(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", said(output));
}

/// Whether it is what the command writes: a gzipped profile, a picture, a page.
fn is_written(writer: usize, bytes: &[u8]) -> bool {
    let magic: &[u8] = match WRITERS[writer].0 {
        "profile" => b"\x1f\x8b",
        "screenshot" => b"\x89PNG",
        "query" => b"PAR1",
        _ => b"<!DOCTYPE html>",
    };
    bytes.starts_with(magic)
}

#[test]
fn the_trace_is_never_overwritten() {
    for writer in 0..WRITERS.len() {
        let place = Place::new();
        let link = place.of("link.trace");
        let hard = place.of("hard.trace");
        fs::hard_link(&place.trace, &hard).expect("a link");
        let mut aliases = vec![place.trace.clone(), hard, place.of("./a.trace"), PathBuf::from("a.trace")];
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("a.trace", &link).expect("a link");
            std::os::unix::fs::symlink(place.folder.path(), place.of("folder")).expect("a link");
            aliases.extend([link.clone(), place.of("folder/a.trace")]);
        }
        let names = place.names();
        for alias in &aliases {
            for input in [place.trace.as_path(), link.as_path()] {
                if !input.exists() {
                    continue;
                }
                for force in [false, true] {
                    let output = place.run(writer, input.as_os_str(), alias, force);
                    refused(&output, "a trace is read from this file");
                }
            }
        }
        assert_eq!(fs::read(&place.trace).expect("it is there"), place.bytes);
        assert_eq!(place.names(), names, "nothing is left behind");
    }
}

#[test]
fn the_archive_of_the_trace_is_never_overwritten() {
    for writer in 0..WRITERS.len() {
        let place = Place::new();
        let zip = place.of("all.zip");
        let bytes = archive::stored(&[(NAME, place.bytes.clone()), ("other.trace", place.bytes.clone())]);
        fs::write(&zip, &bytes).expect("written");
        let inside = zip.join(NAME);
        for force in [false, true] {
            refused(&place.run(writer, inside.as_os_str(), &zip, force), "a trace is read from this file, as ");
            refused(&place.run(writer, inside.as_os_str(), &inside, force), "cannot write");
        }
        assert_eq!(fs::read(&zip).expect("it is there"), bytes);
        let new = place.of("new");
        fine(&place.run(writer, inside.as_os_str(), &new, false));
        assert!(is_written(writer, &fs::read(&new).expect("it is there")));
    }
}

#[cfg(unix)]
#[test]
fn the_file_behind_standard_input_is_never_overwritten() {
    for writer in 0..WRITERS.len() {
        let place = Place::new();
        for input in ["-", "/dev/stdin"] {
            for force in [false, true] {
                let mut command = place.command(writer, OsStr::new(input), &place.trace, force);
                let output = command.stdin(fs::File::open(&place.trace).expect("a file")).output().expect("it starts");
                let words = if input == "-" { "standard input comes from this file" } else { "is read from this file" };
                refused(&output, words);
            }
        }
        assert_eq!(fs::read(&place.trace).expect("it is there"), place.bytes);
    }
}

#[test]
fn another_file_is_replaced_only_on_demand() {
    for writer in 0..WRITERS.len() {
        let place = Place::new();
        let out = place.of("out");
        fine(&place.run(writer, place.trace.as_os_str(), &out, false));
        let first = fs::read(&out).expect("it is there");
        assert!(is_written(writer, &first));
        fs::write(&out, "mine").expect("written");
        #[cfg(unix)]
        fs::set_permissions(&out, std::os::unix::fs::PermissionsExt::from_mode(0o640)).expect("set");
        refused(&place.run(writer, place.trace.as_os_str(), &out, false), "--force");
        assert_eq!(fs::read(&out).expect("it is there"), b"mine");
        fine(&place.run(writer, place.trace.as_os_str(), &out, true));
        assert_eq!(fs::read(&out).expect("it is there"), first);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&out).expect("it is there").permissions().mode() & 0o777, 0o640);
        }
        assert_eq!(place.names(), ["a.trace", "out"], "nothing is left behind");
    }
}

#[cfg(unix)]
#[test]
fn links_folders_and_sockets_stay_as_they_are() {
    use std::os::unix::fs::symlink;
    for writer in 0..WRITERS.len() {
        let place = Place::new();
        fs::write(place.of("other"), "other").expect("written");
        symlink("other", place.of("link")).expect("a link");
        symlink("nothing", place.of("dangling")).expect("a link");
        symlink("loop", place.of("loop")).expect("a link");
        fs::create_dir(place.of("folder")).expect("made");
        let _socket = std::os::unix::net::UnixListener::bind(place.of("socket")).expect("a socket");
        let names = place.names();
        for (name, words) in [
            ("link", "symbolic link to other; name that file itself"),
            ("dangling", "symbolic link to nothing, which is not there"),
            ("loop", "symbolic link to loop"),
            ("folder", "it is a folder"),
            ("folder/", "it is a folder"),
            ("socket", "it is a block device or a socket"),
            ("new/", "not the name of a file"),
            ("nowhere/new", "there is no folder"),
            ("other/new", "cannot write"),
            ("", "not the name of a file"),
        ] {
            for force in [false, true] {
                let path = if name.is_empty() { PathBuf::new() } else { place.of(name) };
                refused(&place.run(writer, place.trace.as_os_str(), &path, force), words);
            }
        }
        assert_eq!(place.names(), names);
        assert_eq!(fs::read(place.of("other")).expect("it is there"), b"other");
        assert_eq!(fs::read_link(place.of("dangling")).expect("a link"), Path::new("nothing"));
    }
}

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_written_into() {
    for writer in 0..WRITERS.len() {
        let place = Place::new();
        let pipe = place.of("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.is_ok_and(|status| status.success()));
        let reader = std::thread::Builder::new().name("reader".to_owned());
        let path = pipe.clone();
        let reader = reader.spawn(move || fs::read(path).expect("a pipe")).expect("a thread");
        fine(&place.run(writer, place.trace.as_os_str(), &pipe, false));
        assert!(is_written(writer, &reader.join().expect("no panic")));
        assert!(!fs::symlink_metadata(&pipe).expect("it is there").is_file());
        fine(&place.run(writer, place.trace.as_os_str(), Path::new("/dev/null"), false));
        if Path::new("/dev/full").exists() {
            refused(
                &place.run(writer, place.trace.as_os_str(), Path::new("/dev/full"), true),
                "cannot write /dev/full",
            );
        }
        // Nothing but what is written comes out where that goes to standard output.
        let names = if writer == 0 { &["-", "/dev/stdout", "/dev/fd/1"][..] } else { &["-"] };
        for name in names {
            let output = place.run(writer, place.trace.as_os_str(), Path::new(name), false);
            fine(&output);
            assert!(is_written(writer, &output.stdout), "{name}");
            assert!(!output.stdout.ends_with(b"pprof\n"));
        }
        assert_eq!(place.names(), ["a.trace", "pipe"]);
    }
}

/// `>> TRACE` adds to what is being read, without end.
#[cfg(unix)]
#[test]
fn what_is_printed_never_goes_into_the_trace() {
    let place = Place::new();
    let path = place.trace.display().to_string();
    for arguments in [
        &["dump", &path][..],
        &["stats", &path],
        &["report", &path],
        &["profile", &path],
        &["profile", &path, "-o", "-"],
        &["compare", &path, &path],
        &["why", "-"],
    ] {
        let out = fs::OpenOptions::new().append(true).open(&place.trace).expect("a file");
        let input = fs::File::open(&place.trace).expect("a file");
        let mut command = run::command(arguments);
        let output = command.stdin(input).stdout(Stdio::from(out)).stderr(Stdio::piped()).output().expect("it starts");
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(said(&output).contains("this file"), "{}", said(&output));
        assert_eq!(fs::read(&place.trace).expect("it is there"), place.bytes, "{arguments:?}");
    }
}

#[test]
fn the_option_makes_sense_only_along_with_a_file() {
    let place = Place::new();
    let path = place.trace.display().to_string();
    for arguments in [
        &["profile", &path, "--force"][..],
        &["profile", &path, "--json", "-o", "x"],
        &["compare", &path, &path, "--force"],
        &["screenshot", &path, "--force"],
    ] {
        let output = run::tracelane(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", said(&output));
    }
    for command in ["profile", "screenshot", "compare"] {
        let help = run::tracelane(&["help", command]);
        assert!(String::from_utf8_lossy(&help.stdout).contains("--force"), "{command}");
    }
}

/// A recording that nobody reads just now stays, too, packed or in an archive: what is written is no trace.
#[test]
fn other_traces_stay_even_if_files_may_be_replaced() {
    let place = Place::new();
    let packed = place.of("packed.trace.gz");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut gzip, &place.bytes).expect("memory");
    fs::write(&packed, gzip.finish().expect("memory")).expect("written");
    let plain = place.of("plain.trace");
    fs::write(&plain, &place.bytes).expect("written");
    for writer in 0..WRITERS.len() {
        for out in [&plain, &packed] {
            let before = fs::read(out).expect("it is there");
            let output = place.run(writer, place.trace.as_os_str(), out, true);
            assert_eq!(output.status.code(), Some(1), "{}", said(&output));
            assert!(said(&output).contains("Go execution trace in this file"), "{}", said(&output));
            assert!(fs::read(out).expect("it is there") == before, "{} changed", out.display());
        }
    }
    let text = place.of("old.txt");
    fs::write(&text, "go 1.").expect("written");
    let output = place.run(0, place.trace.as_os_str(), &text, true);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
}
