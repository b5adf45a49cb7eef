//! A guard for CI: fails where a trace shows something severe, or a goroutine that was blocked at a lock for too long.
//!
//! `cargo run --example ci_guard -- TRACE [MILLISECONDS]`

#![expect(clippy::print_stdout, reason = "it is a program")]

use std::process::ExitCode;
use std::time::Duration;

use trace_core::Trace;
use trace_core::analysis::findings::finding::Severity;

fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: ci_guard TRACE [MILLISECONDS]")?;
    let limit = Duration::from_millis(arguments.next().map_or(Ok(100), |text| text.parse())?);
    let trace = Trace::open(&path)?;
    let mut failures = 0;
    for problem in trace.problems().iter().filter(|problem| problem.severity() == Severity::Severe) {
        println!("{path}: {problem}");
        failures += 1;
    }
    let waits = trace.goroutines().filter(|goroutine| !goroutine.is_system()).flat_map(|goroutine| goroutine.waits());
    for wait in waits.filter(|wait| wait.reason() == "sync" && wait.duration() > limit) {
        let goroutine = wait.span().goroutine().map_or_else(String::new, |goroutine| goroutine.to_string());
        let place = wait.place().map_or("an unknown place", |frame| frame.function);
        println!("{path}: {goroutine} was {wait}, in {place}; {limit:?} are allowed");
        failures += 1;
    }
    Ok(if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
