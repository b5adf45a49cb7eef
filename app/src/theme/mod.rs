//! The only colours, sizes and fonts of the program.

pub mod fonts;
pub mod icons;
pub mod lanes;
pub mod space;
pub mod style;
pub mod tokens;
