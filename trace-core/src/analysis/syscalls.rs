//! System calls: which, from where, how long, and which of them cost their goroutine its proc.
//!
//! Go notes a call that returns quickly as begin and end. A call that takes long loses its proc to another thread:
//! it was blocking, and what it spent without the proc is time blocked. Calls of C functions are noted in the same
//! way; they are told apart by their stacks.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::analysis::distribution::Distribution;
use crate::analysis::goroutines::held;
use crate::analysis::scope::{ScopeRanges, nanos_in};
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::TimeRange;
use crate::event::state::GoState;
use crate::model::trace::Trace;

/// Goroutines that one task of a parallel pass takes: few, as those that live long may all come first.
const CHUNK: usize = 256;
/// Calls told one by one, of a stack and of all.
pub const WORST: usize = 20;

/// One system call, or call of a C function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// The goroutine that called.
    pub go: GoroutineIdx,
    /// Whether the system or C was called.
    pub kind: CallKind,
    /// From beginning to end, also outside of the scope; clipped to the trace.
    pub range: TimeRange,
    /// How long, inside the scope.
    pub nanos: Nanos,
    /// Of those without a proc.
    pub blocked: Nanos,
    /// It began before the trace, or was going on at its end.
    pub is_cut: bool,
}

/// What a goroutine called outside of Go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum CallKind {
    /// The operating system, as far as is known.
    #[default]
    System,
    /// A C function, through cgo.
    Cgo,
    /// C code on a thread of its own, between two calls into Go: the goroutine of such a thread is in no Go code.
    OutsideGo,
}

impl CallKind {
    /// The stable name that reports use.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Cgo => "cgo",
            Self::OutsideGo => "outside_go",
        }
    }

    fn of(trace: &Trace, go: GoroutineIdx, stack: StackId) -> Self {
        if !trace.is_in_c(go, stack) {
            Self::System
        } else if stack.is_some() {
            Self::Cgo
        } else {
            Self::OutsideGo
        }
    }
}

/// The calls of one stack, or of one function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallGroup {
    /// What was called; of all calls together, that of none.
    pub kind: CallKind,
    /// From where, for groups by stack; `NONE` if none was recorded.
    pub stack: StackId,
    /// The call, as the innermost function that tells: `syscall.read`, `main._Cfunc_f`. Empty without a stack.
    pub function: String,
    /// How long the single calls were.
    pub calls: Distribution,
    /// Those that lost their proc.
    pub blocking: u64,
    /// How long they were without a proc.
    pub blocked: Nanos,
    /// Those cut by the edges of the trace or of the scope.
    pub cut: u64,
    /// The longest, longest first, at most [`WORST`].
    pub worst: Vec<Call>,
}

/// System calls in a scope. All groups come with most time first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Syscalls {
    /// Calls by stack, those with most time first.
    pub stacks: Vec<CallGroup>,
    /// By function; the stack is that of the one with most time.
    pub functions: Vec<CallGroup>,
    /// All calls together, of whichever stack.
    pub all: CallGroup,
    /// How many of them were not of the operating system.
    pub in_c: u64,
}

/// From where, and what: without a stack it is the goroutine that tells.
type Key = (StackId, CallKind);

#[derive(Default)]
struct Growing {
    lengths: Vec<Nanos>,
    blocking: u64,
    blocked: Nanos,
    cut: u64,
    worst: Vec<Call>,
    /// Shorter ones are not among the longest.
    floor: Nanos,
}

impl Growing {
    fn add(&mut self, call: Call, is_cut: bool) {
        self.lengths.push(call.nanos);
        self.blocking += u64::from(!call.blocked.is_zero());
        self.blocked += call.blocked;
        self.cut += u64::from(is_cut);
        if call.nanos >= self.floor {
            self.worst.push(call);
            if self.worst.len() >= 2 * WORST {
                self.shrink();
            }
        }
    }

    /// Keeps only the longest.
    fn shrink(&mut self) {
        self.worst.sort_unstable_by_key(|call| (std::cmp::Reverse(call.nanos), call.range.start, call.go));
        self.worst.truncate(WORST);
        self.floor = self.worst.get(WORST - 1).map_or(Nanos::ZERO, |shortest| shortest.nanos);
    }

    fn merge(&mut self, other: &Self) {
        self.lengths.extend_from_slice(&other.lengths);
        self.blocking += other.blocking;
        self.blocked += other.blocked;
        self.cut += other.cut;
        self.worst.extend_from_slice(&other.worst);
        self.shrink();
    }

