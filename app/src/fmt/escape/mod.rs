//! Text that others wrote (names, logs, paths, a server's reply) made safe for where it goes, one function per medium.
//!
//! | goes to | function |
//! |---|---|
//! | a terminal or a line of the window | [`visible`]; a stream of lines: [`terminal::VisibleLines`] |
//! | Markdown, among words | [`markdown::block`], [`markdown::inline`]; a table's cell: [`markdown::cell`] |
//! | Markdown, as code | [`markdown::code`] |
//! | HTML | [`html::page`]; maud itself escapes what has a meaning in HTML |
//! | a spreadsheet | [`csv::field`] |
//! | the name of a new file | [`file_name::file_name`] |
//! | JSON | serde does it; [`json::ascii_where_hidden`] keeps terminals safe, too |
//! | folded stacks | [`trace_core::export::folded`] |

pub mod csv;
pub mod file_name;
pub mod html;
pub mod json;
pub mod markdown;
pub mod terminal;

pub use trace_core::base::visible::{has_hidden, visible};
