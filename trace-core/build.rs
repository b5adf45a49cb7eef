//! Stamps the crate with a hash of its sources: what a model is, and how one is made, is what they say. A
//! cache written by other sources is not read.

use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=src");
    let mut hasher = DefaultHasher::new();
    hash_folder(Path::new("src"), &mut hasher)?;
    println!("cargo::rustc-env=TRACE_CORE_SOURCES={:016x}", hasher.finish());
    Ok(())
}

fn hash_folder(folder: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    let entries: io::Result<Vec<_>> = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect();
    let mut paths = entries?;
    paths.sort();
    for path in paths {
        if path.is_dir() {
            hash_folder(&path, hasher)?;
        } else {
            (&path, fs::read(&path)?).hash(hasher);
        }
    }
    Ok(())
}
