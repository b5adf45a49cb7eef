//! What README, manual and docs tell people to type: every `tracelane` line in a block of shell commands is a command that the
//! program takes, and is run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tracelane::cli::args;

use crate::fixtures;
use crate::run;
use crate::sessions::unpack;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> =
        ["README.md", "BENCHMARKS.md", "CONTRIBUTING.md", "SECURITY.md", "trace-core/README.md"]
            .map(|page| root().join(page))
            .into();
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

/// The commands in a page's sentences: `tracelane report FILE`, where it is more than a name.
fn commands_in_sentences(page: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut is_block = false;
    // A sentence may break its line inside a command.
    for paragraph in page.split("\n\n") {
        let fences = paragraph.matches("```").count();
        if !is_block && fences == 0 {
            let inside = paragraph.split('`').skip(1).step_by(2);
            let inside = inside.map(|text| text.split_whitespace().collect::<Vec<_>>().join(" "));
            found.extend(inside.filter(|text| text.starts_with("tracelane ")));
        }
        is_block ^= fences % 2 == 1;
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
        let page_text = fs::read_to_string(&page).expect("a page");
        let in_blocks = commands(&page_text).into_iter().map(|command| (command, false));
        let in_sentences = commands_in_sentences(&page_text).into_iter().map(|command| (command, true));
        for (command, is_sentence) in in_blocks.chain(in_sentences) {
            let Some(words) = words(&command) else { continue };
            // What a sentence leaves open.
            if is_sentence && words.iter().any(|word| word.ends_with('…') || word.ends_with("...")) {
                continue;
            }
            checked += 1;
            let Err(error) = args::parse(words.iter().map(Into::into)) else { continue };
            // A sentence may name a command alone, but no other than there is.
            let is_name = is_sentence && ["missing ", "needs "].iter().any(|what| error.message.contains(what));
            if !is_name {
                let name = page.strip_prefix(root()).expect("below the root").display().to_string();
                wrong.push(format!("{name}: {command}\n    {}", error.message));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 30, "{checked}");
}

/// A folder with what the pages' commands are about, under the names that they have there.
fn desk() -> tempfile::TempDir {
    let desk = tempfile::tempdir().expect("a folder");
    let at = |name: &str| desk.path().join(name);
    let copy = |from: &str, to: &str| {
        fs::create_dir_all(at(to).parent().expect("a folder")).expect("a folder");
        fs::copy(fixtures::data().join(from), at(to)).map(drop).unwrap_or_else(|error| panic!("{from}: {error}"));
    };
    for name in ["FILE", "one.trace", "server.trace", "snapshots/one.trace"] {
        copy("real/tasks-go1.27.trace", name);
    }
    for (side, of) in [("A", "bug"), ("B", "fixed"), ("before.trace", "bug"), ("after.trace", "fixed")] {
        copy(&format!("real/guessnumber-{of}-go1.27.trace"), side);
    }
    for (at, number) in [1, 2, 3].into_iter().enumerate() {
        for to in [format!("old-{number}.trace.gz"), format!("base/{number}.trace.gz")] {
            copy(&format!("pairs/same-{}.trace.gz", at + 1), &to);
        }
        for to in [format!("new-{number}.trace.gz"), format!("head/{number}.trace.gz")] {
            copy(&format!("pairs/same-{}.trace.gz", at + 10), &to);
        }
    }
    for folder in ["slow-checkout", "before", "after"] {
        fs::create_dir_all(at(folder)).expect("a folder");
        unpack("traceparent-lock-go1.27", &at(folder));
    }
    let members = unpack("otel-slow-go1.27", desk.path());
    let (spans, traces): (Vec<_>, Vec<_>) =
        members.into_iter().partition(|member| member.extension().is_none_or(|extension| extension != "trace"));
    for (from, to) in traces.iter().zip(["front.trace", "cart.trace"]).chain(traces.iter().zip(["A.trace", "B.trace"]))
    {
        fs::copy(from, at(to)).expect("copied");
    }
    for to in ["spans.json", "SPANS.json"] {
        fs::copy(spans.first().expect("a file of spans"), at(to)).expect("copied");
    }
    desk
}

/// A command's words with what its page leaves open filled in; `*` stands for what the folder has.
fn filled(words: Vec<String>, folder: &Path) -> Vec<String> {
    let mut filled = Vec::new();
    for word in words {
        let word = match word.trim_end_matches("...") {
            "SELECT" | "SELECT " => "SELECT count(*) FROM spans".to_owned(),
            "COMMAND" => "stats".to_owned(),
            other => other.to_owned(),
        };
        let Some((before, after)) = word.split_once('*').filter(|_| word.ends_with(".trace")) else {
            filled.push(word);
            continue;
        };
        let (inside, before) = before.rsplit_once('/').unwrap_or((".", before));
        let names = fs::read_dir(folder.join(inside)).expect("a folder");
        let names = names.map(|entry| entry.expect("a file").file_name().into_string().expect("a name"));
        let mut found: Vec<String> = names
            .filter(|name| name.starts_with(before) && name.contains(after))
            .map(|name| format!("{inside}/{name}"))
            .collect();
        found.sort();
        assert!(!found.is_empty(), "{word}");
        filled.extend(found);
    }
    filled
}

/// Every command of README, docs and manual does what it says. What it may not know here (a time, a name, an id that only the
/// page's own trace has) it says; that is no reason to fail.
#[test]
fn commands_of_the_pages_work() {
    let (mut ran, mut wrong) = (0, Vec::new());
    for page in pages() {
        let commands = commands(&fs::read_to_string(&page).expect("a page"));
        if commands.is_empty() {
            continue;
        }
        // What the commands of one page write is not what those of another read.
        let desk = desk();
        for command in commands {
            let Some(words) = words(&command) else { continue };
            // One needs two servers (tests/recording.rs has some), one a link to a place in a trace (tests/cli_links.rs).
            if words.get(1).is_some_and(|word| word == "record" || word.starts_with("tracelane://")) {
                continue;
            }
            let words = filled(words, desk.path());
            let arguments: Vec<&str> = words.iter().skip(1).map(String::as_str).collect();
            // Pages show ways to write one and the same file.
            for pair in arguments.windows(2).filter(|pair| matches!(pair[0], "-o" | "--html")) {
                if let Err(error) = fs::remove_file(desk.path().join(pair[1])) {
                    assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{command}");
                }
            }
            let output = run::command(&arguments).current_dir(desk.path()).stdin(Stdio::null()).output();
            let output = output.expect("the program starts");
            let said = String::from_utf8_lossy(&output.stderr);
            let is_open = NOT_HERE.iter().any(|known| said.contains(known));
            // 4: a condition of --fail-if is met, or not.
            if !matches!(output.status.code(), Some(0 | 4)) && !is_open {
                wrong.push(format!("{}: {command}\n    {:?} {said}", page.display(), output.status.code()));
            }
            ran += 1;
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(ran >= 40, "{ran}");
}

/// What a command says where the trace that a page is about has a time, a task or a request that the one here has not.
const NOT_HERE: [&str; 5] = [
    "no event of the trace lies in this range",
    "the trace has no goroutine",
    "the trace has no task",
    "neither side has task",
    "no request, or more than one,",
];

/// The lines of all shell blocks that begin with a word.
fn lines_of(page: &str, word: &str) -> Vec<String> {
    let lines = page.lines().map(|line| line.split(" #").next().unwrap_or(line).trim().to_owned());
    lines.filter(|line| line.starts_with(word)).collect()
}

/// Running cargo inside of a test would take hours: what its commands name is there.
#[test]
fn commands_of_cargo_and_scripts_name_what_is_there() {
    let manifests: String = ["Cargo.toml", "app/Cargo.toml", "trace-core/Cargo.toml"]
        .map(|path| fs::read_to_string(root().join(path)).expect("a manifest"))
        .concat();
    let mut checked = 0;
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        for line in lines_of(&text, "cargo ") {
            let words: Vec<&str> = line.split_whitespace().collect();
            checked += 1;
            for pair in words.windows(2) {
                let (flag, value) = (pair[0], pair[1]);
                let is_there = match flag {
                    "-p" | "--test" | "--bench" => manifests.contains(&format!("name = \"{value}\"")),
                    "--features" => manifests.contains(&format!("\n{value} = [")),
                    "--example" => root().join(format!("trace-core/examples/{value}.rs")).exists(),
                    _ => true,
                };
                assert!(is_there, "{}: {line}: {value}", page.display());
            }
        }
        for line in lines_of(&text, "assets/").into_iter().chain(lines_of(&text, "./check.sh")) {
            let script = line.split_whitespace().next().expect("a word");
            checked += 1;
            assert!(root().join(script).exists() || script.contains('`'), "{}: {line}", page.display());
        }
        for line in lines_of(&text, "python3 assets/") {
            let script = line.split_whitespace().nth(1).expect("a script");
            checked += 1;
            assert!(root().join(script).exists(), "{}: {line}", page.display());
        }
    }
    assert!(checked >= 9, "{checked}");
}

/// A block of commands that does not say so is not looked at by these tests, nor coloured by readers of the page.
#[test]
fn blocks_of_commands_say_that_they_are() {
    for page in pages() {
        let text = fs::read_to_string(&page).expect("a page");
        for (at, block) in text.split("```").enumerate().filter(|(at, _)| at % 2 == 1) {
            let (language, body) = block.split_once('\n').unwrap_or((block, ""));
            let is_silent = language.trim().is_empty() && body.lines().any(|line| line.starts_with("tracelane "));
            assert!(!is_silent, "{}, block {}: {body}", page.display(), at / 2 + 1);
        }
    }
}

#[test]
fn shell_words_are_taken_apart() {
    let taken = words("tracelane query FILE... 'SELECT 1' [--json|--limit N] > out").expect("words");
    assert_eq!(taken, ["tracelane", "query", "FILE...", "SELECT 1"]);
    assert_eq!(words("tracelane $FILE"), None);
}
