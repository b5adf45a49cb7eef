//! Where effects are carried out, and the mailbox in which the answers arrive.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;
use std::time::{Duration, Instant};

use trace_core::analysis::instant::{instant, next_change};
use trace_core::analysis::profile::ProfileKind;
use trace_core::analysis::scope::Scope;
use trace_core::base::limits::Limits;
use trace_core::base::monitor::Monitor;
use trace_core::model::trace::Trace;

use crate::action::action::{Action, ComparisonAction, FileAction, SourceAction, WorkerAction};
use crate::action::area::goroutines_of;
use crate::action::effect::{Effect, SaveTo};
use crate::action::fleet_action::{FleetAction, FleetEffect};
use crate::action::link_action::{LinkAction, LinkEffect};
use crate::action::session_action::{SessionAction, SessionEffect};
use crate::cache::Cache;
use crate::fmt::escape::file_name::file_name;
use crate::link::hash::Hashes;
use crate::link::text::is_link;
use crate::link::uri::path_of_uri;
use crate::output::{Inputs, NotWritten, Output};
use crate::remote;
use crate::report::arrange::arrange;
use crate::report::goroutine_dump::dump;
use crate::report::view::{Arranged, TableAction};
use crate::state::app::FieldFor;
use crate::state::bookmarks::Notes;
use crate::state::document::{DocumentId, Source};
use crate::state::rows::Rows;
use crate::state::session::{Built, Said};
use crate::state::settings::Settings;
use crate::worker::mailbox::{Mailbox, Wake};
use crate::worker::notes::{self, NotesStore};
use crate::worker::opened::Opened;
use crate::worker::settings_file::{SettingsFile, Writer};
use crate::worker::{
    compare_query, editor, fleet, follow, link, load, part, paths, query, search, session, source, sql,
};

/// How the names of traces, and of what traces are packed in, usually end.
const TRACES: [&str; 10] = ["trace", "out", "bin", "gz", "zst", "lz4", "zip", "tar", "tgz", "json"];
/// No person closes a dialog sooner.
const NO_DIALOG: Duration = Duration::from_millis(400);

/// Carries out the effects of actions, on threads where they take time.
pub struct EffectRunner {
    mailbox: Mailbox,
    arrived: Receiver<Action>,
    /// `None`: carry out at once on the calling thread, touch neither disk nor desktop.
    writer: Option<Writer>,
    sweeper: Option<Sender<Box<dyn Send>>>,
    cache: Cache,
    notes: NotesStore,
    /// What is known of files, by document.
    opened: BTreeMap<DocumentId, Opened>,
    /// Contents of files that links were made to, or looked for in.
    hashes: Hashes,
    asking: bool,
    /// What dialogs are made of: they belong to the window.
    dialog: rfd::FileDialog,
    /// The folder of the trace in front, in which dialogs begin.
    folder: Option<PathBuf>,
}

impl EffectRunner {
    /// With threads, and settings kept in `store`.
    #[must_use]
    pub fn new(wake: Wake, store: SettingsFile) -> Self {
        let (sender, arrived) = channel();
        let (sweeper, rubbish) = channel::<Box<dyn Send>>();
        // Giving back gigabytes takes a while.
        let cache = Cache::of_user(0);
        let left = cache.clone();
        let swept = Builder::new().name("sweep".into()).spawn(move || {
            left.remove_left_behind();
            rubbish.into_iter().for_each(drop);
        });
        Self {
            mailbox: Mailbox { sender, wake },
            arrived,
            writer: Some(Writer::start(store)),
            sweeper: swept.is_ok().then_some(sweeper),
            cache,
            notes: NotesStore::of_user(),
            opened: BTreeMap::new(),
            hashes: Hashes::default(),
            asking: false,
            dialog: rfd::FileDialog::new(),
            folder: None,
        }
    }

