//! Finds who names strings and stacks that a generation does not hold. It walks through all events once
//! more, so it is for generations in which some are known to do so.

use crate::event::kind::EventKind;
use crate::wire::v2::cursor::{Next, RawEvent, ThreadCursor};
use crate::wire::v2::generation::Generation;
use crate::wire::v2::spec::Shape;
use crate::wire::v2::tables::Tables;

/// Names without what they name, in one generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    /// One sentence about them all.
    pub message: String,
    /// Byte offset of the batch that holds the first.
    pub offset: u64,
    /// How many there are.
    pub count: u64,
}

/// Counts of names by what they stand in, and the first place.
#[derive(Default)]
struct Tally {
    stacks: u64,
    strings: u64,
    samples: u64,
    frames: u64,
    offset: Option<u64>,
}

impl Tally {
    fn at(&mut self, offset: u64) {
        self.offset = Some(self.offset.map_or(offset, |first| first.min(offset)));
    }
}

/// Looks for them; `None` if there are none.
#[must_use]
pub fn find(generation: &Generation, tables: &Tables) -> Option<Unknown> {
    let mut tally = Tally::default();
    for (at, &batch) in (0..).zip(&generation.events) {
        let batches = [at];
        let mut cursor = ThreadCursor::new(&batches);
        let mut event = RawEvent::default();
        while cursor.next(generation, tables.clock, &mut event) == Next::Event {
            let (stacks, strings) = count(&event, tables);
            if stacks + strings > 0 {
                tally.at(generation.offset_of(batch));
            }
            tally.stacks += stacks;
            tally.strings += strings;
        }
    }
    tally.samples = count_of(tables.samples.iter().filter(|sample| tables.stack(sample.stack).is_none()));
    if tally.samples > 0 {
        tally.at(generation.samples.first().map_or(generation.offset, |&batch| generation.offset_of(batch)));
    }
    let is_nameless = |id| tables.string(id).is_none();
    tally.frames = count_of(tables.frames().filter(|frame| is_nameless(frame.function) || is_nameless(frame.file)));
    if tally.frames > 0 {
        tally.at(generation.stacks.first().map_or(generation.offset, |&batch| generation.offset_of(batch)));
    }
    tell(&tally, generation.offset)
}

fn count_of<T>(items: impl Iterator<Item = T>) -> u64 {
    items.fold(0, |count, _| count + 1)
}

/// How many unknown stacks and strings an event names.
fn count(event: &RawEvent, tables: &Tables) -> (u64, u64) {
    let shape = Shape::of(event.code);
    let arg = |place: usize| event.args.get(place).copied().unwrap_or(0);
    let mut stacks = 0;
    if shape.stack > 0 {
        stacks += u64::from(tables.stack(arg(usize::from(shape.stack) - 1)).is_none());
    }
    if matches!(EventKind(event.code), EventKind::GO_CREATE | EventKind::GO_CREATE_BLOCKED) {
        stacks += u64::from(tables.stack(arg(1)).is_none());
    }
    let named = (0..4).filter(|place| shape.strings >> place & 1 == 1);
    (stacks, count_of(named.filter(|&place| tables.string(arg(place)).is_none())))
}

fn tell(tally: &Tally, start: u64) -> Option<Unknown> {
    let parts = [
        (tally.stacks, "as the stack of an event"),
        (tally.strings, "as the text of an event"),
        (tally.samples, "as the stack of a CPU sample"),
        (tally.frames, "as the name of a function or file"),
    ];
    let count: u64 = parts.iter().map(|part| part.0).sum();
    if count == 0 {
        return None;
    }
    let lost: Vec<String> =
        parts.iter().filter(|part| part.0 > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let message =
        format!("stacks or texts are named that the generation has lost: {}; they are empty", lost.join(", "));
    Some(Unknown { message, offset: tally.offset.unwrap_or(start), count })
}
