//! Follows regions, tasks, ranges and marks across generations, and makes the tables of a snapshot.

use rustc_hash::FxHashMap;

use crate::base::ids::{GoId, GoroutineIdx, ProcIdx, StackId, StrId, TaskId, TaskIdx, ThreadIdx};
use crate::base::limits::MAX_WARNINGS;
use crate::base::time::{TimeRange, TraceTime};
use crate::base::warning::{Warning, WarningKind};
use crate::model::annotation_marks::{Annotations, RangeKind, RangeMark, RangeMove, RegionMark, TaskMark};
use crate::model::annotation_tables::{
    AnnotationTables, LabelRecord, StealRecord, index_samples, index_tasks, nest_regions, unknown_task,
};
use crate::model::grouped::Grouped;
use crate::model::intern::Texts;
use crate::model::proc_changes::{OwnershipRecord, ProcChange};
use crate::model::trace::{Log, Region, Sample, SpecialKind, SpecialRange, Task};
use crate::model::tracks::{Track, TrackRange};

/// The end of what has not ended yet.
const OPEN: TraceTime = TraceTime::MAX;

/// A region that ends out of order is looked for among so many that were begun after it.
const MAX_MISNESTED: usize = 256;

/// What the numbers of a generation stand for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Locals<'a> {
    pub(crate) gos: &'a [GoroutineIdx],
    pub(crate) go_ids: &'a [GoId],
    pub(crate) procs: &'a [ProcIdx],
    pub(crate) threads: &'a [ThreadIdx],
    pub(crate) strings: &'a [StrId],
    pub(crate) stacks: &'a [StackId],
    /// Since when things are known.
    pub(crate) epoch_start: i64,
    /// Strings and stacks of the trace.
    pub(crate) texts: &'a Texts,
}

impl Locals<'_> {
    fn go(&self, local: u32) -> GoroutineIdx {
        self.gos.get(local as usize).copied().unwrap_or(GoroutineIdx::NONE)
    }

    fn go_id(&self, local: u32) -> GoId {
        self.go_ids.get(local as usize).copied().unwrap_or(GoId::NONE)
    }

    /// Whether two stacks are of the same call of a function, as far as can be told: all but the line in it is equal.
    fn is_same_call(&self, one: StackId, other: StackId) -> bool {
        let (one, other) = (self.texts.stack(one), self.texts.stack(other));
        let function = |frame: &u32| self.texts.frames.get(*frame as usize).map(|frame| frame.function);
        match (one.split_first(), other.split_first()) {
            (Some((leaf, callers)), Some((other_leaf, other_callers))) => {
                callers == other_callers && function(leaf) == function(other_leaf)
            }
            _ => false,
        }
    }

    fn proc(&self, local: u32) -> ProcIdx {
        self.procs.get(local as usize).copied().unwrap_or(ProcIdx::NONE)
    }

    fn thread(&self, local: u32) -> ThreadIdx {
        self.threads.get(local as usize).copied().unwrap_or(ThreadIdx::NONE)
    }

    fn string(&self, slot: u32) -> StrId {
        self.strings.get(slot as usize).copied().unwrap_or(StrId::EMPTY)
    }

    fn stack(&self, slot: u32) -> StackId {
        self.stacks.get(slot as usize).copied().unwrap_or(StackId::NONE)
    }
}

/// All that is followed.
#[derive(Debug, Default)]
pub(crate) struct AnnotationStitcher {
    regions: Vec<Region>,
    /// Open regions by goroutine, outermost first.
    open_regions: FxHashMap<GoroutineIdx, Vec<u32>>,
    tasks: Vec<Task>,
    task_by_id: FxHashMap<u64, TaskIdx>,
    logs: Vec<Log>,
    labels: Vec<(u32, LabelRecord)>,
    samples: Vec<Sample>,
    /// Samples of goroutines of which nothing else has been told yet.
    unnamed_samples: FxHashMap<GoId, Vec<u32>>,
    steals: Vec<(u32, StealRecord)>,
    proc_ownerships: Vec<(u32, OwnershipRecord)>,
    /// Who has each proc, since the last gap.
    holders: FxHashMap<ProcIdx, ThreadIdx>,
    gc: Vec<TrackRange>,
    stw: Vec<TrackRange>,
    specials: Vec<SpecialRange>,
    open_specials: FxHashMap<(RangeKind, u32), u32>,
    /// For each kind of misuse, where its warning stands.
    misuses: [Option<usize>; 4],
    /// The last region of each goroutine that has ended.
    last_ended: FxHashMap<GoroutineIdx, u32>,
}

