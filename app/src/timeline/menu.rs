//! The menu under the right button: what can be done with the thing there, in one order for all things. Go to, zoom to,
//! only this, what interacts with this, filter by, pin, copy (a link, too), source.

use std::sync::Arc;

use egui::{Pos2, Ui};

use trace_core::analysis::scope::{GoroutineFilter, Scope};
use trace_core::analysis::tasks::life;
use trace_core::base::ids::{GoroutineIdx, StackId, TaskIdx};
use trace_core::base::time::TimeRange;
use trace_core::model::flows::FlowEnd;
use trace_core::model::lanes::{LaneId, SpanRef};
use trace_core::model::trace::{Region, Trace};

use crate::action::action::{Action, Actions, RowsAction, SelectAction, SourceAction, ViewAction};
use crate::action::keymap::text_of_id;
use crate::action::link_action::LinkAction;
use crate::fmt::name;
use crate::link::place::Place;
use crate::state::document::Document;
use crate::state::lane_filter::{LaneFilter, Which};
use crate::state::pinned::Pin;
use crate::state::row::RowKind;
use crate::state::search::SearchAction;
use crate::state::source::SourcePlace;
use crate::state::view::{FIT_AIR, Selection};
use crate::timeline::anchor;
use crate::timeline::canvas::Canvas;
use crate::timeline::frame::Frame;
use crate::timeline::hit::Hit;
use crate::timeline::hit::pointed_span;
use crate::timeline::stack_bars::function_of;
use crate::timeline::words;
use crate::widget::menu::{context_menu, menu_entry};

/// Least width of the menu, points.
const WIDTH: f32 = 300.0;
/// Letters of a name that an entry shows.
const LETTERS: usize = 40;
/// Members of a group that its time range is found from.
const GROUP_ROWS: u32 = 10_000;

/// A thing that has a menu.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Subject {
    /// A span on a lane.
    Span(SpanRef),
    /// A lane, by its bar where it is empty or by its label.
    Lane(LaneId),
    /// A user region below a span.
    Region(Region),
    /// A frame of a stack, counted from the innermost, and for how long it was there.
    Frame(StackId, u32, TimeRange),
    /// A user task on its lane.
    Task(TaskIdx),
    /// A group of goroutines, by its place among the groups.
    Group(u32),
    /// A type of tasks, by its place among the types.
    TaskGroup(u32),
}

/// A line of a menu.
pub struct Entry {
    /// The words of the entry.
    pub text: String,
    /// Its shortcut; empty if it has none.
    pub key: String,
    /// What it does, in this order.
    pub actions: Vec<Action>,
    /// A line is drawn above it.
    pub begins_part: bool,
}

/// The menu of what is on the lanes.
pub fn ui(frame: &Frame<'_>, canvas: &Canvas, hit: &Hit, pointer: Option<Pos2>, actions: &mut Actions) {
    let id = frame.id("menu");
    if canvas.lanes.secondary_clicked() {
        let subject = pointer.and_then(|at| subject_at(frame, hit, at));
        canvas.lanes.ctx.data_mut(|data| data.insert_temp::<Option<Subject>>(id, subject));
        anchor::note(frame, canvas, hit, pointer);
    }
    let known = canvas.lanes.ctx.data(|data| data.get_temp::<Option<Subject>>(id)).flatten();
    if known.is_none() && !anchor::has_menu(frame) {
        return;
    }
    context_menu(&canvas.lanes, |ui| {
        if let Some(subject) = known {
            entries_ui(ui, frame, subject, actions);
        }
        anchor::choices_ui(ui, frame, actions);
    });
}

/// The lines of the menu of a thing.
pub fn entries_ui(ui: &mut Ui, frame: &Frame<'_>, subject: Subject, actions: &mut Actions) {
    ui.set_min_width(WIDTH);
    for entry in entries(frame, subject) {
        if entry.begins_part {
            ui.separator();
        }
        if menu_entry(ui, &entry.text, &entry.key, true, false).clicked() {
            entry.actions.into_iter().for_each(|action| actions.push(action));
            ui.close();
        }
    }
}

