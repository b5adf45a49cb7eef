//! Takes the ordered events of one generation and keeps them as a log of state changes, which is cut into
//! segments as it grows.

mod annotations;
pub(crate) mod log;

use std::sync::Arc;

use crate::base::error::Result;
use crate::base::time::TraceTime;
use crate::event::kind::EventKind;
use crate::event::state::GoState;
use crate::model::annotation_marks::Annotations;
use crate::model::build::log::{GoLocal, Log, LogRef, LogRow, ProcLocal, ThreadLocal};
use crate::model::counters::{CountBuilder, Steps};
use crate::model::draft::SegmentDraft;
use crate::model::gap::{DataGapDraft, MAX_HOLES};
use crate::model::kinds::{self, SharedKinds};
use crate::model::row_codes::{ACTOR_NONE, ACTOR_PROC, ACTOR_THREAD};
use crate::model::seal::{self, Pools};
use crate::model::symbols::Symbols;
use crate::order::sched_state::go_state;
use crate::order::sink::{Ids, Lost, NO_IDX, Ordered, Sink};

/// Rows after which a segment is cut: what bounds the memory that a worker needs.
pub(crate) const SEGMENT_ROWS: usize = 1 << 17;
/// Procs of which the next event is waited for: as many as any machine has processors.
const MAX_ANNOUNCED: usize = 512;
/// Rows of one goroutine on one proc that share an entry in the proc's lane.
const TENURE_ROWS: u8 = 4;
/// Lanes that may be gone through for the sake of pauses that no segment can hold (4.3 s), for each event and on top of
/// that. A whole trace stays far below, a made-up one could be cut after every event.
const CUT_LANES_PER_EVENT: u64 = 8;
const CUT_LANES_AT_LEAST: u64 = 1 << 24;
/// What is left of a pause that is left out, ns.
const SHORT_PAUSE: i64 = 1_000;
/// Stack slots above this do not fit in a log row (a generation never has so many).
const MAX_AUX: u32 = 0xff_ffff;

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
    annotations: Annotations,
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
    /// Lanes gone through in cuts that a pause made, and all events.
    cut_lanes: u64,
    all_events: u64,
    /// Pauses left out so far, ns.
    left_out: i64,
    gaps: Vec<DataGapDraft>,
    /// Offset in the input of the last event that was told.
    offset: u64,
}

/// Memory that a builder leaves to the next one.
#[derive(Debug, Default)]
pub(crate) struct Scratch {
    log: Log,
    pools: Pools,
}

/// What a builder has met besides segments.
#[derive(Debug, Default)]
pub(crate) struct BuildReport {
    /// Stacks or texts were named that are not there.
    pub(crate) has_unknown: bool,
    /// Pauses that were left out because there were too many, ns.
    pub(crate) left_out: i64,
    /// Where events are lost.
    pub(crate) gaps: Vec<DataGapDraft>,
}

impl std::fmt::Debug for Builder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("events", &self.events).finish_non_exhaustive()
    }
}

