//! A trace for Perfetto (<https://ui.perfetto.dev>): protocol buffers with a track for each goroutine and proc.
//!
//! Field numbers are those of Perfetto's `protos/perfetto/trace`:
//! ```text
//! Trace           1 packet
//! TracePacket     8 timestamp  10 trusted_packet_sequence_id  11 track_event  13 sequence_flags  60 track_descriptor
//! TrackDescriptor 1 uuid  2 name  5 parent_uuid  8 counter        CounterDescriptor 3 unit (2 count, 3 bytes)
//! TrackEvent      4 debug_annotations  9 type  11 track_uuid  22 categories  23 name  30 counter_value
//!                 47 flow_ids (fixed64)  48 terminating_flow_ids (fixed64)
//! DebugAnnotation 6 string_value  10 name
//! ```

use std::io::{Result, Write};

use crate::base::ids::{GoroutineIdx, ProcIdx, StackId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::export::protobuf::Message;
use crate::model::lanes::LaneId;
use crate::model::trace::{Metric, Trace};
use crate::model::transitions::Transition;

/// All packets are of one writer.
const SEQUENCE: u64 = 1;
/// Tells readers that nothing from before is needed.
const STATE_CLEARED: u64 = 1;

/// The types of events.
const BEGIN: u64 = 1;
const END: u64 = 2;
const INSTANT: u64 = 3;
const COUNTER: u64 = 4;

/// Tracks of one kind: their numbers lie in a range of their own.
#[derive(Clone, Copy)]
enum Kind {
    Heading = 1,
    Goroutine,
    Regions,
    Proc,
    Counter,
}

const fn uuid(kind: Kind, number: u64) -> u64 {
    (kind as u64) << 40 | number
}

/// The tracks that others lie under.
const GOROUTINES: u64 = uuid(Kind::Heading, 1);
const PROCS: u64 = uuid(Kind::Heading, 2);
const GC: u64 = uuid(Kind::Heading, 3);
const STW: u64 = uuid(Kind::Heading, 4);

/// What is written on a track at a time.
#[derive(Default)]
struct Event<'a> {
    kind: u64,
    track: u64,
    name: &'a str,
    category: &'a str,
    notes: Vec<(&'a str, String)>,
    flow: Option<u64>,
    ends_flow: Option<u64>,
    value: u64,
}

/// Writes what lies in `range`: the states of goroutines with who brought them about, procs, regions, GC cycles, STW
/// pauses, CPU samples, and the heap. Names are as they were recorded.
///
/// # Errors
/// When writing fails.
pub fn write(trace: &Trace, range: TimeRange, out: &mut dyn Write) -> Result<()> {
    let mut packets = Packets { trace, range, out, has_begun: false, flows: 0 };
    let headings = [(GOROUTINES, "Goroutines"), (PROCS, "Procs"), (GC, "GC cycles"), (STW, "STW pauses")];
    for (track, name) in headings {
        packets.track(track, name, 0, None)?;
    }
    for at in 0..trace.proc_count() {
        packets.proc(ProcIdx(at))?;
    }
    packets.collector()?;
    // Arrows lead to and from tracks that may come later: all of them are told first.
    let gos = (0..trace.goroutine_count()).map(GoroutineIdx);
    let gos: Vec<GoroutineIdx> = gos.filter(|go| trace.transitions(*go, range).next().is_some()).collect();
    for &go in &gos {
        let (id, name) = trace.goroutine_name(go).map_or((0, ""), |(id, name)| (id.signed(), trace.str(name)));
        packets.track(uuid(Kind::Goroutine, go.0.into()), &format!("G{id} {name}"), GOROUTINES, None)?;
    }
    for go in gos {
        packets.goroutine(go)?;
    }
    packets.samples()?;
    packets.counters()
}

struct Packets<'a> {
    trace: &'a Trace,
    range: TimeRange,
    out: &'a mut dyn Write,
    has_begun: bool,
    /// Wakeups and creations so far.
    flows: u64,
}

