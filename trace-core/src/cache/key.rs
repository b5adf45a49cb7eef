//! What a cache is of: the content of a file.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use rayon::iter::{IntoParallelIterator, ParallelIterator};
use twox_hash::{XxHash3_64, XxHash3_128};

/// Bytes that a thread hashes at a time.
const CHUNK: u64 = 2 << 20;
/// Bytes read at once: a part of a processor's own cache.
const BUFFER: usize = 128 << 10;

/// Length and hash of a file's bytes, as they are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// XXH3 (128 bits) over the XXH3 of each 2 MiB.
    pub hash: u128,
    /// Length of the file, bytes.
    pub len: u64,
}

impl Key {
    /// Of a file as it is now: reads all of it, on all of rayon's threads.
    ///
    /// # Errors
    /// Whatever the operating system says, and when the file changes its length meanwhile.
    pub fn of_file(path: &Path) -> io::Result<Self> {
        let len = path.metadata()?.len();
        let chunks: io::Result<Vec<u64>> =
            (0..len.div_ceil(CHUNK)).into_par_iter().map(|at| hash_chunk(path, at * CHUNK, len)).collect();
        if path.metadata()?.len() != len {
            return Err(io::Error::other("the file is being written"));
        }
        Ok(Self { hash: XxHash3_128::oneshot(bytemuck::cast_slice(&chunks?)), len })
    }
}

fn hash_chunk(path: &Path, from: u64, len: u64) -> io::Result<u64> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    let mut left = usize::try_from(CHUNK.min(len - from)).unwrap_or(usize::MAX);
    let mut hasher = XxHash3_64::new();
    let mut buffer = vec![0; BUFFER.min(left)];
    while left > 0 {
        let part = buffer.get_mut(..BUFFER.min(left)).unwrap_or_default();
        file.read_exact(part)?;
        std::hash::Hasher::write(&mut hasher, part);
        left -= part.len();
    }
    Ok(std::hash::Hasher::finish(&hasher))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let mut bytes = vec![7u8; 5 << 20];
        let key = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            Key::of_file(&path).unwrap()
        };
        let first = key(&bytes);
        assert_eq!(first, key(&bytes));
        assert_eq!(first.len, 5 << 20);
        for at in [0, (2 << 20) - 1, 2 << 20, (5 << 20) - 1] {
            bytes[at] ^= 1;
            assert_ne!(first, key(&bytes), "byte {at}");
            bytes[at] ^= 1;
        }
        assert_ne!(first, key(&bytes[1..]));
    }
}
