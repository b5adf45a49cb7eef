//! The walk over one goroutine: which rows its spans belong to, and the units of work between its idle waits.

use crate::analysis::census::is_idle;
use crate::analysis::compare::late::late;
use crate::analysis::compare::measure::RowKind;
use crate::analysis::compare::ruler::Ruler;
use crate::analysis::compare::tally::{Key, Meaning, Tally};
use crate::analysis::places::{Op, Places};
use crate::base::ids::{GoIx, StackId, StrId};
use crate::base::time::TimeRange;
use crate::event::state::{Cause, GoState, SpanClass};
use crate::model::lanes::LaneId;
use crate::model::stretches::Stretch;
use crate::model::trace::{SpecialKind, Trace};

/// What is looked at.
pub(super) struct Look<'a> {
    pub(super) trace: &'a Trace,
    pub(super) places: &'a Places<'a>,
    pub(super) ruler: Ruler,
    /// When a proc was idle.
    pub(super) idle: Vec<TimeRange>,
}

/// A unit of work while it goes on.
#[derive(Default)]
struct Unit {
    range: Option<TimeRange>,
    has_begin: bool,
    /// The first stack in it that has a frame of the program.
    stack: StackId,
    /// Where the goroutine blocked last.
    last: StackId,
}

/// A goroutine while it is looked at.
struct Visit<'a> {
    look: &'a Look<'a>,
    tally: &'a mut Tally,
    go: GoIx,
    name: StrId,
    /// It was created in range.
    is_new: bool,
    unit: Unit,
    /// The row of its waits for a proc.
    sched: Option<u32>,
    /// The part of the range in which its last span began.
    part: usize,
}

impl Look<'_> {
    /// Takes in what a goroutine of the program did.
    pub(super) fn at_goroutine(&self, go: GoIx, tally: &mut Tally) {
        let (trace, range) = (self.trace, self.ruler.range());
        let Some(known) = trace.goroutine(go).filter(|known| !known.is_system) else { return };
        tally.sketch.live(&known, &self.ruler);
        let is_in = |time| time >= range.start && time <= range.end;
        let created = known.created.filter(|time| is_in(*time));
        let ended = known.ended.filter(|time| is_in(*time));
        if let (Some(created), Some(ended)) = (created, ended) {
            let life = TimeRange::new(created, ended);
            self.add(tally, Key::Named(RowKind::Goroutine, known.name), StackId::NONE, (go, life));
        }
        for special in trace.special_ranges(LaneId::Goroutine(go), range) {
            if special.kind == SpecialKind::MarkAssist
                && let Some(function) = self.places.own_function(special.stack)
            {
                let key = Key::Own(RowKind::Assist, Op::Other, SpanClass::Gc, function);
                self.add(tally, key, special.stack, (go, special.range.intersect(range)));
            }
        }
        let unit = Unit { has_begin: created.is_some(), ..Unit::default() };
        let (name, is_new) = (known.name, created.is_some());
        let mut visit = Visit { look: self, tally, go, name, is_new, unit, sched: None, part: 0 };
        let (running, first) = visit.walk();
        visit.close(ended.is_some());
        if let Some(first) = first {
            tally.running += running;
            let key = Key::Named(RowKind::Running, known.name);
            tally.add(key, StackId::NONE, (go, first), running, &self.ruler);
        }
        for region in trace.regions(go, range) {
            if !region.began_before && !region.goes_on && is_in(region.range.start) && is_in(region.range.end) {
                let key = Key::Region(region.name, self.places.own_function(region.start_stack));
                self.add(tally, key, region.start_stack, (go, region.range));
            }
        }
    }

    fn add(&self, tally: &mut Tally, key: Key, stack: StackId, at: (GoIx, TimeRange)) {
        tally.add(key, stack, at, nanos(at.1), &self.ruler);
    }
}

