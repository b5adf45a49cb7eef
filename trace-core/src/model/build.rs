//! Takes the ordered events of one generation and keeps them as a log of state changes, which is cut into
//! segments as it grows.

use std::sync::Arc;

use crate::base::error::Result;
use crate::event::kind::EventKind;
use crate::event::state::GoState;
use crate::model::counters::{CountBuilder, Steps};
use crate::model::cut::{self, Pools};
use crate::model::draft::{ACTOR_NONE, ACTOR_PROC, ACTOR_THREAD, SegmentDraft};
use crate::model::hole::{HoleDraft, MAX_HOLES};
use crate::model::kinds::{self, SharedKinds};
use crate::model::side::{
    LabelMark, LogMark, RangeKind, RangeMark, RangeMove, RegionMark, SampleMark, Side, StealMark, TaskMark, TenureMark,
};
use crate::model::symbols::Symbols;
use crate::model::tenures::ProcChange;
use crate::order::sink::{Ids, Lost, NO_IX, Ordered, Sink};

/// Rows after which a segment is cut: what bounds the memory that a worker needs.
pub(crate) const SEGMENT_ROWS: usize = 1 << 18;
/// Procs of which the next event is waited for: as many as any machine has processors.
const MAX_ANNOUNCED: usize = 512;
/// Rows of one goroutine on one proc that share an entry in the proc's lane.
const TENURE_ROWS: u8 = 4;
/// Stack slots above this do not fit in a log row (a generation never has so many).
const MAX_AUX: u32 = 0xff_ffff;

/// A row of the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogRow {
    /// Local goroutine.
    pub(crate) lane: u32,
    /// ns since the segment's base.
    pub(crate) start: u32,
    pub(crate) other: u32,
    /// Stack slot or local thread; the kind in the upper eight bits.
    pub(crate) aux_kind: u32,
}

/// An entry for the lanes of procs and threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogRef {
    /// The log row that begins it; for a mark, the row before which it comes.
    pub(crate) row: u32,
    /// Local proc, or none.
    pub(crate) proc: u32,
    /// Local thread, or [`LogRef::MARK`].
    pub(crate) thread: u32,
}

impl LogRef {
    /// In place of a thread: the proc loses its goroutine here.
    pub(crate) const MARK: u32 = u32::MAX - 1;
}

/// What is kept per local goroutine.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GoLocal {
    /// Rows in this segment; while cutting, the place of the next one.
    pub(crate) rows: u32,
    /// Rows in this segment on which it acted; while cutting, the place of the next one.
    pub(crate) acts: u32,
    /// Time of its last row, ns since the base.
    last: u32,
    /// It was created in this generation.
    pub(crate) is_new: bool,
    has_name: bool,
    /// It has had a row in this generation.
    has_rows: bool,
}

/// What is kept per local proc.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ProcLocal {
    pub(crate) refs: u32,
    pub(crate) acts: u32,
    /// The goroutine that is on it.
    go: u32,
    /// Some goroutine has been on it in this generation.
    is_used: bool,
    /// When it was last heard of, ns.
    last: i64,
}

/// What is kept per local thread.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadLocal {
    pub(crate) refs: u32,
    pub(crate) acts: u32,
    /// Whose tenure is open in this segment, and its rows so far.
    go: u32,
    tenure: u8,
    /// Some goroutine has been on it in this generation.
    is_used: bool,
}

/// The log since the last cut, and the tallies that go with it.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) rows: Vec<LogRow>,
    pub(crate) refs: Vec<LogRef>,
    /// Times of marks, ns since the base.
    pub(crate) marks: Vec<u32>,
    pub(crate) gos: Vec<GoLocal>,
    pub(crate) procs: Vec<ProcLocal>,
    pub(crate) threads: Vec<ThreadLocal>,
    pub(crate) max_aux: u32,
    /// Largest local proc or thread among `other`, plus 1.
    pub(crate) max_place: u32,
}

