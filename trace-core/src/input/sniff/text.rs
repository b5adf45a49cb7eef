//! Kinds of text that Go programs and tools print: stack dumps, profiles, events, test results.

use super::{FETCH, Lookalike, RECORD, curl, lookalike, quoted};

/// Lines that are looked at.
const MAX_LINES: usize = 2_000;

/// How the text begins, what it is, what to do.
type Kind = (&'static str, &'static str, &'static str);

const LFS: &str = "fetch the file itself with git lfs pull (after git lfs install)";
const ANNEX: &str = "fetch the file itself with git annex get FILE";
/// What to do with what was made from a trace.
pub(super) const PRINTED: &str = "open the trace that it was made from";
const TEST: &str = "to record a trace: go test -trace=out.trace";
const FOLDED: &str = "open it with a flame graph tool; to see goroutines over time, open the trace itself";

const BEGINNINGS: &[Kind] = &[
    ("version https://git-lfs.github.com/spec/", "a Git LFS pointer in place of the file", LFS),
    ("/annex/objects/", "a git-annex pointer in place of the file", ANNEX),
    ("heap profile: ", "a heap profile in text form (heap?debug=1 or allocs?debug=1)", FETCH),
    ("goroutine profile: total ", "a goroutine profile in text form (goroutine?debug=1)", FETCH),
    ("threadcreate profile: total ", "a thread creation profile in text form (threadcreate?debug=1)", FETCH),
    ("--- contention:", "a block profile in text form (block?debug=1)", FETCH),
    ("--- mutex:", "a mutex profile in text form (mutex?debug=1)", FETCH),
    ("mode: ", "a coverage profile", "open it with go tool cover -html=FILE"),
    ("## Trace report", "the output of tracelane report --md", PRINTED),
    ("Trace Go1.", "the events of a trace in text form (go tool trace -d=wire)", PRINTED),
    ("EventBatch gen=", "the events of a trace in text form (go tool trace -d=wire)", PRINTED),
    ("SCHED 0ms: ", "the output of GODEBUG=schedtrace", RECORD),
    ("gc 1 @", "the output of GODEBUG=gctrace", RECORD),
    ("init internal/", "the output of GODEBUG=inittrace", RECORD),
    ("execve(", "the output of strace", FETCH),
    ("# ========", "the output of perf", FETCH),
    ("package ", "Go source code", "to record a trace of it: go test -trace=out.trace, or runtime/trace"),
    ("00000000: 676f 2031 2e", "a hex dump of a trace (xxd)", "undo it with xxd -r FILE out.trace"),
    ("StatusCode        : ", "a server's response as PowerShell prints it", POWERSHELL),
];

const POWERSHELL: &str = "save the response itself: curl.exe -o out.trace \
                          'http://localhost:6060/debug/pprof/trace?seconds=5', or Invoke-WebRequest -OutFile out.trace";

/// Lines with which what go test prints begins.
const TEST_LINES: &[&str] =
    &["=== RUN ", "--- PASS: ", "--- FAIL: ", "goos: ", "ok  \t", "FAIL\t", "?   \t", "PASS\n", "Benchmark"];

pub(super) fn identify(text: &str) -> Option<Lookalike> {
    if let Some((_, is, cure)) = BEGINNINGS.iter().find(|(start, ..)| text.starts_with(start)) {
        return Some(lookalike(*is, *cure));
    }
    if is_report(text) {
        return Some(lookalike("the output of tracelane report", PRINTED));
    }
    if is_dump(text) {
        return Some(lookalike(
            "the events of a trace in text form (tracelane dump, or go tool trace -d=parsed)",
            PRINTED,
        ));
    }
    stacks(text)
        .or_else(|| {
            TEST_LINES.iter().any(|line| text.starts_with(line)).then(|| lookalike("the output of go test", TEST))
        })
        .or_else(|| {
            is_numbers(text).then(|| lookalike("a trace as decimal numbers, as PowerShell prints bytes", POWERSHELL))
        })
        .or_else(|| is_folded(text).then(|| lookalike("a list of folded stacks, as for a flame graph", FOLDED)))
}

/// Stacks of goroutines, and why they were printed.
fn stacks(text: &str) -> Option<Lookalike> {
    let lines = || text.lines().take(MAX_LINES);
    let race = lines().any(|line| line == "WARNING: DATA RACE");
    let is_stack = race || lines().any(is_goroutine);
    let reason = lines().find(|line| {
        ["panic: ", "fatal error: ", "SIGQUIT: quit", "SIGABRT: abort", "unexpected fault address"]
            .iter()
            .any(|start| line.starts_with(start))
    });
    if !is_stack {
        return None;
    }
    let now = "it shows a single moment; to record a trace while the program runs: ";
    Some(match reason {
        Some(line) if line.starts_with("SIGQUIT") => lookalike(
            "a dump of goroutine stacks, as printed on SIGQUIT (kill -QUIT, Ctrl+\\)",
            format!("{now}{}", curl!()),
        ),
        Some(line) => lookalike(
            format!("the output of a Go program that crashed, {}", quoted(line)),
            "it shows a single moment; to see what led to it, keep the last seconds with trace.FlightRecorder (Go 1.25) and \
             write them to a file when it happens",
        ),
        None if race => lookalike("a report of Go's race detector", RECORD),
        None => {
            lookalike("a dump of goroutine stacks (goroutine?debug=2, or debug.Stack)", format!("{now}{}", curl!()))
        }
    })
}

/// `goroutine 7 [running]:`, also with more before the bracket.
fn is_goroutine(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("goroutine ") else { return false };
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    digits > 0 && rest.ends_with("]:") && rest.contains(" [")
}

/// `M=-1 P=-1 G=-1 Sync Time=…`: an event as `dump` prints it.
fn is_dump(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    line.starts_with("M=") && line.contains(" P=") && line.contains(" G=") && line.contains("Time=")
}

/// `out.trace: 290 kB, 1.21 s, 58,175 events, 1,080 goroutines, 4 procs`
fn is_report(text: &str) -> bool {
    let line = text.lines().next().unwrap_or_default();
    line.contains(": ") && line.contains(" events, ") && line.contains(" goroutine") && line.contains(" proc")
}

/// The bytes of a trace's header, one number a line: `103`, `111`, `32`, `49`, `46`.
fn is_numbers(text: &str) -> bool {
    text.lines().map(str::trim).take(5).eq(["103", "111", "32", "49", "46"])
}

/// Lines like `main.main;main.work;sync.(*Mutex).Lock 12`, all that there are.
fn is_folded(text: &str) -> bool {
    let is_stack = |line: &str| {
        let number = line.rsplit_once(' ').map(|(stack, number)| (stack.contains(';'), number));
        number.is_some_and(|(has_frames, number)| has_frames && number.parse::<u64>().is_ok())
    };
    // The last line may be cut short.
    let whole = text.rsplit_once('\n').map_or(text, |(whole, _)| whole);
    let mut lines = whole.lines().map(str::trim_end).take(20).peekable();
    lines.peek().is_some() && lines.all(is_stack)
}