/// What lies at a place of the lanes.
fn subject_at(frame: &Frame<'_>, hit: &Hit, at: Pos2) -> Option<Subject> {
    let on_lane =
        |go: GoroutineIdx, time| frame.trace.span_at(LaneId::Goroutine(go), time).map(|span| Subject::Span(span.at));
    match hit {
        Hit::Cell { lane, cell, .. } => Some(Subject::Span(pointed_span(frame, Some(at), *lane, cell))),
        Hit::Region(region) => Some(Subject::Region(*region)),
        Hit::Task(bar) => Some(Subject::Task(bar.task)),
        Hit::Frame(bar) => Some(Subject::Frame(bar.frame.0, bar.frame.1, bar.range)),
        Hit::Log(log) => on_lane(log.go, log.time),
        Hit::Sample(sample) => on_lane(sample.go, sample.time),
        Hit::Empty(Some(lane)) => Some(Subject::Lane(*lane)),
        Hit::Arrow(_) | Hit::Marker(_) => None,
        Hit::Empty(None) | Hit::Nowhere => match frame.row_at(at)?.kind {
            RowKind::Group(group) => Some(Subject::Group(group)),
            RowKind::TaskGroup(group) => Some(Subject::TaskGroup(group)),
            RowKind::Lane(lane) => Some(Subject::Lane(lane)),
            RowKind::Heading(_) | RowKind::Shared(_) | RowKind::Tasks(_) => None,
        },
    }
}

/// What is known of a subject, as far as its menu needs it.
#[derive(Default)]
struct Facts {
    name: String,
    /// Where to go, and what that is called.
    go_to: Option<(String, Action)>,
    range: Option<TimeRange>,
    /// Lanes for these only, and what they are called.
    lane_filter: Option<(String, Which)>,
    go: Option<GoroutineIdx>,
    /// A term of the search.
    filter: Option<String>,
    stack: Option<StackId>,
    /// Which frame of it has the source, counted from the innermost; the one that represents it if `None`.
    frame: Option<u32>,
    /// What of it can be pinned: its lane, its group, its type.
    pin: Option<Pin>,
    is_selected: bool,
    /// The place that a link to it is about.
    place: Option<Place>,
}

/// The lines of the menu of a thing, in the order that all menus have.
#[must_use]
pub fn entries(frame: &Frame<'_>, subject: Subject) -> Vec<Entry> {
    let (document, trace) = (frame.document, frame.trace);
    let facts = facts(document, trace, subject, frame.view.range());
    let mut entries: Vec<Entry> = Vec::new();
    let mut add = |text: String, command: &str, actions: Vec<Action>, begins_part: bool| {
        let key = text_of_id(command, frame.settings);
        entries.push(Entry { text, key, actions, begins_part });
    };
    if let Some((what, action)) = facts.go_to {
        add(format!("Go to {}", short(&what)), "", vec![action], false);
    }
    if let Some(range) = facts.range {
        let view = frame.view.fit(range, FIT_AIR, frame.reach).range();
        // The key is about the selection.
        let key = if facts.is_selected { "fit" } else { "" };
        add("Zoom to this".to_owned(), key, vec![Action::View(ViewAction::ShowRange(view))], false);
    }
    let search = |text: String| {
        let text = Action::Search(document.id, SearchAction::Text(text));
        vec![text, Action::Search(document.id, SearchAction::Filter(true))]
    };
    if let Some((title, which)) = facts.lane_filter {
        let lane_filter = Action::Rows(RowsAction::ShowOnly(Some(Arc::new(LaneFilter { title, which }))));
        add("Only this".to_owned(), "", vec![lane_filter], true);
    }
    if let Some((id, _)) = facts.go.and_then(|go| trace.goroutine_name(go)) {
        let text = format!("What interacts with G{}", id.signed());
        add(text, "", search(format!("interacts:g{}", id.signed())), false);
    }
    if let Some(filter) = facts.filter {
        add(format!("Filter by {}", short(&filter)), "", search(filter), false);
    }
    if let Some(pin) = facts.pin {
        let is_pinned = document.pins.contains(&pin);
        let text = if is_pinned { "Unpin" } else { "Pin" };
        let lane = if let Pin::Lane(lane) = pin { Some(lane) } else { None };
        add(text.to_owned(), "", vec![Action::Rows(RowsAction::TogglePin(pin))], true);
        if let Some(lane) = lane.filter(|lane| !matches!(lane, LaneId::Gc | LaneId::Stw)) {
            let shown = document.stack_lines.contains_key(&lane);
            let text = if shown { "Hide stack frames" } else { "Show stack frames" };
            let key = if document.selection.lane() == Some(lane) { "stack-frames" } else { "" };
            add(text.to_owned(), key, vec![Action::Rows(RowsAction::ToggleFrames(lane))], false);
        }
    }
    add("Copy name".to_owned(), "", vec![Action::Copy(facts.name)], true);
    if let Some(range) = facts.range {
        let since = |time: trace_core::base::time::TraceTime| document.since_start(time);
        let text = format!("{}ns..{}ns", since(range.start), since(range.end));
        add("Copy time range".to_owned(), "", vec![Action::Copy(text)], false);
    }
    if let Some(place) = facts.place {
        add("Copy link".to_owned(), "", vec![Action::Link(LinkAction::Copy(document.id, place))], false);
    }
    if let Some(stack) = facts.stack.filter(|stack| trace.frames(*stack).next().is_some()) {
        let lines = trace.frames(stack).map(|frame| format!("{}\n\t{}:{}", frame.function, frame.file, frame.line));
        add("Copy stack".to_owned(), "", vec![Action::Copy(lines.collect::<Vec<_>>().join("\n"))], false);
        let frame = match facts.frame {
            Some(at) => trace.frames(stack).nth(at as usize),
            None => name::frame_of(trace, stack),
        };
        if let Some(frame) = frame.filter(|frame| !frame.file.is_empty()) {
            let place = SourcePlace { file: frame.file.to_owned(), line: frame.line };
            let text = format!("Source of {}", name::line_of(frame.file, frame.line));
            add(text, "", vec![Action::Source(SourceAction::ShowSource(place))], true);
        }
    }
    entries
}

