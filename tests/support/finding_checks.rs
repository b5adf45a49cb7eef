//! What must hold of the findings of any trace: no part is larger than its whole, nothing takes longer than it can,
//! the numbers in a headline and a title are those of the evidence, what a title says a goroutine did is in the trace, and other
//! analyses count the same.

use trace_core::analysis::blocked_by::{Meanwhile, blocked, wakers};
use trace_core::analysis::collector::cycles::Collector;
use trace_core::analysis::findings::Findings;
use trace_core::analysis::findings::finding::{Act, Finding, Kind, Value};
use trace_core::analysis::latency::latency;
use trace_core::analysis::locks::locks;
use trace_core::analysis::phrases::{counted, in_percent, percent, time};
use trace_core::analysis::place_time::KEPT;
use trace_core::analysis::places::{Origin, Places, origin};
use trace_core::analysis::procs::procs;
use trace_core::analysis::scope::Scope;
use trace_core::analysis::wait_chain::StepKind;
use trace_core::analysis::workload::Workload;
use trace_core::base::ids::StackId;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TimeRange;
use trace_core::event::state::{GoState, SpanClass};
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

/// Of two numbers of the evidence the first is part of the second.
const PARTS: &[(&str, &str)] = &[
    ("wait_max_ns", "wait_total_ns"),
    ("examined_ns", "wait_total_ns"),
    ("held_ns", "examined_ns"),
    ("held_slow_ns", "held_ns"),
    ("held_runnable_ns", "held_ns"),
    ("holder_ns", "holders_ns"),
    ("asleep_meanwhile_ns", "wait_total_ns"),
    ("call_max_ns", "call_total_ns"),
    ("call_total_ns", "work_total_ns"),
    ("longest_ns", "idle_while_ready_ns"),
    ("runnable_max_ns", "runnable_total_ns"),
    ("stopped_max_ns", "stopped_total_ns"),
    ("stopping_ns", "stopped_total_ns"),
    ("held_ns", "stopped_total_ns"),
    ("late_ns", "stopping_ns"),
    ("paused_max_ns", "paused_total_ns"),
    ("helped_ns", "assist_elapsed_ns"),
    ("assist_total_ns", "assist_elapsed_ns"),
    ("running_of_first_ns", "running_total_ns"),
    ("longest_total_ns", "work_total_ns"),
    ("longest_unit_ns", "unit_total_ns"),
    ("unit_mean_ns", "unit_total_ns"),
    ("sleep_mean_ns", "sleep_total_ns"),
    ("uneven_rounds", "rounds"),
    ("cycles_forced", "cycles"),
    ("stuck", "not_ended"),
    ("not_ended", "created"),
    ("ended", "created"),
    ("waiters", "waits"),
    ("waits_analysed", "waits"),
    ("analysed_ns", "wait_total_ns"),
    ("run_mean_ns", "spin_running_ns"),
    ("requests_waiting", "requests"),
    ("wait_total_ns", "requests_total_ns"),
    ("wait_per_request_ns", "wait_total_ns"),
    ("stuck_max_ns", "stuck_total_ns"),
    ("queued", "stuck"),
    ("slots", "waits"),
    ("longest_ns", "no_cpu_ns"),
    ("periods_throttled", "periods"),
    ("times_seen_there", "times_seen"),
];

/// What one goroutine, or the world, did: no longer than the trace.
const ELAPSED: &[&str] = &[
    "wait_max_ns",
    "holder_ns",
    "holders_ns",
    "holders_runnable_ns",
    "last_ns",
    "consumer_ns",
    "idle_while_ready_ns",
    "longest_ns",
    "runnable_max_ns",
    "stopped_total_ns",
    "paused_total_ns",
    "marking_ns",
    "oldest_ns",
    "missing_ns",
    "call_max_ns",
    "longest_unit_ns",
    "running_of_first_max_ns",
    "stuck_max_ns",
    "partner_ended_ago_ns",
    "partner_waited_ns",
    "partner_away_ns",
    "no_cpu_ns",
];

/// What needs a proc: no longer than all procs had.
const ON_PROCS: &[&str] = &["running_total_ns", "running_of_first_ns", "helped_ns", "assist_total_ns", "background_ns"];

/// Places of waiting that are looked at.
const PLACES: usize = 40;

/// Ratios that may be above 1.
const FREE_RATIOS: &[&str] =
    &["mean_waiting", "per_second", "waits_per_wakeup", "waits_per_unit", "fires_per_wait", "quota_cpus_at_most"];

