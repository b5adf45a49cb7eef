//! The rhythm of silences: a CPU quota is refilled once per period, and all that it held up goes on at that moment.

use crate::base::ids::ProcIdx;
use crate::base::time::TimeRange;
use crate::event::state::SpanClass;
use crate::model::lanes::LaneId;
use crate::model::no_cpu::silence::Silence;
use crate::model::no_cpu::times::Use;
use crate::model::trace::Trace;

/// Periods in use, ns: first the one that Linux, Docker and Kubernetes set.
const PERIODS: [i64; 6] = [USUAL, 1_000_000_000, 500_000_000, 250_000_000, 200_000_000, 50_000_000];
const USUAL: i64 = 100_000_000;
/// How far apart, as part of the period, silences in one rhythm end at the most: a goroutine alone in a loop shows
/// an event up to 20 ms after it goes on.
const WIDEST: f64 = 0.2;
/// What chance must not reach: that so many of so many silences end so close together; for the usual period, and
/// for all others.
const CHANCE: f64 = 1e-3;
const CHANCE_UNUSUAL: f64 = 1e-6;
/// Silences that are looked at for a rhythm, the longest ones.
const MOST: usize = 512;
/// Fewest periods that make a rhythm.
const FEWEST: usize = 3;

/// Silences that end once per period.
#[derive(Clone, Debug)]
pub(crate) struct PeriodicSilences {
    pub(crate) period: i64,
    /// Whether each silence is in rhythm.
    is_in: Vec<bool>,
}

impl PeriodicSilences {
    /// The rhythm of the silences of a trace, if a quota explains it: the silences end in step with a clock, and
    /// either the runtime itself stood still, or the process was busy all the time between them. (Who computes at
    /// the beat of a timer is idle in between.)
    pub(crate) fn of(trace: &Trace, silences: &[Silence]) -> Option<Self> {
        let rhythms = PERIODS.iter().filter_map(|&period| Self::with_period(silences, period));
        let found = { rhythms }.find(|rhythm| rhythm.is_by_quota(trace, silences))?;
        // What ends every 200 ms ends in step with 100 ms, too.
        let longer = PERIODS.iter().filter(|&&period| period > found.period && period % found.period == 0);
        let longer = longer.filter_map(|&period| Self::with_period(silences, period));
        let is_better = |longer: &Self| longer.count() * 20 >= found.count() * 19;
        Some({ longer }.find(is_better).unwrap_or(found))
    }

    /// Whether a silence ended as a period began.
    pub(crate) fn is_in(&self, at: usize) -> bool {
        self.is_in.get(at).copied().unwrap_or(false)
    }

    pub(crate) fn count(&self) -> usize {
        self.is_in.iter().filter(|is_in| **is_in).count()
    }

    fn with_period(silences: &[Silence], period: i64) -> Option<Self> {
        let (first, width) = window(silences, period)?;
        let phase = |silence: &Silence| (silence.range.end.0 - first).rem_euclid(period);
        let is_in: Vec<bool> = silences.iter().map(|silence| phase(silence) <= width).collect();
        let chosen = || silences.iter().zip(&is_in).filter(|(_, is_in)| **is_in).map(|(silence, _)| silence);
        let mut periods: Vec<i64> = chosen().map(|silence| (silence.range.end.0 - first).div_euclid(period)).collect();
        periods.dedup();
        let (total, mine) =
            (silences.iter().map(Silence::nanos).sum::<u64>(), chosen().map(Silence::nanos).sum::<u64>());
        let is_most = mine * 5 >= total * 3 && chosen().count() * 5 >= silences.len() * 3;
        (periods.len() >= FEWEST && is_most).then_some(Self { period, is_in })
    }

