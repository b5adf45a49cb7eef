//! Tracelane: the window and the headless commands. `main.rs` only starts them.

pub mod action;
pub mod cli;
pub mod fmt;
pub mod raster;
pub mod sample;
pub mod state;
pub mod theme;
pub mod timeline;
