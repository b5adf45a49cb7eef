//! What a comparison says in sentences.

use crate::analysis::compare::causes::{CauseChange, causes};
use crate::analysis::compare::change::{Change, SIGNIFICANT};
use crate::analysis::compare::evidence::Measure;
use crate::analysis::compare::figures::Figures;
use crate::analysis::compare::per::Per;
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::settings::Load;
use crate::analysis::compare::words::{self, count, subject, value};
use crate::analysis::findings::Findings;
use crate::analysis::findings::finding::{Finding, Kind, Severity};

/// So many times as much is another thing, not more of the same.
const MANIFOLD: u64 = 5;
/// Rows that the verdict names, at most.
const ROWS_NAMED: usize = 4;

/// What sentences have to know besides the rows.
pub(super) struct VerdictContext<'a> {
    /// Rows that were tested.
    pub(super) tested: usize,
    /// What the sides are called.
    pub(super) names: [&'a str; 2],
    /// What totals are divided by, its name if it is a row, and that of each side.
    pub(super) per: Per,
    pub(super) divisor: Option<String>,
    pub(super) units: (f64, f64),
    /// One recording a side.
    pub(super) is_single: bool,
    /// The requests that both sides served.
    pub(super) load: Option<&'a Load>,
}

/// The sentences, the most important first: causes that went or came, then the rows that changed most, then what did
/// not change.
#[must_use]
pub(super) fn verdict(
    changes: &[Change],
    findings: Option<(&Findings, &Findings)>,
    context: &VerdictContext<'_>,
) -> Vec<String> {
    let mut sentences = cause_sentences(changes, findings, context.names);
    let named: Vec<&Change> = changes.iter().filter(|change| change.is_named).collect();
    sentences.extend(named.iter().take(ROWS_NAMED).map(|change| sentence(change, context)));
    let rest = named.len().saturating_sub(ROWS_NAMED);
    if rest > 0 {
        sentences.push(format!("{rest} more of {} rows changed.", count(context.tested as u64)));
    }
    if sentences.is_empty() {
        sentences.extend(nothing(changes, context));
    } else {
        sentences.extend(unchanged(changes));
    }
    sentences.extend(exactness(changes, context.tested));
    sentences
}

/// A change of this part is what most people want to find.
const WANTED: f64 = 0.05;

/// What several recordings a side can tell: the smallest change of the task (or region) with the most time that
/// would have been found, and how many recordings a smaller one takes.
fn exactness(changes: &[Change], tested: usize) -> Option<String> {
    let p = needed_p(tested);
    let size = |change: &Change| change.a.map_or(0, |a| a.total) + change.b.map_or(0, |b| b.total);
    let most = |kind: RowKind| {
        let all = changes.iter().filter(|change| change.kind == kind && change.precision.is_some());
        all.max_by(|one, other| size(one).cmp(&size(other)).then_with(|| other.name.cmp(&one.name)))
    };
    let change = [RowKind::Request, RowKind::Task, RowKind::Region, RowKind::Work].into_iter().find_map(most)?;
    let precision = change.precision.filter(|precision| precision.measure == Measure::Median)?;
    let smallest = precision.smallest(p);
    let more = match precision.runs_for(WANTED, p) {
        _ if smallest <= WANTED => String::new(),
        Some(runs) => format!("; one of {:.0} % takes {runs} recordings a side", WANTED * 100.0),
        None => format!("; one of {:.0} % takes more than 100 recordings a side", WANTED * 100.0),
    };
    let what = format!("{} {}", subject(change.kind).to_lowercase(), change.name);
    let spreads = match precision.seen {
        [Some(a), Some(b)] => {
            format!(
                "; its standard deviation between recordings is {:.1} % in A and {:.1} % in B",
                a * 100.0,
                b * 100.0
            )
        }
        _ => String::new(),
    };
    Some(format!(
        "{} and {} recordings find a change of the median of {what} of {:.1} % or more in 9 of 10 comparisons{more}{spreads}.",
        precision.runs[0],
        precision.runs[1],
        smallest * 100.0,
    ))
}

