//! What links do: a place becomes one, and one becomes a place that is gone to once its trace is loaded.

use std::path::{Path, PathBuf};

use trace_core::analysis::tasks::life;
use trace_core::base::ids::TaskId;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, PanelAction, SelectAction, ViewAction};
use crate::action::documents::{self, by_id};
use crate::action::effect::{Effect, notify};
use crate::action::fleet;
use crate::action::link_action::{LinkAction, LinkEffect};
use crate::action::panel::Panel;
use crate::fmt::words::counted;
use crate::link::find::{Known, Linked, Missing};
use crate::link::place::{Place, When, on_clock};
use crate::link::text::Link;
use crate::state::app::AppState;
use crate::state::dialog::{Dialog, Reply};
use crate::state::document::{Document, DocumentId, Source};
use crate::state::row::RowKind;
use crate::state::view::{FIT_AIR, Selection};

/// Applies an action to a document, whether it is in front or not.
type On = fn(&mut AppState, DocumentId, Action) -> Vec<Effect>;

/// Applies an action to links.
pub(super) fn apply(state: &mut AppState, action: LinkAction, on: On) -> Vec<Effect> {
    match action {
        LinkAction::Copy(id, place) => copy(state, id, place),
        LinkAction::Open(text, folder) => open(state, &text, folder),
        LinkAction::Found(link, linked) => found(state, *link, linked, on),
        LinkAction::Missing(missing) => {
            if state.dialog.is_some() {
                let name = &missing.link.file;
                notify(state, format!("{name} of the link was not found: open the link once more"));
            } else {
                state.dialog = Some(Dialog::Linked(missing));
            }
            Vec::new()
        }
        LinkAction::Chosen(path) => {
            state.path_field = None;
            let link = state.asked_link.take();
            link.map(|link| Effect::Link(LinkEffect::Check(link, path))).into_iter().collect()
        }
    }
}

/// Takes the answer to the question what is to be done about a link whose trace was not found.
pub(super) fn reply(state: &mut AppState, missing: Missing, reply: Reply, on: On) -> Vec<Effect> {
    match (reply, missing.other) {
        (Reply::ChooseFile, _) => {
            state.asked_link = Some(Box::new(missing.link));
            vec![Effect::Link(LinkEffect::AskForFile)]
        }
        (Reply::OpenAnyway, Some((path, _))) => found(state, missing.link, Linked::File(path), on),
        _ => Vec::new(),
    }
}

fn copy(state: &mut AppState, id: DocumentId, place: Place) -> Vec<Effect> {
    let Some(document) = state.document_by_id(id) else { return Vec::new() };
    let linked = match &document.source {
        Source::Sample => Linked::Sample,
        Source::Path(_) if document.following.is_some() || document.has_grown || document.is_loading() => {
            notify(state, "No link is copied: the file is still growing, and a link knows it by its contents");
            return Vec::new();
        }
        Source::Path(path) if document.file().is_some() => Linked::File(path.clone()),
        Source::Path(_) | Source::Earlier { .. } => {
            notify(state, "No link is copied: the trace is in no file yet. Save it (Ctrl+S) and open the file");
            return Vec::new();
        }
    };
    vec![Effect::Link(LinkEffect::Copy(linked, place))]
}

fn open(state: &mut AppState, text: &str, folder: Option<PathBuf>) -> Vec<Effect> {
    state.path_field = None;
    match Link::parse(text) {
        Ok(link) => vec![Effect::Link(LinkEffect::Find(Box::new(link), known(state, folder)))],
        Err(error) => {
            notify(state, format!("The link cannot be opened: it {error}"));
            Vec::new()
        }
    }
}

/// Where the traces of links may be: beside those that are open or were, in the fleet's folder, and in this one.
fn known(state: &AppState, folder: Option<PathBuf>) -> Known {
    let open = state.documents.iter().rev().filter_map(Document::file).map(Path::to_path_buf);
    let recent = state.settings.recent_files.iter().cloned();
    let fleet = state.fleet.as_ref().map(|fleet| fleet.folder.clone());
    Known { files: open.chain(recent).collect(), folders: folder.into_iter().chain(fleet).collect() }
}

fn found(state: &mut AppState, link: Link, linked: Linked, on: On) -> Vec<Effect> {
    fleet::hide(state);
    let source = match linked {
        Linked::Sample => Source::Sample,
        Linked::File(path) => Source::Path(path),
    };
    let mut effects = documents::open(state, source);
    let Some(document) = state.document_mut() else { return effects };
    document.goes_to = Some(Box::new(link.place));
    let id = document.id;
    effects.extend(arrive(state, id, on));
    effects
}

/// Goes to the place that a link asked for, if all of the trace is there.
pub(super) fn arrive(state: &mut AppState, id: DocumentId, on: On) -> Vec<Effect> {
    let Some(document) = by_id(state, id).filter(|document| document.is_settled()) else { return Vec::new() };
    let Some(place) = document.goes_to.take() else { return Vec::new() };
    let (steps, lacks) = steps(document, &place);
    if let Some(lacks) = lacks {
        notify(state, lacks);
    }
    let before = state.active;
    let effects = steps.into_iter().flat_map(|step| on(state, id, step)).collect();
    state.active = before;
    effects
}

