//! Goroutines that start, stop, wake, are created and end; and their announcements.

use crate::base::error::Result;
use crate::base::ids::GoId;
use crate::event::kind::EventKind;
use crate::order::sched_state::{SchedState, Seq, go_state};
use crate::order::sink::{NO_IDX, Ordered, Sink};
use crate::order::step::{GO_STATES, Needs, Step};

impl SchedState {
    #[inline(always)]
    pub(super) fn go_start(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let (id, number) = (GoId(ev.args[0]), ev.args[1]);
        let mut idx = self.go_index.get(id);
        let generation = self.generation;
        let is_next = self
            .gos
            .get(idx as usize)
            .is_some_and(|go| go.state == go_state::RUNNABLE && go.seq.is_followed_by(generation, number));
        if !is_next {
            if !force {
                return Ok(Step::Wait);
            }
            if idx == NO_IDX {
                idx = self.add_go(id, go_state::UNDETERMINED);
            }
        } else if !force {
            if let Some(lack) = Self::lacks(&ev, Needs::Proc) {
                return Ok(Step::Fault(lack));
            }
            if ev.go != NO_IDX {
                return Ok(Step::Fault("a goroutine starts on a thread that runs another"));
            }
        }
        ev.subject = idx;
        ev.to = go_state::RUNNING;
        if let Some(go) = self.gos.get_mut(idx as usize) {
            ev.from = go.state;
            go.state = go_state::RUNNING;
            go.seq = Seq::new(generation, number);
        }
        self.set_go(ev.thread, idx);
        self.emit_here(ev, sink)?;
        Ok(Step::Done)
    }

    #[inline(always)]
    pub(super) fn go_unblock(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let (id, number) = (GoId(ev.args[0]), ev.args[1]);
        let mut idx = self.go_index.get(id);
        let generation = self.generation;
        let is_next = self
            .gos
            .get(idx as usize)
            .is_some_and(|go| go.state == go_state::WAITING && go.seq.is_followed_by(generation, number));
        if !is_next {
            if !force {
                return Ok(Step::Wait);
            }
            if idx == NO_IDX {
                idx = self.add_go(id, go_state::UNDETERMINED);
            }
        }
        ev.subject = idx;
        ev.to = go_state::RUNNABLE;
        if let Some(go) = self.gos.get_mut(idx as usize) {
            ev.from = go.state;
            go.state = go_state::RUNNABLE;
            go.seq = Seq::new(generation, number);
        }
        self.emit_here(ev, sink)?;
        Ok(Step::Done)
    }

