//! The thread that cuts the source into generations, no faster than they are used up.

use std::sync::mpsc::{Receiver, Sender};

use crate::base::error::Result;
use crate::base::monitor::Monitor;
use crate::base::warning::Warning;
use crate::input::source::Source;
use crate::load::pipeline::Message;
use crate::load::worker::Damage;
use crate::wire::v2::generation::{Generation, GenerationReader};

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
    /// A generation, with the damage met on the way to its end.
    Generation(Box<Generation>, Vec<Warning>),
    /// No more will come.
    End(Result<()>, Vec<Warning>),
}

/// The thread to be.
pub(crate) fn named() -> std::thread::Builder {
    std::thread::Builder::new().name("trace-reader".to_owned())
}

/// Reads until the end, or until nobody listens any more.
pub(crate) fn read(source: Source<'_>, monitor: &Monitor, door: &Door) {
    let mut damage = Damage::default();
    let ended = read_generations(source, monitor, door, &mut damage);
    // Nobody listens: nobody minds.
    drop(door.messages.send(Message::Read(Read::End(ended, damage.take(0)))));
}

fn read_generations(source: Source<'_>, monitor: &Monitor, door: &Door, damage: &mut Damage) -> Result<()> {
    let mut reader = GenerationReader::new(source.reader, &mut |kind, what, at| damage.add(kind, what, at))?;
    let version = Message::Read(Read::Version(reader.version().0));
    if door.messages.send(version).is_err() {
        return Ok(());
    }
    while !monitor.is_cancelled() && door.leaves.recv().is_ok() {
        let next = reader.next_generation(&mut |kind, what, at| damage.add(kind, what, at))?;
        let Some(generation) = next else { break };
        let warnings = damage.take(generation.number);
        let message = Message::Read(Read::Generation(Box::new(generation), warnings));
        if door.messages.send(message).is_err() {
            break;
        }
    }
    Ok(())
}
