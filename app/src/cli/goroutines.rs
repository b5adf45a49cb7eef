//! `tracelane goroutines`: what goroutines spend their time on, by start function or one by one.

use clap::Args;

use crate::cli::analysis;
use crate::cli::common::CommonArgs;
use crate::cli::exit::CliResult;
use crate::cli::values;
use crate::report::analyses::goroutines::{Goroutines, ORDER};

/// The arguments of `tracelane goroutines`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct GoroutinesArgs {
    /// Order of groups and goroutines
    #[arg(long, value_name = "ORDER", default_value = "execution")]
    #[arg(value_parser = values::one_of(ORDER.names(), |name| ORDER.option(name)))]
    pub sort: u8,
    /// What most analyses take.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Loads the file and prints what its goroutines did.
///
/// # Errors
/// When the file is unreadable or the scope is not in it.
pub fn run(args: &GoroutinesArgs) -> CliResult {
    analysis::run(&Goroutines, &args.common, vec![args.sort])
}
