//! The only colours, sizes and fonts of the program.

pub mod tokens;
