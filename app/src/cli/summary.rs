//! Numbers about a trace and what loading it cost: measured, and written for people or programs.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use trace_core::analysis::scope::Scope;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::TraceTime;
use trace_core::model::gap::DataGap;
use trace_core::model::trace::Trace;

use crate::cli::names::goroutine;
use crate::fmt::number::{bytes, count};
use crate::fmt::time::{duration, exact, rfc3339, unix_nanos};
use crate::report::analyses::warnings::Warnings;
use crate::report::analyses::{Analysis as _, Ask};
use crate::report::report::Report;
use crate::report::table::{Column, Table};
use crate::report::value::Value;

/// What `tracelane stats --json` prints. The fields stay as they are; more may come.
#[derive(Clone, Debug, Serialize)]
pub struct Summary {
    /// The file as given.
    pub file: String,
    /// Its size in bytes.
    pub file_bytes: u64,
    /// NN of `go 1.NN trace` in its header.
    pub version: u32,
    /// Whether reading came to the end of the file.
    pub complete: bool,
    /// Generations (the runtime cuts traces into these; each stands for itself).
    pub generations: u64,
    /// Events.
    pub events: u64,
    /// Events by their name in Go's sources.
    pub events_by_kind: BTreeMap<&'static str, u64>,
    /// Goroutines that the trace mentions.
    pub goroutines: u32,
    /// Procs (P).
    pub procs: u32,
    /// Threads (M).
    pub threads: u32,
    /// User tasks.
    pub tasks: u32,
    /// From the first to the last event, nanoseconds.
    pub duration_ns: i64,
    /// Wall clock at the first event, RFC 3339 in UTC; none before Go 1.25.
    pub start: Option<String>,
    /// Damage and doubts.
    pub warnings: Vec<WarningLine>,
    /// Where events of single threads are lost inside a generation, at most 1,000 a generation.
    #[serde(rename = "holes")]
    pub gaps: Vec<DataGapLine>,
    /// What loading the whole model cost.
    pub load: LoadCost,
}

/// Lost events: of a thread, or about a goroutine or proc on a thread that nobody knows.
#[derive(Clone, Debug, Serialize)]
pub struct DataGapLine {
    /// From the thread's last event before, ns since the trace's first event.
    pub start_ns: i64,
    /// To its next one, or to the end of the generation.
    pub end_ns: i64,
    /// Byte offset in the file of what could not be read, or of what shows that events are missing.
    pub offset: u64,
    /// How many bytes it is; 0 if they are not there, or cannot be told.
    pub bytes: u64,
    /// The generation's number.
    pub generation: u64,
    /// The thread's id; -1 if nobody knows which it was.
    pub thread: i64,
    /// The id of the goroutine that ran there, or whose events are missing; none if there is none.
    pub goroutine: Option<i64>,
    /// The id of the proc that the thread had, or whose events are missing; none if there is none.
    pub proc: Option<i64>,
}

/// One warning.
#[derive(Clone, Debug, Serialize)]
pub struct WarningLine {
    /// Stable name of the kind.
    pub kind: &'static str,
    /// One sentence.
    pub message: String,
    /// Byte offset in the file where it was first seen.
    pub offset: u64,
    /// Generation, 0 if not known.
    pub generation: u64,
    /// How many like it.
    pub count: u64,
    /// Whether part of what was recorded is lost; otherwise it is a remark.
    pub is_damage: bool,
    /// What can be done about it.
    pub cure: Option<&'static str>,
}

/// What loading cost.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct LoadCost {
    /// Seconds on the clock.
    pub wall_s: f64,
    /// Events loaded.
    pub events: u64,
    /// Events per second.
    pub events_per_s: f64,
    /// It was found ready in the cache.
    pub from_cache: bool,
    /// The most memory the process held at any time, bytes; none where the system does not say.
    pub peak_rss_bytes: Option<u64>,
}