/// Where finished segments go.
pub(crate) type Emit<'a> = dyn FnMut(SegmentDraft) -> Result<()> + 'a;

/// The model's builder for one generation.
pub(crate) struct Builder<'a> {
    symbols: Arc<Symbols>,
    shared_kinds: SharedKinds,
    emit: &'a mut Emit<'a>,
    segment_rows: usize,
    log: Log,
    base: i64,
    now: i64,
    side: Side,
    counts: CountBuilder,
    heap_live: Steps,
    heap_goal: Steps,
    max_procs: Steps,
    names: Vec<(u32, u32)>,
    /// Ids handed over so far: goroutines, procs, threads.
    sent: (usize, usize, usize),
    event_kinds: Box<[u64; 256]>,
    events: u64,
    /// Kinds of stops and blocks by small string id; 0 is "not asked yet".
    stop_kinds: Vec<u8>,
    wait_kinds: Vec<u8>,
    /// Who is handing over to another as a coroutine.
    switching: u32,
    /// Procs that were said to run something, and when: the next event on them tells whether it is the
    /// goroutine of the generation before.
    announced: Vec<(u32, i64)>,
    pools: Pools,
    /// Stacks and texts were named that the generation does not hold.
    has_unknown: bool,
    holes: Vec<HoleDraft>,
}

/// What a builder has met besides segments.
#[derive(Debug, Default)]
pub(crate) struct Met {
    /// Stacks or texts were named that are not there.
    pub(crate) has_unknown: bool,
    /// Where events are lost.
    pub(crate) holes: Vec<HoleDraft>,
}

impl std::fmt::Debug for Builder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("events", &self.events).finish_non_exhaustive()
    }
}

impl<'a> Builder<'a> {
    /// A builder for a generation with these symbols; finished segments go to `emit`.
    pub(crate) fn new(symbols: Arc<Symbols>, shared_kinds: SharedKinds, emit: &'a mut Emit<'a>) -> Self {
        Self {
            symbols,
            shared_kinds,
            emit,
            segment_rows: SEGMENT_ROWS,
            log: Log::default(),
            base: i64::MIN,
            now: i64::MIN,
            side: Side::default(),
            counts: CountBuilder::default(),
            heap_live: Steps::default(),
            heap_goal: Steps::default(),
            max_procs: Steps::default(),
            names: Vec::new(),
            sent: (0, 0, 0),
            event_kinds: Box::new([0; 256]),
            events: 0,
            stop_kinds: Vec::new(),
            wait_kinds: Vec::new(),
            switching: NO_IX,
            announced: Vec::new(),
            pools: Pools::default(),
            has_unknown: false,
            holes: Vec::new(),
        }
    }

    /// Cuts segments after so many rows.
    pub(crate) const fn with_segment_rows(mut self, rows: usize) -> Self {
        self.segment_rows = rows;
        self
    }

    /// Hands over what is left; tells what has been met. `ids` as of the last event.
    ///
    /// # Errors
    /// If the receiver is gone.
    pub(crate) fn finish(mut self, ids: &Ids) -> Result<Met> {
        if self.events > 0 {
            self.cut(ids)?;
        }
        Ok(Met { has_unknown: self.has_unknown, holes: self.holes })
    }

    /// The slot of a stack; 0 if there is none, or it is lost.
    #[inline]
    fn stack_slot(&mut self, id: u64) -> u32 {
        let slot = self.symbols.stack_slot(id);
        self.has_unknown |= slot == 0 && id != 0;
        slot
    }

    /// The slot of a text; 0 if it is empty, or lost.
    fn string_slot(&mut self, id: u64) -> u32 {
        let slot = self.symbols.string_slot(id);
        self.has_unknown |= slot == 0 && id != 0;
        slot
    }

