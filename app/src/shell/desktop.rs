//! What differs from desktop to desktop: which display server is asked for a window, and how something is said where
//! nobody looks at a terminal.

use std::io::{self, IsTerminal};
#[cfg(all(unix, not(target_os = "macos")))]
use std::path::{Path, PathBuf};

use eframe::EventLoopBuilderHook;

/// How the toolkit's event loop is to be made; `None` as usual.
#[cfg(all(unix, not(target_os = "macos")))]
#[must_use]
pub fn event_loop() -> Option<EventLoopBuilderHook> {
    use winit::platform::x11::EventLoopBuilderExtX11;

    prefers_x11().then(|| -> EventLoopBuilderHook {
        Box::new(|builder| {
            builder.with_x11();
        })
    })
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
#[must_use]
pub fn event_loop() -> Option<EventLoopBuilderHook> {
    None
}

/// Whether the window is one of a Wayland desktop: as the toolkit decides, which takes X11 where no Wayland server is named.
#[cfg(all(unix, not(target_os = "macos")))]
#[must_use]
pub fn is_wayland() -> bool {
    named("WAYLAND_SOCKET").is_some() || (named("WAYLAND_DISPLAY").is_some() && !prefers_x11())
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
#[must_use]
pub fn is_wayland() -> bool {
    false
}

/// Whether the Wayland server that is named does not answer, and an X11 server is named, too.
#[cfg(all(unix, not(target_os = "macos")))]
fn prefers_x11() -> bool {
    named("DISPLAY").is_some() && wayland_socket().is_some_and(|socket| !answers(&socket))
}

#[cfg(all(unix, not(target_os = "macos")))]
fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// The socket of the Wayland server that the environment names; `None` if it names none, or one that is open already.
#[cfg(all(unix, not(target_os = "macos")))]
fn wayland_socket() -> Option<PathBuf> {
    if named("WAYLAND_SOCKET").is_some() {
        return None;
    }
    let display = named("WAYLAND_DISPLAY")?;
    Some(named("XDG_RUNTIME_DIR").unwrap_or_default().join(display))
}

/// Whether somebody listens at a socket. A variable that a session left behind names one at which nobody does.
#[cfg(all(unix, not(target_os = "macos")))]
fn answers(socket: &Path) -> bool {
    std::os::unix::net::UnixStream::connect(socket).is_ok()
}

/// Whether nobody reads what the program prints, as when a launcher of the desktop started it.
#[must_use]
pub fn is_unwatched() -> bool {
    !(io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal())
}

/// Says something in a window of the desktop's own, and waits until it is closed. Whether there was one.
#[cfg(all(unix, not(target_os = "macos")))]
pub fn alert(title: &str, text: &str) -> bool {
    use std::process::{Command, Stdio};

    // All that some desktop brings along; none of them takes the text for markup.
    let shown: [(&str, Vec<&str>); 4] = [
        ("zenity", vec!["--error", "--no-markup", "--title", title, "--text", text]),
        ("kdialog", vec!["--title", title, "--error", text]),
        ("notify-send", vec!["--app-name=Tracelane", "--icon=tracelane", "--", title, text]),
        ("xmessage", vec!["-center", "-title", title, text]),
    ];
    shown.iter().any(|(program, arguments)| {
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        // xmessage ends with the number of its button, which is 0 or 1 here.
        command.status().is_ok_and(|status| status.success() || (*program == "xmessage" && status.code() == Some(1)))
    })
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
pub fn alert(title: &str, text: &str) -> bool {
    let dialog = rfd::MessageDialog::new().set_level(rfd::MessageLevel::Error).set_title(title);
    dialog.set_description(text).show();
    true
}

#[cfg(all(test, unix, not(target_os = "macos")))]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::answers;

    #[test]
    fn a_socket_that_a_session_left_behind_does_not_answer() {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("wayland-0");
        assert!(!answers(&place));
        let listener = UnixListener::bind(&place).expect("bound");
        assert!(answers(&place));
        drop(listener);
        assert!(place.exists() && !answers(&place));
    }
}
