//! What everything else stands on: time, ids, errors, warnings, limits, progress, text made readable.

pub mod error;
pub mod ids;
pub mod limits;
pub mod monitor;
pub mod nanos;
pub mod pdqsort;
pub mod quote;
pub mod time;
pub mod visible;
pub mod warning;
