//! What happens to a session: its files are loaded, its services get documents, whose views show one time line; requests
//! and spans lead to the lanes of the service that worked for them.

use std::path::PathBuf;
use std::sync::Arc;

use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::base::visible::visible;
use trace_core::model::lanes::LaneId;
use trace_core::session::{Input, What};

use crate::action::action::{Action, AnalysisAction, SelectAction, ViewAction};
use crate::action::bookmarks;
use crate::action::documents;
use crate::action::effect::{Effect, WindowEffect, notify, remember_file};
use crate::action::fleet;
use crate::action::landing::most_telling;
use crate::action::panel::Panel;
use crate::action::recording;
use crate::action::session_action::{MemberTrace, SessionAction, SessionEffect};
use crate::action::{session_contrast, session_edits};
use crate::report::shared_time::SharedTime;
use crate::state::app::AppState;
use crate::state::dialog::{Dialog, LeaveSession, Reply};
use crate::state::document::DocumentId;
use crate::state::session::{
    Built, Member, OpenSession, Said, SessionQuery, Stage, unix_of, view_of_service, view_of_session,
};
use crate::state::view::{FIT_AIR, View};

/// Heights that the request lane may have, points.
const LANE_POINTS: (f32, f32) = (60.0, 1_200.0);

/// Applies an action to one of the documents of the session.
type Act = fn(&mut AppState, DocumentId, Action) -> Vec<Effect>;

/// Applies an action about the session. What concerns one of its traces goes through `act`.
pub(super) fn apply(state: &mut AppState, action: SessionAction, act: Act) -> Vec<Effect> {
    match action {
        SessionAction::Open(files) => leave_first(state, LeaveSession::Open(files)),
        SessionAction::OpenDialog => vec![SessionEffect::AskForFiles.into()],
        SessionAction::Found(id, paths) => of(state, id, |session| {
            session.members = paths.into_iter().map(|path| Member { path, ..Member::default() }).collect();
        }),
        SessionAction::Progress(id, all) => of(state, id, |session| {
            for (member, progress) in session.members.iter_mut().zip(all) {
                member.progress = progress;
            }
        }),
        SessionAction::Read(id, at, outcome) => of(state, id, |session| {
            if let Some(member) = session.members.get_mut(at) {
                member.outcome = Some(outcome.map_err(|why| visible(&why).into_owned()));
            }
        }),
        SessionAction::Built(id, result) => built(state, id, result),
        SessionAction::Rebuilt(id, built) => rebuilt(state, id, built),
        SessionAction::Saved(result) => {
            let (mut effects, then) = session_edits::saved(state, result);
            effects.extend(then.into_iter().flat_map(|then| go_on(state, then)));
            effects
        }
        SessionAction::NotSaved => session_edits::not_saved(state),
        SessionAction::CompareDialog => vec![SessionEffect::AskForContrast.into()],
        SessionAction::CompareWith(path) => session_contrast::begin(state, path),
        SessionAction::Compared(id, path, found) => session_contrast::compared(state, id, &path, found),
        SessionAction::Stop => stop(state),
        SessionAction::Leave => leave_first(state, LeaveSession::Leave),
        SessionAction::Close => leave_first(state, LeaveSession::Close),
        SessionAction::Ask(query) => ask(state, query),
        SessionAction::Answered(id, query, answer) => of(state, id, |session| session.queries.answered(query, answer)),
        SessionAction::ShowRequest(request) => show_request(state, request, act),
        SessionAction::StepRequest(step) => step_request(state, step, act),
        SessionAction::Against(other) => against(state, other),
        SessionAction::ShowSpan(span) => show_span(state, span, None, act),
        SessionAction::ShowSpanAt(span, around) => show_span(state, span, Some(around), act),
        SessionAction::ShowTask(span) => show_task(state, span, act),
        SessionAction::GoTo(service, go, range) => go_to(state, (service, go, range), act),
        SessionAction::ShowFinding(service, rank) => show_finding(state, service, rank, act),
        SessionAction::ShowRange(range) => show_range(state, range, act),
        SessionAction::FoldService(service, fold) => with(state, |session| {
            if let Some(folded) = session.folded.get_mut(service as usize) {
                *folded = fold;
            }
        }),
        SessionAction::ToggleLane => with(state, |session| session.is_lane_folded ^= true),
        SessionAction::LanePoints(points) => with(state, |session| {
            session.lane_points = Some(points.clamp(LANE_POINTS.0, LANE_POINTS.1));
        }),
        SessionAction::ScrollLane(points) => with(state, |session| session.lane_scroll = points.max(0.0)),
        SessionAction::Type(typed) => with(state, |session| session.typed = typed),
        SessionAction::Say(at, said) => say(state, at, said),
        SessionAction::Choose(panel, at) => with(state, |session| {
            session.choices.insert(panel, at);
        }),
        SessionAction::Save => save(state),
        SessionAction::Record(action) => {
            let (mut effects, recorded) = recording::apply(state, action);
            effects.extend(recorded.into_iter().flat_map(|file| leave_first(state, LeaveSession::Open(vec![file]))));
            effects
        }
    }
}

