//! The file header: 16 bytes, `go 1.NN trace` and three zero bytes.

use crate::base::error::{Error, Result};
use crate::input::sniff;

/// Length of the header in bytes.
pub const HEADER_BYTES: usize = 16;

/// The newest format version that this reader knows in full (written by Go 1.26 and 1.27).
pub const NEWEST_KNOWN: u32 = 26;

/// A format version: NN of `go 1.NN trace`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u32);

impl Version {
    /// Since 1.22 traces come in generations, with a stream of events for each thread.
    pub const GO_1_22: Self = Self(22);
    /// Since 1.25 a generation begins with a Sync batch that ties it to the wall clock.
    pub const GO_1_25: Self = Self(25);
    /// Since 1.26 a generation ends with a mark.
    pub const GO_1_26: Self = Self(26);

    /// Reads the header at the start of `head` (give at least [`HEADER_BYTES`], better
    /// [`sniff::SNIFF_BYTES`] for the sake of error messages).
    ///
    /// # Errors
    /// If it is no trace, or of a version that cannot be read.
    pub fn parse(head: &[u8]) -> Result<Self> {
        if head.is_empty() {
            return Err(Error::Empty);
        }
        let Some(minor) = minor_of(head) else {
            let is_cut = head.len() < HEADER_BYTES && b"go 1.".starts_with(head.get(..5).unwrap_or(head));
            return Err(if is_cut {
                Error::NotATrace { found: "it ends inside the header of a Go trace; nothing was recorded".to_owned() }
            } else {
                Error::NotATrace { found: sniff::describe(head) }
            });
        };
        match minor {
            11.. => Ok(Self(minor)),
            _ => Err(Error::UnsupportedVersion {
                minor,
                cure: "written by Go 1.10 or older; the last Go that reads it is Go 1.22, with go tool trace",
            }),
        }
    }
}

/// Where the first header of a trace lies in `bytes`, if one does.
#[must_use]
pub fn find_header(bytes: &[u8]) -> Option<usize> {
    bytes.windows(HEADER_BYTES).position(|window| window.starts_with(b"go 1.") && minor_of(window).is_some())
}

fn minor_of(head: &[u8]) -> Option<u32> {
    let rest = head.get(..HEADER_BYTES)?.strip_prefix(b"go 1.")?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, tail) = rest.split_at_checked(digits)?;
    let tail = tail.strip_prefix(b" trace")?;
    if number.is_empty() || tail.iter().any(|&byte| byte != 0) {
        return None;
    }
    std::str::from_utf8(number).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_go_writes() {
        assert_eq!(Version::parse(b"go 1.22 trace\0\0\0").unwrap(), Version(22));
        assert_eq!(Version::parse(b"go 1.11 trace\0\0\0").unwrap(), Version(11));
        assert_eq!(Version::parse(b"go 1.99 trace\0\0\0").unwrap(), Version(99));
    }

    #[test]
    fn refuses_with_a_reason() {
        assert!(matches!(Version::parse(b""), Err(Error::Empty)));
        assert!(matches!(Version::parse(b"go 1.2"), Err(Error::NotATrace { .. })));
        for minor in 5..=10 {
            let header = format!("go 1.{minor} trace\0\0\0\0");
            let error = Version::parse(&header.as_bytes()[..HEADER_BYTES]).unwrap_err();
            assert!(matches!(error, Error::UnsupportedVersion { minor: found, .. } if found == minor));
            assert!(error.to_string().contains("the last Go that reads it is Go 1.22"), "{error}");
        }
        assert!(matches!(Version::parse(b"go 1.xx trace\0\0\0"), Err(Error::NotATrace { .. })));
    }
}
