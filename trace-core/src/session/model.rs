//! A session as values: what went in, and what was found.

use std::sync::Arc;

use crate::base::time::{TimeRange, TraceTime};
use crate::model::trace::Trace;
use crate::session::activity::Activity;
use crate::session::calls::Call;
use crate::session::place::Placement;
use crate::session::records::RecordRef;
use crate::session::tree::{Children, Request, SessionSpan};
use crate::spans::SpanFile;

/// One file of a session.
#[derive(Clone, Debug)]
pub struct Input {
    /// As the user wrote it.
    pub file: String,
    /// What the user calls it; `None` to find a name.
    pub name: Option<String>,
    /// What the user adds to its clock to get at the session's, nanoseconds; `None` to find that.
    pub offset: Option<i64>,
    /// What is in it.
    pub content: Content,
}

/// What a file holds.
#[derive(Clone, Debug)]
pub enum Content {
    /// An execution trace of a Go program.
    Trace(Arc<Trace>),
    /// Spans of a distributed-tracing file.
    Spans(Arc<SpanFile>),
}

/// A process: with a trace, or known from span files alone.
#[derive(Clone, Debug)]
pub struct Service {
    /// What it is called; no other service of the session is called the same.
    pub name: String,
    /// The file of its trace, by place among the inputs.
    pub input: Option<usize>,
    /// Its execution trace; `None` if it has spans only.
    pub trace: Option<Arc<Trace>>,
    /// Where the clock of its trace lies, or that of its spans if it has none.
    pub clock: Placement,
    /// Where the clock of its spans in span files lies.
    pub span_clock: Option<Placement>,
    /// Spans of span files.
    pub spans: u64,
}

impl Service {
    /// A time of the session on the clock of the service's trace.
    #[must_use]
    pub fn trace_time(&self, session: i64) -> TraceTime {
        TraceTime(self.clock.map.inverse().apply(session))
    }

    /// A time of the service's trace on the session's clock.
    #[must_use]
    pub fn session_time(&self, time: TraceTime) -> i64 {
        self.clock.map.apply(time.0)
    }

    /// The stretch of the session that its trace covers.
    #[must_use]
    pub fn range(&self) -> Option<TimeRange> {
        let range = self.trace.as_ref()?.range();
        let time = |time: TraceTime| TraceTime(self.session_time(time));
        Some(TimeRange::new(time(range.start), time(range.end)))
    }
}

/// How many joins were made, and how many were not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many were joined.
    pub joined: u64,
    /// Not made, since there were several ways to.
    pub ambiguous: u64,
    /// Not made, since nothing fits.
    pub unjoined: u64,
}

/// All that was found in the files of a session.
#[derive(Clone, Debug, Default)]
pub struct Session {
    /// The files, as given.
    pub inputs: Vec<Input>,
    /// The services: those with a trace first, in the order of the files.
    pub services: Vec<Service>,
    /// All spans of all services, by rising start.
    pub spans: Vec<SessionSpan>,
    /// The children of each span.
    pub children: Children,
    /// The requests, the longest first.
    pub requests: Vec<Request>,
    /// What the traces tell of requests: tasks, and regions with ids.
    pub activities: Vec<Activity>,
    /// Calls from activity to activity, across services.
    pub calls: Vec<Call>,
    /// Spans of span files and tasks: of those whose service has a trace, and that lie in it.
    pub tasks: Tally,
    /// Calls with an id, and what served them.
    pub served: Tally,
    /// Ambiguous spans of span files.
    pub ambiguous: Vec<RecordRef>,
    /// Ambiguous activities that served a call.
    pub ambiguous_calls: Vec<u32>,
    /// Circles of parents that were broken.
    pub circles: u64,
    /// Spans of files that name a parent which is in none of them.
    pub orphans: u64,
    /// Spans that several files, or one of them several times, have.
    pub doubles: u64,
    /// Traces that are of the same process at the same time as an earlier one, by service: (this one, earlier).
    pub copies: Vec<(u32, u32)>,
    /// From the earliest time to the latest.
    pub range: TimeRange,
}
