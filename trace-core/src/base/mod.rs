//! What everything else stands on: time, ids, errors, warnings, limits, progress.

pub mod error;
pub mod ids;
pub mod limits;
pub mod monitor;
pub mod pdqsort;
pub mod quote;
pub mod time;
pub mod warning;
