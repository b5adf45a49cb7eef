//! `tracelane screenshot`: the real window, drawn into a picture without display or GPU.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use trace_core::base::time::TimeRange;
use trace_core::model::lanes::LaneId;
use trace_core::model::trace::Trace;
use trace_core::session::path::request_with_id;

use crate::action::action::{Action, ComparisonAction, PanelAction, SelectAction, SettingsAction, ViewAction};
use crate::action::fleet_action::FleetAction;
use crate::action::panel::Panel;
use crate::action::session_action::SessionAction;
use crate::cli::exit::{CliError, CliResult, Exit};
use crate::cli::load::load;
use crate::cli::out::Out;
use crate::cli::scope::range_of;
use crate::cli::values::{self, Value};
use crate::fmt::place::{OffsetRange, Target};
use crate::lake::layout::is_lake;
use crate::raster::image::Image;
use crate::raster::window::OffscreenWindow;
use crate::session::is_of_session;
use crate::shell::app::TracelaneApp;
use crate::state::comparison::RowKey;
use crate::state::document::{DocumentId, Source};
use crate::state::settings::{Settings, ThemeChoice};
use crate::theme::tokens;

/// What the long help says.
pub const ABOUT: &str = "\
Draws the window as it looks with FILE open into a picture. Needs no display and no GPU.";

/// The arguments of `tracelane screenshot`.
#[derive(Args, Clone, Debug, PartialEq)]
pub struct ScreenshotArgs {
    /// Trace to open
    #[arg(value_name = "FILE", required_unless_present = "welcome", value_parser = values::file())]
    pub file: Option<PathBuf>,
    /// Draw the welcome screen instead of a trace
    #[arg(long, conflicts_with_all = ["file", "range", "select", "compared"])]
    pub welcome: bool,
    /// Where the picture goes; - is standard output
    #[arg(short, long, value_name = "PNG", value_parser = values::path())]
    out: PathBuf,
    /// Replace PNG if it exists (never a trace)
    #[arg(long)]
    force: bool,
    /// Size of the window in points
    #[arg(long, value_name = "WxH", default_value = "1600x1000", value_parser = size_value)]
    pub size: [u16; 2],
    /// Pixels per point, 0.5 to 4
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = scale_value)]
    pub scale: f32,
    /// Colours
    #[arg(long, value_name = "THEME", default_value = "dark", value_parser = values::one_of(THEMES, parse_theme))]
    pub theme: ThemeChoice,
    /// Range of time to show, from the start of the trace: 100ms..1.2s; with --panel selection it is selected, too
    #[arg(long, value_name = "A..B", value_parser = values::range)]
    pub range: Option<OffsetRange>,
    /// Select what a lane does at a time, or the lane: G25@1.2s, G25; p0 is a proc, m4711 a thread; also gc, stw
    #[arg(long, value_name = "LANE@TIME", value_parser = values::target)]
    pub select: Option<Target>,
    /// Show this trace as B beside the first; given again, it adds to a series
    #[arg(long = "compare", value_name = "FILE", value_parser = values::file())]
    pub compared: Vec<PathBuf>,
    /// Choose the row of the changes with this rank, from 1, and show its slowest instances
    #[arg(long, value_name = "RANK")]
    pub row: Option<usize>,
    /// Show the request with this ID; its first letters are enough. FILE: a session
    #[arg(long, value_name = "ID", requires = "file")]
    pub request: Option<String>,
    /// Open a panel, named as the command that prints the same or as in the menus: report, why, wait-chain
    #[arg(long, value_name = "NAME", value_parser = panel_value)]
    pub panel: Option<Panel>,
}

/// The names of themes on the command line.
const THEMES: [&str; 2] = ["dark", "light"];

impl ScreenshotArgs {
    /// Where the picture goes.
    #[must_use]
    pub fn output(&self) -> Out {
        Out { path: Some(self.out.clone()), force: self.force }
    }
}

fn panel_value(text: &str) -> Value<Panel> {
    let names = || Panel::ALL.iter().map(|panel| panel.info().id).collect::<Vec<_>>().join(", ");
    Panel::named(text).ok_or_else(|| format!("expected one of {}", names()))
}

fn size_value(text: &str) -> Value<[u16; 2]> {
    values::or_expected(parse_size(text), "1600x1000 (each 200 to 8000)")
}

