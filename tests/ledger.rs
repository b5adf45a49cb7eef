//! Where time went, over all real traces: profiles against Go's totals, breakdowns against the goroutines'
//! lives, all sums against each other.
//!
//! Go's totals are committed (`reference/pprof-totals.txt`, made by `pprof.sh` there). With `TRACELANE_GO` set
//! to the root of a Go distribution (1.27), Go's pprof reads what we write.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use trace_core::analysis::flame::{Flame, MergeBy};
use trace_core::analysis::goroutines::{Breakdown, GoTimes, SortBy, goroutines, groups};
use trace_core::analysis::profile::{Profile, ProfileKind, by_function, profile};
use trace_core::analysis::scope::{GoroutineFilter, Scope};
use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::{GoState, SpanClass};
use trace_core::export::pprof;
use trace_core::load::load_path;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::fixtures;

/// Where a generation's first times lie before the last ones of the one before, the model moves them up, so
/// that time never runs backward; Go takes them as they are. Nanoseconds that makes, ours less Go's.
const MOVED: [(&str, ProfileKind, i64); 3] = [
    ("broken/repeated-generation-go1.27.trace", ProfileKind::Sync, -50),
    ("broken/repeated-generation-go1.27.trace", ProfileKind::Scheduler, -36),
    ("real/generations-go1.25.trace", ProfileKind::Syscall, 4),
];

/// The kinds that Go has.
const GOS: [ProfileKind; 4] = [ProfileKind::Network, ProfileKind::Sync, ProfileKind::Syscall, ProfileKind::Scheduler];

fn load(file: &str) -> Arc<Trace> {
    load_path(&fixtures::data().join(file), &Monitor::new(), &mut |_| {}).expect("a trace")
}

fn real_traces() -> Vec<String> {
    let folder = fs::read_dir(fixtures::data().join("real")).expect("the traces");
    let names = folder.map(|entry| entry.expect("a file").file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> =
        names.filter(|name| name.ends_with(".trace")).map(|name| format!("real/{name}")).collect();
    names.sort();
    assert!(names.len() > 75, "only {} traces", names.len());
    names
}

fn profile_of(trace: &Trace, scope: Scope, kind: ProfileKind) -> Profile {
    profile(trace, &scope.pieces(trace), kind, &Monitor::new()).expect("not cancelled")
}

/// Fails with all that `check` has to say about the real traces.
fn check_all(check: impl Fn(&str, &Trace) -> Vec<String>) {
    let faults: Vec<String> = real_traces()
        .iter()
        .flat_map(|file| {
            check(file, &load(file)).into_iter().map(|fault| format!("{file}: {fault}")).collect::<Vec<_>>()
        })
        .collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults[..faults.len().min(40)].join("\n"));
}

#[test]
fn totals_of_profiles_are_gos() {
    let text = fs::read_to_string(fixtures::data().join("reference/pprof-totals.txt")).expect("the totals");
    let mut files: BTreeMap<&str, Vec<(ProfileKind, u64, u64)>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let kind = ProfileKind::named(words[0]).expect("a kind");
        let numbers = (kind, words[1].parse().expect("a number"), words[2].parse().expect("a number"));
        files.entry(words[3]).or_default().push(numbers);
    }
    assert!(files.len() > 75, "only {} files", files.len());
    let faults: Vec<String> = files
        .iter()
        .flat_map(|(file, expected)| {
            let trace = load(file);
            let found = expected.iter().filter_map(|&(kind, count, nanos)| {
                let profile = profile_of(&trace, Scope::whole(&trace), kind);
                let moved = MOVED.iter().find(|moved| moved.0 == *file && moved.1 == kind).map_or(0, |moved| moved.2);
                let is_same = profile.count == count && profile.nanos.0 == nanos.wrapping_add_signed(moved);
                let ours = (profile.count, profile.nanos);
                (!is_same).then(|| format!("{file}: {} is {ours:?}, Go's {:?}", kind.name(), (count, nanos)))
            });
            found.collect::<Vec<_>>()
        })
        .collect();
    assert!(faults.is_empty(), "{} differ:\n{}", faults.len(), faults.join("\n"));
}

