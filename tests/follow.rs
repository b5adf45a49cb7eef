//! A file that grows while it is looked at: what lands is added, and what the user chose stays.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use trace_core::base::ids::GoroutineIdx;
use trace_core::base::monitor::Monitor;
use trace_core::load::load_bytes;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::{Action, FileAction, SelectAction, ViewAction};
use tracelane::raster::window::OffscreenWindow;
use tracelane::shell::app::TracelaneApp;
use tracelane::state::app::AppState;
use tracelane::state::dialog::{Dialog, Leave, Reply};
use tracelane::state::document::{Document, DocumentId, LoadState, Source};
use tracelane::state::view::Selection;
use tracelane::worker::settings_file::SettingsFile;

use crate::archive;
use crate::fixtures;

/// Looks before a test gives up.
const PATIENCE: usize = 3_000;

/// A window with its threads.
struct Window {
    frames: OffscreenWindow,
    app: TracelaneApp,
}

impl Window {
    fn new(folder: &Path) -> Self {
        let mut frames = OffscreenWindow::new(egui::vec2(1000.0, 700.0), 1.0);
        let mut app = None;
        frames.frame(Vec::new(), |ui| app = Some(TracelaneApp::new(ui.ctx(), SettingsFile::in_folder(folder))));
        Self { frames, app: app.expect("a frame") }
    }

    fn act(&mut self, action: impl Into<Action>) {
        self.app.push(action);
        self.frame();
    }

    fn frame(&mut self) {
        let app = &mut self.app;
        self.frames.frame(Vec::new(), |ui| {
            app.logic(ui.ctx());
            app.ui(ui);
        });
    }

    fn document(&self) -> &Document {
        self.app.state().document().expect("a document")
    }

    fn wait(&mut self, what: &str, done: impl Fn(&Document) -> bool) {
        for _ in 0..PATIENCE {
            self.frame();
            if done(self.document()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let document = self.document();
        panic!("waited in vain: {what}; {:?}, {:?}", document.load, document.trace.totals());
    }

    fn wait_for(&mut self, what: &str, done: impl Fn(&AppState) -> bool) {
        for _ in 0..PATIENCE {
            self.frame();
            if done(self.app.state()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("waited in vain: {what}; {:?}", self.app.state().notices);
    }
}

fn append(path: &Path, bytes: &[u8]) {
    let mut file = OpenOptions::new().append(true).create(true).open(path).expect("a file");
    file.write_all(bytes).expect("room");
}

fn events(bytes: &[u8]) -> u64 {
    load_bytes(bytes, &Monitor::new(), &mut |_| {}).expect("a trace").totals().events
}

fn fixture(name: &str) -> Vec<u8> {
    fs::read(fixtures::data().join("real").join(name)).expect("a fixture")
}

#[test]
fn a_file_that_is_written_is_shown_as_it_grows() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("growing.trace");
    let whole = fixture("generations-go1.27.trace");
    let total = events(&whole);
    // Nothing is there at first: not even a header.
    append(&path, b"go 1.2");
    let mut window = Window::new(folder.path());
    window.act(FileAction::OpenToFollow(path.clone()));
    append(&path, &whole[6..whole.len() / 2]);
    window.wait("first lanes", |document| document.has_lanes() && !document.is_loading());
    let first = window.document().trace.totals().events;
    assert!(first > 0 && first < total);
    assert!(window.document().is_following());
    assert_eq!(window.document().warnings().count(), 0, "a torn end is no damage");

    window.act(SelectAction::GoToLane(LaneId::Goroutine(GoroutineIdx(0))));
    window.act(SelectAction::StepSpan(1));
    window.act(ViewAction::Zoom { factor: 0.2, at: None });
    let (selection, view) = (window.document().selection, window.document().view);
    assert!(matches!(selection, Selection::Span(_)));
    append(&path, &whole[whole.len() / 2..]);
    window.wait("the rest", |document| document.trace.totals().events == total);
    assert_eq!(window.document().selection, selection);
    assert_eq!(window.document().view, view, "the view stays");
    assert!(window.document().is_following());

    window.act(FileAction::SetFollow(window.document().id, false));
    window.wait("the end", |document| document.following.is_none());
    assert!(matches!(window.document().load, LoadState::Ready));
    assert_eq!(window.document().trace.totals().events, total);
}

/// A file that a program has not begun to write yet: it is waited for, and said so.
#[test]
fn a_file_that_is_not_there_yet_is_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("later.trace");
    let mut window = Window::new(folder.path());
    window.act(FileAction::OpenToFollow(path.clone()));
    std::thread::sleep(Duration::from_millis(600));
    window.frame();
    assert!(window.document().is_loading() && window.document().is_following(), "{:?}", window.document().load);
    append(&path, &fixture("workers-go1.27.trace"));
    window.wait("the trace", |document| document.has_lanes() && !document.is_loading());
    assert!(window.document().is_following());
    // Given up, it is no failure of the file's.
    window.act(FileAction::OpenToFollow(folder.path().join("never.trace")));
    let id = window.document().id;
    window.act(FileAction::CancelLoad(id));
    assert_eq!(window.app.state().documents.len(), 1);
}

/// A file that is open already: nothing is asked of it before it grows; then following is offered.
#[test]
fn a_file_that_grows_offers_to_be_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("growing.trace");
    let whole = fixture("generations-go1.23.trace");
    append(&path, &whole[..whole.len() / 3]);
    let mut window = Window::new(folder.path());
    window.act(FileAction::Open(path.clone()));
    window.wait("the file", |document| matches!(document.load, LoadState::Ready));
    assert!(window.document().warnings().count() > 0, "it is cut");
    let first = window.document().trace.totals().events;
    std::thread::sleep(Duration::from_millis(100));
    append(&path, &whole[whole.len() / 3..whole.len() / 2]);
    window.wait("the offer", |document| document.has_grown);
    assert_eq!(window.document().trace.totals().events, first, "nothing is read unasked");
    window.act(FileAction::SetFollow(window.document().id, true));
    window.wait("what was added", |document| document.trace.totals().events > first);
    assert_eq!(window.document().warnings().count(), 0);
    // It rests, then goes on: it is read anew, and nothing goes back meanwhile.
    std::thread::sleep(Duration::from_secs(4));
    append(&path, &whole[whole.len() / 2..]);
    let total = events(&whole);
    window.wait("the rest", |document| document.trace.totals().events == total);
    window.act(FileAction::CloseDocument(window.document().id));
}

/// Another trace of the same length takes the place of the file, by a new file or in the old one.
#[test]
fn a_trace_that_takes_anothers_place_is_shown() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("same.trace");
    let traces = ["workers-go1.27.trace", "tasks-go1.27.trace", "sync-go1.22.trace"].map(fixture);
    let len = traces.iter().map(Vec::len).max().expect("three");
    // As long as each other: text at the end of a trace costs nothing of it.
    let [first, second, third] = traces.map(|mut bytes| {
        bytes.resize(len, b'.');
        bytes
    });
    append(&path, &first);
    let mut window = Window::new(folder.path());
    window.act(FileAction::OpenToFollow(path.clone()));
    window.wait("the file", |document| document.trace.totals().events == events(&first));
    let other = folder.path().join("other");
    append(&other, &second);
    fs::rename(&other, &path).expect("moved");
    window.wait("the other", |document| document.trace.totals().events == events(&second));
    assert!(window.document().is_following());
    fs::write(&path, &third).expect("room");
    window.wait("what was written over it", |document| document.trace.totals().events == events(&third));
    window.act(FileAction::CloseDocument(window.document().id));
}

