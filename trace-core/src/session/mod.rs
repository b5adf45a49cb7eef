//! Several recordings as one session: traces and span files on one clock, spans joined with tasks, requests across
//! processes. Everything is found once, by [`build`], on whichever thread calls it, and never changed.
//!
//! ```text
//! traces ─▶ activities, ids ─┬─▶ calls by id ─┬─▶ clocks ─▶ calls by time ─┐
//! span files ─▶ records ─────┴─▶ joins by id ─┴─▶ joins by name ───────────┴─▶ spans ─▶ requests
//! ```

mod activity;
mod build;
mod calls;
pub mod clock;
mod clock_ties;
mod connections;
pub mod crossing;
mod exchange;
pub mod ids;
mod join;
pub mod measure;
mod model;
mod name;
mod parts;
pub mod path;
pub mod pattern;
mod place;
mod records;
mod spans;
#[cfg(test)]
mod tests;
mod timely;
mod tree;
pub mod waterfall;
mod wired;

pub use crate::session::activity::{Activity, What};
pub use crate::session::build::build;
pub use crate::session::calls::{Call, Carried, JoinBy};
pub use crate::session::model::{Content, Input, Service, Session, Tally};
pub use crate::session::name::service_name;
pub use crate::session::place::{Method, Placement};
pub use crate::session::records::RecordRef;
pub use crate::session::tree::{Children, Request, SessionSpan};
