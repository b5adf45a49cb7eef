//! A stream of lines on its way to a terminal.

use std::io::{self, Write};

use trace_core::base::visible::visible;

/// Bytes of a line that are held back until its end is there; a longer one is passed on in pieces.
const MOST_HELD: usize = 1 << 16;

/// Passes on lines with everything in them made visible that is not: all but line ends, and tabs at the beginning of
/// a line. Bytes that are no UTF-8 are written as `\x9b`.
pub struct VisibleLines<W> {
    out: W,
    held: Vec<u8>,
    /// What is held does not begin its line.
    is_inside: bool,
}

impl<W: Write> VisibleLines<W> {
    /// A writer in front of `out`, at the start of a line.
    pub const fn new(out: W) -> Self {
        Self { out, held: Vec::new(), is_inside: false }
    }

    /// Passes on the first bytes held, which hold no line end.
    fn pass(&mut self, count: usize) -> io::Result<()> {
        let line: Vec<u8> = self.held.drain(..count).collect();
        let tabs = if self.is_inside { 0 } else { line.iter().take_while(|byte| **byte == b'\t').count() };
        let (tabs, line) = line.split_at(tabs);
        self.out.write_all(tabs)?;
        for chunk in line.utf8_chunks() {
            self.out.write_all(visible(chunk.valid()).as_bytes())?;
            for byte in chunk.invalid() {
                write!(self.out, "\\x{byte:02x}")?;
            }
        }
        self.is_inside = true;
        Ok(())
    }
}

impl<W: Write> Write for VisibleLines<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.held.extend_from_slice(bytes);
        while let Some(end) = self.held.iter().position(|byte| *byte == b'\n') {
            self.pass(end)?;
            self.held.drain(..1);
            self.out.write_all(b"\n")?;
            self.is_inside = false;
        }
        if self.held.len() > MOST_HELD {
            // Not in the middle of a character.
            let end = self.held.iter().rposition(|byte| !matches!(byte, 0x80..=0xbf)).unwrap_or(0);
            self.pass(if end == 0 { self.held.len() } else { end })?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.held.is_empty() {
            self.pass(self.held.len())?;
        }
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::{MOST_HELD, VisibleLines};

    fn passed(pieces: &[&[u8]]) -> String {
        let mut lines = VisibleLines::new(Vec::new());
        for piece in pieces {
            lines.write_all(piece).expect("written");
        }
        lines.flush().expect("flushed");
        String::from_utf8(lines.out).expect("UTF-8")
    }

    #[test]
    fn lines_stay_and_what_is_in_them_is_seen() {
        assert_eq!(
            passed(&[b"M=1 Name=\"x\"\n\tmain.main @ 0x1\n\t\tmain.go:1\n"]),
            "M=1 Name=\"x\"\n\tmain.main @ 0x1\n\t\tmain.go:1\n"
        );
        assert_eq!(passed(&[b"\ta\x1b[2J\tb\r\n\x9b\xff\n"]), "\ta\\x1b[2J\\tb\\r\n\\x9b\\xff\n");
        assert_eq!(passed(&["数".as_bytes(), b"\xe2\x80", b"\xae \xc3\xa9", b" end"]), "数\\u{202e} é end");
        let long = "é".repeat(MOST_HELD);
        assert_eq!(passed(&[long.as_bytes(), b"\x07\n"]), format!("{long}\\x07\n"));
    }
}