fn scale_value(text: &str) -> Value<f32> {
    values::or_expected(parse_scale(text), "2 (0.5 to 4)")
}

fn parse_size(text: &str) -> Option<[u16; 2]> {
    let (width, height) = text.split_once('x')?;
    let side = |text: &str| text.parse().ok().filter(|points| (200..=8000).contains(points));
    Some([side(width)?, side(height)?])
}

fn parse_scale(text: &str) -> Option<f32> {
    text.parse().ok().filter(|scale| (0.5..=4.0).contains(scale))
}

fn parse_theme(text: &str) -> Option<ThemeChoice> {
    match text {
        "dark" => Some(ThemeChoice::Dark),
        "light" => Some(ThemeChoice::Light),
        _ => None,
    }
}

/// Draws the picture.
///
/// # Errors
/// When the file is unreadable, the selection does not exist, or the picture cannot be written.
pub fn run(args: &ScreenshotArgs) -> CliResult {
    let inputs = args.file.iter().chain(&args.compared).map(PathBuf::as_path);
    let out = args.output();
    let out = out.check(inputs)?;
    let (image, exit) = picture(args)?;
    if let Some(out) = out {
        out.write(|file| image.write_png(file))?;
    }
    Ok(exit)
}

/// The picture as a PNG.
///
/// # Errors
/// As [`picture`], and when it cannot be encoded.
pub fn png(args: &ScreenshotArgs) -> Result<Vec<u8>, CliError> {
    let (image, _) = picture(args)?;
    let mut bytes = Vec::new();
    let why = |error: io::Error| CliError { exit: Exit::Unreadable, message: error.to_string() };
    image.write_png(&mut bytes).map_err(why)?;
    Ok(bytes)
}

fn settle(window: &mut OffscreenWindow, app: &mut TracelaneApp) {
    window.settle(|ui| {
        app.logic(ui.ctx());
        app.ui(ui);
    });
}

/// Points of a picture in a page.
const IN_PAGE: [f32; 2] = [1240.0, 600.0];

/// Pictures of places for a page: the lanes alone, light and dark. Each is a range, and the lane whose span there is selected.
///
/// # Errors
/// When one cannot be encoded.
pub fn pictures(
    file: &Path,
    trace: &Arc<Trace>,
    places: &[(TimeRange, Option<LaneId>)],
) -> Result<Vec<[Vec<u8>; 2]>, CliError> {
    let mut app = TracelaneApp::new_headless(Settings { animate: false, ..Settings::default() });
    app.adopt(Source::Path(file.to_path_buf()), Arc::clone(trace));
    app.push(PanelAction::Maximise(Some(Panel::Timeline)));
    let mut window = OffscreenWindow::new(egui::Vec2::from(IN_PAGE), 1.0);
    settle(&mut window, &mut app);
    let mut all = Vec::new();
    for (range, lane) in places {
        app.push(match lane {
            Some(lane) => Action::Select(SelectAction::GoToStretch(*lane, *range)),
            None => Action::View(ViewAction::ShowRange(*range)),
        });
        settle(&mut window, &mut app);
        let mut draw = |theme: ThemeChoice| -> Result<Vec<u8>, CliError> {
            app.push(SettingsAction::SetTheme(theme));
            settle(&mut window, &mut app);
            let mut bytes = Vec::new();
            let background = tokens::of(window.ctx()).background;
            let why = |error: io::Error| CliError { exit: Exit::Unreadable, message: error.to_string() };
            window.paint(background).write_png(&mut bytes).map_err(why)?;
            Ok(bytes)
        };
        all.push([draw(ThemeChoice::Light)?, draw(ThemeChoice::Dark)?]);
    }
    Ok(all)
}