/// From when to when a goroutine is in the trace, by what the model says of it as a whole.
fn life(trace: &Trace, go: GoroutineIdx) -> TimeRange {
    let goroutine = trace.goroutine(go).expect("a goroutine");
    let whole = trace.range();
    TimeRange::new(goroutine.created.unwrap_or(whole.start), goroutine.ended.unwrap_or(whole.end))
}

fn sum(breakdown: &Breakdown) -> Nanos {
    let waits: Nanos = breakdown.waits.iter().map(|wait| wait.1).sum();
    breakdown.running + breakdown.runnable + breakdown.syscall + breakdown.syscall_blocked + breakdown.unknown + waits
}

fn each(trace: &Trace, scope: Scope) -> Vec<GoTimes> {
    let all = (SortBy::Name, usize::MAX);
    goroutines(trace, &scope.pieces(trace), None, all, &Monitor::new()).expect("not cancelled")
}

#[test]
fn the_parts_of_a_goroutines_time_are_its_life() {
    check_all(|_, trace| {
        let mut faults = Vec::new();
        for times in each(trace, Scope::whole(trace)) {
            let (life, breakdown) = (life(trace, times.go), &times.breakdown);
            let by_class = trace.time_by_class(LaneId::Goroutine(times.go), trace.range()).nanos.map(Nanos);
            let calls = breakdown.syscall + breakdown.syscall_blocked;
            let is_right = sum(breakdown) == breakdown.total
                && breakdown.total == life.length()
                && times.range == life
                && breakdown.running == by_class[SpanClass::Running as usize]
                && breakdown.runnable == by_class[SpanClass::Runnable as usize]
                && calls == by_class[SpanClass::Syscall as usize];
            if !is_right {
                faults.push(format!("g{} lives {life:?}, by class {by_class:?}, but {times:?}", times.id.0));
            }
        }
        faults
    });
}

#[test]
fn times_of_parts_of_a_trace_add_up() {
    check_all(|_, trace| {
        let whole = trace.range();
        let cuts: Vec<TraceTime> = (0..=4).map(|part| whole.start.plus_nanos(whole.nanos() / 4 * part)).collect();
        let mut ranges: Vec<TimeRange> = cuts.windows(2).map(|pair| TimeRange::new(pair[0], pair[1])).collect();
        ranges.push(TimeRange::new(cuts[4], whole.end));
        let of =
            |range| groups(trace, &Scope::during(range).pieces(trace), &Monitor::new()).expect("not cancelled").all;
        let mut parts = Breakdown::default();
        for range in ranges {
            parts.add(&of(range));
        }
        parts.sort();
        let all = of(whole);
        if parts == all { Vec::new() } else { vec![format!("whole {all:?}\n parts {parts:?}")] }
    });
}

#[test]
fn groups_sum_to_their_goroutines() {
    check_all(|_, trace| {
        let scope = Scope::whole(trace);
        let all = groups(trace, &scope.pieces(trace), &Monitor::new()).expect("not cancelled");
        let mut faults = Vec::new();
        for group in &all.groups {
            let pieces = scope.pieces(trace);
            let by = (SortBy::Execution, usize::MAX);
            let members = goroutines(trace, &pieces, Some(group.name), by, &Monitor::new()).expect("not cancelled");
            let mut total = Breakdown::default();
            for member in &members {
                total.add(&member.breakdown);
            }
            total.sort();
            let execution: Vec<Nanos> = members.iter().map(|member| member.breakdown.running).collect();
            let is_right = total == group.breakdown
                && members.len() as u64 == group.count
                && execution.first().copied() == group.execution.max
                && execution.iter().sum::<Nanos>() == group.execution.total
                && execution.get(execution.len() / 2).copied() == group.execution.p50;
            if !is_right {
                faults.push(format!("{}: {group:?}, but {total:?}", trace.str(group.name)));
            }
        }
        faults
    });
}

