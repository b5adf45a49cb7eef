//! A session in the window, played through accessible names on recorded services: it opens by every door, its lanes move
//! together, requests and spans lead to the service that worked for them, and what is missing or broken is told.

use std::fs;
use std::path::PathBuf;

use egui::accesskit::Role;
use trace_core::base::ids::GoId;
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::event::state::GoState;
use trace_core::model::lanes::LaneId;
use trace_core::session::Method;
use tracelane::action::action::{Action, FileAction, PanelAction, SelectAction, ViewAction};
use tracelane::action::panel::Panel;
use tracelane::action::session_action::{RecordAction, SessionAction};
use tracelane::fmt;
use tracelane::raster::window::OffscreenWindow;
use tracelane::shell::app::TracelaneApp;
use tracelane::state::app::FieldFor;
use tracelane::state::document::{Document, DocumentId};
use tracelane::state::record::RecordFields;
use tracelane::state::session::{Built, OpenSession, Said, Stage, view_of_session};
use tracelane::state::settings::{Settings, ThemeChoice};
use tracelane::state::view::{Selection, View};
use tracelane::theme::tokens;

use crate::fixtures;
use crate::picture;
use crate::sessions::{server, unpack};
use crate::window::Window;

const LOCK: &str = "traceparent-lock-go1.27";
const OTEL: &str = "otel-slow-go1.27";

fn zip(name: &str) -> PathBuf {
    fixtures::data().join(format!("sessions/{name}.zip"))
}

trait Together {
    fn session(&self) -> &OpenSession;
    fn built(&self) -> &Built;
    fn of(&self, name: &str) -> (u32, &Document);
    fn front(&self) -> String;
    fn do_session(&mut self, action: SessionAction) -> &mut Self;
    fn seen(&self, service: u32) -> View;
}

impl Together for Window {
    fn session(&self) -> &OpenSession {
        self.0.state().state().session.as_ref().expect("a session")
    }

    fn built(&self) -> &Built {
        self.session().shown().expect("it is there")
    }

    /// The service of this name, and its document.
    fn of(&self, name: &str) -> (u32, &Document) {
        let at = self.built().session.services.iter().position(|service| service.name == name).expect("a service");
        let id = self.session().documents[at].expect("a document");
        (at as u32, self.0.state().state().document_by_id(id).expect("it is open"))
    }

    /// The service in front.
    fn front(&self) -> String {
        let service = self.session().service_of(self.document().id).expect("a service");
        self.built().service(service).expect("it is there").name.clone()
    }

    fn do_session(&mut self, action: SessionAction) -> &mut Self {
        self.act(Action::Session(action))
    }

    /// What of the session a service's lanes show.
    fn seen(&self, service: u32) -> View {
        let id = self.session().documents[service as usize].expect("a document");
        let document = self.0.state().state().document_by_id(id).expect("it is open");
        view_of_session(self.session().clock(service).expect("a clock"), document.view.expect("a view"))
    }
}

fn opened(name: &str) -> Window {
    let mut window = Window::empty();
    window.act(FileAction::Open(zip(name)));
    window
}

#[test]
fn an_archive_of_services_opens_as_a_session() {
    let window = opened(LOCK);
    assert_eq!(window.session().title(), format!("{LOCK}.zip"));
    for name in ["backend", "frontend", "store"] {
        assert!(window.shows(&format!("Service {name}")), "{name}: {:?}", window.words());
    }
    assert!(window.shows("30 requests through 3 services"), "the list of requests is open");
    assert!(window.shows("± 64 ns") && window.shows("session clock"), "the error of each clock shows");
    assert!(window.shows("Request lane") && window.shows("Own time by service"));
    let recent = &window.0.state().state().settings.recent_files;
    assert_eq!(recent, &[zip(LOCK)], "the archive, not what is in it");
}

#[test]
fn folders_several_files_and_session_files_open_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = unpack(OTEL, folder.path());
    let mut by_folder = Window::empty();
    by_folder.act(FileAction::Open(folder.path().to_path_buf()));
    let mut by_files = Window::empty();
    by_files.do_session(SessionAction::Open(files));
    for window in [&by_folder, &by_files] {
        assert_eq!(window.built().session.requests.len(), 30);
        assert_eq!(window.session().documents.iter().flatten().count(), 3);
    }
    assert_eq!(by_files.built().session.tasks, by_folder.built().session.tasks);
}