fn with(state: &mut AppState, change: impl FnOnce(&mut OpenSession)) -> Vec<Effect> {
    if let Some(session) = &mut state.session {
        change(session);
    }
    Vec::new()
}

/// Changes the session, if it is still this one.
fn of(state: &mut AppState, id: DocumentId, change: impl FnOnce(&mut OpenSession)) -> Vec<Effect> {
    if let Some(session) = state.session.as_mut().filter(|session| session.id == id) {
        change(session);
    }
    Vec::new()
}

/// Goes on to what ends the session, or asks first: what was set by hand in it may be in no session file.
fn leave_first(state: &mut AppState, then: LeaveSession) -> Vec<Effect> {
    if matches!(&then, LeaveSession::Open(files) if files.is_empty()) {
        return Vec::new();
    }
    if state.session.as_ref().is_some_and(OpenSession::is_unsaved) {
        (state.path_field, state.dropped) = (None, None);
        state.dialog = Some(Dialog::UnsavedSession { then });
        return Vec::new();
    }
    go_on(state, then)
}

/// Takes the answer to the question whether the session is saved first.
pub(super) fn reply(state: &mut AppState, then: LeaveSession, reply: Reply) -> Vec<Effect> {
    let Some(session) = &mut state.session else { return Vec::new() };
    match reply {
        Reply::Discard => {
            session.saved = session.said.clone();
            go_on(state, then)
        }
        Reply::Save => {
            session.leaving = Some(then);
            save(state)
        }
        Reply::Replace | Reply::ChooseFile | Reply::OpenAnyway | Reply::Cancel => Vec::new(),
    }
}

/// Does what was asked about, or never had to be.
fn go_on(state: &mut AppState, then: LeaveSession) -> Vec<Effect> {
    match then {
        LeaveSession::Open(files) => open(state, files),
        LeaveSession::Close => close(state),
        LeaveSession::Leave => leave(state),
        LeaveSession::Quit => {
            state.is_quitting = true;
            vec![Effect::SaveSettings, Effect::Window(WindowEffect::Quit)]
        }
    }
}

fn open(state: &mut AppState, files: Vec<PathBuf>) -> Vec<Effect> {
    if files.is_empty() {
        return Vec::new();
    }
    state.path_field = None;
    state.dropped = None;
    fleet::hide(state);
    let mut effects = close(state);
    let id = DocumentId(state.next_document);
    state.next_document += 1;
    let monitor = Monitor::new();
    let mut session = OpenSession::new(id, files.clone(), monitor.clone());
    session.since_seconds = state.now_seconds;
    state.session = Some(session);
    effects.push(SessionEffect::Open { id, files, monitor }.into());
    effects
}

