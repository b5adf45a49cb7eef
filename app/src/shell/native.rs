//! The real window: size, place, icon, start.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use egui::{IconData, ViewportBuilder};

use crate::action::action::{Action, ComparisonAction, FileAction};
use crate::action::fleet_action::FleetAction;
use crate::action::link_action::LinkAction;
use crate::action::session_action::SessionAction;
use crate::lake::layout::is_lake;
use crate::remote;
use crate::report::comparison::divisor::Divisor;
use crate::shell::app::TracelaneApp;
use crate::shell::desktop;
use crate::state::comparison::PendingAlign;
use crate::state::document::Source;
use crate::state::settings::Settings;
#[cfg(unix)]
use crate::worker::instance::{self, Handed};
use crate::worker::settings_file::SettingsFile;

/// How the desktop knows the program.
const APP_ID: &str = "tracelane";
const USUAL_SIZE: [f32; 2] = [1440.0, 900.0];
const LEAST_SIZE: [f32; 2] = [720.0, 440.0];

/// Traces to show beside the one that is opened, and how.
#[derive(Clone, Debug, Default)]
pub struct Compared {
    /// The files: the first is B, the others make a series of it.
    pub others: Vec<PathBuf>,
    /// What figures are divided by.
    pub per: Divisor,
    /// What to do once they are loaded.
    pub pending_align: Option<PendingAlign>,
}

impl Compared {
    fn begin(self, app: &mut TracelaneApp) {
        for (at, file) in self.others.into_iter().enumerate() {
            let path = if remote::is_address(&file) { Ok(file.clone()) } else { std::path::absolute(&file) };
            app.push(match path {
                Ok(path) if at == 0 => Action::Comparison(ComparisonAction::CompareWith(path)),
                Ok(path) => Action::Comparison(ComparisonAction::AddToComparison(path)),
                Err(error) => Action::Notice(format!("{} cannot be opened: {error}", file.display())),
            });
        }
        app.push(Action::Comparison(ComparisonAction::Per(self.per)));
        if let Some(pending_align) = self.pending_align {
            app.push(Action::Comparison(ComparisonAction::PendingAlign(pending_align)));
        }
    }
}

/// What a window is opened with.
#[derive(Clone, Debug, Default)]
pub struct Opened {
    /// Traces, the first in front.
    pub sources: Vec<Source>,
    /// Links to places in traces.
    pub links: Vec<String>,
    /// Follow the traces while they grow.
    pub follow: bool,
    /// Traces to show beside the first.
    pub compared: Option<Compared>,
}

/// Why there is no window, or no longer one: a sentence each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoWindow {
    /// The desktop gives none, or no OpenGL.
    NotGiven(String),
    /// It was there, and the desktop went away.
    Lost(String),
}

/// Opens the window, and stays until it is closed. Where the user wants one window, and one is open, that one takes the files
/// and links.
///
/// # Errors
/// When there is no window.
pub fn run(opened: Opened) -> Result<(), NoWindow> {
    let Opened { sources, links, follow, compared } = opened;
    let store = SettingsFile::of_user();
    let settings = store.read().value;
    if settings.one_window && !follow && compared.is_none() && is_handed_over(&sources, &links) {
        return Ok(());
    }
    let has_begun = Arc::new(AtomicBool::new(false));
    let begun = Arc::clone(&has_begun);
    let start = |creation: &eframe::CreationContext<'_>| -> Result<Box<dyn eframe::App>, _> {
        begun.store(true, Ordering::Relaxed);
        let mut app = TracelaneApp::new(&creation.egui_ctx, store);
        listen(&app, &creation.egui_ctx);
        if desktop::is_wayland() {
            // The toolkit takes none there.
            app.without_drops();
        }
        open_all(&mut app, sources, follow);
        let folder = std::env::current_dir().ok();
        links.into_iter().for_each(|link| app.push(LinkAction::Open(link, folder.clone())));
        if let Some(compared) = compared {
            compared.begin(&mut app);
        }
        Ok(Box::new(app))
    };
    let options = eframe::NativeOptions {
        viewport: viewport(&settings),
        persist_window: false,
        event_loop_builder: desktop::event_loop(),
        ..eframe::NativeOptions::default()
    };
    eframe::run_native(APP_ID, options, Box::new(start)).map_err(|error| {
        let why = error.to_string();
        if has_begun.load(Ordering::Relaxed) { NoWindow::Lost(why) } else { NoWindow::NotGiven(why) }
    })
}

/// The window as it was when it was closed.
fn viewport(settings: &Settings) -> ViewportBuilder {
    let size = settings.window.map_or(USUAL_SIZE, |place| [place[2], place[3]]);
    let mut viewport = ViewportBuilder::default()
        .with_title("Tracelane")
        .with_app_id(APP_ID)
        .with_inner_size(size)
        .with_min_inner_size(LEAST_SIZE)
        .with_maximized(settings.maximised)
        .with_drag_and_drop(true);
    // Desktops that place windows themselves (Wayland) say that all are at 0, 0.
    if let Some([x, y, ..]) = settings.window.filter(|place| place[0] > 0.0 && place[1] > 0.0) {
        viewport = viewport.with_position([x, y]);
    }
    match icon() {
        Some(icon) => viewport.with_icon(Arc::new(icon)),
        None => viewport,
    }
}