impl Visit<'_> {
    /// From span to span. How long it ran, and when first.
    fn walk(&mut self) -> (u64, Option<TimeRange>) {
        let (mut running, mut first) = (0, None);
        let range = self.look.ruler.range();
        // One that may be the last.
        let mut held: Option<Stretch> = None;
        self.look.trace.stretches(self.go, range, |stretch| {
            if let Some(before) = held.take() {
                self.take_in(&before, false);
            }
            if stretch.state == GoState::Running {
                let part = stretch.range.intersect(range);
                running += self.look.trace.no_cpu().with_cpu(self.go, part);
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

    fn take_in(&mut self, span: &Stretch, is_last: bool) {
        let look = self.look;
        let part = span.range.intersect(look.ruler.range());
        // Where it stands: a goroutine that is made ready is still where it blocked.
        let stack = match span.state {
            GoState::Waiting | GoState::Syscall => span.stack,
            GoState::Runnable if span.cause == Cause::Stopped => span.stack,
            GoState::Runnable => self.unit.last,
            _ => StackId::NONE,
        };
        self.unit.last = stack;
        if !self.unit.stack.is_some() && stack.is_some() && look.places.has_own(stack) {
            self.unit.stack = stack;
        }
        let meaning = match span.state {
            GoState::Unknown | GoState::Dead => return,
            GoState::Running => Meaning::Nothing,
            GoState::Runnable => {
                self.tally.late = self.tally.late.plus(late(part, &look.idle));
                let key = Key::Named(RowKind::Sched, self.name);
                Meaning::Row(*self.sched.get_or_insert_with(|| self.tally.slot(key)))
            }
            // It still waits there in the end.
            GoState::Waiting if is_last && self.is_new => {
                let (op, function) = (look.places.op(stack), look.places.own_function(stack));
                let key = function.map(|function| Key::Own(RowKind::Stuck, op, span.class, function));
                key.map_or(Meaning::Nothing, |key| Meaning::Row(self.tally.slot(key)))
            }
            GoState::Waiting | GoState::Syscall => self.meaning(span, stack),
        };
        // Spans come by time: most begin where the one before did.
        self.part = look.ruler.part_near(self.part, look.ruler.offset(part.start));
        if meaning == Meaning::Idle {
            self.close(true);
            self.tally.sketch.mix.add(SpanClass::None, part, self.part, &look.ruler);
            self.unit = Unit { has_begin: true, ..Unit::default() };
            return;
        }
        self.tally.sketch.mix.add(span.class, part, self.part, &look.ruler);
        if stack.is_some() {
            self.tally.wait(stack, nanos(part));
        }
        let start = self.unit.range.map_or(part.start, |known| known.start);
        self.unit.range = Some(TimeRange::new(start, part.end));
        if let Meaning::Row(slot) = meaning
            && !span.began_before
        {
            self.tally.add_to(slot, stack, (self.go, part), nanos(part), Ruler::block_of(self.part));
        }
    }

    /// What a wait or a system call counts as, where that does not depend on when it is.
    fn meaning(&mut self, span: &Stretch, stack: StackId) -> Meaning {
        let of = (span.state, span.class);
        if let Some(known) = self.tally.meaning(stack, of) {
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
            Some(key) => Meaning::Row(self.tally.slot(key)),
            None if is_waiting && is_idle(places, stack, span.class) => Meaning::Idle,
            None => Meaning::Nothing,
        };
        self.tally.learn(stack, of, meaning);
        meaning
    }

    /// Ends the unit of work.
    fn close(&mut self, has_end: bool) {
        if let Some(range) = self.unit.range.take()
            && self.unit.has_begin
            && has_end
            && let Some(function) = self.look.places.outer_function(self.unit.stack)
        {
            let key = Key::Outer(RowKind::Work, function);
            self.look.add(self.tally, key, self.unit.stack, (self.go, range));
        }
    }
}

fn nanos(range: TimeRange) -> u64 {
    range.nanos().unsigned_abs()
}