/// All is read and made: each service gets a document, the first is in front, all of the session is in view.
fn built(state: &mut AppState, id: DocumentId, result: Result<(Arc<Built>, Vec<MemberTrace>), String>) -> Vec<Effect> {
    let Some(session) = state.session.as_mut().filter(|session| session.id == id) else {
        return result.map_or_else(|_| Vec::new(), |(built, _)| vec![SessionEffect::Discard(built).into()]);
    };
    let (built, traces) = match result {
        Ok(found) => found,
        Err(why) => {
            session.stage = Stage::Failed(visible(&why).into_owned());
            return Vec::new();
        }
    };
    let services = built.session.services.len();
    session.stage = Stage::Ready;
    let colors = built.members.colors.iter().copied().chain(std::iter::repeat(None));
    let said =
        |(input, color): (&Input, Option<[u8; 3]>)| Said { name: input.name.clone(), offset: input.offset, color };
    session.said = built.members.inputs.iter().zip(colors).map(said).collect();
    session.saved.clone_from(&session.said);
    session.documents = vec![None; services];
    session.folded = vec![false; services];
    session.built = Some(built);
    let files = session.files.clone();
    let mut effects = Vec::new();
    let mut first = None;
    for MemberTrace { service, source, trace, rows } in traces {
        let adopted = documents::adopt(state, source, trace, rows);
        let Some(document) = state.active else { continue };
        first = first.or(Some(document));
        effects.extend(adopted);
        effects.extend(bookmarks::read_again(state, document));
        if let Some(place) = state.session.as_mut().and_then(|session| session.documents.get_mut(service as usize)) {
            *place = Some(document);
        }
    }
    state.active = first;
    state.warnings_open = false;
    if let [file] = files.as_slice() {
        effects.extend(remember_file(state, file.clone()));
    }
    effects.push(Effect::Window(WindowEffect::OpenPanel(Panel::Requests)));
    effects
}

fn rebuilt(state: &mut AppState, id: DocumentId, built: Arc<Built>) -> Vec<Effect> {
    let mut effects = Vec::new();
    let Some(session) = state.session.as_mut().filter(|session| session.id == id) else {
        return vec![SessionEffect::Discard(built).into()];
    };
    session.rebuilding = None;
    // What was compared was the session as it was.
    effects.extend(session_contrast::end(session));
    session.queries.clear();
    session.tables.clear();
    session.span = None;
    session.other = None;
    // Services keep their documents: those with a trace come in the order of the files.
    session.documents.resize(built.session.services.len(), None);
    session.folded.resize(built.session.services.len(), false);
    let shown = session.request.and_then(|at| session.built.as_ref()?.request(at).map(|request| request.id.clone()));
    session.request = shown.and_then(|id| built.session.requests.iter().position(|request| request.id == id));
    let before = session.built.replace(built);
    effects.extend(before.map(|before| SessionEffect::Discard(before).into()));
    effects
}

/// Ends loading. What is there of others stays.
fn stop(state: &mut AppState) -> Vec<Effect> {
    let is_loading = state.session.as_ref().is_some_and(|session| matches!(session.stage, Stage::Loading(_)));
    if !is_loading {
        return Vec::new();
    }
    notify(state, "Stopped loading the session");
    end(state).1
}

/// Takes the session away: the documents that it had, and what stops its workers.
fn end(state: &mut AppState) -> (Vec<DocumentId>, Vec<Effect>) {
    let Some(mut session) = state.session.take() else { return (Vec::new(), Vec::new()) };
    session.queries.clear();
    let mut effects = Vec::new();
    if let Stage::Loading(monitor) = &session.stage {
        effects.push(Effect::Cancel(monitor.clone()));
    }
    effects.extend(session.rebuilding.take().map(Effect::Cancel));
    effects.extend(session_contrast::end(&mut session));
    effects.extend(session.built.take().map(|built| SessionEffect::Discard(built).into()));
    let documents: Vec<DocumentId> = session.documents.iter().copied().flatten().collect();
    for id in &documents {
        if let Some(document) = documents::by_id(state, *id) {
            document.shared_reach = None;
            document.shared_time = None;
            let bounds = document.trace.range();
            document.view = document.view.map(|view| view.clamp(bounds));
        }
    }
    (documents, effects)
}

fn leave(state: &mut AppState) -> Vec<Effect> {
    end(state).1
}

fn close(state: &mut AppState) -> Vec<Effect> {
    let (ids, mut effects) = end(state);
    for id in ids {
        effects.extend(documents::close(state, id));
    }
    effects
}

fn ask(state: &mut AppState, query: SessionQuery) -> Vec<Effect> {
    let Some(session) = &mut state.session else { return Vec::new() };
    let (id, Some(built)) = (session.id, session.shown().cloned()) else { return Vec::new() };
    let Some(monitor) = session.queries.ask(query) else { return Vec::new() };
    vec![SessionEffect::Answer { id, built, query, monitor }.into()]
}

