//! Several recordings that are open as one session: how far they are loaded, what was found in them, and what of it the
//! user looks at.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use trace_core::base::monitor::{Monitor, Progress};
use trace_core::base::time::{TimeRange, TraceTime};
use trace_core::base::visible::visible;
use trace_core::model::trace::Trace;
use trace_core::session::clock::ClockMap;
use trace_core::session::crossing::{Crossing, CrossingEnd, Crossings};
use trace_core::session::path::Explained;
use trace_core::session::pattern::Patterns;
use trace_core::session::waterfall::WaterfallRow;
use trace_core::session::{Input, Request, Service, Session, SessionSpan};

use crate::fmt::time::unix_nanos;
use crate::report::report::Report;
use crate::report::session::map::Edge;
use crate::report::session::why::Causes;
use crate::report::table::Table;
use crate::report::view::TableSession;
use crate::state::dialog::LeaveSession;
use crate::state::document::DocumentId;
use crate::state::view::View;

/// A file of a session while it is loaded.
#[derive(Clone, Debug, Default)]
pub struct Member {
    /// Where the file is.
    pub path: PathBuf,
    /// How far it is.
    pub progress: Progress,
    /// It was read; a sentence if it could not be.
    pub outcome: Option<Result<(), String>>,
}

/// How far a session is.
#[derive(Clone, Debug)]
pub enum Stage {
    /// Its files are read, or it is made of them.
    Loading(Monitor),
    /// It is made, and can be asked.
    Ready,
    /// Nothing came of it: a sentence that says why.
    Failed(String),
}

/// What the files of a session hold: what it is made of, and made of again with other names and offsets.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// The files, as they are.
    pub inputs: Vec<Input>,
    /// Where they are, in the same order.
    pub paths: Vec<PathBuf>,
    /// What was left out, and why.
    pub notes: Vec<String>,
    /// What the session file says about it.
    pub text: String,
    /// Patterns by which ids are found in logs.
    pub patterns: Patterns,
    /// Those of them that the session file adds, as written there.
    pub pattern_text: String,
    /// The colours that the user chose, in the order of the files.
    pub colors: Vec<Option<[u8; 3]>>,
}

impl Members {
    /// The colours that the user chose, by the place of the service.
    #[must_use]
    pub fn colors_of(&self, session: &Session) -> Vec<Option<[u8; 3]>> {
        let of = |service: &Service| self.colors.get(service.input?).copied().flatten();
        session.services.iter().map(of).collect()
    }
}

/// A session as a worker made it. Names in it are lines in which every character can be seen.
#[derive(Debug, Default)]
pub struct Built {
    /// What it was made of.
    pub members: Arc<Members>,
    /// The session itself.
    pub session: Arc<Session>,
    /// Where requests pass from one process to another.
    pub crossings: Crossings,
    /// What it holds, as tables.
    pub report: Report,
    /// Calls between services, whatever served them.
    pub edges: Vec<Edge>,
    /// In which column of the map each service stands.
    pub columns: Vec<usize>,
    /// The slowest span that served a call, for each row of the table of calls.
    pub slowest_calls: Vec<u32>,
    /// How long requests took, rising, nanoseconds; of many some, evenly.
    pub durations: Vec<f64>,
    /// The requests on rows, so that those of one row do not overlap; by start, by place.
    pub lanes: Vec<Vec<u32>>,
}

impl Built {
    /// A table of its report.
    #[must_use]
    pub fn table(&self, id: &str) -> Option<&Arc<Table>> {
        self.report.tables.iter().find(|table| table.id == id)
    }

    /// The request at this place; `None` if there are fewer.
    #[must_use]
    pub fn request(&self, at: usize) -> Option<&Request> {
        self.session.requests.get(at)
    }

    /// The span at this place; `None` if there are fewer.
    #[must_use]
    pub fn span(&self, at: u32) -> Option<&SessionSpan> {
        self.session.spans.get(at as usize)
    }