    fn cut(&mut self, ids: &Ids) -> Result<()> {
        let classes = self.shared_kinds.snapshot().classes;
        let columns = cut::columns(&mut self.log, &classes, &mut self.pools);
        // Ids of the event that is about to be taken in come with the next segment.
        let log = &self.log;
        let known = (log.gos.len(), log.procs.len(), log.threads.len());
        let new_gos = ids.gos.get(self.sent.0..known.0).unwrap_or_default().to_vec();
        let created = self.log.gos.get(self.sent.0..).unwrap_or_default();
        let new_created = created.iter().map(|go| go.is_new).collect();
        let new_procs = ids.procs.get(self.sent.1..known.1).unwrap_or_default().to_vec();
        let new_threads = ids.threads.get(self.sent.2..known.2).unwrap_or_default().to_vec();
        self.sent = known;
        let draft = SegmentDraft {
            base: self.base,
            end: self.now,
            rows: columns.rows,
            lanes: columns.lanes,
            old: columns.old,
            row_starts: columns.row_starts,
            lod: columns.lod,
            procs: columns.procs,
            threads: columns.threads,
            flows: columns.flows,
            counts: self.counts.cut(),
            base_counts: self.counts.base,
            heap_live: std::mem::take(&mut self.heap_live),
            heap_goal: std::mem::take(&mut self.heap_goal),
            max_procs: std::mem::take(&mut self.max_procs),
            new_gos,
            new_created,
            new_procs,
            new_threads,
            names: std::mem::take(&mut self.names),
            side: std::mem::take(&mut self.side),
            events: std::mem::take(&mut self.events),
            kinds: std::mem::replace(&mut self.event_kinds, Box::new([0; 256])),
        };
        self.base = i64::MIN;
        self.announced.clear();
        (self.emit)(draft)
    }

    /// Makes room for local numbers handed out since.
    #[cold]
    fn grow(&mut self, ids: &Ids) {
        self.log.gos.resize(ids.gos.len(), GoLocal::default());
        let proc = ProcLocal { refs: 0, acts: 0, go: NO_IX, is_used: false, last: self.now };
        self.log.procs.resize(ids.procs.len(), proc);
        let thread = ThreadLocal { refs: 0, acts: 0, go: NO_IX, tenure: 0, is_used: false };
        self.log.threads.resize(ids.threads.len(), thread);
    }

    /// Adds a row for the event's subject.
    #[inline]
    fn row(&mut self, ev: &Ordered, kind: u8, aux: u32, other: u32) {
        let Some(go) = self.log.gos.get_mut(ev.subject as usize) else { return };
        let start = ev.time.0.wrapping_sub(self.base) as u32;
        go.rows += 1;
        go.last = start;
        go.has_rows = true;
        let aux = aux & MAX_AUX;
        self.log.max_aux = self.log.max_aux.max(aux);
        let aux_kind = aux | u32::from(kind) << 24;
        self.log.rows.push(LogRow { lane: ev.subject, start, other, aux_kind });
        self.counts.step(start, ev.from, ev.to);
    }

    /// Says that the subject's next row is on the event's thread and proc. `is_fresh`: it just came there.
    #[inline]
    fn occupy(&mut self, ev: &Ordered, is_fresh: bool) {
        // In a damaged trace a system call may end on a thread that runs nobody: no row will follow.
        if ev.subject == NO_IX {
            return;
        }
        let Some(thread) = self.log.threads.get_mut(ev.thread as usize) else { return };
        if !is_fresh && thread.go == ev.subject && thread.tenure < TENURE_ROWS {
            thread.tenure += 1;
            return;
        }
        thread.go = ev.subject;
        thread.tenure = 1;
        thread.refs += 1;
        thread.is_used = true;
        if let Some(proc) = self.log.procs.get_mut(ev.proc as usize) {
            proc.refs += 1;
            proc.go = ev.subject;
            proc.is_used = true;
            proc.last = ev.time.0;
        }
        self.log.refs.push(LogRef { row: self.log.rows.len() as u32, proc: ev.proc, thread: ev.thread });
    }