impl Summary {
    /// Of a trace of `file_bytes` that took `wall` to load.
    #[must_use]
    pub fn of(file: String, file_bytes: u64, trace: &Trace, wall: Duration) -> Self {
        let totals = trace.totals();
        let wall_s = wall.as_secs_f64();
        Self {
            file,
            file_bytes,
            version: totals.version,
            complete: totals.complete,
            generations: totals.generations,
            events: totals.events,
            events_by_kind: totals.events_by_kind.iter().map(|&(kind, count)| (kind.name(), count)).collect(),
            goroutines: trace.goroutine_count(),
            procs: trace.proc_count(),
            threads: trace.thread_count(),
            tasks: trace.task_count(),
            duration_ns: trace.range().nanos(),
            start: unix_nanos(trace, trace.range().start).map(rfc3339),
            warnings: trace
                .warnings()
                .iter()
                .map(|warning| WarningLine {
                    kind: warning.kind.name(),
                    message: warning.message.clone(),
                    offset: warning.offset,
                    generation: warning.generation,
                    count: warning.count,
                    is_damage: warning.kind.is_damage(),
                    cure: warning.kind.cure(),
                })
                .collect(),
            gaps: trace.thread_gaps().iter().map(|gap| DataGapLine::of(trace, gap)).collect(),
            load: LoadCost {
                wall_s,
                events: totals.events,
                events_per_s: per_second(totals.events, wall_s),
                from_cache: false,
                peak_rss_bytes: peak_rss_bytes(),
            },
        }
    }

    /// For people, and as tables.
    #[must_use]
    pub fn report(&self, trace: &Arc<Trace>) -> Report {
        let size = format!("{} ({} bytes)", bytes(self.file_bytes), count(self.file_bytes));
        let span = format!("{} ({})", duration(self.duration_ns), exact(self.duration_ns));
        let mut report = Report::default()
            .figure("File", &self.file)
            .figure("Size", size)
            .figure("Format", format!("Go 1.{}", self.version));
        if let Some(start) = &self.start {
            report = report.figure("Start", start);
        }
        let cost = &self.load;
        let memory =
            cost.peak_rss_bytes.map_or_else(String::new, |peak| format!(", at most {} of memory", bytes(peak)));
        let speed = format!("{:.1} million events/s", cost.events_per_s / 1e6);
        let cached = if cost.from_cache { " from the cache" } else { "" };
        let report = report
            .figure("Duration", span)
            .figure("Generations", count(self.generations))
            .figure("Goroutines", count(u64::from(self.goroutines)))
            .figure("Procs", count(u64::from(self.procs)))
            .figure("Threads", count(u64::from(self.threads)))
            .figure("Tasks", count(u64::from(self.tasks)))
            .figure("Events", count(self.events))
            .figure("Warnings", count(self.warnings.len() as u64))
            .figure("Loaded in", format!("{:.3} s{cached}, {speed}{memory}", cost.wall_s));
        let mut kinds: Vec<_> = self.events_by_kind.iter().map(|(kind, number)| (*kind, *number)).collect();
        kinds.sort_by_key(|(kind, number)| (std::cmp::Reverse(*number), *kind));
        let kinds = Table::of("events_by_kind", "Events", &Arc::new(kinds), Vec::as_slice)
            .column(Column::count("count", "Count", ""), |(_, number)| Value::Count(*number))
            .column(Column::text("kind", "Kind", "as in Go's sources"), |(kind, _)| Value::Word(kind))
            .sorted_by("count")
            .build();
        let whole = Ask::about(Scope::whole(trace));
        let warnings = Warnings.run(trace, &whole, &Monitor::new()).filter(|_| !self.warnings.is_empty());
        report.table(kinds).and(warnings.unwrap_or_default())
    }
}

impl DataGapLine {
    fn of(trace: &Trace, gap: &DataGap) -> Self {
        let since_start = |time: TraceTime| time.0.saturating_sub(trace.range().start.0);
        Self {
            start_ns: since_start(gap.range.start),
            end_ns: since_start(gap.range.end),
            offset: gap.bytes.start,
            bytes: gap.bytes.end.saturating_sub(gap.bytes.start),
            generation: gap.generation,
            thread: trace.thread_id(gap.thread).signed(),
            goroutine: goroutine(trace, gap.go),
            proc: gap.proc.is_some().then(|| trace.proc_id(gap.proc).signed()),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a rate for people")]
fn per_second(events: u64, wall_s: f64) -> f64 {
    if wall_s > 0.0 { events as f64 / wall_s } else { 0.0 }
}

/// The most memory this process ever held; Linux says so in its process file system.
fn peak_rss_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kibibytes * 1024)
}
