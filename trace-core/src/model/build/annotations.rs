//! Events that are no state of a goroutine: curves, annotations, ranges, and who has which proc.

use crate::event::kind::EventKind;
use crate::model::annotation_marks::{
    LabelMark, LogMark, OwnershipMark, RangeKind, RangeMark, RangeMove, RegionMark, SampleMark, StealMark, TaskMark,
};
use crate::model::build::log::LogRef;
use crate::model::build::{Builder, MAX_ANNOUNCED};
use crate::model::proc_changes::ProcChange;
use crate::order::sink::{NO_IDX, Ordered};

impl Builder<'_> {
    #[inline(never)]
    pub(super) fn annotation_event(&mut self, ev: &Ordered) {
        let time = ev.time.0;
        let [a, b, c, d] = ev.args;
        let at = ev.time.0.wrapping_sub(self.base) as u32;
        match ev.kind {
            EventKind::PROC_STEAL | EventKind::PROC_STOP => self.lose_proc(ev),
            EventKind::PROC_START => self.ownership(ev, ev.thread, ProcChange::Started),
            EventKind::PROC_STATUS if ev.to == 2 => {
                if self.announced.len() >= MAX_ANNOUNCED {
                    self.announced.swap_remove(0);
                }
                self.announced.push((ev.subject, time));
                self.ownership(ev, ev.thread, ProcChange::Announced);
            }
            EventKind::PROC_STATUS => {
                self.mark(ev.subject, time);
                self.ownership(ev, NO_IDX, ProcChange::Announced);
            }
            EventKind::HEAP_ALLOC => self.heap_live.push(at, a),
            EventKind::HEAP_GOAL => self.heap_goal.push_goal(at, a),
            EventKind::PROCS_CHANGE => self.max_procs.push(at, a),
            EventKind::USER_REGION_BEGIN | EventKind::USER_REGION_END => {
                let is_begin = ev.kind == EventKind::USER_REGION_BEGIN;
                let (name, stack) = (self.string_slot(b), self.stack_slot(c));
                let offset = self.offset;
                self.annotations.regions.push(RegionMark { time, go: ev.go, name, task: a, stack, is_begin, offset });
            }
            EventKind::USER_TASK_BEGIN => {
                let (name, stack) = (self.string_slot(c), self.stack_slot(d));
                let (go, offset) = (ev.go, self.offset);
                self.annotations.tasks.push(TaskMark {
                    time,
                    id: a,
                    parent: b,
                    go,
                    name,
                    stack,
                    is_begin: true,
                    offset,
                });
            }
            EventKind::USER_TASK_END => {
                let stack = self.stack_slot(b);
                let (parent, go, offset) = (u64::MAX, ev.go, self.offset);
                self.annotations.tasks.push(TaskMark {
                    time,
                    id: a,
                    parent,
                    go,
                    name: 0,
                    stack,
                    is_begin: false,
                    offset,
                });
            }
            EventKind::USER_LOG => {
                let (category, message) = (self.string_slot(b), self.string_slot(c));
                let stack = self.stack_slot(d);
                self.annotations.logs.push(LogMark { time, go: ev.go, category, message, stack, task: a });
            }
            EventKind::GO_LABEL => {
                let go = if ev.subject == NO_IDX { ev.go } else { ev.subject };
                let text = self.string_slot(a);
                self.annotations.labels.push(LabelMark { time, go, text });
            }
            EventKind::CPU_SAMPLE => {
                let stack = self.stack_slot(a);
                let mark = SampleMark { time, go: ev.go, proc: ev.proc, thread: ev.thread, stack };
                self.annotations.samples.push(mark);
            }
            _ => self.range_event(ev),
        }
    }

    pub(super) fn range_event(&mut self, ev: &Ordered) {
        use RangeKind::{Gc, MarkAssist, Stw, Sweep};
        use RangeMove::{Active, Begin, End};
        let [a, b, _, _] = ev.args;
        let (kind, step, stack) = match ev.kind {
            EventKind::GC_ACTIVE => (Gc, Active, 0),
            EventKind::GC_BEGIN => (Gc, Begin, b),
            EventKind::GC_END => (Gc, End, 0),
            EventKind::STW_BEGIN => (Stw, Begin, b),
            EventKind::STW_END => (Stw, End, 0),
            EventKind::GC_MARK_ASSIST_ACTIVE => (MarkAssist, Active, 0),
            EventKind::GC_MARK_ASSIST_BEGIN => (MarkAssist, Begin, a),
            EventKind::GC_MARK_ASSIST_END => (MarkAssist, End, 0),
            EventKind::GC_SWEEP_ACTIVE => (Sweep, Active, 0),
            EventKind::GC_SWEEP_BEGIN => (Sweep, Begin, a),
            EventKind::GC_SWEEP_END => (Sweep, End, 0),
            _ => return,
        };
        let (mut go, mut proc) = (ev.go, ev.proc);
        match kind {
            MarkAssist | Stw if ev.subject != NO_IDX => go = ev.subject,
            Sweep if ev.subject != NO_IDX => proc = ev.subject,
            _ => {}
        }
        let stack = self.stack_slot(stack);
        let reason = if kind == Stw { self.string_slot(a) } else { 0 };
        let bytes = if kind == Sweep && step == End { (a, b) } else { (0, 0) };
        let time = ev.time.0;
        self.annotations.ranges.push(RangeMark { time, kind, step, go, proc, stack, reason, bytes });
    }

    /// A proc's lane shows no goroutine from here on.
    pub(super) fn mark(&mut self, proc: u32, time: i64) {
        let Some(local) = self.log.procs.get_mut(proc as usize) else { return };
        local.refs += 1;
        self.log.marks.push(time.wrapping_sub(self.base) as u32);
        self.log.refs.push(LogRef { row: self.log.rows.len() as u32, proc, thread: LogRef::MARK });
    }

    /// The first event on a proc after its status: unless it tells of a goroutine there, none is.
    #[cold]
    pub(super) fn settle_proc(&mut self, ev: &Ordered) {
        let Some(at) = self.announced.iter().position(|known| known.0 == ev.proc) else { return };
        let (proc, time) = self.announced.swap_remove(at);
        if !matches!(ev.kind, EventKind::GO_STATUS | EventKind::GO_STATUS_STACK) || !matches!(ev.to, 3 | 5) {
            self.mark(proc, time);
        }
    }

    /// The event's proc is with `thread` from here on.
    pub(super) fn ownership(&mut self, ev: &Ordered, thread: u32, change: ProcChange) {
        if let Some(proc) = self.log.procs.get_mut(ev.subject as usize) {
            proc.last = ev.time.0;
        }
        self.annotations.proc_ownerships.push(OwnershipMark { time: ev.time.0, proc: ev.subject, thread, change });
    }

    /// A proc is taken, or let go, maybe while its goroutine sits in a system call.
    pub(super) fn lose_proc(&mut self, ev: &Ordered) {
        let Some(proc) = self.log.procs.get_mut(ev.subject as usize) else { return };
        let victim = std::mem::replace(&mut proc.go, NO_IDX);
        let change = match (ev.kind == EventKind::PROC_STEAL, victim != NO_IDX) {
            (true, _) => ProcChange::Stolen,
            (false, true) => ProcChange::HandedOver,
            (false, false) => ProcChange::Stopped,
        };
        self.ownership(ev, NO_IDX, change);
        if victim == NO_IDX {
            return;
        }
        self.mark(ev.subject, ev.time.0);
        // One that is let go is lost to its goroutine all the same, but nobody took it.
        let thief = if ev.kind == EventKind::PROC_STEAL { ev.thread } else { NO_IDX };
        self.annotations.steals.push(StealMark { time: ev.time.0, victim, thief });
    }
}
