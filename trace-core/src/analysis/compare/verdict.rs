//! What a comparison says in sentences.

use crate::analysis::compare::causes::{CauseChange, causes};
use crate::analysis::compare::measure::RowKind;
use crate::analysis::compare::{Change, Figures};
use crate::analysis::findings::Findings;
use crate::analysis::findings::finding::{Finding, Kind, Severity};

/// So many times as much is another thing, not more of the same.
const MANIFOLD: u64 = 5;
/// Rows told of.
const TOLD: usize = 4;

/// The sentences, the most important first: causes that went or came, then the rows that changed most.
#[must_use]
pub fn verdict(
    changes: &[Change],
    findings: Option<(&Findings, &Findings)>,
    tested: usize,
    names: [&str; 2],
) -> Vec<String> {
    let [name_a, name_b] = names;
    let mut sentences = Vec::new();
    let mut doubtful = Vec::new();
    for cause in findings.map(|(a, b)| causes(a, b)).unwrap_or_default() {
        let (word, finding, is_gone) = match (&cause, findings) {
            (CauseChange::Gone(at), Some((a, _))) => ("Gone", a.list.get(*at), true),
            (CauseChange::New(at), Some((_, b))) => ("New", b.list.get(*at), false),
            _ => continue,
        };
        let Some(finding) = finding.filter(|finding| finding.severity >= Severity::Warning) else { continue };
        if changes.iter().any(|change| bears_out(change, finding, is_gone)) {
            sentences.push(format!("{word} in {name_b}: {}", full_stop(&finding.title)));
        } else {
            let side = if is_gone { name_a } else { name_b };
            doubtful.push(format!("Only in {side}, though no row bears out a change: {}", full_stop(&finding.title)));
        }
    }
    let significant: Vec<&Change> = changes.iter().filter(|change| change.is_significant).collect();
    sentences.extend(significant.iter().take(TOLD).map(|change| sentence(change, names)));
    let rest = significant.len().saturating_sub(TOLD);
    if rest > 0 {
        sentences.push(format!("{rest} more of {tested} rows changed significantly."));
    }
    if sentences.is_empty() {
        sentences.push(format!("No significant difference in {tested} rows."));
    }
    sentences.extend(doubtful);
    sentences
}

/// Brings the rows that show causes which went or came to the top, in the order of the causes: they are what the
/// verdict begins with.
pub(super) fn lead(changes: &mut Vec<Change>, findings: Option<(&Findings, &Findings)>) {
    let Some((a, b)) = findings else { return };
    let mut place = 0;
    for cause in causes(a, b) {
        let (finding, is_gone) = match cause {
            CauseChange::Gone(at) => (a.list.get(at), true),
            CauseChange::New(at) => (b.list.get(at), false),
            CauseChange::Stayed(..) => continue,
        };
        let Some(finding) = finding.filter(|finding| finding.severity >= Severity::Warning) else { continue };
        let left = changes.iter().enumerate().skip(place);
        let shows = left.filter(|(_, change)| {
            (change.is_significant || change.is_too_few)
                && is_named(change, finding)
                && bears_out(change, finding, is_gone)
        });
        let most = shows.max_by(|one, other| one.1.impact.abs().total_cmp(&other.1.impact.abs()));
        if let Some((at, _)) = most {
            let change = changes.remove(at);
            changes.insert(place, change);
            place += 1;
        }
    }
}

/// Whether a cause's sentence names the place of a row: `sync.(*Mutex).Lock in main.take`.
fn is_named(change: &Change, finding: &Finding) -> bool {
    change.name.split(" in ").all(|part| finding.title.contains(part))
}

/// Whether a row shows that a cause went (or came): it is of what such a cause works on, and changed in that
/// direction, significantly or so much that the cause's time lost is about what changed. Findings have
/// thresholds, and a figure close to one crosses it by chance.
fn bears_out(change: &Change, finding: &Finding, is_gone: bool) -> bool {
    let touched: &[RowKind] = match finding.kind {
        Kind::LockContention
        | Kind::LockHeldOverIo
        | Kind::RwmutexWriter
        | Kind::ChannelBacklog
        | Kind::LimitedConcurrency
        | Kind::SerialWaits
        | Kind::Straggler
        | Kind::Imbalance => &[RowKind::Wait, RowKind::Stuck],
        Kind::GoroutineLeak => &[RowKind::Stuck],
        Kind::GcPressure => &[RowKind::Gc, RowKind::Assist],
        Kind::StopTheWorld => &[RowKind::Stw, RowKind::Gc],
        Kind::CpuStarvation | Kind::IdleProcs => &[RowKind::Sched],
        Kind::SlowSyscall => &[RowKind::Syscall],
        Kind::PollingSleep => &[RowKind::Sleep, RowKind::Wait],
        Kind::GoroutineChurn => &[RowKind::Goroutine, RowKind::Running, RowKind::Sched],
        Kind::CpuBound => &[RowKind::Samples, RowKind::Running],
        // Damage is no matter of chance, nor is a quota.
        Kind::TraceDamage | Kind::CpuThrottled => return true,
        // Another process's doing is.
        Kind::CpuDescheduled => return false,
    };
    // A wait that is gone may show as work done sooner, or as goroutines that live shorter.
    // (What is wrong with all of the program has rows of its own; work changes with much else.)
    let is_of_all =
        matches!(finding.kind, Kind::GcPressure | Kind::StopTheWorld | Kind::CpuStarvation | Kind::IdleProcs);
    let whole = !is_of_all && matches!(change.kind, RowKind::Task | RowKind::Region | RowKind::Work);
    // Sleeps are their own place's: others' do not tell of them.
    if finding.kind == Kind::PollingSleep {
        let place = finding.culprit.as_ref().map_or("", |culprit| culprit.place.function.as_str());
        if whole || !change.name.ends_with(place) {
            return false;
        }
    }
    if (change.impact < 0.0) != is_gone || !(whole || touched.contains(&change.kind)) {
        return false;
    }
    let total = |side: &Option<Figures>| side.as_ref().map_or(0, |figures| figures.total);
    let (more, less) = if is_gone { (&change.a, &change.b) } else { (&change.b, &change.a) };
    // A stall is a single event: nothing to count, but all its time. (How procs are had is the machine's mood.)
    let is_all_of_it = total(more) / MANIFOLD >= total(less)
        && total(more).saturating_sub(total(less)) >= finding.time_lost_ns / 2
        && finding.severity == Severity::Severe
        && !matches!(finding.kind, Kind::CpuStarvation | Kind::IdleProcs | Kind::StopTheWorld);
    change.is_significant || (touched.contains(&change.kind) && is_all_of_it)
}