fn show_request(state: &mut AppState, request: Option<usize>, act: Act) -> Vec<Effect> {
    let Some(session) = &mut state.session else { return Vec::new() };
    let Some(built) = session.shown().cloned() else { return Vec::new() };
    let request = request.filter(|at| built.request(*at).is_some());
    session.request = request;
    session.other = session.other.filter(|other| request.is_some_and(|shown| shown != *other));
    session.span = None;
    session.lane_scroll = 0.0;
    session.is_lane_folded = false;
    let Some(at) = request else { return Vec::new() };
    let mut effects = ask(state, SessionQuery::Request(at));
    if let Some(range) = built.request(at).and_then(|request| built.range_of(request)) {
        effects.extend(show_range(state, range, act));
    }
    effects
}

/// Shows another request below the one that is shown, from the same place on.
fn against(state: &mut AppState, other: Option<usize>) -> Vec<Effect> {
    let Some(session) = &mut state.session else { return Vec::new() };
    session.other = other.filter(|at| session.request.is_some_and(|shown| shown != *at));
    session.is_lane_folded = false;
    session.other.map_or_else(Vec::new, |at| ask(state, SessionQuery::Request(at)))
}

/// The next request of the list, or the one before.
fn step_request(state: &mut AppState, step: i32, act: Act) -> Vec<Effect> {
    let Some(session) = &state.session else { return Vec::new() };
    let count = session.shown().map_or(0, |built| built.session.requests.len());
    let Some(last) = count.checked_sub(1) else { return Vec::new() };
    let next = match session.request {
        None => 0,
        Some(at) if step < 0 => at.saturating_sub(1),
        Some(at) => (at + 1).min(last),
    };
    show_request(state, Some(next), act)
}

/// Shows a stretch of the session on all lanes.
fn show_range(state: &mut AppState, range: TimeRange, act: Act) -> Vec<Effect> {
    let Some((session, built)) = state.session.as_ref().and_then(|session| Some((session, session.shown()?))) else {
        return Vec::new();
    };
    let front = state.active.and_then(|id| session.service_of(id));
    let service = front.or_else(|| (0..).zip(&session.documents).find(|(_, id)| id.is_some()).map(|(at, _)| at));
    let Some(service) = service else { return Vec::new() };
    let (Some(id), Some(of)) = (session.document_of(service), built.service(service)) else { return Vec::new() };
    let range = TimeRange::new(of.trace_time(range.start.0), of.trace_time(range.end.0));
    let effects = act(state, id, Action::View(ViewAction::RememberPlace));
    if let Some(document) = documents::by_id(state, id) {
        let reach = document.reach();
        document.view = document.view.map(|view| view.fit(range, FIT_AIR, reach));
    }
    effects
}

fn show_span(state: &mut AppState, span: u32, around: Option<TimeRange>, act: Act) -> Vec<Effect> {
    let Some(session) = &mut state.session else { return Vec::new() };
    let Some(built) = session.shown().cloned() else { return Vec::new() };
    let Some(of) = built.span(span) else { return Vec::new() };
    session.span = Some(span);
    let range = TimeRange::new(TraceTime(of.start), TraceTime(of.end()));
    match of.go {
        Some(go) => {
            let around = around.map(|around| around.intersect(range)).filter(|around| around.nanos() > 0);
            go_to_at(state, (of.service, go), (range, around.unwrap_or(range)), act)
        }
        None => {
            let name = built.service(of.service).map_or("", |service| service.name.as_str());
            let has_trace = built.service(of.service).is_some_and(|service| service.trace.is_some());
            let why = if has_trace { "no task of its trace is joined with it" } else { "it has no trace" };
            notify(state, format!("{} of {name} is known from a span file alone: {why}", of.name));
            Vec::new()
        }
    }
}

/// Goes to a goroutine of a service, at a stretch of the session.
fn go_to(state: &mut AppState, (service, go, range): (u32, GoroutineIdx, TimeRange), act: Act) -> Vec<Effect> {
    go_to_at(state, (service, go), (range, range), act)
}

