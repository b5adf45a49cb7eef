//! `tracelane query`: questions in SQL, answered as the analyses answer them.

use std::collections::BTreeSet;

use serde_json::Value;
use trace_core::event::kind::EventKind;
use trace_core::testkit::writer::TraceWriter;

use crate::fixtures;
use crate::hostile;
use crate::run;

const SERVER: &str = "httpserver-go1.27.trace";

fn trace(name: &str) -> String {
    fixtures::data().join("real").join(name).display().to_string()
}

/// Standard output and standard error of `tracelane query`, and its exit code.
fn query(words: &[&str]) -> (String, String, i32) {
    let mut all = vec!["query"];
    all.extend(words);
    let output = run::tracelane(&all);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (text(output.stdout), text(output.stderr), output.status.code().expect("no signal"))
}

/// The rows of a query as JSON.
fn rows(file: &str, sql: &str) -> Vec<Value> {
    let (out, error, code) = query(&["--json", file, sql]);
    assert_eq!((error.as_str(), code), ("", 0), "{sql}");
    serde_json::from_str(&out).unwrap_or_else(|error| panic!("{sql}: {error}: {out}"))
}

fn report(words: &[&str]) -> Value {
    serde_json::from_slice(&run::tracelane(words).stdout).expect("JSON")
}

fn texts(of: &str) -> Vec<String> {
    let (out, _, code) = query(&[of]);
    assert_eq!(code, 0);
    out.lines().map(str::to_owned).collect()
}

#[test]
fn every_ready_query_runs_and_answers() {
    let lines = texts("--queries");
    let names = lines.iter().filter(|line| !line.starts_with(' ')).filter_map(|line| line.split_once(": "));
    let names: Vec<&str> = names.map(|(name, _)| name).collect();
    assert!(names.len() >= 20, "{names:?}");
    let samples = trace("cpuprofile-go1.27.trace");
    for name in names {
        // Each with a trace that has what it asks for.
        let file = if name == "cpu-samples" { samples.clone() } else { trace(SERVER) };
        let (out, error, code) = query(&[&file, "--named", name, "--json"]);
        assert_eq!((error.as_str(), code), ("", 0), "{name}");
        let found: Vec<Value> = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert!(!found.is_empty() || name == "findings", "{name}");
    }
}

#[test]
fn answers_are_those_of_the_analyses() {
    let file = trace(SERVER);
    let groups = report(&["goroutines", &file, "--json", "--limit", "1000"]);
    let own = rows(
        &file,
        "SELECT name, count(*) AS n, sum(running_ns) AS running, sum(runnable_ns) AS runnable, sum(waiting_ns) AS waiting FROM goroutines GROUP BY name",
    );
    let listed = groups["groups"].as_array().unwrap_or_else(|| panic!("{groups}"));
    let mut compared = 0;
    for group in listed {
        let row = own.iter().find(|row| row["name"] == group["function"]).unwrap_or_else(|| panic!("{group}"));
        let times = |row: &Value| [row["running"].clone(), row["runnable"].clone(), row["waiting"].clone()];
        let same = ["running_ns", "runnable_ns", "blocked_ns"].map(|time| group["times"][time].clone());
        assert_eq!((&row["n"], times(row)), (&group["count"], same), "{group}");
        compared += 1;
    }
    assert_eq!(compared, own.len());
    let tasks = report(&["tasks", &file, "--json", "--limit", "1000"]);
    let by_name = rows(&file, "SELECT name, count(*) AS n FROM tasks GROUP BY name ORDER BY name");
    let known = tasks["types"].as_array().unwrap_or_else(|| panic!("{tasks}"));
    for row in by_name {
        assert!(known.iter().any(|task| task["name"] == row["name"] && task["count"] == row["n"]), "{row} in {tasks}");
    }
}

