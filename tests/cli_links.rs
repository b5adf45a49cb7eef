//! Links on the command line and in what commands print; without a display a summary of the trace stands for the window.

use std::path::Path;
use std::process::Output;

use serde_json::Value;
use tracelane::link::text::Link;

use crate::fixtures;
use crate::run;

const REQUESTS: &str = "httpserver-go1.27.trace";

/// Runs the program in a folder, with no files opened before.
fn run_in(folder: &Path, arguments: &[&str]) -> Output {
    let home = tempfile::tempdir().expect("a folder");
    let mut command = run::command(arguments);
    command.current_dir(folder).env("HOME", home.path()).env("XDG_CONFIG_HOME", home.path());
    command.output().expect("the program starts")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

/// The link that `tracelane mcp` gives for a place of a trace.
fn link_of(folder: &Path, file: &str) -> String {
    use std::io::Write as _;
    let mut command = run::command(&["mcp"]);
    command.current_dir(folder).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut server = command.spawn().expect("the program starts");
    let arguments = serde_json::json!({ "file": file, "range": "3ms..4ms", "goroutine": "G12" });
    let call = serde_json::json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": { "name": "link", "arguments": arguments },
    });
    writeln!(server.stdin.take().expect("an input"), "{call}").expect("written");
    let answer: Value = serde_json::from_slice(&server.wait_with_output().expect("it ends").stdout).expect("JSON");
    let text = answer["result"]["content"][0]["text"].as_str().expect("a text").to_owned();
    text.lines().find_map(|line| line.strip_prefix("Link: ")).expect("a link").to_owned()
}

#[test]
fn a_link_of_mcp_opens_the_trace_where_it_lies_in_the_folder() {
    let data = fixtures::data().join("real");
    let link = link_of(&data, REQUESTS);
    let read = Link::parse(&link).expect("a sound link");
    assert_eq!((read.file.as_str(), link.contains("&t=3ms..4ms&g=12")), (REQUESTS, true), "{link}");
    let output = run_in(&data, &[&link]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    assert!(
        said(&output).contains("since there is no display") && said(&output).contains(REQUESTS),
        "{}",
        said(&output)
    );
    // Under another name it is found by its contents.
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::copy(data.join(REQUESTS), folder.path().join("renamed")).expect("copied");
    let output = run_in(folder.path(), &[&link]);
    assert!(output.status.success() && said(&output).contains("/renamed instead"), "{}", said(&output));
}

#[test]
fn a_link_whose_trace_is_not_there_says_where_it_was_looked_for() {
    let data = fixtures::data().join("real");
    let link = link_of(&data, REQUESTS);
    let folder = tempfile::tempdir().expect("a folder");
    let output = run_in(folder.path(), &[&link]);
    let here = folder.path().display().to_string();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output));
    assert!(said(&output).contains(&format!("is in none of these folders: {here}")), "{}", said(&output));
    std::fs::copy(data.join("tasks-go1.27.trace"), folder.path().join(REQUESTS)).expect("copied");
    let output = run_in(folder.path(), &[&link]);
    assert!(said(&output).contains(&format!("{here}/{REQUESTS} has other contents")), "{}", said(&output));
}

#[test]
fn what_is_no_link_is_refused() {
    for text in [
        "tracelane://open?file=x",
        "tracelane://open?url=http%3A%2F%2Fexample.com",
        "tracelane://open?file=..%2Fx&sha256=0",
        "tracelane://",
        "TRACELANE://x",
    ] {
        let output = run::tracelane(&[text]);
        assert_eq!(output.status.code(), Some(2), "{text}: {}", said(&output));
        assert!(said(&output).contains("the link cannot be opened: it "), "{}", said(&output));
    }
}

#[test]
fn desktops_give_files_as_addresses() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a b.trace");
    std::fs::copy(fixtures::data().join("real").join(REQUESTS), &path).expect("copied");
    let address = format!("file://{}", path.display()).replace(' ', "%20");
    let output = run::tracelane(&[&address]);
    assert!(output.status.success() && said(&output).contains("a b.trace instead"), "{}", said(&output));
}

#[test]
fn a_lake_has_a_link_to_each_snapshot() {
    let folder = tempfile::tempdir().expect("a folder");
    let lake = folder.path().join("lake").display().to_string();
    let data = fixtures::data().join("real");
    let file = data.join(REQUESTS).display().to_string();
    let output = run::tracelane(&["export", "--parquet", &lake, &file]);
    assert_eq!(output.status.code(), Some(0), "{}", said(&output));
    // A place is added to it in SQL.
    let query = "SELECT link || '&t=' || 3000000 || 'ns..4ms&g=' || 12 AS link FROM traces";
    let rows: Value = serde_json::from_slice(&run::tracelane(&["query", &lake, query, "--json"]).stdout).expect("JSON");
    let link = rows[0]["link"].as_str().expect("a link");
    let (of_lake, of_mcp) = (Link::parse(link).expect("sound"), Link::parse(&link_of(&data, REQUESTS)).expect("sound"));
    assert_eq!(of_lake, of_mcp);
}

#[test]
fn the_desktop_entry_takes_links() {
    let entry = include_str!("../assets/linux/tracelane.desktop");
    assert!(entry.lines().any(|line| line == "Exec=tracelane %U"), "%F would give files alone");
    let types = entry.lines().find_map(|line| line.strip_prefix("MimeType=")).expect("types");
    assert!(types.split(';').any(|of| of == "x-scheme-handler/tracelane"), "{types}");
}
