//! The one table of v2 event shapes: how many arguments, which of them are strings and stacks.

use crate::event::kind::EventKind;

/// First byte of an ordinary batch.
pub const EVENT_BATCH: u8 = 1;
/// First payload byte of a batch of stacks.
pub const STACKS: u8 = 2;
/// A stack inside it.
pub const STACK: u8 = 3;
/// First payload byte of a batch of strings.
pub const STRINGS: u8 = 4;
/// A string inside it.
pub const STRING: u8 = 5;
/// First payload byte of a batch of CPU samples.
pub const CPU_SAMPLES: u8 = 6;
/// A sample inside it.
pub const CPU_SAMPLE: u8 = 7;
/// The clock's ticks per second, of a generation.
pub const FREQUENCY: u8 = 8;
/// First byte of a batch of an experiment.
pub const EXPERIMENTAL_BATCH: u8 = 49;
/// First payload byte of a sync batch.
pub const SYNC: u8 = 50;
/// A clock reading inside it.
pub const CLOCK_SNAPSHOT: u8 = 51;
/// The mark that ends a generation.
pub const END_OF_GENERATION: u8 = 52;

/// The shape of a timed event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Arguments after the time, at most 4. `NOT_TIMED` if the code is no timed event.
    pub args: u8,
    /// 1 + index of the argument that names the stack of the acting goroutine; 0 if none.
    pub stack: u8,
    /// Bit i set: argument i is a string id.
    pub strings: u8,
}

/// [`Shape::args`] of a code that is no timed event.
pub const NOT_TIMED: u8 = u8::MAX;

const NONE: Shape = Shape { args: NOT_TIMED, stack: 0, strings: 0 };

const fn shape(args: u8, stack: u8, strings: u8) -> Shape {
    Shape { args, stack, strings }
}

/// The shapes by event code.
#[expect(clippy::indexing_slicing, reason = "computed when compiling: a wrong index would not build")]
static SHAPES: [Shape; 256] = {
    let mut table = [NONE; 256];
    let rows: [(EventKind, Shape); 49] = [
        (EventKind::PROCS_CHANGE, shape(2, 2, 0)),
        (EventKind::PROC_START, shape(2, 0, 0)),
        (EventKind::PROC_STOP, shape(0, 0, 0)),
        (EventKind::PROC_STEAL, shape(3, 0, 0)),
        (EventKind::PROC_STATUS, shape(2, 0, 0)),
        (EventKind::GO_CREATE, shape(3, 3, 0)),
        (EventKind::GO_CREATE_SYSCALL, shape(1, 0, 0)),
        (EventKind::GO_START, shape(2, 0, 0)),
        (EventKind::GO_DESTROY, shape(0, 0, 0)),
        (EventKind::GO_DESTROY_SYSCALL, shape(0, 0, 0)),
        (EventKind::GO_STOP, shape(2, 2, 1)),
        (EventKind::GO_BLOCK, shape(2, 2, 1)),
        (EventKind::GO_UNBLOCK, shape(3, 3, 0)),
        (EventKind::GO_SYSCALL_BEGIN, shape(2, 2, 0)),
        (EventKind::GO_SYSCALL_END, shape(0, 0, 0)),
        (EventKind::GO_SYSCALL_END_BLOCKED, shape(0, 0, 0)),
        (EventKind::GO_STATUS, shape(3, 0, 0)),
        (EventKind::STW_BEGIN, shape(2, 2, 1)),
        (EventKind::STW_END, shape(0, 0, 0)),
        (EventKind::GC_ACTIVE, shape(1, 0, 0)),
        (EventKind::GC_BEGIN, shape(2, 2, 0)),
        (EventKind::GC_END, shape(1, 0, 0)),
        (EventKind::GC_SWEEP_ACTIVE, shape(1, 0, 0)),
        (EventKind::GC_SWEEP_BEGIN, shape(1, 1, 0)),
        (EventKind::GC_SWEEP_END, shape(2, 0, 0)),
        (EventKind::GC_MARK_ASSIST_ACTIVE, shape(1, 0, 0)),
        (EventKind::GC_MARK_ASSIST_BEGIN, shape(1, 1, 0)),
        (EventKind::GC_MARK_ASSIST_END, shape(0, 0, 0)),
        (EventKind::HEAP_ALLOC, shape(1, 0, 0)),
        (EventKind::HEAP_GOAL, shape(1, 0, 0)),
        (EventKind::GO_LABEL, shape(1, 0, 1)),
        (EventKind::USER_TASK_BEGIN, shape(4, 4, 1 << 2)),
        (EventKind::USER_TASK_END, shape(2, 2, 0)),
        (EventKind::USER_REGION_BEGIN, shape(3, 3, 1 << 1)),
        (EventKind::USER_REGION_END, shape(3, 3, 1 << 1)),
        (EventKind::USER_LOG, shape(4, 4, 1 << 1 | 1 << 2)),
        (EventKind::GO_SWITCH, shape(2, 0, 0)),
        (EventKind::GO_SWITCH_DESTROY, shape(2, 0, 0)),
        (EventKind::GO_CREATE_BLOCKED, shape(3, 3, 0)),
        (EventKind::GO_STATUS_STACK, shape(4, 4, 0)),
        (EventKind::SPAN, shape(3, 0, 0)),
        (EventKind::SPAN_ALLOC, shape(3, 0, 0)),
        (EventKind::SPAN_FREE, shape(1, 0, 0)),
        (EventKind::HEAP_OBJECT, shape(2, 0, 0)),
        (EventKind::HEAP_OBJECT_ALLOC, shape(2, 0, 0)),
        (EventKind::HEAP_OBJECT_FREE, shape(1, 0, 0)),
        (EventKind::GOROUTINE_STACK, shape(2, 0, 0)),
        (EventKind::GOROUTINE_STACK_ALLOC, shape(2, 0, 0)),
        (EventKind::GOROUTINE_STACK_FREE, shape(1, 0, 0)),
    ];
    let mut i = 0;
    while i < rows.len() {
        table[rows[i].0.0 as usize] = rows[i].1;
        i += 1;
    }
    table
};

impl Shape {
    /// The shape of an event code.
    #[inline]
    #[must_use]
    #[expect(clippy::indexing_slicing, reason = "a byte is always below 256")]
    pub fn of(code: u8) -> Self {
        SHAPES[usize::from(code)]
    }
}
