//! Traces, archives and words whose texts try to get out of where they are put.

use std::path::Path;

use trace_core::base::limits::Limits;
use trace_core::input::source::Source;
use trace_core::wire::text::push_uvarint;
use trace_core::wire::v2::spec;

use crate::batches::{Item, items, uvarint};

/// Stands at the beginning of a line where a line end in a name got through.
pub(crate) const NEW_LINE: &str = "BROKE-OUT";
/// A link, an image, HTML, a mention and a reference, if Markdown or HTML is made of them.
pub(crate) const MARKUP: &str = "![i](http://evil.example/p.png)<img src=http://evil.example>@team #1 `x` |";

/// Put into a name: colours and a title for terminals, reordering, zero width, line ends, markup, a formula.
pub(crate) fn poison() -> String {
    format!(
        "\u{1b}]0;owned\u{7}\u{1b}[2J\r\n{NEW_LINE}\n\n# {NEW_LINE}\t\0\u{8}\u{7f}\u{9b}31m\u{85}\u{202e}\u{2066}\u{200b}\
         \u{2028}{NEW_LINE} {MARKUP} =1+1;"
    )
}

/// Bytes of strings in one batch, of 64 KiB at most.
const BATCH_BYTES: usize = 40 << 10;

/// A trace with other texts: those that `rename` has something for.
pub(crate) fn renamed(trace: &[u8], rename: &dyn Fn(&str) -> Option<String>) -> Vec<u8> {
    let mut out = trace[..crate::batches::HEADER_BYTES].to_vec();
    for item in items(trace) {
        match item {
            Item::Events(batch) => batch.write(&mut out),
            Item::Other(bytes) => push_renamed(&mut out, &bytes, rename),
        }
    }
    out
}

/// Appends a batch; one of strings with others in it.
fn push_renamed(out: &mut Vec<u8>, bytes: &[u8], rename: &dyn Fn(&str) -> Option<String>) {
    let mut at = 1;
    let head =
        bytes.first().filter(|code| **code == spec::EVENT_BATCH).map(|_| [(); 4].map(|()| uvarint(bytes, &mut at)));
    let Some([generation, thread, ticks, _]) = head.filter(|_| bytes.get(at) == Some(&spec::STRINGS)) else {
        out.extend_from_slice(bytes);
        return;
    };
    at += 1;
    let mut payload = vec![spec::STRINGS];
    let mut flush = |payload: &mut Vec<u8>| {
        out.push(spec::EVENT_BATCH);
        for number in [generation, thread, ticks, payload.len() as u64] {
            push_uvarint(out, number);
        }
        out.append(payload);
        payload.push(spec::STRINGS);
    };
    while at < bytes.len() {
        at += 1;
        let id = uvarint(bytes, &mut at);
        let len = usize::try_from(uvarint(bytes, &mut at)).expect("it fits");
        let text = String::from_utf8_lossy(&bytes[at..at + len]).into_owned();
        at += len;
        let text = rename(&text).unwrap_or(text);
        payload.push(spec::STRING);
        push_uvarint(&mut payload, id);
        push_uvarint(&mut payload, text.len() as u64);
        payload.extend_from_slice(text.as_bytes());
        if payload.len() > BATCH_BYTES {
            flush(&mut payload);
        }
    }
    flush(&mut payload);
}

/// The bytes of a trace, unpacked.
pub(crate) fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut source = Source::open_with(path, Limits::default()).expect("a fixture");
    std::io::Read::read_to_end(&mut source.reader, &mut bytes).expect("read");
    bytes
}

/// Poison in all that a program's author or its data can choose: functions and files of the program itself, tasks,
/// regions, logs, labels. What the runtime and the standard library call things stays, and so does what they mean.
pub(crate) fn names_of_the_program(text: &str) -> Option<String> {
    const RUNTIMES: [&str; 24] = [
        "runtime",
        "sync",
        "chan ",
        "select",
        "sleep",
        "network",
        "GC ",
        "system ",
        "preempted",
        "forever",
        "start",
        "stop",
        "wait",
        "debug",
        "coroutine",
        "force",
        "sched",
        "trace",
        "(",
        "finalizer",
        "mark",
        "sweep",
        "all",
        "GOMAXPROCS",
    ];
    let is_runtimes = text.is_empty() || RUNTIMES.iter().any(|word| text.starts_with(word));
    let is_library = text.contains(['.', '/']) && !text.starts_with("main.") && !text.ends_with("main.go");
    if text == "main.main" || is_runtimes || is_library {
        return None;
    }
    let poison = poison();
    Some(match (text.strip_prefix("main."), text.strip_suffix(".go")) {
        (Some(rest), _) => format!("main.{poison}{rest}"),
        (_, Some(rest)) => format!("{rest}{poison}.go"),
        _ => format!("{text}{poison}"),
    })
}

/// Poison in every text, those of the runtime included.
pub(crate) fn every_text(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| format!("{text}{}", poison()))
}

/// An archive that holds these files as they are.
pub(crate) fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    for (name, bytes) in files {
        let offset = u32::try_from(out.len()).expect("small");
        let size = u32::try_from(bytes.len()).expect("small");
        let mut common = vec![20, 0, 0, 8, 0, 0, 0, 0, 0, 0];
        common.extend(crc32(bytes).to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend(size.to_le_bytes());
        common.extend(u16::try_from(name.len()).expect("short").to_le_bytes());
        common.extend([0, 0]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend_from_slice(bytes);
        directory.extend(b"PK\x01\x02\x14\x03");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(offset.to_le_bytes());
        directory.extend(name.as_bytes());
    }
    let count = u16::try_from(files.len()).expect("few");
    let (start, size) = (u32::try_from(out.len()).expect("small"), u32::try_from(directory.len()).expect("small"));
    out.extend(directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    out.extend([size.to_le_bytes(), start.to_le_bytes()].concat());
    out.extend([0, 0]);
    out
}

fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        let mut crc = crc ^ u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
        crc
    };
    !bytes.iter().fold(u32::MAX, step)
}
