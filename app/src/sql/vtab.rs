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

/// The comparison that rows can be found by; `None` for operators that find none.
pub(super) const fn compare(operator: &IndexConstraintOp) -> Option<Compare> {
    match operator {
        IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_EQ => Some(Compare::Equal),
        IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LT => Some(Compare::Below),
        IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_LE => Some(Compare::AtMost),
        IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GT => Some(Compare::Above),
        IndexConstraintOp::SQLITE_INDEX_CONSTRAINT_GE => Some(Compare::AtLeast),
        _ => None,
    }
}

/// How comparisons are written in a plan, behind the place of a column.
const SIGNS: [(char, Compare); 5] = [
    ('=', Compare::Equal),
    ('<', Compare::Below),
    ('[', Compare::AtMost),
    ('>', Compare::Above),
    (']', Compare::AtLeast),
];

/// A condition as the text of a plan has it: the place of its column, and the comparison.
pub(super) fn condition(place: usize, compare: Compare) -> String {
    let sign = SIGNS.iter().find(|(_, known)| *known == compare).map_or('?', |(sign, _)| *sign);
    format!("{place}{sign} ")
}

/// The conditions of a plan, in order. What is no condition is passed over.
pub(super) fn conditions(plan: &str) -> impl Iterator<Item = (usize, Compare)> + '_ {
    plan.split_whitespace().filter_map(|part| {
        let (place, sign) = part.split_at_checked(part.len().saturating_sub(1))?;
        let (_, compare) = SIGNS.iter().find(|(known, _)| sign.starts_with(*known))?;
        Some((place.parse().ok()?, *compare))
    })
}

/// A value that SQLite has.
pub(super) fn value<'a>(of: &ValueRef<'a>) -> Value<'a> {
    match *of {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Real(number) => Value::Real(number),
        ValueRef::Text(text) | ValueRef::Blob(text) => Value::Text(String::from_utf8_lossy(text)),
    }
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
        let all = [Compare::Equal, Compare::AtMost, Compare::AtLeast, Compare::Below, Compare::Above];
        let all = all.map(|compare| (12, compare));
        let plan: String = all.iter().map(|(place, compare)| condition(*place, *compare)).collect();
        assert!(conditions(&plan).eq(all), "{plan}");
        assert_eq!(conditions("x= 5 77 =").count(), 0);
    }
}
