//! Goroutines that enter and leave system calls, or come from C and go back there.

use crate::base::error::Result;
use crate::base::ids::GoId;
use crate::event::kind::EventKind;
use crate::order::sched_state::{ProcStatus, SchedState, Seq, go_state, proc_state};
use crate::order::sink::{NO_IDX, Ordered, Sink};
use crate::order::step::{Needs, Step};

impl SchedState {
    #[inline(always)]
    pub(super) fn syscall_begin(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let (generation, number) = (self.generation, ev.args[0]);
        if !force {
            if let Some(lack) = Self::lacks(&ev, Needs::Go) {
                return Ok(Step::Fault(lack));
            }
            if self.go_state_of(ev.go) != go_state::RUNNING {
                return Ok(Step::Fault("a goroutine enters a system call without running"));
            }
            let Some(proc) = self.procs.get(ev.proc as usize).copied().flatten() else {
                return Ok(Step::Fault("a system call begins on a proc that was never announced"));
            };
            if !proc.seq.is_followed_by(generation, number) {
                return Ok(Step::Fault("a system call begins out of its proc's sequence"));
            }
        }
        ev.subject = ev.go;
        ev.from = self.go_state_of(ev.go);
        ev.to = go_state::SYSCALL;
        if let Some(go) = self.gos.get_mut(ev.go as usize) {
            go.state = go_state::SYSCALL;
        }
        if let Some(Some(proc)) = self.procs.get_mut(ev.proc as usize) {
            proc.status = ProcStatus::Syscall;
            proc.seq = Seq::new(generation, number);
        }
        self.emit_here(ev, sink)?;
        Ok(Step::Done)
    }

    #[inline(always)]
    pub(super) fn syscall_end(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        if !force {
            if let Some(lack) = Self::lacks(&ev, Needs::Go) {
                return Ok(Step::Fault(lack));
            }
            if self.go_state_of(ev.go) != go_state::SYSCALL {
                return Ok(Step::Fault("a system call ends that did not begin"));
            }
            if self.proc_status_of(ev.proc) != Some(ProcStatus::Syscall) {
                return Ok(Step::Fault("a system call ends on a proc that is in none"));
            }
        }
        ev.subject = ev.go;
        ev.from = self.go_state_of(ev.go);
        ev.to = go_state::RUNNING;
        if let Some(go) = self.gos.get_mut(ev.go as usize) {
            go.state = go_state::RUNNING;
        }
        self.set_proc_status(ev.proc, ProcStatus::Running);
        self.emit_here(ev, sink)?;
        Ok(Step::Done)
    }

    pub(super) fn syscall_end_blocked(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        if !force {
            // While the proc is still bound to the call it is about to be lost: whoever takes it goes first.
            if self.proc_status_of(ev.proc) == Some(ProcStatus::Syscall) {
                return Ok(Step::Wait);
            }
            if let Some(lack) = Self::lacks(&ev, Needs::Thread) {
                return Ok(Step::Fault(lack));
            }
            if ev.go == NO_IDX || self.go_state_of(ev.go) != go_state::SYSCALL {
                return Ok(Step::Fault("a system call ends that did not begin"));
            }
        }
        ev.subject = ev.go;
        ev.from = self.go_state_of(ev.go);
        ev.to = go_state::RUNNABLE;
        if let Some(go) = self.gos.get_mut(ev.go as usize) {
            go.state = go_state::RUNNABLE;
        }
        self.set_go(ev.thread, NO_IDX);
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    pub(super) fn go_create_syscall(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let id = GoId(ev.args[0]);
        if !force {
            if let Some(lack) = Self::lacks(&ev, Needs::Thread) {
                return Ok(Step::Fault(lack));
            }
            if ev.go != NO_IDX {
                return Ok(Step::Fault("a goroutine from C appears on a thread that runs another"));
            }
            if self.go_index.get(id) != NO_IDX {
                return Ok(Step::Fault("a goroutine is created that exists"));
            }
        }
        ev.from = self.known_state(id);
        ev.to = go_state::SYSCALL;
        ev.subject = self.add_go(id, go_state::SYSCALL);
        self.set_go(ev.thread, ev.subject);
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    pub(super) fn go_destroy_syscall(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        if !force {
            if let Some(lack) = Self::lacks(&ev, Needs::Thread) {
                return Ok(Step::Fault(lack));
            }
            if ev.go == NO_IDX || self.go_state_of(ev.go) != go_state::SYSCALL {
                return Ok(Step::Fault("a goroutine goes away in a system call that it is not in"));
            }
            if ev.proc != NO_IDX && self.proc_status_of(ev.proc) != Some(ProcStatus::Syscall) {
                return Ok(Step::Fault("a goroutine goes away in a system call, but its proc is in none"));
            }
        }
        if ev.proc != NO_IDX {
            // The thread's id may be used again by the system, so the proc must be cut loose from it now.
            self.set_proc_status(ev.proc, ProcStatus::SyscallAbandoned);
            self.set_proc(ev.thread, NO_IDX);
            let steal = Ordered {
                kind: EventKind::PROC_STEAL,
                subject: ev.proc,
                from: proc_state::RUNNING,
                to: proc_state::IDLE,
                args: [self.ids.proc(ev.proc).0, 0, self.ids.thread(ev.thread).0, 0],
                ..ev
            };
            self.emit(steal, sink)?;
        }
        ev.subject = ev.go;
        ev.from = self.go_state_of(ev.go);
        ev.to = go_state::NOT_EXIST;
        self.set_go(ev.thread, NO_IDX);
        self.emit(ev, sink)?;
        if ev.go != NO_IDX {
            self.remove_go(ev.go);
        }
        Ok(Step::Done)
    }
}
