//! All that a user or a worker can cause, and the one place that carries it out.

pub mod action;
pub mod reduce;
