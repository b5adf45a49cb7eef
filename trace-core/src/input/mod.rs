//! Which bytes: files, pipes and memory, packed or not, what they seem to be, and reading numbers out of
//! them.

pub mod cursor;
mod gzip;
mod lz4;
mod packing;
pub mod sniff;
pub mod source;
pub mod zip;
mod zstd;