/// The same; what is selected lies in the second stretch, which is a part of the first.
fn go_to_at(
    state: &mut AppState,
    (service, go): (u32, GoroutineIdx),
    (range, around): (TimeRange, TimeRange),
    act: Act,
) -> Vec<Effect> {
    let Some(session) = &mut state.session else { return Vec::new() };
    let Some(built) = session.shown().cloned() else { return Vec::new() };
    let Some(of) = built.service(service) else { return Vec::new() };
    let Some(id) = session.document_of(service) else {
        let text = format!("The trace of {} is not open", of.name);
        notify(state, text);
        return Vec::new();
    };
    if let Some(folded) = session.folded.get_mut(service as usize) {
        *folded = false;
    }
    let own = |range: TimeRange| TimeRange::new(of.trace_time(range.start.0), of.trace_time(range.end.0));
    land(state, (id, go), (own(range), own(around)), act)
}

/// Selects the longest wait of a goroutine in a part of a stretch, brings it into sight, and points the stretch out.
fn land(
    state: &mut AppState,
    (id, go): (DocumentId, GoroutineIdx),
    (range, around): (TimeRange, TimeRange),
    act: Act,
) -> Vec<Effect> {
    let lane = LaneId::Goroutine(go);
    let Some(document) = state.document_by_id(id) else { return Vec::new() };
    let span = most_telling(&document.trace, go, around);
    let (select, time) = match span {
        Some(span) => (SelectAction::SelectSpan(span.at), span.range.start.max(around.start)),
        None => (SelectAction::SelectLane(lane), around.start.max(document.trace.range().start)),
    };
    let mut then = vec![Action::Select(select)];
    then.push(Action::View(ViewAction::Reveal { lane, time: Some(time) }));
    then.push(Action::Select(SelectAction::Highlight(Some(range))));
    then.into_iter().flat_map(|action| act(state, id, action)).collect()
}

/// Goes to one end of a crossing.
pub(super) fn go_to_end(
    state: &mut AppState,
    (service, go, time): (u32, GoroutineIdx, TraceTime),
    act: Act,
) -> Vec<Effect> {
    let Some(session) = &mut state.session else { return Vec::new() };
    let Some(id) = session.document_of(service) else {
        notify(state, "The trace of the other side is not open");
        return Vec::new();
    };
    if let Some(folded) = session.folded.get_mut(service as usize) {
        *folded = false;
    }
    let lane = LaneId::Goroutine(go);
    let span = state.document_by_id(id).and_then(|document| document.trace.span_at(lane, time));
    let select = match span {
        Some(span) => Action::Select(SelectAction::SelectSpan(span.at)),
        None => Action::Select(SelectAction::SelectLane(lane)),
    };
    let reveal = Action::View(ViewAction::Reveal { lane, time: Some(time) });
    [select, reveal].into_iter().flat_map(|action| act(state, id, action)).collect()
}

fn show_task(state: &mut AppState, span: u32, act: Act) -> Vec<Effect> {
    let Some(session) = &mut state.session else { return Vec::new() };
    let Some(built) = session.shown().cloned() else { return Vec::new() };
    let Some(of) = built.span(span) else { return Vec::new() };
    session.span = Some(span);
    let act_of = of.act.and_then(|act| built.session.activities.get(act as usize));
    match (act_of.map(|act| act.what), session.document_of(of.service)) {
        (Some(What::Task(task)), Some(id)) => act(state, id, Action::Select(SelectAction::GoToTask(task))),
        _ => show_span(state, span, None, act),
    }
}

fn show_finding(state: &mut AppState, service: u32, rank: usize, act: Act) -> Vec<Effect> {
    let Some(id) = state.session.as_ref().and_then(|session| session.document_of(service)) else { return Vec::new() };
    let mut effects = act(state, id, Action::Analysis(AnalysisAction::ChooseFinding(Some(rank))));
    effects.push(Effect::Window(WindowEffect::OpenPanel(Panel::Findings)));
    effects
}

/// Other names or offsets: the session is made anew.
fn say(state: &mut AppState, at: usize, said: Said) -> Vec<Effect> {
    let Some(session) = &mut state.session else { return Vec::new() };
    let Some(built) = session.shown().cloned() else { return Vec::new() };
    let Some(known) = session.said.get_mut(at).filter(|known| **known != said) else { return Vec::new() };
    *known = said;
    let monitor = Monitor::new();
    let before = session.rebuilding.replace(monitor.clone());
    let mut effects: Vec<Effect> = before.into_iter().map(Effect::Cancel).collect();
    let (id, said) = (session.id, session.said.clone());
    effects.push(SessionEffect::Rebuild { id, built, said, monitor }.into());
    effects
}

