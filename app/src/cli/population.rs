//! `tracelane population` and `tracelane leaks`: how many goroutines there were over time, by who created them, and
//! which of them are still blocked at the end.

use serde::Serialize;
use trace_core::analysis::leaks::{Suspects, Suspicion, leaks};
use trace_core::analysis::population::{Population, PopulationGroup, population};
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::cli::common::CommonArgs;
use crate::cli::exit::{CliResult, Exit, is_damaged};
use crate::cli::frame::Frame;
use crate::cli::load::load;
use crate::cli::names::{id_of, since_start};
use crate::cli::print::{answer, line};
use crate::cli::text::Text;
use crate::fmt::name::function;
use crate::fmt::number::count;
use crate::fmt::time::{duration, nanos};
use crate::fmt::words;

/// What the long help says.
pub const ABOUT: &str = "\
How many goroutines existed, were created, ended, were alive at the end, and at most at once, by the stack that
created them. leaks lists goroutines that are blocked when the trace ends, by where they wait and where they were
created. The program goes on after the trace ends: the evidence for and against a leak is shown, with a confidence.

  growing     more and more of them throughout the trace: probably a leak
  stuck       never woken at this place in the trace
  connections the same, but about as many, created by the same function, read from connections: clients that stay
  recent      waiting for less than a twentieth of the trace
  external    waiting for the network or a timer
  parked      woken at this place before, and back again: workers, servers' loops";

/// The fields of its JSON.
pub const JSON: &str = "\
With --format json, one JSON object with these fields, which stay as they are:

  population: file, partial, bucket_ns, all {group}, groups [{group}]
  group {function, creation [{function, file, line}], origin (before_trace, goroutine, timer, c, unknown),
         before, created, ended, alive, peak, longest_ns, longest_goroutine, alive_at [by bucket], created_in [by bucket], ended_in [by bucket]}
  leaks: file, partial, suspects [{suspicion, meaning, confidence (0 to 1), runtime, count, created, by_quarter,
         returning, ended, waited_ns, median_ns, since_ns, reason, function, wait [{function, file, line}],
         creation [{function, file, line}], origin, goroutines}]";

/// Loads the file and prints how many goroutines there were.
///
/// # Errors
/// When the file is unreadable or the scope is not in it.
pub fn run(args: &CommonArgs) -> CliResult {
    let trace = load(&args.file)?;
    let pieces = args.scope.scope(&trace)?.pieces(&trace);
    let Some(found) = population(&trace, &pieces, &Monitor::new()) else { return Ok(Exit::Fine) };
    let report = Report::of(args, &trace, &found);
    answer(&trace, args.format(), &report, || report.text())
}

/// Loads the file and prints goroutines that may be leaked.
///
/// # Errors
/// When the file is unreadable or the scope is not in it.
pub fn run_leaks(args: &CommonArgs) -> CliResult {
    let trace = load(&args.file)?;
    let pieces = args.scope.scope(&trace)?.pieces(&trace);
    let found = leaks(&trace, &pieces, &Monitor::new()).unwrap_or_default();
    let report = LeakReport::of(args, &trace, &found);
    answer(&trace, args.format(), &report, || report.text())
}

/// What `population --json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// The file as given.
    pub file: String,
    /// Parts of the trace are damaged, so some may be missing.
    pub partial: bool,
    /// Nanoseconds of a bucket of the series.
    pub bucket_ns: u64,
    /// All goroutines of the scope.
    pub all: Group,
    /// By creation stack and start function, the largest peak first, at most `--limit`.
    pub groups: Vec<Group>,
}

/// Goroutines that the same stack created with the same start function.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    /// Start function; empty for all, or if the trace never tells.
    pub function: String,
    /// The stack that created them, leaf first; empty unless a goroutine did.
    pub creation: Vec<Frame>,
    /// How they came to be.
    pub origin: &'static str,
    /// The same in words.
    #[serde(skip)]
    words: &'static str,
    /// There when the range began.
    pub before: u64,
    /// Created in it.
    pub created: u64,
    /// Ended in it.
    pub ended: u64,
    /// There when it ended.
    pub alive: u64,
    /// The most at once.
    pub peak: u64,
    /// The longest life, clipped to the trace.
    pub longest_ns: u64,
    /// Whose that was; null if there is none.
    pub longest_goroutine: Option<i64>,
    /// There at the end of each bucket.
    pub alive_at: Vec<u32>,
    /// Created in each bucket.
    pub created_in: Vec<u32>,
    /// Ended in each bucket.
    pub ended_in: Vec<u32>,
}