fn facts(document: &Document, trace: &Trace, subject: Subject, view: TimeRange) -> Facts {
    match subject {
        Subject::Span(at) => of_span(document, trace, at),
        Subject::Lane(lane) => of_lane(document, trace, lane),
        Subject::Region(region) => of_region(trace, &region),
        Subject::Frame(stack, at, range) => of_frame(trace, (stack, at), range),
        Subject::Task(idx) => of_task(document, trace, idx),
        Subject::Group(at) => of_group(document, trace, at, view),
        Subject::TaskGroup(at) => of_task_group(document, trace, at, view),
    }
}

fn of_span(document: &Document, trace: &Trace, at: SpanRef) -> Facts {
    let Some(span) = trace.span(at) else { return Facts::default() };
    let stack = if span.end_stack.is_some() { span.end_stack } else { span.start_stack };
    let function = words::span_function(trace, &span).unwrap_or_default();
    let go = span.go.is_some().then_some(span.go);
    Facts {
        name: name::span(trace, &span),
        go_to: Some((name::lane(trace, at.lane), Action::Select(SelectAction::GoToLane(at.lane)))),
        range: Some(span.range),
        lane_filter: go.map(|go| only_goroutine(trace, go)),
        go,
        filter: term("stack", function),
        stack: Some(stack),
        pin: Some(Pin::Lane(at.lane)),
        is_selected: document.selection == Selection::Span(at),
        place: Some(Place::stretch(trace, span.range).on(trace, at.lane)),
        frame: None,
    }
}

fn of_lane(document: &Document, trace: &Trace, lane: LaneId) -> Facts {
    let common = Facts {
        name: name::lane(trace, lane),
        range: Some(trace.range()),
        pin: Some(Pin::Lane(lane)),
        is_selected: document.selection == Selection::Lane(lane),
        place: Some(Place::default().on(trace, lane)),
        ..Facts::default()
    };
    let LaneId::Goroutine(idx) = lane else { return common };
    let Some(go) = trace.goroutine(idx) else { return common };
    let creation = go.creator.zip(go.created).map(|(creator, time)| {
        let lane = LaneId::Goroutine(creator);
        // The creating span ends at the latest with the event itself.
        let span = trace.span_at(lane, time).or_else(|| trace.span_at(lane, time.plus_nanos(-1)));
        let end = FlowEnd { lane, time, span: span.map(|span| span.at) };
        (format!("its creation by {}", name::goroutine(trace, creator)), Action::Select(SelectAction::GoToEnd(end)))
    });
    Facts {
        go_to: creation,
        range: trace.life(idx).map(|(life, _)| life),
        lane_filter: Some(only_goroutine(trace, idx)),
        go: Some(idx),
        filter: term("fn", trace.str(go.name)),
        stack: Some(go.creation_stack),
        ..common
    }
}

fn of_frame(trace: &Trace, (stack, at): (StackId, u32), range: TimeRange) -> Facts {
    let function = function_of(trace, (stack, at)).unwrap_or_default();
    Facts {
        name: trace_core::base::visible::visible(function).into_owned(),
        range: Some(range),
        filter: term("stack", function),
        stack: Some(stack),
        frame: Some(at),
        place: Some(Place::stretch(trace, range)),
        ..Facts::default()
    }
}