/// What leads to a place, and a sentence about what of it the trace does not have.
fn steps(document: &Document, place: &Place) -> (Vec<Action>, Option<String>) {
    let trace = &document.trace;
    let lanes: Vec<LaneId> = place.lanes.iter().filter_map(|lane| lane.find(trace)).collect();
    let task = place.task.map(|id| trace.task_by_id(TaskId(id)));
    let gone = place.lanes.len() - lanes.len();
    let lacks = match task {
        Some(None) => Some("The link names a task that this trace does not have".to_owned()),
        _ if gone > 0 => Some(format!("The link names {} that this trace does not have", counted(gone as u64, "lane"))),
        _ => None,
    };
    let mut steps: Vec<Action> = Vec::new();
    let stretch = match place.time {
        Some(When::Stretch(range)) => Some(on_clock(trace, range)),
        _ => None,
    };
    let mut shown = stretch;
    match (task.flatten(), lanes.as_slice(), place.time) {
        (Some(task), ..) => {
            steps.push(Action::Select(SelectAction::GoToTask(task)));
            shown = shown.or_else(|| trace.task(task).map(|task| life(trace, &task)));
        }
        (None, [], Some(When::Moment(nanos))) => {
            let at = trace.range().start.plus_nanos(nanos).min(trace.range().end);
            steps.push(Action::View(ViewAction::Centre(at)));
        }
        (None, [lane], Some(When::Moment(nanos))) => {
            let at = trace.range().start.plus_nanos(nanos).min(trace.range().end);
            let span = trace.span_at(*lane, at).map(|span| span.at);
            let end = trace_core::model::flows::FlowEnd { lane: *lane, time: at, span };
            steps.push(Action::Select(SelectAction::GoToEnd(end)));
        }
        (None, [lane], Some(When::Stretch(_))) => {
            steps.extend(stretch.into_iter().flat_map(|range| to_stretch(trace, *lane, range)));
        }
        (None, [lane], None) => steps.push(Action::Select(SelectAction::GoToLane(*lane))),
        (None, lanes, _) => {
            let rows = lanes.iter().copied().map(RowKind::Lane).collect();
            steps.extend(stretch.map(|range| Action::Select(SelectAction::SelectArea(range, rows))));
        }
    }
    let fit = |range| document.view.map(|view| view.fit(range, FIT_AIR, document.reach()).range());
    let view = place.view.map(|range| on_clock(trace, range)).or_else(|| shown.and_then(fit));
    steps.extend(view.map(|range| Action::View(ViewAction::ShowRange(range))));
    let panel = place.panel.as_ref().and_then(|id| Panel::ALL.iter().find(|panel| panel.info().id == id));
    steps.extend(panel.map(|panel| Action::Panel(PanelAction::OpenPanel(*panel))));
    (steps, lacks)
}

/// What selects the thing on a lane that takes this time: a span or a region; else what the lane does as it begins.
fn to_stretch(trace: &Trace, lane: LaneId, range: TimeRange) -> Vec<Action> {
    let go_to = Action::Select(SelectAction::GoToStretch(lane, range));
    let is_span = trace.span_at(lane, range.start).is_some_and(|span| span.range.intersect(trace.range()) == range);
    let region = match lane {
        LaneId::Goroutine(go) if !is_span => trace.regions(go, range).find(|region| region.range == range),
        _ => None,
    };
    std::iter::once(go_to).chain(region.map(|region| Action::Select(SelectAction::SelectRegion(region)))).collect()
}

/// The place that the user looks at: what is selected, else the selected time, else what is in view.
#[must_use]
pub fn place_of(document: &Document) -> Place {
    let trace = &document.trace;
    let place = match (document.marked, document.selection) {
        (Some(range), _) => {
            let rows = document.area.as_ref().map(|area| area.rows.as_slice()).unwrap_or_default();
            let lanes = rows.iter().filter_map(|row| if let RowKind::Lane(lane) = row { Some(*lane) } else { None });
            let lanes: Vec<LaneId> = lanes.collect();
            // One lane with a stretch means what the lane does there, not a selection of rows.
            let lanes = if lanes.len() > 1 { lanes } else { Vec::new() };
            lanes.into_iter().fold(Place::stretch(trace, range), |place, lane| place.on(trace, lane))
        }
        (None, Selection::Span(at)) => {
            let span = trace.span(at);
            span.map_or_else(Place::default, |span| Place::stretch(trace, span.range)).on(trace, at.lane)
        }
        (None, Selection::Region(region)) => {
            Place::stretch(trace, region.range).on(trace, LaneId::Goroutine(region.go))
        }
        (None, Selection::Task(task)) => Place::task(trace, task),
        (None, Selection::Lane(lane)) => Place::default().on(trace, lane),
        (None, Selection::None) => Place::default(),
    };
    match document.view {
        Some(view) => place.in_view(trace, view.range()),
        None => place,
    }
}
