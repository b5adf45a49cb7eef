//! The window: takes what arrived, carries out actions, shows bars, documents and panels.

pub mod app;
pub mod banner;
pub mod bar;
pub mod colours;
pub mod comparison;
pub mod dialog;
pub mod dock;
pub mod drop;
pub mod failed;
pub mod fit;
pub mod help;
pub mod input;
pub mod keys;
pub mod manual;
pub mod native;
pub mod palette;
pub mod path_field;
pub mod record;
pub mod search;
pub mod session;
pub mod settings;
pub mod sheet;
pub mod status;
pub mod tabs;
pub mod tour;
pub mod welcome;
