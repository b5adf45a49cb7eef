//! Finds queries that only ask for sums over one table's rows, and writes them anew so that they ask the table of groups
//! (`group_table.rs`). What is not certain to mean the same is left as it is.

use std::ops::Range;

use trace_core::tables::grouping::{Grouping, MOST_KEYS, MOST_SUMS};
use trace_core::tables::table;
use trace_core::tables::table::Table;

use crate::sql::group_table::{COUNT, NAME, can_sum, sum_column};
use crate::sql::group_top::Wanted;
use crate::sql::group_words::{Part, Token, tokens};
use crate::sql::lexer::WordKind;
use crate::sql::virtual_table::TRACE_ID;

/// A query for sums.
pub(super) struct GroupQuery {
    /// The table whose rows are summed.
    pub(super) table: &'static dyn Table,
    pub(super) grouping: Grouping,
    /// Whether conditions may hold rows back.
    pub(super) takes_conditions: bool,
    /// How many conditions it has, if only some goroutines are wanted ([`Grouping::top`]).
    pub(super) conditions: usize,
    /// The query that asks for groups instead.
    pub(super) sql: String,
}

/// Functions that sum.
const AGGREGATES: &[&str] = &["count", "sum", "total", "avg", "min", "max"];
/// Functions that give the same for equal arguments, and look at one row only.
const PLAIN: &[&str] = &[
    "abs",
    "coalesce",
    "contains_func",
    "dur",
    "format",
    "func",
    "ifnull",
    "iif",
    "instr",
    "leaf_func",
    "length",
    "lower",
    "ltrim",
    "nullif",
    "printf",
    "replace",
    "root_func",
    "round",
    "rtrim",
    "stack",
    "substr",
    "substring",
    "trim",
    "upper",
];
/// Words of SQL that may stand before a parenthesis.
const BEFORE_PARENTHESIS: &[&str] = &[
    "AND", "AS", "BETWEEN", "BY", "CASE", "CAST", "ELSE", "GLOB", "HAVING", "IN", "IS", "LIKE", "NOT", "OR", "SELECT",
    "THEN", "WHEN", "WHERE", "LIMIT", "OFFSET",
];
/// How conditions begin that a table can check, behind the column.
const COMPARISONS: &[&str] = &["<", ">", "<=", ">=", "=", "==", "BETWEEN"];

/// The query that asks for groups; `None` if the query asks for anything else.
pub(super) fn group_query(sql: &str) -> Option<GroupQuery> {
    let tokens = tokens(sql)?;
    let from = tokens.iter().position(|token| token.part == Part::From)?;
    let table = table(&tokens.get(from + 1)?.text.to_ascii_lowercase())?;
    let alias: Vec<&Token<'_>> = tokens.iter().skip(from + 2).take_while(|token| token.part == Part::From).collect();
    let alias = match alias.as_slice() {
        [] => None,
        [only] => Some(only.name()?),
        [word, name] if word.is("AS") => Some(name.name()?),
        _ => return None,
    };
    let mut reader = Reader {
        tokens: &tokens,
        table,
        called: alias.unwrap_or(table.name()),
        aliases: Vec::new(),
        grouping: Grouping::default(),
        has_sum: false,
        changes: Vec::new(),
    };
    reader.read()?;
    let can_group = (0..table.columns().len()).any(|column| table.can_group_by(column));
    let is_grouped = reader.has_sum || tokens.iter().any(|token| token.part == Part::Group);
    let keys = reader.grouping.keys.iter().filter(|key| table.can_group_by(**key)).count();
    if !can_group
        || !is_grouped
        || keys != reader.grouping.keys.len()
        || reader.grouping.sums.len() > MOST_SUMS
        || keys > MOST_KEYS + 1
    {
        return None;
    }
    let place = &tokens.get(from + 1)?.range;
    let named = alias.map_or_else(|| format!(" AS {}", table.name()), |_| String::new());
    reader.changes.push((place.clone(), format!("\"{NAME}\"{named}")));
    let takes_conditions = !tokens.iter().any(|token| token.part == Part::Where && token.is("OR"));
    let wanted = Wanted { tokens: &tokens, table, called: reader.called, sums: &reader.grouping.sums };
    let (top, conditions) = wanted.top().map_or((None, 0), |(top, conditions)| (Some(top), conditions));
    let Reader { mut changes, mut grouping, .. } = reader;
    grouping.top = top;
    changes.sort_by_key(|(range, _)| range.start);
    let mut written = String::new();
    let mut at = 0;
    for (range, text) in changes {
        written.push_str(sql.get(at..range.start)?);
        written.push_str(&text);
        at = range.end;
    }
    written.push_str(sql.get(at..)?);
    Some(GroupQuery { table, grouping, takes_conditions, conditions, sql: written })
}

