//! The scheduler's state as the events so far tell it, and who may go next.
//!
//! Threads, procs and goroutines are kept in dense arrays by local index. One machine may run through
//! all generations of a trace in order (the reference text form), or a fresh one through each
//! generation alone (the model, in parallel): the runtime announces every live proc and goroutine
//! again in each generation.

use rustc_hash::FxHashMap;

use crate::base::error::Result;
use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::base::time::TraceTime;
use crate::event::kind::EventKind;
use crate::order::go_index::GoIndex;
use crate::order::sink::{Ids, NO_IDX, Ordered, Sink};

/// Goroutine states by the reference API's codes.
pub mod go_state {
    /// Nothing is known of it yet.
    pub const UNDETERMINED: u8 = 0;
    /// Not born, or ended.
    pub const NOT_EXIST: u8 = 1;
    /// Runnable: ready, without a proc.
    pub const RUNNABLE: u8 = 2;
    /// Running on a proc.
    pub const RUNNING: u8 = 3;
    /// It is blocked, or asleep.
    pub const WAITING: u8 = 4;
    /// In a system call.
    pub const SYSCALL: u8 = 5;
}

/// Proc states by the reference API's codes.
pub mod proc_state {
    /// Nothing is known of it yet.
    pub const UNDETERMINED: u8 = 0;
    /// There is no such proc: beyond GOMAXPROCS.
    pub const NOT_EXIST: u8 = 1;
    /// Bound to a thread.
    pub const RUNNING: u8 = 2;
    /// Free: no thread has it.
    pub const IDLE: u8 = 3;
}

/// What a proc does, finer than the API shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ProcStatus {
    Running,
    Idle,
    /// Bound to a thread in a system call: may be stolen.
    Syscall,
    /// The same, but which thread it was is lost.
    SyscallAbandoned,
}

/// A place in the order of one goroutine's or proc's own events: counts anew in each generation. Small, since there is
/// one for every goroutine: generations are told apart by their lower 32 bits, and numbers of 2^32 and above, which no
/// program comes to, are all one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seq {
    generation: u32,
    number: u32,
}

impl Seq {
    /// Before the first event of a generation.
    #[inline]
    pub(crate) fn start(generation: u64) -> Self {
        Self::new(generation, 0)
    }

    /// The place with this number.
    #[inline]
    pub(crate) fn new(generation: u64, number: u64) -> Self {
        Self { generation: lower_half(generation), number: u32::try_from(number).unwrap_or(u32::MAX) }
    }

    /// Whether `number` is the next one in the same generation.
    #[inline]
    pub(crate) fn is_followed_by(self, generation: u64, number: u64) -> bool {
        self.generation == lower_half(generation) && u64::from(self.number) + 1 == number
    }

    /// Whether it was reached in this generation.
    pub(crate) fn is_of(self, generation: u64) -> bool {
        self.generation == lower_half(generation)
    }

