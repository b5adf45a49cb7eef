//! Goroutines: who they are, whence they came, when they lived.

use crate::base::ids::{GoId, GoroutineIdx, StackId, StrId};
use crate::base::time::{TimeRange, TraceTime};
use crate::event::state::GoState;
use crate::model::goroutine_records::GoRecord;
use crate::model::kinds;
use crate::model::row_codes::{ACTOR_PROC, ACTOR_THREAD};
use crate::model::segment::Segment;
use crate::model::trace::{Goroutine, Origin, Trace};

/// Whether a goroutine started with this function is the runtime's own (Go: `trace.IsSystemGoroutine`;
/// the trace reader's own goroutines count too). Unlike Go's, it does not take those for the runtime's that run the
/// program's code for threads of C (`runtime.cgocallback`).
#[must_use]
pub fn is_system_function(name: &str) -> bool {
    let is_program = ["runtime.handleAsyncEvent", "runtime.cgocallback"].iter().any(|start| name.starts_with(start));
    let is_runtime = name.starts_with("runtime.") && name != "runtime.main" && !is_program;
    is_runtime || name.starts_with("runtime/trace.")
}

/// How a goroutine begins and ends, as far as the trace saw it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// Its start function; empty if the trace never tells.
    pub(crate) name: StrId,
    pub(crate) created: Option<TraceTime>,
    /// Who created it, if a goroutine did.
    pub(crate) creator: Option<GoroutineIdx>,
    pub(crate) creation_stack: StackId,
    pub(crate) ended: Option<TraceTime>,
}

/// Rows of a goroutine in a segment: the first, and the one behind the last.
type Lane<'a> = (&'a Segment, u32, u32);

const fn is_creation(kind: u8) -> bool {
    matches!(kind, kinds::CREATED | kinds::CREATED_WAITING | kinds::CREATED_SYSCALL)
}

/// When a goroutine ended, if it did with its last row.
fn end_in((segment, _, end): Lane<'_>) -> Option<TraceTime> {
    (segment.kind(end - 1) == kinds::DEAD).then(|| TraceTime(segment.time(end - 1)))
}

impl Trace {
    /// How many goroutines there are; their indices are `0..count`, in order of first appearance.
    #[must_use]
    pub const fn goroutine_count(&self) -> u32 {
        self.gos.len() as u32
    }

    /// A goroutine. `None` only for an index that this snapshot does not hold yet.
    #[must_use]
    pub fn goroutine(&self, idx: GoroutineIdx) -> Option<Goroutine> {
        let record = self.gos.get(idx.index())?;
        let mut goroutine = Goroutine {
            idx,
            id: self.wide_ids.id(idx, record),
            name: record.name,
            origin: Origin::BeforeTrace,
            creator: None,
            creation_stack: StackId::NONE,
            created: None,
            started: None,
            ended: None,
            is_system: is_system_function(self.str(record.name)),
            region_depth: u32::from(self.annotations.region_depth(idx)),
        };
        let (first, last) = self.first_and_last(idx, record);
        if let Some((segment, row, end)) = first {
            let kind = segment.kind(row);
            if is_creation(kind) {
                goroutine.created = Some(TraceTime(segment.time(row)));
                goroutine.origin = Origin::C;
                if kinds::has_actor(kind) {
                    let actor = segment.actor(row);
                    goroutine.creator = (actor < ACTOR_PROC).then_some(GoroutineIdx(actor));
                    goroutine.creation_stack = segment.stack(row);
                    goroutine.origin = match actor {
                        ..ACTOR_PROC => Origin::Goroutine,
                        ACTOR_PROC..ACTOR_THREAD => Origin::Timer,
                        _ => Origin::Unknown,
                    };
                }
            }
            let ran = (row..end.min(row + 64))
                .find(|&row| matches!(self.kinds.sense(segment.kind(row)).state, GoState::Running | GoState::Syscall));
            goroutine.started = ran.map(|row| TraceTime(segment.time(row)));
            if ran.is_none() && record.first_segment != record.last_segment {
                goroutine.started = self.first_run(idx);
            }
        }
        goroutine.ended = last.and_then(end_in);
        Some(goroutine)
    }

    /// The rows of a goroutine in the first and in the last segment that has any: segment, first row, and the one behind the
    /// last.
    fn first_and_last(&self, idx: GoroutineIdx, record: &GoRecord) -> (Option<Lane<'_>>, Option<Lane<'_>>) {
        let lane = |segment: u32| {
            let segment = self.segments.get(segment as usize)?;
            segment.lane(idx).map(|(_, row, end)| (&**segment, row, end))
        };
        let first = lane(record.first_segment);
        (first, if record.last_segment == record.first_segment { first } else { lane(record.last_segment) })
    }

