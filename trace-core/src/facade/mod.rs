//! The library as most programs want it: [`Trace::open`], then iterators over what is in it. All else, the model and the
//! analyses that the window is made of, is reached through [`Trace::model`].

mod annotations;
mod goroutine;
mod identity;
mod span;
mod trace;
mod types;

pub use types::{Goroutine, Log, Problem, Region, Span, Stack, Task, TimeByState, Trace, Wait};
