//! Orders one generation: the loop around frontier, machine and CPU samples.

mod lost;
mod run;
mod threads;

use crate::base::error::{Error, Result};
use crate::base::monitor::Monitor;
use crate::base::time::TraceTime;
use crate::base::warning::WarningKind;
use crate::event::kind::EventKind;
use crate::order::frontier::{Due, Frontier};
use crate::order::generation::run::{Run, Stream};
use crate::order::generation::threads::Threads;
use crate::order::sched_state::SchedState;
use crate::order::sink::{NO_IDX, Ordered, Sink};
use crate::order::step::Step;
use crate::order::{FEW_THREADS, is_too_much};
use crate::wire::v2::cursor::{Next, RawEvent, ThreadCursor};
use crate::wire::v2::generation::Generation;
use crate::wire::v2::tables::{RawSample, Report, Tables};

/// How many events go by between two looks at the monitor.
const EVENTS_PER_LOOK: u64 = 1 << 14;
/// How many events of one thread are given out at once.
const EVENTS_PER_RUN: u32 = 1 << 12;

/// Gives the events of a generation to `sink`, in order, preceded by a `SYNC`. Events that break the
/// rules are made to fit and told to `report` (kind, sentence, byte offset), so every event that can be
/// decoded comes out.
///
/// # Errors
/// The sink's, or [`Error::Cancelled`].
pub fn order_generation(
    sched: &mut SchedState,
    generation: &Generation,
    tables: &Tables,
    monitor: &Monitor,
    report: &mut Report<'_>,
    sink: &mut impl Sink,
) -> Result<()> {
    sched.begin_generation(generation.number);
    sched.sync(Some(tables.clock.nanos(generation.min_ticks)), sink)?;
    let threads = Threads::of(generation);
    threads.report_left_out(report);
    let mut run = Run::new(sched, generation, &threads, tables, report);
    let mut next_look = sched.events() + EVENTS_PER_LOOK;
    run.report_gaps(sched, sink);
    while run.advance(sched, report, sink)? {
        if sched.events() >= next_look {
            next_look = sched.events() + EVENTS_PER_LOOK;
            if monitor.is_cancelled() {
                return Err(Error::Cancelled);
            }
        }
    }
    monitor.add_tries(run.tries);
    Ok(())
}

impl<'a> Run<'a> {
    fn new(
        sched: &mut SchedState,
        generation: &'a Generation,
        threads: &'a Threads,
        tables: &'a Tables,
        report: &mut Report<'_>,
    ) -> Self {
        let streams: Vec<Stream<'a>> = threads
            .iter(generation)
            .map(|(thread, batches)| Stream {
                thread: sched.thread_idx(thread),
                cursor: ThreadCursor::new(batches),
                event: RawEvent::default(),
                last: sched.last_time().0,
                told: i64::MIN,
                skipped: None,
                is_over: false,
            })
            .collect();
        let mut run = Self {
            generation,
            tables,
            frontier: Frontier::with_capacity(streams.len()),
            streams,
            samples: &tables.samples,
            gaps: Vec::new(),
            missing: 0,
            tries: 0,
            before: sched.events(),
        };
        for place in 0..run.streams.len() {
            if let Some(time) = run.read(place, report) {
                run.frontier.insert(Due { time, cursor: u32::try_from(place).unwrap_or(NO_IDX) });
            }
        }
        run
    }

    /// Reads the next event of a stream; its time, or `None` at the end.
    fn read(&mut self, place: usize, report: &mut Report<'_>) -> Option<i64> {
        let stream = self.streams.get_mut(place)?;
        let before = if self.generation.skipped.is_empty() { None } else { stream.cursor.place(self.generation) };
        let next = stream.cursor.next(self.generation, self.tables.clock, &mut stream.event);
        let time = self.read_on(place, next, report)?;
        if let Some((before, _)) = before {
            self.note_skipped(place, before);
        }
        Some(time)
    }

