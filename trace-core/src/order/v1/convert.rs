//! Tells ordered v1 events as the events of newer traces (Go: `internal/trace/tracev1.go`).

use std::collections::BTreeMap;

use crate::base::error::{Error, Result};
use crate::base::monitor::Monitor;
use crate::base::time::TraceTime;
use crate::base::warning::WarningKind;
use crate::event::kind::EventKind;
use crate::order::sched_state::{go_state, proc_state};
use crate::order::sink::{Ids, Lost, NO_IDX, Ordered, Sink};
use crate::order::v1::plan::{Gap, Plan};
use crate::order::v1::scheduler::Scheduler;
use crate::order::v1::style::Style;
use crate::wire::v1::cursor::{Event, Faults, leaves};
use crate::wire::v1::recording::Recording;
use crate::wire::v1::spec;
use crate::wire::v2::tables::Report;

/// How many events go by between two looks at the monitor.
const EVENTS_PER_LOOK: usize = 1 << 14;

/// So many losses are told of.
const MAX_GAPS: usize = 1_000;

/// Procs that do not exist, where Go's reader puts certain events.
const TIMER_PROC: i32 = 1_000_001;
const NETWORK_PROC: i32 = 1_000_002;
const SYSCALL_PROC: i32 = 1_000_003;
const COLLECTOR_PROC: i32 = 1_000_004;

/// Status codes of newer formats.
const STATUS_RUNNABLE: u64 = 1;
const STATUS_RUNNING: u64 = 2;
const STATUS_SYSCALL: u64 = 3;
const STATUS_WAITING: u64 = 4;

/// The state of the telling.
pub(super) struct Converter<'a> {
    recording: &'a Recording,
    style: Style,
    scheduler: Scheduler,
    last_time: i64,
    syncs: u64,
    /// Before the first `GOMAXPROCS`: what there was when the trace began is being listed. The goroutines
    /// mentioned so far of which nothing but their existence is known, with their entry function's stack.
    listed: Option<BTreeMap<u64, u64>>,
    stw_kind: u64,
    /// The first event that contradicts what went before, and how many there are.
    fault: Option<String>,
    faults: Faults,
    /// Losses that were reported so far.
    gaps: usize,
}

/// An event about to be given out, its place filled in.
struct Draft {
    event: Ordered,
    /// The proc as the file has it, or as Go's reader has it.
    proc: i32,
}

/// A goroutine's change of state.
struct Change {
    kind: EventKind,
    go: u64,
    from: u8,
    to: u8,
    args: [u64; 4],
}

const fn change(kind: EventKind, go: u64, (from, to): (u8, u8), args: [u64; 4]) -> Change {
    Change { kind, go, from, to, args }
}

impl<'a> Converter<'a> {
    pub(super) fn new(recording: &'a Recording, style: Style) -> Self {
        Self {
            recording,
            style,
            scheduler: Scheduler::default(),
            last_time: -1,
            syncs: 0,
            listed: Some(BTreeMap::new()),
            stw_kind: recording.stw_kind(u64::MAX),
            fault: None,
            faults: Faults::default(),
            gaps: 0,
        }
    }

    pub(super) fn run(
        mut self,
        mut events: Plan<'_>,
        monitor: &Monitor,
        report: &mut Report<'_>,
        sink: &mut impl Sink,
    ) -> Result<Ids> {
        let mut place = 0_usize;
        while let Some((event, is_blocking)) = events.next() {
            if place == 0 {
                self.sync(event.time - 1, sink)?;
            }
            place += 1;
            for gap in events.take_gaps() {
                self.report_gap(gap, sink);
            }
            let event = &event;
            if let Some(what) = self.fault_of(event) {
                self.faults.add(event.offset);
                self.fault.get_or_insert_with(|| format!("{what} (at {} ns, goroutine {})", event.time, event.go));
                self.report_missing(event, sink);
            }
            self.convert(event, is_blocking, sink)?;
            if place.is_multiple_of(EVENTS_PER_LOOK) && monitor.is_cancelled() {
                return Err(Error::Cancelled);
            }
        }
        for gap in events.take_gaps() {
            self.report_gap(gap, sink);
        }
        if let Some(fault) = self.fault.take() {
            let Faults { count, offset } = self.faults;
            let what = format!("{count} events contradict those before them, the first of them: {fault}");
            report(WarningKind::BadEvent, what, offset);
        }
        self.sync(self.last_time.saturating_add(1), sink)?;
        Ok(self.scheduler.ids)
    }

