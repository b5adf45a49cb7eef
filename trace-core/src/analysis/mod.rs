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

pub mod alike;
pub mod antagonists;
pub mod blocked_by;
pub(crate) mod calls;
pub mod collector;
pub mod compare;
pub mod distribution;
pub mod find;
pub mod findings;
pub mod flame;
pub mod flow_groups;
pub mod go_set;
pub mod go_tests;
pub mod goroutine_stats;
pub mod goroutines;
pub mod instant;
pub mod latency;
pub mod leaks;
pub mod locks;
pub(crate) mod loops;
pub mod mmu;
pub(crate) mod parallel;
pub mod parts;
pub mod phrases;
pub mod place_time;
pub mod places;
pub mod population;
pub mod prior;
pub mod procs;
pub mod profile;
pub mod purpose;
pub mod representative;
pub(crate) mod request_borders;
pub mod runqueue_depth;
pub mod samples;
pub mod scope;
pub mod search;
pub mod series;
pub mod subject;
pub mod syscalls;
pub mod tags;
pub mod tasks;
pub mod threads;
pub mod wait_chain;
pub mod why;
pub mod work_unit;
pub mod work_units;
pub mod workload;
pub mod yields;