    /// Reads on until a stream has an event after an attempt has had the result `next`; its time, or `None` at the end.
    fn read_on(&mut self, place: usize, mut next: Next, report: &mut Report<'_>) -> Option<i64> {
        let stream = self.streams.get_mut(place)?;
        loop {
            match next {
                Next::Event => break,
                Next::End => {
                    stream.is_over = true;
                    return None;
                }
                Next::Lost => self.gaps.extend(lost::whole_batch(self.generation, &stream.cursor, place)),
                Next::Back(nanos) => report_turning_back(self.generation, &stream.cursor, nanos, report),
                Next::Bad(code) => {
                    report_bad_batch(self.generation, &stream.cursor, code, report);
                    self.gaps.extend(lost::rest_of_batch(self.generation, &stream.cursor, place));
                }
            }
            next = stream.cursor.next(self.generation, self.tables.clock, &mut stream.event);
        }
        Some(stream.event.time)
    }

    /// Gives out a sample, or events of the earliest thread that can go on; `false` at the end.
    #[inline]
    fn advance(&mut self, sched: &mut SchedState, report: &mut Report<'_>, sink: &mut impl Sink) -> Result<bool> {
        let first = self.frontier.first();
        if let Some((sample, rest)) = self.samples.split_first()
            && first.is_none_or(|due| sample.time < due.time)
        {
            self.samples = rest;
            self.sample(sched, *sample, sink)?;
            return Ok(true);
        }
        let Some(due) = first else { return Ok(false) };
        if !self.run_ahead(due.cursor, sched, report, sink)? {
            self.advance_another(sched, report, sink)?;
        }
        if !self.gaps.is_empty() {
            self.report_gaps(sched, sink);
        }
        Ok(true)
    }

    /// Gives out the events of the earliest thread until one of another, or a sample, is due before its next one; that
    /// takes dozens of events in most traces. No other thread moves meanwhile, so that the frontier can be left
    /// alone. `false` if its event cannot be next.
    #[inline]
    fn run_ahead(
        &mut self,
        cursor: u32,
        sched: &mut SchedState,
        report: &mut Report<'_>,
        sink: &mut impl Sink,
    ) -> Result<bool> {
        let limit = self.frontier.second_time().min(self.samples.first().map_or(i64::MAX, |sample| sample.time));
        let (generation, clock) = (self.generation, self.tables.clock);
        let is_whole = generation.skipped.is_empty();
        let place = cursor as usize;
        let Some(stream) = self.streams.get_mut(place) else { return Ok(true) };
        // Copies that need not be in memory.
        let (thread, mut event) = (stream.thread, stream.event);
        for _ in 0..EVENTS_PER_RUN {
            if EventKind(event.code).is_region_or_task() {
                sink.at(stream.offset(generation));
            }
            if sched.step_here(&event, thread, false, sink)? != Step::Done {
                stream.event = event;
                self.frontier.update(0, event.time);
                return Ok(false);
            }
            stream.last = event.time;
            if !is_whole {
                stream.event = event;
                self.refresh(0, cursor, report);
                return Ok(true);
            }
            match stream.cursor.next(generation, clock, &mut event) {
                Next::Event if event.time <= limit => {}
                Next::Event => break,
                next => {
                    stream.event = event;
                    match self.read_on(place, next, report) {
                        Some(time) => self.frontier.update(0, time),
                        None => self.frontier.remove(0),
                    }
                    return Ok(true);
                }
            }
        }
        stream.event = event;
        self.frontier.update(0, event.time);
        Ok(true)
    }

    /// After the event at `place` of the frontier has gone: puts the next of its thread there.
    fn refresh(&mut self, place: usize, cursor: u32, report: &mut Report<'_>) {
        if let Some(stream) = self.streams.get_mut(cursor as usize) {
            stream.last = stream.event.time;
        }
        match self.read(cursor as usize, report) {
            Some(time) => self.frontier.update(place, time),
            None => self.frontier.remove(place),
        }
    }