/// How a program may begin or end regions and tasks wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Misuse {
    Misnested,
    EndedAgain,
    Elsewhere,
    BegunAgain,
}

impl Misuse {
    /// What is wrong, of the first case: `"query" in G7`.
    fn message(self, case: &str) -> String {
        match self {
            Self::Misnested => format!("regions are not properly nested, first {case}"),
            Self::EndedAgain => format!("Region.End is called again on a region that has ended, first {case}"),
            Self::Elsewhere => format!("regions end in a goroutine that did not start them, first {case}"),
            Self::BegunAgain => format!("tasks begin with the ID of a task that has not ended, first {case}"),
        }
    }
}

/// Where a misuse is, and of what.
struct Case<'a> {
    misuse: Misuse,
    name: &'a str,
    go: GoId,
    offset: u64,
}

/// Tells of a misuse, or counts it if one of its kind has been told.
fn tell(places: &mut [Option<usize>; 4], case: &Case<'_>, warnings: &mut Vec<Warning>) {
    let Some(place) = places.get_mut(case.misuse as usize) else { return };
    if let Some(warning) = place.and_then(|at| warnings.get_mut(at)) {
        warning.count += 1;
    } else if warnings.len() < MAX_WARNINGS {
        *place = Some(warnings.len());
        let message = case.misuse.message(&format!("{:?} in G{}", case.name, case.go.signed()));
        let (kind, offset) = (WarningKind::Misuse, case.offset);
        warnings.push(Warning { kind, message, offset, generation: 0, gap: None, count: 1 });
    }
}

impl AnnotationStitcher {
    /// After a gap nothing is known to go on.
    pub(crate) fn begin_epoch(&mut self, start: TraceTime) {
        self.holders.clear();
        let ended = |range: &mut TimeRange| {
            if range.end == OPEN {
                range.end = start.max(range.start);
            }
        };
        let open_regions = std::mem::take(&mut self.open_regions);
        for open in open_regions.into_values() {
            for at in open {
                if let Some(region) = self.regions.get_mut(at as usize) {
                    ended(&mut region.range);
                    region.goes_on = true;
                }
            }
        }
        for track in [&mut self.gc, &mut self.stw] {
            if let Some(last) = track.last_mut()
                && last.range.end == OPEN
            {
                ended(&mut last.range);
                last.goes_on = true;
            }
        }
        self.unnamed_samples.clear();
        self.last_ended.clear();
        let open_specials = std::mem::take(&mut self.open_specials);
        for at in open_specials.into_values() {
            if let Some(special) = self.specials.get_mut(at as usize) {
                ended(&mut special.range);
            }
        }
    }

    /// Takes in what a segment tells.
    /// `is_born` tells whether a goroutine was created since data was last lost.
    pub(crate) fn take(
        &mut self,
        annotations: Annotations,
        locals: &Locals<'_>,
        is_born: &dyn Fn(GoroutineIdx) -> bool,
        warnings: &mut Vec<Warning>,
    ) {
        for mark in &annotations.tasks {
            self.task_mark(mark, locals, warnings);
        }
        for mark in &annotations.regions {
            self.region_mark(mark, locals, is_born, warnings);
        }
        for mark in &annotations.logs {
            let task = self.task_of(mark.task);
            self.logs.push(Log {
                time: TraceTime(mark.time),
                go: locals.go(mark.go),
                task,
                category: locals.string(mark.category),
                message: locals.string(mark.message),
                stack: locals.stack(mark.stack),
            });
        }
        for mark in &annotations.labels {
            let record = LabelRecord { time: TraceTime(mark.time), text: locals.string(mark.text) };
            self.labels.push((locals.go(mark.go).0, record));
        }
        for mark in &annotations.samples {
            let go = locals.go(mark.go);
            if let Some(&id) = locals.go_ids.get(mark.go as usize)
                && !go.is_some()
            {
                self.unnamed_samples.entry(id).or_default().push(self.samples.len() as u32);
            }
            self.samples.push(Sample {
                time: TraceTime(mark.time),
                go,
                proc: locals.proc(mark.proc),
                thread: locals.thread(mark.thread),
                stack: locals.stack(mark.stack),
            });
        }
        for mark in &annotations.steals {
            let record = StealRecord { time: TraceTime(mark.time), thief: locals.thread(mark.thief).0 };
            self.steals.push((locals.go(mark.victim).0, record));
        }
        for mark in &annotations.proc_ownerships {
            let (proc, thread) = (locals.proc(mark.proc), locals.thread(mark.thread));
            let known = self.holders.insert(proc, thread);
            // Every generation says again who has it.
            if mark.change != ProcChange::Announced || known != Some(thread) {
                let record = OwnershipRecord { time: TraceTime(mark.time), thread, change: mark.change };
                self.proc_ownerships.push((proc.0, record));
            }
        }
        for mark in &annotations.ranges {
            self.range_mark(mark, locals);
        }
    }

