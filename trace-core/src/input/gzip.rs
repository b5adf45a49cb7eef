//! Unpacks gzip, streamed: one member after another.

use std::io::BufRead;

use flate2::bufread::MultiGzDecoder;

pub(super) const MAGIC: &[u8] = b"\x1f\x8b\x08";

/// What is in it.
pub(super) fn unpack<R: BufRead>(packed: R) -> MultiGzDecoder<R> {
    MultiGzDecoder::new(packed)
}
