//! SQL over traces: the tables of `trace_core::tables` in an SQLite that has no file and can only read.

pub mod answer;
pub mod complete;
pub mod engine;
pub mod functions;
pub mod lexer;
pub mod library;
pub mod schema;

mod group_shape;
mod group_table;
mod group_top;
mod group_words;
mod lake_table;
mod virtual_table;
mod vtab;