#[test]
fn the_lanes_of_all_services_show_the_same_time() {
    let mut window = opened(LOCK);
    let whole = window.seen(0);
    assert!(whole.span_nanos >= window.built().session.range.nanos() as f64, "all of it at first");
    let store = window.of("store").1.id;
    window.act(Action::On(store, Box::new(Action::View(ViewAction::Zoom { factor: 0.2, at: None }))));
    for service in 0..3 {
        let seen = window.seen(service);
        assert!((seen.span_nanos - whole.span_nanos * 0.2).abs() < 2.0, "{service}: {seen:?}");
        assert!((seen.start_nanos - window.seen(2).start_nanos).abs() < 2.0, "{service}: {seen:?}");
    }
    // Leaving gives each its own time back.
    window.do_session(SessionAction::Leave);
    let state = window.0.state().state();
    assert!(state.session.is_none() && state.documents.len() == 3);
    assert!(state.documents.iter().all(|document| document.shared_reach.is_none()));
}

#[test]
fn a_request_shows_its_spans_and_they_lead_to_their_goroutines() {
    let mut window = opened(LOCK);
    window.do_session(SessionAction::ShowRequest(Some(0)));
    let request = window.built().request(0).expect("a request").clone();
    let range = window.built().range_of(&request).expect("spans");
    let seen = window.seen(0);
    assert!(seen.start_nanos <= range.start.0 as f64 && seen.end_nanos() >= range.end.0 as f64, "it is in sight");
    assert!(seen.span_nanos < range.nanos() as f64 * 2.0, "and fills the view");
    window.press("Span GET /price of backend");
    assert_eq!(window.front(), "backend");
    let span = window.session().span.expect("it is selected");
    let of = window.built().span(span).expect("a span").clone();
    let go = of.go.expect("a trace shows it");
    assert_eq!(window.lane(), Some(LaneId::Goroutine(go)));
    let (service, document) = window.of("backend");
    let start = window.built().service(service).expect("it").trace_time(of.start);
    assert_eq!(document.highlight.map(|range| range.start), Some(start));
    // What is selected is what it waited for longest, here the mutex, not the moment at which the span began.
    let whole = TimeRange::new(start, window.built().service(service).expect("it").trace_time(of.end()));
    let waits = |range: TimeRange| {
        let states = document.trace.spans(LaneId::Goroutine(go), range).filter(|state| state.state == GoState::Waiting);
        states.map(|state| (state.range.intersect(range).nanos(), state.at)).max_by_key(|(nanos, _)| *nanos)
    };
    let (longest, at) = waits(whole).expect("it waits");
    assert_eq!(document.selection, Selection::Span(at));
    assert!(longest * 3 > whole.nanos(), "{longest} of {}", whole.nanos());
    // A click on the bar selects the wait there.
    let last =
        document.trace.spans(LaneId::Goroutine(go), whole).filter(|state| state.state == GoState::Waiting).last();
    let last = last.expect("it waits more than once");
    let clock = window.built().service(service).expect("it").clone();
    let [from, to] = [last.range.start, last.range.start.plus_nanos(1)].map(|time| TraceTime(clock.session_time(time)));
    window.do_session(SessionAction::ShowSpanAt(span, TimeRange::new(from, to)));
    assert_eq!(window.of("backend").1.selection, Selection::Span(last.at));
    // Its task is offered, too.
    window.do_session(SessionAction::ShowTask(span));
    assert!(matches!(window.document().selection, Selection::Task(_)), "{:?}", window.document().selection);
    window.do_session(SessionAction::StepRequest(1));
    assert_eq!((window.session().request, window.session().span), (Some(1), None));
}