    /// The goroutines of a generation that is over, with their ids: samples that came before all else about one
    /// of them learn whose they are.
    pub(crate) fn name_samples(&mut self, gos: &[GoroutineIdx], ids: &[GoId]) {
        if self.unnamed_samples.is_empty() {
            return;
        }
        for (&go, id) in gos.iter().zip(ids).filter(|(go, _)| go.is_some()) {
            for at in self.unnamed_samples.remove(id).unwrap_or_default() {
                if let Some(sample) = self.samples.get_mut(at as usize) {
                    sample.go = go;
                }
            }
        }
    }

    /// Its regions cannot outlive a goroutine.
    pub(crate) fn goroutine_ended(&mut self, go: GoroutineIdx, at: TraceTime) {
        if !self.last_ended.is_empty() {
            self.last_ended.remove(&go);
        }
        if self.open_regions.is_empty() {
            return;
        }
        for region in self.open_regions.remove(&go).unwrap_or_default() {
            if let Some(region) = self.regions.get_mut(region as usize) {
                region.range.end = at.max(region.range.start);
                region.goes_on = true;
            }
        }
    }

    /// The task with an id; one that is not known yet is so from now on. The background task is none.
    fn task_of(&mut self, id: u64) -> Option<TaskIdx> {
        if id == 0 || id == u64::MAX {
            return None;
        }
        if let Some(&idx) = self.task_by_id.get(&id) {
            return Some(idx);
        }
        let idx = TaskIdx(self.tasks.len() as u32);
        self.tasks.push(unknown_task(idx, TaskId(id)));
        self.task_by_id.insert(id, idx);
        Some(idx)
    }

    fn task_mark(&mut self, mark: &TaskMark, locals: &Locals<'_>, warnings: &mut Vec<Warning>) {
        let time = TraceTime(mark.time);
        if mark.is_begin {
            let known = self.task_by_id.get(&mark.id).and_then(|idx| self.tasks.get(idx.index()));
            if let Some(task) = known
                && (task.began.is_some() || task.ended.is_some())
            {
                // The id is used again.
                if task.ended.is_none() {
                    let name = locals.texts.str(locals.string(mark.name));
                    let (go, offset) = (locals.go_id(mark.go), mark.offset);
                    tell(&mut self.misuses, &Case { misuse: Misuse::BegunAgain, name, go, offset }, warnings);
                }
                self.task_by_id.remove(&mark.id);
            }
            let parent = self.task_of(mark.parent);
            let Some(idx) = self.task_of(mark.id) else { return };
            if let Some(task) = self.tasks.get_mut(idx.index()) {
                task.name = locals.string(mark.name);
                task.parent = parent;
                task.go = locals.go(mark.go);
                task.stack = locals.stack(mark.stack);
                task.began = Some(time);
            }
        } else if let Some(idx) = self.task_of(mark.id)
            && let Some(task) = self.tasks.get_mut(idx.index())
            && task.ended.is_none()
        {
            task.ended = Some(time);
        }
    }

