//! The arguments of `tracelane mmu`.

use clap::Args;
use trace_core::analysis::mmu::Takes;
use trace_core::base::ids::GoId;

use crate::cli::common::RangeArgs;
use crate::cli::values::{self, Value};

/// The arguments of `tracelane mmu`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct MmuArgs {
    /// Each proc by itself, as a goroutine on it feels it: all or nothing
    #[arg(long, conflicts_with = "goroutine")]
    pub per_proc: bool,
    /// One goroutine's own time: without its assists, sweeps and waits for the GC
    #[arg(long, value_name = "G25", value_parser = values::goroutine)]
    pub goroutine: Option<GoId>,
    /// What counts as taken by the GC: of stw, background, assist, sweep, other-stw (stops for other reasons)
    #[arg(long, value_name = "WHAT", default_value = "stw,background,assist", value_parser = takes_value)]
    pub takes: Takes,
    /// Length of the worst windows listed (if not given: 1, 10 and 100 ms)
    #[arg(long, value_name = "DURATION", value_parser = values::duration)]
    pub window: Option<i64>,
    /// What analyses of the whole program take; the limit is that of windows of each length.
    #[command(flatten)]
    pub common: RangeArgs,
}

fn takes_value(text: &str) -> Value<Takes> {
    values::or_expected(takes(text), "stw,background,assist")
}

/// Reads `stw,assist,sweep`.
#[must_use]
pub fn takes(text: &str) -> Option<Takes> {
    let mut takes = Takes { stops: false, other_stops: false, background: false, assist: false, sweep: false };
    for word in text.split(',') {
        match word {
            "stw" => takes.stops = true,
            "other-stw" => takes.other_stops = true,
            "background" => takes.background = true,
            "assist" => takes.assist = true,
            "sweep" => takes.sweep = true,
            _ => return None,
        }
    }
    Some(takes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_are_read_by_name() {
        let none = Takes { stops: false, other_stops: false, background: false, assist: false, sweep: false };
        assert_eq!(takes("stw,sweep"), Some(Takes { stops: true, sweep: true, ..none }));
        assert_eq!(takes("stw,money"), None);
        assert_eq!(takes("stw,background,assist"), Some(Takes::default()));
    }
}