fn of_region(trace: &Trace, region: &Region) -> Facts {
    let lane = LaneId::Goroutine(region.go);
    let scope = Scope { filter: GoroutineFilter::Regions(region.name), ..Scope::whole(trace) };
    let name = trace_core::base::visible::visible(trace.str(region.name)).into_owned();
    Facts {
        go_to: Some((name::lane(trace, lane), Action::Select(SelectAction::GoToStretch(lane, region.range)))),
        range: Some(region.range),
        lane_filter: Some((format!("Every region {name}"), Which::Of(scope))),
        go: Some(region.go),
        filter: term("region", trace.str(region.name)),
        stack: Some(region.start_stack),
        name,
        pin: Some(Pin::Lane(lane)),
        is_selected: false,
        frame: None,
        place: Some(Place::stretch(trace, region.range).on(trace, lane)),
    }
}

fn of_task(document: &Document, trace: &Trace, idx: TaskIdx) -> Facts {
    let Some(task) = trace.task(idx) else { return Facts::default() };
    let range = life(trace, &task);
    let go = task.go.is_some().then_some(task.go);
    let scope = Scope { filter: GoroutineFilter::Task(idx), ..Scope::whole(trace) };
    let name = name::task(trace, idx);
    Facts {
        go_to: go.map(|go| {
            let lane = LaneId::Goroutine(go);
            (name::lane(trace, lane), Action::Select(SelectAction::GoToStretch(lane, range)))
        }),
        range: Some(range),
        lane_filter: Some((format!("Task {name}"), Which::Of(scope))),
        go,
        filter: term("task", trace.str(task.name)),
        stack: Some(task.stack),
        pin: Some(Pin::Tasks(name::task_type(trace, task.name).into_owned())),
        is_selected: document.selection == Selection::Task(idx),
        place: Some(Place::task(trace, idx)),
        frame: None,
        name,
    }
}

fn of_group(document: &Document, trace: &Trace, at: u32, view: TimeRange) -> Facts {
    let Some(groups) = document.rows.groups() else { return Facts::default() };
    let Some(group) = groups.list().get(at as usize) else { return Facts::default() };
    let rows = group.first..group.end.min(group.first.saturating_add(GROUP_ROWS));
    let first = rows.clone().find_map(|row| groups.alive_on(row, view).next()).map(LaneId::Goroutine);
    let which = match group.name {
        Some(name) => Which::Of(Scope { filter: GoroutineFilter::Named(name), ..Scope::whole(trace) }),
        None => Which::These((group.first..group.end).flat_map(|row| groups.on_row(row)).collect()),
    };
    let lives = rows.flat_map(|row| groups.on_row(row).take(1).chain(groups.on_row(row).last()));
    Facts {
        name: group.title.clone(),
        go_to: first.map(|lane| (name::lane(trace, lane), Action::Select(SelectAction::GoToLane(lane)))),
        range: united(lives.filter_map(|go| trace.life(go)).map(|(life, _)| life)),
        lane_filter: Some((group.title.clone(), which)),
        filter: group.name.and_then(|name| term("fn", trace.str(name))),
        pin: Some(Pin::Group(group.title.clone())),
        ..Facts::default()
    }
}

fn of_task_group(document: &Document, trace: &Trace, at: u32, view: TimeRange) -> Facts {
    let tasks = document.rows.tasks();
    let Some(group) = tasks.group(at) else { return Facts::default() };
    let first = (group.first..group.end).find_map(|row| tasks.alive_on(row, 0, view).next());
    let rows = (group.first..group.end).flat_map(|row| {
        let mut all = tasks.alive_on(row, 0, trace.range());
        let first = all.next();
        first.into_iter().chain(all.last())
    });
    let lives = rows.filter_map(|idx| trace.task(idx)).map(|task| life(trace, &task));
    let scope = |name| Which::Of(Scope { filter: GoroutineFilter::Tasks(name), ..Scope::whole(trace) });
    Facts {
        name: group.title.clone(),
        go_to: first.map(|task| (name::task(trace, task), Action::Select(SelectAction::GoToTask(task)))),
        range: united(lives),
        lane_filter: group.name.map(|name| (format!("Tasks {}", group.title), scope(name))),
        filter: group.name.and_then(|name| term("task", trace.str(name))),
        pin: Some(Pin::Tasks(group.title.clone())),
        ..Facts::default()
    }
}

fn only_goroutine(trace: &Trace, go: GoroutineIdx) -> (String, Which) {
    (name::goroutine(trace, go), Which::These(vec![go]))
}

/// A term of the search language; `None` for what has no name.
fn term(key: &str, value: &str) -> Option<String> {
    (!value.is_empty()).then(|| format!("{key}:\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\"")))
}

fn united(ranges: impl Iterator<Item = TimeRange>) -> Option<TimeRange> {
    ranges.reduce(|one, other| TimeRange::new(one.start.min(other.start), one.end.max(other.end)))
}

fn short(text: &str) -> String {
    match text.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
