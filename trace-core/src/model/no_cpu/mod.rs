//! When the process got no CPU although goroutines ran: the operating system throttled it (a container's CPU
//! quota), stopped it, or ran others. A trace does not record that; it is inferred from silences.
//!
//! ```text
//! CPU quota of 30 ms in 100 ms, two busy procs:
//!   P0  ████░░░░░░░░████░░░░░░░░████░░░░░░░░      █ events every few µs to 20 ms
//!   P1  ███░░░░░░░░░███░░░░░░░░░████░░░░░░░░      ░ none at all, on no proc
//!       0           100         200 ms            all go on at once, when the next period begins
//! ```

mod period;
mod silence;
pub(crate) mod times;

use std::sync::Arc;

use crate::model::lanes::LaneId;
use crate::model::no_cpu::period::PeriodicSilences;
use crate::model::no_cpu::silence::{Silence, silences};
pub use crate::model::no_cpu::times::{NoCpu, NoCpuCause, Use};
use crate::model::trace::Trace;

/// Fewer silences, or less of the trace, are chance.
const FEWEST: usize = 3;
const SMALLEST_SHARE: f64 = 0.05;
/// A single silence as long as this is no chance, ns.
const LONG: u64 = 250_000_000;
/// Silences out of any rhythm must be longer than this, ns: shorter ones are everywhere on a machine that is shared.
const SHORTEST_ALONE: u64 = 20_000_000;
/// A goroutine alone in a loop may have run so long without an event when the silence began in earnest, ns.
const LONGEST_RUN: u64 = 20_000_000;

impl NoCpu {
    pub(crate) fn of(trace: &Trace) -> Self {
        let silences = silences(trace);
        PeriodicSilences::of(trace, &silences)
            .and_then(|rhythm| Self::throttled(trace, silences.clone(), &rhythm))
            .or_else(|| Self::descheduled(trace, &silences))
            .unwrap_or_default()
    }

    fn throttled(trace: &Trace, mut silences: Vec<Silence>, rhythm: &PeriodicSilences) -> Option<Self> {
        let used = rhythm.used(trace, &silences);
        let mut sorted: Vec<u64> = used.iter().copied().flatten().collect();
        sorted.sort_unstable();
        // Where few events tell when a silence begins, some of what ran before it looks silent: then the periods
        // with most of it seen are nearest to the truth.
        let lively =
            silences.iter().enumerate().filter(|(at, silence)| rhythm.is_in(*at) && silence.is_cut_short).count();
        let rank = if lively * 2 >= rhythm.count() { sorted.len() / 2 } else { sorted.len() * 9 / 10 };
        let quota = sorted.get(rank).copied().unwrap_or(0);
        for (silence, used) in silences.iter_mut().zip(used) {
            if let (Some(used), false) = (used, silence.is_cut_short) {
                let unseen = quota.saturating_sub(used) / silence.runs.max(1);
                silence.range.start = silence.range.start.plus_nanos(unseen.min(LONGEST_RUN).cast_signed());
            }
        }
        let found = silences.iter().enumerate().filter(|(at, silence)| rhythm.is_in(*at) || silence.is_certain());
        let found: Vec<&Silence> = found.map(|found| found.1).collect();
        is_enough(trace, &found).then(|| Self {
            cause: Some(NoCpuCause::Throttled),
            in_rhythm: rhythm.count() as u64,
            period: rhythm.period.unsigned_abs(),
            quota: quota as f64 / rhythm.period as f64,
            ..Self::with(&found)
        })
    }

    fn descheduled(trace: &Trace, silences: &[Silence]) -> Option<Self> {
        let found = silences.iter().filter(|silence| silence.is_certain() && silence.nanos() > SHORTEST_ALONE);
        let found: Vec<&Silence> = found.collect();
        is_enough(trace, &found).then(|| Self { cause: Some(NoCpuCause::Descheduled), ..Self::with(&found) })
    }

    fn with(silences: &[&Silence]) -> Self {
        let mut known = Self::default();
        for silence in silences {
            known.ranges.push(silence.range);
            for held in &silence.held {
                let (proc, thread) = (LaneId::Proc(held.proc), LaneId::Thread(held.thread));
                known.by_lane.extend([proc, thread].map(|lane| (lane, silence.range, held.what)));
                if held.go.is_some() {
                    known.by_lane.push((LaneId::Goroutine(held.go), silence.range, held.what));
                    known.running += silence.nanos();
                }
            }
        }
        known.by_lane.sort_unstable_by_key(|(lane, range, _)| (*lane, range.start));
        known
    }
}

/// Whether silences are many and long enough to tell.
fn is_enough(trace: &Trace, silences: &[&Silence]) -> bool {
    let total: u64 = silences.iter().map(|silence| silence.nanos()).sum();
    let longest = silences.iter().map(|silence| silence.nanos()).max().unwrap_or(0);
    let share = total as f64 / trace.range().nanos().max(1) as f64;
    share >= SMALLEST_SHARE && (silences.len() >= FEWEST || longest >= LONG)
}

impl Trace {
    /// When the process got no CPU although goroutines ran. Worked out once, when first asked for.
    #[must_use]
    pub fn no_cpu(&self) -> &NoCpu {
        self.no_cpu.get_or_init(|| Arc::new(NoCpu::of(self)))
    }
}
