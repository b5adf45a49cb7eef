//! Work off the UI thread: named threads that answer with actions in a mailbox.

pub mod compare_query;
pub mod editor;
pub mod effect_runner;
pub mod fingerprint;
pub mod fleet;
pub mod follow;
#[cfg(unix)]
pub mod instance;
mod link;
pub mod load;
pub mod mailbox;
pub mod notes;
mod open_dialog;
pub mod opened;
pub mod part;
pub mod paths;
pub mod query;
mod save_dialog;
pub mod search;
pub mod session;
pub mod settings_file;
pub mod source;
pub mod spool;
pub mod sql;
mod typed_path;
