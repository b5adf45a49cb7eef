//! The kind of a row in one byte: the state it begins, how it came about and why.
//!
//! ```text
//!   0        nothing is known from here on
//!   1 ..  4  first mention by status: runnable, running, syscall, waiting; it began earlier
//!   5 ..  8  the same, but contradicting what was known, or known to be new: begins here
//!   9 .. 18  status that continues the span before it: 9 + class of that span
//!  19        ended
//!  20 .. 29  the moves without a reason text
//!  30 .. 63  stops and blocks with the reasons that Go has
//!  64 .. 127 stops and blocks with reasons that this table does not know, in order of discovery
//!  + 128     the last row of its lane in its segment
//! ```

use std::sync::{Arc, Mutex, PoisonError};

use crate::event::state::{Cause, GoState, SpanClass};

pub(crate) const UNKNOWN: u8 = 0;
/// First of the four "began earlier" kinds.
pub(crate) const STATUS: u8 = 1;
/// First of the four "begins here" kinds.
pub(crate) const STATUS_HERE: u8 = 5;
/// Plus the class of the span that goes on.
pub(crate) const CONTINUED: u8 = 9;
pub(crate) const DEAD: u8 = 19;
pub(crate) const CREATED: u8 = 20;
pub(crate) const CREATED_WAITING: u8 = 21;
pub(crate) const CREATED_SYSCALL: u8 = 22;
pub(crate) const UNBLOCKED: u8 = 23;
pub(crate) const SWITCHED_TO: u8 = 24;
pub(crate) const SYSCALL_EXIT: u8 = 25;
pub(crate) const STARTED: u8 = 26;
pub(crate) const SYSCALL_BACK: u8 = 27;
pub(crate) const SYSCALL: u8 = 28;
pub(crate) const SWITCHED_AWAY: u8 = 29;
/// First kind with a reason text.
const REASONED: u8 = 30;
/// First kind whose reason was not known beforehand.
const DISCOVERED: u8 = 64;
/// How many kinds there can be.
pub(crate) const COUNT: usize = 128;
/// Set on the last row of a lane in a segment.
pub(crate) const LAST: u8 = 0x80;
/// Takes the mark off.
pub(crate) const MASK: u8 = 0x7f;

/// Go's own reasons (`runtime/traceruntime.go`; the older format's in `internal/trace/tracev1.go`).
const KNOWN: [(GoState, SpanClass, &str); 26] = [
    (GoState::Runnable, SpanClass::Runnable, ""),
    (GoState::Runnable, SpanClass::Runnable, "unspecified"),
    (GoState::Runnable, SpanClass::Runnable, "preempted"),
    (GoState::Runnable, SpanClass::Runnable, "runtime.Gosched"),
    (GoState::Waiting, SpanClass::WaitOther, ""),
    (GoState::Waiting, SpanClass::WaitOther, "unspecified"),
    (GoState::Waiting, SpanClass::WaitOther, "forever"),
    (GoState::Waiting, SpanClass::WaitNet, "network"),
    (GoState::Waiting, SpanClass::WaitChan, "select"),
    (GoState::Waiting, SpanClass::WaitSync, "sync.(*Cond).Wait"),
    (GoState::Waiting, SpanClass::WaitSync, "sync"),
    (GoState::Waiting, SpanClass::WaitChan, "chan send"),
    (GoState::Waiting, SpanClass::WaitChan, "chan receive"),
    (GoState::Waiting, SpanClass::Gc, "GC mark assist wait for work"),
    (GoState::Waiting, SpanClass::WaitSleep, "GC background sweeper wait"),
    (GoState::Waiting, SpanClass::WaitSleep, "system goroutine wait"),
    (GoState::Waiting, SpanClass::WaitOther, "preempted"),
    (GoState::Waiting, SpanClass::WaitOther, "wait for debug call"),
    (GoState::Waiting, SpanClass::Gc, "wait until GC ends"),
    (GoState::Waiting, SpanClass::WaitSleep, "sleep"),
    (GoState::Waiting, SpanClass::Gc, "GC weak to strong wait"),
    (GoState::Waiting, SpanClass::WaitOther, "synctest"),
    (GoState::Waiting, SpanClass::WaitOther, "coroutine"),
    (GoState::Waiting, SpanClass::Gc, "GC worker (idle)"),
    (GoState::Waiting, SpanClass::WaitSleep, "finalizer wait"),
    (GoState::Waiting, SpanClass::WaitSync, "sync.WaitGroup.Wait"),
];