#[test]
fn conditions_give_what_looking_at_every_row_gives() {
    let file = trace(SERVER);
    // `+` keeps SQLite from telling the table about the condition.
    for (fast, slow) in [
        ("g = 21", "+g = 21"),
        ("state = 'syscall'", "+state = 'syscall'"),
        ("start_ns > 5000000 AND end_time_ns <= 9000000", "+start_ns > 5000000 AND +end_time_ns <= 9000000"),
        ("start_ns BETWEEN 0 AND 100000", "+start_ns BETWEEN 0 AND 100000"),
        (
            "g = 21 AND state = 'running' AND start_ns < 8000000",
            "+g = 21 AND +state = 'running' AND +start_ns < 8000000",
        ),
    ] {
        let of = |condition: &str| {
            rows(
                &file,
                &format!("SELECT g, state, start_ns, duration_ns FROM spans WHERE {condition} ORDER BY g, start_ns"),
            )
        };
        let found = of(fast);
        assert!(!found.is_empty(), "{fast}");
        assert_eq!(found, of(slow), "{fast}");
    }
    let grouped = rows(&file, "SELECT g, count(*) AS n FROM spans GROUP BY g");
    let sorted = rows(&file, "SELECT +g AS g, count(*) AS n FROM spans GROUP BY +g ORDER BY 1");
    assert_eq!(grouped, sorted, "rows come by rising id");
    let joined = rows(&file, "SELECT count(*) AS n FROM spans JOIN stacks USING (stack_id)");
    assert_eq!(joined, rows(&file, "SELECT count(*) AS n FROM spans WHERE stack_id IS NOT NULL"));
}

#[test]
fn rows_that_two_conditions_fit_are_found_once() {
    let file = trace(SERVER);
    for (table, one, other) in [
        ("spans", "g = 21", "state = 'syscall'"),
        ("waits", "g = 21", "start_ns < 5000000"),
        ("flows", "to_g = 21", "time_ns < 5000000"),
        ("events", "g = 21", "time_ns < 100000"),
        ("regions", "g = 21", "start_ns < 8000000"),
        ("stacks", "stack_id = 3", "stack_id = 5"),
    ] {
        let count = |condition: &str| {
            let sql = format!("SELECT count(*) AS n FROM (SELECT * FROM {table}) WHERE {condition}");
            rows(&file, &sql)[0]["n"].as_u64().expect("a count")
        };
        let either = count(&format!("{one} OR {other}"));
        assert!(either > 0 || table == "regions", "{table}");
        assert_eq!(either, count(&format!("({one}) + ({other}) > 0")), "{table}: {one} OR {other}");
        assert_eq!(either, count(one) + count(other) - count(&format!("{one} AND {other}")), "{table}");
    }
}

#[test]
fn sums_are_those_of_the_rows() {
    let (server, workers) = (trace(SERVER), trace("workers-go1.27.trace"));
    for (sums, rest) in [
        ("count(*)", ""),
        ("count(*), sum(duration_ns), min(duration_ns), max(duration_ns), avg(duration_ns), total(duration_ns)", ""),
        ("count(*), sum(duration_ns)", "WHERE duration_ns > 1e4"),
        ("count(*), sum(duration_ns)", "WHERE duration_ns BETWEEN 10 * 1000 AND 1000000.5 AND state = 'waiting'"),
        ("count(*), max(duration_ns)", "WHERE state = 'nonsense'"),
        ("count(*), sum(duration_ns)", "WHERE duration_ns > NULL"),
        ("count(*), sum(duration_ns)", "WHERE duration_ns > '10000'"),
        ("count(*), sum(duration_ns)", "WHERE g > '20'"),
        ("count(*)", "WHERE state = 'running' OR g = 21"),
        ("count(*)", "WHERE state IN ('running', 'runnable') AND start_ns >= 2000000 AND end_time_ns < 9e6"),
        ("state, count(*) AS n, sum(duration_ns)", "GROUP BY state ORDER BY n DESC"),
        (
            "state, reason, count(*), avg(duration_ns)",
            "GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY sum(duration_ns), 1, 2",
        ),
        ("g, count(*), sum(duration_ns)", "WHERE state = 'running' GROUP BY g ORDER BY 3 DESC, 1 LIMIT 10"),
        ("g, state, count(*), min(start_ns), max(end_time_ns)", "GROUP BY g, state ORDER BY g, state"),
        ("stack_id, count(*), sum(duration_ns)", "GROUP BY stack_id ORDER BY 1"),
        ("src_g, p, m, count(*)", "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"),
        ("end_stack_id, src_stack_id, count(*) n", "GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 20"),
        ("began_before, goes_on, count(*), count(duration_ns)", "GROUP BY 1, 2 ORDER BY 1, 2"),
        ("func(t.stack_id, t.trace_id) AS f, count(*)", "WHERE t.duration_ns >= 1000 GROUP BY f ORDER BY f"),
        ("t.trace_id, count(DISTINCT g), sum(t.duration_ns) / 1000", "GROUP BY t.trace_id ORDER BY 1"),
        ("upper(state) || '!', dur(max(duration_ns))", "WHERE reason LIKE '%a%' GROUP BY 1 ORDER BY 1"),
        ("CASE WHEN state = 'running' THEN 'on' ELSE 'off' END AS x, count(*)", "GROUP BY x ORDER BY x"),
        ("CAST(p AS TEXT) AS p, count(*)", "GROUP BY 1 ORDER BY 1"),
    ] {
        for files in [&[server.as_str()][..], &[workers.as_str(), server.as_str()]] {
            let answer = |from: &str| {
                let sql = format!("SELECT {sums} FROM {from} t {rest}");
                let (out, said, code) = query(&[files, &["--json", &sql]].concat());
                assert_eq!((said.as_str(), code), ("", 0), "{sql}");
                out
            };
            // What is in parentheses is not put into groups by the table.
            assert_eq!(answer("spans"), answer("(SELECT * FROM spans)"), "{sums} {rest}");
        }
    }
    for (table, key) in
        [("waits", "operation, function, file, line"), ("waits", "waker_function, waker_g"), ("syscalls", "call, m")]
    {
        let answer = |from: &str| {
            let sql = format!("SELECT {key}, count(*), sum(duration_ns) FROM {from} GROUP BY {key} ORDER BY {key}");
            rows(&server, &sql)
        };
        assert_eq!(answer(table), answer(&format!("(SELECT * FROM {table})")), "{table} by {key}");
    }
}