    /// The number that follows.
    pub(crate) fn next(self) -> u64 {
        u64::from(self.number) + 1
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lower half is what is wanted")]
const fn lower_half(generation: u64) -> u32 {
    generation as u32
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Go {
    pub(crate) seq: Seq,
    pub(crate) state: u8,
    pub(crate) in_assist: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Proc {
    pub(crate) seq: Seq,
    pub(crate) status: ProcStatus,
    pub(crate) in_sweep: bool,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Thread {
    pub(crate) go: u32,
    pub(crate) proc: u32,
    /// It has events of its own, or a status named it; not just a CPU sample.
    pub(crate) seen: bool,
    /// It has run a goroutine.
    pub(crate) had_go: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GcState {
    Undetermined,
    Off,
    On,
}

/// The state of goroutines, procs and threads while events are ordered.
#[derive(Clone, Debug)]
pub struct SchedState {
    /// The ids behind the local indices.
    pub ids: Ids,
    pub(crate) go_index: GoIndex,
    pub(crate) gos: Vec<Go>,
    free_gos: Vec<u32>,
    pub(crate) reuse_gos: bool,
    proc_index: FxHashMap<u64, u32>,
    pub(crate) procs: Vec<Option<Proc>>,
    /// The thread that last got each proc; it may have lost it since.
    pub(crate) holders: Vec<u32>,
    thread_index: FxHashMap<u64, u32>,
    pub(crate) threads: Vec<Thread>,
    pub(crate) gc_state: GcState,
    pub(crate) gc_seq: u64,
    /// Stop-the-worlds in progress: (goroutine, string id of the reason).
    pub(crate) stw: Vec<(u32, u64)>,
    /// The first generation seen; `None` before it.
    pub(crate) first_generation: Option<u64>,
    /// The generation in work.
    pub(crate) generation: u64,
    pub(crate) last_time: i64,
    syncs: u64,
    events: u64,
}

impl SchedState {
    /// Knows nothing yet. With `reuse_gos` it is for a whole trace: the local index of a goroutine that has ended
    /// may be given to a later one, which keeps memory small. Without, it is for one generation that stands for
    /// itself: what the one before has left may go on.
    #[must_use]
    pub fn new(reuse_gos: bool) -> Self {
        Self {
            ids: Ids::default(),
            go_index: GoIndex::default(),
            gos: Vec::new(),
            free_gos: Vec::new(),
            reuse_gos,
            proc_index: FxHashMap::default(),
            procs: Vec::new(),
            holders: Vec::new(),
            thread_index: FxHashMap::default(),
            threads: Vec::new(),
            gc_state: GcState::Undetermined,
            gc_seq: 0,
            stw: Vec::new(),
            first_generation: None,
            generation: 0,
            last_time: 0,
            syncs: 0,
            events: 0,
        }
    }

    /// Time of the last event given out.
    #[must_use]
    #[inline]
    pub const fn last_time(&self) -> TraceTime {
        TraceTime(self.last_time)
    }

    /// Events given out so far, `SYNC`s among them.
    #[must_use]
    #[inline]
    pub const fn events(&self) -> u64 {
        self.events
    }

    pub(crate) fn begin_generation(&mut self, number: u64) {
        self.generation = number;
        self.first_generation.get_or_insert(number);
    }

    #[inline]
    pub(crate) fn is_first_generation(&self) -> bool {
        self.first_generation == Some(self.generation)
    }

    /// The local index of a thread; [`NO_IDX`] for "none".
    pub(crate) fn thread_idx(&mut self, id: u64) -> u32 {
        if id == ThreadId::NONE.0 {
            return NO_IDX;
        }
        *self.thread_index.entry(id).or_insert_with(|| {
            self.threads.push(Thread { go: NO_IDX, proc: NO_IDX, seen: false, had_go: false });
            self.ids.threads.push(ThreadId(id));
            u32::try_from(self.threads.len() - 1).unwrap_or(NO_IDX)
        })
    }

    /// The local index of a thread, if it has had a part in the order so far.
    pub(crate) fn known_thread(&self, id: u64) -> Option<u32> {
        let idx = self.thread_index.get(&id).copied()?;
        self.threads.get(idx as usize)?.seen.then_some(idx)
    }

    /// The thread that runs a goroutine, if any. For damaged traces: looks at every thread.
    pub(crate) fn runner_of(&self, go: u32) -> Option<u32> {
        let place = self.threads.iter().position(|thread| thread.go == go && go != NO_IDX)?;
        u32::try_from(place).ok()
    }

    /// The thread that has a proc, if any.
    pub(crate) fn holder_of(&self, proc: u32) -> Option<u32> {
        let &holder = self.holders.get(proc as usize)?;
        self.threads.get(holder as usize).filter(|thread| thread.proc == proc).map(|_| holder)
    }

    /// A local index for the goroutine of a CPU sample. Samples name goroutines that the order has not
    /// brought up yet, or that have ended: those get an index of their own, without a state.
    pub(crate) fn go_for_sample(&mut self, id: GoId) -> u32 {
        let known = self.go_index.get(id);
        if known != NO_IDX {
            return known;
        }
        self.gos.push(Go { seq: Seq::start(self.generation), state: go_state::NOT_EXIST, in_assist: false });
        self.ids.gos.push(id);
        u32::try_from(self.gos.len() - 1).unwrap_or(NO_IDX)
    }

    /// The local index of a proc; [`NO_IDX`] for "none".
    #[inline]
    pub(crate) fn proc_idx(&mut self, id: u64) -> u32 {
        if id == ProcId::NONE.0 {
            return NO_IDX;
        }
        *self.proc_index.entry(id).or_insert_with(|| {
            self.procs.push(None);
            self.holders.push(NO_IDX);
            self.ids.procs.push(ProcId(id));
            u32::try_from(self.procs.len() - 1).unwrap_or(NO_IDX)
        })
    }

    /// A new goroutine with this id, or the one that has it.
    #[inline]
    pub(crate) fn add_go(&mut self, id: GoId, state: u8) -> u32 {
        let go = Go { seq: Seq::start(self.generation), state, in_assist: false };
        let known = self.go_index.get(id);
        if let Some(slot) = self.gos.get_mut(known as usize) {
            *slot = go;
            return known;
        }
        let idx = match self.free_gos.pop() {
            Some(idx) => {
                if let (Some(slot), Some(name)) = (self.gos.get_mut(idx as usize), self.ids.gos.get_mut(idx as usize)) {
                    (*slot, *name) = (go, id);
                }
                idx
            }
            None => {
                self.gos.push(go);
                self.ids.gos.push(id);
                u32::try_from(self.gos.len() - 1).unwrap_or(NO_IDX)
            }
        };
        self.go_index.set(id, idx);
        idx
    }

    /// Forgets a goroutine that has ended.
    #[inline]
    pub(crate) fn remove_go(&mut self, idx: u32) {
        let id = self.ids.go(idx);
        self.go_index.set(id, NO_IDX);
        if let Some(go) = self.gos.get_mut(idx as usize) {
            go.state = go_state::NOT_EXIST;
        }
        if self.reuse_gos {
            self.free_gos.push(idx);
        }
    }

    /// Gives out an event, its time made later than the last one's. The sink's own code is made part of every place
    /// that calls this, so only the few kinds of events that nearly all of a trace consists of do;
    /// others are given out by [`Self::emit`].
    #[inline(always)]
    pub(crate) fn emit_here(&mut self, mut event: Ordered, sink: &mut impl Sink) -> Result<()> {
        if event.time.0 <= self.last_time {
            event.time.0 = self.last_time.saturating_add(1);
        }
        self.last_time = event.time.0;
        self.events += 1;
        sink.event(&event, &self.ids)
    }

    /// Gives out an event, its time made later than the last one's.
    #[inline(never)]
    pub(crate) fn emit(&mut self, event: Ordered, sink: &mut impl Sink) -> Result<()> {
        self.emit_here(event, sink)
    }

    /// Gives out a `SYNC`: at the start of a generation with the generation's first time, and with `None`
    /// after the last one.
    ///
    /// # Errors
    /// The sink's.
    pub fn sync(&mut self, time: Option<i64>, sink: &mut impl Sink) -> Result<()> {
        self.syncs += 1;
        let event = Ordered {
            kind: EventKind::SYNC,
            time: TraceTime(time.unwrap_or(self.last_time)),
            thread: NO_IDX,
            proc: NO_IDX,
            go: NO_IDX,
            subject: NO_IDX,
            from: 0,
            to: 0,
            args: [self.syncs, 0, 0, 0],
        };
        self.emit(event, sink)
    }
}
