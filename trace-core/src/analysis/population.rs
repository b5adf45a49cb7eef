//! Goroutine population: how many were created, ended and alive over time, by the stack that created them.

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::analysis::scope::ScopeRanges;
use crate::analysis::series::Buckets;
use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::monitor::Monitor;
use crate::base::nanos::Nanos;
use crate::base::time::{TimeRange, TraceTime};
use crate::model::goroutines::is_system_function;
use crate::model::trace::{Goroutine, Origin, Trace};

/// Goroutines that one task of a parallel pass takes: few, as those that live long may all come first.
const CHUNK: usize = 256;
/// Buckets that the range is cut into.
pub const BUCKETS: usize = 240;

/// Goroutines that the same stack created with the same start function.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PopulationGroup {
    /// The stack that created them; `NONE` unless a goroutine did.
    pub creation: StackId,
    /// How they came to be.
    pub origin: Origin,
    /// Their start function; empty if the trace never tells.
    pub name: StrId,
    /// They are the runtime's own.
    pub is_system: bool,
    /// There when the range began.
    pub before: u64,
    /// Goroutines of it that were created in the range.
    pub created: u64,
    /// Goroutines of it that ended in the range.
    pub ended: u64,
    /// There when it ended: `before + created - ended`.
    pub alive: u64,
    /// The most at once.
    pub peak: u64,
    /// The longest life, clipped to the trace.
    pub longest: Nanos,
    /// Whose that was, and when; to jump to.
    pub longest_of: Option<(GoroutineIdx, TimeRange)>,
    /// There at the end of each bucket.
    pub alive_at: Vec<u32>,
    /// Created in each bucket.
    pub created_in: Vec<u32>,
    /// Ended in each bucket.
    pub ended_in: Vec<u32>,
}

/// The population of a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Population {
    /// The buckets of all series.
    pub buckets: Buckets,
    /// By creation stack and start function: the largest peak first.
    pub groups: Vec<PopulationGroup>,
    /// All of them together (creation, name and `is_system` mean nothing here).
    pub all: PopulationGroup,
}

/// What the goroutines of a group have in common: creation stack, origin, start function.
type Key = (StackId, Origin, StrId);

#[derive(Default)]
struct Growing {
    before: u64,
    longest: Nanos,
    longest_of: Option<(GoroutineIdx, TimeRange)>,
    /// Nanoseconds since the range's start, doubled, plus 1 for a creation: ends come first among equals.
    moves: Vec<u64>,
}

impl Growing {
    fn add(&mut self, go: &Goroutine, life: TimeRange, range: TimeRange) {
        let pack = |time: TraceTime, up: u64| time.nanos_since(range.start).max(0).unsigned_abs() << 1 | up;
        match go.created {
            Some(created) if created >= range.start => self.moves.push(pack(created, 1)),
            _ => self.before += 1,
        }
        if let Some(ended) = go.ended.filter(|ended| *ended < range.end || range.end <= range.start) {
            self.moves.push(pack(ended, 0));
        }
        self.keep_longer(life.length(), Some((go.idx, life)));
    }

    fn keep_longer(&mut self, length: Nanos, of: Option<(GoroutineIdx, TimeRange)>) {
        let key = |of: Option<(GoroutineIdx, TimeRange)>| of.map(|(go, range)| (range.start, go));
        if length > self.longest
            || (length == self.longest && (self.longest_of.is_none() || key(of) < key(self.longest_of)))
        {
            (self.longest, self.longest_of) = (length, of);
        }
    }

    fn merge(&mut self, other: &mut Self) {
        self.before += other.before;
        if self.moves.len() < other.moves.len() {
            std::mem::swap(&mut self.moves, &mut other.moves);
        }
        self.moves.append(&mut other.moves);
        self.keep_longer(other.longest, other.longest_of);
    }

    fn finished(&mut self, trace: &Trace, (creation, origin, name): Key, buckets: &Buckets) -> PopulationGroup {
        self.moves.par_sort_unstable();
        let mut group = PopulationGroup {
            creation,
            origin,
            name,
            is_system: is_system_function(trace.str(name)),
            before: self.before,
            alive: self.before,
            peak: self.before,
            longest: self.longest,
            longest_of: self.longest_of,
            alive_at: vec![0; buckets.count],
            created_in: vec![0; buckets.count],
            ended_in: vec![0; buckets.count],
            ..PopulationGroup::default()
        };
        let mut filled = 0;
        for step in &self.moves {
            let bucket = buckets.at(buckets.range.start.plus_nanos((step >> 1).cast_signed()));
            for slot in group.alive_at.iter_mut().take(bucket).skip(filled) {
                *slot = group.alive as u32;
            }
            filled = filled.max(bucket);
            let series = if step & 1 == 1 {
                group.created += 1;
                group.alive += 1;
                &mut group.created_in
            } else {
                group.ended += 1;
                group.alive = group.alive.saturating_sub(1);
                &mut group.ended_in
            };
            if let Some(slot) = series.get_mut(bucket) {
                *slot += 1;
            }
            group.peak = group.peak.max(group.alive);
        }
        for slot in group.alive_at.iter_mut().skip(filled) {
            *slot = group.alive as u32;
        }
        group
    }
}

/// From when to when a goroutine is in the trace.
#[must_use]
pub fn life(trace: &Trace, go: &Goroutine) -> TimeRange {
    let whole = trace.range();
    TimeRange::new(go.created.unwrap_or(whole.start), go.ended.unwrap_or(whole.end))
}

/// The population of a scope over its range: goroutines with time in it count for all of their life in the range.
/// `None` if cancelled.
#[must_use]
pub fn population(trace: &Trace, pieces: &ScopeRanges, monitor: &Monitor) -> Option<Population> {
    let range = pieces.range;
    let buckets = Buckets::over(range, BUCKETS);
    let chunks = pieces.len().div_ceil(CHUNK);
    let grown = (0..chunks).into_par_iter().fold(FxHashMap::<Key, Growing>::default, |mut grown, chunk| {
        if !monitor.is_cancelled() {
            for at in chunk * CHUNK..((chunk + 1) * CHUNK).min(pieces.len()) {
                let Some(go) = pieces.nth(at).and_then(|(go, _)| trace.goroutine(go)) else { continue };
                let life = life(trace, &go);
                // One that ends with the trace's last event is there until then.
                if life.end > range.start && life.start < range.end || life.start == range.start {
                    grown.entry((go.creation_stack, go.origin, go.name)).or_default().add(&go, life, range);
                }
            }
        }
        grown
    });
    let grown = grown.reduce(FxHashMap::default, |mut one, other| {
        for (key, mut group) in other {
            one.entry(key).or_default().merge(&mut group);
        }
        one
    });
    if monitor.is_cancelled() {
        return None;
    }
    let mut all = Growing::default();
    let mut groups = Vec::with_capacity(grown.len());
    for (key, mut group) in grown {
        groups.push(group.finished(trace, key, &buckets));
        all.merge(&mut group);
    }
    let key = |group: &PopulationGroup| (group.creation, group.origin, group.name);
    groups.sort_by_key(|group| (std::cmp::Reverse((group.peak, group.created)), key(group)));
    Some(Population { buckets, groups, all: all.finished(trace, Key::default(), &buckets) })
}
