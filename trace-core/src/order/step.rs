//! One step of the machine: whether an event is legal now, and what it changes. One function per family
//! of events, in the files below (Go: `internal/trace/order.go`, the `advance…` functions).
//!
//! Each returns [`Step`]. With `force` set an event that is not legal is made to fit as well as it can:
//! that is how damaged traces go on.

mod goroutine;
mod proc;
mod range;
mod syscall;

use crate::base::error::Result;
use crate::base::ids::GoId;
use crate::base::time::TraceTime;
use crate::event::kind::EventKind;
use crate::order::sched_state::{Proc, ProcStatus, SchedState, Seq, go_state};
use crate::order::sink::{NO_IDX, Ordered, Sink};
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

/// Whose events are lost where none can be next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Own,
    /// Those of the thread that runs a goroutine, if one does; else of some thread, about that goroutine.
    OfGo(GoId),
    /// Those of the thread that has a proc (local index), if one has; else of some thread, about that proc.
    OfProc(u32),
    /// That cannot be told.
    Unknown,
}

/// What an event needs around it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// A thread with a proc and a goroutine.
    Go,
    /// A thread with a proc.
    Proc,
    Thread,
}

/// The goroutine status codes of the wire, as API states. 0 is not valid.
const GO_STATES: [u8; 5] =
    [go_state::UNDETERMINED, go_state::RUNNABLE, go_state::RUNNING, go_state::SYSCALL, go_state::WAITING];

impl SchedState {
    /// Tries to let `event` of `thread` (local index) happen now.
    ///
    /// # Errors
    /// The sink's.
    #[inline(never)]
    pub(crate) fn step(&mut self, event: &RawEvent, thread: u32, force: bool, sink: &mut impl Sink) -> Result<Step> {
        self.step_here(event, thread, force, sink)
    }