/// The class of a wait by the runtime's word for its reason; [`SpanClass::WaitOther`] for one that Go does not have.
#[must_use]
pub fn wait_class(reason: &str) -> SpanClass {
    let known = KNOWN.iter().find(|(state, _, known)| *state == GoState::Waiting && *known == reason);
    known.map_or(SpanClass::WaitOther, |known| known.1)
}

/// Whether the runtime has this reason to block or stop a goroutine.
pub(crate) fn is_known_reason(reason: &str) -> bool {
    KNOWN.iter().any(|(_, _, known)| *known == reason)
}

/// What a kind means, without the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sense {
    pub(crate) state: GoState,
    pub(crate) cause: Cause,
    pub(crate) class: SpanClass,
}

/// What a kind means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Meaning<'a> {
    /// The state that begins. Continued rows say the state of the span they continue.
    pub(crate) state: GoState,
    pub(crate) cause: Cause,
    pub(crate) class: SpanClass,
    pub(crate) reason: &'a str,
}

/// Whether the row merely continues the span before it.
#[inline]
pub(crate) const fn is_continued(kind: u8) -> bool {
    let kind = kind & MASK;
    kind >= CONTINUED && kind < CONTINUED + SpanClass::COUNT as u8
}

/// Whether a row of this kind is the creation of its goroutine.
pub(crate) const fn is_creation(kind: u8) -> bool {
    matches!(kind & MASK, CREATED | CREATED_WAITING | CREATED_SYSCALL)
}

/// Whether the row is a first mention that reaches back to where knowledge begins.
#[inline]
pub(crate) const fn is_status(kind: u8) -> bool {
    let kind = kind & MASK;
    kind >= STATUS && kind < STATUS + 4
}

/// Whether the row's `other` names who acted, and its stack is that one's.
#[inline]
pub(crate) const fn has_actor(kind: u8) -> bool {
    matches!(kind & MASK, CREATED | CREATED_WAITING | UNBLOCKED | SWITCHED_TO)
}

/// Whether the row stays on the proc and thread of the running row before it.
#[inline]
pub(crate) const fn stays_on_proc(kind: u8) -> bool {
    matches!(kind & MASK, SYSCALL | SYSCALL_BACK)
}

/// The kind with which a status continues a span of `class`.
pub(crate) const fn continued(class: SpanClass) -> u8 {
    CONTINUED + class as u8
}

/// The states of the four status kinds, in order.
const STATUS_STATES: [(GoState, SpanClass); 4] = [
    (GoState::Runnable, SpanClass::Runnable),
    (GoState::Running, SpanClass::Running),
    (GoState::Syscall, SpanClass::Syscall),
    (GoState::Waiting, SpanClass::WaitOther),
];

/// The state of a class, for continued rows.
pub(crate) const fn state_of(class: SpanClass) -> GoState {
    match class {
        SpanClass::None => GoState::Unknown,
        SpanClass::Running => GoState::Running,
        SpanClass::Runnable => GoState::Runnable,
        SpanClass::Syscall => GoState::Syscall,
        _ => GoState::Waiting,
    }
}

