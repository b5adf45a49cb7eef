//! Unpacks lz4 frames, streamed: one after another.

use std::io::{self, Read};

use lz4_flex::frame::FrameDecoder;

pub(super) const MAGIC: &[u8] = b"\x04\x22\x4d\x18";

/// What is in it.
pub(super) const fn unpack<R: Read>(packed: R) -> Lz4<R> {
    Lz4 { packed: Some(packed), frames: None }
}

pub(super) struct Lz4<R: Read> {
    packed: Option<R>,
    frames: Option<FrameDecoder<R>>,
}

impl<R: Read> Read for Lz4<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(packed) = self.packed.take() {
            self.frames = Some(FrameDecoder::new(packed));
        }
        let Some(frames) = self.frames.as_mut() else { return Ok(0) };
        // The decoder stops behind each frame; asked again it goes on with the next.
        match frames.read(buffer)? {
            0 => frames.read(buffer),
            count => Ok(count),
        }
    }
}
