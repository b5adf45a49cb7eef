//! What programs say of their requests in one trace: its tasks, the regions that ids were logged in, and these ids.

use rustc_hash::FxHashMap;

use crate::analysis::tasks::life;
use crate::base::ids::{GoroutineIdx, StrId, TaskIdx};
use crate::base::monitor::Monitor;
use crate::base::time::{TimeRange, TraceTime};
use crate::model::trace::{Log, Region, Trace};
use crate::session::pattern::{Found, Patterns};

/// The most ids that are kept of one trace.
const MOST_MENTIONS: usize = 10_000_000;

/// A task, a region, or what the connections of a program without tasks show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum What {
    /// A user task of the trace.
    Task(TaskIdx),
    /// A region, by its place in [`Trace::all_regions`].
    Region(u32),
    /// A request that a server of `net/http` handled without a task, by a number of its own.
    Handled(u32),
    /// A call that a client of `net/http` made without a task, by a number of its own.
    Called(u32),
}

/// Something that a program did, from begin to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Activity {
    /// The trace, by its place among the session's traces.
    pub trace: u32,
    /// What it is in there.
    pub what: What,
    /// The goroutine that began it.
    pub go: GoroutineIdx,
    /// Its type, as the program calls it.
    pub name: StrId,
    /// From begin to end on the trace's clock, clipped to the trace.
    pub range: TimeRange,
    /// It began inside the trace.
    pub began: bool,
    /// It ended inside the trace.
    pub ended: bool,
    /// What it belongs to, by place among all activities.
    pub parent: Option<u32>,
}

impl Activity {
    /// Both ends lie in the trace.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.began && self.ended
    }
}

/// Ids that were logged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mention {
    /// The activity that they belong to.
    pub(super) act: u32,
    pub(super) time: TraceTime,
    pub(super) go: GoroutineIdx,
    pub(super) found: Found,
}

/// The activities of all traces, and the ids in them.
#[derive(Clone, Debug, Default)]
pub(super) struct Activities {
    /// By trace; of each trace the tasks first, by [`TaskIdx`].
    pub(super) all: Vec<Activity>,
    pub(super) mentions: Vec<Mention>,
    /// The place of the first one of each trace.
    pub(super) starts: Vec<u32>,
}

impl Activities {
    pub(super) fn get(&self, at: u32) -> Option<&Activity> {
        self.all.get(at as usize)
    }

    /// The place of a task.
    pub(super) fn of_task(&self, trace: u32, task: TaskIdx) -> Option<u32> {
        self.starts.get(trace as usize)?.checked_add(task.0)
    }

    /// Whether `outer` is what `inner` belongs to, directly or not.
    pub(super) fn is_within(&self, inner: u32, outer: u32) -> bool {
        let mut at = Some(inner);
        // Tasks may name each other as parents.
        for _ in 0..64 {
            match at {
                Some(found) if found == outer => return true,
                Some(found) => at = self.get(found).and_then(|act| act.parent),
                None => return false,
            }
        }
        false
    }

    /// Adds those of a trace. `None` if cancelled.
    pub(super) fn add(&mut self, trace: &Trace, patterns: &Patterns, monitor: &Monitor) -> Option<()> {
        let number = u32::try_from(self.starts.len()).unwrap_or(u32::MAX);
        let start = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        self.starts.push(start);
        for task in (0..trace.task_count()).filter_map(|ix| trace.task(TaskIdx(ix))) {
            self.all.push(Activity {
                trace: number,
                what: What::Task(task.idx),
                go: task.go,
                name: task.name,
                range: life(trace, &task),
                began: task.began.is_some(),
                ended: task.ended.is_some(),
                parent: task.parent.map(|parent| start + parent.0),
            });
        }
        let mut reader =
            Reader { trace, patterns, number, start, regions: FxHashMap::default(), by_text: FxHashMap::default() };
        for (at, log) in trace.all_logs().iter().enumerate() {
            if at % 4_096 == 0 && monitor.is_cancelled() {
                return None;
            }
            reader.log(log, self);
        }
        for task in (0..trace.task_count()).filter_map(|ix| trace.task(TaskIdx(ix))) {
            let act = start + task.idx.0;
            reader.name(task.name, act, (task.began.unwrap_or(trace.range().start), task.go), self);
        }
        for (at, region) in (0_u32..).zip(trace.all_regions()) {
            if at % 4_096 == 0 && monitor.is_cancelled() {
                return None;
            }
            if !reader.of_text(region.name).is_empty() {
                let act = reader.region(at, region, self);
                reader.name(region.name, act, (region.range.start, region.go), self);
            }
        }
        Some(())
    }
}

/// A trace while it is searched for ids.
struct Reader<'a> {
    trace: &'a Trace,
    patterns: &'a Patterns,
    number: u32,
    start: u32,
    /// Activities of regions, by their places.
    regions: FxHashMap<u32, u32>,
    by_text: FxHashMap<StrId, Vec<Found>>,
}

impl Reader<'_> {
    /// The ids in the name of a task or region.
    fn of_text(&mut self, name: StrId) -> &[Found] {
        let (trace, patterns) = (self.trace, self.patterns);
        self.by_text.entry(name).or_insert_with(|| patterns.in_text(trace.str(name)))
    }

    fn name(&mut self, name: StrId, act: u32, (time, go): (TraceTime, GoroutineIdx), out: &mut Activities) {
        for found in self.of_text(name) {
            if out.mentions.len() < MOST_MENTIONS {
                out.mentions.push(Mention { act, time, go, found: found.clone() });
            }
        }
    }

    fn log(&mut self, log: &Log, out: &mut Activities) {
        let (category, message) = (self.trace.str(log.category), self.trace.bytes(log.message));
        for found in self.patterns.in_log(category, message) {
            let Some(act) = self.owner(log, found.ids.is_carried, out) else { continue };
            if out.mentions.len() < MOST_MENTIONS {
                out.mentions.push(Mention { act, time: log.time, go: log.go, found });
            }
        }
    }

    /// What a log belongs to. What is carried along with a call belongs to the region of the call, if there is one.
    fn owner(&mut self, log: &Log, is_carried: bool, out: &mut Activities) -> Option<u32> {
        let task = log.task.map(|task| self.start + task.0);
        if task.is_some() && !is_carried {
            return task;
        }
        let instant = TimeRange::new(log.time, log.time.plus_nanos(1));
        let innermost = self.trace.regions(log.go, instant).filter(|region| region.task == log.task).last();
        let Some(region) = innermost else { return task };
        let all = self.trace.all_regions();
        let first = all.partition_point(|known| (known.go, known.range.start) < (region.go, region.range.start));
        let place = all.get(first..)?.iter().position(|known| *known == region)?;
        let at = u32::try_from(first + place).ok()?;
        Some(self.region(at, &region, out))
    }

    /// The activity of a region.
    fn region(&mut self, at: u32, region: &Region, out: &mut Activities) -> u32 {
        let Self { number, start, .. } = *self;
        *self.regions.entry(at).or_insert_with(|| {
            let place = u32::try_from(out.all.len()).unwrap_or(u32::MAX);
            out.all.push(Activity {
                trace: number,
                what: What::Region(at),
                go: region.go,
                name: region.name,
                range: region.range,
                began: !region.began_before,
                ended: !region.goes_on,
                parent: region.task.map(|task| start + task.0),
            });
            place
        })
    }
}
