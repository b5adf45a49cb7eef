//! `--format`, `--json` and `--md`: how a command prints what it found.

use clap::Args;

use crate::cli::values;
use crate::report::format::Format;

/// The names of all formats.
const NAMES: [&str; 4] = ["text", "json", "csv", "md"];

/// The options that choose a format.
#[derive(Args, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FormatArgs {
    /// Output format
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = values::one_of(NAMES, named))]
    #[arg(conflicts_with_all = ["json", "md"])]
    format: Format,
    /// Short for --format json
    #[arg(long, conflicts_with = "md")]
    json: bool,
    /// Short for --format md
    #[arg(long)]
    md: bool,
}

fn named(name: &str) -> Option<Format> {
    Some(match name {
        "text" => Format::Text,
        "json" => Format::Json,
        "csv" => Format::Csv,
        "md" => Format::Markdown,
        _ => return None,
    })
}

impl FormatArgs {
    /// The format that the options choose; text if there are none.
    #[must_use]
    pub const fn chosen(self) -> Format {
        match self {
            Self { json: true, .. } => Format::Json,
            Self { md: true, .. } => Format::Markdown,
            Self { format, .. } => format,
        }
    }
}
