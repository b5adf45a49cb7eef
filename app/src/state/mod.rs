//! Everything the window remembers, as plain data without egui.

pub mod analysis;
pub mod app;
pub mod contrast;
pub mod dialog;
pub mod document;
pub mod edges;
pub mod groups;
pub mod pair;
pub mod pinned;
pub mod rows;
pub mod scope;
pub mod search;
pub mod settings;
pub mod source;
pub mod study;
pub mod task_rows;
pub mod view;