/// Reads what a query looks at.
struct Reader<'a> {
    tokens: &'a [Token<'a>],
    table: &'static dyn Table,
    /// What the query calls the table.
    called: &'a str,
    /// Names that the query gives to its columns.
    aliases: Vec<&'a str>,
    grouping: Grouping,
    has_sum: bool,
    /// What is written instead of what.
    changes: Vec<(Range<usize>, String)>,
}

impl<'a> Reader<'a> {
    fn token(&self, at: usize) -> Option<&'a Token<'a>> {
        self.tokens.get(at)
    }

    fn is(&self, at: usize, word: &str) -> bool {
        self.token(at).is_some_and(|token| token.is(word))
    }

    /// The place of a column of the table.
    fn column(&self, name: &str) -> Option<usize> {
        self.table.columns().iter().position(|column| column.name.eq_ignore_ascii_case(name))
    }

    fn read(&mut self) -> Option<()> {
        let mut at = 1;
        while let Some(token) = self.token(at) {
            at = if token.part == Part::From { at + 1 } else { self.read_at(at, token)? };
        }
        Some(())
    }

    /// Reads what begins at a word; where the next begins, or `None` if the meaning is not certain.
    fn read_at(&mut self, at: usize, token: &'a Token<'a>) -> Option<usize> {
        let is_call = self.is(at + 1, "(");
        match token.text {
            // Of `count(*)` it is read with the function; elsewhere it has to be a product.
            "*" => {
                let before = self.token(at.checked_sub(1)?)?;
                let is_product = before.text == ")" || before.kind == WordKind::Number || before.name().is_some();
                return (is_product && !before.is("SELECT")).then_some(at + 1);
            }
            "." | "?" | ":" | "@" | "$" | "#" => return None,
            _ => {}
        }
        if token.is("DISTINCT") || token.is("FROM") {
            return None;
        }
        if token.is("AS") {
            // A name for a column, or the type of a CAST.
            if token.depth == 0 {
                self.aliases.push(self.token(at + 1)?.name()?);
            }
            return Some(at + 2);
        }
        let Some(name) = token.name() else { return Some(at + 1) };
        if is_call {
            return self.read_call(at, name, token);
        }
        if self.is(at + 1, ".") {
            return if name.eq_ignore_ascii_case(self.called) { self.read_name(at + 2) } else { None };
        }
        self.read_name(at)
    }

