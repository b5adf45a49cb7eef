//! `tracelane compare` as a user runs it: a trace against itself, before against after, as a guard in CI.

use serde_json::Value;

use crate::fixtures;
use crate::run;

fn fixture(name: &str) -> String {
    fixtures::data().join(name).to_string_lossy().into_owned()
}

fn compared(arguments: &[&str]) -> (Value, Option<i32>) {
    let mut words = vec!["compare", "--json"];
    words.extend(arguments);
    let output = run::tracelane(&words);
    let json = serde_json::from_slice(&output.stdout);
    (json.unwrap_or_else(|error| panic!("{arguments:?}: {error}")), output.status.code())
}

#[test]
fn nothing_has_changed_between_a_trace_and_itself() {
    for name in ["guessnumber-bug-go1.27", "tasks-go1.21", "gc-go1.26", "empty-go1.27", "workers-go1.22"] {
        let file = fixture(&format!("real/{name}.trace"));
        let (json, code) = compared(&[&file, &file]);
        let changes = json["changes"].as_array().expect("rows");
        assert!(changes.iter().all(|row| row["significant"] == false && row["delta_ns"] == 0.0), "{name}");
        assert!(changes.iter().all(|row| row["a"] == row["b"]), "{name}");
        let sentence = json["verdict"][0].as_str().expect("a sentence");
        assert!(sentence.starts_with("No significant difference"), "{name}: {sentence}");
        assert_eq!(code, Some(0), "{name}");
    }
}

#[test]
fn the_first_sentence_names_the_cause_that_went_or_came() {
    let (bug, fixed) = (fixture("real/guessnumber-bug-go1.25.trace"), fixture("real/guessnumber-fixed-go1.25.trace"));
    let (json, code) = compared(&[&bug, &fixed]);
    let sentence = json["verdict"][0].as_str().expect("a sentence");
    assert!(sentence.starts_with("Gone in B: ") && sentence.contains("main.sendReport"), "{sentence}");
    assert_eq!(code, Some(0));
    let waits = json["changes"].as_array().expect("rows").iter();
    let lock = waits.clone().find(|row| row["kind"] == "wait" && row["b"].is_null()).expect("the waits that went");
    assert!(lock["name"].as_str().is_some_and(|name| name.contains("sync.(*Mutex).Lock")), "{lock}");
    assert!(lock["too_few"] == true && lock["significant"] == false, "plain to see, but four are no sample: {lock}");
    let first = &json["changes"][0]["name"];
    assert_eq!(first, &lock["name"], "the row that shows the cause comes first");
    let text = String::from_utf8(run::tracelane(&["compare", &bug, &fixed]).stdout).expect("words");
    let line = text.lines().find(|line| line.starts_with("wait") && line.contains("sync.(*Mutex).Lock"));
    assert!(line.is_some_and(|line| line.contains("(gone)")), "{text}");
    assert!(text.contains("(…) is plain to see"), "{text}");
    assert!(lock["ratio"].is_null() && lock["a"]["total_ns"].as_u64() > Some(100_000_000), "{lock}");
    let (json, _) = compared(&[&fixed, &bug]);
    let sentence = json["verdict"][0].as_str().expect("a sentence");
    assert!(sentence.starts_with("New in B: ") && sentence.contains("main.sendReport"), "{sentence}");
}

#[test]
fn versions_and_damage_do_not_stop_it() {
    let pairs = [
        ("real/workers-go1.21.trace", "real/workers-go1.27.trace", Some(0), false),
        ("real/tasks-go1.22.trace", "broken/cut-mid-batch-go1.27.trace", Some(3), true),
    ];
    for (a, b, code, is_damaged) in pairs {
        let (json, found) = compared(&[&fixture(a), &fixture(b)]);
        assert_eq!((found, &json["b"]["is_damaged"]), (code, &Value::Bool(is_damaged)), "{a} {b}");
        let rows = json["changes"].as_array().expect("rows");
        assert!(!rows.is_empty(), "{a} {b}");
        let finite = |value: &Value| value.is_null() || value.as_f64().is_some_and(f64::is_finite);
        assert!(rows.iter().all(|row| finite(&row["ratio"]) && finite(&row["p_value"]) && finite(&row["delta_ns"])));
    }
}