    /// The event's goroutine leaves its proc.
    #[inline]
    fn leave(&mut self, ev: &Ordered) {
        if let Some(proc) = self.log.procs.get_mut(ev.proc as usize)
            && proc.go == ev.subject
        {
            proc.go = NO_IX;
        }
    }

    /// A row that belongs to somebody else's act: creation, unblock, switch.
    #[inline]
    fn acted_on(&mut self, ev: &Ordered, kind: u8, stack: u64) {
        let actor = if let Some(go) = self.log.gos.get_mut(ev.go as usize) {
            go.acts += 1;
            ev.go
        } else if let Some(proc) = self.log.procs.get_mut(ev.proc as usize) {
            proc.acts += 1;
            ACTOR_PROC | ev.proc
        } else if let Some(thread) = self.log.threads.get_mut(ev.thread as usize) {
            thread.acts += 1;
            ACTOR_THREAD | ev.thread
        } else {
            ACTOR_NONE
        };
        let stack = self.stack_slot(stack);
        self.row(ev, kind, stack, actor);
    }

    /// A row that begins with the goroutine's own stack.
    #[inline]
    fn own(&mut self, ev: &Ordered, kind: u8, stack: u64, other: u32) {
        let stack = self.stack_slot(stack);
        if stack != 0
            && let Some(go) = self.log.gos.get_mut(ev.subject as usize)
            && !go.has_name
        {
            go.has_name = true;
            self.names.push((ev.subject, stack));
        }
        self.row(ev, kind, stack, other);
    }

    fn created(&mut self, ev: &Ordered, kind: u8) {
        let name = self.stack_slot(ev.args[1]);
        if let Some(go) = self.log.gos.get_mut(ev.subject as usize) {
            go.is_new = go.rows == 0;
            if name != 0 {
                go.has_name = true;
                self.names.push((ev.subject, name));
            }
        }
        self.acted_on(ev, kind, ev.args[2]);
    }

    /// Whether a goroutine cannot have been in a state since the generation began, because it was in another,
    /// or another was on its thread or proc: only damaged traces say so.
    fn is_taken(&self, ev: &Ordered) -> bool {
        let thread = || self.log.threads.get(ev.thread as usize).is_some_and(|thread| thread.is_used);
        let proc = || self.log.procs.get(ev.proc as usize).is_some_and(|proc| proc.is_used);
        let has_rows = self.log.gos.get(ev.subject as usize).is_some_and(|go| go.has_rows);
        has_rows || (matches!(ev.to, 3 | 5) && (thread() || proc()))
    }

    fn status(&mut self, ev: &Ordered, stack: u64) {
        if ev.from == ev.to {
            return;
        }
        let first = if ev.from == 0 && !self.is_taken(ev) { kinds::STATUS } else { kinds::STATUS_HERE };
        match ev.to {
            2 => self.own(ev, first, stack, ACTOR_NONE),
            3 => {
                self.occupy(ev, true);
                self.row(ev, first + 1, ev.thread, ev.proc);
            }
            4 => self.own(ev, first + 3, stack, ACTOR_NONE),
            5 => {
                self.occupy(ev, true);
                self.log.max_place = self.log.max_place.max(ev.thread.wrapping_add(1));
                self.own(ev, first + 2, stack, ev.thread);
            }
            _ => {}
        }
    }

    /// The kind for stopping or blocking for the reason with this string id.
    #[inline]
    fn reason_kind(&mut self, state: GoState, id: u64) -> u8 {
        let cache = if state == GoState::Waiting { &self.wait_kinds } else { &self.stop_kinds };
        match usize::try_from(id).ok().and_then(|id| cache.get(id)) {
            Some(&kind) if kind != 0 => kind,
            _ => self.ask_reason_kind(state, id),
        }
    }

