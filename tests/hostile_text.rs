//! Names, logs and paths that try to get out of where they are put: every command in every form, and every panel of
//! the window, shows them as text on their line.
//!
//! Commands are taken from the program's own table: a new one is tried without anybody remembering to add it here.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use egui::Shape;
use rayon::prelude::*;
use tempfile::TempDir;
use trace_core::base::ids::{GoroutineIdx, ProcIdx, ThreadIdx};
use trace_core::base::visible::{has_hidden, visible};
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{Action, FileAction, PanelAction, SelectAction};
use tracelane::action::panel::Panel;
use tracelane::cli::overview::trace_commands;
use tracelane::raster::window::OffscreenWindow;
use tracelane::shell::app::TracelaneApp;
use tracelane::state::settings::Settings;

use crate::fixtures;
use crate::hostile;
use crate::hostile::{NEW_LINE, poison};
use crate::run;

/// Traces with findings, locks, tasks, regions, logs, labels, samples, collections and system calls among them.
const TRACES: [&str; 5] = [
    "real/guessnumber-bug-go1.27.trace",
    "real/httpserver-go1.27.trace",
    "real/cpuprofile-go1.27.trace",
    "real/labels-4procs-go1.23.trace",
    "real/badregions-go1.27.trace",
];

/// Every way of asking any command for another form of its answer. A command that does not know one refuses it.
const FORMS: [&[&str]; 16] = [
    &[],
    &["--json"],
    &["--md"],
    &["--format", "csv"],
    &["--top"],
    &["--folded"],
    &["--format", "html"],
    &["--html", "{out}.html", "--force"],
    &["-o", "{out}.pb.gz", "--force"],
    &["--limit", "1000"],
    &["--by", "goroutine"],
    &["--goroutines"],
    &["--kind", "blocked", "--folded"],
    &["--kind", "cpu", "--top"],
    &["--align", "region:nothing"],
    &["--function", "nothing"],
];

/// A folder with hostile traces under hostile names.
struct Den {
    folder: TempDir,
    traces: Vec<PathBuf>,
}

