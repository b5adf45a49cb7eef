//! Starts the window or a headless command.

use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tracelane::cli::run(std::env::args_os()).into()
}
