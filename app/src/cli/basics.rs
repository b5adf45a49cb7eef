//! What most analyses are asked with: `FILE [--json] [--limit N] [scope]`.

use std::path::PathBuf;

use crate::cli::scope::Wanted;
use crate::cli::words::{Stop, Words};

/// What most analyses are asked with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Basics {
    /// The trace.
    pub file: PathBuf,
    /// Whose time, and when.
    pub wanted: Wanted,
    /// So many rows are told.
    pub limit: usize,
    /// As JSON.
    pub json: bool,
}

impl Basics {
    /// Before anything is read: so many rows.
    #[must_use]
    pub fn limited(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Reads a command that has no other options.
    ///
    /// # Errors
    /// When help is wanted, or the words make no sense.
    pub fn read(mut words: Words, limit: usize) -> Result<Self, Stop> {
        let mut asked = Self::limited(limit);
        while let Some(option) = words.option()? {
            asked.take(&mut words, &option)?;
        }
        asked.file = words.file()?;
        Ok(asked)
    }

    /// Takes one of these options; refuses every other.
    ///
    /// # Errors
    /// When it is none of them, or its value makes no sense.
    pub fn take(&mut self, words: &mut Words, option: &str) -> Result<(), Stop> {
        match option {
            "--json" => self.json = true,
            "--limit" => self.limit = words.limit(option, "20")?,
            _ => words.scope(&mut self.wanted, option)?,
        }
        Ok(())
    }
}
