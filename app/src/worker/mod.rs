//! Work off the UI thread: named threads that answer with actions in a mailbox.

pub mod contrast;
pub mod editor;
pub mod face;
pub mod follow;
pub mod load;
pub mod office;
pub mod opened;
pub mod search;
pub mod source;
pub mod spool;
pub mod store;
pub mod study;