#[test]
fn several_traces_are_told_apart() {
    let (one, other) = (trace(SERVER), trace("workers-go1.27.trace"));
    let sql = "SELECT trace_id, count(*) AS n FROM goroutines GROUP BY trace_id";
    let (out, _, code) = query(&["--json", &one, &other, sql]);
    assert_eq!(code, 0);
    let both: Vec<Value> = serde_json::from_str(&out).expect("JSON");
    let alone = |file: &str| rows(file, "SELECT count(*) AS n FROM goroutines")[0]["n"].clone();
    assert_eq!([&both[0]["n"], &both[1]["n"]], [&alone(&one), &alone(&other)]);
    let (_, said, code) = query(&[&one, &other, "SELECT func(stack_id) FROM waits"]);
    assert!(code != 0 && said.contains("take trace_id as their last argument"), "{code}: {said}");
    let created = |files: &[&str]| -> u64 {
        let (out, said, code) = query(&[files, &["--json", "--named", "creators"]].concat());
        assert_eq!(code, 0, "{said}");
        let found: Vec<Value> = serde_json::from_str(&out).expect("JSON");
        found.iter().filter_map(|row| row["goroutines"].as_u64()).sum()
    };
    assert_eq!(created(&[&one, &other]), created(&[&one]) + created(&[&other]), "few enough to list all");
    let sql = "SELECT DISTINCT func(stack_id, trace_id) AS f FROM waits WHERE trace_id = 2 AND f LIKE 'main.%'";
    let (out, _, _) = query(&["--json", &one, &other, sql]);
    let found: Vec<Value> = serde_json::from_str(&out).expect("JSON");
    let own = rows(&other, "SELECT DISTINCT func(stack_id) AS f FROM waits WHERE f LIKE 'main.%'");
    assert!(!found.is_empty());
    assert_eq!(found, own);
}

