//! One event as it stands in the file: a kind and numbers of variable length.

use crate::input::cursor::Cursor;
use crate::wire::v1::spec::{self, Shape};

/// An event as it stands in the file, its arguments undecoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawEvent<'a> {
    pub(super) kind: u8,
    pub(super) shape: Shape,
    /// The arguments' bytes; a string's text.
    pub(super) body: &'a [u8],
    /// A string's id; a batch's proc.
    pub(super) id: u64,
    pub(super) ticks: u64,
    pub(super) message: &'a [u8],
}

/// Reads the event at the cursor. `None` if there is none; the cursor is then anywhere behind.
pub(super) fn read_raw<'a>(cursor: &mut Cursor<'a>, version: u32) -> Option<RawEvent<'a>> {
    let byte = cursor.u8()?;
    let (kind, count) = (byte & 0x3f, usize::from(byte >> 6) + 1);
    let shape = spec::shape(kind, version)?;
    let mut raw = RawEvent { kind, shape, body: &[], id: 0, ticks: 0, message: &[] };
    match kind {
        spec::STRING => {
            raw.id = cursor.uvarint()?;
            let len = cursor.uvarint().filter(|&len| 0 < len && len <= spec::MAX_STRING_BYTES)?;
            raw.body = cursor.slice(usize::try_from(len).ok()?)?;
        }
        spec::BATCH => {
            raw.id = cursor.uvarint()?;
            raw.ticks = cursor.uvarint()?;
            let is_proc = raw.id == u64::MAX || i32::try_from(raw.id).is_ok();
            if count != 2 || !is_proc {
                return None;
            }
        }
        _ if count <= 3 => raw.body = numbers(cursor, count)?,
        _ => {
            let len = cursor.uvarint().filter(|&len| len <= spec::MAX_EVENT_BYTES)?;
            raw.body = cursor.slice(usize::try_from(len).ok()?)?;
            if kind == spec::LOG {
                let len = cursor.uvarint().filter(|&len| len <= spec::MAX_STRING_BYTES)?;
                raw.message = cursor.slice(usize::try_from(len).ok()?)?;
            }
        }
    }
    let is_counted = matches!(kind, spec::STRING | spec::BATCH | spec::STACK);
    (is_counted || count_numbers(raw.body) == Some(raw.expected())).then_some(raw)
}

/// The bytes of the next numbers.
fn numbers<'a>(cursor: &mut Cursor<'a>, count: usize) -> Option<&'a [u8]> {
    let mut ahead = *cursor;
    for _ in 0..count {
        ahead.uvarint()?;
    }
    cursor.slice(ahead.pos() - cursor.pos())
}

/// How many numbers `bytes` holds, if they are whole.
fn count_numbers(bytes: &[u8]) -> Option<usize> {
    let whole = bytes.last().is_none_or(|&last| last < 0x80);
    whole.then(|| bytes.iter().filter(|&&byte| byte < 0x80).count())
}

impl RawEvent<'_> {
    /// How many numbers it should hold.
    fn expected(&self) -> usize {
        let timed = !matches!(self.kind, spec::FREQUENCY | spec::TIMER_GOROUTINE);
        usize::from(self.shape.args) + usize::from(self.shape.has_stack) + usize::from(timed)
    }

    /// Whether it is an event of a proc, as against one of the runtime's tables. (A CPU sample has a time of its own,
    /// and the proc that it names is another than that of its batch.)
    pub(super) const fn is_timed(&self) -> bool {
        !matches!(
            self.kind,
            spec::BATCH | spec::FREQUENCY | spec::STACK | spec::STRING | spec::TIMER_GOROUTINE | spec::CPU_SAMPLE
        )
    }

    pub(super) fn numbers(&self) -> Vec<u64> {
        let mut cursor = Cursor::new(self.body);
        std::iter::from_fn(|| cursor.uvarint()).collect()
    }
}