#[test]
fn a_guard_fails_only_for_a_significant_change() {
    let (bug, fixed) = (fixture("real/guessnumber-bug-go1.27.trace"), fixture("real/guessnumber-fixed-go1.27.trace"));
    let (json, _) = compared(&[&bug, &fixed]);
    let rows = json["changes"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["significant"] == true).expect("a significant change").clone();
    let of = |row: &Value, limit: &str| {
        format!(
            "{}:{} total {limit}",
            row["kind"].as_str().unwrap_or_default(),
            row["name"].as_str().unwrap_or_default()
        )
    };
    let (crossing, safe) = if row["delta_ns"].as_f64() > Some(0.0) { ("> 1ns", "< 0") } else { ("< 1000s", "> 1000s") };
    assert_eq!(compared(&[&bug, &fixed, "--fail-if", &of(&row, safe)]).1, Some(0));
    let (json, code) = compared(&[&bug, &fixed, "--fail-if", &of(&row, crossing)]);
    assert_eq!((code, json["crossed"].as_array().map(Vec::len)), (Some(4), Some(1)));
    let is_doubtful = |row: &&Value| row["significant"] == false && row["a"].is_object() && row["b"].is_object();
    let doubtful = rows.iter().find(is_doubtful).expect("another row");
    let limit = if doubtful["delta_ns"].as_f64() > Some(0.0) { "> +0%" } else { "< -0%" };
    assert_eq!(compared(&[&bug, &fixed, "--fail-if", &of(doubtful, limit)]).1, Some(0), "{doubtful}");
    // A budget needs no test.
    let (json, code) = compared(&[&bug, &fixed, "--fail-if", &of(doubtful, "< 1000s")]);
    assert_eq!((code, &json["conditions"][0]["decision"]), (Some(4), &Value::from("met")), "{doubtful}");
}

