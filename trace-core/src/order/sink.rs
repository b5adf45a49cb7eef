//! The seam between ordering and everything that wants ordered events: the model's builder, the
//! reference text form, the statistics.

use crate::base::ids::{GoId, ProcId, ThreadId};
use crate::base::time::TraceTime;
use crate::event::kind::EventKind;

/// "No goroutine / proc / thread" among the local indices of [`Ordered`].
pub const NO_IDX: u32 = u32::MAX;

/// One event in its true place.
///
/// Goroutines, procs and threads are named by dense *local indices* that the ordering machine hands
/// out in order of first mention; [`Ids`] turns them into the runtime's ids. A goroutine keeps its
/// local index until it ends.
#[derive(Clone, Copy, Debug)]
pub struct Ordered {
    /// What happened. Coroutine switches arrive as three events: `GO_SWITCH[_DESTROY]` (the target
    /// becomes runnable), `GO_BLOCK` without reason or `GO_DESTROY` (the current one leaves),
    /// `GO_START` (the target runs). A goroutine that goes away in a system call while it still has a
    /// proc arrives as `PROC_STEAL`, then `GO_DESTROY_SYSCALL`.
    pub kind: EventKind,
    /// When; strictly rising within one run of the machine.
    pub time: TraceTime,
    /// The thread it happened on, before the event; [`NO_IDX`] if none.
    pub thread: u32,
    /// The proc of that thread, before the event; [`NO_IDX`] if none.
    pub proc: u32,
    /// The goroutine of that thread, before the event; [`NO_IDX`] if none.
    pub go: u32,
    /// Whose state changes or whom it concerns: the goroutine for `GO_*` (also the one that runs, for
    /// stop, block, destroy, syscalls), assist ranges, labels and STW; the proc for `PROC_*` and sweep;
    /// [`NO_IDX`] otherwise. Where a generation stands for itself, also [`NO_IDX`] if the goroutine that stops or blocks
    /// has come to its thread in the one before (then `from` is running).
    pub subject: u32,
    /// State of the subject before, with the codes of the reference reader's API. Goroutines: 0
    /// undetermined, 1 not existing, 2 runnable, 3 running, 4 waiting, 5 syscall. Procs: 0
    /// undetermined, 1 not existing, 2 running, 3 idle.
    pub from: u8,
    /// State of the subject after; the same codes.
    pub to: u8,
    /// The arguments as on the wire, without the time; stack and string ids are those of the
    /// generation. `STW_END` carries the reason string of its begin in `args[0]`. `USER_TASK_BEGIN` has
    /// its parent 0 turned into "none" (2^64-1). `CPU_SAMPLE` has the stack in `args[0]`. `SYNC` has
    /// its number in `args[0]`.
    pub args: [u64; 4],
}

/// The runtime's ids behind the local indices of [`Ordered`]. All slices grow only.
#[derive(Clone, Debug, Default)]
pub struct Ids {
    /// Goroutine ids by local index.
    pub gos: Vec<GoId>,
    /// Proc ids by local index.
    pub procs: Vec<ProcId>,
    /// Thread ids by local index.
    pub threads: Vec<ThreadId>,
}

impl Ids {
    /// The goroutine's id; `NONE` for [`NO_IDX`].
    #[must_use]
    pub fn go(&self, idx: u32) -> GoId {
        self.gos.get(idx as usize).copied().unwrap_or(GoId::NONE)
    }

    /// The proc's id; `NONE` for [`NO_IDX`].
    #[must_use]
    pub fn proc(&self, idx: u32) -> ProcId {
        self.procs.get(idx as usize).copied().unwrap_or(ProcId::NONE)
    }

    /// The thread's id; `NONE` for [`NO_IDX`].
    #[must_use]
    pub fn thread(&self, idx: u32) -> ThreadId {
        self.threads.get(idx as usize).copied().unwrap_or(ThreadId::NONE)
    }
}

/// Events are lost: of a thread, from its last one so far on, or of a goroutine or a proc whose numbers show a
/// gap, on a thread that nobody knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lost {
    /// Whose; a local index. [`NO_IDX`] if that cannot be told.
    pub thread: u32,
    /// The goroutine that it ran, or whose numbers show the gap, a local index; [`NO_IDX`] if none.
    pub go: u32,
    /// The proc that it had, or whose numbers show the gap, a local index; [`NO_IDX`] if none.
    pub proc: u32,
    /// Offsets in the input of what cannot be read; empty, at the event that shows the gap, if the bytes are not
    /// there or cannot be told.
    pub bytes: std::ops::Range<u64>,
    /// The last event of the thread; `None` means the last one of the goroutine, or of the proc.
    pub since: Option<TraceTime>,
    /// When there is word again; `None` if there is none up to the end.
    pub until: Option<TraceTime>,
}

/// Takes ordered events, one by one.
pub trait Sink {
    /// Called for each event in order.
    ///
    /// # Errors
    /// Whatever the sink cannot go on after (a closed pipe, cancellation); ordering stops with it.
    fn event(&mut self, ev: &Ordered, ids: &Ids) -> crate::base::error::Result<()>;

    /// Called before regions and tasks, which the program may have begun or ended wrongly: the event that comes next
    /// lies at `offset` in the input.
    fn at(&mut self, _offset: u64) {}

    /// Called when events are lost, before those that tell how it goes on.
    fn lost(&mut self, _lost: &Lost) {}
}
