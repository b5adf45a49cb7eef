//! What goroutines did during given ranges of time: for how long, and where for most of it. Findings that say that a
//! goroutine computed, waited or was runnable are based on this.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use crate::analysis::blocked_by::{Meanwhile, total};
use crate::analysis::findings::context::Context;
use crate::analysis::findings::finding::Act;
use crate::analysis::findings::hot::{Hot, hot};
use crate::analysis::scope::united;
use crate::analysis::wait_chain::{StepKind, walk};
use crate::analysis::workload::is_idle;
use crate::base::ids::{GoroutineIdx, StackId};
use crate::base::nanos::Nanos;
use crate::base::time::TimeRange;
use crate::event::state::SpanClass;

/// What a goroutine did, as far as different advice follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ActivityKind {
    /// On a proc, mark assist included.
    Running = 0,
    /// Runnable, waiting for a proc.
    Runnable = 1,
    Syscall = 2,
    Waiting = 3,
    /// Not in the trace, or not analysed.
    Unknown = 4,
}

impl ActivityKind {
    const COUNT: usize = 5;

    pub(crate) const fn of(doing: StepKind) -> Self {
        match doing {
            StepKind::Running | StepKind::MarkAssist => Self::Running,
            StepKind::Runnable => Self::Runnable,
            StepKind::Syscall | StepKind::CgoCall => Self::Syscall,
            StepKind::Waiting(_) => Self::Waiting,
            StepKind::NoCpu | StepKind::Unknown | StepKind::NotCreated | StepKind::Unfollowed => Self::Unknown,
        }
    }

    /// Whether it takes time without computing.
    pub(crate) const fn is_slow(self) -> bool {
        matches!(self, Self::Syscall | Self::Waiting)
    }

    /// The words before a place: `running in`.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Running => "running in",
            Self::Runnable => "runnable in",
            Self::Syscall => "in a system or cgo call from",
            Self::Waiting => "waiting in",
            Self::Unknown => "last seen in",
        }
    }
}

/// Time that one goroutine spent in one state, in one function.
#[derive(Clone, Debug)]
struct Piece {
    go: GoroutineIdx,
    doing: StepKind,
    stack: StackId,
    /// Added over waiters, nanoseconds.
    weight: u64,
    ranges: Vec<TimeRange>,
}

/// Those who did the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct SameActivity {
    /// Number of goroutines that did so.
    pub(crate) gos: u64,
    /// How long at least one of them did so, nanoseconds.
    pub(crate) elapsed: u64,
    /// What each did, the longest first; by [`StepKind`], so that a goroutine may be in it more than once.
    pub(crate) acts: Vec<Act>,
}

/// What goroutines did during some ranges, by step and stack.
#[derive(Clone, Debug, Default)]
pub(crate) struct Activity {
    pieces: Vec<Piece>,
}