/// The picture, and whether the trace on it is damaged.
///
/// # Errors
/// When the file is unreadable, or the selection does not exist.
pub fn picture(args: &ScreenshotArgs) -> Result<(Image, Exit), CliError> {
    let mut exit = Exit::Fine;
    let mut app = TracelaneApp::new_headless(Settings { theme: args.theme, animate: false, ..Settings::default() });
    let mut then = Vec::new();
    if let Some(file) = args.file.as_ref().filter(|file| is_lake(file)) {
        app.push(FleetAction::Open(file.clone()));
    } else if let Some(file) = args.file.as_ref().filter(|file| is_of_session(file)) {
        app.push(SessionAction::Open(vec![file.clone()]));
        then.extend(args.panel.map(|panel| PanelAction::OpenPanel(panel).into()));
    } else if let Some(file) = &args.file {
        let trace = load(file)?;
        exit = Exit::after(&trace);
        if let Some(target) = args.select {
            then.extend(selecting(target, &trace)?);
        }
        // The panel is about a range that is selected: the one that is to be shown.
        if let Some(stretch) = args.range.filter(|_| args.panel == Some(Panel::Selection)) {
            then.push(Action::Select(SelectAction::SelectArea(range_of(&trace, stretch), Vec::new())));
        }
        then.extend(args.panel.map(|panel| PanelAction::OpenPanel(panel).into()));
        then.extend(args.range.map(|stretch| Action::View(ViewAction::ShowRange(range_of(&trace, stretch)))));
        app.adopt(Source::Path(file.clone()), trace);
    }
    for (at, file) in args.compared.iter().enumerate() {
        let trace = load(file)?;
        app.adopt(Source::Path(file.clone()), trace);
        // Documents of a window are numbered from 0.
        then.insert(
            at,
            Action::Comparison(match at {
                0 => ComparisonAction::Of(DocumentId(0), DocumentId(1)),
                _ => ComparisonAction::Add(DocumentId(at as u64 + 1)),
            }),
        );
    }
    Ok((draw(&mut app, then, args), exit))
}

/// Lets the window settle, does `then`, lets it settle again, and paints it.
fn draw(app: &mut TracelaneApp, then: Vec<Action>, args: &ScreenshotArgs) -> Image {
    let size = egui::Vec2::from(args.size.map(f32::from));
    let mut window = OffscreenWindow::new(size, args.scale);
    let mut ui = |ui: &mut egui::Ui| {
        app.logic(ui.ctx());
        app.ui(ui);
    };
    window.settle(&mut ui);
    // Bringing something into sight needs the sizes of what was painted.
    for action in then {
        app.push(action);
    }
    let mut ui = |ui: &mut egui::Ui| {
        app.logic(ui.ctx());
        app.ui(ui);
    };
    window.settle(&mut ui);
    if let Some(id) = &args.request {
        show_request(app, id);
        window.settle(|ui| {
            app.logic(ui.ctx());
            app.ui(ui);
        });
    }
    if let Some(rank) = args.row {
        choose_row(app, rank);
        window.settle(|ui| {
            app.logic(ui.ctx());
            app.ui(ui);
        });
    }
    let background = tokens::of(window.ctx()).background;
    window.paint(background)
}

/// Shows the request of the session with this id, as a click on it does.
fn show_request(app: &mut TracelaneApp, id: &str) {
    let found = app.state().shown_session().and_then(|(_, built)| {
        let request = request_with_id(&built.session, id)?;
        built.session.requests.iter().position(|known| known.id == request.id)
    });
    if found.is_some() {
        app.push(SessionAction::ShowRequest(found));
    }
}

/// Chooses the row of the changes with this rank (from 1), as a click on it does.
fn choose_row(app: &mut TracelaneApp, rank: usize) {
    let Some((pair, documents)) = app.state().shown_pair() else { return };
    let [a, b] = documents;
    let Some(found) = pair.queries.answer(&pair.query(a, b)) else { return };
    let Some(change) = found.found.changes.get(rank.saturating_sub(1)) else { return };
    let row = RowKey::of(change);
    app.push(Action::Comparison(ComparisonAction::ShowRow(row)));
}

/// What selects a target and brings it into sight.
fn selecting(target: Target, trace: &Arc<Trace>) -> Result<Vec<Action>, CliError> {
    let missing = |what: &str| CliError::usage(format!("--select: the trace has no {what}"));
    let lane = target.lane.find(trace).ok_or_else(|| missing("such lane"))?;
    let Some(nanos) = target.time_nanos else {
        return Ok(vec![
            Action::Select(SelectAction::SelectLane(lane)),
            Action::View(ViewAction::Reveal { lane, time: None }),
        ]);
    };
    let time = trace.range().start.plus_nanos(nanos);
    let span = trace.span_at(lane, time).ok_or_else(|| missing("span at that time on that lane"))?;
    Ok(vec![
        Action::Select(SelectAction::SelectSpan(span.at)),
        Action::View(ViewAction::Reveal { lane, time: Some(time) }),
    ])
}
