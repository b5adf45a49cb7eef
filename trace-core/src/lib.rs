//! Reads Go execution traces: what `runtime/trace`, `/debug/pprof/trace` and the flight recorder write, of Go 1.11 to 1.27,
//! also packed and damaged ones. It finds the order of events, and makes a model of them that answers questions.
//!
//! This program prints the ten goroutines of a trace that were blocked for longest:
//!
//! ```no_run
//! use std::cmp::Reverse;
//! use trace_core::Trace;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let path = std::env::args().nth(1).ok_or("usage: blocked TRACE")?;
//!     let trace = Trace::open(path)?;
//!     let mut goroutines: Vec<_> = trace.goroutines().filter(|goroutine| !goroutine.is_system()).collect();
//!     goroutines.sort_by_cached_key(|goroutine| Reverse(goroutine.blocked()));
//!     for goroutine in goroutines.iter().take(10) {
//!         println!("{:>10.3?}  {goroutine}", goroutine.blocked());
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Where to begin
//!
//! [`Trace`] opens a trace and has iterators over what is in it: [goroutines](Trace::goroutines), their
//! [spans](Goroutine::spans) and [waits](Goroutine::waits), [tasks](Trace::tasks), [regions](Trace::regions) and
//! [messages](Trace::logs). [`Trace::problems`] looks for what costs the program its time, as `tracelane report` does. All of
//! these have private fields, and stay as they are between minor versions.
//!
//! ```
//! use trace_core::Trace;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/tasks.trace");
//! let trace = Trace::open(path)?;
//! let longest = trace.goroutines().flat_map(|goroutine| goroutine.waits()).max_by_key(|wait| wait.duration());
//! let wait = longest.ok_or("nobody waited")?;
//! if let (Some(goroutine), Some(place)) = (wait.span().goroutine(), wait.place()) {
//!     println!("{goroutine} was {wait}, in {}", place.function);
//! }
//! # assert!(wait.duration() <= trace.duration());
//! # Ok(())
//! # }
//! ```
//!
//! The folder `examples` has whole programs: a guard for CI, statistics of one's own, an export of spans, one that watches a
//! folder, and a comparison.
//!
//! Behind [`Trace::model`] is all that the program Tracelane is made of: [`model`] with its columns and queries, and
//! [`analysis`], one question a file. Those are public so that nothing is out of reach; they change more often. The GC cycles,
//! for one, which no iterator above has:
//!
//! ```
//! use trace_core::Trace;
//! use trace_core::analysis::collector::cycles::Collector;
//! use trace_core::base::monitor::Monitor;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let path = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/tasks.trace");
//! let trace = Trace::open(path)?;
//! let model = trace.model();
//! let gc = Collector::of(model, model.range(), &Monitor::new()).ok_or("the monitor was cancelled")?;
//! println!("{} GC cycles, {} STW pauses", gc.cycles.len(), gc.stops.len());
//! # Ok(())
//! # }
//! ```
//!
//! # What it does not do
//!
//! It never draws, prints, reads clock or environment, or keeps global state. Data flows one way: bytes → generations →
//! batches → ordered events → segments → [`model::trace::Trace`]. Whatever is in a file, reading it neither panics nor takes
//! unlimited memory: see [`base::limits`] and [`base::monitor::Monitor::limit_memory`].
//!
//! # Features
//!
//! `testkit`: traces made in code, for tests and benches.

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
mod facade;
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

pub use crate::analysis::findings::finding::Severity;
pub use crate::base::error::{Error, Result};
pub use crate::event::state::GoState;
pub use crate::facade::{Goroutine, Log, Problem, Region, Span, Stack, Task, TimeByState, Trace, Wait};
pub use crate::model::trace::Frame;

/// The program in the README is compiled, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
