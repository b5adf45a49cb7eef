//! Traces of Go 1.21 and older: put in order by their own rules, then told as the same events as newer
//! ones, as one long generation. Nothing after this knows of them.

mod convert;
mod merge;
mod plan;
mod scheduler;
mod streams;
pub mod style;

use crate::base::error::Result;
use crate::base::monitor::Monitor;
use crate::order::sink::{Ids, Sink};
use crate::order::v1::convert::Converter;
use crate::order::v1::style::Style;
use crate::wire::v1::recording::Recording;
use crate::wire::v2::tables::Report;

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