    /// Without threads: everything is done when [`EffectRunner::carry_out`] returns; no settings are
    /// written, no dialogs open. For tests and pictures.
    #[must_use]
    pub fn inline() -> Self {
        let (sender, arrived) = channel();
        let mailbox = Mailbox { sender, wake: Arc::new(|| {}) };
        Self {
            mailbox,
            arrived,
            writer: None,
            sweeper: None,
            cache: Cache::off(),
            notes: NotesStore::default(),
            opened: BTreeMap::new(),
            hashes: Hashes::default(),
            asking: false,
            dialog: rfd::FileDialog::new(),
            folder: None,
        }
    }

    /// Where others may leave actions, too.
    #[must_use]
    pub fn mailbox(&self) -> Mailbox {
        self.mailbox.clone()
    }

    /// Makes dialogs of this one from now on: it knows the window that they belong to.
    pub fn set_dialog(&mut self, dialog: rfd::FileDialog) {
        self.dialog = dialog;
    }

    /// Has dialogs begin in this folder from now on.
    pub fn look_in(&mut self, folder: Option<&Path>) {
        if let Some(folder) = folder.filter(|folder| self.folder.as_deref() != Some(folder)) {
            self.folder = Some(folder.to_path_buf());
        }
    }

    /// A dialog with this title, in the folder of the trace in front.
    fn dialog(&self, title: &str) -> rfd::FileDialog {
        let dialog = self.dialog.clone().set_title(title);
        match &self.folder {
            Some(folder) => dialog.set_directory(folder),
            None => dialog,
        }
    }

    /// The same, which asks for traces.
    fn traces_dialog(&self, title: &str) -> rfd::FileDialog {
        self.dialog(title).add_filter("Traces and archives", &TRACES).add_filter("All files", &["*"])
    }

    /// What has arrived since the last look. Never waits.
    #[must_use]
    pub fn arrived(&mut self) -> Vec<Action> {
        let actions: Vec<Action> = self.arrived.try_iter().collect();
        // A dialog answers with a file, or with this when it was closed.
        self.asking &= !actions.iter().any(|action| matches!(action, Action::Worker(WorkerAction::DialogClosed)));
        actions
    }

    /// Starts what an effect asks for. Effects on the window itself come back.
    pub fn carry_out(&mut self, effect: Effect, settings: &Settings) -> Option<Effect> {
        match effect {
            Effect::Load { document, source, monitor } => {
                limits(settings);
                let cache = self.cache.with_limit(settings.cache_bytes());
                if self.writer.is_some() {
                    let opened = Opened::default();
                    self.opened.insert(document, opened.clone());
                    let job = load::Job { document, source, monitor, cache, opened: Some(opened) };
                    load::start(job, self.mailbox.clone());
                } else {
                    let job = load::Job { document, source, monitor, cache, opened: None };
                    load::run(&job, &self.mailbox);
                }
            }
            Effect::Follow { document, path, monitor, stop, shown } => {
                let opened = self.opened.entry(document).or_default().clone();
                self.follow(follow::Job { document, path, monitor, stop, shown, opened, limits: limits(settings) });
            }
            Effect::WatchGrowth { document, path, stop } => {
                if self.writer.is_some() {
                    let before = self.opened.get(&document).and_then(Opened::face).map(|face| face.len);
                    follow::watch(document, path, before, stop, self.mailbox.clone());
                }
            }
            Effect::SaveTrace { document, name, to, inputs } => self.save_trace(document, name, to, &inputs),
            Effect::Forget(document) => drop(self.opened.remove(&document)),
            Effect::Cancel(monitor) => monitor.cancel(),
            Effect::MakeRows { document, trace, options } => {
                let mailbox = self.mailbox.clone();
                self.run("rows", move || {
                    let rows = Arc::new(Rows::build(&trace, &options));
                    mailbox.send(Action::Worker(WorkerAction::RowsMade(document, trace, rows)));
                });
            }
            Effect::AnswerQuery { document, trace, query, monitor } => {
                let mailbox = self.mailbox.clone();
                self.run("query", move || {
                    if let Some(answer) = query::answer(&trace, &query, &monitor) {
                        mailbox.send(Action::Worker(WorkerAction::Answered(document, trace, query, answer)));
                    }
                });
            }
            Effect::AnswerCompareQuery { query, measured, findings, monitor } => {
                self.answer_with("compare", move || {
                    let answer = compare_query::answer(&query, &measured, findings.as_deref(), &monitor)?;
                    Some(Action::Comparison(ComparisonAction::Answered(query, answer)))
                });
            }
            Effect::SaveProfile { trace, title, scope, kind, inputs } => {
                let inputs = self.inputs(&inputs);
                self.save_profile(trace, &title, scope, kind, inputs);
            }
            Effect::SavePart { path, title, selection, inputs } => {
                let inputs = self.inputs(&inputs);
                let asked = SaveQuestion {
                    title: "Save selection as trace",
                    usual: file_name(&format!("{title}.part.trace")),
                    no_dialog: "This desktop offers no file dialog; `tracelane cut FILE -o` writes parts, too",
                };
                self.ask_and_write(asked, inputs, move |output| part::save(&path, &selection, output));
            }
            Effect::Discard(trace, rows) => {
                if let Some(sweeper) = &self.sweeper {
                    // A sweeper that is gone leaves the dropping to this thread.
                    drop(sweeper.send(Box::new((trace, rows))));
                }
            }
            Effect::OpenTyped(text, purpose) => self.mailbox.send(typed(&text, purpose)),
            Effect::AskForFiles => self.ask_for_files(),
            Effect::AskForComparison { adds } => self.ask_for_comparison(adds),
            Effect::SaveSettings => {
                if let Some(writer) = &self.writer {
                    writer.write(settings.clone());
                }
            }
            Effect::ClearCache => self.clear_cache(),
            Effect::Session(effect) => self.session(effect, settings),
            Effect::Fleet(effect) => self.fleet(effect, settings),
            other => return self.use_tools(other, settings),
        }
        None
    }

