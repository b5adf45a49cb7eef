//! Reads numbers and runs of bytes out of a slice, never past its end.

/// A place in a slice. All reads return `None` at the end and leave the place where it was.
#[derive(Clone, Copy, Debug)]
pub struct Cursor<'a> {
    bytes: &'a [u8],
    pos: usize,
}

impl<'a> Cursor<'a> {
    /// At the start of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, pos: 0 }
    }

    /// How many bytes lie before this place.
    #[must_use]
    pub const fn pos(&self) -> usize {
        self.pos
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.pos >= self.bytes.len()
    }

    /// The next byte; `None` at the end.
    pub fn u8(&mut self) -> Option<u8> {
        let byte = *self.bytes.get(self.pos)?;
        self.pos += 1;
        Some(byte)
    }

    /// An unsigned LEB128 number of at most 64 bits (10 bytes).
    pub fn uvarint(&mut self) -> Option<u64> {
        let (value, len) = uvarint(self.bytes.get(self.pos..)?)?;
        self.pos += len;
        Some(value)
    }

    /// The next `len` bytes.
    pub fn slice(&mut self, len: usize) -> Option<&'a [u8]> {
        let slice = self.bytes.get(self.pos..self.pos.checked_add(len)?)?;
        self.pos += len;
        Some(slice)
    }
}

/// Decodes an unsigned LEB128 number at the start of `bytes`: (value, bytes used). `None` if it is cut
/// short or does not fit 64 bits.
#[inline]
#[must_use]
pub fn uvarint(bytes: &[u8]) -> Option<(u64, usize)> {
    // One and two bytes make up nearly everything in a trace.
    let &first = bytes.first()?;
    if first < 0x80 {
        return Some((u64::from(first), 1));
    }
    let &second = bytes.get(1)?;
    if second < 0x80 {
        return Some((u64::from(first & 0x7f) | u64::from(second) << 7, 2));
    }
    uvarint_long(bytes)
}

fn uvarint_long(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0u64;
    for (i, &byte) in bytes.iter().take(10).enumerate() {
        // The tenth byte holds the 64th bit only.
        if i == 9 && byte > 1 {
            return None;
        }
        value |= u64::from(byte & 0x7f) << (7 * i);
        if byte < 0x80 {
            return Some((value, i + 1));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uvarint_reads_all_lengths_and_refuses_overflow() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), 1 << 62, u64::MAX] {
            let mut bytes = Vec::new();
            let mut rest = value;
            while rest >= 0x80 {
                bytes.push(u8::try_from(rest & 0x7f).unwrap() | 0x80);
                rest >>= 7;
            }
            bytes.push(u8::try_from(rest).unwrap());
            assert_eq!(uvarint(&bytes), Some((value, bytes.len())));
            assert_eq!(uvarint(&bytes[..bytes.len() - 1]), None, "cut short");
        }
        assert_eq!(uvarint(&[0xff; 10]), None, "more than 64 bits");
    }

    #[test]
    fn a_failed_read_does_not_move() {
        let mut cursor = Cursor::new(&[0x81]);
        assert_eq!(cursor.uvarint(), None);
        assert_eq!(cursor.slice(2), None);
        assert_eq!(cursor.u8(), Some(0x81));
        assert!(cursor.is_empty());
    }
}
