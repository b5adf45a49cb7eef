//! Procs that are taken, let go, stolen and announced.

use crate::base::error::Result;
use crate::order::sched_state::{Proc, ProcStatus, SchedState, Seq, proc_state};
use crate::order::sink::{NO_IDX, Ordered, Sink};
use crate::order::step::{Needs, Step};

impl SchedState {
    pub(super) fn proc_start(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let number = ev.args[1];
        let idx = self.proc_idx(ev.args[0]);
        let generation = self.generation;
        let is_next = self
            .procs
            .get(idx as usize)
            .copied()
            .flatten()
            .is_some_and(|proc| proc.status == ProcStatus::Idle && proc.seq.is_followed_by(generation, number));
        if !force {
            if !is_next || ev.proc != NO_IDX {
                return Ok(Step::Wait);
            }
            if let Some(lack) = Self::lacks(&ev, Needs::Thread) {
                return Ok(Step::Fault(lack));
            }
        }
        ev.subject = idx;
        ev.from = proc_state::IDLE;
        ev.to = proc_state::RUNNING;
        self.set_proc_status(idx, ProcStatus::Running);
        if let Some(Some(proc)) = self.procs.get_mut(idx as usize) {
            proc.seq = Seq::new(generation, number);
        }
        self.set_proc(ev.thread, idx);
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    pub(super) fn proc_stop(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        if !force {
            match self.proc_status_of(ev.proc) {
                None => return Ok(Step::Fault("a proc stops on a thread that has none")),
                Some(ProcStatus::Running | ProcStatus::Syscall) => {}
                Some(_) => return Ok(Step::Fault("a proc stops that does not run")),
            }
        }
        ev.subject = ev.proc;
        ev.from = proc_state::RUNNING;
        ev.to = proc_state::IDLE;
        self.set_proc_status(ev.proc, ProcStatus::Idle);
        self.set_proc(ev.thread, NO_IDX);
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    pub(super) fn proc_steal(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let (number, victim) = (ev.args[1], ev.args[2]);
        let idx = self.proc_idx(ev.args[0]);
        let generation = self.generation;
        let proc = self.procs.get(idx as usize).copied().flatten();
        let is_next = proc.is_some_and(|proc| {
            matches!(proc.status, ProcStatus::Syscall | ProcStatus::SyscallAbandoned)
                && proc.seq.is_followed_by(generation, number)
        });
        let is_abandoned = proc.is_some_and(|proc| proc.status == ProcStatus::SyscallAbandoned);
        if !force {
            if !is_next {
                return Ok(Step::Wait);
            }
            if let Some(lack) = Self::lacks(&ev, Needs::Thread) {
                return Ok(Step::Fault(lack));
            }
            if !is_abandoned {
                let holder = self.known_thread(victim).and_then(|thread| self.threads.get(thread as usize));
                if holder.is_none_or(|thread| thread.proc != idx) {
                    return Ok(Step::Fault("a proc is stolen from a thread that does not have it"));
                }
            }
        }
        ev.subject = idx;
        ev.from = if is_abandoned { proc_state::IDLE } else { proc_state::RUNNING };
        ev.to = proc_state::IDLE;
        self.set_proc_status(idx, ProcStatus::Idle);
        if let Some(Some(proc)) = self.procs.get_mut(idx as usize) {
            proc.seq = Seq::new(generation, number);
        }
        if !is_abandoned
            && let Some(thread) = self.known_thread(victim)
            && self.threads.get(thread as usize).is_some_and(|thread| thread.proc == idx)
        {
            self.set_proc(thread, NO_IDX);
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    pub(super) fn proc_status(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let status = match ev.args[1] {
            1 => ProcStatus::Running,
            2 => ProcStatus::Idle,
            3 => ProcStatus::Syscall,
            4 => ProcStatus::SyscallAbandoned,
            _ if force => return Ok(Step::Done),
            _ => return Ok(Step::Fault("a proc has a status that does not exist")),
        };
        let idx = self.proc_idx(ev.args[0]);
        let known = self.proc_status_of(idx);
        let is_bound = matches!(status, ProcStatus::Running | ProcStatus::Syscall);
        ev.subject = idx;
        ev.to = if is_bound { proc_state::RUNNING } else { proc_state::IDLE };
        ev.from = match known {
            None if self.is_first_generation() => proc_state::UNDETERMINED,
            None => proc_state::NOT_EXIST,
            Some(_) => ev.to,
        };
        let own_thread = ev.thread;
        let mut kept = status;
        if let Some(known) = known {
            if status == ProcStatus::SyscallAbandoned && known == ProcStatus::Syscall {
                // Nothing is lost after all: the thread that has it is known, and the event belongs there.
                let Some(holder) = self.holder_of(idx) else {
                    return Ok(if force {
                        Step::Done
                    } else {
                        Step::Fault("a proc is about to be stolen from no thread")
                    });
                };
                kept = ProcStatus::Syscall;
                ev.thread = holder;
                ev.proc = idx;
                ev.go = self.threads.get(holder as usize).map_or(NO_IDX, |thread| thread.go);
                ev.from = proc_state::RUNNING;
                ev.to = proc_state::RUNNING;
            } else if known != status && !force {
                return Ok(Step::Fault("a proc's announced status contradicts its events"));
            }
        }
        let seq = Seq::start(self.generation);
        let in_sweep = self.procs.get(idx as usize).copied().flatten().is_some_and(|proc| proc.in_sweep);
        if let Some(slot) = self.procs.get_mut(idx as usize) {
            *slot = Some(Proc { seq, status: kept, in_sweep });
        }
        if is_bound {
            self.set_proc(own_thread, idx);
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }
}
