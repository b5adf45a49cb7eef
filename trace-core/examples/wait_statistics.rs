//! Statistics of one's own: how often goroutines waited, by what for and where, and how long: total, median and longest.
//!
//! `cargo run --example wait_statistics -- TRACE`

#![expect(clippy::print_stdout, reason = "it is a program")]

use std::cmp::Reverse;
use std::collections::HashMap;
use std::time::Duration;

use trace_core::Trace;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("usage: wait_statistics TRACE")?;
    let trace = Trace::open(path)?;
    let mut places: HashMap<(&str, &str), Vec<Duration>> = HashMap::new();
    for goroutine in trace.goroutines().filter(|goroutine| !goroutine.is_system()) {
        for wait in goroutine.waits().filter(|wait| wait.span().is_whole()) {
            let function = wait.place().map_or("?", |frame| frame.function);
            places.entry((wait.reason(), function)).or_default().push(wait.duration());
        }
    }
    let mut rows: Vec<_> = places.into_iter().collect();
    rows.sort_by_cached_key(|(place, lengths)| (Reverse(lengths.iter().sum::<Duration>()), *place));
    println!("{:>7} {:>12} {:>12} {:>12}  waited for, and where", "count", "total", "median", "longest");
    for ((reason, function), mut lengths) in rows {
        lengths.sort();
        let (total, middle) = (lengths.iter().sum::<Duration>(), lengths.len() / 2);
        let (median, longest) = (lengths[middle], lengths[lengths.len() - 1]);
        println!("{:>7} {total:>12.3?} {median:>12.3?} {longest:>12.3?}  {reason}, {function}", lengths.len());
    }
    Ok(())
}
