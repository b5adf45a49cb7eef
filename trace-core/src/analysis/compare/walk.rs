//! The walk over one goroutine: which rows its spans belong to, and the units of work between its idle waits.

use crate::analysis::compare::accumulator::{Accumulator, Key, Meaning};
use crate::analysis::compare::late::late;
use crate::analysis::compare::row_kind::RowKind;
use crate::analysis::compare::time_blocks::TimeBlocks;
use crate::analysis::places::{Op, Places};
use crate::analysis::request_borders::{Border, RequestBorders};
use crate::analysis::workload::is_idle;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::{Cause, GoState, SpanClass};
use crate::model::lanes::LaneId;
use crate::model::state_intervals::StateInterval;
use crate::model::trace::{SpecialKind, Trace};

/// What is looked at.
pub(super) struct WalkInput<'a> {
    pub(super) trace: &'a Trace,
    pub(super) places: &'a Places<'a>,
    pub(super) time_blocks: TimeBlocks,
    /// When a proc was idle.
    pub(super) idle: Vec<TimeRange>,
}

/// A unit of work while it goes on.
#[derive(Default)]
struct WorkUnit {
    range: Option<TimeRange>,
    has_begin: bool,
    /// When the goroutine last blocked or was in a system call, until when.
    blocked_until: Option<TraceTime>,
    /// The first stack in it that has a frame of the program.
    stack: StackId,
    /// Where the goroutine blocked last.
    last: StackId,
}

/// A goroutine while it is looked at.
struct Visit<'a> {
    look: &'a WalkInput<'a>,
    accumulator: &'a mut Accumulator,
    go: GoroutineIdx,
    name: StrId,
    /// It was created in range.
    is_new: bool,
    unit: WorkUnit,
    requests: RequestBorders,
    /// The part of the range in which its last span began.
    part: usize,
}

impl WalkInput<'_> {
    /// Takes in what a goroutine of the program did.
    pub(super) fn at_goroutine(&self, go: GoroutineIdx, accumulator: &mut Accumulator) {
        let (trace, range) = (self.trace, self.time_blocks.range());
        let Some(known) = trace.goroutine(go).filter(|known| !known.is_system) else { return };
        accumulator.sketch.live(&known, &self.time_blocks);
        let is_in = |time| time >= range.start && time <= range.end;
        let created = known.created.filter(|time| is_in(*time));
        let ended = known.ended.filter(|time| is_in(*time));
        if let (Some(created), Some(ended)) = (created, ended) {
            let life = TimeRange::new(created, ended);
            let slot = accumulator.slot_of_function(RowKind::Goroutine, known.name);
            accumulator.add_to(slot, StackId::NONE, (go, life), nanos(life), self.time_blocks.block(created));
        }
        for special in trace.special_ranges(LaneId::Goroutine(go), range) {
            if special.kind == SpecialKind::MarkAssist
                && let Some(function) = self.places.own_function(special.stack)
            {
                let key = Key::Own(RowKind::Assist, Op::Other, SpanClass::Gc, function);
                self.add(accumulator, key, special.stack, (go, special.range.intersect(range)));
            }
        }
        let unit = WorkUnit { has_begin: created.is_some(), ..WorkUnit::default() };
        let (name, is_new) = (known.name, created.is_some());
        let requests = RequestBorders::default();
        let mut visit = Visit { look: self, accumulator, go, name, is_new, unit, requests, part: 0 };
        let (running, first) = visit.walk();
        visit.close(ended.is_some());
        if let Some(first) = first {
            accumulator.running += running;
            let slot = accumulator.slot_of_function(RowKind::Running, known.name);
            accumulator.add_to(slot, StackId::NONE, (go, first), running, self.time_blocks.block(first.start));
        }
        for region in trace.regions(go, range) {
            if !region.began_before && !region.goes_on && is_in(region.range.start) && is_in(region.range.end) {
                let key = Key::Region(region.name, self.places.own_function(region.start_stack));
                self.add(accumulator, key, region.start_stack, (go, region.range));
            }
        }
    }

    fn add(&self, accumulator: &mut Accumulator, key: Key, stack: StackId, at: (GoroutineIdx, TimeRange)) {
        accumulator.add(key, stack, at, nanos(at.1), &self.time_blocks);
    }
}

