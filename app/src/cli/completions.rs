//! `tracelane completions`: scripts that let a shell complete commands, options and their values.

use clap_complete::{Shell, generate};

use crate::cli::args::{CompletionsArgs, definition};
use crate::cli::exit::CliResult;
use crate::cli::print::print;
use crate::fmt::text::Text;

/// Prints the script.
///
/// # Errors
/// When it cannot be written.
pub fn run(args: CompletionsArgs) -> CliResult {
    print(Text::of_lines(&script(args.shell)))
}

fn script(shell: Shell) -> String {
    let mut script = Vec::new();
    generate(shell, &mut definition(), "tracelane", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum as _;

    use super::*;

    #[test]
    fn scripts_name_commands_and_options() {
        for shell in Shell::value_variants() {
            let script = script(*shell);
            for word in ["blocked", "format", "goroutine"] {
                assert!(script.contains(word), "{shell}: {word}");
            }
            // A text would show tabs and the like as escapes.
            let same = |(line, shown): (&str, &str)| line.trim_end() == shown;
            assert!(script.lines().zip(Text::of_lines(&script).as_str().lines()).all(same), "{shell}");
        }
    }
}
