//! The thread that cuts the source into generations, no faster than they are used up.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender};

use crate::base::error::Result;
use crate::base::monitor::Monitor;
use crate::base::warning::WarningKind;
use crate::input::source::Source;
use crate::load::message::Damage;
use crate::load::message::Message;
use crate::load::message::Part;
use crate::load::message::Read;
use crate::wire::opening::{self, Opened};
use crate::wire::v2::generation::{Border, Generation};
use crate::wire::version::HEADER_BYTES;

/// The reader's ends of the channels.
#[derive(Debug)]
pub(crate) struct ReaderChannels {
    pub(crate) messages: Sender<Message>,
    /// A leave for each generation, with the memory of one that is used up.
    pub(crate) leaves: Receiver<Vec<Vec<u8>>>,
}

/// The thread to be.
pub(crate) fn named() -> std::thread::Builder {
    std::thread::Builder::new().name("trace-reader".to_owned())
}

/// Reads until the end, or until nobody listens any more.
pub(crate) fn read(source: Source<'_>, monitor: &Monitor, door: &ReaderChannels) {
    let mut damage = Damage::default();
    // A fault of ours ends the reading, and must not leave the other end waiting.
    let ended = catch_unwind(AssertUnwindSafe(|| read_generations(source, monitor, door, &mut damage)));
    let ended = ended.unwrap_or_else(|_panic| {
        let what = "the rest could not be read because of a bug in Tracelane; please report it and attach the file";
        damage.add(WarningKind::Internal, what.to_owned(), 0);
        Ok(())
    });
    // Nobody listens: nobody minds.
    drop(door.messages.send(Message::Read(Read::End(ended, damage.take(0)))));
}

fn read_generations(source: Source<'_>, monitor: &Monitor, door: &ReaderChannels, damage: &mut Damage) -> Result<()> {
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
        // Of a program that ended before trace.Stop, or no trace behind its header.
        Opened::V1(recording) if recording.is_empty() => {
            if recording.byte_len() > HEADER_BYTES as u64 {
                damage.add(WarningKind::SkippedBytes, "no event behind the header".to_owned(), HEADER_BYTES as u64);
            }
            return Ok(());
        }
        Opened::V1(recording) => {
            let part = Part::Recording(recording);
            // Nobody listens: nobody minds.
            drop(door.messages.send(Message::Read(Read::Part(part, damage.take(0)))));
            return Ok(());
        }
    };
    let mut crowd = GenerationBudget::default();
    while !monitor.is_cancelled()
        && let Ok(chunks) = door.leaves.recv()
    {
        reader.reuse(chunks);
        let next = crowd.next(
            &mut |damage| reader.next_generation(&mut |kind, what, at| damage.add(kind, what, at)),
            monitor,
            damage,
        )?;
        let empty = std::mem::take(&mut crowd.empty);
        if empty > 0 && door.messages.send(Message::Read(Read::Empty(empty))).is_err() {
            break;
        }
        let Some(generation) = next else { break };
        let warnings = damage.take(generation.number);
        let message = Message::Read(Read::Part(Part::Generation(Box::new(generation)), warnings));
        if door.messages.send(message).is_err() {
            break;
        }
    }
    Ok(())
}

/// Generations that are worked on though they hold nothing: a damaged trace may have some.
const EMPTY_AT_LEAST: u64 = 64;
/// Generations that are worked on in any case…
const GENERATIONS_AT_LEAST: u64 = 4_096;
/// …and for each so many bytes one more. Go's runtime writes more than that of names alone into each; each that is
/// worked on takes a few KB.
const BYTES_PER_GENERATION: u64 = 512;

/// Keeps made-up traces of very many very small generations from costing more than their bytes justify.
#[derive(Debug, Default)]
struct GenerationBudget {
    given: u64,
    /// Those without content so far, and those of them that were not given out since the last one that was.
    all_empty: u64,
    empty: u64,
    /// Some have been left out since the last one that was given out.
    has_gap: bool,
}

impl GenerationBudget {
    /// The next generation that is to be worked on.
    fn next(
        &mut self,
        read: &mut dyn FnMut(&mut Damage) -> Result<Option<Generation>>,
        monitor: &Monitor,
        damage: &mut Damage,
    ) -> Result<Option<Generation>> {
        while let Some(mut generation) = read(damage)? {
            if generation.is_empty() {
                self.all_empty += 1;
                if self.all_empty > EMPTY_AT_LEAST {
                    self.empty += 1;
                    if monitor.is_cancelled() {
                        return Ok(None);
                    }
                    continue;
                }
            }
            if self.given > GENERATIONS_AT_LEAST.saturating_add(generation.offset / BYTES_PER_GENERATION) {
                let what = "more small generations than any program writes; the rest are left out".to_owned();
                damage.add(WarningKind::Limit, what, generation.offset);
                self.has_gap = true;
                if monitor.is_cancelled() {
                    return Ok(None);
                }
                continue;
            }
            self.given += 1;
            if std::mem::take(&mut self.has_gap) && generation.border == Border::Whole {
                generation.border = Border::Gap;
            }
            return Ok(Some(generation));
        }
        Ok(None)
    }
}