impl Packets<'_> {
    fn packet(&mut self, mut packet: Message) -> Result<()> {
        packet.number(10, SEQUENCE);
        if !std::mem::replace(&mut self.has_begun, true) {
            packet.number(13, STATE_CLEARED);
        }
        let mut whole = Message::default();
        whole.part(1, &packet);
        self.out.write_all(&whole.bytes)
    }

    fn track(&mut self, track: u64, name: &str, parent: u64, counter: Option<u64>) -> Result<()> {
        let mut descriptor = Message::default();
        descriptor.number(1, track);
        descriptor.text(2, name);
        descriptor.number(5, parent);
        if let Some(unit) = counter {
            let mut of = Message::default();
            of.number(3, unit);
            descriptor.part(8, &of);
        }
        let mut packet = Message::default();
        packet.part(60, &descriptor);
        self.packet(packet)
    }

    fn event(&mut self, time: TraceTime, event: &Event<'_>) -> Result<()> {
        let mut message = Message::default();
        for (name, text) in &event.notes {
            let mut note = Message::default();
            note.text(6, text);
            note.text(10, name);
            message.part(4, &note);
        }
        message.number(9, event.kind);
        message.number(11, event.track);
        for (field, text) in [(22, event.category), (23, event.name)] {
            if !text.is_empty() {
                message.text(field, text);
            }
        }
        if event.kind == COUNTER {
            message.number_even_if_zero(30, event.value);
        }
        for (field, flow) in [(47, event.flow), (48, event.ends_flow)] {
            if let Some(flow) = flow {
                message.fixed(field, flow);
            }
        }
        let mut packet = Message::default();
        // The clock of traces of Go 1.21 and older begins a nanosecond before 0.
        let origin = self.trace.range().start.min(TraceTime(0));
        packet.number(8, time.nanos_since(origin).max(0).unsigned_abs());
        packet.part(11, &message);
        self.packet(packet)
    }

    /// A slice, clipped to the range.
    fn slice(&mut self, of: TimeRange, event: Event<'_>) -> Result<()> {
        let (start, end) = (of.start.max(self.range.start), of.end.min(self.range.end));
        let track = event.track;
        self.event(start, &Event { kind: BEGIN, ..event })?;
        self.event(end, &Event { kind: END, track, ..Event::default() })
    }

    fn goroutine(&mut self, go: GoroutineIdx) -> Result<()> {
        let trace = self.trace;
        let track = uuid(Kind::Goroutine, go.0.into());
        for transition in trace.transitions(go, self.range) {
            self.state(track, &transition)?;
        }
        let mut regions = trace.regions(go, self.range).peekable();
        if regions.peek().is_none() {
            return Ok(());
        }
        let track = uuid(Kind::Regions, go.0.into());
        self.track(track, "regions", uuid(Kind::Goroutine, go.0.into()), None)?;
        // Inner ones are to lie on top: begins by time, ends before the begins that follow.
        let mut open: Vec<TraceTime> = Vec::new();
        for region in regions {
            while let Some(end) = open.pop_if(|end| *end <= region.range.start) {
                self.event(end.min(self.range.end), &Event { kind: END, track, ..Event::default() })?;
            }
            let task = region.task.and_then(|task| trace.task(task));
            let notes = task.map(|task| ("task", format!("{} {}", task.id.signed(), trace.str(task.name))));
            let notes = notes.into_iter().collect();
            let name = trace.str(region.name);
            let event = Event { kind: BEGIN, track, name, category: "region", notes, ..Event::default() };
            self.event(region.range.start.max(self.range.start), &event)?;
            open.push(region.range.end);
        }
        while let Some(end) = open.pop() {
            self.event(end.min(self.range.end), &Event { kind: END, track, ..Event::default() })?;
        }
        Ok(())
    }

    /// A state of a goroutine, with an arrow from whoever brought it about.
    fn state(&mut self, track: u64, transition: &Transition) -> Result<()> {
        let (trace, span) = (self.trace, transition.span);
        if matches!(span.state, GoState::Unknown | GoState::Dead) {
            return Ok(());
        }
        let mut flow = None;
        let by = match transition.by {
            Some(LaneId::Goroutine(by)) => Some(uuid(Kind::Goroutine, by.0.into())),
            Some(LaneId::Proc(by)) => Some(uuid(Kind::Proc, by.0.into())),
            _ => None,
        };
        if let Some(by) = by.filter(|_| span.range.start >= self.range.start) {
            self.flows += 1;
            flow = Some(self.flows);
            let notes = self.stack(transition.by_stack);
            let event =
                Event { kind: INSTANT, track: by, name: "wakeup", category: "flow", notes, flow, ..Event::default() };
            self.event(span.range.start, &event)?;
        }
        let mut notes = self.stack(span.start_stack);
        let reason = trace.str(span.reason);
        if !reason.is_empty() {
            notes.insert(0, ("reason", reason.to_owned()));
        }
        let event =
            Event { track, name: span.state.name(), category: "state", notes, ends_flow: flow, ..Event::default() };
        self.slice(span.range, event)
    }

    fn stack(&self, stack: StackId) -> Vec<(&'static str, String)> {
        if !stack.is_some() {
            return Vec::new();
        }
        let frames = self.trace.frames(stack).map(|frame| format!("{} {}:{}", frame.function, frame.file, frame.line));
        vec![("stack", frames.collect::<Vec<_>>().join("\n"))]
    }

    fn proc(&mut self, proc: ProcIdx) -> Result<()> {
        let trace = self.trace;
        let track = uuid(Kind::Proc, proc.0.into());
        self.track(track, &format!("P{}", trace.proc_id(proc).signed()), PROCS, None)?;
        for span in trace.spans(LaneId::Proc(proc), self.range) {
            let Some((id, name)) = trace.goroutine_name(span.go) else { continue };
            let name = format!("G{} {}", id.signed(), trace.str(name));
            let event = Event { track, name: &name, category: span.state.name(), ..Event::default() };
            self.slice(span.range, event)?;
        }
        Ok(())
    }

    fn collector(&mut self) -> Result<()> {
        let trace = self.trace;
        for (lane, track, name) in [(LaneId::Gc, GC, "GC cycle"), (LaneId::Stw, STW, "STW pause")] {
            for span in trace.spans(lane, self.range) {
                let reason = trace.str(span.reason);
                let name = if reason.is_empty() { name } else { reason };
                self.slice(span.range, Event { track, name, category: "gc", ..Event::default() })?;
            }
        }
        Ok(())
    }

    fn samples(&mut self) -> Result<()> {
        let trace = self.trace;
        let is_in = |time: TraceTime| time >= self.range.start && time < self.range.end;
        for sample in trace.all_samples().iter().filter(|sample| is_in(sample.time)).collect::<Vec<_>>() {
            let track = match () {
                () if sample.go.is_some() => uuid(Kind::Goroutine, sample.go.0.into()),
                () if sample.proc.is_some() => uuid(Kind::Proc, sample.proc.0.into()),
                () => GOROUTINES,
            };
            let notes = self.stack(sample.stack);
            let event =
                Event { kind: INSTANT, track, name: "CPU sample", category: "sample", notes, ..Event::default() };
            self.event(sample.time, &event)?;
        }
        Ok(())
    }

    fn counters(&mut self) -> Result<()> {
        let trace = self.trace;
        let all = [
            (Metric::HeapLive, "Heap in use", 3),
            (Metric::HeapGoal, "Heap goal", 3),
            (Metric::Procs, "GOMAXPROCS", 2),
        ];
        for (number, (metric, name, unit)) in (0..).zip(all) {
            let track = uuid(Kind::Counter, number);
            self.track(track, name, 0, Some(unit))?;
            for (time, value) in trace.readings_within(metric, self.range) {
                self.event(time, &Event { kind: COUNTER, track, value, ..Event::default() })?;
            }
        }
        Ok(())
    }
}