impl Report {
    /// Of what was found.
    #[must_use]
    pub fn of(args: &CommonArgs, trace: &Trace, found: &Population) -> Self {
        Self {
            file: args.file.display().to_string(),
            partial: is_damaged(trace),
            bucket_ns: found.buckets.width,
            all: Group::of(trace, &found.all),
            groups: found.groups.iter().take(args.limit).map(|group| Group::of(trace, group)).collect(),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = Text::new();
        if self.partial {
            line(&mut text, "parts of the trace are damaged: some may be missing");
        }
        line(&mut text, "    before   created     ended     alive      peak   longest  function, created at");
        for group in &self.groups {
            let name = if group.function.is_empty() { "(not known)" } else { function(&group.function) };
            let by = Frame::representative(&group.creation);
            let by = by.map_or_else(|| group.words.to_owned(), Frame::in_short);
            line(&mut text, &format!("{}  {name}, {by}", group.cells()));
        }
        line(&mut text, &format!("{}  all", self.all.cells()));
        text
    }
}

impl Group {
    fn of(trace: &Trace, group: &PopulationGroup) -> Self {
        Self {
            function: trace.str(group.name).to_owned(),
            creation: Frame::all(trace, group.creation),
            origin: group.origin.name(),
            words: group.origin.words(),
            before: group.before,
            created: group.created,
            ended: group.ended,
            alive: group.alive,
            peak: group.peak,
            longest_ns: group.longest,
            longest_goroutine: group.longest_of.map(|(go, _)| id_of(trace, go)),
            alive_at: group.alive_at.clone(),
            created_in: group.created_in.clone(),
            ended_in: group.ended_in.clone(),
        }
    }

    fn cells(&self) -> String {
        let counts = [self.before, self.created, self.ended, self.alive, self.peak];
        let counts: String = counts.iter().map(|&value| format!("{:>10}", count(value))).collect();
        format!("{counts}{:>10}", nanos(self.longest_ns))
    }
}

/// What `leaks --json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct LeakReport {
    /// The file as given.
    pub file: String,
    /// Parts of the trace are damaged, so some may be missing.
    pub partial: bool,
    /// Goroutines still blocked at the end, most suspicious first, at most `--limit`; the runtime's own come last.
    pub suspects: Vec<Suspect>,
}

/// Goroutines that wait at the same place and were created at the same place.
#[derive(Clone, Debug, Serialize)]
pub struct Suspect {
    /// `growing`, `stuck`, `connections`, `recent`, `external` or `parked`.
    pub suspicion: &'static str,
    /// What that means.
    pub meaning: &'static str,
    /// How likely it is a leak by these signs: 0 to 1.
    pub confidence: f64,
    /// They are the runtime's own.
    pub runtime: bool,
    /// How many wait there.
    pub count: u64,
    /// Of those, created in the range.
    pub created: u64,
    /// In each quarter of it.
    pub by_quarter: [u64; 4],
    /// Of those, woken at this place before.
    pub returning: u64,
    /// Goroutines of the same kind that ended in the range.
    pub ended: u64,
    /// How long they have waited, added up.
    pub waited_ns: u64,
    /// The median of that.
    pub median_ns: u64,
    /// Since when the one waits that has waited longest, from the start of the trace.
    pub since_ns: i64,
    /// The runtime's word for the wait; empty if not told.
    pub reason: String,
    /// Start function.
    pub function: String,
    /// Where they wait, leaf first.
    pub wait: Vec<Frame>,
    /// The stack that created them, leaf first; empty unless a goroutine did.
    pub creation: Vec<Frame>,
    /// How they came to be.
    pub origin: &'static str,
    /// The same in words.
    #[serde(skip)]
    words: &'static str,
    /// Ids of those that have waited longest, at most 20.
    pub goroutines: Vec<i64>,
}

