//! Looks at the beginning of a stream without taking it away.

use std::io::{self, Read};

/// How much is read at a time.
const STEP: usize = 512;

/// A stream of which some has been looked at. Reading gives all of it, from its beginning.
pub(super) struct Peeked<R> {
    /// What has been looked at.
    head: Vec<u8>,
    /// How much of it has been given away.
    given: usize,
    /// Why no more of the head could be read; given after it.
    error: Option<io::Error>,
    is_end: bool,
    rest: R,
}

impl<R: Read> Peeked<R> {
    pub(super) const fn new(rest: R) -> Self {
        Self { head: Vec::new(), given: 0, error: None, is_end: false, rest }
    }

    /// What is next: at least `count` bytes, but for the end of the stream or an error. Waits no longer than for
    /// these.
    pub(super) fn peek(&mut self, count: usize) -> &[u8] {
        self.head.drain(..self.given.min(self.head.len()));
        self.given = 0;
        while self.head.len() < count && !self.is_end && self.error.is_none() {
            let at = self.head.len();
            self.head.resize(at + STEP.max(count - at), 0);
            let read = self.rest.read(self.head.get_mut(at..).unwrap_or_default());
            let count = *read.as_ref().unwrap_or(&0);
            self.head.truncate(at + count);
            match read {
                Ok(0) => self.is_end = true,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => self.error = Some(error),
            }
        }
        &self.head
    }

    /// Whether nothing follows what [`Self::peek`] gave.
    pub(super) const fn is_end(&self) -> bool {
        self.is_end || self.error.is_some()
    }
}

impl<R: Read> Read for Peeked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.head.get(self.given..).unwrap_or_default();
        if !left.is_empty() {
            let count = left.len().min(buffer.len());
            for (to, from) in buffer.iter_mut().zip(left) {
                *to = *from;
            }
            self.given += count;
            return Ok(count);
        }
        match self.error.take() {
            Some(error) => Err(error),
            None => self.rest.read(buffer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives a few bytes at a time, then fails.
    struct Slow(u8);

    impl Read for Slow {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match self.0 {
                5 => Err(io::Error::other("broken")),
                _ => {
                    self.0 += 1;
                    buffer[0] = self.0;
                    Ok(1)
                }
            }
        }
    }

    #[test]
    fn nothing_is_lost_and_errors_come_last() {
        let mut peeked = Peeked::new(Slow(0));
        assert_eq!(peeked.peek(2), [1, 2]);
        assert_eq!(peeked.peek(1), [1, 2]);
        let mut one = [0];
        assert!(peeked.read(&mut one).is_ok() && one == [1]);
        assert_eq!(peeked.peek(9), [2, 3, 4, 5]);
        assert!(peeked.is_end());
        let mut all = Vec::new();
        assert!(peeked.read_to_end(&mut all).is_err() && all == [2, 3, 4, 5]);
    }
}
