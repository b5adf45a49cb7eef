//! Reports as JSON: numbers in nanoseconds and bytes, ids as numbers, what is unknown as null.

use serde_json::{Map, Value as Json, json};

use crate::report::report::Report;
use crate::report::table::Table;
use crate::report::value::Value;

/// The version of the JSON of reports: rises when a field changes its meaning or goes away, not when one is added.
pub const VERSION: u32 = 1;

/// A report as one object: `schema`, `version`, `file`, `partial` (parts of the trace are lost), then facts and tables
/// under their ids; a fact with one of these names takes its place.
#[must_use]
pub fn report(schema: &str, file: &str, is_partial: bool, report: &Report) -> Json {
    let mut object = Map::new();
    object.insert("schema".to_owned(), json!(format!("tracelane.{schema}")));
    object.insert("version".to_owned(), json!(VERSION));
    object.insert("file".to_owned(), json!(file));
    object.insert("partial".to_owned(), json!(is_partial));
    for fact in report.facts.iter().filter(|fact| !fact.id.is_empty()) {
        insert(&mut object, fact.id, value(&fact.value));
    }
    for found in report.exported() {
        if let Some((id, total)) = &found.total {
            let fields = found.columns.iter().zip(total).filter(|(column, _)| column.is_in_json());
            let mut row = Map::new();
            fields.for_each(|(column, total)| insert(&mut row, &column.id, value(total)));
            insert(&mut object, id, Json::Object(row));
        }
        insert(&mut object, found.id, table(found));
    }
    known_parts(&mut object);
    Json::Object(object)
}

/// The exported rows of a table: an array of objects.
#[must_use]
pub fn table(table: &Table) -> Json {
    rows(table, table.exported())
}

/// These rows of a table: an array of objects.
#[must_use]
pub fn rows(table: &Table, rows: impl IntoIterator<Item = usize>) -> Json {
    let columns: Vec<_> = table.columns.iter().enumerate().filter(|(_, column)| column.is_in_json()).collect();
    let row = |row: usize| {
        let mut object = Map::new();
        columns.iter().for_each(|(at, column)| insert(&mut object, &column.id, value(&table.value(row, *at))));
        known(object)
    };
    Json::Array(rows.into_iter().map(row).collect())
}

/// An object; null if there is nothing in it but null, at any depth. One without any field stays.
fn known(mut object: Map<String, Json>) -> Json {
    known_parts(&mut object);
    if !object.is_empty() && object.values().all(Json::is_null) { Json::Null } else { Json::Object(object) }
}

/// Makes null of each object inside of one in which there is nothing but null.
fn known_parts(object: &mut Map<String, Json>) {
    for value in object.values_mut() {
        if let Json::Object(inner) = value {
            *value = known(std::mem::take(inner));
        }
    }
}

/// Inserts under a name whose dots make objects inside of objects.
fn insert(object: &mut Map<String, Json>, id: &str, value: Json) {
    match id.split_once('.') {
        None => drop(object.insert(id.to_owned(), value)),
        Some((outer, inner)) => {
            let entry = object.entry(outer.to_owned()).or_insert_with(|| Json::Object(Map::new()));
            if let Json::Object(object) = entry {
                insert(object, inner, value);
            }
        }
    }
}

fn value(cell: &Value) -> Json {
    match cell {
        Value::Missing | Value::Bar(..) | Value::Columns(_) => Json::Null,
        Value::Duration(nanos) => json!(nanos.0),
        Value::Bytes(number) | Value::Count(number) | Value::Task(_, number) => json!(number),
        Value::Time(number) | Value::Lane(_, number) => json!(number),
        Value::Ratio(share) => json!(share),
        Value::Figure(figure) => json!(figure.value),
        Value::Change(change) => json!(change.ratio),
        Value::Text(text) | Value::Name(text) | Value::Function(text) => json!(text),
        Value::Word(word) | Value::Named(word, _) => json!(word),
        Value::List(values) => Json::Array(values.iter().map(value).collect()),
        Value::Flag(flag) => json!(flag),
        Value::Stack(frames) => json!(frames),
        Value::Table(inner) => table(inner),
        Value::Fields(fields) => fields.iter().map(|(name, field)| ((*name).to_owned(), value(field))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::report;
    use crate::report::report::Report;
    use crate::report::table::tests::sample;
    use crate::report::table::{Column, Table};
    use crate::report::value::Value;
    use serde_json::json;
    use std::sync::Arc;
    use trace_core::base::nanos::Nanos;

    #[test]
    fn dots_make_objects() {
        let found = Report::default().fact("sum.ns", "", Value::Duration(Nanos(5))).table(sample().limited(Some(1)));
        let text = report("calls", "a.trace", false, &found).to_string();
        let expected = r#"{"schema":"tracelane.calls","version":1,"file":"a.trace","partial":false,"sum":{"ns":5},"all":{"name":null,"calls":{"total_ns":3005000,"count":2},"cut":0},"calls":[{"name":"a|b\u001b[2J","calls":{"total_ns":3000000,"count":2},"cut":0}]}"#;
        assert_eq!(text, expected);
    }

    #[test]
    fn what_is_unknown_at_all_is_null() {
        let rows = Arc::new(vec![Some(7_u64), None]);
        let table = Table::of("stops.list", "", &rows, Vec::as_slice)
            .column(Column::count("last.proc", "", ""), |row| Value::count(*row))
            .column(Column::list("ids", "", ""), |row| Value::List(row.iter().map(|id| Value::Count(*id)).collect()))
            .build();
        let found = Report::default().figure("For people", "only").table(table);
        let found = found.fact("selected.by", "", Value::Missing).fact("selected.name", "", Value::Missing);
        let json = report("stw", "a.trace", false, &found);
        assert_eq!(json["selected"], json!(null));
        let expected = json!([{"last": {"proc": 7}, "ids": [7]}, {"last": null, "ids": []}]);
        assert_eq!(json["stops"]["list"], expected);
        assert!(json.get("").is_none());
    }
}
