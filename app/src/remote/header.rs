//! Headers that go along with a request, as users give them. Their values may be secrets: nothing prints them.

use std::fmt;

use ureq::http::{HeaderName, HeaderValue};

/// A header: `Authorization: Bearer …`.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    name: HeaderName,
    value: HeaderValue,
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: …", self.name)
    }
}

impl Header {
    /// Reads `NAME: VALUE`.
    ///
    /// # Errors
    /// What is wrong with it, without its value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once(':').ok_or("expected e.g. 'X-Token: 4711'")?;
        let name = name.trim();
        let parsed =
            HeaderName::try_from(name).map_err(|_invalid| format!("'{name}' cannot be the name of a header"))?;
        let value = HeaderValue::try_from(value.trim())
            .map_err(|_invalid| format!("the value of {name} has characters that no header may have"))?;
        Ok(Self { name: parsed, value })
    }

    /// The parts of it, for whoever asks the server.
    pub(super) const fn parts(&self) -> (&HeaderName, &HeaderValue) {
        (&self.name, &self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::Header;

    #[test]
    fn values_are_never_printed() {
        let header = Header::parse("X-Token: hush").unwrap();
        assert_eq!(format!("{header:?}"), "x-token: …");
        for wrong in ["X-Token", "X Token: a", ": a", "X-Token: hush\r\nX-Other: b"] {
            let why = Header::parse(wrong).unwrap_err();
            assert!(!why.contains("hush"), "{why}");
        }
    }
}
