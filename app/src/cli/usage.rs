//! What is said of a command line that makes no sense: one message in plain English, whatever was typed.

use std::error::Error as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::cli::exit::CliError;

/// The error of a command line that cannot be read.
#[must_use]
pub fn error(error: &clap::Error) -> CliError {
    let argument = name(&text(error, ContextKind::InvalidArg));
    let value = text(error, ContextKind::InvalidValue);
    CliError::usage(match error.kind() {
        ErrorKind::UnknownArgument if argument.starts_with('-') => {
            format!("unknown option {argument}{}", similar(error, ContextKind::SuggestedArg))
        }
        ErrorKind::UnknownArgument => {
            format!("unexpected argument '{}': one FILE at a time", text(error, ContextKind::InvalidArg))
        }
        ErrorKind::InvalidValue if value.is_empty() => format!("{argument} needs a value"),
        ErrorKind::InvalidValue => {
            let expected = all(error, ContextKind::ValidValue).join(", ");
            let similar = similar(error, ContextKind::SuggestedValue);
            format!("invalid {argument} '{value}': expected one of {expected}{similar}")
        }
        ErrorKind::ValueValidation => {
            let expected = error.source().map_or_else(String::new, |source| format!(": {source}"));
            format!("invalid {argument} '{value}'{expected}")
        }
        ErrorKind::TooManyValues => format!("{argument} takes no value"),
        ErrorKind::ArgumentConflict => {
            let others: Vec<String> = all(error, ContextKind::PriorArg).iter().map(|other| name(other)).collect();
            format!("{argument} cannot be used with {}", others.join(", "))
        }
        ErrorKind::MissingRequiredArgument => {
            let missing: Vec<String> =
                all(error, ContextKind::InvalidArg).iter().map(|missing| name(missing)).collect();
            format!("missing {}", missing.join(" and "))
        }
        ErrorKind::InvalidUtf8 => "an argument is not valid UTF-8".to_owned(),
        other => other.as_str().unwrap_or("invalid command line").to_owned(),
    })
}

/// The command whose name is most like `word`; `None` if none is.
#[must_use]
pub fn similar_command(word: &str, names: &[&'static str]) -> Option<String> {
    if let Some(same) = names.iter().find(|name| name.eq_ignore_ascii_case(word)) {
        return Some((*same).to_owned());
    }
    let commands = names.iter().map(|name| clap::Command::new(*name));
    let known = clap::Command::new("tracelane").disable_help_subcommand(true).subcommand_required(true);
    let parsed = known.subcommands(commands).try_get_matches_from(["tracelane", word]);
    parsed.err().and_then(|error| all(&error, ContextKind::SuggestedSubcommand).pop())
}

/// An option without the name of its value, `--limit`; an argument without its brackets, `FILE`.
fn name(argument: &str) -> String {
    let option = argument.split(' ').next().filter(|_| argument.starts_with('-'));
    option.unwrap_or(argument.trim_matches(['<', '>', '.', '[', ']'])).to_owned()
}

fn similar(error: &clap::Error, kind: ContextKind) -> String {
    all(error, kind).pop().map_or_else(String::new, |best| format!("; did you mean {best}?"))
}

fn text(error: &clap::Error, kind: ContextKind) -> String {
    all(error, kind).join(" ")
}

fn all(error: &clap::Error, kind: ContextKind) -> Vec<String> {
    match error.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}
