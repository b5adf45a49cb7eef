//! What goroutines are grouped by, and which group each of them is in.

use std::collections::{BTreeMap, HashMap};

use trace_core::analysis::purpose::{purpose, says_nothing};
use trace_core::analysis::tags::Tags;
use trace_core::base::ids::{GoroutineIdx, StrId};
use trace_core::base::visible::visible;
use trace_core::model::goroutines::is_system_function;
use trace_core::model::trace::Trace;

use crate::fmt::name;

/// What the runtime's own goroutines are under.
pub(super) const RUNTIME: &str = "Runtime";

/// How goroutines are grouped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum GroupBy {
    /// By the function that they were started with or, where that says nothing (`sync.(*WaitGroup).Go`), by the
    /// program's function behind it.
    #[default]
    Function,
    /// By the start function of the goroutine that created them.
    Creator,
    /// By the package of the function that they were started with.
    Package,
    /// By the type of the user tasks that they worked for longest.
    Task,
    /// By the first label that they got.
    GoLabel,
    /// By what their stacks are about: HTTP server, `database/sql`.
    Tag,
    /// Not at all: a lane each.
    Nothing,
}

impl GroupBy {
    /// All, in the order of menus.
    pub const ALL: [Self; 7] =
        [Self::Function, Self::Creator, Self::Package, Self::Task, Self::GoLabel, Self::Tag, Self::Nothing];

    /// Its name in menus, behind "by"; of no groups what there is instead.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Function => "Start function",
            Self::Creator => "Creator",
            Self::Package => "Package",
            Self::Task => "Task",
            Self::GoLabel => "Label",
            Self::Tag => "Tag",
            Self::Nothing => "One lane each",
        }
    }
}

/// What a goroutine is told apart by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    /// The function that it was started for.
    function: StrId,
    /// That is not its start function, but one behind it.
    is_behind: bool,
    /// The creator's function, the type of tasks, the label, or the tag by its place; [`NOTHING`] without any.
    more: u32,
}

/// What the name of a start function says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Name {
    /// It was not looked at.
    Unseen,
    /// What its goroutines are there for.
    Plain,
    /// A name that tells nothing of what the goroutine is for.
    SaysNothing,
    /// They are the runtime's own.
    System,
}

impl Name {
    fn of(function: &str) -> Self {
        match function {
            _ if is_system_function(function) => Self::System,
            _ if says_nothing(function) => Self::SaysNothing,
            _ => Self::Plain,
        }
    }
}

/// No creator, task, label or tag.
const NOTHING: u32 = u32::MAX;

/// Which goroutine is in which group.
pub(super) struct Grouping<'a> {
    trace: &'a Trace,
    by: GroupBy,
    tags: &'a Tags,
    /// What each string says as the name of a start function.
    names: Vec<Name>,
    /// Types of tasks by the goroutine that worked for them.
    tasks: HashMap<u32, StrId>,
}

