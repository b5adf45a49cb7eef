//! What a query can go on with at a place: tables, columns, functions, keywords.

use std::ops::Range;

use trace_core::tables::column::Column;
use trace_core::tables::table::Table;
use trace_core::tables::{TABLES, table};

use crate::sql::functions::FUNCTIONS;
use crate::sql::lexer::{BUILT_IN, KEYWORDS, Word, WordKind, is_keyword, words};

/// Something that a query can go on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What takes the place of [`Completions::range`].
    pub insert: String,
    /// What it is: `table`, `spans column`, `function`, `keyword`.
    pub what: String,
    /// What it means, in a phrase; may be empty.
    pub about: String,
}

/// What a query can go on with, and the part of it that is replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// The name that is begun, in bytes.
    pub range: Range<usize>,
    /// What fits it, best first.
    pub list: Vec<Completion>,
}

/// What a query can go on with at `cursor`, in bytes. Nothing in texts, numbers and comments.
#[must_use]
pub fn completions(sql: &str, cursor: usize) -> Completions {
    let all = words(sql);
    let before: Vec<&Word> = all.iter().filter(|word| word.range.start < cursor).collect();
    let current = before.last().filter(|word| word.range.end >= cursor);
    let range = match current.map(|word| (word.kind, word.range.clone())) {
        Some((WordKind::Text | WordKind::Number | WordKind::Comment, _)) => return Completions::default(),
        Some((WordKind::Sign, _)) | None => cursor..cursor,
        Some((_, range)) => range,
    };
    let Some(begun) = sql.get(range.start..cursor) else { return Completions::default() };
    let earlier: Vec<&str> = before
        .iter()
        .filter(|word| word.range.end <= range.start && word.kind != WordKind::Comment)
        .filter_map(|word| sql.get(word.range.clone()))
        .collect();
    let tables = tables_of(sql, &all);
    let mut list = match earlier.as_slice() {
        [.., owner, "."] => columns_of(&tables, Some(owner)),
        [.., last] if ["from", "join"].contains(&last.to_lowercase().as_str()) => of_tables(),
        [.., last] if *last == "," && is_in_from(&earlier) => of_tables(),
        _ => anywhere(&tables),
    };
    let begun = begun.to_lowercase();
    list.retain(|one| one.insert.to_lowercase().contains(&begun));
    // A sort that is stable keeps columns before functions before keywords.
    list.sort_by_key(|one| !one.insert.to_lowercase().starts_with(&begun));
    Completions { range, list }
}

/// Whether the last clause that has begun is that of the tables.
fn is_in_from(earlier: &[&str]) -> bool {
    let clauses = ["select", "from", "where", "group", "order", "having", "limit", "on", "using"];
    let last = earlier.iter().rev().map(|word| word.to_lowercase()).find(|word| clauses.contains(&word.as_str()));
    last.as_deref() == Some("from")
}

/// A table of the query, and the name that it has there.
type Named<'a> = (&'static dyn Table, &'a str);

/// The tables that a query names after FROM, JOIN or a comma, with their aliases.
fn tables_of<'a>(sql: &'a str, all: &[Word]) -> Vec<Named<'a>> {
    let text = |word: Option<&Word>| word.and_then(|word| sql.get(word.range.clone())).unwrap_or_default();
    let mut found: Vec<Named<'a>> = Vec::new();
    for (at, word) in all.iter().enumerate().filter(|(_, word)| word.kind == WordKind::Table) {
        let Some(of) = table(&text(Some(word)).to_lowercase()) else { continue };
        let follows = text(at.checked_sub(1).and_then(|before| all.get(before))).to_lowercase();
        if !["from", "join", ","].contains(&follows.as_str()) {
            continue;
        }
        let next = text(all.get(at + 1));
        let alias = if next.eq_ignore_ascii_case("as") { text(all.get(at + 2)) } else { next };
        let is_name = alias.starts_with(|c: char| c.is_alphabetic() || c == '_') && !is_keyword(alias);
        found.push((of, if is_name { alias } else { of.name() }));
    }
    found
}

fn of_column((table, _): Named<'_>, column: &Column) -> Completion {
    let unit = column.unit.words();
    let unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
    let what = format!("{} column", table.name());
    Completion { insert: column.name.to_owned(), what, about: format!("{}{unit}", column.about) }
}

