//! `--format`, `--json` and `--md`: how a command prints what it found.

use clap::Args;

use crate::cli::exit::CliError;
use crate::cli::values;
use crate::report::analyses::by_id;
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

/// The name of a format, as `--format` takes it.
const fn name(format: Format) -> &'static str {
    match format {
        Format::Text => "text",
        Format::Json => "json",
        Format::Csv => "csv",
        Format::Markdown => "md",
    }
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

    /// Refuses a format that the command of this name does not have (yet). Can be removed once all commands have all.
    ///
    /// # Errors
    /// With the usage exit code and the formats that the command has.
    pub fn check(self, command: &str) -> Result<(), CliError> {
        let formats: &[Format] = match command {
            _ if by_id(command).is_some() => return Ok(()),
            "compare" | "report" => &[Format::Text, Format::Json, Format::Markdown],
            _ => &[Format::Text, Format::Json],
        };
        if formats.contains(&self.chosen()) {
            return Ok(());
        }
        let names: Vec<&str> = formats.iter().map(|format| name(*format)).collect();
        let wrong = name(self.chosen());
        Err(CliError::usage(format!("{command} cannot print {wrong}: its formats are {}", names.join(", "))))
    }
}
