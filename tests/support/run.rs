//! Runs the program as a user would, without a display.

use std::process::{Command, Output};

/// `tracelane` with these arguments, ready to run: no display, a home of its own is not needed.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tracelane"));
    command.args(arguments).env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY");
    command
}

/// Runs it to its end.
pub(crate) fn tracelane(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the program starts")
}