#[test]
fn times_count_from_the_start_of_the_session_everywhere() {
    let mut window = opened(LOCK);
    let (service, document) = window.of("backend");
    let (id, go) = (document.id, document.trace.goroutine_by_id(GoId(8)).expect("it refreshes prices"));
    let wait = document.trace.spans(LaneId::Goroutine(go), document.trace.range()).nth(3).expect("a state");
    let own = fmt::time::offset(wait.range.start.nanos_since(document.trace.range().start));
    let placed = window.built().service(service).expect("it").clone();
    let shared = placed.session_time(wait.range.start) - window.built().session.range.start.0;
    let shared_text = fmt::time::offset(shared);
    assert_ne!(own, shared_text, "its trace does not start with the session");
    window.act(Action::On(id, Box::new(Action::Select(SelectAction::SelectSpan(wait.at)))));
    window.act(FileAction::Activate(id)).act(PanelAction::OpenPanel(Panel::Details));
    assert!(window.shows(&shared_text) && !window.shows(&own), "details: {:?}", window.words());
    window.act(PanelAction::OpenPanel(Panel::Spans));
    let states: Vec<TraceTime> = {
        let trace = &window.of("backend").1.trace;
        trace.spans(LaneId::Goroutine(go), trace.range()).map(|state| state.range.start).collect()
    };
    // Every row of the table begins with the time of a state, as `text` writes it.
    let has_times = |window: &Window, text: &dyn Fn(TraceTime) -> String| {
        let rows = window.words().into_iter().filter(|words| words.contains(" · main.refreshPrices (main.go:"));
        let times: Vec<String> = rows.filter_map(|row| Some(row.split_once(" · ")?.0.to_owned())).collect();
        let known: Vec<String> = states.iter().map(|time| text(*time)).collect();
        let unknown: Vec<&String> = times.iter().filter(|time| !known.contains(time)).collect();
        assert!(unknown.is_empty(), "{unknown:?} of {times:?} are not among {known:?}");
        times.len() > 3
    };
    let start = window.built().session.range.start.0;
    let shared = |time: TraceTime| fmt::time::offset(placed.session_time(time) - start);
    assert!(has_times(&window, &shared), "{:?}", window.words());
    // A clock that is set by hand moves them along.
    let input = window.session().input_of(service).expect("a file");
    window.do_session(SessionAction::Say(input, Said { offset: Some(7_000_000_000), ..Said::default() }));
    let start = window.built().session.range.start.0;
    let moved = |time: TraceTime| fmt::time::offset(time.0 + 7_000_000_000 - start);
    assert!(has_times(&window, &moved), "{:?}", window.words());
    // Without the session it has its own time again.
    window.do_session(SessionAction::Leave);
    assert!(window.shows("Save the session before showing its traces separately?"), "the offset is in no file");
    window.press("Discard").act(FileAction::Activate(id));
    let first = window.document().trace.range().start;
    let own = |time: TraceTime| fmt::time::offset(time.nanos_since(first));
    assert!(has_times(&window, &own), "{:?}", window.words());
}

#[test]
fn the_wait_chain_of_a_request_names_the_service_and_adds_up() {
    let mut window = opened(LOCK);
    window.do_session(SessionAction::ShowRequest(Some(0))).act(PanelAction::OpenPanel(Panel::Request));
    let view = window.session().request_view().expect("an answer").clone();
    let request = window.built().request(0).expect("a request");
    let root = window.built().span(request.root).expect("a span").nanos;
    assert_eq!(view.explained.sums.iter().map(|sum| sum.nanos).sum::<i64>(), root);
    assert!(window.shows(&view.explained.sentence) && view.explained.sentence.contains("in backend GET /price"));
    // A row leads to the goroutine that held the lock.
    let sum = view.explained.sums.first().expect("a part").part;
    window.press("main.refreshPrices (main.go");
    assert_eq!((window.front().as_str(), window.lane()), ("backend", sum.go.map(LaneId::Goroutine)));
}

