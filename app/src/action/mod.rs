//! All that a user or a worker can cause, and the one place that carries it out.

pub mod action;
pub mod commands;
pub mod comparisons;
mod documents;
pub mod effect;
pub mod keys;
pub mod menu;
mod navigate;
pub mod panel;
pub mod reduce;
mod search;
mod source;
mod tables;
mod unsaved;
