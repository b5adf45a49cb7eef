//! The import policy: which room may use which. A room is a folder (or file) under a crate's `src`. No file imports
//! another that leads back to it, and the map in ARCHITECTURE.md says what the policy says.
//!
//! The tables below are the policy; the test reads the sources and names every line that breaks it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// `room: rooms it may import`. A room may always import itself.
const TRACE_CORE: &str = "
    base:
    input:    base
    event:    base
    wire:     base input event
    order:    base input event wire
    model:    base event order
    spans:    base input
    analysis: base event model
    session:  base event model spans analysis
    tables:   base event model analysis session
    cache:    base event model
    export:   base input event wire order model analysis
    load:     base input event wire order model cache
    testkit:  base input event wire order model load cache
    facade:   base input event model analysis load
";

/// The same for the window. `core` stands for trace-core, `egui` for egui and its relatives.
const APP: &str = "
    fmt:      core
    sql:      core fmt lake
    report:   core fmt sql
    theme:    core egui
    widget:   core egui fmt theme report
    state:    core fmt report link
    action:   core fmt report state link
    memory:   core
    remote:   core fmt memory
    output:   core
    lake:     core fmt memory remote output link
    private:
    link:     core fmt sample
    cache:    core remote private
    session:  core memory remote cache
    worker:   core fmt report sql state action sample remote cache output private session lake link
    timeline: core egui fmt theme widget report state action link
    panel:    core egui fmt theme widget report sql state action link
    shell:    core egui fmt theme widget report state action worker timeline panel remote lake link
    raster:   egui
    sample:
    cli:      core egui fmt theme report sql state action worker shell raster sample remote cache session output lake link
    main:     cli
";

/// Crates that only some rooms of the window may name.
const EGUI_CRATES: &[&str] = &["egui", "eframe", "egui_tiles", "egui_table", "egui_extras", "epaint"];

/// Panels are files that must not know each other; these are shared by all of them.
const PANEL_SHARED: &[&str] = &["alike", "analysis", "chart", "comparison", "mod", "scope", "session_table", "table"];

type Policy = BTreeMap<String, Vec<String>>;

fn policy(text: &str) -> Policy {
    text.lines()
        .filter_map(|line| line.trim().split_once(':'))
        .map(|(room, allowed)| (room.to_owned(), allowed.split_whitespace().map(str::to_owned).collect()))
        .collect()
}

/// All `.rs` files below `folder`.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The code of a line: without comments and without what stands in string literals.
fn code(line: &str) -> String {
    let mut out = String::new();
    let mut chars = line.chars().peekable();
    let mut in_string = false;
    while let Some(c) = chars.next() {
        match c {
            '\\' if in_string => {
                chars.next();
            }
            '"' => in_string = !in_string,
            '/' if !in_string && chars.peek() == Some(&'/') => break,
            _ if in_string => {}
            _ => out.push(c),
        }
    }
    out
}

/// Every path segment that follows `prefix` in `code`: `crate::base::ids` gives `base` for `crate::`.
/// `crate::{a::x, b}` does not occur: the house rule is one path per `use`; it is reported as `{`.
fn rooms_named<'a>(code: &'a str, prefix: &str) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(at) = rest.find(prefix) {
        let boundary = rest[..at].chars().next_back().is_none_or(|c| !(c.is_alphanumeric() || c == '_' || c == ':'));
        rest = &rest[at + prefix.len()..];
        if boundary {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            found.push(if end == 0 { "{" } else { &rest[..end] });
        }
    }
    found
}

/// Files that are there for tests only: declared as `mod NAME;` in the line after `#[cfg(test)]`.
fn test_files(files: &[PathBuf]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for file in files {
        let text = fs::read_to_string(file).expect("a source file");
        let stem = file.file_stem().expect("a name");
        let folder = file.parent().expect("a folder");
        let is_root = ["mod", "lib", "main"].iter().any(|root| stem == *root);
        let folder = if is_root { folder.to_path_buf() } else { folder.join(stem) };
        for (before, line) in text.lines().zip(text.lines().skip(1)) {
            let module = line.strip_prefix("mod ").and_then(|rest| rest.strip_suffix(';'));
            if let (true, Some(module)) = (before == "#[cfg(test)]", module) {
                found.extend([folder.join(format!("{module}.rs")), folder.join(module).join("mod.rs")]);
            }
        }
    }
    found
}

