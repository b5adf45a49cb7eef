//! `tracelane dump` against Go's own reader: the same bytes for every trace that Go reads.
//!
//! The digests of Go's output are committed. With `TRACELANE_GO` set to the root of a Go
//! distribution (1.27), Go's tool is asked again and the outputs are compared in full.

#![expect(clippy::expect_used, reason = "a test ends where something is missing")]

#[path = "support/fixtures.rs"]
mod fixtures;
#[path = "support/header.rs"]
mod header;
#[path = "support/run.rs"]
mod run;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

/// What Go's tool printed for a file.
struct Reference {
    digest: String,
    bytes: usize,
    path: PathBuf,
}

/// The traces that Go reads without complaint, in the formats of Go 1.22 and newer.
fn references() -> Vec<Reference> {
    let text = fs::read_to_string(fixtures::data().join("reference/parsed-digests.txt")).expect("the digests");
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let (digest, bytes, status, file) = (words[0], words[1], words[2], words[3]);
        let path = fixtures::data().join(file);
        if status == "0" && header::version(&path).is_some_and(|version| version >= 22) {
            found.push(Reference { digest: digest.to_owned(), bytes: bytes.parse().expect("a number"), path });
        }
    }
    found
}

/// What our `dump` prints.
fn dump(path: &Path) -> Vec<u8> {
    let output = run::tracelane(&["dump", &path.to_string_lossy()]);
    let complaint = String::from_utf8_lossy(&output.stderr);
    // Damage that Go does not notice is told, but must not change the output.
    let damaged = path.parent().is_some_and(|folder| folder.ends_with("broken"));
    let fine =
        (output.status.code() == Some(0) && complaint.is_empty()) || (damaged && output.status.code() == Some(3));
    assert!(fine, "{}: {complaint}", path.display());
    output.stdout
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a string");
        text
    })
}

/// The first line in which two texts differ.
fn difference(ours: &[u8], gos: &[u8]) -> String {
    let (ours, gos) = (String::from_utf8_lossy(ours), String::from_utf8_lossy(gos));
    let (mut ours, mut gos) = (ours.lines(), gos.lines());
    for number in 1.. {
        match (ours.next(), gos.next()) {
            (None, None) => break,
            (our, go) if our == go => {}
            (our, go) => {
                return format!("line {number}\n  ours {}\n  Go's {}", our.unwrap_or("-"), go.unwrap_or("-"));
            }
        }
    }
    "only the line ends differ".to_owned()
}

#[test]
fn dump_prints_what_go_prints() {
    let references = references();
    assert!(references.len() > 60, "only {} references", references.len());
    let faults: Vec<String> = references
        .par_iter()
        .filter_map(|reference| {
            let ours = dump(&reference.path);
            if hex(&Sha256::digest(&ours)) == reference.digest {
                return None;
            }
            let name = reference.path.file_stem().expect("a name").to_string_lossy();
            let full = fixtures::data().join(format!("reference/{name}.parsed.txt"));
            let details = match fs::read(full) {
                Ok(gos) => difference(&ours, &gos),
                Err(_) => format!("{} bytes, Go prints {}", ours.len(), reference.bytes),
            };
            Some(format!("{name}: {details}"))
        })
        .collect();
    assert!(faults.is_empty(), "{} of {} differ:\n{}", faults.len(), references.len(), faults.join("\n"));
}

#[test]
fn go_itself_agrees() {
    let Some(go_root) = std::env::var_os("TRACELANE_GO").map(PathBuf::from) else {
        return;
    };
    for reference in references() {
        let output = Command::new(go_root.join("bin/go"))
            .args(["tool", "trace", "-d=parsed"])
            .arg(&reference.path)
            .env("GOROOT", &go_root)
            .env("GOTOOLCHAIN", "local")
            .env("TZ", "UTC")
            .output()
            .expect("Go starts");
        assert!(output.status.success(), "{}: {}", reference.path.display(), String::from_utf8_lossy(&output.stderr));
        let ours = dump(&reference.path);
        assert!(ours == output.stdout, "{}: {}", reference.path.display(), difference(&ours, &output.stdout));
    }
}
