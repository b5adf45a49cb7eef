//! What a cut begins with: the state that everything is in as its range begins, told by events that lie before the
//! range, a nanosecond each.
//!
//! The runtime's own announcements lack the reason of a wait and the open regions. Goroutines that have such are said
//! to run for two nanoseconds, begin their regions, and block as they did. They do that on one thread, with one proc,
//! one after another: the stage.

use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::base::nanos::Nanos;
use crate::event::kind::EventKind;
use crate::export::cut::anonymise::Meaning;
use crate::export::cut::cutter::Cutter;
use crate::export::cut::moment::{GoNow, Moment, OpenTask};
use crate::export::cut::names::TrailId;
use crate::export::cut::proc_status;
use crate::order::sched_state::go_state;
use crate::order::sink::{Ids, NO_IDX};
use crate::wire::version::Version;

/// The category of the logs that tell since when a task or region goes on.
pub const CATEGORY: &str = "tracelane cut";

/// Go 1.23 was the first whose announcements can have stacks.
const STATUS_WITH_STACK: Version = Version(23);

/// The status codes of goroutines.
const RUNNABLE: u64 = 1;
const RUNNING: u64 = 2;
const SYSCALL: u64 = 3;
const WAITING: u64 = 4;

type Op = (ThreadId, EventKind, [u64; 4]);

/// Announces what goes on.
struct Prologue<'c, 'a> {
    cutter: &'c mut Cutter<'a>,
    moment: &'c Moment,
    ids: &'c Ids,
    /// When the range begins.
    at: i64,
    ops: Vec<Op>,
    /// Tasks that are still to be begun, by rising id: by the first goroutine that can.
    tasks: Vec<(u64, OpenTask)>,
}

impl Cutter<'_> {
    /// The events that announce what goes on at `at`, in order. They have been offered to the writer.
    pub(super) fn prologue(&mut self, moment: &Moment, ids: &Ids, at: i64) -> Vec<Op> {
        let is_kept = |task: &u64| self.kept.as_ref().is_none_or(|kept| kept.tasks.contains(task));
        let mut tasks: Vec<(u64, OpenTask)> =
            moment.tasks.iter().filter(|(task, _)| is_kept(task)).map(|(&task, &open)| (task, open)).collect();
        tasks.sort_unstable_by_key(|&(task, open)| (open.since, task));
        self.tasks_before = tasks.len() as u64;
        let mut prologue = Prologue { cutter: self, moment, ids, at, ops: Vec::new(), tasks };
        prologue.announce();
        prologue.ops
    }
}

impl Prologue<'_, '_> {
    fn announce(&mut self) {
        let held: Vec<(ThreadId, u32, u32)> = (0..)
            .zip(&self.moment.threads)
            .filter(|(_, thread)| thread.proc != NO_IDX)
            .map(|(at, thread)| (self.ids.thread(at), thread.proc, thread.go))
            .collect();
        let stage = self.stage(&held);
        if let Some((thread, proc, _)) = stage {
            self.put(thread, EventKind::PROC_STATUS, [proc.0, proc_status::RUNNING, 0, 0]);
            self.unbound_gos(thread);
            self.calls_without_proc(thread, proc);
        } else {
            self.unbound_gos(ThreadId::NONE);
        }
        for &(thread, proc, go) in &held {
            let id = self.ids.proc(proc);
            if stage.is_none_or(|(_, stage, _)| stage != id) {
                self.put(thread, EventKind::PROC_STATUS, [id.0, proc_status::RUNNING, 0, 0]);
            }
            self.bound_go(thread, id, go);
        }
        if let Some((thread, _, false)) = stage {
            self.put(thread, EventKind::PROC_STOP, [0; 4]);
        }
        for (at, proc) in (0..).zip(&self.moment.procs) {
            let id = self.ids.proc(at);
            let is_told = self.cutter.writer.sched.wire_status_of(id).is_some();
            let status = if proc.status == proc_status::ABANDONED { proc.status } else { proc_status::IDLE };
            if proc.status != 0 && !is_told {
                self.put(ThreadId::NONE, EventKind::PROC_STATUS, [id.0, status, 0, 0]);
            }
            if proc.in_sweep {
                self.put(ThreadId::NONE, EventKind::GC_SWEEP_ACTIVE, [id.0, 0, 0, 0]);
            }
        }
        self.gos_without_proc();
        for (at, go) in (0..).zip(&self.moment.gos) {
            if go.in_assist && self.cutter.keeps(self.ids.go(at)) {
                self.put(ThreadId::NONE, EventKind::GC_MARK_ASSIST_ACTIVE, [self.ids.go(at).0, 0, 0, 0]);
            }
        }
        if let Some(number) = self.moment.gc {
            self.put(ThreadId::NONE, EventKind::GC_ACTIVE, [number, 0, 0, 0]);
        }
    }

