//! All goroutines summed by start function, and together, in one pass.

use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};
use rustc_hash::FxHashMap;

use crate::base::ids::{GoroutineIdx, StrId};
use crate::base::monitor::Monitor;
use crate::event::state::SpanClass;
use crate::model::goroutines::is_system_function;
use crate::model::lanes::LaneId;
use crate::model::trace::{TimeByClass, Trace};

/// Goroutines that one thread takes at least.
const FEWEST: usize = 1_024;

/// The classes of waiting goroutines. What the collector does on a goroutine's behalf is a wait for it.
pub const WAITING: &[SpanClass] = &[
    SpanClass::WaitSync,
    SpanClass::WaitChan,
    SpanClass::WaitNet,
    SpanClass::WaitSleep,
    SpanClass::Gc,
    SpanClass::WaitOther,
];

/// The goroutines that one function started.
#[derive(Clone, Debug, Default)]
pub(super) struct Group {
    pub(super) name: StrId,
    pub(super) is_system: bool,
    pub(super) goroutines: u64,
    pub(super) created: u64,
    pub(super) ended: u64,
    pub(super) running: u64,
    pub(super) runnable: u64,
    pub(super) syscall: u64,
    pub(super) waiting: u64,
    pub(super) total: u64,
}

/// All goroutines, summed in one pass.
#[derive(Debug, Default)]
pub(super) struct AllGroups {
    pub(super) groups: Vec<Group>,
    /// The time of all of them together.
    pub(super) time: TimeByClass,
}

/// The same while it is made.
#[derive(Default)]
struct Growing {
    groups: FxHashMap<StrId, Group>,
    time: TimeByClass,
}

impl AllGroups {
    /// Looks at all goroutines of a trace; what it has by then if that is stopped.
    pub(super) fn of(trace: &Trace, monitor: &Monitor) -> Self {
        let all = (0..trace.goroutine_count()).into_par_iter().with_min_len(FEWEST);
        let grown = all.fold(Growing::default, |mut grown, go| {
            if !monitor.is_cancelled() {
                grown.add(trace, GoroutineIdx(go));
            }
            grown
        });
        let Growing { groups, time } = grown.reduce(Growing::default, Growing::joined);
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort_unstable_by_key(|group| group.name);
        Self { groups, time }
    }
}

impl Growing {
    fn add(&mut self, trace: &Trace, go: GoroutineIdx) {
        let Some((_, name)) = trace.goroutine_name(go) else { return };
        let is_system = || is_system_function(trace.str(name));
        let group =
            self.groups.entry(name).or_insert_with(|| Group { name, is_system: is_system(), ..Group::default() });
        group.add(
            trace.begins_and_ends(go),
            &trace.time_by_class(LaneId::Goroutine(go), trace.range()),
            &mut self.time,
        );
    }

    fn joined(mut self, other: Self) -> Self {
        other.groups.into_iter().for_each(|(name, group)| self.groups.entry(name).or_default().join(&group));
        self.time.add(&other.time);
        self
    }
}

impl Group {
    /// Adds a goroutine: whether it was created and ended in the trace, and its time, which is added to that of `all`, too.
    fn add(&mut self, (created, ended): (bool, bool), time: &TimeByClass, all: &mut TimeByClass) {
        let of =
            |classes: &[SpanClass]| -> u64 { classes.iter().filter_map(|class| time.nanos.get(*class as usize)).sum() };
        self.goroutines += 1;
        self.created += u64::from(created);
        self.ended += u64::from(ended);
        self.running += of(&[SpanClass::Running]);
        self.runnable += of(&[SpanClass::Runnable]);
        self.syscall += of(&[SpanClass::Syscall]);
        self.waiting += of(WAITING);
        self.total += time.nanos.iter().skip(1).sum::<u64>();
        all.add(time);
    }

    /// Adds the goroutines of another group of the same name.
    fn join(&mut self, other: &Self) {
        (self.name, self.is_system) = (other.name, other.is_system);
        self.goroutines += other.goroutines;
        self.created += other.created;
        self.ended += other.ended;
        self.running += other.running;
        self.runnable += other.runnable;
        self.syscall += other.syscall;
        self.waiting += other.waiting;
        self.total += other.total;
    }
}
