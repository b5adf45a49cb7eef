//! Everything the window remembers, as plain data without egui.

pub mod analysis;
pub mod app;
pub mod compare_query;
pub mod comparison;
pub mod dialog;
pub mod document;
pub mod edges;
pub mod folds;
pub mod groups;
pub mod lane_filter;
pub mod layout;
pub mod pinned;
pub mod query;
pub mod row;
pub mod rows;
pub mod scope;
pub mod search;
pub mod section;
pub mod settings;
pub mod source;
pub mod task_rows;
pub mod view;
