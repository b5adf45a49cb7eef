//! Ordered events turned back into those of the wire format, for the goroutines that are kept.

use crate::base::ids::{GoId, ThreadId};
use crate::event::kind::EventKind;
use crate::export::cut::anonymise::Meaning;
use crate::export::cut::cutter::Cutter;
use crate::order::sched_state::go_state;
use crate::order::sink::{Ids, NO_IDX, Ordered};
use crate::wire::v2::spec::Shape;
use crate::wire::v2::tables::{RawSample, Tables};

/// Threads of goroutines in a system call whose thread the source does not tell have numbers from here on, which no
/// system gives to a thread.
const UNKNOWN_THREADS: u64 = 1 << 32;

/// An event of the wire format.
struct WireEvent {
    thread: ThreadId,
    time: i64,
    kind: EventKind,
    args: [u64; 4],
}

impl Cutter<'_> {
    /// Writes an event, if it is of a goroutine that is kept and can be written.
    pub(super) fn translate(&mut self, ev: &Ordered, ids: &Ids, tables: &Tables) {
        if self.derived > 0 {
            self.derived -= 1;
            return;
        }
        if ev.kind == EventKind::CPU_SAMPLE {
            self.sample(ev, ids, tables);
            return;
        }
        let Some(event) = self.wire_event(ev, ids, tables) else { return };
        let WireEvent { thread, time, kind, args } = event;
        if self.writer.offer(thread, kind.0, args) {
            self.writer.encode(thread, time, kind.0, args);
            if matches!(kind, EventKind::GO_SWITCH | EventKind::GO_SWITCH_DESTROY) {
                // Readers tell it as three events; the other two come next.
                self.derived = 2;
            }
        } else {
            self.refused += 1;
        }
    }

    pub(super) fn keeps(&self, go: GoId) -> bool {
        self.kept.as_ref().is_none_or(|kept| kept.gos.contains(&go))
    }

    /// `None` if it is left out.
    fn wire_event(&mut self, ev: &Ordered, ids: &Ids, tables: &Tables) -> Option<WireEvent> {
        let time = ev.time.0;
        let thread = ids.thread(ev.thread);
        match ev.kind {
            EventKind::PROC_START | EventKind::PROC_STOP | EventKind::PROC_STEAL | EventKind::PROC_STATUS => {
                self.proc_event(ev, ids)
            }
            EventKind::GC_ACTIVE | EventKind::GC_SWEEP_ACTIVE | EventKind::GC_MARK_ASSIST_ACTIVE => {
                self.announced(ev, ids)
            }
            EventKind::GO_STATUS | EventKind::GO_STATUS_STACK => self.go_status(ev, ids, tables),
            EventKind(9..=48) if ev.subject != NO_IDX && ev.kind != EventKind::GC_SWEEP_BEGIN => {
                if ev.kind == EventKind::GC_SWEEP_END {
                    let args = self.args(ev, tables);
                    return Some(WireEvent { thread, time, kind: ev.kind, args });
                }
                self.go_event(ev, ids, tables)
            }
            EventKind::USER_TASK_BEGIN
            | EventKind::USER_TASK_END
            | EventKind::USER_REGION_BEGIN
            | EventKind::USER_REGION_END
            | EventKind::USER_LOG
            | EventKind::PROCS_CHANGE
                if !self.acts(ids.go(ev.go), thread) =>
            {
                None
            }
            _ => {
                let mut args = self.args(ev, tables);
                match ev.kind {
                    EventKind::GC_BEGIN | EventKind::GC_END => {
                        if let Some(next) = self.writer.sched.next_of_gc() {
                            args[0] = next;
                        }
                    }
                    EventKind::USER_TASK_BEGIN if args[1] == u64::MAX => args[1] = 0,
                    _ => {}
                }
                Some(WireEvent { thread, time, kind: ev.kind, args })
            }
        }
    }

    /// Whether a goroutine is kept and is the one that its thread runs in what is written. One that is kept and is not
    /// there is counted as refused.
    fn acts(&mut self, go: GoId, thread: ThreadId) -> bool {
        if !self.keeps(go) {
            return false;
        }
        let is_there = self.writer.sched.around(thread).0 == go;
        self.refused += u64::from(!is_there);
        is_there
    }

    fn go_event(&mut self, ev: &Ordered, ids: &Ids, tables: &Tables) -> Option<WireEvent> {
        let mut thread = ids.thread(ev.thread);
        let (subject, mut kind, mut time) = (ids.go(ev.subject), ev.kind, ev.time.0);
        if matches!(kind, EventKind::GO_SWITCH | EventKind::GO_SWITCH_DESTROY) {
            match (self.keeps(subject), self.keeps(ids.go(ev.go))) {
                (true, true) if ev.go != NO_IDX => {}
                (true, _) => kind = EventKind::GO_UNBLOCK,
                // The next event tells what becomes of the other.
                _ => return None,
            }
        }
        if !self.keeps(subject) {
            return None;
        }
        let is_new = matches!(kind, EventKind::GO_CREATE | EventKind::GO_CREATE_BLOCKED | EventKind::GO_CREATE_SYSCALL);
        let is_own = !is_new
            && !matches!(
                kind,
                EventKind::GO_START | EventKind::GO_UNBLOCK | EventKind::GO_SWITCH | EventKind::GO_SWITCH_DESTROY
            );
        if is_own {
            if !thread.is_some() {
                // Older formats do not say where it happens.
                thread = self.writer.sched.thread_of(subject)?;
            }
            if !self.acts(subject, thread) {
                return None;
            }
        }
        let mut args = if ev.kind == kind { self.args(ev, tables) } else { [0; 4] };
        match kind {
            EventKind::GO_START | EventKind::GO_UNBLOCK | EventKind::GO_SWITCH | EventKind::GO_SWITCH_DESTROY => {
                args[0] = subject.0;
                args[1] = self.writer.sched.next_of_go(subject);
            }
            EventKind::GO_SYSCALL_BEGIN => {
                let proc = self.writer.sched.around(thread).1;
                args[0] = self.writer.sched.next_of_proc(proc);
            }
            EventKind::GO_DESTROY_SYSCALL => time = self.steal_time.take().unwrap_or(time),
            _ => {}
        }
        Some(WireEvent { thread, time, kind, args })
    }

    fn go_status(&mut self, ev: &Ordered, ids: &Ids, tables: &Tables) -> Option<WireEvent> {
        let subject = ids.go(ev.subject);
        if !self.keeps(subject) {
            return None;
        }
        let mut thread = ids.thread(ev.thread);
        let is_elsewhere = ev.args[2] == 3 && ev.args[1] == thread.0;
        // One in a system call is mostly announced by another thread, the one that has the proc.
        if is_elsewhere && let Some(other) = self.writer.sched.thread_with(ids.proc(ev.proc)) {
            thread = other;
        }
        let mut args = self.args(ev, tables);
        if args[2] == 3 && args[1] == u64::MAX {
            // Older formats do not say on which thread; newer ones demand one, and no two goroutines may share it.
            args[1] = UNKNOWN_THREADS.wrapping_add(subject.0);
        }
        Some(WireEvent { thread, time: ev.time.0, kind: ev.kind, args })
    }

    /// Behind the range: one that has not been mentioned before was there all the time, in the state in which it is
    /// announced now.
    pub(super) fn note_idle(&mut self, ev: &Ordered, ids: &Ids, tables: &Tables) {
        let is_announced = matches!(ev.kind, EventKind::GO_STATUS | EventKind::GO_STATUS_STACK);
        if is_announced && ev.from == go_state::UNDETERMINED {
            let event = self.go_status(ev, ids, tables);
            self.idle.extend(event.map(|event| (event.thread, event.kind, event.args)));
        }
    }

    /// What goes on is announced in each generation; in the first one only once.
    fn announced(&mut self, ev: &Ordered, ids: &Ids) -> Option<WireEvent> {
        let sched = &mut self.writer.sched;
        let mut args = [ev.args[0], 0, 0, 0];
        let is_known = match ev.kind {
            EventKind::GC_ACTIVE => {
                let is_on = sched.is_gc_on();
                if let Some(next) = sched.next_of_gc().filter(|_| !sched.may_announce()) {
                    args[0] = next;
                }
                is_on
            }
            EventKind::GC_SWEEP_ACTIVE => sched.is_sweeping(ids.proc(ev.subject)),
            _ => sched.is_assisting(ids.go(ev.subject)),
        };
        if is_known && sched.may_announce() {
            return None;
        }
        if ev.kind == EventKind::GC_MARK_ASSIST_ACTIVE && !self.keeps(ids.go(ev.subject)) {
            return None;
        }
        Some(WireEvent { thread: ids.thread(ev.thread), time: ev.time.0, kind: ev.kind, args })
    }

    fn proc_event(&mut self, ev: &Ordered, ids: &Ids) -> Option<WireEvent> {
        let (mut thread, proc, time) = (ids.thread(ev.thread), ids.proc(ev.subject), ev.time.0);
        let sched = &mut self.writer.sched;
        let known = sched.wire_status_of(proc);
        let (kind, args) = match ev.kind {
            EventKind::PROC_START => (ev.kind, [proc.0, sched.next_of_proc(proc), 0, 0]),
            EventKind::PROC_STOP => {
                if sched.around(thread).1 != proc {
                    self.refused += 1;
                    return None;
                }
                (ev.kind, [0; 4])
            }
            EventKind::PROC_STATUS => {
                // The goroutine in a system call, or what was done to its proc, may not be kept.
                let status = match known {
                    Some(3) if ev.args[1] == 4 => 4,
                    Some(known) => known,
                    None => ev.args[1],
                };
                (ev.kind, [proc.0, status, 0, 0])
            }
            _ => {
                // A goroutine from C that goes away takes its proc from its thread: readers tell that themselves.
                if ev.args[1] == 0 && !self.is_v1 && self.keeps(ids.go(ev.go)) {
                    self.steal_time = Some(time);
                    return None;
                }
                let sched = &mut self.writer.sched;
                match known {
                    Some(1) => {
                        thread = sched.thread_with(proc)?;
                        (EventKind::PROC_STOP, [0; 4])
                    }
                    Some(2) => return None,
                    _ => (ev.kind, [proc.0, sched.next_of_proc(proc), ev.args[2], 0]),
                }
            }
        };
        Some(WireEvent { thread, time, kind, args })
    }

    fn sample(&mut self, ev: &Ordered, ids: &Ids, tables: &Tables) {
        let go = ids.go(ev.go);
        if go.is_some() && !self.keeps(go) {
            return;
        }
        let (thread, proc) = (ids.thread(ev.thread).0, ids.proc(ev.proc).0);
        let trail = self.names.trail(tables, ev.args[0]);
        let stack = self.writer.symbols.trail(&self.names, trail);
        self.writer.sample(RawSample { time: ev.time.0, thread, proc, go: go.0, stack }, stack);
    }

    /// The arguments of an event with the numbers of strings and stacks that they have in what is written.
    fn args(&mut self, ev: &Ordered, tables: &Tables) -> [u64; 4] {
        let shape = Shape::of(ev.kind.0);
        let mut args = ev.args;
        for (place, arg) in args.iter_mut().enumerate() {
            let is_string = shape.strings >> place & 1 == 1;
            let is_stack = usize::from(shape.stack) == place + 1
                || (place == 1 && matches!(ev.kind, EventKind::GO_CREATE | EventKind::GO_CREATE_BLOCKED));
            if is_string {
                let meaning = meaning(ev.kind, place);
                *arg = if meaning == Meaning::Message {
                    // Most are unlike any other.
                    self.writer.symbols.bytes(tables.string(*arg).unwrap_or_default(), meaning)
                } else {
                    let text = self.names.text(tables, *arg);
                    self.writer.symbols.text(&self.names, text, meaning)
                };
            } else if is_stack && *arg != 0 {
                let trail = self.names.trail(tables, *arg);
                *arg = self.writer.symbols.trail(&self.names, trail);
            }
        }
        args
    }
}

/// What the string is that an event has in this place.
const fn meaning(kind: EventKind, place: usize) -> Meaning {
    match kind {
        EventKind::USER_TASK_BEGIN => Meaning::Task,
        EventKind::USER_REGION_BEGIN | EventKind::USER_REGION_END => Meaning::Region,
        EventKind::USER_LOG if place == 1 => Meaning::Category,
        EventKind::USER_LOG => Meaning::Message,
        EventKind::GO_LABEL => Meaning::Label,
        _ => Meaning::Runtime,
    }
}