impl<'a> Builder<'a> {
    /// A builder for a generation with these symbols; finished segments go to `emit`.
    pub(crate) fn new(
        symbols: Arc<Symbols>,
        shared_kinds: SharedKinds,
        scratch: Scratch,
        emit: &'a mut Emit<'a>,
    ) -> Self {
        Self {
            symbols,
            shared_kinds,
            emit,
            segment_rows: SEGMENT_ROWS,
            log: scratch.log.emptied(),
            base: i64::MIN,
            now: i64::MIN,
            annotations: Annotations::default(),
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
            switching: NO_IDX,
            announced: Vec::new(),
            pools: scratch.pools,
            has_unknown: false,
            cut_lanes: 0,
            all_events: 0,
            left_out: 0,
            gaps: Vec::new(),
            offset: 0,
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
    pub(crate) fn finish(mut self, ids: &Ids) -> Result<(BuildReport, Scratch)> {
        if self.events > 0 {
            self.seal(ids)?;
        }
        let report = BuildReport { has_unknown: self.has_unknown, left_out: self.left_out, gaps: self.gaps };
        Ok((report, Scratch { log: self.log, pools: self.pools }))
    }

    /// The slot of a stack; 0 if there is none, or it is lost.
    #[inline(always)]
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

    #[cold]
    #[inline(never)]
    fn seal(&mut self, ids: &Ids) -> Result<()> {
        let classes = self.shared_kinds.snapshot().classes;
        let columns = seal::columns(&mut self.log, &classes, &mut self.pools);
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
            counts: self.counts.seal(),
            base_counts: self.counts.base,
            heap_live: std::mem::take(&mut self.heap_live),
            heap_goal: std::mem::take(&mut self.heap_goal),
            max_procs: std::mem::take(&mut self.max_procs),
            new_gos,
            new_created,
            new_procs,
            new_threads,
            names: std::mem::take(&mut self.names),
            annotations: std::mem::take(&mut self.annotations),
            events: std::mem::take(&mut self.events),
            kinds: std::mem::replace(&mut self.event_kinds, Box::new([0; 256])),
        };
        self.all_events += draft.events;
        self.base = i64::MIN;
        self.announced.clear();
        (self.emit)(draft)
    }

    /// Makes room for local numbers handed out since.
    #[cold]
    fn grow(&mut self, ids: &Ids) {
        self.log.gos.resize(ids.gos.len(), GoLocal::default());
        let proc = ProcLocal { refs: 0, acts: 0, go: NO_IDX, is_used: false, last: self.now };
        self.log.procs.resize(ids.procs.len(), proc);
        let thread = ThreadLocal { refs: 0, acts: 0, go: NO_IDX, ownership: 0, is_used: false };
        self.log.threads.resize(ids.threads.len(), thread);
    }

    /// Adds a row for the event's subject.
    #[inline(always)]
    fn row(&mut self, ev: &Ordered, kind: u8, aux: u32, other: u32) {
        let Some(go) = self.log.gos.get_mut(ev.subject as usize) else { return };
        let start = ev.time.0.wrapping_sub(self.base) as u32;
        go.rows += 1;
        go.last = start;
        go.has_rows = true;
        let aux = aux & MAX_AUX;
        let aux_kind = aux | u32::from(kind) << 24;
        self.log.rows.push(LogRow { lane: ev.subject, start, other, aux_kind });
        self.counts.step(start, ev.from, ev.to);
    }

    /// Says that the subject's next row is on the event's thread and proc. `is_fresh`: it just came there.
    #[inline(always)]
    fn occupy(&mut self, ev: &Ordered, is_fresh: bool) {
        // In a damaged trace a system call may end on a thread that runs nobody: no row will follow.
        if ev.subject == NO_IDX {
            return;
        }
        let Some(thread) = self.log.threads.get_mut(ev.thread as usize) else { return };
        if !is_fresh && thread.go == ev.subject && thread.ownership < TENURE_ROWS {
            thread.ownership += 1;
            return;
        }
        thread.go = ev.subject;
        thread.ownership = 1;
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
            proc.go = NO_IDX;
        }
    }

