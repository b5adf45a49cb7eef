//! Where a command writes what it does not print: `-o FILE` and `--force`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::exit::CliError;
use crate::output::{Inputs, NotWritten, Output};

/// A file to write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Out {
    /// As given; `None` if nothing is to be written.
    pub path: Option<PathBuf>,
    /// A file that is there may be replaced.
    pub force: bool,
}

/// A file that can be written as far as is known, and what must stay as it is.
pub struct Checked<'a> {
    path: &'a Path,
    force: bool,
    inputs: Inputs,
}

impl Out {
    /// Looks, before the traces at `inputs` are read, whether it can be written; `None` if nothing is to be.
    ///
    /// # Errors
    /// With a message that says what is in the way, and what to do.
    pub fn check<'a>(&'a self, inputs: impl IntoIterator<Item = &'a Path>) -> Result<Option<Checked<'a>>, CliError> {
        let Some(path) = &self.path else { return Ok(None) };
        let checked = Checked { path, force: self.force, inputs: Inputs::of(inputs) };
        checked.output().check().map_err(|error| checked.error(&error))?;
        Ok(Some(checked))
    }
}

impl Checked<'_> {
    /// What the user calls it.
    #[must_use]
    pub fn name(&self) -> String {
        self.path.display().to_string()
    }

    /// Whether what is written goes to standard output.
    #[must_use]
    pub fn is_standard_output(&self) -> bool {
        self.output().is_standard_output()
    }

    /// Writes all of it, or nothing.
    ///
    /// # Errors
    /// With a message that says why it cannot be written, and what to do.
    pub fn write(&self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
        self.output().write(content).map_err(|error| self.error(&error))
    }

    fn output(&self) -> Output<'_> {
        Output { path: self.path, inputs: &self.inputs, may_replace: self.force, keeps_traces: true, may_stream: true }
    }

    fn error(&self, reason: &NotWritten) -> CliError {
        let mut error = CliError::unwritten(&self.name(), reason);
        if *reason == NotWritten::Exists {
            error.message += ", or replace it with --force";
        }
        error
    }
}