/// Walks a crate and returns one line per breach.
fn breaches(root: &Path, folder: &str, policy: &Policy, extra: impl Fn(&str, &str) -> Vec<String>) -> Vec<String> {
    let src = root.join(folder).join("src");
    let mut breaches = Vec::new();
    let files = sources(&src);
    let tests = test_files(&files);
    for path in files {
        if tests.contains(&path) {
            continue;
        }
        let inside = path.strip_prefix(&src).expect("below src");
        let room = inside.components().next().expect("a file").as_os_str().to_string_lossy().replace(".rs", "");
        if room == "lib" {
            continue;
        }
        let Some(allowed) = policy.get(&room) else {
            breaches.push(format!("{}: room `{room}` has no line in tests/layers.rs", path.display()));
            continue;
        };
        let text = fs::read_to_string(&path).expect("a source file");
        for (number, line) in text.lines().enumerate() {
            // Tests at the end of a file may build what they need with anything of the crate.
            if line.starts_with("#[cfg(test)]") {
                break;
            }
            let code = code(line);
            let own = if room == "main" { "tracelane::" } else { "crate::" };
            let mut named: Vec<String> = rooms_named(&code, own).into_iter().map(str::to_owned).collect();
            named.extend(extra(&room, &code));
            for other in named {
                if other != room && !allowed.contains(&other) {
                    let place = path.strip_prefix(root).expect("below the root").display().to_string();
                    breaches.push(format!("{place}:{}: `{room}` may not import `{other}`", number + 1));
                }
            }
        }
    }
    breaches
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_path_buf()
}

fn report(breaches: &[String]) -> String {
    breaches.iter().fold(String::from("imports against the policy of tests/layers.rs:\n"), |mut all, breach| {
        writeln!(all, "  {breach}").expect("writing to a string");
        all
    })
}

#[test]
fn rooms_of_trace_core_import_downwards() {
    let breaches = breaches(&root(), "trace-core", &policy(TRACE_CORE), |_, _| Vec::new());
    assert!(breaches.is_empty(), "{}", report(&breaches));
}

#[test]
fn rooms_of_the_window_import_downwards() {
    let breaches = breaches(&root(), "app", &policy(APP), |_, code| {
        let mut named = Vec::new();
        if !rooms_named(code, "trace_core::").is_empty() {
            named.push("core".to_owned());
        }
        if EGUI_CRATES.iter().any(|name| !rooms_named(code, &format!("{name}::")).is_empty()) {
            named.push("egui".to_owned());
        }
        named
    });
    assert!(breaches.is_empty(), "{}", report(&breaches));
}

