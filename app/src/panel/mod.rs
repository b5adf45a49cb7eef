//! The panels around the timeline, one a file; none knows another.

pub mod details;
pub mod events;
pub mod flows;
pub mod spans;
pub mod stack;
pub mod warnings;
