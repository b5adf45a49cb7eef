//! A part of a trace as a trace of its own: a range of time, some goroutines, with or without its names. What comes out
//! is always in the format of Go 1.22 and newer, and valid.
//!
//! The source is read as for [`super::reference::dump`], event by event in true order. Before the range events only
//! change what is known to go on; as it begins, that is told (`prologue`); inside, events are written as they come
//! (`translate`), numbered anew.

pub mod anonymise;
mod cutter;
mod moment;
mod names;
mod proc_status;
mod prologue;
mod read;
mod selection;
mod survey;
mod symbols;
mod translate;
mod writer;

use std::io::Write;

use crate::base::error::Result;
use crate::base::monitor::Monitor;
use crate::export::cut::cutter::Cutter;
pub use crate::export::cut::prologue::CATEGORY;
use crate::export::cut::read::{Pass as _, run};
pub use crate::export::cut::selection::{CutSummary, Selection, Who};
use crate::export::cut::survey::Surveyor;
use crate::input::source::Source;
use crate::wire::v2::tables::Report;

/// Writes what `selection` keeps of the trace that `open` gives to `out`. If some goroutines are chosen, the source is
/// opened and read twice. Damage is told to `report` (kind, sentence, byte offset).
///
/// # Errors
/// If the source is no readable trace, `out` fails, `monitor` was cancelled, or no event lies in the range.
pub fn cut<'s>(
    open: &dyn Fn() -> Result<Source<'s>>,
    selection: &Selection,
    out: &mut dyn Write,
    monitor: &Monitor,
    report: &mut Report<'_>,
) -> Result<CutSummary> {
    let mut kept = None;
    if selection.who != Who::All {
        let mut surveyor = Surveyor::new(selection);
        let mut unheard = |_, _, _| {};
        let done = run(open()?, &mut surveyor, monitor, &mut unheard);
        if !surveyor.is_over() {
            done?;
        }
        kept = surveyor.kept();
    }
    let mut cutter = Cutter::new(selection, kept, out);
    let done = run(open()?, &mut cutter, monitor, report);
    if !cutter.is_over() {
        done?;
    }
    cutter.finish()
}