/// All that does not hold.
pub(crate) fn violations(trace: &Trace, found: &Findings) -> Vec<String> {
    let mut faults = whole(trace, found);
    faults.extend(waits(trace));
    for finding in &found.list {
        let told = [
            parts(finding, found),
            numbers(finding),
            places(trace, finding),
            acts(trace, finding),
            others(trace, finding),
        ];
        let name = finding.kind.name();
        faults.extend(
            told.concat()
                .into_iter()
                .map(|fault| format!("{name}: {fault}\n    {}\n    {}", finding.headline, finding.title)),
        );
    }
    faults
}

fn int(finding: &Finding, name: &str) -> Option<u64> {
    finding.evidence.iter().find_map(|(known, value)| match value {
        Value::Int(value) if *known == name => Some(*value),
        _ => None,
    })
}

fn parts(finding: &Finding, found: &Findings) -> Vec<String> {
    let mut faults = Vec::new();
    let mut names: Vec<&str> = finding.evidence.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    if names.windows(2).any(|pair| pair[0] == pair[1]) {
        faults.push(format!("evidence named twice: {names:?}"));
    }
    for (part, all) in PARTS {
        if let (Some(a), Some(b)) = (int(finding, part), int(finding, all))
            && a > b
        {
            faults.push(format!("{part} {a} > {all} {b}"));
        }
    }
    let on_procs = found.load.procs * found.duration.0;
    for (names, limit) in [(ELAPSED, found.duration.0), (ON_PROCS, on_procs)] {
        for name in names {
            if let Some(nanos) = int(finding, name).filter(|nanos| *nanos > limit) {
                faults.push(format!("{name} {nanos} > {limit}"));
            }
        }
    }
    if let (Some(total), Some(waiters)) = (int(finding, "wait_total_ns"), int(finding, "waiters"))
        && total > waiters * found.duration.0
    {
        faults.push(format!("{waiters} goroutines waited {total} in {}", found.duration.0));
    }
    if let (Some(all), Some(part)) = (int(finding, "wait_total_ns"), int(finding, "examined_ns"))
        && part < all
        && finding.figures().iter().all(|figure| figure.label != "Analysed")
    {
        faults.push(format!("{part} ns of {all} ns were analysed, which no figure says"));
    }
    if let (Some(total), Some(max), Some(waits)) =
        (int(finding, "wait_total_ns"), int(finding, "wait_max_ns"), int(finding, "waits"))
        && total > max * waits
    {
        faults.push(format!("{waits} waits of at most {max} are {total}"));
    }
    for (name, value) in &finding.evidence {
        if let Value::Ratio(ratio) = value
            && !FREE_RATIOS.contains(name)
            && !(0.0..=1.0).contains(ratio)
        {
            faults.push(format!("{name} is {ratio}"));
        }
    }
    if !(0.0..=1.0).contains(&finding.confidence) {
        faults.push(format!("confidence {}", finding.confidence));
    }
    faults
}

/// What is wrong with the headline and the title: numbers that no evidence is behind, and words that say nothing.
fn numbers(finding: &Finding) -> Vec<String> {
    // What a warning of the reader says is its own.
    let title = match finding.kind {
        Kind::TraceDamage => finding.title.split(": ").next().unwrap_or_default(),
        _ => finding.title.as_str(),
    };
    let mut faults = numbers_in(finding, title);
    faults.extend(numbers_in(finding, &finding.headline).into_iter().map(|fault| format!("headline: {fault}")));
    let length = finding.headline.chars().count();
    if !(8..=HEADLINE).contains(&length) || finding.headline.contains(" (") {
        faults.push(format!("a headline of {length} characters: {}", finding.headline));
    }
    for remnant in ["(inferred)", "inferred)", "analysed", "(lock"] {
        if finding.title.contains(remnant) {
            faults.push(format!("says '{remnant}', which is for a figure"));
        }
    }
    faults
}

/// Characters of a headline at most.
const HEADLINE: usize = 110;