/// A document that closes takes its threads along; a file that vanishes is told of.
#[test]
fn a_file_that_vanishes_stays_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("growing.trace");
    let whole = fixture("workers-go1.27.trace");
    append(&path, &whole);
    let mut window = Window::new(folder.path());
    window.act(FileAction::OpenToFollow(path.clone()));
    window.wait("the file", |document| document.trace.totals().complete);
    fs::remove_file(&path).expect("removed");
    window.wait("the end", |document| document.following.is_none());
    assert!(
        window
            .app
            .state()
            .notices
            .iter()
            .any(|(_, text)| text.starts_with("Following ") && text.contains(" has ended: "))
    );
    assert_eq!(window.document().trace.totals().events, events(&whole));
    assert!(window.document().is_unsaved(), "it is nowhere else now");
    let (id, saved) = (window.document().id, folder.path().join("saved.trace"));
    window.act(FileAction::SaveTrace(id, Some(saved.display().to_string())));
    window.wait("saved", |document| !document.is_unsaved());
    assert_eq!(fs::read(&saved).expect("saved"), whole);
}

/// Every trace of an archive is a document, in the order of their names.
#[test]
fn an_archive_opens_all_its_traces() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("two.zip");
    let names = ["workers-go1.27.trace", "workers-go1.21.trace"];
    fs::write(&path, archive::stored(&names.map(|name| (name, fixture(name))))).expect("room");
    let mut window = Window::new(folder.path());
    window.app.push(FileAction::Open(path));
    for _ in 0..PATIENCE {
        window.frame();
        let documents = &window.app.state().documents;
        if documents.len() == 2 && documents.iter().all(|document| matches!(document.load, LoadState::Ready)) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let titles: Vec<String> = window.app.state().documents.iter().map(|document| document.source.title()).collect();
    assert_eq!(titles, ["workers-go1.21.trace", "workers-go1.27.trace"]);
}

