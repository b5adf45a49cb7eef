//! The arguments of `tracelane latency`.

use clap::{Args, ValueEnum};

use crate::cli::common::CommonArgs;

/// The arguments of `tracelane latency`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct LatencyArgs {
    /// What is listed; goroutines: single ones, longest total wait first
    #[arg(long, value_enum, value_name = "GROUP", default_value = "function")]
    pub by: By,
    /// What most analyses take.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// What waits are listed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// Start function.
    Function,
    /// Single goroutine.
    Goroutine,
}
