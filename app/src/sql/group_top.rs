//! Finds queries for the goroutines with the largest sums: `GROUP BY g ORDER BY sum(duration_ns) DESC LIMIT 10`. Groups of all
//! others need not come to SQLite. What is not certain to mean that is left as it is.

use trace_core::tables::column::{Column, Kind, Role};
use trace_core::tables::grouping::{Top, TopBy};
use trace_core::tables::table::Table;

use crate::sql::group_words::{Part, Token};
use crate::sql::lexer::WordKind;

/// More goroutines than these are not kept apart.
const MOST: usize = 10_000;
/// How a condition compares a column with a value.
const COMPARISONS: &[&str] = &["=", "==", "<", ">", "<=", ">="];

/// A query for sums over the rows of a table.
pub(super) struct Wanted<'a> {
    pub(super) tokens: &'a [Token<'a>],
    pub(super) table: &'static dyn Table,
    /// What the query calls the table.
    pub(super) called: &'a str,
    /// The columns that it sums.
    pub(super) sums: &'a [usize],
}

impl<'a> Wanted<'a> {
    /// Which goroutines the query wants, and how many conditions it has, which the table checks all. `None` if it wants all, or
    /// asks for anything else.
    pub(super) fn top(&self) -> Option<(Top, usize)> {
        let is_by_goroutine = match self.part(Part::Group).as_slice() {
            [_, by, name] => by.is("BY") && self.column(name).is_some_and(|(_, column)| column.role == Role::Goroutine),
            _ => false,
        };
        let count = match self.part(Part::Limit).as_slice() {
            [_, count] if count.kind == WordKind::Number => count.text.parse().ok()?,
            _ => return None,
        };
        let is_plain = is_by_goroutine && self.part(Part::Having).is_empty() && (1..=MOST).contains(&count);
        let conditions = self.conditions().filter(|_| is_plain)?;
        Some((Top { by: self.order()?, count }, conditions))
    }

    fn part(&self, part: Part) -> Vec<&'a Token<'a>> {
        self.tokens.iter().filter(|token| token.part == part).collect()
    }

    fn column(&self, token: &Token<'_>) -> Option<(usize, &'static Column)> {
        let name = token.name()?;
        let mut columns = self.table.columns().into_iter().enumerate();
        columns.find(|(_, column)| column.name.eq_ignore_ascii_case(name))
    }

    /// How many conditions there are, if each compares a column with a value and all have to hold.
    fn conditions(&self) -> Option<usize> {
        let tokens = self.part(Part::Where);
        let Some(tokens) = tokens.get(1..) else { return Some(0) };
        let conditions: Vec<_> = tokens.split(|token| token.is("AND")).collect();
        let is_checked = |condition: &&[&Token<'_>]| {
            let [name, compare, value] = condition else { return false };
            let Some((_, column)) = self.column(name) else { return false };
            COMPARISONS.contains(&compare.text)
                && match column.kind {
                    Kind::Int => value.kind == WordKind::Number,
                    Kind::Text => value.kind == WordKind::Text && compare.text.starts_with('='),
                    Kind::Real => false,
                }
        };
        conditions.iter().all(is_checked).then_some(conditions.len())
    }

    /// What comes first in the order, if it is a sum and the largest come first.
    fn order(&self) -> Option<TopBy> {
        let tokens = self.part(Part::Order);
        let first = tokens.get(2..)?.split(|token| token.depth == 0 && token.text == ",").next()?;
        let (last, by) = first.split_last()?;
        if !last.is("DESC") {
            return None;
        }
        let items = self.items();
        match by {
            [place] if place.kind == WordKind::Number => {
                let place: usize = place.text.parse().ok()?;
                self.sum(&items.get(place.checked_sub(1)?)?.0)
            }
            [name] => {
                let name = name.name()?;
                let is_it = |alias: Option<&str>| alias.is_some_and(|alias| alias.eq_ignore_ascii_case(name));
                let mut found = items.iter().filter(|(_, alias)| is_it(*alias));
                let item = found.next()?;
                if found.next().is_some() { None } else { self.sum(&item.0) }
            }
            call => self.sum(call),
        }
    }

    /// What the query selects: each with the name that it gives it.
    fn items(&self) -> Vec<(Vec<&'a Token<'a>>, Option<&'a str>)> {
        let tokens = self.part(Part::Select);
        let items = tokens.get(1..).unwrap_or_default().split(|token| token.depth == 0 && token.text == ",");
        let item = |item: &[&'a Token<'a>]| match item {
            [call @ .., word, name] if word.is("AS") => (call.to_vec(), name.name()),
            [call @ .., name] if call.last().is_some_and(|close| close.text == ")") => (call.to_vec(), name.name()),
            _ => (item.to_vec(), None),
        };
        items.map(item).collect()
    }

