//! Messages of protocol buffers, written by hand: those that are needed here are small and fixed.

/// Bytes of a message.
#[derive(Debug, Default)]
pub(crate) struct Message {
    pub(crate) bytes: Vec<u8>,
}

impl Message {
    /// A number alone, as packed fields have them.
    pub(crate) fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.bytes.push((value & 0x7f) as u8);
    }

    /// A number; 0 is the default and not written.
    pub(crate) fn number(&mut self, field: u64, value: u64) {
        if value != 0 {
            self.number_even_if_zero(field, value);
        }
    }

    /// A number of a field that tells by being there.
    pub(crate) fn number_even_if_zero(&mut self, field: u64, value: u64) {
        self.varint(field << 3);
        self.varint(value);
    }

    /// A number of eight bytes (`fixed64`).
    pub(crate) fn fixed(&mut self, field: u64, value: u64) {
        self.varint(field << 3 | 1);
        self.bytes.extend(value.to_le_bytes());
    }

    /// Something with a length: a message, packed numbers.
    pub(crate) fn part(&mut self, field: u64, part: &Self) {
        self.sized(field, &part.bytes);
    }

    /// Adds a field that is a string.
    pub(crate) fn text(&mut self, field: u64, text: &str) {
        self.sized(field, text.as_bytes());
    }

    fn sized(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.bytes.extend(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::Message;

    #[test]
    fn numbers_are_written_as_the_format_wants_them() {
        let mut message = Message::default();
        message.number(12, 300);
        message.number(9, 0);
        message.text(6, "ab");
        message.fixed(47, 1);
        let flow = [(47 << 3 | 1) & 0x7f | 0x80, 47 >> 4, 1, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(message.bytes, [&[12 << 3, 0xac, 0x02, 6 << 3 | 2, 2, b'a', b'b'][..], &flow].concat());
    }
}
