//! The only colours, sizes and fonts of the program.

pub mod lanes;
pub mod tokens;