impl Visit<'_> {
    /// From span to span. How long it ran, and when first.
    fn walk(&mut self) -> (u64, Option<TimeRange>) {
        let (mut running, mut first) = (0, None);
        let (range, no_cpu) = (self.look.time_blocks.range(), self.look.trace.no_cpu());
        // One that may be the last.
        let mut held: Option<StateInterval> = None;
        self.look.trace.state_intervals(self.go, range, |stretch| {
            if let Some(before) = held.take() {
                self.take_in(&before, false);
            }
            if stretch.state == GoState::Running {
                let part = stretch.range.intersect(range);
                running += no_cpu.with_cpu(self.go, part);
                first = first.or(Some(part));
            }
            if stretch.goes_on || stretch.range.end > range.end {
                held = Some(*stretch);
            } else {
                self.take_in(stretch, false);
            }
        });
        if let Some(last) = held {
            self.take_in(&last, true);
        }
        (running, first)
    }

    fn take_in(&mut self, span: &StateInterval, is_last: bool) {
        let look = self.look;
        let part = span.range.intersect(look.time_blocks.range());
        let offsets = look.time_blocks.offsets_within(part);
        // Where it stands: a goroutine that is made ready is still where it blocked.
        let stack = match span.state {
            GoState::Waiting | GoState::Syscall => span.stack,
            GoState::Runnable if span.cause == Cause::Stopped => span.stack,
            GoState::Runnable => self.unit.last,
            _ => StackId::NONE,
        };
        if matches!(span.state, GoState::Waiting | GoState::Syscall) {
            match self.requests.next(look.places.request_phase(stack)) {
                Some(Border::AfterAnswer) => self.next_unit(self.unit.blocked_until.unwrap_or(part.start)),
                Some(Border::BeforeThis) => self.next_unit(part.start),
                None => {}
            }
            self.unit.blocked_until = Some(part.end);
        }
        self.unit.last = stack;
        if !self.unit.stack.is_some() && stack.is_some() && look.places.has_own(stack) {
            self.unit.stack = stack;
        }
        let meaning = match span.state {
            GoState::Unknown | GoState::Dead => return,
            GoState::Running => Meaning::Nothing,
            GoState::Runnable => {
                self.accumulator.late = self.accumulator.late.plus(late(part, &look.idle));
                Meaning::Row(self.accumulator.slot_of_function(RowKind::Sched, self.name))
            }
            // It still waits there in the end.
            GoState::Waiting if is_last && self.is_new => {
                let (op, function) = (look.places.op(stack), look.places.own_function(stack));
                let key = function.map(|function| Key::Own(RowKind::Stuck, op, span.class, function));
                key.map_or(Meaning::Nothing, |key| Meaning::Row(self.accumulator.slot(key)))
            }
            GoState::Waiting | GoState::Syscall => self.meaning(span, stack),
        };
        // Spans come by time: most begin where the one before did.
        self.part = look.time_blocks.part_near(self.part, offsets.0);
        if meaning == Meaning::Idle {
            self.close(true);
            self.accumulator.sketch.composition.add(SpanClass::None, offsets, self.part, &look.time_blocks);
            self.unit = WorkUnit { has_begin: true, ..WorkUnit::default() };
            return;
        }
        self.accumulator.sketch.composition.add(span.class, offsets, self.part, &look.time_blocks);
        if stack.is_some() {
            self.accumulator.wait(stack, nanos(part));
        }
        let start = self.unit.range.map_or(part.start, |known| known.start);
        self.unit.range = Some(TimeRange::new(start, part.end));
        if let Meaning::Row(slot) = meaning
            && !span.began_before
        {
            self.accumulator.add_to(slot, stack, (self.go, part), nanos(part), TimeBlocks::block_of(self.part));
        }
    }

    /// What a wait or a system call counts as, where that does not depend on when it is.
    fn meaning(&mut self, span: &StateInterval, stack: StackId) -> Meaning {
        let of = (span.state, span.class);
        if let Some(known) = self.accumulator.meaning(stack, of) {
            return known;
        }
        let places = self.look.places;
        let own = |kind, op| places.own_function(stack).map(|function| Key::Own(kind, op, span.class, function));
        let is_waiting = span.state == GoState::Waiting;
        let key = match places.op(stack) {
            _ if !is_waiting => own(RowKind::Syscall, Op::Other),
            _ if is_idle(places, stack, span.class) => None,
            Op::Sleep => own(RowKind::Sleep, Op::Sleep),
            op => own(RowKind::Wait, op),
        };
        let meaning = match key {
            Some(key) => Meaning::Row(self.accumulator.slot(key)),
            None if is_waiting && is_idle(places, stack, span.class) => Meaning::Idle,
            None => Meaning::Nothing,
        };
        self.accumulator.learn(stack, of, meaning);
        meaning
    }

    /// Ends the unit of work where the next request of its connection begins.
    fn next_unit(&mut self, border: TraceTime) {
        let rest = self.unit.range.map(|range| TimeRange::new(border.max(range.start), range.end));
        self.unit.range = self.unit.range.map(|range| TimeRange::new(range.start, range.end.min(border)));
        self.close(true);
        self.unit = WorkUnit { range: rest, has_begin: true, ..WorkUnit::default() };
    }

    /// Ends the unit of work.
    fn close(&mut self, has_end: bool) {
        if let Some(range) = self.unit.range.take()
            && self.unit.has_begin
            && has_end
            && let Some(function) = self.look.places.outer_function(self.unit.stack)
        {
            let key = Key::Outer(RowKind::Work, function);
            self.look.add(self.accumulator, key, self.unit.stack, (self.go, range));
        }
    }
}

fn nanos(range: TimeRange) -> u64 {
    range.nanos().unsigned_abs()
}