impl<'a> Grouping<'a> {
    /// For `some` goroutines. For tasks costs in proportion to all regions and messages.
    pub(super) fn new(trace: &'a Trace, (by, tags): (GroupBy, &'a Tags), some: &[u32]) -> Self {
        let tasks = if by == GroupBy::Task { worked_for(trace) } else { HashMap::new() };
        // Names are looked at once each, not for each goroutine.
        let mut names = vec![Name::Unseen; trace.string_count() as usize];
        for (_, name) in some.iter().filter_map(|go| trace.goroutine_name(GoroutineIdx(*go))) {
            if let Some(slot) = names.get_mut(name.0 as usize).filter(|slot| **slot == Name::Unseen) {
                *slot = Name::of(trace.str(name));
            }
        }
        Self { trace, by, tags, names, tasks }
    }

    fn name(&self, id: StrId) -> Name {
        match self.names.get(id.0 as usize) {
            Some(Name::Unseen) | None => Name::of(self.trace.str(id)),
            Some(known) => *known,
        }
    }

    /// What tells a goroutine apart from those of other groups.
    pub(super) fn key(&self, go: GoroutineIdx, creator: Option<GoroutineIdx>) -> Key {
        let trace = self.trace;
        let (function, is_behind) = self.function(go);
        let is_system = self.name(function) == Name::System;
        let key = |more: Option<u32>| Key { function: StrId::EMPTY, is_behind: false, more: more.unwrap_or(NOTHING) };
        match self.by {
            GroupBy::GoLabel => {
                let label = trace.labels(go).map(|label| label.1.0).next();
                // Labels of the runtime's own say which of its goroutines they are.
                if is_system && label.is_none() { Key { function, is_behind, more: NOTHING } } else { key(label) }
            }
            _ if is_system => Key { function, is_behind, more: NOTHING },
            GroupBy::Function | GroupBy::Package | GroupBy::Nothing => Key { function, is_behind, more: NOTHING },
            GroupBy::Creator => key(creator.map(|creator| self.function(creator).0.0)),
            GroupBy::Task => key(self.tasks.get(&go.0).map(|name| name.0)),
            GroupBy::Tag => key(self.tags.number_of_goroutine(trace, go).map(u32::from)),
        }
    }

    fn function(&self, go: GoroutineIdx) -> (StrId, bool) {
        let start = self.trace.goroutine_name(go).map(|(_, name)| name).unwrap_or_default();
        let behind = if self.name(start) == Name::SaysNothing { purpose(self.trace, go) } else { None };
        (behind.unwrap_or(start), behind.is_some())
    }

    /// What goroutines with this key are under.
    pub(super) fn title(&self, key: Key) -> String {
        let function = self.trace.str(key.function);
        if is_system_function(function) {
            return RUNTIME.to_owned();
        }
        let own = || if function.is_empty() { "(unknown)".to_owned() } else { name::function(function).to_owned() };
        let text = |none: &str| match key.more {
            NOTHING => none.to_owned(),
            text => visible(self.trace.str(StrId(text))).into_owned(),
        };
        match self.by {
            GroupBy::Function | GroupBy::Nothing => own(),
            GroupBy::Package if function.is_empty() => own(),
            GroupBy::Package => name::package(function).to_owned(),
            GroupBy::Creator if key.more == NOTHING => "creator unknown".to_owned(),
            GroupBy::Creator => format!("created by {}", name::function(self.trace.str(StrId(key.more)))),
            GroupBy::Task if key.more == NOTHING => "no task".to_owned(),
            GroupBy::Task => name::task_type(self.trace, StrId(key.more)).into_owned(),
            GroupBy::GoLabel => text("no label"),
            GroupBy::Tag => self.tags.name_of(key.more).unwrap_or("no tag").to_owned(),
        }
    }

    /// The start function that all goroutines with this key, and nobody else, have; `None` where others may, too.
    pub(super) fn start_function(&self, key: Key) -> Option<StrId> {
        let is_named = self.by == GroupBy::Function && !key.is_behind;
        is_named.then_some(key.function).filter(|name| !is_system_function(self.trace.str(*name)))
    }
}

/// The type of tasks that each goroutine worked for longest, by its regions; one that has none of these, by what it began
/// or logged for.
fn worked_for(trace: &Trace) -> HashMap<u32, StrId> {
    let name_of = |task| trace.task(task).map(|task| task.name);
    let regions = trace
        .all_regions()
        .iter()
        .filter_map(|region| Some((region.go, name_of(region.task?)?, region.range.nanos().max(1))));
    let began = (0..trace.task_count()).filter_map(|at| trace.task(trace_core::base::ids::TaskIdx(at)));
    let began = began.filter(|task| task.go.is_some()).map(|task| (task.go, task.name, 0));
    let logs = trace.all_logs().iter().filter_map(|log| Some((log.go, name_of(log.task?)?, 0)));
    let mut times: BTreeMap<(u32, StrId), i64> = BTreeMap::new();
    for (go, name, nanos) in began.chain(logs).chain(regions) {
        let time = times.entry((go.0, name)).or_default();
        *time = time.saturating_add(nanos);
    }
    let mut longest: HashMap<u32, (i64, StrId)> = HashMap::new();
    for ((go, name), time) in times {
        let known = longest.entry(go).or_insert((time, name));
        if time > known.0 {
            *known = (time, name);
        }
    }
    longest.into_iter().map(|(go, (_, name))| (go, name)).collect()
}
