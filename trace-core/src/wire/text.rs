//! The text form of v2 traces, one wire event per line (Go: `internal/trace/raw`): written by hand in
//! tests, read by people who look for a fault in a file.
//!
//! ```text
//! Trace Go1.22
//! EventBatch gen=1 m=0 time=100 size=4
//! ProcStatus dt=1 p=0 pstatus=1
//! Stack id=1 nframes=1
//!     pc=64 func=1 file=2 line=10
//! String id=1
//!     data="main.busy"
//! ```
//! Numbers are unsigned and decimal. A `#` begins a comment. `size=` counts the bytes of the binary
//! form; nothing checks it, so that damaged traces can be written, too.

use std::fmt::Write as _;

use thiserror::Error;

use crate::base::limits;
use crate::base::quote::{push_quoted, unquote};
use crate::input::cursor::Cursor;
use crate::wire::v2::spec;
use crate::wire::version::{HEADER_BYTES, Version};

/// Why a text is no trace.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("line {line}: {message}")]
pub struct TextError {
    /// The line, counted from 1.
    pub line: usize,
    /// What was wanted and what was found.
    pub message: String,
}

/// How a wire event is written: its code, its name, the names of its arguments.
struct Form {
    code: u8,
    name: &'static str,
    args: &'static [&'static str],
}

/// Names of the numbers of a frame.
const FRAME: &[&str] = &["pc", "func", "file", "line"];

