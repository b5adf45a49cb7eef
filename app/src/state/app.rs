//! The root of the window's state.

use std::path::PathBuf;
use std::sync::Arc;

use trace_core::analysis::tags::TagRules;

use crate::link::text::Link;
use crate::state::comparison::OpenComparison;
use crate::state::dialog::{Dialog, Leave};
use crate::state::document::{Document, DocumentId};
use crate::state::fleet::Fleet;
use crate::state::palette::Palette;
use crate::state::record::RecordForm;
use crate::state::session::{Built, OpenSession};
use crate::state::settings::Settings;
use crate::state::sheet::{Sheet, Tour};
use crate::state::source::SourceView;

/// Everything the window knows. Changed in one place only: [`crate::action::reduce`].
#[derive(Clone, Debug, Default)]
pub struct AppState {
    /// Open traces, in the order of opening.
    pub documents: Vec<Document>,
    /// The one in front.
    pub active: Option<DocumentId>,
    /// Those of them that are compared, if any.
    pub pair: Option<OpenComparison>,
    /// The recordings that are open as one, if any.
    pub session: Option<OpenSession>,
    /// The many snapshots that are open as a table, if any.
    pub fleet: Option<Fleet>,
    /// The form that records several services together, while it is open.
    pub record: Option<RecordForm>,
    /// A file that was dropped on an open trace: to be opened, or compared with it.
    pub dropped: Option<PathBuf>,
    /// What is remembered between starts.
    pub settings: Settings,
    /// What stacks are about: the rules of the user's file of tags, and those that come along.
    pub tag_rules: Arc<TagRules>,
    /// The sheet of all keys is open.
    pub help_open: bool,
    /// The sheet over the window, while it is open.
    pub sheet: Option<Sheet>,
    /// The command, by its name, that gets the next key that is pressed.
    pub asked_key: Option<&'static str>,
    /// The guided tour, while it goes on.
    pub tour: Option<Tour>,
    /// The name that the present layout is to be saved under, as typed.
    pub layout_name: String,
    /// The panel that takes the place of all others, by its name.
    pub maximised: Option<&'static str>,
    /// The command palette, while it is open.
    pub palette: Option<Palette>,
    /// What the in-app path field is for.
    pub field_for: FieldFor,
    /// The in-app path field is open, with this text.
    pub path_field: Option<String>,
    /// The paths that begin with the text of the path field, once they are known.
    pub path_offers: Option<Vec<String>>,
    /// One line to tell the user, newest last, with the time (seconds of the UI clock) it appeared.
    pub notices: Vec<(f64, String)>,
    /// The desktop cannot drop files on the window.
    pub is_without_drops: bool,
    /// Nobody watches (pictures, tests): a frame waits until all that it shows is made.
    pub wait_for_all: bool,
    /// The list of warnings is unfolded.
    pub warnings_open: bool,
    /// Counts how often the search field was to get the focus.
    pub search_focus: u64,
    /// What the source panel shows.
    pub source: Option<SourceView>,
    /// The UI clock, seconds, as of the newest [`crate::action::action::Action::Tick`].
    pub now_seconds: f64,
    /// The number that the next document gets.
    pub next_document: u64,
    /// The question that has to be answered before anything else.
    pub dialog: Option<Dialog>,
    /// What is to happen once traces that are being saved are saved.
    pub leaving: Option<Leave>,
    /// The link whose file the user is choosing.
    pub asked_link: Option<Box<Link>>,
    /// The program is to end, and nothing more is asked.
    pub is_quitting: bool,
}

/// What is typed into the in-app path field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldFor {
    /// The path of a file to open.
    #[default]
    Open,
    /// The address of a server that records.
    Address,
    /// The paths of files, folders, archives or a session file that are one session.
    Together,
    /// The path of a session to compare the open one with.
    Contrast,
    /// The path of a file to compare the trace in front with.
    Compare,
    /// The path of a file to add to what is compared.
    Add,
    /// A folder with source files.
    SourceFolder,
    /// A lake, or a folder of traces.
    Fleet,
    /// The file of a link.
    Linked,
    /// Where to save the trace of this document.
    Save(DocumentId),
}

/// How long a notice stays, seconds.
pub const NOTICE_SECONDS: f64 = 5.0;

impl AppState {
    /// The document in front.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        let id = self.active?;
        self.documents.iter().find(|document| document.id == id)
    }

    /// A document by its name.
    #[must_use]
    pub fn document_by_id(&self, id: DocumentId) -> Option<&Document> {
        self.documents.iter().find(|document| document.id == id)
    }

    /// The pair whose traces are on show, with A and B: one of them is in front, and both have something to
    /// show.
    #[must_use]
    pub fn shown_pair(&self) -> Option<(&OpenComparison, [&Document; 2])> {
        let pair = self.pair.as_ref()?;
        pair.side_of(self.active?)?;
        let [a, b] = pair.sides.map(|id| self.document_by_id(id).filter(|document| document.has_lanes()));
        Some((pair, [a?, b?]))
    }

    /// The session that is on show: it is there, and one of its traces is in front, or nothing is.
    #[must_use]
    pub fn shown_session(&self) -> Option<(&OpenSession, &Built)> {
        let session = self.session.as_ref()?;
        let is_in_front = self.active.is_none_or(|id| session.service_of(id).is_some());
        Some((session, session.shown()?))
            .filter(|_| is_in_front && self.shown_pair().is_none())
            .map(|(session, built)| (session, built.as_ref()))
    }

    /// The newest notice, while it is to be seen.
    #[must_use]
    pub fn notice(&self) -> Option<&str> {
        let (since, text) = self.notices.last()?;
        (self.now_seconds - since < NOTICE_SECONDS).then_some(text.as_str())
    }

    /// Documents that would be lost if the program ended.
    #[must_use]
    pub fn unsaved(&self) -> Vec<DocumentId> {
        self.documents.iter().filter(|document| document.is_unsaved()).map(|document| document.id).collect()
    }

    /// Whether something would be lost if the program ended: a recording, or what was set by hand in a session.
    #[must_use]
    pub fn has_unsaved(&self) -> bool {
        self.documents.iter().any(Document::is_unsaved) || self.session.as_ref().is_some_and(OpenSession::is_unsaved)
    }

    /// Whether a question has to be answered before anything else.
    #[must_use]
    pub const fn is_asking(&self) -> bool {
        self.dialog.is_some() || self.dropped.is_some()
    }

    /// The document in front, to change it.
    pub fn document_mut(&mut self) -> Option<&mut Document> {
        let id = self.active?;
        self.documents.iter_mut().find(|document| document.id == id)
    }
}
