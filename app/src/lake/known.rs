//! Which snapshots and which generations a lake has already.

use std::ops::Range;
use std::path::Path;

use rayon::iter::{IntoParallelIterator as _, ParallelIterator as _};
use rustc_hash::FxHashSet;
use trace_core::export::generations::GenerationId;
use trace_core::tables::column::Kind;

use crate::lake::LakeError;
use crate::lake::layout::{TRACE_ID, TRACES, files};
use crate::lake::parquet::File;
use crate::lake::parquet::ReadCells;

/// The column with the generations that a snapshot counts.
const GENERATION_IDS: &str = "generation_ids";

/// What a lake has.
#[derive(Debug, Default)]
pub(super) struct Known {
    traces: FxHashSet<i64>,
    generations: FxHashSet<(u64, u64)>,
}

impl Known {
    /// What is in a lake now.
    pub(super) fn read(lake: &Path) -> Result<Self, LakeError> {
        let found: Result<Vec<Self>, LakeError> =
            files(lake, TRACES)?.into_par_iter().map(|(_, path)| Self::of(&path)).collect();
        let mut all = Self::default();
        for part in found? {
            all.traces.extend(part.traces.iter().copied());
            all.generations.extend(part.generations.iter().copied());
        }
        Ok(all)
    }

    fn of(path: &Path) -> Result<Self, LakeError> {
        let file = File::open(path)?;
        let mut known = Self::default();
        if let Some(ReadCells::Int(ids)) = file.column(TRACE_ID, Kind::Int)?.map(|read| read.cells) {
            known.traces.extend(ids);
        }
        if let Some(ReadCells::Text(texts)) = file.column(GENERATION_IDS, Kind::Text)?.map(|read| read.cells) {
            for text in texts {
                known.generations.extend(ids_of(text.as_utf8().unwrap_or_default()));
            }
        }
        Ok(known)
    }

    /// Notes a snapshot; false if it was there already.
    pub(super) fn add(&mut self, trace: i64) -> bool {
        self.traces.insert(trace)
    }

    /// Notes generations, and says which of them are new: stretches of their places.
    pub(super) fn claim(&mut self, generations: &[GenerationId]) -> Vec<Range<usize>> {
        let mut fresh: Vec<Range<usize>> = Vec::new();
        for (at, generation) in generations.iter().enumerate() {
            if !self.generations.insert((generation.number, generation.hash)) {
                continue;
            }
            match fresh.last_mut() {
                Some(last) if last.end == at => last.end = at + 1,
                _ => fresh.push(at..at + 1),
            }
        }
        fresh
    }
}

/// Generations as text: `12:9f3a…,13:…`, number and hash.
pub(super) fn ids_text(generations: &[GenerationId]) -> String {
    let one = |generation: &GenerationId| format!("{}:{:016x}", generation.number, generation.hash);
    generations.iter().map(one).collect::<Vec<_>>().join(",")
}

fn ids_of(text: &str) -> impl Iterator<Item = (u64, u64)> + '_ {
    text.split(',').filter_map(|id| {
        let (number, hash) = id.split_once(':')?;
        Some((number.parse().ok()?, u64::from_str_radix(hash, 16).ok()?))
    })
}

#[cfg(test)]
mod tests {
    use trace_core::base::time::TraceTime;

    use super::*;

    fn generations(numbers: &[u64]) -> Vec<GenerationId> {
        numbers.iter().map(|number| GenerationId { number: *number, hash: number * 7, start: TraceTime(0) }).collect()
    }

    #[test]
    fn a_generation_is_claimed_once() {
        let mut known = Known::default();
        let mut claim = |numbers: &[u64]| {
            let fresh = known.claim(&generations(numbers));
            fresh.into_iter().map(|run| (run.start, run.end)).collect::<Vec<_>>()
        };
        assert_eq!(claim(&[3, 4]), [(0, 2)]);
        assert_eq!(claim(&[1, 2, 3, 4, 5, 6]), [(0, 2), (4, 6)]);
        assert_eq!(claim(&[2, 3]), []);
        let text = ids_text(&generations(&[3, 4]));
        assert_eq!(ids_of(&text).collect::<Vec<_>>(), [(3, 21), (4, 28)]);
    }
}