    /// Carries out what concerns tables, the selection, moments, the search field and source files. Effects on the window itself come back.
    fn use_tools(&mut self, effect: Effect, settings: &Settings) -> Option<Effect> {
        match effect {
            Effect::Arrange { document, key, table, arrangement, monitor } => {
                self.answer_with("arrange", move || {
                    let rows = arrange(&table, &arrangement, &monitor)?.into();
                    let arranged = TableAction::Arranged(Arranged { table, arrangement, rows });
                    Some(Action::Table(document, key, arranged))
                });
            }
            Effect::ReadNotes { document, source } => {
                let store = self.notes.clone();
                if self.writer.is_some() {
                    self.answer_with("read notes", move || {
                        let (key, notes) = store.read(&source)?;
                        Some(Action::Worker(WorkerAction::NotesRead(document, key, notes)))
                    });
                }
            }
            Effect::SaveNotes { key, notes } => {
                let store = self.notes.clone();
                if self.writer.is_some() {
                    self.answer_with("save notes", move || {
                        let error = store.write(&key, &notes).err()?;
                        Some(Action::Notice(format!("Bookmarks could not be saved: {error}")))
                    });
                }
            }
            Effect::ExportNotes { notes, title, inputs } => self.export_notes(notes, &title, &inputs),
            Effect::AskForNotes(document) => {
                let dialog = self.dialog("Import bookmarks").add_filter("Bookmarks", &["json"]);
                self.import_notes(document, move || dialog.pick_file());
            }
            Effect::FindChange { document, trace, at, later } => self.answer_with("next change", move || {
                let found = next_change(&trace, at, later);
                Some(Action::Worker(WorkerAction::ChangeFound(document, at, found)))
            }),
            Effect::CopyDump { trace, at } => self.answer_with("dump", move || {
                let found = instant(&trace, at, &Monitor::new())?;
                Some(Action::Copy(dump(&trace, &found)))
            }),
            Effect::FindRowGoroutines { document, trace, all, rows, range } => {
                self.answer_with("selected rows", move || {
                    let gos = goroutines_of(&trace, &all, (&rows, range));
                    Some(Action::Worker(WorkerAction::RowGoroutines(document, rows, gos)))
                });
            }
            Effect::Search { document, trace, text, rules, filters, monitor } => {
                let mailbox = self.mailbox.clone();
                self.run("search", move || {
                    search::run(&search::Job { document, trace, text, rules, filters, monitor }, &mailbox);
                });
            }
            Effect::RunSql { document, trace, file, sql: text, number, monitor } => {
                let mailbox = self.mailbox.clone();
                self.run("sql", move || {
                    sql::run(&sql::Job { document, trace, file, sql: text, number, monitor }, &mailbox);
                });
            }
            Effect::ListPaths(typed) => self.list_paths(typed),
            Effect::ReadSource(place, folders) => self.answer_with("source", move || {
                let text = source::read(&place.file, &folders);
                Some(Action::Worker(WorkerAction::SourceRead(place, text)))
            }),
            Effect::OpenInEditor(path, line) => {
                let template = settings.editor.clone();
                if self.writer.is_some() {
                    self.answer_with("editor", move || editor::open(&template, &path, line).err().map(Action::Notice));
                }
            }
            Effect::Link(effect) => self.link(effect),
            Effect::AskForSourceFolder => {
                let dialog = self.dialog("Folder with source code");
                self.ask(
                    FieldFor::SourceFolder,
                    |folder| SourceAction::AddSourceFolder(folder).into(),
                    move || dialog.pick_folder().map(|path| vec![path]),
                );
            }
            other => return Some(other),
        }
        None
    }

