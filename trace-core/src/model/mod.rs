//! The indexed timeline: immutable segments of columns, stitched in order, asked through queries.

pub mod flows;
pub mod lanes;
pub mod spans;
pub mod trace;