impl LeakReport {
    /// Of what was found.
    #[must_use]
    pub fn of(args: &CommonArgs, trace: &Trace, found: &[Suspects]) -> Self {
        Self {
            file: args.file.display().to_string(),
            partial: is_damaged(trace),
            suspects: found.iter().take(args.limit).map(|group| Suspect::of(trace, group)).collect(),
        }
    }

    /// For people.
    #[must_use]
    pub fn text(&self) -> Text {
        let mut text = Text::new();
        if self.partial {
            line(&mut text, "parts of the trace are damaged: some may be missing");
        }
        if self.suspects.is_empty() {
            line(&mut text, "No goroutine is blocked when the trace ends.");
        }
        let (growing, stuck) = (Suspicion::Growing.name(), Suspicion::Stuck.name());
        let own = |found: &&Suspect| !found.runtime;
        if self.suspects.iter().filter(own).all(|found| found.suspicion != growing && found.suspicion != stuck) {
            line(&mut text, "Nothing looks like a leak. Blocked at the end, as the trace just ends:");
        }
        let mut before = "";
        for found in self.suspects.iter().filter(own) {
            if found.suspicion != before {
                before = found.suspicion;
                text.blank();
                line(&mut text, &format!("{}: {}", found.suspicion, found.meaning));
            }
            found.lines(&mut text);
        }
        let runtime: Vec<&Suspect> = self.suspects.iter().filter(|found| found.runtime).collect();
        if !runtime.is_empty() {
            let names = runtime.iter().map(|found| format!("{} {}", count(found.count), function(&found.function)));
            let names: Vec<String> = names.collect();
            text.blank();
            line(&mut text, &format!("the runtime's own, as always: {}", names.join(", ")));
        }
        text
    }
}

impl Suspect {
    fn of(trace: &Trace, group: &Suspects) -> Self {
        Self {
            suspicion: group.suspicion.name(),
            meaning: group.suspicion.meaning(),
            confidence: group.confidence,
            runtime: group.is_system,
            count: group.count,
            created: group.created,
            by_quarter: group.by_quarter,
            returning: group.returning,
            ended: group.ended,
            waited_ns: group.waited,
            median_ns: group.median,
            since_ns: since_start(trace, group.since),
            reason: trace.str(group.reason).to_owned(),
            function: trace.str(group.name).to_owned(),
            wait: Frame::all(trace, group.wait),
            creation: Frame::all(trace, group.creation),
            origin: group.origin.name(),
            words: group.origin.words(),
            goroutines: group.oldest.iter().map(|&(go, _)| id_of(trace, go)).collect(),
        }
    }

    fn lines(&self, text: &mut Text) {
        let place = Frame::representative(&self.wait).map_or_else(|| "an unknown place".to_owned(), Frame::in_short);
        let reason = if self.reason.is_empty() { String::new() } else { format!(" ({})", self.reason) };
        let by = Frame::representative(&self.creation);
        let by = by.map_or_else(|| format!("created {}", self.words), |by| format!("created at {}", by.in_short()));
        let name = if self.function.is_empty() { "" } else { function(&self.function) };
        let since = duration(self.since_ns.max(0));
        let head = format!("{:>8} at {place}{reason}", count(self.count));
        let name = if name.is_empty() { String::new() } else { format!("{name}, ") };
        let kind = format!("{name}{by}; {} created here, {} ended", count(self.created), count(self.ended));
        let waited = format!("median wait {}, the longest since {since}", nanos(self.median_ns));
        let gos: Vec<String> = self.goroutines.iter().take(4).map(|id| format!("G{id}")).collect();
        let gos = format!("{}: {}", words::counted(self.count, "goroutine"), gos.join(", "));
        let more = if self.count > 4 { ", …" } else { "" };
        line(text, &head);
        line(text, &format!("         {kind}"));
        line(text, &format!("         {waited}; {gos}{more}; confidence {:.2}", self.confidence));
    }
}
