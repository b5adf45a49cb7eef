//! What README, manual and docs tell people to type: every `tracelane` line in a block of shell commands is a command that the
//! program takes, and those that only read a trace are run.

use std::fs;
use std::path::{Path, PathBuf};

use tracelane::cli::args;

use crate::fixtures;
use crate::run;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

fn pages() -> Vec<PathBuf> {
    let mut pages = vec![root().join("README.md")];
    for folder in ["docs", "assets/manual"] {
        let files = fs::read_dir(root().join(folder)).expect("a folder").map(|entry| entry.expect("a file").path());
        pages.extend(files.filter(|path| path.extension().is_some_and(|extension| extension == "md")));
    }
    pages.sort();
    pages
}

/// The `tracelane` lines of a page's shell blocks, with lines that go on joined, and what is behind `#` taken off.
fn commands(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_shell = false;
    let joined = page.replace("\\\n", " ");
    for line in joined.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            in_shell = !in_shell && matches!(language.trim(), "sh" | "bash" | "shell" | "console");
            continue;
        }
        let line = line.trim_start().trim_start_matches("$ ");
        if in_shell && line.starts_with("tracelane ") {
            found.push(line.split(" #").next().unwrap_or(line).trim().to_owned());
        }
    }
    found
}

/// The words of a command as a shell takes them, up to a pipe, a redirection or another command. `None` for what only a
/// shell can work out.
fn words(command: &str) -> Option<Vec<String>> {
    let (mut words, mut word, mut quote, mut is_open) = (Vec::new(), String::new(), None, false);
    for c in command.chars() {
        match (quote, c) {
            // `[--json|--md]` says that something may be left out.
            (None, '[') if word.is_empty() => quote = Some(']'),
            (Some(']'), c) if c != ']' => {}
            (Some(end), c) if c == end => quote = None,
            (None, '\'' | '"') => (quote, is_open) = (Some(c), true),
            (None, '$' | '`') => return None,
            (None, '|' | '>' | '<' | ';' | '&') => break,
            (None, c) if c.is_whitespace() => {
                if std::mem::take(&mut is_open) || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            (_, c) => word.push(c),
        }
    }
    if is_open || !word.is_empty() {
        words.push(word);
    }
    Some(words)
}

#[test]
fn commands_that_are_written_down_are_understood() {
    let (mut checked, mut wrong) = (0, Vec::new());
    for page in pages() {
        for command in commands(&fs::read_to_string(&page).expect("a page")) {
            let Some(words) = words(&command) else { continue };
            checked += 1;
            if let Err(error) = args::parse(words.iter().map(Into::into)) {
                let name = page.strip_prefix(root()).expect("below the root").display().to_string();
                wrong.push(format!("{name}: {command}\n    {}", error.message));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 30, "{checked}");
}

/// Those of the README that read one FILE and write nothing.
#[test]
fn commands_of_the_readme_work() {
    let trace = fixtures::data().join("real/tasks-go1.27.trace");
    let trace = trace.to_str().expect("a name");
    let readme = fs::read_to_string(root().join("README.md")).expect("a page");
    let mut ran = 0;
    for command in commands(&readme) {
        let Some(words) = words(&command).filter(|words| words.get(2).is_some_and(|word| word == "FILE")) else {
            continue;
        };
        if words.iter().any(|word| matches!(word.as_str(), "-o" | "screenshot" | "--follow" | "--task")) {
            continue;
        }
        let words: Vec<&str> = words.iter().skip(1).map(|word| if word == "FILE" { trace } else { word }).collect();
        // The trace lasts for less than the README's times, which are of a longer one.
        let output = run::tracelane(&words);
        let said = String::from_utf8_lossy(&output.stderr);
        let is_range = words.iter().any(|word| matches!(*word, "--range" | "--at"));
        assert!(output.status.success() || (is_range && said.contains("trace")), "{command}: {said}");
        ran += 1;
    }
    assert!(ran >= 15, "{ran}");
}

#[test]
fn shell_words_are_taken_apart() {
    let taken = words("tracelane query FILE... 'SELECT 1' [--json|--limit N] > out").expect("words");
    assert_eq!(taken, ["tracelane", "query", "FILE...", "SELECT 1"]);
    assert_eq!(words("tracelane $FILE"), None);
}