    #[cold]
    fn ask_reason_kind(&mut self, state: GoState, id: u64) -> u8 {
        self.string_slot(id);
        let kind = self.shared_kinds.code(state, self.symbols.text(id));
        let cache = if state == GoState::Waiting { &mut self.wait_kinds } else { &mut self.stop_kinds };
        if id < 1 << 16 {
            let at = id as usize;
            if at >= cache.len() {
                cache.resize(at + 1, 0);
            }
            cache[at] = kind;
        }
        kind
    }

    #[inline]
    fn goroutine_event(&mut self, ev: &Ordered) -> bool {
        match ev.kind {
            EventKind::GO_START => {
                self.occupy(ev, true);
                self.row(ev, kinds::STARTED, ev.thread, ev.proc);
            }
            EventKind::GO_BLOCK if ev.subject == self.switching => {
                self.switching = NO_IX;
                self.leave(ev);
                self.own(ev, kinds::SWITCHED_AWAY, ev.args[1], ACTOR_NONE);
            }
            EventKind::GO_BLOCK => {
                let kind = self.reason_kind(GoState::Waiting, ev.args[0]);
                self.leave(ev);
                self.own(ev, kind, ev.args[1], ACTOR_NONE);
            }
            EventKind::GO_STOP => {
                let kind = self.reason_kind(GoState::Runnable, ev.args[0]);
                self.leave(ev);
                self.own(ev, kind, ev.args[1], ACTOR_NONE);
            }
            EventKind::GO_UNBLOCK => self.acted_on(ev, kinds::UNBLOCKED, ev.args[2]),
            EventKind::GO_SYSCALL_BEGIN => {
                self.occupy(ev, false);
                self.own(ev, kinds::SYSCALL, ev.args[1], ev.proc);
            }
            EventKind::GO_SYSCALL_END => {
                self.occupy(ev, false);
                self.row(ev, kinds::SYSCALL_BACK, ev.thread, ev.proc);
            }
            EventKind::GO_SYSCALL_END_BLOCKED => {
                self.leave(ev);
                self.row(ev, kinds::SYSCALL_EXIT, 0, ACTOR_NONE);
            }
            EventKind::GO_CREATE => self.created(ev, kinds::CREATED),
            EventKind::GO_CREATE_BLOCKED => self.created(ev, kinds::CREATED_WAITING),
            EventKind::GO_CREATE_SYSCALL => {
                self.occupy(ev, true);
                self.log.max_place = self.log.max_place.max(ev.thread.wrapping_add(1));
                self.row(ev, kinds::CREATED_SYSCALL, 0, ev.thread);
            }
            EventKind::GO_DESTROY | EventKind::GO_DESTROY_SYSCALL => {
                self.leave(ev);
                self.row(ev, kinds::DEAD, 0, ACTOR_NONE);
            }
            EventKind::GO_STATUS => self.status(ev, 0),
            EventKind::GO_STATUS_STACK => self.status(ev, ev.args[3]),
            EventKind::GO_SWITCH | EventKind::GO_SWITCH_DESTROY => {
                self.switching = ev.go;
                self.acted_on(ev, kinds::SWITCHED_TO, 0);
            }
            _ => return false,
        }
        true
    }

