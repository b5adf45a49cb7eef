//! What goroutines spent their time on against Go's own numbers, goroutine by goroutine: `reference/goroutines.txt`,
//! made by `goroutines.sh` there.

use std::collections::BTreeMap;
use std::fs;

use trace_core::analysis::goroutines::{SortBy, goroutines};
use trace_core::analysis::scope::Scope;
use trace_core::base::monitor::Monitor;
use trace_core::load::load_path;
use trace_core::model::trace::Trace;

use crate::fixtures;

/// Where a goroutine's time went, nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Times {
    total: u64,
    running: u64,
    runnable: u64,
    syscall: u64,
    syscall_blocked: u64,
    waits: BTreeMap<String, u64>,
}

/// Go's numbers by file and goroutine.
fn reference() -> Vec<(String, BTreeMap<u64, Times>)> {
    let text = fs::read_to_string(fixtures::data().join("reference/goroutines.txt")).expect("Go's numbers");
    let mut files: Vec<(String, BTreeMap<u64, Times>)> = Vec::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix("file ") {
            files.push((name.to_owned(), BTreeMap::new()));
            continue;
        }
        let mut words = line.split(' ');
        let mut number = || words.next().expect("a word").parse::<u64>().expect("a number");
        let id = number();
        let (total, running, runnable) = (number(), number(), number());
        let (syscall, syscall_blocked) = (number(), number());
        let waits = words.map(|word| {
            let (reason, nanos) = word.rsplit_once('=').expect("a reason");
            (reason.to_owned(), nanos.parse().expect("a number"))
        });
        let times = Times { total, running, runnable, syscall, syscall_blocked, waits: waits.collect() };
        files.last_mut().expect("a file").1.insert(id, times);
    }
    assert!(files.len() > 25, "only {} files", files.len());
    files
}

fn ours(trace: &Trace) -> BTreeMap<u64, (Times, bool)> {
    let pieces = Scope::whole(trace).pieces(trace);
    let all = goroutines(trace, &pieces, None, (SortBy::Name, usize::MAX), &Monitor::new()).expect("not cancelled");
    let one = |times: &trace_core::analysis::goroutines::GoTimes| {
        let found = &times.breakdown;
        let waits = found.waits.iter().map(|&(reason, nanos)| (trace.str(reason).replace(' ', "_"), nanos.0));
        let times_of = Times {
            total: found.total.0,
            running: found.running.0,
            runnable: found.runnable.0,
            syscall: found.syscall.0,
            syscall_blocked: found.syscall_blocked.0,
            waits: waits.filter(|wait| wait.1 > 0).collect(),
        };
        (times.id.0, (times_of, times.goes_on))
    };
    all.iter().map(one).collect()
}

/// Why Go's numbers may be others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reason {
    /// They are not.
    Same,
    /// Go takes the mark that it puts 1 ns behind the last event for the end: what goes on is 1 ns longer.
    LastInstant,
    /// A system call that is open at the end and lost its proc: Go counts its time without a proc as waiting for
    /// a proc, and once more as system call.
    OpenCall,
    /// Go takes a goroutine that blocks forever for ended.
    Forever,
    /// A system call all through the trace, of which nothing says that it ever had a proc: Go counts it as if it had.
    WholeCall,
    /// In the older format the moment at which a call loses its proc is that of who takes it; Go takes the next event.
    OlderSteal,
    /// Generations overlap in time: here time never runs backward, for which a few events move by nanoseconds.
    Overlap,
}

impl Times {
    fn parts(&self) -> BTreeMap<String, u64> {
        let mut parts = self.waits.clone();
        let states = [
            ("running", self.running),
            ("runnable", self.runnable),
            ("in a call", self.syscall),
            ("blocked in a call", self.syscall_blocked),
        ];
        parts.extend(states.map(|(name, nanos)| (format!("({name})"), nanos)));
        parts
    }

    /// By how much the parts of the two differ, where they do.
    fn differences(&self, other: &Self) -> Vec<(String, i64)> {
        let (mine, others) = (self.parts(), other.parts());
        let names: std::collections::BTreeSet<&String> = mine.keys().chain(others.keys()).collect();
        let nanos =
            |parts: &BTreeMap<String, u64>, name: &String| parts.get(name).map_or(0, |nanos| nanos.cast_signed());
        let differences = names.into_iter().map(|name| (name.clone(), nanos(&mine, name) - nanos(&others, name)));
        differences.filter(|difference| difference.1 != 0).collect()
    }
}

/// Why the two differ; `None` for no known reason.
fn reason(ours: &Times, theirs: &Times, goes_on: bool, version: u32) -> Option<Reason> {
    if ours == theirs {
        return Some(Reason::Same);
    }
    let differences = theirs.differences(ours);
    let is_instant = matches!(&differences[..], [(_, 1)]) && theirs.total == ours.total + 1;
    if goes_on && is_instant {
        return Some(Reason::LastInstant);
    }
    let is_open_call = goes_on
        && ours.syscall_blocked > 0
        && theirs.total == ours.total + 1
        && theirs.running == ours.running
        && theirs.waits == ours.waits
        && theirs.runnable + theirs.syscall + theirs.syscall_blocked
            >= ours.runnable + ours.syscall + ours.syscall_blocked;
    if is_open_call {
        return Some(Reason::OpenCall);
    }
    let forever = ours.waits.get("forever").copied().unwrap_or(0);
    if forever > 0 && ours.total == theirs.total + forever && differences.len() == 1 {
        return Some(Reason::Forever);
    }
    let calls = |times: &Times| times.syscall + times.syscall_blocked;
    let only_calls = differences.iter().all(|difference| difference.0.contains("call)"));
    let is_same_call = only_calls && calls(ours) == calls(theirs) && ours.total == theirs.total;
    if is_same_call && theirs.syscall == ours.syscall_blocked && ours.syscall_blocked == ours.total {
        return Some(Reason::WholeCall);
    }
    if is_same_call && version < 22 && theirs.syscall.abs_diff(ours.syscall) <= 100 {
        return Some(Reason::OlderSteal);
    }
    let is_small = differences.iter().all(|difference| difference.1.abs() <= 5);
    is_small.then_some(Reason::Overlap)
}

#[test]
fn breakdowns_are_gos() {
    let mut alike: BTreeMap<Reason, u32> = BTreeMap::new();
    let mut other = Vec::new();
    for (file, expected) in reference() {
        let trace = load_path(&fixtures::data().join(&file), &Monitor::new(), &mut |_| {}).expect("a trace");
        let found = ours(&trace);
        for (id, mut go) in expected {
            go.waits.retain(|_, nanos| *nanos > 0);
            let Some((ours, goes_on)) = found.get(&id) else {
                other.push(format!("{file} g{id}: not there, but {go:?}"));
                continue;
            };
            match reason(ours, &go, *goes_on, trace.totals().version) {
                Some(reason) => *alike.entry(reason).or_default() += 1,
                None => other.push(format!("{file} g{id} (goes on: {goes_on}):\n  ours {ours:?}\n  Go's {go:?}")),
            }
        }
    }
    assert!(other.is_empty(), "{alike:?}, {} differ:\n{}", other.len(), other.join("\n"));
    // How many each: what becomes more is looked at.
    let expected = [
        (Reason::Same, 923),
        (Reason::LastInstant, 283),
        (Reason::OpenCall, 1),
        (Reason::Forever, 6),
        (Reason::WholeCall, 1),
        (Reason::OlderSteal, 4),
        (Reason::Overlap, 1),
    ];
    assert_eq!(alike, BTreeMap::from(expected));
}