    /// Does what a session needs done.
    fn session(&mut self, effect: SessionEffect, settings: &Settings) {
        match effect {
            SessionEffect::AskForFiles => self.ask_for_session(),
            SessionEffect::AskForContrast => {
                let dialog = self.traces_dialog("Compare the session with another one");
                let pick = move || dialog.pick_file().map(|path| vec![path]);
                self.ask(FieldFor::Contrast, |path| SessionAction::CompareWith(path).into(), pick);
            }
            SessionEffect::Save { built, said, title, inputs } => self.save_session(&built, &said, &title, &inputs),
            SessionEffect::Discard(built) => {
                if let Some(sweeper) = &self.sweeper {
                    // A sweeper that is gone leaves the dropping to this thread.
                    drop(sweeper.send(Box::new(built)));
                }
            }
            effect => {
                limits(settings);
                let mailbox = self.mailbox.clone();
                self.run("session", move || session::run(effect, &mailbox));
            }
        }
    }

    /// Asks for a folder of many snapshots, or reads and watches one.
    fn fleet(&mut self, effect: FleetEffect, settings: &Settings) {
        match effect {
            FleetEffect::AskForFolder => {
                let dialog = rfd::FileDialog::new().set_title("A lake, or a folder of traces");
                let pick = move || dialog.pick_folder().map(|path| vec![path]);
                self.ask(FieldFor::Fleet, |path| Action::Fleet(FleetAction::Open(path)), pick);
            }
            FleetEffect::Read { id, folder, monitor } => {
                limits(settings);
                let (mailbox, watches) = (self.mailbox.clone(), self.writer.is_some());
                self.run("fleet", move || fleet::run(id, &folder, watches, &monitor, &mailbox));
            }
        }
    }

