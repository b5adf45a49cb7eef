//! Clauses and sentences.

/// A clause as a sentence: with a capital and a full stop.
#[must_use]
pub fn sentence(clause: &str) -> String {
    let stop = if clause.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{}{stop}", capitalized(clause))
}

/// The same with a capital first letter.
#[must_use]
pub fn capitalized(words: &str) -> String {
    let mut signs = words.chars();
    let first = signs.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}", signs.as_str())
}

/// The parts of a clause between semicolons, each as a sentence. What stands in double quotes stays together.
#[must_use]
pub fn sentences(clause: &str) -> Vec<String> {
    let mut is_quoted = false;
    let parts = clause.split(|sign: char| {
        is_quoted ^= sign == '"';
        sign == ';' && !is_quoted
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).map(sentence).collect()
}

/// The command that a sentence ends with, behind a colon: what comes before it, and the command.
#[must_use]
pub fn command_at_end(sentence: &str) -> Option<(&str, &str)> {
    let (before, command) = sentence.rsplit_once(": ")?;
    let command = command.strip_suffix('.').unwrap_or(command);
    let is_command = ["curl ", "curl.exe ", "go ", "git "].iter().any(|program| command.starts_with(program));
    // Further words in a row of commands would be no part of one.
    (is_command && !command.contains(", ")).then_some((before, command))
}

/// `1 warning`, `2,000 warnings`.
#[must_use]
pub fn counted(count: u64, one: &str) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!("{} {one}{s}", crate::fmt::number::count(count))
}

#[cfg(test)]
mod tests {
    use super::{command_at_end, counted, sentence, sentences};

    #[test]
    fn clauses_become_sentences() {
        assert_eq!(sentence("it is empty; run again"), "It is empty; run again.");
        assert_eq!(sentence("Done."), "Done.");
    }

    #[test]
    fn clauses_between_semicolons_are_sentences_of_their_own() {
        let told = sentences("it is \"a; b\", a text; ask again with curl -f; then: curl -o x 'http://h/?a=1'");
        assert_eq!(told, ["It is \"a; b\", a text.", "Ask again with curl -f.", "Then: curl -o x 'http://h/?a=1'."]);
        assert_eq!(command_at_end(&told[2]), Some(("Then", "curl -o x 'http://h/?a=1'")));
        assert_eq!(command_at_end(&told[1]), None);
        assert_eq!(command_at_end("To record one: go test -trace=x, or curl y."), None);
        assert_eq!(sentences(""), Vec::<String>::new());
    }

    #[test]
    fn one_is_not_many() {
        assert_eq!(counted(1, "warning"), "1 warning");
        assert_eq!(counted(2_000, "warning"), "2,000 warnings");
    }
}