/// The p that a row needs to be called significant if it is the only one that changed: each has up to three tests.
fn needed_p(tested: usize) -> f64 {
    SIGNIFICANT / (3.0 * tested.max(1) as f64)
}

/// Causes that went or came and are borne out by a row.
fn cause_sentences(
    changes: &[Change],
    findings: Option<(&Findings, &Findings)>,
    [_, name_b]: [&str; 2],
) -> Vec<String> {
    let mut sentences = Vec::new();
    for cause in findings.map(|(a, b)| causes(a, b)).unwrap_or_default() {
        let (word, finding, is_gone) = match (&cause, findings) {
            (CauseChange::Gone(at), Some((a, _))) => ("Gone", a.list.get(*at), true),
            (CauseChange::New(at), Some((_, b))) => ("New", b.list.get(*at), false),
            _ => continue,
        };
        let Some(finding) = finding.filter(|finding| finding.severity >= Severity::Warning) else { continue };
        if changes.iter().any(|change| bears_out(change, finding, is_gone)) {
            sentences.push(format!("{word} in {name_b}: {}", full_stop(&finding.headline)));
        }
    }
    sentences
}

/// What to say where nothing is named.
fn nothing(changes: &[Change], context: &VerdictContext<'_>) -> Vec<String> {
    let mut sentences = vec![format!("No significant difference in {} rows.", count(context.tested as u64))];
    let differ = changes.iter().filter(|change| change.is_reported()).count();
    if context.is_single && differ > 0 {
        let rows = if differ == 1 { "row differs".to_owned() } else { format!("{} rows differ", count(differ as u64)) };
        let rows = if differ == 1 { format!("1 {rows}") } else { rows };
        sentences = vec![format!(
            "No significant difference that one recording a side can show to be a change of the program; {rows} \
             between these two recordings (in the table), by less than two recordings of one build may."
        )];
    }
    sentences
}

/// The tasks, or else regions, that take the most time and did not change.
fn unchanged(changes: &[Change]) -> Option<String> {
    let steady = |kind: RowKind| -> Vec<&Change> {
        let is_steady = |change: &&Change| {
            let medians =
                change.a.zip(change.b).filter(|(a, b)| a.count.min(b.count) >= 20 && a.p50 > 0.0 && b.p50 > 0.0);
            change.kind == kind
                && !change.is_reported()
                && medians.is_some_and(|(a, b)| (b.p50 / a.p50).ln().abs() < Measure::Median.least_change())
        };
        let mut found: Vec<&Change> = changes.iter().filter(is_steady).collect();
        let size = |change: &Change| change.a.map_or(0, |a| a.total) + change.b.map_or(0, |b| b.total);
        found.sort_by(|one, other| size(other).cmp(&size(one)).then_with(|| one.name.cmp(&other.name)));
        found
    };
    let found = [RowKind::Request, RowKind::Task, RowKind::Region].map(steady).concat();
    let listed: Vec<String> = found
        .into_iter()
        .take(2)
        .filter_map(|change| {
            let (a, b) = change.a.zip(change.b)?;
            let median = arrow(change.kind, a.p50, b.p50);
            Some(format!("{} {} (median {median})", subject(change.kind).to_lowercase(), change.name))
        })
        .collect();
    (!listed.is_empty()).then(|| format!("Unchanged: {}.", listed.join(", ")))
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
            (change.is_named || change.is_reported())
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
        Kind::GcPressure => &[RowKind::Gc, RowKind::Heap, RowKind::Assist],
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
        && total(more).saturating_sub(total(less)) >= finding.time_lost.0 / 2
        && finding.severity == Severity::Severe
        && !matches!(finding.kind, Kind::CpuStarvation | Kind::IdleProcs | Kind::StopTheWorld);
    change.is_named || (touched.contains(&change.kind) && is_all_of_it)
}

fn full_stop(title: &str) -> String {
    if title.ends_with('.') { title.to_owned() } else { format!("{title}.") }
}