    /// Asks for files, all of which are one session.
    fn ask_for_session(&mut self) {
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

    /// Asks where, and writes a session file there.
    fn save_session(&mut self, built: &Arc<Built>, said: &[Said], title: &str, inputs: &[PathBuf]) {
        if self.writer.is_none() || std::mem::replace(&mut self.asking, true) {
            return;
        }
        let inputs = self.inputs(inputs);
        let stem = title.split('.').next().filter(|stem| !stem.is_empty()).unwrap_or("session");
        let usual = file_name(&format!("{stem}.session.json"));
        let (mailbox, built, said) = (self.mailbox.clone(), Arc::clone(built), said.to_vec());
        let dialog = self.dialog("Save session").set_file_name(usual);
        self.run("save session", move || {
            match ask_where(dialog, &mailbox) {
                ChosenFile::Chosen(path) => {
                    // The dialog has asked whether a file may be replaced.
                    let output = Output {
                        path: &path,
                        inputs: &inputs,
                        may_replace: true,
                        keeps_traces: true,
                        may_stream: false,
                    };
                    let saved = session::save(&built, &said, &output);
                    mailbox.send(Action::Session(SessionAction::Saved(saved.map(|()| path))));
                }
                ChosenFile::Closed => mailbox.send(Action::Session(SessionAction::NotSaved)),
                ChosenFile::NoDialog => {
                    let text =
                        "This desktop offers no file dialog; `tracelane session FILE… -o FILE` saves sessions, too";
                    mailbox.send(Action::Session(SessionAction::NotSaved));
                    mailbox.send(Action::Notice(text.to_owned()));
                }
            }
        });
    }

    fn follow(&self, job: follow::Job) {
        if self.writer.is_some() {
            follow::start(job, self.mailbox.clone());
        } else {
            let follow::Job { document, path, monitor, .. } = job;
            let (source, cache) = (Source::Path(path), Cache::off());
            load::run(&load::Job { document, source, monitor, cache, opened: None }, &self.mailbox);
        }
    }

    /// Waits until the settings are on disk. When the program ends.
    pub fn finish(&mut self) {
        if let Some(writer) = self.writer.take() {
            writer.finish();
        }
    }

    fn ask_for_files(&mut self) {
        let dialog = self.traces_dialog("Open Go execution traces");
        self.ask(FieldFor::Open, |path| FileAction::Open(path).into(), move || dialog.pick_files());
    }

    fn ask_for_comparison(&mut self, adds: bool) {
        let dialog = self.traces_dialog("Compare with another Go execution trace");
        let pick = move || dialog.pick_file().map(|path| vec![path]);
        if adds {
            self.ask(FieldFor::Add, |path| ComparisonAction::AddToComparison(path).into(), pick);
        } else {
            self.ask(FieldFor::Compare, |path| ComparisonAction::CompareWith(path).into(), pick);
        }
    }

    /// Opens a dialog, one at a time, and sends what `made` makes of each file that was chosen. Where the desktop has
    /// no dialogs, the path field serves `purpose`.
    fn ask(
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

    /// Does what a link needs done.
    fn link(&mut self, effect: LinkEffect) {
        if matches!(effect, LinkEffect::AskForFile) {
            let dialog = self.traces_dialog("The file of the link");
            let pick = move || dialog.pick_file().map(|path| vec![path]);
            return self.ask(FieldFor::Linked, |path| LinkAction::Chosen(path).into(), pick);
        }
        let (hashes, mailbox) = (self.hashes.clone(), self.mailbox.clone());
        let is_real = self.writer.is_some();
        self.run("link", move || {
            let downloads = || directories::UserDirs::new()?.download_dir().map(Path::to_path_buf);
            let downloads = if is_real { downloads() } else { None };
            link::carry_out(effect, &hashes, downloads).into_iter().for_each(|action| mailbox.send(action));
        });
    }

    /// Removes the models kept on disk.
    fn clear_cache(&self) {
        let (cache, mailbox) = (self.cache.clone(), self.mailbox.clone());
        self.run("clear cache", move || {
            mailbox.send(Action::Notice(match cache.clear() {
                Ok(bytes) => format!("The cache is empty; {} freed", megabytes(bytes)),
                Err(error) => format!("The cache cannot be removed: {error}"),
            }));
        });
    }

    /// Asks where, and writes bookmarks there.
    fn export_notes(&mut self, bookmarks: Notes, title: &str, inputs: &[PathBuf]) {
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
            let output =
                Output { path: &path, inputs: &inputs, may_replace: true, keeps_traces: true, may_stream: false };
            let shown = path.display();
            mailbox.send(Action::Notice(match notes::export(&bookmarks, &output) {
                Ok(()) => format!("Bookmarks exported to {shown}"),
                Err(why) => format!("{shown} could not be written: {why}"),
            }));
        });
    }

