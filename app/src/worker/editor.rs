//! Opens a line of a file in the user's editor.

use std::env;
use std::path::Path;
use std::process::{Command, Stdio};

/// Editors with a window, in the order of preference.
const EDITORS: [&str; 7] = ["code", "cursor", "codium", "zed", "goland", "idea", "subl"];

/// Starts the editor: by the user's template, else `$VISUAL`, else the first known one that is there.
///
/// # Errors
/// With a sentence that says what was tried and what to do.
pub fn open(template: &str, file: &Path, line: u64) -> Result<(), String> {
    let visual = env::var("VISUAL").unwrap_or_default();
    let found = || EDITORS.into_iter().find(|name| is_program(name)).map(str::to_owned);
    let chosen = [template.trim().to_owned(), visual.trim().to_owned()].into_iter().find(|command| !command.is_empty());
    let command = chosen
        .or_else(found)
        .ok_or_else(|| "no editor found: set VISUAL to the command of one, such as code or goland".to_owned())?;
    let arguments = arguments(&command, &file.display().to_string(), line.max(1));
    let (program, rest) = arguments.split_first().ok_or_else(|| "the editor's command is empty".to_owned())?;
    let started =
        Command::new(program).args(rest).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    started.map(|_child| ()).map_err(|error| format!("{program} cannot be started: {error}"))
}

/// The program and its arguments. No shell sees them, so nothing in a file's name has a meaning.
fn arguments(command: &str, file: &str, line: u64) -> Vec<String> {
    let mut words: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    if command.contains("{file}") {
        for word in &mut words {
            *word = word.replace("{line}", &line.to_string()).replace("{file}", file);
        }
        return words;
    }
    let program = words.first().map(String::as_str).unwrap_or_default();
    let name = Path::new(program).file_stem().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    match name.as_str() {
        "code" | "codium" | "cursor" | "code-insiders" => words.extend(["-g".to_owned(), format!("{file}:{line}")]),
        "goland" | "idea" => words.extend(["--line".to_owned(), line.to_string(), file.to_owned()]),
        "subl" | "zed" | "hx" | "helix" => words.push(format!("{file}:{line}")),
        "vi" | "vim" | "nvim" | "gvim" | "emacs" | "emacsclient" | "nano" | "kak" | "gedit" | "kate" => {
            words.extend([format!("+{line}"), file.to_owned()]);
        }
        _ => words.push(file.to_owned()),
    }
    words
}

fn is_program(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(name).is_file() || folder.join(format!("{name}.cmd")).is_file())
}

#[cfg(test)]
mod tests {
    use super::arguments;

    #[test]
    fn each_editor_gets_the_line_in_its_own_way() {
        let of = |command: &str| arguments(command, "/a b/x.go", 12).join("|");
        assert_eq!(of("code"), "code|-g|/a b/x.go:12");
        assert_eq!(of("/usr/bin/vim"), "/usr/bin/vim|+12|/a b/x.go");
        assert_eq!(of("goland"), "goland|--line|12|/a b/x.go");
        assert_eq!(of("myedit --at {line} {file}"), "myedit|--at|12|/a b/x.go");
        assert_eq!(of("other"), "other|/a b/x.go");
        assert_eq!(arguments("x {file}", "$(rm -rf)", 1), ["x", "$(rm -rf)"], "no shell");
    }
}
