//! Who is in which state, and where, while a v1 trace is told; and the local indices of the events.

use rustc_hash::FxHashMap;

use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::order::go_index::GoIndex;
use crate::order::sched_state::go_state;
use crate::order::sink::{Ids, NO_IDX};

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Go {
    pub(super) state: u8,
    /// It waits for the network.
    pub(super) on_net: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Proc {
    /// Whether an event has told its state yet.
    pub(super) is_known: bool,
    pub(super) is_running: bool,
    /// Taken away in a system call, and not yet told to have stopped.
    pub(super) is_stolen: bool,
    /// The goroutine that it runs, by id; 0 if none.
    pub(super) go: u64,
    /// The thread it is on, as far as its last start tells.
    pub(super) thread: Option<u64>,
}

#[derive(Debug, Default)]
pub(super) struct Scheduler {
    pub(super) ids: Ids,
    index: GoIndex,
    gos: Vec<Go>,
    proc_index: FxHashMap<u64, u32>,
    procs: Vec<Proc>,
    thread_index: FxHashMap<u64, u32>,
}

impl Scheduler {
    /// The local index of a thread.
    pub(super) fn thread_idx(&mut self, id: u64) -> u32 {
        *self.thread_index.entry(id).or_insert_with(|| {
            self.ids.threads.push(ThreadId(id));
            last(self.ids.threads.len())
        })
    }

    /// The local index of a proc; negative is none.
    pub(super) fn proc_idx(&mut self, id: i32) -> u32 {
        let Ok(id) = u64::try_from(id) else { return NO_IDX };
        *self.proc_index.entry(id).or_insert_with(|| {
            self.ids.procs.push(ProcId(id));
            self.procs.push(Proc { is_known: false, is_running: false, is_stolen: false, go: 0, thread: None });
            last(self.procs.len())
        })
    }

    /// What is known of a proc.
    pub(super) fn proc(&mut self, id: i32) -> Option<&mut Proc> {
        let idx = self.proc_idx(id);
        self.procs.get_mut(idx as usize)
    }

    /// Whether a goroutine (by id) runs on one proc only, as far as is known.
    pub(super) fn is_once(&self, go: u64) -> bool {
        self.procs.iter().filter(|proc| proc.go == go).count() == 1
    }

    /// The local index of a goroutine, new if it is not known; 0 is none.
    pub(super) fn go_idx(&mut self, id: u64) -> u32 {
        if id == 0 {
            return NO_IDX;
        }
        match self.index.get(GoId(id)) {
            NO_IDX => {
                self.gos.push(Go::default());
                self.ids.gos.push(GoId(id));
                let idx = last(self.gos.len());
                self.index.set(GoId(id), idx);
                idx
            }
            idx => idx,
        }
    }

    /// Whether a goroutine has been told of, other than by being named, and has not ended.
    pub(super) fn knows_go(&mut self, id: u64) -> bool {
        let idx = self.index.get(GoId(id));
        self.go(idx).state != go_state::UNDETERMINED
    }

    /// What is known of a goroutine by its local index.
    pub(super) fn go(&self, idx: u32) -> Go {
        self.gos.get(idx as usize).copied().unwrap_or_default()
    }

    /// Notes a goroutine's new state; one that has ended is forgotten.
    pub(super) fn set_go(&mut self, idx: u32, state: u8, on_net: bool) {
        if let Some(go) = self.gos.get_mut(idx as usize) {
            *go = Go { state, on_net };
        }
        if state == go_state::NOT_EXIST && idx != NO_IDX {
            let id = self.ids.go(idx);
            self.index.set(id, NO_IDX);
        }
    }
}

fn last(len: usize) -> u32 {
    u32::try_from(len - 1).unwrap_or(NO_IDX)
}