    /// The service at this place; `None` if there are fewer.
    #[must_use]
    pub fn service(&self, at: u32) -> Option<&Service> {
        self.session.services.get(at as usize)
    }

    /// The stretch of the session that a request takes, from its first span to the last end.
    #[must_use]
    pub fn range_of(&self, request: &Request) -> Option<TimeRange> {
        let spans = request.spans.iter().filter_map(|(at, _)| self.span(*at));
        let ranges = spans.map(|span| TimeRange::new(TraceTime(span.start), TraceTime(span.end())));
        ranges.reduce(|a, b| TimeRange::new(a.start.min(b.start), a.end.max(b.end)))
    }

    /// The call of a crossing in words: `frontend → backend`.
    #[must_use]
    pub fn crossing_name(&self, crossing: &Crossing) -> String {
        let name = |end: &CrossingEnd| self.service(end.service).map_or("", |service| service.name.as_str());
        format!("{} → {}", name(&crossing.from), name(&crossing.to))
    }
}

/// What can be asked of a session. A key: equal questions have equal answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionQuery {
    /// The picture of a request, and where its time went.
    Request(usize),
    /// Where the time of the slowest requests went, and the findings of all services.
    Causes,
}

/// A request, as it is shown.
#[derive(Clone, Debug)]
pub struct RequestView {
    /// Its spans, in the order of the tree.
    pub rows: Vec<WaterfallRow>,
    /// Where its time went.
    pub explained: Explained,
    /// The same as tables.
    pub report: Report,
}

/// What came of a question.
#[derive(Clone, Debug)]
pub enum SessionAnswer {
    /// The answer to [`SessionQuery::Request`].
    Request(Arc<RequestView>),
    /// The answer to [`SessionQuery::Causes`].
    Causes(Arc<Causes>),
    /// The worker met a fault of its own.
    Failed,
}

/// How far a question is.
#[derive(Clone, Debug)]
pub enum SessionQueryState {
    /// A worker is at it.
    Asked(Monitor),
    /// The answer is there.
    Answered(SessionAnswer),
}

/// Answers that are kept: the oldest go first.
const KEPT: usize = 32;

/// The questions asked of a session.
#[derive(Clone, Debug, Default)]
pub struct SessionQueries {
    list: Vec<(SessionQuery, SessionQueryState)>,
}

impl SessionQueries {
    /// How far a question is; `None` if it was not asked yet.
    #[must_use]
    pub fn get(&self, query: SessionQuery) -> Option<&SessionQueryState> {
        self.list.iter().find(|known| known.0 == query).map(|known| &known.1)
    }

    /// Puts a new question on the list; the monitor to give its worker. `None` if it is there already. Who asks for a
    /// request waits for no other.
    pub fn ask(&mut self, query: SessionQuery) -> Option<Monitor> {
        if self.get(query).is_some() {
            return None;
        }
        let is_request = matches!(query, SessionQuery::Request(_));
        self.list.retain(|(known, state)| match (known, state) {
            (SessionQuery::Request(_), SessionQueryState::Asked(monitor)) if is_request => {
                monitor.cancel();
                false
            }
            _ => true,
        });
        if self.list.len() >= KEPT {
            self.list.remove(0);
        }
        let monitor = Monitor::new();
        self.list.push((query, SessionQueryState::Asked(monitor.clone())));
        Some(monitor)
    }

    /// Notes an answer to a question that is still asked.
    pub fn answered(&mut self, query: SessionQuery, answer: SessionAnswer) {
        if let Some(known) = self.list.iter_mut().find(|known| known.0 == query) {
            known.1 = SessionQueryState::Answered(answer);
        }
    }

    /// Forgets all, and stops the workers.
    pub fn clear(&mut self) {
        for (_, state) in self.list.drain(..) {
            if let SessionQueryState::Asked(monitor) = state {
                monitor.cancel();
            }
        }
    }
}

/// Another session that one is compared with, and what came of it.
#[derive(Clone, Debug)]
pub struct Contrast {
    /// The file, folder or archive of the other one.
    pub path: PathBuf,
    /// How far that is.
    pub stage: ContrastStage,
}

