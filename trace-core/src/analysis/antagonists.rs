//! Antagonists: who had the procs while goroutines of a scope were ready and waited for one.
//!
//! At each instant every waiting goroutine waits for every proc. So a wait of 1 ms on a machine of 4 procs makes
//! 4 ms of proc time, and each nanosecond of that is on exactly one account: a goroutine that ran, one in a system
//! call that kept its proc, a thread that had the proc but ran nobody (it looked for work, or switched), or nobody
//! at all (the proc was idle). These four sum to `proc_nanos` exactly.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::analysis::goroutines::held;
use crate::analysis::pressure::Pressure;
use crate::analysis::procs::{ProcUse, idle_ranges};
use crate::analysis::scope::{Pieces, parts};
use crate::base::ids::{GoId, GoIx, ProcIx, StrId};
use crate::base::monitor::Monitor;
use crate::base::time::TimeRange;
use crate::event::state::GoState;
use crate::model::goroutines::is_system_function;
use crate::model::lanes::LaneId;
use crate::model::trace::Trace;

/// Goroutines that one task of a parallel pass takes: few, as those that live long may all come first.
const CHUNK: usize = 256;

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
    pub running: u64,
    /// Proc time they held in system calls, nanoseconds.
    pub syscall: u64,
}

/// One goroutine that had a proc meanwhile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GoShare {
    /// Who.
    pub go: GoIx,
    /// The runtime's id.
    pub id: GoId,
    /// Its start function.
    pub name: StrId,
    /// Proc time it ran, nanoseconds.
    pub running: u64,
    /// Proc time it held in system calls, nanoseconds.
    pub syscall: u64,
}

/// Who had the procs meanwhile. Nanoseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Antagonists {
    /// How long goroutines of the scope were ready, added up.
    pub ready: u64,
    /// The same times the procs there were: what the parts below sum to.
    pub proc_nanos: u64,
    /// By start function, most first.
    pub functions: Vec<FunctionShare>,
    /// Single goroutines, most first, as many as asked for.
    pub goroutines: Vec<GoShare>,
    /// Proc time that goroutines ran.
    pub running: u64,
    /// Proc time that goroutines held in system calls.
    pub syscall: u64,
    /// Proc time that threads had without running a goroutine.
    pub looking: u64,
    /// Proc time that nobody had.
    pub idle: u64,
    /// Of `ready`: while at least one proc was idle and the world was not stopped. The scheduler could have run one.
    pub avoidable: u64,
    /// Of `ready`: while the world was stopped.
    pub stopped: u64,
}

impl FunctionShare {
    /// Both parts.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.running + self.syscall
    }
}

impl GoShare {
    /// Both parts.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.running + self.syscall
    }
}

#[derive(Default)]
struct Growing {
    functions: FxHashMap<StrId, FunctionShare>,
    goroutines: Vec<GoShare>,
}

impl Growing {
    fn add(&mut self, trace: &Trace, (go, running, syscall): (GoIx, u64, u64), limit: usize) {
        let (id, name) = trace.goroutine_name(go).unwrap_or((GoId::NONE, StrId::EMPTY));
        let function = self.functions.entry(name).or_default();
        function.goroutines += 1;
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

/// Who had the procs while goroutines of a scope waited for one; `limit` goroutines are told one by one. `None` if
/// cancelled.
#[must_use]
pub fn antagonists(trace: &Trace, pieces: &Pieces, limit: usize, monitor: &Monitor) -> Option<Antagonists> {
    let pressure = Pressure::of(trace, pieces, monitor)?;
    against(trace, &pressure, limit, monitor)
}

/// Who had the procs during one wait. `None` if cancelled.
#[must_use]
pub fn antagonists_of(trace: &Trace, wait: TimeRange, limit: usize, monitor: &Monitor) -> Option<Antagonists> {
    against(trace, &Pressure::of_ranges(&[wait.intersect(trace.range())]), limit, monitor)
}

fn against(trace: &Trace, pressure: &Pressure, limit: usize, monitor: &Monitor) -> Option<Antagonists> {
    let mut found = Antagonists { ready: pressure.total(), ..Antagonists::default() };
    let waits = pressure.ranges();
    let (Some(first), Some(last)) = (waits.first(), waits.last()) else { return Some(found) };
    let range = TimeRange::new(first.start, last.end);
    let chunks = (trace.goroutine_count() as usize).div_ceil(CHUNK);
    let grown = (0..chunks).into_par_iter().fold(Growing::default, |mut grown, chunk| {
        if !monitor.is_cancelled() {
            for at in chunk * CHUNK..((chunk + 1) * CHUNK).min(trace.goroutine_count() as usize) {
                let (running, syscall) = time_of(trace, GoIx(at as u32), range, pressure);
                if running + syscall > 0 {
                    grown.add(trace, (GoIx(at as u32), running, syscall), limit);
                }
            }
        }
        grown
    });
    let grown = grown.reduce(Growing::default, |one, other| one.merged(other, limit));
    if monitor.is_cancelled() {
        return None;
    }
    found.functions = grown.functions.into_iter().map(|(name, share)| FunctionShare { name, ..share }).collect();
    for share in &mut found.functions {
        share.is_system = is_system_function(trace.str(share.name));
    }
    found.functions.sort_by_key(|share| (std::cmp::Reverse(share.total()), share.name));
    found.goroutines = grown.goroutines;
    found.goroutines.truncate(limit);
    found.running = found.functions.iter().map(|share| share.running).sum();
    found.syscall = found.functions.iter().map(|share| share.syscall).sum();
    account_for_procs(trace, pressure, range, &mut found);
    Some(found)
}

/// Proc time that a goroutine ran, and held in system calls, weighed by how many waited.
fn time_of(trace: &Trace, go: GoIx, range: TimeRange, pressure: &Pressure) -> (u64, u64) {
    let (mut running, mut syscall) = (0, 0);
    let mut meter = pressure.meter();
    let loses = trace.proc_lost(go, trace.range()).is_some();
    trace.stretches(go, range, |stretch| match stretch.state {
        GoState::Running => running += meter.within(stretch.range),
        GoState::Syscall => {
            let lost = if loses { trace.proc_lost(go, stretch.range) } else { None };
            syscall += meter.within(held(stretch, lost));
        }
        _ => {}
    });
    (running, syscall)
}

/// The proc time that no goroutine had, and what of the waiting could have been spared.
fn account_for_procs(trace: &Trace, pressure: &Pressure, range: TimeRange, found: &mut Antagonists) {
    let within = |ranges: &[TimeRange]| ranges.iter().map(|&range| pressure.within(range)).sum::<u64>();
    let mut had = 0;
    for proc in (0..trace.proc_count()).map(ProcIx) {
        let times = ProcUse::of(trace, proc, range);
        had += within(&times.with_thread);
        found.idle += within(&times.idle);
    }
    found.looking = had.saturating_sub(found.running + found.syscall);
    found.proc_nanos = found.running + found.syscall + found.looking + found.idle;
    let stops: Vec<TimeRange> = trace.spans(LaneId::Stw, range).map(|stop| stop.range).collect();
    let stops = crate::analysis::scope::united(stops);
    found.stopped = within(&stops);
    let idle = idle_ranges(trace, range);
    let idle_while_stopped: u64 =
        idle.iter().flat_map(|&idle| parts(&stops, idle)).map(|part| pressure.within(part)).sum();
    found.avoidable = within(&idle) - idle_while_stopped;
}