#[test]
fn stretches_are_the_goroutines_spans() {
    check_all(|_, trace| {
        let mut faults = Vec::new();
        for at in 0..trace.goroutine_count() {
            let go = GoroutineIdx(at);
            let mut stretches = Vec::new();
            trace.state_intervals(go, trace.range(), |stretch| {
                stretches.push((stretch.range, stretch.state, stretch.cause, stretch.began_before, stretch.goes_on));
            });
            let spans: Vec<_> = trace
                .spans(LaneId::Goroutine(go), trace.range())
                .map(|span| (span.range, span.state, span.cause, span.began_before, span.goes_on))
                .collect();
            if stretches != spans {
                faults.push(format!("goroutine {at}: {stretches:?}, spans {spans:?}"));
            }
        }
        faults
    });
}

#[test]
fn profiles_by_scope_and_their_trees_sum_up() {
    check_all(|_, trace| {
        let mut faults = Vec::new();
        let names: std::collections::BTreeSet<_> = (0..trace.goroutine_count())
            .filter_map(|at| trace.goroutine_name(GoroutineIdx(at)))
            .map(|(_, name)| name)
            .collect();
        for kind in ProfileKind::ALL {
            let whole = profile_of(trace, Scope::whole(trace), kind);
            if kind != ProfileKind::Cpu {
                let of = |&name| {
                    profile_of(trace, Scope { range: trace.range(), filter: GoroutineFilter::Named(name) }, kind).nanos
                };
                let by_name: Nanos = names.iter().map(of).sum();
                if by_name != whole.nanos {
                    faults.push(format!("{}: by function {by_name}, in all {}", kind.name(), whole.nanos));
                }
            }
            let stacks = || whole.stacks.iter().map(|sum| (sum.stack, sum.count, sum.nanos.0));
            for merge in [MergeBy::Function, MergeBy::Line] {
                let flame = Flame::of(trace, stacks(), merge);
                let own: u64 = flame.nodes.iter().map(|node| node.own).sum();
                let root = flame.nodes[0].total;
                let fits = (1..flame.nodes.len()).all(|at| {
                    let (node, parent) = (&flame.nodes[at], &flame.nodes[flame.nodes[at].parent]);
                    node.start >= parent.start && node.start + node.total <= parent.start + parent.total
                });
                if own != whole.nanos.0 || root != whole.nanos.0 || !fits {
                    faults.push(format!("{}: tree {root}, own {own}, profile {}", kind.name(), whole.nanos));
                }
            }
            let with_stack: u64 = stacks().filter(|sum| sum.0.is_some()).map(|sum| sum.2).sum();
            let own: Nanos = by_function(trace, &whole).iter().map(|function| function.own).sum();
            if own != Nanos(with_stack) {
                faults.push(format!("{}: functions {own}, stacks {with_stack}", kind.name()));
            }
        }
        faults
    });
}

#[test]
fn a_cancelled_question_has_no_answer() {
    let trace = load("real/workers-go1.27.trace");
    let monitor = Monitor::new();
    monitor.cancel();
    let pieces = Scope::whole(&trace).pieces(&trace);
    assert!(groups(&trace, &pieces, &monitor).is_none());
    assert!(profile(&trace, &pieces, ProfileKind::Sync, &monitor).is_none());
}

#[test]
fn calls_that_lose_their_proc_are_told_from_quick_ones() {
    let trace = load("real/sysio-go1.27.trace");
    let times = each(&trace, Scope::whole(&trace));
    let calls = |pick: fn(&Breakdown) -> Nanos| times.iter().map(|times| pick(&times.breakdown)).sum::<Nanos>();
    assert!(!calls(|breakdown| breakdown.syscall).is_zero());
    assert!(!calls(|breakdown| breakdown.syscall_blocked).is_zero());
    let mut waiting = 0;
    for at in 0..trace.goroutine_count() {
        trace.state_intervals(GoroutineIdx(at), trace.range(), |stretch| {
            waiting += u32::from(stretch.state == GoState::Waiting);
        });
    }
    assert!(waiting > 0);
}