#[test]
fn a_session_has_services_and_requests() {
    let file = fixtures::data().join("sessions/traceparent-lock-go1.27.zip").display().to_string();
    let session = report(&["session", &file, "--json", "--limit", "100000"]);
    let listed = |id: &str| session[id].as_array().unwrap_or_else(|| panic!("{id}: {session}")).clone();
    let of = |sql: &str| rows(&file, sql);
    let found = of("SELECT request_id, id, name, service, start_ns, duration_ns, is_error, spans, slowest_service, \
                    slowest_call_ns FROM requests ORDER BY request_id");
    let expected = listed("requests");
    assert!(expected.len() > 10);
    assert_eq!(found.len(), expected.len());
    for (own, other) in found.iter().zip(&expected) {
        for (column, field) in [
            ("id", "id"),
            ("name", "name"),
            ("service", "service"),
            ("start_ns", "start_ns"),
            ("duration_ns", "duration_ns"),
        ] {
            assert_eq!(own[column], other[field], "{own} {other}");
        }
        assert_eq!(own["spans"], other["span_count"]);
        assert_eq!(own["slowest_service"], other["slowest_call"]["service"]);
        assert_eq!(own["slowest_call_ns"], other["slowest_call"]["duration_ns"]);
    }
    let services = of("SELECT service, service_trace_id, clock FROM services");
    let names: Vec<&Value> = services.iter().map(|row| &row["service"]).collect();
    assert_eq!(names, listed("services").iter().map(|row| &row["name"]).collect::<Vec<_>>());
    let sums =
        of("SELECT r.request_id, r.spans, count(*) AS n FROM requests r JOIN request_spans s USING (request_id) \
                   GROUP BY 1 HAVING n <> r.spans");
    assert!(sums.is_empty(), "{sums:?}");
    let goroutines = of("SELECT count(*) AS n, count(goroutines.g) AS known FROM request_spans s \
                         LEFT JOIN goroutines ON goroutines.g = s.g AND goroutines.trace_id = s.service_trace_id \
                         WHERE s.g IS NOT NULL");
    assert_eq!(goroutines[0]["n"], goroutines[0]["known"]);
    assert_ne!(goroutines[0]["n"], 0);
    assert_eq!(of("SELECT * FROM requests WHERE request_id = 3").len(), 1);
    let alone = trace(SERVER);
    assert!(!rows(&alone, "SELECT * FROM services").is_empty(), "one trace is a session, too");
}

#[test]
fn a_wrong_query_says_what_is_wrong_and_where() {
    let file = trace(SERVER);
    for (sql, expected) in [
        (
            "SELECT durtion_ns FROM waits",
            "no such column: durtion_ns; did you mean duration_ns? (at character 8 of the query)",
        ),
        ("SELECT * FROM wait", "no such table: wait; did you mean waits? (at character 15 of the query)"),
        ("SELECT 1; SELECT 2", "only one statement at a time"),
        ("DELETE FROM waits", "a query can only read: SELECT or WITH"),
        ("INSERT INTO waits VALUES (1)", "a query can only read: SELECT or WITH"),
        ("DROP TABLE waits", "a query can only read: SELECT or WITH"),
        ("ATTACH 'x.db' AS x", "a query can only read: SELECT or WITH"),
        ("PRAGMA writable_schema = 1", "a query can only read: SELECT or WITH"),
        ("CREATE TABLE x (y)", "a query can only read: SELECT or WITH"),
        (" -- nothing\n", "the query is empty"),
        ("SELECT percentile(g, 200) FROM spans", "percentile: p is from 0 to 100"),
    ] {
        let (out, error, code) = query(&[&file, sql]);
        assert_eq!((out.as_str(), code), ("", 2), "{sql}: {error}");
        assert!(error.contains(expected), "{sql}: {error}");
    }
    let (_, error, code) = query(&[&file, &file]);
    assert_eq!(code, 2);
    assert!(error.contains("the last argument is the query"), "{error}");
    assert_eq!(query(&["--named", "nonsense", &file]).2, 2);
    assert_eq!(query(&["no-such-file", "SELECT 1"]).2, 1);
}

#[test]
fn every_format_is_what_it_says() {
    let file = trace(SERVER);
    let sql = "SELECT 1 AS a, 'x|\"y\",=z' AS b, NULL AS c, 1.5 AS a, '=1+1' AS f";
    let of = |format: &str| query(&["--format", format, &file, sql]).0;
    assert_eq!(of("json"), "[\n  {\"a\":1,\"b\":\"x|\\\"y\\\",=z\",\"c\":null,\"a_2\":1.5,\"f\":\"=1+1\"}\n]\n");
    assert_eq!(of("csv"), "a,b,c,a_2,f\n1,\"x|\"\"y\"\",=z\",,1.5,'=1+1\n");
    assert_eq!(of("text"), "a  b         c    a_2  f\n1  x|\"y\",=z  –  1.500  =1+1\n");
    let page = "| a | b | c | `a_2` | f |\n|--:|---|---|--:|---|\n| 1 | `x\\|\"y\",=z` | | 1.5 | `=1+1` |\n";
    assert_eq!(of("md"), page);
    let empty = "SELECT g FROM spans WHERE g = -7";
    let of = |format: &str| query(&["--format", format, &file, empty]).0;
    assert_eq!((of("json").as_str(), of("csv").as_str(), of("text").as_str()), ("[]\n", "g\n", "No rows\n"));
    let (out, _, _) = query(&["--limit", "3", "--format", "csv", &file, "SELECT g FROM spans"]);
    assert_eq!(out.lines().count(), 4);
}

