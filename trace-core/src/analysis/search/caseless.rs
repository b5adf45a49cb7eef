//! Whether a text contains another, upper and lower case alike.

/// A text to look for.
#[derive(Clone, Debug)]
pub(crate) struct Caseless {
    lower: String,
}

impl Caseless {
    pub(crate) fn new(text: &str) -> Self {
        Self { lower: text.to_lowercase() }
    }

    /// Whether `text` contains it.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        // Most texts are ASCII, for which nothing need be made.
        if !text.is_ascii() {
            return text.to_lowercase().contains(&self.lower);
        }
        let (wanted, text) = (self.lower.as_bytes(), text.as_bytes());
        let Some((&first, rest)) = wanted.split_first() else { return true };
        let last = text.len().checked_sub(rest.len());
        let mut starts = text.iter().enumerate().take(last.unwrap_or(0));
        starts.any(|(at, byte)| {
            byte.to_ascii_lowercase() == first
                && text.get(at + 1..at + 1 + rest.len()).is_some_and(|found| found.eq_ignore_ascii_case(rest))
        })
    }

    /// Where it begins with it, for putting completions in order.
    pub(crate) fn starts(&self, text: &str) -> bool {
        text.to_lowercase().starts_with(&self.lower)
    }
}

#[cfg(test)]
mod tests {
    use super::Caseless;

    #[test]
    fn case_makes_no_difference() {
        for (wanted, text, is_in) in [
            ("", "", true),
            ("", "a", true),
            ("a", "", false),
            ("HTTP", "net/http.(*conn).serve", true),
            ("serve", "SERV", false),
            ("serve", "xServE", true),
            ("aab", "aaab", true),
            ("straße", "STRASSE", false),
            ("über", "ÜBER alles", true),
            ("ü", "u", false),
            ("serve", "日本 Serve", true),
        ] {
            assert_eq!(Caseless::new(wanted).is_in(text), is_in, "{wanted} in {text}");
        }
        assert!(Caseless::new("NET/").starts("net/http"));
    }
}
