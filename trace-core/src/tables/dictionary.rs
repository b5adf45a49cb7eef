//! Frames and functions of all stacks, each once.

use rustc_hash::FxHashMap;

use crate::base::ids::StackId;
use crate::model::trace::Trace;

/// A frame: a line of a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct FrameEntry {
    /// Its function's place in the list of functions.
    pub(super) function: u32,
    /// Line in the file; 0 if unknown.
    pub(super) line: u64,
    /// Program counter; 0 in old traces.
    pub(super) address: u64,
}

/// Frames and functions in the order in which stacks first have them.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    /// Name and file of each function, by its number.
    pub(super) functions: Vec<(String, String)>,
    pub(super) frames: Vec<FrameEntry>,
    /// The frames of each stack, leaf first, by [`StackId`].
    pub(super) stacks: Vec<Box<[u32]>>,
}

impl Dictionary {
    pub(super) fn of(trace: &Trace) -> Self {
        let mut made = Self::default();
        let mut functions: FxHashMap<(&str, &str), u32> = FxHashMap::default();
        let mut frames: FxHashMap<FrameEntry, u32> = FxHashMap::default();
        for id in 0..trace.stack_count() {
            let stack = trace.frames(StackId(id)).map(|frame| {
                let function = *functions.entry((frame.function, frame.file)).or_insert_with(|| {
                    made.functions.push((frame.function.to_owned(), frame.file.to_owned()));
                    number(made.functions.len() - 1)
                });
                let entry = FrameEntry { function, line: frame.line, address: frame.pc };
                *frames.entry(entry).or_insert_with(|| {
                    made.frames.push(entry);
                    number(made.frames.len() - 1)
                })
            });
            made.stacks.push(stack.collect());
        }
        made
    }
}

/// A place in a list as a number. A trace has far fewer than 2^32 frames: each takes more than a byte of the file.
fn number(place: usize) -> u32 {
    u32::try_from(place).unwrap_or(u32::MAX)
}
