//! Files that are taken for traces, and traces that a tool for text has changed: what the program says of them.
//! Which kinds there are is tested next to the code (`input/sniff/tests.rs`, `input/reencoding/tests.rs`).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::fixtures;
use crate::run;
use crate::tar;

const NAME: &str = "workers-go1.27.trace";

fn trace() -> Vec<u8> {
    fs::read(fixtures::data().join("real").join(NAME)).expect("a fixture")
}

fn written(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("written");
    path
}

fn stats(path: &Path) -> Output {
    run::tracelane(&["stats", "--json", "--no-cache", &path.to_string_lossy()])
}

/// Kinds of warnings, and what `stats` counts.
fn counted(path: &Path) -> (Vec<String>, [u64; 3]) {
    let output = stats(path);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let warnings = json["warnings"].as_array().expect("a list");
    let kinds = warnings.iter().map(|warning| warning["kind"].as_str().expect("a kind").to_owned()).collect();
    (kinds, ["events", "goroutines", "duration_ns"].map(|count| json[count].as_u64().expect("a number")))
}

#[test]
fn what_is_no_trace_is_refused_in_one_line_that_names_a_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let numbers: String = trace().iter().map(|byte| format!("{byte}\r\n")).collect();
    let with_bom = |text: &str| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let chunked = [b"800\r\n".as_slice(), &trace()].concat();
    let cases: [(&[u8], &str, &str); 9] = [
        (b"Unknown profile\n", "net/http/pprof has no profile of that name", "curl -o out.trace"),
        (b"heap profile: 2: 1048704 [2: 1048705] @ heap/1048576\n", "a heap profile in text form", "curl -o out.trace"),
        (b"panic: \x1b[31mboom\n\ngoroutine 1 [running]:\n", "\\x1b[31mboom", "trace.FlightRecorder"),
        (b"{\"traceEvents\":[]}", "Chrome's JSON format", "ui.perfetto.dev"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0", "a core dump", "dlv core"),
        (&with_bom("404 page not found\r\n"), "\"404 page not found\"", "curl -o out.trace"),
        (&with_bom(&numbers), "decimal numbers", "curl.exe -o out.trace"),
        (&chunked, "HTTP chunk sizes", "curl -o out.trace"),
        (
            &tar::tarred(&[("notes.txt", b"hello\n")]),
            "without a Go trace in it; it contains notes.txt (a text file)",
            "",
        ),
    ];
    for (bytes, is, cure) in cases {
        let path = written(folder.path(), "file", bytes);
        for command in ["stats", "report", "dump"] {
            let output = run::tracelane(&[command, &path.to_string_lossy()]);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
            assert!(said.contains(is) && said.contains(cure) && output.stdout.is_empty(), "{said}");
            assert!(!said.trim_end().contains(char::is_control), "{said:?}");
        }
    }
}

#[test]
fn a_trace_saved_as_text_is_turned_back_if_nothing_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = trace();
    let expected = counted(&written(folder.path(), "plain", &plain));
    assert_eq!(expected.0, Vec::<String>::new());
    let latin: String = plain.iter().map(|&byte| char::from(byte)).collect();
    let utf16: Vec<u8> = format!("\u{feff}{latin}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let cr: Vec<u8> = plain.iter().flat_map(|&b| if b == b'\n' { vec![b'\r', b'\n'] } else { vec![b] }).collect();
    for bytes in [utf16.as_slice(), latin.as_bytes(), &cr] {
        let path = written(folder.path(), "changed", bytes);
        assert_eq!(counted(&path), (vec!["reencoded".to_owned()], expected.1));
    }
    let lines = latin.replace("\r\n", "\n").replace(['\r', '\n'], "\r\n") + "\r\n";
    let lines: Vec<u8> = format!("\u{feff}{lines}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let lossy = String::from_utf8_lossy(&plain).into_owned().into_bytes();
    for (bytes, why) in [(lines, "PowerShell"), (lossy, "U+FFFD")] {
        let output = stats(&written(folder.path(), "lost", &bytes));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
        assert!(said.contains("it is a Go trace saved as text") && said.contains(why), "{said}");
        assert!(!said.contains("not a Go execution trace"), "{said}");
    }
}

#[test]
fn the_trace_of_an_archive_is_opened() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = trace();
    let one = written(folder.path(), "one.tar", &tar::tarred(&[("notes.txt", b"hello"), ("./t", &plain)]));
    let (_, expected) = counted(&written(folder.path(), "plain", &plain));
    assert_eq!(counted(&one).1, expected);
    assert_eq!(counted(&one.join("t")).1, expected);
    let two = written(folder.path(), "two.tar", &tar::tarred(&[("a", &plain), ("b", &plain)]));
    let output = stats(&two);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("two.tar/a, ") && said.contains("two.tar/b"), "{said}");
    assert_eq!(counted(&two.join("b")).1, expected);
}