    const fn is_model(&self) -> bool {
        matches!(self.style, Style::Model)
    }

    fn sync(&mut self, time: i64, sink: &mut impl Sink) -> Result<()> {
        self.syncs += 1;
        let event = Ordered {
            kind: EventKind::SYNC,
            time: TraceTime(time),
            thread: NO_IDX,
            proc: NO_IDX,
            go: NO_IDX,
            subject: NO_IDX,
            from: 0,
            to: 0,
            args: [self.syncs, 0, 0, 0],
        };
        sink.event(&event, &self.scheduler.ids)
    }

    fn emit(&mut self, mut event: Ordered, sink: &mut impl Sink) -> Result<()> {
        if event.time.0 <= self.last_time {
            event.time.0 = self.last_time.saturating_add(1);
        }
        self.last_time = event.time.0;
        sink.event(&event, &self.scheduler.ids)
    }

    /// Events of a proc are lost: what its goroutine did then is not known.
    #[cold]
    fn report_gap(&mut self, gap: Gap, sink: &mut impl Sink) {
        let Gap { proc, bytes, since, until } = gap;
        // Each looks at every proc.
        self.gaps += 1;
        if self.gaps > MAX_GAPS {
            return;
        }
        let Some(known) = self.scheduler.proc(proc).copied() else { return };
        let go = if self.scheduler.is_once(known.go) { self.scheduler.go_idx(known.go) } else { NO_IDX };
        sink.lost(&Lost {
            thread: known.thread.map_or(NO_IDX, |thread| self.scheduler.thread_idx(thread)),
            go,
            proc: self.scheduler.proc_idx(proc),
            bytes,
            since: Some(TraceTime(since)),
            until: until.map(TraceTime),
        });
    }

    /// Before an event that contradicts those before it, others must be lost: of the goroutine, or of the proc.
    #[cold]
    fn report_missing(&mut self, event: &Event, sink: &mut impl Sink) {
        let go = match event.kind {
            spec::GO_CREATE | spec::GO_UNBLOCK => event.args[0],
            _ => event.go,
        };
        let is_of_proc = matches!(event.kind, spec::PROC_START | spec::PROC_STOP);
        let (go, proc) = if is_of_proc { (0, event.proc) } else { (go, -1) };
        let (go, proc) = (self.scheduler.go_idx(go), self.scheduler.proc_idx(proc));
        if go != NO_IDX || proc != NO_IDX {
            let bytes = event.offset..event.offset;
            sink.lost(&Lost { thread: NO_IDX, go, proc, bytes, since: None, until: Some(TraceTime(event.time)) });
        }
    }

