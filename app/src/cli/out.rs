//! Where a command writes what it does not print: `-o FILE` and `--force`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::cli::exit::Failure;
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
    /// Fails if `--force` was given and nothing is written: `option` names the file.
    ///
    /// # Errors
    /// With a sentence and the usage exit code.
    pub fn refuse_lone_force(&self, option: &str) -> Result<(), Failure> {
        if self.force && self.path.is_none() {
            return Err(Failure::usage(format!("--force goes with {option} FILE")));
        }
        Ok(())
    }

    /// Looks, before the traces at `inputs` are read, whether it can be written; `None` if nothing is to be.
    ///
    /// # Errors
    /// With a sentence that says what is in the way, and what to do.
    pub fn check<'a>(&'a self, inputs: impl IntoIterator<Item = &'a Path>) -> Result<Option<Checked<'a>>, Failure> {
        let Some(path) = &self.path else { return Ok(None) };
        let checked = Checked { path, force: self.force, inputs: Inputs::of(inputs) };
        checked.output().check().map_err(|error| checked.failure(&error))?;
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
    /// With a sentence that says why it cannot be written, and what to do.
    pub fn write(&self, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Failure> {
        self.output().write(content).map_err(|error| self.failure(&error))
    }

    fn output(&self) -> Output<'_> {
        Output { path: self.path, inputs: &self.inputs, may_replace: self.force, keeps_traces: true, may_stream: true }
    }

    fn failure(&self, error: &NotWritten) -> Failure {
        let mut failure = Failure::unwritten(&self.name(), error);
        if *error == NotWritten::Exists {
            failure.sentence += ", or replace it with --force";
        }
        failure
    }
}