impl Activity {
    /// Of parts of waits, as [`crate::analysis::blocked_by::wakers`] finds them.
    pub(crate) fn of_parts<'a>(parts: impl IntoIterator<Item = &'a Meanwhile>) -> Self {
        let piece = |part: &Meanwhile| Piece {
            go: part.go,
            doing: part.doing,
            stack: part.stack,
            weight: part.nanos,
            ranges: part.ranges.clone(),
        };
        Self { pieces: parts.into_iter().map(piece).collect() }
    }

    /// Of goroutines themselves, each within a stretch of time.
    pub(crate) fn of_ranges(context: &Context<'_>, gos: &[(GoroutineIdx, TimeRange)]) -> Self {
        let mut pieces: FxHashMap<(GoroutineIdx, StepKind, Option<u32>), Piece> = FxHashMap::default();
        let mut longest: FxHashMap<(GoroutineIdx, StepKind, Option<u32>), i64> = FxHashMap::default();
        for &(go, range) in gos {
            for step in walk(context.trace, go, range, &|_| false).steps {
                let key = (go, step.doing, context.places.own_function(step.stack));
                let new = Piece { go, doing: step.doing, stack: step.stack, weight: 0, ranges: Vec::new() };
                let piece = pieces.entry(key).or_insert(new);
                piece.weight += step.range.nanos().unsigned_abs();
                piece.ranges.push(step.range);
                let longest = longest.entry(key).or_insert(0);
                if step.range.nanos() > *longest {
                    (*longest, piece.stack) = (step.range.nanos(), step.stack);
                }
            }
        }
        let mut pieces: Vec<Piece> = pieces.into_values().collect();
        for piece in &mut pieces {
            piece.ranges = united(std::mem::take(&mut piece.ranges));
        }
        pieces.sort_by_key(|piece| (std::cmp::Reverse(piece.weight), piece.go, piece.doing, piece.stack));
        Self { pieces }
    }

    fn weights(&self) -> [u64; ActivityKind::COUNT] {
        let mut sums = [0; ActivityKind::COUNT];
        for piece in &self.pieces {
            if let Some(sum) = sums.get_mut(ActivityKind::of(piece.doing) as usize) {
                *sum += piece.weight;
            }
        }
        sums
    }

    /// Nanoseconds of waiting during which it went on, added over waiters.
    pub(crate) fn weight(&self, way: ActivityKind) -> u64 {
        self.weights().get(way as usize).copied().unwrap_or(0)
    }

    /// The same for all activities.
    pub(crate) fn all(&self) -> u64 {
        self.weights().iter().sum()
    }

    /// Nanoseconds during which at least one goroutine did so, however many waited: at most the length of the trace.
    pub(crate) fn elapsed(&self, way: ActivityKind) -> u64 {
        let ranges = self.pieces.iter().filter(|piece| ActivityKind::of(piece.doing) == way);
        total(&united(ranges.flat_map(|piece| piece.ranges.iter().copied()).collect()))
    }

    /// The same for any activity.
    pub(crate) fn elapsed_all(&self) -> u64 {
        total(&united(self.pieces.iter().flat_map(|piece| piece.ranges.iter().copied()).collect()))
    }

    /// Who did so, the one that did so longest first, and how long somebody did, in stretches of at least `shortest`
    /// nanoseconds.
    pub(crate) fn doers(&self, way: ActivityKind, shortest: u64) -> SameActivity {
        let mut by_go: BTreeMap<(GoroutineIdx, StepKind), Vec<TimeRange>> = BTreeMap::new();
        for piece in self.pieces.iter().filter(|piece| ActivityKind::of(piece.doing) == way) {
            let long = piece.ranges.iter().filter(|range| range.nanos().unsigned_abs() >= shortest);
            by_go.entry((piece.go, piece.doing)).or_default().extend(long.copied());
        }
        by_go.retain(|_, ranges| !ranges.is_empty());
        let gos: BTreeSet<GoroutineIdx> = by_go.keys().map(|key| key.0).collect();
        let gos = gos.len() as u64;
        let all = united(by_go.values().flatten().copied().collect());
        let mut acts: Vec<Act> = by_go.keys().filter_map(|(go, doing)| self.act(*go, *doing)).collect();
        acts.sort_by_key(|act| (std::cmp::Reverse(act.total), act.go));
        SameActivity { gos, elapsed: total(&all), acts }
    }

    /// The activity with the most time.
    pub(crate) fn main(&self) -> ActivityKind {
        let ways = [
            ActivityKind::Running,
            ActivityKind::Runnable,
            ActivityKind::Syscall,
            ActivityKind::Waiting,
            ActivityKind::Unknown,
        ];
        let weights = ways.into_iter().zip(self.weights());
        weights
            .max_by_key(|&(way, weight)| (weight, std::cmp::Reverse(way)))
            .map_or(ActivityKind::Unknown, |most| most.0)
    }

    /// When goroutines did so.
    pub(crate) fn ranges(&self, way: ActivityKind) -> Vec<(GoroutineIdx, TimeRange)> {
        let such = self.pieces.iter().filter(|piece| ActivityKind::of(piece.doing) == way);
        such.flat_map(|piece| piece.ranges.iter().map(|&range| (piece.go, range))).collect()
    }

    /// Where most of it was: of running by samples and the like inside the stretches, of the rest by the stacks.
    pub(crate) fn place(&self, context: &Context<'_>, way: ActivityKind) -> Option<Hot> {
        if way == ActivityKind::Running {
            return hot(context, &self.ranges(way));
        }
        let mut sums: FxHashMap<u32, (u64, u64, StackId)> = FxHashMap::default();
        let (mut all, mut seen) = (0, 0);
        for piece in self.pieces.iter().filter(|piece| ActivityKind::of(piece.doing) == way) {
            let Some(function) = context.places.own_function(piece.stack) else { continue };
            let sum = sums.entry(function).or_default();
            sum.0 += piece.weight;
            if (piece.weight, piece.stack) > (sum.1, sum.2) {
                (sum.1, sum.2) = (piece.weight, piece.stack);
            }
            (all, seen) = (all + piece.weight, seen + piece.ranges.len() as u64);
        }
        let (_, (weight, _, stack)) = sums.into_iter().max_by_key(|(function, sum)| (sum.0, *function))?;
        let share = weight as f64 / all.max(1) as f64;
        let alike = self.pieces.iter().filter(|piece| ActivityKind::of(piece.doing) == way);
        let named = context.named(stack, alike.map(|piece| (piece.stack, piece.weight)))?;
        Some(Hot { named, stack, share, helper: None, seen, here: seen, in_calls: 0, seen_in: "stacks of waits" })
    }

    /// Whether most of the time they themselves only waited for work: at a place for that, or for the next bytes of a
    /// connection.
    pub(crate) fn is_idle(&self, context: &Context<'_>) -> bool {
        let is_idle = |piece: &&Piece| match piece.doing {
            StepKind::Waiting(class) => class == SpanClass::WaitNet || is_idle(context.places, piece.stack, class),
            _ => false,
        };
        self.pieces.iter().filter(is_idle).map(|piece| piece.weight).sum::<u64>() * 2 > self.all()
    }

    /// The same of those who meet again and again: between two meetings nothing comes from outside by itself, so that bytes
    /// of a connection are an answer.
    pub(crate) fn is_for_work(&self, context: &Context<'_>) -> bool {
        let is_idle = |piece: &&Piece| match piece.doing {
            StepKind::Waiting(class) => is_idle(context.places, piece.stack, class),
            _ => false,
        };
        self.pieces.iter().filter(is_idle).map(|piece| piece.weight).sum::<u64>() * 2 > self.all()
    }

    /// The longest uninterrupted stretch of it, nanoseconds.
    pub(crate) fn longest(&self, way: ActivityKind) -> u64 {
        let ranges = self.ranges(way).into_iter().map(|(_, range)| range.nanos().unsigned_abs());
        ranges.max().unwrap_or(0)
    }

    /// Whether it consists of many waits of which none stands out, as when a stream is copied piece by piece.
    pub(crate) fn is_stream(&self) -> bool {
        self.main() == ActivityKind::Waiting
            && self.longest(ActivityKind::Waiting) * 2 < self.elapsed(ActivityKind::Waiting)
    }

    /// What most of such time was, for a finding's [`Act`]s.
    pub(crate) fn act_of(&self, way: ActivityKind) -> Option<Act> {
        let such = self.pieces.iter().filter(|piece| ActivityKind::of(piece.doing) == way);
        let most = such.max_by_key(|piece| (piece.weight, piece.go))?;
        self.act(most.go, most.doing)
    }

    /// What one goroutine did, for a finding's [`Act`]s.
    pub(crate) fn act(&self, go: GoroutineIdx, doing: StepKind) -> Option<Act> {
        let such = self.pieces.iter().filter(|piece| piece.go == go && piece.doing == doing);
        let ranges = united(such.flat_map(|piece| piece.ranges.iter().copied()).collect());
        let within = TimeRange::new(ranges.first()?.start, ranges.last()?.end);
        Some(Act { go, doing, within, total: Nanos(total(&ranges)) })
    }
}