#[test]
fn brackets_follow_a_request_from_service_to_service_and_back() {
    let mut window = opened(LOCK);
    let built = window.session().shown().expect("it").clone();
    let (frontend, _) = window.of("frontend");
    let call = built.session.calls.iter().find(|call| {
        let client = built.session.activities[call.client as usize];
        client.trace == frontend && client.is_complete()
    });
    let client = built.session.activities[call.expect("a call").client as usize];
    let there = built.crossings.out_of(frontend, client.go, client.range)[0];
    let id = window.of("frontend").1.id;
    let trace = window.of("frontend").1.trace.clone();
    let wait = trace.span_at(LaneId::Goroutine(client.go), there.from.time).expect("it waits");
    window.act(Action::On(id, Box::new(Action::Select(SelectAction::SelectSpan(wait.at)))));
    window.act(SelectAction::FollowFlow { outgoing: true });
    assert_eq!(window.front(), "backend");
    assert_eq!(window.lane(), Some(LaneId::Goroutine(there.to.go)));
    let at = |window: &Window| match window.document().selection {
        Selection::Span(at) => window.document().trace.span(at).expect("a span").range,
        other => panic!("{other:?}"),
    };
    assert!(at(&window).contains(there.to.time), "where the server begins");
    window.act(SelectAction::FollowFlow { outgoing: false });
    assert_eq!((window.front().as_str(), window.lane()), ("frontend", Some(LaneId::Goroutine(client.go))));
    // From the server's end to where the client goes on.
    let answer =
        *built.crossings.reaching(frontend, client.go, client.range).iter().find(|of| of.is_answer).expect("one");
    let backend = window.of("backend").1;
    let (id, end) = (backend.id, backend.trace.span_at(LaneId::Goroutine(answer.from.go), answer.from.time));
    window.act(Action::On(id, Box::new(Action::Select(SelectAction::SelectSpan(end.expect("a span").at)))));
    window.act(SelectAction::FollowFlow { outgoing: true });
    assert_eq!((window.front().as_str(), window.lane()), ("frontend", Some(LaneId::Goroutine(client.go))));
    assert!(at(&window).contains(answer.to.time), "where the client goes on");
}

#[test]
fn crossings_are_drawn_listed_and_lead_to_the_other_service() {
    let mut window = opened(LOCK);
    window.act(PanelAction::OpenPanel(Panel::Flows));
    let built = window.session().shown().expect("it").clone();
    let (frontend, document) = window.of("frontend");
    let (id, trace) = (document.id, document.trace.clone());
    let call = built.session.calls.iter().map(|call| built.session.activities[call.client as usize]);
    let client = call.clone().find(|client| client.trace == frontend && client.is_complete()).expect("a call");
    let there = built.crossings.out_of(frontend, client.go, client.range)[0];
    let wait = trace.span_at(LaneId::Goroutine(client.go), there.from.time).expect("it waits");
    window.act(Action::On(id, Box::new(Action::Select(SelectAction::SelectSpan(wait.at)))));
    window.act(FileAction::Activate(id));
    assert!(window.shows("The call to backend, G"), "listed: {:?}", window.words());
    assert!(window.shows("Crossing to another service: frontend → backend"), "drawn: {:?}", window.words());
    window.press_as(Role::Link, "The call to backend");
    assert_eq!((window.front().as_str(), window.lane()), ("backend", Some(LaneId::Goroutine(there.to.go))));
    // From there it is the way in; the arrow leads back.
    let server = window.of("backend").1;
    let begins = server.trace.span_at(LaneId::Goroutine(there.to.go), there.to.time).expect("it begins");
    let id = server.id;
    window.act(Action::On(id, Box::new(Action::Select(SelectAction::SelectSpan(begins.at)))));
    assert!(window.shows("The call from frontend"), "{:?}", window.words());
    window.press("Crossing from another service: frontend → backend");
    assert_eq!((window.front().as_str(), window.lane()), ("frontend", Some(LaneId::Goroutine(client.go))));
}

#[test]
fn paths_are_typed_one_after_the_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = unpack(LOCK, folder.path());
    let spaced = folder.path().join("the store.trace");
    fs::rename(&files[2], &spaced).expect("moved");
    let mut window = Window::empty();
    window.act(FileAction::AskPath(FieldFor::Together));
    let typed = format!("{} shop={} \"{}\"", files[0].display(), files[1].display(), spaced.display());
    window.act(FileAction::OpenTyped(typed));
    assert_eq!(window.session().documents.iter().flatten().count(), 3);
    assert!(window.shows("Service shop"), "{:?}", window.words());
    // A path with spaces alone needs no quotes.
    window.act(FileAction::AskPath(FieldFor::Together));
    window.act(FileAction::OpenTyped(spaced.display().to_string()));
    assert_eq!(window.session().documents.iter().flatten().count(), 1);
}

