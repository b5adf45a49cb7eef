//! Search and filter: a small query language, and everything in a trace that a query matches.
//!
//! ```text
//! text ─parse─▶ Query ─▶ Matcher (each string, stack, task, … of the trace matched once)
//!                           ├─▶ search: hits of all kinds, counted, the first ones listed
//!                           ├─▶ filter: the goroutines that a query leaves
//!                           └─▶ matches_span: whether one span on screen matches
//! ```
//! Where a term can be about a thing itself or about what the thing belongs to (a span of a goroutine, a log line of a
//! task), both match, but only things that a term is about themselves are hits: `g:25` has one hit, the goroutine;
//! `g:25 state:blocked` has its blocked spans.

mod bits;
mod caseless;
pub mod complete;
pub mod filter;
pub mod hit;
pub mod hits;
mod lexer;
mod life;
mod logic;
mod matcher;
pub mod parse;
pub mod query;
pub mod run;
mod spans;
mod terms;
#[cfg(test)]
mod tests;
mod times;
