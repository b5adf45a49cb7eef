//! What remains of whole traces after every kind of damage, here and in Go's own tool. Prints a table:
//!
//! `TRACELANE_GO_TRACE=/path/to/trace cargo test -p trace-core --all-features --release --test library damage_table -- --ignored --nocapture`
//!
//! (`trace` is the program of `go build cmd/trace`; without it its columns stay empty.)

#![expect(clippy::print_stdout, reason = "the table is what it is for")]

use std::fs;
use std::process::Command;

use trace_core::base::monitor::Monitor;
use trace_core::load::load_bytes;

use crate::damages::KINDS;
use crate::folder;
use crate::random::Random;

/// How often each kind of damage is done to each trace.
const ROUNDS: u64 = 12;
/// The traces: several generations with and without end marks, CPU samples, and the old format.
const TRACES: [&str; 4] = ["generations-go1.25", "generations-go1.27", "cpuprofile-go1.27", "httpserver-go1.21"];

/// How many events Go's tool prints, and whether it comes to the end without an error.
fn go(bytes: &[u8]) -> Option<(u64, bool)> {
    let tool = std::env::var_os("TRACELANE_GO_TRACE")?;
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), bytes).expect("room");
    let output = Command::new(tool).arg("-d=parsed").arg(file.path()).output().expect("it runs");
    let events = output.stdout.split(|&byte| byte == b'\n').filter(|line| line.starts_with(b"M=")).count();
    Some((events as u64, output.status.success()))
}

fn events(bytes: &[u8]) -> Option<(u64, bool)> {
    let trace = load_bytes(bytes, &Monitor::new(), &mut |_| {}).ok()?;
    Some((trace.totals().events, !trace.warnings().is_empty()))
}

fn percent(part: &[f64]) -> String {
    let mut part = part.to_vec();
    part.sort_by(f64::total_cmp);
    match (part.first(), part.get(part.len() / 2)) {
        (Some(least), Some(middle)) => format!("{:.0} ({:.0})", 100.0 * middle, 100.0 * least),
        _ => "–".to_owned(),
    }
}

#[test]
#[ignore = "prints a table, and asks Go's tool a thousand times"]
fn table_of_damage() {
    println!(
        "| damage | trace | opens | told | events, % of the whole: median (least) | Go: no error | Go: events, % |"
    );
    println!("|--|--|--|--|--|--|--|");
    for (kind, damage) in KINDS {
        for name in TRACES {
            let path = folder::traces("real").into_iter().find(|path| path.ends_with(format!("{name}.trace")));
            let bytes = fs::read(path.expect("a fixture")).expect("a fixture");
            let whole = events(&bytes).expect("a whole trace").0 as f64;
            let go_whole = go(&bytes).map(|(events, _)| events as f64);
            let (mut opens, mut told, mut rounds, mut clean) = (0, 0, 0, 0);
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for round in 0..ROUNDS {
                let Some(broken) = damage(&bytes, &mut Random(round * 7_919 + 1)) else { break };
                rounds += 1;
                let found = events(&broken);
                opens += u32::from(found.is_some());
                told += u32::from(found.is_none_or(|found| found.1));
                ours.push(found.map_or(0.0, |found| found.0 as f64 / whole));
                if let (Some((events, is_clean)), Some(go_whole)) = (go(&broken), go_whole) {
                    clean += u32::from(is_clean);
                    theirs.push(events as f64 / go_whole.max(1.0));
                }
            }
            if rounds > 0 {
                let (ours, theirs) = (percent(&ours), percent(&theirs));
                println!(
                    "| {kind} | {name} | {opens}/{rounds} | {told}/{rounds} | {ours} | {clean}/{rounds} | {theirs} |"
                );
                assert_eq!(opens, rounds, "{kind}, {name}");
            }
        }
    }
}