    /// The thread and the proc of the stage, and whether that thread has that proc anyway.
    fn stage(&self, held: &[(ThreadId, u32, u32)]) -> Option<(ThreadId, ProcId, bool)> {
        if let Some(&(thread, proc, _)) = held.iter().min_by_key(|(_, proc, _)| self.ids.proc(*proc)) {
            return Some((thread, self.ids.proc(proc), true));
        }
        let idle = (0..).zip(&self.moment.procs).filter(|(_, proc)| proc.status == proc_status::IDLE);
        let proc = idle.map(|(at, _)| self.ids.proc(at)).min()?;
        let free = (0..).zip(&self.moment.threads).find(|(_, thread)| thread.go == NO_IDX);
        Some((free.map_or(ThreadId(0), |(at, _)| self.ids.thread(at)), proc, false))
    }

    fn put(&mut self, thread: ThreadId, kind: EventKind, args: [u64; 4]) -> bool {
        let done = self.cutter.writer.offer(thread, kind.0, args);
        if done {
            self.ops.push((thread, kind, args));
        } else {
            self.cutter.refused += 1;
        }
        done
    }

    /// Announces a goroutine's state, with its last known stack where the format can have one.
    fn status(&mut self, thread: ThreadId, (go, of): (GoId, ThreadId), status: u64, stack: TrailId) -> bool {
        let stack = self.trail(stack);
        if stack != 0 && self.cutter.writer.version() >= STATUS_WITH_STACK {
            self.put(thread, EventKind::GO_STATUS_STACK, [go.0, of.0, status, stack])
        } else {
            self.put(thread, EventKind::GO_STATUS, [go.0, of.0, status, 0])
        }
    }

    fn trail(&mut self, trail: TrailId) -> u64 {
        self.cutter.writer.symbols.trail(&self.cutter.names, trail)
    }

    /// Those that are kept and in one of these states, by rising id.
    fn gos_in(&self, states: &[u8]) -> Vec<(GoId, u32)> {
        let is_meant = |(at, go): &(u32, &GoNow)| states.contains(&go.state) && self.cutter.keeps(self.ids.go(*at));
        let mut found: Vec<(GoId, u32)> =
            (0..).zip(&self.moment.gos).filter(is_meant).map(|(at, _)| (self.ids.go(at), at)).collect();
        found.sort_unstable();
        found
    }

    fn go(&self, at: u32) -> Option<&GoNow> {
        self.moment.gos.get(at as usize)
    }

    /// Those that wait, or are runnable.
    fn unbound_gos(&mut self, stage: ThreadId) {
        for (id, at) in self.gos_in(&[go_state::WAITING, go_state::RUNNABLE]) {
            let Some(go) = self.go(at).cloned() else { continue };
            let is_waiting = go.state == go_state::WAITING;
            let has_more = !go.regions.is_empty() || go.reason.0 != 0 || self.stops(at);
            if !stage.is_some() || !has_more {
                let status = if is_waiting { WAITING } else { RUNNABLE };
                self.status(ThreadId::NONE, (id, ThreadId::NONE), status, go.stack);
                continue;
            }
            self.status(stage, (id, stage), RUNNING, go.stack);
            self.what_runs(stage, at, &go);
            let reason = self.cutter.writer.symbols.text(&self.cutter.names, go.reason, Meaning::Runtime);
            let stack = self.trail(go.stack);
            let stops = !is_waiting && matches!(go.how, EventKind::GO_STOP | EventKind::GO_SYSCALL_END_BLOCKED);
            let kind = if stops { EventKind::GO_STOP } else { EventKind::GO_BLOCK };
            self.put(stage, kind, [reason, stack, 0, 0]);
            if !is_waiting && !stops {
                let number = self.cutter.writer.sched.next_of_go(id);
                self.put(ThreadId::NONE, EventKind::GO_UNBLOCK, [id.0, number, 0, 0]);
            }
        }
    }

    fn stops(&self, at: u32) -> bool {
        self.moment.stops.iter().any(|stop| stop.go == at)
    }

