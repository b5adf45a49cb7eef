//! The v1 formats (Go 1.11 to 1.21): one stream of events per proc, strings and stacks in between.
//!
//! ```text
//! file  = header, event*
//! event = byte: kind in the low 6 bits, number of arguments in the upper 2
//!         0 to 2: that many and one more (the time) follow, each a uv
//!         3: uv length in bytes, then the arguments in that many bytes
//! ```
//! A `Batch` event says whose the events up to the next `Batch` are, and their first time; the others
//! tell ticks since the one before. Nothing says how long anything is before it ends.

pub mod cursor;
mod raw_event;
pub mod recording;
pub mod spec;
mod stacks;
