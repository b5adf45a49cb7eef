//! What events mean, whatever wire format they came in.

pub mod kind;
pub mod state;
