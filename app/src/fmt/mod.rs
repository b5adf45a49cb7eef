//! Numbers → words, the same everywhere: three significant digits to look at, exact ones to copy.

pub mod number;
pub mod time;