    fn region_mark(
        &mut self,
        mark: &RegionMark,
        locals: &Locals<'_>,
        is_born: &dyn Fn(GoroutineIdx) -> bool,
        warnings: &mut Vec<Warning>,
    ) {
        let go = locals.go(mark.go);
        if !go.is_some() {
            return;
        }
        let time = TraceTime(mark.time);
        let task = self.task_of(mark.task);
        let (name, stack) = (locals.string(mark.name), locals.stack(mark.stack));
        let open = self.open_regions.entry(go).or_default();
        if mark.is_begin {
            open.push(self.regions.len() as u32);
            self.regions.push(Region {
                go,
                task,
                name,
                range: TimeRange { start: time, end: OPEN },
                began_before: false,
                goes_on: false,
                depth: 0,
                start_stack: stack,
                end_stack: StackId::NONE,
            });
            return;
        }
        let case = |misuse: Misuse| {
            let (name, go) = (locals.texts.str(name), locals.go_id(mark.go));
            Case { misuse, name, go, offset: mark.offset }
        };
        let regions = &mut self.regions;
        let is_it =
            |&at: &u32| regions.get(at as usize).is_some_and(|region| region.name == name && region.task == task);
        let outer = open.len().saturating_sub(MAX_MISNESTED);
        let matching = open.iter().skip(outer).rposition(is_it).map(|at| outer + at);
        if let Some(at) = matching {
            if at + 1 != open.len() {
                tell(&mut self.misuses, &case(Misuse::Misnested), warnings);
            }
            let region = open.remove(at);
            if open.is_empty() {
                self.open_regions.remove(&go);
            }
            self.last_ended.insert(go, region);
            if let Some(region) = regions.get_mut(region as usize) {
                region.range.end = time;
                region.end_stack = stack;
            }
            return;
        }
        let has_open = !open.is_empty();
        if !has_open {
            self.open_regions.remove(&go);
        }
        let last = self.last_ended.get(&go).and_then(|&at| regions.get(at as usize));
        let is_last = last.is_some_and(|last| last.name == name && last.task == task);
        let is_same_call = is_last && last.is_some_and(|last| locals.is_same_call(last.end_stack, stack));
        let is_born = is_born(go);
        if is_same_call || (is_last && is_born) {
            tell(&mut self.misuses, &case(Misuse::EndedAgain), warnings);
        } else if is_born {
            tell(&mut self.misuses, &case(Misuse::Elsewhere), warnings);
        } else {
            // It began before the trace did.
            if has_open {
                tell(&mut self.misuses, &case(Misuse::Misnested), warnings);
            }
            regions.push(Region {
                go,
                task,
                name,
                range: TimeRange::new(TraceTime(locals.epoch_start), time),
                began_before: true,
                goes_on: false,
                depth: 0,
                start_stack: StackId::NONE,
                end_stack: stack,
            });
        }
    }

    fn range_mark(&mut self, mark: &RangeMark, locals: &Locals<'_>) {
        match mark.kind {
            RangeKind::Gc | RangeKind::Stw => self.track_mark(mark, locals),
            RangeKind::MarkAssist | RangeKind::Sweep => self.special_mark(mark, locals),
        }
    }

    fn track_mark(&mut self, mark: &RangeMark, locals: &Locals<'_>) {
        let track = if mark.kind == RangeKind::Gc { &mut self.gc } else { &mut self.stw };
        let time = TraceTime(mark.time);
        let open = track.last_mut().filter(|last| last.range.end == OPEN);
        let began_before = mark.step != RangeMove::Begin;
        let start = if began_before { TraceTime(locals.epoch_start) } else { time };
        let range = TimeRange { start, end: if mark.step == RangeMove::End { time } else { OPEN } };
        let stack = locals.stack(mark.stack);
        let (go, reason) = (locals.go(mark.go), locals.string(mark.reason));
        let fresh = TrackRange { range, began_before, goes_on: false, go, reason, stack };
        match (mark.step, open) {
            (RangeMove::Active, Some(_)) => {}
            (RangeMove::End, Some(open)) => open.range.end = time,
            (RangeMove::Begin, Some(open)) => {
                open.range.end = time;
                track.push(fresh);
            }
            (_, None) => {
                // What began before is over where the one before it was.
                let floor = track.last().map_or(TraceTime::MIN, |last| last.range.end);
                let start = fresh.range.start.max(floor);
                track.push(TrackRange { range: TimeRange::new(start, fresh.range.end), ..fresh });
            }
        }
    }