    /// What a call is, if it is a sum.
    fn sum(&self, call: &[&Token<'_>]) -> Option<TopBy> {
        let (function, argument) = match call {
            [function, open, argument, close] if open.text == "(" && close.text == ")" => (function, argument),
            [function, open, table, dot, argument, close]
                if open.text == "("
                    && close.text == ")"
                    && dot.text == "."
                    && table.name().is_some_and(|name| name.eq_ignore_ascii_case(self.called)) =>
            {
                (function, argument)
            }
            _ => return None,
        };
        if function.is("count") && argument.text == "*" {
            return Some(TopBy::Rows);
        }
        let (place, _) = self.column(argument)?;
        let place = self.sums.iter().position(|known| *known == place)?;
        match () {
            () if function.is("sum") => Some(TopBy::Sum(place)),
            () if function.is("count") => Some(TopBy::Count(place)),
            () if function.is("min") => Some(TopBy::Least(place)),
            () if function.is("max") => Some(TopBy::Most(place)),
            () => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use trace_core::tables::grouping::{Top, TopBy};

    use crate::sql::group_shape::group_query;

    fn top(sql: &str) -> Option<(TopBy, usize, usize)> {
        let query = group_query(sql).expect("it asks for sums");
        query.grouping.top.map(|Top { by, count }| (by, count, query.conditions))
    }

    #[test]
    fn queries_for_the_largest_goroutines_say_so() {
        let of = |rest: &str| {
            top(&format!("SELECT g, count(*) AS n, sum(duration_ns) total, max(duration_ns) FROM spans {rest}"))
        };
        assert_eq!(of("GROUP BY g ORDER BY 3 DESC LIMIT 10"), Some((TopBy::Sum(0), 10, 0)));
        assert_eq!(
            of("WHERE state = 'running' GROUP BY g ORDER BY total DESC, g LIMIT 5"),
            Some((TopBy::Sum(0), 5, 1))
        );
        assert_eq!(
            of("WHERE state = 'x' AND duration_ns > 5 GROUP BY g ORDER BY n DESC LIMIT 1;"),
            Some((TopBy::Rows, 1, 2))
        );
        assert_eq!(of("GROUP BY g ORDER BY max(duration_ns) DESC LIMIT 3"), Some((TopBy::Most(0), 3, 0)));
        assert_eq!(
            top("SELECT s.g, count(s.p) FROM spans s GROUP BY g ORDER BY count(s.p) DESC LIMIT 3"),
            Some((TopBy::Count(0), 3, 0))
        );
    }

    #[test]
    fn what_may_want_others_gets_all() {
        for rest in [
            "GROUP BY g ORDER BY 3 DESC",
            "GROUP BY g ORDER BY 3 LIMIT 10",
            "GROUP BY g ORDER BY g DESC, 3 DESC LIMIT 10",
            "GROUP BY g ORDER BY 1 DESC LIMIT 10",
            "GROUP BY g ORDER BY 3 DESC LIMIT 10 OFFSET 5",
            "GROUP BY g ORDER BY 3 DESC LIMIT 5, 10",
            "GROUP BY g ORDER BY 3 DESC LIMIT 0",
            "GROUP BY g ORDER BY 3 DESC LIMIT -1",
            "GROUP BY g, state ORDER BY 3 DESC LIMIT 10",
            "GROUP BY state ORDER BY 3 DESC LIMIT 10",
            "GROUP BY g HAVING n < 5 ORDER BY 3 DESC LIMIT 10",
            "WHERE state LIKE 'r%' GROUP BY g ORDER BY 3 DESC LIMIT 10",
            "WHERE state = 'x' OR state = 'y' GROUP BY g ORDER BY 3 DESC LIMIT 10",
            "WHERE state IN ('x', 'y') GROUP BY g ORDER BY 3 DESC LIMIT 10",
            "WHERE state = reason GROUP BY g ORDER BY 3 DESC LIMIT 10",
            "WHERE NOT state = 'x' GROUP BY g ORDER BY 3 DESC LIMIT 10",
            "WHERE duration_ns > 5 * 2 GROUP BY g ORDER BY 3 DESC LIMIT 10",
            "GROUP BY g ORDER BY total + 1 DESC LIMIT 10",
            "GROUP BY g ORDER BY total DESC NULLS FIRST LIMIT 10",
        ] {
            let sql = format!("SELECT g, count(*) AS n, sum(duration_ns) AS total FROM spans {rest}");
            assert_eq!(top(&sql), None, "{rest}");
        }
    }
}
