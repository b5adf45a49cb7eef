//! The collector's doings on real traces: mutator utilisation against a second, simpler computation from the text of
//! the events alone, and identities: parts sum to the whole, everything is told once.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::sync::Arc;

use trace_core::analysis::collector::cycles::Collector;
use trace_core::analysis::collector::work::{assists, sweeps, worker_runs};
use trace_core::analysis::mmu::{Mutator, ShareKind, Takes, window_lengths};
use trace_core::base::monitor::Monitor;
use trace_core::base::nanos::Nanos;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::export::reference::dump;
use trace_core::input::source::Source;
use trace_core::load::load_bytes;
use trace_core::model::trace::Trace;

use crate::fixtures;

const ALL: Takes = Takes { stops: true, other_stops: true, background: true, assist: true, sweep: true };

fn real_traces() -> Vec<(String, Vec<u8>)> {
    let folder = fs::read_dir(fixtures::data().join("real")).expect("the traces");
    let paths = folder.map(|entry| entry.expect("a file").path());
    let mut traces: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "trace"))
        .map(|path| (path.file_name().expect("a name").to_string_lossy().into_owned(), fs::read(&path).expect("bytes")))
        .collect();
    traces.sort();
    assert!(traces.len() > 75, "only {} traces", traces.len());
    traces
}

fn load(bytes: &[u8]) -> Arc<Trace> {
    load_bytes(bytes, &Monitor::new(), &mut |_| {}).expect("a trace")
}

fn mutator(trace: &Trace, whose: ShareKind, takes: Takes) -> Mutator {
    Mutator::of(trace, trace.range(), whose, takes, &Monitor::new()).expect("not cancelled")
}

/// What a second reading of a trace finds: stretches by what takes them, from the printed events alone.
#[derive(Default)]
struct Judge {
    /// Proc, from, to: mark workers that are not idle, by whether they are dedicated.
    workers: Vec<(i64, i64, i64, bool)>,
    assists: Vec<(i64, i64, i64)>,
    sweeps: Vec<(i64, i64, i64)>,
    /// From, to, whether for the collector.
    stops: Vec<(i64, i64, bool)>,
    /// Since when, how many.
    procs: Vec<(i64, usize)>,
    /// Those that ever did something.
    seen: BTreeSet<i64>,
}

/// A running goroutine: proc, since when, the mode that a label gave it since.
type Run = (i64, i64, Option<String>);

impl Judge {
    fn of(bytes: &[u8], range: TimeRange) -> Self {
        let mut text = Vec::new();
        dump(Source::bytes(bytes), &mut text, &Monitor::new(), &mut |_, _, _| {}).expect("a dump");
        let text = String::from_utf8_lossy(&text);
        let workers = Self::workers(&text);
        let (first, last) = (range.start.0, range.end.0);
        let mut judge = Self::default();
        let mut running: BTreeMap<i64, Run> = BTreeMap::new();
        let mut modes: BTreeMap<i64, String> = BTreeMap::new();
        let mut open: BTreeMap<String, i64> = BTreeMap::new();
        let mut assisting: BTreeMap<i64, i64> = BTreeMap::new();
        let mut generation = 0;
        for line in text.lines().filter(|line| line.starts_with("M=")) {
            let words: Vec<&str> = line.split(' ').collect();
            let (kind, time) = (words[3], number(line, "Time=").unwrap_or(0));
            let (proc, go) = (number(line, "P=").unwrap_or(-1), number(line, "G=").unwrap_or(-1));
            judge.seen.extend((0..1_000_000).contains(&proc).then_some(proc));
            let name = line.split('"').nth(1).unwrap_or("");
            match kind {
                "Sync" => generation += 1,
                "Metric" if name.contains("gomaxprocs") => {
                    judge.procs.push((time, number(line, "Uint64(").expect("a number") as usize));
                }
                "Label" => {
                    modes.insert(go, name.to_owned());
                    if let Some(run) = running.get_mut(&go)
                        && run.2.is_none()
                    {
                        run.2 = Some(name.to_owned());
                    }
                }
                "StateTransition" if line.contains("GoID=") => {
                    let go = number(line, "GoID=").expect("an id");
                    let (from, to) = words.iter().find_map(|word| word.split_once("->")).expect("two states");
                    if from == "Running"
                        && to != "Running"
                        && let Some(run) = running.remove(&go)
                    {
                        judge.ended(go, &run, time, &workers, &modes);
                        judge.helped(&assisting, go, &run, time);
                    }
                    if to == "Running" && from != "Running" {
                        running.insert(go, (proc, if from == "Undetermined" { first } else { time }, None));
                    }
                }
                "RangeBegin" | "RangeActive" | "RangeEnd" => {
                    let start = if kind == "RangeBegin" { time } else { first };
                    let key =
                        format!("{name} {}", line.split("Scope=").nth(1).unwrap_or("").split(' ').next().unwrap_or(""));
                    let is_assist = name == "GC mark assist";
                    let helper = number(line, "Goroutine(").unwrap_or(-1);
                    if kind != "RangeEnd" {
                        let is_new = generation <= 1 || kind == "RangeBegin";
                        if is_assist && is_new {
                            assisting.entry(helper).or_insert(start);
                        } else if is_new {
                            open.entry(key).or_insert(start);
                        }
                        continue;
                    }
                    if is_assist {
                        if let Some(run) = running.get(&helper) {
                            let run = run.clone();
                            assisting.entry(helper).or_insert(first);
                            judge.helped(&assisting, helper, &run, time);
                        }
                        assisting.remove(&helper);
                        continue;
                    }
                    let start = open.remove(&key).unwrap_or(first);
                    judge.ranged(name, number(line, "Proc("), start, time);
                }
                _ => {}
            }
        }
        judge.cut_off(&running, &modes, &workers, &assisting, last);
        for (key, start) in open {
            judge.ranged(&key, number(&key, "Proc("), start, last);
        }
        judge
    }

