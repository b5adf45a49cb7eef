//! Where bytes come from: opens files for reading from start to end.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use crate::base::error::Result;

/// Bytes to be read once from start to end, and how many there are if that is known.
pub struct Source<'a> {
    /// The bytes.
    pub reader: Box<dyn Read + Send + 'a>,
    /// Their number, if known beforehand.
    pub len: Option<u64>,
}

impl std::fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("len", &self.len).finish_non_exhaustive()
    }
}

impl<'a> Source<'a> {
    /// A file. It is only ever read.
    ///
    /// # Errors
    /// Whatever the operating system says; a directory is an error too.
    pub fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(std::io::Error::from(std::io::ErrorKind::IsADirectory).into());
        }
        let len = metadata.is_file().then_some(metadata.len());
        Ok(Self { reader: Box::new(file), len })
    }

    /// Bytes in memory.
    #[must_use]
    pub fn bytes(bytes: &'a [u8]) -> Self {
        Self { reader: Box::new(bytes), len: Some(bytes.len() as u64) }
    }
}
