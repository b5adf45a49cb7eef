//! The arguments that most commands share: `FILE [--range …] [--goroutine …] [--limit N] [--format …]`.

use std::path::PathBuf;

use clap::Args;
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

use crate::cli::format::FormatArgs;
use crate::cli::place::Stretch;
use crate::cli::scope::{ScopeArgs, range_of};
use crate::cli::values;
use crate::report::format::Format;

/// The arguments of an analysis of goroutines.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct CommonArgs {
    /// Trace to read
    #[arg(value_name = "FILE", value_parser = values::file())]
    pub file: PathBuf,
    /// Maximum number of rows of each table
    #[arg(long, value_name = "N", default_value = "20", value_parser = values::limit)]
    pub limit: usize,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
    /// Whose time, and when.
    #[command(flatten)]
    pub scope: ScopeArgs,
}

/// The arguments of an analysis of the whole program, for which only a range of time can be chosen.
#[derive(Args, Clone, Debug, Default, PartialEq, Eq)]
pub struct RangeArgs {
    /// Trace to read
    #[arg(value_name = "FILE", value_parser = values::file())]
    pub file: PathBuf,
    /// Maximum number of rows of each table
    #[arg(long, value_name = "N", default_value = "20", value_parser = values::limit)]
    pub limit: usize,
    /// How the result is printed.
    #[command(flatten)]
    pub format: FormatArgs,
    /// Only this range, from the start of the trace: 100ms..1.2s, 1s.., ..20ms
    #[arg(long, value_name = "A..B", value_parser = values::range)]
    pub range: Option<Stretch>,
}

impl CommonArgs {
    /// The format to print in.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format.chosen()
    }
}

impl RangeArgs {
    /// The same as arguments of an analysis of goroutines: of all of them.
    #[must_use]
    pub fn common(&self) -> CommonArgs {
        let scope = ScopeArgs::of_goroutine(self.range, None);
        CommonArgs { file: self.file.clone(), limit: self.limit, format: self.format, scope }
    }

    /// The format to print in.
    #[must_use]
    pub const fn format(&self) -> Format {
        self.format.chosen()
    }

    /// The chosen range in the time of the trace; the whole trace if none is chosen.
    #[must_use]
    pub fn range_in(&self, trace: &Trace) -> TimeRange {
        self.range.map_or_else(|| trace.range(), |range| range_of(trace, range))
    }
}