fn numbers_in(finding: &Finding, title: &str) -> Vec<String> {
    let words: Vec<&str> = title.split_whitespace().map(|word| word.trim_matches(['(', ')', ',', ';', ':'])).collect();
    let mut faults = Vec::new();
    for (at, word) in words.iter().enumerate() {
        if word.replace(',', "").parse::<f64>().is_err() {
            continue;
        }
        let unit = words.get(at + 1).copied().unwrap_or_default();
        let told = format!("{word} {unit}");
        let is_known = finding.evidence.iter().any(|(name, value)| match (value, unit) {
            (Value::Int(nanos), "ns" | "µs" | "ms" | "s") => name.ends_with("_ns") && time(*nanos) == told,
            (Value::Ratio(ratio), "%") => in_percent(*ratio).ends_with(&told),
            (Value::Int(count), _) => !name.ends_with("_ns") && counted(*count, "x").starts_with(&format!("{word} ")),
            (Value::Ratio(ratio), _) => [format!("{ratio:.0}"), format!("{ratio:.1}")].contains(&word.replace(',', "")),
            (Value::Text(_), _) => false,
        });
        let is_part = |(part, all): &(&str, &str)| match (int(finding, part), int(finding, all)) {
            (Some(part), Some(all)) => percent(part, all).ends_with(&told),
            _ => false,
        };
        let is_known = is_known || PARTS.iter().any(is_part);
        if !is_known {
            faults.push(format!("'{told}' is in no evidence"));
        }
    }
    for words in ["unknown place", "requester unknown", "in sum", "in all", "meanwhile", "told"] {
        if title.contains(words) {
            faults.push(format!("says '{words}'"));
        }
    }
    faults
}

fn places(trace: &Trace, finding: &Finding) -> Vec<String> {
    let mut faults = Vec::new();
    let all = trace.range();
    for link in &finding.links {
        if link.range.start < all.start || link.range.end > all.end {
            faults.push(format!("a link leads to {:?}, outside of {all:?}", link.range));
        }
        if trace.goroutine_name(link.go).map(|known| known.0) != Some(link.id) {
            faults.push(format!("a link names {:?} {:?}", link.go, link.id));
        }
        if finding.goroutines.binary_search(&link.go).is_err() {
            faults.push(format!("{:?} is linked but not among the goroutines", link.go));
        }
    }
    for victim in &finding.victims {
        if victim.goroutines > u64::from(trace.goroutine_count()) {
            faults.push(format!("{} goroutines are affected", victim.goroutines));
        }
    }
    if let Some(culprit) = &finding.culprit
        && !culprit.stack.is_empty()
        && !culprit.stack.iter().any(|place| place.function == culprit.place.function)
    {
        faults.push(format!("{} is not in the culprit's stack", culprit.place.function));
    }
    let lost = u64::from(trace.goroutine_count().max(trace.proc_count())) * all.nanos().unsigned_abs();
    if finding.time_lost.0 > lost {
        faults.push(format!("{} ns lost of {lost}", finding.time_lost.0));
    }
    faults
}

const fn is_such(doing: StepKind, class: SpanClass) -> bool {
    match doing {
        StepKind::Running | StepKind::MarkAssist => matches!(class, SpanClass::Running),
        // Runs and system calls, cut where the process had no CPU.
        StepKind::NoCpu => matches!(class, SpanClass::Running | SpanClass::Syscall),
        StepKind::Runnable => matches!(class, SpanClass::Runnable),
        StepKind::Syscall | StepKind::CgoCall => matches!(class, SpanClass::Syscall),
        StepKind::Waiting(wanted) => wanted as usize == class as usize,
        StepKind::Unknown | StepKind::NotCreated | StepKind::Unfollowed => true,
    }
}

/// Findings say what each of so many holders did.
const HOLDERS: u64 = 16;

/// "The longest of 5 goroutines": each of them did the same, none longer, and together for as long as is said.
fn holders(finding: &Finding) -> Vec<String> {
    let (Some(holders), Some(all)) = (int(finding, "holders"), int(finding, "holders_ns")) else { return Vec::new() };
    let mut gos: Vec<_> = finding.acts.iter().map(|act| act.go).collect();
    gos.sort_unstable();
    gos.dedup();
    let sum: u64 = finding.acts.iter().map(|act| act.total.0).sum();
    let shortest = finding.acts.iter().map(|act| act.total.0).min().unwrap_or(0);
    let mut faults = Vec::new();
    if gos.len() as u64 != holders.min(HOLDERS) {
        faults.push(format!("{holders} holders, of which {} did anything", gos.len()));
    }
    if holders <= HOLDERS && all > sum {
        faults.push(format!("{holders} holders did for {all} what they did for {sum}"));
    }
    let is_once = finding.evidence.contains(&("cause", Value::Text("once".to_owned())));
    if is_once && shortest * 20 < int(finding, "holder_longest_ns").unwrap_or(0) {
        faults.push(format!("one that ran the function of a sync.Once did so for {shortest} ns"));
    }
    faults
}

