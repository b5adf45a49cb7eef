//! `tracelane screenshot` in a build that has no window to draw.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;

use clap::Args;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::cli::exit::{CliError, CliResult};
use crate::cli::window::NO_WINDOW;

/// What the long help says.
pub const ABOUT: &str = "\
Draws the window into a picture. Not in this build, which has commands only.";

/// The arguments of `tracelane screenshot`: whatever they are.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct ScreenshotArgs {
    /// Whatever the command takes where there is a window
    #[arg(value_name = "ARGUMENTS", trailing_var_arg = true, allow_hyphen_values = true)]
    pub arguments: Vec<OsString>,
}

/// Says that there is no window.
///
/// # Errors
/// Always, as this build has no window.
pub fn run(_args: &ScreenshotArgs) -> CliResult {
    Err(CliError::usage(NO_WINDOW))
}

/// Says that there is no window.
///
/// # Errors
/// Always, as this build has no window.
pub fn png(_args: &ScreenshotArgs) -> Result<Vec<u8>, CliError> {
    Err(CliError::usage(NO_WINDOW))
}

/// No pictures: a page has none in this build.
///
/// # Errors
/// Never.
pub fn pictures(
    _file: &Path,
    _trace: &Arc<Trace>,
    _places: &[(TimeRange, Option<LaneId>)],
) -> Result<Vec<[Vec<u8>; 2]>, CliError> {
    Ok(Vec::new())
}
