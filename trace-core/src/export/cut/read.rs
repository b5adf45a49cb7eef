//! Reads a trace for one who takes its events in order, whatever its format.

use std::io::Read;

use crate::base::error::Result;
use crate::base::monitor::Monitor;
use crate::input::source::Source;
use crate::order::generation::order_generation;
use crate::order::sched_state::SchedState;
use crate::order::sink::{Ids, Ordered, Sink};
use crate::order::v1::order_v1;
use crate::order::v1::style::Style;
use crate::wire::opening::{self, Opened};
use crate::wire::v1::recording::Recording;
use crate::wire::v2::generation::{Border, Generation};
use crate::wire::v2::reader::GenerationReader;
use crate::wire::v2::tables::{Report, Tables};
use crate::wire::version::Version;

/// Takes events with the tables of their generation.
pub(super) trait Pass {
    /// A trace of this version begins.
    fn begin(&mut self, version: Version);
    /// A generation begins. `false` if nothing more is wanted.
    fn generation(&mut self, border: Border, tables: &Tables) -> bool;
    /// An event. Fails to end the reading.
    fn event(&mut self, ev: &Ordered, ids: &Ids, tables: &Tables) -> Result<()>;
    /// The events of a generation are over.
    fn end(&mut self, _generation: &Generation) {}
    /// Nothing more is wanted.
    fn is_over(&self) -> bool;
}

struct Events<'p, P> {
    pass: &'p mut P,
    tables: &'p Tables,
}

impl<P: Pass> Sink for Events<'_, P> {
    fn event(&mut self, ev: &Ordered, ids: &Ids) -> Result<()> {
        self.pass.event(ev, ids, self.tables)
    }
}

pub(super) fn run(source: Source<'_>, pass: &mut impl Pass, monitor: &Monitor, report: &mut Report<'_>) -> Result<()> {
    match opening::open(source.reader, report)? {
        Opened::V1(recording) => run_recording(&recording, pass, monitor, report),
        Opened::V2(reader) => run_generations(*reader, pass, monitor, report),
    }
}

fn run_generations(
    mut reader: GenerationReader<impl Read>,
    pass: &mut impl Pass,
    monitor: &Monitor,
    report: &mut Report<'_>,
) -> Result<()> {
    pass.begin(reader.version());
    let mut sched = SchedState::new(true);
    let mut clock = None;
    while let Some(generation) = reader.next_generation(report)? {
        if generation.border == Border::NewTrace {
            sched = SchedState::new(true);
        }
        let tables = Tables::parse(&generation, clock, report);
        clock = Some(tables.clock);
        if !pass.generation(generation.border, &tables) {
            break;
        }
        sched.forget_time();
        let mut sink = Events { pass, tables: &tables };
        let done = order_generation(&mut sched, &generation, &tables, monitor, report, &mut sink);
        if !pass.is_over() {
            done?;
        }
        pass.end(&generation);
        if pass.is_over() {
            break;
        }
    }
    Ok(())
}

fn run_recording(
    recording: &Recording,
    pass: &mut impl Pass,
    monitor: &Monitor,
    report: &mut Report<'_>,
) -> Result<()> {
    pass.begin(recording.version());
    pass.generation(Border::Whole, &recording.tables);
    let mut sink = Events { pass, tables: &recording.tables };
    order_v1(recording, Style::Model, monitor, report, &mut sink).map(|_ids| ())
}