/// The columns of the query's tables, or of the one that has this name there.
fn columns_of(tables: &[Named<'_>], owner: Option<&str>) -> Vec<Completion> {
    let is_it = |named: &&Named<'_>| owner.is_none_or(|owner| named.1.eq_ignore_ascii_case(owner));
    let mut list: Vec<Completion> = Vec::new();
    for named in tables.iter().filter(is_it) {
        for column in named.0.columns() {
            let one = of_column(*named, column);
            if !list.iter().any(|known| known.insert == one.insert) {
                list.push(one);
            }
        }
    }
    list
}

/// The columns of all tables, each name once, with the tables that have it.
fn columns_of_all() -> Vec<Completion> {
    let mut list: Vec<Completion> = Vec::new();
    for table in TABLES {
        for column in table.columns() {
            let one = of_column((*table, ""), column);
            match list.iter_mut().find(|known| known.insert == one.insert) {
                Some(known) if !known.what.ends_with("...") => known.what.push_str(", ..."),
                Some(_) => {}
                None => list.push(Completion { what: format!("column of {}", table.name()), ..one }),
            }
        }
    }
    list
}

fn of_tables() -> Vec<Completion> {
    let of = |table: &&'static dyn Table| Completion {
        insert: table.name().to_owned(),
        what: "table".to_owned(),
        about: table.about().to_owned(),
    };
    TABLES.iter().map(of).collect()
}

fn anywhere(tables: &[Named<'_>]) -> Vec<Completion> {
    // Who begins with SELECT has not said of what.
    let mut list = if tables.is_empty() { columns_of_all() } else { columns_of(tables, None) };
    let function = |insert: &str, about: &str| Completion {
        insert: format!("{insert}("),
        what: "function".to_owned(),
        about: about.to_owned(),
    };
    list.extend(FUNCTIONS.iter().map(|one| function(one.name(), one.about)));
    list.extend(BUILT_IN.iter().map(|one| function(one, "")));
    if tables.is_empty() {
        list.extend(of_tables());
    }
    let keyword =
        |word: &&str| Completion { insert: (*word).to_owned(), what: "keyword".to_owned(), about: String::new() };
    list.extend(KEYWORDS.iter().map(keyword));
    list
}

#[cfg(test)]
mod tests {
    use super::completions;

    /// What is offered where the text has a `|`, in front.
    fn offered(text: &str) -> Vec<String> {
        let cursor = text.find('|').expect("a cursor");
        let found = completions(&text.replace('|', ""), cursor);
        found.list.into_iter().map(|one| one.insert).collect()
    }

    #[test]
    fn tables_come_behind_from_and_join() {
        assert!(offered("SELECT * FROM |").contains(&"goroutines".to_owned()));
        assert_eq!(offered("SELECT * FROM wai|"), ["waits", "wait_sites"]);
        assert_eq!(offered("SELECT * FROM spans, wait_|"), ["wait_sites"]);
        assert_eq!(offered("SELECT * FROM spans JOIN stack_|"), ["stack_frames"]);
    }

    #[test]
    fn columns_are_those_of_the_tables() {
        let found = offered("SELECT dur| FROM waits");
        assert_eq!(found[..2], ["duration_ns", "dur("]);
        assert!(!offered("SELECT wak| FROM spans").contains(&"waker_g".to_owned()));
        assert!(offered("SELECT wak| FROM waits").contains(&"waker_g".to_owned()));
        assert_eq!(offered("SELECT w.waker_f| FROM waits AS w JOIN spans s"), ["waker_function"]);
        assert!(offered("SELECT wak|").contains(&"waker_g".to_owned()), "of any table before one is named");
        assert!(offered("SELECT s.| FROM waits w JOIN spans s").contains(&"end_stack_id".to_owned()));
        assert!(offered("SELECT x.| FROM waits w").is_empty());
    }

    #[test]
    fn nothing_is_offered_in_texts_and_comments() {
        assert!(offered("SELECT 'wa|").is_empty());
        assert!(offered("SELECT 12|").is_empty());
        assert!(offered("-- sel|").is_empty());
    }

    #[test]
    fn the_name_that_is_begun_is_replaced() {
        let found = completions("SELECT rea FROM waits", 10);
        assert_eq!((found.range, found.list[0].insert.as_str()), (7..10, "reason"));
    }
}
