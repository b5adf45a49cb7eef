//! Recognises profiles of pprof and other protocol buffers, unpacked.

use super::{FETCH, Lookalike, curl, lookalike};

/// Entries of a profile's string table (field 6, the length, the text) that tell the kinds of Go's profiles apart.
const KINDS: &[(&[u8], &str)] = &[
    (b"2\x03cpu", "a CPU profile"),
    (b"2\x0binuse_space", "a heap profile"),
    (b"2\x0bcontentions", "a block or mutex profile"),
    (b"2\x09goroutine", "a goroutine profile"),
    (b"2\x0cthreadcreate", "a thread creation profile"),
];

/// How many messages one after another tell that it is a protocol buffer.
const MESSAGES: usize = 3;

pub(super) fn identify(head: &[u8]) -> Option<Lookalike> {
    if is_profile(head) {
        let is = |entry: &[u8]| head.windows(entry.len()).any(|window| window == entry);
        let kind = KINDS.iter().find(|(entry, _)| is(entry)).map_or("a profile", |kind| kind.1);
        let cure = match kind {
            "a CPU profile" => concat!(
                "open it with go tool pprof FILE; traces are at /debug/pprof/trace, not at /debug/pprof/profile: ",
                curl!()
            )
            .to_owned(),
            _ => format!("open it with go tool pprof FILE; {FETCH}"),
        };
        return Some(lookalike(format!("{kind} (pprof format)"), cure));
    }
    is_packets(head).then(|| {
        let cure = format!("Perfetto (https://ui.perfetto.dev) may open it; {FETCH}");
        lookalike("a protocol buffer, perhaps a Perfetto or OpenTelemetry trace", cure)
    })
}

/// Whether it begins like a `perftools.profiles.Profile`: with a `sample_type` or `period_type` (fields 1 and 11,
/// messages of two small numbers), or with `time_nanos` (field 9).
fn is_profile(head: &[u8]) -> bool {
    matches!(head, [0x0a | 0x5a, 2..=12, 0x08 | 0x10, ..] | [0x48, 0x80..=0xff, 0x80..=0xff, ..])
}

/// Whether it begins with several messages in field 1.
fn is_packets(head: &[u8]) -> bool {
    let mut rest = head;
    for _ in 0..MESSAGES {
        let Some((0x0a, tail)) = rest.split_first().map(|(first, tail)| (*first, tail)) else { return false };
        let Some((len, used)) = crate::input::cursor::uvarint(tail) else { return false };
        let end = usize::try_from(len).ok().and_then(|len| len.checked_add(used));
        let Some(after) = end.and_then(|end| tail.get(end..)).filter(|_| len > 1) else { return false };
        rest = after;
    }
    true
}
