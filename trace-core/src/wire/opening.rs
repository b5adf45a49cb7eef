//! The door to a trace: finds its header, and which reader it needs.

use std::io::Read;

use crate::base::error::{Error, Result};
use crate::base::warning::WarningKind;
use crate::input::sniff;
use crate::wire::v1::recording::Recording;
use crate::wire::v2::reader::GenerationReader;
use crate::wire::v2::tables::Report;
use crate::wire::version::{self, HEADER_BYTES, Version};

/// How far a trace's header is looked for behind something else.
const HEADER_SEARCH_BYTES: u64 = 1 << 20;

/// A trace whose header has been read.
#[derive(Debug)]
pub enum Opened<R> {
    /// Go 1.21 or older: read whole.
    V1(Box<Recording>),
    /// Go 1.22 or newer: generations, one after another.
    V2(Box<GenerationReader<R>>),
}

/// The first bytes of an input.
#[derive(Debug)]
pub(super) struct Head {
    pub(super) version: Version,
    /// What has been read so far.
    pub(super) bytes: Vec<u8>,
    /// Where in it the header begins.
    pub(super) start: usize,
}

/// Opens a trace. Text before its header, as a program's own output leaves there, is stepped over.
///
/// # Errors
/// If the input is no trace, or of a version that cannot be read, or cannot be read at all.
pub fn open<R: Read>(mut input: R, report: &mut Report<'_>) -> Result<Opened<R>> {
    let head = head(&mut input, report)?;
    if head.version < Version::GO_1_22 {
        let recording = Recording::read(input, head.bytes, head.start, head.version, report);
        return Ok(Opened::V1(Box::new(recording)));
    }
    Ok(Opened::V2(Box::new(GenerationReader::behind(head, input))))
}

pub(super) fn head(input: &mut impl Read, report: &mut Report<'_>) -> Result<Head> {
    let mut bytes = Vec::new();
    let read = input.by_ref().take(sniff::SNIFF_BYTES as u64).read_to_end(&mut bytes);
    if bytes.len() < HEADER_BYTES {
        read?;
    }
    let mut start = 0;
    let version = match Version::parse(&bytes) {
        Err(Error::NotATrace { found }) => {
            // The more can be read of it, the better can be said what it is.
            let more = input.by_ref().take(HEADER_SEARCH_BYTES).read_to_end(&mut bytes);
            start = match (find_behind(&bytes)?, more) {
                (Some(start), _) => start,
                (None, Err(error)) if found == sniff::UNKNOWN => return Err(error.into()),
                (None, _) if bytes.len() < HEADER_BYTES => return Err(Error::NotATrace { found }),
                (None, _) => return Err(Error::NotATrace { found: sniff::describe(&bytes) }),
            };
            let what = format!("{start} bytes before the trace are no part of it; left out");
            report(WarningKind::SkippedBytes, what, 0);
            Version::parse(bytes.get(start..).unwrap_or_default())?
        }
        other => other?,
    };
    if version.0 > version::NEWEST_KNOWN {
        let what =
            format!("written by a newer Go (format 1.{}); what this reader does not know is left out", version.0);
        report(WarningKind::NewerVersion, what, 0);
    }
    Ok(Head { version, bytes, start })
}

/// Where a trace begins behind something else.
fn find_behind(bytes: &[u8]) -> Result<Option<usize>> {
    if !sniff::may_precede_a_trace(bytes) {
        return Ok(None);
    }
    let found = version::find_header(bytes);
    let before = found.and_then(|at| bytes.get(..at)).unwrap_or_default();
    if sniff::ends_with_chunk_size(before) {
        return Err(Error::Reencoded { found: sniff::CHUNKED.to_owned() });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_looked_for_behind_text_only() {
        let header = b"go 1.26 trace\0\0\0";
        let opened = |before: &[u8]| open([before, header].concat().as_slice(), &mut |_, _, _| {}).map(drop);
        assert!(opened(b"").is_ok() && opened(b"listening on :8080\n").is_ok());
        // Packed, the header's bytes may still be there as they are; what follows is not.
        let packed = opened(b"\x02\x21\x4c\x18\x90\x01\0\0\xf5");
        assert!(matches!(packed, Err(Error::NotATrace { found }) if found.contains("legacy")));
    }
}