    /// Those in a system call that has cost them their proc. One with open regions gets the stage's proc to begin them.
    fn calls_without_proc(&mut self, stage: ThreadId, proc: ProcId) {
        for (id, at) in self.gos_in(&[go_state::SYSCALL]) {
            let Some(go) = self.go(at).cloned() else { continue };
            let has_proc = self.moment.threads.get(go.thread as usize).is_some_and(|thread| thread.proc != NO_IDX);
            let thread = self.ids.thread(go.thread);
            if has_proc || !thread.is_some() {
                continue;
            }
            if go.regions.is_empty() || thread == stage {
                self.status(thread, (id, thread), SYSCALL, go.stack);
                continue;
            }
            let next = |this: &mut Self| this.cutter.writer.sched.next_of_proc(proc);
            self.put(stage, EventKind::PROC_STOP, [0; 4]);
            let number = next(self);
            self.put(thread, EventKind::PROC_START, [proc.0, number, 0, 0]);
            self.status(thread, (id, thread), RUNNING, go.stack);
            self.what_runs(thread, at, &go);
            let (number, stack) = (next(self), self.trail(go.stack));
            self.put(thread, EventKind::GO_SYSCALL_BEGIN, [number, stack, 0, 0]);
            let number = next(self);
            self.put(stage, EventKind::PROC_STEAL, [proc.0, number, thread.0, 0]);
            let number = next(self);
            self.put(stage, EventKind::PROC_START, [proc.0, number, 0, 0]);
        }
    }

    /// The goroutine on a thread that has a proc.
    fn bound_go(&mut self, thread: ThreadId, proc: ProcId, at: u32) {
        let Some(go) = self.go(at).cloned() else { return };
        let id = self.ids.go(at);
        if !self.cutter.keeps(id) {
            return;
        }
        self.status(thread, (id, thread), RUNNING, go.stack);
        self.what_runs(thread, at, &go);
        if go.state == go_state::SYSCALL {
            let (number, stack) = (self.cutter.writer.sched.next_of_proc(proc), self.trail(go.stack));
            self.put(thread, EventKind::GO_SYSCALL_BEGIN, [number, stack, 0, 0]);
        }
    }

    /// Those that run or are in a system call and have not been announced: of damaged traces, and where no proc is known.
    fn gos_without_proc(&mut self) {
        for (id, at) in self.gos_in(&[go_state::RUNNING, go_state::SYSCALL]) {
            let Some(go) = self.go(at).cloned() else { continue };
            let thread = self.ids.thread(go.thread);
            if !self.cutter.writer.sched.knows_go(id) && thread.is_some() {
                let status = if go.state == go_state::SYSCALL { SYSCALL } else { RUNNING };
                self.status(thread, (id, thread), status, go.stack);
            }
        }
    }

    /// What a goroutine is in the middle of, which it begins while it runs on `thread`.
    fn what_runs(&mut self, thread: ThreadId, at: u32, go: &GoNow) {
        for (task, open) in std::mem::take(&mut self.tasks) {
            let name = self.cutter.writer.symbols.text(&self.cutter.names, open.name, Meaning::Task);
            let stack = self.trail(open.stack);
            self.put(thread, EventKind::USER_TASK_BEGIN, [task, open.parent, name, stack]);
            self.log(thread, task, "task", open.since);
        }
        for region in &go.regions {
            let name = self.cutter.writer.symbols.text(&self.cutter.names, region.name, Meaning::Region);
            let stack = self.trail(region.stack);
            self.put(thread, EventKind::USER_REGION_BEGIN, [region.task, name, stack, 0]);
            self.log(thread, region.task, "region", region.since);
            self.cutter.regions_before += 1;
        }
        for stop in self.moment.stops.iter().filter(|stop| stop.go == at) {
            let kind = self.cutter.writer.symbols.text(&self.cutter.names, stop.kind, Meaning::Runtime);
            let stack = self.trail(stop.stack);
            self.put(thread, EventKind::STW_BEGIN, [kind, stack, 0, 0]);
        }
    }

    /// Logs since when something goes on.
    fn log(&mut self, thread: ThreadId, task: u64, what: &str, since: i64) {
        let before = Nanos(self.at.abs_diff(since));
        let text = format!("this {what} began {before} before the cut");
        let symbols = &mut self.cutter.writer.symbols;
        let category = symbols.bytes(CATEGORY.as_bytes(), Meaning::Own);
        let message = symbols.bytes(text.as_bytes(), Meaning::Own);
        self.put(thread, EventKind::USER_LOG, [task, category, message, 0]);
    }
}
