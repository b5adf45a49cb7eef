//! Findings on recorded traces: the fixtures, and any folder of traces with known causes.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use trace_core::analysis::findings::finding::{Finding, Kind, Severity};
use trace_core::analysis::findings::{Findings, find};
use trace_core::base::monitor::Monitor;
use trace_core::load::load_path;
use trace_core::model::trace::Trace;

fn load(path: &Path) -> Arc<Trace> {
    load_path(path, &Monitor::new(), &mut |_| {}).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn findings(path: &Path) -> Findings {
    find(&load(path), &Monitor::new()).expect("nobody cancelled")
}

fn real(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/real").join(name)
}

fn line(finding: &Finding) -> String {
    let culprit = finding.culprit.as_ref().map(|culprit| culprit.place.clone()).unwrap_or_default();
    format!(
        "{:7} {:20} {:.2} {:>9.1} ms  {} {}\n    {}\n    {}",
        finding.severity.name(),
        finding.kind.name(),
        finding.confidence,
        finding.time_lost.0 as f64 / 1e6,
        culprit.function,
        culprit.short(),
        finding.headline,
        finding.title
    )
}

#[test]
fn the_buggy_guessing_game_is_traced_to_the_report_under_the_lock() {
    for version in ["1.25", "1.26", "1.27"] {
        let found = findings(&real(&format!("guessnumber-bug-go{version}.trace")));
        let first = found.list.first().expect("a finding");
        assert!(matches!(first.kind, Kind::LockHeldOverIo | Kind::LockContention), "{version}: {}", line(first));
        let place = &first.culprit.as_ref().expect("a culprit").place;
        assert_eq!(place.function, "main.sendReport", "{version}: {}", line(first));
        assert!(first.severity >= Severity::Warning, "{version}: {}", line(first));
    }
}

#[test]
fn the_fixed_guessing_game_is_quiet() {
    for version in ["1.25", "1.27"] {
        let found = findings(&real(&format!("guessnumber-fixed-go{version}.trace")));
        for finding in &found.list {
            assert_eq!(finding.severity, Severity::Note, "{version}: {}", line(finding));
        }
    }
}

/// Programs that do this and that at a rhythm of their own: nobody loses time by it.
#[test]
fn paced_and_handed_on_work_is_let_alone() {
    let names = ["flightwindow-go1.25", "flightwindow-go1.27", "httpserver-go1.21", "httpserver-go1.23"];
    for name in names.into_iter().chain(["httpserver-go1.27", "tasks-go1.27", "iterpull-go1.27", "cpuprofile-go1.27"]) {
        let found = findings(&real(&format!("{name}.trace")));
        assert!(found.worst() <= Some(Severity::Note), "{name}: {}", line(&found.list[0]));
    }
}

#[test]
fn the_same_trace_gives_the_same_findings() {
    let trace = load(&real("guessnumber-bug-go1.27.trace"));
    let first = find(&trace, &Monitor::new());
    for _ in 0..8 {
        assert_eq!(find(&trace, &Monitor::new()), first);
    }
}

/// Traces of programs with one planted cause each, and of healthy ones; `truth.json` says which. Nine of ten
/// causes are told first with the right function, all are among the first three, and nothing above a note is
/// said of what is healthy.
#[test]
fn planted_causes_are_told_first_and_healthy_programs_let_alone() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/causes");
    score(&folder).judge();
}

/// Prints what is found in each trace of another folder with a `truth.json`, and the rank of the truth. The file has
/// one of two forms: that of `tests/data/causes`, or one with lists of culprits (see [`Truth`]).
#[test]
#[ignore = "set TRACELANE_DIAGNOSIS to a folder with truth.json"]
#[expect(clippy::print_stdout, reason = "its purpose")]
fn score_a_folder_of_known_causes() {
    let folder = PathBuf::from(std::env::var_os("TRACELANE_DIAGNOSIS").expect("TRACELANE_DIAGNOSIS"));
    let score = score(&folder);
    println!("{}", score.told);
    score.judge();
}