const fn fixed(kind: u8) -> Option<Meaning<'static>> {
    use GoState as S;
    use SpanClass as C;
    let (state, cause, class, reason) = match kind {
        UNKNOWN => (S::Unknown, Cause::Status, C::None, ""),
        STATUS..CONTINUED => {
            let (state, class) = STATUS_STATES[((kind - STATUS) % 4) as usize];
            (state, Cause::Status, class, "")
        }
        CONTINUED..DEAD => {
            let class = C::ALL[(kind - CONTINUED) as usize];
            (state_of(class), Cause::Status, class, "")
        }
        DEAD => (S::Dead, Cause::Ended, C::None, ""),
        CREATED => (S::Runnable, Cause::Created, C::Runnable, ""),
        CREATED_WAITING => (S::Waiting, Cause::Created, C::WaitOther, ""),
        CREATED_SYSCALL => (S::Syscall, Cause::Created, C::Syscall, ""),
        UNBLOCKED => (S::Runnable, Cause::Unblocked, C::Runnable, ""),
        SWITCHED_TO => (S::Runnable, Cause::Switched, C::Runnable, ""),
        SYSCALL_EXIT => (S::Runnable, Cause::SyscallExit, C::Runnable, ""),
        STARTED => (S::Running, Cause::Started, C::Running, ""),
        SYSCALL_BACK => (S::Running, Cause::SyscallExit, C::Running, ""),
        SYSCALL => (S::Syscall, Cause::SyscallEnter, C::Syscall, ""),
        SWITCHED_AWAY => (S::Waiting, Cause::Switched, C::WaitSync, ""),
        REASONED..DISCOVERED => {
            let at = (kind - REASONED) as usize;
            if at >= KNOWN.len() {
                return None;
            }
            let (state, class, reason) = KNOWN[at];
            (state, cause_of(state), class, reason)
        }
        _ => return None,
    };
    Some(Meaning { state, cause, class, reason })
}

const fn cause_of(state: GoState) -> Cause {
    if matches!(state, GoState::Runnable) { Cause::Stopped } else { Cause::Blocked }
}

/// Classes by kind (without the mark for the last row); discovered kinds are added at run time.
pub(crate) type Classes = [SpanClass; COUNT];

const FIXED_CLASSES: Classes = {
    let mut classes = [SpanClass::None; COUNT];
    let mut kind = 0;
    while kind < COUNT {
        if let Some(meaning) = fixed(kind as u8) {
            classes[kind] = meaning.class;
        } else if kind >= DISCOVERED as usize {
            classes[kind] = SpanClass::WaitOther;
        }
        kind += 1;
    }
    classes
};

const FIXED_SENSES: [Sense; COUNT] = {
    let mut senses = [Sense { state: GoState::Unknown, cause: Cause::Status, class: SpanClass::None }; COUNT];
    let mut kind = 0;
    while kind < COUNT {
        if let Some(meaning) = fixed(kind as u8) {
            senses[kind] = Sense { state: meaning.state, cause: meaning.cause, class: meaning.class };
        }
        kind += 1;
    }
    senses
};

/// The kinds of one trace: the fixed ones and those discovered so far.
#[derive(Clone, Debug)]
pub(crate) struct Kinds {
    discovered: Vec<(GoState, Arc<str>)>,
    pub(crate) classes: Classes,
    senses: [Sense; COUNT],
}

impl Default for Kinds {
    fn default() -> Self {
        Self { discovered: Vec::new(), classes: FIXED_CLASSES, senses: FIXED_SENSES }
    }
}

