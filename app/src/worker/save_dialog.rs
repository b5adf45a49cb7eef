//! What is saved in files that the user is asked for: traces, parts of them, profiles, bookmarks, sessions.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use trace_core::analysis::profile::ProfileKind;
use trace_core::analysis::scope::Scope;
use trace_core::export::cut::Selection;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, FileAction, WorkerAction};
use crate::action::effect::SaveTo;
use crate::action::session_action::SessionAction;
use crate::fmt::escape::file_name::file_name;
use crate::output::{Inputs, NotWritten, Output};
use crate::remote;
use crate::state::app::FieldFor;
use crate::state::bookmarks::Notes;
use crate::state::document::DocumentId;
use crate::state::session::{Built, Said};
use crate::worker::effect_runner::EffectRunner;
use crate::worker::notes;
use crate::worker::open_dialog::{ChosenFile, ask_where};
use crate::worker::opened::Opened;
use crate::worker::typed_path::path_of;
use crate::worker::{part, query, session};

/// Where a save dialog said to write. The dialog has asked whether a file may be replaced.
const fn chosen<'a>(path: &'a Path, inputs: &'a Inputs) -> Output<'a> {
    Output { path, inputs, may_replace: true, keeps_traces: true, may_stream: false }
}

impl EffectRunner {
    /// Asks where, and writes a session file there.
    pub(super) fn save_session(&mut self, built: &Arc<Built>, said: &[Said], title: &str, inputs: &[PathBuf]) {
        if self.writer.is_none() || std::mem::replace(&mut self.asking, true) {
            return;
        }
        let inputs = self.inputs(inputs);
        let stem = title.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("session");
        let usual = file_name(&format!("{stem}.session.json"));
        let (mailbox, built, said) = (self.mailbox.clone(), Arc::clone(built), said.to_vec());
        let dialog = self.dialog("Save session").set_file_name(usual);
        self.run("save session", move || match ask_where(dialog, &mailbox) {
            ChosenFile::Chosen(path) => {
                let output = chosen(&path, &inputs);
                let saved = session::save(&built, &said, &output);
                mailbox.send(Action::Session(SessionAction::Saved(saved.map(|()| path))));
            }
            ChosenFile::Closed => mailbox.send(Action::Session(SessionAction::NotSaved)),
            ChosenFile::NoDialog => {
                let text = "This desktop offers no file dialog; `tracelane session FILE… -o FILE` saves sessions, too";
                mailbox.send(Action::Session(SessionAction::NotSaved));
                mailbox.send(Action::Notice(text.to_owned()));
            }
        });
    }

    /// Asks where, and writes bookmarks there.
    pub(super) fn export_notes(&mut self, bookmarks: Notes, title: &str, inputs: &[PathBuf]) {
        if self.writer.is_none() || std::mem::replace(&mut self.asking, true) {
            return;
        }
        let inputs = self.inputs(inputs);
        let usual = file_name(&format!("{title}.bookmarks.json"));
        let mailbox = self.mailbox.clone();
        let dialog = self.dialog("Export bookmarks").set_file_name(usual);
        self.run("export bookmarks", move || {
            let path = match ask_where(dialog, &mailbox) {
                ChosenFile::Chosen(path) => path,
                ChosenFile::Closed => return,
                ChosenFile::NoDialog => {
                    let text = "This desktop offers no file dialog, so there is nowhere to export to";
                    return mailbox.send(Action::Notice(text.to_owned()));
                }
            };
            let output = chosen(&path, &inputs);
            let shown = path.display();
            mailbox.send(Action::Notice(match notes::export(&bookmarks, &output) {
                Ok(()) => format!("Bookmarks exported to {shown}"),
                Err(why) => format!("{shown} could not be written: {why}"),
            }));
        });
    }

    /// Asks where, and writes a part of the trace in the file `path` there.
    pub(super) fn save_part(&mut self, path: PathBuf, title: &str, selection: Selection, inputs: &[PathBuf]) {
        let asked = SaveQuestion {
            title: "Save selection as trace",
            usual: file_name(&format!("{title}.part.trace")),
            no_dialog: "This desktop offers no file dialog; `tracelane cut FILE -o` writes parts, too",
        };
        self.ask_and_write(asked, self.inputs(inputs), move |output| part::save(&path, &selection, output));
    }

    /// Asks where, and writes the profile there.
    pub(super) fn save_profile(
        &mut self,
        trace: Arc<Trace>,
        title: &str,
        scope: Scope,
        kind: ProfileKind,
        inputs: &[PathBuf],
    ) {
        let asked = SaveQuestion {
            title: "Save as pprof",
            usual: file_name(&format!("{title}.{}.pb.gz", kind.name())),
            no_dialog: "This desktop offers no file dialog; `tracelane profile FILE -o` writes profiles, too",
        };
        self.ask_and_write(asked, self.inputs(inputs), move |output| query::save_profile(&trace, &scope, kind, output));
    }

