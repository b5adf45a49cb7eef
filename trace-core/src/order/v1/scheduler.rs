//! Who is in which state, and where, while a v1 trace is told; and the local indices of the events.

use rustc_hash::FxHashMap;

use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::order::go_index::GoIndex;
use crate::order::machine::go_state;
use crate::order::sink::{Ids, NO_IX};

/// A goroutine.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Go {
    /// A [`go_state`] code.
    pub(super) state: u8,
    /// It waits for the network.
    pub(super) on_net: bool,
}

/// A proc.
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

/// The states.
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
    pub(super) fn thread_ix(&mut self, id: u64) -> u32 {
        *self.thread_index.entry(id).or_insert_with(|| {
            self.ids.threads.push(ThreadId(id));
            last(self.ids.threads.len())
        })
    }

    /// The local index of a proc; negative is none.
    pub(super) fn proc_ix(&mut self, id: i32) -> u32 {
        let Ok(id) = u64::try_from(id) else { return NO_IX };
        *self.proc_index.entry(id).or_insert_with(|| {
            self.ids.procs.push(ProcId(id));
            self.procs.push(Proc { is_known: false, is_running: false, is_stolen: false, go: 0, thread: None });
            last(self.procs.len())
        })
    }

    /// What is known of a proc.
    pub(super) fn proc(&mut self, id: i32) -> Option<&mut Proc> {
        let ix = self.proc_ix(id);
        self.procs.get_mut(ix as usize)
    }

    /// Whether a goroutine (by id) runs on one proc only, as far as is known.
    pub(super) fn is_once(&self, go: u64) -> bool {
        self.procs.iter().filter(|proc| proc.go == go).count() == 1
    }

    /// The local index of a goroutine, new if it is not known; 0 is none.
    pub(super) fn go_ix(&mut self, id: u64) -> u32 {
        if id == 0 {
            return NO_IX;
        }
        match self.index.get(GoId(id)) {
            NO_IX => {
                self.gos.push(Go::default());
                self.ids.gos.push(GoId(id));
                let ix = last(self.gos.len());
                self.index.set(GoId(id), ix);
                ix
            }
            ix => ix,
        }
    }

    /// Whether a goroutine has been told of, other than by being named, and has not ended.
    pub(super) fn knows_go(&mut self, id: u64) -> bool {
        let ix = self.index.get(GoId(id));
        self.go(ix).state != go_state::UNDETERMINED
    }

    /// What is known of a goroutine by its local index.
    pub(super) fn go(&self, ix: u32) -> Go {
        self.gos.get(ix as usize).copied().unwrap_or_default()
    }

    /// Notes a goroutine's new state; one that has ended is forgotten.
    pub(super) fn set_go(&mut self, ix: u32, state: u8, on_net: bool) {
        if let Some(go) = self.gos.get_mut(ix as usize) {
            *go = Go { state, on_net };
        }
        if state == go_state::NOT_EXIST && ix != NO_IX {
            let id = self.ids.go(ix);
            self.index.set(id, NO_IX);
        }
    }
}

fn last(len: usize) -> u32 {
    u32::try_from(len - 1).unwrap_or(NO_IX)
}
