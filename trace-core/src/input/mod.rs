//! Which bytes: files, pipes and memory, packed or not, in archives, or spoilt by a tool for text; what they seem to
//! be; and reading numbers out of them.

pub mod archive;
mod code_page;
pub mod cursor;
mod guard;
mod gzip;
mod lz4;
mod no_trace;
mod packing;
mod peek;
pub mod reencoding;
pub mod sniff;
pub mod source;
mod tar;
mod zip;
mod zstd;
