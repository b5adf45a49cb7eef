//! Every kind of event that a trace can hold, with the codes of the v2 wire format (Go:
//! `internal/trace/tracev2`). Older formats are turned into these.

use serde::{Deserialize, Serialize};

/// Declares the event kinds as constants plus a table of their names.
macro_rules! kinds {
    ($($(#[$doc:meta])* $konst:ident = $code:literal, $name:literal;)*) => {
        impl EventKind {
            $($(#[$doc])* pub const $konst: Self = Self($code);)*

            /// The name as in Go's sources; `"?"` for a code without a meaning.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self.0 {
                    $($code => $name,)*
                    _ => "?",
                }
            }

            /// All kinds that have a name, by rising code.
            pub const ALL: &'static [Self] = &[$(Self($code)),*];
        }
    };
}

/// A kind of event: its code in the v2 wire format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventKind(pub u8);

kinds! {
    /// A CPU profile sample.
    CPU_SAMPLE = 7, "CPUSample";
    /// The number of procs changed: GOMAXPROCS.
    PROCS_CHANGE = 9, "ProcsChange";
    /// A proc starts on this thread.
    PROC_START = 10, "ProcStart";
    /// This thread's proc stops.
    PROC_STOP = 11, "ProcStop";
    /// A proc is taken from a thread in a system call.
    PROC_STEAL = 12, "ProcSteal";
    /// A proc's status, once per generation.
    PROC_STATUS = 13, "ProcStatus";
    /// A goroutine is created, runnable.
    GO_CREATE = 14, "GoCreate";
    /// A goroutine appears from C code, in a system call.
    GO_CREATE_SYSCALL = 15, "GoCreateSyscall";
    /// A goroutine starts to run.
    GO_START = 16, "GoStart";
    /// The running goroutine ends.
    GO_DESTROY = 17, "GoDestroy";
    /// A goroutine from C code goes away in its system call.
    GO_DESTROY_SYSCALL = 18, "GoDestroySyscall";
    /// The running goroutine yields but stays ready.
    GO_STOP = 19, "GoStop";
    /// The running goroutine blocks.
    GO_BLOCK = 20, "GoBlock";
    /// A goroutine is made runnable.
    GO_UNBLOCK = 21, "GoUnblock";
    /// The running goroutine enters a system call.
    GO_SYSCALL_BEGIN = 22, "GoSyscallBegin";
    /// It returns and still has its proc.
    GO_SYSCALL_END = 23, "GoSyscallEnd";
    /// It returns and has lost its proc.
    GO_SYSCALL_END_BLOCKED = 24, "GoSyscallEndBlocked";
    /// A goroutine's status, once per generation.
    GO_STATUS = 25, "GoStatus";
    /// An STW pause begins, for a reason.
    STW_BEGIN = 26, "STWBegin";
    /// The STW pause ends.
    STW_END = 27, "STWEnd";
    /// The GC is running, said once per generation.
    GC_ACTIVE = 28, "GCActive";
    /// The GC's mark phase begins.
    GC_BEGIN = 29, "GCBegin";
    /// The GC cycle ends its marking.
    GC_END = 30, "GCEnd";
    /// A sweep is running on a proc, said once per generation.
    GC_SWEEP_ACTIVE = 31, "GCSweepActive";
    /// A sweep begins on this proc.
    GC_SWEEP_BEGIN = 32, "GCSweepBegin";
    /// It ends: bytes swept, bytes reclaimed.
    GC_SWEEP_END = 33, "GCSweepEnd";
    /// A mark assist is running on a goroutine, said once per generation.
    GC_MARK_ASSIST_ACTIVE = 34, "GCMarkAssistActive";
    /// A mark assist begins on the running goroutine.
    GC_MARK_ASSIST_BEGIN = 35, "GCMarkAssistBegin";
    /// The goroutine's mark assist ends.
    GC_MARK_ASSIST_END = 36, "GCMarkAssistEnd";
    /// Heap in use, bytes.
    HEAP_ALLOC = 37, "HeapAlloc";
    /// The heap goal changed, bytes.
    HEAP_GOAL = 38, "HeapGoal";
    /// The running goroutine gets a label.
    GO_LABEL = 39, "GoLabel";
    /// A user task begins.
    USER_TASK_BEGIN = 40, "UserTaskBegin";
    /// The user task ends.
    USER_TASK_END = 41, "UserTaskEnd";
    /// A user region begins on the running goroutine.
    USER_REGION_BEGIN = 42, "UserRegionBegin";
    /// The user region ends.
    USER_REGION_END = 43, "UserRegionEnd";
    /// A user log line.
    USER_LOG = 44, "UserLog";
    /// The running goroutine hands over to another, as coroutines.
    GO_SWITCH = 45, "GoSwitch";
    /// The same, and ends.
    GO_SWITCH_DESTROY = 46, "GoSwitchDestroy";
    /// A goroutine is created, waiting.
    GO_CREATE_BLOCKED = 47, "GoCreateBlocked";
    /// A goroutine's status with its stack.
    GO_STATUS_STACK = 48, "GoStatusStack";
    /// AllocFree experiment: a heap span exists.
    SPAN = 128, "Span";
    /// AllocFree experiment: a heap span is allocated.
    SPAN_ALLOC = 129, "SpanAlloc";
    /// AllocFree experiment: a heap span is freed.
    SPAN_FREE = 130, "SpanFree";
    /// AllocFree experiment: a heap object exists.
    HEAP_OBJECT = 131, "HeapObject";
    /// AllocFree experiment: a heap object is allocated.
    HEAP_OBJECT_ALLOC = 132, "HeapObjectAlloc";
    /// AllocFree experiment: a heap object is freed.
    HEAP_OBJECT_FREE = 133, "HeapObjectFree";
    /// AllocFree experiment: a goroutine stack exists.
    GOROUTINE_STACK = 134, "GoroutineStack";
    /// AllocFree experiment: a goroutine stack is allocated.
    GOROUTINE_STACK_ALLOC = 135, "GoroutineStackAlloc";
    /// AllocFree experiment: a goroutine stack is freed.
    GOROUTINE_STACK_FREE = 136, "GoroutineStackFree";
    /// A synchronisation point: the start of a generation, or the end of the trace. Not on the wire.
    SYNC = 255, "Sync";
}

impl EventKind {
    /// Whether it is the begin or end of a region or task: the program may have done that in a wrong order.
    #[must_use]
    #[inline]
    pub const fn is_region_or_task(self) -> bool {
        matches!(self, Self::USER_TASK_BEGIN | Self::USER_TASK_END | Self::USER_REGION_BEGIN | Self::USER_REGION_END)
    }
}