impl Kinds {
    /// What a kind means; the mark for the last row is ignored.
    pub(crate) fn meaning(&self, kind: u8) -> Meaning<'_> {
        let kind = kind & MASK;
        let found = fixed(kind).or_else(|| {
            let (state, reason) = self.discovered.get(usize::from(kind.checked_sub(DISCOVERED)?))?;
            Some(Meaning { state: *state, cause: cause_of(*state), class: self.class(kind), reason })
        });
        found.unwrap_or(Meaning { state: GoState::Unknown, cause: Cause::Status, class: SpanClass::None, reason: "" })
    }

    /// Reasons that this table did not know, by kind.
    pub(crate) fn discovered(&self) -> impl Iterator<Item = (GoState, &str)> {
        self.discovered.iter().map(|(state, reason)| (*state, &**reason))
    }

    /// The table with reasons that it did not know; `None` if they are too many.
    pub(crate) fn with_discovered<'a>(reasons: impl Iterator<Item = (GoState, &'a str)>) -> Option<Self> {
        let mut kinds = Self::default();
        for (state, reason) in reasons {
            kinds.discover(state, reason)?;
        }
        Some(kinds)
    }

    /// A kind for a new reason, if there is one left.
    fn discover(&mut self, state: GoState, reason: &str) -> Option<u8> {
        let kind = DISCOVERED as usize + self.discovered.len();
        let class = self.classes.get_mut(kind)?;
        *class = if state == GoState::Runnable { SpanClass::Runnable } else { SpanClass::WaitOther };
        self.senses[kind] = Sense { state, cause: cause_of(state), class: *class };
        self.discovered.push((state, Arc::from(reason)));
        Some(kind as u8)
    }

    /// What a kind means, without the reason: a look into a table.
    #[inline]
    pub(crate) const fn sense(&self, kind: u8) -> Sense {
        self.senses[(kind & MASK) as usize]
    }

    /// What a kind is coloured by.
    #[inline]
    pub(crate) const fn class(&self, kind: u8) -> SpanClass {
        self.classes[(kind & MASK) as usize]
    }

    /// The kind for stopping (`Runnable`) or blocking (`Waiting`) for a reason, if it is known.
    fn find(&self, state: GoState, reason: &str) -> Option<u8> {
        if let Some(at) = KNOWN.iter().position(|known| known.0 == state && known.2 == reason) {
            return Some(REASONED + at as u8);
        }
        let at = self.discovered.iter().position(|(known, text)| *known == state && **text == *reason)?;
        Some(DISCOVERED + at as u8)
    }
}

/// The kinds of a trace that is being built, shared by the workers.
#[derive(Clone, Debug, Default)]
pub(crate) struct SharedKinds {
    inner: Arc<Mutex<Kinds>>,
}

impl SharedKinds {
    /// The kind for stopping (`Runnable`) or blocking (`Waiting`) for a reason. When the table is full,
    /// the kind without a reason.
    pub(crate) fn code(&self, state: GoState, reason: &str) -> u8 {
        let mut kinds = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kind) = kinds.find(state, reason) {
            return kind;
        }
        kinds.discover(state, reason).or_else(|| kinds.find(state, "")).unwrap_or(UNKNOWN)
    }

    /// The table as it is now.
    pub(crate) fn snapshot(&self) -> Kinds {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_found_again_and_mean_what_was_asked() {
        let shared = SharedKinds::default();
        let sleep = shared.code(GoState::Waiting, "sleep");
        let new = shared.code(GoState::Waiting, "a reason of Go 1.40");
        assert_eq!(shared.code(GoState::Waiting, "a reason of Go 1.40"), new);
        assert_ne!(shared.code(GoState::Runnable, "preempted"), shared.code(GoState::Waiting, "preempted"));
        let kinds = shared.snapshot();
        assert_eq!(kinds.meaning(sleep | LAST).class, SpanClass::WaitSleep);
        assert_eq!(kinds.meaning(new).reason, "a reason of Go 1.40");
        assert_eq!(kinds.meaning(new).state, GoState::Waiting);
        for kind in 0..COUNT as u8 {
            let (meaning, sense) = (kinds.meaning(kind), kinds.sense(kind | LAST));
            assert_eq!(
                (meaning.state, meaning.cause, meaning.class),
                (sense.state, sense.cause, sense.class),
                "{kind}"
            );
        }
    }

    #[test]
    fn a_flood_of_reasons_ends_in_the_one_without() {
        let shared = SharedKinds::default();
        let codes: Vec<u8> = (0..500).map(|n| shared.code(GoState::Waiting, &format!("reason {n}"))).collect();
        assert!(codes.iter().all(|&kind| (kind as usize) < COUNT));
        assert_eq!(shared.snapshot().meaning(codes[499]).reason, "");
    }
}
