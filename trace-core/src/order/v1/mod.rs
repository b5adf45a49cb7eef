//! Traces of Go 1.21 and older: put in order by their own rules, then told as the same events as newer
//! ones, as one long generation. Nothing after this knows of them.

mod convert;
mod merge;
mod plan;
mod scheduler;

use crate::base::error::Result;
use crate::base::monitor::Monitor;
use crate::order::sink::{Ids, Sink};
use crate::order::v1::convert::Converter;
use crate::wire::v1::recording::Recording;
use crate::wire::v2::tables::Report;

/// What the events are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// To be compared with Go's own reader, oddities and all: events of the network poller, of timers and
    /// of returns from system calls happen on procs that do not exist (from 1,000,000 on).
    Reference,
    /// To be looked at: events happen where they happened, goroutines that were there from the start have
    /// their entry function as a stack, and a proc that is given up in a system call is stolen.
    Model,
}

/// Gives the events of a whole recording to `sink`, in order. Strings and stacks are those of its
/// tables. Damage is told to `report` and what can be read comes out all the same. Returns the ids behind
/// the local indices of the events.
///
/// # Errors
/// The sink's, or [`crate::base::error::Error::Cancelled`].
pub fn order_v1(
    recording: &Recording,
    style: Style,
    monitor: &Monitor,
    report: &mut Report<'_>,
    sink: &mut impl Sink,
) -> Result<Ids> {
    let events = merge::merge(recording, style, monitor, report)?;
    Converter::new(recording, style).run(events, monitor, report, sink)
}
