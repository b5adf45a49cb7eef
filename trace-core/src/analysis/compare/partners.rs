//! Which row of one trace is the same as which of the other, though closures were renumbered, versions
//! changed and type arguments spelled out.

use std::collections::BTreeMap;

use crate::analysis::compare::row_kind::RowKind;

/// Pairs of indices into the rows of A and B; one of them is missing where there is no partner. Rows of A
/// come first, in their order, then those only in B.
pub type Pairs = Vec<RowPair>;

/// The places of one row in the rows of A and of B.
pub type RowPair = (Option<usize>, Option<usize>);

/// What a person said about partners: `a` of A and `b` of B are the same thing, or, where one is missing, the
/// other has no partner.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Correction {
    /// The kind of both rows.
    pub kind: RowKind,
    /// The name in A; `None` parts the row of B.
    pub a: Option<String>,
    /// The name in B; `None` parts the row of A.
    pub b: Option<String>,
}

/// Finds partners, those that a person named first. Of corrections that contradict each other the last counts.
#[must_use]
pub fn corrected(a: &[(RowKind, &str)], b: &[(RowKind, &str)], corrections: &[Correction]) -> Pairs {
    let mut settled: [Vec<bool>; 2] = [vec![false; a.len()], vec![false; b.len()]];
    let mut said: Pairs = Vec::new();
    for correction in corrections.iter().rev() {
        let find = |rows: &[(RowKind, &str)], settled: &[bool], name: &Option<String>| {
            let name = name.as_deref()?;
            let at = rows.iter().position(|row| *row == (correction.kind, name))?;
            (settled.get(at) == Some(&false)).then_some(at)
        };
        let [settled_a, settled_b] = &settled;
        let found = (find(a, settled_a, &correction.a), find(b, settled_b, &correction.b));
        // A name that is not there, or settled already, makes no pair.
        let is_whole = found.0.is_some() == correction.a.is_some() && found.1.is_some() == correction.b.is_some();
        if !is_whole || found == (None, None) {
            continue;
        }
        for (settled, at) in settled.iter_mut().zip([found.0, found.1]) {
            if let Some(settled) = at.and_then(|at| settled.get_mut(at)) {
                *settled = true;
            }
        }
        said.push(found);
    }
    let [settled_a, settled_b] = &settled;
    let rest = |rows: &[(RowKind, &str)], settled: &[bool]| -> Vec<usize> {
        (0..rows.len()).filter(|&at| settled.get(at) == Some(&false)).collect()
    };
    let (rest_a, rest_b) = (rest(a, settled_a), rest(b, settled_b));
    fn picked<'a>(rows: &[(RowKind, &'a str)], at: &[usize]) -> Vec<(RowKind, &'a str)> {
        at.iter().filter_map(|&at| rows.get(at).copied()).collect()
    }
    let found = partners(&picked(a, &rest_a), &picked(b, &rest_b));
    let back = |at: Option<usize>, rest: &[usize]| at.and_then(|at| rest.get(at).copied());
    let mut pairs: Pairs = found.into_iter().map(|(at_a, at_b)| (back(at_a, &rest_a), back(at_b, &rest_b))).collect();
    pairs.extend(said);
    pairs.sort_by_key(|&(at_a, at_b)| (at_a.is_none(), at_a, at_b));
    pairs
}

/// Finds partners: equal names first, then names that are equal but for what a compiler makes up, then closures of
/// functions that were inlined on one side, in order.
#[must_use]
pub fn partners(a: &[(RowKind, &str)], b: &[(RowKind, &str)]) -> Pairs {
    let mut taken = vec![false; b.len()];
    let mut pairs: Pairs = (0..a.len()).map(|at| (Some(at), None)).collect();
    for spelling in [str::to_owned, bare as fn(&str) -> String, inlined] {
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

/// The bare name of a closure without the functions that its own was inlined into: `main.serve.func` of
/// `main.main.serve.func2`, which is `main.serve.func2` where `serve` is not inlined.
fn inlined(name: &str) -> String {
    let closure = |word: &str| {
        let base = word.rfind('/').map_or(0, |at| at + 1);
        let (path, rest) = word.split_at_checked(base).unwrap_or(("", word));
        let parts: Vec<&str> = rest.split('.').collect();
        let made = parts.iter().position(|part| *part == "func").filter(|at| *at >= 2)?;
        let own = if parts.get(made - 2).is_some_and(|part| part.starts_with('(')) { made - 2 } else { made - 1 };
        let package = parts.first().filter(|_| own >= 1)?;
        Some(format!("{path}{package}.{}", parts.get(own..)?.join(".")))
    };
    let words = bare(name);
    words.split(' ').map(|word| closure(word).unwrap_or_else(|| word.to_owned())).collect::<Vec<_>>().join(" ")
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
    fn closures_of_inlined_functions_are_partners() {
        for (one, other) in [
            ("main.serve.func1", "main.main.serve.func2"),
            ("a/b/v2/m.(*T).Run.func1", "a/b/m.main.(*T).Run.func3.1"),
            ("chan receive in main.serve.func1", "chan receive in main.run.serve.func1"),
        ] {
            assert_eq!(inlined(one), inlined(other));
            let found = partners(&[(RowKind::Work, one)], &[(RowKind::Work, other)]);
            assert_eq!(found, [(Some(0), Some(0))], "{one} {other}");
        }
        assert_ne!(inlined("main.serve.func1"), inlined("main.main.func1"));
        assert_eq!(inlined("main.functional"), "main.functional");
    }

    #[test]
    fn what_a_person_says_comes_first() {
        let a = [(RowKind::Work, "old"), (RowKind::Work, "same"), (RowKind::Wait, "w")];
        let b = [(RowKind::Work, "new"), (RowKind::Work, "same"), (RowKind::Wait, "w")];
        let say =
            |kind, a: Option<&str>, b: Option<&str>| Correction { kind, a: a.map(Into::into), b: b.map(Into::into) };
        let pairs = |said: &[Correction]| corrected(&a, &b, said);
        let alone = [(Some(0), None), (Some(1), Some(1)), (Some(2), Some(2)), (None, Some(0))];
        assert_eq!(pairs(&[]), alone);
        let renamed = say(RowKind::Work, Some("old"), Some("new"));
        assert_eq!(pairs(std::slice::from_ref(&renamed)), [(Some(0), Some(0)), (Some(1), Some(1)), (Some(2), Some(2))]);
        let apart = say(RowKind::Wait, Some("w"), None);
        assert_eq!(pairs(&[apart])[2..], [(Some(2), None), (None, Some(0)), (None, Some(2))]);
        let crossed = [renamed, say(RowKind::Work, Some("old"), Some("same"))];
        assert_eq!(pairs(&crossed)[..2], [(Some(0), Some(1)), (Some(1), None)]);
        assert_eq!(pairs(&[say(RowKind::Work, Some("nothing"), Some("new"))]), alone);
    }

    #[test]
    fn equal_names_come_before_similar_ones() {
        let a = [(RowKind::Work, "m.f.func1"), (RowKind::Work, "m.f.func2"), (RowKind::Wait, "gone")];
        let b = [(RowKind::Task, "gone"), (RowKind::Work, "m.f.func2"), (RowKind::Work, "m.f.func3")];
        let found = partners(&a, &b);
        assert_eq!(found, [(Some(0), Some(2)), (Some(1), Some(1)), (Some(2), None), (None, Some(0))]);
    }
}
