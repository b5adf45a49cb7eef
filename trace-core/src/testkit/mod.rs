//! Traces made in code: for tests, benches and adversarial pictures. Behind the feature `testkit`.

pub mod caches;
pub mod scenes;
pub mod writer;
