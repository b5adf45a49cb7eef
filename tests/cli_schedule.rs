//! The subcommands about procs, threads, system calls, waits for a proc, population and leaks, from outside: what
//! their JSON promises, and that its sums are right.

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

fn number(json: &Value, field: &str) -> u64 {
    json[field].as_u64().unwrap_or_else(|| panic!("{field} in {json}"))
}

#[test]
fn all_read_well_and_take_their_scope() {
    let file = fixture("real/workers-go1.27.trace");
    for command in ["latency", "procs", "threads", "syscalls", "population", "leaks"] {
        let output = run::tracelane(&[command, &file, "--range", "..5ms", "--limit", "3"]);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.code() == Some(0) && text.lines().count() >= 2, "{command}: {text}");
        let json = json(&[command, &file, "--json"]);
        assert!(json["partial"] == false && json["file"] == *file, "{command}: {json}");
        let output = run::tracelane(&[command, "--help"]);
        assert!(String::from_utf8_lossy(&output.stdout).contains(command), "{command}");
        let broken = fixture("broken/cut-mid-batch-go1.27.trace");
        let output = run::tracelane(&[command, &broken]);
        assert_eq!(output.status.code(), Some(3), "{command}: damaged");
        assert!(String::from_utf8_lossy(&output.stdout).contains("damaged"), "{command}");
    }
    for command in ["procs", "threads"] {
        let output = run::tracelane(&[command, &file, "--goroutine", "1"]);
        assert_eq!(output.status.code(), Some(2), "{command} belong to everybody");
    }
}

#[test]
fn waits_for_a_proc_are_those_of_the_goroutines_and_share_all_proc_time() {
    let file = fixture("real/workers-go1.27.trace");
    let found = json(&["latency", &file, "--json", "--limit", "1000"]);
    let all = json(&["goroutines", &file, "--json"]);
    assert_eq!(found["all"]["waits"]["total_ns"], all["all"]["times"]["runnable_ns"]);
    let others = &found["antagonists"];
    assert_eq!(others["ready_ns"], all["all"]["times"]["runnable_ns"]);
    let parts = ["running_ns", "syscall_ns", "looking_ns", "idle_ns"].map(|field| number(others, field));
    assert_eq!(parts.iter().sum::<u64>(), number(others, "proc_ns"));
    for part in ["functions", "goroutines"] {
        let told = others[part].as_array().expect("a list").iter();
        let sum: u64 = told.map(|one| number(one, "running_ns") + number(one, "syscall_ns")).sum();
        assert_eq!(sum, parts[0] + parts[1], "{part}");
    }
    let worst = &found["all"]["worst"][0];
    assert_eq!(worst["duration_ns"], found["all"]["waits"]["max_ns"]);
    assert!(worst["goroutine"].is_i64() && worst["stack"].is_array());
}

#[test]
fn procs_and_threads_sum_to_the_range() {
    let file = fixture("real/sysio-go1.27.trace");
    let found = json(&["procs", &file, "--json"]);
    let whole = number(&found, "range_ns");
    for proc in found["procs"].as_array().expect("procs") {
        let parts = ["running_ns", "syscall_ns", "looking_ns", "idle_ns", "unknown_ns"];
        assert_eq!(parts.iter().map(|part| number(proc, part)).sum::<u64>(), whole, "{proc}");
    }
    let threads = json(&["threads", &file, "--json", "--limit", "100"]);
    let sum = |list: &Value, field: &str| -> u64 {
        list.as_array().expect("a list").iter().map(|one| number(one, field)).sum()
    };
    assert_eq!(sum(&threads["threads"], "running_ns"), sum(&found["procs"], "running_ns"));
    let series = threads["with_proc_ns"].as_array().expect("a series").iter();
    assert_eq!(series.filter_map(Value::as_u64).sum::<u64>(), sum(&threads["threads"], "with_proc_ns"));
    let calls = json(&["syscalls", &file, "--json", "--limit", "1000"]);
    assert!(number(&calls["all"], "blocking") > 0, "this program blocks in system calls");
    assert_eq!(number(&calls["all"], "blocked_ns"), sum(&threads["threads"], "blocked_ns"));
    let by = |field: &str| -> u64 {
        calls[field].as_array().expect("groups").iter().map(|group| number(&group["calls"], "count")).sum()
    };
    assert_eq!((by("functions"), by("stacks")), (number(&calls["all"]["calls"], "count"), by("functions")));
}