    fn finished(mut self, (stack, kind): Key, function: String) -> CallGroup {
        self.shrink();
        let calls = Distribution::of(&mut self.lengths);
        let (blocking, blocked, cut) = (self.blocking, self.blocked, self.cut);
        CallGroup { kind, stack, function, calls, blocking, blocked, cut, worst: self.worst }
    }
}

/// System calls of a scope. `None` if cancelled.
#[must_use]
pub fn syscalls(trace: &Trace, pieces: &ScopeRanges, monitor: &Monitor) -> Option<Syscalls> {
    let chunks = pieces.len().div_ceil(CHUNK);
    let grown = (0..chunks).into_par_iter().fold(FxHashMap::<Key, Growing>::default, |mut grown, chunk| {
        if !monitor.is_cancelled() {
            for at in chunk * CHUNK..((chunk + 1) * CHUNK).min(pieces.len()) {
                if let Some((go, ranges)) = pieces.nth(at) {
                    look_at(trace, go, ranges, &mut grown);
                }
            }
        }
        grown
    });
    let grown = grown.reduce(FxHashMap::default, |mut one, other| {
        for (key, group) in other {
            one.entry(key).or_default().merge(&group);
        }
        one
    });
    if monitor.is_cancelled() {
        return None;
    }
    // Per function: the sums, and the stack with most time.
    let mut functions: FxHashMap<(&str, CallKind), (Growing, StackId, Nanos)> = FxHashMap::default();
    let mut all = Growing::default();
    let mut in_c = 0;
    for (&(stack, kind), group) in &grown {
        all.merge(group);
        in_c += if kind == CallKind::System { 0 } else { group.lengths.len() as u64 };
        let total = group.lengths.iter().sum();
        let (known, widest, most) = functions.entry((telling_function(trace, stack), kind)).or_default();
        known.merge(group);
        if (total, stack) > (*most, *widest) {
            (*widest, *most) = (stack, total);
        }
    }
    let functions =
        functions.into_iter().map(|((name, kind), (group, stack, _))| group.finished((stack, kind), name.to_owned()));
    let functions = sorted(functions.collect());
    let stacks =
        grown.into_par_iter().map(|(key, group)| group.finished(key, telling_function(trace, key.0).to_owned()));
    let stacks = sorted(stacks.collect());
    Some(Syscalls { stacks, functions, all: all.finished(Key::default(), String::new()), in_c })
}

fn sorted(mut groups: Vec<CallGroup>) -> Vec<CallGroup> {
    groups.sort_by(|one, other| {
        let key = |group: &CallGroup| (group.stack, group.function.clone(), group.kind);
        other.calls.total.cmp(&one.calls.total).then_with(|| key(one).cmp(&key(other)))
    });
    groups
}

/// The innermost function of a call's stack that says which call it is.
#[must_use]
pub fn telling_function(trace: &Trace, stack: StackId) -> &str {
    let is_plumbing = |function: &str| {
        let name = function.rsplit(['/', '.']).next().unwrap_or(function);
        let is_raw = name.to_ascii_lowercase().trim_start_matches("raw").starts_with("syscall");
        is_raw || function.starts_with("runtime.") || function.starts_with("internal/runtime/")
    };
    let mut frames = trace.frames(stack).map(|frame| frame.function);
    let telling = frames.find(|function| !is_plumbing(function));
    telling.or_else(|| trace.frames(stack).map(|frame| frame.function).last()).unwrap_or_default()
}

fn look_at(trace: &Trace, go: GoroutineIdx, ranges: &[TimeRange], grown: &mut FxHashMap<Key, Growing>) {
    let (Some(first), Some(last)) = (ranges.first(), ranges.last()) else { return };
    let hull = TimeRange::new(first.start, last.end);
    let losses = trace.proc_losses(go);
    trace.state_intervals(go, hull, |stretch| {
        if stretch.state != GoState::Syscall {
            return;
        }
        let nanos = Nanos(nanos_in(ranges, stretch.range));
        if nanos.is_zero() && stretch.range.nanos() > 0 {
            return;
        }
        let held = held(stretch, losses.first_in(stretch.range));
        let blocked = nanos.saturating_sub(Nanos(nanos_in(ranges, held)));
        let is_cut = stretch.began_before || stretch.goes_on;
        let is_clipped = nanos < stretch.range.length();
        let kind = CallKind::of(trace, go, stretch.stack);
        let call = Call { go, kind, range: stretch.range, nanos, blocked, is_cut };
        grown.entry((stretch.stack, kind)).or_default().add(call, is_cut || is_clipped);
    });
}
