//! Which bytes: files and memory, what they seem to be, and reading numbers out of them.

pub mod cursor;
pub mod sniff;
pub mod source;
