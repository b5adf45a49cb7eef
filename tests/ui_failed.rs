//! The page of a file that cannot be opened: all of what it is and what to do, as text that can be selected, and the
//! command to copy.

use std::fs;

use tracelane::action::action::FileAction;
use tracelane::state::document::LoadState;

use crate::window::Window;

const CURL: &str = "curl -o out.trace 'http://localhost:6060/debug/pprof/trace?seconds=5'";

/// A file that is taken for a trace: its name, its text, what is said of it, and the command that stands by itself.
type LookAlike = (&'static str, &'static str, &'static [&'static str], Option<&'static str>);

/// Files of spans are not among them: they open as a session.
const LOOK_ALIKES: [LookAlike; 8] = [
    (
        "busy.trace",
        "Could not enable tracing: tracing is already enabled\n",
        &["tracing is already enabled", "Wait until that recording has ended"],
        Some(CURL),
    ),
    ("heap.trace", "heap profile: 3: 1024 [12: 4096] @ heap/1048576\n", &["a heap profile in text form"], Some(CURL)),
    (
        "lfs.trace",
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n",
        &["a Git LFS pointer", "git lfs pull"],
        None,
    ),
    (
        "panic.trace",
        "panic: boom; really\n\ngoroutine 1 [running]:\nmain.main()\n\t/x/main.go:12 +0x1d\n",
        &["\"panic: boom; really\"", "trace.FlightRecorder"],
        None,
    ),
    ("chrome.json", "{\"traceEvents\":[]}", &["Chrome's JSON format", "https://ui.perfetto.dev"], Some(CURL)),
    (
        "build.json",
        "[\n{\"name\":\"Running build command\",\"ph\":\"B\",\"ts\":1,\"pid\":0,\"tid\":0}\n]\n",
        &["go build -debug-trace"],
        Some("go test -trace=out.trace"),
    ),
    ("log.trace", "2026-01-01 INFO starting up\n", &["begins with text"], None),
    ("empty.trace", "", &["It is empty"], None),
];

#[test]
fn what_cannot_be_opened_is_explained_in_full() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text, said, command) in LOOK_ALIKES {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("written");
        let mut window = Window::empty();
        window.act(FileAction::Open(path.clone()));
        let LoadState::Failed(sentence) = &window.document().load else { panic!("{name} opens") };
        let words = window.words();
        let shown = words.join("\n");
        for part in said.iter().copied().chain(command) {
            assert!(shown.contains(part), "{name}: {part} of {sentence}: {shown}");
        }
        // Every word of the sentence is there, whatever it was split into.
        for word in sentence.split_whitespace() {
            let word = word.trim_matches([';', ':']).to_lowercase();
            assert!(shown.to_lowercase().contains(&word), "{name}: {word} of {sentence}: {shown}");
        }
        assert!(words.iter().any(|word| *word == path.to_string_lossy()), "{name}: the path");
        let stands_alone = command.is_none_or(|command| words.iter().any(|word| word == command));
        assert!(stands_alone, "{name}: {command:?} on a line of its own: {words:?}");
        assert_eq!(command.is_some(), window.shows("Copy the command"), "{name}: {words:?}");
    }
}
