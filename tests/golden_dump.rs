//! `tracelane dump` against Go's own reader: the same bytes for every trace that Go reads.
//!
//! The digests of Go's output are committed. With `TRACELANE_GO` set to the root of a Go
//! distribution (1.27), Go's tool is asked again and the outputs are compared in full.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use crate::fixtures;
use crate::header;
use crate::run;

/// What Go's tool printed for a file.
struct Reference {
    digest: String,
    bytes: usize,
    path: PathBuf,
}

/// The traces that Go reads without complaint.
fn references() -> Vec<Reference> {
    let text = fs::read_to_string(fixtures::data().join("reference/parsed-digests.txt")).expect("the digests");
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let (digest, bytes, status, file) = (words[0], words[1], words[2], words[3]);
        let path = fixtures::data().join(file);
        if status == "0" {
            found.push(Reference { digest: digest.to_owned(), bytes: bytes.parse().expect("a number"), path });
        }
    }
    found
}

/// Of goroutines that are ready when a trace of Go 1.21 or older begins, Go tells in random order: puts
/// them in order, as was done for the digests.
fn with_start_sorted(text: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8(text).expect("text");
    let id = |line: &str| -> Option<u64> {
        let (head, tail) = line.strip_prefix("M=-1 P=-1 G=-1 StateTransition Time=")?.split_once(" GoID=")?;
        let id = tail.strip_suffix(" Undetermined->Runnable Reason=\"\"\n")?;
        head.parse::<i64>().ok().and(id.parse().ok())
    };
    let mut ids: Vec<u64> = text.split_inclusive('\n').filter_map(id).collect();
    ids.sort_unstable();
    let mut ids = ids.into_iter();
    let mut sorted = String::new();
    for line in text.split_inclusive('\n') {
        match id(line) {
            Some(id) => {
                let next = ids.next().expect("as many ids as lines");
                sorted.push_str(&line.replace(&format!(" GoID={id} "), &format!(" GoID={next} ")));
            }
            None => sorted.push_str(line),
        }
    }
    sorted.into_bytes()
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
    assert!(references.len() > 75, "only {} references", references.len());
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
        if header::version(&reference.path).is_some_and(|version| version < 22) {
            // Go's own output for the old format varies from run to run; see `reference/make.sh`.
            continue;
        }
        let output = Command::new(go_root.join("bin/go"))
            .args(["tool", "trace", "-d=parsed"])
            .arg(&reference.path)
            .env("GOROOT", &go_root)
            .env("GOTOOLCHAIN", "local")
            .env("TZ", "UTC")
            .output()
            .expect("Go starts");
        assert!(output.status.success(), "{}: {}", reference.path.display(), String::from_utf8_lossy(&output.stderr));
        let is_old = header::version(&reference.path).is_some_and(|version| version < 22);
        let gos = if is_old { with_start_sorted(output.stdout) } else { output.stdout };
        let ours = dump(&reference.path);
        assert!(ours == gos, "{}: {}", reference.path.display(), difference(&ours, &gos));
    }
}