#[test]
fn what_was_set_by_hand_is_not_lost_without_a_question() {
    let mut window = opened(LOCK);
    let input = window.session().input_of(0).expect("a file");
    window.do_session(SessionAction::Say(input, Said { name: Some("shop".to_owned()), ..Said::default() }));
    assert!(window.session().is_unsaved());
    window.do_session(SessionAction::Open(vec![zip(OTEL)]));
    assert!(window.shows("Save the session before opening another one?"), "{:?}", window.words());
    window.press("Cancel");
    assert!(window.shows("Service shop") && window.session().title().starts_with(LOCK));
    window.act(FileAction::Quit);
    assert!(window.shows("Save the session before quitting?"));
    window.press("Cancel");
    assert!(!window.0.state().state().is_quitting);
    window.do_session(SessionAction::Open(vec![zip(OTEL)])).press("Discard");
    assert!(window.session().title().starts_with(OTEL) && !window.session().is_unsaved());
    // What is saved is not asked about.
    window.do_session(SessionAction::Say(0, Said { color: Some([1, 2, 3]), ..Said::default() }));
    assert!(window.session().is_unsaved());
    window.do_session(SessionAction::Say(0, Said::default()));
    assert!(!window.session().is_unsaved(), "it is as it was");
    window.do_session(SessionAction::Close);
    assert!(window.0.state().state().session.is_none());
}

#[test]
fn services_keep_the_colours_that_the_user_chose() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = unpack(LOCK, folder.path());
    let members: Vec<String> = files
        .iter()
        .zip(["#4e79a7", "#zz0000", "#F28E2B"])
        .map(|(file, color)| {
            format!(r#"{{"file":"{}","color":"{color}"}}"#, file.file_name().expect("a name").to_string_lossy())
        })
        .collect();
    let text = format!(r#"{{"schema":"tracelane.session_file","version":1,"members":[{}]}}"#, members.join(","));
    let file = folder.path().join("session.json");
    fs::write(&file, text).expect("written");
    let mut window = Window::empty();
    window.act(FileAction::Open(file));
    let by_file = |window: &Window, at: usize| {
        let service = window.built().session.services.iter().position(|service| service.input == Some(at));
        window.session().color_of(service.expect("a service") as u32)
    };
    let [first, second, third] = [0, 1, 2].map(|at| by_file(&window, at));
    assert_eq!((first, second, third), (Some([0x4e, 0x79, 0xa7]), None, Some([0xf2, 0x8e, 0x2b])));
    window.act(PanelAction::OpenPanel(Panel::Services));
    window.press("Colour of frontend").press("Colour #59a14f");
    let said: Vec<Option<[u8; 3]>> = window.session().said.iter().map(|said| said.color).collect();
    assert!(said.contains(&Some([0x59, 0xa1, 0x4f])) && window.session().is_unsaved(), "{said:?}");
    assert_eq!(window.built().members.colors, said, "it is made anew with them");
}

#[test]
fn two_sessions_are_compared_in_the_window() {
    let mut window = opened(LOCK);
    window.do_session(SessionAction::CompareWith(zip(OTEL)));
    assert!(window.shows(&format!("Changes to {OTEL}.zip")), "{:?}", window.words());
    let has_row = |window: &Window, parts: &[&str]| {
        window.words().iter().any(|words| parts.iter().all(|part| words.contains(part)))
    };
    assert!(has_row(&window, &["self_time", "backend"]), "{:?}", window.words());
    assert!(has_row(&window, &["call", "backend → store GET /stock"]), "{:?}", window.words());
    window.press("Findings");
    assert!(window.shows("backend · severe"), "{:?}", window.words());
    window.do_session(SessionAction::CompareWith(PathBuf::from("/nothing/there.zip")));
    window.press("Changes to there.zip");
    assert!(window.shows("cannot be opened"), "{:?}", window.words());
}

#[test]
fn findings_of_all_services_name_theirs() {
    let mut window = opened(LOCK);
    window.act(PanelAction::OpenPanel(Panel::SessionFindings));
    assert!(window.shows("went to backend, in GET /price"), "{:?}", window.words());
    window.press("backend · severe");
    assert_eq!(window.front(), "backend");
    assert!(window.document().findings_shown && window.document().finding == Some(0));
}

#[test]
fn the_service_map_leads_to_the_slowest_call() {
    let mut window = opened(LOCK);
    window.act(PanelAction::OpenPanel(Panel::ServiceMap));
    assert!(window.shows("frontend to backend: 30 calls"), "{:?}", window.words());
    window.press("backend to store: 30 calls");
    let span = window.built().span(window.session().span.expect("it is selected")).expect("a span").clone();
    let slowest = window.built().session.spans.iter().filter(|other| other.service == span.service);
    assert_eq!(slowest.map(|other| other.nanos).max(), Some(span.nanos));
    assert_eq!(window.front(), "store");
    window.press_named("Calls").press("backend · store");
    assert_eq!(window.front(), "store");
}

#[test]
fn names_and_offsets_are_given_by_hand() {
    let mut window = opened(LOCK);
    window.act(PanelAction::OpenPanel(Panel::Services));
    assert!(window.shows("Same host") && window.shows("Name of store"));
    let (store, _) = window.of("store");
    let input = window.session().input_of(store).expect("a file");
    let said = Said { name: Some("warehouse".to_owned()), offset: Some(5_000_000), color: None };
    window.do_session(SessionAction::Say(input, said));
    assert!(window.session().rebuilding.is_none());
    let service = window.built().service(store).expect("it");
    assert_eq!((service.name.as_str(), service.clock.method), ("warehouse", Method::Manual));
    assert_eq!(service.session_time(TraceTime(0)), 5_000_000);
    assert!(window.shows("Set by hand") && window.shows("Service warehouse"));
    // Its lanes move along.
    let seen = [window.seen(0), window.seen(store)];
    assert!((seen[0].start_nanos - seen[1].start_nanos).abs() < 2.0, "{seen:?}");
}

#[test]
fn what_is_missing_or_broken_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut files = unpack(LOCK, folder.path());
    let broken = folder.path().join("broken.trace");
    fs::write(&broken, b"go 1.26 trace\0\0\0 and then nothing of use").expect("written");
    files.push(broken);
    files.push(folder.path().join("gone.trace"));
    let mut window = Window::empty();
    window.do_session(SessionAction::Open(files));
    assert_eq!(window.built().session.requests.len(), 30, "the others are there");
    assert!(window.shows("gone.trace is left out"), "{:?}", window.words());
    let told = window.session().members.iter().filter(|member| matches!(member.outcome, Some(Err(_)))).count();
    assert!(told >= 1, "{:?}", window.session().members);
    // Nothing but what cannot be opened.
    let mut window = Window::empty();
    window.do_session(SessionAction::Open(vec![folder.path().join("gone.trace"), folder.path().join("gone too")]));
    assert!(matches!(window.session().stage, Stage::Failed(_)));
    assert!(window.shows("This session cannot be opened"));
    window.press("Close");
    assert!(window.0.state().state().session.is_none() && window.shows("Open the sample trace"));
}

