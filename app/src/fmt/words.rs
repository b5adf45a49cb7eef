//! Clauses and sentences.

/// A clause as a sentence: with a capital and a full stop.
#[must_use]
pub fn sentence(clause: &str) -> String {
    let mut signs = clause.chars();
    let first = signs.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let stop = if clause.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{first}{}{stop}", signs.as_str())
}

/// `1 warning`, `2,000 warnings`.
#[must_use]
pub fn counted(count: u64, one: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {one}{s}", crate::fmt::number::count(count))
}

#[cfg(test)]
mod tests {
    use super::{counted, sentence};

    #[test]
    fn clauses_become_sentences() {
        assert_eq!(sentence("it is empty; run again"), "It is empty; run again.");
        assert_eq!(sentence("Done."), "Done.");
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "warning"), "1 warning");
        assert_eq!(counted(2_000, "warning"), "2,000 warnings");
    }
}