fn full_stop(title: &str) -> String {
    if title.ends_with('.') { title.to_owned() } else { format!("{title}.") }
}

/// One changed row: `task /checkout: p99 126 ms → 31 µs, median …`.
fn sentence(change: &Change, [name_a, name_b]: [&str; 2]) -> String {
    let what = format!("{} {}", subject(change.kind), change.name);
    match (&change.a, &change.b) {
        (Some(a), None) => format!("{what}: gone ({} in sum, {} times in {name_a}).", nanos(a.total as f64), a.count),
        (None, Some(b)) => format!("{what}: new ({} in sum, {} times in {name_b}).", nanos(b.total as f64), b.count),
        (Some(a), Some(b)) => format!("{what}: {}.", moved(a, b, change.ratio)),
        (None, None) => what,
    }
}

fn moved(a: &Figures, b: &Figures, ratio: Option<f64>) -> String {
    let arrow = |one: f64, other: f64| format!("{} → {}", nanos(one), nanos(other));
    let part = if a.count.min(b.count) >= 20 && apart(a.p99, b.p99) >= apart(a.p50, b.p50) {
        format!("p99 {}", arrow(a.p99, b.p99))
    } else if apart(a.p50, b.p50) > 0.02 {
        format!("median {}", arrow(a.p50, b.p50))
    } else {
        format!("{} → {} times", a.count, b.count)
    };
    let in_sum = ratio.map_or_else(String::new, |ratio| format!(" (in sum {})", times(ratio)));
    format!("{part}{in_sum}")
}

fn apart(a: f64, b: f64) -> f64 {
    if a > 0.0 && b > 0.0 { (b / a).ln().abs() } else { 0.0 }
}

fn times(ratio: f64) -> String {
    match ratio {
        _ if ratio >= 1_000.0 => "more than 1000 times".to_owned(),
        _ if ratio >= 20.0 => format!("{ratio:.0} times"),
        _ if ratio >= 2.0 => format!("{ratio:.1} times"),
        _ if ratio >= 1.0 => format!("+{:.0} %", (ratio - 1.0) * 100.0),
        _ if ratio <= 0.001 => "less than 1/1000".to_owned(),
        _ if ratio <= 0.2 => format!("1/{:.0}", 1.0 / ratio),
        _ => format!("\u{2212}{:.0} %", (1.0 - ratio) * 100.0),
    }
}

const fn subject(kind: RowKind) -> &'static str {
    match kind {
        RowKind::Task => "Task",
        RowKind::Region => "Region",
        RowKind::Work => "Work in",
        RowKind::Wait => "Waits at",
        RowKind::Sleep => "Sleeps in",
        RowKind::Syscall => "System calls",
        RowKind::Sched => "Waits for a proc of",
        RowKind::Running => "Running of",
        RowKind::Goroutine => "Lives of",
        RowKind::Stuck => "Goroutines left at",
        RowKind::Samples => "CPU samples in",
        RowKind::Gc => "Garbage collection:",
        RowKind::Stw => "Stopped world:",
        RowKind::Assist => "Mark assist in",
    }
}

/// `1.23 ms`: three digits are enough to compare.
fn nanos(nanos: f64) -> String {
    let (value, unit) = match nanos {
        _ if nanos >= 1e9 => (nanos / 1e9, "s"),
        _ if nanos >= 1e6 => (nanos / 1e6, "ms"),
        _ if nanos >= 1e3 => (nanos / 1e3, "µs"),
        _ => (nanos, "ns"),
    };
    let digits = match value {
        _ if unit == "ns" || value >= 100.0 => 0,
        _ if value >= 10.0 => 1,
        _ => 2,
    };
    format!("{value:.digits$} {unit}")
}