/// One changed row: `Region parse in main.parse: slower, median 204 µs → 409 µs (+100.5 %, 95 % interval +98.0 % to
/// +103.0 %).`
fn sentence(change: &Change, context: &VerdictContext<'_>) -> String {
    let [name_a, name_b] = context.names;
    // That they are one thing is inferred from shape and size.
    let guess = if change.is_guess { " (renamed?)" } else { "" };
    let other = change.renamed.as_ref().map_or_else(String::new, |other| format!(" → {other}{guess}"));
    let what = format!("{} {}{other}", subject(change.kind), change.name);
    let (unit_a, unit_b) = context.units;
    let per = per_words(context);
    let alone = |figures: &Figures, unit: f64, word: &str, name: &str| {
        let total = value(change.kind, figures.total as f64 / unit);
        format!("{what}: {word} ({total}{per}, {} times in {name}).", count(figures.count))
    };
    match (&change.a, &change.b) {
        (Some(a), None) => alone(a, unit_a, "gone", name_a),
        (None, Some(b)) => alone(b, unit_b, "new", name_b),
        (Some(a), Some(b)) => format!("{what}: {}{}.", speed(change), moved(change, (a, b), context)),
        (None, None) => what,
    }
}

/// What became of work: it is faster or slower.
fn speed(change: &Change) -> &'static str {
    let is_work = change.kind.is_work();
    match (change.tested, change.has_grown()) {
        (Some(Measure::Median), true) if is_work => "slower, ",
        (Some(Measure::Median), false) if is_work => "faster, ",
        _ => "",
    }
}

/// What was tested, with how much it changed.
fn moved(change: &Change, (a, b): (&Figures, &Figures), context: &VerdictContext<'_>) -> String {
    let (unit_a, unit_b) = context.units;
    let per = per_words(context);
    let kind = change.kind;
    let measure = change.tested.unwrap_or(Measure::Total);
    let seen = change.precision.filter(|precision| precision.measure == measure).map(|precision| precision.seen);
    let value = |at: usize, figures: &Figures, unit: f64| {
        let value = measure.words(kind, figures, unit);
        match seen.and_then(|seen| *seen.get(at)?) {
            // A spread that large is no plus or minus of anything.
            Some(spread) if spread > 1.0 => format!("{value} (recordings differ by a factor of {:.1})", spread.exp()),
            Some(spread) => format!("{value} ±{:.0} %", spread * 100.0),
            None => value,
        }
    };
    let values = format!("{} → {}", value(0, a, unit_a), value(1, b, unit_b));
    let figures = match measure {
        Measure::Median => format!("median {values}"),
        Measure::Tail => format!("slowest 1 % {values} on average"),
        Measure::Count => format!("{values} times{per}"),
        Measure::Total => format!("{values}{per}"),
    };
    let ratio = change.effect.or(change.ratio).map(words::change).unwrap_or_default();
    let interval = change.interval.map_or_else(String::new, |(low, high)| {
        format!(", 95 % interval {} to {}", words::change(low), words::change(high))
    });
    let steady = match change.tested {
        Some(Measure::Tail) => format!("; median {}", arrow(kind, a.p50, b.p50)),
        _ => String::new(),
    };
    let per_request = context.load.filter(|_| context.per == Per::Second).map_or_else(String::new, |load| {
        let found = load.per_request(change).and_then(|found| Some((found, found.ratio()?)));
        found.map_or_else(String::new, |(found, ratio)| {
            let [a, b] = found.values.map(|value| measure.value_words(kind, value));
            format!("; {a} → {b} per {} ({})", load.request(), words::change(ratio))
        })
    });
    let change = if ratio.is_empty() { String::new() } else { format!(" ({ratio}{interval})") };
    format!("{figures}{change}{steady}{per_request}")
}

fn arrow(kind: RowKind, a: f64, b: f64) -> String {
    format!("{} → {}", value(kind, a), value(kind, b))
}

/// What totals are divided by, behind a figure: ` per second`, ` per task /order`.
fn per_words(context: &VerdictContext<'_>) -> String {
    match (context.per, &context.divisor) {
        (Per::Second, _) => " per second".to_owned(),
        (Per::ProcessorSecond, _) => " per CPU second".to_owned(),
        (Per::Row(..), Some(name)) => format!(" per {name}"),
        (Per::Row(..) | Per::Nothing, _) => String::new(),
    }
}
