//! The largest sizes a trace may claim, checked before memory is taken.

/// Bytes in one batch's payload (Go: `tracev2.MaxBatchSize`).
pub const MAX_BATCH_BYTES: u64 = 64 << 10;
/// Frames in one stack (Go: `tracev2.MaxFramesPerStack`).
pub const MAX_STACK_FRAMES: u64 = 128;
/// Bytes in one string of the v2 format (Go: `tracev2.MaxEventTrailerDataSize`).
pub const MAX_STRING_BYTES: u64 = 1 << 10;
/// Warnings kept per trace; more are counted, not kept.
pub const MAX_WARNINGS: usize = 1_000;

/// What a compressed input may unpack to: `unpack_free` bytes in any case, and beyond that
/// `unpack_ratio` times the compressed bytes read so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes that nobody asks about.
    pub unpack_free: u64,
    /// Unpacked bytes for each compressed one.
    pub unpack_ratio: u64,
}

impl Default for Limits {
    /// Traces shrink to a third or a tenth, idle ones to a fiftieth.
    fn default() -> Self {
        Self { unpack_free: 256 << 20, unpack_ratio: 100 }
    }
}