    fn read_call(&mut self, at: usize, name: &str, token: &Token<'_>) -> Option<usize> {
        if token.is_one_of(BEFORE_PARENTHESIS) || PLAIN.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Some(at + 1);
        }
        let function = AGGREGATES.iter().find(|known| known.eq_ignore_ascii_case(name))?;
        if token.part == Part::Where {
            return None;
        }
        self.has_sum = true;
        if *function == "count" && self.is(at + 2, "*") && self.is(at + 3, ")") {
            self.change(at, at + 3, format!("coalesce(sum(\"{COUNT}\"), 0)"));
            return Some(at + 4);
        }
        if *function == "count" && self.is(at + 2, "DISTINCT") {
            // Equal whether each value comes once or often.
            return Some(at + 3);
        }
        let is_qualified = self.is(at + 3, ".") && self.token(at + 2)?.name()?.eq_ignore_ascii_case(self.called);
        let (argument, end) = if is_qualified { (at + 4, at + 5) } else { (at + 2, at + 3) };
        let place = self.column(self.token(argument)?.name()?)?;
        let column = *self.table.columns().get(place)?;
        if !self.is(end, ")") || !can_sum(column) {
            return None;
        }
        let sum = match self.grouping.sums.iter().position(|known| *known == place) {
            Some(known) => known,
            None => {
                self.grouping.sums.push(place);
                self.grouping.sums.len() - 1
            }
        };
        let of = |what: &str| format!("\"{}\"", sum_column(sum, what));
        let written = match *function {
            "count" => format!("coalesce(sum({}), 0)", of("count")),
            "sum" => format!("sum({})", of("sum")),
            "total" => format!("total({})", of("sum")),
            "avg" => format!("(1.0 * sum({}) / sum({}))", of("sum"), of("count")),
            "min" => format!("min({})", of("least")),
            _ => format!("max({})", of("most")),
        };
        self.change(at, end, written);
        Some(end + 1)
    }

    fn change(&mut self, from: usize, to: usize, text: String) {
        if let (Some(from), Some(to)) = (self.token(from), self.token(to)) {
            self.changes.push((from.range.start..to.range.end, text));
        }
    }

    /// Reads a name that is no function's.
    fn read_name(&mut self, at: usize) -> Option<usize> {
        let token = self.token(at)?;
        let name = token.name()?;
        let is_alias = self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(name));
        // Names that the query gives come before those of columns where rows are sorted.
        if name.eq_ignore_ascii_case(TRACE_ID) || (is_alias && token.part == Part::Order && token.depth == 0) {
            return Some(at + 1);
        }
        let Some(place) = self.column(name) else { return Some(at + 1) };
        if self.table.can_group_by(place) {
            if !self.grouping.keys.contains(&place) {
                self.grouping.keys.push(place);
            }
            return Some(at + 1);
        }
        // Rows of a group differ there: only a condition that the table checks itself may look at it.
        (token.part == Part::Where).then(|| self.end_of_condition(at)).flatten()
    }

    /// Where a condition ends that the table can check: a column compared with what is the same for all rows, beside other
    /// conditions which all have to hold.
    fn end_of_condition(&self, at: usize) -> Option<usize> {
        let name = self.token(at)?;
        let begins = if self.is(at - 1, ".") { at.checked_sub(3)? } else { at - 1 };
        let is_alone = name.depth == 0
            && (self.is(begins, "WHERE") || self.is(begins, "AND"))
            && !self.tokens.iter().any(|token| token.part == Part::Where && token.is_one_of(&["OR", "NOT", "CASE"]));
        let operator = self.token(at + 1)?;
        if !is_alone || !operator.is_one_of(COMPARISONS) {
            return None;
        }
        let mut ands = usize::from(operator.is("BETWEEN"));
        let mut next = at + 2;
        while let Some(token) = self.token(next).filter(|token| token.part == Part::Where) {
            let is_and = token.is("AND") && token.depth == 0;
            if is_and && ands == 0 {
                break;
            }
            let is_sign = ["+", "-", "*", "/", "(", ")"].contains(&token.text);
            if is_and {
                ands -= 1;
            } else if !is_sign && token.kind != WordKind::Number {
                return None;
            }
            next += 1;
        }
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::group_query;

    #[test]
    fn sums_are_asked_of_groups() {
        let of = |sql: &str| group_query(sql).map(|query| query.sql);
        assert_eq!(
            of("SELECT state, count(*) AS n, avg(s.duration_ns) FROM spans s WHERE duration_ns > 10 * 1e6 GROUP BY 1 ORDER BY n;"),
            Some(
                "SELECT state, coalesce(sum(\"rows of the group\"), 0) AS n, (1.0 * sum(\"sum of 0\") / sum(\"count of 0\")) \
                 FROM \"groups of rows\" s WHERE duration_ns > 10 * 1e6 GROUP BY 1 ORDER BY n;"
                    .to_owned()
            )
        );
        let grouped = group_query("SELECT func(stack_id), max(duration_ns) FROM spans WHERE state = 'x' GROUP BY 1");
        let grouped = grouped.expect("it asks for sums");
        let names = |places: &[usize]| places.iter().map(|at| grouped.table.columns()[*at].name).collect::<Vec<_>>();
        assert_eq!(names(&grouped.grouping.keys), ["stack_id", "state"]);
        assert_eq!(names(&grouped.grouping.sums), ["duration_ns"]);
        assert!(grouped.takes_conditions);
        let either = group_query("SELECT count(*) FROM spans WHERE state = 'x' OR reason = 'y'");
        assert!(!either.expect("it asks for sums").takes_conditions);
    }

    #[test]
    fn what_asks_for_more_is_left_alone() {
        for sql in [
            "SELECT g, state FROM spans",
            "SELECT * FROM spans",
            "SELECT spans.*, count(*) FROM spans",
            "SELECT *, count(*) FROM spans",
            "SELECT DISTINCT state, count(*) FROM spans",
            "SELECT sum(end_time_ns - start_ns) FROM spans",
            "SELECT start_ns, max(duration_ns) FROM spans",
            "SELECT count(*) FROM spans WHERE duration_ns > 5 OR g = 1",
            "SELECT count(*) FROM spans WHERE NOT duration_ns > 5",
            "SELECT count(*) FROM spans WHERE duration_ns > start_ns",
            "SELECT count(*) FROM spans WHERE duration_ns / 2 > 5",
            "SELECT count(*) FROM spans WHERE duration_ns IN (5, 6)",
            "SELECT count(*) FROM spans, waits",
            "SELECT count(*) FROM spans a JOIN waits b ON a.g = b.g",
            "SELECT count(*) FROM (SELECT * FROM spans)",
            "SELECT count(*) FILTER (WHERE g = 1) FROM spans",
            "SELECT sum(duration_ns) OVER () FROM spans",
            "SELECT group_concat(state) FROM spans",
            "SELECT percentile(duration_ns, 50) FROM spans",
            "SELECT count(rowid) FROM spans",
            "SELECT count(reason) FROM spans",
            "SELECT random(), count(*) FROM spans",
            "SELECT count(*) FROM spans GROUP BY start_ns",
            "SELECT count(*) FROM spans UNION SELECT 1",
            "SELECT count(*) FROM goroutines",
            "WITH x AS (SELECT 1) SELECT count(*) FROM spans",
            "SELECT count(*) FROM spans; SELECT 1",
            "SELECT g, state, reason, p, m, stack_id, count(*) FROM spans GROUP BY g, state, reason, p, m, stack_id",
            "SELECT count(*",
            "",
        ] {
            assert!(group_query(sql).is_none(), "{sql}");
        }
    }
}
