//! Identifies a file that is not a trace by its first bytes, and says in words for the user how to get one.

mod binary;
mod json;
mod page;
mod pprof;
mod server;
mod text;

use crate::base::quote::push_quoted;

/// Fewest bytes from the start of a file with which most kinds are known. [`describe`] takes more if there are more.
pub const SNIFF_BYTES: usize = 512;
/// Most bytes of a text that are looked at.
const TEXT_BYTES: usize = 64 << 10;
/// How much of a text's line is quoted, in characters.
const QUOTED: usize = 80;

/// The command that fetches a trace from a server.
macro_rules! curl {
    () => {
        "curl -o out.trace 'http://localhost:6060/debug/pprof/trace?seconds=5'"
    };
}
/// How to get a trace from a server, a clause that follows others.
const FETCH: &str = concat!("to record a trace: ", curl!());
/// How to get a trace from anywhere.
const RECORD: &str = concat!("to record a trace: go test -trace=out.trace, or ", curl!());
use curl;

/// What [`describe`] says of what it does not know.
pub const UNKNOWN: &str = "its first bytes match no known file format";

/// What a file is instead of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lookalike {
    /// A noun with its article: "a CPU profile".
    is: String,
    /// What to do to get a trace, a clause in the imperative that names the command.
    cure: String,
}

fn lookalike(is: impl Into<String>, cure: impl Into<String>) -> Lookalike {
    Lookalike { is: is.into(), cure: cure.into() }
}

/// Whether it is packed: a trace's header that can be read in there is of no use, since what follows is packed.
#[must_use]
pub fn is_packed(head: &[u8]) -> bool {
    binary::is_packed(head)
}

/// Whether a trace may follow behind such a beginning, as it does behind what a program printed. Programs, memory
/// dumps and network captures hold headers of traces, too, but not whole traces.
#[must_use]
pub fn may_precede_a_trace(head: &[u8]) -> bool {
    !is_packed(head) && binary::named(head).is_none()
}

/// Whether the bytes before a trace's header end with the size of a chunk, so that there are more of them inside the
/// trace: HTTP's chunked encoding, left as it is.
#[must_use]
pub fn ends_with_chunk_size(before: &[u8]) -> bool {
    let Some(line) = before.strip_suffix(b"\r\n") else { return false };
    let digits = line.iter().rev().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let before = line.len().checked_sub(digits + 1).and_then(|at| line.get(at));
    (1..=8).contains(&digits) && before.is_none_or(|&byte| byte == b'\n')
}

/// What to say of a trace with chunk sizes in it.
pub const CHUNKED: &str = concat!(
    "it is a Go trace with HTTP chunk sizes between its bytes, as curl --raw saves it; leave out --raw: ",
    curl!()
);

/// A clause that tells what the bytes seem to be instead of a trace, and the cure.
#[must_use]
pub fn describe(head: &[u8]) -> String {
    match known(head) {
        Some(Lookalike { is, cure }) => format!("it is {is}; {cure}"),
        None if is_text(head) => {
            let line = first_line(head);
            format!(
                "it begins with text, {line}: if a server sent that, ask again with curl -f, which reports errors; if \
                 your program printed it, have it write the trace to a separate file"
            )
        }
        None => UNKNOWN.to_owned(),
    }
}

/// What the bytes seem to be, a noun with its article; `None` if that is not known.
#[must_use]
pub fn noun(head: &[u8]) -> Option<String> {
    known(head).map(|known| known.is).or_else(|| is_text(head).then(|| "a text file".to_owned()))
}

fn known(head: &[u8]) -> Option<Lookalike> {
    // A mark of the byte order, as PowerShell puts it before text.
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    match server::with_headers(head) {
        Some((status, body)) => {
            let body = Some(body).filter(|body| !body.is_empty() && !is_packed(body));
            Some(body.and_then(of_bytes).unwrap_or_else(|| server::of_status(status)))
        }
        None => of_bytes(head),
    }
}

fn of_bytes(head: &[u8]) -> Option<Lookalike> {
    if head.is_empty() {
        return Some(lookalike("an empty file", RECORD));
    }
    if let Some(look) = binary::packed(head).or_else(|| binary::named(head)).or_else(|| binary::zeros(head)) {
        return Some(look);
    }
    if is_text(head) {
        let text = String::from_utf8_lossy(head.get(..TEXT_BYTES).unwrap_or(head));
        let text = text.trim_start();
        return json::identify(text)
            .or_else(|| page::identify(text))
            .or_else(|| server::download(text))
            .or_else(|| server::answer(text))
            .or_else(|| text::identify(text));
    }
    pprof::identify(head)
}

/// Whether it is text in UTF-8, as far as the bytes go. Escape sequences are text, too: programs print them.
fn is_text(head: &[u8]) -> bool {
    let head = head.get(..TEXT_BYTES).unwrap_or(head);
    let is_utf8 = std::str::from_utf8(head).map_or_else(|error| error.error_len().is_none(), |_| true);
    is_utf8 && !head.iter().any(|&byte| byte < 0x20 && !matches!(byte, b'\n' | b'\r' | b'\t' | 0x0c | 0x1b))
}

/// The first line that is not empty, in quotes: a server's complaint, perhaps.
fn first_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text.get(..TEXT_BYTES).unwrap_or(text));
    let text = text.trim_start_matches('\u{feff}');
    quoted(text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default())
}

/// A line, or as much of it as there is room for, in quotes and with Go's escapes.
fn quoted(line: &str) -> String {
    let mut out = Vec::new();
    match line.char_indices().nth(QUOTED) {
        Some((end, _)) => push_quoted(&mut out, format!("{}…", line.get(..end).unwrap_or(line)).as_bytes()),
        None => push_quoted(&mut out, line.as_bytes()),
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests;
