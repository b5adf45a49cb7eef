//! Stacks, their frames and functions.

use crate::base::ids::StackId;
use crate::tables::column::Role;
use crate::tables::field::{Field, Typed};
use crate::tables::value::Value;

/// A frame's place in a stack.
#[derive(Clone, Copy)]
pub(super) struct Link {
    stack: u32,
    frame: u32,
    position: usize,
}

/// `stacks`: a row a stack, in words.
pub(super) static STACKS: Typed<StackId> = Typed {
    name: "stacks",
    about: "A call stack.",
    fields: &[
        Field::id("stack_id", "its number in this trace", |_, row: &StackId| Value::Int(row.0.into())).with(Role::Key),
        Field::text(
            "function",
            "the program's function nearest to the leaf, or the one that says most",
            |source, row| source.words(*row).map_or(Value::Null, |words| Value::text(&words.function)),
        ),
        Field::text("file", "the source file of that frame", |source, row| {
            source.words(*row).map_or(Value::Null, |words| Value::text(&words.file))
        }),
        Field::id("line", "the line of that frame", |source, row| {
            source.words(*row).filter(|words| words.line > 0).map_or(Value::Null, |words| Value::count(words.line))
        }),
        Field::text("operation", "what it is in, if it waits: sync.(*Mutex).Lock, chan receive", |source, row| {
            source.words(*row).map_or(Value::Null, |words| Value::text(words.operation))
        }),
        Field::text("leaf_function", "the function at the leaf", |source, row| {
            source.words(*row).map_or(Value::Null, |words| Value::text(&words.leaf))
        }),
        Field::text("root_function", "the function at the root", |source, row| {
            source.words(*row).map_or(Value::Null, |words| Value::text(&words.root))
        }),
        Field::count("depth", "how many frames it has", |source, row| {
            source.words(*row).map_or(Value::Null, |words| Value::count(words.depth as u64))
        }),
    ],
    walk: |source, scan| {
        let count = source.trace().stack_count() as usize;
        Box::new(keyed(scan.key(), count).filter(|id| *id > 0).map(StackId))
    },
};

/// Which frames a stack has.
pub(super) static STACK_FRAMES: Typed<Link> = Typed {
    name: "stack_frames",
    about: "A frame's place in a stack.",
    fields: &[
        Field::id("stack_id", "the stack", |_, row: &Link| Value::Int(row.stack.into())).with(Role::Key),
        Field::id("frame_id", "the frame", |_, row| Value::Int(row.frame.into())),
        Field::count("position", "how many frames are nearer to the leaf", |_, row| Value::count(row.position as u64)),
    ],
    walk: |source, scan| {
        let stacks = &source.dictionary().stacks;
        let links = move |stack: u32| {
            let frames = stacks.get(stack as usize).into_iter().flatten().enumerate();
            frames.map(move |(position, frame)| Link { stack, frame: *frame, position })
        };
        Box::new(keyed(scan.key(), source.trace().stack_count() as usize).flat_map(links))
    },
};

/// `frames`: a row a frame of a stack.
pub(super) static FRAMES: Typed<u32> = Typed {
    name: "frames",
    about: "A line of a function that is in some stack.",
    fields: &[
        Field::id("frame_id", "its number in this trace", |_, row: &u32| Value::Int((*row).into())).with(Role::Key),
        Field::id("address", "the program counter", |source, row| {
            let frame = source.dictionary().frames.get(*row as usize);
            frame.map_or(Value::Null, |frame| Value::Int(frame.address.cast_signed()))
        }),
        Field::id("function_id", "the function", |source, row| {
            let frame = source.dictionary().frames.get(*row as usize);
            frame.map_or(Value::Null, |frame| Value::Int(frame.function.into()))
        }),
        Field::id("line", "the line in the function's file", |source, row| {
            let frame = source.dictionary().frames.get(*row as usize);
            frame.filter(|frame| frame.line > 0).map_or(Value::Null, |frame| Value::count(frame.line))
        }),
    ],
    walk: |source, scan| Box::new(keyed(scan.key(), source.dictionary().frames.len())),
};

/// `functions`: a row a function.
pub(super) static FUNCTIONS: Typed<u32> = Typed {
    name: "functions",
    about: "A function that is in some stack.",
    fields: &[
        Field::id("function_id", "its number in this trace", |_, row: &u32| Value::Int((*row).into())).with(Role::Key),
        Field::text("name", "its full name", |source, row| {
            let function = source.dictionary().functions.get(*row as usize);
            function.map_or(Value::Null, |function| Value::text(&function.0))
        }),
        Field::text("file", "its source file", |source, row| {
            let function = source.dictionary().functions.get(*row as usize);
            function.map_or(Value::Null, |function| Value::text(&function.1))
        }),
    ],
    walk: |source, scan| Box::new(keyed(scan.key(), source.dictionary().functions.len())),
};

/// The numbers below `count`, or the one that is wanted.
fn keyed(key: Option<i64>, count: usize) -> std::ops::Range<u32> {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    match key {
        None => 0..count,
        Some(key) => {
            let at = u32::try_from(key).unwrap_or(count).min(count);
            at..at.saturating_add(1).min(count)
        }
    }
}