    /// Asks where, and writes there on a thread.
    pub(super) fn ask_and_write(
        &mut self,
        asked: SaveQuestion,
        inputs: Inputs,
        write: impl FnOnce(&Output<'_>) -> Result<(), NotWritten> + Send + 'static,
    ) {
        if self.writer.is_none() {
            self.mailbox.send(Action::Notice("There is no dialog to ask for a file".to_owned()));
            return;
        }
        if std::mem::replace(&mut self.asking, true) {
            return;
        }
        let mailbox = self.mailbox.clone();
        let dialog = self.dialog(asked.title).set_file_name(asked.usual);
        self.run("save", move || match ask_where(dialog, &mailbox) {
            ChosenFile::Chosen(path) => mailbox.send(Action::Notice({
                let output = chosen(&path, &inputs);
                match write(&output) {
                    Ok(()) => format!("Saved {}", path.display()),
                    Err(error) => format!("{} could not be written: {error}", path.display()),
                }
            })),
            ChosenFile::Closed => {}
            ChosenFile::NoDialog => mailbox.send(Action::Notice(asked.no_dialog.to_owned())),
        });
    }

    /// Writes the bytes of a recorded trace where the user wants them.
    pub(super) fn save_trace(&mut self, document: DocumentId, name: String, to: SaveTo, inputs: &[PathBuf]) {
        let mailbox = self.mailbox.clone();
        let Some(spool) = self.opened.get(&document).and_then(Opened::spool) else {
            let what = "This trace can no longer be saved: its data was not retained".to_owned();
            mailbox.send(Action::Worker(WorkerAction::NotSaved(document, Some(what))));
            return;
        };
        if to == SaveTo::Asked && std::mem::replace(&mut self.asking, true) {
            let what = "The trace is not saved: another dialog is open".to_owned();
            mailbox.send(Action::Worker(WorkerAction::NotSaved(document, Some(what))));
            return;
        }
        let inputs = self.inputs(inputs);
        let dialog = self.dialog("Save trace as").set_file_name(file_name(&name));
        self.run("save", move || {
            let (path, may_replace) = match to {
                SaveTo::Typed(typed) => match path_to_save(&typed) {
                    Ok(path) => (path, false),
                    Err(why) => return mailbox.send(Action::Worker(WorkerAction::NotSaved(document, Some(why)))),
                },
                SaveTo::Replaced(path) => (path, true),
                SaveTo::Asked => {
                    match ask_where(dialog, &mailbox) {
                        // The dialog has asked whether a file may be replaced.
                        ChosenFile::Chosen(path) => (path, true),
                        ChosenFile::Closed => {
                            return mailbox.send(Action::Worker(WorkerAction::NotSaved(document, None)));
                        }
                        ChosenFile::NoDialog => {
                            return mailbox.send(Action::File(FileAction::AskPath(FieldFor::Save(document))));
                        }
                    }
                }
            };
            let output = Output { path: &path, inputs: &inputs, may_replace, keeps_traces: true, may_stream: false };
            mailbox.send(match spool.save(&output) {
                Ok(bytes) => Action::Worker(WorkerAction::Saved(document, path, bytes)),
                Err(NotWritten::Exists) => Action::Worker(WorkerAction::FileExists(document, path)),
                Err(NotWritten::Refused(why)) => Action::Worker(WorkerAction::NotSaved(
                    document,
                    Some(format!("{} could not be written: {why}", path.display())),
                )),
            });
        });
    }

    /// The files of open traces, as they are and as they were when they were opened.
    pub(super) fn inputs(&self, paths: &[PathBuf]) -> Inputs {
        let mut inputs = Inputs::of(paths.iter().map(PathBuf::as_path));
        for opened in self.opened.values() {
            if let Some(file) = opened.file() {
                inputs.add_opened(&file.path, file.id);
            }
        }
        inputs
    }
}

/// What a dialog that asks for a file to write to says.
pub(super) struct SaveQuestion {
    title: &'static str,
    /// The name that it proposes.
    usual: String,
    /// What is said where there are no dialogs.
    no_dialog: &'static str,
}

/// What was typed as the path of a new file.
fn path_to_save(typed: &str) -> Result<PathBuf, String> {
    let path = path_of(typed).map_err(|error| format!("{typed} could not be written: {error}"))?;
    if remote::is_address(&path) {
        return Err(format!("{typed} is an address; type the path of a file"));
    }
    Ok(path)
}