#[test]
fn panels_do_not_import_each_other() {
    let root = root();
    let panels = root.join("app/src/panel");
    if !panels.exists() {
        return;
    }
    let mut breaches = Vec::new();
    for path in sources(&panels) {
        let inside = path.strip_prefix(&panels).expect("below panel");
        let own = inside.components().next().expect("a file").as_os_str().to_string_lossy().replace(".rs", "");
        if PANEL_SHARED.contains(&own.as_str()) {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file");
        for (number, line) in text.lines().enumerate() {
            let code = code(line);
            for other in rooms_named(&code, "crate::panel::") {
                if other != own && !PANEL_SHARED.contains(&other) && panels.join(format!("{other}.rs")).exists() {
                    breaches.push(format!(
                        "{}:{}: panel `{own}` may not import panel `{other}`",
                        path.display(),
                        number + 1
                    ));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{}", report(&breaches));
}

#[test]
fn colours_come_from_the_theme() {
    let root = root();
    let mut breaches = Vec::new();
    for path in sources(&root.join("app/src")) {
        let place = path.strip_prefix(&root).expect("below the root").display().to_string();
        if place.starts_with("app/src/theme") || place.starts_with("app/src/raster") {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a source file");
        for (number, line) in text.lines().enumerate() {
            if line.starts_with("#[cfg(test)]") {
                break;
            }
            let code = code(line);
            for forbidden in ["Color32::from_rgb", "Color32::from_gray", "Color32::from_rgba", "Color32::from_hex"] {
                if code.contains(forbidden) {
                    breaches.push(format!("{place}:{}: `{forbidden}` outside app/src/theme", number + 1));
                }
            }
        }
    }
    assert!(breaches.is_empty(), "{}", report(&breaches));
}

#[test]
fn every_file_says_what_it_owns() {
    let root = root();
    let mut silent = Vec::new();
    for folder in ["trace-core/src", "app/src", "tests"] {
        for path in sources(&root.join(folder)) {
            let text = fs::read_to_string(&path).expect("a source file");
            if !text.starts_with("//!") {
                silent.push(format!(
                    "{}: the first line is no `//!`",
                    path.strip_prefix(&root).expect("below").display()
                ));
            }
        }
    }
    assert!(silent.is_empty(), "{}", report(&silent));
}

/// The part of a file that is built into the program, line by line: without comments, strings and the tests at its end.
fn program(text: &str) -> String {
    let lines = text.lines().take_while(|line| !line.starts_with("#[cfg(test)]"));
    lines.map(|line| code(line) + "\n").collect()
}

/// The paths of a `use` tree: `a::{b, c::{d, e}}` gives `a::b`, `a::c::d` and `a::c::e`.
fn paths(tree: &str) -> Vec<String> {
    let Some((prefix, rest)) = tree.split_once('{') else {
        return vec![tree.split(" as ").next().unwrap_or_default().trim().to_owned()];
    };
    let inner = rest.rsplit_once('}').map_or(rest, |(inner, _)| inner);
    let (mut depth, mut branches) = (0, vec![String::new()]);
    for c in inner.chars() {
        match c {
            ',' if depth == 0 => branches.push(String::new()),
            _ => {
                depth += i32::from(c == '{') - i32::from(c == '}');
                branches.last_mut().expect("never empty").push(c);
            }
        }
    }
    let branches = branches.iter().filter(|branch| !branch.trim().is_empty());
    branches.flat_map(|branch| paths(branch)).map(|path| format!("{}{path}", prefix.trim())).collect()
}

/// Every path in `program` that begins with `crate::` or `super::`.
fn paths_named(program: &str) -> Vec<String> {
    let trees = program.split("use ").skip(1).filter_map(|rest| rest.split_once(';').map(|(tree, _)| tree));
    let mut found: Vec<String> = trees.flat_map(paths).collect();
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    found.extend(program.split(|c: char| !is_word(c)).map(str::to_owned));
    // A path that ends in `::` goes on with a brace: those were taken above.
    found.retain(|path| (path.starts_with("crate::") || path.starts_with("super::")) && !path.ends_with("::"));
    found
}

/// Which file of a crate names which others, by module: `model::trace`. The root of the crate is left out.
fn imports(src: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let files = sources(src);
    let tests = test_files(&files);
    let module = |path: &Path| {
        let inside = path.strip_prefix(src).expect("below src").with_extension("");
        let parts: Vec<_> = inside.iter().map(|part| part.to_string_lossy().into_owned()).collect();
        parts.join("::").trim_end_matches("::mod").to_owned()
    };
    let is_part = |path: &PathBuf| !tests.iter().any(|test| path.starts_with(test.with_extension("")) || path == test);
    let files: Vec<_> = files.into_iter().filter(is_part).collect();
    let modules: BTreeSet<String> = files.iter().map(|path| module(path)).collect();
    let mut named = BTreeMap::new();
    for path in &files {
        let own = module(path);
        let text = fs::read_to_string(path).expect("a source file");
        let mut others = BTreeSet::new();
        for path in paths_named(&program(&text)) {
            let mut parts: Vec<&str> = match path.strip_prefix("super::") {
                Some(rest) => own.split("::").take(own.matches("::").count()).chain(rest.split("::")).collect(),
                None => path.split("::").skip(1).collect(),
            };
            while !parts.is_empty() && !modules.contains(&parts.join("::")) {
                parts.pop();
            }
            let other = parts.join("::");
            if !other.is_empty() && other != own {
                others.insert(other);
            }
        }
        named.insert(own, others);
    }
    named.remove("lib");
    named.remove("main");
    named
}

/// A way from a file through its imports back to itself, if there is one.
fn cycle(imports: &BTreeMap<String, BTreeSet<String>>) -> Option<Vec<String>> {
    let mut left = imports.clone();
    // Files that import nothing that is left are on no cycle.
    loop {
        let done: Vec<String> =
            left.iter().filter(|(_, others)| others.is_empty()).map(|(own, _)| own.clone()).collect();
        if done.is_empty() {
            break;
        }
        left.retain(|own, _| !done.contains(own));
        left.values_mut()
            .for_each(|others| others.retain(|other| !done.contains(other) && imports.contains_key(other)));
    }
    let mut way = vec![left.keys().next()?.clone()];
    loop {
        let next = left[way.last().expect("never empty")].first().expect("all others were taken out").clone();
        if let Some(at) = way.iter().position(|before| *before == next) {
            way.push(next);
            return Some(way.split_off(at));
        }
        way.push(next);
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for folder in ["trace-core/src", "app/src"] {
        if let Some(way) = cycle(&imports(&root().join(folder))) {
            panic!("{folder}: {}", way.join(" -> "));
        }
    }
}

/// The third column of the map in ARCHITECTURE.md by room: `trace-core/src/base`.
fn map() -> BTreeMap<String, String> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the architecture");
    let mut rooms = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| `")) {
        let [_, names, _, allowed, ..] = line.split('|').collect::<Vec<_>>()[..] else { continue };
        let mut folder = "";
        for name in names.split(',').map(|name| name.trim().trim_matches('`')) {
            let name = match name.rsplit_once('/') {
                Some((before, name)) => {
                    folder = before;
                    name
                }
                None => name,
            };
            if folder.ends_with("src") {
                rooms.insert(format!("{folder}/{}", name.trim_end_matches(".rs")), allowed.trim().to_owned());
            }
        }
    }
    rooms
}

#[test]
fn the_map_shows_all_rooms() {
    let rooms = map();
    let mut breaches = Vec::new();
    for (folder, text) in [("trace-core/src", TRACE_CORE), ("app/src", APP)] {
        let policy = policy(text);
        for entry in fs::read_dir(root().join(folder)).expect("the sources") {
            let path = entry.expect("a readable folder").path();
            let room = path.file_stem().expect("a name").to_string_lossy().into_owned();
            let place = format!("{folder}/{room}");
            if !["lib", "main"].contains(&room.as_str()) && !rooms.contains_key(&place) {
                breaches.push(format!("ARCHITECTURE.md: `{place}` is not in the map"));
            }
        }
        for (place, allowed) in rooms.iter().filter(|(place, _)| place.starts_with(folder)) {
            let room = place.rsplit('/').next().expect("a name");
            let Some(expected) = policy.get(room) else {
                breaches.push(format!("ARCHITECTURE.md: `{place}` is in the map but not in the sources"));
                continue;
            };
            let named: BTreeSet<&str> = allowed.split([',', ' ']).filter(|name| !["", "–"].contains(name)).collect();
            if named != expected.iter().map(String::as_str).collect() {
                breaches.push(format!(
                    "ARCHITECTURE.md: `{place}` may import {}, the map says {allowed}",
                    expected.join(", ")
                ));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", report(&breaches));
}

/// The program without its window is made of no toolkit, and with it of what this test would find.
#[test]
fn commands_alone_need_no_toolkit() {
    let tree = |arguments: &[&str]| {
        let mut cargo = std::process::Command::new(env!("CARGO"));
        cargo.args(["tree", "--offline", "--locked", "-p", "tracelane", "-e", "normal", "--prefix", "none"]);
        let output = cargo.args(arguments).current_dir(root()).output().expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let names = String::from_utf8_lossy(&output.stdout);
        names.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect::<BTreeSet<String>>()
    };
    let toolkit = ["egui", "eframe", "winit", "rfd", "glow", "accesskit", "wayland-client", "x11rb"];
    let found = |names: &BTreeSet<String>| toolkit.iter().filter(|name| names.contains(**name)).count();
    let (alone, with_window) = (tree(&["--no-default-features"]), tree(&[]));
    assert_eq!(found(&alone), 0, "{alone:?}");
    assert!(found(&with_window) >= 5, "{with_window:?}");
}

/// Where the window may keep something outside of `AppState`, and why that is nothing which a script, a picture or the
/// next start should see.
const KEPT_OUTSIDE: &[(&str, &str)] = &[
    ("app/src/panel/find.rs", "that the field was focused once"),
    ("app/src/panel/mod.rs", "lists that are made again when they are not there"),
    ("app/src/panel/source.rs", "that a place was scrolled to"),
    ("app/src/panel/spans.rs", "a list that is made again when it is not there"),
    ("app/src/shell/focus_ring.rs", "that Tab moved the focus since the last click"),
    ("app/src/shell/search.rs", "that the field was asked to take the focus"),
    ("app/src/timeline/anchor.rs", "what a menu that is open is about"),
    ("app/src/timeline/cache.rs", "scenes and meshes that are made again when they are not there"),
    ("app/src/timeline/menu.rs", "what a menu that is open is about"),
    ("app/src/widget/code_editor.rs", "the list that is open at the cursor, and that the focus was asked for"),
    ("app/src/widget/data_table/keys.rs", "the focus, and where rows were in the last frame"),
    ("app/src/widget/content.rs", "heights of what scrolls, from where it is shown to where the window is divided"),
    ("app/src/widget/key_focus.rs", "the focus that a key asked for, until what it is for shows"),
    ("app/src/widget/flame.rs", "the box that a menu that is open is about"),
    ("app/src/widget/data_table/mod.rs", "the cell that a menu that is open is about"),
    ("app/src/widget/data_table/widths.rs", "widths measured from what was shown"),
];

#[test]
fn what_the_window_remembers_is_in_its_state() {
    let root = root();
    let mut breaches = Vec::new();
    for path in sources(&root.join("app/src")) {
        let place = path.strip_prefix(&root).expect("below the root").display().to_string();
        let text = program(&fs::read_to_string(&path).expect("a source file"));
        let keeps = ["insert_temp", "insert_persisted", "get_temp_mut_or"].iter().any(|call| text.contains(call));
        let is_allowed = KEPT_OUTSIDE.iter().any(|(allowed, _)| *allowed == place);
        if keeps && !is_allowed {
            breaches.push(format!("{place}: keeps something outside of `AppState`"));
        } else if is_allowed && !keeps {
            breaches.push(format!("{place}: keeps nothing any more, and is still in the list"));
        }
    }
    assert!(breaches.is_empty(), "{}", report(&breaches));
}

#[test]
fn the_scanner_finds_breaches() {
    let line = "    let time = crate::model::trace::Trace::new(\"crate::order::x\"); // crate::wire::y";
    assert_eq!(rooms_named(&code(line), "crate::"), ["model"]);
    assert_eq!(rooms_named("use crate::{base, model};", "crate::"), ["{"]);
    assert_eq!(rooms_named("use egui::Ui; my_egui::Ui", "egui::"), ["Ui"]);
    assert!(policy(TRACE_CORE)["base"].is_empty());
    assert!(!policy(APP)["state"].contains(&"egui".to_owned()));
    let program =
        program("use crate::a::{b, c::{self, d}};\nlet x = super::e::F; // crate::g\n#[cfg(test)]\ncrate::h::x");
    let named: BTreeSet<String> = paths_named(&program).into_iter().collect();
    for path in ["crate::a::b", "crate::a::c::d", "super::e::F"] {
        assert!(named.contains(path), "{path} of {named:?}");
    }
    assert!(!named.iter().any(|path| path.contains('g') || path.contains('h')), "{named:?}");
    let graph = |edges: &[(&str, &str)]| {
        let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in edges {
            imports.entry((*to).to_owned()).or_default();
            imports.entry((*from).to_owned()).or_default().insert((*to).to_owned());
        }
        imports
    };
    assert_eq!(cycle(&graph(&[("a", "b"), ("b", "c"), ("a", "c")])), None);
    let found = cycle(&graph(&[("a", "b"), ("b", "c"), ("c", "b"), ("c", "d")])).expect("a circle");
    assert_eq!(found, ["b", "c", "b"]);
}