#[test]
fn conditions_name_rows_that_are_there_and_say_what_came_of_them() {
    let file = |name: &str| fixture(&format!("pairs/{name}.trace.gz"));
    let (same, slow) =
        ([file("same-1"), file("same-2"), file("same-3")], [file("slow-1"), file("slow-2"), file("slow-3")]);
    let sides = |b: &[String; 3], more: &[&str]| {
        let mut words = vec!["--a".to_owned(), same[0].clone(), same[1].clone(), same[2].clone(), "--b".to_owned()];
        words.extend(b.iter().cloned());
        words.extend(more.iter().map(|&word| word.to_owned()));
        compared(&words.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let (json, code) = sides(&slow, &["--fail-if", "region:price p50 > +10%"]);
    assert_eq!(code, Some(4), "{}", json["conditions"]);
    let condition = &json["conditions"][0];
    assert_eq!((&condition["decision"], &condition["failed"]), (&Value::from("met"), &Value::Bool(true)));
    let low = condition["interval"][0].as_f64().expect("an interval");
    assert!(low > 1.05 && condition["ratio"].as_f64() > Some(low), "{condition}");
    assert!(json["crossed"][0].as_str().is_some_and(|said| said.starts_with("Failed: --fail-if 'region:price p50")));
    let others = [file("same-4"), file("same-5"), file("same-6")];
    assert_eq!(sides(&others, &["--fail-if", "region:price p50 > +10%"]).1, Some(0));
    assert_eq!(sides(&others, &["--require", "region:price p50 < -10%"]).1, Some(4));
    assert_eq!(sides(&others, &["--fail-if", "task:order count > 100000"]).1, Some(0), "a budget per second");
    assert_eq!(sides(&others, &["--fail-if", "task:order count > 10"]).1, Some(4), "a budget per second");
    let (json, _) = sides(&others, &["--fail-if", "region:price p99 > +10%"]);
    let condition = &json["conditions"][0];
    assert!(condition["decision"] != "undecided" || condition["recordings_needed"].as_u64() > Some(3), "{condition}");
    for (wrong, says) in [
        ("region:prise p50 > +10%", "similar: 'price in main.serve'"),
        ("tasks:order p50 > +10%", "there are "),
        ("task:ordre p50 > +10%", "similar: 'order'"),
    ] {
        let output = run::tracelane(&["compare", &same[0], &slow[0], "--fail-if", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(says), "{wrong}: {said}");
    }
}

#[test]
fn damage_is_said_first_and_makes_nothing_new() {
    let (whole, cut) = (fixture("real/workers-go1.27.trace"), fixture("broken/cut-in-stacks-go1.27.trace"));
    for (a, b) in [(&whole, &cut), (&cut, &whole)] {
        let (json, code) = compared(&[a, b]);
        assert_eq!(code, Some(3));
        let first = json["settings"][0].as_str().expect("a sentence");
        assert!(first.starts_with("Parts of ") && first.contains("are lost"), "{first}");
        let damaged = if json["a"]["is_damaged"] == true { "a" } else { "b" };
        let rows = json["changes"].as_array().expect("rows");
        assert!(
            rows.iter().all(|row| !row[damaged].is_null() || (row["significant"] == false && row["named"] == false))
        );
        let text = String::from_utf8(run::tracelane(&["compare", a, b]).stdout).expect("words");
        assert!(text.starts_with("Parts of "), "{text}");
    }
}

#[test]
fn several_recordings_a_side_are_pooled() {
    let of = |name: &str| fixture(&format!("real/{name}.trace"));
    let (a1, a2) = (of("workers-go1.25"), of("workers-go1.26"));
    let (json, code) = compared(&["--a", &a1, &a2, "--b", &a2, &a1]);
    assert_eq!(code, Some(0));
    assert_eq!(json["a"]["files"].as_array().map(Vec::len), Some(2));
    assert_eq!(json["a"]["duration_ns"], json["b"]["duration_ns"]);
    assert!(json["changes"].as_array().expect("rows").iter().all(|row| row["significant"] == false));
}

#[test]
fn the_page_is_one_file_that_needs_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("what.html");
    let (bug, fixed) = (fixture("real/guessnumber-bug-go1.25.trace"), fixture("real/guessnumber-fixed-go1.25.trace"));
    let out = page.to_string_lossy();
    for align in ["start", "stretch", "wall"] {
        let (json, code) = compared(&[&bug, &fixed, "--html", &out, "--force", "--align", align]);
        assert_eq!((code, json["align"].as_str()), (Some(0), Some(align)));
        let text = std::fs::read_to_string(&page).expect("a page");
        for foreign in ["<script", " src=", " href=", "@import", "url("] {
            assert!(!text.contains(foreign), "{foreign}");
        }
        let verdict = json["verdict"][0].as_str().expect("a sentence").replace('&', "&amp;");
        assert!(text.contains(&verdict), "the page says {verdict}");
        assert!(text.matches("<svg").count() >= 6, "pictures");
        assert!(!text.contains("NaN") && !text.contains("inf "), "numbers");
        assert_eq!(text.matches("<path").count(), text.matches("</path>").count());
    }
    let left: Vec<_> = std::fs::read_dir(folder.path()).expect("the folder").collect();
    assert_eq!(left.len(), 1, "nothing but the page: {left:?}");
}

#[test]
fn zero_lies_where_it_is_asked_for() {
    let tasks = fixture("real/tasks-go1.27.trace");
    let (json, _) = compared(&[&tasks, &tasks]);
    let rows = json["changes"].as_array().expect("rows");
    let task = rows.iter().find(|row| row["kind"] == "task").expect("a task")["name"].as_str().expect("its name");
    let (json, code) = compared(&[&tasks, &tasks, "--align", &format!("task:{task}"), "--range-a", "0..1ms"]);
    assert_eq!(code, Some(0));
    assert!(json["a"]["origin_ns"][0].as_i64() > Some(0) && json["a"]["origin_ns"] == json["b"]["origin_ns"]);
    assert_eq!(json["a"]["duration_ns"], 1_000_000);
    let output = run::tracelane(&["compare", &tasks, &tasks, "--align", "region:nowhere"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("no such region begins"));
}

#[test]
fn a_comparison_is_a_table_for_spreadsheets_too() {
    let file = |name: &str| fixture(&format!("pairs/{name}.trace.gz"));
    let csv = |files: &[&str]| {
        let files: Vec<String> = files.iter().map(|name| file(name)).collect();
        let mut words = vec!["compare", "--format", "csv"];
        words.extend(files.iter().map(String::as_str));
        String::from_utf8(run::tracelane(&words).stdout).expect("words")
    };
    let two = csv(&["same-1", "slow-1"]);
    assert!(two.starts_with("kind,unit,name,name_b,renamed_inferred,tested,values.a,values.b,q_value,"), "{two}");
    let (json, _) = compared(&[&file("same-1"), &file("slow-1")]);
    assert_eq!(two.lines().count(), 1 + json["changes"].as_array().map_or(0, Vec::len), "the rows of the JSON");
    let series = csv(&["same-1", "slow-1", "same-2"]);
    assert!(series.starts_with("kind,name,tested,values.a,values.b,values.c,ratio,"), "{series}");
    assert!(series.lines().any(|line| line.starts_with("region,price in main.serve,median,")), "{series}");
}

#[test]
fn a_series_says_what_it_cannot_tell_and_what_was_set_otherwise() {
    let files = ["real/tasks-go1.22.trace", "real/gc-4procs-go1.27.trace", "broken/cut-mid-batch-go1.27.trace"];
    let files = files.map(fixture);
    let words: Vec<&str> = files.iter().map(String::as_str).collect();
    let (json, code) = compared(&words);
    assert_eq!(code, Some(3), "one is damaged");
    let said = |field: &str| json[field].as_array().expect("sentences").clone();
    let has =
        |field: &str, start: &str| said(field).iter().any(|one| one.as_str().is_some_and(|one| one.starts_with(start)));
    assert!(has("limits", "Each column is one recording"), "{:?}", said("limits"));
    assert!(has("settings", "Go differs: trace format 1.22 in A"), "{:?}", said("settings"));
    assert!(has("settings", "Parts of C are lost"), "{:?}", said("settings"));
}

#[test]
fn three_files_are_a_series() {
    let file = |name: &str| fixture(&format!("pairs/{name}.trace.gz"));
    let (json, code) = compared(&[&file("same-1"), &file("slow-1"), &file("same-2")]);
    assert_eq!((code, json["sides"].as_array().map(Vec::len)), (Some(0), Some(3)));
    let rows = json["rows"].as_array().expect("rows");
    let price = rows.iter().find(|row| row["name"] == "price in main.serve").expect("the region");
    assert_eq!(price["steps"][0]["significant"], true, "{price}");
    assert_eq!(price["steps"][1]["significant"], true, "{price}");
    assert_eq!(price["overall"]["significant"], false, "{price}");
    assert!(price["figures"].as_array().expect("figures").iter().all(|side| side["count"] == 200), "{price}");
    let steps = &json["steps"];
    assert!(steps[0][0].as_str().is_some_and(|said| said.contains("Region price")), "{steps}");
    let output = run::tracelane(&["compare", &file("same-1"), &file("slow-1"), &file("same-2"), "--md"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("| Figure | A | B | C | First to last |"), "{text}");
    assert!(text.lines().any(|line| line.contains("`price in main.serve` | median |")), "one figure a row: {text}");
}
