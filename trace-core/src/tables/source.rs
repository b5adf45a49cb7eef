//! A trace as tables see it: with what several of them need made once.

use std::sync::{Arc, OnceLock};

use crate::analysis::findings::{self, Findings};
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;
use crate::session::Session;
use crate::tables::dictionary::Dictionary;
use crate::tables::group_sums::AllGroups;
use crate::tables::id_order::by_id;
use crate::tables::places::StackWords;
use crate::tables::value::Value;

/// What is known of a snapshot beside its bytes: the columns of `traces` that only a lake of many traces has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// What the process is called; `None` for what its trace or the file's name tells.
    pub service: Option<String>,
    /// The host that it ran on, if that is known.
    pub host: Option<String>,
    /// Why it was recorded.
    pub trigger: Option<String>,
    /// The hash of its bytes, hexadecimal.
    pub hash: Option<String>,
    /// How much of the trace counts, nanoseconds; `None` for all of it.
    pub counted_ns: Option<i64>,
    /// The generations that count, as text.
    pub generation_ids: Option<String>,
    /// A link that opens it, as the program writes them.
    pub link: Option<String>,
    /// Why it could not be read, or not as it should.
    pub problem: Option<String>,
}

/// A trace whose tables are asked for. What several tables need is made once, when the first of them does.
#[derive(Debug)]
pub struct Source {
    trace: Arc<Trace>,
    /// The file as the user calls it.
    file: String,
    monitor: Monitor,
    /// What it is recorded together with, if its tables are to tell of that.
    session: Option<Arc<Session>>,
    origin: Origin,
    order: OnceLock<Vec<GoroutineIdx>>,
    reasons: OnceLock<Vec<StrId>>,
    words: OnceLock<Vec<StackWords>>,
    dictionary: OnceLock<Dictionary>,
    findings: OnceLock<Arc<Findings>>,
    groups: OnceLock<AllGroups>,
}

impl Source {
    /// The tables of a trace that was read from `file`. What takes long stops when `monitor` is cancelled, and gives no
    /// rows then.
    #[must_use]
    pub const fn new(trace: Arc<Trace>, file: String, monitor: Monitor) -> Self {
        Self {
            trace,
            file,
            monitor,
            session: None,
            origin: Origin {
                service: None,
                host: None,
                trigger: None,
                hash: None,
                counted_ns: None,
                generation_ids: None,
                link: None,
                problem: None,
            },
            order: OnceLock::new(),
            reasons: OnceLock::new(),
            words: OnceLock::new(),
            dictionary: OnceLock::new(),
            findings: OnceLock::new(),
            groups: OnceLock::new(),
        }
    }

    /// The same with the tables of a session: one source of each session has these.
    #[must_use]
    pub fn with_session(self, session: Arc<Session>) -> Self {
        Self { session: Some(session), ..self }
    }

    /// The same, if the findings are known already.
    #[must_use]
    pub fn with_findings(self, findings: Arc<Findings>) -> Self {
        Self { findings: OnceLock::from(findings), ..self }
    }

    /// The same, with what a lake tells of it.
    #[must_use]
    pub fn with_origin(self, origin: Origin) -> Self {
        Self { origin, ..self }
    }

    /// What a lake tells of it.
    pub(super) const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The Unix time of a time of the trace, nanoseconds; `None` if the trace has no reading of the clock.
    #[must_use]
    pub fn unix_nanos(&self, time: TraceTime) -> Option<i64> {
        let clock = self.trace.clock_snapshots().first()?;
        let wall = clock.wall_secs.checked_mul(1_000_000_000)?.checked_add(clock.wall_nanos.into())?;
        wall.checked_sub(clock.trace.nanos_since(time))
    }

    /// The session whose tables it has.
    pub(super) const fn session(&self) -> Option<&Arc<Session>> {
        self.session.as_ref()
    }

    /// The trace whose tables are asked for.
    #[must_use]
    pub fn trace(&self) -> &Arc<Trace> {
        &self.trace
    }

