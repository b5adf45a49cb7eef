//! `tracelane mcp`: the Model Context Protocol over standard input and output, so that programs and agents can ask traces.
//! It reads traces and writes nothing but its answers, and it speaks to no network.

pub mod args;
mod budget;
mod open_traces;
mod protocol;
mod slice;
mod tools;

use std::io::{BufRead, Read, Write};

use crate::cli::exit::{CliResult, Exit, written};
use crate::cli::mcp::args::McpArgs;
use crate::cli::mcp::protocol::Server;
use crate::cli::print::{Json, print};

/// The longest message that is read, bytes.
const LONGEST: u64 = 8 << 20;

/// Answers messages until standard input ends.
///
/// # Errors
/// When standard input cannot be read, or standard output not be written.
pub fn run(_: McpArgs) -> CliResult {
    let mut server = Server::default();
    let mut input = std::io::stdin().lock();
    loop {
        let mut line = Vec::new();
        let read = input.by_ref().take(LONGEST).read_until(b'\n', &mut line);
        match read {
            Ok(0) => return Ok(Exit::Fine),
            // The rest of a line that is too long is no message of its own.
            Ok(_) if line.len() as u64 == LONGEST && !line.ends_with(b"\n") => {
                line = b"{".to_vec();
                written(input.skip_until(b'\n').map(|_| ()))?;
            }
            Ok(_) => {}
            Err(error) => return written(Err(error)),
        }
        if let Some(answer) = server.answer(&String::from_utf8_lossy(&line)) {
            print(Json::line(&answer))?;
            written(std::io::stdout().flush())?;
        }
    }
}
