//! Which goroutines a cut keeps: those chosen, those that interact with them, and those without which others cannot be
//! told.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::base::error::{Error, Result};
use crate::base::ids::{GoId, TaskId};
use crate::base::time::TimeRange;
use crate::event::kind::EventKind;
use crate::export::cut::moment::Moment;
use crate::export::cut::names::Names;
use crate::export::cut::read::Pass;
use crate::export::cut::selection::{Selection, Who};
use crate::order::sink::{Ids, NO_IDX, Ordered};
use crate::wire::v2::generation::Border;
use crate::wire::v2::tables::Tables;
use crate::wire::version::Version;

/// Who is kept, and the tasks that they take part in.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    pub(super) gos: FxHashSet<GoId>,
    pub(super) tasks: FxHashSet<u64>,
}

/// What is met on the way through the range.
#[derive(Debug, Default)]
struct Survey {
    moment: Moment,
    has_begun: bool,
    /// The range has been looked through.
    is_over: bool,
    /// Pairs of goroutines that interact.
    edges: FxHashSet<(GoId, GoId)>,
    /// Who begins and ends GC cycles and stops of the world, and changes GOMAXPROCS: events that need their goroutine.
    actors: FxHashSet<GoId>,
    /// Who takes part in which task.
    parts: FxHashSet<(u64, GoId)>,
    parents: FxHashMap<u64, u64>,
}

impl Survey {
    /// A trace begins, in the format of Go 1.21 or an older one or in a newer one.
    fn begin_trace(&mut self, is_v1: bool) {
        self.moment.is_v1 = is_v1;
    }

    /// Takes in an event; those in the range count.
    fn take(&mut self, ev: &Ordered, ids: &Ids, names: &mut Names, tables: &Tables, range: TimeRange) {
        if ev.time >= range.start && ev.time < range.end {
            if !std::mem::replace(&mut self.has_begun, true) {
                self.begin(ids);
            }
            self.note(ev, ids);
        }
        if !self.has_begun {
            self.moment.take(ev, ids, names, tables);
        }
    }

    /// What was open as the range began.
    fn begin(&mut self, ids: &Ids) {
        for (at, go) in (0..).zip(&self.moment.gos) {
            for region in &go.regions {
                self.parts.insert((region.task, ids.go(at)));
            }
        }
        self.parents.extend(self.moment.tasks.iter().map(|(&task, open)| (task, open.parent)));
    }

    fn note(&mut self, ev: &Ordered, ids: &Ids) {
        let go = ids.go(ev.go);
        match ev.kind {
            EventKind::GO_UNBLOCK
            | EventKind::GO_CREATE
            | EventKind::GO_CREATE_BLOCKED
            | EventKind::GO_SWITCH
            | EventKind::GO_SWITCH_DESTROY
                if ev.go != NO_IDX && ev.subject != NO_IDX =>
            {
                self.edges.insert((go, ids.go(ev.subject)));
            }
            EventKind::GC_ACTIVE
            | EventKind::GC_BEGIN
            | EventKind::GC_END
            | EventKind::STW_BEGIN
            | EventKind::STW_END
            | EventKind::PROCS_CHANGE
                if ev.go != NO_IDX =>
            {
                self.actors.insert(go);
            }
            EventKind::USER_TASK_BEGIN => {
                self.parts.insert((ev.args[0], go));
                if ev.args[1] != u64::MAX {
                    self.parents.insert(ev.args[0], ev.args[1]);
                }
            }
            EventKind::USER_TASK_END
            | EventKind::USER_REGION_BEGIN
            | EventKind::USER_REGION_END
            | EventKind::USER_LOG => {
                self.parts.insert((ev.args[0], go));
            }
            _ => {}
        }
    }

    fn kept(&self, selection: &Selection) -> Option<Kept> {
        let mut gos: FxHashSet<GoId> = match &selection.who {
            Who::All => return None,
            Who::Goroutines(chosen) => chosen.iter().copied().collect(),
            Who::Tasks(chosen) => {
                let is_chosen = |&(task, _): &&(u64, GoId)| self.descends(*task, chosen);
                self.parts.iter().filter(is_chosen).map(|&(_, go)| go).collect()
            }
        };
        if selection.with_related {
            let related = self.edges.iter().flat_map(|&(from, to)| [(from, to), (to, from)]);
            let related: Vec<GoId> = related.filter(|(one, _)| gos.contains(one)).map(|(_, other)| other).collect();
            gos.extend(related);
        }
        let mut tasks: FxHashSet<u64> =
            self.parts.iter().filter(|(_, go)| gos.contains(go)).map(|&(task, _)| task).collect();
        let above: Vec<u64> = tasks.iter().flat_map(|&task| self.ancestors(task)).collect();
        tasks.extend(above);
        gos.extend(&self.actors);
        Some(Kept { gos, tasks })
    }

    /// A task and those above it. Their number is bounded, since a made-up trace may have them in a circle.
    fn ancestors(&self, task: u64) -> impl Iterator<Item = u64> + '_ {
        const MOST: usize = 1_000;
        std::iter::successors(Some(task), |task| self.parents.get(task).copied().filter(|&parent| parent != 0))
            .take(MOST)
    }

    fn descends(&self, task: u64, chosen: &[TaskId]) -> bool {
        task != 0 && self.ancestors(task).any(|task| chosen.contains(&TaskId(task)))
    }
}

/// Looks who is to be kept.
pub(super) struct Surveyor<'a> {
    selection: &'a Selection,
    range: Option<TimeRange>,
    names: Names,
    survey: Survey,
}

impl<'a> Surveyor<'a> {
    pub(super) fn new(selection: &'a Selection) -> Self {
        Self { selection, range: None, names: Names::new(), survey: Survey::default() }
    }

    /// Who is kept; `None` if nobody is chosen, which means everybody.
    pub(super) fn kept(&self) -> Option<Kept> {
        self.survey.kept(self.selection)
    }
}

impl Pass for Surveyor<'_> {
    fn begin(&mut self, version: Version) {
        self.survey.begin_trace(version < Version::GO_1_22);
    }

    fn generation(&mut self, _border: Border, _tables: &Tables) -> bool {
        self.names.begin_generation();
        true
    }

    fn event(&mut self, ev: &Ordered, ids: &Ids, tables: &Tables) -> Result<()> {
        let range = *self.range.get_or_insert_with(|| self.selection.range(ev.time));
        if ev.time >= range.end {
            self.survey.is_over = true;
            return Err(Error::Cancelled);
        }
        self.survey.take(ev, ids, &mut self.names, tables, range);
        Ok(())
    }

    fn is_over(&self) -> bool {
        self.survey.is_over
    }
}
