//! The collector and whoever stops the world: what it did, who did its work, what it kept from the program.

pub mod cycles;
pub mod stops;
pub mod work;