#[test]
fn texts_of_any_length_are_shown() {
    let name = "x".repeat(70_000);
    let (out, error, code) = query(&[&trace(SERVER), &format!("SELECT 1 AS {name}, 2 AS y")]);
    assert_eq!((error.as_str(), code), ("", 0));
    assert_eq!(out.lines().map(str::len).max(), Some(name.len() + "  y".len()));
}

#[test]
fn names_of_a_trace_reach_no_terminal_raw() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("hostile.trace");
    let whole = std::fs::read(trace(SERVER)).expect("a fixture");
    std::fs::write(&file, hostile::renamed(&whole, &hostile::every_text)).expect("written");
    let file = file.display().to_string();
    for table in ["goroutines", "tasks", "regions", "logs", "functions", "stacks", "events"] {
        for format in ["text", "csv", "json", "md"] {
            let (out, error, _) = query(&["--format", format, &file, &format!("SELECT * FROM {table}")]);
            let bad = |c: char| c.is_control() && c != '\n' || ('\u{202a}'..='\u{202e}').contains(&c);
            assert!(!out.chars().chain(error.chars()).any(bad), "{table} as {format}: {out:?}");
        }
    }
}

#[test]
fn the_page_of_the_manual_is_what_the_program_says() {
    let path = fixtures::data().join("../../docs/query.md");
    let (page, _, code) = query(&["--page"]);
    assert_eq!(code, 0);
    if std::env::var_os("UPDATE_PAGES").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    assert_eq!(std::fs::read_to_string(path).expect("the page"), page, "UPDATE_PAGES=1 writes it anew");
}

/// So many goroutines, each created by the one before: as many rows of `spans` have creators that differ.
fn chain_of_creations(count: u64) -> Vec<u8> {
    let mut writer = TraceWriter::new(26);
    let (spawn, entry) = (writer.stack(&[("main.next", "main.go", 7)]), writer.stack(&[("main.link", "main.go", 3)]));
    let mut time = 1_000_000_000;
    writer.event(0, time, EventKind::PROC_STATUS, &[0, 1]);
    writer.event(0, time + 1, EventKind::GO_STATUS, &[1, 0, 2]);
    for next in 2..=count {
        time += 1_000;
        writer.event(0, time, EventKind::GO_CREATE, &[next, entry, spawn]);
        writer.event(0, time + 300 + next % 7, EventKind::GO_DESTROY, &[]);
        writer.event(0, time + 500, EventKind::GO_START, &[next, 1]);
    }
    writer.finish()
}

#[test]
fn more_groups_than_are_kept_are_made_row_by_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("chain.trace");
    // More groups than a walk over the goroutines keeps: 32,768.
    let count = 33_000;
    std::fs::write(&file, chain_of_creations(count)).expect("written");
    let file = file.display().to_string();
    let of = |table: &str| {
        let sql = "SELECT count(*) AS groups, sum(n) AS spans, sum(ns) AS ns, max(src_g) AS last \
                   FROM (SELECT src_g, count(*) AS n, sum(duration_ns) AS ns FROM TABLE GROUP BY src_g)";
        let plain = format!("SELECT src_g, count(*), sum(duration_ns) FROM {table} GROUP BY src_g");
        let (out, error, code) = query(&["--limit", "1000000", "--format", "csv", &file, &plain]);
        assert_eq!((error.as_str(), code), ("", 0));
        (rows(&file, &sql.replace("TABLE", table)), out.lines().skip(1).map(str::to_owned).collect::<BTreeSet<_>>())
    };
    let (sums, grouped) = of("spans");
    // Nobody created the first one, and the last created nobody.
    assert_eq!((sums[0]["groups"].as_u64(), sums[0]["last"].as_u64()), (Some(count), Some(count - 1)));
    assert_eq!(grouped.len() as u64, count);
    // What is asked of a subquery is asked row by row.
    assert_eq!((sums, grouped), of("(SELECT * FROM spans)"));
}
