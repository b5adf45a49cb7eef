//! Numbers → words, the same everywhere: three significant digits to look at, exact ones to copy.

pub mod base64;
pub mod clock;
pub mod escape;
pub mod markdown;
pub mod name;
pub mod number;
pub mod place;
pub mod similar;
pub mod text;
pub mod time;
pub mod words;
