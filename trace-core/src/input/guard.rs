//! How much may be unpacked: bytes are counted before and after, in all layers together.

use std::io::{self, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::base::limits::Limits;

/// How much of an archive's file is looked at to tell whether it is a trace.
pub(super) const MEMBER_BYTES: u64 = 64 << 10;

/// Bytes from wherever they come.
pub(super) type Bytes<'a> = Box<dyn Read + Send + 'a>;

/// Unpacks one member of an archive, of which `packed` bytes are known to be there.
pub(super) fn guarded_member(inside: Bytes<'_>, packed: u64, limits: Limits) -> Bytes<'_> {
    guarded(inside, Arc::new(AtomicU64::new(packed)), &Guard::new(limits))
}

/// What is looked at of an archive's file.
///
/// # Errors
/// If it cannot be read or unpacked at all.
pub(super) fn member_head(member: impl Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    match member.take(MEMBER_BYTES).read_to_end(&mut head) {
        Err(error) if head.is_empty() => Err(error),
        _ => Ok(head),
    }
}

/// What may be unpacked, and how much has been in all layers together.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    pub(super) limits: Limits,
    pub(super) spent: Arc<AtomicU64>,
}

impl Guard {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, spent: Arc::default() }
    }
}

pub(super) fn guarded<'a>(bytes: Bytes<'a>, packed: Arc<AtomicU64>, guard: &Guard) -> Bytes<'a> {
    Box::new(Guarded { bytes, unpacked: 0, packed, guard: guard.clone() })
}

/// Counts the packed bytes.
pub(super) struct Counted<R> {
    pub(super) bytes: R,
    pub(super) count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.bytes.read(buffer)?;
        self.count.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Stops at the limit.
struct Guarded<'a> {
    bytes: Bytes<'a>,
    unpacked: u64,
    packed: Arc<AtomicU64>,
    guard: Guard,
}

impl Read for Guarded<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let packed = self.packed.load(Ordering::Relaxed);
        let limits = self.guard.limits;
        let allowed = limits.unpack_free.saturating_add(packed.saturating_mul(limits.unpack_ratio));
        if self.unpacked >= allowed {
            let what = format!(
                "{packed} compressed bytes unpack to more than {allowed}, which no trace does; the limit can be raised \
                 (--max-unpacked SIZE, or File > Unpack without a limit)"
            );
            return Err(io::Error::other(what));
        }
        let count = self.bytes.read(buffer)?;
        self.unpacked += count as u64;
        self.guard.spent.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
