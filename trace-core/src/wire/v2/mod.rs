//! The v2 format (Go 1.22 and newer): generations of batches, one stream of events per thread.
//!
//! ```text
//! file       = header, batch*                       header: 16 bytes
//! batch      = 0x01, uv gen, uv thread, uv ticks, uv size, payload
//!            | 0x31, experiment, uv gen, uv thread, uv ticks, uv size, payload
//!            | 0x34                                 end of generation, Go 1.26 and newer
//! payload    = 0x02 stack* | 0x04 string* | 0x06 sample* | 0x08 frequency (before 1.25)
//!            | 0x32 frequency, snapshot (1.25 and newer) | event*
//! event      = code, uv ticks since the event before, uv argument*
//! ```
//! `uv` is an unsigned LEB128 number. Stacks and strings come at the end of their generation and are
//! numbered anew in each.

mod batch;
pub mod cursor;
pub mod generation;
pub mod id_table;
pub mod reader;
pub mod spec;
pub mod tables;
pub mod unknown;
