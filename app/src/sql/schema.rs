//! The tables, columns, functions and ready queries, as text.

use trace_core::tables::TABLES;

use crate::fmt::text::Text;
use crate::sql::functions::FUNCTIONS;
use crate::sql::library::LIBRARY;
use crate::sql::virtual_table::TRACE_ID;

/// All tables with their columns, for a terminal.
#[must_use]
pub fn tables() -> Text {
    let mut text = Text::new();
    for table in TABLES {
        text.line(&format!("{}: {}", table.name(), table.about()));
        let columns = table.columns();
        let widest = columns.iter().map(|column| column.name.len()).max().unwrap_or(0);
        for column in columns {
            let unit = column.unit.words();
            let unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
            text.line(&format!("  {:<widest$}  {:<7}  {}{unit}", column.name, column.kind.sql(), column.about));
        }
        text.blank();
    }
    text.line(&format!("Every table has a last column {TRACE_ID}: the place of its file on the command line, from 1."));
    text.blank();
    text.line("Functions, besides those of SQLite:");
    for function in FUNCTIONS {
        text.line(&format!("  {}: {}", function.call, function.about));
    }
    text
}

/// The names of all tables in a line each, and of one of them its columns; then how functions are called. Short, for those
/// who read little at a time.
///
/// # Errors
/// When there is no such table.
pub fn described(name: Option<&str>) -> Result<String, String> {
    let mut text = String::new();
    let names = || TABLES.iter().map(|table| table.name()).collect::<Vec<_>>().join(", ");
    if let Some(name) = name {
        let table = TABLES.iter().find(|table| table.name() == name);
        let table = table.ok_or_else(|| format!("there is no table {name}: there are {}", names()))?;
        text.push_str(&format!("{}: {}\n", table.name(), table.about()));
        for column in table.columns() {
            let unit = column.unit.words();
            let unit = if unit.is_empty() { String::new() } else { format!(" ({unit})") };
            text.push_str(&format!("  {}: {}{unit}\n", column.name, column.about));
        }
        return Ok(text);
    }
    for table in TABLES {
        let columns: Vec<&str> = table.columns().iter().map(|column| column.name).collect();
        text.push_str(&format!("{}({})\n", table.name(), columns.join(", ")));
    }
    let calls: Vec<&str> = FUNCTIONS.iter().map(|function| function.call).collect();
    text.push_str(&format!("functions: {}\n", calls.join(", ")));
    Ok(text)
}

/// The ready queries, for a terminal.
#[must_use]
pub fn library() -> Text {
    let mut text = Text::new();
    for query in LIBRARY {
        text.line(&format!("{}: {}", query.name, query.question));
        query.sql.lines().for_each(|line| text.line(&format!("    {line}")));
        text.blank();
    }
    text
}

/// The manual's page about queries.
#[must_use]
pub fn manual() -> String {
    let mut page = INTRODUCTION.to_owned();
    for table in TABLES {
        page.push_str(&format!("\n### {}\n\n{}\n\n", table.name(), table.about()));
        page.push_str("| column | type | unit | meaning |\n|---|---|---|---|\n");
        for column in table.columns() {
            let (kind, unit) = (column.kind.sql(), column.unit.words());
            page.push_str(&format!("| `{}` | {kind} | {unit} | {} |\n", column.name, column.about));
        }
    }
    page.push_str("\n## Functions\n\nBesides [those of SQLite](https://sqlite.org/lang_corefunc.html):\n\n");
    for function in FUNCTIONS {
        page.push_str(&format!("- `{}`: {}\n", function.call, function.about));
    }
    page.push_str("\n## Ready queries\n");
    for query in LIBRARY {
        page.push_str(&format!("\n### {}\n\n{}\n\n```sql\n{}\n```\n", query.name, query.question, query.sql));
    }
    page
}

/// The beginning of that page.
const INTRODUCTION: &str = "\
# Asking a trace with SQL

`tracelane query FILE... 'SELECT ...'` answers a question in SQL; SQLite is built in. `--named NAME` runs one of the
ready queries below, `--tables` lists tables and functions, `--queries` the ready queries.

```sh
tracelane query server.trace 'SELECT function, count(*), dur(sum(duration_ns)) FROM waits GROUP BY 1 ORDER BY sum(duration_ns) DESC'
tracelane query server.trace --named lock-waits
tracelane query --format csv before.trace after.trace 'SELECT trace_id, state, total_ns FROM state_totals'
```

In the window the Query panel (Ctrl+E) asks the trace in front: Ctrl+Enter runs what is typed, Ctrl+Space lists what can go
on. Cells with times, goroutines, tasks and stacks are links; rows that are selected are marked on the timeline, and an
answer with `start_ns` and `end_time_ns` or `duration_ns` can be shown as a lane above all others.

- Rows are made while they are read; nothing is copied. Conditions on the goroutine (`g = 25`), on times as whole numbers
  (`start_ns > 1000000000`), on `state`, and on `stack_id` of `stacks` make a query fast: other rows are not made at all.
  Where a column is compared with a number, or is equal to a text, rows that do not fit never reach SQLite.
  `state_totals`, `goroutine_states` and `wait_sites` are sums at hand: they answer in a fraction of the time that summing
  `spans` takes.
- A query that only wants sums (`count`, `sum`, `total`, `avg`, `min` and `max` of a column, also with `GROUP BY`) over `spans`,
  `waits`, `syscalls` or `goroutine_states` is answered from groups that are made on all processors, several times as fast as row by row. It must
  be a single `SELECT` from that one table, with times and durations only in sums and in conditions such as
  `duration_ns > 1e6 AND ...`, and in few groups: 32,768, or any number that `g` tells apart.
- Times are nanoseconds from the start of the trace, durations nanoseconds; `dur(ns)` writes them for people.
- A query can only read: it cannot attach files, change settings or make tables, and it takes 1 GB of memory at most.
- With several files each row has its trace in `trace_id`, and functions of stacks take that as a further argument:
  `func(stack_id, trace_id)`.
- A query that names `services`, `requests` or `request_spans` opens all files as one [session](requests.md): traces of several
  services, span files, folders or archives of them, or a session file. Its times count from the start of the session, and
  `service_trace_id` says which `trace_id` a service has in the other tables:

```sh
tracelane query front.trace cart.trace spans.json 'SELECT name, dur(duration_ns), slowest_service FROM requests LIMIT 10'
```

- A [lake](fleet.md) that `tracelane export --parquet` has written from many traces is asked like one file:
  `tracelane query LAKE 'SELECT ...'`. Its `trace_id` is a number made of the hash of the snapshot's bytes, and every table
  has two more columns, `service` and `date`. Functions of stacks are not there.
- `--format json` prints an array of objects; where two columns have the same name, the second is `name_2`.
- `--format parquet -o OUT` writes a Parquet file. The query runs twice for it: first to learn the types of its columns.
- Columns that [sqlprof](https://github.com/felixge/sqlprof) has too are called the same here.

## Tables

Every table has a last column `trace_id`: the place of its file on the command line, from 1. `traces` has columns that only a
lake fills.
";
