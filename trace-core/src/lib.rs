//! Reads, orders and models Go execution traces. Never draws, prints, reads clock or environment,
//! or keeps global state.
//!
//! Data flows one way: bytes → generations → batches → ordered events → segments → [`model::trace::Trace`].

// What comes from a file is never trusted to fit or to be in bounds. Where a table's own invariant makes
// it sure, the file says so with `#![expect(.., reason = "..")]`.
#![cfg_attr(
    not(test),
    warn(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        clippy::cast_sign_loss,
        clippy::indexing_slicing
    )
)]

pub mod analysis;
pub mod base;
pub mod cache;
pub mod event;
pub mod export;
pub mod input;
pub mod load;
pub mod model;
pub mod order;
pub mod session;
pub mod spans;
pub mod tables;
#[cfg(any(test, feature = "testkit"))]
pub mod testkit;
pub mod wire;
