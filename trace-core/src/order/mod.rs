//! Batches of many threads into one true order.

pub mod sink;