/// What goroutines are said to have done is in the trace, while others waited.
fn acts(trace: &Trace, finding: &Finding) -> Vec<String> {
    let mut faults = holders(finding);
    for (at, act) in finding.acts.iter().enumerate() {
        let all = trace.range();
        if act.within.start < all.start || act.within.end > all.end || act.total.0 > act.within.nanos().unsigned_abs() {
            faults.push(format!("{act:?} in a trace of {all:?}"));
        }
        let sums = trace.time_by_class(LaneId::Goroutine(act.go), act.within).nanos;
        let did: u64 =
            SpanClass::ALL.iter().filter(|class| is_such(act.doing, **class)).map(|class| sums[*class as usize]).sum();
        if did < act.total.0 {
            faults.push(format!("{act:?} did so for {did} ns only"));
        }
        if is_about_waits(finding.kind) {
            // Whoever is crowded out waits for a proc.
            let waits = |state: GoState| match (finding.kind, act.doing) {
                (Kind::CpuStarvation, StepKind::Running) => state == GoState::Runnable,
                _ => state == GoState::Waiting,
            };
            let waited = finding
                .goroutines
                .iter()
                .filter(|go| **go != act.go)
                .any(|go| trace.spans(LaneId::Goroutine(*go), act.within).any(|span| waits(span.state)));
            if !waited {
                faults.push(format!("nobody waited during {act:?}"));
            }
            if at == 0 && finding.kind != Kind::CpuStarvation && !was_seen(trace, finding, act) {
                faults.push(format!("the culprit was not seen during {act:?}"));
            }
        }
    }
    faults
}

const fn is_about_waits(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::LockContention
            | Kind::LockHeldOverIo
            | Kind::RwmutexWriter
            | Kind::CpuStarvation
            | Kind::ChannelBacklog
            | Kind::Straggler
            | Kind::Imbalance
    )
}

/// Whether the function of the culprit was on the stack of the one who did it, in that time.
fn was_seen(trace: &Trace, finding: &Finding, act: &Act) -> bool {
    let Some(culprit) = &finding.culprit else { return true };
    let lane = LaneId::Goroutine(act.go);
    let until_end = TimeRange::new(act.within.start, act.within.end.plus_nanos(1));
    let mut stacks = Vec::new();
    for span in trace.spans(lane, act.within) {
        stacks.extend((span.range.end <= act.within.end).then_some(span.end_stack));
        let is_blocked = span.state != GoState::Running;
        stacks.extend((is_blocked || act.within.start <= span.range.start).then_some(span.start_stack));
    }
    stacks.extend(trace.special_ranges(lane, act.within).map(|special| special.stack));
    // A wait that began before the trace has no stack: where the program goes on tells where it was.
    if trace.span_at(lane, act.within.start).is_some_and(|span| span.began_before && !span.start_stack.is_some()) {
        let rest = TimeRange::new(act.within.end, trace.range().end);
        let is_own = |stack: &StackId| trace.frames(*stack).any(|frame| origin(&frame) != Origin::Standard);
        let mut after = trace.events(lane, rest).map(|row| row.stack);
        stacks.extend(after.find(is_own));
    }
    stacks.extend(trace.samples(lane, act.within).map(|sample| sample.stack));
    stacks.extend(trace.events(lane, until_end).map(|row| row.stack));
    // Whom it woke or created, and where.
    for other in finding.goroutines.iter().filter(|go| **go != act.go) {
        let moves = trace.transitions(*other, until_end).filter(|found| found.by == Some(lane));
        stacks.extend(moves.map(|found| found.by_stack));
    }
    stacks.iter().any(|&stack| trace.frames(stack).any(|frame| frame.function == culprit.place.function))
}

