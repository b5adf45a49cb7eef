//! One step of the machine: whether an event is legal now, and what it changes. One function per family
//! of events (Go: `internal/trace/order.go`, the `advance…` functions).
//!
//! Each returns [`Step`]. With `force` set an event that is not legal is made to fit as well as it can:
//! that is how damaged traces go on.

use crate::base::error::Result;
use crate::base::ids::GoId;
use crate::base::time::TraceTime;
use crate::event::kind::EventKind;
use crate::order::machine::{GcState, Machine, Proc, ProcStatus, Seq, Thread, go_state, proc_state};
use crate::order::sink::{NO_IX, Ordered, Sink};
use crate::wire::v2::cursor::RawEvent;

/// What came of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The event has been given out.
    Done,
    /// Others must go first.
    Wait,
    /// It breaks the rules; nothing has changed.
    Fault(&'static str),
}

/// What an event needs around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// A thread with a proc and a goroutine.
    Go,
    /// A thread with a proc.
    Proc,
    /// A thread.
    Thread,
}

/// The goroutine status codes of the wire, as API states. 0 is not valid.
const GO_STATES: [u8; 5] =
    [go_state::UNDETERMINED, go_state::RUNNABLE, go_state::RUNNING, go_state::SYSCALL, go_state::WAITING];

impl Machine {
    /// Tries to let `event` of `thread` (local index) happen now.
    ///
    /// # Errors
    /// The sink's.
    #[inline]
    pub(crate) fn step(&mut self, event: &RawEvent, thread: u32, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let around = match self.threads.get_mut(thread as usize) {
            Some(around) => {
                around.seen = true;
                *around
            }
            None => Thread { go: NO_IX, proc: NO_IX, seen: false },
        };
        let kind = EventKind(event.code);
        let ev = Ordered {
            kind,
            time: TraceTime(event.time),
            thread,
            proc: around.proc,
            go: around.go,
            subject: NO_IX,
            from: 0,
            to: 0,
            args: event.args,
        };
        match kind {
            EventKind::GO_START => self.go_start(ev, force, sink),
            EventKind::GO_UNBLOCK => self.go_unblock(ev, force, sink),
            EventKind::GO_BLOCK | EventKind::GO_STOP | EventKind::GO_DESTROY => self.go_leave(ev, force, sink),
            EventKind::GO_CREATE | EventKind::GO_CREATE_BLOCKED => self.go_create(ev, force, sink),
            EventKind::GO_SYSCALL_BEGIN => self.syscall_begin(ev, force, sink),
            EventKind::GO_SYSCALL_END => self.syscall_end(ev, force, sink),
            EventKind::GO_SYSCALL_END_BLOCKED => self.syscall_end_blocked(ev, force, sink),
            EventKind::PROC_START => self.proc_start(ev, force, sink),
            EventKind::PROC_STOP => self.proc_stop(ev, force, sink),
            EventKind::PROC_STEAL => self.proc_steal(ev, force, sink),
            EventKind::PROC_STATUS => self.proc_status(ev, force, sink),
            EventKind::GO_STATUS | EventKind::GO_STATUS_STACK => self.go_status(ev, force, sink),
            EventKind::GO_SWITCH | EventKind::GO_SWITCH_DESTROY => self.go_switch(ev, force, sink),
            EventKind::GO_CREATE_SYSCALL => self.go_create_syscall(ev, force, sink),
            EventKind::GO_DESTROY_SYSCALL => self.go_destroy_syscall(ev, force, sink),
            EventKind::GC_ACTIVE | EventKind::GC_BEGIN | EventKind::GC_END => self.gc(ev, force, sink),
            EventKind::GC_SWEEP_ACTIVE | EventKind::GC_SWEEP_BEGIN | EventKind::GC_SWEEP_END => {
                self.sweep(ev, force, sink)
            }
            EventKind::GC_MARK_ASSIST_ACTIVE | EventKind::GC_MARK_ASSIST_BEGIN | EventKind::GC_MARK_ASSIST_END => {
                self.assist(ev, force, sink)
            }
            EventKind::STW_BEGIN | EventKind::STW_END => self.stw(ev, force, sink),
            EventKind::USER_TASK_BEGIN => {
                // Here 0 means "no parent", not the background task.
                let mut ev = ev;
                if ev.args[1] == 0 {
                    ev.args[1] = u64::MAX;
                }
                self.annotation(ev, Needs::Go, force, sink)
            }
            EventKind::GO_LABEL => {
                let subject = ev.go;
                self.annotation(Ordered { subject, ..ev }, Needs::Go, force, sink)
            }
            EventKind::USER_TASK_END
            | EventKind::USER_REGION_BEGIN
            | EventKind::USER_REGION_END
            | EventKind::USER_LOG
            | EventKind::PROCS_CHANGE => self.annotation(ev, Needs::Go, force, sink),
            EventKind::HEAP_ALLOC | EventKind::HEAP_GOAL => self.annotation(ev, Needs::Proc, force, sink),
            _ => self.annotation(ev, Needs::Thread, force, sink),
        }
    }

