//! Searches of traces whose answers are known.

mod answers;
mod language;
mod reference;
// It loads traces, which analyses may not: `tests/layers.rs` has to see that it is for tests.
#[cfg(test)]
mod scene;
