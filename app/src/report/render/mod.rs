//! A report as text, Markdown, CSV, TSV and JSON. Whatever a trace puts into it, each stays what it is.

pub mod csv;
pub mod json;
pub mod markdown;
pub mod schema;
pub mod text;
