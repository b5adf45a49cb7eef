//! A finding: one probable cause, with its evidence.

use crate::analysis::blocked_by::Blocked;
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::named::Named;
use crate::analysis::phrases::counted;
use crate::analysis::phrases::time;
use crate::analysis::phrases::{grouped, in_percent};
use crate::analysis::places::{Origin, Place, origin};
use crate::analysis::wait_chain::StepKind;
use crate::base::ids::{GoId, GoroutineIdx, StackId};
use crate::base::nanos::Nanos;
use crate::base::time::TimeRange;
use crate::model::trace::Trace;

/// What kind of cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// Goroutines contend for a lock whose holders are busy with it.
    LockContention,
    /// A lock is held while its holder waits for something slow.
    LockHeldOverIo,
    /// Readers and writers of an `RWMutex` hold each other up.
    RwmutexWriter,
    /// Goroutines pile up that will never be woken.
    GoroutineLeak,
    /// The collector takes much of the time.
    GcPressure,
    /// Goroutines wait for a proc because others use them all.
    CpuStarvation,
    /// Procs idle while goroutines are ready.
    IdleProcs,
    /// System calls take much of the units of work.
    SlowSyscall,
    /// Many wait for one consumer.
    ChannelBacklog,
    /// Work is spread unevenly over workers.
    Imbalance,
    /// Waits one after the other that could overlap.
    SerialWaits,
    /// The world is stopped often or long.
    StopTheWorld,
    /// A goroutine sleeps and looks again, instead of being woken.
    PollingSleep,
    /// A semaphore or pool limits how many work at once.
    LimitedConcurrency,
    /// One of several is late and the others wait for it.
    Straggler,
    /// Goroutines are created for next to nothing.
    GoroutineChurn,
    /// The work itself needs the time.
    CpuBound,
    /// A CPU quota keeps the process from running.
    CpuThrottled,
    /// The operating system takes the process off the CPU, in no rhythm.
    CpuDescheduled,
    /// Part of the trace is missing.
    TraceDamage,
}

impl Kind {
    /// The stable name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::LockContention => "lock_contention",
            Self::LockHeldOverIo => "lock_held_over_io",
            Self::RwmutexWriter => "rwmutex_writer",
            Self::GoroutineLeak => "goroutine_leak",
            Self::GcPressure => "gc_pressure",
            Self::CpuStarvation => "cpu_starvation",
            Self::IdleProcs => "idle_procs",
            Self::SlowSyscall => "slow_syscall",
            Self::ChannelBacklog => "channel_backlog",
            Self::Imbalance => "imbalance",
            Self::SerialWaits => "serial_waits",
            Self::StopTheWorld => "stop_the_world",
            Self::PollingSleep => "polling_sleep",
            Self::LimitedConcurrency => "limited_concurrency",
            Self::Straggler => "straggler",
            Self::GoroutineChurn => "goroutine_churn",
            Self::CpuBound => "cpu_bound",
            Self::CpuThrottled => "cpu_throttled",
            Self::CpuDescheduled => "cpu_descheduled",
            Self::TraceDamage => "trace_damage",
        }
    }

    /// What to look at in the code, unless the finding knows better ([`Finding::check`]).
    #[must_use]
    pub const fn check(self) -> &'static str {
        match self {
            Self::LockContention => {
                "Hold the lock for less time, split it, or move the work out of the critical section."
            }
            Self::LockHeldOverIo => {
                "Release the lock before the slow call (a deferred Unlock runs only when the function returns)."
            }
            Self::RwmutexWriter => {
                "Prepare the change without the lock and only swap it in; make no slow calls while holding it."
            }
            Self::GoroutineLeak => {
                "Give the wait a way out: a context, a closed channel, or a buffered channel for the result."
            }
            Self::GcPressure => "Allocate less there, reuse buffers, or give the heap more room (GOGC, GOMEMLIMIT).",
            Self::CpuStarvation => "Limit how many of these goroutines run at once.",
            Self::IdleProcs => {
                "Look for goroutines locked to their threads (runtime.LockOSThread), and for CPU limits on the process."
            }
            Self::SlowSyscall => "Batch or buffer the calls, or move them off the request path.",
            Self::ChannelBacklog => "Add consumers, or make the existing one faster.",
            Self::Imbalance => {
                "Share the work more evenly: smaller pieces that all workers take from one queue, if order does not matter."
            }
            Self::SerialWaits => "Make these calls concurrently if none needs another's result.",
            Self::StopTheWorld => "Make the calls that stop the world less often.",
            Self::PollingSleep => "Wait on a channel or condition that is signalled when the state changes.",
            Self::LimitedConcurrency => {
                "Hold each slot for less time, or raise the limit if what it protects can take more at once."
            }
            Self::Straggler => "Split this part or speed it up: the others wait for it.",
            Self::GoroutineChurn => "Hand the work to long-lived workers, or do it in the calling goroutine.",
            Self::CpuBound => "Profile this function: it spends its time computing.",
            Self::CpuThrottled => {
                "Raise the CPU limit (Kubernetes: limits.cpu, Docker: --cpus), or use less CPU, in the GC as well. In Go 1.25 \
                 and newer, GOMAXPROCS defaults to the limit, rounded up and at least 2, unless it is set explicitly or \
                 go.mod names an older Go; with older versions, set GOMAXPROCS yourself."
            }
            Self::CpuDescheduled => {
                "Look outside the program: other processes on the same CPUs, a suspended virtual machine or laptop, \
                 swapping, SIGSTOP or a debugger."
            }
            Self::TraceDamage => "Record the trace again, or keep in mind that parts are missing.",
        }
    }
}

