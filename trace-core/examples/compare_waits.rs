//! A comparison: where goroutines wait longer, or shorter, in one trace than in another, for each second of the traces.
//!
//! `cargo run --example compare_waits -- BEFORE AFTER`

#![expect(clippy::print_stdout, reason = "it is a program")]

use std::collections::BTreeMap;

use trace_core::Trace;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut paths = std::env::args().skip(1);
    let (Some(before), Some(after)) = (paths.next(), paths.next()) else {
        return Err("usage: compare_waits BEFORE AFTER".into());
    };
    let (before, after) = (Trace::open(before)?, Trace::open(after)?);
    let mut places: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    for (side, trace) in [&before, &after].into_iter().enumerate() {
        for wait in trace.goroutines().filter(|goroutine| !goroutine.is_system()).flat_map(|known| known.waits()) {
            let place = wait.place().map_or("?", |frame| frame.function);
            let share = wait.duration().as_secs_f64() / trace.duration().as_secs_f64().max(1e-9);
            places.entry(place).or_default()[side] += share;
        }
    }
    let mut rows: Vec<_> = places.into_iter().collect();
    rows.sort_by(|(_, a), (_, b)| (b[1] - b[0]).abs().total_cmp(&(a[1] - a[0]).abs()));
    println!("{:>10} {:>10} {:>10}  goroutines waiting on average, in", "before", "after", "change");
    for (place, [before, after]) in rows.iter().take(20) {
        println!("{before:>10.3} {after:>10.3} {:>+10.3}  {place}", after - before);
    }
    Ok(())
}
