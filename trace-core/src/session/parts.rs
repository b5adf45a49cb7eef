//! What a session is made of: its traces and span files, and which of the traces are parts of one process's.

use std::cmp::Ordering;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::ids::GoroutineIdx;
use crate::model::trace::Trace;
use crate::session::activity::{Activities, Activity, What};
use crate::session::clock::ClockMap;
use crate::session::model::{Content, Input};
use crate::session::name::{Told, told};
use crate::session::place::{TICK, same_boot};
use crate::spans::SpanFile;

/// Goroutines that are looked at to see whether two traces are of one process.
const LOOKED_AT: u32 = 10_000;
/// Goroutines that two traces must have in common where no reading of a clock tells that they are of one boot.
const ALIKE: usize = 3;

/// The traces and span files among the inputs.
pub(super) struct Parts {
    pub(super) traces: Vec<Arc<Trace>>,
    /// The inputs that the traces are from.
    pub(super) trace_inputs: Vec<usize>,
    pub(super) files: Vec<Arc<SpanFile>>,
    pub(super) told: Vec<Told>,
    /// Trace clocks to trace clocks of the same boot.
    pub(super) boots: FxHashMap<(u32, u32), ClockMap>,
}

impl Parts {
    pub(super) fn of(inputs: &[Input]) -> Self {
        let mut parts = Self {
            traces: Vec::new(),
            trace_inputs: Vec::new(),
            files: Vec::new(),
            told: Vec::new(),
            boots: FxHashMap::default(),
        };
        for (at, input) in inputs.iter().enumerate() {
            match &input.content {
                Content::Trace(trace) => {
                    parts.traces.push(Arc::clone(trace));
                    parts.trace_inputs.push(at);
                    parts.told.push(told(trace));
                }
                Content::Spans(file) => parts.files.push(Arc::clone(file)),
            }
        }
        for (a, from) in (0_u32..).zip(&parts.traces) {
            for (b, to) in (0_u32..).zip(&parts.traces).filter(|(b, _)| *b != a) {
                if let Some((map, _)) = same_boot(from.clock_snapshots(), to.clock_snapshots()) {
                    parts.boots.insert((a, b), map);
                }
            }
        }
        parts
    }

    /// Which of two times is earlier, where both traces have one time base.
    pub(super) fn order(&self, (a, one): (u32, i64), (b, other): (u32, i64)) -> Option<Ordering> {
        let one = if a == b { one } else { self.boots.get(&(a, b))?.apply(one) };
        (one.abs_diff(other) >= TICK.unsigned_abs()).then(|| one.cmp(&other))
    }
}

/// Traces of one process at one time: both have a goroutine that was created at the same time; several where nothing else
/// tells that their clocks are one.
pub(super) fn copies(parts: &Parts) -> Vec<(u32, u32)> {
    let mut copies = Vec::new();
    for (b, later) in (0_u32..).zip(&parts.traces) {
        for (a, earlier) in (0_u32..).zip(&parts.traces).take(b as usize) {
            // Traces without readings of the clock tell no boot; what is of one process has one clock all the same.
            let boot = parts.boots.get(&(b, a));
            let has_clocks = !later.clock_snapshots().is_empty() && !earlier.clock_snapshots().is_empty();
            if boot.is_none() && has_clocks {
                continue;
            }
            let (map, enough) = boot.map_or((ClockMap::default(), ALIKE), |map| (*map, 1));
            let is_same = |go: &u32| {
                let known = later.goroutine(GoroutineIdx(*go))?;
                let other = earlier.goroutine(earlier.goroutine_by_id(known.id)?)?;
                let off = map.apply(known.created?.0).abs_diff(other.created?.0);
                (off <= TICK.unsigned_abs()).then_some(())
            };
            let first = later.goroutine_count().saturating_sub(LOOKED_AT);
            let starts = (0..LOOKED_AT.min(first)).chain(first..later.goroutine_count());
            let is_whole = later.range() == earlier.range() && later.totals().events == earlier.totals().events;
            if is_whole || starts.filter_map(|go| is_same(&go)).take(enough).count() == enough {
                copies.push((b, a));
                break;
            }
        }
    }
    copies
}

/// Leaves out of copies what the earlier trace of the process has, or has more of.
pub(super) fn hide_copies(copies: &[(u32, u32)], parts: &Parts, acts: &mut Activities) -> FxHashSet<u32> {
    let mut hidden = FxHashSet::default();
    for &(later, earlier) in copies {
        let (Some(copy), Some(first)) = (parts.traces.get(later as usize), parts.traces.get(earlier as usize)) else {
            continue;
        };
        let map = parts.boots.get(&(later, earlier)).copied().unwrap_or_default();
        let mut regions: Vec<(i64, GoroutineIdx, u32)> = (0_u32..)
            .zip(&acts.all)
            .filter(|(_, act)| act.trace == earlier && matches!(act.what, What::Region(_)))
            .map(|(at, act)| (act.range.start.0, act.go, at))
            .collect();
        regions.sort_unstable();
        let twin = |act: &Activity| match act.what {
            What::Task(task) => acts.of_task(earlier, first.task_by_id(copy.task(task)?.id)?),
            What::Region(_) => {
                let start = map.apply(act.range.start.0);
                let go = first.goroutine_by_id(copy.goroutine(act.go)?.id)?;
                let near = regions.partition_point(|(time, ..)| *time < start.saturating_sub(TICK));
                let near = regions.get(near..)?.iter().take_while(|(time, ..)| *time <= start.saturating_add(TICK));
                near.filter(|(_, other, _)| *other == go).map(|(.., at)| *at).next()
            }
            What::Handled(_) | What::Called(_) => None,
        };
        for (at, act) in (0_u32..).zip(&acts.all).filter(|(_, act)| act.trace == later) {
            let Some(other) = twin(act) else { continue };
            let is_less = act.is_complete() && acts.get(other).is_some_and(|other| !other.is_complete());
            hidden.insert(if is_less { other } else { at });
        }
    }
    acts.mentions.retain(|mention| !hidden.contains(&mention.act));
    hidden
}
