//! A file that grows while it is looked at: what lands is added, and what the user chose stays.

#![expect(clippy::expect_used, reason = "a test ends where something is missing")]

#[path = "support/fixtures.rs"]
mod fixtures;

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use trace_core::base::ids::GoIx;
use trace_core::base::monitor::Monitor;
use trace_core::load::load_bytes;
use trace_core::model::lanes::LaneId;
use tracelane::action::action::Action;
use tracelane::raster::window::OffscreenWindow;
use tracelane::shell::app::TracelaneApp;
use tracelane::state::document::{Document, LoadState};
use tracelane::state::view::Selection;
use tracelane::worker::store::Store;

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
        frames.frame(Vec::new(), |ui| app = Some(TracelaneApp::new(ui.ctx(), Store::in_folder(folder))));
        Self { frames, app: app.expect("a frame") }
    }

    fn act(&mut self, action: Action) {
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
    window.act(Action::OpenToFollow(path.clone()));
    append(&path, &whole[6..whole.len() / 2]);
    window.wait("first lanes", |document| document.has_lanes() && !document.is_loading());
    let first = window.document().trace.totals().events;
    assert!(first > 0 && first < total);
    assert!(window.document().is_following());
    assert_eq!(window.document().warnings().count(), 0, "a torn end is no damage");

    window.act(Action::GoToLane(LaneId::Goroutine(GoIx(0))));
    window.act(Action::StepSpan(1));
    window.act(Action::Zoom { factor: 0.2, at: None });
    let (selection, view) = (window.document().selection, window.document().view);
    assert!(matches!(selection, Selection::Span(_)));
    append(&path, &whole[whole.len() / 2..]);
    window.wait("the rest", |document| document.trace.totals().events == total);
    assert_eq!(window.document().selection, selection);
    assert_eq!(window.document().view, view, "the view stays");
    assert!(window.document().is_following());

    window.act(Action::SetFollow(window.document().id, false));
    window.wait("the end", |document| document.following.is_none());
    assert!(matches!(window.document().load, LoadState::Ready));
    assert_eq!(window.document().trace.totals().events, total);
}

/// A file that is open already: nothing is asked of it before it grows; then following is offered.
#[test]
fn a_file_that_grows_offers_to_be_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("growing.trace");
    let whole = fixture("generations-go1.23.trace");
    append(&path, &whole[..whole.len() / 3]);
    let mut window = Window::new(folder.path());
    window.act(Action::Open(path.clone()));
    window.wait("the file", |document| matches!(document.load, LoadState::Ready));
    assert!(window.document().warnings().count() > 0, "it is cut");
    let first = window.document().trace.totals().events;
    std::thread::sleep(Duration::from_millis(100));
    append(&path, &whole[whole.len() / 3..whole.len() / 2]);
    window.wait("the offer", |document| document.has_grown);
    assert_eq!(window.document().trace.totals().events, first, "nothing is read unasked");
    window.act(Action::SetFollow(window.document().id, true));
    window.wait("what was added", |document| document.trace.totals().events > first);
    assert_eq!(window.document().warnings().count(), 0);
    // It rests, then goes on: it is read anew, and nothing goes back meanwhile.
    std::thread::sleep(Duration::from_secs(4));
    append(&path, &whole[whole.len() / 2..]);
    let total = events(&whole);
    window.wait("the rest", |document| document.trace.totals().events == total);
    window.act(Action::CloseDocument(window.document().id));
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
    window.act(Action::OpenToFollow(path.clone()));
    window.wait("the file", |document| document.trace.totals().events == events(&first));
    let other = folder.path().join("other");
    append(&other, &second);
    fs::rename(&other, &path).expect("moved");
    window.wait("the other", |document| document.trace.totals().events == events(&second));
    assert!(window.document().is_following());
    fs::write(&path, &third).expect("room");
    window.wait("what was written over it", |document| document.trace.totals().events == events(&third));
    window.act(Action::CloseDocument(window.document().id));
}

/// A document that closes takes its threads along; a file that vanishes is told of.
#[test]
fn a_file_that_vanishes_stays_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("growing.trace");
    let whole = fixture("workers-go1.27.trace");
    append(&path, &whole);
    let mut window = Window::new(folder.path());
    window.act(Action::OpenToFollow(path.clone()));
    window.wait("the file", |document| document.trace.totals().complete);
    fs::remove_file(&path).expect("removed");
    window.wait("the end", |document| document.following.is_none());
    assert!(window.app.state().notices.iter().any(|(_, text)| text.contains("followed")));
    assert_eq!(window.document().trace.totals().events, events(&whole));
}

/// Every trace of an archive is a document.
#[test]
fn an_archive_opens_all_its_traces() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("two.zip");
    fs::write(&path, stored(&["workers-go1.27.trace", "workers-go1.21.trace"])).expect("room");
    let mut window = Window::new(folder.path());
    window.app.push(Action::Open(path));
    for _ in 0..PATIENCE {
        window.frame();
        let documents = &window.app.state().documents;
        if documents.len() == 2 && documents.iter().all(|document| matches!(document.load, LoadState::Ready)) {
            break;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let titles: Vec<String> = window.app.state().documents.iter().map(|document| document.source.title()).collect();
    assert_eq!(titles, ["workers-go1.27.trace", "workers-go1.21.trace"]);
}

/// An archive of fixtures, as they are.
fn stored(names: &[&str]) -> Vec<u8> {
    let (mut out, mut directory) = (Vec::new(), Vec::new());
    let number = |len: usize| u32::try_from(len).expect("small").to_le_bytes();
    for name in names {
        let content = fixture(name);
        let mut common = vec![20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        common.extend([number(content.len()); 2].concat());
        common.extend(&number(name.len())[..2]);
        common.extend([0, 0]);
        directory.extend(b"PK\x01\x02\x14\0");
        directory.extend(&common);
        directory.extend([0; 10]);
        directory.extend(number(out.len()));
        directory.extend(name.as_bytes());
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(name.as_bytes());
        out.extend(content);
    }
    let start = out.len();
    out.extend(&directory);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend([&number(names.len())[..2]; 2].concat());
    out.extend([number(directory.len()), number(start)].concat());
    out.extend([0, 0]);
    out
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
    window.act(Action::Open(mine.clone()));
    window.wait("the file", |document| matches!(document.load, LoadState::Ready));
    window.act(Action::Open(address.clone().into()));
    window.wait("the recording", |document| matches!(document.load, LoadState::Ready));
    server.expect("a thread").join().expect("served");
    assert_eq!(window.app.state().settings.recent_addresses, [address]);
    let id = window.document().id;
    let saved = folder.path().join("saved.trace");
    for (path, word) in [(&saved, "Saved"), (&mine, "could not be written")] {
        window.act(Action::SaveTrace(id, Some(path.display().to_string())));
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
