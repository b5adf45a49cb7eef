//! What can happen to a session, and what it has done outside of the state.

use std::path::PathBuf;
use std::sync::Arc;

use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::{Monitor, Progress};
use trace_core::base::time::TimeRange;
use trace_core::model::trace::Trace;

use crate::report::report::Report;
use crate::state::document::{DocumentId, Source};
use crate::state::record::{RecordFields, ServiceProgress};
use crate::state::rows::Rows;
use crate::state::session::{Built, Said, SessionAnswer, SessionQuery, Typed};

/// The trace of a service, to be shown as a document.
#[derive(Clone, Debug)]
pub struct MemberTrace {
    /// The service, by place.
    pub service: u32,
    /// Where the trace is.
    pub source: Source,
    /// The trace, for showing.
    pub trace: Arc<Trace>,
    /// The rows of its timeline.
    pub rows: Arc<Rows>,
}

/// Something to happen to the session.
#[derive(Clone, Debug)]
pub enum SessionAction {
    /// Open these files, folders and archives as one session; one that is open is closed.
    Open(Vec<PathBuf>),
    /// Ask the desktop for files to open as one session.
    OpenDialog,
    /// A worker: these are its files.
    Found(DocumentId, Vec<PathBuf>),
    /// A worker: how far each of them is.
    Progress(DocumentId, Vec<Progress>),
    /// A worker: the file at this place was read, or why not.
    Read(DocumentId, usize, Result<(), String>),
    /// A worker: all is there, with the traces to show; or why nothing is.
    Built(DocumentId, Result<(Arc<Built>, Vec<MemberTrace>), String>),
    /// A worker: it was made anew.
    Rebuilt(DocumentId, Arc<Built>),
    /// A worker: it is saved in this file, or why not.
    Saved(Result<PathBuf, String>),
    /// A worker: the user does not want it saved after all.
    NotSaved,
    /// Ask the desktop for another session to compare this one with.
    CompareDialog,
    /// Compare it with the session of this file, folder or archive.
    CompareWith(PathBuf),
    /// A worker: what changed from it to the session of this file, or why nothing came of it.
    Compared(DocumentId, PathBuf, Result<Arc<Report>, String>),
    /// Stop loading the session that is being opened.
    Stop,
    /// End it; its traces stay open.
    Leave,
    /// End it, and close its traces.
    Close,
    /// Have a worker find out something about it.
    Ask(SessionQuery),
    /// A worker: what it found.
    Answered(DocumentId, SessionQuery, SessionAnswer),
    /// Show a request, by its place; all of them if `None`.
    ShowRequest(Option<usize>),
    /// Show the next request of the list (1), or the one before (-1).
    StepRequest(i32),
    /// Hold the request that is shown against another one, or against none.
    Against(Option<usize>),
    /// Select a span and go to the longest wait of the goroutine that worked for it.
    ShowSpan(u32),
    /// The same at a place of the span: the longest wait in this stretch of the session, or what was done there.
    ShowSpanAt(u32, TimeRange),
    /// Select the task of a span in its service's trace, and go there.
    ShowTask(u32),
    /// Go to a stretch of the session on a goroutine of a service.
    GoTo(u32, GoroutineIdx, TimeRange),
    /// Bring a service's trace to the front with its findings, the one of this rank unfolded.
    ShowFinding(u32, usize),
    /// Show this stretch of the session.
    ShowRange(TimeRange),
    /// Fold the lanes of a service, or unfold them.
    FoldService(u32, bool),
    /// Fold or unfold the request lane.
    ToggleLane,
    /// Height of the request lane, points.
    LanePoints(f32),
    /// How far its rows are scrolled, points.
    ScrollLane(f32),
    /// What is typed into a field of the services.
    Type(Option<Typed>),
    /// What a file's service is called, and what is added to its clock: it is made anew.
    Say(usize, Said),
    /// Choose what a panel shows, by place.
    Choose(&'static str, usize),
    /// Save it as a session file: asks where.
    Save,
    /// Something about the form that records several services together.
    Record(RecordAction),
}

/// Something to happen to the form that records several services together.
#[derive(Clone, Debug)]
pub enum RecordAction {
    /// Show the form; one that is shown already keeps what is typed into it.
    Open,
    /// Close it, unless a recording goes on.
    Close,
    /// What is typed into it.
    Fields(RecordFields),
    /// Start recording at the addresses that were typed.
    Start,
    /// End the recording; what has come is kept.
    Stop,
    /// A worker: how far each service is.
    Progress(Vec<ServiceProgress>),
    /// A worker: what came of each, and the session file; or why there is none.
    Done(Vec<ServiceProgress>, Result<PathBuf, String>),
}

/// What has to be done outside of the state for a session.
#[derive(Clone, Debug)]
pub enum SessionEffect {
    /// Read its files, and make it of them.
    Open {
        /// The session that answers are for.
        id: DocumentId,
        /// The files of which it is made: traces, span files, archives or a session file.
        files: Vec<PathBuf>,
        /// Cancels the work when it is asked to.
        monitor: Monitor,
    },
    /// Make it of the same files again, with what the user says of them.
    Rebuild {
        /// The session that answers are for.
        id: DocumentId,
        /// The session as it is now.
        built: Arc<Built>,
        /// What the user says of each file.
        said: Vec<Said>,
        /// Cancels the work when it is asked to.
        monitor: Monitor,
    },
    /// Answer a question about it.
    Answer {
        /// The session that answers are for.
        id: DocumentId,
        /// The session that the question is about.
        built: Arc<Built>,
        /// The question to answer.
        query: SessionQuery,
        /// Cancels the work when it is asked to.
        monitor: Monitor,
    },
    /// Ask the desktop for files to open as one.
    AskForFiles,
    /// Ask the desktop for another session to compare this one with.
    AskForContrast,
    /// Compare it with another one.
    Compare {
        /// The session that answers are for.
        id: DocumentId,
        /// The session to compare: it is side A.
        built: Arc<Built>,
        /// The other one: a file, a folder or an archive.
        path: PathBuf,
        /// Cancels the work when it is asked to.
        monitor: Monitor,
    },
    /// Ask where, and write a session file there.
    Save {
        /// The session to save.
        built: Arc<Built>,
        /// What the user says of each file.
        said: Vec<Said>,
        /// What it is called.
        title: String,
        /// Files that must stay as they are.
        inputs: Vec<PathBuf>,
    },
    /// Record several services together, and save what comes.
    Record {
        /// Which, how long and where to.
        fields: RecordFields,
        /// To end it early.
        monitor: Monitor,
    },
    /// Let go of it, away from the UI thread.
    Discard(Arc<Built>),
}