#[test]
fn population_and_leaks_agree_about_who_is_left() {
    let file = fixture("real/manygoroutines-go1.27.trace");
    let found = json(&["population", &file, "--json", "--limit", "1000"]);
    let all = &found["all"];
    assert_eq!(number(all, "before") + number(all, "created"), number(all, "alive") + number(all, "ended"));
    assert_eq!(all["alive_at"].as_array().and_then(|series| series.last()), Some(&all["alive"]));
    let left = json(&["leaks", &file, "--json", "--limit", "1000"]);
    let left = left["suspects"].as_array().expect("a list");
    let blocked: u64 = left.iter().map(|group| number(group, "count")).sum();
    assert!(blocked > 0 && blocked <= number(all, "alive"));
    assert!(left.iter().all(|group| group["meaning"].is_string() && group["confidence"].is_f64()), "{left:?}");
}

#[test]
fn tasks_and_regions_take_a_scope() {
    let file = fixture("real/tasks-go1.27.trace");
    let types = |arguments: &[&str]| -> Vec<(String, u64)> {
        let found = json(&[&[arguments[0], &file, "--json"], &arguments[1..]].concat());
        let types = found["types"].as_array().expect("types").iter();
        types.map(|one| (one["name"].as_str().unwrap_or_default().to_owned(), number(one, "count"))).collect()
    };
    let all = types(&["tasks"]);
    let one = types(&["tasks", "--task", &all[0].0]);
    assert_eq!(one, all[..1], "of a type");
    let found = json(&["tasks", &file, "--json"]);
    let parent = found["types"].as_array().expect("types").iter().flat_map(|one| one["slowest"].as_array());
    let parent = parent.flatten().find(|one| one["children"].as_array().is_some_and(|children| !children.is_empty()));
    let parent = parent.expect("a task with children");
    let family = types(&["tasks", "--task", &parent["task"].to_string()]);
    let count: u64 = family.iter().map(|one| one.1).sum();
    assert!(count > parent["children"].as_array().map_or(0, Vec::len) as u64, "{family:?}");
    let go = parent["goroutine"].to_string();
    let total = |types: &[(String, u64)]| types.iter().map(|one| one.1).sum::<u64>();
    let (regions, on_go) = (types(&["regions"]), types(&["regions", "--goroutine", &go]));
    assert!(total(&on_go) <= total(&regions));
    let by_depth: u64 = (0..8).map(|depth| total(&types(&["regions", "--depth", &depth.to_string()]))).sum();
    assert_eq!(by_depth, total(&regions), "each has one depth");
    let output = run::tracelane(&["tasks", &file, "--region", "x"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn cpu_samples_are_told_by_line_and_by_goroutine() {
    let file = fixture("real/cpuprofile-go1.27.trace");
    let found = json(&["profile", &file, "--kind", "cpu", "--json"]);
    let sum = |list: &Value, field: &str| -> u64 {
        list.as_array().expect("a list").iter().map(|one| number(one, field)).sum()
    };
    let with_stack = found["stacks"].as_array().expect("stacks").iter();
    let with_stack = with_stack.filter(|one| one["stack"].as_array().is_some_and(|stack| !stack.is_empty()));
    assert_eq!(sum(&found["lines"], "own_ns"), with_stack.map(|one| number(one, "total_ns")).sum::<u64>());
    assert_eq!(sum(&found["goroutines"], "count"), number(&found, "count"));
    let output = run::tracelane(&["profile", &file, "--kind", "cpu", "--top"]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("  Line\n") && text.contains("Start function"), "{text}");
}
