//! Antagonists: who had the procs while goroutines of a scope were ready and waited for one.
//!
//! At each instant every waiting goroutine waits for every proc. So a wait of 1 ms on a machine of 4 procs makes
//! 4 ms of proc time, and each nanosecond of that is on exactly one account: a goroutine that ran, one in a system
//! call that kept its proc, a thread that had the proc but ran nobody (it looked for work, or switched), or nobody
//! at all (the proc was idle), or the process had no CPU (see [`Trace::no_cpu`]), whoever had the proc. These five sum
//! to `proc_nanos` exactly.

use std::sync::atomic::{AtomicU64, Ordering};

use rustc_hash::FxHashMap;

use crate::analysis::goroutines::held;
use crate::analysis::parallel::{GOROUTINES, gather};
use crate::analysis::procs::ProcUse;
use crate::analysis::runqueue_depth::{Ready, WindowDepth, by_window};
use crate::analysis::scope::{ScopeRanges, parts, united, without};
use crate::base::ids::{GoId, GoroutineIdx, ProcIdx, StrId};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::TimeRange;
use crate::event::state::GoState;
use crate::model::goroutines::is_system_function;
use crate::model::lanes::LaneId;
use crate::model::state_intervals::StateInterval;
use crate::model::trace::Trace;

/// Goroutines with one start function that had procs meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FunctionShare {
    /// Their start function; empty if the trace never tells.
    pub name: StrId,
    /// They are the runtime's own.
    pub is_system: bool,
    /// How many of them.
    pub goroutines: u64,
    /// Proc time they ran, nanoseconds.
    pub running: Nanos,
    /// Proc time they held in system calls, nanoseconds.
    pub syscall: Nanos,
}

/// One goroutine that had a proc meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoShare {
    /// The goroutine that ran instead.
    pub go: GoroutineIdx,
    /// The runtime's id of the goroutine.
    pub id: GoId,
    /// The function that it was started with.
    pub name: StrId,
    /// Proc time it ran, nanoseconds.
    pub running: Nanos,
    /// Proc time it held in system calls, nanoseconds.
    pub syscall: Nanos,
}

/// Who had the procs meanwhile. Nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Antagonists {
    /// How long goroutines of the scope were ready, added up.
    pub ready: Nanos,
    /// The same times the procs there were: what the parts below sum to.
    pub proc_nanos: Nanos,
    /// By start function, most first.
    pub functions: Vec<FunctionShare>,
    /// Single goroutines, most first, as many as asked for.
    pub goroutines: Vec<GoShare>,
    /// Proc time that goroutines ran.
    pub running: Nanos,
    /// Proc time that goroutines held in system calls.
    pub syscall: Nanos,
    /// Proc time that threads had without running a goroutine.
    pub looking: Nanos,
    /// Proc time that threads had while the process got no CPU: part of none of the above.
    pub no_cpu: Nanos,
    /// Proc time that nobody had.
    pub idle: Nanos,
    /// Of `ready`: while at least one proc was idle and the world was not stopped. The scheduler could have run one.
    pub avoidable: Nanos,
    /// Of `ready`: while the world was stopped.
    pub stopped: Nanos,
}

impl FunctionShare {
    /// Running and system calls together.
    #[must_use]
    pub fn total(&self) -> Nanos {
        self.running + self.syscall
    }
}

impl GoShare {
    /// Running and system calls together.
    #[must_use]
    pub fn total(&self) -> Nanos {
        self.running + self.syscall
    }
}

#[derive(Default)]
struct Growing {
    functions: FxHashMap<StrId, FunctionShare>,
    goroutines: Vec<GoShare>,
}

impl Growing {
    fn add(&mut self, trace: &Trace, (go, running, syscall): (GoroutineIdx, u64, u64), limit: usize) {
        let (id, name) = trace.goroutine_name(go).unwrap_or((GoId::NONE, StrId::EMPTY));
        let function = self.functions.entry(name).or_default();
        function.goroutines += 1;
        let (running, syscall) = (Nanos(running), Nanos(syscall));
        function.running += running;
        function.syscall += syscall;
        self.goroutines.push(GoShare { go, id, name, running, syscall });
        if self.goroutines.len() > 2 * limit + 64 {
            self.shrink(limit);
        }
    }