    /// A goroutine's beginning and end. Cheaper than [`Trace::goroutine`].
    pub(crate) fn bounds(&self, idx: GoroutineIdx) -> Option<Bounds> {
        let record = self.gos.get(idx.index())?;
        let (first, last) = self.first_and_last(idx, record);
        let mut bounds =
            Bounds { name: record.name, created: None, creator: None, creation_stack: StackId::NONE, ended: None };
        if let Some((segment, row, _)) = first {
            let kind = segment.kind(row);
            if is_creation(kind) {
                bounds.created = Some(TraceTime(segment.time(row)));
                if kinds::has_actor(kind) {
                    bounds.creator = Some(segment.actor(row)).filter(|actor| *actor < ACTOR_PROC).map(GoroutineIdx);
                    bounds.creation_stack = segment.stack(row);
                }
            }
        }
        bounds.ended = last.and_then(end_in);
        Some(bounds)
    }

    /// Whether the trace saw a goroutine's creation, and its end. Cheaper than [`Trace::life`].
    pub(crate) fn begins_and_ends(&self, idx: GoroutineIdx) -> (bool, bool) {
        let Some(record) = self.gos.get(idx.index()) else { return (false, false) };
        let (first, last) = self.first_and_last(idx, record);
        let begins = first.is_some_and(|(segment, row, _)| is_creation(segment.kind(row)));
        (begins, last.is_some_and(|(segment, _, end)| segment.kind(end - 1) == kinds::DEAD))
    }

    /// From a goroutine's creation to its end, as far as the trace saw them (from the trace's start, to its end), and who
    /// created it. Cheaper than [`Trace::goroutine`].
    #[must_use]
    pub fn life(&self, idx: GoroutineIdx) -> Option<(TimeRange, Option<GoroutineIdx>)> {
        let record = self.gos.get(idx.index())?;
        let (first, last) = self.first_and_last(idx, record);
        let (mut life, mut creator) = (self.range(), None);
        if let Some((segment, row, _)) = first {
            let kind = segment.kind(row);
            if is_creation(kind) {
                life.start = TraceTime(segment.time(row));
                if kinds::has_actor(kind) {
                    creator = Some(segment.actor(row)).filter(|actor| *actor < ACTOR_PROC).map(GoroutineIdx);
                }
            }
        }
        if let Some(end) = last.and_then(end_in) {
            life.end = end;
        }
        Some((life, creator))
    }

    /// How deep a goroutine's regions nest: lines to reserve under its lane. Cheap.
    #[must_use]
    pub fn region_depth(&self, idx: GoroutineIdx) -> u32 {
        u32::from(self.annotations.region_depth(idx))
    }

    /// Only the id and the name: cheaper than [`Trace::goroutine`].
    #[must_use]
    pub fn goroutine_name(&self, idx: GoroutineIdx) -> Option<(GoId, StrId)> {
        self.gos.get(idx.index()).map(|record| (self.wide_ids.id(idx, record), record.name))
    }

    /// The goroutine with this id (the latest one if ids were reused).
    #[must_use]
    pub fn goroutine_by_id(&self, id: GoId) -> Option<GoroutineIdx> {
        let bounds = self.annotations.id_bounds.iter().enumerate().rev();
        bounds.filter(|(_, (low, high))| *low <= id && id <= *high).find_map(|(at, _)| {
            let (first, chunk) = self.gos.chunk(at)?;
            let is_it =
                |at: usize, record: &GoRecord| self.wide_ids.id(GoroutineIdx((first + at) as u32), record) == id;
            let found = (0..chunk.len()).rev().find(|&at| is_it(at, &chunk[at]))?;
            Some(GoroutineIdx((first + found) as u32))
        })
    }

    /// The goroutines that were started with this function, by index. Looks at all of them: not for
    /// every frame.
    pub fn goroutines_by_name(&self, name: StrId) -> impl Iterator<Item = GoroutineIdx> + '_ {
        self.gos
            .iter()
            .enumerate()
            .filter(move |(_, record)| record.name == name)
            .map(|(at, _)| GoroutineIdx(at as u32))
    }

    /// When a goroutine whose first rows hold no run first ran.
    fn first_run(&self, idx: GoroutineIdx) -> Option<TraceTime> {
        let chain = self.chain(idx, self.range)?;
        chain.pieces.iter().find_map(|piece| {
            let segment = self.segments.get(piece.segment as usize)?;
            let states = |row: u32| self.kinds.sense(segment.kind(row)).state;
            let row =
                (piece.first..piece.end).find(|&row| matches!(states(row), GoState::Running | GoState::Syscall))?;
            Some(TraceTime(segment.time(row)))
        })
    }
}
