//! The scheduler's state as a judge of events that are about to be written: what it takes is legal in a trace, and
//! what it refuses is not. What a writer needs to know of it is here, too.

use crate::base::error::Result;
use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::order::sched_state::{GcState, Go, Proc, ProcStatus, SchedState, go_state};
use crate::order::sink::{Ids, NO_IDX, Ordered, Sink};
use crate::order::step::Step;
use crate::wire::v2::cursor::RawEvent;

/// Where events go that only have to be legal.
struct Silent;

impl Sink for Silent {
    fn event(&mut self, _ev: &Ordered, _ids: &Ids) -> Result<()> {
        Ok(())
    }
}

impl SchedState {
    /// Lets the events that come next be earlier than the last one: those of each generation are to have the times that
    /// they have in the model, which looks at each by itself.
    pub(crate) fn forget_time(&mut self) {
        self.last_time = 0;
    }

    /// Lets an event of a thread ([`ThreadId::NONE`] for none) happen if it is legal now; `false`, and no change, if it
    /// is not.
    pub(crate) fn offer(&mut self, event: &RawEvent, thread: ThreadId) -> bool {
        let thread = self.thread_idx(thread.0);
        matches!(self.step(event, thread, false, &mut Silent), Ok(Step::Done))
    }

    /// The number that the next numbered event of a goroutine must bear.
    pub(crate) fn next_of_go(&mut self, id: GoId) -> u64 {
        let idx = self.go_index.get(id);
        self.gos.get(idx as usize).map_or(0, |go| go.seq.next())
    }

    /// The number that the next numbered event of a proc must bear.
    pub(crate) fn next_of_proc(&mut self, id: ProcId) -> u64 {
        let idx = self.proc_idx(id.0);
        self.procs.get(idx as usize).copied().flatten().map_or(0, |proc| proc.seq.next())
    }

    /// The number that the next event of the GC must bear; `None` if any number will do.
    pub(crate) fn next_of_gc(&self) -> Option<u64> {
        (self.gc_state != GcState::Undetermined).then(|| self.gc_seq.wrapping_add(1))
    }

    /// Whether the GC is known to run.
    pub(crate) fn is_gc_on(&self) -> bool {
        self.gc_state == GcState::On
    }

    /// Whether this is the first generation, in which goroutines and procs may be announced that are not known.
    pub(crate) fn may_announce(&self) -> bool {
        self.is_first_generation()
    }

    /// Whether a goroutine is known and alive.
    pub(crate) fn knows_go(&mut self, id: GoId) -> bool {
        self.go_index.get(id) != NO_IDX
    }

    /// The thread that a goroutine is on, if any.
    pub(crate) fn thread_of(&mut self, id: GoId) -> Option<ThreadId> {
        let idx = self.go_index.get(id);
        self.runner_of(idx).map(|thread| self.ids.thread(thread))
    }

    /// The goroutine and the proc of a thread.
    pub(crate) fn around(&mut self, thread: ThreadId) -> (GoId, ProcId) {
        let idx = self.thread_idx(thread.0);
        let (go, proc) = self.on_thread(idx);
        (self.ids.go(go), self.ids.proc(proc))
    }

    /// The thread that has a proc, if any.
    pub(crate) fn thread_with(&mut self, proc: ProcId) -> Option<ThreadId> {
        let idx = self.proc_idx(proc.0);
        self.holder_of(idx).map(|thread| self.ids.thread(thread))
    }

    /// The status of a proc as the wire has it: 1 running, 2 idle, 3 in a system call, 4 the same, given up; `None` if
    /// it is not known.
    pub(crate) fn wire_status_of(&mut self, proc: ProcId) -> Option<u64> {
        let idx = self.proc_idx(proc.0);
        let status = self.procs.get(idx as usize).copied().flatten()?.status;
        Some(match status {
            ProcStatus::Running => 1,
            ProcStatus::Idle => 2,
            ProcStatus::Syscall => 3,
            ProcStatus::SyscallAbandoned => 4,
        })
    }

    /// Whether a sweep goes on on a proc.
    pub(crate) fn is_sweeping(&mut self, proc: ProcId) -> bool {
        let idx = self.proc_idx(proc.0);
        self.procs.get(idx as usize).copied().flatten().is_some_and(|proc| proc.in_sweep)
    }

    /// Whether a goroutine is in a mark assist.
    pub(crate) fn is_assisting(&mut self, id: GoId) -> bool {
        let idx = self.go_index.get(id);
        self.gos.get(idx as usize).is_some_and(|go| go.in_assist)
    }

    /// The goroutines that the generation has not announced yet, with their states by the codes of
    /// [`crate::order::sched_state::go_state`] and their threads, by rising id.
    pub(crate) fn unannounced_gos(&mut self) -> Vec<(GoId, u8, ThreadId)> {
        let mut on_threads: Vec<ThreadId> = vec![ThreadId::NONE; self.gos.len()];
        for (thread, id) in self.threads.iter().zip(&self.ids.threads) {
            if let Some(slot) = on_threads.get_mut(thread.go as usize) {
                *slot = *id;
            }
        }
        let generation = self.generation;
        let all = self.gos.iter().zip(&self.ids.gos).zip(on_threads);
        let is_left = |go: &Go| go.state > go_state::NOT_EXIST && !go.seq.is_of(generation);
        let mut left: Vec<(GoId, u8, ThreadId)> =
            all.filter(|((go, _), _)| is_left(go)).map(|((go, &id), thread)| (id, go.state, thread)).collect();
        left.sort_unstable();
        left
    }

    /// The procs that the generation has not announced yet, by rising id.
    pub(crate) fn unannounced_procs(&self) -> Vec<ProcId> {
        let generation = self.generation;
        let all = self.procs.iter().zip(&self.ids.procs);
        let is_left = |proc: &Option<Proc>| proc.is_some_and(|proc| !proc.seq.is_of(generation));
        let mut left: Vec<ProcId> = all.filter(|(proc, _)| is_left(proc)).map(|(_, &id)| id).collect();
        left.sort_unstable();
        left
    }
}