    /// What was going on at the end.
    fn cut_off(
        &mut self,
        running: &BTreeMap<i64, Run>,
        modes: &BTreeMap<i64, String>,
        workers: &BTreeSet<i64>,
        assisting: &BTreeMap<i64, i64>,
        last: i64,
    ) {
        for (go, run) in running {
            self.ended(*go, run, last, workers, modes);
            self.helped(assisting, *go, run, last);
        }
    }

    /// Goroutines of which some stack has the mark worker's function at its root.
    fn workers(text: &str) -> BTreeSet<i64> {
        let (mut found, mut event, mut subject, mut of, mut root) = (BTreeSet::new(), -1, -1, -1, "");
        for line in text.lines() {
            if line.starts_with("M=") {
                event = number(line, "G=").unwrap_or(-1);
                subject = number(line, "GoID=").unwrap_or(-1);
            } else if line == "Stack=" || line == "TransitionStack=" {
                of = if line == "Stack=" { event } else { subject };
            } else if let Some(frame) = line.strip_prefix('\t').filter(|frame| !frame.starts_with('\t')) {
                root = frame.split(' ').next().unwrap_or("");
            } else if line.is_empty() {
                if root == "runtime.gcBgMarkWorker" && of >= 0 {
                    found.insert(of);
                }
                (of, root) = (-1, "");
            }
        }
        found
    }

    fn ended(&mut self, go: i64, run: &Run, time: i64, workers: &BTreeSet<i64>, modes: &BTreeMap<i64, String>) {
        let mode = run.2.as_ref().or_else(|| modes.get(&go)).map_or("", String::as_str);
        if workers.contains(&go) && mode != "GC (idle)" {
            self.workers.push((run.0, run.1, time, mode == "GC (dedicated)"));
        }
    }

    fn helped(&mut self, assisting: &BTreeMap<i64, i64>, go: i64, run: &Run, time: i64) {
        if let Some(since) = assisting.get(&go) {
            self.assists.push((run.0, run.1.max(*since), time));
        }
    }

    fn ranged(&mut self, name: &str, proc: Option<i64>, start: i64, end: i64) {
        if name.starts_with("stop-the-world") {
            self.stops.push((start, end, name.contains("GC ")));
        } else if name.starts_with("GC incremental sweep") {
            self.sweeps.push((proc.unwrap_or(-1), start, end));
        }
    }

