//! What the virtual tables of SQLite have in common: how a table is declared, what a plan says of a condition, and how a
//! value is handed over.

use std::ffi::CString;

use rusqlite::Result;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::vtab::{Context, IndexConstraintOp};
use trace_core::tables::scan::Compare;
use trace_core::tables::value::Value;

/// The statement that declares a table of these columns, each its name and its type.
pub(super) fn declaration(columns: impl Iterator<Item = (String, &'static str)>) -> Result<CString> {
    let columns: Vec<String> = columns.map(|(name, kind)| format!("\"{name}\" {kind}")).collect();
    Ok(CString::new(format!("CREATE TABLE rows({})", columns.join(", ")))?)
}

/// The comparison that rows can be found by; `None` for operators that find none. SQLite looks again at every row, so that
/// `<` may be taken for `<=`.
pub(super) const fn compare(operator: &IndexConstraintOp) -> Option<Compare> {
    match operator {
        IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ => Some(Compare::Equal),
        IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LT | IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LE => {
            Some(Compare::AtMost)
        }
        IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GT | IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GE => {
            Some(Compare::AtLeast)
        }
        _ => None,
    }
}

/// A condition as the text of a plan has it: the place of its column, and the comparison.
pub(super) fn condition(place: usize, compare: Compare) -> String {
    let sign = match compare {
        Compare::Equal => '=',
        Compare::AtMost => '<',
        Compare::AtLeast => '>',
    };
    format!("{place}{sign} ")
}

/// The conditions of a plan, in order.
pub(super) fn conditions(plan: &str) -> impl Iterator<Item = (usize, Compare)> + '_ {
    plan.split_whitespace().filter_map(|part| {
        let (place, sign) = part.split_at_checked(part.len().saturating_sub(1))?;
        let compare = match sign {
            "=" => Compare::Equal,
            "<" => Compare::AtMost,
            _ => Compare::AtLeast,
        };
        Some((place.parse().ok()?, compare))
    })
}

/// Hands a value over as the one of the column that SQLite asks for.
pub(super) fn hand_over(context: &mut Context, value: &Value<'_>) -> Result<()> {
    context.set_result(&match value {
        Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
        Value::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(*number)),
        Value::Real(number) => ToSqlOutput::Borrowed(ValueRef::Real(*number)),
        Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
    })
}

#[cfg(test)]
mod tests {
    use trace_core::tables::scan::Compare;

    use super::{condition, conditions};

    #[test]
    fn a_plan_is_read_as_it_was_written() {
        let all = [(0, Compare::Equal), (12, Compare::AtMost), (3, Compare::AtLeast)];
        let plan: String = all.iter().map(|(place, compare)| condition(*place, *compare)).collect();
        assert!(conditions(&plan).eq(all), "{plan}");
        assert_eq!(conditions("x= 5").count(), 0);
    }
}
