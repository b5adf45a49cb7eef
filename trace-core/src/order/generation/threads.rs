//! The threads of a generation and the batches of each, in a few bytes each: damaged and made-up traces can have a
//! thread for every nine bytes.

use crate::base::warning::WarningKind;
use crate::wire::v2::generation::Generation;
use crate::wire::v2::tables::Report;

/// Threads of a generation that are worked on in any case: Go's runtime ends a program at 10,000 unless told
/// otherwise (`debug.SetMaxThreads`).
const THREADS_AT_LEAST: u64 = 1 << 16;
/// For each so many bytes of the generation one more. Each takes about 250 bytes while its generation is put in order,
/// and Go's runtime writes more than a hundred for one that has done anything.
const BYTES_PER_THREAD: u64 = 128;

/// Which batches are of which thread.
#[derive(Debug)]
pub(super) struct Threads {
    /// Indices of batches, those of a thread together and in file order.
    batches: Vec<u32>,
    /// The stretch of `batches` of each thread, in the order in which their first batches stand in the file.
    runs: Vec<(u32, u32)>,
    /// Threads beyond what their bytes justify, and the offset of the first of them.
    left_out: Option<(u64, u64)>,
}

impl Threads {
    /// Those of a generation.
    pub(super) fn of(generation: &Generation) -> Self {
        let thread = |batch: u32| generation.events.get(batch as usize).map_or(u64::MAX, |batch| batch.thread);
        let mut batches: Vec<u32> = (0..u32::try_from(generation.events.len()).unwrap_or(u32::MAX)).collect();
        batches.sort_unstable_by_key(|&batch| (thread(batch), batch));
        let count = batches.chunk_by(|&a, &b| thread(a) == thread(b)).count();
        let mut runs = Vec::with_capacity(count);
        let mut start = 0;
        for run in batches.chunk_by(|&a, &b| thread(a) == thread(b)) {
            let end = start + u32::try_from(run.len()).unwrap_or(0);
            runs.push((start, end));
            start = end;
        }
        let first = |&(start, _): &(u32, u32)| batches.get(start as usize).copied();
        runs.sort_unstable_by_key(first);
        let most = THREADS_AT_LEAST.saturating_add(generation.byte_len() / BYTES_PER_THREAD);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        let beyond = runs.get(most).and_then(first).and_then(|batch| generation.events.get(batch as usize));
        let left_out = beyond.map(|&batch| (runs.len().saturating_sub(most) as u64, generation.offset_of(batch)));
        runs.truncate(most);
        Self { batches, runs, left_out }
    }

    /// Id and batches of each thread, in the order in which their first batches stand in the file.
    pub(super) fn iter<'a>(
        &'a self,
        generation: &'a Generation,
    ) -> impl ExactSizeIterator<Item = (u64, &'a [u32])> + use<'a> {
        self.runs.iter().map(|&(start, end)| {
            let batches = self.batches.get(start as usize..end as usize).unwrap_or_default();
            let first = batches.first().and_then(|&batch| generation.events.get(batch as usize));
            (first.map_or(u64::MAX, |batch| batch.thread), batches)
        })
    }

    /// Warns of threads that are left out.
    pub(super) fn report_left_out(&self, report: &mut Report<'_>) {
        if let Some((count, offset)) = self.left_out {
            let what = format!("more threads than any program has; the events of {count} of them are left out");
            report(WarningKind::Limit, what, offset);
        }
    }
}
