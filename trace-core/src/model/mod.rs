//! The indexed timeline: immutable segments of columns, stitched in order, asked through queries.
//!
//! ```text
//! worker, per generation                          stitcher, in order              snapshots
//! ordered events ─▶ build (log of rows) ─▶ cut ─▶ stitch, stitch_side, intern ─▶ trace ─▶ queries
//!                   symbols, side          draft   segment, table, side_tables     query, cells, flow_query,
//!                                          lod                                     annotations, event_rows, counters
//! ```
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap,
    reason = "rows, slots and offsets are 32 bits wide by construction: a segment is cut before they overflow"
)]
#![expect(
    clippy::indexing_slicing,
    reason = "columns of a segment are indexed by places that the builder itself made; what comes from files or callers goes through get"
)]

pub mod cgo;
pub mod flows;
pub mod gap;
pub mod goroutines;
pub mod lanes;
pub mod no_cpu;
pub mod proc_changes;
pub mod proc_ownerships;
pub mod records;
pub mod spans;
pub mod state_intervals;
pub mod trace;
pub mod transitions;
pub mod windows;

mod annotation_marks;
pub(crate) mod annotation_tables;
mod annotations;
pub(crate) mod build;
mod cells;
pub(crate) mod column;
mod counter_query;
pub(crate) mod counters;
pub(crate) mod draft;
mod event_rows;
mod flow_query;
mod go_spans;
pub(crate) mod goroutine_records;
pub(crate) mod grouped;
pub(crate) mod intern;
pub(crate) mod kinds;
mod last_running;
pub(crate) mod lod;
pub(crate) mod packed;
pub(crate) mod proc_thread_entries;
mod proc_thread_index;
mod query;
mod row_chain;
pub(crate) mod row_codes;
pub(crate) mod row_shapes;
mod seal;
pub(crate) mod segment;
pub(crate) mod stitch;
mod stitch_annotations;
pub(crate) mod symbols;
pub(crate) mod table;
pub(crate) mod tracks;
mod walk;

pub use kinds::wait_class;