const fn form(code: u8, name: &'static str, args: &'static [&'static str]) -> Form {
    Form { code, name, args }
}

const FORMS: &[Form] = &[
    form(spec::EVENT_BATCH, "EventBatch", &["gen", "m", "time", "size"]),
    form(spec::STACKS, "Stacks", &[]),
    form(spec::STACK, "Stack", &["id", "nframes"]),
    form(spec::STRINGS, "Strings", &[]),
    form(spec::STRING, "String", &["id"]),
    form(spec::CPU_SAMPLES, "CPUSamples", &[]),
    form(spec::CPU_SAMPLE, "CPUSample", &["time", "m", "p", "g", "stack"]),
    form(spec::FREQUENCY, "Frequency", &["freq"]),
    form(9, "ProcsChange", &["dt", "procs_value", "stack"]),
    form(10, "ProcStart", &["dt", "p", "p_seq"]),
    form(11, "ProcStop", &["dt"]),
    form(12, "ProcSteal", &["dt", "p", "p_seq", "m"]),
    form(13, "ProcStatus", &["dt", "p", "pstatus"]),
    form(14, "GoCreate", &["dt", "new_g", "new_stack", "stack"]),
    form(15, "GoCreateSyscall", &["dt", "new_g"]),
    form(16, "GoStart", &["dt", "g", "g_seq"]),
    form(17, "GoDestroy", &["dt"]),
    form(18, "GoDestroySyscall", &["dt"]),
    form(19, "GoStop", &["dt", "reason_string", "stack"]),
    form(20, "GoBlock", &["dt", "reason_string", "stack"]),
    form(21, "GoUnblock", &["dt", "g", "g_seq", "stack"]),
    form(22, "GoSyscallBegin", &["dt", "p_seq", "stack"]),
    form(23, "GoSyscallEnd", &["dt"]),
    form(24, "GoSyscallEndBlocked", &["dt"]),
    form(25, "GoStatus", &["dt", "g", "m", "gstatus"]),
    form(26, "STWBegin", &["dt", "kind_string", "stack"]),
    form(27, "STWEnd", &["dt"]),
    form(28, "GCActive", &["dt", "gc_seq"]),
    form(29, "GCBegin", &["dt", "gc_seq", "stack"]),
    form(30, "GCEnd", &["dt", "gc_seq"]),
    form(31, "GCSweepActive", &["dt", "p"]),
    form(32, "GCSweepBegin", &["dt", "stack"]),
    form(33, "GCSweepEnd", &["dt", "swept_value", "reclaimed_value"]),
    form(34, "GCMarkAssistActive", &["dt", "g"]),
    form(35, "GCMarkAssistBegin", &["dt", "stack"]),
    form(36, "GCMarkAssistEnd", &["dt"]),
    form(37, "HeapAlloc", &["dt", "heapalloc_value"]),
    form(38, "HeapGoal", &["dt", "heapgoal_value"]),
    form(39, "GoLabel", &["dt", "label_string"]),
    form(40, "UserTaskBegin", &["dt", "task", "parent_task", "name_string", "stack"]),
    form(41, "UserTaskEnd", &["dt", "task", "stack"]),
    form(42, "UserRegionBegin", &["dt", "task", "name_string", "stack"]),
    form(43, "UserRegionEnd", &["dt", "task", "name_string", "stack"]),
    form(44, "UserLog", &["dt", "task", "key_string", "value_string", "stack"]),
    form(45, "GoSwitch", &["dt", "g", "g_seq"]),
    form(46, "GoSwitchDestroy", &["dt", "g", "g_seq"]),
    form(47, "GoCreateBlocked", &["dt", "new_g", "new_stack", "stack"]),
    form(48, "GoStatusStack", &["dt", "g", "m", "gstatus", "stack"]),
    form(spec::EXPERIMENTAL_BATCH, "ExperimentalBatch", &["exp", "gen", "m", "time"]),
    form(spec::SYNC, "Sync", &[]),
    form(spec::CLOCK_SNAPSHOT, "ClockSnapshot", &["dt", "mono", "sec", "nsec"]),
    form(spec::END_OF_GENERATION, "EndOfGeneration", &[]),
    form(128, "Span", &["dt", "id", "npages_value", "kindclass"]),
    form(129, "SpanAlloc", &["dt", "id", "npages_value", "kindclass"]),
    form(130, "SpanFree", &["dt", "id"]),
    form(131, "HeapObject", &["dt", "id", "type"]),
    form(132, "HeapObjectAlloc", &["dt", "id", "type"]),
    form(133, "HeapObjectFree", &["dt", "id"]),
    form(134, "GoroutineStack", &["dt", "id", "order"]),
    form(135, "GoroutineStackAlloc", &["dt", "id", "order"]),
    form(136, "GoroutineStackFree", &["dt", "id"]),
];

impl Form {
    /// Whether bytes follow the arguments.
    const fn has_data(&self) -> bool {
        matches!(self.code, spec::STRING | spec::EXPERIMENTAL_BATCH)
    }
}

/// Turns a trace in text into the bytes of a file.
///
/// # Errors
/// If a line does not have the form.
pub fn to_binary(text: &str) -> Result<Vec<u8>, TextError> {
    let mut lines = Lines { lines: text.lines(), number: 0 };
    let mut out = header(&mut lines)?;
    while let Some(line) = lines.next_line() {
        let (name, rest) = token(line);
        let Some(form) = FORMS.iter().find(|form| form.name == name) else {
            return Err(lines.error(format!("{name} is no event")));
        };
        out.push(form.code);
        let args = lines.args(rest, form.args)?;
        for &arg in &args {
            push_uvarint(&mut out, arg);
        }
        if form.code == spec::STACK {
            for _ in 0..args.get(1).copied().unwrap_or(0) {
                let Some(line) = lines.next_line() else {
                    return Err(lines.error("a stack lacks frames".to_owned()));
                };
                for arg in lines.args(line, FRAME)? {
                    push_uvarint(&mut out, arg);
                }
            }
        }
        if form.has_data() {
            let data = lines.next_line().and_then(|line| unquote(line.trim().strip_prefix("data=")?));
            let Some(data) = data else {
                return Err(lines.error(format!("{name} should be followed by data=\"…\"")));
            };
            push_uvarint(&mut out, data.len() as u64);
            out.extend_from_slice(&data);
        }
    }
    Ok(out)
}

fn header(lines: &mut Lines<'_>) -> Result<Vec<u8>, TextError> {
    let minor = lines.next_line().and_then(|line| {
        let (word, rest) = token(line);
        let (version, rest) = token(rest);
        let minor: u32 = version.strip_prefix("Go1.")?.parse().ok()?;
        (word == "Trace" && token(rest).0.is_empty()).then_some(minor)
    });
    let Some(minor) = minor else {
        return Err(lines.error("the first line should be like `Trace Go1.22`".to_owned()));
    };
    let mut out = format!("go 1.{minor} trace").into_bytes();
    out.resize(out.len().max(HEADER_BYTES), 0);
    Ok(out)
}

struct Lines<'a> {
    lines: std::str::Lines<'a>,
    number: usize,
}

impl<'a> Lines<'a> {
    /// The next line that holds something.
    fn next_line(&mut self) -> Option<&'a str> {
        loop {
            let line = self.lines.next()?;
            self.number += 1;
            if !token(line).0.is_empty() {
                return Some(line);
            }
        }
    }

    const fn error(&self, message: String) -> TextError {
        TextError { line: self.number, message }
    }

    fn args(&self, mut rest: &str, names: &[&str]) -> Result<Vec<u64>, TextError> {
        let mut args = Vec::with_capacity(names.len());
        for &name in names {
            let (word, after) = token(rest);
            let value = word.split_once('=').filter(|&(key, _)| key == name).and_then(|(_, value)| value.parse().ok());
            let Some(value) = value else {
                return Err(self.error(format!("{name}=NUMBER is missing, there is {word:?}")));
            };
            args.push(value);
            rest = after;
        }
        match token(rest).0 {
            "" => Ok(args),
            more => Err(self.error(format!("{more:?} is too much"))),
        }
    }
}

/// The first word of a line, and what follows it; empty at the end or a comment.
fn token(line: &str) -> (&str, &str) {
    let line = line.trim_start();
    let end = line.find(|c: char| c.is_whitespace() || c == '#').unwrap_or(line.len());
    line.split_at_checked(end).unwrap_or((line, ""))
}

