//! The arguments of `tracelane mcp`, and its help.

use clap::Args;

/// What the long help says.
pub const ABOUT: &str = "\
Serves the Model Context Protocol on standard input and output: one JSON-RPC message a line. A client starts it as

  tracelane mcp

and calls tools: open, findings, why, waits, profile, timeline, query, compare, screenshot, link. They read traces on this
machine and change nothing; no network is used. Answers are text of at most 4,000 bytes unless max_bytes asks for more, with
units, the scope that they are about, and the command that shows the place.";

/// The arguments of `tracelane mcp`: none.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct McpArgs {}