    /// Block, stop (yield), end: the running goroutine leaves its thread.
    #[inline(always)]
    pub(super) fn go_leave(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let state = self.go_state_of(ev.go);
        if !force {
            if let Some(lack) = Self::lacks(&ev, Needs::Go) {
                if self.is_of_before(&ev) {
                    return self.leave_unnamed(ev, sink);
                }
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
        self.set_go(ev.thread, NO_IDX);
        self.emit_here(ev, sink)?;
        if ev.kind == EventKind::GO_DESTROY && ev.go != NO_IDX {
            self.remove_go(ev.go);
        }
        Ok(Step::Done)
    }

    /// Whether whoever leaves a thread came there in the generation before. The runtime announces a goroutine
    /// before its first event, except one that it has taken off its thread already: when a goroutine is preempted
    /// to have its stack looked at (`runtime.preemptPark`), nobody is current any more as its block is written.
    #[inline]
    fn is_of_before(&self, ev: &Ordered) -> bool {
        let has_had_none = self.threads.get(ev.thread as usize).is_some_and(|thread| !thread.had_go);
        has_had_none && !self.reuse_gos && ev.proc != NO_IDX && ev.kind != EventKind::GO_DESTROY
    }

    /// Gives out that somebody of the generation before leaves a thread: the subject is not known here.
    #[cold]
    fn leave_unnamed(&mut self, mut ev: Ordered, sink: &mut impl Sink) -> Result<Step> {
        if let Some(thread) = self.threads.get_mut(ev.thread as usize) {
            thread.had_go = true;
        }
        ev.subject = NO_IDX;
        ev.from = go_state::RUNNING;
        ev.to = if ev.kind == EventKind::GO_BLOCK { go_state::WAITING } else { go_state::RUNNABLE };
        self.emit(ev, sink)?;
        Ok(Step::Done)
    }

    #[inline(always)]
    pub(super) fn go_create(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let id = GoId(ev.args[0]);
        if !force {
            if let Some(lack) = Self::lacks(&ev, Needs::Proc) {
                return Ok(Step::Fault(lack));
            }
            if ev.go != NO_IDX && self.go_state_of(ev.go) != go_state::RUNNING {
                return Ok(Step::Fault("a goroutine creates another without running"));
            }
            if self.go_index.get(id) != NO_IDX {
                return Ok(Step::Fault("a goroutine is created that exists"));
            }
        }
        ev.from = self.known_state(id);
        ev.to = if ev.kind == EventKind::GO_CREATE_BLOCKED { go_state::WAITING } else { go_state::RUNNABLE };
        ev.subject = self.add_go(id, ev.to);
        self.emit_here(ev, sink)?;
        Ok(Step::Done)
    }

    /// The running goroutine hands over to another: three events.
    pub(super) fn go_switch(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
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
            if next == NO_IDX {
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
        if ev.go != NO_IDX {
            self.emit(Ordered { kind, subject: ev.go, from, to, args: [0; 4], ..ev }, sink)?;
            if is_end {
                self.remove_go(ev.go);
            }
        }

        if let Some(go) = self.gos.get_mut(next as usize) {
            go.state = go_state::RUNNING;
            go.seq = Seq::new(generation, number);
        }
        self.set_go(ev.thread, next);
        let start = Ordered {
            kind: EventKind::GO_START,
            go: NO_IDX,
            from: go_state::RUNNABLE,
            to: go_state::RUNNING,
            args: [id.0, number, 0, 0],
            ..ev
        };
        self.emit(start, sink)?;
        Ok(Step::Done)
    }

    pub(super) fn go_status(&mut self, mut ev: Ordered, force: bool, sink: &mut impl Sink) -> Result<Step> {
        let (id, other, status) = (GoId(ev.args[0]), ev.args[1], ev.args[2]);
        let Some(&state) =
            usize::try_from(status).ok().and_then(|code| GO_STATES.get(code)).filter(|&&state| state != 0)
        else {
            return Ok(if force { Step::Done } else { Step::Fault("a goroutine has a status that does not exist") });
        };
        let known = self.go_index.get(id);
        ev.from = if known == NO_IDX { go_state::UNDETERMINED } else { self.go_state_of(known) };
        ev.to = state;
        if !force {
            if known != NO_IDX && ev.from != state {
                return Ok(Step::Fault("a goroutine's announced status contradicts its events"));
            }
            if known == NO_IDX && !self.is_first_generation() {
                return Ok(Step::Fault("a goroutine is announced that was never created"));
            }
            if let Some(fault) = self.check_syscall_status(&ev, other, known) {
                return Ok(Step::Fault(fault));
            }
        }
        ev.subject = known;
        if known == NO_IDX || ev.from != state {
            ev.subject = self.add_go(id, state);
        } else if let Some(go) = self.gos.get_mut(known as usize) {
            go.seq = Seq::start(self.generation);
        }
        let own_thread = ev.thread;
        if state == go_state::RUNNING {
            self.set_go(own_thread, ev.subject);
        } else if state == go_state::SYSCALL && other != u64::MAX {
            let is_known = self.known_thread(other);
            let thread = self.thread_idx(other);
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
        (known == NO_IDX || thread.go != known)
            .then_some("a goroutine is in a system call on a thread that runs another")
    }
}
