//! `tracelane dump`: every event as text.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use trace_core::base::error::Error;
use trace_core::base::monitor::Monitor;
use trace_core::base::warning::WarningKind;
use trace_core::export::reference::dump;

use crate::cli::exit::{CliError, CliResult, Exit, written};
use crate::cli::load::refuse_own_output;
use crate::cli::print::eprint_error;
use crate::cli::values;
use crate::fmt::escape::terminal::VisibleLines;
use crate::remote;

/// What the long help says.
pub const ABOUT: &str = "\
Prints every event of the trace in its true order, one after the other, byte for byte what
`go tool trace -d=parsed FILE` of Go 1.27 prints when TZ is UTC. Streams: a pipe may close early. On a terminal,
characters in names that a terminal obeys, or that cannot be seen, are written out (\\x1b).";

/// The arguments of `tracelane dump`.
#[derive(Args, Clone, Debug, PartialEq, Eq)]
pub struct DumpArgs {
    /// Trace to read
    #[arg(value_name = "FILE", value_parser = values::file())]
    pub file: PathBuf,
}

/// Prints every event of `file`. Damage is told on standard error, so that the output stays what it is.
///
/// # Errors
/// When the file is unreadable or the output cannot be written.
pub fn run(file: &Path) -> CliResult {
    let unreadable = |error: &Error| CliError::unreadable(file, error);
    refuse_own_output(file)?;
    let source = remote::open(file).map_err(|error| unreadable(&error))?;
    let mut exit = Exit::Fine;
    let stdout = std::io::stdout().lock();
    // Programs get the bytes that Go's tool prints; a terminal must not obey them.
    let out: Box<dyn Write> = if stdout.is_terminal() { Box::new(VisibleLines::new(stdout)) } else { Box::new(stdout) };
    let mut out = Output { out, failed: None };
    let done = dump(source, &mut out, &Monitor::new(), &mut |kind: WarningKind, message, offset| {
        eprint_error(&format!("{}: {message} (byte {offset})", file.display()));
        if kind.is_damage() {
            exit = Exit::Damaged;
        }
    });
    // The library cannot tell a file that fails from an output that fails; we can.
    match (done, out.failed.take()) {
        (_, Some(failed)) => written(Err(failed)),
        (Err(error), None) => Err(unreadable(&error)),
        (Ok(()), None) => written(out.flush()).map(|_| exit),
    }
}

/// Standard output, remembering why it failed.
struct Output<W> {
    out: W,
    failed: Option<std::io::Error>,
}

impl<W: Write> Output<W> {
    fn remember<T>(&mut self, result: std::io::Result<T>) -> std::io::Result<T> {
        result.map_err(|error| {
            let kind = error.kind();
            if kind != ErrorKind::Interrupted {
                self.failed = Some(error);
            }
            kind.into()
        })
    }
}

impl<W: Write> Write for Output<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let result = self.out.write(bytes);
        self.remember(result)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let result = self.out.flush();
        self.remember(result)
    }
}