/// Appends an unsigned LEB128 number.
pub fn push_uvarint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            return out.push(low & 0x7f);
        }
        out.push(low | 0x80);
    }
}

/// A trace in text, and where it became unreadable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Printed {
    /// One event per line.
    pub text: String,
    /// Offset of the first byte that is part of no event, if the bytes end in such.
    pub unreadable_from: Option<usize>,
}

/// Turns the bytes of a file into text, up to the first place that cannot be read. Nothing is put in
/// order and nothing is judged.
///
/// # Errors
/// If the bytes are no trace of a v2 version.
pub fn from_binary(bytes: &[u8]) -> crate::base::error::Result<Printed> {
    let version = Version::parse(bytes)?;
    let mut text = format!("Trace Go1.{}\n", version.0);
    let body = bytes.get(HEADER_BYTES..).unwrap_or_default();
    let mut cursor = Cursor::new(body);
    while !cursor.is_empty() {
        let at = cursor.pos();
        let before = text.len();
        if print_event(&mut cursor, &mut text).is_none() {
            text.truncate(before);
            return Ok(Printed { text, unreadable_from: Some(HEADER_BYTES + at) });
        }
    }
    Ok(Printed { text, unreadable_from: None })
}

fn print_event(cursor: &mut Cursor<'_>, text: &mut String) -> Option<()> {
    let code = cursor.u8()?;
    let form = FORMS.iter().find(|form| form.code == code)?;
    text.push_str(form.name);
    let mut last = 0;
    for name in form.args {
        last = cursor.uvarint()?;
        write!(text, " {name}={last}").ok()?;
    }
    text.push('\n');
    if code == spec::STACK {
        if last > limits::MAX_STACK_FRAMES {
            return None;
        }
        for _ in 0..last {
            for (i, name) in FRAME.iter().enumerate() {
                let value = cursor.uvarint()?;
                let lead = if i == 0 { '\t' } else { ' ' };
                write!(text, "{lead}{name}={value}").ok()?;
            }
            text.push('\n');
        }
    }
    if form.has_data() {
        let len = usize::try_from(cursor.uvarint()?).ok()?;
        let mut quoted = Vec::new();
        push_quoted(&mut quoted, cursor.slice(len)?);
        writeln!(text, "\tdata={}", String::from_utf8(quoted).ok()?).ok()?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::kind::EventKind;
    use crate::wire::v2::spec::{NOT_TIMED, Shape};

    const SMALL: &str = "Trace Go1.22
EventBatch gen=1 m=18446744073709551615 time=100 size=6
Frequency freq=1000000000
Stack id=1 nframes=1
\tpc=64 func=1 file=2 line=10
String id=7
\tdata=\"a\\x00\\\"b\"
";

    #[test]
    fn both_ways() {
        let bytes = to_binary(SMALL).unwrap();
        assert_eq!(&bytes[..HEADER_BYTES], b"go 1.22 trace\0\0\0");
        assert_eq!(from_binary(&bytes).unwrap(), Printed { text: SMALL.to_owned(), unreadable_from: None });
        let cut = from_binary(&bytes[..bytes.len() - 1]).unwrap();
        assert!(SMALL.starts_with(&cut.text) && !cut.text.contains("String"));
        assert_eq!(cut.unreadable_from, Some(bytes.len() - 7));
    }

    #[test]
    fn comments_and_faults() {
        let bytes = to_binary("# one\nTrace Go1.22 # two\n\n  Frequency freq=5# three\n").unwrap();
        assert_eq!(&bytes[HEADER_BYTES..], [8, 5]);
        let fault = |text: &str| to_binary(text).unwrap_err();
        assert_eq!(fault("").line, 0);
        assert_eq!(fault("Trace Go1.22\nNothing").message, "Nothing is no event");
        assert_eq!(fault("Trace Go1.22\nFrequency fre=5").line, 2);
        assert!(fault("Trace Go1.22\nFrequency freq=5 x=1").message.contains("too much"));
        assert!(fault("Trace Go1.22\nFrequency freq=-5").message.contains("missing"));
        assert!(fault("Trace Go1.22\nString id=1\n\tdata=5").message.contains("data"));
    }

    #[test]
    fn the_table_agrees_with_the_reader() {
        for kind in EventKind::ALL.iter().filter(|&&kind| kind != EventKind::SYNC) {
            let form = FORMS.iter().find(|form| form.code == kind.0).unwrap();
            assert_eq!(form.name, kind.name());
            let shape = Shape::of(kind.0);
            if shape.args != NOT_TIMED {
                assert_eq!(form.args.len(), usize::from(shape.args) + 1, "{}", form.name);
                assert_eq!(form.args[0], "dt");
                let stack = usize::from(shape.stack);
                assert!(stack == 0 || form.args[stack] == "stack", "{}", form.name);
            }
        }
    }
}
