//! A trace, and what it holds.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::analysis::findings::find;
use crate::analysis::findings::finding::Severity;
use crate::base::error::Result;
use crate::base::ids::{GoId, GoroutineIdx, TaskIdx};
use crate::base::monitor::Monitor;
use crate::base::visible::visible;
use crate::facade::types::{Goroutine, Log, Problem, Region, Task, Trace, length};
use crate::input::source::Source;
use crate::load::{load_bytes, load_unwatched};
use crate::model::trace as model;

impl Trace {
    /// Reads a trace from a file, which may be packed (gzip, zstd, lz4, zip, tar). `-` is standard input.
    ///
    /// A trace that is damaged or cut off is read as far as it goes: see [`Self::is_damaged`].
    ///
    /// # Errors
    /// When the file cannot be read, or holds nothing of a trace.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let model = load_unwatched(Source::open(path.as_ref())?, &Monitor::new())?;
        Ok(Self { model })
    }

    /// Reads a trace that is in memory, as what a `runtime/trace.FlightRecorder` or an HTTP response has given.
    ///
    /// # Errors
    /// When nothing of a trace is in the bytes.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let model = load_bytes(bytes, &Monitor::new(), &mut |_| {})?;
        Ok(Self { model })
    }

    /// How long the trace is: from its first event to its last.
    #[must_use]
    pub fn duration(&self) -> Duration {
        length(self.model.range())
    }

    /// The wall clock at its first event; `None` before Go 1.25, whose traces do not say.
    #[must_use]
    pub fn started_at(&self) -> Option<SystemTime> {
        let known = self.model.clock_snapshots().first()?;
        let seconds = Duration::from_secs(known.wall_secs.unsigned_abs());
        let then = if known.wall_secs < 0 { UNIX_EPOCH.checked_sub(seconds) } else { UNIX_EPOCH.checked_add(seconds) };
        let then = then?.checked_add(Duration::from_nanos(known.wall_nanos.into()))?;
        let nanos = self.model.range().start.nanos_since(known.trace);
        let apart = Duration::from_nanos(nanos.unsigned_abs());
        if nanos < 0 { then.checked_sub(apart) } else { then.checked_add(apart) }
    }

    /// The minor version of Go's trace format, NN of `go 1.NN trace`. Not every version of Go has a new one: that of Go 1.24
    /// is 23.
    #[must_use]
    pub fn format_version(&self) -> u32 {
        self.model.totals().version
    }

    /// How many events it holds.
    #[must_use]
    pub fn event_count(&self) -> u64 {
        self.model.totals().events
    }

    /// Whether parts of it are lost, so that whatever is counted in it is too small.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.model.is_damaged()
    }

    /// What was wrong with it, a sentence each.
    pub fn warnings(&self) -> impl Iterator<Item = String> + '_ {
        self.model.warnings().iter().map(ToString::to_string)
    }

    /// All goroutines, in the order in which the trace first mentions them. The runtime's own are among them: see
    /// [`Goroutine::is_system`].
    pub fn goroutines(&self) -> impl Iterator<Item = Goroutine<'_>> + '_ {
        (0..self.model.goroutine_count()).filter_map(|at| Goroutine::of(self, GoroutineIdx(at)))
    }

    /// The goroutine that Go calls by this number; the last one, if a damaged trace shows several.
    #[must_use]
    pub fn goroutine(&self, id: u64) -> Option<Goroutine<'_>> {
        Goroutine::of(self, self.model.goroutine_by_id(GoId(id))?)
    }

    /// All tasks (`trace.NewTask`), in the order in which the trace first mentions them.
    pub fn tasks(&self) -> impl Iterator<Item = Task<'_>> + '_ {
        (0..self.model.task_count()).filter_map(|at| Task::of(self, TaskIdx(at)))
    }

    /// All regions (`trace.StartRegion`, `trace.WithRegion`), by goroutine and time.
    pub fn regions(&self) -> impl Iterator<Item = Region<'_>> + '_ {
        self.model.all_regions().iter().map(|region| Region { trace: self, known: *region })
    }

    /// All messages (`trace.Log`), in the order of time.
    pub fn logs(&self) -> impl Iterator<Item = Log<'_>> + '_ {
        self.model.all_logs().iter().map(|log| Log { trace: self, known: *log })
    }

    /// What probably costs the program its time, the worst first: what `tracelane report` lists.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        // It is cut short only by a monitor that is cancelled.
        let found = find(&self.model, &Monitor::new()).map(|found| found.list).unwrap_or_default();
        found.into_iter().map(|found| Problem { found }).collect()
    }

    /// The model behind it, which the modules [`crate::analysis`], [`crate::export`] and [`crate::tables`] work on.
    #[must_use]
    pub const fn model(&self) -> &Arc<model::Trace> {
        &self.model
    }
}

/// `12 goroutines, 4567 events, 1.2s`, for people.
impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (goroutines, events) = (self.model.goroutine_count(), self.event_count());
        write!(f, "{goroutines} goroutines, {events} events, {:.3?}", self.duration())
    }
}

impl Problem {
    /// The stable name of what was found: `lock_held_over_call`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.found.kind.name()
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.found.severity
    }

    /// What, how much and where, in about 100 characters.
    #[must_use]
    pub fn headline(&self) -> &str {
        &self.found.headline
    }

    /// The function and the line to look at, if they are known.
    #[must_use]
    pub fn place(&self) -> Option<(&str, &str, u64)> {
        let place = &self.found.culprit.as_ref()?.place;
        Some((&place.function, &place.file, place.line))
    }

    /// The time that it costs, added over all goroutines.
    #[must_use]
    pub const fn time_lost(&self) -> Duration {
        Duration::from_nanos(self.found.time_lost.0)
    }
}

/// `severe: ` and the headline, on one line.
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.found.severity.name(), visible(&self.found.headline))
    }
}
