//! Unpacks zstd, streamed: one frame after another; frames for others are skipped.

use std::io::{self, BufRead, Read};

use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

pub(super) const MAGIC: &[u8] = b"\x28\xb5\x2f\xfd";

/// Whether bytes begin with a frame that is to be skipped (RFC 8878, 3.1.2). Frames of data follow; so it is with lz4,
/// whose files hardly ever begin with one.
pub(super) fn is_skippable(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

/// What is in it.
pub(super) fn unpack<R: BufRead>(packed: R) -> Zstd<R> {
    Zstd { packed, decoder: Box::new(FrameDecoder::new()), in_frame: false, broken: None }
}

/// The decoder keeps the last megabytes to itself until the frame ends. So a frame that breaks off gets this
/// end: an empty last block (RFC 8878, 3.1.1.2), and a checksum, which nobody looks at.
const END_OF_FRAME: &[u8] = &[1, 0, 0, 0, 0, 0, 0];

fn damaged(error: &FrameDecoderError) -> io::Error {
    let what = format!("the zstd data are damaged or cut short ({error})");
    io::Error::new(io::ErrorKind::InvalidData, what)
}

pub(super) struct Zstd<R> {
    packed: R,
    decoder: Box<FrameDecoder>,
    in_frame: bool,
    /// What is wrong with the frame, told when all before it has been read.
    broken: Option<io::Error>,
}

impl<R: BufRead> Zstd<R> {
    /// Begins the next frame; `false` at the end.
    fn begin(&mut self) -> io::Result<bool> {
        while !self.packed.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.packed) {
                Ok(()) => return Ok(true),
                Err(FrameDecoderError::ReadFrameHeaderError(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut self.packed.by_ref().take(u64::from(length)), &mut io::sink())?;
                }
                Err(error) => return Err(damaged(&error)),
            }
        }
        Ok(false)
    }
}

impl<R: BufRead> Read for Zstd<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.in_frame {
                while self.decoder.can_collect() == 0 && !self.decoder.is_finished() {
                    let step = BlockDecodingStrategy::UptoBlocks(1);
                    if let Err(error) = self.decoder.decode_blocks(&mut self.packed, step) {
                        self.broken = Some(damaged(&error));
                        let step = BlockDecodingStrategy::UptoBlocks(1);
                        self.decoder.decode_blocks(END_OF_FRAME, step).map_err(|error| damaged(&error))?;
                    }
                }
                let count = self.decoder.read(buffer)?;
                if count > 0 || buffer.is_empty() {
                    return Ok(count);
                }
                if let Some(error) = self.broken.take() {
                    return Err(error);
                }
            }
            self.in_frame = self.begin()?;
            if !self.in_frame {
                return Ok(0);
            }
        }
    }
}
