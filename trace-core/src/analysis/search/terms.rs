//! One term held against a trace: which strings, stacks, goroutines and tasks it matches, each looked at once.

use rustc_hash::FxHashSet;

use crate::analysis::search::bits::Bits;
use crate::analysis::search::caseless::Caseless;
use crate::analysis::search::life::life;
use crate::analysis::search::query::{Place, TermKind};
use crate::analysis::search::times::Times;
use crate::analysis::tags::TagRules;
use crate::base::ids::{GoId, GoroutineIdx, StackId, StrId, TaskIdx};
use crate::base::time::{TimeRange, TraceTime};
use crate::model::lanes::LaneId;
use crate::model::trace::{Log, Task, Trace};

/// What a term matches. What its kind cannot match is empty.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) kind: TermKind,
    /// The query asks for tasks, or regions: it is their durations that count, not those of what is in them.
    pub(crate) for_tasks: bool,
    pub(crate) for_regions: bool,
    /// Strings that contain the text.
    pub(crate) strings: Bits,
    pub(crate) has_strings: bool,
    pub(crate) frames: Bits,
    /// Stacks with one of them.
    pub(crate) stacks: Bits,
    pub(crate) has_stacks: bool,
    /// Goroutines that match by themselves; of `by:` the wakers.
    pub(crate) gos: Bits,
    /// Goroutines with a label that matches.
    pub(crate) labelled: Bits,
    /// Tasks that match by themselves.
    pub(crate) tasks: Bits,
    /// Tasks that match by what they belong to or hold.
    pub(crate) heirs: Bits,
    /// When goroutines worked for something that matches.
    pub(crate) times: Times,
    /// For `alive@`: the time on the trace's clock.
    pub(crate) instant: TraceTime,
    /// `category=text`: strings that are the category, and strings that contain the text.
    pub(crate) pair: Option<(Bits, Bits)>,
}

impl Facts {
    pub(crate) fn of(trace: &Trace, kind: &TermKind) -> Self {
        let mut facts = Self {
            kind: kind.clone(),
            for_tasks: false,
            for_regions: false,
            strings: Bits::default(),
            has_strings: false,
            frames: Bits::default(),
            stacks: Bits::default(),
            has_stacks: false,
            gos: Bits::default(),
            labelled: Bits::default(),
            tasks: Bits::default(),
            heirs: Bits::default(),
            times: Times::default(),
            instant: TraceTime::MIN,
            pair: None,
        };
        facts.match_strings(trace);
        facts.match_stacks(trace);
        facts.match_goroutines(trace);
        facts.match_work(trace);
        facts
    }

