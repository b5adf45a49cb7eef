//! A second, simpler judge of order: watches the ordered events go by and names what cannot be. Knows
//! nothing of sequence numbers and statuses; only who is in which state, and where.

use rustc_hash::FxHashMap;

use crate::base::error::Result;
use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::event::kind::EventKind;

use crate::order::sink::{Ids, NO_IDX, Ordered, Sink};

/// At most this many faults are kept.
const MAX_FAULTS: usize = 20;

/// What is known of a goroutine.
#[derive(Clone, Copy, Debug)]
struct Go {
    state: u8,
    thread: ThreadId,
}

/// What is known of a proc.
#[derive(Clone, Copy, Debug)]
struct Proc {
    state: u8,
    thread: ThreadId,
}

/// The judge. Give it all events of a trace in order.
#[derive(Debug, Default)]
pub struct Checker {
    gos: FxHashMap<GoId, Go>,
    procs: FxHashMap<ProcId, Proc>,
    last_time: Option<i64>,
    events: u64,
    faults: Vec<String>,
    ignores_threads: bool,
}

impl Checker {
    /// For the traces of Go 1.21 and older, where events do not tell their thread for sure.
    #[must_use]
    pub fn without_threads() -> Self {
        Self { ignores_threads: true, ..Self::default() }
    }

    /// How many events it has seen.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events
    }

    /// What cannot be, in order; at most 20.
    #[must_use]
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    fn fault(&mut self, ev: &Ordered, what: &str) {
        if self.faults.len() < MAX_FAULTS {
            let (number, name, time) = (self.events, ev.kind.name(), ev.time);
            self.faults.push(format!("event {number}, {name} at {time}: {what}"));
        }
    }

    fn check_time(&mut self, ev: &Ordered) {
        if self.last_time.is_some_and(|last| ev.time.0 <= last) {
            self.fault(ev, "its time does not rise");
        }
        self.last_time = Some(ev.time.0);
    }

    /// Whoever acts must be where the event says it is.
    fn check_context(&mut self, ev: &Ordered, ids: &Ids) {
        let (thread, proc, go) = (ids.thread(ev.thread), ids.proc(ev.proc), ids.go(ev.go));
        if self.ignores_threads || ev.kind == EventKind::CPU_SAMPLE {
            return;
        }
        if go.is_some() && self.gos.get(&go).is_none_or(|known| known.thread != thread) {
            self.fault(ev, &format!("goroutine {} is not on thread {}", go.signed(), thread.signed()));
        }
        if proc.is_some() && self.procs.get(&proc).is_none_or(|known| known.thread != thread) {
            self.fault(ev, &format!("proc {} is not on thread {}", proc.signed(), thread.signed()));
        }
    }

    fn check_go(&mut self, ev: &Ordered, ids: &Ids) {
        use crate::order::sched_state::go_state::{NOT_EXIST, RUNNABLE, RUNNING, SYSCALL, UNDETERMINED, WAITING};
        if ev.subject == NO_IDX && ev.go == NO_IDX && ev.from == RUNNING {
            // The generation before knows who this is.
            return;
        }
        let (go, thread) = (ids.go(ev.subject), ids.thread(ev.thread));
        let known = self.gos.get(&go).copied();
        let is_status = matches!(ev.kind, EventKind::GO_STATUS | EventKind::GO_STATUS_STACK);
        let is_legal = match (ev.from, ev.to) {
            (UNDETERMINED, _) => is_status && known.is_none(),
            (from, to) if is_status => from == to,
            (NOT_EXIST, RUNNABLE | WAITING | SYSCALL)
            | (RUNNABLE, RUNNING)
            | (RUNNING, RUNNABLE | WAITING | SYSCALL | NOT_EXIST)
            | (WAITING, RUNNABLE)
            | (SYSCALL, RUNNING | RUNNABLE | NOT_EXIST) => true,
            _ => false,
        };
        let state = known.map_or(if is_status { UNDETERMINED } else { NOT_EXIST }, |known| known.state);
        if !is_legal || state != ev.from {
            let what = format!("goroutine {} goes from {} to {}, it was {state}", go.signed(), ev.from, ev.to);
            self.fault(ev, &what);
        }
        let leaves = matches!(ev.from, RUNNING | SYSCALL) && !is_status;
        if leaves && ev.go != ev.subject && !self.ignores_threads {
            self.fault(ev, "it should be the acting goroutine's own");
        }
        if ev.kind == EventKind::GO_START && (ev.go != NO_IDX || ev.proc == NO_IDX) && !self.ignores_threads {
            self.fault(ev, "a start needs a proc that runs nothing");
        }
        if ev.to == NOT_EXIST {
            self.gos.remove(&go);
            return;
        }
        let thread = match (ev.to, known) {
            // The thread of the status event may be another's that reports it.
            (SYSCALL, Some(known)) if is_status && known.state == SYSCALL => known.thread,
            (RUNNING | SYSCALL, _) => thread,
            _ => ThreadId::NONE,
        };
        self.gos.insert(go, Go { state: ev.to, thread });
    }

    fn check_proc(&mut self, ev: &Ordered, ids: &Ids) {
        use crate::order::sched_state::proc_state::{IDLE, NOT_EXIST, RUNNING, UNDETERMINED};
        let (proc, thread) = (ids.proc(ev.subject), ids.thread(ev.thread));
        let known = self.procs.get(&proc).copied();
        let is_status = ev.kind == EventKind::PROC_STATUS;
        let is_legal = match (ev.from, ev.to) {
            (UNDETERMINED | NOT_EXIST, RUNNING | IDLE) => is_status && known.is_none(),
            (from, to) if is_status => from == to,
            (IDLE, RUNNING) => ev.kind == EventKind::PROC_START,
            (RUNNING, IDLE) => true,
            // A proc given up in a system call counts as idle before it is stolen.
            (IDLE, IDLE) => ev.kind == EventKind::PROC_STEAL,
            _ => false,
        };
        let state = known.map_or(ev.from, |known| known.state);
        if !is_legal || state != ev.from {
            let what = format!("proc {} goes from {} to {}, it was {state}", proc.signed(), ev.from, ev.to);
            self.fault(ev, &what);
        }
        let thread = match known {
            _ if ev.to != RUNNING => ThreadId::NONE,
            Some(known) if is_status && known.state == RUNNING => known.thread,
            _ => thread,
        };
        self.procs.insert(proc, Proc { state: ev.to, thread });
    }
}