    /// The earliest event cannot go: tries the others in order of time, and forces the earliest if none can.
    #[cold]
    fn advance_another(&mut self, sched: &mut SchedState, report: &mut Report<'_>, sink: &mut impl Sink) -> Result<()> {
        let mut count = self.frontier.len();
        if is_too_much(self.tries, sched.events().saturating_sub(self.before)) {
            count = count.min(FEW_THREADS);
        } else {
            self.frontier.sort();
            self.tries += count as u64;
        }
        let mut fault = None;
        // The first one has been tried; if sorting has put another of the same time there, it comes last,
        // as in the reference reader.
        for place in (1..count).chain([0]) {
            self.tries += 1;
            let Some(due) = self.frontier.get(place) else { break };
            let Some(stream) = self.streams.get(due.cursor as usize) else { break };
            self.report_place(stream, sink);
            match sched.step(&stream.event, stream.thread, false, sink)? {
                Step::Done => {
                    self.refresh(place, due.cursor, report);
                    return Ok(());
                }
                Step::Wait => {}
                Step::Fault(why) => {
                    fault.get_or_insert((place, why));
                }
            }
        }
        let (place, why) = fault.unwrap_or((0, ""));
        let Some(due) = self.frontier.get(place) else { return Ok(()) };
        let unborn = self.report_missing(sched, due.cursor as usize, !why.is_empty(), sink);
        let Some(stream) = self.streams.get(due.cursor as usize) else { return Ok(()) };
        let name = EventKind(stream.event.code).name();
        let at = stream.offset(self.generation);
        if why.is_empty() {
            let what = format!("no event can be next by the rules; {name} was taken, being the earliest");
            report(WarningKind::BrokenOrder, what, at);
        } else {
            report(WarningKind::BadEvent, format!("{name} breaks the rules: {why}"), at);
        }
        self.report_place(stream, sink);
        sched.step(&stream.event, stream.thread, true, sink)?;
        if let Some(go) = unborn {
            let since = self.tables.clock.nanos(self.generation.min_ticks);
            self.report_not_created(sched, due.cursor as usize, go, since, sink);
        }
        self.refresh(place, due.cursor, report);
        Ok(())
    }

    /// Tells where a region or task begins or ends.
    fn report_place(&self, stream: &Stream<'_>, sink: &mut impl Sink) {
        if EventKind(stream.event.code).is_region_or_task() {
            sink.at(stream.offset(self.generation));
        }
    }

    fn sample(&mut self, sched: &mut SchedState, sample: RawSample, sink: &mut impl Sink) -> Result<()> {
        let go = crate::base::ids::GoId(sample.go);
        let go_idx = if go.is_some() { sched.go_for_sample(go) } else { NO_IDX };
        let event = Ordered {
            kind: EventKind::CPU_SAMPLE,
            time: TraceTime(sample.time),
            thread: sched.thread_idx(sample.thread),
            proc: sched.proc_idx(sample.proc),
            go: go_idx,
            subject: NO_IDX,
            from: 0,
            to: 0,
            args: [sample.stack, 0, 0, 0],
        };
        sched.emit(event, sink)
    }
}

#[cold]
fn report_turning_back(generation: &Generation, cursor: &ThreadCursor<'_>, nanos: i64, report: &mut Report<'_>) {
    let at = cursor.place(generation).map_or(generation.offset, |(batch, _)| generation.offset_of(batch));
    let what =
        format!("the clock of a thread goes back by {nanos} ns where a batch begins; what follows may come late");
    report(WarningKind::Clock, what, at);
}

#[cold]
fn report_bad_batch(generation: &Generation, cursor: &ThreadCursor<'_>, code: Option<u8>, report: &mut Report<'_>) {
    let at = cursor.place(generation).map_or(generation.offset, |(batch, _)| generation.offset_of(batch));
    match code {
        Some(code) if generation.version.0 > crate::wire::version::NEWEST_KNOWN => {
            let what = format!("events of the unknown kind {code} and what follows them in their batch are left out");
            report(WarningKind::NewerVersion, what, at);
        }
        Some(code) => {
            let what = format!("a batch holds a byte that is no event ({code}); the rest of the batch is left out");
            report(WarningKind::BadBatch, what, at);
        }
        None => {
            let what = "a batch ends inside an event; the rest of it is left out".to_owned();
            report(WarningKind::BadBatch, what, at);
        }
    }
}