    /// A row that belongs to somebody else's act: creation, unblock, switch.
    #[inline(always)]
    fn acted_on(&mut self, ev: &Ordered, kind: u8, stack: u64) {
        // In a damaged trace an act may be on nobody: no row will follow.
        if ev.subject == NO_IDX {
            return;
        }
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
    #[inline(always)]
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

    #[inline]
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

    #[inline(never)]
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

    #[inline(always)]
    fn goroutine_event(&mut self, ev: &Ordered) -> bool {
        match ev.kind {
            EventKind::GO_START => {
                self.occupy(ev, true);
                self.row(ev, kinds::STARTED, ev.thread, ev.proc);
            }
            EventKind::GO_BLOCK | EventKind::GO_STOP if ev.subject == NO_IDX => self.left_unnamed(ev),
            EventKind::GO_BLOCK if ev.subject == self.switching => {
                self.switching = NO_IDX;
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
}

impl Sink for Builder<'_> {
    // Made part of the machine, so that what is done with an event of a kind is known when compiling.
    #[inline(always)]
    fn event(&mut self, ev: &Ordered, ids: &Ids) -> Result<()> {
        if self.left_out == 0 {
            self.take(ev, ids)
        } else {
            self.take_at(ev.time.0.wrapping_sub(self.left_out), ev, ids)
        }
    }

    #[inline]
    fn at(&mut self, offset: u64) {
        self.offset = offset;
    }

    #[cold]
    fn lost(&mut self, lost: &Lost) {
        self.take_loss(lost);
    }
}

impl Builder<'_> {
    #[inline(always)]
    fn take(&mut self, ev: &Ordered, ids: &Ids) -> Result<()> {
        let offset = ev.time.0.wrapping_sub(self.base);
        if self.log.rows.len() >= self.segment_rows || offset > i64::from(u32::MAX) || offset < 0 {
            if self.events > 0 && self.log.rows.len() < self.segment_rows && !self.may_pause() {
                return self.leave_out_pause(ev, ids);
            }
            if self.events > 0 {
                self.seal(ids)?;
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
            self.annotation_event(ev);
        }
        Ok(())
    }

    /// Takes an event that comes after a pause as if it came at once.
    #[cold]
    #[inline(never)]
    fn leave_out_pause(&mut self, ev: &Ordered, ids: &Ids) -> Result<()> {
        let time = self.now.saturating_add(SHORT_PAUSE);
        self.left_out = self.left_out.wrapping_add(ev.time.0.wrapping_sub(time));
        self.take_at(time, ev, ids)
    }

    /// Takes an event as if it came at another time.
    #[cold]
    #[inline(never)]
    fn take_at(&mut self, time: i64, ev: &Ordered, ids: &Ids) -> Result<()> {
        self.take(&Ordered { time: TraceTime(time), ..*ev }, ids)
    }

    /// Whether a segment may be cut because of a pause.
    #[cold]
    fn may_pause(&mut self) -> bool {
        let lanes = self.log.gos.len() + self.log.procs.len() + self.log.threads.len();
        self.cut_lanes += lanes as u64;
        let events = self.all_events + self.events;
        let may = self.cut_lanes <= CUT_LANES_AT_LEAST.saturating_add(events.saturating_mul(CUT_LANES_PER_EVENT));
        // What is left of a pause must lie in the segment.
        may || self.now.wrapping_sub(self.base) > i64::from(u32::MAX) - SHORT_PAUSE
    }

    /// Somebody whom this generation does not name leaves a thread.
    #[cold]
    #[inline(never)]
    fn left_unnamed(&mut self, ev: &Ordered) {
        if ev.from == go_state::RUNNING && self.gaps.len() < MAX_HOLES {
            let (time, thread) = (ev.time.0, ev.thread);
            let (go, proc, bytes) = (NO_IDX, NO_IDX, 0..0);
            let is_of_before = true;
            self.gaps.push(DataGapDraft { start: time, end: Some(time), bytes, thread, go, proc, is_of_before });
        }
    }

    #[cold]
    fn take_loss(&mut self, lost: &Lost) {
        let time = |time: TraceTime| TraceTime(time.0.wrapping_sub(self.left_out));
        let lost = &Lost { since: lost.since.map(time), until: lost.until.map(time), ..lost.clone() };
        let &Lost { thread, go, proc, .. } = lost;
        let go_last = self.log.gos.get(go as usize).filter(|local| local.has_rows).map(|local| {
            // Its last row may be in a segment before.
            self.base.saturating_add(if local.rows > 0 { local.last.into() } else { 0 })
        });
        let proc_last = self.log.procs.get(proc as usize).map(|local| local.last);
        let since = lost.since.map(|since| since.0).or(go_last).or(proc_last).unwrap_or(self.now).min(self.now);
        if self.gaps.len() < MAX_HOLES {
            let (end, bytes) = (lost.until.map(|until| until.0), lost.bytes.clone());
            self.gaps.push(DataGapDraft { start: since, end, bytes, thread, go, proc, is_of_before: false });
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
            on.go = NO_IDX;
        }
        if let Some(on) = self.log.procs.get_mut(proc as usize)
            && on.go == go
        {
            on.go = NO_IDX;
            self.mark(proc, at);
        }
    }
}