/// What a server recorded can be saved as it came, but not over a file that is open.
#[test]
fn a_recorded_trace_can_be_saved() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes = fixture("workers-go1.27.trace");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}/debug/pprof/trace?seconds=1", listener.local_addr().expect("an address"));
    let body = bytes.clone();
    let server = std::thread::Builder::new().name("server".to_owned()).spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut asked = [0; 1024];
        let count = std::io::Read::read(&mut stream, &mut asked).expect("a request");
        assert!(count > 0);
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        stream.write_all(&[head.as_bytes(), &body].concat()).expect("the client listens");
    });
    let mine = folder.path().join("mine.trace");
    append(&mine, &fixture("gc-go1.27.trace"));
    let mut window = Window::new(folder.path());
    window.act(FileAction::Open(mine.clone()));
    window.wait("the file", |document| matches!(document.load, LoadState::Ready));
    window.act(FileAction::Open(address.clone().into()));
    window.wait("the recording", |document| matches!(document.load, LoadState::Ready));
    server.expect("a thread").join().expect("served");
    assert_eq!(window.app.state().settings.recent_addresses, [address]);
    let id = window.document().id;
    let saved = folder.path().join("saved.trace");
    for (path, word) in [(&saved, "Saved"), (&mine, "could not be written")] {
        window.act(FileAction::SaveTrace(id, Some(path.display().to_string())));
        for _ in 0..PATIENCE {
            window.frame();
            if window.app.state().notices.last().is_some_and(|(_, text)| text.contains(word)) {
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        assert!(window.app.state().notices.last().is_some_and(|(_, text)| text.contains(word)), "{word}");
    }
    assert_eq!(fs::read(&saved).expect("saved"), bytes);
    assert_eq!(fs::read(&mine).expect("there"), fixture("gc-go1.27.trace"), "never over the source");
}

/// A file that was followed and holds something else now: what it held stays, and can be saved.
#[test]
fn what_a_rewritten_file_held_is_kept() {
    let (first, second) = (fixture("workers-go1.27.trace"), fixture("tasks-go1.27.trace"));
    let longer = [second.clone(), vec![b'.'; first.len()]].concat();
    let moved = |path: &Path, bytes: &[u8]| {
        let other = path.with_extension("new");
        fs::write(&other, bytes).expect("room");
        fs::rename(&other, path).expect("moved");
    };
    let in_place = |path: &Path, bytes: &[u8]| fs::write(path, bytes).expect("room");
    type Rewrite<'a> = &'a dyn Fn(&Path, &[u8]);
    let ways: [(&str, Rewrite<'_>, &[u8]); 4] = [
        ("another file", &moved, &second),
        ("in place", &in_place, &second),
        ("in place and longer", &in_place, &longer),
        ("emptied", &in_place, b""),
    ];
    for (way, rewrite, bytes) in ways {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("run.trace");
        append(&path, &first);
        let mut window = Window::new(folder.path());
        window.act(FileAction::OpenToFollow(path.clone()));
        window.wait("the file", |document| document.trace.totals().events == events(&first));
        let kept = window.document().id;
        rewrite(&path, bytes);
        window.wait_for(way, |state| state.documents.len() == 2);
        if !bytes.is_empty() {
            window.wait(way, |document| document.trace.totals().events == events(bytes));
        }
        let state = window.app.state();
        let earlier = state.document_by_id(kept).expect("it is kept");
        assert_eq!(earlier.trace.totals().events, events(&first), "{way}");
        assert_eq!(earlier.source, Source::Earlier { path: path.clone(), number: 1 }, "{way}");
        assert!(earlier.is_unsaved() && earlier.following.is_none(), "{way}");
        assert!(window.document().is_following() && !window.document().is_unsaved(), "{way}");
        // It is lost only by decision, and can be saved: but not over the file that is followed.
        window.act(FileAction::CloseDocument(kept));
        let asked = Dialog::Unsaved { documents: vec![kept], then: Leave::Close(kept) };
        assert_eq!(window.app.state().dialog, Some(asked), "{way}");
        window.act(FileAction::Reply(Reply::Cancel));
        window.act(FileAction::SaveTrace(kept, Some(path.display().to_string())));
        window.wait_for(way, |state| state.notices.iter().any(|(_, text)| text.contains("could not be written")));
        let saved = folder.path().join("saved.trace");
        window.act(FileAction::SaveTrace(kept, Some(saved.display().to_string())));
        window.wait_for(way, |state| !state.document_by_id(kept).expect("it is there").is_unsaved());
        assert_eq!(fs::read(&saved).expect("saved"), first, "{way}");
        assert_eq!(fs::read(&path).expect("there"), bytes, "{way}");
        window.act(FileAction::CloseDocument(kept));
        assert_eq!(window.app.state().documents.len(), 1, "{way}");
    }
}

/// The same bytes with another time, or in another file, are no other contents.
#[test]
fn a_file_that_is_only_touched_is_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.trace");
    let whole = fixture("generations-go1.27.trace");
    let half = whole.len() / 2;
    append(&path, &whole[..half]);
    let mut window = Window::new(folder.path());
    window.act(FileAction::OpenToFollow(path.clone()));
    window.wait("the half", |document| document.has_lanes() && !document.is_loading());
    let file = OpenOptions::new().write(true).open(&path).expect("it is there");
    file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("its time");
    let other = folder.path().join("other");
    fs::copy(&path, &other).expect("copied");
    std::thread::sleep(Duration::from_millis(500));
    fs::rename(&other, &path).expect("moved");
    std::thread::sleep(Duration::from_millis(500));
    append(&path, &whole[half..]);
    let total = events(&whole);
    window.wait("the rest", |document| document.trace.totals().events == total);
    assert_eq!(window.app.state().documents.len(), 1);
    assert!(window.document().is_following());
}

/// A program that writes its trace again and again does not fill memory: the file is followed no more.
#[test]
fn a_file_that_is_rewritten_again_and_again_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("run.trace");
    let traces = ["workers-go1.27.trace", "tasks-go1.27.trace"].map(fixture);
    append(&path, &traces[0]);
    let mut window = Window::new(folder.path());
    window.act(FileAction::OpenToFollow(path.clone()));
    for at in 1..=5 {
        window.wait("the file", |document| document.trace.totals().events == events(&traces[(at - 1) % 2]));
        fs::write(&path, &traces[at % 2]).expect("room");
        let is_kept = |document: &Document| matches!(document.source, Source::Earlier { .. });
        window.wait_for("the next", |state| state.documents.iter().filter(|document| is_kept(document)).count() == at);
    }
    assert_eq!(window.app.state().documents.len(), 5);
    assert!(window.app.state().documents.iter().all(Document::is_unsaved));
    assert!(window.app.state().notices.iter().any(|(_, text)| text.contains("rewritten again")));
    // Opened anew, it is followed again.
    window.act(FileAction::OpenToFollow(path.clone()));
    window.wait("the file", |document| document.is_following() && document.trace.totals().events == events(&traces[1]));
}

