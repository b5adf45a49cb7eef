//! What a search found: how many of each kind, when, on which goroutines, and the first of them one by one.

use std::cmp::Ordering;
use std::sync::Arc;

use crate::analysis::search::bits::Bits;
use crate::analysis::search::hit::Hit;
use crate::analysis::search::hit::HitKind;
use crate::analysis::search::matcher::Matcher;
use crate::base::ids::{GoroutineIdx, StrId};
use crate::base::time::{TimeRange, TraceTime};
use crate::model::lanes::LaneId;
use crate::model::spans::Span;
use crate::model::trace::Trace;

/// Parts into which [`Hits::over_time`] cuts the trace.
pub const PARTS: usize = 512;

/// Which hits are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Listed {
    /// The first ones that begin at this time or later.
    From(TraceTime),
    /// The last ones that begin before this time.
    Before(TraceTime),
}

/// What was found, or what is known of it so far.
#[derive(Clone, Debug)]
pub struct Hits {
    /// How many, by [`HitKind`].
    pub counts: [u64; HitKind::COUNT],
    /// Those listed, by time (see [`Hit::order`]).
    pub list: Vec<Hit>,
    /// Hits with a time that come before the first one listed: the number of that one, counted from 0.
    pub before: u64,
    /// Goroutines that are a hit, or have one on their lane, by index.
    pub goroutines: Bits,
    /// How many hits begin in each of [`PARTS`] equal parts of the trace, for marks on the overview.
    pub over_time: Vec<u32>,
    /// Whether everything has been looked at.
    pub is_complete: bool,
    pub(crate) matcher: Arc<Matcher>,
}

impl Hits {
    /// All hits that can be stepped through: all but functions.
    #[must_use]
    pub fn total(&self) -> u64 {
        HitKind::ALL.iter().filter(|kind| **kind != HitKind::Function).map(|kind| self.count(*kind)).sum()
    }

    /// Hits of a kind.
    #[must_use]
    pub fn count(&self, kind: HitKind) -> u64 {
        self.counts.get(kind as usize).copied().unwrap_or_default()
    }

    /// Whether a goroutine is a hit or has one on its lane.
    #[must_use]
    pub fn has_goroutine(&self, go: GoroutineIdx) -> bool {
        self.goroutines.has(go.index())
    }

    /// Whether a span matches, by itself or by what it belongs to (`g:25` matches all spans of that goroutine, of which
    /// none is a hit): for highlighting it, and dimming those that do not. Works for spans of all lanes, for a query
    /// about nothing always true. Looks into tables; only `by:` may look for the span behind this one.
    #[must_use]
    pub fn matches_span(&self, trace: &Trace, span: &Span) -> bool {
        self.matcher.matches_span(trace, span)
    }

    /// Whether a span is a hit itself.
    #[must_use]
    pub fn is_hit(&self, trace: &Trace, span: &Span) -> bool {
        self.matcher.is_span_hit(trace, span)
    }
}

/// What a thread has found so far.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) counts: [u64; HitKind::COUNT],
    pub(crate) before: u64,
    /// Not in order, at most twice as many as are listed.
    list: Vec<Hit>,
    /// Order of the last hit worth listing, once there are enough.
    worst: Option<Order>,
    goroutines: Vec<GoroutineIdx>,
    over_time: Vec<u32>,
}

type Order = (TraceTime, HitKind, LaneId, u64);

/// What is kept of hits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keep {
    pub(crate) listed: Listed,
    pub(crate) limit: usize,
    pub(crate) range: TimeRange,
}

impl Keep {
    fn is_listed(&self, hit: &Hit) -> bool {
        match self.listed {
            Listed::From(time) => hit.range.start >= time,
            Listed::Before(time) => hit.range.start < time,
        }
    }

    /// The order in which hits are worth listing.
    fn compare(&self, one: &Order, other: &Order) -> Ordering {
        match self.listed {
            Listed::From(_) => one.cmp(other),
            Listed::Before(_) => other.cmp(one),
        }
    }