    fn lacks(ev: &Ordered, needs: Needs) -> Option<&'static str> {
        if ev.thread == NO_IX {
            return Some("it must happen on a thread and is on none");
        }
        if needs != Needs::Thread && ev.proc == NO_IX {
            return Some("its thread should have a proc and has none");
        }
        if needs == Needs::Go && ev.go == NO_IX {
            return Some("its thread should run a goroutine and runs none");
        }
        None
    }

    fn set_go(&mut self, thread: u32, go: u32) {
        if let Some(thread) = self.threads.get_mut(thread as usize) {
            thread.go = go;
        }
    }

    fn set_proc(&mut self, thread: u32, proc: u32) {
        if let Some(thread) = self.threads.get_mut(thread as usize) {
            thread.proc = proc;
        }
    }

    fn go_state_of(&self, ix: u32) -> u8 {
        self.gos.get(ix as usize).map_or(go_state::NOT_EXIST, |go| go.state)
    }

    /// The state of the goroutine with this id: that it does not exist, unless the trace is damaged.
    fn known_state(&mut self, id: GoId) -> u8 {
        let ix = self.go_index.get(id);
        self.go_state_of(ix)
    }

    fn proc_status_of(&self, ix: u32) -> Option<ProcStatus> {
        self.procs.get(ix as usize).copied().flatten().map(|proc| proc.status)
    }

    fn set_proc_status(&mut self, ix: u32, status: ProcStatus) {
        if let Some(slot) = self.procs.get_mut(ix as usize) {
            let seq = Seq::start(self.generation);
            slot.get_or_insert(Proc { seq, status, in_sweep: false }).status = status;
        }
    }

    fn annotation(&mut self, ev: Ordered, needs: Needs, force: bool, sink: &mut impl Sink) -> Result<Step> {
        if let Some(lack) = Self::lacks(&ev, needs)
            && !force
        {
            return Ok(Step::Fault(lack));
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    fn go_start(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let (id, number) = (GoId(ev.args[0]), ev.args[1]);
        let mut ix = self.go_index.get(id);
        let generation = self.generation;
        let is_next = self
            .gos
            .get(ix as usize)
            .is_some_and(|go| go.state == go_state::RUNNABLE && go.seq.is_followed_by(generation, number));
        if !is_next {
            if !force {
                return Ok(Step::Wait);
            }
            if ix == NO_IX {
                ix = self.add_go(id, go_state::UNDETERMINED);
            }
        } else if !force {
            if let Some(lack) = Self::lacks(&ev, Needs::Proc) {
                return Ok(Step::Fault(lack));
            }
            if ev.go != NO_IX {
                return Ok(Step::Fault("a goroutine starts on a thread that runs another"));
            }
        }
        ev.subject = ix;
        ev.to = go_state::RUNNING;
        if let Some(go) = self.gos.get_mut(ix as usize) {
            ev.from = go.state;
            go.state = go_state::RUNNING;
            go.seq = Seq { generation, number };
        }
        self.set_go(ev.thread, ix);
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    fn go_unblock(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let (id, number) = (GoId(ev.args[0]), ev.args[1]);
        let mut ix = self.go_index.get(id);
        let generation = self.generation;
        let is_next = self
            .gos
            .get(ix as usize)
            .is_some_and(|go| go.state == go_state::WAITING && go.seq.is_followed_by(generation, number));
        if !is_next {
            if !force {
                return Ok(Step::Wait);
            }
            if ix == NO_IX {
                ix = self.add_go(id, go_state::UNDETERMINED);
            }
        }
        ev.subject = ix;
        ev.to = go_state::RUNNABLE;
        if let Some(go) = self.gos.get_mut(ix as usize) {
            ev.from = go.state;
            go.state = go_state::RUNNABLE;
            go.seq = Seq { generation, number };
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    /// Block, stop (yield), end: the running goroutine leaves its thread.
    fn go_leave(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let state = self.go_state_of(ev.go);
        if !force {
            if let Some(lack) = Self::lacks(&ev, Needs::Go) {
                return Ok(Step::Fault(lack));
            }
            if state != go_state::RUNNING {
                return Ok(Step::Fault("a goroutine leaves its thread without running"));
            }
        }
        ev.subject = ev.go;
        // In a damaged trace it may come from anywhere; the picture must not count it twice.
        ev.from = state;
        ev.to = match ev.kind {
            EventKind::GO_BLOCK => go_state::WAITING,
            EventKind::GO_STOP => go_state::RUNNABLE,
            _ => go_state::NOT_EXIST,
        };
        if let Some(go) = self.gos.get_mut(ev.go as usize) {
            go.state = ev.to;
        }
        self.set_go(ev.thread, NO_IX);
        self.emit(ev, sink)?;
        if ev.kind == EventKind::GO_DESTROY && ev.go != NO_IX {
            self.remove_go(ev.go);
        }
        Ok(Step::Done)
    }

    fn go_create(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let id = GoId(ev.args[0]);
        if !force {
            if let Some(lack) = Self::lacks(&ev, Needs::Proc) {
                return Ok(Step::Fault(lack));
            }
            if ev.go != NO_IX && self.go_state_of(ev.go) != go_state::RUNNING {
                return Ok(Step::Fault("a goroutine creates another without running"));
            }
            if self.go_index.get(id) != NO_IX {
                return Ok(Step::Fault("a goroutine is created that exists"));
            }
        }
        ev.from = self.known_state(id);
        ev.to = if ev.kind == EventKind::GO_CREATE_BLOCKED { go_state::WAITING } else { go_state::RUNNABLE };
        ev.subject = self.add_go(id, ev.to);
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    /// The running goroutine hands over to another: three events.
    fn go_switch(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        if !force {
            if let Some(lack) = Self::lacks(&ev, Needs::Go) {
                return Ok(Step::Fault(lack));
            }
            if self.go_state_of(ev.go) != go_state::RUNNING {
                return Ok(Step::Fault("a goroutine hands over without running"));
            }
        }
        let (id, number) = (GoId(ev.args[0]), ev.args[1]);
        let generation = self.generation;
        let mut next = self.go_index.get(id);
        let is_next = self
            .gos
            .get(next as usize)
            .is_some_and(|go| go.state == go_state::WAITING && go.seq.is_followed_by(generation, number));
        if !is_next {
            if !force {
                return Ok(Step::Wait);
            }
            if next == NO_IX {
                next = self.add_go(id, go_state::WAITING);
            }
        }
        ev.subject = next;
        ev.from = self.go_state_of(next);
        ev.to = go_state::RUNNABLE;
        self.emit(ev, sink)?;

        let is_end = ev.kind == EventKind::GO_SWITCH_DESTROY;
        let to = if is_end { go_state::NOT_EXIST } else { go_state::WAITING };
        let kind = if is_end { EventKind::GO_DESTROY } else { EventKind::GO_BLOCK };
        let from = self.go_state_of(ev.go);
        if let Some(go) = self.gos.get_mut(ev.go as usize) {
            go.state = to;
        }
        if ev.go != NO_IX {
            self.emit(Ordered { kind, subject: ev.go, from, to, args: [0; 4], ..ev }, sink)?;
            if is_end {
                self.remove_go(ev.go);
            }
        }

        if let Some(go) = self.gos.get_mut(next as usize) {
            go.state = go_state::RUNNING;
            go.seq = Seq { generation, number };
        }
        self.set_go(ev.thread, next);
        let start = Ordered {
            kind: EventKind::GO_START,
            go: NO_IX,
            from: go_state::RUNNABLE,
            to: go_state::RUNNING,
            args: [id.0, number, 0, 0],
            ..ev
        };
        self.emit(start, sink)?;
        Ok(Step::Done)
    }

    fn syscall_begin(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
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
            proc.seq = Seq { generation, number };
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    fn syscall_end(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
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
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    fn syscall_end_blocked(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        if !force {
            // While the proc is still bound to the call it is about to be lost: whoever takes it goes first.
            if self.proc_status_of(ev.proc) == Some(ProcStatus::Syscall) {
                return Ok(Step::Wait);
            }
            if let Some(lack) = Self::lacks(&ev, Needs::Thread) {
                return Ok(Step::Fault(lack));
            }
            if ev.go == NO_IX || self.go_state_of(ev.go) != go_state::SYSCALL {
                return Ok(Step::Fault("a system call ends that did not begin"));
            }
        }
        ev.subject = ev.go;
        ev.from = self.go_state_of(ev.go);
        ev.to = go_state::RUNNABLE;
        if let Some(go) = self.gos.get_mut(ev.go as usize) {
            go.state = go_state::RUNNABLE;
        }
        self.set_go(ev.thread, NO_IX);
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    fn go_create_syscall(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let id = GoId(ev.args[0]);
        if !force {
            if let Some(lack) = Self::lacks(&ev, Needs::Thread) {
                return Ok(Step::Fault(lack));
            }
            if ev.go != NO_IX {
                return Ok(Step::Fault("a goroutine from C appears on a thread that runs another"));
            }
            if self.go_index.get(id) != NO_IX {
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

    fn go_destroy_syscall(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        if !force {
            if let Some(lack) = Self::lacks(&ev, Needs::Thread) {
                return Ok(Step::Fault(lack));
            }
            if ev.go == NO_IX || self.go_state_of(ev.go) != go_state::SYSCALL {
                return Ok(Step::Fault("a goroutine goes away in a system call that it is not in"));
            }
            if ev.proc != NO_IX && self.proc_status_of(ev.proc) != Some(ProcStatus::Syscall) {
                return Ok(Step::Fault("a goroutine goes away in a system call, but its proc is in none"));
            }
        }
        if ev.proc != NO_IX {
            // The thread's id may be used again by the system, so the proc must be cut loose from it now.
            self.set_proc_status(ev.proc, ProcStatus::SyscallAbandoned);
            self.set_proc(ev.thread, NO_IX);
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
        self.set_go(ev.thread, NO_IX);
        self.emit(ev, sink)?;
        if ev.go != NO_IX {
            self.remove_go(ev.go);
        }
        Ok(Step::Done)
    }

    fn go_status(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let (id, other, status) = (GoId(ev.args[0]), ev.args[1], ev.args[2]);
        let Some(&state) =
            usize::try_from(status).ok().and_then(|code| GO_STATES.get(code)).filter(|&&state| state != 0)
        else {
            return Ok(if force { Step::Done } else { Step::Fault("a goroutine has a status that does not exist") });
        };
        let known = self.go_index.get(id);
        ev.from = if known == NO_IX { go_state::UNDETERMINED } else { self.go_state_of(known) };
        ev.to = state;
        if !force {
            if known != NO_IX && ev.from != state {
                return Ok(Step::Fault("a goroutine's announced status contradicts its events"));
            }
            if known == NO_IX && !self.is_first_generation() {
                return Ok(Step::Fault("a goroutine is announced that was never created"));
            }
            if let Some(fault) = self.check_syscall_status(&ev, other, known) {
                return Ok(Step::Fault(fault));
            }
        }
        ev.subject = known;
        if known == NO_IX || ev.from != state {
            ev.subject = self.add_go(id, state);
        } else if let Some(go) = self.gos.get_mut(known as usize) {
            go.seq = Seq::start(self.generation);
        }
        let own_thread = ev.thread;
        if state == go_state::RUNNING {
            self.set_go(own_thread, ev.subject);
        } else if state == go_state::SYSCALL && other != u64::MAX {
            let is_known = self.known_thread(other);
            let thread = self.thread_ix(other);
            if thread == own_thread {
                self.set_go(own_thread, ev.subject);
            } else {
                // A goroutine that has sat in a system call on another thread all the while: the event
                // belongs there.
                if is_known.is_some() {
                    ev.go = ev.subject;
                }
                if let Some(thread) = self.threads.get_mut(thread as usize) {
                    thread.go = ev.subject;
                    thread.seen = true;
                }
                ev.thread = thread;
            }
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    fn check_syscall_status(&self, ev: &Ordered, other: u64, known: u32) -> Option<&'static str> {
        if ev.to != go_state::SYSCALL {
            return None;
        }
        if other == u64::MAX {
            return Some("a goroutine is in a system call on no thread");
        }
        if self.ids.thread(ev.thread).0 == other {
            let moved = !self.is_first_generation() && ev.go != known;
            return moved.then_some("a goroutine is in a system call on a thread that runs another");
        }
        let thread = self.known_thread(other).and_then(|thread| self.threads.get(thread as usize))?;
        (known == NO_IX || thread.go != known)
            .then_some("a goroutine is in a system call on a thread that runs another")
    }

    fn proc_start(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let number = ev.args[1];
        let ix = self.proc_ix(ev.args[0]);
        let generation = self.generation;
        let is_next = self
            .procs
            .get(ix as usize)
            .copied()
            .flatten()
            .is_some_and(|proc| proc.status == ProcStatus::Idle && proc.seq.is_followed_by(generation, number));
        if !force {
            if !is_next || ev.proc != NO_IX {
                return Ok(Step::Wait);
            }
            if let Some(lack) = Self::lacks(&ev, Needs::Thread) {
                return Ok(Step::Fault(lack));
            }
        }
        ev.subject = ix;
        ev.from = proc_state::IDLE;
        ev.to = proc_state::RUNNING;
        self.set_proc_status(ix, ProcStatus::Running);
        if let Some(Some(proc)) = self.procs.get_mut(ix as usize) {
            proc.seq = Seq { generation, number };
        }
        self.set_proc(ev.thread, ix);
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    fn proc_stop(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
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
        self.set_proc(ev.thread, NO_IX);
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    fn proc_steal(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let (number, victim) = (ev.args[1], ev.args[2]);
        let ix = self.proc_ix(ev.args[0]);
        let generation = self.generation;
        let proc = self.procs.get(ix as usize).copied().flatten();
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
                if holder.is_none_or(|thread| thread.proc != ix) {
                    return Ok(Step::Fault("a proc is stolen from a thread that does not have it"));
                }
            }
        }
        ev.subject = ix;
        ev.from = if is_abandoned { proc_state::IDLE } else { proc_state::RUNNING };
        ev.to = proc_state::IDLE;
        self.set_proc_status(ix, ProcStatus::Idle);
        if let Some(Some(proc)) = self.procs.get_mut(ix as usize) {
            proc.seq = Seq { generation, number };
        }
        if !is_abandoned
            && let Some(thread) = self.known_thread(victim)
            && self.threads.get(thread as usize).is_some_and(|thread| thread.proc == ix)
        {
            self.set_proc(thread, NO_IX);
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    fn proc_status(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let status = match ev.args[1] {
            1 => ProcStatus::Running,
            2 => ProcStatus::Idle,
            3 => ProcStatus::Syscall,
            4 => ProcStatus::SyscallAbandoned,
            _ if force => return Ok(Step::Done),
            _ => return Ok(Step::Fault("a proc has a status that does not exist")),
        };
        let ix = self.proc_ix(ev.args[0]);
        let known = self.proc_status_of(ix);
        let is_bound = matches!(status, ProcStatus::Running | ProcStatus::Syscall);
        ev.subject = ix;
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
                let Some(holder) = self.threads.iter().position(|thread| thread.proc == ix) else {
                    return Ok(if force {
                        Step::Done
                    } else {
                        Step::Fault("a proc is about to be stolen from no thread")
                    });
                };
                kept = ProcStatus::Syscall;
                ev.thread = u32::try_from(holder).unwrap_or(NO_IX);
                ev.proc = ix;
                ev.go = self.threads.get(holder).map_or(NO_IX, |thread| thread.go);
                ev.from = proc_state::RUNNING;
                ev.to = proc_state::RUNNING;
            } else if known != status && !force {
                return Ok(Step::Fault("a proc's announced status contradicts its events"));
            }
        }
        let seq = Seq::start(self.generation);
        let in_sweep = self.procs.get(ix as usize).copied().flatten().is_some_and(|proc| proc.in_sweep);
        if let Some(slot) = self.procs.get_mut(ix as usize) {
            *slot = Some(Proc { seq, status: kept, in_sweep });
        }
        if is_bound {
            self.set_proc(own_thread, ix);
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    fn gc(&mut self, ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let number = ev.args[0];
        let is_first = match ev.kind {
            EventKind::GC_ACTIVE => self.is_first_generation(),
            EventKind::GC_BEGIN => self.gc_state == GcState::Undetermined,
            _ => false,
        };
        if !force {
            if is_first {
                if self.gc_state != GcState::Undetermined {
                    return Ok(Step::Fault("a running GC is announced late"));
                }
            } else {
                if number != self.gc_seq.wrapping_add(1) {
                    return Ok(Step::Wait);
                }
                let expected = if ev.kind == EventKind::GC_BEGIN { GcState::Off } else { GcState::On };
                if self.gc_state != expected {
                    return Ok(Step::Fault("the GC's phases are out of order"));
                }
                if let Some(lack) = Self::lacks(&ev, Needs::Go) {
                    return Ok(Step::Fault(lack));
                }
            }
        }
        self.gc_seq = number;
        self.gc_state = if ev.kind == EventKind::GC_END { GcState::Off } else { GcState::On };
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    fn sweep(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let is_active = ev.kind == EventKind::GC_SWEEP_ACTIVE;
        ev.subject = if is_active { self.proc_ix(ev.args[0]) } else { ev.proc };
        let was = self.procs.get(ev.subject as usize).copied().flatten().map(|proc| proc.in_sweep);
        if !force {
            if !is_active && let Some(lack) = Self::lacks(&ev, Needs::Proc) {
                return Ok(Step::Fault(lack));
            }
            let expected = match ev.kind {
                EventKind::GC_SWEEP_END => true,
                EventKind::GC_SWEEP_ACTIVE => !self.is_first_generation(),
                _ => false,
            };
            if was != Some(expected) {
                return Ok(Step::Fault("a sweep begins or ends out of order"));
            }
        }
        if let Some(Some(proc)) = self.procs.get_mut(ev.subject as usize) {
            proc.in_sweep = ev.kind != EventKind::GC_SWEEP_END;
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    fn assist(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let is_active = ev.kind == EventKind::GC_MARK_ASSIST_ACTIVE;
        ev.subject = if is_active { self.go_index.get(GoId(ev.args[0])) } else { ev.go };
        let was = self.gos.get(ev.subject as usize).map(|go| go.in_assist);
        if !force {
            if !is_active && let Some(lack) = Self::lacks(&ev, Needs::Go) {
                return Ok(Step::Fault(lack));
            }
            let expected = match ev.kind {
                EventKind::GC_MARK_ASSIST_END => true,
                EventKind::GC_MARK_ASSIST_ACTIVE => !self.is_first_generation(),
                _ => false,
            };
            if was != Some(expected) {
                return Ok(Step::Fault("a mark assist begins or ends out of order"));
            }
        }
        if let Some(go) = self.gos.get_mut(ev.subject as usize) {
            go.in_assist = ev.kind != EventKind::GC_MARK_ASSIST_END;
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    fn stw(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        if let Some(lack) = Self::lacks(&ev, Needs::Go)
            && !force
        {
            return Ok(Step::Fault(lack));
        }
        ev.subject = ev.go;
        if ev.kind == EventKind::STW_BEGIN {
            let range = (ev.go, ev.args[0]);
            if self.stw.contains(&range) && !force {
                return Ok(Step::Fault("the world is stopped twice for the same reason"));
            }
            self.stw.push(range);
        } else {
            match self.stw.iter().position(|&(go, _)| go == ev.go) {
                Some(place) => ev.args[0] = self.stw.swap_remove(place).1,
                None if force => {}
                None => return Ok(Step::Fault("the world is started that was not stopped")),
            }
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }
}