fn save(state: &mut AppState) -> Vec<Effect> {
    let inputs = documents::inputs(state);
    let Some(session) = &mut state.session else { return Vec::new() };
    let Some(built) = session.shown().cloned() else { return Vec::new() };
    let inputs = [inputs, built.members.paths.clone()].concat();
    session.saving = Some(session.said.clone());
    vec![SessionEffect::Save { built, said: session.said.clone(), title: session.title(), inputs }.into()]
}

/// What was in view of each service before an action.
#[derive(Clone, Debug)]
pub(super) struct Before {
    session: DocumentId,
    views: Vec<(DocumentId, Option<View>)>,
}

/// Notes what is in view.
pub(super) fn before(state: &AppState) -> Option<Before> {
    let session = state.session.as_ref().filter(|_| state.pair.is_none())?;
    let views = session.documents.iter().flatten();
    let view = |id: &DocumentId| (*id, state.document_by_id(*id).and_then(|document| document.view));
    Some(Before { session: session.id, views: views.map(view).collect() })
}

/// After an action: a service whose trace was closed has none; the services that were not moved follow the one that was.
pub(super) fn settle(state: &mut AppState, before: Option<&Before>) -> Vec<Effect> {
    let open: Vec<DocumentId> = state.documents.iter().map(|document| document.id).collect();
    let Some(session) = &mut state.session else { return Vec::new() };
    for place in &mut session.documents {
        *place = place.filter(|id| open.contains(id));
    }
    // Another session that was opened just now has none yet.
    let had_some = before.is_some_and(|before| before.session == session.id && !before.views.is_empty());
    if had_some && session.documents.iter().all(Option::is_none) {
        // The last of its traces was closed.
        return end(state).1;
    }
    if state.pair.is_none() {
        follow_lead(state, before);
    } else {
        // Of two traces that are compared each has its own time.
        let documents: Vec<DocumentId> = session.documents.iter().copied().flatten().collect();
        for id in documents {
            if let Some(document) = documents::by_id(state, id) {
                document.shared_time = None;
            }
        }
    }
    Vec::new()
}

fn follow_lead(state: &mut AppState, before: Option<&Before>) {
    let Some(session) = state.session.as_ref().filter(|session| session.shown().is_some()) else { return };
    let placed = |(at, id): (u32, &Option<DocumentId>)| Some((at, (*id)?, session.clock(at)?, session.reach(at)?));
    let all: Vec<_> = (0..).zip(&session.documents).filter_map(placed).collect();
    let view_of = |id: DocumentId| state.document_by_id(id).and_then(|document| document.view);
    let is_moved = |id: DocumentId| {
        let known = before.and_then(|before| before.views.iter().find(|known| known.0 == id));
        known.is_none_or(|known| known.1 != view_of(id))
    };
    let moved: Vec<DocumentId> = all.iter().map(|of| of.1).filter(|id| is_moved(*id)).collect();
    let is_known = |id: &DocumentId| all.iter().any(|of| of.1 == *id);
    let lead = moved
        .iter()
        .copied()
        .find(|id| Some(*id) == state.active)
        .or_else(|| moved.first().copied())
        .or(state.active.filter(is_known))
        .or_else(|| all.first().map(|of| of.1));
    let time = session.shown().map(|built| (built.session.range.start.0, unix_of(&built.session)));
    let Some(&(_, lead, map, reach)) = all.iter().find(|of| Some(of.1) == lead) else { return };
    let is_fitted = session.is_fitted;
    let Some(view) = view_of(lead) else { return };
    let view =
        if is_fitted { view.clamp(reach) } else { View { scroll_points: view.scroll_points, ..View::whole(reach) } };
    let shown = view_of_session(map, view);
    for (_, id, map, reach) in all {
        let Some(document) = documents::by_id(state, id) else { continue };
        document.shared_reach = Some(reach);
        let own_start = document.trace.range().start;
        document.shared_time = time.map(|(start, unix)| SharedTime { map, own_start, start, unix });
        let scroll = document.view.map_or(0.0, |view| view.scroll_points);
        document.view = Some(if id == lead { view } else { view_of_service(map, shown, scroll) });
    }
    if let Some(session) = &mut state.session {
        session.is_fitted = true;
    }
}