/// What other analyses say of the same.
fn others(trace: &Trace, finding: &Finding) -> Vec<String> {
    let monitor = Monitor::new();
    let mut faults = Vec::new();
    let mut same = |name: &str, other: u64| {
        if let Some(own) = int(finding, name).filter(|own| *own != other) {
            faults.push(format!("{name} is {own}, elsewhere {other}"));
        }
    };
    match finding.kind {
        Kind::IdleProcs => {
            let found = procs(trace, trace.range(), &monitor).expect("not cancelled").idle_while_ready;
            same("idle_while_ready_ns", found.nanos.0);
            same("longest_ns", found.worst.first().map_or(0, |range| range.nanos().unsigned_abs()));
        }
        Kind::GcPressure => {
            let gc = Collector::of(trace, trace.range(), &monitor).expect("not cancelled");
            let own = gc.stops.iter().filter(|stop| stop.is_collectors);
            same("pauses", own.clone().count() as u64);
            same("paused_total_ns", own.map(|stop| stop.stopping() + stop.held()).sum());
        }
        Kind::StopTheWorld => {
            let gc = Collector::of(trace, trace.range(), &monitor).expect("not cancelled");
            let stops = gc.stops.iter().filter(|stop| {
                let reason = trace.str(stop.reason);
                finding.evidence.iter().any(|(_, value)| *value == Value::Text(reason.to_owned()))
            });
            let all: u64 = stops.clone().map(|stop| stop.stopping() + stop.held()).sum();
            if int(finding, "stopped_total_ns") > Some(all) {
                faults.push(format!("stops of this kind took {all} ns"));
            }
            let is_known = stops.into_iter().all(|stop| trace.frames(stop.stack).next().is_some());
            if is_known && !finding.title.contains("requested by") {
                faults.push("the requester is known".to_owned());
            }
        }
        _ => {}
    }
    faults
}

/// Who kept whom waiting: parts within their wholes, and nobody did anything for longer than the trace lasts.
fn waits(trace: &Trace) -> Vec<String> {
    let places = Places::new(trace);
    let workload = Workload::take(trace, &places, &Monitor::new()).expect("not cancelled");
    let duration = trace.range().nanos().unsigned_abs();
    let mut faults = Vec::new();
    for wait in blocked(&workload, &places).iter().take(PLACES) {
        let found = wakers(trace, &places, wait);
        let parts: u64 = found.parts.iter().map(|part| part.nanos).sum();
        let is_sound = wait.max <= wait.nanos
            && wait.nanos <= wait.gos * duration
            && wait.gos <= wait.count
            && wait.woken_nanos <= wait.nanos
            && wait.bounded_nanos <= wait.nanos
            && found.waits <= wait.count.min(KEPT as u64)
            && (found.waits == wait.count || found.parts.is_empty() || found.sentence.contains("analysed"))
            && found.examined <= wait.woken_nanos
            && parts == found.examined;
        if !is_sound {
            faults.push(format!("examined {}, parts {parts} of {wait:?}", found.examined));
        }
        let is_odd = |part: &&Meanwhile| {
            let (own, longest) = (part.own_nanos(), part.longest.nanos().unsigned_abs());
            own > part.nanos || own > duration || longest > own
        };
        faults.extend(found.parts.iter().filter(is_odd).map(|part| format!("{part:?}")));
    }
    faults
}

/// The numbers about the whole trace, against other analyses.
fn whole(trace: &Trace, found: &Findings) -> Vec<String> {
    let monitor = Monitor::new();
    let pieces = Scope::whole(trace).pieces(trace);
    let mut faults = Vec::new();
    let mut same = |name: &str, own: u64, other: u64| {
        if own != other {
            faults.push(format!("{name} is {own}, elsewhere {other}"));
        }
    };
    let all = locks(trace, &pieces, &monitor).expect("not cancelled");
    same("lock_wait_ns", found.lock_wait.0, all.iter().map(|lock| lock.nanos.0).sum());
    let used = procs(trace, trace.range(), &monitor).expect("not cancelled");
    same("stw_ns", found.stw.0, used.stopped.0);
    let waits = latency(trace, &pieces, &monitor).expect("not cancelled");
    let longest = waits.groups.iter().flat_map(|group| &group.worst).map(|wait| wait.nanos).max();
    same("longest_runnable_ns", found.longest_runnable.0, longest.unwrap_or_default().0);
    let gc = Collector::of(trace, trace.range(), &monitor).expect("not cancelled");
    same("assist_ns", found.assist.0, gc.assist_run().0);
    same("gc_ns", found.gc.0, gc.cycles.iter().map(|cycle| cycle.range.nanos().unsigned_abs()).sum());
    let load = found.load;
    let limit = load.procs * found.duration.0;
    for (name, nanos) in [("busy", load.busy.0), ("running", load.running.0), ("assist", found.assist.0)] {
        if nanos > limit {
            faults.push(format!("{name} {nanos} > {} procs * {}", load.procs, found.duration.0));
        }
    }
    // In a damaged trace goroutines may run on no proc.
    let is_sound = trace.warnings().iter().all(|warning| !warning.kind.is_damage());
    let is_more = load.running > load.busy || found.assist > load.busy;
    if is_sound && is_more || !(0.0..=1.0).contains(&load.share) {
        faults.push(format!("{load:?}, assists {}", found.assist.0));
    }
    faults
}
