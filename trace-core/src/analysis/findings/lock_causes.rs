//! What a lock is held for, with the words and the advice that fit.

use crate::analysis::blocked_by::{Blocked, Meanwhile};
use crate::analysis::calls::package_of;
use crate::analysis::findings::cause::Cause;
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::{Finding, Kind, Severity};
use crate::analysis::findings::stuck_locks::owner;
use crate::analysis::phrases::place_name;
use crate::analysis::phrases::prior_name;
use crate::analysis::places::Op;
use crate::analysis::wait_chain::StepKind;
use crate::base::ids::StackId;
use crate::event::state::SpanClass;

/// Who has a lock for less than one such part of the longest stretch only passes.
const PASSING: u64 = 20;

/// What keeps the lock for so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LockCause {
    /// The holder waits for something slow.
    SlowCall,
    /// The holder waits for an answer on a connection that the lock guards.
    Connection,
    /// The holder sleeps while it has the lock.
    Sleep,
    /// The holder waits until a file is on the disk.
    Sync,
    /// The holder writes a log line, and the lock is the logger's.
    Logger,
    /// The holder is in a slow call, and the lock is a library's own.
    Library,
    /// The holder computes while it has the lock.
    Computing,
    /// The holder waits for the GC.
    Gc,
    /// A reader holds an `RWMutex`; a writer waits for it, and all other readers for the writer.
    Reader,
    /// The function of a `sync.Once` takes long.
    Once,
}

impl LockCause {
    /// Of waits that end with what the holder did most.
    pub(crate) fn of(context: &Context<'_>, kind: Kind, wait: &Blocked, top: &Meanwhile) -> Self {
        let is_asleep = context.places.op(top.stack) == Op::Sleep;
        match context.places.op(top.release) {
            Op::OnceDone => Self::Once,
            Op::ReadUnlock => Self::Reader,
            _ if wait.op == Op::Once => Self::Once,
            _ if kind == Kind::LockContention
                && top.doing != StepKind::Running
                && top.doing != StepKind::MarkAssist =>
            {
                Self::Gc
            }
            _ if kind == Kind::LockContention => Self::Computing,
            _ if is_asleep => Self::Sleep,
            _ if context.is_sync(top.stack) => Self::Sync,
            _ if is_connection(context, wait, top) => Self::Connection,
            _ if is_logger(context, wait) => Self::Logger,
            _ if !wait.is_prior && !context.places.is_direct(wait.stack) => Self::Library,
            _ => Self::SlowCall,
        }
    }

    const fn cause(self) -> Cause {
        match self {
            Self::SlowCall | Self::Sync | Self::Logger | Self::Library => Cause::HeldOverSlowCall,
            Self::Connection => Cause::OneConnection,
            Self::Sleep => Cause::HeldOverSleep,
            Self::Computing => Cause::HeldWhileComputing,
            Self::Gc => Cause::HeldOverGc,
            Self::Reader => Cause::ReaderBlocksWriter,
            Self::Once => Cause::Once,
        }
    }

    /// The finding with this cause and, where the kind's own does not fit, with advice of its own.
    pub(crate) fn of_finding(self, finding: Finding) -> Finding {
        let check = match self {
            Self::SlowCall | Self::Computing => finding.check,
            Self::Connection => {
                "If the lock keeps the requests on one connection apart, use several connections (a pool), or send the next \
                 request before the answer to the last is there; if it guards anything else, release it before the slow call."
            }
            Self::Sync => {
                "Sync once for all that was written before (group commit): write under the lock, and have one goroutine sync \
                 while the others wait for its result without the lock."
            }
            Self::Logger => {
                "The lock is the logger's: whoever logs waits until the line is written. Find out who reads the output and why \
                 so slowly; log less, or write through a buffer that another goroutine empties."
            }
            Self::Library => {
                "The lock is the library's own: make fewer of these calls at once, use several instances (clients, \
                 connections), or make the call faster during which it is held."
            }
            Self::Gc => {
                "Allocate outside of the critical section: whoever allocates may have to wait for the GC, and so must all \
                 who wait for the lock."
            }
            Self::Sleep => "Release the lock before sleeping (a deferred Unlock runs only when the function returns).",
            Self::Reader => {
                "Copy what is needed under RLock, and make the call after RUnlock: while a writer waits for this \
                 reader, RLock blocks every new reader."
            }
            Self::Once => {
                "Run the initialisation before requests are served, or do its steps concurrently; sync.Once makes \
                 every caller wait for the first one."
            }
        };
        let finding = finding.cause(self.cause(), check);
        // The GC is what costs the time then; the lock only spreads it.
        if self == Self::Gc { finding.at_most(Severity::Warning) } else { finding }
    }

    /// Shorter stretches are no part of it, ns: whoever has waited for a `sync.Once` takes and releases its lock in
    /// passing, without running the function.
    pub(crate) fn shortest(self, top: &Meanwhile) -> u64 {
        match self {
            Self::Once => top.longest.nanos().unsigned_abs() / PASSING,
            _ => 0,
        }
    }

    /// What the holder did with it, before how long: `held it`.
    pub(crate) const fn held(self) -> &'static str {
        match self {
            Self::Once => "ran the sync.Once function",
            Self::Reader => "held the read lock",
            _ => "held the lock",
        }
    }

    /// How the hold ended, with the place to follow: `released it`.
    pub(crate) const fn released(self) -> &'static str {
        match self {
            Self::Once => "finished it",
            _ => "released it",
        }
    }

    /// What follows for others, to end the sentence with; empty where nothing is to be said.
    pub(crate) const fn consequence(self) -> &'static str {
        match self {
            Self::Reader => "; a writer waited for it, and new readers for the writer",
            _ => "",
        }
    }
}

/// Where the waits are: `in sync.(*Mutex).Lock at main.handle (main.go:61)`.
pub(crate) fn waited_at(wait: &Blocked) -> String {
    if wait.is_prior {
        return format!("in {} since before the trace (no stacks)", prior_name(wait.op));
    }
    format!("in {} at {}", wait.op.name(), place_name(Some(&wait.place)))
}

/// Whether the lock that is waited for is that of package `log` or `log/slog`.
fn is_logger(context: &Context<'_>, wait: &Blocked) -> bool {
    let mut frames = context.trace.frames(wait.stack);
    let library =
        frames.find(|frame| !frame.function.starts_with("sync.") && !frame.function.starts_with("internal/sync."));
    library.is_some_and(|frame| matches!(package_of(frame.function), "log" | "log/slog" | "log/internal"))
}

/// Whether what is waited for under the lock is bytes from a connection, in a method of the type whose method takes the
/// lock.
fn is_connection(context: &Context<'_>, wait: &Blocked, top: &Meanwhile) -> bool {
    let type_of = |stack: StackId| context.places.near(stack).map(|place| owner(&place.function).to_owned());
    let is_method = |owner: &String| owner.ends_with(')');
    top.doing == StepKind::Waiting(SpanClass::WaitNet)
        && context.places.is_plain(top.stack)
        && type_of(top.stack).filter(is_method).is_some_and(|holder| type_of(wait.stack) == Some(holder))
}
