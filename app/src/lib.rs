//! Tracelane: the window and the headless commands. `main.rs` only starts them.
//!
//! Without the feature `window` there are the commands alone, and none of the rooms that draw.

pub mod action;
pub mod cache;
pub mod cli;
pub mod fmt;
pub mod lake;
pub mod link;
pub mod memory;
pub mod output;
#[cfg(feature = "window")]
pub mod panel;
pub mod private;
#[cfg(feature = "window")]
pub mod raster;
pub mod remote;
pub mod report;
pub mod sample;
pub mod session;
#[cfg(feature = "window")]
pub mod shell;
pub mod sql;
pub mod state;
#[cfg(feature = "window")]
pub mod theme;
#[cfg(feature = "window")]
pub mod timeline;
#[cfg(feature = "window")]
pub mod widget;
#[cfg(feature = "window")]
pub mod worker;
