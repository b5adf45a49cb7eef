//! Reads, orders and models Go execution traces. Never draws, prints, reads clock or environment,
//! or keeps global state.
//!
//! Data flows one way: bytes → generations → batches → ordered events → segments → [`model::trace::Trace`].

pub mod base;
pub mod event;
pub mod input;
pub mod load;
pub mod model;
pub mod order;
pub mod wire;