    /// The text that is looked for.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.kind {
            TermKind::Word(word) => Some(&word.text),
            TermKind::File(place) => Some(&place.file),
            TermKind::By(waker) => Some(&waker.function),
            TermKind::Task(label) => Some(&label.text),
            TermKind::Function(text)
            | TermKind::Reason(text)
            | TermKind::Region(text)
            | TermKind::Log(text)
            | TermKind::Stack(text)
            | TermKind::GoLabel(text) => Some(text),
            TermKind::Tag(..)
            | TermKind::State(_)
            | TermKind::Duration(..)
            | TermKind::Goroutine(_)
            | TermKind::Interacts(_)
            | TermKind::Alive(_) => None,
        }
    }

    fn match_strings(&mut self, trace: &Trace) {
        if let TermKind::Tag(text, rules) = &self.kind {
            self.strings = tagged(trace, &Caseless::new(text), rules);
            self.has_strings = !self.strings.is_empty();
            return;
        }
        let Some(text) = self.text() else { return };
        let wanted = Caseless::new(text);
        let strings =
            |wanted: &Caseless| Bits::of(trace.string_count() as usize, |id| wanted.is_in(trace.str(StrId(id as u32))));
        let pair = text.split_once('=').filter(|_| matches!(self.kind, TermKind::Log(_) | TermKind::Word(_)));
        self.pair = pair.map(|(category, text)| {
            let (category, text) = (category.to_lowercase(), Caseless::new(text));
            let is_category = |id: usize| trace.str(StrId(id as u32)).to_lowercase() == category;
            (Bits::of(trace.string_count() as usize, is_category), strings(&text))
        });
        self.strings = strings(&wanted);
        self.has_strings = !self.strings.is_empty();
    }

    fn match_stacks(&mut self, trace: &Trace) {
        let (by_function, by_file, place): (bool, bool, Option<&Place>) = match &self.kind {
            TermKind::Function(_) | TermKind::Stack(_) | TermKind::Tag(..) | TermKind::By(_) => (true, false, None),
            TermKind::File(place) => (false, place.line.is_none(), Some(place)),
            TermKind::Word(word) => (true, true, word.place.as_ref()),
            _ => return,
        };
        let place = place.and_then(|place| Some((Caseless::new(&place.file), place.line?)));
        let is_there = |file: StrId, line: u32| {
            place.as_ref().is_some_and(|(wanted, at)| *at == u64::from(line) && wanted.is_in(trace.str(file)))
        };
        let texts = &trace.texts;
        let frames = Bits::of(texts.frames.len(), |at| {
            texts.frames.get(at).is_some_and(|frame| {
                by_function && self.has_string(frame.function)
                    || by_file && self.has_string(frame.file)
                    || is_there(frame.file, frame.line)
            })
        });
        if frames.is_empty() {
            return;
        }
        self.stacks = Bits::of(trace.stack_count() as usize, |at| {
            texts.stack(StackId(at as u32)).iter().any(|frame| frames.has(*frame as usize))
        });
        self.has_stacks = !self.stacks.is_empty();
        self.frames = frames;
    }

    fn match_goroutines(&mut self, trace: &Trace) {
        let number = match &self.kind {
            TermKind::Word(word) => word.number.map(GoId),
            TermKind::By(waker) => waker.number,
            TermKind::Goroutine(id) => Some(*id),
            TermKind::Interacts(id) => {
                self.gos = interacting(trace, *id);
                return;
            }
            TermKind::Alive(nanos) => {
                self.instant = trace.range().start.plus_nanos(*nanos);
                let instant = self.instant;
                self.gos = Bits::of(trace.goroutine_count() as usize, |go| {
                    life(trace, GoroutineIdx(go as u32)).contains(instant)
                });
                return;
            }
            TermKind::Function(_) => None,
            _ => return,
        };
        self.gos = Bits::of(trace.goroutine_count() as usize, |go| {
            let known = trace.goroutine_name(GoroutineIdx(go as u32));
            known.is_some_and(|(id, name)| number == Some(id) || self.has_string(name))
        });
    }

    /// Tasks, regions, logs and labels, and who worked for them when.
    fn match_work(&mut self, trace: &Trace) {
        let is_word = matches!(self.kind, TermKind::Word(_));
        if is_word || matches!(self.kind, TermKind::GoLabel(_)) {
            self.labelled = Bits::empty(trace.goroutine_count() as usize);
            for (go, _, text) in trace.all_labels() {
                if self.has_string(text) {
                    self.labelled.add(go.index());
                }
            }
        }
        let id = match &self.kind {
            TermKind::Task(label) => Some(label.id),
            TermKind::Word(word) => Some(word.number.filter(|_| !word.text.starts_with(['g', 'G']))),
            _ => None,
        };
        let count = trace.task_count() as usize;
        let mut work = Vec::new();
        self.tasks = Bits::empty(count);
        let mut heirs = Bits::empty(count);
        if let Some(id) = id {
            let tasks = (0..trace.task_count()).filter_map(|at| trace.task(TaskIdx(at)));
            let is_wanted = |task: &Task| self.has_string(task.name) || id == Some(task.id.0);
            let wanted: Vec<TaskIdx> = tasks.filter(is_wanted).map(|task| task.idx).collect();
            wanted.into_iter().for_each(|task| self.tasks.add(task.index()));
            heirs = families(trace, &self.tasks);
        }
        if is_word || matches!(self.kind, TermKind::Log(_)) {
            for log in trace.all_logs().iter().filter(|log| self.has_log(log)) {
                match log.task {
                    Some(task) => heirs.add(task.index()),
                    None => work.push((log.go, trace.range())),
                }
            }
        }
        // Whoever works for these tasks works for what matches.
        let wanted = heirs.clone();
        let by_region = is_word || matches!(self.kind, TermKind::Region(_));
        if by_region || !wanted.is_empty() {
            let mut at_work = Bits::empty(count);
            for region in trace.all_regions() {
                let is_task = region.task.is_some_and(|task| wanted.has(task.index()));
                let is_region = by_region && self.has_string(region.name);
                if is_task || is_region {
                    work.push((region.go, region.range));
                    region.task.map(|task| at_work.add(task.index())).unwrap_or_default();
                }
            }
            work.extend(without_regions(trace, &wanted, &at_work));
            heirs.unite(&at_work);
        }
        self.heirs = heirs;
        self.times = Times::new(work);
    }

    #[inline]
    pub(crate) fn has_string(&self, id: StrId) -> bool {
        self.strings.has(id.0 as usize)
    }

    #[inline]
    pub(crate) fn has_stack(&self, id: StackId) -> bool {
        self.has_stacks && self.stacks.has(id.0 as usize)
    }

    /// Whether a log message matches by itself.
    pub(crate) fn has_log(&self, log: &Log) -> bool {
        let has_pair =
            |(category, text): &(Bits, Bits)| category.has(log.category.0 as usize) && text.has(log.message.0 as usize);
        self.has_string(log.message) || self.has_string(log.category) || self.pair.as_ref().is_some_and(has_pair)
    }
}

