//! Watches a folder, as one that a service writes flight-recorder snapshots to: says of each new trace what is wrong with the
//! program. With `--once` it looks at what is there, and ends.
//!
//! `cargo run --example watch_folder -- FOLDER [--once]`

#![expect(clippy::print_stdout, reason = "it is a program")]

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use trace_core::Trace;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: watch_folder FOLDER [--once]")?;
    let once = std::env::args().any(|argument| argument == "--once");
    let mut seen = HashSet::new();
    loop {
        for path in traces(Path::new(&folder))? {
            // A snapshot that is still being written is cut off, and looked at again once it is longer.
            let length = path.metadata()?.len();
            if seen.insert((path.clone(), length)) {
                report(&path);
            }
        }
        if once {
            return Ok(());
        }
        sleep(Duration::from_secs(2));
    }
}

fn traces(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let files = folder.read_dir()?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>()?;
    let mut files: Vec<PathBuf> =
        files.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "trace")).collect();
    files.sort();
    Ok(files)
}

fn report(path: &Path) {
    match Trace::open(path) {
        Ok(trace) => {
            println!("{}: {trace}", path.display());
            for problem in trace.problems().iter().take(3) {
                println!("  {problem}");
            }
        }
        Err(error) => println!("{}: {error}", path.display()),
    }
}
