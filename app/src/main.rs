//! Starts the window or a headless command.

use std::process::ExitCode;

fn main() -> ExitCode {
    tracelane::cli::run(std::env::args_os()).into()
}