    /// Whether a quota explains silences in this rhythm.
    fn is_by_quota(&self, trace: &Trace, silences: &[Silence]) -> bool {
        let mine = || silences.iter().enumerate().filter(|(at, _)| self.is_in(*at)).map(|found| found.1);
        let certain = mine().filter(|silence| silence.is_certain() || silence.is_runtime_still()).count();
        if certain * 3 >= mine().count() {
            return true;
        }
        let gaps = silences.windows(2).map(|pair| TimeRange::new(pair[0].range.end, pair[1].range.start));
        let (mut between, mut busy) = (0, 0);
        for gap in gaps {
            let nanos = gap.nanos().unsigned_abs();
            between += nanos;
            busy += busy_time(trace, gap).min(nanos);
        }
        busy * 10 >= between * 9
    }

    /// CPU time used in the period that each silence ended, ns: nothing for those out of the rhythm or in a period
    /// that is not all in the trace.
    pub(crate) fn used(&self, trace: &Trace, silences: &[Silence]) -> Vec<Option<u64>> {
        let used = |(at, silence): (usize, &Silence)| {
            let period = TimeRange::new(silence.range.end.plus_nanos(-self.period), silence.range.end);
            if !self.is_in(at) || period.start < trace.range().start {
                return None;
            }
            let earlier = silences.get(..=at)?.iter().rev().take_while(|other| other.range.end > period.start);
            let silent = earlier.flat_map(|other| {
                let busy = other.held.iter().filter(|held| held.what != Use::Looking);
                busy.map(|held| TimeRange::new(held.since.max(period.start), other.range.end).nanos().unsigned_abs())
            });
            let silent: u64 = silent.sum();
            Some(busy_time(trace, period).saturating_sub(silent))
        };
        silences.iter().enumerate().map(used).collect()
    }
}

/// Where in the period most of the silences end, and in how wide a stretch of it, both in ns; `None` if chance
/// explains that.
fn window(silences: &[Silence], period: i64) -> Option<(i64, i64)> {
    let mut phases: Vec<(u64, i64)> =
        silences.iter().map(|silence| (silence.nanos(), silence.range.end.0.rem_euclid(period))).collect();
    phases.sort_unstable_by_key(|phase| std::cmp::Reverse(phase.0));
    phases.truncate(MOST);
    let count = phases.len();
    phases.sort_unstable_by_key(|phase| phase.1);
    // A window may reach over the border of a period.
    phases.extend_from_within(..);
    for (_, phase) in phases.iter_mut().skip(count) {
        *phase = phase.saturating_add(period);
    }
    let least = if period == USUAL { CHANCE } else { CHANCE_UNUSUAL };
    let mut best: Option<(u64, i64, i64)> = None;
    for first in 0..count {
        let start = phases.get(first)?.1;
        let mut sum = 0;
        for (more, &(nanos, phase)) in phases.iter().skip(first).take(count).enumerate() {
            let part = (phase - start) as f64 / period as f64;
            if part > WIDEST {
                break;
            }
            sum += nanos;
            let is_better = best.is_none_or(|best| sum > best.0);
            if is_better && chance(count, more + 1, part.max(1e-3)) < least {
                best = Some((sum, start, phase - start));
            }
        }
    }
    best.map(|(_, start, width)| (start, width))
}

/// An upper bound for the chance that of `count` silences some `close` ones end within `part` of a period.
fn chance(count: usize, close: usize, part: f64) -> f64 {
    let others = close.saturating_sub(1);
    let choices = (0..others).map(|at| ((count - 1 - at) as f64 / (at + 1) as f64).ln()).sum::<f64>();
    ((count as f64).ln() + choices + others as f64 * part.ln()).exp()
}

/// Time in which procs ran goroutines, or sat in system calls, added over procs, ns.
fn busy_time(trace: &Trace, range: TimeRange) -> u64 {
    let procs = (0..trace.proc_count()).map(|at| LaneId::Proc(ProcIdx(at)));
    let sums = procs.map(|proc| trace.time_by_class(proc, range).nanos);
    let of = |nanos: [u64; SpanClass::COUNT], class: SpanClass| nanos.get(class as usize).copied().unwrap_or(0);
    sums.map(|nanos| of(nanos, SpanClass::Running) + of(nanos, SpanClass::Syscall)).sum()
}
