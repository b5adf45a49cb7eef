//! `tracelane tasks` and `tracelane regions`: how long they took by type, slowest first.

use clap::Args;
use trace_core::analysis::tasks::Filter;
use trace_core::base::monitor::Monitor;

use crate::cli::analysis;
use crate::cli::common::CommonArgs;
use crate::cli::exit::{CliError, CliResult};
use crate::cli::load::load;
use crate::cli::place::Stretch;
use crate::cli::scope::Who;
use crate::cli::values;
use crate::report::analyses::Analysis;
use crate::report::analyses::tasks::{Regions, Tasks, regions_report, tasks_report};

/// The arguments of `tracelane tasks`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct TasksArgs {
    /// Only tasks with this text in a log
    #[arg(long, value_name = "TEXT")]
    pub log: Option<String>,
    /// Which tasks are listed.
    #[command(flatten)]
    pub instances: InstanceArgs,
    /// What most analyses take; the limit is that of tasks of each type.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// The arguments of `tracelane regions`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct RegionsArgs {
    /// Only regions at this nesting depth on their goroutine (outermost: 0)
    #[arg(long, value_name = "N")]
    pub depth: Option<u32>,
    /// Which regions are listed.
    #[command(flatten)]
    pub instances: InstanceArgs,
    /// What most analyses take; the limit is that of regions of each type.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// Which tasks or regions are listed.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct InstanceArgs {
    /// Only those with this duration: 10ms.., ..1s
    #[arg(long, value_name = "A..B", value_parser = values::durations)]
    latency: Option<Stretch>,
    /// Only those with both ends in the trace
    #[arg(long, conflicts_with = "incomplete")]
    complete: bool,
    /// Only those without both ends in the trace
    #[arg(long)]
    incomplete: bool,
}

impl InstanceArgs {
    /// The filter of these arguments, on top of a scope's.
    fn filter(&self, of_scope: Filter) -> Filter {
        Filter {
            complete: (self.complete || self.incomplete).then_some(self.complete),
            least: self.latency.and_then(|latency| latency.start_nanos).map(i64::unsigned_abs),
            most: self.latency.and_then(|latency| latency.end_nanos).map(i64::unsigned_abs),
            ..of_scope
        }
    }
}

/// Loads the file and prints its tasks.
///
/// # Errors
/// When the file is unreadable, or has nothing of the scope.
pub fn run(args: &TasksArgs) -> CliResult {
    let common = &args.common;
    if matches!(common.scope.who(), Who::Region(_)) {
        return Err(CliError::usage("--region goes with the command regions"));
    }
    let trace = load(&common.file)?;
    let of_scope = Filter::of_scope(&trace, &common.scope.scope(&trace)?, false);
    let filter = Filter { log: args.log.clone(), ..args.instances.filter(of_scope) };
    // Never cancelled.
    let report = tasks_report(&trace, &filter, Some(common.limit), &Monitor::new()).unwrap_or_default();
    analysis::write(Tasks.info(), &trace, &common.file, &report, common.format())
}

/// Loads the file and prints its regions.
///
/// # Errors
/// When the file is unreadable, or has nothing of the scope.
pub fn run_regions(args: &RegionsArgs) -> CliResult {
    let common = &args.common;
    let trace = load(&common.file)?;
    let of_scope = Filter::of_scope(&trace, &common.scope.scope(&trace)?, true);
    let filter = Filter { depth: args.depth, ..args.instances.filter(of_scope) };
    // Never cancelled.
    let report = regions_report(&trace, &filter, Some(common.limit), &Monitor::new()).unwrap_or_default();
    analysis::write(Regions.info(), &trace, &common.file, &report, common.format())
}
