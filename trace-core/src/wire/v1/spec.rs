//! The one table of v1 event kinds: codes, arguments, the version that brought them (Go:
//! `internal/trace/internal/tracev1`).

/// Names the codes and tabulates their shapes.
macro_rules! kinds {
    ($($(#[$doc:meta])* $konst:ident = $code:literal, $args:literal $stack:literal $since:literal;)*) => {
        $($(#[$doc])* pub const $konst: u8 = $code;)*

        const fn shape_of(code: u8) -> Option<Shape> {
            match code {
                $($code => Some(Shape { args: $args, has_stack: $stack, since: $since }),)*
                _ => None,
            }
        }
    };
}

/// What an event of a kind looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Arguments besides the time and the stack.
    pub args: u8,
    /// Whether the last argument, after those, is the stack of the acting goroutine.
    pub has_stack: bool,
    /// The first version of the format that has it.
    pub since: u32,
}

kinds! {
    /// Events of a proc follow: proc, ticks.
    BATCH = 1, 2 false 5;
    /// The clock's ticks per second.
    FREQUENCY = 2, 1 false 5;
    /// A stack: id, number of frames, frames.
    STACK = 3, 2 false 5;
    /// The number of procs changed: GOMAXPROCS.
    GOMAXPROCS = 4, 1 true 5;
    /// A proc starts on a thread.
    PROC_START = 5, 1 false 5;
    /// The proc stops, without a thread.
    PROC_STOP = 6, 0 false 5;
    /// The mark phase begins: seq.
    GC_START = 7, 1 true 5;
    /// The GC cycle ends.
    GC_DONE = 8, 0 false 5;
    /// A stop-the-world begins: kind.
    STW_START = 9, 1 false 5;
    /// The STW pause ends.
    STW_DONE = 10, 0 false 5;
    /// A sweep begins on the proc.
    SWEEP_START = 11, 0 true 5;
    /// It ends: bytes swept, bytes reclaimed.
    SWEEP_DONE = 12, 2 false 5;
    /// A goroutine is created: goroutine, its start function as a stack.
    GO_CREATE = 13, 2 true 5;
    /// It starts to run: goroutine, seq.
    GO_START = 14, 2 false 5;
    /// The goroutine returned from its function.
    GO_END = 15, 0 false 5;
    /// It stops for ever.
    GO_STOP = 16, 0 true 5;
    /// The goroutine calls `runtime.Gosched`.
    GO_SCHED = 17, 0 true 5;
    /// The runtime preempted the goroutine.
    GO_PREEMPT = 18, 0 true 5;
    /// The goroutine sleeps in `time.Sleep`.
    GO_SLEEP = 19, 0 true 5;
    /// The goroutine blocks, for an unknown reason.
    GO_BLOCK = 20, 0 true 5;
    /// One is made runnable: goroutine, seq.
    GO_UNBLOCK = 21, 2 true 5;
    /// It blocks while sending to a channel.
    BLOCK_SEND = 22, 0 true 5;
    /// It blocks while receiving from a channel.
    BLOCK_RECV = 23, 0 true 5;
    /// It blocks in a select.
    BLOCK_SELECT = 24, 0 true 5;
    /// It blocks on a mutex or the like.
    BLOCK_SYNC = 25, 0 true 5;
    /// It blocks on a condition variable.
    BLOCK_COND = 26, 0 true 5;
    /// It blocks on the network.
    BLOCK_NET = 27, 0 true 5;
    /// It enters a system call.
    SYSCALL = 28, 0 true 5;
    /// It is back from one that blocked: goroutine, seq, the true time in ticks.
    SYSCALL_EXIT = 29, 3 false 5;
    /// The system call takes long: the proc is given up.
    SYSCALL_BLOCK = 30, 0 false 5;
    /// A goroutine was blocked when the trace began.
    GO_WAITING = 31, 1 false 5;
    /// A goroutine was in a system call when the trace began.
    GO_IN_SYSCALL = 32, 1 false 5;
    /// The heap in use, bytes.
    HEAP_ALLOC = 33, 1 false 5;
    /// The heap goal, bytes.
    HEAP_GOAL = 34, 1 false 5;
    /// Names the goroutine of a timer. It has no time.
    TIMER_GOROUTINE = 35, 1 false 5;
    /// The last wakeup was in vain.
    FUTILE_WAKEUP = 36, 0 false 5;
    /// A string: id, length, bytes.
    STRING = 37, 0 false 7;
    /// As `GO_START`, on the proc of the last event about it.
    GO_START_LOCAL = 38, 1 false 7;
    /// As `GO_UNBLOCK`, on the proc of the last event about it.
    GO_UNBLOCK_LOCAL = 39, 1 true 7;
    /// As `SYSCALL_EXIT`, on the proc of the last event about it.
    SYSCALL_EXIT_LOCAL = 40, 2 false 7;
    /// As `GO_START`, with a label: goroutine, seq, string.
    GO_START_LABEL = 41, 3 false 8;
    /// It blocks for the collector.
    BLOCK_GC = 42, 0 true 8;
    /// A mark assist begins.
    ASSIST_START = 43, 0 true 9;
    /// The goroutine's mark assist ends.
    ASSIST_DONE = 44, 0 false 9;
    /// A task begins: task, parent, name.
    TASK_CREATE = 45, 3 true 11;
    /// The user task ends.
    TASK_END = 46, 1 true 11;
    /// A region begins (mode 0) or ends (mode 1): task, mode, name.
    REGION = 47, 3 true 11;
    /// A log line: task, category; the message follows the event.
    LOG = 48, 2 true 11;
    /// A CPU profile sample: ticks, proc, goroutine.
    CPU_SAMPLE = 49, 3 true 19;
}

/// The shape of a code; `None` if it means nothing in this version of the format (NN of `go 1.NN trace`).
#[must_use]
pub fn shape(code: u8, version: u32) -> Option<Shape> {
    shape_of(code).filter(|shape| shape.since <= version)
}

/// Bytes that the arguments of one event may take (Go's limit).
pub const MAX_EVENT_BYTES: u64 = 2_048;
/// Frames in one stack.
pub const MAX_STACK_FRAMES: u64 = 1_000;
/// Bytes in one string.
pub const MAX_STRING_BYTES: u64 = 1_000_000;

/// Texts that newer formats spell out and this one means by its codes: the reasons of blocks and stops…
pub const REASONS: [(u8, &str); 13] = [
    (GO_STOP, "forever"),
    (GO_PREEMPT, "preempted"),
    (GO_SCHED, "runtime.Gosched"),
    (GO_SLEEP, "sleep"),
    (BLOCK_SEND, "chan send"),
    (BLOCK_RECV, "chan receive"),
    (BLOCK_NET, "network"),
    (BLOCK_SYNC, "sync"),
    (BLOCK_COND, "sync.(*Cond).Wait"),
    (BLOCK_SELECT, "select"),
    (GO_BLOCK, ""),
    (BLOCK_GC, "GC mark assist wait for work"),
    (SYSCALL, ""),
];

/// … and the kinds of stop-the-world, by their number in format 1.21.
pub const STW_KINDS: [&str; 17] = [
    "",
    "GC mark termination",
    "GC sweep termination",
    "write heap dump",
    "goroutine profile",
    "goroutine profile cleanup",
    "all goroutine stack trace",
    "read mem stats",
    "AllThreadsSyscall",
    "GOMAXPROCS",
    "start trace",
    "stop trace",
    "CountPagesInUse (test)",
    "ReadMetricsSlow (test)",
    "ReadMemStatsSlow (test)",
    "PageCachePagesLeaked (test)",
    "ResetDebugLog (test)",
];

/// The place in [`STW_KINDS`] of the kind that an event gives; 0 if it is unknown.
#[must_use]
pub fn stw_kind(kind: u64, version: u32) -> usize {
    let place = if version < 21 { kind.checked_add(1).filter(|&place| place <= 2) } else { Some(kind) };
    place.and_then(|place| usize::try_from(place).ok()).filter(|&place| place < STW_KINDS.len()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_come_with_their_version() {
        assert_eq!(shape(CPU_SAMPLE, 11), None);
        assert_eq!(shape(CPU_SAMPLE, 19).map(|shape| (shape.args, shape.has_stack)), Some((3, true)));
        assert_eq!(shape(0, 21), None);
        assert_eq!(shape(50, 21), None);
        assert!((1..=48).all(|code| shape(code, 11).is_some()));
    }

    #[test]
    fn older_versions_know_two_kinds_of_stops() {
        let name = |kind, version| STW_KINDS[stw_kind(kind, version)];
        assert_eq!(name(0, 19), "GC mark termination");
        assert_eq!(name(1, 19), "GC sweep termination");
        assert_eq!(name(2, 19), "");
        assert_eq!(name(9, 21), "GOMAXPROCS");
        assert_eq!(name(17, 21), "");
        assert_eq!(name(u64::MAX, 11), "");
    }
}