    /// How an event contradicts what went before, if it does (Go gives the whole trace up).
    fn fault_of(&mut self, event: &Event) -> Option<&'static str> {
        let state = |scheduler: &mut Scheduler, go: u64| match go {
            0 => go_state::RUNNING,
            go if !scheduler.knows_go(go) => go_state::NOT_EXIST,
            go => {
                let idx = scheduler.go_idx(go);
                scheduler.go(idx).state
            }
        };
        let [first, ..] = event.args;
        let acting = state(&mut self.scheduler, event.go);
        let on_proc = self.scheduler.proc(event.proc).map_or(0, |proc| proc.go);
        let is_running = self.scheduler.proc(event.proc).is_some_and(|proc| proc.is_running);
        let is_waiting = |state| matches!(state, go_state::WAITING | go_state::SYSCALL);
        match event.kind {
            spec::PROC_START => is_running.then_some("a proc starts that runs"),
            spec::PROC_STOP => (!is_running || on_proc != 0).then_some("a proc stops that does not idle"),
            spec::GO_CREATE if self.scheduler.knows_go(first) => Some("a goroutine is created that exists"),
            spec::GO_START | spec::GO_START_LABEL => {
                let ready = acting == go_state::RUNNABLE && on_proc == 0;
                (!ready).then_some("a goroutine starts that is not ready, or where another runs")
            }
            spec::GO_WAITING | spec::GO_IN_SYSCALL => {
                (acting != go_state::RUNNABLE).then_some("a goroutine is listed in two states")
            }
            spec::GO_UNBLOCK => {
                let waits = is_waiting(state(&mut self.scheduler, first));
                (!waits).then_some("a goroutine is woken that does not wait")
            }
            spec::SYSCALL_EXIT => {
                (acting != go_state::SYSCALL).then_some("a goroutine returns from a system call that it is not in")
            }
            spec::REGION if event.args[1] > 1 => Some("a region neither begins nor ends"),
            kind if leaves(kind) || kind == spec::SYSCALL => {
                let runs = acting == go_state::RUNNING || (kind == spec::SYSCALL_BLOCK && acting == go_state::SYSCALL);
                (!runs || event.go == 0 || on_proc != event.go).then_some("a goroutine acts that does not run")
            }
            _ => None,
        }
    }

    /// Where an event happens, by the rules of the style.
    fn draft(&mut self, event: &Event) -> Draft {
        let mut proc = event.proc;
        if self.is_model() {
            if event.kind == spec::SYSCALL_EXIT {
                proc = -1;
            }
        } else {
            match event.kind {
                spec::GO_UNBLOCK => {
                    let woken = self.scheduler.go_idx(event.args[0]);
                    if self.scheduler.go(woken).on_net {
                        proc = NETWORK_PROC;
                    } else if self.recording.timer_gos.contains(&event.go) {
                        proc = TIMER_PROC;
                    }
                }
                spec::SYSCALL_EXIT => proc = SYSCALL_PROC,
                spec::GC_START => proc = COLLECTOR_PROC,
                _ => {}
            }
        }
        let thread = match event.kind {
            spec::CPU_SAMPLE => None,
            _ => self.scheduler.proc(proc).and_then(|proc| proc.thread),
        };
        let event = Ordered {
            kind: EventKind::SYNC,
            time: TraceTime(event.time),
            thread: thread.map_or(NO_IDX, |thread| self.scheduler.thread_idx(thread)),
            proc: self.scheduler.proc_idx(proc),
            go: self.scheduler.go_idx(event.go),
            subject: NO_IDX,
            from: 0,
            to: 0,
            args: [0; 4],
        };
        Draft { event, proc }
    }

    fn convert(&mut self, event: &Event, is_blocking: bool, sink: &mut impl Sink) -> Result<()> {
        let [a, b, c] = event.args;
        let stack = u64::from(event.stack);
        match event.kind {
            spec::GOMAXPROCS => return self.max_procs(event, sink),
            spec::PROC_START | spec::PROC_STOP => return self.proc_event(event, sink),
            spec::GO_CREATE..=spec::SYSCALL_BLOCK | spec::BLOCK_GC | spec::GO_START_LABEL => {
                return self.go_event(event, is_blocking, sink);
            }
            spec::GO_WAITING | spec::GO_IN_SYSCALL => {
                let (status, state) = if event.kind == spec::GO_WAITING {
                    (STATUS_WAITING, go_state::WAITING)
                } else {
                    (STATUS_SYSCALL, go_state::SYSCALL)
                };
                return self.status(event, status, state, sink);
            }
            _ => {}
        }
        let draft = self.draft(event);
        let mut out = draft.event;
        (out.kind, out.args) = match event.kind {
            spec::GC_START => (EventKind::GC_BEGIN, [a, stack, 0, 0]),
            spec::GC_DONE => (EventKind::GC_END, [0; 4]),
            spec::STW_START => {
                self.stw_kind = self.recording.stw_kind(a);
                (EventKind::STW_BEGIN, [self.stw_kind, 0, 0, 0])
            }
            spec::STW_DONE => (EventKind::STW_END, [self.stw_kind, 0, 0, 0]),
            spec::SWEEP_START => (EventKind::GC_SWEEP_BEGIN, [stack, 0, 0, 0]),
            spec::SWEEP_DONE => (EventKind::GC_SWEEP_END, [a, b, 0, 0]),
            spec::ASSIST_START => (EventKind::GC_MARK_ASSIST_BEGIN, [stack, 0, 0, 0]),
            spec::ASSIST_DONE => (EventKind::GC_MARK_ASSIST_END, [0; 4]),
            spec::HEAP_ALLOC => (EventKind::HEAP_ALLOC, [a, 0, 0, 0]),
            spec::HEAP_GOAL => (EventKind::HEAP_GOAL, [a, 0, 0, 0]),
            spec::TASK_CREATE => (EventKind::USER_TASK_BEGIN, [a, if b == 0 { u64::MAX } else { b }, c, stack]),
            spec::TASK_END => (EventKind::USER_TASK_END, [a, stack, 0, 0]),
            spec::REGION if b == 0 => (EventKind::USER_REGION_BEGIN, [a, c, stack, 0]),
            spec::REGION if b == 1 => (EventKind::USER_REGION_END, [a, c, stack, 0]),
            spec::LOG => (EventKind::USER_LOG, [a, b, c, stack]),
            spec::CPU_SAMPLE => (EventKind::CPU_SAMPLE, [stack, 0, 0, 0]),
            _ => return Ok(()),
        };
        out.subject = match event.kind {
            spec::SWEEP_START | spec::SWEEP_DONE => out.proc,
            spec::STW_START | spec::STW_DONE | spec::ASSIST_START | spec::ASSIST_DONE => out.go,
            _ => NO_IDX,
        };
        if out.kind.is_region_or_task() {
            sink.at(event.offset);
        }
        self.emit(out, sink)
    }

    /// The first one ends the list of what there was.
    fn max_procs(&mut self, event: &Event, sink: &mut impl Sink) -> Result<()> {
        let is_first = self.listed.is_some();
        for (go, entry) in self.listed.take().unwrap_or_default() {
            let event = Event { go: 0, proc: -1, args: [go, entry, 0], ..*event };
            self.status(&event, STATUS_RUNNABLE, go_state::RUNNABLE, sink)?;
        }
        // Go's reader leaves the first one out.
        if is_first && !self.is_model() {
            return Ok(());
        }
        let mut out = self.draft(event).event;
        out.kind = EventKind::PROCS_CHANGE;
        out.args = [event.args[0], u64::from(event.stack), 0, 0];
        self.emit(out, sink)
    }

    /// A goroutine's state when the trace began. Its id is the first argument.
    fn status(&mut self, event: &Event, status: u64, state: u8, sink: &mut impl Sink) -> Result<()> {
        let [go, mut entry, _] = event.args;
        let mut is_first = true;
        if event.go != 0 {
            let listed = self.listed.as_mut().and_then(|listed| listed.remove(&go));
            entry = listed.unwrap_or(0);
            is_first = listed.is_some() || !self.scheduler.knows_go(go);
        }
        let mut out = self.draft(event).event;
        out.kind = EventKind::GO_STATUS;
        out.subject = self.scheduler.go_idx(go);
        out.args = [go, u64::MAX, status, 0];
        (out.from, out.to) = (go_state::UNDETERMINED, state);
        // In a damaged trace a goroutine may be listed of which more has been told already.
        if self.is_model() && !is_first {
            out.from = self.scheduler.go(out.subject).state;
        }
        if self.is_model() {
            out.go = NO_IDX;
            if entry != 0 {
                out.kind = EventKind::GO_STATUS_STACK;
                out.args[3] = entry;
            }
        }
        self.scheduler.set_go(out.subject, state, false);
        self.emit(out, sink)
    }

    fn proc_event(&mut self, event: &Event, sink: &mut impl Sink) -> Result<()> {
        let is_start = event.kind == spec::PROC_START;
        let (mut is_known, mut is_stolen) = (false, false);
        if let Some(proc) = self.scheduler.proc(event.proc) {
            is_stolen = std::mem::take(&mut proc.is_stolen);
            is_known = std::mem::replace(&mut proc.is_known, true);
            proc.is_running = is_start;
            if is_start {
                proc.thread = Some(event.args[0]);
            }
        }
        let Draft { event: mut out, proc } = self.draft(event);
        let id = u64::try_from(proc).unwrap_or(u64::MAX);
        out.subject = out.proc;
        let (from, to) =
            if is_start { (proc_state::IDLE, proc_state::RUNNING) } else { (proc_state::RUNNING, proc_state::IDLE) };
        out.to = to;
        if is_known {
            out.kind = if is_start { EventKind::PROC_START } else { EventKind::PROC_STOP };
            out.from = from;
            out.args = [id, 0, 0, 0];
        } else {
            out.kind = EventKind::PROC_STATUS;
            out.from = proc_state::UNDETERMINED;
            out.args = [id, if is_start { 1 } else { 2 }, 0, 0];
        }
        if let Some(proc) = self.scheduler.proc(event.proc).filter(|_| !is_start) {
            proc.thread = None;
        }
        if is_stolen && !is_start {
            return Ok(());
        }
        self.emit(out, sink)
    }

    fn go_event(&mut self, event: &Event, is_blocking: bool, sink: &mut impl Sink) -> Result<()> {
        let [a, b, c] = event.args;
        let stack = u64::from(event.stack);
        match event.kind {
            spec::GO_CREATE => {
                if let Some(listed) = self.listed.as_mut() {
                    listed.insert(a, b);
                    let go = self.scheduler.go_idx(a);
                    self.scheduler.set_go(go, go_state::RUNNABLE, false);
                    return Ok(());
                }
                if self.scheduler.knows_go(a) {
                    let old = self.scheduler.go_idx(a);
                    self.scheduler.set_go(old, go_state::NOT_EXIST, false);
                }
                self.moves(
                    event,
                    change(EventKind::GO_CREATE, a, (go_state::NOT_EXIST, go_state::RUNNABLE), [a, b, stack, 0]),
                    sink,
                )
            }
            spec::GO_START | spec::GO_START_LABEL => {
                if let Some(proc) = self.scheduler.proc(event.proc) {
                    proc.go = event.go;
                }
                if event.kind == spec::GO_START && self.listed.is_some() {
                    return self.status(event, STATUS_RUNNING, go_state::RUNNING, sink);
                }
                let states = (go_state::RUNNABLE, go_state::RUNNING);
                self.moves(event, change(EventKind::GO_START, a, states, [a, b, c, 0]), sink)?;
                if event.kind == spec::GO_START_LABEL {
                    let mut out = self.draft(event).event;
                    self.default_thread(&mut out);
                    (out.kind, out.args, out.subject) = (EventKind::GO_LABEL, [c, 0, 0, 0], out.go);
                    self.emit(out, sink)?;
                }
                Ok(())
            }
            spec::GO_UNBLOCK => {
                let states = (go_state::WAITING, go_state::RUNNABLE);
                self.moves(event, change(EventKind::GO_UNBLOCK, a, states, [a, b, stack, 0]), sink)
            }
            spec::SYSCALL => self.syscall(event, is_blocking, sink),
            spec::SYSCALL_EXIT => {
                let states = (go_state::SYSCALL, go_state::RUNNABLE);
                self.moves(event, change(EventKind::GO_SYSCALL_END_BLOCKED, event.go, states, [0; 4]), sink)
            }
            spec::SYSCALL_BLOCK => self.give_up_proc(event, sink),
            kind => {
                let reason = [self.recording.reason(kind), stack, 0, 0];
                let (out, to, args) = match kind {
                    spec::GO_END => (EventKind::GO_DESTROY, go_state::NOT_EXIST, [0; 4]),
                    spec::GO_SCHED | spec::GO_PREEMPT => (EventKind::GO_STOP, go_state::RUNNABLE, reason),
                    _ => (EventKind::GO_BLOCK, go_state::WAITING, reason),
                };
                self.moves(event, change(out, event.go, (go_state::RUNNING, to), args), sink)?;
                self.clear_proc(event);
                Ok(())
            }
        }
    }

    fn clear_proc(&mut self, event: &Event) {
        if let Some(proc) = self.scheduler.proc(event.proc) {
            proc.go = 0;
        }
    }

    /// More than its existence is told of a goroutine while what there was is being listed: only damaged
    /// traces do that.
    fn unlist(&mut self, go: u64) {
        if self.is_model()
            && let Some(listed) = self.listed.as_mut()
        {
            listed.remove(&go);
        }
    }

    /// Gives out a change of a goroutine's state.
    fn moves(&mut self, event: &Event, change: Change, sink: &mut impl Sink) -> Result<()> {
        let Change { kind, go, from, to, args } = change;
        self.unlist(go);
        let mut out = self.draft(event).event;
        out.kind = kind;
        out.args = args;
        out.subject = self.scheduler.go_idx(go);
        (out.from, out.to) = (from, to);
        if event.kind == spec::GO_START_LABEL {
            self.default_thread(&mut out);
        }
        if self.is_model() {
            if kind == EventKind::GO_START {
                out.go = NO_IDX;
            }
            if kind != EventKind::GO_CREATE {
                out.from = self.scheduler.go(out.subject).state;
            }
        }
        self.scheduler.set_go(out.subject, to, event.kind == spec::BLOCK_NET);
        self.emit(out, sink)
    }

    /// A system call: one that gives up its proc ends when the goroutine comes back; another one ends at
    /// once, since nobody tells when.
    fn syscall(&mut self, event: &Event, is_blocking: bool, sink: &mut impl Sink) -> Result<()> {
        self.unlist(event.go);
        let mut out = self.draft(event).event;
        out.kind = EventKind::GO_SYSCALL_BEGIN;
        out.args = [0, u64::from(event.stack), 0, 0];
        out.subject = out.go;
        (out.from, out.to) = (go_state::RUNNING, go_state::SYSCALL);
        if is_blocking {
            self.scheduler.set_go(out.subject, go_state::SYSCALL, false);
            return self.emit(out, sink);
        }
        self.default_thread(&mut out);
        self.emit(out, sink)?;
        let end = Ordered {
            kind: EventKind::GO_SYSCALL_END,
            time: out.time.plus_nanos(1),
            from: go_state::SYSCALL,
            to: go_state::RUNNING,
            args: [0; 4],
            ..out
        };
        self.emit(end, sink)
    }

    /// A system call takes long, so its proc is taken away.
    fn give_up_proc(&mut self, event: &Event, sink: &mut impl Sink) -> Result<()> {
        self.clear_proc(event);
        let go = self.scheduler.go_idx(event.go);
        self.scheduler.set_go(go, go_state::SYSCALL, false);
        if !self.is_model() {
            return Ok(());
        }
        if let Some(proc) = self.scheduler.proc(event.proc) {
            proc.is_stolen = true;
        }
        let Draft { event: mut out, proc } = self.draft(event);
        out.kind = EventKind::PROC_STEAL;
        out.subject = out.proc;
        (out.from, out.to) = (proc_state::RUNNING, proc_state::IDLE);
        out.args = [u64::try_from(proc).unwrap_or(u64::MAX), 0, self.scheduler.ids.thread(out.thread).0, 0];
        self.emit(out, sink)
    }

    /// Go's reader puts certain events on thread 0 when it does not know theirs.
    fn default_thread(&mut self, out: &mut Ordered) {
        if out.thread == NO_IDX && !self.is_model() {
            out.thread = self.scheduler.thread_idx(0);
        }
    }
}
