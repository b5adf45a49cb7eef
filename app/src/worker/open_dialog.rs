//! The desktop's dialogs that ask for files to open, one at a time, each on a thread that waits for it.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::action::action::{Action, ComparisonAction, FileAction, SourceAction, WorkerAction};
use crate::action::session_action::SessionAction;
use crate::state::app::FieldFor;
use crate::state::document::DocumentId;
use crate::worker::effect_runner::EffectRunner;
use crate::worker::mailbox::Mailbox;
use crate::worker::notes;

/// How the names of traces, and of what traces are packed in, usually end.
const TRACES: [&str; 10] = ["trace", "out", "bin", "gz", "zst", "lz4", "zip", "tar", "tgz", "json"];
/// No person closes a dialog sooner.
const NO_DIALOG: Duration = Duration::from_millis(400);

impl EffectRunner {
    /// A dialog with this title, in the folder of the trace in front.
    pub(super) fn dialog(&self, title: &str) -> rfd::FileDialog {
        let dialog = self.dialog.clone().set_title(title);
        match &self.folder {
            Some(folder) => dialog.set_directory(folder),
            None => dialog,
        }
    }

    /// The same, which asks for traces.
    pub(super) fn traces_dialog(&self, title: &str) -> rfd::FileDialog {
        self.dialog(title).add_filter("Traces and archives", &TRACES).add_filter("All files", &["*"])
    }

    /// Asks for files, all of which are one session.
    pub(super) fn ask_for_session(&mut self) {
        let dialog = self.traces_dialog("Open traces and span files together");
        let mailbox = self.mailbox.clone();
        let pick = move || {
            let files = dialog.pick_files()?;
            mailbox.send(Action::Session(SessionAction::Open(files)));
            // They have been sent together.
            Some(Vec::new())
        };
        self.ask(FieldFor::Together, |path| SessionAction::Open(vec![path]).into(), pick);
    }

    pub(super) fn ask_for_files(&mut self) {
        let dialog = self.traces_dialog("Open Go execution traces");
        self.ask(FieldFor::Open, |path| FileAction::Open(path).into(), move || dialog.pick_files());
    }

    pub(super) fn ask_for_comparison(&mut self, adds: bool) {
        let dialog = self.traces_dialog("Compare with another Go execution trace");
        let pick = move || dialog.pick_file().map(|path| vec![path]);
        if adds {
            self.ask(FieldFor::Add, |path| ComparisonAction::AddToComparison(path).into(), pick);
        } else {
            self.ask(FieldFor::Compare, |path| ComparisonAction::CompareWith(path).into(), pick);
        }
    }

    pub(super) fn ask_for_source_folder(&mut self) {
        let dialog = self.dialog("Folder with source code");
        let pick = move || dialog.pick_folder().map(|path| vec![path]);
        self.ask(FieldFor::SourceFolder, |folder| SourceAction::AddSourceFolder(folder).into(), pick);
    }

    /// Opens a dialog, one at a time, and sends what `made` makes of each file that was chosen. Where the desktop has
    /// no dialogs, the path field serves `purpose`.
    pub(super) fn ask(
        &mut self,
        purpose: FieldFor,
        made: fn(PathBuf) -> Action,
        pick: impl FnOnce() -> Option<Vec<PathBuf>> + Send + 'static,
    ) {
        if self.asking || self.writer.is_none() {
            return;
        }
        self.asking = true;
        let mailbox = self.mailbox.clone();
        self.run("dialog", move || {
            let begin = Instant::now();
            let chosen = pick();
            // Without a portal the answer is the same as "cancelled", only at once.
            let no_dialog = chosen.is_none() && begin.elapsed() < NO_DIALOG;
            chosen.into_iter().flatten().for_each(|path| mailbox.send(made(path)));
            mailbox.send(Action::Worker(WorkerAction::DialogClosed));
            if no_dialog {
                mailbox.send(Action::Notice("This desktop offers no file dialog: type or paste a path".to_owned()));
                mailbox.send(Action::File(FileAction::AskPath(purpose)));
            }
        });
    }

    /// Asks for a file, and reads bookmarks from it.
    pub(super) fn import_notes(&mut self, document: DocumentId) {
        if self.writer.is_none() || std::mem::replace(&mut self.asking, true) {
            return;
        }
        let mailbox = self.mailbox.clone();
        let dialog = self.dialog("Import bookmarks").add_filter("Bookmarks", &["json"]);
        self.run("import bookmarks", move || {
            let chosen = dialog.pick_file();
            mailbox.send(Action::Worker(WorkerAction::DialogClosed));
            let Some(path) = chosen else { return };
            mailbox.send(match notes::import(&path) {
                Ok(found) => Action::Worker(WorkerAction::NotesImported(document, found)),
                Err(why) => Action::Notice(format!("{} could not be imported: {why}", path.display())),
            });
        });
    }
}

/// What came of asking for a file to write to.
pub(super) enum ChosenFile {
    /// The user chose this file.
    Chosen(PathBuf),
    /// The user closed the dialog.
    Closed,
    /// The desktop has none.
    NoDialog,
}

/// Waits for the answer of the desktop's dialog, on a thread that has nothing else to do.
pub(super) fn ask_where(dialog: rfd::FileDialog, mailbox: &Mailbox) -> ChosenFile {
    let begin = Instant::now();
    let chosen = dialog.save_file();
    mailbox.send(Action::Worker(WorkerAction::DialogClosed));
    match chosen {
        Some(path) => ChosenFile::Chosen(path),
        // Without a portal the answer is the same as "cancelled", only at once.
        None if begin.elapsed() < NO_DIALOG => ChosenFile::NoDialog,
        None => ChosenFile::Closed,
    }
}