    /// Asks for a file, and reads bookmarks from it.
    fn import_notes(&mut self, document: DocumentId, pick: impl FnOnce() -> Option<PathBuf> + Send + 'static) {
        if self.writer.is_none() || std::mem::replace(&mut self.asking, true) {
            return;
        }
        let mailbox = self.mailbox.clone();
        self.run("import bookmarks", move || {
            let chosen = pick();
            mailbox.send(Action::Worker(WorkerAction::DialogClosed));
            let Some(path) = chosen else { return };
            mailbox.send(match notes::import(&path) {
                Ok(found) => Action::Worker(WorkerAction::NotesImported(document, found)),
                Err(why) => Action::Notice(format!("{} could not be imported: {why}", path.display())),
            });
        });
    }

    /// The files of open traces, as they are and as they were when they were opened.
    fn inputs(&self, paths: &[PathBuf]) -> Inputs {
        let mut inputs = Inputs::of(paths.iter().map(PathBuf::as_path));
        for opened in self.opened.values() {
            if let Some((path, id)) = opened.file() {
                inputs.add_opened(&path, id);
            }
        }
        inputs
    }

    /// Asks where, and writes the profile there.
    fn save_profile(&mut self, trace: Arc<Trace>, title: &str, scope: Scope, kind: ProfileKind, inputs: Inputs) {
        let asked = SaveQuestion {
            title: "Save as pprof",
            usual: file_name(&format!("{title}.{}.pb.gz", kind.name())),
            no_dialog: "This desktop offers no file dialog; `tracelane profile FILE -o` writes profiles, too",
        };
        self.ask_and_write(asked, inputs, move |output| query::save_profile(&trace, &scope, kind, output));
    }

    /// Asks where, and writes there on a thread.
    fn ask_and_write(
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
        self.run("save", move || {
            match ask_where(dialog, &mailbox) {
                ChosenFile::Chosen(path) => mailbox.send(Action::Notice({
                    // The dialog has asked whether a file may be replaced.
                    let output = Output {
                        path: &path,
                        inputs: &inputs,
                        may_replace: true,
                        keeps_traces: true,
                        may_stream: false,
                    };
                    match write(&output) {
                        Ok(()) => format!("Saved {}", path.display()),
                        Err(error) => format!("{} could not be written: {error}", path.display()),
                    }
                })),
                ChosenFile::Closed => {}
                ChosenFile::NoDialog => mailbox.send(Action::Notice(asked.no_dialog.to_owned())),
            }
        });
    }

    /// Finds the paths that begin with what is typed.
    fn list_paths(&self, typed: String) {
        self.answer_with("paths", move || {
            let offers = paths::beginning_with(&typed);
            Some(Action::Worker(WorkerAction::PathsListed(typed, offers)))
        });
    }

    /// Sends what `job` comes to, unless it was cancelled.
    fn answer_with(&self, name: &str, job: impl FnOnce() -> Option<Action> + Send + 'static) {
        let mailbox = self.mailbox.clone();
        self.run(name, move || job().into_iter().for_each(|action| mailbox.send(action)));
    }