impl Den {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut traces = Vec::new();
        for (at, name) in TRACES.iter().enumerate() {
            let bytes = hostile::unpacked(&fixtures::data().join(name));
            let own = hostile::names_of_the_program as fn(&str) -> Option<String>;
            // Where the runtime's words are poisoned, too, less is found: locks, for example, are known by theirs.
            let all = (at == 0).then_some(("all", hostile::every_text as fn(&str) -> Option<String>));
            for (how, rename) in std::iter::once(("own", own)).chain(all) {
                // A name has 255 bytes, and neither / nor NUL.
                let poison: String = poison().chars().filter(|c| !matches!(c, '/' | '\0')).collect();
                let path = folder.path().join(format!("{at}{how}{poison}.trace"));
                fs::write(&path, hostile::renamed(&bytes, &rename)).expect("written");
                traces.push(path);
            }
        }
        Self { folder, traces }
    }

    /// The trace whose name begins so.
    fn trace(&self, begin: &str) -> &Path {
        let is_it = |path: &&PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(begin));
        self.traces.iter().find(is_it).expect("it is there")
    }

    /// What a command is given, beside its form.
    fn words<'a>(&'a self, command: &str, trace: &'a Path) -> Vec<&'a str> {
        let trace = trace.to_str().expect("text");
        let other = self.traces[0].to_str().expect("text");
        match command {
            "compare" => vec![trace, other],
            "query" => vec![trace, "SELECT * FROM goroutines JOIN stacks ON stack_id = creation_stack_id"],
            "cut" => vec![trace, "-o", "{out}.trace"],
            "export" => vec![trace, "--to", "perfetto", "-o", "{out}.pb"],
            "screenshot" => vec![trace, "--size", "400x300", "-o", "{out}.png", "--force"],
            _ => vec![trace],
        }
    }

    fn run(&self, words: &[&str]) -> Output {
        let out = self
            .folder
            .path()
            .join(words.first().map_or("none", |word| word).replace('/', "_"))
            .to_string_lossy()
            .into_owned();
        let words: Vec<String> = words.iter().map(|word| word.replace("{out}", &out)).collect();
        run::tracelane(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

/// Fails if something of a text could reach a terminal as more than text on its line.
fn check_terminal(what: &str, bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap_or_else(|_| panic!("{what}: no UTF-8"));
    for line in text.split('\n') {
        assert!(!has_hidden(line), "{what}: {:?}", visible(line));
        assert!(!line.trim_start_matches(['#', ' ']).starts_with(NEW_LINE), "{what}: a name broke its line: {line}");
    }
    text
}

/// Markdown without its code, as CommonMark finds code.
fn without_code(markdown: &str) -> String {
    let mut out = String::new();
    let mut rest = markdown;
    while let Some(at) = rest.find('`') {
        out.push_str(&rest[..at]);
        let behind = rest[at..].trim_start_matches('`');
        let fence = &rest[at..rest.len() - behind.len()];
        // The end is a run of just as many.
        let mut from = 0;
        let end = loop {
            let Some(found) = behind[from..].find('`').map(|found| from + found) else { break None };
            let run = behind[found..].len() - behind[found..].trim_start_matches('`').len();
            if run == fence.len() {
                break Some(found);
            }
            from = found + run;
        };
        match end {
            Some(end) => rest = &behind[end + fence.len()..],
            None => {
                out.push_str(fence);
                rest = behind;
            }
        }
    }
    out + rest
}

fn check_markdown(what: &str, text: &str) {
    for line in text.lines() {
        // A share that the program prints: with a blank behind it, the sign is text in CommonMark, too.
        let prose = without_code(line).replace("< 0.1 %", "");
        for sign in ["`", "<", "](", "![", "://", "evil.", "@team", "#1", "=1+1"] {
            assert!(!prose.contains(sign), "{what}: {sign} outside of code: {line}");
        }
        let bars = line.replace("\\|", "");
        let is_row = line.starts_with('|');
        assert!(is_row || !bars.contains('|') || !prose.contains('|'), "{what}: {line}");
    }
    // Every row has as many cells as the one that names them, the first of its table.
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    let lines: Vec<&str> = text.lines().collect();
    for rows in lines.chunk_by(|one, next| one.starts_with('|') == next.starts_with('|')) {
        let is_table = rows[0].starts_with('|');
        assert!(!is_table || rows.iter().all(|row| cells(row) == cells(rows[0])), "{what}: {rows:?}");
    }
}

fn check(what: &str, form: &[&str], output: &Output) {
    check_terminal(what, &output.stderr);
    let text = check_terminal(what, &output.stdout);
    if output.status.code() == Some(2) {
        return;
    }
    if form.contains(&"--json") {
        serde_json::from_str::<serde_json::Value>(&text).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
    if form.contains(&"--md") {
        check_markdown(what, &text);
    }
}

fn check_html(what: &str, path: &Path) {
    let Ok(page) = fs::read_to_string(path) else { return };
    let page = check_terminal(what, page.as_bytes());
    // The pictures of a page lie in it.
    let elements = page.replace("<img src=\"data:image/png;base64,", "");
    assert!(!elements.contains("<img"), "{what}: a name is an element");
    assert!(page.contains("&lt;img src=http://evil.example&gt;"), "{what}: no name is there");
}

#[test]
fn every_command_prints_names_as_text() {
    let den = Den::new();
    let all: Vec<&str> = trace_commands().filter(|name| !matches!(*name, "cut" | "dump" | "export")).collect();
    all.par_iter().for_each(|command| {
        for (at, trace) in den.traces.iter().enumerate() {
            // One trace is enough for the rarer forms.
            let forms = if at == 0 { &FORMS[..] } else { &FORMS[..3] };
            for form in forms {
                let words = [&[*command][..], &den.words(command, trace), form].concat();
                let output = den.run(&words);
                let what = format!("{command} {form:?} {:?}", visible(&trace.to_string_lossy()));
                let (code, said) = (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned());
                assert!(matches!(code, Some(0 | 2 | 3)), "{what}: {code:?}: {}", visible(&said));
                assert!(!form.is_empty() || code != Some(2), "{what}: how is it called? {}", visible(&said));
                check(&what, form, &output);
                if form.contains(&"--html") {
                    check_html(&what, &den.folder.path().join(format!("{command}.html")));
                }
            }
        }
    });
}

#[test]
fn json_has_the_names_as_they_are() {
    let den = Den::new();
    let trace = den.trace("4own");
    let output = den.run(&[&["regions"][..], &den.words("regions", trace), &["--json"]].concat());
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let names: Vec<&str> =
        found["types"].as_array().expect("types").iter().filter_map(|one| one["name"].as_str()).collect();
    assert!(!names.is_empty() && names.iter().all(|name| name.contains(&poison())), "{names:?}");
    // Commands take them as they print them.
    let output = den.run(&[&["why"][..], &den.words("why", trace), &["--region", &visible(names[0])]].concat());
    assert_ne!(output.status.code(), Some(2), "{}", visible(&String::from_utf8_lossy(&output.stderr)));
}

#[test]
fn a_dump_that_is_no_terminals_is_what_go_prints() {
    let den = Den::new();
    let output = den.run(&["dump", den.traces[0].to_str().expect("text")]);
    check_terminal("dump", &output.stderr);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains(&format!("main.{}", poison())), "functions are printed as they are");
}

#[test]
fn words_and_paths_on_the_command_line_are_quoted_as_text() {
    let den = Den::new();
    let (poison, trace) = (poison().replace('\0', ""), den.traces[0].to_str().expect("text"));
    let missing = den.folder.path().join("no").join(poison.replace('/', ""));
    let missing = missing.to_str().expect("text");
    let option = format!("--{poison}");
    let address = format!("http://127.0.0.1:1/{poison}");
    let mut lines = vec![
        vec![poison.as_str()],
        vec![&option],
        vec!["help", &poison],
        vec!["--max-unpacked", &poison],
        vec!["dump", missing],
        vec!["dump", &address],
        vec!["why", trace, "--task", &poison],
        vec!["screenshot", trace, "-o", missing],
        vec!["profile", trace, "-o", missing],
        vec!["cut", trace, "-o", missing],
        vec!["export", trace, "--to", "chrome", "-o", missing],
        vec!["compare", trace, trace, "--html", missing],
        vec!["compare", trace, trace, "--fail-if", &poison],
        vec!["query", trace, &poison],
    ];
    for command in trace_commands() {
        lines.push(vec![command, missing]);
        lines.push(vec![command, trace, &option]);
        lines.push(vec![command, trace, "--function", &poison]);
        lines.push(vec![command, trace, "--range", &poison]);
        lines.push(vec![command, trace, trace, trace, &poison]);
        lines.push(vec!["help", command]);
        lines.push(vec![command, "--help"]);
    }
    for words in lines {
        let what = format!("{:?}", words.iter().map(|word| visible(word)).collect::<Vec<_>>());
        let output = den.run(&words);
        check_terminal(&what, &output.stderr);
        check_terminal(&what, &output.stdout);
    }
}

#[test]
fn archives_and_files_that_are_no_traces_are_quoted_as_text() {
    let den = Den::new();
    let trace = fs::read(&den.traces[0]).expect("there");
    let (one, two) = (format!("a{}.trace", poison()), format!("b{}.trace", poison()));
    let several = den.folder.path().join("several.zip");
    fs::write(&several, hostile::zip(&[(&one, &trace), (&two, &trace)])).expect("written");
    let page = den.folder.path().join("page.trace");
    fs::write(&page, poison()).expect("written");
    for path in [&several, &page, &several.join("none")] {
        for command in trace_commands() {
            // Several traces are a session, of which why needs a request.
            let opens = *path == several && ["session", "report", "screenshot", "compare"].contains(&command);
            let path = path.to_str().expect("text");
            let words: Vec<&str> = match command {
                "compare" => vec![command, path, path],
                "query" => vec![command, path, "SELECT * FROM traces"],
                "cut" => vec![command, path, "-o", "{out}.trace"],
                "export" => vec![command, path, "--to", "chrome", "-o", "{out}.json"],
                "screenshot" => vec![command, path, "-o", "{out}.png"],
                _ => vec![command, path],
            };
            let output = den.run(&words);
            assert_eq!(output.status.code(), Some(i32::from(!opens)), "{words:?}");
            check_terminal(command, &output.stderr);
            check_terminal(command, &output.stdout);
        }
    }
    let said = den.run(&["stats", several.to_str().expect("text")]).stderr;
    assert!(String::from_utf8_lossy(&said).contains("\\x1b]0;owned"), "{}", visible(&String::from_utf8_lossy(&said)));
}

/// All texts in the shapes of a frame.
fn texts(shape: &Shape, found: &mut Vec<String>) {
    match shape {
        Shape::Text(text) => found.push(text.galley.job.text.clone()),
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| texts(shape, found)),
        _ => {}
    }
}

struct Window {
    frames: OffscreenWindow,
    app: TracelaneApp,
    /// Texts that held poison, made visible.
    seen: usize,
}

impl Window {
    fn act(&mut self, what: &str, action: Action) {
        self.app.push(action);
        // What a panel asks is answered before the next frame.
        for _ in 0..2 {
            let app = &mut self.app;
            self.frames.frame(Vec::new(), |ui| {
                app.logic(ui.ctx());
                app.ui(ui);
            });
            let mut found = Vec::new();
            self.frames.shapes().iter().for_each(|shape| texts(&shape.shape, &mut found));
            for text in found {
                for line in text.split('\n') {
                    assert!(!has_hidden(line.trim_start_matches('\t')), "{what}: {:?}", visible(line));
                    assert!(!line.starts_with(NEW_LINE), "{what}: {line:?}");
                }
                self.seen += usize::from(text.contains("\\x1b]0;owned"));
            }
        }
    }
}

#[test]
fn every_panel_of_the_window_shows_names_on_their_line() {
    let den = Den::new();
    den.traces.par_iter().for_each(|trace| {
        let what = visible(&trace.to_string_lossy()).into_owned();
        let settings = Settings { animate: false, all_flows: true, ..Settings::default() };
        let frames = OffscreenWindow::new(egui::vec2(1400.0, 1000.0), 1.0);
        let mut window = Window { frames, app: TracelaneApp::new_headless(settings), seen: 0 };
        window.act(&what, Action::File(FileAction::Open(trace.clone())));
        window.act(&what, Action::Panel(PanelAction::ToggleWarnings));
        let goroutines = (0..4).map(|idx| LaneId::Goroutine(GoroutineIdx(idx)));
        let others = [LaneId::Gc, LaneId::Stw, LaneId::Proc(ProcIdx(0)), LaneId::Thread(ThreadIdx(0))];
        for lane in others.into_iter().chain(goroutines) {
            window.act(&what, Action::Select(SelectAction::GoToLane(lane)));
            window.act(&what, Action::Select(SelectAction::StepSpan(1)));
        }
        for panel in Panel::ALL.iter().copied() {
            window.act(&format!("{panel:?} of {what}"), Action::Panel(PanelAction::OpenPanel(panel)));
        }
        window.act(&what, Action::Notice(poison()));
        window.act(&what, Action::File(FileAction::Open(PathBuf::from(format!("/none/{}", poison())))));
        assert!(window.seen > 20, "{what}: {} texts", window.seen);
    });
}