/// How much a finding costs, by rising severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; costs little or nothing.
    Note,
    /// Costs something, but is not the main trouble.
    Warning,
    /// Probably the main trouble.
    Severe,
}

impl Severity {
    /// The stable name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Severe => "severe",
        }
    }
}

/// A number of the evidence.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A count, or nanoseconds if the name ends in `_ns`, bytes if in `_bytes`.
    Int(u64),
    /// A ratio: 1 is all.
    Ratio(f64),
    /// A name, as the trace has it: not escaped.
    Text(String),
}

/// The numbers of a finding, recorded as they are put into its title: what the title says is what the evidence holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evidence(Vec<(&'static str, Value)>);

impl Evidence {
    /// Records a number without saying it.
    pub fn int(&mut self, name: &'static str, value: u64) -> u64 {
        self.0.push((name, Value::Int(value)));
        value
    }

    /// Records a number; returns it for people: `2,060`.
    pub fn whole(&mut self, name: &'static str, value: u64) -> String {
        grouped(self.int(name, value))
    }

    /// Records nanoseconds (`name` ends in `_ns`); returns them for people: `12.3 ms`.
    pub fn time(&mut self, name: &'static str, nanos: u64) -> String {
        time(self.int(name, nanos))
    }

    /// Records how many there are; returns it for people, as [`counted`] does.
    pub fn count(&mut self, name: &'static str, number: u64, what: &str) -> String {
        counted(self.int(name, number), what)
    }

    /// Records a ratio (1 is all); returns it for people, as [`in_percent`] does.
    pub fn share(&mut self, name: &'static str, value: f64) -> String {
        self.ratio(name, value);
        in_percent(rounded(value))
    }

    /// Records a number with a fraction, such as of CPUs; returns it for people with one digit of it.
    pub fn number(&mut self, name: &'static str, value: f64) -> String {
        self.ratio(name, value);
        format!("{:.1}", rounded(value))
    }

    /// Records a ratio without saying it.
    pub fn ratio(&mut self, name: &'static str, value: f64) {
        self.0.push((name, Value::Ratio(rounded(value))));
    }

    /// Records the numbers of another part of the title.
    pub(crate) fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// Records a name, without returning it.
    pub fn text(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.push((name, Value::Text(value.into())));
    }
}

/// Ratios are kept to four digits.
fn rounded(ratio: f64) -> f64 {
    (ratio * 1e4).round() / 1e4
}

/// What a goroutine did while the waits of a finding lasted: the title rests on it. Whoever checks a finding can look
/// it up in the trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Act {
    /// The goroutine that did it.
    pub go: GoroutineIdx,
    /// What it did; several steps of one kind are one act.
    pub doing: StepKind,
    /// From its first such stretch to the end of its last, inside the waits.
    pub within: TimeRange,
    /// How long it did so, total.
    pub total: Nanos,
}

/// Where the cause lies.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Culprit {
    /// The frame to look at.
    pub place: Place,
    /// Where the frame to look at is the caller of a helper that makes the slow call: the helper.
    pub through: Option<Place>,
    /// The program's function that called the one to look at, where it was seen; none if it is the outermost.
    pub caller: Option<Place>,
    /// What the program was in there, as Go spells it: the library function that it had called, or `chan send`. `None` if
    /// it is not known, or the program was in code of its own.
    pub callee: Option<String>,
    /// The stack in which it was seen, leaf first.
    pub stack: Vec<Place>,
}

