//! The window, or what stands in for it where there is no display.

use std::path::PathBuf;

use crate::cli::compare;
use crate::cli::compare::args::CompareOptions;
use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::instead;
use crate::cli::linked;
use crate::link::text::Link;
use crate::shell::desktop;
use crate::shell::native::{self, Compared, NoWindow, Opened};
use crate::state::comparison::{Align, PendingAlign};
use crate::state::document::Source;
use crate::worker::settings_file::SettingsFile;

/// Opens the window with `files`, some of which may be links, to follow them if so asked. Without a display, says so and
/// prints a summary instead.
///
/// # Errors
/// When there is no display and the file is unreadable, the first file looks like a misspelt command, or a link is none.
pub fn run(files: &[PathBuf], follow: bool) -> CliResult {
    instead::refuse_misspelt_command(files)?;
    let (files, links) = linked::split(files)?;
    // Those that are recent are looked beside, as the window does.
    let summarised = |links: Vec<Link>| -> Result<Vec<PathBuf>, CliError> {
        let recent = if links.is_empty() { Vec::new() } else { SettingsFile::of_user().read().value.recent_files };
        Ok(files.iter().cloned().chain(linked::files(links, recent)?).collect())
    };
    if !display_present() {
        return instead::summary(&summarised(links)?, "there is no display");
    }
    let sources = files.iter().cloned().map(Source::Path).collect();
    let texts = links.iter().map(ToString::to_string).collect();
    match native::run(Opened { sources, links: texts, follow, compared: None }) {
        Ok(()) => Ok(Exit::Fine),
        Err(NoWindow::Lost(why)) => without_window(&[], &NoWindow::Lost(why)),
        Err(reason) => without_window(&summarised(links)?, &reason),
    }
}

/// Opens the window with the files of a comparison, A over B. Without a display, says so and prints a summary
/// of A instead.
///
/// # Errors
/// When there is no display and the file is unreadable.
pub fn compare(options: CompareOptions) -> CliResult {
    let pending_align = pending_align(&options);
    let [a, b] = options.sides;
    let mut files = if options.series.is_empty() { [a, b].concat() } else { options.series };
    let others = files.split_off(1.min(files.len()));
    if !display_present() {
        return instead::summary(&files, "there is no display");
    }
    let sources = files.iter().cloned().map(Source::Path).collect();
    let compared = Some(Compared { others, per: options.per, pending_align });
    match native::run(Opened { sources, compared, ..Opened::default() }) {
        Ok(()) => Ok(Exit::Fine),
        Err(reason) => without_window(&files, &reason),
    }
}

/// What the window is to do once the traces are loaded; `None` if nothing.
fn pending_align(options: &CompareOptions) -> Option<PendingAlign> {
    let anchor = options.align.anchor();
    let align = match options.align {
        _ if anchor.is_some() => Align::Anchors,
        compare::align::Align::Wall => Align::WallClock,
        compare::align::Align::Stretch => Align::Stretch,
        _ => Align::Start,
    };
    let stretches = options.ranges.map(|range| range.map(|stretch| [stretch.start_nanos, stretch.end_nanos]));
    let pending_align = PendingAlign { align, anchor, stretches };
    (pending_align != PendingAlign::default()).then_some(pending_align)
}

/// What went wrong at the bottom of it: libraries put their own names and source lines before it.
fn last_clause(reason: &str) -> &str {
    reason.rsplit(": ").next().unwrap_or(reason)
}

/// Whether the environment names a display server. Only Unix desktops have to.
fn display_present() -> bool {
    let named = |variable: &str| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos"))) || named("DISPLAY") || named("WAYLAND_DISPLAY")
}

/// What to do about it where the desktop gives no window.
const CURE: &str = "The window needs OpenGL 2.1 or newer. Update the graphics driver, or start Tracelane with \
                    LIBGL_ALWAYS_SOFTWARE=1, which draws without one. In a terminal, `tracelane report FILE` needs no window.";

/// A summary instead of a window; where nobody looks at a terminal, a message on the desktop.
///
/// # Errors
/// When the window was there and the desktop went away, and as [`instead::summary`].
fn without_window(files: &[PathBuf], reason: &NoWindow) -> CliResult {
    match reason {
        NoWindow::Lost(why) => {
            // Of some desktops the toolkit knows no more than a number.
            let why = Some(last_clause(why)).filter(|why| why.parse::<i32>().is_err());
            let why = why.map_or_else(String::new, |why| format!(" ({why})"));
            let what = format!("the window is gone: the desktop closed the connection{why}");
            Err(CliError { message: what, exit: Exit::Unreadable })
        }
        NoWindow::NotGiven(why) => {
            let why = last_clause(why);
            if desktop::is_unwatched() {
                desktop::alert(
                    "Tracelane cannot open its window",
                    &format!("The desktop did not provide one: {why}.\n\n{CURE}"),
                );
            }
            instead::summary(files, &format!("the desktop did not provide one ({why})"))
        }
    }
}