    fn special_mark(&mut self, mark: &RangeMark, locals: &Locals<'_>) {
        let time = TraceTime(mark.time);
        let (go, proc) = (locals.go(mark.go), locals.proc(mark.proc));
        let key = (mark.kind, if mark.kind == RangeKind::Sweep { proc.0 } else { go.0 });
        if mark.step == RangeMove::End {
            if let Some(at) = self.open_specials.remove(&key) {
                if let Some(special) = self.specials.get_mut(at as usize) {
                    special.range.end = time;
                    special.bytes = mark.bytes;
                }
                return;
            }
        } else if self.open_specials.contains_key(&key) {
            return;
        }
        let start = if mark.step == RangeMove::Begin { time } else { TraceTime(locals.epoch_start) };
        let is_over = mark.step == RangeMove::End;
        if !is_over {
            self.open_specials.insert(key, self.specials.len() as u32);
        }
        let kind = if mark.kind == RangeKind::Sweep { SpecialKind::Sweep } else { SpecialKind::MarkAssist };
        self.specials.push(SpecialRange {
            kind,
            range: TimeRange { start, end: if is_over { time } else { OPEN } },
            go,
            proc,
            stack: locals.stack(mark.stack),
            bytes: mark.bytes,
        });
    }

    /// Memory taken by what is followed; about.
    pub(crate) fn bytes(&self) -> u64 {
        let regions = self.regions.len() * size_of::<Region>() + self.tasks.len() * size_of::<Task>();
        let logs = self.logs.len() * size_of::<Log>() + self.labels.len() * size_of::<(u32, LabelRecord)>();
        let samples = self.samples.len() * size_of::<Sample>() + self.specials.len() * size_of::<SpecialRange>();
        let ownerships = self.proc_ownerships.len() * size_of::<(u32, OwnershipRecord)>();
        (regions + logs + samples + ownerships) as u64
    }

    /// The tables of a snapshot of `range`. The last snapshot takes what is followed along instead of
    /// copying it.
    pub(crate) fn tables(&mut self, range: TimeRange, id_bounds: Vec<(GoId, GoId)>, is_last: bool) -> AnnotationTables {
        let close = |open: TimeRange| TimeRange::new(open.start, if open.end == OPEN { range.end } else { open.end });
        let track = |ranges: Vec<TrackRange>| {
            let closed = ranges.into_iter().map(|known| TrackRange {
                range: close(known.range),
                goes_on: known.goes_on || known.range.end == OPEN,
                ..known
            });
            Track::new(closed.collect())
        };
        let mut regions = part(&mut self.regions, is_last);
        for region in &mut regions {
            region.goes_on |= region.range.end == OPEN;
            region.range = close(region.range);
        }
        let (regions, region_depths) = nest_regions(regions);
        let mut specials = part(&mut self.specials, is_last);
        for special in &mut specials {
            special.range = close(special.range);
        }
        let tasks = part(&mut self.tasks, is_last);
        let mut samples = part(&mut self.samples, is_last);
        samples.sort_by_key(|sample| sample.time);
        AnnotationTables {
            gc: track(part(&mut self.gc, is_last)),
            stw: track(part(&mut self.stw, is_last)),
            regions,
            logs: Grouped::by(part(&mut self.logs, is_last), |log| log.go.0),
            labels: Grouped::new(part(&mut self.labels, is_last)),
            tasks_by_id: index_tasks(&tasks),
            tasks,
            samples_by_go: index_samples(&samples, |sample| sample.go.0),
            samples_by_proc: index_samples(&samples, |sample| sample.proc.0),
            samples_by_thread: index_samples(&samples, |sample| sample.thread.0),
            samples,
            specials_by_go: Grouped::by(specials.clone(), |special| special.go.0),
            specials_by_proc: Grouped::by(specials, |special| special.proc.0),
            steals: Grouped::new(part(&mut self.steals, is_last)),
            proc_ownerships: Grouped::new(part(&mut self.proc_ownerships, is_last)),
            id_bounds,
            region_depths,
        }
    }
}

/// A list for a snapshot.
fn part<T: Clone>(list: &mut Vec<T>, is_last: bool) -> Vec<T> {
    if is_last { std::mem::take(list) } else { list.clone() }
}
