//! Parts that are being written. Whoever writes one holds a lock on a file named after it; if the writer is gone and the
//! part has no row of `traces`, nothing of it counts, and what is there of it is removed.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use trace_core::tables::tier::KEPT;

use crate::lake::LakeError;
use crate::lake::layout::{self, Partition, TRACES, WRITING};
use crate::output::{Inputs, Output};

/// A part that is being written.
pub(super) struct Writing {
    path: PathBuf,
    /// Locked until it is dropped.
    _lock: File,
}

impl Writing {
    /// Says that a part will be written; `None` if another process is at it.
    pub(super) fn begin(lake: &Path, partition: &Partition, part: &str) -> Result<Option<Self>, LakeError> {
        let path = lake.join(WRITING).join(part);
        let folder = partition.folder();
        let inputs = Inputs::default();
        let output = Output { path: &path, inputs: &inputs, may_replace: true, keeps_traces: true, may_stream: false };
        output
            .write(|out| out.write_all(folder.as_os_str().as_encoded_bytes()))
            .map_err(|error| LakeError::unwritten(&path, &error))?;
        let lock = File::open(&path).map_err(|error| LakeError::at(&path, &error))?;
        Ok(lock.try_lock().is_ok().then_some(Self { path, _lock: lock }))
    }

    /// Says that all of it is there.
    pub(super) fn end(self) -> Result<(), LakeError> {
        unless_gone(fs::remove_file(&self.path)).map_err(|error| LakeError::at(&self.path, &error))
    }
}

/// Somebody else who cleans up may have been faster.
fn unless_gone(done: io::Result<()>) -> io::Result<()> {
    done.or_else(|error| if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Removes what is left of parts whose writers are gone.
pub(super) fn clean(lake: &Path) -> Result<(), LakeError> {
    let folder = lake.join(WRITING);
    let entries = fs::read_dir(&folder).map_err(|error| LakeError::at(&folder, &error))?;
    for entry in entries.flatten() {
        let path = entry.path();
        let Some(part) = path.file_name().and_then(|name| name.to_str()).filter(|part| is_part(part)) else { continue };
        let Ok(mut file) = File::open(&path) else { continue };
        if file.try_lock().is_err() {
            continue;
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(|error| LakeError::at(&path, &error))?;
        if let Some(partition) = Partition::of(Path::new(&text)) {
            remove(lake, &partition, part)?;
        }
        unless_gone(fs::remove_file(&path)).map_err(|error| LakeError::at(&path, &error))?;
    }
    Ok(())
}

/// Parts are named with hexadecimal digits.
fn is_part(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn remove(lake: &Path, partition: &Partition, part: &str) -> Result<(), LakeError> {
    let file = |table: &str| layout::file(lake, table, partition, part);
    if file(TRACES).is_file() {
        return Ok(());
    }
    for path in KEPT.iter().map(|(table, _)| file(table)).filter(|path| path.is_file()) {
        unless_gone(fs::remove_file(&path)).map_err(|error| LakeError::at(&path, &error))?;
    }
    Ok(())
}