/// The right answer for one trace.
struct Truth<'a> {
    case: &'a str,
    kind: &'a str,
    trace: PathBuf,
    /// Kinds that count as right.
    kinds: Vec<&'a str>,
    /// Functions that do, with all methods of a type that is named; and lines (`main.go:24`).
    functions: Vec<&'a str>,
    lines: Vec<&'a str>,
}

impl<'a> Truth<'a> {
    /// Reads `{case, kind, trace, culprit_function, also_accept, also_accept_kinds}`, or the newer form with
    /// `culprit_functions` and `culprit_lines`, whose traces are named after the case: `CASE.trace`, or several
    /// recordings `CASE.a.trace`, `CASE.b.trace`, …
    fn read(folder: &Path, case: &'a serde_json::Value) -> Vec<Self> {
        let text = |name: &str| case[name].as_str().unwrap_or_default();
        let list = |name: &str| case[name].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str);
        let name = text("case");
        let file = case["trace"].as_str().map_or_else(|| format!("{name}.trace"), str::to_owned);
        let mut traces = vec![folder.join(file)];
        if !traces.iter().any(|path| path.exists()) {
            traces = ('a'..='z').map(|letter| folder.join(format!("{name}.{letter}.trace"))).collect();
            traces.retain(|path| path.exists());
        }
        assert!(!traces.is_empty(), "no trace of {name}");
        let read = |trace| Self {
            case: name,
            kind: text("kind"),
            trace,
            kinds: [text("kind")].into_iter().chain(list("also_accept_kinds")).collect(),
            functions: case["culprit_function"]
                .as_str()
                .into_iter()
                .chain(list("also_accept"))
                .chain(list("culprit_functions"))
                .collect(),
            lines: list("culprit_lines").collect(),
        };
        traces.into_iter().map(read).collect()
    }

    fn is_met_by(&self, finding: &Finding) -> bool {
        let Some(place) = finding.culprit.as_ref().map(|culprit| &culprit.place) else { return false };
        let is_function = |name: &&str| {
            place.function.strip_prefix(*name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let is_place = self.functions.iter().any(is_function) || self.lines.contains(&place.short().as_str());
        self.kinds.contains(&finding.kind.name()) && is_place
    }
}

/// How well the causes of a folder were found.
#[derive(Default)]
struct Score {
    cases: usize,
    firsts: usize,
    thirds: usize,
    alarms: usize,
    told: String,
}

impl Score {
    fn judge(&self) {
        assert!(self.cases > 0, "no cases");
        assert!(self.firsts * 10 >= self.cases * 9, "first in {} of {}\n{}", self.firsts, self.cases, self.told);
        assert_eq!(self.thirds, self.cases, "in the first three\n{}", self.told);
        assert_eq!(self.alarms, 0, "false alarms\n{}", self.told);
    }
}

fn score(folder: &Path) -> Score {
    let text = std::fs::read_to_string(folder.join("truth.json")).expect("truth.json");
    let truth: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let mut score = Score::default();
    let cases = truth.as_array().expect("a list").iter().flat_map(|case| Truth::read(folder, case));
    for truth in cases {
        let found = findings(&truth.trace);
        score.told += &format!("== {} ({})\n", truth.case, truth.kind);
        for (at, finding) in found.list.iter().take(8).enumerate() {
            score.told += &format!("  {} {}\n", at + 1, line(finding));
        }
        if truth.kind == "healthy" {
            score.alarms += usize::from(found.worst() > Some(Severity::Note));
            continue;
        }
        score.cases += 1;
        let rank = found.list.iter().position(|finding| truth.is_met_by(finding));
        score.told += &format!("  -> rank {}\n", rank.map_or_else(|| "none".to_owned(), |rank| (rank + 1).to_string()));
        score.firsts += usize::from(rank == Some(0));
        score.thirds += usize::from(rank.is_some_and(|rank| rank < 3));
    }
    score.told += &format!(
        "first: {}/{}, in the first three: {}/{}, healthy with alarm: {}\n",
        score.firsts, score.cases, score.thirds, score.cases, score.alarms
    );
    score
}
