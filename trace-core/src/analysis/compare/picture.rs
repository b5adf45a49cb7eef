//! What of a recording a comparison draws: who did what over time, heap, population, and where time went
//! as flame graphs.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::analysis::compare::composition::StateComposition;
use crate::analysis::compare::time_blocks::{PARTS, TimeBlocks};
use crate::analysis::flame::{Flame, MergeBy};
use crate::analysis::places::Places;
use crate::analysis::profile::SAMPLE_NANOS;
use crate::base::ids::{StackId, StrId};
use crate::base::time::{TimeRange, TraceTime};
use crate::model::trace::{Goroutine, Metric, Trace};

/// Columns of the heap's curve.
pub const HEAP_COLUMNS: u32 = 256;

/// Goroutines of one start function, created in one place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Population {
    /// The function they were started with; empty if unknown.
    pub name: String,
    /// The program's function that created them; empty if that was before the trace or is not known.
    pub creator: String,
    /// Its file and line, `main.go:97`; empty if not known.
    pub place: String,
    /// Goroutines that were created in the range.
    pub created: u64,
    /// Goroutines that ended in the range.
    pub ended: u64,
    /// Alive at its end.
    pub alive: u64,
}

/// One recording, as far as it is drawn.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Picture {
    /// What was looked at.
    pub range: TimeRange,
    /// Wall clock at the start of `range`, nanoseconds since 1970; `None` before Go 1.25.
    pub wall: Option<i64>,
    /// Goroutines by state, over time.
    pub composition: StateComposition,
    /// Goroutines of the program alive at the end of each of [`PARTS`] equal parts.
    pub alive: Vec<u64>,
    /// Heap in use, bytes, lowest and highest in each of [`HEAP_COLUMNS`] equal columns; `None` before the
    /// first reading.
    pub heap: Vec<Option<(u64, u64)>>,
    /// Who lives, by falling `alive`, then name.
    pub population: Vec<Population>,
    /// Off CPU: waits that are part of work, sleeps, system calls, waits for a proc; nanoseconds.
    pub waits: Flame,
    /// On CPU: samples, nanoseconds.
    pub samples: Flame,
}

/// A picture while goroutines are looked at.
#[derive(Default)]
pub(super) struct Sketch {
    pub(super) composition: StateComposition,
    /// More or fewer alive by part; the first counts those there from the start, too. Empty, or [`PARTS`].
    changes: Vec<i64>,
    /// Created, ended, alive; by start function and the creator's stack.
    population: FxHashMap<(StrId, StackId), [u64; 3]>,
}

impl Sketch {
    /// Takes in who lived when. `created` and `ended` only where they are in range.
    pub(super) fn live(&mut self, known: &Goroutine, time_blocks: &TimeBlocks) {
        let range = time_blocks.range();
        let is_before = |time: Option<TraceTime>| time.is_some_and(|time| time < range.start);
        let is_after = |time: Option<TraceTime>| time.is_some_and(|time| time > range.end);
        if is_before(known.ended) || is_after(known.created) {
            return;
        }
        self.changes.resize(PARTS, 0);
        let mut change = |at: Option<TraceTime>, by: i64| {
            let part = at.map_or(0, |time| time_blocks.part(time_blocks.offset(time)));
            if let Some(sum) = self.changes.get_mut(part) {
                *sum += by;
            }
        };
        let created = known.created.filter(|_| !is_before(known.created));
        let ended = known.ended.filter(|_| !is_after(known.ended));
        change(created, 1);
        if ended.is_some() {
            change(ended, -1);
        }
        let stack = if created.is_some() { known.creation_stack } else { StackId::NONE };
        let sums = self.population.entry((known.name, stack)).or_default();
        for (sum, is_so) in sums.iter_mut().zip([created.is_some(), ended.is_some(), ended.is_none()]) {
            *sum += u64::from(is_so);
        }
    }

    pub(super) fn merged(mut self, other: Self) -> Self {
        for (key, sums) in other.population {
            let mine = self.population.entry(key).or_default();
            mine.iter_mut().zip(sums).for_each(|(mine, more)| *mine += more);
        }
        self.changes.resize(PARTS, 0);
        self.changes.iter_mut().zip(other.changes).for_each(|(mine, more)| *mine += more);
        self.composition.merge(&other.composition);
        self
    }

    /// The picture, with the waits by stack (how many, nanoseconds).
    pub(super) fn finished(
        self,
        trace: &Trace,
        places: &Places<'_>,
        range: TimeRange,
        waits: impl Iterator<Item = (StackId, u64, u64)>,
    ) -> Picture {
        let mut alive = Vec::with_capacity(PARTS);
        let mut sum = 0_i64;
        for change in self.changes.iter().take(PARTS) {
            sum += change;
            alive.push(sum.max(0).unsigned_abs());
        }
        alive.resize(PARTS, 0);
        let mut heap = Vec::new();
        if range.nanos() > 0 {
            trace.metric(Metric::HeapLive, range, HEAP_COLUMNS, &mut heap);
        }
        let samples = trace.all_samples().iter().filter(|sample| range.contains(sample.time));
        Picture {
            range,
            wall: wall_at(trace, range.start),
            composition: self.composition,
            alive,
            heap,
            population: population(trace, places, self.population),
            waits: Flame::of(trace, waits, MergeBy::Function),
            samples: Flame::of(trace, samples.map(|sample| (sample.stack, 1, SAMPLE_NANOS)), MergeBy::Function),
        }
    }
}

fn population(trace: &Trace, places: &Places<'_>, found: FxHashMap<(StrId, StackId), [u64; 3]>) -> Vec<Population> {
    let mut by_text: BTreeMap<(String, String, String), [u64; 3]> = BTreeMap::new();
    for ((name, stack), sums) in found {
        let place = places.own(stack);
        let short = place.as_ref().map(|place| place.short()).unwrap_or_default();
        let creator = place.map(|place| place.function).unwrap_or_default();
        let name = Some(trace.str(name)).filter(|name| !name.is_empty()).unwrap_or("goroutines of unknown origin");
        let mine = by_text.entry((name.to_owned(), creator, short)).or_default();
        mine.iter_mut().zip(sums).for_each(|(mine, more)| *mine += more);
    }
    let mut rows: Vec<Population> = by_text
        .into_iter()
        .map(|((name, creator, place), [created, ended, alive])| Population {
            name,
            creator,
            place,
            created,
            ended,
            alive,
        })
        .collect();
    rows.sort_by(|one, other| other.alive.cmp(&one.alive).then_with(|| one.name.cmp(&other.name)));
    rows
}

/// The wall clock at a time, from the reading nearest to it.
fn wall_at(trace: &Trace, time: TraceTime) -> Option<i64> {
    let nearest =
        trace.clock_snapshots().iter().min_by_key(|reading| reading.trace.nanos_since(time).unsigned_abs())?;
    let wall = nearest.wall_secs.saturating_mul(1_000_000_000).saturating_add(i64::from(nearest.wall_nanos));
    Some(wall.saturating_add(time.nanos_since(nearest.trace)))
}
