//! How a command ends.

use std::io;
use std::path::Path;
use std::process::ExitCode;

use trace_core::base::error::Error;
use trace_core::model::trace::Trace;

/// The documented exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// All is well: code 0.
    Fine,
    /// The file could not be read (or the output not written).
    Unreadable,
    /// The command line makes no sense.
    Usage,
    /// The file was read, but parts of it are damaged.
    Damaged,
    /// The report found what it was told to fail on.
    Found,
}

impl Exit {
    /// Depending on whether anything of the trace is lost.
    #[must_use]
    pub fn after(trace: &Trace) -> Self {
        if is_damaged(trace) { Self::Damaged } else { Self::Fine }
    }
}

/// Whether anything of a trace is lost, so that what is found in it is partial.
#[must_use]
pub fn is_damaged(trace: &Trace) -> bool {
    trace.is_damaged()
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Unreadable => 1,
            Exit::Usage => 2,
            Exit::Damaged => 3,
            Exit::Found => 4,
        })
    }
}

/// Why a command could not be carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CliError {
    /// The exit code that the process ends with.
    pub exit: Exit,
    /// One message for the user: what happened, and what to do.
    pub message: String,
}

/// What commands return: how to exit, or the message of a failure.
pub type CliResult = Result<Exit, CliError>;

impl CliError {
    /// A command line that makes no sense.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, message: format!("{}; see tracelane --help", message.into()) }
    }

    /// A file that yields nothing.
    #[must_use]
    pub fn unreadable(file: &Path, error: &Error) -> Self {
        Self { exit: Exit::Unreadable, message: format!("{}: {error}", file.display()) }
    }

    /// Output that could not be written.
    #[must_use]
    pub fn unwritten(what: &str, error: &dyn std::error::Error) -> Self {
        Self { exit: Exit::Unreadable, message: format!("cannot write {what}: {error}") }
    }
}

/// The answer after writing to standard output: a reader that went away (`| head`) is no failure.
///
/// # Errors
/// When writing failed in any other way.
pub fn written(result: io::Result<()>) -> CliResult {
    match result {
        Ok(()) => Ok(Exit::Fine),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Fine),
        Err(error) => Err(CliError::unwritten("to standard output", &error)),
    }
}