#[test]
fn a_session_of_spans_alone_shows_its_requests() {
    let folder = tempfile::tempdir().expect("a folder");
    let files = unpack(OTEL, folder.path());
    let spans: Vec<PathBuf> =
        files.into_iter().filter(|file| file.extension().is_none_or(|end| end != "trace")).collect();
    assert!(!spans.is_empty());
    let mut window = Window::empty();
    window.act(FileAction::Open(spans[0].clone()));
    assert!(window.0.state().state().documents.is_empty() && !window.built().session.requests.is_empty());
    assert!(window.shows("Request lane") && window.shows("No service has a trace") || window.shows("Requests"));
    window.do_session(SessionAction::ShowRequest(Some(0)));
    window.press("Span ");
    assert!(window.shows("known from a span file alone"), "{:?}", window.words());
    window.do_session(SessionAction::Close);
    assert!(window.shows("Open the sample trace"));
}

#[test]
fn services_whose_traces_are_closed_have_no_lanes() {
    let mut window = opened(LOCK);
    let store = window.of("store").1.id;
    window.act(FileAction::CloseDocument(store));
    assert!(window.shows("Service backend") && !window.shows("Service store"));
    window.do_session(SessionAction::ShowRequest(Some(0))).press("Span GET /stock of store");
    assert!(window.shows("The trace of store is not open"));
    let others: Vec<DocumentId> = window.session().documents.iter().copied().flatten().collect();
    for id in others {
        window.act(FileAction::CloseDocument(id));
    }
    assert!(window.0.state().state().session.is_none() && window.shows("Open the sample trace"));
}