/// Functions that stand for a tag with a name that contains a text.
fn tagged(trace: &Trace, wanted: &Caseless, rules: &TagRules) -> Bits {
    let mut found = Bits::empty(trace.string_count() as usize);
    let mut seen = FxHashSet::default();
    for frame in trace.texts.frames.iter().filter(|frame| seen.insert(frame.function)) {
        if rules.tag_of(trace.str(frame.function)).is_some_and(|name| wanted.is_in(name)) {
            found.add(frame.function.0 as usize);
        }
    }
    found
}

/// Tasks of a set and all that descend from them.
fn families(trace: &Trace, roots: &Bits) -> Bits {
    let count = trace.task_count() as usize;
    let (mut inside, mut outside) = (roots.clone(), Bits::empty(count));
    if roots.is_empty() {
        return inside;
    }
    for at in 0..count {
        // Up to a task of which it is known; parents of damaged traces may go in circles.
        let mut path = Vec::new();
        let mut seen = FxHashSet::default();
        let mut next = Some(at);
        let mut is_inside = false;
        while let Some(task) = next.filter(|task| !outside.has(*task) && seen.insert(*task)) {
            if inside.has(task) {
                is_inside = true;
                break;
            }
            path.push(task);
            next = trace.task(TaskIdx(task as u32)).and_then(|task| task.parent).map(TaskIdx::index);
        }
        let known = if is_inside { &mut inside } else { &mut outside };
        path.into_iter().for_each(|task| known.add(task));
    }
    inside
}

/// The time of tasks without regions, on the goroutines that began them.
fn without_regions<'a>(
    trace: &'a Trace,
    tasks: &'a Bits,
    at_work: &'a Bits,
) -> impl Iterator<Item = (GoroutineIdx, TimeRange)> + 'a {
    let whole = trace.range();
    let bare = tasks.iter().filter(|task| !at_work.has(*task));
    bare.filter_map(move |at| {
        let task = trace.task(TaskIdx(at as u32)).filter(|task| task.go.is_some())?;
        Some((task.go, TimeRange::new(task.began.unwrap_or(whole.start), task.ended.unwrap_or(whole.end))))
    })
}

/// A goroutine, all that it created or woke, and all that created or woke it.
fn interacting(trace: &Trace, id: GoId) -> Bits {
    let mut found = Bits::empty(trace.goroutine_count() as usize);
    let Some(go) = trace.goroutine_by_id(id) else { return found };
    found.add(go.index());
    for (segment, row) in trace.acted_on(LaneId::Goroutine(go), trace.range()) {
        trace.affected(segment, row).map(|other| found.add(other.index())).unwrap_or_default();
    }
    trace.state_intervals(go, trace.range(), |stretch| {
        if let (Some(LaneId::Goroutine(other)), _) = trace.maker(stretch.at) {
            found.add(other.index());
        }
    });
    found
}
