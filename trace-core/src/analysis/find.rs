//! What of a trace has a name with some text in it: goroutines, tasks, regions and log messages.

use crate::base::ids::{GoId, GoroutineIdx, StrId, TaskIdx};
use crate::base::monitor::Monitor;
use crate::base::time::TimeRange;
use crate::model::trace::Trace;

/// What kind of thing was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FoundKind {
    /// A goroutine, by its start function or its number (`G13`).
    Goroutine,
    /// A user task, by its type.
    Task,
    /// A user region, by its type.
    Region,
    /// A log message, by its text or its category.
    Log,
}

/// One thing that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// What kind of thing it is.
    pub kind: FoundKind,
    /// Its name: function, type, or message.
    pub name: StrId,
    /// The goroutine it is on (of a task the one that began it).
    pub go: GoroutineIdx,
    /// When: a life, a task or region within the trace; a log message takes no time.
    pub range: TimeRange,
}

/// All that was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finds {
    /// By kind, then by time; at most so many of each kind as were asked for.
    pub list: Vec<Found>,
    /// How many there are.
    pub count: u64,
}

/// Finds what has `wanted` in its name, upper and lower case alike; at most `most` of each kind are listed. An empty
/// text finds nothing. `None`: cancelled.
#[must_use]
pub fn find(trace: &Trace, wanted: &str, most: usize, monitor: &Monitor) -> Option<Finds> {
    let wanted = wanted.trim().to_lowercase();
    if wanted.is_empty() {
        return Some(Finds::default());
    }
    let named: Vec<bool> = (0..trace.string_count())
        .take_while(|_| !monitor.is_cancelled())
        .map(|id| trace.str(StrId(id)).to_lowercase().contains(&wanted))
        .collect();
    let is_named = |id: StrId| named.get(id.0 as usize) == Some(&true);
    let mut finds = Finds::default();
    let whole = trace.range();
    let number = wanted.strip_prefix('g').and_then(|digits| digits.parse().ok()).map(GoId);
    let goroutines = (0..trace.goroutine_count()).map(GoroutineIdx).take_while(|_| !monitor.is_cancelled());
    finds.take(
        most,
        goroutines.filter_map(|go| {
            let (id, name) = trace.goroutine_name(go)?;
            if !is_named(name) && number != Some(id) {
                return None;
            }
            let known = trace.goroutine(go)?;
            let range = TimeRange::new(known.created.unwrap_or(whole.start), known.ended.unwrap_or(whole.end));
            Some(Found { kind: FoundKind::Goroutine, name, go, range })
        }),
    );
    let tasks =
        (0..trace.task_count()).filter_map(|at| trace.task(TaskIdx(at))).take_while(|_| !monitor.is_cancelled());
    finds.take(
        most,
        tasks.filter(|task| is_named(task.name)).map(|task| {
            let range = TimeRange::new(task.began.unwrap_or(whole.start), task.ended.unwrap_or(whole.end));
            Found { kind: FoundKind::Task, name: task.name, go: task.go, range }
        }),
    );
    let regions = trace.all_regions().iter().take_while(|_| !monitor.is_cancelled());
    finds.take(
        most,
        regions.filter(|region| is_named(region.name)).map(|region| Found {
            kind: FoundKind::Region,
            name: region.name,
            go: region.go,
            range: region.range,
        }),
    );
    let logs = trace.all_logs().iter().take_while(|_| !monitor.is_cancelled());
    finds.take(
        most,
        logs.filter(|log| is_named(log.message) || is_named(log.category)).map(|log| Found {
            kind: FoundKind::Log,
            name: log.message,
            go: log.go,
            range: TimeRange::new(log.time, log.time),
        }),
    );
    (!monitor.is_cancelled()).then_some(finds)
}

impl Finds {
    /// Takes in those of one kind.
    fn take(&mut self, most: usize, found: impl Iterator<Item = Found>) {
        let from = self.list.len();
        for one in found {
            self.count += 1;
            if self.list.len() < from + most {
                self.list.push(one);
            }
        }
        if let Some(new) = self.list.get_mut(from..) {
            new.sort_by_key(|one| (one.range.start, one.go));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::load_bytes;

    fn found(wanted: &str, most: usize) -> (Vec<(FoundKind, String)>, u64) {
        let bytes = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/real/tasks-go1.27.trace"));
        let trace = load_bytes(&bytes.unwrap(), &Monitor::new(), &mut |_| {}).unwrap();
        let finds = find(&trace, wanted, most, &Monitor::new()).unwrap();
        let named = finds.list.iter().map(|one| (one.kind, trace.str(one.name).to_owned()));
        (named.collect(), finds.count)
    }

    #[test]
    fn all_kinds_are_found_in_any_case() {
        let (list, count) = found("COOK", 100);
        assert!(list.iter().any(|one| *one == (FoundKind::Task, "cook".to_owned())), "{list:?}");
        assert_eq!(list.len() as u64, count);
        let kinds: Vec<FoundKind> = list.iter().map(|one| one.0).collect();
        assert!(kinds.is_sorted());
        assert!(found("main.main", 100).0.iter().any(|one| one.0 == FoundKind::Goroutine));
        assert_eq!(found("g1", 100).0.first(), Some(&(FoundKind::Goroutine, "main.main".to_owned())));
        assert_eq!(found("no such thing", 100), (Vec::new(), 0));
        assert_eq!(found("", 100), (Vec::new(), 0));
    }

    #[test]
    fn only_so_many_are_listed() {
        let (list, count) = found("main", 1);
        assert!(count > list.len() as u64 && !list.is_empty());
    }
}
