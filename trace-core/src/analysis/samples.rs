//! Profiles by line, and CPU samples by who was running.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::analysis::profile::{Profile, samples_in};
use crate::analysis::scope::ScopeRanges;
use crate::base::ids::StrId;
use crate::base::nanos::Nanos;
use crate::model::trace::Trace;

/// What a profile's stacks sum to at one line: time in it (flat, `own`) and in all it called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineSum {
    /// Fully qualified name of the function.
    pub function: String,
    /// Source file, as in the trace.
    pub file: String,
    /// Line in the file; 0 if unknown.
    pub line: u64,
    /// Time of stacks with it at the leaf.
    pub own: Nanos,
    /// Time of stacks that it is in, each once.
    pub total: Nanos,
    /// Events whose stack has the line anywhere.
    pub count: u64,
}

/// A profile by line, by falling own time, then total, then name.
#[must_use]
pub fn by_line(trace: &Trace, profile: &Profile) -> Vec<LineSum> {
    let mut sums: FxHashMap<(&str, &str, u64), (Nanos, Nanos, u64)> = FxHashMap::default();
    let mut on_stack: FxHashSet<(&str, &str, u64)> = FxHashSet::default();
    for sum in &profile.stacks {
        on_stack.clear();
        for (depth, frame) in trace.frames(sum.stack).enumerate() {
            let key = (frame.function, frame.file, frame.line);
            if !on_stack.insert(key) {
                continue;
            }
            let (own, total, count) = sums.entry(key).or_default();
            if depth == 0 {
                *own += sum.nanos;
            }
            *total += sum.nanos;
            *count += sum.count;
        }
    }
    let one = |((function, file, line), (own, total, count)): ((&str, &str, u64), (Nanos, Nanos, u64))| LineSum {
        function: function.to_owned(),
        file: file.to_owned(),
        line,
        own,
        total,
        count,
    };
    let mut sums: Vec<LineSum> = sums.into_iter().map(one).collect();
    sums.sort_by(|one, other| {
        let key = |sum: &LineSum| (sum.function.clone(), sum.file.clone(), sum.line);
        (other.own, other.total).cmp(&(one.own, one.total)).then_with(|| key(one).cmp(&key(other)))
    });
    sums
}

/// CPU samples of goroutines with one start function and label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SampleGroup {
    /// Start function; empty for samples of no goroutine, and where the trace never tells.
    pub name: StrId,
    /// The label that the goroutine had (the runtime labels the collector's workers); empty for none.
    pub label: StrId,
    /// How many CPU samples it has.
    pub count: u64,
}

/// CPU samples of a scope by start function and label, most first.
#[must_use]
pub fn by_goroutine(trace: &Trace, pieces: &ScopeRanges) -> Vec<SampleGroup> {
    let mut counts: FxHashMap<(StrId, StrId), u64> = FxHashMap::default();
    for sample in samples_in(trace, pieces) {
        let name = trace.goroutine_name(sample.go).map_or(StrId::EMPTY, |(_, name)| name);
        let label = trace.labels(sample.go).take_while(|(since, _)| *since <= sample.time).last();
        *counts.entry((name, label.map_or(StrId::EMPTY, |(_, text)| text))).or_default() += 1;
    }
    let groups = counts.into_iter().map(|((name, label), count)| SampleGroup { name, label, count });
    let mut groups: Vec<SampleGroup> = groups.collect();
    groups.sort_by_key(|group| (std::cmp::Reverse(group.count), group.name, group.label));
    groups
}