    /// As [`Self::step`], made part of the place that calls it: the loop over the events of one thread.
    ///
    /// # Errors
    /// The sink's.
    #[inline(always)]
    pub(crate) fn step_here(
        &mut self,
        event: &RawEvent,
        thread: u32,
        force: bool,
        sink: &mut impl Sink,
    ) -> Result<Step> {
        // Only what is needed, field by field: all of it at once would have to wait for what was written last.
        let (go, proc) = match self.threads.get_mut(thread as usize) {
            Some(around) => {
                around.seen = true;
                (around.go, around.proc)
            }
            None => (NO_IDX, NO_IDX),
        };
        let kind = EventKind(event.code);
        let ev = Ordered {
            kind,
            time: TraceTime(event.time),
            thread,
            proc,
            go,
            subject: NO_IDX,
            from: 0,
            to: 0,
            args: event.args,
        };
        match kind {
            EventKind::GO_START => self.go_start(ev, force, sink),
            EventKind::GO_UNBLOCK => self.go_unblock(ev, force, sink),
            // One by one: what the sink does with each is known when compiling.
            EventKind::GO_BLOCK => self.go_leave(Ordered { kind: EventKind::GO_BLOCK, ..ev }, force, sink),
            EventKind::GO_DESTROY => self.go_leave(Ordered { kind: EventKind::GO_DESTROY, ..ev }, force, sink),
            EventKind::GO_STOP => self.go_leave(Ordered { kind: EventKind::GO_STOP, ..ev }, force, sink),
            EventKind::GO_CREATE => self.go_create(Ordered { kind: EventKind::GO_CREATE, ..ev }, force, sink),
            EventKind::GO_CREATE_BLOCKED => self.go_create(ev, force, sink),
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

    #[inline]
    fn lacks(ev: &Ordered, needs: Needs) -> Option<&'static str> {
        if ev.thread == NO_IDX {
            return Some("it must happen on a thread and is on none");
        }
        if needs != Needs::Thread && ev.proc == NO_IDX {
            return Some("its thread should have a proc and has none");
        }
        if needs == Needs::Go && ev.go == NO_IDX {
            return Some("its thread should run a goroutine and runs none");
        }
        None
    }

    #[inline]
    fn set_go(&mut self, thread: u32, go: u32) {
        if let Some(thread) = self.threads.get_mut(thread as usize) {
            thread.go = go;
            thread.had_go |= go != NO_IDX;
        }
    }

    #[inline]
    fn set_proc(&mut self, idx: u32, proc: u32) {
        if let Some(thread) = self.threads.get_mut(idx as usize) {
            thread.proc = proc;
            if let Some(holder) = self.holders.get_mut(proc as usize) {
                *holder = idx;
            }
        }
    }

    #[inline]
    fn go_state_of(&self, idx: u32) -> u8 {
        self.gos.get(idx as usize).map_or(go_state::NOT_EXIST, |go| go.state)
    }

    /// The state of the goroutine with this id: that it does not exist, unless the trace is damaged.
    #[inline]
    fn known_state(&mut self, id: GoId) -> u8 {
        let idx = self.go_index.get(id);
        self.go_state_of(idx)
    }

    #[inline]
    fn proc_status_of(&self, idx: u32) -> Option<ProcStatus> {
        self.procs.get(idx as usize).copied().flatten().map(|proc| proc.status)
    }

    #[inline]
    fn set_proc_status(&mut self, idx: u32, status: ProcStatus) {
        if let Some(slot) = self.procs.get_mut(idx as usize) {
            let seq = Seq::start(self.generation);
            slot.get_or_insert(Proc { seq, status, in_sweep: false }).status = status;
        }
    }

    #[inline]
    fn annotation(&mut self, ev: Ordered, needs: Needs, force: bool, sink: &mut impl Sink) -> Result<Step> {
        if let Some(lack) = Self::lacks(&ev, needs)
            && !force
        {
            return Ok(Step::Fault(lack));
        }
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    /// The goroutine and the proc of a thread.
    #[inline]
    pub(crate) fn on_thread(&self, thread: u32) -> (u32, u32) {
        self.threads.get(thread as usize).map_or((NO_IDX, NO_IDX), |thread| (thread.go, thread.proc))
    }

    /// Whose events must be lost if an event cannot happen now, nor can that of any other thread.
    pub(crate) fn missing(&mut self, thread: u32, event: &RawEvent, is_fault: bool) -> Missing {
        let subject = event.args[0];
        match EventKind(event.code) {
            _ if self.contradicts(thread, event) => Missing::Own,
            EventKind::GO_START
            | EventKind::GO_UNBLOCK
            | EventKind::GO_SWITCH
            | EventKind::GO_SWITCH_DESTROY
            | EventKind::GO_STATUS
            | EventKind::GO_STATUS_STACK
            | EventKind::GO_CREATE
            | EventKind::GO_CREATE_BLOCKED
            | EventKind::GO_CREATE_SYSCALL => Missing::OfGo(GoId(subject)),
            EventKind::PROC_START | EventKind::PROC_STEAL | EventKind::PROC_STATUS => {
                Missing::OfProc(self.proc_idx(subject))
            }
            EventKind::GO_SYSCALL_END_BLOCKED => Missing::OfProc(self.on_thread(thread).1),
            // Which thread has begun or ended the cycle before is not told.
            EventKind::GC_ACTIVE | EventKind::GC_BEGIN | EventKind::GC_END => Missing::Unknown,
            _ if is_fault => Missing::Own,
            _ => Missing::Unknown,
        }
    }

    /// Whether an event cannot be what a thread does next, whatever the others do: events in between are
    /// lost.
    pub(crate) fn contradicts(&self, thread: u32, event: &RawEvent) -> bool {
        let (go, proc) = self.on_thread(thread);
        match EventKind(event.code) {
            EventKind::GO_START => go != NO_IDX || proc == NO_IDX,
            EventKind::GO_CREATE_SYSCALL => go != NO_IDX,
            EventKind::GO_STOP
            | EventKind::GO_BLOCK
            | EventKind::GO_DESTROY
            | EventKind::GO_SWITCH
            | EventKind::GO_SWITCH_DESTROY
            | EventKind::GO_SYSCALL_BEGIN => go == NO_IDX || self.go_state_of(go) != go_state::RUNNING,
            EventKind::GO_SYSCALL_END | EventKind::GO_SYSCALL_END_BLOCKED | EventKind::GO_DESTROY_SYSCALL => {
                go == NO_IDX || self.go_state_of(go) != go_state::SYSCALL
            }
            EventKind::USER_TASK_BEGIN
            | EventKind::USER_TASK_END
            | EventKind::USER_REGION_BEGIN
            | EventKind::USER_REGION_END
            | EventKind::USER_LOG
            | EventKind::PROCS_CHANGE
            | EventKind::STW_BEGIN
            | EventKind::STW_END
            | EventKind::GC_MARK_ASSIST_BEGIN
            | EventKind::GC_MARK_ASSIST_END => go == NO_IDX,
            EventKind::PROC_STOP
            | EventKind::HEAP_ALLOC
            | EventKind::HEAP_GOAL
            | EventKind::GC_SWEEP_BEGIN
            | EventKind::GC_SWEEP_END => proc == NO_IDX,
            _ => false,
        }
    }
}
