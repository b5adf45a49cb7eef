//! The thread that cuts the source into generations, no faster than they are used up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender};

use crate::base::error::Result;
use crate::base::monitor::Monitor;
use crate::base::warning::{Warning, WarningKind};
use crate::input::source::Source;
use crate::load::pipeline::Message;
use crate::load::worker::Damage;
use crate::wire::opening::{self, Opened};
use crate::wire::v1::recording::Recording;
use crate::wire::v2::generation::Generation;

/// The reader's ends of the channels.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) messages: Sender<Message>,
    /// A leave for each generation.
    pub(crate) leaves: Receiver<()>,
}

/// What the reader gives out.
#[derive(Debug)]
pub(crate) enum Read {
    /// The file's version, first of all.
    Version(u32),
    /// A part, with the damage met on the way to its end.
    Part(Part, Vec<Warning>),
    /// No more will come.
    End(Result<()>, Vec<Warning>),
}

/// What a worker is given.
#[derive(Debug)]
pub(crate) enum Part {
    Generation(Box<Generation>),
    /// All of a trace of Go 1.21 or older.
    Recording(Box<Recording>),
}

impl Part {
    /// The generation's number; 0 if there are none.
    pub(crate) fn number(&self) -> u64 {
        match self {
            Self::Generation(generation) => generation.number,
            Self::Recording(_) => 0,
        }
    }

    /// Offset of its first byte in the input.
    pub(crate) fn offset(&self) -> u64 {
        match self {
            Self::Generation(generation) => generation.offset,
            Self::Recording(_) => 0,
        }
    }

    /// Its size in the input.
    pub(crate) fn byte_len(&self) -> u64 {
        match self {
            Self::Generation(generation) => generation.byte_len(),
            Self::Recording(recording) => recording.byte_len(),
        }
    }
}

/// The thread to be.
pub(crate) fn named() -> std::thread::Builder {
    std::thread::Builder::new().name("trace-reader".to_owned())
}

/// Reads until the end, or until nobody listens any more.
pub(crate) fn read(source: Source<'_>, monitor: &Monitor, door: &Door) {
    let mut damage = Damage::default();
    // A fault of ours ends the reading, and must not leave the other end waiting.
    let ended = catch_unwind(AssertUnwindSafe(|| read_generations(source, monitor, door, &mut damage)));
    let ended = ended.unwrap_or_else(|_panic| {
        let what = "the rest could not be read because of a fault in Tracelane; please report it with the file";
        damage.add(WarningKind::Internal, what.to_owned(), 0);
        Ok(())
    });
    // Nobody listens: nobody minds.
    drop(door.messages.send(Message::Read(Read::End(ended, damage.take(0)))));
}

fn read_generations(source: Source<'_>, monitor: &Monitor, door: &Door, damage: &mut Damage) -> Result<()> {
    let is_live = source.live;
    let opened = opening::open(source.reader, &mut |kind, what, at| damage.add(kind, what, at))?;
    if let Some(what) = source.restoration.text() {
        damage.add(WarningKind::Reencoded, what.to_owned(), 0);
    }
    let version = match &opened {
        Opened::V1(recording) => recording.version(),
        Opened::V2(reader) => reader.version(),
    };
    if door.messages.send(Message::Read(Read::Version(version.0))).is_err() {
        return Ok(());
    }
    let mut reader = match opened {
        Opened::V2(reader) => reader.live(is_live),
        Opened::V1(recording) => {
            let part = Part::Recording(recording);
            // Nobody listens: nobody minds.
            drop(door.messages.send(Message::Read(Read::Part(part, damage.take(0)))));
            return Ok(());
        }
    };
    while !monitor.is_cancelled() && door.leaves.recv().is_ok() {
        let next = reader.next_generation(&mut |kind, what, at| damage.add(kind, what, at))?;
        let Some(generation) = next else { break };
        let warnings = damage.take(generation.number);
        let message = Message::Read(Read::Part(Part::Generation(Box::new(generation)), warnings));
        if door.messages.send(message).is_err() {
            break;
        }
    }
    Ok(())
}