    fn side_event(&mut self, ev: &Ordered) {
        let time = ev.time.0;
        let [a, b, c, d] = ev.args;
        let at = ev.time.0.wrapping_sub(self.base) as u32;
        match ev.kind {
            EventKind::PROC_STEAL | EventKind::PROC_STOP => self.lose_proc(ev),
            EventKind::PROC_START => self.tenure(ev, ev.thread, ProcChange::Started),
            EventKind::PROC_STATUS if ev.to == 2 => {
                if self.announced.len() >= MAX_ANNOUNCED {
                    self.announced.swap_remove(0);
                }
                self.announced.push((ev.subject, time));
                self.tenure(ev, ev.thread, ProcChange::Announced);
            }
            EventKind::PROC_STATUS => {
                self.mark(ev.subject, time);
                self.tenure(ev, NO_IX, ProcChange::Announced);
            }
            EventKind::HEAP_ALLOC => self.heap_live.push(at, a),
            EventKind::HEAP_GOAL => self.heap_goal.push(at, a),
            EventKind::PROCS_CHANGE => self.max_procs.push(at, a),
            EventKind::USER_REGION_BEGIN | EventKind::USER_REGION_END => {
                let is_begin = ev.kind == EventKind::USER_REGION_BEGIN;
                let (name, stack) = (self.string_slot(b), self.stack_slot(c));
                self.side.regions.push(RegionMark { time, go: ev.go, name, task: a, stack, is_begin });
            }
            EventKind::USER_TASK_BEGIN => {
                let (name, stack) = (self.string_slot(c), self.stack_slot(d));
                self.side.tasks.push(TaskMark { time, id: a, parent: b, go: ev.go, name, stack, is_begin: true });
            }
            EventKind::USER_TASK_END => {
                let stack = self.stack_slot(b);
                let parent = u64::MAX;
                self.side.tasks.push(TaskMark { time, id: a, parent, go: ev.go, name: 0, stack, is_begin: false });
            }
            EventKind::USER_LOG => {
                let (category, message) = (self.string_slot(b), self.string_slot(c));
                let stack = self.stack_slot(d);
                self.side.logs.push(LogMark { time, go: ev.go, category, message, stack, task: a });
            }
            EventKind::GO_LABEL => {
                let go = if ev.subject == NO_IX { ev.go } else { ev.subject };
                let text = self.string_slot(a);
                self.side.labels.push(LabelMark { time, go, text });
            }
            EventKind::CPU_SAMPLE => {
                let stack = self.stack_slot(a);
                let mark = SampleMark { time, go: ev.go, proc: ev.proc, thread: ev.thread, stack };
                self.side.samples.push(mark);
            }
            _ => self.range_event(ev),
        }
    }

    fn range_event(&mut self, ev: &Ordered) {
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
            MarkAssist | Stw if ev.subject != NO_IX => go = ev.subject,
            Sweep if ev.subject != NO_IX => proc = ev.subject,
            _ => {}
        }
        let stack = self.stack_slot(stack);
        let reason = if kind == Stw { self.string_slot(a) } else { 0 };
        let bytes = if kind == Sweep && step == End { (a, b) } else { (0, 0) };
        let time = ev.time.0;
        self.side.ranges.push(RangeMark { time, kind, step, go, proc, stack, reason, bytes });
    }

    /// A proc's lane shows no goroutine from here on.
    fn mark(&mut self, proc: u32, time: i64) {
        let Some(local) = self.log.procs.get_mut(proc as usize) else { return };
        local.refs += 1;
        self.log.marks.push(time.wrapping_sub(self.base) as u32);
        self.log.refs.push(LogRef { row: self.log.rows.len() as u32, proc, thread: LogRef::MARK });
    }

    /// The first event on a proc after its status: unless it tells of a goroutine there, none is.
    #[cold]
    fn settle_proc(&mut self, ev: &Ordered) {
        let Some(at) = self.announced.iter().position(|known| known.0 == ev.proc) else { return };
        let (proc, time) = self.announced.swap_remove(at);
        if !matches!(ev.kind, EventKind::GO_STATUS | EventKind::GO_STATUS_STACK) || !matches!(ev.to, 3 | 5) {
            self.mark(proc, time);
        }
    }

    /// The event's proc is with `thread` from here on.
    fn tenure(&mut self, ev: &Ordered, thread: u32, change: ProcChange) {
        if let Some(proc) = self.log.procs.get_mut(ev.subject as usize) {
            proc.last = ev.time.0;
        }
        self.side.tenures.push(TenureMark { time: ev.time.0, proc: ev.subject, thread, change });
    }

    /// A proc is taken, or let go, maybe while its goroutine sits in a system call.
    fn lose_proc(&mut self, ev: &Ordered) {
        let Some(proc) = self.log.procs.get_mut(ev.subject as usize) else { return };
        let victim = std::mem::replace(&mut proc.go, NO_IX);
        let change = match (ev.kind == EventKind::PROC_STEAL, victim != NO_IX) {
            (true, _) => ProcChange::Stolen,
            (false, true) => ProcChange::HandedOver,
            (false, false) => ProcChange::Stopped,
        };
        self.tenure(ev, NO_IX, change);
        if victim == NO_IX {
            return;
        }
        self.mark(ev.subject, ev.time.0);
        // One that is let go is lost to its goroutine all the same, but nobody took it.
        let thief = if ev.kind == EventKind::PROC_STEAL { ev.thread } else { NO_IX };
        self.side.steals.push(StealMark { time: ev.time.0, victim, thief });
    }
}

