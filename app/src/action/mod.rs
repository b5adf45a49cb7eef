//! All that a user or a worker can cause, and the one place that carries it out.

pub mod action;
pub mod area;
pub mod bookmarks;
pub mod command;
pub mod commands;
pub mod comparisons;
mod crossing;
mod documents;
pub mod effect;
mod instant;
pub mod keymap;
pub mod keys;
mod landing;
mod landmark;
mod layouts;
pub mod menu;
mod navigate;
pub mod panel;
mod recording;
pub mod reduce;
pub mod row_commands;
mod search;
pub mod session_action;
mod sessions;
mod source;
mod tables;
mod unsaved;