#[test]
fn lanes_fold_and_the_request_lane_too() {
    let mut window = opened(LOCK);
    window.press("Fold the lanes of backend");
    assert!(window.shows("Unfold the lanes of backend"));
    window.press("Unfold the lanes of backend");
    assert!(window.shows("Fold the lanes of backend") && window.front() == "backend");
    window.press("Fold the request lane");
    assert!(!window.shows("Request lane,") && window.session().is_lane_folded);
    window.do_session(SessionAction::ShowRequest(Some(2)));
    assert!(!window.session().is_lane_folded, "who chooses a request wants to see it");
    window.press("Show all requests");
    assert_eq!(window.session().request, None);
}

#[test]
fn a_second_request_stands_below_from_the_same_start() {
    let mut window = opened(LOCK);
    window.do_session(SessionAction::Against(Some(1)));
    assert_eq!(window.session().other, None, "there is none to show it below");
    window.do_session(SessionAction::ShowRequest(Some(0))).do_session(SessionAction::Against(Some(3)));
    window.do_session(SessionAction::LanePoints(400.0));
    assert!(window.shows("Show one request only"), "{:?}", window.words());
    let spans = [0, 3].map(|at| window.built().request(at).expect("a request").spans.len()).iter().sum::<usize>();
    let shown = window.words().iter().filter(|word| word.starts_with("Span ")).count();
    assert_eq!(shown, spans);
    window.press("Show one request only");
    assert_eq!(window.session().other, None);
}

#[test]
fn services_are_recorded_together_and_open_as_a_session() {
    let folder = tempfile::tempdir().expect("a folder");
    let unpacked = unpack(LOCK, folder.path());
    let trace = |at: usize| fs::read(&unpacked[at]).expect("a trace");
    let out = folder.path().join("new");
    let record = |action| Action::Session(SessionAction::Record(action));
    let mut window = Window::empty();
    window.act(record(RecordAction::Open));
    assert!(window.shows("Record services together"));
    let fields = |services: String| RecordFields {
        services,
        seconds: 1,
        headers: "X-Token: hush".to_owned(),
        folder: out.display().to_string(),
    };
    window.act(record(RecordAction::Fields(fields("backend".to_owned())))).press("Record");
    assert!(window.shows("expected e.g. backend=localhost:6060"), "{:?}", window.words());
    let refused = server("503 Service Unavailable", b"another trace is being recorded".to_vec());
    let services =
        format!("front={}\nback={}\nother={refused}", server("200 OK", trace(1)), server("200 OK", trace(0)),);
    window.act(record(RecordAction::Fields(fields(services)))).press_named("Record");
    assert!(window.shows("another trace is being recorded"), "the server's own words: {:?}", window.words());
    assert_eq!(window.built().session.requests.len(), 30);
    assert!(window.shows("Service front") && window.shows("Service back"));
    assert_eq!(fs::read(out.join("front.trace")).expect("it is saved"), trace(1));
    // What was recorded is never written over.
    let again = format!("front={}", server("200 OK", trace(0)));
    window.act(record(RecordAction::Fields(fields(again)))).press_named("Record");
    assert!(window.shows("is there already: name another folder"), "{:?}", window.words());
}

/// The window as a picture.
fn shot(name: &str, theme: ThemeChoice, size: [f32; 2], then: Vec<Action>) {
    let settings = Settings { theme, animate: false, ..Settings::default() };
    let mut app = TracelaneApp::new_headless(settings);
    let mut window = OffscreenWindow::new(size.into(), 1.0);
    let steps = std::iter::once(Action::File(FileAction::Open(zip(LOCK)))).chain(then);
    for action in steps {
        app.push(action);
        window.settle(|ui| {
            app.logic(ui.ctx());
            app.ui(ui);
        });
    }
    let image = window.paint(tokens::of(window.ctx()).background);
    picture::assert_same(name, &image, &picture::twin(window.shapes()));
}

#[test]
fn a_request_in_the_dark() {
    let show = Action::Session(SessionAction::ShowRequest(Some(0)));
    let panel = Action::Panel(PanelAction::OpenPanel(Panel::Request));
    shot("session-request", ThemeChoice::Dark, [1200.0, 760.0], vec![show, panel]);
}

#[test]
fn a_session_in_the_light() {
    shot("session-light", ThemeChoice::Light, [1200.0, 760.0], Vec::new());
}