    /// Writes the bytes of a recorded trace where the user wants them.
    fn save_trace(&mut self, document: DocumentId, name: String, to: SaveTo, inputs: &[PathBuf]) {
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

    fn run(&self, name: &str, job: impl FnOnce() + Send + 'static) {
        if self.writer.is_none() {
            job();
        } else if let Err(error) = Builder::new().name(name.to_owned()).spawn(job) {
            self.mailbox.send(Action::Notice(format!("Could not start a thread: {error}")));
        }
    }
}

/// What a dialog that asks for a file to write to says.
struct SaveQuestion {
    title: &'static str,
    /// The name that it proposes.
    usual: String,
    /// What is said where there are no dialogs.
    no_dialog: &'static str,
}

/// What came of asking for a file to write to.
enum ChosenFile {
    /// The user chose this file.
    Chosen(PathBuf),
    /// The user closed the dialog.
    Closed,
    /// The desktop has none.
    NoDialog,
}

/// Waits for the answer of the desktop's dialog, on a thread that has nothing else to do.
fn ask_where(dialog: rfd::FileDialog, mailbox: &Mailbox) -> ChosenFile {
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

/// What was typed as the path of a new file.
fn path_to_save(typed: &str) -> Result<PathBuf, String> {
    let path = path_of(typed).map_err(|error| format!("{typed} could not be written: {error}"))?;
    if remote::is_address(&path) {
        return Err(format!("{typed} is an address; type the path of a file"));
    }
    Ok(path)
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

/// What packed files may unpack to, as the settings now say.
fn limits(settings: &Settings) -> Limits {
    remote::set_unlimited(settings.unpack_without_limit);
    remote::limits()
}

/// What opens what was typed into the path field.
fn typed(text: &str, purpose: FieldFor) -> Action {
    if is_link(text.trim()) {
        return LinkAction::Open(text.trim().to_owned(), None).into();
    }
    if purpose == FieldFor::Together {
        return match paths_of(text) {
            Ok(paths) => Action::Session(SessionAction::Open(paths)),
            Err(error) => Action::Notice(format!("{text} cannot be opened: {error}")),
        };
    }
    let completed = if purpose == FieldFor::Address { remote::completed(text.trim()) } else { text.to_owned() };
    match path_of(&completed) {
        Ok(path) => match purpose {
            FieldFor::Compare => Action::Comparison(ComparisonAction::CompareWith(path)),
            FieldFor::Add => Action::Comparison(ComparisonAction::AddToComparison(path)),
            FieldFor::Contrast => Action::Session(SessionAction::CompareWith(path)),
            FieldFor::Fleet => Action::Fleet(FleetAction::Open(path)),
            FieldFor::Linked => LinkAction::Chosen(path).into(),
            FieldFor::SourceFolder => Action::Source(SourceAction::AddSourceFolder(path)),
            FieldFor::Open | FieldFor::Address | FieldFor::Together | FieldFor::Save(_) => {
                Action::File(FileAction::Open(path))
            }
        },
        Err(error) => Action::Notice(format!("{text} cannot be opened: {error}")),
    }
}

/// Several paths as they are typed, with spaces between them: those that hold spaces are quoted. A text that is the path of a
/// file as a whole is that. `NAME=PATH` names a service.
fn paths_of(typed: &str) -> io::Result<Vec<PathBuf>> {
    let whole = path_of(typed)?;
    if whole.exists() {
        return Ok(vec![whole]);
    }
    let mut words: Vec<String> = Vec::new();
    let (mut quote, mut is_open) = (None, false);
    for c in typed.trim().chars() {
        match quote {
            Some(end) if c == end => quote = None,
            None if matches!(c, '"' | '\'') => (quote, is_open) = (Some(c), is_open || words.is_empty()),
            None if c.is_whitespace() => is_open = false,
            _ => {
                if !std::mem::replace(&mut is_open, true) {
                    words.push(String::new());
                }
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    let path = |word: &String| match word.split_once('=') {
        Some((name, file)) if !name.is_empty() && !name.contains(['/', '\\', ':']) && !Path::new(word).exists() => {
            Ok(PathBuf::from(format!("{name}={}", path_of(file)?.display())))
        }
        _ => path_of(word),
    };
    words.iter().map(path).collect()
}

fn path_of(typed: &str) -> io::Result<PathBuf> {
    let text = typed.trim().trim_matches(['"', '\'']);
    if let Some(path) = path_of_uri(text) {
        return Ok(path);
    }
    let named = remote::named(PathBuf::from(text));
    if remote::is_address(&named) {
        return Ok(named);
    }
    let home = || directories::BaseDirs::new().map(|places| places.home_dir().to_path_buf());
    match text.strip_prefix('~').map(|rest| (rest.trim_start_matches('/'), home())) {
        Some((rest, Some(home))) => Ok(home.join(rest)),
        _ => std::path::absolute(text),
    }
}