/// How far a comparison of two sessions is.
#[derive(Clone, Debug)]
pub enum ContrastStage {
    /// A worker reads the other one and compares.
    Working(Monitor),
    /// What changed, as sentences and a table.
    Done(Arc<Report>),
    /// Nothing came of it: a sentence that says why.
    Failed(String),
}

/// What the user says of a file of a session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// What its service is called.
    pub name: Option<String>,
    /// What is added to its clock, nanoseconds.
    pub offset: Option<i64>,
    /// The colour of its service: red, green, blue. `None` for one by its place.
    pub color: Option<[u8; 3]>,
}

/// A session that is open.
#[derive(Clone, Debug)]
pub struct OpenSession {
    /// Tells sessions apart: answers of workers carry it. Tables of the session go by it, as those of a document do.
    pub id: DocumentId,
    /// The files, folders and archives as the user named them.
    pub files: Vec<PathBuf>,
    /// How far it is.
    pub stage: Stage,
    /// When loading began, seconds of the UI clock.
    pub since_seconds: f64,
    /// Its files, once they are known.
    pub members: Vec<Member>,
    /// What a worker made of them.
    pub built: Option<Arc<Built>>,
    /// A worker makes it anew, with other names or offsets.
    pub rebuilding: Option<Monitor>,
    /// The documents of its services, by the service's place; `None` if it has no trace, or that is closed.
    pub documents: Vec<Option<DocumentId>>,
    /// What the user says of each file.
    pub said: Vec<Said>,
    /// The same as it was when the session was opened, or saved last.
    pub saved: Vec<Said>,
    /// What a worker is saving of it.
    pub saving: Option<Vec<Said>>,
    /// What is to happen once it is saved.
    pub leaving: Option<LeaveSession>,
    /// Another session that it is compared with.
    pub contrast: Option<Contrast>,
    /// The request that is shown.
    pub request: Option<usize>,
    /// The one that it is held against.
    pub other: Option<usize>,
    /// The span of it that is selected.
    pub span: Option<u32>,
    /// What was asked about it.
    pub queries: SessionQueries,
    /// What the user does with its tables.
    pub tables: BTreeMap<String, TableSession>,
    /// What the user has chosen in its panels, by panel.
    pub choices: BTreeMap<&'static str, usize>,
    /// Services whose lanes are folded, by place.
    pub folded: Vec<bool>,
    /// The request lane is folded.
    pub is_lane_folded: bool,
    /// Its height, as the user has dragged it, points.
    pub lane_points: Option<f32>,
    /// How far the rows of the request lane are scrolled, points.
    pub lane_scroll: f32,
    /// What is typed into a field of the services, until it is left.
    pub typed: Option<Typed>,
    /// Whether all of it was shown once.
    pub is_fitted: bool,
}

/// What is typed into a field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    /// The service, by place.
    pub service: u32,
    /// It is the field for the offset, not the one for the name.
    pub is_offset: bool,
    /// The text of the field.
    pub text: String,
}

impl OpenSession {
    /// A session of which nothing is loaded yet.
    #[must_use]
    pub fn new(id: DocumentId, files: Vec<PathBuf>, monitor: Monitor) -> Self {
        Self {
            id,
            files,
            stage: Stage::Loading(monitor),
            since_seconds: 0.0,
            members: Vec::new(),
            built: None,
            rebuilding: None,
            documents: Vec::new(),
            said: Vec::new(),
            saved: Vec::new(),
            saving: None,
            leaving: None,
            contrast: None,
            request: None,
            other: None,
            span: None,
            queries: SessionQueries::default(),
            tables: BTreeMap::new(),
            choices: BTreeMap::new(),
            folded: Vec::new(),
            is_lane_folded: false,
            lane_points: None,
            lane_scroll: 0.0,
            typed: None,
            is_fitted: false,
        }
    }

