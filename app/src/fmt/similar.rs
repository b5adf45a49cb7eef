//! Names that were nearly typed right.

/// The name that is most like `word`: a third of its letters may be wrong. `None` if none is like it.
#[must_use]
pub fn most_similar(word: &str, names: &[&'static str]) -> Option<&'static str> {
    let word = word.to_lowercase();
    let found = names.iter().map(|name| (distance(&word, name), *name)).min()?;
    (found.0 * 3 <= word.chars().count()).then_some(found.1)
}

/// Levenshtein's distance of the first hundred letters.
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(100).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, letter) in a.chars().take(100).enumerate() {
        let mut above_left = row[0];
        row[0] = at + 1;
        for (column, other) in b.iter().enumerate() {
            let above = row[column + 1];
            let changed = above_left + usize::from(letter != *other);
            row[column + 1] = changed.min(above + 1).min(row[column] + 1);
            above_left = above;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::most_similar;

    #[test]
    fn a_slip_is_found_and_another_word_is_not() {
        let names = ["duration_ns", "start_ns", "g"];
        assert_eq!(most_similar("durtion_ns", &names), Some("duration_ns"));
        assert_eq!(most_similar("Start_ns", &names), Some("start_ns"));
        assert_eq!(most_similar("colour", &names), None);
        assert_eq!(most_similar("", &names), None);
    }
}