    /// Keeps the hits worth listing of more than `limit`.
    fn shrink(&self, list: &mut Vec<Hit>, limit: usize) {
        if list.len() > limit {
            list.sort_unstable_by(|one, other| self.compare(&one.order(), &other.order()));
            list.truncate(self.limit);
        }
    }
}

impl Found {
    /// Counts a hit and may list it.
    pub(crate) fn add(&mut self, keep: &Keep, hit: Hit) {
        if let Some(count) = self.counts.get_mut(hit.kind as usize) {
            *count += 1;
        }
        if let LaneId::Goroutine(go) = hit.lane
            && self.goroutines.last() != Some(&go)
        {
            self.goroutines.push(go);
        }
        if self.over_time.is_empty() {
            self.over_time = vec![0; PARTS];
        }
        let since = hit.range.start.nanos_since(keep.range.start).unsigned_abs();
        let part = since.saturating_mul(PARTS as u64) / keep.range.nanos().unsigned_abs().max(1);
        if let Some(part) = self.over_time.get_mut((part as usize).min(PARTS - 1)) {
            *part = part.saturating_add(1);
        }
        let is_listed = keep.is_listed(&hit);
        self.before += u64::from(is_listed == matches!(keep.listed, Listed::Before(_)));
        let is_worse = |worst: &Order| keep.compare(&hit.order(), worst) == Ordering::Greater;
        if is_listed && keep.limit > 0 && !self.worst.as_ref().is_some_and(is_worse) {
            self.list.push(hit);
            if self.list.len() > 2 * keep.limit + 64 {
                keep.shrink(&mut self.list, keep.limit);
                self.worst = self.list.last().map(Hit::order);
            }
        }
    }

    /// A function's name: counted only.
    pub(crate) fn add_functions(&mut self, count: u64) {
        if let Some(known) = self.counts.get_mut(HitKind::Function as usize) {
            *known += count;
        }
    }

    pub(crate) fn merge(mut self, other: Self, keep: &Keep) -> Self {
        for (count, other) in self.counts.iter_mut().zip(other.counts) {
            *count += other;
        }
        self.before += other.before;
        self.list.extend(other.list);
        keep.shrink(&mut self.list, keep.limit);
        self.goroutines.extend(other.goroutines);
        if self.over_time.is_empty() {
            self.over_time = other.over_time;
        } else {
            for (part, other) in self.over_time.iter_mut().zip(other.over_time) {
                *part = part.saturating_add(other);
            }
        }
        self
    }
}

impl Hits {
    pub(crate) fn none(trace: &Trace, matcher: Arc<Matcher>) -> Self {
        Self {
            counts: [0; HitKind::COUNT],
            list: Vec::new(),
            before: 0,
            goroutines: Bits::empty(trace.goroutine_count() as usize),
            over_time: vec![0; PARTS],
            is_complete: false,
            matcher,
        }
    }

    /// Adds what has been found since.
    pub(crate) fn take(&mut self, trace: &Trace, keep: &Keep, found: Found) {
        let sums = Found { counts: self.counts, before: self.kept_before(keep), ..Found::default() };
        let old =
            Found { list: std::mem::take(&mut self.list), over_time: std::mem::take(&mut self.over_time), ..sums };
        let all = old.merge(found, keep);
        for go in all.goroutines {
            self.goroutines.add(go.index());
        }
        (self.counts, self.list, self.over_time) = (all.counts, all.list, all.over_time);
        if self.over_time.is_empty() {
            self.over_time = vec![0; PARTS];
        }
        self.list.sort_unstable_by_key(Hit::order);
        self.before = match keep.listed {
            Listed::From(_) => all.before,
            // Counted were all before the time; those listed are the last of them.
            Listed::Before(_) => all.before - self.list.len() as u64,
        };
        for hit in self.list.iter_mut().filter(|hit| hit.text == StrId::EMPTY) {
            hit.text = self.matcher.text_of(trace, hit);
        }
    }

    /// What [`Found::before`] was when this was made.
    fn kept_before(&self, keep: &Keep) -> u64 {
        match keep.listed {
            Listed::From(_) => self.before,
            Listed::Before(_) => self.before + self.list.len() as u64,
        }
    }
}