    /// A short name for titles, on one line.
    #[must_use]
    pub fn title(&self) -> String {
        let name = |path: &PathBuf| {
            let shown = path.file_name().unwrap_or(path.as_os_str());
            visible(&shown.to_string_lossy()).into_owned()
        };
        match self.files.as_slice() {
            [] => "Session".to_owned(),
            [one] => name(one),
            [first, others @ ..] => format!("{} and {} more", name(first), others.len()),
        }
    }

    /// The service whose trace a document shows, by place.
    #[must_use]
    pub fn service_of(&self, document: DocumentId) -> Option<u32> {
        let at = self.documents.iter().position(|known| *known == Some(document))?;
        u32::try_from(at).ok()
    }

    /// The document of a service.
    #[must_use]
    pub fn document_of(&self, service: u32) -> Option<DocumentId> {
        self.documents.get(service as usize).copied().flatten()
    }

    /// What was made of its files, once it is.
    #[must_use]
    pub fn shown(&self) -> Option<&Arc<Built>> {
        self.built.as_ref().filter(|_| matches!(self.stage, Stage::Ready))
    }

    /// The clock of a service's trace.
    #[must_use]
    pub fn clock(&self, service: u32) -> Option<ClockMap> {
        Some(self.built.as_ref()?.service(service)?.clock.map)
    }

    /// The session's range on the clock of a service's trace.
    #[must_use]
    pub fn reach(&self, service: u32) -> Option<TimeRange> {
        let built = self.built.as_ref()?;
        let (service, range) = (built.service(service)?, built.session.range);
        Some(TimeRange::new(service.trace_time(range.start.0), service.trace_time(range.end.0)))
    }

    /// The file that a service's trace is from, by place.
    #[must_use]
    pub fn input_of(&self, service: u32) -> Option<usize> {
        self.built.as_ref()?.service(service)?.input
    }

    /// The colour that the user chose for a service, if any.
    #[must_use]
    pub fn color_of(&self, service: u32) -> Option<[u8; 3]> {
        self.said.get(self.input_of(service)?)?.color
    }

    /// What the user set by hand and has not saved in a session file.
    #[must_use]
    pub fn is_unsaved(&self) -> bool {
        self.said != self.saved
    }

    /// The picture of the request that is shown, if a worker has made it.
    #[must_use]
    pub fn request_view(&self) -> Option<&Arc<RequestView>> {
        self.view_of(self.request?)
    }

    /// The picture of a request, if a worker has made it.
    #[must_use]
    pub fn view_of(&self, request: usize) -> Option<&Arc<RequestView>> {
        match self.queries.get(SessionQuery::Request(request)) {
            Some(SessionQueryState::Answered(SessionAnswer::Request(view))) => Some(view),
            _ => None,
        }
    }
}

/// Durations that are kept for a picture.
const DURATIONS: usize = 4_096;

/// How long requests took, rising, nanoseconds; of many some, evenly.
#[must_use]
pub fn durations(session: &Session) -> Vec<f64> {
    let root = |request: &Request| session.spans.get(request.root as usize);
    // They come longest first.
    let step = session.requests.len().div_ceil(DURATIONS).max(1);
    let rising = session.requests.iter().rev().filter_map(root).map(|span| span.nanos as f64);
    rising.step_by(step).collect()
}

/// Rows on which requests are packed at most; what does not fit lies on the last one.
const LANES: usize = 8;

/// Packs the requests of a session onto few rows: each on the first one that is free when it starts.
#[must_use]
pub fn packed(session: &Session) -> Vec<Vec<u32>> {
    let ends = |at: u32| {
        let span = session.spans.get(session.requests.get(at as usize)?.root as usize)?;
        Some((span.start, span.end()))
    };
    let mut order: Vec<(i64, i64, u32)> =
        (0..).zip(&session.requests).filter_map(|(at, _)| ends(at).map(|(start, end)| (start, end, at))).collect();
    order.sort_unstable();
    let mut rows: Vec<(i64, Vec<u32>)> = Vec::new();
    for (start, end, at) in order {
        let free = rows.iter().position(|(until, _)| *until <= start);
        let place = match free {
            Some(place) => place,
            None if rows.len() < LANES => {
                rows.push((i64::MIN, Vec::new()));
                rows.len() - 1
            }
            None => rows.len() - 1,
        };
        if let Some((until, row)) = rows.get_mut(place) {
            *until = end.max(*until);
            row.push(at);
        }
    }
    rows.into_iter().map(|(_, row)| row).collect()
}

