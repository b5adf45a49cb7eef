//! The trace that comes with the program: a server on which a request had to wait.

/// The bytes of the sample: a flight-recorder snapshot of the guess-the-number server of
/// `tests/data/gen/guessnumber`, taken when an answer took longer than it should.
pub const SAMPLE: &[u8] = include_bytes!("../../assets/sample.trace");
