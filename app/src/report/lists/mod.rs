//! Lists of the window that are no analyses, as tables: what is on a lane, what led where, what was found by name, what
//! costs time.

pub mod answer;
pub mod events;
pub mod findings;
pub mod finds;
pub mod flows;
pub mod spans;
