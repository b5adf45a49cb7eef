//! The window that is open already, as a second start of the program finds it: a socket in the user's runtime folder, to
//! which the paths of files, and links, are handed over. Only on systems that have such a folder (`XDG_RUNTIME_DIR`), which no other
//! user may enter.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread::Builder;
use std::time::Duration;

use crate::action::action::{Action, FileAction};
use crate::action::link_action::LinkAction;
use crate::action::session_action::SessionAction;
use crate::link::text::is_link;
use crate::worker::mailbox::Mailbox;

const SOCKET: &str = "tracelane.socket";
/// What the window answers once it has the paths.
const TAKEN: &[u8] = b"taken";
/// Far more than a command line holds.
const MOST_BYTES: u64 = 4 << 20;
/// A window that does not answer by then is busy or stuck; the files get one of their own.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a later start hands over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Handed {
    /// A file, with its absolute path.
    File(PathBuf),
    /// A link as it was given, and the folder of that start: the trace may be in there.
    Link(String, Option<PathBuf>),
}

impl Handed {
    /// As it is sent: a link has no line break, and the folder stands behind one.
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::File(path) => path.as_os_str().as_bytes().to_vec(),
            Self::Link(link, folder) => {
                let folder = folder.as_ref().map_or(&[] as &[u8], |folder| folder.as_os_str().as_bytes());
                [link.as_bytes(), b"\n", folder].concat()
            }
        }
    }

    fn of_bytes(bytes: &[u8]) -> Self {
        let path = |bytes: &[u8]| PathBuf::from(OsString::from_vec(bytes.to_vec()));
        let mut lines = bytes.splitn(2, |byte| *byte == b'\n');
        match lines.next().and_then(|line| str::from_utf8(line).ok()).filter(|line| is_link(line)) {
            Some(link) => Self::Link(link.to_owned(), lines.next().filter(|line| !line.is_empty()).map(path)),
            None => Self::File(path(bytes)),
        }
    }
}

fn place() -> Option<PathBuf> {
    directories::BaseDirs::new()?.runtime_dir().map(|folder| folder.join(SOCKET))
}

/// Hands files and links to the window that is open. Whether one took them.
#[must_use]
pub fn hand_over(all: &[Handed]) -> bool {
    place().is_some_and(|place| hand_over_at(&place, all).unwrap_or(false))
}

fn hand_over_at(place: &Path, all: &[Handed]) -> io::Result<bool> {
    let mut stream = UnixStream::connect(place)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let parts: Vec<Vec<u8>> = all.iter().map(Handed::bytes).collect();
    stream.write_all(&parts.join(&0))?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let mut answer = Vec::new();
    stream.take(TAKEN.len() as u64).read_to_end(&mut answer)?;
    Ok(answer == TAKEN)
}

/// Takes files from later starts of the program, for as long as it runs; `raise` brings the window to the front. Only
/// the first window does: nothing happens where another one listens, or where there is no place for the socket.
pub fn listen(mailbox: Mailbox, raise: impl Fn() + Send + 'static) {
    if let Some(place) = place() {
        // Without it every file gets a window of its own, as usual.
        drop(listen_at(&place, mailbox, raise));
    }
}

fn listen_at(place: &Path, mailbox: Mailbox, raise: impl Fn() + Send + 'static) -> io::Result<()> {
    let listener = match UnixListener::bind(place) {
        Ok(listener) => listener,
        // Left behind by a program that was killed: nobody answers there.
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && UnixStream::connect(place).is_err() => {
            std::fs::remove_file(place)?;
            UnixListener::bind(place)?
        }
        Err(error) => return Err(error),
    };
    let serve = move || {
        for stream in listener.incoming() {
            let Ok(all) = stream.and_then(take) else { continue };
            let actions = opening(all);
            if !actions.is_empty() {
                raise();
            }
            actions.into_iter().for_each(|action| mailbox.send(action));
        }
    };
    Builder::new().name("instance".to_owned()).spawn(serve).map(drop)
}

/// What a later start hands over.
fn take(mut stream: UnixStream) -> io::Result<Vec<Handed>> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut bytes = Vec::new();
    (&stream).take(MOST_BYTES).read_to_end(&mut bytes)?;
    stream.write_all(TAKEN)?;
    let names = bytes.split(|byte| *byte == 0).filter(|name| !name.is_empty());
    Ok(names.map(Handed::of_bytes).collect())
}

/// What opens them, as the command line would.
fn opening(all: Vec<Handed>) -> Vec<Action> {
    let (mut files, mut actions) = (Vec::new(), Vec::new());
    for one in all {
        match one {
            Handed::File(path) => files.push(path),
            Handed::Link(link, folder) => actions.push(LinkAction::Open(link, folder).into()),
        }
    }
    match files.len() {
        0 | 1 => actions.extend(files.pop().map(|file| FileAction::Open(file).into())),
        _ => actions.push(SessionAction::Open(files).into()),
    }
    actions
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
    use std::sync::Arc;
    use std::sync::mpsc::channel;

    use super::{Handed, hand_over_at, listen_at};
    use crate::action::action::{Action, FileAction};
    use crate::action::link_action::LinkAction;
    use crate::action::session_action::SessionAction;
    use crate::worker::mailbox::Mailbox;

    #[test]
    fn files_of_a_second_start_reach_the_first_window() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("socket");
        let [one, two] = ["/t/a b\n.trace", "/t/two.trace"].map(PathBuf::from);
        let file = |path: &PathBuf| Handed::File(path.clone());
        assert!(hand_over_at(&place, &[file(&one)]).is_err(), "nobody listens");
        // A socket that a killed program left behind is in nobody's way.
        drop(std::os::unix::net::UnixListener::bind(&place).expect("bound"));
        let (sender, arrived) = channel();
        let (raise, raised) = channel();
        let mailbox = Mailbox { sender, wake: Arc::new(|| {}) };
        listen_at(&place, mailbox.clone(), move || raise.send(()).expect("the test waits")).expect("it listens");
        assert!(listen_at(&place, mailbox, || {}).is_err(), "the first window keeps it");
        assert!(hand_over_at(&place, &[file(&one)]).expect("answered"));
        raised.recv().expect("in front");
        let first = arrived.recv().expect("an action");
        assert!(matches!(&first, Action::File(FileAction::Open(path)) if *path == one), "{first:?}");
        assert!(hand_over_at(&place, &[file(&one), file(&two)]).expect("answered"));
        let second = arrived.recv().expect("an action");
        assert!(matches!(&second, Action::Session(SessionAction::Open(paths)) if *paths == [one, two]), "{second:?}");
        let link = Handed::Link("tracelane://open?x".to_owned(), Some(PathBuf::from("/here\nand there")));
        assert!(hand_over_at(&place, std::slice::from_ref(&link)).expect("answered"));
        let third = arrived.recv().expect("an action");
        let Action::Link(LinkAction::Open(text, folder)) = third else { panic!("{third:?}") };
        assert_eq!(Handed::Link(text, folder), link);
    }
}
