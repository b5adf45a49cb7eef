//! Caches that no writer wrote: what one makes who means harm, or a fuzzer.

use std::io::Cursor;

use crate::cache::blocks::{BlockWriter, Blocks, Buffers};
use crate::cache::{Key, Stored, write};
use crate::model::trace::Trace;

/// The key of all of these.
pub const KEY: Key = Key { hash: 0x1234_5678_9abc_def0_0fed_cba9_8765_4321, len: 7 };

/// A sound cache. Memory takes everything, so there always is one.
#[must_use]
pub fn sound(trace: &Trace) -> Option<Vec<u8>> {
    let mut out = Cursor::new(Vec::new());
    write(trace, &KEY, &mut out).ok()?;
    Some(out.into_inner())
}

/// A sound cache whose unpacked blocks `change` has had in its hands, with checksums that fit. `None` if it was
/// no sound one.
#[must_use]
pub fn forged(cache: &[u8], mut change: impl FnMut(usize, &mut Vec<u8>)) -> Option<Vec<u8>> {
    let blocks = Blocks::open(Stored::Bytes(cache), &KEY)?;
    let mut out = Cursor::new(Vec::new());
    let mut writer = BlockWriter::begin(&mut out).ok()?;
    let mut buffers = Buffers::default();
    for at in 0..blocks.len() {
        let mut block = blocks.read(at, &mut buffers, |bytes| Some(bytes.rest().to_vec()))?;
        change(at, &mut block);
        writer.block(|out| out.bytes.extend_from_slice(&block)).ok()?;
    }
    writer.finish(&KEY).ok()?;
    Some(out.into_inner())
}
