//! The subcommands about causes, from outside: what their JSON promises, and that its sums are right.

use serde_json::Value;

use crate::fixtures;
use crate::run;

fn fixture(name: &str) -> String {
    fixtures::data().join(name).to_string_lossy().into_owned()
}

fn json(arguments: &[&str]) -> Value {
    let output = run::tracelane(arguments);
    let error = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|wrong| panic!("{arguments:?}: {wrong}: {error}"))
}

fn text(arguments: &[&str]) -> String {
    String::from_utf8_lossy(&run::tracelane(arguments).stdout).into_owned()
}

fn sum(list: &Value, field: &str) -> u64 {
    list.as_array().expect("a list").iter().map(|item| item[field].as_u64().expect("a number")).sum()
}

#[test]
fn why_a_request_was_slow_sums_to_it_and_names_the_cause() {
    let file = fixture("real/guessnumber-bug-go1.27.trace");
    let whole = ["why", &file, "--goroutine", "380", "--json"];
    for arguments in [&whole[..], &[&whole[..], &["--range", "180ms..200.5ms"]].concat()] {
        let found = json(arguments);
        assert_eq!(sum(&found["parts"], "total_ns"), found["total_ns"].as_u64().expect("a number"), "{found}");
        assert_eq!(sum(&found["path"], "duration_ns"), found["total_ns"].as_u64().expect("a number"), "{found}");
        assert_eq!(found["stretches"], 1);
    }
    let told = text(&["why", &file, "--goroutine", "380"]);
    assert!(told.contains("sync.(*Mutex).Lock at main.main.func2") && told.contains("main.sendReport"), "{told}");
}

#[test]
fn why_tasks_and_functions_took_so_long_is_added_up() {
    let file = fixture("real/httpserver-go1.27.trace");
    let tasks = json(&["tasks", &file, "--json"]);
    let name = tasks["types"][0]["name"].as_str().expect("a type");
    for scope in [["--task", name], ["--function", "main.main.func1"], ["--function", "net/http.(*conn).serve"]] {
        let found = json(&["why", &file, scope[0], scope[1], "--json"]);
        assert_eq!(sum(&found["parts"], "total_ns"), found["total_ns"].as_u64().expect("a number"), "{scope:?}");
    }
    let all = json(&["why", &file, "--json"]);
    let range = all["total_ns"].as_u64().expect("a number");
    assert_eq!(sum(&all["path"], "duration_ns"), range, "the path covers what was selected");
    assert!(["task", "call"].contains(&all["selected"]["by"].as_str().expect("a choice")), "{}", all["selected"]);
    assert_eq!(run::tracelane(&["why", &file, "--goroutine", "999999"]).status.code(), Some(2));
}

#[test]
fn waits_of_a_scope_are_a_part_of_all_and_said_in_sentences() {
    let file = fixture("real/guessnumber-bug-go1.27.trace");
    let all = json(&["blocked", &file, "--json", "--limit", "1000"]);
    let one = json(&["blocked", &file, "--json", "--goroutine", "380", "--range", "100ms..300ms"]);
    let half = json(&["blocked", &file, "--json", "--range", "..50ms", "--limit", "1000"]);
    assert!(0 < sum(&one["waits"], "total_ns") && sum(&one["waits"], "total_ns") <= 200_000_000, "{one}");
    assert!(sum(&half["waits"], "total_ns") < sum(&all["waits"], "total_ns"));
    let waits = all["waits"].as_array().expect("a list");
    let locking = waits.iter().find(|wait| wait["on"] == "sync.(*Mutex).Lock").expect("waits for a lock");
    let sentence = locking["sentence"].as_str().expect("a sentence");
    let parts =
        ["waits of", "in sync.(*Mutex).Lock at main.main.func2", "ended by G", "main.sendReport", "net/http.Post"];
    assert!(parts.iter().all(|part| sentence.contains(part)), "{sentence}");
    assert!(text(&["blocked", &file]).contains(sentence));
}

#[test]
fn a_lock_is_inferred_with_its_holder_and_says_how_surely() {
    let file = fixture("causes/prices.trace.zst");
    let found = json(&["locks", &file, "--json"]);
    let lock = &found["locks"][0];
    assert!(found["basis"].as_str().expect("a basis").contains("inferred"), "{found}");
    assert_eq!(lock["released_at"][0]["function"], "main.(*table).rebuild", "{lock}");
    assert!(lock["rwmutex"]["readers_ns"].as_u64() > Some(0) && lock["most_waiting"].as_u64() >= Some(3), "{lock}");
    assert_eq!(lock["wait_total_ns"].as_u64(), Some(sum(&lock["acquired_at"], "total_ns")), "{lock}");
    let confidence = |file: &str| json(&["locks", &fixture(file), "--json"])["locks"][0]["confidence"].as_f64();
    assert!(confidence("causes/tally.trace.zst") > Some(0.8), "one lock, handed over again and again");
    let told = text(&["locks", &file]);
    assert!(told.contains("inferred") && told.contains("Convoy") && told.contains("Confidence"), "{told}");
    let none = text(&["locks", &fixture("real/workers-go1.27.trace")]);
    assert!(none.contains("No goroutine"), "{none}");
}