    /// The share of all procs that is left at a time.
    fn share(&self, time: i64, takes: Takes) -> f64 {
        let covers = |from: i64, to: i64| from <= time && time < to;
        if self.stops.iter().any(|stop| covers(stop.0, stop.1) && if stop.2 { takes.stops } else { takes.other_stops })
        {
            return 0.0;
        }
        let mut busy = BTreeSet::new();
        if takes.background {
            busy.extend(self.workers.iter().filter(|run| covers(run.1, run.2)).map(|run| run.0));
        }
        if takes.assist {
            busy.extend(self.assists.iter().filter(|run| covers(run.1, run.2)).map(|run| run.0));
        }
        if takes.sweep {
            busy.extend(self.sweeps.iter().filter(|run| covers(run.1, run.2)).map(|run| run.0));
        }
        let known = self.procs.iter().rev().find(|reading| reading.0 <= time).or(self.procs.first());
        let procs = known.map_or(self.seen.len(), |reading| reading.1).max(1);
        (1.0 - busy.len() as f64 / procs as f64).max(0.0)
    }
}

fn number(line: &str, key: &str) -> Option<i64> {
    let rest = &line[line.find(key)? + key.len()..];
    let end = rest.find(|c: char| c != '-' && !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[test]
fn utilisation_is_what_a_reading_of_the_printed_events_finds() {
    let (mut faults, mut taken) = (Vec::new(), 0);
    for (name, bytes) in real_traces() {
        let trace = load(&bytes);
        let judge = Judge::of(&bytes, trace.range());
        for takes in [Takes::default(), ALL, Takes { assist: false, stops: false, ..Takes::default() }] {
            let found = mutator(&trace, ShareKind::System, takes);
            let mut seed = 1_u64;
            let length = trace.range().nanos().max(1);
            let mut wrong = 0;
            for _ in 0..1_500 {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let time = trace.range().start.plus_nanos(((seed >> 16) % length as u64) as i64);
                let Some((ours, _)) = found.within(TimeRange::new(time, time.plus_nanos(1))) else { continue };
                let theirs = judge.share(time.0, takes);
                taken += u64::from(theirs < 1.0);
                wrong += u32::from((ours - theirs).abs() > 1e-9);
                if (ours - theirs).abs() > 1e-9 && wrong == 1 {
                    faults.push(format!("{name} {takes:?}: {ours} at {}, not {theirs}", time.0));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    assert!(taken > 5_000, "the collector took something at only {taken} of the instants");
}

#[test]
fn curves_rise_toward_the_mean_and_percentiles_lie_above_the_least() {
    for (name, bytes) in real_traces() {
        let trace = load(&bytes);
        for whose in [ShareKind::System, ShareKind::Procs] {
            let found = mutator(&trace, whose, ALL);
            let lengths = window_lengths(found.longest(), 4);
            let curve = found.curve(&lengths, &Monitor::new()).expect("not cancelled");
            for point in &curve {
                let [p999, p99, p95] = point.most;
                let order = [point.least - 2e-5, p999, p99, p95];
                assert!(order.is_sorted(), "{name} {whose:?} {point:?}");
                let worst = found.worst(point.window).expect("a window");
                let (mean, _) = found.within(worst.range).expect("a share");
                assert!(whose != ShareKind::System || (mean - worst.share).abs() < 1e-9, "{name} {worst:?} {mean}");
            }
            let last = curve.last().expect("the whole");
            assert!(
                whose != ShareKind::System || (last.least - found.mean()).abs() < 1e-9,
                "{name}: {last:?} {}",
                found.mean()
            );
            // A window is no worse than its worse half.
            for pair in curve.windows(2) {
                let doubled = found.worst(pair[0].window * 2).expect("a window");
                assert!(
                    pair[0].window * 2 > found.longest() || doubled.share >= pair[0].least - 1e-9,
                    "{name} {pair:?}"
                );
            }
        }
    }
}

#[test]
fn everything_the_collector_does_belongs_to_one_collection() {
    let (mut cycles, mut helped, mut swept) = (0, 0, 0);
    for (name, bytes) in real_traces() {
        let trace = load(&bytes);
        let (range, monitor) = (trace.range(), Monitor::new());
        let found = Collector::of(&trace, range, &monitor).expect("not cancelled");
        let runs = worker_runs(&trace, range, &monitor).expect("not cancelled");
        let helps = assists(&trace, range, &monitor).expect("not cancelled");
        let sweeping = sweeps(&trace, range);
        cycles += found.cycles.len();
        helped += helps.len();
        swept += sweeping.len();
        if !found.cycles.is_empty() {
            let workers: Nanos = found.cycles.iter().flat_map(|cycle| cycle.workers).sum();
            assert_eq!(workers, runs.iter().map(|run| run.range.length()).sum(), "{name}");
            let sums = |of: &dyn Fn(&trace_core::analysis::collector::cycles::Cycle) -> Nanos| {
                found.cycles.iter().map(of).sum::<Nanos>()
            };
            let number: u64 = found.cycles.iter().map(|cycle| cycle.assists()).sum();
            assert_eq!(number, helps.len() as u64, "{name}");
            assert_eq!(sums(&|cycle| cycle.assist()), helps.iter().map(|help| help.range.length()).sum(), "{name}");
            assert_eq!(sums(&|cycle| cycle.assist_run()), helps.iter().map(|help| help.run_time()).sum(), "{name}");
        }
        let bytes = |swept: u64, cycle: u64| swept + cycle;
        let reclaimed = found.cycles.iter().map(|cycle| cycle.swept.reclaimed).fold(found.early.reclaimed, bytes);
        assert_eq!(reclaimed, sweeping.iter().map(|sweep| sweep.bytes.1).sum::<u64>(), "{name}");
        for cycle in &found.cycles {
            let parts = cycle.setup() + cycle.marking.length() + cycle.ending();
            assert_eq!(parts, cycle.range.length(), "{name} {cycle:?}");
            let known = cycle.goal.zip(cycle.heap_marked).is_some() || !cycle.is_whole();
            assert!(known || cycle.range.start == range.start, "{name}: {cycle:?}");
            if cycle.is_whole() {
                assert!(cycle.stops.len() >= 2, "{name}: a sweep and a mark termination: {cycle:?}");
                assert!(cycle.heap_after <= cycle.heap_marked || cycle.heap_after.is_none(), "{name} {cycle:?}");
            }
        }
        for stop in &found.stops {
            assert_eq!(
                stop.stopping() + stop.held() + stop.late(),
                stop.range.nanos().unsigned_abs(),
                "{name} {stop:?}"
            );
            assert_eq!(stop.last.is_some(), stop.stopped > stop.range.start, "{name} {stop:?}");
        }
        // A part of the trace tells of its collections what the whole tells.
        let middle =
            TimeRange::new(range.start.plus_nanos(range.nanos() / 3), range.start.plus_nanos(range.nanos() / 2));
        let part = Collector::of(&trace, middle, &monitor).expect("not cancelled");
        for cycle in &part.cycles {
            let same = found.cycles.iter().find(|known| known.range == cycle.range).expect("it is among all");
            let stops = |all: &Collector, of: &[usize]| of.iter().map(|&at| all.stops[at]).collect::<Vec<_>>();
            assert_eq!(stops(&part, &cycle.stops), stops(&found, &same.stops), "{name}");
            assert_eq!((cycle.marking, cycle.swept), (same.marking, same.swept), "{name}");
        }
    }
    assert!(cycles > 100 && helped > 1_000 && swept > 1_000, "{cycles} {helped} {swept}");
}

#[test]
fn a_range_is_looked_at_as_if_there_were_nothing_else() {
    let (_, bytes) = real_traces().into_iter().find(|(name, _)| name == "gc-4procs-go1.22.trace").expect("it is there");
    let trace = load(&bytes);
    let whole = mutator(&trace, ShareKind::System, ALL);
    let (start, length) = (trace.range().start, trace.range().nanos());
    let range = TimeRange::new(start.plus_nanos(length / 4), start.plus_nanos(length / 2));
    let part = Mutator::of(&trace, range, ShareKind::System, ALL, &Monitor::new()).expect("not cancelled");
    let (mean, least) = whole.within(range).expect("a share");
    assert!((part.mean() - mean).abs() < 1e-9, "{} {mean}", part.mean());
    assert_eq!(part.within(range).map(|found| found.1), Some(least));
    assert!(
        part.worst_windows(1_000_000, 5)
            .iter()
            .all(|window| range.start <= window.range.start && window.range.end <= range.end)
    );
    let instant = TraceTime(range.start.0 - 1);
    assert_eq!(part.within(TimeRange::new(instant, range.start)), None);
}