/// Whether a window that is open already takes all of these files and links.
#[cfg(unix)]
fn is_handed_over(sources: &[Source], links: &[String]) -> bool {
    let file = |source: &Source| match source {
        Source::Path(path) if !source.is_stream() && !is_lake(path) => {
            std::path::absolute(path).ok().filter(|path| path.exists())
        }
        _ => None,
    };
    let files: Option<Vec<PathBuf>> = sources.iter().map(file).collect();
    let Some(files) = files else { return false };
    let folder = std::env::current_dir().ok();
    let links = links.iter().map(|link| Handed::Link(link.clone(), folder.clone()));
    let all: Vec<Handed> = files.into_iter().map(Handed::File).chain(links).collect();
    !all.is_empty() && instance::hand_over(&all)
}

#[cfg(not(unix))]
fn is_handed_over(_sources: &[Source], _links: &[String]) -> bool {
    false
}

/// Takes files from later starts of the program.
#[cfg(unix)]
fn listen(app: &TracelaneApp, ctx: &egui::Context) {
    let ctx = ctx.clone();
    instance::listen(app.mailbox(), move || {
        ctx.send_viewport_cmd(egui::ViewportCommand::Minimized(false));
        ctx.send_viewport_cmd(egui::ViewportCommand::Focus);
    });
}

#[cfg(not(unix))]
fn listen(_app: &TracelaneApp, _ctx: &egui::Context) {}

/// Opens these files: several as one session, unless they are followed or come only once; else the first is in front.
fn open_all(app: &mut TracelaneApp, sources: Vec<Source>, follow: bool) {
    let is_plain = |source: &Source| matches!(source, Source::Path(_)) && !source.is_stream();
    if sources.len() > 1 && !follow && sources.iter().all(is_plain) {
        let mut files = Vec::new();
        for source in sources {
            match absolute(source) {
                Ok(Source::Path(path)) => files.push(path),
                Ok(_) => {}
                Err(said) => app.push(Action::Notice(said)),
            }
        }
        app.push(SessionAction::Open(files));
        return;
    }
    for source in sources {
        match absolute(source) {
            Ok(Source::Path(path)) if follow => app.open_to_follow(path),
            Ok(Source::Path(path)) if is_lake(&path) => app.push(FleetAction::Open(path)),
            Ok(source) => app.open(source),
            Err(said) => app.push(Action::Notice(said)),
        }
    }
    app.push(FileAction::ActivateFirst);
}

/// The same file under the name that stays right when the folder changes.
fn absolute(source: Source) -> Result<Source, String> {
    match source {
        // Standard input and servers have no folder.
        Source::Path(path) if path.as_os_str() == "-" || remote::is_address(&path) => Ok(Source::Path(path)),
        Source::Path(path) => std::path::absolute::<&PathBuf>(&path)
            .map(Source::Path)
            .map_err(|error| format!("{} cannot be opened: {error}", path.display())),
        other => Ok(other),
    }
}

fn icon() -> Option<IconData> {
    let bytes: &[u8] = include_bytes!("../../../assets/icons/tracelane-256.png");
    let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().ok()?;
    let mut rgba = vec![0; reader.output_buffer_size()?];
    let info = reader.next_frame(&mut rgba).ok()?;
    (info.color_type == png::ColorType::Rgba && info.bit_depth == png::BitDepth::Eight).then(|| IconData {
        rgba: rgba.get(..info.buffer_size()).unwrap_or_default().to_vec(),
        width: info.width,
        height: info.height,
    })
}

#[cfg(test)]
mod tests {
    use super::{open_all, viewport};
    use crate::shell::app::TracelaneApp;
    use crate::state::document::Source;
    use crate::state::settings::Settings;

    #[test]
    fn a_window_comes_back_where_it_was() {
        let place = |window, maximised| viewport(&Settings { window, maximised, ..Settings::default() });
        let back = place(Some([120.0, 80.0, 900.0, 700.0]), false);
        assert_eq!(back.position, Some(egui::pos2(120.0, 80.0)));
        assert_eq!((back.inner_size, back.maximized), (Some(egui::vec2(900.0, 700.0)), Some(false)));
        let large = place(Some([0.0, 0.0, 900.0, 700.0]), true);
        assert_eq!((large.position, large.maximized), (None, Some(true)));
        assert_eq!(place(None, false).inner_size, Some(egui::Vec2::from(super::USUAL_SIZE)));
    }

    #[test]
    fn the_first_of_several_files_is_in_front() {
        let mut app = TracelaneApp::new_headless(Settings::default());
        let data = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("tests/data/real");
        let names = ["workers-go1.27.trace", "tasks-go1.27.trace"];
        open_all(&mut app, names.map(|name| Source::Path(data.join(name))).to_vec(), false);
        app.logic(&egui::Context::default());
        let titles: Vec<String> = app.state().documents.iter().map(|document| document.title()).collect();
        assert_eq!(titles, names);
        assert_eq!(app.state().document().map(|document| document.title()).as_deref(), Some(names[0]));
        let (session, built) = app.state().shown_session().expect("they are one session");
        assert_eq!((session.documents.len(), built.session.services.len()), (2, 2));
    }
}