/// Goroutines that a cause makes wait, by the function in which they do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Victim {
    /// The program's function in which they wait.
    pub function: String,
    /// Number of goroutines that wait there.
    pub goroutines: u64,
}

/// A place in the trace that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// The goroutine on whose lane it is seen.
    pub go: GoroutineIdx,
    /// Its id as the runtime counts it.
    pub id: GoId,
    /// When it is seen there, on the trace's clock.
    pub range: TimeRange,
}

/// One probable cause of lost time, with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Which of the known causes it is.
    pub kind: Kind,
    /// How much it costs.
    pub severity: Severity,
    /// The mechanism, where more is known than the kind.
    pub cause: Option<Cause>,
    /// What, how much and where, in about 100 characters at most, with numbers of the evidence only. Empty until all of
    /// the finding is known.
    pub headline: String,
    /// How it came about, in one sentence.
    pub title: String,
    /// Numbers by stable name.
    pub evidence: Vec<(&'static str, Value)>,
    /// Where the cause lies, if known.
    pub culprit: Option<Culprit>,
    /// Who is made to wait; empty if the cost is not waiting.
    pub victims: Vec<Victim>,
    /// Goroutines' time that it costs, added over goroutines.
    pub time_lost: Nanos,
    /// 0 to 1: how sure.
    pub confidence: f64,
    /// Places that show it.
    pub links: Vec<Link>,
    /// What goroutines did meanwhile, where the title says so.
    pub acts: Vec<Act>,
    /// Goroutines that it is about, those who suffer and those who cause it, by rising index: at most
    /// [`MOST_GOROUTINES`].
    pub goroutines: Vec<GoroutineIdx>,
    /// What to look at in the code.
    pub check: &'static str,
    /// The stack of the culprit; [`StackId::NONE`] if what it was in does not follow from it.
    pub(crate) stack: StackId,
}

/// Nobody looks at more of them one by one.
pub const MOST_GOROUTINES: usize = 4_096;

/// Nobody feels less than this, however large a part of a short trace it is, ns.
const WARNING_FROM: u64 = 5_000_000;
/// The evidence that says what a finding was inferred from.
pub(crate) const BASIS: &str = "confidence_basis";
/// Notes of less confidence are collapsed.
const SURE_ENOUGH: f64 = 0.5;
/// Less than this is no main trouble, ns.
const SEVERE_FROM: u64 = 20_000_000;

impl Finding {
    /// A finding yet without evidence. Its severity follows from the time lost (`lost`, ns) in a trace of `duration`
    /// nanoseconds.
    #[must_use]
    pub fn new(kind: Kind, title: String, lost: u64, duration: u64, confidence: f64) -> Self {
        let share = lost as f64 / duration.max(1) as f64;
        let severity = if share >= 0.25 && confidence >= 0.7 && lost >= SEVERE_FROM {
            Severity::Severe
        } else if share >= 0.05 && confidence >= 0.5 && lost >= WARNING_FROM {
            Severity::Warning
        } else {
            Severity::Note
        };
        let (evidence, victims, links, goroutines) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let (culprit, acts, check) = (None, Vec::new(), kind.check());
        let (cause, headline, stack) = (None, String::new(), StackId::NONE);
        Self {
            kind,
            severity,
            cause,
            headline,
            title,
            evidence,
            culprit,
            victims,
            time_lost: Nanos(lost),
            confidence,
            links,
            acts,
            goroutines,
            check,
            stack,
        }
    }

    /// With what its title was made of, before anything added later.
    #[must_use]
    pub fn with(mut self, evidence: Evidence) -> Self {
        self.evidence.splice(0..0, evidence.0);
        self
    }

    /// With what a goroutine did meanwhile.
    #[must_use]
    pub fn act(mut self, act: Option<Act>) -> Self {
        self.acts.extend(act);
        self
    }

    /// The same with less time lost: what of it has other reasons.
    #[must_use]
    pub fn reduced(self, lost: u64, duration: u64) -> Self {
        let weight = Self::new(self.kind, String::new(), lost, duration, self.confidence);
        Self { time_lost: weight.time_lost, ..self }.at_most(weight.severity)
    }