    /// What a stack is about, in words; `None` for no stack.
    #[must_use]
    pub fn words(&self, stack: StackId) -> Option<&StackWords> {
        let words = self.words.get_or_init(|| StackWords::of_all(&self.trace));
        words.get(stack.0 as usize).filter(|_| stack.is_some())
    }

    /// Nanoseconds from the start of the trace.
    #[must_use]
    pub fn offset(&self, time: TraceTime) -> i64 {
        time.nanos_since(self.trace.range().start)
    }

    /// The time so many nanoseconds after the start of the trace.
    #[must_use]
    pub fn time(&self, offset: i64) -> TraceTime {
        self.trace.range().start.plus_nanos(offset)
    }

    /// The file as the user calls it.
    pub(super) fn file(&self) -> &str {
        &self.file
    }

    /// Stops what takes long.
    pub(super) const fn monitor(&self) -> &Monitor {
        &self.monitor
    }

    /// Whether what takes long has been stopped.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.monitor.is_cancelled()
    }

    /// All goroutines by rising id of the runtime, as a signed number.
    pub(super) fn goroutines_by_id(&self) -> &[GoroutineIdx] {
        self.order.get_or_init(|| by_id(&self.trace))
    }

    /// The reasons of all kinds of rows, by kind.
    pub(super) fn reasons(&self) -> &[StrId] {
        self.reasons.get_or_init(|| self.trace.reasons_by_kind().into_iter().map(|(_, reason)| reason).collect())
    }

    pub(super) fn findings(&self) -> &Findings {
        self.findings.get_or_init(|| Arc::new(findings::find(&self.trace, &self.monitor).unwrap_or_default()))
    }

    /// All goroutines by start function.
    pub(super) fn groups(&self) -> &AllGroups {
        self.groups.get_or_init(|| AllGroups::of(&self.trace, &self.monitor))
    }

    /// The same if some table has asked for it before.
    pub(super) fn groups_if_made(&self) -> Option<&AllGroups> {
        self.groups.get()
    }

    pub(super) fn dictionary(&self) -> &Dictionary {
        self.dictionary.get_or_init(|| Dictionary::of(&self.trace))
    }

    /// The runtime's id of a goroutine; NULL for none.
    pub(super) fn g(&self, go: GoroutineIdx) -> Value<'static> {
        self.trace.goroutine_name(go).map_or(Value::Null, |(id, _)| Value::Int(id.signed()))
    }

    /// The same of whoever a lane is of; NULL if it is no goroutine's.
    pub(super) fn lane_g(&self, lane: Option<LaneId>) -> Value<'static> {
        if let Some(LaneId::Goroutine(go)) = lane { self.g(go) } else { Value::Null }
    }

    pub(super) fn lane_p(&self, lane: Option<LaneId>) -> Value<'static> {
        match lane {
            Some(LaneId::Proc(proc)) => Value::Int(self.trace.proc_id(proc).signed()),
            _ => Value::Null,
        }
    }

    pub(super) fn lane_m(&self, lane: Option<LaneId>) -> Value<'static> {
        match lane {
            Some(LaneId::Thread(thread)) => Value::Int(self.trace.thread_id(thread).signed()),
            _ => Value::Null,
        }
    }

    pub(super) fn at(&self, time: TraceTime) -> Value<'static> {
        Value::Int(self.offset(time))
    }

    pub(super) fn at_if(&self, time: Option<TraceTime>) -> Value<'static> {
        time.map_or(Value::Null, |time| self.at(time))
    }
}

/// How long a stretch of time is.
pub(super) const fn nanos(range: TimeRange) -> Value<'static> {
    Value::Int(range.nanos())
}

/// A stack's id; NULL for none.
pub(super) const fn stack(stack: StackId) -> Value<'static> {
    if stack.is_some() { Value::Int(stack.0 as i64) } else { Value::Null }
}
