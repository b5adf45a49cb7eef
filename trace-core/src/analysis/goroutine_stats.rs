//! What a pass over the workload keeps of each goroutine of the program. There may be millions, so it is little.

use crate::base::ids::{GoroutineIdx, StackId, StrId};
use crate::base::time::TraceTime;
use crate::event::state::SpanClass;

/// Goroutines per chunk of a [`GoroutineRoster`].
const CHUNK: usize = 4096;

/// A goroutine of the program.
#[derive(Clone, Copy, Debug)]
pub struct GoroutineStats {
    /// The goroutine that is measured.
    pub go: GoroutineIdx,
    /// The function that it is there for: its start function or, where a library started it for whoever asked
    /// (`wg.Go(f)`), the program's function that this calls.
    pub name: StrId,
    /// Where it was created.
    pub creation: StackId,
    /// Nanoseconds on a proc, mark assist among them.
    pub running: u64,
    /// Nanoseconds of waits for a proc.
    pub runnable: u64,
    /// Nanoseconds of work, of whatever kind: running, in system calls, and waiting for the outside or for an answer.
    pub work: u64,
    /// Whether something other than a goroutine ended one of its idle waits: the network, the clock.
    pub is_woken_from_outside: bool,
    /// Whether something other than a goroutine ended a wait of its own, idle or not, for the network or the clock: it
    /// acts when it is time to, or when something comes.
    pub is_paced_from_outside: bool,
    creator: GoroutineIdx,
    created: TraceTime,
    ended: TraceTime,
}

impl GoroutineStats {
    /// A goroutine of which nothing is counted yet, from when it was created (`None` if before the trace) until it
    /// ended (`None` if after it).
    #[must_use]
    pub fn new(go: GoroutineIdx, name: StrId, (created, ended): (Option<TraceTime>, Option<TraceTime>)) -> Self {
        Self {
            go,
            name,
            creation: StackId::NONE,
            running: 0,
            runnable: 0,
            work: 0,
            is_woken_from_outside: false,
            is_paced_from_outside: false,
            creator: GoroutineIdx::NONE,
            created: created.unwrap_or(TraceTime::MIN),
            ended: ended.unwrap_or(TraceTime::MAX),
        }
    }

    /// The same, created by a goroutine (if one did) at a place.
    #[must_use]
    pub fn made_by(self, creator: Option<GoroutineIdx>, creation: StackId) -> Self {
        Self { creator: creator.unwrap_or(GoroutineIdx::NONE), creation, ..self }
    }

    /// Who created it, if a goroutine did.
    #[must_use]
    pub fn creator(&self) -> Option<GoroutineIdx> {
        self.creator.is_some().then_some(self.creator)
    }

    /// When it was created; `None` if before the trace.
    #[must_use]
    pub fn created(&self) -> Option<TraceTime> {
        (self.created != TraceTime::MIN).then_some(self.created)
    }

    /// When it ended; `None` if after the trace.
    #[must_use]
    pub fn ended(&self) -> Option<TraceTime> {
        (self.ended != TraceTime::MAX).then_some(self.ended)
    }
}

/// What a goroutine waits for when the trace ends.
#[derive(Clone, Copy, Debug)]
pub struct Stuck {
    /// The stack in which it is blocked.
    pub stack: StackId,
    /// What class of wait it is.
    pub class: SpanClass,
    /// When the wait began; may be the trace's start.
    pub since: TraceTime,
    /// Since when it has waited in one function (as [`crate::analysis::places::Places`] counts), woken by nobody but
    /// the clock.
    pub alone: Option<(u32, TraceTime)>,
}

/// Goroutines by rising index, in chunks, so that neither growing nor joining copies them.
#[derive(Clone, Debug, Default)]
pub struct GoroutineRoster {
    chunks: Vec<Vec<GoroutineStats>>,
}

impl GoroutineRoster {
    /// Adds one with a higher index than all before.
    pub fn push(&mut self, facts: GoroutineStats) {
        match self.chunks.last_mut() {
            Some(last) if last.len() < CHUNK => last.push(facts),
            _ => self.chunks.push(vec![facts]),
        }
    }

    /// Adds those of another pass, which lie before or behind all of these.
    pub fn append(&mut self, mut other: Self) {
        self.chunks.append(&mut other.chunks);
        self.chunks.sort_unstable_by_key(|chunk| chunk.first().map(|facts| facts.go));
    }

    /// All, by rising index.
    pub fn iter(&self) -> impl Iterator<Item = &GoroutineStats> {
        self.chunks.iter().flatten()
    }

    /// The one with this index.
    #[must_use]
    pub fn get(&self, go: GoroutineIdx) -> Option<&GoroutineStats> {
        let behind = self.chunks.partition_point(|chunk| chunk.first().is_some_and(|first| first.go <= go));
        let chunk = self.chunks.get(behind.checked_sub(1)?)?;
        chunk.binary_search_by_key(&go, |facts| facts.go).ok().and_then(|at| chunk.get(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_roster_finds_whoever_is_in_it() {
        let facts = |go| GoroutineStats::new(GoroutineIdx(go), StrId::EMPTY, (None, None));
        let (mut low, mut high) = (GoroutineRoster::default(), GoroutineRoster::default());
        for go in 0..10_000 {
            let half = if go < 5_000 { &mut low } else { &mut high };
            half.push(facts(go * 2));
        }
        high.append(low);
        assert!(high.iter().map(|facts| facts.go.0).eq((0..10_000).map(|go| go * 2)));
        for go in [0, 2, 8_190, 8_192, 9_998, 10_000, 19_998] {
            assert_eq!(high.get(GoroutineIdx(go)).map(|facts| facts.go), Some(GoroutineIdx(go)));
            assert!(high.get(GoroutineIdx(go + 1)).is_none());
        }
        assert!(high.get(GoroutineIdx(20_000)).is_none() && GoroutineRoster::default().get(GoroutineIdx(0)).is_none());
    }
}