impl Sink for Builder<'_> {
    fn event(&mut self, ev: &Ordered, ids: &Ids) -> Result<()> {
        let offset = ev.time.0.wrapping_sub(self.base);
        if self.log.rows.len() >= self.segment_rows || offset > i64::from(u32::MAX) || offset < 0 {
            if self.events > 0 {
                self.cut(ids)?;
            }
            self.base = ev.time.0;
        }
        self.now = ev.time.0;
        self.events += 1;
        self.event_kinds[usize::from(ev.kind.0)] += 1;
        if ids.gos.len() != self.log.gos.len()
            || ids.procs.len() != self.log.procs.len()
            || ids.threads.len() != self.log.threads.len()
        {
            self.grow(ids);
        }
        if !self.announced.is_empty() && ev.kind != EventKind::PROC_STATUS {
            self.settle_proc(ev);
        }
        if !self.goroutine_event(ev) {
            self.side_event(ev);
        }
        Ok(())
    }

    #[cold]
    fn lost(&mut self, lost: &Lost) {
        let &Lost { thread, go, proc, .. } = lost;
        let go_last = self.log.gos.get(go as usize).filter(|local| local.has_rows).map(|local| {
            // Its last row may be in a segment before.
            self.base.saturating_add(if local.rows > 0 { local.last.into() } else { 0 })
        });
        let proc_last = self.log.procs.get(proc as usize).map(|local| local.last);
        let since = lost.since.map(|since| since.0).or(go_last).or(proc_last).unwrap_or(self.now).min(self.now);
        if self.holes.len() < MAX_HOLES {
            let (end, bytes) = (lost.until.map(|until| until.0), lost.bytes.clone());
            self.holes.push(HoleDraft { start: since, end, bytes, thread, go, proc });
        }
        // What the goroutine did then is not known until its next event.
        let (Some(local), Some(go_last)) = (self.log.gos.get_mut(go as usize), go_last) else { return };
        let at = since.max(go_last).max(self.base);
        if lost.until.is_some_and(|until| until.0 <= at) {
            return;
        }
        local.rows += 1;
        let start = at.wrapping_sub(self.base) as u32;
        local.last = start;
        let aux_kind = u32::from(kinds::UNKNOWN) << 24;
        self.log.rows.push(LogRow { lane: go, start, other: ACTOR_NONE, aux_kind });
        if let Some(on) = self.log.threads.get_mut(thread as usize)
            && on.go == go
        {
            on.go = NO_IX;
        }
        if let Some(on) = self.log.procs.get_mut(proc as usize)
            && on.go == go
        {
            on.go = NO_IX;
            self.mark(proc, at);
        }
    }
}

impl Log {
    /// Forgets what belongs to the segment just cut.
    pub(crate) fn restart(&mut self) {
        self.rows.clear();
        self.refs.clear();
        self.marks.clear();
        self.max_aux = 0;
        self.max_place = 0;
        for go in &mut self.gos {
            go.rows = 0;
            go.acts = 0;
        }
        for proc in &mut self.procs {
            proc.refs = 0;
            proc.acts = 0;
        }
        for thread in &mut self.threads {
            thread.refs = 0;
            thread.acts = 0;
            thread.go = NO_IX;
        }
    }
}
