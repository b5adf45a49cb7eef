//! The events of an old recording, one stream for each proc or batch.

use std::collections::BTreeMap;

use crate::wire::v1::cursor::{Event, ProcCursor};
use crate::wire::v1::recording::{Recording, Sample};
use crate::wire::v1::spec;

/// A stream of events in order.
pub(super) enum Stream<'a> {
    Proc(ProcCursor<'a>),
    Samples(std::slice::Iter<'a, Sample>),
}

impl Stream<'_> {
    pub(super) fn next(&mut self, recording: &Recording) -> Option<Event> {
        match self {
            Self::Proc(cursor) => cursor.next_event(),
            Self::Samples(samples) => samples.next().map(|sample| Event {
                time: sample.ticks,
                go: sample.go,
                args: [0; 3],
                stack: recording.known_stack(sample.stack),
                proc: sample.proc,
                kind: spec::CPU_SAMPLE,
                offset: 0,
                clock: sample.ticks,
            }),
        }
    }
}

/// The streams of a recording, at their beginnings.
pub(super) fn streams(recording: &Recording) -> Vec<(Stream<'_>, Option<Event>)> {
    let mut batches: BTreeMap<i32, Vec<_>> = BTreeMap::new();
    for &batch in &recording.batches {
        batches.entry(batch.proc).or_default().push(batch);
    }
    let mut streams: Vec<(Stream<'_>, Option<Event>)> = batches
        .into_iter()
        .map(|(proc, batches)| (Stream::Proc(ProcCursor::new(recording, proc, batches)), None))
        .collect();
    streams.push((Stream::Samples(recording.samples.iter()), None));
    streams
}