/// What came through a pipe is gone once it is closed, so that is asked first; saving goes on with what was asked.
#[cfg(unix)]
#[test]
fn what_came_through_a_pipe_is_not_lost_without_a_question() {
    let folder = tempfile::tempdir().expect("a folder");
    let (bytes, pipe) = (fixture("workers-go1.27.trace"), folder.path().join("pipe"));
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    let mut window = Window::new(folder.path());
    let mut ids = Vec::new();
    for at in 1..=2 {
        window.act(FileAction::Open(pipe.clone()));
        fs::write(&pipe, &bytes).expect("it is read");
        window.wait_for("the pipe", |state| {
            state.documents.len() == at && state.documents.iter().all(|known| matches!(known.load, LoadState::Ready))
        });
        ids.push(window.document().id);
    }
    assert!(window.app.state().documents.iter().all(Document::is_unsaved));
    window.act(FileAction::Quit);
    let asked = |then, documents: &[DocumentId]| Some(Dialog::Unsaved { documents: documents.to_vec(), then });
    assert_eq!(window.app.state().dialog, asked(Leave::Quit, &ids));
    window.act(FileAction::Reply(Reply::Cancel));
    assert!(!window.app.state().is_quitting && window.app.state().dialog.is_none());
    // Over an existing file only after another question.
    let saved = folder.path().join("saved.trace");
    fs::write(&saved, "mine").expect("room");
    window.act(FileAction::SaveTrace(ids[0], Some(saved.display().to_string())));
    let replace = Some(Dialog::Replace { document: ids[0], path: saved.clone() });
    window.wait_for("the question", |state| state.dialog == replace);
    assert_eq!(fs::read(&saved).expect("it is there"), b"mine");
    window.act(FileAction::Reply(Reply::Replace));
    window.wait_for("the first", |state| state.unsaved() == [ids[1]]);
    assert_eq!(fs::read(&saved).expect("saved"), bytes);
    window.act(FileAction::CloseDocument(ids[0]));
    assert_eq!(window.app.state().documents.len(), 1, "nothing is lost with what is saved");
    window.act(FileAction::Quit);
    assert_eq!(window.app.state().dialog, asked(Leave::Quit, &ids[1..]));
    window.act(FileAction::Reply(Reply::Discard));
    assert!(window.app.state().is_quitting);
}
