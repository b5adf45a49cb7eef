//! Answers: where time went and who is to blame. One question a file; every answer comes from the model
//! alone and can be worked out off the window's thread.
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "counts of stacks fit 32 bits by construction; ratios of nanoseconds are for people"
)]
#![expect(
    clippy::iter_over_hash_type,
    reason = "what is added up does not depend on the order, and what is shown is sorted first"
)]

pub mod antagonists;
pub mod blocked_by;
pub(crate) mod calls;
pub mod census;
pub mod collector;
pub mod compare;
pub(crate) mod crew;
pub mod find;
pub mod findings;
pub mod flame;
pub mod go_facts;
pub mod goroutines;
pub mod latency;
pub mod leaks;
pub mod locks;
pub mod mmu;
pub mod parts;
pub mod places;
pub mod population;
pub mod pressure;
pub mod prior;
pub mod procs;
pub mod profile;
pub mod representative;
pub mod samples;
pub mod scope;
pub mod search;
pub mod series;
pub mod spread;
pub mod subject;
pub mod syscalls;
pub mod tasks;
pub mod threads;
pub mod units;
pub mod wait_chain;
pub mod why;
pub mod yields;
