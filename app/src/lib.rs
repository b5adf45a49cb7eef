//! Tracelane: the window and the headless commands. `main.rs` only starts them.

pub mod action;
pub mod cache;
pub mod cli;
pub mod fmt;
pub mod memory;
pub mod output;
pub mod panel;
pub mod private;
pub mod raster;
pub mod remote;
pub mod report;
pub mod sample;
pub mod session;
pub mod shell;
pub mod sql;
pub mod state;
pub mod theme;
pub mod timeline;
pub mod widget;
pub mod worker;
