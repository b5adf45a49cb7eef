//! Reports as values: what an analysis found, as tables of typed columns, with everything that shows or writes them.
//!
//! An analysis is one file of [`analyses`] and one line of its registry; the command, its help, its JSON and the panel
//! follow from that.

pub mod analyses;
pub mod arrange;
pub mod chart;
pub mod column;
pub mod comparison;
pub mod data;
pub mod diagnosis;
pub mod figure;
pub mod fleet;
pub mod format;
pub mod frame;
pub mod goroutine_dump;
pub mod lists;
pub mod render;
pub mod report;
pub mod sandwich;
pub mod session;
pub mod shared_time;
pub mod table;
pub mod value;
pub mod view;
