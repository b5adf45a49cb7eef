//! Which row of one trace is the same as which of the other, though closures were renumbered, versions
//! changed and type arguments spelled out.

use std::collections::BTreeMap;

use crate::analysis::compare::measure::RowKind;

/// Pairs of indices into the rows of A and B; one of them is missing where there is no partner. Rows of A
/// come first, in their order, then those only in B.
pub type Pairs = Vec<(Option<usize>, Option<usize>)>;

/// Finds partners: equal names first, then names that are equal but for what a compiler makes up, in order.
#[must_use]
pub fn partners(a: &[(RowKind, &str)], b: &[(RowKind, &str)]) -> Pairs {
    let mut taken = vec![false; b.len()];
    let mut pairs: Pairs = (0..a.len()).map(|at| (Some(at), None)).collect();
    for spelling in [str::to_owned, bare as fn(&str) -> String] {
        let mut waiting: BTreeMap<(RowKind, String), Vec<usize>> = BTreeMap::new();
        for (at, (kind, name)) in b.iter().enumerate().rev() {
            if taken.get(at) == Some(&false) {
                waiting.entry((*kind, spelling(name))).or_default().push(at);
            }
        }
        for (pair, (kind, name)) in pairs.iter_mut().zip(a) {
            if pair.1.is_none()
                && let Some(found) = waiting.get_mut(&(*kind, spelling(name))).and_then(Vec::pop)
            {
                pair.1 = Some(found);
                if let Some(taken) = taken.get_mut(found) {
                    *taken = true;
                }
            }
        }
    }
    let alone = taken.iter().enumerate().filter(|(_, taken)| !**taken);
    pairs.extend(alone.map(|(at, _)| (None, Some(at))));
    pairs
}

/// A name without numbers of closures and wrappers, type arguments, and versions in import paths.
#[must_use]
pub fn bare(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut depth = 0_u32;
    for letter in name.chars() {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(letter),
            _ => {}
        }
    }
    let words = out.split(' ').map(bare_word);
    words.collect::<Vec<_>>().join(" ")
}

fn bare_word(word: &str) -> String {
    let word = word.strip_suffix("-fm").unwrap_or(word);
    let path = word.split('/').filter(|part| !is_version(part)).collect::<Vec<_>>().join("/");
    let parts = path.split('.').filter(|part| part.is_empty() || !part.bytes().all(|byte| byte.is_ascii_digit()));
    parts
        .map(|part| match ["func", "gowrap", "deferwrap"].iter().find(|made| is_numbered(part, made)) {
            Some(made) => made,
            None => part,
        })
        .collect::<Vec<_>>()
        .join(".")
}

fn is_version(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_numbered(part: &str, made: &str) -> bool {
    part.strip_prefix(made).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lose_what_a_compiler_makes_up() {
        for (name, expected) in [
            ("main.main.func3", "main.main.func"),
            ("main.main.func3.1", "main.main.func"),
            ("main.main.func3.gowrap2", "main.main.func.gowrap"),
            ("example.com/m/v2/a.(*T[go.shape.int]).F-fm", "example.com/m/a.(*T).F"),
            ("net/http.Post in main.sendReport", "net/http.Post in main.sendReport"),
            ("main.functional", "main.functional"),
        ] {
            assert_eq!(bare(name), expected);
        }
    }

    #[test]
    fn equal_names_come_before_similar_ones() {
        let a = [(RowKind::Work, "m.f.func1"), (RowKind::Work, "m.f.func2"), (RowKind::Wait, "gone")];
        let b = [(RowKind::Task, "gone"), (RowKind::Work, "m.f.func2"), (RowKind::Work, "m.f.func3")];
        let found = partners(&a, &b);
        assert_eq!(found, [(Some(0), Some(2)), (Some(1), Some(1)), (Some(2), None), (None, Some(0))]);
    }
}
