//! `tracelane mcp`: the Model Context Protocol over standard input and output, so that programs and agents can ask traces.
//! It reads traces and writes nothing but its answers, and it speaks to no network.

mod ahead;
pub mod args;
mod budget;
mod open_traces;
mod protocol;
mod requests;
mod slice;
mod tools;
mod watch;

use std::io::{BufRead, Read, Write};
use std::sync::mpsc::{self, SyncSender};
use std::thread;

use crate::cli::exit::{CliError, CliResult, Exit, written};
use crate::cli::mcp::args::McpArgs;
use crate::cli::mcp::protocol::Server;
use crate::cli::mcp::requests::{Message, Requests};
use crate::cli::print::{Json, print};

/// The longest message that is read, bytes.
const LONGEST: u64 = 8 << 20;

/// Messages that wait for an answer. When there are more, those behind them are not read yet.
const MOST_WAITING: usize = 64;

/// Answers messages until standard input ends. They are read on a thread of their own, so that a request can be taken back while
/// it is being answered.
///
/// # Errors
/// When standard input cannot be read, or standard output not be written.
pub fn run(_: McpArgs) -> CliResult {
    let requests = Requests::default();
    let (send, messages) = mpsc::sync_channel(MOST_WAITING);
    let known = requests.clone();
    let reading = thread::Builder::new().name("mcp-reader".to_owned()).spawn(move || read(&known, &send));
    let reading = reading.map_err(|error| CliError::usage(format!("no thread can be started: {error}")))?;
    let mut server = Server::default();
    for message in messages {
        if let Some(answer) = server.answer(message, &requests) {
            print(Json::line(&answer))?;
            written(std::io::stdout().flush())?;
        }
    }
    written(reading.join().unwrap_or(Ok(())))?;
    Ok(Exit::Fine)
}

/// Passes messages on until standard input ends, or nobody wants them any more.
fn read(requests: &Requests, send: &SyncSender<Message>) -> std::io::Result<()> {
    let mut input = std::io::stdin().lock();
    loop {
        let mut line = Vec::new();
        let read = input.by_ref().take(LONGEST).read_until(b'\n', &mut line)?;
        if read == 0 {
            return Ok(());
        }
        // The rest of a line that is too long is no message of its own.
        if read as u64 == LONGEST && !line.ends_with(b"\n") {
            line = b"{".to_vec();
            input.skip_until(b'\n')?;
        }
        if let Some(message) = requests.read(&String::from_utf8_lossy(&line))
            && send.send(message).is_err()
        {
            return Ok(());
        }
    }
}