    /// The same, at most this bad.
    #[must_use]
    pub fn at_most(mut self, severity: Severity) -> Self {
        self.severity = self.severity.min(severity);
        self
    }

    /// Replaces what to look at in the code.
    #[must_use]
    pub(crate) const fn with_check(mut self, check: &'static str) -> Self {
        self.check = check;
        self
    }

    /// With the mechanism behind it, and what to look at in the code.
    #[must_use]
    pub fn cause(mut self, cause: Cause, check: &'static str) -> Self {
        self.check = check;
        self.cause = Some(cause);
        self.text("cause", cause.name())
    }

    /// Adds a number to the evidence.
    #[must_use]
    pub fn int(mut self, name: &'static str, value: u64) -> Self {
        self.evidence.push((name, Value::Int(value)));
        self
    }

    /// Adds a ratio (1 is all) to the evidence, kept to four digits.
    #[must_use]
    pub fn ratio(mut self, name: &'static str, value: f64) -> Self {
        self.evidence.push((name, Value::Ratio(rounded(value))));
        self
    }

    /// Adds a name to the evidence.
    #[must_use]
    pub fn text(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.evidence.push((name, Value::Text(value.into())));
        self
    }

    /// With the place of the cause.
    #[must_use]
    pub fn culprit(self, trace: &Trace, place: Option<Place>, stack: StackId) -> Self {
        self.culprit_named(trace, place.map(Named::direct), stack)
    }

    /// With the place of the cause, and the helper that was called from there.
    #[must_use]
    pub(crate) fn culprit_named(mut self, trace: &Trace, named: Option<Named>, stack: StackId) -> Self {
        self.stack = stack;
        self.culprit = named.map(|Named { place, through }| {
            let caller = caller_of(trace, stack, &place.function);
            Culprit { place, through, caller, callee: None, stack: trace.frames(stack).map(Place::from).collect() }
        });
        self
    }

    /// With what the culprit was in left open: its stack is not from then.
    #[must_use]
    pub(crate) fn without_callee(mut self) -> Self {
        self.stack = StackId::NONE;
        self
    }

    /// With how it was inferred, where the trace does not record it.
    #[must_use]
    pub(crate) fn inferred(self, from: &str) -> Self {
        self.text(BASIS, format!("inferred from {from}"))
    }

    /// With those who suffer at a place.
    #[must_use]
    pub fn victim(mut self, function: &str, goroutines: u64) -> Self {
        if !function.is_empty() {
            self.victims.push(Victim { function: function.to_owned(), goroutines });
        }
        self
    }

    /// With a place in the trace.
    #[must_use]
    pub fn link(mut self, trace: &Trace, go: GoroutineIdx, range: TimeRange) -> Self {
        if let Some((id, _)) = trace.goroutine_name(go) {
            self.links.push(Link { go, id, range });
            self.goroutines(&[go])
        } else {
            self
        }
    }

    /// With goroutines that it is about.
    #[must_use]
    pub fn goroutines<'a>(mut self, gos: impl IntoIterator<Item = &'a GoroutineIdx>) -> Self {
        self.goroutines.extend(gos.into_iter().take(MOST_GOROUTINES));
        self.goroutines.sort_unstable();
        self.goroutines.dedup();
        self.goroutines.truncate(MOST_GOROUTINES);
        self
    }

    /// With those who waited longest at a place, and those who ended the waits.
    #[must_use]
    pub fn waiting(self, wait: &Blocked) -> Self {
        let all: Vec<GoroutineIdx> =
            wait.longest.iter().flat_map(|wait| std::iter::once(wait.go).chain(wait.waker)).collect();
        self.goroutines(&all)
    }

    /// What findings of the same severity are ranked by: time lost, ns, weighted by confidence.
    #[must_use]
    pub fn weight(&self) -> f64 {
        self.time_lost.as_f64() * self.confidence
    }

    /// Whether it is a note too uncertain to be shown unasked: reports and the panel collapse these.
    #[must_use]
    pub fn is_minor(&self) -> bool {
        self.severity == Severity::Note && self.confidence < SURE_ENOUGH
    }
}

/// The program's frame in a stack that called this function of it.
fn caller_of(trace: &Trace, stack: StackId, function: &str) -> Option<Place> {
    let mut frames = trace.frames(stack);
    frames.find(|frame| frame.function == function)?;
    frames.find(|frame| frame.function != function && origin(frame) == Origin::Own).map(Place::from)
}