    fn shrink(&mut self, limit: usize) {
        self.goroutines.sort_unstable_by_key(|share| (std::cmp::Reverse(share.total()), share.go));
        self.goroutines.truncate(limit);
    }

    fn merged(mut self, other: Self, limit: usize) -> Self {
        for (name, share) in other.functions {
            let mine = self.functions.entry(name).or_default();
            mine.goroutines += share.goroutines;
            mine.running += share.running;
            mine.syscall += share.syscall;
        }
        self.goroutines.extend(other.goroutines);
        self.shrink(limit);
        self
    }
}

/// What a goroutine had of procs while others waited: nanoseconds it ran, nanoseconds of system calls.
type ProcTimeWhileWaiting = [AtomicU64; 2];

/// A stretch in which a goroutine had a proc.
struct Stay {
    go: GoroutineIdx,
    range: TimeRange,
    is_call: bool,
}

/// What one thread finds: sums over windows, and what goroutines did in the one being looked at.
#[derive(Default)]
struct Found {
    stays: Vec<Stay>,
    ready: Nanos,
    with_thread: Nanos,
    no_cpu: Nanos,
    idle: Nanos,
    stopped: Nanos,
    avoidable: Nanos,
}

impl Found {
    fn merged(self, other: Self) -> Self {
        Self {
            stays: Vec::new(),
            ready: self.ready + other.ready,
            with_thread: self.with_thread + other.with_thread,
            no_cpu: self.no_cpu + other.no_cpu,
            idle: self.idle + other.idle,
            stopped: self.stopped + other.stopped,
            avoidable: self.avoidable + other.avoidable,
        }
    }

    /// Takes in a stretch of some goroutine.
    fn note(&mut self, trace: &Trace, go: GoroutineIdx, stretch: &StateInterval) {
        let (range, is_call) = match stretch.state {
            GoState::Running => (stretch.range, false),
            GoState::Syscall => (held(stretch, trace.proc_lost(go, stretch.range)), true),
            _ => return,
        };
        // Without what the process had no CPU for.
        let mut at = range.start;
        for (part, _) in trace.no_cpu().parts(LaneId::Goroutine(go), range) {
            self.stays.push(Stay { go, range: TimeRange::new(at, part.start), is_call });
            at = part.end;
        }
        self.stays.push(Stay { go, range: TimeRange::new(at, range.end), is_call });
    }

    /// Weighs what happened in a window by how many waited.
    fn look(&mut self, rush: &WindowDepth<'_>, times: &Times, had: &[ProcTimeWhileWaiting]) {
        let runqueue_depth = rush.runqueue_depth;
        let within =
            |ranges: &[TimeRange]| Nanos(parts(ranges, rush.range).map(|part| runqueue_depth.within(part)).sum());
        if runqueue_depth.total() > 0 {
            for stays in self.stays.chunk_by(|one, next| one.go == next.go) {
                let mut meter = runqueue_depth.meter();
                let (mut running, mut syscall) = (0, 0);
                for stay in stays {
                    *if stay.is_call { &mut syscall } else { &mut running } += meter.within(stay.range);
                }
                let mine = stays.first().and_then(|stay| had.get(stay.go.index()));
                for (sum, more) in mine.into_iter().flatten().zip([running, syscall]) {
                    sum.fetch_add(more, Ordering::Relaxed);
                }
            }
            self.ready += Nanos(runqueue_depth.total());
            self.with_thread += times.procs.iter().map(|used| within(&used.with_thread)).sum();
            self.no_cpu += times.no_cpu.iter().map(|parts| within(parts)).sum();
            self.idle += times.procs.iter().map(|used| within(&used.idle)).sum();
            self.stopped += within(&times.stops);
            self.avoidable += within(&times.avoidable);
        }
        self.stays.clear();
    }
}