#[test]
fn gos_pprof_reads_what_we_write() {
    let Some(go_root) = std::env::var_os("TRACELANE_GO").map(PathBuf::from) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["real/httpserver-go1.27.trace", "real/sysio-go1.22.trace", "real/sync-go1.21.trace"] {
        let trace = load(file);
        for kind in GOS {
            let profile = profile_of(&trace, Scope::whole(&trace), kind);
            let path = folder.path().join("profile");
            pprof::write(&trace, &profile, None, fs::File::create(&path).expect("a file")).expect("written");
            let output = Command::new(go_root.join("bin/go"))
                .args(["tool", "pprof", "-raw"])
                .arg(&path)
                .env("GOROOT", &go_root)
                .env("GOTOOLCHAIN", "local")
                .output()
                .expect("Go starts");
            assert!(output.status.success(), "{file}: {}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8_lossy(&output.stdout);
            let samples = text.split("Samples:").nth(1).and_then(|text| text.split("Locations").next());
            let numbers = samples.expect("samples").lines().filter_map(|line| {
                let (count, rest) = line.trim().split_once(char::is_whitespace)?;
                let nanos = rest.trim().split_once(':')?.0;
                Some((count.parse::<u64>().ok()?, nanos.parse::<u64>().ok()?))
            });
            let totals = numbers.fold((0, 0), |sum, next| (sum.0 + next.0, sum.1 + next.1));
            assert_eq!(totals, (profile.count, profile.nanos.0), "{file} {}", kind.name());
        }
    }
}

#[test]
fn tasks_and_regions_are_all_told_and_their_parts_sum_up() {
    use trace_core::analysis::tasks::{Filter, TaskIndex, band, details, regions, tasks};
    check_all(|file, trace| {
        let mut faults = Vec::new();
        let families = tasks(trace, &Filter::default(), &Monitor::new()).expect("not cancelled");
        let count: u64 = families.iter().map(|family| family.count).sum();
        if count != u64::from(trace.task_count()) {
            faults.push(format!("{count} of {} tasks", trace.task_count()));
        }
        let index = TaskIndex::of(trace);
        for family in &families {
            let bars: u64 = family.histogram.iter().map(|bucket| bucket.count).sum();
            let is_sorted = family.instances.is_sorted_by(|one, next| one.range.nanos() >= next.range.nanos());
            if bars + family.incomplete != family.count || !is_sorted {
                faults.push(format!("{file}: {}: {bars} of {}", trace.str(family.name), family.count));
            }
            for instance in family.instances.iter().take(20) {
                let details = details(trace, &index, &instance.task);
                if sum(&details.breakdown) != details.breakdown.total {
                    faults.push(format!("task {}: {:?}", instance.task.id.0, details.breakdown));
                }
                if instance.task.go.is_some() && !details.goroutines.contains(&instance.task.go) {
                    faults.push(format!("task {} lacks who began it", instance.task.id.0));
                }
            }
        }
        let families = regions(trace, &Filter::default(), &Monitor::new()).expect("not cancelled");
        let count: usize = families.iter().map(|family| family.instances.len()).sum();
        let all: usize =
            (0..trace.goroutine_count()).map(|at| trace.regions(GoroutineIdx(at), trace.range()).count()).sum();
        if count != all {
            faults.push(format!("{count} of {all} regions"));
        }
        for region in families.iter().flat_map(|family| family.instances.iter().take(20)).map(|found| found.region) {
            let parts = band(trace, region.go, region.range, 100);
            let covered: u64 = parts.iter().map(|part| part.end - part.start).sum();
            // A region whose beginning was lost may reach back to before its goroutine was there.
            let nanos = region.range.nanos().unsigned_abs();
            let is_inside = parts.last().is_none_or(|last| last.end <= nanos);
            let is_whole = covered == nanos || region.began_before;
            if !is_whole || !is_inside || !parts.is_sorted_by(|one, next| one.end <= next.start) {
                faults.push(format!("band of {covered} ns for {:?}: {parts:?}", region.range));
            }
        }
        faults
    });
    let trace = load("real/tasks-go1.27.trace");
    assert!(!tasks(&trace, &Filter::default(), &Monitor::new()).expect("not cancelled").is_empty());
    assert!(!regions(&trace, &Filter::default(), &Monitor::new()).expect("not cancelled").is_empty());
    let none = Filter { least: Some(Nanos::MAX), ..Filter::default() };
    assert!(tasks(&trace, &none, &Monitor::new()).expect("not cancelled").is_empty());
    let none = Filter { log: Some("no log has this".to_owned()), ..Filter::default() };
    assert!(tasks(&trace, &none, &Monitor::new()).expect("not cancelled").is_empty());
}
