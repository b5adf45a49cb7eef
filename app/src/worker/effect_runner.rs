//! Where effects are carried out, and where the answers arrive. Dialogs that ask for files to open are in
//! `open_dialog.rs`, what is saved in `save_dialog.rs`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::Builder;

use trace_core::analysis::instant::{instant, next_change};
use trace_core::base::limits::Limits;
use trace_core::base::monitor::Monitor;

use crate::action::action::{Action, ComparisonAction, WorkerAction};
use crate::action::area::goroutines_of;
use crate::action::effect::{Effect, WindowEffect};
use crate::action::fleet_action::{FleetAction, FleetEffect};
use crate::action::link_action::{LinkAction, LinkEffect};
use crate::action::session_action::{SessionAction, SessionEffect};
use crate::cache::Cache;
use crate::link::hash::Hashes;
use crate::remote;
use crate::report::arrange::arrange;
use crate::report::goroutine_dump::dump;
use crate::report::view::{Arranged, TableAction};
use crate::state::app::FieldFor;
use crate::state::bookmarks::Notes;
use crate::state::document::{DocumentId, Source};
use crate::state::rows::Rows;
use crate::state::settings::Settings;
use crate::worker::mailbox::{Mailbox, Wake};
use crate::worker::notes::{self, NotesStore};
use crate::worker::opened::Opened;
use crate::worker::settings_file::{SettingsFile, Writer};
use crate::worker::typed_path::typed;
use crate::worker::{compare_query, editor, fleet, follow, link, load, paths, query, search, session, source, sql};

/// Carries out the effects of actions, on threads where they take time.
pub struct EffectRunner {
    pub(super) mailbox: Mailbox,
    arrived: Receiver<Action>,
    /// `None`: carry out at once on the calling thread, touch neither disk nor desktop.
    pub(super) writer: Option<Writer>,
    sweeper: Option<Sender<Box<dyn Send>>>,
    cache: Cache,
    notes: NotesStore,
    /// What is known of files, by document.
    pub(super) opened: BTreeMap<DocumentId, Opened>,
    /// Contents of files that links were made to, or looked for in.
    hashes: Hashes,
    pub(super) asking: bool,
    /// What dialogs are made of: they belong to the window.
    pub(super) dialog: rfd::FileDialog,
    /// The folder of the trace in front, in which dialogs begin.
    pub(super) folder: Option<PathBuf>,
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

    /// What has arrived since the last look. Never waits.
    #[must_use]
    pub fn arrived(&mut self) -> Vec<Action> {
        let actions: Vec<Action> = self.arrived.try_iter().collect();
        // A dialog answers with a file, or with this when it was closed.
        self.asking &= !actions.iter().any(|action| matches!(action, Action::Worker(WorkerAction::DialogClosed)));
        actions
    }

    /// Starts what an effect asks for. Effects on the window itself come back.
    pub fn carry_out(&mut self, effect: Effect, settings: &Settings) -> Option<WindowEffect> {
        match effect {
            Effect::Window(effect) => return Some(effect),
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
                    let before =
                        self.opened.get(&document).and_then(Opened::fingerprint).map(|fingerprint| fingerprint.len);
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
                self.save_profile(trace, &title, scope, kind, &inputs);
            }
            Effect::SavePart { path, title, selection, inputs } => self.save_part(path, &title, selection, &inputs),
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
            other => self.use_tools(other, settings),
        }
        None
    }

    /// Carries out what concerns tables, the selection, moments, the search field and source files.
    fn use_tools(&mut self, effect: Effect, settings: &Settings) {
        match effect {
            Effect::Arrange { document, key, table, arrangement, monitor } => {
                self.answer_with("arrange", move || {
                    let rows = arrange(&table, &arrangement, &monitor)?.into();
                    let arranged = TableAction::Arranged(Arranged { table, arrangement, rows });
                    Some(Action::Table(document, key, arranged))
                });
            }
            Effect::ReadNotes { document, source } => self.read_notes(document, source),
            Effect::SaveNotes { key, notes } => self.save_notes(key, notes),
            Effect::ExportNotes { notes, title, inputs } => self.export_notes(notes, &title, &inputs),
            Effect::AskForNotes(document) => self.import_notes(document),
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
            Effect::OpenInEditor(path, line) => self.open_in_editor(path, line, settings),
            Effect::Link(effect) => self.link(effect),
            Effect::AskForSourceFolder => self.ask_for_source_folder(),
            // See `carry_out`.
            Effect::Window(..)
            | Effect::Load { .. }
            | Effect::Follow { .. }
            | Effect::WatchGrowth { .. }
            | Effect::SaveTrace { .. }
            | Effect::Forget(..)
            | Effect::Cancel(..)
            | Effect::MakeRows { .. }
            | Effect::AnswerQuery { .. }
            | Effect::AnswerCompareQuery { .. }
            | Effect::SaveProfile { .. }
            | Effect::SavePart { .. }
            | Effect::Discard(..)
            | Effect::OpenTyped(..)
            | Effect::AskForFiles
            | Effect::AskForComparison { .. }
            | Effect::SaveSettings
            | Effect::ClearCache
            | Effect::Session(..)
            | Effect::Fleet(..) => {}
        }
    }

    fn read_notes(&self, document: DocumentId, source: Source) {
        let store = self.notes.clone();
        if self.writer.is_some() {
            self.answer_with("read notes", move || {
                let notes::KeptNotes { key, notes } = store.read(&source)?;
                Some(Action::Worker(WorkerAction::NotesRead(document, key, notes)))
            });
        }
    }

    fn save_notes(&self, key: String, notes: Notes) {
        let store = self.notes.clone();
        if self.writer.is_some() {
            self.answer_with("save notes", move || {
                let error = store.write(&key, &notes).err()?;
                Some(Action::Notice(format!("Bookmarks could not be saved: {error}")))
            });
        }
    }

    fn open_in_editor(&self, path: PathBuf, line: u64, settings: &Settings) {
        let template = settings.editor.clone();
        if self.writer.is_some() {
            self.answer_with("editor", move || editor::open(&template, &path, line).err().map(Action::Notice));
        }
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

    /// Finds the paths that begin with what is typed.
    fn list_paths(&self, typed: String) {
        self.answer_with("paths", move || {
            let offers = paths::beginning_with(&typed);
            Some(Action::Worker(WorkerAction::PathsListed(typed, offers)))
        });
    }

    /// Sends what `job` comes to, unless it was cancelled.
    pub(super) fn answer_with(&self, name: &str, job: impl FnOnce() -> Option<Action> + Send + 'static) {
        let mailbox = self.mailbox.clone();
        self.run(name, move || job().into_iter().for_each(|action| mailbox.send(action)));
    }

    pub(super) fn run(&self, name: &str, job: impl FnOnce() + Send + 'static) {
        if self.writer.is_none() {
            job();
        } else if let Err(error) = Builder::new().name(name.to_owned()).spawn(job) {
            self.mailbox.send(Action::Notice(format!("Could not start a thread: {error}")));
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{} MB", bytes.div_ceil(1_000_000))
}

/// What packed files may unpack to, as the settings now say.
fn limits(settings: &Settings) -> Limits {
    remote::set_unlimited(settings.unpack_without_limit);
    remote::limits()
}