/// What happened to procs: by time and apart from each other.
struct Times {
    procs: Vec<ProcUse>,
    /// When the process had no CPU, by proc that a thread had.
    no_cpu: Vec<Vec<TimeRange>>,
    stops: Vec<TimeRange>,
    /// When at least one was idle, the world not being stopped.
    avoidable: Vec<TimeRange>,
}

impl Times {
    fn of(trace: &Trace, range: TimeRange) -> Self {
        let procs: Vec<ProcUse> =
            (0..trace.proc_count()).map(|proc| ProcUse::of(trace, ProcIdx(proc), range)).collect();
        let parts = |proc| trace.no_cpu().parts(LaneId::Proc(ProcIdx(proc)), range).map(|part| part.0).collect();
        let no_cpu = (0..trace.proc_count()).map(parts).collect();
        let stops = united(trace.spans(LaneId::Stw, range).map(|stop| stop.range).collect());
        let idle = united(procs.iter().flat_map(|used| used.idle.iter().copied()).collect());
        let avoidable = without(&idle, &stops);
        Self { procs, no_cpu, stops, avoidable }
    }
}

/// Who had the procs while goroutines of a scope waited for one; `limit` goroutines are told one by one. `None` if
/// cancelled.
#[must_use]
pub fn antagonists(trace: &Trace, pieces: &ScopeRanges, limit: usize, monitor: &Monitor) -> Option<Antagonists> {
    against(trace, Ready::Of(pieces), limit, monitor)
}

/// Who had the procs during one wait. `None` if cancelled.
#[must_use]
pub fn antagonists_of(trace: &Trace, wait: TimeRange, limit: usize, monitor: &Monitor) -> Option<Antagonists> {
    against(trace, Ready::Wait(wait.intersect(trace.range())), limit, monitor)
}

fn against(trace: &Trace, ready: Ready<'_>, limit: usize, monitor: &Monitor) -> Option<Antagonists> {
    let had: Vec<ProcTimeWhileWaiting> =
        (0..trace.goroutine_count()).map(|_| ProcTimeWhileWaiting::default()).collect();
    let times = Times::of(trace, ready.range());
    let note = |found: &mut Found, go: GoroutineIdx, stretch: &StateInterval| found.note(trace, go, stretch);
    let look = |found: &mut Found, rush: &WindowDepth<'_>| found.look(rush, &times, &had);
    let sums = by_window(trace, ready, monitor, (|_| true, note), look, Found::merged)?;
    let take = |grown: &mut Growing, at: usize| {
        let [running, syscall] =
            had.get(at).map_or([0; 2], |had| had.each_ref().map(|sum| sum.load(Ordering::Relaxed)));
        if running + syscall > 0 {
            grown.add(trace, (GoroutineIdx(at as u32), running, syscall), limit);
        }
    };
    let grown = gather((had.len(), GOROUTINES), monitor, take, |one, other| one.merged(other, limit))?;
    let mut found = Antagonists { ready: sums.ready, ..Antagonists::default() };
    found.functions = grown.functions.into_iter().map(|(name, share)| FunctionShare { name, ..share }).collect();
    for share in &mut found.functions {
        share.is_system = is_system_function(trace.str(share.name));
    }
    found.functions.sort_by_key(|share| (std::cmp::Reverse(share.total()), share.name));
    found.goroutines = grown.goroutines;
    found.goroutines.sort_unstable_by_key(|share| (std::cmp::Reverse(share.total()), share.go));
    found.goroutines.truncate(limit);
    found.running = found.functions.iter().map(|share| share.running).sum();
    found.syscall = found.functions.iter().map(|share| share.syscall).sum();
    found.idle = sums.idle;
    found.no_cpu = sums.no_cpu;
    found.looking = sums.with_thread.saturating_sub(found.running + found.syscall + found.no_cpu);
    found.proc_nanos = found.running + found.syscall + found.looking + found.no_cpu + found.idle;
    found.stopped = sums.stopped;
    found.avoidable = sums.avoidable;
    Some(found)
}