impl Sink for Checker {
    fn event(&mut self, ev: &Ordered, ids: &Ids) -> Result<()> {
        self.events += 1;
        self.check_time(ev);
        self.check_context(ev, ids);
        match ev.kind {
            EventKind::PROC_START | EventKind::PROC_STOP | EventKind::PROC_STEAL | EventKind::PROC_STATUS => {
                self.check_proc(ev, ids);
            }
            EventKind(14..=25) | EventKind::GO_SWITCH | EventKind::GO_SWITCH_DESTROY => self.check_go(ev, ids),
            EventKind::GO_CREATE_BLOCKED | EventKind::GO_STATUS_STACK => self.check_go(ev, ids),
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::TraceTime;
    use crate::order::sched_state::{go_state, proc_state};

    fn ids() -> Ids {
        Ids { gos: vec![GoId(1), GoId(2)], procs: vec![ProcId(0)], threads: vec![ThreadId(7), ThreadId(8)] }
    }

    fn event(kind: EventKind, time: i64, subject: u32, from: u8, to: u8) -> Ordered {
        let time = TraceTime(time);
        Ordered { kind, time, thread: 0, proc: NO_IDX, go: NO_IDX, subject, from, to, args: [0; 4] }
    }

    fn faults(events: &[Ordered]) -> Vec<String> {
        let mut checker = Checker::default();
        for ev in events {
            checker.event(ev, &ids()).unwrap();
        }
        checker.faults().to_vec()
    }

    fn sound() -> Vec<Ordered> {
        let status = event(EventKind::PROC_STATUS, 1, 0, proc_state::UNDETERMINED, proc_state::RUNNING);
        let mut go = event(EventKind::GO_STATUS, 2, 0, go_state::UNDETERMINED, go_state::RUNNING);
        go.proc = 0;
        let mut create = event(EventKind::GO_CREATE, 3, 1, go_state::NOT_EXIST, go_state::RUNNABLE);
        (create.proc, create.go) = (0, 0);
        let mut block = event(EventKind::GO_BLOCK, 4, 0, go_state::RUNNING, go_state::WAITING);
        (block.proc, block.go) = (0, 0);
        let mut start = event(EventKind::GO_START, 5, 1, go_state::RUNNABLE, go_state::RUNNING);
        start.proc = 0;
        vec![status, go, create, block, start]
    }

    #[test]
    fn sound_events_pass() {
        assert_eq!(faults(&sound()), [""; 0]);
    }

    #[test]
    fn each_kind_of_fault_is_found() {
        for (place, text) in
            [(0, "proc 0 is not on"), (1, "goroutine 1 is not on"), (2, "goes from 2 to 3"), (3, "goes from")]
        {
            let mut events = sound();
            events.remove(place);
            if place == 3 {
                events.push(Ordered { time: TraceTime(6), ..events[2] });
            }
            assert!(faults(&events).iter().any(|fault| fault.contains(text)), "without {place}: {:?}", faults(&events));
        }
        let mut events = sound();
        events[4].time = TraceTime(4);
        assert!(faults(&events)[0].contains("time"));
        let mut events = sound();
        events[3].thread = 1;
        assert!(faults(&events)[0].contains("is not on thread 8"));
        let mut events = sound();
        events[4].go = 0;
        assert!(faults(&events).iter().any(|fault| fault.contains("runs nothing")));
    }
}