/// The instant on the session's clock, nanoseconds.
#[must_use]
pub fn session_nanos(map: ClockMap, nanos: f64) -> f64 {
    nanos + map.offset as f64 + map.drift * (nanos - map.base as f64)
}

/// A view of a service's trace as one of the session.
#[must_use]
pub fn view_of_session(map: ClockMap, view: View) -> View {
    View {
        start_nanos: session_nanos(map, view.start_nanos),
        span_nanos: view.span_nanos * (1.0 + map.drift),
        scroll_points: 0.0,
    }
}

/// A view of the session as one of a service's trace.
#[must_use]
pub fn view_of_service(map: ClockMap, view: View, scroll_points: f64) -> View {
    let inverse = map.inverse();
    View {
        start_nanos: session_nanos(inverse, view.start_nanos),
        span_nanos: view.span_nanos * (1.0 + inverse.drift),
        scroll_points,
    }
}

/// Unix time minus the session's, nanoseconds: by the first service whose trace tells the wall clock, since the clocks of
/// several need not agree. `None` if none does.
#[must_use]
pub fn unix_of(session: &Session) -> Option<i128> {
    session.services.iter().find_map(|service| {
        let trace = service.trace.as_ref()?;
        let start = trace.range().start;
        Some(unix_nanos(trace, start)? - i128::from(service.session_time(start)))
    })
}

/// The trace of a service, if it has one.
#[must_use]
pub fn trace_of(session: &Session, service: u32) -> Option<&Arc<Trace>> {
    session.services.get(service as usize)?.trace.as_ref()
}

/// A path on one line.
#[must_use]
pub fn shown_path(path: &Path) -> String {
    visible(&path.to_string_lossy()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn views_go_to_the_session_and_back() {
        let map = ClockMap { base: 1_000_000, offset: -5_000, drift: 1e-4 };
        let view = View { start_nanos: 2_000_000.0, span_nanos: 10_000.0, scroll_points: 7.0 };
        let there = view_of_session(map, view);
        assert_eq!((there.start_nanos, there.scroll_points), (2_000_000.0 - 5_000.0 + 100.0, 0.0));
        let back = view_of_service(map, there, 7.0);
        assert!((back.start_nanos - view.start_nanos).abs() < 0.01, "{back:?}");
        assert!((back.span_nanos - view.span_nanos).abs() < 0.01 && back.scroll_points == 7.0, "{back:?}");
    }

    #[test]
    fn who_asks_for_a_request_waits_for_no_other() {
        let mut queries = SessionQueries::default();
        let causes = queries.ask(SessionQuery::Causes);
        let first = queries.ask(SessionQuery::Request(1));
        assert!(queries.ask(SessionQuery::Request(1)).is_none(), "asked once");
        queries.ask(SessionQuery::Request(2));
        assert!(first.is_some_and(|monitor| monitor.is_cancelled()));
        assert!(causes.is_some_and(|monitor| !monitor.is_cancelled()));
        queries.answered(SessionQuery::Request(1), SessionAnswer::Failed);
        assert!(queries.get(SessionQuery::Request(1)).is_none(), "an answer that nobody waits for");
    }

    #[test]
    fn titles_name_the_first_file() {
        let titled = |files: &[&str]| {
            OpenSession::new(DocumentId(0), files.iter().map(PathBuf::from).collect(), Monitor::new()).title()
        };
        assert_eq!(titled(&["/a/shop.zip"]), "shop.zip");
        assert_eq!(titled(&["/a/f.trace", "/a/b.trace", "/a/s.json"]), "f.trace and 2 more");
    }
}
